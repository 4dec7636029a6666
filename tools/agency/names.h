#ifndef VT_AGENCY_NAMES_H
#define VT_AGENCY_NAMES_H

/* Names as the registry compares them, and the key it assigns. Written from the rule text
 * (Instructivo 2006 p. 3-9) without a look at the terminal's validators: two makers that agree are
 * worth more than one that agrees with itself. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/error.h"

/* 50 characters of up to 2 bytes each (Instructivo p. 20), and the NUL. */
#define NAMES_SIZE 101
#define CURP_SIZE  19

/* Upper case, accents and diaeresis dropped, Ñ kept, typographic apostrophe made plain, blanks
 * trimmed and single. text is UTF-8, composed or not. VT_ERR_LIMIT if it does not fit (dst is then
 * empty). */
VT_MUST_USE enum vt_code names_fold(char *dst, size_t size, const char *text);

/* What a key is made of; all UTF-8, as written in the birth act. */
struct names_parts {
	const char *first;  /* first surname */
	const char *second; /* second surname, "" if none */
	const char *names;  /* given names */
	const char *birth;  /* YYYY-MM-DD */
	char sex;	    /* H, M, X */
	const char *entity; /* two letters */
};

/* The whole key with the order-th (from 0) homonymy character of the century: digits for people
 * born up to 1999, letters from 2000. VT_ERR_INVALID if a part has no letter or the birth date
 * another form, VT_ERR_LIMIT if the homonymy characters are used up. */
VT_MUST_USE enum vt_code names_make_curp(
	const struct names_parts *parts, unsigned order, char ret_curp[CURP_SIZE]);

/* Length, alphabet and check digit only: what the registry calls "estructura oficial". */
VT_MUST_USE bool names_curp_has_structure(const char *curp);

#endif
