/* The messages of CCID 1.1 §6: each is answered at once, or waits in its slot. */

#include <limits.h>
#include <string.h>

#include "tools/virtual-devices/ccid-internal.h"

/* bChainParameter and wLevelParameter of extended APDU level (CCID 1.1 §6.1.4, §6.2.1). */
#define CHAIN_WHOLE	0x00
#define CHAIN_BEGINS	0x01
#define CHAIN_ENDS	0x02
#define CHAIN_CONTINUES 0x03
#define CHAIN_GO_ON	0x10

static uint8_t reply_type(uint8_t type)
{
	switch (type) {
	case PC_POWER_ON:
	case PC_XFR_BLOCK:
	case PC_SECURE:
		return RDR_DATA_BLOCK;
	case PC_GET_PARAMETERS:
	case PC_RESET_PARAMS:
	case PC_SET_PARAMETERS:
		return RDR_PARAMETERS;
	case PC_ESCAPE:
		return RDR_ESCAPE;
	case PC_SET_RATE:
		return RDR_RATE;
	default:
		return RDR_SLOT_STATUS;
	}
}

/* --- the command in work --- */

void ccid_fail(struct ccid_reader *r, unsigned index, uint8_t error)
{
	struct ccid_slot *s = &r->slots[index];

	s->wait = WAIT_NONE;
	ccid_reply(r, reply_type(s->type), (uint8_t)index, s->seq, CCID_STATUS_FAILED, error, 0,
		NULL, 0);
}

void ccid_succeed(
	struct ccid_reader *r, unsigned index, uint8_t special, const uint8_t *data, size_t length)
{
	struct ccid_slot *s = &r->slots[index];

	s->wait = WAIT_NONE;
	ccid_reply(r, reply_type(s->type), (uint8_t)index, s->seq, CCID_STATUS_OK, 0, special, data,
		length);
}

/* The answer, or its next piece. */
static void give_answer(struct ccid_reader *r, unsigned index)
{
	struct ccid_slot *s = &r->slots[index];
	size_t max = r->options.max_message - CCID_HEADER;
	size_t n = s->answer.length - s->answer_at;
	bool first = s->answer_at == 0, last = n <= max;
	uint8_t chain = first  ? last ? CHAIN_WHOLE : CHAIN_BEGINS
			: last ? CHAIN_ENDS
			       : CHAIN_CONTINUES;

	if (!last && r->options.level != CCID_LEVEL_EXTENDED_APDU) {
		ccid_fail(r, index, 0xfc); /* overrun: this level has no chains */
		return;
	}
	ccid_succeed(r, index, chain, s->answer.data + s->answer_at, last ? n : max);
	s->answer_at += last ? n : max;
	if (last) {
		vt_buf_reset(&s->answer);
		s->answer_at = 0;
	}
}

static void send_extension(struct ccid_reader *r, unsigned index)
{
	struct ccid_slot *s = &r->slots[index];

	ccid_reply(r, reply_type(s->type), (uint8_t)index, s->seq, CCID_STATUS_EXTENSION, 1, 0,
		NULL, 0);
}

static void begin_wait(struct ccid_reader *r, unsigned index, enum ccid_wait wait, int64_t delay_ms)
{
	struct ccid_slot *s = &r->slots[index];

	s->wait = wait;
	s->ready_ms = r->base.now_ms + delay_ms;
	s->extension_ms = r->base.now_ms + CCID_READER_EXTENSION_MS;
	if (r->extend == UINT_MAX) {
		s->ready_ms = INT64_MAX;
		send_extension(r, index);
	} else {
		for (unsigned i = 0; i < r->extend; i++)
			send_extension(r, index);
	}
}

