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

#include <unistd.h>

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

static void pps_chooses_the_protocol(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, -1);

	/* What is not offered, or broken, is not answered. */
	power_on(dev);
	send_message(dev, 0x6f, 0, 1, 0, 0, "\xff\x12\x11\xfc", 4);
	vdev_tick(dev, dev->now_ms + CCID_READER_MUTE_MS);
	receive(dev);
	assert_int_equal(reply.status, FAILED);
	assert_int_equal(reply.error, 0xfe);
	power_on(dev);
	exchange(dev, "ff1111ff", "ff1111ff");
	ask(dev, 0x61, 1, 0, "\x11\x10\0\x4d\0\xfe\0", 7);
	block(dev, "00000700a4000c022f00", "0000029000");
	/* Too fast for the card: agreed without PPS1. */
	power_on(dev);
	exchange(dev,
		"ff1196"
		"78",
		"ff01fe");
	/* Only right after the ATR; and a card of T=1 does not hear T=0. */
	ask(dev, 0x61, 0, 0, "\x11\0\0\x0a\0", 5);
	send_message(dev, 0x6f, 0, 2, 0, 0, "\x00\xa4\x00\x0c\x02\x2f\x00", 7);
	receive(dev);
	assert_int_equal(reply.result, VDEV_NAK);
	vdev_destroy(&dev);
}

static struct vdev *t1_reader(void)
{
	struct vdev *dev = reader(&(struct ccid_reader_options){.protocols = 2}, 1);

	power_on(dev);
	ask(dev, 0x61, 1, 0, "\x11\x10\0\x4d\0\xfe\0", 7);
	return dev;
}

static void t1_recovers_from_every_disturbance(void **state)
{
	(void)state;
	struct vdev *dev = t1_reader();
	uint8_t bytes[300];

	/* A wrong check byte of ours: R with error 1; the same block again is taken. */
	assert_true(vt_unhex(bytes, 10, "00000700a4000c022f00"));
	bytes[10] = 0x77;
	ask(dev, 0x6f, 0, 0, bytes, 11);
	assert_memory_equal(reply.data, "\x00\x81\x00\x81", 4);
	block(dev, "00000700a4000c022f00", "0000029000");
	/* One of the card: R makes it repeat, right this time. */
	command(dev, "t1 edc 1");
	assert_true(vt_unhex(bytes, 10, "00400700a4000c022f00"));
	card_t1_edc(false, bytes, 10, bytes + 10);
	ask(dev, 0x6f, 0, 0, bytes, 11);
	assert_int_equal(reply.length, 6);
	assert_int_not_equal(reply.data[0] ^ reply.data[1] ^ reply.data[2] ^ reply.data[3] ^
				     reply.data[4] ^ reply.data[5],
		0);
	block(dev, "009100", "0040029000");
	/* A wrong N(S) of the card, refused the same way. */
	command(dev, "t1 seq 1");
	block(dev, "00000700a4000c022f00", "0040029000");
	block(dev, "008200", "0000029000");
	command(dev, "t1 refuse 1");
	block(dev, "00400700a4000c022f00", "009100");
	block(dev, "00400700a4000c022f00", "0040029000");
	/* The card asks for time, for another size. */
	command(dev, "t1 wtx 2");
	block(dev, "00000700a4000c022f00", "00c30101");
	block(dev, "00e30101", "00c30101");
	block(dev, "00e30101", "0000029000");
	command(dev, "t1 ifs 16");
	block(dev, "00400700a4000c022f00", "00c10110");
	block(dev, "00e10110", "0040029000");
	block(dev,
		"00001180100000"
		"0b"
		"0102030405060708090a0b"
		"00",
		"008200");
	/* Resynchronised, both count from 0. */
	block(dev, "00c000", "00e000");
	block(dev, "00000700a4000c022f00", "0000029000");
	/* Another node address; what only a card may ask for. */
	block(dev, "21400700a4000c022f00", "009200");
	block(dev, "00c30101", "009200");
	vdev_destroy(&dev);
}

