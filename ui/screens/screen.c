#include "ui/screens/screen.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "ui/screens/build.h"
#include "ui/screens/locale.h"

/* How a model becomes the view on the screen (UI.md section 7):
 *
 *	             model ≠ wait, or 300 ms after a wait model
 *	show ──► next ──────────────────────────────────────────► view
 *	          └─ while the view is a wait drawn less than 500 ms ago
 *
 * So a fast answer never flashes "Consultando…", and a slow one does not vanish at once. While
 * something waits in next, taps do nothing: core has moved on, they would name an old revision. */

#define WAIT_DELAY_MS 300
#define WAIT_KEEP_MS  500

struct screen *screen_create(const char *locales)
{
	struct screen *screen = calloc(1, sizeof(*screen));
	struct vt_error error;

	if (screen == NULL)
		return NULL;
	/* Without catalogues the ui still works, in the English of the message ids. */
	if (locale_init(locales, &error) != VT_OK)
		vt_log(VT_LOG_ERROR, "screens: %s", error.msg);
	return screen;
}

static void view_wipe(struct view *view)
{
	vt_wipe(view, sizeof(*view));
	view->error = "";
}

void screen_destroy(struct screen **screen)
{
	if (*screen == NULL)
		return;
	vt_wipe(*screen, sizeof(**screen));
	free(*screen);
	*screen = NULL;
}

/* The same question again: what was typed stays. */
static bool is_same_place(const struct screen_model *a, const struct screen_model *b)
{
	return a->screen == b->screen && strcmp(a->service, b->service) == 0 &&
	       a->has_field == b->has_field && strcmp(a->field.name, b->field.name) == 0;
}

static void view_set(struct view *view, const struct screen_model *model)
{
	bool same = is_same_place(&view->model, model);
	bool value_changed = strcmp(view->model.field.value, model->field.value) != 0;
	bool month_changed = model->screen == SCREEN_CALENDAR &&
			     strcmp(view->model.months.shown, model->months.shown) != 0;
	bool lang_changed = strcmp(view->model.lang, model->lang) != 0;

	if (!same)
		view_wipe(view);
	view->model = *model;
	if (!same || lang_changed)
		vt_copy_cut(view->chosen, sizeof(view->chosen), model->lang);
	if (model->has_field &&
		(!same || month_changed || (value_changed && model->field.value[0] != '\0')))
		entry_init(&view->entry, &model->field);
	if (month_changed) {
		/* A day of another month is not seen any more: it must not be sent. */
		if (strncmp(view->entry.text, model->months.shown, 7) != 0)
			entry_choose(&view->entry, "");
		view->page = 0;
	}
	view->entry.is_code = model->screen == SCREEN_PIN || model->screen == SCREEN_STAFF;
	view->error = "";
	view->error_seen = false;
}

static void promote(struct screen *screen)
{
	/* The local state of the view may live on: view_set() decides. */
	view_set(&screen->view, &screen->next.model);
	view_wipe(&screen->next);
	screen->has_next = false;
	screen->wait_seen = false;
}

void screen_show(struct screen *screen, const struct screen_model *model)
{
	bool is_wait = model->screen == SCREEN_WAIT;
	bool is_end = model->screen == SCREEN_ATTRACT || model->screen == SCREEN_OUT_OF_SERVICE;
	bool shows_wait = screen->has_model && screen->view.model.screen == SCREEN_WAIT;
	bool starts_wait = is_wait && !shows_wait && screen->has_model &&
			   screen->view.model.screen != SCREEN_ATTRACT;

	screen->next.model = *model;
	screen->has_next = true;
	/* The end of a session is never held back: it wipes. */
	if (is_end || (!starts_wait && !(shows_wait && !is_wait && screen->wait_seen)))
		promote(screen);
	screen->has_model = true;
}

/* Whether next must wait longer, and how long. */
static int64_t hold_ms(const struct screen *screen, const struct screen_env *env)
{
	int64_t seen;

	if (!screen->has_next)
		return 0;
	if (screen->next.model.screen == SCREEN_WAIT)
		return env->since_show_ms < WAIT_DELAY_MS ? WAIT_DELAY_MS - env->since_show_ms : 0;
	seen = env->now_unix_ms - screen->wait_seen_unix_ms;
	/* A clock that jumped must not hold anything. */
	return screen->wait_seen && seen >= 0 && seen < WAIT_KEEP_MS ? WAIT_KEEP_MS - seen : 0;
}

