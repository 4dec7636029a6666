#include <string.h>

#include "offline-queue/queue/internal.h"
#include "offline-queue/queue/journal.h"
#include "offline-queue/queue/journal_key.h"

/* Verifying a page: rows and checkpoints are walked side by side, both by sequence.
 *
 * The page trusts the stored hash of the row before it, which the page before has verified; row 1
 * has the hash of the terminal's name before it. So pages 1 … n prove what one long walk would. */

struct walk {
	struct queue *queue;
	struct journal_verdict verdict;
	uint8_t before[JOURNAL_HASH_SIZE]; /* hash of the last sound row */
	int64_t last_signed;		   /* newest checkpoint at or before it */
	int64_t checkpoint;		   /* where the open statement stands, 0 = at the end */
	bool must_sign;			   /* the opening of these rows said that it signs */
};

static enum vt_code broken(struct walk *walk, int64_t sequence, enum journal_fault fault)
{
	walk->verdict.broken = sequence;
	walk->verdict.fault = fault;
	walk->verdict.next = 0;
	return VT_OK;
}

static enum vt_code next_checkpoint(struct walk *walk)
{
	const enum vt_code code = queue_step(walk->queue, SQL_CHECKPOINTS);

	walk->checkpoint = code == VT_OK ? queue_column_int(walk->queue, SQL_CHECKPOINTS, 0) : 0;
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

/* The checkpoint at which the statement stands, over row. */
static enum journal_fault judge_checkpoint(struct walk *walk, const struct journal_row *row)
{
	struct journal_checkpoint checkpoint = {
		.terminal = walk->queue->terminal, .sequence = row->sequence};
	size_t length;

	checkpoint.at_unix_ms = queue_column_int(walk->queue, SQL_CHECKPOINTS, 1);
	const uint8_t *hash = queue_column_blob(walk->queue, SQL_CHECKPOINTS, 2, &length);
	if (!hash || length != JOURNAL_HASH_SIZE || memcmp(hash, row->hash, length) != 0)
		return JOURNAL_CHECKPOINT;
	memcpy(checkpoint.hash, hash, length);
	/* Without a key, only the hash can be judged. */
	if (!journal_key_signs(walk->queue->journal_key))
		return JOURNAL_SOUND;
	const uint8_t *signature = queue_column_blob(walk->queue, SQL_CHECKPOINTS, 3, &length);
	if (!signature || journal_key_verify(walk->queue->journal_key, &checkpoint, signature,
				  length) != VT_OK)
		return JOURNAL_SIGNATURE;
	return JOURNAL_SOUND;
}

/* One row that stands at SQL_JOURNAL_PAGE; expected is the number it must have. */
static enum vt_code judge_row(struct walk *walk, int64_t expected)
{
	struct queue *queue = walk->queue;
	struct journal_row row;
	uint8_t hash[JOURNAL_HASH_SIZE];

	if (queue_column_int(queue, SQL_JOURNAL_PAGE, 0) != expected)
		return broken(walk, expected, JOURNAL_MISSING);
	enum vt_code code = journal_read_row(queue, SQL_JOURNAL_PAGE, &row);
	if (code == VT_ERR_PARSE)
		return broken(walk, expected, JOURNAL_ALTERED);
	if (code == VT_OK)
		code = journal_hash_row(queue, walk->before, &row, hash);
	if (code != VT_OK)
		return code;
	if (memcmp(hash, row.hash, sizeof(hash)) != 0)
		return broken(walk, expected, JOURNAL_ALTERED);
	/* A store is older than its journal key if it was made by tools or before there was one. */
	if (row.event == JOURNAL_OPENED)
		walk->must_sign = row.subject[0] != '\0';
	if (walk->checkpoint == expected) {
		const enum journal_fault fault = judge_checkpoint(walk, &row);
		if (fault != JOURNAL_SOUND)
			return broken(walk, expected, fault);
		walk->verdict.checkpoints++;
		walk->last_signed = expected;
		code = next_checkpoint(walk);
		if (code != VT_OK)
			return code;
	} else if (walk->must_sign && journal_key_signs(queue->journal_key) &&
		   expected - walk->last_signed >= JOURNAL_SIGN_ROWS) {
		return broken(walk, expected, JOURNAL_UNSIGNED);
	}
	memcpy(walk->before, row.hash, sizeof(walk->before));
	walk->verdict.rows++;
	return VT_OK;
}

/* Hash of the row before, and the newest checkpoint up to there. */
static enum vt_code start(struct walk *walk, int64_t from)
{
	struct queue *queue = walk->queue;
	struct journal_row row;

