#ifndef VT_TESTS_UI_SCREENS_AUDIT_H
#define VT_TESTS_UI_SCREENS_AUDIT_H

/* The audits of UI.md section 18, over the laid-out and painted tree of any screen. Each finding
 * names the audit and the node; each audit is proven by a bad tree (test_screens_audit.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "terminal/base/attributes.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/ui.h"

enum audit_kind {
	AUDIT_TARGET,	/* ≥ 12.7 mm both ways; under 20 mm is a warning */
	AUDIT_GAP,	/* ≥ 2.54 mm between targets */
	AUDIT_OVERLAP,	/* no two targets in the same place */
	AUDIT_TYPE,	/* no text under the floor of the size setting */
	AUDIT_OVERFLOW, /* nothing outside the screen or its parent, no clipped text, dock whole */
	AUDIT_NAME,	/* every target named, no two alike, a heading before the first target */
	AUDIT_FOCUS,	/* every target in the focus order, in reading order, ring not covered */
	AUDIT_CONTRAST, /* from pixels: words on their real ground */
	AUDIT_REACH,	/* nothing to touch in the top quarter; in reach mode within reach */
	AUDIT_EQUALITY, /* incremental frame = full frame */
	AUDIT_COLOR,	/* a state is told by a sign or words too, and by edges of 3:1 in grey */
	AUDIT_SPEECH,	/* something to say for everything; personal marked; masked stays masked */
	AUDIT_FLASH,	/* at most two changes a second; none but the clock's in calm mode */
	AUDIT_KIND_COUNT
};
extern const char *const audit_names[AUDIT_KIND_COUNT];

struct audit {
	const char *where; /* printed before each finding: screen, language, look */
	bool is_quiet;	   /* count only */
	FILE *list;	   /* findings go here, a line each; NULL = stderr */
	bool masked;	   /* the privacy mask is on: nothing personal may be readable */
	int errors[AUDIT_KIND_COUNT];
	int64_t checks[AUDIT_KIND_COUNT]; /* comparisons made */
	int warnings;
	double lowest_contrast; /* of this audit's texts; start at 21 */
};

/* Layout audits: what the tree alone tells. Needs a built tree. Moves the focus about. */
void audit_layout(struct audit *audit, struct ui *ui);
/* Contrast of words, signs and edges, from the painted frame of the same tree. */
void audit_contrast(struct audit *audit, struct ui *ui);
/* Compares the frame as it stands with one painted whole. */
void audit_equality(struct audit *audit, struct ui *ui);
/* A screen as it changes by itself: whether each of `count` frames that are step_ms apart differs
 * from the one before. */
void audit_flash(struct audit *audit, const bool *changed, size_t count, int step_ms);
/* Sums. */
int audit_errors(const struct audit *audit);
int64_t audit_checks(const struct audit *audit);

/* ---- between screens_audit.c and screens_audit_pixels.c ---- */

void audit_report(struct audit *audit, enum audit_kind kind, const struct node *node,
	const char *fmt, ...) VT_PRINTF(4, 5);
/* Next node in the tree's order, hidden subtrees left out; NULL at the end. */
const struct node *audit_following(const struct node *top, const struct node *at);
/* What can be touched and seen: the last modal node if there is one. */
const struct node *audit_scope(const struct ui *ui);

#endif