const struct screen_model *screen_get_model(const struct screen *screen)
{
	return screen->has_next ? &screen->next.model : &screen->view.model;
}

/* Technicians have colours of their own, unless they chose a contrast. */
static enum theme_mode mode_of(const struct screen_model *model)
{
	const int wish = model->settings.contrast;
	const bool is_staff = model->screen == SCREEN_STAFF ||
			      model->screen == SCREEN_MAINTENANCE ||
			      model->screen == SCREEN_SETUP || model->screen == SCREEN_MEASURE ||
			      model->screen == SCREEN_TOUCH;

	if (wish > 0 && wish < THEME_MODE_COUNT)
		return (enum theme_mode)wish;
	return is_staff ? THEME_TECHNICIAN : THEME_LIGHT;
}

struct ui_settings screen_settings(const struct screen *screen)
{
	const struct screen_settings *wish = &screen->view.model.settings;

	return (struct ui_settings){
		.text_size = wish->text_size >= 0 && wish->text_size < TEXT_SIZE_COUNT
				     ? (enum text_size)wish->text_size
				     : TEXT_NORMAL,
		.mode = mode_of(&screen->view.model),
		.reach = wish->reach,
		.calm = wish->calm,
		.keys = wish->keys == 1	  ? KEYS_ONCE
			: wish->keys == 2 ? KEYS_SLOW
					  : KEYS_NORMAL,
	};
}

/* No core for some seconds: what core would say, said here. Money is core's business, so nothing is
 * said about it. */
static void build_lost(struct build *b)
{
	struct view view = {.error = ""};

	view.model.screen = SCREEN_OUT_OF_SERVICE;
	view.model.settings = b->model->settings;
	vt_copy_cut(view.model.problem, sizeof(view.model.problem), "restarting");
	vt_copy_cut(view.model.terminal, sizeof(view.model.terminal), b->model->terminal);
	b->view = &view;
	b->model = &view.model;
	build_out_of_service(b);
}

static void build_kind(struct build *b)
{
	static void (*const builders[SCREEN_KIND_COUNT])(struct build *) = {
		[SCREEN_ATTRACT] = build_attract,
		[SCREEN_LANGUAGE] = build_language,
		[SCREEN_HOME] = build_home,
		[SCREEN_INTRO] = build_intro,
		[SCREEN_QUESTION] = build_question,
		[SCREEN_CURP] = build_curp,
		[SCREEN_WAIT] = build_wait,
		[SCREEN_RESULTS] = build_results,
		[SCREEN_REVIEW] = build_review,
		[SCREEN_DONE] = build_done,
		[SCREEN_PROBLEM] = build_problem,
		[SCREEN_OUT_OF_SERVICE] = build_out_of_service,
		[SCREEN_ACCESS] = build_access,
		[SCREEN_HELP] = build_help,
		[SCREEN_SCAN] = build_scan,
		[SCREEN_CARD] = build_card,
		[SCREEN_PIN] = build_pin,
		[SCREEN_SIGNING] = build_signing,
		[SCREEN_PLACE] = build_place,
		[SCREEN_CALENDAR] = build_calendar,
		[SCREEN_HOUR] = build_hour,
		[SCREEN_PAYMENT] = build_payment,
		[SCREEN_STAFF] = build_staff,
		[SCREEN_MAINTENANCE] = build_maintenance,
		[SCREEN_SETUP] = build_setup,
		[SCREEN_MEASURE] = build_ruler,
		[SCREEN_TOUCH] = build_crosses,
	};

	VT_ASSERT(b->model->screen < SCREEN_KIND_COUNT);
	builders[b->model->screen](b);
}

/* Small panels never have ample room: trying it would only page their lists to single rows. */
static enum room first_room(const struct ui *ui)
{
	static const int percent[TEXT_SIZE_COUNT] = {100, 125, 145, 165};
	int height = ui_height(ui) * 100 / percent[ui_settings(ui)->text_size];

