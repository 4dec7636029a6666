#ifndef VT_CARDS_CHAT_H
#define VT_CARDS_CHAT_H

/* A talk with a card as text, for tests:
 *
 *   # comment
 *   > 00 A4 04 00 05 A0 00 00 03 08      sent
 *   < 61 ?? 4F * 90 00                   the answer must be this; ?? one byte, * any number
 *   ! reset                              power off and on
 *
 * Each `>` is followed by its `<`, except where the answer does not matter. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"
#include "tools/virtual-devices/card.h"

#define CHAT_MAX_SCRIPT (256 * 1024)
#define CHAT_MAX_BYTES	8192 /* of one command */

/* Hex digits, blanks between bytes allowed. False for anything else, none, or more than max. */
VT_MUST_USE bool chat_hex(const char *text, uint8_t *ret, size_t max, size_t *ret_length);

/* Powers the card on and runs the script; *ret_count (may be NULL) answers were as written.
 * VT_ERR_PARSE: a line that is none of the above; VT_ERR_FAILED: another answer; error names the
 * line and the answer. */
VT_MUST_USE enum vt_code chat_run(struct card *card, int protocol, const char *script,
	size_t *ret_count, struct vt_error *error);

#endif
