#include "terminal/base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum vt_code vt_base64_encode(char *dst, size_t size, const void *data, size_t length)
{
	const uint8_t *in = data;
	char *out = dst;

	if (size < VT_BASE64_SIZE(length)) {
		if (size > 0)
			dst[0] = '\0';
		return VT_ERR_LIMIT;
	}
	for (size_t i = 0; i < length; i += 3) {
		const size_t left = length - i;
		const uint32_t bits = (uint32_t)in[i] << 16 |
				      (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				      (left > 2 ? (uint32_t)in[i + 2] : 0);
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[bits & 63] : '=';
	}
	*out = '\0';
	return VT_OK;
}

static int digit_value(char digit)
{
	const char *place = digit ? strchr(digits, digit) : NULL;

	return place ? (int)(place - digits) : -1;
}

/* One group of four into at most three bytes; how many, or -1. */
static int decode_group(const char group[4], uint8_t bytes[3])
{
	const int pad = group[3] != '=' ? 0 : group[2] != '=' ? 1 : 2;
	uint32_t bits = 0;

	for (int i = 0; i < 4; i++) {
		const int value = i >= 4 - pad ? 0 : digit_value(group[i]);
		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
	}
	bytes[0] = (uint8_t)(bits >> 16);
	bytes[1] = (uint8_t)(bits >> 8);
	bytes[2] = (uint8_t)bits;
	/* Bits behind the last byte would be a second spelling of the same bytes. */
	if ((pad == 1 && bytes[2]) || (pad == 2 && (bytes[1] || bytes[2])))
		return -1;
	return 3 - pad;
}

enum vt_code vt_base64_decode(void *dst, size_t size, const char *text, size_t *ret_length)
{
	const size_t length = strlen(text);
	uint8_t *out = dst, bytes[3];
	size_t used = 0;

	if (length % 4 != 0)
		return VT_ERR_PARSE;
	for (size_t i = 0; i < length; i += 4) {
		const int count = decode_group(text + i, bytes);
		if (count < 0 || (count < 3 && i + 4 < length))
			return VT_ERR_PARSE;
		if (used + (size_t)count > size)
			return VT_ERR_LIMIT;
		memcpy(out + used, bytes, (size_t)count);
		used += (size_t)count;
	}
	*ret_length = used;
	return VT_OK;
}
