#include <string.h>

#include "terminal/domain/curp.h"
#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* Eighteen boxes in two rows, group by group, with what the key says about the person below. The
 * whole entry is one textbox for speech and focus; a box takes no touch. */

#define BOX_GAP	      11
#define BOX_MAX_WIDTH 84

/* Narrower than this a letter in its box has no air; then all stands in one line of text. */
#define BOX_MIN_WIDTH 52

/* All in one row where the screen is wide and low. */
static bool is_one_row(const struct build *b)
{
	return b->is_wide && !b->keyboard_beside;
}

/* Ten boxes, or all eighteen, and a space between the groups in the width of the content. */
static int box_width(struct build *b)
{
	int room = frame_content_width(b);
	int width = is_one_row(b) ? (room - 12 * BOX_GAP - 5 * 40) / 18
				  : (room - 8 * BOX_GAP - 40) / 10;

	return width < BOX_MAX_WIDTH ? width : BOX_MAX_WIDTH;
}

static bool is_line(struct build *b)
{
	return b->room == ROOM_LEAST ||
	       box_width(b) < (b->size > TEXT_LARGE ? BOX_MIN_WIDTH + 14 : BOX_MIN_WIDTH);
}

static enum type_role box_type(struct build *b)
{
	return box_width(b) < 74 || b->room > ROOM_SNUG ? TYPE_KEY : TYPE_CURP;
}

static int box_height(struct build *b)
{
	static const int heights[ROOM_COUNT] = {0, 84, 72, 64};
	int least = ui_text_height(b->ui, box_type(b), "0", BOX_MAX_WIDTH) + 2 * 8;

	if (b->room > ROOM_AMPLE)
		return heights[b->room] > least ? heights[b->room] : least;
	return b->size == TEXT_MAX				   ? least
	       : b->size > TEXT_LARGE				   ? 98
	       : part_error(b)[0] != '\0' || b->size > TEXT_NORMAL ? 90
								   : 104;
}

struct group {
	const char *name;
	size_t first, count;
};
static const struct group groups[] = {
	{N_("Names"), 0, 4},
	{N_("Birth date"), 4, 6},
	{N_("Sex"), 10, 1},
	{N_("State"), 11, 2},
	{N_("Consonants"), 13, 3},
	{N_("Check"), 16, 2},
};

/* First and number of boxes to mark as wrong. */
static size_t wrong_range(const struct build *b, size_t *ret_count)
{
	const char *id = part_error(b);
	size_t first = 0;

	*ret_count = 0;
	if (id[0] == '\0' || b->view->error_seen)
		return 0;
	for (int e = CURP_OK + 1; e < CURP_ERROR_COUNT; e++) {
		if (strncmp(id, "curp.", 5) != 0 ||
			strcmp(id + 5, curp_error_name((enum curp_error)e)) != 0)
			continue;
		if (curp_error_range((enum curp_error)e, &first, ret_count))
			return first;
		if (e == CURP_WORD) {
			*ret_count = 4;
			return 0;
		}
	}
	*ret_count = CURP_LENGTH;
	return 0;
}

static void box(struct build *b, size_t position, size_t length, bool is_wrong, int height)
{
	struct ui *ui = b->ui;
	const char *text = b->view->entry.text;
	bool is_next = position == length && !b->env->masked, is_filled = position < length;
	enum color border = is_wrong ? COLOR_ERROR : is_next ? COLOR_ACTION : COLOR_CONTROL;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(box_width(b)),
			       .height = length_units(height),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = is_filled || is_next ? COLOR_SURFACE : COLOR_SURFACE2,
			       .border = border,
			       .border_width = is_wrong || is_next ? 5 : 2,
			       .radius = 16});
	if (is_filled)
		node_add(ui,
			&(struct node_spec){
				.text = b->env->masked ? "•" : node_text(ui, "%c", text[position]),
				.type = box_type(b),
				.fg = COLOR_TEXT,
				.personal = true});
	else if (is_next)
		node_add(ui, &(struct node_spec){.width = length_units(4),
				     .height = length_units(b->room > ROOM_AMPLE ? height / 2 : 56),
				     .fill = COLOR_ACTION_TEXT,
				     .radius = 2});
	node_end(ui);
}

static bool has_names(const struct build *b)
{
	return b->size <= TEXT_LARGE && b->room <= ROOM_SNUG;
}

static void group(struct build *b, const struct group *group, size_t length, int height)
{
	struct ui *ui = b->ui;
	size_t wrong_count, wrong_first = wrong_range(b, &wrong_count);
	bool active = length >= group->first && length < group->first + group->count;
	int width = (int)group->count * (box_width(b) + BOX_GAP) - BOX_GAP;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .min_width = width,
			       .gap = 6,
			       .cross = ALIGN_CENTER});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = BOX_GAP});
	for (size_t i = group->first; i < group->first + group->count; i++)
		box(b, i, length, i >= wrong_first && i < wrong_first + wrong_count, height);
	node_end(ui);
	/* In very large letters there is room for the name of the group that is typed only. */
	if (has_names(b))
		node_add(ui, &(struct node_spec){.text = _(group->name),
				     .type = active ? TYPE_CAPTION : TYPE_SMALL,
				     .fg = active ? COLOR_ACTION_TEXT : COLOR_TEXT2,
				     .text_align = TEXT_CENTER,
				     .pad = {0, 0, b->size > TEXT_NORMAL ? 2 : 0, 0},
				     /* The two wide groups leave no room beside each other. */
				     .max_width = group->count >= 4 ? width : 0});
	node_end(ui);
}

