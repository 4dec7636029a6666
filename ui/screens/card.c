#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* Signing in with a certificate card: insert it, read what will be signed, its PIN, the card at
 * work, who one is, and the reminder about a card that was left. The PIN is the certificate's,
 * never a payment card's (UI.md section 1.14): each screen that could be misread says so. */

/* The reminder changes twice a second: 1 Hz, far below three flashes (UI.md section 2). */
#define FLASH_MS 500

static void picture(struct build *b, const char *icon, enum color ink, enum color ground, int size)
{
	struct ui *ui = b->ui;

	if (b->room > ROOM_SNUG)
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(size),
			       .height = length_units(size),
			       .self = ALIGN_CENTER,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = ground,
			       .border = b->is_plain ? ink : COLOR_NONE,
			       .border_width = 4,
			       .radius = RADIUS_PILL,
			       .droppable = 2});
	part_icon(b, icon, ICON_DUOTONE, size * 6 / 10, ink);
	node_end(ui);
}

static void line(
	struct build *b, const char *id, const char *icon, const char *title, const char *text)
{
	struct ui *ui = b->ui;

	/* Where it is split no sign stands beside the words, and a page may end between them. */
	node_begin(ui, &(struct node_spec){.layout = b->is_split ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = part_insets(b, 0, 12),
			       .gap = 26,
			       .cross = b->is_split ? ALIGN_DEFAULT : ALIGN_CENTER,
			       .divides = true,
			       .role = ROLE_LISTITEM,
			       .id = id});
	part_icon_box(b, icon, 84, COLOR_ICON, COLOR_TINT);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = true});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, title);
	if (text[0] != '\0')
		widget_text(ui, TYPE_BODY, COLOR_TEXT2, text);
	node_end(ui);
	node_end(ui);
}

static void not_for_payment(struct build *b)
{
	part_banner(b, &(struct banner){
			       .id = "no-payment",
			       .icon = "shield-warning",
			       .title = _("Never a bank card, never its PIN"),
			       .text = _("Only cards with a certificate (e.firma) are read here."),
			       .ink = COLOR_WARN,
			       .ground = COLOR_WARN_BG,
			       .role = ROLE_NOTE,
		       });
}

static void keep_card(struct build *b)
{
	part_banner(b, &(struct banner){
			       .id = "keep-card",
			       .icon = "hand-palm",
			       .title = _("Do not remove your card"),
			       .text = _("We tell you when you can take it."),
			       .ink = COLOR_INFO,
			       .ground = COLOR_INFO_BG,
			       .role = ROLE_STATUS,
		       });
}

/* ---- insert ---- */

static void build_insert(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	bool is_stale = strcmp(model->outcome, "stale") == 0;
	const struct header header = {.style = HEADER_COMPACT,
		.title = is_stale ? _("Take out the card that is in the reader")
				  : text_title(model)};

	frame_open(b, &header);
	if (part_is_roomy(b)) {
		widget_spacer(ui, 1);
		picture(b, "identification-badge", COLOR_ICON, COLOR_TINT, 300);
		widget_spacer(ui, 1);
	}
	/* On pages the warning comes before the steps, or it would be on the last one. */
	if (b->is_split)
		not_for_payment(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(part_is_roomy(b) ? 6 : 1),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_LIST,
			       .name = text_title(model),
			       .id = "steps"});
	if (part_is_roomy(b))
		part_card_open(b, NULL, 32, 8);
	if (is_stale)
		line(b, "step-stale", "warning", _("Somebody forgot this card"),
			_("Give it to the staff. Then insert your own card."));
	line(b, "step-insert", "arrow-line-down", _("Insert your card in the reader"),
		_("With the chip in front and facing up, until it stops."));
	line(b, "step-read", "signature", _("Read what will be signed"),
		_("We show it to you before you write your PIN."));
	line(b, "step-keep", "hand-palm", _("Do not remove your card"),
		_("We tell you when you can take it."));
	if (part_is_roomy(b))
		part_close(b);
	else
		part_pager(b, _("Read more"));
	node_end(ui);
	if (!b->is_split)
		not_for_payment(b);
	frame_close(b, &(struct actions){.back = model->can_back ? _("Back") : NULL});
}

/* ---- what will be signed, and by whom ---- */

/* A certificate's rows have ids, a request's lines the words that are signed. */
static const char *row_label(const struct screen_item *item)
{
	if (item->label[0] != '\0')
		return item->label;
	if (strcmp(item->id, "holder") == 0)
		return _("Holder of the certificate");
	return strcmp(item->id, "curp") == 0 ? "CURP" : "RFC";
}

