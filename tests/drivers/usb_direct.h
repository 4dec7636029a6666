#ifndef VT_TESTS_DRIVERS_USB_DIRECT_H
#define VT_TESTS_DRIVERS_USB_DIRECT_H

/* usb.h over one virtual device called directly (T0): no libusb, no process, virtual time. */

#include "drivers/usb/usb.h"
#include "tools/virtual-devices/vdev.h"

/* Borrows dev. Aborts without memory. */
struct usb *usb_direct_create(struct vdev *dev);
/* Lets everything happen that can happen at now_ms; true if anything did. */
bool usb_direct_run(struct usb *usb, int64_t now_ms);
/* When a transfer times out or the device wants time; INT64_MAX if never. */
int64_t usb_direct_wake_ms(const struct usb *usb);
/* Transfers and jobs in flight. */
size_t usb_direct_in_flight(const struct usb *usb);

#endif
