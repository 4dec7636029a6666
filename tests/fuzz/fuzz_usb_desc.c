/* A hostile device's descriptors, and the class descriptor of a card reader in them. */

#include "drivers/ccid/descriptor.h"
#include "drivers/usb/desc.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct usb_desc desc;
	struct vt_error error;

	if (usb_desc_parse(data, length, &desc, &error))
		return 0;
	VT_ASSERT(desc.interface_count <= USB_MAX_INTERFACES);
	for (size_t i = 0; i < desc.interface_count; i++) {
		VT_ASSERT(desc.interfaces[i].endpoint_count <= USB_MAX_ENDPOINTS);
		for (size_t j = 0; j < desc.interfaces[i].endpoint_count; j++)
			VT_ASSERT(desc.interfaces[i].endpoints[j].max_packet > 0);
		VT_ASSERT(desc.interfaces[i].class_desc_length <= USB_MAX_CLASS_DESC);
		struct ccid_desc ccid;
		if (ccid_desc_parse(desc.interfaces[i].class_desc,
			    desc.interfaces[i].class_desc_length, &ccid, &error) == VT_OK)
			VT_ASSERT(ccid.level < CCID_EXCHANGE_COUNT &&
				  ccid.max_message > CCID_HEADER_LENGTH);
	}
	return 0;
}
