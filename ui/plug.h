#ifndef VT_UI_PLUG_H
#define VT_UI_PLUG_H

/* The plug of the headphones: SW_HEADPHONE_INSERT of an evdev node (Documentation/input/event-codes
 * of the kernel, "EV_SW"). A thread blocks on the node and posts SDL events; nothing else crosses.
 * A node that is not there, or goes, is looked for again every 10 s: until then no headphones. */

#include <stdbool.h>

#include "terminal/base/error.h"

struct plug;

/* path: the node, best a link of /dev/input/by-path. event: SDL user event type; code is 1 while
 * the plug is in, 0 when it is out. */
VT_MUST_USE enum vt_code plug_create(
	const char *path, unsigned event, struct plug **ret, struct vt_error *error);
/* Ends the thread; accepts NULL. */
void plug_destroy(struct plug **plug);

/* What an input event says about the plug: 1 in, 0 out, -1 nothing. */
int plug_state(unsigned type, unsigned code, int value);

#endif
