#ifndef VT_DOMAIN_FOLIO_H
#define VT_DOMAIN_FOLIO_H

/* The terminal's own folio: four groups of four, TTTT-EEES-SSSR-RRRC.
 *
 *   T  terminal code, 4 characters given by the office
 *   E  boot epoch, 3 (a store set up anew takes the next one, so no folio ever repeats)
 *   S  sequence number within the epoch, 4
 *   R  random, 4: a folio cannot be guessed from its neighbour
 *   C  check character, ISO/IEC 7064 MOD 37,36 over the 15 before it: finds every wrong character
 *      and every swap of two neighbours
 *
 * Made of 0-9 A-Z without I L O U, which people misread; the random part is chosen so that C is
 * none of them either. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"
#include "terminal/base/limits.h"

#define FOLIO_TERMINAL_LENGTH 4
#define FOLIO_MAX_EPOCH	      32767   /* 3 characters of 5 bits */
#define FOLIO_MAX_SEQUENCE    1048575 /* 4 characters of 5 bits */

/* Writes a folio with hyphens. terminal: exactly 4 characters of 0-9 A-Z without I L O U, else
 * VT_ERR_INVALID; epoch or sequence beyond its maximum: VT_ERR_LIMIT (take the next epoch, never
 * wrap). ret_folio is "" then. */
VT_MUST_USE enum vt_code folio_make(const char *terminal, uint32_t epoch, uint32_t sequence,
	const uint8_t random[4], char ret_folio[VT_FOLIO_SIZE], struct vt_error *error);

enum folio_error {
	FOLIO_OK,
	FOLIO_LENGTH,	/* not 16 characters */
	FOLIO_ALPHABET, /* something else than letters, digits, blanks and hyphens */
	FOLIO_CHECK,	/* check character wrong: mistyped */
	FOLIO_ERROR_COUNT
};

/* Typed or scanned folio, in any case, with or without hyphens and blanks, to its canonical form.
 * Where it only passes so, O is read as 0, and I and L as 1. ret_folio is "" after an error. */
enum folio_error folio_parse(const char *typed, char ret_folio[VT_FOLIO_SIZE]);

/* Check character of ISO/IEC 7064 MOD 37,36 over text of 0-9 A-Z; 0 for other characters. */
char folio_check_character(const char *text, size_t length);

#endif
