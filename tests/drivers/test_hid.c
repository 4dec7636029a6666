/* HID readers: descriptors by usage, swipes and scans from the virtual devices and from hostile
 * ones. */

#include "tests/lib/cmocka_prelude.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/barcode/scan.h"
#include "drivers/hid/report.h"
#include "drivers/msr/stripe.h"
#include "tools/virtual-devices/hid-device.h"

/* A virtual reader and what its own descriptor says. */
struct reader {
	struct vdev *dev;
	struct hid_layout layout;
	uint8_t report[HID_MAX_REPORT];
	size_t length;
};

static void plug(struct reader *r, enum hid_type type)
{
	uint8_t descriptor[HID_MAX_DESCRIPTOR];
	const struct vdev_setup get = {0x81, 0x06, 0x2200, 0, sizeof(descriptor)};
	const char *reason;

	memset(r, 0, sizeof(*r));
	r->dev = hid_device_create(&(struct hid_device_options){.type = type});
	assert_non_null(r->dev);
	const int n = vdev_control(r->dev, &get, descriptor);
	assert_true(n > 0);
	if (!hid_parse(descriptor, (size_t)n, &r->layout, &reason))
		fail_msg("%s", reason);
}

static void command(struct reader *r, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	if (vdev_command(r->dev, line, &reply) != VT_OK)
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

/* The next input report, put together from packets; false if the device has nothing to say. */
static bool next_report(struct reader *r)
{
	uint8_t packet[64];
	int n;

	r->length = 0;
	while ((n = vdev_in(r->dev, HID_DEVICE_EP_IN, packet, sizeof(packet))) >= 0) {
		memcpy(r->report + r->length, packet, (size_t)n);
		r->length += (size_t)n;
		if (n < (int)sizeof(packet) || r->length == r->layout.longest_input)
			return true;
	}
	return false;
}

static struct stripe swipe(struct reader *r, const char *line)
{
	struct stripe stripe;

	command(r, line);
	assert_true(next_report(r));
	stripe_read(&r->layout, r->report, r->length, &stripe);
	return stripe;
}

/* No real person or card: an account of the national range 9484… */
#define STAFF "swipe %B9484000012345678^PRUEBA/PERSONA^28011010000?;9484000012345678=28011010000?"

static void a_staff_card_is_read_whatever_the_layout(void **state)
{
	static const enum hid_type types[] = {HID_STRIPE_POS, HID_STRIPE_MAGTEK};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct reader r;
		plug(&r, types[i]);
		assert_true(stripe_is_reader(&r.layout));
		assert_false(scan_is_scanner(&r.layout));
		struct stripe stripe = swipe(&r, STAFF);
		assert_int_equal(stripe.kind, STRIPE_GOOD);
		assert_int_equal(stripe.tracks[0].verdict, TRACK_GOOD);
		assert_string_equal(stripe.tracks[0].track.name, "PRUEBA/PERSONA");
		assert_string_equal(stripe.tracks[0].track.expiry, "2801");
		assert_string_equal(stripe.tracks[0].track.service_code, "101");
		assert_string_equal(stripe.tracks[1].track.account, "9484000012345678");
		assert_int_equal(stripe.tracks[2].verdict, TRACK_EMPTY);
		stripe_finish(&stripe);
		vdev_destroy(&r.dev);
	}
}

static void a_payment_card_leaves_nothing_but_a_masked_number(void **state)
{
	struct reader r;
	static const struct stripe nothing;

	(void)state;
	plug(&r, HID_STRIPE_POS);
	struct stripe stripe = swipe(&r, "swipe ;4111111111111111=28011010000?");
	assert_int_equal(stripe.kind, STRIPE_PAYMENT);
	assert_string_equal(stripe.masked, "411111******1111");
	assert_memory_equal(stripe.tracks, nothing.tracks, sizeof(stripe.tracks));
	/* One digit further it is no number of a card any more, and staff may have it. */
	stripe = swipe(&r, "swipe ;4111111111111112=28011010000?");
	assert_int_equal(stripe.kind, STRIPE_GOOD);
	stripe_finish(&stripe);
	vdev_destroy(&r.dev);
}

static void an_unreadable_and_an_encrypted_swipe_say_so(void **state)
{
	struct reader r;

	(void)state;
	plug(&r, HID_STRIPE_MAGTEK);
	assert_int_equal(swipe(&r, "swipe bad").kind, STRIPE_UNREADABLE);
	vdev_destroy(&r.dev);
	plug(&r, HID_STRIPE_ENCRYPTED);
	struct stripe stripe = swipe(&r, "swipe ;4111111111111111=28011010000?");
	assert_int_equal(stripe.kind, STRIPE_ENCRYPTED);
	assert_string_equal(stripe.tracks[1].track.account, "");
	vdev_destroy(&r.dev);
}

