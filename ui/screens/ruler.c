#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"

/* How large the picture is (UI.md section 13, step 4). A bank card lies on the screen, against two
 * edges that stand still; the other two move until they meet its edges. Then the new size is tried,
 * and goes by itself if nobody says that it is right: on a screen that came out wrong, nobody may
 * find the button.
 *
 * Without the dock, so that the frame has room at eight pixels a millimetre. */

/* ISO/IEC 7810, ID-1: 85.60 × 53.98 mm, corners 3.18 mm; hundredths of a millimetre. */
#define CARD_WIDTH  8560
#define CARD_HEIGHT 5398
#define CARD_CORNER 3.18

int ruler_card_px(const struct view *view, const struct ui *ui)
{
	const double px = ui_profile(ui)->px_per_mm * CARD_WIDTH / 100;

	return view->card_px > 0 ? view->card_px : (int)(px + 0.5);
}

int ruler_px_per_m(int card_px)
{
	return (card_px * 100000 + CARD_WIDTH / 2) / CARD_WIDTH;
}

static int height_of(int card_px)
{
	return (card_px * CARD_HEIGHT + CARD_WIDTH / 2) / CARD_WIDTH;
}

bool ruler_resize(struct view *view, const struct ui *ui, int by_px)
{
	const struct node *place = ui_find(ui, "card-place");
	const int now = ruler_card_px(view, ui);
	int next = now + by_px;

	while (next > now && place &&
		(next > place->rect.w || height_of(next) > place->rect.h ||
			ruler_px_per_m(next) > PANEL_MAX_PX_PER_M))
		next--;
	while (next < now && ruler_px_per_m(next) < PANEL_MIN_PX_PER_M)
		next++;
	view->card_px = next;
	return next != now;
}

/* Where the card goes: the frame's outer edges are the card's. */
static void card(struct build *b, int width_px, const char *id)
{
	const int corner = profile_mm_to_units(CARD_CORNER);

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_STACK,
				  .width = length_px(width_px),
				  .height = length_px(height_of(width_px)),
				  .self = ALIGN_START,
				  .self_v = ALIGN_END,
				  .fill = COLOR_TINT,
				  .border = COLOR_ACTION,
				  .border_width = 3,
				  .radius = corner,
				  .role = ROLE_IMG,
				  .id = id,
				  .name = _("Outline of a bank card")});
	node_add(b->ui, &(struct node_spec){.icon = "credit-card",
				.icon_style = ICON_DUOTONE,
				.icon_size = 84,
				.fg = COLOR_ICON,
				.self = ALIGN_CENTER,
				.self_v = ALIGN_CENTER});
	node_end(b->ui);
}

/* The two edges that stand still. */
static void rest(struct build *b)
{
	node_add(b->ui, &(struct node_spec){.width = length_units(6),
				.height = length_fill(1),
				.self = ALIGN_START,
				.fill = COLOR_TEXT});
	node_add(b->ui, &(struct node_spec){.width = length_fill(1),
				.height = length_units(6),
				.self_v = ALIGN_END,
				.fill = COLOR_TEXT});
}

static void steps(struct build *b)
{
	static const struct {
		const char *id, *arg, *label, *name;
	} buttons[] = {
		{"much-narrower", "-10", "− 10", N_("Ten pixels narrower")},
		{"narrower", "-1", "− 1", N_("One pixel narrower")},
		{"wider", "1", "+ 1", N_("One pixel wider")},
		{"much-wider", "10", "+ 10", N_("Ten pixels wider")},
	};

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_GRID,
				  .width = length_fill(1),
				  .columns = b->is_wide && !b->is_split ? 2 : 4,
				  .gap = b->gutter,
				  .equal_rows = true,
				  .role = ROLE_GROUP,
				  .id = "steps",
				  .name = _("Width of the outline")});
	for (size_t i = 0; i < VT_ELEMENTS(buttons); i++) {
		struct node *node = part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
							   .id = buttons[i].id,
							   .label = buttons[i].label,
							   .name = _(buttons[i].name),
							   .action = "card-width",
							   .arg = buttons[i].arg,
							   .width = length_fill(1)});
		if (node)
			node->spec.repeats = true;
	}
	node_end(b->ui);
}

