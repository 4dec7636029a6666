/* Where a terminal stands, and its panel: part of SESSION_MAINTENANCE and of the first start
 * (UI.md section 13, steps 4 and 6).
 *
 *	PLACE, SETUP, TABS ─ row ─► FIELD ────────────── SUBMIT: kept ───────────► where it came
 *from ├─────► MEASURE ─ SUBMIT ─► KEEP ── YES: kept ───────►      ▲ │                            └
 *NO, 15 s: as before ─────────┤ └─────► TOUCH ─── SUBMIT ─► CHECK ─ YES: kept ──────────────┤ │ 60
 *s untouched     └ NO, BACK, 15 s: as before ─┤ └───────────────────────────────────────────────►─┘
 *
 * What was measured is a *trial* first: in force on the screen, on no disk. Only a person who sees
 * it, or hits the tenth cross by it, makes it stay; whatever else happens (no answer, the
 * technician gone, core killed) leaves what was before. So a wrong measure locks nobody out.
 *
 * The ui measures and fits; its numbers are believed within bounds (terminal/bus/panel.h) only. */

#include <ctype.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/entities.h"
#include "terminal/session/session_internal.h"

#define SET(member, text) vt_copy_cut((member), sizeof(member), (text))

/* Whoever does not touch the crosses for so long cannot, or has gone. */
#define TOUCH_MS 60000

/* English message ids: the ui has the words (ui/screens/staff.c). */
static const struct {
	const char *id, *icon, *label, *title, *hint;
	enum field_type type;
	int max_length; /* characters */
} fields[PLACE_FIELD_COUNT] = {
	[PLACE_STATE] = {"state", "map-trifold", "State", "In which state is this terminal?", "",
		FIELD_ENTITY, 0},
	[PLACE_MUNICIPALITY] = {"municipality", "map-pin-area", "Municipality",
		"In which municipality is it?", "", FIELD_TEXT, 60},
	[PLACE_SITE] = {"site", "buildings", "Site", "What is the place called?",
		"As people call it: the building, the office or the market.", FIELD_TEXT, 60},
	[PLACE_HEIGHT] = {"height", "wheelchair", "Height of the screen",
		"How high is the lower edge of the screen?",
		"In millimetres, from the floor. What seated people reach depends on it.",
		FIELD_NUMBER, 4},
};

static struct screen_item *add(
	struct screen_model *model, const char *id, const char *icon, const char *label)
{
	VT_ASSERT(model->item_count < SCREEN_MAX_ITEMS);
	struct screen_item *item = &model->items[model->item_count++];

	item->kind = ITEM_ROW;
	SET(item->id, id);
	SET(item->icon, icon);
	SET(item->label, label);
	return item;
}

/* A pattern of the ui with what it puts in. */
static void put(char *dst, size_t size, const char *pattern, const char *number)
{
	if (!vt_format(dst, size, "%s|%s", pattern, number))
		vt_copy_cut(dst, size, number);
}

/* ---- what holds ---- */

struct screen_panel panel_in_force(const struct session *s)
{
	return s->c.staff.has_trial ? s->c.staff.trial : s->place.panel;
}

void session_set_place(struct session *s, const struct session_place *place)
{
	s->place = *place;
}

const struct session_place *session_place(const struct session *s)
{
	return &s->place;
}

/* Letters of any language, digits, and the marks that stand in names of places: nothing that means
 * something to the file that keeps it, or to the patterns of the ui. */
static bool is_place_name(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < 0x80 && !isalnum(*p) && !strchr(" .,'&()-/", *p))
			return false;
	return true;
}

bool session_place_is_sound(const struct session_place *place)
{
	const struct screen_panel *panel = &place->panel;

	return (!panel->px_per_m || (panel->px_per_m >= PANEL_MIN_PX_PER_M &&
					    panel->px_per_m <= PANEL_MAX_PX_PER_M)) &&
	       (!panel->bottom_mm || (panel->bottom_mm >= PANEL_MIN_BOTTOM_MM &&
					     panel->bottom_mm <= PANEL_MAX_BOTTOM_MM)) &&
	       panel_touch_is_plausible(&panel->touch) &&
	       (!place->entity[0] || entity_by_code(place->entity)) &&
	       is_place_name(place->municipality) && is_place_name(place->site);
}

/* ---- rows ---- */

/* density: thousandths; "4.03". */
static void format_density(int density, char *text, size_t size)
{
	if (!vt_format(text, size, "%d.%02d", (density + 5) / 1000, (density + 5) / 10 % 100))
		text[0] = '\0';
}

