#ifndef VT_TESTS_UI_SCREENS_AUDIT_H
#define VT_TESTS_UI_SCREENS_AUDIT_H

/* The audits of UI.md section 18, over the laid-out and painted tree of any screen. Each finding
 * names the audit and the node; each audit is proven by a bad tree (test_screens_audit.c). */

#include <stdbool.h>
#include <stddef.h>

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
	AUDIT_KIND_COUNT
};
extern const char *const audit_names[AUDIT_KIND_COUNT];

struct audit {
	const char *where; /* printed before each finding: screen, language, look */
	bool is_quiet;	   /* count only */
	int errors[AUDIT_KIND_COUNT];
	int warnings;
	double lowest_contrast; /* of this audit's texts; start at 21 */
};

/* Layout audits: all but contrast and equality. Needs a built tree. Moves the focus about. */
void audit_layout(struct audit *audit, struct ui *ui);
/* Contrast, from the painted frame of the same tree. */
void audit_contrast(struct audit *audit, struct ui *ui);
/* Compares the frame as it stands with one painted whole. */
void audit_equality(struct audit *audit, struct ui *ui);
/* Sum of errors. */
int audit_errors(const struct audit *audit);

#endif
