/* The bus decoder: whatever it accepts must encode again to a message that decodes to the same. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/bus/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct bus_message msg, again;
	struct vt_error error;
	struct vt_buf buf;

	if (bus_message_decode((const char *)data, length, &msg, &error) != VT_OK)
		return 0;
	/* Escapes may grow a text beyond the limit that its input kept. */
	vt_buf_init(&buf, 8 * VT_MAX_MESSAGE);
	VT_ASSERT(bus_message_encode(&msg, &buf, &error) == VT_OK);
	if (buf.length <= VT_MAX_MESSAGE) {
		VT_ASSERT(
			bus_message_decode(vt_buf_text(&buf), buf.length, &again, &error) == VT_OK);
		VT_ASSERT(memcmp(&msg, &again, sizeof(msg)) == 0);
	}
	vt_buf_finish(&buf);
	return 0;
}
