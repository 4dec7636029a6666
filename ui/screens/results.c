#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* What the agency answered, to be recognised by the person before anything is printed. */
void build_results(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {
		.style = HEADER_COMPACT, .title = text_title(model), .lead = model->lead};

	frame_open(b, &header);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .paged = true,
			       .page = b->view->page,
			       .gap = b->room > ROOM_SNUG ? b->gutter : 0,
			       .role = ROLE_LIST,
			       .name = header.title,
			       .id = "rows"});
	if (part_is_roomy(b))
		part_card_open(b, NULL, 32, 0);
	part_rows(b, false);
	if (b->room > ROOM_SNUG)
		part_unmask(b);
	if (part_is_roomy(b))
		part_close(b);
	else
		part_pager(b, _("See more data"));
	node_end(ui);
	if (b->room <= ROOM_SNUG)
		part_unmask(b);
	if (model->asks_identity)
		frame_close(b, &(struct actions){.second = _("These are not my data"),
				       .second_action = "no",
				       .second_icon = "x",
				       .primary = _("Yes, these are my data"),
				       .primary_action = "yes",
				       .primary_icon = "check"});
	else
		frame_close(b, &(struct actions){.back = model->can_back ? _("Back") : NULL,
				       .primary = model->primary[0] != '\0' ? model->primary
									    : _("Continue"),
				       .primary_action = "yes",
				       .primary_icon_after = "arrow-right"});
}
