#include "offline-queue/queue/internal.h"

#include <string.h>

#include "terminal/base/assert.h"

/* The ledger of effects outside of the terminal: the intent is committed before, the outcome after;
 * what has an intent and no outcome is what recovery must ask about. */

static enum vt_code read_effect(struct queue *queue, enum sql sql, struct queue_effect *ret_effect)
{
	struct queue_effect effect = {0};
	const bool has_txn = !queue_column_is_null(queue, sql, 1);

	if (!queue_column_uuid(queue, sql, 0, effect.job) ||
		(has_txn && !queue_column_uuid(queue, sql, 1, effect.transaction)) ||
		!queue_column_text(queue, sql, 5, effect.reason, sizeof(effect.reason))) {
		if (queue_ran_out_of_memory(queue))
			return queue_fail(queue, VT_ERR_NOMEM, "read effect");
		return queue_fail(queue, VT_ERR_CORRUPT, "an effect that cannot be true");
	}
	const int64_t kind = queue_column_int(queue, sql, 2);
	const int64_t outcome = queue_column_int(queue, sql, 4);
	if (kind < EFFECT_PRINT || kind > EFFECT_CARD || outcome < EFFECT_OPEN ||
		outcome > EFFECT_IN_DOUBT)
		return queue_fail(queue, VT_ERR_CORRUPT, "an effect that cannot be true");
	effect.kind = (enum effect_kind)kind;
	effect.detail = (int)queue_column_int(queue, sql, 3);
	effect.outcome = (enum effect_outcome)outcome;
	effect.begun_unix_ms = queue_column_int(queue, sql, 6);
	effect.finished_unix_ms = queue_column_int(queue, sql, 7);
	*ret_effect = effect;
	return VT_OK;
}

enum vt_code queue_effect_begin(struct queue *queue, const struct queue_effect *effect)
{
	uint8_t job[16];
	struct queue_record record;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (!queue_uuid_parse(effect->job, job) || effect->begun_unix_ms <= 0 ||
		effect->kind < EFFECT_PRINT || effect->kind > EFFECT_CARD)
		return queue_fail(queue, VT_ERR_INVALID, "effect: a member is out of shape");
	if (effect->transaction[0] != '\0') {
		code = queue_get(queue, effect->transaction, &record);
		if (code != VT_OK)
			return code;
		queue_bind_int(queue, SQL_EFFECT_BEGIN, 2, record.sequence);
	}
	queue_bind_blob(queue, SQL_EFFECT_BEGIN, 1, job, sizeof(job));
	queue_bind_int(queue, SQL_EFFECT_BEGIN, 3, effect->kind);
	queue_bind_int(queue, SQL_EFFECT_BEGIN, 4, effect->detail);
	queue_bind_int(queue, SQL_EFFECT_BEGIN, 5, effect->begun_unix_ms);
	code = queue_run(queue, SQL_EFFECT_BEGIN);
	if (code != VT_OK)
		return code;
	return queue_journal_add(queue, &(struct journal_fact){.event = JOURNAL_EFFECT_BEGUN,
						.at_unix_ms = effect->begun_unix_ms,
						.subject = effect->job,
						.first = effect->kind,
						.second = effect->detail});
}

enum vt_code queue_effect_get(struct queue *queue, const char *job, struct queue_effect *ret_effect)
{
	uint8_t bytes[16];
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (!queue_uuid_parse(job, bytes))
		return queue_fail(queue, VT_ERR_INVALID, "effect: no job id");
	queue_bind_blob(queue, SQL_EFFECT_GET, 1, bytes, sizeof(bytes));
	code = queue_step(queue, SQL_EFFECT_GET);
	if (code != VT_OK)
		return code;
	code = read_effect(queue, SQL_EFFECT_GET, ret_effect);
	queue_done(queue, SQL_EFFECT_GET);
	return code;
}

enum vt_code queue_effect_finish(struct queue *queue, const char *job, enum effect_outcome outcome,
	const char *reason, int64_t now_unix_ms)
{
	uint8_t bytes[16];
	struct queue_effect effect;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (outcome < EFFECT_DONE || outcome > EFFECT_IN_DOUBT || now_unix_ms <= 0 || !reason ||
		strnlen(reason, sizeof(effect.reason)) >= sizeof(effect.reason) ||
		!queue_uuid_parse(job, bytes))
		return queue_fail(queue, VT_ERR_INVALID, "effect: a member is out of shape");
	code = queue_effect_get(queue, job, &effect);
	if (code != VT_OK)
		return code;
	if (effect.outcome != EFFECT_OPEN && effect.outcome != EFFECT_IN_DOUBT)
		return queue_fail(queue, VT_ERR_STATE, "effect: it has its outcome");
	queue_bind_blob(queue, SQL_EFFECT_FINISH, 1, bytes, sizeof(bytes));
	queue_bind_int(queue, SQL_EFFECT_FINISH, 2, outcome);
	queue_bind_text(queue, SQL_EFFECT_FINISH, 3, reason);
	queue_bind_int(queue, SQL_EFFECT_FINISH, 4, now_unix_ms);
	code = queue_run(queue, SQL_EFFECT_FINISH);
	if (code != VT_OK)
		return code;
	return queue_journal_add(queue, &(struct journal_fact){.event = JOURNAL_EFFECT_ENDED,
						.at_unix_ms = now_unix_ms,
						.subject = job,
						.first = effect.kind,
						.second = outcome,
						.word = reason});
}

enum vt_code queue_effects_open(
	struct queue *queue, size_t max, struct queue_effect *ret_effects, size_t *ret_count)
{
	size_t count = 0;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	queue_bind_int(queue, SQL_EFFECTS_OPEN, 1, (int64_t)max);
	while ((code = queue_step(queue, SQL_EFFECTS_OPEN)) == VT_OK) {
		VT_ASSERT(count < max);
		code = read_effect(queue, SQL_EFFECTS_OPEN, &ret_effects[count]);
		if (code != VT_OK) {
			queue_done(queue, SQL_EFFECTS_OPEN);
			return code;
		}
		count++;
	}
	if (code != VT_ERR_NOT_FOUND)
		return code;
	*ret_count = count;
	return VT_OK;
}
