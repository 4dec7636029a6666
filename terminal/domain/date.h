#ifndef VT_DOMAIN_DATE_H
#define VT_DOMAIN_DATE_H

/* Calendar dates of the Gregorian calendar, as people write them in Mexico. No clock: "today" is
 * always an argument. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/attributes.h"

struct vt_date {
	int year;  /* 1 … 9999 */
	int month; /* 1 … 12 */
	int day;   /* 1 … 31 */
};

/* "31/12/2026" or "2026-12-31" with its NUL. */
#define DATE_SIZE 11
/* Longest "12 de septiembre de 1985" in any language, with its NUL. */
#define DATE_LONG_SIZE 48

/* Number of days of that month, 0 if month is not 1 … 12. */
int date_days_in_month(int year, int month);
/* True for a day that exists in the years 1 … 9999. */
bool date_is_valid(struct vt_date date);
/* < 0, 0, > 0 as a lies before, on or after b. */
int date_compare(struct vt_date a, struct vt_date b);
/* 0 = Monday … 6 = Sunday, by Sakamoto's method. date must be valid. */
int date_weekday(struct vt_date date);
/* Completed years between birth and today (29 February counts on 1 March in common years);
 * negative if birth lies after today. Both must be valid. */
int date_age(struct vt_date birth, struct vt_date today);

/* Exactly "DD/MM/AAAA", "AAAA-MM-DD": two, two and four digits, a day that exists. On failure *ret
 * is untouched. */
VT_MUST_USE bool date_parse_slash(const char *text, struct vt_date *ret);
VT_MUST_USE bool date_parse_iso(const char *text, struct vt_date *ret);

/* date must be valid. */
void date_format_slash(struct vt_date date, char ret_text[DATE_SIZE]);
void date_format_iso(struct vt_date date, char ret_text[DATE_SIZE]);
/* "12 de marzo de 1985"; lang "en" (or "en-…"): "12 March 1985"; every other language: Spanish. */
void date_format_long(struct vt_date date, const char *lang, char ret_text[DATE_LONG_SIZE]);

/* The month alone: "marzo de 1985", "March 1985". */
void date_format_month(struct vt_date date, const char *lang, char ret_text[DATE_LONG_SIZE]);

/* The local day and minute of the day (0 … 1439) at unix_ms, for a place offset_minutes east of UTC
 * (Mexico City: -360). unix_ms from 1970 to 9999. */
void date_from_unix_ms(
	int64_t unix_ms, int offset_minutes, struct vt_date *ret_date, int *ret_minute);

#endif
