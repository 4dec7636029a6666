/* The ui without window and socket: privacy mask, waiting for core, activity, intents, time. */

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/app_stage.h"

static struct app *app;
static struct app_time now;

static int open_app(void **state)
{
	const struct profile reference = profile_reference();

	(void)state;
	app_stage_open(&reference, &app, &now);
	return 0;
}

static int close_app(void **state)
{
	(void)state;
	app_destroy(&app);
	return 0;
}

static void pass(int64_t ms)
{
	now.now_ms += ms;
	now.unix_ms += ms;
	app_tick(app, &now);
}

static bool frame(size_t *ret_count)
{
	const struct rect *rects;

	*ret_count = 0;
	return app_frame(app, &now, &rects, ret_count);
}

static const char *kind(void)
{
	return ui_root(app_ui(app))->spec.name;
}

static struct screen_model *model_of(enum screen_kind screen, int64_t revision)
{
	static struct screen_model model;

	memset(&model, 0, sizeof(model));
	model.screen = screen;
	model.revision = revision;
	if (!vt_copy(model.lang, sizeof(model.lang), "es-MX"))
		abort();
	return &model;
}

static struct screen_model *home(int64_t revision)
{
	struct screen_model *model = model_of(SCREEN_HOME, revision);

	model->item_count = 1;
	model->items[0].kind = ITEM_FEATURE;
	if (!vt_copy(model->items[0].id, VT_MAX_ID, "curp") ||
		!vt_copy(model->items[0].label, 128, "Obtener mi CURP"))
		abort();
	return model;
}

static struct screen_model *curp(int64_t revision, const char *value)
{
	struct screen_model *model = model_of(SCREEN_CURP, revision);

	model->has_field = model->personal = true;
	model->field.type = FIELD_CURP;
	model->field.max_length = 18;
	if (!vt_copy(model->field.name, VT_MAX_ID, "curp") ||
		!vt_copy(model->field.value, VT_MAX_VALUE, value))
		abort();
	return model;
}

static void show(const struct screen_model *model)
{
	size_t count;

	app_show(app, model, &now);
	assert_true(frame(&count));
}

static void tap(const char *id)
{
	const struct node *node = ui_find(app_ui(app), id);

	assert_non_null(node);
	int x = node->rect.x + node->rect.w / 2, y = node->rect.y + node->rect.h / 2;
	app_finger(app, 1, INPUT_DOWN, x, y, &now);
	app_finger(app, 1, INPUT_UP, x, y, &now);
}

static void without_core_for_three_seconds_it_says_so(void **state)
{
	size_t count;

	(void)state;
	assert_true(frame(&count));
	assert_string_equal(kind(), "blank");
	assert_int_equal(app_deadline(app, &now), now.now_ms + 3000);
	pass(2999);
	assert_false(frame(&count));
	pass(1);
	assert_true(frame(&count));
	assert_string_not_equal(kind(), "blank");
	assert_true(count > 0);
	/* Core comes: its screen replaces the waiting. */
	app_set_link(app, true, &now);
	show(home(1));
	assert_string_equal(kind(), "home");
	pass(3600000);
	frame(&count);
	assert_string_equal(kind(), "home");
}

static void when_core_goes_the_citizen_s_screen_goes_with_it(void **state)
{
	size_t count;

	(void)state;
	app_set_link(app, true, &now);
	show(curp(3, "NUIG"));
	assert_true(ui_cache_sizes(app_ui(app)).personal_runs > 0);
	app_set_link(app, false, &now);
	pass(3000);
	assert_true(frame(&count));
	assert_string_not_equal(kind(), "curp");
	assert_int_equal(app_revision(app), 0);
	assert_int_equal(ui_cache_sizes(app_ui(app)).personal_runs, 0);
}

