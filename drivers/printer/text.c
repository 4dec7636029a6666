#include "drivers/printer/text.h"

#include <stdlib.h>

#include <ft2build.h>
#include FT_FREETYPE_H

#include "terminal/base/text.h"

struct text_fonts {
	FT_Library library;
	FT_Face faces[TEXT_FACE_COUNT];
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
	if (FT_Set_Pixel_Sizes(f, 0, (FT_UInt)size_px) != 0)
		return f;
	return f;
}

/* A font without the glyph lends it from the regular face, the widest one. */
static FT_UInt find_glyph(struct text_fonts *fonts, FT_Face *face, int size_px, uint32_t cp)
{
	FT_UInt glyph = FT_Get_Char_Index(*face, cp);

	if (glyph == 0 && *face != fonts->faces[TEXT_REGULAR]) {
		const FT_UInt other = FT_Get_Char_Index(fonts->faces[TEXT_REGULAR], cp);
		if (other != 0) {
			*face = set_face(fonts, TEXT_REGULAR, size_px);
			return other;
		}
	}
	return glyph;
}

/* Copies one glyph, darkest wins. */
static void blend(struct canvas *canvas, const FT_Bitmap *bitmap, int left, int top)
{
	for (int row = 0; row < (int)bitmap->rows; row++) {
		const int y = top + row;
		if (y < 0 || y >= canvas->height)
			continue;
		const uint8_t *from = bitmap->buffer + (ptrdiff_t)row * bitmap->pitch;
		uint8_t *to = canvas->pixels + (ptrdiff_t)y * canvas->width;
		for (int col = 0; col < (int)bitmap->width; col++) {
			const int x = left + col;
			if (x >= 0 && x < canvas->width && from[col] > to[x])
				to[x] = from[col];
		}
	}
}

/* Walks the text; draws where canvas is not NULL. Returns the pen's way in pixels. */
static int walk(struct text_fonts *fonts, enum text_face face, int size_px, const char *text,
	size_t length, struct canvas *canvas, int x, int y)
{
	FT_Face first = set_face(fonts, face, size_px);
	FT_UInt previous = 0;
	FT_Pos pen = 0;
	const char *end = text + length;

	while (text < end) {
		const uint32_t cp = vt_utf8_next(&text);
		if (cp == 0)
			break;
		FT_Face f = first;
		const FT_UInt glyph = find_glyph(fonts, &f, size_px, cp);
		FT_Vector kern = {0, 0};
		if (f == first && previous != 0 && FT_HAS_KERNING(f) &&
			FT_Get_Kerning(f, previous, glyph, FT_KERNING_DEFAULT, &kern) == 0)
			pen += kern.x;
		previous = f == first ? glyph : 0;
		if (FT_Load_Glyph(f, glyph, FT_LOAD_DEFAULT) != 0)
			continue;
		const FT_Pos advance = f->glyph->advance.x;
		if (canvas && FT_Render_Glyph(f->glyph, FT_RENDER_MODE_NORMAL) == 0 &&
			f->glyph->bitmap.pixel_mode == FT_PIXEL_MODE_GRAY)
			blend(canvas, &f->glyph->bitmap,
				x + (int)((pen + 32) >> 6) + f->glyph->bitmap_left,
				y - f->glyph->bitmap_top);
		pen += advance;
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
