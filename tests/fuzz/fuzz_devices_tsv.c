/* assets/devices.tsv as anybody may write it. */

#include "drivers/registry.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct registry registry;
	struct vt_error error;

	if (registry_parse((const char *)data, length, &registry, &error)) {
		VT_ASSERT(registry.count == 0);
		return 0;
	}
	for (size_t i = 0; i < registry.count; i++)
		VT_ASSERT(registry_find(&registry, registry.entries[i].vid,
				  registry.entries[i].pid) == &registry.entries[i]);
	return 0;
}
