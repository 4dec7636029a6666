/* Bytes of any host to the virtual bill validator, with a note on its way. */

#include "terminal/base/assert.h"
#include "tools/virtual-devices/validator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct vdev *dev = validator_create(NULL);
	struct vt_buf reply;
	uint8_t answer[1024];

	VT_ASSERT(dev);
	vt_buf_init(&reply, 1000);
	for (size_t at = 0; at < length; at += 16) {
		const size_t n = length - at < 16 ? length - at : 16;
		VT_ASSERT(vdev_out(dev, VALIDATOR_EP_OUT, data + at, n) == (int)n);
		while (vdev_in(dev, VALIDATOR_EP_IN, answer, sizeof(answer)) > 0)
			VT_ASSERT(answer[0] == 0x7f);
		if (vdev_command(dev, "note insert 100", &reply))
			vt_buf_reset(&reply); /* the way is not free */
		vdev_tick(dev, (int64_t)at * 500);
	}
	vt_buf_finish(&reply);
	vdev_destroy(&dev);
	return 0;
}
