#include "ui/screens/build.h"
#include "ui/screens/locale.h"

/* "Are you still there?": a dialogue in the lower half, over everything (UI.md section 7). */

#define WARNING_RING_MS 45000

int frame_seconds_left(const struct screen_model *model, const struct screen_env *env)
{
	int64_t left = model->warning_ms - env->since_show_ms;

	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

static void timeout_ring(struct build *b, int seconds)
{
	struct ui *ui = b->ui;
	int64_t total =
		b->model->warning_ms > WARNING_RING_MS ? b->model->warning_ms : WARNING_RING_MS;
	const char *unit = locale_plural("second", "seconds", (unsigned long)seconds);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK,
			       .width = length_units(236),
			       .height = length_units(236),
			       .role = ROLE_TIMER,
			       .id = "timer",
			       .name = node_text(ui, "%d %s", seconds, unit)});
	node_add(ui, &(struct node_spec){.decor = DECOR_RING,
			     .fg = COLOR_ACTION,
			     .width = length_fill(1),
			     .height = length_fill(1),
			     .ring_permille = (int)((int64_t)seconds * 1000 * 1000 / total)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .self = ALIGN_CENTER,
			       .self_v = ALIGN_CENTER,
			       .cross = ALIGN_CENTER});
	widget_text(ui, TYPE_COUNT_DOWN, COLOR_TEXT, node_text(ui, "%d", seconds));
	/* Inside the ring there is room for a short word only. */
	if (ui_text_width(ui, TYPE_SMALL, unit) <= 140)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, unit);
	node_end(ui);
	node_end(ui);
}

void frame_timeout(struct build *b)
{
	struct ui *ui = b->ui;
	int seconds = frame_seconds_left(b->model, b->env);
	const char *text =
		b->model->no_charge
			? _("For your safety we will erase your data if nobody is here. "
			    "Nothing has been charged.")
			: _("For your safety we will erase your data if nobody is here.");

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .pad = {0, b->margin,
				       b->room == ROOM_AMPLE && !b->is_wide ? 220 : 16, b->margin},
			       .main = ALIGN_END,
			       .scrim = true,
			       .role = ROLE_ALERTDIALOG,
			       .states = STATE_MODAL,
			       .id = "timeout",
			       .name = _("Are you still there?")});
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN,
			.width = length_fill(1),
			.pad = {part_pad(b, 56), part_pad(b, 56), part_pad(b, 48), part_pad(b, 56)},
			.gap = b->room > ROOM_SNUG ? 11 : 20,
			.cross = ALIGN_CENTER,
			.fill = COLOR_SURFACE,
			.border = b->is_plain ? COLOR_CONTROL : COLOR_NONE,
			.border_width = ui_palette(ui)->border_card,
			.radius = 36,
			.shadow = 3});
	/* Side by side where each line counts. */
	if (b->room == ROOM_LEAST)
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 22});
	if (b->room < ROOM_TIGHT)
		timeout_ring(b, seconds);
	else
		node_add(ui, &(struct node_spec){.text = node_text(ui, "%d s", seconds),
				     .type = frame_title_type(b),
				     .role = ROLE_TIMER,
				     .id = "timer"});
	node_add(ui, &(struct node_spec){.text = _("Are you still there?"),
			     .type = frame_title_type(b),
			     .text_align = TEXT_CENTER,
			     .role = ROLE_HEADING});
	if (b->room == ROOM_LEAST)
		node_end(ui);
	node_add(ui, &(struct node_spec){.text = text,
			     .type = b->room > ROOM_SNUG ? TYPE_BODY : TYPE_LEAD,
			     .fg = COLOR_TEXT2,
			     .text_align = TEXT_CENTER});
	part_button(b, &(struct button){.kind = BUTTON_PRIMARY,
			       .id = "extend",
			       .label = _("Yes, I need more time"),
			       .action = "extend",
			       .icon = b->room > ROOM_SNUG ? NULL : "hourglass-simple",
			       .width = length_fill(1)});
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "end",
			       .label = _("Finish and erase my data"),
			       .action = "end",
			       .icon = b->room > ROOM_SNUG ? NULL : "trash",
			       .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}
