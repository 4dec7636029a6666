/* The card reader machine.
 *
 *            attached                 all slots told                 fault
 *   ABSENT ───────────► STARTING ─────────────────────► READY ──────────────► BROKEN
 *      ▲                   ▲   │ silent, fault            │                     │ pause;
 *      │ detached          │   └──────────► BROKEN        │ closed              │ clear halts,
 *      └───────────────────┼─────────────────────────── ◄─┘                     │ then port reset
 *                          └────────────────────────────────────────────────────┘
 *
 * An operation of a slot: in line ─► begun (its phases: power.c, card.c) ─► finished. One message
 * is on its way at a time (pipe.c), so one operation at a time is begun.
 *
 *   begun ──reply──► next phase … ──► machine_finish
 *     │ no reply, limit, cancel: abort ──► power off ──► machine_finish
 *     │ the card goes: its reply is waited for a second more ──► REMOVED
 *     └ fault: READER
 *
 * What may be trusted:
 *   - view.card is new for each card that comes, 0 without one; is_powered holds only while the
 *     parameters, the T=1 numbers and the power are what power.c left.
 *   - told_card is what the owner knows; it is told of a card's going only when no operation for it
 *     is open any more.
 *   - After any timeout or abort the card is powered off: nobody knows what it understood. */

#include "drivers/ccid/machine-internal.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/secret.h"
#include "terminal/base/text.h"

/* Without an interrupt pipe (devices.md B.1). */
#define POLL_MS 400
/* Some readers drop the first command. */
#define STATUS_MS    1000
#define STATUS_TRIES 3
/* A reply that a card's going has made worthless. */
#define REMOVED_MS 1000
/* First pause behind a fault: halts are cleared only; then resets, doubling. */
#define CLEAR_AFTER_MS	  100
#define RESET_AFTER_MS	  1000
#define RESET_MAX_MS	  30000
#define MAX_NOTIFY_ERRORS 3
/* A PIN pad without a limit of its own, and its reply. */
#define PIN_LIMIT_MS 130000

enum { NOTIFY_SLOT_CHANGE = 0x50, NOTIFY_HARDWARE_ERROR = 0x51, REQUEST_DATA_RATES = 3 };

const char *const ccid_outcome_names[CCID_OUTCOME_COUNT] = {
	[CCID_DONE] = "done",
	[CCID_REMOVED] = "removed",
	[CCID_MUTE] = "mute",
	[CCID_CARD] = "card",
	[CCID_TIMED_OUT] = "timed out",
	[CCID_CANCELLED] = "cancelled",
	[CCID_READER] = "reader",
	[CCID_GONE] = "gone",
};

static void next_work(struct ccid_machine *m);

/* ---- small tools ---- */

struct ccid_effect *machine_effect(struct ccid_machine *m, enum ccid_effect_type type)
{
	VT_ASSERT(m->effects->count < CCID_MAX_EFFECTS);
	struct ccid_effect *effect = &m->effects->list[m->effects->count++];
	*effect = (struct ccid_effect){.type = type};
	return effect;
}

/* The only place where the state changes. */
static void change_state(struct ccid_machine *m, enum ccid_state to, const char *reason)
{
	if (m->state != to)
		vt_log(VT_LOG_DEBUG, "ccid: state %d -> %d %s", (int)m->state, (int)to, reason);
	m->state = to;
	vt_copy_cut(m->reason, sizeof(m->reason), reason);
}

static bool polls(const struct ccid_machine *m)
{
	return !m->setup.has_notify || m->notify_errors >= MAX_NOTIFY_ERRORS;
}

static void listen(struct ccid_machine *m)
{
	if (polls(m) || m->pipe.notify_busy)
		return;
	machine_effect(m, CCID_FX_NOTIFY);
	m->pipe.notify_busy = true;
}

/* ---- cards come and go ---- */