static void a_track_is_refused_for_what_is_wrong_with_it(void **state)
{
	static const struct {
		int number;
		const char *text;
		enum track_verdict verdict;
	} cases[] = {
		{2, ";9484000012345678=2801101?", TRACK_GOOD},
		{2, ";9484000012345678=2801101?;", TRACK_GOOD}, /* with its LRC */
		{2, ";9484000012345678=2801101?1", TRACK_LRC},
		{2, "9484000012345678=2801101?", TRACK_SENTINEL},
		{2, ";9484000012345678=2801101", TRACK_SENTINEL},
		{2, ";9484000012345678=2801101?66", TRACK_SENTINEL},
		{2, ";948400001234A678=2801101?", TRACK_CHARACTER},
		{2, ";948400001234567890123=2801?", TRACK_FORM}, /* account of 21 digits */
		{2, ";=2801101?", TRACK_FORM},
		{2, "", TRACK_EMPTY},
		{2, ";000000000000000000000000000000000000000000?", TRACK_TOO_LONG},
		{1, "%B9484000012345678^PRUEBA/PERSONA^2801101?", TRACK_GOOD},
		{1, "%B9484000012345678^PRUEBA", TRACK_SENTINEL},
		{1, "%B9484000012345678PRUEBA^2801101?", TRACK_FORM},
		{1, "%B9484000012345678^ABCDEFGHIJKLMNOPQRSTUVWXYZABC^2801?", TRACK_FORM},
		{1, "%B9484000012345678^prueba^2801?", TRACK_CHARACTER},
		{3, "+0123456789?", TRACK_GOOD},
		{4, ";1=1?", TRACK_FORM},
	};
	struct track track;
	static const struct track nothing;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const enum track_verdict verdict =
			track_read(cases[i].number, cases[i].text, strlen(cases[i].text), &track);
		if (verdict != cases[i].verdict)
			fail_msg("%s: %d", cases[i].text, verdict);
		if (verdict != TRACK_GOOD)
			assert_memory_equal(&track, &nothing, sizeof(track));
	}
}

static void payment_ranges_are_known_by_number_and_check_digit(void **state)
{
	char masked[TRACK_ACCOUNT_MAX + 1];

	(void)state;
	assert_true(track_is_payment("4111111111111111"));
	assert_true(track_is_payment("5555555555554444"));
	assert_true(track_is_payment("378282246310005"));
	assert_true(track_is_payment("2223003122003222"));
	assert_false(track_is_payment("4111111111111112"));
	assert_false(track_is_payment("9484000012345678"));
	assert_false(track_is_payment("2000000000000006"));
	assert_false(track_is_payment("411111"));
	track_mask("378282246310005", masked);
	assert_string_equal(masked, "378282*****0005");
	track_mask("123456", masked);
	assert_string_equal(masked, "****56");
}

static void a_scan_is_joined_from_its_reports(void **state)
{
	struct reader r;
	static struct scan scan;
	char line[700] = "scan ";

	(void)state;
	plug(&r, HID_SCANNER_POS);
	assert_true(scan_is_scanner(&r.layout));
	assert_int_equal(r.layout.application, HID_USAGE(0x8c, 0x02));
	for (size_t i = 0; i < 50; i++) /* 600 bytes: eleven reports */
		memcpy(line + 5 + 12 * i, "0123456789\xc3\xb1", 12);
	command(&r, line);
	int reports = 0;
	enum scan_state got = SCAN_MORE;
	while (got == SCAN_MORE) {
		assert_true(next_report(&r));
		got = scan_report(&scan, &r.layout, r.report, r.length);
		reports++;
	}
	assert_int_equal(got, SCAN_DONE);
	assert_string_equal(scan.text, line + 5);
	assert_string_equal(scan.symbology, "]Q1");
	assert_true(reports > 9);
	/* The next one begins anew. */
	command(&r, "scan code128 SABC560626MDFLRN01");
	assert_true(next_report(&r));
	assert_int_equal(scan_report(&scan, &r.layout, r.report, r.length), SCAN_DONE);
	assert_string_equal(scan.text, "SABC560626MDFLRN01");
	assert_string_equal(scan.symbology, "]C0");
	scan_finish(&scan);
	vdev_destroy(&r.dev);
}

static void a_hostile_scan_is_refused_and_wiped(void **state)
{
	struct reader r;
	static struct scan scan;
	static const char *const texts[] = {
		"scan ab\\x1bcd", "scan \\xff\\xfe", "scan ab\\x00cd", "scan \\x0d\\x0a"};

	(void)state;
	plug(&r, HID_SCANNER_POS);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		command(&r, texts[i]);
		assert_true(next_report(&r));
		assert_int_equal(scan_report(&scan, &r.layout, r.report, r.length), SCAN_REFUSED);
		assert_non_null(scan.refused);
		assert_string_equal(scan.text, "");
	}
	/* A scanner that never ends. */
	command(&r, "scan 0123456789");
	assert_true(next_report(&r));
	const struct hid_field *more = hid_find(&r.layout, HID_USAGE(0x8c, 0xff));
	assert_non_null(more);
	r.report[more->bit / 8] |= (uint8_t)(1u << more->bit % 8);
	enum scan_state got = SCAN_MORE;
	for (int i = 0; i < 1000 && got == SCAN_MORE; i++)
		got = scan_report(&scan, &r.layout, r.report, r.length);
	assert_int_equal(got, SCAN_REFUSED);
	assert_string_equal(scan.refused, "too long");
	vdev_destroy(&r.dev);
}

