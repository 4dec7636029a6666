/* The first start: the part of SESSION_MAINTENANCE that a terminal shows before it serves anybody
 * (UI.md section 13). While the duty's reason is "setup" the right code leads here, step by step
 * to "Activate"; whoever leaves, or whose power fails, goes on where he was, for core keeps the
 * step. Core adds the facts (technician.c). A step that nothing performs yet says so and
 * why; it holds nobody up. */

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/session/session_internal.h"

#define SET(member, text) vt_copy_cut((member), sizeof(member), (text))

/* English message ids: the ui has the words (ui/screens/staff.c). A step with a reason why does
 * nothing yet. */
static const struct {
	const char *title, *why;
} steps[] = {
	[SETUP_TIME] = {"Date, time and zone", ""},
	[SETUP_NETWORK] = {"Network and services", ""},
	[SETUP_ENROLMENT] = {"Enrolment of this terminal",
		"Nobody enrols terminals yet. This one works without it: go on."},
	[SETUP_PLACE] = {"Place and screen", ""},
	[SETUP_DEVICES] = {"Devices found", ""},
	[SETUP_TOUCH] = {"Calibrate the screen", ""},
	[SETUP_TRIAL] = {"Trial transaction",
		"A trial request would count as a real one: nothing tells them apart yet. Go on."},
	[SETUP_REPORT] = {"Is it ready?", ""},
};
_Static_assert(VT_ELEMENTS(steps) == SETUP_LAST + 1, "a row for each step");

bool setup_is_due(const struct session *s)
{
	return strcmp(s->duty.reason, SETUP_REASON) == 0;
}

enum setup_step session_setup_step(const struct session *s)
{
	const int step = s->duty.step;

	return step < SETUP_TIME || step > SETUP_LAST ? SETUP_TIME : (enum setup_step)step;
}

static void go_to(struct session *s, enum setup_step step, struct session_effects *fx)
{
	s->duty.step = (int)step;
	s->c.staff.note = NULL;
	fx->duty = fx->show = true;
}

static void activate(struct session *s, struct session_effects *fx)
{
	fx->show = true;
	if (!s->health.storage_ok)
		return; /* the screen says why */
	s->duty.reason[0] = s->duty.until[0] = '\0';
	s->duty.step = 0;
	s->c.staff.view = STAFF_TABS;
	fx->duty = true;
	fx->staff_act = "activated";
}

void setup_intent(struct session *s, enum intent_action action, struct session_effects *fx)
{
	const enum setup_step step = session_setup_step(s);

	VT_ASSERT(setup_is_due(s));
	if (action == INTENT_CLOSE || (action == INTENT_BACK && step == SETUP_TIME))
		session_end(s, fx);
	else if (action == INTENT_BACK)
		go_to(s, (enum setup_step)(step - 1), fx);
	else if (action == INTENT_CONFIRM && step == SETUP_LAST)
		activate(s, fx);
	else if (action == INTENT_CONFIRM)
		go_to(s, (enum setup_step)(step + 1), fx);
}

void setup_model(const struct session *s, struct screen_model *model)
{
	const enum setup_step step = session_setup_step(s);

	model->screen = SCREEN_SETUP;
	model->step = (int)step;
	model->steps = SETUP_LAST;
	model->can_back = true;
	SET(model->title, steps[step].title);
	SET(model->outcome, steps[step].why[0] ? "not-connected" : "");
	SET(model->lead, steps[step].why);
	if (step == SETUP_PLACE || step == SETUP_TOUCH)
		panel_add_note(s, model);
	if (step == SETUP_PLACE)
		panel_add_place(s, model);
	else if (step == SETUP_TOUCH)
		panel_add_touch(s, model);
	if (step != SETUP_LAST)
		return;
	SET(model->primary, "Activate");
	SET(model->lead, s->health.storage_ok
				 ? "Activate it when everything that this place needs is ready."
				 : "It cannot be activated before its storage works.");
}
