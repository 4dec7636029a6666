/* From a card without power to one that understands us (devices.md B.3, B.5).
 *
 *   OFF_FIRST ─► POWER ──ATR──► PPS ─► PARAMETERS ─► IFSD ─► done
 *                 ▲ │ error       │ bad     │ refused   │ bad: 32 stays
 *     next voltage└─┤             └─────────┴─► OFF_FIRST, without what went wrong
 *                   └─ error BB: ESCAPE, once
 */

#include "drivers/ccid/machine-internal.h"

#include <string.h>

#include "terminal/base/log.h"

enum { SELECT_AUTO, SELECT_5V, SELECT_3V, SELECT_1V8 };

static struct params_reader reader_of(const struct ccid_machine *m)
{
	return (struct params_reader){.desc = &m->setup.desc,
		.rate_count = m->rate_count,
		.rates_bps = m->rates_bps,
		.max_rate_bps = m->setup.quirks.max_rate_bps,
		.no_pps = m->setup.quirks.no_pps};
}

static void choose_voltages(const struct ccid_desc *desc, struct operation *op)
{
	/* 5 V first: what reads only at 5 V stays mute at less, and class B cards stand it. */
	static const struct {
		uint8_t bit, select;
	} classes[] = {{1, SELECT_5V}, {4, SELECT_1V8}, {2, SELECT_3V}};

	op->voltage_count = op->voltage = 0;
	if (!(desc->features & (CCID_AUTO_VOLTAGE | CCID_AUTO_ACTIVATION)))
		for (size_t i = 0; i < VT_ELEMENTS(classes); i++)
			if (desc->voltages & classes[i].bit)
				op->voltages[op->voltage_count++] = classes[i].select;
	if (op->voltage_count == 0)
		op->voltages[op->voltage_count++] = SELECT_AUTO;
}

static void send_power_on(struct ccid_machine *m, uint8_t index)
{
	struct operation *op = &m->slots[index].op;
	const uint8_t special[3] = {op->voltages[op->voltage]};

	op->phase = PHASE_POWER;
	pipe_send(m, index, MSG_POWER_ON, special, NULL, 0, POWER_ON_MS);
}

static void send_power_off(struct ccid_machine *m, uint8_t index)
{
	m->slots[index].op.phase = PHASE_OFF_FIRST;
	pipe_send_plain(m, index, MSG_POWER_OFF, REPLY_MS);
}

void power_begin(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];

	slot->view.is_powered = false;
	choose_voltages(&m->setup.desc, &slot->op);
	if (slot->icc == 0)
		send_power_off(m, index);
	else
		send_power_on(m, index);
}

static void finish(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];

	slot->view.is_powered = true;
	slot->view.protocol = slot->params.protocol;
	slot->timeout_ms = params_timeout_ms(&slot->params, &slot->atr, &m->setup.desc);
	vt_buf_append(&slot->result, slot->view.atr, slot->view.atr_length);
	m->reads++;
	machine_finish(m, index, slot->result.failed ? CCID_READER : CCID_DONE);
}

static uint8_t at_most(uint32_t value, size_t max)
{
	return (uint8_t)(value < max ? value : max);
}

/* Blocks must fit the reader's messages, too. */
static void begin_ifsd(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];
	const size_t edc = params_has_crc(&slot->atr) ? 2 : 1;
	const size_t room = m->max_message - CCID_HEADER_LENGTH - 3 - edc;
	const size_t max = room < T1_MAX_DATA ? room : T1_MAX_DATA;
	const uint8_t ifsd = at_most(m->setup.desc.max_ifsd, max);

	t1_init(&slot->t1, params_ifsc(&slot->atr), T1_FIRST_SIZE, (uint8_t)max,
		params_has_crc(&slot->atr));
	if (m->setup.desc.features & CCID_AUTO_IFSD) {
		slot->t1.ifsd = ifsd > 0 ? ifsd : T1_FIRST_SIZE;
		finish(m, index);
		return;
	}
	if (ifsd <= T1_FIRST_SIZE) {
		finish(m, index);
		return;
	}
	slot->op.phase = PHASE_IFSD;
	t1_begin_ifs(&slot->t1, ifsd);
	card_send_t1(m, index);
}

static void go_on_behind_parameters(struct ccid_machine *m, uint8_t index)
{
	if (m->level == CCID_EXCHANGE_TPDU && m->slots[index].params.protocol == 1)
		begin_ifsd(m, index);
	else
		finish(m, index);
}