void panel_add_density(const struct session *s, struct screen_model *model)
{
	struct screen_item *item = add(model, "density", "credit-card", "Size of the picture");
	char number[24];

	SET(item->detail2, "Measure");
	SET(item->value, "As in terminal.conf");
	if (!s->place.panel.px_per_m)
		return;
	format_density(s->place.panel.px_per_m, number, sizeof(number));
	put(item->value, sizeof(item->value), "{1} px/mm", number);
	SET(item->reason, "ok");
}

void panel_add_touch(const struct session *s, struct screen_model *model)
{
	struct screen_item *item = add(model, "touch", "hand-tap", "Touch screen");
	const struct panel_touch *touch = &s->place.panel.touch;
	char number[24];

	SET(item->detail2, "Calibrate");
	SET(item->value, "Not calibrated here");
	if (!panel_has_touch(touch))
		return;
	SET(item->value, "Calibrated");
	SET(item->reason, "ok");
	if (vt_format(number, sizeof(number), "%d.%d", touch->error_um / 1000,
		    touch->error_um / 100 % 10))
		put(item->detail, sizeof(item->detail), "Nine points, {1} mm off on average",
			number);
}

static const char *text_of(const struct session *s, enum place_field field)
{
	const struct entity *entity = s->place.entity[0] ? entity_by_code(s->place.entity) : NULL;

	switch (field) {
	case PLACE_STATE:
		return entity ? entity_name(entity, s->c.lang) : "";
	case PLACE_MUNICIPALITY:
		return s->place.municipality;
	case PLACE_SITE:
		return s->place.site;
	case PLACE_HEIGHT:
	case PLACE_FIELD_COUNT:
		break;
	}
	return "";
}

void panel_add_place(const struct session *s, struct screen_model *model)
{
	char number[24];

	for (int i = 0; i < PLACE_FIELD_COUNT; i++) {
		struct screen_item *item =
			add(model, fields[i].id, fields[i].icon, fields[i].label);
		const char *text = text_of(s, (enum place_field)i);

		SET(item->detail2, "Change");
		if (i == PLACE_HEIGHT && !s->place.panel.bottom_mm) {
			SET(item->value, "As in terminal.conf");
		} else if (i == PLACE_HEIGHT &&
			   vt_format(number, sizeof(number), "%d", s->place.panel.bottom_mm)) {
			put(item->value, sizeof(item->value), "{1} mm", number);
			SET(item->reason, "ok");
		} else {
			SET(item->value, text[0] ? text : "Not told yet");
			SET(item->reason, text[0] ? "ok" : "warn");
		}
	}
	panel_add_density(s, model);
}

bool session_place_is_told(const struct session *s)
{
	return s->place.entity[0] && s->place.municipality[0] && s->place.site[0];
}

void panel_add_note(const struct session *s, struct screen_model *model)
{
	const struct staff *staff = &s->c.staff;

	if (!staff->note)
		return;
	struct screen_item *item = add(model, "note",
		staff->note_is_good ? "check" : "arrow-counter-clockwise", "What came of it");
	SET(item->value, staff->note_is_good ? "Kept" : "As it was before");
	SET(item->detail, staff->note);
	SET(item->reason, staff->note_is_good ? "ok" : "warn");
}

/* ---- the models ---- */

static void fill_field(const struct session *s, struct screen_model *model)
{
	const enum place_field at = s->c.staff.field;
	struct screen_field *field = &model->field;

	model->screen = setup_is_due(s) ? SCREEN_SETUP : SCREEN_MAINTENANCE;
	model->has_field = true;
	field->type = fields[at].type;
	field->max_length = fields[at].max_length;
	SET(field->name, fields[at].id);
	SET(field->label, fields[at].title);
	SET(field->hint, fields[at].hint);
	SET(field->error, s->c.staff.error);
	if (at == PLACE_STATE)
		SET(field->value, s->place.entity);
	else if (at == PLACE_HEIGHT && s->place.panel.bottom_mm &&
		 !vt_format(field->value, sizeof(field->value), "%d", s->place.panel.bottom_mm))
		field->value[0] = '\0';
	else if (at != PLACE_HEIGHT)
		SET(field->value, text_of(s, at));
	/* The last one is "born abroad". */
	for (size_t i = 0; at == PLACE_STATE && i < ENTITY_COUNT - 1; i++) {
		const struct entity *entity = entity_at(i);
		struct screen_item *item =
			add(model, entity->code, "", entity_name(entity, s->c.lang));

		item->kind = ITEM_CHOICE;
	}
}

