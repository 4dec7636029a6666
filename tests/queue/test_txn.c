/* The transaction machine against the outcome table of reliability.md §2.2, row by row, and
 * against every event in every state. */

#include "tests/lib/cmocka_prelude.h"

#include <string.h>

#include "offline-queue/queue/retry.h"
#include "terminal/base/text.h"
#include "terminal/session/txn.h"

#define NOW   INT64_C(1770000000000)
#define LEASE "11111111-2222-4333-8444-555555555555"
#define OTHER "99999999-2222-4333-8444-555555555555"

static struct txn stepped(
	struct txn txn, const struct txn_event *event, struct txn_effects *ret_effects)
{
	assert_int_equal(txn_step(&txn, event, ret_effects), VT_OK);
	return txn;
}

static struct txn journaled(enum txn_class class)
{
	struct txn txn;
	struct txn_effects effects;

	txn_init(&txn, class);
	return stepped(txn, &(struct txn_event){.type = TXN_COMMIT, .now_unix_ms = NOW}, &effects);
}

static struct txn leased(enum txn_class class)
{
	struct txn_effects effects;
	const struct txn_event lease = {
		.type = TXN_LEASE, .now_unix_ms = NOW, .lease = LEASE, .lease_ms = 20000};

	const struct txn txn = stepped(journaled(class), &lease, &effects);
	assert_true(effects.deliver);
	assert_false(effects.inquire);
	return txn;
}

static struct txn unknown(void)
{
	struct txn_effects effects;
	const struct txn_event expired = {.type = TXN_LEASE_EXPIRED, .now_unix_ms = NOW};

	return stepped(leased(TXN_CLASS_A), &expired, &effects);
}

static struct txn inquiring(void)
{
	struct txn_effects effects;
	struct txn txn = unknown();
	const struct txn_event lease = {.type = TXN_LEASE,
		.now_unix_ms = txn.due_unix_ms,
		.lease = LEASE,
		.lease_ms = 20000};

	txn = stepped(txn, &lease, &effects);
	assert_true(effects.inquire);
	assert_false(effects.deliver);
	return txn;
}

static struct txn dead(void)
{
	struct txn_effects effects;
	const struct txn_event conflict = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.lease = LEASE,
		.result = TXN_RESULT_REJECTED,
		.cause = TXN_CAUSE_CONFLICT};

	return stepped(leased(TXN_CLASS_A), &conflict, &effects);
}

static struct txn settled(enum txn_result result)
{
	struct txn_effects effects;
	const struct txn_event event = {
		.type = TXN_RESULT, .now_unix_ms = NOW, .lease = LEASE, .result = result};

	return stepped(leased(TXN_CLASS_A), &event, &effects);
}

static struct txn expired(void)
{
	struct txn_effects effects;

	return stepped(journaled(TXN_CLASS_A),
		&(struct txn_event){.type = TXN_EXPIRE, .now_unix_ms = NOW}, &effects);
}

/* ---- the table ---- */

enum { STOP = 1, ALARM = 2, BREAKER = 4, SETTLED = 8, DIED = 16, SERVICE_OK = 32 };

static int flags_of(const struct txn_effects *effects)
{
	return (effects->stop_service ? STOP : 0) | (effects->alarm ? ALARM : 0) |
	       (effects->breaker ? BREAKER : 0) | (effects->settled ? SETTLED : 0) |
	       (effects->dead ? DIED : 0) | (effects->service_ok ? SERVICE_OK : 0);
}

struct row {
	const char *saw; /* what sync saw */
	enum txn_result result;
	enum txn_cause cause;
	int64_t retry_after_ms;
	enum txn_state then;
	int attempts; /* counted by this row */
	int64_t due_min_ms, due_max_ms;
	int flags;
};

