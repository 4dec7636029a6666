#include "drivers/printer/render.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/printer/code128.h"
#include "drivers/printer/qr.h"
#include "drivers/printer/text.h"
#include "terminal/base/assert.h"
#include "terminal/base/attributes.h"
#include "terminal/base/text.h"

/* Sizes in tenths of a point; nothing on paper is below 10 pt. */
#define SIZE_TITLE 150
#define SIZE_BODY  110
#define SIZE_LABEL 100
#define SIZE_BIG   200
#define SIZE_MIN   100
/* 6 dots = 0.75 mm at 203 dpi: read by every telephone; 3 dots is the least a scanner reads. */
#define QR_DOTS	    6
#define QR_DOTS_MAX 8
#define QR_DOTS_MIN 3
/* 0.25 mm at 203 dpi, the least of thermal paper; 12 mm high. */
#define BAR_DOTS_MAX  3
#define BAR_DOTS_MIN  2
#define BAR_HEIGHT_MM 12
/* A canvas of 2,048 rows holds all usual receipts; what stays white costs no memory, and moving a
 * full one to a larger place costs milliseconds. */
#define GROW_ROWS 2048

struct page {
	const struct printer_profile *profile;
	struct text_fonts *fonts;
	struct canvas canvas; /* pixels owned; height = rows allocated */
	int y;		      /* rows used */
	enum vt_code failed;  /* sticky: VT_ERR_NOMEM, VT_ERR_LIMIT */
};

static void wipe_canvas(struct canvas *canvas)
{
	if (canvas->pixels)
		vt_wipe(canvas->pixels, (size_t)canvas->width * (size_t)canvas->inked);
	free(canvas->pixels);
	canvas->pixels = NULL;
}

/* Makes room for rows more; false after a failure. */
static bool need_rows(struct page *page, int rows)
{
	struct canvas *canvas = &page->canvas;

	if (page->failed)
		return false;
	if (page->y + rows <= canvas->height)
		return true;
	if (page->y + rows > RENDER_MAX_ROWS) {
		page->failed = VT_ERR_LIMIT;
		return false;
	}
	struct canvas bigger = {.width = canvas->width, .inked = canvas->inked};
	bigger.height = (page->y + rows) * 3 / 2 + GROW_ROWS;
	bigger.pixels = calloc((size_t)bigger.height, (size_t)bigger.width);
	if (!bigger.pixels) {
		page->failed = VT_ERR_NOMEM;
		return false;
	}
	if (canvas->pixels)
		memcpy(bigger.pixels, canvas->pixels,
			(size_t)canvas->width * (size_t)canvas->inked);
	wipe_canvas(canvas);
	*canvas = bigger;
	return true;
}

static int points(const struct page *page, int tenths)
{
	return (tenths * page->profile->dpi + 360) / 720;
}

static int millimetres(const struct page *page, int mm)
{
	return mm * page->profile->dpi * 10 / 254;
}

static void space(struct page *page, int rows)
{
	if (need_rows(page, rows))
		page->y += rows;
}

static void fill(struct page *page, int x, int y, int width, int height)
{
	if (page->canvas.inked < y + height)
		page->canvas.inked = y + height;
	for (int row = y; row < y + height; row++)
		memset(page->canvas.pixels + (ptrdiff_t)row * page->canvas.width + x, 0xff,
			(size_t)width);
}

static void rule(struct page *page)
{
	const int margin = points(page, 40);

	if (!need_rows(page, 2 * margin + 2))
		return;
	fill(page, 0, page->y + margin, page->canvas.width, 2);
	page->y += 2 * margin + 2;
}

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct style {
	enum text_face face;
	int size_px;
	enum align align;
};

