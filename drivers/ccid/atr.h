#ifndef VT_DRIVERS_CCID_ATR_H
#define VT_DRIVERS_CCID_ATR_H

/* The answer to reset of a card (ISO/IEC 7816-3:2006 §8) from untrusted bytes. A leaf: nothing but
 * these two headers, no memory of its own, so that it can be proven (reliability.md §4.2). */

#include <stddef.h>
#include <stdint.h>

/* TS and at most 32 characters. */
#define ATR_MAX_LENGTH 33
/* Interface bytes TAi … TDi: at most 32 / 1. */
#define ATR_NONE (-1)

enum atr_verdict {
	ATR_GOOD,
	ATR_SHORT,     /* ends before what T0 and the TDi announce */
	ATR_LONG,      /* more bytes than announced, or more than 33 */
	ATR_BAD_TS,    /* neither 3B nor 3F */
	ATR_BAD_CHECK, /* XOR of T0 … TCK is not 0 */
	ATR_BAD_VALUE  /* an interface byte that the standard forbids */
};

struct atr {
	uint8_t is_inverse;	     /* TS 3F */
	uint16_t protocols;	     /* bit n: T=n is offered; never 0 */
	uint8_t first;		     /* protocol offered first: 0 … 14 */
	int16_t ta1, tc1;	     /* ATR_NONE: not there */
	int16_t ta2;		     /* specific mode */
	int16_t tc2;		     /* T=0: waiting integer */
	int16_t t1_ta, t1_tb, t1_tc; /* first TA, TB, TC for T=1: IFSC, BWI|CWI, check */
	uint8_t historical_at, historical_length;
};

/*@ requires \valid_read(data + (0 .. length - 1)) && \valid(ret);
  @ assigns *ret;
  @*/
/* Length counts all bytes, TCK included. *ret is meaningful only for ATR_GOOD. */
enum atr_verdict atr_parse(const uint8_t *data, size_t length, struct atr *ret);

/* Clock rate conversion and baud rate adjustment of TA1 or PPS1 (ISO 7816-3 §8.3): 0 if reserved.
 */
uint16_t atr_f(uint8_t fi_di);
uint8_t atr_d(uint8_t fi_di);

#endif
