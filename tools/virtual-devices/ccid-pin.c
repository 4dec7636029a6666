/* Secure (CCID 1.1 §6.1.11): the pad asks a person for the PIN, puts it into the APDU that the host
 * prepared, and sends that to the card. The host never sees the digits. */

#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/ccid-internal.h"

/* Where things stand in the PIN data structures (§6.1.11.1 verify, §6.1.11.7 modify). */
struct pin_layout {
	size_t offset_old, offset_new; /* insertion offsets; modify only */
	uint8_t format, block, length_format, min, max, confirm;
	size_t prologue; /* bTeoPrologue; the APDU follows */
};

/* Returns 0, or the index of the wrong byte in the message. */
static uint8_t read_layout(const uint8_t *d, size_t length, struct pin_layout *ret)
{
	struct pin_layout l = {.format = length > 2 ? d[2] : 0};
	bool modify = length > 0 && d[0] == 1;
	size_t digits = modify ? 7 : 5, validation = modify ? 10 : 7;

	if (length < 20 || d[0] > 1)
		return CCID_HEADER;
	l.block = d[3];
	l.length_format = d[4];
	l.max = d[digits];
	l.min = d[digits + 1];
	l.prologue = 12;
	if (modify) {
		l.offset_old = d[5];
		l.offset_new = d[6];
		l.confirm = d[9];
		l.prologue = d[11] == 0 ? 15 : d[11] == 3 ? 17 : 16;
	}
	if (d[validation] == 0 || d[validation] > 7)
		return (uint8_t)(CCID_HEADER + validation);
	if (l.min > l.max || l.max > 16)
		return (uint8_t)(CCID_HEADER + digits);
	/* The APDU with its Lc, and room for the digits where their block has no size of its own.
	 */
	const uint8_t *apdu = d + l.prologue + 3;
	if (length < l.prologue + 3 + 5 || length != l.prologue + 3 + 5 + apdu[4])
		return CCID_ERROR_LENGTH;
	*ret = l;
	return 0;
}

void ccid_secure(struct ccid_reader *r, unsigned index, const uint8_t *data, size_t length)
{
	struct ccid_slot *s = &r->slots[index];
	struct pin_layout layout;

	if (length > sizeof(s->pin_block) || length == 0) {
		ccid_fail(r, index, CCID_ERROR_LENGTH);
		return;
	}
	if (data[0] > 1 || !(r->options.pin_support & 1 << data[0])) {
		ccid_fail(r, index, CCID_ERROR_NOT_SUPPORTED);
		return;
	}
	uint8_t wrong = read_layout(data, length, &layout);
	if (wrong != 0) {
		ccid_fail(r, index, wrong);
		return;
	}
	memcpy(s->pin_block, data, length);
	s->pin_length = length;
	s->wait = WAIT_PIN;
	s->ready_ms = r->base.now_ms + 1000 * (int64_t)(data[1] == 0 ? 30 : data[1]);
	vdev_note(&r->base, "the pad asks for a PIN");
}

static void put_digit(uint8_t *block, size_t bit, unsigned width, unsigned value)
{
	for (unsigned i = 0; i < width; i++) {
		size_t at = bit + i;
		unsigned one = value >> (width - 1 - i) & 1;
		block[at / 8] =
			(uint8_t)((block[at / 8] & ~(0x80 >> at % 8)) | (one ? 0x80 >> at % 8 : 0));
	}
}

/* Puts digits into apdu[*length] at byte `offset` behind the header; grows an APDU whose PIN block
 * has no size of its own. False if it does not fit what the host prepared. */
