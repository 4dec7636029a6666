#ifndef VT_UI_TOOLKIT_SHAPE_H
#define VT_UI_TOOLKIT_SHAPE_H

/* Cached coverage of the shapes everything is made of: quarter circles (UI.md §15.1) and quarters
 * of blurred rounded rectangles (§15.2). Coverage is 0 … 255; the other quarters are mirrors. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shape_cache;

struct shape_cache *shape_cache_create(void);
void shape_cache_destroy(struct shape_cache **cache);
size_t shape_cache_bytes(const struct shape_cache *cache);

#define SHAPE_MAX_RADIUS 512
/* radius × radius bytes, row by row: the top left quarter of a circle, radius from 1 up. NULL if
 * there is no memory. Valid until the next call that may add to the cache. */
const uint8_t *shape_corner(struct shape_cache *cache, int radius);

/* The top left quarter of the shadow of a box. The box is shrunk to the smallest one with the same
 * corners; what lies between is a repetition of the last column or row. */
struct shape_shadow {
	int margin;	     /* how far the shadow reaches beyond the box: 3 σ */
	int width, height;   /* of the quarter, margin included */
	const uint8_t *data; /* width × height */
};
/* sigma_16 = σ in sixteenths of a pixel. data is NULL if there is no memory. */
struct shape_shadow shape_shadow(
	struct shape_cache *cache, int sigma_16, int radius, int box_width, int box_height);

/* A drawing of width × height pixels from a predicate over a box of box_width × box_height, with 16
 * samples a pixel. NULL if there is no memory. */
enum shape_kind { SHAPE_EMBLEM = 1 };
const uint8_t *shape_drawing(struct shape_cache *cache, enum shape_kind kind, int width, int height,
	double box_width, double box_height, bool (*is_inside)(double x, double y));

#endif
