#include "drivers/service.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "drivers/device.h"
#include "drivers/printing.h"
#include "drivers/quarantine.h"
#include "drivers/reader.h"
#include "drivers/usb/usb_libusb.h"
#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

/* Core is started by the same supervisor within a second; its socket is looked for so often. */
#define RECONNECT_MS 300
/* Another program may hold a device for a moment (a queue of CUPS, usblp while it loads). */
#define ATTACH_AGAIN_MS 2000
/* Supported devices plugged in at once; one of a kind is used, the others stand by. */
#define MAX_CANDIDATES 8
/* Foreign devices told once each; more than a kiosk's bus holds. */
#define MAX_FOREIGN 32
#define MAX_SLOTS   8
/* Between letting a device go and taking it again: its transfers end, its handle is closed. */
#define REST_MS 300
/* A technician's order without a time limit of its own. */
#define ORDER_MS 15000

/* A device and what the process knows about it. */
struct slot {
	struct device *device; /* owned */
	bool is_refused;       /* there is one, but it cannot be had */
	struct device_status sent;
	/* Device.Reset or Device.Test of core that waits for the device; request_id 0 = none */
	struct bus_header order;
	int64_t order_until_ms;
	int64_t resets;	       /* by a technician */
	int64_t rest_until_ms; /* let go for a reset: not taken before */
};

struct service {
	sd_event *event; /* borrowed */
	char socket_path[108];
	struct registry *registry;
	struct readers *readers;
	struct text_fonts *fonts;
	struct usb *usb;
	struct device_host host;
	struct slot slots[MAX_SLOTS];
	size_t slot_count;
	struct quarantine quarantine;
	/* core */
	struct bus_conn *conn;
	sd_event_source *conn_source, *reconnect_source, *wake_source, *attach_source;
	struct bus_message *message; /* for reading and writing, one at a time */
	/* devices */
	struct usb_device_info candidates[MAX_CANDIDATES];
	size_t candidate_count;
	uint32_t foreign[MAX_FOREIGN];
	size_t foreign_count;
	bool is_refreshing;
};

static void refresh(struct service *s);
static void drop_core(struct service *s, const char *why);

static uint32_t id_of(const struct usb_desc *desc)
{
	return (uint32_t)desc->vid << 16 | desc->pid;
}

/* ---- to core ---- */

