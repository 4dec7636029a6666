#include "terminal/bus/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

struct packet {
	char *data; /* owned */
	size_t length;
};

struct bus_conn {
	int fd;
	int64_t next_request;
	struct packet waiting[BUS_MAX_WAITING]; /* ring */
	size_t first, count;
	char *input; /* owned, VT_MAX_MESSAGE + 1 */
};

struct bus_conn *bus_conn_create(int fd)
{
	struct bus_conn *conn = calloc(1, sizeof(*conn));
	char *input = malloc(VT_MAX_MESSAGE + 1);

	if (!conn || !input) {
		free(conn);
		free(input);
		return NULL;
	}
	const int flags = fcntl(fd, F_GETFL);
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	conn->fd = fd;
	conn->input = input;
	return conn;
}

static enum vt_code make_address(
	const char *path, struct sockaddr_un *ret_address, struct vt_error *error)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!vt_copy(ret_address->sun_path, sizeof(ret_address->sun_path), path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "bus: socket path too long");
	return VT_OK;
}

enum vt_code bus_connect(const char *path, struct bus_conn **ret_conn, struct vt_error *error)
{
	struct sockaddr_un address;
	enum vt_code code = make_address(path, &address, error);

	if (code)
		return code;
	VT_CLEANUP(vt_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return vt_fail(error, VT_ERR_NETWORK, errno, "bus: connect: %s", strerror(errno));
	struct bus_conn *conn = bus_conn_create(fd);
	if (!conn)
		return vt_fail(error, VT_ERR_NOMEM, 0, "bus: out of memory");
	(void)vt_take_fd(&fd);
	*ret_conn = conn;
	return VT_OK;
}

static void drop_packet(struct packet *packet)
{
	vt_wipe(packet->data, packet->length);
	free(packet->data);
	*packet = (struct packet){0};
}

void bus_conn_close(struct bus_conn **conn)
{
	struct bus_conn *c = *conn;

	if (!c)
		return;
	for (; c->count > 0; c->count--) {
		drop_packet(&c->waiting[c->first]);
		c->first = (c->first + 1) % BUS_MAX_WAITING;
	}
	vt_wipe(c->input, VT_MAX_MESSAGE + 1);
	free(c->input);
	close(c->fd);
	free(c);
	*conn = NULL;
}

int bus_conn_fd(const struct bus_conn *conn)
{
	return conn->fd;
}

int64_t bus_conn_next_request(struct bus_conn *conn)
{
	return ++conn->next_request;
}

bool bus_conn_wants_write(const struct bus_conn *conn)
{
	return conn->count > 0;
}

static enum vt_code write_packet(
	struct bus_conn *conn, const void *data, size_t length, struct vt_error *error)
{
	for (;;) {
		const ssize_t sent = send(conn->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent >= 0)
			return VT_OK;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			return VT_ERR_AGAIN;
		return vt_fail(error, VT_ERR_CLOSED, errno, "bus: send: %s", strerror(errno));
	}
}

enum vt_code bus_conn_flush(struct bus_conn *conn, struct vt_error *error)
{
	while (conn->count > 0) {
		struct packet *packet = &conn->waiting[conn->first];
		enum vt_code code = write_packet(conn, packet->data, packet->length, error);
		if (code == VT_ERR_AGAIN)
			return VT_OK;
		if (code)
			return code;
		drop_packet(packet);
		conn->first = (conn->first + 1) % BUS_MAX_WAITING;
		conn->count--;
	}
	return VT_OK;
}

static enum vt_code queue_packet(struct bus_conn *conn, struct vt_buf *buf, struct vt_error *error)
{
	if (conn->count == BUS_MAX_WAITING)
		return vt_fail(error, VT_ERR_BUSY, 0, "bus: peer does not read");
	char *data = malloc(buf->length);
	if (!data)
		return vt_fail(error, VT_ERR_NOMEM, 0, "bus: out of memory");
	memcpy(data, buf->data, buf->length);
	conn->waiting[(conn->first + conn->count) % BUS_MAX_WAITING] =
		(struct packet){.data = data, .length = buf->length};
	conn->count++;
	return VT_OK;
}

enum vt_code bus_conn_send(
	struct bus_conn *conn, const struct bus_message *msg, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	vt_buf_init(&buf, VT_MAX_MESSAGE);
	enum vt_code code = bus_message_encode(msg, &buf, error);
	if (code)
		return code;
	if (conn->count == 0) {
		code = write_packet(conn, buf.data, buf.length, error);
		if (code != VT_ERR_AGAIN)
			return code;
	}
	return queue_packet(conn, &buf, error);
}

enum vt_code bus_conn_read(struct bus_conn *conn, struct bus_message *msg, struct vt_error *error)
{
	ssize_t got;

