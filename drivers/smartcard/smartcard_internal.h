#ifndef VT_DRIVERS_SMARTCARD_SMARTCARD_INTERNAL_H
#define VT_DRIVERS_SMARTCARD_SMARTCARD_INTERNAL_H

/* The machine's inside, shared by smartcard.c, its PIN part and the three applications.
 *
 * An application is a coroutine by hand: list() or sign() sends the first command, reply() is
 * called with each whole answer and either sends the next one or ends the task. What it has to
 * remember between two commands stands in its own struct. */

#include "drivers/smartcard/apdu.h"
#include "drivers/smartcard/smartcard.h"
#include "terminal/base/buf.h"
#include "terminal/certificate/certificate.h"

/* A file or buffer read piece by piece. */
#define SMARTCARD_MAX_FILE 16384
#define MAX_KEYS	   CARD_MAX_CERTIFICATES
#define MAX_ID		   16
#define MAX_PATH	   16
#define MAX_PINS	   4
#define MAX_DIRECTORIES	   8

/* The PIN a key wants. */
struct pin_format {
	uint8_t cla, reference; /* P2 of VERIFY */
	uint8_t min, max;	/* digits */
	uint8_t block;		/* bytes sent; 0: as many as digits */
	uint8_t padding;
	bool is_bcd, any_character; /* else digits only */
};

/* PKCS#15: where a file is; length 0: not told. */
struct pkcs15_path {
	uint8_t bytes[MAX_PATH];
	size_t length;
	size_t offset, size; /* of a part of the file; size 0: all */
};

/* What is behind a certificate: same index. */
struct key {
	bool exists;
	bool no_pin;	   /* signs without one */
	uint8_t reference; /* PIV slot, PKCS#15 key reference, CAC applet */
	bool is_rsa;
	size_t bits;
	struct pin_format pin;
	struct pkcs15_path place; /* PKCS#15: what VERIFY wants selected */
};

enum phase {
	PHASE_NONE,
	PHASE_LIST,   /* the application looks for certificates */
	PHASE_STATUS, /* empty VERIFY: how many tries are left? */
	PHASE_PLACE,  /* PKCS#15: selecting where the PIN is */
	PHASE_PIN,    /* VERIFY is out */
	PHASE_SIGN    /* the application signs */
};

struct application {
	enum card_application id;
	/* Sends the first command of looking for the application and its certificates. */
	void (*list)(struct smartcard *card);
	/* Selects what VERIFY needs; NULL: nothing to select. Ends with smartcard_placed(). */
	void (*place)(struct smartcard *card);
	/* Sends the first command of signing card->digest with card->index's key. */
	void (*sign)(struct smartcard *card);
	/* The whole answer to what was sent last: card->exchange. */
	void (*reply)(struct smartcard *card);
};
extern const struct application piv_application, pkcs15_application, cac_application;

struct piv {
	size_t object; /* being read */
	uint8_t pin_reference;
};

struct cac {
	uint8_t applet, type; /* being read: 01 tags and lengths, 02 values */
	uint8_t cla;
	size_t size, at;
	struct vt_buf tags, values;
	uint8_t block[SMARTCARD_MAX_SIGNATURE]; /* being signed */
	size_t block_length;
};

struct pkcs15_certificate {
	uint8_t id[MAX_ID];
	size_t id_length;
	char label[64];
	struct pkcs15_path path;
};

struct pkcs15_key {
	uint8_t id[MAX_ID], auth_id[MAX_ID];
	size_t id_length, auth_id_length;
	bool signs, each_time, is_ec;
	uint8_t reference;
	struct pkcs15_path path;
};

struct pkcs15_pin {
	uint8_t auth_id[MAX_ID];
	size_t auth_id_length;
	struct pin_format format;
	struct pkcs15_path path;
};

struct pkcs15 {
	int step;
	struct pkcs15_path home; /* of the application, if it has no name; length 0: by AID */
	struct pkcs15_path directories[MAX_DIRECTORIES];
	uint8_t kinds[MAX_DIRECTORIES]; /* A0, A4, A8 */
	size_t directory_count, directory;
	size_t certificate_count, certificate, key_count, pin_count;
	struct pkcs15_certificate certificates[MAX_KEYS];
	struct pkcs15_key keys[MAX_KEYS];
	struct pkcs15_pin pins[MAX_PINS];
	/* a file being selected and read */
	struct pkcs15_path target;
	int selecting;
	size_t component;
	bool wants_fci, selects_only;
	struct vt_buf file;
	uint8_t rsa_algorithm; /* 80 of MSE, as TokenInfo names it; 0: the key's own default */
};

struct smartcard {
	enum smartcard_state state;
	int64_t now_ms, deadline_ms;
	struct smartcard_effects *effects; /* borrowed during a step */
	uint32_t number;		   /* of the exchange in flight */
	bool extended;

	/* the card */
	const struct application *application; /* NULL: none found */
	size_t probe;
	bool listed;
	size_t count;
	struct smartcard_certificate certificates[MAX_KEYS];
	struct key keys[MAX_KEYS];
	int tries;	      /* left, -1 not known */
	bool wrong_uncounted; /* a wrong PIN since insertion, and the card does not count */

