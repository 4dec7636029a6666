/* The PIN: asked for its counter first, checked for its form, sent once, wiped (ISO/IEC 7816-4
 * §11.5.6, CCID 1.1 §6.1.11 for the pad's own status words). The rule of the last try is here. */
#include <string.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define INS_VERIFY 0x20

static const struct pin_format *format_of(const struct smartcard *c)
{
	return &c->keys[c->index].pin;
}

void pin_begin(struct smartcard *c)
{
	const struct pin_format *format = format_of(c);
	struct apdu_command status = {
		.cla = format->cla, .ins = INS_VERIFY, .p2 = format->reference};

	c->phase = PHASE_STATUS;
	smartcard_send(c, &status);
}

/* Tries in 63Cx, and in 630x of some cards; -1: no number in it. */
static int tries_in(uint16_t sw)
{
	if ((sw & 0xfff0) == 0x63c0)
		return sw & 15;
	if ((sw & 0xfff0) == 0x6300 && sw != 0x6300)
		return sw & 15;
	return -1;
}

/* ---- before ---- */

static bool form_is_good(const struct pin_format *format, const char *pin)
{
	size_t length = strlen(pin);

	if (length < format->min || length > format->max)
		return false;
	for (size_t i = 0; i < length; i++)
		if (pin[i] < '0' || pin[i] > '9') {
			if (!format->any_character || format->is_bcd)
				return false;
		}
	return true;
}

/* The PIN block into ret, which is full of padding; its length. */
static size_t fill_block(
	const struct pin_format *format, const char *pin, uint8_t ret[SMARTCARD_MAX_PIN_BLOCK])
{
	size_t length = strlen(pin);

	memset(ret, format->padding, SMARTCARD_MAX_PIN_BLOCK);
	if (!format->is_bcd) {
		memcpy(ret, pin, length);
		return format->block ? format->block : length;
	}
	for (size_t i = 0; i < length; i++) {
		uint8_t digit = (uint8_t)(pin[i] - '0');

		if (i % 2 == 0)
			ret[i / 2] = (uint8_t)(digit << 4 | (format->padding & 15));
		else
			ret[i / 2] = (uint8_t)((ret[i / 2] & 0xf0) | digit);
	}
	return format->block ? format->block : (length + 1) / 2;
}

static void send_pin(struct smartcard *c)
{
	const struct pin_format *format = format_of(c);
	uint8_t block[SMARTCARD_MAX_PIN_BLOCK];
	struct apdu_command verify = {.cla = format->cla,
		.ins = INS_VERIFY,
		.p2 = format->reference,
		.data = block,
		.is_secret = true};

	verify.length = fill_block(format, vt_secret_get(&c->pin), block);
	c->phase = PHASE_PIN;
	smartcard_send(c, &verify);
	vt_wipe(block, sizeof(block));
	vt_secret_finish(&c->pin);
}

static void ask_pad(struct smartcard *c)
{
	const struct pin_format *format = format_of(c);
	struct smartcard_pad pad = {
		.min_digits = format->min, .max_digits = format->max, .is_bcd = format->is_bcd};
	/* A block without padding still needs room for the longest PIN. */
	size_t block = format->block	? format->block
		       : format->is_bcd ? (format->max + 1u) / 2
					: format->max;

	pad.apdu[0] = format->cla;
	pad.apdu[1] = INS_VERIFY;
	pad.apdu[3] = format->reference;
	pad.apdu[4] = (uint8_t)block;
	memset(pad.apdu + 5, format->padding, block);
	pad.apdu_length = 5 + block;
	c->phase = PHASE_PIN;
	smartcard_ask_pad(c, &pad);
}

static bool last_try_is_near(const struct smartcard *c)
{
	return c->tries == 1 || (c->tries < 0 && c->wrong_uncounted);
}

static void decide(struct smartcard *c)
{
	if (c->tries == 0)
		smartcard_end(c, SMARTCARD_BLOCKED);
	else if (last_try_is_near(c) && !c->use_last_try)
		smartcard_end(c, SMARTCARD_LAST_TRY);
	else if (c->use_pad)
		ask_pad(c);
	else if (!form_is_good(format_of(c), vt_secret_get(&c->pin)))
		smartcard_end(c, SMARTCARD_PIN_FORM);
	else
		send_pin(c);
}

static void on_status(struct smartcard *c)
{
	uint16_t sw = c->exchange.sw;
	int tries = tries_in(sw);

	if (tries >= 0)
		c->tries = tries;
	else if (sw == 0x6983)
		c->tries = 0;
	else if (sw == 0x9000)
		c->tries = -1; /* logged in: the counter is full, its size not told */
	if (c->operation == SMARTCARD_LIST)
		smartcard_end(c, SMARTCARD_OK);
	else
		decide(c);
}

/* ---- after ---- */

static void on_verify(struct smartcard *c, uint16_t sw)
{
	int tries = tries_in(sw);

	c->sw = sw;
	if (sw == 0x9000) {
		c->tries = -1;
		c->wrong_uncounted = false;
		smartcard_verified(c);
		return;
	}
	if (tries < 0 && sw != 0x6983 && sw != 0x6300 && sw != 0x6982 && sw != 0x6985) {
		smartcard_end(c, SMARTCARD_REFUSED);
		return;
	}
	/* libcacard says 6985 for a wrong PIN and counts nothing (devices.md C.4). */
	c->tries = sw == 0x6983 ? 0 : tries;
	if (c->tries < 0)
		c->wrong_uncounted = true;
	smartcard_end(c, c->tries == 0 ? SMARTCARD_BLOCKED : SMARTCARD_PIN_WRONG);
}

void pin_reply(struct smartcard *c)
{
	if (c->phase == PHASE_STATUS)
		on_status(c);
	else
		on_verify(c, c->exchange.sw);
}

void pin_pad_reply(struct smartcard *c, const uint8_t *data, size_t length)
{
	uint16_t sw;

	/* VERIFY answers with a status word and nothing else. */
	if (length != 2) {
		smartcard_end(c, SMARTCARD_MALFORMED);
		return;
	}
	sw = (uint16_t)(data[0] << 8 | data[1]);
	if (sw == 0x6400)
		smartcard_end(c, SMARTCARD_PAD_TIMED_OUT);
	else if (sw == 0x6401)
		smartcard_end(c, c->cancelling ? SMARTCARD_CANCELLED : SMARTCARD_PAD_CANCELLED);
	else if (sw == 0x6402 || sw == 0x6403)
		smartcard_end(c, SMARTCARD_PIN_FORM);
	else
		on_verify(c, sw);
}