static void t1_answers_in_pieces_of_the_hosts_size(void **state)
{
	(void)state;
	struct vdev *dev = t1_reader();

	block(dev,
		"00000580120028"
		"00",
		"0020200001020304050607"
		"08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	/* R of the piece that came: the same again. */
	block(dev, "008000",
		"0020200001020304050607"
		"08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	block(dev, "009000", "00400a20212223242526279000");
	/* An abort between the pieces. */
	command(dev, "t1 abort 1");
	block(dev,
		"00400580120028"
		"00",
		"00c200");
	block(dev, "00e200", "008000");
	block(dev, "00c000", "00e000");
	block(dev, "00c10150", "00e10150");
	block(dev,
		"0000"
		"0580120010"
		"00",
		"000012000102030405060708090a0b0c0d0e0f9000");
	vdev_destroy(&dev);
}

static void a_card_with_crc_is_spoken_to_with_crc(void **state)
{
	(void)state;
	/* TD1 81, TD2 71: TA3 FE, TB3 45, TC3 01 = CRC; TCK. */
	uint8_t atr[] = {0x3b, 0x80, 0x81, 0x71, 0xfe, 0x45, 0x01, 0x00};
	for (size_t i = 1; i < 7; i++)
		atr[7] ^= atr[i];
	struct card *card = card_test_create(
		&(struct card_test_options){.protocol = 1, .atr = atr, .atr_length = sizeof(atr)});
	struct vdev *dev = reader(NULL, -2);
	uint8_t bytes[20] = {0, 0, 7, 0, 0xa4, 0, 0x0c, 2, 0x2f, 0};

	/* CRC-16/MCRF4XX of the catalogue of CRCs: check value 6F91. */
	uint8_t crc[2];
	assert_int_equal(card_t1_edc(true, (const uint8_t *)"123456789", 9, crc), 2);
	assert_memory_equal(crc, "\x6f\x91", 2);
	assert_int_equal(ccid_reader_insert(dev, 0, card), VT_OK);
	power_on(dev);
	assert_int_equal(card_t1_edc(true, bytes, 10, bytes + 10), 2);
	ask(dev, 0x6f, 0, 0, bytes, 12);
	assert_int_equal(reply.length, 7);
	assert_memory_equal(reply.data, "\x00\x00\x02\x90\x00", 5);
	card_t1_edc(true, reply.data, 5, crc);
	assert_memory_equal(reply.data + 5, crc, 2);
	ask(dev, 0x6f, 0, 0, bytes, 11);
	assert_int_equal(reply.data[1], 0x92);
	vdev_destroy(&dev);
}

static void extended_level_chains_both_ways(void **state)
{
	(void)state;
	struct vdev *dev =
		reader(&(struct ccid_reader_options){.level = CCID_LEVEL_EXTENDED_APDU}, 1);
	uint8_t apdu[7 + 600 + 2] = {0x80, 0x10, 0, 0, 0, 600 >> 8, 600 & 0xff};

	power_on(dev);
	for (int i = 0; i < 600; i++)
		apdu[7 + i] = (uint8_t)(i * 7);
	ask(dev, 0x6f, 0, 1, apdu, 261);
	assert_int_equal(reply.special, 0x10);
	assert_int_equal(reply.length, 0);
	ask(dev, 0x6f, 0, 3, apdu + 261, 261);
	assert_int_equal(reply.special, 0x10);
	ask(dev, 0x6f, 0, 2, apdu + 522, sizeof(apdu) - 522);
	assert_int_equal(reply.special, 1);
	assert_int_equal(reply.length, 261);
	assert_memory_equal(reply.data, apdu + 7, 261);
	ask(dev, 0x6f, 0, 0x10, NULL, 0);
	assert_int_equal(reply.special, 3);
	ask(dev, 0x6f, 0, 0x10, NULL, 0);
	assert_int_equal(reply.special, 2);
	assert_int_equal(reply.length, 602 - 522);
	assert_memory_equal(reply.data + reply.length - 2, "\x90\x00", 2);
	/* Nothing to go on with; an unknown level; a continuation of nothing. */
	ask(dev, 0x6f, 0, 0x10, NULL, 0);
	assert_int_equal(reply.error, 8);
	ask(dev, 0x6f, 0, 7, apdu, 5);
	assert_int_equal(reply.error, 8);
	ask(dev, 0x6f, 0, 3, apdu, 5);
	assert_int_equal(reply.error, 8);
	vdev_destroy(&dev);

	/* T=0 cannot carry extended lengths; short APDU level has no chains. */
	dev = reader(&(struct ccid_reader_options){.level = CCID_LEVEL_SHORT_APDU}, 0);
	power_on(dev);
	ask(dev, 0x6f, 0, 0, apdu, 9);
	assert_int_equal(reply.error, 1);
	ask(dev, 0x6f, 0, 1, apdu, 5);
	assert_int_equal(reply.error, 8);
	exchange(dev, "00a40000022f0000", "610d");
	exchange(dev, "00c000000d", "6f0b8002000882010183022f009000");
	vdev_destroy(&dev);
}

/* --- time, abort, several slots --- */

static void a_slow_card_brings_time_extensions(void **state)
{
	(void)state;
	struct vdev *dev = reader(&(struct ccid_reader_options){.level = CCID_LEVEL_SHORT_APDU}, 1);
	const uint8_t slow[4] = {0x80, 0x14, 0, 100}; /* 1 s */

	power_on(dev);
	send_message(dev, 0x6f, 0, 200, 0, 0, slow, 4);
	receive(dev);
	assert_int_equal(reply.result, VDEV_NAK);
	int64_t began = dev->now_ms, extensions = 0;
	for (;;) {
		int64_t next = vdev_next_ms(dev);
		assert_true(next != INT64_MAX);
		vdev_tick(dev, next);
		receive(dev);
		assert_true(reply.result >= 10);
		assert_int_equal(reply.seq, 200);
		if (reply.status != EXTENSION)
			break;
		extensions++;
	}
	assert_int_equal(extensions, 2);
	assert_int_equal(dev->now_ms - began, 1000);
	assert_memory_equal(reply.data, "\x90\x00", 2);
	command(dev, "extend 3");
	send_message(dev, 0x6f, 0, 201, 0, 0, "\x00\xa4\x00\x0c\x02\x2f\x00", 7);
	for (int i = 0; i < 3; i++) {
		receive(dev);
		assert_int_equal(reply.status, EXTENSION);
	}
	receive(dev);
	assert_int_equal(reply.status, OK);
	vdev_destroy(&dev);
}

static void abort_ends_what_never_ends(void **state)
{
	(void)state;
	for (int control_first = 0; control_first < 2; control_first++) {
		struct vdev *dev = reader(NULL, 0);
		const struct vdev_setup abort = {0x21, 1, 77 << 8, 0, 0};
		uint8_t nothing[1];

		power_on(dev);
		command(dev, "extend endless");
		send_message(dev, 0x6f, 0, 76, 0, 0, "\x00\xa4\x00\x0c\x02\x2f\x00", 7);
		vdev_tick(dev, dev->now_ms + 100000);
		receive(dev);
		assert_int_equal(reply.status, EXTENSION);
		/* Busy meanwhile. */
		while (reply.result >= 10)
			receive(dev);
		send_message(dev, 0x65, 0, 78, 0, 0, NULL, 0);
		receive(dev);
		assert_int_equal(reply.error, 0xe0);
		if (control_first)
			assert_int_equal(vdev_control(dev, &abort, nothing), 0);
		send_message(dev, 0x72, 0, 77, 0, 0, NULL, 0);
		receive(dev);
		if (!control_first) {
			assert_int_equal(reply.result, VDEV_NAK);
			assert_int_equal(vdev_control(dev, &abort, nothing), 0);
			receive(dev);
		}
		assert_int_equal(reply.type, 0x81);
		assert_int_equal(reply.seq, 77);
		assert_int_equal(reply.status, OK);
		command(dev, "extend off");
		exchange(dev, "00a4000c022f00", "9000");
		vdev_destroy(&dev);
	}
}

static void a_mute_card_is_given_up(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, 0);

	power_on(dev);
	for (int by_switch = 0; by_switch < 2; by_switch++) {
		if (by_switch)
			command(dev, "card mute on");
		send_message(dev, 0x6f, 0, 50, 0, 0, "\x80\x16\x00\x00\x00", 5);
		receive(dev);
		assert_int_equal(reply.result, VDEV_NAK);
		vdev_tick(dev, dev->now_ms + CCID_READER_MUTE_MS);
		receive(dev);
		assert_int_equal(reply.error, 0xfe);
		assert_int_equal(reply.status, FAILED);
	}
	command(dev, "card mute off");
	exchange(dev, "00a4000c022f00", "9000");
	vdev_destroy(&dev);
}

static void slots_work_side_by_side_if_the_reader_can(void **state)
{
	(void)state;
	for (unsigned busy = 1; busy <= 2; busy++) {
		struct vdev *dev = reader(
			&(struct ccid_reader_options){
				.slots = 2, .busy_slots = busy, .level = CCID_LEVEL_SHORT_APDU},
			0);
		assert_int_equal(ccid_reader_insert(dev, 1, card_test_create(NULL)), VT_OK);
		power_on(dev);
		send_message(dev, 0x6f, 0, 90, 0, 0, "\x80\x14\x00\x0a", 4);
		send_message(dev, 0x62, 1, 91, 0, 0, NULL, 0);
		receive(dev);
		assert_int_equal(reply.slot, 1);
		assert_int_equal(reply.seq, 91);
		if (busy == 1)
			assert_int_equal(reply.error, 0xe0);
		else
			assert_int_equal(reply.status, OK);
		vdev_tick(dev, dev->now_ms + 100);
		receive(dev);
		assert_int_equal(reply.slot, 0);
		assert_int_equal(reply.seq, 90);
		assert_int_equal(reply.status, OK);
		vdev_destroy(&dev);
	}
}

static void power_needs_the_right_voltage_and_mode(void **state)
{
	(void)state;
	struct vdev *dev =
		reader(&(struct ccid_reader_options){.voltages = 3, .emv_mode = true}, 0);

	ask(dev, 0x62, 3, 0, NULL, 0); /* 1.8 V: not here */
	assert_int_equal(reply.error, 7);
	ask(dev, 0x62, 1, 0, NULL, 0);
	assert_int_equal(reply.error, 0xbb);
	ask(dev, 0x6b, 0, 0, "\x1f\x01", 2);
	assert_int_equal(reply.type, 0x83);
	assert_int_equal(reply.status, OK | 1);
	command(dev, "card voltage 3");
	send_message(dev, 0x62, 0, 20, 1, 0, NULL, 0);
	vdev_tick(dev, dev->now_ms + CCID_READER_MUTE_MS);
	receive(dev);
	assert_int_equal(reply.error, 0xfe);
	ask(dev, 0x62, 2, 0, NULL, 0);
	assert_int_equal(reply.status, OK);
	ask(dev, 0x6b, 0, 0, "\x99", 1);
	assert_int_equal(reply.error, 0);
	refused(dev, "card voltage 12", VT_ERR_INVALID);
	vdev_destroy(&dev);
}

/* --- removal --- */

static void a_card_may_leave_at_every_byte(void **state)
{
	(void)state;
	static const enum ccid_level levels[] = {
		CCID_LEVEL_TPDU, CCID_LEVEL_SHORT_APDU, CCID_LEVEL_EXTENDED_APDU};

	for (size_t l = 0; l < VT_ELEMENTS(levels); l++) {
		/* Power-on and one exchange: 12 bytes of ATR, then 7 and 2. */
		for (int n = 0; n <= 22; n++) {
			struct vdev *dev =
				reader(&(struct ccid_reader_options){.level = levels[l]}, 0);
			char line[40];
			uint8_t notice[8];
			assert_int_equal(vdev_in(dev, NOTIFY, notice, 8), 2);
			snprintf(line, sizeof(line), "card remove after %d", n);
			command(dev, line);
			ask(dev, 0x62, 0, 0, NULL, 0);
			bool gone = reply.status != OK;
			if (!gone) {
				ask(dev, 0x6f, 0, 0, "\x00\xa4\x00\x0c\x02\x2f\x00", 7);
				gone = reply.status != OK;
			}
			assert_int_equal(gone, n <= 20);
			if (gone) {
				assert_int_equal(reply.status, FAILED | 2);
				assert_int_equal(reply.error, 0xfe);
				assert_null(ccid_reader_card(dev, 0));
				assert_int_equal(vdev_in(dev, NOTIFY, notice, 8), 2);
				assert_int_equal(notice[1], 2);
				ask(dev, 0x65, 0, 0, NULL, 0);
				assert_int_equal(reply.status, 2);
			}
			vdev_destroy(&dev);
		}
	}
}

static void removal_while_the_card_thinks_is_told_at_once(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, 0);

	power_on(dev);
	send_message(dev, 0x6f, 0, 33, 0, 0, "\x80\x14\x10\x00", 4);
	struct card *card = ccid_reader_remove(dev, 0);
	assert_non_null(card);
	receive(dev);
	assert_int_equal(reply.seq, 33);
	assert_int_equal(reply.status, FAILED | 2);
	assert_int_equal(vdev_next_ms(dev), INT64_MAX);
	card_destroy(&card);
	vdev_destroy(&dev);
}

