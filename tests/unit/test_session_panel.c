#include "tests/lib/cmocka_prelude.h"

#include <string.h>

#include "terminal/base/text.h"
#include "terminal/session/session.h"
#include "tests/unit/session_fixture.h"

#define KEEP_MS	 15000
#define TOUCH_MS 60000

/* 3 % in from the left, 2 % taller, a little turned. */
#define CROOKED "970000 12000 30000 -8000 1020000 -10000 840"

/* At a step of the first start; 0: in maintenance. */
static void enter(struct fixture *f, int setup_at)
{
	struct session_health health = {.storage_ok = true};
	struct session_duty duty = {.has_code = true, .step = setup_at};
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = &health}};

	if (setup_at > 0)
		vt_copy_cut(duty.reason, sizeof(duty.reason), SETUP_REASON);
	session_set_duty(f->session, &duty);
	step(f, &event);
	act(f, INTENT_STAFF, "", "");
	act(f, INTENT_SUBMIT, "", "246813");
	event = (struct session_event){.type = SESSION_CODE_JUDGED, .u = {.code = {true, 0}}};
	step(f, &event);
	assert_true(session_is_staff(f->session));
}

static int setup(void **state)
{
	struct fixture *f = fixture_create("SM01", (struct vt_date){2026, 11, 29});

	*state = f;
	return 0;
}

static const struct screen_item *row(const struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->model.item_count; i++)
		if (strcmp(f->model.items[i].id, id) == 0)
			return &f->model.items[i];
	fail_msg("no row %s", id);
	return NULL;
}

/* ---- the place ---- */

static void the_place_is_told_row_by_row(void **state)
{
	struct fixture *f = *state;

	enter(f, SETUP_PLACE);
	assert_string_equal(row(f, "state")->value, "Not told yet");
	act(f, INTENT_OPEN, "test-state", "");
	assert_int_equal(f->model.screen, SCREEN_SETUP);
	assert_int_equal(f->model.field.type, FIELD_ENTITY);
	assert_int_equal(f->model.item_count, 32);
	act(f, INTENT_SUBMIT, "OC", "OC");
	assert_true(f->fx.place);
	assert_string_equal(f->fx.staff_act, "place changed");
	assert_string_equal(row(f, "state")->value, "Oaxaca");
	act(f, INTENT_OPEN, "test-municipality", "");
	act(f, INTENT_SUBMIT, "", "OAXACA DE JUÁREZ");
	act(f, INTENT_OPEN, "test-site", "");
	act(f, INTENT_SUBMIT, "", "MERCADO 20 DE NOVIEMBRE");
	act(f, INTENT_OPEN, "test-height", "");
	assert_int_equal(f->model.field.type, FIELD_NUMBER);
	act(f, INTENT_SUBMIT, "", "850");
	assert_int_equal(f->model.panel.bottom_mm, 850);
	assert_string_equal(row(f, "height")->value, "{1} mm|850");
	assert_int_equal(f->model.step, SETUP_PLACE);
	assert_true(session_place_is_told(f->session));
	assert_string_equal(session_place(f->session)->municipality, "OAXACA DE JUÁREZ");
}

static void a_wrong_answer_is_refused_with_words(void **state)
{
	static const struct {
		const char *row, *value, *error;
	} cases[] = {
		{"test-state", "XX", "choice"},
		{"test-state", "NE", "choice"},
		{"test-state", "", "choice"},
		{"test-site", "", "required"},
		{"test-site", "  ", "required"},
		{"test-site", "a\nb", "name"},
		{"test-site", "a;b", "name"},
		{"test-site", "[touch]", "name"},
		{"test-site", "a|b", "name"},
		{"test-site", "x=1", "name"},
		{"test-municipality",
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "long"},
		{"test-height", "199", "staff.height"},
		{"test-height", "1601", "staff.height"},
		{"test-height", "85x", "staff.height"},
		{"test-height", "", "staff.height"},
	};
	struct fixture *f = *state;

	enter(f, SETUP_PLACE);
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		act(f, INTENT_OPEN, cases[i].row, "");
		act(f, INTENT_SUBMIT, "", cases[i].value);
		assert_string_equal(f->model.field.error, cases[i].error);
		assert_false(f->fx.place);
		act(f, INTENT_BACK, "", "");
		assert_false(f->model.has_field);
	}
	assert_false(session_place_is_told(f->session));
}

