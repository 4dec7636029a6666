#include "ui/app.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "ui/screens/locale.h"
#include "ui/screens/screen.h"
#include "ui/speech/explore.h"
#include "ui/speech/switches.h"
#include "ui/staff_gesture.h"

/* UI.md §7: after this long without touch CURP and names are masked. */
#define MASK_MS 20000
/* Without core for this long the ui says so by itself. */
#define CORE_ABSENT_MS 3000
/* Core's idle clock needs no more than this. */
#define ACTIVITY_MS 1000
/* One screen is answered once: the next intent waits for core's next screen, or for this long where
 * core had nothing to say. A thousand touches a second would else fill the socket. */
#define INTENT_AGAIN_MS 500
#define MINUTE_MS	60000
/* Of a panel at 60 Hz. */
#define FRAME_MS 16

struct app {
	struct ui *ui;
	struct screen *screen;
	bool has_model, is_dirty, is_masked;
	bool is_linked, is_waiting; /* is_waiting: the waiting screen is shown */
	int64_t link_lost_ms;
	int64_t drawn_revision; /* of the last frame */
	int64_t shown_ms, touched_ms;
	bool was_touched;     /* since the last Activity */
	int64_t activity_ms;  /* of the last Activity */
	int64_t drawn_minute; /* unix minute of the last frame */
	int64_t change_at_ms; /* the screen changes by itself then; -1 = never */
	int64_t frame_number;
	bool has_intent;
	struct intent_act intent;
	bool is_answered; /* an intent went out since core's last screen */
	int64_t answered_ms;
	struct speech *speech;
	struct explore explore;
	struct switches switches;
	struct staff_gesture gesture;
	struct profile profile;	   /* as terminal.conf has it */
	struct screen_panel panel; /* in force; within its bounds */
	int raw_x, raw_y;	   /* of the last finger, as the panel said */
	int64_t place;		   /* another number for each other screen */
	struct canvas *black;	   /* what a blanked panel shows; NULL until one is */
	bool is_blank;
};

enum vt_code app_create(const struct app_options *options, const struct app_time *time,
	struct app **ret_app, struct vt_error *error)
{
	VT_CLEANUP(app_destroy) struct app *app = calloc(1, sizeof(*app));

	if (!app)
		return vt_fail(error, VT_ERR_NOMEM, 0, "app");
	enum vt_code code = ui_create(&options->ui, &app->ui, error);
	if (code != VT_OK)
		return code;
	app->screen = screen_create(options->locales);
	locale_set_packs(options->packs);
	app->speech = speech_create();
	if (!app->screen || !app->speech)
		return vt_fail(error, VT_ERR_NOMEM, 0, "app");
	app->is_dirty = true;
	app->profile = options->ui.profile;
	app->link_lost_ms = app->shown_ms = app->touched_ms = time->now_ms;
	app->activity_ms = time->now_ms - ACTIVITY_MS;
	app->change_at_ms = app->switches.move_at_ms = -1;
	*ret_app = vt_take_ptr(&app);
	return VT_OK;
}

void app_destroy(struct app **app)
{
	if (!*app)
		return;
	screen_destroy(&(*app)->screen);
	speech_destroy(&(*app)->speech);
	canvas_destroy(&(*app)->black);
	ui_destroy(&(*app)->ui);
	vt_wipe(*app, sizeof(**app));
	free(*app);
	*app = NULL;
}

static struct screen_env env_of(const struct app *app, const struct app_time *time)
{
	return (struct screen_env){.now_unix_ms = time->unix_ms,
		.utc_offset_min = time->utc_offset_min,
		.since_show_ms = time->now_ms - app->shown_ms,
		.masked = app->is_masked,
		.waiting_for_core = app->is_waiting,
		.calibrate = app->has_model ? switches_step(&app->switches) : CALIBRATE_NONE,
		.calibrate_again = app->switches.is_doubled};
}

