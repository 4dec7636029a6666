/* Signing in with a certificate card, and signing a request with it: the steps inside
 * SESSION_SIGN_IN.
 *
 *   card_begin ──► INSERT ──card──► READING ──IDENTITY──► CONSENT ──CONFIRM──► PIN ──SUBMIT──►
 * SIGNING │  card is in ────────────────▲                  │    ▲ │ one try     ▲ ▲              │
 *        │                                                │    │ └──► LAST ────┘ │ wrong PIN    │
 *        ▼ no reader                                      │    │      CONFIRM    └──────────────┤
 *     PROBLEM ◄── card gone, certificate refused, blocked │    │ canceled                       │
 *                 PIN, reader failed, 90 s over           └────┴──────── PAD (reader's keys) ───┤
 *                                                       (its own cancel key: to PIN)           │
 *                                                                                    SIGNED     ▼
 *                                                       back to INTRO, ASK or HOME ◄─CONFIRM─ DONE
 *
 * A request takes the same steps from the review (is_request): CONSENT shows every line that is
 * signed, SIGNED leads to SUBMITTING instead of DONE, and each way out leads back to the review
 * with all answers. The card is read and judged anew: it may be another one than at the sign-in.
 *
 * What may be trusted: the name on CONSENT belongs to a certificate whose chain, dates, purpose and
 * revocation core has checked (devices.md C.5: no name before that); that the person owns it is
 * proven only in DONE, and only there identity is filled. The PIN passes through a step as a
 * pointer into the intent and is kept nowhere. While reader or card work (READING, PAD, SIGNING)
 * the idle times rest and one limit holds. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/session/session_internal.h"

/* A PIN of a card that tells no lengths (PIV: 6 to 8; PKCS#15 cards: from 4). */
#define PIN_MIN 4
#define PIN_MAX 8

static const char *const retry_problems[] = {"card-no-reader", "card-reader", "card-unreadable",
	"card-removed", "card-timeout", "card-not-checked", "card-failed", "card-other-person"};

static int pin_min(const struct session *s)
{
	return s->c.sign.pin.min_length > 0 ? s->c.sign.pin.min_length : PIN_MIN;
}

static int pin_max(const struct session *s)
{
	const int max = s->c.sign.pin.max_length > 0 ? s->c.sign.pin.max_length : PIN_MAX;

	return max < CARD_PIN_SIZE ? max : CARD_PIN_SIZE - 1;
}

bool card_is_busy(const struct session *s)
{
	return s->c.state == SESSION_SIGN_IN &&
	       (s->c.sign.step == STEP_READING || s->c.sign.step == STEP_PAD ||
		       s->c.sign.step == STEP_SIGNING);
}

bool card_is_problem(const struct session *s)
{
	return s->c.state == SESSION_PROBLEM && strncmp(s->c.problem, "card-", 5) == 0;
}

bool card_can_retry(const struct session *s)
{
	for (size_t i = 0; i < VT_ELEMENTS(retry_problems); i++) {
		if (card_is_problem(s) && strcmp(retry_problems[i], s->c.problem) == 0)
			return true;
	}
	return false;
}

int64_t card_deadline(const struct session *s)
{
	return s->c.sign.busy_until_ms;
}

/* ---- moving ---- */

static void go(struct session *s, enum sign_step step, struct session_effects *fx)
{
	s->c.sign.step = step;
	s->c.sign.busy_until_ms = s->now_ms + s->times.card_busy;
	session_enter(s, SESSION_SIGN_IN, fx);
}

/* The operation is over: leaving cancels nothing. */
static void fail(struct session *s, const char *problem, struct session_effects *fx)
{
	s->c.sign.step = STEP_INSERT;
	session_problem(s, problem, fx);
}

static void read_card(struct session *s, struct session_effects *fx)
{
	if (!s->card_readable) {
		fail(s, "card-unreadable", fx);
		return;
	}
	go(s, STEP_READING, fx);
	fx->read_card = true;
}