static void maintenance_leads_to_the_place_and_back(void **state)
{
	struct fixture *f = *state;

	enter(f, 0);
	act(f, INTENT_OPEN, "test-place", ""); /* it stands on another tab */
	assert_string_equal(f->model.outcome, "tabs");
	act(f, INTENT_OPEN, "tab-version", "");
	act(f, INTENT_OPEN, "test-place", "");
	assert_string_equal(f->model.title, "Place and screen");
	act(f, INTENT_OPEN, "test-site", "");
	assert_int_equal(f->model.screen, SCREEN_MAINTENANCE);
	assert_true(f->model.has_field);
	act(f, INTENT_BACK, "", "");
	assert_string_equal(f->model.title, "Place and screen");
	act(f, INTENT_BACK, "", "");
	assert_string_equal(f->model.outcome, "tabs");
}

/* ---- the size ---- */

static void measure(struct fixture *f, const char *density)
{
	act(f, INTENT_OPEN, "test-density", "");
	assert_int_equal(f->model.screen, SCREEN_MEASURE);
	act(f, INTENT_SUBMIT, "density", density);
}

static void a_new_size_is_kept_only_by_whoever_sees_it(void **state)
{
	struct fixture *f = *state;

	enter(f, SETUP_PLACE);
	measure(f, "5880");
	assert_string_equal(f->model.outcome, "keep");
	assert_int_equal(f->model.panel.px_per_m, 5880); /* on the screen … */
	assert_int_equal(f->model.expected_ms, KEEP_MS);
	assert_int_equal(session_place(f->session)->panel.px_per_m, 0); /* … and nowhere else */
	assert_false(f->fx.place);
	act(f, INTENT_YES, "", "");
	assert_true(f->fx.place);
	assert_string_equal(f->fx.staff_act, "screen measured");
	assert_int_equal(session_place(f->session)->panel.px_per_m, 5880);
	assert_string_equal(row(f, "density")->value, "{1} px/mm|5.88");
	assert_string_equal(row(f, "note")->value, "Kept");
	act(f, INTENT_CONFIRM, "", "");
	assert_int_equal(f->model.panel.px_per_m, 5880); /* on every screen after it */
}

/* Each way out that nobody confirmed leads to the size of before. */
static void a_size_that_nobody_confirms_goes_by_itself(void **state)
{
	struct fixture *f = *state;

	enter(f, SETUP_PLACE);
	measure(f, "7990");
	act(f, INTENT_NO, "", "");
	assert_int_equal(f->model.panel.px_per_m, 0);
	measure(f, "7990");
	wait_ms(f, KEEP_MS - 1);
	assert_int_equal(f->model.panel.px_per_m, 7990);
	assert_int_equal(f->fx.wake_ms, f->now_ms + 1);
	wait_ms(f, 1);
	assert_int_equal(f->model.panel.px_per_m, 0);
	assert_int_equal(f->model.screen, SCREEN_SETUP);
	assert_string_equal(row(f, "note")->value, "As it was before");
	measure(f, "7990");
	act(f, INTENT_END, "", "");
	assert_false(session_is_staff(f->session));
	assert_int_equal(f->model.panel.px_per_m, 0);
	assert_false(f->fx.place);
}

/* The time-out runs although touches keep the technician's session alive, and under a page of help.
 */
