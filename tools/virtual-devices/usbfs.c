/* The requests of usbfs, by number. */

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/usbfs-internal.h"

/* Zero packet, no packet-size limit, scatter-gather, reap after disconnect; no bulk continuation,
 * so that libusb submits each transfer as one URB. */
#define CAPABILITIES                                                  \
	(USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | \
		USBDEVFS_CAP_BULK_SCATTER_GATHER | USBDEVFS_CAP_REAP_AFTER_DISCONNECT)

static void set_interface(struct vconn *conn)
{
	uint32_t itf = get32(conn->in), alt = get32(conn->in + 4);
	int err = conn_claim(conn, itf);

	if (err == 0 && (alt > 0xff || !vdev_set_interface(
					       conn->node->slot->dev, (uint8_t)itf, (uint8_t)alt)))
		err = EINVAL;
	if (err != 0)
		conn_fail(conn, err);
	else
		conn_done(conn, 0, 0);
}

static void set_configuration(struct vconn *conn)
{
	struct vslot *slot = conn->node->slot;
	struct vdev_setup setup = {.request = 9, .value = (uint16_t)get32(conn->in)};
	int result = VDEV_STALL;

	for (int i = 0; i < VDEV_MAX_INTERFACES; i++) {
		if (slot->claims[i] || slot->drivers[i]) {
			conn_fail(conn, EBUSY);
			return;
		}
	}
	if (get32(conn->in) > 0xff || !vdev_standard_request(slot->dev, &setup, NULL, &result) ||
		result < 0)
		conn_fail(conn, EINVAL);
	else
		conn_done(conn, 0, 0);
}

static void get_driver(struct vconn *conn)
{
	uint32_t itf = get32(conn->in);
	const struct vslot *slot = conn->node->slot;
	char name[USBDEVFS_MAXDRIVERNAME + 1] = {0};

	if (itf >= VDEV_MAX_INTERFACES || (!slot->drivers[itf] && !slot->claims[itf])) {
		conn_fail(conn, ENODATA);
		return;
	}
	const char *driver = slot->drivers[itf] ? slot->drivers[itf] : "usbfs";
	memcpy(name, driver, strlen(driver));
	conn_write_memory(
		conn, conn->arg + offsetof(struct usbdevfs_getdriver, driver), name, sizeof(name));
	conn_done(conn, 0, 0);
}

/* USBDEVFS_IOCTL: detach or bring back the kernel's driver. */
static void driver_ioctl(struct vconn *conn)
{
	uint32_t itf = get32(conn->in), code = get32(conn->in + 4);
	struct vslot *slot = conn->node->slot;

	if (itf >= VDEV_MAX_INTERFACES || !vdev_has_interface(slot->dev, (uint8_t)itf)) {
		conn_fail(conn, EINVAL);
	} else if (code == (uint32_t)USBDEVFS_DISCONNECT) {
		if (!slot->drivers[itf]) {
			conn_fail(conn, ENODATA);
			return;
		}
		slot->drivers[itf] = NULL;
		conn_done(conn, 0, 0);
	} else if (code == (uint32_t)USBDEVFS_CONNECT) {
		if (slot->claims[itf] || slot->drivers[itf]) {
			conn_fail(conn, EBUSY);
			return;
		}
		slot->drivers[itf] = slot->driver;
		conn_done(conn, 1, 0);
	} else {
		conn_fail(conn, ENOTTY);
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
			conn_fail(conn, EBUSY);
			return;
		}
		slot->drivers[itf] = NULL;
	}
	int err = conn_claim(conn, itf);
	if (err != 0)
		conn_fail(conn, err);
	else
		conn_done(conn, 0, 0);
}

static void clear_halt(struct vconn *conn)
{
	uint32_t endpoint = get32(conn->in);

	if (endpoint > 0xff || !vdev_clear_halt(conn->node->slot->dev, (uint8_t)endpoint)) {
		conn_fail(conn, ENOENT);
		return;
	}
	char word[16];
	if (vt_format(word, sizeof(word), "clear %02X", endpoint))
		session_word(conn->node->server, conn->node->slot, "!", word);
	conn_done(conn, 0, 0);
}

