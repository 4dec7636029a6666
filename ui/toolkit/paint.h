#ifndef VT_UI_TOOLKIT_PAINT_H
#define VT_UI_TOOLKIT_PAINT_H

/* Painting into the frame, within a clip. Each pixel depends on its own position and what was
 * there, never on the clip: that is what makes an incremental frame equal a full one bit for bit.
 *
 * The loops are our own and not SDL's blits: those differ with the processor (MMX, SSE, none), so
 * that golden images would, and they need colours baked into each texture; with masks of one byte a
 * run of text serves every colour at a quarter of the memory. Colours are 0xAARRGGBB, straight
 * alpha. */

#include <stdbool.h>

#include "ui/toolkit/canvas.h"
#include "ui/toolkit/shape.h"

struct painter {
	struct canvas *canvas;
	struct shape_cache *shapes;
	struct rect clip; /* within the canvas */
};

struct paint_box {
	struct rect rect;
	int radius;	      /* pixels; cut to half of the smaller side and SHAPE_MAX_RADIUS */
	uint32_t fill;	      /* alpha 0: none */
	uint32_t fill_bottom; /* == fill: plain; else vertical gradient, dithered */
	uint32_t border;      /* alpha 0: none */
	int border_width;     /* pixels */
};

void paint_fill(const struct painter *p, struct rect rect, uint32_t color);
void paint_box(const struct painter *p, const struct paint_box *box);

/* One layer of a box's shadow: offset dy, blur σ in sixteenths of a pixel, in color (its alpha is
 * the strength). skip = the box is opaque, nothing is drawn where it will cover. */
void paint_shadow(const struct painter *p, struct rect box, int radius, int dy, int sigma_16,
	uint32_t color, bool skip);

/* A mask of coverage bytes, width × height, rows stride bytes apart, at x, y. */
struct paint_mask {
	const uint8_t *data;
	int width, height, stride;
};
void paint_mask(
	const struct painter *p, const struct paint_mask *mask, int x, int y, uint32_t color);

/* Part of a ring inside rect, clockwise from the top: permille of the turn in color, the rest in
 * track. */
void paint_ring(const struct painter *p, struct rect rect, int width, int permille, uint32_t color,
	uint32_t track);

#endif
