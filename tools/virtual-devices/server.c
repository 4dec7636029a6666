#include "tools/virtual-devices/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/paper.h"
#include "tools/virtual-devices/server-internal.h"

/* --- effects --- */

static void remember_sheet(struct vserver *server, const char *path)
{
	if (server->sheet_count == MAX_SHEET_PATHS)
		return;
	char **grown = realloc(server->sheets, (server->sheet_count + 1) * sizeof(*grown));
	if (!grown)
		return;
	server->sheets = grown;
	grown[server->sheet_count] = strdup(path);
	if (grown[server->sheet_count])
		server->sheet_count++;
}

static void carry_out(struct vserver *server, const struct vdev *dev, struct vdev_effect *effect)
{
	char path[4096] = "(not kept)";
	struct vt_error error = {0};

	if (effect->type == VDEV_EFFECT_NOTE) {
		vt_log(VT_LOG_NOTICE, "%s: %s", dev->id, effect->note);
		return;
	}
	if (server->paper_dir && paper_write(effect->sheet, server->paper_dir, path, sizeof(path),
					 &error) != VT_OK) {
		vt_log(VT_LOG_ERROR, "%s: sheet %u lost: %s", dev->id, effect->sheet->number,
			error.msg);
		return;
	}
	vt_log(VT_LOG_NOTICE, "%s: sheet %u, %d rows, %s: %s", dev->id, effect->sheet->number,
		effect->sheet->row_count, effect->sheet->reason, path);
	remember_sheet(server, path);
}

/* --- plug and unplug --- */

static struct vroot *root_at(struct vserver *server, size_t i)
{
	return &server->roots[i];
}

/* Device numbers grow as a kernel's do, 1 to 127 and round again: libusb knows devices by them. */
static int take_devnum(struct vserver *server)
{
	for (;;) {
		bool used = false;
		server->next_devnum = server->next_devnum % 127 + 1;
		for (const struct vnode *node = server->nodes; node; node = node->next)
			used |= node->devnum == server->next_devnum;
		if (!used)
			return server->next_devnum;
	}
}

static enum vt_code add_node(struct vserver *server, struct vslot *slot, struct vroot *root)
{
	struct vnode *node = calloc(1, sizeof(*node));
	struct vt_error error = {0};

	if (!node)
		return VT_ERR_NOMEM;
	node->server = server;
	node->root = root;
	node->slot = slot;
	node->devnum = slot->devnum;
	node->listen_fd = node->fifo_fd = -1;
	node->next = server->nodes;
	server->nodes = node;
	enum vt_code code = tree_add(node, &error);
	if (code != VT_OK)
		vt_log(VT_LOG_ERROR, "%s: %s", slot->dev->id, error.msg);
	else
		tree_send_uevents(node, "add");
	return code;
}

static void announce(struct vserver *server, struct vslot *slot)
{
	slot->devnum = take_devnum(server);
	memset(slot->claims, 0, sizeof(slot->claims));
	memset(slot->drivers, 0, sizeof(slot->drivers));
	for (uint8_t itf = 0; itf < VDEV_MAX_INTERFACES; itf++) {
		if (vdev_has_interface(slot->dev, itf))
			slot->drivers[itf] = slot->driver;
	}
	pcap_enumerate(server->pcap, slot->dev, slot->devnum);
	for (size_t i = 0; i < server->root_count; i++) {
		/* A root that fails has no device; the others go on. It was logged. */
		if (add_node(server, slot, root_at(server, i)) != VT_OK)
			continue;
	}
	vt_log(VT_LOG_INFO, "%s: attached as %03d/%03d", slot->dev->id, VSERVER_BUS, slot->devnum);
}

