#ifndef VT_DRIVERS_PRINTER_SHEET_H
#define VT_DRIVERS_PRINTER_SHEET_H

/* One sheet as the printer gets it: a byte stream in segments, without the cut. Between two
 * segments the printer's status may be asked, because no command is open there. */

#include <stddef.h>
#include <stdint.h>

#include "drivers/printer/render.h"
#include "terminal/base/buf.h"

/* RENDER_MAX_ROWS in bands, or text mode's lines. */
#define SHEET_MAX_SEGMENTS 64
/* 8,000 rows of 1024 dots, headers, and room for a question behind them. */
#define SHEET_MAX_BYTES (1100 * 1024)

struct sheet {
	struct vt_buf stream; /* personal: wiped by sheet_finish() */
	size_t rows;	      /* paper it takes, in dots: how long to wait for it */
	size_t segment_count;
	size_t ends[SHEET_MAX_SEGMENTS]; /* offset behind each segment; the last = stream.length */
};

/* Raster bands, or text mode where the profile has no raster. fonts is used for raster only.
 * VT_ERR_LIMIT, VT_ERR_INVALID, VT_ERR_NOMEM as render_receipt(); *ret is empty then. */
VT_MUST_USE enum vt_code sheet_make(const struct receipt *receipt,
	const struct printer_profile *profile, struct text_fonts *fonts, struct sheet *ret,
	struct vt_error *error);
/* The void mark of render_void_mark() (text mode: one line of text). */
VT_MUST_USE enum vt_code sheet_make_void(const struct printer_profile *profile,
	struct text_fonts *fonts, struct sheet *ret, struct vt_error *error);
/* Wipes and frees; empty and usable again. */
void sheet_finish(struct sheet *sheet);

#endif