	bool is_wide = ui_width(ui) > ui_height(ui);

	return height < 420 ? ROOM_TIGHT : height < (is_wide ? 1200 : 800) ? ROOM_SNUG : ROOM_AMPLE;
}

/* One try. False if the tree is cut. */
static bool build_with(const struct build *like, enum room room, bool is_lost)
{
	struct build b = *like;
	struct ui *ui = b.ui;

	ui_begin(ui, is_lost ? "restarting" : screen_kind_names[b.model->screen], locale_get());
	b.is_plain = !ui_palette(ui)->shadows;
	b.size = ui_settings(ui)->text_size;
	b.is_wide = ui_width(ui) > ui_height(ui);
	build_measure(&b, room);
	if (is_lost) {
		build_lost(&b);
	} else {
		build_kind(&b);
		if (b.env->calibrate != CALIBRATE_NONE)
			build_calibrate(&b);
		if (b.model->warning_ms > 0)
			frame_timeout(&b);
	}
	if (ui_end(ui) == VT_OK)
		return true;
	vt_log(VT_LOG_ERROR, "screens: tree of screen %s is cut",
		screen_kind_names[like->view->model.screen]);
	return false;
}

/* Whether all has its place in this try. Split, a heading may stand alone. */
static bool fits(const struct build *b)
{
	return ui_fits(b->ui) && (b->is_split || !ui_is_torn(b->ui));
}

/* Whether all fits and nothing to touch stands too high; if need be under a taller header. */
static bool fits_with(struct build *b, enum room room, bool is_lost)
{
	b->is_low = false;
	if (!build_with(b, room, is_lost) || !fits(b))
		return false;
	if (ui_first_target(b->ui) >= frame_reach_top(b))
		return true;
	b->is_low = true;
	return build_with(b, room, is_lost) && fits(b) &&
	       ui_first_target(b->ui) >= frame_reach_top(b);
}

/* The most generous room in which it fits in these settings; the last one if none does. */
static bool build_at(struct build *b, const struct ui_settings *settings, bool is_lost)
{
	ui_set_settings(b->ui, settings);
	/* One more than there are rooms: the least one, split. */
	for (int room = (int)first_room(b->ui); room <= ROOM_COUNT; room++) {
		b->is_split = room == ROOM_COUNT;
		b->is_entry_only = false;
		if (fits_with(b, b->is_split ? ROOM_LEAST : (enum room)room, is_lost))
			return true;
	}
	return false;
}

/* In the citizen's text size. Where one word or one key of it has no place on a small panel, this
 * screen, and no other, stands in the next smaller size: nothing is ever cut. */
void screen_build(struct screen *screen, struct ui *ui, const struct screen_env *env)
{
	struct build b = {
		.ui = ui, .env = env, .view = &screen->view, .model = &screen->view.model};
	struct ui_settings settings;
	enum text_size wished;
	bool is_lost = env->waiting_for_core || !screen->has_model;

	if (screen->has_next && hold_ms(screen, env) == 0)
		promote(screen);
	if (screen->view.model.screen == SCREEN_WAIT && !screen->wait_seen && !screen->has_next) {
		screen->wait_seen = true;
		screen->wait_seen_unix_ms = env->now_unix_ms;
	}
	settings = screen_settings(screen);
	locale_use(screen->view.model.lang);
	keyboard_set_language_row(locale_keys());
	wished = settings.text_size;
	while (!build_at(&b, &settings, is_lost)) {
		if (settings.text_size == TEXT_NORMAL) {
			/* No size fits: then it is not for the letters. */
			settings.text_size = wished;
			(void)build_at(&b, &settings, is_lost);
			break;
		}
		settings.text_size--;
	}
}

/* ---- taps ---- */

