/* The technician at the screen: SESSION_STAFF and SESSION_MAINTENANCE (UI.md section 13).
 *
 *   gesture ──► STAFF ──SUBMIT──► core judges ──right──► MAINTENANCE: TABS ◄──────BACK────────┐
 *                ▲ │                  │                    │  │  │ OPEN a device             │
 *                │ └─ BACK, 60 s ─► rest                   │  │  └──► DEVICE: test, reset ────┤
 *                └────wrong: it waits──┘                   │  └─ NO ──► REASON ──► UNTIL ─────┘
 *                                  rest ◄─ CLOSE, 10 min ──┘
 *
 * Rows of TABS also lead to SOUND, and to the views of session_panel.c, which has their drawing.
 * Before the terminal is activated the steps of the first start (session_setup.c) stand for TABS.
 *
 * What may be trusted: nobody is in MAINTENANCE whose code core has not judged right in this very
 * stay (session_step() enters it in one place). The gesture is taken only where nobody's data are
 * in memory, and whoever was there is gone, wiped, before STAFF. Which intent is good for what in
 * which view is the table below; all others do nothing. While a device is at work the idle time
 * rests; core and devices have limits of their own. */

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/passcode.h"
#include "terminal/base/text.h"
#include "terminal/session/session_internal.h"

#define SET(member, text) vt_copy_cut((member), sizeof(member), (text))

/* A shift: whoever forgot to leave has gone by then (UI.md section 2). */
#define SHIFT_MS ((int64_t)12 * 3600 * 1000)

const char *const staff_tab_names[STAFF_TAB_COUNT] = {
	[STAFF_DEVICES] = "devices",
	[STAFF_NETWORK] = "network",
	[STAFF_QUEUE] = "queue",
	[STAFF_VERSION] = "version",
	[STAFF_LOG] = "log",
};

/* English message ids: the ui has the words (ui/screens/staff.c). */
static const char *const tab_labels[STAFF_TAB_COUNT] = {
	[STAFF_DEVICES] = "Devices",
	[STAFF_NETWORK] = "Network",
	[STAFF_QUEUE] = "Queue",
	[STAFF_VERSION] = "Version",
	[STAFF_LOG] = "Log",
};

struct choice {
	const char *id, *label, *icon;
};
static const struct choice reasons[] = {
	{"maintenance", "Maintenance work", "wrench"},
	{"paper", "No paper to put in", "receipt-x"},
	{"device", "A device is broken", "plugs"},
	{"network", "No network", "wifi-slash"},
	{"damage", "Damage or vandalism", "warning-octagon"},
};
static const struct choice returns[] = {
	{"today", "Today", "clock"},
	{"tomorrow", "Tomorrow", "calendar"},
	{"unknown", "Not known yet", "question"},
};

/* ---- what core asks ---- */

enum staff_view session_staff_view(const struct session *s)
{
	return s->c.staff.view;
}

enum staff_tab session_staff_tab(const struct session *s)
{
	return s->c.staff.tab;
}

const char *session_staff_device(const struct session *s)
{
	return s->c.staff.device;
}

static size_t find_device(const struct session *s, const char *id)
{
	size_t i = 0;

	while (i < s->devices.count && strcmp(s->devices.devices[i].id, id) != 0)
		i++;
	return i;
}

bool session_staff_tested(const struct session *s, const char *device, enum test_outcome *ret)
{
	const size_t i = find_device(s, device);

	if (i == s->devices.count || !s->c.staff.tested[i].is_known)
		return false;
	*ret = s->c.staff.tested[i].outcome;
	return true;
}

void session_staff_devices(struct session *s, const struct device_list *list)
{
	s->devices = *list;
}

/* Where a technician begins, and comes back to. */
enum staff_view staff_first_view(const struct session *s)
{
	return setup_is_due(s) ? STAFF_SETUP : STAFF_TABS;
}

/* ---- the code ---- */

