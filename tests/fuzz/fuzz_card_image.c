/* Card files: any text is refused with a reason or becomes a card. The folder is not there, so no
 * file can be named. */

#include <stdlib.h>
#include <string.h>

#include "tools/virtual-devices/cards/applet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct vt_error error = {0};
	struct image *image = NULL;
	struct card *card = NULL;
	char *text = malloc(length + 1);

	if (!text)
		return 0;
	if (length > 0)
		memcpy(text, data, length);
	text[length] = '\0';
	if (image_parse(text, length, "/nonexistent", &image, &error) != VT_OK) {
		if (image || error.msg[0] == '\0')
			abort();
	} else if (image->kind == IMAGE_CAC) {
		image_destroy(&image);
	} else if (applet_create(&image, &card, &error) == VT_OK) {
		card_destroy(&card);
	}
	free(text);
	return 0;
}
