#include "tests/ui/audit.h"

#include <string.h>

#define BIT(kind) (1u << (kind))

/* One row of the report: what is asked, and which audits speak for it. Without audits `note` says
 * where it is proved, or that it is not. */
struct criterion {
	const char *chapter, *number, *title;
	unsigned audits;
	const char *note;
};

static const struct criterion criteria[] = {
	{"WCAG 2.2 A", "1.1.1", "Non-text Content", BIT(AUDIT_SPEECH) | BIT(AUDIT_NAME), ""},
	{"WCAG 2.2 A", "1.3.1", "Info and Relationships", BIT(AUDIT_NAME) | BIT(AUDIT_SPEECH), ""},
	{"WCAG 2.2 A", "1.3.2", "Meaningful Sequence", BIT(AUDIT_FOCUS), ""},
	{"WCAG 2.2 A", "1.4.1", "Use of Color", BIT(AUDIT_COLOR), ""},
	{"WCAG 2.2 A", "2.1.1", "Keyboard", BIT(AUDIT_FOCUS), ""},
	{"WCAG 2.2 A", "2.1.2", "No Keyboard Trap", BIT(AUDIT_FOCUS), ""},
	{"WCAG 2.2 A", "2.2.1", "Timing Adjustable", 0, "tests/unit/test_session, virtual clock"},
	{"WCAG 2.2 A", "2.3.1", "Three Flashes or Below Threshold", BIT(AUDIT_FLASH), ""},
	{"WCAG 2.2 A", "2.4.3", "Focus Order", BIT(AUDIT_FOCUS), ""},
	{"WCAG 2.2 A", "2.5.1", "Pointer Gestures", 0, "tests/ui/toolkit_input: taps only"},
	{"WCAG 2.2 A", "2.5.2", "Pointer Cancellation", 0, "tests/ui/toolkit_input: drag off"},
	{"WCAG 2.2 A", "2.5.3", "Label in Name", BIT(AUDIT_NAME), ""},
	{"WCAG 2.2 A", "3.2.6", "Consistent Help", BIT(AUDIT_OVERFLOW), "the dock is always whole"},
	{"WCAG 2.2 A", "3.3.1", "Error Identification", BIT(AUDIT_COLOR), ""},
	{"WCAG 2.2 A", "3.3.7", "Redundant Entry", 0, "tests/ui/test_screens_session"},
	{"WCAG 2.2 A", "4.1.2", "Name, Role, Value", BIT(AUDIT_NAME) | BIT(AUDIT_SPEECH), ""},
	{"WCAG 2.2 AA", "1.4.3", "Contrast (Minimum)", BIT(AUDIT_CONTRAST), ""},
	{"WCAG 2.2 AA", "1.4.4", "Resize Text", BIT(AUDIT_TYPE) | BIT(AUDIT_OVERFLOW),
		"closed functionality: EN 301 549 5.1.4"},
	{"WCAG 2.2 AA", "1.4.10", "Reflow", BIT(AUDIT_OVERFLOW), ""},
	{"WCAG 2.2 AA", "1.4.11", "Non-text Contrast", BIT(AUDIT_COLOR), ""},
	{"WCAG 2.2 AA", "2.4.6", "Headings and Labels", BIT(AUDIT_NAME), ""},
	{"WCAG 2.2 AA", "2.4.7", "Focus Visible", BIT(AUDIT_FOCUS), ""},
	{"WCAG 2.2 AA", "2.4.11", "Focus Not Obscured (Minimum)", BIT(AUDIT_FOCUS), ""},
	{"WCAG 2.2 AA", "2.5.7", "Dragging Movements", 0, "tests/ui/toolkit_input: taps only"},
	{"WCAG 2.2 AA", "2.5.8", "Target Size (Minimum)",
		BIT(AUDIT_TARGET) | BIT(AUDIT_GAP) | BIT(AUDIT_OVERLAP), ""},
	{"WCAG 2.2 AA", "3.3.4", "Error Prevention (Legal, Financial, Data)", 0,
		"tests/ui/test_screens_journey: a review before sending"},
	{"WCAG 2.2 AA", "3.3.8", "Accessible Authentication (Minimum)", 0, "not evaluated here"},
	{"WCAG 2.2 AAA", "1.4.6", "Contrast (Enhanced)", BIT(AUDIT_CONTRAST), ""},
	{"WCAG 2.2 AAA", "2.5.5", "Target Size (Enhanced)", BIT(AUDIT_TARGET), ""},
	{"EN 301 549", "5.1.3.1", "Audio output of visual information", BIT(AUDIT_SPEECH),
		"that there is something to say; saying it is proved by the tests of ui/speech"},
	{"EN 301 549", "5.1.3.9", "Private access to personal data", BIT(AUDIT_SPEECH), ""},
	{"EN 301 549", "5.1.4", "Functionality closed to text enlargement", BIT(AUDIT_TYPE), ""},
	{"EN 301 549", "5.5.1", "Means of operation", BIT(AUDIT_TARGET) | BIT(AUDIT_GAP), ""},
	{"EN 301 549", "5.9", "Simultaneous user actions", 0, "tests/ui/toolkit_input"},
	{"EN 301 549", "8.3.2", "Reach to operable parts", BIT(AUDIT_REACH),
		"for the measures of the device profile; the built terminal is measured on site"},
	{"Project", "UI.md 15.6", "Incremental frame equals full frame", BIT(AUDIT_EQUALITY), ""},
};

