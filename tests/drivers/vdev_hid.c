/* The virtual HID devices, called directly: descriptors, requests, swipes, scans, keys. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/virtual-devices/hid-device.h"

#define IN HID_DEVICE_EP_IN

static struct vdev *create(enum hid_type type)
{
	struct vdev *dev = hid_device_create(&(struct hid_device_options){.type = type});

	assert_non_null(dev);
	return dev;
}

static enum vt_code say(struct vdev *dev, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	enum vt_code code = vdev_command(dev, line, &reply);
	assert_true(code == VT_OK || code == VT_ERR_FULL || reply.length > 0);
	vt_buf_finish(&reply);
	return code;
}

static int get(struct vdev *dev, uint8_t type, uint8_t request, uint16_t value, uint8_t *data,
	uint16_t length)
{
	struct vdev_setup s = {type, request, value, 0, length};

	return vdev_control(dev, &s, data);
}

/* Bits of input that a report descriptor adds up to, the report id not counted: the items Report
 * Size (74), Report Count (94), Input (80); a small reader of our own, apart from the drivers'. */
static size_t input_bits(const uint8_t *d, size_t length)
{
	size_t bits = 0, size = 0, count = 0;

	for (size_t at = 0; at < length;) {
		size_t n = d[at] & 3;
		size_t value = 0;
		n = n == 3 ? 4 : n;
		assert_true(at + 1 + n <= length);
		for (size_t i = 0; i < n; i++)
			value |= (size_t)d[at + 1 + i] << 8 * i;
		switch (d[at] & 0xfc) {
		case 0x74:
			size = value;
			break;
		case 0x94:
			count = value;
			break;
		case 0x80:
			bits += size * count;
			break;
		default:
			break;
		}
		at += 1 + n;
	}
	return bits;
}

static void reports_are_as_long_as_their_descriptor_says(void **state)
{
	(void)state;
	static const struct {
		enum hid_type type;
		const char *line;
		size_t id; /* bytes of the report id */
	} types[] = {
		{HID_STRIPE_POS, "swipe ;123?", 0},
		{HID_STRIPE_MAGTEK, "swipe ;123?", 0},
		{HID_STRIPE_ENCRYPTED, "swipe ;123?", 0},
		{HID_STRIPE_KEYBOARD, "swipe ;123?", 0},
		{HID_SCANNER_POS, "scan HOLA", 1},
		{HID_SCANNER_KEYBOARD, "scan HOLA", 0},
		{HID_KEYBOARD, "key a", 0},
		{HID_KEYPAD, "key up", 0},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct vdev *dev = create(types[i].type);
		uint8_t d[256], hid[9], report[512];
		int length = get(dev, 0x81, 6, 0x2200, d, sizeof(d));
		assert_true(length > 0);
		assert_int_equal(get(dev, 0x81, 6, 0x2100, hid, 9), 9);
		assert_int_equal(hid[7] | hid[8] << 8, length);
		assert_int_equal(say(dev, types[i].line), VT_OK);
		int n = vdev_in(dev, IN, report, sizeof(report));
		assert_int_equal(8 * ((size_t)n - types[i].id), input_bits(d, (size_t)length));
		vdev_destroy(&dev);
	}
}

