#include "ui/staff_gesture.h"

#define TAPS 2

bool staff_gesture_down(
	struct staff_gesture *gesture, int64_t finger, enum staff_zone zone, int64_t now_ms)
{
	const bool is_waiting =
		gesture->state == GESTURE_ARMED && now_ms - gesture->since_ms <= STAFF_PAUSE_MS;

	if (is_waiting && zone == STAFF_EMBLEM) {
		gesture->state = GESTURE_TAP;
		gesture->finger = finger;
	} else if (zone == STAFF_CLOCK && gesture->state != GESTURE_HELD &&
		   gesture->state != GESTURE_TAP) {
		*gesture = (struct staff_gesture){
			.state = GESTURE_HELD, .finger = finger, .since_ms = now_ms};
	} else {
		*gesture = (struct staff_gesture){0}; /* a second finger, or somewhere else */
	}
	return false;
}

bool staff_gesture_up(
	struct staff_gesture *gesture, int64_t finger, enum staff_zone zone, int64_t now_ms)
{
	const bool is_it = gesture->finger == finger;

	if (is_it && gesture->state == GESTURE_HELD && zone == STAFF_CLOCK &&
		now_ms - gesture->since_ms >= STAFF_HOLD_MS) {
		*gesture = (struct staff_gesture){.state = GESTURE_ARMED, .since_ms = now_ms};
		return false;
	}
	if (is_it && gesture->state == GESTURE_TAP && zone == STAFF_EMBLEM) {
		const int taps = gesture->taps + 1;

		*gesture = (struct staff_gesture){
			.state = GESTURE_ARMED, .since_ms = now_ms, .taps = taps};
		if (taps < TAPS)
			return false;
		*gesture = (struct staff_gesture){0};
		return true;
	}
	*gesture = (struct staff_gesture){0};
	return false;
}