/* --- lies --- */

static void lies_change_one_reply_and_no_more(void **state)
{
	(void)state;
	struct vdev *dev = reader(NULL, 0);

	command(dev, "lie length 4294967295");
	send_message(dev, 0x65, 0, 1, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.length, UINT32_MAX);
	ask(dev, 0x65, 0, 0, NULL, 0);
	command(dev, "lie slot 3 at 2");
	ask(dev, 0x65, 0, 0, NULL, 0);
	send_message(dev, 0x65, 0, 2, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.slot, 3);
	command(dev, "lie seq 255 times 2");
	for (int i = 0; i < 2; i++) {
		send_message(dev, 0x65, 0, 10, 0, 0, NULL, 0);
		receive(dev);
		assert_int_equal(reply.seq, 9);
	}
	command(dev, "lie status c3");
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.status, 0xc3);
	command(dev, "lie error 7f");
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.error, 0x7f);
	command(dev, "lie type 50");
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.type, 0x50);
	command(dev, "lie cut 4");
	send_message(dev, 0x65, 0, 3, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.result, 4);
	command(dev, "lie pad 100");
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.result, 110);
	command(dev, "lie zero");
	send_message(dev, 0x65, 0, 4, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.result, 0);
	receive(dev);
	assert_int_equal(reply.seq, 4);
	command(dev, "lie split 3");
	send_message(dev, 0x65, 0, 5, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.result, 3);
	receive(dev);
	assert_int_equal(reply.result, 7);
	command(dev, "lie twice");
	ask(dev, 0x65, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.type, 0x81);
	command(dev, "lie lost");
	send_message(dev, 0x65, 0, 6, 0, 0, NULL, 0);
	receive(dev);
	assert_int_equal(reply.result, VDEV_NAK);
	ask(dev, 0x65, 0, 0, NULL, 0);
	assert_int_equal(reply.status, 1);
	for (const char *const *wrong = (const char *const[]){"lie", "lie white", "lie length",
		     "lie status zz", "lie seq 1 at", "lie seq 1 at 0", "lie seq 1 now 3", NULL};
		*wrong; wrong++)
		refused(dev, *wrong, VT_ERR_INVALID);
	for (int i = 0; i < 16; i++)
		command(dev, "lie lost at 100");
	refused(dev, "lie lost", VT_ERR_LIMIT);
	command(dev, "lie clear");
	command(dev, "lie lost");
	vdev_destroy(&dev);
}