static void requests_of_the_class_are_answered(void **state)
{
	(void)state;
	struct vdev *dev = create(HID_KEYBOARD);
	uint8_t data[64] = {2};

	assert_int_equal(get(dev, 0xa1, 3, 0, data, 1), 1); /* GET_PROTOCOL: report */
	assert_int_equal(data[0], 1);
	assert_int_equal(get(dev, 0x21, 0x0b, 0, data, 0), 0);
	assert_int_equal(get(dev, 0xa1, 3, 0, data, 1), 1);
	assert_int_equal(data[0], 0);
	assert_int_equal(get(dev, 0x21, 0x0b, 2, data, 0), VDEV_STALL);
	assert_int_equal(get(dev, 0x21, 0x0a, 0x0500, data, 0), 0); /* SET_IDLE */
	assert_int_equal(get(dev, 0xa1, 2, 0, data, 1), 1);
	assert_int_equal(data[0], 5);
	data[0] = 7;
	assert_int_equal(get(dev, 0x21, 9, 0x0200, data, 1), 1); /* LEDs */
	assert_int_equal(get(dev, 0x21, 9, 0x0300, data, 1), VDEV_STALL);
	assert_int_equal(get(dev, 0xa1, 1, 0x0100, data, 64), 8);
	assert_int_equal(get(dev, 0xa1, 9, 0, data, 1), VDEV_STALL);
	assert_int_equal(get(dev, 0x81, 6, 0x2300, data, 64), VDEV_STALL);
	vdev_destroy(&dev);

	/* The feature report of a vendor's commands. */
	dev = create(HID_STRIPE_MAGTEK);
	memset(data, 0x5a, sizeof(data));
	assert_int_equal(get(dev, 0x21, 9, 0x0300, data, 24), 24);
	assert_int_equal(get(dev, 0x21, 9, 0x0300, data, 25), VDEV_STALL);
	memset(data, 0, sizeof(data));
	assert_int_equal(get(dev, 0xa1, 1, 0x0300, data, 64), 24);
	assert_int_equal(data[23], 0x5a);
	assert_int_equal(get(dev, 0xa1, 3, 0, data, 1), VDEV_STALL); /* no boot device */
	vdev_destroy(&dev);
}

static void a_swipe_fills_the_tracks(void **state)
{
	(void)state;
	struct vdev *dev = create(HID_STRIPE_MAGTEK);
	uint8_t r[512];

	assert_int_equal(say(dev, "swipe %BID^ANA?;12=3?+99?"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), 337);
	assert_memory_equal(r, "\x00\x00\x00\x09\x06\x04\x00%BID^ANA?", 16);
	assert_memory_equal(r + 117, ";12=3?", 7);
	assert_memory_equal(r + 227, "+99?", 5);
	assert_int_equal(say(dev, "swipe bad"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), 337);
	assert_memory_equal(r, "\x01\x01\x01\x00\x00\x00\x06", 7);
	/* In packets, as an interrupt pipe brings them. */
	assert_int_equal(say(dev, "swipe ;1?"), VT_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(vdev_in(dev, IN, r, 64), 64);
	assert_int_equal(vdev_in(dev, IN, r, 64), 17);
	assert_int_equal(vdev_in(dev, IN, r, 64), VDEV_NAK);
	for (const char *const *wrong = (const char *const[]){"swipe 123?", "swipe ;123",
		     "swipe ;1?%2?x", "swipe %1?%2?", "scan x", "key a", NULL};
		*wrong; wrong++)
		assert_int_not_equal(say(dev, *wrong), VT_OK);
	char line[300] = "swipe ;";
	memset(line + 7, '1', 110);
	line[117] = '?';
	assert_int_equal(say(dev, line), VT_ERR_INVALID);
	vdev_destroy(&dev);

	/* What an encrypted head sends is not what was on the card. */
	dev = create(HID_STRIPE_ENCRYPTED);
	assert_int_equal(say(dev, "swipe ;1234567890?"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), 344);
	assert_int_equal(r[4], 16);
	assert_null(memmem(r, 344, "1234", 4));
	vdev_destroy(&dev);
}

static void a_long_scan_continues_in_further_reports(void **state)
{
	(void)state;
	struct vdev *dev = create(HID_SCANNER_POS);
	char line[5000] = "scan code128 ";
	uint8_t r[64];

	memset(line + 13, 'A', 120);
	assert_int_equal(say(dev, line), VT_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), 62);
		assert_int_equal(r[1], i < 2 ? 56 : 8);
		assert_memory_equal(r + 2, "]C0", 3);
		assert_int_equal(r[61], i < 2);
	}
	/* Exactly one report: nothing continues. */
	line[13 + 56] = '\0';
	assert_int_equal(say(dev, line), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), 62);
	assert_int_equal(r[61], 0);
	assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), VDEV_NAK);
	/* Any byte, blanks kept as they are. */
	assert_int_equal(say(dev, "scan A  B\\x1d\\x00\\\\"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, sizeof(r)), 62);
	assert_memory_equal(r, "\x02\x07]Q1A  B\x1d\x00\\", 12);
	assert_int_not_equal(say(dev, "scan \\x1"), VT_OK);
	assert_int_not_equal(say(dev, "scan \\n"), VT_OK);
	assert_int_not_equal(say(dev, "scan"), VT_OK);
	memset(line + 5, 'B', 4097);
	line[5 + 4097] = '\0';
	assert_int_equal(say(dev, line), VT_ERR_INVALID);
	vdev_destroy(&dev);
}

