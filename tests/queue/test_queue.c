/* The store: behaviour and refusals. Faults, kills, plans and secrecy have programs of their own.
 */

#include "tests/lib/cmocka_prelude.h"

#include "offline-queue/queue/retry.h"
#include "tests/queue/fixture.h"

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_init(f);
	*state = f;
	return fixture_open(f) == VT_OK ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fixture_finish(f);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
}

static struct queue_record get(struct fixture *f, unsigned n)
{
	char id[VT_UUID_SIZE];
	struct queue_record record;

	fixture_uuid('i', n, id);
	assert_int_equal(queue_get(f->queue, id, &record), VT_OK);
	assert_true(txn_check(&record.txn));
	return record;
}

static struct queue_counts counts(struct fixture *f)
{
	struct queue_counts c;

	assert_int_equal(queue_counts(f->queue, &c), VT_OK);
	return c;
}

/* ---- batches ---- */

static void a_committed_row_is_there_after_reopening(void **state)
{
	struct fixture *f = *state;

	assert_true(f->report.created);
	assert_int_equal(fixture_append(f, 1), VT_OK);
	reopen(f);
	assert_false(f->report.created);
	const struct queue_record record = get(f, 1);
	assert_string_equal(record.folio, "T001-0010-0001-ABCD");
	assert_string_equal(record.service, "curp");
	assert_string_equal(record.adapter, "renapo");
	assert_string_equal(record.operation, "consultarPorCurp");
	assert_string_equal(record.lang, "es");
	assert_int_equal(record.txn.state, TXN_JOURNALED);
	assert_int_equal(record.txn.due_unix_ms, f->now);
	assert_int_equal(record.created_unix_ms, f->now);
	assert_true(record.has_payload);
	assert_false(record.has_answer);
	char key[VT_UUID_SIZE];
	fixture_uuid('k', 1, key);
	assert_string_equal(record.key, key);
}

static void an_aborted_batch_leaves_nothing_and_its_numbers_are_used_again(void **state)
{
	struct fixture *f = *state;
	struct fixture_row r;
	struct queue_record record;
	int64_t epoch, number;

	fixture_row(f, 1, &r);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_next_sequence(f->queue, &epoch, &number), VT_OK);
	assert_int_equal(number, 1);
	assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	assert_int_equal(counts(f).unsettled, 1);
	queue_abort(f->queue);
	assert_int_equal(queue_get(f->queue, r.id, &record), VT_ERR_NOT_FOUND);
	assert_int_equal(counts(f).unsettled, 0);
	/* The service that the aborted row named first is forgotten too, and learnt again. */
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_next_sequence(f->queue, &epoch, &number), VT_OK);
	assert_int_equal(number, 1);
	assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(get(f, 1).sequence, 1);
}

static void changes_need_a_batch_and_batches_do_not_nest(void **state)
{
	struct fixture *f = *state;
	struct fixture_row r;
	int64_t a, b;

	fixture_row(f, 1, &r);
	assert_int_equal(queue_append(f->queue, &r.row), VT_ERR_STATE);
	assert_int_equal(queue_next_sequence(f->queue, &a, &b), VT_ERR_STATE);
	assert_int_equal(queue_session_set(f->queue, NULL), VT_ERR_STATE);
	assert_int_equal(
		queue_store(f->queue, r.id, &r.row.txn, &r.row.txn, NULL, f->now), VT_ERR_STATE);
	assert_int_equal(queue_commit(f->queue), VT_ERR_STATE);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_ERR_STATE);
	assert_int_equal(queue_checkpoint(f->queue), VT_ERR_STATE);
	size_t count;
	assert_int_equal(queue_prune(f->queue, f->now, &(struct queue_retention){0}, 10, &count),
		VT_ERR_STATE);
	assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	queue_abort(f->queue); /* nothing open: nothing happens */
	assert_int_equal(get(f, 1).sequence, 1);
}

static void a_refused_row_leaves_the_batch_usable(void **state)
{
	struct fixture *f = *state;
	struct fixture_row r, twin;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	fixture_row(f, 1, &twin);
	assert_int_equal(queue_append(f->queue, &twin.row), VT_ERR_EXISTS);
	fixture_uuid('i', 9, twin.id); /* other id, same folio */
	assert_int_equal(queue_append(f->queue, &twin.row), VT_ERR_EXISTS);
	fixture_row(f, 2, &r);
	assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(get(f, 2).sequence, 2);
	assert_int_equal(counts(f).unsettled, 2);
}

