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
 *   - "printed" is said in one place only (sheet_confirmed()), after the answer behind the cut and
 * a whole status set behind that answer.
 *   - dirty is set before the first byte of a sheet and taken back only by a confirmed cut: nobody
 *     gets the rest of somebody else's sheet.
 *   - An answer belongs to the question asked last; a live status that nobody asked for taints the
 *     set and it is asked again.
 */
#include "drivers/printer/printer.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* Bytes of one USB transfer: progress is seen, and a stuck one is cancelled cheaply. */
#define CHUNK 4096
/* Late answers are in the printer's IN buffer already: a few frames. */
#define LISTEN_MS 30
/* A live status is answered within milliseconds, by slow interface boards within 100 ms. */
#define ANSWER_MS    500
#define ANSWER_TRIES 3
/* Nothing else may come for so long behind a status set that decides an outcome. */
#define QUIET_MS 20
/* No progress of one transfer: ask the class's port status, so often, then give up. */
#define SEND_MS	   2000
#define SEND_TRIES 3
/* Status between two looks while waiting for "worked off", and when the question is repeated. */
#define CONFIRM_POLL_MS	 300
#define CONFIRM_AGAIN_MS 2000
/* Patience for "worked off" behind n rows: 50 mm/s, slower than the slowest mode of a cold head, at
 * 8 rows/mm is 2.5 ms a row; and a start. */
#define SETTLE_MS	  3000
#define SETTLE_US_PER_ROW 2500
/* Feed and cut, also of a cutter that tries twice. */
#define CUT_MS	     6000
#define SYNC_MS	     3000
#define CLEAR_MS     5000
#define IDLE_POLL_MS 5000
/* Status sets that may show nothing but "offline" before that is a failure: 6 s. */
#define OFFLINE_POLLS 20
/* Polls between two attempts to make the printer go on after a jam: 5 s. */
#define RECOVER_POLLS 5
/* Soft resets in a row that do not make the data stream answer. */
#define SYNC_TRIES  3
#define BAD_POLL_MS 1000
/* Printers that answer reads with empty packets must not keep the bus and us busy. */
#define EMPTY_READ_MS  50
#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000
/* Nonsense without one good answer, failed reads in a row: a device that babbles is broken. */
#define MAX_GARBAGE   4096
#define MAX_IN_ERRORS 8
/* Process ids: four printable bytes but the blank. */
#define ID_SPACE (94u * 94 * 94 * 94)
/* Answers of GS r 1 that make one confirmation (README: one byte could be anything). */
#define GS_R_ANSWERS 3

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

enum timer {
	TIMER_SEND,    /* transfer makes no progress */
	TIMER_ANSWER,  /* live status or counter unanswered */
	TIMER_QUIET,   /* nothing came behind a deciding status set */
	TIMER_CONFIRM, /* repeat the question "worked off?" */
	TIMER_POLL,    /* next status set */
	TIMER_READ,    /* read again after an empty packet */
	TIMER_STATE,   /* patience of the state */
	TIMER_COUNT
};

enum ask { ASK_NONE, ASK_LIVE, ASK_COUNTER };
enum confirm { CONFIRM_NONE, CONFIRM_PENDING, CONFIRM_DONE };
enum clear_step { CLEAR_CANCEL, CLEAR_HALT, CLEAR_RESET };

/* A sheet whose outcome was said to be unknown, until it is resolved or the next one is. */
struct unknown {
	bool is_open;
	char job[VT_UUID_SIZE];
	bool cut_handed;	      /* else: rows handed, cut never */
	uint32_t first_seq, last_seq; /* process ids asked behind its cut */
	bool has_counter;	      /* cuts before it are known */
	uint32_t counter;
	bool late_answer; /* one of its ids came after all */
	bool not_cut;	  /* the counter says so */
};

struct printer {
	enum printer_state state;
	struct printer_profile profile;
	struct sheet void_mark; /* what spoils a broken-off sheet */
	int64_t now_ms;
	struct printer_effects *effects; /* borrowed during a step */
	int64_t timers[TIMER_COUNT];

	/* OUT: one transfer at a time, of a command or of a sheet */
	uint8_t command[64];
	const uint8_t *out; /* what is left, into command or a sheet */
	size_t out_left, chunk;
	bool out_busy, halted_out, cancelling;
	int send_tries;
	/* IN */
	struct escpos_parser parser;
	bool in_busy;
	int in_errors;
	size_t garbage;
	bool control_busy;

