/* Images, barcodes and QR codes of the interpreter. */

#include <stdlib.h>
#include <string.h>

#include "tools/virtual-devices/printer-internal.h"

static void print_bar_text(struct printer *p, const char *text)
{
	struct escpos_style saved = *style(p);

	style(p)->font_b = saved.bar_text_font_b;
	style(p)->width = style(p)->height = 1;
	style(p)->bold = style(p)->double_strike = style(p)->reverse = false;
	style(p)->underline = 0;
	for (; *text; text++)
		line_put(p, (uint8_t)*text);
	line_print(p, 0);
	*style(p) = saved;
}

void graphics_print_barcode(struct printer *p)
{
	struct escpos *e = &p->esc;
	static const uint8_t systems[] = {65, 66, 67, 68, 69, 70, 71};
	int system = arg(p, 0) <= 6 ? systems[arg(p, 0)] : arg(p, 0);
	struct codes_bar bar;
	uint8_t row[ROW_BYTES] = {0};
	int width = 0;

	line_finish(p);
	enum vt_code code = e->symbol_too_long
				    ? VT_ERR_LIMIT
				    : codes_bar_encode(system, e->symbol, e->symbol_length, &bar);
	if (code != VT_OK) {
		vdev_note(
			&p->base, "barcode not printed: system %d, %s", system, vt_code_text(code));
		e->unknown++;
		return;
	}
	for (size_t i = 0; i < bar.count; i++)
		width += bar.widths[i] * style(p)->bar_module;
	/* Wider than the paper: the real one prints nothing. */
	if (width > line_width(e)) {
		vdev_note(&p->base, "barcode not printed: %d dots wide", width);
		return;
	}
	int x = line_align(e, width);
	for (size_t i = 0; i < bar.count; i++) {
		if (i % 2 == 0)
			dots_fill(row, x, bar.widths[i] * style(p)->bar_module);
		x += bar.widths[i] * style(p)->bar_module;
	}
	if (style(p)->bar_text & 1)
		print_bar_text(p, bar.text);
	for (int i = 0; i < style(p)->bar_height; i++)
		mechanism_add_row(p, row);
	if (style(p)->bar_text & 2)
		print_bar_text(p, bar.text);
}

void graphics_print_qr(struct printer *p)
{
	struct escpos *e = &p->esc;
	struct codes_qr *qr = malloc(sizeof(*qr));
	enum vt_code code = VT_ERR_NOMEM;

	line_finish(p);
	if (qr)
		code = codes_qr_encode(e->qr, e->qr_length, style(p)->qr_level, qr);
	int module = style(p)->qr_module;
	if (code == VT_OK && qr->size * module > line_width(e))
		code = VT_ERR_LIMIT;
	if (code != VT_OK) {
		vdev_note(&p->base, "QR code not printed: %s", vt_code_text(code));
		free(qr);
		return;
	}
	int left = line_align(e, qr->size * module);
	for (int y = 0; y < qr->size; y++) {
		uint8_t row[ROW_BYTES] = {0};
		for (int x = 0; x < qr->size; x++) {
			if (qr->modules[y * qr->size + x])
				dots_fill(row, left + x * module, module);
		}
		for (int i = 0; i < module; i++)
			mechanism_add_row(p, row);
	}
	free(qr);
}

void graphics_print(struct printer *p)
{
	struct escpos *e = &p->esc;
	int scale_x = e->graphics_scale_x, scale_y = e->graphics_scale_y;

	line_finish(p);
	int width = (int)e->graphics_width * 8 * scale_x;
	int left = line_align(e, width < PRINTER_WIDTH_PX ? width : PRINTER_WIDTH_PX);
	for (uint32_t y = 0; e->graphics && y < e->graphics_rows; y++) {
		uint8_t row[ROW_BYTES] = {0};
		const uint8_t *from = e->graphics + (size_t)y * ROW_BYTES;
		for (int x = 0; x < PRINTER_WIDTH_PX; x++) {
			if (dots_get(from, x))
				dots_fill(row, left + x * scale_x, scale_x);
		}
		for (int i = 0; i < scale_y; i++)
			mechanism_add_row(p, row);
	}
	free(e->graphics);
	e->graphics = NULL;
	e->graphics_rows = 0;
}

