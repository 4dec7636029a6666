#ifndef VT_VDEV_CARD_H
#define VT_VDEV_CARD_H

/* A virtual smartcard: an applet that answers whole APDUs, as pure C (no clock, thread or I/O; the
 * same commands and seed give the same answers). What lies between applet and reader is not its
 * business: card_transmit() joins command chains, keeps what does not fit Le for GET RESPONSE and
 * speaks 61xx/6Cxx; the reader speaks T=0 procedure bytes or T=1 blocks (card-link.h). So one
 * applet sits behind a reader of any exchange level and protocol.
 *
 *   reader (ccid-reader.h) → card-link.h (T=0, T=1) → card_transmit() → ops->apdu()
 *
 * Sources: ISO/IEC 7816-3 §12 (transports of command-response pairs), 7816-4 §5. Not thread-safe.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "terminal/base/error.h"

#define CARD_MAX_ATR	  33		      /* ISO/IEC 7816-3 §8.2.1: TS and 32 characters */
#define CARD_MAX_DATA	  65535		      /* command data: Nc of an extended Lc */
#define CARD_MAX_RESPONSE 65536		      /* response data: Ne of an extended Le */
#define CARD_MAX_APDU	  (CARD_MAX_DATA + 9) /* header, extended Lc, data, Le */

/* Status words that every applet needs (ISO/IEC 7816-4 table 5). */
enum card_sw {
	CARD_SW_OK = 0x9000,
	CARD_SW_END_OF_FILE = 0x6282,
	CARD_SW_WRONG_PIN = 0x63c0, /* the low digit: tries left */
	CARD_SW_WRONG_LENGTH = 0x6700,
	CARD_SW_NO_CHANNEL = 0x6881,
	CARD_SW_NO_SECURE_MESSAGING = 0x6882,
	CARD_SW_NO_CHAINING = 0x6884,
	CARD_SW_SECURITY_STATUS = 0x6982,
	CARD_SW_BLOCKED = 0x6983,
	CARD_SW_CONDITIONS = 0x6985,
	CARD_SW_NO_CURRENT_EF = 0x6986,
	CARD_SW_WRONG_DATA = 0x6a80,
	CARD_SW_FILE_NOT_FOUND = 0x6a82,
	CARD_SW_WRONG_P1P2 = 0x6a86,
	CARD_SW_REFERENCE_NOT_FOUND = 0x6a88,
	CARD_SW_WRONG_OFFSET = 0x6b00,
	CARD_SW_INS = 0x6d00,
	CARD_SW_CLA = 0x6e00,
	CARD_SW_FAILED = 0x6f00,
};

/* A command, taken apart. All pointers are borrowed for the call. */
struct card_command {
	uint8_t cla, ins, p1, p2; /* of the last part of a chain, without the chaining bit 10 */
	const uint8_t *data;	  /* length bytes; the parts of a chain joined */
	size_t length;		  /* 0 … CARD_MAX_DATA (a chain: up to ops->chain_max) */
	/* Bytes expected: 0 = no Le field. T=0 cannot say "none" and "all": a case 3 command there
	 * has 0, too, so give data whenever there is some. */
	uint32_t le;
	bool extended;	    /* came with extended length fields */
	const uint8_t *raw; /* the APDU as it came; the last part of a chain */
	size_t raw_length;
};

/* The answer: filled by the applet. data is length bytes; more than Le is no error, the rest waits
 * for GET RESPONSE. */
struct card_response {
	uint16_t sw;	   /* CARD_SW_OK before the call */
	uint32_t delay_ms; /* thinking time: time extensions (WTX) meanwhile; 0 = answers at once */
	bool mute;	   /* the card never answers this one */
	size_t length;	   /* 0 before the call */
	uint8_t data[CARD_MAX_RESPONSE + 2]; /* the two are for SW, added behind the data */
};

struct card;

