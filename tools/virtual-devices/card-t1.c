/* T=1, the card's half (ISO/IEC 7816-3 §11). A card never starts: it answers each block.
 *
 *   I-block, right N(S) ── more to come ──→ R(next)
 *                       └─ whole command ─→ [S(WTX), S(IFS) …] → I-block(s) of the answer
 *   R(next) ──→ next I-block of the chain      R(same), R(error) ──→ last block again
 *   S(RESYNCH, IFS, ABORT request) ──→ S(response)
 *   anything broken ──→ R with error 1 (EDC) or 2 (other) */

#include <string.h>

#include "tools/virtual-devices/card-link.h"

#define PCB_R	    0x80
#define PCB_S	    0xc0
#define PCB_MORE    0x20
#define S_RESYNCH   0x00
#define S_IFS	    0x01
#define S_ABORT	    0x02
#define S_WTX	    0x03
#define S_RESPONSE  0x20
#define ERROR_EDC   1
#define ERROR_OTHER 2
/* One slice of thinking between two S(WTX request). */
#define WTX_MS 1000

size_t card_t1_edc(bool crc, const uint8_t *data, size_t length, uint8_t edc[2])
{
	uint16_t sum = 0xffff;

	if (!crc) {
		edc[0] = 0;
		for (size_t i = 0; i < length; i++)
			edc[0] ^= data[i];
		return 1;
	}
	for (size_t i = 0; i < length; i++) {
		sum ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)(sum & 1 ? sum >> 1 ^ 0x8408 : sum >> 1);
	}
	edc[0] = (uint8_t)(sum >> 8);
	edc[1] = (uint8_t)sum;
	return 2;
}

void card_t1_begin(struct card_link *link)
{
	link->nad = -1;
	link->ns = link->nr = false;
	link->ifsd = 32;
	link->out = NULL;
	link->out_length = link->out_at = link->out_part = 0;
	link->wait_ms = 0;
	link->s_pending = false;
	link->block_length = 0;
	vt_buf_reset(&link->in);
}

/* --- sending --- */

static bool take_fault(unsigned *count)
{
	if (*count == 0)
		return false;
	(*count)--;
	return true;
}

static void send_again(struct card_link *link, int64_t delay_ms, struct card_link_answer *ret)
{
	*ret = (struct card_link_answer){
		.data = link->block, .length = link->block_length, .delay_ms = delay_ms};
	ret->mute = take_fault(&link->faults.lost);
}

static void send_block(struct card_link *link, uint8_t pcb, const uint8_t *data, size_t length,
	int64_t delay_ms, struct card_link_answer *ret)
{
	uint8_t *b = link->block;

	/* Ours is the host's with source and destination exchanged. */
	b[0] = link->nad < 0 ? 0 : (uint8_t)(link->nad << 4 | link->nad >> 4);
	b[1] = pcb;
	b[2] = (uint8_t)length;
	if (length > 0)
		memcpy(b + 3, data, length);
	link->block_length = 3 + length + card_t1_edc(link->atr.crc, b, 3 + length, b + 3 + length);
	link->block_is_bad = true;
	if (take_fault(&link->faults.bad_edc)) {
		b[link->block_length - 1] ^= 0x5a;
	} else if (take_fault(&link->faults.bad_nad)) {
		b[0] ^= 0x21;
		card_t1_edc(link->atr.crc, b, 3 + length, b + 3 + length);
	} else {
		link->block_is_bad = false;
	}
	send_again(link, delay_ms, ret);
}

static void send_r(struct card_link *link, uint8_t error, struct card_link_answer *ret)
{
	send_block(link, (uint8_t)(PCB_R | (link->nr ? 0x10 : 0) | error), NULL, 0, 0, ret);
}

static void send_s(struct card_link *link, uint8_t what, const uint8_t *value, int64_t delay_ms,
	struct card_link_answer *ret)
{
	send_block(link, PCB_S | what, value, value ? 1 : 0, delay_ms, ret);
}

/* The part of the answer that is due now. */
static void send_part(struct card_link *link, int64_t delay_ms, struct card_link_answer *ret)
{
	size_t n = link->out_length - link->out_at;
	bool more = n > link->ifsd;
	uint8_t pcb = link->ns ? 0x40 : 0;

	if (more)
		n = link->ifsd;
	if (more && take_fault(&link->faults.abort)) {
		link->out = NULL;
		link->s_pending = true;
		send_s(link, S_ABORT, NULL, 0, ret);
		return;
	}
	link->out_part = n;
	if (take_fault(&link->faults.bad_seq))
		pcb ^= 0x40;
	send_block(link, (uint8_t)(pcb | (more ? PCB_MORE : 0)), link->out + link->out_at, n,
		delay_ms, ret);
}

/* What is due next on the way to the answer: a request of ours, or the answer's first part. */
static void go_on(struct card_link *link, struct card_link_answer *ret)
{
	int64_t slice = link->wait_ms < WTX_MS ? link->wait_ms : WTX_MS;
	static const uint8_t one = 1;

	link->s_pending = true;
	if (link->faults.ifs != 0) {
		const uint8_t ifs = link->faults.ifs;
		link->faults.ifs = 0;
		link->atr.ifsc = ifs;
		send_s(link, S_IFS, &ifs, 0, ret);
	} else if (take_fault(&link->faults.wtx)) {
		send_s(link, S_WTX, &one, 0, ret);
	} else if (link->wait_ms > slice) {
		link->wait_ms -= slice;
		send_s(link, S_WTX, &one, slice, ret);
	} else {
		link->wait_ms = 0;
		link->s_pending = false;
		send_part(link, slice, ret);
	}
}

/* --- receiving --- */