	/* the operation */
	bool has_operation, cancelling;
	enum smartcard_operation operation;
	enum phase phase;
	size_t index;
	struct vt_secret pin;
	bool has_pin, use_pad, use_last_try;
	enum card_hash hash;
	uint8_t digest[CERTIFICATE_MAX_DIGEST];
	size_t digest_length;
	uint8_t signature[SMARTCARD_MAX_SIGNATURE];
	size_t signature_length;
	uint16_t sw; /* last one that was judged */
	struct apdu_exchange exchange;

	struct piv piv;
	struct cac cac;
	struct pkcs15 pkcs15;
};

/* Sends a command; the answer comes to the phase's handler. */
void smartcard_send(struct smartcard *card, const struct apdu_command *command);
/* Ends the operation. */
void smartcard_end(struct smartcard *card, enum smartcard_outcome outcome);
/* PHASE_LIST: this application is not on the card: the next one is tried. */
void smartcard_not_here(struct smartcard *card);
/* PHASE_LIST: done; card->count certificates. */
void smartcard_listed(struct smartcard *card);
/* PHASE_PLACE: done, or not possible: VERIFY will tell. */
void smartcard_placed(struct smartcard *card);
/* PHASE_SIGN: what the card gave; checked here, then the operation ends. */
void smartcard_signed(struct smartcard *card, const uint8_t *signature, size_t length);
/* Adds a certificate if it is one with a key that we know, and there is room: the index, or -1. */
int smartcard_add(struct smartcard *card, const char *id, const char *label, size_t label_length,
	const uint8_t *der, size_t length);
/* The outcome for a status word that ends a task. */
enum smartcard_outcome smartcard_refusal(uint16_t sw);

/* --- pin.c --- */
/* The PIN of card->index: status first, then VERIFY or the pad, then smartcard_verified(). A LIST
 * ends with the status. */
void pin_begin(struct smartcard *card);
/* PHASE_STATUS, PHASE_PIN: an answer. */
void pin_reply(struct smartcard *card);
/* The pad's answer. */
void pin_pad_reply(struct smartcard *card, const uint8_t *data, size_t length);
/* PIN accepted. */
void smartcard_verified(struct smartcard *card);
/* Sends FX_ASK_PAD. */
void smartcard_ask_pad(struct smartcard *card, const struct smartcard_pad *pad);

/* --- block.c: what is signed, and certificates in wrappings --- */
/* DigestInfo of the digest (RFC 8017 §9.2): at most 83 bytes. */
size_t block_digest_info(
	enum card_hash hash, const uint8_t *digest, size_t length, uint8_t ret[96]);
/* EMSA-PKCS1-v1_5 of size bytes; false if it does not fit. */
bool block_pkcs1(
	enum card_hash hash, const uint8_t *digest, size_t length, uint8_t *ret, size_t size);
/* The digest as a number of size bytes for ECDSA: its left part, or zeros before it. */
void block_ecdsa(const uint8_t *digest, size_t length, uint8_t *ret, size_t size);
/* {r,s} as DER from r‖s of 2 × size bytes; the length, 0 if it does not fit. */
size_t block_ecdsa_der(const uint8_t *raw, size_t size, uint8_t *ret, size_t ret_size);
/* Inflates gzip or zlib data; false if it is malformed or larger than max. */
bool block_inflate(
	const uint8_t *data, size_t length, uint8_t *ret, size_t max, size_t *ret_length);

/* --- piv.c: what its objects hold --- */

/* The PIN by which the keys are opened: 00, the global one, where the discovery object prefers it
 * (SP 800-73-4 part 1 §3.3.2: 5F2F, first byte what is allowed, second what comes first), else 80.
 */
uint8_t piv_pin_reference(const uint8_t *reply, size_t length);
/* 53 { 70 certificate, 71 info, FE } (part 1 appendix A): the certificate, inflated if it must be,
 * into ret; false if there is none, it is malformed or too long. */
bool piv_read_certificate(
	const uint8_t *reply, size_t length, uint8_t ret[CERTIFICATE_DER_SIZE], size_t *ret_length);

/* --- pkcs15_parse.c: the directory files; each adds what it understands and skips the rest --- */
/* false: malformed from the start. */
bool pkcs15_parse_dir(const uint8_t *p, size_t n, struct pkcs15_path *ret_home);
bool pkcs15_parse_odf(struct pkcs15 *p15, const uint8_t *p, size_t n);
void pkcs15_parse_certificates(struct pkcs15 *p15, const uint8_t *p, size_t n);
void pkcs15_parse_keys(struct pkcs15 *p15, const uint8_t *p, size_t n);
void pkcs15_parse_pins(struct pkcs15 *p15, const uint8_t *p, size_t n);
/* TokenInfo: the reference by which RSA PKCS #1 on a DigestInfo is asked for. */
void pkcs15_parse_token(struct pkcs15 *p15, const uint8_t *p, size_t n);

#endif
