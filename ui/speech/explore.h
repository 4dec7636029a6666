#ifndef VT_UI_SPEECH_EXPLORE_H
#define VT_UI_SPEECH_EXPLORE_H

/* Exploring by touch (UI.md §11): while speech is on a finger on a node is told what is there, and
 * lifting it does nothing; a second tap inside the same control acts. A palm that rests on nothing,
 * or has found nothing else for INPUT_REST_MS, keeps no finger out (input.h). Pure. */

#include "ui/toolkit/input.h"

struct explore {
	int64_t place; /* the screen it belongs to; a new one starts from zero */
	bool is_down;
	int64_t finger;
	uint64_t under;		   /* key of the node that was told last */
	int64_t found_ms;	   /* when it was found */
	char armed[VT_MAX_ID * 2]; /* control that the next tap inside acts on */
};

/* Takes an event of a finger. True if it only explored: then *ret_found is what to tell, or NULL.
 * False: the event is for input_finger(), as it is a tap on the armed control. */
bool explore_finger(struct explore *explore, const struct ui *ui, int64_t finger,
	enum input_phase phase, int x, int y, int64_t now_ms, const struct node **ret_found);
/* What a finger at x, y rests on: the control, else the text or picture; NULL on bare ground. */
const struct node *explore_node_at(const struct ui *ui, int x, int y);
/* Whether a node can have the focus. */
bool explore_is_focusable(const struct node *node);

#endif
