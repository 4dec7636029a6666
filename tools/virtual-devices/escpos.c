/* The ESC/POS interpreter, one byte at a time, in bounded memory. Source: Epson ESC/POS command
 * reference, TM-T20II column. A byte is one of
 *
 *   S_TEXT ──1B 1C 1D 10──► S_LETTER ──letter in the table──► S_ARGS ──all there──► the command
 *     ▲                          │ not in the table: counted, dropped                    │
 *     └──────────────────────────┴────────◄── done ────────────────────────┬── S_DATA ◄──┘
 *                                                                           payload to a sink
 *
 * A command may ask for more arguments (GS V 66) or for a payload (GS v 0). Everything it prints
 * goes into the line or to the mechanism; the caller gives the next byte when that has moved. */

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/font.h"
#include "tools/virtual-devices/printer-internal.h"

#define DLE 0x10
#define ESC 0x1b
#define FS  0x1c
#define GS  0x1d

enum state { S_TEXT, S_LETTER, S_ARGS, S_DATA };

#define DEFAULT_PITCH 30 /* 1/6 inch at 180 dpi, 3.75 mm here */

/* --- life --- */

static void default_style(struct escpos_style *s, int paper_px)
{
	*s = (struct escpos_style){
		.width = 1,
		.height = 1,
		.line_pitch = DEFAULT_PITCH,
		.area_width = paper_px,
		.bar_height = 162,
		.bar_module = 3,
		.qr_module = 3,
	};
	for (uint8_t i = 0; i < VT_ELEMENTS(s->tabs); i++)
		s->tabs[s->tab_count++] = (uint8_t)(8 * (i + 1));
}

void escpos_reset(struct escpos *e)
{
	default_style(&e->style, e->paper_px);
	e->line_used = true;
	line_clear(e);
	e->state = S_TEXT;
	e->qr_length = 0;
	free(e->graphics);
	e->graphics = NULL;
	e->graphics_rows = 0;
}

void escpos_init(struct escpos *e, int paper_px)
{
	memset(e, 0, sizeof(*e));
	e->paper_px = paper_px;
	escpos_reset(e);
}

void escpos_finish(struct escpos *e)
{
	free(e->graphics);
	e->graphics = NULL;
}

/* --- commands --- */

/* '0' and 0 mean the same in most commands. */
static uint8_t digit_arg(const struct printer *p, size_t i)
{
	return arg(p, i) >= '0' ? (uint8_t)(arg(p, i) - '0') : arg(p, i);
}

static void more_args(struct printer *p, size_t need)
{
	VT_ASSERT(need <= sizeof(p->esc.args));
	p->esc.arg_need = need;
}

static void take_data(struct printer *p, enum escpos_sink sink, uint32_t length)
{
	p->esc.sink = sink;
	p->esc.data_left = length;
	p->esc.state = S_DATA;
}

static void unknown(struct printer *p)
{
	const struct escpos *e = &p->esc;

	p->esc.unknown++;
	vdev_note(&p->base, "unknown command %02X %02X", e->command[0], e->command[1]);
}

static void esc_initialise(struct printer *p)
{
	escpos_reset(&p->esc);
}

static void esc_mode(struct printer *p)
{
	uint8_t n = arg(p, 0);

	style(p)->font_b = n & 1;
	style(p)->bold = n & 8;
	style(p)->height = n & 0x10 ? 2 : 1;
	style(p)->width = n & 0x20 ? 2 : 1;
	style(p)->underline = n & 0x80 ? 1 : 0;
}

static void esc_position(struct printer *p)
{
	if (arg16(p, 0) < line_width(&p->esc)) {
		p->esc.x = arg16(p, 0);
		p->esc.line_used = true;
	}
}

static void esc_relative(struct printer *p)
{
	int x = p->esc.x + (int16_t)arg16(p, 0);

	if (x >= 0 && x < line_width(&p->esc)) {
		p->esc.x = x;
		p->esc.line_used = true;
	}
}

static void esc_columns(struct printer *p)
{
	struct escpos *e = &p->esc;
	uint32_t count = (uint32_t)arg16(p, 1);

	e->mode = arg(p, 0);
	if (e->mode != 0 && e->mode != 1 && e->mode != 32 && e->mode != 33) {
		unknown(p);
		return;
	}
	e->column = 0;
	e->line_used = true;
	if (e->line_height < 24)
		e->line_height = 24;
	take_data(p, SINK_COLUMNS, e->mode >= 32 ? count * 3 : count);
}

