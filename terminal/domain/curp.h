#ifndef VT_DOMAIN_CURP_H
#define VT_DOMAIN_CURP_H

/* The Clave Única de Registro de Población: check what was typed, decode it while it is typed, say
 * which keys of the keyboard may come next, and build the 16-character root from a person's data
 * (domain.md §2; Instructivo Normativo, SEGOB, March 2006).
 *
 * The terminal never shows or prints a key it made itself: the root only serves to warn of a typing
 * error (domain.md §2.7). Pure: no clock, "today" is an argument. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"
#include "terminal/domain/date.h"
#include "terminal/domain/entities.h"

#define CURP_LENGTH	 18
#define CURP_SIZE	 19 /* with its NUL */
#define CURP_ROOT_LENGTH 16
#define CURP_ROOT_SIZE	 17

/* In the order in which curp_check() looks: the first that applies is the answer. */
enum curp_error {
	CURP_OK,
	CURP_FORMAT, /* length, alphabet or letter class of a position */
	CURP_DATE,   /* no such day in the century told by position 17 */
	CURP_FUTURE, /* born after today */
	CURP_STATE,  /* positions 12-13 are no entity code */
	CURP_WORD,   /* positions 1-4 are an inconvenient word that RENAPO would have altered */
	CURP_CHECK,  /* position 18 is not the check digit */
	CURP_ERROR_COUNT
};

/* "OK", "FORMAT", "DATE", "FUTURE", "STATE", "WORD", "CHECK". */
const char *curp_error_name(enum curp_error error);

/* Typed or scanned text to a key: upper case; blanks (also no-break) and hyphens removed. False,
 * and ret_key "", if something else than A-Z and 0-9 is left or more than 18 characters: such text
 * is CURP_FORMAT. A shorter result is a prefix and true. */
VT_MUST_USE bool curp_normalise(const char *typed, char ret_key[CURP_SIZE]);

/* key must be normalised; any length. A passing check digit proves little (it misses the tens of
 * the day and H against M): show birth date and sex back. */
enum curp_error curp_check(const char *key, struct vt_date today);

/* Range of the wrong characters, for marking them: DATE and FUTURE 5-10, STATE 12-13, CHECK 18
 * (counted from 0: first = 4, count = 6 …). False, nothing written, for the other errors. */
bool curp_error_range(enum curp_error error, size_t *ret_first, size_t *ret_count);

/* Check digit '0'…'9' over the first 17 characters of key; 0 if they are not in the alphabet
 * 0-9 A-Z. */
char curp_check_digit(const char *key);

struct curp_facts {
	struct vt_date birth; /* if !has_century: year is only 0 … 99 */
	bool has_century; /* position 17 is there, or only one century has that day (29 Feb 00) */
	char sex;	  /* 'H', 'M', 'X'; 0 = not typed yet */
	const struct entity *entity; /* NULL = not typed yet */
};

/* What a normalised key of 10 to 18 characters tells. False, *ret untouched, if it is shorter, a
 * given position has the wrong class, the day cannot exist or the entity is unknown. Looks neither
 * at the check digit nor at today. */
VT_MUST_USE bool curp_decode(const char *prefix, struct curp_facts *ret);

/* The characters that may follow prefix (normalised, 0 … 17 characters), sorted, NUL-terminated, as
 * the position-aware keyboard enables them (UI.md §10): letters; vowels or X at 2; real months and
 * days; H M X; entity codes; consonants; at 17 digits or letters as the century of the day allows;
 * digits. A word that WORD refuses can still be typed, so that its own sentence can explain it.
 * Returns how many; 0 and "" after the 18th. */
size_t curp_allowed(const char *prefix, char ret_set[40]);

/* A person's data as in the birth record; texts UTF-8, as typed or normalised (names.h). */
struct curp_person {
	const char *first_surname;  /* the only one if there is one surname */
	const char *second_surname; /* "" or NULL: none */
	const char *names;
	struct vt_date birth;
	char sex;	    /* 'H', 'M', 'X' */
	const char *entity; /* two-letter code */
};

/* Positions 1-16 of that person's key. VT_ERR_INVALID, ret_root "", if a name breaks names.h, the
 * date does not exist, or sex or entity is unknown; error (may be NULL) says which member, without
 * its value. */
VT_MUST_USE enum vt_code curp_root(
	const struct curp_person *person, char ret_root[CURP_ROOT_SIZE], struct vt_error *error);

#endif
