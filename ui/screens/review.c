#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"
#include "terminal/domain/money.h"

static void total(struct build *b)
{
	struct ui *ui = b->ui;
	char amount[MONEY_SIZE];

	if (b->model->total_centavos <= 0)
		return;
	money_format(b->model->total_centavos, amount);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1)});
	widget_line(ui, COLOR_LINE);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = insets_xy(0, part_pad(b, 14)),
			       .gap = b->gutter,
			       .cross = ALIGN_CENTER,
			       .role = ROLE_ROW,
			       .id = "total"});
	node_add(ui, &(struct node_spec){
			     .text = _("Total"), .type = TYPE_HEADING, .width = length_fill(1)});
	widget_text(ui, b->room > ROOM_SNUG ? TYPE_CARD_TITLE : TYPE_AMOUNT, COLOR_TEXT, amount);
	widget_text(ui, TYPE_SMALL, COLOR_TEXT2, "MXN");
	node_end(ui);
	node_end(ui);
}

static void consent(struct build *b)
{
	struct ui *ui = b->ui;
	int box = b->room > ROOM_SNUG ? 40 : 56;
	bool checked = b->view->consent, wrong = part_error(b)[0] != '\0' && !checked;
	/* Where the words had a screen of their own, the mark goes with them. */
	wrong = wrong && !(b->room == ROOM_LEAST && b->view->error_seen);
	const char *label = b->model->lead[0] != '\0' ? b->model->lead
						      : _("I confirm that the data are correct");

	if (!b->model->needs_consent)
		return;
	node_begin(
		ui, &(struct node_spec){.layout = LAYOUT_ROW,
			    .width = length_fill(1),
			    .min_height = part_target(b, 104),
			    .pad = part_insets(b, 30, 16),
			    .gap = 26,
			    .cross = ALIGN_CENTER,
			    .fill = COLOR_SURFACE,
			    .border = wrong ? COLOR_ERROR : COLOR_CONTROL,
			    .border_width = wrong ? 5 : ui_palette(ui)->border_control,
			    .radius = 20,
			    .role = ROLE_CHECKBOX,
			    .states = (checked ? STATE_CHECKED : 0u) | (wrong ? STATE_INVALID : 0u),
			    .id = "consent",
			    .name = label,
			    .description = wrong ? text_error(part_error(b)) : NULL,
			    .action = "consent"});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(box),
			       .height = length_units(box),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = checked ? COLOR_ACTION : COLOR_SURFACE,
			       .border = checked ? COLOR_ACTION : COLOR_CONTROL,
			       .border_width = 4,
			       .radius = 12});
	if (checked)
		part_icon(b, "check", ICON_BOLD, box - 14, COLOR_ON_ACTION);
	node_end(ui);
	node_add(ui, &(struct node_spec){
			     .text = label, .type = TYPE_BODY_STRONG, .width = length_fill(1)});
	node_end(ui);
}

void build_review(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_TALL,
		.title = text_title(model),
		/* With consent the lead is what one agrees to: it stands at the box. */
		.lead = model->needs_consent ? "" : model->lead};
	/* All rows at once, where they surely fit. */
	bool is_short = part_is_roomy(b);
	const char *primary = model->primary[0] != '\0' ? model->primary : _("Confirm and send");

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .paged = true,
			       .page = b->view->page,
			       .gap = b->room > ROOM_SNUG ? b->gutter : 0,
			       .role = ROLE_LIST,
			       .name = _("Your answers"),
			       .id = "rows"});
	if (is_short) {
		part_card_open(b, NULL, 32, 0);
		part_rows(b, true);
		total(b);
		part_close(b);
	} else {
		part_rows(b, true);
		total(b);
		if (b->room > ROOM_SNUG)
			part_money(b);
		if (b->room == ROOM_LEAST)
			consent(b);
		part_pager(b, _("See more answers"));
	}
	node_end(ui);
	if (b->size <= TEXT_LARGE && b->room <= ROOM_SNUG)
		part_money(b);
	if (b->room < ROOM_LEAST)
		consent(b);
	part_unmask(b);
	frame_close(
		b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
			   .primary = primary,
			   .primary_action = "confirm",
			   .primary_icon = model->total_centavos > 0 ? "lock-key" : NULL,
			   .primary_icon_after = model->total_centavos > 0 ? NULL : "arrow-right"});
}