static void draw_line(struct page *page, const struct style *style, const char *text, size_t length)
{
	int line, ascent, x = 0;

	text_metrics(page->fonts, style->face, style->size_px, &line, &ascent);
	if (!need_rows(page, line))
		return;
	const int left_over = page->canvas.width -
			      text_width(page->fonts, style->face, style->size_px, text, length);
	if (style->align == ALIGN_CENTRE && left_over > 0)
		x = left_over / 2;
	else if (style->align == ALIGN_RIGHT && left_over > 0)
		x = left_over;
	text_draw(page->fonts, style->face, style->size_px, text, length, &page->canvas, x,
		page->y + ascent);
	page->y += line;
}

static bool is_word_end(char c)
{
	return c == ' ' || c == '\n' || c == '\0';
}

/* Bytes of the longest prefix of one word that fits into width; at least one code point. */
static size_t split_word(
	struct page *page, const struct style *style, const char *text, size_t length, int width)
{
	const char *at = text;
	size_t fitting = 0;

	while (at < text + length) {
		(void)vt_utf8_next(&at);
		const size_t bytes = (size_t)(at - text);
		if (fitting > 0 &&
			text_width(page->fonts, style->face, style->size_px, text, bytes) > width)
			break;
		fitting = bytes;
	}
	return fitting;
}

/* Bytes of text that make the next line. */
static size_t next_line(struct page *page, const struct style *style, const char *text, int width)
{
	size_t fitting = 0, at = 0;

	while (text[at] != '\0' && text[at] != '\n') {
		while (text[at] == ' ')
			at++;
		while (!is_word_end(text[at]))
			at++;
		if (text_width(page->fonts, style->face, style->size_px, text, at) > width)
			break;
		fitting = at;
	}
	if (fitting == 0 && at > 0)
		return split_word(page, style, text, at, width);
	return fitting;
}

static void paragraph(struct page *page, const struct style *style, const char *text)
{
	while (*text && !page->failed) {
		const size_t length = next_line(page, style, text, page->canvas.width);
		draw_line(page, style, text, length);
		text += length;
		if (*text == '\n')
			text++;
		while (*text == ' ')
			text++;
	}
}

static void pair(struct page *page, const struct receipt_line *line)
{
	const struct style label = {TEXT_REGULAR, points(page, SIZE_LABEL), ALIGN_LEFT};
	const struct style value = {
		line->bold ? TEXT_BOLD : TEXT_REGULAR, points(page, SIZE_BODY), ALIGN_RIGHT};
	const int label_width =
		text_width(page->fonts, label.face, label.size_px, line->text, strlen(line->text));
	const int value_width = text_width(
		page->fonts, value.face, value.size_px, line->value, strlen(line->value));
	int rows, ascent;

	text_metrics(page->fonts, value.face, value.size_px, &rows, &ascent);
	if (label_width + value_width + label.size_px > page->canvas.width) {
		paragraph(page, &label, line->text);
		paragraph(page, &value, line->value);
		return;
	}
	if (!need_rows(page, rows))
		return;
	/* Both on the base line of the larger one. */
	text_draw(page->fonts, label.face, label.size_px, line->text, strlen(line->text),
		&page->canvas, 0, page->y + ascent);
	text_draw(page->fonts, value.face, value.size_px, line->value, strlen(line->value),
		&page->canvas, page->canvas.width - value_width, page->y + ascent);
	page->y += rows;
}

/* One emphasised line: smaller until it fits, then wrapped. */
static void big(struct page *page, const char *text)
{
	struct style style = {TEXT_TITLE, 0, ALIGN_CENTRE};

	for (int tenths = SIZE_BIG; tenths >= SIZE_MIN; tenths -= 10) {
		style.size_px = points(page, tenths);
		if (text_width(page->fonts, style.face, style.size_px, text, strlen(text)) <=
			page->canvas.width)
			break;
	}
	paragraph(page, &style, text);
}

static enum vt_code draw_qr(struct page *page, const char *text, struct vt_error *error)
{
	struct qr code;
	enum vt_code failed = qr_encode(text, &code, error);