static void begin(
	struct session *s, enum session_state from, bool is_request, struct session_effects *fx)
{
	vt_wipe(&s->c.sign, sizeof(s->c.sign));
	s->c.sign.from = from == SESSION_ATTRACT ? SESSION_HOME : from;
	s->c.sign.is_request = is_request;
	if (s->health.reader == READER_ABSENT)
		fail(s, "card-no-reader", fx);
	else if (s->health.reader == READER_FAILED)
		fail(s, "card-reader", fx);
	else if (s->card_in && !s->card_stale)
		read_card(s, fx);
	else
		go(s, STEP_INSERT, fx);
}

void card_begin(struct session *s, struct session_effects *fx)
{
	const bool is_again = s->c.state == SESSION_PROBLEM || s->c.state == SESSION_SIGN_IN;
	const bool is_request = is_again && s->c.sign.is_request;
	const bool is_asked = s->c.service && s->c.service->identity != IDENTITY_NONE;

	if (!is_request && (s->c.identity.is_proven || (s->c.service && !is_asked)))
		return;
	begin(s, is_again ? s->c.sign.from : s->c.state, is_request, fx);
}

void card_sign_request(struct session *s, struct session_effects *fx)
{
	begin(s, SESSION_REVIEW, true, fx);
}

bool card_is_request(const struct session *s)
{
	return s->c.sign.is_request && (s->c.state == SESSION_SIGN_IN || card_is_problem(s));
}

void card_back(struct session *s, struct session_effects *fx)
{
	const enum session_state from = s->c.sign.from;

	fx->cancel_card = card_is_busy(s);
	vt_wipe(&s->c.sign, sizeof(s->c.sign));
	s->c.problem[0] = 0;
	if (from == SESSION_REVIEW && s->c.service)
		session_enter(s, SESSION_REVIEW, fx);
	else if (from == SESSION_ASK && s->c.service)
		session_ask(s, s->c.question, fx);
	else if (from == SESSION_INTRO && s->c.service)
		session_enter(s, SESSION_INTRO, fx);
	else
		session_go_home(s, fx);
}

/* ---- what is signed ---- */

/* In the session's language: what is signed is what was read. A service's name has at most 120
 * bytes (catalogue_read.c), so nothing is cut. */
static void write_text(struct session *s)
{
	const bool is_english = strcmp(s->c.lang, "en") == 0;
	const char *name = s->c.service ? catalogue_text(&s->c.service->name, s->c.lang) : "";
	char *text = s->c.sign.text, date[DATE_LONG_SIZE];
	const size_t size = sizeof(s->c.sign.text);
	const int hour = s->minute / 60, minute = s->minute % 60;

	date_format_long(s->today, s->c.lang, date);
	if (is_english)
		snprintf(text, size,
			"I sign in with my e.firma at terminal %s, on %s at %02d:%02d%s%s%s.",
			s->terminal, date, hour, minute, name[0] ? ", for the service “" : "", name,
			name[0] ? "”" : "");
	else
		snprintf(text, size,
			"Entro con mi e.firma en la terminal %s, el %s a las %02d:%02d "
			"horas%s%s%s.",
			s->terminal, date, hour, minute, name[0] ? ", para el trámite «" : "", name,
			name[0] ? "»" : "");
}

const char *session_sign_text(const struct session *s)
{
	return s->c.sign.text;
}

const char *session_sign_request(const struct session *s)
{
	return s->c.sign.is_request ? s->c.sign.request : NULL;
}

void card_reword(struct session *s)
{
	if (s->c.state != SESSION_SIGN_IN || s->c.sign.step != STEP_CONSENT)
		return;
	/* It fitted in one language; in another it may not: then the first one stays. */
	if (!s->c.sign.is_request)
		write_text(s);
	else
		(void)!request_write(s);
}

static void ask_pin(struct session *s, struct session_effects *fx)
{
	s->c.sign.error[0] = 0;
	s->c.sign.digits = 0;
	s->c.sign.gave_up = false;
	if (!s->c.sign.pin.pad) {
		go(s, STEP_PIN, fx);
		return;
	}
	go(s, STEP_PAD, fx);
	fx->sign = true;
	fx->last_try = s->c.sign.last_try;
}

