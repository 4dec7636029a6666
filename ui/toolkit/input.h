#ifndef VT_UI_TOOLKIT_INPUT_H
#define VT_UI_TOOLKIT_INPUT_H

/* Fingers and keys to actions. Rules (UI.md §2, §15.8): press and release inside the same node act,
 * leaving cancels for good, a second finger is ignored, a modal node limits hits and focus,
 * disabled nodes do nothing. Times are monotonic milliseconds, given by the caller.
 *
 * A palm or a sleeve on the glass must not keep fingers out. SDL tells no sizes, so it is known by
 * where and how long it rests: a contact on nothing, that has left what it pressed, or from the
 * screen before keeps nobody out; one on a control does for INPUT_REST_MS. After that it still acts
 * when it is lifted, as whoever presses slowly wants it, unless another finger has come down on a
 * control: then that one has the screen, and the first is nobody's for good.
 *
 * A screen that changes by itself must not act on a finger that was on its way to what stood there
 * before: input_changes(). */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/limits.h"
#include "ui/toolkit/ui.h"

enum input_phase { INPUT_DOWN, INPUT_MOTION, INPUT_UP, INPUT_CANCEL };

enum input_key {
	INPUT_KEY_NEXT,	    /* Tab, right */
	INPUT_KEY_PREVIOUS, /* Shift+Tab, left */
	INPUT_KEY_ENTER,    /* Enter; without a focus the only target of the screen */
	INPUT_KEY_ESCAPE,   /* acts on the node with action "back", "close" or "cancel" */
	INPUT_KEY_HELP,	    /* F1: node with action "help" */
	INPUT_KEY_DOWN,	    /* first control of the next line of controls */
	INPUT_KEY_UP	    /* … of the line before */
};

/* What the screen is told when a target is tapped. */
struct ui_action {
	char id[VT_MAX_ID * 2];	 /* of the node */
	char action[VT_MAX_ID];	 /* its action */
	char arg[VT_MAX_ID * 2]; /* its arg, "" if none */
	bool by_key;		 /* keyboard instead of finger */
};

struct input_result {
	bool redraw;  /* something looks different: build and paint again */
	bool acted;   /* action is filled */
	bool touched; /* a person did something: activity for core's idle clock */
	struct ui_action action;
};

/* Longer than a tap and the shake of a hand beside it. */
#define INPUT_REST_MS 1000

/* One finger (or the mouse, with id INPUT_MOUSE). x, y in pixels of the frame. */
#define INPUT_MOUSE (-1)
struct input_result input_finger(
	struct ui *ui, int64_t finger, enum input_phase phase, int x, int y, int64_t now_ms);
struct input_result input_key(struct ui *ui, enum input_key key, int64_t now_ms);
/* Repeats of a held node. Call at the time input_deadline() told. */
struct input_result input_tick(struct ui *ui, int64_t now_ms);
/* When input_tick() is due next; -1 = never. */
int64_t input_deadline(const struct ui *ui);
/* Lets go of everything, as when the screen changes: no action comes of a finger already down. */
void input_reset(struct ui *ui);

/* Nobody sees a thing and touches it sooner. */
#define INPUT_AIM_MS 300
/* The tree that stands will be replaced. by_itself: nobody asked for it, so for INPUT_AIM_MS a
 * finger that comes down presses only what does the same as what stood at that point before; of
 * several such changes within that time, before each of them. */
void input_changes(struct ui *ui, bool by_itself, int64_t now_ms);
/* Fingers that pressed nothing for that reason, so far. */
int64_t input_missed(const struct ui *ui);

/* What a tap on a target would tell, for those who do not tap. */
struct ui_action input_action_of(const struct node *target);
/* Node that a tap at x, y would hit; NULL if none. */
const struct node *input_hit(const struct ui *ui, int x, int y);
/* Id of the focused node, "" if none. */
const char *input_focus(const struct ui *ui);
/* Whether a finger is down, and the id of the control under it that would act if it were lifted
 * now:
 * "" = none. */
bool input_is_down(const struct ui *ui);
const char *input_pressed(struct ui *ui);
/* Moves the focus to a node; "" takes it away. visible = draw the ring (after a key). */
void input_set_focus(struct ui *ui, const char *id, bool visible);

#endif