static void stray_empty_packets_follow_full_ones(void **state)
{
	(void)state;
	struct vdev *dev = reader(
		&(struct ccid_reader_options){.level = CCID_LEVEL_SHORT_APDU, .zero_packets = true},
		1);

	power_on(dev);
	/* 10 + 52 + 2 bytes: one whole packet. */
	send_message(dev, 0x6f, 0, 1, 0, 0, "\x80\x12\x00\x34\x00", 5);
	receive(dev);
	assert_int_equal(reply.result, 64);
	receive(dev);
	assert_int_equal(reply.result, 0);
	receive(dev);
	assert_int_equal(reply.result, VDEV_NAK);
	vdev_destroy(&dev);
}

/* --- PIN pad --- */

/* Verify: 4 to 8 digits, ASCII, padded by the APDU. */
static const uint8_t verify[] = {0, 30, 0x82, 0x08, 0, 8, 4, 2, 1, 0x0a, 0x08, 0, 0, 0, 0, 0, 0x20,
	0, 1, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void send_secure(struct vdev *dev, uint8_t seq, const void *data, size_t length)
{
	send_message(dev, 0x69, 0, seq, 0, 0, data, length);
	receive(dev);
}

static void the_pad_takes_the_pin_and_the_host_never_sees_it(void **state)
{
	(void)state;
	struct vdev *dev = reader(
		&(struct ccid_reader_options){.level = CCID_LEVEL_SHORT_APDU, .pin_support = 3}, 1);

	power_on(dev);
	refused(dev, "pin enter 1234", VT_ERR_STATE);
	send_secure(dev, 1, verify, sizeof(verify));
	assert_int_equal(reply.result, VDEV_NAK);
	refused(dev, "pin enter 123", VT_ERR_INVALID);
	refused(dev, "pin enter 12x4", VT_ERR_INVALID);
	refused(dev, "pin enter 1234 1234", VT_ERR_INVALID);
	command(dev, "pin enter 1234");
	receive(dev);
	assert_int_equal(reply.type, 0x80);
	assert_memory_equal(reply.data, "\x90\x00", 2);
	send_secure(dev, 2, verify, sizeof(verify));
	command(dev, "pin enter 00000");
	receive(dev);
	assert_memory_equal(reply.data, "\x63\xc2", 2);
	send_secure(dev, 3, verify, sizeof(verify));
	command(dev, "pin cancel");
	receive(dev);
	assert_int_equal(reply.error, 0xef);
	send_secure(dev, 4, verify, sizeof(verify));
	vdev_tick(dev, dev->now_ms + 30000);
	receive(dev);
	assert_int_equal(reply.error, 0xf0);
	send_secure(dev, 4, verify, sizeof(verify));
	command(dev, "pin form");
	receive(dev);
	assert_memory_equal(reply.data, "\x64\x03", 2);
	refused(dev, "pin form", VT_ERR_STATE);
	/* Modify: old, new, and new again. */
	static const uint8_t modify[] = {1, 30, 0x82, 0x08, 0, 0, 8, 8, 4, 3, 2, 3, 0x0a, 0x08, 0,
		1, 2, 0, 0, 0, 0, 0x24, 0, 1, 16, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255};
	send_secure(dev, 5, modify, sizeof(modify));
	assert_int_equal(reply.result, VDEV_NAK);
	command(dev, "pin enter 1234 8642 8641");
	receive(dev);
	assert_int_equal(reply.error, 0xef);
	send_secure(dev, 6, modify, sizeof(modify));
	command(dev, "pin enter 1234 8642 8642");
	receive(dev);
	assert_memory_equal(reply.data, "\x90\x00", 2);
	send_secure(dev, 7, verify, sizeof(verify));
	command(dev, "pin enter 8642");
	receive(dev);
	assert_memory_equal(reply.data, "\x90\x00", 2);
	/* Removed while it asks. */
	send_secure(dev, 8, verify, sizeof(verify));
	command(dev, "card remove");
	receive(dev);
	assert_int_equal(reply.status, FAILED | 2);
	vdev_destroy(&dev);
}

static void the_pad_refuses_what_it_cannot_do(void **state)
{
	(void)state;
	struct vdev *dev = reader(
		&(struct ccid_reader_options){.level = CCID_LEVEL_SHORT_APDU, .pin_support = 1}, 1);
	uint8_t block[sizeof(verify)];

	power_on(dev);
	for (size_t length = 1; length < sizeof(verify); length++) {
		send_secure(dev, 1, verify, length);
		assert_int_equal(reply.status, FAILED);
	}
	memcpy(block, verify, sizeof(block));
	block[0] = 1;
	send_secure(dev, 1, block, sizeof(block));
	assert_int_equal(reply.error, 0); /* modify is not announced */
	block[0] = 0;
	block[7] = 0;
	send_secure(dev, 1, block, sizeof(block));
	assert_int_equal(reply.error, 17);
	block[7] = 2;
	block[6] = 9;
	send_secure(dev, 1, block, sizeof(block));
	assert_int_equal(reply.error, 15);
	/* A PIN block that does not fit the APDU. */
	block[6] = 4;
	block[3] = 0x0f;
	send_secure(dev, 1, block, sizeof(block));
	command(dev, "pin enter 1234");
	receive(dev);
	assert_int_equal(reply.error, 13);
	vdev_destroy(&dev);
}

/* --- APDUs and card files --- */

static void apdus_are_taken_apart_by_case(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		bool good;
		size_t length;
		uint32_t le;
	} cases[] = {
		{"00a40000", true, 0, 0},
		{"00a4000000", true, 0, 256},
		{"00a4000010", true, 0, 16},
		{"00a4000001aa", true, 1, 0},
		{"00a4000001aa00", true, 1, 256},
		{"00a40000000000", true, 0, 65536},
		{"00a40000000100", true, 0, 256},
		{"00a40000000001aa", true, 1, 0},
		{"00a40000000001aa0100", true, 1, 256},
		{"00a40000000001aa0000", true, 1, 65536},
		{"00a4", false, 0, 0},
		{"00a4000002aa", false, 0, 0},
		{"00a4000001aa0000", false, 0, 0},
		{"00a400000000", false, 0, 0},
		{"00a40000000002aa", false, 0, 0},
		{"00a40000000001aa00", false, 0, 0},
		{"00a40000000001aa000000", false, 0, 0},
	};

	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		uint8_t apdu[32];
		struct card_command c;
		size_t n = strlen(cases[i].hex) / 2;
		assert_true(vt_unhex(apdu, n, cases[i].hex));
		if (card_parse_apdu(apdu, n, &c) != cases[i].good)
			fail_msg("%s", cases[i].hex);
		if (cases[i].good) {
			assert_int_equal(c.length, cases[i].length);
			assert_int_equal(c.le, cases[i].le);
		}
	}
}