	/* questions */
	enum ask ask;
	uint8_t live_n;
	int ask_tries;
	bool stray;		    /* a live answer nobody asked for since the set began */
	bool again;		    /* the set under way began too early: another one behind it */
	struct escpos_answer early; /* came before the end of the transfer that asked for it */
	bool has_early;
	int offline_count, sync_tries, recover_count;
	struct escpos_status status, next_status;
	bool status_known;
	enum confirm confirm;
	uint32_t seq, confirm_first_seq;
	int gs_r_count;
	bool has_counter;
	uint32_t counter;

	/* session */
	bool synced; /* data stream answers and is set up */
	bool dirty;
	enum clear_step clear_step;
	int64_t backoff_ms;
	char broken_reason[16];

	/* sheet in work */
	bool has_job;
	char job[VT_UUID_SIZE];
	struct sheet sheet;
	const struct sheet *stream; /* sheet or void_mark while it is sent */
	size_t segment;
	bool rows_handed, cut_handed;
	struct unknown unknown;

	struct printer_view shown;
	struct printer_counters counters;
};

static void on_answer(struct printer *p, const struct escpos_answer *answer);
static void start_sheet(struct printer *p);

/* ---- small tools ---- */

static void effect(struct printer *p, enum printer_effect_type type)
{
	VT_ASSERT(p->effects->count < PRINTER_MAX_EFFECTS);
	p->effects->list[p->effects->count++] = (struct printer_effect){.type = type};
}

static void set_timer(struct printer *p, enum timer timer, int64_t after_ms)
{
	p->timers[timer] = p->now_ms + after_ms;
}

static void stop_timer(struct printer *p, enum timer timer)
{
	p->timers[timer] = INT64_MAX;
}

static void stop_asking(struct printer *p)
{
	p->ask = ASK_NONE;
	p->confirm = CONFIRM_NONE;
	p->stray = p->again = p->has_early = false;
	p->offline_count = 0;
	stop_timer(p, TIMER_ANSWER);
	stop_timer(p, TIMER_QUIET);
	stop_timer(p, TIMER_CONFIRM);
	stop_timer(p, TIMER_POLL);
	stop_timer(p, TIMER_STATE);
}

/* The only place where the state changes. */
static void change_state(struct printer *p, enum printer_state to, const char *cause)
{
	if (p->state != to)
		vt_log(VT_LOG_DEBUG, "printer: %s -> %s, %s", printer_state_names[p->state],
			printer_state_names[to], cause);
	stop_asking(p);
	p->state = to;
}

/* ---- output ---- */

static void send_chunk(struct printer *p)
{
	p->chunk = p->out_left < CHUNK ? p->out_left : CHUNK;
	p->out_busy = true;
	if (p->state == PRINTER_SENDING && p->ask == ASK_NONE && p->chunk == p->out_left &&
		p->segment + 1 == p->sheet.segment_count)
		p->rows_handed = true;
	effect(p, PRINTER_FX_SEND);
	p->effects->list[p->effects->count - 1].data = p->out;
	p->effects->list[p->effects->count - 1].length = p->chunk;
	set_timer(p, TIMER_SEND, SEND_MS);
}

static void send_bytes(struct printer *p, const uint8_t *data, size_t length)
{
	VT_ASSERT(!p->out_busy && length > 0);
	p->out = data;
	p->out_left = length;
	p->send_tries = 0;
	send_chunk(p);
}

/* Sends what a vt_buf of commands holds; it must fit. */
static void send_command(struct printer *p, struct vt_buf *commands)
{
	VT_ASSERT(!commands->failed && commands->length <= sizeof(p->command));
	memcpy(p->command, commands->data, commands->length);
	const size_t length = commands->length;
	vt_buf_finish(commands);
	send_bytes(p, p->command, length);
}

/* ---- questions ---- */

static void ask_live(struct printer *p, uint8_t n)
{
	struct vt_buf commands;

	vt_buf_init(&commands, sizeof(p->command));
	p->ask = ASK_LIVE;
	p->live_n = n;
	escpos_live_status(&commands, n);
	send_command(p, &commands);
	set_timer(p, TIMER_ANSWER, ANSWER_MS);
}

static void ask_status(struct printer *p)
{
	stop_timer(p, TIMER_POLL);
	stop_timer(p, TIMER_QUIET);
	p->next_status = (struct escpos_status){0};
	p->stray = p->again = p->has_early = false;
	ask_live(p, 1);
}

static void ask_counter(struct printer *p)
{
	struct vt_buf commands;

	vt_buf_init(&commands, sizeof(p->command));
	p->ask = ASK_COUNTER;
	escpos_cutter_counter(&commands);
	send_command(p, &commands);
	set_timer(p, TIMER_ANSWER, ANSWER_MS);
}

