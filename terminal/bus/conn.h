#ifndef VT_BUS_CONN_H
#define VT_BUS_CONN_H

/* One SOCK_SEQPACKET connection: one packet = one message. Non-blocking; the owner's event loop
 * watches the descriptor for reading always and for writing while bus_conn_wants_write().
 * Single-threaded, except that the ui reads in a thread of its own (bus_conn_read only there). */

#include <stdbool.h>
#include <sys/types.h>

#include "terminal/bus/messages.h"

/* Packets waiting for a slow peer; one more and the connection is closed, not the sender blocked.
 */
#define BUS_MAX_WAITING 64

struct bus_conn;

/* Takes ownership of fd (connected SEQPACKET socket, made non-blocking). NULL: no memory. */
struct bus_conn *bus_conn_create(int fd);
/* Connects to the socket at path. VT_ERR_NETWORK with errno in error->os (ENOENT and ECONNREFUSED:
 * core is not there yet, try again). */
VT_MUST_USE enum vt_code bus_connect(
	const char *path, struct bus_conn **ret_conn, struct vt_error *error);
/* Wipes what waits and closes. Accepts NULL; *conn becomes NULL. */
void bus_conn_close(struct bus_conn **conn);
int bus_conn_fd(const struct bus_conn *conn);

/* Next request id of this connection, from 1. */
int64_t bus_conn_next_request(struct bus_conn *conn);

/* Sends msg or queues it. VT_ERR_CLOSED: peer gone; VT_ERR_BUSY: too much waiting, close it;
 * VT_ERR_LIMIT / VT_ERR_INVALID: msg cannot be encoded (a defect). */
VT_MUST_USE enum vt_code bus_conn_send(
	struct bus_conn *conn, const struct bus_message *msg, struct vt_error *error);
bool bus_conn_wants_write(const struct bus_conn *conn);
/* Writes what waits. VT_OK or VT_ERR_CLOSED. */
VT_MUST_USE enum vt_code bus_conn_flush(struct bus_conn *conn, struct vt_error *error);

/* Reads one message. VT_ERR_AGAIN: none now; VT_ERR_CLOSED: peer gone; VT_ERR_PARSE and others: the
 * peer broke the grammar, close it. The packet's buffer is wiped. */
VT_MUST_USE enum vt_code bus_conn_read(
	struct bus_conn *conn, struct bus_message *msg, struct vt_error *error);

/* Shorthands. A completion answers request with success unless code says otherwise; text (may be
 * NULL) is the English reason. The payload must have been set by the caller for BUS_SUCCESS. */
VT_MUST_USE enum vt_code bus_conn_send_hello(
	struct bus_conn *conn, const char *program, struct vt_error *error);
void bus_make_command(struct bus_message *msg, struct bus_conn *conn, enum bus_name name);
void bus_make_unsolicited(struct bus_message *msg, enum bus_name name);
void bus_make_completion(struct bus_message *msg, const struct bus_header *request,
	enum bus_completion_code code, const char *text);

/* Listening side (core). Replaces a stale socket file; mode 0660. */
VT_MUST_USE enum vt_code bus_listen(const char *path, int *ret_fd, struct vt_error *error);
/* Accepts one peer; VT_ERR_AGAIN if none. ret_uid and ret_pid (may be NULL) from SO_PEERCRED. */
VT_MUST_USE enum vt_code bus_accept(int listen_fd, struct bus_conn **ret_conn, uid_t *ret_uid,
	pid_t *ret_pid, struct vt_error *error);

#endif
