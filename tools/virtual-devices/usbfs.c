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
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "tools/virtual-devices/server-internal.h"

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

/* Zero packet, no packet-size limit, scatter-gather, reap after disconnect; no bulk continuation,
 * so that libusb submits each transfer as one URB. */
#define CAPABILITIES                                                  \
	(USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | \
		USBDEVFS_CAP_BULK_SCATTER_GATHER | USBDEVFS_CAP_REAP_AFTER_DISCONNECT)

/* --- lists --- */

static void list_init(struct vurb_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void list_append(struct vurb_list *list, struct vurb *urb)
{
	urb->next = NULL;
	*list->last = urb;
	list->last = &urb->next;
}

/* Takes the URB at *at out of the list. */
static struct vurb *list_take(struct vurb_list *list, struct vurb **at)
{
	struct vurb *urb = *at;

	*at = urb->next;
	if (list->last == &urb->next)
		list->last = at;
	urb->next = NULL;
	return urb;
}

static void urb_free(struct vurb *urb)
{
	if (urb)
		free(urb->data);
	free(urb);
}

static void list_finish(struct vurb_list *list)
{
	while (list->first)
		urb_free(list_take(list, &list->first));
}

/* --- to the client --- */

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
static void write_memory(struct vconn *conn, uint64_t address, const void *data, size_t length)
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

static void expect(struct vconn *conn, enum vconn_state state, size_t want)
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
static void done(struct vconn *conn, int64_t result, int err)
{
	message(conn, CMD_DONE, (uint64_t)result, (uint64_t)err, NULL, 0);
	queue_unit(conn);
	conn_write(conn);
	expect(conn, CONN_HEADER, HEADER_BYTES);
}

static void fail(struct vconn *conn, int err)
{
	done(conn, -1, err);
}

/* Asks for bytes of the client's memory; they are in conn->in at the next stage. */
static void need(struct vconn *conn, uint64_t address, size_t length)
{
	VT_ASSERT(length > 0);
	message(conn, CMD_READ_MEM, address, length, NULL, 0);
	queue_unit(conn);
	conn_write(conn);
	expect(conn, CONN_MEMORY, length);
}

/* --- reading the client's structs --- */

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static struct vdev_setup parse_setup(const uint8_t s[8])
{
	return (struct vdev_setup){
		.type = s[0],
		.request = s[1],
		.value = (uint16_t)(s[2] | s[3] << 8),
		.index = (uint16_t)(s[4] | s[5] << 8),
		.length = (uint16_t)(s[6] | s[7] << 8),
	};
}

static bool is_in(const struct vurb *urb)
{
	return urb->type == USBDEVFS_URB_TYPE_CONTROL ? urb->setup.type & 0x80
						      : urb->endpoint & 0x80;
}

static struct vserver *server_of(const struct vconn *conn)
{
	return conn->node->server;
}

/* --- interfaces --- */

/* 0, or the errno of a claim. Two files never hold one interface. */
static int claim(struct vconn *conn, uint32_t itf)
{
	struct vslot *slot = conn->node->slot;

	if (itf >= VDEV_MAX_INTERFACES || !vdev_has_interface(slot->dev, (uint8_t)itf))
		return ENOENT;
	if (slot->claims[itf] == conn)
		return 0;
	if (slot->claims[itf] || slot->drivers[itf])
		return EBUSY;
	slot->claims[itf] = conn;
	return 0;
}

static int release(struct vconn *conn, uint32_t itf)
{
	struct vslot *slot = conn->node->slot;

	if (itf >= VDEV_MAX_INTERFACES || slot->claims[itf] != conn)
		return EINVAL;
	slot->claims[itf] = NULL;
	return 0;
}

static void release_all(struct vconn *conn)
{
	for (int i = 0; i < VDEV_MAX_INTERFACES; i++) {
		if (conn->node->slot->claims[i] == conn)
			conn->node->slot->claims[i] = NULL;
	}
}

/* As the kernel's check_ctrlrecip(): a request to an interface or endpoint claims the interface.
 * The printer class names its interface in the high byte of wIndex. */
static int claim_for_control(struct vconn *conn, const struct vdev_setup *setup)
{
	struct vdev *dev = conn->node->slot->dev;
	int type, packet;
	uint8_t itf;

	if ((setup->type & 0x60) == 0x40)
		return 0;
	switch (setup->type & 0x1f) {
	case 1:
		itf = (uint8_t)setup->index;
		if (setup->type == 0xa1 && setup->request == 0 && !vdev_has_interface(dev, itf) &&
			vdev_has_interface(dev, (uint8_t)(setup->index >> 8)))
			itf = (uint8_t)(setup->index >> 8);
		return claim(conn, itf);
	case 2:
		if ((setup->index & 0x7f) == 0)
			return 0;
		if (!vdev_find_endpoint(dev, (uint8_t)setup->index, &type, &packet, &itf))
			return ENOENT;
		return claim(conn, itf);
	default:
		return 0;
	}
}

/* --- URBs: progress --- */

static int status_of(int result)
{
	switch ((enum vdev_result)result) {
	case VDEV_STALL:
		return -EPIPE;
	case VDEV_GONE:
		return -ESHUTDOWN;
	case VDEV_BABBLE:
		return -EOVERFLOW;
	case VDEV_ERROR:
		return -EPROTO;
	case VDEV_NAK:
		break;
	}
	return 0;
}

/* Offers one URB; true when it is over and its status set. */
static bool offer(struct vdev *dev, struct vurb *urb)
{
	int result = 0;

	if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
		result = vdev_control(dev, &urb->setup, urb->data);
		if (result >= 0)
			urb->done = is_in(urb) ? (size_t)result : urb->length;
	} else if (urb->endpoint & 0x80) {
		result = vdev_in(dev, urb->endpoint, urb->data, urb->length);
		if (result >= 0)
			urb->done = (size_t)result;
	} else {
		do {
			result = vdev_out(
				dev, urb->endpoint, urb->data + urb->done, urb->length - urb->done);
			if (result > 0)
				urb->done += (size_t)result;
		} while (result > 0 && urb->done < urb->length);
	}
	if (result == VDEV_NAK)
		return false;
	urb->status = status_of(result);
	if (urb->status == 0 && is_in(urb) && urb->done < urb->length &&
		urb->flags & USBDEVFS_URB_SHORT_NOT_OK)
		urb->status = -EREMOTEIO;
	return true;
}