static void refuse(struct fixture *f, const struct queue_new *row)
{
	assert_int_equal(queue_append(f->queue, row), VT_ERR_INVALID);
}

static void malformed_rows_are_refused(void **state)
{
	struct fixture *f = *state;
	struct fixture_row r;
	static char big[VT_MAX_PAYLOAD + 1];
	const char *const long_text = "0123456789012345678901234567890123456789";

	memset(big, 'x', VT_MAX_PAYLOAD);
	assert_int_equal(queue_begin(f->queue), VT_OK);
#define REFUSED(member, value)          \
	do {                            \
		fixture_row(f, 1, &r);  \
		r.row.member = (value); \
		refuse(f, &r.row);      \
	} while (0)
	REFUSED(id, NULL);
	REFUSED(id, "not-a-uuid");
	REFUSED(key, "");
	REFUSED(folio, "");
	REFUSED(folio, "01234567890123456789");
	REFUSED(folio, "11111111-2222-4333-8444-555555555555");
	REFUSED(service, long_text);
	REFUSED(adapter, NULL);
	REFUSED(operation, "");
	REFUSED(lang, NULL);
	REFUSED(lane, "x");
	REFUSED(priority, -1);
	REFUSED(priority, QUEUE_PRIORITIES);
	REFUSED(created_unix_ms, 0);
	REFUSED(expires_unix_ms, -1);
	REFUSED(payload, "");
	REFUSED(payload, big);
	REFUSED(txn.state, TXN_DRAFT);
	REFUSED(txn.state, TXN_ACCEPTED);
	REFUSED(txn.ever_leased, true);
#undef REFUSED
	fixture_row(f, 1, &r);
	big[VT_MAX_PAYLOAD - 1] = '\0';
	r.row.payload = big;
	assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	struct vt_buf out;
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	assert_int_equal(queue_payload(f->queue, r.id, &out), VT_OK);
	assert_string_equal(vt_buf_text(&out), big);
	vt_buf_finish(&out);
}

/* ---- a life ---- */

static void a_transaction_lives_through_the_store_as_the_machine_says(void **state)
{
	struct fixture *f = *state;
	char id[VT_UUID_SIZE];
	struct vt_buf out;

	vt_buf_init(&out, VT_MAX_PAYLOAD);
	fixture_uuid('i', 1, id);
	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(queue_payload(f->queue, id, &out), VT_OK);
	assert_string_equal(vt_buf_text(&out), FIXTURE_PAYLOAD);
	assert_int_equal(queue_answer(f->queue, id, &out), VT_ERR_NOT_FOUND);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	reopen(f);
	assert_int_equal(get(f, 1).txn.state, TXN_LEASED);
	assert_int_equal(get(f, 1).txn.due_unix_ms, f->now + 20000);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	reopen(f);
	const struct queue_record record = get(f, 1);
	assert_int_equal(record.txn.state, TXN_ACCEPTED);
	assert_string_equal(record.txn.lease, "");
	assert_int_equal(record.txn.attempts, 1);
	assert_int_equal(record.service_success_unix_ms, f->now);
	assert_true(record.has_answer);
	assert_int_equal(queue_answer(f->queue, id, &out), VT_OK);
	assert_string_equal(vt_buf_text(&out), "{\"folio\":\"123456789\"}");
	assert_int_equal(counts(f).unsettled, 0);
	assert_int_equal(counts(f).states[TXN_ACCEPTED], 1);
	vt_buf_finish(&out);
}

