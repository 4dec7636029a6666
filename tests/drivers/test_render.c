/* Receipts to dots: layout, limits, Code 128. Reading by strangers (zbarimg) is in test_devices.c.
 */

#include <stdio.h>
#include <string.h>

#include "drivers/printer/code128.h"
#include "tests/drivers/rig.h"
#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"

static enum vt_code render(const struct receipt *receipt, const struct printer_profile *profile,
	struct bitmap *ret, struct vt_error *error)
{
	return render_receipt(receipt, profile, rig_fonts(), ret, error);
}

static struct receipt one_line(enum receipt_kind kind, const char *text)
{
	struct receipt receipt = {.lang = "es-MX", .line_count = 1};

	receipt.lines[0].kind = kind;
	assert_true(vt_copy(receipt.lines[0].text, sizeof(receipt.lines[0].text), text));
	return receipt;
}

static bool is_black(const struct bitmap *b, size_t x, size_t y)
{
	return b->bits[y * b->width_bytes + x / 8] >> (7 - x % 8) & 1;
}

/* Columns without a dot at the left and right. */
static size_t blank_left(const struct bitmap *b)
{
	for (size_t x = 0; x < b->width_bytes * 8; x++)
		for (size_t y = 0; y < b->rows; y++)
			if (is_black(b, x, y))
				return x;
	return b->width_bytes * 8;
}

static size_t blank_right(const struct bitmap *b)
{
	for (size_t x = b->width_bytes * 8; x-- > 0;)
		for (size_t y = 0; y < b->rows; y++)
			if (is_black(b, x, y))
				return b->width_bytes * 8 - 1 - x;
	return b->width_bytes * 8;
}

static void a_qr_code_has_its_quiet_zone_and_six_dots_a_module(void **state)
{
	struct receipt receipt =
		one_line(RECEIPT_QR, "https://terminal.example/v/7F3K92QM4TXA0B1Z");
	struct vt_error error;
	struct bitmap bitmap;

	(void)state;
	assert_int_equal(render(&receipt, &rig_profile, &bitmap, &error), VT_OK);
	/* Version 4, 33 modules; the finder pattern is a run of seven modules. */
	size_t top = 0, run = 0;
	const size_t left = blank_left(&bitmap);
	while (!is_black(&bitmap, left, top))
		top++;
	while (is_black(&bitmap, left + run, top))
		run++;
	assert_int_equal(run % 7, 0);
	const size_t dots = run / 7;
	assert_true(dots >= 6);
	assert_true(left >= 4 * dots && blank_right(&bitmap) >= 4 * dots);
	assert_true(top >= 4 * dots);
	assert_int_equal(bitmap.rows, (33 + 8) * dots);
	render_finish(&bitmap);
}

static void a_long_qr_code_still_fits_a_narrow_paper(void **state)
{
	struct printer_profile narrow = rig_profile;
	struct receipt receipt = one_line(RECEIPT_QR, "");
	struct vt_error error;
	struct bitmap bitmap;

	(void)state;
	narrow.width_px = 384;
	memset(receipt.lines[0].text, 'x', 400);
	assert_int_equal(render(&receipt, &narrow, &bitmap, &error), VT_OK);
	assert_true(blank_left(&bitmap) >= 12);
	render_finish(&bitmap);
	narrow.width_px = 128;
	assert_int_equal(render(&receipt, &narrow, &bitmap, &error), VT_ERR_LIMIT);
}

static void a_barcode_keeps_ten_modules_of_silence(void **state)
{
	struct receipt receipt = one_line(RECEIPT_BARCODE, "7F3K92QM4TXA0B1Z");
	struct vt_error error;
	struct bitmap bitmap;
	struct code128 code;

	(void)state;
	assert_int_equal(code128_encode("7F3K92QM4TXA0B1Z", &code, &error), VT_OK);
	assert_int_equal(render(&receipt, &rig_profile, &bitmap, &error), VT_OK);
	const size_t dots = 2;
	assert_true(blank_left(&bitmap) >= CODE128_QUIET * dots);
	assert_true(blank_right(&bitmap) >= CODE128_QUIET * dots);
	render_finish(&bitmap);
}

static void what_cannot_be_a_barcode_is_refused(void **state)
{
	struct receipt wide = one_line(RECEIPT_BARCODE, "");
	struct receipt accent = one_line(RECEIPT_BARCODE, "ÑANDÚ");
	struct vt_error error;
	struct bitmap bitmap;

	(void)state;
	memset(wide.lines[0].text, 'x', 60);
	assert_int_equal(render(&wide, &rig_profile, &bitmap, &error), VT_ERR_LIMIT);
	assert_int_equal(render(&accent, &rig_profile, &bitmap, &error), VT_ERR_INVALID);
	memset(wide.lines[0].text, 'x', 300);
	assert_int_equal(render(&wide, &rig_profile, &bitmap, &error), VT_ERR_LIMIT);
}

