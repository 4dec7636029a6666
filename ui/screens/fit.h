#ifndef VT_UI_SCREENS_FIT_H
#define VT_UI_SCREENS_FIT_H

/* Nine touched crosses to the map of touches that fits them best (UI.md section 13): least squares,
 * each axis by itself. Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/bus/panel.h"

#define FIT_POINTS 9

/* Shares of the frame: 0 … 1. */
struct fit_point {
	double wanted_x, wanted_y;   /* middle of the cross */
	double touched_x, touched_y; /* where the panel said that the finger was; may lie outside */
};

enum fit_verdict {
	FIT_GOOD,
	FIT_FAR,	/* a cross was missed: the points do not agree with each other */
	FIT_IMPLAUSIBLE /* they agree on something that is no panel in front of a person */
};

/* A finger is within this of where it points, even a gloved one. */
#define FIT_WORST_MM 5.0

/* width_mm, height_mm: of the frame. *ret_touch is written if the verdict is good; *ret_worst_mm,
 * the largest distance of a point from its cross by the fit, unless there is no fit at all (then
 * -1). */
enum fit_verdict fit_touch(const struct fit_point *points, size_t count, double width_mm,
	double height_mm, struct panel_touch *ret_touch, double *ret_worst_mm);

#endif
