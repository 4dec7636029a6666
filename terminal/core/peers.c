/* Sockets: the role is the socket; one peer for each role but ctl; messages checked and routed. */

#include <pwd.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/permit.h"
#include "terminal/core/core.h"

/* Messages taken from one peer before the others have their turn, and turns a second: far above
 * what screen, printer and services need, and a peer gone wild leaves time for commits. */
#define READ_BURST	 64
#define TURNS_PER_S	 200
#define TURN_PERIOD_USEC 1000000

static void peer_close(struct peer *peer)
{
	struct core *core = peer->core;

	if (!peer->conn)
		return;
	peer->io = sd_event_source_disable_unref(peer->io);
	bus_conn_close(&peer->conn);
	if (peer->role != ROLE_CTL) {
		vt_log(VT_LOG_NOTICE, "%s disconnected", bus_role_names[peer->role]);
		journal_note(core, (struct journal_fact){.event = JOURNAL_GONE,
					   .word = bus_role_names[peer->role]});
	}
	if (peer->role == ROLE_SYNC) {
		work_sync_gone(core);
		cards_sync_gone(core);
	} else if (peer->role == ROLE_CTL) {
		reconcile_peer_gone(core, peer);
		export_peer_gone(core, peer);
		cards_peer_gone(core, peer);
		maintenance_peer_gone(core, peer);
	} else if (peer->role == ROLE_DEVICES) {
		core->device_list.count = 0;
		session_staff_devices(core->session, &core->device_list);
		cards_devices_gone(core);
		scan_devices_gone(core);
		maintenance_devices_gone(core);
		sheet_devices_gone(core);
		citizen_health(core);
	}
}

/* Watches for writing only while something waits. */
static void update_interest(struct peer *peer)
{
	const uint32_t events =
		EPOLLIN | (bus_conn_wants_write(peer->conn) ? (uint32_t)EPOLLOUT : 0);

	(void)sd_event_source_set_io_events(peer->io, events);
}

bool peer_send(struct peer *peer)
{
	struct vt_error error = {0};

	if (!peer->conn) {
		bus_message_finish(peer->core->tx);
		return false;
	}
	const enum vt_code code = bus_conn_send(peer->conn, peer->core->tx, &error);
	bus_message_finish(peer->core->tx);
	if (code) {
		vt_log(VT_LOG_WARNING, "%s: %s", bus_role_names[peer->role], error.msg);
		peer_close(peer);
		return false;
	}
	update_interest(peer);
	return true;
}

static void on_hello(struct peer *peer, const struct terminal_hello *hello)
{
	if (peer->role == ROLE_CTL)
		return;
	vt_log(VT_LOG_NOTICE, "%s connected: %s %s", bus_role_names[peer->role], hello->program,
		hello->version);
	journal_note(peer->core, (struct journal_fact){.event = JOURNAL_CONNECTED,
					 .word = bus_role_names[peer->role]});
	if (peer->role == ROLE_UI)
		citizen_show(peer->core);
	else if (peer->role == ROLE_SYNC)
		work_sync_up(peer->core);
}

