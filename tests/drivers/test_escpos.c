/* ESC/POS bytes out, and the answers in. */

#include <string.h>

#include "drivers/printer/escpos.h"
#include "tests/lib/cmocka_prelude.h"

static void expect_bytes(struct vt_buf *buf, const char *bytes, size_t length)
{
	assert_int_equal(buf->failed, VT_OK);
	assert_int_equal(buf->length, length);
	assert_memory_equal(buf->data, bytes, length);
	vt_buf_finish(buf);
	vt_buf_init(buf, 4096);
}
#define EXPECT(buf, text) expect_bytes(buf, text, sizeof(text) - 1)

static void commands_are_the_bytes_of_the_reference(void **state)
{
	const struct printer_profile partial = {.cut = CUT_PARTIAL, .feed_lines = 3};
	const struct printer_profile full = {.cut = CUT_FULL};
	const struct printer_profile none = {.cut = CUT_NONE, .feed_lines = 4};
	const uint8_t bits[] = {0x80, 0x01, 0xff, 0x00};
	struct vt_buf buf;

	(void)state;
	vt_buf_init(&buf, 4096);
	escpos_initialise(&buf);
	EXPECT(&buf, "\x1b\x40");
	escpos_raster(&buf, bits, 2, 2);
	EXPECT(&buf, "\x1d\x76\x30\0\x02\0\x02\0\x80\x01\xff\0");
	escpos_cut(&buf, &partial);
	EXPECT(&buf, "\x1d\x56\x42\x10");
	escpos_cut(&buf, &full);
	EXPECT(&buf, "\x1d\x56\x41\x10");
	escpos_cut(&buf, &none);
	EXPECT(&buf, "\x1b\x64\x04");
	escpos_live_status(&buf, 4);
	EXPECT(&buf, "\x10\x04\x04");
	escpos_queued_status(&buf);
	EXPECT(&buf, "\x1d\x72\x01");
	escpos_process_id(&buf, (const uint8_t *)"abcd");
	EXPECT(&buf, "\x1d\x28\x48\x06\0\x30\x30"
		     "abcd");
	escpos_auto_status(&buf, true);
	EXPECT(&buf, "\x1d\x61\x0e");
	escpos_recover(&buf);
	EXPECT(&buf, "\x10\x05\x02");
	escpos_qr(&buf, "A", 6);
	EXPECT(&buf, "\x1d\x28\x6b\x04\0\x31\x41\x32\0\x1d\x28\x6b\x03\0\x31\x43\x06"
		     "\x1d\x28\x6b\x03\0\x31\x45\x31\x1d\x28\x6b\x04\0\x31\x50\x30"
		     "A\x1d\x28\x6b\x03\0\x31\x51\x30");
}

static void a_band_of_256_rows_carries_its_height_in_two_bytes(void **state)
{
	static const uint8_t bits[256];
	struct vt_buf buf;

	(void)state;
	vt_buf_init(&buf, 4096);
	escpos_raster(&buf, bits, 1, 256);
	assert_int_equal(buf.length, 8 + 256);
	assert_int_equal(buf.data[6], 0);
	assert_int_equal(buf.data[7], 1);
	vt_buf_finish(&buf);
}

static void spanish_text_is_written_in_cp858(void **state)
{
	struct vt_buf buf;

	(void)state;
	vt_buf_init(&buf, 4096);
	escpos_text(&buf, "Ñandú ¿qué? 100 €");
	EXPECT(&buf, "\xa5"
		     "and\xa3 \xa8qu\x82? 100 \xd5");
	/* What the page has not loses its mark, not its letter. */
	escpos_text(&buf, "Āltepētl maꞌ");
	EXPECT(&buf, "Altepetl ma'");
}

static void text_never_carries_a_command(void **state)
{
	struct vt_buf buf;

	(void)state;
	vt_buf_init(&buf, 4096);
	escpos_text(&buf, "a\x1b@\x10\x04\x01\x1dV");
	EXPECT(&buf, "a?@????V");
}

static void pictures_never_carry_a_real_time_command(void **state)
{
	uint8_t bits[] = {0x10, 0x04, 0x01, 0x10, 0x10, 0x14, 0x08, 0x10, 0x05, 0x10, 0x06, 0x10};

	(void)state;
	assert_int_equal(escpos_guard(bits, sizeof(bits)), 3);
	for (size_t i = 0; i + 1 < sizeof(bits); i++)
		assert_false(bits[i] == 0x10 &&
			     (bits[i + 1] == 4 || bits[i + 1] == 5 || bits[i + 1] == 0x14));
	/* Dots are only added. */
	assert_int_equal(bits[0], 0x18);
	assert_int_equal(bits[3], 0x10);
	assert_int_equal(bits[9], 0x10);
	assert_int_equal(bits[11], 0x10);
}