static void esc_underline(struct printer *p)
{
	if (digit_arg(p, 0) <= 2)
		style(p)->underline = digit_arg(p, 0);
}

static void esc_char_space(struct printer *p)
{
	style(p)->char_space = arg(p, 0);
}

static void esc_pitch_default(struct printer *p)
{
	style(p)->line_pitch = DEFAULT_PITCH;
}

static void esc_pitch(struct printer *p)
{
	style(p)->line_pitch = arg(p, 0);
}

static void esc_bold(struct printer *p)
{
	style(p)->bold = arg(p, 0) & 1;
}

static void esc_double_strike(struct printer *p)
{
	style(p)->double_strike = arg(p, 0) & 1;
}

static void esc_feed_dots(struct printer *p)
{
	line_print(p, arg(p, 0));
}

static void esc_feed_lines(struct printer *p)
{
	line_print(p, arg(p, 0) * style(p)->line_pitch);
}

static void esc_font(struct printer *p)
{
	style(p)->font_b = digit_arg(p, 0) == 1;
}

static void esc_international(struct printer *p)
{
	style(p)->international = arg(p, 0);
}

static void esc_align(struct printer *p)
{
	if (digit_arg(p, 0) <= 2 && !p->esc.line_used)
		style(p)->align = digit_arg(p, 0);
}

static void esc_page(struct printer *p)
{
	style(p)->page = arg(p, 0);
}

static void esc_upside_down(struct printer *p)
{
	if (!p->esc.line_used)
		style(p)->upside_down = arg(p, 0) & 1;
}

static void esc_drawer(struct printer *p)
{
	vdev_note(&p->base, "drawer %d opened", digit_arg(p, 0) == 1 ? 2 : 1);
	p->drawer_open = true;
	printer_status_changed(p);
}

static void esc_tabs(struct printer *p)
{
	style(p)->tab_count = 0;
	take_data(p, SINK_TABS, 0);
}

static void esc_characters(struct printer *p)
{
	struct escpos *e = &p->esc;

	if (arg(p, 2) < arg(p, 1)) {
		unknown(p);
		return;
	}
	e->char_rows = arg(p, 0);
	e->char_left = (uint32_t)(arg(p, 2) - arg(p, 1) + 1);
	take_data(p, SINK_CHARACTERS, 0);
}

static void esc_cut(struct printer *p)
{
	line_finish(p);
	mechanism_cut(p, true);
}

static void gs_size(struct printer *p)
{
	uint8_t width = (uint8_t)((arg(p, 0) >> 4) + 1), height = (uint8_t)((arg(p, 0) & 15) + 1);

	if (width <= 8 && height <= 8) {
		style(p)->width = width;
		style(p)->height = height;
	}
}

static void gs_reverse(struct printer *p)
{
	style(p)->reverse = arg(p, 0) & 1;
}

static void gs_margin(struct printer *p)
{
	if (!p->esc.line_used)
		style(p)->left_margin = arg16(p, 0);
}

static void gs_area(struct printer *p)
{
	if (!p->esc.line_used)
		style(p)->area_width = arg16(p, 0) > 0 ? arg16(p, 0) : p->esc.paper_px;
}

static void gs_cut(struct printer *p)
{
	uint8_t m = arg(p, 0);

	if (m == 65 || m == 66) {
		if (p->esc.arg_count == 1) {
			more_args(p, 2);
			return;
		}
		line_finish(p);
		mechanism_feed(p, PRINTER_CUTTER_ROWS + arg(p, 1));
		mechanism_cut(p, m == 66);
	} else if (digit_arg(p, 0) <= 1) {
		line_finish(p);
		mechanism_cut(p, digit_arg(p, 0) == 1);
	} else {
		unknown(p);
	}
}

static void gs_automatic_status(struct printer *p)
{
	p->asb_mask = arg(p, 0);
	p->asb_due = true;
	printer_status_changed(p);
}

