#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* Each choice acts at once, so that one sees what one chooses. */

#define GRID_GAP 16

struct option {
	const char *label, *icon;
	int value;
};

struct setting {
	const char *name; /* of the intent */
	const char *title;
	const struct option *options;
	size_t count;
	int columns;
};

static const struct option sizes[] = {
	{N_("Normal"), "text-aa", 0},
	{N_("Large"), "text-aa", 1},
	{N_("Very large"), "text-aa", 2},
	{N_("Largest"), "text-aa", 3},
};
static const struct option contrasts[] = {
	{N_("Normal"), "eye", 0},
	{N_("White on black"), "moon", 1},
	{N_("Black on white"), "circle-half", 2},
	{N_("Low glare"), "sun-dim", 3},
};
static const struct option reaches[] = {
	{N_("Whole screen"), "monitor", 0},
	{N_("Lower part"), "wheelchair", 1},
};
/* WCAG 2.2.1 asks for ten times at least. Never without an end: whoever went away would leave the
 * screen to the next person. */
static const struct option times[] = {
	{N_("Normal"), "clock", 0},
	{N_("Double"), "hourglass", 2},
	{N_("Four times"), "hourglass", 4},
	{N_("Ten times"), "hourglass", 10},
};
static const struct option motions[] = {
	{N_("With motion"), "play", 0},
	{N_("Less motion"), "pause", 1},
};
static const struct option keys[] = {
	{N_("Normal"), "hand-tap", 0},
	{N_("Ignore double taps"), "hand-palm", 1},
	{N_("Slow keys"), "timer", 2},
};
static const struct option speeches[] = {
	{N_("Silent"), "speaker-slash", 0},
	{N_("Read aloud"), "speaker-high", 1},
};
/* Percent of 125 words a minute. */
static const struct option rates[] = {
	{"50 %", "ear", 1},
	{"75 %", "ear", 2},
	{"100 %", "ear", 3},
	{"125 %", "ear", 4},
	{"150 %", "ear", 5},
	{"175 %", "ear", 6},
	{"200 %", "ear", 7},
};
static const struct option volumes[] = {
	{"1", "speaker-high", 1},
	{"2", "speaker-high", 2},
	{"3", "speaker-high", 3},
	{"4", "speaker-high", 4},
	{"5", "speaker-high", 5},
	{"6", "speaker-high", 6},
	{"7", "speaker-high", 7},
	{"8", "speaker-high", 8},
};
static const struct option blanks[] = {
	{N_("Visible"), "eye", 0},
	{N_("Dark"), "eye-slash", 1},
};
static const struct option switches[] = {
	{N_("None"), "hand-tap", 0},
	{N_("Two switches"), "plugs", 1},
	{N_("One switch"), "plugs-connected", 2},
};
static const struct option scans[] = {
	{N_("Slowest"), "timer", 1},
	{N_("Slow"), "timer", 2},
	{N_("Medium"), "timer", 3},
	{N_("Fast"), "timer", 4},
	{N_("Fastest"), "timer", 5},
};
static const struct setting settings[] = {
	{"textSize", N_("Text size"), sizes, 4, 4},
	{"contrast", N_("Contrast"), contrasts, 4, 4},
	{"reach", N_("Height of the buttons"), reaches, 2, 2},
	{"moreTime", N_("Time to answer"), times, 4, 4},
	{"calm", N_("Motion"), motions, 2, 2},
	{"keys", N_("Keys"), keys, 3, 3},
	{"speech", N_("Speech"), speeches, 2, 2},
	{"rate", N_("Speed of speech"), rates, 7, 4},
	{"volume", N_("Volume"), volumes, 8, 4},
	{"blank", N_("Screen while listening"), blanks, 2, 2},
	{"switches", N_("Switches"), switches, 3, 3},
	{"scan", N_("Speed of scanning"), scans, 5, 3},
};

/* What zero means in the model's settings. */
#define RATE_DEFAULT   3
#define VOLUME_DEFAULT 6
#define SCAN_DEFAULT   3

static int or_default(int value, int standard)
{
	return value > 0 ? value : standard;
}

static int current_value(const struct build *b, size_t index)
{
	const struct screen_settings *now = &b->model->settings;
	const int values[] = {now->text_size, now->contrast, now->reach,
		now->more_time > 1 ? now->more_time : 0, now->calm, now->keys, now->speech,
		or_default(now->rate, RATE_DEFAULT), or_default(now->volume, VOLUME_DEFAULT),
		now->blank, now->switches, or_default(now->scan, SCAN_DEFAULT)};

	return values[index];
}

static void option(
	struct build *b, const struct setting *setting, const struct option *option, bool checked)
{
	struct ui *ui = b->ui;
	/* "Aa" grows with what it offers. */
	bool is_size = setting->options == sizes;
	int icon = is_size ? 44 + 10 * option->value : 54;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .min_height = part_target(b, 124),
			       .pad = insets_xy(10, part_pad(b, 5) + 7),
			       .gap = part_pad(b, 6),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = checked ? COLOR_TINT : COLOR_SURFACE,
			       .border = checked ? COLOR_ACTION : COLOR_CONTROL,
			       .border_width = checked ? 5 : 2,
			       .radius = 20,
			       .role = ROLE_RADIO,
			       .states = checked ? STATE_CHECKED : 0,
			       .id = node_text(ui, "%s-%d", setting->name, option->value),
			       .name = node_text(ui, "%s: %s", _(setting->title), _(option->label)),
			       .action = "setting",
			       .arg = node_text(ui, "%s:%d", setting->name, option->value)});
	if (b->room >= ROOM_SNUG)
		icon = 36;
	if (icon > 36 || checked)
		widget_icon(ui, checked ? "check-circle" : option->icon,
			checked ? ICON_FILL : ICON_DUOTONE, icon, COLOR_ICON);
	node_add(ui, &(struct node_spec){.text = _(option->label),
			     .type = TYPE_BODY_STRONG,
			     .text_align = TEXT_CENTER});
	node_end(ui);
}