void panel_model(const struct session *s, struct screen_model *model)
{
	const enum staff_view view = s->c.staff.view;

	model->can_back = true;
	if (setup_is_due(s)) {
		model->step = (int)session_setup_step(s);
		model->steps = SETUP_LAST;
	}
	if (view == STAFF_PLACE) {
		SET(model->title, "Place and screen");
		SET(model->outcome, "choice");
		panel_add_note(s, model);
		panel_add_place(s, model);
	} else if (view == STAFF_FIELD) {
		fill_field(s, model);
	} else {
		model->screen =
			view == STAFF_MEASURE || view == STAFF_KEEP ? SCREEN_MEASURE : SCREEN_TOUCH;
		SET(model->outcome, view == STAFF_KEEP	  ? "keep"
				    : view == STAFF_CHECK ? "check"
							  : "");
	}
	if (s->c.staff.has_trial)
		model->expected_ms = s->c.staff.trial_until_ms - s->now_ms;
}

/* ---- steps ---- */

static void go_back(struct session *s, const char *note, bool is_good, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	staff->has_trial = false;
	staff_show(s, staff->from, fx);
	staff->note = note;
	staff->note_is_good = is_good;
}

bool panel_open(struct session *s, const char *id, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;
	const enum staff_view from = staff->view;
	enum staff_view to = STAFF_FIELD;
	int field = 0;

	while (field < PLACE_FIELD_COUNT && strcmp(fields[field].id, id) != 0)
		field++;
	if (field < PLACE_FIELD_COUNT)
		staff->field = (enum place_field)field;
	else if (strcmp(id, "density") == 0)
		to = STAFF_MEASURE;
	else if (strcmp(id, "touch") == 0)
		to = STAFF_TOUCH;
	else
		return false;
	staff_show(s, to, fx);
	staff->from = from;
	return true;
}

/* Keeps value for the field; the id of what is wrong with it, "" = kept. */
static const char *take(struct session *s, const char *value)
{
	struct session_place fresh = s->place;
	const size_t room = sizeof(fresh.municipality);
	int64_t height;

	VT_ASSERT(sizeof(fresh.site) == room);
	while (*value == ' ')
		value++;
	switch (s->c.staff.field) {
	case PLACE_STATE:
		if (!entity_by_code(value) || strcmp(value, "NE") == 0 ||
			!vt_copy(fresh.entity, sizeof(fresh.entity), value))
			return "choice";
		break;
	case PLACE_MUNICIPALITY:
	case PLACE_SITE:
		if (!*value)
			return "required";
		if (!is_place_name(value))
			return "name";
		if (vt_utf8_length(value) > (size_t)fields[s->c.staff.field].max_length ||
			!vt_copy(s->c.staff.field == PLACE_SITE ? fresh.site : fresh.municipality,
				room, value))
			return "long";
		break;
	case PLACE_HEIGHT:
		if (vt_parse_i64(value, PANEL_MIN_BOTTOM_MM, PANEL_MAX_BOTTOM_MM, &height) != VT_OK)
			return "staff.height";
		fresh.panel.bottom_mm = (int)height;
		break;
	case PLACE_FIELD_COUNT:
		return "required";
	}
	s->place = fresh;
	return "";
}

static void on_field(struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (intent->action == INTENT_BACK)
		go_back(s, NULL, false, fx);
	if (intent->action != INTENT_SUBMIT)
		return;
	SET(staff->error, take(s, intent->value));
	fx->show = true;
	if (staff->error[0])
		return;
	fx->place = true;
	fx->staff_act = "place changed";
	go_back(s, NULL, true, fx);
}

static void try_out(struct session *s, const struct screen_panel *trial, enum staff_view view,
	struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;
	const enum staff_view from = staff->from;

	staff_show(s, view, fx);
	staff->from = from;
	staff->has_trial = true;
	staff->trial = *trial;
	staff->trial_until_ms = s->now_ms + s->times.panel_keep;
}

static void keep_trial(
	struct session *s, const char *act, const char *note, struct session_effects *fx)
{
	s->place.panel = s->c.staff.trial;
	fx->place = true;
	fx->staff_act = act;
	go_back(s, note, true, fx);
}

