/* Every row of reliability.md §2.2, for work and for inquiries: what sync saw, the word it sends,
 * and what the transaction machine makes of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "offline-queue/sync/outcome.h"
#include "terminal/base/attributes.h"
#include "terminal/session/txn.h"

struct row {
	const char *what;
	struct outcome_seen seen;
	enum work_result_kind result;
	const char *cause;
	enum work_result_kind of_inquiry;
};

#define ANSWER(s, b)                                                      \
	{                                                                 \
		.transport = TRANSPORT_ANSWER, .status = (s), .body = (b) \
	}
#define LATER(s, b, ms)                                                    \
	{                                                                  \
		.transport = TRANSPORT_ANSWER, .status = (s), .body = (b), \
		.has_retry_after = true, .retry_after_ms = (ms)            \
	}

static const struct row rows[] = {
	{"not sent", {.transport = TRANSPORT_NOT_SENT}, WORK_RETRY_AFTER, "network", WORK_UNKNOWN},
	{"TLS", {.transport = TRANSPORT_TLS}, WORK_RETRY_AFTER, "lane", WORK_UNKNOWN},
	{"broken off", {.transport = TRANSPORT_LOST}, WORK_UNKNOWN, "timeout", WORK_UNKNOWN},
	{"time-out", {.transport = TRANSPORT_TIMEOUT}, WORK_UNKNOWN, "timeout", WORK_UNKNOWN},
	{"too large", {.transport = TRANSPORT_TOO_LARGE}, WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"applied", ANSWER(200, BODY_APPLIED), WORK_ACCEPTED, "", WORK_ACCEPTED},
	{"created", ANSWER(201, BODY_APPLIED), WORK_ACCEPTED, "", WORK_ACCEPTED},
	{"refused", ANSWER(200, BODY_REFUSED), WORK_REJECTED, "business", WORK_REJECTED},
	{"typed refusal", ANSWER(422, BODY_REFUSED), WORK_REJECTED, "business", WORK_REJECTED},
	{"2xx unparsable", ANSWER(200, BODY_INVALID), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"2xx empty", ANSWER(204, BODY_NONE), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"2xx running", ANSWER(200, BODY_RUNNING), WORK_UNKNOWN, "running", WORK_UNKNOWN},
	{"2xx defect", ANSWER(200, BODY_DEFECT), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"1xx", ANSWER(101, BODY_NONE), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"301", ANSWER(301, BODY_NONE), WORK_UNKNOWN, "lane", WORK_UNKNOWN},
	{"302 with a result", ANSWER(302, BODY_APPLIED), WORK_UNKNOWN, "lane", WORK_UNKNOWN},
	{"400", ANSWER(400, BODY_NONE), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"401", ANSWER(401, BODY_NONE), WORK_RETRY_AFTER, "lane", WORK_UNKNOWN},
	{"403", ANSWER(403, BODY_NONE), WORK_RETRY_AFTER, "lane", WORK_UNKNOWN},
	{"404", ANSWER(404, BODY_NONE), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"405", ANSWER(405, BODY_NONE), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"407", ANSWER(407, BODY_NONE), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"408", ANSWER(408, BODY_NONE), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"409", ANSWER(409, BODY_NONE), WORK_UNKNOWN, "running", WORK_UNKNOWN},
	{"409 with a Fault", ANSWER(409, BODY_DEFECT), WORK_UNKNOWN, "running", WORK_UNKNOWN},
	{"410", ANSWER(410, BODY_NONE), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"413", ANSWER(413, BODY_NONE), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"415", ANSWER(415, BODY_NONE), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"418", ANSWER(418, BODY_NONE), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"422", ANSWER(422, BODY_NONE), WORK_REJECTED, "conflict", WORK_UNKNOWN},
	{"422 with a Fault", ANSWER(422, BODY_DEFECT), WORK_REJECTED, "conflict", WORK_UNKNOWN},
	{"425", ANSWER(425, BODY_NONE), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"429", ANSWER(429, BODY_NONE), WORK_RETRY_AFTER, "later", WORK_UNKNOWN},
	{"429 + time", LATER(429, BODY_NONE, 7000), WORK_RETRY_AFTER, "later", WORK_UNKNOWN},
	{"500", ANSWER(500, BODY_NONE), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"500 applied", ANSWER(500, BODY_APPLIED), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"500 Fault Client", ANSWER(500, BODY_DEFECT), WORK_REJECTED, "defect", WORK_UNKNOWN},
	{"500 Fault Server", ANSWER(500, BODY_SERVER_FAILED), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"500 security", ANSWER(500, BODY_SECURITY_FAILED), WORK_RETRY_AFTER, "lane", WORK_UNKNOWN},
	{"500 unparsable", ANSWER(500, BODY_INVALID), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"502", ANSWER(502, BODY_NONE), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"503", ANSWER(503, BODY_NONE), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"503 + time", LATER(503, BODY_NONE, 60000), WORK_RETRY_AFTER, "later", WORK_UNKNOWN},
	{"504", ANSWER(504, BODY_NONE), WORK_UNKNOWN, "server", WORK_UNKNOWN},
	{"999", ANSWER(999, BODY_NONE), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
	{"not known", ANSWER(200, BODY_NOT_KNOWN), WORK_UNKNOWN, "answer", WORK_NOT_KNOWN},
	{"500 not known", ANSWER(500, BODY_NOT_KNOWN), WORK_UNKNOWN, "answer", WORK_UNKNOWN},
};

static void every_row_of_the_table_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		const struct row *row = &rows[i];
		struct outcome outcome = outcome_decide(&row->seen);
		if (outcome.result != row->result || strcmp(outcome.cause, row->cause) != 0)
			fail_msg("%s: %d %s", row->what, outcome.result, outcome.cause);
		assert_int_equal(outcome.retry_after_ms, row->seen.retry_after_ms);
		struct outcome_seen seen = row->seen;
		seen.inquiry = true;
		outcome = outcome_decide(&seen);
		if (outcome.result != row->of_inquiry)
			fail_msg("inquiry: %s: %d %s", row->what, outcome.result, outcome.cause);
	}
}

/* Whatever comes: accepted only for a valid body under 2xx, not-known only to an inquiry, and an
 * inquiry never says "send again" by failing. */