/* The same question again, perhaps with a banner or the time-out dialogue over it. */
static bool is_same_screen(const struct screen_model *a, const struct screen_model *b)
{
	return a->screen == b->screen && strcmp(a->service, b->service) == 0 &&
	       strcmp(a->field.name, b->field.name) == 0;
}

/* The same as well in what it tells: core drew it anew because a device or the network changed, not
 * as an answer. A finger that is down goes on, if what it is on is still there (input.c). */
static bool is_redrawn(const struct screen_model *a, const struct screen_model *b)
{
	return strcmp(a->lang, b->lang) == 0 && strcmp(a->title, b->title) == 0 &&
	       strcmp(a->outcome, b->outcome) == 0 && strcmp(a->problem, b->problem) == 0 &&
	       strcmp(a->field.error, b->field.error) == 0 && a->print == b->print &&
	       (a->warning_ms > 0) == (b->warning_ms > 0);
}

/* Core has not yet said what comes of what somebody did. */
static bool is_asking(const struct app *app, const struct app_time *time)
{
	return app->is_answered && time->now_ms - app->answered_ms < INTENT_AGAIN_MS;
}

/* Whatever core says, nothing outside the bounds comes into force. */
static void follow_panel(struct app *app, const struct screen_panel *said)
{
	const bool has_density =
		said->px_per_m >= PANEL_MIN_PX_PER_M && said->px_per_m <= PANEL_MAX_PX_PER_M;
	const bool has_height =
		said->bottom_mm >= PANEL_MIN_BOTTOM_MM && said->bottom_mm <= PANEL_MAX_BOTTOM_MM;

	if (memcmp(&app->panel, said, sizeof(*said)) == 0)
		return;
	app->panel = *said;
	if (!panel_touch_is_plausible(&said->touch))
		app->panel.touch = (struct panel_touch){0};
	ui_set_panel(app->ui, has_density ? said->px_per_m / 1000.0 : app->profile.px_per_mm,
		has_height ? said->bottom_mm : app->profile.screen_bottom_mm);
	input_reset(app->ui);
}

void app_show(struct app *app, const struct screen_model *model, const struct app_time *time)
{
	const struct screen_model *before = screen_get_model(app->screen);
	bool is_same = app->has_model && before && is_same_screen(before, model);
	struct ui_settings settings;

	if (!is_same || !is_redrawn(before, model))
		input_reset(app->ui);
	/* A banner has come, or a dialogue, and not as an answer to what somebody did. */
	input_changes(app->ui, is_same && !is_asking(app, time), time->now_ms);
	if (!is_same) {
		app->is_masked = false;
		app->place++;
		ui_forget_personal(app->ui);
		input_set_focus(app->ui, "", false);
	}
	screen_show(app->screen, model);
	follow_panel(app, &model->panel);
	settings = screen_settings(app->screen);
	ui_set_settings(app->ui, &settings);
	app->has_model = true;
	app->is_waiting = false;
	app->shown_ms = time->now_ms;
	app->is_answered = false;
	app->is_dirty = true;
}

/* Core is gone: whatever a citizen left on the screen goes with it. */
static void start_waiting(struct app *app)
{
	static const struct screen_model nothing;

	app->is_waiting = true;
	app->has_model = false;
	app->is_masked = false;
	app->place++;
	screen_show(app->screen, &nothing);
	ui_forget_personal(app->ui);
	input_reset(app->ui);
	ui_set_settings(app->ui, &(struct ui_settings){0});
	app->is_dirty = true;
}

void app_set_link(struct app *app, bool is_up, const struct app_time *time)
{
	if (app->is_linked && !is_up)
		app->link_lost_ms = time->now_ms;
	app->is_linked = is_up;
	if (!is_up)
		input_reset(app->ui);
}

/* ---- what people do ---- */

static bool is_session(const struct app *app)
{
	const struct screen_model *model = screen_get_model(app->screen);

	return app->has_model && model->screen != SCREEN_ATTRACT &&
	       model->screen != SCREEN_OUT_OF_SERVICE;
}

static void take_action(
	struct app *app, const struct ui_action *action, const struct app_time *time);

