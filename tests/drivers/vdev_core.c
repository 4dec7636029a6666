/* The shared part of virtual devices: standard requests, plug and power, faults, commands. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/virtual-devices/printer.h"

#define OUT PRINTER_EP_OUT
#define IN  PRINTER_EP_IN

static int setup(void **state)
{
	*state = printer_create(&(struct printer_options){.instant = true});
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct vdev *dev = *state;

	vdev_destroy(&dev);
	return 0;
}

static void command(struct vdev *dev, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	enum vt_code code = vdev_command(dev, line, &reply);
	if (code != VT_OK)
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

static enum vt_code refused(struct vdev *dev, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	enum vt_code code = vdev_command(dev, line, &reply);
	assert_int_not_equal(code, VT_OK);
	assert_true(reply.length > 0);
	vt_buf_finish(&reply);
	return code;
}

static int get(struct vdev *dev, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
	uint8_t *data, uint16_t length)
{
	struct vdev_setup s = {type, request, value, index, length};

	return vdev_control(dev, &s, data);
}

/* Asks for live status n and returns the transfer's result. */
static int ask(struct vdev *dev, uint8_t n, uint8_t answer[64])
{
	const uint8_t request[3] = {0x10, 0x04, n};

	if (vdev_out(dev, OUT, request, 3) != 3)
		return -100;
	return vdev_in(dev, IN, answer, 64);
}

/* --- standard requests --- */

static void device_descriptor_names_the_printer(void **state)
{
	uint8_t d[64];

	assert_int_equal(get(*state, 0x80, 6, 0x0100, 0, d, 64), 18);
	assert_int_equal(d[8] | d[9] << 8, PRINTER_VENDOR_ID);
	assert_int_equal(d[10] | d[11] << 8, PRINTER_PRODUCT_ID);
	assert_int_equal(get(*state, 0x80, 6, 0x0100, 0, d, 8), 8);
}

static void configuration_is_whole_and_one_two_way_printer_interface(void **state)
{
	uint8_t d[64];

	assert_int_equal(get(*state, 0x80, 6, 0x0200, 0, d, 64), 32);
	assert_int_equal(d[2] | d[3] << 8, 32);
	assert_memory_equal(d + 14, "\x07\x01\x02", 3);
	assert_int_equal(get(*state, 0x80, 6, 0x0201, 0, d, 64), VDEV_STALL);
}

static void strings_are_utf16_and_unknown_ones_stall(void **state)
{
	uint8_t d[255];

	assert_int_equal(get(*state, 0x80, 6, 0x0300, 0, d, 255), 4);
	assert_memory_equal(d, "\x04\x03\x09\x04", 4);
	assert_int_equal(get(*state, 0x80, 6, 0x0301, 0x409, d, 255), 12);
	assert_memory_equal(d,
		"\x0c\x03"
		"E\0P\0S\0O\0N\0",
		12);
	assert_int_equal(get(*state, 0x80, 6, 0x0304, 0x409, d, 255), VDEV_STALL);
	assert_int_equal(get(*state, 0x80, 6, 0x0600, 0, d, 10), VDEV_STALL);
}

static void interfaces_and_configurations_that_are_not_there_stall(void **state)
{
	uint8_t d[4];

	assert_int_equal(get(*state, 0x81, 10, 0, 0, d, 1), 1);
	assert_int_equal(d[0], 0);
	assert_int_equal(get(*state, 0x81, 10, 0, 1, d, 1), VDEV_STALL);
	assert_int_equal(get(*state, 0x01, 11, 1, 0, d, 0), VDEV_STALL);
	assert_int_equal(get(*state, 0x01, 11, 0, 0, d, 0), 0);
	assert_int_equal(get(*state, 0x00, 9, 1, 0, d, 0), 0);
	assert_int_equal(get(*state, 0x00, 9, 7, 0, d, 0), VDEV_STALL);
	assert_int_equal(get(*state, 0xc0, 99, 0, 0, d, 4), VDEV_STALL);
}

