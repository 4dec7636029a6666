#ifndef VT_UI_TOOLKIT_GEOMETRY_H
#define VT_UI_TOOLKIT_GEOMETRY_H

/* Rectangles in device pixels. */

#include <stdbool.h>
#include <stdint.h>

struct rect {
	int x, y, w, h; /* empty if w ≤ 0 or h ≤ 0 */
};

static inline bool rect_is_empty(const struct rect *a)
{
	return a->w <= 0 || a->h <= 0;
}

static inline bool rect_contains(const struct rect *a, int x, int y)
{
	return x >= a->x && y >= a->y && x < a->x + a->w && y < a->y + a->h;
}

/* True if all of inner lies in outer. */
static inline bool rect_covers(const struct rect *outer, const struct rect *inner)
{
	return inner->x >= outer->x && inner->y >= outer->y &&
	       inner->x + inner->w <= outer->x + outer->w &&
	       inner->y + inner->h <= outer->y + outer->h;
}

/* Common part; empty (w = h = 0) if there is none. */
struct rect rect_intersect(struct rect a, struct rect b);
/* Smallest rectangle around both; an empty one does not count. */
struct rect rect_union(struct rect a, struct rect b);
/* a grown by n on all four sides (shrunk if n < 0). */
struct rect rect_grow(struct rect a, int n);
int64_t rect_area(const struct rect *a);

#endif
