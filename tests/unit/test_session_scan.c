/* Scanning the CURP instead of typing it, step by step on a virtual clock. */

#include "tests/lib/cmocka_prelude.h"

#include <string.h>

#include "terminal/session/session.h"
#include "tests/unit/session_fixture.h"

#define KEY  "SABC560626MDFLRN01"
#define CODE KEY "||SALGADO|BRISENO|CONCEPCION|MUJER|26/06/1956|DF|09|"

static void set_scanner(struct fixture *f, bool is_ready)
{
	f->health.scanner_ready = is_ready;
	set_health(f);
}

static void scanned(struct fixture *f, enum session_scan outcome, const char *text)
{
	struct session_event event = {.type = SESSION_SCANNED};

	event.u.scanned.outcome = outcome;
	event.u.scanned.text = text;
	step(f, &event);
}

static int setup(void **state)
{
	struct fixture *f = fixture_create("MX-TEST-1", (struct vt_date){2026, 11, 29});

	f->health = fixture_good_health;
	f->health.scanner_place = SCANNER_BELOW;
	set_scanner(f, true);
	*state = f;
	return 0;
}

static void to_curp(struct fixture *f)
{
	act(f, INTENT_START, "", "");
	act(f, INTENT_OPEN, "curp", "");
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
}

static void to_scan(struct fixture *f)
{
	to_curp(f);
	assert_true(f->model.can_scan);
	act(f, INTENT_SCAN, "", "");
	assert_int_equal(f->model.screen, SCREEN_SCAN);
	assert_true(f->fx.scan_ms > 0);
}

static void a_scan_fills_the_field_and_is_shown_before_it_counts(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	assert_int_equal(f->model.expected_ms, f->fx.scan_ms);
	assert_int_equal(f->model.scanner_place, SCANNER_BELOW);
	scanned(f, SCAN_READ, CODE);
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_string_equal(f->model.field.value, KEY);
	assert_string_equal(f->model.outcome, "scanned");
	assert_false(f->fx.submit);
	act(f, INTENT_SUBMIT, "", KEY);
	assert_true(f->fx.submit || f->model.screen == SCREEN_REVIEW);
}

/* The scanner needs no network; what comes after waits for it as usual. */
static void offline_it_scans_as_well(void **state)
{
	struct fixture *f = *state;

	f->health.sync_connected = false;
	to_scan(f);
	scanned(f, SCAN_READ, KEY);
	assert_string_equal(f->model.outcome, "scanned");
	act(f, INTENT_SUBMIT, "", KEY);
	assert_true(f->fx.submit || f->model.screen == SCREEN_REVIEW);
}

static void what_is_typed_instead_is_not_called_scanned(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	scanned(f, SCAN_READ, CODE);
	act(f, INTENT_SUBMIT, "", "BEML920313HMCLNS08");
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_string_equal(f->model.field.error, "curp.CHECK");
	assert_string_equal(f->model.outcome, "");
}

static void every_failure_has_its_words_and_a_second_try(void **state)
{
	static const struct {
		enum session_scan outcome;
		const char *text, *problem;
	} cases[] = {
		{SCAN_READ, "https://example.mx/", "scan-no-curp"},
		{SCAN_READ, "", "scan-no-curp"},
		{SCAN_READ, "SABC560626MDFLRN09", "scan-wrong"},
		{SCAN_READ, KEY "|BEML920313HMCLNS09", "scan-several"},
		{SCAN_UNREADABLE, "", "scan-unreadable"},
		{SCAN_NOTHING, "", "scan-nothing"},
	};
	struct fixture *f = *state;

	to_scan(f);
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		scanned(f, cases[i].outcome, cases[i].text);
		shows_problem(f, cases[i].problem);
		assert_true(f->model.can_retry);
		assert_int_equal(f->fx.scan_ms, 0);
		act(f, INTENT_SCAN, "", "");
		assert_int_equal(f->model.screen, SCREEN_SCAN);
		assert_true(f->fx.scan_ms > 0);
	}
	scanned(f, SCAN_READ, CODE);
	assert_string_equal(f->model.field.value, KEY);
}

