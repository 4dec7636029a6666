/* A hostile card reader: whatever it sends, at any time. The first byte chooses its level, the rest
 * is a script: an op byte, then for bytes that come a length and the bytes. The driver's own rules
 * (machine.c, check()) and the contract of its effects are the judge. */

#include <string.h>

#include "drivers/ccid/machine.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

struct world {
	struct ccid_machine *machine;
	int64_t now_ms;
	bool out_busy, in_busy, notify_busy, control_busy, clear_busy, is_closed;
	size_t in_length, out_length, control_length;
	int clear_effect;
	bool is_open[CCID_MAX_SLOTS];
	uint8_t seq, slot; /* of the last message */
};

static void take_effects(struct world *w, const struct ccid_effects *effects)
{
	for (size_t i = 0; i < effects->count; i++) {
		const struct ccid_effect *effect = &effects->list[i];
		struct vt_buf data;
		switch (effect->type) {
		case CCID_FX_SEND:
			VT_ASSERT(!w->out_busy && effect->length > 0);
			w->out_busy = true;
			w->out_length = effect->length;
			if (effect->length >= 10) {
				w->slot = effect->data[5];
				w->seq = effect->data[6];
			}
			break;
		case CCID_FX_RECEIVE:
			VT_ASSERT(!w->in_busy && effect->length > 0);
			w->in_busy = true;
			w->in_length = effect->length;
			break;
		case CCID_FX_NOTIFY:
			VT_ASSERT(!w->notify_busy);
			w->notify_busy = true;
			break;
		case CCID_FX_CONTROL:
			VT_ASSERT(!w->control_busy);
			w->control_busy = true;
			w->control_length = effect->length;
			break;
		case CCID_FX_CLEAR_OUT:
		case CCID_FX_CLEAR_IN:
		case CCID_FX_RESET:
			VT_ASSERT(!w->clear_busy);
			w->clear_busy = true;
			w->clear_effect = (int)effect->type;
			break;
		case CCID_FX_DONE:
			VT_ASSERT(w->is_open[effect->result.slot]);
			w->is_open[effect->result.slot] = false;
			ccid_machine_take(w->machine, effect->result.slot, &data);
			VT_ASSERT(data.length == effect->result.length);
			VT_ASSERT(effect->result.outcome == CCID_DONE || data.length == 0);
			vt_buf_finish(&data);
			break;
		case CCID_FX_CLOSE:
			w->is_closed = true;
			break;
		case CCID_FX_CANCEL:
		case CCID_FX_SLOT:
			break;
		}
	}
}

static enum vt_code step(struct world *w, struct ccid_event *event)
{
	struct ccid_effects effects;

	event->now_ms = w->now_ms;
	const enum vt_code code = ccid_machine_step(w->machine, event, &effects);
	take_effects(w, &effects);
	return code;
}

static void end(struct world *w, bool *busy, enum ccid_event_type type, enum usb_io io,
	const uint8_t *data, size_t count)
{
	if (!*busy)
		return;
	*busy = false;
	if (step(w, &(struct ccid_event){.type = type,
			    .effect = w->clear_effect,
			    .io = io,
			    .data = data,
			    .count = count}))
		VT_UNREACHABLE();
}

static void begin(struct world *w, enum ccid_event_type type, uint8_t slot)
{
	static const uint8_t apdu[] = {0x80, 0x12, 0x01, 0x00, 0x00};
	static const struct ccid_pin_entry pin = {
		.apdu = {0, 0x20, 0, 1, 8}, .apdu_length = 13, .min_digits = 4, .max_digits = 8};
	const bool was_open = w->is_open[slot];

	w->is_open[slot] = true;
	const enum vt_code code = step(w, &(struct ccid_event){.type = type,
						  .slot = slot,
						  .data = apdu,
						  .count = sizeof(apdu),
						  .pin = &pin});
	if (code)
		w->is_open[slot] = was_open;
}

static void on_time(struct world *w)
{
	const int64_t wake_ms = ccid_machine_wake_ms(w->machine);

	if (wake_ms == INT64_MAX)
		return;
	w->now_ms = wake_ms > w->now_ms ? wake_ms : w->now_ms;
	if (step(w, &(struct ccid_event){.type = CCID_EV_TIME}))
		VT_UNREACHABLE();
}

/* Bytes of the script as a transfer; with bit 8 the header's slot and number are made right, so
 * that the fuzzer gets past them. */