	if (from == 1)
		return journal_first_hash(queue, walk->before);
	queue_bind_int(queue, SQL_JOURNAL_PAGE, 1, from - 1);
	queue_bind_int(queue, SQL_JOURNAL_PAGE, 2, 1);
	enum vt_code code = queue_step(queue, SQL_JOURNAL_PAGE);
	if (code == VT_ERR_NOT_FOUND)
		return broken(walk, from - 1, JOURNAL_MISSING);
	if (code != VT_OK)
		return code;
	code = journal_read_row(queue, SQL_JOURNAL_PAGE, &row);
	queue_done(queue, SQL_JOURNAL_PAGE);
	if (code == VT_ERR_PARSE)
		return broken(walk, from - 1, JOURNAL_ALTERED);
	if (code != VT_OK)
		return code;
	if (row.sequence != from - 1)
		return broken(walk, from - 1, JOURNAL_MISSING);
	memcpy(walk->before, row.hash, sizeof(walk->before));
	queue_bind_int(queue, SQL_CHECKPOINT_BEFORE, 1, from);
	code = queue_step(queue, SQL_CHECKPOINT_BEFORE);
	if (code == VT_OK) {
		walk->last_signed = queue_column_int(queue, SQL_CHECKPOINT_BEFORE, 0);
		walk->must_sign = true;
		queue_done(queue, SQL_CHECKPOINT_BEFORE);
	}
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

static enum vt_code walk_rows(struct walk *walk, int64_t from, int64_t max)
{
	struct queue *queue = walk->queue;
	int64_t expected = from;

	queue_bind_int(queue, SQL_CHECKPOINTS, 1, from);
	enum vt_code code = next_checkpoint(walk);
	if (code != VT_OK)
		return code;
	queue_bind_int(queue, SQL_JOURNAL_PAGE, 1, from);
	queue_bind_int(queue, SQL_JOURNAL_PAGE, 2, max);
	while ((code = queue_step(queue, SQL_JOURNAL_PAGE)) == VT_OK) {
		code = judge_row(walk, expected);
		if (code != VT_OK || walk->verdict.fault != JOURNAL_SOUND)
			return code;
		expected++;
	}
	if (code != VT_ERR_NOT_FOUND)
		return code;
	if (expected - from == max && expected <= queue->journal_now.sequence)
		walk->verdict.next = expected;
	else if (walk->checkpoint != 0 || expected <= queue->journal_now.sequence)
		return broken(walk, expected, JOURNAL_TRUNCATED);
	return VT_OK;
}

enum vt_code queue_journal_verify(
	struct queue *queue, int64_t from, int64_t max, struct journal_verdict *ret_verdict)
{
	struct walk walk = {.queue = queue,
		.verdict = {.last = queue->journal_now.sequence,
			.last_signed = queue->journal_now.last_signed}};
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (from < 1 || max < 1)
		return queue_fail(queue, VT_ERR_INVALID, "journal verify: out of shape");
	code = start(&walk, from);
	if (code == VT_OK && walk.verdict.fault == JOURNAL_SOUND)
		code = walk_rows(&walk, from, max);
	queue_done(queue, SQL_JOURNAL_PAGE);
	queue_done(queue, SQL_CHECKPOINTS);
	if (code != VT_OK)
		return code;
	*ret_verdict = walk.verdict;
	return VT_OK;
}
