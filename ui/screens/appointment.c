#include <stdio.h>
#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* An appointment in three questions: where, which day, what time. Each is a choice among what the
 * agency has free; what is taken is shown and said as taken, and cannot be chosen. */

#define WEEK 7

static void paged_open(struct build *b, const char *name)
{
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(1),
				  .height = length_fill(1),
				  .gap = b->gutter > 16 ? 14 : 11,
				  .paged = true,
				  .page = b->view->page,
				  .role = ROLE_RADIOGROUP,
				  .name = name,
				  .id = "choices"});
}

static void row_open(struct build *b, int columns)
{
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_GRID,
				  .width = length_fill(1),
				  .columns = columns,
				  .gap = 11,
				  .equal_rows = true});
}

static void close_question(struct build *b)
{
	const struct screen_model *model = b->model;

	frame_close(
		b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
			   .primary = model->primary[0] != '\0' ? model->primary : _("Continue"),
			   .primary_action = "submit",
			   .primary_icon_after = "arrow-right"});
}

void build_place(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_TALL, .title = text_title(model), .lead = model->lead};
	int columns = b->is_wide && b->size <= TEXT_LARGE ? 2 : 1, in_row = 0;

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	paged_open(b, header.title);
	for (size_t i = 0; i < model->item_count; i++) {
		const struct screen_item *item = &model->items[i];

		if (in_row == 0)
			row_open(b, columns);
		part_radio(b, &(struct radio){
				      .id = node_text(b->ui, "choice-%s", item->id),
				      .label = item->label,
				      .detail = item->detail,
				      .value = item->value,
				      .action = "choose",
				      .arg = item->id,
				      .checked = strcmp(item->id, b->view->entry.text) == 0,
			      });
		if (++in_row == columns) {
			node_end(b->ui);
			in_row = 0;
		}
	}
	if (in_row > 0)
		node_end(b->ui);
	part_pager(b, _("See more offices"));
	node_end(b->ui);
	close_question(b);
}

/* A day or an hour: free ones are buttons, taken ones are plain and say so. */
static void cell(struct build *b, const struct screen_item *item, const char *spoken)
{
	struct ui *ui = b->ui;
	bool is_free = item->state == ITEM_AVAILABLE || item->state == ITEM_SELECTED;
	bool checked = strcmp(item->id, b->view->entry.text) == 0;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .min_height = part_target(b, 104),
			       .pad = insets_xy(4, 9),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = checked	 ? COLOR_TINT
				       : is_free ? COLOR_SURFACE
						 : COLOR_NONE,
			       .border = checked   ? COLOR_ACTION
					 : is_free ? COLOR_CONTROL
						   : COLOR_NONE,
			       .border_width = checked ? 6 : 2,
			       .radius = 16,
			       .shadow = is_free && !checked ? 1 : 0,
			       .role = is_free ? ROLE_RADIO : ROLE_NOTE,
			       .id = node_text(ui, "choice-%s", item->id),
			       .name = is_free ? spoken : node_text(ui, _("%s: taken"), spoken),
			       .states = checked ? STATE_CHECKED : 0,
			       .action = is_free ? "choose" : NULL,
			       .arg = item->id});
	widget_text(ui, is_free ? TYPE_VALUE : TYPE_SMALL, is_free ? COLOR_TEXT : COLOR_TEXT2,
		item->label);
	node_end(ui);
}

static const char *const weekdays[WEEK] = {
	N_("Mo"), N_("Tu"), N_("We"), N_("Th"), N_("Fr"), N_("Sa"), N_("Su")};

static void week_names(struct build *b)
{
	row_open(b, WEEK);
	for (int i = 0; i < WEEK; i++)
		node_add(b->ui, &(struct node_spec){.text = _(weekdays[i]),
					.type = TYPE_CAPTION,
					.fg = COLOR_TEXT2,
					.text_align = TEXT_CENTER,
					.width = length_fill(1)});
	node_end(b->ui);
}

/* Monday = 0 of the day "AAAA-MM-DD"; Sakamoto's rule. */
static int weekday_of(const char *id, struct vt_date *ret_date)
{
	static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
	int y, m, d;

	if (sscanf(id, "%4d-%2d-%2d", &y, &m, &d) != 3 || m < 1 || m > 12)
		return 0;
	*ret_date = (struct vt_date){y, m, d};
	y -= m < 3 ? 1 : 0;
	return (y + y / 4 - y / 100 + y / 400 + shift[m - 1] + d + 6) % WEEK;
}

void build_calendar(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_TALL, .title = text_title(model), .lead = model->lead};
	struct vt_date date = {2000, 1, 1};
	int first = model->item_count > 0 ? weekday_of(model->items[0].id, &date) : 0;
	int cells = first + (int)model->item_count;

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	if (b->room < ROOM_LEAST)
		week_names(b);
	paged_open(b, header.title);
	for (int at = 0; at < (cells + WEEK - 1) / WEEK * WEEK; at++) {
		char day[DATE_LONG_SIZE];

		if (at % WEEK == 0)
			row_open(b, WEEK);
		if (at < first || at >= cells) {
			node_add(ui, &(struct node_spec){.width = length_fill(1)});
		} else {
			const struct screen_item *item = &model->items[at - first];

			(void)weekday_of(item->id, &date);
			date_format_long(date, locale_get(), day);
			cell(b, item, node_text(ui, "%s", day));
		}
		if (at % WEEK == WEEK - 1)
			node_end(ui);
	}
	part_pager(b, _("See more days"));
	node_end(ui);
	close_question(b);
}

void build_hour(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_TALL, .title = text_title(model), .lead = model->lead};
	int columns = b->size > TEXT_LARGE ? 3 : b->is_wide ? 6 : 4, in_row = 0;

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	paged_open(b, header.title);
	for (size_t i = 0; i < model->item_count; i++) {
		if (in_row == 0)
			row_open(b, columns);
		cell(b, &model->items[i], model->items[i].label);
		if (++in_row == columns) {
			node_end(b->ui);
			in_row = 0;
		}
	}
	if (in_row > 0)
		node_end(b->ui);
	part_pager(b, _("See more hours"));
	node_end(b->ui);
	close_question(b);
}
