#ifndef VT_DRIVERS_MSR_TRACK_H
#define VT_DRIVERS_MSR_TRACK_H

/* One track of a magnetic stripe as a reader decodes it, sentinels included.
 *
 *   track 1  %B ACCOUNT ^ NAME ^ YYMM SSS … ?    characters 20–5F, at most 79
 *   track 2  ; ACCOUNT = YYMM SSS … ?            digits and 3A–3F, at most 40
 *   track 3  ; or + digits … ?                   at most 107; only its form is checked
 *
 * A character behind the end sentinel is the LRC and must be right. Source: ISO/IEC 7813 §5–7,
 * ISO/IEC 7811-2 §10 (to confirm). Pure. */

#include <stdbool.h>
#include <stddef.h>

#define TRACK_MAX	  108 /* track 3 with its LRC */
#define TRACK_ACCOUNT_MAX 19

enum track_verdict {
	TRACK_GOOD,
	TRACK_EMPTY,
	TRACK_TOO_LONG,
	TRACK_SENTINEL,	 /* does not begin or end as this track must */
	TRACK_CHARACTER, /* one that this track cannot hold */
	TRACK_LRC,
	TRACK_FORM, /* separators or digits are not where they belong */
};

struct track {
	char account[TRACK_ACCOUNT_MAX + 1]; /* personal; payment cards never get so far */
	char name[27];			     /* track 1; personal */
	char expiry[5];			     /* YYMM, "" = none */
	char service_code[4];
};

/* Reads text (length bytes) as track number 1, 2 or 3. *ret is all zero unless TRACK_GOOD. */
enum track_verdict track_read(int number, const char *text, size_t length, struct track *ret);

/* Is account a payment card's number: 12 … 19 digits, check digit right (Luhn, ISO/IEC 7812-1 annex
 * B), first digits of an industry that pays (ISO/IEC 7812-1 §4: 3 to 6; 2221–2720)? */
bool track_is_payment(const char *account);

/* Writes account with all but the first six and last four digits as "*" (fewer than 13 digits: all
 * but the last two). ret has room for TRACK_ACCOUNT_MAX + 1. */
void track_mask(const char *account, char ret[TRACK_ACCOUNT_MAX + 1]);

#endif
