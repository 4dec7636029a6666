/* What is known about a sheet that ends, and the ways out of a sheet that does not go well. */
#include "drivers/printer/printer-internal.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

static void remember_unknown(struct printer *p)
{
	p->unknown = (struct unknown){
		.is_open = true,
		.cut_handed = p->cut_handed,
		.first_seq = p->confirm_first_seq,
		.last_seq = p->seq,
		.has_counter = p->has_counter,
		.counter = p->counter,
	};
	memcpy(p->unknown.job, p->job, sizeof(p->job));
}

static void set_result(struct printer_print_result *result, const char *job,
	enum print_outcome outcome, const char *reason)
{
	*result = (struct printer_print_result){.outcome = outcome};
	vt_copy_cut(result->job, sizeof(result->job), job);
	vt_copy_cut(result->reason, sizeof(result->reason), reason);
}

void outcome_finish(struct printer *p, enum print_outcome outcome, const char *reason)
{
	VT_ASSERT(p->has_job);
	if (outcome == OUTCOME_UNKNOWN)
		remember_unknown(p);
	if (outcome == OUTCOME_PRINTED)
		p->counters.sheets++;
	else
		p->counters.errors++;
	printer_emit(p, PRINTER_FX_DONE);
	set_result(&p->effects->list[p->effects->count - 1].result, p->job, outcome, reason);
	p->has_job = false;
	vt_wipe(p->job, sizeof(p->job));
}

/* The sheet's memory goes only when no transfer reads from it. */
void outcome_drop_sheet(struct printer *p)
{
	VT_ASSERT(!p->out_busy);
	p->stream = NULL;
	p->out = NULL;
	p->out_left = 0;
	sheet_finish(&p->sheet);
}

void outcome_resolve(struct printer *p, enum print_outcome outcome, const char *reason)
{
	if (!p->unknown.is_open)
		return;
	printer_emit(p, PRINTER_FX_RESOLVED);
	set_result(
		&p->effects->list[p->effects->count - 1].result, p->unknown.job, outcome, reason);
	p->unknown = (struct unknown){0};
}

/* What is known about a sheet that ends now without confirmation. */
enum print_outcome outcome_so_far(const struct printer *p, bool is_gone)
{
	/* Without the cut nothing usable came out, and the rest will be spoilt (VOIDING). But a
	 * printer that is gone with all rows may be torn off by hand before we see it again. */
	if (p->cut_handed || (p->rows_handed && is_gone))
		return OUTCOME_UNKNOWN;
	return OUTCOME_FAILED;
}

void outcome_clear_next(struct printer *p)
{
	if (p->out_busy) {
		p->clear_step = CLEAR_CANCEL;
		if (!p->cancelling)
			printer_emit(p, PRINTER_FX_CANCEL_SEND);
		p->cancelling = true;
		timer_stop(p, TIMER_SEND);
		return;
	}
	outcome_drop_sheet(p);
	if (p->control_busy) {
		p->clear_step = CLEAR_RESET; /* its end brings us back here */
		return;
	}
	p->control_busy = true;
	if (p->halted_out) {
		p->clear_step = CLEAR_HALT;
		printer_emit(p, PRINTER_FX_CLEAR_OUT);
		return;
	}
	p->clear_step = CLEAR_RESET;
	printer_emit(p, PRINTER_FX_SOFT_RESET);
}

/* Ends the sheet in work, if any, and brings the printer back to a known state. */
void outcome_give_up(struct printer *p, const char *reason)
{
	if (p->has_job)
		outcome_finish(p, outcome_so_far(p, false), reason);
	state_change(p, PRINTER_CLEARING, reason);
	p->synced = false;
	timer_set(p, TIMER_STATE, CLEAR_MS);
	outcome_clear_next(p);
}

void outcome_broken(struct printer *p, const char *reason)
{
	if (p->has_job)
		outcome_finish(p, outcome_so_far(p, true), "device");
	state_change(p, PRINTER_BROKEN, reason);
	vt_copy_cut(p->broken_reason, sizeof(p->broken_reason), reason);
	p->synced = false;
	p->status_known = false;
	if (p->out_busy && !p->cancelling) {
		printer_emit(p, PRINTER_FX_CANCEL_SEND);
		p->cancelling = true;
	}
	timer_stop(p, TIMER_SEND);
	if (!p->out_busy)
		outcome_drop_sheet(p);
	p->backoff_ms = p->backoff_ms ? p->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (p->backoff_ms > BACKOFF_MAX_MS)
		p->backoff_ms = BACKOFF_MAX_MS;
	timer_set(p, TIMER_STATE, p->backoff_ms);
}
