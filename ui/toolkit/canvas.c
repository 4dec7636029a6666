/* Besides the pixels themselves this file holds a small PNG writer: test and demo builds write a
 * few screens, and a dependency of the kiosk binary on libpng or zlib for that would be out of
 * proportion. It compresses repetitions only (fixed Huffman codes over the "up" filter, matches at
 * distance 1 and at 12 bytes, the period of the dither), which takes our flat screens from 6 MB to
 * some hundred KB. */

#include "ui/toolkit/canvas.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "terminal/base/assert.h"
#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "ui/toolkit/hash.h"

#define CANVAS_MAX 8192
#define HUGE_PAGE  ((size_t)2 << 20)

/* Where the kernel has huge pages for those who ask, a frame is four of them instead of 2,000 page
 * faults at start. */
static uint32_t *allocate_pixels(size_t bytes)
{
	const size_t rounded = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	uint32_t *pixels = aligned_alloc(HUGE_PAGE, rounded);

	/* A canvas on small pages is as good, only slower to touch. */
	if (pixels)
		(void)madvise(pixels, rounded, MADV_HUGEPAGE);
	return pixels;
}

struct canvas *canvas_create_headless(int width, int height)
{
	VT_ASSERT(width > 0 && width <= CANVAS_MAX);
	VT_ASSERT(height > 0 && height <= CANVAS_MAX);
	struct canvas *canvas = calloc(1, sizeof(*canvas));

	if (!canvas)
		return NULL;
	canvas->width = width;
	canvas->height = height;
	canvas->pixels = allocate_pixels((size_t)width * (size_t)height * sizeof(uint32_t));
	if (!canvas->pixels) {
		free(canvas);
		return NULL;
	}
	for (size_t i = 0; i < (size_t)width * (size_t)height; i++)
		canvas->pixels[i] = 0xFF000000u;
	return canvas;
}

void canvas_destroy(struct canvas **canvas)
{
	if (!*canvas)
		return;
	size_t count = (size_t)(*canvas)->width * (size_t)(*canvas)->height;
	vt_wipe((*canvas)->pixels, count * sizeof(uint32_t));
	free((*canvas)->pixels);
	free(*canvas);
	*canvas = NULL;
}

uint64_t canvas_hash(const struct canvas *canvas)
{
	uint64_t hash =
		hash_u64(hash_u64(HASH_START, (uint64_t)canvas->width), (uint64_t)canvas->height);

	return hash_bytes(hash, canvas->pixels,
		(size_t)canvas->width * (size_t)canvas->height * sizeof(uint32_t));
}

/* ---- PNG ---- */

struct bits {
	struct vt_buf *out;
	uint32_t held;
	int count;
};

static void put_bits(struct bits *bits, uint32_t value, int count)
{
	bits->held |= value << bits->count;
	bits->count += count;
	while (bits->count >= 8) {
		vt_buf_append_byte(bits->out, (uint8_t)bits->held);
		bits->held >>= 8;
		bits->count -= 8;
	}
}

/* Huffman codes stand most significant bit first in the stream (RFC 1951 §3.1.1). */
static void put_code(struct bits *bits, uint32_t code, int count)
{
	uint32_t reversed = 0;

	for (int i = 0; i < count; i++)
		reversed |= (code >> i & 1u) << (count - 1 - i);
	put_bits(bits, reversed, count);
}

