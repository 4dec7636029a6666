#include "terminal/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"

bool vt_copy(char *dst, size_t size, const char *text)
{
	const size_t length = text ? strnlen(text, size) : size;

	VT_ASSERT(size > 0);
	if (length >= size) {
		dst[0] = 0;
		return false;
	}
	memcpy(dst, text, length + 1);
	return true;
}

void vt_copy_cut(char *dst, size_t size, const char *text)
{
	size_t length = strnlen(text, size);

	VT_ASSERT(size > 0);
	if (length == size) {
		length--;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(dst, text, length);
	dst[length] = 0;
}

bool vt_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list args;

	VT_ASSERT(size > 0);
	va_start(args, fmt);
	const int need = vsnprintf(dst, size, fmt, args);
	va_end(args);
	if (need < 0 || (size_t)need >= size) {
		dst[0] = 0;
		return false;
	}
	return true;
}

enum vt_code vt_parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	const bool negative = text[0] == '-';
	const char *p = text + (negative ? 1 : 0);
	int64_t value = 0;

	if (!*p)
		return VT_ERR_PARSE;
	for (; *p; p++) {
		if (*p < '0' || *p > '9')
			return VT_ERR_PARSE;
		const int digit = *p - '0';
		/* Built as a negative number: INT64_MIN has no positive twin. */
		if (value < (INT64_MIN + digit) / 10)
			return VT_ERR_LIMIT;
		value = value * 10 - digit;
	}
	if (!negative) {
		if (value == INT64_MIN)
			return VT_ERR_LIMIT;
		value = -value;
	}
	if (value < min || value > max)
		return VT_ERR_LIMIT;
	*ret = value;
	return VT_OK;
}

/* Length of the sequence at p (1..4) and its code point, or 0 if it is malformed. */
static size_t utf8_decode(const uint8_t *p, size_t left, uint32_t *ret_cp)
{
	static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length;
	uint32_t cp;

	if (left == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_cp = p[0];
		return 1;
	} else if ((p[0] & 0xe0) == 0xc0) {
		length = 2;
		cp = p[0] & 0x1f;
	} else if ((p[0] & 0xf0) == 0xe0) {
		length = 3;
		cp = p[0] & 0x0f;
	} else if ((p[0] & 0xf8) == 0xf0) {
		length = 4;
		cp = p[0] & 0x07;
	} else {
		return 0;
	}
	if (left < length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < smallest[length] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return length;
}

bool vt_utf8_valid(const void *data, size_t length)
{
	const uint8_t *p = data;
	uint32_t cp;

	while (length > 0) {
		const size_t used = utf8_decode(p, length, &cp);
		if (used == 0)
			return false;
		p += used;
		length -= used;
	}
	return true;
}

uint32_t vt_utf8_next(const char **p)
{
	uint32_t cp;

	if (!**p)
		return 0;
	const size_t used = utf8_decode((const uint8_t *)*p, strnlen(*p, 4), &cp);
	if (used == 0) {
		(*p)++;
		return 0xfffd;
	}
	*p += used;
	return cp;
}

size_t vt_utf8_length(const char *text)
{
	size_t count = 0;

	while (vt_utf8_next(&text))
		count++;
	return count;
}

size_t vt_utf8_encode(uint32_t cp, char out[4])
{
	uint8_t bytes[4];
	size_t length;

	if (cp < 0x80) {
		bytes[0] = (uint8_t)cp;
		length = 1;
	} else if (cp < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | cp >> 6);
		bytes[1] = (uint8_t)(0x80 | (cp & 0x3f));
		length = 2;
	} else if (cp < 0x10000) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			return 0;
		bytes[0] = (uint8_t)(0xe0 | cp >> 12);
		bytes[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (cp & 0x3f));
		length = 3;
	} else if (cp <= 0x10ffff) {
		bytes[0] = (uint8_t)(0xf0 | cp >> 18);
		bytes[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		bytes[3] = (uint8_t)(0x80 | (cp & 0x3f));
		length = 4;
	} else {
		return 0;
	}
	memcpy(out, bytes, length);
	return length;
}

void vt_hex(char *dst, const void *data, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++) {
		dst[2 * i] = digits[bytes[i] >> 4];
		dst[2 * i + 1] = digits[bytes[i] & 15];
	}
	dst[2 * length] = 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool vt_unhex(void *data, size_t length, const char *hex)
{
	uint8_t *bytes = data;

	if (strnlen(hex, 2 * length + 1) != 2 * length)
		return false;
	for (size_t i = 0; i < length; i++) {
		const int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void vt_uuid_format(const uint8_t random[16], char ret_uuid[37])
{
	uint8_t b[16];
	char hex[33];

	memcpy(b, random, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	vt_hex(hex, b, sizeof(b));
	snprintf(ret_uuid, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		hex + 20);
}

void vt_uuid_make(char ret_uuid[37])
{
	uint8_t random[16];

	vt_random(random, sizeof(random));
	vt_uuid_format(random, ret_uuid);
}

bool vt_uuid_valid(const char *text)
{
	if (strnlen(text, 37) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
		} else if (hex_value(text[i]) < 0 || (text[i] >= 'A' && text[i] <= 'F')) {
			return false;
		}
	}
	return true;
}

void vt_wipe(void *data, size_t length)
{
	/* As good as OPENSSL_cleanse(), without libcrypto: where nothing else needs it, linking it
	 * would be two fifths of all relocations at start. */
	explicit_bzero(data, length);
}