/* Never tried in vain: a PIN that cannot be right costs a try on the card. */
static void take_pin(struct session *s, const char *pin, struct session_effects *fx)
{
	const size_t length = strlen(pin);
	const char *error = "";

	if (length == 0)
		error = "pin.required";
	else if (pin[strspn(pin, "0123456789")])
		error = "number";
	else if (length < (size_t)pin_min(s))
		error = "pin.short";
	else if (length > (size_t)pin_max(s))
		error = "pin.long";
	vt_copy_cut(s->c.sign.error, sizeof(s->c.sign.error), error);
	if (error[0]) {
		go(s, STEP_PIN, fx);
		return;
	}
	go(s, STEP_SIGNING, fx);
	fx->sign = true;
	fx->pin = pin;
	fx->last_try = s->c.sign.last_try;
}

/* ---- the end that was wanted ---- */

bool card_serves(const struct session *s, const struct catalogue_service *service)
{
	return s->c.identity.is_proven && (s->c.identity.is_checked || service->takes_unchecked);
}

static const char *claim(const struct session *s, const struct catalogue_question *question)
{
	switch (question->claim) {
	case CLAIM_CURP:
		return s->c.identity.curp;
	case CLAIM_RFC:
		return s->c.identity.rfc;
	case CLAIM_NONE:
	case CLAIM_COUNT:
		break;
	}
	return "";
}

void card_prefill(struct session *s)
{
	if (!card_serves(s, s->c.service))
		return;
	for (size_t i = 0; i < s->c.service->question_count; i++) {
		const struct catalogue_question *question = &s->c.service->questions[i];
		const char *value = claim(s, question);
		if (value[0] && !form_peek(s, question)->given)
			(void)form_take(s, question, value);
	}
}

bool card_answered(const struct session *s, const struct catalogue_question *question)
{
	const char *value = claim(s, question);

	return s->c.identity.is_proven && value[0] &&
	       strcmp(form_peek(s, question)->value, value) == 0;
}

static void prove(struct session *s, struct session_effects *fx)
{
	const struct sign_in *sign = &s->c.sign;
	struct identity *identity = &s->c.identity;

	identity->is_proven = true;
	identity->is_checked = sign->is_checked;
	memcpy(identity->holder, sign->holder, sizeof(identity->holder));
	memcpy(identity->rfc, sign->rfc, sizeof(identity->rfc));
	memcpy(identity->curp, sign->curp, sizeof(identity->curp));
	go(s, STEP_DONE, fx);
}

static void go_on(struct session *s, struct session_effects *fx)
{
	const enum session_state from = s->c.sign.from;

	if (!s->c.service) {
		session_go_home(s, fx);
		return;
	}
	card_prefill(s);
	vt_wipe(&s->c.sign, sizeof(s->c.sign));
	session_ask(s, from == SESSION_ASK ? s->c.question : form_next(s, 0), fx);
}

/* ---- intents ---- */

static void on_consent(struct session *s, struct session_effects *fx)
{
	if (s->c.sign.pin.tries_left == 1 && !s->c.sign.last_try)
		go(s, STEP_LAST, fx);
	else
		ask_pin(s, fx);
}

void card_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	const enum intent_action action = intent->action;
	const bool is_back = action == INTENT_BACK || action == INTENT_CANCEL;

	switch (s->c.sign.step) {
	case STEP_INSERT:
		if (is_back)
			card_back(s, fx);
		return;
	case STEP_CONSENT:
		if (action == INTENT_CONFIRM)
			on_consent(s, fx);
		else if (is_back || action == INTENT_NO)
			card_back(s, fx);
		return;
	case STEP_LAST:
		if (action == INTENT_CONFIRM) {
			s->c.sign.last_try = true;
			ask_pin(s, fx);
		} else if (is_back) {
			card_back(s, fx);
		}
		return;
	case STEP_PIN:
		if (action == INTENT_SUBMIT && s->c.sign.pin.pad)
			ask_pin(s, fx);
		else if (action == INTENT_SUBMIT)
			take_pin(s, intent->value, fx);
		else if (is_back)
			go(s, STEP_CONSENT, fx);
		return;
	case STEP_PAD:
		/* The reader gives the key back by itself: SIGNED follows, canceled. */
		if (is_back)
			fx->cancel_card = s->c.sign.gave_up = true;
		return;
	case STEP_DONE:
		if (action == INTENT_CONFIRM)
			go_on(s, fx);
		return;
	case STEP_READING:
		if (is_back)
			card_back(s, fx);
		return;
	case STEP_SIGNING:
		return;
	}
}

