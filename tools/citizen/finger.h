#ifndef VT_CITIZEN_FINGER_H
#define VT_CITIZEN_FINGER_H

/* Fingers on a touch screen: SDL finger events pushed over the ui's test socket (ui/test_socket.h).
 * X has one pointer only; this is how two fingers meet (UI.md §18). */

#include "terminal/base/error.h"

struct fingers;

enum finger_phase { FINGER_DOWN, FINGER_MOTION, FINGER_UP };

/* Connects with the first event. NULL only for no memory or a path that is too long. */
struct fingers *fingers_create(const char *path);
/* Accepts NULL. */
void fingers_destroy(struct fingers **fingers);
/* Finger number does that at pixel x, y of the window. Returns once the ui has the event in its
 * queue; VT_ERR_CLOSED if it is gone and not back within some seconds. */
VT_MUST_USE enum vt_code fingers_do(struct fingers *fingers, int number, enum finger_phase phase,
	int x, int y, struct vt_error *error);

#endif