static void nothing_else_is_ever_taken_for_success(void **state)
{
	(void)state;
	for (int transport = TRANSPORT_ANSWER; transport <= TRANSPORT_TOO_LARGE; transport++) {
		for (int body = BODY_NONE; body <= BODY_SECURITY_FAILED; body++) {
			for (int i = 0; i < 2 * 1000; i++) {
				const struct outcome_seen seen = {
					.transport = (enum outcome_transport)transport,
					.body = (enum outcome_body)body,
					.status = i / 2,
					.inquiry = i % 2};
				const struct outcome o = outcome_decide(&seen);
				const bool is_2xx = transport == TRANSPORT_ANSWER &&
						    seen.status >= 200 && seen.status < 300;
				if (o.result == WORK_ACCEPTED)
					assert_true(is_2xx && body == BODY_APPLIED);
				if (o.result == WORK_NOT_KNOWN)
					assert_true(
						is_2xx && seen.inquiry && body == BODY_NOT_KNOWN);
				if (seen.inquiry)
					assert_true(o.result != WORK_RETRY_AFTER);
			}
		}
	}
}

/* ---- the whole way: seen → word → state ---- */

#define NOW   INT64_C(1800000000000)
#define LEASE "00000000-0000-4000-8000-00000000abcd"

enum { STOP = 1, ALARM = 2, BREAKER = 4 };

struct way {
	const char *row; /* of the table */
	struct outcome_seen seen;
	enum txn_state delivered, asked; /* from LEASED, from INQUIRY */
	int attempts;			 /* counted for a delivery */
	int flags;			 /* of a delivery */
};

