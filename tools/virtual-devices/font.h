#ifndef VT_VDEV_FONT_H
#define VT_VDEV_FONT_H

/* The printer's built-in character generator: two dot fonts and the code pages that matter in
 * Mexico. The dots are in font_data.c, written by make-font. */

#include <stdint.h>

#define FONT_A_WIDTH  12
#define FONT_A_HEIGHT 24
#define FONT_B_WIDTH  9
#define FONT_B_HEIGHT 17

/* Rows of one glyph, top first; bit 15 is the leftmost dot. */
struct font_glyph {
	uint16_t code_point; /* all our code pages lie in the basic plane */
	uint16_t a[FONT_A_HEIGHT];
	uint16_t b[FONT_B_HEIGHT];
};

/* Sorted by code point. */
extern const struct font_glyph font_glyphs[];
extern const unsigned font_glyph_count;

/* Upper halves (80–FF) by ESC/POS code page number; 0 = the page has no such character. */
struct font_page {
	uint8_t number;
	const char *name;
	uint16_t upper[128];
};
extern const struct font_page font_pages[];
extern const unsigned font_page_count;

/* The glyph of a code point, or the hollow box of an unknown one. Never NULL. */
const struct font_glyph *font_find(uint16_t code_point);
/* Code point of a byte ≥ 80 in a page; U+FFFD for an unknown page or a hole in it. */
uint16_t font_decode(uint8_t page, uint8_t byte);

#endif
