#include "drivers/printer/text.h"

#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H

#include "terminal/base/text.h"

/* Glyphs kept: a receipt has some 200 (face, size, character); hinting and drawing one takes tens
 * of microseconds, and breaking a line measures its words again and again. */
#define CACHE_SLOTS 2048

/* One character as it is drawn; a slot's next owner frees it. Shapes of a font, no text. */
struct glyph {
	uint32_t cp; /* 0 = empty */
	int size_px;
	enum text_face asked, face; /* face: that lent the glyph */
	FT_UInt index;
	FT_Pos advance; /* 26.6 */
	bool is_drawn;	/* the bitmap is there */
	int left, top, width, rows;
	uint8_t *pixels; /* owned; rows × width */
};

struct text_fonts {
	FT_Library library;
	FT_Face faces[TEXT_FACE_COUNT];
	int sizes_px[TEXT_FACE_COUNT]; /* set now: changing it runs the font's program */
	struct glyph cache[CACHE_SLOTS];
};

enum vt_code text_fonts_load(const char *const paths[TEXT_FACE_COUNT],
	struct text_fonts **ret_fonts, struct vt_error *error)
{
	struct text_fonts *fonts = calloc(1, sizeof(*fonts));

	if (!fonts || FT_Init_FreeType(&fonts->library) != 0) {
		free(fonts);
		return vt_fail(error, VT_ERR_NOMEM, 0, "fonts: out of memory");
	}
	for (int i = 0; i < TEXT_FACE_COUNT; i++) {
		const int failed = FT_New_Face(fonts->library, paths[i], 0, &fonts->faces[i]);
		if (failed) {
			text_fonts_close(&fonts);
			return vt_fail(error,
				failed == FT_Err_Cannot_Open_Resource ? VT_ERR_NOT_FOUND
								      : VT_ERR_PARSE,
				failed, "fonts: %s: FreeType error %d", paths[i], failed);
		}
	}
	*ret_fonts = fonts;
	return VT_OK;
}

void text_fonts_close(struct text_fonts **fonts)
{
	if (!*fonts)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		free((*fonts)->cache[i].pixels);
	for (int i = 0; i < TEXT_FACE_COUNT; i++)
		if ((*fonts)->faces[i])
			FT_Done_Face((*fonts)->faces[i]);
	FT_Done_FreeType((*fonts)->library);
	free(*fonts);
	*fonts = NULL;
}

/* Kerning and advances are FreeType's 26.6 fixed point. */
static FT_Face set_face(struct text_fonts *fonts, enum text_face face, int size_px)
{
	FT_Face f = fonts->faces[face];

	/* Fails only for bitmap fonts without that size; then glyphs are missing, not memory. */
	if (fonts->sizes_px[face] != size_px && FT_Set_Pixel_Sizes(f, 0, (FT_UInt)size_px) == 0)
		fonts->sizes_px[face] = size_px;
	return f;
}

/* The character's slot; a font without the glyph lends it from the regular face, the widest one. */
static struct glyph *get_glyph(
	struct text_fonts *fonts, enum text_face asked, int size_px, uint32_t cp)
{
	const uint32_t hash = (cp * 31u + (uint32_t)size_px) * 3u + (uint32_t)asked;
	struct glyph *glyph = &fonts->cache[hash % CACHE_SLOTS];

	if (glyph->cp == cp && glyph->size_px == size_px && glyph->asked == asked)
		return glyph;
	free(glyph->pixels);
	*glyph = (struct glyph){.cp = cp, .size_px = size_px, .asked = asked, .face = asked};
	glyph->index = FT_Get_Char_Index(fonts->faces[asked], cp);
	if (glyph->index == 0 && asked != TEXT_REGULAR) {
		const FT_UInt other = FT_Get_Char_Index(fonts->faces[TEXT_REGULAR], cp);
		if (other != 0) {
			glyph->index = other;
			glyph->face = TEXT_REGULAR;
		}
	}
	FT_Face f = set_face(fonts, glyph->face, size_px);
	if (FT_Load_Glyph(f, glyph->index, FT_LOAD_DEFAULT) == 0)
		glyph->advance = f->glyph->advance.x;
	return glyph;
}