static const struct row delivery_rows[] = {
	{"no route, refused", TXN_RESULT_RETRY_AFTER, TXN_CAUSE_NETWORK, 0, TXN_JOURNALED, 0, 0,
		2000, BREAKER},
	{"2xx, valid", TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE, 0, TXN_ACCEPTED, 1, 0, 0,
		SETTLED | SERVICE_OK},
	{"typed refusal", TXN_RESULT_REJECTED, TXN_CAUSE_BUSINESS, 0, TXN_REJECTED, 1, 0, 0,
		SETTLED | SERVICE_OK},
	{"refusal of a kind that we do not know", TXN_RESULT_REJECTED, TXN_CAUSE_OTHER, 0,
		TXN_REJECTED, 1, 0, 0, SETTLED | SERVICE_OK},
	{"2xx, but unparsable or forged", TXN_RESULT_UNKNOWN, TXN_CAUSE_ANSWER, 0, TXN_UNKNOWN, 1,
		0, 2000, BREAKER},
	{"5xx, Fault Server", TXN_RESULT_UNKNOWN, TXN_CAUSE_SERVER, 0, TXN_UNKNOWN, 1, 0, 2000,
		BREAKER},
	{"time-out, reset", TXN_RESULT_UNKNOWN, TXN_CAUSE_TIMEOUT, 0, TXN_UNKNOWN, 1, 0, 2000,
		BREAKER},
	{"409", TXN_RESULT_UNKNOWN, TXN_CAUSE_RUNNING, 0, TXN_UNKNOWN, 0, 0, 2000, 0},
	{"429 with Retry-After 30", TXN_RESULT_RETRY_AFTER, TXN_CAUSE_LATER, 30000, TXN_JOURNALED,
		1, 30000, 32000, 0},
	{"503 with Retry-After of a week", TXN_RESULT_RETRY_AFTER, TXN_CAUSE_LATER, 604800000,
		TXN_JOURNALED, 1, RETRY_AFTER_CAP_MS, RETRY_AFTER_CAP_MS + 2000, 0},
	{"401, 403, TLS, MessageExpired", TXN_RESULT_RETRY_AFTER, TXN_CAUSE_LANE, 0, TXN_JOURNALED,
		0, 0, 2000, STOP | ALARM},
	{"3xx", TXN_RESULT_UNKNOWN, TXN_CAUSE_LANE, 0, TXN_UNKNOWN, 0, 0, 2000, STOP | ALARM},
	{"422", TXN_RESULT_REJECTED, TXN_CAUSE_CONFLICT, 0, TXN_DEAD, 1, 0, 0, DIED | ALARM},
	{"400, first time", TXN_RESULT_REJECTED, TXN_CAUSE_DEFECT, 0, TXN_JOURNALED, 1, 0, 2000, 0},
	{"a refusal for a time-out", TXN_RESULT_REJECTED, TXN_CAUSE_TIMEOUT, 0, TXN_UNKNOWN, 1, 0,
		2000, 0},
	{"an inquiry's answer", TXN_RESULT_NOT_KNOWN, TXN_CAUSE_NONE, 0, TXN_UNKNOWN, 1, 0, 2000,
		0},
};

static const struct row inquiry_rows[] = {
	{"applied", TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE, 0, TXN_ACCEPTED, 1, 0, 0,
		SETTLED | SERVICE_OK},
	{"rejected", TXN_RESULT_REJECTED, TXN_CAUSE_BUSINESS, 0, TXN_REJECTED, 1, 0, 0,
		SETTLED | SERVICE_OK},
	{"in progress", TXN_RESULT_UNKNOWN, TXN_CAUSE_RUNNING, 0, TXN_UNKNOWN, 0, 0, 4000, 0},
	{"not known", TXN_RESULT_NOT_KNOWN, TXN_CAUSE_NONE, 0, TXN_JOURNALED, 1, 0, 4000,
		SERVICE_OK},
	{"no answer", TXN_RESULT_UNKNOWN, TXN_CAUSE_TIMEOUT, 0, TXN_UNKNOWN, 1, 0, 4000, BREAKER},
	{"no route", TXN_RESULT_RETRY_AFTER, TXN_CAUSE_NETWORK, 0, TXN_UNKNOWN, 0, 0, 4000,
		BREAKER},
	{"429", TXN_RESULT_RETRY_AFTER, TXN_CAUSE_LATER, 60000, TXN_UNKNOWN, 1, 60000, 64000, 0},
	{"the question was malformed", TXN_RESULT_REJECTED, TXN_CAUSE_DEFECT, 0, TXN_UNKNOWN, 1, 0,
		4000, 0},
	{"422", TXN_RESULT_REJECTED, TXN_CAUSE_CONFLICT, 0, TXN_DEAD, 1, 0, 0, DIED | ALARM},
};

