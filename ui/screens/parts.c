#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"
#include "ui/toolkit/icon_table.h"

void build_measure(struct build *b, enum room room)
{
	static const int margins[ROOM_COUNT] = {48, 32, 22, 16};
	static const int gutters[ROOM_COUNT] = {22, 16, 12, 11};

	b->room = room;
	b->margin = margins[room];
	b->gutter = gutters[room];
}

int part_pad(const struct build *b, int units)
{
	static const int percent[ROOM_COUNT] = {100, 70, 45, 30};

	return units * percent[b->room] / 100;
}

struct insets part_insets(const struct build *b, int x, int y)
{
	return insets_xy(part_pad(b, x), part_pad(b, y));
}

int part_target(const struct build *b, int units)
{
	static const int percent[ROOM_COUNT] = {100, 80, 60, 50};
	/* 12.7 mm are 51.2 units. */
	int least = units < 54 ? units : 54;

	units = units * percent[b->room] / 100;
	return units > least ? units : least;
}

struct node *part_button(struct build *b, const struct button *button)
{
	struct button dense = *button;

	dense.dense = (int)b->room;
	return widget_button(b->ui, &dense);
}

static void pane(struct build *b, int weight)
{
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(weight),
				  .height = length_fill(1),
				  .gap = b->gutter});
}

/* What is split stands on pages, and these know one column. */
static bool has_panes(const struct build *b)
{
	return b->is_wide && !b->is_split;
}

void part_panes_open(struct build *b, int left)
{
	if (!has_panes(b))
		return;
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_ROW,
				  .width = length_fill(1),
				  .height = length_fill(1),
				  .gap = 2 * b->gutter});
	pane(b, left);
}

void part_panes_next(struct build *b, int right)
{
	if (!has_panes(b))
		return;
	node_end(b->ui);
	pane(b, right);
}

void part_panes_close(struct build *b)
{
	if (!has_panes(b))
		return;
	node_end(b->ui);
	node_end(b->ui);
}

bool part_is_roomy(const struct build *b)
{
	return b->room == ROOM_AMPLE && b->size == TEXT_NORMAL && !ui_settings(b->ui)->reach &&
	       b->model->item_count <= 8;
}

void part_card_open(struct build *b, const char *id, int pad, int gap)
{
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(1),
				  .pad = part_insets(b, pad, pad * 6 / 10),
				  .gap = gap,
				  .fill = COLOR_SURFACE,
				  .border = COLOR_LINE,
				  .border_width = ui_palette(b->ui)->border_card,
				  .radius = 24,
				  .shadow = 1,
				  .divides = b->is_split,
				  .id = id});
}

void part_close(struct build *b)
{
	node_end(b->ui);
}

void part_banner(struct build *b, const struct banner *banner)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = b->is_split ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = part_insets(b, 28, 18),
			       .gap = b->is_split	    ? 0
				      : b->room > ROOM_SNUG ? 12
							    : 22,
			       .cross = b->is_split ? ALIGN_DEFAULT : ALIGN_CENTER,
			       .divides = b->is_split,
			       .fill = banner->ground,
			       .border = banner->ink,
			       .border_width = b->is_plain ? ui_palette(ui)->border_card : 2,
			       .radius = 20,
			       .role = banner->role,
			       .id = banner->id});
	if (!b->is_split)
		widget_icon(
			ui, banner->icon, ICON_FILL, b->room > ROOM_SNUG ? 34 : 52, banner->ink);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = b->is_split});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, banner->title);
	/* In very large letters the first line says enough. */
	if (b->size <= TEXT_LARGE && b->room <= ROOM_SNUG && banner->text != NULL &&
		banner->text[0] != '\0')
		widget_text(ui, TYPE_SMALL, COLOR_TEXT, banner->text);
	node_end(ui);
	node_end(ui);
}

const char *part_error(const struct build *b)
{
	if (b->view->error[0] != '\0')
		return b->view->error;
	return b->model->has_field ? b->model->field.error : "";
}