static void watch_conn(struct service *s)
{
	(void)sd_event_source_set_io_events(
		s->conn_source, bus_conn_wants_write(s->conn) ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Sends s->message; a core that does not listen is dropped and comes back. */
static void send_message(void *owner)
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

static void send_copy(void *owner, const struct bus_message *msg)
{
	struct service *s = owner;
	struct vt_error error = {0};

	if (s->conn && bus_conn_send(s->conn, msg, &error))
		drop_core(s, error.msg);
	else if (s->conn)
		watch_conn(s);
}

static bool is_connected(void *owner)
{
	return ((struct service *)owner)->conn != NULL;
}

static struct bus_message *get_message(void *owner)
{
	return ((struct service *)owner)->message;
}

static void refuse(void *owner, const struct bus_header *request, enum bus_completion_code code,
	const char *text)
{
	struct service *s = owner;

	if (!s->conn)
		return;
	bus_make_completion(s->message, request, code, text);
	send_message(s);
}

static int64_t now_ms(void *owner)
{
	(void)owner;
	return vt_clock_monotonic_ms();
}

static void on_changed(void *owner, struct device *device)
{
	(void)device;
	refresh(owner);
}

/* ---- status ---- */

/* Why a device of this kind that is plugged in is left alone; NULL: none is. */
static const char *quarantine_of(const struct service *s, const struct slot *slot)
{
	for (size_t i = 0; i < s->candidate_count; i++) {
		const struct usb_device_info *info = &s->candidates[i];
		const char *reason = quarantine_reason(
			&s->quarantine, id_of(&info->desc), vt_clock_monotonic_ms());
		if (reason && slot->device->ops->takes(slot->device, info))
			return reason;
	}
	return NULL;
}

static void make_status(const struct service *s, const struct slot *slot, struct device_status *ret)
{
	const struct device_ops *ops = slot->device->ops;
	const char *reason = quarantine_of(s, slot);

	memset(ret, 0, sizeof(*ret)); /* compared as a whole */
	ops->status(slot->device, ret);
	ret->resets += slot->resets;
	if (ret->state == DEVICE_ABSENT && slot->rest_until_ms > vt_clock_monotonic_ms()) {
		ret->state = DEVICE_STARTING;
		ret->reason[0] = '\0';
	} else if (ret->state == DEVICE_ABSENT && (slot->is_refused || reason)) {
		ret->state = DEVICE_FAILED;
		vt_copy_cut(ret->reason, sizeof(ret->reason), reason ? reason : "refused");
	}
	vt_copy_cut(ret->id, sizeof(ret->id), ops->id);
	vt_copy_cut(ret->class, sizeof(ret->class), ops->class);
	vt_copy_cut(ret->advice, sizeof(ret->advice), device_advice(ret->reason, ret->state));
}

static void send_status(struct service *s, struct slot *slot, bool is_forced)
{
	struct device_status status;

	make_status(s, slot, &status);
	if (!is_forced && memcmp(&status, &slot->sent, sizeof(status)) == 0)
		return;
	if (status.state != slot->sent.state || strcmp(status.reason, slot->sent.reason) != 0)
		vt_log(VT_LOG_NOTICE, "%s %s %s: %s %s", status.id, status.usb, status.model,
			device_state_names[status.state], status.reason);
	slot->sent = status;
	if (!s->conn)
		return;
	bus_make_unsolicited(s->message, BUS_COMMON_STATUS_CHANGED);
	s->message->payload.device_status = status;
	send_message(s);
}

/* ---- devices ---- */

static void attach_later(struct service *s)
{
	(void)sd_event_source_set_time_relative(s->attach_source, ATTACH_AGAIN_MS * 1000);
	(void)sd_event_source_set_enabled(s->attach_source, SD_EVENT_ONESHOT);
}

static enum vt_code attach(struct service *s, struct slot *slot, const struct usb_device_info *info)
{
	const struct device_ops *ops = slot->device->ops;
	struct vt_error error = {0};

	(void)s;
	const enum vt_code code = ops->attach(slot->device, info, &error);
	if (!code)
		vt_log(VT_LOG_NOTICE, "%s %04x:%04x attached", ops->id, info->desc.vid,
			info->desc.pid);
	else if (!slot->is_refused && code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_ERROR, "%s %04x:%04x: %s", ops->id, info->desc.vid, info->desc.pid,
			error.msg);
	return code;
}

static void try_attach(struct service *s, struct slot *slot)
{
	bool is_refused = false, is_again = false;

	if (slot->device->ops->key(slot->device) != 0 ||
		slot->rest_until_ms > vt_clock_monotonic_ms())
		return;
	for (size_t i = 0; i < s->candidate_count; i++) {
		const struct usb_device_info *info = &s->candidates[i];
		if (!slot->device->ops->takes(slot->device, info) ||
			quarantine_reason(
				&s->quarantine, id_of(&info->desc), vt_clock_monotonic_ms()))
			continue;
		const enum vt_code code = attach(s, slot, info);
		if (!code) {
			is_refused = is_again = false;
			break;
		}
		/* Not found: unplugged, and the news of it is on its way. */
		is_refused = is_refused || code != VT_ERR_NOT_FOUND;
		is_again = true;
	}
	slot->is_refused = is_refused;
	if (is_again)
		attach_later(s);
}

/* A device that keeps breaking its protocol is let go. */
static void judge(struct service *s, struct slot *slot)
{
	const struct device_ops *ops = slot->device->ops;
	const usb_key key = ops->key(slot->device);
	struct device_status status = {0};

	ops->status(slot->device, &status);
	for (size_t i = 0; key != 0 && i < s->candidate_count; i++)
		if (s->candidates[i].key == key &&
			quarantine_judge(&s->quarantine, id_of(&s->candidates[i].desc),
				status.state == DEVICE_FAILED &&
					strcmp(status.reason, "protocol") == 0,
				vt_clock_monotonic_ms())) {
			vt_log(VT_LOG_ERROR, "%s: in quarantine", ops->id);
			(void)ops->detach(slot->device, key);
			return;
		}
}

static void arm(struct service *s)
{
	int64_t wake_ms = quarantine_wake_ms(&s->quarantine, vt_clock_monotonic_ms());

	for (size_t i = 0; i < s->slot_count; i++) {
		const struct device *device = s->slots[i].device;
		const int64_t own_ms = device->ops->wake_ms(device);
		if (own_ms < wake_ms)
			wake_ms = own_ms;
		if (s->slots[i].order.request_id && s->slots[i].order_until_ms < wake_ms)
			wake_ms = s->slots[i].order_until_ms;
		if (s->slots[i].rest_until_ms > vt_clock_monotonic_ms() &&
			s->slots[i].rest_until_ms < wake_ms)
			wake_ms = s->slots[i].rest_until_ms;
	}
	if (wake_ms == INT64_MAX) {
		(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(s->wake_source, (uint64_t)wake_ms * 1000);
	(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_ONESHOT);
}

/* ---- a technician's orders ---- */

/* Plugged in, but not yet what it will be. */
static bool is_settling(
	const struct service *s, const struct slot *slot, const struct device_status *status)
{
	const struct device *device = slot->device;

	if (status->state == DEVICE_STARTING)
		return true;
	for (size_t i = 0; device->ops->key(device) == 0 && i < s->candidate_count; i++)
		if (device->ops->takes(device, &s->candidates[i]) && !quarantine_of(s, slot))
			return true;
	return false;
}

static enum device_verdict judge_test(
	const struct slot *slot, const struct device_status *status, struct device_tested *tested)
{
	const char *reason = status->reason, *step = status->advice;
	enum device_verdict verdict = DEVICE_TEST_FAILED;

	if (status->state == DEVICE_READY || status->state == DEVICE_DEGRADED)
		verdict = slot->device->ops->test
				  ? slot->device->ops->test(slot->device, &reason, &step)
				  : DEVICE_TEST_PASSED;
	vt_copy_cut(tested->device, sizeof(tested->device), slot->device->ops->id);
	vt_copy_cut(tested->reason, sizeof(tested->reason), reason);
	vt_copy_cut(tested->detail, sizeof(tested->detail), step);
	tested->outcome = verdict == DEVICE_TEST_PASSED ? TEST_PASSED : TEST_FAILED;
	return verdict;
}

/* Answers what a technician asked for, once it is known or its time is over. */
static void finish_order(struct service *s, struct slot *slot)
{
	const bool is_late = slot->order_until_ms <= vt_clock_monotonic_ms();
	struct device_tested tested = {0};
	struct device_status status;

	if (!slot->order.request_id || !s->conn)
		return;
	make_status(s, slot, &status);
	if (!is_late && is_settling(s, slot, &status))
		return;
	if (slot->order.name == BUS_DEVICE_TEST &&
		judge_test(slot, &status, &tested) == DEVICE_TEST_RUNNING && !is_late)
		return;
	bus_make_completion(s->message, &slot->order, BUS_SUCCESS, NULL);
	if (slot->order.name == BUS_DEVICE_TEST)
		s->message->payload.device_tested = tested;
	else
		s->message->payload.device_status = status;
	slot->order = (struct bus_header){0};
	send_message(s);
}

/* The driver begins anew, and what was held against the device is forgotten. */
static void reset(struct service *s, struct slot *slot)
{
	const struct device_ops *ops = slot->device->ops;
	const usb_key key = ops->key(slot->device);

	vt_log(VT_LOG_NOTICE, "%s: reset by a technician", ops->id);
	for (size_t i = 0; i < s->candidate_count; i++)
		if (ops->takes(slot->device, &s->candidates[i]))
			quarantine_forgive(&s->quarantine, id_of(&s->candidates[i].desc));
	slot->is_refused = false;
	slot->resets++;
	if (key == 0)
		return;
	slot->rest_until_ms = vt_clock_monotonic_ms() + REST_MS;
	(void)ops->detach(slot->device, key);
}

/* Device.Reset, Device.Test: answered by refresh(), which follows each message. */
static void take_order(struct service *s, const struct bus_message *msg)
{
	const struct bus_header *header = &msg->header;
	struct slot *slot = NULL;

	for (size_t i = 0; i < s->slot_count; i++)
		if (strcmp(s->slots[i].device->ops->id, msg->payload.device_query.device) == 0)
			slot = &s->slots[i];
	if (!slot) {
		refuse(s, header, BUS_NOT_FOUND, "no such device");
		return;
	}
	if (slot->order.request_id || slot->device->ops->is_busy(slot->device)) {
		refuse(s, header, BUS_SEQUENCE_ERROR, "the device is at work");
		return;
	}
	if (header->name == BUS_DEVICE_RESET)
		reset(s, slot);
	slot->order = *header;
	slot->order_until_ms =
		vt_clock_monotonic_ms() + (header->timeout_ms > 0 ? header->timeout_ms : ORDER_MS);
}

/* Brings everything to what it should be by now: attached, judged, told, armed. */
static void refresh(struct service *s)
{
	if (s->is_refreshing)
		return;
	s->is_refreshing = true;
	for (size_t i = 0; i < s->slot_count; i++) {
		judge(s, &s->slots[i]);
		try_attach(s, &s->slots[i]);
		send_status(s, &s->slots[i], false);
		finish_order(s, &s->slots[i]);
	}
	s->is_refreshing = false;
	arm(s);
}

static int on_attach_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	refresh(userdata);
	return 0;
}

static void tell_foreign(struct service *s, const struct usb_device_info *info)
{
	const uint32_t id = id_of(&info->desc);

	for (size_t i = 0; i < s->foreign_count; i++)
		if (s->foreign[i] == id)
			return;
	if (s->foreign_count == MAX_FOREIGN)
		return;
	s->foreign[s->foreign_count++] = id;
	vt_log(VT_LOG_NOTICE, "usb %04x:%04x is not in the registry: refused", info->desc.vid,
		info->desc.pid);
}

static void on_arrived(void *owner, const struct usb_device_info *info)
{
	struct service *s = owner;
	bool is_taken = false;

	for (size_t i = 0; i < s->slot_count; i++)
		is_taken = is_taken || s->slots[i].device->ops->takes(s->slots[i].device, info);
	if (!is_taken) {
		tell_foreign(s, info);
		return;
	}
	if (s->candidate_count == MAX_CANDIDATES) {
		vt_log(VT_LOG_WARNING, "usb: too many devices, one is ignored");
		return;
	}
	quarantine_arrived(&s->quarantine, id_of(&info->desc), vt_clock_monotonic_ms());
	s->candidates[s->candidate_count++] = *info;
	refresh(s);
}

static void on_left(void *owner, usb_key key)
{
	struct service *s = owner;

	for (size_t i = 0; i < s->candidate_count; i++)
		if (s->candidates[i].key == key) {
			s->candidates[i] = s->candidates[--s->candidate_count];
			break;
		}
	for (size_t i = 0; i < s->slot_count; i++)
		(void)s->slots[i].device->ops->detach(s->slots[i].device, key);
	refresh(s);
}

static void on_refused(void *owner, usb_key key, const char *reason)
{
	(void)owner;
	vt_log(VT_LOG_WARNING, "usb %03" PRIu32 ":%03" PRIu32 " refused: %s", key >> 8, key & 0xff,
		reason);
}

/* ---- commands ---- */

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
		take_order(s, msg);
		is_known = true;
	}
	for (size_t i = 0; i < s->slot_count && !is_known; i++)
		is_known = s->slots[i].device->ops->command(s->slots[i].device, msg);
	if (!is_known)
		refuse(s, &msg->header, BUS_UNSUPPORTED_COMMAND, "not a device command");
	bus_message_finish(msg);
	free(msg);
}

/* ---- connection ---- */

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
	refresh(s);
	return 0;
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

static void greet(struct service *s)
{
	struct vt_error error = {0};

	if (bus_conn_send_hello(s->conn, "ventanilla-devices", &error)) {
		drop_core(s, error.msg);
		return;
	}
	vt_log(VT_LOG_NOTICE, "connected to core");
	for (size_t i = 0; i < s->slot_count && s->conn; i++)
		send_status(s, &s->slots[i], true);
	for (size_t i = 0; i < s->slot_count && s->conn; i++)
		s->slots[i].device->ops->core_came(s->slots[i].device);
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
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

static int on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct service *s = userdata;

	(void)source, (void)usec;
	for (size_t i = 0; i < s->slot_count; i++) {
		struct device *device = s->slots[i].device;
		if (device->ops->wake_ms(device) <= vt_clock_monotonic_ms())
			device->ops->wake(device);
	}
	refresh(s);
	return 0;
}

/* ---- create, destroy ---- */

static enum vt_code load_fonts(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	static const char *const names[TEXT_FACE_COUNT] = {[TEXT_REGULAR] = "NotoSans-400.ttf",
		[TEXT_BOLD] = "NotoSans-600.ttf",
		[TEXT_TITLE] = "Montserrat-700.ttf"};
	const char *folder = vt_config_require(config, "devices", "fonts", error);
	char paths[TEXT_FACE_COUNT][PATH_MAX];
	const char *list[TEXT_FACE_COUNT];

	if (!folder)
		return error->code;
	for (int i = 0; i < TEXT_FACE_COUNT; i++) {
		if (!vt_format(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]))
			return vt_fail(error, VT_ERR_LIMIT, 0, "devices: fonts: path too long");
		list[i] = paths[i];
	}
	return text_fonts_load(list, &s->fonts, error);
}

