#include "drivers/barcode/scan.h"

#include <string.h>

#include "terminal/base/text.h"

#define USAGE_COUNT	HID_USAGE(0x01, 0x3b)
#define USAGE_SYMBOLOGY HID_USAGE(0x8c, 0xfb) /* and the next two */
#define USAGE_DATA	HID_USAGE(0x8c, 0xfe)
#define USAGE_CONTINUED HID_USAGE(0x8c, 0xff)

static enum scan_state refuse(struct scan *scan, const char *why)
{
	scan_finish(scan);
	scan->is_over = true;
	scan->refused = why;
	return SCAN_REFUSED;
}

bool scan_is_scanner(const struct hid_layout *layout)
{
	const struct hid_field *data = hid_find(layout, USAGE_DATA);

	return data && data->size == 8 && !data->is_array;
}

/* How much of the data field is text: the device's own count, else up to the trailing NULs. */
static size_t data_length(const struct hid_layout *layout, const uint8_t *report, size_t n,
	const uint8_t *data, size_t size)
{
	const struct hid_field *count = hid_find(layout, USAGE_COUNT);

	if (count && hid_field_is_in(layout, count, report, n)) {
		const uint32_t said = hid_value(count, report, n, 0);
		return said < size ? said : size;
	}
	while (size > 0 && data[size - 1] == 0)
		size--;
	return size;
}

static void take_symbology(
	struct scan *scan, const struct hid_layout *layout, const uint8_t *p, size_t n)
{
	for (uint32_t i = 0; i < 3; i++) {
		const struct hid_field *field = hid_find(layout, USAGE_SYMBOLOGY + i);
		const uint32_t value = field && hid_field_is_in(layout, field, p, n)
					       ? hid_value(field, p, n, 0)
					       : 0;
		if (value < 0x21 || value > 0x7e || (i == 0 && value != ']')) {
			memset(scan->symbology, 0, sizeof(scan->symbology));
			return;
		}
		scan->symbology[i] = (char)value;
	}
}

static bool is_printable(const char *text, size_t length)
{
	const char *p = text;

	if (memchr(text, 0, length) || !vt_utf8_valid(text, length))
		return false;
	while (*p) {
		const uint32_t c = vt_utf8_next(&p);
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
	}
	return true;
}

static enum scan_state end_scan(struct scan *scan)
{
	while (scan->length > 0 && strchr("\r\n\t", scan->text[scan->length - 1]))
		scan->text[--scan->length] = '\0';
	if (scan->length == 0)
		return refuse(scan, "empty");
	if (!is_printable(scan->text, scan->length))
		return refuse(scan, "control characters or not UTF-8");
	scan->is_over = true;
	return SCAN_DONE;
}

enum scan_state scan_report(
	struct scan *scan, const struct hid_layout *layout, const uint8_t *p, size_t n)
{
	const struct hid_field *field = hid_find(layout, USAGE_DATA);
	const struct hid_field *more = hid_find(layout, USAGE_CONTINUED);
	size_t size = 0;

	if (!field || !hid_field_is_in(layout, field, p, n))
		return SCAN_MORE;
	const uint8_t *data = hid_bytes(field, p, n, &size);
	if (!data)
		return SCAN_MORE;
	if (scan->is_over)
		scan_finish(scan);
	if (scan->length == 0)
		take_symbology(scan, layout, p, n);
	size = data_length(layout, p, n, data, size);
	if (size > SCAN_MAX - scan->length)
		return refuse(scan, "too long");
	memcpy(scan->text + scan->length, data, size);
	scan->length += size;
	scan->text[scan->length] = '\0';
	if (more && hid_field_is_in(layout, more, p, n) && hid_value(more, p, n, 0) & 1)
		return SCAN_MORE;
	return end_scan(scan);
}

void scan_finish(struct scan *scan)
{
	vt_wipe(scan, sizeof(*scan));
}
