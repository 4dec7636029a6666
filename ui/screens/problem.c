#include <string.h>

#include "terminal/base/attributes.h"
#include "ui/screens/build.h"
#include "ui/screens/format.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* What happened, what it means, what can be done now (UI.md section 12); the folio that is safe;
 * and whether money was taken. No codes in the heading. */

static void sign(struct build *b, const char *icon, int size)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_units(size),
			       .height = length_units(size),
			       .self = ALIGN_CENTER,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_WARN_BG,
			       .border = b->is_plain ? COLOR_WARN : COLOR_NONE,
			       .border_width = 4,
			       .radius = RADIUS_PILL,
			       .droppable = 2});
	part_icon(b, icon, ICON_DUOTONE, size / 2, COLOR_WARN);
	node_end(ui);
}

static void line(struct build *b, const char *icon, const char *title, const char *text)
{
	struct ui *ui = b->ui;

	if (b->room == ROOM_LEAST) {
		part_paragraphs(b, title, text);
		return;
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .pad = insets_xy(0, part_pad(b, 12)),
			       .gap = 26,
			       .cross = ALIGN_CENTER,
			       .role = ROLE_NOTE});
	part_icon_box(b, icon, 84, COLOR_ICON, COLOR_TINT);
	node_begin(ui,
		&(struct node_spec){.layout = LAYOUT_COLUMN, .width = length_fill(1), .gap = 2});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, title);
	widget_text(ui, TYPE_BODY, COLOR_TEXT2, text);
	node_end(ui);
	node_end(ui);
}

static void folio(struct build *b)
{
	struct ui *ui = b->ui;
	char text[VT_FOLIO_SIZE + 8];

	if (b->model->folio[0] == '\0')
		return;
	format_folio(text, sizeof(text), b->model->folio);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .pad = part_insets(b, 32, 22),
			       .gap = 4,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_OK_BG,
			       .border = COLOR_OK,
			       .border_width = 3,
			       .radius = 20,
			       .role = ROLE_STATUS,
			       .id = "folio"});
	widget_text(ui, TYPE_BODY, COLOR_TEXT, _("Your folio is safe"));
	widget_text(ui, b->room > ROOM_SNUG ? TYPE_CARD_TITLE : TYPE_TITLE, COLOR_TEXT, text);
	node_end(ui);
}

/* A request waits behind it, complete and not signed. */
static bool is_request(const struct screen_model *model)
{
	return strcmp(model->outcome, "request") == 0;
}

/* Where it leads on: again with the card or the document, without it, or to the services. */
static void close_problem(struct build *b)
{
	const struct screen_model *model = b->model;
	const bool is_card = strncmp(model->problem, "card-", 5) == 0;
	struct actions actions = {.back = model->can_back ? _("Back") : NULL,
		.primary = model->primary[0] != '\0' ? model->primary : _("See the services"),
		.primary_action = "close",
		.primary_icon_after = "arrow-right"};

	if (is_request(model))
		actions.back = _("Back to my request");
	if (strncmp(model->problem, "scan-", 5) == 0) {
		actions.back = model->can_retry ? _("Write my CURP") : NULL;
		actions.primary = model->can_retry ? _("Try again") : _("Write my CURP");
		actions.primary_action = model->can_retry ? "scan" : "back";
	} else if (strcmp(model->problem, "card-last-try") == 0) {
		actions.primary = _("Use the last try");
		actions.primary_action = "confirm";
	} else if (model->can_retry) {
		actions.primary = _("Try again");
		actions.primary_action = "sign-in";
	} else if (is_request(model)) {
		actions.primary = actions.back;
		actions.primary_action = "back";
		actions.back = NULL;
	} else if (is_card && model->service[0] != '\0') {
		actions.back = NULL;
		actions.primary = _("Go on without the card");
		actions.primary_action = "back";
	}
	frame_close(b, &actions);
}

/* Nothing goes on without the card here; where the words do not say so, they stay. */
static const char *request_now(const struct screen_model *model, const char *now)
{
	static const char *const fitting[] = {
		"card-other-person", "card-removed", "card-unreadable", "card-last-try"};

	for (size_t i = 0; i < VT_ELEMENTS(fitting); i++) {
		if (strcmp(fitting[i], model->problem) == 0)
			return now;
	}
	return model->can_retry
		       ? _("Try again, or go back to your request.")
		       : _("Go back to your request to sign it with another card of yours.");
}