static void withdraw(struct vserver *server, struct vslot *slot)
{
	for (struct vnode *node = server->nodes; node; node = node->next) {
		if (node->slot != slot || node->gone)
			continue;
		node->gone = true;
		conn_end_all(node);
		conn_update_fifo(node);
		tree_send_uevents(node, "remove");
		tree_remove(node);
	}
	session_word(server, slot, "!", "unplug");
	vt_log(VT_LOG_INFO, "%s: detached", slot->dev->id);
	slot->devnum = 0;
}

void vserver_settle(struct vserver *server, struct vslot *slot)
{
	struct vdev *dev = slot->dev;

	/* A fault may unplug during progress, an effect makes room for the next: few rounds do. */
	for (int round = 0; round < 8; round++) {
		for (struct vdev_effect effect; vdev_take_effect(dev, &effect);) {
			carry_out(server, dev, &effect);
			vdev_effect_finish(&effect);
		}
		bool announced = slot->devnum != 0;
		if (server->started && announced != vdev_is_attached(dev)) {
			if (announced)
				withdraw(server, slot);
			else
				announce(server, slot);
		}
		if (slot->devnum != 0)
			conn_progress(server, slot);
		if (dev->effect_count == 0 &&
			(!server->started || vdev_is_attached(dev) == (slot->devnum != 0)))
			break;
	}
}

/* --- life --- */

struct vserver *vserver_create(void)
{
	struct vserver *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->control_fd = -1;
	server->now_ms = vt_clock_monotonic_ms();
	return server;
}

static void free_node(struct vnode *node)
{
	while (node->conns)
		conn_free(node->conns);
	if (!node->gone)
		tree_remove(node);
	vt_closep(&node->listen_fd);
	vt_closep(&node->fifo_fd);
	free(node);
}

void vserver_destroy(struct vserver **at)
{
	if (!at || !*at)
		return;
	struct vserver *server = *at;
	control_finish(server);
	/* Before the devices go: the end of the server is no unplug. */
	if (server->session)
		fclose(server->session);
	server->session = NULL;
	for (size_t i = 0; i < server->slot_count; i++) {
		if (server->slots[i].devnum != 0)
			withdraw(server, &server->slots[i]);
	}
	while (server->nodes) {
		struct vnode *node = server->nodes;
		server->nodes = node->next;
		free_node(node);
	}
	for (size_t i = 0; i < server->slot_count; i++) {
		struct vdev_effect effect;
		while (vdev_take_effect(server->slots[i].dev, &effect)) {
			carry_out(server, server->slots[i].dev, &effect);
			vdev_effect_finish(&effect);
		}
		vdev_destroy(&server->slots[i].dev);
	}
	for (size_t i = 0; i < server->root_count; i++)
		tree_remove_root(&server->roots[i]);
	for (size_t i = 0; i < server->sheet_count; i++)
		free(server->sheets[i]);
	free(server->sheets);
	free(server->script);
	pcap_close(&server->pcap);
	free(server);
	*at = NULL;
}

enum vt_code vserver_set_paper(struct vserver *server, const char *dir, struct vt_error *error)
{
	struct stat st;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", dir, strerror(errno));
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return vt_fail(error, VT_ERR_IO, ENOTDIR, "%s: not a folder", dir);
	server->paper_dir = dir;
	return VT_OK;
}

enum vt_code vserver_set_pcap(struct vserver *server, const char *path, struct vt_error *error)
{
	pcap_close(&server->pcap);
	return pcap_open(path, &server->pcap, error);
}

enum vt_code vserver_add_device(
	struct vserver *server, struct vdev *dev, const char *driver, struct vt_error *error)
{
	if (server->slot_count == VSERVER_MAX_DEVICES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "more than %d devices", VSERVER_MAX_DEVICES);
	for (size_t i = 0; i < server->slot_count; i++) {
		if (strcmp(server->slots[i].dev->id, dev->id) == 0)
			return vt_fail(error, VT_ERR_EXISTS, 0, "two devices called %s", dev->id);
	}
	struct vslot *slot = &server->slots[server->slot_count++];
	*slot = (struct vslot){.dev = dev, .driver = driver, .port = (int)server->slot_count};
	return VT_OK;
}