static void reset_device(struct vconn *conn)
{
	struct vnode *node = conn->node;

	for (struct vconn *other = node->conns; other; other = other->next) {
		while (other->pending.first) {
			other->pending.first->status = -ENOENT;
			urb_finish(other, &other->pending.first);
		}
	}
	vdev_reset(node->slot->dev);
	session_word(node->server, node->slot, "!", "reset");
	conn_update_fifo(node);
	conn_done(conn, 0, 0);
}

static void connect_info(struct vconn *conn)
{
	uint8_t info[8] = {0};
	uint32_t devnum = (uint32_t)conn->node->devnum;

	memcpy(info, &devnum, sizeof(devnum));
	info[4] = conn->node->slot->dev->desc.speed == VDEV_SPEED_LOW;
	conn_write_memory(conn, conn->arg, info, sizeof(struct usbdevfs_connectinfo));
	conn_done(conn, 0, 0);
}

/* Numbers as they come over the socket: 32 bits, whatever type the kernel's macro has. */
#define NUMBER(request) ((uint64_t)(uint32_t)(request))

/* Requests whose argument is a struct of `size` bytes, read before run is called. */
static const struct request {
	uint64_t number;
	size_t size; /* 0 = run reads by itself or needs nothing */
	void (*run)(struct vconn *conn);
} requests[] = {
	{NUMBER(USBDEVFS_CONTROL), 0, urb_control},
	{NUMBER(USBDEVFS_SUBMITURB), 0, urb_submit},
	{NUMBER(USBDEVFS_DISCARDURB), 0, urb_discard},
	{NUMBER(USBDEVFS_REAPURB), 0, urb_reap},
	{NUMBER(USBDEVFS_REAPURBNDELAY), 0, urb_reap},
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

void usbfs_request(struct vconn *conn)
{
	const struct request *request = find_request(conn->request);
	uint32_t capabilities = CAPABILITIES;

	if (conn->node->gone && conn->request != NUMBER(USBDEVFS_REAPURB) &&
		conn->request != NUMBER(USBDEVFS_REAPURBNDELAY)) {
		urb_free(conn->urb);
		conn->urb = NULL;
		conn_fail(conn, ENODEV);
	} else if (request && request->size > 0 && conn->stage == 0) {
		conn_need(conn, conn->arg, request->size);
	} else if (request) {
		request->run(conn);
	} else if (conn->request == NUMBER(USBDEVFS_GET_CAPABILITIES)) {
		conn_write_memory(conn, conn->arg, &capabilities, sizeof(capabilities));
		conn_done(conn, 0, 0);
	} else if (conn->request == NUMBER(USBDEVFS_GET_SPEED)) {
		conn_done(conn, (int64_t)conn->node->slot->dev->desc.speed, 0);
	} else if (conn->request == NUMBER(USBDEVFS_CLAIMINTERFACE) ||
		   conn->request == NUMBER(USBDEVFS_RELEASEINTERFACE)) {
		if (conn->stage == 0) {
			conn_need(conn, conn->arg, 4);
			return;
		}
		int err = conn->request == NUMBER(USBDEVFS_CLAIMINTERFACE)
				  ? conn_claim(conn, get32(conn->in))
				  : conn_release(conn, get32(conn->in));
		conn_done(conn, err == 0 ? 0 : -1, err);
	} else {
		conn_fail(conn, ENOTTY);
	}
}

/* read() of the node gives device and configuration descriptors, as in usbfs. */
void usbfs_read(struct vconn *conn)
{
	const struct vdev_descriptors *desc = &conn->node->slot->dev->desc;
	size_t total = 18 + desc->config_length;
	size_t from = conn->read_offset < total ? conn->read_offset : total;
	uint64_t length = conn->arg < total - from ? conn->arg : total - from;
	uint64_t to = conn->request;

	if (from < 18 && length > 0) {
		size_t n = length < 18 - from ? (size_t)length : 18 - from;
		conn_write_memory(conn, to, desc->device + from, n);
		if (length > n)
			conn_write_memory(conn, to + n, desc->config, (size_t)length - n);
	} else if (length > 0) {
		conn_write_memory(conn, to, desc->config + (from - 18), (size_t)length);
	}
	conn->read_offset = from + (size_t)length;
	conn_done(conn, (int64_t)length, 0);
}
