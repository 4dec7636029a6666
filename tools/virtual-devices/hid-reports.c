/* Report descriptors, and what a swipe or a scan looks like in reports.
 *
 * Sources: HID 1.11 appendix B.1 (boot keyboard); HID Point of Sale Usage Tables 1.02 §4 (scanner,
 * page 8C) and §6 (stripe, page 8E); the vendor page FF00 of MagTek's readers (to confirm on one).
 */

#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/hid-internal.h"

#define TRACK_BYTES	      110
#define TRACK_BYTES_ENCRYPTED 112
#define SCAN_BYTES	      56 /* decoded data of one report */
#define SCAN_REPORT_ID	      2

static const uint8_t keyboard_descriptor[] = {0x05, 0x01, 0x09, 0x06, 0xa1,
	0x01,						/* generic desktop, keyboard */
	0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7,		/* key codes: modifiers */
	0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, /* eight bits */
	0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, /* input; reserved byte */
	0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, /* LEDs */
	0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, /* output; padding */
	0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, /* six keys */
	0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, /* key codes 0 to 101 */
	0x81, 0x00, 0xc0};

static const uint8_t keypad_descriptor[] = {0x05, 0x01, 0x09, 0x06, 0xa1,
	0x01,						/* generic desktop, keyboard */
	0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7,		/* key codes: modifiers */
	0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, /* eight bits */
	0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, /* input; reserved byte */
	0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x26, 0x81, /* six keys */
	0x00, 0x05, 0x07, 0x19, 0x00, 0x29, 0x81,	/* key codes 0 to 129: volume */
	0x81, 0x00, 0xc0};

static const uint8_t stripe_pos_descriptor[] = {0x05, 0x8e, 0x09, 0x01, 0xa1,
	0x01,							    /* page 8E, stripe reader */
	0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x01,	    /* bytes, one each */
	0x09, 0x11, 0x81, 0x02, 0x09, 0x12, 0x81, 0x02,		    /* length of track 1, 2 */
	0x09, 0x13, 0x81, 0x02, 0x95, TRACK_BYTES,		    /* and 3; then the data */
	0x09, 0x21, 0x82, 0x02, 0x01, 0x09, 0x22, 0x82, 0x02, 0x01, /* buffered bytes */
	0x09, 0x23, 0x82, 0x02, 0x01, 0xc0};

#define MAGTEK_HEAD                                                                            \
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01,		      /* vendor page */        \
		0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x01, /* bytes, one each */    \
		0x09, 0x20, 0x81, 0x02, 0x09, 0x21, 0x81, 0x02,	      /* decode status 1, 2 */ \
		0x09, 0x22, 0x81, 0x02, 0x09, 0x28, 0x81, 0x02,	      /* and 3; length 1 */    \
		0x09, 0x29, 0x81, 0x02, 0x09, 0x2a, 0x81, 0x02,	      /* 2 and 3 */            \
		0x09, 0x38, 0x81, 0x02				      /* encode type */
#define MAGTEK_TRACKS \
	0x09, 0x30, 0x82, 0x02, 0x01, 0x09, 0x31, 0x82, 0x02, 0x01, 0x09, 0x32, 0x82, 0x02, 0x01
#define MAGTEK_COMMANDS 0x09, 0x20, 0x95, 24, 0xb2, 0x02, 0x01 /* feature report */

static const uint8_t stripe_magtek_descriptor[] = {
	MAGTEK_HEAD, 0x95, TRACK_BYTES, MAGTEK_TRACKS, MAGTEK_COMMANDS, 0xc0};
static const uint8_t stripe_encrypted_descriptor[] = {MAGTEK_HEAD, 0x95, TRACK_BYTES_ENCRYPTED,
	MAGTEK_TRACKS, 0x95, 0x01, 0x09, 0x39, 0x81, 0x02, MAGTEK_COMMANDS, 0xc0};

static const uint8_t scanner_pos_descriptor[] = {0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x12,
	0xa1, 0x02, /* scanner, scanned data */
	0x85, SCAN_REPORT_ID, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x01, /* bytes */
	0x05, 0x01, 0x09, 0x3b, 0x81, 0x02,		/* generic desktop: byte count */
	0x05, 0x8c, 0x09, 0xfb, 0x81, 0x02,		/* AIM symbology identifier 1 */
	0x09, 0xfc, 0x81, 0x02, 0x09, 0xfd, 0x81, 0x02, /* 2 and 3 */
	0x09, 0xfe, 0x95, SCAN_BYTES, 0x82, 0x02, 0x01, /* decoded data, buffered */
	0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0xff, 0x81, 0x02, /* continued */
	0x95, 0x07, 0x81, 0x01, 0xc0, 0xc0};			    /* padding */

