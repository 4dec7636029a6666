#ifndef VT_DRIVERS_SMARTCARD_APDU_H
#define VT_DRIVERS_SMARTCARD_APDU_H

/* One command and its whole answer, whatever it takes on the way (ISO/IEC 7816-4 §5): command
 * chaining, extended lengths, GET RESPONSE for 61xx, the right Le for 6Cxx. The reader's layer may
 * have done the last two already; then nothing is left to do here. Pure: raw APDUs out, replies in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Data of one command: GENERAL AUTHENTICATE with an RSA 4096 block has 522 bytes. */
#define APDU_MAX_DATA 640
/* A raw command: header 4, extended Lc 3, data, extended Le 2. */
#define APDU_MAX_COMMAND (APDU_MAX_DATA + 9)
/* All that may be collected for one command: a PIV certificate object, gzip-compressed or not, has
 * about 2 KB; a card that gives more is lying. */
#define APDU_MAX_REPLY 8192
/* Raw exchanges for one command: chain parts, GET RESPONSEs of 61xx with few bytes each. */
#define APDU_MAX_ROUNDS 80
/* Le 00. */
#define APDU_ALL 256

struct apdu_command {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data; /* NULL: none */
	size_t length;	     /* 0 … APDU_MAX_DATA */
	size_t expected;     /* Le: 0 = none, 1 … 65,536 */
	bool is_secret;	     /* holds a PIN: never sent twice, wiped once it is sent */
};

/* Writes the raw command: short where both lengths allow it and !extended, else extended. Returns
 * its length, 0 if it does not fit size or a short one cannot say it. */
size_t apdu_encode(const struct apdu_command *command, bool extended, uint8_t *ret, size_t size);

enum apdu_next {
	APDU_SEND,     /* raw holds what is to be sent next */
	APDU_DONE,     /* reply and sw are whole */
	APDU_MALFORMED /* the card broke the rules: too short, too much, no end */
};

struct apdu_exchange {
	/* read by the owner */
	uint8_t raw[APDU_MAX_COMMAND];
	size_t raw_length;
	uint8_t reply[APDU_MAX_REPLY];
	size_t reply_length;
	uint16_t sw; /* last one; of a chain's part if that failed */
	/* the rest is this module's */
	struct apdu_command command; /* data points into data */
	uint8_t data[APDU_MAX_DATA];
	size_t sent;	 /* data bytes of a chain that are with the card */
	bool may_extend; /* the reader carries extended APDUs */
	bool extended;	 /* this command went out so */
	bool fetching;	 /* GET RESPONSE is out */
	bool corrected;	 /* Le was corrected once */
	int rounds;
};

/* Copies command; raw is its first part. Commands of more than 255 bytes go out in chained parts;
 * where the card knows no chaining (6884, or 6E00 at the first part) and may_extend, extended. */
void exchange_begin(
	struct apdu_exchange *exchange, const struct apdu_command *command, bool may_extend);
/* One raw response, data and SW. After DONE or MALFORMED nothing more is to be sent. */
enum apdu_next exchange_take(
	struct apdu_exchange *exchange, const uint8_t *response, size_t length);
/* Wipes all. */
void exchange_finish(struct apdu_exchange *exchange);

/* What a status word means: a code of ours, VT_OK for 9000 and warnings with data (62xx), and an
 * English text; never NULL. 63Cx is VT_ERR_DENIED. */
enum vt_code apdu_sw_code(uint16_t sw);
const char *apdu_sw_text(uint16_t sw);

#endif
