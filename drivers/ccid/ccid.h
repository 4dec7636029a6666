#ifndef VT_DRIVERS_CCID_CCID_H
#define VT_DRIVERS_CCID_CCID_H

/* One card reader on USB (USB CCID 1.1): what the rest of the device process may ask of it. A
 * reader is one interface; a composite device with two of them is two readers.
 *
 * Nothing here blocks. An operation (power on, exchange, enter PIN, power off) is begun by a call
 * and ends with exactly one done() call from the event loop, never from inside the call that began
 * it. One operation per slot at a time; several slots share the reader's pipe, so their operations
 * wait for each other. One thread.
 *
 * A card is named by (slot, card): `card` is a number that is new at each insertion, so that an
 * answer to a card that was taken out meanwhile finds nobody. The exchange level of the reader
 * (TPDU, short APDU, extended APDU), T=0 or T=1, block chaining, time extensions, 61xx, 6Cxx and
 * command chaining all end here: above stands the plain command and response APDU.
 *
 *   ccid_port_attach ─► slot(present) ─► ccid_port_power_on ─► done(ATR) ─┬► ccid_port_exchange ─►
 * done(response) └► ccid_port_verify_pin ─► done(response) the card is taken out, at any byte:
 * done(CCID_REMOVED) for what is in work, then slot(absent)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/usb/usb.h"
#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Slots of one reader that we serve; the largest reader known has 8 (devices.md H.3). */
#define CCID_MAX_SLOTS 8
/* ISO 7816-3: TS and at most 32 characters. */
#define CCID_MAX_ATR 33
/* Command APDU: header 4, Lc 3, data 65,535, Le 2. */
#define CCID_MAX_APDU 65544
/* Response APDU: data 65,536, SW1 SW2. */
#define CCID_MAX_RESPONSE 65538
/* A command for secure PIN entry: header, Lc and a PIN block of at most 16 bytes. */
#define CCID_MAX_PIN_APDU 21
/* Time limit of an operation that the caller gives none (0), beside the card's own limits. A
 * key generation on a card may take a minute; nobody waits longer at a terminal. */
#define CCID_DEFAULT_MS 60000

enum ccid_operation {
	CCID_OP_POWER_ON,  /* data: the ATR */
	CCID_OP_POWER_OFF, /* no data */
	CCID_OP_EXCHANGE,  /* data: response with SW1 SW2 at its end, at least 2 bytes */
	CCID_OP_VERIFY_PIN /* data: response, 2 bytes or more; 6400, 6401 see below */
};

/* How an operation ended. Only CCID_DONE has data. */
enum ccid_outcome {
	CCID_DONE,	/* the card answered (also with an error status word) */
	CCID_REMOVED,	/* the card was taken out, or is another one by now */
	CCID_MUTE,	/* the card does not answer, or its ATR is none: wrong way round, broken */
	CCID_CARD,	/* the card breaks its protocol beyond repair; power it on again */
	CCID_TIMED_OUT, /* the time limit came first; the card has been powered off */
	CCID_CANCELLED, /* ccid_port_cancel(); the card has been powered off unless it was the
			   PIN pad that was waited for */
	CCID_READER,	/* the reader fails or lies: it is reset; see the view's reason */
	CCID_GONE,	/* the reader was unplugged or closed */
	CCID_OUTCOME_COUNT
};
/* "done", "removed" …: for logs and messages. */
extern const char *const ccid_outcome_names[CCID_OUTCOME_COUNT];

struct ccid_result {
	enum ccid_operation operation;
	enum ccid_outcome outcome;
	uint8_t slot;
	uint32_t card;	     /* the card it was begun for */
	const uint8_t *data; /* borrowed during done() only, wiped behind it: may be secret */
	size_t length;
	uint16_t sw; /* EXCHANGE, VERIFY_PIN that are DONE: SW1 << 8 | SW2 */
};

/* A slot as it is now. */
struct ccid_slot {
	bool is_present;
	bool is_powered;	   /* an ATR was read and the card answers */
	uint32_t card;		   /* 0: none present */
	uint8_t protocol;	   /* 0 or 1 (T=0, T=1); valid if powered */
	uint8_t atr[CCID_MAX_ATR]; /* of the last power on */
	size_t atr_length;	   /* 0: never powered */
};

enum ccid_state {
	CCID_STATE_ABSENT,   /* no reader attached */
	CCID_STATE_STARTING, /* attached, slots not known yet */
	CCID_STATE_READY,
	CCID_STATE_BROKEN /* failed or lied: reset under way, tried again after a growing pause */
};

struct ccid_view {
	enum ccid_state state;
	/* One word, "" when ready: "unplugged", "silent" (no answer in time), "protocol" (answers
	 * that break CCID), "transfer" (USB errors), "memory" (ours),
	 * "unsupported" (character level or no protocol of ours). */
	const char *reason;
	size_t slot_count;
	bool has_pin_pad; /* bPINSupport says verify and no quirk denies it */
	int64_t reads;	  /* cards powered on, since creation */
	int64_t errors;	  /* operations that ended as READER, and resets' causes */
	int64_t resets;	  /* of the port */
};

/* What the reader's pad needs to know to insert a PIN into a command (CCID 1.1 §6.1.11). The
 * digits never reach us. */
