#include "ui/toolkit/type.h"

#include <math.h>
#include <stdbool.h>

#include "terminal/base/assert.h"

/* How a role follows the citizen's text size (UI.md §4). Titles are large already and grow less
 * than body text, or two words would fill a line. */
enum growth { GROW_FULL, GROW_TITLE };

struct role {
	enum face face;
	int units;
	int line_percent;	/* at normal size */
	int line_large_percent; /* at the larger sizes, where lines are shorter */
	enum growth growth;
};

static const struct role roles[TYPE_ROLE_COUNT] = {
	[TYPE_BODY] = {FACE_TEXT, 30, 135, 120, GROW_FULL},
	[TYPE_BODY_STRONG] = {FACE_TEXT_STRONG, 30, 130, 120, GROW_FULL},
	[TYPE_CAPTION] = {FACE_TEXT_STRONG, 28, 125, 118, GROW_FULL},
	[TYPE_SMALL] = {FACE_TEXT, 28, 130, 120, GROW_FULL},
	[TYPE_LABEL] = {FACE_TEXT_STRONG, 29, 118, 115, GROW_FULL},
	[TYPE_BUTTON] = {FACE_TEXT_STRONG, 34, 120, 115, GROW_FULL},
	[TYPE_VALUE] = {FACE_TEXT_STRONG, 32, 125, 118, GROW_FULL},
	[TYPE_LEAD] = {FACE_TEXT, 32, 135, 120, GROW_FULL},
	[TYPE_HEADING] = {FACE_TITLE_MEDIUM, 36, 120, 115, GROW_FULL},
	[TYPE_CARD_TITLE] = {FACE_TITLE, 38, 115, 115, GROW_FULL},
	[TYPE_BRAND] = {FACE_TITLE, 34, 115, 115, GROW_FULL},
	[TYPE_TITLE] = {FACE_TITLE, 56, 112, 112, GROW_TITLE},
	[TYPE_TITLE_LARGE] = {FACE_TITLE, 60, 112, 112, GROW_TITLE},
	[TYPE_DISPLAY] = {FACE_TITLE, 104, 105, 105, GROW_TITLE},
	[TYPE_CURP] = {FACE_TITLE_MEDIUM, 54, 120, 120, GROW_TITLE},
	[TYPE_KEY] = {FACE_TITLE_MEDIUM, 38, 120, 120, GROW_TITLE},
	[TYPE_KEY_WORD] = {FACE_TEXT_STRONG, 30, 120, 115, GROW_FULL},
	[TYPE_AMOUNT] = {FACE_TITLE, 54, 115, 115, GROW_TITLE},
	[TYPE_COUNT_DOWN] = {FACE_TITLE, 84, 105, 105, GROW_TITLE},
};

static const struct {
	double factor, title_factor;
	int floor;
} sizes[TEXT_SIZE_COUNT] = {
	[TEXT_NORMAL] = {1.0, 1.0, 28},
	[TEXT_LARGE] = {1.25, 1.12, 37},
	[TEXT_EXTRA] = {1.45, 1.22, 42},
	[TEXT_MAX] = {1.65, 1.3, 49},
};

/* Capitals of Noto Sans (714/1000) and Montserrat (700/1000). */
#define CAP_TEXT  0.714
#define CAP_TITLE 0.700

struct type_metrics type_metrics(
	const struct profile *profile, enum type_role role, enum text_size size)
{
	VT_ASSERT((unsigned)role < TYPE_ROLE_COUNT);
	VT_ASSERT((unsigned)size < TEXT_SIZE_COUNT);
	const struct role *r = &roles[role];
	double factor = r->growth == GROW_TITLE ? sizes[size].title_factor : sizes[size].factor;
	/* Up to whole units first: body at Grande is 37.5 and means 38 (UI.md §4). */
	int units = (int)ceil(r->units * factor - 1e-6);
	struct type_metrics m;

	if (units < sizes[size].floor)
		units = sizes[size].floor;
	m.face = r->face;
	m.px = profile_px(profile, units);
	int percent = size == TEXT_NORMAL ? r->line_percent : r->line_large_percent;
	m.line_px = (m.px * percent + 99) / 100;
	bool is_title = r->face == FACE_TITLE || r->face == FACE_TITLE_MEDIUM;
	m.cap_mm = m.px * (is_title ? CAP_TITLE : CAP_TEXT) / profile->px_per_mm;
	return m;
}

int type_floor_units(enum text_size size)
{
	VT_ASSERT((unsigned)size < TEXT_SIZE_COUNT);
	return sizes[size].floor;
}
