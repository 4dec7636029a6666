#ifndef VT_BUS_PERMIT_H
#define VT_BUS_PERMIT_H

/* What a role may send to core, and in which session states: one table, as in OpenSSH's monitor.c.
 * A message that is not permitted ends the connection of its sender. */

#include <stdbool.h>

#include "terminal/bus/messages.h"

/* Phases of a session as far as permits care. */
enum permit_phase {
	PERMIT_IDLE = 1,    /* attract or out of service: no citizen */
	PERMIT_CITIZEN = 2, /* a session is open */
	PERMIT_ANY = PERMIT_IDLE | PERMIT_CITIZEN,
};

/* May role send a message of this name and type while core is in phase? */
bool permit_check(
	enum bus_role role, enum bus_name name, enum bus_type type, enum permit_phase phase);

#endif
