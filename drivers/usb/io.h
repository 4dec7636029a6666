#ifndef VT_DRIVERS_USB_IO_H
#define VT_DRIVERS_USB_IO_H

/* How a transfer ended, in the few words that the drivers' machines decide on. Apart from usb.h, so
 * that a machine includes no transport. */

enum usb_io { USB_IO_OK, USB_IO_STALL, USB_IO_CANCELLED, USB_IO_FAILED };

#endif