/* [devices] readers, else readers.tsv beside the registry; without a file no reader is driven. */
static enum vt_code load_readers(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *path = vt_config_get(config, "devices", "readers", NULL);
	const char *registry = vt_config_get(config, "devices", "registry", "");
	const char *slash = strrchr(registry, '/');
	char beside[PATH_MAX];

	s->readers = calloc(1, sizeof(*s->readers));
	if (!s->readers)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	if (path)
		return readers_load(path, s->readers, error);
	if (!vt_format(beside, sizeof(beside), "%.*sreaders.tsv",
		    slash ? (int)(slash - registry + 1) : 0, registry))
		return vt_fail(error, VT_ERR_LIMIT, 0, "devices: registry: path too long");
	const enum vt_code code = readers_load(beside, s->readers, error);
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

static enum vt_code load_files(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *registry = vt_config_require(config, "devices", "registry", error);

	if (!registry)
		return error->code;
	s->registry = malloc(sizeof(*s->registry));
	if (!s->registry)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	enum vt_code code = registry_load(registry, s->registry, error);
	if (!code)
		code = load_readers(s, config, error);
	if (!code)
		code = load_fonts(s, config, error);
	return code;
}

static enum vt_code add_sources(struct service *s, struct vt_error *error)
{
	if (sd_event_add_time(
		    s->event, &s->reconnect_source, CLOCK_MONOTONIC, 0, 0, on_reconnect, s) < 0 ||
		sd_event_add_time(s->event, &s->wake_source, CLOCK_MONOTONIC, 0, 1000, on_wake, s) <
			0 ||
		sd_event_add_time(
			s->event, &s->attach_source, CLOCK_MONOTONIC, 0, 0, on_attach_again, s) < 0)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_OFF);
	(void)sd_event_source_set_enabled(s->attach_source, SD_EVENT_OFF);
	return VT_OK;
}