enum vt_code vserver_add_root(struct vserver *server, const char *path, struct vt_error *error)
{
	struct vroot *root = &server->roots[server->root_count];

	if (server->root_count == VSERVER_MAX_ROOTS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "more than %d roots", VSERVER_MAX_ROOTS);
	*root = (struct vroot){.lock_fd = -1};
	if (path[0] != '/' || !vt_copy(root->path, sizeof(root->path), path))
		return vt_fail(error, VT_ERR_INVALID, 0,
			"%s: a root is an absolute path of at most %d bytes", path,
			VSERVER_MAX_ROOT_PATH);
	for (size_t n = strlen(root->path); n > 1 && root->path[n - 1] == '/'; n--)
		root->path[n - 1] = '\0';
	enum vt_code code = tree_prepare_root(root, error);
	if (code == VT_OK)
		server->root_count++;
	else
		tree_remove_root(root);
	return code;
}

enum vt_code vserver_start(struct vserver *server, struct vt_error *error)
{
	server->start_ms = server->now_ms = vt_clock_monotonic_ms();
	server->started = true;
	for (size_t i = 0; i < server->slot_count; i++) {
		size_t wanted = server->root_count, made = 0;
		vdev_tick(server->slots[i].dev, server->now_ms);
		vserver_settle(server, &server->slots[i]);
		for (const struct vnode *node = server->nodes; node; node = node->next)
			made += node->slot == &server->slots[i] && node->fifo_fd >= 0;
		if (vdev_is_attached(server->slots[i].dev) && made != wanted)
			return vt_fail(error, VT_ERR_IO, 0, "%s cannot be attached",
				server->slots[i].dev->id);
	}
	return VT_OK;
}

/* --- the loop --- */

#define MAX_POLL (2 + MAX_CONTROLS + 2 * VSERVER_MAX_ROOTS * VSERVER_MAX_DEVICES + MAX_CONNS + 2)

enum poll_kind { POLL_SIGNAL, POLL_CHILD, POLL_CONTROL, POLL_CLIENT, POLL_NODE, POLL_CONN };

struct poll_set {
	struct pollfd fds[MAX_POLL];
	struct {
		enum poll_kind kind;
		void *object;
	} what[MAX_POLL];
	size_t count;
};

static void watch(struct poll_set *set, int fd, short events, enum poll_kind kind, void *object)
{
	if (fd < 0 || set->count == MAX_POLL)
		return;
	set->fds[set->count] = (struct pollfd){.fd = fd, .events = events};
	set->what[set->count].kind = kind;
	set->what[set->count].object = object;
	set->count++;
}

static void fill_set(struct vserver *server, struct poll_set *set, int signal_fd, int child_fd)
{
	set->count = 0;
	watch(set, signal_fd, POLLIN, POLL_SIGNAL, NULL);
	watch(set, child_fd, POLLIN, POLL_CHILD, NULL);
	if (server->control_count < MAX_CONTROLS)
		watch(set, server->control_fd, POLLIN, POLL_CONTROL, NULL);
	for (size_t i = 0; i < server->control_count; i++)
		watch(set, server->controls[i].fd, POLLIN, POLL_CLIENT, &server->controls[i]);
	for (struct vnode *node = server->nodes; node; node = node->next) {
		if (server->conn_count < MAX_CONNS)
			watch(set, node->listen_fd, POLLIN, POLL_NODE, node);
		for (struct vconn *conn = node->conns; conn; conn = conn->next)
			watch(set, conn->fd, conn->out_first ? POLLOUT : POLLIN, POLL_CONN, conn);
	}
}