static void check_row(const struct row *row, const struct txn *from, uint64_t random)
{
	struct txn txn = *from;
	struct txn_effects effects;
	const struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.random = random,
		.lease = LEASE,
		.result = row->result,
		.cause = row->cause,
		.retry_after_ms = row->retry_after_ms};

	print_message("%s\n", row->saw);
	assert_int_equal(txn_step(&txn, &event, &effects), VT_OK);
	assert_string_equal(txn_state_names[txn.state], txn_state_names[row->then]);
	assert_int_equal(txn.attempts - from->attempts, row->attempts);
	assert_int_equal(flags_of(&effects), row->flags);
	assert_true(effects.changed);
	assert_false(effects.deliver || effects.inquire);
	assert_string_equal(txn.lease, "");
	if (row->due_max_ms == 0) {
		assert_int_equal(txn.due_unix_ms, 0);
	} else {
		assert_in_range(txn.due_unix_ms, NOW + row->due_min_ms, NOW + row->due_max_ms);
		if (random == 0)
			assert_int_equal(txn.due_unix_ms, NOW + row->due_min_ms);
		if (random == UINT64_MAX)
			assert_int_equal(txn.due_unix_ms, NOW + row->due_max_ms);
	}
}

static void every_row_of_the_outcome_table_holds_for_a_delivery(void **state)
{
	(void)state;
	const struct txn from = leased(TXN_CLASS_A);

	for (size_t i = 0; i < VT_ELEMENTS(delivery_rows); i++) {
		check_row(&delivery_rows[i], &from, 0);
		check_row(&delivery_rows[i], &from, UINT64_MAX);
	}
}

static void every_row_of_the_outcome_table_holds_for_an_inquiry(void **state)
{
	(void)state;
	const struct txn from = inquiring();

	for (size_t i = 0; i < VT_ELEMENTS(inquiry_rows); i++) {
		check_row(&inquiry_rows[i], &from, 0);
		check_row(&inquiry_rows[i], &from, UINT64_MAX);
	}
}

static void a_lease_that_runs_out_is_asked_about_and_never_resent(void **state)
{
	(void)state;
	struct txn txn = unknown();
	struct txn_effects effects;

	assert_int_equal(txn.state, TXN_UNKNOWN);
	assert_int_equal(txn.cause, TXN_CAUSE_LEASE);
	txn = inquiring();
	txn = stepped(txn,
		&(struct txn_event){.type = TXN_LEASE_EXPIRED, .now_unix_ms = NOW, .random = 1},
		&effects);
	assert_int_equal(txn.state, TXN_UNKNOWN);
}

static void doubt_about_class_c_needs_a_person(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.lease = LEASE,
		.result = TXN_RESULT_UNKNOWN,
		.cause = TXN_CAUSE_TIMEOUT};
	struct txn txn = stepped(leased(TXN_CLASS_C), &event, &effects);

	assert_int_equal(txn.state, TXN_DEAD);
	assert_true(effects.dead && effects.alarm);
	event.type = TXN_LEASE_EXPIRED;
	txn = stepped(leased(TXN_CLASS_C), &event, &effects);
	assert_int_equal(txn.state, TXN_DEAD);
	/* What cannot be read is not sent for ever, whatever its class; nor what nobody holds. */
	event.type = TXN_DAMAGED;
	assert_int_equal(stepped(inquiring(), &event, &effects).state, TXN_DEAD);
	assert_true(effects.dead && effects.alarm);
	assert_int_equal(stepped(leased(TXN_CLASS_A), &event, &effects).cause, TXN_CAUSE_OTHER);
	struct txn waiting = journaled(TXN_CLASS_A);
	assert_int_equal(txn_step(&waiting, &event, &effects), VT_ERR_STATE);
	/* A person takes it on: the same key goes out again, there is nobody to ask. */
	event.type = TXN_RETRY;
	txn = stepped(txn, &event, &effects);
	assert_int_equal(txn.state, TXN_JOURNALED);
	/* Not sent is no doubt. */
	event.type = TXN_RESULT;
	event.result = TXN_RESULT_RETRY_AFTER;
	event.cause = TXN_CAUSE_NETWORK;
	txn = stepped(leased(TXN_CLASS_C), &event, &effects);
	assert_int_equal(txn.state, TXN_JOURNALED);
}

