#include "ui/toolkit/paint.h"

#include <math.h>
#include <stddef.h>

/* ---- one pixel ---- */

/* dst × (255 − a) + color × a, rounded, for all three channels; two of them in one multiplication.
 */
static inline uint32_t mix(uint32_t dst, uint32_t color, uint32_t a)
{
	uint32_t na = 255 - a;
	uint32_t rb = (color & 0xFF00FF) * a + (dst & 0xFF00FF) * na + 0x800080;
	uint32_t g = (color >> 8 & 0xFF) * a + (dst >> 8 & 0xFF) * na + 0x80;

	rb = (rb + (rb >> 8 & 0xFF00FF)) >> 8 & 0xFF00FF;
	g = (g + (g >> 8)) & 0xFF00;
	return 0xFF000000u | rb | g;
}

static inline uint32_t div255(uint32_t x)
{
	x += 0x80;
	return (x + (x >> 8)) >> 8;
}

/* dst, b and f with weights (255 − wb − wf), wb, wf: border and fill meet without a seam. */
static inline uint32_t mix3(uint32_t dst, uint32_t b, uint32_t wb, uint32_t f, uint32_t wf)
{
	uint32_t wd = 255 - wb - wf, out = 0xFF000000u;

	for (int shift = 0; shift < 24; shift += 8)
		out |= div255((dst >> shift & 0xFF) * wd + (b >> shift & 0xFF) * wb +
			       (f >> shift & 0xFF) * wf)
		       << shift;
	return out;
}

static inline uint32_t *row_at(const struct painter *p, int y)
{
	return p->canvas->pixels + (ptrdiff_t)y * p->canvas->width;
}

static void fill_run(uint32_t *row, int x, int end, uint32_t color, uint32_t alpha)
{
	if (alpha == 255)
		for (color |= 0xFF000000u; x < end; x++)
			row[x] = color;
	else if (alpha > 0)
		for (; x < end; x++)
			row[x] = mix(row[x], color, alpha);
}

/* ---- rectangle ---- */

void paint_fill(const struct painter *p, struct rect rect, uint32_t color)
{
	struct rect r = rect_intersect(rect, p->clip);

	for (int y = r.y; y < r.y + r.h; y++)
		fill_run(row_at(p, y), r.x, r.x + r.w, color, color >> 24);
}

/* ---- rounded box ---- */

/* 4×4 Bayer matrix: thresholds of the dither, in sixteenths. */
static const uint8_t bayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};

/* Colours of a gradient row for x & 3 = 0 … 3. */
static void gradient_row(const struct paint_box *box, int y, uint32_t ret[4])
{
	int h = box->rect.h, at = 2 * (y - box->rect.y) + 1;

	for (int x = 0; x < 4; x++)
		ret[x] = box->fill & 0xFF000000u;
	for (int shift = 0; shift < 24; shift += 8) {
		int top = (int)(box->fill >> shift & 0xFF);
		int bottom = (int)(box->fill_bottom >> shift & 0xFF);
		int value = top * 256 + (bottom - top) * 128 * at / h;
		for (int x = 0; x < 4; x++) {
			int dithered = (value + bayer[y & 3][x] * 16 + 8) >> 8;
			ret[x] |= (uint32_t)(dithered > 255 ? 255 : dithered) << shift;
		}
	}
}

static void pattern_run(uint32_t *row, int x, int end, const uint32_t pattern[4], uint32_t alpha)
{
	for (; x < end; x++)
		row[x] = alpha == 255 ? pattern[x & 3] | 0xFF000000u
				      : mix(row[x], pattern[x & 3], alpha);
}

/* What a row of a box needs to know. */
struct box_row {
	const struct paint_box *box;
	const uint8_t *outer, *inner;	     /* corner masks, NULL = square */
	int radius, inner_radius, border, y; /* y from the nearer edge */
	uint32_t fill[4];
	bool is_gradient;
	uint32_t fill_alpha, border_alpha;
};

/* Row y of a corner mask; NULL where the rectangle is as wide as its sides. */
static inline const uint8_t *mask_row(const uint8_t *mask, int radius, int y)
{
	return mask && y < radius ? mask + (ptrdiff_t)y * radius : NULL;
}

/* Coverage of a rounded rectangle at distance x from its edge. */
static inline uint32_t coverage(const uint8_t *mask, int radius, int x)
{
	return x < 0 ? 0 : mask && x < radius ? mask[x] : 255;
}

static void inside_run(const struct box_row *r, uint32_t *row, int x, int end)
{
	if (!r->is_gradient)
		fill_run(row, x, end, r->fill[0], r->fill_alpha);
	else
		pattern_run(row, x, end, r->fill, r->fill_alpha);
}

