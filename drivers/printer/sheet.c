#include "drivers/printer/sheet.h"

#include <string.h>

#include "drivers/printer/escpos.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* Text mode: dots of a line of font A, for the time a sheet may take. */
#define TEXT_LINE_ROWS 34
#define TEXT_QR_DOTS   6

static enum vt_code end_segment(struct sheet *sheet)
{
	if (sheet->stream.failed)
		return sheet->stream.failed;
	if (sheet->segment_count == SHEET_MAX_SEGMENTS)
		return VT_ERR_LIMIT;
	sheet->ends[sheet->segment_count++] = sheet->stream.length;
	return VT_OK;
}

static enum vt_code add_bands(struct sheet *sheet, struct bitmap *bitmap, enum printer_image image)
{
	enum vt_code code = VT_OK;

	escpos_initialise(&sheet->stream);
	(void)escpos_guard(bitmap->bits, bitmap->rows * bitmap->width_bytes);
	for (size_t row = 0; row < bitmap->rows && !code; row += ESCPOS_BAND_ROWS) {
		const size_t left = bitmap->rows - row;
		(image == IMAGE_GRAPHICS ? escpos_graphics : escpos_raster)(&sheet->stream,
			bitmap->bits + row * bitmap->width_bytes, bitmap->width_bytes,
			left < ESCPOS_BAND_ROWS ? left : ESCPOS_BAND_ROWS);
		code = end_segment(sheet);
	}
	sheet->rows = bitmap->rows;
	return code;
}

/* ---- text mode ---- */

static void text_line(struct sheet *sheet, const char *text)
{
	escpos_text(&sheet->stream, text);
	vt_buf_append_byte(&sheet->stream, '\n');
}

/* Breaks between words; words longer than a line break where it ends. */
static void text_wrapped(struct sheet *sheet, const char *text, size_t columns)
{
	char line[256];

	while (*text) {
		size_t fitting = 0, count = 0;
		const char *at = text;
		while (*at && *at != '\n' && count < columns) {
			(void)vt_utf8_next(&at);
			count++;
			if (*at == ' ' || *at == '\n' || *at == '\0')
				fitting = (size_t)(at - text);
		}
		if (fitting == 0)
			fitting = (size_t)(at - text);
		if (fitting >= sizeof(line))
			fitting = sizeof(line) - 1;
		memcpy(line, text, fitting);
		line[fitting] = '\0';
		text_line(sheet, line);
		vt_wipe(line, sizeof(line));
		text += fitting;
		while (*text == ' ' || *text == '\n')
			text++;
	}
}

static void text_pair(struct sheet *sheet, const struct receipt_line *line, size_t columns)
{
	const size_t label = vt_utf8_length(line->text), value = vt_utf8_length(line->value);

	if (label + 1 + value > columns) {
		text_wrapped(sheet, line->text, columns);
		text_wrapped(sheet, line->value, columns);
		return;
	}
	escpos_text(&sheet->stream, line->text);
	for (size_t i = label + value; i < columns; i++)
		vt_buf_append_byte(&sheet->stream, ' ');
	text_line(sheet, line->value);
}

static void text_rule(struct sheet *sheet, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		vt_buf_append_byte(&sheet->stream, '-');
	vt_buf_append_byte(&sheet->stream, '\n');
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			return false;
	return true;
}

/* A control character inside a command's data could be a real-time command. */
static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20)
			return true;
	return false;
}

static enum vt_code text_add(
	struct sheet *sheet, const struct receipt_line *line, const struct printer_profile *profile)
{
	const bool is_large = line->kind == RECEIPT_TITLE || line->kind == RECEIPT_BIG;
	const size_t columns = is_large ? profile->columns / 2u : profile->columns;

