#ifndef TESTS_UNIT_SESSION_FIXTURE_H
#define TESTS_UNIT_SESSION_FIXTURE_H

/* What the tests of the session machine share: a session on a virtual clock with the shipped
 * catalogue, and the words of their lines, short because every line has one. A step that the
 * machine refuses fails the test. */

#include "terminal/session/session.h"

struct fixture {
	struct catalogue *catalogue;
	struct session *session;
	struct session_effects fx; /* of the last step; what it borrows stands until the next one */
	struct screen_model model; /* after the last step */
	struct session_health health;
	struct device_list devices; /* what a technician tests */
	int64_t now_ms;
	struct vt_date today;
	bool gives_consent; /* what the citizen's box says in every act */
};

/* A fixture (heap, owned by the caller: fixture_destroy) at 1,000 ms of its clock. Not one step is
 * taken: the test says first how its health is. Fails the test if the catalogue of VT_SOURCE_DIR
 * does not load. */
struct fixture *fixture_create(const char *terminal, struct vt_date today);

/* A cmocka teardown. */
int fixture_destroy(void **state);

/* All is well: storage, printer and the line; no card reader, no scanner. */
extern const struct session_health fixture_good_health;

/* Gives the machine an event at this moment and takes the effects and the screen. */
void step(struct fixture *f, struct session_event *event);

/* Answers the screen that is shown; item and value may be "". A PIN that goes into the effects
 * must be the value. */
void act(struct fixture *f, enum intent_action action, const char *item, const char *value);

/* Lets so much time pass and tells the machine once, at its end. */
void wait_ms(struct fixture *f, int64_t ms);

/* Tells the machine f->health. */
void set_health(struct fixture *f);

/* The screen is the one of this problem. */
void shows_problem(const struct fixture *f, const char *problem);

#endif