static const struct way ways[] = {
	{"no name, no route, refused", {.transport = TRANSPORT_NOT_SENT}, TXN_JOURNALED,
		TXN_UNKNOWN, 0, BREAKER},
	{"2xx, valid", ANSWER(200, BODY_APPLIED), TXN_ACCEPTED, TXN_ACCEPTED, 1, 0},
	{"typed refusal", ANSWER(412, BODY_REFUSED), TXN_REJECTED, TXN_REJECTED, 1, 0},
	{"2xx unparsable, wrong key, forged", ANSWER(200, BODY_INVALID), TXN_UNKNOWN, TXN_UNKNOWN,
		1, BREAKER},
	{"answer too large", {.transport = TRANSPORT_TOO_LARGE}, TXN_UNKNOWN, TXN_UNKNOWN, 1,
		BREAKER},
	{"408", ANSWER(408, BODY_NONE), TXN_UNKNOWN, TXN_UNKNOWN, 1, BREAKER},
	{"425", ANSWER(425, BODY_NONE), TXN_UNKNOWN, TXN_UNKNOWN, 1, BREAKER},
	{"5xx", ANSWER(502, BODY_NONE), TXN_UNKNOWN, TXN_UNKNOWN, 1, BREAKER},
	{"Fault Server", ANSWER(500, BODY_SERVER_FAILED), TXN_UNKNOWN, TXN_UNKNOWN, 1, BREAKER},
	{"time-out", {.transport = TRANSPORT_TIMEOUT}, TXN_UNKNOWN, TXN_UNKNOWN, 1, BREAKER},
	{"reset after the first byte", {.transport = TRANSPORT_LOST}, TXN_UNKNOWN, TXN_UNKNOWN, 1,
		BREAKER},
	{"409", ANSWER(409, BODY_NONE), TXN_UNKNOWN, TXN_UNKNOWN, 0, 0},
	{"in progress", ANSWER(200, BODY_RUNNING), TXN_UNKNOWN, TXN_UNKNOWN, 0, 0},
	{"429", LATER(429, BODY_NONE, 30000), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"503 with Retry-After", LATER(503, BODY_NONE, 30000), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"401", ANSWER(401, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 0, STOP | ALARM},
	{"403", ANSWER(403, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 0, STOP | ALARM},
	{"TLS or pin", {.transport = TRANSPORT_TLS}, TXN_JOURNALED, TXN_UNKNOWN, 0, STOP | ALARM},
	{"wsu:MessageExpired, security Fault", ANSWER(500, BODY_SECURITY_FAILED), TXN_JOURNALED,
		TXN_UNKNOWN, 0, STOP | ALARM},
	{"3xx", ANSWER(302, BODY_NONE), TXN_UNKNOWN, TXN_UNKNOWN, 0, STOP | ALARM},
	{"422", ANSWER(422, BODY_NONE), TXN_DEAD, TXN_UNKNOWN, 1, ALARM},
	{"400", ANSWER(400, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"404", ANSWER(404, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"405", ANSWER(405, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"410", ANSWER(410, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"413", ANSWER(413, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"415", ANSWER(415, BODY_NONE), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"Fault Client", ANSWER(500, BODY_DEFECT), TXN_JOURNALED, TXN_UNKNOWN, 1, 0},
	{"the key is not known there", ANSWER(200, BODY_NOT_KNOWN), TXN_UNKNOWN, TXN_JOURNALED, 1,
		BREAKER},
};

static void step(struct txn *txn, struct txn_event event, struct txn_effects *effects)
{
	event.now_unix_ms = NOW + 3600000; /* every wait is over */
	event.lease = LEASE;
	event.lease_ms = 20000;
	assert_int_equal(txn_step(txn, &event, effects), VT_OK);
}

static struct txn outside(bool inquiry)
{
	struct txn_effects effects;
	struct txn txn;

	txn_init(&txn, TXN_CLASS_A);
	step(&txn, (struct txn_event){.type = TXN_COMMIT}, &effects);
	txn.due_unix_ms = NOW;
	step(&txn, (struct txn_event){.type = TXN_LEASE}, &effects);
	if (inquiry) {
		step(&txn, (struct txn_event){.type = TXN_LEASE_EXPIRED}, &effects);
		txn.due_unix_ms = NOW;
		step(&txn, (struct txn_event){.type = TXN_LEASE}, &effects);
	}
	return txn;
}

/* As core translates a Work result (terminal/core/work.c). */
static struct txn_event event_of(const struct outcome *outcome)
{
	static const enum txn_result results[WORK_RESULT_COUNT] = {
		[WORK_ACCEPTED] = TXN_RESULT_ACCEPTED,
		[WORK_REJECTED] = TXN_RESULT_REJECTED,
		[WORK_RETRY_AFTER] = TXN_RESULT_RETRY_AFTER,
		[WORK_UNKNOWN] = TXN_RESULT_UNKNOWN,
		[WORK_NOT_KNOWN] = TXN_RESULT_NOT_KNOWN,
	};

	return (struct txn_event){.type = TXN_RESULT,
		.result = results[outcome->result],
		.cause = txn_cause_from(outcome->cause),
		.retry_after_ms = outcome->retry_after_ms};
}

static void every_row_leads_to_its_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * VT_ELEMENTS(ways); i++) {
		const struct way *way = &ways[i / 2];
		const bool inquiry = i % 2;
		struct outcome_seen seen = way->seen;
		struct txn txn = outside(inquiry);
		const int attempts = txn.attempts;
		struct txn_effects effects;

		seen.inquiry = inquiry;
		const struct outcome outcome = outcome_decide(&seen);
		step(&txn, event_of(&outcome), &effects);
		if (txn.state != (inquiry ? way->asked : way->delivered))
			fail_msg("%s%s: %s", inquiry ? "inquiry: " : "", way->row,
				txn_state_names[txn.state]);
		if (way->seen.has_retry_after)
			assert_true(txn.due_unix_ms - (NOW + 3600000) >= way->seen.retry_after_ms);
		if (inquiry)
			continue;
		const int flags = (effects.stop_service ? STOP : 0) | (effects.alarm ? ALARM : 0) |
				  (effects.breaker ? BREAKER : 0);
		if (txn.attempts - attempts != way->attempts || flags != way->flags)
			fail_msg("%s: attempts %d flags %d", way->row, txn.attempts - attempts,
				flags);
	}
}

static void check_retry(const char *value, bool is_good, int64_t expected_ms)
{
	const int64_t now = 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */
	int64_t ms = -1;

	if (outcome_parse_retry_after(value, now, &ms) != is_good)
		fail_msg("\"%s\": %s", value, is_good ? "refused" : "taken");
	assert_int_equal(ms, is_good ? expected_ms : -1);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	(void)state;
	check_retry("0", true, 0);
	check_retry("120", true, 120000);
	check_retry("3600", true, 3600000);
	check_retry("3601", true, OUTCOME_MAX_RETRY_MS);
	check_retry("99999999999999999999999999", true, OUTCOME_MAX_RETRY_MS);
	check_retry("Sun, 06 Nov 1994 08:49:37 GMT", true, 0);
	check_retry("Sun, 06 Nov 1994 08:50:37 GMT", true, 60000);
	check_retry("Sun, 06 Nov 1994 08:49:00 GMT", true, 0); /* past */
	check_retry("Fri, 31 Dec 9999 23:59:59 GMT", true, OUTCOME_MAX_RETRY_MS);
	check_retry("", false, 0);
	check_retry("-1", false, 0);
	check_retry("1.5", false, 0);
	check_retry("12 ", false, 0);
	check_retry("soon", false, 0);
	check_retry("Sunday, 06-Nov-94 08:49:37 GMT", false, 0);
	check_retry("Sun, 06 Nov 1994 08:49:37 CST", false, 0);
	check_retry("Sun, 06 Foo 1994 08:49:37 GMT", false, 0);
	check_retry("Sun, 00 Nov 1994 08:49:37 GMT", false, 0);
	check_retry("Sun, 06 Nov 1994 25:49:37 GMT", false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_table_holds),
		cmocka_unit_test(nothing_else_is_ever_taken_for_success),
		cmocka_unit_test(every_row_leads_to_its_state),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
