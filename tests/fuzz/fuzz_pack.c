/* Manifest of a language pack → what it says; the signature is taken for right. */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "terminal/language/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pack pack = {0};
	struct vt_error error;

	if (pack_parse((const char *)data, size, &pack, &error) != VT_OK) {
		assert(pack.files == NULL);
		return 0;
	}
	/* The code and the names become parts of paths. */
	assert(pack_is_lang(pack.lang) && !strchr(pack.lang, '/') && pack.counter > 0);
	assert(pack.file_count <= PACK_MAX_FILES);
	for (size_t i = 0; i < pack.file_count; i++)
		assert(!strchr(pack.files[i].name, '/') && pack.files[i].name[0] != '.' &&
			pack.files[i].size >= 0 && pack.files[i].size <= PACK_MAX_FILE_BYTES);
	pack_finish(&pack);
	return 0;
}
