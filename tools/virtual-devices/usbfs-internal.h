#ifndef VT_VDEV_USBFS_INTERNAL_H
#define VT_VDEV_USBFS_INTERNAL_H

/* Between conn.c (messages of the preload), usbfs.c (requests) and urb.c (claims, transfers). */

#include <string.h>

#include "tools/virtual-devices/server-internal.h"

/* conn.c: each ends the turn; what follows is the next stage or the next request. */
/* Stores bytes in the client's memory, before the answer that follows. */
void conn_write_memory(struct vconn *conn, uint64_t address, const void *data, size_t length);
/* Ends the request: the call in the client returns result with errno err. */
void conn_done(struct vconn *conn, int64_t result, int err);
void conn_fail(struct vconn *conn, int err);
/* Asks for length ≥ 1 bytes of the client's memory; they are in conn->in at the next stage. */
void conn_need(struct vconn *conn, uint64_t address, size_t length);

/* usbfs.c */
/* Runs conn->request at conn->stage. */
void usbfs_request(struct vconn *conn);
/* read() of the node. */
void usbfs_read(struct vconn *conn);

/* urb.c */
void urb_free(struct vurb *urb);
void urb_list_init(struct vurb_list *list);
void urb_list_finish(struct vurb_list *list);
/* 0, or the errno of a claim. Two files never hold one interface. */
int conn_claim(struct vconn *conn, uint32_t itf);
int conn_release(struct vconn *conn, uint32_t itf);
void conn_release_all(struct vconn *conn);
/* Moves the pending URB at *at, its status set, to the reapable ones. */
void urb_finish(struct vconn *conn, struct vurb **at);
void urb_submit(struct vconn *conn);
void urb_discard(struct vconn *conn);
void urb_reap(struct vconn *conn);
/* The synchronous control transfer; urb_finish_control() tries again while the device says NAK. */
void urb_control(struct vconn *conn);
void urb_finish_control(struct vconn *conn);

/* --- the client's structs --- */

static inline uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline struct vserver *server_of(const struct vconn *conn)
{
	return conn->node->server;
}

#endif