void staff_begin(struct session *s, struct session_effects *fx)
{
	const bool is_quiet = s->c.state == SESSION_ATTRACT || s->c.state == SESSION_HOME ||
			      s->c.state == SESSION_CLOSED;
	char lang[sizeof(s->c.lang)];

	if (!s->duty.has_code || !is_quiet || s->c.overlay != OVERLAY_NONE ||
		session_is_personal(s))
		return;
	fx->ended = session_is_open(s);
	memcpy(lang, s->c.lang, sizeof(lang));
	session_reset(s, SESSION_ATTRACT);
	memcpy(s->c.lang, lang, sizeof(lang));
	session_enter(s, SESSION_STAFF, fx);
}

static void take_code(struct session *s, const char *code, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	fx->show = true;
	if (staff->is_judging || s->now_ms < staff->locked_ms) {
		SET(staff->error, "staff.wait");
		return;
	}
	if (!passcode_is_well_formed(code)) {
		SET(staff->error, code[0] ? "pin.short" : "required");
		return;
	}
	staff->is_judging = true;
	fx->code = code;
}

static void on_judged(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (s->c.state != SESSION_STAFF || !staff->is_judging)
		return;
	staff->is_judging = false;
	if (event->u.code.is_right) {
		*staff =
			(struct staff){.view = staff_first_view(s), .end_ms = s->now_ms + SHIFT_MS};
		session_enter(s, SESSION_MAINTENANCE, fx);
		fx->staff_act = "screen entered";
		return;
	}
	staff->locked_ms = s->now_ms + event->u.code.wait_ms;
	SET(staff->error, event->u.code.wait_ms > 0 ? "staff.wait" : "staff.wrong");
	fx->show = true;
}

/* ---- orders to devices ---- */

static void order(struct session *s, enum staff_order what, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (staff->order != ORDER_NONE)
		return;
	staff->order = what;
	staff->has_result = staff->asks = false;
	fx->test_device = what == ORDER_TEST;
	fx->reset_device = what == ORDER_RESET;
	fx->show = true;
}

/* The next of "Test all"; nothing if that was the last. */
static void test_next(struct session *s, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	/* What this terminal does not have is not tested. */
	while (staff->next < s->devices.count &&
		s->devices.devices[staff->next].state == DEVICE_ABSENT &&
		strcmp(s->devices.devices[staff->next].reason, "notInstalled") == 0)
		staff->next++;
	if (staff->next >= s->devices.count) {
		staff->is_all = false;
		staff->device[0] = '\0';
		return;
	}
	memcpy(staff->device, s->devices.devices[staff->next++].id, sizeof(staff->device));
	order(s, ORDER_TEST, fx);
}

static void on_ordered(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;
	const size_t index = find_device(s, event->u.ordered.device);
	const enum staff_order what = staff->order;

	if (s->c.state != SESSION_MAINTENANCE || what == ORDER_NONE ||
		strcmp(event->u.ordered.device, staff->device) != 0)
		return;
	staff->order = ORDER_NONE;
	staff->has_result = true;
	staff->was_reset = what == ORDER_RESET;
	staff->outcome = event->u.ordered.outcome;
	SET(staff->reason, event->u.ordered.reason);
	SET(staff->detail, event->u.ordered.detail);
	s->c.touched_ms = s->now_ms; /* the idle time rested */
	fx->show = true;
	if (what == ORDER_TEST && index < s->devices.count) {
		staff->tested[index].is_known = true;
		staff->tested[index].outcome = staff->outcome;
		/* What came out only a person can see. */
		staff->asks = !staff->is_all && staff->outcome != TEST_FAILED &&
			      strcmp(s->devices.devices[index].class, "Printer") == 0;
	}
	if (staff->is_all)
		test_next(s, fx);
}

static void on_retried(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (strcmp(event->u.retried.folio, staff->retry) != 0)
		return;
	SET(staff->verdict, event->u.retried.is_failed
				    ? "failed"
				    : queue_verdict_names[event->u.retried.verdict]);
	fx->show = true;
}

