/* Fingers, keys and focus (UI.md §2, §15.8). */

#include <string.h>

#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/widget.h"

static struct ui *ui;

static int open_ui(void **state)
{
	(void)state;
	ui = trees_ui(profile_reference());
	trees_home(ui, &(struct trees_home){0});
	return 0;
}

static int close_ui(void **state)
{
	(void)state;
	ui_destroy(&ui);
	return 0;
}

static void middle(const char *id, int *x, int *y)
{
	const struct node *node = ui_find(ui, id);

	assert_non_null(node);
	*x = node->rect.x + node->rect.w / 2;
	*y = node->rect.y + node->rect.h / 2;
}

static struct input_result touch_at(
	int64_t finger, enum input_phase phase, const char *id, int64_t now_ms)
{
	int x, y;

	middle(id, &x, &y);
	return input_finger(ui, finger, phase, x, y, now_ms);
}

static struct input_result touch(int64_t finger, enum input_phase phase, const char *id)
{
	return touch_at(finger, phase, id, 1000);
}

/* Where nothing is. */
static struct input_result rest(int64_t finger, enum input_phase phase, int64_t now_ms)
{
	assert_null(input_hit(ui, 2, 2));
	return input_finger(ui, finger, phase, 2, 2, now_ms);
}

static void press_and_release_inside_act(void **state)
{
	struct input_result r = touch(1, INPUT_DOWN, "c3");

	(void)state;
	assert_true(r.redraw && r.touched);
	assert_false(r.acted);
	r = touch(1, INPUT_UP, "c3");
	assert_true(r.acted);
	assert_string_equal(r.action.id, "c3");
	assert_string_equal(r.action.action, "open");
	assert_string_equal(r.action.arg, "service-3");
	assert_false(r.action.by_key);
}

static void dragging_off_does_not_act_even_after_coming_back(void **state)
{
	(void)state;
	touch(1, INPUT_DOWN, "c3");
	assert_true(touch(1, INPUT_MOTION, "c4").redraw); /* the highlight goes */
	assert_false(touch(1, INPUT_UP, "c4").acted);
	touch(1, INPUT_DOWN, "c3");
	touch(1, INPUT_MOTION, "c4");
	touch(1, INPUT_MOTION, "c3");
	assert_false(touch(1, INPUT_UP, "c3").acted);
	/* Without a motion event between, too. */
	touch(1, INPUT_DOWN, "c3");
	assert_false(touch(1, INPUT_UP, "c4").acted);
	touch(1, INPUT_DOWN, "c3");
	touch(1, INPUT_CANCEL, "c3");
	assert_false(touch(1, INPUT_UP, "c3").acted);
}

static void small_motions_inside_do_not_cancel(void **state)
{
	const struct rect r = ui_find(ui, "c3")->rect;

	(void)state;
	input_finger(ui, 1, INPUT_DOWN, r.x, r.y, 0);
	assert_false(input_finger(ui, 1, INPUT_MOTION, r.x + r.w - 1, r.y + r.h - 1, 0).redraw);
	assert_true(input_finger(ui, 1, INPUT_UP, r.x + r.w - 1, r.y, 0).acted);
	input_finger(ui, 1, INPUT_DOWN, r.x, r.y, 0);
	assert_false(input_finger(ui, 1, INPUT_UP, r.x + r.w, r.y, 0).acted);
}

static void a_second_finger_is_ignored(void **state)
{
	(void)state;
	touch(1, INPUT_DOWN, "c3");
	assert_false(touch(2, INPUT_DOWN, "c4").redraw);
	assert_false(touch(2, INPUT_UP, "c4").acted);
	struct input_result r = touch(1, INPUT_UP, "c3");
	assert_true(r.acted);
	assert_string_equal(r.action.id, "c3");
	/* A finger lifted that was never ours. */
	assert_false(touch(9, INPUT_UP, "c3").acted);
}

static void a_second_finger_is_ignored_for_a_second(void **state)
{
	(void)state;
	touch_at(1, INPUT_DOWN, "c4", 1000);
	assert_false(touch_at(2, INPUT_DOWN, "c3", 999 + INPUT_REST_MS).redraw);
	assert_false(touch_at(2, INPUT_UP, "c3", 5000).acted);
	assert_string_equal(input_pressed(ui), "c4");
	assert_string_equal(touch_at(1, INPUT_UP, "c4", 5000).action.id, "c4");
}