/* Actions that only tell core something; the node's arg becomes the item. */
static const struct {
	const char *action;
	enum intent_action intent;
} plain_actions[] = {
	{"start", INTENT_START}, {"open", INTENT_OPEN}, {"unknown-curp", INTENT_UNKNOWN_CURP},
	{"change", INTENT_CHANGE}, {"yes", INTENT_YES}, {"no", INTENT_NO}, {"print", INTENT_PRINT},
	{"printed-ok", INTENT_PRINTED_OK}, {"printed-bad", INTENT_PRINTED_BAD},
	{"back", INTENT_BACK}, {"cancel", INTENT_CANCEL}, {"extend", INTENT_EXTEND},
	{"end", INTENT_END}, {"language", INTENT_LANGUAGE}, {"access", INTENT_ACCESS},
	{"help", INTENT_HELP}, {"close", INTENT_CLOSE}, {"sign-in", INTENT_SIGN_IN},
	{"month", INTENT_MONTH}, {"pad", INTENT_SUBMIT}, /* the PIN is typed on the reader */
};

static bool send(struct screen *screen, struct screen_answer *answer, enum intent_action act,
	const char *item)
{
	answer->send = true;
	answer->intent.screen = screen->view.model.screen;
	answer->intent.revision = screen->view.model.revision;
	answer->intent.action = act;
	vt_copy_cut(answer->intent.item, sizeof(answer->intent.item), item);
	return false;
}

static struct vt_date today_of(const struct screen_env *env)
{
	struct vt_date today;
	int minute;

	date_from_unix_ms(env->now_unix_ms, env->utc_offset_min, &today, &minute);
	return today;
}

static bool act_submit(
	struct screen *screen, const struct screen_env *env, struct screen_answer *answer)
{
	struct view *view = &screen->view;
	const char *problem = entry_error(&view->entry, today_of(env));
	bool is_choice = view->entry.type == FIELD_CHOICE || view->entry.type == FIELD_ENTITY;

	if (problem[0] != '\0') {
		view->error = problem;
		view->error_seen = false;
		return true;
	}
	entry_value(&view->entry, answer->intent.value);
	/* A PIN is sent once: whatever comes back, it is typed again. */
	if (view->model.screen == SCREEN_PIN || view->model.screen == SCREEN_STAFF)
		vt_wipe(view->entry.text, sizeof(view->entry.text));
	return send(screen, answer, INTENT_SUBMIT, is_choice ? answer->intent.value : "");
}

/* What is typed so far goes along: core brings it back if nothing is scanned. */
static bool act_scan(struct screen *screen, struct screen_answer *answer)
{
	if (screen->view.model.has_field)
		entry_value(&screen->view.entry, answer->intent.value);
	return send(screen, answer, INTENT_SCAN, "");
}

static bool act_confirm(struct screen *screen, struct screen_answer *answer)
{
	struct view *view = &screen->view;

	if (view->model.needs_consent && !view->consent) {
		view->error = "consent";
		view->error_seen = false;
		return true;
	}
	answer->intent.consent = view->consent;
	return send(screen, answer, INTENT_CONFIRM, "");
}

/* arg "textSize:2": name and value of a setting. */
static bool act_setting(struct screen *screen, const char *arg, struct screen_answer *answer)
{
	const char *colon = strchr(arg, ':');
	char name[VT_MAX_ID];

	if (colon == NULL || (size_t)(colon - arg) >= sizeof(name))
		return false;
	memcpy(name, arg, (size_t)(colon - arg));
	name[colon - arg] = '\0';
	vt_copy_cut(answer->intent.value, sizeof(answer->intent.value), colon + 1);
	return send(screen, answer, INTENT_SETTING, name);
}

static bool act_key(struct view *view, const char *arg)
{
	const struct keyboard_key *key;
	enum keyboard_layout layout;

	if (!entry_layout(&view->entry, &layout) || (key = keyboard_find(layout, arg)) == NULL ||
		!entry_press(&view->entry, key))
		return false;
	/* Other letters find something else. */
	if (view->is_searching)
		view->page = 0;
	/* What was wrong is being mended: the summary stays until the next "Continuar", the mark at
	 * the field goes. */
	view->error_seen = true;
	return true;
}

/* "speaker-left" and the like. */
static bool act_tone(const char *arg, struct screen_answer *answer)
{
	answer->tone = strstr(arg, "-left") ? -1 : 1;
	answer->tone_headphones = strncmp(arg, "headphones", 10) == 0;
	return false;
}

/* arg: "x:y". */
static bool act_point(
	struct screen *screen, const struct ui *ui, const char *arg, struct screen_answer *answer)
{
	const char *colon = strchr(arg, ':');
	struct panel_touch touch;
	char x_text[16];
	int64_t x, y;