static void group_in_turn(struct build *b, size_t length)
{
	for (size_t i = 0; i < VT_ELEMENTS(groups); i++)
		if (length >= groups[i].first && length < groups[i].first + groups[i].count)
			widget_text(b->ui, TYPE_CAPTION, COLOR_ACTION_TEXT, _(groups[i].name));
}

/* The boxes, or in a narrow place one line with the groups. */
static void box_rows(struct build *b, size_t length, int height)
{
	size_t rows = is_one_row(b) ? 1 : 2, count = VT_ELEMENTS(groups);

	for (size_t row = 0; row < rows; row++) {
		node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_ROW,
					  .width = length_fill(1),
					  .main = ALIGN_BETWEEN});
		for (size_t i = row == 0 ? 0 : 2; i < (row == 0 && rows == 2 ? 2 : count); i++)
			group(b, &groups[i], length, height);
		node_end(b->ui);
	}
}

static void line(struct build *b, const char *shown, bool is_wrong)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = 60,
			       .pad = insets_xy(14, 8),
			       .gap = 4,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = is_wrong ? COLOR_ERROR : COLOR_ACTION,
			       .border_width = 5,
			       .radius = 12});
	if (shown[0] != '\0')
		node_add(ui, &(struct node_spec){
				     .text = shown, .type = TYPE_KEY_WORD, .personal = true});
	if (!b->env->masked)
		node_add(ui, &(struct node_spec){.width = length_units(4),
				     .height = length_units(40),
				     .fill = COLOR_ACTION_TEXT,
				     .radius = 2});
	node_end(ui);
}

static void boxes(struct build *b)
{
	struct ui *ui = b->ui;
	const char *text = b->view->entry.text, *value;
	size_t length = strlen(text), wrong_count;
	char shown[32];

	(void)wrong_range(b, &wrong_count);
	format_curp(shown, sizeof(shown), text);
	value = part_value(b, shown, true);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 16,
			       .role = ROLE_TEXTBOX,
			       .states = wrong_count > 0 ? STATE_INVALID : 0,
			       .id = "field",
			       .name = "CURP",
			       .description = b->model->field.hint,
			       .value = value,
			       .personal = true,
			       .editable = true});
	if (is_line(b))
		line(b, value, wrong_count > 0);
	else
		box_rows(b, length, box_height(b));
	if (!is_line(b) && !has_names(b) && b->room <= ROOM_SNUG)
		group_in_turn(b, length);
	node_end(ui);
}

static const char *sex_word(char sex)
{
	switch (sex) {
	case 'H':
		return _("Man");
	case 'M':
		return _("Woman");
	case 'X':
		return _("Non-binary");
	default:
		return "";
	}
}

/* "12 de marzo de 1985 · Mujer · Jalisco", as far as it is typed. */
static const char *facts_line(struct build *b, const struct curp_facts *facts)
{
	char date[DATE_LONG_SIZE];
	const char *sex = sex_word(facts->sex), *state = "", *shown = date;
	struct vt_date birth = facts->birth;
	size_t length;

	/* Position 17 tells the century; until then the year has two digits. */
	if (!facts->has_century)
		birth.year = 2000 + facts->birth.year % 100;
	date_format_long(birth, locale_get(), date);
	length = strlen(date);
	if (!facts->has_century && length > 4)
		shown = node_text(
			b->ui, "%.*s’%02d", (int)(length - 4), date, facts->birth.year % 100);
	if (facts->entity != NULL)
		state = entity_name(facts->entity, locale_get());
	return node_text(b->ui, "%s%s%s%s%s", shown, sex[0] != '\0' ? "  ·  " : "", sex,
		state[0] != '\0' ? "  ·  " : "", state);
}

/* As core brought it from the card, and not changed since. */
static bool is_certified(const struct build *b)
{
	return b->model->field.certified && strcmp(b->view->entry.text, b->model->field.value) == 0;
}

static void way_scan(struct build *b, int width)
{
	const char *label = _("Scan my CURP");

	if (b->model->can_scan)
		part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
				       .id = "scan",
				       .label = label,
				       .action = "scan",
				       .icon = b->room > ROOM_SNUG
						       ? NULL
						       : part_button_icon(b, "scan", label, width),
				       .width = length_fill(1)});
}

static void way_unknown(struct build *b, int width)
{
	const char *label = _("I do not know it");

	if (b->model->has_other_way)
		part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
				       .id = "unknown",
				       .label = label,
				       .action = "unknown-curp",
				       .icon = b->room > ROOM_SNUG ? NULL
								   : part_button_icon(b, "question",
									     label, width),
				       .width = length_fill(1)});
}