/* 4 printable bytes that name seq. */
static void make_id(uint32_t seq, uint8_t id[4])
{
	for (int i = 0; i < 4; i++, seq /= 94)
		id[i] = (uint8_t)(0x21 + seq % 94);
}

static uint32_t read_id(const uint8_t id[4])
{
	uint32_t seq = 0;

	for (int i = 3; i >= 0; i--) {
		if (id[i] < 0x21 || id[i] > 0x7e)
			return UINT32_MAX;
		seq = seq * 94 + (uint32_t)(id[i] - 0x21);
	}
	return seq;
}

/* Appends the question "worked off?". Its answer proves that the printer has what was sent *in the
 * same transfer* before it, so it is asked once behind rows and once behind the cut; only where
 * nothing stands before it (SYNCING) it is repeated. */
static void append_question(struct printer *p, struct vt_buf *commands)
{
	uint8_t id[4];

	if (p->confirm != CONFIRM_PENDING)
		p->confirm_first_seq = p->seq;
	p->confirm = CONFIRM_PENDING;
	p->gs_r_count = 0;
	switch (p->profile.confirm) {
	case CONFIRM_PROCESS_ID:
		make_id(p->seq, id);
		escpos_process_id(commands, id);
		p->seq = (p->seq + 1) % ID_SPACE;
		break;
	case CONFIRM_GS_R:
		for (int i = 0; i < GS_R_ANSWERS; i++)
			escpos_queued_status(commands);
		break;
	}
}

static void ask_confirm(struct printer *p, struct vt_buf *commands)
{
	append_question(p, commands);
	send_command(p, commands);
	set_timer(p, TIMER_CONFIRM, CONFIRM_AGAIN_MS);
	set_timer(p, TIMER_POLL, CONFIRM_POLL_MS);
}

static void send_segment(struct printer *p, size_t segment)
{
	const size_t start = segment > 0 ? p->stream->ends[segment - 1] : 0;

	p->segment = segment;
	send_bytes(p, p->stream->stream.data + start, p->stream->ends[segment] - start);
}

static void stream_start(struct printer *p, struct sheet *sheet)
{
	VT_ASSERT(sheet->segment_count > 0);
	p->stream = sheet;
	if (sheet == &p->sheet) {
		append_question(p, &sheet->stream);
		VT_ASSERT(!sheet->stream.failed);
		sheet->ends[sheet->segment_count - 1] = sheet->stream.length;
	}
	send_segment(p, 0);
}

static bool seq_within(uint32_t seq, uint32_t first, uint32_t end)
{
	return seq < ID_SPACE &&
	       (seq + ID_SPACE - first) % ID_SPACE < (end + ID_SPACE - first) % ID_SPACE;
}

/* ---- outcomes ---- */

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

static void finish_job(struct printer *p, enum print_outcome outcome, const char *reason)
{
	VT_ASSERT(p->has_job);
	if (outcome == OUTCOME_UNKNOWN)
		remember_unknown(p);
	if (outcome == OUTCOME_PRINTED)
		p->counters.sheets++;
	else
		p->counters.errors++;
	effect(p, PRINTER_FX_DONE);
	set_result(&p->effects->list[p->effects->count - 1].result, p->job, outcome, reason);
	p->has_job = false;
	vt_wipe(p->job, sizeof(p->job));
}

/* The sheet's memory goes only when no transfer reads from it. */
static void drop_sheet(struct printer *p)
{
	VT_ASSERT(!p->out_busy);
	p->stream = NULL;
	p->out = NULL;
	p->out_left = 0;
	sheet_finish(&p->sheet);
}

static void resolve(struct printer *p, enum print_outcome outcome, const char *reason)
{
	if (!p->unknown.is_open)
		return;
	effect(p, PRINTER_FX_RESOLVED);
	set_result(
		&p->effects->list[p->effects->count - 1].result, p->unknown.job, outcome, reason);
	p->unknown = (struct unknown){0};
}

/* What is known about a sheet that ends now without confirmation. */
static enum print_outcome outcome_so_far(const struct printer *p, bool is_gone)
{
	/* Without the cut nothing usable came out, and the rest will be spoilt (VOIDING). But a
	 * printer that is gone with all rows may be torn off by hand before we see it again. */
	if (p->cut_handed || (p->rows_handed && is_gone))
		return OUTCOME_UNKNOWN;
	return OUTCOME_FAILED;
}

