/* Claims and transfers: an URB is submitted, offered to the device until it is over, and reaped. */

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/virtual-devices/usbfs-internal.h"

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

void urb_list_init(struct vurb_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void urb_list_append(struct vurb_list *list, struct vurb *urb)
{
	urb->next = NULL;
	*list->last = urb;
	list->last = &urb->next;
}

/* Takes the URB at *at out of the list. */
static struct vurb *urb_list_take(struct vurb_list *list, struct vurb **at)
{
	struct vurb *urb = *at;

	*at = urb->next;
	if (list->last == &urb->next)
		list->last = at;
	urb->next = NULL;
	return urb;
}

void urb_free(struct vurb *urb)
{
	if (urb)
		free(urb->data);
	free(urb);
}

void urb_list_finish(struct vurb_list *list)
{
	while (list->first)
		urb_free(urb_list_take(list, &list->first));
}

/* 0, or the errno of a claim. Two files never hold one interface. */
int conn_claim(struct vconn *conn, uint32_t itf)
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

int conn_release(struct vconn *conn, uint32_t itf)
{
	struct vslot *slot = conn->node->slot;

	if (itf >= VDEV_MAX_INTERFACES || slot->claims[itf] != conn)
		return EINVAL;
	slot->claims[itf] = NULL;
	return 0;
}

void conn_release_all(struct vconn *conn)
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
		return conn_claim(conn, itf);
	case 2:
		if ((setup->index & 0x7f) == 0)
			return 0;
		if (!vdev_find_endpoint(dev, (uint8_t)setup->index, &type, &packet, &itf))
			return ENOENT;
		return conn_claim(conn, itf);
	default:
		return 0;
	}
}

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

void urb_finish(struct vconn *conn, struct vurb **at)
{
	struct vurb *urb = urb_list_take(&conn->pending, at);

	pcap_complete(server_of(conn)->pcap, urb, conn->node->devnum);
	session_transfer(server_of(conn), conn->node->slot, urb);
	urb_list_append(&conn->reapable, urb);
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
			urb_finish(conn, at);
			continue;
		}
		*blocked |= bit;
		at = &urb->next;
	}
}

/* Retries until the device answers or the caller's time is over. */
void urb_finish_control(struct vconn *conn)
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
	session_transfer(server_of(conn), conn->node->slot, urb);
	if (urb->status == 0 && is_in(urb))
		conn_write_memory(conn, urb->buffer, urb->data, urb->done);
	int status = urb->status;
	size_t moved = urb->done;
	urb_free(urb);
	conn->urb = NULL;
	if (status == 0)
		conn_done(conn, (int64_t)moved, 0);
	else
		conn_fail(conn, -status);
}

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
				urb_finish_control(conn);
		}
		conn_update_fifo(node);
	}
}