	if (colon == NULL || (size_t)(colon - arg) >= sizeof(x_text))
		return false;
	memcpy(x_text, arg, (size_t)(colon - arg));
	x_text[colon - arg] = '\0';
	if (vt_parse_i64(x_text, -100000, 100000, &x) != VT_OK ||
		vt_parse_i64(colon + 1, -100000, 100000, &y) != VT_OK)
		return false;
	switch (crosses_take(&screen->view, ui, (int)x, (int)y, &touch)) {
	case CROSSES_FIT:
		if (!vt_format(answer->intent.value, sizeof(answer->intent.value),
			    "%d %d %d %d %d %d %d", touch.xx, touch.xy, touch.x0, touch.yx,
			    touch.yy, touch.y0, touch.error_um))
			return true;
		(void)send(screen, answer, INTENT_SUBMIT, "touch");
		return true;
	case CROSSES_HIT:
		return send(screen, answer, INTENT_YES, "");
	case CROSSES_MISSED:
		return send(screen, answer, INTENT_NO, "");
	case CROSSES_NEXT:
	case CROSSES_REFUSED:
		break;
	}
	return true;
}

static bool act_measured(struct screen *screen, const struct ui *ui, struct screen_answer *answer)
{
	if (!vt_format(answer->intent.value, sizeof(answer->intent.value), "%d",
		    ruler_px_per_m(ruler_card_px(&screen->view, ui))))
		return false;
	return send(screen, answer, INTENT_SUBMIT, "density");
}

/* arg: pixels. */
static bool act_card(struct view *view, const struct ui *ui, const char *arg)
{
	int64_t by;

	return vt_parse_i64(arg, -100, 100, &by) == VT_OK && ruler_resize(view, ui, (int)by);
}

/* Actions that change only what is drawn; true if this was one. */
static bool act_local(struct view *view, const struct ui_action *action, bool *ret_redraw)
{
	*ret_redraw = true;
	if (strcmp(action->action, "key") == 0) {
		*ret_redraw = act_key(view, action->arg);
	} else if (strcmp(action->action, "choose") == 0) {
		entry_choose(&view->entry, action->arg);
		view->error = "";
		view->error_seen = true;
	} else if (strcmp(action->action, "pick") == 0) {
		vt_copy_cut(view->chosen, sizeof(view->chosen), action->arg);
	} else if (strcmp(action->action, "part") == 0) {
		int64_t part;

		if (vt_parse_i64(action->arg, 0, DATE_PART_COUNT - 1, &part) == VT_OK)
			entry_select(&view->entry, (enum date_part)part);
	} else if (strcmp(action->action, "consent") == 0) {
		view->consent = !view->consent;
		view->error = "";
	} else if (strcmp(action->action, "page") == 0) {
		view->page++;
	} else if (strcmp(action->action, "write") == 0) {
		view->side = SIDE_ENTRY;
		view->page = 0;
	} else if (strcmp(action->action, "read") == 0) {
		view->side = SIDE_WORDS;
		view->page = 0;
	} else if (strcmp(action->action, "correct") == 0) {
		view->error_seen = true;
		view->side = SIDE_ENTRY;
		/* The box of the consent stands on the last page. */
		view->page = -1;
	} else if (strcmp(action->action, "keys") == 0) {
		view->key_page++;
	} else if (strcmp(action->action, "search") == 0) {
		static const struct screen_field field = {.type = FIELD_TEXT, .max_length = 40};

		entry_init(&view->entry, &field);
		view->is_searching = true;
		view->side = SIDE_AUTO;
		view->page = view->key_page = 0;
	} else if (strcmp(action->action, "crosses-again") == 0) {
		view->crosses = (struct crosses){0};
	} else if (strcmp(action->action, "search-end") == 0) {
		entry_finish(&view->entry);
		view->is_searching = false;
		view->page = 0;
	} else {
		return false;
	}
	return true;
}

