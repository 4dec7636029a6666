#include <string.h>

#include "terminal/base/text.h"
#include "ui/screens/build.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

/* What technicians see: their PIN, the state of the terminal in five tabs, a device's page, and the
 * steps of the first start. Never a citizen's data (UI.md section 13). The models say what is
 * connected: a row without a test has no button, a step that nothing performs yet says so.
 *
 * Core has the facts and no words: texts of these models are message ids, "{1}|x" puts x in, itself
 * looked up. What has no translation (a model's name, a number) stands as it came. The ids that
 * core and the drivers use are listed at the end, for the catalogues. */

#define MAX_WORD 256

/* The part of text up to the next bar, looked up; moves *p behind the bar. */
static const char *next_words(struct ui *ui, const char **p)
{
	const size_t length = strcspn(*p, "|");
	const char *words = node_text(ui, "%.*s", (int)length, *p);

	*p += length + ((*p)[length] == '|');
	return words[0] != '\0' ? locale_text(words) : "";
}

static const char *say(struct build *b, const char *text)
{
	const char *pattern, *args[9] = {NULL};
	char out[2 * MAX_WORD] = "";
	size_t count = 0, length = 0;

	pattern = next_words(b->ui, &text);
	while (*text != '\0' && count < 9)
		args[count++] = next_words(b->ui, &text);
	while (*pattern != '\0' && length < sizeof(out) - 1) {
		const bool is_slot = pattern[0] == '{' && pattern[1] >= '1' &&
				     pattern[1] < (char)('1' + count) && pattern[2] == '}';
		const char *piece = is_slot ? args[pattern[1] - '1'] : pattern;
		const size_t room = sizeof(out) - 1 - length, size = is_slot ? strlen(piece) : 1;

		memcpy(out + length, piece, size < room ? size : room);
		length += size < room ? size : room;
		pattern += is_slot ? 3 : 1;
	}
	return node_text(b->ui, "%.*s", (int)length, out);
}

/* ---- PIN ---- */

static void digits(struct build *b)
{
	struct ui *ui = b->ui;
	const char *text = b->view->entry.text;
	int most = b->view->entry.max_length, count = (int)strlen(text);
	bool is_wrong = part_error(b)[0] != '\0' && !b->view->error_seen;
	/* Three bytes each, twelve at most. */
	const char *dots = node_text(ui, "%.*s", 3 * (count < 12 ? count : 12), "••••••••••••");

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .width = length_fill(1),
			       .min_height = part_target(b, 110),
			       .gap = b->room > ROOM_SNUG ? 11 : 22,
			       .main = ALIGN_CENTER,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .border = is_wrong ? COLOR_ERROR : COLOR_CONTROL,
			       .border_width = 4,
			       .radius = 16,
			       .role = ROLE_TEXTBOX,
			       .states = is_wrong ? STATE_INVALID : 0,
			       .id = "field",
			       .name = _("Staff PIN"),
			       .value = dots,
			       .masked = true,
			       .personal = true,
			       .editable = true});
	for (int i = 0; i < most && i < 12; i++)
		node_add(ui, &(struct node_spec){.width = length_units(28),
				     .height = length_units(28),
				     .radius = RADIUS_PILL,
				     .fill = i < count ? COLOR_TEXT : COLOR_NONE,
				     .border = COLOR_TEXT,
				     .border_width = 3});
	node_end(ui);
}

/* How long the next try has to wait. */
static const char *wait_words(struct build *b)
{
	const long seconds = (long)((b->model->expected_ms + 999) / 1000);

	if (seconds <= 90)
		return node_text(b->ui, _("Next try in %ld seconds."), seconds);
	return node_text(b->ui, _("Next try in %ld minutes."), (seconds + 59) / 60);
}

void build_staff(struct build *b)
{
	const struct header header = {.style = HEADER_KEYBOARD,
		.title = text_title(b->model),
		.step = _("Technical service")};

	if (part_error_page(b))
		return;
	frame_open(b, &header);
	part_error_summary(b);
	digits(b);
	if (b->model->expected_ms > 0)
		node_add(b->ui, &(struct node_spec){.text = wait_words(b),
					.type = TYPE_BODY,
					.width = length_fill(1),
					.role = ROLE_STATUS,
					.id = "wait"});
	frame_close(b, &(struct actions){.back = _("Back"),
			       .back_action = "close",
			       .primary = _("Enter"),
			       .primary_action = "submit",
			       .primary_icon_after = "arrow-right",
			       .keyboard = true});
}

