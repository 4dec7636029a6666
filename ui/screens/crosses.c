#include <math.h>
#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* Where a touch really is (UI.md section 13, step 6). Nine crosses, one after the other; whatever
 * is touched counts as the cross that is bright. The map that fits them is tried with a tenth one.
 *
 * While crosses are touched there is no header and no dock: a crooked panel would hit them. The one
 * button lies between the rows of crosses, where neither mirrored nor turned axes bring a cross. */

/* Shares of the frame, percent: inside the bezel, and wide apart. */
static const struct {
	int x, y;
} places[FIT_POINTS] = {
	{10, 10}, {50, 10}, {90, 10}, {90, 50}, {50, 50}, {10, 50}, {10, 90}, {50, 90}, {90, 90}};
/* The tenth is none of them. */
#define CHECK_X 35
#define CHECK_Y 60

/* Of the tenth touch from its cross: as far as one of the nine may be. */
#define HIT_MM FIT_WORST_MM

/* 16 mm. */
#define CROSS_UNITS 64

static bool is_check(const struct screen_model *model)
{
	return strcmp(model->outcome, "check") == 0;
}

/* ---- touches ---- */

/* Middle of the bright cross, in pixels. */
static bool find_cross(const struct ui *ui, double *ret_x, double *ret_y)
{
	const struct node *cross = ui_find(ui, "cross");

	if (!cross)
		return false;
	*ret_x = cross->rect.x + cross->rect.w / 2.0;
	*ret_y = cross->rect.y + cross->rect.h / 2.0;
	return true;
}

static enum crosses_step check_tenth(const struct view *view, const struct ui *ui, int x, int y,
	double wanted_x, double wanted_y)
{
	const struct profile *profile = ui_profile(ui);
	int at_x, at_y;

	panel_map_touch(&view->model.panel.touch, profile->width_px, profile->height_px, x, y,
		&at_x, &at_y);
	return hypot(at_x - wanted_x, at_y - wanted_y) <= HIT_MM * profile->px_per_mm
		       ? CROSSES_HIT
		       : CROSSES_MISSED;
}

enum crosses_step crosses_take(
	struct view *view, const struct ui *ui, int x, int y, struct panel_touch *ret_touch)
{
	const struct profile *profile = ui_profile(ui);
	const double width = profile->width_px, height = profile->height_px;
	struct crosses *crosses = &view->crosses;
	double wanted_x, wanted_y;

	if (!find_cross(ui, &wanted_x, &wanted_y))
		return CROSSES_NEXT;
	if (is_check(&view->model))
		return check_tenth(view, ui, x, y, wanted_x, wanted_y);
	if (crosses->count == FIT_POINTS)
		return CROSSES_NEXT;
	crosses->points[crosses->count++] =
		(struct fit_point){wanted_x / width, wanted_y / height, x / width, y / height};
	if (crosses->count < FIT_POINTS)
		return CROSSES_NEXT;
	crosses->verdict = fit_touch(crosses->points, FIT_POINTS, width / profile->px_per_mm,
		height / profile->px_per_mm, ret_touch, &crosses->worst_mm);
	return crosses->verdict == FIT_GOOD ? CROSSES_FIT : CROSSES_REFUSED;
}

/* ---- the crosses ---- */

static void bar(struct build *b, int width, int height, enum color color)
{
	node_add(b->ui, &(struct node_spec){.width = length_units(width),
				.height = length_units(height),
				.self = ALIGN_CENTER,
				.self_v = ALIGN_CENTER,
				.fill = color});
}

/* x, y: percent of the frame. */
static void cross(struct build *b, int x, int y, bool is_bright, bool is_done)
{
	const struct profile *profile = ui_profile(b->ui);
	const enum color ink = is_bright ? COLOR_TEXT : COLOR_CONTROL;
	const int left = profile_units(profile, profile->width_px * x / 100) - CROSS_UNITS / 2,
		  top = profile_units(profile, profile->height_px * y / 100) - CROSS_UNITS / 2;

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_STACK,
				  .width = length_units(CROSS_UNITS),
				  .height = length_units(CROSS_UNITS),
				  .offset = {top, 0, 0, left},
				  .border = is_bright ? COLOR_ACTION : COLOR_NONE,
				  .border_width = 4,
				  .radius = RADIUS_PILL,
				  .role = is_bright ? ROLE_IMG : ROLE_NONE,
				  .id = is_bright ? "cross" : NULL,
				  .name = is_bright ? _("Cross") : NULL});
	if (is_done) {
		node_add(b->ui, &(struct node_spec){.icon = "check-circle",
					.icon_style = ICON_FILL,
					.icon_size = 40,
					.fg = COLOR_OK,
					.self = ALIGN_CENTER,
					.self_v = ALIGN_CENTER});
	} else {
		bar(b, is_bright ? 44 : 28, is_bright ? 3 : 2, ink);
		bar(b, is_bright ? 3 : 2, is_bright ? 44 : 28, ink);
	}
	node_end(b->ui);
}

