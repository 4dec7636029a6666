#include "tests/lib/cmocka_prelude.h"

#include <string.h>

#include "terminal/base/passcode.h"
#include "terminal/base/text.h"
#include "terminal/session/lockout.h"
#include "terminal/session/session.h"
#include "tests/unit/session_fixture.h"

static void judge(struct fixture *f, bool is_right, int64_t wait)
{
	struct session_event event = {.type = SESSION_CODE_JUDGED};

	event.u.code.is_right = is_right;
	event.u.code.wait_ms = wait;
	step(f, &event);
}

static void answer(struct fixture *f, const char *device, enum test_outcome outcome)
{
	struct session_event event = {.type = SESSION_ORDERED};

	event.u.ordered.device = device;
	event.u.ordered.outcome = outcome;
	event.u.ordered.reason = "";
	event.u.ordered.detail = "Put in a new paper roll.";
	step(f, &event);
}

static void add_device(struct fixture *f, const char *id, const char *class)
{
	struct device_status *device = &f->devices.devices[f->devices.count++];

	vt_copy_cut(device->id, sizeof(device->id), id);
	vt_copy_cut(device->class, sizeof(device->class), class);
	device->state = DEVICE_READY;
}

static void allow_staff(struct fixture *f)
{
	session_set_duty(f->session, &(struct session_duty){.has_code = true});
}

static int setup(void **state)
{
	struct fixture *f = fixture_create("SM01", (struct vt_date){2026, 11, 23});

	f->gives_consent = true;
	f->health = fixture_good_health;
	add_device(f, "printer", "Printer");
	add_device(f, "reader", "CardReader");
	session_staff_devices(f->session, &f->devices);
	allow_staff(f);
	set_health(f);
	*state = f;
	return 0;
}

static void enter(struct fixture *f)
{
	act(f, INTENT_STAFF, "", "");
	assert_int_equal(f->model.screen, SCREEN_STAFF);
	act(f, INTENT_SUBMIT, "", "246813");
	assert_string_equal(f->fx.code, "246813");
	judge(f, true, 0);
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
}

/* ---- the way in ---- */

static void a_right_code_opens_maintenance_and_is_noted(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_STAFF, "", "");
	assert_int_equal(session_get_state(f->session), SESSION_STAFF);
	assert_true(session_is_staff(f->session));
	assert_false(session_is_open(f->session));
	act(f, INTENT_SUBMIT, "", "246813");
	assert_non_null(f->fx.code);
	judge(f, true, 0);
	assert_string_equal(f->fx.staff_act, "screen entered");
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
	act(f, INTENT_CLOSE, "", "");
	assert_string_equal(f->fx.staff_act, "screen left");
	assert_false(f->fx.ended); /* it was no citizen's session */
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void without_a_configured_code_the_gesture_does_nothing(void **state)
{
	struct fixture *f = *state;

	session_set_duty(f->session, &(struct session_duty){.has_code = false});
	act(f, INTENT_STAFF, "", "");
	assert_int_equal(session_get_state(f->session), SESSION_ATTRACT);
	assert_false(f->fx.show);
}

/* Every other way: no intent, in no order, leads a citizen there. */
static void no_touch_but_a_judged_code_leads_to_maintenance(void **state)
{
	struct fixture *f = *state;
	static const char *const items[] = {"", "curp", "tab-devices", "test-printer"};
	unsigned seed = 7;

	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		const enum intent_action action =
			(enum intent_action)((seed >> 16) % INTENT_ACTION_COUNT);
		act(f, action, items[(seed >> 8) % VT_ELEMENTS(items)], "246813");
		assert_int_not_equal(session_get_state(f->session), SESSION_MAINTENANCE);
		assert_false(f->fx.test_device || f->fx.reset_device || f->fx.duty ||
			     f->fx.retry != NULL);
		if (session_get_state(f->session) == SESSION_SUBMITTING) {
			struct session_event refused = {.type = SESSION_REFUSED};
			step(f, &refused);
		}
		/* Words of core that nobody asked for, too. */
		if (session_get_state(f->session) != SESSION_STAFF)
			judge(f, true, 0);
		else if (f->fx.code)
			judge(f, false, 0);
	}
}

