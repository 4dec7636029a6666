/* The printer machine.
 *
 *            attached            silent 3x / time          backoff, port reset
 *   ABSENT ───────────► LISTENING ──► ASKING ─────────► BROKEN ──────────► LISTENING
 *                                      │  ▲ bad                ▲ from any state
 *                            good │    ▼  │ (poll)             │
 *                                 │   IDLE ◄──────────────┐
 *                                 ▼    │good              │
 *                              SYNCING ◄┘ ── answered ──► │ (dirty: VOIDING first)
 *                                 │ no answer: RESETTING ► ASKING
 *   print:
 *   IDLE ──► CHECKING ──good──► SENDING ──rows out──► SETTLING ──worked off, good──► CUTTING
 *              │ bad: failed      │ bad: failed          │ bad: failed                │
 *              ▼                  └──────────┬───────────┘          worked off, good: printed
 *             IDLE                           ▼                      else: unknown     ▼
 *                                        CLEARING ──► ASKING                        IDLE
 *
 * What may be trusted:
 *   - The cut is handed to USB only in CUTTING, after the printer has said that all rows are worked
 *     off and that nothing is wrong. So a sheet that ends before CUTTING was never cut.
 *   - "printed" is said in one place only (state_sheet_confirmed()), after the answer behind the
 * cut and a whole status set behind that answer.
 *   - dirty is set before the first byte of a sheet and taken back only by a confirmed cut: nobody
 *     gets the rest of somebody else's sheet.
 *   - An answer belongs to the question asked last; a live status that nobody asked for taints the
 *     set and it is asked again.
 */
#include "drivers/printer/printer-internal.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

const char *const printer_state_names[PRINTER_STATE_COUNT] = {
	[PRINTER_ABSENT] = "absent",
	[PRINTER_LISTENING] = "listening",
	[PRINTER_ASKING] = "asking",
	[PRINTER_SYNCING] = "syncing",
	[PRINTER_RESETTING] = "resetting",
	[PRINTER_VOIDING] = "voiding",
	[PRINTER_IDLE] = "idle",
	[PRINTER_CHECKING] = "checking",
	[PRINTER_SENDING] = "sending",
	[PRINTER_SETTLING] = "settling",
	[PRINTER_CUTTING] = "cutting",
	[PRINTER_CLEARING] = "clearing",
	[PRINTER_BROKEN] = "broken",
};

void printer_emit(struct printer *p, enum printer_effect_type type)
{
	VT_ASSERT(p->effects->count < PRINTER_MAX_EFFECTS);
	p->effects->list[p->effects->count++] = (struct printer_effect){.type = type};
}

static enum vt_code on_print(struct printer *p, const struct printer_event *event)
{
	if (!printer_is_free(p))
		return VT_ERR_BUSY;
	VT_ASSERT(event->sheet->segment_count > 0);
	p->has_job = true;
	p->rows_handed = p->cut_handed = p->has_counter = false;
	vt_copy_cut(p->job, sizeof(p->job), event->job);
	if (p->state == PRINTER_ABSENT || p->state == PRINTER_BROKEN) {
		sheet_finish(event->sheet);
		outcome_finish(p, OUTCOME_FAILED, p->state == PRINTER_ABSENT ? "absent" : "device");
		return VT_OK;
	}
	sheet_finish(&p->sheet);
	p->sheet = *event->sheet;
	*event->sheet = (struct sheet){0};
	p->ask_tries = 0;
	if (p->ask == ASK_LIVE) {
		/* A poll is under way: its answers are taken, not mistaken for those of a new set.
		 */
		p->state = PRINTER_CHECKING;
		return VT_OK;
	}
	state_change(p, PRINTER_CHECKING, "print");
	if (!p->out_busy)
		ask_status(p);
	else
		timer_set(p, TIMER_POLL, 0);
	return VT_OK;
}

static void check(const struct printer *p)
{
	VT_ASSERT(!p->cut_handed || !p->has_job || p->state == PRINTER_CUTTING);
	VT_ASSERT(!p->has_job || (p->state >= PRINTER_SYNCING && p->state <= PRINTER_CUTTING));
	VT_ASSERT(p->state != PRINTER_SENDING || p->dirty);
	VT_ASSERT(p->state != PRINTER_ABSENT || (!p->out_busy && !p->in_busy));
}

struct printer *printer_machine_create(uint32_t salt)
{
	struct printer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	for (size_t i = 0; i < TIMER_COUNT; i++)
		p->timers[i] = INT64_MAX;
	p->seq = salt % (ID_SPACE);
	printer_view(p, &p->shown);
	return p;
}