void staff_event(struct session *s, const struct session_event *event, struct session_effects *fx)
{
	if (event->type == SESSION_CODE_JUDGED)
		on_judged(s, event, fx);
	else if (event->type == SESSION_ORDERED)
		on_ordered(s, event, fx);
	else
		on_retried(s, event, fx);
}

/* ---- touches ---- */

void staff_show(struct session *s, enum staff_view view, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	staff->view = view;
	staff->has_result = staff->asks = false;
	staff->retry[0] = staff->verdict[0] = staff->error[0] = '\0';
	staff->note = NULL;
	if (view == staff_first_view(s))
		staff->device[0] = '\0';
	fx->show = true;
}

/* Text behind prefix, NULL if item does not begin with it. */
static const char *behind(const char *item, const char *prefix)
{
	const size_t length = strlen(prefix);

	return strncmp(item, prefix, length) == 0 ? item + length : NULL;
}

static const struct choice *find_choice(const struct choice *choices, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(choices[i].id, id) == 0)
			return &choices[i];
	return NULL;
}

static void open_device(struct session *s, const char *id, struct session_effects *fx)
{
	if (find_device(s, id) == s->devices.count)
		return;
	staff_show(s, STAFF_DEVICE, fx);
	SET(s->c.staff.device, id);
}

static void open_sound(struct session *s, struct session_effects *fx)
{
	const enum staff_view from = s->c.staff.view;

	staff_show(s, STAFF_SOUND, fx);
	s->c.staff.from = from;
}

/* A row of the devices: the device process's, or our own. */
static void open_row(struct session *s, const char *row, struct session_effects *fx)
{
	if (strcmp(row, "sound") == 0)
		open_sound(s, fx);
	else if (setup_is_due(s) || !panel_open(s, row, fx))
		open_device(s, row, fx);
}

static void open_on_tabs(struct session *s, const char *item, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;
	const char *tab = behind(item, "tab-"), *row = behind(item, "test-");

	for (int i = 0; tab && i < STAFF_TAB_COUNT; i++) {
		if (strcmp(staff_tab_names[i], tab) == 0) {
			staff_show(s, STAFF_TABS, fx);
			staff->tab = (enum staff_tab)i;
		}
	}
	if (row && staff->tab == STAFF_DEVICES) {
		open_row(s, row, fx);
	} else if (row && staff->tab == STAFF_VERSION && strcmp(row, "place") == 0) {
		staff_show(s, STAFF_PLACE, fx);
	} else if (row && staff->tab == STAFF_QUEUE &&
		   vt_copy(staff->retry, sizeof(staff->retry), row)) {
		staff->verdict[0] = '\0';
		fx->retry = staff->retry;
		fx->show = true;
	}
}

static void open_choice(struct session *s, const char *item, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;
	const char *id = behind(item, "test-");
	const bool is_reason = staff->view == STAFF_REASON;

	if (!id || !find_choice(is_reason ? reasons : returns,
			   is_reason ? VT_ELEMENTS(reasons) : VT_ELEMENTS(returns), id))
		return;
	if (is_reason) {
		SET(staff->out_reason, id);
		staff_show(s, STAFF_UNTIL, fx);
		return;
	}
	memcpy(s->duty.reason, staff->out_reason, sizeof(s->duty.reason));
	SET(s->duty.until, id);
	fx->duty = true;
	fx->staff_act = "out of service";
	staff_show(s, STAFF_TABS, fx);
}

static void serve_again(struct session *s, struct session_effects *fx)
{
	s->duty.reason[0] = s->duty.until[0] = '\0';
	fx->duty = true;
	fx->staff_act = "in service";
	fx->show = true;
}

