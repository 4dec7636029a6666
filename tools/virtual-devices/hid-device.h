#ifndef VT_VDEV_HID_DEVICE_H
#define VT_VDEV_HID_DEVICE_H

/* Devices of USB class 3 (HID 1.11) that only send: magnetic stripe readers, barcode scanners, a
 * keyboard that nobody ordered, a nine-key keypad. Interface 0, interrupt IN 81.
 *
 *   type              as                 reports (fields by usage, see hid-reports.c)
 *   stripe, pos       0801:0002          page 8E: three lengths, three tracks of 110
 *   stripe, magtek    0801:0002          page FF00: status, lengths, encode type, tracks of 110
 *   stripe, encrypted 0801:0010          page FF00, MagneSafe: tracks of 112 that say nothing to
 *                                        us, card status
 *   stripe, keyboard  0801:0001          boot keyboard: the tracks as typed, then Enter
 *   scanner, pos      0c2e:0206          page 8C: report 2: count, symbology, 56 bytes, continued
 *   scanner, keyboard 0c2e:0200          boot keyboard: the text, then Enter
 *   keyboard          046d:c31c          boot keyboard
 *   keypad            2047:09d0          keyboard with nine keys
 * The numbers of scanner, keypad and encrypted reader stand for a maker's (to confirm).
 *
 * Switches (vdev_command):
 *   stripe   swipe TRACKS      "%B…?;…?+…?": sentinels begin and end the tracks
 *            swipe bad         drawn too fast: nothing can be read
 *   scanner  scan TEXT         as a QR code; "\x1d" and the like for other bytes
 *            scan code128 TEXT · scan ean13 DIGITS · scan pdf417 TEXT
 *   keyboard key TEXT          typed; {Enter} {Tab} {F4} {Ctrl+Alt+Delete} … are keys
 *   keypad   key NAME          up down left right select back help louder softer
 *   all      report HEX        these bytes as one input report, right or wrong */

#include "tools/virtual-devices/vdev.h"

#define HID_DEVICE_EP_IN 0x81
/* Input reports that wait for the host; more are lost, with a note. */
#define HID_DEVICE_MAX_REPORTS 4096

enum hid_type {
	HID_STRIPE_POS,
	HID_STRIPE_MAGTEK,
	HID_STRIPE_ENCRYPTED,
	HID_STRIPE_KEYBOARD,
	HID_SCANNER_POS,
	HID_SCANNER_KEYBOARD,
	HID_KEYBOARD,
	HID_KEYPAD
};

struct hid_device_options {
	enum hid_type type;
	const char *id;			/* name for commands; NULL = "stripe", "scanner" … */
	const char *serial;		/* NULL = "VT000003" */
	uint16_t vendor_id, product_id; /* both 0 = as above */
	uint32_t seed;			/* of what an encrypted head sends */
};

/* A device with power and cable in. NULL only for no memory. */
struct vdev *hid_device_create(const struct hid_device_options *options);
/* "pos", "magtek", "encrypted", "keyboard" for a stripe reader or scanner; false for any other. */
bool hid_device_layout(struct hid_device_options *options, const char *name);

#endif