static void only_the_holder_of_the_lease_changes_a_row(void **state)
{
	struct fixture *f = *state;
	struct txn_effects effects;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	const struct queue_record before = get(f, 1);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	/* A second leaser with the old picture loses. */
	struct txn after = before.txn;
	assert_int_equal(txn_step(&after,
				 &(struct txn_event){.type = TXN_LEASE,
					 .now_unix_ms = f->now,
					 .lease = "aaaaaaaa-0000-4000-8000-000000000000",
					 .lease_ms = 1000},
				 &effects),
		VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(
		queue_store(f->queue, before.id, &before.txn, &after, NULL, f->now), VT_ERR_STATE);
	/* Same state, other lease: neither. */
	struct txn other = get(f, 1).txn;
	assert_true(
		vt_copy(other.lease, sizeof(other.lease), "bbbbbbbb-0000-4000-8000-000000000000"));
	assert_int_equal(
		queue_store(f->queue, before.id, &other, &after, NULL, f->now), VT_ERR_STATE);
	assert_int_equal(queue_store(f->queue, "cccccccc-0000-4000-8000-000000000000", &other,
				 &after, NULL, f->now),
		VT_ERR_NOT_FOUND);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	char lease[VT_UUID_SIZE];
	fixture_uuid('l', 1, lease);
	assert_string_equal(get(f, 1).txn.lease, lease);
}

static void illegal_states_cannot_be_written(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	const struct queue_record record = get(f, 1);
	assert_int_equal(queue_begin(f->queue), VT_OK);
#define REFUSED(...)                                                                       \
	do {                                                                               \
		const struct txn bad = {__VA_ARGS__};                                      \
		assert_int_equal(                                                          \
			queue_store(f->queue, record.id, &record.txn, &bad, NULL, f->now), \
			VT_ERR_INVALID);                                                   \
	} while (0)
	REFUSED(.state = TXN_DRAFT);
	REFUSED(.state = TXN_LEASED, .ever_leased = true, .due_unix_ms = 5);
	REFUSED(.state = TXN_ACCEPTED);
	REFUSED(.state = TXN_JOURNALED);
	REFUSED(.state = TXN_DEAD, .due_unix_ms = 5);
	REFUSED(.state = TXN_DEAD, .receipt = RECEIPT_FINAL);
	REFUSED(.state = TXN_EXPIRED, .cause = TXN_CAUSE_NETWORK);
	REFUSED(.state = TXN_DEAD, .attempts = -1);
	REFUSED(.state = TXN_DEAD, .defects = 1);
	REFUSED(.state = TXN_DEAD, .class = TXN_CLASS_B);
	REFUSED(.state = (enum txn_state)9);
#undef REFUSED
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(get(f, 1).txn.state, TXN_JOURNALED);
	assert_int_equal(counts(f).unsettled, 1);
}

static void a_burst_shares_one_commit(void **state)
{
	struct fixture *f = *state;
	struct fixture_row r;

	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (unsigned n = 1; n <= 16; n++) {
		fixture_row(f, n, &r);
		assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	}
	assert_int_equal(queue_commit(f->queue), VT_OK);
	reopen(f);
	assert_int_equal(counts(f).unsettled, 16);
	assert_int_equal(get(f, 16).sequence, 16);
}

/* ---- what is due ---- */

static size_t due(struct fixture *f, int64_t now, struct queue_record *records)
{
	size_t count = 0;

	assert_int_equal(queue_due(f->queue, now, QUEUE_DUE_MAX, records, &count), VT_OK);
	return count;
}

static int64_t next_due(struct fixture *f, int64_t now)
{
	int64_t when;

	assert_int_equal(queue_next_due(f->queue, now, &when), VT_OK);
	return when;
}

static void due_rows_come_by_priority_then_time(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	struct fixture_row r;

	assert_int_equal(next_due(f, f->now), QUEUE_NEVER);
	assert_int_equal(due(f, f->now, records), 0);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (unsigned n = 1; n <= 6; n++) {
		fixture_row(f, n, &r);
		r.row.priority = n % 2 ? 2 : 1;
		r.row.service = n % 3 ? "curp" : "passport-fee";
		r.row.txn.due_unix_ms = f->now + 100 - n;
		assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	}
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(next_due(f, f->now), f->now + 94);
	assert_int_equal(due(f, f->now + 93, records), 0);
	assert_int_equal(due(f, f->now + 94, records), 1);
	assert_int_equal(due(f, f->now + 100, records), 6);
	const int64_t order[] = {6, 4, 2, 5, 3, 1};
	for (int i = 0; i < 6; i++)
		assert_int_equal(records[i].sequence, order[i]);
	assert_int_equal(next_due(f, f->now + 100), 0);
}

static void a_backlog_of_one_service_does_not_hide_another(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	struct fixture_row r;
	bool seen = false;

	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (unsigned n = 1; n <= 200; n++) {
		fixture_row(f, n, &r);
		r.row.service = n < 200 ? "curp" : "passport-fee";
		assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	}
	assert_int_equal(queue_commit(f->queue), VT_OK);
	size_t count = 0;
	assert_int_equal(queue_due(f->queue, f->now, 8, records, &count), VT_OK);
	for (size_t i = 0; i < count; i++)
		seen = seen || records[i].sequence == 200;
	assert_true(seen);
}

static void a_lease_is_due_when_it_runs_out_and_is_listed_before(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	size_t count;

	for (unsigned n = 1; n <= 3; n++)
		assert_int_equal(fixture_append(f, n), VT_OK);
	assert_int_equal(fixture_lease(f, 2), VT_OK);
	assert_int_equal(due(f, f->now, records), 2);
	assert_int_equal(queue_outstanding(f->queue, 0, 10, records, &count), VT_OK);
	assert_int_equal(count, 1);
	assert_int_equal(records[0].sequence, 2);
	assert_int_equal(queue_outstanding(f->queue, 2, 10, records, &count), VT_OK);
	assert_int_equal(count, 0);
	assert_int_equal(due(f, f->now + 20000, records), 3);
	assert_int_equal(records[2].txn.state, TXN_LEASED);
	/* Also when its adapter is held: somebody must take the lease back. */
	assert_int_equal(queue_hold(f->queue, "renapo", QUEUE_NEVER), VT_OK);
	assert_int_equal(due(f, f->now + 20000, records), 1);
	assert_int_equal(next_due(f, f->now), f->now + 20000);
}

static void a_held_adapter_rests_and_wakes(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];

	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(queue_hold(f->queue, "renapo", f->now + 500), VT_OK);
	assert_int_equal(due(f, f->now + 499, records), 0);
	assert_int_equal(next_due(f, f->now), f->now + 500);
	assert_int_equal(due(f, f->now + 500, records), 1);
	assert_int_equal(queue_hold(f->queue, "renapo", QUEUE_NEVER), VT_OK);
	assert_int_equal(next_due(f, f->now), QUEUE_NEVER);
	assert_int_equal(queue_hold(f->queue, "renapo", 0), VT_OK);
	assert_int_equal(due(f, f->now, records), 1);
	assert_int_equal(queue_hold(f->queue, "other", QUEUE_NEVER), VT_OK);
	assert_int_equal(due(f, f->now, records), 1);
	/* A hold that the clock's step back made endless does not hold. */
	assert_int_equal(queue_hold(f->queue, "renapo", f->now + 1000), VT_OK);
	assert_int_equal(due(f, f->now - 10 * RETRY_MAX_WAIT_MS, records), 1);
}

