#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

void build_language(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_TALL,
		.title = text_title(model),
		.lead = model->lead,
		.step = strcmp(model->lang, "en") == 0 ? "Idioma  ·  Language"
						       : "Language  ·  Idioma",
	};

	frame_open(b, &header);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
			       .width = length_fill(1),
			       .height = b->room > ROOM_SNUG ? length_fill(1) : length_fit(),
			       .paged = b->room > ROOM_SNUG,
			       .page = b->view->page,
			       .columns = b->size <= TEXT_LARGE || b->is_wide ? 2 : 1,
			       .gap = b->gutter,
			       .equal_rows = true,
			       .role = ROLE_RADIOGROUP,
			       .name = header.title,
			       .id = "languages"});
	for (size_t i = 0; i < model->item_count; i++) {
		const struct screen_item *item = &model->items[i];

		part_radio(b, &(struct radio){
				      .id = node_text(ui, "language-%s", item->id),
				      .label = item->label,
				      .detail = item->detail,
				      .action = "pick",
				      .arg = item->id,
				      .lang = item->id,
				      .checked = strcmp(item->id, b->view->chosen) == 0,
			      });
	}
	if (b->room > ROOM_SNUG)
		part_pager(b, _("See more languages"));
	node_end(ui);
	node_add(ui,
		&(struct node_spec){.text = _("The language returns to Spanish when you finish."),
			.type = TYPE_BODY,
			.fg = COLOR_TEXT2,
			.droppable = 1});
	frame_close(b, &(struct actions){.back = _("Back"),
			       .back_action = "close",
			       .primary = _("Continue"),
			       .primary_action = "use-language",
			       .primary_icon_after = "arrow-right"});
}
