/* The connection to core: it comes and goes, the devices stay. */
#include "drivers/service-internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "terminal/base/log.h"

/* Core is started by the same supervisor within a second; its socket is looked for so often. */
#define RECONNECT_MS 300

static int on_conn(sd_event_source *source, int fd, uint32_t revents, void *userdata);

static void watch_conn(struct service *s)
{
	(void)sd_event_source_set_io_events(
		s->conn_source, bus_conn_wants_write(s->conn) ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void drop_core(struct service *s, const char *why)
{
	if (!s->conn)
		return;
	vt_log(VT_LOG_NOTICE, "core is gone: %s", why);
	sd_event_source_disable_unref(s->conn_source);
	s->conn_source = NULL;
	bus_conn_close(&s->conn);
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].device->ops->core_went(s->slots[i].device);
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].order = (struct bus_header){0};
	(void)sd_event_source_set_time_relative(s->reconnect_source, RECONNECT_MS * 1000);
	(void)sd_event_source_set_enabled(s->reconnect_source, SD_EVENT_ONESHOT);
}

/* Sends s->message; a core that does not listen is dropped and comes back. */
void core_link_send(void *owner)
{
	struct service *s = owner;
	struct vt_error error = {0};

	if (s->conn && bus_conn_send(s->conn, s->message, &error)) {
		bus_message_finish(s->message);
		drop_core(s, error.msg);
		return;
	}
	bus_message_finish(s->message);
	if (s->conn)
		watch_conn(s);
}

void core_link_send_copy(void *owner, const struct bus_message *msg)
{
	struct service *s = owner;
	struct vt_error error = {0};

	if (s->conn && bus_conn_send(s->conn, msg, &error))
		drop_core(s, error.msg);
	else if (s->conn)
		watch_conn(s);
}

bool core_link_is_up(void *owner)
{
	return ((struct service *)owner)->conn != NULL;
}

struct bus_message *core_link_message(void *owner)
{
	return ((struct service *)owner)->message;
}

void core_link_refuse(void *owner, const struct bus_header *request, enum bus_completion_code code,
	const char *text)
{
	struct service *s = owner;

	if (!s->conn)
		return;
	bus_make_completion(s->message, request, code, text);
	core_link_send(s);
}

static void on_message(struct service *s)
{
	/* A copy: answers are made in s->message. */
	struct bus_message *msg = malloc(sizeof(*msg));
	bool is_known = false;

	if (!msg) {
		drop_core(s, "out of memory");
		return;
	}
	*msg = *s->message;
	bus_message_finish(s->message);
	if (msg->header.type != BUS_COMMAND) {
		vt_log(VT_LOG_WARNING, "core sent no command: %s", bus_name_text(msg->header.name));
		is_known = true;
	}
	if (!is_known &&
		(msg->header.name == BUS_DEVICE_RESET || msg->header.name == BUS_DEVICE_TEST)) {
		orders_take(s, msg);
		is_known = true;
	}
	for (size_t i = 0; i < s->slot_count && !is_known; i++)
		is_known = s->slots[i].device->ops->command(s->slots[i].device, msg);
	if (!is_known)
		core_link_refuse(s, &msg->header, BUS_UNSUPPORTED_COMMAND, "not a device command");
	bus_message_finish(msg);
	free(msg);
}

static int on_conn(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct service *s = userdata;
	struct vt_error error = {0};
	enum vt_code code = VT_OK;

	(void)source, (void)fd;
	if (revents & EPOLLOUT)
		code = bus_conn_flush(s->conn, &error);
	while (!code && s->conn) {
		code = bus_conn_read(s->conn, s->message, &error);
		if (!code)
			on_message(s);
	}
	if (s->conn && code && code != VT_ERR_AGAIN)
		drop_core(s, error.msg);
	if (s->conn)
		watch_conn(s);
	slots_refresh(s);
	return 0;
}

static void greet(struct service *s)
{
	struct vt_error error = {0};

	if (bus_conn_send_hello(s->conn, "ventanilla-devices", &error)) {
		drop_core(s, error.msg);
		return;
	}
	vt_log(VT_LOG_NOTICE, "connected to core");
	for (size_t i = 0; i < s->slot_count && s->conn; i++)
		slots_send_status(s, &s->slots[i], true);
	for (size_t i = 0; i < s->slot_count && s->conn; i++)
		s->slots[i].device->ops->core_came(s->slots[i].device);
}

int core_link_on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct service *s = userdata;

	(void)usec;
	if (bus_connect(s->socket_path, &s->conn, NULL) ||
		sd_event_add_io(
			s->event, &s->conn_source, bus_conn_fd(s->conn), EPOLLIN, on_conn, s) < 0) {
		bus_conn_close(&s->conn);
		(void)sd_event_source_set_time_relative(source, RECONNECT_MS * 1000);
		(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
		return 0;
	}
	greet(s);
	return 0;
}
