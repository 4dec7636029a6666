#include "offline-queue/queue/internal.h"

#include <string.h>

#include <sqlite3.h>

#include "terminal/base/assert.h"

/* Batches, counters, the current session, housekeeping. */

const struct vt_error *queue_error(const struct queue *queue)
{
	return &queue->error;
}

bool queue_is_failed(const struct queue *queue)
{
	return queue->is_failed;
}

bool queue_in_batch(const struct queue *queue)
{
	return queue->in_batch;
}

enum vt_code queue_begin(struct queue *queue)
{
	if (queue->is_failed)
		return VT_ERR_FAILED;
	if (queue->in_batch)
		return queue_fail(queue, VT_ERR_STATE, "a batch is open already");
	const enum vt_code code = queue_run(queue, SQL_BEGIN);
	if (code != VT_OK)
		return code;
	queue->in_batch = true;
	queue->spoilt = VT_OK;
	return VT_OK;
}

void queue_abort(struct queue *queue)
{
	if (!queue->in_batch)
		return;
	queue->in_batch = false;
	queue->spoilt = VT_OK;
	queue->now = queue->then;
	queue->journal_now = queue->journal_then;
	/* After some errors SQLite has rolled back by itself. A rollback that fails, or that leaves
	 * the transaction open, leaves us with memory that nobody vouches for. */
	if (!sqlite3_get_autocommit(queue->db)) {
		const int rc = sqlite3_step(queue->statements[SQL_ROLLBACK]);
		sqlite3_reset(queue->statements[SQL_ROLLBACK]);
		if (rc != SQLITE_DONE && !sqlite3_get_autocommit(queue->db)) {
			queue->is_failed = true;
			return;
		}
	}
	if (queue->services_changed) {
		queue->services_changed = false;
		if (queue_load_services(queue) != VT_OK)
			queue->is_failed = true;
	}
}

static enum vt_code write_ledger(struct queue *queue)
{
	const struct ledger *now = &queue->now;
	const int64_t head[] = {now->epoch, now->opening, now->number, now->sequence, now->oldest,
		now->session, now->floor_ms};
	int index = 1;

	for (size_t i = 0; i < VT_ELEMENTS(head); i++)
		queue_bind_int(queue, SQL_STORE_UPDATE, index++, head[i]);
	for (int i = TXN_JOURNALED; i < TXN_STATE_COUNT; i++)
		queue_bind_int(queue, SQL_STORE_UPDATE, index++, now->states[i]);
	return queue_run(queue, SQL_STORE_UPDATE);
}

static bool ledger_differs(const struct ledger *a, const struct ledger *b)
{
	/* Only int64_t members: no padding. */
	return memcmp(a, b, sizeof(*a)) != 0;
}

enum vt_code queue_commit(struct queue *queue)
{
	enum vt_code code = queue_may_write(queue);

	if (code == VT_OK && ledger_differs(&queue->now, &queue->then))
		code = write_ledger(queue);
	if (code == VT_OK) {
		code = queue_run(queue, SQL_COMMIT);
		/* The commit record may have reached the log before memory ran out: only reopening
		 * tells. (A full disk never gets that far: with powersafe overwrite nothing is
		 * written after the commit record.) */
		if (code == VT_ERR_NOMEM)
			queue->is_failed = true;
	}
	if (code != VT_OK) {
		queue_abort(queue);
		return code;
	}
	queue->in_batch = false;
	queue->services_changed = false;
	queue->then = queue->now;
	queue->journal_then = queue->journal_now;
	return VT_OK;
}

/* ---- counters ---- */

/* Walks from the last known oldest row to the first that is still unsettled. Each settled row is
 * passed once in its life, for `oldest` is stored with the counters. */
