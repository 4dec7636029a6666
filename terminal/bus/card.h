#ifndef VT_BUS_CARD_H
#define VT_BUS_CARD_H

/* What travels about cards that carry certificates (e.firma on PIV, PKCS#15 or CAC cards): between
 * core and devices, core and sync, core and ventanillactl. devices.md C, domain.md §6.
 *
 *   devices → core   CardReader.MediaInsertedEvent, CardReader.MediaRemovedEvent (unsolicited)
 *   core → devices   Certificate.List, Certificate.Sign; Common.Cancel ends either early
 *   devices → core   Certificate.PinEntryEvent (event of a Sign whose PIN is typed on the reader)
 *   core → sync      Certificate.Check
 *   ctl → core       Card.Show, Card.Sign
 *
 * One operation at a time on a card: devices answers a second one with sequenceError. Certificates
 * are DER in base64 (no line breaks), digests and ATRs lower-case hex. A PIN is the PIN of a
 * certificate card and never one of a payment card; it is in certificate_sign and card_sign only,
 * goes from there into the card and is wiped on the way with the message that carried it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/limits.h"
#include "terminal/bus/fields.h"

/* Stable name of a device, as in Common.StatusChangedEvent. */
#define DEVICE_ID_SIZE 24
/* An ATR has at most 33 bytes (ISO 7816-3 §8.2). */
#define CARD_ATR_SIZE (2 * 33 + 1)
/* Names a certificate on its card: "9c", a PKCS#15 id in hex. */
#define CARD_CERTIFICATE_ID_SIZE 40
/* SAT's certificates have about 1.5 KB; 3 KiB leave room for RSA 4096 and long names. */
#define CERTIFICATE_DER_SIZE  3072
#define CERTIFICATE_TEXT_SIZE 4097
#define CARD_MAX_CERTIFICATES 8
#define CARD_MAX_ISSUERS      3
/* PIV allows 8 digits, PKCS#15 more (ISO 7816-15 stored length); base64 is not applied. */
#define CARD_PIN_SIZE 33
/* SHA-512 in hex. */
#define CARD_DIGEST_SIZE 129
/* RSA 4096: 512 bytes in base64. */
#define CARD_SIGNATURE_SIZE 769

/* CardReader.MediaInsertedEvent. A card that does not answer (upside down, no chip) is reported
 * with an empty ATR and readable = false. */
struct card_inserted {
	char device[DEVICE_ID_SIZE];
	int slot; /* of the reader, from 0 */
	char atr[CARD_ATR_SIZE];
	bool readable; /* it answered and speaks a protocol that we speak */
};

/* CardReader.MediaRemovedEvent. Also sent for every card that was in a reader that went away. */
struct card_removed {
	char device[DEVICE_ID_SIZE];
	int slot;
};

/* CardReader.ReadRawData (command): payload struct device_query. Of the swipe only what may be
 * known: a payment card is refused by the reader's driver and wiped there. */
enum stripe_outcome {
	STRIPE_OUTCOME_READ,
	STRIPE_OUTCOME_UNREADABLE, /* swipe again */
	STRIPE_OUTCOME_ENCRYPTED,  /* an encrypting head: blocks for their owner only, not passed on
				    */
	STRIPE_OUTCOME_PAYMENT,	   /* a payment card */
	STRIPE_OUTCOME_COUNT
};
extern const char *const stripe_outcome_names[STRIPE_OUTCOME_COUNT];

/* Its completion. Personal. */
struct stripe_swipe {
	char device[DEVICE_ID_SIZE];
	enum stripe_outcome outcome;
	char account[20]; /* READ: track 1 or 2 */
	char name[32];	  /* READ: track 1 */
	char expiry[8];	  /* READ: YYMM, "" = none */
};

/* Certificate.List */
struct certificate_query {
	char device[DEVICE_ID_SIZE];
};

enum card_application {
	CARD_NO_APPLICATION, /* none that we know: some other card */
	CARD_PIV,
	CARD_PKCS15,
	CARD_CAC,
	CARD_APPLICATION_COUNT
};
extern const char *const card_application_names[CARD_APPLICATION_COUNT];

struct card_pin {
	bool pad;	/* the reader has a pad of its own: send an empty PIN */
	int tries_left; /* −1 = the card does not say; 0 = blocked */
	int min_length, max_length;
};

struct card_certificate {
	char id[CARD_CERTIFICATE_ID_SIZE];
	char label[64]; /* of the card's own directory; may be empty */
	char certificate[CERTIFICATE_TEXT_SIZE];
	bool can_sign; /* its private key is on the card and may sign */
};

/* Completion of Certificate.List. notFound: no card; hardwareError: it does not answer any more;
 * deviceNotReady: no such reader. */
struct certificate_list {
	enum card_application application;
	struct card_pin pin;
	size_t count;
	struct card_certificate certificates[CARD_MAX_CERTIFICATES];
};

enum card_hash { CARD_SHA256, CARD_SHA384, CARD_SHA512, CARD_HASH_COUNT };
extern const char *const card_hash_names[CARD_HASH_COUNT];

/* Certificate.Sign. The header's timeout covers the PIN on the reader's pad too. */
struct certificate_sign {
	char device[DEVICE_ID_SIZE];
	char certificate[CARD_CERTIFICATE_ID_SIZE];
	char pin[CARD_PIN_SIZE]; /* secret; "" = to be typed on the reader's pad */
	bool last_try;		 /* the holder was warned and wants to use the last try */
	enum card_hash hash;
	char digest[CARD_DIGEST_SIZE]; /* hex, of hash's length */
};

