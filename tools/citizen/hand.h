#ifndef VT_CITIZEN_HAND_H
#define VT_CITIZEN_HAND_H

/* A hand and an eye on a real X display: touches through XTEST, or as fingers of a touch screen;
 * pictures through XGetImage. */

#include <stdbool.h>

#include "terminal/base/error.h"
#include "tools/citizen/finger.h"

struct hand;

/* display: ":99"; test_socket: of the ui, for fingers. Touches through XTEST at first. */
VT_MUST_USE enum vt_code hand_open(const char *display, const char *test_socket,
	struct hand **ret_hand, struct vt_error *error);
/* From now on it touches with fingers, or through XTEST again. */
void hand_use_fingers(struct hand *hand, bool use);
/* One finger of several, whatever the hand touches with otherwise; hand_tap and others are
 * number 1.
 */
void hand_finger(struct hand *hand, int number, enum finger_phase phase, int x, int y);
void hand_close(struct hand **hand);
/* Presses and releases at a point of the screen. */
void hand_tap(struct hand *hand, int x, int y);
/* Presses at one point and releases at another. */
void hand_drag(struct hand *hand, int x, int y, int to_x, int to_y);
/* Presses, holds so long, releases. */
void hand_hold(struct hand *hand, int x, int y, int hold_ms);
/* Presses and releases a key of the keyboard, as a box of switches does. keysym of X11. */
void hand_key(struct hand *hand, unsigned long keysym);
/* Writes what the display shows as PNG. */
VT_MUST_USE enum vt_code hand_photograph(
	struct hand *hand, const char *path, struct vt_error *error);

#endif
