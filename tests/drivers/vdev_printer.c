/* The virtual ESC/POS printer: what gets on the paper, what it says about itself, and what happens
 * when paper, power or cable go away in the middle. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/virtual-devices/codes.h"
#include "tools/virtual-devices/font.h"
#include "tools/virtual-devices/paper.h"
#include "tools/virtual-devices/printer.h"

#define OUT  PRINTER_EP_OUT
#define IN   PRINTER_EP_IN
#define CUT  "\x1dVB\x00"
#define TOP  PRINTER_CUTTER_ROWS /* first row of a sheet that the head can reach */
#define WIDE PRINTER_WIDTH_PX

/* Bytes of a literal, with its NULs but without the last one. */
#define SEND(dev, literal) send_all(dev, literal, sizeof(literal) - 1)

static struct vdev *instant_printer(void)
{
	struct vdev *dev = printer_create(&(struct printer_options){.instant = true});

	assert_non_null(dev);
	return dev;
}

static struct vdev *timed_printer(size_t buffer_bytes)
{
	struct vdev *dev = printer_create(&(struct printer_options){.buffer_bytes = buffer_bytes});

	assert_non_null(dev);
	vdev_tick(dev, 1000);
	return dev;
}

static void send_all(struct vdev *dev, const void *data, size_t length)
{
	const uint8_t *at = data;

	while (length > 0) {
		int taken = vdev_out(dev, OUT, at, length);
		assert_true(taken > 0);
		at += taken;
		length -= (size_t)taken;
	}
}

static void command(struct vdev *dev, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	assert_int_equal(vdev_command(dev, line, &reply), VT_OK);
	vt_buf_finish(&reply);
}

/* The next sheet, or NULL; notes are dropped. Free it with free_sheet(). */
static struct vdev_sheet *take_sheet(struct vdev *dev)
{
	struct vdev_effect effect;

	while (vdev_take_effect(dev, &effect)) {
		if (effect.sheet)
			return effect.sheet;
	}
	return NULL;
}

/* As take_sheet(), where there must be one. */
static struct vdev_sheet *next_sheet(struct vdev *dev)
{
	struct vdev_sheet *sheet = take_sheet(dev);

	if (!sheet) {
		fail_msg("no sheet came out");
		abort();
	}
	return sheet;
}

static void free_sheet(struct vdev_sheet *sheet)
{
	free(sheet->rows);
	free(sheet);
}

static bool dot(const struct vdev_sheet *sheet, int x, int y)
{
	assert_in_range(x, 0, sheet->width_px - 1);
	assert_in_range(y, 0, sheet->row_count - 1);
	return sheet->rows[(size_t)y * sheet->row_bytes + (size_t)x / 8] >> (7 - x % 8) & 1;
}

/* First inked row at or after y; -1 if none. */
static int first_ink(const struct vdev_sheet *sheet, int y)
{
	for (; y < sheet->row_count; y++) {
		for (int x = 0; x < sheet->width_px; x++) {
			if (dot(sheet, x, y))
				return y;
		}
	}
	return -1;
}

/* Leftmost and rightmost inked column. */
static void ink_columns(const struct vdev_sheet *sheet, int *ret_left, int *ret_right)
{
	*ret_left = sheet->width_px;
	*ret_right = -1;
	for (int y = 0; y < sheet->row_count; y++) {
		for (int x = 0; x < sheet->width_px; x++) {
			if (!dot(sheet, x, y))
				continue;
			*ret_left = x < *ret_left ? x : *ret_left;
			*ret_right = x > *ret_right ? x : *ret_right;
		}
	}
}

static void assert_glyph(
	const struct vdev_sheet *sheet, int left, int top, uint16_t cp, int scale_x, int scale_y)
{
	const struct font_glyph *glyph = font_find(cp);

	for (int y = 0; y < FONT_A_HEIGHT * scale_y; y++) {
		for (int x = 0; x < FONT_A_WIDTH * scale_x; x++) {
			bool want = glyph->a[y / scale_y] & 0x8000 >> x / scale_x;
			assert_int_equal(dot(sheet, left + x, top + y), want);
		}
	}
}

/* Prints a literal followed by a cut on a new printer and returns the sheet. */
static struct vdev_sheet *print(const void *data, size_t length)
{
	struct vdev *dev = instant_printer();

	send_all(dev, data, length);
	send_all(dev, CUT, 4);
	assert_int_equal(printer_unknown_commands(dev), 0);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_non_null(sheet);
	vdev_destroy(&dev);
	return sheet;
}
#define PRINT(literal) print(literal, sizeof(literal) - 1)

static int answer(struct vdev *dev, uint8_t reply[64])
{
	int n = vdev_in(dev, IN, reply, 64);

	return n == VDEV_NAK ? 0 : n;
}

static uint8_t live(struct vdev *dev, uint8_t n)
{
	const uint8_t ask[3] = {0x10, 0x04, n};
	uint8_t reply[64];

	assert_int_equal(vdev_out(dev, OUT, ask, 3), 3);
	assert_int_equal(answer(dev, reply), 1);
	return reply[0];
}

/* --- text --- */