	escpos_style(&sheet->stream, is_large ? 2 : 1, is_large || line->bold,
		is_large || line->centred || line->kind == RECEIPT_QR ||
			line->kind == RECEIPT_BARCODE);
	sheet->rows += TEXT_LINE_ROWS;
	switch (line->kind) {
	case RECEIPT_TITLE:
	case RECEIPT_TEXT:
	case RECEIPT_BIG:
		text_wrapped(sheet, line->text, columns);
		break;
	case RECEIPT_PAIR:
		text_pair(sheet, line, columns);
		break;
	case RECEIPT_RULE:
		text_rule(sheet, columns);
		break;
	case RECEIPT_SPACE:
		vt_buf_append_byte(&sheet->stream, '\n');
		break;
	case RECEIPT_QR:
		/* Without a QR command the content stands there as text: still usable. */
		if (has_control(line->text))
			return VT_ERR_INVALID;
		if (profile->qr_native && line->text[0])
			escpos_qr(&sheet->stream, line->text, TEXT_QR_DOTS);
		else
			text_wrapped(sheet, line->text, columns);
		vt_buf_append_byte(&sheet->stream, '\n');
		break;
	case RECEIPT_BARCODE:
		if (!is_ascii(line->text) || strlen(line->text) > 48)
			return VT_ERR_INVALID;
		if (line->text[0])
			escpos_code128(&sheet->stream, line->text);
		vt_buf_append_byte(&sheet->stream, '\n');
		break;
	case RECEIPT_KIND_COUNT:
		VT_UNREACHABLE();
	}
	return end_segment(sheet);
}

static enum vt_code add_text(
	struct sheet *sheet, const struct receipt *receipt, const struct printer_profile *profile)
{
	static const struct receipt_line copy = {.kind = RECEIPT_TITLE, .text = "COPIA"};
	static const struct receipt_line tear[] = {{.kind = RECEIPT_RULE},
		{.kind = RECEIPT_TEXT, .text = RENDER_TEAR_TEXT, .centred = true}};
	enum vt_code code = VT_OK;

	escpos_initialise(&sheet->stream);
	escpos_code_page(&sheet->stream, profile->code_page);
	if (receipt->copy)
		code = text_add(sheet, &copy, profile);
	for (size_t i = 0; i < receipt->line_count && !code; i++)
		code = text_add(sheet, &receipt->lines[i], profile);
	for (size_t i = 0; i < VT_ELEMENTS(tear) && profile->cut == CUT_NONE && !code; i++)
		code = text_add(sheet, &tear[i], profile);
	return code;
}

/* ---- both ---- */

static void begin(struct sheet *sheet)
{
	*sheet = (struct sheet){0};
	vt_buf_init(&sheet->stream, SHEET_MAX_BYTES);
}

static enum vt_code end(
	struct sheet *sheet, enum vt_code code, struct sheet *ret, struct vt_error *error)
{
	if (!code && sheet->segment_count == 0)
		code = VT_ERR_INVALID;
	if (code) {
		sheet_finish(sheet);
		*ret = *sheet;
		return vt_fail(error, code, 0, "sheet: %s", vt_code_text(code));
	}
	*ret = *sheet;
	return VT_OK;
}

enum vt_code sheet_make(const struct receipt *receipt, const struct printer_profile *profile,
	struct text_fonts *fonts, struct sheet *ret, struct vt_error *error)
{
	struct bitmap bitmap;
	struct sheet sheet;

	*ret = (struct sheet){0};
	begin(&sheet);
	if (profile->image == IMAGE_NONE)
		return end(&sheet, add_text(&sheet, receipt, profile), ret, error);
	enum vt_code code = render_receipt(receipt, profile, fonts, &bitmap, error);
	if (code)
		return code;
	code = add_bands(&sheet, &bitmap, profile->image);
	render_finish(&bitmap);
	return end(&sheet, code, ret, error);
}

enum vt_code sheet_make_void(const struct printer_profile *profile, struct text_fonts *fonts,
	struct sheet *ret, struct vt_error *error)
{
	static const struct receipt text = {.line_count = 2,
		.lines = {{.kind = RECEIPT_TITLE, .text = "DOCUMENTO INCOMPLETO"},
			{.kind = RECEIPT_TEXT, .text = "Sin validez.", .centred = true}}};
	struct bitmap bitmap;
	struct sheet sheet;

	if (profile->image == IMAGE_NONE)
		return sheet_make(&text, profile, fonts, ret, error);
	*ret = (struct sheet){0};
	enum vt_code code = render_void_mark(profile, fonts, &bitmap, error);
	if (code)
		return code;
	begin(&sheet);
	code = add_bands(&sheet, &bitmap, profile->image);
	render_finish(&bitmap);
	return end(&sheet, code, ret, error);
}

void sheet_finish(struct sheet *sheet)
{
	vt_buf_finish(&sheet->stream);
	*sheet = (struct sheet){0};
}