/* What was typed, as text: shifted letters as capitals, the rest by usage. */
static void keys_are_those_of_a_us_keyboard(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		uint8_t modifiers, usage;
	} keys[] = {{"a", 0, 0x04}, {"Z", 2, 0x1d}, {"1", 0, 0x1e}, {"0", 0, 0x27}, {")", 2, 0x27},
		{"!", 2, 0x1e}, {"-", 0, 0x2d}, {"_", 2, 0x2d}, {"|", 2, 0x31}, {";", 0, 0x33},
		{"~", 2, 0x35}, {"?", 2, 0x38}, {"{Enter}", 0, 0x28},
		{"{Ctrl+Alt+Delete}", 5, 0x4c}, {"{Alt+F4}", 4, 0x3d}, {"{Shift+Tab}", 2, 0x2b},
		{"{{}", 2, 0x2f}, {"{", 2, 0x2f}, {"{}}", 2, 0x30}};
	struct vdev *dev = create(HID_KEYBOARD);
	uint8_t r[8];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char line[40];
		snprintf(line, sizeof(line), "key %s", keys[i].key);
		if (say(dev, line) != VT_OK)
			fail_msg("%s", line);
		assert_int_equal(vdev_in(dev, IN, r, 8), 8);
		assert_int_equal(r[0], keys[i].modifiers);
		assert_int_equal(r[2], keys[i].usage);
		assert_int_equal(vdev_in(dev, IN, r, 8), 8);
		assert_memory_equal(r, "\0\0\0\0\0\0\0\0", 8);
		assert_int_equal(vdev_in(dev, IN, r, 8), VDEV_NAK);
	}
	/* All or nothing. */
	assert_int_equal(say(dev, "key ab\xc3\xb1"), VT_ERR_INVALID);
	assert_int_equal(say(dev, "key {Hyper}"), VT_ERR_INVALID);
	assert_int_equal(vdev_in(dev, IN, r, 8), VDEV_NAK);
	vdev_destroy(&dev);

	dev = create(HID_KEYPAD);
	assert_int_equal(say(dev, "key louder"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, 8), 8);
	assert_int_equal(r[2], 0x80);
	assert_int_equal(say(dev, "key a"), VT_ERR_INVALID);
	vdev_destroy(&dev);
}

static void unread_reports_have_an_end_and_do_not_survive_the_cable(void **state)
{
	(void)state;
	struct vdev *dev = create(HID_KEYBOARD);
	uint8_t r[8];
	int typed = 0;

	while (say(dev, "key a") == VT_OK)
		typed++;
	assert_int_equal(typed, HID_DEVICE_MAX_REPORTS / 2);
	assert_int_equal(say(dev, "unplug"), VT_OK);
	assert_int_equal(say(dev, "key a"), VT_ERR_STATE);
	assert_int_equal(say(dev, "plug"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, 8), VDEV_NAK);
	/* A report of any length, for hosts that must bear it. */
	assert_int_equal(say(dev, "report 0102030405060708090a"), VT_OK);
	assert_int_equal(vdev_in(dev, IN, r, 8), 8);
	assert_int_equal(vdev_in(dev, IN, r, 8), 2);
	assert_int_equal(say(dev, "report 1"), VT_ERR_INVALID);
	vdev_destroy(&dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_are_as_long_as_their_descriptor_says),
		cmocka_unit_test(requests_of_the_class_are_answered),
		cmocka_unit_test(a_swipe_fills_the_tracks),
		cmocka_unit_test(a_long_scan_continues_in_further_reports),
		cmocka_unit_test(keys_are_those_of_a_us_keyboard),
		cmocka_unit_test(unread_reports_have_an_end_and_do_not_survive_the_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
