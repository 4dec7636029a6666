/* The virtual printer as a parser of anything: no byte stream may break it, and how the stream is
 * cut into transfers must not matter. Bytes 0 and 1 choose the piece size and the switches. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/virtual-devices/printer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* Everything that came out, as one number. */
static uint64_t take_all(struct vdev *dev, uint64_t sum)
{
	struct vdev_effect effect;

	while (vdev_take_effect(dev, &effect)) {
		const struct vdev_sheet *sheet = effect.sheet;
		for (size_t i = 0; sheet && i < (size_t)sheet->row_count * sheet->row_bytes; i++)
			sum = (sum ^ sheet->rows[i]) * 0x100000001b3;
		sum += sheet != NULL;
		vdev_effect_finish(&effect);
	}
	return sum;
}

static uint64_t print(const uint8_t *data, size_t length, size_t piece, uint8_t switches)
{
	/* Little paper bounds the work that a few bytes of feed can ask for. */
	struct vdev *dev = printer_create(&(struct printer_options){.instant = true,
		.paper_mm = switches & 4 ? 3000 : 300,
		.no_qr = switches & 1,
		.buffer_bytes = switches & 2 ? 64 : 0});
	uint64_t sum = 0xcbf29ce484222325;
	uint8_t answer[64];

	if (!dev)
		abort();
	for (size_t at = 0; at < length;) {
		size_t n = length - at < piece ? length - at : piece;
		int result = vdev_out(dev, PRINTER_EP_OUT, data + at, n);
		while (vdev_in(dev, PRINTER_EP_IN, answer, sizeof(answer)) > 0)
			;
		sum = take_all(dev, sum);
		vdev_tick(dev, dev->now_ms + 1);
		if (result <= 0)
			break;
		at += (size_t)result;
	}
	/* What waited for room in the list of sheets. */
	while (vdev_next_ms(dev) != INT64_MAX) {
		vdev_tick(dev, dev->now_ms + 1);
		sum = take_all(dev, sum);
	}
	vdev_power(dev, false);
	sum = take_all(dev, sum);
	vdev_destroy(&dev);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	if (length < 3 || length > 8192)
		return 0;
	/* "Clear the buffers" clears what is not printed yet, which depends on who took the sheets.
	 */
	bool clears = memmem(data, length, "\x10\x14\x08", 3) != NULL;
	uint64_t whole = print(data + 2, length - 2, length, data[1]);
	if (!clears && data[0] % 4 == 0 &&
		print(data + 2, length - 2, 1 + data[0] / 4, data[1]) != whole) {
		fprintf(stderr, "the paper depends on how the stream is cut\n");
		abort();
	}
	return 0;
}