/* ---- rows of devices, links, versions ---- */

static void state_line(struct build *b, const struct screen_item *item)
{
	struct ui *ui = b->ui;
	bool is_bad = strcmp(item->reason, "error") == 0,
	     is_warn = strcmp(item->reason, "warn") == 0;
	const char *icon = is_bad ? "x-circle" : is_warn ? "warning" : "check-circle";
	enum color ink = is_bad ? COLOR_ERROR : is_warn ? COLOR_WARN : COLOR_OK;

	if (item->value[0] == '\0')
		return;
	/* Long words may go on over the page. */
	if (b->is_split) {
		widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, say(b, item->value));
		return;
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 10, .cross = ALIGN_CENTER});
	if (item->reason[0] != '\0')
		widget_icon(ui, icon, ICON_FILL, 34, ink);
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, say(b, item->value));
	node_end(ui);
}

static void row(struct build *b, const struct screen_item *item)
{
	struct ui *ui = b->ui;
	/* Where a page is low it may end inside a row. */
	const bool is_loose =
		b->is_split || (b->size == TEXT_EXTRA && !b->is_wide && ui_settings(ui)->reach);
	/* In the largest letters a button leaves no room beside it. */
	const bool is_high = is_loose || (b->size == TEXT_MAX && !b->is_wide);

	node_begin(
		ui, &(struct node_spec){.layout = is_high ? LAYOUT_COLUMN : LAYOUT_ROW,
			    .width = length_fill(1),
			    .pad = part_insets(b, 24, 14),
			    .gap = b->gutter,
			    .cross = is_high ? ALIGN_DEFAULT : ALIGN_CENTER,
			    .divides = is_loose,
			    .fill = COLOR_SURFACE,
			    .border = strcmp(item->reason, "error") == 0 ? COLOR_ERROR : COLOR_LINE,
			    .border_width = ui_palette(ui)->border_card,
			    .radius = 20,
			    .role = ROLE_ROW,
			    .id = node_text(ui, "row-%s", item->id)});
	/* On a page of its own it would be a row without words. */
	if (!is_loose)
		part_icon_box(b, item->icon, 72, COLOR_ICON, COLOR_TINT);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .gap = 2,
			       .divides = is_loose});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, say(b, item->label));
	if (item->detail[0] != '\0' && b->room < ROOM_LEAST)
		widget_text(ui, TYPE_SMALL, COLOR_TEXT2, say(b, item->detail));
	state_line(b, item);
	node_end(ui);
	/* Tones are the ui's own. */
	const bool is_tone = strcmp(b->model->outcome, "sound") == 0;
	/* So would the button. */
	if (is_loose)
		node_end(ui);
	if (item->detail2[0] != '\0')
		part_button(
			b, &(struct button){.kind = BUTTON_TINT,
				   .id = node_text(ui, "test-%s", item->id),
				   .label = say(b, item->detail2),
				   .name = node_text(ui, "%s: %s", say(b, item->label),
					   say(b, item->detail2)),
				   .action = is_tone ? "tone" : "open",
				   .arg = is_tone ? item->id : node_text(ui, "test-%s", item->id)});
	if (!is_loose)
		node_end(ui);
}

static int tab_columns(struct build *b)
{
	int count = 0, widest = 0, columns;

	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];
		int width = ui_text_width(b->ui, TYPE_CAPTION, say(b, item->label)) + 2 * 10;

		if (item->kind != ITEM_TAB)
			continue;
		count++;
		widest = width > widest ? width : widest;
	}
	columns = (frame_content_width(b) + 11) / (widest + 11);
	return columns > count ? count : columns < 1 ? 1 : columns;
}

static bool has_tabs(const struct build *b)
{
	for (size_t i = 0; i < b->model->item_count; i++)
		if (b->model->items[i].kind == ITEM_TAB)
			return true;
	return false;
}