static void hastening_ends_backoffs_of_one_adapter(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	size_t count = 77;

	for (unsigned n = 1; n <= 3; n++) {
		assert_int_equal(fixture_append(f, n), VT_OK);
		assert_int_equal(fixture_lease(f, n), VT_OK);
		assert_int_equal(
			fixture_result(f, n, TXN_RESULT_RETRY_AFTER, TXN_CAUSE_NETWORK), VT_OK);
	}
	assert_int_equal(due(f, f->now, records), 0);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_hasten(f->queue, "other", f->now, 10, &count), VT_OK);
	assert_int_equal(count, 0);
	assert_int_equal(queue_hasten(f->queue, "renapo", f->now, 2, &count), VT_OK);
	assert_int_equal(count, 2);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(due(f, f->now, records), 2);
}

static void a_clock_step_loses_and_delays_nothing(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	const int64_t years = INT64_C(10) * 365 * 86400000;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(fixture_append(f, 2), VT_OK);
	assert_int_equal(fixture_lease(f, 2), VT_OK);
	/* Ten years back: both are wanted now, the lease counts as run out. */
	assert_int_equal(due(f, f->now - years, records), 2);
	assert_int_equal(next_due(f, f->now - years), 0);
	/* Ten years ahead likewise. */
	assert_int_equal(due(f, f->now + years, records), 2);
	/* A step within the longest wait is waited out. */
	assert_int_equal(due(f, f->now - 1000, records), 0);
	/* The machine agrees with the store about a row from the future. */
	f->now -= years;
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	assert_int_equal(get(f, 1).txn.state, TXN_LEASED);
}

