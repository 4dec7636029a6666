#ifndef VT_CITIZEN_JOURNEYS_H
#define VT_CITIZEN_JOURNEYS_H

/* The journeys of journeys.def. Each ends the program if a step does not come true, and sets
 * outcome.
 */

#include "tools/citizen/citizen.h"

#define JOURNEY(name, outcome, run) void run(struct citizen *c);
#include "tools/citizen/journeys.def"
#undef JOURNEY

#endif
