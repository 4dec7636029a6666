#ifndef VT_UI_TOOLKIT_PROFILE_H
#define VT_UI_TOOLKIT_PROFILE_H

/* The panel: how many pixels, how dense, how far from the eye (UI.md §3), and the unit of length.
 *
 * All lengths of screens and widgets are *units*: pixels of the reference panel (21.5", 1080×1920,
 * 4.03 px/mm), the numbers of UI.md. 1 unit = 1/4.03 mm. The toolkit turns them into device pixels;
 * targets and gaps are rounded up, so that 20 mm stay 20 mm. */

#define PROFILE_REFERENCE_PX_PER_MM 4.03

struct profile {
	int width_px, height_px;
	double px_per_mm;     /* 1.5 … 12 */
	int viewing_mm;	      /* distance of the eye, 600 by default */
	int screen_bottom_mm; /* lower edge of the screen above the floor, for reach mode */
};

/* The reference device: 1080×1920 at 4.03 px/mm, 600 mm, lower edge 800 mm above the floor. */
struct profile profile_reference(void);
/* For a developer's desktop: 540×960 at 2.0 px/mm. */
struct profile profile_developer(void);

/* Units to device pixels, rounded up; negative units round away from zero. */
int profile_px(const struct profile *profile, int units);
/* Millimetres to device pixels, rounded up. */
int profile_mm_to_px(const struct profile *profile, double mm);
/* Millimetres to units, rounded up: for specs that are given in millimetres. */
int profile_mm_to_units(double mm);
/* Device pixels to units, rounded down: how much room there is. */
int profile_units(const struct profile *profile, int px);
/* Height in units, from the bottom, that a seated person reaches (UI.md §11). */
int profile_reach_units(const struct profile *profile);

#endif
