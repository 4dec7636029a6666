#ifndef VT_DRIVERS_CCID_MACHINE_INTERNAL_H
#define VT_DRIVERS_CCID_MACHINE_INTERNAL_H

/* What the files of the machine share: machine.c (life, slots, operations in line), pipe.c (one
 * message and its reply), power.c (power on to parameters), card.c (exchange, PIN). */

#include "drivers/ccid/pieces.h"
#include "drivers/ccid/atr.h"
#include "drivers/ccid/machine.h"
#include "drivers/ccid/params.h"
#include "drivers/ccid/t1.h"

/* Message types (CCID 1.1 §6.1, §6.2). */
enum {
	MSG_SET_PARAMETERS = 0x61,
	MSG_POWER_ON = 0x62,
	MSG_POWER_OFF = 0x63,
	MSG_GET_SLOT_STATUS = 0x65,
	MSG_SECURE = 0x69,
	MSG_ESCAPE = 0x6b,
	MSG_XFR_BLOCK = 0x6f,
	MSG_ABORT = 0x72,
	MSG_DATA_BLOCK = 0x80,
	MSG_SLOT_STATUS = 0x81,
	MSG_PARAMETERS = 0x82,
	MSG_ESCAPE_REPLY = 0x83
};

/* bError (CCID 1.1 §6.2.6). */
enum {
	ERR_MUTE = 0xfe,
	ERR_PARITY = 0xfd,
	ERR_PIN_TIMEOUT = 0xf0,
	ERR_PIN_CANCELLED = 0xef,
	ERR_EMV = 0xbb
};

/* Default patience for a reply (devices.md B.3). */
#define REPLY_MS 3000
/* An ATR may lawfully take (9600 + 12) · 33 etu ≈ 29 s. */
#define POWER_ON_MS 60000

/* A whole, checked reply to the message in work. */
struct reply {
	bool is_failed;	 /* bStatus 40 */
	uint8_t icc;	 /* 0 active, 1 present, inactive, 2 absent */
	uint8_t error;	 /* bError, if failed */
	uint8_t special; /* byte 9 */
	const uint8_t *data;
	size_t length;
};

enum phase {
	PHASE_NONE,
	PHASE_OFF_FIRST, /* power.c: a powered card is powered off before it is powered on */
	PHASE_POWER,
	PHASE_ESCAPE, /* out of EMV mode */
	PHASE_PPS,
	PHASE_PARAMETERS,
	PHASE_IFSD,
	PHASE_BLOCK,	  /* card.c: XfrBlock */
	PHASE_SECURE,	  /* the pad */
	PHASE_OFF,	  /* machine.c: power off was asked for */
	PHASE_ABORTED_OFF /* the same behind an abort */
};

/* What is wanted of a slot. */
struct operation {
	bool is_open, is_begun;
	enum ccid_operation kind;
	enum phase phase;
	uint32_t card;
	int64_t deadline_ms;
	bool is_removed; /* the card went meanwhile */
	/* power on */
	uint8_t voltages[4]; /* bPowerSelect of the attempts */
	size_t voltage_count, voltage;
	bool is_plain, no_parameters, has_escaped;
	struct params params;
	/* exchange */
	struct pieces job;
	size_t piece_sent, chunk; /* extended level: of the piece */
	int empty_count;
	struct ccid_pin_entry pin;
};

struct slot {
	struct ccid_slot view;
	uint32_t told_card; /* what the owner knows: 0 = none */
	bool needs_check;   /* "changed, present" of a card we know: is it another one? */
	uint8_t icc;	    /* last bmICCStatus */
	struct atr atr;
	struct params params;
	int64_t timeout_ms; /* for an exchange */
	struct t1 t1;
	struct vt_buf block; /* answer to one piece */
	struct operation op;
	struct vt_buf result; /* of the operation that ended last, until taken */
};