static void gs_queued_status(struct printer *p)
{
	uint8_t answer;

	switch (digit_arg(p, 0)) {
	case 1:
		answer = printer_paper_status(p);
		break;
	case 2:
		answer = p->drawer_open ? 0 : 1; /* pin 3 is low while it is open */
		break;
	default:
		unknown(p);
		return;
	}
	printer_answer(p, &answer, 1);
}

static void gs_identity(struct printer *p)
{
	static const struct {
		uint8_t n;
		const char *text;
	} texts[] = {{65, "1.01 ESC/POS"}, {66, "EPSON"}, {67, "TM-T20II"}, {69, "Latin"}};
	uint8_t n = arg(p, 0);
	uint8_t id = digit_arg(p, 0) == 1 ? 0x20 : digit_arg(p, 0) == 2 ? 0x02 : 0x01;

	if (n <= 3 || (n >= 49 && n <= 51)) {
		printer_answer(p, &id, 1);
		return;
	}
	const char *text = n == 68 ? p->serial : NULL;
	for (size_t i = 0; i < VT_ELEMENTS(texts); i++) {
		if (texts[i].n == n)
			text = texts[i].text;
	}
	if (!text) {
		unknown(p);
		return;
	}
	printer_answer(p, "\x5f", 1);
	printer_answer(p, text, strlen(text) + 1);
}

/* GS g 2 m nL nH: maintenance counters; 50 and 178 (which no one can reset) count the cuts. */
static void gs_counter(struct printer *p)
{
	char answer[16];
	int n = arg16(p, 2) & 0x7f;

	if (arg(p, 0) != '2')
		return; /* GS g 0: sets a counter to 0; ours stays, as the cumulative one does */
	if (!vt_format(answer, sizeof(answer), "\x5f%u", n == 50 ? p->cut_count : 0))
		return;
	printer_answer(p, answer, strlen(answer) + 1);
}

/* --- barcodes --- */

static void gs_barcode(struct printer *p)
{
	struct escpos *e = &p->esc;

	e->symbol_length = 0;
	e->symbol_too_long = false;
	if (arg(p, 0) <= 6) {
		take_data(p, SINK_BARCODE_Z, 0);
	} else if (arg(p, 0) >= 65 && arg(p, 0) <= 79) {
		if (e->arg_count == 1) {
			more_args(p, 2);
			return;
		}
		take_data(p, SINK_BARCODE, arg(p, 1));
	} else {
		unknown(p);
	}
}

static void gs_bar_height(struct printer *p)
{
	if (arg(p, 0) > 0)
		style(p)->bar_height = arg(p, 0);
}

static void gs_bar_module(struct printer *p)
{
	if (arg(p, 0) >= 2 && arg(p, 0) <= 6)
		style(p)->bar_module = arg(p, 0);
}

static void gs_bar_text(struct printer *p)
{
	if (digit_arg(p, 0) <= 3)
		style(p)->bar_text = digit_arg(p, 0);
}

static void gs_bar_font(struct printer *p)
{
	style(p)->bar_text_font_b = digit_arg(p, 0) == 1;
}

/* GS ( k: cn fn m …; the first three are arguments, the rest is payload. */
static void symbol_function(struct printer *p)
{
	struct escpos *e = &p->esc;
	uint32_t rest = e->body - (uint32_t)(e->arg_count - 3);
	uint8_t fn = arg(p, 4), m = e->arg_count > 5 ? arg(p, 5) : 0;

	if (p->options.no_qr || arg(p, 3) != 49 || e->body < 3) {
		unknown(p);
	} else if (fn == 65) {
		/* model: 49 and 50 look alike to us */
	} else if (fn == 67) {
		if (m >= 1 && m <= 16)
			style(p)->qr_module = m;
	} else if (fn == 69) {
		if (m >= 48 && m <= 51)
			style(p)->qr_level = (uint8_t)(m - 48);
	} else if (fn == 80) {
		e->symbol_length = 0;
		e->symbol_too_long = false;
		if (rest > 0)
			take_data(p, SINK_QR, rest);
		else
			e->qr_length = 0;
		return;
	} else if (fn == 81) {
		graphics_print_qr(p);
	} else {
		unknown(p);
	}
	if (rest > 0)
		take_data(p, SINK_SKIP, rest);
}

