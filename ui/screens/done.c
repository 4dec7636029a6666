#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* Confirmation: shown only after core has committed. Says "impreso" only after the printer did. */

static bool has_rows(const struct build *b)
{
	for (size_t i = 0; i < b->model->item_count; i++)
		if (b->model->items[i].kind == ITEM_ROW)
			return true;
	return false;
}

static void qr(struct build *b, int size)
{
	static const int most[ROOM_COUNT] = {330, 240, 200, 170};

	if (size > most[b->room])
		size = most[b->room];
	/* 26 mm: still 0.6 mm a module, which a phone reads at arm's length. */
	if (b->is_split)
		size = 105;
	node_add(b->ui, &(struct node_spec){.qr = b->model->qr,
				.width = length_units(size),
				.height = length_units(size),
				.role = ROLE_IMG,
				.id = "qr",
				.name = _("QR code with your folio")});
}

/* QR and rows beside each other, where both must stand on the first page. */
static void summary_card(struct build *b)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = {18, 28, 18, 28},
			       .gap = 36,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = 1,
			       .id = "rows"});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(290),
			       .gap = 4,
			       .cross = ALIGN_CENTER});
	qr(b, 290);
	node_add(ui, &(struct node_spec){.text = _("Take it on your phone"),
			     .type = TYPE_BODY_STRONG,
			     .text_align = TEXT_CENTER});
	node_end(ui);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1)});
	part_rows(b, false);
	node_end(ui);
	node_end(ui);
}

static void qr_card(struct build *b)
{
	struct ui *ui = b->ui;
	bool is_narrow = b->size > TEXT_LARGE || has_rows(b);

	if (b->model->qr[0] == '\0')
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = insets_all(part_pad(b, is_narrow ? 22 : 30)),
			       .gap = 36,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = 1});
	qr(b, is_narrow ? 290 : 330);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 10});
	widget_text(ui, TYPE_HEADING, COLOR_TEXT, _("Take it on your phone"));
	if (b->size <= TEXT_LARGE && b->room < ROOM_LEAST)
		widget_text(ui, TYPE_BODY, COLOR_TEXT2,
			_("Open the camera and point it at the code. You do not need to install "
			  "anything."));
	node_end(ui);
	node_end(ui);
}

/* The bar only says that something happens: the printer tells no percentage. It never fills. */
static int bar_percent(const struct build *b)
{
	int64_t seconds = b->env->since_show_ms / 1000;

	if (ui_settings(b->ui)->calm)
		return 50;
	return seconds < 14 ? (int)(20 + seconds * 5) : 90;
}

static void printing(struct build *b)
{
	struct ui *ui = b->ui;
	int percent = bar_percent(b);

	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_ROW,
			.width = length_fill(1),
			.pad = {part_pad(b, 20), part_pad(b, 30), part_pad(b, 22), part_pad(b, 30)},
			.gap = 26,
			.cross = ALIGN_CENTER,
			.fill = COLOR_OK_BG,
			.border = COLOR_OK,
			.border_width = b->is_plain ? ui_palette(ui)->border_card : 2,
			.radius = 20,
			.role = ROLE_STATUS,
			.states = STATE_BUSY,
			.id = "print"});
	widget_icon(ui, "printer", ICON_DUOTONE, 62, COLOR_OK);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 12});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, _("Printing your sheet ..."));
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK, .width = length_fill(1)});
	node_add(ui, &(struct node_spec){.width = length_fill(1),
			     .height = length_units(16),
			     .fill = COLOR_OK,
			     .fill_percent = 22,
			     .radius = RADIUS_PILL});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .width = length_fill(1)});
	node_add(ui, &(struct node_spec){.width = length_fill(percent),
			     .height = length_units(16),
			     .fill = COLOR_OK,
			     .radius = RADIUS_PILL});
	node_add(ui, &(struct node_spec){.width = length_fill(100 - percent)});
	node_end(ui);
	node_end(ui);
	node_end(ui);
	node_end(ui);
}

/* Where room is short the two answers stand in the action row: first things first. */
static bool answers_below(const struct build *b)
{
	return b->room > ROOM_SNUG && b->model->print == PRINT_UNKNOWN;
}