static void a_palm_beside_the_controls_keeps_nobody_out(void **state)
{
	(void)state;
	rest(1, INPUT_DOWN, 1000);
	for (int64_t finger = 2; finger < 4; finger++) {
		assert_true(touch_at(finger, INPUT_DOWN, "c3", 1001).redraw);
		assert_false(rest(1, INPUT_MOTION, 1001).redraw);
		assert_string_equal(touch_at(finger, INPUT_UP, "c3", 1002).action.id, "c3");
	}
	/* Nor does it get what it slides upon. */
	assert_false(touch_at(1, INPUT_MOTION, "c3", 1003).redraw);
	assert_false(touch_at(1, INPUT_UP, "c3", 1004).acted);
	/* One on something that is disabled is one beside. */
	trees_curp(ui, "NU");
	touch_at(1, INPUT_DOWN, "key-1", 2000);
	touch_at(2, INPUT_DOWN, "key-Q", 2001);
	assert_true(touch_at(2, INPUT_UP, "key-Q", 2002).acted);
	assert_false(touch_at(1, INPUT_UP, "key-1", 2003).acted);
}

static void a_palm_on_a_control_lets_it_go_to_a_finger(void **state)
{
	(void)state;
	touch_at(1, INPUT_DOWN, "c4", 1000);
	assert_true(touch_at(2, INPUT_DOWN, "c3", 1000 + INPUT_REST_MS).redraw);
	assert_string_equal(input_pressed(ui), "c3");
	assert_false(touch_at(1, INPUT_MOTION, "c4", 2001).redraw);
	assert_false(touch_at(1, INPUT_UP, "c4", 2002).acted);
	assert_string_equal(touch_at(2, INPUT_UP, "c3", 2003).action.id, "c3");
	/* On the control that it rests upon: once. */
	touch_at(1, INPUT_DOWN, "c3", 3000);
	touch_at(2, INPUT_DOWN, "c3", 5000);
	assert_true(touch_at(2, INPUT_UP, "c3", 5001).acted);
	assert_false(touch_at(1, INPUT_UP, "c3", 5002).acted);
	/* And the other way round. */
	touch_at(1, INPUT_DOWN, "c3", 6000);
	touch_at(2, INPUT_DOWN, "c3", 8000);
	assert_false(touch_at(1, INPUT_UP, "c3", 8001).acted);
	assert_true(touch_at(2, INPUT_UP, "c3", 8002).acted);
}

static void who_presses_slowly_is_not_disturbed(void **state)
{
	(void)state;
	touch_at(1, INPUT_DOWN, "c4", 1000);
	/* The other half of the hand. */
	assert_false(rest(2, INPUT_DOWN, 20000).redraw);
	assert_false(rest(2, INPUT_UP, 20001).redraw);
	assert_string_equal(input_pressed(ui), "c4");
	assert_string_equal(touch_at(1, INPUT_UP, "c4", 60000).action.id, "c4");
}

static void a_finger_that_has_left_keeps_nobody_out(void **state)
{
	(void)state;
	touch_at(1, INPUT_DOWN, "c4", 1000);
	touch_at(1, INPUT_MOTION, "c3", 1001);
	touch_at(2, INPUT_DOWN, "c3", 1002);
	assert_false(touch_at(1, INPUT_MOTION, "c4", 1003).redraw);
	assert_false(touch_at(1, INPUT_UP, "c4", 1004).acted);
	assert_true(touch_at(2, INPUT_UP, "c3", 1005).acted);
	/* The same if the screen has changed below it. */
	touch_at(1, INPUT_DOWN, "c4", 2000);
	input_reset(ui);
	trees_home(ui, &(struct trees_home){0});
	touch_at(2, INPUT_DOWN, "c3", 2001);
	assert_false(touch_at(1, INPUT_UP, "c4", 2002).acted);
	assert_true(touch_at(2, INPUT_UP, "c3", 2003).acted);
}

static void the_same_finger_may_go_on_after_a_rebuild(void **state)
{
	(void)state;
	touch(1, INPUT_DOWN, "c3");
	trees_home(ui, &(struct trees_home){.has_banner = true});
	assert_true(touch(1, INPUT_UP, "c3").acted);
}

static void a_finger_from_the_screen_before_does_nothing(void **state)
{
	(void)state;
	touch(1, INPUT_DOWN, "c3");
	input_reset(ui);
	trees_home(ui, &(struct trees_home){0});
	assert_false(touch(1, INPUT_UP, "c3").acted);
	touch(1, INPUT_DOWN, "c3");
	assert_true(touch(1, INPUT_UP, "c3").acted);
}