	if (failed)
		return failed;
	const int modules = code.width + 2 * QR_QUIET;
	int dots = QR_DOTS_MAX;
	/* Six dots where they fit; up to eight while the code stays within two thirds. */
	while (dots > QR_DOTS && modules * dots > page->canvas.width * 2 / 3)
		dots--;
	while (dots >= QR_DOTS_MIN && modules * dots > page->canvas.width)
		dots--;
	if (dots < QR_DOTS_MIN) {
		qr_finish(&code);
		return vt_fail(error, VT_ERR_LIMIT, 0, "render: QR code wider than the paper");
	}
	if (need_rows(page, modules * dots)) {
		const int left = (page->canvas.width - code.width * dots) / 2;
		const int top = page->y + QR_QUIET * dots;
		for (int row = 0; row < code.width; row++)
			for (int col = 0; col < code.width; col++)
				if (code.modules[row * code.width + col] & 1)
					fill(page, left + col * dots, top + row * dots, dots, dots);
		page->y += modules * dots;
	}
	qr_finish(&code);
	return VT_OK;
}

static enum vt_code barcode(struct page *page, const char *text, struct vt_error *error)
{
	struct code128 code;
	enum vt_code failed = code128_encode(text, &code, error);

	if (failed)
		return vt_prefix(error, failed, "render");
	const int modules = (int)code128_width(&code) + 2 * CODE128_QUIET;
	int dots = BAR_DOTS_MAX;
	while (dots >= BAR_DOTS_MIN && modules * dots > page->canvas.width)
		dots--;
	if (dots < BAR_DOTS_MIN)
		return vt_fail(error, VT_ERR_LIMIT, 0, "render: barcode wider than the paper");
	const int height = millimetres(page, BAR_HEIGHT_MM), gap = points(page, 30);
	if (need_rows(page, gap + height + gap)) {
		int x = (page->canvas.width - (modules - 2 * CODE128_QUIET) * dots) / 2;
		for (size_t i = 0; i < code.symbol_count; i++) {
			const char *widths = code128_pattern(code.symbols[i]);
			for (size_t j = 0; widths[j]; j++) {
				const int width = (widths[j] - '0') * dots;
				if (j % 2 == 0)
					fill(page, x, page->y + gap, width, height);
				x += width;
			}
		}
		page->y += gap + height + gap;
	}
	paragraph(
		page, &(struct style){TEXT_REGULAR, points(page, SIZE_LABEL), ALIGN_CENTRE}, text);
	return VT_OK;
}

static enum vt_code draw(struct page *page, const struct receipt_line *line, struct vt_error *error)
{
	const struct style title = {TEXT_TITLE, points(page, SIZE_TITLE), ALIGN_CENTRE};
	const struct style text = {line->bold ? TEXT_BOLD : TEXT_REGULAR, points(page, SIZE_BODY),
		line->centred ? ALIGN_CENTRE : ALIGN_LEFT};

	switch (line->kind) {
	case RECEIPT_TITLE:
		paragraph(page, &title, line->text);
		break;
	case RECEIPT_TEXT:
		paragraph(page, &text, line->text);
		break;
	case RECEIPT_PAIR:
		pair(page, line);
		break;
	case RECEIPT_BIG:
		big(page, line->text);
		break;
	case RECEIPT_RULE:
		rule(page);
		break;
	case RECEIPT_SPACE:
		space(page, points(page, SIZE_BODY));
		break;
	case RECEIPT_QR:
		return line->text[0] ? draw_qr(page, line->text, error) : VT_OK;
	case RECEIPT_BARCODE:
		return line->text[0] ? barcode(page, line->text, error) : VT_OK;
	case RECEIPT_KIND_COUNT:
		VT_UNREACHABLE();
	}
	return VT_OK;
}

