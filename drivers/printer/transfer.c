/* What became of transfers: attached, sent, received, control requests, cleared halts. */
#include "drivers/printer/printer-internal.h"

#include "terminal/base/assert.h"

void transfer_on_attached(struct printer *p)
{
	if (p->state != PRINTER_ABSENT)
		return;
	state_listening(p, "attached");
	p->in_busy = true;
	printer_emit(p, PRINTER_FX_RECEIVE);
}

void transfer_on_detached(struct printer *p)
{
	p->out_busy = p->in_busy = p->control_busy = p->cancelling = p->halted_out = false;
	timer_stop(p, TIMER_SEND);
	timer_stop(p, TIMER_READ);
	if (p->has_job)
		outcome_finish(p, outcome_so_far(p, true), "absent");
	outcome_drop_sheet(p);
	state_change(p, PRINTER_ABSENT, "detached");
	p->synced = false;
	p->status_known = false;
	p->backoff_ms = 0;
}

/* A whole command or segment is in the printer's hands. */
static void on_sent_all(struct printer *p)
{
	struct vt_buf commands;

	const bool is_stream = p->state == PRINTER_SENDING ||
			       (p->state == PRINTER_VOIDING && p->confirm == CONFIRM_NONE);

	if (is_stream && p->ask == ASK_NONE) {
		const bool is_last = p->segment + 1 == p->stream->segment_count;
		if (p->state == PRINTER_SENDING && !is_last) {
			ask_status(p);
		} else if (p->state == PRINTER_SENDING) {
			state_settling(p);
		} else if (p->state == PRINTER_VOIDING && !is_last) {
			stream_send_segment(p, p->segment + 1);
		} else if (p->state == PRINTER_VOIDING) {
			vt_buf_init(&commands, sizeof(p->command));
			escpos_cut(&commands, &p->profile);
			ask_confirm(p, &commands);
		}
		return;
	}
	if (p->has_early) {
		p->has_early = false;
		answer_take(p, &p->early);
	} else if (p->ask != ASK_NONE) {
		timer_set(p, TIMER_ANSWER, ANSWER_MS);
	} else if (p->confirm == CONFIRM_DONE) {
		answer_after_confirm(p);
	}
}

void transfer_on_sent(struct printer *p, const struct printer_event *event)
{
	if (!p->out_busy)
		return;
	VT_ASSERT(event->count <= p->chunk);
	p->out_busy = false;
	p->cancelling = false;
	timer_stop(p, TIMER_SEND);
	if (event->io == USB_IO_STALL)
		p->halted_out = true;
	if (p->state == PRINTER_CLEARING) {
		outcome_clear_next(p);
		return;
	}
	if (p->state == PRINTER_BROKEN) {
		outcome_drop_sheet(p);
		return;
	}
	if (event->io != USB_IO_OK) {
		outcome_give_up(p, "device");
		return;
	}
	/* Short: go on behind what was taken, never from the start. */
	p->out += event->count;
	p->out_left -= event->count;
	if (event->count > 0)
		p->send_tries = 0;
	else if (++p->send_tries >= SEND_TRIES) {
		outcome_give_up(p, "device");
		return;
	}
	if (p->out_left == 0) {
		on_sent_all(p);
		return;
	}
	stream_send_chunk(p);
}

static void read_bytes(struct printer *p, const struct printer_event *event)
{
	struct escpos_answer answer;

	for (size_t i = 0; i < event->count; i++)
		if (escpos_parse(&p->parser, event->data[i], &answer))
			answer_take(p, &answer);
	if (p->garbage > MAX_GARBAGE && p->state != PRINTER_BROKEN)
		outcome_broken(p, "protocol");
}

