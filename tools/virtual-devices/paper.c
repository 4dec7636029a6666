#include "tools/virtual-devices/paper.h"

#include <dirent.h>
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define DOTS_PER_METRE 8000 /* 203 dpi */
/* A torn edge: the last rows of a partial sheet are cut as a zigzag. */
#define TEAR_PX 12

static int highest_number(const char *dir)
{
	DIR *folder = opendir(dir);
	int highest = 0;

	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		int number = 0;
		if (sscanf(entry->d_name, "paper-%6d", &number) == 1 && number > highest)
			highest = number;
	}
	if (folder)
		closedir(folder);
	return highest;
}

/* Beyond the tear there is no paper: grey. */
static bool is_torn_away(const struct vdev_sheet *sheet, int x, int y)
{
	int depth = y - (sheet->row_count - 1);
	int phase = x % (2 * TEAR_PX);

	return sheet->partial && depth > (phase < TEAR_PX ? phase : 2 * TEAR_PX - phase);
}

static uint8_t shade(const struct vdev_sheet *sheet, int x, int y)
{
	if (is_torn_away(sheet, x, y))
		return 0xb0;
	int dot = x - PAPER_MARGIN_PX;
	if (y >= sheet->row_count || dot < 0 || dot >= sheet->width_px)
		return 0xff;
	const uint8_t *row = sheet->rows + (size_t)y * sheet->row_bytes;
	return row[dot / 8] >> (7 - dot % 8) & 1 ? 0x00 : 0xff;
}

/* Everything between here and the longjmp of libpng lives in the caller. */
static bool write_rows(
	png_structp png, png_infop info, FILE *file, const struct vdev_sheet *sheet, uint8_t *line)
{
	int width = sheet->width_px + 2 * PAPER_MARGIN_PX;
	int height = sheet->row_count + (sheet->partial ? TEAR_PX : 0);

	if (setjmp(png_jmpbuf(png)))
		return false;
	png_init_io(png, file);
	png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_GRAY,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_pHYs(png, info, DOTS_PER_METRE, DOTS_PER_METRE, PNG_RESOLUTION_METER);
	png_write_info(png, info);
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++)
			line[x] = shade(sheet, x, y);
		png_write_row(png, line);
	}
	png_write_end(png, info);
	return true;
}

static bool write_png(FILE *file, const struct vdev_sheet *sheet)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	uint8_t *line = malloc((size_t)sheet->width_px + 2 * PAPER_MARGIN_PX);
	bool good = png && info && line && write_rows(png, info, file, sheet, line);

	free(line);
	png_destroy_write_struct(&png, &info);
	return good && fflush(file) == 0;
}

enum vt_code paper_write(const struct vdev_sheet *sheet, const char *dir, char *ret_path,
	size_t size, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = NULL;
	char partial[4096];
	int number = highest_number(dir) + 1;

	if (!vt_format(ret_path, size, "%s/paper-%d%s.png", dir, number,
		    sheet->partial ? "-partial" : "") ||
		!vt_format(partial, sizeof(partial), "%s/.paper.%d.tmp", dir, (int)getpid()))
		return vt_fail(error, VT_ERR_LIMIT, 0, "paper: %s: path too long", dir);
	file = fopen(partial, "wbe");
	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "paper: %s: %s", partial, strerror(errno));
	if (!write_png(file, sheet) || rename(partial, ret_path) < 0) {
		int os = errno;
		unlink(partial);
		ret_path[0] = '\0';
		return vt_fail(error, VT_ERR_IO, os, "paper: %s: cannot be written", dir);
	}
	return VT_OK;
}
