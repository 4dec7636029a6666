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
#define WARNING_RING_MS 45000

static int header_min_height(const struct build *b, enum header_style style)
{
	int height = ui_height(b->ui), reach, fill = 0;

	/* A keyboard needs the room, and keeps itself and the buttons low. */
	if (style == HEADER_KEYBOARD)
		return 0;

	if (style == HEADER_TALL)
		fill = height * TALL_PERCENT / 100;
	if (ui_settings(b->ui)->reach) {
		reach = profile_reach_units(ui_profile(b->ui));
		if (reach > height * REACH_PERCENT / 100)
			reach = height * REACH_PERCENT / 100;
		if (height - reach > fill)
			fill = height - reach;
	}
	/* 15.6" landscape panels and the like have no room to give away. */
	if (fill > height / 2)
		fill = height / 2;
	return fill > CONTENT_TOP ? fill - CONTENT_TOP : 0;
}

/* The small line below the product's name goes where it would not fit on one line. */
static bool has_room(struct build *b, enum type_role type, const char *text, int width)
{
	return ui_text_width(b->ui, type, text) <= width;
}

static void offline_pill(struct build *b)
{
	struct ui *ui = b->ui;

	if (!b->model->offline || b->size != TEXT_NORMAL)
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

static void brand_row(struct build *b, enum color ink, enum color ink2)
{
	struct ui *ui = b->ui;
	char clock[8], day[48];
	int room = ui_width(ui) - 2 * MARGIN - 68 - 24 - GUTTER;
	const char *brand = _("Citizen Window"), *owner = _("Federal Public Administration");

	format_clock(clock, sizeof(clock), b->env->now_unix_ms, b->env->utc_offset_min);
	format_day(day, sizeof(day), b->env->now_unix_ms, b->env->utc_offset_min);
	room -= ui_text_width(ui, TYPE_SMALL, day);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = 24,
			       .cross = ALIGN_CENTER});
	node_add(ui, &(struct node_spec){.decor = DECOR_EMBLEM,
			     .fg = COLOR_EMBLEM,
			     .width = length_units(68),
			     .height = length_units(62)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1)});
	widget_text(ui, TYPE_BRAND, ink, brand);
	if (has_room(b, TYPE_SMALL, owner, room))
		widget_text(ui, TYPE_SMALL, ink2, owner);
	node_end(ui);
	offline_pill(b);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .cross = ALIGN_END, .id = "clock"});
	widget_text(ui, TYPE_BRAND, ink, clock);
	/* White: the frets behind it lighten the ground. */
	if (has_room(b, TYPE_SMALL, owner, room))
		widget_text(ui, TYPE_SMALL, ink, day);
	node_end(ui);
	node_end(ui);
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

	if (step[0] != '\0') {
		widget_text(ui, TYPE_BODY_STRONG, COLOR_ON_BRAND2, step);
		node_add(ui, &(struct node_spec){.height = length_units(2)});
	}
	if (header->title[0] == '\0')
		return;
	widget_heading(ui, header->is_large ? TYPE_TITLE_LARGE : TYPE_TITLE, COLOR_ON_BRAND,
		header->title);
	if (header->lead != NULL && header->lead[0] != '\0') {
		node_add(ui, &(struct node_spec){.height = length_units(8)});
		widget_text(ui, TYPE_BODY, COLOR_ON_BRAND2, header->lead);
	}
}

static void ok_words(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;
	enum color ink = b->is_plain ? COLOR_ON_BRAND : COLOR_ON_OK;
	const struct screen_model *model = b->model;
	bool is_final = strcmp(model->outcome, "provisional") != 0;
	bool is_found =
		strcmp(model->outcome, "none") != 0 && strcmp(model->outcome, "several") != 0;
	const char *icon = !is_final ? "clock" : is_found ? "check" : "info";

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
	node_add(ui, &(struct node_spec){.height = length_units(26)});
	node_add(ui, &(struct node_spec){.text = header->title,
			     .type = TYPE_TITLE,
			     .fg = ink,
			     .text_align = TEXT_CENTER,
			     .role = ROLE_HEADING,
			     .id = "title"});
	if (model->folio[0] == '\0')
		return;
	char folio[VT_FOLIO_SIZE + 8];

	format_folio(folio, sizeof(folio), model->folio);
	node_add(ui, &(struct node_spec){.height = length_units(18)});
	widget_text(ui, TYPE_BODY, ink, _("Folio of your request"));
	node_add(ui, &(struct node_spec){.height = length_units(4)});
	node_add(ui, &(struct node_spec){.text = folio,
			     .type = TYPE_AMOUNT,
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
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {30, MARGIN, 30, MARGIN}});
	brand_row(b, is_green ? COLOR_ON_OK : COLOR_ON_BRAND,
		is_green ? COLOR_ON_OK : COLOR_ON_BRAND2);
	widget_spacer(ui, 1);
	if (header->title[0] != '\0')
		node_add(ui, &(struct node_spec){.height = length_units(is_ok ? 44 : 30)});
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
	node_end(ui);
	gold_line(b);
}

void frame_open(struct build *b, const struct header *header)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1)});
	header_build(b, header);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {CONTENT_TOP, MARGIN, 0, MARGIN},
			       .gap = GUTTER,
			       .id = "content"});
	if (header->style == HEADER_KEYBOARD && ui_settings(ui)->reach)
		widget_spacer(ui, 1);
}

/* ---- below the content ---- */

