/* A hostile HID reader: two bytes of length, a report descriptor, then reports of length-prefixed
 * bytes; every field that is found, stripes and scans are read from each. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/barcode/wedge.h"
#include "drivers/msr/stripe.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_report(const struct hid_layout *layout, const uint8_t *p, size_t n)
{
	static struct scan scan;
	static struct wedge wedge;
	struct stripe stripe;
	uint8_t *copy = malloc(n ? n : 1);
	size_t length;

	VT_ASSERT(copy);
	memcpy(copy, p, n);
	for (size_t i = 0; i < layout->count; i++) {
		const struct hid_field *field = &layout->fields[i];
		if (!hid_field_is_in(layout, field, copy, n))
			continue;
		(void)hid_value(field, copy, n, field->count - 1u);
		const uint8_t *bytes = hid_bytes(field, copy, n, &length);
		VT_ASSERT(!bytes || bytes + length <= copy + n);
	}
	stripe_read(layout, copy, n, &stripe);
	if (stripe.kind == STRIPE_PAYMENT)
		VT_ASSERT(!stripe.tracks[0].track.account[0] && strchr(stripe.masked, '*'));
	stripe_finish(&stripe);
	if (scan_report(&scan, layout, copy, n) == SCAN_DONE)
		VT_ASSERT(scan.length > 0 && strlen(scan.text) == scan.length);
	if (wedge_report(&wedge, layout, copy, n) == SCAN_DONE)
		VT_ASSERT(wedge.length > 0 && strlen(wedge.text) == wedge.length);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hid_layout layout;
	const char *reason;

	if (size < 2)
		return 0;
	size_t n = (size_t)data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	if (n > size)
		n = size;
	if (!hid_parse(data, n, &layout, &reason)) {
		VT_ASSERT(reason[0] && layout.count == 0);
		return 0;
	}
	VT_ASSERT(layout.count <= HID_MAX_FIELDS && layout.longest_input <= HID_MAX_REPORT);
	data += n;
	size -= n;
	while (size > 0) {
		n = data[0] < size - 1 ? data[0] : size - 1;
		read_report(&layout, data + 1, n);
		data += n + 1;
		size -= n + 1;
	}
	return 0;
}
