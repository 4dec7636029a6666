#include "ui/screens/fit.h"

#include <math.h>

#define ONE 1000000.0
/* Touches that spread less than this (squared shares) are all on one line or one point. */
#define LEAST_SPREAD 1e-3

/* One axis: wanted ≈ by_x x + by_y y + offset. */
struct axis {
	double by_x, by_y, offset;
};

/* Around their means, where the normal equations are two and well conditioned. */
struct sums {
	double mean_x, mean_y, xx, xy, yy;
};

static struct sums sums_of(const struct fit_point *points, size_t count)
{
	struct sums s = {0};

	for (size_t i = 0; i < count; i++) {
		s.mean_x += points[i].touched_x / (double)count;
		s.mean_y += points[i].touched_y / (double)count;
	}
	for (size_t i = 0; i < count; i++) {
		const double x = points[i].touched_x - s.mean_x, y = points[i].touched_y - s.mean_y;

		s.xx += x * x;
		s.xy += x * y;
		s.yy += y * y;
	}
	return s;
}

static double wanted(const struct fit_point *point, bool is_y)
{
	return is_y ? point->wanted_y : point->wanted_x;
}

static struct axis fit_axis(
	const struct fit_point *points, size_t count, const struct sums *s, bool is_y)
{
	const double determinant = s->xx * s->yy - s->xy * s->xy;
	double mean = 0, x = 0, y = 0;
	struct axis axis;

	for (size_t i = 0; i < count; i++) {
		mean += wanted(&points[i], is_y) / (double)count;
		x += wanted(&points[i], is_y) * (points[i].touched_x - s->mean_x);
		y += wanted(&points[i], is_y) * (points[i].touched_y - s->mean_y);
	}
	axis.by_x = (x * s->yy - y * s->xy) / determinant;
	axis.by_y = (y * s->xx - x * s->xy) / determinant;
	axis.offset = mean - axis.by_x * s->mean_x - axis.by_y * s->mean_y;
	return axis;
}

static double missed_mm(const struct axis *x, const struct axis *y, const struct fit_point *point,
	double width_mm, double height_mm)
{
	const double dx = x->by_x * point->touched_x + x->by_y * point->touched_y + x->offset -
			  point->wanted_x,
		     dy = y->by_x * point->touched_x + y->by_y * point->touched_y + y->offset -
			  point->wanted_y;

	return hypot(dx * width_mm, dy * height_mm);
}

/* Far outside what is plausible; that it fits an int. */
static int millionths(double share)
{
	return fabs(share) > 100 ? 100 * (int)ONE : (int)lround(share * ONE);
}

enum fit_verdict fit_touch(const struct fit_point *points, size_t count, double width_mm,
	double height_mm, struct panel_touch *ret_touch, double *ret_worst_mm)
{
	const struct sums s = sums_of(points, count);
	double worst = 0, mean = 0;

	*ret_worst_mm = -1;
	if (s.xx < LEAST_SPREAD || s.yy < LEAST_SPREAD ||
		s.xx * s.yy - s.xy * s.xy < LEAST_SPREAD * LEAST_SPREAD)
		return FIT_IMPLAUSIBLE;
	const struct axis x = fit_axis(points, count, &s, false),
			  y = fit_axis(points, count, &s, true);
	for (size_t i = 0; i < count; i++) {
		const double mm = missed_mm(&x, &y, &points[i], width_mm, height_mm);

		worst = mm > worst ? mm : worst;
		mean += mm / (double)count;
	}
	*ret_worst_mm = worst;
	const struct panel_touch touch = {.xx = millionths(x.by_x),
		.xy = millionths(x.by_y),
		.x0 = millionths(x.offset),
		.yx = millionths(y.by_x),
		.yy = millionths(y.by_y),
		.y0 = millionths(y.offset),
		.error_um = (int)lround((mean < 1000 ? mean : 1000) * 1000)};
	if (!panel_touch_is_plausible(&touch))
		return FIT_IMPLAUSIBLE;
	if (worst > FIT_WORST_MM)
		return FIT_FAR;
	*ret_touch = touch;
	return FIT_GOOD;
}
