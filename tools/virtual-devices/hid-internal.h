#ifndef VT_VDEV_HID_INTERNAL_H
#define VT_VDEV_HID_INTERNAL_H

/* What the files of the HID devices share.
 *
 *   hid-device.c   USB: descriptors, class requests, the queue of reports; life
 *   hid-reports.c  report descriptors, and a swipe or scan as reports
 *   hid-keys.c     text as key presses of a US keyboard */

#include "tools/virtual-devices/hid-device.h"

#define HID_MAX_REPORT 512
#define HID_MAX_TEXT   4096 /* of one scan or line of typing */

/* What a type is. */
struct hid_facts {
	const char *id, *product;
	uint16_t vendor_id, product_id;
	const uint8_t *report_descriptor;
	size_t report_descriptor_length;
	bool boot_keyboard; /* interface subclass 1, protocol 1 */
	uint8_t packet;	    /* wMaxPacketSize */
	size_t report_length;
	size_t feature_length; /* 0 = no feature report */
};

struct hid_report {
	struct hid_report *next;
	size_t length, at;
	uint8_t bytes[];
};

struct hid_device {
	struct vdev base;
	struct hid_device_options options;
	const struct hid_facts *facts;
	uint8_t device_descriptor[18], config_descriptor[34];
	char serial[32];
	const char *strings[3];
	struct hid_report *first, **last;
	size_t waiting;
	uint64_t sent;
	uint8_t leds, idle, protocol; /* protocol: 0 boot, 1 report */
	uint8_t feature[64];
};

const struct hid_facts *hid_facts(enum hid_type type);

/* Queues an input report; false (and a note) when the queue is full. */
bool hid_send(struct hid_device *h, const uint8_t *report, size_t length);

/* --- hid-reports.c: VT_ERR_INVALID with a reason in reply --- */

enum vt_code hid_swipe(struct hid_device *h, const char *tracks, struct vt_buf *reply);
enum vt_code hid_scan(struct hid_device *h, const char *text, struct vt_buf *reply);

/* --- hid-keys.c --- */

/* Presses and releases each key; braces name keys if `names`. */
enum vt_code hid_type_text(
	struct hid_device *h, const char *text, size_t length, bool names, struct vt_buf *reply);
enum vt_code hid_keypad_key(struct hid_device *h, const char *name, struct vt_buf *reply);

#endif
