/* The virtual card reader as a parser of anything a host sends: no byte stream may break it, and
 * each reply is a whole message. Bytes 0 and 1 choose level, protocol and features; then come
 * records: a length byte and so many bytes of bulk OUT; length 0 is a second of time. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/virtual-devices/card-test.h"
#include "tools/virtual-devices/ccid-reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void read_replies(struct vdev *dev, size_t max_message)
{
	static uint8_t m[CCID_READER_MAX_MESSAGE + 64];

	for (int n; (n = vdev_in(dev, CCID_READER_EP_IN, m, sizeof(m) / 64 * 64)) != VDEV_NAK;) {
		check(n >= 10, "a reply without a header");
		size_t announced =
			(size_t)m[1] | (size_t)m[2] << 8 | (size_t)m[3] << 16 | (size_t)m[4] << 24;
		check((size_t)n == 10 + announced, "dwLength and the transfer disagree");
		check((size_t)n <= max_message, "a reply longer than dwMaxCCIDMessageLength");
		check(m[0] >= 0x80 && m[0] <= 0x84, "a reply of no known type");
		check((m[7] & 3) < 3, "a card status that is none");
	}
	while (vdev_in(dev, CCID_READER_EP_NOTIFY, m, 8) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	if (length < 3 || length > 16384)
		return 0;
	const struct ccid_reader_options options = {.level = (enum ccid_level)(data[0] % 3),
		.protocols = data[0] >> 2 & 3,
		.slots = 1 + (data[0] >> 4 & 1),
		.busy_slots = 1 + (data[0] >> 5 & 1),
		.pin_support = data[0] >> 6,
		.features = data[1] & 1 ? 0x2feU : 0,
		.emv_mode = data[1] & 2};
	struct vdev *dev = ccid_reader_create(&options);
	struct card *card =
		card_test_create(&(struct card_test_options){.protocol = data[1] >> 2 & 1});
	check(dev && card && ccid_reader_insert(dev, 0, card) == VT_OK, "no reader");
	for (size_t at = 2; at < length;) {
		size_t n = data[at++];
		if (n > length - at)
			n = length - at;
		if (n == 0) {
			vdev_tick(dev, dev->now_ms + 1000);
		} else {
			check(vdev_out(dev, CCID_READER_EP_OUT, data + at, n) == (int)n,
				"bytes not taken");
			/* A person at the pad, if it asks. */
			struct vt_buf reply;
			vt_buf_init(&reply, 4096);
			enum vt_code code = vdev_command(dev, "pin enter 1234", &reply);
			check(code == VT_OK || reply.length > 0, "refused without a reason");
			vt_buf_finish(&reply);
		}
		at += n;
		read_replies(dev, 271);
	}
	vdev_destroy(&dev);
	return 0;
}
