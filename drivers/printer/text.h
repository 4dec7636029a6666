#ifndef VT_DRIVERS_PRINTER_TEXT_H
#define VT_DRIVERS_PRINTER_TEXT_H

/* Text for paper: our fonts drawn into an 8-bit canvas through FreeType. Static fonts of the
 * verified image only, never from outside (reliability.md §7). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

enum text_face { TEXT_REGULAR, TEXT_BOLD, TEXT_TITLE, TEXT_FACE_COUNT };

struct text_fonts;

/* 8-bit canvas: 0 white … 255 black. */
struct canvas {
	int width, height;
	int inked;	 /* rows from here on are white */
	uint8_t *pixels; /* width × height */
};

/* Reads the three faces. VT_ERR_NOT_FOUND or VT_ERR_PARSE names the file. */
VT_MUST_USE enum vt_code text_fonts_load(const char *const paths[TEXT_FACE_COUNT],
	struct text_fonts **ret_fonts, struct vt_error *error);
void text_fonts_close(struct text_fonts **fonts);

/* Advance width of length bytes of UTF-8 at size_px (em height). */
int text_width(struct text_fonts *fonts, enum text_face face, int size_px, const char *text,
	size_t length);
/* Distance between base lines, and from the top of a line to its base line. */
void text_metrics(
	struct text_fonts *fonts, enum text_face face, int size_px, int *ret_line, int *ret_ascent);
/* Draws with the pen at x on base line y; what lies outside the canvas is cut. */
void text_draw(struct text_fonts *fonts, enum text_face face, int size_px, const char *text,
	size_t length, struct canvas *canvas, int x, int y);

#endif