/* Fixed code of a literal or length symbol (RFC 1951 §3.2.6). */
static void put_symbol(struct bits *bits, unsigned symbol)
{
	if (symbol < 144)
		put_code(bits, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(bits, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(bits, symbol - 256, 7);
	else
		put_code(bits, 0xC0 + symbol - 280, 8);
}

/* Four pixels: the dither of a gradient repeats after them. */
#define DITHER_BYTES 12

/* A match of length 3 … 258 at distance 1 or DITHER_BYTES. */
static void put_run(struct bits *bits, unsigned length, bool is_dither)
{
	static const uint16_t base[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const uint8_t extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3,
		3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
	unsigned i = 28;

	while (base[i] > length)
		i--;
	put_symbol(bits, 257 + i);
	put_bits(bits, length - base[i], extra[i]);
	if (is_dither) {
		put_code(bits, 6, 5); /* distances 9 … 12 */
		put_bits(bits, DITHER_BYTES - 9, 2);
	} else {
		put_code(bits, 0, 5);
	}
}

static size_t run_at(const uint8_t *data, size_t length, size_t i, size_t distance)
{
	size_t run = 0;

	while (i >= distance && run < 258 && i + run < length &&
		data[i + run] == data[i + run - distance])
		run++;
	return run;
}

static void deflate_runs(const uint8_t *data, size_t length, struct vt_buf *out)
{
	struct bits bits = {.out = out};
	size_t i = 0;

	put_bits(&bits, 1, 1); /* last block */
	put_bits(&bits, 1, 2); /* fixed codes */
	while (i < length) {
		size_t run = run_at(data, length, i, 1);
		size_t dither = run < 258 ? run_at(data, length, i, DITHER_BYTES) : 0;
		if (run >= 3 || dither >= 3) {
			bool is_dither = dither > run;
			run = is_dither ? dither : run;
			put_run(&bits, (unsigned)run, is_dither);
			i += run;
		} else {
			put_symbol(&bits, data[i++]);
		}
	}
	put_symbol(&bits, 256);
	put_bits(&bits, 0, 7);
}

static uint32_t adler32(const uint8_t *data, size_t length)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < length; i++) {
		a = (a + data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static uint32_t crc32_of(const uint8_t *data, size_t length)
{
	static uint32_t table[256];
	uint32_t crc = 0xFFFFFFFFu;

	for (uint32_t n = 0; n < 256 && table[255] == 0; n++) {
		uint32_t c = n;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
		table[n] = c;
	}
	for (size_t i = 0; i < length; i++)
		crc = table[(crc ^ data[i]) & 0xFF] ^ crc >> 8;
	return crc ^ 0xFFFFFFFFu;
}

static void put_u32(struct vt_buf *out, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		vt_buf_append_byte(out, (uint8_t)(value >> shift));
}

static void put_chunk(struct vt_buf *png, const char *type, const uint8_t *data, size_t length)
{
	size_t start;

	put_u32(png, (uint32_t)length);
	start = png->length;
	vt_buf_append(png, type, 4);
	vt_buf_append(png, data, length);
	if (png->failed == VT_OK)
		put_u32(png, crc32_of(png->data + start, png->length - start));
}

/* Rows with the "up" filter: equal rows become zeroes. */
static uint8_t *filter_rows(const struct canvas *canvas, size_t *ret_length)
{
	size_t row_bytes = 1 + 3 * (size_t)canvas->width;
	size_t length = row_bytes * (size_t)canvas->height;
	uint8_t *rows = malloc(length), *p = rows;

	if (!rows)
		return NULL;
	for (int y = 0; y < canvas->height; y++) {
		const uint32_t *row = canvas->pixels + (size_t)y * (size_t)canvas->width;
		*p++ = 2;
		for (int x = 0; x < canvas->width; x++) {
			uint32_t above = y > 0 ? row[x - canvas->width] : 0;
			*p++ = (uint8_t)((row[x] >> 16) - (above >> 16));
			*p++ = (uint8_t)((row[x] >> 8) - (above >> 8));
			*p++ = (uint8_t)(row[x] - above);
		}
	}
	*ret_length = length;
	return rows;
}

static enum vt_code write_file(const char *path, const struct vt_buf *data, struct vt_error *error)
{
	char temporary[512];

	if (!vt_format(temporary, sizeof(temporary), "%s.part", path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "png: path too long");
	FILE *file = fopen(temporary, "we");
	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "png: cannot create %s", temporary);
	bool is_written = fwrite(data->data, 1, data->length, file) == data->length;
	if (fclose(file) != 0 || !is_written || rename(temporary, path) < 0) {
		int os = errno;
		remove(temporary);
		return vt_fail(error, VT_ERR_IO, os, "png: cannot write %s", path);
	}
	return VT_OK;
}

enum vt_code canvas_write_png(const struct canvas *canvas, const char *path, struct vt_error *error)
{
	uint8_t head[13] = {0};
	size_t length = 0;
	VT_CLEANUP(vt_freep) uint8_t *rows = filter_rows(canvas, &length);
	VT_CLEANUP(vt_buf_finish) struct vt_buf body, png;

	vt_buf_init(&body, (size_t)CANVAS_MAX * CANVAS_MAX * 4);
	vt_buf_init(&png, (size_t)CANVAS_MAX * CANVAS_MAX * 4);
	if (!rows)
		return vt_fail(error, VT_ERR_NOMEM, 0, "png");
	vt_buf_append(&body, "\x78\x01", 2);
	deflate_runs(rows, length, &body);
	put_u32(&body, adler32(rows, length));
	for (int i = 0; i < 4; i++) {
		head[i] = (uint8_t)((uint32_t)canvas->width >> (24 - 8 * i));
		head[4 + i] = (uint8_t)((uint32_t)canvas->height >> (24 - 8 * i));
	}
	head[8] = 8; /* bits */
	head[9] = 2; /* RGB */
	vt_buf_append(&png, "\x89PNG\r\n\x1A\n", 8);
	put_chunk(&png, "IHDR", head, sizeof(head));
	put_chunk(&png, "IDAT", body.data, body.length);
	put_chunk(&png, "IEND", (const uint8_t *)"", 0);
	vt_wipe(rows, length);
	if (body.failed != VT_OK || png.failed != VT_OK)
		return vt_fail(error, VT_ERR_NOMEM, 0, "png");
	return write_file(path, &png, error);
}
