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
#define REACH_PERCENT 64
#define LOW_PANEL     1240 /* 308 mm: the height of a 21.5" panel on its side, and more */

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
		node_add(ui, &(struct node_spec){.text = day,
				     .type = TYPE_SMALL,
				     .fg = ink,
				     /* Brackets of the pseudo-locale reach below the line. */
				     .pad = {0, 0, b->size > TEXT_NORMAL ? 2 : 0, 0}});
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

/* Above a keyboard with the least room no line is left for a sentence, unless the words have a side
 * of their own. */
static bool has_note_pill(const struct build *b, const struct header *header)
{
	return b->room == ROOM_LEAST && header->style == HEADER_KEYBOARD &&
	       (!b->is_split || b->is_entry_only);
}

/* A language pack says what people vouched for; the rest of the screen is Spanish. */
static void partial_note(struct build *b, const struct header *header, enum color ink)
{
	if (!locale_is_partial() || has_note_pill(b, header) ||
		(header->style == HEADER_KEYBOARD && !frame_has_words(b)))
		return;
	node_add(b->ui, &(struct node_spec){.height = length_units(part_pad(b, 8))});
	node_add(b->ui, &(struct node_spec){.text = _("Some parts are in Spanish."),
				.type = b->room < ROOM_LEAST ? TYPE_BODY : TYPE_SMALL,
				.fg = ink,
				.role = ROLE_NOTE,
				.id = "partly-spanish"});
}

/* The same beside the title, in one word; its name is the sentence. */
static void partial_pill(struct build *b, const struct header *header)
{
	if (!locale_is_partial() || !has_note_pill(b, header))
		return;
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_ROW,
				  .pad = insets_xy(12, 4),
				  .radius = 14,
				  .border = COLOR_GOLD_LIGHT,
				  .border_width = 2,
				  .role = ROLE_NOTE,
				  .name = _("Some parts are in Spanish."),
				  .id = "partly-spanish"});
	/* Its own name for itself, as on the screen of languages. */
	node_add(b->ui, &(struct node_spec){.text = "Español",
				.type = TYPE_CAPTION,
				.fg = COLOR_ON_BRAND,
				.pad = {2, 0, 2, 0},
				.lang = "es-MX"});
	node_end(b->ui);
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
	partial_note(b, header, COLOR_ON_BRAND2);
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
	partial_note(b, header, ink);
	/* Split, the pages begin with it. */
	if (model->folio[0] == '\0' || b->is_split)
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
	/* Out of service, the staff must always find their way in. */
	bool has_clock = b->room <= ROOM_SNUG || b->view->model.screen == SCREEN_OUT_OF_SERVICE;

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
	partial_pill(b, header);
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

static enum side side_of(const struct build *b)
{
	bool is_begun = b->view->is_searching || b->view->entry.text[0] != '\0';

	if (b->view->side != SIDE_AUTO)
		return b->view->side;
	return is_begun ? SIDE_ENTRY : SIDE_WORDS;
}

void frame_split_pages(struct build *b)
{
	b->is_split = b->is_split || b->room == ROOM_LEAST;
}

bool frame_has_words(const struct build *b)
{
	return !b->is_split || side_of(b) == SIDE_WORDS;
}

bool frame_has_entry(const struct build *b)
{
	return !b->is_split || b->is_entry_only || side_of(b) == SIDE_ENTRY;
}

