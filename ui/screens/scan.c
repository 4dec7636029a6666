#include <string.h>

#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* The scanner waits for the citizen's document: where to hold it, what to show, how long, and the
 * other way. What was read or not comes as another screen. */

/* The document in the picture moves towards the scanner, a step each half second. */
#define STEP_MS 500

static void shape(struct build *b, const char *icon, int size, enum color ink, enum color ground)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(size),
			       .height = length_units(size),
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = ground,
			       .border = b->is_plain ? ink : COLOR_NONE,
			       .border_width = 4,
			       .radius = 28});
	part_icon(b, icon, ICON_DUOTONE, size * 7 / 10, ink);
	node_end(ui);
}

/* The gap between document and scanner: it closes, and stays closed for a moment. */
static int gap(const struct build *b)
{
	static const int gaps[] = {72, 40, 8, 8};

	return ui_settings(b->ui)->calm
		       ? 24
		       : gaps[b->env->since_show_ms / STEP_MS % (int64_t)VT_ELEMENTS(gaps)];
}

/* The same, no higher than its room: rounded to pixels the parts may be more than their sum, and a
 * picture that is too high now and then would have the screen laid out anew each time. */
static int gap_within(const struct build *b, int room)
{
	const struct profile *profile = ui_profile(b->ui);
	int units = gap(b);

	while (2 * profile_px(profile, 160) + profile_px(profile, units) >
		profile_px(profile, room))
		units--;
	return units;
}

static void document(struct build *b)
{
	shape(b, "identification-card", 160, COLOR_ICON, COLOR_TINT);
}

static void scanner(struct build *b)
{
	shape(b, "scan", 160, COLOR_INFO, COLOR_INFO_BG);
}

static void picture(struct build *b)
{
	struct ui *ui = b->ui;
	const enum scanner_place place = b->model->scanner_place;
	const bool is_beside = place == SCANNER_LEFT || place == SCANNER_RIGHT;
	const int room = 2 * 160 + 72;

	/* Its room does not change while the picture moves. */
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_units(is_beside ? 160 : room),
			       .main = ALIGN_END,
			       .cross = ALIGN_CENTER,
			       .droppable = 2});
	node_begin(ui, &(struct node_spec){.layout = is_beside ? LAYOUT_ROW : LAYOUT_COLUMN,
			       .gap = is_beside ? gap(b) : gap_within(b, room),
			       .cross = ALIGN_CENTER});
	if (place == SCANNER_LEFT)
		scanner(b);
	document(b);
	if (place != SCANNER_LEFT)
		scanner(b);
	node_end(ui);
	node_end(ui);
}

static const char *place_words(enum scanner_place place)
{
	switch (place) {
	case SCANNER_BELOW:
		return _("The scanner is below this screen. Look for its light.");
	case SCANNER_LEFT:
		return _("The scanner is on your left. Look for its light.");
	case SCANNER_RIGHT:
		return _("The scanner is on your right. Look for its light.");
	case SCANNER_SOMEWHERE:
	case SCANNER_PLACE_COUNT:
		break;
	}
	return _("Look for the light of the scanner in this terminal.");
}

/* Each sentence by itself where room is shortest, so that a page may end between them. */
static void line(
	struct build *b, const char *id, const char *icon, const char *title, const char *text)
{
	struct ui *ui = b->ui;

	if (b->room == ROOM_LEAST) {
		part_paragraphs(b, title, text);
		return;
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = part_insets(b, 0, 12),
			       .gap = 26,
			       .cross = ALIGN_CENTER,
			       .role = ROLE_LISTITEM,
			       .id = id});
	part_icon_box(b, icon, 84, COLOR_ICON, COLOR_TINT);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 2});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, title);
	widget_text(ui, TYPE_BODY, COLOR_TEXT2, text);
	node_end(ui);
	node_end(ui);
}

/* Told beforehand: nobody is surprised by the end. */
static void limit(struct build *b)
{
	const int seconds = (int)(b->model->expected_ms / 1000);
	const char *title = seconds < 120 ? node_text(b->ui, _("We wait %d seconds"), seconds)
					  : node_text(b->ui, _("We wait %d minutes"), seconds / 60);
	const char *text = _("Then you can try again or write your CURP.");

	if (b->room == ROOM_LEAST)
		part_paragraphs(b, title, text);
	else
		part_banner(b, &(struct banner){
				       .id = "limit",
				       .icon = "timer",
				       .title = title,
				       .text = text,
				       .ink = COLOR_INFO,
				       .ground = COLOR_INFO_BG,
				       .role = ROLE_STATUS,
			       });
}

static void steps(struct build *b)
{
	struct ui *ui = b->ui;
	const bool is_roomy = part_is_roomy(b);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(is_roomy ? 6 : 1),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_LIST,
			       .name = text_title(b->model),
			       .id = "steps"});
	if (is_roomy)
		part_card_open(b, NULL, 32, 8);
	line(b, "step-place", "scan", _("Hold the code under the light"),
		place_words(b->model->scanner_place));
	line(b, "step-paper", "qr-code", _("On a printed CURP"),
		_("Show the square code, or the one with bars."));
	line(b, "step-card", "identification-card", _("On a voter card (INE)"),
		_("Show the code on the back that has your CURP, if yours has one."));
	if (b->room == ROOM_LEAST && b->model->expected_ms > 0)
		limit(b);
	if (is_roomy)
		part_close(b);
	else
		part_pager(b, _("Read more"));
	node_end(ui);
}

void build_scan(struct build *b)
{
	struct ui *ui = b->ui;
	const struct header header = {.style = HEADER_COMPACT, .title = text_title(b->model)};

	frame_open(b, &header);
	if (part_is_roomy(b)) {
		widget_spacer(ui, 1);
		picture(b);
		widget_spacer(ui, 1);
	}
	steps(b);
	if (b->room < ROOM_LEAST && b->model->expected_ms > 0)
		limit(b);
	frame_close(b, &(struct actions){.back = b->model->can_back ? _("Cancel") : NULL});
}
