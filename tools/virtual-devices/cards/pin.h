#ifndef VT_CARDS_PIN_H
#define VT_CARDS_PIN_H

/* A PIN of a card: value, tries, and the status words of VERIFY, CHANGE REFERENCE DATA and RESET
 * RETRY COUNTER. The field is eight bytes, filled up with FF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"

#define PIN_SIZE 8

struct pin {
	uint8_t value[PIN_SIZE]; /* padded with FF; wiped by pin_finish() */
	unsigned tries;		 /* after a right PIN; 1 to 15 */
	unsigned tries_left;	 /* 0 = blocked */
	unsigned min_length;	 /* shortest PIN that may be set */
	bool verified;
};

/* Takes a text of 4 to 8 ASCII digits or letters. False if it is anything else. */
VT_MUST_USE bool pin_init(struct pin *pin, const char *text, unsigned tries, unsigned tries_left);
void pin_finish(struct pin *pin);

/* Each returns a status word: 9000, 63Cx, 6983, 6700, 6A80. A failed one logs out. */

/* VERIFY: length 0 asks for the state (9000 logged in, else 63Cx or 6983) and changes nothing. */
uint16_t pin_verify(struct pin *pin, const uint8_t *data, size_t length);
/* CHANGE REFERENCE DATA: old and new, eight bytes each. */
uint16_t pin_change(struct pin *pin, const uint8_t *data, size_t length);
/* RESET RETRY COUNTER: PUK and new PIN, eight bytes each. */
uint16_t pin_unblock(struct pin *pin, struct pin *puk, const uint8_t *data, size_t length);

#endif
