/* Exchange of APDUs and PIN entry with a powered card (devices.md B.4, B.6).
 *
 *   pieces ───────┬─ TPDU, T=1: t1: blocks ─┐
 *                 ├─ TPDU, T=0; short ──────┼─► XfrBlock ─► reader
 *                 └─ extended: chunks ──────┘
 */

#include "drivers/ccid/machine-internal.h"

#include <string.h>

#include "terminal/base/assert.h"

/* wLevelParameter of XfrBlock at extended APDU level (CCID 1.1 §6.1.4). */
enum { CHAIN_WHOLE, CHAIN_BEGINS, CHAIN_ENDS, CHAIN_CONTINUES, CHAIN_EMPTY = 0x10 };
/* Answers of a chain that bring nothing, in a row. */
#define MAX_EMPTY 3
/* The person at the pad. */
#define PIN_MS	       90000
#define PIN_EXTRA_MS   10000
#define MAX_PIN_DIGITS 16
#define PIN_HEADER     15 /* bytes of the PIN data structure before the APDU */

enum { FORMAT_BYTES = 0x80, FORMAT_BCD = 1, FORMAT_ASCII = 2, VALIDATE_KEY = 2 };

static bool is_t1_blocks(const struct ccid_machine *m, const struct slot *slot)
{
	return m->level == CCID_EXCHANGE_TPDU && slot->params.protocol == 1;
}

static void send_block(struct ccid_machine *m, uint8_t index, const uint8_t *data, size_t length,
	uint8_t bwi, uint8_t chain, int64_t patience_ms)
{
	const uint8_t special[3] = {bwi, chain, 0};

	pipe_send(m, index, MSG_XFR_BLOCK, special, data, length, patience_ms);
}

void card_send_t1(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];
	const int64_t timeout_ms = slot->timeout_ms > 0 ? slot->timeout_ms : REPLY_MS;
	const int factor = slot->t1.wtx > 0 ? slot->t1.wtx : 1;

	send_block(m, index, slot->t1.block, slot->t1.block_length, slot->t1.wtx, CHAIN_WHOLE,
		timeout_ms * factor);
}

/* ---- pieces ---- */

/* Extended level: as much of the piece as a message holds. */
static void send_chunk(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];
	struct operation *op = &slot->op;
	const size_t room = m->max_message - CCID_HEADER_LENGTH;
	const size_t left = op->job.piece.length - op->piece_sent;
	const bool is_first = op->piece_sent == 0, is_last = left <= room;
	uint8_t chain = CHAIN_CONTINUES;

	if (is_first)
		chain = is_last ? CHAIN_WHOLE : CHAIN_BEGINS;
	else if (is_last)
		chain = CHAIN_ENDS;
	op->chunk = is_last ? left : room;
	send_block(m, index, op->job.piece.data + op->piece_sent, op->chunk, 0, chain,
		slot->timeout_ms);
}

static void send_piece(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];
	struct operation *op = &slot->op;

	op->phase = PHASE_BLOCK;
	op->piece_sent = 0;
	op->empty_count = 0;
	vt_buf_reset(&slot->block);
	if (is_t1_blocks(m, slot)) {
		t1_begin(&slot->t1, op->job.piece.data, op->job.piece.length,
			pieces_may_repeat(op->job.command.data, op->job.command.length),
			&slot->block);
		card_send_t1(m, index);
	} else if (m->level == CCID_EXCHANGE_EXTENDED_APDU) {
		send_chunk(m, index);
	} else {
		send_block(m, index, op->job.piece.data, op->job.piece.length, 0, CHAIN_WHOLE,
			slot->timeout_ms);
	}
}

/* The answer to a piece is whole. */
static void take_answer(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];

	switch (pieces_take(&slot->op.job, slot->block.data, slot->block.length)) {
	case PIECES_SEND:
		send_piece(m, index);
		break;
	case PIECES_DONE:
		vt_buf_finish(&slot->result);
		slot->result = slot->op.job.response;
		vt_buf_init(&slot->op.job.response, CCID_MAX_RESPONSE);
		machine_finish(m, index, CCID_DONE);
		break;
	case PIECES_FAILED:
		machine_finish(m, index, CCID_CARD);
		break;
	}
}

/* ---- answers ---- */

static void take_t1(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct slot *slot = &m->slots[index];

	switch (t1_receive(&slot->t1, reply->data, reply->is_failed ? 0 : reply->length)) {
	case T1_SEND:
		card_send_t1(m, index);
		break;
	case T1_DONE:
		take_answer(m, index);
		break;
	case T1_FAILED:
		slot->view.is_powered = false;
		machine_finish(m, index, CCID_CARD);
		break;
	}
}

static void take_chunk(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct slot *slot = &m->slots[index];
	struct operation *op = &slot->op;
	const bool goes_on = reply->special == CHAIN_BEGINS || reply->special == CHAIN_CONTINUES ||
			     reply->special == CHAIN_EMPTY;

	vt_buf_append(&slot->block, reply->data, reply->length);
	if (slot->block.failed) {
		machine_fault(m, "protocol");
		return;
	}
	op->piece_sent += op->chunk;
	op->chunk = 0;
	if (op->piece_sent < op->job.piece.length) {
		if (reply->length > 0)
			machine_fault(m, "protocol"); /* an answer before the command was whole */
		else
			send_chunk(m, index);
		return;
	}
	if (!goes_on) {
		take_answer(m, index);
		return;
	}
	op->empty_count = reply->length > 0 ? 0 : op->empty_count + 1;
	if (op->empty_count > MAX_EMPTY)
		machine_fault(m, "protocol");
	else
		send_block(m, index, NULL, 0, 0, CHAIN_EMPTY, slot->timeout_ms);
}

