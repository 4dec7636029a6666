/* powercut-writer DIR [off]: what runs inside the guest whose power is cut. Judges the store that
 * the last cut left, then appends, leases and settles rows for ever and says each acknowledged
 * commit.
 *
 *   CHECK good rows=N     rows 1 … N are there, each once, readable, none torn
 *   CHECK bad REASON
 *   ROW n STAGE           what the store holds of row n (1 appended, 2 leased, 3 accepted)
 *   READY                 the first commit is about to begin
 *   ACK n STAGE           queue_commit() returned VT_OK for it
 *
 * off: with synchronous=OFF, the seeded defect that the rig must catch. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "tests/queue/fixture.h"

enum { APPENDED = 1, LEASED, ACCEPTED };

static void bad(const char *reason, const char *detail)
{
	printf("CHECK bad %s %s\n", reason, detail);
	fflush(stdout);
	exit(1);
}

static int stage_of(const struct queue_record *record)
{
	switch (record->txn.state) {
	case TXN_JOURNALED:
		return APPENDED;
	case TXN_LEASED:
		return LEASED;
	case TXN_ACCEPTED:
		return ACCEPTED;
	case TXN_DRAFT:
	case TXN_UNKNOWN:
	case TXN_INQUIRY:
	case TXN_REJECTED:
	case TXN_EXPIRED:
	case TXN_DEAD:
		break;
	}
	bad("state", "a row is in a state that nobody put it in");
	return 0;
}

static void check_integrity(struct fixture *f)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(f->queue->db, "PRAGMA integrity_check", -1, &stmt, NULL) !=
			SQLITE_OK ||
		sqlite3_step(stmt) != SQLITE_ROW)
		bad("integrity", "cannot be checked");
	const char *answer = (const char *)sqlite3_column_text(stmt, 0);
	if (!answer || strcmp(answer, "ok") != 0)
		bad("integrity", answer ? answer : "");
	sqlite3_finalize(stmt);
}

/* Tells every row; returns the first free number. */
static unsigned judge(struct fixture *f)
{
	struct queue_record record;
	struct queue_counts counts;
	struct vt_buf out;
	char id[VT_UUID_SIZE];
	int64_t total = 0;
	unsigned n = 1;

	if (f->report.quarantined)
		bad("quarantined", f->report.reason);
	if (f->report.rolled_back)
		bad("rolled_back", "");
	check_integrity(f);
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	for (;; n++) {
		fixture_uuid('i', n, id);
		const enum vt_code code = queue_get(f->queue, id, &record);
		if (code == VT_ERR_NOT_FOUND)
			break;
		if (code != VT_OK || !txn_check(&record.txn) || record.sequence != n)
			bad("row", id);
		if (queue_payload(f->queue, id, &out) != VT_OK ||
			strcmp(vt_buf_text(&out), FIXTURE_PAYLOAD) != 0)
			bad("payload", id);
		printf("ROW %u %d\n", n, stage_of(&record));
	}
	vt_buf_finish(&out);
	if (queue_counts(f->queue, &counts) != VT_OK)
		bad("counts", "");
	for (int i = 0; i < TXN_STATE_COUNT; i++)
		total += counts.states[i];
	if (total != n - 1)
		bad("counts", "the counters and the rows differ");
	printf("CHECK good rows=%u\n", n - 1);
	fflush(stdout);
	return n;
}

static void say(unsigned n, int stage)
{
	printf("ACK %u %d\n", n, stage);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct fixture f;

	if (argc < 2)
		return 2;
	f.now = FIXTURE_NOW;
	snprintf(f.folder, sizeof(f.folder), "%s", argv[1]);
	snprintf(f.path, sizeof(f.path), "%s/queue.db", f.folder);
	snprintf(f.key_path, sizeof(f.key_path), "%s/key", f.folder);
	const enum vt_code made = queue_key_create(f.key_path, NULL);
	if (made != VT_OK && made != VT_ERR_EXISTS)
		bad("key", vt_code_text(made));
	if (fixture_open(&f) != VT_OK)
		bad("open", f.error.msg);
	unsigned n = judge(&f);
	if (argc > 2 && sqlite3_exec(f.queue->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL) !=
				SQLITE_OK)
		bad("defect", "cannot be seeded");
	printf("READY\n");
	fflush(stdout);
	for (;; n++) {
		if (fixture_append(&f, n) != VT_OK)
			bad("append", queue_error(f.queue)->msg);
		say(n, APPENDED);
		if (fixture_lease(&f, n) != VT_OK)
			bad("lease", queue_error(f.queue)->msg);
		say(n, LEASED);
		if (fixture_result(&f, n, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE) != VT_OK)
			bad("result", queue_error(f.queue)->msg);
		say(n, ACCEPTED);
		if (n % 16 == 0 && queue_checkpoint(f.queue) != VT_OK)
			bad("checkpoint", queue_error(f.queue)->msg);
	}
}
