#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* Nothing operable in the top quarter (UI.md section 3), minus the padding below the header. */
#define TALL_PERCENT 25
#define CONTENT_TOP  28
#define GOLD_LINE    7
/* A person who asks for low buttons wants them low: never more than this share of the screen. */
#define REACH_PERCENT	64
#define LOW_PANEL	1240 /* 308 mm: the height of a 21.5" panel on its side, and more */
#define WARNING_RING_MS 45000

static int content_top(const struct build *b)
{
	static const int tops[ROOM_COUNT] = {CONTENT_TOP, 18, 12, 11};

	return tops[b->room];
}

static int header_min_height(const struct build *b, enum header_style style)
{
	int height = ui_height(b->ui), reach, fill = 0;

	/* A keyboard needs the room, and keeps itself and the buttons low. */
	if (style == HEADER_KEYBOARD && !b->is_low)
		return 0;
	if (style == HEADER_TALL || b->is_low)
		fill = height * TALL_PERCENT / 100;
	if (ui_settings(b->ui)->reach) {
		reach = profile_reach_units(ui_profile(b->ui));
		/* A low panel has no room to give away, and no need: it is low. */
		if (reach > height * REACH_PERCENT / 100 && height > LOW_PANEL)
			reach = height * REACH_PERCENT / 100;
		if (height - reach > fill)
			fill = height - reach;
	}
	if (fill > height / 2)
		fill = height / 2;
	return fill > content_top(b) ? fill - content_top(b) : 0;
}

int frame_reach_top(const struct build *b)
{
	const struct profile *profile = ui_profile(b->ui);
	int top = profile->height_px * TALL_PERCENT / 100, reach;

	if (!ui_settings(b->ui)->reach)
		return top;
	reach = profile->height_px - profile_px(profile, profile_reach_units(profile));
	return reach > top ? reach : top;
}

/* The small line below the product's name goes where it would not fit on one line. */
static bool has_room(struct build *b, enum type_role type, const char *text, int width)
{
	return ui_text_width(b->ui, type, text) <= width;
}

static void offline_pill(struct build *b)
{
	struct ui *ui = b->ui;

	if (!b->model->offline || b->size != TEXT_NORMAL || b->room > ROOM_SNUG)
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .pad = insets_xy(20, 10),
			       .gap = 8,
			       .cross = ALIGN_CENTER,
			       .self = ALIGN_CENTER,
			       .radius = RADIUS_PILL,
			       .border = COLOR_GOLD_LIGHT,
			       .border_width = 2});
	widget_icon(ui, "cloud-slash", ICON_BOLD, 34, COLOR_ON_BRAND);
	widget_text(ui, TYPE_CAPTION, COLOR_ON_BRAND, _("No connection"));
	node_end(ui);
}

/* The clock, and the day below it; the node where the staff's entry begins. */
static void clock_column(struct build *b, enum color ink, bool with_day)
{
	struct ui *ui = b->ui;
	char clock[8], day[48];

	format_clock(clock, sizeof(clock), b->env->now_unix_ms, b->env->utc_offset_min);
	format_day(day, sizeof(day), b->env->now_unix_ms, b->env->utc_offset_min);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .cross = ALIGN_END, .id = "clock"});
	widget_text(ui, TYPE_BRAND, ink, clock);
	/* White: the frets behind it lighten the ground. */
	if (with_day)
		widget_text(ui, TYPE_SMALL, ink, day);
	node_end(ui);
}

static void emblem(struct build *b)
{
	node_add(b->ui, &(struct node_spec){.decor = DECOR_EMBLEM,
				.fg = COLOR_EMBLEM,
				.width = length_units(68),
				.height = length_units(62),
				.id = "emblem"});
}

static void brand_row(struct build *b, enum color ink, enum color ink2)
{
	struct ui *ui = b->ui;
	char day[48];
	int room = ui_width(ui) - 2 * b->margin - 68 - 24 - b->gutter;
	const char *brand = _("Citizen Window"), *owner = _("Federal Public Administration");
	bool has_second;

	format_day(day, sizeof(day), b->env->now_unix_ms, b->env->utc_offset_min);
	room -= ui_text_width(ui, TYPE_SMALL, day);
	has_second = b->room == ROOM_AMPLE && has_room(b, TYPE_SMALL, owner, room);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = 24,
			       .cross = ALIGN_CENTER});
	emblem(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1)});
	widget_text(ui, TYPE_BRAND, ink, brand);
	if (has_second)
		widget_text(ui, TYPE_SMALL, ink2, owner);
	node_end(ui);
	offline_pill(b);
	clock_column(b, ink, has_second);
	node_end(ui);
}