static void a_line_of_text_is_the_font_at_the_left_below_the_top_margin(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("AB\n");

	assert_glyph(sheet, 0, TOP, 'A', 1, 1);
	assert_glyph(sheet, 12, TOP, 'B', 1, 1);
	/* One line of 30 dots, then the feed to the blade. */
	assert_int_equal(sheet->row_count, 30 + PRINTER_CUTTER_ROWS);
	assert_false(sheet->partial);
	assert_string_equal(sheet->reason, "cut");
	assert_int_equal(sheet->number, 1);
	free_sheet(sheet);
}

static void spanish_letters_come_from_each_code_page(void **state)
{
	(void)state;
	static const struct {
		uint8_t page, enye, o_acute, inverted_question;
	} pages[] = {{0, 0xa4, 0xa2, 0xa8}, {2, 0xa4, 0xa2, 0xa8}, {19, 0xa4, 0xa2, 0xa8},
		{16, 0xf1, 0xf3, 0xbf}};

	for (size_t i = 0; i < VT_ELEMENTS(pages); i++) {
		const uint8_t text[] = {0x1b, 't', pages[i].page, pages[i].enye, pages[i].o_acute,
			pages[i].inverted_question, '\n'};
		struct vdev_sheet *sheet = print(text, sizeof(text));
		assert_glyph(sheet, 0, TOP, 0xf1, 1, 1);
		assert_glyph(sheet, 12, TOP, 0xf3, 1, 1);
		assert_glyph(sheet, 24, TOP, 0xbf, 1, 1);
		free_sheet(sheet);
	}
	assert_int_equal(font_decode(19, 0xd5), 0x20ac);
	assert_int_equal(font_decode(16, 0x80), 0x20ac);
	assert_int_equal(font_decode(99, 0x80), 0xfffd);
}

static void the_latin_american_set_replaces_ascii_places(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1bR\x0c|\\\n");

	assert_glyph(sheet, 0, TOP, 0xf1, 1, 1);
	assert_glyph(sheet, 12, TOP, 0xd1, 1, 1);
	free_sheet(sheet);
}

static void sizes_multiply_the_dots(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1d!\x12X\n");

	assert_glyph(sheet, 0, TOP, 'X', 2, 3);
	free_sheet(sheet);
	sheet = PRINT(
		"\x1d!\x77W\n\x1d!\x08V\n"); /* 8 × 8; the second is refused and changes nothing */
	assert_glyph(sheet, 0, TOP, 'W', 8, 8);
	assert_glyph(sheet, 0, TOP + 192, 'V', 8, 8);
	free_sheet(sheet);
}

static void alignment_moves_a_line(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1b"
					 "a\x02HH\n");

	assert_glyph(sheet, WIDE - 24, TOP, 'H', 1, 1);
	free_sheet(sheet);
	sheet = PRINT("\x1b"
		      "a1HH\n");
	assert_glyph(sheet, WIDE / 2 - 12, TOP, 'H', 1, 1);
	free_sheet(sheet);
}

static void bold_is_one_dot_wider_and_reverse_is_white_on_black(void **state)
{
	(void)state;
	struct vdev_sheet *plain = PRINT("l\n"),
			  *bold = PRINT("\x1b"
					"E\x01l\n"),
			  *reverse = PRINT("\x1d"
					   "B\x01 \n");
	int plain_dots = 0, bold_dots = 0;

	for (int y = TOP; y < TOP + 24; y++) {
		for (int x = 0; x < 12; x++) {
			plain_dots += dot(plain, x, y);
			bold_dots += dot(bold, x, y);
			assert_true(dot(reverse, x, y));
			assert_true(!dot(plain, x, y) || dot(bold, x, y));
		}
	}
	assert_true(bold_dots > plain_dots);
	free_sheet(plain);
	free_sheet(bold);
	free_sheet(reverse);
}

static void long_text_wraps_at_48_characters(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHM\n");

	assert_glyph(sheet, 47 * 12, TOP, 'H', 1, 1);
	assert_glyph(sheet, 0, TOP + 30, 'M', 1, 1);
	assert_int_equal(sheet->row_count, 2 * 30 + PRINTER_CUTTER_ROWS);
	free_sheet(sheet);
}

static void tabs_margins_and_positions(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\tT\n");
	assert_glyph(sheet, 96, TOP, 'T', 1, 1);
	free_sheet(sheet);
	sheet = PRINT("\x1b"
		      "D\x02\x05\x00\t\tT\n");
	assert_glyph(sheet, 60, TOP, 'T', 1, 1);
	free_sheet(sheet);
	sheet = PRINT("\x1dL\x40\x00\x1b$\x0a\x00T\n");
	assert_glyph(sheet, 74, TOP, 'T', 1, 1);
	free_sheet(sheet);
}

static void feeds_add_up(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1b"
					 "3\x14\n\n\x1b"
					 "2\n\x1b"
					 "d\x02\x1bJ\x07");
	assert_int_equal(sheet->row_count, 20 + 20 + 30 + 60 + 7 + PRINTER_CUTTER_ROWS);
	assert_int_equal(first_ink(sheet, 0), -1);
	free_sheet(sheet);
}

static void initialise_forgets_the_style(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1d!\x11\x1b"
					 "a\x02\x1b"
					 "E\x01\x1b@A\n");

	assert_glyph(sheet, 0, TOP, 'A', 1, 1);
	free_sheet(sheet);
}

/* --- graphics --- */