static void a_halted_endpoint_stalls_until_it_is_cleared(void **state)
{
	uint8_t d[64];

	assert_int_equal(get(*state, 0x02, 3, 0, OUT, d, 0), 0);
	assert_int_equal(get(*state, 0x82, 0, 0, OUT, d, 2), 2);
	assert_int_equal(d[0], 1);
	assert_int_equal(vdev_out(*state, OUT, d, 1), VDEV_STALL);
	assert_true(vdev_clear_halt(*state, OUT));
	assert_false(vdev_clear_halt(*state, 0x05));
	assert_int_equal(vdev_out(*state, OUT, (const uint8_t *)"A", 1), 1);
}

/* --- plug and power --- */

static void an_unplugged_device_answers_nothing(void **state)
{
	struct vdev *dev = *state;
	uint8_t d[64];

	vdev_plug(dev, false);
	assert_false(vdev_is_attached(dev));
	assert_int_equal(get(dev, 0x80, 6, 0x0100, 0, d, 18), VDEV_GONE);
	assert_int_equal(vdev_out(dev, OUT, d, 1), VDEV_GONE);
	assert_int_equal(vdev_in(dev, IN, d, 64), VDEV_GONE);
	vdev_plug(dev, true);
	assert_int_equal(ask(dev, 1, d), 1);
}

static void no_power_is_no_device_even_with_the_cable_in(void **state)
{
	struct vdev *dev = *state;

	command(dev, "power off");
	assert_false(vdev_is_attached(dev));
	command(dev, "unplug");
	command(dev, "power on");
	assert_false(vdev_is_attached(dev));
	command(dev, "plug");
	assert_true(vdev_is_attached(dev));
}

/* --- faults --- */

static void a_fault_hits_the_nth_transfer_and_is_used_up(void **state)
{
	uint8_t d[64];

	command(*state, "fault stall control at 3");
	assert_int_equal(get(*state, 0xa1, 1, 0, 0, d, 1), 1);
	assert_int_equal(get(*state, 0xa1, 1, 0, 0, d, 1), 1);
	assert_int_equal(get(*state, 0xa1, 1, 0, 0, d, 1), VDEV_STALL);
	assert_int_equal(get(*state, 0xa1, 1, 0, 0, d, 1), 1);
}

static void out_faults_do_not_count_in_transfers(void **state)
{
	uint8_t d[64];

	command(*state, "fault error out at 2");
	assert_int_equal(ask(*state, 1, d), 1);
	assert_int_equal(vdev_out(*state, OUT, (const uint8_t *)"A", 1), VDEV_ERROR);
	assert_int_equal(vdev_out(*state, OUT, (const uint8_t *)"A", 1), 1);
}

static void a_stall_halts_the_endpoint(void **state)
{
	uint8_t d[64];

	command(*state, "fault stall in");
	assert_int_equal(vdev_in(*state, IN, d, 64), VDEV_STALL);
	assert_int_equal(vdev_in(*state, IN, d, 64), VDEV_STALL);
	assert_true(vdev_clear_halt(*state, IN));
	assert_int_equal(vdev_in(*state, IN, d, 64), VDEV_NAK);
}

static void a_short_reply_loses_its_end(void **state)
{
	const uint8_t identity[3] = {0x1d, 'I', 66};
	uint8_t d[64];

	command(*state, "fault short in bytes 2");
	assert_int_equal(vdev_out(*state, OUT, identity, 3), 3);
	assert_int_equal(vdev_in(*state, IN, d, 64), 2);
	assert_memory_equal(d, "_E", 2);
	assert_int_equal(vdev_in(*state, IN, d, 64), VDEV_NAK);
}