static void a_copy_is_longer_by_its_mark(void **state)
{
	struct receipt receipt;
	struct vt_error error;
	struct bitmap original, copy;

	(void)state;
	rig_receipt(&receipt);
	assert_int_equal(render(&receipt, &rig_profile, &original, &error), VT_OK);
	receipt.copy = true;
	assert_int_equal(render(&receipt, &rig_profile, &copy, &error), VT_OK);
	assert_true(copy.rows > original.rows + 30);
	/* Below the mark it is the same sheet. */
	assert_memory_equal(copy.bits + (copy.rows - original.rows) * copy.width_bytes,
		original.bits, original.rows * original.width_bytes);
	render_finish(&original);
	render_finish(&copy);
}

static void long_words_and_hostile_texts_stay_on_the_paper(void **state)
{
	struct receipt receipt = {.lang = "es-MX"};
	struct vt_error error;
	struct bitmap bitmap;

	(void)state;
	for (int kind = 0; kind < RECEIPT_KIND_COUNT; kind++) {
		if (kind == RECEIPT_QR || kind == RECEIPT_BARCODE)
			continue;
		struct receipt_line *line = &receipt.lines[receipt.line_count++];
		line->kind = (enum receipt_kind)kind;
		memset(line->text, 'W', sizeof(line->text) - 1);
		memset(line->value, 'M', sizeof(line->value) - 1);
		line = &receipt.lines[receipt.line_count++];
		line->kind = (enum receipt_kind)kind;
		assert_true(vt_copy(line->text, sizeof(line->text),
			"\n\n  \u202e\u0301\u0301 \U0001F600 \uffff \n \t tab"));
	}
	assert_int_equal(render(&receipt, &rig_profile, &bitmap, &error), VT_OK);
	assert_int_equal(bitmap.width_bytes, 72);
	render_finish(&bitmap);
}

static void too_much_paper_is_refused(void **state)
{
	struct receipt receipt = {.lang = "es-MX", .line_count = RECEIPT_MAX_LINES};
	struct vt_error error;
	struct bitmap bitmap;

	(void)state;
	for (size_t i = 0; i < RECEIPT_MAX_LINES; i++) {
		receipt.lines[i].kind = RECEIPT_TITLE;
		memset(receipt.lines[i].text, 'W', sizeof(receipt.lines[i].text) - 1);
	}
	assert_int_equal(render(&receipt, &rig_profile, &bitmap, &error), VT_ERR_LIMIT);
	receipt.line_count = 0;
	assert_int_equal(render(&receipt, &rig_profile, &bitmap, &error), VT_ERR_INVALID);
}

/* ---- Code 128 ---- */

static void expect_symbols(const char *text, const uint8_t *symbols, size_t count)
{
	struct code128 code;
	struct vt_error error;

	assert_int_equal(code128_encode(text, &code, &error), VT_OK);
	assert_int_equal(code.symbol_count, count);
	assert_memory_equal(code.symbols, symbols, count);
}

static void digits_go_in_pairs_and_sets_change_only_where_it_pays(void **state)
{
	(void)state;
	/* ISO/IEC 15417: start C 105, pairs, check, stop. */
	expect_symbols("123456", (const uint8_t[]){105, 12, 34, 56, 44, 106}, 6);
	/* The textbook example: start A, "PJJ123C", check 54. */
	expect_symbols("PJJ123C", (const uint8_t[]){103, 48, 42, 42, 17, 18, 19, 35, 54, 106}, 10);
	/* One lower-case letter between capitals and controls is shifted. */
	expect_symbols("\x01"
		       "a\x02",
		(const uint8_t[]){
			103, 65, 98, 65, 66, (103 + 65 + 2 * 98 + 3 * 65 + 4 * 66) % 103, 106},
		7);
}

static void every_symbol_is_eleven_modules_wide(void **state)
{
	struct code128 code;
	struct vt_error error;

	(void)state;
	for (int symbol = 0; symbol <= 106; symbol++) {
		int width = 0;
		const char *pattern = code128_pattern((uint8_t)symbol);
		for (size_t i = 0; pattern[i]; i++)
			width += pattern[i] - '0';
		assert_int_equal(width, symbol == 106 ? 13 : 11);
		for (int other = 0; other < symbol; other++)
			assert_string_not_equal(pattern, code128_pattern((uint8_t)other));
	}
	assert_int_equal(code128_encode("", &code, &error), VT_ERR_INVALID);
	assert_int_equal(code128_encode("\xc3\x91", &code, &error), VT_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_qr_code_has_its_quiet_zone_and_six_dots_a_module),
		cmocka_unit_test(a_long_qr_code_still_fits_a_narrow_paper),
		cmocka_unit_test(a_barcode_keeps_ten_modules_of_silence),
		cmocka_unit_test(what_cannot_be_a_barcode_is_refused),
		cmocka_unit_test(a_copy_is_longer_by_its_mark),
		cmocka_unit_test(long_words_and_hostile_texts_stay_on_the_paper),
		cmocka_unit_test(too_much_paper_is_refused),
		cmocka_unit_test(digits_go_in_pairs_and_sets_change_only_where_it_pays),
		cmocka_unit_test(every_symbol_is_eleven_modules_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