static struct txn lease_again(struct txn txn)
{
	struct txn_effects effects;
	const struct txn_event lease = {.type = TXN_LEASE,
		.now_unix_ms = txn.due_unix_ms,
		.lease = LEASE,
		.lease_ms = 1000};

	return stepped(txn, &lease, &effects);
}

static struct txn defect(
	struct txn txn, int64_t at, int64_t success, int poisoned, struct txn_effects *ret_effects)
{
	const struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = at,
		.lease = LEASE,
		.result = TXN_RESULT_REJECTED,
		.cause = TXN_CAUSE_DEFECT,
		.service_success_unix_ms = success,
		.service_poisoned = poisoned};

	return stepped(txn, &event, ret_effects);
}

static void a_defect_kills_only_after_three_times_over_an_hour(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = defect(leased(TXN_CLASS_A), NOW, 0, 0, &effects);

	txn = defect(lease_again(txn), NOW + 1000, 0, 0, &effects);
	txn = defect(lease_again(txn), NOW + 2000, 0, 0, &effects);
	txn = defect(lease_again(txn), NOW + TXN_DEFECT_SPAN_MS - 1, 0, 0, &effects);
	assert_int_equal(txn.state, TXN_JOURNALED);
	txn = defect(lease_again(txn), NOW + TXN_DEFECT_SPAN_MS, 0, 0, &effects);
	assert_int_equal(txn.state, TXN_DEAD);
	assert_true(effects.dead && effects.alarm);
	/* Two, however far apart, are not three. */
	txn = defect(leased(TXN_CLASS_A), NOW, 0, 0, &effects);
	txn = defect(lease_again(txn), NOW + 10 * TXN_DEFECT_SPAN_MS, 0, 0, &effects);
	assert_int_equal(txn.state, TXN_JOURNALED);
}

static void a_defect_kills_when_others_of_the_service_got_through(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = defect(leased(TXN_CLASS_A), NOW, NOW - 1, 0, &effects);

	assert_int_equal(txn.state, TXN_JOURNALED);
	txn = defect(lease_again(txn), NOW + 5000, NOW + 4000, 0, &effects);
	assert_int_equal(txn.state, TXN_DEAD);
}

static void a_storm_of_defects_stops_the_service_and_spares_the_record(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = defect(leased(TXN_CLASS_A), NOW, 0, 3, &effects);

	txn = defect(lease_again(txn), NOW + 1000, 0, 3, &effects);
	txn = defect(lease_again(txn), NOW + TXN_DEFECT_SPAN_MS, 0, TXN_POISONED_TO_STOP, &effects);
	assert_int_equal(txn.state, TXN_JOURNALED);
	assert_true(effects.stop_service && effects.alarm);
	assert_false(effects.dead);
}

static void the_third_answer_that_cannot_be_trusted_raises_an_alarm(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = leased(TXN_CLASS_A);
	const struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.lease = LEASE,
		.result = TXN_RESULT_UNKNOWN,
		.cause = TXN_CAUSE_ANSWER};

	txn = lease_again(stepped(txn, &event, &effects));
	assert_false(effects.alarm);
	txn = lease_again(stepped(txn, &event, &effects));
	assert_false(effects.alarm);
	txn = stepped(txn, &event, &effects);
	assert_true(effects.alarm);
}

static void the_wait_grows_and_stays_below_its_cap(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = leased(TXN_CLASS_A);
	const struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.random = UINT64_MAX,
		.lease = LEASE,
		.result = TXN_RESULT_RETRY_AFTER,
		.cause = TXN_CAUSE_NETWORK};
	const int64_t expected[] = {
		2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 512000, 600000, 600000};

	for (size_t i = 0; i < VT_ELEMENTS(expected); i++) {
		txn = stepped(txn, &event, &effects);
		assert_int_equal(txn.due_unix_ms, NOW + expected[i]);
		txn = lease_again(txn);
	}
	assert_int_equal(txn.attempts, 0);
}

static void a_late_answer_finds_nobody(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = leased(TXN_CLASS_A);
	struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.lease = OTHER,
		.result = TXN_RESULT_ACCEPTED};

	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_NOT_FOUND);
	assert_int_equal(txn.state, TXN_LEASED);
	txn = unknown();
	event.lease = LEASE;
	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_NOT_FOUND);
	event.lease = "";
	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_NOT_FOUND);
	assert_false(effects.changed);
}

