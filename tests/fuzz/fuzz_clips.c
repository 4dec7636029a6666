#include <stdint.h>
#include <stdlib.h>

#include "ui/speech/clips.h"

/* The table of recorded clips of a language pack. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct clips *clips = NULL;
	struct vt_error error;

	if (clips_parse((const char *)data, length, &clips, &error) != VT_OK)
		return 0;
	const char *file = clips_find(clips, "Continuar");
	if (file && (*file == '.' || *file == '\0'))
		abort();
	clips_destroy(&clips);
	return 0;
}