static void on_message(struct peer *peer, struct bus_message *msg)
{
	struct core *core = peer->core;
	struct session_event event = {.type = SESSION_ACTIVITY};

	switch (msg->header.name) {
	case BUS_TERMINAL_HELLO:
		on_hello(peer, &msg->payload.terminal_hello);
		return;
	case BUS_INTENT_ACTIVITY:
		citizen_feed(core, &event);
		return;
	case BUS_INTENT_ACT:
		event.type = SESSION_INTENT;
		event.u.intent = &msg->payload.intent_act;
		citizen_feed(core, &event);
		return;
	case BUS_COMMON_STATUS_CHANGED:
		devices_status(core, &msg->payload.device_status);
		return;
	case BUS_PRINTER_PRINT_FORM:
		if (!maintenance_done(core, msg))
			sheet_result(core, msg);
		return;
	case BUS_WORK_DELIVER:
		work_result(core, msg);
		return;
	case BUS_WORK_LINK:
		work_link(core, &msg->payload.work_link);
		return;
	case BUS_TERMINAL_STATUS:
	case BUS_DEVICE_LIST:
	case BUS_QUEUE_LIST:
	case BUS_QUEUE_SHOW:
		answer_ctl(core, peer);
		return;
	case BUS_QUEUE_RETRY:
	case BUS_QUEUE_DISCARD:
		answer_decision(core, peer);
		return;
	case BUS_QUEUE_EXPORT:
		answer_export(core, peer);
		return;
	case BUS_WORK_SEAL:
		export_sealed(core, msg);
		return;
	case BUS_QUEUE_RECONCILE:
		answer_reconcile(core, peer);
		return;
	case BUS_JOURNAL_SHOW:
	case BUS_JOURNAL_VERIFY:
	case BUS_JOURNAL_CHECKPOINT:
		answer_journal(core, peer);
		return;
	case BUS_CARD_SHOW:
	case BUS_CARD_SIGN:
		answer_card(core, peer);
		return;
	case BUS_DEVICE_RESET:
	case BUS_DEVICE_TEST:
		if (msg->header.type == BUS_COMMAND)
			answer_maintenance(core, peer);
		else
			(void)maintenance_done(core, msg);
		return;
	case BUS_CARD_INSERTED:
		cards_inserted(core, &msg->payload.card_inserted);
		return;
	case BUS_CARD_REMOVED:
		cards_removed(core, &msg->payload.card_removed);
		return;
	case BUS_CERTIFICATE_LIST:
		cards_listed(core, msg);
		return;
	case BUS_CERTIFICATE_SIGN:
		cards_signed(core, msg);
		return;
	case BUS_CERTIFICATE_PIN_ENTRY:
		cards_pin_entry(core, msg);
		return;
	case BUS_CERTIFICATE_CHECK:
		cards_checked(core, msg);
		return;
	case BUS_BARCODE_READ:
		scan_done(core, msg);
		return;
	case BUS_CARD_READ_STRIPE: /* nobody asks yet: the answer finds nobody */
	case BUS_COMMON_CANCEL:	   /* its completion: the command itself ends on its own */
	case BUS_SCREEN_SHOW:	   /* its completion: the frame is presented */
	case BUS_NAME_COUNT:
		return;
	}
}

/* Reads what is there: all steps of a turn share one commit. */
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct peer *peer = userdata;
	struct core *core = peer->core;
	struct vt_error error = {0};
	enum vt_code code = VT_OK;

	(void)source;
	(void)fd;
	if (revents & EPOLLOUT)
		code = bus_conn_flush(peer->conn, &error);
	for (int i = 0; i < READ_BURST && code == VT_OK && peer->conn; i++) {
		code = bus_conn_read(peer->conn, core->rx, &error);
		if (code)
			break;
		const struct bus_header header = core->rx->header;
		if (permit_check(peer->role, header.name, header.type,
			    session_is_open(core->session) ? PERMIT_CITIZEN : PERMIT_IDLE)) {
			on_message(peer, core->rx);
		} else {
			code = vt_fail(&error, VT_ERR_DENIED, 0, "%s %s is not permitted",
				bus_type_names[header.type], bus_name_text(header.name));
		}
		bus_message_finish(core->rx);
	}
	if (!peer->conn)
		return 0;
	if (code != VT_OK && code != VT_ERR_AGAIN) {
		if (code != VT_ERR_CLOSED)
			vt_log(VT_LOG_ERROR, "%s: closed: %s", bus_role_names[peer->role],
				error.msg);
		peer_close(peer);
		return 0;
	}
	update_interest(peer);
	return 0;
}

