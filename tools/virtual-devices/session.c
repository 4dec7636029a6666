/* The written half of a session (session.h), beside the capture: a line for each transfer that
 * ends. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tools/virtual-devices/server-internal.h"

enum vt_code vserver_set_session(struct vserver *server, const char *path, struct vt_error *error)
{
	server->session = fopen(path, "we");
	if (!server->session)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	fprintf(server->session,
		"# session of virtual devices; see tools/virtual-devices/session.h\n");
	return VT_OK;
}

void vserver_session_head(struct vserver *server, const char *key, const char *value)
{
	if (server->session)
		fprintf(server->session, "%s %s\n", key, value);
}

static void begin_line(struct vserver *server, const struct vslot *slot)
{
	fprintf(server->session, "%" PRId64 " %s ", server->now_ms - server->start_ms,
		slot->dev->id);
}

static void end_line(struct vserver *server)
{
	fputc('\n', server->session);
	fflush(server->session);
}

void session_word(
	struct vserver *server, const struct vslot *slot, const char *mark, const char *text)
{
	if (!server->session)
		return;
	begin_line(server, slot);
	fprintf(server->session, "%s %s", mark, text);
	end_line(server);
}

static void put_bytes(FILE *file, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(file, " %02X", data[i]);
}

static const char *failure(int status)
{
	switch (-status) {
	case EPIPE:
		return "stall";
	case EOVERFLOW:
		return "babble";
	case ENOENT:
	case ETIMEDOUT:
		return "timeout";
	default:
		return "error";
	}
}

static void put_control(FILE *file, const struct vurb *urb, bool in)
{
	fprintf(file, "%s 00", in ? "<" : ">");
	put_bytes(file, urb->setup_bytes, 8);
	if (in)
		fprintf(file, " :");
	put_bytes(file, urb->data, in ? urb->done : urb->length);
}

void session_transfer(struct vserver *server, const struct vslot *slot, const struct vurb *urb)
{
	bool control = urb->type == 2,
	     in = control ? urb->setup.type & 0x80 && urb->length > 0 : urb->endpoint & 0x80;
	bool good = urb->status == 0 || urb->status == -EREMOTEIO;
	FILE *file = server->session;

	if (!file || urb->status == -ESHUTDOWN)
		return;
	begin_line(server, slot);
	if (!good && urb->done > 0 && !in && !control) {
		/* What an OUT transfer took stays taken. */
		fprintf(file, "> %02X", urb->endpoint);
		put_bytes(file, urb->data, urb->done);
		end_line(server);
		begin_line(server, slot);
	}
	if (!good) {
		fprintf(file, "! %s ", failure(urb->status));
		if (control) {
			fprintf(file, "00");
			put_bytes(file, urb->setup_bytes, 8);
		} else if (in) {
			fprintf(file, "%02X:%zu", urb->endpoint, urb->length);
		} else {
			fprintf(file, "%02X", urb->endpoint);
		}
		if (!in)
			put_bytes(file, urb->data + urb->done, urb->length - urb->done);
	} else if (control) {
		put_control(file, urb, in);
	} else if (in) {
		fprintf(file, "< %02X:%zu", urb->endpoint, urb->length);
		put_bytes(file, urb->data, urb->done);
	} else {
		fprintf(file, "> %02X", urb->endpoint);
		put_bytes(file, urb->data, urb->done);
	}
	end_line(server);
}
