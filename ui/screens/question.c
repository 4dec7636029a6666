#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* One question: a text with its keyboard, a date in three boxes, or a list of radio cards. */

static bool is_list(const struct build *b)
{
	return b->model->field.type == FIELD_CHOICE || b->model->field.type == FIELD_ENTITY;
}

static void caret(struct build *b, int height)
{
	node_add(b->ui, &(struct node_spec){.width = length_units(4),
				.height = length_units(height),
				.fill = COLOR_ACTION_TEXT,
				.radius = 2});
}

static void hint(struct build *b, const char *text)
{
	if (text[0] != '\0')
		node_add(b->ui, &(struct node_spec){.text = text,
					.type = TYPE_BODY,
					.fg = COLOR_TEXT2,
					.width = length_fill(1),
					.droppable = 1,
					.id = "hint"});
}

static bool is_wrong(const struct build *b)
{
	return part_error(b)[0] != '\0' && !b->view->error_seen;
}

static void text_box(struct build *b)
{
	struct ui *ui = b->ui;
	const char *value = part_value(b, b->view->entry.text, true);
	bool wrong = is_wrong(b);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_target(b, 120),
			       .pad = insets_xy(
				       part_pad(b, 20) + 8, b->is_split ? 0 : part_pad(b, 12) + 8),
			       .gap = 4,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = wrong ? COLOR_ERROR : COLOR_ACTION,
			       .border_width = 5,
			       .radius = 16,
			       .role = ROLE_TEXTBOX,
			       .states = wrong ? STATE_INVALID : 0,
			       .id = "field",
			       .name = b->model->field.label,
			       .description = b->model->field.hint,
			       .value = value,
			       .personal = true,
			       .editable = true});
	if (value[0] != '\0')
		node_add(ui, &(struct node_spec){.text = value,
				     .type = b->is_split ? TYPE_BODY_STRONG : TYPE_CARD_TITLE,
				     .personal = true});
	if (!b->env->masked)
		caret(b, b->room > ROOM_SNUG ? 40 : 56);
	node_end(ui);
}

static void date_box(struct build *b, enum date_part part, const char *label, int width)
{
	struct ui *ui = b->ui;
	const struct entry *entry = &b->view->entry;
	bool active = entry->part == part && !b->env->masked, wrong = is_wrong(b);
	const char *value = part_value(b, entry->parts[part], true);

	node_begin(
		ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			    .gap = 8,
			    .cross = ALIGN_CENTER,
			    .role = ROLE_TEXTBOX,
			    .id = node_text(ui, "part-%d", (int)part),
			    .name = label,
			    .value = value,
			    .personal = true,
			    .states = (wrong ? STATE_INVALID : 0u) | (active ? STATE_CURRENT : 0u),
			    .action = "part",
			    .arg = node_text(ui, "%d", (int)part)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_units(width),
			       .min_height = part_target(b, 120),
			       .pad = insets_xy(
				       b->room > ROOM_AMPLE ? 10 : 0, b->room > ROOM_AMPLE ? 8 : 0),
			       .gap = 4,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = wrong	  ? COLOR_ERROR
					 : active ? COLOR_ACTION
						  : COLOR_CONTROL,
			       .border_width = active || wrong ? 5 : 3,
			       .radius = 16});
	if (value[0] != '\0')
		node_add(ui, &(struct node_spec){.text = value,
				     .type = b->room > ROOM_SNUG ? TYPE_KEY : TYPE_CURP,
				     .personal = true});
	if (active)
		caret(b, b->room > ROOM_SNUG ? 40 : 60);
	node_end(ui);
	node_add(ui, &(struct node_spec){.text = label,
			     .type = active ? TYPE_CAPTION : TYPE_SMALL,
			     .fg = active ? COLOR_ACTION_TEXT : COLOR_TEXT2,
			     .pad = {0, 0, b->size > TEXT_NORMAL ? 2 : 0, 0}});
	node_end(ui);
}

static void date_boxes(struct build *b)
{
	struct ui *ui = b->ui;
	/* Two boxes and one of half as much again, with their gaps. */
	int unit = (frame_content_width(b) - 2 * 28) * 19 / 68;

	if (unit > 190)
		unit = 190;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .gap = b->room > ROOM_SNUG ? 12 : 28,
			       .role = ROLE_GROUP,
			       .name = b->model->field.label,
			       .id = "field"});
	date_box(b, DATE_DAY, _("Day"), unit);
	date_box(b, DATE_MONTH, _("Month"), unit);
	date_box(b, DATE_YEAR, _("Year"), unit * 30 / 19);
	node_end(ui);
}

/* Two columns where there are many and no word is too long for one. */
static int column_count(struct build *b)
{
	const struct screen_model *model = b->model;
	const int room = (frame_content_width(b) - b->gutter) / 2;

	if (b->size > TEXT_LARGE || model->item_count <= 4)
		return 1;
	for (size_t i = 0; i < model->item_count; i++)
		if (part_radio_width(b, model->items[i].label) > room)
			return 1;
	return 2;
}

static void choices(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	int columns = column_count(b), in_row = 0;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_RADIOGROUP,
			       .name = text_title(model),
			       .id = "choices"});
	for (size_t i = 0; i < model->item_count; i++) {
		const struct screen_item *item = &model->items[i];

		if (in_row == 0)
			node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
					       .width = length_fill(1),
					       .columns = columns,
					       .gap = b->gutter,
					       .equal_rows = true});
		part_radio(b, &(struct radio){
				      .id = node_text(ui, "choice-%s", item->id),
				      .label = item->label,
				      .detail = item->detail,
				      .value = item->value,
				      .action = "choose",
				      .arg = item->id,
				      .checked = strcmp(item->id, b->view->entry.text) == 0,
			      });
		if (++in_row == columns) {
			node_end(ui);
			in_row = 0;
		}
	}
	if (in_row > 0)
		node_end(ui);
	part_pager(b, _("See more options"));
	node_end(ui);
}

/* Boxes of a date and radio cards are touched: they stay out of the top quarter, where an error
 * summary does not push them down anyway. */
static enum header_style style_of(const struct build *b)
{
	bool is_date = b->model->field.type == FIELD_DATE;

	if (is_list(b) || (is_date && part_error(b)[0] == '\0'))
		return HEADER_TALL;
	return HEADER_KEYBOARD;
}

void build_question(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct screen_field *field = &model->field;
	const char *label = field->label;
	b->is_entry_only = is_list(b) || field->hint[0] == '\0' || b->env->masked;
	const struct header header = {
		.style = style_of(b),
		/* Beside the keys each line counts; the words said it. */
		.title = !frame_has_words(b)	   ? label
			 : model->title[0] != '\0' ? model->title
			 : field->optional	   ? node_text(b->ui, _("%s (optional)"), label)
						   : label,
		.lead = model->lead,
	};

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	if (frame_has_words(b))
		hint(b, field->hint);
	if (is_list(b))
		choices(b);
	else if (field->type == FIELD_DATE && frame_has_entry(b))
		date_boxes(b);
	else if (frame_has_entry(b))
		text_box(b);
	if (!is_list(b))
		part_unmask(b);
	frame_close_sides(
		b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
			   .primary = model->primary[0] != '\0' ? model->primary : _("Continue"),
			   .primary_action = "submit",
			   .primary_icon_after = "arrow-right",
			   .keyboard = !is_list(b) && (b->room < ROOM_LEAST || !b->env->masked)});
}