const char *ruler_step(struct build *b)
{
	return b->model->steps > 0 ? node_text(b->ui, _("First start | Step %d of %d"),
					     b->model->step, b->model->steps)
				   : _("Technical service");
}

/* "3.97 px/mm", and how wide the outline is. */
static void measure(struct build *b, int card_px)
{
	const int density = ruler_px_per_m(card_px);

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_ROW,
				  .width = length_fill(1),
				  .gap = 22,
				  .main = ALIGN_BETWEEN,
				  .cross = ALIGN_CENTER,
				  .role = ROLE_STATUS,
				  .id = "density",
				  .name = node_text(b->ui, _("%d.%02d pixels a millimetre"),
					  (density + 5) / 1000, (density + 5) / 10 % 100)});
	widget_text(b->ui, TYPE_CARD_TITLE, COLOR_TEXT,
		node_text(b->ui, "%d.%02d px/mm", (density + 5) / 1000, (density + 5) / 10 % 100));
	if (b->room < ROOM_LEAST)
		widget_text(b->ui, TYPE_BODY, COLOR_TEXT2,
			node_text(b->ui, _("Outline: %d px"), card_px));
	node_end(b->ui);
}

static void build_measuring(struct build *b)
{
	const int card_px = ruler_card_px(b->view, b->ui);
	const struct header header = {.style = HEADER_KEYBOARD,
		.title = _("Measure the screen with a card"),
		.lead = _("Hold a bank card in the corner with the thick lines. Change the outline "
			  "until it is as large as the card."),
		.step = ruler_step(b)};

	frame_open(b, &header);
	part_panes_open(b, 3);
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_STACK,
				  .width = length_fill(1),
				  .height = length_fill(1),
				  .id = "card-place"});
	card(b, card_px, "card");
	rest(b);
	node_end(b->ui);
	part_panes_next(b, 2);
	if (b->is_wide)
		part_spacer(b);
	measure(b, card_px);
	steps(b);
	part_panes_close(b);
	frame_close(b, &(struct actions){.back = _("Back"),
			       .primary = _("It matches"),
			       .primary_action = "measured",
			       .primary_icon = "check",
			       .has_no_dock = true});
}

int ruler_seconds_left(const struct build *b)
{
	const int64_t left = b->model->expected_ms - b->env->since_show_ms;

	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

static void build_keeping(struct build *b)
{
	const struct profile *profile = ui_profile(b->ui);
	const struct header header = {.style = HEADER_KEYBOARD,
		.title = _("Is the size right?"),
		.lead = _("The outline must be as large as the card, and all words easy to read."),
		.step = ruler_step(b)};

	frame_open(b, &header);
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_STACK,
				  .width = length_fill(1),
				  .height = length_px(height_of(
					  (int)(profile->px_per_mm * CARD_WIDTH / 100 + 0.5))),
				  .droppable = 1});
	card(b, (int)(profile->px_per_mm * CARD_WIDTH / 100 + 0.5), "card");
	node_end(b->ui);
	part_spacer(b);
	node_add(b->ui, &(struct node_spec){
				.text = node_text(b->ui,
					_("If nobody answers, the size before comes back in %d s."),
					ruler_seconds_left(b)),
				.type = TYPE_BODY,
				.fg = COLOR_TEXT2,
				.width = length_fill(1),
				.role = ROLE_TIMER,
				.id = "left"});
	frame_close(b, &(struct actions){.second = _("Back to the size before"),
			       .second_action = "no",
			       .second_icon = "arrow-counter-clockwise",
			       .primary = _("It is right"),
			       .primary_action = "yes",
			       .primary_icon = "check",
			       .has_no_dock = true});
}

void build_ruler(struct build *b)
{
	if (strcmp(b->model->outcome, "keep") == 0)
		build_keeping(b);
	else
		build_measuring(b);
}
