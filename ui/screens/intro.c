#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* What a person should know before giving any data: needs, cost, time, result, privacy. */

/* Words and icon of a kind of note whose model brings none; id is the kind. */
static const struct kind {
	const char *id, *icon, *label;
} kinds[] = {
	{"needs", "identification-card", N_("What you need")},
	{"get", "receipt", N_("What you receive")},
	{"cost", "hand-coins", N_("Cost")},
	{"time", "clock", N_("Time")},
	{"offline", "cloud-slash", N_("Without connection")},
	{"privacy", "shield-check", N_("Your personal data")},
	{"", "info", N_("Please note")},
};

static const struct kind *kind_of(const struct screen_item *item)
{
	const struct kind *kind = kinds;

	while (kind->id[0] != '\0' && strcmp(kind->id, item->id) != 0)
		kind++;
	return kind;
}

static void note(struct build *b, const struct screen_item *item, int number, bool goes_on)
{
	struct ui *ui = b->ui;
	const struct kind *kind = kind_of(item);

	node_begin(ui,
		&(struct node_spec){
			.layout = LAYOUT_COLUMN, .width = length_fill(1), .divides = b->is_split});
	if (number > 0)
		widget_line(ui, COLOR_LINE);
	node_begin(ui, &(struct node_spec){.layout = b->is_split ? LAYOUT_COLUMN : LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = insets_xy(0, part_pad(b, 18)),
			       .gap = 24,
			       .cross = b->is_split ? ALIGN_DEFAULT : ALIGN_CENTER,
			       .divides = b->is_split,
			       .role = ROLE_LISTITEM,
			       .id = node_text(ui, "note-%d", number)});
	part_icon_box(
		b, item->icon[0] != '\0' ? item->icon : kind->icon, 84, COLOR_ICON, COLOR_TINT);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = b->is_split});
	if (!goes_on)
		widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT,
			item->label[0] != '\0' ? item->label : _(kind->label));
	if (item->detail[0] != '\0')
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, item->detail);
	node_end(ui);
	node_end(ui);
	node_end(ui);
}

static void free_banner(struct build *b)
{
	if (b->model->is_free)
		part_banner(b, &(struct banner){
				       .id = "free",
				       .icon = "check-circle",
				       .title = _("This service is free of charge"),
				       .ink = COLOR_OK,
				       .ground = COLOR_OK_BG,
				       .role = ROLE_NOTE,
			       });
}

void build_intro(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_COMPACT,
		.title = text_title(model),
		.lead = model->lead,
		.step = model->agency,
	};
	int number = 0;

	frame_open(b, &header);
	if (b->room <= ROOM_SNUG)
		free_banner(b);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_LIST,
			       .name = _("Before you begin"),
			       .id = "notes"});
	if (b->room > ROOM_SNUG)
		free_banner(b);
	if (part_is_roomy(b))
		part_card_open(b, NULL, 28, 0);
	for (size_t i = 0; i < model->item_count; i++) {
		if (model->items[i].kind != ITEM_NOTE)
			continue;
		/* A second text of the same kind stands under the same title. */
		note(b, &model->items[i], number++,
			i > 0 && strcmp(model->items[i].id, model->items[i - 1].id) == 0);
	}
	if (part_is_roomy(b))
		part_close(b);
	else
		part_pager(b, _("Read more"));
	node_end(ui);
	if (model->sign_in == SIGN_IN_OFFERED)
		part_sign_in(b, ui_width(ui) - 2 * b->margin);
	frame_close(b,
		&(struct actions){.back = model->can_back ? _("Back") : NULL,
			.primary = model->sign_in == SIGN_IN_REQUIRED ? _("Sign in with my e.firma")
				   : model->primary[0] != '\0'	      ? model->primary
								      : _("Begin"),
			.primary_action = "start",
			.primary_icon_after = "arrow-right"});
}
