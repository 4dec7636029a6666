#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"
#include "ui/toolkit/icon_table.h"

#define CARD_PAD    20
#define CARD_ICON   80
#define CARD_MIN    214
#define FEATURE_MIN 250
/* Below a banner in the least room: else the first page would offer nothing. */
#define FEATURE_LOW 128

static bool has_banner(const struct screen_model *model)
{
	return model->holder[0] != '\0' || model->offline || model->no_paper || model->no_printer;
}

static void banners(struct build *b)
{
	const struct screen_model *model = b->model;

	if (model->holder[0] != '\0')
		part_banner(b, &(struct banner){
				       .id = "signed-in",
				       .icon = "seal-check",
				       .title = _("You signed in with your e.firma"),
				       .text = _("Your CURP and your RFC fill in the forms."),
				       .ink = COLOR_OK,
				       .ground = COLOR_OK_BG,
				       .role = ROLE_STATUS,
			       });
	if (model->offline)
		part_banner(b, &(struct banner){
				       .id = "offline",
				       .icon = "cloud-slash",
				       .title = _("No connection: you can go on"),
				       .text = _("We keep your request and send it when the "
						 "network is back."),
				       .ink = COLOR_INFO,
				       .ground = COLOR_INFO_BG,
				       .role = ROLE_STATUS,
			       });
	if (model->no_paper || model->no_printer)
		part_banner(b,
			&(struct banner){
				.id = "no-paper",
				.icon = "printer",
				.title = model->no_paper ? _("Printer without paper")
							 : _("Printer not available"),
				.text = _("Receive your documents on your phone with a QR code."),
				.ink = COLOR_WARN,
				.ground = COLOR_WARN_BG,
				.role = ROLE_STATUS,
			});
}

/* Whether a card can be opened; else why not. */
static bool is_open(const struct screen_item *item)
{
	return item->state == ITEM_AVAILABLE || item->state == ITEM_SELECTED;
}

static void card_state(struct build *b, const struct screen_item *item, int room)
{
	struct ui *ui = b->ui;
	bool is_soon = item->state == ITEM_SOON;
	const char *reason = text_reason(item->reason, item->state);

	if (is_open(item))
		return;
	node_begin(
		ui, &(struct node_spec){.layout = LAYOUT_ROW, .width = length_fill(1), .gap = 8});
	/* One long word and no room beside it: then the word alone. The icon stands on the first
	 * line, whose leading is above it. */
	if (strchr(reason, ' ') != NULL || ui_text_width(ui, TYPE_SMALL, reason) <= room - 50) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .pad = {part_grown(b, 3), 0, 0, 0}});
		widget_icon(ui, is_soon ? "clock" : "prohibit", ICON_BOLD, 30,
			is_soon ? COLOR_TEXT2 : COLOR_WARN);
		node_end(ui);
	}
	node_add(ui, &(struct node_spec){.text = reason,
			     .type = TYPE_SMALL,
			     .fg = COLOR_TEXT2,
			     .width = length_fill(1)});
	node_end(ui);
}

static void feature_icons(
	struct build *b, const struct screen_item *item, enum color ink, bool open)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .cross = ALIGN_CENTER,
			       .main = ALIGN_BETWEEN});
	widget_icon(ui, icon_find(item->icon) != NULL ? item->icon : "file-text", ICON_DUOTONE, 84,
		ink);
	if (open)
		widget_icon(ui, "arrow-right", ICON_BOLD, 46, ink);
	node_end(ui);
}