void printer_machine_destroy(struct printer **printer)
{
	struct printer *p = *printer;

	if (!p)
		return;
	sheet_finish(&p->sheet);
	sheet_finish(&p->void_mark);
	vt_wipe(p, sizeof(*p));
	free(p);
	*printer = NULL;
}

void printer_set_model(
	struct printer *printer, const struct printer_profile *profile, struct sheet *void_mark)
{
	VT_ASSERT(printer->state == PRINTER_ABSENT);
	printer->profile = *profile;
	sheet_finish(&printer->void_mark);
	printer->void_mark = *void_mark;
	*void_mark = (struct sheet){0};
}

void printer_get_trace(const struct printer *printer, struct printer_trace *ret)
{
	*ret = (struct printer_trace){.is_dirty = printer->dirty};
	if (printer->has_job) {
		ret->has_counter = printer->has_counter;
		ret->counter = printer->counter;
		memcpy(ret->job, printer->job, sizeof(ret->job));
	} else if (printer->unknown.is_open) {
		ret->has_counter = printer->unknown.has_counter;
		ret->counter = printer->unknown.counter;
		memcpy(ret->job, printer->unknown.job, sizeof(ret->job));
	}
}

void printer_set_trace(struct printer *printer, const struct printer_trace *trace)
{
	VT_ASSERT(printer->state == PRINTER_ABSENT && !printer->has_job);
	printer->dirty = trace->is_dirty;
	/* Whether the cut was handed over is not known any more: nothing is taken for granted. */
	if (trace->job[0]) {
		printer->unknown = (struct unknown){.is_open = true,
			.cut_handed = true,
			.has_counter = trace->has_counter,
			.counter = trace->counter};
		memcpy(printer->unknown.job, trace->job, sizeof(trace->job));
	}
}

enum vt_code printer_step(
	struct printer *p, const struct printer_event *event, struct printer_effects *effects)
{
	enum vt_code code = VT_OK;
	struct printer_view view;

	effects->count = 0;
	p->effects = effects;
	p->now_ms = event->now_ms;
	switch (event->type) {
	case PRINTER_EV_ATTACHED:
		transfer_on_attached(p);
		break;
	case PRINTER_EV_DETACHED:
		transfer_on_detached(p);
		break;
	case PRINTER_EV_SENT:
		transfer_on_sent(p, event);
		break;
	case PRINTER_EV_RECEIVED:
		transfer_on_received(p, event);
		break;
	case PRINTER_EV_CONTROL_DONE:
		transfer_on_control_done(p, event);
		break;
	case PRINTER_EV_CLEARED:
		transfer_on_cleared(p, event);
		break;
	case PRINTER_EV_PRINT:
		code = on_print(p, event);
		break;
	case PRINTER_EV_TIME:
		timer_fire(p);
		break;
	}
	printer_view(p, &view);
	if (view.state != p->shown.state || view.paper != p->shown.paper ||
		strcmp(view.reason, p->shown.reason) != 0) {
		p->shown = view;
		printer_emit(p, PRINTER_FX_STATUS);
	}
	check(p);
	p->effects = NULL;
	return code;
}

int64_t printer_wake_ms(const struct printer *printer)
{
	int64_t wake_ms = INT64_MAX;

	for (size_t i = 0; i < TIMER_COUNT; i++)
		if (printer->timers[i] < wake_ms)
			wake_ms = printer->timers[i];
	return wake_ms;
}

bool printer_is_free(const struct printer *printer)
{
	return !printer->has_job &&
	       (printer->state == PRINTER_ABSENT || printer->state == PRINTER_IDLE ||
		       printer->state == PRINTER_BROKEN);
}

enum printer_state printer_get_state(const struct printer *printer)
{
	return printer->state;
}

void printer_view(const struct printer *p, struct printer_view *ret)
{
	*ret = (struct printer_view){.state = DEVICE_READY, .reason = ""};
	if (p->status_known)
		ret->paper = p->status.paper_end	? PAPER_OUT
			     : p->status.paper_near_end ? PAPER_LOW
							: PAPER_FULL;
	if (p->state == PRINTER_ABSENT) {
		ret->state = DEVICE_ABSENT;
		ret->reason = "unplugged";
	} else if (p->state == PRINTER_BROKEN) {
		ret->state = DEVICE_FAILED;
		ret->reason = strcmp(p->broken_reason, "protocol") == 0 ? "protocol" : "device";
	} else if (p->status_known && !escpos_status_good(&p->status)) {
		ret->state = DEVICE_FAILED;
		ret->reason = escpos_status_reason(&p->status);
	} else if (!p->synced) {
		ret->state = DEVICE_STARTING;
	} else if (p->status.paper_near_end) {
		ret->state = DEVICE_DEGRADED;
	}
}

void printer_counters(const struct printer *printer, struct printer_counters *ret)
{
	*ret = printer->counters;
}
