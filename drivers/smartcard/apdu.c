#include "drivers/smartcard/apdu.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define SHORT_DATA  255
#define CLA_CHAINED 0x10

/* ---- form ---- */

static bool is_long(const struct apdu_command *command)
{
	return command->length > SHORT_DATA || command->expected > APDU_ALL;
}

/* Cases 1 to 4 (ISO/IEC 7816-3 §12.1.3). */
size_t apdu_encode(const struct apdu_command *command, bool extended, uint8_t *ret, size_t size)
{
	size_t at = 0;

	if ((!extended && is_long(command)) || command->length > 65535 ||
		command->expected > 65536 || size < command->length + 9)
		return 0;
	ret[at++] = command->cla;
	ret[at++] = command->ins;
	ret[at++] = command->p1;
	ret[at++] = command->p2;
	if (extended && (command->length > 0 || command->expected > 0))
		ret[at++] = 0;
	if (command->length > 0) {
		if (extended)
			ret[at++] = (uint8_t)(command->length >> 8);
		ret[at++] = (uint8_t)command->length;
		memcpy(ret + at, command->data, command->length);
		at += command->length;
	}
	if (command->expected > 0) {
		if (extended)
			ret[at++] = (uint8_t)(command->expected >> 8); /* 65,536 = 00 00 */
		ret[at++] = (uint8_t)command->expected;
	}
	return at;
}

/* ---- the exchange ---- */

static enum apdu_next send(struct apdu_exchange *x, const struct apdu_command *command)
{
	if (++x->rounds > APDU_MAX_ROUNDS)
		return APDU_MALFORMED;
	x->raw_length = apdu_encode(command, x->extended, x->raw, sizeof(x->raw));
	VT_ASSERT(x->raw_length > 0);
	return APDU_SEND;
}

/* The next part of the command: the whole of it if it fits. */
static enum apdu_next send_part(struct apdu_exchange *x)
{
	struct apdu_command part = x->command;

	part.data = x->data + x->sent;
	part.length = x->command.length - x->sent;
	if (!x->extended && part.length > SHORT_DATA) {
		part.cla |= CLA_CHAINED;
		part.length = SHORT_DATA;
		part.expected = 0;
	}
	x->sent += part.length;
	return send(x, &part);
}

void exchange_begin(struct apdu_exchange *x, const struct apdu_command *command, bool may_extend)
{
	VT_ASSERT(command->length <= APDU_MAX_DATA && command->expected <= 65536);
	VT_ASSERT(!command->is_secret || command->length <= SHORT_DATA);
	exchange_finish(x);
	x->command = *command;
	if (command->length > 0)
		memcpy(x->data, command->data, command->length);
	x->command.data = x->data;
	x->may_extend = may_extend;
	x->extended = may_extend && command->expected > APDU_ALL;
	if (!x->extended && command->expected > APDU_ALL)
		x->command.expected = APDU_ALL; /* the rest comes by 61xx */
	(void)send_part(x);
	if (command->is_secret)
		vt_wipe(x->data, sizeof(x->data));
}

static enum apdu_next fetch(struct apdu_exchange *x, size_t expected)
{
	/* The class keeps its channel, not the chaining bit. */
	struct apdu_command get = {.cla = (uint8_t)(x->command.cla & 0x03),
		.ins = 0xc0,
		.expected = expected > 0 ? expected : APDU_ALL};

	x->fetching = true;
	x->extended = false;
	return send(x, &get);
}

static enum apdu_next correct(struct apdu_exchange *x, size_t expected)
{
	/* A second correction, one that has brought data, or of a PIN: no card of good will. */
	if (x->corrected || x->command.is_secret || x->sent < x->command.length)
		return APDU_MALFORMED;
	x->corrected = true;
	if (x->fetching)
		return fetch(x, expected);
	x->command.expected = expected > 0 ? expected : APDU_ALL;
	if (x->command.length <= SHORT_DATA)
		x->sent = 0;
	else
		return APDU_MALFORMED; /* the chain would have to be sent again: not for an Le */
	return send_part(x);
}

static bool knows_no_chaining(const struct apdu_exchange *x)
{
	return x->may_extend && !x->extended && !x->command.is_secret &&
	       x->command.length > SHORT_DATA &&
	       (x->sw == 0x6884 || (x->sw == 0x6e00 && x->sent == SHORT_DATA));
}

enum apdu_next exchange_take(struct apdu_exchange *x, const uint8_t *response, size_t length)
{
	uint8_t sw1, sw2;

