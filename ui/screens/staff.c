#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* What technicians see: their PIN, the state of the terminal in five tabs, and the steps of the
 * first start. Never a citizen's data (UI.md section 13). The models say what is connected: a row
 * without a test has no button, a step that nothing performs yet says so. */

/* ---- PIN ---- */

static void digits(struct build *b)
{
	struct ui *ui = b->ui;
	const char *text = b->view->entry.text;
	int most = b->view->entry.max_length, count = (int)strlen(text);
	/* Three bytes each, twelve at most. */
	const char *dots = node_text(ui, "%.*s", 3 * (count < 12 ? count : 12), "••••••••••••");

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_target(b, 110),
			       .gap = b->room > ROOM_SNUG ? 11 : 22,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = part_error(b)[0] != '\0' ? COLOR_ERROR : COLOR_CONTROL,
			       .border_width = 4,
			       .radius = 16,
			       .role = ROLE_TEXTBOX,
			       .states = part_error(b)[0] != '\0' ? STATE_INVALID : 0,
			       .id = "field",
			       .name = _("Staff PIN"),
			       .value = dots,
			       .personal = true,
			       .editable = true});
	for (int i = 0; i < most && i < 12; i++)
		node_add(ui, &(struct node_spec){.width = length_units(28),
				     .height = length_units(28),
				     .radius = RADIUS_PILL,
				     .fill = i < count ? COLOR_TEXT : COLOR_NONE,
				     .border = COLOR_TEXT,
				     .border_width = 3});
	node_end(ui);
}

void build_staff(struct build *b)
{
	const struct header header = {.style = HEADER_KEYBOARD,
		.title = text_title(b->model),
		.step = _("Technical service")};

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	digits(b);
	frame_close(b, &(struct actions){.back = _("Back"),
			       .back_action = "close",
			       .primary = _("Enter"),
			       .primary_action = "submit",
			       .primary_icon_after = "arrow-right",
			       .keyboard = true});
}

/* ---- rows of devices, links, versions ---- */

static void state_line(struct build *b, const struct screen_item *item)
{
	struct ui *ui = b->ui;
	bool is_bad = strcmp(item->reason, "error") == 0,
	     is_warn = strcmp(item->reason, "warn") == 0;
	const char *icon = is_bad ? "x-circle" : is_warn ? "warning" : "check-circle";
	enum color ink = is_bad ? COLOR_ERROR : is_warn ? COLOR_WARN : COLOR_OK;

	if (item->value[0] == '\0')
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 10, .cross = ALIGN_CENTER});
	if (item->reason[0] != '\0')
		widget_icon(ui, icon, ICON_FILL, 34, ink);
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, item->value);
	node_end(ui);
}

static void row(struct build *b, const struct screen_item *item)
{
	struct ui *ui = b->ui;

	node_begin(
		ui, &(struct node_spec){.layout = LAYOUT_ROW,
			    .width = length_fill(1),
			    .pad = part_insets(b, 24, 14),
			    .gap = b->gutter,
			    .cross = ALIGN_CENTER,
			    .fill = COLOR_SURFACE,
			    .border = strcmp(item->reason, "error") == 0 ? COLOR_ERROR : COLOR_LINE,
			    .border_width = ui_palette(ui)->border_card,
			    .radius = 20,
			    .role = ROLE_ROW,
			    .id = node_text(ui, "row-%s", item->id)});
	part_icon_box(b, item->icon, 72, COLOR_ICON, COLOR_TINT);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 2});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, item->label);
	if (item->detail[0] != '\0' && b->room < ROOM_LEAST)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, item->detail);
	state_line(b, item);
	node_end(ui);
	if (item->detail2[0] != '\0')
		part_button(b, &(struct button){.kind = BUTTON_TINT,
				       .id = node_text(ui, "test-%s", item->id),
				       .label = item->detail2,
				       .name = node_text(ui, "%s: %s", item->label, item->detail2),
				       .action = "open",
				       .arg = node_text(ui, "test-%s", item->id)});
	node_end(ui);
}

