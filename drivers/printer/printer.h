#ifndef VT_DRIVERS_PRINTER_PRINTER_H
#define VT_DRIVERS_PRINTER_PRINTER_H

/* The printer machine: a pure step function that brings one sheet at a time onto paper and says
 * what it knows about it, never more. No USB, clock or font inside: time and bytes arrive in
 * events, what is to be done comes out as effects. The drawing stands in printer.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/printer/escpos.h"
#include "drivers/printer/sheet.h"
#include "drivers/usb/io.h"
#include "terminal/base/limits.h"
#include "terminal/bus/messages.h"

enum printer_state {
	PRINTER_ABSENT,	   /* no device */
	PRINTER_LISTENING, /* just attached: late answers to what was asked before are read first */
	PRINTER_ASKING,	   /* status not known yet */
	PRINTER_SYNCING,   /* status good: does the data stream answer? */
	PRINTER_RESETTING, /* it does not (a command was cut off in the middle): soft reset */
	PRINTER_VOIDING,  /* spoiling and cutting off what a broken-off sheet left in the printer */
	PRINTER_IDLE,	  /* status known and polled; may be unable to print */
	PRINTER_CHECKING, /* sheet accepted: fresh status before the first byte */
	PRINTER_SENDING,  /* rows on their way; status between bands */
	PRINTER_SETTLING, /* all rows sent: waiting for "worked off" and a good status */
	PRINTER_CUTTING,  /* cut sent: waiting for "worked off" and a good status */
	PRINTER_CLEARING, /* sheet given up: cancel, clear halt, soft reset */
	PRINTER_BROKEN,	  /* does not answer: waiting before the port is reset */
	PRINTER_STATE_COUNT
};
extern const char *const printer_state_names[PRINTER_STATE_COUNT];

enum printer_event_type {
	PRINTER_EV_ATTACHED,	 /* opened and claimed, nothing in flight */
	PRINTER_EV_DETACHED,	 /* unplugged or closed */
	PRINTER_EV_SENT,	 /* answer to FX_SEND */
	PRINTER_EV_RECEIVED,	 /* answer to FX_RECEIVE */
	PRINTER_EV_CONTROL_DONE, /* answer to FX_PORT_STATUS, FX_SOFT_RESET */
	PRINTER_EV_CLEARED,	 /* answer to FX_CLEAR_HALT, FX_USB_RESET */
	PRINTER_EV_PRINT,	 /* print this sheet; only when printer_is_free() */
	PRINTER_EV_TIME		 /* wake_ms has come */
};

struct printer_event {
	enum printer_event_type type;
	int64_t now_ms;	     /* monotonic */
	int effect;	     /* CONTROL_DONE, CLEARED: the PRINTER_FX_… that this answers */
	enum usb_io io;	     /* SENT, RECEIVED, CONTROL_DONE, CLEARED */
	size_t count;	     /* SENT: bytes taken; RECEIVED, CONTROL_DONE: bytes in data */
	const uint8_t *data; /* RECEIVED, CONTROL_DONE */
	const char *job;     /* PRINT: uuid text */
	struct sheet *sheet; /* PRINT: taken over (the struct is zeroed) */
};

enum printer_effect_type {
	PRINTER_FX_SEND,	/* data to bulk OUT; stays valid until SENT */
	PRINTER_FX_CANCEL_SEND, /* SENT follows */
	PRINTER_FX_RECEIVE,	/* read bulk IN; at most one at a time, no time limit */
	PRINTER_FX_PORT_STATUS, /* control A1/01 */
	PRINTER_FX_SOFT_RESET,	/* control 21/02 */
	PRINTER_FX_CLEAR_OUT,	/* clear halt of bulk OUT */
	PRINTER_FX_CLEAR_IN,	/* clear halt of bulk IN */
	PRINTER_FX_USB_RESET,	/* port reset */
	PRINTER_FX_BEGUN,	/* the first byte of a sheet follows: printer_get_trace() */
	PRINTER_FX_DONE,	/* a sheet has its outcome: result */
	PRINTER_FX_RESOLVED,	/* an outcome that was unknown became known: result */
	PRINTER_FX_STATUS	/* printer_view() has changed */
};

struct printer_effect {
	enum printer_effect_type type;
	const uint8_t *data; /* FX_SEND */
	size_t length;
	struct printer_print_result result; /* FX_DONE, FX_RESOLVED */
};

/* A step yields at most so many. */
#define PRINTER_MAX_EFFECTS 8
struct printer_effects {
	size_t count;
	struct printer_effect list[PRINTER_MAX_EFFECTS];
};

/* What may be told about the printer. */
struct printer_view {
	enum device_state state;
	enum paper_state paper;
	const char *reason; /* word, "" when ready */
};

struct printer;

/* salt: random number, so that ids of an earlier process are not taken for ours. NULL: no memory.
 */
struct printer *printer_machine_create(uint32_t salt);
/* Wipes the sheet in work. NULL allowed; *printer = NULL. */
void printer_machine_destroy(struct printer **printer);

/* Which model is attached next: before PRINTER_EV_ATTACHED. profile is copied. void_mark: stream
 * that spoils and cuts what a broken-off sheet left in the printer; taken over (the struct is
 * zeroed). */
void printer_set_model(
	struct printer *printer, const struct printer_profile *profile, struct sheet *void_mark);

/* One event in, effects out. Events that make no sense in a state are ignored; the only refusal is
 * PRINTER_EV_PRINT while a sheet is in work (VT_ERR_BUSY; the caller keeps the sheet). */
VT_MUST_USE enum vt_code printer_step(struct printer *printer, const struct printer_event *event,
	struct printer_effects *effects);

/* What a process that dies in the middle of a sheet must leave to the next one, so that the outcome
 * can be found out and nobody gets the rest of somebody else's sheet. No personal data. */
struct printer_trace {
	bool is_dirty;		/* a sheet was begun and no confirmed cut came after it */
	char job[VT_UUID_SIZE]; /* of that sheet, or of one whose outcome is unknown; "" = none */
	bool has_counter;
	uint32_t counter; /* cuts before the sheet */
};
void printer_get_trace(const struct printer *printer, struct printer_trace *ret);
/* Before the first PRINTER_EV_ATTACHED: the sheet of the trace is unknown and will be resolved if
 * the printer can tell; what it left is spoilt first. */
void printer_set_trace(struct printer *printer, const struct printer_trace *trace);

/* Monotonic time of the next PRINTER_EV_TIME; INT64_MAX: none. */
int64_t printer_wake_ms(const struct printer *printer);
/* No sheet in work: PRINTER_EV_PRINT will be accepted (its outcome may be failed at once). */
bool printer_is_free(const struct printer *printer);
enum printer_state printer_get_state(const struct printer *printer);
void printer_view(const struct printer *printer, struct printer_view *ret);
/* Since creation. */
struct printer_counters {
	int64_t sheets; /* confirmed */
	int64_t cuts;	/* confirmed: sheets, and rests that were spoilt */
	int64_t errors; /* outcomes that were not "printed" */
	int64_t resets; /* of the USB port */
};
void printer_counters(const struct printer *printer, struct printer_counters *ret);

#endif