static void lose_card(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];

	slot->view = (struct ccid_slot){0};
	slot->needs_check = false;
	slot->icc = 2;
	if (!slot->op.is_open)
		return;
	slot->op.is_removed = true;
	if (!slot->op.is_begun) {
		machine_finish(m, index, CCID_REMOVED);
	} else if (m->pipe.is_waiting && !m->pipe.is_aborting && m->pipe.slot == index &&
		   m->pipe.reply_at_ms > m->now_ms + REMOVED_MS) {
		m->pipe.reply_at_ms = m->now_ms + REMOVED_MS;
	}
}

void machine_set_presence(struct ccid_machine *m, uint8_t index, bool is_present)
{
	struct slot *slot = &m->slots[index];

	if (slot->view.is_present == is_present)
		return;
	if (!is_present) {
		lose_card(m, index);
		return;
	}
	slot->view = (struct ccid_slot){.is_present = true, .card = ++m->last_card};
	slot->icc = 1;
}

void machine_take_icc(struct ccid_machine *m, uint8_t index, uint8_t icc)
{
	struct slot *slot = &m->slots[index];
	const bool was_changed = slot->needs_check;

	slot->needs_check = false;
	if (icc == 2) {
		machine_set_presence(m, index, false);
		return;
	}
	/* A card that we powered and that has no power now is another one. So may be one that we
	 * powered off, if the reader spoke of a change; one that nobody has read does not matter.
	 */
	const bool was_read = slot->view.atr_length > 0;
	if (slot->view.is_present && icc == 1 &&
		(slot->view.is_powered || (was_changed && was_read)))
		machine_set_presence(m, index, false);
	machine_set_presence(m, index, true);
	slot->icc = icc;
}

/* Tells the owner what has changed, once nothing is open for the card that went. */
static void tell_slots(struct ccid_machine *m)
{
	for (uint8_t i = 0; i < m->slot_count; i++) {
		struct slot *slot = &m->slots[i];
		if (slot->told_card == slot->view.card ||
			(slot->op.is_open && slot->op.card == slot->told_card))
			continue;
		if (slot->told_card != 0)
			machine_effect(m, CCID_FX_SLOT)->slot = i;
		slot->told_card = slot->view.card;
		if (slot->view.card == 0)
			continue;
		struct ccid_effect *effect = machine_effect(m, CCID_FX_SLOT);
		effect->slot = i;
		effect->view = slot->view;
	}
}

/* ---- operations ---- */

void machine_finish(struct ccid_machine *m, uint8_t index, enum ccid_outcome outcome)
{
	struct slot *slot = &m->slots[index];
	struct operation *op = &slot->op;
	struct ccid_effect *effect = machine_effect(m, CCID_FX_DONE);

	VT_ASSERT(op->is_open);
	if (op->is_removed && outcome != CCID_GONE)
		outcome = CCID_REMOVED;
	if (outcome != CCID_DONE)
		vt_buf_reset(&slot->result);
	else
		m->fault_count = 0;
	if (outcome == CCID_READER)
		m->errors++;
	effect->result = (struct ccid_result){.operation = op->kind,
		.outcome = outcome,
		.slot = index,
		.card = op->card,
		.length = slot->result.length};
	const size_t length = slot->result.length;
	if (outcome == CCID_DONE && length >= 2 &&
		(op->kind == CCID_OP_EXCHANGE || op->kind == CCID_OP_VERIFY_PIN))
		effect->result.sw = (uint16_t)(slot->result.data[length - 2] << 8 |
					       slot->result.data[length - 1]);
	pieces_finish(&op->job);
	vt_buf_reset(&slot->block);
	vt_wipe(op, sizeof(*op));
	if (m->work == WORK_OPERATION && m->work_slot == index)
		m->work = WORK_NONE;
}

void machine_abort(struct ccid_machine *m, enum ccid_outcome outcome)
{
	m->pipe.abort_outcome = outcome;
	pipe_abort(m);
}

static bool was_at_pad(const struct operation *op)
{
	return op->phase == PHASE_SECURE;
}

