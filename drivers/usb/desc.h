#ifndef VT_DRIVERS_USB_DESC_H
#define VT_DRIVERS_USB_DESC_H

/* USB device and configuration descriptors from untrusted bytes (USB 2.0 chapter 9.5 and 9.6).
 * Everything in them is a claim of the device: lengths are checked, counts are bounded, what does
 * not fit refuses the whole device. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

/* Largest blob read: device descriptor and first configuration of a kiosk device; the largest
 * configuration of a composite reader we know has 300 bytes. */
#define USB_MAX_DESCRIPTORS 4096
/* Interfaces with all their alternate settings, and endpoints of one of them, that we look at. */
#define USB_MAX_INTERFACES 16
#define USB_MAX_ENDPOINTS  8
/* Longest class-specific descriptor kept: a card reader's has 54 bytes, a HID device's 9 or more.
 */
#define USB_MAX_CLASS_DESC 64

enum usb_transfer_type { USB_TYPE_CONTROL, USB_TYPE_ISO, USB_TYPE_BULK, USB_TYPE_INTERRUPT };

struct usb_endpoint {
	uint8_t address; /* 0x80 = IN */
	enum usb_transfer_type type;
	uint16_t max_packet; /* bytes, without the high-bandwidth bits; never 0 */
	uint8_t interval;    /* bInterval, in the unit of its speed and type */
};

struct usb_interface {
	uint8_t number, alternate;
	uint8_t class, subclass, protocol;
	size_t endpoint_count;
	struct usb_endpoint endpoints[USB_MAX_ENDPOINTS];
	/* The first descriptor of type 21 (HID 1.11 §6.2.1, CCID 1.1 §5.1), wherever it stands
	 * among the interface's descriptors: some readers have it behind the last endpoint, a few
	 * call it FF. Length 0: none. */
	uint8_t class_desc[USB_MAX_CLASS_DESC];
	uint8_t class_desc_length;
};

struct usb_desc {
	uint16_t vid, pid, bcd_usb, bcd_device;
	uint8_t class, subclass, protocol; /* of the device; 0 = said by the interfaces */
	uint8_t max_packet0;
	uint8_t configuration_count;
	uint8_t configuration; /* bConfigurationValue of the first configuration */
	uint8_t attributes;    /* bmAttributes of it */
	uint16_t max_power_ma; /* in units of 2 mA, as at full and high speed */
	size_t interface_count;
	struct usb_interface interfaces[USB_MAX_INTERFACES];
};

/* Parses a device descriptor followed by its configurations, as sysfs `descriptors` has them; only
 * the first configuration is kept. VT_ERR_PARSE or VT_ERR_LIMIT with the reason; *ret is untouched
 * then. */
VT_MUST_USE enum vt_code usb_desc_parse(
	const uint8_t *data, size_t length, struct usb_desc *ret, struct vt_error *error);

/* First endpoint of a type and direction (in = 0x80 or 0), or NULL. */
const struct usb_endpoint *usb_desc_endpoint(
	const struct usb_interface *interface, enum usb_transfer_type type, uint8_t direction);
/* True if it has a bulk endpoint each way. */
bool usb_desc_has_bulk_pair(const struct usb_interface *interface);

#endif