bool screen_act(struct screen *screen, struct ui *ui, const struct screen_env *env,
	const struct ui_action *action, struct screen_answer *ret_answer)
{
	const char *what = action->action;
	bool redraw;

	memset(ret_answer, 0, sizeof(*ret_answer));
	if (screen->has_next || !screen->has_model || env->waiting_for_core)
		return false;
	if (act_local(&screen->view, action, &redraw))
		return redraw;
	if (strcmp(what, "submit") == 0)
		return act_submit(screen, env, ret_answer);
	if (strcmp(what, "confirm") == 0)
		return act_confirm(screen, ret_answer);
	if (strcmp(what, "scan") == 0)
		return act_scan(screen, ret_answer);
	if (strcmp(what, "setting") == 0)
		return act_setting(screen, action->arg, ret_answer);
	if (strcmp(what, "tone") == 0)
		return act_tone(action->arg, ret_answer);
	if (strcmp(what, SCREEN_POINT) == 0)
		return act_point(screen, ui, action->arg, ret_answer);
	if (strcmp(what, "card-width") == 0)
		return act_card(&screen->view, ui, action->arg);
	if (strcmp(what, "measured") == 0)
		return act_measured(screen, ui, ret_answer);
	if (strcmp(what, "use-language") == 0)
		return send(screen, ret_answer, INTENT_LANGUAGE, screen->view.chosen);
	if (strcmp(what, "listen") == 0) {
		ret_answer->listen = true;
		return false;
	}
	if (strcmp(what, "unmask") == 0) {
		ret_answer->unmask = true;
		return true;
	}
	for (size_t i = 0; i < VT_ELEMENTS(plain_actions); i++)
		if (strcmp(what, plain_actions[i].action) == 0)
			return send(screen, ret_answer, plain_actions[i].intent, action->arg);
	vt_log(VT_LOG_WARNING, "screens: no such action: %s", what);
	return false;
}

static bool takes_text(const struct screen *screen)
{
	const struct view *view = &screen->view;

	return !screen->has_next && screen->has_model &&
	       (view->model.has_field || view->is_searching);
}

bool screen_type(struct screen *screen, const char *text)
{
	struct view *view = &screen->view;
	enum keyboard_layout layout;
	const struct keyboard_key *key;

	if (!takes_text(screen) || !entry_layout(&view->entry, &layout))
		return false;
	key = keyboard_find_typed(layout, text[0] == '\b' ? "delete" : text);
	if (key == NULL || !entry_press(&view->entry, key))
		return false;
	view->error_seen = true;
	return true;
}

bool screen_edit(struct screen *screen, const struct entry_change *change)
{
	struct view *view = &screen->view;

	if (!takes_text(screen) || !entry_edit(&view->entry, change))
		return false;
	if (view->is_searching)
		view->page = 0;
	view->error_seen = true;
	return true;
}

int64_t screen_next_change_ms(const struct screen *screen, const struct screen_env *env)
{
	const struct screen_model *model = &screen->view.model;
	int64_t to_second = 1000 - env->since_show_ms % 1000;

	if (!screen->has_model || env->waiting_for_core)
		return -1;
	if (screen->has_next)
		return hold_ms(screen, env);
	if (model->warning_ms > 0 && frame_seconds_left(model, env) > 0) {
		int64_t left = model->warning_ms - env->since_show_ms;

		/* The number changes when a whole second is left. */
		return left % 1000 > 0 ? left % 1000 : 1000;
	}
	if (model->screen == SCREEN_WAIT || model->screen == SCREEN_SIGNING)
		return to_second;
	if ((model->screen == SCREEN_MEASURE || model->screen == SCREEN_TOUCH) &&
		model->expected_ms > env->since_show_ms)
		return to_second;
	if (model->screen == SCREEN_ATTRACT && !model->settings.calm &&
		attract_slide_count(model) > 1)
		return ATTRACT_SLIDE_MS - env->since_show_ms % ATTRACT_SLIDE_MS;
	/* The picture moves (scan.c). */
	if (model->screen == SCREEN_SCAN && !model->settings.calm)
		return 500 - env->since_show_ms % 500;
	/* The reminder of a forgotten card flashes (card.c). */
	if (model->screen == SCREEN_CARD && strcmp(model->outcome, "left") == 0)
		return 500 - env->since_show_ms % 500;
	if (model->screen == SCREEN_DONE && model->print == PRINT_BUSY)
		return to_second;
	return -1;
}