enum work { WORK_NONE, WORK_START, WORK_CHECK, WORK_OPERATION, WORK_CLOSE };

struct pipe {
	bool out_busy, in_busy, control_busy, notify_busy;
	bool is_waiting; /* for the reply to the message in out */
	bool is_held;	 /* the reply is whole, the end of our transfer is still on its way */
	bool is_aborting;
	enum ccid_outcome abort_outcome;
	uint8_t seq, type, slot;
	struct vt_buf out, in;
	size_t out_sent, total; /* total: of the message in `in`, 0 = header not whole */
	int64_t patience_ms;	/* for one reply without extension */
	int64_t reply_at_ms;	/* INT64_MAX: nothing is waited for */
	int stale_count, empty_count;
};

struct ccid_machine {
	enum ccid_state state;
	struct ccid_machine_setup setup;
	enum ccid_exchange level; /* after quirks */
	size_t slot_count, max_message;
	struct slot slots[CCID_MAX_SLOTS];
	struct pipe pipe;
	enum work work;
	uint8_t work_slot; /* of the work, and where the search for the next begins */
	int tries;	   /* of START */
	uint32_t rates_bps[PARAMS_MAX_RATES];
	size_t rate_count;
	uint32_t last_card;
	int64_t now_ms, poll_at_ms, recover_at_ms;
	int fault_count; /* in a row, without an operation that went well */
	int notify_errors;
	bool is_closing;
	char reason[16];
	int64_t reads, errors, resets;
	struct ccid_effects *effects; /* borrowed during a step */
};

/* ---- machine.c ---- */
struct ccid_effect *machine_effect(struct ccid_machine *m, enum ccid_effect_type type);
/* The reader is not to be trusted any more: everything ends, it is brought back after a pause. */
void machine_fault(struct ccid_machine *m, const char *reason);
void machine_set_presence(struct ccid_machine *m, uint8_t index, bool is_present);
/* bmICCStatus of a reply: card gone, come, or quietly another one. */
void machine_take_icc(struct ccid_machine *m, uint8_t index, uint8_t icc);
/* The slot's operation is over; slot->result holds its data. */
void machine_finish(struct ccid_machine *m, uint8_t index, enum ccid_outcome outcome);
/* The reply to the message of the work in hand, and the end of an abort. */
void machine_on_reply(struct ccid_machine *m, const struct reply *reply);
void machine_on_aborted(struct ccid_machine *m);
/* Ends the operation early: abort, power off, then outcome. */
void machine_abort(struct ccid_machine *m, enum ccid_outcome outcome);

/* ---- pipe.c ---- */
/* One message; its reply comes to machine_on_reply(). special: bytes 7 to 9. */
void pipe_send(struct ccid_machine *m, uint8_t slot, uint8_t type, const uint8_t special[3],
	const uint8_t *data, size_t length, int64_t patience_ms);
void pipe_send_plain(struct ccid_machine *m, uint8_t slot, uint8_t type, int64_t patience_ms);
void pipe_abort(struct ccid_machine *m);
void pipe_on_sent(struct ccid_machine *m, const struct ccid_event *event);
void pipe_on_received(struct ccid_machine *m, const struct ccid_event *event);
void pipe_on_control(struct ccid_machine *m, const struct ccid_event *event);
/* Forgets the message in work; transfers in flight are cancelled. */
void pipe_stop(struct ccid_machine *m);

/* ---- power.c ---- */
void power_begin(struct ccid_machine *m, uint8_t index);
void power_on_reply(struct ccid_machine *m, uint8_t index, const struct reply *reply);

/* ---- card.c ---- */
void card_begin(struct ccid_machine *m, uint8_t index);
void card_on_reply(struct ccid_machine *m, uint8_t index, const struct reply *reply);
/* The block of the slot's T=1 machine goes out. */
void card_send_t1(struct ccid_machine *m, uint8_t index);
bool card_pin_is_valid(const struct ccid_pin_entry *entry);

#endif