/* Stores raster graphics: args from `at`: a bx by c xL xH yL yH. Returns false if refused. */
bool graphics_store(struct printer *p, size_t at, uint32_t rest)
{
	struct escpos *e = &p->esc;
	uint32_t width = (uint32_t)arg16(p, at + 4), height = (uint32_t)arg16(p, at + 6);
	uint32_t row_width = (width + 7) / 8;
	uint8_t scale_x = arg(p, at + 1), scale_y = arg(p, at + 2);

	if (arg(p, at) != 48 || scale_x < 1 || scale_x > 2 || scale_y < 1 || scale_y > 2 ||
		width == 0 || width > MAX_GRAPHICS_PX || height == 0 ||
		height > MAX_GRAPHICS_PX / scale_y || rest != row_width * height)
		return false;
	free(e->graphics);
	e->graphics = calloc(height, ROW_BYTES);
	e->graphics_rows = e->graphics ? height : 0;
	e->graphics_at = 0;
	e->graphics_scale_x = scale_x;
	e->graphics_scale_y = scale_y;
	e->graphics_width = row_width;
	e->row_width = row_width;
	e->row_at = 0;
	memset(e->row, 0, sizeof(e->row));
	return e->graphics != NULL;
}

static void raster_row(struct printer *p)
{
	struct escpos *e = &p->esc;
	uint8_t row[ROW_BYTES] = {0};
	int scale_x = e->mode & 1 ? 2 : 1;
	int width = e->row_width < ROW_BYTES ? (int)e->row_width * 8 : PRINTER_WIDTH_PX;
	int left = line_align(
		e, width * scale_x < PRINTER_WIDTH_PX ? width * scale_x : PRINTER_WIDTH_PX);

	if (scale_x == 1 && left == 0) {
		memcpy(row, e->row, ROW_BYTES);
	} else {
		for (int x = 0; x < width; x++) {
			if (dots_get(e->row, x))
				dots_fill(row, left + x * scale_x, scale_x);
		}
	}
	mechanism_add_row(p, row);
	if (e->mode & 2)
		mechanism_add_row(p, row);
}

static void stored_row(struct printer *p)
{
	struct escpos *e = &p->esc;

	if (e->graphics_at < e->graphics_rows)
		memcpy(e->graphics + (size_t)e->graphics_at++ * ROW_BYTES, e->row, ROW_BYTES);
}

void graphics_row_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;

	if (e->row_at < ROW_BYTES)
		e->row[e->row_at] = byte;
	if (++e->row_at < e->row_width)
		return;
	if (e->sink == SINK_RASTER)
		raster_row(p);
	else
		stored_row(p);
	e->row_at = 0;
	memset(e->row, 0, sizeof(e->row));
}

/* ESC *: bytes run down a column of 8 or 24 dots; single density doubles to the right. */
void graphics_column_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;
	uint32_t per_column = e->mode >= 32 ? 3 : 1;
	int wide = e->mode & 1 ? 1 : 2, high = e->mode >= 32 ? 1 : 3;
	int part = (int)(e->column % per_column);

	for (int bit = 0; bit < 8; bit++) {
		if (!(byte & 0x80 >> bit) || e->x >= line_width(e))
			continue;
		for (int i = 0; i < high; i++) {
			int y = (part * 8 + bit) * high + i;
			dots_fill(e->line[LINE_ROWS - 24 + y], e->x, wide);
		}
	}
	if (++e->column % per_column == 0 && e->x < PRINTER_WIDTH_PX)
		e->x += wide;
}