static void raster_rows_are_dots_as_sent(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1dv0\x00\x02\x00\x03\x00\x80\x01\xff\x00\x00\xff");

	for (int x = 0; x < WIDE; x++) {
		assert_int_equal(dot(sheet, x, TOP), x == 0 || x == 15);
		assert_int_equal(dot(sheet, x, TOP + 1), x < 8);
		assert_int_equal(dot(sheet, x, TOP + 2), x >= 8 && x < 16);
	}
	assert_int_equal(sheet->row_count, 3 + PRINTER_CUTTER_ROWS);
	free_sheet(sheet);
}

static void raster_modes_double_the_dots(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1dv0\x03\x01\x00\x02\x00\xa0\x00");

	assert_int_equal(sheet->row_count, 4 + PRINTER_CUTTER_ROWS);
	for (int y = TOP; y < TOP + 2; y++) {
		for (int x = 0; x < 16; x++)
			assert_int_equal(dot(sheet, x, y), x < 2 || x == 4 || x == 5);
	}
	free_sheet(sheet);
}

static void a_raster_wider_than_the_paper_is_cut_off(void **state)
{
	(void)state;
	uint8_t stream[8 + 2 * 100] = {0x1d, 'v', '0', 0, 100, 0, 2, 0};

	memset(stream + 8, 0xff, 100);
	struct vdev_sheet *sheet = print(stream, sizeof(stream));
	assert_true(dot(sheet, WIDE - 1, TOP));
	assert_false(dot(sheet, 0, TOP + 1));
	assert_int_equal(sheet->row_count, 2 + PRINTER_CUTTER_ROWS);
	free_sheet(sheet);
}

static void stored_graphics_print_on_demand_and_once(void **state)
{
	(void)state;
	static const char store[] =
		"\x1d(L\x0c\x00\x30\x70\x30\x01\x01\x31\x08\x00\x02\x00\xf0\x0f";
	static const char store_long[] =
		"\x1d"
		"8L\x0c\x00\x00\x00\x30\x70\x30\x01\x01\x31\x08\x00\x02\x00\xf0\x0f";
	static const char show[] = "\x1d(L\x02\x00\x30\x32";
	const struct {
		const char *bytes;
		size_t length;
	} stores[] = {{store, sizeof(store) - 1}, {store_long, sizeof(store_long) - 1}};

	for (size_t i = 0; i < VT_ELEMENTS(stores); i++) {
		struct vdev *dev = instant_printer();
		send_all(dev, stores[i].bytes, stores[i].length);
		assert_int_equal(printer_rows_hanging(dev), 0);
		send_all(dev, show, sizeof(show) - 1);
		assert_int_equal(printer_rows_hanging(dev), 2);
		send_all(dev, show, sizeof(show) - 1);
		assert_int_equal(printer_rows_hanging(dev), 2);
		SEND(dev, CUT);
		struct vdev_sheet *sheet = next_sheet(dev);
		for (int x = 0; x < 8; x++) {
			assert_int_equal(dot(sheet, x, TOP), x < 4);
			assert_int_equal(dot(sheet, x, TOP + 1), x >= 4);
		}
		assert_int_equal(printer_unknown_commands(dev), 0);
		free_sheet(sheet);
		vdev_destroy(&dev);
	}
}

