#ifndef VT_UI_SPEECH_WAV_H
#define VT_UI_SPEECH_WAV_H

/* WAV files of the one form that speech uses: 16-bit mono PCM at 22,050 Hz, which is what espeak-ng
 * writes. Recorded clips of language packs come from outside: everything else is refused. */

#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

#define WAV_RATE_HZ 22050
/* Two minutes: no sentence of a screen is longer. */
#define WAV_MAX_BYTES ((size_t)120 * WAV_RATE_HZ * 2)

/* Finds the samples in data[length]: *ret_samples points into data (little-endian, as stored),
 * *ret_bytes is even. A data chunk that claims more than there is, as espeak-ng writes to a pipe,
 * ends with the file. VT_ERR_PARSE, VT_ERR_UNSUPPORTED (another form), VT_ERR_LIMIT. */
VT_MUST_USE enum vt_code wav_parse(const uint8_t *data, size_t length, const uint8_t **ret_samples,
	size_t *ret_bytes, struct vt_error *error);

#endif
