#ifndef VT_UI_TOOLKIT_DECOR_H
#define VT_UI_TOOLKIT_DECOR_H

/* Decoration drawn by code: no coat of arms, no logotype (UI.md §5). */

#include "ui/toolkit/paint.h"

/* Neutral emblem, a stepped portal, as large as fits into rect, centred. */
void decor_emblem(const struct painter *p, struct rect rect, uint32_t color);
/* Rows of stepped frets fading in to the right, unit pixels thick, at most 13 % of color. */
void decor_fret_field(const struct painter *p, struct rect rect, int unit, uint32_t color);
/* One row of frets standing on a line at the bottom of rect. */
void decor_fret_band(const struct painter *p, struct rect rect, uint32_t color);

#endif