/* An applet's own part. NULL is allowed where said. */
struct card_ops {
	const char *name; /* kind, for status: "file card" */
	/* Answer to reset into atr[CARD_MAX_ATR]; returns its length (2 … 33). protocol: the one
	 * this slot is set to prefer (0 or 1; -1 = the card's own choice); ignore it unless the
	 * applet can do both. card_make_atr() makes a correct one. */
	size_t (*atr)(const struct card *card, int protocol, uint8_t *atr);
	/* Power went on or the reset line was pulled: selection, logins and half-done work end. May
	 * be NULL. */
	void (*reset)(struct card *card);
	/* One command. Never called for a chain's first parts, GET RESPONSE, or malformed lengths,
	 * unless `raw`. */
	void (*apdu)(struct card *card, const struct card_command *command,
		struct card_response *response);
	/* A switch in words, "pin tries 1", as vdev_ops.command. May be NULL. */
	enum vt_code (*command)(
		struct card *card, size_t count, const char *const *words, struct vt_buf *reply);
	/* Lines "name: value"; no secrets. May be NULL. */
	void (*status)(const struct card *card, struct vt_buf *reply);
	/* Frees everything, wipes secrets. */
	void (*destroy)(struct card *card);
	/* The applet does chaining, GET RESPONSE and 6Cxx itself (libcacard): it gets every APDU as
	 * it came and its answer is never cut or kept. */
	bool raw;
	/* Cards that are Java cards inside send their data also when a T=1 host names no Le, and
	 * some hosts rely on it (yubico-piv-tool): 256 bytes at most, the rest waits. */
	bool data_without_le;
	/* Most bytes of a joined command chain (CLA bit 10); 0 = chaining refused with 6884. */
	size_t chain_max;
};

/* First member of every card's struct. The fields below ops belong to card.c. */
struct card {
	const struct card_ops *ops; /* set by the applet */
	struct vt_buf chain;	    /* parts so far */
	uint8_t chain_header[4];
	uint8_t *rest; /* bytes waiting for GET RESPONSE, NULL = none */
	size_t rest_length, rest_at;
	uint16_t rest_sw;
	struct card_response *response; /* allocated at the first command */
	uint64_t commands;		/* APDUs since creation, parts of chains counted */
};

/* --- for readers and tests --- */

/* Frees the card; accepts NULL; *card becomes NULL. Fits VT_CLEANUP. */
void card_destroy(struct card **card);
/* Answer to reset, resets the applet. Returns the length (0 if the applet gave nonsense). */
size_t card_power_on(struct card *card, int protocol, uint8_t atr[CARD_MAX_ATR]);
/* One APDU of the reader; le_known false: a T=0 TPDU, whose case 3 may as well be case 4. The
 * answer is data and SW, in *ret_response (length bytes, borrowed until the next call): at most Le
 * bytes, and 61xx when more waits. Returns the applet's delay in ms, or -1 if the card stays mute.
 */
int64_t card_transmit(struct card *card, const uint8_t *apdu, size_t length, bool le_known,
	const uint8_t **ret_response, size_t *ret_length);
/* Takes an APDU apart (ISO/IEC 7816-3 §12.1.3, cases 1 to 4, short and extended); false if the
 * length fields and the length disagree. */
bool card_parse_apdu(const uint8_t *apdu, size_t length, struct card_command *ret);

/* --- for applets --- */

/* Puts base->ops in place; the rest of *base is zeroed. */
void card_init(struct card *base, const struct card_ops *ops);
/* Appends data to the answer; more than fits sets SW 6F00. */
void card_add(struct card_response *response, const void *data, size_t length);
/* A correct ATR: TA1 11 (9,600 bit/s) and what the protocol needs, historical bytes (at most 15)
 * and TCK. protocol 0, 1 or -1 (both, T=0 first). Returns its length. */
size_t card_make_atr(
	uint8_t atr[CARD_MAX_ATR], int protocol, const uint8_t *historical, size_t length);

/* --- cards from files: `virtual-devices card insert FILE` --- */

/* A kind of card file. Its first line is "card NAME"; open reads the whole file (it may do I/O). */
struct card_kind {
	const char *name;
	enum vt_code (*open)(const char *path, struct card **ret_card, struct vt_error *error);
};
/* Ends with a NULL name. Add a kind in card-kinds.c. */
extern const struct card_kind card_kinds[];
/* Opens a card file by its first line. VT_ERR_IO, VT_ERR_PARSE, VT_ERR_NOT_FOUND (no such kind).
 * The caller owns the card. */
VT_MUST_USE enum vt_code card_open(
	const char *path, struct card **ret_card, struct vt_error *error);

#endif
