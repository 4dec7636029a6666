#ifndef VT_DOMAIN_NAMES_H
#define VT_DOMAIN_NAMES_H

/* Names and surnames as the registry takes them (domain.md §2.2): letters with accents, Ñ, digits,
 * dot, hyphen, slash, apostrophe, exactly one blank between words, at most 50 characters. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/attributes.h"

#define NAME_MAX_CHARS 50
/* Upper-case Latin letters take up to 2 bytes. */
#define NAME_SIZE (2 * NAME_MAX_CHARS + 1)
/* Room for a whole name in one field (names and both surnames). */
#define NAME_FULL_MAX_CHARS 150
#define NAME_FULL_SIZE	    (2 * NAME_FULL_MAX_CHARS + 1)

enum name_error {
	NAME_OK,
	NAME_EMPTY,    /* nothing but blanks, or no letter at all */
	NAME_TOO_LONG, /* more than max_chars */
	NAME_ALPHABET, /* a character no name of the registry has */
	NAME_ERROR_COUNT
};

/* "OK", "EMPTY", "TOO_LONG", "ALPHABET". */
const char *name_error_name(enum name_error error);

/* What was typed to what is stored and sent: upper case with accents kept; blanks at the ends
 * dropped and runs of blanks made one (two invalidate a record); typographic apostrophes and
 * hyphens made plain; combining accents joined to their letter. ret_name has size bytes,
 * ≥ 2 * max_chars + 1; "" after an error. */
enum name_error name_normalise(const char *typed, size_t max_chars, char *ret_name, size_t size);

/* A normalised name to the letters a key is made of: accents and diaeresis dropped, Ñ kept (2
 * bytes), everything else as it is. ret_folded has size bytes, ≥ strlen(name) + 1. */
void name_fold(const char *name, char *ret_folded, size_t size);

#endif