static void clear_next(struct printer *p)
{
	if (p->out_busy) {
		p->clear_step = CLEAR_CANCEL;
		if (!p->cancelling)
			effect(p, PRINTER_FX_CANCEL_SEND);
		p->cancelling = true;
		stop_timer(p, TIMER_SEND);
		return;
	}
	drop_sheet(p);
	if (p->control_busy) {
		p->clear_step = CLEAR_RESET; /* its end brings us back here */
		return;
	}
	p->control_busy = true;
	if (p->halted_out) {
		p->clear_step = CLEAR_HALT;
		effect(p, PRINTER_FX_CLEAR_OUT);
		return;
	}
	p->clear_step = CLEAR_RESET;
	effect(p, PRINTER_FX_SOFT_RESET);
}

/* Ends the sheet in work, if any, and brings the printer back to a known state. */
static void give_up(struct printer *p, const char *reason)
{
	if (p->has_job)
		finish_job(p, outcome_so_far(p, false), reason);
	change_state(p, PRINTER_CLEARING, reason);
	p->synced = false;
	set_timer(p, TIMER_STATE, CLEAR_MS);
	clear_next(p);
}

static void enter_broken(struct printer *p, const char *reason)
{
	if (p->has_job)
		finish_job(p, outcome_so_far(p, true), "device");
	change_state(p, PRINTER_BROKEN, reason);
	vt_copy_cut(p->broken_reason, sizeof(p->broken_reason), reason);
	p->synced = false;
	p->status_known = false;
	if (p->out_busy && !p->cancelling) {
		effect(p, PRINTER_FX_CANCEL_SEND);
		p->cancelling = true;
	}
	stop_timer(p, TIMER_SEND);
	if (!p->out_busy)
		drop_sheet(p);
	p->backoff_ms = p->backoff_ms ? p->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (p->backoff_ms > BACKOFF_MAX_MS)
		p->backoff_ms = BACKOFF_MAX_MS;
	set_timer(p, TIMER_STATE, p->backoff_ms);
}

/* ---- states ---- */

static void enter_listening(struct printer *p, const char *cause)
{
	change_state(p, PRINTER_LISTENING, cause);
	p->parser = (struct escpos_parser){0};
	p->garbage = 0;
	p->in_errors = 0;
	set_timer(p, TIMER_STATE, LISTEN_MS);
}

static void enter_asking(struct printer *p, const char *cause)
{
	change_state(p, PRINTER_ASKING, cause);
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
		resolve(p, OUTCOME_FAILED, "paper");
}

static void enter_idle(struct printer *p, const char *cause)
{
	change_state(p, PRINTER_IDLE, cause);
	drop_sheet(p);
	settle_paper_end(p);
	if (p->synced)
		p->backoff_ms = 0;
	set_timer(p, TIMER_POLL,
		p->synced && escpos_status_good(&p->status) ? IDLE_POLL_MS : BAD_POLL_MS);
}

static void enter_syncing(struct printer *p)
{
	struct vt_buf commands;

	change_state(p, PRINTER_SYNCING, "status good");
	vt_buf_init(&commands, sizeof(p->command));
	set_timer(p, TIMER_STATE, SYNC_MS);
	ask_confirm(p, &commands);
}

static void enter_voiding(struct printer *p)
{
	change_state(p, PRINTER_VOIDING, "rest of a broken-off sheet");
	set_timer(p, TIMER_STATE, CUT_MS + SEND_MS * SEND_TRIES);
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
		start_sheet(p);
		return;
	}
	enter_idle(p, "ready");
	vt_buf_init(&commands, sizeof(p->command));
	escpos_initialise(&commands);
	if (p->profile.auto_status)
		escpos_auto_status(&commands, true);
	send_command(p, &commands);
}

/* In SYNCING, behind the answer: evidence about an unknown sheet. */
static void weigh_evidence(struct printer *p)
{
	if (p->unknown.is_open && p->unknown.late_answer) {
		p->dirty = false;
		resolve(p, OUTCOME_PRINTED, "");
	}
	if (p->unknown.is_open && p->unknown.has_counter && p->unknown.cut_handed) {
		ask_counter(p);
		return;
	}
	if (p->unknown.cut_handed)
		p->unknown = (struct unknown){0}; /* nothing can tell any more */
	enter_ready(p);
}

static void weigh_counter(struct printer *p, bool is_known, uint32_t counter)
{
	if (is_known && counter == p->unknown.counter + 1) {
		p->dirty = false;
		resolve(p, OUTCOME_PRINTED, "");
	} else if (is_known && counter == p->unknown.counter) {
		p->unknown.not_cut = true; /* failed as soon as it is spoilt */
	} else {
		p->unknown = (struct unknown){0};
	}
	enter_ready(p);
}

