#ifndef VT_TESTS_UI_SCREENS_STAGE_H
#define VT_TESTS_UI_SCREENS_STAGE_H

/* A screen without a process: one panel, one screen, fixtures shown on it, taps by node id. */

#include "tests/ui/screens_fixtures.h"

struct stage {
	struct ui *ui;
	struct screen *screen;
	struct screen_env env;
	int64_t now_ms;		     /* monotonic, for input */
	struct screen_answer answer; /* of the last tap */
	bool calm;		     /* fixtures are shown with less motion */
	size_t damaged;		     /* rectangles that the last repaint changed */
};

/* How a fixture is shown. */
struct look {
	const char *name;
	int text_size, contrast;
	bool reach;
};

/* The panels of UI.md section 3, smallest first. */
struct panel {
	const char *name;
	struct profile profile;
};
extern const struct panel panels[];
extern const size_t panel_count;
/* NULL if there is none. */
const struct panel *panel_find(const char *name);

/* Opens the assets of the source tree and the catalogues of the build tree; theme NULL =
 * reference, profile NULL = the reference panel. Ends the process with a message on failure. */
void stage_open(struct stage *stage, const char *theme, const struct profile *profile);
void stage_close(struct stage *stage);
/* Shows the fixture from an empty screen, with its taps, and paints it. */
void stage_show(struct stage *stage, const struct fixture *fixture, const char *lang,
	const struct look *look);
/* Shows a model as it is. */
void stage_show_model(struct stage *stage, const struct screen_model *model);
/* Builds and paints after a change. */
void stage_repaint(struct stage *stage);
/* Presses and releases at the centre of a node; fills stage->answer. False if nothing acted. */
bool stage_tap(struct stage *stage, const char *id);

/* What of a screen has been looked at: frames by their hash. Starts zeroed. */
#define STAGE_MAX_VIEWS 96
struct stage_views {
	uint64_t seen[STAGE_MAX_VIEWS];
	size_t count;
	bool is_uneven; /* another page counted other pages: something is left out or stands twice
			 */
};
/* Turns, as a person would, to what the screen has besides what it shows: the next page of its
 * content, the next page of its keyboard, the other side where it is split. False when everything
 * has been seen; then it shows something seen before. */
bool stage_next_view(struct stage *stage, struct stage_views *views);

/* Id of the visible node with this role and name, as speech would find it; NULL if there is none.
 */
const char *stage_find(struct stage *stage, enum node_role role, const char *name);
/* stage_tap() of it. */
bool stage_tap_named(struct stage *stage, enum node_role role, const char *name);
/* Taps the keys of a text of A-Z, Ñ, Ü and digits, one by one; ' ' is the space key. */
void stage_type(struct stage *stage, const char *text);

#endif