static void intent_on_tabs(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (staff->order != ORDER_NONE)
		return; /* "Test all" runs */
	if (intent->action == INTENT_OPEN) {
		open_on_tabs(s, intent->item, fx);
	} else if (intent->action == INTENT_NO && s->duty.reason[0]) {
		serve_again(s, fx);
	} else if (intent->action == INTENT_NO) {
		staff_show(s, STAFF_REASON, fx);
	} else if (intent->action == INTENT_CONFIRM) {
		staff->tab = STAFF_DEVICES;
		staff->is_all = true;
		staff->next = 0;
		memset(staff->tested, 0, sizeof(staff->tested));
		fx->show = true;
		test_next(s, fx);
	} else if (intent->action == INTENT_CLOSE) {
		session_end(s, fx);
	}
}

static void intent_on_device(
	struct session *s, enum intent_action action, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (staff->order != ORDER_NONE)
		return;
	if (staff->asks && (action == INTENT_YES || action == INTENT_NO)) {
		const size_t index = find_device(s, staff->device);

		staff->asks = false;
		staff->outcome = action == INTENT_YES ? TEST_PASSED : TEST_FAILED;
		SET(staff->detail, action == INTENT_YES
					   ? ""
					   : "Clean or replace what prints, then test again.");
		if (index < s->devices.count)
			staff->tested[index].outcome = staff->outcome;
		fx->staff_act = action == INTENT_YES ? "sheet seen good" : "sheet seen bad";
		fx->show = true;
	} else if (action == INTENT_CONFIRM) {
		order(s, ORDER_TEST, fx);
	} else if (action == INTENT_NO) {
		order(s, ORDER_RESET, fx);
	} else if (action == INTENT_BACK) {
		staff_show(s, staff_first_view(s), fx);
	}
}

static void intent_on_sound(
	struct session *s, enum intent_action action, struct session_effects *fx)
{
	struct staff *staff = &s->c.staff;

	if (action == INTENT_YES || action == INTENT_NO) {
		staff->has_sound = true;
		staff->sound_is_good = action == INTENT_YES;
		fx->staff_act = action == INTENT_YES ? "sound heard" : "sound not heard";
	}
	if (action == INTENT_YES || action == INTENT_NO || action == INTENT_BACK)
		staff_show(s, staff->from, fx);
}

static void intent_on_setup(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	const char *row = behind(intent->item, "test-");
	const enum setup_step step = session_setup_step(s);

	if (intent->action != INTENT_OPEN)
		setup_intent(s, intent->action, fx);
	else if (row && step == SETUP_DEVICES)
		open_row(s, row, fx);
	else if (row && (step == SETUP_PLACE || step == SETUP_TOUCH))
		(void)panel_open(s, row, fx); /* another row leads nowhere */
}

void staff_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	if (s->c.state == SESSION_STAFF) {
		if (intent->action == INTENT_SUBMIT)
			take_code(s, intent->value, fx);
		else if (intent->action == INTENT_CLOSE || intent->action == INTENT_BACK)
			session_end(s, fx);
		return;
	}
	switch (s->c.staff.view) {
	case STAFF_TABS:
		intent_on_tabs(s, intent, fx);
		return;
	case STAFF_DEVICE:
		intent_on_device(s, intent->action, fx);
		return;
	case STAFF_REASON:
	case STAFF_UNTIL:
		if (intent->action == INTENT_OPEN)
			open_choice(s, intent->item, fx);
		else if (intent->action == INTENT_BACK)
			staff_show(s, STAFF_TABS, fx);
		return;
	case STAFF_SETUP:
		intent_on_setup(s, intent, fx);
		return;
	case STAFF_SOUND:
		intent_on_sound(s, intent->action, fx);
		return;
	case STAFF_PLACE:
	case STAFF_FIELD:
	case STAFF_MEASURE:
	case STAFF_KEEP:
	case STAFF_TOUCH:
	case STAFF_CHECK:
		panel_intent(s, intent, fx);
		return;
	}
	VT_UNREACHABLE();
}

/* ---- time ---- */

int64_t staff_deadline(const struct session *s)
{
	const struct staff *staff = &s->c.staff;
	const int64_t idle = s->c.touched_ms + s->times.staff_idle, panel = panel_deadline(s);
	const int64_t at = idle < panel ? idle : panel;

	if (s->c.state == SESSION_STAFF)
		return s->c.touched_ms + s->times.staff_code;
	if (staff->order != ORDER_NONE)
		return staff->end_ms;
	return at < staff->end_ms ? at : staff->end_ms;
}