static enum vt_code find_oldest(struct queue *queue, int64_t *ret_created_unix_ms)
{
	for (;;) {
		int rows = 0;
		enum vt_code code;

		queue_bind_int(queue, SQL_OLDEST, 1, queue->now.oldest);
		while ((code = queue_step(queue, SQL_OLDEST)) == VT_OK) {
			const int64_t state = queue_column_int(queue, SQL_OLDEST, 1);
			rows++;
			if (state >= TXN_JOURNALED && state <= TXN_INQUIRY) {
				queue->now.oldest = queue_column_int(queue, SQL_OLDEST, 0);
				*ret_created_unix_ms = queue_column_int(queue, SQL_OLDEST, 2);
				queue_done(queue, SQL_OLDEST);
				return VT_OK;
			}
			queue->now.oldest = queue_column_int(queue, SQL_OLDEST, 0) + 1;
		}
		if (code != VT_ERR_NOT_FOUND)
			return code;
		if (rows == 0)
			return VT_OK;
	}
}

enum vt_code queue_counts(struct queue *queue, struct queue_counts *ret_counts)
{
	struct queue_counts counts = {0};
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	for (int i = TXN_JOURNALED; i < TXN_STATE_COUNT; i++)
		counts.states[i] = queue->now.states[i];
	for (int i = TXN_JOURNALED; i <= TXN_INQUIRY; i++)
		counts.unsettled += counts.states[i];
	counts.dead = counts.states[TXN_DEAD];
	if (counts.unsettled > 0) {
		code = find_oldest(queue, &counts.oldest_unix_ms);
		if (code != VT_OK)
			return code;
		/* Outside a batch nothing is written for it; the next commit takes it along. */
		if (!queue->in_batch)
			queue->then.oldest = queue->now.oldest;
	}
	*ret_counts = counts;
	return VT_OK;
}

enum vt_code queue_next_sequence(struct queue *queue, int64_t *ret_epoch, int64_t *ret_number)
{
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (queue->now.number >= QUEUE_MAX_NUMBER) {
		/* The note first: a store that falls back behind this commit must not use the epoch
		 * again. An epoch without folios costs nothing. */
		const struct epoch_note note = {
			.epoch = queue->now.epoch + 1, .opening = queue->now.opening};
		code = epoch_write(queue, &note, &queue->error);
		if (code != VT_OK) {
			queue->spoilt = code;
			queue->is_failed = code == VT_ERR_IO;
			return code;
		}
		queue->now.epoch++;
		queue->now.number = 0;
	}
	queue->now.number++;
	*ret_epoch = queue->now.epoch;
	*ret_number = queue->now.number;
	return VT_OK;
}

/* ---- the clock's floor ---- */

int64_t queue_clock_floor(const struct queue *queue)
{
	return queue->now.floor_ms;
}

void queue_clock_raise(struct queue *queue, int64_t unix_ms)
{
	if (queue->in_batch && unix_ms > queue->now.floor_ms)
		queue->now.floor_ms = unix_ms;
}

/* ---- the current session ---- */

enum vt_code queue_session_set(struct queue *queue, const char *id)
{
	struct queue_record record;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (!id) {
		queue->now.session = 0;
		return VT_OK;
	}
	code = queue_get(queue, id, &record);
	if (code == VT_OK)
		queue->now.session = record.sequence;
	return code;
}

enum vt_code queue_session_get(struct queue *queue, struct queue_record *ret_record)
{
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (queue->now.session == 0)
		return VT_ERR_NOT_FOUND;
	queue_bind_int(queue, SQL_GET_SEQUENCE, 1, queue->now.session);
	code = queue_step(queue, SQL_GET_SEQUENCE);
	if (code != VT_OK)
		return code;
	code = queue_read_record(queue, SQL_GET_SEQUENCE, ret_record);
	queue_done(queue, SQL_GET_SEQUENCE);
	return code;
}

/* ---- housekeeping ---- */

/* Collects first, changes then: a statement that reads an index must not see its own changes. */
#define PRUNE_MAX 256

struct victim {
	int64_t sequence;
	int state;
};

static enum vt_code find_victims(struct queue *queue, enum sql sql, int64_t before_unix_ms,
	size_t max, struct victim *ret_victims, size_t *ret_count)
{
	size_t count = 0;
	enum vt_code code;

	queue_bind_int(queue, sql, 1, before_unix_ms);
	queue_bind_int(queue, sql, 2, (int64_t)max);
	while ((code = queue_step(queue, sql)) == VT_OK) {
		VT_ASSERT(count < max);
		ret_victims[count].sequence = queue_column_int(queue, sql, 0);
		ret_victims[count].state =
			sql == SQL_DELETE_FIND ? (int)queue_column_int(queue, sql, 1) : 0;
		count++;
	}
	if (code != VT_ERR_NOT_FOUND)
		return code;
	*ret_count = count;
	return VT_OK;
}