static void command_chains_are_joined(void **state)
{
	(void)state;
	struct vdev *dev = reader(&(struct ccid_reader_options){.level = CCID_LEVEL_SHORT_APDU}, 1);

	power_on(dev);
	exchange(dev, "1010000002aabb", "9000");
	exchange(dev, "1010000002ccdd", "9000");
	exchange(dev, "0010000001ee00", "aabbccddee9000");
	/* Another command ends the chain. */
	exchange(dev, "1010000002aabb", "9000");
	exchange(dev, "00a4000c022f00", "9000");
	exchange(dev, "0010000001ee00", "ee9000");
	ask(dev, 0x6f, 0, 0, "\0\x10\0", 3); /* no APDU at all */
	assert_int_equal(reply.error, 1);
	vdev_destroy(&dev);
}

static void card_files_are_read_strictly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum vt_code code;
	} files[] = {
		{"card test\n# a comment\nprotocol: 1\npin: 4321\ntries: 5\nseed: 9\nfile: 0001 "
		 "text "
		 "Hola\nfile: 0002 61 0203\natr: 3B 00\n",
			VT_OK},
		{"card test", VT_OK},
		{"", VT_ERR_PARSE},
		{"karte test\n", VT_ERR_PARSE},
		{"card nothing\n", VT_ERR_NOT_FOUND},
		{"card test\nprotocol: 2\n", VT_ERR_PARSE},
		{"card test\npin: 123456789\n", VT_ERR_PARSE},
		{"card test\nfile: 1\n", VT_ERR_PARSE},
		{"card test\nfile: 0001 6\n", VT_ERR_PARSE},
		{"card test\nfile: 0001 xx\n", VT_ERR_PARSE},
		{"card test\natr: 3b\n", VT_ERR_PARSE},
		{"card test\ncolour: red\n", VT_ERR_PARSE},
		{"card test\ntries: 0\n", VT_ERR_PARSE},
	};
	char path[] = "/tmp/vdev-card-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < VT_ELEMENTS(files); i++) {
		struct card *card = NULL;
		struct vt_error error = {0};
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		fputs(files[i].text, file);
		fclose(file);
		if (card_open(path, &card, &error) != files[i].code)
			fail_msg("%s: %s", files[i].text, error.msg);
		assert_true((card != NULL) == (files[i].code == VT_OK));
		assert_true(files[i].code == VT_OK || error.msg[0]);
		card_destroy(&card);
	}
	unlink(path);
	struct card *card = NULL;
	assert_int_equal(card_open(path, &card, NULL), VT_ERR_IO);
}