/* The reader could not have the block carried out. */
static void take_error(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct slot *slot = &m->slots[index];

	/* T=1: bad parity is a bad block; a mute card is asked again while it has power. */
	if (is_t1_blocks(m, slot) && reply->icc == 0 &&
		(reply->error == ERR_PARITY || reply->error == ERR_MUTE)) {
		take_t1(m, index, reply);
		return;
	}
	slot->view.is_powered = false;
	machine_finish(m, index, reply->error == ERR_MUTE ? CCID_MUTE : CCID_CARD);
}

static void take_block(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct slot *slot = &m->slots[index];

	if (reply->is_failed)
		take_error(m, index, reply);
	else if (is_t1_blocks(m, slot))
		take_t1(m, index, reply);
	else if (m->level == CCID_EXCHANGE_EXTENDED_APDU)
		take_chunk(m, index, reply);
	else {
		vt_buf_append(&slot->block, reply->data, reply->length);
		take_answer(m, index);
	}
}

/* ---- PIN on the pad (CCID 1.1 §6.1.11) ---- */

bool card_pin_is_valid(const struct ccid_pin_entry *e)
{
	if (e->apdu_length < 6 || e->apdu_length > CCID_MAX_PIN_APDU)
		return false;
	const size_t block = e->apdu[4];
	const size_t room = (e->is_bcd ? 2 : 1) * (block > e->offset ? block - e->offset : 0);

	return block == e->apdu_length - 5 && e->offset < 16 && e->min_digits > 0 &&
	       e->min_digits <= e->max_digits && e->max_digits <= MAX_PIN_DIGITS &&
	       e->max_digits <= room;
}

static void begin_pin(struct ccid_machine *m, uint8_t index)
{
	static const uint8_t none[3];
	struct slot *slot = &m->slots[index];
	const struct ccid_pin_entry *e = &slot->op.pin;
	const struct ccid_quirks *quirks = &m->setup.quirks;
	const bool has_message = (e->has_message || quirks->pin_message) && !quirks->no_pin_message;
	const uint8_t low = quirks->swap_pin_lengths ? e->min_digits : e->max_digits;
	const uint8_t high = quirks->swap_pin_lengths ? e->max_digits : e->min_digits;
	uint8_t data[PIN_HEADER + CCID_MAX_PIN_APDU] = {0 /* verify */, e->timeout_s,
		(uint8_t)(FORMAT_BYTES | e->offset << 3 | (e->is_bcd ? FORMAT_BCD : FORMAT_ASCII)),
		(uint8_t)(e->apdu[4] & 0x0f), 0 /* no length inserted */, low, high, VALIDATE_KEY,
		has_message, (uint8_t)e->language, (uint8_t)(e->language >> 8), 0 /* message */};

	if (is_t1_blocks(m, slot))
		t1_prologue(&slot->t1, data + 12);
	memcpy(data + PIN_HEADER, e->apdu, e->apdu_length);
	slot->op.phase = PHASE_SECURE;
	const int64_t pad_ms = e->timeout_s * INT64_C(1000) + PIN_EXTRA_MS;
	pipe_send(m, index, MSG_SECURE, none, data, PIN_HEADER + e->apdu_length,
		pad_ms > PIN_MS ? pad_ms : PIN_MS);
}

static void finish_pin(struct ccid_machine *m, uint8_t index, const uint8_t *data, size_t length)
{
	struct slot *slot = &m->slots[index];

	vt_buf_append(&slot->result, data, length);
	machine_finish(m, index, slot->result.length < 2 ? CCID_CARD : CCID_DONE);
}

static void take_pin(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	static const uint8_t timed_out[] = {0x64, 0x00}, cancelled[] = {0x64, 0x01};
	struct slot *slot = &m->slots[index];

	if (reply->is_failed && reply->error == ERR_PIN_TIMEOUT)
		finish_pin(m, index, timed_out, sizeof(timed_out));
	else if (reply->is_failed && reply->error == ERR_PIN_CANCELLED)
		finish_pin(m, index, cancelled, sizeof(cancelled));
	else if (reply->is_failed)
		machine_finish(m, index, reply->error == ERR_MUTE ? CCID_MUTE : CCID_READER);
	else if (!is_t1_blocks(m, slot) || reply->length == 2) /* no block: the reader's own word */
		finish_pin(m, index, reply->data, reply->length);
	else if (t1_take_secure(&slot->t1, reply->data, reply->length, &slot->result))
		finish_pin(m, index, NULL, 0);
	else {
		slot->view.is_powered = false; /* its block numbers are not known any more */
		machine_finish(m, index, CCID_CARD);
	}
}

/* ---- from machine.c ---- */

void card_begin(struct ccid_machine *m, uint8_t index)
{
	if (m->slots[index].op.kind == CCID_OP_VERIFY_PIN)
		begin_pin(m, index);
	else
		send_piece(m, index);
}

void card_on_reply(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	if (m->slots[index].op.phase == PHASE_SECURE)
		take_pin(m, index, reply);
	else
		take_block(m, index, reply);
}
