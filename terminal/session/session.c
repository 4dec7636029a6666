#include "terminal/session/session.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/session/session_internal.h"

/* Sheets one citizen may ask for: a jammed printer must not be fed for ever. */
#define MAX_SHEETS 4
/* At this point at the latest the citizen gets a choice (UI.md §7). */
#define MAX_PATIENCE_MS 30000

const char *const session_state_names[SESSION_STATE_COUNT] = {
	[SESSION_ATTRACT] = "attract",
	[SESSION_HOME] = "home",
	[SESSION_INTRO] = "intro",
	[SESSION_ASK] = "ask",
	[SESSION_SCAN] = "scan",
	[SESSION_REVIEW] = "review",
	[SESSION_SUBMITTING] = "submitting",
	[SESSION_WAITING] = "waiting",
	[SESSION_RESULTS] = "results",
	[SESSION_DONE] = "done",
	[SESSION_PROBLEM] = "problem",
	[SESSION_SIGN_IN] = "sign-in",
	[SESSION_CARD_LEFT] = "card-left",
	[SESSION_CLOSED] = "closed",
	[SESSION_STAFF] = "staff",
	[SESSION_MAINTENANCE] = "maintenance",
};

const struct session_times session_default_times = {
	.idle_home = 60000,
	.idle_attract = 60000,
	.idle_personal = 120000,
	.warning = 45000,
	.done = 60000,
	.patience = 8000,
	.card_left = 30000,
	.card_busy = 90000,
	.scan = 30000,
	.staff_code = 60000,
	.staff_idle = 600000,
	.panel_keep = 15000,
};

/* Of the image. */
static const struct session_language built_in[] = {
	{"es-MX", "Español", "Español"},
	{"en", "English", "Inglés"},
};

/* ---- life ---- */

void session_reset(struct session *s, enum session_state state)
{
	json_decref(s->c.answer);
	vt_wipe(&s->c, sizeof(s->c));
	s->c.state = state;
	vt_copy_cut(s->c.lang, sizeof(s->c.lang), s->languages[0].code);
	s->c.touched_ms = s->now_ms;
}

struct session *session_create(
	const struct catalogue *catalogue, const char *terminal, const struct session_times *times)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->catalogue = catalogue;
	s->times = *times;
	s->health = (struct session_health){.storage_ok = true};
	vt_copy_cut(s->terminal, sizeof(s->terminal), terminal);
	session_set_languages(s, NULL, 0);
	session_reset(s, SESSION_ATTRACT);
	return s;
}

void session_set_languages(
	struct session *s, const struct session_language *languages, size_t count)
{
	if (count > SESSION_MAX_LANGUAGES - VT_ELEMENTS(built_in))
		count = SESSION_MAX_LANGUAGES - VT_ELEMENTS(built_in);
	memcpy(s->languages, built_in, sizeof(built_in));
	for (size_t i = 0; i < count; i++)
		s->languages[VT_ELEMENTS(built_in) + i] = languages[i];
	s->language_count = VT_ELEMENTS(built_in) + count;
}

void session_destroy(struct session **session)
{
	if (!*session)
		return;
	session_reset(*session, SESSION_ATTRACT);
	free(*session);
	*session = NULL;
}

enum session_state session_get_state(const struct session *s)
{
	return s->c.state;
}

const char *session_transaction(const struct session *s)
{
	return s->c.transaction;
}

bool session_is_printing(const struct session *s)
{
	return s->c.state == SESSION_DONE && s->c.print == PRINT_BUSY;
}

bool session_is_open(const struct session *s)
{
	return s->c.state != SESSION_ATTRACT && s->c.state != SESSION_CLOSED &&
	       !session_is_staff(s);
}

bool session_is_staff(const struct session *s)
{
	return s->c.state == SESSION_STAFF || s->c.state == SESSION_MAINTENANCE;
}

void session_set_duty(struct session *s, const struct session_duty *duty)
{
	s->duty = *duty;
	session_reset(s, session_rest(s));
}

const struct session_duty *session_duty(const struct session *s)
{
	return &s->duty;
}

enum session_state session_rest(const struct session *s)
{
	return s->health.storage_ok && !s->duty.reason[0] ? SESSION_ATTRACT : SESSION_CLOSED;
}

static bool is_adapter_offline(const struct session *s, const struct catalogue_service *service)
{
	for (size_t i = 0; service->way_count > 0 && i < s->health.offline_count; i++) {
		if (strcmp(s->health.offline[i], service->ways[0].adapter) == 0)
			return true;
	}
	return false;
}