static void made_atrs_are_correct(void **state)
{
	(void)state;
	for (int protocol = -1; protocol <= 1; protocol++) {
		for (size_t n = 0; n <= 15; n++) {
			uint8_t atr[CARD_MAX_ATR];
			struct card_atr facts;
			size_t length =
				card_make_atr(atr, protocol, (const uint8_t *)"123456789012345", n);
			assert_true(card_atr_parse(atr, length, &facts));
			assert_int_equal(facts.protocols, protocol < 0 ? 3 : 1 << protocol);
			assert_int_equal(facts.first, protocol < 0 ? 0 : protocol);
			/* One byte too few or wrong is no ATR. */
			assert_false(card_atr_parse(atr, length - 1, &facts));
			atr[0] = 0x3a;
			assert_false(card_atr_parse(atr, length, &facts));
		}
	}
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
		cmocka_unit_test(pps_chooses_the_protocol),
		cmocka_unit_test(t1_recovers_from_every_disturbance),
		cmocka_unit_test(t1_answers_in_pieces_of_the_hosts_size),
		cmocka_unit_test(a_card_with_crc_is_spoken_to_with_crc),
		cmocka_unit_test(extended_level_chains_both_ways),
		cmocka_unit_test(a_slow_card_brings_time_extensions),
		cmocka_unit_test(abort_ends_what_never_ends),
		cmocka_unit_test(a_mute_card_is_given_up),
		cmocka_unit_test(slots_work_side_by_side_if_the_reader_can),
		cmocka_unit_test(power_needs_the_right_voltage_and_mode),
		cmocka_unit_test(a_card_may_leave_at_every_byte),
		cmocka_unit_test(removal_while_the_card_thinks_is_told_at_once),
		cmocka_unit_test(lies_change_one_reply_and_no_more),
		cmocka_unit_test(stray_empty_packets_follow_full_ones),
		cmocka_unit_test(the_pad_takes_the_pin_and_the_host_never_sees_it),
		cmocka_unit_test(the_pad_refuses_what_it_cannot_do),
		cmocka_unit_test(apdus_are_taken_apart_by_case),
		cmocka_unit_test(command_chains_are_joined),
		cmocka_unit_test(card_files_are_read_strictly),
		cmocka_unit_test(made_atrs_are_correct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
