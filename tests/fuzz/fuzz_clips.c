#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ui/speech/clips.h"

/* The table of recorded clips of a language pack. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct clips *clips = NULL;
	struct vt_error error;

	if (clips_parse((const char *)data, length, &clips, &error) != VT_OK)
		return 0;
	static const char *const texts[] = {"Continuar", "Quedan 45 segundos", "Página 2 de 13"};
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		struct clip_match match;
		const char *end = texts[t] + strlen(texts[t]);

		if (clips_find(clips, texts[t], &match) != (match.count > 0) ||
			match.count > CLIPS_MAX_PIECES)
			abort();
		for (size_t i = 0; i < match.count; i++) {
			const struct clip_piece *piece = &match.pieces[i];
			bool is_name = piece->file && *piece->file != '.' && *piece->file != '\0' &&
				       !strchr(piece->file, '/');
			bool is_part = piece->text && piece->text >= texts[t] &&
				       piece->length > 0 && piece->text + piece->length <= end;

			if (is_name == is_part)
				abort();
		}
	}
	clips_destroy(&clips);
	return 0;
}
