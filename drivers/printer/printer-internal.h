#ifndef VT_DRIVERS_PRINTER_PRINTER_INTERNAL_H
#define VT_DRIVERS_PRINTER_PRINTER_INTERNAL_H

/* What the files of the machine share: printer.c (life, steps, views), state.c (entering states),
 * outcome.c (ends of sheets), answer.c (what the printer says), ask.c (what it is asked), stream.c
 * (what goes out), transfer.c (what became of transfers), timer.c. */

#include "drivers/printer/printer.h"

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

/* ---- printer.c ---- */
/* The effect is the last of p->effects; its fields are filled by the caller. */
void printer_emit(struct printer *p, enum printer_effect_type type);

/* ---- timer.c ---- */
void timer_set(struct printer *p, enum timer timer, int64_t after_ms);
void timer_stop(struct printer *p, enum timer timer);
/* PRINTER_EV_TIME: the first timer whose time has come. */
void timer_fire(struct printer *p);

/* ---- ask.c ---- */
/* Forgets every open question and the timers of the state. */
void ask_stop(struct printer *p);
/* DLE EOT n alone; ask_status() is the whole set. */
void ask_live(struct printer *p, uint8_t n);
/* A new status set, n = 1 … 4. */
void ask_status(struct printer *p);
void ask_counter(struct printer *p);
/* UINT32_MAX: not one of ours. */
uint32_t ask_read_id(const uint8_t id[4]);
void ask_append(struct printer *p, struct vt_buf *commands);
/* The question alone, or behind commands; sent at once. */
void ask_confirm(struct printer *p, struct vt_buf *commands);
bool ask_is_within(uint32_t seq, uint32_t first, uint32_t end);

/* ---- stream.c ---- */
/* The next piece of what is on its way. */
void stream_send_chunk(struct printer *p);
/* Sends what a vt_buf of commands holds; it must fit. commands is finished. */
void stream_send_command(struct printer *p, struct vt_buf *commands);
void stream_send_segment(struct printer *p, size_t segment);
/* Begins the sheet (with the question "worked off?" behind its rows) or the void mark. */
void stream_start(struct printer *p, struct sheet *sheet);

/* ---- outcome.c ---- */
/* The sheet in work has its outcome. */
void outcome_finish(struct printer *p, enum print_outcome outcome, const char *reason);
/* The sheet's memory goes only when no transfer reads from it. */
void outcome_drop_sheet(struct printer *p);
/* An outcome that was unknown became known; nothing is open: no effect. */
void outcome_resolve(struct printer *p, enum print_outcome outcome, const char *reason);
/* What is known about a sheet that ends now without confirmation. */
enum print_outcome outcome_so_far(const struct printer *p, bool is_gone);
/* The next step of CLEARING: cancel, clear halt, soft reset. */
void outcome_clear_next(struct printer *p);
/* Ends the sheet in work, if any, and brings the printer back to a known state. */
void outcome_give_up(struct printer *p, const char *reason);
/* The printer does not answer, or nonsense: nothing but a pause and a port reset. */
void outcome_broken(struct printer *p, const char *reason);

/* ---- state.c ---- */
/* The only place where the state changes. */
void state_change(struct printer *p, enum printer_state to, const char *cause);
void state_listening(struct printer *p, const char *cause);
void state_asking(struct printer *p, const char *cause);
void state_idle(struct printer *p, const char *cause);
void state_syncing(struct printer *p);
/* In SYNCING, behind the answer: evidence about an unknown sheet. */
void state_weigh_evidence(struct printer *p);
void state_weigh_counter(struct printer *p, bool is_known, uint32_t counter);
void state_start_sheet(struct printer *p);
/* The last byte of the rows has gone out, and the question behind it. */
void state_settling(struct printer *p);
void state_cutting(struct printer *p);
/* The only way to "printed". */
void state_sheet_confirmed(struct printer *p);
void state_void_confirmed(struct printer *p);

/* ---- answer.c ---- */
/* Nothing came behind the deciding set, or something did: then it is asked again. */
void answer_on_quiet(struct printer *p);
/* Worked off, and OUT is free: the status behind the answer decides. */
void answer_after_confirm(struct printer *p);
/* The cutter's counter, or that it did not come (is_known false). */
void answer_on_counter(struct printer *p, bool is_known, uint32_t number);
void answer_take(struct printer *p, const struct escpos_answer *answer);

/* ---- transfer.c ---- */
void transfer_on_attached(struct printer *p);
void transfer_on_detached(struct printer *p);
void transfer_on_sent(struct printer *p, const struct printer_event *event);
void transfer_on_received(struct printer *p, const struct printer_event *event);
/* Reads bulk IN unless it is being read. */
void transfer_read_again(struct printer *p);
void transfer_on_control_done(struct printer *p, const struct printer_event *event);
void transfer_on_cleared(struct printer *p, const struct printer_event *event);

#endif
