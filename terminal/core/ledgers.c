/* The other side of the comparison: what the services hold for this terminal and this store does
 * not know, by their own ledgers, page after page. A store that was put aside or an old copy that
 * was put back shows here.
 *
 *   Queue.Reconcile{cursor < 0} ─► Work.Deliver{operation "ledger"} ─► keys ─► queue_keys_known()
 *                                   with our newest checkpoint, for the service to keep
 *
 * A cursor is -(1 + adapter + CORE_MAX_ADAPTERS * after): nothing is kept between two pages. */

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Patience for one page. */
#define QUESTION_MS 8000
/* Rows are deleted after a while; what a service decided before is nothing to compare with. */
#define MARGIN_MS (86400 * INT64_C(1000))
#define LEDGER	  "ledger" /* operation of every adapter: offline-queue/sync/adapter.h */

static int64_t cursor_of(size_t adapter, int64_t after)
{
	return -(1 + (int64_t)adapter + CORE_MAX_ADAPTERS * after);
}

int64_t ledgers_first(const struct core *core)
{
	return core->sync.conn && core->adapter_count > 0 ? cursor_of(0, 0) : 0;
}

/* This page is done; what comes behind it. */
static void finish(struct core *core, int64_t after)
{
	struct reconcile *reconcile = &core->reconcile;

	if (after > 0)
		reconcile->list.next = cursor_of(reconcile->adapter, after);
	else if (reconcile->adapter + 1 < core->adapter_count)
		reconcile->list.next = cursor_of(reconcile->adapter + 1, 0);
	reconcile_finish(core);
}

static struct reconcile_row *add(struct core *core, enum reconcile_finding finding)
{
	struct reconcile *reconcile = &core->reconcile;
	struct reconcile_row *row = &reconcile->list.rows[reconcile->list.count++];

	row->finding = finding;
	vt_copy_cut(row->service, sizeof(row->service), core->adapters[reconcile->adapter].name);
	return row;
}

void ledgers_checkpoint(struct core *core, char *text, size_t size)
{
	struct journal_witness witness;
	char hex[2 * JOURNAL_HASH_SIZE + 1];

	text[0] = '\0';
	if (queue_journal_witness(core->queue, &witness) != VT_OK)
		return;
	vt_hex(hex, witness.hash, sizeof(witness.hash));
	if (!vt_format(text, size, "%lld %s", (long long)witness.sequence, hex))
		text[0] = '\0';
}

void ledgers_ask(struct core *core, int64_t cursor)
{
	struct reconcile *reconcile = &core->reconcile;
	char checkpoint[96];

	reconcile->is_ledger = true;
	reconcile->adapter = (size_t)((-cursor - 1) % CORE_MAX_ADAPTERS);
	reconcile->after = (-cursor - 1) / CORE_MAX_ADAPTERS;
	if (!core->queue || !core->sync.conn || reconcile->adapter >= core->adapter_count) {
		reconcile_finish(core);
		return;
	}
	ledgers_checkpoint(core, checkpoint, sizeof(checkpoint));
	bus_make_command(core->tx, core->sync.conn, BUS_WORK_DELIVER);
	core->tx->header.timeout_ms = QUESTION_MS;
	reconcile->asked = core->tx->header.request_id;
	struct work_deliver *deliver = &core->tx->payload.work_deliver;
	vt_uuid_make(deliver->lease);
	vt_uuid_make(deliver->transaction);
	vt_uuid_make(deliver->key); /* binds the answer to this question */
	vt_copy_cut(deliver->service, sizeof(deliver->service), LEDGER);
	vt_copy_cut(deliver->operation, sizeof(deliver->operation), LEDGER);
	memcpy(deliver->adapter, core->adapters[reconcile->adapter].name, sizeof(deliver->adapter));
	deliver->deadline_ms = QUESTION_MS;
	work_fill_time(core, deliver);
	(void)snprintf(deliver->payload, sizeof(deliver->payload),
		"{\"after\":%lld,\"checkpoint\":\"%s\"}", (long long)reconcile->after, checkpoint);
	(void)peer_send(&core->sync);
}

struct entry {
	int64_t sequence, at_unix_ms;
	bool is_applied;
};

/* False if it is no page. */
static bool read_page(const char *answer, char (*keys)[VT_UUID_SIZE], struct entry *entries,
	size_t *ret_count, int64_t *ret_next)
{
	struct vt_error error;
	json_t *json = bus_parse_json(answer, strlen(answer), &error);
	const json_t *rows = json_object_get(json, "rows");
	const size_t count = json_array_size(rows);
	bool good = json_is_array(rows) && count <= QUEUE_KEYS_MAX;

	for (size_t i = 0; good && i < count; i++) {
		const json_t *row = json_array_get(rows, i);
		const char *key = json_string_value(json_object_get(row, "key"));
		const char *state = json_string_value(json_object_get(row, "state"));
		good = key && state && vt_copy(keys[i], VT_UUID_SIZE, key) && vt_uuid_valid(key);
		entries[i].sequence = json_integer_value(json_object_get(row, "sequence"));
		entries[i].at_unix_ms = json_integer_value(json_object_get(row, "atUnixMs"));
		entries[i].is_applied = state && strcmp(state, "applied") == 0;
	}
	*ret_count = good ? count : 0;
	*ret_next = json_integer_value(json_object_get(json, "next"));
	json_decref(json);
	return good;
}

static bool is_in_question(const struct core *core, int64_t at_unix_ms)
{
	const int64_t kept_ms = core->retention.delete_ms;

	if (at_unix_ms < core->reconcile.since_unix_ms)
		return false;
	return kept_ms == 0 || at_unix_ms > core_unix_ms(core) - kept_ms + MARGIN_MS;
}

/* Lists what this store does not know, up to a page of findings. */
static void compare(struct core *core, const char *answer)
{
	static char keys[QUEUE_KEYS_MAX][VT_UUID_SIZE];
	static struct entry entries[QUEUE_KEYS_MAX];
	bool known[QUEUE_KEYS_MAX];
	size_t count = 0;
	int64_t next = 0;
	struct reconcile_list *list = &core->reconcile.list;

	if (!read_page(answer, keys, entries, &count, &next) ||
		queue_keys_known(core->queue, keys, count, known) != VT_OK) {
		(void)add(core, FINDING_UNANSWERED);
		finish(core, 0);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (known[i] || !is_in_question(core, entries[i].at_unix_ms))
			continue;
		if (list->count == RECONCILE_PAGE) {
			finish(core, entries[i - 1].sequence);
			return;
		}
		struct reconcile_row *row = add(core, FINDING_ONLY_THERE);
		memcpy(row->key, keys[i], sizeof(row->key));
		row->created_unix_ms = entries[i].at_unix_ms;
		vt_copy_cut(row->there, sizeof(row->there),
			entries[i].is_applied ? "accepted" : "rejected");
	}
	finish(core, next);
}

void ledgers_take(struct core *core, const struct work_result *result)
{
	core->reconcile.asked = 0;
	if (result && result->result == WORK_ACCEPTED && core->queue) {
		compare(core, result->answer);
		return;
	}
	/* A receiver that keeps no such list says so by "defect": nothing to compare. */
	if (!result || txn_cause_from(result->cause) != TXN_CAUSE_DEFECT)
		(void)add(core, FINDING_UNANSWERED);
	finish(core, 0);
}
