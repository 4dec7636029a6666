#ifndef VT_BASE_PASSCODE_H
#define VT_BASE_PASSCODE_H

/* A technician's code as the configuration keeps it: not the code but "scrypt:LOG2N:R:P:SALT:HASH",
 * salt and hash in base64 (RFC 7914). Six digits are few: what protects them is the lock-out
 * (terminal/session/lockout.h); the hash only keeps a reader of terminal.conf busy. Pure but for
 * passcode_make(), which draws the salt. About 50 ms and 16 MiB each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

#define PASSCODE_DIGITS	   6 /* UI.md section 13 */
#define PASSCODE_SALT	   16
#define PASSCODE_HASH	   32
#define PASSCODE_TEXT_SIZE 128

struct passcode {
	int log2_n, r, p;
	uint8_t salt[PASSCODE_SALT];
	uint8_t hash[PASSCODE_HASH];
};

/* Exactly six digits? */
VT_MUST_USE bool passcode_is_well_formed(const char *code);
/* Writes the line for code with a fresh salt. VT_ERR_INVALID: not six digits. VT_ERR_NOMEM. text is
 * empty after a failure. */
VT_MUST_USE enum vt_code passcode_make(
	const char *code, char text[PASSCODE_TEXT_SIZE], struct vt_error *error);
/* Reads such a line. VT_ERR_PARSE, and VT_ERR_LIMIT for a cost above 2^16 blocks, which would stop
 * the screen; *ret is untouched then. */
VT_MUST_USE enum vt_code passcode_parse(
	const char *text, struct passcode *ret, struct vt_error *error);
/* Is it this code? Constant time over the hash; false also if there is no memory to find out. */
VT_MUST_USE bool passcode_matches(const struct passcode *passcode, const char *code);

#endif