void audit_totals_add(struct audit_totals *totals, const struct audit *audit, enum theme_mode mode)
{
	for (int i = 0; i < AUDIT_KIND_COUNT; i++) {
		totals->errors[i] += audit->errors[i];
		totals->checks[i] += audit->checks[i];
	}
	totals->warnings += audit->warnings;
	if (totals->lowest[mode] <= 0 || audit->lowest_contrast < totals->lowest[mode])
		totals->lowest[mode] = audit->lowest_contrast;
}

void audit_totals_merge(struct audit_totals *totals, const struct audit_totals *part)
{
	totals->states += part->states;
	totals->warnings += part->warnings;
	totals->smaller += part->smaller;
	for (int i = 0; i < AUDIT_KIND_COUNT; i++) {
		totals->errors[i] += part->errors[i];
		totals->checks[i] += part->checks[i];
	}
	for (int i = 0; i < THEME_MODE_COUNT; i++)
		if (part->lowest[i] > 0 &&
			(totals->lowest[i] <= 0 || part->lowest[i] < totals->lowest[i]))
			totals->lowest[i] = part->lowest[i];
}

int64_t audit_totals_violations(const struct audit_totals *totals)
{
	int64_t sum = 0;

	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		sum += totals->errors[i];
	return sum;
}

static void write_criterion(
	FILE *file, const struct criterion *row, const struct audit_totals *totals)
{
	int64_t checks = 0, errors = 0;

	fprintf(file, "      - num: \"%s\"\n        handle: \"%s\"\n        audits: [", row->number,
		row->title);
	for (int i = 0, n = 0; i < AUDIT_KIND_COUNT; i++) {
		if ((row->audits & BIT(i)) == 0)
			continue;
		fprintf(file, "%s%s", n++ > 0 ? ", " : "", audit_names[i]);
		checks += totals->checks[i];
		errors += totals->errors[i];
	}
	fprintf(file,
		"]\n        components:\n          - name: closed\n            adherence:\n"
		"              level: %s\n              notes: \"%lld checks, %lld "
		"violations%s%s\"\n",
		checks == 0   ? "not-evaluated"
		: errors == 0 ? "supports"
			      : "partially-supports",
		(long long)checks, (long long)errors, row->note[0] != '\0' ? "; " : "", row->note);
}

bool audit_write_report(const char *path, const struct audit_totals *totals)
{
	const char *chapter = "";
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return false;
	fprintf(file,
		"title: Ventanilla touch screen, accessibility conformance report\n"
		"product:\n  name: Ventanilla\n"
		"notes: written by tools/audit from measurements; no criterion is rated by hand\n"
		"totals:\n");
	fprintf(file,
		"  screens: %lld\n  states: %lld\n  violations: %lld\n  targets-under-20-mm: "
		"%lld\n",
		(long long)totals->screens, (long long)totals->states,
		(long long)audit_totals_violations(totals), (long long)totals->warnings);
	fprintf(file, "  lowest-contrast:\n");
	for (int i = 0; i < THEME_MODE_COUNT; i++)
		if (totals->lowest[i] > 0)
			fprintf(file, "    %s: %.2f\n", theme_mode_names[i], totals->lowest[i]);
	fprintf(file, "  audits:\n");
	for (int i = 0; i < AUDIT_KIND_COUNT; i++)
		fprintf(file, "    %s: {checks: %lld, violations: %lld}\n", audit_names[i],
			(long long)totals->checks[i], (long long)totals->errors[i]);
	fprintf(file, "chapters:\n");
	for (size_t i = 0; i < VT_ELEMENTS(criteria); i++) {
		if (strcmp(chapter, criteria[i].chapter) != 0)
			fprintf(file, "  - chapter: \"%s\"\n    criteria:\n", criteria[i].chapter);
		chapter = criteria[i].chapter;
		write_criterion(file, &criteria[i], totals);
	}
	return fclose(file) == 0;
}
