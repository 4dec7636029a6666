/* The annotations are part of the program: `tools/prove` has Frama-C WP prove every one of them and
 * that no operation here is undefined. Whoever changes a line proves it again. */
#include "drivers/smartcard/tlv.h"

int tlv_read_tag(const uint8_t *p, size_t n, uint32_t *ret_tag, size_t *ret_used)
{
	uint32_t tag;
	size_t i = 1;

	if (n < 1 || p[0] == 0)
		return 0;
	tag = p[0];
	if ((p[0] & 0x1f) == 0x1f) {
		/* A first following byte of 80 would be a leading zero of the number. */
		if (n < 2 || p[1] == 0x80)
			return 0;
		/*@ loop invariant 1 <= i <= 3 && i < n;
		    loop assigns i, tag;
		    loop variant 4 - i; */
		for (;;) {
			tag = tag << 8 | p[i];
			i++;
			if (!(p[i - 1] & 0x80))
				break;
			if (i >= 4 || i >= n)
				return 0;
		}
	}
	*ret_tag = tag;
	*ret_used = i;
	return 1;
}

int tlv_read_length(const uint8_t *p, size_t n, size_t *ret_length, size_t *ret_used)
{
	size_t length, used;

	if (n < 1)
		return 0;
	if (p[0] < 0x80) {
		length = p[0];
		used = 1;
	} else if (p[0] == 0x81) {
		if (n < 2 || p[1] < 0x80)
			return 0;
		length = p[1];
		used = 2;
	} else if (p[0] == 0x82) {
		if (n < 3 || p[1] == 0)
			return 0;
		length = (size_t)p[1] * 256 + p[2];
		used = 3;
	} else if (p[0] == 0x83) {
		if (n < 4 || p[1] == 0)
			return 0;
		length = (size_t)p[1] * 65536 + (size_t)p[2] * 256 + p[3];
		used = 4;
	} else {
		return 0;
	}
	*ret_length = length;
	*ret_used = used;
	return 1;
}

int tlv_read(const uint8_t *p, size_t n, uint32_t *ret_tag, size_t *ret_value, size_t *ret_length)
{
	uint32_t tag = 0;
	size_t tag_used = 0, length = 0, length_used = 0;

	if (!tlv_read_tag(p, n, &tag, &tag_used))
		return 0;
	if (!tlv_read_length(p + tag_used, n - tag_used, &length, &length_used))
		return 0;
	if (length > n - tag_used - length_used)
		return 0;
	*ret_tag = tag;
	*ret_value = tag_used + length_used;
	*ret_length = length;
	return 1;
}

int tlv_walk(const uint8_t *p, size_t n, size_t *at, uint32_t *ret_tag, size_t *ret_value,
	size_t *ret_length)
{
	size_t i = *at, value = 0, length = 0;
	uint32_t tag = 0;

	/*@ loop invariant \at(*at, Pre) <= i <= n;
	    loop assigns i;
	    loop variant n - i; */
	while (i < n && p[i] == 0)
		i++;
	if (i == n)
		return 0;
	if (!tlv_read(p + i, n - i, &tag, &value, &length))
		return -1;
	*ret_tag = tag;
	*ret_value = i + value;
	*ret_length = length;
	*at = i + value + length;
	return 1;
}

int tlv_seek(const uint8_t *p, size_t n, uint32_t tag, size_t *ret_value, size_t *ret_length)
{
	size_t at = 0, value = 0, length = 0;
	uint32_t found = 0;

	/*@ loop invariant at <= n;
	    loop assigns at, found, value, length;
	    loop variant n - at; */
	while (tlv_walk(p, n, &at, &found, &value, &length) == 1)
		if (found == tag) {
			*ret_value = value;
			*ret_length = length;
			return 1;
		}
	return 0;
}

int tlv_simple_read(
	const uint8_t *p, size_t n, uint8_t *ret_tag, size_t *ret_length, size_t *ret_used)
{
	size_t length, used;

	if (n < 2)
		return 0;
	if (p[1] == 0xff) {
		if (n < 4)
			return 0;
		length = (size_t)p[3] * 256 + p[2];
		used = 4;
	} else {
		length = p[1];
		used = 2;
	}
	*ret_tag = p[0];
	*ret_length = length;
	*ret_used = used;
	return 1;
}

int tlv_simple_seek(const uint8_t *p, size_t n, size_t values, uint8_t tag, size_t *ret_value,
	size_t *ret_length)
{
	size_t at = 0, value = 0, length = 0, used = 0;
	uint8_t found = 0;

	/*@ loop invariant at <= n && value <= values;
	    loop assigns at, value, length, used, found;
	    loop variant n - at; */
	while (at < n) {
		if (!tlv_simple_read(p + at, n - at, &found, &length, &used))
			return 0;
		if (length > values - value)
			return 0;
		if (found == tag) {
			*ret_value = value;
			*ret_length = length;
			return 1;
		}
		at += used;
		value += length;
	}
	return 0;
}