void part_error_summary(struct build *b)
{
	struct ui *ui = b->ui;
	const char *id = part_error(b);

	if (id[0] == '\0' || (b->room == ROOM_LEAST && b->view->error_seen))
		return;
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN,
			.width = length_fill(1),
			.pad = {part_pad(b, 22), part_pad(b, 30), part_pad(b, 24), part_pad(b, 30)},
			.gap = part_pad(b, 8),
			.fill = COLOR_ERROR_BG,
			.border = COLOR_ERROR,
			.border_width = 4,
			.radius = 20,
			.divides = true,
			.role = ROLE_ALERT,
			/* On pages its words may stand on another one. */
			.name = b->is_split ? text_error(id) : NULL,
			.id = "error"});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 16, .cross = ALIGN_CENTER});
	widget_icon(ui, "warning-circle", ICON_FILL, b->room > ROOM_SNUG ? 36 : 48, COLOR_ERROR);
	widget_heading(ui, b->room > ROOM_SNUG ? TYPE_BODY_STRONG : TYPE_HEADING, COLOR_TEXT,
		_("There is a problem"));
	node_end(ui);
	widget_text(ui, TYPE_BODY, COLOR_TEXT, text_error(id));
	node_end(ui);
}

void part_paragraphs(struct build *b, const char *title, const char *text)
{
	struct ui *ui = b->ui;
	const char *end;

	for (bool first = true; *text != '\0'; text = end, first = false) {
		end = strstr(text, ". ");
		end = end != NULL ? end + 2 : text + strlen(text);
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .divides = true,
				       .role = ROLE_NOTE});
		if (first)
			widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, title);
		widget_text(ui, TYPE_CAPTION, COLOR_TEXT2,
			node_text(ui, "%.*s", (int)(end - text), text));
		node_end(ui);
	}
}

void part_tries(struct build *b, int droppable)
{
	node_add(b->ui, &(struct node_spec){
				.text = node_text(b->ui, _("Tries left: %d"), b->model->tries_left),
				.type = TYPE_BODY_STRONG,
				.width = length_fill(1),
				.role = ROLE_STATUS,
				.droppable = droppable,
				.id = "tries"});
}

bool part_error_page(struct build *b)
{
	const struct header header = {.style = HEADER_COMPACT, .title = text_title(b->model)};

	if (b->room < ROOM_LEAST || part_error(b)[0] == '\0' || b->view->error_seen)
		return false;
	frame_open(b, &header);
	part_error_summary(b);
	/* They stand beside what is corrected, too. */
	if (b->model->tries_left > 0)
		part_tries(b, 1);
	frame_close(b, &(struct actions){.primary = _("Correct it"), .primary_action = "correct"});
	return true;
}

const char *part_value(struct build *b, const char *value, bool personal)
{
	char masked[64];

	if (!personal || !b->env->masked)
		return value;
	format_masked(masked, sizeof(masked), value);
	return node_text(b->ui, "%s", masked);
}

void part_unmask(struct build *b)
{
	if (!b->env->masked)
		return;
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "unmask",
			       .label = _("Show my data"),
			       .action = "unmask",
			       .icon = "eye",
			       .width = length_fill(1)});
}

int part_grown(const struct build *b, int units)
{
	static const int percent[TEXT_SIZE_COUNT] = {100, 125, 145, 165};

	return units * percent[b->size] / 100;
}

int part_widest_word(struct build *b, enum type_role type, const char *text)
{
	int widest = 0;

	for (const char *p = text; *p != '\0';) {
		const int length = (int)strcspn(p, " ");
		const char *word = node_text(b->ui, "%.*s", length, p);
		const int width = ui_text_width(b->ui, type, word);

		widest = width > widest ? width : widest;
		p += length + (p[length] == ' ');
	}
	return widest;
}

int part_scaled(const struct build *b, int units)
{
	static const int percent[TEXT_SIZE_COUNT] = {100, 112, 122, 130};

	return units * percent[b->size] / 100;
}