static void a_dialogue_takes_all_hits(void **state)
{
	int x, y;

	(void)state;
	middle("c0", &x, &y);
	trees_home(ui, &(struct trees_home){.has_dialog = true});
	assert_null(input_hit(ui, x, y));
	input_finger(ui, 1, INPUT_DOWN, x, y, 0);
	assert_false(input_finger(ui, 1, INPUT_UP, x, y, 0).acted);
	touch(1, INPUT_DOWN, "extend");
	assert_string_equal(touch(1, INPUT_UP, "extend").action.action, "extend");
}

static void what_lies_on_top_is_hit(void **state)
{
	(void)state;
	ui_begin(ui, "t", "");
	node_add(ui, &(struct node_spec){.id = "below",
			     .action = "a",
			     .width = length_fill(1),
			     .height = length_fill(1)});
	node_add(
		ui, &(struct node_spec){.width = length_units(100),
			    .height = length_units(100),
			    .fill = COLOR_SURFACE}); /* a card without action hides what is below */
	node_add(ui, &(struct node_spec){.width = length_units(300),
			     .height = length_units(300)}); /* air does not */
	ui_end(ui);
	assert_null(input_hit(ui, 50, 50));
	assert_string_equal(input_hit(ui, 200, 200)->spec.id, "below");
}

static void disabled_nodes_do_nothing(void **state)
{
	(void)state;
	trees_curp(ui, "NU");
	touch(1, INPUT_DOWN, "key-1");
	assert_false(touch(1, INPUT_UP, "key-1").acted);
	touch(1, INPUT_DOWN, "key-Q");
	assert_string_equal(touch(1, INPUT_UP, "key-Q").action.arg, "Q");
	for (int i = 0; i < 60; i++) {
		input_key(ui, INPUT_KEY_NEXT, 0);
		assert_string_not_equal(input_focus(ui), "key-1");
	}
}

static void a_held_key_repeats_after_600_ms(void **state)
{
	int x, y;

	(void)state;
	ui_begin(ui, "t", "");
	widget_key(
		ui, &(struct key){.id = "del", .label = "Borrar", .arg = "del", .repeats = true});
	ui_end(ui);
	middle("del", &x, &y);
	assert_int_equal(input_deadline(ui), -1);
	input_finger(ui, 1, INPUT_DOWN, x, y, 1000);
	assert_int_equal(input_deadline(ui), 1600);
	assert_false(input_tick(ui, 1599).acted);
	assert_true(input_tick(ui, 1600).acted);
	assert_false(input_tick(ui, 1600).acted);
	assert_true(input_tick(ui, input_deadline(ui)).acted);
	/* What was repeated does not act once more at the end. */
	assert_false(input_finger(ui, 1, INPUT_UP, x, y, 2000).acted);
	assert_int_equal(input_deadline(ui), -1);
}

static void set_keys(enum key_pace keys)
{
	struct ui_settings settings = *ui_settings(ui);

	settings.keys = keys;
	ui_set_settings(ui, &settings);
}

static bool taps(const char *id, int64_t now_ms)
{
	touch_at(1, INPUT_DOWN, id, now_ms);
	return touch_at(1, INPUT_UP, id, now_ms + 20).acted;
}

/* EN 301 549 5.8: of a hand that shakes the second tap is not meant. */
static void who_wants_it_a_key_is_deaf_for_half_a_second(void **state)
{
	static const enum key_pace paces[] = {KEYS_ONCE, KEYS_SLOW};

	(void)state;
	trees_curp(ui, "NAM");
	assert_true(taps("key-Q", 1000));
	assert_true(taps("key-Q", 1030));
	for (size_t i = 0; i < VT_ELEMENTS(paces); i++) {
		const int64_t at = 10000 * (int64_t)(i + 1);

		set_keys(paces[i]);
		trees_curp(ui, "NAM");
		assert_true(taps("key-Q", at));
		assert_false(taps("key-Q", at + 100));
		assert_false(taps("key-Q", at + 519));
		/* Another key hears at once; half a second after it acted the first one does. */
		assert_true(taps("key-W", at + 540));
		assert_false(taps("key-W", at + 700));
		assert_true(taps("key-Q", at + 800));
		assert_true(taps("key-Q", at + 1320));
	}
	set_keys(KEYS_NORMAL);
}

