/* What any printer may say of itself, and assets/printers.tsv as anybody may write it. */

#include <string.h>

#include "drivers/device_id.h"
#include "drivers/profiles.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void check_text(const char *text, size_t size)
{
	const size_t length = strnlen(text, size);

	VT_ASSERT(length < size);
	for (size_t i = 0; i < length; i++)
		VT_ASSERT(text[i] >= 0x20 && text[i] <= 0x7e);
}

static void check_table(const uint8_t *data, size_t length)
{
	static struct profiles profiles;
	struct vt_error error;

	if (profiles_parse((const char *)data, length, &profiles, &error)) {
		VT_ASSERT(profiles.count == 0 && !profiles_default(&profiles));
		return;
	}
	VT_ASSERT(profiles_default(&profiles));
	for (size_t i = 0; i < profiles.count; i++)
		VT_ASSERT(profiles.models[i].profile.width_px % 8 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct vt_error error;
	struct device_id id;

	check_table(data, length);
	if (device_id_parse(data, length, &id, &error))
		return 0;
	VT_ASSERT(id.manufacturer[0] && id.model[0]);
	check_text(id.manufacturer, sizeof(id.manufacturer));
	check_text(id.model, sizeof(id.model));
	check_text(id.commands, sizeof(id.commands));
	check_text(id.class, sizeof(id.class));
	(void)device_id_speaks(&id, "ESC/POS");
	return 0;
}