static void nothing_prolongs_a_trial(void **state)
{
	struct fixture *f = *state;
	struct session_event touch = {.type = SESSION_ACTIVITY};

	enter(f, SETUP_PLACE);
	measure(f, "2710");
	act(f, INTENT_HELP, "", "");
	f->now_ms += KEEP_MS - 1;
	step(f, &touch);
	assert_int_equal(f->model.panel.px_per_m, 2710);
	wait_ms(f, 1);
	assert_int_equal(f->model.panel.px_per_m, 0);
}

static void no_card_measures_an_impossible_size(void **state)
{
	static const char *const sizes[] = {"1999", "8001", "0", "-4030", "4030 ", "4.03", ""};
	struct fixture *f = *state;

	enter(f, SETUP_PLACE);
	act(f, INTENT_OPEN, "test-density", "");
	for (size_t i = 0; i < VT_ELEMENTS(sizes); i++) {
		act(f, INTENT_SUBMIT, "density", sizes[i]);
		assert_string_equal(f->model.outcome, "");
		assert_int_equal(f->model.panel.px_per_m, 0);
	}
}

/* ---- the touch ---- */

static void calibrate(struct fixture *f, const char *map)
{
	act(f, INTENT_OPEN, "test-touch", "");
	assert_int_equal(f->model.screen, SCREEN_TOUCH);
	act(f, INTENT_SUBMIT, "touch", map);
}

static void a_calibration_stays_once_the_tenth_cross_is_hit(void **state)
{
	struct fixture *f = *state;

	enter(f, SETUP_TOUCH);
	assert_string_equal(row(f, "touch")->value, "Not calibrated here");
	calibrate(f, CROOKED);
	assert_string_equal(f->model.outcome, "check");
	assert_int_equal(f->model.panel.touch.xx, 970000);
	assert_int_equal(f->model.panel.touch.y0, -10000);
	assert_false(panel_has_touch(&session_place(f->session)->panel.touch));
	act(f, INTENT_YES, "", "");
	assert_true(f->fx.place);
	assert_string_equal(f->fx.staff_act, "touch calibrated");
	assert_int_equal(session_place(f->session)->panel.touch.yx, -8000);
	assert_string_equal(row(f, "touch")->value, "Calibrated");
	assert_string_equal(row(f, "touch")->detail, "Nine points, {1} mm off on average|0.8");
	assert_int_equal(f->model.step, SETUP_TOUCH);
}

static void a_calibration_that_misses_is_gone(void **state)
{
	struct fixture *f = *state;

	enter(f, 0);
	calibrate(f, CROOKED);
	act(f, INTENT_NO, "", "");
	assert_false(panel_has_touch(&f->model.panel.touch));
	assert_string_equal(row(f, "note")->detail, "The tenth cross was missed");
	assert_string_equal(f->model.outcome, "tabs");
	calibrate(f, CROOKED);
	act(f, INTENT_BACK, "", "");
	assert_false(panel_has_touch(&f->model.panel.touch));
	calibrate(f, CROOKED);
	wait_ms(f, KEEP_MS);
	assert_false(panel_has_touch(&f->model.panel.touch));
	assert_string_equal(row(f, "note")->detail, "Nobody touched the tenth cross");
	assert_false(panel_has_touch(&session_place(f->session)->panel.touch));
}

static void crosses_that_nobody_touches_do_not_stay(void **state)
{
	struct fixture *f = *state;
	struct session_event touch = {.type = SESSION_ACTIVITY};

	enter(f, 0);
	act(f, INTENT_OPEN, "test-touch", "");
	f->now_ms += TOUCH_MS - 1;
	step(f, &touch);
	wait_ms(f, TOUCH_MS - 1);
	assert_int_equal(f->model.screen, SCREEN_TOUCH);
	wait_ms(f, 1);
	assert_string_equal(f->model.outcome, "tabs");
	assert_string_equal(row(f, "note")->detail, "Nobody touched the crosses");
}

