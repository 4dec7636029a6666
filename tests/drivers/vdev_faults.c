/* Every fault at every transfer of a small conversation with every kind of device: the host hears
 * of it or not, but the device never breaks, and after a new start it works as before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "terminal/base/attributes.h"
#include "tools/virtual-devices/ccid-reader.h"
#include "tools/virtual-devices/kinds.h"

static const char *const faults[] = {"stall", "error", "babble", "short", "split", "zero", "delay",
	"lost", "repeat", "garbage", "unplug", "power", "sequence"};

/* A conversation: each step is a transfer. */
struct step {
	uint8_t endpoint; /* 0 = control IN */
	uint8_t bytes[24];
	size_t length;
};

struct kind {
	const char *device;
	const char *command; /* said first, or NULL */
	const struct step *steps;
	size_t step_count;
};

#define GET_DEVICE                                 \
	{                                          \
		0, {0x80, 6, 0, 1, 0, 0, 18, 0}, 8 \
	}
#define READ(ep)           \
	{                  \
		ep, {0}, 0 \
	}

static const struct step printer_steps[] = {GET_DEVICE,
	{0x01, {0x10, 4, 1, 'H', 'o', 'l', 'a', 10}, 8}, READ(0x82), {0x01, {0x1d, 'I', 0x42}, 3},
	READ(0x82), {0x01, {0x10, 4, 4}, 3}, READ(0x82)};
static const struct step ccid_steps[] = {GET_DEVICE, READ(0x83), {0x01, {0x62}, 10}, READ(0x82),
	{0x01, {0x6f, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xa4, 0, 0x0c, 2, 0x2f, 0}, 17}, READ(0x82),
	{0x01, {0x65, 0, 0, 0, 0, 0, 2}, 10}, READ(0x82)};
static const struct step report_steps[] = {
	GET_DEVICE, {0, {0x81, 6, 0, 0x22, 0, 0, 255, 0}, 8}, READ(0x81)};
/* A key is two reports: pressed, released. */
static const struct step key_steps[] = {
	GET_DEVICE, {0, {0x81, 6, 0, 0x22, 0, 0, 255, 0}, 8}, READ(0x81), READ(0x81)};

#define STEPS(s) s, VT_ELEMENTS(s)

static const struct kind kinds[] = {
	{"printer:speed=instant", NULL, STEPS(printer_steps)},
	{"ccid:protocols=0", "card insert ", STEPS(ccid_steps)},
	{"ccid:level=short", "card insert ", STEPS(ccid_steps)},
	{"ccid:level=extended", "card insert ", STEPS(ccid_steps)},
	{"stripe", "swipe ;123=45?", STEPS(report_steps)},
	{"stripe:layout=magtek", "swipe ;123=45?", STEPS(report_steps)},
	{"stripe:layout=keyboard", "swipe ;1?", STEPS(key_steps)},
	{"scanner", "scan HOLA", STEPS(report_steps)},
	{"scanner:layout=keyboard", "scan HOLA", STEPS(key_steps)},
	{"keyboard", "key a", STEPS(key_steps)},
	{"keypad", "key up", STEPS(key_steps)},
};

static char card_path[] = "/tmp/vdev-faults-XXXXXX";