static void a_lease_waits_for_its_time_unless_the_clock_was_set_back(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = journaled(TXN_CLASS_A);
	struct txn_event lease = {
		.type = TXN_LEASE, .now_unix_ms = NOW - 1, .lease = LEASE, .lease_ms = 20000};

	assert_int_equal(txn_step(&txn, &lease, &effects), VT_ERR_AGAIN);
	lease.now_unix_ms = NOW - RETRY_MAX_WAIT_MS;
	assert_int_equal(txn_step(&txn, &lease, &effects), VT_ERR_AGAIN);
	lease.now_unix_ms = NOW - RETRY_MAX_WAIT_MS - 1;
	assert_int_equal(txn_step(&txn, &lease, &effects), VT_OK);
	txn = journaled(TXN_CLASS_A);
	txn.due_unix_ms = TXN_HELD;
	lease.now_unix_ms = NOW;
	assert_int_equal(txn_step(&txn, &lease, &effects), VT_ERR_AGAIN);
	lease.type = TXN_RETRY;
	assert_int_equal(txn_step(&txn, &lease, &effects), VT_ERR_STATE);
}

static void only_what_never_left_expires(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = NOW,
		.lease = LEASE,
		.result = TXN_RESULT_RETRY_AFTER,
		.cause = TXN_CAUSE_NETWORK};
	struct txn txn = stepped(leased(TXN_CLASS_A), &event, &effects);

	event.type = TXN_EXPIRE;
	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_STATE);
	event.type = TXN_DISCARD;
	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_STATE);
	txn = journaled(TXN_CLASS_A);
	assert_int_equal(txn_step(&txn, &event, &effects), VT_OK);
	assert_int_equal(txn.state, TXN_EXPIRED);
	assert_int_equal(txn.cause, TXN_CAUSE_DISCARDED);
	assert_int_equal(expired().cause, TXN_CAUSE_EXPIRED);
}

static void a_person_decides_about_the_dead(void **state)
{
	(void)state;
	struct txn_effects effects;
	struct txn txn = dead();
	struct txn_event event = {.type = TXN_RETRY, .now_unix_ms = NOW + 5};

	txn = stepped(txn, &event, &effects);
	assert_int_equal(txn.state, TXN_UNKNOWN); /* asked about first */
	assert_int_equal(txn.due_unix_ms, NOW + 5);
	txn = dead();
	event.type = TXN_DISCARD;
	txn = stepped(txn, &event, &effects);
	assert_int_equal(txn.state, TXN_EXPIRED);
}

/* ---- receipts ---- */

struct print_row {
	enum receipt_state from;
	enum txn_sheet sheet;
	enum txn_print print;
	enum receipt_state then;
};

static const struct print_row print_rows[] = {
	{RECEIPT_NONE, TXN_SHEET_PROVISIONAL, TXN_PRINT_DONE, RECEIPT_PROVISIONAL},
	{RECEIPT_NONE, TXN_SHEET_PROVISIONAL, TXN_PRINT_FAILED, RECEIPT_NONE},
	{RECEIPT_NONE, TXN_SHEET_PROVISIONAL, TXN_PRINT_UNKNOWN, RECEIPT_UNKNOWN},
	{RECEIPT_NONE, TXN_SHEET_FINAL, TXN_PRINT_DONE, RECEIPT_FINAL},
	{RECEIPT_NONE, TXN_SHEET_COPY, TXN_PRINT_DONE, RECEIPT_REPRINTED},
	{RECEIPT_PROVISIONAL, TXN_SHEET_FINAL, TXN_PRINT_DONE, RECEIPT_FINAL},
	{RECEIPT_PROVISIONAL, TXN_SHEET_FINAL, TXN_PRINT_UNKNOWN, RECEIPT_UNKNOWN},
	{RECEIPT_PROVISIONAL, TXN_SHEET_FINAL, TXN_PRINT_FAILED, RECEIPT_PROVISIONAL},
	{RECEIPT_UNKNOWN, TXN_SHEET_FINAL, TXN_PRINT_DONE, RECEIPT_FINAL},
	{RECEIPT_UNKNOWN, TXN_SHEET_PROVISIONAL, TXN_PRINT_DONE, RECEIPT_PROVISIONAL},
	{RECEIPT_UNKNOWN, TXN_SHEET_COPY, TXN_PRINT_DONE, RECEIPT_REPRINTED},
	{RECEIPT_UNKNOWN, TXN_SHEET_COPY, TXN_PRINT_UNKNOWN, RECEIPT_UNKNOWN},
	{RECEIPT_FINAL, TXN_SHEET_COPY, TXN_PRINT_DONE, RECEIPT_REPRINTED},
	{RECEIPT_FINAL, TXN_SHEET_COPY, TXN_PRINT_UNKNOWN, RECEIPT_FINAL},
	{RECEIPT_FINAL, TXN_SHEET_PROVISIONAL, TXN_PRINT_DONE, RECEIPT_FINAL},
	{RECEIPT_REPRINTED, TXN_SHEET_FINAL, TXN_PRINT_DONE, RECEIPT_REPRINTED},
};