#define KEYBOARD_FACTS keyboard_descriptor, sizeof(keyboard_descriptor), true, 8, 8, 0

static const struct hid_facts facts[] = {
	[HID_STRIPE_POS] = {"stripe", "USB HID Stripe Reader", 0x0801, 0x0002,
		stripe_pos_descriptor, sizeof(stripe_pos_descriptor), false, 64,
		3 + 3 * TRACK_BYTES, 0},
	[HID_STRIPE_MAGTEK] = {"stripe", "USB Swipe Reader", 0x0801, 0x0002,
		stripe_magtek_descriptor, sizeof(stripe_magtek_descriptor), false, 64,
		7 + 3 * TRACK_BYTES, 24},
	[HID_STRIPE_ENCRYPTED] = {"stripe", "USB Encrypted Swipe Reader", 0x0801, 0x0010,
		stripe_encrypted_descriptor, sizeof(stripe_encrypted_descriptor), false, 64,
		8 + 3 * TRACK_BYTES_ENCRYPTED, 24},
	[HID_STRIPE_KEYBOARD] = {"stripe", "USB Keyboard Swipe Reader", 0x0801, 0x0001,
		KEYBOARD_FACTS},
	[HID_SCANNER_POS] = {"scanner", "POS Barcode Scanner", 0x0c2e, 0x0206,
		scanner_pos_descriptor, sizeof(scanner_pos_descriptor), false, 64, 6 + SCAN_BYTES,
		0},
	[HID_SCANNER_KEYBOARD] = {"scanner", "Keyboard Barcode Scanner", 0x0c2e, 0x0200,
		KEYBOARD_FACTS},
	[HID_KEYBOARD] = {"keyboard", "USB Keyboard", 0x046d, 0xc31c, KEYBOARD_FACTS},
	[HID_KEYPAD] = {"keypad", "Nine-key Keypad", 0x2047, 0x09d0, keypad_descriptor,
		sizeof(keypad_descriptor), true, 8, 8, 0},
};

const struct hid_facts *hid_facts(enum hid_type type)
{
	return &facts[type];
}

/* --- swipe --- */

struct track {
	const char *text;
	size_t length;
};

/* Finds up to three tracks by their sentinels (ISO/IEC 7813): % … ? is 1, ; … ? is 2, + or a second
 * ; … ? is 3. */
static bool find_tracks(const char *text, struct track tracks[3])
{
	memset(tracks, 0, 3 * sizeof(*tracks));
	while (*text) {
		const char *end = strchr(text, '?');
		int number = *text == '%' ? 0 : *text == ';' ? 1 : *text == '+' ? 2 : -1;
		if (number == 1 && tracks[1].text)
			number = 2;
		if (number < 0 || !end || tracks[number].text)
			return false;
		tracks[number].text = text;
		tracks[number].length = (size_t)(end - text) + 1;
		if (tracks[number].length > TRACK_BYTES)
			return false;
		text = end + 1;
	}
	return tracks[0].text || tracks[1].text || tracks[2].text;
}

/* Encode types of the vendor page: 0 ISO/ABA, 3 blank, 6 none. */
static size_t vendor_report(
	struct hid_device *h, const struct track tracks[3], bool bad, uint8_t *report)
{
	bool encrypted = h->options.type == HID_STRIPE_ENCRYPTED;
	size_t width = encrypted ? TRACK_BYTES_ENCRYPTED : TRACK_BYTES;

	for (size_t i = 0; i < 3; i++) {
		uint8_t *data = report + 7 + i * width;
		size_t n = tracks[i].length;
		report[i] = bad;
		if (n == 0)
			continue;
		memcpy(data, tracks[i].text, n);
		/* Blocks of eight that only the bank can read; here they are noise. */
		for (n = encrypted ? (n + 7) / 8 * 8 : n; encrypted && n > 0; n--)
			data[n - 1] = (uint8_t)vdev_random(&h->base);
		n = encrypted ? (tracks[i].length + 7) / 8 * 8 : tracks[i].length;
		report[3 + i] = (uint8_t)n;
	}
	report[6] = bad ? 6 : 0;
	return 7 + 3 * width + encrypted;
}

static size_t pos_report(const struct track tracks[3], uint8_t *report)
{
	for (size_t i = 0; i < 3; i++) {
		report[i] = (uint8_t)tracks[i].length;
		if (tracks[i].length > 0)
			memcpy(report + 3 + i * TRACK_BYTES, tracks[i].text, tracks[i].length);
	}
	return 3 + 3 * TRACK_BYTES;
}

