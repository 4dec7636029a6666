#include <string.h>

#include "terminal/domain/money.h"
#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* The amount, where to hold the card, and the steps that the certified reader reports. Number and
 * PIN of a payment card belong to that reader: nothing here asks for them (UI.md section 1.14). */

static void amount(struct build *b)
{
	struct ui *ui = b->ui;
	char text[MONEY_SIZE];

	money_format(b->model->total_centavos, text);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = part_insets(b, 32, 20),
			       .gap = 4,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = 1,
			       .role = ROLE_STATUS,
			       .id = "amount"});
	widget_text(ui, TYPE_BODY, COLOR_TEXT, _("Total to pay"));
	widget_text(ui, b->room > ROOM_SNUG ? TYPE_CARD_TITLE : TYPE_AMOUNT, COLOR_TEXT,
		node_text(ui, "%s MXN", text));
	node_end(ui);
}

static void steps(struct build *b)
{
	struct ui *ui = b->ui;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];
		bool is_now = item->state == ITEM_SELECTED;

		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
				       .width = length_fill(1),
				       .gap = 18,
				       .cross = ALIGN_CENTER,
				       .role = ROLE_LISTITEM,
				       .states = is_now ? STATE_CURRENT : 0,
				       .id = node_text(ui, "step-%s", item->id)});
		widget_icon(ui, is_now ? "arrow-right" : "check", ICON_BOLD, 34, COLOR_ICON);
		node_add(ui, &(struct node_spec){.text = item->label,
				     .type = is_now ? TYPE_BODY_STRONG : TYPE_BODY,
				     .width = length_fill(1)});
		node_end(ui);
	}
}

void build_payment(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_COMPACT, .title = text_title(model), .lead = model->lead};

	bool is_listed = b->room > ROOM_SNUG; /* all of it on pages */

	frame_open(b, &header);
	if (!is_listed)
		part_panes_open(b, 1);
	if (!is_listed)
		amount(b);
	if (b->room <= ROOM_SNUG) {
		widget_spacer(ui, 1);
		node_add(ui, &(struct node_spec){.icon = "contactless-payment",
				     .icon_style = ICON_DUOTONE,
				     .icon_size = 180,
				     .fg = COLOR_ICON,
				     .self = ALIGN_CENTER,
				     .droppable = 1});
		widget_spacer(ui, 1);
	}
	if (!is_listed)
		part_panes_next(b, 1);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       /* The air around the picture takes no room from the words. */
			       .height = length_fill(part_is_roomy(b) ? 1 : 6),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .id = "steps"});
	if (is_listed)
		amount(b);
	steps(b);
	part_banner(b, &(struct banner){.id = "no-pin",
			       .icon = "shield-check",
			       .title = _("This screen never asks for your PIN"),
			       .text = _("Only type it on the reader of the cards."),
			       .ink = COLOR_INFO,
			       .ground = COLOR_INFO_BG,
			       .role = ROLE_NOTE});
	part_money(b);
	part_pager(b, _("Read more"));
	node_end(ui);
	if (!is_listed)
		part_panes_close(b);
	frame_close(b, &(struct actions){.second = model->can_cancel ? _("Cancel") : NULL,
			       .second_action = "cancel",
			       .second_icon = "x"});
}