enum type_role frame_title_type(const struct build *b)
{
	static const enum type_role types[ROOM_COUNT] = {
		TYPE_TITLE, TYPE_TITLE, TYPE_HEADING, TYPE_BODY_STRONG};

	return types[b->room];
}

static const char *step_line(struct build *b, const struct header *header)
{
	const struct screen_model *model = b->model;
	const char *service = model->service_name;

	if (header->step != NULL)
		return header->step;
	if (model->steps > 0 && service[0] != '\0')
		return node_text(
			b->ui, _("%s | Step %d of %d"), service, model->step, model->steps);
	/* The title says it already on the introduction. */
	return strcmp(service, header->title) == 0 ? "" : service;
}

static void header_words(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;
	const char *step = step_line(b, header);

	if (step[0] != '\0' && b->room < ROOM_LEAST) {
		widget_text(ui, TYPE_BODY_STRONG, COLOR_ON_BRAND2, step);
		node_add(ui, &(struct node_spec){.height = length_units(2)});
	}
	if (header->title[0] == '\0')
		return;
	widget_heading(ui,
		b->room > ROOM_SNUG ? frame_title_type(b)
		: header->is_large  ? TYPE_TITLE_LARGE
				    : TYPE_TITLE,
		COLOR_ON_BRAND, header->title);
	if (b->room < ROOM_LEAST && header->lead != NULL && header->lead[0] != '\0') {
		node_add(ui, &(struct node_spec){.height = length_units(8)});
		widget_text(ui, TYPE_BODY, COLOR_ON_BRAND2, header->lead);
	}
}

static void ok_sign(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	bool is_final = strcmp(model->outcome, "provisional") != 0;
	bool is_found =
		strcmp(model->outcome, "none") != 0 && strcmp(model->outcome, "several") != 0;
	const char *icon = !is_final ? "clock" : is_found ? "check" : "info";

	if (b->room > ROOM_SNUG)
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(108),
			       .height = length_units(108),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .radius = RADIUS_PILL,
			       .fill = COLOR_EMBLEM,
			       .droppable = 2});
	part_icon(b, icon, ICON_BOLD, 64, b->is_plain ? COLOR_BRAND_TOP : COLOR_OK_BOTTOM);
	node_end(ui);
	node_add(ui, &(struct node_spec){.height = length_units(part_pad(b, 26))});
}

static void ok_words(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;
	enum color ink = b->is_plain ? COLOR_ON_BRAND : COLOR_ON_OK;
	const struct screen_model *model = b->model;
	char folio[VT_FOLIO_SIZE + 8];

	ok_sign(b);
	node_add(ui, &(struct node_spec){.text = header->title,
			     .type = frame_title_type(b),
			     .fg = ink,
			     .text_align = TEXT_CENTER,
			     .role = ROLE_HEADING,
			     .id = "title"});
	if (model->folio[0] == '\0')
		return;
	format_folio(folio, sizeof(folio), model->folio);
	node_add(ui, &(struct node_spec){.height = length_units(part_pad(b, 18))});
	if (b->room < ROOM_LEAST)
		widget_text(ui, TYPE_BODY, ink, _("Folio of your request"));
	node_add(ui, &(struct node_spec){.height = length_units(part_pad(b, 4))});
	node_add(ui, &(struct node_spec){.text = folio,
			     .type = b->room > ROOM_SNUG ? TYPE_CARD_TITLE : TYPE_AMOUNT,
			     .fg = ink,
			     .text_align = TEXT_CENTER,
			     .role = ROLE_STATUS,
			     .id = "folio",
			     .name = node_text(ui, _("Folio %s"), folio)});
}

static void gold_line(struct build *b)
{
	struct ui *ui = b->ui;

	if (!ui_palette(ui)->decoration)
		node_add(ui, &(struct node_spec){.width = length_fill(1),
				     .height = length_units(4),
				     .fill = COLOR_GOLD});
	else
		node_add(ui, &(struct node_spec){.width = length_fill(1),
				     .height = length_units(GOLD_LINE),
				     .decor = DECOR_GOLD_LINE});
}