/* The card was pulled out when the last of `bytes` crossed the contacts. */
static bool pull_out(struct ccid_reader *r, unsigned index, size_t bytes)
{
	struct ccid_slot *s = &r->slots[index];
	struct card *card;

	if (s->remove_after < 0)
		return false;
	s->remove_after -= (int64_t)bytes;
	if (s->remove_after > 0)
		return false;
	s->remove_after = -1;
	s->wait = WAIT_CARD; /* the command in work is answered: card gone */
	ccid_remove(r, index, &card);
	card_destroy(&card);
	vdev_note(&r->base, "card pulled out");
	return true;
}

void ccid_to_card(struct ccid_reader *r, unsigned index, const uint8_t *data, size_t length)
{
	struct ccid_slot *s = &r->slots[index];
	struct card_link_answer answer;
	bool tpdu = r->options.level == CCID_LEVEL_TPDU;

	if (pull_out(r, index, length))
		return;
	/* Reader and card speak different protocols: neither hears the other. */
	bool deaf = tpdu && s->protocol != s->link.protocol && !s->link.pps_allowed;
	if (s->mute || deaf) {
		begin_wait(r, index, WAIT_MUTE, CCID_READER_MUTE_MS);
		return;
	}
	if (tpdu ? !card_link_exchange(&s->link, data, length, &answer)
		 : !card_link_apdu(&s->link, data, length, &answer)) {
		ccid_fail(r, index, CCID_ERROR_LENGTH);
		return;
	}
	if (answer.mute) {
		begin_wait(r, index, WAIT_MUTE, CCID_READER_MUTE_MS);
		return;
	}
	if (pull_out(r, index, answer.length))
		return;
	vt_buf_reset(&s->answer);
	s->answer_at = 0;
	vt_buf_append(&s->answer, answer.data, answer.length);
	begin_wait(r, index, WAIT_CARD, answer.delay_ms);
	if (s->ready_ms <= r->base.now_ms)
		give_answer(r, index);
}

void ccid_tick(struct ccid_reader *r)
{
	for (unsigned i = 0; i < r->options.slots; i++) {
		struct ccid_slot *s = &r->slots[i];
		int64_t now_ms = r->base.now_ms;
		if (s->wait == WAIT_NONE)
			continue;
		if (now_ms >= s->ready_ms) {
			if (s->wait == WAIT_CARD)
				give_answer(r, i);
			else
				ccid_fail(r, i,
					s->wait == WAIT_PIN ? CCID_ERROR_PIN_TIMEOUT
							    : CCID_ERROR_MUTE);
		} else if (s->wait == WAIT_CARD && now_ms >= s->extension_ms) {
			s->extension_ms = now_ms + CCID_READER_EXTENSION_MS;
			send_extension(r, i);
		}
	}
}

int64_t ccid_next_ms(const struct ccid_reader *r)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < r->options.slots; i++) {
		const struct ccid_slot *s = &r->slots[i];
		if (s->wait == WAIT_NONE)
			continue;
		if (s->ready_ms < next)
			next = s->ready_ms;
		if (s->wait == WAIT_CARD && s->extension_ms < next)
			next = s->extension_ms;
	}
	return next;
}

/* --- power --- */

static void default_params(struct ccid_slot *s)
{
	memset(s->params, 0, sizeof(s->params));
	s->params[0] = 0x11;
	if (s->protocol == 0) {
		s->params[3] = 10; /* waiting integer */
	} else {
		s->params[1] = s->link.atr.crc ? 0x11 : 0x10;
		s->params[3] = 0x4d; /* BWI, CWI */
		s->params[5] = s->link.atr.ifsc;
	}
}

/* Protocol after power-on: the card's first, or, where the reader negotiates by itself, one that
 * both have. */
static bool choose_protocol(struct ccid_reader *r, struct ccid_slot *s)
{
	unsigned common = s->link.atr.protocols & r->options.protocols;
	bool automatic = r->features & (FEATURE_AUTO_PARAMS | FEATURE_AUTO_PPS);

	if (automatic && common != 0 && !(r->options.protocols & 1U << s->link.protocol) &&
		!card_link_choose(&s->link, common & 1 ? 0 : 1))
		return false;
	s->protocol = s->link.protocol;
	return r->options.protocols & 1U << s->protocol || (common != 0 && !automatic);
}

