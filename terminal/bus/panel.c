#include "terminal/bus/panel.h"

#include <stdint.h>
#include <stdlib.h>

#define ONE INT64_C(1000000)

/* Along the main directions, share of the frame: a touch surface is at most twice or half the
 * picture. Across: rotated by some degrees, on a panel of 16 : 9. */
#define MIN_ALONG  (ONE / 2)
#define MAX_ALONG  (2 * ONE)
#define MAX_ACROSS (ONE * 3 / 10)
/* The middle of the surface is near the middle of the picture. */
#define MAX_AWAY (ONE * 35 / 100)

bool panel_has_touch(const struct panel_touch *touch)
{
	return touch->xx != 0 || touch->xy != 0 || touch->yx != 0 || touch->yy != 0;
}

static bool is_pair(int64_t along_x, int64_t along_y, int64_t across_x, int64_t across_y)
{
	return llabs(along_x) >= MIN_ALONG && llabs(along_x) <= MAX_ALONG &&
	       llabs(along_y) >= MIN_ALONG && llabs(along_y) <= MAX_ALONG &&
	       llabs(across_x) <= MAX_ACROSS && llabs(across_y) <= MAX_ACROSS;
}

bool panel_touch_is_plausible(const struct panel_touch *touch)
{
	const int64_t x = ((int64_t)touch->xx + touch->xy) / 2 + touch->x0,
		      y = ((int64_t)touch->yx + touch->yy) / 2 + touch->y0;

	if (!panel_has_touch(touch))
		return touch->x0 == 0 && touch->y0 == 0;
	return (is_pair(touch->xx, touch->yy, touch->xy, touch->yx) ||
		       is_pair(touch->xy, touch->yx, touch->xx, touch->yy)) &&
	       llabs(x - ONE / 2) <= MAX_AWAY && llabs(y - ONE / 2) <= MAX_AWAY;
}

static int held(int64_t value, int size)
{
	return value < 0 ? 0 : value >= size ? size - 1 : (int)value;
}

/* Rounded to the nearest, away from zero as well below it. */
static int64_t divided(int64_t value, int64_t by)
{
	return (value >= 0 ? value + by / 2 : value - by / 2) / by;
}

void panel_map_touch(const struct panel_touch *touch, int width_px, int height_px, int x, int y,
	int *ret_x, int *ret_y)
{
	int64_t mapped_x = x, mapped_y = y;

	/* Frames are at most 8192 pixels, coefficients 31 bits: 57 bits at most. */
	if (panel_has_touch(touch)) {
		mapped_x = divided((int64_t)touch->xx * x + (int64_t)touch->x0 * width_px +
					   divided((int64_t)touch->xy * y * width_px, height_px),
			ONE);
		mapped_y = divided((int64_t)touch->yy * y + (int64_t)touch->y0 * height_px +
					   divided((int64_t)touch->yx * x * height_px, width_px),
			ONE);
	}
	*ret_x = held(mapped_x, width_px);
	*ret_y = held(mapped_y, height_px);
}
