/* Entering the states; the drawing stands in printer.c. */
#include "drivers/printer/printer-internal.h"

#include "terminal/base/assert.h"
#include "terminal/base/log.h"

/* The only place where the state changes. */
void state_change(struct printer *p, enum printer_state to, const char *cause)
{
	if (p->state != to)
		vt_log(VT_LOG_DEBUG, "printer: %s -> %s, %s", printer_state_names[p->state],
			printer_state_names[to], cause);
	ask_stop(p);
	p->state = to;
}

void state_listening(struct printer *p, const char *cause)
{
	state_change(p, PRINTER_LISTENING, cause);
	p->parser = (struct escpos_parser){0};
	p->garbage = 0;
	p->in_errors = 0;
	timer_set(p, TIMER_STATE, LISTEN_MS);
}

void state_asking(struct printer *p, const char *cause)
{
	state_change(p, PRINTER_ASKING, cause);
	p->ask_tries = 0;
	ask_status(p);
}

/* Somebody has to put in a new roll: what hung out of the old one goes with it. */
static void settle_paper_end(struct printer *p)
{
	if (!p->status_known || !p->status.paper_end || p->status.cover_open)
		return;
	p->dirty = false;
	if (p->unknown.is_open && !p->unknown.cut_handed)
		outcome_resolve(p, OUTCOME_FAILED, "paper");
}

void state_idle(struct printer *p, const char *cause)
{
	state_change(p, PRINTER_IDLE, cause);
	outcome_drop_sheet(p);
	settle_paper_end(p);
	if (p->synced)
		p->backoff_ms = 0;
	timer_set(p, TIMER_POLL,
		p->synced && escpos_status_good(&p->status) ? IDLE_POLL_MS : BAD_POLL_MS);
}

void state_syncing(struct printer *p)
{
	struct vt_buf commands;

	state_change(p, PRINTER_SYNCING, "status good");
	vt_buf_init(&commands, sizeof(p->command));
	timer_set(p, TIMER_STATE, SYNC_MS);
	ask_confirm(p, &commands);
}

static void enter_voiding(struct printer *p)
{
	state_change(p, PRINTER_VOIDING, "rest of a broken-off sheet");
	timer_set(p, TIMER_STATE, CUT_MS + SEND_MS * SEND_TRIES);
	stream_start(p, &p->void_mark);
}

/* The data stream answers: set it up, settle what was unknown, go to work. */
static void enter_ready(struct printer *p)
{
	struct vt_buf commands;

	p->synced = true;
	p->sync_tries = 0;
	if (p->dirty && p->void_mark.segment_count > 0) {
		enter_voiding(p);
		return;
	}
	if (p->has_job) {
		state_start_sheet(p);
		return;
	}
	state_idle(p, "ready");
	vt_buf_init(&commands, sizeof(p->command));
	escpos_initialise(&commands);
	if (p->profile.auto_status)
		escpos_auto_status(&commands, true);
	stream_send_command(p, &commands);
}

/* In SYNCING, behind the answer: evidence about an unknown sheet. */
void state_weigh_evidence(struct printer *p)
{
	if (p->unknown.is_open && p->unknown.late_answer) {
		p->dirty = false;
		outcome_resolve(p, OUTCOME_PRINTED, "");
	}
	if (p->unknown.is_open && p->unknown.has_counter && p->unknown.cut_handed) {
		ask_counter(p);
		return;
	}
	if (p->unknown.cut_handed)
		p->unknown = (struct unknown){0}; /* nothing can tell any more */
	enter_ready(p);
}

void state_weigh_counter(struct printer *p, bool is_known, uint32_t counter)
{
	if (is_known && counter == p->unknown.counter + 1) {
		p->dirty = false;
		outcome_resolve(p, OUTCOME_PRINTED, "");
	} else if (is_known && counter == p->unknown.counter) {
		p->unknown.not_cut = true; /* failed as soon as it is spoilt */
	} else {
		p->unknown = (struct unknown){0};
	}
	enter_ready(p);
}

void state_start_sheet(struct printer *p)
{
	state_change(p, PRINTER_SENDING, "status good");
	p->dirty = true;
	printer_emit(p, PRINTER_FX_BEGUN);
	stream_start(p, &p->sheet);
}

/* The last byte of the rows has gone out, and the question behind it. */
void state_settling(struct printer *p)
{
	const enum confirm confirm = p->confirm;

	state_change(p, PRINTER_SETTLING, "rows sent");
	p->confirm = confirm;
	timer_set(p, TIMER_STATE, SETTLE_MS + (int64_t)p->sheet.rows * SETTLE_US_PER_ROW / 1000);
	if (confirm == CONFIRM_DONE)
		ask_status(p);
	else
		timer_set(p, TIMER_POLL, CONFIRM_POLL_MS);
}

void state_cutting(struct printer *p)
{
	struct vt_buf commands;

	state_change(p, PRINTER_CUTTING, "rows worked off");
	vt_buf_init(&commands, sizeof(p->command));
	timer_set(p, TIMER_STATE, CUT_MS);
	escpos_cut(&commands, &p->profile);
	p->cut_handed = true;
	ask_confirm(p, &commands);
}

/* The only way to "printed". */
void state_sheet_confirmed(struct printer *p)
{
	VT_ASSERT(p->state == PRINTER_CUTTING && p->cut_handed && p->confirm == CONFIRM_DONE &&
		  escpos_status_good(&p->status));
	p->dirty = false;
	p->counters.cuts += p->profile.cut != CUT_NONE;
	outcome_finish(p, OUTCOME_PRINTED, "");
	state_idle(p, "printed");
}

void state_void_confirmed(struct printer *p)
{
	p->dirty = false;
	p->counters.cuts += p->profile.cut != CUT_NONE;
	if (p->unknown.is_open && (!p->unknown.cut_handed || p->unknown.not_cut))
		outcome_resolve(p, OUTCOME_FAILED, "device");
	enter_ready(p);
}