/* As the scanner brought it, and not changed since. */
static bool is_scanned(const struct build *b)
{
	return strcmp(b->model->outcome, "scanned") == 0 &&
	       strcmp(b->view->entry.text, b->model->field.value) == 0;
}

/* Two buttons stand beside each other if each has this width. */
#define HALF_MIN 400

/* The other ways: beside each other where there is room. */
static void other_ways(struct build *b)
{
	struct ui *ui = b->ui;
	const bool has_sign_in = b->model->sign_in != SIGN_IN_NONE && part_error(b)[0] == '\0';
	const int whole = frame_content_width(b), half = (whole - b->gutter) / 2;
	const bool is_pair = (b->model->can_scan || has_sign_in) && b->model->has_other_way &&
			     b->size <= TEXT_LARGE && half >= HALF_MIN;

	if (is_pair)
		node_begin(ui,
			&(struct node_spec){
				.layout = LAYOUT_ROW, .width = length_fill(1), .gap = b->gutter});
	way_scan(b, is_pair ? half : whole);
	way_unknown(b, is_pair ? half : whole);
	if (has_sign_in && !b->model->can_scan)
		part_sign_in(b, is_pair ? half : whole);
	if (is_pair)
		node_end(ui);
	if (has_sign_in && b->model->can_scan)
		part_sign_in(b, whole);
}

static void decoded(struct build *b)
{
	struct ui *ui = b->ui;
	const char *text = b->view->entry.text;
	bool is_whole = strlen(text) == CURP_LENGTH, is_wrong = part_error(b)[0] != '\0';
	struct curp_facts facts;
	const char *line;

	/* Beside the error there is no room for it in larger letters. */
	if ((is_wrong && (b->size > TEXT_NORMAL || b->room > ROOM_AMPLE)) ||
		!curp_decode(text, &facts))
		return;
	line = part_value(b, facts_line(b, &facts), true);
	/* Never "correct": the check digit misses the tens of the day, and H against M. */
	node_begin(ui, &(struct node_spec){.layout = b->is_split ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = part_insets(b, 28, 16),
			       .divides = b->is_split,
			       .gap = b->room > ROOM_SNUG ? 11 : 22,
			       .cross = b->is_split ? ALIGN_DEFAULT : ALIGN_CENTER,
			       .fill = is_whole && !is_wrong ? COLOR_INFO_BG : COLOR_SURFACE,
			       .border = is_whole && !is_wrong ? COLOR_INFO : COLOR_LINE,
			       .border_width = b->is_plain ? ui_palette(ui)->border_card : 2,
			       .radius = 20,
			       .role = ROLE_STATUS,
			       .id = "decoded"});
	if (b->room < ROOM_LEAST)
		widget_icon(ui, "info", ICON_DUOTONE, 48, COLOR_INFO);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = b->is_split});
	node_add(ui, &(struct node_spec){.text = line, .type = TYPE_BODY_STRONG, .personal = true});
	if (is_whole && is_certified(b))
		widget_text(ui, TYPE_SMALL, COLOR_TEXT, _("From your certificate"));
	else if (is_whole && is_scanned(b) && b->room < ROOM_LEAST)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT,
			_("Read from your document. Are these data yours?"));
	else if (b->room <= ROOM_SNUG && (is_whole || b->size < TEXT_MAX))
		widget_text(ui, TYPE_SMALL, is_whole && !is_wrong ? COLOR_TEXT : COLOR_TEXT2,
			is_whole ? _("Are the birth date and the sex yours?")
				 : _("Check that these data are yours."));
	node_end(ui);
	node_end(ui);
}

void build_curp(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	/* With an error in the largest letters each line counts. */
	bool is_tight = b->size == TEXT_MAX && part_error(b)[0] != '\0';
	const struct header header = {
		.style = HEADER_KEYBOARD, .title = text_title(model), .step = is_tight ? "" : NULL};
	size_t length = strlen(b->view->entry.text);
	const char *lead = model->lead[0] != '\0' ? model->lead
			   : model->field.hint[0] != '\0'
				   ? model->field.hint
				   : _("It has 18 letters and numbers. You find it on your birth "
				       "certificate, your voter card or a printed CURP.");

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	if (part_error(b)[0] == '\0' && frame_has_words(b))
		node_add(ui, &(struct node_spec){.text = lead,
				     .type = TYPE_BODY,
				     .fg = COLOR_TEXT2,
				     .width = length_fill(1),
				     .droppable = 1});
	if (frame_has_entry(b))
		boxes(b);
	if (b->room < ROOM_LEAST || (length == CURP_LENGTH && !b->env->masked))
		decoded(b);
	if (b->env->masked)
		part_unmask(b);
	/* Where there is little room: who begins to type knows it. */
	else if (frame_has_words(b) && (b->room < ROOM_LEAST || b->is_split || length == 0))
		other_ways(b);
	frame_close_sides(
		b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
			   .primary = model->primary[0] != '\0' ? model->primary : _("Continue"),
			   .primary_action = "submit",
			   .primary_icon_after = "arrow-right",
			   /* Nobody types behind the mask; where room is short the keys wait. */
			   .keyboard = b->room < ROOM_LEAST || !b->env->masked});
}