void part_icon(struct build *b, const char *icon, enum icon_style style, int size, enum color fg)
{
	node_add(b->ui, &(struct node_spec){
				.icon = icon, .icon_style = style, .icon_size = size, .fg = fg});
}

const char *part_button_icon(struct build *b, const char *icon, const char *label, int width)
{
	/* Padding of a button on both sides, the icon and the gap: ui/toolkit/widget.c. */
	int room = width - 2 * 36 - part_grown(b, 40) - 24;

	return icon != NULL && label != NULL && ui_text_width(b->ui, TYPE_BUTTON, label) <= room
		       ? icon
		       : NULL;
}

void part_icon_box(struct build *b, const char *icon, int size, enum color fg, enum color ground)
{
	struct ui *ui = b->ui;

	size = part_scaled(b, size);
	if (b->room > ROOM_SNUG)
		return;
	if (icon[0] == '\0' || icon_find(icon) == NULL)
		icon = "file-text";
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(size),
			       .height = length_units(size),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = ground,
			       .radius = 20});
	part_icon(b, icon, ICON_DUOTONE, size * 6 / 10, fg);
	node_end(ui);
}

#define RADIO_MARK 46
#define RADIO_GAP  16

static enum type_role radio_type(const struct build *b)
{
	return b->room > ROOM_SNUG ? TYPE_BODY_STRONG : TYPE_HEADING;
}

static struct insets radio_pad(const struct build *b)
{
	return insets_xy(part_pad(b, 20) + 8, part_pad(b, 8) + 8);
}

int part_radio_width(struct build *b, const char *label)
{
	const struct insets pad = radio_pad(b);

	return part_widest_word(b, radio_type(b), label) + pad.left + pad.right + RADIO_GAP +
	       RADIO_MARK + 2;
}

void part_radio(struct build *b, const struct radio *radio)
{
	struct ui *ui = b->ui;
	int border = ui_palette(ui)->border_card;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_target(b, 136),
			       .pad = radio_pad(b),
			       .gap = RADIO_GAP,
			       .cross = ALIGN_CENTER,
			       .fill = radio->checked ? COLOR_TINT : COLOR_SURFACE,
			       .border = radio->checked ? COLOR_ACTION : COLOR_CONTROL,
			       .border_width = radio->checked ? 5 : border,
			       .radius = 24,
			       .shadow = radio->checked ? 0 : 1,
			       .role = ROLE_RADIO,
			       .states = radio->checked ? STATE_CHECKED : 0,
			       .id = radio->id,
			       .lang = radio->lang,
			       .action = radio->action,
			       .arg = radio->arg});
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 2});
	widget_text(ui, radio_type(b), COLOR_TEXT, radio->label);
	if (radio->detail != NULL && radio->detail[0] != '\0' && b->room < ROOM_LEAST)
		widget_text(
			ui, TYPE_SMALL, radio->checked ? COLOR_TEXT : COLOR_TEXT2, radio->detail);
	node_end(ui);
	if (radio->value != NULL && radio->value[0] != '\0')
		widget_text(ui, TYPE_CARD_TITLE, COLOR_TEXT, radio->value);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(RADIO_MARK),
			       .height = length_units(RADIO_MARK),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .radius = RADIUS_PILL,
			       .fill = radio->checked ? COLOR_ACTION : COLOR_SURFACE,
			       .border = radio->checked ? COLOR_ACTION : COLOR_CONTROL,
			       .border_width = 3});
	if (radio->checked)
		part_icon(b, "check", ICON_BOLD, 30, COLOR_ON_ACTION);
	node_end(ui);
	node_end(ui);
}

void part_pager(struct build *b, const char *label)
{
	struct ui *ui = b->ui;

	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_ROW, .width = length_fill(1), .pager = true});
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "more",
			       .label = label,
			       .action = "page",
			       .icon_after = "caret-down",
			       .width = length_fill(1)});
	node_end(ui);
}

