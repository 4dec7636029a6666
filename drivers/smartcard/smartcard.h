#ifndef VT_DRIVERS_SMARTCARD_SMARTCARD_H
#define VT_DRIVERS_SMARTCARD_SMARTCARD_H

/* One certificate card, whatever it speaks (PIV, PKCS#15, CAC): list its certificates, verify its
 * PIN, sign with one of its keys. A pure step function: no reader, clock or file inside; response
 * APDUs and time arrive in events, command APDUs come out as effects. The drawing stands in
 * smartcard.c. Sources: ISO/IEC 7816-4, -8, -15, NIST SP 800-73-4, GSC-IS 2.1; devices.md C.
 *
 * How to use it with a reader:
 *
 *   card powered on  ─► step(INSERTED, atr)
 *   want something   ─► step(START, LIST | VERIFY | SIGN | LOGOUT)      only when it is IDLE
 *   FX_SEND          ─► exchange it, then step(REPLY) with the same number, also if that failed
 *   FX_ASK_PAD       ─► ccid_port_verify_pin(), then step(REPLY) with the same number
 *   FX_CANCEL        ─► ccid_port_cancel(); its REPLY will be ignored
 *   FX_RESET         ─► power the card off and on, then step(INSERTED); off only: step(REMOVED)
 *   FX_DONE          ─► the operation has ended; smartcard_result is told once for each START
 *
 * Nothing a card says is believed: every length is checked before a byte behind it is read, what a
 * reply may hold in total is bounded, and a signature is checked with the certificate's own key
 * before it is called one.
 *
 * The PIN: handed over in a struct vt_secret (the caller wipes its own), copied once, wiped in
 * every buffer it passed as soon as the card has answered or the operation ends. Each VERIFY is
 * preceded by the status query; with one try left it is refused (SMARTCARD_LAST_TRY) unless
 * use_last_try; a card that does not count gets one wrong PIN an insertion, then the same. No PIN
 * is ever sent twice.
 *
 * One thread; nothing blocks; not re-entrant. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"
#include "terminal/base/secret.h"
#include "terminal/bus/card.h"

/* Answer to reset: TS and at most 32 characters (ISO/IEC 7816-3 §8.2.1). */
#define SMARTCARD_MAX_ATR 33
/* Longest signature: RSA 4096. */
#define SMARTCARD_MAX_SIGNATURE 512
/* A PIN block of a pad, PIV: 8, PKCS#15 stored length: at most 16 (the CCID layer's limit). */
#define SMARTCARD_MAX_PIN_BLOCK 16
/* One exchange; a slow card signs RSA 4096 within 10 s. */
#define SMARTCARD_EXCHANGE_MS 20000
/* The citizen at the reader's pad. */
#define SMARTCARD_PAD_MS 45000

enum smartcard_state {
	SMARTCARD_ABSENT, /* no card, or it has no power */
	SMARTCARD_IDLE,	  /* may be asked for something */
	SMARTCARD_BUSY,	  /* an operation is under way and waits for a reply */
	SMARTCARD_PAD,	  /* it waits for the citizen at the reader's pad */
	SMARTCARD_FAILED, /* fell silent or lied: FX_RESET is out, nothing else helps */
	SMARTCARD_STATE_COUNT
};
extern const char *const smartcard_state_names[SMARTCARD_STATE_COUNT];

enum smartcard_operation {
	SMARTCARD_LIST,	  /* find the application, its certificates and the PIN's counter */
	SMARTCARD_VERIFY, /* PIN only; needs LIST before */
	SMARTCARD_SIGN,	  /* with or without PIN before it; needs LIST before */
	SMARTCARD_LOGOUT, /* forget login and certificates: FX_RESET follows DONE */
	SMARTCARD_OPERATION_COUNT
};

/* X(NAME, "word", sign_outcome, "English reason"). The word is what logs and JSON carry; the
 * sentence for the citizen belongs to the session. */