	vt_wipe(x->raw, sizeof(x->raw));
	x->raw_length = 0;
	if (length < 2)
		return APDU_MALFORMED;
	length -= 2;
	sw1 = response[length];
	sw2 = response[length + 1];
	x->sw = (uint16_t)(sw1 << 8 | sw2);
	/* Status words are 6xxx and 9xxx (ISO/IEC 7816-3 §12.2.1), 60 is T=0's own. */
	if (sw1 == 0x60 || (sw1 >> 4 != 6 && sw1 >> 4 != 9))
		return APDU_MALFORMED;
	if (length > sizeof(x->reply) - x->reply_length)
		return APDU_MALFORMED;
	if (length > 0)
		memcpy(x->reply + x->reply_length, response, length);
	x->reply_length += length;
	if (knows_no_chaining(x)) {
		x->extended = true;
		x->sent = x->reply_length = 0;
		return send_part(x);
	}
	if (sw1 == 0x6c)
		return length == 0 ? correct(x, sw2) : APDU_MALFORMED;
	if (sw1 == 0x61)
		return x->sent == x->command.length ? fetch(x, sw2) : APDU_MALFORMED;
	if (x->sent < x->command.length && x->sw == 0x9000)
		return length == 0 ? send_part(x) : APDU_MALFORMED;
	return APDU_DONE;
}

void exchange_finish(struct apdu_exchange *x)
{
	vt_wipe(x, sizeof(*x));
}

/* ---- status words ---- */

/* ISO/IEC 7816-4 tables 5 to 7; the first row whose bits match. */
static const struct {
	uint16_t sw, mask;
	enum vt_code code;
	const char *text;
} meanings[] = {
	{0x9000, 0xffff, VT_OK, "ok"},
	{0x6281, 0xffff, VT_OK, "data may be corrupt"},
	{0x6282, 0xffff, VT_OK, "end of file reached"},
	{0x6283, 0xffff, VT_ERR_DENIED, "file deactivated"},
	{0x6200, 0xff00, VT_OK, "warning"},
	{0x63c0, 0xfff0, VT_ERR_DENIED, "wrong PIN, tries counted"},
	{0x6300, 0xfff0, VT_ERR_DENIED, "wrong PIN"},
	{0x6400, 0xff00, VT_ERR_DEVICE, "execution error"},
	{0x6581, 0xffff, VT_ERR_DEVICE, "memory error"},
	{0x6700, 0xffff, VT_ERR_INVALID, "wrong length"},
	{0x6882, 0xffff, VT_ERR_UNSUPPORTED, "no secure messaging"},
	{0x6883, 0xffff, VT_ERR_INVALID, "last part of the chain expected"},
	{0x6884, 0xffff, VT_ERR_UNSUPPORTED, "no chaining"},
	{0x6900, 0xffff, VT_ERR_DENIED, "not allowed"},
	{0x6981, 0xffff, VT_ERR_INVALID, "wrong kind of file"},
	{0x6982, 0xffff, VT_ERR_DENIED, "security status not satisfied"},
	{0x6983, 0xffff, VT_ERR_DENIED, "PIN blocked"},
	{0x6984, 0xffff, VT_ERR_DENIED, "reference data not usable"},
	{0x6985, 0xffff, VT_ERR_DENIED, "conditions of use not satisfied"},
	{0x6986, 0xffff, VT_ERR_STATE, "no current file"},
	{0x6a80, 0xffff, VT_ERR_INVALID, "bad data"},
	{0x6a81, 0xffff, VT_ERR_UNSUPPORTED, "no such function"},
	{0x6a82, 0xffff, VT_ERR_NOT_FOUND, "file or application not found"},
	{0x6a83, 0xffff, VT_ERR_NOT_FOUND, "record not found"},
	{0x6a84, 0xffff, VT_ERR_FULL, "no space in the file"},
	{0x6a86, 0xffff, VT_ERR_INVALID, "wrong P1 or P2"},
	{0x6a88, 0xffff, VT_ERR_NOT_FOUND, "reference data not found"},
	{0x6b00, 0xffff, VT_ERR_INVALID, "wrong P1 or P2"},
	{0x6d00, 0xffff, VT_ERR_UNSUPPORTED, "instruction not known"},
	{0x6e00, 0xffff, VT_ERR_UNSUPPORTED, "class not known"},
	{0x6f00, 0xffff, VT_ERR_DEVICE, "no diagnosis"},
};

enum vt_code apdu_sw_code(uint16_t sw)
{
	for (size_t i = 0; i < VT_ELEMENTS(meanings); i++)
		if ((sw & meanings[i].mask) == meanings[i].sw)
			return meanings[i].code;
	return VT_ERR_DEVICE;
}

const char *apdu_sw_text(uint16_t sw)
{
	for (size_t i = 0; i < VT_ELEMENTS(meanings); i++)
		if ((sw & meanings[i].mask) == meanings[i].sw)
			return meanings[i].text;
	return "unknown status word";
}