void machine_on_aborted(struct ccid_machine *m)
{
	struct slot *slot = &m->slots[m->work_slot];
	struct operation *op = &slot->op;

	VT_ASSERT(m->work == WORK_OPERATION && op->is_open);
	if (was_at_pad(op) && m->pipe.abort_outcome == CCID_CANCELLED) {
		machine_finish(m, m->work_slot, CCID_CANCELLED);
		return;
	}
	slot->view.is_powered = false;
	op->phase = PHASE_ABORTED_OFF;
	pipe_send_plain(m, m->work_slot, MSG_POWER_OFF, REPLY_MS);
}

static void begin_operation(struct ccid_machine *m, uint8_t index)
{
	struct operation *op = &m->slots[index].op;

	m->work = WORK_OPERATION;
	m->work_slot = index;
	op->is_begun = true;
	switch (op->kind) {
	case CCID_OP_POWER_ON:
		power_begin(m, index);
		break;
	case CCID_OP_POWER_OFF:
		op->phase = PHASE_OFF;
		m->slots[index].view.is_powered = false;
		pipe_send_plain(m, index, MSG_POWER_OFF, REPLY_MS);
		break;
	case CCID_OP_EXCHANGE:
	case CCID_OP_VERIFY_PIN:
		card_begin(m, index);
		break;
	}
}

static void on_operation_reply(struct ccid_machine *m, const struct reply *reply)
{
	const uint8_t index = m->work_slot;
	struct slot *slot = &m->slots[index];
	struct operation *op = &slot->op;

	if (op->phase == PHASE_ABORTED_OFF) {
		machine_finish(m, index, m->pipe.abort_outcome);
		return;
	}
	if (reply->icc == 2)
		machine_set_presence(m, index, false);
	slot->icc = reply->icc;
	if (op->is_removed) {
		machine_finish(m, index, CCID_REMOVED);
	} else if (op->phase == PHASE_OFF) {
		machine_finish(m, index, reply->is_failed ? CCID_READER : CCID_DONE);
	} else if (op->kind == CCID_OP_POWER_ON) {
		power_on_reply(m, index, reply);
	} else {
		card_on_reply(m, index, reply);
	}
}

/* ---- start, poll, close ---- */

static void ask_status(struct ccid_machine *m, enum work work, uint8_t index)
{
	const int64_t slow_ms = m->setup.quirks.status_ms;

	m->work = work;
	m->work_slot = index;
	pipe_send_plain(m, index, MSG_GET_SLOT_STATUS, slow_ms > STATUS_MS ? slow_ms : STATUS_MS);
}

static void start(struct ccid_machine *m)
{
	change_state(m, CCID_STATE_STARTING, "");
	m->tries = 0;
	m->notify_errors = 0;
	m->rate_count = 0;
	if (m->setup.desc.data_rate_count == 0) {
		listen(m);
		ask_status(m, WORK_START, 0);
		return;
	}
	struct ccid_effect *effect = machine_effect(m, CCID_FX_CONTROL);
	effect->length = (size_t)m->setup.desc.data_rate_count * 4;
	usb_setup(effect->setup, 0xa1, REQUEST_DATA_RATES, 0, m->setup.interface,
		(uint16_t)effect->length);
	m->pipe.control_busy = true;
}

/* Optional by its nature: a reader that does not tell has no table. */
static void on_data_rates(struct ccid_machine *m, const struct ccid_event *event)
{
	for (size_t i = 0;
		event->io == USB_IO_OK && i + 4 <= event->count && m->rate_count < PARAMS_MAX_RATES;
		i += 4)
		m->rates_bps[m->rate_count++] =
			(uint32_t)event->data[i] | (uint32_t)event->data[i + 1] << 8 |
			(uint32_t)event->data[i + 2] << 16 | (uint32_t)event->data[i + 3] << 24;
	listen(m);
	ask_status(m, WORK_START, 0);
}

static void on_start_reply(struct ccid_machine *m, const struct reply *reply)
{
	/* A slot that the reader does not know of after all holds no card. */
	const uint8_t icc = reply->is_failed && reply->icc == 0 ? 2 : reply->icc;

	machine_take_icc(m, m->work_slot, icc);
	m->tries = 0;
	if ((size_t)m->work_slot + 1 < m->slot_count) {
		ask_status(m, WORK_START, (uint8_t)(m->work_slot + 1));
		return;
	}
	m->work = WORK_NONE;
	m->poll_at_ms = polls(m) ? m->now_ms + POLL_MS : INT64_MAX;
	change_state(m, CCID_STATE_READY, "");
}