/* In landscape, and where each line counts, words and clock share the lines. */
static bool is_inline(const struct build *b, const struct header *header)
{
	if (header->style == HEADER_OK || header->title[0] == '\0')
		return false;
	return b->room > ROOM_SNUG ||
	       (b->is_wide && (b->room > ROOM_AMPLE || header->style == HEADER_KEYBOARD));
}

static void header_inline(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;
	bool has_clock = b->room <= ROOM_SNUG;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = insets_xy(b->margin, has_clock ? 16 : 6),
			       .gap = 24,
			       .cross = ALIGN_CENTER});
	if (has_clock)
		emblem(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1)});
	header_words(b, header);
	node_end(ui);
	offline_pill(b);
	if (has_clock)
		clock_column(b, COLOR_ON_BRAND, b->size == TEXT_NORMAL);
	node_end(ui);
}

static void header_stacked(struct build *b, const struct header *header, bool is_green)
{
	struct ui *ui = b->ui;
	bool is_ok = header->style == HEADER_OK;
	int pad = part_pad(b, 30);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {pad, b->margin, pad, b->margin}});
	if (b->room < ROOM_LEAST || header->title[0] == '\0')
		brand_row(b, is_green ? COLOR_ON_OK : COLOR_ON_BRAND,
			is_green ? COLOR_ON_OK : COLOR_ON_BRAND2);
	widget_spacer(ui, 1);
	if (header->title[0] != '\0')
		node_add(ui,
			&(struct node_spec){.height = length_units(part_pad(b, is_ok ? 44 : 30))});
	if (is_ok) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .cross = ALIGN_CENTER});
		ok_words(b, header);
		node_end(ui);
	} else {
		header_words(b, header);
	}
	node_end(ui);
}

static void header_build(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;
	bool is_ok = header->style == HEADER_OK;
	int min_height = header_min_height(b, header->style);
	bool has_frets = min_height > 0 && !is_ok;
	/* High contrast knows no green: there the sign alone tells. */
	bool is_green = is_ok && !b->is_plain;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK,
			       .width = length_fill(1),
			       .min_height = min_height,
			       .fill = is_green ? COLOR_OK : COLOR_BRAND_TOP,
			       .fill_bottom = is_green ? COLOR_OK_BOTTOM : COLOR_BRAND_BOTTOM,
			       .role = ROLE_BANNER,
			       .id = "header",
			       .name = _("Citizen Window")});
	if (has_frets)
		node_add(ui, &(struct node_spec){.decor = DECOR_FRET_FIELD,
				     .fg = COLOR_GOLD_LIGHT,
				     .width = length_fill(1),
				     .height = length_fill(1)});
	if (is_inline(b, header))
		header_inline(b, header);
	else
		header_stacked(b, header, is_green);
	node_end(ui);
	gold_line(b);
}

/* Where the keyboard stands: below everything, or beside the content in landscape, where that
 * leaves the content enough. */
#define WIDE_ENOUGH 1700

static bool is_keyboard_beside(struct build *b)
{
	enum keyboard_layout layout;

	bool has_keyboard = b->model->screen == SCREEN_QUESTION ||
			    b->model->screen == SCREEN_CURP || b->model->screen == SCREEN_STAFF;

	if (!b->is_wide || !((has_keyboard && b->model->has_field) || b->view->is_searching) ||
		!entry_layout(&b->view->entry, &layout))
		return false;
	return layout == KEYBOARD_NUMBER || ui_width(b->ui) >= WIDE_ENOUGH;
}

void frame_open(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;

	b->keyboard_beside = is_keyboard_beside(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1)});
	header_build(b, header);
	if (b->keyboard_beside) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
				       .width = length_fill(1),
				       .height = length_fill(1),
				       .cross = ALIGN_END});
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .height = length_fill(1)});
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {content_top(b), b->margin, 0, b->margin},
			       .gap = b->gutter,
			       .id = "content"});
	if (header->style == HEADER_KEYBOARD && ui_settings(ui)->reach && b->room == ROOM_AMPLE)
		widget_spacer(ui, 1);
}

/* ---- below the content ---- */

/* Width of the content beside a keyboard, in units. */
static int pane_width(struct build *b)
{
	return ui_width(b->ui) - part_keyboard_width(b) - 3 * b->margin;
}