static void certificate_rows(struct build *b)
{
	struct ui *ui = b->ui;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];

		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .divides = b->is_split});
		if (i > 0)
			widget_line(ui, COLOR_LINE);
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .pad = part_insets(b, 0, 12),
				       .gap = 2,
				       .divides = b->is_split,
				       .role = ROLE_ROW,
				       .id = node_text(ui, "row-%s", item->id)});
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, row_label(item));
		node_add(ui, &(struct node_spec){.text = part_value(b, item->value, item->personal),
				     .type = TYPE_VALUE,
				     .personal = item->personal});
		node_end(ui);
		node_end(ui);
	}
}

static void certificate(struct build *b, const char *name)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = part_is_roomy(b) ? b->gutter : 0,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_LIST,
			       .name = name,
			       .id = "certificate"});
	if (part_is_roomy(b)) {
		part_card_open(b, NULL, 32, 0);
		certificate_rows(b);
		part_close(b);
	} else {
		certificate_rows(b);
		part_pager(b, _("Read more"));
	}
	node_end(ui);
}

/* A sign-in: a sentence, and whose certificate signs it. A request: each of its lines. */
static void build_consent(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const bool is_request = strcmp(model->outcome, "request") == 0;
	const struct header header = {.style = HEADER_COMPACT, .title = _("This will be signed")};
	const bool with_icon = b->size == TEXT_NORMAL && b->room < ROOM_LEAST;

	frame_open(b, &header);
	node_begin(ui, &(struct node_spec){.layout = with_icon ? LAYOUT_ROW : LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = part_insets(b, 32, 26),
			       .gap = 26,
			       .cross = ALIGN_CENTER,
			       .divides = true,
			       .fill = COLOR_TINT,
			       .border = COLOR_ACTION,
			       .border_width = 3,
			       .radius = 20,
			       .role = ROLE_NOTE,
			       .id = "text"});
	if (with_icon)
		part_icon(b, "signature", ICON_DUOTONE, 84, COLOR_ICON);
	node_add(ui, &(struct node_spec){.text = model->lead,
			     .type = b->size <= TEXT_LARGE ? TYPE_LEAD : TYPE_BODY,
			     .width = length_fill(1)});
	node_end(ui);
	certificate(b, is_request ? _("Your request") : _("Your certificate"));
	if (b->size <= TEXT_LARGE && b->room <= ROOM_SNUG)
		keep_card(b);
	part_unmask(b);
	frame_close(b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
			       .primary = _("Sign with my PIN"),
			       .primary_action = "confirm",
			       .primary_icon_after = "arrow-right"});
}

/* ---- who one is ---- */

static void build_signed(struct build *b)
{
	const struct header header = {.style = HEADER_OK, .title = _("Your identity was verified")};

	frame_open(b, &header);
	certificate(b, _("Your certificate"));
	part_take_card(b);
	part_unmask(b);
	frame_close(b, &(struct actions){.primary = _("Continue"),
			       .primary_action = "confirm",
			       .primary_icon_after = "arrow-right"});
}

/* ---- forgotten ---- */

static void build_left(struct build *b)
{
	struct ui *ui = b->ui;
	bool is_bright = ui_settings(ui)->calm || b->env->since_show_ms / FLASH_MS % 2 == 0;
	const struct header header = {.style = HEADER_COMPACT, .title = _("Take your card")};

	frame_open(b, &header);
	widget_spacer(ui, 1);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = part_insets(b, 40, 48),
			       .gap = 20,
			       .fill = is_bright ? COLOR_WARN_BG : COLOR_SURFACE,
			       .border = COLOR_WARN,
			       .border_width = is_bright ? 10 : 4,
			       .radius = 36,
			       .role = ROLE_ALERT,
			       .id = "left"});
	picture(b, "identification-badge", COLOR_WARN, is_bright ? COLOR_SURFACE : COLOR_WARN_BG,
		300);
	node_add(ui, &(struct node_spec){.text = _("Your card is still in the reader"),
			     .type = frame_title_type(b),
			     .text_align = TEXT_CENTER,
			     .width = length_fill(1)});
	node_add(ui, &(struct node_spec){
			     .text = _("Your session is over and your data were erased. Only the "
				       "card is missing."),
			     .type = TYPE_BODY,
			     .text_align = TEXT_CENTER,
			     .width = length_fill(1)});
	node_end(ui);
	widget_spacer(ui, 2);
	frame_close(b, &(struct actions){.has_no_dock = true});
}

void build_card(struct build *b)
{
	const char *outcome = b->model->outcome;

	if (strcmp(outcome, "consent") == 0 || strcmp(outcome, "request") == 0)
		build_consent(b);
	else if (strcmp(outcome, "signed") == 0)
		build_signed(b);
	else if (strcmp(outcome, "left") == 0)
		build_left(b);
	else
		build_insert(b);
}

/* ---- the PIN ---- */

/* One asterisk each; the digits themselves never become a text. */
static const char *asterisks(size_t count)
{
	static const char all[] = "********************************";

	return &all[sizeof(all) - 1 - (count < sizeof(all) - 1 ? count : sizeof(all) - 1)];
}