#define SMARTCARD_OUTCOMES(X)                                                                      \
	X(SMARTCARD_OK, "ok", SIGN_SIGNED, "done")                                                 \
	X(SMARTCARD_NO_APPLICATION, "noApplication", SIGN_REFUSED,                                 \
		"the card has no application that we know")                                        \
	X(SMARTCARD_NO_CERTIFICATE, "noCertificate", SIGN_REFUSED,                                 \
		"there is no such certificate on the card")                                        \
	X(SMARTCARD_NO_KEY, "noKey", SIGN_REFUSED,                                                 \
		"the card holds no key for signing with this certificate")                         \
	X(SMARTCARD_PIN_NEEDED, "pinNeeded", SIGN_REFUSED, "the key wants the PIN first")          \
	X(SMARTCARD_PIN_FORM, "pinForm", SIGN_PIN_FORM,                                            \
		"the PIN has a wrong length or characters; nothing was sent to the card")          \
	X(SMARTCARD_PIN_WRONG, "pinWrong", SIGN_WRONG_PIN, "wrong PIN")                            \
	X(SMARTCARD_LAST_TRY, "lastTry", SIGN_LAST_TRY,                                            \
		"one try is left and was not used, or may be: a wrong PIN would block the card")   \
	X(SMARTCARD_BLOCKED, "blocked", SIGN_BLOCKED, "the PIN is blocked")                        \
	X(SMARTCARD_PAD_CANCELLED, "padCancelled", SIGN_CANCELED, "cancelled on the reader's pad") \
	X(SMARTCARD_PAD_TIMED_OUT, "padTimedOut", SIGN_TIMED_OUT,                                  \
		"nobody typed on the reader's pad")                                                \
	X(SMARTCARD_CANCELLED, "cancelled", SIGN_CANCELED, "cancelled by us")                      \
	X(SMARTCARD_REMOVED, "removed", SIGN_REMOVED, "the card was taken out")                    \
	X(SMARTCARD_SILENT, "silent", SIGN_TIMED_OUT, "the card did not answer in time")           \
	X(SMARTCARD_READER, "reader", SIGN_FAILED, "the reader failed")                            \
	X(SMARTCARD_MALFORMED, "malformed", SIGN_FAILED, "the card answered nonsense")             \
	X(SMARTCARD_REFUSED, "refused", SIGN_REFUSED, "the card refused the command")              \
	X(SMARTCARD_UNSUPPORTED, "unsupported", SIGN_REFUSED,                                      \
		"this key or hash is not one that we use")                                         \
	X(SMARTCARD_BAD_SIGNATURE, "badSignature", SIGN_FAILED,                                    \
		"what the card gave as signature does not match its certificate")                  \
	X(SMARTCARD_NO_MEMORY, "noMemory", SIGN_FAILED, "out of memory")

enum smartcard_outcome {
#define X(name, word, sign, text) name,
	SMARTCARD_OUTCOMES(X)
#undef X
		SMARTCARD_OUTCOME_COUNT
};
const char *smartcard_outcome_word(enum smartcard_outcome outcome);
const char *smartcard_outcome_text(enum smartcard_outcome outcome);
/* What Certificate.Sign's completion says of it. A wrong PIN after which one try is left becomes
 * SIGN_LAST_TRY, after which none is left SIGN_BLOCKED. */
enum sign_outcome smartcard_sign_outcome(enum smartcard_outcome outcome, int tries_left);

enum smartcard_event_type {
	SMARTCARD_EV_INSERTED, /* powered on: atr */
	SMARTCARD_EV_REMOVED,  /* taken out, powered off, reader gone */
	SMARTCARD_EV_START,    /* request */
	SMARTCARD_EV_REPLY,    /* answer to FX_SEND or FX_ASK_PAD: number, io, data */
	SMARTCARD_EV_CANCEL,   /* end the operation as soon as nothing is left half done */
	SMARTCARD_EV_TIME      /* smartcard_wake_ms() has come */
};

/* How an exchange ended below. */
enum smartcard_io {
	SMARTCARD_IO_OK,	/* data holds a response APDU */
	SMARTCARD_IO_TIMED_OUT, /* no answer in time */
	SMARTCARD_IO_CANCELLED, /* the pad was given up */
	SMARTCARD_IO_FAILED	/* reader or card broke their protocol */
};

struct smartcard_request {
	enum smartcard_operation operation;
	const char *certificate; /* VERIFY, SIGN: struct smartcard_certificate.id; "" = the first
				    that can sign */
	const struct vt_secret *pin; /* VERIFY, SIGN: borrowed during the step; NULL: none */
	bool use_pad;		     /* VERIFY, SIGN: the PIN is typed on the reader; pin NULL */
	bool use_last_try;	     /* the holder was warned and insists */
	enum card_hash hash;	     /* SIGN */
	const uint8_t *digest;	     /* SIGN: of the hash's length; borrowed during the step */
	size_t digest_length;
};

