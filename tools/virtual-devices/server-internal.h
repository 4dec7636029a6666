#ifndef VT_VDEV_SERVER_INTERNAL_H
#define VT_VDEV_SERVER_INTERNAL_H

/* What the files of the server share.
 *
 *   server.c   roots, devices, the loop, plug and unplug
 *   tree.c     the /sys tree, device node and sockets of one device under one root; uevents
 *   conn.c     one open file of a client: messages of the preload
 *   usbfs.c    its requests; urb.c its claims and transfers
 *   control.c  control socket, script, record
 *   pcap.c     capture; session.c the same as text to be replayed
 *
 *   vserver ─┬─ slot (a device) ── struct vdev
 *            └─ root ── node (slot × root, from plug to unplug) ── conn (an open file) ── urbs
 * A node that is unplugged lives on, gone, until its last conn closes. */

#include <stdio.h>
#include <sys/types.h>

#include "tools/virtual-devices/server.h"

#define MAX_URBS	 256
#define MAX_URB_BYTES	 (16 * 1024 * 1024) /* usbfs_memory_mb of the kernel */
#define MAX_CONNS	 256
#define MAX_CONTROLS	 16
#define MAX_SCRIPT_LINES 4096
#define MAX_SHEET_PATHS	 1000

struct vserver;
struct vnode;
struct vslot;
struct pcap;

/* One transfer of a client. */
struct vurb {
	struct vurb *next;
	uint64_t id;	  /* for the capture */
	uint64_t address; /* of the client's struct usbdevfs_urb: its name */
	uint64_t buffer;  /* of the client's data */
	uint8_t head[32]; /* first bytes of the client's struct, given back with the result */
	uint8_t type, endpoint;
	uint32_t flags;
	struct vdev_setup setup; /* control only */
	uint8_t setup_bytes[8];
	uint8_t *data; /* length bytes: OUT data, or room for IN data */
	size_t length; /* of the data stage */
	size_t done;   /* bytes moved */
	int status;    /* 0 or negative errno, once reapable */
};

struct vurb_list {
	struct vurb *first;
	struct vurb **last;
};

/* Bytes on their way to a client; at most one socket buffer's worth each, so that the preload,
 * which reads each header by one recv(), never sees half a header. */
struct vunit {
	struct vunit *next;
	size_t length, sent;
	uint8_t data[];
};

enum vconn_state {
	CONN_HEADER,  /* waiting for a request */
	CONN_MEMORY,  /* waiting for bytes of the client's memory */
	CONN_CONTROL, /* a synchronous control transfer meets NAK */
};

/* One open file of the device node in a client. */
struct vconn {
	struct vconn *next;
	struct vnode *node;
	int fd;
	bool broken; /* to be freed at the end of this round */
	enum vconn_state state;
	uint8_t *in; /* bytes arriving: in_want wanted, in_got there */
	size_t in_want, in_got, in_size;
	struct vunit *out_first, **out_last;
	struct vt_buf unit; /* being composed */
	/* the request being answered */
	uint64_t request, arg;
	int stage;
	struct vurb *urb; /* being submitted, or the synchronous control transfer */
	int64_t deadline_ms;
	/* life of the file */
	struct vurb_list pending, reapable;
	size_t urb_count, urb_bytes;
	size_t read_offset;
};

struct vroot {
	char path[VSERVER_MAX_ROOT_PATH + 1];
	int lock_fd;
	bool made; /* folder did not exist before */
};

/* One device under one root while it is plugged in. */
struct vnode {
	struct vnode *next;
	struct vserver *server;
	struct vroot *root;
	struct vslot *slot;
	int devnum;
	int listen_fd, fifo_fd;
	bool gone;
	bool ready; /* the FIFO is drained: poll says "something to reap" */
	struct vconn *conns;
};

