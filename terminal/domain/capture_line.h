#ifndef VT_DOMAIN_CAPTURE_LINE_H
#define VT_DOMAIN_CAPTURE_LINE_H

/* The "línea de captura" with base 97 of state treasuries, universities and municipalities
 * (domain.md §8.2): REFERENCE + FFFF + I + C + DV.
 *
 * The federal line of TESOFE and SAT (20 characters) has no published rule: it is opaque here. */

#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"
#include "terminal/domain/date.h"

/* What a letter of the reference counts. */
enum capture_letters {
	CAPTURE_PHONE_PAD, /* ABC=2 DEF=3 … VWX=9 YZ=0 */
	CAPTURE_NINES,	   /* A-I=1..9 J-R=1..9 S-Z=2..9 */
};

/* The issuer's own parameters: configuration, never guessed. */
struct capture_rule {
	int base_year; /* 1988, 2013 or 2014 … */
	char constant; /* C: usually '2', '8' seen */
	enum capture_letters letters;
};

#define CAPTURE_MAX_REFERENCE 30
/* Reference, 4 + 1 + 1 + 2 characters and the NUL. */
#define CAPTURE_LINE_SIZE (CAPTURE_MAX_REFERENCE + 9)

/* Line for reference (1 … 30 of 0-9 A-Z), amount (≥ 0) and the last day on which it may be paid.
 * VT_ERR_INVALID for malformed arguments; VT_ERR_LIMIT if due lies before the base year or after
 * its last day (four digits: an error, not a wrap). ret_line is "" then. */
VT_MUST_USE enum vt_code capture_line_make(const struct capture_rule *rule, const char *reference,
	int64_t amount_centavos, struct vt_date due, char ret_line[CAPTURE_LINE_SIZE],
	struct vt_error *error);

enum capture_error {
	CAPTURE_OK,
	CAPTURE_FORMAT,	 /* too short or long, or other characters than 0-9 A-Z */
	CAPTURE_DV,	 /* check digits wrong: mistyped */
	CAPTURE_AMOUNT,	 /* made for another amount */
	CAPTURE_EXPIRED, /* today lies after its last day */
	CAPTURE_ERROR_COUNT
};

/* "OK", "FORMAT", "DV", "AMOUNT", "EXPIRED". */
const char *capture_error_name(enum capture_error error);

/* The three checks of a point of payment, in the order of the enum. */
enum capture_error capture_line_check(const struct capture_rule *rule, const char *line,
	int64_t amount_centavos, struct vt_date today);

/* Last day a line of that base year can carry: 9999 condensed days. */
struct vt_date capture_line_last_day(int base_year);

/* Check digit of "Algoritmo 00" over digits; 0 if text is empty or holds something else. */
char capture_algorithm_00(const char *digits);

#endif