static void every_print_leads_where_the_drawing_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(print_rows); i++) {
		const struct print_row *row = &print_rows[i];
		struct txn_effects effects;
		struct txn txn = settled(TXN_RESULT_ACCEPTED);
		const struct txn_event event = {.type = TXN_PRINT,
			.now_unix_ms = NOW,
			.sheet = row->sheet,
			.print = row->print};

		txn.receipt = row->from;
		txn = stepped(txn, &event, &effects);
		assert_int_equal(txn.receipt, row->then);
		assert_int_equal(txn.state, TXN_ACCEPTED);
		assert_int_equal(effects.changed, row->from != row->then);
	}
}

static void nothing_is_printed_before_its_word_is_given(void **state)
{
	(void)state;
	struct txn txn;
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_PRINT,
		.now_unix_ms = NOW,
		.sheet = TXN_SHEET_PROVISIONAL,
		.print = TXN_PRINT_DONE};

	txn_init(&txn, TXN_CLASS_A);
	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_STATE);
	txn = leased(TXN_CLASS_A);
	event.sheet = TXN_SHEET_FINAL;
	assert_int_equal(txn_step(&txn, &event, &effects), VT_ERR_STATE);
	assert_int_equal(txn.receipt, RECEIPT_NONE);
}

/* ---- everything against everything ---- */

