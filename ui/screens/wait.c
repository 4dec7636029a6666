#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* After this time in the air the words change (UI.md section 7). */
#define LONG_WAIT_MS 10000

static void skeleton(struct build *b)
{
	static const int widths[] = {320, 730, 275, 565, 365, 638, 455};
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = insets_all(part_pad(b, 36)),
			       .gap = 26,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = 1,
			       .droppable = 1});
	for (size_t i = 0; i < VT_ELEMENTS(widths); i++)
		node_add(ui, &(struct node_spec){.width = length_units(widths[i]),
				     .height = length_units(i % 2 == 0 ? 24 : 40),
				     .fill = b->is_plain ? COLOR_LINE : COLOR_SURFACE2,
				     .fill_percent = b->is_plain ? 30 : 0,
				     .radius = 10});
	node_end(ui);
}

/* How much of the ring is drawn: towards the expected time, never whole before the answer. */
static int ring_permille(const struct build *b)
{
	int64_t expected = b->model->expected_ms > 0 ? b->model->expected_ms : 8000;
	int64_t seconds = b->env->since_show_ms / 1000;
	int64_t permille = 80 + seconds * 1000 * 1000 / expected;

	if (ui_settings(b->ui)->calm)
		return 350;
	return permille < 920 ? (int)permille : 920;
}

void build_wait(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_COMPACT, .title = text_title(model)};
	bool is_long = b->env->since_show_ms >= LONG_WAIT_MS;
	bool with_ring = b->room < ROOM_LEAST;
	char expected[160];

	format_expected(expected, sizeof(expected), model->expected_ms);
	frame_open(b, &header);
	node_begin(ui, &(struct node_spec){.layout = with_ring ? LAYOUT_ROW : LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = insets_xy(0, part_pad(b, 16)),
			       .gap = 28,
			       .cross = with_ring ? ALIGN_CENTER : ALIGN_DEFAULT,
			       .divides = true,
			       .role = ROLE_STATUS,
			       .states = STATE_BUSY,
			       .id = "progress"});
	if (with_ring)
		node_add(ui, &(struct node_spec){.decor = DECOR_RING,
				     .fg = COLOR_ACTION,
				     .width = length_units(96),
				     .height = length_units(96),
				     .ring_permille = ring_permille(b)});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = true});
	widget_text(ui, TYPE_VALUE, COLOR_TEXT,
		model->lead[0] != '\0' ? model->lead
		: is_long	       ? _("It is taking longer than usual")
				       : _("We are asking the agency ..."));
	widget_text(ui, TYPE_SMALL, COLOR_TEXT2,
		!is_long	    ? expected
		: model->can_cancel ? _("You can go on waiting or cancel.")
				    : _("Please wait. This step cannot be cancelled."));
	node_end(ui);
	node_end(ui);
	if (!b->is_split)
		skeleton(b);
	part_spacer(b);
	part_money(b);
	frame_close(b, &(struct actions){.second = model->can_cancel ? _("Cancel") : NULL,
			       .second_action = "cancel",
			       .second_icon = "x"});
}
