#include <stdint.h>
#include <stdlib.h>

#include "ui/speech/wav.h"

/* Recorded clips come with language packs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	const uint8_t *samples;
	struct vt_error error;
	size_t bytes;

	if (wav_parse(data, length, &samples, &bytes, &error) != VT_OK)
		return 0;
	if (samples < data || bytes % 2 != 0 || bytes > WAV_MAX_BYTES ||
		bytes > length - (size_t)(samples - data))
		abort();
	return 0;
}