int frame_content_width(struct build *b)
{
	return b->keyboard_beside ? pane_width(b) : ui_width(b->ui) - 2 * b->margin;
}

/* Width of a button's label with all around it but an icon. */
static int label_width(struct build *b, const char *label)
{
	static const int pads[ROOM_COUNT] = {72, 52, 36, 24};

	return label != NULL ? ui_text_width(b->ui, TYPE_BUTTON, label) + pads[b->room] : 0;
}

static void action_back(
	struct build *b, const struct actions *actions, bool is_alone, bool has_icon)
{
	part_button(
		b, &(struct button){.kind = BUTTON_SECONDARY,
			   .id = "back",
			   .label = actions->back,
			   .action = actions->back_action != NULL ? actions->back_action : "back",
			   .icon = has_icon ? "arrow-left" : NULL,
			   .width = is_alone ? length_fill(1) : length_fit()});
}

static void action_row(struct build *b, const struct actions *actions)
{
	struct ui *ui = b->ui;
	int all = frame_content_width(b), width = all;
	int need = label_width(b, actions->back) + label_width(b, actions->second) +
		   label_width(b, actions->primary);
	bool is_stack = need + 2 * b->gutter > all && b->room > ROOM_AMPLE, has_icons;
	static const int tops[ROOM_COUNT] = {24, 16, 12, 11};

	if (actions->back == NULL && actions->primary == NULL && actions->second == NULL)
		return;
	if (actions->second != NULL && actions->primary != NULL)
		width = (width - b->gutter) / 2;
	else if (actions->back != NULL)
		width -= ui_text_width(ui, TYPE_BUTTON, actions->back) + part_grown(b, 40) + 96 +
			 b->gutter;
	has_icons = b->room < ROOM_TIGHT;
	node_begin(ui, &(struct node_spec){.layout = is_stack ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = {tops[b->room], b->margin,
				       tops[b->room] + (b->room == 0 ? 2 : 0), b->margin},
			       .gap = b->gutter,
			       .id = "actions"});
	if (actions->back != NULL)
		action_back(b, actions,
			is_stack || (actions->primary == NULL && actions->second == NULL),
			has_icons);
	if (actions->second != NULL)
		part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
				       .id = "second",
				       .label = actions->second,
				       .action = actions->second_action,
				       .icon = has_icons ? part_button_icon(b, actions->second_icon,
								   actions->second, width)
							 : NULL,
				       .width = length_fill(
					       has_icons ? 1 : label_width(b, actions->second))});
	if (actions->primary != NULL)
		part_button(b,
			&(struct button){.kind = BUTTON_PRIMARY,
				.id = "primary",
				.label = actions->primary,
				.action = actions->primary_action,
				.icon = has_icons ? part_button_icon(b, actions->primary_icon,
							    actions->primary, width)
						  : NULL,
				.icon_after =
					has_icons ? part_button_icon(b, actions->primary_icon_after,
							    actions->primary, width)
						  : NULL,
				.width = length_fill(
					has_icons ? 1 : label_width(b, actions->primary))});
	node_end(ui);
}

struct dock_item {
	const char *id, *icon, *label, *action;
	bool is_exit;
	const char *name; /* NULL = label */
};
#define MAX_DOCK 4

static void dock_item(
	struct build *b, const struct dock_item *item, int weight, bool is_row, bool is_full)
{
	struct ui *ui = b->ui;
	enum color border = item->is_exit ? COLOR_ACTION : b->is_plain ? COLOR_CONTROL : COLOR_NONE;
	static const int heights[ROOM_COUNT] = {112, 84, 66, 54};

	node_begin(ui, &(struct node_spec){.layout = is_row ? LAYOUT_ROW : LAYOUT_COLUMN,
			       .width = length_fill(weight),
			       .min_height = heights[b->room],
			       .pad = b->room == ROOM_AMPLE ? insets_xy(is_full ? 4 : 10, 12)
							    : insets_xy(6, 4),
			       .gap = is_row ? 12 : 4,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = item->is_exit ? COLOR_SURFACE : COLOR_SURFACE2,
			       .border = border,
			       .border_width = ui_palette(ui)->border_control,
			       .radius = 20,
			       .role = ROLE_BUTTON,
			       .id = item->id,
			       .name = item->name,
			       .action = item->action});
	if (b->room < ROOM_LEAST)
		widget_icon(
			ui, item->icon, ICON_DUOTONE, b->room == ROOM_AMPLE ? 46 : 36, COLOR_ICON);
	widget_text(ui, TYPE_CAPTION, item->is_exit ? COLOR_ACTION_TEXT : COLOR_TEXT, item->label);
	node_end(ui);
}