struct smartcard_event {
	enum smartcard_event_type type;
	int64_t now_ms;	    /* monotonic */
	const uint8_t *atr; /* INSERTED: 0 … SMARTCARD_MAX_ATR bytes; only told, never judged by */
	size_t atr_length;
	bool extended; /* INSERTED: the reader carries extended APDUs; false: short ones, chained */
	const struct smartcard_request *request; /* START */
	uint32_t number;			 /* REPLY: of the effect */
	enum smartcard_io io;			 /* REPLY */
	const uint8_t *data;			 /* REPLY: response APDU with SW1 SW2 at its end */
	size_t length;
};

/* VERIFY for the pad: the block is full of its padding, the reader puts the digits in. The fields
 * are those of struct ccid_pin_entry. */
struct smartcard_pad {
	uint8_t apdu[5 + SMARTCARD_MAX_PIN_BLOCK];
	size_t apdu_length;
	uint8_t min_digits, max_digits;
	bool is_bcd;
};

enum smartcard_effect_type {
	SMARTCARD_FX_SEND,    /* apdu to the card */
	SMARTCARD_FX_ASK_PAD, /* pad */
	SMARTCARD_FX_CANCEL,  /* give up what was sent last */
	SMARTCARD_FX_RESET,   /* power off and on: ends logins and what the card still chews on */
	SMARTCARD_FX_DONE     /* result */
};

struct smartcard_result {
	enum smartcard_operation operation;
	enum smartcard_outcome outcome;
	int tries_left;		  /* of the PIN; -1 = not known */
	uint16_t sw;		  /* last status word, for technicians; 0 = none */
	const uint8_t *signature; /* SIGN, OK: borrowed until the next step. RSA PKCS#1 v1.5, or
				     ECDSA {r,s} as DER */
	size_t length;
};

struct smartcard_effect {
	enum smartcard_effect_type type;
	uint32_t number;     /* SEND, ASK_PAD: goes back in REPLY */
	const uint8_t *apdu; /* SEND: valid until REPLY or the next step that is not REPLY */
	size_t length;
	bool is_secret; /* SEND: holds the PIN: wipe copies */
	struct smartcard_pad pad;
	struct smartcard_result result;
};

/* A step yields at most so many: CANCEL, RESET, DONE. */
#define SMARTCARD_MAX_EFFECTS 4
struct smartcard_effects {
	size_t count;
	struct smartcard_effect list[SMARTCARD_MAX_EFFECTS];
};

/* One certificate of the card, as it stands there: nothing about it has been checked but that it is
 * DER of an X.509 certificate with a key we know (terminal/certificate judges it). */
struct smartcard_certificate {
	char id[CARD_CERTIFICATE_ID_SIZE]; /* "9a", "9c"; PKCS#15 iD in hex; "cac1" */
	char label[64];			   /* UTF-8, cleaned of control characters; may be "" */
	bool can_sign;	    /* its key is on the card, may sign and has a size we use */
	bool pin_each_time; /* 9C: VERIFY directly before each use */
	bool needs_pin;	    /* else it signs without (9E) */
	size_t length;
	uint8_t der[CERTIFICATE_DER_SIZE];
};

struct smartcard;

/* NULL: no memory. */
struct smartcard *smartcard_create(void);
/* Wipes everything. NULL allowed; *card = NULL. Fits VT_CLEANUP. */
void smartcard_destroy(struct smartcard **card);

/* One event in, effects out. A START is refused with VT_ERR_STATE (no card, LIST not done),
 * VT_ERR_BUSY (an operation is under way), VT_ERR_INVALID (digest of a wrong length, pin and
 * use_pad together); no DONE follows then. Other events that make no sense are ignored. */
VT_MUST_USE enum vt_code smartcard_step(struct smartcard *card, const struct smartcard_event *event,
	struct smartcard_effects *ret_effects);

/* Monotonic time of the next SMARTCARD_EV_TIME; INT64_MAX: none. */
int64_t smartcard_wake_ms(const struct smartcard *card);
enum smartcard_state smartcard_get_state(const struct smartcard *card);

/* After a LIST that was OK, until the card goes; all borrowed until the next step. */
enum card_application smartcard_application(const struct smartcard *card);
size_t smartcard_count(const struct smartcard *card);
/* index < smartcard_count() */
const struct smartcard_certificate *smartcard_certificate_at(
	const struct smartcard *card, size_t index);
/* Lengths of the PIN and tries left; .pad is false (the reader knows that). */
void smartcard_pin(const struct smartcard *card, struct card_pin *ret);

#endif
