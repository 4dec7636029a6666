/* The virtual card reader, called directly: messages, levels, T=0 and T=1, PIN pad, removal, lies.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/card-link.h"
#include "tools/virtual-devices/card-test.h"
#include "tools/virtual-devices/ccid-reader.h"

#define OUT    CCID_READER_EP_OUT
#define IN     CCID_READER_EP_IN
#define NOTIFY CCID_READER_EP_NOTIFY

#define OK	  0x00
#define FAILED	  0x40
#define EXTENSION 0x80

/* One message back, taken apart. */
struct reply {
	int result; /* bytes, or a vdev_result */
	uint8_t type, slot, seq, status, error, special;
	uint32_t length;
	uint8_t data[CCID_READER_MAX_MESSAGE];
};

static struct reply reply; /* large; one test at a time */

static struct vdev *reader(const struct ccid_reader_options *options, int protocol)
{
	struct vdev *dev = ccid_reader_create(options);

	assert_non_null(dev);
	if (protocol >= -1) {
		struct card *card =
			card_test_create(&(struct card_test_options){.protocol = protocol});
		assert_non_null(card);
		assert_int_equal(ccid_reader_insert(dev, 0, card), VT_OK);
	}
	return dev;
}

static void command(struct vdev *dev, const char *line)
{
	struct vt_buf text;

	vt_buf_init(&text, 4096);
	enum vt_code code = vdev_command(dev, line, &text);
	if (code != VT_OK)
		fail_msg("%s: %s", line, vt_buf_text(&text));
	vt_buf_finish(&text);
}

static void refused(struct vdev *dev, const char *line, enum vt_code want)
{
	struct vt_buf text;

	vt_buf_init(&text, 4096);
	assert_int_equal(vdev_command(dev, line, &text), want);
	assert_true(text.length > 0);
	vt_buf_finish(&text);
}

static void send_message(struct vdev *dev, uint8_t type, uint8_t slot, uint8_t seq, uint8_t b7,
	unsigned b89, const void *data, size_t length)
{
	static uint8_t m[CCID_READER_MAX_MESSAGE + 100];

	memset(m, 0, 10);
	m[0] = type;
	for (int i = 0; i < 4; i++)
		m[1 + i] = (uint8_t)(length >> 8 * i);
	m[5] = slot;
	m[6] = seq;
	m[7] = b7;
	m[8] = (uint8_t)b89;
	m[9] = (uint8_t)(b89 >> 8);
	if (length > 0)
		memcpy(m + 10, data, length);
	assert_int_equal(vdev_out(dev, OUT, m, 10 + length), 10 + length);
}

static void receive(struct vdev *dev)
{
	static uint8_t m[CCID_READER_MAX_MESSAGE + 100];

	memset(&reply, 0, sizeof(reply));
	reply.result = vdev_in(dev, IN, m, CCID_READER_MAX_MESSAGE / 64 * 64 + 64);
	if (reply.result < 10)
		return;
	reply.type = m[0];
	for (int i = 0; i < 4; i++)
		reply.length |= (uint32_t)m[1 + i] << 8 * i;
	reply.slot = m[5];
	reply.seq = m[6];
	reply.status = m[7];
	reply.error = m[8];
	reply.special = m[9];
	memcpy(reply.data, m + 10, (size_t)reply.result - 10);
}

static void ask(
	struct vdev *dev, uint8_t type, uint8_t b7, unsigned b89, const void *data, size_t length)
{
	static uint8_t seq;

	send_message(dev, type, 0, ++seq, b7, b89, data, length);
	receive(dev);
	assert_true(reply.result >= 10);
	assert_int_equal(reply.seq, seq);
	assert_int_equal(reply.slot, 0);
}

static void power_on(struct vdev *dev)
{
	ask(dev, 0x62, 0, 0, NULL, 0);
	assert_int_equal(reply.status, OK);
	assert_true(reply.length >= 2 && reply.data[0] == 0x3b);
}

/* APDU or TPDU as hex; the answer must be this hex. */
static void exchange(struct vdev *dev, const char *hex, const char *want)
{
	uint8_t bytes[600];
	static char got[2 * CCID_READER_MAX_MESSAGE + 1];
	size_t n = strlen(hex) / 2;

	assert_true(n <= sizeof(bytes) && vt_unhex(bytes, n, hex));
	ask(dev, 0x6f, 0, 0, bytes, n);
	assert_int_equal(reply.status, OK);
	vt_hex(got, reply.data, reply.length);
	assert_string_equal(got, want);
}