static void say(struct vdev *dev, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	enum vt_code code = kind_command(dev, line, &reply);
	if (code != VT_OK)
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

static struct vdev *create(const struct kind *kind)
{
	const struct kind_defaults defaults = {.seed = 5, .speed_percent = 100};
	struct kind_device made = {NULL, NULL};
	struct vt_error error = {0};

	if (kind_create(kind->device, 1, &defaults, &made, &error) != VT_OK)
		fail_msg("%s: %s", kind->device, error.msg);
	return made.dev;
}

static void begin(struct vdev *dev, const struct kind *kind)
{
	char line[100];
	bool card = kind->command && strncmp(kind->command, "card", 4) == 0;

	if (!kind->command || (card && ccid_reader_card(dev, 0)))
		return;
	snprintf(line, sizeof(line), "%s%s", kind->command, card ? card_path : "");
	say(dev, line);
}

/* One step; a NAK is tried again for as long as time can help. */
static int do_step(struct vdev *dev, const struct step *step, uint8_t *answer)
{
	int result = VDEV_NAK;

	for (int i = 0; i < 50 && result == VDEV_NAK; i++) {
		if (step->endpoint == 0) {
			const uint8_t *b = step->bytes;
			struct vdev_setup s = {b[0], b[1], (uint16_t)(b[2] | b[3] << 8), 0,
				(uint16_t)(b[6] | b[7] << 8)};
			result = vdev_control(dev, &s, answer);
		} else if (step->endpoint & 0x80) {
			result = vdev_in(dev, step->endpoint, answer, 512);
		} else {
			result = vdev_out(dev, step->endpoint, step->bytes, step->length);
		}
		vdev_tick(dev, dev->now_ms + 100);
	}
	assert_true(result <= 512);
	return result;
}

/* The whole conversation; everything that came as one number. False if a step failed. */
static bool talk(struct vdev *dev, const struct kind *kind, uint64_t *ret_sum)
{
	uint8_t answer[512];
	uint64_t sum = 0xcbf29ce484222325;
	bool good = true;

	for (size_t i = 0; i < kind->step_count; i++) {
		int result = do_step(dev, &kind->steps[i], answer);
		good &= result >= 0;
		bool reads = kind->steps[i].endpoint == 0 || kind->steps[i].endpoint & 0x80;
		for (int j = 0; reads && j < result; j++)
			sum = (sum ^ answer[j]) * 0x100000001b3;
	}
	/* And whether there is more than expected. */
	for (uint8_t endpoint = 0x81; endpoint <= 0x83; endpoint++) {
		int type, packet;
		uint8_t itf;
		if (vdev_find_endpoint(dev, endpoint, &type, &packet, &itf))
			sum += (uint64_t)(vdev_in(dev, endpoint, answer, sizeof(answer)) + 10);
	}
	*ret_sum = sum;
	return good;
}

/* As after a new start of everything. */
static void recover(struct vdev *dev, const struct kind *kind)
{
	struct vdev_effect effect;

	say(dev, "fault clear");
	say(dev, "plug");
	say(dev, "power off");
	say(dev, "power on");
	while (vdev_take_effect(dev, &effect))
		vdev_effect_finish(&effect);
	begin(dev, kind);
}

static void every_fault_at_every_transfer_is_survived(void **state)
{
	(void)state;
	for (size_t k = 0; k < VT_ELEMENTS(kinds); k++) {
		struct vdev *dev = create(&kinds[k]);
		uint64_t normal, sum;
		begin(dev, &kinds[k]);
		if (!talk(dev, &kinds[k], &normal))
			fail_msg("%s does not work", kinds[k].device);
		for (size_t f = 0; f < VT_ELEMENTS(faults); f++) {
			unsigned noticed = 0;
			for (unsigned at = 1; at <= kinds[k].step_count; at++) {
				char line[80];
				recover(dev, &kinds[k]);
				snprintf(line, sizeof(line), "fault %s any at %u bytes 3",
					faults[f], at);
				say(dev, line);
				bool good = talk(dev, &kinds[k], &sum);
				noticed += !good || sum != normal;
				recover(dev, &kinds[k]);
				if (!talk(dev, &kinds[k], &sum) || sum != normal)
					fail_msg("%s: %s: does not recover", kinds[k].device, line);
			}
			/* A delay is nothing but time; all else shows somewhere. */
			if (strcmp(faults[f], "delay") != 0 && noticed == 0)
				fail_msg("%s: %s had no effect", kinds[k].device, faults[f]);
		}
		vdev_destroy(&dev);
	}
}

static void devices_are_named_in_words(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "cash", "printer:colour", "printer:paper=x",
		"ccid:level=2", "ccid:slots=9", "ccid:usb=1", "ccid:usb=xxxx:0001",
		"ccid:features=zz", "ccid:card=/nowhere", "stripe:layout=round",
		"scanner:layout=magtek", "keyboard:layout=pos", "keyboard:usblp", "printer:id="};
	const struct kind_defaults defaults = {.seed = 1, .speed_percent = 100};
	struct vt_error error = {0};

	for (size_t i = 0; i < VT_ELEMENTS(wrong); i++) {
		struct kind_device made = {NULL, NULL};
		if (kind_create(wrong[i], 1, &defaults, &made, &error) == VT_OK)
			fail_msg("%s", wrong[i]);
		assert_null(made.dev);
		assert_true(error.msg[0]);
	}
	struct kind_device made = {NULL, NULL};
	assert_int_equal(
		kind_create("keyboard:unplugged,no-usbhid", 2, &defaults, &made, &error), VT_OK);
	assert_string_equal(made.dev->id, "keyboard2");
	assert_false(vdev_is_attached(made.dev));
	assert_null(made.driver);
	vdev_destroy(&made.dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_at_every_transfer_is_survived),
		cmocka_unit_test(devices_are_named_in_words),
	};
	int fd = mkstemp(card_path);

	if (fd < 0 || write(fd, "card test\n", 10) != 10)
		return 1;
	close(fd);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(card_path);
	return failed;
}