static void pin_box(struct build *b, size_t count)
{
	struct ui *ui = b->ui;
	bool wrong = part_error(b)[0] != '\0' && !b->view->error_seen;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_target(b, 120),
			       .pad = part_insets(b, 28, 20),
			       .gap = 4,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = wrong ? COLOR_ERROR : COLOR_ACTION,
			       .border_width = 5,
			       .radius = 16,
			       .role = ROLE_TEXTBOX,
			       .states = wrong ? STATE_INVALID : 0,
			       .id = "field",
			       .name = _("PIN of your card"),
			       .value = asterisks(count),
			       .masked = true,
			       .personal = true,
			       .editable = true});
	if (count > 0)
		node_add(ui, &(struct node_spec){.text = asterisks(count), .type = TYPE_CURP});
	node_add(ui, &(struct node_spec){.width = length_units(4),
			     .height = length_units(56),
			     .fill = COLOR_ACTION_TEXT,
			     .radius = 2});
	node_end(ui);
}

static void pin_words(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	bool wrong = part_error(b)[0] != '\0';

	if (model->tries_left > 0 && wrong)
		part_tries(b, 0);
	else if (model->field.min_length > 0)
		node_add(ui, &(struct node_spec){
				     .text = node_text(ui, _("It has from %d to %d digits."),
					     model->field.min_length, model->field.max_length),
				     .type = TYPE_BODY,
				     .fg = COLOR_TEXT2,
				     .width = length_fill(1),
				     .droppable = 1,
				     .id = "hint"});
}

static void build_pad(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	bool is_typing = strcmp(model->outcome, "typing") == 0;
	const struct header header = {
		.style = HEADER_COMPACT, .title = _("Write your PIN on the reader")};

	frame_open(b, &header);
	part_error_summary(b);
	/* Without a box they belong to what went wrong. */
	if (!is_typing)
		pin_words(b);
	if (part_is_roomy(b)) {
		widget_spacer(ui, 1);
		picture(b, "keyboard", COLOR_ICON, COLOR_TINT, 220);
		widget_spacer(ui, 1);
	}
	if (is_typing) {
		node_add(ui, &(struct node_spec){
				     .text = _("Write it on the keys of the reader and confirm "
					       "there. Nobody sees it here."),
				     .type = TYPE_LEAD,
				     .width = length_fill(1),
				     .role = ROLE_STATUS,
				     .id = "hint"});
		pin_box(b, (size_t)model->pin_digits);
		pin_words(b);
	}
	widget_spacer(ui, 1);
	not_for_payment(b);
	frame_close(b, &(struct actions){.back = is_typing ? _("Cancel") : _("Back"),
			       .primary = is_typing ? NULL : _("Try again"),
			       .primary_action = "pad"});
}

void build_pin(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_KEYBOARD, .title = text_title(model)};

	if (model->pad) {
		build_pad(b);
		return;
	}
	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	if (frame_has_words(b))
		pin_words(b);
	if (frame_has_entry(b))
		pin_box(b, strlen(b->view->entry.text));
	/* With an error in large letters each line counts; the words stood there before. */
	if (frame_has_words(b) && (b->room <= ROOM_SNUG || part_error(b)[0] == '\0'))
		not_for_payment(b);
	frame_close_sides(b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
				     .primary = _("Sign"),
				     .primary_action = "submit",
				     .primary_icon_after = "arrow-right",
				     .keyboard = true});
}

/* ---- the card at work ---- */

void build_signing(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	bool is_reading = strcmp(model->outcome, "reading") == 0;
	const struct header header = {.style = HEADER_COMPACT, .title = text_title(model)};
	int64_t seconds = b->env->since_show_ms / 1000;
	int permille = ui_settings(ui)->calm ? 350 : (int)(80 + (seconds * 120) % 840);

	frame_open(b, &header);
	widget_spacer(ui, 1);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 28,
			       .cross = ALIGN_CENTER,
			       .divides = true,
			       .role = ROLE_STATUS,
			       .states = STATE_BUSY,
			       .id = "progress"});
	if (b->room <= ROOM_SNUG)
		node_add(ui, &(struct node_spec){.decor = DECOR_RING,
				     .fg = COLOR_ACTION,
				     .width = length_units(200),
				     .height = length_units(200),
				     .ring_permille = permille});
	node_add(ui,
		&(struct node_spec){.text = is_reading ? _("We read your certificate and ask its "
							   "issuer whether it is valid.")
						       : _("Your card is signing what you read."),
			.type = TYPE_LEAD,
			.text_align = TEXT_CENTER,
			.width = length_fill(1)});
	node_end(ui);
	widget_spacer(ui, 1);
	keep_card(b);
	if (b->room < ROOM_LEAST)
		part_money(b);
	frame_close(b, &(struct actions){.second = model->can_cancel ? _("Cancel") : NULL,
			       .second_action = "cancel",
			       .second_icon = "x"});
}
