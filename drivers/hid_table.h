#ifndef VT_DRIVERS_HID_TABLE_H
#define VT_DRIVERS_HID_TABLE_H

/* assets/hid.tsv: which HID readers we drive. Whatever is not listed is never claimed; a keyboard
 * above all. */

#include <stddef.h>
#include <stdint.h>

#include "drivers/usb/desc.h"
#include "terminal/base/error.h"

#define HID_TABLE_MAX 128

enum hid_use {
	HID_USE_SCANNER, /* point-of-sale page: decoded data */
	HID_USE_WEDGE,	/* a scanner that types, US layout: claimed so that no key reaches the ui */
	HID_USE_STRIPE, /* magnetic stripe reader */
	HID_USE_KEYPAD, /* the ui's, through the kernel; listed to be known, not claimed here */
	HID_USE_COUNT
};

struct hid_entry {
	uint16_t vid, pid;
	enum hid_use use;
	char model[64];
};

struct hid_table {
	size_t count;
	struct hid_entry entries[HID_TABLE_MAX];
};

/* Lines of tab-separated columns vid, pid, use, model, notes below a heading line; "#" comments.
 * Refused with the line number: wrong number of columns, unknown use, a pair vid:pid twice. *ret is
 * empty then. */
VT_MUST_USE enum vt_code hid_table_parse(
	const char *text, size_t length, struct hid_table *ret, struct vt_error *error);
/* VT_ERR_NOT_FOUND: no such file. */
VT_MUST_USE enum vt_code hid_table_load(
	const char *path, struct hid_table *ret, struct vt_error *error);
/* NULL if not listed. */
const struct hid_entry *hid_table_find(const struct hid_table *table, uint16_t vid, uint16_t pid);

#endif
