#include <string.h>

#include "terminal/base/text.h"
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

static bool is_free(const struct screen_item *item)
{
	return item->state == ITEM_AVAILABLE || item->state == ITEM_SELECTED;
}

/* A day or an hour: free ones are buttons, taken ones are plain and say so. */
static void cell(struct build *b, const struct screen_item *item, const char *spoken)
{
	struct ui *ui = b->ui;
	bool may = is_free(item);
	bool checked = strcmp(item->id, b->view->entry.text) == 0;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .min_height = part_target(b, 104),
			       .pad = insets_xy(4, 9),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = checked ? COLOR_TINT
				       : may   ? COLOR_SURFACE
					       : COLOR_NONE,
			       .border = checked ? COLOR_ACTION
					 : may	 ? COLOR_CONTROL
						 : COLOR_NONE,
			       .border_width = checked ? 6 : 2,
			       .radius = 16,
			       .shadow = may && !checked ? 1 : 0,
			       .role = may ? ROLE_RADIO : ROLE_NOTE,
			       .id = node_text(ui, "choice-%s", item->id),
			       .name = may ? spoken : node_text(ui, _("%s: taken"), spoken),
			       .states = checked ? STATE_CHECKED : 0,
			       .action = may ? "choose" : NULL,
			       .arg = item->id});
	widget_text(ui, may ? TYPE_VALUE : TYPE_SMALL, may ? COLOR_TEXT : COLOR_TEXT2, item->label);
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

/* False for what is no day. */
static bool weekday_of(const char *id, struct vt_date *ret_date, int *ret_weekday)
{
	if (!date_parse_iso(id, ret_date))
		return false;
	*ret_weekday = date_weekday(*ret_date);
	return true;
}

/* "noviembre de 2026" of "2026-11"; "" for what is no month. */
static const char *month_text(struct build *b, const char *month)
{
	char day[DATE_SIZE], text[DATE_LONG_SIZE];
	struct vt_date date;

	if (!vt_format(day, sizeof(day), "%s-01", month) || !date_parse_iso(day, &date))
		return "";
	date_format_month(date, locale_get(), text);
	return node_text(b->ui, "%s", text);
}

/* As the beginning of a line; names of months begin with a-z in both languages. */
static void capitalise(const char *text, char ret_text[DATE_LONG_SIZE])
{
	vt_copy_cut(ret_text, DATE_LONG_SIZE, text);
	if (ret_text[0] >= 'a' && ret_text[0] <= 'z')
		ret_text[0] = (char)(ret_text[0] - 'a' + 'A');
}

static size_t free_count(const struct screen_model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < model->item_count; i++)
		count += is_free(&model->items[i]) ? 1 : 0;
	return count;
}

/* The button to the month before, or after: that month's name stands on it. Width is in units. */
static struct button turn(struct build *b, const char *month, bool is_back, int *ret_width)
{
	const char *whole = month_text(b, month), *name = NULL;
	const char *label = is_back ? _("First month") : _("Last month");
	bool has_icon = b->room < ROOM_TIGHT, is_end = whole[0] == '\0';

	if (!is_end) {
		char text[DATE_LONG_SIZE];

		capitalise(whole, text);
		text[strcspn(text, " ")] = '\0';
		label = node_text(b->ui, "%s", text);
		name = is_back ? node_text(b->ui, _("Previous month: %s"), whole)
			       : node_text(b->ui, _("Next month: %s"), whole);
	}
	*ret_width = ui_text_width(b->ui, TYPE_BUTTON, label) + part_pad(b, 72) + 8 +
		     (has_icon ? part_grown(b, 40) + 20 : 0);
	return (struct button){.kind = BUTTON_SECONDARY,
		.id = is_back ? "month-previous" : "month-next",
		.label = label,
		.name = name,
		.action = is_end ? NULL : "month",
		.arg = month,
		.icon = has_icon && is_back ? "arrow-left" : NULL,
		.icon_after = has_icon && !is_back ? "arrow-right" : NULL,
		.disabled = is_end};
}

/* At an end there is nothing to press: the words stand there alone, and say why. */
static void turn_build(struct build *b, const struct button *button)
{
	if (!button->disabled) {
		part_button(b, button);
		return;
	}
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = button->width,
				  .cross = ALIGN_CENTER,
				  .role = ROLE_BUTTON,
				  .states = STATE_DISABLED,
				  .id = button->id});
	node_add(b->ui, &(struct node_spec){.text = button->label,
				.type = TYPE_BUTTON,
				.fg = COLOR_TEXT2,
				.text_align = TEXT_CENTER});
	node_end(b->ui);
}