static void start_sheet(struct printer *p)
{
	change_state(p, PRINTER_SENDING, "status good");
	p->dirty = true;
	effect(p, PRINTER_FX_BEGUN);
	stream_start(p, &p->sheet);
}

/* The last byte of the rows has gone out, and the question behind it. */
static void enter_settling(struct printer *p)
{
	const enum confirm confirm = p->confirm;

	change_state(p, PRINTER_SETTLING, "rows sent");
	p->confirm = confirm;
	set_timer(p, TIMER_STATE, SETTLE_MS + (int64_t)p->sheet.rows * SETTLE_US_PER_ROW / 1000);
	if (confirm == CONFIRM_DONE)
		ask_status(p);
	else
		set_timer(p, TIMER_POLL, CONFIRM_POLL_MS);
}

static void enter_cutting(struct printer *p)
{
	struct vt_buf commands;

	change_state(p, PRINTER_CUTTING, "rows worked off");
	vt_buf_init(&commands, sizeof(p->command));
	set_timer(p, TIMER_STATE, CUT_MS);
	escpos_cut(&commands, &p->profile);
	p->cut_handed = true;
	ask_confirm(p, &commands);
}

/* The only way to "printed". */
static void sheet_confirmed(struct printer *p)
{
	VT_ASSERT(p->state == PRINTER_CUTTING && p->cut_handed && p->confirm == CONFIRM_DONE &&
		  escpos_status_good(&p->status));
	p->dirty = false;
	p->counters.cuts++;
	finish_job(p, OUTCOME_PRINTED, "");
	enter_idle(p, "printed");
}

static void void_confirmed(struct printer *p)
{
	p->dirty = false;
	p->counters.cuts++;
	if (p->unknown.is_open && (!p->unknown.cut_handed || p->unknown.not_cut))
		resolve(p, OUTCOME_FAILED, "device");
	enter_ready(p);
}

/* ---- a status set is complete ---- */

/* Offline without a cause passes by itself (feed key, a full buffer on some boards). True: wait. */
static bool only_offline(struct printer *p)
{
	struct escpos_status status = p->status;

	status.offline = false;
	if (!p->status.offline || !escpos_status_good(&status) ||
		++p->offline_count > OFFLINE_POLLS)
		return false;
	set_timer(p, TIMER_POLL, CONFIRM_POLL_MS);
	return true;
}