static void send_parameters(struct ccid_machine *m, uint8_t index)
{
	struct slot *slot = &m->slots[index];
	uint8_t data[PARAMS_MAX_LENGTH];

	slot->params = slot->op.params;
	if ((m->setup.desc.features & CCID_AUTO_NEGOTIATION) || slot->op.no_parameters) {
		go_on_behind_parameters(m, index);
		return;
	}
	const size_t length = params_bytes(&slot->params, &slot->atr, data);
	const uint8_t special[3] = {slot->params.protocol};
	slot->op.phase = PHASE_PARAMETERS;
	pipe_send(m, index, MSG_SET_PARAMETERS, special, data, length, REPLY_MS);
}

static void choose(struct ccid_machine *m, uint8_t index)
{
	static const uint8_t none[3];
	struct slot *slot = &m->slots[index];
	struct operation *op = &slot->op;
	const struct params_reader reader = reader_of(m);

	if (!params_choose(&slot->atr, &reader, op->is_plain, &op->params)) {
		machine_finish(m, index, CCID_CARD);
		return;
	}
	if (!op->params.needs_pps) {
		send_parameters(m, index);
		return;
	}
	op->phase = PHASE_PPS;
	pipe_send(m, index, MSG_XFR_BLOCK, none, op->params.pps, op->params.pps_length, REPLY_MS);
}

static void on_atr(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct slot *slot = &m->slots[index];

	const enum atr_verdict verdict = atr_parse(reply->data, reply->length, &slot->atr);
	if (verdict != ATR_GOOD) {
		vt_log(VT_LOG_DEBUG, "ccid: %zu bytes that are no ATR: %d", reply->length,
			(int)verdict);
		machine_finish(m, index, CCID_MUTE);
		return;
	}
	memcpy(slot->view.atr, reply->data, reply->length);
	slot->view.atr_length = reply->length;
	choose(m, index);
}

static void on_power_failed(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	static const uint8_t none[3], iso_mode[] = {0x1f, 0x01};
	struct operation *op = &m->slots[index].op;

	if (reply->error == ERR_EMV && m->setup.quirks.iso_mode_escape && !op->has_escaped) {
		op->has_escaped = true;
		op->phase = PHASE_ESCAPE;
		pipe_send(m, index, MSG_ESCAPE, none, iso_mode, sizeof(iso_mode), REPLY_MS);
		return;
	}
	if (++op->voltage < op->voltage_count)
		send_power_off(m, index);
	else
		machine_finish(m, index, CCID_MUTE);
}

/* Once more from the start, the plain way; nothing simpler is left: the card is not ours. */
static void start_again(struct ccid_machine *m, uint8_t index)
{
	struct operation *op = &m->slots[index].op;

	if (op->is_plain && op->no_parameters) {
		machine_finish(m, index, CCID_CARD);
		return;
	}
	op->no_parameters = op->is_plain;
	op->is_plain = true;
	send_power_off(m, index);
}

static void on_ifsd(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct slot *slot = &m->slots[index];
	const bool is_lost = reply->is_failed;

	/* What the reader's own error says is what a broken block says. */
	if (t1_receive(&slot->t1, reply->data, is_lost ? 0 : reply->length) == T1_SEND)
		card_send_t1(m, index);
	else
		finish(m, index); /* refused: 32 stays, as before ISO 7816-3 knew IFSD */
}

void power_on_reply(struct ccid_machine *m, uint8_t index, const struct reply *reply)
{
	struct operation *op = &m->slots[index].op;

	switch (op->phase) {
	case PHASE_OFF_FIRST:
	case PHASE_ESCAPE:
		send_power_on(m, index);
		break;
	case PHASE_POWER:
		if (reply->is_failed)
			on_power_failed(m, index, reply);
		else
			on_atr(m, index, reply);
		break;
	case PHASE_PPS:
		if (!reply->is_failed && params_take_pps(&op->params, reply->data, reply->length))
			send_parameters(m, index);
		else
			start_again(m, index);
		break;
	case PHASE_PARAMETERS:
		/* 00: not known, 01 … 7F: a byte that it does not like. Both do without. */
		if (reply->is_failed && reply->error > 0x7f)
			start_again(m, index);
		else
			go_on_behind_parameters(m, index);
		break;
	case PHASE_IFSD:
		on_ifsd(m, index, reply);
		break;
	case PHASE_NONE:
	case PHASE_BLOCK:
	case PHASE_SECURE:
	case PHASE_OFF:
	case PHASE_ABORTED_OFF:
		break;
	}
}
