/* One message to the reader and its reply (CCID 1.1 §6; devices.md B.2, B.7).
 *
 *   pipe_send ─► bulk OUT in transfers ─► bulk IN: one packet, dwLength, the rest ─► checks
 *        │                                  ▲   │ another seq: stale, read on
 *        │                                  └───┤ time extension: wait on, read on
 *        │                                      └─► machine_on_reply
 *        └ no reply in time: control ABORT + bulk Abort ─► SlotStatus ─► machine_on_aborted
 *
 * What may be trusted: `out` and `seq` are the message in work; `in` never holds more than its
 * dwLength says, which is at most what the reader announced. A transfer's boundary means nothing,
 * an empty transfer neither. */

#include "drivers/ccid/machine-internal.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"

/* Our own limit beside dwMaxCCIDMessageLength (devices.md B.7). */
#define MAX_MESSAGE 65556
/* Bytes of one OUT transfer: whole packets of any speed. */
#define CHUNK USB_MAX_TRANSFER
/* Replies to older messages that are read over before the reader counts as out of step. */
#define MAX_STALE 10
/* Empty transfers in a row: a reader that sends nothing else is broken. */
#define MAX_EMPTY 64
#define ABORT_MS  2000

enum { REQUEST_ABORT = 1 };

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void send_chunk(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;
	struct ccid_effect *effect = machine_effect(m, CCID_FX_SEND);

	effect->data = p->out.data + p->out_sent;
	effect->length = p->out.length - p->out_sent < CHUNK ? p->out.length - p->out_sent : CHUNK;
	p->out_busy = true;
}

/* First one packet: more could be the next message's. Then the rest in whole packets. */
static void receive(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;
	const size_t packet = m->setup.max_packet;
	size_t want = packet;

	if (p->total > p->in.length) {
		want = (p->total - p->in.length + packet - 1) / packet * packet;
		if (want > USB_MAX_TRANSFER)
			want = USB_MAX_TRANSFER / packet * packet;
	}
	machine_effect(m, CCID_FX_RECEIVE)->length = want;
	p->in_busy = true;
}

static void expect(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;

	vt_buf_reset(&p->in);
	p->total = 0;
	p->empty_count = 0;
	p->is_held = false;
	if (!p->in_busy)
		receive(m);
}

static void set_patience(struct ccid_machine *m, int64_t ms)
{
	const struct operation *op = &m->slots[m->pipe.slot].op;

	m->pipe.reply_at_ms = m->now_ms + ms;
	/* The caller's limit counts for the whole operation. */
	if (m->work == WORK_OPERATION && !m->pipe.is_aborting && op->is_open &&
		op->phase != PHASE_ABORTED_OFF && op->deadline_ms < m->pipe.reply_at_ms)
		m->pipe.reply_at_ms = op->deadline_ms;
}

static void put_message(struct ccid_machine *m, uint8_t slot, uint8_t type,
	const uint8_t special[3], const uint8_t *data, size_t length)
{
	struct pipe *p = &m->pipe;
	const uint8_t header[CCID_HEADER_LENGTH] = {type, (uint8_t)length, (uint8_t)(length >> 8),
		(uint8_t)(length >> 16), 0, slot, ++p->seq, special[0], special[1], special[2]};

	p->slot = slot;
	p->type = type;
	vt_buf_reset(&p->out);
	vt_buf_append(&p->out, header, sizeof(header));
	if (length > 0)
		vt_buf_append(&p->out, data, length);
	p->out_sent = 0;
}

void pipe_send(struct ccid_machine *m, uint8_t slot, uint8_t type, const uint8_t special[3],
	const uint8_t *data, size_t length, int64_t patience_ms)
{
	struct pipe *p = &m->pipe;

	VT_ASSERT(!p->is_waiting && !p->out_busy);
	put_message(m, slot, type, special, data, length);
	if (p->out.failed) {
		machine_fault(m, "memory");
		return;
	}
	p->is_waiting = true;
	p->stale_count = 0;
	p->patience_ms = patience_ms;
	expect(m);
	send_chunk(m);
	set_patience(m, patience_ms);
}

void pipe_send_plain(struct ccid_machine *m, uint8_t slot, uint8_t type, int64_t patience_ms)
{
	static const uint8_t none[3];

	pipe_send(m, slot, type, none, NULL, 0, patience_ms);
}

/* ---- abort (CCID 1.1 §5.3.1, §6.1.13) ---- */

static void send_abort_control(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;
	static const uint8_t none[3];

	/* The control request names the sequence number that the bulk message will have. */
	put_message(m, p->slot, MSG_ABORT, none, NULL, 0);
	if (p->out.failed) {
		machine_fault(m, "memory");
		return;
	}
	usb_setup(machine_effect(m, CCID_FX_CONTROL)->setup, 0x21, REQUEST_ABORT,
		(uint16_t)(p->seq << 8 | p->slot), m->setup.interface, 0);
	p->control_busy = true;
	set_patience(m, ABORT_MS);
}

void pipe_abort(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;

	VT_ASSERT(p->is_waiting);
	p->is_aborting = true;
	p->stale_count = 0;
	if (p->out_busy) {
		machine_effect(m, CCID_FX_CANCEL);
		set_patience(m, ABORT_MS);
	} else if (!p->control_busy) {
		send_abort_control(m);
	}
}

void pipe_on_control(struct ccid_machine *m, const struct ccid_event *event)
{
	struct pipe *p = &m->pipe;

	p->control_busy = false;
	if (!p->is_aborting || !p->is_waiting)
		return;
	/* A reader that does not know the request may know the message. */
	if (event->io == USB_IO_FAILED) {
		machine_fault(m, "transfer");
		return;
	}
	expect(m);
	send_chunk(m);
}