static void close_step(struct ccid_machine *m)
{
	for (uint8_t i = 0; i < m->slot_count; i++) {
		if (!m->slots[i].view.is_powered)
			continue;
		m->slots[i].view.is_powered = false;
		m->work = WORK_CLOSE;
		m->work_slot = i;
		pipe_send_plain(m, i, MSG_POWER_OFF, REPLY_MS);
		return;
	}
	machine_effect(m, CCID_FX_CLOSE);
}

void machine_on_reply(struct ccid_machine *m, const struct reply *reply)
{
	switch (m->work) {
	case WORK_START:
		on_start_reply(m, reply);
		break;
	case WORK_CHECK:
		m->work = WORK_NONE;
		if (!reply->is_failed)
			machine_take_icc(m, m->work_slot, reply->icc);
		break;
	case WORK_OPERATION:
		on_operation_reply(m, reply);
		break;
	case WORK_CLOSE:
		m->work = WORK_NONE;
		close_step(m);
		break;
	case WORK_NONE:
		break;
	}
}

/* Picks what is done next; slots in turn, so that none waits for ever. */
static void next_work(struct ccid_machine *m)
{
	if (m->state != CCID_STATE_READY || m->work != WORK_NONE || m->is_closing ||
		m->pipe.out_busy)
		return;
	for (size_t i = 1; i <= m->slot_count; i++) {
		const uint8_t index = (uint8_t)((m->work_slot + i) % m->slot_count);
		struct slot *slot = &m->slots[index];
		if (slot->needs_check) {
			ask_status(m, WORK_CHECK, index);
			return;
		}
		if (slot->op.is_open) {
			begin_operation(m, index);
			return;
		}
	}
	if (m->now_ms < m->poll_at_ms)
		return;
	m->poll_at_ms = m->now_ms + POLL_MS / (int64_t)m->slot_count;
	ask_status(m, WORK_CHECK, (uint8_t)((m->work_slot + 1) % m->slot_count));
}

/* ---- faults ---- */

static void end_operations(struct ccid_machine *m, enum ccid_outcome outcome)
{
	for (uint8_t i = 0; i < m->slot_count; i++) {
		struct slot *slot = &m->slots[i];
		slot->view.is_powered = false;
		if (!slot->op.is_open)
			continue;
		/* An abort under way has a better reason than what broke it. */
		const bool is_aborted = m->pipe.is_aborting || slot->op.phase == PHASE_ABORTED_OFF;
		machine_finish(m, i,
			outcome == CCID_READER && slot->op.is_begun && is_aborted
				? m->pipe.abort_outcome
				: outcome);
	}
}

static void recover_later(struct ccid_machine *m)
{
	int64_t pause_ms = CLEAR_AFTER_MS;

	for (int i = 1; i < m->fault_count; i++)
		pause_ms = i == 1 ? RESET_AFTER_MS : pause_ms * 2;
	m->recover_at_ms = m->now_ms + (pause_ms < RESET_MAX_MS ? pause_ms : RESET_MAX_MS);
}

void machine_fault(struct ccid_machine *m, const char *reason)
{
	if (m->state == CCID_STATE_BROKEN || m->state == CCID_STATE_ABSENT)
		return;
	if (m->is_closing) {
		machine_effect(m, CCID_FX_CLOSE);
		return;
	}
	end_operations(m, CCID_READER);
	pipe_stop(m);
	m->work = WORK_NONE;
	m->poll_at_ms = INT64_MAX;
	m->errors++;
	if (m->fault_count < 16)
		m->fault_count++;
	change_state(m, CCID_STATE_BROKEN, reason);
	recover_later(m);
}