void staff_timeout(struct session *s, struct session_effects *fx)
{
	if (s->c.state == SESSION_STAFF || s->now_ms >= s->c.staff.end_ms) {
		session_end(s, fx);
		return;
	}
	if (s->now_ms >= panel_deadline(s)) {
		panel_timeout(s, fx);
		return;
	}
	s->c.warning_until_ms = s->now_ms + s->times.warning;
	fx->show = true;
}

void staff_check(const struct session *s)
{
	const struct staff *staff = &s->c.staff;

	VT_ASSERT(s->c.state != SESSION_MAINTENANCE || staff->end_ms > 0);
	VT_ASSERT(!session_is_staff(s) || (s->duty.has_code && !s->c.service && !s->c.answer &&
						  !s->c.folio[0] && !s->c.identity.is_proven));
	VT_ASSERT(staff->order == ORDER_NONE || staff->device[0]);
	VT_ASSERT(!staff->is_all || staff->view == STAFF_TABS);
	VT_ASSERT(staff->view != STAFF_SETUP || setup_is_due(s));
	panel_check(s);
}

/* ---- the model ---- */

static struct screen_item *add(
	struct screen_model *model, enum item_kind kind, const char *id, const char *label)
{
	VT_ASSERT(model->item_count < SCREEN_MAX_ITEMS);
	struct screen_item *item = &model->items[model->item_count++];

	item->kind = kind;
	SET(item->id, id);
	SET(item->label, label);
	return item;
}

static void fill_code(const struct session *s, struct screen_model *model)
{
	const struct staff *staff = &s->c.staff;

	model->screen = SCREEN_STAFF;
	model->can_back = true;
	model->has_field = true;
	model->field.type = FIELD_NUMBER;
	SET(model->field.name, "code");
	model->field.max_length = PASSCODE_DIGITS;
	SET(model->field.error, staff->error);
	if (staff->locked_ms > s->now_ms)
		model->expected_ms = staff->locked_ms - s->now_ms;
}

static void add_choices(
	const struct choice *choices, size_t count, const char *title, struct screen_model *model)
{
	SET(model->title, title);
	SET(model->outcome, "choice");
	model->can_back = true;
	for (size_t i = 0; i < count; i++) {
		struct screen_item *item = add(model, ITEM_ROW, choices[i].id, choices[i].label);
		SET(item->icon, choices[i].icon);
		SET(item->detail2, "Choose");
	}
}

static void add_tabs(const struct session *s, struct screen_model *model)
{
	const struct staff *staff = &s->c.staff;

	SET(model->outcome, staff->order != ORDER_NONE ? "busy"
			    : s->duty.reason[0]	       ? "out"
						       : "tabs");
	SET(model->lead, s->duty.reason[0] ? "This terminal is out of service." : "");
	for (int i = 0; i < STAFF_TAB_COUNT; i++)
		add(model, ITEM_TAB, staff_tab_names[i], tab_labels[i])->state =
			i == (int)staff->tab ? ITEM_SELECTED : ITEM_AVAILABLE;
	panel_add_note(s, model);
	if (staff->verdict[0]) {
		struct screen_item *item = add(model, ITEM_ROW, "verdict", staff->retry);
		const bool is_done = strcmp(staff->verdict, queue_verdict_names[VERDICT_DONE]) == 0;
		SET(item->icon, "cloud-arrow-up");
		SET(item->value, is_done ? "It is being tried again" : "Not tried again: {1}|");
		if (!is_done)
			vt_copy_cut(item->value + strlen(item->value),
				sizeof(item->value) - strlen(item->value), staff->verdict);
		SET(item->reason, is_done ? "ok" : "warn");
	}
}

