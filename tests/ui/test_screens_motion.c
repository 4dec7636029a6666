/* A change of screen is a cut (UI.md section 7: no full-screen fade): the first frame is the
 * picture, whatever stood there before, and nothing moves behind it but small things in their time.
 * With less motion nothing moves. On a virtual clock, through the whole app. */

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/app_stage.h"
#include "tests/ui/screens_fixtures.h"
#include "ui/app.h"

#define FRAME_MS 16
/* Twice what the one slide that is allowed would take (150 ms). */
#define STILL_MS 300
/* Before the next slide of attract. */
#define WATCH_MS 7900
/* core's answer is waited for this long before the waiting screen comes (UI.md section 7). */
#define WAIT_DELAY_MS 300
#define MAX_FIXTURES  256
/* What may move is a ring, a bar, a picture of a hand: no more than this of the panel. */
#define MOST_PERCENT 35

static struct app *app;
static struct app_time now;
static struct screen_model model;
static int changed_percent; /* by the last frame */

static int open_app(void **state)
{
	const struct profile small = app_stage_small();

	(void)state;
	app_stage_open(&small, &app, &now);
	app_set_link(app, true, &now);
	return 0;
}

static int close_app(void **state)
{
	(void)state;
	app_destroy(&app);
	return 0;
}

/* What the panel shows now, as a hash. */
static uint64_t picture(void)
{
	const struct rect *rects;
	struct speech_order order;
	struct canvas *canvas = app_canvas(app);
	static uint64_t hash;
	int64_t area = 0;
	size_t count = 0;

	app_tick(app, &now);
	bool is_drawn = app_frame(app, &now, &rects, &count);
	for (size_t i = 0; is_drawn && i < count; i++)
		area += (int64_t)rects[i].w * rects[i].h;
	while (app_take_order(app, &order))
		vt_wipe(&order, sizeof(order));
	changed_percent = (int)(100 * area / ((int64_t)canvas->width * canvas->height));
	/* Only a frame changes pixels. */
	hash = is_drawn ? canvas_hash(app_canvas(app)) : hash;
	return hash;
}

static void pass(int64_t ms)
{
	now.now_ms += ms;
	now.unix_ms += ms;
}

/* Nothing moves for a while. */
static void assert_still(const char *what, uint64_t expected)
{
	for (int ms = 0; ms < STILL_MS; ms += FRAME_MS) {
		if (picture() != expected)
			fail_msg("%s: another picture %d ms after the change", what, ms);
		pass(FRAME_MS);
	}
}

static void fill(const struct fixture *fixture, bool is_calm)
{
	fixture->fill(&model, fixture->lang ? fixture->lang : "es-MX");
	model.settings.calm = is_calm;
}

/* Shows the model; its first frame. */
static uint64_t show(const char *what)
{
	now.unix_ms = APP_STAGE_UNIX_MS;
	uint64_t before = picture();
	app_show(app, &model, &now);
	/* The waiting screen comes late; until then what was there is all that is there. */
	if (model.screen == SCREEN_WAIT) {
		assert_still(what, before);
		pass(WAIT_DELAY_MS);
	}
	return picture();
}

/* Another screen than any, so that each change is one, and long enough for it to be over. */
static void show_other(const char *name)
{
	fill(fixture_find(name), false);
	(void)show(name);
	pass(1000);
}

/* The fixtures that are a model and no more: taps and keys belong to screens that are there. */
static bool is_plain(const struct fixture *f)
{
	return !f->masked && !f->waiting_for_core && !f->taps && !f->points && !f->press &&
	       !f->type;
}

static void a_screen_is_there_with_its_first_frame(void **state)
{
	static uint64_t first[MAX_FIXTURES];
	size_t count = 0;

	(void)state;
	assert_true(fixture_count <= MAX_FIXTURES);
	for (size_t i = 0; i < fixture_count; i++) {
		if (!is_plain(&fixtures[i]))
			continue;
		show_other("home");
		fill(&fixtures[i], false);
		first[i] = show(fixtures[i].name);
		assert_still(fixtures[i].name, first[i]);
		count++;
	}
	assert_true(count > 60);
	/* From another screen, in another order: the same pixels. */
	for (size_t i = fixture_count; i-- > 0;) {
		if (!is_plain(&fixtures[i]))
			continue;
		show_other("out-of-service");
		fill(&fixtures[i], false);
		if (show(fixtures[i].name) != first[i])
			fail_msg("%s: something of the screen before is in it", fixtures[i].name);
	}
}

/* A number that counts down is told, not moved. */
static bool counts(void)
{
	return model.warning_ms > 0 ||
	       (model.expected_ms > 0 &&
		       (model.screen == SCREEN_MEASURE || model.screen == SCREEN_TOUCH ||
			       model.screen == SCREEN_STAFF));
}