void conn_end_all(struct vnode *node)
{
	for (struct vconn *conn = node->conns; conn; conn = conn->next) {
		while (conn->pending.first) {
			conn->pending.first->status = -ESHUTDOWN;
			urb_finish(conn, &conn->pending.first);
		}
		conn_release_all(conn);
		if (conn->state == CONN_CONTROL) {
			urb_free(conn->urb);
			conn->urb = NULL;
			conn_fail(conn, ENODEV);
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
	return conn_claim(conn, itf);
}

static void submit(struct vconn *conn)
{
	struct vurb *urb = conn->urb;

	conn->urb = NULL;
	pcap_submit(server_of(conn)->pcap, urb, conn->node->devnum);
	conn->urb_count++;
	conn->urb_bytes += urb->length;
	urb_list_append(&conn->pending, urb);
	conn_done(conn, 0, 0); /* never completed before this returns */
}

static void drop_urb(struct vconn *conn, int err)
{
	urb_free(conn->urb);
	conn->urb = NULL;
	conn_fail(conn, err);
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
		conn_fail(conn, err);
		return;
	}
	conn->urb = new_urb(conn, (size_t)length);
	if (!conn->urb) {
		conn_fail(conn, ENOMEM);
		return;
	}
	conn->urb->address = conn->arg;
	conn->urb->buffer = get64(u + offsetof(struct usbdevfs_urb, buffer));
	conn->urb->type = type;
	conn->urb->endpoint = control ? 0 : endpoint;
	conn->urb->flags = get32(u + offsetof(struct usbdevfs_urb, flags));
	memcpy(conn->urb->head, u, sizeof(conn->urb->head));
	if (length > 0 && (control || !(endpoint & 0x80)))
		conn_need(conn, conn->urb->buffer, (size_t)length);
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

void urb_submit(struct vconn *conn)
{
	if (conn->stage == 0)
		conn_need(conn, conn->arg, sizeof(struct usbdevfs_urb));
	else if (conn->stage == 1)
		submit_head(conn);
	else
		submit_data(conn);
}

void urb_discard(struct vconn *conn)
{
	for (struct vurb **at = &conn->pending.first; *at; at = &(*at)->next) {
		if ((*at)->address != conn->arg)
			continue;
		/* What a device took stays counted, as in a kernel: a print goes on from there. */
		(*at)->status = -ENOENT;
		urb_finish(conn, at);
		conn_update_fifo(conn->node);
		conn_done(conn, 0, 0);
		return;
	}
	conn_fail(conn, EINVAL);
}

void urb_reap(struct vconn *conn)
{
	struct vurb *urb = conn->reapable.first;
	uint64_t data_at;

	if (!urb) {
		conn_fail(conn, conn->node->gone ? ENODEV : EAGAIN);
		return;
	}
	urb_list_take(&conn->reapable, &conn->reapable.first);
	conn->urb_count--;
	conn->urb_bytes -= urb->length < conn->urb_bytes ? urb->length : conn->urb_bytes;
	data_at = urb->buffer + (urb->type == USBDEVFS_URB_TYPE_CONTROL ? 8 : 0);
	if (is_in(urb))
		conn_write_memory(conn, data_at, urb->data, urb->done);
	int32_t status = urb->status, actual = (int32_t)urb->done;
	memcpy(urb->head + offsetof(struct usbdevfs_urb, status), &status, sizeof(status));
	memcpy(urb->head + offsetof(struct usbdevfs_urb, actual_length), &actual, sizeof(actual));
	conn_write_memory(conn, urb->address, urb->head, sizeof(urb->head));
	conn_write_memory(conn, conn->arg, &urb->address, sizeof(urb->address));
	urb_free(urb);
	conn_update_fifo(conn->node);
	conn_done(conn, 0, 0);
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
	urb_finish_control(conn);
}

void urb_control(struct vconn *conn)
{
	if (conn->stage == 0) {
		conn_need(conn, conn->arg, sizeof(struct usbdevfs_ctrltransfer));
		return;
	}
	if (conn->stage == 1) {
		struct vdev_setup setup = parse_setup(conn->in);
		int err = claim_for_control(conn, &setup);
		if (err != 0) {
			conn_fail(conn, err);
			return;
		}
		conn->urb = new_urb(conn, setup.length);
		if (!conn->urb) {
			conn_fail(conn, ENOMEM);
			return;
		}
		conn->urb->type = USBDEVFS_URB_TYPE_CONTROL;
		conn->urb->setup = setup;
		memcpy(conn->urb->setup_bytes, conn->in, 8);
		conn->urb->flags =
			get32(conn->in + offsetof(struct usbdevfs_ctrltransfer, timeout));
		conn->urb->buffer = get64(conn->in + offsetof(struct usbdevfs_ctrltransfer, data));
		if (!is_in(conn->urb) && setup.length > 0) {
			conn_need(conn, conn->urb->buffer, setup.length);
			return;
		}
	} else {
		memcpy(conn->urb->data, conn->in, conn->urb->length);
	}
	begin_control(conn);
}