static bool voltage_fits(const struct ccid_reader *r, const struct ccid_slot *s, uint8_t select)
{
	/* 1 5 V, 2 3 V, 3 1.8 V; 0 = the reader tries them, if it can, else 5 V. */
	uint8_t bit = select == 0 ? 1 : (uint8_t)(1 << (select - 1));

	if (select == 0 && r->features & (FEATURE_AUTO_VOLTAGE | FEATURE_AUTO_ON))
		return s->voltage == 0 || s->voltage & r->options.voltages;
	return s->voltage == 0 || s->voltage == bit;
}

static void power_on(struct ccid_reader *r, unsigned index, uint8_t select)
{
	struct ccid_slot *s = &r->slots[index];
	uint8_t atr[CARD_MAX_ATR];
	int prefer = r->options.protocols == 1 ? 0 : r->options.protocols == 2 ? 1 : -1;

	if (select > 3 || (select > 0 && !(r->options.voltages & 1 << (select - 1)))) {
		ccid_fail(r, index, CCID_ERROR_VALUE);
		return;
	}
	if (r->emv_mode) {
		ccid_fail(r, index, CCID_ERROR_EMV);
		return;
	}
	s->active = false;
	vt_buf_reset(&s->command);
	vt_buf_reset(&s->answer);
	s->answer_at = 0;
	if (s->mute || !voltage_fits(r, s, select)) {
		begin_wait(r, index, WAIT_MUTE, CCID_READER_MUTE_MS);
		return;
	}
	size_t length = card_power_on(s->card, prefer, atr);
	if (!card_link_begin(&s->link, s->card, atr, length)) {
		ccid_fail(r, index, CCID_ERROR_ATR_TS);
		return;
	}
	if (!choose_protocol(r, s)) {
		ccid_fail(r, index, CCID_ERROR_PROTOCOL);
		return;
	}
	s->active = true;
	default_params(s);
	if (pull_out(r, index, length))
		return;
	ccid_succeed(r, index, 0, atr, length);
}

static void power_off(struct ccid_reader *r, unsigned index)
{
	struct ccid_slot *s = &r->slots[index];

	s->active = false;
	vt_buf_reset(&s->command);
	vt_buf_reset(&s->answer);
	s->answer_at = 0;
	card_link_finish(&s->link);
	ccid_succeed(r, index, 1, NULL, 0); /* byte 9: clock stopped low */
}

/* --- exchange --- */

static void xfr_extended(
	struct ccid_reader *r, unsigned index, unsigned level, const uint8_t *data, size_t length)
{
	struct ccid_slot *s = &r->slots[index];

	if (level == CHAIN_GO_ON && length == 0 && s->answer_at > 0) {
		give_answer(r, index);
		return;
	}
	bool begins = level == CHAIN_WHOLE || level == CHAIN_BEGINS;
	bool known = begins || level == CHAIN_ENDS || level == CHAIN_CONTINUES;
	if (!known || (!begins && s->command.length == 0)) {
		ccid_fail(r, index, CCID_ERROR_LEVEL);
		return;
	}
	if (begins)
		vt_buf_reset(&s->command);
	vt_buf_append(&s->command, data, length);
	if (s->command.failed != VT_OK) {
		vt_buf_reset(&s->command);
		ccid_fail(r, index, CCID_ERROR_LENGTH);
	} else if (level == CHAIN_BEGINS || level == CHAIN_CONTINUES) {
		/* "Send on": an empty block whose bChainParameter is 10. */
		ccid_succeed(r, index, CHAIN_GO_ON, NULL, 0);
	} else if (s->command.length == 0) {
		ccid_fail(r, index, CCID_ERROR_LENGTH);
	} else {
		ccid_to_card(r, index, s->command.data, s->command.length);
		vt_buf_reset(&s->command);
	}
}