static size_t receive(struct world *w, uint8_t op, const uint8_t *data, size_t left)
{
	uint8_t bytes[300];
	size_t count = left > 0 ? data[0] : 0;

	if (count > left - (left > 0))
		count = left - (left > 0);
	const size_t used = count + (left > 0);
	count = count < w->in_length ? count : w->in_length;
	if (count > 0)
		memcpy(bytes, data + 1, count);
	if ((op & 0x80) && count >= 10) {
		bytes[1] = (uint8_t)(count - 10);
		bytes[2] = bytes[3] = bytes[4] = 0;
		bytes[5] = w->slot;
		bytes[6] = w->seq;
	}
	end(w, &w->in_busy, CCID_EV_RECEIVED, USB_IO_OK, bytes, count);
	return used;
}

static size_t play(struct world *w, const uint8_t *data, size_t left)
{
	const uint8_t op = data[0];
	static const uint8_t change[] = {0x50, 0x07};

	switch (op & 0x0f) {
	case 0:
	case 1:
	case 2:
		return 1 + receive(w, op, data + 1, left - 1);
	case 3:
		end(w, &w->out_busy, CCID_EV_SENT, USB_IO_OK, NULL, w->out_length);
		break;
	case 4:
		on_time(w);
		break;
	case 5:
		begin(w, CCID_EV_POWER_ON, op >> 4 & 1);
		break;
	case 6:
		begin(w, CCID_EV_EXCHANGE, op >> 4 & 1);
		break;
	case 7:
		begin(w, CCID_EV_VERIFY_PIN, op >> 4 & 1);
		break;
	case 8:
		if (step(w, &(struct ccid_event){.type = CCID_EV_CANCEL, .slot = op >> 4 & 1}))
			VT_UNREACHABLE();
		break;
	case 9:
		end(w, &w->notify_busy, CCID_EV_NOTIFIED, USB_IO_OK, change, sizeof(change));
		break;
	case 10:
		end(w, &w->notify_busy, CCID_EV_NOTIFIED, USB_IO_OK, data, left < 3 ? left : 3);
		break;
	case 11:
		end(w, &w->control_busy, CCID_EV_CONTROL_DONE, op & 0x80 ? USB_IO_STALL : USB_IO_OK,
			data, left < w->control_length ? left : w->control_length);
		break;
	case 12:
		end(w, &w->clear_busy, CCID_EV_CLEARED, op & 0x80 ? USB_IO_FAILED : USB_IO_OK, NULL,
			0);
		break;
	case 13:
		end(w, &w->out_busy, CCID_EV_SENT, USB_IO_CANCELLED, NULL, 0);
		end(w, &w->in_busy, CCID_EV_RECEIVED, USB_IO_CANCELLED, NULL, 0);
		break;
	case 14:
		end(w, &w->in_busy, CCID_EV_RECEIVED, USB_IO_STALL, NULL, 0);
		break;
	default:
		begin(w, CCID_EV_POWER_OFF, op >> 4 & 1);
		break;
	}
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const enum ccid_exchange levels[] = {CCID_EXCHANGE_TPDU, CCID_EXCHANGE_SHORT_APDU,
		CCID_EXCHANGE_EXTENDED_APDU, CCID_EXCHANGE_TPDU};
	struct world w = {.now_ms = 1000};

	if (length < 1)
		return 0;
	struct ccid_machine_setup setup = {.desc = {.max_slot_index = 1,
						   .protocols = 3,
						   .default_clock_khz = 4000,
						   .max_data_rate_bps = 344086,
						   .data_rate_count = data[0] & 8 ? 4 : 0,
						   .max_ifsd = 254,
						   .max_message = data[0] & 16 ? 64 : 271,
						   .pin_support = 1,
						   .level = levels[data[0] & 3]},
		.max_packet = 64,
		.has_notify = data[0] & 4};
	w.machine = ccid_machine_create();
	VT_ASSERT(w.machine);
	if (ccid_machine_set(w.machine, &setup, NULL) ||
		step(&w, &(struct ccid_event){.type = CCID_EV_ATTACHED}))
		VT_UNREACHABLE();
	for (size_t at = 1; at < length && !w.is_closed;)
		at += play(&w, data + at, length - at);
	if (step(&w, &(struct ccid_event){.type = CCID_EV_DETACHED}))
		VT_UNREACHABLE();
	for (size_t i = 0; i < CCID_MAX_SLOTS; i++)
		VT_ASSERT(!w.is_open[i]);
	ccid_machine_destroy(&w.machine);
	return 0;
}
