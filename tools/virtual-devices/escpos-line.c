/* The line being set: characters of any size on one bitmap, printed when it is complete. */

#include <string.h>

#include "tools/virtual-devices/font.h"
#include "tools/virtual-devices/printer-internal.h"

static int area_left(const struct escpos *e)
{
	return e->style.left_margin < e->paper_px ? e->style.left_margin : 0;
}

/* First dot behind the printable area. */
static int area_end(const struct escpos *e)
{
	int end = area_left(e) + e->style.area_width;

	return end < e->paper_px ? end : e->paper_px;
}

int line_width(const struct escpos *e)
{
	return area_end(e) - area_left(e);
}

/* Where something `width` dots wide begins under the current alignment. */
int line_align(const struct escpos *e, int width)
{
	int free_px = area_end(e) - area_left(e) - width;

	if (free_px <= 0 || e->style.align == 0)
		return area_left(e);
	return area_left(e) + (e->style.align == 1 ? free_px / 2 : free_px);
}

void line_clear(struct escpos *e)
{
	if (e->line_used)
		memset(e->line, 0, sizeof(e->line));
	e->line_used = false;
	e->line_height = 0;
	e->x = 0;
}

/* Moves a row right by `shift` dots into out. */
static void shift_row(const uint8_t *row, int shift, uint8_t *out)
{
	int bytes = shift / 8, bits = shift % 8;

	memset(out, 0, ROW_BYTES);
	for (int i = 0; i + bytes < ROW_BYTES; i++) {
		out[i + bytes] |= (uint8_t)(row[i] >> bits);
		if (bits > 0 && i + bytes + 1 < ROW_BYTES)
			out[i + bytes + 1] |= (uint8_t)(row[i] << (8 - bits));
	}
}

static void mirror_row(uint8_t *row, int width)
{
	uint8_t copy[ROW_BYTES];

	memcpy(copy, row, ROW_BYTES);
	memset(row, 0, ROW_BYTES);
	for (int x = 0; x < width; x++) {
		if (dots_get(copy, x))
			dots_set(row, width - 1 - x);
	}
}

/* Prints the line and feeds, in all at least `feed` dots. */
void line_print(struct printer *p, int feed)
{
	struct escpos *e = &p->esc;
	int height = e->line_used ? e->line_height : 0;
	int shift = line_align(e, e->x);

	for (int i = 0; i < height; i++) {
		uint8_t row[ROW_BYTES];
		int from = e->style.upside_down ? LINE_ROWS - 1 - i : LINE_ROWS - height + i;
		uint8_t *source = e->line[from];
		if (e->style.upside_down)
			mirror_row(source, e->x < e->paper_px ? e->x : e->paper_px);
		shift_row(source, shift, row);
		mechanism_add_row(p, row);
	}
	mechanism_feed(p, feed - height);
	line_clear(e);
}

void line_finish(struct printer *p)
{
	if (p->esc.line_used)
		line_print(p, style(p)->line_pitch);
}

static void draw_glyph(struct escpos *e, const uint16_t *rows, int width, int height)
{
	const struct escpos_style *s = &e->style;
	int full_height = height * s->height;
	int thick = s->bold || s->double_strike ? 1 : 0;

	for (int y = 0; y < full_height; y++) {
		uint8_t *row = e->line[LINE_ROWS - full_height + y];
		uint16_t dots = rows[y / s->height];
		for (int x = 0; x < width * s->width; x++) {
			bool dot = dots & 0x8000U >> x / s->width;
			if (thick && x > 0)
				dot |= (dots & 0x8000U >> (x - 1) / s->width) != 0;
			if (dot != s->reverse)
				dots_set(row, e->x + x);
		}
		if (!s->reverse && s->underline && y >= full_height - s->underline)
			dots_fill(row, e->x, (width + s->char_space) * s->width);
	}
	if (full_height > e->line_height)
		e->line_height = full_height;
}

static void put_code_point(struct printer *p, uint16_t cp)
{
	struct escpos *e = &p->esc;
	const struct font_glyph *glyph = font_find(cp);
	int width = e->style.font_b ? FONT_B_WIDTH : FONT_A_WIDTH;
	int advance = (width + e->style.char_space) * e->style.width;

	if (e->line_used && e->x + width * e->style.width > line_width(e))
		line_print(p, e->style.line_pitch);
	e->line_used = true;
	draw_glyph(e, e->style.font_b ? glyph->b : glyph->a, width,
		e->style.font_b ? FONT_B_HEIGHT : FONT_A_HEIGHT);
	e->x += advance;
}

/* ESC R: twelve ASCII places that national sets replace (Epson, "international character set"). */
static uint16_t international(uint8_t set, uint8_t byte)
{
	static const uint8_t places[] = "#$@[\\]^`{|}~";
	static const uint16_t spain_1[] = {
		0x20a7, '$', '@', 0xa1, 0xd1, 0xbf, '^', '`', 0xa8, 0xf1, '}', '~'};
	static const uint16_t spain_2[] = {
		'#', '$', 0xe1, 0xa1, 0xd1, 0xbf, 0xe9, '`', 0xed, 0xf1, 0xf3, 0xfa};
	static const uint16_t latin_america[] = {
		'#', '$', 0xe1, 0xa1, 0xd1, 0xbf, 0xe9, 0xfc, 0xed, 0xf1, 0xf3, 0xfa};
	const uint16_t *table = set == 7    ? spain_1
				: set == 11 ? spain_2
				: set == 12 ? latin_america
					    : NULL;
	const uint8_t *place = (const uint8_t *)strchr((const char *)places, byte);

	return table && place ? table[place - places] : byte;
}

void line_put(struct printer *p, uint8_t byte)
{
	if (byte >= 0x80)
		put_code_point(p, font_decode(p->esc.style.page, byte));
	else
		put_code_point(p, international(p->esc.style.international, byte));
}

void line_tab(struct printer *p)
{
	struct escpos *e = &p->esc;
	int cell = (FONT_A_WIDTH + e->style.char_space) * e->style.width;

	for (size_t i = 0; i < e->style.tab_count; i++) {
		int x = e->style.tabs[i] * cell;
		if (x > e->x && x < line_width(e)) {
			e->x = x;
			e->line_used = true;
			return;
		}
	}
}