bool session_is_offline(const struct session *s, const struct catalogue_service *service)
{
	return !s->health.sync_connected || is_adapter_offline(s, service);
}

bool session_is_personal(const struct session *s)
{
	return s->c.identity.is_proven ||
	       (s->c.state >= SESSION_ASK && s->c.state <= SESSION_SIGN_IN);
}

/* ---- changes of state: the only places that write c.state ---- */

void session_enter(struct session *s, enum session_state state, struct session_effects *fx)
{
	s->c.state = state;
	s->c.overlay = OVERLAY_NONE;
	s->c.touched_ms = s->now_ms;
	s->c.warning_until_ms = 0;
	fx->show = true;
}

void session_end(struct session *s, struct session_effects *fx)
{
	const bool is_left = s->card_in && !s->card_stale && session_is_open(s);
	char lang[sizeof(s->c.lang)];

	fx->cancel_card = card_is_busy(s);
	fx->cancel_scan = scan_is_busy(s);
	memcpy(lang, s->c.lang, sizeof(lang));
	if (session_is_staff(s))
		fx->staff_act = s->c.state == SESSION_MAINTENANCE ? "screen left" : NULL;
	else
		fx->ended = true;
	session_reset(s, session_rest(s));
	fx->show = true;
	if (!is_left)
		return;
	/* Nothing of the citizen is in memory any more but the language that the words are in. */
	s->card_stale = true;
	memcpy(s->c.lang, lang, sizeof(lang));
	s->c.state = SESSION_CARD_LEFT;
	s->c.card_left_until_ms = s->now_ms + s->times.card_left;
}

void session_stop_reminding(struct session *s, struct session_effects *fx)
{
	session_reset(s, session_rest(s));
	fx->show = true;
}

void session_problem(struct session *s, const char *problem, struct session_effects *fx)
{
	fx->cancel_card = card_is_busy(s);
	fx->cancel_scan = scan_is_busy(s);
	vt_copy_cut(s->c.problem, sizeof(s->c.problem), problem);
	session_enter(s, SESSION_PROBLEM, fx);
}

void session_go_home(struct session *s, struct session_effects *fx)
{
	struct citizen kept = {.settings = s->c.settings, .identity = s->c.identity};

	fx->cancel_card = card_is_busy(s);
	fx->cancel_scan = scan_is_busy(s);

	memcpy(kept.lang, s->c.lang, sizeof(kept.lang));
	session_reset(s, SESSION_HOME);
	s->c.settings = kept.settings;
	s->c.identity = kept.identity;
	memcpy(s->c.lang, kept.lang, sizeof(kept.lang));
	vt_wipe(&kept, sizeof(kept));
	session_enter(s, SESSION_HOME, fx);
}

const char *session_lacks_paper(const struct session *s, const struct catalogue_service *service)
{
	const bool is_security = service->needs & NEED_SECURITY;

	if (!(service->needs & (NEED_SHEET | NEED_SECURITY)) ||
		s->health.letter_ready[is_security ? PAPER_SECURITY : PAPER_PLAIN])
		return "";
	return s->health.letter_present ? "paper" : "printer";
}

void session_paper(const struct session *s, enum paper_size *ret_size, enum paper_kind *ret_paper)
{
	const struct catalogue_service *service = s->c.service;
	const struct catalogue_document *document = s->c.outcome ? s->c.outcome->document : NULL;
	const bool is_letter = service && ((service->needs & (NEED_SHEET | NEED_SECURITY)) ||
						  (document && document->prefers_letter &&
							  s->health.letter_ready[PAPER_PLAIN]));

	*ret_size = is_letter ? PAPER_LETTER : PAPER_ROLL;
	*ret_paper = is_letter && (service->needs & NEED_SECURITY) ? PAPER_SECURITY : PAPER_PLAIN;
}

static bool can_print(const struct session *s)
{
	enum paper_size size;
	enum paper_kind paper;

	session_paper(s, &size, &paper);
	return size == PAPER_LETTER ? s->health.letter_ready[paper] : s->health.printer_ready;
}

static void start_print(struct session *s, bool copy, struct session_effects *fx)
{
	/* Before the first refusal: what was to be a copy stays one when it is asked for again. */
	s->c.print_copy = copy;
	if (!can_print(s) || s->c.sheets >= MAX_SHEETS) {
		s->c.print = PRINT_FAILED;
		vt_copy_cut(s->c.print_reason, sizeof(s->c.print_reason),
			s->c.sheets >= MAX_SHEETS ? "limit"
			: session_lacks_paper(s, s->c.service)[0]
				? session_lacks_paper(s, s->c.service)
			: !s->health.printer_paper ? "paper"
						   : "printer");
		return;
	}
	s->c.sheets++;
	s->c.print = PRINT_BUSY;
	s->c.print_reason[0] = 0;
	fx->print = true;
}