/* A T=1 block without its LRC, as hex; the answer likewise. */
static void block(struct vdev *dev, const char *hex, const char *want)
{
	uint8_t bytes[300];
	char got[600];
	size_t n = strlen(hex) / 2;

	assert_true(vt_unhex(bytes, n, hex));
	card_t1_edc(false, bytes, n, bytes + n);
	ask(dev, 0x6f, 0, 0, bytes, n + 1);
	assert_int_equal(reply.status, OK);
	assert_true(reply.length >= 4);
	uint8_t lrc = 0;
	for (size_t i = 0; i < reply.length; i++)
		lrc ^= reply.data[i];
	vt_hex(got, reply.data, reply.length - 1);
	assert_string_equal(got, want);
	assert_int_equal(lrc, 0);
}

/* --- descriptors, slots, notifications --- */

static void descriptor_says_what_the_options_say(void **state)
{
	(void)state;
	struct vdev *dev = reader(&(struct ccid_reader_options){.level = CCID_LEVEL_EXTENDED_APDU,
					  .slots = 3,
					  .protocols = 2,
					  .max_message = 65556,
					  .pin_support = 3,
					  .voltages = 5},
		-2);
	struct vdev_setup s = {0x80, 6, 0x0200, 0, 255};
	uint8_t d[255];

	assert_int_equal(vdev_control(dev, &s, d), 9 + 9 + 54 + 21);
	assert_int_equal(d[18 + 1], 0x21);
	const uint8_t *c = d + 18;
	assert_int_equal(c[4], 2);
	assert_int_equal(c[5], 5);
	assert_int_equal(c[6], 2);
	assert_int_equal(c[42], 4); /* extended APDU */
	assert_int_equal(c[44] | c[45] << 8 | c[46] << 16, 65556);
	assert_int_equal(c[52], 3);
	vdev_destroy(&dev);

	dev = reader(&(struct ccid_reader_options){.no_notify = true, .descriptor_last = true}, -2);
	assert_int_equal(vdev_control(dev, &s, d), 9 + 9 + 54 + 14);
	assert_int_equal(d[9 + 4], 2);
	assert_int_equal(d[18 + 1], 5);
	assert_int_equal(d[18 + 14 + 1], 0x21);
	assert_int_equal(vdev_in(dev, NOTIFY, d, 8), VDEV_STALL);
	vdev_destroy(&dev);
}

static void a_card_that_comes_and_goes_is_notified(void **state)
{
	(void)state;
	struct vdev *dev = reader(&(struct ccid_reader_options){.slots = 5}, -2);
	uint8_t m[8];

	assert_int_equal(vdev_in(dev, NOTIFY, m, 8), VDEV_NAK);
	assert_int_equal(ccid_reader_insert(dev, 4, card_test_create(NULL)), VT_OK);
	assert_int_equal(vdev_in(dev, NOTIFY, m, 8), 3);
	assert_memory_equal(m, "\x50\x00\x03", 3);
	assert_int_equal(vdev_in(dev, NOTIFY, m, 8), VDEV_NAK);
	struct card *second = card_test_create(NULL);
	assert_int_equal(ccid_reader_insert(dev, 4, second), VT_ERR_EXISTS);
	assert_int_equal(ccid_reader_insert(dev, 5, second), VT_ERR_LIMIT);
	card_destroy(&second);
	command(dev, "card remove slot 4");
	assert_int_equal(vdev_in(dev, NOTIFY, m, 8), 3);
	assert_memory_equal(m, "\x50\x00\x02", 3);
	refused(dev, "card remove slot 4", VT_ERR_STATE);
	refused(dev, "card remove slot 5", VT_ERR_INVALID);
	vdev_destroy(&dev);
}

static void status_follows_card_and_power(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, -2);

	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.type, 0x81);
	assert_int_equal(reply.status, 2);
	ask(dev, 0x62, 1, 0, NULL, 0);
	assert_int_equal(reply.type, 0x80);
	assert_int_equal(reply.status, FAILED | 2);
	assert_int_equal(reply.error, 0xfe);
	assert_int_equal(ccid_reader_insert(dev, 0, card_test_create(NULL)), VT_OK);
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.status, 1);
	ask(dev, 0x6f, 0, 0, "\0\0\0\0", 4);
	assert_int_equal(reply.status, FAILED | 1);
	power_on(dev);
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.status, 0);
	ask(dev, 0x63, 0, 0, NULL, 0);
	assert_int_equal(reply.status, 1);
	/* A bus reset takes the power, too. */
	power_on(dev);
	vdev_reset(dev);
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.status, 1);
	vdev_destroy(&dev);
}

