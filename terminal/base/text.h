#ifndef VT_BASE_TEXT_H
#define VT_BASE_TEXT_H

/* Bounded text: copies that say when they cut, numbers from text, UTF-8, hex, UUIDs, wiping. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Copies text with its NUL into dst[size]. Returns false, and leaves dst empty, if it does not fit
 * or text is NULL: what was meant is never cut silently. */
VT_MUST_USE bool vt_copy(char *dst, size_t size, const char *text);
/* Copies what fits, cut between code points: for log details and labels only. */
void vt_copy_cut(char *dst, size_t size, const char *text);
/* printf into dst[size]; false, and dst empty, if it does not fit. */
VT_MUST_USE bool vt_format(char *dst, size_t size, const char *fmt, ...) VT_PRINTF(3, 4);

/* Whole text (no blanks, no sign except a leading '-') as a decimal number within [min, max].
 * VT_ERR_PARSE or VT_ERR_LIMIT; *ret untouched then. */
VT_MUST_USE enum vt_code vt_parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret);

/* True if length bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
VT_MUST_USE bool vt_utf8_valid(const void *data, size_t length);
/* Decodes one code point at *p (NUL-terminated, valid UTF-8) and moves *p behind it; 0 at the end.
 * A malformed byte yields U+FFFD and moves one byte. */
uint32_t vt_utf8_next(const char **p);
/* Code points in text. */
size_t vt_utf8_length(const char *text);
/* Encodes cp into out (4 bytes room); returns the bytes used, 0 for no code point. */
size_t vt_utf8_encode(uint32_t cp, char out[4]);

/* Lower-case hex of data into dst[2*length+1]. */
void vt_hex(char *dst, const void *data, size_t length);
/* Hex text of exactly 2*length digits into data; false if it is anything else. */
VT_MUST_USE bool vt_unhex(void *data, size_t length, const char *hex);

/* Random version-4 UUID text from 16 random bytes (RFC 9562 §5.4). */
void vt_uuid_format(const uint8_t random[16], char ret_uuid[37]);
/* A fresh one, from vt_random(). */
void vt_uuid_make(char ret_uuid[37]);
/* True for the lower-case 8-4-4-4-12 form. */
VT_MUST_USE bool vt_uuid_valid(const char *text);

/* Overwrites memory in a way the compiler keeps. */
void vt_wipe(void *data, size_t length);
/* Cryptographic random bytes from the kernel; dies if there are none. */
void vt_random(void *data, size_t length);

#endif