static void add_result(const struct session *s, struct screen_model *model)
{
	static const struct {
		const char *value, *reason;
	} words[TEST_OUTCOME_COUNT] = {
		[TEST_PASSED] = {"Passed", "ok"},
		[TEST_FAILED] = {"Failed", "error"},
		[TEST_UNKNOWN] = {"Not known", "warn"},
	};
	const struct staff *staff = &s->c.staff;
	const bool is_reset = staff->has_result && staff->was_reset;

	SET(model->outcome, staff->order != ORDER_NONE ? "busy" : staff->asks ? "asks" : "device");
	model->can_back = true;
	if (!staff->has_result)
		return;
	struct screen_item *item =
		add(model, ITEM_ROW, "result", is_reset ? "Last reset" : "Last test");
	SET(item->icon, "list-checks");
	SET(item->value, words[staff->outcome].value);
	SET(item->reason, words[staff->outcome].reason);
	SET(item->detail, staff->asks ? "Look at the sheet: did it come out well?" : staff->detail);
}

static void add_sound(const struct session *s, struct screen_model *model)
{
	const struct staff *staff = &s->c.staff;
	struct screen_item *item = add(model, ITEM_ROW, "sound", "Speaker and headphones");

	SET(item->icon, "speaker-high");
	SET(item->detail2, "Test tone");
	if (!staff->has_sound)
		return;
	SET(item->value, staff->sound_is_good ? "Passed" : "Failed");
	SET(item->reason, staff->sound_is_good ? "ok" : "error");
}

void session_staff_add_own(const struct session *s, struct screen_model *model)
{
	add_sound(s, model);
	if (setup_is_due(s))
		return;
	panel_add_touch(s, model);
	panel_add_density(s, model);
}

void session_staff_add_place(const struct session *s, struct screen_model *model)
{
	struct screen_item *item = add(model, ITEM_ROW, "place", "Place and screen");
	const bool is_told = session_place_is_told(s);

	SET(item->icon, "map-pin");
	SET(item->detail2, setup_is_due(s) ? "" : "Open");
	SET(item->value, is_told ? s->place.site : "Not told yet");
	SET(item->detail, is_told ? s->place.municipality : "");
	SET(item->reason, is_told ? "ok" : "warn");
}

/* The ui plays them by itself: a row's button is a tone. */
static void add_tones(struct screen_model *model)
{
	static const struct choice tones[] = {
		{"speaker-left", "Speaker, left", "speaker-high"},
		{"speaker-right", "Speaker, right", "speaker-high"},
		{"headphones-left", "Headphones, left", "headphones"},
		{"headphones-right", "Headphones, right", "headphones"},
	};

	SET(model->title, "Does each side sound?");
	SET(model->outcome, "sound");
	model->can_back = true;
	for (size_t i = 0; i < VT_ELEMENTS(tones); i++) {
		struct screen_item *item = add(model, ITEM_ROW, tones[i].id, tones[i].label);
		SET(item->icon, tones[i].icon);
		SET(item->detail2, "Play");
	}
}

void staff_model(const struct session *s, struct screen_model *model)
{
	if (s->c.state == SESSION_STAFF) {
		fill_code(s, model);
		return;
	}
	model->screen = SCREEN_MAINTENANCE;
	switch (s->c.staff.view) {
	case STAFF_TABS:
		add_tabs(s, model);
		return;
	case STAFF_DEVICE:
		add_result(s, model);
		return;
	case STAFF_REASON:
		add_choices(reasons, VT_ELEMENTS(reasons), "Why is it out of service?", model);
		return;
	case STAFF_UNTIL:
		add_choices(returns, VT_ELEMENTS(returns), "When will it serve again?", model);
		return;
	case STAFF_SETUP:
		setup_model(s, model);
		return;
	case STAFF_SOUND:
		add_tones(model);
		return;
	case STAFF_PLACE:
	case STAFF_FIELD:
	case STAFF_MEASURE:
	case STAFF_KEEP:
	case STAFF_TOUCH:
	case STAFF_CHECK:
		panel_model(s, model);
		return;
	}
	VT_UNREACHABLE();
}