/* A glyph that cannot be drawn, or for which there is no memory, stays white. */
static void draw_glyph(struct text_fonts *fonts, struct glyph *glyph)
{
	FT_Face f = set_face(fonts, glyph->face, glyph->size_px);

	glyph->is_drawn = true;
	if (FT_Load_Glyph(f, glyph->index, FT_LOAD_RENDER) != 0 ||
		f->glyph->bitmap.pixel_mode != FT_PIXEL_MODE_GRAY)
		return;
	const FT_Bitmap *bitmap = &f->glyph->bitmap;
	glyph->pixels = malloc((size_t)bitmap->rows * bitmap->width + 1);
	if (!glyph->pixels) {
		glyph->is_drawn = false; /* the next time, perhaps */
		return;
	}
	glyph->left = f->glyph->bitmap_left;
	glyph->top = f->glyph->bitmap_top;
	glyph->width = (int)bitmap->width;
	glyph->rows = (int)bitmap->rows;
	for (int row = 0; row < glyph->rows; row++)
		memcpy(glyph->pixels + (ptrdiff_t)row * glyph->width,
			bitmap->buffer + (ptrdiff_t)row * bitmap->pitch, bitmap->width);
}

/* Copies one glyph, darkest wins. */
static void blend(struct canvas *canvas, const struct glyph *glyph, int left, int top)
{
	for (int row = 0; row < glyph->rows; row++) {
		const int y = top + row;
		if (y < 0 || y >= canvas->height)
			continue;
		if (canvas->inked <= y)
			canvas->inked = y + 1;
		const uint8_t *from = glyph->pixels + (ptrdiff_t)row * glyph->width;
		uint8_t *to = canvas->pixels + (ptrdiff_t)y * canvas->width;
		for (int col = 0; col < glyph->width; col++) {
			const int x = left + col;
			if (x >= 0 && x < canvas->width && from[col] > to[x])
				to[x] = from[col];
		}
	}
}

static FT_Pos kerning(struct text_fonts *fonts, const struct glyph *glyph, FT_UInt previous)
{
	FT_Vector kern = {0, 0};

	if (previous == 0 || !FT_HAS_KERNING(fonts->faces[glyph->face]))
		return 0;
	FT_Face f = set_face(fonts, glyph->face, glyph->size_px);
	return FT_Get_Kerning(f, previous, glyph->index, FT_KERNING_DEFAULT, &kern) == 0 ? kern.x
											 : 0;
}

/* Walks the text; draws where canvas is not NULL. Returns the pen's way in pixels. */
static int walk(struct text_fonts *fonts, enum text_face face, int size_px, const char *text,
	size_t length, struct canvas *canvas, int x, int y)
{
	FT_UInt previous = 0;
	FT_Pos pen = 0;
	const char *end = text + length;

	while (text < end) {
		const uint32_t cp = vt_utf8_next(&text);
		if (cp == 0)
			break;
		struct glyph *glyph = get_glyph(fonts, face, size_px, cp);
		if (glyph->face == face)
			pen += kerning(fonts, glyph, previous);
		previous = glyph->face == face ? glyph->index : 0;
		if (canvas && !glyph->is_drawn)
			draw_glyph(fonts, glyph);
		if (canvas)
			blend(canvas, glyph, x + (int)((pen + 32) >> 6) + glyph->left,
				y - glyph->top);
		pen += glyph->advance;
	}
	return (int)((pen + 32) >> 6);
}

int text_width(
	struct text_fonts *fonts, enum text_face face, int size_px, const char *text, size_t length)
{
	return walk(fonts, face, size_px, text, length, NULL, 0, 0);
}

void text_metrics(
	struct text_fonts *fonts, enum text_face face, int size_px, int *ret_line, int *ret_ascent)
{
	const FT_Face f = set_face(fonts, face, size_px);

	/* Noto's own line height leaves room for every script of the world; paper is dearer. The
	 * factor keeps macrons on capitals clear of the line above. */
	*ret_ascent = (int)((f->size->metrics.ascender + 63) >> 6);
	*ret_line = size_px * 13 / 10;
	if (*ret_ascent > *ret_line - size_px / 4)
		*ret_ascent = *ret_line - size_px / 4;
}

void text_draw(struct text_fonts *fonts, enum text_face face, int size_px, const char *text,
	size_t length, struct canvas *canvas, int x, int y)
{
	(void)walk(fonts, face, size_px, text, length, canvas, x, y);
}