/* Shows the outcome and prints its paper. */
static void finish_with(
	struct session *s, const struct catalogue_outcome *outcome, struct session_effects *fx)
{
	if (!outcome) {
		session_problem(s, "defect", fx);
		return;
	}
	s->c.outcome = outcome;
	session_enter(s, SESSION_DONE, fx);
	if (outcome->document)
		start_print(s, false, fx);
}

/* ---- intents ---- */

static void open_service(struct session *s, const char *id, struct session_effects *fx)
{
	const struct catalogue_service *service = catalogue_find(s->catalogue, id);

	if (!service || service->status != SERVICE_AVAILABLE || !fee_known(service, s->today))
		return;
	s->c.service = service;
	s->c.way = &service->ways[0];
	if (service->offline == OFFLINE_ONLINE_ONLY && session_is_offline(s, service)) {
		session_problem(s, "service-unavailable", fx);
		return;
	}
	if (session_lacks_paper(s, service)[0]) {
		session_problem(s, session_lacks_paper(s, service), fx);
		return;
	}
	card_prefill(s);
	session_enter(s, SESSION_INTRO, fx);
}

void session_ask(struct session *s, size_t index, struct session_effects *fx)
{
	s->c.question = index;
	session_enter(s, SESSION_ASK, fx);
}

void session_submit(struct session *s, struct session_effects *fx)
{
	if (s->c.service->offline == OFFLINE_ONLINE_ONLY && session_is_offline(s, s->c.service)) {
		session_problem(s, "service-unavailable", fx);
		return;
	}
	session_enter(s, SESSION_SUBMITTING, fx);
	fx->submit = true;
}

/* To the next open question, the review, or out. */
static void advance(struct session *s, struct session_effects *fx)
{
	const size_t open = s->c.is_changing ? form_first_open(s) : form_next(s, s->c.question + 1);
	if (open < s->c.way->question_count) {
		session_ask(s, open, fx);
		return;
	}
	const size_t missing = form_first_open(s);
	s->c.is_changing = false;
	if (missing < s->c.way->question_count)
		session_ask(s, missing, fx);
	else if (s->c.way->has_review)
		session_enter(s, SESSION_REVIEW, fx);
	else
		session_submit(s, fx);
}

static void take_answer(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	const struct catalogue_question *question = s->c.way->questions[s->c.question];
	const bool is_chosen = question->type == FIELD_CHOICE || question->type == FIELD_ENTITY;

	if (form_take(s, question, is_chosen && intent->item[0] ? intent->item : intent->value))
		advance(s, fx);
	else
		session_enter(s, SESSION_ASK, fx);
}

static void change_answer(struct session *s, const char *name, struct session_effects *fx)
{
	for (size_t i = 0; i < s->c.way->question_count; i++) {
		if (strcmp(s->c.way->questions[i]->name, name) == 0) {
			s->c.is_changing = true;
			session_ask(s, i, fx);
			return;
		}
	}
}

static void take_first_way(struct session *s, struct session_effects *fx)
{
	s->c.way = &s->c.service->ways[0];
	session_ask(s, form_next(s, 0), fx);
}

static void go_back(struct session *s, struct session_effects *fx)
{
	size_t previous;

	switch (s->c.state) {
	case SESSION_PROBLEM:
		if (card_is_problem(s)) {
			card_back(s, fx);
			return;
		}
		session_go_home(s, fx);
		return;
	case SESSION_INTRO:
		session_go_home(s, fx);
		return;
	case SESSION_ASK:
		form_answer(s, s->c.way->questions[s->c.question])->error[0] = 0;
		if (s->c.is_changing && form_first_open(s) == s->c.way->question_count) {
			s->c.is_changing = false;
			session_enter(s, SESSION_REVIEW, fx);
			return;
		}
		previous = form_previous(s, s->c.question);
		if (previous != SIZE_MAX)
			session_ask(s, previous, fx);
		else if (s->c.way != &s->c.service->ways[0])
			take_first_way(s, fx);
		else
			session_enter(s, SESSION_INTRO, fx);
		return;
	case SESSION_REVIEW:
		previous = form_previous(s, s->c.way->question_count);
		if (previous != SIZE_MAX)
			session_ask(s, previous, fx);
		return;
	case SESSION_ATTRACT:
	case SESSION_HOME:
	case SESSION_SUBMITTING:
	case SESSION_WAITING:
	case SESSION_RESULTS:
	case SESSION_DONE:
	case SESSION_SIGN_IN: /* card_intent() has its own way back */
	case SESSION_SCAN:    /* … and scan_intent() */
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
	case SESSION_CARD_LEFT:
	case SESSION_CLOSED:
	case SESSION_STATE_COUNT:
		return;
	}
}

