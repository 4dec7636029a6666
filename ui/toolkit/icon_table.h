#ifndef VT_UI_TOOLKIT_ICON_TABLE_H
#define VT_UI_TOOLKIT_ICON_TABLE_H

/* Which code points of the three icon fonts (assets/icons) draw an icon. The table is written by
 * tools/make-icons, sorted by name. */

#include <stddef.h>
#include <stdint.h>

struct icon_glyphs {
	const char *name;      /* Phosphor's own, e.g. "arrow-right" */
	uint32_t duotone_back; /* drawn first at 22 % alpha; 0 = this icon has no back */
	uint32_t duotone_line; /* drawn over it at 100 % */
	uint32_t bold;
	uint32_t fill;
};

extern const struct icon_glyphs icon_table[];
extern const size_t icon_table_count;

/* The row of that name, or NULL. */
const struct icon_glyphs *icon_find(const char *name);

#endif
