#ifndef VT_BASE_ERROR_H
#define VT_BASE_ERROR_H

/* One set of result codes for the whole terminal, and an error with its story. */

#include "terminal/base/attributes.h"

/* X(NAME, value, text). Values are stable: they appear in logs and in JSON. */
#define VT_CODES(X)                                          \
	X(VT_OK, 0, "ok")                                    \
	X(VT_ERR_NOMEM, 1, "out of memory")                  \
	X(VT_ERR_IO, 2, "input/output error")                \
	X(VT_ERR_INVALID, 3, "invalid argument")             \
	X(VT_ERR_PARSE, 4, "malformed data")                 \
	X(VT_ERR_LIMIT, 5, "limit exceeded")                 \
	X(VT_ERR_NOT_FOUND, 6, "not found")                  \
	X(VT_ERR_EXISTS, 7, "already exists")                \
	X(VT_ERR_DENIED, 8, "not permitted")                 \
	X(VT_ERR_STATE, 9, "wrong state")                    \
	X(VT_ERR_TIMEOUT, 10, "timed out")                   \
	X(VT_ERR_CANCELLED, 11, "cancelled")                 \
	X(VT_ERR_BUSY, 12, "busy")                           \
	X(VT_ERR_AGAIN, 13, "nothing to do yet")             \
	X(VT_ERR_CLOSED, 14, "connection closed")            \
	X(VT_ERR_NETWORK, 15, "network failure")             \
	X(VT_ERR_DEVICE, 16, "device failure")               \
	X(VT_ERR_CRYPTO, 17, "cryptographic failure")        \
	X(VT_ERR_UNTRUSTED, 18, "not authentic")             \
	X(VT_ERR_FULL, 19, "storage full")                   \
	X(VT_ERR_CORRUPT, 20, "storage corrupt")             \
	X(VT_ERR_FAILED, 21, "failed earlier, reopen first") \
	X(VT_ERR_UNSUPPORTED, 22, "not supported")

enum vt_code {
#define X(name, value, text) name = (value),
	VT_CODES(X)
#undef X
};

/* What happened, told once: code, errno (or a library's own number, or 0) and a sentence without
 * personal data. Lives on the caller's stack; nothing to free. */
struct vt_error {
	enum vt_code code;
	int os;
	char msg[200];
};

/* Short English text of a code; never NULL, also for numbers that are none of ours. */
const char *vt_code_text(enum vt_code code);

/* Name of a code as written in the source, "VT_ERR_IO". */
const char *vt_code_name(enum vt_code code);

/* Fills error (may be NULL) and returns code, so that a failing function ends with
 * `return vt_fail(error, VT_ERR_IO, errno, "queue: open");`. Keeps errno. */
enum vt_code vt_fail(struct vt_error *error, enum vt_code code, int os, const char *fmt, ...)
	VT_PRINTF(4, 5);

/* Puts "prefix: " before the message on the way up; returns error's code. error may be NULL, then
 * code is returned as it is. */
enum vt_code vt_prefix(struct vt_error *error, enum vt_code code, const char *fmt, ...)
	VT_PRINTF(3, 4);

#endif
