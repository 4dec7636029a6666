/* What a card is given to sign, what it gives back, and gzip. */
#include <string.h>
#include <zlib.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "terminal/base/assert.h"

/* DigestInfo up to the digest (RFC 8017 §9.2 note 1). */
static const uint8_t prefixes[CARD_HASH_COUNT][19] = {
	[CARD_SHA256] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	[CARD_SHA384] = {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	[CARD_SHA512] = {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
};

size_t block_digest_info(enum card_hash hash, const uint8_t *digest, size_t length, uint8_t ret[96])
{
	VT_ASSERT(hash < CARD_HASH_COUNT && length <= CERTIFICATE_MAX_DIGEST);
	memcpy(ret, prefixes[hash], sizeof(prefixes[hash]));
	memcpy(ret + sizeof(prefixes[hash]), digest, length);
	return sizeof(prefixes[hash]) + length;
}

bool block_pkcs1(
	enum card_hash hash, const uint8_t *digest, size_t length, uint8_t *ret, size_t size)
{
	uint8_t info[96];
	size_t used = block_digest_info(hash, digest, length, info);

	if (size < used + 11)
		return false;
	ret[0] = 0;
	ret[1] = 1;
	memset(ret + 2, 0xff, size - used - 3);
	ret[size - used - 1] = 0;
	memcpy(ret + size - used, info, used);
	return true;
}

void block_ecdsa(const uint8_t *digest, size_t length, uint8_t *ret, size_t size)
{
	if (length >= size) {
		memcpy(ret, digest, size);
	} else {
		memset(ret, 0, size - length);
		memcpy(ret + size - length, digest, length);
	}
}

/* One INTEGER into ret: at most size + 3 bytes. */
static size_t der_integer(const uint8_t *value, size_t size, uint8_t *ret)
{
	size_t at = 0, skip = 0;

	while (skip + 1 < size && value[skip] == 0)
		skip++;
	ret[at++] = 2;
	ret[at++] = (uint8_t)(size - skip + (value[skip] >> 7));
	if (value[skip] & 0x80)
		ret[at++] = 0;
	memcpy(ret + at, value + skip, size - skip);
	return at + size - skip;
}

size_t block_ecdsa_der(const uint8_t *raw, size_t size, uint8_t *ret, size_t ret_size)
{
	size_t at = 2;

	/* P-384: 2 + 2 × 51 = 104, a length of one byte. */
	if (size == 0 || size > 48 || ret_size < 2 * size + 8)
		return 0;
	at += der_integer(raw, size, ret + at);
	at += der_integer(raw + size, size, ret + at);
	ret[0] = 0x30;
	ret[1] = (uint8_t)(at - 2);
	return at;
}

bool block_inflate(const uint8_t *data, size_t length, uint8_t *ret, size_t max, size_t *ret_length)
{
	z_stream stream = {0};
	bool good;

	/* 32: gzip or zlib, told by the head; old cards have either. */
	if (length > SMARTCARD_MAX_FILE || inflateInit2(&stream, 15 + 32) != Z_OK)
		return false;
	stream.next_in = (z_const Bytef *)(uintptr_t)data;
	stream.avail_in = (uInt)length;
	stream.next_out = ret;
	stream.avail_out = (uInt)max;
	good = inflate(&stream, Z_FINISH) == Z_STREAM_END;
	if (good)
		*ret_length = stream.total_out;
	inflateEnd(&stream);
	return good;
}