static void recover(struct ccid_machine *m)
{
	m->recover_at_ms = INT64_MAX;
	if (m->pipe.out_busy || m->pipe.in_busy || m->pipe.control_busy) {
		/* They were cancelled; their ends are on their way. */
		m->recover_at_ms = m->now_ms + CLEAR_AFTER_MS;
		return;
	}
	if (m->fault_count <= 1) {
		machine_effect(m, CCID_FX_CLEAR_OUT);
		return;
	}
	m->resets++;
	machine_effect(m, CCID_FX_RESET);
}

static void on_cleared(struct ccid_machine *m, const struct ccid_event *event)
{
	if (m->state != CCID_STATE_BROKEN)
		return;
	if (event->effect == CCID_FX_CLEAR_OUT && event->io == USB_IO_OK) {
		machine_effect(m, CCID_FX_CLEAR_IN);
	} else if (event->io == USB_IO_OK) {
		start(m);
	} else {
		m->fault_count = m->fault_count < 16 ? m->fault_count + 1 : 16;
		recover_later(m);
	}
}

/* ---- time ---- */

static void on_silence(struct ccid_machine *m)
{
	struct operation *op = &m->slots[m->pipe.slot].op;

	if (m->pipe.is_aborting) {
		machine_fault(m, "silent");
		return;
	}
	switch (m->work) {
	case WORK_START:
		if (++m->tries >= STATUS_TRIES) {
			machine_fault(m, "silent");
			break;
		}
		m->pipe.is_waiting = false;
		if (m->pipe.out_busy)
			machine_fault(m, "silent"); /* it does not even take commands */
		else
			ask_status(m, WORK_START, m->work_slot);
		break;
	case WORK_OPERATION:
		if (op->phase == PHASE_ABORTED_OFF || op->phase == PHASE_OFF)
			machine_fault(m, "silent");
		else
			machine_abort(m, op->is_removed ? CCID_REMOVED : CCID_TIMED_OUT);
		break;
	case WORK_CHECK:
	case WORK_CLOSE:
	case WORK_NONE:
		machine_fault(m, "silent");
		break;
	}
}

/* Operations that only wait in line have a limit, too. */
static void end_late(struct ccid_machine *m)
{
	for (uint8_t i = 0; i < m->slot_count; i++) {
		const struct operation *op = &m->slots[i].op;
		if (op->is_open && !op->is_begun && op->deadline_ms <= m->now_ms)
			machine_finish(m, i, CCID_TIMED_OUT);
	}
}

static void on_time(struct ccid_machine *m)
{
	end_late(m);
	if (m->state == CCID_STATE_BROKEN) {
		if (m->recover_at_ms <= m->now_ms)
			recover(m);
	} else if (m->pipe.reply_at_ms <= m->now_ms) {
		on_silence(m);
	}
}

/* ---- notifications (CCID 1.1 §6.3) ---- */

static void take_change(struct ccid_machine *m, const uint8_t *bits, size_t length)
{
	for (uint8_t i = 0; i < m->slot_count && i / 4 < length; i++) {
		const uint8_t two = bits[i / 4] >> (i % 4 * 2) & 3;
		struct slot *slot = &m->slots[i];
		if (!(two & 1))
			machine_set_presence(m, i, false);
		else if (m->state == CCID_STATE_STARTING || ((two & 2) && slot->view.is_present))
			slot->needs_check = true;
		else
			machine_set_presence(m, i, true);
	}
}

static void on_notified(struct ccid_machine *m, const struct ccid_event *event)
{
	m->pipe.notify_busy = false;
	if (event->io != USB_IO_OK) {
		m->notify_errors++;
		if (polls(m) && m->state == CCID_STATE_READY)
			m->poll_at_ms = m->now_ms;
	} else {
		m->notify_errors = 0;
		if ((m->state == CCID_STATE_READY || m->state == CCID_STATE_STARTING) &&
			event->count >= 2 && event->data[0] == NOTIFY_SLOT_CHANGE)
			take_change(m, event->data + 1, event->count - 1);
		if (event->count > 0 && event->data[0] == NOTIFY_HARDWARE_ERROR)
			m->errors++;
	}
	if (m->state != CCID_STATE_BROKEN && m->state != CCID_STATE_ABSENT)
		listen(m);
}