struct vslot {
	struct vdev *dev; /* owned */
	int port;
	int devnum;				  /* while announced, else 0 */
	const char *driver;			  /* the kernel's, bound at each plug, or NULL */
	const char *drivers[VDEV_MAX_INTERFACES]; /* kernel drivers bound, or NULL */
	struct vconn *claims[VDEV_MAX_INTERFACES];
};

struct vcontrol {
	int fd;
	bool broken;
	/* "wait …": condition and deadline; empty = not waiting */
	char wait[96];
	int64_t deadline_ms;
};

struct vscript_line {
	int64_t at_ms; /* since the start */
	char when[96]; /* a condition instead, or "" */
	char text[1024];
};

struct vserver {
	struct vroot roots[VSERVER_MAX_ROOTS];
	size_t root_count;
	struct vslot slots[VSERVER_MAX_DEVICES];
	size_t slot_count;
	struct vnode *nodes;
	size_t conn_count;
	int next_devnum;
	uint64_t next_urb, next_uevent;
	int64_t now_ms, start_ms;
	bool started, quit;
	/* control */
	int control_fd;
	char control_path[108];
	struct vcontrol controls[MAX_CONTROLS];
	size_t control_count;
	struct vscript_line *script;
	size_t script_count, script_next;
	FILE *record, *session;
	/* output */
	const char *paper_dir;
	char **sheets; /* paths written, MAX_SHEET_PATHS at most */
	size_t sheet_count;
	struct pcap *pcap;
};

/* server.c */
/* Everything that follows from a change of one device: effects, plug state, URBs, FIFOs. */
void vserver_settle(struct vserver *server, struct vslot *slot);

/* tree.c */
VT_MUST_USE enum vt_code tree_prepare_root(struct vroot *root, struct vt_error *error);
void tree_remove_root(struct vroot *root);
/* Socket, node and /sys entries of node->slot; sets listen_fd and fifo_fd. */
VT_MUST_USE enum vt_code tree_add(struct vnode *node, struct vt_error *error);
/* Node first, then socket and /sys; keeps the FIFO open for those who have it. */
void tree_remove(struct vnode *node);
/* Tells every udev monitor under the root. action "add" or "remove". */
void tree_send_uevents(struct vnode *node, const char *action);

/* conn.c */
VT_MUST_USE enum vt_code conn_accept(struct vnode *node);
/* Reads and answers what has come; sets broken when the client is gone or talks nonsense. */
void conn_read(struct vconn *conn);
void conn_write(struct vconn *conn);
void conn_free(struct vconn *conn);

/* urb.c */
/* Offers the URBs of all files of the slot to the device. */
void conn_progress(struct vserver *server, struct vslot *slot);
/* The device is gone: every URB ends with ESHUTDOWN. */
void conn_end_all(struct vnode *node);
/* Full while nothing can be reaped, drained as soon as something can. */
void conn_update_fifo(struct vnode *node);

/* control.c */
void control_accept(struct vserver *server);
void control_read(struct vserver *server, struct vcontrol *control);
/* Runs script lines that are due and answers waits; returns the next time it is wanted. */
int64_t control_tick(struct vserver *server);
void control_finish(struct vserver *server);

/* session.c; nothing without a session file */
void session_transfer(struct vserver *server, const struct vslot *slot, const struct vurb *urb);
/* "= paper out", "! unplug". */
void session_word(
	struct vserver *server, const struct vslot *slot, const char *mark, const char *text);

/* pcap.c */
VT_MUST_USE enum vt_code pcap_open(const char *path, struct pcap **ret, struct vt_error *error);
void pcap_close(struct pcap **pcap);
/* All accept pcap == NULL and do nothing then. */
void pcap_submit(struct pcap *pcap, const struct vurb *urb, int devnum);
void pcap_complete(struct pcap *pcap, const struct vurb *urb, int devnum);
/* GET_DESCRIPTOR and SET_CONFIGURATION as at enumeration: without them a dissector knows no class.
 */
void pcap_enumerate(struct pcap *pcap, struct vdev *dev, int devnum);

#endif
