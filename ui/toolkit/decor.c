#include "ui/toolkit/decor.h"

#include <stddef.h>

/* ---- emblem ---- */

/* The portal in a box 173 wide and 160 high: five steps and an arch. */
#define EMBLEM_W 173
#define EMBLEM_H 160

static bool is_in_emblem(double x, double y)
{
	static const struct {
		double left, top, right, bottom;
	} blocks[] = {
		{77, 0, 96, 21},
		{62, 31, 111, 58},
		{40, 68, 133, 95},
		{19, 105, 154, 132},
		{0, 142, 173, 160},
	};
	/* The arch: a half circle of radius 12 around (86.5, 86) and the door under it. */
	double dx = x - 86.5, dy = y - 86;

	if (y > 74 && y < 142 && dx * dx < 144 && (dy > 0 || dx * dx + dy * dy < 144))
		return false;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (x >= blocks[i].left && x < blocks[i].right && y >= blocks[i].top &&
			y < blocks[i].bottom)
			return true;
	return false;
}

void decor_emblem(const struct painter *p, struct rect rect, uint32_t color)
{
	int h = rect.h, w = h * EMBLEM_W / EMBLEM_H;

	if (w > rect.w) {
		w = rect.w;
		h = w * EMBLEM_H / EMBLEM_W;
	}
	if (w < 1 || h < 1)
		return;
	const uint8_t *mask =
		shape_drawing(p->shapes, SHAPE_EMBLEM, w, h, EMBLEM_W, EMBLEM_H, is_in_emblem);
	if (mask)
		paint_mask(p, &(struct paint_mask){mask, w, h, w}, rect.x + (rect.w - w) / 2,
			rect.y + (rect.h - h) / 2, color);
}

/* ---- stepped fret (xicalcoliuhqui): a stair and a hook ---- */

#define FRET_ROWS    8
#define FRET_COLUMNS 14
/* From one fret to the next, in units. */
#define FRET_PITCH 18

static const char fret[FRET_ROWS][FRET_COLUMNS + 1] = {
	"      ########",
	"      #      #",
	"    ###      #",
	"    #    ### #",
	"  ###    # # #",
	"  #      #   #",
	"###      #####",
	"#             ",
};

static void draw_fret(const struct painter *p, int x, int y, int unit, uint32_t color)
{
	for (int row = 0; row < FRET_ROWS; row++) {
		for (int from = 0; from < FRET_COLUMNS;) {
			int to = from;
			while (to < FRET_COLUMNS && fret[row][to] == '#')
				to++;
			if (to > from)
				paint_fill(p,
					(struct rect){x + from * unit, y + row * unit,
						(to - from) * unit, unit},
					color);
			from = to + 1;
		}
	}
}

/* 13 % of 255 (UI.md §15.7). */
#define FIELD_ALPHA 33
/* Frets begin to show at three tenths of the width. */
#define FIELD_FROM_PERCENT 30

void decor_fret_field(const struct painter *p, struct rect rect, int unit, uint32_t color)
{
	int pitch_x = FRET_PITCH * unit, pitch_y = 11 * unit, shift = 10 * unit;
	struct painter inside = *p;

	inside.clip = rect_intersect(p->clip, rect);
	if (rect_is_empty(&inside.clip) || unit < 1)
		return;
	for (int row = 0; row * pitch_y < rect.h; row++) {
		int start = rect.x - pitch_x + row * shift % pitch_x;
		for (int x = start; x < rect.x + rect.w; x += pitch_x) {
			int percent = (x - rect.x) * 100 / rect.w;
			if (percent < FIELD_FROM_PERCENT)
				continue;
			uint32_t alpha = (uint32_t)(FIELD_ALPHA * (percent - FIELD_FROM_PERCENT) /
						    (100 - FIELD_FROM_PERCENT));
			draw_fret(&inside, x, rect.y - unit + row * pitch_y, unit,
				(color & 0xFFFFFF) | alpha << 24);
		}
	}
}

void decor_fret_band(const struct painter *p, struct rect rect, uint32_t color)
{
	int unit = rect.h / (FRET_ROWS + 1);
	struct painter inside = *p;

	inside.clip = rect_intersect(p->clip, rect);
	if (rect_is_empty(&inside.clip) || unit < 1)
		return;
	int top = rect.y + rect.h - (FRET_ROWS + 1) * unit;
	for (int x = rect.x + unit; x < rect.x + rect.w; x += FRET_PITCH * unit)
		draw_fret(&inside, x, top, unit, color);
	paint_fill(&inside, (struct rect){rect.x, rect.y + rect.h - unit, rect.w, unit}, color);
}
