/* What the printer says: answers to questions, status sets and what follows from them. */
#include "drivers/printer/printer-internal.h"

/* Offline without a cause passes by itself (feed key, a full buffer on some boards). True: wait. */
static bool only_offline(struct printer *p)
{
	struct escpos_status status = p->status;

	status.offline = false;
	if (!p->status.offline || !escpos_status_good(&status) ||
		++p->offline_count > OFFLINE_POLLS)
		return false;
	timer_set(p, TIMER_POLL, CONFIRM_POLL_MS);
	return true;
}

static void status_in_waiting(struct printer *p)
{
	if (!escpos_status_good(&p->status)) {
		if (!only_offline(p))
			outcome_give_up(p, escpos_status_reason(&p->status));
	} else if (p->confirm != CONFIRM_DONE) {
		timer_set(p, TIMER_POLL, CONFIRM_POLL_MS);
	} else if (p->state == PRINTER_SETTLING) {
		state_cutting(p);
	} else if (p->state == PRINTER_CUTTING) {
		if (p->has_counter)
			ask_counter(p);
		else
			state_sheet_confirmed(p);
	} else {
		state_void_confirmed(p);
	}
}

/* The printer keeps a cutter error until it is told to go on (DLE ENQ 2, which also clears its
 * buffers); now and then, because each time it tries the blade. */
static void try_recover(struct printer *p)
{
	struct vt_buf commands;

	if (!p->status.cutter_error && !p->status.recoverable_error) {
		p->recover_count = 0;
		return;
	}
	if (p->recover_count++ % RECOVER_POLLS != 0)
		return;
	p->synced = false;
	vt_buf_init(&commands, sizeof(p->command));
	escpos_recover(&commands);
	stream_send_command(p, &commands);
}

static void on_status(struct printer *p)
{
	const bool is_good = escpos_status_good(&p->status);

	p->ask_tries = 0;
	switch (p->state) {
	case PRINTER_ASKING:
	case PRINTER_IDLE:
		if (is_good && !p->synced)
			state_syncing(p);
		else
			state_idle(p, "status");
		if (p->state == PRINTER_IDLE)
			try_recover(p);
		break;
	case PRINTER_CHECKING:
		if (!is_good) {
			outcome_finish(p, OUTCOME_FAILED, escpos_status_reason(&p->status));
			state_idle(p, "cannot print");
		} else if (!p->synced) {
			state_syncing(p);
		} else if (p->profile.cutter_counter) {
			ask_counter(p);
		} else {
			state_start_sheet(p);
		}
		break;
	case PRINTER_SENDING:
		if (is_good)
			stream_send_segment(p, p->segment + 1);
		else if (!only_offline(p))
			outcome_give_up(p, escpos_status_reason(&p->status));
		break;
	case PRINTER_SYNCING:
	case PRINTER_VOIDING:
	case PRINTER_SETTLING:
	case PRINTER_CUTTING:
		status_in_waiting(p);
		break;
	case PRINTER_ABSENT:
	case PRINTER_LISTENING:
	case PRINTER_RESETTING:
	case PRINTER_CLEARING:
	case PRINTER_BROKEN:
	case PRINTER_STATE_COUNT:
		break;
	}
}

/* Does this set decide an outcome, so that nothing may come behind it? */
static bool set_decides(const struct printer *p)
{
	return p->confirm == CONFIRM_DONE &&
	       (p->state == PRINTER_SETTLING || p->state == PRINTER_CUTTING);
}

static void on_live(struct printer *p, uint8_t byte)
{
	if (p->ask != ASK_LIVE) {
		p->stray = true;
		return;
	}
	escpos_apply_live(&p->next_status, p->live_n, byte);
	if (p->live_n < 4) {
		ask_live(p, (uint8_t)(p->live_n + 1));
		return;
	}
	p->ask = ASK_NONE;
	timer_stop(p, TIMER_ANSWER);
	if (p->again) {
		ask_status(p);
		return;
	}
	if (set_decides(p)) {
		timer_set(p, TIMER_QUIET, QUIET_MS);
		return;
	}
	p->status = p->next_status;
	p->status_known = true;
	on_status(p);
}

/* Nothing came behind the deciding set, or something did: then it is asked again. */
void answer_on_quiet(struct printer *p)
{
	if (p->stray && ++p->ask_tries < ANSWER_TRIES) {
		ask_status(p);
		return;
	}
	if (p->stray) {
		outcome_give_up(p, "device");
		return;
	}
	p->status = p->next_status;
	p->status_known = true;
	on_status(p);
}