/* ---- commands ---- */

static struct operation *open_operation(
	struct ccid_machine *m, const struct ccid_event *event, enum ccid_operation kind)
{
	struct slot *slot = &m->slots[event->slot];
	const int64_t limit_ms = event->timeout_ms > 0 ? event->timeout_ms : CCID_DEFAULT_MS;

	slot->op = (struct operation){.is_open = true,
		.kind = kind,
		.card = slot->view.card,
		.deadline_ms = m->now_ms + (kind == CCID_OP_VERIFY_PIN ? PIN_LIMIT_MS : limit_ms)};
	vt_buf_finish(&slot->result);
	vt_buf_init(&slot->result, CCID_MAX_RESPONSE);
	return &slot->op;
}

static enum vt_code check_slot(
	const struct ccid_machine *m, const struct ccid_event *event, bool needs_power)
{
	if (m->state != CCID_STATE_READY || m->is_closing || event->slot >= m->slot_count ||
		!m->slots[event->slot].view.is_present)
		return VT_ERR_NOT_FOUND;
	if (m->slots[event->slot].op.is_open)
		return VT_ERR_BUSY;
	return needs_power && !m->slots[event->slot].view.is_powered ? VT_ERR_STATE : VT_OK;
}

static enum vt_code on_power(
	struct ccid_machine *m, const struct ccid_event *event, enum ccid_operation kind)
{
	const enum vt_code code = check_slot(m, event, false);

	if (!code)
		(void)open_operation(m, event, kind);
	return code;
}

static enum vt_code on_exchange(struct ccid_machine *m, const struct ccid_event *event)
{
	static const enum pieces_carrier carriers[CCID_EXCHANGE_COUNT] = {
		[CCID_EXCHANGE_SHORT_APDU] = CARRY_SHORT,
		[CCID_EXCHANGE_EXTENDED_APDU] = CARRY_EXTENDED};
	struct slot *slot = &m->slots[event->slot];
	enum vt_code code = check_slot(m, event, true);

	if (code)
		return code;
	struct pieces job;
	enum pieces_carrier carrier = carriers[m->level];
	if (m->level == CCID_EXCHANGE_TPDU)
		carrier = slot->params.protocol == 1 ? CARRY_EXTENDED : CARRY_TPDU0;
	else if (slot->params.protocol == 0)
		carrier = CARRY_SHORT; /* T=0 has no extended lengths, whatever the reader has */
	const size_t room = m->max_message - CCID_HEADER_LENGTH - 6;
	code = pieces_begin(&job, carrier, room < 255 ? room : 255, event->data, event->count);
	if (code) {
		pieces_finish(&job);
		return code;
	}
	open_operation(m, event, CCID_OP_EXCHANGE)->job = job;
	return VT_OK;
}

static bool has_pin_pad(const struct ccid_machine *m)
{
	return (m->setup.desc.pin_support & 1) && !m->setup.quirks.no_pin_pad;
}

static enum vt_code on_verify_pin(struct ccid_machine *m, const struct ccid_event *event)
{
	const enum vt_code code = check_slot(m, event, true);

	if (code)
		return code;
	if (!has_pin_pad(m))
		return VT_ERR_UNSUPPORTED;
	if (!card_pin_is_valid(event->pin))
		return VT_ERR_INVALID;
	open_operation(m, event, CCID_OP_VERIFY_PIN)->pin = *event->pin;
	return VT_OK;
}

static void on_cancel(struct ccid_machine *m, uint8_t index)
{
	const struct operation *op = index < m->slot_count ? &m->slots[index].op : NULL;

	if (!op || !op->is_open)
		return;
	if (!op->is_begun)
		machine_finish(m, index, CCID_CANCELLED);
	else if (m->pipe.is_waiting && !m->pipe.is_aborting && op->kind != CCID_OP_POWER_OFF &&
		 op->phase != PHASE_ABORTED_OFF)
		machine_abort(m, CCID_CANCELLED);
}