static void a_split_reply_comes_in_two_transfers(void **state)
{
	const uint8_t identity[3] = {0x1d, 'I', 66};
	uint8_t d[64];

	command(*state, "fault split in bytes 2");
	assert_int_equal(vdev_out(*state, OUT, identity, 3), 3);
	assert_int_equal(vdev_in(*state, IN, d, 64), 2);
	assert_int_equal(vdev_in(*state, IN, d, 64), 5);
	assert_memory_equal(d, "PSON", 5);
}

static void lost_repeated_zero_and_garbage_replies(void **state)
{
	uint8_t d[64];

	command(*state, "fault lost in");
	assert_int_equal(ask(*state, 1, d), VDEV_NAK);
	command(*state, "fault repeat in");
	assert_int_equal(ask(*state, 1, d), 1);
	assert_int_equal(vdev_in(*state, IN, d, 64), 1);
	assert_int_equal(d[0], 0x16);
	command(*state, "fault zero in");
	assert_int_equal(ask(*state, 1, d), 0);
	assert_int_equal(vdev_in(*state, IN, d, 64), 1);
	command(*state, "fault sequence in");
	assert_int_equal(ask(*state, 1, d), 1);
	assert_int_equal(d[0], 0x17);
	command(*state, "fault garbage in times 0");
	assert_int_equal(ask(*state, 1, d), 1);
	uint8_t first = d[0];
	assert_int_equal(ask(*state, 1, d), 1);
	assert_int_not_equal(d[0], first);
	command(*state, "fault clear");
	assert_int_equal(ask(*state, 1, d), 1);
	assert_int_equal(d[0], 0x16);
}

static void a_delay_is_nak_until_the_time_has_passed(void **state)
{
	struct vdev *dev = *state;
	uint8_t d[64];

	vdev_tick(dev, 1000);
	command(dev, "fault delay in ms 250");
	assert_int_equal(ask(dev, 1, d), VDEV_NAK);
	assert_true(vdev_next_ms(dev) <= 1250);
	vdev_tick(dev, 1249);
	assert_int_equal(vdev_in(dev, IN, d, 64), VDEV_NAK);
	vdev_tick(dev, 1250);
	assert_int_equal(vdev_in(dev, IN, d, 64), 1);
}

static void the_cable_can_go_after_any_byte(void **state)
{
	struct vdev *dev = *state;

	for (size_t n = 1; n < 20; n++) {
		char line[64];
		size_t taken = 0;
		snprintf(line, sizeof(line), "fault unplug out bytes %zu", n);
		command(dev, line);
		for (int result; (result = vdev_out(dev, OUT, (const uint8_t *)"ABC", 3)) > 0;)
			taken += (size_t)result;
		assert_int_equal(taken, n);
		assert_false(vdev_is_attached(dev));
		command(dev, "plug");
	}
}

static void power_that_goes_at_a_reply_takes_the_reply_along(void **state)
{
	struct vdev *dev = *state;
	uint8_t d[64];

	command(dev, "fault power in");
	assert_int_equal(ask(dev, 1, d), VDEV_GONE);
	assert_false(dev->powered);
	command(dev, "power on");
	assert_int_equal(vdev_in(dev, IN, d, 64), VDEV_NAK);
}

static void a_lost_out_transfer_never_reaches_the_printer(void **state)
{
	uint8_t d[64];

	command(*state, "fault lost out");
	assert_int_equal(ask(*state, 1, d), VDEV_NAK);
	assert_int_equal(ask(*state, 1, d), 1);
}

static void asking_for_less_than_a_packet_babbles(void **state)
{
	const uint8_t identity[3] = {0x1d, 'I', 66};
	uint8_t d[64];

	assert_int_equal(vdev_out(*state, OUT, identity, 3), 3);
	assert_int_equal(vdev_in(*state, IN, d, 1), VDEV_BABBLE);
	assert_int_equal(vdev_in(*state, IN, d, 64), VDEV_NAK);
	/* One byte into one byte is fine. */
	const uint8_t status[3] = {0x10, 0x04, 1};
	assert_int_equal(vdev_out(*state, OUT, status, 3), 3);
	assert_int_equal(vdev_in(*state, IN, d, 1), 1);
}