static void rows_of_a_lane_go_one_after_the_other(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	struct fixture_row r;
	const char *const lane = "dddddddd-0000-4000-8000-000000000000";

	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (unsigned n = 1; n <= 3; n++) {
		fixture_row(f, n, &r);
		r.row.lane = lane;
		assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	}
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(due(f, f->now, records), 1);
	assert_int_equal(records[0].sequence, 1);
	assert_int_equal(get(f, 2).txn.due_unix_ms, TXN_HELD);
	assert_int_equal(due(f, f->now + 10 * RETRY_MAX_WAIT_MS, records), 1);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	assert_int_equal(due(f, f->now, records), 0);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_REJECTED, TXN_CAUSE_CONFLICT), VT_OK);
	/* Dead: what comes after may depend on it. A person lets it go. */
	assert_int_equal(get(f, 1).txn.state, TXN_DEAD);
	assert_int_equal(due(f, f->now, records), 0);
	assert_int_equal(
		fixture_step(f, 1, &(struct txn_event){.type = TXN_DISCARD, .now_unix_ms = f->now},
			NULL, NULL),
		VT_OK);
	assert_int_equal(due(f, f->now, records), 1);
	assert_int_equal(records[0].sequence, 2);
	assert_int_equal(fixture_lease(f, 2), VT_OK);
	assert_int_equal(fixture_result(f, 2, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	assert_int_equal(due(f, f->now, records), 1);
	assert_int_equal(records[0].sequence, 3);
}

static void an_old_picture_does_not_put_a_row_back_into_its_lane(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[QUEUE_DUE_MAX];
	struct fixture_row r;
	struct txn_effects effects;

	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (unsigned n = 1; n <= 2; n++) {
		fixture_row(f, n, &r);
		r.row.lane = "dddddddd-0000-4000-8000-000000000000";
		assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	}
	assert_int_equal(queue_commit(f->queue), VT_OK);
	const struct queue_record held = get(f, 2);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	/* A print outcome computed from the picture taken before. */
	struct txn after = held.txn;
	assert_int_equal(txn_step(&after,
				 &(struct txn_event){.type = TXN_PRINT,
					 .now_unix_ms = f->now,
					 .sheet = TXN_SHEET_PROVISIONAL,
					 .print = TXN_PRINT_DONE},
				 &effects),
		VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_store(f->queue, held.id, &held.txn, &after, NULL, f->now), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(due(f, f->now, records), 1);
	assert_int_equal(records[0].txn.receipt, RECEIPT_PROVISIONAL);
}

/* ---- people ---- */

static void lists_go_newest_first_page_by_page(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[8];
	size_t count;
	int64_t next;

	assert_int_equal(queue_list(f->queue, 0, false, 8, records, &count, &next), VT_OK);
	assert_int_equal(count, 0);
	assert_int_equal(next, 0);
	for (unsigned n = 1; n <= 10; n++)
		assert_int_equal(fixture_append(f, n), VT_OK);
	assert_int_equal(queue_list(f->queue, 0, false, 8, records, &count, &next), VT_OK);
	assert_int_equal(count, 8);
	assert_int_equal(records[0].sequence, 10);
	assert_int_equal(next, 3);
	assert_int_equal(queue_list(f->queue, next, false, 8, records, &count, &next), VT_OK);
	assert_int_equal(count, 2);
	assert_int_equal(records[1].sequence, 1);
	assert_int_equal(next, 0);
	assert_int_equal(fixture_lease(f, 9), VT_OK);
	assert_int_equal(fixture_result(f, 9, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	assert_int_equal(queue_list(f->queue, 0, true, 8, records, &count, &next), VT_OK);
	assert_int_equal(count, 8);
	assert_int_equal(records[1].sequence, 8);
	assert_int_equal(queue_list(f->queue, next, true, 8, records, &count, &next), VT_OK);
	assert_int_equal(count, 1);
	assert_int_equal(next, 0);
}

static void a_row_is_found_by_its_folio(void **state)
{
	struct fixture *f = *state;
	struct queue_record record;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(queue_get(f->queue, "T001-0010-0001-ABCD", &record), VT_OK);
	assert_int_equal(record.sequence, 1);
	assert_int_equal(queue_get(f->queue, "T001-0010-0002-ABCD", &record), VT_ERR_NOT_FOUND);
	assert_int_equal(queue_get(f->queue, "' OR 1=1 --", &record), VT_ERR_NOT_FOUND);
	assert_int_equal(queue_get(f->queue, NULL, &record), VT_ERR_INVALID);
}

static void counts_follow_every_change_and_know_the_oldest(void **state)
{
	struct fixture *f = *state;

	for (unsigned n = 1; n <= 4; n++) {
		f->now += 1000;
		assert_int_equal(fixture_append(f, n), VT_OK);
	}
	f->now = FIXTURE_NOW + 10000;
	assert_int_equal(counts(f).oldest_unix_ms, FIXTURE_NOW + 1000);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_REJECTED, TXN_CAUSE_CONFLICT), VT_OK);
	assert_int_equal(fixture_lease(f, 2), VT_OK);
	assert_int_equal(fixture_result(f, 2, TXN_RESULT_REJECTED, TXN_CAUSE_BUSINESS), VT_OK);
	assert_int_equal(fixture_lease(f, 3), VT_OK);
	reopen(f);
	struct queue_counts c = counts(f);
	assert_int_equal(c.dead, 1);
	assert_int_equal(c.unsettled, 2);
	assert_int_equal(c.states[TXN_REJECTED], 1);
	assert_int_equal(c.states[TXN_LEASED], 1);
	assert_int_equal(c.states[TXN_JOURNALED], 1);
	assert_int_equal(c.oldest_unix_ms, FIXTURE_NOW + 3000);
	/* A dead one that a person revives is the oldest again. */
	assert_int_equal(
		fixture_step(f, 1, &(struct txn_event){.type = TXN_RETRY, .now_unix_ms = f->now},
			NULL, NULL),
		VT_OK);
	assert_int_equal(counts(f).oldest_unix_ms, FIXTURE_NOW + 1000);
	assert_int_equal(counts(f).dead, 0);
}

static void poison_is_counted_per_service_until_a_success(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fixture_lease(f, 1), VT_OK);
		assert_int_equal(
			fixture_result(f, 1, TXN_RESULT_REJECTED, TXN_CAUSE_DEFECT), VT_OK);
		f->now += 3600000;
	}
	assert_int_equal(get(f, 1).txn.state, TXN_DEAD);
	assert_int_equal(get(f, 1).service_poisoned, 1);
	reopen(f);
	assert_int_equal(get(f, 1).service_poisoned, 1);
	assert_int_equal(fixture_append(f, 2), VT_OK);
	assert_int_equal(fixture_lease(f, 2), VT_OK);
	assert_int_equal(fixture_result(f, 2, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	reopen(f);
	assert_int_equal(get(f, 1).service_poisoned, 0);
	assert_int_equal(get(f, 1).service_success_unix_ms, f->now);
}

static void the_session_is_remembered_over_a_crash(void **state)
{
	struct fixture *f = *state;
	struct queue_record record;
	char id[VT_UUID_SIZE];

	assert_int_equal(queue_session_get(f->queue, &record), VT_ERR_NOT_FOUND);
	assert_int_equal(fixture_append(f, 1), VT_OK);
	fixture_uuid('i', 1, id);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_session_set(f->queue, id), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	reopen(f);
	assert_int_equal(queue_session_get(f->queue, &record), VT_OK);
	assert_string_equal(record.folio, "T001-0010-0001-ABCD");
	assert_int_equal(queue_begin(f->queue), VT_OK);
	fixture_uuid('i', 2, id);
	assert_int_equal(queue_session_set(f->queue, id), VT_ERR_NOT_FOUND);
	assert_int_equal(queue_session_set(f->queue, NULL), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(queue_session_get(f->queue, &record), VT_ERR_NOT_FOUND);
}

/* ---- effects ---- */

static void an_effect_without_outcome_is_found_after_a_crash(void **state)
{
	struct fixture *f = *state;
	struct queue_effect effect = {
		.kind = EFFECT_PRINT, .detail = TXN_SHEET_FINAL, .begun_unix_ms = f->now};
	struct queue_effect open[4];
	size_t count;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	fixture_uuid('i', 1, effect.transaction);
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_ERR_STATE); /* no batch */
	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (unsigned n = 1; n <= 3; n++) {
		fixture_uuid('j', n, effect.job);
		assert_int_equal(queue_effect_begin(f->queue, &effect), VT_OK);
	}
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_ERR_EXISTS);
	fixture_uuid('j', 4, effect.job);
	fixture_uuid('i', 4, effect.transaction);
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_ERR_NOT_FOUND);
	effect.transaction[0] = '\0'; /* a test sheet */
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	fixture_uuid('j', 2, effect.job);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(
		queue_effect_finish(f->queue, effect.job, EFFECT_DONE, "", f->now + 5), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	reopen(f);
	assert_int_equal(queue_effects_open(f->queue, 4, open, &count), VT_OK);
	assert_int_equal(count, 3);
	fixture_uuid('j', 1, effect.job);
	assert_string_equal(open[0].job, effect.job);
	fixture_uuid('i', 1, effect.transaction);
	assert_string_equal(open[0].transaction, effect.transaction);
	assert_int_equal(open[0].detail, TXN_SHEET_FINAL);
	assert_string_equal(open[2].transaction, "");
}

static void an_outcome_is_given_once_unless_it_was_doubt(void **state)
{
	struct fixture *f = *state;
	struct queue_effect effect = {.kind = EFFECT_PRINT, .begun_unix_ms = f->now};

	fixture_uuid('j', 1, effect.job);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_OK);
	assert_int_equal(
		queue_effect_finish(f->queue, effect.job, EFFECT_OPEN, "", f->now), VT_ERR_INVALID);
	assert_int_equal(queue_effect_finish(f->queue, effect.job, EFFECT_IN_DOUBT,
				 "0123456789012345678901234567890x", f->now),
		VT_ERR_INVALID);
	assert_int_equal(
		queue_effect_finish(f->queue, effect.job, EFFECT_IN_DOUBT, "power", f->now), VT_OK);
	assert_int_equal(
		queue_effect_finish(f->queue, effect.job, EFFECT_DONE, "asked", f->now + 1), VT_OK);
	assert_int_equal(queue_effect_finish(f->queue, effect.job, EFFECT_NOT_DONE, "", f->now),
		VT_ERR_STATE);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(queue_effect_get(f->queue, effect.job, &effect), VT_OK);
	assert_int_equal(effect.outcome, EFFECT_DONE);
	assert_string_equal(effect.reason, "asked");
	assert_int_equal(effect.finished_unix_ms, f->now + 1);
	fixture_uuid('j', 2, effect.job);
	assert_int_equal(queue_effect_get(f->queue, effect.job, &effect), VT_ERR_NOT_FOUND);
}

