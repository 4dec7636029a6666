#include "tools/virtual-devices/font.h"

#include <stddef.h>

/* What the real printer prints for a code it has no dots for: nothing; a box shows the mistake. */
static const struct font_glyph box = {
	.code_point = 0xfffd,
	.a = {0, 0, 0, 0, 0x7fc0, 0x4040, 0x4040, 0x4040, 0x4040, 0x4040, 0x4040, 0x4040, 0x4040,
		0x4040, 0x4040, 0x4040, 0x4040, 0x4040, 0x7fc0},
	.b = {0, 0, 0, 0x7e00, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200,
		0x7e00},
};

const struct font_glyph *font_find(uint16_t code_point)
{
	unsigned low = 0, high = font_glyph_count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (font_glyphs[middle].code_point == code_point)
			return &font_glyphs[middle];
		if (font_glyphs[middle].code_point < code_point)
			low = middle + 1;
		else
			high = middle;
	}
	return &box;
}

uint16_t font_decode(uint8_t page, uint8_t byte)
{
	for (unsigned i = 0; i < font_page_count; i++) {
		if (font_pages[i].number == page && byte >= 0x80 &&
			font_pages[i].upper[byte - 0x80])
			return font_pages[i].upper[byte - 0x80];
	}
	return 0xfffd;
}