/* GS ( L and GS 8 L: m fn [a bx by c xL xH yL yH] data; `at` is the place of m. */
static void graphics_function(struct printer *p, size_t at)
{
	struct escpos *e = &p->esc;
	uint32_t rest = e->body - (uint32_t)(e->arg_count - at);
	uint8_t fn = e->body >= 2 ? arg(p, at + 1) : 0;
	enum escpos_sink sink = SINK_SKIP;

	if (fn == 2 || fn == 50) {
		graphics_print(p);
	} else if (fn == 112 && e->body >= 10) {
		if (graphics_store(p, at + 2, rest))
			sink = SINK_GRAPHICS;
		else
			unknown(p);
	} else if (fn != 1 && fn != 49) { /* 49: reference dot density, ours is fixed */
		unknown(p);
	}
	if (rest > 0)
		take_data(p, sink, rest);
}

static void gs_raster(struct printer *p)
{
	struct escpos *e = &p->esc;
	uint32_t width = (uint32_t)arg16(p, 2), height = (uint32_t)arg16(p, 4);

	e->mode = digit_arg(p, 1);
	if (digit_arg(p, 0) != 0 || e->mode > 3) {
		unknown(p);
		return;
	}
	if (p->options.look->no_raster) {
		unknown(p);
		if (width > 0 && height > 0)
			take_data(p, SINK_SKIP, width * height);
		return;
	}
	line_finish(p);
	if (width == 0 || height == 0)
		return;
	e->row_width = width;
	e->row_at = 0;
	memset(e->row, 0, sizeof(e->row));
	take_data(p, SINK_RASTER, width * height);
}

/* --- GS ( x pL pH … --- */

static void answer_process_id(struct printer *p)
{
	uint8_t answer[7] = {0x37, 0x22, arg(p, 5), arg(p, 6), arg(p, 7), arg(p, 8), 0};

	/* fn 48 m 48: d1–d4 must be 20–7E. */
	for (int i = 2; i < 6; i++) {
		if (answer[i] < 0x20 || answer[i] > 0x7e)
			return;
	}
	printer_answer(p, answer, sizeof(answer));
}

static void extended(struct printer *p)
{
	struct escpos *e = &p->esc;
	size_t head = arg(p, 0) == 'L' ? 10 : arg(p, 0) == 'k' ? 3 : 12;

	if (e->arg_count == 3) {
		e->body = (uint32_t)arg16(p, 1);
		if (head > e->body)
			head = e->body;
		if (head > 0) {
			more_args(p, 3 + head);
			return;
		}
		unknown(p);
		return;
	}
	if (e->command[0] == GS && arg(p, 0) == 'L') {
		graphics_function(p, 3);
		return;
	}
	if (e->command[0] == GS && arg(p, 0) == 'k') {
		symbol_function(p);
		return;
	}
	if (e->command[0] == GS && arg(p, 0) == 'H' && !p->options.no_process_id && e->body == 6 &&
		arg(p, 3) == 48 && arg(p, 4) == 48)
		answer_process_id(p);
	else if (arg(p, 0) == 0 || !strchr("ADEKMN", arg(p, 0)))
		unknown(p); /* A–N: tests, settings, print density: accepted, without effect here */
	uint32_t rest = e->body - (uint32_t)(e->arg_count - 3);
	if (rest > 0)
		take_data(p, SINK_SKIP, rest);
}

/* GS 8 L p1 p2 p3 p4 … */
static void extended_long(struct printer *p)
{
	struct escpos *e = &p->esc;

	if (e->arg_count == 5) {
		e->body = (uint32_t)arg16(p, 1) | (uint32_t)arg16(p, 3) << 16;
		size_t head = e->body < 10 ? e->body : 10;
		if (head > 0)
			more_args(p, 5 + head);
		return;
	}
	if (arg(p, 0) == 'L') {
		graphics_function(p, 5);
		return;
	}
	unknown(p);
	uint32_t rest = e->body - (uint32_t)(e->arg_count - 5);
	if (rest > 0)
		take_data(p, SINK_SKIP, rest);
}

/* Real-time commands were done when they arrived; here their bytes are only passed over. */
static void skip_realtime(struct printer *p)
{
	if (p->esc.arg_count > 1)
		return;
	switch (arg(p, 0)) {
	case 1:
	case 2:
		more_args(p, 3);
		break;
	case 3:
		more_args(p, 6);
		break;
	case 7:
		more_args(p, 2);
		break;
	case 8:
		more_args(p, 8);
		break;
	default:
		break;
	}
}