static bool may_go(enum txn_state from, enum txn_state to)
{
	static const int edges[TXN_STATE_COUNT] = {
		[TXN_DRAFT] = 1 << TXN_JOURNALED,
		[TXN_JOURNALED] = 1 << TXN_LEASED | 1 << TXN_EXPIRED,
		[TXN_LEASED] = 1 << TXN_ACCEPTED | 1 << TXN_REJECTED | 1 << TXN_JOURNALED |
			       1 << TXN_UNKNOWN | 1 << TXN_DEAD,
		[TXN_UNKNOWN] = 1 << TXN_INQUIRY,
		[TXN_INQUIRY] = 1 << TXN_ACCEPTED | 1 << TXN_REJECTED | 1 << TXN_JOURNALED |
				1 << TXN_UNKNOWN | 1 << TXN_DEAD,
		[TXN_DEAD] = 1 << TXN_UNKNOWN | 1 << TXN_JOURNALED | 1 << TXN_EXPIRED,
	};
	return from == to || (edges[from] >> to & 1);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct txn_event random_event(uint64_t *seed, int64_t now)
{
	static const char *const leases[] = {LEASE, OTHER, "", NULL};
	const uint64_t r = next_random(seed);

	return (struct txn_event){
		.type = (enum txn_event_type)(r % TXN_EVENT_COUNT),
		.now_unix_ms = now,
		.random = next_random(seed),
		.lease = leases[r >> 8 & 3],
		.lease_ms = (int64_t)(r >> 10 & 0xffff),
		.result = (enum txn_result)((r >> 26) % TXN_RESULT_COUNT),
		.cause = (enum txn_cause)((r >> 32) % TXN_CAUSE_COUNT),
		.retry_after_ms = (r >> 40 & 1) ? (int64_t)(r >> 41 & 0xfffff) : 0,
		.service_success_unix_ms = (r >> 62 & 1) ? now - 10 : 0,
		.service_poisoned = (int)(r >> 60 & 3),
		.sheet = (enum txn_sheet)((r >> 50) % TXN_SHEET_COUNT),
		.print = (enum txn_print)((r >> 54) % TXN_PRINT_COUNT),
	};
}

static void no_sequence_of_events_leaves_the_drawing(void **state)
{
	(void)state;
	uint64_t seed = 20260117;
	int visited[TXN_STATE_COUNT] = {0};

	for (int life = 0; life < 20000; life++) {
		struct txn txn;
		int64_t now = NOW;

		txn_init(&txn, (enum txn_class)(next_random(&seed) % TXN_CLASS_COUNT));
		for (int step = 0; step < 40; step++) {
			const struct txn before = txn;
			struct txn_effects effects;

			now += (int64_t)(next_random(&seed) % 700000);
			const struct txn_event event = random_event(&seed, now);
			const enum vt_code code = txn_step(&txn, &event, &effects);
			assert_true(txn_check(&txn));
			assert_true(may_go(before.state, txn.state));
			if (code != VT_OK)
				assert_memory_equal(&before, &txn, sizeof(txn));
			/* What may have left is never sent again without a question. */
			if (effects.deliver)
				assert_int_equal(before.state, TXN_JOURNALED);
			if (effects.inquire)
				assert_int_equal(before.state, TXN_UNKNOWN);
			if (txn_is_settled(before.state))
				assert_int_equal(txn.state, before.state);
			visited[txn.state]++;
		}
	}
	for (int i = 0; i < TXN_STATE_COUNT; i++)
		assert_true(visited[i] > 0);
}

static void check_names_what_cannot_be(void **state)
{
	(void)state;
	struct txn txn = leased(TXN_CLASS_A);

	assert_true(txn_check(&txn));
	txn.lease[0] = '\0';
	assert_false(txn_check(&txn));
	txn = leased(TXN_CLASS_A);
	txn.ever_leased = false;
	assert_false(txn_check(&txn));
	txn = unknown();
	txn.due_unix_ms = 0;
	assert_false(txn_check(&txn));
	txn = unknown();
	txn.class = TXN_CLASS_C;
	assert_false(txn_check(&txn));
	txn = journaled(TXN_CLASS_A);
	txn.receipt = RECEIPT_FINAL;
	assert_false(txn_check(&txn));
	txn = expired();
	txn.ever_leased = true;
	assert_false(txn_check(&txn));
	txn = journaled(TXN_CLASS_A);
	txn.state = (enum txn_state)77;
	assert_false(txn_check(&txn));
	txn = journaled(TXN_CLASS_A);
	txn.defects = 1;
	assert_false(txn_check(&txn));
}

static void words_of_sync_are_understood(void **state)
{
	(void)state;
	assert_int_equal(txn_cause_from(""), TXN_CAUSE_NONE);
	assert_int_equal(txn_cause_from("lane"), TXN_CAUSE_LANE);
	assert_int_equal(txn_cause_from("not-known"), TXN_CAUSE_NOT_KNOWN);
	assert_int_equal(txn_cause_from("LANE"), TXN_CAUSE_OTHER);
	assert_int_equal(txn_cause_from("from the future"), TXN_CAUSE_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_outcome_table_holds_for_a_delivery),
		cmocka_unit_test(every_row_of_the_outcome_table_holds_for_an_inquiry),
		cmocka_unit_test(a_lease_that_runs_out_is_asked_about_and_never_resent),
		cmocka_unit_test(doubt_about_class_c_needs_a_person),
		cmocka_unit_test(a_defect_kills_only_after_three_times_over_an_hour),
		cmocka_unit_test(a_defect_kills_when_others_of_the_service_got_through),
		cmocka_unit_test(a_storm_of_defects_stops_the_service_and_spares_the_record),
		cmocka_unit_test(the_third_answer_that_cannot_be_trusted_raises_an_alarm),
		cmocka_unit_test(the_wait_grows_and_stays_below_its_cap),
		cmocka_unit_test(a_late_answer_finds_nobody),
		cmocka_unit_test(a_lease_waits_for_its_time_unless_the_clock_was_set_back),
		cmocka_unit_test(only_what_never_left_expires),
		cmocka_unit_test(a_person_decides_about_the_dead),
		cmocka_unit_test(every_print_leads_where_the_drawing_says),
		cmocka_unit_test(nothing_is_printed_before_its_word_is_given),
		cmocka_unit_test(no_sequence_of_events_leaves_the_drawing),
		cmocka_unit_test(check_names_what_cannot_be),
		cmocka_unit_test(words_of_sync_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
