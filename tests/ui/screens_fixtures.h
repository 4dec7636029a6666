#ifndef VT_TESTS_UI_SCREENS_FIXTURES_H
#define VT_TESTS_UI_SCREENS_FIXTURES_H

/* Realistic screen models, one or more for each kind of screen, in Spanish and English. All
 * persons, keys, folios and amounts are invented. */

#include "ui/screens/screen.h"

struct fixture {
	const char *name; /* also the name of the golden image */
	void (*fill)(struct screen_model *model, const char *lang);
	int64_t since_show_ms;
	bool masked;
	bool waiting_for_core;
	const char *lang;  /* always in that language; NULL = as asked for */
	int taps;	   /* of the node "more": which page is shown */
	int points;	   /* touches in the middle of the screen with crosses */
	const char *press; /* id of a node that is tapped before the picture, NULL = none */
	const char *type;  /* keys that are pressed then, NULL = none */
};

extern const struct fixture fixtures[];
extern const size_t fixture_count;

/* NULL if there is none. */
const struct fixture *fixture_find(const char *name);
/* 14 October 2025, 10:42 in Mexico City. */
#define FIXTURE_NOW_UNIX_MS 1760460120000
#define FIXTURE_UTC_OFFSET  (-360)

#endif