static enum vt_code add_slot(struct service *s, struct device *device, struct vt_error *error)
{
	if (!device)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	VT_ASSERT(s->slot_count < MAX_SLOTS);
	s->slots[s->slot_count++].device = device;
	return VT_OK;
}

static enum vt_code add_printer(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *state = vt_config_get(config, "devices", "state", NULL);
	char path[PATH_MAX] = "";

	if (state && !vt_format(path, sizeof(path), "%s/printer.trace", state))
		return vt_fail(error, VT_ERR_LIMIT, 0, "devices: state: path too long");
	return add_slot(s, printing_create(&s->host, s->fonts, path), error);
}

static enum vt_code start_devices(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const struct usb_watch watch = {
		.arrived = on_arrived, .left = on_left, .refused = on_refused, .owner = s};

	enum vt_code code = usb_libusb_create(s->event, &s->usb, error);
	if (code)
		return code;
	s->host = (struct device_host){.owner = s,
		.usb = s->usb,
		.registry = s->registry,
		.now_ms = now_ms,
		.is_connected = is_connected,
		.message = get_message,
		.send = send_message,
		.send_copy = send_copy,
		.refuse = refuse,
		.changed = on_changed};
	code = add_printer(s, config, error);
	if (!code)
		code = add_slot(s, reader_slot_create(&s->host, s->readers), error);
	return code ? code : s->usb->ops->watch(s->usb, &watch, error);
}

