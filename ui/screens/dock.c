#include "ui/screens/build.h"
#include "ui/screens/locale.h"

/* What stands at the bottom of every screen, always whole: language or exit, accessibility, listen,
 * help (UI.md section 1.6). */

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
	int side = is_full ? 4 : 10;

	node_begin(
		ui, &(struct node_spec){.layout = is_row ? LAYOUT_ROW : LAYOUT_COLUMN,
			    .width = length_fill(weight),
			    .min_height = heights[b->room],
			    .pad = is_row ? insets_xy(6, 4) : (struct insets){12, side, 10, side},
			    .gap = is_row ? 12 : 4,
			    .main = ALIGN_CENTER,
			    .cross = ALIGN_CENTER,
			    .fill = item->is_exit ? COLOR_SURFACE : COLOR_SURFACE2,
			    .border = border,
			    .border_width = ui_palette(ui)->border_control,
			    /* A small one where the corners come near the words. */
			    .radius = b->room < ROOM_LEAST ? 20 : 14,
			    .role = ROLE_BUTTON,
			    .id = item->id,
			    .name = item->name,
			    .action = item->action});
	if (b->room < ROOM_LEAST)
		widget_icon(
			ui, item->icon, ICON_DUOTONE, b->room == ROOM_AMPLE ? 46 : 36, COLOR_ICON);
	/* The tail of a g reaches below its line. */
	node_add(ui, &(struct node_spec){.text = item->label,
			     .type = TYPE_CAPTION,
			     .fg = item->is_exit ? COLOR_ACTION_TEXT : COLOR_TEXT,
			     .pad = {is_row ? 2 : 0, 0, 2, 0}});
	node_end(ui);
}

/* Room that the words ask for, and in each of widths[count] that of one. */
static int dock_width(
	struct build *b, const struct dock_item *items, int count, bool is_row, int *widths)
{
	int sum = 0, icon = is_row && b->room < ROOM_LEAST ? part_grown(b, 36) + 12 : 0;

	for (int i = 0; i < count; i++) {
		widths[i] = ui_text_width(b->ui, TYPE_CAPTION, items[i].label) + icon;
		sum += widths[i] + 24;
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

/* Where the words do not stand in one row, shorter ones: first for the longest of them. */
static void dock_shorten(struct build *b, struct dock_item *items, int count, bool is_row)
{
	int gap = b->room == ROOM_AMPLE ? 16 : 11, widths[MAX_DOCK];
	int all = ui_width(b->ui) - 2 * b->margin - (count - 1) * gap;

	if (dock_width(b, items, count, is_row, widths) <= all)
		return;
	items[1].label = _("Settings");
	items[1].name = _("Settings of accessibility");
	if (b->model->settings.speech || dock_width(b, items, count, is_row, widths) <= all)
		return;
	items[2].label = _("Hear");
	items[2].name = _("Hear the screen");
}

void frame_dock(struct build *b)
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
	int weights[MAX_DOCK], count = MAX_DOCK, columns, gap;
	bool is_full;

	if (is_in_service)
		items[0] =
			(struct dock_item){"dock-end", "sign-out", _("Finish"), "end", true, NULL};
	dock_shorten(b, items, count, is_row);
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
