#ifndef VT_DRIVERS_PRINTER_QR_H
#define VT_DRIVERS_PRINTER_QR_H

/* QR codes as modules, level M (ISO/IEC 18004), through libqrencode. */

#include <stdint.h>

#include "terminal/base/error.h"

/* Quiet zone in modules (ISO/IEC 18004 §5.3.8). */
#define QR_QUIET 4

struct qr {
	int width;	  /* modules of a side, without quiet zone */
	uint8_t *modules; /* owned; width × width, bit 0 = dark; personal */
};

/* Text that is not ASCII is marked as UTF-8 (ECI 26): readers otherwise guess, and take "BRISEÑO"
 * for Japanese (seen: zbar). VT_ERR_LIMIT: does not fit a code; *ret is untouched then. */
VT_MUST_USE enum vt_code qr_encode(const char *text, struct qr *ret, struct vt_error *error);
/* Wipes and frees. */
void qr_finish(struct qr *qr);

#endif