enum sign_outcome {
	SIGN_SIGNED,
	SIGN_WRONG_PIN, /* two tries or more are left, or the card does not count */
	SIGN_PIN_FORM,	/* its length or characters cannot be this card's; no try was used */
	SIGN_LAST_TRY,	/* one try is left: after a wrong one, or found so before; the last one is
			   used only for a command that says last_try */
	SIGN_BLOCKED,
	SIGN_REMOVED,  /* the card went while it worked */
	SIGN_CANCELED, /* Common.Cancel, or the cancel key of the pad */
	SIGN_TIMED_OUT,
	SIGN_REFUSED, /* the card will not sign with this key */
	SIGN_FAILED,  /* reader or card answered nonsense */
	SIGN_OUTCOME_COUNT
};
extern const char *const sign_outcome_names[SIGN_OUTCOME_COUNT];

/* Completion of Certificate.Sign; success for every outcome. */
struct certificate_signed {
	enum sign_outcome outcome;
	int tries_left;			     /* −1 = not known */
	char signature[CARD_SIGNATURE_SIZE]; /* base64: RSA PKCS#1 v1.5, or ECDSA {r,s} as DER */
};

enum pin_entry { PIN_ENTRY_WAITING, PIN_ENTRY_DIGIT, PIN_ENTRY_DONE, PIN_ENTRY_COUNT };
extern const char *const pin_entry_names[PIN_ENTRY_COUNT];

/* Certificate.PinEntryEvent: how far the citizen is on the reader's pad; never which digit. */
struct certificate_pin_entry {
	enum pin_entry entry;
	int digits; /* typed so far, where the reader tells */
};

/* Common.Cancel: end the command with this request id; 0: none, but forget the card's login and
 * what was read from it, its holder is gone. Its own completion says only that the wish was heard;
 * the command ends with an outcome of its own. */
struct common_cancel {
	int64_t request_id;
};

struct certificate_issuer {
	char certificate[CERTIFICATE_TEXT_SIZE];
};

/* Certificate.Check: has the issuer revoked it? */
struct certificate_check {
	char certificate[CERTIFICATE_TEXT_SIZE];
	size_t issuer_count;
	struct certificate_issuer issuers[CARD_MAX_ISSUERS]; /* nearest first */
};

enum check_status {
	CHECK_GOOD,
	CHECK_REVOKED,
	CHECK_UNKNOWN,	   /* the responder does not know it */
	CHECK_UNAVAILABLE, /* nobody could be asked, and no list is at hand */
	CHECK_STATUS_COUNT
};
extern const char *const check_status_names[CHECK_STATUS_COUNT];

/* Its completion. */
struct certificate_checked {
	enum check_status status;
	char source[12];	     /* "ocsp", "crl", "" */
	int64_t this_update_unix_ms; /* 0 = none */
	int64_t next_update_unix_ms; /* 0 = not told */
	char detail[96];	     /* for technicians: why unavailable; no personal data */
};

/* Card.Show (command of ctl): payload struct certificate_query, device "" = the only reader. */

/* Whether the issuer has revoked it, as far as could be found out now. */
enum card_revocation_status {
	CARD_REVOCATION_NOT_ASKED, /* it is not good anyway: its status says why */
	CARD_REVOCATION_GOOD,
	CARD_REVOCATION_REVOKED,
	CARD_REVOCATION_UNKNOWN, /* nobody could be asked, or nobody knew: detail says which */
	CARD_REVOCATION_STATUS_COUNT
};
extern const char *const card_revocation_status_names[CARD_REVOCATION_STATUS_COUNT];

struct card_revocation {
	enum card_revocation_status status;
	char source[12];	     /* "ocsp", "crl", "" */
	int64_t this_update_unix_ms; /* 0 = none */
	int64_t next_update_unix_ms; /* 0 = not told */
	char detail[96];	     /* for technicians: why unknown, or how old */
};

/* One certificate as core reads it. Personal: only for the technician who holds the card. */
struct card_identity {
	char id[CARD_CERTIFICATE_ID_SIZE];
	char label[64];
	char holder[128];
	char rfc[16]; /* UTF-8: Ñ takes two bytes */
	char curp[19];
	char serial[44];  /* SAT: 20 decimal digits; others: hex */
	char purpose[12]; /* "efirma", "csd", "other" */
	int64_t not_before_unix_ms, not_after_unix_ms;
	bool can_sign;
	char status[24]; /* "good", or the problem id of the session: "card-expired" … */
	struct card_revocation revocation;
};

/* Completion of Card.Show. sequenceError: a citizen is using the terminal. */
struct card_facts {
	char device[DEVICE_ID_SIZE];
	char atr[CARD_ATR_SIZE];
	enum card_application application;
	struct card_pin pin;
	size_t count;
	struct card_identity certificates[CARD_MAX_CERTIFICATES];
};

/* Card.Sign (command of ctl): payload struct certificate_sign, device "" = the only reader,
 * certificate "" = the first that can sign. Completion: struct certificate_signed. */

extern const struct bus_table card_inserted_table;
extern const struct bus_table card_removed_table;
extern const struct bus_table stripe_swipe_table;
extern const struct bus_table certificate_query_table;
extern const struct bus_table certificate_list_table;
extern const struct bus_table certificate_sign_table;
extern const struct bus_table certificate_signed_table;
extern const struct bus_table certificate_pin_entry_table;
extern const struct bus_table common_cancel_table;
extern const struct bus_table certificate_check_table;
extern const struct bus_table certificate_checked_table;
extern const struct bus_table card_facts_table;

#endif