/* A setting of core's, as if its button on the access screen had been touched. */
static void ask_setting(struct app *app, const char *name, int value, const struct app_time *time)
{
	struct ui_action action = {.action = "setting"};

	if (vt_format(action.arg, sizeof(action.arg), "%s:%d", name, value))
		take_action(app, &action, time);
}

static void take_answer(
	struct app *app, const struct screen_answer *answer, const struct app_time *time)
{
	if (answer->listen) {
		bool is_on = screen_get_model(app->screen)->settings.speech;

		ask_setting(app, "speech", !is_on, time);
	}
	if (answer->tone)
		speech_tone(app->speech, answer->tone, answer->tone_headphones);
	if (answer->unmask) {
		app->is_masked = false;
		app->is_dirty = true;
	}
	/* Without core an intent would come too late whenever it came. */
	if (answer->send && app->is_linked && !is_asking(app, time)) {
		app->has_intent = true;
		app->is_answered = true;
		app->answered_ms = time->now_ms;
		app->intent = answer->intent;
	}
}

static void take_action(
	struct app *app, const struct ui_action *action, const struct app_time *time)
{
	struct screen_answer answer = {0};
	struct screen_env env = env_of(app, time);

	if (!app->has_model)
		return;
	speech_acted(app->speech, action->action);
	if (screen_act(app->screen, app->ui, &env, action, &answer))
		app->is_dirty = true;
	/* Another screen for whoever sees or hears it, though core knows nothing of it. */
	if (strncmp(action->action, "search", 6) == 0) {
		app->place++;
		input_set_focus(app->ui, "", false);
	}
	take_answer(app, &answer, time);
	vt_wipe(&answer, sizeof(answer));
}

static void note_touch(struct app *app, const struct app_time *time)
{
	app->touched_ms = time->now_ms;
	app->was_touched = true;
}

static void take_input(
	struct app *app, const struct input_result *result, const struct app_time *time)
{
	struct ui_action action = result->action;

	if (result->touched)
		note_touch(app, time);
	app->is_dirty |= result->redraw;
	if (!result->acted)
		return;
	/* A cross was touched: it is measured where the panel said, not where we believe. */
	if (strcmp(action.action, SCREEN_POINT) == 0 &&
		!vt_format(action.arg, sizeof(action.arg), "%d:%d", app->raw_x, app->raw_y))
		return;
	take_action(app, &action, time);
}

/* A finger of somebody who listens: it looks for things, and acts on what it has found (UI.md
 * §11). True if that was all. */
static bool take_explorer(struct app *app, int64_t finger, enum input_phase phase, int x, int y,
	const struct app_time *time)
{
	const struct node *found;

	/* Crosses are for whoever sees them. */
	if (!speech_is_on(app->speech) || ui_find(app->ui, SCREEN_POINT))
		return false;
	if (phase == INPUT_DOWN)
		speech_interrupt(app->speech);
	if (!explore_finger(&app->explore, app->ui, finger, phase, x, y, time->now_ms, &found))
		return false;
	note_touch(app, time);
	if (found && explore_is_focusable(found) &&
		strcmp(found->spec.id, input_focus(app->ui)) != 0) {
		/* The focus says what it comes to. */
		input_set_focus(app->ui, found->spec.id, true);
		app->is_dirty = true;
	} else if (found && found->spec.no_focus) {
		speech_repeat(app->speech);
	} else if (found) {
		speech_explore(app->speech, app->ui, found);
	}
	return true;
}

/* A panel too small for clock or emblem has their corners. */
static bool is_in(const struct app *app, const char *id, bool is_right, int x, int y)
{
	const struct node *node = ui_find(app->ui, id);
	const struct profile *profile = ui_profile(app->ui);
	const int side = profile_px(profile, 80); /* 20 mm */
	const struct rect corner = {is_right ? profile->width_px - side : 0, 0, side, side};

	return rect_contains(node ? &node->rect : &corner, x, y);
}

