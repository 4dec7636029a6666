/* A card that answers one command in any number of pieces. Input: flags, data length, expected,
 * then pieces: length, bytes (with SW1 SW2 at the end). */

#include <string.h>

#include "drivers/smartcard/apdu.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct apdu_exchange x;
	static const uint8_t body[APDU_MAX_DATA];
	struct apdu_command command = {.cla = 0, .ins = 0x87, .data = body};
	enum apdu_next next = APDU_SEND;
	int sent = 0;

	if (length < 3)
		return 0;
	command.is_secret = data[0] & 2;
	command.length = (size_t)data[1] * 2 % (command.is_secret ? 200 : APDU_MAX_DATA);
	command.expected = data[2] == 255 ? 65536 : (size_t)data[2] * 2;
	exchange_begin(&x, &command, data[0] & 1);
	data += 3;
	length -= 3;
	while (next == APDU_SEND) {
		size_t size = length > 0 ? data[0] : 0;

		VT_ASSERT(x.raw_length >= 4 && x.raw_length <= sizeof(x.raw));
		VT_ASSERT(++sent <= APDU_MAX_ROUNDS);
		/* A PIN goes out once. */
		VT_ASSERT(!command.is_secret || sent == 1 || x.raw[1] == 0xc0);
		if (length > 0) {
			data++;
			length--;
		}
		size = size < length ? size : length;
		next = exchange_take(&x, data, size);
		VT_ASSERT(x.reply_length <= APDU_MAX_REPLY);
		data += size;
		length -= size;
	}
	(void)apdu_sw_code(x.sw);
	VT_ASSERT(strlen(apdu_sw_text(x.sw)) > 0);
	exchange_finish(&x);
	return 0;
}