static void enter_is_deaf_like_a_finger(void **state)
{
	(void)state;
	set_keys(KEYS_ONCE);
	trees_home(ui, &(struct trees_home){0});
	input_set_focus(ui, "go", true);
	assert_true(input_key(ui, INPUT_KEY_ENTER, 1000).acted);
	assert_false(input_key(ui, INPUT_KEY_ENTER, 1499).acted);
	assert_true(input_key(ui, INPUT_KEY_ENTER, 1500).acted);
	set_keys(KEYS_NORMAL);
	assert_true(input_key(ui, INPUT_KEY_ENTER, 1510).acted);
}

/* EN 301 549 5.7: first after two seconds, then one in two seconds. */
static void slow_keys_repeat_slowly(void **state)
{
	(void)state;
	set_keys(KEYS_SLOW);
	ui_begin(ui, "t", "");
	widget_key(
		ui, &(struct key){.id = "del", .label = "Borrar", .arg = "del", .repeats = true});
	ui_end(ui);
	touch_at(1, INPUT_DOWN, "del", 1000);
	assert_int_equal(input_deadline(ui), 3000);
	assert_false(input_tick(ui, 2999).acted);
	assert_true(input_tick(ui, 3000).acted);
	assert_int_equal(input_deadline(ui), 5000);
	assert_true(input_tick(ui, 5000).acted);
	assert_false(touch_at(1, INPUT_UP, "del", 5100).acted);
	set_keys(KEYS_NORMAL);
}

static void a_palm_on_a_key_that_repeats_stops_for_a_finger(void **state)
{
	(void)state;
	ui_begin(ui, "t", "");
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW});
	widget_key(
		ui, &(struct key){.id = "del", .label = "Borrar", .arg = "del", .repeats = true});
	widget_key(ui, &(struct key){.id = "a", .label = "A", .arg = "A"});
	node_end(ui);
	ui_end(ui);
	touch_at(1, INPUT_DOWN, "del", 1000);
	assert_true(input_tick(ui, 1600).acted);
	touch_at(2, INPUT_DOWN, "a", 2000);
	assert_int_equal(input_deadline(ui), -1);
	assert_false(input_tick(ui, 3000).acted);
	assert_string_equal(touch_at(2, INPUT_UP, "a", 3001).action.arg, "A");
	assert_false(touch_at(1, INPUT_UP, "del", 3002).acted);
}

static void focus_follows_reading_and_wraps(void **state)
{
	static const char *const order[] = {"f1", "f2", "c0", "c1"};

	(void)state;
	assert_string_equal(input_focus(ui), "");
	for (size_t i = 0; i < VT_ELEMENTS(order); i++) {
		assert_true(input_key(ui, INPUT_KEY_NEXT, 0).redraw);
		assert_string_equal(input_focus(ui), order[i]);
	}
	for (int i = 0; i < 4; i++)
		input_key(ui, INPUT_KEY_PREVIOUS, 0);
	assert_string_equal(input_focus(ui), "go");
	input_key(ui, INPUT_KEY_NEXT, 0);
	assert_string_equal(input_focus(ui), "f1");
	struct input_result r = input_key(ui, INPUT_KEY_ENTER, 0);
	assert_true(r.acted && r.action.by_key);
	assert_string_equal(r.action.id, "f1");
}

static void focus_survives_a_rebuild_and_stays_in_the_dialogue(void **state)
{
	(void)state;
	input_set_focus(ui, "c2", true);
	trees_home(ui, &(struct trees_home){.has_banner = true});
	assert_string_equal(input_focus(ui), "c2");
	trees_home(ui, &(struct trees_home){.has_dialog = true});
	assert_string_equal(input_focus(ui), "");
	for (int i = 0; i < 5; i++) {
		input_key(ui, INPUT_KEY_NEXT, 0);
		assert_string_equal(input_focus(ui), i % 2 == 0 ? "extend" : "end");
	}
}

static void what_is_typed_into_is_in_the_focus_order(void **state)
{
	(void)state;
	trees_curp(ui, "NUIG");
	input_key(ui, INPUT_KEY_NEXT, 0);
	assert_string_equal(input_focus(ui), "curp");
	assert_false(input_key(ui, INPUT_KEY_ENTER, 0).acted);
}

