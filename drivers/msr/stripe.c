#include "drivers/msr/stripe.h"

#include <string.h>

#include "terminal/base/text.h"

/* The two layouts: usage of track 1; tracks 2 and 3 follow it. */
static const struct layout {
	uint32_t status, length, data; /* status 0: the page has none */
	size_t encrypted_size; /* a data field of this size holds encrypted blocks; 0 = never */
} layouts[] = {
	{0, HID_USAGE(0x8e, 0x11), HID_USAGE(0x8e, 0x21), 0},
	{HID_USAGE(0xff00, 0x20), HID_USAGE(0xff00, 0x28), HID_USAGE(0xff00, 0x30), 112},
};

static const struct layout *find_layout(const struct hid_layout *hid)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (hid_find(hid, layouts[i].data) && hid_find(hid, layouts[i].length))
			return &layouts[i];
	}
	return NULL;
}

bool stripe_is_reader(const struct hid_layout *layout)
{
	return find_layout(layout) != NULL;
}

/* The value of a one-element input field; fallback if the report does not hold it. */
static uint32_t value_of(
	const struct hid_layout *hid, uint32_t usage, const uint8_t *p, size_t n, uint32_t fallback)
{
	const struct hid_field *field = usage ? hid_find(hid, usage) : NULL;

	return field && hid_field_is_in(hid, field, p, n) ? hid_value(field, p, n, 0) : fallback;
}

static void keep_opaque(struct stripe_track *track, const uint8_t *data, size_t length)
{
	if (length > sizeof(track->opaque))
		length = sizeof(track->opaque);
	memcpy(track->opaque, data, length);
	track->opaque_length = length;
}

/* Track i of the report; false if this report does not hold it. */
static bool read_track(const struct hid_layout *hid, const struct layout *layout, uint32_t i,
	const uint8_t *p, size_t n, struct stripe *ret)
{
	const struct hid_field *field = hid_find(hid, layout->data + i);
	struct stripe_track *track = &ret->tracks[i];
	size_t size = 0;

	track->verdict = TRACK_EMPTY;
	if (!field || !hid_field_is_in(hid, field, p, n))
		return false;
	const uint8_t *data = hid_bytes(field, p, n, &size);
	const uint32_t length = value_of(hid, layout->length + i, p, n, 0);
	if (!data || length > size) /* a length is a claim */
		return false;
	if (layout->encrypted_size > 0 && size == layout->encrypted_size) {
		ret->kind = STRIPE_ENCRYPTED;
		keep_opaque(track, data, length);
	} else if (layout->status && value_of(hid, layout->status + i, p, n, 0) & 1) {
		track->verdict = TRACK_LRC; /* the reader itself could not decode it */
	} else {
		track->verdict = track_read((int)i + 1, (const char *)data, length, &track->track);
	}
	return true;
}

/* A number of a payment card, wherever it stands in the text, also on a track out of shape. */
static bool holds_payment(const uint8_t *data, size_t length, char masked[TRACK_ACCOUNT_MAX + 1])
{
	char digits[TRACK_ACCOUNT_MAX + 1];
	bool found = false;

	for (size_t i = 0; i < length && !found; i++) {
		size_t run = 0;
		if (data[i] < '0' || data[i] > '9' ||
			(i > 0 && data[i - 1] >= '0' && data[i - 1] <= '9'))
			continue; /* only where a run of digits begins */
		while (i + run < length && run < TRACK_ACCOUNT_MAX && data[i + run] >= '0' &&
			data[i + run] <= '9') {
			digits[run] = (char)data[i + run];
			run++;
		}
		digits[run] = '\0';
		found = track_is_payment(digits);
		if (found)
			track_mask(digits, masked);
	}
	vt_wipe(digits, sizeof(digits));
	return found;
}

static bool is_payment(const struct hid_layout *hid, const struct layout *layout, const uint8_t *p,
	size_t n, char masked[TRACK_ACCOUNT_MAX + 1])
{
	for (uint32_t i = 0; i < 3; i++) {
		const struct hid_field *field = hid_find(hid, layout->data + i);
		size_t size = 0;
		if (!field || !hid_field_is_in(hid, field, p, n))
			continue;
		const uint8_t *data = hid_bytes(field, p, n, &size);
		if (data && holds_payment(data, size, masked))
			return true;
	}
	return false;
}

void stripe_read(const struct hid_layout *layout, const uint8_t *p, size_t n, struct stripe *ret)
{
	const struct layout *mine = find_layout(layout);
	bool any = false, good = false;

	memset(ret, 0, sizeof(*ret));
	if (!mine)
		return;
	for (uint32_t i = 0; i < 3; i++) {
		any |= read_track(layout, mine, i, p, n, ret);
		good |= ret->tracks[i].verdict == TRACK_GOOD;
	}
	if (!any)
		return;
	char masked[TRACK_ACCOUNT_MAX + 1] = "";
	if (ret->kind != STRIPE_ENCRYPTED && is_payment(layout, mine, p, n, masked)) {
		stripe_finish(ret);
		ret->kind = STRIPE_PAYMENT;
		memcpy(ret->masked, masked, sizeof(masked));
	} else if (ret->kind != STRIPE_ENCRYPTED) {
		ret->kind = good ? STRIPE_GOOD : STRIPE_UNREADABLE;
	}
}

void stripe_finish(struct stripe *stripe)
{
	vt_wipe(stripe, sizeof(*stripe));
}