static void feature(struct build *b, const struct screen_item *item, bool is_first)
{
	struct ui *ui = b->ui;
	bool open = is_open(item);
	enum color fill = is_first ? COLOR_ACTION : COLOR_OK;
	enum color bottom = is_first ? COLOR_ACTION_BOTTOM : COLOR_OK_BOTTOM;
	enum color ink = is_first ? COLOR_ON_ACTION : COLOR_ON_OK;
	bool is_low = b->room == ROOM_LEAST && has_banner(b->model);

	if (!open) {
		fill = COLOR_SURFACE;
		bottom = COLOR_NONE;
		ink = COLOR_TEXT;
	}
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN,
			.width = length_fill(1),
			.min_height = part_target(b, is_low ? FEATURE_LOW : FEATURE_MIN),
			.pad = {part_pad(b, 34), part_pad(b, 32), part_pad(b, 24), part_pad(b, 32)},
			.gap = 4,
			.fill = fill,
			.fill_bottom = bottom,
			.border = open ? COLOR_NONE : COLOR_LINE,
			.border_width = ui_palette(ui)->border_card,
			.radius = 28,
			.shadow = open ? 2 : 1,
			.role = ROLE_BUTTON,
			.states = open ? 0 : STATE_DISABLED,
			.id = node_text(ui, "open-%s", item->id),
			.action = open ? "open" : NULL,
			.arg = item->id});
	if (b->room <= ROOM_SNUG)
		feature_icons(b, item, open ? ink : COLOR_ICON, open);
	widget_spacer(ui, 1);
	widget_text(ui, TYPE_CARD_TITLE, ink, item->label);
	if (item->detail[0] != '\0' && b->room < ROOM_LEAST)
		widget_text(ui, TYPE_SMALL, open ? ink : COLOR_TEXT2, item->detail);
	card_state(b, item, 400);
	node_end(ui);
}

/* Two lines beside the icon, and no word wider than they are. */
static bool fits_beside(struct build *b, const char *text, int width)
{
	char word[64];

	for (const char *p = text; *p != '\0'; p += strspn(p, " ")) {
		size_t length = strcspn(p, " ");

		if (length >= sizeof(word))
			return false;
		memcpy(word, p, length);
		word[length] = '\0';
		if (ui_text_width(b->ui, TYPE_CAPTION, word) > width)
			return false;
		p += length;
	}
	return ui_text_height(b->ui, TYPE_CAPTION, text, width) <= CARD_ICON;
}

static void card_icon(struct build *b, const struct screen_item *item, bool open, bool with_agency)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = 14,
			       .cross = ALIGN_CENTER});
	part_icon_box(b, item->icon, CARD_ICON, open ? COLOR_ICON : COLOR_TEXT2,
		open ? COLOR_TINT : COLOR_SURFACE2);
	if (with_agency)
		node_add(ui, &(struct node_spec){.text = item->detail2,
				     .type = TYPE_CAPTION,
				     .fg = COLOR_TEXT2,
				     .text_align = TEXT_END,
				     .width = length_fill(1)});
	node_end(ui);
}

static void card(struct build *b, const struct screen_item *item, int width)
{
	struct ui *ui = b->ui;
	bool open = is_open(item);
	/* An agency that does not fit beside the icon gets a line of its own. */
	int beside = width - 2 * CARD_PAD - CARD_ICON - 14;
	bool fits = b->room <= ROOM_SNUG && fits_beside(b, item->detail2, beside);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .min_height = part_target(b, CARD_MIN),
			       .pad = {part_pad(b, 18), CARD_PAD, part_pad(b, 14), CARD_PAD},
			       .gap = part_pad(b, 6),
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = open ? 1 : 0,
			       .role = ROLE_BUTTON,
			       .states = open ? 0 : STATE_DISABLED,
			       .id = node_text(ui, "open-%s", item->id),
			       .action = open ? "open" : NULL,
			       .arg = item->id});
	if (b->room <= ROOM_SNUG)
		card_icon(b, item, open, fits);
	widget_text(ui, TYPE_LABEL, COLOR_TEXT, item->label);
	/* The name of the service tells them apart where each line counts. */
	if (!fits && item->detail2[0] != '\0' && !b->is_split)
		node_add(ui, &(struct node_spec){.text = item->detail2,
				     .type = TYPE_SMALL,
				     .fg = COLOR_TEXT2,
				     .width = length_fill(1)});
	if (!open)
		widget_spacer(ui, 1);
	card_state(b, item, width - 2 * CARD_PAD);
	node_end(ui);
}

