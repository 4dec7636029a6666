#ifndef VT_UI_TOOLKIT_TYPE_H
#define VT_UI_TOOLKIT_TYPE_H

/* Type roles (UI.md §4): face, size, line height, and how each grows with the citizen's text size.
 * The pixel size is max(size × factor, floor): nothing informative falls under the floor. */

#include "ui/toolkit/profile.h"

enum face {
	FACE_TEXT,	   /* Noto Sans 400 */
	FACE_TEXT_STRONG,  /* Noto Sans 600 */
	FACE_TITLE_MEDIUM, /* Montserrat 600 */
	FACE_TITLE,	   /* Montserrat 700 */
	FACE_ICON_DUOTONE,
	FACE_ICON_BOLD,
	FACE_ICON_FILL,
	FACE_COUNT
};

enum type_role {
	TYPE_BODY,	  /* N400 30 */
	TYPE_BODY_STRONG, /* N600 30 */
	TYPE_CAPTION,	  /* N600 28, the floor */
	TYPE_SMALL,	  /* N400 28: second lines */
	TYPE_LABEL,	  /* N600 29: card labels */
	TYPE_BUTTON,	  /* N600 34 */
	TYPE_VALUE,	  /* N600 32: values in rows */
	TYPE_LEAD,	  /* N400 32 */
	TYPE_HEADING,	  /* M600 36: section heading */
	TYPE_CARD_TITLE,  /* M700 38 */
	TYPE_BRAND,	  /* M700 34: product name in the header */
	TYPE_TITLE,	  /* M700 56: screen title */
	TYPE_TITLE_LARGE, /* M700 60: home, done */
	TYPE_DISPLAY,	  /* M700 104: attract */
	TYPE_CURP,	  /* M600 54: one character box */
	TYPE_KEY,	  /* M600 38 */
	TYPE_KEY_WORD,	  /* N600 30: "Borrar" */
	TYPE_AMOUNT,	  /* M700 54 */
	TYPE_COUNT_DOWN,  /* M700 84 */
	TYPE_ROLE_COUNT
};

enum text_size { TEXT_NORMAL, TEXT_LARGE, TEXT_EXTRA, TEXT_MAX, TEXT_SIZE_COUNT };

struct type_metrics {
	enum face face;
	int px;	       /* font size in device pixels */
	int line_px;   /* distance of base lines in device pixels */
	double cap_mm; /* height of capitals */
};

/* Metrics of a role at a text size on a panel. */
struct type_metrics type_metrics(
	const struct profile *profile, enum type_role role, enum text_size size);
/* Smallest font size in units that informative text may have at a text size (28, 37, 42, 49). */
int type_floor_units(enum text_size size);

#endif
