/* One open file of a device node, as the preload speaks for it: each usbfs request arrives as an
 * ioctl number and an address, we read and write the client's memory by messages, and end with
 * DONE.
 *
 *   CONN_HEADER ──IOCTL──► stage 0, 1, 2 … (CONN_MEMORY between them) ──DONE──► CONN_HEADER
 *                             └─ CONTROL meets NAK ─► CONN_CONTROL ─ answer or deadline ─┘
 *
 * The client blocks with all signals off until DONE, so DONE comes at once; waiting for a device is
 * "nothing to reap". A client is trusted with nothing but its own memory: whatever it says is
 * checked, and nonsense closes its connection. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "tools/virtual-devices/usbfs-internal.h"

/* Messages of libumockdev-preload 0.17 (src/libumockdev-preload.c): three native longs. */
#define CMD_IOCTL     1
#define CMD_RES	      2
#define CMD_DONE      3
#define CMD_READ_MEM  5
#define CMD_WRITE_MEM 6
#define CMD_READ      7
#define CMD_WRITE     8
#define HEADER_BYTES  24

#define UNIT_BYTES 32768

static void queue_unit(struct vconn *conn)
{
	struct vt_buf *unit = &conn->unit;

	if (unit->failed != VT_OK)
		conn->broken = true;
	if (unit->length == 0 || conn->broken)
		return;
	struct vunit *u = malloc(sizeof(*u) + unit->length);
	if (!u) {
		conn->broken = true;
		return;
	}
	u->next = NULL;
	u->length = unit->length;
	u->sent = 0;
	memcpy(u->data, unit->data, unit->length);
	*conn->out_last = u;
	conn->out_last = &u->next;
	vt_buf_reset(unit);
}

void conn_write(struct vconn *conn)
{
	while (conn->out_first && !conn->broken) {
		struct vunit *u = conn->out_first;
		ssize_t n = send(conn->fd, u->data + u->sent, u->length - u->sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			conn->broken = true;
			return;
		}
		u->sent += (size_t)n;
		if (u->sent < u->length)
			continue;
		conn->out_first = u->next;
		if (!conn->out_first)
			conn->out_last = &conn->out_first;
		free(u);
	}
}

static void message(struct vconn *conn, uint64_t cmd, uint64_t arg1, uint64_t arg2,
	const void *data, size_t length)
{
	uint64_t header[3] = {cmd, arg1, arg2};

	if (conn->unit.length + HEADER_BYTES + length > UNIT_BYTES)
		queue_unit(conn);
	vt_buf_append(&conn->unit, header, sizeof(header));
	if (length > 0)
		vt_buf_append(&conn->unit, data, length);
}

/* Stores bytes in the client's memory; pieces of at most half a unit. */
void conn_write_memory(struct vconn *conn, uint64_t address, const void *data, size_t length)
{
	const uint8_t *at = data;

	while (length > 0) {
		size_t n = length < UNIT_BYTES / 2 ? length : UNIT_BYTES / 2;
		message(conn, CMD_WRITE_MEM, address, n, at, n);
		address += n;
		at += n;
		length -= n;
	}
}

static void conn_expect(struct vconn *conn, enum vconn_state state, size_t want)
{
	if (want > conn->in_size) {
		uint8_t *grown = realloc(conn->in, want);
		if (!grown) {
			conn->broken = true;
			return;
		}
		conn->in = grown;
		conn->in_size = want;
	}
	conn->state = state;
	conn->in_want = want;
	conn->in_got = 0;
}

/* Ends the request: the call in the client returns result with errno err. */
void conn_done(struct vconn *conn, int64_t result, int err)
{
	message(conn, CMD_DONE, (uint64_t)result, (uint64_t)err, NULL, 0);
	queue_unit(conn);
	conn_write(conn);
	conn_expect(conn, CONN_HEADER, HEADER_BYTES);
}

void conn_fail(struct vconn *conn, int err)
{
	conn_done(conn, -1, err);
}

/* Asks for bytes of the client's memory; they are in conn->in at the next stage. */
void conn_need(struct vconn *conn, uint64_t address, size_t length)
{
	VT_ASSERT(length > 0);
	message(conn, CMD_READ_MEM, address, length, NULL, 0);
	queue_unit(conn);
	conn_write(conn);
	conn_expect(conn, CONN_MEMORY, length);
}

static void begin_request(struct vconn *conn)
{
	uint64_t cmd = get64(conn->in);

	conn->request = get64(conn->in + 8);
	conn->arg = get64(conn->in + 16);
	conn->stage = 0;
	if (cmd == CMD_IOCTL) {
		conn->request &= 0xffffffff;
		usbfs_request(conn);
	} else if (cmd == CMD_READ) {
		usbfs_read(conn);
	} else if (cmd == CMD_WRITE) {
		conn_fail(conn, EINVAL);
	} else {
		vt_log(VT_LOG_WARNING, "client talks nonsense: command %llu",
			(unsigned long long)cmd);
		conn->broken = true;
	}
}

void conn_read(struct vconn *conn)
{
	/* The next request is read when the last answer is out: nobody fills our memory. */
	while (!conn->broken && !conn->out_first && conn->state != CONN_CONTROL) {
		ssize_t n = recv(conn->fd, conn->in + conn->in_got, conn->in_want - conn->in_got,
			MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conn->broken = true;
			return;
		}
		conn->in_got += (size_t)n;
		if (conn->in_got < conn->in_want)
			continue;
		if (conn->state == CONN_HEADER) {
			begin_request(conn);
		} else {
			conn->stage++;
			usbfs_request(conn);
		}
		/* A submitted URB moves before the same client asks for its result. */
		if (!conn->broken && !conn->node->gone)
			vserver_settle(server_of(conn), conn->node->slot);
	}
}

enum vt_code conn_accept(struct vnode *node)
{
	int fd = accept4(node->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return VT_ERR_AGAIN;
	struct vconn *conn = calloc(1, sizeof(*conn));
	if (!conn || node->server->conn_count == MAX_CONNS) {
		free(conn);
		vt_closep(&fd);
		return VT_ERR_LIMIT;
	}
	conn->fd = fd;
	conn->node = node;
	conn->out_last = &conn->out_first;
	vt_buf_init(&conn->unit, UNIT_BYTES + HEADER_BYTES);
	urb_list_init(&conn->pending);
	urb_list_init(&conn->reapable);
	conn_expect(conn, CONN_HEADER, HEADER_BYTES);
	conn->next = node->conns;
	node->conns = conn;
	node->server->conn_count++;
	return VT_OK;
}

void conn_free(struct vconn *conn)
{
	struct vnode *node = conn->node;

	for (struct vconn **at = &node->conns; *at; at = &(*at)->next) {
		if (*at == conn) {
			*at = conn->next;
			break;
		}
	}
	conn_release_all(conn);
	node->server->conn_count--;
	vt_closep(&conn->fd);
	urb_list_finish(&conn->pending);
	urb_list_finish(&conn->reapable);
	urb_free(conn->urb);
	while (conn->out_first) {
		struct vunit *u = conn->out_first;
		conn->out_first = u->next;
		free(u);
	}
	vt_buf_finish(&conn->unit);
	free(conn->in);
	free(conn);
	conn_update_fifo(node);
}
