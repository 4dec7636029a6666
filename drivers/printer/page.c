#include "drivers/printer/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/printer/code128.h"
#include "drivers/printer/qr.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* Sizes in tenths of a point, lengths in tenths of a millimetre. */
#define SIZE_TITLE 190
#define SIZE_BODY  115
#define SIZE_LABEL 105
#define SIZE_VALUE 120
#define SIZE_BIG   280
#define SIZE_MIN   120
#define SIZE_FOOT  90
/* Text keeps 25 mm from the sides; printers cannot reach the outer 4 mm at all. */
#define MARGIN_X      250
#define MARGIN_TOP    180
#define MARGIN_BOTTOM 190
#define FRAME_INSET   100
/* Labels end, values begin. */
#define COLUMN_VALUE 620
/* 0.68 mm a module reads from 25 cm with any telephone; below 0.25 mm toner and zbar disagree. */
#define QR_DOTS_MAX 8
#define QR_DOTS_MIN 3
#define QR_SIDE_MAX 480
/* 0.34 mm at 300 dpi. */
#define BAR_DOTS_MAX 4
#define BAR_DOTS_MIN 2
#define BAR_HEIGHT   140
/* Ink of rules and labels: light enough to step back, above half so that black_1 has it, too. */
#define INK_LABEL 190
#define INK_RULE  150

enum align { ALIGN_LEFT, ALIGN_CENTRE };

struct style {
	enum text_face face;
	int size_px;
	enum align align;
};

struct layout {
	struct text_fonts *fonts;
	struct pages *pages;
	struct canvas *canvas; /* the page in work */
	int y;
	enum vt_code failed; /* sticky: VT_ERR_NOMEM, VT_ERR_LIMIT */
};

static int points(int tenths)
{
	return (tenths * PAGE_DPI + 360) / 720;
}

static int tenth_mm(int tenths)
{
	return tenths * PAGE_DPI / 254;
}

static int left_edge(void)
{
	return tenth_mm(MARGIN_X);
}

static int text_room(void)
{
	return PAGE_WIDTH - 2 * left_edge();
}

static void fill(struct layout *l, int x, int y, int width, int height, uint8_t ink)
{
	for (int row = y; row < y + height; row++)
		memset(l->canvas->pixels + (ptrdiff_t)row * PAGE_WIDTH + x, ink, (size_t)width);
}

static void frame(struct layout *l, int x, int y, int width, int height, int line, uint8_t ink)
{
	fill(l, x, y, width, line, ink);
	fill(l, x, y + height - line, width, line, ink);
	fill(l, x, y, line, height, ink);
	fill(l, x + width - line, y, line, height, ink);
}

/* ---- pages ---- */

static void begin_page(struct layout *l)
{
	struct pages *pages = l->pages;

	if (l->failed)
		return;
	if (pages->count == PAGE_MAX) {
		l->failed = VT_ERR_LIMIT;
		return;
	}
	uint8_t *pixels = calloc(PAGE_HEIGHT, PAGE_WIDTH);
	if (!pixels) {
		l->failed = VT_ERR_NOMEM;
		return;
	}
	l->canvas = &pages->list[pages->count++];
	*l->canvas = (struct canvas){.width = PAGE_WIDTH, .height = PAGE_HEIGHT, .pixels = pixels};
	const int inset = tenth_mm(FRAME_INSET);
	frame(l, inset, inset, PAGE_WIDTH - 2 * inset, PAGE_HEIGHT - 2 * inset, points(8),
		INK_RULE);
	l->y = tenth_mm(MARGIN_TOP);
}

/* Room for so many rows on this page or a new one; false after a failure. */
static bool need(struct layout *l, int rows)
{
	if (!l->failed && l->y + rows > PAGE_HEIGHT - tenth_mm(MARGIN_BOTTOM))
		begin_page(l);
	if (!l->failed && l->y + rows > PAGE_HEIGHT - tenth_mm(MARGIN_BOTTOM))
		l->failed = VT_ERR_LIMIT;
	return !l->failed;
}

/* ---- text ---- */

/* Lightens what was drawn in these rows: text_draw() knows black only. */
static void lighten(struct layout *l, int x, int y, int width, int height, int ink)
{
	for (int row = y; row < y + height && row < PAGE_HEIGHT; row++) {
		uint8_t *at = l->canvas->pixels + (ptrdiff_t)row * PAGE_WIDTH + x;
		for (int i = 0; i < width; i++)
			at[i] = (uint8_t)(at[i] * ink / 255);
	}
}

