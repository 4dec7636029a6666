#ifndef VT_UI_SCREENS_TEXTS_H
#define VT_UI_SCREENS_TEXTS_H

/* Texts that core names by an id: problems, wrong answers, reasons why something cannot run, print
 * outcomes. The words live in locales/; here is only which id means which message.
 *
 * Every function takes any text and never returns NULL: an id that this ui does not know gets the
 * general wording, because an older ui may stand in front of a newer core. Strings are valid until
 * the next locale_use(). */

#include "terminal/bus/screen.h"

/* A problem in the three parts of UI.md section 12. */
struct text_problem {
	const char *title; /* heading, no codes */
	const char *what;  /* what happened */
	const char *means; /* what it means for the person */
	const char *now;   /* what can be done now */
	const char *icon;  /* name in assets/icons */
};
/* id: model.problem of SCREEN_PROBLEM and SCREEN_OUT_OF_SERVICE. */
void text_problem(const char *id, struct text_problem *ret);

/* What is wrong with an answer, one or two sentences; id: field.error, not "". */
const char *text_error(const char *id);

/* Why an item cannot be used, short; id: item.reason; state tells soon from unavailable. */
const char *text_reason(const char *id, enum item_state state);

/* What the citizen should know about a print that failed; id: model.print_reason. */
const char *text_print_reason(const char *id);

/* Title of a screen whose model brings none. */
const char *text_title(const struct screen_model *model);

/* All ids with words of their own, for tests: NULL-terminated. */
extern const char *const text_problem_ids[];
extern const char *const text_error_ids[];
extern const char *const text_reason_ids[];
extern const char *const text_print_ids[];

/* Message ids that the models of the technicians' screens bring (staff.c): NULL-terminated. */
extern const char *const staff_words[];

#endif