static void on_auto(struct printer *p, const struct escpos_status *status)
{
	p->status = *status;
	p->status_known = true;
	if (escpos_status_good(status) || p->state == PRINTER_ASKING)
		return;
	switch (p->state) {
	case PRINTER_SENDING:
	case PRINTER_SETTLING:
	case PRINTER_CUTTING:
	case PRINTER_VOIDING:
	case PRINTER_SYNCING:
		outcome_give_up(p, escpos_status_reason(status));
		break;
	case PRINTER_IDLE:
		timer_set(p, TIMER_POLL, BAD_POLL_MS);
		break;
	case PRINTER_ABSENT:
	case PRINTER_LISTENING:
	case PRINTER_ASKING:
	case PRINTER_RESETTING:
	case PRINTER_CHECKING:
	case PRINTER_CLEARING:
	case PRINTER_BROKEN:
	case PRINTER_STATE_COUNT:
		break;
	}
}

/* Worked off, and OUT is free: the status behind the answer decides. */
void answer_after_confirm(struct printer *p)
{
	if (p->state == PRINTER_SYNCING)
		state_weigh_evidence(p);
	else
		ask_status(p);
}

static void on_confirmed(struct printer *p)
{
	p->confirm = CONFIRM_DONE;
	timer_stop(p, TIMER_CONFIRM);
	timer_stop(p, TIMER_POLL);
	if (p->state == PRINTER_SENDING)
		return; /* the end of the transfer is not reported yet: state_settling() */
	if (p->ask != ASK_NONE)
		p->again = true; /* that set began before the answer */
	else if (!p->out_busy)
		answer_after_confirm(p); /* else on_sent_all() */
}

/* While rows are still to be sent an answer cannot be meant for us. */
static bool expects_confirm(const struct printer *p, enum printer_confirm how)
{
	return p->confirm == CONFIRM_PENDING && p->profile.confirm == how &&
	       (p->state != PRINTER_SENDING || p->rows_handed);
}

static void on_process_id(struct printer *p, const uint8_t id[4])
{
	const uint32_t seq = ask_read_id(id);

	if (p->unknown.is_open && p->unknown.cut_handed &&
		ask_is_within(seq, p->unknown.first_seq, p->unknown.last_seq))
		p->unknown.late_answer = true;
	if (expects_confirm(p, CONFIRM_PROCESS_ID) &&
		ask_is_within(seq, p->confirm_first_seq, p->seq))
		on_confirmed(p);
}

static void on_queued(struct printer *p, uint8_t byte)
{
	if (!expects_confirm(p, CONFIRM_GS_R))
		return;
	/* 00 paper, 03 near end; 0C, 0F end: the status set will say so too. */
	if (byte != 0x00 && byte != 0x03) {
		p->gs_r_count = 0;
		return;
	}
	if (++p->gs_r_count == GS_R_ANSWERS)
		on_confirmed(p);
}

/* The counter behind the cut: without an answer to the question it stands in for it, with one it
 * must agree. */
static void count_cut(struct printer *p, bool is_known, uint32_t number)
{
	if (is_known && number == p->counter) {
		outcome_give_up(p, "cutter");
		p->unknown.not_cut = true;
	} else if (p->confirm == CONFIRM_DONE) {
		if (is_known && number != p->counter + 1)
			outcome_give_up(p, "cutter");
		else
			state_sheet_confirmed(p);
	} else if (is_known && number == p->counter + 1) {
		p->confirm = CONFIRM_DONE;
		ask_status(p);
	} else {
		timer_set(p, TIMER_POLL, CONFIRM_POLL_MS); /* until the state's patience ends */
	}
}

void answer_on_counter(struct printer *p, bool is_known, uint32_t number)
{
	if (p->ask != ASK_COUNTER)
		return;
	p->ask = ASK_NONE;
	timer_stop(p, TIMER_ANSWER);
	if (p->state == PRINTER_CHECKING) {
		p->has_counter = is_known;
		p->counter = number;
		state_start_sheet(p);
	} else if (p->state == PRINTER_SYNCING) {
		state_weigh_counter(p, is_known, number);
	} else if (p->state == PRINTER_CUTTING) {
		count_cut(p, is_known, number);
	}
}

void answer_take(struct printer *p, const struct escpos_answer *answer)
{
	const bool is_asked = (answer->type == ESCPOS_LIVE && p->ask == ASK_LIVE) ||
			      (answer->type == ESCPOS_COUNTER && p->ask == ASK_COUNTER);

	/* The answer may overtake the report that its question was sent. */
	if (is_asked && p->out_busy) {
		p->stray = p->stray || p->has_early;
		p->early = *answer;
		p->has_early = true;
		return;
	}
	switch (answer->type) {
	case ESCPOS_LIVE:
		on_live(p, answer->value);
		break;
	case ESCPOS_AUTO:
		on_auto(p, &answer->status);
		break;
	case ESCPOS_QUEUED:
		on_queued(p, answer->value);
		break;
	case ESCPOS_PROCESS_ID:
		on_process_id(p, answer->id);
		break;
	case ESCPOS_COUNTER:
		answer_on_counter(p, true, answer->number);
		break;
	case ESCPOS_FLOW:
		break;
	case ESCPOS_GARBAGE:
		p->garbage++;
		p->gs_r_count = 0;
		p->stray = true;
		return;
	}
	p->garbage = 0;
}