static void no_calibration_is_taken_that_no_panel_has(void **state)
{
	static const char *const maps[] = {
		"", "1000000", "0 0 0 0 0 0 0", "1000000 0 0 0 1000000 0",
		"1000000 0 0 0 1000000 0 0 0", "1000000 0 0 0 1000000 0 -1",
		"1000000 0 0 0 1000000 0 x", "1000000  0 0 0 1000000 0 0",
		"99999999999 0 0 0 1000000 0 0",
		"400000 0 300000 0 1000000 0 0",	 /* less than half */
		"1000000 1000000 0 1000000 1000000 0 0", /* neither straight nor turned */
		"1000000 400000 -200000 0 1000000 0 0",	 /* skew */
		"1000000 0 500000 0 1000000 0 0",	 /* beside the screen */
		"0 1000000 0 0 1000000 0 0",		 /* one axis twice */
	};
	struct fixture *f = *state;

	enter(f, 0);
	act(f, INTENT_OPEN, "test-touch", "");
	for (size_t i = 0; i < VT_ELEMENTS(maps); i++) {
		act(f, INTENT_SUBMIT, "touch", maps[i]);
		assert_string_equal(f->model.outcome, "");
		assert_false(panel_has_touch(&f->model.panel.touch));
	}
}

/* ---- the sound ---- */

static void what_was_heard_is_noted(void **state)
{
	struct fixture *f = *state;

	enter(f, 0);
	act(f, INTENT_OPEN, "test-sound", "");
	assert_string_equal(f->model.outcome, "sound");
	assert_int_equal(f->model.item_count, 4);
	act(f, INTENT_NO, "", "");
	assert_string_equal(f->fx.staff_act, "sound not heard");
	session_staff_add_own(f->session, &f->model);
	assert_string_equal(row(f, "sound")->value, "Failed");
	act(f, INTENT_OPEN, "test-sound", "");
	act(f, INTENT_YES, "", "");
	session_staff_add_own(f->session, &f->model);
	assert_string_equal(row(f, "sound")->value, "Passed");
	/* Beside it what the first start has steps of its own for. */
	assert_non_null(row(f, "touch"));
	assert_non_null(row(f, "density"));
}

static void what_was_kept_is_believed_within_bounds(void **state)
{
	static const struct session_place places[] = {
		{.panel = {.px_per_m = 1999}},
		{.panel = {.bottom_mm = 1601}},
		{.panel = {.touch = {.xx = 1000000, .yy = 1}}},
		{.panel = {.touch = {.x0 = 1}}},
		{.entity = "XX"},
		{.site = "a|b"},
		{.municipality = "a\tb"},
	};
	static const struct session_place good = {
		.panel = {4030, 850, {.xy = -1000000, .x0 = 1000000, .yx = 1000000}},
		.entity = "OC",
		.municipality = "Oaxaca de Juárez",
		.site = "Mercado (norte), 2/3 & 4"};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(places); i++)
		assert_false(session_place_is_sound(&places[i]));
	assert_true(session_place_is_sound(&good));
	assert_true(session_place_is_sound(&(struct session_place){0}));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_place_is_told_row_by_row),
		TEST(a_wrong_answer_is_refused_with_words),
		TEST(maintenance_leads_to_the_place_and_back),
		TEST(a_new_size_is_kept_only_by_whoever_sees_it),
		TEST(a_size_that_nobody_confirms_goes_by_itself),
		TEST(nothing_prolongs_a_trial),
		TEST(no_card_measures_an_impossible_size),
		TEST(a_calibration_stays_once_the_tenth_cross_is_hit),
		TEST(a_calibration_that_misses_is_gone),
		TEST(crosses_that_nobody_touches_do_not_stay),
		TEST(no_calibration_is_taken_that_no_panel_has),
		TEST(what_was_heard_is_noted),
		TEST(what_was_kept_is_believed_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
