#ifndef VT_DRIVERS_PRINTER_CODE128_H
#define VT_DRIVERS_PRINTER_CODE128_H

/* Code 128 (ISO/IEC 15417): the shortest sequence of symbols over sets A, B and C. */

#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

/* Characters of text; 48 is three times what a terminal prints. */
#define CODE128_MAX_TEXT 96
/* Start, at worst two symbols a character, check, stop. */
#define CODE128_MAX_SYMBOLS (2 * CODE128_MAX_TEXT + 3)
/* Quiet zone on each side, in modules. */
#define CODE128_QUIET 10

struct code128 {
	size_t symbol_count;
	uint8_t symbols[CODE128_MAX_SYMBOLS]; /* with start, check and stop */
};

/* text: 1 … CODE128_MAX_TEXT characters of ASCII (0x01 … 0x7f). VT_ERR_INVALID or VT_ERR_LIMIT;
 * *ret is untouched then. */
VT_MUST_USE enum vt_code code128_encode(
	const char *text, struct code128 *ret, struct vt_error *error);
/* Width in modules without the quiet zones. */
size_t code128_width(const struct code128 *code);
/* Bar and space widths of one symbol, e.g. "212222"; the stop has seven. */
const char *code128_pattern(uint8_t symbol);

#endif