static void xfr_block(struct ccid_reader *r, unsigned index, const uint8_t *m, size_t length)
{
	unsigned level = (unsigned)(m[8] | m[9] << 8);
	const uint8_t *data = m + CCID_HEADER;
	size_t n = length - CCID_HEADER;

	if (r->options.level == CCID_LEVEL_EXTENDED_APDU)
		xfr_extended(r, index, level, data, n);
	else if (level != 0)
		ccid_fail(r, index, CCID_ERROR_LEVEL);
	else if (n == 0 || n > 261)
		ccid_fail(r, index, CCID_ERROR_LENGTH);
	else
		ccid_to_card(r, index, data, n);
}

/* --- parameters --- */

static void give_params(struct ccid_reader *r, unsigned index)
{
	struct ccid_slot *s = &r->slots[index];

	ccid_succeed(r, index, (uint8_t)s->protocol, s->params, s->protocol == 0 ? 5 : 7);
}

static void set_params(struct ccid_reader *r, unsigned index, const uint8_t *m, size_t length)
{
	struct ccid_slot *s = &r->slots[index];
	int protocol = m[7];

	if (protocol > 1 || !(r->options.protocols & 1U << protocol)) {
		ccid_fail(r, index, CCID_ERROR_VALUE);
		return;
	}
	if (length - CCID_HEADER != (protocol == 0 ? 5U : 7U)) {
		ccid_fail(r, index, CCID_ERROR_LENGTH);
		return;
	}
	if (protocol != s->link.protocol &&
		r->features & (FEATURE_AUTO_PARAMS | FEATURE_AUTO_PPS) &&
		!card_link_choose(&s->link, protocol)) {
		ccid_fail(r, index, CCID_ERROR_VALUE);
		return;
	}
	s->protocol = protocol;
	memcpy(s->params, m + CCID_HEADER, length - CCID_HEADER);
	give_params(r, index);
}

/* --- the rest --- */

static void escape(struct ccid_reader *r, unsigned index, const uint8_t *data, size_t length)
{
	static const uint8_t iso_mode[2] = {0x1f, 0x01};
	static const uint8_t firmware[] = "VTCCID 1.0";

	if (length == 2 && memcmp(data, iso_mode, 2) == 0) {
		r->emv_mode = false;
		ccid_succeed(r, index, 0, NULL, 0);
	} else if (length == 1 && data[0] == 0x02) {
		ccid_succeed(r, index, 0, firmware, sizeof(firmware) - 1);
	} else {
		ccid_fail(r, index, CCID_ERROR_NOT_SUPPORTED);
	}
}

static void finish_abort(struct ccid_reader *r, unsigned index)
{
	struct ccid_slot *s = &r->slots[index];

	if (!s->abort_control || !s->abort_bulk || s->abort_control_seq != s->abort_bulk_seq)
		return;
	s->abort_control = s->abort_bulk = false;
	s->wait = WAIT_NONE;
	vt_buf_reset(&s->command);
	vt_buf_reset(&s->answer);
	s->answer_at = 0;
	ccid_reply(r, RDR_SLOT_STATUS, (uint8_t)index, s->abort_bulk_seq, CCID_STATUS_OK, 0, 0,
		NULL, 0);
}

void ccid_abort_control(struct ccid_reader *r, uint8_t slot, uint8_t seq)
{
	if (slot >= r->options.slots)
		return;
	r->slots[slot].abort_control = true;
	r->slots[slot].abort_control_seq = seq;
	finish_abort(r, slot);
}

static void abort_bulk(struct ccid_reader *r, unsigned index, uint8_t seq)
{
	r->slots[index].abort_bulk = true;
	r->slots[index].abort_bulk_seq = seq;
	finish_abort(r, index);
}

