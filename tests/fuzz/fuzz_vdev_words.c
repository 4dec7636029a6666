/* What comes over the control socket: switches in words to a reader and to every HID device. Byte 0
 * chooses the device; then lines. A refusal says why. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/virtual-devices/card-test.h"
#include "tools/virtual-devices/ccid-reader.h"
#include "tools/virtual-devices/hid-device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static struct vdev *create(uint8_t kind)
{
	if (kind % 9 < 8)
		return hid_device_create(
			&(struct hid_device_options){.type = (enum hid_type)(kind % 9)});
	struct vdev *dev =
		ccid_reader_create(&(struct ccid_reader_options){.slots = 2, .pin_support = 3});
	struct card *card = card_test_create(NULL);
	if (!dev || !card || ccid_reader_insert(dev, 0, card) != VT_OK)
		abort();
	return dev;
}

static void say(struct vdev *dev, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 1 << 16);
	enum vt_code code = vdev_command(dev, line, &reply);
	if (code != VT_OK && code != VT_ERR_FULL && reply.length == 0) {
		fprintf(stderr, "refused without a reason: %s\n", line);
		abort();
	}
	vt_buf_finish(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	if (length < 2 || length > 8192)
		return 0;
	struct vdev *dev = create(data[0]);
	char *copy = malloc(length);
	if (!dev || !copy)
		abort();
	memcpy(copy, data + 1, length - 1);
	copy[length - 1] = '\0';
	for (char *line = copy; line < copy + length;) {
		size_t n = strcspn(line, "\n");
		bool last = line[n] == '\0';
		line[n] = '\0';
		say(dev, line);
		uint8_t report[512];
		while (vdev_in(dev, HID_DEVICE_EP_IN, report, sizeof(report)) >= 0)
			;
		line += n + 1;
		if (last)
			break;
	}
	free(copy);
	vdev_destroy(&dev);
	return 0;
}