static void graphics_whose_length_lies_are_passed_over(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	/* Says 8 × 3 dots but carries 2 bytes; then text must go on as text. */
	SEND(dev, "\x1d(L\x0c\x00\x30\x70\x30\x01\x01\x31\x08\x00\x03\x00\xf0\x0f"
		  "\x1d(L\x02\x00\x30\x32"
		  "A\n" CUT);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_glyph(sheet, 0, TOP, 'A', 1, 1);
	assert_int_equal(printer_unknown_commands(dev), 1);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void columns_of_24_dots(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1b*\x21\x02\x00\x80\x00\x01\xff\xff\xff\n");

	assert_true(dot(sheet, 0, TOP));
	assert_true(dot(sheet, 0, TOP + 23));
	assert_false(dot(sheet, 0, TOP + 12));
	for (int y = 0; y < 24; y++)
		assert_true(dot(sheet, 1, TOP + y));
	free_sheet(sheet);
}

/* --- codes --- */

static void a_qr_code_is_the_symbol_of_its_data(void **state)
{
	(void)state;
	static struct codes_qr qr;
	struct vdev_sheet *sheet = PRINT("\x1d(k\x04\x00\x31\x41\x32\x00\x1d(k\x03\x00\x31\x43\x04"
					 "\x1d(k\x03\x00\x31\x45\x31\x1d(k\x09\x00\x31\x50\x30"
					 "Folio1"
					 "\x1d(k\x03\x00\x31\x51\x30");

	assert_int_equal(codes_qr_encode((const uint8_t *)"Folio1", 6, 1, &qr), VT_OK);
	for (int y = 0; y < qr.size * 4; y++) {
		for (int x = 0; x < qr.size * 4; x++)
			assert_int_equal(
				dot(sheet, x, TOP + y), qr.modules[(y / 4) * qr.size + x / 4]);
	}
	assert_int_equal(sheet->row_count, qr.size * 4 + PRINTER_CUTTER_ROWS);
	free_sheet(sheet);
}

static void an_older_model_ignores_qr_and_process_id(void **state)
{
	(void)state;
	struct vdev *dev = printer_create(
		&(struct printer_options){.instant = true, .no_qr = true, .no_process_id = true});
	uint8_t reply[64];

	SEND(dev, "\x1d(k\x04\x00\x31\x50\x30"
		  "A\x1d(k\x03\x00\x31\x51\x30"
		  "\x1d(H\x06\x00\x30\x30"
		  "1234");
	assert_int_equal(printer_rows_hanging(dev), 0);
	assert_int_equal(answer(dev, reply), 0);
	assert_true(printer_unknown_commands(dev) >= 2);
	vdev_destroy(&dev);
}

/* Bars of a Code 128 by hand: start B, "A", check, stop (ISO/IEC 15417 table). */
static void code_128_bars_are_those_of_the_standard(void **state)
{
	(void)state;
	static const char want[] = "211214" /* start B */
				   "111323" /* A = 33 */
				   "131123" /* (104 + 33) mod 103 = 34 = B */
				   "2331112";
	static struct codes_bar bar;

	assert_int_equal(codes_bar_encode(CODES_CODE128, (const uint8_t *)"{BA", 3, &bar), VT_OK);
	assert_int_equal(bar.count, sizeof(want) - 1);
	for (size_t i = 0; i < bar.count; i++)
		assert_int_equal(bar.widths[i], want[i] - '0');
	assert_string_equal(bar.text, "A");
}

static void barcodes_that_cannot_be_are_refused(void **state)
{
	(void)state;
	static struct codes_bar bar;
	static const struct {
		int system;
		const char *data;
	} wrong[] = {{CODES_CODE128, "ABC"}, {CODES_CODE128, "{B"}, {CODES_CODE128, "{Bá"},
		{CODES_CODE128, "{BA{"}, {CODES_CODE128, "{BA{x"}, {CODES_CODE128, "{C{2"},
		{CODES_CODE128, "{Cd"}, {CODES_EAN13, "750103131130"},
		{CODES_EAN13, "7501031311300"}, {CODES_EAN8, "12a4567"}, {CODES_ITF, "123"},
		{CODES_CODE39, "abc"}, {CODES_CODE39, "*"}, {99, "1"}};

	for (size_t i = 0; i < VT_ELEMENTS(wrong); i++) {
		size_t length = strlen(wrong[i].data);
		enum vt_code code = codes_bar_encode(
			wrong[i].system, (const uint8_t *)wrong[i].data, length, &bar);
		if (i == 7) /* twelve digits: the check digit is added */
			assert_int_equal(code, VT_OK);
		else
			assert_int_not_equal(code, VT_OK);
	}
}

static void a_barcode_has_its_height_and_text(void **state)
{
	(void)state;
	struct vdev_sheet *sheet = PRINT("\x1dh\x50\x1dw\x02\x1dH\x02\x1dk\x49\x05{BABC");
	int left, right;

	ink_columns(sheet, &left, &right);
	assert_int_equal(left, 0);
	/* Start, three characters, check: 11 modules each; stop: 13. */
	assert_int_equal(right + 1, (5 * 11 + 13) * 2);
	assert_glyph(sheet, 0, TOP + 80, 'A', 1, 1);
	free_sheet(sheet);
	sheet = PRINT("\x1dk\x04"
		      "CODE39\x00");
	assert_int_equal(sheet->row_count, 162 + PRINTER_CUTTER_ROWS);
	free_sheet(sheet);
}

static void a_barcode_wider_than_the_paper_is_not_printed(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	SEND(dev, "\x1dw\x06\x1dk\x49\x16{BABCDEFGHIJKLMNOPQRST");
	assert_int_equal(printer_rows_hanging(dev), 0);
	vdev_destroy(&dev);
}

/* --- cutting --- */

static void a_cut_without_a_feed_leaves_14_mm_on_the_next_sheet(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	struct vdev_sheet *sheet;

	SEND(dev, "A\n\x1dV\x00");
	sheet = next_sheet(dev);
	assert_non_null(sheet);
	assert_int_equal(first_ink(sheet, 0), -1);
	free_sheet(sheet);
	SEND(dev, CUT);
	sheet = next_sheet(dev);
	/* The line was printed 30 rows before the first cut, so it stands 112 − 30 rows down. */
	assert_glyph(sheet, 0, TOP - 30, 'A', 1, 1);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void every_cut_command_cuts(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		bool partial;
	} cuts[] = {{"\x1dV\x00", 3, false}, {"\x1dV1", 3, true}, {"\x1dV\x41\x20", 4, false},
		{"\x1dV\x42\x00", 4, true}, {"\x1bi", 2, true}, {"\x1bm", 2, true}};

	for (size_t i = 0; i < VT_ELEMENTS(cuts); i++) {
		struct vdev *dev = instant_printer();
		SEND(dev, "\x1b"
			  "d\x0a");
		send_all(dev, cuts[i].bytes, cuts[i].length);
		struct vdev_sheet *sheet = next_sheet(dev);
		assert_non_null(sheet);
		assert_int_equal(sheet->cut_partial, cuts[i].partial);
		free_sheet(sheet);
		vdev_destroy(&dev);
	}
}

/* --- status --- */

static void live_status_tells_each_switch(void **state)
{
	(void)state;
	static const struct {
		const char *on, *off;
		uint8_t want[4];
	} cases[] = {
		{"paper full", "paper full", {0x16, 0x12, 0x12, 0x12}},
		{"drawer open", "drawer close", {0x12, 0x12, 0x12, 0x12}},
		{"cover open", "cover close", {0x1e, 0x16, 0x12, 0x12}},
		{"offline on", "offline off", {0x1e, 0x12, 0x12, 0x12}},
		{"paper low", "paper full", {0x16, 0x12, 0x12, 0x1e}},
		{"paper out", "paper full", {0x1e, 0x32, 0x12, 0x7e}},
		{"fatal on", "fatal off", {0x1e, 0x52, 0x32, 0x12}},
		{"heat on", "heat off", {0x1e, 0x52, 0x52, 0x12}},
	};
	struct vdev *dev = instant_printer();

	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		command(dev, cases[i].on);
		for (uint8_t n = 1; n <= 4; n++)
			assert_int_equal(live(dev, n), cases[i].want[n - 1]);
		command(dev, cases[i].off);
		assert_int_equal(live(dev, 1), 0x16);
	}
	vdev_destroy(&dev);
}