static void finish_urb(struct vconn *conn, struct vurb **at)
{
	struct vurb *urb = list_take(&conn->pending, at);

	pcap_complete(server_of(conn)->pcap, urb, conn->node->devnum);
	list_append(&conn->reapable, urb);
}

static uint32_t endpoint_bit(uint8_t endpoint)
{
	return 1U << ((endpoint & 15) + (endpoint & 0x80 ? 16 : 0));
}

/* A NAK blocks its endpoint for the rest of the round, others go on. */
static void progress_conn(struct vconn *conn, uint32_t *blocked)
{
	struct vdev *dev = conn->node->slot->dev;

	for (struct vurb **at = &conn->pending.first; *at;) {
		struct vurb *urb = *at;
		uint32_t bit = endpoint_bit(urb->endpoint);
		if (!(*blocked & bit) && offer(dev, urb)) {
			finish_urb(conn, at);
			continue;
		}
		*blocked |= bit;
		at = &urb->next;
	}
}

static void finish_control(struct vconn *conn);

void conn_progress(struct vserver *server, struct vslot *slot)
{
	uint32_t blocked = 0;

	for (struct vnode *node = server->nodes; node; node = node->next) {
		if (node->slot != slot || node->gone)
			continue;
		for (struct vconn *conn = node->conns; conn; conn = conn->next) {
			if (conn->broken)
				continue;
			progress_conn(conn, &blocked);
			if (conn->state == CONN_CONTROL)
				finish_control(conn);
		}
		conn_update_fifo(node);
	}
}

