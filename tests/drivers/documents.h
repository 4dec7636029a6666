#ifndef VT_TESTS_DRIVERS_DOCUMENTS_H
#define VT_TESTS_DRIVERS_DOCUMENTS_H

/* Letter-size documents of invented persons: "certificate" (CURP), "copy" (certified copy of a
 * birth act, on security paper), "long" (several pages, a reprint). */

#include <stdbool.h>

#include "terminal/bus/receipt.h"

/* False: no such document. *ret is zeroed before. */
bool document_of(const char *name, struct receipt *ret);

#endif