static void the_gesture_is_not_taken_where_a_persons_data_are(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_START, "", "");
	act(f, INTENT_OPEN, "curp", "");
	act(f, INTENT_STAFF, "", ""); /* introduction */
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	act(f, INTENT_START, "", "");
	act(f, INTENT_STAFF, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
}

static void the_citizen_on_the_screen_is_gone_before_the_code_is_asked(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_START, "", "");
	act(f, INTENT_SETTING, "textSize", "2");
	act(f, INTENT_STAFF, "", "");
	assert_int_equal(f->model.screen, SCREEN_STAFF);
	assert_true(f->fx.ended);
	assert_int_equal(f->model.settings.text_size, 0);
}

static void a_wrong_code_waits_and_says_so(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_STAFF, "", "");
	act(f, INTENT_SUBMIT, "", "111111");
	judge(f, false, 0);
	assert_string_equal(f->model.field.error, "staff.wrong");
	act(f, INTENT_SUBMIT, "", "111112");
	judge(f, false, 5000);
	assert_string_equal(f->model.field.error, "staff.wait");
	assert_int_equal(f->model.expected_ms, 5000);
	act(f, INTENT_SUBMIT, "", "246813");
	assert_null(f->fx.code); /* not even judged */
	wait_ms(f, 5000);
	act(f, INTENT_SUBMIT, "", "246813");
	assert_non_null(f->fx.code);
}

static void what_is_no_code_is_not_judged(void **state)
{
	static const char *const codes[] = {"", "12345", "1234567", "12345a", " 12345"};
	struct fixture *f = *state;

	act(f, INTENT_STAFF, "", "");
	for (size_t i = 0; i < VT_ELEMENTS(codes); i++) {
		act(f, INTENT_SUBMIT, "", codes[i]);
		assert_null(f->fx.code);
		assert_true(f->model.field.error[0] != '\0');
	}
}

static void an_untouched_code_screen_goes_away(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_STAFF, "", "");
	wait_ms(f, 59999);
	assert_int_equal(f->model.screen, SCREEN_STAFF);
	wait_ms(f, 1);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void maintenance_ends_after_ten_idle_minutes_and_a_warning(void **state)
{
	struct fixture *f = *state;

	enter(f);
	wait_ms(f, 599999);
	assert_int_equal(f->model.warning_ms, 0);
	wait_ms(f, 1);
	assert_int_equal(f->model.warning_ms, 45000);
	act(f, INTENT_EXTEND, "", "");
	assert_int_equal(f->model.warning_ms, 0);
	wait_ms(f, 600000);
	wait_ms(f, 45000);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	assert_string_equal(f->fx.staff_act, "screen left");
}