static int tab_columns(struct build *b)
{
	int count = 0, widest = 0, columns;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];
		int width = ui_text_width(b->ui, TYPE_CAPTION, item->label) + 2 * 10;

		if (item->kind != ITEM_TAB)
			continue;
		count++;
		widest = width > widest ? width : widest;
	}
	columns = (frame_content_width(b) + 11) / (widest + 11);
	return columns > count ? count : columns < 1 ? 1 : columns;
}

static void tabs(struct build *b)
{
	struct ui *ui = b->ui;

	if (tab_columns(b) == 0)
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
			       .width = length_fill(1),
			       .columns = tab_columns(b),
			       .gap = 11,
			       .equal_rows = true,
			       .role = ROLE_TABLIST,
			       .name = _("Parts of the terminal"),
			       .id = "tabs"});
	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];
		bool current = item->state == ITEM_SELECTED;

		if (item->kind != ITEM_TAB)
			continue;
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .min_height = b->room == ROOM_LEAST ? 54 : 84,
				       .pad = insets_xy(6, 7),
				       .main = ALIGN_CENTER,
				       .cross = ALIGN_CENTER,
				       .fill = current ? COLOR_ACTION : COLOR_SURFACE,
				       .border = current ? COLOR_ACTION : COLOR_CONTROL,
				       .border_width = current ? 5 : 2,
				       .radius = 16,
				       .role = ROLE_TAB,
				       .states = current ? STATE_CURRENT : 0,
				       .id = node_text(ui, "tab-%s", item->id),
				       .action = "open",
				       .arg = node_text(ui, "tab-%s", item->id)});
		widget_text(ui, TYPE_CAPTION, current ? COLOR_ON_ACTION : COLOR_TEXT, item->label);
		node_end(ui);
	}
	node_end(ui);
}

static void rows(struct build *b, const char *name)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter > 16 ? 16 : 11,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_LIST,
			       .name = name,
			       .id = "rows"});
	if (b->room > ROOM_SNUG)
		tabs(b);
	for (size_t i = 0; i < b->model->item_count; i++)
		if (b->model->items[i].kind == ITEM_ROW)
			row(b, &b->model->items[i]);
	if (b->room == ROOM_LEAST && b->model->screen == SCREEN_MAINTENANCE)
		part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
				       .id = "second",
				       .label = _("Out of service"),
				       .action = "no",
				       .width = length_fill(1)});
	part_pager(b, _("See more"));
	node_end(ui);
}

/* ---- maintenance ---- */

void build_maintenance(struct build *b)
{
	const struct header header = {.style = HEADER_TALL,
		.title = text_title(b->model),
		.lead = b->model->lead,
		.step = b->model->terminal};

	frame_open(b, &header);
	if (b->room <= ROOM_SNUG)
		tabs(b);
	rows(b, header.title);
	frame_close(b, &(struct actions){.back = _("Leave"),
			       .back_action = "close",
			       .second = b->room < ROOM_LEAST ? _("Out of service") : NULL,
			       .second_action = "no",
			       .second_icon = "wrench",
			       .primary = _("Test all"),
			       .primary_action = "confirm",
			       .primary_icon = "list-checks"});
}

/* ---- first start ---- */

void build_setup(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_TALL,
		.title = text_title(model),
		.lead = model->lead,
		.step = node_text(
			b->ui, _("First start | Step %d of %d"), model->step, model->steps)};

	frame_open(b, &header);
	if (strcmp(model->outcome, "not-connected") == 0)
		part_banner(b, &(struct banner){.id = "not-connected",
				       .icon = "plugs",
				       .title = _("This step is not connected yet"),
				       .text = _("Do it with ventanillactl and go on."),
				       .ink = COLOR_WARN,
				       .ground = COLOR_WARN_BG,
				       .role = ROLE_STATUS});
	rows(b, header.title);
	frame_close(
		b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
			   .primary = model->primary[0] != '\0' ? model->primary : _("Continue"),
			   .primary_action = "confirm",
			   .primary_icon_after = "arrow-right"});
}