static enum vt_code run_for(struct queue *queue, enum sql sql, int64_t sequence)
{
	queue_bind_int(queue, sql, 1, sequence);
	return queue_run(queue, sql);
}

static enum vt_code shred_some(
	struct queue *queue, int64_t before_unix_ms, size_t max, size_t *ret_count)
{
	struct victim victims[PRUNE_MAX];
	enum vt_code code =
		find_victims(queue, SQL_SHRED_FIND, before_unix_ms, max, victims, ret_count);

	for (size_t i = 0; code == VT_OK && i < *ret_count; i++)
		code = run_for(queue, SQL_SHRED, victims[i].sequence);
	return code;
}

static enum vt_code delete_some(
	struct queue *queue, int64_t before_unix_ms, size_t max, size_t *ret_count)
{
	struct victim victims[PRUNE_MAX];
	enum vt_code code =
		find_victims(queue, SQL_DELETE_FIND, before_unix_ms, max, victims, ret_count);

	for (size_t i = 0; code == VT_OK && i < *ret_count; i++) {
		code = run_for(queue, SQL_DELETE_EFFECTS, victims[i].sequence);
		if (code == VT_OK)
			code = run_for(queue, SQL_DELETE, victims[i].sequence);
		if (code == VT_OK && --queue->now.states[victims[i].state] < 0)
			code = queue_fail(queue, VT_ERR_CORRUPT, "counters do not fit the rows");
		if (queue->now.session == victims[i].sequence)
			queue->now.session = 0;
	}
	return code;
}

static enum vt_code checkpoint(struct queue *queue, int mode)
{
	const int rc = sqlite3_wal_checkpoint_v2(queue->db, NULL, mode, NULL, NULL);

	return rc == SQLITE_OK ? VT_OK : queue_fail_sqlite(queue, rc, "checkpoint");
}

enum vt_code queue_prune(struct queue *queue, int64_t now_unix_ms,
	const struct queue_retention *retention, size_t max, size_t *ret_count)
{
	size_t shredded = 0, deleted = 0;

	if (retention->shred_ms < 0 || retention->delete_ms < 0 ||
		(retention->delete_ms > 0 && retention->delete_ms < retention->shred_ms))
		return queue_fail(queue, VT_ERR_INVALID, "retention out of shape");
	if (max > PRUNE_MAX)
		max = PRUNE_MAX;
	enum vt_code code = queue_begin(queue);
	if (code != VT_OK)
		return code;
	code = shred_some(queue, now_unix_ms - retention->shred_ms, max, &shredded);
	if (code == VT_OK && retention->delete_ms > 0)
		code = delete_some(
			queue, now_unix_ms - retention->delete_ms, max - shredded, &deleted);
	if (code == VT_OK && shredded + deleted > 0)
		code = queue_journal_add(queue, &(struct journal_fact){.event = JOURNAL_PRUNED,
							.at_unix_ms = now_unix_ms,
							.first = (int64_t)shredded,
							.second = (int64_t)deleted});
	if (code != VT_OK) {
		queue_abort(queue);
		return code;
	}
	code = queue_commit(queue);
	if (code == VT_OK && shredded + deleted > 0) {
		/* Old versions of the pages lie in the -wal until it is cut. */
		code = checkpoint(queue, SQLITE_CHECKPOINT_TRUNCATE);
		sqlite3_db_release_memory(queue->db);
	}
	if (code == VT_OK)
		*ret_count = shredded + deleted;
	return code;
}

enum vt_code queue_checkpoint(struct queue *queue)
{
	if (queue->is_failed)
		return VT_ERR_FAILED;
	if (queue->in_batch)
		return queue_fail(queue, VT_ERR_STATE, "a batch is open");
	return checkpoint(queue, SQLITE_CHECKPOINT_PASSIVE);
}
