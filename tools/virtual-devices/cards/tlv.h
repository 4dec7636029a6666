#ifndef VT_CARDS_TLV_H
#define VT_CARDS_TLV_H

/* BER-TLV as cards speak it (ISO 7816-4 §5.2.2): tags of one to three bytes, definite lengths. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"

/* One object inside borrowed bytes. */
struct tlv {
	uint32_t tag; /* as written: 0x5FC105 is the three bytes 5F C1 05 */
	const uint8_t *value;
	size_t length;
};

/* Takes the object at data[*at] and moves *at behind it. False, and nothing moved, at the end and
 * for anything malformed: longer than what is there, indefinite or overlong length, tag of four
 * bytes. */
VT_MUST_USE bool tlv_next(const uint8_t *data, size_t length, size_t *at, struct tlv *ret);

/* First object of that tag at the top level of data; false if there is none before the end or
 * before something malformed. */
VT_MUST_USE bool tlv_find(const uint8_t *data, size_t length, uint32_t tag, struct tlv *ret);

/* Appends tag, length and value. value may be NULL for length 0; it must not lie in buf. */
void tlv_put(struct vt_buf *buf, uint32_t tag, const void *value, size_t length);

/* Appends an object around what `inside` holds, then empties `inside`. */
void tlv_wrap(struct vt_buf *buf, uint32_t tag, struct vt_buf *inside);

#endif