static bool is_keyboard_beside(struct build *b)
{
	enum keyboard_layout layout;

	bool has_keyboard = b->model->screen == SCREEN_QUESTION ||
			    b->model->screen == SCREEN_CURP || b->model->screen == SCREEN_STAFF ||
			    b->model->screen == SCREEN_PIN || b->model->screen == SCREEN_SETUP ||
			    b->model->screen == SCREEN_MAINTENANCE;

	if (!b->is_wide || !frame_has_entry(b) ||
		!((has_keyboard && b->model->has_field) || b->view->is_searching) ||
		!entry_layout(&b->view->entry, &layout))
		return false;
	return keyboard_is_pad(layout) || ui_width(b->ui) >= WIDE_ENOUGH;
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
			       .paged = b->is_split,
			       .page = b->view->page,
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

/* Width of the buttons beside each other. */
static int row_need(struct build *b, const struct actions *actions)
{
	return label_width(b, actions->back) + label_width(b, actions->second) +
	       label_width(b, actions->primary) + 2 * b->gutter;
}

static bool is_stack(struct build *b, const struct actions *actions)
{
	return row_need(b, actions) > frame_content_width(b) && b->room > ROOM_AMPLE;
}

static void action_row(struct build *b, const struct actions *actions)
{
	struct ui *ui = b->ui;
	int all = frame_content_width(b), width = all;
	bool is_column = is_stack(b, actions), has_icons;
	static const int tops[ROOM_COUNT] = {24, 16, 12, 11};

	if (actions->back == NULL && actions->primary == NULL && actions->second == NULL)
		return;
	if (actions->second != NULL && actions->primary != NULL)
		width = (width - b->gutter) / 2;
	else if (actions->back != NULL)
		width -= ui_text_width(ui, TYPE_BUTTON, actions->back) + part_grown(b, 40) + 96 +
			 b->gutter;
	has_icons = b->room < ROOM_TIGHT;
	node_begin(ui, &(struct node_spec){.layout = is_column ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = {tops[b->room], b->margin,
				       tops[b->room] + (b->room == 0 ? 2 : 0), b->margin},
			       .gap = b->gutter,
			       .id = "actions"});
	if (actions->back != NULL)
		action_back(b, actions,
			is_column || (actions->primary == NULL && actions->second == NULL),
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
				.arg = actions->primary_arg,
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

/* Where the buttons would take the height of the words they ask about, the second one follows the
 * words, on their last page. */
static void second_in_content(struct build *b, struct actions *actions)
{
	int more = label_width(b, _("Read more")) + b->gutter;

	if (!b->is_split || actions->second == NULL ||
		row_need(b, actions) + more <= frame_content_width(b))
		return;
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "second",
			       .label = actions->second,
			       .action = actions->second_action,
			       .width = length_fill(1)});
	actions->second = NULL;
}

/* "Read more" between "Back" and what comes next, at the bottom of the content that is split: its
 * height is the words'. False if the three are too wide. */
static bool pager_in_row(struct build *b, const struct actions *actions)
{
	const char *more = _("Read more");
	struct actions all = *actions;
	struct ui *ui = b->ui;

	all.second = more;
	if (actions->second != NULL || (actions->back == NULL && actions->primary == NULL) ||
		is_stack(b, &all))
		return false;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .main = ALIGN_END,
			       .pager = true});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = b->gutter,
			       .main = ALIGN_BETWEEN,
			       .id = "actions"});
	if (actions->back != NULL)
		action_back(b, actions, actions->primary == NULL, false);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(label_width(b, more)),
			       .pager = true});
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "more",
			       .label = more,
			       .action = "page",
			       .width = length_fill(1)});
	node_end(ui);
	if (actions->primary != NULL)
		part_button(b, &(struct button){.kind = BUTTON_PRIMARY,
				       .id = "primary",
				       .label = actions->primary,
				       .action = actions->primary_action,
				       .arg = actions->primary_arg,
				       .width = length_fill(label_width(b, actions->primary))});
	node_end(ui);
	node_end(ui);
	return true;
}

void frame_close(struct build *b, const struct actions *wanted)
{
	struct ui *ui = b->ui;
	struct actions row = *wanted;
	const struct actions *actions = &row;
	bool is_in_row = false;

	second_in_content(b, &row);
	if (b->is_split) {
		is_in_row = pager_in_row(b, &row);
		if (!is_in_row)
			part_pager(b, _("Read more"));
	}
	node_end(ui); /* content */
	/* Neither the last line nor its ring of focus touches the dock. */
	if (is_in_row ||
		(actions->back == NULL && actions->second == NULL && actions->primary == NULL &&
			(b->room > ROOM_AMPLE || b->model->screen != SCREEN_HOME)))
		node_add(ui, &(struct node_spec){.height = length_units(11)});
	if (!is_in_row)
		action_row(b, actions);
	if (b->keyboard_beside)
		node_end(ui);
	if (actions->keyboard)
		part_keyboard(b);
	if (b->keyboard_beside)
		node_end(ui);
	if (!actions->has_no_dock)
		frame_dock(b);
	node_end(ui);
}

void frame_close_sides(struct build *b, const struct actions *actions)
{
	struct actions sides = *actions;

	if (!frame_has_entry(b)) {
		sides.primary = _("Write");
		sides.primary_action = "write";
		sides.keyboard = false;
	} else if (b->is_split && !b->is_entry_only) {
		sides.back = _("Back");
		sides.back_action = "read";
	}
	frame_close(b, &sides);
}
