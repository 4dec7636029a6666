#ifndef VT_DRIVERS_LETTERING_H
#define VT_DRIVERS_LETTERING_H

/* The letter-size printer's slot, "letter": certificates and certified copies over IPP over USB. It
 * keeps the receipt printer's promises to core (drivers/README.md, "What core may rely on"). */

#include "drivers/device.h"
#include "drivers/ipp/machine.h"
#include "drivers/printer/text.h"

/* Documents that wait for the printer; one more is answered deviceNotReady. */
#define LETTERING_MAX_WAITING 2

/* Borrows host and fonts; media is copied. NULL: no memory. */
struct device *lettering_create(
	const struct device_host *host, struct text_fonts *fonts, const struct ippu_media *media);

#endif