static void wrong_messages_are_answered_with_a_reason(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, 0);

	send_message(dev, 0x65, 7, 1, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.status, FAILED | 2);
	assert_int_equal(reply.error, 5);
	ask(dev, 0x55, 0, 0, NULL, 0);
	assert_int_equal(reply.error, 0);
	assert_int_equal(reply.status & 0xc0, FAILED);
	/* dwLength beyond the maximum; what follows is passed over. */
	uint8_t huge[300] = {0x6f, 0xff, 0xff, 0xff, 0xff, 0, 9};
	assert_int_equal(vdev_out(dev, OUT, huge, 300), 300);
	receive(dev);
	assert_int_equal(reply.seq, 9);
	assert_int_equal(reply.error, 1);
	/* A message cut short by a short packet. */
	uint8_t half[20] = {0x6f, 50, 0, 0, 0, 0, 10};
	assert_int_equal(vdev_out(dev, OUT, half, 20), 20);
	receive(dev);
	assert_int_equal(reply.seq, 10);
	assert_int_equal(reply.error, 1);
	power_on(dev);
	/* Parameters: T=0 has five bytes, T=1 seven. */
	ask(dev, 0x6c, 0, 0, NULL, 0);
	assert_int_equal(reply.type, 0x82);
	assert_int_equal(reply.length, 5);
	ask(dev, 0x61, 0, 0, "\x11\0\0\x0a\0\0\0", 7);
	assert_int_equal(reply.error, 1);
	ask(dev, 0x61, 1, 0, "\x11\x10\0\x4d\0\xfe\0", 7);
	assert_int_equal(reply.status, OK);
	assert_int_equal(reply.special, 1);
	ask(dev, 0x6d, 0, 0, NULL, 0);
	assert_int_equal(reply.status, OK);
	vdev_destroy(&dev);
}

/* --- levels and protocols --- */

static void t0_has_its_procedure(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, 0);

	power_on(dev);
	exchange(dev, "00a4000c022f00", "9000");
	exchange(dev, "00b0000008", "61064f04544553549000");
	exchange(dev, "00b0000000", "6c08");
	exchange(dev, "00a40000022f00", "610d");
	exchange(dev, "00c00000ff", "6c0d");
	exchange(dev, "00c000000d",
		"6f0b80020008820101830"
		"22f009000");
	exchange(dev, "00c000000d", "6d00");
	/* 300 bytes come in two parts. */
	uint8_t fill[] = {0x80, 0x12, 0x01, 0x2c, 0x00};
	ask(dev, 0x6f, 0, 0, fill, sizeof(fill));
	assert_int_equal(reply.length, 258);
	assert_memory_equal(reply.data + 256, "\x61\x2c", 2);
	exchange(dev, "00c000002c",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
		"1f202122232425262728292a2b9000");
	/* What a reader cannot send at T=0. */
	ask(dev, 0x6f, 0, 0, "\x00\xa4\x00\x0c\x02\x2f", 6);
	assert_int_equal(reply.error, 1);
	vdev_destroy(&dev);
}

static void t1_blocks_chain_both_ways(void **state)
{
	(void)state;
	struct vdev *dev = reader(&(struct ccid_reader_options){.protocols = 2}, 1);

	power_on(dev);
	ask(dev, 0x61, 1, 0, "\x11\x10\0\x4d\0\xfe\0", 7);
	block(dev, "00c10120", "00e10120");
	block(dev, "00000700a4000c022f00", "0000029000");
	/* An echo in two pieces: R(next) between them; a repeated N(S) is refused. */
	block(dev, "0060070010000003aabb", "008000");
	block(dev, "0060070010000003aabb", "008200");
	block(dev, "000002cc00", "004005aabbcc9000");
	vdev_destroy(&dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptor_says_what_the_options_say),
		cmocka_unit_test(a_card_that_comes_and_goes_is_notified),
		cmocka_unit_test(status_follows_card_and_power),
		cmocka_unit_test(wrong_messages_are_answered_with_a_reason),
		cmocka_unit_test(t0_has_its_procedure),
		cmocka_unit_test(t1_blocks_chain_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