static void take_other_way(struct session *s, struct session_effects *fx)
{
	const struct catalogue_way *way = service_way(s->c.service, s->c.way->otherwise);

	if (!s->c.way->otherwise[0] || !way)
		return;
	form_answer(s, s->c.way->questions[s->c.question])->error[0] = 0;
	s->c.way = way;
	s->c.is_changing = false;
	session_ask(s, form_next(s, 0), fx);
}

static void set_language(struct session *s, const char *code, struct session_effects *fx)
{
	if (!code[0]) {
		s->c.overlay = OVERLAY_LANGUAGE;
		fx->show = true;
		return;
	}
	for (size_t i = 0; i < s->language_count; i++) {
		if (strcmp(s->languages[i].code, code) == 0) {
			vt_copy_cut(s->c.lang, sizeof(s->c.lang), code);
			s->c.overlay = OVERLAY_NONE;
			card_reword(s);
			fx->show = true;
		}
	}
}

/* The values 0 … most, one bit each. */
#define UP_TO(most)	   ((2U << (most)) - 1)
#define SETTING_OF(member) offsetof(struct screen_settings, member)

/* What the access screen may set. */
static const struct {
	const char *name;
	unsigned choices; /* bit n: n is one */
	bool is_bool;
	size_t offset;
} citizen_settings[] = {
	{"textSize", UP_TO(3), false, SETTING_OF(text_size)},
	{"contrast", UP_TO(3), false, SETTING_OF(contrast)},
	{"reach", UP_TO(1), true, SETTING_OF(reach)},
	{"moreTime", 1U << 0 | 1U << 1 | 1U << 2 | 1U << 4 | 1U << 10, false,
		SETTING_OF(more_time)},
	{"calm", UP_TO(1), true, SETTING_OF(calm)},
	{"keys", UP_TO(2), false, SETTING_OF(keys)},
	{"speech", UP_TO(1), true, SETTING_OF(speech)},
	{"rate", UP_TO(7), false, SETTING_OF(rate)},
	{"volume", UP_TO(8), false, SETTING_OF(volume)},
	{"blank", UP_TO(1), true, SETTING_OF(blank)},
	{"switches", UP_TO(2), false, SETTING_OF(switches)},
	{"scan", UP_TO(5), false, SETTING_OF(scan)},
};

static void set_setting(
	struct session *s, const char *name, const char *value, struct session_effects *fx)
{
	int64_t number;

	if (vt_parse_i64(value, 0, 10, &number) != VT_OK)
		return;
	for (size_t i = 0; i < VT_ELEMENTS(citizen_settings); i++) {
		char *member = (char *)&s->c.settings + citizen_settings[i].offset;

		if (strcmp(name, citizen_settings[i].name) != 0 ||
			(citizen_settings[i].choices >> number & 1) == 0)
			continue;
		if (citizen_settings[i].is_bool)
			*(bool *)(void *)member = number == 1;
		else
			*(int *)(void *)member = (int)number;
		fx->show = true;
	}
}

static void set_overlay(struct session *s, enum session_overlay overlay, struct session_effects *fx)
{
	s->c.overlay = overlay;
	fx->show = true;
}

static void end_by_citizen(struct session *s, struct session_effects *fx)
{
	if (s->c.state == SESSION_SUBMITTING)
		return; /* the commit's answer comes within the same loop */
	if (s->c.state == SESSION_WAITING) {
		/* It is registered and goes on alone: the citizen leaves with its folio. */
		finish_with(s, service_provisional(s->c.service), fx);
		return;
	}
	session_end(s, fx);
}

