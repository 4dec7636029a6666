#ifndef VT_UI_SCREENS_FORMAT_H
#define VT_UI_SCREENS_FORMAT_H

/* Numbers, dates and folios as people read them, by our own code and never by the system's locale
 * (UI.md section 12.6). All write into dst[size] and cut what does not fit. */

#include <stddef.h>
#include <stdint.h>

/* "10:42". */
void format_clock(char *dst, size_t size, int64_t unix_ms, int utc_offset_min);
/* "mar 14 oct". */
void format_day(char *dst, size_t size, int64_t unix_ms, int utc_offset_min);
/* Folio in groups of four: "7F3K 0410 …"; a folio that is already grouped stays as it is. */
void format_folio(char *dst, size_t size, const char *folio);
/* CURP in its groups: "NUIG 850312 M JC XBD 09"; anything not 18 long stays as it is. */
void format_curp(char *dst, size_t size, const char *curp);
/* "••••••••" for any text that is not empty: how long a name is stays private too. */
void format_masked(char *dst, size_t size, const char *text);
/* "Wait about 8 seconds", in words; 0 = no estimate. */
void format_expected(char *dst, size_t size, int64_t expected_ms);

#endif