void transfer_on_received(struct printer *p, const struct printer_event *event)
{
	if (!p->in_busy)
		return;
	p->in_busy = false;
	if (event->io == USB_IO_OK) {
		p->in_errors = 0;
		read_bytes(p, event);
		if (event->count == 0) {
			timer_set(p, TIMER_READ, EMPTY_READ_MS);
			return;
		}
	} else {
		p->parser = (struct escpos_parser){0};
		if (++p->in_errors > MAX_IN_ERRORS && p->state != PRINTER_BROKEN)
			outcome_broken(p, "protocol");
		if (event->io == USB_IO_STALL && p->state != PRINTER_BROKEN) {
			printer_emit(p, PRINTER_FX_CLEAR_IN);
			return;
		}
		timer_set(p, TIMER_READ, EMPTY_READ_MS);
		return;
	}
	if (p->state == PRINTER_BROKEN) {
		timer_set(p, TIMER_READ, BACKOFF_MIN_MS); /* a babbler waits */
		return;
	}
	p->in_busy = true;
	printer_emit(p, PRINTER_FX_RECEIVE);
}

void transfer_read_again(struct printer *p)
{
	if (p->in_busy || p->state == PRINTER_ABSENT)
		return;
	p->in_busy = true;
	printer_emit(p, PRINTER_FX_RECEIVE);
}

static void on_port_status(struct printer *p, const struct printer_event *event)
{
	/* devices.md D.1: 20 paper empty, 08 no error. */
	if (event->io == USB_IO_OK && event->count == 1 && (event->data[0] & 0x20)) {
		p->status.paper_end = true;
		p->status_known = true;
		outcome_give_up(p, "paper");
		return;
	}
	if (!p->out_busy)
		return;
	if (++p->send_tries >= SEND_TRIES) {
		if (p->state == PRINTER_IDLE || p->state == PRINTER_ASKING)
			outcome_broken(p, "device");
		else
			outcome_give_up(p, "device");
		return;
	}
	timer_set(p, TIMER_SEND, SEND_MS);
}

void transfer_on_control_done(struct printer *p, const struct printer_event *event)
{
	p->control_busy = false;
	switch ((enum printer_effect_type)event->effect) {
	case PRINTER_FX_PORT_STATUS:
		if (p->state == PRINTER_CLEARING)
			outcome_clear_next(p);
		else if (p->state != PRINTER_BROKEN && p->state != PRINTER_ABSENT)
			on_port_status(p, event);
		break;
	case PRINTER_FX_SOFT_RESET:
		if (p->state != PRINTER_CLEARING && p->state != PRINTER_RESETTING)
			break;
		if (event->io != USB_IO_OK)
			outcome_broken(p, "device");
		else
			state_asking(p, "soft reset");
		break;
	case PRINTER_FX_SEND:
	case PRINTER_FX_CANCEL_SEND:
	case PRINTER_FX_RECEIVE:
	case PRINTER_FX_CLEAR_OUT:
	case PRINTER_FX_CLEAR_IN:
	case PRINTER_FX_USB_RESET:
	case PRINTER_FX_BEGUN:
	case PRINTER_FX_DONE:
	case PRINTER_FX_RESOLVED:
	case PRINTER_FX_STATUS:
		break;
	}
}

void transfer_on_cleared(struct printer *p, const struct printer_event *event)
{
	if (event->effect == PRINTER_FX_CLEAR_IN) {
		if (event->io == USB_IO_OK)
			transfer_read_again(p);
		else
			timer_set(p, TIMER_READ, BACKOFF_MIN_MS);
		return;
	}
	p->control_busy = false;
	if (event->effect == PRINTER_FX_CLEAR_OUT && p->state == PRINTER_CLEARING) {
		p->halted_out = false;
		if (event->io == USB_IO_OK)
			outcome_clear_next(p);
		else
			outcome_broken(p, "device");
	} else if (event->effect == PRINTER_FX_USB_RESET && p->state == PRINTER_BROKEN) {
		if (event->io == USB_IO_OK && !p->out_busy) {
			p->halted_out = false;
			state_listening(p, "port reset");
			transfer_read_again(p);
		} else {
			outcome_broken(p, p->broken_reason);
		}
	}
}