/* Intents that mean the same on every screen. True if it was one. */
static bool on_common_intent(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	switch (intent->action) {
	case INTENT_LANGUAGE:
		set_language(s, intent->item, fx);
		return true;
	case INTENT_ACCESS:
		set_overlay(s, OVERLAY_ACCESS, fx);
		return true;
	case INTENT_HELP:
		set_overlay(s, OVERLAY_HELP, fx);
		return true;
	case INTENT_STAFF:
		staff_begin(s, fx);
		return true;
	case INTENT_CLOSE:
		if (s->c.overlay == OVERLAY_NONE && session_is_staff(s))
			return false;
		if (s->c.overlay == OVERLAY_NONE && card_is_request(s))
			card_back(s, fx);
		else if (s->c.overlay == OVERLAY_NONE && s->c.state == SESSION_PROBLEM)
			session_go_home(s, fx);
		else
			set_overlay(s, OVERLAY_NONE, fx);
		return true;
	case INTENT_SETTING:
		set_setting(s, intent->item, intent->value, fx);
		return true;
	case INTENT_EXTEND:
		s->c.warning_until_ms = 0;
		fx->show = true;
		return true;
	case INTENT_END:
		end_by_citizen(s, fx);
		return true;
	case INTENT_BACK:
		if (s->c.overlay != OVERLAY_NONE)
			set_overlay(s, OVERLAY_NONE, fx);
		else if (s->c.state == SESSION_SIGN_IN || s->c.state == SESSION_SCAN ||
			 session_is_staff(s))
			return false;
		else
			go_back(s, fx);
		return true;
	case INTENT_START:
	case INTENT_OPEN:
	case INTENT_SUBMIT:
	case INTENT_UNKNOWN_CURP:
	case INTENT_CHANGE:
	case INTENT_CONFIRM:
	case INTENT_YES:
	case INTENT_NO:
	case INTENT_PRINT:
	case INTENT_PRINTED_OK:
	case INTENT_PRINTED_BAD:
	case INTENT_CANCEL:
	case INTENT_SIGN_IN:
	case INTENT_SCAN:
	case INTENT_MONTH:
	case INTENT_ACTION_COUNT:
		break;
	}
	return false;
}

static void on_done_intent(struct session *s, enum intent_action action, struct session_effects *fx)
{
	if (s->c.print == PRINT_BUSY || !s->c.outcome->document)
		return;
	if (action == INTENT_PRINTED_OK && s->c.print == PRINT_UNKNOWN)
		s->c.print = PRINT_PRINTED;
	else if (action == INTENT_PRINTED_BAD && s->c.print == PRINT_UNKNOWN)
		start_print(s, true, fx);
	else if (action == INTENT_PRINT)
		/* Only a sheet of which surely nothing came out is printed again as the original.
		 */
		start_print(s, s->c.print != PRINT_FAILED || s->c.print_copy, fx);
	else
		return;
	fx->show = true;
}

static void confirm(struct session *s, struct session_effects *fx)
{
	if (s->c.service->is_signed)
		card_sign_request(s, fx);
	else
		session_submit(s, fx);
}

static void on_screen_intent(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	const enum intent_action action = intent->action;

	switch (s->c.state) {
	case SESSION_ATTRACT:
		if (action == INTENT_START)
			session_enter(s, SESSION_HOME, fx);
		return;
	case SESSION_HOME:
		if (action == INTENT_OPEN)
			open_service(s, intent->item, fx);
		else if (action == INTENT_SIGN_IN)
			card_begin(s, fx);
		return;
	case SESSION_INTRO:
		if (action == INTENT_SIGN_IN ||
			(action == INTENT_START && s->c.service->identity == IDENTITY_REQUIRED &&
				!card_serves(s, s->c.service)))
			card_begin(s, fx);
		else if (action == INTENT_START)
			session_ask(s, form_next(s, 0), fx);
		return;
	case SESSION_SIGN_IN:
		card_intent(s, intent, fx);
		return;
	case SESSION_ASK:
		if (action == INTENT_SIGN_IN)
			card_begin(s, fx);
		else if (action == INTENT_SUBMIT)
			take_answer(s, intent, fx);
		else if (action == INTENT_UNKNOWN_CURP)
			take_other_way(s, fx);
		else if (action == INTENT_SCAN)
			scan_begin(s, intent->value, fx);
		return;
	case SESSION_SCAN:
		scan_intent(s, intent, fx);
		return;
	case SESSION_REVIEW:
		if (action == INTENT_CHANGE)
			change_answer(s, intent->item, fx);
		else if (action == INTENT_CONFIRM &&
			 (s->c.service->consent.count == 0 || intent->consent))
			confirm(s, fx);
		return;
	case SESSION_RESULTS:
		if (action == INTENT_YES)
			finish_with(s, s->c.outcome, fx);
		else if (action == INTENT_NO)
			session_problem(s, "not-mine", fx);
		return;
	case SESSION_DONE:
		on_done_intent(s, action, fx);
		return;
	case SESSION_PROBLEM:
		if (action == INTENT_SIGN_IN && card_can_retry(s))
			card_begin(s, fx);
		return;
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
		staff_intent(s, intent, fx);
		return;
	case SESSION_SUBMITTING:
	case SESSION_WAITING:
	case SESSION_CARD_LEFT:
	case SESSION_CLOSED:
	case SESSION_STATE_COUNT:
		return;
	}
}

