#ifndef VT_DRIVERS_PRINTING_H
#define VT_DRIVERS_PRINTING_H

/* The receipt printer's slot: sheets wait in line, each gets one outcome, the last ones are
 * remembered (drivers/README.md, "What core may rely on"). */

#include "drivers/device.h"
#include "drivers/printer/text.h"

/* Commands that wait for the printer; one more is answered deviceNotReady. */
#define PRINTING_MAX_WAITING 4

/* Borrows host and fonts. state_path: file for the trace of a sheet in work, "" = none; a trace
 * found there is taken up. NULL: no memory. */
struct device *printing_create(
	const struct device_host *host, struct text_fonts *fonts, const char *state_path);

#endif