static void skip_download(struct printer *p) /* GS * x y data */
{
	uint32_t length = (uint32_t)arg(p, 0) * arg(p, 1) * 8;

	unknown(p);
	if (length > 0)
		take_data(p, SINK_SKIP, length);
}

static void skip_kanji(struct printer *p) /* FS 2 c1 c2 data */
{
	unknown(p);
	take_data(p, SINK_SKIP, 72);
}

struct command {
	uint8_t prefix, letter;
	uint8_t args;			/* bytes before run is called for the first time */
	void (*run)(struct printer *p); /* NULL: accepted, without effect on our paper */
};

/* clang-format off */
static const struct command commands[] = {
	{DLE, 0x04, 1, NULL}, {DLE, 0x05, 1, NULL}, {DLE, 0x14, 1, skip_realtime},
	{ESC, 0x0c, 0, NULL}, {ESC, ' ', 1, esc_char_space}, {ESC, '!', 1, esc_mode},
	{ESC, '$', 2, esc_position}, {ESC, '%', 1, NULL}, {ESC, '&', 3, esc_characters},
	{ESC, '(', 3, extended}, {ESC, '*', 3, esc_columns}, {ESC, '-', 1, esc_underline},
	{ESC, '2', 0, esc_pitch_default}, {ESC, '3', 1, esc_pitch}, {ESC, '=', 1, NULL},
	{ESC, '?', 1, NULL}, {ESC, '@', 0, esc_initialise}, {ESC, 'D', 0, esc_tabs},
	{ESC, 'E', 1, esc_bold}, {ESC, 'G', 1, esc_double_strike}, {ESC, 'J', 1, esc_feed_dots},
	{ESC, 'M', 1, esc_font}, {ESC, 'R', 1, esc_international}, {ESC, 'S', 0, NULL},
	{ESC, 'T', 1, NULL}, {ESC, 'U', 1, NULL}, {ESC, 'V', 1, NULL}, {ESC, 'W', 8, NULL},
	{ESC, '\\', 2, esc_relative}, {ESC, 'a', 1, esc_align}, {ESC, 'c', 2, NULL},
	{ESC, 'd', 1, esc_feed_lines}, {ESC, 'i', 0, esc_cut}, {ESC, 'm', 0, esc_cut},
	{ESC, 'p', 3, esc_drawer}, {ESC, 'r', 1, NULL}, {ESC, 't', 1, esc_page},
	{ESC, '{', 1, esc_upside_down},
	{FS, '!', 1, NULL}, {FS, '&', 0, NULL}, {FS, '(', 3, extended}, {FS, '-', 1, NULL},
	{FS, '.', 0, NULL}, {FS, '2', 2, skip_kanji}, {FS, 'C', 1, NULL}, {FS, 'S', 2, NULL},
	{FS, 'W', 1, NULL}, {FS, 'p', 2, unknown},
	{GS, '!', 1, gs_size}, {GS, '$', 2, NULL}, {GS, '(', 3, extended},
	{GS, '*', 2, skip_download}, {GS, '/', 1, unknown}, {GS, '8', 5, extended_long},
	{GS, ':', 0, unknown}, {GS, 'B', 1, gs_reverse}, {GS, 'H', 1, gs_bar_text},
	{GS, 'I', 1, gs_identity}, {GS, 'L', 2, gs_margin}, {GS, 'P', 2, NULL},
	{GS, 'T', 1, NULL}, {GS, 'V', 1, gs_cut}, {GS, 'W', 2, gs_area}, {GS, '\\', 2, NULL},
	{GS, '^', 3, unknown}, {GS, 'a', 1, gs_automatic_status}, {GS, 'b', 1, NULL},
	{GS, 'f', 1, gs_bar_font}, {GS, 'g', 4, gs_counter}, {GS, 'h', 1, gs_bar_height}, {GS, 'j', 1, NULL},
	{GS, 'k', 1, gs_barcode}, {GS, 'r', 1, gs_queued_status}, {GS, 'v', 6, gs_raster},
	{GS, 'w', 1, gs_bar_module}, {GS, 'z', 3, NULL},
};
/* clang-format on */