enum vt_code hid_swipe(struct hid_device *h, const char *text, struct vt_buf *reply)
{
	struct track tracks[3] = {{0}};
	uint8_t report[HID_MAX_REPORT] = {0};
	bool bad = strcmp(text, "bad") == 0;
	enum vt_code code;

	if (!bad && !find_tracks(text, tracks)) {
		vt_buf_append_text(reply, "swipe: bad, or tracks as %B…?;…?+…?, at most 110 "
					  "characters each, sentinels included\n");
		return VT_ERR_INVALID;
	}
	switch (h->options.type) {
	case HID_STRIPE_KEYBOARD:
		/* Unreadable, such a reader types an E between the sentinels. */
		text = bad ? "%E?;E?" : text;
		code = hid_type_text(h, text, strlen(text), false, reply);
		return code == VT_OK ? hid_type_text(h, "\n", 1, false, reply) : code;
	case HID_STRIPE_MAGTEK:
	case HID_STRIPE_ENCRYPTED: {
		size_t length = vendor_report(h, tracks, bad, report);
		return hid_send(h, report, length) ? VT_OK : VT_ERR_FULL;
	}
	case HID_STRIPE_POS:
	case HID_SCANNER_POS:
	case HID_SCANNER_KEYBOARD:
	case HID_KEYBOARD:
	case HID_KEYPAD:
		break;
	}
	size_t length = pos_report(tracks, report);
	return hid_send(h, report, length) ? VT_OK : VT_ERR_FULL;
}

/* --- scan --- */

/* "\x1d" and "\\" become bytes; returns the length, or -1. */
static int unescape(const char *text, uint8_t bytes[HID_MAX_TEXT])
{
	size_t n = 0;

	while (*text) {
		if (n == HID_MAX_TEXT)
			return -1;
		if (text[0] != '\\') {
			bytes[n++] = (uint8_t)*text++;
		} else if (text[1] == '\\') {
			bytes[n++] = '\\';
			text += 2;
		} else if (text[1] == 'x' && text[2] && text[3]) {
			const char pair[3] = {text[2], text[3], '\0'};
			if (!vt_unhex(bytes + n++, 1, pair))
				return -1;
			text += 4;
		} else {
			return -1;
		}
	}
	return (int)n;
}

/* Takes "code128 " and the like off the text; QR where nothing is said (AIM identifiers). */
static const char *symbology(const char **text)
{
	static const struct {
		const char *word, *identifier;
	} kinds[] = {{"qr ", "]Q1"}, {"code128 ", "]C0"}, {"ean13 ", "]E0"}, {"pdf417 ", "]L0"}};

	for (size_t i = 0; i < VT_ELEMENTS(kinds); i++) {
		size_t n = strlen(kinds[i].word);
		if (strncmp(*text, kinds[i].word, n) == 0) {
			*text += n;
			return kinds[i].identifier;
		}
	}
	return kinds[0].identifier;
}

static enum vt_code send_scan(
	struct hid_device *h, const char *identifier, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	do {
		uint8_t report[6 + SCAN_BYTES] = {SCAN_REPORT_ID};
		size_t n = length - at < SCAN_BYTES ? length - at : SCAN_BYTES;
		report[1] = (uint8_t)n;
		memcpy(report + 2, identifier, 3);
		memcpy(report + 5, bytes + at, n);
		at += n;
		report[5 + SCAN_BYTES] = at < length;
		if (!hid_send(h, report, sizeof(report)))
			return VT_ERR_FULL;
	} while (at < length);
	return VT_OK;
}

enum vt_code hid_scan(struct hid_device *h, const char *text, struct vt_buf *reply)
{
	uint8_t bytes[HID_MAX_TEXT];
	const char *identifier = symbology(&text);
	int length = unescape(text, bytes);

	if (length <= 0) {
		vt_buf_printf(reply,
			"scan: [qr|code128|ean13|pdf417] TEXT of 1 to %d bytes; \\xNN for a byte\n",
			HID_MAX_TEXT);
		return VT_ERR_INVALID;
	}
	if (h->options.type == HID_SCANNER_POS)
		return send_scan(h, identifier, bytes, (size_t)length);
	enum vt_code code = hid_type_text(h, (const char *)bytes, (size_t)length, false, reply);
	return code == VT_OK ? hid_type_text(h, "\n", 1, false, reply) : code;
}