/* ---- events ---- */

/* Where somebody may begin by putting the card in. */
static bool invites_card(const struct session *s)
{
	switch (s->c.state) {
	case SESSION_ATTRACT:
	case SESSION_HOME:
		return true;
	case SESSION_INTRO:
		return s->c.service->identity != IDENTITY_NONE;
	case SESSION_ASK:
		return s->c.way->questions[s->c.question]->claim != CLAIM_NONE;
	case SESSION_SCAN:
	case SESSION_REVIEW:
	case SESSION_SUBMITTING:
	case SESSION_WAITING:
	case SESSION_RESULTS:
	case SESSION_DONE:
	case SESSION_PROBLEM:
	case SESSION_SIGN_IN:
	case SESSION_CARD_LEFT:
	case SESSION_CLOSED:
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
	case SESSION_STATE_COUNT:
		break;
	}
	return false;
}

static void on_card(struct session *s, bool is_in, bool is_readable, struct session_effects *fx)
{
	const bool is_gone = s->card_in && !is_in;

	s->card_in = is_in;
	s->card_readable = is_readable;
	s->card_stale = false;
	if (s->c.state == SESSION_CARD_LEFT && is_gone) {
		session_stop_reminding(s, fx);
	} else if (is_in && s->c.state == SESSION_SIGN_IN && s->c.sign.step == STEP_INSERT) {
		read_card(s, fx);
	} else if (is_in && (invites_card(s) || (card_is_problem(s) && card_can_retry(s)))) {
		card_begin(s, fx);
	} else if (is_gone && s->c.state == SESSION_SIGN_IN && s->c.sign.step != STEP_INSERT &&
		   s->c.sign.step != STEP_DONE) {
		session_problem(s, "card-removed", fx);
		s->c.sign.step = STEP_INSERT;
	} else if (s->c.state == SESSION_SIGN_IN ||
		   (s->c.state == SESSION_DONE && s->c.request.key[0])) {
		fx->show = true; /* the words about the card change */
	}
}

/* The words are fixed here, and the key with them: what is shown from now on is what is signed. */
static void ask_request(struct session *s, const struct session_certificate *certificate,
	struct session_effects *fx)
{
	const struct identity *identity = &s->c.identity;

	if (!request_is_holders(s, certificate->curp, certificate->rfc) ||
		strcmp(identity->curp, certificate->curp) != 0 ||
		strcmp(identity->rfc, certificate->rfc) != 0) {
		fail(s, "card-other-person", fx);
		return;
	}
	vt_copy_cut(s->c.sign.key, sizeof(s->c.sign.key), certificate->key);
	if (s->c.sign.key[0] && request_write(s))
		go(s, STEP_CONSENT, fx);
	else
		fail(s, "card-failed", fx);
}

static void on_identity(struct session *s, const struct session_certificate *certificate,
	struct session_effects *fx)
{
	struct sign_in *sign = &s->c.sign;
	const bool takes_unchecked = s->c.service && s->c.service->takes_unchecked;

	if (certificate->problem[0]) {
		fail(s, certificate->problem, fx);
		return;
	}
	if (!certificate->is_checked && !takes_unchecked) {
		fail(s, "card-not-checked", fx);
		return;
	}
	if (certificate->pin.tries_left == 0) {
		fail(s, "card-blocked", fx);
		return;
	}
	vt_copy_cut(sign->holder, sizeof(sign->holder), certificate->holder);
	vt_copy_cut(sign->rfc, sizeof(sign->rfc), certificate->rfc);
	vt_copy_cut(sign->curp, sizeof(sign->curp), certificate->curp);
	sign->is_checked = certificate->is_checked;
	sign->pin = certificate->pin;
	if (sign->is_request) {
		ask_request(s, certificate, fx);
		return;
	}
	write_text(s);
	go(s, STEP_CONSENT, fx);
}

/* Says on the screen of the PIN what was wrong; on the pad it is typed again only when asked for.
 */
static void ask_again(struct session *s, const char *error, struct session_effects *fx)
{
	vt_copy_cut(s->c.sign.error, sizeof(s->c.sign.error), error);
	go(s, STEP_PIN, fx);
}