/* Eight grey pixels to one byte: their top bits, the left one first, gathered by one product. */
static uint8_t pack8(const uint8_t *pixels)
{
	uint64_t v;

	memcpy(&v, pixels, sizeof(v));
	v = (le64toh(v) >> 7) & 0x0101010101010101u;
	return (uint8_t)((v * 0x8040201008040201u) >> 56);
}

static enum vt_code pack(const struct page *page, struct bitmap *ret)
{
	const size_t width_bytes = (size_t)page->canvas.width / 8;
	const size_t rows = (size_t)page->y;
	uint8_t *bits = malloc(width_bytes * rows + 1);

	if (!bits)
		return VT_ERR_NOMEM;
	for (size_t i = 0; i < width_bytes * rows; i++)
		bits[i] = pack8(page->canvas.pixels + i * 8);
	*ret = (struct bitmap){.width_bytes = width_bytes, .rows = rows, .bits = bits};
	return VT_OK;
}

static enum vt_code finish(
	struct page *page, enum vt_code code, struct bitmap *ret, struct vt_error *error)
{
	if (!code && page->failed)
		code = vt_fail(error, page->failed, 0, "render: %s",
			page->failed == VT_ERR_LIMIT ? "sheet too long" : "out of memory");
	if (!code && page->y == 0)
		code = vt_fail(error, VT_ERR_INVALID, 0, "render: empty sheet");
	if (!code) {
		code = pack(page, ret);
		if (code)
			(void)vt_fail(error, code, 0, "render: out of memory");
	}
	wipe_canvas(&page->canvas);
	return code;
}

/* A reprint says so before anything else (devices.md D.5). */
static void copy_mark(struct page *page)
{
	rule(page);
	paragraph(
		page, &(struct style){TEXT_TITLE, points(page, SIZE_TITLE), ALIGN_CENTRE}, "COPIA");
	rule(page);
}

/* Without a cutter the citizen is told where the sheet ends. */
static void tear_notice(struct page *page)
{
	space(page, points(page, SIZE_BODY));
	rule(page);
	paragraph(page, &(struct style){TEXT_BOLD, points(page, SIZE_BODY), ALIGN_CENTRE},
		RENDER_TEAR_TEXT);
}

enum vt_code render_receipt(const struct receipt *receipt, const struct printer_profile *profile,
	struct text_fonts *fonts, struct bitmap *ret, struct vt_error *error)
{
	struct page page = {.profile = profile, .fonts = fonts};
	enum vt_code code = VT_OK;

	VT_ASSERT(profile->width_px % 8 == 0 && receipt->line_count <= RECEIPT_MAX_LINES);
	page.canvas.width = profile->width_px;
	if (receipt->copy)
		copy_mark(&page);
	for (size_t i = 0; i < receipt->line_count && !code && !page.failed; i++)
		code = draw(&page, &receipt->lines[i], error);
	if (profile->cut == CUT_NONE && !code && page.y > 0)
		tear_notice(&page);
	return finish(&page, code, ret, error);
}

enum vt_code render_void_mark(const struct printer_profile *profile, struct text_fonts *fonts,
	struct bitmap *ret, struct vt_error *error)
{
	struct page page = {.profile = profile, .fonts = fonts};

	page.canvas.width = profile->width_px;
	rule(&page);
	paragraph(&page, &(struct style){TEXT_TITLE, points(&page, SIZE_TITLE), ALIGN_CENTRE},
		"DOCUMENTO INCOMPLETO");
	paragraph(&page, &(struct style){TEXT_BOLD, points(&page, SIZE_BODY), ALIGN_CENTRE},
		"Sin validez. Deséchelo, por favor.");
	rule(&page);
	return finish(&page, VT_OK, ret, error);
}

void render_finish(struct bitmap *bitmap)
{
	if (bitmap->bits)
		vt_wipe(bitmap->bits, bitmap->width_bytes * bitmap->rows);
	free(bitmap->bits);
	*bitmap = (struct bitmap){0};
}