/* Room that the words ask for, and in each of widths[count] that of one. */
static int dock_width(
	struct build *b, const struct dock_item *items, int count, bool is_row, int *widths)
{
	int sum = 0, icon = is_row && b->room < ROOM_LEAST ? part_grown(b, 36) + 12 : 0;

	for (int i = 0; i < count; i++) {
		widths[i] = ui_text_width(b->ui, TYPE_CAPTION, items[i].label) + icon;
		sum += widths[i] + (b->room == ROOM_AMPLE ? 24 : 14);
	}
	return sum;
}

/* "Accesibilidad" in large letters needs more than its share: then by the width of the words, and
 * in two rows where even that is too little. Returns the columns. */
static int dock_weights(struct build *b, const struct dock_item *items, int count, bool is_row,
	int *weights, bool *ret_is_full)
{
	int gap = b->room == ROOM_AMPLE ? 16 : 11, widths[MAX_DOCK];
	int all = ui_width(b->ui) - 2 * b->margin - (count - 1) * gap;
	int sum = dock_width(b, items, count, is_row, widths);
	bool is_even = true;

	for (int i = 0; i < count; i++)
		is_even = is_even && widths[i] + 24 <= all / count;
	for (int i = 0; i < count; i++)
		weights[i] = is_even ? 1 : widths[i] + 40;
	*ret_is_full = sum > all;
	return sum > all && b->room > ROOM_AMPLE && count > 2 ? 2 : count;
}

/* Where the words do not stand in one row, a shorter one; and where a keyboard needs the height,
 * "Escuchar" gives way: it is on the screen of "Accesibilidad" as well. Returns the items. */
static int dock_shorten(struct build *b, struct dock_item *items, int count, bool is_row)
{
	int gap = b->room == ROOM_AMPLE ? 16 : 11, widths[MAX_DOCK];
	int all = ui_width(b->ui) - 2 * b->margin - (count - 1) * gap;

	if (dock_width(b, items, count, is_row, widths) <= all)
		return count;
	items[1].label = _("Settings");
	items[1].name = _("Settings of accessibility");
	if (!(b->model->has_field || b->view->is_searching) ||
		dock_width(b, items, count, is_row, widths) <= all)
		return count;
	items[2] = items[3];
	return count - 1;
}

static void dock(struct build *b)
{
	struct ui *ui = b->ui;
	bool is_in_service = b->model->service[0] != '\0' || b->model->personal;
	bool is_heard = b->model->settings.speech;
	struct dock_item items[MAX_DOCK] = {
		{"dock-language", "translate", _("Language"), "language", false, NULL},
		{"dock-access", "person-arms-spread", _("Accessibility"), "access", false, NULL},
		{"dock-listen", is_heard ? "speaker-slash" : "speaker-high",
			is_heard ? _("Be silent") : _("Listen"), "listen", false, NULL},
		{"dock-help", "question", _("Help"), "help", false, NULL},
	};
	static const int tops[ROOM_COUNT] = {20, 12, 11, 11};
	bool is_row = b->room > ROOM_AMPLE;
	int weights[MAX_DOCK], count, columns, gap;
	bool is_full;

	if (is_in_service)
		items[0] =
			(struct dock_item){"dock-end", "sign-out", _("Finish"), "end", true, NULL};
	count = dock_shorten(b, items, MAX_DOCK, is_row);
	columns = dock_weights(b, items, count, is_row, weights, &is_full);
	gap = b->room == ROOM_AMPLE && !is_full ? 16 : 11;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .fill = COLOR_SURFACE,
			       .shadow = 1,
			       .role = ROLE_NAVIGATION,
			       .name = _("Tools"),
			       .id = "dock"});
	widget_line(ui, COLOR_LINE);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = {tops[b->room], b->margin,
				       tops[b->room] + (b->room == ROOM_AMPLE ? 6 : 0), b->margin},
			       .gap = 11});
	for (int i = 0; i < count; i++) {
		if (i % columns == 0)
			node_begin(ui,
				&(struct node_spec){
					.layout = LAYOUT_ROW, .width = length_fill(1), .gap = gap});
		dock_item(b, &items[i], columns == count ? weights[i] : 1, is_row, is_full);
		if (i % columns == columns - 1 || i == count - 1)
			node_end(ui);
	}
	node_end(ui);
	node_end(ui);
}

