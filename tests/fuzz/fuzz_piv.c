/* Objects of a hostile PIV card. The first byte says which: 0 a certificate's object as it is, 1
 * the discovery object; 2 and 3 pack what follows as cards do (gzip, zlib), which a fuzzer would
 * hardly find by itself, and what comes out must be what went in. */

#include <string.h>
#include <zlib.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "terminal/base/assert.h"

#define GUARD 0x5a

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* ret has one byte more than a certificate may have. */
static bool read_guarded(const uint8_t *object, size_t length,
	uint8_t ret[CERTIFICATE_DER_SIZE + 1], size_t *ret_length)
{
	memset(ret, GUARD, CERTIFICATE_DER_SIZE + 1);
	*ret_length = SIZE_MAX;
	const bool is_read = piv_read_certificate(object, length, ret, ret_length);

	VT_ASSERT(ret[CERTIFICATE_DER_SIZE] == GUARD);
	VT_ASSERT(is_read ? *ret_length <= CERTIFICATE_DER_SIZE : *ret_length == SIZE_MAX);
	return is_read;
}

/* With the shortest form of the length: longer ones are refused. */
static size_t put_tag(uint8_t *out, uint8_t tag, size_t length)
{
	size_t at = 0;

	out[at++] = tag;
	if (length >= 256) {
		out[at++] = 0x82;
		out[at++] = (uint8_t)(length >> 8);
	} else if (length >= 128) {
		out[at++] = 0x81;
	}
	out[at++] = (uint8_t)length;
	return at;
}

static void check_packed(const uint8_t *data, size_t length, int window_bits)
{
	static uint8_t packed[SMARTCARD_MAX_FILE], object[SMARTCARD_MAX_FILE + 16];
	static const uint8_t info[] = {0x71, 1, 1, 0xfe, 0};
	uint8_t der[CERTIFICATE_DER_SIZE + 1];
	z_stream stream = {0};
	size_t size, at;

	VT_ASSERT(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	stream.next_in = (z_const Bytef *)(uintptr_t)data;
	stream.avail_in = (uInt)length;
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	const bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
	size = stream.total_out;
	deflateEnd(&stream);
	if (!is_whole)
		return;
	uint8_t head[4];
	at = put_tag(object, 0x53, put_tag(head, 0x70, size) + size + sizeof(info));
	at += put_tag(object + at, 0x70, size);
	memcpy(object + at, packed, size);
	at += size;
	memcpy(object + at, info, sizeof(info));
	at += sizeof(info);
	const bool is_read = read_guarded(object, at, der, &size);
	VT_ASSERT(is_read == (length <= CERTIFICATE_DER_SIZE));
	VT_ASSERT(!is_read || (size == length && memcmp(der, data, length) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	uint8_t der[CERTIFICATE_DER_SIZE + 1];
	size_t size;

	if (length < 1 || length > SMARTCARD_MAX_FILE)
		return 0;
	switch (data[0] % 4) {
	case 0:
		(void)read_guarded(data + 1, length - 1, der, &size);
		break;
	case 1: {
		const uint8_t reference = piv_pin_reference(data + 1, length - 1);
		VT_ASSERT(reference == 0x00 || reference == 0x80);
		break;
	}
	case 2:
		check_packed(data + 1, length - 1, 15 + 16);
		break;
	case 3:
		check_packed(data + 1, length - 1, 15);
		break;
	}
	return 0;
}