static void a_tap_becomes_an_intent_for_this_screen_and_revision(void **state)
{
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(home(41));
	assert_false(app_take_intent(app, &intent));
	tap("open-curp");
	assert_true(app_take_intent(app, &intent));
	assert_int_equal(intent.screen, SCREEN_HOME);
	assert_int_equal(intent.revision, 41);
	assert_int_equal(intent.action, INTENT_OPEN);
	assert_string_equal(intent.item, "curp");
	assert_false(app_take_intent(app, &intent));
}

static void without_core_a_tap_sends_nothing(void **state)
{
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(home(1));
	app_set_link(app, false, &now);
	tap("open-curp");
	assert_false(app_take_intent(app, &intent));
	assert_false(app_take_activity(app, &now));
}

static void a_finger_on_the_old_screen_does_nothing_on_the_new_one(void **state)
{
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(home(1));
	const struct rect r = ui_find(app_ui(app), "open-curp")->rect;
	app_finger(app, 1, INPUT_DOWN, r.x + 9, r.y + 9, &now);
	show(curp(2, ""));
	app_finger(app, 1, INPUT_UP, r.x + 9, r.y + 9, &now);
	assert_false(app_take_intent(app, &intent));
	/* Not even if the old one comes back meanwhile. */
	show(home(3));
	app_finger(app, 1, INPUT_DOWN, r.x + 9, r.y + 9, &now);
	show(curp(4, ""));
	show(home(5));
	app_finger(app, 1, INPUT_UP, r.x + 9, r.y + 9, &now);
	assert_false(app_take_intent(app, &intent));
}

/* Rows of the maintenance screen: the first opens this device. */
static struct screen_model *devices(int64_t revision, const char *first, const char *value)
{
	struct screen_model *model = model_of(SCREEN_MAINTENANCE, revision);
	struct screen_item *item = &model->items[model->item_count++];

	item->kind = ITEM_ROW;
	vt_copy_cut(item->id, sizeof(item->id), first);
	vt_copy_cut(item->label, sizeof(item->label), first);
	vt_copy_cut(item->value, sizeof(item->value), value);
	vt_copy_cut(item->detail2, sizeof(item->detail2), "Open");
	vt_copy_cut(item->reason, sizeof(item->reason), "ok");
	return model;
}

/* The first node that opens something. */
static struct rect opener(const struct node *node)
{
	struct rect rect = {0};

	if (node->spec.action && strcmp(node->spec.action, "open") == 0)
		return node->rect;
	for (const struct node *child = node->first_child; child && rect.w == 0;
		child = child->next)
		rect = opener(child);
	return rect;
}

static void news_of_a_device_do_not_swallow_the_finger(void **state)
{
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(devices(1, "printer", "Ready"));
	struct rect r = opener(ui_root(app_ui(app)));
	assert_true(r.w > 0);
	app_finger(app, 1, INPUT_DOWN, r.x + 9, r.y + 9, &now);
	show(devices(2, "printer", "No paper"));
	app_finger(app, 1, INPUT_UP, r.x + 9, r.y + 9, &now);
	assert_true(app_take_intent(app, &intent));
	assert_int_equal(intent.revision, 2);
	assert_int_equal(intent.action, INTENT_OPEN);
	assert_string_equal(intent.item, "test-printer");
	/* Another device has come into this place. */
	app_finger(app, 1, INPUT_DOWN, r.x + 9, r.y + 9, &now);
	show(devices(3, "scanner", "Ready"));
	app_finger(app, 1, INPUT_UP, r.x + 9, r.y + 9, &now);
	assert_false(app_take_intent(app, &intent));
}

/* Rows for these devices, one below the other. */
static struct screen_model *two_devices(int64_t revision, const char *first, const char *second)
{
	struct screen_item below = devices(revision, second, "Ready")->items[0];
	struct screen_model *model = devices(revision, first, "Ready");

	model->items[model->item_count++] = below;
	return model;
}