void part_take_card(struct build *b)
{
	if (b->model->card_in)
		part_banner(b, &(struct banner){
				       .id = "take-card",
				       .icon = "identification-badge",
				       .title = _("You can take your card now"),
				       .text = _("It is not needed any more."),
				       .ink = COLOR_OK,
				       .ground = COLOR_OK_BG,
				       .role = ROLE_STATUS,
			       });
}

void part_money(struct build *b)
{
	struct ui *ui = b->ui;

	if (!b->model->no_charge)
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = 16,
			       .cross = ALIGN_CENTER,
			       .role = ROLE_NOTE,
			       .id = "money"});
	if (b->room < ROOM_LEAST)
		widget_icon(ui, "hand-coins", ICON_DUOTONE, 52, COLOR_OK);
	node_add(ui, &(struct node_spec){.text = _("Nothing has been charged."),
			     .type = TYPE_BODY_STRONG,
			     .width = length_fill(1)});
	node_end(ui);
}

void part_sign_in(struct build *b, int width)
{
	const char *label = _("Sign in with my e.firma");

	if (b->model->sign_in == SIGN_IN_NONE)
		return;
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "sign-in",
			       .label = label,
			       .action = "sign-in",
			       .icon = part_button_icon(b, "signature", label, width),
			       .width = length_fill(1)});
}

/* On a page of its own the button says what it changes, if that stands on one line. */
static const char *change_label(struct build *b, const char *whole)
{
	bool is_alone = b->is_split && ui_text_width(b->ui, TYPE_BODY_STRONG, whole) + 40 <=
					       frame_content_width(b);

	return is_alone ? whole : _("Change");
}

static void row_build(struct build *b, const struct screen_item *item, bool with_change, bool first)
{
	struct ui *ui = b->ui;
	const char *value = item->value[0] != '\0' ? item->value : item->detail;
	const char *label = item->certified
				    ? node_text(ui, _("%s (from your certificate)"), item->label)
				    : item->label;
	bool is_joined = b->room == ROOM_LEAST;
	bool has_button = with_change && item->changeable;
	const char *whole = node_text(ui, _("Change %s"), item->label);
	/* Words alone, and what is split: a page may end between the lines, or before the button.
	 */
	bool is_column = b->is_split || (is_joined && !has_button);

	value = part_value(b, value, item->personal);
	node_begin(ui,
		&(struct node_spec){
			.layout = LAYOUT_COLUMN, .width = length_fill(1), .divides = is_column});
	if (!first)
		widget_line(ui, COLOR_LINE);
	node_begin(ui, &(struct node_spec){.layout = is_column ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_pad(b, has_button ? 116 : 96),
			       .pad = insets_xy(0, b->room > ROOM_SNUG ? 6 : 14),
			       .gap = b->gutter,
			       .cross = is_column ? ALIGN_DEFAULT : ALIGN_CENTER,
			       .divides = is_column,
			       .role = ROLE_ROW,
			       .id = node_text(ui, "row-%s", item->id)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = is_column});
	if (!is_joined)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, label);
	node_add(ui, &(struct node_spec){
			     .text = is_joined ? node_text(ui, "%s: %s", label, value) : value,
			     .type = is_joined ? TYPE_CAPTION : TYPE_VALUE,
			     .personal = item->personal && !(is_joined && b->env->masked)});
	node_end(ui);
	/* On another page it would be a row without words. */
	if (b->is_split)
		node_end(ui);
	if (has_button)
		part_button(b, &(struct button){.kind = BUTTON_TINT,
				       .id = node_text(ui, "change-%s", item->id),
				       .label = change_label(b, whole),
				       .name = whole,
				       .action = "change",
				       .arg = item->id,
				       .icon = b->room > ROOM_SNUG ? NULL : "pencil-simple"});
	if (!b->is_split)
		node_end(ui);
	node_end(ui);
}

void part_rows(struct build *b, bool with_change)
{
	bool first = true;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];

		if (item->kind != ITEM_ROW)
			continue;
		row_build(b, item, with_change, first);
		first = false;
	}
}

void part_spacer(struct build *b)
{
	widget_spacer(b->ui, 1);
}