/* A band of the frame between two rows of crosses; from, to: percent of its height. */
static void band_open(struct build *b, int from, int to)
{
	const struct profile *profile = ui_profile(b->ui);
	const int top = profile->height_px * from / 100,
		  height = profile->height_px * to / 100 - top;

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(1),
				  .height = length_px(height),
				  .offset = {profile_units(profile, top), 0, 0, 0},
				  .pad = {0, b->margin, 0, b->margin},
				  .gap = b->room > ROOM_SNUG ? 6 : 16,
				  .main = ALIGN_CENTER,
				  .cross = ALIGN_CENTER});
}

static void line(struct build *b, const struct node_spec *like)
{
	struct node_spec spec = *like;

	spec.text_align = TEXT_CENTER;
	node_add(b->ui, &spec);
}

static void words(struct build *b)
{
	const int number = (int)b->view->crosses.count + 1;
	const int error_um = b->model->panel.touch.error_um;

	line(b, &(struct node_spec){.text = is_check(b->model)	    ? _("Touch the tenth cross")
					    : b->room == ROOM_LEAST ? _("Touch each cross")
								    : text_title(b->model),
			.type = b->room == ROOM_LEAST ? TYPE_BODY_STRONG : frame_title_type(b),
			.role = ROLE_HEADING});
	if (!is_check(b->model)) {
		line(b, &(struct node_spec){
				.text = node_text(b->ui, _("Cross %d of %d"),
					number < FIT_POINTS ? number : FIT_POINTS, FIT_POINTS),
				.type = b->room > ROOM_SNUG ? TYPE_BODY : TYPE_LEAD,
				.fg = COLOR_TEXT2,
				.role = ROLE_STATUS,
				.id = "progress"});
		return;
	}
	if (b->room < ROOM_LEAST)
		line(b, &(struct node_spec){
				.text = node_text(b->ui,
					_("The nine are %d.%d mm off on average. If the touch "
					  "is near the cross, the new calibration stays."),
					error_um / 1000, error_um / 100 % 10),
				.type = b->room > ROOM_SNUG ? TYPE_BODY : TYPE_LEAD,
				.fg = COLOR_TEXT2});
	line(b, &(struct node_spec){
			.text = node_text(b->ui,
				b->room < ROOM_LEAST
					? _("If nobody touches it, all is as before in %d s.")
					: _("Ends in %d s"),
				ruler_seconds_left(b)),
			.type = TYPE_BODY,
			.fg = COLOR_TEXT2,
			.role = ROLE_TIMER,
			.id = "left"});
}

static void build_field(struct build *b)
{
	const bool is_tenth = is_check(b->model);

	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_STACK,
				  .width = length_fill(1),
				  .height = length_fill(1),
				  .fill = COLOR_BG,
				  .role = ROLE_BUTTON,
				  .id = SCREEN_POINT,
				  .name = _("Screen with crosses"),
				  .action = SCREEN_POINT,
				  .no_focus = true});
	for (size_t i = 0; !is_tenth && i < FIT_POINTS; i++)
		cross(b, places[i].x, places[i].y, i == b->view->crosses.count,
			i < b->view->crosses.count);
	if (is_tenth)
		cross(b, CHECK_X, CHECK_Y, true, false);
	band_open(b, 16, 44);
	words(b);
	node_end(b->ui);
	band_open(b, is_tenth ? 74 : 56, is_tenth ? 96 : 84);
	part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
			       .id = "back",
			       .label = _("Leave as it was"),
			       .action = "back",
			       .icon = b->room > ROOM_SNUG ? NULL : "arrow-left"});
	node_end(b->ui);
	node_end(b->ui);
}

/* ---- refused ---- */

static void build_refused(struct build *b)
{
	const struct crosses *crosses = &b->view->crosses;
	const bool is_far = crosses->verdict == FIT_FAR;
	const int tenths = crosses->worst_mm > 0 ? (int)(crosses->worst_mm * 10 + 0.5) : 0;
	const struct header header = {.style = HEADER_TALL,
		.title = _("These touches fit no calibration"),
		.lead = is_far ? node_text(b->ui,
					 _("One of them is %d.%d mm away from where the others put "
					   "it. "
					   "Touch each cross in its middle, with one finger."),
					 tenths / 10, tenths % 10)
			       : _("The panel reports places that no panel of this size reports. "
				   "Touch "
				   "each cross once. If that does not help, check cable and model "
				   "of "
				   "the panel."),
		.step = ruler_step(b)};

	frame_open(b, &header);
	part_banner(b, &(struct banner){.id = "as-before",
			       .icon = "info",
			       .title = _("Nothing was changed"),
			       .text = _("Touches work as before."),
			       .ink = COLOR_WARN,
			       .ground = COLOR_WARN_BG,
			       .role = ROLE_STATUS});
	frame_close(b, &(struct actions){.back = _("Back"),
			       .primary = _("Touch them again"),
			       .primary_action = "crosses-again",
			       .primary_icon = "hand-tap"});
}

void build_crosses(struct build *b)
{
	if (b->view->crosses.count == FIT_POINTS && b->view->crosses.verdict != FIT_GOOD &&
		!is_check(b->model))
		build_refused(b);
	else
		build_field(b);
}
