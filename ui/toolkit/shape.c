/* Shadows: the Gaussian of a rounded rectangle has no closed form, but along x it is a difference
 * of two error functions once y is fixed, so six samples in y suffice (Evan Wallace, "Fast Rounded
 * Rectangle Shadows"). Some milliseconds for a large σ, hence once per shape. */

#include "ui/toolkit/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"

/* Kinds of shapes alive at once; a screen uses about a dozen. When it is full everything goes. */
#define MAX_SHAPES 96
/* And all together: quarters of 20 dialogue shadows. */
#define MAX_BYTES ((size_t)4 * 1024 * 1024)

struct shape {
	int sigma_16, radius, width, height; /* sigma_16 = 0: a corner; < 0: a drawing */
	uint8_t *data;
	size_t bytes;
	int quarter_width, quarter_height;
};

struct shape_cache {
	struct shape shapes[MAX_SHAPES];
	size_t count, bytes;
};

struct shape_cache *shape_cache_create(void)
{
	return calloc(1, sizeof(struct shape_cache));
}

static void clear(struct shape_cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		free(cache->shapes[i].data);
	memset(cache, 0, sizeof(*cache));
}

void shape_cache_destroy(struct shape_cache **cache)
{
	if (!*cache)
		return;
	clear(*cache);
	free(*cache);
	*cache = NULL;
}

size_t shape_cache_bytes(const struct shape_cache *cache)
{
	return cache->bytes;
}

static struct shape *find(
	struct shape_cache *cache, int sigma_16, int radius, int width, int height)
{
	for (size_t i = 0; i < cache->count; i++) {
		struct shape *s = &cache->shapes[i];
		if (s->sigma_16 == sigma_16 && s->radius == radius && s->width == width &&
			s->height == height)
			return s;
	}
	return NULL;
}

static struct shape *add(struct shape_cache *cache, const struct shape *like, size_t bytes)
{
	if (cache->count == MAX_SHAPES || cache->bytes + bytes > MAX_BYTES)
		clear(cache);
	struct shape *s = &cache->shapes[cache->count];
	*s = *like;
	s->data = malloc(bytes);
	if (!s->data)
		return NULL;
	s->bytes = bytes;
	cache->bytes += bytes;
	cache->count++;
	return s;
}

static uint8_t to_byte(double coverage)
{
	return coverage <= 0 ? 0 : coverage >= 1 ? 255 : (uint8_t)lrint(coverage * 255);
}

const uint8_t *shape_corner(struct shape_cache *cache, int radius)
{
	VT_ASSERT(radius > 0 && radius <= SHAPE_MAX_RADIUS);
	struct shape *s = find(cache, 0, radius, 0, 0);

	if (s)
		return s->data;
	s = add(cache, &(struct shape){.radius = radius}, (size_t)radius * (size_t)radius);
	if (!s)
		return NULL;
	for (int y = 0; y < radius; y++) {
		for (int x = 0; x < radius; x++) {
			double d = hypot(radius - x - 0.5, radius - y - 0.5) - radius;
			s->data[y * radius + x] = to_byte(0.5 - d);
		}
	}
	return s->data;
}

/* Shadow along x at height y inside the box: half-sizes hx, hy, all around the centre. */
static double along_x(double x, double y, double sigma, double radius, double hx, double hy)
{
	double delta = fmin(hy - radius - fabs(y), 0);
	double curved = hx - radius + sqrt(fmax(0, radius * radius - delta * delta));
	double scale = M_SQRT1_2 / sigma;

	return 0.5 * (erf((x + curved) * scale) - erf((x - curved) * scale));
}

static double shadow_at(double x, double y, double sigma, double radius, double hx, double hy)
{
	double start = fmin(fmax(-3 * sigma, y - hy), y + hy);
	double end = fmin(fmax(3 * sigma, y - hy), y + hy);
	double step = (end - start) / 6, at = start + step / 2, value = 0;

	for (int i = 0; i < 6; i++, at += step) {
		double gauss = exp(-at * at / (2 * sigma * sigma)) / (sqrt(2 * M_PI) * sigma);
		value += along_x(x, y - at, sigma, radius, hx, hy) * gauss * step;
	}
	return value;
}

struct shape_shadow shape_shadow(
	struct shape_cache *cache, int sigma_16, int radius, int box_width, int box_height)
{
	VT_ASSERT(sigma_16 > 0 && radius >= 0);
	double sigma = sigma_16 / 16.0;
	int margin = (int)ceil(3 * sigma);
	/* From here on inwards a longer box looks the same in its middle. */
	int enough = 2 * (radius + margin) + 2;
	int w = box_width < enough ? box_width : enough;
	int h = box_height < enough ? box_height : enough;
	struct shape_shadow shadow = {
		.margin = margin, .width = margin + (w + 1) / 2, .height = margin + (h + 1) / 2};
	struct shape *s = find(cache, sigma_16, radius, w, h);

	if (!s) {
		s = add(cache,
			&(struct shape){
				.sigma_16 = sigma_16, .radius = radius, .width = w, .height = h},
			(size_t)shadow.width * (size_t)shadow.height);
		for (int y = 0; s && y < shadow.height; y++)
			for (int x = 0; x < shadow.width; x++)
				s->data[y * shadow.width + x] = to_byte(shadow_at(
					x + 0.5 - margin - w / 2.0, y + 0.5 - margin - h / 2.0,
					sigma, radius, w / 2.0, h / 2.0));
	}
	shadow.data = s ? s->data : NULL;
	return shadow;
}

const uint8_t *shape_drawing(struct shape_cache *cache, enum shape_kind kind, int width, int height,
	double box_width, double box_height, bool (*is_inside)(double x, double y))
{
	struct shape like = {.sigma_16 = -(int)kind, .width = width, .height = height};
	struct shape *s = find(cache, like.sigma_16, 0, width, height);

	if (s)
		return s->data;
	s = add(cache, &like, (size_t)width * (size_t)height);
	for (int y = 0; s && y < height; y++) {
		for (int x = 0; x < width; x++) {
			int hits = 0;
			for (int i = 0; i < 16; i++)
				hits += is_inside((x + ((i & 3) + 0.5) / 4) * box_width / width,
					(y + ((i >> 2) + 0.5) / 4) * box_height / height);
			s->data[y * width + x] = to_byte(hits / 16.0);
		}
	}
	return s ? s->data : NULL;
}