struct ccid_pin_entry {
	/* VERIFY with its PIN block filled with padding: 00 20 00 80 08 FF FF FF FF FF FF FF FF. */
	uint8_t apdu[CCID_MAX_PIN_APDU];
	size_t apdu_length;		/* 5 … CCID_MAX_PIN_APDU, Lc = apdu_length - 5 */
	uint8_t min_digits, max_digits; /* 1 … 16, min ≤ max ≤ Lc (ASCII) or 2 × Lc (BCD) */
	bool is_bcd;			/* two digits in a byte; else ASCII (PIV, e.firma cards) */
	uint8_t offset;			/* of the first digit in the PIN block, bytes */
	uint8_t timeout_s;		/* of the pad; 0: the reader's own */
	uint16_t language; /* USB LANGID for the pad's display; 080A = Spanish (Mexico) */
	bool has_message;  /* the pad shows its message 0 ("enter PIN") */
};

/* Called from the event loop, from inside ccid_port_wake() and from the ends of transfers, never
 * from the other functions; they may call the port again. */
struct ccid_port_owner {
	void *owner;
	int64_t (*now_ms)(void *owner); /* monotonic */
	/* A card came or went. After attaching also once for each slot that holds one. */
	void (*slot)(void *owner, uint8_t slot, const struct ccid_slot *view);
	/* An operation has ended. */
	void (*done)(void *owner, const struct ccid_result *result);
	/* View or wake-up time may have changed. */
	void (*changed)(void *owner);
};

/* What differs between readers beyond their descriptors (assets/readers.tsv, devices.md B.8). */
struct ccid_quirks;
struct ccid_port;

/* Borrows usb. NULL: no memory. */
struct ccid_port *ccid_port_create(struct usb *usb, const struct ccid_port_owner *owner);
/* Ends everything at once, without calls to the owner; wipes. NULL allowed; *port = NULL. */
void ccid_port_destroy(struct ccid_port **port);

/* The nth (0, 1 …) interface that is a card reader of ours: class 0B, or FF with a class descriptor
 * of 54 bytes, with both bulk pipes. NULL if there are no more. */
const struct usb_interface *ccid_port_interface(const struct usb_desc *desc, size_t nth);

/* Opens and claims one interface of a device. quirks: NULL or what the table says; copied.
 * VT_ERR_STATE: a reader is attached already. VT_ERR_UNSUPPORTED, VT_ERR_PARSE: its class
 * descriptor is not one we can serve, error says why. Else as usb_ops.open, claim. */
VT_MUST_USE enum vt_code ccid_port_attach(struct ccid_port *port,
	const struct usb_device_info *info, const struct usb_interface *interface,
	const struct ccid_quirks *quirks, struct vt_error *error);
/* The device is gone (hotplug): true if it was this port's. What was in work ends as CCID_GONE. */
bool ccid_port_detach(struct ccid_port *port, usb_key key);
/* Powers all cards off, then lets the device go; ends with a view that is ABSENT. */
void ccid_port_close(struct ccid_port *port);
/* 0 if none is attached. */
usb_key ccid_port_key(const struct ccid_port *port);

void ccid_port_view(const struct ccid_port *port, struct ccid_view *ret);
/* VT_ERR_INVALID: no such slot. */
VT_MUST_USE enum vt_code ccid_port_slot(
	const struct ccid_port *port, uint8_t slot, struct ccid_slot *ret);

/* The operations. All return at once: VT_OK (done() follows), VT_ERR_NOT_FOUND (no reader, no such
 * slot, no card in it), VT_ERR_STATE (exchange, PIN: not powered), VT_ERR_BUSY (the slot has an
 * operation in work), VT_ERR_INVALID (malformed command), VT_ERR_UNSUPPORTED (no PIN pad),
 * VT_ERR_NOMEM; done() does not follow then. timeout_ms: 0 = CCID_DEFAULT_MS. */

/* Cold reset with the voltages the reader offers, ATR, PPS, parameters, IFSD. A card that is
 * powered already is reset: its security state is lost. */
VT_MUST_USE enum vt_code ccid_port_power_on(struct ccid_port *port, uint8_t slot);
VT_MUST_USE enum vt_code ccid_port_power_off(struct ccid_port *port, uint8_t slot);

/* Sends a command APDU (4 … CCID_MAX_APDU bytes, short or extended; copied and wiped) and collects
 * the whole response, however long: GET RESPONSE and the right Le are done here. A short command
 * stays short and gets 256 bytes in one piece at most; more comes by 61xx. */
VT_MUST_USE enum vt_code ccid_port_exchange(struct ccid_port *port, uint8_t slot,
	const uint8_t *apdu, size_t length, int64_t timeout_ms);

/* The PIN is typed on the reader's own pad. The person's delay is answered by the pad as SW 6400,
 * its cancel key as 6401, both with outcome CCID_DONE. */
VT_MUST_USE enum vt_code ccid_port_verify_pin(
	struct ccid_port *port, uint8_t slot, const struct ccid_pin_entry *entry);

/* Asks for an early end of the slot's operation: done() follows with CCID_CANCELLED, or with what
 * really happened. No operation: nothing happens. */
void ccid_port_cancel(struct ccid_port *port, uint8_t slot);

/* Monotonic time at which ccid_port_wake() is wanted; INT64_MAX: none. */
int64_t ccid_port_wake_ms(const struct ccid_port *port);
void ccid_port_wake(struct ccid_port *port);

#endif