static int width_of(const struct layout *l, const struct style *style, const char *text, size_t n)
{
	return text_width(l->fonts, style->face, style->size_px, text, n);
}

/* Bytes of text that make the next line: whole words, or what fits of one that is too long. */
static size_t next_line(
	const struct layout *l, const struct style *style, const char *text, int width)
{
	size_t fitting = 0, at = 0;

	while (text[at] != '\0' && text[at] != '\n') {
		at += strspn(text + at, " ");
		at += strcspn(text + at, " \n");
		if (width_of(l, style, text, at) > width)
			break;
		fitting = at;
	}
	if (fitting > 0 || at == 0)
		return fitting;
	const char *end = text;
	do {
		fitting = (size_t)(end - text);
		(void)vt_utf8_next(&end);
	} while (end <= text + at && width_of(l, style, text, (size_t)(end - text)) <= width);
	if (fitting == 0)
		fitting = (size_t)(end - text);
	return fitting;
}

/* Draws a paragraph into the column [x, x + width) below l->y and moves on. */
static void paragraph(
	struct layout *l, const struct style *style, const char *text, int x, int width)
{
	int rows, ascent;

	text_metrics(l->fonts, style->face, style->size_px, &rows, &ascent);
	while (*text && need(l, rows)) {
		const size_t n = next_line(l, style, text, width);
		const int spare = width - width_of(l, style, text, n);
		text_draw(l->fonts, style->face, style->size_px, text, n, l->canvas,
			x + (style->align == ALIGN_CENTRE && spare > 0 ? spare / 2 : 0),
			l->y + ascent);
		l->y += rows;
		text += n;
		text += *text == '\n';
		text += strspn(text, " ");
	}
}

static void space(struct layout *l, int tenths)
{
	if (need(l, tenth_mm(tenths)))
		l->y += tenth_mm(tenths);
}

static void rule(struct layout *l)
{
	const int gap = tenth_mm(20);

	if (!need(l, 2 * gap + points(8)))
		return;
	fill(l, left_edge(), l->y + gap, text_room(), points(8), INK_RULE);
	l->y += 2 * gap + points(8);
}

static size_t count_lines(
	const struct layout *l, const struct style *style, const char *text, int width)
{
	size_t count = 0;

	while (*text) {
		text += next_line(l, style, text, width);
		text += *text == '\n';
		text += strspn(text, " ");
		count++;
	}
	return count;
}

/* In lines of about the same length: no lonely word below a full line. */
static void title(struct layout *l, const char *text)
{
	const struct style style = {TEXT_TITLE, points(SIZE_TITLE), ALIGN_CENTRE};
	const size_t lines = count_lines(l, &style, text, text_room());
	int width = text_room();

	while (width > text_room() / 2 &&
		count_lines(l, &style, text, width - tenth_mm(50)) == lines)
		width -= tenth_mm(50);
	paragraph(l, &style, text, (PAGE_WIDTH - width) / 2, width);
	space(l, 15);
}

/* The one thing everybody looks for, in a frame of its own; smaller until it fits. */
static void big(struct layout *l, const char *text)
{
	const int padding = tenth_mm(35), room = text_room() - 2 * tenth_mm(60);
	struct style style = {TEXT_TITLE, 0, ALIGN_CENTRE};
	int rows, ascent;

	for (int tenths = SIZE_BIG; tenths >= SIZE_MIN; tenths -= 10) {
		style.size_px = points(tenths);
		if (width_of(l, &style, text, strlen(text)) <= room)
			break;
	}
	text_metrics(l->fonts, style.face, style.size_px, &rows, &ascent);
	if (width_of(l, &style, text, strlen(text)) > room) {
		paragraph(l, &style, text, left_edge(), text_room());
		return;
	}
	if (!need(l, 2 * padding + rows + 2 * tenth_mm(20)))
		return;
	l->y += tenth_mm(20);
	frame(l, left_edge(), l->y, text_room(), rows + 2 * padding, points(12), 0xff);
	l->y += padding;
	paragraph(l, &style, text, left_edge(), text_room());
	l->y += padding + tenth_mm(20);
}

