#ifndef VT_DRIVERS_PRINTER_RENDER_H
#define VT_DRIVERS_PRINTER_RENDER_H

/* Receipt model to a 1-bit bitmap for a printer of a given width. Pure apart from the fonts, which
 * are read once. The bitmap holds personal data: render_finish() wipes it. */

#include <stddef.h>
#include <stdint.h>

#include "drivers/registry.h"
#include "terminal/base/error.h"
#include "terminal/bus/receipt.h"

/* Longest sheet: 1 m at 203 dpi. */
#define RENDER_MAX_ROWS 8000

/* Last line of a sheet that no cutter cuts. */
#define RENDER_TEAR_TEXT "Arranque aquí su recibo"

struct text_fonts; /* text.h */

struct bitmap {
	size_t width_bytes; /* bytes of a row; MSB left, 1 = black */
	size_t rows;
	uint8_t *bits; /* owned */
};

/* Draws the sheet. VT_ERR_LIMIT: longer than RENDER_MAX_ROWS or a code that does not fit the width;
 * VT_ERR_INVALID: a barcode text outside ASCII; VT_ERR_NOMEM. *ret is untouched then. */
VT_MUST_USE enum vt_code render_receipt(const struct receipt *receipt,
	const struct printer_profile *profile, struct text_fonts *fonts, struct bitmap *ret,
	struct vt_error *error);
/* The mark that makes the rest of a broken-off sheet unusable: "DOCUMENTO INCOMPLETO". */
VT_MUST_USE enum vt_code render_void_mark(const struct printer_profile *profile,
	struct text_fonts *fonts, struct bitmap *ret, struct vt_error *error);
void render_finish(struct bitmap *bitmap);

#endif