/* ---- answers ---- */

static size_t parse(const char *bytes, size_t length, struct escpos_answer *answers)
{
	struct escpos_parser parser = {0};
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += escpos_parse(&parser, (uint8_t)bytes[i], &answers[count]);
	return count;
}

static void mixed_answers_are_told_apart(void **state)
{
	static const char bytes[] = "\x12\x14\0\x0f\0\x11\x37\x22"
				    "abcd\0\x03_123\0\x1e";
	struct escpos_answer a[16];

	(void)state;
	assert_int_equal(parse(bytes, sizeof(bytes) - 1, a), 7);
	assert_int_equal(a[0].type, ESCPOS_LIVE);
	assert_int_equal(a[1].type, ESCPOS_AUTO);
	assert_true(a[1].status.paper_end && a[1].status.paper_near_end);
	assert_int_equal(a[2].type, ESCPOS_FLOW);
	assert_int_equal(a[3].type, ESCPOS_PROCESS_ID);
	assert_memory_equal(a[3].id, "abcd", 4);
	assert_int_equal(a[4].type, ESCPOS_QUEUED);
	assert_int_equal(a[4].value, 3);
	assert_int_equal(a[5].type, ESCPOS_COUNTER);
	assert_int_equal(a[5].number, 123);
	assert_int_equal(a[6].type, ESCPOS_LIVE);
}

static void a_broken_block_is_garbage_and_the_next_answer_is_found(void **state)
{
	/* Automatic status cut off by a process id; a process id cut off by its repetition. */
	static const char bytes[] = "\x14\0\x37\x22"
				    "abcd\0\x37\x37\x22"
				    "efgh\0";
	struct escpos_answer a[16];

	(void)state;
	assert_int_equal(parse(bytes, sizeof(bytes) - 1, a), 4);
	assert_int_equal(a[0].type, ESCPOS_GARBAGE);
	assert_int_equal(a[1].type, ESCPOS_PROCESS_ID);
	assert_memory_equal(a[1].id, "abcd", 4);
	assert_int_equal(a[2].type, ESCPOS_GARBAGE);
	assert_int_equal(a[3].type, ESCPOS_PROCESS_ID);
	assert_memory_equal(a[3].id, "efgh", 4);
}

static void an_endless_number_is_garbage(void **state)
{
	static const char bytes[] = "_99999999999999999999\0_4294967296\0_4294967295\0";
	struct escpos_answer a[64];
	const size_t count = parse(bytes, sizeof(bytes) - 1, a);

	(void)state;
	assert_true(count >= 3);
	assert_int_equal(a[count - 1].type, ESCPOS_COUNTER);
	assert_int_equal(a[count - 1].number, UINT32_MAX);
	for (size_t i = 0; i < count - 1; i++)
		assert_int_not_equal(a[i].type, ESCPOS_COUNTER);
}

static void live_status_bits_mean_what_the_manual_says(void **state)
{
	struct escpos_status status = {0};

	(void)state;
	assert_true(escpos_status_good(&status));
	escpos_apply_live(&status, 4, 0x1e);
	assert_true(status.paper_near_end && !status.paper_end);
	assert_true(escpos_status_good(&status));
	escpos_apply_live(&status, 4, 0x7e);
	assert_string_equal(escpos_status_reason(&status), "paper");
	escpos_apply_live(&status, 3, 0x1a);
	assert_string_equal(escpos_status_reason(&status), "cutter");
	escpos_apply_live(&status, 2, 0x16);
	assert_string_equal(escpos_status_reason(&status), "cover");
	escpos_apply_live(&status, 2, 0x12);
	escpos_apply_live(&status, 3, 0x32);
	escpos_apply_live(&status, 4, 0x12);
	assert_string_equal(escpos_status_reason(&status), "device");
	escpos_apply_live(&status, 3, 0x12);
	escpos_apply_live(&status, 1, 0x1a);
	assert_true(status.offline);
	escpos_apply_live(&status, 1, 0x12);
	assert_true(escpos_status_good(&status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_the_bytes_of_the_reference),
		cmocka_unit_test(a_band_of_256_rows_carries_its_height_in_two_bytes),
		cmocka_unit_test(spanish_text_is_written_in_cp858),
		cmocka_unit_test(text_never_carries_a_command),
		cmocka_unit_test(pictures_never_carry_a_real_time_command),
		cmocka_unit_test(mixed_answers_are_told_apart),
		cmocka_unit_test(a_broken_block_is_garbage_and_the_next_answer_is_found),
		cmocka_unit_test(an_endless_number_is_garbage),
		cmocka_unit_test(live_status_bits_mean_what_the_manual_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