/* Words, key and signature become one; nothing asks for the card any more. */
static void take_signature(struct session *s, const char *cms, struct session_effects *fx)
{
	struct signed_request *request = &s->c.request;

	if (!cms || !cms[0] || !vt_copy(request->cms, sizeof(request->cms), cms)) {
		fail(s, "card-failed", fx);
		return;
	}
	memcpy(request->key, s->c.sign.key, sizeof(request->key));
	memcpy(request->text, s->c.sign.request, sizeof(request->text));
	vt_wipe(&s->c.sign, sizeof(s->c.sign));
	session_submit(s, fx);
}

static void on_signed(struct session *s, enum sign_outcome outcome, int tries_left, const char *cms,
	struct session_effects *fx)
{
	struct sign_in *sign = &s->c.sign;

	sign->pin.tries_left = tries_left;
	sign->last_try = false;
	switch (outcome) {
	case SIGN_SIGNED:
		if (sign->is_request)
			take_signature(s, cms, fx);
		else
			prove(s, fx);
		return;
	case SIGN_WRONG_PIN:
		ask_again(s, "pin.wrong", fx);
		return;
	case SIGN_PIN_FORM:
		ask_again(s, "pin.form", fx);
		return;
	case SIGN_LAST_TRY:
		sign->pin.tries_left = 1;
		go(s, STEP_LAST, fx);
		return;
	case SIGN_BLOCKED:
		fail(s, "card-blocked", fx);
		return;
	case SIGN_REMOVED:
		fail(s, "card-removed", fx);
		return;
	case SIGN_CANCELED:
		if (sign->step == STEP_PAD && !sign->gave_up)
			ask_again(s, "pin.canceled", fx);
		else
			go(s, STEP_CONSENT, fx);
		return;
	case SIGN_TIMED_OUT:
		fail(s, "card-timeout", fx);
		return;
	case SIGN_REFUSED:
		fail(s, "card-refused", fx);
		return;
	case SIGN_FAILED:
	case SIGN_OUTCOME_COUNT:
		fail(s, "card-failed", fx);
		return;
	}
}

void card_event(struct session *s, const struct session_event *event, struct session_effects *fx)
{
	const bool is_here = s->c.state == SESSION_SIGN_IN;

	if (event->type == SESSION_CARD) {
		on_card(s, event->u.card.is_in, event->u.card.is_readable, fx);
	} else if (event->type == SESSION_IDENTITY) {
		/* An answer to somebody who has left finds nobody. */
		if (is_here && s->c.sign.step == STEP_READING)
			on_identity(s, event->u.certificate, fx);
	} else if (event->type == SESSION_PIN_ENTRY) {
		if (is_here && s->c.sign.step == STEP_PAD) {
			s->c.sign.digits = event->u.digits;
			s->c.touched_ms = s->now_ms;
			fx->show = true;
		}
	} else if (is_here && (s->c.sign.step == STEP_PAD || s->c.sign.step == STEP_SIGNING)) {
		on_signed(
			s, event->u.sign.outcome, event->u.sign.tries_left, event->u.sign.cms, fx);
	}
}

void card_timeout(struct session *s, struct session_effects *fx)
{
	session_problem(s, "card-timeout", fx);
	s->c.sign.step = STEP_INSERT;
}

void card_check(const struct session *s)
{
	const struct citizen *c = &s->c;
	const bool is_in_steps = c->state == SESSION_SIGN_IN;

	/* Nobody is anybody before the card has signed. */
	VT_ASSERT(!is_in_steps || c->sign.step == STEP_DONE || c->sign.is_request ||
		  !c->identity.is_proven);
	VT_ASSERT(c->sign.step != STEP_DONE || (c->identity.is_proven && !c->sign.is_request));
	VT_ASSERT(!is_in_steps || c->sign.step < STEP_CONSENT ||
		  (c->sign.is_request ? c->sign.request[0] && c->sign.key[0] : c->sign.text[0]));
	VT_ASSERT(c->state != SESSION_CARD_LEFT || (!c->identity.is_proven && !c->service));
	VT_ASSERT(s->card_in || !s->card_stale);
}
