/* Compiled catalogue of a language pack → messages; whatever is taken can be asked and printed. */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/error.h"
#include "terminal/language/mo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mo *mo = NULL;
	struct vt_error error;

	if (mo_parse(data, size, &mo, &error) != VT_OK) {
		assert(mo == NULL);
		return 0;
	}
	for (size_t i = 0; i < mo_count(mo); i++) {
		const char *id, *text;

		mo_at(mo, i, &id, &text);
		assert(text[0] != '\0');
		/* What goes to printf has the directives that its caller has arguments for. */
		assert(mo_text(mo, id) == NULL || mo_same_directives(id, mo_text(mo, id)));
		assert(mo_find(mo, text) != NULL);
		(void)mo_find(mo, id);
	}
	mo_destroy(&mo);
	return 0;
}
