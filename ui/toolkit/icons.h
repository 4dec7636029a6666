#ifndef VT_UI_TOOLKIT_ICONS_H
#define VT_UI_TOOLKIT_ICONS_H

/* Icon names to glyphs of the icon fonts.
 *
 * assets/icons/icons.tsv, one icon a line, '#' starts a comment, columns separated by one tab:
 *
 *	name	duotone-back	duotone-line	bold	fill
 *	credit-card	e1d2	e1d3	e1d2	e1d2
 *
 * Code points in hex; '-' where the subset has no such glyph. The fonts beside it are
 * duotone.ttf, bold.ttf and fill.ttf. */

#include <stdint.h>

#include "terminal/base/error.h"

struct icon {
	char name[32];
	uint32_t duotone_back, duotone_line, bold, fill; /* 0 = none */
};

struct icon_table;

/* VT_ERR_NOT_FOUND, VT_ERR_PARSE with the line, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code icons_load(
	const char *path, struct icon_table **ret_table, struct vt_error *error);
void icons_free(struct icon_table **table);
/* NULL if there is no such icon. */
const struct icon *icons_find(const struct icon_table *table, const char *name);

#endif