static void tabs(struct build *b)
{
	struct ui *ui = b->ui;

	if (!has_tabs(b))
		return;
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
			       .width = length_fill(1),
			       .columns = tab_columns(b),
			       .gap = 11,
			       .equal_rows = true,
			       .paged = b->room > ROOM_SNUG,
			       .role = ROLE_TABLIST,
			       .name = _("Parts of the terminal"),
			       .id = "tabs"});
	for (size_t i = 0; i < b->model->item_count; i++) {
		const struct screen_item *item = &b->model->items[i];
		bool current = item->state == ITEM_SELECTED;

		if (item->kind != ITEM_TAB)
			continue;
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
				       .width = length_fill(1),
				       .min_height = b->room == ROOM_LEAST ? 54 : 84,
				       .pad = insets_xy(6, 7),
				       .main = ALIGN_CENTER,
				       .cross = ALIGN_CENTER,
				       .fill = current ? COLOR_ACTION : COLOR_SURFACE,
				       .border = current ? COLOR_ACTION : COLOR_CONTROL,
				       .border_width = current ? 5 : 2,
				       .radius = 16,
				       .role = ROLE_TAB,
				       .states = current ? STATE_CURRENT : 0,
				       .id = node_text(ui, "tab-%s", item->id),
				       .action = "open",
				       .arg = node_text(ui, "tab-%s", item->id)});
		widget_text(ui, TYPE_CAPTION, current ? COLOR_ON_ACTION : COLOR_TEXT,
			say(b, item->label));
		node_end(ui);
	}
	node_end(ui);
}

/* second: a button that has no place beside the others, NULL = none. */
static void rows(struct build *b, const char *name, const char *second)
{
	struct ui *ui = b->ui;

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_COLUMN,
			       .width = length_fill(1),
			       .height = length_fill(1),
			       .gap = b->gutter > 16 ? 16 : 11,
			       .paged = true,
			       .page = b->view->page,
			       .role = ROLE_LIST,
			       .name = name,
			       .id = "rows"});
	if (b->room > ROOM_SNUG)
		tabs(b);
	for (size_t i = 0; i < b->model->item_count; i++)
		if (b->model->items[i].kind == ITEM_ROW)
			row(b, &b->model->items[i]);
	if (b->room == ROOM_LEAST && second != NULL)
		part_button(b, &(struct button){.kind = BUTTON_SECONDARY,
				       .id = "second",
				       .label = second,
				       .action = "no",
				       .width = length_fill(1)});
	part_pager(b, _("See more"));
	node_end(ui);
}

/* ---- maintenance ---- */

static struct actions tab_actions(const struct build *b, const char *outcome)
{
	const bool is_busy = strcmp(outcome, "busy") == 0;

	(void)b;
	return (struct actions){.back = is_busy ? NULL : _("Leave"),
		.back_action = "close",
		.second = is_busy			? NULL
			  : strcmp(outcome, "out") == 0 ? _("Back in service")
							: _("Out of service"),
		.second_action = "no",
		.second_icon = "wrench",
		.primary = is_busy ? NULL : _("Test all"),
		.primary_action = "confirm",
		.primary_icon = "list-checks"};
}

static struct actions page_actions(const char *outcome)
{
	if (strcmp(outcome, "choice") == 0)
		return (struct actions){.back = _("Back")};
	if (strcmp(outcome, "busy") == 0)
		return (struct actions){0};
	if (strcmp(outcome, "sound") == 0)
		return (struct actions){.back = _("Back"),
			.second = _("Not as it should"),
			.second_action = "no",
			.primary = _("It sounds well"),
			.primary_action = "yes",
			.primary_icon = "check"};
	if (strcmp(outcome, "asks") == 0)
		return (struct actions){.second = _("It came out badly"),
			.second_action = "no",
			.primary = _("It came out well"),
			.primary_action = "yes",
			.primary_icon = "check"};
	return (struct actions){.back = _("Back"),
		.second = _("Reset"),
		.second_action = "no",
		.second_icon = "power",
		.primary = _("Test"),
		.primary_action = "confirm",
		.primary_icon = "list-checks"};
}

/* One answer of a technician: a question like a citizen's, but core has no words for it. */
static void question(struct build *b)
{
	struct view view = *b->view;
	struct screen_model *model = &view.model;

	vt_copy_cut(model->title, sizeof(model->title), say(b, b->model->field.label));
	vt_copy_cut(model->field.label, sizeof(model->field.label), say(b, b->model->field.label));
	vt_copy_cut(model->field.hint, sizeof(model->field.hint), say(b, b->model->field.hint));
	vt_copy_cut(model->service_name, sizeof(model->service_name), _("Place and screen"));
	b->view = &view;
	b->model = model;
	build_question(b);
}