/* Which screen the citizen sees, for matching intents. */
static void on_intent(
	struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	/* A late or doubled touch answers a screen that is gone. One that crossed with a change of
	 * health answers this one: what it asks for is checked against the present health. */
	if (intent->revision < s->first_revision || intent->revision > s->revision)
		return;
	s->c.touched_ms = s->now_ms;
	if (s->c.warning_until_ms > 0 && intent->action != INTENT_EXTEND &&
		intent->action != INTENT_END)
		return;
	/* Nobody has begun yet: asking for a language or help begins. */
	if (s->c.state == SESSION_ATTRACT &&
		(intent->action == INTENT_LANGUAGE || intent->action == INTENT_ACCESS ||
			intent->action == INTENT_HELP))
		session_enter(s, SESSION_HOME, fx);
	if (s->c.state == SESSION_CARD_LEFT)
		return;
	if (s->c.state == SESSION_CLOSED &&
		(intent->action == INTENT_END || intent->action == INTENT_BACK))
		return;
	if (!on_common_intent(s, intent, fx) && s->c.overlay == OVERLAY_NONE)
		on_screen_intent(s, intent, fx);
}

/* ---- other events ---- */

static void on_health(
	struct session *s, const struct session_health *health, struct session_effects *fx)
{
	const bool storage_was_ok = s->health.storage_ok;
	const bool is_changed = memcmp(&s->health, health, sizeof(*health)) != 0;

	s->health = *health;
	if (storage_was_ok && !health->storage_ok && s->c.state != SESSION_DONE &&
		s->c.state != SESSION_CARD_LEFT && !session_is_staff(s)) {
		if (session_is_open(s))
			session_problem(s, "storage", fx);
		else
			session_end(s, fx);
	} else if (!storage_was_ok && health->storage_ok && s->c.state == SESSION_CLOSED) {
		session_reset(s, session_rest(s));
		fx->show = true;
	}
	/* The line went while the citizen waits: nothing to wait for. (If only sync went, it is
	 * started again within the patience.) */
	if (s->c.state == SESSION_WAITING && is_adapter_offline(s, s->c.service) &&
		service_provisional(s->c.service))
		finish_with(s, service_provisional(s->c.service), fx);
	/* Only these screens show health; others must not move under a typing finger. */
	if (is_changed && (s->c.state == SESSION_HOME || s->c.state == SESSION_ATTRACT))
		fx->show = true;
	/* Whether one may try again; nobody types here. */
	if (is_changed && s->c.state == SESSION_SCAN && !scan_is_busy(s))
		fx->show = true;
	/* This one shows more than health knows. */
	if (s->c.state == SESSION_MAINTENANCE)
		fx->show = true;
}

static void on_committed(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	const int64_t patience =
		s->c.service->patience_ms > 0 ? s->c.service->patience_ms : s->times.patience;

	vt_copy_cut(s->c.transaction, sizeof(s->c.transaction), event->u.committed.transaction);
	vt_copy_cut(s->c.folio, sizeof(s->c.folio), event->u.committed.folio);
	s->c.date = s->today;
	s->c.minute = s->minute;
	s->c.wait_until_ms = s->now_ms + (patience < MAX_PATIENCE_MS ? patience : MAX_PATIENCE_MS);
	if (session_is_offline(s, s->c.service) && service_provisional(s->c.service))
		finish_with(s, service_provisional(s->c.service), fx);
	else
		session_enter(s, SESSION_WAITING, fx);
}

static void on_result(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	struct vt_error error;

	if (s->c.state != SESSION_WAITING ||
		strcmp(event->u.result.transaction, s->c.transaction) != 0 ||
		event->u.result.result == RESULT_PENDING)
		return;
	if (event->u.result.result == RESULT_REJECTED) {
		session_problem(s, "service-rejected", fx);
		return;
	}
	s->c.answer =
		bus_parse_json(event->u.result.answer, strlen(event->u.result.answer), &error);
	const struct document_values values = form_values(s);
	s->c.outcome = s->c.answer ? service_outcome(s->c.service, &values, s->today) : NULL;
	if (s->c.outcome && s->c.outcome->question.count > 0)
		session_enter(s, SESSION_RESULTS, fx);
	else
		finish_with(s, s->c.outcome, fx);
}

