#include "drivers/usb/usb.h"

#include <stddef.h>

void usb_destroy(struct usb **usb)
{
	if (!*usb)
		return;
	(*usb)->ops->destroy(*usb);
	*usb = NULL;
}

enum vt_code usb_take(struct usb *usb, usb_key key, const struct usb_interface *interface,
	struct usb_handle **ret_handle, struct vt_error *error)
{
	struct usb_handle *handle;
	enum vt_code code = usb->ops->open(usb, key, &handle, error);

	if (code)
		return code;
	code = usb->ops->claim(handle, interface->number, error);
	if (!code && interface->alternate != 0)
		code = usb->ops->set_alternate(
			handle, interface->number, interface->alternate, error);
	if (code) {
		usb->ops->close(handle);
		return code;
	}
	*ret_handle = handle;
	return VT_OK;
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

enum usb_io usb_io_of(enum usb_status status, bool *is_gone)
{
	switch (status) {
	case USB_COMPLETED:
		return USB_IO_OK;
	case USB_STALL:
		return USB_IO_STALL;
	case USB_CANCELLED:
		return USB_IO_CANCELLED;
	case USB_NO_DEVICE:
		*is_gone = true;
		break;
	case USB_ERROR:
	case USB_TIMED_OUT:
	case USB_OVERFLOW:
	case USB_STATUS_COUNT:
		break;
	}
	return USB_IO_FAILED;
}
