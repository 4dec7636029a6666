#ifndef VT_UI_SCREENS_SEARCH_H
#define VT_UI_SCREENS_SEARCH_H

/* Finding a service by what people call it: words of its name, its agency and its synonyms in the
 * catalogue, without accents and case. Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/bus/screen.h"

/* Lower-case ASCII words of text in dst[size], one blank between two: "Áéñ Ǐ-ꞌ" = "aen". What has
 * no base letter parts words; what does not fit is cut. */
void search_fold(char *dst, size_t size, const char *text);

/* Indexes of the items that query means, best first: each of its words (but "de", "la" …) begins a
 * word of the item. Those that are named so come before those that are only called so. Returns how
 * many; none for a query without a word. */
size_t search_find(const struct screen_item *items, size_t count, const char *query,
	size_t ret_index[SCREEN_MAX_ITEMS]);

#endif