/* The hidden gesture; only asks core. */
static void watch_gesture(struct app *app, int64_t finger, enum input_phase phase, int x, int y,
	const struct app_time *time)
{
	const enum staff_zone zone = is_in(app, "clock", true, x, y)	 ? STAFF_CLOCK
				     : is_in(app, "emblem", false, x, y) ? STAFF_EMBLEM
									 : STAFF_ELSEWHERE;

	if (!app->has_model || !app->is_linked || app->is_waiting)
		return;
	if (phase == INPUT_DOWN)
		(void)staff_gesture_down(&app->gesture, finger, zone, time->now_ms);
	else if (phase == INPUT_CANCEL)
		app->gesture = (struct staff_gesture){0};
	else if (phase == INPUT_UP && staff_gesture_up(&app->gesture, finger, zone, time->now_ms)) {
		const struct screen_model *model = screen_get_model(app->screen);

		app->has_intent = true;
		app->intent = (struct intent_act){.screen = model->screen,
			.revision = model->revision,
			.action = INTENT_STAFF};
	}
}

void app_finger(struct app *app, int64_t finger, enum input_phase phase, int x, int y,
	const struct app_time *time)
{
	const struct profile *profile = ui_profile(app->ui);
	struct input_result result;

	app->raw_x = x;
	app->raw_y = y;
	panel_map_touch(&app->panel.touch, profile->width_px, profile->height_px, x, y, &x, &y);
	watch_gesture(app, finger, phase, x, y, time);
	if (take_explorer(app, finger, phase, x, y, time))
		return;
	result = input_finger(app->ui, finger, phase, x, y, time->now_ms);
	take_input(app, &result, time);
	vt_wipe(&result, sizeof(result));
}

void app_key(struct app *app, enum input_key key, const struct app_time *time)
{
	struct input_result result;

	speech_interrupt(app->speech);
	result = input_key(app->ui, key, time->now_ms);
	take_input(app, &result, time);
}

void app_focus(struct app *app, const char *id, const struct app_time *time)
{
	const struct input_result result = {.redraw = true, .touched = true};

	input_set_focus(app->ui, id, true);
	take_input(app, &result, time);
}

static void change_step(struct app *app, const char *name, int now, int standard, int max, int by,
	const struct app_time *time)
{
	int next = (now > 0 ? now : standard) + by;

	if (!is_session(app))
		return;
	if (next >= 1 && next <= max)
		ask_setting(app, name, next, time);
	else
		speech_repeat(app->speech);
}

void app_listen(struct app *app, enum app_listen what, const struct app_time *time)
{
	const struct screen_settings *now = &screen_get_model(app->screen)->settings;

	note_touch(app, time);
	if (!speech_is_on(app->speech))
		return;
	switch (what) {
	case LISTEN_REPEAT:
		speech_repeat(app->speech);
		break;
	case LISTEN_PAUSE:
		speech_toggle_pause(app->speech);
		break;
	case LISTEN_WHERE:
		speech_where(app->speech, app->ui);
		break;
	case LISTEN_FASTER:
	case LISTEN_SLOWER:
		change_step(app, "rate", now->rate, SPEECH_RATE_DEFAULT, SPEECH_RATE_STEPS,
			what == LISTEN_FASTER ? 1 : -1, time);
		break;
	case LISTEN_LOUDER:
	case LISTEN_SOFTER:
		change_step(app, "volume", now->volume, SPEECH_VOLUME_DEFAULT, SPEECH_VOLUME_STEPS,
			what == LISTEN_LOUDER ? 1 : -1, time);
		break;
	}
}

bool app_switch(struct app *app, int code, const struct app_time *time)
{
	const struct node *node;
	struct input_result result = {.redraw = true, .touched = true};

	if (!switches_press(&app->switches, app->ui, code, time->now_ms, &node))
		return false;
	speech_interrupt(app->speech);
	if (node) {
		result.acted = true;
		result.action = input_action_of(node);
	}
	take_input(app, &result, time);
	return true;
}

void app_set_headphones(struct app *app, bool are_in, const struct app_time *time)
{
	speech_set_headphones(app->speech, are_in);
	note_touch(app, time);
	app->is_dirty = true;
}