void build_maintenance(struct build *b)
{
	const struct screen_model *model = b->model;

	if (model->has_field) {
		question(b);
		return;
	}
	const bool is_busy = strcmp(model->outcome, "busy") == 0;
	const struct header header = {.style = HEADER_TALL,
		.title = model->title[0] != '\0' ? say(b, model->title) : text_title(model),
		.lead = is_busy ? _("The device is at work. Wait a moment.") : say(b, model->lead),
		.step = model->terminal};
	struct actions actions =
		has_tabs(b) ? tab_actions(b, model->outcome) : page_actions(model->outcome);
	const char *second = actions.second;

	if (b->room == ROOM_LEAST)
		actions.second = NULL;
	frame_open(b, &header);
	if (b->room <= ROOM_SNUG)
		tabs(b);
	rows(b, header.title, second);
	frame_close(b, &actions);
}

/* ---- first start ---- */

void build_setup(struct build *b)
{
	const struct screen_model *model = b->model;

	if (model->has_field) {
		question(b);
		return;
	}
	const bool is_empty = strcmp(model->outcome, "not-connected") == 0;
	const struct header header = {.style = HEADER_TALL,
		.title = say(b, text_title(model)),
		.lead = is_empty ? "" : say(b, model->lead),
		.step = node_text(
			b->ui, _("First start | Step %d of %d"), model->step, model->steps)};

	frame_open(b, &header);
	if (is_empty)
		part_banner(b, &(struct banner){.id = "not-connected",
				       .icon = "info",
				       .title = _("There is nothing to do here yet"),
				       .text = say(b, model->lead),
				       .ink = COLOR_WARN,
				       .ground = COLOR_WARN_BG,
				       .role = ROLE_STATUS});
	rows(b, header.title, NULL);
	frame_close(b, &(struct actions){.back = !model->can_back  ? NULL
						 : model->step > 1 ? _("Back")
								   : _("Leave"),
			       .primary = model->primary[0] != '\0' ? say(b, model->primary)
								    : _("Continue"),
			       .primary_action = "confirm",
			       .primary_icon_after = "arrow-right"});
}

/* ---- words of core and of the drivers (see the top) ---- */