static void on_close(struct ccid_machine *m)
{
	if (m->state == CCID_STATE_ABSENT || m->is_closing)
		return;
	m->is_closing = true;
	if (m->state == CCID_STATE_READY && !m->pipe.is_waiting && !m->pipe.out_busy)
		close_step(m);
	else
		machine_effect(m, CCID_FX_CLOSE);
}

static void on_detached(struct ccid_machine *m)
{
	end_operations(m, CCID_GONE);
	for (uint8_t i = 0; i < m->slot_count; i++)
		lose_card(m, i);
	m->pipe.out_busy = m->pipe.in_busy = m->pipe.control_busy = m->pipe.notify_busy = false;
	pipe_stop(m);
	m->work = WORK_NONE;
	m->is_closing = false;
	m->fault_count = 0;
	m->poll_at_ms = m->recover_at_ms = INT64_MAX;
	change_state(m, CCID_STATE_ABSENT, "unplugged");
}

/* ---- outside ---- */

static void check(const struct ccid_machine *m)
{
	const struct pipe *p = &m->pipe;

	VT_ASSERT(!p->is_waiting || m->work != WORK_NONE);
	VT_ASSERT(!p->is_aborting || p->is_waiting);
	VT_ASSERT(m->work != WORK_OPERATION || m->slots[m->work_slot].op.is_begun);
	for (size_t i = 0; i < m->slot_count; i++) {
		VT_ASSERT(m->slots[i].view.is_present == (m->slots[i].view.card != 0));
		VT_ASSERT(m->slots[i].view.is_present || !m->slots[i].view.is_powered);
	}
}

static enum vt_code dispatch(struct ccid_machine *m, const struct ccid_event *event)
{
	switch (event->type) {
	case CCID_EV_ATTACHED:
		start(m);
		break;
	case CCID_EV_DETACHED:
		on_detached(m);
		break;
	case CCID_EV_SENT:
		pipe_on_sent(m, event);
		break;
	case CCID_EV_RECEIVED:
		pipe_on_received(m, event);
		break;
	case CCID_EV_NOTIFIED:
		on_notified(m, event);
		break;
	case CCID_EV_CONTROL_DONE:
		if (m->state == CCID_STATE_STARTING && m->work == WORK_NONE) {
			m->pipe.control_busy = false;
			on_data_rates(m, event);
		} else {
			pipe_on_control(m, event);
		}
		break;
	case CCID_EV_CLEARED:
		on_cleared(m, event);
		break;
	case CCID_EV_TIME:
		on_time(m);
		break;
	case CCID_EV_POWER_ON:
		return on_power(m, event, CCID_OP_POWER_ON);
	case CCID_EV_POWER_OFF:
		return on_power(m, event, CCID_OP_POWER_OFF);
	case CCID_EV_EXCHANGE:
		return on_exchange(m, event);
	case CCID_EV_VERIFY_PIN:
		return on_verify_pin(m, event);
	case CCID_EV_CANCEL:
		on_cancel(m, event->slot);
		break;
	case CCID_EV_CLOSE:
		on_close(m);
		break;
	}
	return VT_OK;
}

enum vt_code ccid_machine_step(
	struct ccid_machine *m, const struct ccid_event *event, struct ccid_effects *effects)
{
	effects->count = 0;
	m->effects = effects;
	m->now_ms = event->now_ms;
	const enum vt_code code = dispatch(m, event);
	tell_slots(m);
	next_work(m);
	check(m);
	m->effects = NULL;
	return code;
}

struct ccid_machine *ccid_machine_create(void)
{
	struct ccid_machine *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	/* Two bytes more than an APDU and a header: as much as the longest message may have. */
	vt_buf_init(&m->pipe.out, CCID_MAX_APDU + 2 * CCID_HEADER_LENGTH);
	vt_buf_init(&m->pipe.in, CCID_MAX_APDU + 2 * CCID_HEADER_LENGTH);
	for (size_t i = 0; i < CCID_MAX_SLOTS; i++) {
		vt_buf_init(&m->slots[i].block, CCID_MAX_RESPONSE);
		vt_buf_init(&m->slots[i].result, CCID_MAX_RESPONSE);
		m->slots[i].icc = 2;
	}
	m->pipe.reply_at_ms = m->poll_at_ms = m->recover_at_ms = INT64_MAX;
	vt_copy_cut(m->reason, sizeof(m->reason), "unplugged");
	return m;
}

