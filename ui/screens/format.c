#include "ui/screens/format.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/text.h"
#include "terminal/domain/date.h"
#include "ui/screens/locale.h"

/* "\u2022"; one character of a masked value. */
#define BULLET	    "\xE2\x80\xA2"
#define MASK_LENGTH 8

static const char *month_short(int month)
{
	static const char *const names[] = {N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"),
		/* Not "May": that is the long name as well, and other languages differ. */
		N_("May (short)"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"),
		N_("Dec")};

	return month >= 1 && month <= 12 ? _(names[month - 1]) : "?";
}

/* 0 = Monday. */
static const char *weekday_short(int weekday)
{
	static const char *const names[] = {
		N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun")};

	return _(names[weekday]);
}

void format_clock(char *dst, size_t size, int64_t unix_ms, int utc_offset_min)
{
	struct vt_date date;
	int minute;

	date_from_unix_ms(unix_ms, utc_offset_min, &date, &minute);
	(void)snprintf(dst, size, "%02d:%02d", minute / 60, minute % 60);
}

void format_day(char *dst, size_t size, int64_t unix_ms, int utc_offset_min)
{
	struct vt_date date;
	int minute;

	date_from_unix_ms(unix_ms, utc_offset_min, &date, &minute);
	/* TRANSLATORS: weekday, day, month, all short: "mar 14 oct". */
	(void)snprintf(dst, size, _("%s %d %s"), weekday_short(date_weekday(date)), date.day,
		month_short(date.month));
}

void format_folio(char *dst, size_t size, const char *folio)
{
	char grouped[64];
	size_t at = 0, n = strlen(folio);

	if (strpbrk(folio, "- ") != NULL || n > 32) {
		vt_copy_cut(dst, size, folio);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i % 4 == 0)
			grouped[at++] = ' ';
		grouped[at++] = folio[i];
	}
	grouped[at] = '\0';
	vt_copy_cut(dst, size, grouped);
}

void format_curp(char *dst, size_t size, const char *curp)
{
	if (strlen(curp) != 18) {
		vt_copy_cut(dst, size, curp);
		return;
	}
	(void)snprintf(dst, size, "%.4s %.6s %.1s %.2s %.3s %.2s", curp, curp + 4, curp + 10,
		curp + 11, curp + 13, curp + 16);
}

void format_masked(char *dst, size_t size, const char *text)
{
	char mask[MASK_LENGTH * 3 + 1] = "";

	/* Always the same length: how long a name is stays private too. */
	if (*text != '\0')
		for (int i = 0; i < MASK_LENGTH; i++)
			memcpy(mask + i * 3, BULLET, 4);
	vt_copy_cut(dst, size, mask);
}

void format_expected(char *dst, size_t size, int64_t expected_ms)
{
	int64_t seconds = (expected_ms + 999) / 1000;

	if (seconds <= 0) {
		vt_copy_cut(dst, size, _("This may take a moment."));
		return;
	}
	/* People distrust "7 seconds": say the next round number. */
	seconds = seconds <= 5 ? 5 : (seconds + 9) / 10 * 10;
	(void)snprintf(dst, size, _("It usually takes less than %d seconds."), (int)seconds);
}
