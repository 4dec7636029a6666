#include "ui/screens/build.h"
#include "ui/screens/locale.h"

/* Which input is which switch (UI.md section 11): the person presses it. One question at a time;
 * the only button is for those who came here by mistake. */

void build_calibrate(struct build *b)
{
	struct ui *ui = b->ui;
	bool is_move = b->env->calibrate == CALIBRATE_MOVE;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {0, b->margin, b->margin, b->margin},
			       .main = ALIGN_END,
			       .scrim = true,
			       .role = ROLE_ALERTDIALOG,
			       .states = STATE_MODAL,
			       .id = is_move ? "calibrate-move" : "calibrate-select",
			       .name = _("Switches")});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = {40, 40, 40, 40},
			       .gap = 20,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 36,
			       .shadow = 3});
	widget_icon(ui, is_move ? "arrow-right" : "check", ICON_DUOTONE, 84, COLOR_ICON);
	node_add(ui, &(struct node_spec){.text = is_move ? _("Press the switch that moves")
							 : _("Press the switch that selects"),
			     .type = TYPE_TITLE,
			     .text_align = TEXT_CENTER,
			     .role = ROLE_HEADING});
	node_add(ui, &(struct node_spec){
			     .text = b->env->calibrate_again
					     ? _("That switch moves already. Press the other one.")
					     : _("Connect your switches. Each one is asked for in "
						 "turn."),
			     .type = TYPE_LEAD,
			     .fg = COLOR_TEXT2,
			     .text_align = TEXT_CENTER,
			     .role = ROLE_STATUS,
			     .id = "calibrate-text"});
	widget_button(ui, &(struct button){.kind = BUTTON_SECONDARY,
				  .id = "calibrate-end",
				  .label = _("Do without switches"),
				  .action = "setting",
				  .arg = "switches:0",
				  .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}
