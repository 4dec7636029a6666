#ifndef VT_UI_TOOLKIT_CANVAS_H
#define VT_UI_TOOLKIT_CANVAS_H

/* The frame: opaque 32-bit pixels 0xFFRRGGBB in memory, rows without gaps. No video driver needed.
 */

#include <stdint.h>

#include "terminal/base/error.h"
#include "ui/toolkit/geometry.h"

struct canvas {
	int width, height;
	uint32_t *pixels; /* width × height */
};

/* Black canvas; NULL if there is no memory. width and height 1 … 8192. */
struct canvas *canvas_create_headless(int width, int height);
/* Wipes and frees; accepts NULL. */
void canvas_destroy(struct canvas **canvas);
/* Writes an 8-bit RGB PNG, replacing path as a whole; for tests and tools, so its compression is
 * plain. VT_ERR_IO, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code canvas_write_png(
	const struct canvas *canvas, const char *path, struct vt_error *error);
/* 64-bit hash of all pixels, for golden images and equality tests. */
uint64_t canvas_hash(const struct canvas *canvas);

#endif
