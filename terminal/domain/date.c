#include "terminal/domain/date.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"

#define MS_PER_MINUTE	INT64_C(60000)
#define MINUTES_PER_DAY 1440

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int date_days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12)
		return 0;
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool date_is_valid(struct vt_date date)
{
	return date.year >= 1 && date.year <= 9999 && date.day >= 1 &&
	       date.day <= date_days_in_month(date.year, date.month);
}

int date_compare(struct vt_date a, struct vt_date b)
{
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	if (a.month != b.month)
		return a.month < b.month ? -1 : 1;
	return a.day == b.day ? 0 : a.day < b.day ? -1 : 1;
}

int date_weekday(struct vt_date date)
{
	static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
	/* January and February count to the year before. */
	const int year = date.year - (date.month < 3 ? 1 : 0);

	VT_ASSERT(date_is_valid(date));
	return (year + year / 4 - year / 100 + year / 400 + shift[date.month - 1] + date.day + 6) %
	       7;
}

int date_age(struct vt_date birth, struct vt_date today)
{
	const bool had_birthday =
		today.month > birth.month || (today.month == birth.month && today.day >= birth.day);

	VT_ASSERT(date_is_valid(birth) && date_is_valid(today));
	return today.year - birth.year - (had_birthday ? 0 : 1);
}

/* Number of exactly count digits at *text, which moves behind them; -1 if there are fewer. */
static int take_digits(const char **text, int count)
{
	int value = 0;

	for (; count > 0; count--, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		value = value * 10 + (**text - '0');
	}
	return value;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

bool date_parse_slash(const char *text, struct vt_date *ret)
{
	struct vt_date date;

	date.day = take_digits(&text, 2);
	if (date.day < 0 || !take_char(&text, '/'))
		return false;
	date.month = take_digits(&text, 2);
	if (date.month < 0 || !take_char(&text, '/'))
		return false;
	date.year = take_digits(&text, 4);
	if (date.year < 0 || *text || !date_is_valid(date))
		return false;
	*ret = date;
	return true;
}

bool date_parse_iso(const char *text, struct vt_date *ret)
{
	struct vt_date date;

	date.year = take_digits(&text, 4);
	if (date.year < 0 || !take_char(&text, '-'))
		return false;
	date.month = take_digits(&text, 2);
	if (date.month < 0 || !take_char(&text, '-'))
		return false;
	date.day = take_digits(&text, 2);
	if (date.day < 0 || *text || !date_is_valid(date))
		return false;
	*ret = date;
	return true;
}

void date_format_slash(struct vt_date date, char ret_text[DATE_SIZE])
{
	VT_ASSERT(date_is_valid(date));
	snprintf(ret_text, DATE_SIZE, "%02d/%02d/%04d", date.day, date.month, date.year);
}

void date_format_iso(struct vt_date date, char ret_text[DATE_SIZE])
{
	VT_ASSERT(date_is_valid(date));
	snprintf(ret_text, DATE_SIZE, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static bool is_english(const char *lang)
{
	return strncmp(lang, "en", 2) == 0 && (lang[2] == 0 || lang[2] == '-');
}

static const char *month_name(int month, bool english)
{
	static const char *const es[] = {"enero", "febrero", "marzo", "abril", "mayo", "junio",
		"julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"};
	static const char *const en[] = {"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"};

	return english ? en[month - 1] : es[month - 1];
}

void date_format_long(struct vt_date date, const char *lang, char ret_text[DATE_LONG_SIZE])
{
	const bool english = is_english(lang);

	VT_ASSERT(date_is_valid(date));
	snprintf(ret_text, DATE_LONG_SIZE, english ? "%d %s %d" : "%d de %s de %d", date.day,
		month_name(date.month, english), date.year);
}

void date_format_month(struct vt_date date, const char *lang, char ret_text[DATE_LONG_SIZE])
{
	const bool english = is_english(lang);

	VT_ASSERT(date_is_valid(date));
	snprintf(ret_text, DATE_LONG_SIZE, english ? "%s %d" : "%s de %d",
		month_name(date.month, english), date.year);
}

void date_from_unix_ms(
	int64_t unix_ms, int offset_minutes, struct vt_date *ret_date, int *ret_minute)
{
	VT_ASSERT(unix_ms >= 0);
	const int64_t minutes = unix_ms / MS_PER_MINUTE + offset_minutes;
	int64_t days = minutes / MINUTES_PER_DAY;
	int64_t minute = minutes % MINUTES_PER_DAY;
	if (minute < 0) { /* west of UTC in the first hours of 1970 */
		minute += MINUTES_PER_DAY;
		days--;
	}

	/* Days since 1970-01-01 to a civil date in years that begin on 1 March, so that the leap
	 * day is the last of its year; 719468 days lie between 0000-03-01 and 1970-01-01. */
	const int64_t shifted = days + 719468;
	const int64_t era = shifted / 146097;
	const int64_t day_of_era = shifted % 146097;
	const int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t march_month = (5 * day_of_year + 2) / 153;
	const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;

	ret_date->day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	ret_date->month = (int)month;
	ret_date->year = (int)(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
	*ret_minute = (int)minute;
	VT_ASSERT(date_is_valid(*ret_date));
}
