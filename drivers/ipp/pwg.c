#include "drivers/ipp/pwg.h"

#include <cups/cups.h>
#include <cups/pwg.h>
#include <cups/raster.h>

#include "terminal/base/text.h"

const char *const pwg_type_names[PWG_TYPE_COUNT] = {
	[PWG_SGRAY_8] = "sgray_8", [PWG_BLACK_1] = "black_1"};

static ssize_t write_bytes(void *context, unsigned char *data, size_t length)
{
	struct vt_buf *out = context;

	vt_buf_append(out, data, length);
	return out->failed ? -1 : (ssize_t)length;
}

/* One row from our ink to the wire: sGray 255 is white, black_1 has one bit a dot. */
static void convert(const uint8_t *row, enum pwg_type type, uint8_t *ret, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (type == PWG_SGRAY_8) {
			ret[i] = (uint8_t)(255 - row[i]);
			continue;
		}
		ret[i] = 0;
		for (size_t bit = 0; bit < 8 && i * 8 + bit < PAGE_WIDTH; bit++)
			ret[i] |= (uint8_t)((row[i * 8 + bit] >> 7) << (7 - bit));
	}
}

static bool write_page(cups_raster_t *raster, cups_page_header2_t *header,
	const struct canvas *canvas, enum pwg_type type)
{
	uint8_t line[PAGE_WIDTH];
	bool is_good = cupsRasterWriteHeader2(raster, header) != 0;

	for (int y = 0; y < canvas->height && is_good; y++) {
		convert(canvas->pixels + (ptrdiff_t)y * canvas->width, type, line,
			header->cupsBytesPerLine);
		is_good = cupsRasterWritePixels(raster, line, header->cupsBytesPerLine) ==
			  header->cupsBytesPerLine;
	}
	vt_wipe(line, sizeof(line));
	return is_good;
}

enum vt_code pwg_encode(const struct pages *pages, enum pwg_type type, const char *media_type,
	struct vt_buf *out, struct vt_error *error)
{
	cups_page_header2_t header;

	if (!cupsRasterInitPWGHeader(&header, pwgMediaForPWG("na_letter_8.5x11in"),
		    pwg_type_names[type], PAGE_DPI, PAGE_DPI, "one-sided", NULL) ||
		header.cupsWidth != PAGE_WIDTH || header.cupsHeight != PAGE_HEIGHT ||
		header.cupsBytesPerLine > PAGE_WIDTH)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "pwg: no header for a letter page");
	vt_copy_cut(header.MediaType, sizeof(header.MediaType), media_type);
	header.cupsInteger[CUPS_RASTER_PWG_TotalPageCount] = (unsigned)pages->count;
	cups_raster_t *raster = cupsRasterOpenIO(write_bytes, out, CUPS_RASTER_WRITE_PWG);
	bool is_good = raster != NULL;
	for (size_t i = 0; i < pages->count && is_good; i++)
		is_good = write_page(raster, &header, &pages->list[i], type);
	cupsRasterClose(raster);
	if (out->failed)
		return vt_fail(error, out->failed, 0, "pwg: document too large");
	return is_good ? VT_OK : vt_fail(error, VT_ERR_NOMEM, 0, "pwg: out of memory");
}