static void pair(struct layout *l, const struct receipt_line *line)
{
	const struct style label = {TEXT_REGULAR, points(SIZE_LABEL), ALIGN_LEFT};
	const struct style value = {TEXT_BOLD, points(SIZE_VALUE), ALIGN_LEFT};
	const int column = left_edge() + tenth_mm(COLUMN_VALUE);
	const int room = PAGE_WIDTH - left_edge() - column;
	const size_t lines = count_lines(l, &value, line->value, room);
	const size_t label_lines = count_lines(l, &label, line->text, tenth_mm(COLUMN_VALUE - 40));
	int rows, ascent, label_rows, label_ascent;

	text_metrics(l->fonts, value.face, value.size_px, &rows, &ascent);
	text_metrics(l->fonts, label.face, label.size_px, &label_rows, &label_ascent);
	/* A row of up to four lines is not torn between two pages. */
	const size_t most = lines > label_lines ? lines : label_lines;
	if (!need(l, rows * (int)(most < 4 ? most : 4) + 2 * tenth_mm(4) + points(4)))
		return;
	const int top = l->y + tenth_mm(4);
	l->y = top + ascent - label_ascent; /* both on the base line of the value */
	paragraph(l, &label, line->text, left_edge(), tenth_mm(COLUMN_VALUE - 40));
	lighten(l, left_edge(), top, tenth_mm(COLUMN_VALUE - 40), l->y - top, INK_LABEL);
	const int label_end = l->y;
	l->y = top;
	paragraph(l, &value, line->value, column, room);
	if (l->y < label_end)
		l->y = label_end;
	l->y += tenth_mm(4);
	fill(l, left_edge(), l->y, text_room(), points(4), INK_RULE);
	l->y += points(4);
}

/* ---- codes ---- */

/* Draws at (x, y) and returns the side in dots, the quiet zone included; measure only without
 * canvas. */
static int draw_qr(struct layout *l, const struct qr *code, int x, int y, bool measure)
{
	const int modules = code->width + 2 * QR_QUIET;
	int dots = QR_DOTS_MAX;

	while (dots > QR_DOTS_MIN && modules * dots > tenth_mm(QR_SIDE_MAX))
		dots--;
	for (int row = 0; row < code->width && !measure; row++)
		for (int col = 0; col < code->width; col++)
			if (code->modules[row * code->width + col] & 1)
				fill(l, x + (QR_QUIET + col) * dots, y + (QR_QUIET + row) * dots,
					dots, dots, 0xff);
	return modules * dots;
}

/* Code 128 with its text below, centred in the column; l->y is below it then. */
static enum vt_code barcode(
	struct layout *l, const char *text, int x, int width, int y, struct vt_error *error)
{
	struct code128 code;
	enum vt_code failed = code128_encode(text, &code, error);

	if (failed)
		return vt_prefix(error, failed, "page");
	const int modules = (int)code128_width(&code) + 2 * CODE128_QUIET;
	int dots = BAR_DOTS_MAX;
	while (dots > BAR_DOTS_MIN && modules * dots > width)
		dots--;
	if (modules * dots > width)
		return vt_fail(error, VT_ERR_LIMIT, 0, "page: barcode wider than its place");
	int at = x + (width - (modules - 2 * CODE128_QUIET) * dots) / 2;
	for (size_t i = 0; i < code.symbol_count; i++) {
		const char *widths = code128_pattern(code.symbols[i]);
		for (size_t j = 0; widths[j]; j++) {
			const int bar = (widths[j] - '0') * dots;
			if (j % 2 == 0)
				fill(l, at, y, bar, tenth_mm(BAR_HEIGHT), 0xff);
			at += bar;
		}
	}
	l->y = y + tenth_mm(BAR_HEIGHT) + tenth_mm(10);
	paragraph(
		l, &(struct style){TEXT_REGULAR, points(SIZE_BODY), ALIGN_CENTRE}, text, x, width);
	return VT_OK;
}

/* A QR code and the barcode next to it in the model stand side by side; one alone is centred. */
static enum vt_code codes(
	struct layout *l, const char *qr_text, const char *bar_text, struct vt_error *error)
{
	const bool is_both = qr_text && bar_text;
	struct qr code = {0};
	enum vt_code failed = qr_text ? qr_encode(qr_text, &code, error) : VT_OK;
	int side = 0, end = 0;

