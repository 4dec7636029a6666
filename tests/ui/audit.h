#ifndef VT_TESTS_UI_AUDIT_H
#define VT_TESTS_UI_AUDIT_H

/* Totals of tools/audit and the report that they end in. */

#include "tests/ui/screens_audit.h"

struct audit_totals {
	int64_t screens, states, warnings;
	int64_t smaller; /* states whose letters are smaller than was asked for */
	int64_t errors[AUDIT_KIND_COUNT], checks[AUDIT_KIND_COUNT];
	double lowest[THEME_MODE_COUNT]; /* contrast of words */
};

/* Adds what one screen in one state gave. */
void audit_totals_add(struct audit_totals *totals, const struct audit *audit, enum theme_mode mode);
void audit_totals_merge(struct audit_totals *totals, const struct audit_totals *part);
int64_t audit_totals_violations(const struct audit_totals *totals);

/* Writes an accessibility conformance report in the form of OpenACR (YAML): for each criterion that
 * an audit supports its result, for each other one of a closed terminal where it is proved or that
 * it is not. False if the file cannot be written. */
bool audit_write_report(const char *path, const struct audit_totals *totals);

#endif