static void on_measure(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	struct screen_panel trial = s->place.panel;
	int64_t density;

	if (intent->action == INTENT_BACK)
		go_back(s, NULL, false, fx);
	if (intent->action != INTENT_SUBMIT || vt_parse_i64(intent->value, PANEL_MIN_PX_PER_M,
						       PANEL_MAX_PX_PER_M, &density) != VT_OK)
		return;
	trial.px_per_m = (int)density;
	try_out(s, &trial, STAFF_KEEP, fx);
}

/* "xx xy x0 yx yy y0 error": true if it is a map that may be tried. */
static bool parse_touch(const char *text, struct panel_touch *ret)
{
	struct panel_touch touch;
	int *const parts[] = {
		&touch.xx, &touch.xy, &touch.x0, &touch.yx, &touch.yy, &touch.y0, &touch.error_um};
	char part[16];

	for (size_t i = 0; i < VT_ELEMENTS(parts); i++) {
		const size_t length = strcspn(text, " ");
		int64_t number;

		if (length == 0 || length >= sizeof(part))
			return false;
		memcpy(part, text, length);
		part[length] = '\0';
		if (vt_parse_i64(part, -10000000, 10000000, &number) != VT_OK)
			return false;
		*parts[i] = (int)number;
		text += length + (text[length] == ' ');
	}
	*ret = touch;
	return *text == '\0' && touch.error_um >= 0 && panel_has_touch(&touch) &&
	       panel_touch_is_plausible(&touch);
}

static void on_touch(struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	struct screen_panel trial = s->place.panel;

	if (intent->action == INTENT_BACK)
		go_back(s, NULL, false, fx);
	else if (intent->action == INTENT_SUBMIT && parse_touch(intent->value, &trial.touch))
		try_out(s, &trial, STAFF_CHECK, fx);
}

void panel_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	const enum intent_action action = intent->action;
	const char *row = intent->item;

	switch (s->c.staff.view) {
	case STAFF_PLACE:
		if (action == INTENT_BACK)
			staff_show(s, STAFF_TABS, fx);
		else if (action == INTENT_OPEN && strncmp(row, "test-", 5) == 0)
			(void)panel_open(s, row + 5, fx); /* another row leads nowhere */
		return;
	case STAFF_FIELD:
		on_field(s, intent, fx);
		return;
	case STAFF_MEASURE:
		on_measure(s, intent, fx);
		return;
	case STAFF_KEEP:
		if (action == INTENT_YES)
			keep_trial(s, "screen measured", "The new size", fx);
		else if (action == INTENT_NO || action == INTENT_BACK)
			go_back(s, "Somebody wanted it back", false, fx);
		return;
	case STAFF_TOUCH:
		on_touch(s, intent, fx);
		return;
	case STAFF_CHECK:
		if (action == INTENT_YES)
			keep_trial(s, "touch calibrated", "The new calibration", fx);
		else if (action == INTENT_NO)
			go_back(s, "The tenth cross was missed", false, fx);
		else if (action == INTENT_BACK)
			go_back(s, "Somebody left the calibration", false, fx);
		return;
	case STAFF_TABS:
	case STAFF_DEVICE:
	case STAFF_REASON:
	case STAFF_UNTIL:
	case STAFF_SETUP:
	case STAFF_SOUND:
		break;
	}
	VT_UNREACHABLE();
}

/* ---- time ---- */

int64_t panel_deadline(const struct session *s)
{
	const struct staff *staff = &s->c.staff;

	if (staff->has_trial)
		return staff->trial_until_ms;
	return staff->view == STAFF_TOUCH ? s->c.touched_ms + TOUCH_MS : INT64_MAX;
}

void panel_timeout(struct session *s, struct session_effects *fx)
{
	const enum staff_view view = s->c.staff.view;

	go_back(s,
		view == STAFF_KEEP    ? "Nobody said that the size is right"
		: view == STAFF_CHECK ? "Nobody touched the tenth cross"
				      : "Nobody touched the crosses",
		false, fx);
}

void panel_check(const struct session *s)
{
	const struct staff *staff = &s->c.staff;
	const bool is_trial = staff->view == STAFF_KEEP || staff->view == STAFF_CHECK;

	VT_ASSERT(session_place_is_sound(&s->place));
	VT_ASSERT(!staff->has_trial || (s->c.state == SESSION_MAINTENANCE && is_trial));
	VT_ASSERT(staff->has_trial || s->c.state != SESSION_MAINTENANCE || !is_trial);
}