static const struct command *find_command(uint8_t prefix, uint8_t letter)
{
	for (size_t i = 0; i < VT_ELEMENTS(commands); i++) {
		if (commands[i].prefix == prefix && commands[i].letter == letter)
			return &commands[i];
	}
	return NULL;
}

/* --- payload --- */

static void symbol_byte(struct escpos *e, uint8_t byte, size_t max)
{
	if (e->symbol_length < max)
		e->symbol[e->symbol_length++] = byte;
	else
		e->symbol_too_long = true;
}

static void payload_done(struct printer *p)
{
	struct escpos *e = &p->esc;

	e->state = S_TEXT;
	if (e->sink == SINK_BARCODE || e->sink == SINK_BARCODE_Z) {
		graphics_print_barcode(p);
	} else if (e->sink == SINK_QR) {
		e->qr_length = e->symbol_too_long ? 0 : e->symbol_length;
		memcpy(e->qr, e->symbol, e->qr_length);
	}
}

/* ESC &: [width][width × rows bytes] for each character. */
static void character_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;

	if (e->data_left > 0) {
		e->data_left--;
	} else {
		e->data_left = (uint32_t)byte * e->char_rows;
		e->char_left--;
	}
	if (e->data_left == 0 && e->char_left == 0)
		payload_done(p);
}

static void payload_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;

	switch (e->sink) {
	case SINK_BARCODE_Z:
		if (byte == 0)
			payload_done(p);
		else
			symbol_byte(e, byte, 255);
		return;
	case SINK_TABS:
		if (byte == 0)
			payload_done(p);
		else if (e->style.tab_count < VT_ELEMENTS(e->style.tabs))
			e->style.tabs[e->style.tab_count++] = byte;
		return;
	case SINK_CHARACTERS:
		character_byte(p, byte);
		return;
	case SINK_RASTER:
	case SINK_GRAPHICS:
		graphics_row_byte(p, byte);
		break;
	case SINK_COLUMNS:
		graphics_column_byte(p, byte);
		break;
	case SINK_QR:
		symbol_byte(e, byte, sizeof(e->symbol));
		break;
	case SINK_BARCODE:
		symbol_byte(e, byte, 255);
		break;
	case SINK_SKIP:
	case SINK_NONE:
		break;
	}
	if (--e->data_left == 0)
		payload_done(p);
}

/* --- bytes --- */

static void text_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;

	switch (byte) {
	case DLE:
	case ESC:
	case FS:
	case GS:
		e->command[0] = byte;
		e->state = S_LETTER;
		break;
	case '\n':
		line_print(p, e->style.line_pitch);
		break;
	case '\t':
		line_tab(p);
		break;
	default:
		if (byte >= ' ' && byte != 0x7f)
			line_put(p, byte);
		break; /* CR, CAN, FF and the rest do nothing in standard mode */
	}
}

static void run_command(struct printer *p)
{
	struct escpos *e = &p->esc;
	const struct command *command = find_command(e->command[0], e->command[1]);

	VT_ASSERT(command != NULL); /* letter_byte() found it */
	e->state = S_TEXT;
	if (command->run)
		command->run(p);
	if (e->state == S_TEXT && e->arg_count < e->arg_need)
		e->state = S_ARGS;
	/* Payload of no bytes is complete already. */
	if (e->state == S_DATA && e->data_left == 0 &&
		(e->sink == SINK_BARCODE || e->sink == SINK_COLUMNS))
		payload_done(p);
}

static void letter_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;

	e->command[1] = byte;
	const struct command *command = find_command(e->command[0], byte);
	if (!command) {
		e->state = S_TEXT;
		unknown(p);
		return;
	}
	e->arg_count = 0;
	e->arg_need = command->args;
	if (e->arg_need == 0)
		run_command(p);
	else
		e->state = S_ARGS;
}

void escpos_byte(struct printer *p, uint8_t byte)
{
	struct escpos *e = &p->esc;

	switch ((enum state)e->state) {
	case S_TEXT:
		text_byte(p, byte);
		break;
	case S_LETTER:
		letter_byte(p, byte);
		break;
	case S_ARGS:
		e->args[e->arg_count++] = byte;
		if (e->arg_count == e->arg_need)
			run_command(p);
		break;
	case S_DATA:
		payload_byte(p, byte);
		break;
	}
}