static void tap_at(const struct rect *r)
{
	app_finger(app, 1, INPUT_DOWN, r->x + 9, r->y + 9, &now);
	app_finger(app, 1, INPUT_UP, r->x + 9, r->y + 9, &now);
}

static bool opens(const char *device)
{
	struct intent_act intent;
	char item[64];

	return app_take_intent(app, &intent) && intent.action == INTENT_OPEN &&
	       vt_format(item, sizeof(item), "test-%s", device) && strcmp(intent.item, item) == 0;
}

static void what_moves_by_itself_is_not_touched_by_the_finger_on_its_way(void **state)
{
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(two_devices(1, "printer", "scanner"));
	const struct rect r = opener(ui_root(app_ui(app)));
	/* On the first screen there is nothing that it could have been aimed at instead. */
	tap_at(&r);
	assert_true(opens("printer"));
	pass(5000);
	/* Another has come into the place. */
	show(two_devices(2, "reader", "printer"));
	tap_at(&r);
	pass(INPUT_AIM_MS - 1);
	tap_at(&r);
	assert_false(app_take_intent(app, &intent));
	assert_int_equal(input_missed(app_ui(app)), 2);
	pass(1);
	tap_at(&r);
	assert_true(opens("reader"));
	/* It still stands there: nothing to wait for. */
	pass(5000);
	show(two_devices(3, "reader", "scanner"));
	tap_at(&r);
	assert_true(opens("reader"));
	/* The answer to a touch is what its finger expects. */
	show(two_devices(4, "stripe", "scanner"));
	tap_at(&r);
	assert_true(opens("stripe"));
	/* Another screen says another thing altogether: that rule is another. */
	pass(5000);
	show(home(5));
	tap("open-curp");
	assert_true(app_take_intent(app, &intent));
	assert_int_equal(input_missed(app_ui(app)), 2);
}

static void a_dialogue_that_comes_by_itself_takes_no_finger_on_its_way(void **state)
{
	struct screen_model *model;
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(curp(1, "BEML920313HMCLNS09"));
	pass(5000);
	model = curp(2, "BEML920313HMCLNS09");
	model->warning_ms = 30000;
	show(model);
	tap("extend");
	assert_false(app_take_intent(app, &intent));
	pass(INPUT_AIM_MS);
	tap("extend");
	assert_true(app_take_intent(app, &intent));
}

static void an_answer_is_not_touched_by_the_finger_before(void **state)
{
	struct screen_model *model;
	struct intent_act intent;

	(void)state;
	app_set_link(app, true, &now);
	show(curp(1, "BEML920313HMCLNS09"));
	const struct rect r = ui_find(app_ui(app), "primary")->rect;
	app_finger(app, 1, INPUT_DOWN, r.x + 9, r.y + 9, &now);
	model = curp(2, "BEML920313HMCLNS09");
	vt_copy_cut(model->field.error, sizeof(model->field.error), "curp.STATE");
	show(model);
	const struct rect after = ui_find(app_ui(app), "primary")->rect;
	app_finger(app, 1, INPUT_UP, after.x + 9, after.y + 9, &now);
	assert_false(app_take_intent(app, &intent));
}

static void activity_is_told_at_most_once_a_second(void **state)
{
	int told = 0;

	(void)state;
	app_set_link(app, true, &now);
	show(home(1));
	for (int i = 0; i < 50; i++) { /* five seconds of restless fingers */
		app_finger(app, 1, INPUT_DOWN, 3, 900, &now);
		app_finger(app, 1, INPUT_UP, 3, 900, &now);
		told += app_take_activity(app, &now);
		pass(100);
	}
	assert_in_range(told, 4, 6);
	/* The last touches are not lost: they are told when the second is over. */
	app_finger(app, 1, INPUT_DOWN, 3, 900, &now);
	if (!app_take_activity(app, &now)) {
		assert_true(app_deadline(app, &now) <= now.now_ms + 1000);
		pass(1000);
		assert_true(app_take_activity(app, &now));
	}
	pass(5000);
	assert_false(app_take_activity(app, &now));
}