/* Pixels x … end − 1 from the edge inwards, each on its own until the fill alone is left. */
static void corner_run(const struct box_row *r, uint32_t *row, int x, int end, bool is_right)
{
	const struct rect *rect = &r->box->rect;
	const int inner_y = r->y - r->border, step = is_right ? -1 : 1;
	const uint8_t *outer = mask_row(r->outer, r->radius, r->y);
	const uint8_t *inner = inner_y < 0 ? NULL : mask_row(r->inner, r->inner_radius, inner_y);
	const uint32_t inside = inner_y < 0 ? 0 : 255; /* nothing of a row of border is */
	int at = is_right ? end - 1 : x, left = end - x;
	int edge = is_right ? rect->x + rect->w - end : x - rect->x;

	for (; left > 0; left--, at += step, edge++) {
		uint32_t out = coverage(outer, r->radius, edge), in = out;
		if (r->border_alpha)
			in = inside & coverage(inner, r->inner_radius, edge - r->border);
		uint32_t wb = div255((out - in) * r->border_alpha);
		uint32_t wf = div255(in * r->fill_alpha);
		if (wf == 255)
			break;
		if (wb == 255)
			row[at] = 0xFF000000u | r->box->border;
		else if (wb + wf > 0)
			row[at] = mix3(row[at], r->box->border, wb, r->fill[at & 3], wf);
	}
	if (left > 0)
		inside_run(r, row, is_right ? x : at, is_right ? at + 1 : end);
}

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static void box_row(const struct painter *p, const struct box_row *r, int y, int from, int to)
{
	const struct rect *rect = &r->box->rect;
	uint32_t *row = row_at(p, y);
	int side = r->y < r->radius || r->y < r->border
			   ? (r->radius > r->border ? r->radius : r->border)
			   : r->border;
	int left = clamp(rect->x + side, from, to);
	int right = clamp(rect->x + rect->w - side, left, to);

	corner_run(r, row, from, left, false);
	if (r->y < r->border)
		fill_run(row, left, right, r->box->border, r->border_alpha);
	else
		inside_run(r, row, left, right);
	corner_run(r, row, right, to, true);
}

void paint_box(const struct painter *p, const struct paint_box *box)
{
	struct rect area = rect_intersect(box->rect, p->clip);
	int half = (box->rect.w < box->rect.h ? box->rect.w : box->rect.h) / 2;
	struct box_row r = {.box = box, .fill_alpha = box->fill >> 24};

	if (rect_is_empty(&area))
		return;
	r.border_alpha = box->border_width > 0 ? box->border >> 24 : 0;
	r.border = r.border_alpha ? clamp(box->border_width, 0, half) : 0;
	r.radius = clamp(box->radius, 0, half < SHAPE_MAX_RADIUS ? half : SHAPE_MAX_RADIUS);
	r.inner_radius = clamp(r.radius - r.border, 0, half);
	/* The inner corner first: asking for the outer one may empty the cache under it, so both
	 * are asked for twice; the second time nothing is added. */
	for (int i = 0; i < 2; i++) {
		r.inner = r.inner_radius > 0 ? shape_corner(p->shapes, r.inner_radius) : NULL;
		r.outer = r.radius > 0 ? shape_corner(p->shapes, r.radius) : NULL;
	}
	r.is_gradient = box->fill_bottom != box->fill;
	for (int i = 0; i < 4; i++)
		r.fill[i] = box->fill;
	for (int y = area.y; y < area.y + area.h; y++) {
		int from_top = y - box->rect.y, from_bottom = box->rect.h - 1 - from_top;
		r.y = from_top < from_bottom ? from_top : from_bottom;
		if (r.is_gradient)
			gradient_row(box, y, r.fill);
		box_row(p, &r, y, area.x, area.x + area.w);
	}
}

/* ---- shadow ---- */

/* Index into a quarter for a position along a side of length size: mirrored behind the middle, the
 * last entry repeated between. */
static inline int mirror(int at, int size, int quarter)
{
	int other = size - 1 - at;

	if (other < at)
		at = other;
	return at < quarter ? at : quarter - 1;
}

/* Whether the shadow at this distance from its edge changes no pixel: div255() of it is 0. */
static inline bool is_nothing(const uint8_t *cover, int width, int at, uint32_t alpha)
{
	return at < width && cover[at] * alpha < 128;
}

/* Pixels x … end − 1 of a row of the shadow that starts at origin and is size wide: what the
 * quarter holds, its last column again and again, the quarter mirrored. */
