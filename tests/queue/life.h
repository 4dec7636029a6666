#ifndef VT_TESTS_QUEUE_LIFE_H
#define VT_TESTS_QUEUE_LIFE_H

/* A whole life of a store as a fixed list of steps, each of which is acknowledged or not, and a
 * picture of everything that a store remembers. After any fault the store must show the picture of
 * exactly the acknowledged steps (or of one more where the answer was doubt). */

#include <inttypes.h>

#include "tests/queue/fixture.h"

#define LIFE_STEPS   13
#define LIFE_PICTURE 4096

static inline enum vt_code life_effect(struct fixture *f, bool begin)
{
	struct queue_effect effect = {
		.kind = EFFECT_PRINT, .detail = TXN_SHEET_FINAL, .begun_unix_ms = f->now};
	enum vt_code code = queue_begin(f->queue);

	fixture_uuid('j', 1, effect.job);
	fixture_uuid('i', 1, effect.transaction);
	if (code != VT_OK)
		return code;
	code = begin ? queue_effect_begin(f->queue, &effect)
		     : queue_effect_finish(f->queue, effect.job, EFFECT_DONE, "counter", f->now);
	if (code == VT_OK)
		return queue_commit(f->queue);
	queue_abort(f->queue);
	return code;
}

static inline enum vt_code life_session(struct fixture *f, unsigned n)
{
	char id[VT_UUID_SIZE];
	enum vt_code code = queue_begin(f->queue);

	fixture_uuid('i', n, id);
	if (code == VT_OK)
		code = queue_session_set(f->queue, id);
	if (code == VT_OK)
		return queue_commit(f->queue);
	queue_abort(f->queue);
	return code;
}

/* Three rows in one commit: all or none. */
static inline enum vt_code life_burst(struct fixture *f)
{
	struct fixture_row r;
	int64_t epoch, number;
	enum vt_code code = queue_begin(f->queue);

	for (unsigned n = 3; code == VT_OK && n <= 5; n++) {
		fixture_row(f, n, &r);
		r.row.lane = "dddddddd-0000-4000-8000-000000000000";
		code = queue_next_sequence(f->queue, &epoch, &number);
		if (code == VT_OK)
			code = queue_append(f->queue, &r.row);
	}
	if (code == VT_OK)
		return queue_commit(f->queue);
	queue_abort(f->queue);
	return code;
}

static inline enum vt_code life_step(struct fixture *f, int step)
{
	size_t count;

	switch (step) {
	case 0:
		return fixture_append(f, 1);
	case 1:
		return life_session(f, 1);
	case 2:
		return fixture_lease(f, 1);
	case 3:
		return fixture_append(f, 2);
	case 4:
		return fixture_result(f, 1, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE);
	case 5:
		return life_effect(f, true);
	case 6:
		return life_burst(f);
	case 7:
		return life_effect(f, false);
	case 8:
		return fixture_lease(f, 3);
	case 9:
		return fixture_result(f, 3, TXN_RESULT_REJECTED, TXN_CAUSE_BUSINESS);
	case 10:
		return queue_checkpoint(f->queue);
	case 11:
		return fixture_lease(f, 2);
	case 12:
		return queue_prune(
			f->queue, f->now + 5, &(struct queue_retention){.shred_ms = 1}, 10, &count);
	default:
		return VT_ERR_INVALID;
	}
}

/* May the step have happened although it was not acknowledged? Only when the answer was doubt. */
static inline bool life_may_have_happened(int step, bool is_failed)
{
	/* Step 12 prunes and then cuts the log: the first may be done and the second not. */
	return is_failed || step == 12;
}

/* Everything that the store remembers, as text; also checks what must hold in every state. */
static inline enum vt_code life_picture(struct fixture *f, char picture[LIFE_PICTURE])
{
	struct queue_record records[8];
	struct queue_effect effects[4];
	struct queue_counts counts;
	int64_t next, states[TXN_STATE_COUNT] = {0};
	size_t count, effect_count;
	int used = 0;
	enum vt_code code = queue_list(f->queue, 0, false, 8, records, &count, &next);

	for (size_t i = 0; code == VT_OK && i < count; i++) {
		const struct queue_record *r = &records[i];
		struct vt_buf out;
		vt_buf_init(&out, VT_MAX_PAYLOAD);
		if (!txn_check(&r->txn) || (r->sequence != (int64_t)(count - i)))
			return VT_ERR_CORRUPT;
		states[r->txn.state]++;
		if (r->has_payload) {
			code = queue_payload(f->queue, r->id, &out);
			if (code == VT_OK && strcmp(vt_buf_text(&out), FIXTURE_PAYLOAD) != 0)
				code = VT_ERR_CORRUPT;
		}
		if (code == VT_OK && r->has_answer)
			code = queue_answer(f->queue, r->id, &out);
		vt_buf_finish(&out);
		used += snprintf(picture + used, LIFE_PICTURE - (size_t)used,
			"%" PRId64 " %s %s %s %s due %" PRId64 " lease %s %d %d %d\n", r->sequence,
			r->id, r->key, r->folio, txn_state_names[r->txn.state], r->txn.due_unix_ms,
			r->txn.lease, r->txn.attempts, r->has_payload, r->has_answer);
	}
	if (code == VT_OK)
		code = queue_counts(f->queue, &counts);
	if (code == VT_OK &&
		memcmp(&states[1], &counts.states[1], sizeof(states) - sizeof(states[0])))
		return VT_ERR_CORRUPT;
	if (code == VT_OK)
		code = queue_effects_open(f->queue, 4, effects, &effect_count);
	if (code != VT_OK)
		return code;
	snprintf(picture + used, LIFE_PICTURE - (size_t)used, "effects open %zu, oldest %" PRId64,
		effect_count, counts.oldest_unix_ms);
	code = queue_session_get(f->queue, &records[0]);
	used = (int)strlen(picture);
	snprintf(picture + used, LIFE_PICTURE - (size_t)used, ", session %s\n",
		code == VT_OK ? records[0].folio : "none");
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

#endif
