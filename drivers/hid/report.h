#ifndef VT_DRIVERS_HID_REPORT_H
#define VT_DRIVERS_HID_REPORT_H

/* HID report descriptors: which bits of a report mean what. Fields are found by usage, never by a
 * fixed offset, because models and firmware of one maker differ (devices.md E).
 * Source: USB Device Class Definition for HID 1.11, §6.2.2 (items), §8.4 (usages of arrays).
 *
 * Leaf file: standard headers only, no allocation, no global state; any thread. The descriptor and
 * the reports are foreign bytes: whatever is out of shape is refused, outputs are then all zero. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest report descriptor (HID 1.11 gives 16 bits; no reader we know comes near) and report. */
#define HID_MAX_DESCRIPTOR 4096
#define HID_MAX_REPORT	   4096
#define HID_MAX_FIELDS	   96
#define HID_MAX_COLLECTION 16

/* A usage with its page in the upper half: HID_USAGE(0x8e, 0x21). */
#define HID_USAGE(page, id) ((uint32_t)(page) << 16 | (uint32_t)(id))

enum hid_kind { HID_INPUT, HID_OUTPUT, HID_FEATURE, HID_KIND_COUNT };

/* A run of elements of one size that share a usage (data buffers) or a range of usages (keys). */
struct hid_field {
	enum hid_kind kind;
	uint8_t report_id;    /* 0: reports carry no id byte */
	bool is_array;	      /* elements hold usages (keys that are down) instead of values */
	uint32_t usage;	      /* first; element i of a variable has usage + i, up to usage_last */
	uint32_t usage_last;  /* = usage: every element has it */
	uint32_t bit;	      /* of its first element, from the report's first byte, id included */
	uint16_t size;	      /* bits of an element, 1 … 32 */
	uint16_t count;	      /* elements, ≥ 1 */
	int32_t minimum;      /* logical */
	uint32_t application; /* usage of the application collection around it */
};

struct hid_layout {
	size_t count;
	struct hid_field fields[HID_MAX_FIELDS]; /* constant (padding) fields are left out */
	uint32_t application;			 /* of the first application collection */
	bool has_ids;
	uint16_t longest_input; /* bytes of the longest input report, id included */
};

/* Reads the descriptor p[0 … n). False: refused, *ret is zero and *ret_reason (a literal, English)
 * says why: too long, item cut off, collection not closed or too deep, none of an application, size
 * or count out of range, report longer than HID_MAX_REPORT, more than HID_MAX_FIELDS, main item
 * without usage page. */
bool hid_parse(const uint8_t *p, size_t n, struct hid_layout *ret, const char **ret_reason);

/* First input field with that usage; NULL if there is none. Points into layout. */
const struct hid_field *hid_find(const struct hid_layout *layout, uint32_t usage);

/* True if the report p[0 … n) is one that field belongs to and holds all of it. */
bool hid_field_is_in(
	const struct hid_layout *layout, const struct hid_field *field, const uint8_t *p, size_t n);

/* Element i (< field->count) of field in the report p[0 … n), unsigned; 0 if it is not inside. */
uint32_t hid_value(const struct hid_field *field, const uint8_t *p, size_t n, size_t i);

/* The bytes of a field of 8-bit elements that begins on a byte: points into p, *ret_n = count. NULL
 * if the field is another kind or not wholly inside p[0 … n). */
const uint8_t *hid_bytes(const struct hid_field *field, const uint8_t *p, size_t n, size_t *ret_n);

#endif
