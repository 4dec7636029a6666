#ifndef VT_UI_TOOLKIT_TEXT_H
#define VT_UI_TOOLKIT_TEXT_H

/* Fonts, measures, line breaking and rendered runs, over SDL_ttf (HarfBuzz inside).
 *
 * A run is one line of text as a mask of coverage, kept by (face, size, bytes) and dropped least
 * recently used first above a limit. Runs of personal text are wiped by text_forget_personal(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"
#include "ui/toolkit/type.h"

struct text_cache;

/* assets = folder with fonts/ and icons/. Reads the font files once; sizes are opened as needed.
 * VT_ERR_NOT_FOUND, VT_ERR_PARSE, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code text_cache_create(
	const char *assets, struct text_cache **ret_cache, struct vt_error *error);
/* Wipes and frees; accepts NULL. */
void text_cache_destroy(struct text_cache **cache);

/* A frame begins: what is used from now on is newer than everything before. */
void text_next_frame(struct text_cache *cache);
/* Wipes and frees runs of personal text and all remembered widths. */
void text_forget_personal(struct text_cache *cache);
/* Most bytes of masks, 8 MB at first. Runs of the current frame stay even above it. */
void text_set_limit(struct text_cache *cache, size_t bytes);

struct text_sizes {
	size_t bytes, runs, personal_runs, fonts;
};
struct text_sizes text_sizes(const struct text_cache *cache);

/* Width in pixels of length bytes of UTF-8 on one line. */
int text_width(struct text_cache *cache, enum face face, int px, const char *text, size_t length);

/* A rendered line; its ink may lie anywhere around the line's box. Valid until the next
 * text_next_frame(). data is NULL where there is nothing to see. */
struct text_run {
	const uint8_t *data;
	int width, height; /* of the ink */
	int ink_x, ink_y;  /* of the ink, from the left and from the base line (negative: above) */
};
struct text_run text_run(struct text_cache *cache, enum face face, int px, const char *text,
	size_t length, bool personal);
/* The same for one glyph, for icons. ink_y is from the middle between ascent and descent. */
struct text_run text_glyph(struct text_cache *cache, enum face face, int px, uint32_t code_point);

/* Base line of a line of line_px height, from its top. */
int text_baseline(struct text_cache *cache, enum face face, int px, int line_px);

/* One line of a broken text. */
struct text_line {
	const char *start; /* into the text */
	size_t length;	   /* bytes, without the blank at which it was broken */
	int width;	   /* pixels */
};
/* Breaks text to lines of at most width pixels: at '\n', after blanks, '-' and '/'; a word that is
 * too long is cut between graphemes. Returns the number of lines it takes; at most max of them are
 * written. A no-break space (U+00A0) does not break. */
size_t text_break(struct text_cache *cache, enum face face, int px, const char *text, int width,
	struct text_line *lines, size_t max);
/* Width of the longest piece that cannot be broken. */
int text_min_width(struct text_cache *cache, enum face face, int px, const char *text);
/* Bytes of text that fit into width with "…" behind them, cut between graphemes. */
size_t text_fit(struct text_cache *cache, enum face face, int px, const char *text, size_t length,
	int width);
/* Bytes of the grapheme at text: a code point and the combining marks behind it. */
size_t text_grapheme(const char *text);

#endif