static void ask_printed(struct build *b)
{
	struct ui *ui = b->ui;
	const char *bad = _("No, it did not"), *good = _("Yes, complete");
	int width = (frame_content_width(b) - 2 * part_pad(b, 28) - b->gutter) / 2;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = insets_all(part_pad(b, 28)),
			       .gap = b->room > ROOM_SNUG ? 11 : 18,
			       .fill = COLOR_WARN_BG,
			       .border = COLOR_WARN,
			       .border_width = 4,
			       .radius = 24,
			       .role = ROLE_GROUP,
			       .id = "print",
			       .name = _("Did your paper come out complete?")});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = 20,
			       .cross = ALIGN_CENTER});
	if (b->room < ROOM_LEAST)
		widget_icon(ui, "question", ICON_FILL, 52, COLOR_WARN);
	node_add(ui, &(struct node_spec){.text = _("Did your paper come out complete?"),
			     .type = b->room > ROOM_SNUG ? TYPE_BODY_STRONG : TYPE_HEADING,
			     .width = length_fill(1)});
	node_end(ui);
	if (answers_below(b)) {
		node_end(ui);
		return;
	}
	node_begin(ui, &(struct node_spec){
			       .layout = LAYOUT_ROW, .width = length_fill(1), .gap = b->gutter});
	part_button(b,
		&(struct button){.kind = BUTTON_SECONDARY,
			.id = "printed-bad",
			.label = bad,
			.action = "printed-bad",
			.icon = b->room > ROOM_SNUG ? NULL : part_button_icon(b, "x", bad, width),
			.width = length_fill(1)});
	part_button(
		b, &(struct button){.kind = BUTTON_SECONDARY,
			   .id = "printed-ok",
			   .label = good,
			   .action = "printed-ok",
			   .icon = b->room > ROOM_SNUG ? NULL
						       : part_button_icon(b, "check", good, width),
			   .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}

static void print_state(struct build *b)
{
	const struct screen_model *model = b->model;

	switch (model->print) {
	case PRINT_NONE:
		break;
	case PRINT_BUSY:
		printing(b);
		break;
	case PRINT_PRINTED:
		part_banner(b, &(struct banner){.id = "print",
				       .icon = "printer",
				       .title = _("Your sheet is printed"),
				       .text = _("Take it from the paper slot."),
				       .ink = COLOR_OK,
				       .ground = COLOR_OK_BG,
				       .role = ROLE_STATUS});
		break;
	case PRINT_FAILED:
		part_banner(b,
			&(struct banner){.id = "print",
				.icon = "printer",
				.title = text_print_reason(model->print_reason),
				.text = _("Your request is safe. Keep your folio or the QR code."),
				.ink = COLOR_WARN,
				.ground = COLOR_WARN_BG,
				.role = ROLE_ALERT});
		break;
	case PRINT_UNKNOWN:
		ask_printed(b);
		break;
	case PRINT_STATE_COUNT:
		break;
	}
}

/* Where the content is split a page may end between the lines of a step. */
static void step_in_lines(struct build *b, const struct screen_item *item, int number)
{
	struct ui *ui = b->ui;

	if (number == 1)
		widget_heading(ui, TYPE_BODY_STRONG, COLOR_TEXT, _("What comes next?"));
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .divides = true,
			       .role = ROLE_LISTITEM,
			       .id = node_text(ui, "step-%d", number)});
	widget_text(ui, TYPE_BODY, COLOR_TEXT, node_text(ui, "%d. %s", number, item->label));
	node_end(ui);
}

static void next_steps(struct build *b)
{
	struct ui *ui = b->ui;
	int number = 0, badge = b->size > TEXT_LARGE ? 84 : 60;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];

		if (item->kind != ITEM_STEP)
			continue;
		if (b->is_split) {
			step_in_lines(b, item, ++number);
			continue;
		}
		/* The heading stays with its first step when the list is paged. */
		node_begin(
			ui, &(struct node_spec){
				    .layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 16});
		if (number++ == 0)
			widget_heading(ui, TYPE_HEADING, COLOR_TEXT, _("What comes next?"));
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
				       .width = length_fill(1),
				       .gap = 24,
				       .cross = ALIGN_CENTER,
				       .role = ROLE_LISTITEM,
				       .id = node_text(ui, "step-%d", number)});
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_units(badge),
				       .height = length_units(badge),
				       .main = ALIGN_CENTER,
				       .cross = ALIGN_CENTER,
				       .fill = COLOR_TINT,
				       .border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
				       .radius = RADIUS_PILL});
		widget_text(ui, TYPE_BODY_STRONG, COLOR_ACTION_TEXT, node_text(ui, "%d", number));
		node_end(ui);
		node_add(ui,
			&(struct node_spec){
				.text = item->label, .type = TYPE_BODY, .width = length_fill(1)});
		node_end(ui);
		node_end(ui);
	}
}

/* What the agency answered, as far as the outcome shows it. */
static void rows(struct build *b)
{
	if (!has_rows(b))
		return;
	part_card_open(b, "rows", 28, 0);
	part_rows(b, false);
	part_close(b);
}

/* Where the green header has no room for it. */
static void folio_line(struct build *b)
{
	char folio[VT_FOLIO_SIZE + 8];

	if (b->model->folio[0] == '\0')
		return;
	format_folio(folio, sizeof(folio), b->model->folio);
	node_add(b->ui, &(struct node_spec){.text = node_text(b->ui, _("Folio %s"), folio),
				.type = TYPE_BODY_STRONG,
				.width = length_fill(1),
				.role = ROLE_STATUS,
				.id = "folio"});
}

void build_done(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_OK, .title = text_title(model)};
	bool can_print = model->print == PRINT_FAILED;

	frame_open(b, &header);
	if (b->size <= TEXT_LARGE && b->room <= ROOM_SNUG)
		print_state(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = 18,
			       .paged = true,
			       .page = b->view->page,
			       .id = "details"});
	if (b->is_split)
		folio_line(b);
	if (b->size > TEXT_LARGE || b->room > ROOM_SNUG)
		print_state(b);
	part_take_card(b);
	if (model->lead[0] != '\0')
		widget_text(ui, TYPE_BODY, COLOR_TEXT, model->lead);
	if (part_is_roomy(b) && has_rows(b) && model->qr[0] != '\0') {
		summary_card(b);
	} else {
		qr_card(b);
		rows(b);
	}
	next_steps(b);
	if (b->room > ROOM_SNUG)
		part_money(b);
	part_pager(b, _("Read more"));
	node_end(ui);
	if (b->room <= ROOM_SNUG)
		part_money(b);
	if (answers_below(b)) {
		frame_close(b, &(struct actions){.second = _("No, it did not"),
				       .second_action = "printed-bad",
				       .primary = _("Yes, complete"),
				       .primary_action = "printed-ok"});
		return;
	}
	frame_close(b, &(struct actions){.second = can_print ? _("Print again") : NULL,
			       .second_action = "print",
			       .second_icon = "printer",
			       .primary = model->primary[0] != '\0' ? model->primary : _("Done"),
			       .primary_action = "end",
			       .primary_icon_after = "check"});
}
