/* Writes font_data.c: the printer's dots, drawn from DejaVu Sans Mono in one bit per dot, and its
 * code pages, from iconv. Run by hand when a page is added:
 *   ninja -C build make-font && build/bin/make-font DejaVuSansMono.ttf > font_data.c
 * The result is in the tree, so that neither building nor printing needs a font file. */

#include <ft2build.h>
#include FT_FREETYPE_H

#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/virtual-devices/font.h"

/* Numbers of ESC t on the TM-T20II (Epson ESC/POS reference). */
static const struct {
	int number;
	const char *name;
} pages[] = {{0, "CP437"}, {2, "CP850"}, {3, "CP860"}, {4, "CP863"}, {5, "CP865"}, {13, "CP857"},
	{16, "CP1252"}, {18, "CP852"}, {19, "CP858"}, {33, "CP775"}, {35, "CP861"},
	{39, "ISO-8859-2"}, {40, "ISO-8859-15"}, {45, "CP1250"}, {48, "CP1254"}};

/* Page 1 (katakana) as far as hosts use it here: its lines and blocks at 80–9F. */
static const uint16_t lines[32] = {0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588,
	0x258f, 0x258e, 0x258d, 0x258c, 0x258b, 0x258a, 0x2589, 0x253c, 0x2534, 0x252c, 0x2524,
	0x251c, 0x2594, 0x2500, 0x2502, 0x2595, 0x250c, 0x2510, 0x2514, 0x2518, 0x256d, 0x256e,
	0x2570, 0x256f};

static uint8_t wanted[65536 / 8];

static void want(unsigned cp)
{
	wanted[cp / 8] |= (uint8_t)(1U << cp % 8);
}

static unsigned decode(iconv_t from, int byte)
{
	char in = (char)byte, out[4];
	char *in_at = &in, *out_at = out;
	size_t in_left = 1, out_left = sizeof(out);

	iconv(from, NULL, NULL, NULL, NULL);
	if (iconv(from, &in_at, &in_left, &out_at, &out_left) == (size_t)-1 || out_left != 2)
		return 0;
	return (unsigned)(uint8_t)out[0] << 8 | (uint8_t)out[1];
}

static void write_pages(void)
{
	printf("const struct font_page font_pages[] = {\n");
	printf("\t{1, \"katakana\", {");
	for (size_t i = 0; i < 32; i++) {
		printf("%s0x%04x,", i % 12 == 0 ? "\n\t\t" : " ", lines[i]);
		want(lines[i]);
	}
	printf("}},\n");
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		iconv_t from = iconv_open("UTF-16BE", pages[i].name);
		if (from == (iconv_t)-1) {
			fprintf(stderr, "%s: not known to iconv\n", pages[i].name);
			exit(1);
		}
		printf("\t{%d, \"%s\", {", pages[i].number, pages[i].name);
		for (int byte = 0x80; byte < 0x100; byte++) {
			unsigned cp = decode(from, byte);
			if (cp < 0xa0)
				cp = 0;
			else
				want(cp);
			printf("%s0x%04x,", byte % 12 == 8 ? "\n\t\t" : " ", cp);
		}
		printf("}},\n");
		iconv_close(from);
	}
	printf("};\nconst unsigned font_page_count = %zu;\n\n",
		1 + sizeof(pages) / sizeof(pages[0]));
}

/* One cell of width × height dots with the baseline at `baseline`. */
static void write_cell(FT_Face face, unsigned cp, int width, int height, int baseline)
{
	uint16_t rows[FONT_A_HEIGHT] = {0};

	if (FT_Load_Char(face, cp, FT_LOAD_RENDER | FT_LOAD_TARGET_MONO) != 0)
		exit(1);
	const FT_GlyphSlot slot = face->glyph;
	for (int y = 0; y < (int)slot->bitmap.rows; y++) {
		int row = baseline - slot->bitmap_top + y;
		for (int x = 0; x < (int)slot->bitmap.width; x++) {
			int column = slot->bitmap_left + x;
			if (slot->bitmap.buffer[y * slot->bitmap.pitch + x / 8] >> (7 - x % 8) &
					1 &&
				row >= 0 && row < height && column >= 0 && column < width)
				rows[row] |= (uint16_t)(0x8000 >> column);
		}
	}
	printf("{");
	for (int y = 0; y < height; y++)
		printf("%s%#x", y ? "," : "", rows[y]);
	printf("}");
}

int main(int argc, char **argv)
{
	FT_Library library;
	FT_Face a, b;
	unsigned count = 0;

	if (argc != 2 || FT_Init_FreeType(&library) || FT_New_Face(library, argv[1], 0, &a) ||
		FT_New_Face(library, argv[1], 0, &b) || FT_Set_Pixel_Sizes(a, 0, 20) ||
		FT_Set_Pixel_Sizes(b, 0, 15)) {
		fprintf(stderr, "usage: make-font DejaVuSansMono.ttf > font_data.c\n");
		return 1;
	}
	printf("/* clang-format off */\n"
	       "/* Written by make-font; do not edit. Dots drawn from DejaVu Sans Mono:\n"
	       " * Copyright (c) 2003 by Bitstream, Inc. All Rights Reserved; DejaVu changes are "
	       "in\n"
	       " * the public domain. The Bitstream Vera licence permits use, embedding and\n"
	       " * redistribution; see https://dejavu-fonts.github.io/License.html. */\n\n"
	       "#include \"tools/virtual-devices/font.h\"\n\n");
	for (unsigned cp = 0x20; cp < 0x7f; cp++)
		want(cp);
	for (unsigned cp = 0xa0; cp < 0x100; cp++)
		want(cp);
	write_pages();
	printf("const struct font_glyph font_glyphs[] = {\n");
	for (unsigned cp = 0x20; cp < 0x10000; cp++) {
		if (!(wanted[cp / 8] >> cp % 8 & 1) || FT_Get_Char_Index(a, cp) == 0)
			continue;
		printf("\t{0x%04x,\n\t\t", cp);
		write_cell(a, cp, FONT_A_WIDTH, FONT_A_HEIGHT, 19);
		printf(",\n\t\t");
		write_cell(b, cp, FONT_B_WIDTH, FONT_B_HEIGHT, 14);
		printf("},\n");
		count++;
	}
	printf("};\nconst unsigned font_glyph_count = %u;\n", count);
	return 0;
}