void build_problem(struct build *b)
{
	struct ui *ui = b->ui;
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_COMPACT, .title = text_title(model)};
	struct text_problem text;

	text_problem(model->problem, &text);
	frame_open(b, &header);
	if (part_is_roomy(b)) {
		widget_spacer(ui, 1);
		sign(b, text.icon, 200);
		widget_spacer(ui, 1);
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(6),
			       .gap = b->gutter,
			       .paged = true,
			       .page = b->view->page,
			       .id = "explanation"});
	folio(b);
	if (part_is_roomy(b))
		part_card_open(b, NULL, 32, 8);
	line(b, "info", _("What happened"), model->lead[0] != '\0' ? model->lead : text.what);
	if (is_request(model)) {
		text.now = request_now(model, text.now);
		text.means =
			_("Your request was not signed and not sent. Your answers are still here.");
	}
	line(b, "hand-palm", _("What it means"), text.means);
	line(b, "list-checks", _("What you can do now"), text.now);
	if (b->room == ROOM_LEAST)
		part_money(b);
	if (part_is_roomy(b))
		part_close(b);
	else
		part_pager(b, _("Read more"));
	node_end(ui);
	if (b->room < ROOM_LEAST)
		part_money(b);
	close_problem(b);
}

/* When a terminal that a technician took out of service comes back, "" = nobody said. */
static const char *back_words(const struct screen_model *model)
{
	if (strcmp(model->outcome, "today") == 0)
		return _("It will serve again today.");
	if (strcmp(model->outcome, "tomorrow") == 0)
		return _("It will serve again tomorrow.");
	return "";
}

static void out_words(struct build *b, const struct text_problem *text)
{
	struct ui *ui = b->ui;
	bool is_tight = b->room > ROOM_SNUG;

	/* On pages it is the header's, so that each has it. */
	if (!is_tight)
		node_add(ui, &(struct node_spec){.text = text_title(b->model),
				     .type = TYPE_TITLE_LARGE,
				     .text_align = TEXT_CENTER,
				     .width = length_fill(1),
				     .role = ROLE_HEADING,
				     .id = "title"});
	node_add(ui,
		&(struct node_spec){.text = b->model->lead[0] != '\0' ? b->model->lead : text->what,
			.type = is_tight ? TYPE_BODY : TYPE_LEAD,
			.fg = COLOR_TEXT2,
			.text_align = TEXT_CENTER,
			.width = length_fill(1)});
	if (back_words(b->model)[0] != '\0')
		node_add(ui, &(struct node_spec){.text = back_words(b->model),
				     .type = TYPE_BODY_STRONG,
				     .text_align = TEXT_CENTER,
				     .width = length_fill(1),
				     .id = "back-in"});
}

static void meanwhile(struct build *b, const struct text_problem *text)
{
	widget_heading(b->ui, TYPE_HEADING, COLOR_TEXT, _("Meanwhile you can"));
	line(b, "map-pin", _("Use another terminal"), text->means);
	line(b, "headset", _("Call free of charge"), _("079, every day, 24 hours."));
}

static void out_terminal(struct build *b)
{
	if (b->model->terminal[0] != '\0')
		node_add(b->ui, &(struct node_spec){.text = node_text(b->ui, _("Terminal %s"),
							    b->model->terminal),
					.type = TYPE_SMALL,
					.fg = COLOR_TEXT2,
					.text_align = TEXT_CENTER,
					.width = length_fill(1)});
}

/* Where there is no room for all the lines stand on pages. */
static void out_pages(struct build *b, const struct text_problem *text)
{
	node_begin(b->ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				  .width = length_fill(1),
				  .height = length_fill(1),
				  .gap = b->gutter,
				  .paged = true,
				  .page = b->view->page,
				  .id = "explanation"});
	out_words(b, text);
	meanwhile(b, text);
	out_terminal(b);
	part_pager(b, _("Read more"));
	node_end(b->ui);
}

static void out_whole(struct build *b, const struct text_problem *text)
{
	struct ui *ui = b->ui;

	part_panes_open(b, 1);
	widget_spacer(ui, 2);
	sign(b, text->icon, b->is_wide ? 180 : 260);
	node_add(ui, &(struct node_spec){.height = length_units(10), .droppable = 2});
	out_words(b, text);
	widget_spacer(ui, 1);
	part_panes_next(b, 1);
	if (b->is_wide)
		widget_spacer(ui, 1);
	part_card_open(b, NULL, 36, 8);
	meanwhile(b, text);
	part_close(b);
	widget_spacer(ui, 1);
	out_terminal(b);
	if (b->is_wide)
		node_add(ui, &(struct node_spec){.height = length_units(24)});
	else
		widget_spacer(ui, 2);
	part_panes_close(b);
}

void build_out_of_service(struct build *b)
{
	const struct screen_model *model = b->model;
	const struct header header = {.style = HEADER_KEYBOARD,
		.title = b->room > ROOM_SNUG ? text_title(model) : "",
		.step = ""};
	struct text_problem text;

	text_problem(model->problem, &text);
	frame_open(b, &header);
	if (b->room > ROOM_SNUG)
		out_pages(b, &text);
	else
		out_whole(b, &text);
	frame_close(b, &(struct actions){.has_no_dock = strcmp(model->problem, "restarting") == 0});
}
