/* Whatever a card may send as TLV: ranges lie inside, walks end. What the proof says of all inputs
 * (tools/prove), seen on some, with the compiled code. */

#include "drivers/smartcard/tlv.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void walk(const uint8_t *p, size_t n, int depth)
{
	size_t at = 0, value, size, before = 0;
	uint32_t tag;

	while (tlv_walk(p, n, &at, &tag, &value, &size) == 1) {
		VT_ASSERT(at > before && at <= n && value + size == at && tag != 0);
		before = at;
		if (depth < 8)
			walk(p + value, size, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const uint32_t tags[] = {0x53, 0x70, 0x7c, 0x7e, 0x5f2f, 0x5fc105};
	size_t value, size;

	if (length > TLV_MAX_INPUT)
		return 0;
	walk(data, length, 0);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tlv_seek(data, length, tags[i], &value, &size))
			VT_ASSERT(value <= length && size <= length - value);
	for (int tag = 0x70; tag < 0x73; tag++)
		if (tlv_simple_seek(
			    data, length / 2, length - length / 2, (uint8_t)tag, &value, &size))
			VT_ASSERT(value + size <= length - length / 2);
	return 0;
}
