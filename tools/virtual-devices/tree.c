/* What a client's preload finds under a root: a /sys tree as the kernel would show it, the device
 * node (a FIFO), the socket that answers its ioctls, and udev events. Names and formats are those
 * of libumockdev-preload 0.17, libudev and libusb 1.0.26. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/server-internal.h"

#define MARKER "virtual-devices.lock"

/* --- roots --- */

/* The last parameters are nftw's; each entry is removed after what is in it. */
static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path); /* what cannot be removed stays; the folder then stays too */
	return 0;
}

static void remove_below(const char *root, const char *name)
{
	char path[PATH_MAX];

	if (vt_format(path, sizeof(path), "%s/%s", root, name))
		nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Removes what we or the preload made in a root; leaves anything else alone. */
static void clean_root(const char *root)
{
	remove_below(root, "sys");
	remove_below(root, "dev");
	remove_below(root, "ioctl");
	DIR *dir = opendir(root);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (strncmp(entry->d_name, "event", 5) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

static bool is_empty(const char *root)
{
	DIR *dir = opendir(root);
	bool empty = true;

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		empty &= entry->d_name[0] == '.' &&
			 (entry->d_name[1] == '\0' || strcmp(entry->d_name, "..") == 0);
	if (dir)
		closedir(dir);
	return empty;
}

static enum vt_code make_dirs(const char *root, const char *path, struct vt_error *error)
{
	char full[PATH_MAX];

	if (!vt_format(full, sizeof(full), "%s/%s", root, path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: path too long", path);
	for (char *slash = full + strlen(root) + 1;; slash++) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			return vt_fail(error, VT_ERR_IO, errno, "%s: %s", full, strerror(errno));
		if (!slash)
			return VT_OK;
		*slash = '/';
	}
}

enum vt_code tree_prepare_root(struct vroot *root, struct vt_error *error)
{
	static const char *const dirs[] = {"sys/bus/usb/devices", "sys/bus/usb/drivers",
		"sys/class", "sys/devices/usb1", "dev/bus/usb/200", "dev/.node",
		"ioctl/dev/bus/usb/200"};
	char lock[PATH_MAX];

	root->made = mkdir(root->path, 0700) == 0;
	if (!vt_format(lock, sizeof(lock), "%s/%s", root->path, MARKER))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: path too long", root->path);
	if (!root->made && access(lock, F_OK) < 0 && !is_empty(root->path))
		return vt_fail(error, VT_ERR_EXISTS, 0, "%s: not empty and not ours", root->path);
	root->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (root->lock_fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", lock, strerror(errno));
	if (flock(root->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		vt_closep(&root->lock_fd);
		root->lock_fd = -1;
		return vt_fail(error, VT_ERR_BUSY, 0, "%s: another server uses it", root->path);
	}
	clean_root(root->path);
	for (size_t i = 0; i < VT_ELEMENTS(dirs); i++) {
		enum vt_code code = make_dirs(root->path, dirs[i], error);
		if (code != VT_OK)
			return code;
	}
	return VT_OK;
}

void tree_remove_root(struct vroot *root)
{
	char lock[PATH_MAX];

	if (root->lock_fd < 0)
		return;
	clean_root(root->path);
	if (vt_format(lock, sizeof(lock), "%s/%s", root->path, MARKER))
		unlink(lock);
	vt_closep(&root->lock_fd);
	root->lock_fd = -1;
	if (root->made)
		rmdir(root->path);
}

/* --- facts of a device --- */

struct facts {
	unsigned vid, pid, bcd, class, subclass, protocol, minor;
	char devname[32];		       /* bus/usb/200/007 */
	char devpath[64];		       /* /devices/usb1/1-1 */
	char base[VSERVER_MAX_ROOT_PATH + 80]; /* its folder under the root */
};

static void gather(const struct vnode *node, struct facts *f)
{
	const uint8_t *d = node->slot->dev->desc.device;

	f->vid = d[8] | (unsigned)d[9] << 8;
	f->pid = d[10] | (unsigned)d[11] << 8;
	f->bcd = d[12] | (unsigned)d[13] << 8;
	f->class = d[4];
	f->subclass = d[5];
	f->protocol = d[6];
	f->minor = (unsigned)((VSERVER_BUS - 1) * 128 + node->devnum - 1);
	bool fits =
		vt_format(f->devname, sizeof(f->devname), "bus/usb/%03d/%03d", VSERVER_BUS,
			node->devnum) &&
		vt_format(f->devpath, sizeof(f->devpath), "/devices/usb1/1-%d", node->slot->port) &&
		vt_format(f->base, sizeof(f->base), "%s/sys%s", node->root->path, f->devpath);
	VT_ASSERT(fits);
}

/* --- files --- */

static enum vt_code write_bytes(
	const char *dir, const char *name, const void *data, size_t length, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = NULL;
	char path[PATH_MAX];

	if (!vt_format(path, sizeof(path), "%s/%s", dir, name))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: path too long", name);
	file = fopen(path, "wbe");
	if (!file || (length > 0 && fwrite(data, length, 1, file) != 1) || fflush(file) != 0)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	return VT_OK;
}

/* Many small files at once: the first failure is kept in buf's place of the error. */
struct writer {
	const char *dir;
	enum vt_code code;
	struct vt_error *error;
};

static void attribute(struct writer *w, const char *name, const char *fmt, ...) VT_PRINTF(3, 4);

static void attribute(struct writer *w, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	int length = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (w->code != VT_OK)
		return;
	if (length < 0 || (size_t)length >= sizeof(text))
		w->code = vt_fail(w->error, VT_ERR_LIMIT, 0, "%s: attribute too long", name);
	else
		w->code = write_bytes(w->dir, name, text, (size_t)length, w->error);
}

static void link_to(struct writer *w, const char *path, const char *target)
{
	if (w->code == VT_OK && symlink(target, path) < 0 && errno != EEXIST)
		w->code = vt_fail(w->error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
}

static void string_attribute(
	struct writer *w, const struct vdev *dev, const char *name, size_t index)
{
	if (index > 0 && index <= dev->desc.string_count)
		attribute(w, name, "%s\n", dev->desc.strings[index - 1]);
}

static const char *speed_text(enum vdev_speed speed)
{
	switch (speed) {
	case VDEV_SPEED_LOW:
		return "1.5";
	case VDEV_SPEED_FULL:
		return "12";
	case VDEV_SPEED_HIGH:
		return "480";
	}
	return "12";
}

static void write_device(struct writer *w, const struct vnode *node, const struct facts *f)
{
	const struct vdev *dev = node->slot->dev;
	const uint8_t *d = dev->desc.device, *c = dev->desc.config;
	uint8_t descriptors[18 + 4096];
	size_t config_length = dev->desc.config_length;

	attribute(w, "uevent",
		"MAJOR=189\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=usb_device\nDRIVER=usb\n"
		"PRODUCT=%x/%x/%x\nTYPE=%u/%u/%u\nBUSNUM=%03d\nDEVNUM=%03d\n",
		f->minor, f->devname, f->vid, f->pid, f->bcd, f->class, f->subclass, f->protocol,
		VSERVER_BUS, node->devnum);
	attribute(w, "busnum", "%d\n", VSERVER_BUS);
	attribute(w, "devnum", "%d\n", node->devnum);
	attribute(w, "devpath", "%d\n", node->slot->port);
	attribute(w, "dev", "189:%u\n", f->minor);
	attribute(w, "speed", "%s\n", speed_text(dev->desc.speed));
	attribute(w, "bConfigurationValue", "%u\n", dev->configuration);
	attribute(w, "idVendor", "%04x\n", f->vid);
	attribute(w, "idProduct", "%04x\n", f->pid);
	attribute(w, "bcdDevice", "%04x\n", f->bcd);
	attribute(w, "bDeviceClass", "%02x\n", f->class);
	attribute(w, "bDeviceSubClass", "%02x\n", f->subclass);
	attribute(w, "bDeviceProtocol", "%02x\n", f->protocol);
	attribute(w, "bNumConfigurations", "%u\n", d[17]);
	attribute(w, "bNumInterfaces", "%2u\n", c[4]);
	attribute(w, "bMaxPacketSize0", "%u\n", d[7]);
	attribute(w, "bmAttributes", "%02x\n", c[7]);
	attribute(w, "bMaxPower", "%umA\n", c[8] * 2U);
	attribute(w, "maxchild", "0\n");
	attribute(w, "version", "%2x.%02x\n", d[3], d[2]);
	attribute(w, "configuration", "\n");
	attribute(w, "rx_lanes", "1\n");
	attribute(w, "tx_lanes", "1\n");
	string_attribute(w, dev, "manufacturer", d[14]);
	string_attribute(w, dev, "product", d[15]);
	string_attribute(w, dev, "serial", d[16]);
	if (config_length > sizeof(descriptors) - 18)
		config_length = sizeof(descriptors) - 18;
	memcpy(descriptors, d, 18);
	memcpy(descriptors + 18, c, config_length);
	if (w->code == VT_OK)
		w->code = write_bytes(
			w->dir, "descriptors", descriptors, 18 + config_length, w->error);
}

/* One interface descriptor d of 9 bytes, alternate 0. */
static void write_interface(
	struct writer *w, const struct vnode *node, const struct facts *f, const uint8_t *d)
{
	char dir[PATH_MAX], path[PATH_MAX], target[128];
	const char *kernel_driver = node->slot->drivers[d[2] % VDEV_MAX_INTERFACES];
	struct writer own = {.error = w->error, .code = w->code};

	if (!vt_format(dir, sizeof(dir), "%s/1-%d:1.%u", f->base, node->slot->port, d[2]) ||
		(mkdir(dir, 0755) < 0 && errno != EEXIST))
		own.code = vt_fail(w->error, VT_ERR_IO, errno, "%s: %s", dir, strerror(errno));
	own.dir = dir;
	attribute(&own, "uevent",
		"DEVTYPE=usb_interface\n%s%s%sPRODUCT=%x/%x/%x\nTYPE=%u/%u/%u\n"
		"INTERFACE=%u/%u/%u\n",
		kernel_driver ? "DRIVER=" : "", kernel_driver ? kernel_driver : "",
		kernel_driver ? "\n" : "", f->vid, f->pid, f->bcd, f->class, f->subclass,
		f->protocol, d[5], d[6], d[7]);
	attribute(&own, "bInterfaceNumber", "%02x\n", d[2]);
	attribute(&own, "bAlternateSetting", "%2u\n", d[3]);
	attribute(&own, "bNumEndpoints", "%02x\n", d[4]);
	attribute(&own, "bInterfaceClass", "%02x\n", d[5]);
	attribute(&own, "bInterfaceSubClass", "%02x\n", d[6]);
	attribute(&own, "bInterfaceProtocol", "%02x\n", d[7]);
	bool fits = vt_format(path, sizeof(path), "%s/subsystem", dir);
	VT_ASSERT(fits);
	link_to(&own, path, "../../../../bus/usb");
	fits = vt_format(path, sizeof(path), "%s/sys/bus/usb/devices/1-%d:1.%u", node->root->path,
		       node->slot->port, d[2]) &&
	       vt_format(target, sizeof(target), "../../..%s/1-%d:1.%u", f->devpath,
		       node->slot->port, d[2]);
	VT_ASSERT(fits);
	link_to(&own, path, target);
	w->code = own.code;
}

/* Calls fn for alternate 0 of each interface. */
typedef void (*interface_fn)(
	struct writer *w, const struct vnode *node, const struct facts *f, const uint8_t *d);

static void each_interface(
	interface_fn fn, struct writer *w, const struct vnode *node, const struct facts *f)
{
	const struct vdev_descriptors *desc = &node->slot->dev->desc;

	for (size_t i = 0; i + 2 <= desc->config_length && desc->config[i] >= 2;
		i += desc->config[i]) {
		const uint8_t *d = desc->config + i;
		if (d[1] == 4 && d[0] >= 9 && i + d[0] <= desc->config_length && d[3] == 0)
			fn(w, node, f, d);
	}
}

/* --- node and socket --- */

static bool socket_address(struct sockaddr_un *address, const char *root, const char *devname)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	return vt_format(
		address->sun_path, sizeof(address->sun_path), "%s/ioctl/dev/%s", root, devname);
}

static enum vt_code open_socket(struct vnode *node, const struct facts *f, struct vt_error *error)
{
	struct sockaddr_un address;

	if (!socket_address(&address, node->root->path, f->devname))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: path too long", node->root->path);
	unlink(address.sun_path);
	node->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (node->listen_fd < 0 ||
		bind(node->listen_fd, (const struct sockaddr *)(const void *)&address,
			sizeof(address)) < 0 ||
		chmod(address.sun_path, 0666) < 0 || listen(node->listen_fd, 32) < 0)
		return vt_fail(
			error, VT_ERR_IO, errno, "%s: %s", address.sun_path, strerror(errno));
	return VT_OK;
}

/* libusb waits for POLLOUT, in usbfs "a URB can be reaped"; only a FIFO can say that for us. */
static enum vt_code open_fifo(struct vnode *node, const struct facts *f, struct vt_error *error)
{
	char path[PATH_MAX], link[PATH_MAX], number[32], flat[32];

	vt_copy_cut(flat, sizeof(flat), f->devname);
	for (char *at = flat; *at; at++)
		*at = *at == '/' ? '_' : *at;
	if (!vt_format(path, sizeof(path), "%s/dev/%s", node->root->path, f->devname) ||
		!vt_format(link, sizeof(link), "%s/dev/.node/%s", node->root->path, flat) ||
		!vt_format(number, sizeof(number), "189:%u", f->minor))
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: path too long", node->root->path);
	unlink(link);
	unlink(path);
	if (symlink(number, link) < 0 || mkfifo(path, 0666) < 0 || chmod(path, 0666) < 0)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	node->fifo_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (node->fifo_fd < 0 || fcntl(node->fifo_fd, F_SETPIPE_SZ, 4096) < 0)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	node->ready = true;
	conn_update_fifo(node);
	return VT_OK;
}

/* Socket and node before /sys, and the link that enumeration follows last: whoever finds the device
 * can open it. */
enum vt_code tree_add(struct vnode *node, struct vt_error *error)
{
	struct facts f;
	char path[PATH_MAX], target[128];

	gather(node, &f);
	struct writer w = {.dir = f.base, .error = error};
	w.code = open_socket(node, &f, error);
	if (w.code == VT_OK)
		w.code = open_fifo(node, &f, error);
	if (w.code == VT_OK && mkdir(f.base, 0755) < 0 && errno != EEXIST)
		w.code = vt_fail(error, VT_ERR_IO, errno, "%s: %s", f.base, strerror(errno));
	write_device(&w, node, &f);
	bool fits = vt_format(path, sizeof(path), "%s/subsystem", f.base);
	VT_ASSERT(fits);
	link_to(&w, path, "../../../bus/usb");
	each_interface(write_interface, &w, node, &f);
	fits = vt_format(path, sizeof(path), "%s/sys/bus/usb/devices/1-%d", node->root->path,
		       node->slot->port) &&
	       vt_format(target, sizeof(target), "../../..%s", f.devpath);
	VT_ASSERT(fits);
	link_to(&w, path, target);
	return w.code;
}

static void unlink_interface(
	struct writer *w, const struct vnode *node, const struct facts *f, const uint8_t *d)
{
	char path[PATH_MAX];

	(void)w;
	(void)f;
	if (vt_format(path, sizeof(path), "%s/sys/bus/usb/devices/1-%d:1.%u", node->root->path,
		    node->slot->port, d[2]))
		unlink(path);
}

void tree_remove(struct vnode *node)
{
	struct facts f;
	struct sockaddr_un address;
	char path[PATH_MAX];

	gather(node, &f);
	if (vt_format(path, sizeof(path), "%s/dev/%s", node->root->path, f.devname))
		unlink(path);
	if (socket_address(&address, node->root->path, f.devname))
		unlink(address.sun_path);
	vt_closep(&node->listen_fd);
	node->listen_fd = -1;
	if (vt_format(path, sizeof(path), "%s/dev/.node/bus_usb_%03d_%03d", node->root->path,
		    VSERVER_BUS, node->devnum))
		unlink(path);
	if (vt_format(path, sizeof(path), "%s/sys/bus/usb/devices/1-%d", node->root->path,
		    node->slot->port))
		unlink(path);
	each_interface(unlink_interface, NULL, node, &f);
	nftw(f.base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- uevents (libudev's own format, systemd 252 src/libsystemd/sd-device/device-monitor.c) --- */

/* MurmurHash2 with seed 0, as libudev hashes the names its filters look for. */
static uint32_t hash(const char *text)
{
	const uint32_t m = 0x5bd1e995;
	const uint8_t *at = (const uint8_t *)text;
	size_t length = strlen(text);
	uint32_t h = (uint32_t)length;

	for (; length >= 4; at += 4, length -= 4) {
		uint32_t k = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
			     (uint32_t)at[3] << 24;
		k *= m;
		k ^= k >> 24;
		k *= m;
		h *= m;
		h ^= k;
	}
	for (size_t i = length; i > 0; i--)
		h ^= (uint32_t)at[i - 1] << (8 * (i - 1));
	if (length > 0)
		h *= m;
	h ^= h >> 13;
	h *= m;
	h ^= h >> 15;
	return h;
}

static void big_endian(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static void host_order(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* To every monitor: a datagram socket that the preload bound as ROOT/event<fd>. */
static void send_datagram(const struct vroot *root, const uint8_t *data, size_t length)
{
	DIR *dir = opendir(root->path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		if (strncmp(entry->d_name, "event", 5) != 0 ||
			!vt_format(address.sun_path, sizeof(address.sun_path), "%s/%s", root->path,
				entry->d_name))
			continue;
		VT_CLEANUP(vt_closep)
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (sendto(fd, data, length, MSG_NOSIGNAL,
			    (const struct sockaddr *)(const void *)&address, sizeof(address)) < 0) {
			if (errno == ECONNREFUSED)
				unlink(address.sun_path);
			else
				vt_log(VT_LOG_WARNING, "uevent to %s: %s", address.sun_path,
					strerror(errno));
		}
	}
	if (dir)
		closedir(dir);
}

static void send_uevent(const struct vnode *node, const char *devtype, struct vt_buf *properties)
{
	uint8_t header[40] = "libudev";
	struct vt_buf datagram;

	big_endian(header + 8, 0xfeedcafe);
	host_order(header + 12, sizeof(header));
	host_order(header + 16, sizeof(header));
	host_order(header + 20, (uint32_t)properties->length);
	big_endian(header + 24, hash("usb"));
	big_endian(header + 28, hash(devtype));
	vt_buf_init(&datagram, 8192);
	vt_buf_append(&datagram, header, sizeof(header));
	vt_buf_append(&datagram, properties->data, properties->length);
	if (datagram.failed == VT_OK)
		send_datagram(node->root, datagram.data, datagram.length);
	vt_buf_finish(&datagram);
}

static void property(struct vt_buf *buf, const char *fmt, ...) VT_PRINTF(2, 3);

static void property(struct vt_buf *buf, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	vt_buf_append(buf, text, strlen(text) + 1);
}

static void begin_properties(struct vt_buf *buf, const struct vnode *node, const char *action,
	const char *devpath, const char *suffix)
{
	vt_buf_init(buf, 4096);
	property(buf, "ACTION=%s", action);
	property(buf, "DEVPATH=%s%s", devpath, suffix);
	property(buf, "SUBSYSTEM=usb");
	property(buf, "SEQNUM=%llu", (unsigned long long)++node->server->next_uevent);
}

static void send_device(const struct vnode *node, const struct facts *f, const char *action)
{
	struct vt_buf buf;

	begin_properties(&buf, node, action, f->devpath, "");
	property(&buf, "MAJOR=189");
	property(&buf, "MINOR=%u", f->minor);
	property(&buf, "DEVNAME=/dev/%s", f->devname);
	property(&buf, "DEVTYPE=usb_device");
	property(&buf, "BUSNUM=%03d", VSERVER_BUS);
	property(&buf, "DEVNUM=%03d", node->devnum);
	property(&buf, "PRODUCT=%x/%x/%x", f->vid, f->pid, f->bcd);
	property(&buf, "TYPE=%u/%u/%u", f->class, f->subclass, f->protocol);
	send_uevent(node, "usb_device", &buf);
	vt_buf_finish(&buf);
}

/* w->dir carries the action. */
static void send_interface(
	struct writer *w, const struct vnode *node, const struct facts *f, const uint8_t *d)
{
	struct vt_buf buf;
	char suffix[32];

	bool fits = vt_format(suffix, sizeof(suffix), "/1-%d:1.%u", node->slot->port, d[2]);
	VT_ASSERT(fits);
	begin_properties(&buf, node, w->dir, f->devpath, suffix);
	property(&buf, "DEVTYPE=usb_interface");
	property(&buf, "PRODUCT=%x/%x/%x", f->vid, f->pid, f->bcd);
	property(&buf, "INTERFACE=%u/%u/%u", d[5], d[6], d[7]);
	send_uevent(node, "usb_interface", &buf);
	vt_buf_finish(&buf);
}

void tree_send_uevents(struct vnode *node, const char *action)
{
	struct facts f;
	struct writer w = {.dir = action};
	bool leaving = strcmp(action, "remove") == 0;

	gather(node, &f);
	/* A kernel announces the device before its interfaces and removes it after them. */
	if (!leaving)
		send_device(node, &f, action);
	each_interface(send_interface, &w, node, &f);
	if (leaving)
		send_device(node, &f, action);
}