static void automatic_status_comes_at_once_and_at_each_change(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	uint8_t reply[64];

	SEND(dev, "\x1d"
		  "a\x0e");
	assert_int_equal(answer(dev, reply), 4);
	assert_memory_equal(reply, "\x14\x00\x00\x00", 4);
	command(dev, "cover open");
	assert_int_equal(answer(dev, reply), 4);
	assert_memory_equal(reply, "\x3c\x00\x00\x00", 4);
	command(dev, "cover open");
	assert_int_equal(answer(dev, reply), 0);
	command(dev, "cover close");
	assert_int_equal(answer(dev, reply), 4);
	command(dev, "paper out");
	assert_int_equal(answer(dev, reply), 4);
	assert_memory_equal(reply, "\x1c\x00\x0f\x00", 4);
	command(dev, "paper full");
	assert_int_equal(answer(dev, reply), 4);
	/* The drawer (bit 1) was not asked for. */
	command(dev, "drawer open");
	assert_int_equal(answer(dev, reply), 0);
	SEND(dev, "\x1d"
		  "a\x00");
	command(dev, "cover open");
	assert_int_equal(answer(dev, reply), 0);
	vdev_destroy(&dev);
}

static void queued_answers_wait_for_the_data_before_them(void **state)
{
	(void)state;
	struct vdev *dev = timed_printer(0);
	uint8_t reply[64];

	SEND(dev, "\x1b"
		  "d\x10\x1dr1\x1d(H\x06\x00\x30\x30"
		  "Job1"); /* 16 lines = 480 rows = 300 ms */
	assert_int_equal(answer(dev, reply), 0);
	assert_int_equal(live(dev, 1), 0x16);
	vdev_tick(dev, 1000 + 290);
	assert_int_equal(answer(dev, reply), 0);
	vdev_tick(dev, 1000 + 310);
	assert_int_equal(answer(dev, reply), 8);
	assert_memory_equal(reply, "\x00\x37\x22Job1\x00", 8);
	vdev_destroy(&dev);
}

static void while_offline_only_live_status_is_answered(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	uint8_t reply[64];

	command(dev, "cover open");
	SEND(dev, "\x1dr1\x1dI\x42");
	assert_int_equal(answer(dev, reply), 0);
	assert_int_equal(live(dev, 2), 0x16);
	command(dev, "cover close");
	assert_int_equal(answer(dev, reply), 1 + 7);
	assert_memory_equal(reply, "\x00_EPSON\x00", 8);
	vdev_destroy(&dev);
}

static void identity_texts(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	uint8_t reply[64];

	SEND(dev, "\x1dI\x43");
	assert_int_equal(answer(dev, reply), 10);
	assert_memory_equal(reply, "_TM-T20II", 10);
	SEND(dev, "\x1dI\x44");
	assert_int_equal(answer(dev, reply), 10);
	assert_memory_equal(reply, "_VT000001", 10);
	SEND(dev, "\x1dI\x02");
	assert_int_equal(answer(dev, reply), 1);
	assert_int_equal(reply[0], 0x02);
	vdev_destroy(&dev);
}

static void device_id_and_port_status(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	uint8_t data[256];
	const struct vdev_setup id = {0xa1, 0, 0, 0, 256}, short_id = {0xa1, 0, 0, 0, 2},
				port = {0xa1, 1, 0, 0, 1};

	int n = vdev_control(dev, &id, data);
	assert_int_equal(data[0] << 8 | data[1], n);
	assert_memory_equal(data + 2, "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;", 35);
	assert_int_equal(vdev_control(dev, &short_id, data), 2);
	assert_int_equal(data[0] << 8 | data[1], n);
	assert_int_equal(vdev_control(dev, &port, data), 1);
	assert_int_equal(data[0], 0x18);
	command(dev, "paper out");
	assert_int_equal(vdev_control(dev, &port, data), 1);
	assert_int_equal(data[0], 0x20);
	vdev_destroy(&dev);
}

static void status_inside_raster_data_is_answered_and_printed(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	uint8_t reply[64];

	SEND(dev, "\x1dv0\x00\x03\x00\x01\x00\x10\x04\x01" CUT);
	assert_int_equal(answer(dev, reply), 1);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_true(dot(sheet, 3, TOP));
	assert_true(dot(sheet, 13, TOP));
	assert_true(dot(sheet, 23, TOP));
	free_sheet(sheet);
	vdev_destroy(&dev);
}

/* --- time, buffer, accidents --- */

