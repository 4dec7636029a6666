#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

struct topic {
	const char *icon, *title, *text;
};
/* What core puts into the model comes after these. */
static const struct topic topics[] = {
	{"monitor", N_("What is this?"),
		N_("A terminal for government services. Answer one question on each screen.")},
	{"headset", N_("Talk to a person"), N_("Call 079, free of charge, every day, 24 hours.")},
	{"shield-check", N_("Privacy notice"),
		N_("Your data go only to the agency of your request. The terminal erases them when "
		   "you finish. You may ask to see, correct or delete them, or object, at each "
		   "agency's transparency office.")},
	{"hand-coins", N_("Cost"), N_("Each service tells its cost before you begin.")},
	{"hourglass", N_("Time"),
		N_("If you need more time, the terminal asks you before it erases anything.")},
};

static void topic(struct build *b, const char *icon, const char *title, const char *text)
{
	struct ui *ui = b->ui;

	if (b->room == ROOM_LEAST) {
		part_paragraphs(b, title, text);
		return;
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = part_insets(b, 28, 20),
			       .gap = 26,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = 1,
			       .role = ROLE_NOTE});
	part_icon_box(b, icon, 84, COLOR_ICON, COLOR_TINT);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 4});
	widget_text(ui, TYPE_HEADING, COLOR_TEXT, title);
	if (text[0] != '\0')
		widget_text(ui, TYPE_BODY, COLOR_TEXT2, text);
	node_end(ui);
	node_end(ui);
}

void build_help(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_COMPACT,
		.title = text_title(model),
		.lead = model->lead,
		.step = model->service_name,
	};

	frame_open(b, &header);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .id = "topics"});
	for (size_t i = 0; i < VT_ELEMENTS(topics); i++)
		topic(b, topics[i].icon, _(topics[i].title), _(topics[i].text));
	for (size_t i = 0; i < model->item_count; i++)
		topic(b, model->items[i].icon, model->items[i].label, model->items[i].detail);
	part_pager(b, _("Read more"));
	node_end(ui);
	frame_close(b, &(struct actions){.back = _("Back"), .back_action = "close"});
}
