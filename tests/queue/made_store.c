/* Makes the store of a terminal for tests/queue/operate.py:
 *   made_store FOLDER TERMINAL < rows
 * A row: ID KEY FOLIO SERVICE ADAPTER OPERATION LANE STATE CAUSE PAYLOAD ANSWER, parted by tabs;
 * LANE and ANSWER may be "-". STATE is reached by the machine's own steps. */

#include <stdio.h>
#include <string.h>

#include "offline-queue/queue/queue.h"
#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/session/txn.h"

enum { ID, KEY, FOLIO, SERVICE, ADAPTER, OPERATION, LANE, STATE, CAUSE, PAYLOAD, ANSWER, COLUMNS };

static struct queue *queue;

static enum txn_state state_of(const char *text)
{
	for (int i = 0; i < TXN_STATE_COUNT; i++) {
		if (strcmp(txn_state_names[i], text) == 0)
			return (enum txn_state)i;
	}
	VT_UNREACHABLE();
}

static void step(const char *id, struct txn *txn, struct txn_event event, const char *answer)
{
	const struct txn before = *txn;
	struct txn_effects effects;

	event.now_unix_ms = vt_clock_unix_ms();
	event.lease = "00000000-0000-4000-8000-00000000abcd";
	event.lease_ms = 60000;
	VT_ASSERT(txn_step(txn, &event, &effects) == VT_OK);
	VT_ASSERT(queue_store(queue, id, &before, txn, answer, event.now_unix_ms) == VT_OK);
}

static void bring_to(const char *id, struct txn *txn, enum txn_state state, enum txn_cause cause,
	const char *answer)
{
	struct txn_event result = {.type = TXN_RESULT, .cause = cause};

	if (state == TXN_JOURNALED)
		return;
	step(id, txn, (struct txn_event){.type = TXN_LEASE}, NULL);
	if (state == TXN_ACCEPTED)
		result.result = TXN_RESULT_ACCEPTED;
	else if (state == TXN_UNKNOWN || cause == TXN_CAUSE_TIMEOUT)
		result.result = TXN_RESULT_UNKNOWN;
	else
		result.result = TXN_RESULT_REJECTED;
	step(id, txn, result, answer);
	VT_ASSERT(txn->state == state);
}

static void add(char **column)
{
	struct txn_effects effects;
	const struct txn_event commit = {.type = TXN_COMMIT, .now_unix_ms = vt_clock_unix_ms()};
	struct queue_new row = {.id = column[ID],
		.key = column[KEY],
		.folio = column[FOLIO],
		.service = column[SERVICE],
		.adapter = column[ADAPTER],
		.operation = column[OPERATION],
		.lang = "es-MX",
		.lane = strcmp(column[LANE], "-") == 0 ? NULL : column[LANE],
		.created_unix_ms = commit.now_unix_ms,
		.payload = column[PAYLOAD]};
	const enum txn_cause cause = txn_cause_from(column[CAUSE]);
	const enum txn_state state = state_of(column[STATE]);

	/* Only a receiver without keys leaves a doubt that nobody can be asked about. */
	txn_init(&row.txn,
		state == TXN_DEAD && cause == TXN_CAUSE_TIMEOUT ? TXN_CLASS_C : TXN_CLASS_A);
	VT_ASSERT(txn_step(&row.txn, &commit, &effects) == VT_OK);
	VT_ASSERT(queue_append(queue, &row) == VT_OK);
	bring_to(row.id, &row.txn, state, cause,
		strcmp(column[ANSWER], "-") == 0 ? NULL : column[ANSWER]);
}

int main(int argc, char **argv)
{
	static char line[40000];
	char path[256], key[256];
	struct queue_report report;
	struct vt_error error = {0};

	VT_ASSERT(argc == 3);
	VT_ASSERT(vt_format(path, sizeof(path), "%s/queue.db", argv[1]));
	VT_ASSERT(vt_format(key, sizeof(key), "%s/queue.key", argv[1]));
	VT_ASSERT(queue_key_create(key, &error) == VT_OK);
	const struct queue_options options = {
		.terminal = argv[2], .now_unix_ms = vt_clock_unix_ms()};
	VT_ASSERT(queue_open(path, key, &options, &queue, &report, &error) == VT_OK);
	VT_ASSERT(queue_begin(queue) == VT_OK);
	while (fgets(line, sizeof(line), stdin)) {
		char *column[COLUMNS], *at = line;
		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < COLUMNS; i++) {
			column[i] = strsep(&at, "\t");
			VT_ASSERT(column[i]);
		}
		add(column);
	}
	VT_ASSERT(queue_commit(queue) == VT_OK);
	queue_close(&queue);
	return 0;
}