void app_said(struct app *app, int64_t id, const struct app_time *time)
{
	const struct screen_model *model = screen_get_model(app->screen);

	speech_said(app->speech, id);
	/* Whoever listens is there; only the warning has to be answered. */
	if (is_session(app) && model->warning_ms == 0)
		note_touch(app, time);
}

void app_skip(struct app *app, int64_t id)
{
	speech_said(app->speech, id);
}

bool app_take_order(struct app *app, struct speech_order *ret_order)
{
	return speech_take_order(app->speech, ret_order);
}

void app_type(struct app *app, const char *text, const struct app_time *time)
{
	note_touch(app, time);
	speech_interrupt(app->speech);
	if (app->has_model && screen_type(app->screen, text))
		app->is_dirty = true;
}

bool app_edit(struct app *app, const struct entry_change *change, const struct app_time *time)
{
	bool is_taken;

	note_touch(app, time);
	speech_interrupt(app->speech);
	/* Under the privacy mask nobody sees what a change would be made to. */
	is_taken = app->has_model && !app->is_masked && screen_edit(app->screen, change);
	app->is_dirty |= is_taken;
	return is_taken;
}

/* ---- time ---- */

static int64_t mask_at(const struct app *app)
{
	const struct screen_model *model = screen_get_model(app->screen);
	int64_t from = app->touched_ms > app->shown_ms ? app->touched_ms : app->shown_ms;

	if (!app->has_model || app->is_masked || !model || !model->personal)
		return -1;
	return from + MASK_MS;
}

static int64_t wait_at(const struct app *app)
{
	return app->is_linked || app->is_waiting ? -1 : app->link_lost_ms + CORE_ABSENT_MS;
}

static bool is_due(int64_t at_ms, const struct app_time *time)
{
	return at_ms >= 0 && time->now_ms >= at_ms;
}