/* Commands that need a card with power. */
static void card_command(struct ccid_reader *r, unsigned index, const uint8_t *m, size_t length)
{
	struct ccid_slot *s = &r->slots[index];

	switch (m[0]) {
	case PC_XFR_BLOCK:
		xfr_block(r, index, m, length);
		break;
	case PC_GET_PARAMETERS:
		give_params(r, index);
		break;
	case PC_RESET_PARAMS:
		default_params(s);
		give_params(r, index);
		break;
	case PC_SET_PARAMETERS:
		set_params(r, index, m, length);
		break;
	case PC_SECURE:
		ccid_secure(r, index, m + CCID_HEADER, length - CCID_HEADER);
		break;
	case PC_ICC_CLOCK:
		ccid_succeed(r, index, m[7], NULL, 0);
		break;
	default:
		ccid_fail(r, index, CCID_ERROR_NOT_SUPPORTED);
		break;
	}
}

static void slot_command(struct ccid_reader *r, unsigned index, const uint8_t *m, size_t length)
{
	struct ccid_slot *s = &r->slots[index];
	size_t n = length - CCID_HEADER;

	switch (m[0]) {
	case PC_GET_SLOT_STATUS:
		ccid_succeed(r, index, s->active ? 0 : 1, NULL, 0);
		break;
	case PC_POWER_OFF:
		power_off(r, index);
		break;
	case PC_ESCAPE:
		escape(r, index, m + CCID_HEADER, n);
		break;
	case PC_SET_RATE:
		if (n == 8)
			ccid_succeed(r, index, 0, m + CCID_HEADER, n);
		else
			ccid_fail(r, index, CCID_ERROR_LENGTH);
		break;
	case PC_POWER_ON:
		if (s->card)
			power_on(r, index, m[7]);
		else
			ccid_fail(r, index, CCID_ERROR_MUTE);
		break;
	default:
		if (s->card && s->active)
			card_command(r, index, m, length);
		else
			ccid_fail(r, index, CCID_ERROR_MUTE);
		break;
	}
}

static bool is_known(uint8_t type)
{
	static const uint8_t known[] = {PC_POWER_ON, PC_POWER_OFF, PC_GET_SLOT_STATUS, PC_XFR_BLOCK,
		PC_GET_PARAMETERS, PC_RESET_PARAMS, PC_SET_PARAMETERS, PC_ESCAPE, PC_ICC_CLOCK,
		PC_SECURE, PC_ABORT, PC_SET_RATE};

	return memchr(known, type, sizeof(known)) != NULL;
}

static bool is_busy(const struct ccid_reader *r, unsigned index)
{
	unsigned busy = 0;

	if (r->slots[index].wait != WAIT_NONE)
		return true;
	for (unsigned i = 0; i < r->options.slots; i++)
		busy += r->slots[i].wait != WAIT_NONE;
	return busy >= r->options.busy_slots;
}

void ccid_message(struct ccid_reader *r, const uint8_t *m, size_t length)
{
	uint8_t slot = m[5], seq = m[6];
	uint8_t error = 0;
	bool refused = true;

	if (slot >= r->options.slots)
		error = CCID_ERROR_SLOT;
	else if (!is_known(m[0]))
		error = CCID_ERROR_NOT_SUPPORTED;
	else if (m[0] == PC_ABORT)
		refused = false;
	else if (r->slots[slot].abort_control || r->slots[slot].abort_bulk)
		error = CCID_ERROR_ABORTED;
	else if (is_busy(r, slot))
		error = CCID_ERROR_BUSY;
	else
		refused = false;
	if (refused) {
		ccid_reply(r, reply_type(m[0]), slot, seq, CCID_STATUS_FAILED, error, 0, NULL, 0);
		return;
	}
	if (m[0] == PC_ABORT) {
		abort_bulk(r, slot, seq);
		return;
	}
	r->slots[slot].type = m[0];
	r->slots[slot].seq = seq;
	slot_command(r, slot, m, length);
}