static void on_printed(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	static const enum print_state states[PRINT_OUTCOME_COUNT] = {
		[OUTCOME_PRINTED] = PRINT_PRINTED,
		[OUTCOME_FAILED] = PRINT_FAILED,
		[OUTCOME_UNKNOWN] = PRINT_UNKNOWN,
	};

	/* A sheet of the citizen before may still come out. */
	if (!session_is_printing(s) || strcmp(event->u.printed.transaction, s->c.transaction) != 0)
		return;
	s->c.print = states[event->u.printed.outcome];
	vt_copy_cut(s->c.print_reason, sizeof(s->c.print_reason), event->u.printed.reason);
	s->c.touched_ms = s->now_ms; /* the paper is there now: time to take it */
	fx->show = true;
}

static void on_recovered(
	struct session *s, const struct session_event *event, struct session_effects *fx)
{
	if (s->c.state != SESSION_ATTRACT)
		return;
	vt_copy_cut(s->c.transaction, sizeof(s->c.transaction), event->u.committed.transaction);
	vt_copy_cut(s->c.folio, sizeof(s->c.folio), event->u.committed.folio);
	s->c.date = s->today;
	s->c.minute = s->minute;
	s->c.service = catalogue_find(s->catalogue, event->u.committed.service);
	session_problem(s, "core-lost", fx);
}

/* ---- time ---- */

int64_t session_scaled(const struct session *s, int64_t ms)
{
	const struct screen_settings *settings = &s->c.settings;

	if (settings->more_time > 1)
		ms *= settings->more_time;
	if (settings->speech || settings->text_size >= 2 || settings->switches > 0)
		ms *= 2;
	return ms;
}

/* When the present screen runs out; 0 = never. */
static int64_t deadline(const struct session *s)
{
	const struct citizen *c = &s->c;

	if (c->warning_until_ms > 0)
		return c->warning_until_ms;
	switch (c->state) {
	case SESSION_ATTRACT:
	case SESSION_CLOSED:
	case SESSION_SUBMITTING:
	case SESSION_STATE_COUNT:
		return 0;
	case SESSION_CARD_LEFT:
		return c->card_left_until_ms;
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
		return staff_deadline(s);
	case SESSION_SIGN_IN:
		return card_is_busy(s) ? card_deadline(s)
				       : c->touched_ms + session_scaled(s, s->times.idle_personal);
	case SESSION_SCAN:
		return scan_is_busy(s) ? scan_deadline(s)
				       : c->touched_ms + session_scaled(s, s->times.idle_personal);
	case SESSION_HOME:
		return c->touched_ms + session_scaled(s, s->times.idle_attract);
	case SESSION_INTRO:
		return c->touched_ms + session_scaled(s, s->times.idle_home);
	case SESSION_WAITING:
		return c->wait_until_ms;
	case SESSION_ASK:
	case SESSION_REVIEW:
	case SESSION_RESULTS:
		return c->touched_ms + session_scaled(s, s->times.idle_personal);
	case SESSION_DONE:
		/* While the sheet is in print the device answers first. */
		return c->print == PRINT_BUSY ? 0
					      : c->touched_ms + session_scaled(s, s->times.done);
	case SESSION_PROBLEM:
		/* Behind this one waits a form that is complete. */
		return c->touched_ms + session_scaled(s, card_is_request(s) ? s->times.idle_personal
									    : s->times.done);
	}
	VT_UNREACHABLE();
}

static void on_deadline(struct session *s, struct session_effects *fx)
{
	if (s->c.warning_until_ms > 0) {
		session_end(s, fx);
		return;
	}
	switch (s->c.state) {
	case SESSION_PROBLEM:
		if (card_is_request(s)) {
			s->c.warning_until_ms = s->now_ms + session_scaled(s, s->times.warning);
			fx->show = true;
			return;
		}
		session_end(s, fx);
		return;
	case SESSION_HOME:
	case SESSION_DONE:
		session_end(s, fx);
		return;
	case SESSION_INTRO:
		session_go_home(s, fx);
		return;
	case SESSION_WAITING:
		if (service_provisional(s->c.service))
			finish_with(s, service_provisional(s->c.service), fx);
		else
			session_problem(s, "service-unavailable", fx);
		return;
	case SESSION_CARD_LEFT:
		session_stop_reminding(s, fx);
		return;
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
		staff_timeout(s, fx);
		return;
	case SESSION_SIGN_IN:
		if (card_is_busy(s)) {
			card_timeout(s, fx);
			return;
		}
		s->c.warning_until_ms = s->now_ms + session_scaled(s, s->times.warning);
		fx->show = true;
		return;
	case SESSION_SCAN:
		if (scan_is_busy(s)) {
			scan_timeout(s, fx);
			return;
		}
		s->c.warning_until_ms = s->now_ms + session_scaled(s, s->times.warning);
		fx->show = true;
		return;
	case SESSION_ASK:
	case SESSION_REVIEW:
	case SESSION_RESULTS:
		s->c.warning_until_ms = s->now_ms + session_scaled(s, s->times.warning);
		fx->show = true;
		return;
	case SESSION_ATTRACT:
	case SESSION_SUBMITTING:
	case SESSION_CLOSED:
	case SESSION_STATE_COUNT:
		return;
	}
}

