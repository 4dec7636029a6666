#ifndef VT_DRIVERS_IPP_PWG_H
#define VT_DRIVERS_IPP_PWG_H

/* Pages as PWG raster (PWG 5102.4), written by libcups' raster code into memory. */

#include "drivers/printer/page.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

/* "sgray_8" and "black_1" of pwg-raster-document-type-supported (PWG 5102.4 §4.3.2). */
enum pwg_type { PWG_SGRAY_8, PWG_BLACK_1, PWG_TYPE_COUNT };
extern const char *const pwg_type_names[PWG_TYPE_COUNT];

/* Four pages of noise; text takes some 200 KiB a page. */
#define PWG_MAX_BYTES (40 * 1024 * 1024)

/* Appends the file to out: initialised with at most PWG_MAX_BYTES, wiped by its owner.
 * VT_ERR_NOMEM, VT_ERR_LIMIT; out is not usable then. */
VT_MUST_USE enum vt_code pwg_encode(const struct pages *pages, enum pwg_type type,
	const char *media_type, struct vt_buf *out, struct vt_error *error);

#endif
