#ifndef VT_BASE_BUF_H
#define VT_BASE_BUF_H

/* A growing byte buffer with a maximum and a sticky failure: append without checking each time,
 * look at buf_failed() once at the end. Wiped when it is freed or grows. Not thread-safe. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

struct vt_buf {
	uint8_t *data; /* owned; NUL after length, so text may be read as a string; NULL if empty */
	size_t length; /* bytes used */
	size_t size;   /* bytes allocated */
	size_t max;    /* length never exceeds this */
	enum vt_code
		failed; /* first failure: VT_ERR_NOMEM or VT_ERR_LIMIT; later appends do nothing */
};

/* Empty buffer that may grow to max bytes. Allocates nothing. */
void vt_buf_init(struct vt_buf *buf, size_t max);
/* Wipes and frees; buf is empty and usable again afterwards. Accepts a zeroed struct. */
void vt_buf_finish(struct vt_buf *buf);
/* Empties without freeing; wipes the content and clears the failure. */
void vt_buf_reset(struct vt_buf *buf);
/* Appends length bytes. After a failure nothing is appended. */
void vt_buf_append(struct vt_buf *buf, const void *data, size_t length);
void vt_buf_append_text(struct vt_buf *buf, const char *text);
void vt_buf_append_byte(struct vt_buf *buf, uint8_t byte);
void vt_buf_printf(struct vt_buf *buf, const char *fmt, ...) VT_PRINTF(2, 3);
/* Room for length more bytes at the end, to be filled by the caller and then counted with
 * vt_buf_added(); NULL after a failure. */
uint8_t *vt_buf_reserve(struct vt_buf *buf, size_t length);
void vt_buf_added(struct vt_buf *buf, size_t length);
/* Drops the first length bytes (length ≤ buf->length). */
void vt_buf_consume(struct vt_buf *buf, size_t length);
/* Content as text, "" if empty; borrowed until the next change. */
const char *vt_buf_text(const struct vt_buf *buf);

#endif