void conn_end_all(struct vnode *node)
{
	for (struct vconn *conn = node->conns; conn; conn = conn->next) {
		while (conn->pending.first) {
			conn->pending.first->status = -ESHUTDOWN;
			finish_urb(conn, &conn->pending.first);
		}
		release_all(conn);
		if (conn->state == CONN_CONTROL) {
			urb_free(conn->urb);
			conn->urb = NULL;
			fail(conn, ENODEV);
		}
	}
}

void conn_update_fifo(struct vnode *node)
{
	static const uint8_t filler[4096];
	uint8_t drain[4096];
	bool ready = node->gone;

	for (const struct vconn *conn = node->conns; conn; conn = conn->next)
		ready |= conn->reapable.first != NULL;
	if (ready == node->ready || node->fifo_fd < 0)
		return;
	node->ready = ready;
	if (ready) {
		while (read(node->fifo_fd, drain, sizeof(drain)) > 0)
			;
	} else {
		while (write(node->fifo_fd, filler, sizeof(filler)) > 0)
			;
		while (write(node->fifo_fd, filler, 1) > 0)
			;
	}
}

/* --- URBs: requests --- */

static struct vurb *new_urb(struct vconn *conn, size_t length)
{
	struct vurb *urb = calloc(1, sizeof(*urb));

	if (!urb)
		return NULL;
	/* One byte more: no zero-sized allocation, and room for odd devices' terminators. */
	urb->data = calloc(1, length + 1);
	if (!urb->data) {
		free(urb);
		return NULL;
	}
	urb->length = length;
	urb->id = ++server_of(conn)->next_urb;
	return urb;
}

/* 0, or errno: may this URB go to this endpoint? */
static int check_urb(struct vconn *conn, uint8_t type, uint8_t endpoint)
{
	int ep_type, packet;
	uint8_t itf;

	if (type == USBDEVFS_URB_TYPE_CONTROL)
		return (endpoint & 0x7f) == 0 ? 0 : EINVAL;
	if (!vdev_find_endpoint(conn->node->slot->dev, endpoint, &ep_type, &packet, &itf))
		return ENOENT;
	/* Descriptors count bulk as 2 and interrupt as 3; usbfs lets bulk URBs on both. */
	if (!(type == USBDEVFS_URB_TYPE_BULK && (ep_type == 2 || ep_type == 3)) &&
		!(type == USBDEVFS_URB_TYPE_INTERRUPT && ep_type == 3))
		return EINVAL;
	return claim(conn, itf);
}

static void submit(struct vconn *conn)
{
	struct vurb *urb = conn->urb;

	conn->urb = NULL;
	pcap_submit(server_of(conn)->pcap, urb, conn->node->devnum);
	conn->urb_count++;
	conn->urb_bytes += urb->length;
	list_append(&conn->pending, urb);
	done(conn, 0, 0); /* never completed before this returns */
}

static void drop_urb(struct vconn *conn, int err)
{
	urb_free(conn->urb);
	conn->urb = NULL;
	fail(conn, err);
}

static void submit_head(struct vconn *conn)
{
	const uint8_t *u = conn->in;
	int64_t length = (int32_t)get32(u + offsetof(struct usbdevfs_urb, buffer_length));
	uint8_t type = u[0], endpoint = u[1];
	int err = check_urb(conn, type, endpoint);
	bool control = type == USBDEVFS_URB_TYPE_CONTROL;

	if (err == 0 && (length < (control ? 8 : 0) || length > VDEV_MAX_TRANSFER))
		err = EINVAL;
	if (err == 0 &&
		(conn->urb_count >= MAX_URBS || conn->urb_bytes + (size_t)length > MAX_URB_BYTES))
		err = ENOMEM;
	if (err != 0) {
		fail(conn, err);
		return;
	}
	conn->urb = new_urb(conn, (size_t)length);
	if (!conn->urb) {
		fail(conn, ENOMEM);
		return;
	}
	conn->urb->address = conn->arg;
	conn->urb->buffer = get64(u + offsetof(struct usbdevfs_urb, buffer));
	conn->urb->type = type;
	conn->urb->endpoint = control ? 0 : endpoint;
	conn->urb->flags = get32(u + offsetof(struct usbdevfs_urb, flags));
	memcpy(conn->urb->head, u, sizeof(conn->urb->head));
	if (length > 0 && (control || !(endpoint & 0x80)))
		need(conn, conn->urb->buffer, (size_t)length);
	else
		submit(conn);
}