static void action_row(struct build *b, const struct actions *actions)
{
	struct ui *ui = b->ui;
	int width = ui_width(ui) - 2 * MARGIN;

	if (actions->back == NULL && actions->primary == NULL && actions->second == NULL)
		return;
	if (actions->second != NULL && actions->primary != NULL)
		width = (width - GUTTER) / 2;
	else if (actions->back != NULL)
		width -= ui_text_width(ui, TYPE_BUTTON, actions->back) + part_grown(b, 40) + 96 +
			 GUTTER;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = {24, MARGIN, 26, MARGIN},
			       .gap = GUTTER,
			       .id = "actions"});
	if (actions->back != NULL)
		widget_button(
			ui, &(struct button){.kind = BUTTON_SECONDARY,
				    .id = "back",
				    .label = actions->back,
				    .action = actions->back_action != NULL ? actions->back_action
									   : "back",
				    .icon = "arrow-left",
				    .width = actions->primary == NULL && actions->second == NULL
						     ? length_fill(1)
						     : length_fit()});
	if (actions->second != NULL)
		widget_button(ui, &(struct button){.kind = BUTTON_SECONDARY,
					  .id = "second",
					  .label = actions->second,
					  .action = actions->second_action,
					  .icon = part_button_icon(
						  b, actions->second_icon, actions->second, width),
					  .width = length_fill(1)});
	if (actions->primary != NULL)
		widget_button(
			ui, &(struct button){.kind = BUTTON_PRIMARY,
				    .id = "primary",
				    .label = actions->primary,
				    .action = actions->primary_action,
				    .icon = part_button_icon(
					    b, actions->primary_icon, actions->primary, width),
				    .icon_after = part_button_icon(b, actions->primary_icon_after,
					    actions->primary, width),
				    .width = length_fill(1)});
	node_end(ui);
}

static void dock_item(struct build *b, const char *id, const char *icon, const char *label,
	const char *action, int weight, bool is_exit)
{
	struct ui *ui = b->ui;
	enum color border = is_exit ? COLOR_ACTION : b->is_plain ? COLOR_CONTROL : COLOR_NONE;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(weight),
			       .min_height = 112,
			       .pad = insets_xy(10, 12),
			       .gap = 4,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = is_exit ? COLOR_SURFACE : COLOR_SURFACE2,
			       .border = border,
			       .border_width = ui_palette(ui)->border_control,
			       .radius = 20,
			       .role = ROLE_BUTTON,
			       .id = id,
			       .action = action});
	widget_icon(ui, icon, ICON_DUOTONE, 46, COLOR_ICON);
	widget_text(ui, TYPE_CAPTION, is_exit ? COLOR_ACTION_TEXT : COLOR_TEXT, label);
	node_end(ui);
}

static void dock(struct build *b)
{
	struct ui *ui = b->ui;
	bool is_in_service = b->model->service[0] != '\0' || b->model->personal;
	const char *labels[3] = {
		is_in_service ? _("Finish") : _("Language"), _("Accessibility"), _("Help")};
	int room = (ui_width(ui) - 2 * MARGIN - 2 * 16) / 3 - 24;
	int weights[3] = {1, 1, 1};

	/* "Accesibilidad" in large letters needs more than a third: then by the width of the words.
	 */
	for (int i = 0; i < 3; i++)
		if (ui_text_width(ui, TYPE_CAPTION, labels[i]) > room)
			for (int j = 0; j < 3; j++)
				weights[j] = ui_text_width(ui, TYPE_CAPTION, labels[j]) + 40;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .fill = COLOR_SURFACE,
			       .shadow = 1,
			       .role = ROLE_NAVIGATION,
			       .name = _("Tools"),
			       .id = "dock"});
	widget_line(ui, COLOR_LINE);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = {20, MARGIN, 26, MARGIN},
			       .gap = 16});
	if (is_in_service)
		dock_item(b, "dock-end", "sign-out", labels[0], "end", weights[0], true);
	else
		dock_item(
			b, "dock-language", "translate", labels[0], "language", weights[0], false);
	dock_item(b, "dock-access", "person-arms-spread", labels[1], "access", weights[1], false);
	dock_item(b, "dock-help", "question", labels[2], "help", weights[2], false);
	node_end(ui);
	node_end(ui);
}

void frame_close(struct build *b, const struct actions *actions)
{
	struct ui *ui = b->ui;

	node_end(ui); /* content */
	action_row(b, actions);
	if (actions->keyboard)
		part_keyboard(b);
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
			       .pad = {0, MARGIN, 220, MARGIN},
			       .main = ALIGN_END,
			       .scrim = true,
			       .role = ROLE_ALERTDIALOG,
			       .states = STATE_MODAL,
			       .id = "timeout",
			       .name = _("Are you still there?")});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = {56, 56, 48, 56},
			       .gap = 20,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 36,
			       .shadow = 3});
	timeout_ring(b, seconds);
	node_add(ui, &(struct node_spec){.text = _("Are you still there?"),
			     .type = TYPE_TITLE,
			     .text_align = TEXT_CENTER,
			     .role = ROLE_HEADING});
	node_add(ui, &(struct node_spec){.text = text,
			     .type = TYPE_LEAD,
			     .fg = COLOR_TEXT2,
			     .text_align = TEXT_CENTER});
	widget_button(ui, &(struct button){.kind = BUTTON_PRIMARY,
				  .id = "extend",
				  .label = _("Yes, I need more time"),
				  .action = "extend",
				  .icon = "hourglass-simple",
				  .width = length_fill(1)});
	widget_button(ui, &(struct button){.kind = BUTTON_SECONDARY,
				  .id = "end",
				  .label = _("Finish and erase my data"),
				  .action = "end",
				  .icon = "trash",
				  .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}