/* ---- pruning ---- */

static size_t prune(struct fixture *f, int64_t shred_ms, int64_t delete_ms)
{
	size_t count = 0;
	const struct queue_retention retention = {.shred_ms = shred_ms, .delete_ms = delete_ms};

	assert_int_equal(queue_prune(f->queue, f->now, &retention, 100, &count), VT_OK);
	return count;
}

static void pruning_shreds_then_deletes_only_what_is_settled_and_old(void **state)
{
	struct fixture *f = *state;
	struct queue_record record;
	struct queue_effect effect = {.kind = EFFECT_PRINT, .begun_unix_ms = f->now};
	struct vt_buf out;

	for (unsigned n = 1; n <= 4; n++)
		assert_int_equal(fixture_append(f, n), VT_OK);
	for (unsigned n = 1; n <= 3; n++)
		assert_int_equal(fixture_lease(f, n), VT_OK);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	assert_int_equal(fixture_result(f, 2, TXN_RESULT_REJECTED, TXN_CAUSE_CONFLICT), VT_OK);
	fixture_uuid('j', 1, effect.job);
	fixture_uuid('i', 1, effect.transaction);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	f->now += 999;
	assert_int_equal(prune(f, 1000, 0), 0);
	f->now += 1;
	assert_int_equal(prune(f, 1000, 0), 1);
	assert_int_equal(prune(f, 1000, 0), 0);
	record = get(f, 1);
	assert_int_equal(record.txn.state, TXN_ACCEPTED);
	assert_false(record.has_payload || record.has_answer);
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	assert_int_equal(queue_payload(f->queue, record.id, &out), VT_ERR_NOT_FOUND);
	assert_int_equal(queue_answer(f->queue, record.id, &out), VT_ERR_NOT_FOUND);
	/* Dead and open ones keep everything, however old. */
	f->now += INT64_C(1000000000000);
	assert_int_equal(prune(f, 0, 2000), 1);
	assert_int_equal(queue_get(f->queue, record.id, &record), VT_ERR_NOT_FOUND);
	assert_int_equal(queue_effect_get(f->queue, effect.job, &effect), VT_ERR_NOT_FOUND);
	for (unsigned n = 2; n <= 4; n++) {
		record = get(f, n);
		assert_int_equal(queue_payload(f->queue, record.id, &out), VT_OK);
		assert_string_equal(vt_buf_text(&out), FIXTURE_PAYLOAD);
	}
	assert_int_equal(counts(f).states[TXN_ACCEPTED], 0);
	assert_int_equal(counts(f).dead, 1);
	size_t count;
	assert_int_equal(
		queue_prune(f->queue, f->now,
			&(struct queue_retention){.shred_ms = 5, .delete_ms = 4}, 1, &count),
		VT_ERR_INVALID);
	vt_buf_finish(&out);
}

