/* Scanning the CURP instead of typing it: the steps inside SESSION_SCAN.
 *
 *   ASK (a CURP) ──SCAN──► HOLD ──SCANNED: one good key──► ASK, the key in its boxes
 *     ▲                    │  ▲
 *     │  BACK, CANCEL      │  │ SCAN
 *     ├────────────────────┤  │
 *     │  BACK              ▼  │
 *     └────────────────── FAILED: no code in time, no text, no key, a wrong one, several,
 *                                 the scanner is gone
 *
 * What is on a paper is hostile input: only the key is taken out of it (curp_scan.h), and it is
 * checked like typed text; the citizen looks at it before it is sent, as at a typed one. The text
 * itself passes through one step and is kept nowhere. While the scanner waits the idle time rests
 * and one limit holds: devices keeps it, and where devices does not, SCAN_GRACE_MS later, we. */

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/curp_scan.h"
#include "terminal/session/session_internal.h"

#define SCAN_GRACE_MS 5000

static const struct catalogue_question *question_of(const struct session *s)
{
	return s->c.way->questions[s->c.question];
}

bool scan_is_offered(const struct session *s)
{
	const struct catalogue_question *question = question_of(s);

	return question->type == FIELD_CURP && s->health.scanner_ready &&
	       !card_answered(s, question);
}

bool scan_is_busy(const struct session *s)
{
	return s->c.state == SESSION_SCAN && s->c.scan.step == SCAN_HOLD;
}

int64_t scan_deadline(const struct session *s)
{
	return s->c.scan.until_ms;
}

static void fail(struct session *s, const char *problem, struct session_effects *fx)
{
	s->c.scan.step = SCAN_FAILED;
	vt_copy_cut(s->c.problem, sizeof(s->c.problem), problem);
	session_enter(s, SESSION_SCAN, fx);
}

static void hold(struct session *s, struct session_effects *fx)
{
	if (!s->health.scanner_ready) {
		fail(s, "scan-gone", fx);
		return;
	}
	fx->scan_ms = session_scaled(s, s->times.scan);
	s->c.scan.step = SCAN_HOLD;
	s->c.scan.wait_ms = fx->scan_ms;
	s->c.scan.until_ms = s->now_ms + fx->scan_ms + SCAN_GRACE_MS;
	s->c.problem[0] = '\0';
	session_enter(s, SESSION_SCAN, fx);
}

static void back(struct session *s, struct session_effects *fx)
{
	fx->cancel_scan = scan_is_busy(s);
	s->c.problem[0] = '\0';
	session_ask(s, s->c.question, fx);
}

void scan_begin(struct session *s, const char *typed, struct session_effects *fx)
{
	const struct catalogue_question *question = question_of(s);
	struct session_answer *answer = form_answer(s, question);

	if (question->type != FIELD_CURP || card_answered(s, question))
		return;
	/* What was typed so far is there again if the scanner finds nothing. */
	if (!answer->given && !vt_copy(answer->value, sizeof(answer->value), typed))
		answer->value[0] = '\0';
	answer->error[0] = '\0';
	hold(s, fx);
}

void scan_intent(struct session *s, const struct intent_act *intent, struct session_effects *fx)
{
	if (intent->action == INTENT_BACK || intent->action == INTENT_CANCEL)
		back(s, fx);
	else if (intent->action == INTENT_SCAN && s->c.scan.step == SCAN_FAILED)
		hold(s, fx);
}

static void take_text(struct session *s, const char *text, struct session_effects *fx)
{
	const struct catalogue_question *question = question_of(s);
	char key[CURP_SIZE];

	switch (curp_from_scan(text, s->today, key)) {
	case CURP_SCAN_GOOD:
		if (form_take(s, question, key))
			form_answer(s, question)->scanned = true;
		session_ask(s, s->c.question, fx);
		break;
	case CURP_SCAN_NONE:
		fail(s, "scan-no-curp", fx);
		break;
	case CURP_SCAN_WRONG:
		fail(s, "scan-wrong", fx);
		break;
	case CURP_SCAN_SEVERAL:
		fail(s, "scan-several", fx);
		break;
	}
	vt_wipe(key, sizeof(key));
}

void scan_event(struct session *s, const struct session_event *event, struct session_effects *fx)
{
	/* An answer to somebody who has left finds nobody. */
	if (!scan_is_busy(s))
		return;
	switch (event->u.scanned.outcome) {
	case SCAN_READ:
		take_text(s, event->u.scanned.text, fx);
		return;
	case SCAN_UNREADABLE:
		fail(s, "scan-unreadable", fx);
		return;
	case SCAN_NOTHING:
		fail(s, "scan-nothing", fx);
		return;
	case SCAN_GONE:
		fail(s, "scan-gone", fx);
		return;
	}
}

void scan_timeout(struct session *s, struct session_effects *fx)
{
	fx->cancel_scan = true;
	fail(s, "scan-nothing", fx);
}

void scan_check(const struct session *s)
{
	const struct citizen *c = &s->c;

	VT_ASSERT(c->state != SESSION_SCAN || question_of(s)->type == FIELD_CURP);
	VT_ASSERT(!scan_is_busy(s) || c->scan.until_ms > 0);
	/* Somebody is told why nothing was taken. */
	VT_ASSERT(c->state != SESSION_SCAN || scan_is_busy(s) == !c->problem[0]);
}