/* The OUT data, or setup and data of a control URB, have arrived. */
static void submit_data(struct vconn *conn)
{
	struct vurb *urb = conn->urb;

	if (urb->type != USBDEVFS_URB_TYPE_CONTROL) {
		memcpy(urb->data, conn->in, urb->length);
		submit(conn);
		return;
	}
	memcpy(urb->setup_bytes, conn->in, 8);
	urb->setup = parse_setup(conn->in);
	urb->length -= 8;
	if (urb->setup.length > urb->length) {
		drop_urb(conn, EINVAL);
		return;
	}
	urb->length = urb->setup.length;
	memcpy(urb->data, conn->in + 8, urb->length);
	int err = claim_for_control(conn, &urb->setup);
	if (err != 0)
		drop_urb(conn, err);
	else
		submit(conn);
}

static void submit_urb(struct vconn *conn)
{
	if (conn->stage == 0)
		need(conn, conn->arg, sizeof(struct usbdevfs_urb));
	else if (conn->stage == 1)
		submit_head(conn);
	else
		submit_data(conn);
}

static void discard_urb(struct vconn *conn)
{
	for (struct vurb **at = &conn->pending.first; *at; at = &(*at)->next) {
		if ((*at)->address != conn->arg)
			continue;
		/* What a device took stays counted, as in a kernel: a print goes on from there. */
		(*at)->status = -ENOENT;
		finish_urb(conn, at);
		conn_update_fifo(conn->node);
		done(conn, 0, 0);
		return;
	}
	fail(conn, EINVAL);
}

static void reap_urb(struct vconn *conn)
{
	struct vurb *urb = conn->reapable.first;
	uint64_t data_at;

	if (!urb) {
		fail(conn, conn->node->gone ? ENODEV : EAGAIN);
		return;
	}
	list_take(&conn->reapable, &conn->reapable.first);
	conn->urb_count--;
	conn->urb_bytes -= urb->length < conn->urb_bytes ? urb->length : conn->urb_bytes;
	data_at = urb->buffer + (urb->type == USBDEVFS_URB_TYPE_CONTROL ? 8 : 0);
	if (is_in(urb))
		write_memory(conn, data_at, urb->data, urb->done);
	int32_t status = urb->status, actual = (int32_t)urb->done;
	memcpy(urb->head + offsetof(struct usbdevfs_urb, status), &status, sizeof(status));
	memcpy(urb->head + offsetof(struct usbdevfs_urb, actual_length), &actual, sizeof(actual));
	write_memory(conn, urb->address, urb->head, sizeof(urb->head));
	write_memory(conn, conn->arg, &urb->address, sizeof(urb->address));
	urb_free(urb);
	conn_update_fifo(conn->node);
	done(conn, 0, 0);
}

/* --- synchronous control transfer --- */

/* Retries until the device answers or the caller's time is over. */
static void finish_control(struct vconn *conn)
{
	struct vurb *urb = conn->urb;

	if (!offer(conn->node->slot->dev, urb)) {
		if (server_of(conn)->now_ms < conn->deadline_ms) {
			conn->state = CONN_CONTROL;
			return;
		}
		urb->status = -ETIMEDOUT;
	}
	pcap_complete(server_of(conn)->pcap, urb, conn->node->devnum);
	if (urb->status == 0 && is_in(urb))
		write_memory(conn, urb->buffer, urb->data, urb->done);
	int status = urb->status;
	size_t moved = urb->done;
	urb_free(urb);
	conn->urb = NULL;
	if (status == 0)
		done(conn, (int64_t)moved, 0);
	else
		fail(conn, -status);
}