/* ---- what came ---- */

static uint8_t reply_type(uint8_t message)
{
	switch (message) {
	case MSG_POWER_ON:
	case MSG_XFR_BLOCK:
	case MSG_SECURE:
		return MSG_DATA_BLOCK;
	case MSG_SET_PARAMETERS:
		return MSG_PARAMETERS;
	case MSG_ESCAPE:
		return MSG_ESCAPE_REPLY;
	default:
		return MSG_SLOT_STATUS;
	}
}

/* False: read on, or it was a fault. */
static bool check_reply(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;
	const uint8_t *in = p->in.data;
	const uint8_t status = in[7] >> 6, icc = in[7] & 3;
	/* A command that the reader refuses may be answered by a mere status. */
	const bool is_type =
		in[0] == reply_type(p->type) || (in[0] == MSG_SLOT_STATUS && status == 1);

	if (in[6] != p->seq) {
		if (++p->stale_count > MAX_STALE)
			machine_fault(m, "protocol");
		else
			expect(m);
		return false;
	}
	if (in[5] != p->slot || !is_type || status == 3 || icc == 3) {
		machine_fault(m, "protocol");
		return false;
	}
	if (status == 2) {
		if (!p->is_aborting)
			set_patience(m, p->patience_ms * (in[8] > 0 ? in[8] : 1));
		expect(m);
		return false;
	}
	return true;
}

static void take_message(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;

	if (!check_reply(m))
		return;
	const uint8_t *in = p->in.data;
	const struct reply reply = {.is_failed = in[7] >> 6 == 1,
		.icc = in[7] & 3,
		.error = in[8],
		.special = in[9],
		.data = in + CCID_HEADER_LENGTH,
		.length = p->in.length - CCID_HEADER_LENGTH};
	const bool was_aborting = p->is_aborting;

	p->is_waiting = p->is_aborting = false;
	p->reply_at_ms = INT64_MAX;
	vt_buf_reset(&p->out);
	if (was_aborting)
		machine_on_aborted(m);
	else
		machine_on_reply(m, &reply);
}

/* USB tells the ends of our transfer and of the reply's in any order. */
void pipe_on_sent(struct ccid_machine *m, const struct ccid_event *event)
{
	struct pipe *p = &m->pipe;

	p->out_busy = false;
	if (!p->is_waiting)
		return;
	if (p->is_aborting && p->type != MSG_ABORT) {
		send_abort_control(m);
		return;
	}
	if (event->io != USB_IO_OK || event->count == 0) {
		machine_fault(m, "transfer");
		return;
	}
	p->out_sent += event->count;
	if (p->out_sent < p->out.length) {
		send_chunk(m);
	} else if (p->is_held) {
		p->is_held = false;
		take_message(m);
	} else if (!p->in_busy) {
		receive(m);
	}
}

/* The announced length of the message, once its header is whole; false: refused. */
static bool read_total(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;

	if (p->total > 0 || p->in.length < CCID_HEADER_LENGTH)
		return true;
	const uint32_t length = get32(p->in.data + 1);
	const size_t max = m->max_message < MAX_MESSAGE ? m->max_message : MAX_MESSAGE;
	if (length > max - CCID_HEADER_LENGTH) {
		vt_log(VT_LOG_DEBUG, "ccid: a message of %u bytes is refused", (unsigned)length);
		return false;
	}
	p->total = CCID_HEADER_LENGTH + length;
	return true;
}

static void append(struct ccid_machine *m, const uint8_t *data, size_t count)
{
	struct pipe *p = &m->pipe;

	/* The header first: it says how much of the rest is the message. */
	size_t part = CCID_HEADER_LENGTH - p->in.length;
	if (p->in.length < CCID_HEADER_LENGTH) {
		part = count < part ? count : part;
		vt_buf_append(&p->in, data, part);
		data += part;
		count -= part;
	}
	if (!read_total(m)) {
		machine_fault(m, "protocol");
		return;
	}
	const size_t missing = p->total > p->in.length ? p->total - p->in.length : 0;
	if (count > missing && p->total > 0)
		vt_log(VT_LOG_DEBUG, "ccid: %zu bytes behind a message", count - missing);
	vt_buf_append(&p->in, data, count < missing ? count : missing);
	if (p->in.failed)
		machine_fault(m, "memory");
	else if (p->total == 0 || p->in.length < p->total)
		receive(m);
	else if (p->out_busy)
		p->is_held = true;
	else
		take_message(m);
}

void pipe_on_received(struct ccid_machine *m, const struct ccid_event *event)
{
	struct pipe *p = &m->pipe;

	p->in_busy = false;
	if (!p->is_waiting)
		return;
	if (event->io == USB_IO_CANCELLED && p->is_aborting)
		return; /* expect() asks anew */
	if (event->io != USB_IO_OK) {
		machine_fault(m, "transfer");
		return;
	}
	if (event->count == 0) {
		if (++p->empty_count > MAX_EMPTY)
			machine_fault(m, "protocol");
		else
			receive(m);
		return;
	}
	p->empty_count = 0;
	append(m, event->data, event->count);
}

void pipe_stop(struct ccid_machine *m)
{
	struct pipe *p = &m->pipe;

	p->is_waiting = p->is_aborting = p->is_held = false;
	p->reply_at_ms = INT64_MAX;
	if (p->out_busy || p->in_busy)
		machine_effect(m, CCID_FX_CANCEL);
	else
		vt_buf_reset(&p->out);
	vt_buf_reset(&p->in);
}