static void a_keyboard_is_neither_scanner_nor_stripe_reader(void **state)
{
	struct reader r;

	(void)state;
	plug(&r, HID_KEYBOARD);
	assert_int_equal(r.layout.application, HID_USAGE(0x01, 0x06));
	assert_false(scan_is_scanner(&r.layout));
	assert_false(stripe_is_reader(&r.layout));
	const struct hid_field *modifiers = hid_find(&r.layout, HID_USAGE(0x07, 0xe1));
	assert_non_null(modifiers);
	assert_int_equal(modifiers->count, 8);
	const struct hid_field *keys = hid_find(&r.layout, HID_USAGE(0x07, 0x04));
	assert_true(keys && keys->is_array && keys->count == 6 && keys->bit == 16);
	vdev_destroy(&r.dev);
}

static void a_malformed_descriptor_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *reason;
		uint8_t n, bytes[24];
	} cases[] = {
		{"empty", 0, {0}},
		{"item cut off", 1, {0x05}},
		{"item cut off", 3, {0x27, 1, 2}},
		{"item cut off", 2, {0xfe, 4}},
		{"collection not closed", 6, {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01}},
		{"a collection ends that did not begin", 1, {0xc0}},
		{"usage without a page", 2, {0x09, 0x06}},
		{"size or count out of range", 10, {0x05, 1, 0x09, 6, 0x75, 33, 0x95, 1, 0x81, 2}},
		{"report too long", 11, {0x05, 1, 0x09, 6, 0x75, 8, 0x96, 0xff, 0x7f, 0x81, 2}},
		{"report id out of range", 2, {0x85, 0}},
		{"pop without push", 1, {0xb4}},
		{"push too deep", 5, {0xa4, 0xa4, 0xa4, 0xa4, 0xa4}},
		{"reserved item", 1, {0x0c}},
		{"usage range runs backwards", 14,
			{0x05, 7, 0x19, 9, 0x29, 4, 0x75, 8, 0x95, 1, 0x81, 0, 0, 0}},
	};
	struct hid_layout layout;
	static const struct hid_layout nothing;
	const char *reason;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(hid_parse(cases[i].bytes, cases[i].n, &layout, &reason));
		assert_string_equal(reason, cases[i].reason);
		assert_memory_equal(&layout, &nothing, sizeof(layout));
	}
}

static void every_cut_of_a_good_descriptor_is_refused_or_whole(void **state)
{
	struct reader r;
	uint8_t descriptor[HID_MAX_DESCRIPTOR];
	const struct vdev_setup get = {0x81, 0x06, 0x2200, 0, sizeof(descriptor)};
	struct hid_layout layout;
	const char *reason;

	(void)state;
	plug(&r, HID_SCANNER_POS);
	const int n = vdev_control(r.dev, &get, descriptor);
	for (int i = 1; i < n; i++)
		assert_false(hid_parse(descriptor, (size_t)i, &layout, &reason));
	vdev_destroy(&r.dev);
}

static void no_report_is_read_past_its_end(void **state)
{
	struct reader r;
	struct stripe stripe;

	(void)state;
	plug(&r, HID_STRIPE_POS);
	command(&r, STAFF);
	assert_true(next_report(&r));
	for (size_t n = 0; n <= r.length; n++) {
		/* A copy of exactly n bytes: AddressSanitizer watches its end. */
		uint8_t *copy = malloc(n ? n : 1);
		assert_non_null(copy);
		memcpy(copy, r.report, n);
		stripe_read(&r.layout, copy, n, &stripe);
		free(copy);
		stripe_finish(&stripe);
	}
	vdev_destroy(&r.dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_staff_card_is_read_whatever_the_layout),
		cmocka_unit_test(a_payment_card_leaves_nothing_but_a_masked_number),
		cmocka_unit_test(an_unreadable_and_an_encrypted_swipe_say_so),
		cmocka_unit_test(a_track_is_refused_for_what_is_wrong_with_it),
		cmocka_unit_test(payment_ranges_are_known_by_number_and_check_digit),
		cmocka_unit_test(a_scan_is_joined_from_its_reports),
		cmocka_unit_test(a_hostile_scan_is_refused_and_wiped),
		cmocka_unit_test(a_keyboard_is_neither_scanner_nor_stripe_reader),
		cmocka_unit_test(a_malformed_descriptor_is_refused_with_a_reason),
		cmocka_unit_test(every_cut_of_a_good_descriptor_is_refused_or_whole),
		cmocka_unit_test(no_report_is_read_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
