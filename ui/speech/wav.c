#include "ui/speech/wav.h"

#include <stdbool.h>
#include <string.h>

#define RIFF_HEADER  12
#define CHUNK_HEADER 8
#define FORMAT_BYTES 16
#define FORMAT_PCM   1
#define MAX_CHUNKS   32 /* a file of our form has two or three */
#define BITS	     16

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static bool is_our_form(const uint8_t *format)
{
	return le16(format) == FORMAT_PCM && le16(format + 2) == 1 &&
	       le32(format + 4) == WAV_RATE_HZ && le16(format + 14) == BITS;
}

enum vt_code wav_parse(const uint8_t *data, size_t length, const uint8_t **ret_samples,
	size_t *ret_bytes, struct vt_error *error)
{
	size_t at = RIFF_HEADER;
	bool has_format = false;

	if (length < RIFF_HEADER || memcmp(data, "RIFF", 4) != 0 ||
		memcmp(data + 8, "WAVE", 4) != 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "wav: no RIFF WAVE header");
	for (int i = 0; i < MAX_CHUNKS && length - at >= CHUNK_HEADER; i++) {
		const uint8_t *chunk = data + at;
		size_t size = le32(chunk + 4), left = length - at - CHUNK_HEADER;

		if (memcmp(chunk, "fmt ", 4) == 0) {
			if (size < FORMAT_BYTES || size > left)
				return vt_fail(error, VT_ERR_PARSE, 0, "wav: fmt chunk is cut");
			if (!is_our_form(chunk + CHUNK_HEADER))
				return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
					"wav: not 16-bit mono PCM at 22050 Hz");
			has_format = true;
		} else if (memcmp(chunk, "data", 4) == 0) {
			size = size > left ? left : size;
			if (!has_format)
				return vt_fail(error, VT_ERR_PARSE, 0, "wav: data before fmt");
			if (size > WAV_MAX_BYTES)
				return vt_fail(error, VT_ERR_LIMIT, 0, "wav: over two minutes");
			*ret_samples = chunk + CHUNK_HEADER;
			*ret_bytes = size & ~(size_t)1;
			return VT_OK;
		}
		/* Chunks are padded to an even length. */
		size += size & 1;
		if (size > left)
			break;
		at += CHUNK_HEADER + size;
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "wav: no data chunk");
}
