#ifndef VT_DRIVERS_USB_USB_LIBUSB_H
#define VT_DRIVERS_USB_USB_LIBUSB_H

/* usb.h over libusb's asynchronous API on an sd-event loop. */

#include "drivers/usb/usb.h"

struct sd_event;

/* Borrows event, which must outlive the object. VT_ERR_IO with libusb's number in error->os. */
VT_MUST_USE enum vt_code usb_libusb_create(
	struct sd_event *event, struct usb **ret_usb, struct vt_error *error);

#endif