void app_tick(struct app *app, const struct app_time *time)
{
	struct input_result result = input_tick(app->ui, time->now_ms);

	if (result.acted)
		take_input(app, &result, time);
	if (switches_tick(&app->switches, app->ui, time->now_ms))
		app->is_dirty = true;
	if (is_due(wait_at(app), time))
		start_waiting(app);
	if (is_due(mask_at(app), time)) {
		app->is_masked = true;
		/* The runs of what is masked now have no reason to stay. */
		ui_forget_personal(app->ui);
		app->is_dirty = true;
	}
	if (is_due(app->change_at_ms, time))
		app->is_dirty = true;
	if (time->unix_ms / MINUTE_MS != app->drawn_minute)
		app->is_dirty = true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

int64_t app_deadline(const struct app *app, const struct app_time *time)
{
	int64_t at = time->now_ms + MINUTE_MS - time->unix_ms % MINUTE_MS;

	at = earlier(at, input_deadline(app->ui));
	at = earlier(at, app->switches.move_at_ms);
	at = earlier(at, mask_at(app));
	at = earlier(at, wait_at(app));
	at = earlier(at, app->change_at_ms);
	if (app->was_touched)
		at = earlier(at, app->activity_ms + ACTIVITY_MS);
	return app->is_dirty ? time->now_ms : at;
}

/* ---- what comes out ---- */

static struct speech_scene scene_of(const struct app *app, const struct screen_env *env)
{
	const struct screen_model *model = screen_get_model(app->screen);
	int64_t left = app->has_model ? model->warning_ms - env->since_show_ms : 0;

	return (struct speech_scene){.place = app->place,
		.in_session = is_session(app),
		.is_good = app->has_model && model->screen == SCREEN_DONE &&
			   strcmp(model->outcome, "accepted") == 0,
		.warning_s = left > 0 ? (int)((left + 999) / 1000) : 0,
		.settings = &model->settings};
}

/* Tells the machine of speech what is on the screen, and core what became of speech. */
static void let_speech_see(
	struct app *app, const struct screen_env *env, const struct app_time *time)
{
	struct speech_scene scene = scene_of(app, env);
	bool is_on;

	if (app->place != app->explore.place)
		app->explore = (struct explore){.place = app->place};
	(void)speech_see(app->speech, app->ui, &scene);
	/* An intent that waits to be sent is the person's own: it goes first. */
	if (app->is_linked && !app->has_intent && !is_asking(app, time) &&
		speech_take_wish(app->speech, &is_on))
		ask_setting(app, "speech", is_on, time);
}

static bool wants_darkness(const struct app *app)
{
	return is_session(app) && speech_is_on(app->speech) &&
	       screen_get_model(app->screen)->settings.blank;
}

/* What of the panel changed, given what of the frame did. */
static void blank(struct app *app, const struct rect **rects, size_t *count)
{
	static struct rect whole;
	bool is_blank = wants_darkness(app);

	/* Few ever ask for it, and it is as large as the frame. */
	if (is_blank && !app->black) {
		app->black = canvas_create_headless(
			ui_profile(app->ui)->width_px, ui_profile(app->ui)->height_px);
		VT_ASSERT(app->black);
	}
	if (is_blank != app->is_blank) {
		whole = (struct rect){
			0, 0, ui_profile(app->ui)->width_px, ui_profile(app->ui)->height_px};
		*rects = &whole;
		*count = 1;
	} else if (is_blank) {
		*count = 0;
	}
	app->is_blank = is_blank;
}

bool app_frame(struct app *app, const struct app_time *time, const struct rect **ret_rects,
	size_t *ret_count)
{
	struct screen_env env;
	int64_t change;

	if (!app->is_dirty)
		return false;
	switches_set(&app->switches, &screen_get_model(app->screen)->settings, time->now_ms);
	env = env_of(app, time);
	if (!app_is_empty(app)) {
		screen_build(app->screen, app->ui, &env);
	} else {
		ui_begin(app->ui, "blank", "");
		/* Cannot fail: one node. */
		(void)!ui_end(app->ui);
	}
	if (!app_is_empty(app))
		let_speech_see(app, &env, time);
	ui_set_mark(app->ui, switches_mark(&app->switches, app->ui));
	change = app->has_model ? screen_next_change_ms(app->screen, &env) : -1;
	/* A screen that is never at rest is drawn as often as a panel shows it, not more. */
	if (change >= 0 && change < FRAME_MS)
		change = FRAME_MS;
	app->change_at_ms = change < 0 ? -1 : time->now_ms + change;
	app->drawn_minute = time->unix_ms / MINUTE_MS;
	const struct screen_model *model = screen_get_model(app->screen);
	app->drawn_revision = app->has_model && model ? model->revision : 0;
	app->is_dirty = false;
	app->frame_number++;
	*ret_rects = ui_paint(app->ui, ret_count);
	blank(app, ret_rects, ret_count);
	return true;
}

bool app_take_intent(struct app *app, struct intent_act *ret_intent)
{
	if (!app->has_intent)
		return false;
	*ret_intent = app->intent;
	vt_wipe(&app->intent, sizeof(app->intent));
	app->has_intent = false;
	return true;
}

bool app_take_activity(struct app *app, const struct app_time *time)
{
	if (!app->was_touched || time->now_ms - app->activity_ms < ACTIVITY_MS)
		return false;
	app->was_touched = false;
	app->activity_ms = time->now_ms;
	return app->is_linked;
}

bool app_is_dirty(const struct app *app)
{
	return app->is_dirty;
}

struct ui *app_ui(struct app *app)
{
	return app->ui;
}

bool app_has_headphones(const struct app *app)
{
	return speech_has_headphones(app->speech);
}

struct rect app_mark(struct app *app)
{
	return switches_mark(&app->switches, app->ui);
}

struct canvas *app_canvas(struct app *app)
{
	return app->is_blank ? app->black : ui_canvas(app->ui);
}

bool app_is_empty(const struct app *app)
{
	return !app->has_model && !app->is_waiting;
}

int64_t app_revision(const struct app *app)
{
	return app->drawn_revision;
}

int64_t app_frame_number(const struct app *app)
{
	return app->frame_number;
}
