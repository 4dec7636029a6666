#ifndef VT_UI_STAFF_GESTURE_H
#define VT_UI_STAFF_GESTURE_H

/* The technicians' way in (UI.md section 13): 5 s on the clock, then two taps on the emblem. Pure.
 * A citizen sees nothing of it, and it opens nothing: it only asks core for the screen where a code
 * is asked. Anything else in between begins it anew. */

#include <stdbool.h>
#include <stdint.h>

#define STAFF_HOLD_MS 5000
/* Between the long touch and the first tap, and between the taps. */
#define STAFF_PAUSE_MS 3000

enum staff_zone { STAFF_ELSEWHERE, STAFF_CLOCK, STAFF_EMBLEM };

struct staff_gesture {
	enum {
		GESTURE_IDLE,
		GESTURE_HELD,  /* a finger is on the clock */
		GESTURE_ARMED, /* it was long enough */
		GESTURE_TAP,   /* a finger is on the emblem */
	} state;
	int64_t finger, since_ms;
	int taps;
};

/* A finger goes down, or up, over zone. True: that was all of it. */
bool staff_gesture_down(
	struct staff_gesture *gesture, int64_t finger, enum staff_zone zone, int64_t now_ms);
bool staff_gesture_up(
	struct staff_gesture *gesture, int64_t finger, enum staff_zone zone, int64_t now_ms);

#endif