static bool insert_pin(const struct pin_layout *l, uint8_t *apdu, size_t *length, size_t offset,
	const char *digits)
{
	size_t count = strlen(digits);
	unsigned type = l->format & 3, width = type == 1 ? 4 : 8;
	size_t position = l->format >> 3 & 15, size = l->block & 15;
	size_t at_bit = l->format & 0x80 ? 8 * position : position;

	if (*length < 5)
		return false;
	if (size == 0) {
		/* The PIN as long as it is: Lc and APDU grow. */
		size = (count * width + 7) / 8;
		if (*length + size > 261 || *length != 5 + offset)
			return false;
		memset(apdu + *length, 0xff, size);
		*length += size;
		apdu[4] = (uint8_t)(*length - 5);
	}
	size_t block_bits = 8 * (5 + offset) + at_bit;
	if (count * width > 8 * size || block_bits + 8 * size > 8 * *length)
		return false;
	if (l->format & 4) /* right justified */
		block_bits += 8 * size - count * width;
	for (size_t i = 0; i < count; i++)
		put_digit(apdu, block_bits + i * width, width,
			type == 2 ? (unsigned)digits[i] : (unsigned)(digits[i] - '0'));
	unsigned length_bits = l->block >> 4;
	size_t length_at = l->length_format & 15;
	if (length_bits > 0) {
		size_t bit =
			8 * (5 + offset) + (l->length_format & 0x10 ? 8 * length_at : length_at);
		if (bit + length_bits > 8 * *length)
			return false;
		put_digit(apdu, bit, length_bits, (unsigned)count);
	}
	return true;
}

static bool all_digits(const char *text, size_t min, size_t max)
{
	size_t n = strspn(text, "0123456789");

	return text[n] == '\0' && n >= min && n <= max;
}

/* PIN APDU complete: to the card, as a block of its own at T=1 TPDU level. */
static void send_apdu(struct ccid_reader *r, unsigned index, const uint8_t prologue[3],
	const uint8_t *apdu, size_t length)
{
	uint8_t block[300];

	if (r->options.level != CCID_LEVEL_TPDU || r->slots[index].protocol == 0) {
		ccid_to_card(r, index, apdu, length);
		return;
	}
	memcpy(block, prologue, 3);
	block[2] = (uint8_t)length;
	memcpy(block + 3, apdu, length);
	size_t edc =
		card_t1_edc(r->slots[index].link.atr.crc, block, 3 + length, block + 3 + length);
	ccid_to_card(r, index, block, 3 + length + edc);
	vt_wipe(block, sizeof(block));
}

bool ccid_pin_entered(struct ccid_reader *r, unsigned index, size_t count,
	const char *const *entries, struct vt_buf *reply)
{
	struct ccid_slot *s = &r->slots[index];
	struct pin_layout l;
	uint8_t apdu[600], prologue[3];
	bool modify = s->pin_block[0] == 1;

	(void)read_layout(s->pin_block, s->pin_length, &l); /* was good when it came */
	bool old = !modify || l.confirm & 2;
	size_t wanted = modify ? 1U + (l.confirm & 1) + (l.confirm >> 1 & 1) : 1;
	if (count != wanted) {
		vt_buf_printf(reply, "the pad asks for %zu entries\n", wanted);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!all_digits(entries[i], l.min, l.max)) {
			vt_buf_printf(reply, "the pad wants %u to %u digits\n", l.min, l.max);
			return false;
		}
	}
	size_t length = s->pin_length - l.prologue - 3;
	memcpy(prologue, s->pin_block + l.prologue, 3);
	memcpy(apdu, s->pin_block + l.prologue + 3, length);
	vt_wipe(s->pin_block, sizeof(s->pin_block));
	s->wait = WAIT_NONE;
	const char *fresh = modify ? entries[old ? 1 : 0] : NULL;
	bool good = !modify || !(l.confirm & 1) || strcmp(fresh, entries[count - 1]) == 0;
	if (!good) {
		ccid_fail(r, index, CCID_ERROR_PIN_CANCELLED);
		return true;
	}
	if (old)
		good = insert_pin(&l, apdu, &length, l.offset_old, entries[0]);
	if (good && modify)
		good = insert_pin(&l, apdu, &length, l.offset_new, fresh);
	if (!good || length > 261)
		ccid_fail(r, index, CCID_HEADER + 3);
	else
		send_apdu(r, index, prologue, apdu, length);
	vt_wipe(apdu, sizeof(apdu));
	return true;
}

void ccid_pin_form(struct ccid_reader *r, unsigned index)
{
	static const uint8_t wrong_length[] = {0x64, 0x03};

	ccid_succeed(r, index, 0, wrong_length, sizeof(wrong_length));
}
