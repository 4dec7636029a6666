#include "ui/toolkit/profile.h"

#include <math.h>

/* A hair below a whole pixel counts as that pixel: 20 mm × 4.03 must not become 81.0000001 → 82. */
#define ROUNDING 1e-6

/* EN 301 549 8.3: operable parts at most 1,220 mm above the floor. */
#define REACH_MM 1220

struct profile profile_reference(void)
{
	return (struct profile){1080, 1920, PROFILE_REFERENCE_PX_PER_MM, 600, 800};
}

struct profile profile_developer(void)
{
	return (struct profile){540, 960, 2.0, 600, 800};
}

static int ceil_away(double value)
{
	return (int)(value < 0 ? floor(value + ROUNDING) : ceil(value - ROUNDING));
}

int profile_px(const struct profile *profile, int units)
{
	return ceil_away(units * profile->px_per_mm / PROFILE_REFERENCE_PX_PER_MM);
}

int profile_mm_to_px(const struct profile *profile, double mm)
{
	return ceil_away(mm * profile->px_per_mm);
}

int profile_mm_to_units(double mm)
{
	return ceil_away(mm * PROFILE_REFERENCE_PX_PER_MM);
}

int profile_units(const struct profile *profile, int px)
{
	return (int)floor(px * PROFILE_REFERENCE_PX_PER_MM / profile->px_per_mm + ROUNDING);
}

int profile_reach_units(const struct profile *profile)
{
	int mm = REACH_MM - profile->screen_bottom_mm;

	return (int)floor((mm > 0 ? mm : 0) * PROFILE_REFERENCE_PX_PER_MM);
}
