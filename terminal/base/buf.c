#include "terminal/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

void vt_buf_init(struct vt_buf *buf, size_t max)
{
	*buf = (struct vt_buf){.max = max};
}

void vt_buf_finish(struct vt_buf *buf)
{
	if (buf->data)
		vt_wipe(buf->data, buf->size);
	free(buf->data);
	*buf = (struct vt_buf){.max = buf->max};
}

void vt_buf_reset(struct vt_buf *buf)
{
	if (buf->data)
		vt_wipe(buf->data, buf->size);
	buf->length = 0;
	buf->failed = VT_OK;
}

uint8_t *vt_buf_reserve(struct vt_buf *buf, size_t length)
{
	if (buf->failed)
		return NULL;
	if (length > buf->max || buf->length > buf->max - length) {
		buf->failed = VT_ERR_LIMIT;
		return NULL;
	}
	const size_t need = buf->length + length + 1;
	if (need > buf->size) {
		size_t size = buf->size ? buf->size : 256;
		while (size < need)
			size *= 2;
		/* Not realloc: the old block may hold personal data and must be wiped. */
		uint8_t *data = malloc(size);
		if (!data) {
			buf->failed = VT_ERR_NOMEM;
			return NULL;
		}
		if (buf->data) {
			memcpy(data, buf->data, buf->length);
			vt_wipe(buf->data, buf->size);
			free(buf->data);
		}
		buf->data = data;
		buf->size = size;
	}
	buf->data[buf->length] = 0;
	return buf->data + buf->length;
}

void vt_buf_added(struct vt_buf *buf, size_t length)
{
	if (buf->failed)
		return;
	VT_ASSERT(buf->length + length < buf->size);
	buf->length += length;
	buf->data[buf->length] = 0;
}

void vt_buf_append(struct vt_buf *buf, const void *data, size_t length)
{
	uint8_t *end = vt_buf_reserve(buf, length);

	if (!end)
		return;
	if (length)
		memcpy(end, data, length);
	vt_buf_added(buf, length);
}

void vt_buf_append_text(struct vt_buf *buf, const char *text)
{
	vt_buf_append(buf, text, strlen(text));
}

void vt_buf_append_byte(struct vt_buf *buf, uint8_t byte)
{
	vt_buf_append(buf, &byte, 1);
}

void vt_buf_printf(struct vt_buf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const int need = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	VT_ASSERT(need >= 0);
	uint8_t *end = vt_buf_reserve(buf, (size_t)need);
	if (!end)
		return;
	va_start(args, fmt);
	vsnprintf((char *)end, (size_t)need + 1, fmt, args);
	va_end(args);
	vt_buf_added(buf, (size_t)need);
}

void vt_buf_consume(struct vt_buf *buf, size_t length)
{
	VT_ASSERT(length <= buf->length);
	if (length == 0)
		return;
	memmove(buf->data, buf->data + length, buf->length - length);
	vt_wipe(buf->data + buf->length - length, length);
	buf->length -= length;
	buf->data[buf->length] = 0;
}

const char *vt_buf_text(const struct vt_buf *buf)
{
	return buf->data ? (const char *)buf->data : "";
}
