#ifndef VT_BUS_PANEL_H
#define VT_BUS_PANEL_H

/* The panel as its keepers have measured it: how dense, how high, and where a touch really is. Core
 * keeps it, each screen model carries it, the ui obeys it. Integers, so that what is kept, sent and
 * shown is the same number. All zero: as terminal.conf says. */

#include <stdbool.h>

/* Where a finger is, from where the panel says that it is. Both as shares of the frame's width and
 * height, in millionths, so that turned and mirrored panels have coefficients near ±1 000 000:
 *
 *	x' = xx x + xy y + x0
 *	y' = yx x + yy y + y0
 *
 * All zero: a touch is where the panel says. */
struct panel_touch {
	int xx, xy, x0, yx, yy, y0;
	int error_um; /* mean distance of the nine points from their crosses, micrometres */
};

struct screen_panel {
	int px_per_m;  /* density: 4030 is 4.03 px/mm */
	int bottom_mm; /* lower edge of what is shown, above the floor */
	struct panel_touch touch;
};

/* Of all panels that people touch; outside it was no bank card that was measured (UI.md section 3
 * has 2.71 to 5.88). */
#define PANEL_MIN_PX_PER_M  2000
#define PANEL_MAX_PX_PER_M  8000
#define PANEL_MIN_BOTTOM_MM 200
#define PANEL_MAX_BOTTOM_MM 1600

/* Is there a map at all? */
bool panel_has_touch(const struct panel_touch *touch);
/* Can it be a panel in front of which a person stands: straight or turned by quarters, mirrored or
 * not, a little skew, of about the frame's size and place? All zero is. */
bool panel_touch_is_plausible(const struct panel_touch *touch);
/* The point of the frame where the finger is; x and y in pixels. Held inside the frame. */
void panel_map_touch(const struct panel_touch *touch, int width_px, int height_px, int x, int y,
	int *ret_x, int *ret_y);

#endif