static void escape_goes_back(void **state)
{
	(void)state;
	assert_string_equal(input_key(ui, INPUT_KEY_ESCAPE, 0).action.id, "back");
	assert_false(input_key(ui, INPUT_KEY_HELP, 0).acted);
}

static void a_touch_takes_the_ring_away_and_a_key_brings_it_back(void **state)
{
	size_t count;

	(void)state;
	input_key(ui, INPUT_KEY_NEXT, 0);
	trees_home(ui, &(struct trees_home){0});
	ui_paint(ui, &count);
	uint64_t with_ring = canvas_hash(ui_canvas(ui));
	assert_true(input_finger(ui, 1, INPUT_DOWN, 2, 2, 0).redraw);
	input_finger(ui, 1, INPUT_UP, 2, 2, 0);
	trees_home(ui, &(struct trees_home){0});
	ui_paint(ui, &count);
	assert_true(count > 0);
	assert_int_not_equal(canvas_hash(ui_canvas(ui)), with_ring);
	input_key(ui, INPUT_KEY_NEXT, 0);
	assert_string_equal(input_focus(ui), "f1"); /* first it only shows */
	trees_home(ui, &(struct trees_home){0});
	ui_paint(ui, &count);
	assert_int_equal(canvas_hash(ui_canvas(ui)), with_ring);
}

static void tap_at_ms(const char *id, int64_t now_ms, bool acts)
{
	touch_at(1, INPUT_DOWN, id, now_ms);
	assert_int_equal(touch_at(1, INPUT_UP, id, now_ms).acted, acts);
}

static void of_several_surprises_it_was_there_before_each(void **state)
{
	const struct trees_home low = {.has_banner = true}, high = {0};

	(void)state;
	/* The services move down and up again within the time of one aim. */
	input_changes(ui, true, 1000);
	trees_home(ui, &low);
	tap_at_ms("c3", 1001, false);
	tap_at_ms("back", 1001, true); /* which stands where it stood */
	input_changes(ui, true, 1100);
	trees_home(ui, &high);
	tap_at_ms("c3", 1101, false);
	tap_at_ms("c3", 1100 + INPUT_AIM_MS - 1, false);
	assert_int_equal(input_missed(ui), 3);
	tap_at_ms("c3", 1100 + INPUT_AIM_MS, true);
	/* The one before is long over: only the last one counts. */
	input_changes(ui, true, 5000);
	tap_at_ms("c3", 5001, true);
	/* What was asked for ends it. */
	trees_home(ui, &low);
	tap_at_ms("c3", 5002, false);
	input_changes(ui, false, 5003);
	tap_at_ms("c3", 5003, true);
}

#define WITH_UI(test) cmocka_unit_test_setup_teardown(test, open_ui, close_ui)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_UI(press_and_release_inside_act),
		WITH_UI(dragging_off_does_not_act_even_after_coming_back),
		WITH_UI(small_motions_inside_do_not_cancel),
		WITH_UI(a_second_finger_is_ignored),
		WITH_UI(a_second_finger_is_ignored_for_a_second),
		WITH_UI(a_palm_beside_the_controls_keeps_nobody_out),
		WITH_UI(a_palm_on_a_control_lets_it_go_to_a_finger),
		WITH_UI(who_presses_slowly_is_not_disturbed),
		WITH_UI(a_finger_that_has_left_keeps_nobody_out),
		WITH_UI(a_palm_on_a_key_that_repeats_stops_for_a_finger),
		WITH_UI(the_same_finger_may_go_on_after_a_rebuild),
		WITH_UI(a_finger_from_the_screen_before_does_nothing),
		WITH_UI(a_dialogue_takes_all_hits),
		WITH_UI(what_lies_on_top_is_hit),
		WITH_UI(disabled_nodes_do_nothing),
		WITH_UI(a_held_key_repeats_after_600_ms),
		WITH_UI(who_wants_it_a_key_is_deaf_for_half_a_second),
		WITH_UI(enter_is_deaf_like_a_finger),
		WITH_UI(slow_keys_repeat_slowly),
		WITH_UI(focus_follows_reading_and_wraps),
		WITH_UI(focus_survives_a_rebuild_and_stays_in_the_dialogue),
		WITH_UI(what_is_typed_into_is_in_the_focus_order),
		WITH_UI(of_several_surprises_it_was_there_before_each),
		WITH_UI(escape_goes_back),
		WITH_UI(a_touch_takes_the_ring_away_and_a_key_brings_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