static void paper_moves_at_print_speed(void **state)
{
	(void)state;
	struct vdev *dev = timed_printer(0);

	SEND(dev, "\x1b"
		  "d\x20"); /* 960 rows */
	assert_int_equal(printer_rows_hanging(dev), 0);
	for (int64_t now = 1010; now <= 1100; now += 10)
		vdev_tick(dev, now);
	assert_int_equal(printer_rows_hanging(dev), 160);
	assert_true(vdev_next_ms(dev) > dev->now_ms);
	vdev_tick(dev, 1700);
	assert_int_equal(printer_rows_hanging(dev), 960);
	assert_true(vdev_next_ms(dev) == INT64_MAX);
	vdev_destroy(&dev);
}

static void a_full_buffer_naks_and_still_takes_no_byte_twice(void **state)
{
	(void)state;
	struct vdev *dev = timed_printer(256);
	uint8_t stream[8 + 72 * 64] = {0x1d, 'v', '0', 0, 72, 0, 64, 0};
	size_t at = 0;
	int naks = 0;

	for (size_t i = 8; i < sizeof(stream); i++)
		stream[i] = (uint8_t)(i * 7);
	for (int64_t now = 1000; at < sizeof(stream); now += 10) {
		vdev_tick(dev, now);
		int taken = 0;
		while (at < sizeof(stream) &&
			(taken = vdev_out(dev, OUT, stream + at, sizeof(stream) - at)) > 0)
			at += (size_t)taken;
		naks += taken == VDEV_NAK;
		assert_true(now < 10000);
	}
	assert_true(naks > 0);
	vdev_tick(dev, dev->now_ms + 1000);
	assert_int_equal(printer_rows_hanging(dev), 64);
	SEND(dev, CUT);
	vdev_tick(dev, dev->now_ms + 1000);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_memory_equal(sheet->rows + (size_t)TOP * 72, stream + 8, 72 * 64);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void power_that_goes_leaves_a_torn_sheet_of_what_was_printed(void **state)
{
	(void)state;
	struct vdev *dev = timed_printer(0);

	SEND(dev, "A\n\x1b"
		  "d\x20"
		  "B\n" CUT);
	vdev_tick(dev, 1100); /* 160 rows of 1,000 */
	command(dev, "power off");
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_non_null(sheet);
	assert_true(sheet->partial);
	assert_string_equal(sheet->reason, "power");
	assert_int_equal(sheet->row_count, PRINTER_CUTTER_ROWS + 160);
	assert_glyph(sheet, 0, TOP, 'A', 1, 1);
	free_sheet(sheet);
	command(dev, "power on");
	assert_int_equal(printer_buffered(dev), 0);
	vdev_tick(dev, 5000);
	assert_null(take_sheet(dev));
	vdev_destroy(&dev);
}

static void paper_that_ends_in_the_middle_goes_on_with_the_new_roll(void **state)
{
	(void)state;
	struct vdev *dev =
		printer_create(&(struct printer_options){.instant = true, .paper_mm = 10});
	uint8_t stream[8 + 72 * 200] = {0x1d, 'v', '0', 0, 72, 0, 200, 0};

	memset(stream + 8, 0x55, sizeof(stream) - 8);
	send_all(dev, stream, 8 + 72 * 85); /* 80 rows fit */
	struct vdev_sheet *torn = next_sheet(dev);
	assert_non_null(torn);
	assert_true(torn->partial);
	assert_string_equal(torn->reason, "paper end");
	assert_int_equal(torn->row_count, PRINTER_CUTTER_ROWS + 80);
	free_sheet(torn);
	/* Not by DLE EOT: in the middle of a raster its bytes would be dots, as on a real one. */
	const struct vdev_setup port = {0xa1, 1, 0, 0, 1};
	uint8_t status;
	assert_int_equal(vdev_control(dev, &port, &status), 1);
	assert_int_equal(status, 0x20);
	command(dev, "paper full");
	send_all(dev, stream + 8 + 72 * 85, 72 * 115);
	SEND(dev, CUT);
	struct vdev_sheet *rest = next_sheet(dev);
	assert_false(rest->partial);
	assert_int_equal(rest->row_count, 120 + PRINTER_CUTTER_ROWS);
	free_sheet(rest);
	vdev_destroy(&dev);
}

static void near_end_is_told_when_it_is_reached(void **state)
{
	(void)state;
	struct vdev *dev = printer_create(
		&(struct printer_options){.instant = true, .paper_mm = PRINTER_NEAR_END_MM + 1});
	uint8_t reply[64];

	SEND(dev, "\x1d"
		  "a\x08");
	assert_int_equal(answer(dev, reply), 4);
	assert_int_equal(reply[2], 0);
	SEND(dev, "\n");
	assert_int_equal(answer(dev, reply), 4);
	assert_int_equal(reply[2], 0x03);
	vdev_destroy(&dev);
}

static void an_open_cover_stops_and_a_closed_one_goes_on(void **state)
{
	(void)state;
	struct vdev *dev = timed_printer(0);

	SEND(dev, "\x1b"
		  "d\x20");
	vdev_tick(dev, 1100);
	command(dev, "cover open");
	vdev_tick(dev, 9000);
	assert_int_equal(printer_rows_hanging(dev), 160);
	command(dev, "cover close");
	vdev_tick(dev, 9010);
	assert_in_range(printer_rows_hanging(dev), 161, 180);
	vdev_destroy(&dev);
}

static void a_jammed_cutter_waits_for_recovery(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	command(dev, "cutter jam");
	assert_int_equal(live(dev, 3), 0x12); /* nobody knows before the blade falls */
	SEND(dev, "A\n" CUT "B\n" CUT);
	assert_null(take_sheet(dev));
	assert_int_equal(live(dev, 3), 0x1a);
	assert_int_equal(live(dev, 2), 0x52);
	SEND(dev, "\x10\x05\x01"); /* still jammed: the retry fails again */
	assert_int_equal(live(dev, 3), 0x1a);
	command(dev, "cutter clear");
	assert_int_equal(live(dev, 3), 0x1a);
	SEND(dev, "\x10\x05\x01");
	assert_int_equal(live(dev, 3), 0x12);
	struct vdev_sheet *first = next_sheet(dev), *second = next_sheet(dev);
	assert_non_null(first);
	assert_non_null(second);
	assert_glyph(first, 0, TOP, 'A', 1, 1);
	assert_glyph(second, 0, TOP, 'B', 1, 1);
	free_sheet(first);
	free_sheet(second);
	vdev_destroy(&dev);
}

static void recovery_2_throws_the_rest_away(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	command(dev, "cutter jam");
	SEND(dev, "A\n" CUT "B\n" CUT);
	command(dev, "cutter clear");
	SEND(dev, "\x10\x05\x02");
	assert_int_equal(live(dev, 3), 0x12);
	assert_null(take_sheet(dev));
	assert_int_equal(printer_buffered(dev), 0);
	vdev_destroy(&dev);
}

static void without_the_cable_the_buffer_is_still_printed(void **state)
{
	(void)state;
	struct vdev *dev = timed_printer(0);

	SEND(dev, "A\n" CUT);
	command(dev, "unplug");
	for (int64_t now = 1010; now < 2500; now += 10)
		vdev_tick(dev, now);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_non_null(sheet);
	assert_false(sheet->partial);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void soft_reset_ends_a_half_sent_command(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	const struct vdev_setup soft_reset = {0x21, 2, 0, 0, 0};
	uint8_t none[1];

	SEND(dev, "\x1dv0\x00\x48\x00\xff\x00half");
	assert_int_equal(vdev_control(dev, &soft_reset, none), 0);
	SEND(dev, "A\n" CUT);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_glyph(sheet, 0, TOP, 'A', 1, 1);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void a_mute_printer_prints_but_never_answers(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();
	uint8_t reply[64];

	command(dev, "mute on");
	SEND(dev, "\x10\x04\x01"
		  "A\n" CUT);
	assert_int_equal(vdev_in(dev, IN, reply, 64), VDEV_NAK);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_non_null(sheet);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void a_person_may_take_the_uncut_paper(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	command(dev, "paper take");
	assert_null(take_sheet(dev)); /* blank paper is no sheet */
	SEND(dev, "A\n");
	command(dev, "paper take");
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_true(sheet->partial);
	assert_string_equal(sheet->reason, "taken");
	free_sheet(sheet);
	vdev_destroy(&dev);
}

static void paper_without_end_or_cut_comes_out_in_pieces(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	SEND(dev, "A");
	for (int i = 0; i < 10; i++)
		SEND(dev, "\x1b"
			  "d\xff");
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_non_null(sheet);
	assert_string_equal(sheet->reason, "limit");
	free_sheet(sheet);
	vdev_destroy(&dev);
}

/* --- hostile streams --- */

static void random_streams_leave_a_working_printer(void **state)
{
	(void)state;
	uint32_t x = 20260101;
	static const uint8_t prefixes[] = {0x10, 0x1b, 0x1c, 0x1d};

	for (int round = 0; round < 200; round++) {
		struct vdev *dev = printer_create(
			&(struct printer_options){.instant = true, .paper_mm = 2000});
		const struct vdev_setup soft_reset = {0x21, 2, 0, 0, 0};
		uint8_t stream[400], none[1], reply[64];
		for (size_t i = 0; i < sizeof(stream); i++) {
			x = x * 1664525 + 1013904223;
			stream[i] = i % 4 == 0 ? prefixes[x >> 30] : (uint8_t)(x >> 24);
		}
		for (size_t at = 0; at < sizeof(stream);) {
			int taken = vdev_out(dev, OUT, stream + at, sizeof(stream) - at);
			if (taken <= 0)
				break;
			at += (size_t)taken;
			for (struct vdev_effect e; vdev_take_effect(dev, &e);)
				vdev_effect_finish(&e);
		}
		assert_int_equal(vdev_control(dev, &soft_reset, none), 0);
		command(dev, "paper full");
		command(dev, "paper take");
		for (struct vdev_effect e; vdev_take_effect(dev, &e);)
			vdev_effect_finish(&e);
		SEND(dev, "\x1b@A\n" CUT);
		struct vdev_sheet *sheet = next_sheet(dev);
		assert_non_null(sheet);
		assert_glyph(sheet, 0, TOP, 'A', 1, 1);
		free_sheet(sheet);
		while (vdev_in(dev, IN, reply, 64) > 0)
			;
		vdev_destroy(&dev);
	}
}

static void unknown_commands_are_counted_and_passed_over(void **state)
{
	(void)state;
	struct vdev *dev = instant_printer();

	SEND(dev, "\x1b\x01\x1d\x7f\x1d(Z\x03\x00xyz\x1c\xff"
		  "A\n" CUT);
	assert_int_equal(printer_unknown_commands(dev), 4);
	struct vdev_sheet *sheet = next_sheet(dev);
	assert_glyph(sheet, 0, TOP, 'A', 1, 1);
	free_sheet(sheet);
	vdev_destroy(&dev);
}

/* --- pictures --- */

static void sheets_become_numbered_pictures(void **state)
{
	(void)state;
	char dir[] = "/tmp/vdev-paper-XXXXXX", path[200];
	static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	struct vt_error error = {0};
	struct vdev_sheet *sheet = PRINT("A\n");
	uint8_t head[24];

	assert_non_null(mkdtemp(dir));
	assert_int_equal(paper_write(sheet, dir, path, sizeof(path), &error), VT_OK);
	assert_string_equal(path + strlen(dir), "/paper-1.png");
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(head, sizeof(head), 1, file), 1);
	fclose(file);
	assert_memory_equal(head, signature, 8);
	assert_int_equal(head[18] << 8 | head[19], WIDE + 2 * PAPER_MARGIN_PX);
	assert_int_equal(head[22] << 8 | head[23], sheet->row_count);
	unlink(path);
	sheet->partial = true;
	assert_int_equal(paper_write(sheet, dir, path, sizeof(path), &error), VT_OK);
	assert_string_equal(path + strlen(dir), "/paper-1-partial.png");
	sheet->partial = false;
	char second[200];
	assert_int_equal(paper_write(sheet, dir, second, sizeof(second), &error), VT_OK);
	assert_string_equal(second + strlen(dir), "/paper-2.png");
	unlink(second);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(paper_write(sheet, dir, path, sizeof(path), &error), VT_ERR_IO);
	free_sheet(sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_text_is_the_font_at_the_left_below_the_top_margin),
		cmocka_unit_test(spanish_letters_come_from_each_code_page),
		cmocka_unit_test(the_latin_american_set_replaces_ascii_places),
		cmocka_unit_test(sizes_multiply_the_dots),
		cmocka_unit_test(alignment_moves_a_line),
		cmocka_unit_test(bold_is_one_dot_wider_and_reverse_is_white_on_black),
		cmocka_unit_test(long_text_wraps_at_48_characters),
		cmocka_unit_test(tabs_margins_and_positions),
		cmocka_unit_test(feeds_add_up),
		cmocka_unit_test(initialise_forgets_the_style),
		cmocka_unit_test(raster_rows_are_dots_as_sent),
		cmocka_unit_test(raster_modes_double_the_dots),
		cmocka_unit_test(a_raster_wider_than_the_paper_is_cut_off),
		cmocka_unit_test(stored_graphics_print_on_demand_and_once),
		cmocka_unit_test(graphics_whose_length_lies_are_passed_over),
		cmocka_unit_test(columns_of_24_dots),
		cmocka_unit_test(a_qr_code_is_the_symbol_of_its_data),
		cmocka_unit_test(an_older_model_ignores_qr_and_process_id),
		cmocka_unit_test(code_128_bars_are_those_of_the_standard),
		cmocka_unit_test(barcodes_that_cannot_be_are_refused),
		cmocka_unit_test(a_barcode_has_its_height_and_text),
		cmocka_unit_test(a_barcode_wider_than_the_paper_is_not_printed),
		cmocka_unit_test(a_cut_without_a_feed_leaves_14_mm_on_the_next_sheet),
		cmocka_unit_test(every_cut_command_cuts),
		cmocka_unit_test(live_status_tells_each_switch),
		cmocka_unit_test(automatic_status_comes_at_once_and_at_each_change),
		cmocka_unit_test(queued_answers_wait_for_the_data_before_them),
		cmocka_unit_test(while_offline_only_live_status_is_answered),
		cmocka_unit_test(identity_texts),
		cmocka_unit_test(device_id_and_port_status),
		cmocka_unit_test(status_inside_raster_data_is_answered_and_printed),
		cmocka_unit_test(paper_moves_at_print_speed),
		cmocka_unit_test(a_full_buffer_naks_and_still_takes_no_byte_twice),
		cmocka_unit_test(power_that_goes_leaves_a_torn_sheet_of_what_was_printed),
		cmocka_unit_test(paper_that_ends_in_the_middle_goes_on_with_the_new_roll),
		cmocka_unit_test(near_end_is_told_when_it_is_reached),
		cmocka_unit_test(an_open_cover_stops_and_a_closed_one_goes_on),
		cmocka_unit_test(a_jammed_cutter_waits_for_recovery),
		cmocka_unit_test(recovery_2_throws_the_rest_away),
		cmocka_unit_test(without_the_cable_the_buffer_is_still_printed),
		cmocka_unit_test(soft_reset_ends_a_half_sent_command),
		cmocka_unit_test(a_mute_printer_prints_but_never_answers),
		cmocka_unit_test(a_person_may_take_the_uncut_paper),
		cmocka_unit_test(paper_without_end_or_cut_comes_out_in_pieces),
		cmocka_unit_test(random_streams_leave_a_working_printer),
		cmocka_unit_test(unknown_commands_are_counted_and_passed_over),
		cmocka_unit_test(sheets_become_numbered_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
