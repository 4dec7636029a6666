#include "tools/virtual-devices/card-link.h"

#include <string.h>

#define INS_GET_RESPONSE 0xc0

/* --- ATR --- */

struct atr_reader {
	const uint8_t *data;
	size_t length, at;
	bool bad;
};

static uint8_t next_byte(struct atr_reader *r)
{
	if (r->at >= r->length) {
		r->bad = true;
		return 0;
	}
	return r->data[r->at++];
}

/* Interface bytes TA(i) TB(i) TC(i) that follow TD(i-1) = y. */
static void read_group(struct atr_reader *r, uint8_t y, int i, int t, struct card_atr *a)
{
	if (y & 0x10) {
		uint8_t ta = next_byte(r);
		if (i == 1)
			a->fidi = ta;
		else if (i == 2) {
			a->specific = true;
			a->first = ta & 0x0f;
		} else if (t == 1 && ta != 0 && ta != 0xff)
			a->ifsc = ta;
	}
	if (y & 0x20)
		next_byte(r);
	if (y & 0x40) {
		uint8_t tc = next_byte(r);
		if (i > 2 && t == 1)
			a->crc = tc & 1;
	}
}

bool card_atr_parse(const uint8_t *atr, size_t length, struct card_atr *ret)
{
	struct atr_reader r = {.data = atr, .length = length, .at = 1};
	struct card_atr a = {.fidi = 0x11, .ifsc = 32};
	bool named = false, checked = false;
	int t = 0;

	if (length < 2 || length > CARD_MAX_ATR || (atr[0] != 0x3b && atr[0] != 0x3f))
		return false;
	uint8_t y = next_byte(&r);
	size_t historical = y & 0x0f;
	for (int i = 1; !r.bad && i <= 8; i++) {
		read_group(&r, y, i, t, &a);
		if (!(y & 0x80))
			break;
		y = next_byte(&r);
		t = y & 0x0f;
		if (t < 15)
			a.protocols |= 1U << t;
		if (!named && !a.specific)
			a.first = t;
		named = true;
		checked |= t != 0;
	}
	if (a.protocols == 0)
		a.protocols = 1;
	if (r.bad || r.at + historical + checked != length)
		return false;
	uint8_t sum = 0;
	for (size_t i = 1; i < length; i++)
		sum ^= atr[i];
	if (checked && sum != 0)
		return false;
	*ret = a;
	return true;
}

/* --- life --- */

bool card_link_begin(struct card_link *link, struct card *card, const uint8_t *atr, size_t length)
{
	card_link_finish(link);
	link->card = card;
	if (!card_atr_parse(atr, length, &link->atr))
		return false;
	link->protocol = link->atr.first;
	link->pps_allowed = !link->atr.specific;
	vt_buf_init(&link->in, CARD_MAX_APDU);
	card_t1_begin(link);
	return true;
}

void card_link_finish(struct card_link *link)
{
	struct card_link_faults faults = link->faults;

	vt_buf_finish(&link->in);
	*link = (struct card_link){.faults = faults};
}

bool card_link_choose(struct card_link *link, int protocol)
{
	if (link->protocol == protocol)
		return true;
	if (link->atr.specific || protocol < 0 || protocol > 1 ||
		!(link->atr.protocols & 1U << protocol))
		return false;
	link->protocol = protocol;
	card_t1_begin(link);
	return true;
}

static void answer_bytes(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret)
{
	memcpy(link->block, data, length);
	link->block_length = length;
	*ret = (struct card_link_answer){.data = link->block, .length = length};
}

/* --- PPS --- */

/* Answers as it is if the protocol is offered; a faster speed than TA1 says is not agreed to (the
 * answer leaves PPS1 out). */
static void do_pps(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret)
{
	uint8_t sum = 0, answer[6];
	size_t optional = 0;
	int protocol = length > 1 ? data[1] & 0x0f : 15;

	*ret = (struct card_link_answer){.mute = true};
	for (size_t i = 0; i < length; i++)
		sum ^= data[i];
	for (int bit = 4; length > 1 && bit < 7; bit++)
		optional += data[1] >> bit & 1;
	if (!link->pps_allowed || length < 3 || length != 3 + optional || sum != 0 ||
		!card_link_choose(link, protocol))
		return;
	link->pps_allowed = false;
	memcpy(answer, data, length);
	if (data[1] & 0x10 && data[2] != link->atr.fidi && data[2] > link->atr.fidi) {
		answer[1] = (uint8_t)protocol;
		answer[2] = (uint8_t)(0xff ^ protocol);
		length = 3;
	}
	answer_bytes(link, answer, length, ret);
}

/* --- T=0 --- */

static void answer_word(struct card_link *link, uint16_t sw, struct card_link_answer *ret)
{
	const uint8_t bytes[2] = {(uint8_t)(sw >> 8), (uint8_t)sw};

	answer_bytes(link, bytes, sizeof(bytes), ret);
}

static void transmit(struct card_link *link, const uint8_t *apdu, size_t length, bool le_known,
	struct card_link_answer *ret)
{
	*ret = (struct card_link_answer){.mute = false};
	ret->delay_ms = card_transmit(link->card, apdu, length, le_known, &ret->data, &ret->length);
	ret->mute = ret->delay_ms < 0;
}

/* A card of T=0 can send exactly P3 bytes or none: with fewer there it says how many (6Cxx). */
static void do_receive(struct card_link *link, const uint8_t *tpdu, struct card_link_answer *ret)
{
	size_t le = tpdu[4] == 0 ? 256 : tpdu[4];
	size_t waiting = link->card->rest_length - link->card->rest_at;

	if (tpdu[1] == INS_GET_RESPONSE && waiting > 0 && waiting < le) {
		answer_word(link, (uint16_t)(0x6c00 | waiting), ret);
		return;
	}
	transmit(link, tpdu, 5, true, ret);
	size_t n = ret->length - 2;
	if (!ret->mute && n > 0 && n < le)
		answer_word(link, (uint16_t)(0x6c00 | n), ret);
}

static bool do_t0(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret)
{
	if (length == 4) {
		transmit(link, data, 4, true, ret);
		return true;
	}
	if (length < 4 || (length > 5 && length != 5U + data[4]))
		return false;
	if (link->card->ops->raw)
		transmit(link, data, length, false, ret);
	else if (length == 5)
		do_receive(link, data, ret);
	else
		transmit(link, data, length, false, ret);
	return true;
}

/* --- levels --- */

bool card_link_exchange(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret)
{
	if (length > 0 && data[0] == 0xff && link->pps_allowed) {
		do_pps(link, data, length, ret);
		return true;
	}
	link->pps_allowed = false;
	if (link->protocol == 0)
		return do_t0(link, data, length, ret);
	card_t1_block(link, data, length, ret);
	return true;
}

bool card_link_apdu(
	struct card_link *link, const uint8_t *apdu, size_t length, struct card_link_answer *ret)
{
	struct card_command c;

	link->pps_allowed = false;
	if (!card_parse_apdu(apdu, length, &c))
		return false;
	if (link->protocol != 0 || link->card->ops->raw) {
		transmit(link, apdu, length, true, ret);
		return true;
	}
	if (c.extended)
		return false;
	/* Case 4 goes out as case 3; that GET RESPONSE is due is for the host to see (61xx). */
	return do_t0(link, apdu, c.length > 0 ? 5 + c.length : length, ret);
}
