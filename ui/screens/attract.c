#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"
#include "ui/toolkit/icon_table.h"

/* Nobody is here: the whole screen is one target. No sound; what moves is a service that changes
 * for the next one. */

#define MAX_SLIDES 3

/* Room that grows, and never goes altogether: words on the brand's ground keep off the white of the
 * call below, and the emblem off the edge. Decoration goes first. */
static void air(struct build *b, int weight)
{
	static const int least[ROOM_COUNT] = {24, 24, 11, 6};

	node_add(b->ui, &(struct node_spec){.width = length_fill(1),
				.height = length_fill(weight),
				.min_height = least[b->room]});
}

/* The catalogue has what people ask for most at its head. */
static bool is_slide(const struct screen_item *item)
{
	return (item->kind == ITEM_FEATURE || item->kind == ITEM_CARD) &&
	       item->state == ITEM_AVAILABLE;
}

int attract_slide_count(const struct screen_model *model)
{
	int count = 0;

	for (size_t i = 0; i < model->item_count && count < MAX_SLIDES; i++)
		count += is_slide(&model->items[i]) ? 1 : 0;
	return count;
}

/* What is shown at this moment; NULL if nothing can be begun. */
static const struct screen_item *slide_at(const struct screen_model *model, int64_t since_show_ms)
{
	const int count = attract_slide_count(model);
	int number = count > 0 && !model->settings.calm
			     ? (int)(since_show_ms / ATTRACT_SLIDE_MS % count)
			     : 0;

	for (size_t i = 0; i < model->item_count; i++)
		if (is_slide(&model->items[i]) && number-- == 0)
			return &model->items[i];
	return NULL;
}

static void slide(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_item *item = slide_at(b->model, b->env->since_show_ms);
	const int room = ui_width(ui) - 2 * b->margin;

	if (item == NULL || b->room > ROOM_SNUG)
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_units(room < 780 ? room : 780),
			       .min_height = 190,
			       .pad = insets_xy(36, 20),
			       .gap = 28,
			       .cross = ALIGN_CENTER,
			       .border = COLOR_GOLD_LIGHT,
			       .border_width = 2,
			       .radius = 28,
			       .droppable = 4,
			       .id = "slide"});
	widget_icon(ui, icon_find(item->icon) != NULL ? item->icon : "file-text", ICON_DUOTONE, 84,
		COLOR_EMBLEM);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 6});
	widget_text(ui, TYPE_CARD_TITLE, COLOR_ON_BRAND, item->label);
	if (item->detail[0] != '\0')
		node_add(ui, &(struct node_spec){.text = item->detail,
				     .type = TYPE_BODY,
				     .fg = COLOR_ON_BRAND2,
				     .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}

static void band(struct build *b)
{
	struct ui *ui = b->ui;

	if (!ui_palette(ui)->decoration)
		return;
	node_add(ui, &(struct node_spec){.decor = DECOR_FRET_BAND,
			     .fg = COLOR_GOLD,
			     .width = length_fill(1),
			     .height = length_units(74),
			     .droppable = 3});
	node_add(ui, &(struct node_spec){.height = length_units(60), .droppable = 3});
}

static void call(struct build *b)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .self = ALIGN_CENTER,
			       .min_height = part_target(b, 164),
			       .pad = part_insets(b, 64, 24),
			       .gap = 32,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = RADIUS_PILL,
			       .shadow = 3});
	widget_icon(ui, "hand-tap", ICON_DUOTONE, b->room > ROOM_AMPLE ? 60 : 84, COLOR_ICON);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN});
	widget_text(ui, TYPE_CARD_TITLE, COLOR_TEXT, _("Touch the screen"));
	node_add(ui, &(struct node_spec){.text = "Touch the screen",
			     .type = TYPE_BODY,
			     .fg = COLOR_TEXT2,
			     .lang = "en"});
	node_end(ui);
	node_end(ui);
}

void build_attract(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const char *lead = _("Government services in one place");

	if (model->lead[0] != '\0')
		lead = model->lead;
	else if (model->item_count > 1)
		lead = node_text(ui, _("%d services in one place"), (int)model->item_count);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .fill = COLOR_BRAND_TOP,
			       .fill_bottom = COLOR_BRAND_BOTTOM,
			       .role = ROLE_BUTTON,
			       .id = "start",
			       .name = _("Touch the screen to begin"),
			       .action = "start"});
	node_add(ui, &(struct node_spec){.decor = DECOR_FRET_FIELD,
			     .fg = COLOR_GOLD_LIGHT,
			     .width = length_fill(1),
			     .height = length_fill(1)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .cross = ALIGN_CENTER});
	air(b, 5);
	node_add(ui, &(struct node_spec){.decor = DECOR_EMBLEM,
			     .fg = COLOR_EMBLEM,
			     .width = length_units(230),
			     .height = length_units(214),
			     .droppable = 2});
	node_add(ui, &(struct node_spec){.height = length_units(80), .droppable = 2});
	node_add(ui, &(struct node_spec){.text = text_title(model),
			     .type = b->room == ROOM_AMPLE  ? TYPE_DISPLAY
				     : b->room == ROOM_SNUG ? TYPE_TITLE_LARGE
							    : TYPE_CARD_TITLE,
			     .fg = COLOR_ON_BRAND,
			     .text_align = TEXT_CENTER,
			     .max_width = 900,
			     .role = ROLE_HEADING});
	node_add(ui, &(struct node_spec){.height = length_units(part_pad(b, 32))});
	node_add(ui, &(struct node_spec){.text = lead,
			     .type = b->room > ROOM_SNUG ? TYPE_BODY : TYPE_HEADING,
			     .fg = COLOR_ON_BRAND2,
			     .text_align = TEXT_CENTER,
			     .max_width = 900});
	air(b, 2);
	/* Only languages that a native reviewer has read may greet (UI.md section 12). */
	widget_text(ui, b->room > ROOM_SNUG ? TYPE_BODY_STRONG : TYPE_CARD_TITLE, COLOR_ON_BRAND,
		"Bienvenidas y bienvenidos");
	node_add(ui, &(struct node_spec){.height = length_units(6)});
	node_add(ui, &(struct node_spec){.text = "Welcome",
			     .type = b->room > ROOM_SNUG ? TYPE_BODY : TYPE_HEADING,
			     .fg = COLOR_ON_BRAND2,
			     .lang = "en"});
	air(b, 3);
	slide(b);
	air(b, 3);
	call(b);
	air(b, 2);
	band(b);
	node_end(ui);
	node_end(ui);
}