const char *const staff_words[] = {
	N_("Devices"),
	N_("Network"),
	N_("Queue"),
	N_("Version"),
	N_("Log"),
	N_("Maintenance work"),
	N_("No paper to put in"),
	N_("A device is broken"),
	N_("No network"),
	N_("Damage or vandalism"),
	N_("Today"),
	N_("Tomorrow"),
	N_("Not known yet"),
	N_("Choose"),
	N_("Why is it out of service?"),
	N_("When will it serve again?"),
	N_("This terminal is out of service."),
	N_("It is being tried again"),
	N_("Not tried again: {1}"),
	N_("Passed"),
	N_("Failed"),
	N_("Not known"),
	N_("passed"),
	N_("failed"),
	N_("not known"),
	N_("Last reset"),
	N_("Last test"),
	N_("Look at the sheet: did it come out well?"),
	N_("Clean or replace what prints, then test again."),
	N_("No paper"),
	N_("Ready"),
	N_("Works, but needs care"),
	N_("Starting"),
	N_("Not working"),
	N_("Not connected"),
	N_("Not installed"),
	N_("{1}. Test: {2}"),
	N_("Open"),
	N_("The device process is not there"),
	N_("State"),
	N_("Connection"),
	N_("USB {1}, name {2}"),
	N_("Counters of its life"),
	N_("Sheets {1}, cuts {2}, cards read {3}, errors {4}, resets {5}"),
	N_("Service {1}"),
	N_("Answers"),
	N_("Does not answer: {1}"),
	N_("Process that delivers"),
	N_("Runs"),
	N_("Is not there"),
	N_("Clock"),
	N_("Confirmed by a service"),
	N_("Not confirmed by a service yet"),
	N_("Needs a person"),
	N_("Waits"),
	N_("{1}, tries: {2}"),
	N_("Try again"),
	N_("Storage"),
	N_("Good"),
	N_("Still to deliver"),
	N_("{1}, the oldest since {2}"),
	N_("Need a person's decision"),
	N_("Program"),
	N_("Terminal"),
	N_("Since the start"),
	N_("{1}, citizens served: {2}"),
	N_("Services in the catalogue"),
	/* terminal/session/session_setup.c */
	N_("Nobody enrols terminals yet. This one works without it: go on."),
	N_("A trial request would count as a real one: nothing tells them apart yet. Go on."),
	N_("Date, time and zone"),
	N_("Network and services"),
	N_("Enrolment of this terminal"),
	N_("Place and screen"),
	N_("Devices found"),
	N_("Calibrate the screen"),
	N_("Trial transaction"),
	N_("Is it ready?"),
	N_("Activate"),
	N_("Activate it when everything that this place needs is ready."),
	N_("It cannot be activated before its storage works."),
	/* terminal/session/session_panel.c, session_staff.c */
	N_("Municipality"),
	N_("Site"),
	N_("Height of the screen"),
	N_("In which state is this terminal?"),
	N_("In which municipality is it?"),
	N_("What is the place called?"),
	N_("As people call it: the building, the office or the market."),
	N_("How high is the lower edge of the screen?"),
	N_("In millimetres, from the floor. What seated people reach depends on it."),
	N_("Size of the picture"),
	N_("Touch screen"),
	N_("Speaker and headphones"),
	N_("Measure"),
	N_("Calibrate"),
	N_("Change"),
	N_("Test tone"),
	N_("Play"),
	N_("As in terminal.conf"),
	N_("{1} px/mm"),
	N_("{1} mm"),
	N_("Not told yet"),
	N_("Not calibrated here"),
	N_("Calibrated"),
	N_("Nine points, {1} mm off on average"),
	N_("What came of it"),
	N_("Kept"),
	N_("As it was before"),
	N_("The new size"),
	N_("Somebody wanted it back"),
	N_("Nobody said that the size is right"),
	N_("The new calibration"),
	N_("Somebody left the calibration"),
	N_("The tenth cross was missed"),
	N_("Nobody touched the tenth cross"),
	N_("Nobody touched the crosses"),
	N_("Does each side sound?"),
	N_("Speaker, left"),
	N_("Speaker, right"),
	N_("Headphones, left"),
	N_("Headphones, right"),
	N_("Time zone"),
	N_("{1} of {2}"),
	N_("Services that answer"),
	N_("Devices ready"),
	N_("Tests passed"),
	N_("the device process is not there"),
	N_("no such device"),
	N_("a citizen is served, or a device is being tested"),
	N_("the device process is gone"),
	N_("Look at the sheet: lines complete, both codes readable, cut clean."),
	N_("Nothing usable was printed."),
	N_("The printer did not say whether the sheet came out: look at it."),
	N_("Put in a new paper roll."),
	N_("Close the printer's cover."),
	N_("Clear the jammed cutter, then close the cover."),
	N_("Connect the device's USB cable and switch it on."),
	N_("This terminal has none. If it should, connect it and switch it on."),
	N_("Hold any printed code under the scanner."),
	N_("Swipe a card that is no payment card."),
	N_("A code was read."),
	N_("A stripe was read."),
	N_("Switch the device off and on; replace it if that does not help."),
	N_("It does not answer as its model should: check its line in the table."),
	N_("Another program or a missing permission keeps it: see the log."),
	N_("It does not answer: unplug it for ten seconds; then replace it."),
	N_("The USB connection fails: try another cable and another port."),
	N_("This reader cannot be used: see ventanillactl device descriptor."),
	N_("The device process is out of memory: restart it."),
	N_("It came and went too often: check cable and power, then reset it."),
	N_("It keeps breaking its protocol: replace it, then reset it."),
	N_("Paper is near its end: bring a new roll."),
	N_("Put in paper."),
	N_("Take the jammed sheet out, then close the printer."),
	N_("Put in new toner."),
	N_("Toner is near its end: bring a new cartridge."),
	N_("Put the paper tray in."),
	N_("The printer is paused: let it go on at its own panel."),
	N_("Take the sheets out of the printer's tray."),
	N_("This device cannot be used: see ventanillactl device descriptor."),
	N_("Insert a card, chip first, and test again."),
	N_("The card gives no ATR: turn it round, clean it or try another one."),
	N_("The card was powered and told its ATR."),
	/* queue_verdict_names, storage_problem_names */
	N_("inFlight"),
	N_("inLane"),
	N_("served"),
	N_("inDoubt"),
	N_("settled"),
	N_("io"),
	N_("full"),
	N_("readOnly"),
	N_("missing"),
	N_("newer"),
	N_("key"),
	NULL,
};