/* Columns so that no label has a word wider than its button: all, or in two rows, or more. */
static int columns_within(struct build *b, const struct setting *setting, int columns, int width)
{
	int widest = 0;

	for (size_t i = 0; i < setting->count; i++) {
		int word = part_widest_word(b, TYPE_BODY_STRONG, _(setting->options[i].label));

		widest = word > widest ? word : widest;
	}
	while (columns > 1 && (width - (columns - 1) * GRID_GAP) / columns - 2 * 10 - 10 < widest)
		columns = (columns + 1) / 2;
	return columns;
}

static int columns_for(struct build *b, const struct setting *setting)
{
	int columns = setting->columns;

	if (b->size > TEXT_NORMAL && columns > 2 && !b->is_wide)
		columns = 2;
	return columns_within(b, setting, columns, frame_content_width(b));
}

/* Where a whole group has no place its options stand below each other, each with its full name. */
static void single_options(struct build *b, const struct setting *setting, int current)
{
	for (size_t i = 0; i < setting->count; i++) {
		const struct option *o = &setting->options[i];
		const char *name = node_text(b->ui, "%s: %s", _(setting->title), _(o->label));

		part_radio(b, &(struct radio){
				      .id = node_text(b->ui, "%s-%d", setting->name, o->value),
				      .label = name,
				      .action = "setting",
				      .arg = node_text(b->ui, "%s:%d", setting->name, o->value),
				      .checked = o->value == current,
			      });
	}
}

static void options(struct build *b, size_t index, int columns)
{
	const struct setting *setting = &settings[index];

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_GRID,
				  .width = length_fill(1),
				  .columns = columns,
				  .gap = GRID_GAP,
				  .divides = true,
				  .equal_rows = true});
	for (size_t i = 0; i < setting->count; i++)
		option(b, setting, &setting->options[i],
			setting->options[i].value == current_value(b, index));
	node_end(b->ui);
}

static void group(struct build *b, size_t index)
{
	struct ui *ui = b->ui;
	const struct setting *setting = &settings[index];

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 12,
			       .divides = true,
			       .role = ROLE_RADIOGROUP,
			       .name = _(setting->title),
			       .id = node_text(ui, "group-%s", setting->name)});
	widget_heading(ui, TYPE_HEADING, COLOR_TEXT, _(setting->title));
	options(b, index, columns_for(b, setting));
	node_end(ui);
}

/* Width of the headings where they stand beside their options. */
static int heading_width(struct build *b)
{
	int width = frame_content_width(b) / 4;

	for (size_t i = 0; i < VT_ELEMENTS(settings); i++) {
		int word = part_widest_word(b, TYPE_BODY_STRONG, _(settings[i].title));

		width = word > width ? word : width;
	}
	return width;
}

static int columns_beside(struct build *b, size_t index, int heading)
{
	return columns_within(b, &settings[index], (int)settings[index].count,
		frame_content_width(b) - heading - b->gutter);
}

/* Low and wide: each heading stands beside its options, if these have place in two rows. Larger
 * letters leave no room for that. Returns the width of the headings, 0 if they stand above. */
static int beside_width(struct build *b)
{
	int heading;

	if (b->room < ROOM_LEAST || !b->is_wide || b->size > TEXT_NORMAL)
		return 0;
	heading = heading_width(b);
	for (size_t i = 0; i < VT_ELEMENTS(settings); i++)
		if (2 * columns_beside(b, i, heading) < (int)settings[i].count)
			return 0;
	return heading;
}

static void line(struct build *b, size_t index, int heading)
{
	struct ui *ui = b->ui;
	const struct setting *setting = &settings[index];

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .gap = b->gutter,
			       .cross = ALIGN_CENTER,
			       .role = ROLE_RADIOGROUP,
			       .name = _(setting->title),
			       .id = node_text(ui, "group-%s", setting->name)});
	node_add(ui, &(struct node_spec){.text = _(setting->title),
			     .type = TYPE_BODY_STRONG,
			     .fg = COLOR_TEXT,
			     .width = length_units(heading),
			     .role = ROLE_HEADING});
	options(b, index, columns_beside(b, index, heading));
	node_end(ui);
}

void build_access(struct build *b)
{
	struct ui *ui = b->ui;
	const struct header header = {
		.style = HEADER_TALL,
		.title = text_title(b->model),
		.step = _("Accessibility"),
	};

	frame_split_pages(b);
	frame_open(b, &header);
	const int heading = beside_width(b);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->room == ROOM_LEAST ? 11 : 20,
			       .paged = true,
			       .page = b->view->page,
			       .id = "settings"});
	for (size_t i = 0; i < VT_ELEMENTS(settings); i++) {
		if (heading > 0)
			line(b, i, heading);
		else if (b->room == ROOM_LEAST)
			single_options(b, &settings[i], current_value(b, i));
		else
			group(b, i);
	}
	part_pager(b, _("See more settings"));
	node_end(ui);
	/* The dock has the language too. */
	frame_close(
		b, &(struct actions){.second = b->room == ROOM_LEAST ? NULL : _("Change language"),
			   .second_action = "language",
			   .second_icon = "translate",
			   .primary = _("Done"),
			   .primary_action = "close",
			   .primary_icon_after = "check"});
}