	do {
		/* MSG_TRUNC: the true length, so that a longer packet is seen and refused. */
		got = recv(conn->fd, conn->input, VT_MAX_MESSAGE + 1, MSG_TRUNC | MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return VT_ERR_AGAIN;
	if (got <= 0)
		return vt_fail(error, VT_ERR_CLOSED, got < 0 ? errno : 0, "bus: peer closed");
	if (got > VT_MAX_MESSAGE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "bus: packet of %zd bytes", got);
	enum vt_code code = bus_message_decode(conn->input, (size_t)got, msg, error);
	vt_wipe(conn->input, (size_t)got);
	return code;
}

void bus_make_unsolicited(struct bus_message *msg, enum bus_name name)
{
	memset(msg, 0, sizeof(*msg));
	msg->header = (struct bus_header){.type = BUS_UNSOLICITED, .name = name};
}

void bus_make_command(struct bus_message *msg, struct bus_conn *conn, enum bus_name name)
{
	memset(msg, 0, sizeof(*msg));
	msg->header = (struct bus_header){
		.type = BUS_COMMAND, .name = name, .request_id = bus_conn_next_request(conn)};
}

void bus_make_completion(struct bus_message *msg, const struct bus_header *request,
	enum bus_completion_code code, const char *text)
{
	const struct bus_header header = *request; /* request may lie inside msg */

	memset(msg, 0, sizeof(*msg));
	msg->header = (struct bus_header){
		.type = BUS_COMPLETION,
		.name = header.name,
		.request_id = header.request_id,
		.completion = code,
	};
	if (text)
		vt_copy_cut(msg->header.error, sizeof(msg->header.error), text);
}

enum vt_code bus_conn_send_hello(struct bus_conn *conn, const char *program, struct vt_error *error)
{
	struct bus_message *msg = malloc(sizeof(*msg));

	if (!msg)
		return vt_fail(error, VT_ERR_NOMEM, 0, "bus: out of memory");
	bus_make_unsolicited(msg, BUS_TERMINAL_HELLO);
	struct terminal_hello *hello = &msg->payload.terminal_hello;
	hello->pid = getpid();
	enum vt_code code = VT_ERR_LIMIT;
	if (vt_copy(hello->program, sizeof(hello->program), program) &&
		vt_copy(hello->version, sizeof(hello->version), VT_VERSION))
		code = bus_conn_send(conn, msg, error);
	free(msg);
	return code;
}

enum vt_code bus_listen(const char *path, int *ret_fd, struct vt_error *error)
{
	struct sockaddr_un address;
	enum vt_code code = make_address(path, &address, error);

	if (code)
		return code;
	VT_CLEANUP(vt_closep)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return vt_fail(error, VT_ERR_NETWORK, errno, "bus: socket: %s", strerror(errno));
	(void)unlink(
		path); /* of a core that was killed; two cores are excluded by the database lock */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0 ||
		listen(fd, 8) < 0)
		return vt_fail(error, VT_ERR_NETWORK, errno, "bus: listen: %s", strerror(errno));
	*ret_fd = vt_take_fd(&fd);
	return VT_OK;
}

enum vt_code bus_accept(int listen_fd, struct bus_conn **ret_conn, uid_t *ret_uid, pid_t *ret_pid,
	struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED))
		return VT_ERR_AGAIN;
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return vt_fail(error, VT_ERR_NETWORK, errno, "bus: accept: %s", strerror(errno));
	struct bus_conn *conn = bus_conn_create(fd);
	if (!conn)
		return vt_fail(error, VT_ERR_NOMEM, 0, "bus: out of memory");
	(void)vt_take_fd(&fd);
	if (ret_uid)
		*ret_uid = cred.uid;
	if (ret_pid)
		*ret_pid = cred.pid;
	*ret_conn = conn;
	return VT_OK;
}