static void a_scanner_that_goes_leaves_the_keys(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	act(f, INTENT_SCAN, "", "SABC56");
	scanned(f, SCAN_GONE, "");
	set_scanner(f, false);
	shows_problem(f, "scan-gone");
	assert_false(f->model.can_retry);
	assert_true(f->model.can_back);
	/* Back in its place: it may be tried again, without another screen between. */
	set_scanner(f, true);
	assert_true(f->fx.show);
	assert_true(f->model.can_retry);
	set_scanner(f, false);
	act(f, INTENT_SCAN, "", "");
	shows_problem(f, "scan-gone");
	assert_int_equal(f->fx.scan_ms, 0);
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_string_equal(f->model.field.value, "SABC56");
	assert_string_equal(f->model.field.error, "");
	assert_false(f->model.can_scan);
}

static void without_a_scanner_it_is_not_offered(void **state)
{
	struct fixture *f = *state;

	set_scanner(f, false);
	to_curp(f);
	assert_false(f->model.can_scan);
	/* A touch that crossed with the news is answered, not dropped. */
	act(f, INTENT_SCAN, "", "");
	shows_problem(f, "scan-gone");
}

static void only_a_curp_is_scanned(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	act(f, INTENT_UNKNOWN_CURP, "", "");
	assert_int_equal(f->model.screen, SCREEN_QUESTION);
	assert_false(f->model.can_scan);
	act(f, INTENT_SCAN, "", "");
	assert_int_equal(f->model.screen, SCREEN_QUESTION);
	assert_int_equal(f->fx.scan_ms, 0);
}

static void cancelling_goes_back_and_late_answers_find_nobody(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	act(f, INTENT_CANCEL, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_true(f->fx.cancel_scan);
	scanned(f, SCAN_READ, CODE);
	assert_string_equal(f->model.field.value, "");
	assert_string_equal(f->model.outcome, "");
}

static void a_silent_device_process_is_not_waited_for(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	wait_ms(f, f->fx.scan_ms);
	assert_int_equal(f->model.screen, SCREEN_SCAN); /* devices tells the time-out */
	wait_ms(f, f->fx.wake_ms - f->now_ms);
	shows_problem(f, "scan-nothing");
	assert_true(f->fx.cancel_scan);
}

static void the_problem_is_left_with_a_warning(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	scanned(f, SCAN_NOTHING, "");
	wait_ms(f, session_default_times.idle_personal);
	assert_true(f->model.warning_ms > 0);
	assert_false(f->fx.ended);
	act(f, INTENT_EXTEND, "", "");
	shows_problem(f, "scan-nothing");
}

static void more_time_makes_the_scanner_wait_longer(void **state)
{
	struct fixture *f = *state;
	int64_t usual_ms;

	to_scan(f);
	usual_ms = f->fx.scan_ms;
	scanned(f, SCAN_NOTHING, "");
	act(f, INTENT_SETTING, "moreTime", "4");
	act(f, INTENT_SCAN, "", "");
	assert_int_equal(f->fx.scan_ms, 4 * usual_ms);
	assert_int_equal(f->model.expected_ms, 4 * usual_ms);
}

static void ends_stop_the_scanner(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	act(f, INTENT_END, "", "");
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	assert_true(f->fx.cancel_scan);
	assert_true(f->fx.ended);

	to_scan(f);
	f->health.storage_ok = false;
	set_scanner(f, true);
	shows_problem(f, "storage");
	assert_true(f->fx.cancel_scan);
}

static void the_text_is_nowhere_but_the_key(void **state)
{
	struct fixture *f = *state;

	to_scan(f);
	scanned(f, SCAN_READ, CODE);
	assert_null(memmem(&f->model, sizeof(f->model), "SALGADO", 7));
	act(f, INTENT_END, "", "");
	assert_null(memmem(&f->model, sizeof(f->model), KEY, 18));
	to_curp(f);
	assert_string_equal(f->model.field.value, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_destroy)
	const struct CMUnitTest tests[] = {
		TEST(a_scan_fills_the_field_and_is_shown_before_it_counts),
		TEST(offline_it_scans_as_well),
		TEST(what_is_typed_instead_is_not_called_scanned),
		TEST(every_failure_has_its_words_and_a_second_try),
		TEST(a_scanner_that_goes_leaves_the_keys),
		TEST(without_a_scanner_it_is_not_offered),
		TEST(only_a_curp_is_scanned),
		TEST(cancelling_goes_back_and_late_answers_find_nobody),
		TEST(a_silent_device_process_is_not_waited_for),
		TEST(the_problem_is_left_with_a_warning),
		TEST(more_time_makes_the_scanner_wait_longer),
		TEST(ends_stop_the_scanner),
		TEST(the_text_is_nowhere_but_the_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