void frame_close(struct build *b, const struct actions *actions)
{
	struct ui *ui = b->ui;

	node_end(ui); /* content */
	action_row(b, actions);
	if (b->keyboard_beside)
		node_end(ui);
	if (actions->keyboard)
		part_keyboard(b);
	if (b->keyboard_beside)
		node_end(ui);
	if (!actions->has_no_dock)
		dock(b);
	node_end(ui);
}

/* ---- time-out ---- */

int frame_seconds_left(const struct screen_model *model, const struct screen_env *env)
{
	int64_t left = model->warning_ms - env->since_show_ms;

	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

static void timeout_ring(struct build *b, int seconds)
{
	struct ui *ui = b->ui;
	int64_t total =
		b->model->warning_ms > WARNING_RING_MS ? b->model->warning_ms : WARNING_RING_MS;
	const char *unit = locale_plural("second", "seconds", (unsigned long)seconds);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK,
			       .width = length_units(236),
			       .height = length_units(236),
			       .role = ROLE_TIMER,
			       .id = "timer",
			       .name = node_text(ui, "%d %s", seconds, unit)});
	node_add(ui, &(struct node_spec){.decor = DECOR_RING,
			     .fg = COLOR_ACTION,
			     .width = length_fill(1),
			     .height = length_fill(1),
			     .ring_permille = (int)((int64_t)seconds * 1000 * 1000 / total)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .self = ALIGN_CENTER,
			       .self_v = ALIGN_CENTER,
			       .cross = ALIGN_CENTER});
	widget_text(ui, TYPE_COUNT_DOWN, COLOR_TEXT, node_text(ui, "%d", seconds));
	/* Inside the ring there is room for a short word only. */
	if (has_room(b, TYPE_SMALL, unit, 140))
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, unit);
	node_end(ui);
	node_end(ui);
}

void frame_timeout(struct build *b)
{
	struct ui *ui = b->ui;
	int seconds = frame_seconds_left(b->model, b->env);
	const char *text =
		b->model->no_charge
			? _("For your safety we will erase your data if nobody is here. "
			    "Nothing has been charged.")
			: _("For your safety we will erase your data if nobody is here.");

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {0, b->margin,
				       b->room == ROOM_AMPLE && !b->is_wide ? 220 : 16, b->margin},
			       .main = ALIGN_END,
			       .scrim = true,
			       .role = ROLE_ALERTDIALOG,
			       .states = STATE_MODAL,
			       .id = "timeout",
			       .name = _("Are you still there?")});
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN,
			.width = length_fill(1),
			.pad = {part_pad(b, 56), part_pad(b, 56), part_pad(b, 48), part_pad(b, 56)},
			.gap = b->room > ROOM_SNUG ? 11 : 20,
			.cross = ALIGN_CENTER,
			.fill = COLOR_SURFACE,
			.border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
			.border_width = ui_palette(ui)->border_card,
			.radius = 36,
			.shadow = 3});
	if (b->room < ROOM_TIGHT)
		timeout_ring(b, seconds);
	else
		node_add(ui, &(struct node_spec){.text = node_text(ui, "%d s", seconds),
				     .type = TYPE_CARD_TITLE,
				     .role = ROLE_TIMER,
				     .id = "timer"});
	node_add(ui, &(struct node_spec){.text = _("Are you still there?"),
			     .type = frame_title_type(b),
			     .text_align = TEXT_CENTER,
			     .role = ROLE_HEADING});
	node_add(ui, &(struct node_spec){.text = text,
			     .type = b->room > ROOM_SNUG ? TYPE_BODY : TYPE_LEAD,
			     .fg = COLOR_TEXT2,
			     .text_align = TEXT_CENTER});
	part_button(b, &(struct button){.kind = BUTTON_PRIMARY,
			       .id = "extend",
			       .label = _("Yes, I need more time"),
			       .action = "extend",
			       .icon = b->room > ROOM_SNUG ? NULL : "hourglass-simple",
			       .width = length_fill(1)});
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "end",
			       .label = _("Finish and erase my data"),
			       .action = "end",
			       .icon = b->room > ROOM_SNUG ? NULL : "trash",
			       .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}