/* Which month, and how many days of it are free: told when it changes. */
static void month_title(struct build *b, const char *title)
{
	size_t count = free_count(b->model);
	const char *days = node_text(b->ui,
		locale_plural("%d day with places", "%d days with places", count), (int)count);

	node_begin(b->ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN,
			.width = length_fill(1),
			.role = ROLE_STATUS,
			.id = "month",
			.name = count > 0 ? node_text(b->ui, "%s: %s", title, days) : title});
	node_add(b->ui, &(struct node_spec){.text = title,
				.type = TYPE_HEADING,
				.text_align = TEXT_CENTER,
				.width = length_fill(1)});
	if (count > 0 && b->room < ROOM_TIGHT)
		node_add(b->ui, &(struct node_spec){.text = days,
					.type = TYPE_CAPTION,
					.fg = COLOR_TEXT2,
					.text_align = TEXT_CENTER,
					.width = length_fill(1)});
	node_end(b->ui);
}

/* The month between the ways to its neighbours, where that is wide enough; else above them. */
static void month_bar(struct build *b)
{
	const struct screen_months *months = &b->model->months;
	int back_width, on_width;
	struct button back = turn(b, months->previous, true, &back_width);
	struct button on = turn(b, months->next, false, &on_width);
	int side = back_width > on_width ? back_width : on_width;
	char title[DATE_LONG_SIZE];
	bool is_row;

	capitalise(month_text(b, months->shown), title);
	if (title[0] == '\0')
		return;
	is_row = 2 * (side + b->gutter) + ui_text_width(b->ui, TYPE_HEADING, title) <=
		 frame_content_width(b);
	if (!is_row)
		month_title(b, title);
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_ROW,
				  .width = length_fill(1),
				  .gap = b->gutter,
				  .cross = ALIGN_CENTER,
				  .role = ROLE_GROUP,
				  .name = _("Other months"),
				  .id = "months"});
	back.width = on.width = is_row ? length_units(side) : length_fill(1);
	turn_build(b, &back);
	if (is_row)
		month_title(b, title);
	turn_build(b, &on);
	node_end(b->ui);
}

static const char *const weekdays_whole[WEEK] = {N_("Monday"), N_("Tuesday"), N_("Wednesday"),
	N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday")};

/* Days in weeks, as a calendar on paper. */
static void month_days(struct build *b, const char *name)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	struct vt_date date;
	int first, cells, weekday;

	if (model->item_count == 0 || !weekday_of(model->items[0].id, &date, &first))
		return;
	cells = first + (int)model->item_count;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter,
			       .divides = true,
			       .role = ROLE_GROUP,
			       .name = _("Days"),
			       .id = "days"});
	if (b->room < ROOM_LEAST)
		week_names(b);
	paged_open(b, name);
	for (int at = 0; at < (cells + WEEK - 1) / WEEK * WEEK; at++) {
		char day[DATE_LONG_SIZE];

		if (at % WEEK == 0)
			row_open(b, WEEK);
		if (at < first || at >= cells ||
			!weekday_of(model->items[at - first].id, &date, &weekday)) {
			node_add(ui, &(struct node_spec){.width = length_fill(1)});
		} else {
			date_format_long(date, locale_get(), day);
			cell(b, &model->items[at - first],
				node_text(ui, "%s %s", _(weekdays_whole[weekday]), day));
		}
		if (at % WEEK == WEEK - 1)
			node_end(ui);
	}
	part_pager(b, _("See more days"));
	node_end(ui);
	node_end(ui);
}

/* Instead of days of which none can be chosen: where there are some. */
static void no_days(struct build *b)
{
	const struct screen_months *months = &b->model->months;
	const char *later = month_text(b, months->next_free);

	part_banner(b,
		&(struct banner){
			.id = "no-places",
			.icon = "calendar-blank",
			.title = node_text(b->ui, _("There are no places in %s."),
				month_text(b, months->shown)),
			.text = later[0] != '\0'
					? node_text(b->ui, _("The next places are in %s."), later)
					: _("There are none in the other months either. Go back "
					    "and choose another office."),
			.ink = COLOR_WARN,
			.ground = COLOR_WARN_BG,
			.role = ROLE_STATUS,
		});
}

/* The button that leads to the next month with places takes the place of "Continue": there is
 * nothing to go on with. */
static void close_full_month(struct build *b)
{
	const struct screen_model *model = b->model;
	const char *later = month_text(b, model->months.next_free);

	frame_close(b,
		&(struct actions){.back = model->can_back ? _("Back") : NULL,
			.primary = later[0] != '\0' ? node_text(b->ui, _("See %s"), later) : NULL,
			.primary_action = "month",
			.primary_arg = model->months.next_free,
			.primary_icon_after = "arrow-right"});
}

void build_calendar(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_TALL, .title = text_title(model), .lead = model->lead};
	bool is_full = model->months.shown[0] != '\0' && free_count(model) == 0;

	frame_split_pages(b);
	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	month_bar(b);
	if (is_full) {
		no_days(b);
		close_full_month(b);
	} else {
		month_days(b, header.title);
		close_question(b);
	}
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
