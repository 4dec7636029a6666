#ifndef VT_BASE_BASE64_H
#define VT_BASE_BASE64_H

/* Base64 of RFC 4648 §4: bytes in messages. With padding, without line breaks. */

#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Text of length bytes with its NUL. */
#define VT_BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1)

/* Writes the text of data into dst[size]. VT_ERR_LIMIT, and dst empty, if it does not fit. */
VT_MUST_USE enum vt_code vt_base64_encode(char *dst, size_t size, const void *data, size_t length);
/* Reads text, strictly: no blanks, padding where it belongs and zero bits behind the last byte. dst
 * has room for size bytes. VT_ERR_PARSE; VT_ERR_LIMIT if there are more bytes than size. dst and
 * *ret_length mean nothing after a failure. */
VT_MUST_USE enum vt_code vt_base64_decode(
	void *dst, size_t size, const char *text, size_t *ret_length);

#endif
