#ifndef VT_DRIVERS_CCID_MACHINE_H
#define VT_DRIVERS_CCID_MACHINE_H

/* The card reader machine: a pure step function for one reader with all its slots. No USB and no
 * clock inside: time and bytes arrive in events, what is to be done comes out as effects. The
 * drawing stands in machine.c; ccid.h is the contract of what is above. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/ccid/ccid.h"
#include "drivers/ccid/descriptor.h"
#include "drivers/ccid/quirks.h"
#include "drivers/usb/io.h"
#include "terminal/base/buf.h"

enum ccid_event_type {
	CCID_EV_ATTACHED,     /* opened and claimed, nothing in flight; ccid_machine_set() before */
	CCID_EV_DETACHED,     /* unplugged or closed: nothing is in flight any more */
	CCID_EV_SENT,	      /* answer to FX_SEND */
	CCID_EV_RECEIVED,     /* answer to FX_RECEIVE */
	CCID_EV_NOTIFIED,     /* answer to FX_NOTIFY */
	CCID_EV_CONTROL_DONE, /* answer to FX_CONTROL */
	CCID_EV_CLEARED,      /* answer to FX_CLEAR_OUT, FX_CLEAR_IN, FX_RESET */
	CCID_EV_TIME,	      /* wake_ms has come */
	/* Operations; refused with a code (ccid.h). */
	CCID_EV_POWER_ON,
	CCID_EV_POWER_OFF,
	CCID_EV_EXCHANGE,
	CCID_EV_VERIFY_PIN,
	CCID_EV_CANCEL,
	CCID_EV_CLOSE
};

struct ccid_event {
	enum ccid_event_type type;
	int64_t now_ms;	     /* monotonic */
	int effect;	     /* CLEARED: the CCID_FX_… that this answers */
	enum usb_io io;	     /* SENT, RECEIVED, NOTIFIED, CONTROL_DONE, CLEARED */
	size_t count;	     /* SENT: bytes taken; else bytes in data */
	const uint8_t *data; /* RECEIVED, NOTIFIED, CONTROL_DONE; EXCHANGE: the command */
	uint8_t slot;	     /* operations */
	int64_t timeout_ms;  /* EXCHANGE */
	const struct ccid_pin_entry *pin; /* VERIFY_PIN */
};

enum ccid_effect_type {
	CCID_FX_SEND,	   /* data to bulk OUT; stays valid until SENT */
	CCID_FX_RECEIVE,   /* read bulk IN, length bytes; at most one at a time, no time limit */
	CCID_FX_CANCEL,	   /* both of them, as far as in flight; their ends follow */
	CCID_FX_NOTIFY,	   /* read interrupt IN, no time limit; only if the reader has it */
	CCID_FX_CONTROL,   /* setup; IN if setup[0] & 80; length = wLength */
	CCID_FX_CLEAR_OUT, /* clear halt */
	CCID_FX_CLEAR_IN,
	CCID_FX_RESET, /* port reset */
	CCID_FX_CLOSE, /* let the device go; DETACHED follows */
	CCID_FX_SLOT,  /* a card came or went: slot, view */
	CCID_FX_DONE   /* an operation ended: result without data; ccid_machine_take() */
};

struct ccid_effect {
	enum ccid_effect_type type;
	const uint8_t *data; /* FX_SEND */
	size_t length;	     /* FX_SEND, FX_RECEIVE, FX_CONTROL */
	uint8_t setup[8];    /* FX_CONTROL */
	uint8_t slot;	     /* FX_SLOT */
	struct ccid_slot view;
	struct ccid_result result; /* FX_DONE */
};

/* A step yields at most so many: every slot ends, goes and comes, and a few transfers. */
#define CCID_MAX_EFFECTS (CCID_MAX_SLOTS * 3 + 8)
struct ccid_effects {
	size_t count;
	struct ccid_effect list[CCID_MAX_EFFECTS];
};

struct ccid_machine;

/* What is attached next; copied. */
struct ccid_machine_setup {
	struct ccid_desc desc;
	struct ccid_quirks quirks;
	uint8_t interface;   /* bInterfaceNumber, for class requests */
	uint16_t max_packet; /* of bulk IN */
	bool has_notify;     /* there is an interrupt endpoint */
};

/* NULL: no memory. */
struct ccid_machine *ccid_machine_create(void);
/* Wipes. NULL allowed; *machine = NULL. */
void ccid_machine_destroy(struct ccid_machine **machine);
/* Before CCID_EV_ATTACHED. VT_ERR_UNSUPPORTED: character level, or neither T=0 nor T=1. */
VT_MUST_USE enum vt_code ccid_machine_set(struct ccid_machine *machine,
	const struct ccid_machine_setup *setup, struct vt_error *error);
/* One event in, effects out. Events that make no sense in a state are ignored. */
VT_MUST_USE enum vt_code ccid_machine_step(
	struct ccid_machine *machine, const struct ccid_event *event, struct ccid_effects *effects);
/* Takes the data of an operation that CCID_FX_DONE told; the caller wipes and frees. */
void ccid_machine_take(struct ccid_machine *machine, uint8_t slot, struct vt_buf *ret);

/* Monotonic time of the next CCID_EV_TIME; INT64_MAX: none. */
int64_t ccid_machine_wake_ms(const struct ccid_machine *machine);
void ccid_machine_view(const struct ccid_machine *machine, struct ccid_view *ret);
/* False: no such slot. */
bool ccid_machine_slot(const struct ccid_machine *machine, uint8_t slot, struct ccid_slot *ret);

#endif
