/* The timers of the machine: at most one fires in a step. */
#include "drivers/printer/printer-internal.h"

#include "terminal/base/buf.h"

void timer_set(struct printer *p, enum timer timer, int64_t after_ms)
{
	p->timers[timer] = p->now_ms + after_ms;
}

void timer_stop(struct printer *p, enum timer timer)
{
	p->timers[timer] = INT64_MAX;
}

static void on_send_timeout(struct printer *p)
{
	if (!p->out_busy)
		return;
	if (p->control_busy) {
		timer_set(p, TIMER_SEND, SEND_MS);
		return;
	}
	p->control_busy = true;
	printer_emit(p, PRINTER_FX_PORT_STATUS);
}

static void on_answer_timeout(struct printer *p)
{
	if (p->out_busy) {
		timer_set(p, TIMER_ANSWER, ANSWER_MS); /* TIMER_SEND watches that */
		return;
	}
	if (p->ask == ASK_COUNTER) {
		answer_on_counter(p, false, 0);
		return;
	}
	p->parser = (struct escpos_parser){0};
	if (++p->ask_tries < ANSWER_TRIES) {
		ask_status(p);
		return;
	}
	/* Silent. */
	outcome_broken(p, "device");
}

static void on_confirm_timeout(struct printer *p)
{
	struct vt_buf commands;

	if (p->confirm != CONFIRM_PENDING ||
		(p->state != PRINTER_SYNCING && !(p->state == PRINTER_CUTTING && p->has_counter)))
		return;
	if (p->out_busy || p->ask != ASK_NONE) {
		timer_set(p, TIMER_CONFIRM, CONFIRM_POLL_MS);
		return;
	}
	if (p->state == PRINTER_CUTTING) {
		ask_counter(p); /* the answer may be lost; the cut is counted */
		return;
	}
	vt_buf_init(&commands, sizeof(p->command));
	ask_confirm(p, &commands);
}

static void on_poll(struct printer *p)
{
	if (p->out_busy || p->ask != ASK_NONE || p->timers[TIMER_QUIET] != INT64_MAX) {
		timer_set(p, TIMER_POLL, QUIET_MS);
		return;
	}
	ask_status(p);
}

static void on_state_timeout(struct printer *p)
{
	switch (p->state) {
	case PRINTER_LISTENING:
		state_asking(p, "listened");
		break;
	case PRINTER_SYNCING:
		if (p->has_job)
			outcome_finish(p, OUTCOME_FAILED, "device");
		if (p->out_busy) {
			outcome_give_up(p, "device");
			break;
		}
		/* A command of somebody before us swallows all that we send. */
		if (++p->sync_tries >= SYNC_TRIES) {
			outcome_broken(p, "protocol");
			break;
		}
		state_change(p, PRINTER_RESETTING, "stream does not answer");
		p->dirty = true;
		timer_set(p, TIMER_STATE, CLEAR_MS);
		if (!p->control_busy) {
			p->control_busy = true;
			printer_emit(p, PRINTER_FX_SOFT_RESET);
		}
		break;
	case PRINTER_SETTLING:
	case PRINTER_CUTTING:
		outcome_give_up(p, "device");
		break;
	case PRINTER_VOIDING:
	case PRINTER_RESETTING:
	case PRINTER_CLEARING:
		outcome_broken(p, "device");
		break;
	case PRINTER_BROKEN:
		if (p->control_busy) {
			outcome_broken(p, p->broken_reason);
			break;
		}
		p->control_busy = true;
		p->counters.resets++;
		printer_emit(p, PRINTER_FX_USB_RESET);
		break;
	case PRINTER_ABSENT:
	case PRINTER_ASKING:
	case PRINTER_IDLE:
	case PRINTER_CHECKING:
	case PRINTER_SENDING:
	case PRINTER_STATE_COUNT:
		break;
	}
}

void timer_fire(struct printer *p)
{
	static void (*const handlers[TIMER_COUNT])(struct printer *) = {
		[TIMER_SEND] = on_send_timeout,
		[TIMER_ANSWER] = on_answer_timeout,
		[TIMER_QUIET] = answer_on_quiet,
		[TIMER_CONFIRM] = on_confirm_timeout,
		[TIMER_POLL] = on_poll,
		[TIMER_READ] = transfer_read_again,
		[TIMER_STATE] = on_state_timeout,
	};

	/* One a step: a handler may stop or start others, and effects are bounded. */
	for (size_t i = 0; i < TIMER_COUNT; i++)
		if (p->timers[i] <= p->now_ms) {
			timer_stop(p, (enum timer)i);
			handlers[i](p);
			return;
		}
}