static void features(struct build *b)
{
	struct ui *ui = b->ui;
	int count = 0;

	for (size_t i = 0; i < b->model->item_count; i++)
		count += b->model->items[i].kind == ITEM_FEATURE ? 1 : 0;
	if (count == 0)
		return;
	/* One below the other they are pages of their own. */
	bool is_single = b->size == TEXT_MAX || (b->is_split && b->size > TEXT_NORMAL);

	if (!is_single)
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
				       .width = length_fill(1),
				       .columns = count > 1 ? 2 : 1,
				       .gap = b->gutter,
				       .equal_rows = true});
	for (size_t i = 0, n = 0; i < b->model->item_count; i++)
		if (b->model->items[i].kind == ITEM_FEATURE)
			feature(b, &b->model->items[i], n++ == 0);
	if (!is_single)
		node_end(ui);
}

static int card_width(struct build *b, int columns)
{
	return (ui_width(b->ui) - 2 * b->margin - (columns - 1) * b->gutter) / columns;
}

/* The widest word of what stands on a card that is not available. */
static int widest_reason(struct build *b)
{
	int widest = 0;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];
		const int width = is_open(item) ? 0
						: part_widest_word(b, TYPE_SMALL,
							  text_reason(item->reason, item->state));

		widest = width > widest ? width : widest;
	}
	return widest;
}

static int column_count(struct build *b)
{
	static const int least[TEXT_SIZE_COUNT] = {290, 380, 420, 560};
	/* 72 mm a card (UI.md section 3); wider ones in larger letters. */
	int columns = (frame_content_width(b) + b->gutter) / (least[b->size] + b->gutter);
	int most = b->is_wide ? 5 : b->size == TEXT_NORMAL ? 3 : b->size == TEXT_MAX ? 1 : 2;

	/* Split, a page is low: narrow cards of many lines would be higher than one. */
	if (b->is_split && b->size > TEXT_NORMAL)
		most = 1;
	if (columns > most)
		columns = most;
	/* A long word takes the room of a column. */
	while (columns > 1 && card_width(b, columns) - 2 * CARD_PAD - 8 < widest_reason(b))
		columns--;
	return columns > 0 ? columns : 1;
}

static void cards(struct build *b)
{
	struct ui *ui = b->ui;
	int columns = column_count(b), in_row = 0;
	int width = card_width(b, columns);

	for (size_t i = 0; i < b->model->item_count; i++) {
		if (b->model->items[i].kind != ITEM_CARD)
			continue;
		if (in_row == 0)
			node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
					       .width = length_fill(1),
					       .columns = columns,
					       .gap = b->gutter,
					       .equal_rows = true});
		card(b, &b->model->items[i], width);
		if (++in_row == columns) {
			node_end(ui);
			in_row = 0;
		}
	}
	if (in_row > 0)
		node_end(ui);
}

void build_home(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	bool has_banner = model->offline || model->no_paper || model->no_printer;
	if (b->view->is_searching) {
		build_search(b);
		return;
	}
	const struct header header = {
		/* Banners are no targets: they may stand in the top quarter. */
		.style = has_banner ? HEADER_COMPACT : HEADER_TALL,
		.title = text_title(model),
		.lead = model->lead[0] != '\0' ? model->lead : _("Touch an option."),
		.step = "",
		.is_large = true,
	};

	frame_open(b, &header);
	if (b->room <= ROOM_SNUG)
		banners(b);
	if (b->room < ROOM_LEAST)
		part_search(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .pad = {0, 0, part_pad(b, 14) > 11 ? part_pad(b, 14) : 11, 0},
			       .id = "services"});
	if (b->room > ROOM_SNUG)
		banners(b);
	if (b->room == ROOM_LEAST)
		part_search(b);
	features(b);
	cards(b);
	part_pager(b, _("See more services"));
	node_end(ui);
	if (model->sign_in != SIGN_IN_NONE) {
		part_sign_in(b, ui_width(ui) - 2 * b->margin);
		node_add(ui, &(struct node_spec){.height = length_units(4)});
	}
	frame_close(b, &(struct actions){.back = NULL});
}