/* ---- counters of devices ---- */

static const char first_run[] = "11111111-1111-4111-8111-111111111111";
static const char second_run[] = "22222222-2222-4222-8222-222222222222";

static void put(struct fixture *f, const struct queue_counters *row)
{
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_counters_put(f->queue, row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
}

static void counters_add_up_over_runs_and_never_twice(void **state)
{
	struct fixture *f = *state;
	struct queue_counters row = {.device = "printer"}, read[2];
	size_t count;

	assert_true(queue_counters_take(&row, first_run, (int64_t[]){3, 3, 0, 1, 0}));
	assert_false(queue_counters_take(&row, first_run, (int64_t[]){3, 3, 0, 1, 0}));
	put(f, &row);
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(queue_counters_get(f->queue, 2, read, &count), VT_OK);
	assert_int_equal(count, 1);
	assert_memory_equal(&read[0], &row, sizeof(row));
	/* The same process tells again what is in the sums already, and a little more. */
	assert_true(queue_counters_take(&read[0], first_run, (int64_t[]){4, 4, 0, 1, 0}));
	assert_int_equal(read[0].sums[QUEUE_COUNTER_SHEETS], 4);
	/* Another one begins at nought. */
	assert_true(queue_counters_take(&read[0], second_run, (int64_t[]){1, 2, 0, 0, 7}));
	assert_int_equal(read[0].sums[QUEUE_COUNTER_SHEETS], 5);
	assert_int_equal(read[0].sums[QUEUE_COUNTER_CUTS], 6);
	assert_int_equal(read[0].sums[QUEUE_COUNTER_RESETS], 7);
	put(f, &read[0]);
	assert_int_equal(queue_counters_get(f->queue, 1, &read[1], &count), VT_OK);
	assert_memory_equal(&read[0], &read[1], sizeof(row));
}

static void counters_that_fall_or_leap_are_not_believed(void **state)
{
	struct fixture *f = *state;
	struct queue_counters row = {.device = "printer"}, bad;

	assert_true(queue_counters_take(&row, first_run, (int64_t[]){5, 5, 0, 0, 0}));
	assert_false(queue_counters_take(
		&row, first_run, (int64_t[]){4, -1, INT64_MIN, INT64_MAX, QUEUE_MAX_TOLD + 1}));
	assert_int_equal(row.sums[QUEUE_COUNTER_SHEETS], 5);
	row.sums[QUEUE_COUNTER_ERRORS] = INT64_MAX;
	assert_false(queue_counters_take(&row, first_run, (int64_t[]){5, 5, 0, 1, 0}));
	/* The table refuses what cannot be true, whoever writes. */
	assert_int_equal(queue_begin(f->queue), VT_OK);
	bad = row;
	bad.run[0] = '\0';
	assert_int_equal(queue_counters_put(f->queue, &bad), VT_ERR_INVALID);
	bad = row;
	bad.device[0] = '\0';
	assert_int_equal(queue_counters_put(f->queue, &bad), VT_ERR_INVALID);
	bad = row;
	bad.told[QUEUE_COUNTER_CUTS] = bad.sums[QUEUE_COUNTER_CUTS] + 1;
	assert_int_not_equal(queue_counters_put(f->queue, &bad), VT_OK);
	queue_abort(f->queue);
	assert_int_equal(queue_counters_put(f->queue, &row), VT_ERR_STATE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_committed_row_is_there_after_reopening),
		T(an_aborted_batch_leaves_nothing_and_its_numbers_are_used_again),
		T(changes_need_a_batch_and_batches_do_not_nest),
		T(a_refused_row_leaves_the_batch_usable),
		T(malformed_rows_are_refused),
		T(a_transaction_lives_through_the_store_as_the_machine_says),
		T(only_the_holder_of_the_lease_changes_a_row),
		T(illegal_states_cannot_be_written),
		T(a_burst_shares_one_commit),
		T(due_rows_come_by_priority_then_time),
		T(a_backlog_of_one_service_does_not_hide_another),
		T(a_lease_is_due_when_it_runs_out_and_is_listed_before),
		T(a_held_adapter_rests_and_wakes),
		T(hastening_ends_backoffs_of_one_adapter),
		T(a_clock_step_loses_and_delays_nothing),
		T(rows_of_a_lane_go_one_after_the_other),
		T(an_old_picture_does_not_put_a_row_back_into_its_lane),
		T(lists_go_newest_first_page_by_page),
		T(a_row_is_found_by_its_folio),
		T(counts_follow_every_change_and_know_the_oldest),
		T(poison_is_counted_per_service_until_a_success),
		T(the_session_is_remembered_over_a_crash),
		T(an_effect_without_outcome_is_found_after_a_crash),
		T(an_outcome_is_given_once_unless_it_was_doubt),
		T(counters_add_up_over_runs_and_never_twice),
		T(counters_that_fall_or_leap_are_not_believed),
		T(pruning_shreds_then_deletes_only_what_is_settled_and_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
