#include "tools/virtual-devices/cards/tlv.h"

static bool take_tag(const uint8_t *data, size_t length, size_t *at, uint32_t *ret)
{
	if (*at >= length)
		return false;
	uint32_t tag = data[(*at)++];
	if ((tag & 0x1f) == 0x1f) {
		for (int more = 0;; more++) {
			if (more == 2 || *at >= length)
				return false;
			uint8_t byte = data[(*at)++];
			tag = tag << 8 | byte;
			if (!(byte & 0x80))
				break;
		}
	}
	*ret = tag;
	return true;
}

static bool take_length(const uint8_t *data, size_t length, size_t *at, size_t *ret)
{
	if (*at >= length)
		return false;
	size_t value = data[(*at)++];
	if (value >= 0x80) {
		size_t count = value & 0x7f;
		if (count == 0 || count > 3 || count > length - *at)
			return false;
		value = 0;
		for (size_t i = 0; i < count; i++)
			value = value << 8 | data[(*at)++];
		if (value < 0x80 || value >> (8 * (count - 1)) == 0)
			return false;
	}
	if (value > length - *at)
		return false;
	*ret = value;
	return true;
}

bool tlv_next(const uint8_t *data, size_t length, size_t *at, struct tlv *ret)
{
	size_t here = *at;
	struct tlv found;

	if (!take_tag(data, length, &here, &found.tag) ||
		!take_length(data, length, &here, &found.length))
		return false;
	found.value = data + here;
	*at = here + found.length;
	*ret = found;
	return true;
}

bool tlv_find(const uint8_t *data, size_t length, uint32_t tag, struct tlv *ret)
{
	struct tlv found;

	for (size_t at = 0; tlv_next(data, length, &at, &found);) {
		if (found.tag != tag)
			continue;
		*ret = found;
		return true;
	}
	return false;
}

void tlv_put(struct vt_buf *buf, uint32_t tag, const void *value, size_t length)
{
	for (int shift = 16; shift >= 0; shift -= 8)
		if (shift == 0 || tag >> shift)
			vt_buf_append_byte(buf, (uint8_t)(tag >> shift));
	if (length >= 0x10000)
		vt_buf_append(buf, (const uint8_t[]){0x83, (uint8_t)(length >> 16)}, 2);
	else if (length >= 0x100)
		vt_buf_append_byte(buf, 0x82);
	else if (length >= 0x80)
		vt_buf_append_byte(buf, 0x81);
	if (length >= 0x100)
		vt_buf_append_byte(buf, (uint8_t)(length >> 8));
	vt_buf_append_byte(buf, (uint8_t)length);
	if (length > 0)
		vt_buf_append(buf, value, length);
}

void tlv_wrap(struct vt_buf *buf, uint32_t tag, struct vt_buf *inside)
{
	if (inside->failed != VT_OK && buf->failed == VT_OK)
		buf->failed = inside->failed;
	tlv_put(buf, tag, inside->data, inside->length);
	vt_buf_reset(inside);
}