/* ---- the step ---- */

void session_check(const struct session *s)
{
	const struct citizen *c = &s->c;

	VT_ASSERT(c->state < SESSION_STATE_COUNT);
	/* Nothing is registered before it is on disk. */
	VT_ASSERT(c->folio[0] || (c->state != SESSION_WAITING && c->state != SESSION_RESULTS &&
					 c->state != SESSION_DONE));
	VT_ASSERT((c->folio[0] != 0) == (c->transaction[0] != 0));
	VT_ASSERT(c->service || c->state < SESSION_INTRO || c->state >= SESSION_PROBLEM);
	/* What must be signed is stored only with its signature. */
	VT_ASSERT(c->state != SESSION_SUBMITTING || !c->service->is_signed ||
		  (c->request.key[0] && c->request.cms[0]));
	VT_ASSERT((c->state != SESSION_ASK && c->state != SESSION_SCAN) ||
		  c->question < c->way->question_count);
	VT_ASSERT((c->state != SESSION_RESULTS && c->state != SESSION_DONE) || c->outcome);
	VT_ASSERT(c->state != SESSION_ATTRACT || (!c->service && !c->answer && !c->folio[0]));
	card_check(s);
	scan_check(s);
	staff_check(s);
	VT_ASSERT(
		c->print == PRINT_NONE || c->state == SESSION_DONE || c->state == SESSION_PROBLEM);
}

enum vt_code session_step(
	struct session *s, const struct session_event *event, struct session_effects *effects)
{
	const enum session_state before = s->c.state;
	enum vt_code code = VT_OK;

	*effects = (struct session_effects){0};
	s->now_ms = event->now_ms;
	s->today = event->today;
	s->minute = event->minute;
	switch (event->type) {
	case SESSION_TICK:
		break;
	case SESSION_ACTIVITY:
		if (s->c.warning_until_ms == 0)
			s->c.touched_ms = s->now_ms;
		break;
	case SESSION_INTENT:
		on_intent(s, event->u.intent, effects);
		break;
	case SESSION_HEALTH:
		on_health(s, event->u.health, effects);
		break;
	case SESSION_COMMITTED:
		if (s->c.state == SESSION_SUBMITTING)
			on_committed(s, event, effects);
		else
			code = VT_ERR_STATE;
		break;
	case SESSION_REFUSED:
		if (s->c.state == SESSION_SUBMITTING)
			session_problem(s, "storage", effects);
		else
			code = VT_ERR_STATE;
		break;
	case SESSION_RESULT:
		on_result(s, event, effects);
		break;
	case SESSION_PRINTED:
		on_printed(s, event, effects);
		break;
	case SESSION_RECOVERED:
		on_recovered(s, event, effects);
		break;
	case SESSION_CARD:
	case SESSION_IDENTITY:
	case SESSION_PIN_ENTRY:
	case SESSION_SIGNED:
		card_event(s, event, effects);
		break;
	case SESSION_SCANNED:
		scan_event(s, event, effects);
		break;
	case SESSION_CODE_JUDGED:
	case SESSION_ORDERED:
	case SESSION_RETRIED:
		staff_event(s, event, effects);
		break;
	}
	if (deadline(s) > 0 && s->now_ms >= deadline(s))
		on_deadline(s, effects);
	effects->wake_ms = deadline(s);
	if (effects->show)
		s->revision++;
	/* Around a screen that stays: "Done" may be touched while the card is taken. */
	const bool is_beside = event->type == SESSION_HEALTH ||
			       (event->type == SESSION_CARD && before == SESSION_DONE);
	if (effects->show && (!is_beside || s->c.state != before))
		s->first_revision = s->revision;
	session_check(s);
	return code;
}