static void serve_conn(struct vconn *conn, short revents)
{
	if (revents & POLLOUT)
		conn_write(conn);
	/* POLLHUP without POLLIN: the client died while we owed it an answer. */
	if (revents & (POLLERR | POLLNVAL) || (revents & POLLHUP && !(revents & POLLIN)))
		conn->broken = true;
	else if (revents & POLLIN)
		conn_read(conn);
}

static void serve(struct vserver *server, const struct poll_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		void *object = set->what[i].object;
		short revents = set->fds[i].revents;
		if (!revents)
			continue;
		switch (set->what[i].kind) {
		case POLL_SIGNAL:
			server->quit = true;
			break;
		case POLL_CHILD:
			break;
		case POLL_CONTROL:
			control_accept(server);
			break;
		case POLL_CLIENT:
			control_read(server, object);
			break;
		case POLL_NODE:
			if (((struct vnode *)object)->listen_fd >= 0 &&
				conn_accept(object) != VT_OK)
				vt_log(VT_LOG_DEBUG, "client not accepted");
			break;
		case POLL_CONN:
			serve_conn(object, revents);
			break;
		}
	}
}

/* Frees what broke in this round, and nodes that nobody has open any more. */
static void bury(struct vserver *server)
{
	for (struct vnode **at = &server->nodes; *at;) {
		struct vnode *node = *at;
		for (struct vconn *conn = node->conns, *next; conn; conn = next) {
			next = conn->next;
			if (conn->broken)
				conn_free(conn);
		}
		if (node->gone && !node->conns) {
			*at = node->next;
			free_node(node);
		} else {
			at = &node->next;
		}
	}
}

/* Moves time on and everything that waits for it; returns how long the poll may sleep. */
static int step_time(struct vserver *server)
{
	int64_t next;

	server->now_ms = vt_clock_monotonic_ms();
	next = control_tick(server);
	for (size_t i = 0; i < server->slot_count; i++) {
		struct vslot *slot = &server->slots[i];
		vdev_tick(slot->dev, server->now_ms);
		vserver_settle(server, slot);
		int64_t wanted = vdev_next_ms(slot->dev);
		if (wanted < next)
			next = wanted;
	}
	/* A synchronous control transfer in NAK has a deadline, too. */
	for (const struct vnode *node = server->nodes; node; node = node->next) {
		for (const struct vconn *conn = node->conns; conn; conn = conn->next) {
			if (conn->state == CONN_CONTROL && conn->deadline_ms < next)
				next = conn->deadline_ms;
		}
	}
	bury(server);
	if (next == INT64_MAX)
		return -1;
	int64_t wait = next - server->now_ms;
	return wait < 1 ? 1 : wait > 60000 ? 60000 : (int)wait;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum vt_code vserver_run(
	struct vserver *server, int child, int *ret_child_status, struct vt_error *error)
{
	VT_CLEANUP(vt_closep) int signal_fd = open_signals();
	VT_CLEANUP(vt_closep) int child_fd = child > 0 ? pidfd_open(child, 0) : -1;
	struct poll_set *set = malloc(sizeof(*set));
	enum vt_code code = VT_OK;

	if (!set || signal_fd < 0 || (child > 0 && child_fd < 0)) {
		free(set);
		return vt_fail(error, VT_ERR_IO, errno, "server: %s", strerror(errno));
	}
	while (!server->quit) {
		int wait = step_time(server);
		if (server->quit)
			break;
		fill_set(server, set, signal_fd, child_fd);
		if (poll(set->fds, set->count, wait) < 0 && errno != EINTR) {
			code = vt_fail(error, VT_ERR_IO, errno, "poll: %s", strerror(errno));
			break;
		}
		server->now_ms = vt_clock_monotonic_ms();
		for (size_t i = 0; i < server->slot_count; i++)
			vdev_tick(server->slots[i].dev, server->now_ms);
		serve(server, set);
		if (child > 0 && waitpid(child, ret_child_status, WNOHANG) == child)
			break;
	}
	free(set);
	return code;
}
