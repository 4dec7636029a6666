/* The virtual bill validator, byte by byte: published frames, escrow, retransmission, refusals. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"
#include "tools/virtual-devices/validator.h"

static struct vdev *dev;

static int setup(void **state)
{
	(void)state;
	dev = validator_create(NULL);
	assert_non_null(dev);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vdev_destroy(&dev);
	return 0;
}

static void send(const char *hex)
{
	uint8_t bytes[128];
	const size_t length = strlen(hex) / 2;

	assert_true(vt_unhex(bytes, length, hex));
	assert_int_equal(vdev_out(dev, VALIDATOR_EP_OUT, bytes, length), (int)length);
}

/* The answer in hex; "" if there is none. */
static const char *receive(void)
{
	static char hex[512];
	uint8_t bytes[192];
	const int n = vdev_in(dev, VALIDATOR_EP_IN, bytes, sizeof(bytes));

	hex[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

/* A command with its frame around it; the data of the answer. */
static const char *ask(const char *data_hex)
{
	static uint8_t seq = 0x80;
	static char data[512];
	uint8_t body[64];
	char frame[160];
	const size_t length = strlen(data_hex) / 2;

	seq ^= 0x80;
	body[0] = seq;
	body[1] = (uint8_t)length;
	assert_true(vt_unhex(body + 2, length, data_hex));
	const uint16_t crc = validator_crc(body, length + 2);
	snprintf(frame, sizeof(frame), "7f%02x%02x%s%02x%02x", seq, (unsigned)length, data_hex,
		crc & 0xff, crc >> 8);
	send(frame);
	const char *answer = receive();
	const size_t digits = strlen(answer);
	assert_true(digits >= 12);
	assert_int_equal(strncmp(answer, frame, 4), 0);
	memcpy(data, answer + 6, digits - 10);
	data[digits - 10] = '\0';
	return data;
}

static void command(const char *line, enum vt_code code)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 1000);
	assert_int_equal(vdev_command(dev, line, &reply), code);
	vt_buf_finish(&reply);
}

static void enable(void)
{
	assert_string_equal(ask("11"), "f0");
	assert_string_equal(ask("0607"), "f0");
	assert_string_equal(ask("02ff00"), "f0");
	assert_string_equal(ask("0a"), "f0");
	assert_string_equal(ask("07"), "f0f1");
}

static void published_frames_are_ours(void **state)
{
	(void)state;
	/* Sync and the two polls of the protocol's manual. */
	assert_int_equal(validator_crc((const uint8_t[]){0x80, 0x01, 0x11}, 3), 0x8265);
	assert_int_equal(validator_crc((const uint8_t[]){0x80, 0x01, 0x07}, 3), 0x0212);
	assert_int_equal(validator_crc((const uint8_t[]){0x00, 0x01, 0x07}, 3), 0x8811);
	send("7f8001116582");
	assert_string_equal(receive(), "7f8001f02380");
	send("7f0001071188");
	assert_int_equal(strncmp(receive(), "7f0003f0f1e8", 12), 0);
}

static void polling_accepts_a_note_and_credits_it_once(void **state)
{
	(void)state;
	enable();
	command("note insert 100", VT_OK);
	command("note insert 50", VT_ERR_STATE);
	assert_string_equal(ask("07"), "f0ef00ef03");
	assert_string_equal(ask("07"), "f0cc");
	assert_string_equal(ask("07"), "f0ee03eb");
	assert_string_equal(ask("07"), "f0");
}

static void a_held_note_stays_and_goes_back_when_told_or_forgotten(void **state)
{
	(void)state;
	enable();
	vdev_tick(dev, 1000);
	assert_string_equal(ask("18"), "f5");
	assert_string_equal(ask("08"), "f5");
	command("note insert 500", VT_OK);
	assert_string_equal(ask("07"), "f0ef00ef05");
	vdev_tick(dev, 9000);
	assert_string_equal(ask("18"), "f0");
	vdev_tick(dev, 18999);
	assert_string_equal(ask("08"), "f0");
	assert_string_equal(ask("07"), "f0edec");
	assert_string_equal(ask("17"), "f003");
	command("note insert 20", VT_OK);
	assert_string_equal(ask("07"), "f0ef00ef01");
	assert_int_equal(vdev_next_ms(dev), 28999);
	vdev_tick(dev, 28999);
	assert_string_equal(ask("07"), "f0edec");
	assert_string_equal(ask("17"), "f004");
}

static void the_same_sequence_again_repeats_the_answer_and_does_nothing(void **state)
{
	(void)state;
	enable();
	command("note insert 100", VT_OK);
	send("7f8001116582");
	(void)receive();
	send("7f8001071202");
	char first[64];
	assert_true(vt_copy(first, sizeof(first), receive()));
	assert_int_equal(strncmp(first, "7f8005f0ef00ef03", 16), 0);
	for (int i = 0; i < 3; i++) {
		send("7f8001071202");
		assert_string_equal(receive(), first);
	}
	send("7f0001071188");
	assert_int_equal(strncmp(receive(), "7f0002f0cc", 10), 0);
}

static void what_is_not_a_frame_of_ours_is_not_answered(void **state)
{
	(void)state;
	send("7f8001116583"); /* CRC */
	assert_string_equal(receive(), "");
	send("0011223344");
	assert_string_equal(receive(), "");
	send("7f9001111102"); /* another address */
	assert_string_equal(receive(), "");
	/* A frame that breaks off is forgotten when the next one begins. */
	send("7f8008117f8001116582");
	assert_string_equal(receive(), "7f8001f02380");
	assert_string_equal(ask("42"), "f2");
	assert_string_equal(ask("02"), "f3");
	assert_string_equal(ask("0609"), "f8");
}

static void a_seven_f_in_the_data_is_doubled(void **state)
{
	const uint8_t body[] = {0x00, 0x03, 0x02, 0x7f, 0x00};
	char frame[64];

	(void)state;
	const uint16_t crc = validator_crc(body, sizeof(body));
	assert_true((crc & 0xff) != 0x7f && crc >> 8 != 0x7f);
	snprintf(frame, sizeof(frame), "7f0003027f7f00%02x%02x", crc & 0xff, crc >> 8);
	send(frame);
	assert_int_equal(strncmp(receive(), "7f0001f0", 8), 0);
}

static void closed_channels_and_a_jam_take_no_note(void **state)
{
	(void)state;
	command("note insert 100", VT_OK); /* disabled: given back */
	assert_string_equal(ask("07"), "f0f1edece8");
	assert_string_equal(ask("0a"), "f0");
	assert_string_equal(ask("020100"), "f0");
	command("note insert 100", VT_OK);
	assert_string_equal(ask("07"), "f0edec");
	command("note insert 3", VT_ERR_INVALID);
	command("note jam", VT_OK);
	command("note insert 20", VT_ERR_STATE);
	assert_string_equal(ask("07"), "f0e9");
	command("note clear", VT_OK);
	command("cashbox full", VT_OK);
	assert_string_equal(ask("07"), "f0e7");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(published_frames_are_ours),
		T(polling_accepts_a_note_and_credits_it_once),
		T(a_held_note_stays_and_goes_back_when_told_or_forgotten),
		T(the_same_sequence_again_repeats_the_answer_and_does_nothing),
		T(what_is_not_a_frame_of_ours_is_not_answered),
		T(a_seven_f_in_the_data_is_doubled),
		T(closed_channels_and_a_jam_take_no_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