static void run_command(struct card_link *link, struct card_link_answer *ret)
{
	static const uint8_t one = 1;

	int64_t delay_ms = card_transmit(
		link->card, link->in.data, link->in.length, true, &link->out, &link->out_length);
	vt_buf_reset(&link->in);
	link->out_at = link->out_part = 0;
	if (delay_ms < 0) {
		*ret = (struct card_link_answer){.mute = true};
		link->out = NULL;
		return;
	}
	link->wait_ms = delay_ms;
	/* A slow one asks for time before it begins, not after. */
	if (delay_ms > 0) {
		link->s_pending = true;
		send_s(link, S_WTX, &one, 0, ret);
		return;
	}
	go_on(link, ret);
}

static void got_i(struct card_link *link, uint8_t pcb, const uint8_t *data, size_t length,
	struct card_link_answer *ret)
{
	if ((pcb & 0x40) != (link->nr ? 0x40 : 0) || pcb & 0x1f || link->s_pending) {
		send_r(link, ERROR_OTHER, ret);
		return;
	}
	/* It acknowledges our last answer. */
	if (link->out) {
		link->out = NULL;
		link->ns = !link->ns;
	}
	vt_buf_append(&link->in, data, length);
	link->nr = !link->nr;
	if (link->in.failed != VT_OK || link->in.length == 0) {
		/* More than any APDU, or an empty one: as the applet would answer it. */
		vt_buf_reset(&link->in);
		if (!(pcb & PCB_MORE)) {
			vt_buf_append_byte(&link->in, 0);
			run_command(link, ret);
			return;
		}
	}
	if (pcb & PCB_MORE)
		send_r(link, 0, ret);
	else
		run_command(link, ret);
}

static void got_r(struct card_link *link, uint8_t pcb, struct card_link_answer *ret)
{
	bool wanted = pcb & 0x10;

	if (link->out && !link->s_pending && link->out_at + link->out_part < link->out_length &&
		wanted != link->ns && (pcb & 0x0f) == 0) {
		link->out_at += link->out_part;
		link->ns = !link->ns;
		send_part(link, 0, ret);
		return;
	}
	if (link->out && !link->s_pending && wanted == link->ns) {
		send_part(link, 0, ret);
		return;
	}
	if (link->block_length == 0) {
		send_r(link, ERROR_OTHER, ret);
		return;
	}
	/* A block of ours did not arrive well: the same again, without the fault in it. */
	if (link->block_is_bad) {
		uint8_t copy[CARD_MAX_BLOCK];
		memcpy(copy, link->block, sizeof(copy));
		send_block(link, copy[1], copy + 3, copy[2], 0, ret);
		return;
	}
	send_again(link, 0, ret);
}

static void got_s(struct card_link *link, uint8_t pcb, const uint8_t *data, size_t length,
	struct card_link_answer *ret)
{
	uint8_t what = pcb & 0x1f;

	if (pcb & S_RESPONSE) {
		/* Whatever we asked for is granted, if it is the answer to it. */
		if (link->s_pending && (link->block[1] & 0x1f) == what && what != S_RESYNCH) {
			link->s_pending = false;
			if (what == S_ABORT)
				send_r(link, 0, ret);
			else
				go_on(link, ret);
			return;
		}
		send_r(link, ERROR_OTHER, ret);
	} else if (what == S_RESYNCH && length == 0) {
		size_t ifsd = link->ifsd;
		int nad = link->nad;
		card_t1_begin(link);
		link->ifsd = ifsd;
		link->nad = nad;
		send_s(link, S_RESPONSE | S_RESYNCH, NULL, 0, ret);
	} else if (what == S_IFS && length == 1 && data[0] != 0 && data[0] != 0xff) {
		link->ifsd = data[0];
		send_s(link, S_RESPONSE | S_IFS, data, 0, ret);
	} else if (what == S_ABORT && length == 0) {
		vt_buf_reset(&link->in);
		if (link->out)
			link->ns = !link->ns;
		link->out = NULL;
		link->s_pending = false;
		send_s(link, S_RESPONSE | S_ABORT, NULL, 0, ret);
	} else {
		send_r(link, ERROR_OTHER, ret);
	}
}

/* ISO/IEC 7816-3 §11.3.2.1: the first block fixes both addresses; no programming voltage (bits 80
 * and 08), and the two differ unless they are not used. */
static bool nad_fits(struct card_link *link, uint8_t nad)
{
	if (nad & 0x88 || (nad != 0 && nad >> 4 == (nad & 7)))
		return false;
	if (link->nad < 0)
		link->nad = nad;
	return link->nad == nad;
}

void card_t1_block(
	struct card_link *link, const uint8_t *data, size_t length, struct card_link_answer *ret)
{
	uint8_t edc[2];
	size_t edc_length = link->atr.crc ? 2 : 1;

	if (length < 3 + edc_length || data[2] == 0xff || length != 3U + data[2] + edc_length ||
		!nad_fits(link, data[0])) {
		send_r(link, ERROR_OTHER, ret);
		return;
	}
	size_t n = data[2];
	card_t1_edc(link->atr.crc, data, 3 + n, edc);
	if (memcmp(edc, data + 3 + n, edc_length) != 0 || take_fault(&link->faults.refuse)) {
		send_r(link, ERROR_EDC, ret);
		return;
	}
	uint8_t pcb = data[1];
	if (!(pcb & 0x80) && n <= link->atr.ifsc)
		got_i(link, pcb, data + 3, n, ret);
	else if ((pcb & 0xc0) == PCB_R && n == 0)
		got_r(link, pcb, ret);
	else if ((pcb & 0xc0) == PCB_S)
		got_s(link, pcb, data + 3, n, ret);
	else
		send_r(link, ERROR_OTHER, ret);
}