static void shadow_run(uint32_t *row, const uint8_t *cover, const struct shape_shadow *s,
	int origin, int size, int x, int end, uint32_t color)
{
	const uint32_t alpha = color >> 24;
	const int last = origin + size - 1;
	int left, right;

	/* Far out nothing is left of it, after rounding. */
	while (x < end && is_nothing(cover, s->width, x - origin, alpha))
		x++;
	while (x < end && is_nothing(cover, s->width, last - (end - 1), alpha))
		end--;
	left = clamp(origin + s->width, x, end);
	right = clamp(origin + size - s->width, left, end);
	for (; x < left; x++)
		row[x] = mix(row[x], color, div255(cover[x - origin] * alpha));
	fill_run(row, x, right, color, div255(cover[s->width - 1] * alpha));
	for (x = right; x < end; x++)
		row[x] = mix(row[x], color, div255(cover[last - x] * alpha));
}

void paint_shadow(const struct painter *p, struct rect box, int radius, int dy, int sigma_16,
	uint32_t color, bool skip)
{
	int half = (box.w < box.h ? box.w : box.h) / 2;

	radius = clamp(radius, 0, half < SHAPE_MAX_RADIUS ? half : SHAPE_MAX_RADIUS);
	struct shape_shadow s = shape_shadow(p->shapes, sigma_16, radius, box.w, box.h);
	struct rect all = rect_grow(box, s.margin);
	all.y += dy;
	struct rect area = rect_intersect(all, p->clip);

	if (!s.data)
		return;
	for (int y = area.y; y < area.y + area.h; y++) {
		const uint8_t *cover =
			s.data + (ptrdiff_t)mirror(y - all.y, all.h, s.height) * s.width;
		int from = area.x, to = area.x + area.w, gap_from = to, gap_to = to;
		if (skip && y >= box.y && y < box.y + box.h) {
			bool is_corner = y < box.y + radius || y >= box.y + box.h - radius;
			int inset = is_corner ? radius : 0;
			gap_from = clamp(box.x + inset, from, to);
			gap_to = clamp(box.x + box.w - inset, gap_from, to);
		}
		shadow_run(row_at(p, y), cover, &s, all.x, all.w, from, gap_from, color);
		shadow_run(row_at(p, y), cover, &s, all.x, all.w, gap_to, to, color);
	}
}

/* ---- mask ---- */

void paint_mask(
	const struct painter *p, const struct paint_mask *mask, int x, int y, uint32_t color)
{
	struct rect area = rect_intersect((struct rect){x, y, mask->width, mask->height}, p->clip);
	uint32_t alpha = color >> 24, opaque = color | 0xFF000000u;

	for (int line = area.y; line < area.y + area.h; line++) {
		const uint8_t *cover = mask->data + (ptrdiff_t)(line - y) * mask->stride;
		uint32_t *row = row_at(p, line);
		for (int at = area.x; at < area.x + area.w; at++) {
			uint32_t a = cover[at - x];
			if (a == 0)
				continue;
			if (alpha != 255)
				a = div255(a * alpha);
			row[at] = a == 255 ? opaque : mix(row[at], color, a);
		}
	}
}

/* ---- ring ---- */

static double unit(double coverage_value)
{
	return coverage_value < 0 ? 0 : coverage_value > 1 ? 1 : coverage_value;
}

/* How much of the pixel at angle (0 … 2π from the top, clockwise) and radius r belongs to the part:
 * distances along the arc to its two ends, in pixels. */
static double ring_part(double angle, double r, int permille)
{
	double end = 2 * M_PI * permille / 1000;

	if (permille <= 0 || permille >= 1000)
		return permille <= 0 ? 0 : 1;
	double part = unit(fmin((end - angle) * r, angle * r) + 0.5);
	return fmax(part, unit((angle - 2 * M_PI) * r + 0.5));
}

void paint_ring(const struct painter *p, struct rect rect, int width, int permille, uint32_t color,
	uint32_t track)
{
	struct rect area = rect_intersect(rect, p->clip);
	double outer = (rect.w < rect.h ? rect.w : rect.h) / 2.0, inner = outer - width;
	double cx = rect.x + rect.w / 2.0, cy = rect.y + rect.h / 2.0;

	for (int y = area.y; y < area.y + area.h; y++) {
		uint32_t *row = row_at(p, y);
		for (int x = area.x; x < area.x + area.w; x++) {
			double dx = x + 0.5 - cx, dy = y + 0.5 - cy, r = hypot(dx, dy);
			double cover = unit(outer - r + 0.5) - unit(inner - r + 0.5);
			if (cover <= 0)
				continue;
			double angle = atan2(dx, -dy);
			double part = ring_part(angle < 0 ? angle + 2 * M_PI : angle, r, permille);
			row[x] = mix(
				row[x], track, (uint32_t)lrint(cover * (1 - part) * (track >> 24)));
			row[x] = mix(row[x], color, (uint32_t)lrint(cover * part * (color >> 24)));
		}
	}
}