	if (failed)
		return failed;
	if (qr_text)
		side = draw_qr(l, &code, 0, 0, true);
	if (need(l, (side > tenth_mm(300) ? side : tenth_mm(300)) + tenth_mm(30))) {
		const int top = l->y + tenth_mm(15);
		if (qr_text)
			(void)draw_qr(l, &code, is_both ? left_edge() : (PAGE_WIDTH - side) / 2,
				top, false);
		end = top + side;
		if (bar_text) {
			const int x = left_edge() + (is_both ? side + tenth_mm(40) : 0);
			const int gap = is_both ? (side - tenth_mm(BAR_HEIGHT + 60)) / 2 : 0;
			failed = barcode(l, bar_text, x, PAGE_WIDTH - left_edge() - x,
				top + (gap > 0 ? gap : 0), error);
			end = l->y > end ? l->y : end;
		}
		l->y = end + tenth_mm(15);
	}
	qr_finish(&code);
	return failed;
}

/* ---- the document ---- */

static const char *code_text(const struct receipt *receipt, size_t i, enum receipt_kind kind)
{
	return i < receipt->line_count && receipt->lines[i].kind == kind &&
			       receipt->lines[i].text[0]
		       ? receipt->lines[i].text
		       : NULL;
}

static enum vt_code draw(
	struct layout *l, const struct receipt *receipt, size_t *i, struct vt_error *error)
{
	const struct receipt_line *line = &receipt->lines[*i];
	const struct style text = {line->bold ? TEXT_BOLD : TEXT_REGULAR, points(SIZE_BODY),
		line->centred ? ALIGN_CENTRE : ALIGN_LEFT};
	const char *qr_text, *bar_text;

	switch (line->kind) {
	case RECEIPT_TITLE:
		title(l, line->text);
		break;
	case RECEIPT_TEXT:
		paragraph(l, &text, line->text, left_edge(), text_room());
		space(l, 15);
		break;
	case RECEIPT_PAIR:
		pair(l, line);
		break;
	case RECEIPT_BIG:
		big(l, line->text);
		break;
	case RECEIPT_RULE:
		rule(l);
		break;
	case RECEIPT_SPACE:
		space(l, 50);
		break;
	case RECEIPT_QR:
	case RECEIPT_BARCODE:
		qr_text = code_text(receipt, *i, RECEIPT_QR);
		bar_text = code_text(receipt, *i, RECEIPT_BARCODE);
		if (qr_text && (bar_text = code_text(receipt, *i + 1, RECEIPT_BARCODE)))
			++*i;
		else if (bar_text && (qr_text = code_text(receipt, *i + 1, RECEIPT_QR)))
			++*i;
		return qr_text || bar_text ? codes(l, qr_text, bar_text, error) : VT_OK;
	case RECEIPT_KIND_COUNT:
		VT_UNREACHABLE();
	}
	return VT_OK;
}

/* "Hoja 1 de 2" at the foot, so that a page that stays in the printer is missed. */
static void number_pages(struct layout *l)
{
	const struct style style = {TEXT_REGULAR, points(SIZE_FOOT), ALIGN_CENTRE};
	char text[48];

	for (size_t i = 0; i < l->pages->count; i++) {
		(void)snprintf(text, sizeof(text), "Hoja %zu de %zu", i + 1, l->pages->count);
		text_draw(l->fonts, style.face, style.size_px, text, strlen(text),
			&l->pages->list[i],
			(PAGE_WIDTH - width_of(l, &style, text, strlen(text))) / 2,
			PAGE_HEIGHT - tenth_mm(FRAME_INSET + 60));
	}
}

enum vt_code page_render(const struct receipt *receipt, struct text_fonts *fonts, struct pages *ret,
	struct vt_error *error)
{
	struct pages pages = {0};
	struct layout layout = {.fonts = fonts, .pages = &pages};
	enum vt_code code = VT_OK;

	VT_ASSERT(receipt->line_count <= RECEIPT_MAX_LINES);
	*ret = pages;
	if (receipt->line_count == 0)
		return vt_fail(error, VT_ERR_INVALID, 0, "page: empty document");
	begin_page(&layout);
	if (receipt->copy) {
		title(&layout, "COPIA");
		rule(&layout);
	}
	for (size_t i = 0; i < receipt->line_count && !code && !layout.failed; i++)
		code = draw(&layout, receipt, &i, error);
	if (!code && layout.failed)
		code = vt_fail(error, layout.failed, 0, "page: %s",
			layout.failed == VT_ERR_LIMIT ? "document too long" : "out of memory");
	if (code) {
		page_finish(&pages);
		return code;
	}
	number_pages(&layout);
	*ret = pages;
	return VT_OK;
}

void page_finish(struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++) {
		struct canvas *canvas = &pages->list[i];
		vt_wipe(canvas->pixels, (size_t)canvas->width * (size_t)canvas->height);
		free(canvas->pixels);
	}
	*pages = (struct pages){0};
}