enum vt_code service_create(struct sd_event *event, const char *socket_path,
	const struct vt_config *config, struct service **ret_service, struct vt_error *error)
{
	struct service *s = calloc(1, sizeof(*s));
	enum vt_code code = VT_OK;

	if (!s || !(s->message = calloc(1, sizeof(*s->message)))) {
		free(s);
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	}
	s->event = event;
	if (!vt_copy(s->socket_path, sizeof(s->socket_path), socket_path))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "devices: socket path too long");
	if (!code)
		code = load_files(s, config, error);
	if (!code)
		code = add_sources(s, error);
	if (!code)
		code = start_devices(s, config, error);
	if (code) {
		service_destroy(&s);
		return code;
	}
	*ret_service = s;
	return VT_OK;
}

void service_destroy(struct service **service)
{
	struct service *s = *service;

	if (!s)
		return;
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].device->ops->destroy(s->slots[i].device);
	usb_destroy(&s->usb);
	sd_event_source_disable_unref(s->conn_source);
	sd_event_source_disable_unref(s->reconnect_source);
	sd_event_source_disable_unref(s->wake_source);
	sd_event_source_disable_unref(s->attach_source);
	bus_conn_close(&s->conn);
	text_fonts_close(&s->fonts);
	free(s->registry);
	free(s->readers);
	free(s->message);
	free(s);
	*service = NULL;
}
