/* paper-look FONTS_DIR FILE…: says of each sheet what a person holding it would: one line
 * "FILE<TAB>original|copy<TAB>complete|incomplete<TAB>DIGEST". A mark counts only as the very dots
 * that the driver draws for it; DIGEST is equal for sheets with the same dots. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "drivers/printer/render.h"
#include "drivers/printer/text.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* The demo's printer: 576 dots in the middle of 640 columns of paper. */
#define DOTS 576

struct paper {
	size_t width, rows;
	uint8_t *pixels; /* 0 = black, owned */
};

static bool read_paper(const char *path, struct paper *ret)
{
	png_image image = {.version = PNG_IMAGE_VERSION};

	if (!png_image_begin_read_from_file(&image, path))
		return false;
	image.format = PNG_FORMAT_GRAY;
	ret->width = image.width;
	ret->rows = image.height;
	ret->pixels = malloc(PNG_IMAGE_SIZE(image));
	return ret->pixels && png_image_finish_read(&image, NULL, ret->pixels, 0, NULL);
}

static bool is_dot(const struct bitmap *mark, size_t row, size_t column)
{
	return mark->bits[row * mark->width_bytes + column / 8] & 0x80 >> column % 8;
}

static bool row_matches(
	const struct paper *paper, size_t paper_row, const struct bitmap *mark, size_t mark_row)
{
	const uint8_t *pixels =
		paper->pixels + paper_row * paper->width + (paper->width - DOTS) / 2;

	for (size_t i = 0; i < DOTS; i++) {
		if ((pixels[i] < 128) != is_dot(mark, mark_row, i))
			return false;
	}
	return true;
}

/* True if mark's rows first … first + count - 1 stand on the paper. */
static bool has_mark(
	const struct paper *paper, const struct bitmap *mark, size_t first, size_t count)
{
	for (size_t row = 0; row + count <= paper->rows; row++) {
		size_t same = 0;
		while (same < count && row_matches(paper, row + same, mark, first + same))
			same++;
		if (same == count)
			return true;
	}
	return false;
}

/* FNV-1a: names a sheet, protects nothing. */
static uint64_t digest(const struct paper *paper)
{
	uint64_t hash = 14695981039346656037ULL;

	for (size_t i = 0; i < paper->width * paper->rows; i++)
		hash = (hash ^ (paper->pixels[i] < 128)) * 1099511628211ULL;
	return hash;
}

static bool look(const char *path, const struct bitmap *copy_mark, const struct bitmap *void_mark)
{
	struct paper paper = {0};

	if (!read_paper(path, &paper) || paper.width < DOTS) {
		fprintf(stderr, "paper-look: %s cannot be read\n", path);
		free(paper.pixels);
		return false;
	}
	/* The last rows of the mark may still hang in the printer, the first ones be cut off. */
	const bool is_copy = has_mark(&paper, copy_mark, 0, copy_mark->rows);
	const bool is_void =
		strstr(path, "partial") || has_mark(&paper, void_mark, 0, void_mark->rows * 3 / 4);
	printf("%s\t%s\t%s\t%016" PRIx64 "\n", path, is_copy ? "copy" : "original",
		is_void ? "incomplete" : "complete", digest(&paper));
	free(paper.pixels);
	return true;
}

int main(int argc, char **argv)
{
	static const struct printer_profile profile = {
		.width_px = DOTS, .dpi = 203, .image = IMAGE_RASTER};
	static const char *const names[TEXT_FACE_COUNT] = {
		"NotoSans-400.ttf", "NotoSans-600.ttf", "Montserrat-700.ttf"};
	/* What is drawn for a copy before its first line. */
	static const struct receipt empty = {.copy = true};
	char paths[TEXT_FACE_COUNT][512];
	const char *list[TEXT_FACE_COUNT];
	struct text_fonts *fonts = NULL;
	struct bitmap copy_mark = {0}, void_mark = {0};
	struct vt_error error = {0};
	bool ok = true;

	if (argc < 2)
		return 2;
	for (size_t i = 0; i < TEXT_FACE_COUNT; i++) {
		if (!vt_format(paths[i], sizeof(paths[i]), "%s/%s", argv[1], names[i]))
			return 2;
		list[i] = paths[i];
	}
	if (text_fonts_load(list, &fonts, &error) ||
		render_receipt(&empty, &profile, fonts, &copy_mark, &error) ||
		render_void_mark(&profile, fonts, &void_mark, &error)) {
		fprintf(stderr, "paper-look: %s\n", error.msg);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		ok = look(argv[i], &copy_mark, &void_mark) && ok;
	render_finish(&copy_mark);
	render_finish(&void_mark);
	text_fonts_close(&fonts);
	return ok ? 0 : 1;
}