static void begin_control(struct vconn *conn)
{
	/* A blocked client cannot even be interrupted: nobody waits longer than this. */
	const uint32_t max_wait_ms = 10000;
	uint32_t timeout_ms = conn->urb->flags;

	conn->urb->flags = 0;
	if (timeout_ms == 0 || timeout_ms > max_wait_ms)
		timeout_ms = max_wait_ms;
	conn->deadline_ms = server_of(conn)->now_ms + timeout_ms;
	pcap_submit(server_of(conn)->pcap, conn->urb, conn->node->devnum);
	finish_control(conn);
}

static void control(struct vconn *conn)
{
	if (conn->stage == 0) {
		need(conn, conn->arg, sizeof(struct usbdevfs_ctrltransfer));
		return;
	}
	if (conn->stage == 1) {
		struct vdev_setup setup = parse_setup(conn->in);
		int err = claim_for_control(conn, &setup);
		if (err != 0) {
			fail(conn, err);
			return;
		}
		conn->urb = new_urb(conn, setup.length);
		if (!conn->urb) {
			fail(conn, ENOMEM);
			return;
		}
		conn->urb->type = USBDEVFS_URB_TYPE_CONTROL;
		conn->urb->setup = setup;
		memcpy(conn->urb->setup_bytes, conn->in, 8);
		conn->urb->flags =
			get32(conn->in + offsetof(struct usbdevfs_ctrltransfer, timeout));
		conn->urb->buffer = get64(conn->in + offsetof(struct usbdevfs_ctrltransfer, data));
		if (!is_in(conn->urb) && setup.length > 0) {
			need(conn, conn->urb->buffer, setup.length);
			return;
		}
	} else {
		memcpy(conn->urb->data, conn->in, conn->urb->length);
	}
	begin_control(conn);
}

/* --- the other requests --- */

static void set_interface(struct vconn *conn)
{
	uint32_t itf = get32(conn->in), alt = get32(conn->in + 4);
	int err = claim(conn, itf);

	if (err == 0 && (alt > 0xff || !vdev_set_interface(
					       conn->node->slot->dev, (uint8_t)itf, (uint8_t)alt)))
		err = EINVAL;
	if (err != 0)
		fail(conn, err);
	else
		done(conn, 0, 0);
}

static void set_configuration(struct vconn *conn)
{
	struct vslot *slot = conn->node->slot;
	struct vdev_setup setup = {.request = 9, .value = (uint16_t)get32(conn->in)};
	int result = VDEV_STALL;

	for (int i = 0; i < VDEV_MAX_INTERFACES; i++) {
		if (slot->claims[i] || slot->drivers[i]) {
			fail(conn, EBUSY);
			return;
		}
	}
	if (get32(conn->in) > 0xff || !vdev_standard_request(slot->dev, &setup, NULL, &result) ||
		result < 0)
		fail(conn, EINVAL);
	else
		done(conn, 0, 0);
}

static void get_driver(struct vconn *conn)
{
	uint32_t itf = get32(conn->in);
	const struct vslot *slot = conn->node->slot;
	char name[USBDEVFS_MAXDRIVERNAME + 1] = {0};

	if (itf >= VDEV_MAX_INTERFACES || (!slot->drivers[itf] && !slot->claims[itf])) {
		fail(conn, ENODATA);
		return;
	}
	const char *driver = slot->drivers[itf] ? slot->drivers[itf] : "usbfs";
	memcpy(name, driver, strlen(driver));
	write_memory(
		conn, conn->arg + offsetof(struct usbdevfs_getdriver, driver), name, sizeof(name));
	done(conn, 0, 0);
}