static struct peer *slot_for(struct core *core, enum bus_role role)
{
	switch (role) {
	case ROLE_UI:
		return &core->ui;
	case ROLE_DEVICES:
		return &core->devices;
	case ROLE_SYNC:
		return &core->sync;
	case ROLE_CTL:
		for (size_t i = 0; i < CORE_MAX_CTL; i++) {
			if (!core->ctl[i].conn)
				return &core->ctl[i];
		}
		return NULL;
	case ROLE_COUNT:
		break;
	}
	return NULL;
}

/* The socket's mode lets the whole group in; the role belongs to one user of it. */
static bool may_take(const struct core *core, enum bus_role role, uid_t uid)
{
	return role == ROLE_CTL || uid == 0 || uid == geteuid() || uid == core->users[role];
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct core *core = userdata;
	struct bus_conn *conn;
	struct vt_error error;
	enum bus_role role = ROLE_UI;
	uid_t uid;

	(void)source;
	(void)revents;
	while (core->listeners[role] != fd)
		role++;
	enum vt_code code = bus_accept(fd, &conn, &uid, NULL, &error);
	if (code == VT_ERR_AGAIN)
		return 0;
	if (code) {
		vt_log(VT_LOG_WARNING, "%s", error.msg);
		return 0;
	}
	if (!may_take(core, role, uid)) {
		vt_log(VT_LOG_ERROR, "%s: user %ld has not this role", bus_role_names[role],
			(long)uid);
		bus_conn_close(&conn);
		return 0;
	}
	struct peer *peer = slot_for(core, role);
	if (!peer) {
		vt_log(VT_LOG_WARNING, "ctl: too many connections");
		bus_conn_close(&conn);
		return 0;
	}
	peer_close(peer); /* a restarted process replaces the one that died unnoticed */
	peer->conn = conn;
	peer->uid = uid;
	sd_event_source *io = NULL;
	if (sd_event_add_io(core->event, &io, bus_conn_fd(conn), EPOLLIN, on_io, peer) < 0)
		bus_conn_close(&peer->conn);
	else
		(void)sd_event_source_set_ratelimit(io, TURN_PERIOD_USEC, TURNS_PER_S);
	peer->io = io;
	return 0;
}

static enum vt_code find_users(struct core *core, struct vt_error *error)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		const char *name = vt_config_get(core->config, "users", bus_role_names[role], NULL);
		const struct passwd *user = name ? getpwnam(name) : NULL;
		if (name && !user)
			return vt_fail(error, VT_ERR_NOT_FOUND, 0,
				"terminal.conf: [users] %s: no such user", bus_role_names[role]);
		core->users[role] = user ? user->pw_uid : geteuid();
	}
	return VT_OK;
}

enum vt_code peers_open(struct core *core, struct vt_error *error)
{
	enum vt_code code = find_users(core, error);

	if (code)
		return code;
	core->ui = (struct peer){.core = core, .role = ROLE_UI};
	core->devices = (struct peer){.core = core, .role = ROLE_DEVICES};
	core->sync = (struct peer){.core = core, .role = ROLE_SYNC};
	for (size_t i = 0; i < CORE_MAX_CTL; i++)
		core->ctl[i] = (struct peer){.core = core, .role = ROLE_CTL};
	for (int role = 0; role < ROLE_COUNT; role++) {
		char path[128];
		if (!vt_format(
			    path, sizeof(path), "%s/%s.sock", core->run_dir, bus_role_names[role]))
			return vt_fail(error, VT_ERR_LIMIT, 0, "run_dir: too long");
		code = bus_listen(path, &core->listeners[role], error);
		if (code)
			return code;
		if (sd_event_add_io(core->event, NULL, core->listeners[role], EPOLLIN, on_connect,
			    core) < 0)
			return vt_fail(error, VT_ERR_NOMEM, 0, "core: event loop");
	}
	return VT_OK;
}

void peers_close(struct core *core)
{
	peer_close(&core->ui);
	peer_close(&core->devices);
	peer_close(&core->sync);
	for (size_t i = 0; i < CORE_MAX_CTL; i++)
		peer_close(&core->ctl[i]);
}
