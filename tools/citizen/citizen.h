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
	int shots;	      /* screens that were worth a picture */
	bool has_no_pictures; /* they are counted only, but for that of a failure */
	char last_shot[48];   /* kind and revision of the last picture */
	int64_t started_ms, marks_ms[16];
	const char *mark_names[16];
	size_t mark_count;
	bool disturbed; /* parts are killed meanwhile: act as a patient person would */
	bool arrived;	/* stood before the attract screen: what came before is not ours */
	bool is_replaying;
	/* Touches since the last change of the screen; a ui that is started again forgot them. */
	struct {
		char role[16], name[64];
	} touches[64];
	size_t touch_count;
	char touch_kind[16]; /* screen that was touched */
	int64_t touch_revision, touched_ms;
	/* The last touch of all, to be made again if the ui missed it (tree_missed). */
	struct {
		char role[16], name[256], kind[16];
	} last;
	int64_t missed;	 /* seen so far */
	uint64_t digest; /* of the screen before the last touch */
	int64_t seen_revision;
	unsigned seen_restarts;
	char noted[64]; /* the last folio written to RUN/shown */
	bool scans;	/* touches nothing: two switches, and what the ring is around */
	int text_size, contrast, reach; /* to be chosen on the access screen, 0 = as it is */
	bool begun; /* a session is open: attract or a lost session is a failure at once */
	int sheets; /* complete ones that came out so far */
	char folio[24];
	char outcome[24];
	bool printed;
};

/* How long anything on the screen may take before the citizen gives up. */
#define CITIZEN_PATIENCE_MS 20000
/* Pages of one screen that are turned in search of something. */
#define CITIZEN_MAX_PAGES 40

/* The two switches: any two keys, made known at the calibration. */
#define CITIZEN_SWITCH_MOVE   0x20   /* space */
#define CITIZEN_SWITCH_SELECT 0xff0d /* Return */
/* Parts, lines and controls of one screen that the ring passes before it is where one wants it. */
#define CITIZEN_MAX_PRESSES 150

/* Names and texts below are Spanish; words.c has them in the citizen's language. */

/* Waits for a screen of that kind, then photographs it. */
void expect_screen(struct citizen *c, const char *kind);
/* Waits until a node of that role and name is there, and can be used; returns it. */
struct tree_node expect_node(struct citizen *c, const char *role, const char *name);
/* Waits until text stands somewhere on the screen. */
void expect_text(struct citizen *c, const char *es);
/* Taps a node in its middle, waiting for it first. */
void tap(struct citizen *c, const char *role, const char *name);
/* Waits until the last touch made the screen another. */
void await_change(struct citizen *c);
/* Types on the on-screen keyboard. */
void type_text(struct citizen *c, const char *text);
void photograph(struct citizen *c);
/* Remembers how long it took until here, for result.json. */
void mark(struct citizen *c, const char *name);
/* Waits for a screen of one of the kinds (NULL ends the list) and returns which. */
const char *expect_one(struct citizen *c, const char *const *kinds);
/* The next frame, or a fresh look if there is none for a while. */
void look_again(struct citizen *c);
/* Nothing that was touched so far is to be touched again. */
void forget_touches(struct citizen *c);
/* Ends with status 3: the session was lost with core. */
void lost(struct citizen *c) VT_NORETURN;
/* Ends with status 1 and the reason. */
void fail(struct citizen *c, const char *fmt, ...) VT_PRINTF(2, 3) VT_NORETURN;
/* Waits until condition(c) is true, looking each 50 ms. */
void wait_until(struct citizen *c, bool (*condition)(struct citizen *), const char *what);

/* journeys.c: false = no such journey. Sets outcome. */
bool journey_run(struct citizen *c);

#endif
