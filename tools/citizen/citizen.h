#ifndef VT_CITIZEN_CITIZEN_H
#define VT_CITIZEN_CITIZEN_H

/* A scripted citizen: acts as one would, finds things by role and name, photographs each screen. A
 * step that does not come true ends the journey: the program prints what it saw and exits with 1.
 */

#include "tools/citizen/hand.h"
#include "tools/citizen/tree.h"
#include "tools/citizen/world.h"

struct citizen {
	struct tree *tree;
	struct hand *hand;
	struct world world;
	const char *out;
	const char *lang;
	const char *journey;
	int shots;
	char last_shot[48]; /* kind and revision of the last picture */
	int64_t started_ms, marks_ms[16];
	const char *mark_names[16];
	size_t mark_count;
	bool begun; /* a session is open: attract or a lost session is a failure at once */
	int sheets; /* that came out so far */
	char folio[24];
	char outcome[24];
	bool printed;
};

/* How long anything on the screen may take before the citizen gives up. */
#define CITIZEN_PATIENCE_MS 20000

/* Names and texts below are Spanish; words.c has them in the citizen's language. */

/* Waits for a screen of that kind, then photographs it. */
void expect_screen(struct citizen *c, const char *kind);
/* Waits until a node of that role and name is there. */
void expect_node(struct citizen *c, const char *role, const char *name);
/* Waits until text stands somewhere on the screen. */
void expect_text(struct citizen *c, const char *es);
/* Taps a node in its middle, waiting for it first. */
void tap(struct citizen *c, const char *role, const char *name);
/* Waits for the next frame. */
void await_change(struct citizen *c);
/* Types on the on-screen keyboard. */
void type_text(struct citizen *c, const char *text);
void photograph(struct citizen *c);
/* Remembers how long it took until here, for result.json. */
void mark(struct citizen *c, const char *name);
/* Ends with status 1 and the reason. */
void fail(struct citizen *c, const char *fmt, ...) VT_PRINTF(2, 3) VT_NORETURN;
/* Waits until condition(c) is true, looking each 50 ms. */
void wait_until(struct citizen *c, bool (*condition)(struct citizen *), const char *what);

/* journeys.c: false = no such journey. Sets outcome. */
bool journey_run(struct citizen *c);

#endif