static void a_shift_ends_after_twelve_hours(void **state)
{
	struct fixture *f = *state;

	enter(f);
	for (int i = 0; i < 12 * 12; i++) {
		act(f, INTENT_OPEN, "tab-queue", "");
		if (session_get_state(f->session) != SESSION_MAINTENANCE)
			break;
		wait_ms(f, 300000);
	}
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

/* ---- devices ---- */

static void a_device_is_tested_and_the_sheet_asked_about(void **state)
{
	struct fixture *f = *state;
	enum test_outcome outcome;

	enter(f);
	act(f, INTENT_OPEN, "test-printer", "");
	assert_string_equal(session_staff_device(f->session), "printer");
	act(f, INTENT_CONFIRM, "", "");
	assert_true(f->fx.test_device);
	assert_string_equal(f->model.outcome, "busy");
	act(f, INTENT_CONFIRM, "", "");
	assert_false(f->fx.test_device); /* one at a time */
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
	answer(f, "reader", TEST_PASSED); /* somebody else's */
	assert_string_equal(f->model.outcome, "busy");
	answer(f, "printer", TEST_PASSED);
	assert_string_equal(f->model.outcome, "asks");
	act(f, INTENT_NO, "", "");
	assert_string_equal(f->fx.staff_act, "sheet seen bad");
	assert_true(session_staff_tested(f->session, "printer", &outcome));
	assert_int_equal(outcome, TEST_FAILED);
	act(f, INTENT_NO, "", "");
	assert_true(f->fx.reset_device);
	answer(f, "printer", TEST_PASSED);
	assert_string_equal(f->model.items[0].label, "Last reset");
	assert_string_equal(f->model.outcome, "device");
}

static void a_device_that_is_not_there_has_no_page(void **state)
{
	struct fixture *f = *state;

	enter(f);
	act(f, INTENT_OPEN, "test-cash", "");
	assert_string_equal(f->model.outcome, "tabs");
	act(f, INTENT_OPEN, "printer", "");
	assert_string_equal(f->model.outcome, "tabs");
}

static void all_devices_are_tested_in_turn(void **state)
{
	struct fixture *f = *state;
	enum test_outcome outcome;

	enter(f);
	act(f, INTENT_CONFIRM, "", "");
	assert_true(f->fx.test_device);
	assert_string_equal(session_staff_device(f->session), "printer");
	answer(f, "printer", TEST_FAILED);
	assert_true(f->fx.test_device);
	assert_string_equal(session_staff_device(f->session), "reader");
	wait_ms(f, 700000); /* no idle time while devices work */
	assert_int_equal(f->model.warning_ms, 0);
	answer(f, "reader", TEST_PASSED);
	assert_false(f->fx.test_device);
	assert_string_equal(f->model.outcome, "tabs");
	assert_true(session_staff_tested(f->session, "printer", &outcome));
	assert_int_equal(outcome, TEST_FAILED);
}

static void what_the_terminal_never_had_is_not_tested(void **state)
{
	struct fixture *f = *state;
	struct device_status *reader = &f->devices.devices[1];

	assert_string_equal(reader->id, "reader");
	reader->state = DEVICE_ABSENT;
	vt_copy_cut(reader->reason, sizeof(reader->reason), "notInstalled");
	session_staff_devices(f->session, &f->devices);
	enter(f);
	act(f, INTENT_CONFIRM, "", "");
	assert_string_equal(session_staff_device(f->session), "printer");
	answer(f, "printer", TEST_PASSED);
	assert_false(f->fx.test_device);
	assert_string_equal(f->model.outcome, "tabs");
	/* One that was here is missed, and its test says so. */
	vt_copy_cut(reader->reason, sizeof(reader->reason), "unplugged");
	session_staff_devices(f->session, &f->devices);
	act(f, INTENT_CONFIRM, "", "");
	answer(f, "printer", TEST_PASSED);
	assert_string_equal(session_staff_device(f->session), "reader");
}

/* ---- queue and service ---- */

static void a_transaction_is_tried_again_from_the_queue_only(void **state)
{
	struct fixture *f = *state;
	struct session_event event = {.type = SESSION_RETRIED};

	enter(f);
	act(f, INTENT_OPEN, "test-SM01-0010-0010-ABCD", "");
	assert_null(f->fx.retry);
	act(f, INTENT_OPEN, "tab-queue", "");
	act(f, INTENT_OPEN, "test-SM01-0010-0010-ABCD", "");
	assert_string_equal(f->fx.retry, "SM01-0010-0010-ABCD");
	event.u.retried.folio = "SM01-0010-0010-ABCD";
	event.u.retried.verdict = VERDICT_IN_DOUBT;
	step(f, &event);
	assert_string_equal(f->model.items[5].value, "Not tried again: {1}|inDoubt");
}

static void out_of_service_lasts_until_a_technician_says_so(void **state)
{
	struct fixture *f = *state;

	enter(f);
	act(f, INTENT_NO, "", "");
	act(f, INTENT_OPEN, "test-nonsense", "");
	assert_string_equal(f->model.title, "Why is it out of service?");
	act(f, INTENT_OPEN, "test-damage", "");
	assert_false(f->fx.duty);
	act(f, INTENT_OPEN, "test-tomorrow", "");
	assert_true(f->fx.duty);
	assert_string_equal(session_duty(f->session)->reason, "damage");
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	assert_string_equal(f->model.outcome, "tomorrow");
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	enter(f);
	act(f, INTENT_NO, "", "");
	assert_true(f->fx.duty);
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void a_failed_disk_keeps_the_technician(void **state)
{
	struct fixture *f = *state;

	f->health.storage_ok = false;
	set_health(f);
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	enter(f);
	f->health.storage_ok = true;
	set_health(f);
	f->health.storage_ok = false;
	set_health(f);
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
	act(f, INTENT_CLOSE, "", "");
	assert_string_equal(f->model.problem, "storage");
}

/* ---- the first start ---- */

static void begin_first_start(struct fixture *f, int at)
{
	struct session_duty duty = {.has_code = true, .reason = SETUP_REASON, .step = at};

	session_set_duty(f->session, &duty);
	set_health(f);
	act(f, INTENT_STAFF, "", "");
	act(f, INTENT_SUBMIT, "", "246813");
	judge(f, true, 0);
}

static void a_terminal_serves_nobody_before_it_is_activated(void **state)
{
	struct fixture *f = *state;

	begin_first_start(f, SETUP_TIME);
	assert_int_equal(f->model.screen, SCREEN_SETUP);
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	begin_first_start(f, SETUP_TIME);
	for (int i = SETUP_TIME; i < SETUP_LAST; i++) {
		assert_int_equal(f->model.step, i);
		act(f, INTENT_CONFIRM, "", "");
		assert_true(f->fx.duty);
		assert_string_equal(session_duty(f->session)->reason, SETUP_REASON);
	}
	assert_string_equal(f->model.primary, "Activate");
	act(f, INTENT_CONFIRM, "", "");
	assert_string_equal(f->fx.staff_act, "activated");
	assert_true(f->fx.duty);
	assert_string_equal(session_duty(f->session)->reason, "");
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void the_first_start_goes_on_where_it_was_left(void **state)
{
	struct fixture *f = *state;

	begin_first_start(f, SETUP_TOUCH);
	assert_int_equal(f->model.step, SETUP_TOUCH);
	assert_string_equal(f->model.outcome, "");
	act(f, INTENT_BACK, "", "");
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	assert_int_equal(session_duty(f->session)->step, SETUP_DEVICES);
	/* What was kept may be nonsense. */
	begin_first_start(f, 99);
	assert_int_equal(f->model.step, SETUP_TIME);
}

static void a_device_is_tested_during_the_first_start(void **state)
{
	struct fixture *f = *state;

	begin_first_start(f, SETUP_NETWORK);
	act(f, INTENT_OPEN, "test-printer", "");
	assert_int_equal(f->model.screen, SCREEN_SETUP);
	begin_first_start(f, SETUP_DEVICES);
	act(f, INTENT_OPEN, "test-cash", "");
	assert_int_equal(f->model.screen, SCREEN_SETUP);
	act(f, INTENT_OPEN, "test-reader", "");
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
	act(f, INTENT_CONFIRM, "", "");
	assert_true(f->fx.test_device);
	answer(f, "reader", TEST_PASSED);
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_SETUP);
	assert_int_equal(f->model.step, SETUP_DEVICES);
}

static void nothing_is_activated_without_storage(void **state)
{
	struct fixture *f = *state;

	begin_first_start(f, SETUP_REPORT);
	f->health.storage_ok = false;
	set_health(f);
	act(f, INTENT_CONFIRM, "", "");
	assert_false(f->fx.duty);
	assert_string_equal(session_duty(f->session)->reason, SETUP_REASON);
	assert_string_equal(f->model.lead, "It cannot be activated before its storage works.");
}

/* ---- lock-out and code ---- */

static void each_failure_waits_longer(void **state)
{
	struct lockout lockout = {0};
	static const int64_t waits[] = {0, 5000, 15000, 60000, 900000, 1800000};
	int64_t now = 1000000;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(waits); i++) {
		lockout_count(&lockout, now);
		assert_int_equal(lockout_left_ms(&lockout, now), waits[i]);
		assert_int_equal(lockout_left_ms(&lockout, now + waits[i]), 0);
		now += waits[i];
	}
	for (int i = 0; i < 2000; i++)
		lockout_count(&lockout, now);
	assert_int_equal(lockout_left_ms(&lockout, now), 86400000);
	/* A clock at 1970 does not wait for fifty years. */
	assert_int_equal(lockout_left_ms(&lockout, 0), 86400000);
	lockout_clear(&lockout);
	assert_int_equal(lockout_left_ms(&lockout, now), 0);
}

static void a_code_is_kept_as_its_hash_only(void **state)
{
	char line[PASSCODE_TEXT_SIZE], other[PASSCODE_TEXT_SIZE];
	struct passcode passcode;
	struct vt_error error;

	(void)state;
	assert_int_equal(passcode_make("135790", line, &error), VT_OK);
	assert_int_equal(passcode_make("135790", other, &error), VT_OK);
	assert_string_not_equal(line, other); /* another salt */
	assert_null(strstr(line, "135790"));
	assert_int_equal(passcode_parse(line, &passcode, &error), VT_OK);
	assert_true(passcode_matches(&passcode, "135790"));
	assert_false(passcode_matches(&passcode, "135791"));
	assert_false(passcode_matches(&passcode, ""));
	assert_int_equal(passcode_make("13579", line, &error), VT_ERR_INVALID);
	assert_string_equal(line, "");
}

static void a_malformed_line_is_refused(void **state)
{
#define SALT "AAAAAAAAAAAAAAAAAAAAAA=="
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	static const char *const lines[] = {"", "246813", "scrypt", "scrypt:14:8:1:" SALT,
		"scrypt:14:8:1:" SALT ":" HASH ":", "scrypt:14:8:1:" SALT ":" HASH ":x",
		"scrypt:11:8:1:" SALT ":" HASH, "scrypt:17:8:1:" SALT ":" HASH,
		"scrypt:14:9:1:" SALT ":" HASH, "scrypt:14:8:3:" SALT ":" HASH,
		"scrypt:14:8::" SALT ":" HASH, "scrypt:14:8:1:" HASH ":" SALT,
		"md5:14:8:1:" SALT ":" HASH};
	struct passcode passcode;
	struct vt_error error;

	(void)state;
	assert_int_equal(passcode_parse("scrypt:14:8:1:" SALT ":" HASH, &passcode, &error), VT_OK);
	for (size_t i = 0; i < VT_ELEMENTS(lines); i++)
		assert_int_not_equal(passcode_parse(lines[i], &passcode, &error), VT_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_right_code_opens_maintenance_and_is_noted),
		TEST(without_a_configured_code_the_gesture_does_nothing),
		TEST(no_touch_but_a_judged_code_leads_to_maintenance),
		TEST(the_gesture_is_not_taken_where_a_persons_data_are),
		TEST(the_citizen_on_the_screen_is_gone_before_the_code_is_asked),
		TEST(a_wrong_code_waits_and_says_so),
		TEST(what_is_no_code_is_not_judged),
		TEST(an_untouched_code_screen_goes_away),
		TEST(maintenance_ends_after_ten_idle_minutes_and_a_warning),
		TEST(a_shift_ends_after_twelve_hours),
		TEST(a_device_is_tested_and_the_sheet_asked_about),
		TEST(a_device_that_is_not_there_has_no_page),
		TEST(all_devices_are_tested_in_turn),
		TEST(what_the_terminal_never_had_is_not_tested),
		TEST(a_transaction_is_tried_again_from_the_queue_only),
		TEST(out_of_service_lasts_until_a_technician_says_so),
		TEST(a_terminal_serves_nobody_before_it_is_activated),
		TEST(the_first_start_goes_on_where_it_was_left),
		TEST(a_device_is_tested_during_the_first_start),
		TEST(nothing_is_activated_without_storage),
		TEST(a_failed_disk_keeps_the_technician),
		cmocka_unit_test(each_failure_waits_longer),
		cmocka_unit_test(a_code_is_kept_as_its_hash_only),
		cmocka_unit_test(a_malformed_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
