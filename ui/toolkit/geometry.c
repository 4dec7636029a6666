#include "ui/toolkit/geometry.h"

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

struct rect rect_intersect(struct rect a, struct rect b)
{
	struct rect r;

	r.x = max_int(a.x, b.x);
	r.y = max_int(a.y, b.y);
	r.w = min_int(a.x + a.w, b.x + b.w) - r.x;
	r.h = min_int(a.y + a.h, b.y + b.h) - r.y;
	return rect_is_empty(&r) ? (struct rect){r.x, r.y, 0, 0} : r;
}

struct rect rect_union(struct rect a, struct rect b)
{
	struct rect r;

	if (rect_is_empty(&a))
		return b;
	if (rect_is_empty(&b))
		return a;
	r.x = min_int(a.x, b.x);
	r.y = min_int(a.y, b.y);
	r.w = max_int(a.x + a.w, b.x + b.w) - r.x;
	r.h = max_int(a.y + a.h, b.y + b.h) - r.y;
	return r;
}

struct rect rect_grow(struct rect a, int n)
{
	return (struct rect){a.x - n, a.y - n, a.w + 2 * n, a.h + 2 * n};
}

int64_t rect_area(const struct rect *a)
{
	return rect_is_empty(a) ? 0 : (int64_t)a->w * a->h;
}