void ccid_machine_destroy(struct ccid_machine **machine)
{
	struct ccid_machine *m = *machine;

	if (!m)
		return;
	vt_buf_finish(&m->pipe.out);
	vt_buf_finish(&m->pipe.in);
	for (size_t i = 0; i < CCID_MAX_SLOTS; i++) {
		pieces_finish(&m->slots[i].op.job);
		vt_buf_finish(&m->slots[i].block);
		vt_buf_finish(&m->slots[i].result);
	}
	vt_wipe(m, sizeof(*m));
	free(m);
	*machine = NULL;
}

enum vt_code ccid_machine_set(
	struct ccid_machine *m, const struct ccid_machine_setup *setup, struct vt_error *error)
{
	/* A piece of 5 + 1 bytes, a block of T=1 with one byte and CRC. */
	const size_t least = CCID_HEADER_LENGTH + 8;

	VT_ASSERT(m->state == CCID_STATE_ABSENT && setup->max_packet > 0);
	if (setup->desc.level == CCID_EXCHANGE_CHARACTER && !setup->quirks.is_extended)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
			"ccid: readers at character level are not supported");
	if ((setup->desc.protocols & 3) == 0)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "ccid: neither T=0 nor T=1");
	if (setup->desc.max_message < least)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "ccid: messages of %u bytes",
			(unsigned)setup->desc.max_message);
	m->setup = *setup;
	m->level = setup->desc.level;
	if (setup->quirks.is_extended)
		m->level = CCID_EXCHANGE_EXTENDED_APDU;
	if (setup->quirks.is_short)
		m->level = CCID_EXCHANGE_SHORT_APDU;
	m->max_message = setup->desc.max_message < CCID_MAX_APDU + CCID_HEADER_LENGTH
				 ? setup->desc.max_message
				 : CCID_MAX_APDU + CCID_HEADER_LENGTH;
	m->slot_count = (size_t)setup->desc.max_slot_index + 1;
	if (m->slot_count > CCID_MAX_SLOTS)
		m->slot_count = CCID_MAX_SLOTS;
	return VT_OK;
}

void ccid_machine_take(struct ccid_machine *m, uint8_t slot, struct vt_buf *ret)
{
	*ret = m->slots[slot].result;
	vt_buf_init(&m->slots[slot].result, CCID_MAX_RESPONSE);
}

int64_t ccid_machine_wake_ms(const struct ccid_machine *m)
{
	int64_t wake_ms = m->pipe.reply_at_ms;

	if (m->recover_at_ms < wake_ms)
		wake_ms = m->recover_at_ms;
	/* A poll that is due waits for the work in hand. */
	if (m->work == WORK_NONE && m->poll_at_ms < wake_ms)
		wake_ms = m->poll_at_ms;
	for (size_t i = 0; i < m->slot_count; i++) {
		const struct operation *op = &m->slots[i].op;
		if (op->is_open && !op->is_begun && op->deadline_ms < wake_ms)
			wake_ms = op->deadline_ms;
	}
	return wake_ms;
}

void ccid_machine_view(const struct ccid_machine *m, struct ccid_view *ret)
{
	*ret = (struct ccid_view){.state = m->state,
		.reason = m->reason,
		.slot_count = m->slot_count,
		.has_pin_pad = m->state != CCID_STATE_ABSENT && has_pin_pad(m),
		.reads = m->reads,
		.errors = m->errors,
		.resets = m->resets};
}

bool ccid_machine_slot(const struct ccid_machine *m, uint8_t slot, struct ccid_slot *ret)
{
	if (slot >= m->slot_count)
		return false;
	*ret = m->slots[slot].view;
	return true;
}
