#include "drivers/usb/usb.h"

#include <assert.h>
#include <stddef.h>

const char *usb_status_text(enum usb_status status)
{
	static const char *const names[] = {
		[USB_COMPLETED] = "completed",
		[USB_ERROR] = "error",
		[USB_TIMED_OUT] = "timed out",
		[USB_CANCELLED] = "cancelled",
		[USB_STALL] = "stall",
		[USB_NO_DEVICE] = "no device",
		[USB_OVERFLOW] = "overflow",
	};
	static_assert(VT_ELEMENTS(names) == USB_STATUS_COUNT, "a name for each status");

	return (size_t)status < VT_ELEMENTS(names) ? names[status] : "?";
}

void usb_destroy(struct usb **usb)
{
	if (!*usb)
		return;
	(*usb)->ops->destroy(*usb);
	*usb = NULL;
}

void usb_setup(uint8_t setup[8], uint8_t type, uint8_t request, uint16_t value, uint16_t index,
	uint16_t length)
{
	setup[0] = type;
	setup[1] = request;
	setup[2] = (uint8_t)value;
	setup[3] = (uint8_t)(value >> 8);
	setup[4] = (uint8_t)index;
	setup[5] = (uint8_t)(index >> 8);
	setup[6] = (uint8_t)length;
	setup[7] = (uint8_t)(length >> 8);
}