/* USBDEVFS_IOCTL: detach or bring back the kernel's driver. */
static void driver_ioctl(struct vconn *conn)
{
	uint32_t itf = get32(conn->in), code = get32(conn->in + 4);
	struct vslot *slot = conn->node->slot;

	if (itf >= VDEV_MAX_INTERFACES || !vdev_has_interface(slot->dev, (uint8_t)itf)) {
		fail(conn, EINVAL);
	} else if (code == (uint32_t)USBDEVFS_DISCONNECT) {
		if (!slot->drivers[itf]) {
			fail(conn, ENODATA);
			return;
		}
		slot->drivers[itf] = NULL;
		done(conn, 0, 0);
	} else if (code == (uint32_t)USBDEVFS_CONNECT) {
		if (slot->claims[itf] || slot->drivers[itf]) {
			fail(conn, EBUSY);
			return;
		}
		if (slot->usblp && itf == 0)
			slot->drivers[itf] = "usblp";
		done(conn, 1, 0);
	} else {
		fail(conn, ENOTTY);
	}
}

static void disconnect_claim(struct vconn *conn)
{
	uint32_t itf = get32(conn->in), flags = get32(conn->in + 4);
	struct vslot *slot = conn->node->slot;
	char name[256];

	memcpy(name, conn->in + 8, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	if (itf < VDEV_MAX_INTERFACES && slot->drivers[itf]) {
		bool same = strcmp(name, slot->drivers[itf]) == 0;
		if ((flags & USBDEVFS_DISCONNECT_CLAIM_IF_DRIVER && !same) ||
			(flags & USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER && same)) {
			fail(conn, EBUSY);
			return;
		}
		slot->drivers[itf] = NULL;
	}
	int err = claim(conn, itf);
	if (err != 0)
		fail(conn, err);
	else
		done(conn, 0, 0);
}

static void clear_halt(struct vconn *conn)
{
	uint32_t endpoint = get32(conn->in);

	if (endpoint > 0xff || !vdev_clear_halt(conn->node->slot->dev, (uint8_t)endpoint))
		fail(conn, ENOENT);
	else
		done(conn, 0, 0);
}

static void reset_device(struct vconn *conn)
{
	struct vnode *node = conn->node;

	for (struct vconn *other = node->conns; other; other = other->next) {
		while (other->pending.first) {
			other->pending.first->status = -ENOENT;
			finish_urb(other, &other->pending.first);
		}
	}
	vdev_reset(node->slot->dev);
	conn_update_fifo(node);
	done(conn, 0, 0);
}

static void connect_info(struct vconn *conn)
{
	uint8_t info[8] = {0};
	uint32_t devnum = (uint32_t)conn->node->devnum;

	memcpy(info, &devnum, sizeof(devnum));
	info[4] = conn->node->slot->dev->desc.speed == VDEV_SPEED_LOW;
	write_memory(conn, conn->arg, info, sizeof(struct usbdevfs_connectinfo));
	done(conn, 0, 0);
}

/* Numbers as they come over the socket: 32 bits, whatever type the kernel's macro has. */
#define NUMBER(request) ((uint64_t)(uint32_t)(request))

/* Requests whose argument is a struct of `size` bytes, read before run is called. */
static const struct request {
	uint64_t number;
	size_t size; /* 0 = run reads by itself or needs nothing */
	void (*run)(struct vconn *conn);
} requests[] = {
	{NUMBER(USBDEVFS_CONTROL), 0, control},
	{NUMBER(USBDEVFS_SUBMITURB), 0, submit_urb},
	{NUMBER(USBDEVFS_DISCARDURB), 0, discard_urb},
	{NUMBER(USBDEVFS_REAPURB), 0, reap_urb},
	{NUMBER(USBDEVFS_REAPURBNDELAY), 0, reap_urb},
	{NUMBER(USBDEVFS_SETINTERFACE), sizeof(struct usbdevfs_setinterface), set_interface},
	{NUMBER(USBDEVFS_SETCONFIGURATION), 4, set_configuration},
	{NUMBER(USBDEVFS_GETDRIVER), 4, get_driver},
	{NUMBER(USBDEVFS_IOCTL), sizeof(struct usbdevfs_ioctl), driver_ioctl},
	{NUMBER(USBDEVFS_DISCONNECT_CLAIM), sizeof(struct usbdevfs_disconnect_claim),
		disconnect_claim},
	{NUMBER(USBDEVFS_CLEAR_HALT), 4, clear_halt},
	{NUMBER(USBDEVFS_RESETEP), 4, clear_halt},
	{NUMBER(USBDEVFS_RESET), 0, reset_device},
	{NUMBER(USBDEVFS_CONNECTINFO), 0, connect_info},
};

static const struct request *find_request(uint64_t number)
{
	for (size_t i = 0; i < VT_ELEMENTS(requests); i++) {
		if (requests[i].number == number)
			return &requests[i];
	}
	return NULL;
}

static void run_ioctl(struct vconn *conn)
{
	const struct request *request = find_request(conn->request);
	uint32_t capabilities = CAPABILITIES;

	if (conn->node->gone && conn->request != NUMBER(USBDEVFS_REAPURB) &&
		conn->request != NUMBER(USBDEVFS_REAPURBNDELAY)) {
		urb_free(conn->urb);
		conn->urb = NULL;
		fail(conn, ENODEV);
	} else if (request && request->size > 0 && conn->stage == 0) {
		need(conn, conn->arg, request->size);
	} else if (request) {
		request->run(conn);
	} else if (conn->request == NUMBER(USBDEVFS_GET_CAPABILITIES)) {
		write_memory(conn, conn->arg, &capabilities, sizeof(capabilities));
		done(conn, 0, 0);
	} else if (conn->request == NUMBER(USBDEVFS_GET_SPEED)) {
		done(conn, (int64_t)conn->node->slot->dev->desc.speed, 0);
	} else if (conn->request == NUMBER(USBDEVFS_CLAIMINTERFACE) ||
		   conn->request == NUMBER(USBDEVFS_RELEASEINTERFACE)) {
		if (conn->stage == 0) {
			need(conn, conn->arg, 4);
			return;
		}
		int err = conn->request == NUMBER(USBDEVFS_CLAIMINTERFACE)
				  ? claim(conn, get32(conn->in))
				  : release(conn, get32(conn->in));
		done(conn, err == 0 ? 0 : -1, err);
	} else {
		fail(conn, ENOTTY);
	}
}

/* read() of the node gives device and configuration descriptors, as in usbfs. */
static void read_node(struct vconn *conn)
{
	const struct vdev_descriptors *desc = &conn->node->slot->dev->desc;
	size_t total = 18 + desc->config_length;
	size_t from = conn->read_offset < total ? conn->read_offset : total;
	uint64_t length = conn->arg < total - from ? conn->arg : total - from;
	uint64_t to = conn->request;

	if (from < 18 && length > 0) {
		size_t n = length < 18 - from ? (size_t)length : 18 - from;
		write_memory(conn, to, desc->device + from, n);
		if (length > n)
			write_memory(conn, to + n, desc->config, (size_t)length - n);
	} else if (length > 0) {
		write_memory(conn, to, desc->config + (from - 18), (size_t)length);
	}
	conn->read_offset = from + (size_t)length;
	done(conn, (int64_t)length, 0);
}

/* --- from the client --- */

static void begin_request(struct vconn *conn)
{
	uint64_t cmd = get64(conn->in);

	conn->request = get64(conn->in + 8);
	conn->arg = get64(conn->in + 16);
	conn->stage = 0;
	if (cmd == CMD_IOCTL) {
		conn->request &= 0xffffffff;
		run_ioctl(conn);
	} else if (cmd == CMD_READ) {
		read_node(conn);
	} else if (cmd == CMD_WRITE) {
		fail(conn, EINVAL);
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
			run_ioctl(conn);
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
	list_init(&conn->pending);
	list_init(&conn->reapable);
	expect(conn, CONN_HEADER, HEADER_BYTES);
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
	release_all(conn);
	node->server->conn_count--;
	vt_closep(&conn->fd);
	list_finish(&conn->pending);
	list_finish(&conn->reapable);
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
