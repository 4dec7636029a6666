#include "tools/virtual-devices/paper.h"

#include <dirent.h>
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* pHYs: 8,000 dots per metre, 203 dpi, with its length and checksum (PNG, §11.3.4.3). */
static const uint8_t resolution_chunk[] = {0x00, 0x00, 0x00, 0x09, 0x70, 0x48, 0x59, 0x73, 0x00,
	0x00, 0x1f, 0x40, 0x00, 0x00, 0x1f, 0x40, 0x01, 0x93, 0xa8, 0x5b, 0xa7};
/* The same for 11,811 dots per metre, 300 dpi. */
static const uint8_t page_chunk[sizeof(resolution_chunk)] = {0x00, 0x00, 0x00, 0x09, 0x70, 0x48,
	0x59, 0x73, 0x00, 0x00, 0x2e, 0x23, 0x00, 0x00, 0x2e, 0x23, 0x01, 0x78, 0xa5, 0x3f, 0x76};
/* Where it belongs: behind the signature (8 bytes) and IHDR (25). */
#define CHUNK_AT 33
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

/* A page is shown from edge to edge. */
static int margin(const struct vdev_sheet *sheet)
{
	return sheet->is_page ? 0 : PAPER_MARGIN_PX;
}

static uint8_t shade(const struct vdev_sheet *sheet, int x, int y)
{
	if (is_torn_away(sheet, x, y))
		return 0xb0;
	int dot = x - margin(sheet);
	if (y >= sheet->row_count || dot < 0 || dot >= sheet->width_px)
		return 0xff;
	const uint8_t *row = sheet->rows + (size_t)y * sheet->row_bytes;
	return row[dot / 8] >> (7 - dot % 8) & 1 ? 0x00 : 0xff;
}

/* Grey dots of the whole picture; NULL for no memory. */
static uint8_t *draw(const struct vdev_sheet *sheet, size_t width, size_t height)
{
	uint8_t *dots = malloc(width * height + 1);

	for (size_t y = 0; dots && y < height; y++) {
		for (size_t x = 0; x < width; x++)
			dots[y * width + x] = shade(sheet, (int)x, (int)y);
	}
	return dots;
}

static bool write_png(FILE *file, const struct vdev_sheet *sheet)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY};
	png_alloc_size_t length = 0;
	uint8_t *png = NULL;

	image.width = (png_uint_32)(sheet->width_px + 2 * margin(sheet));
	image.height = (png_uint_32)(sheet->row_count + (sheet->partial ? TEAR_PX : 0));
	uint8_t *dots = draw(sheet, image.width, image.height);
	bool good = dots && png_image_write_get_memory_size(image, length, 0, dots, 0, NULL) &&
		    (png = malloc(length)) != NULL &&
		    png_image_write_to_memory(&image, png, &length, 0, dots, 0, NULL) &&
		    length > CHUNK_AT;
	good = good && fwrite(png, CHUNK_AT, 1, file) == 1 &&
	       fwrite(sheet->is_page ? page_chunk : resolution_chunk, sizeof(resolution_chunk), 1,
		       file) == 1 &&
	       fwrite(png + CHUNK_AT, length - CHUNK_AT, 1, file) == 1 && fflush(file) == 0;
	free(png);
	free(dots);
	png_image_free(&image);
	return good;
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