static void after_twenty_seconds_personal_data_is_masked(void **state)
{
	size_t count;

	(void)state;
	app_set_link(app, true, &now);
	show(curp(5, "NUIG850312"));
	uint64_t open = canvas_hash(ui_canvas(app_ui(app)));
	pass(19999);
	assert_false(frame(&count));
	app_finger(app, 1, INPUT_DOWN, 3, 900, &now); /* a touch starts it anew */
	app_finger(app, 1, INPUT_UP, 3, 900, &now);
	frame(&count);
	assert_true(app_deadline(app, &now) <= now.now_ms); /* the activity is due */
	assert_true(app_take_activity(app, &now));
	assert_true(app_deadline(app, &now) <= now.now_ms + 20000);
	pass(19999);
	frame(&count);
	assert_int_equal(canvas_hash(ui_canvas(app_ui(app))), open);
	pass(1);
	assert_true(frame(&count));
	assert_int_not_equal(canvas_hash(ui_canvas(app_ui(app))), open);
	/* A banner over the same question does not lift it. */
	show(curp(6, "NUIG850312"));
	assert_int_not_equal(canvas_hash(ui_canvas(app_ui(app))), open);
	/* "Mostrar" does. */
	tap("unmask");
	frame(&count);
	assert_int_equal(canvas_hash(ui_canvas(app_ui(app))), open);
}

static void nothing_is_drawn_until_the_minute_changes(void **state)
{
	size_t count;
	int frames = 0;

	(void)state;
	app_set_link(app, true, &now);
	show(home(1));
	for (int i = 0; i < 49; i++) {
		pass(1000);
		frames += frame(&count);
	}
	assert_int_equal(frames, 0);
	assert_int_equal(app_deadline(app, &now), now.now_ms + 1000);
	pass(1000);
	assert_true(frame(&count));
	assert_in_range(count, 1, 2); /* the clock */
}

/* Value of the box one types into. */
static const char *typed(const struct node *node)
{
	for (; node; node = node->next) {
		if (node->spec.role == ROLE_TEXTBOX)
			return node->spec.value;
		const char *inside = typed(node->first_child);
		if (inside)
			return inside;
	}
	return NULL;
}

static void typing_from_a_scanner_fills_the_field(void **state)
{
	size_t count;

	(void)state;
	app_set_link(app, true, &now);
	show(curp(5, ""));
	for (const char *p = "NUIG"; *p; p++)
		app_type(app, (char[]){*p, '\0'}, &now);
	assert_true(frame(&count));
	assert_string_equal(typed(ui_root(app_ui(app))), "NUIG");
	app_type(app, "\b", &now);
	frame(&count);
	assert_string_equal(typed(ui_root(app_ui(app))), "NUI");
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, open_app, close_app)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_APP(without_core_for_three_seconds_it_says_so),
		WITH_APP(when_core_goes_the_citizen_s_screen_goes_with_it),
		WITH_APP(a_tap_becomes_an_intent_for_this_screen_and_revision),
		WITH_APP(without_core_a_tap_sends_nothing),
		WITH_APP(a_finger_on_the_old_screen_does_nothing_on_the_new_one),
		WITH_APP(news_of_a_device_do_not_swallow_the_finger),
		WITH_APP(what_moves_by_itself_is_not_touched_by_the_finger_on_its_way),
		WITH_APP(a_dialogue_that_comes_by_itself_takes_no_finger_on_its_way),
		WITH_APP(an_answer_is_not_touched_by_the_finger_before),
		WITH_APP(activity_is_told_at_most_once_a_second),
		WITH_APP(after_twenty_seconds_personal_data_is_masked),
		WITH_APP(nothing_is_drawn_until_the_minute_changes),
		WITH_APP(typing_from_a_scanner_fills_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
