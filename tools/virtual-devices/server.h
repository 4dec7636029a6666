#ifndef VT_VDEV_SERVER_H
#define VT_VDEV_SERVER_H

/* Shows virtual devices to unmodified libusb programs in other processes: the server side of
 * libumockdev-preload (package libumockdev0), a plain poll loop without GLib.
 *
 * Each client process gets a root folder of its own (two clients of one root would take each
 * other's hotplug events); all roots show the same devices. The client runs with UMOCKDEV_DIR=ROOT
 * and LD_PRELOAD=libumockdev-preload.so.0: `virtual-devices run`. Not thread-safe. */

#include "terminal/base/error.h"
#include "tools/virtual-devices/vdev.h"

/* Socket paths below a root are cut silently at 107 bytes by the preload. */
#define VSERVER_MAX_ROOT_PATH 70
#define VSERVER_MAX_ROOTS     16
#define VSERVER_MAX_DEVICES   16
/* Bus number no host has: a late open() after an unplug meets nothing real. */
#define VSERVER_BUS 200

struct vserver;

/* NULL only for no memory. */
struct vserver *vserver_create(void);
/* Takes all devices off the bus, removes the roots and sockets it made; accepts NULL. */
void vserver_destroy(struct vserver **server);

/* Folder for sheets (made if missing), borrowed; NULL = sheets are only reported. */
VT_MUST_USE enum vt_code vserver_set_paper(
	struct vserver *server, const char *dir, struct vt_error *error);
/* Capture of every transfer, readable by tshark and Wireshark (usbmon, link type 220). */
VT_MUST_USE enum vt_code vserver_set_pcap(
	struct vserver *server, const char *path, struct vt_error *error);
/* Writes every command that comes over the control socket as a line "MS COMMAND" for --script. */
VT_MUST_USE enum vt_code vserver_set_record(
	struct vserver *server, const char *path, struct vt_error *error);
/* Writes every transfer and switch as text that `virtual-devices replay` plays again (session.h).
 */
VT_MUST_USE enum vt_code vserver_set_session(
	struct vserver *server, const char *path, struct vt_error *error);
/* A line of that file before the first transfer: "device printer:serial=A". */
void vserver_session_head(struct vserver *server, const char *key, const char *value);
/* Lines "MS COMMAND", ms after the start of vserver_run(), ascending, or "when KEY=VALUE COMMAND"
 * and "when KEY>=NUMBER COMMAND" with keys as in `status`: runs as soon as that is so, and the
 * lines below it wait for it. '#' starts a comment. */
VT_MUST_USE enum vt_code vserver_load_script(
	struct vserver *server, const char *path, struct vt_error *error);
/* Takes ownership of dev on success. driver: the kernel's driver bound to its interfaces at each
 * plug, as on a real host ("usblp", "usbhid"; NULL = none): clients must detach it. Borrowed, a
 * constant. VT_ERR_EXISTS: its id is taken. */
VT_MUST_USE enum vt_code vserver_add_device(
	struct vserver *server, struct vdev *dev, const char *driver, struct vt_error *error);
/* Absolute path of at most VSERVER_MAX_ROOT_PATH bytes; an empty or missing folder, or what a dead
 * server left. VT_ERR_BUSY: a living server has it. */
VT_MUST_USE enum vt_code vserver_add_root(
	struct vserver *server, const char *path, struct vt_error *error);
/* AF_UNIX SEQPACKET socket for `virtual-devices control`. */
VT_MUST_USE enum vt_code vserver_open_control(
	struct vserver *server, const char *path, struct vt_error *error);

/* Announces the devices: from here on clients may start. */
VT_MUST_USE enum vt_code vserver_start(struct vserver *server, struct vt_error *error);
/* Serves until SIGINT, SIGTERM, `quit`, or the end of process `child` (0 = none), whose wait status
 * is then in *ret_child_status. */
VT_MUST_USE enum vt_code vserver_run(
	struct vserver *server, int child, int *ret_child_status, struct vt_error *error);

/* One command in words, as over the control socket. Text for the person goes to reply.
 *   [ID] SWITCH … · plug|unplug|status|power on|off [ID] · [ID] card insert FILE [slot N] · sheets
 * · list (devices) · help · quit */
VT_MUST_USE enum vt_code vserver_command(
	struct vserver *server, const char *line, struct vt_buf *reply);

#endif