static void status_in_waiting(struct printer *p)
{
	if (!escpos_status_good(&p->status)) {
		if (!only_offline(p))
			give_up(p, escpos_status_reason(&p->status));
	} else if (p->confirm != CONFIRM_DONE) {
		set_timer(p, TIMER_POLL, CONFIRM_POLL_MS);
	} else if (p->state == PRINTER_SETTLING) {
		enter_cutting(p);
	} else if (p->state == PRINTER_CUTTING) {
		if (p->has_counter)
			ask_counter(p);
		else
			sheet_confirmed(p);
	} else {
		void_confirmed(p);
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
	send_command(p, &commands);
}

static void on_status(struct printer *p)
{
	const bool is_good = escpos_status_good(&p->status);

	p->ask_tries = 0;
	switch (p->state) {
	case PRINTER_ASKING:
	case PRINTER_IDLE:
		if (is_good && !p->synced)
			enter_syncing(p);
		else
			enter_idle(p, "status");
		if (p->state == PRINTER_IDLE)
			try_recover(p);
		break;
	case PRINTER_CHECKING:
		if (!is_good) {
			finish_job(p, OUTCOME_FAILED, escpos_status_reason(&p->status));
			enter_idle(p, "cannot print");
		} else if (!p->synced) {
			enter_syncing(p);
		} else if (p->profile.cutter_counter) {
			ask_counter(p);
		} else {
			start_sheet(p);
		}
		break;
	case PRINTER_SENDING:
		if (is_good)
			send_segment(p, p->segment + 1);
		else if (!only_offline(p))
			give_up(p, escpos_status_reason(&p->status));
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
	stop_timer(p, TIMER_ANSWER);
	if (p->again) {
		ask_status(p);
		return;
	}
	if (set_decides(p)) {
		set_timer(p, TIMER_QUIET, QUIET_MS);
		return;
	}
	p->status = p->next_status;
	p->status_known = true;
	on_status(p);
}

/* Nothing came behind the deciding set, or something did: then it is asked again. */
static void on_quiet(struct printer *p)
{
	if (p->stray && ++p->ask_tries < ANSWER_TRIES) {
		ask_status(p);
		return;
	}
	if (p->stray) {
		give_up(p, "device");
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
		give_up(p, escpos_status_reason(status));
		break;
	case PRINTER_IDLE:
		set_timer(p, TIMER_POLL, BAD_POLL_MS);
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
static void after_confirm(struct printer *p)
{
	if (p->state == PRINTER_SYNCING)
		weigh_evidence(p);
	else
		ask_status(p);
}

static void on_confirmed(struct printer *p)
{
	p->confirm = CONFIRM_DONE;
	stop_timer(p, TIMER_CONFIRM);
	stop_timer(p, TIMER_POLL);
	if (p->state == PRINTER_SENDING)
		return; /* the end of the transfer is not reported yet: enter_settling() */
	if (p->ask != ASK_NONE)
		p->again = true; /* that set began before the answer */
	else if (!p->out_busy)
		after_confirm(p); /* else on_sent_all() */
}

/* While rows are still to be sent an answer cannot be meant for us. */
static bool expects_confirm(const struct printer *p, enum printer_confirm how)
{
	return p->confirm == CONFIRM_PENDING && p->profile.confirm == how &&
	       (p->state != PRINTER_SENDING || p->rows_handed);
}

static void on_process_id(struct printer *p, const uint8_t id[4])
{
	const uint32_t seq = read_id(id);

	if (p->unknown.is_open && p->unknown.cut_handed &&
		seq_within(seq, p->unknown.first_seq, p->unknown.last_seq))
		p->unknown.late_answer = true;
	if (expects_confirm(p, CONFIRM_PROCESS_ID) && seq_within(seq, p->confirm_first_seq, p->seq))
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
		give_up(p, "cutter");
		p->unknown.not_cut = true;
	} else if (p->confirm == CONFIRM_DONE) {
		if (is_known && number != p->counter + 1)
			give_up(p, "cutter");
		else
			sheet_confirmed(p);
	} else if (is_known && number == p->counter + 1) {
		p->confirm = CONFIRM_DONE;
		ask_status(p);
	} else {
		set_timer(p, TIMER_POLL, CONFIRM_POLL_MS); /* until the state's patience ends */
	}
}

static void on_counter(struct printer *p, bool is_known, uint32_t number)
{
	if (p->ask != ASK_COUNTER)
		return;
	p->ask = ASK_NONE;
	stop_timer(p, TIMER_ANSWER);
	if (p->state == PRINTER_CHECKING) {
		p->has_counter = is_known;
		p->counter = number;
		start_sheet(p);
	} else if (p->state == PRINTER_SYNCING) {
		weigh_counter(p, is_known, number);
	} else if (p->state == PRINTER_CUTTING) {
		count_cut(p, is_known, number);
	}
}

static void on_answer(struct printer *p, const struct escpos_answer *answer)
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
		on_counter(p, true, answer->number);
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

/* ---- events ---- */

static void on_attached(struct printer *p)
{
	if (p->state != PRINTER_ABSENT)
		return;
	enter_listening(p, "attached");
	p->in_busy = true;
	effect(p, PRINTER_FX_RECEIVE);
}

static void on_detached(struct printer *p)
{
	p->out_busy = p->in_busy = p->control_busy = p->cancelling = p->halted_out = false;
	stop_timer(p, TIMER_SEND);
	stop_timer(p, TIMER_READ);
	if (p->has_job)
		finish_job(p, outcome_so_far(p, true), "absent");
	drop_sheet(p);
	change_state(p, PRINTER_ABSENT, "detached");
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
			enter_settling(p);
		} else if (p->state == PRINTER_VOIDING && !is_last) {
			send_segment(p, p->segment + 1);
		} else if (p->state == PRINTER_VOIDING) {
			vt_buf_init(&commands, sizeof(p->command));
			escpos_cut(&commands, &p->profile);
			ask_confirm(p, &commands);
		}
		return;
	}
	if (p->has_early) {
		p->has_early = false;
		on_answer(p, &p->early);
	} else if (p->ask != ASK_NONE) {
		set_timer(p, TIMER_ANSWER, ANSWER_MS);
	} else if (p->confirm == CONFIRM_DONE) {
		after_confirm(p);
	}
}

static void on_sent(struct printer *p, const struct printer_event *event)
{
	if (!p->out_busy)
		return;
	VT_ASSERT(event->count <= p->chunk);
	p->out_busy = false;
	p->cancelling = false;
	stop_timer(p, TIMER_SEND);
	if (event->io == PRINTER_IO_STALL)
		p->halted_out = true;
	if (p->state == PRINTER_CLEARING) {
		clear_next(p);
		return;
	}
	if (p->state == PRINTER_BROKEN) {
		drop_sheet(p);
		return;
	}
	if (event->io != PRINTER_IO_OK) {
		give_up(p, "device");
		return;
	}
	/* Short: go on behind what was taken, never from the start. */
	p->out += event->count;
	p->out_left -= event->count;
	if (event->count > 0)
		p->send_tries = 0;
	else if (++p->send_tries >= SEND_TRIES) {
		give_up(p, "device");
		return;
	}
	if (p->out_left == 0) {
		on_sent_all(p);
		return;
	}
	send_chunk(p);
}

static void read_bytes(struct printer *p, const struct printer_event *event)
{
	struct escpos_answer answer;

	for (size_t i = 0; i < event->count; i++)
		if (escpos_parse(&p->parser, event->data[i], &answer))
			on_answer(p, &answer);
	if (p->garbage > MAX_GARBAGE && p->state != PRINTER_BROKEN)
		enter_broken(p, "protocol");
}

static void on_received(struct printer *p, const struct printer_event *event)
{
	if (!p->in_busy)
		return;
	p->in_busy = false;
	if (event->io == PRINTER_IO_OK) {
		p->in_errors = 0;
		read_bytes(p, event);
		if (event->count == 0) {
			set_timer(p, TIMER_READ, EMPTY_READ_MS);
			return;
		}
	} else {
		p->parser = (struct escpos_parser){0};
		if (++p->in_errors > MAX_IN_ERRORS && p->state != PRINTER_BROKEN)
			enter_broken(p, "protocol");
		if (event->io == PRINTER_IO_STALL && p->state != PRINTER_BROKEN) {
			effect(p, PRINTER_FX_CLEAR_IN);
			return;
		}
		set_timer(p, TIMER_READ, EMPTY_READ_MS);
		return;
	}
	if (p->state == PRINTER_BROKEN) {
		set_timer(p, TIMER_READ, BACKOFF_MIN_MS); /* a babbler waits */
		return;
	}
	p->in_busy = true;
	effect(p, PRINTER_FX_RECEIVE);
}

static void read_again(struct printer *p)
{
	if (p->in_busy || p->state == PRINTER_ABSENT)
		return;
	p->in_busy = true;
	effect(p, PRINTER_FX_RECEIVE);
}

static void on_port_status(struct printer *p, const struct printer_event *event)
{
	/* devices.md D.1: 20 paper empty, 08 no error. */
	if (event->io == PRINTER_IO_OK && event->count == 1 && (event->data[0] & 0x20)) {
		p->status.paper_end = true;
		p->status_known = true;
		give_up(p, "paper");
		return;
	}
	if (!p->out_busy)
		return;
	if (++p->send_tries >= SEND_TRIES) {
		if (p->state == PRINTER_IDLE || p->state == PRINTER_ASKING)
			enter_broken(p, "device");
		else
			give_up(p, "device");
		return;
	}
	set_timer(p, TIMER_SEND, SEND_MS);
}

static void on_control_done(struct printer *p, const struct printer_event *event)
{
	p->control_busy = false;
	switch ((enum printer_effect_type)event->effect) {
	case PRINTER_FX_PORT_STATUS:
		if (p->state == PRINTER_CLEARING)
			clear_next(p);
		else if (p->state != PRINTER_BROKEN && p->state != PRINTER_ABSENT)
			on_port_status(p, event);
		break;
	case PRINTER_FX_SOFT_RESET:
		if (p->state != PRINTER_CLEARING && p->state != PRINTER_RESETTING)
			break;
		if (event->io != PRINTER_IO_OK)
			enter_broken(p, "device");
		else
			enter_asking(p, "soft reset");
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

static void on_cleared(struct printer *p, const struct printer_event *event)
{
	if (event->effect == PRINTER_FX_CLEAR_IN) {
		if (event->io == PRINTER_IO_OK)
			read_again(p);
		else
			set_timer(p, TIMER_READ, BACKOFF_MIN_MS);
		return;
	}
	p->control_busy = false;
	if (event->effect == PRINTER_FX_CLEAR_OUT && p->state == PRINTER_CLEARING) {
		p->halted_out = false;
		if (event->io == PRINTER_IO_OK)
			clear_next(p);
		else
			enter_broken(p, "device");
	} else if (event->effect == PRINTER_FX_USB_RESET && p->state == PRINTER_BROKEN) {
		if (event->io == PRINTER_IO_OK && !p->out_busy) {
			p->halted_out = false;
			enter_listening(p, "port reset");
			read_again(p);
		} else {
			enter_broken(p, p->broken_reason);
		}
	}
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
		finish_job(p, OUTCOME_FAILED, p->state == PRINTER_ABSENT ? "absent" : "device");
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
	change_state(p, PRINTER_CHECKING, "print");
	if (!p->out_busy)
		ask_status(p);
	else
		set_timer(p, TIMER_POLL, 0);
	return VT_OK;
}

/* ---- time ---- */

static void on_send_timeout(struct printer *p)
{
	if (!p->out_busy)
		return;
	if (p->control_busy) {
		set_timer(p, TIMER_SEND, SEND_MS);
		return;
	}
	p->control_busy = true;
	effect(p, PRINTER_FX_PORT_STATUS);
}

static void on_answer_timeout(struct printer *p)
{
	if (p->out_busy) {
		set_timer(p, TIMER_ANSWER, ANSWER_MS); /* TIMER_SEND watches that */
		return;
	}
	if (p->ask == ASK_COUNTER) {
		on_counter(p, false, 0);
		return;
	}
	p->parser = (struct escpos_parser){0};
	if (++p->ask_tries < ANSWER_TRIES) {
		ask_status(p);
		return;
	}
	/* Silent. */
	enter_broken(p, "device");
}

static void on_confirm_timeout(struct printer *p)
{
	struct vt_buf commands;

	if (p->confirm != CONFIRM_PENDING ||
		(p->state != PRINTER_SYNCING && !(p->state == PRINTER_CUTTING && p->has_counter)))
		return;
	if (p->out_busy || p->ask != ASK_NONE) {
		set_timer(p, TIMER_CONFIRM, CONFIRM_POLL_MS);
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
		set_timer(p, TIMER_POLL, QUIET_MS);
		return;
	}
	ask_status(p);
}

static void on_state_timeout(struct printer *p)
{
	switch (p->state) {
	case PRINTER_LISTENING:
		enter_asking(p, "listened");
		break;
	case PRINTER_SYNCING:
		if (p->has_job)
			finish_job(p, OUTCOME_FAILED, "device");
		if (p->out_busy) {
			give_up(p, "device");
			break;
		}
		/* A command of somebody before us swallows all that we send. */
		if (++p->sync_tries >= SYNC_TRIES) {
			enter_broken(p, "protocol");
			break;
		}
		change_state(p, PRINTER_RESETTING, "stream does not answer");
		p->dirty = true;
		set_timer(p, TIMER_STATE, CLEAR_MS);
		if (!p->control_busy) {
			p->control_busy = true;
			effect(p, PRINTER_FX_SOFT_RESET);
		}
		break;
	case PRINTER_SETTLING:
	case PRINTER_CUTTING:
		give_up(p, "device");
		break;
	case PRINTER_VOIDING:
	case PRINTER_RESETTING:
	case PRINTER_CLEARING:
		enter_broken(p, "device");
		break;
	case PRINTER_BROKEN:
		if (p->control_busy) {
			enter_broken(p, p->broken_reason);
			break;
		}
		p->control_busy = true;
		p->counters.resets++;
		effect(p, PRINTER_FX_USB_RESET);
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

static void on_time(struct printer *p)
{
	static void (*const handlers[TIMER_COUNT])(struct printer *) = {
		[TIMER_SEND] = on_send_timeout,
		[TIMER_ANSWER] = on_answer_timeout,
		[TIMER_QUIET] = on_quiet,
		[TIMER_CONFIRM] = on_confirm_timeout,
		[TIMER_POLL] = on_poll,
		[TIMER_READ] = read_again,
		[TIMER_STATE] = on_state_timeout,
	};

	/* One a step: a handler may stop or start others, and effects are bounded. */
	for (size_t i = 0; i < TIMER_COUNT; i++)
		if (p->timers[i] <= p->now_ms) {
			stop_timer(p, (enum timer)i);
			handlers[i](p);
			return;
		}
}

/* ---- outside ---- */

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
		on_attached(p);
		break;
	case PRINTER_EV_DETACHED:
		on_detached(p);
		break;
	case PRINTER_EV_SENT:
		on_sent(p, event);
		break;
	case PRINTER_EV_RECEIVED:
		on_received(p, event);
		break;
	case PRINTER_EV_CONTROL_DONE:
		on_control_done(p, event);
		break;
	case PRINTER_EV_CLEARED:
		on_cleared(p, event);
		break;
	case PRINTER_EV_PRINT:
		code = on_print(p, event);
		break;
	case PRINTER_EV_TIME:
		on_time(p);
		break;
	}
	printer_view(p, &view);
	if (view.state != p->shown.state || view.paper != p->shown.paper ||
		strcmp(view.reason, p->shown.reason) != 0) {
		p->shown = view;
		effect(p, PRINTER_FX_STATUS);
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