static bool may_move(void)
{
	return model.screen == SCREEN_WAIT || model.screen == SCREEN_SIGNING ||
	       model.screen == SCREEN_SCAN ||
	       (model.screen == SCREEN_CARD && strcmp(model.outcome, "left") == 0) ||
	       (model.screen == SCREEN_DONE && model.print == PRINT_BUSY);
}

/* How often the picture changes by itself in some seconds. */
static int watch(const struct fixture *fixture, bool is_calm)
{
	const char *name = fixture->name;
	int moves = 0;

	show_other("home");
	fill(fixture, is_calm);
	uint64_t last = show(name);

	for (int ms = 0; ms < WATCH_MS; ms += 100) {
		uint64_t next = picture();
		if (next != last && changed_percent > MOST_PERCENT)
			fail_msg("%s: %d %% of the panel move", name, changed_percent);
		moves += next != last;
		last = next;
		pass(100);
	}
	return moves;
}

static void only_small_things_move(void **state)
{
	int moving = 0;

	(void)state;
	for (size_t i = 0; i < fixture_count; i++) {
		if (!is_plain(&fixtures[i]))
			continue;
		int moves = watch(&fixtures[i], false);
		if (moves > 0 && !may_move() && !counts())
			fail_msg("%s moves by itself", fixtures[i].name);
		moving += moves > 0;
	}
	assert_true(moving > 3); /* the watch works */
}

static void with_less_motion_nothing_moves(void **state)
{
	(void)state;
	for (size_t i = 0; i < fixture_count; i++) {
		if (!is_plain(&fixtures[i]))
			continue;
		if (watch(&fixtures[i], true) > 0 && !counts())
			fail_msg("%s moves all the same", fixtures[i].name);
	}
	/* Not even the slides of attract. */
	fill(fixture_find("attract"), true);
	uint64_t slide = show("attract");
	pass(8000);
	assert_true(picture() == slide);
}

/* ---- changes on one screen ---- */

/* The change happens, at once and whole. */
static uint64_t assert_cut(const char *what, uint64_t before)
{
	uint64_t after = picture();

	if (after == before)
		fail_msg("%s: nothing has changed", what);
	assert_still(what, after);
	return after;
}

static void touch(const char *id, enum input_phase phase)
{
	const struct node *node = ui_find(app_ui(app), id);

	assert_non_null(node);
	app_finger(app, 1, phase, node->rect.x + node->rect.w / 2, node->rect.y + node->rect.h / 2,
		&now);
}

static void what_a_person_does_is_seen_at_once(void **state)
{
	(void)state;
	fill(fixture_find("curp-empty"), false);
	uint64_t empty = show("curp-empty");
	touch("key-B", INPUT_DOWN);
	uint64_t pressed = assert_cut("a press", empty);
	touch("key-B", INPUT_UP);
	uint64_t typed = assert_cut("a letter", pressed);
	touch("key-E", INPUT_DOWN);
	touch("key-E", INPUT_CANCEL);
	assert_true(picture() == typed);
	app_key(app, INPUT_KEY_NEXT, &now);
	(void)assert_cut("the focus", typed);

	fill(fixture_find("home"), false);
	uint64_t page = show("home");
	touch("more", INPUT_DOWN);
	touch("more", INPUT_UP);
	page = assert_cut("a page", page);
	model.settings.text_size = 2;
	page = assert_cut("a size", (app_show(app, &model, &now), page));
	model.settings.contrast = 1;
	page = assert_cut("a contrast", (app_show(app, &model, &now), page));
	vt_copy_cut(model.lang, sizeof(model.lang), "en");
	(void)assert_cut("a language", (app_show(app, &model, &now), page));
}

static void what_time_does_is_seen_at_once(void **state)
{
	(void)state;
	fill(fixture_find("curp-typing"), false);
	model.personal = true;
	uint64_t open = show("curp-typing");
	pass(19000);
	assert_true(picture() == open);
	pass(1000);
	(void)assert_cut("the privacy mask", open);

	fill(fixture_find("attract"), false);
	uint64_t slide = show("attract");
	pass(8000);
	slide = assert_cut("a slide of attract", slide);
	app_set_link(app, false, &now);
	pass(3000);
	(void)assert_cut("core's absence", slide);
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, open_app, close_app)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_APP(a_screen_is_there_with_its_first_frame),
		WITH_APP(only_small_things_move),
		WITH_APP(with_less_motion_nothing_moves),
		WITH_APP(what_a_person_does_is_seen_at_once),
		WITH_APP(what_time_does_is_seen_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
