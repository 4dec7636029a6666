/* What goes out over bulk OUT: one transfer at a time, of a command or of a sheet. */
#include "drivers/printer/printer-internal.h"

#include <string.h>

#include "terminal/base/assert.h"

void stream_send_chunk(struct printer *p)
{
	p->chunk = p->out_left < CHUNK ? p->out_left : CHUNK;
	p->out_busy = true;
	if (p->state == PRINTER_SENDING && p->ask == ASK_NONE && p->chunk == p->out_left &&
		p->segment + 1 == p->sheet.segment_count)
		p->rows_handed = true;
	printer_emit(p, PRINTER_FX_SEND);
	p->effects->list[p->effects->count - 1].data = p->out;
	p->effects->list[p->effects->count - 1].length = p->chunk;
	timer_set(p, TIMER_SEND, SEND_MS);
}

static void send_bytes(struct printer *p, const uint8_t *data, size_t length)
{
	VT_ASSERT(!p->out_busy && length > 0);
	p->out = data;
	p->out_left = length;
	p->send_tries = 0;
	stream_send_chunk(p);
}

/* Sends what a vt_buf of commands holds; it must fit. */
void stream_send_command(struct printer *p, struct vt_buf *commands)
{
	VT_ASSERT(!commands->failed && commands->length <= sizeof(p->command));
	memcpy(p->command, commands->data, commands->length);
	const size_t length = commands->length;
	vt_buf_finish(commands);
	send_bytes(p, p->command, length);
}

void stream_send_segment(struct printer *p, size_t segment)
{
	const size_t start = segment > 0 ? p->stream->ends[segment - 1] : 0;

	p->segment = segment;
	send_bytes(p, p->stream->stream.data + start, p->stream->ends[segment] - start);
}

void stream_start(struct printer *p, struct sheet *sheet)
{
	VT_ASSERT(sheet->segment_count > 0);
	p->stream = sheet;
	if (sheet == &p->sheet) {
		ask_append(p, &sheet->stream);
		VT_ASSERT(!sheet->stream.failed);
		sheet->ends[sheet->segment_count - 1] = sheet->stream.length;
	}
	stream_send_segment(p, 0);
}