static void the_same_seed_gives_the_same_garbage(void **state)
{
	uint8_t a[64], b[64];
	struct vdev *twin = printer_create(&(struct printer_options){.instant = true});

	assert_non_null(twin);
	command(*state, "fault garbage in times 0");
	command(twin, "fault garbage in times 0");
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ask(*state, 1, a), 1);
		assert_int_equal(ask(twin, 1, b), 1);
		assert_int_equal(a[0], b[0]);
	}
	vdev_destroy(&twin);
}

/* --- commands --- */

static void wrong_words_are_refused_with_a_reason(void **state)
{
	assert_int_equal(refused(*state, ""), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "dance"), VT_ERR_NOT_FOUND);
	assert_int_equal(refused(*state, "power"), VT_ERR_NOT_FOUND);
	assert_int_equal(refused(*state, "paper"), VT_ERR_NOT_FOUND);
	assert_int_equal(refused(*state, "paper round"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "cover"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "cover ajar"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "fault"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "fault fire"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "fault stall at"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "fault stall at x"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "fault stall at 0"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "fault stall round 3"), VT_ERR_INVALID);
	assert_int_equal(refused(*state, "a b c d e f g h i j k l m n"), VT_ERR_INVALID);
}

static void the_list_of_faults_is_bounded(void **state)
{
	for (int i = 0; i < VDEV_MAX_FAULTS; i++)
		command(*state, "fault stall at 1000");
	assert_int_equal(refused(*state, "fault stall"), VT_ERR_LIMIT);
	command(*state, "fault clear");
	command(*state, "fault stall");
}

static void sheets_wait_until_somebody_takes_them(void **state)
{
	struct vdev *dev = *state;
	struct vdev_effect effect;
	int sheets = 0;

	/* More sheets than the list holds: the printer stops, and goes on as they are taken. */
	for (int i = 0; i < VDEV_MAX_EFFECTS + 20;) {
		int result = vdev_out(dev, OUT, (const uint8_t *)"A\n\x1dVB\x00", 6);
		assert_true(result == 6 || result == VDEV_NAK);
		if (result == VDEV_NAK)
			break;
		i++;
	}
	for (int round = 0; round < 3; round++) {
		while (vdev_take_effect(dev, &effect)) {
			sheets += effect.sheet != NULL;
			vdev_effect_finish(&effect);
		}
		vdev_tick(dev, dev->now_ms + 10);
	}
	assert_int_equal(sheets, VDEV_MAX_EFFECTS + 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(device_descriptor_names_the_printer),
		TEST(configuration_is_whole_and_one_two_way_printer_interface),
		TEST(strings_are_utf16_and_unknown_ones_stall),
		TEST(interfaces_and_configurations_that_are_not_there_stall),
		TEST(a_halted_endpoint_stalls_until_it_is_cleared),
		TEST(an_unplugged_device_answers_nothing),
		TEST(no_power_is_no_device_even_with_the_cable_in),
		TEST(a_fault_hits_the_nth_transfer_and_is_used_up),
		TEST(out_faults_do_not_count_in_transfers),
		TEST(a_stall_halts_the_endpoint),
		TEST(a_short_reply_loses_its_end),
		TEST(a_split_reply_comes_in_two_transfers),
		TEST(lost_repeated_zero_and_garbage_replies),
		TEST(a_delay_is_nak_until_the_time_has_passed),
		TEST(the_cable_can_go_after_any_byte),
		TEST(power_that_goes_at_a_reply_takes_the_reply_along),
		TEST(a_lost_out_transfer_never_reaches_the_printer),
		TEST(asking_for_less_than_a_packet_babbles),
		TEST(the_same_seed_gives_the_same_garbage),
		TEST(wrong_words_are_refused_with_a_reason),
		TEST(the_list_of_faults_is_bounded),
		TEST(sheets_wait_until_somebody_takes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
