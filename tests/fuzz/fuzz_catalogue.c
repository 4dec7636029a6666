/* Service definitions come from a file that may be anything. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/session/catalogue.h"
#include "terminal/session/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* Some value for every name, so that templates and filters are walked. */
static const char *get(void *ctx, const char *name)
{
	(void)ctx;
	return strchr(name, '.') ? "12" : "x";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const struct document_values values = {.get = get};
	static const struct vt_date today = {2026, 11, 23};
	static struct receipt receipt;
	struct catalogue *catalogue = NULL;
	struct vt_error error = {0};
	char *json = malloc(length + 1);

	VT_ASSERT(json);
	if (length > 0)
		memcpy(json, data, length);
	json[length] = 0;
	if (catalogue_parse("fuzz.json", json, length, &catalogue, &error) == VT_OK) {
		const struct catalogue_service *service = catalogue_at(catalogue, 0);
		for (size_t i = 0; i < service->outcome_count; i++) {
			const enum vt_code code = document_compose(service, &service->outcomes[i],
				"en", today, &values, &receipt, &error);
			VT_ASSERT(code == VT_OK || error.msg[0]);
		}
		for (size_t i = 0; i < service->way_count; i++) {
			struct vt_buf out;
			vt_buf_init(&out, VT_MAX_PAYLOAD);
			VT_ASSERT(way_payload(service, &service->ways[i], &values, &out, &error) ==
				  VT_OK);
			vt_buf_finish(&out);
		}
	} else {
		VT_ASSERT(error.msg[0]);
	}
	catalogue_destroy(&catalogue);
	free(json);
	return 0;
}
