/* The printer's answers, and the whole machine against a printer that answers anything at any time
 * (stateful): whatever comes, no assertion of the machine breaks, and "printed" is said only after
 * the machine has handed over a cut.
 *
 * Input: bytes of commands to the harness. 0x00–0x7f n: n bytes follow as an answer; 0x80 …: ends
 * of transfers, time, plugs. */

#include <stdlib.h>
#include <string.h>

#include "drivers/printer/printer.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

struct harness {
	struct printer *printer;
	int64_t now_ms;
	bool is_attached, is_sending, is_receiving;
	int control; /* effect in work, or -1 */
	int clear_in, clear_out;
	size_t sending;
	bool has_cut; /* a cut was handed over since the sheet began */
};

static void note_send(struct harness *h, const struct printer_effect *effect)
{
	VT_ASSERT(!h->is_sending && h->is_attached && effect->length > 0);
	h->is_sending = true;
	h->sending = effect->length;
	for (size_t i = 0; i + 2 < effect->length; i++)
		if (effect->data[i] == 0x1d && effect->data[i + 1] == 0x56)
			h->has_cut = true;
}

static void feed(struct harness *h, struct printer_event *event)
{
	struct printer_effects effects;

	event->now_ms = h->now_ms;
	const enum vt_code code = printer_step(h->printer, event, &effects);
	VT_ASSERT(!code || event->type == PRINTER_EV_PRINT);
	for (size_t i = 0; i < effects.count; i++) {
		const struct printer_effect *effect = &effects.list[i];
		switch (effect->type) {
		case PRINTER_FX_SEND:
			note_send(h, effect);
			break;
		case PRINTER_FX_RECEIVE:
			VT_ASSERT(!h->is_receiving && h->is_attached);
			h->is_receiving = true;
			break;
		case PRINTER_FX_PORT_STATUS:
		case PRINTER_FX_SOFT_RESET:
			VT_ASSERT(h->control < 0);
			h->control = (int)effect->type;
			break;
		case PRINTER_FX_CLEAR_IN:
			h->clear_in = (int)effect->type;
			break;
		case PRINTER_FX_CLEAR_OUT:
		case PRINTER_FX_USB_RESET:
			h->clear_out = (int)effect->type;
			break;
		case PRINTER_FX_BEGUN:
			h->has_cut = false;
			break;
		case PRINTER_FX_DONE:
			VT_ASSERT(effect->result.outcome != OUTCOME_PRINTED || h->has_cut);
			break;
		case PRINTER_FX_CANCEL_SEND:
		case PRINTER_FX_RESOLVED:
		case PRINTER_FX_STATUS:
			break;
		}
	}
}

static void attach(struct harness *h, uint8_t how)
{
	const struct printer_profile profile = {.width_px = 128,
		.dpi = 203,
		.image = IMAGE_RASTER,
		.cut = CUT_PARTIAL,
		.confirm = how & 1 ? CONFIRM_GS_R : CONFIRM_PROCESS_ID,
		.auto_status = true,
		.cutter_counter = how & 2};
	struct sheet mark = {.rows = 1, .segment_count = 1};

	vt_buf_init(&mark.stream, 64);
	escpos_initialise(&mark.stream);
	mark.ends[0] = mark.stream.length;
	printer_set_model(h->printer, &profile, &mark);
	h->is_attached = true;
	feed(h, &(struct printer_event){.type = PRINTER_EV_ATTACHED});
}

static void detach(struct harness *h)
{
	h->is_attached = h->is_sending = h->is_receiving = false;
	h->control = h->clear_in = h->clear_out = -1;
	feed(h, &(struct printer_event){.type = PRINTER_EV_DETACHED});
}

static void print(struct harness *h)
{
	struct sheet sheet = {.rows = 2, .segment_count = 2};

	vt_buf_init(&sheet.stream, 256);
	escpos_raster(&sheet.stream, (const uint8_t *)"\x01\x02", 2, 1);
	sheet.ends[0] = sheet.stream.length;
	escpos_raster(&sheet.stream, (const uint8_t *)"\x03\x04", 2, 1);
	sheet.ends[1] = sheet.stream.length;
	feed(h, &(struct printer_event){.type = PRINTER_EV_PRINT,
			.job = "00000000-0000-4000-8000-000000000001",
			.sheet = &sheet});
	sheet_finish(&sheet);
}

static void end_transfer(struct harness *h, uint8_t how)
{
	const enum usb_io io = (enum usb_io)(how & 3);
	const uint8_t status = (uint8_t)(how << 1);
	struct printer_event event = {.io = io};

	if (h->is_sending && !(how & 0x40)) {
		event.type = PRINTER_EV_SENT;
		event.count = io == USB_IO_OK && !(how & 4) ? h->sending : h->sending / 2;
		h->is_sending = false;
	} else if (h->control >= 0) {
		event.type = PRINTER_EV_CONTROL_DONE;
		event.effect = h->control;
		event.data = &status;
		event.count = h->control == PRINTER_FX_PORT_STATUS ? 1 : 0;
		h->control = -1;
	} else if (h->clear_in >= 0 || h->clear_out >= 0) {
		int *which = h->clear_in >= 0 ? &h->clear_in : &h->clear_out;
		event.type = PRINTER_EV_CLEARED;
		event.effect = *which;
		*which = -1;
	} else if (h->is_receiving) {
		event.type = PRINTER_EV_RECEIVED;
		h->is_receiving = false;
	} else {
		return;
	}
	feed(h, &event);
}

static size_t answer(struct harness *h, const uint8_t *data, size_t length, size_t wanted)
{
	const size_t count = wanted < length ? wanted : length;

	if (h->is_receiving) {
		h->is_receiving = false;
		feed(h, &(struct printer_event){
				.type = PRINTER_EV_RECEIVED, .data = data, .count = count});
	}
	return count;
}

/* What a good printer would answer to everything, so that the deep states are reached. */
static void answer_well(struct harness *h, uint8_t how)
{
	static const uint8_t live[] = {0x12}, queued[] = {0, 0, 0};

	if (h->is_sending)
		end_transfer(h, 0);
	(void)(how & 1 ? answer(h, queued, 3, 3) : answer(h, live, 1, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct harness h = {.printer = printer_machine_create(7), .now_ms = 1000};

	if (!h.printer)
		return 0;
	h.control = h.clear_in = h.clear_out = -1;
	for (size_t at = 0; at < length;) {
		const uint8_t op = data[at++];
		if (op < 0x80)
			at += answer(&h, data + at, length - at, op);
		else if (op < 0x84 && !h.is_attached)
			attach(&h, op);
		else if (op == 0x84 && h.is_attached)
			detach(&h);
		else if (op == 0x85)
			print(&h);
		else if (op < 0xa0)
			answer_well(&h, op);
		else if (op < 0xf0)
			end_transfer(&h, op);
		else {
			const int64_t wake_ms = printer_wake_ms(h.printer);
			if (wake_ms != INT64_MAX && wake_ms > h.now_ms)
				h.now_ms = wake_ms;
			feed(&h, &(struct printer_event){.type = PRINTER_EV_TIME});
		}
	}
	printer_machine_destroy(&h.printer);
	return 0;
}
