#include "drivers/service.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "drivers/printer/printer_port.h"
#include "drivers/printer/text.h"
#include "drivers/reader.h"
#include "drivers/registry.h"
#include "drivers/trace.h"
#include "drivers/usb/usb_libusb.h"
#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

/* Core is started by the same supervisor within a second; its socket is looked for so often. */
#define RECONNECT_MS 300
/* Another program may hold the printer for a moment (a queue of CUPS, usblp while it loads). */
#define ATTACH_AGAIN_MS 2000
/* A command without a time limit of its own waits so long for the printer. */
#define WAIT_MS 45000
/* Supported printers plugged in at once; one is used, the others stand by. */
#define MAX_CANDIDATES 8
/* Foreign devices told once each; more than a kiosk's bus holds. */
#define MAX_FOREIGN 32

/* A sheet that waits for the printer. */
struct waiting {
	struct bus_header header;
	struct printer_print_form form; /* personal: wiped */
	int64_t until_ms;
};

struct outcome {
	struct printer_print_result result; /* result.job "" = empty slot */
	struct bus_header header;	    /* of the command that asked last */
	bool is_reported;
};

struct service {
	sd_event *event;			     /* borrowed */
	char socket_path[108], state_path[PATH_MAX]; /* state_path "" = no trace */
	struct registry *registry;
	struct text_fonts *fonts;
	struct usb *usb;
	struct printer_port *port;
	struct reader *reader;
	struct device_status reader_sent;
	/* core */
	struct bus_conn *conn;
	sd_event_source *conn_source, *reconnect_source, *wake_source, *attach_source;
	struct bus_message *message; /* for reading and writing, one at a time */
	/* devices */
	struct usb_device_info candidates[MAX_CANDIDATES];
	size_t candidate_count;
	const struct device_entry *entry; /* of the printer in use, or of the last one; or NULL */
	bool is_refused;		  /* there is one, but it cannot be had */
	uint32_t foreign[MAX_FOREIGN];
	size_t foreign_count;
	struct device_status sent;
	struct printer_trace stored; /* what the file at state_path says */
	/* work */
	struct waiting *waiting[SERVICE_MAX_WAITING]; /* owned */
	size_t waiting_count;
	struct bus_header current; /* command of the sheet in work */
	char current_job[VT_UUID_SIZE];
	struct outcome outcomes[SERVICE_MAX_OUTCOMES];
	size_t next_outcome;
	bool is_pumping;
};

static void pump(struct service *s);
static void try_attach(struct service *s);
static void drop_core(struct service *s, const char *why);

/* ---- to core ---- */

static void watch_conn(struct service *s)
{
	(void)sd_event_source_set_io_events(
		s->conn_source, bus_conn_wants_write(s->conn) ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Sends s->message; a core that does not listen is dropped and comes back. */
static void send_message(struct service *s)
{
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

static void refuse(struct service *s, const struct bus_header *request,
	enum bus_completion_code code, const char *text)
{
	if (!s->conn)
		return;
	bus_make_completion(s->message, request, code, text);
	send_message(s);
}

static void report(struct service *s, struct outcome *outcome)
{
	if (!s->conn)
		return;
	bus_make_completion(s->message, &outcome->header, BUS_SUCCESS, NULL);
	s->message->payload.print_result = outcome->result;
	outcome->is_reported = true;
	send_message(s);
}

/* What the technician should do, from the word of the driver. */
static const char *advice_for(const char *reason, enum device_state state)
{
	static const struct {
		const char *reason, *advice;
	} table[] = {
		{"paper", "Put in a new paper roll."},
		{"cover", "Close the printer's cover."},
		{"cutter", "Clear the jammed cutter, then close the cover."},
		{"unplugged", "Connect the printer's USB cable and switch it on."},
		{"device", "Switch the printer off and on; replace it if that does not help."},
		{"protocol", "It does not answer as its model should: check assets/devices.tsv."},
		{"refused", "Another program or a missing permission keeps it: see the log."},
	};

	for (size_t i = 0; i < VT_ELEMENTS(table); i++)
		if (strcmp(table[i].reason, reason) == 0)
			return table[i].advice;
	return state == DEVICE_DEGRADED ? "Paper is near its end: bring a new roll." : "";
}

static void make_status(const struct service *s, struct device_status *ret)
{
	struct printer *machine = printer_port_machine(s->port);
	struct printer_view view;

	printer_view(machine, &view);
	memset(ret, 0, sizeof(*ret)); /* compared as a whole */
	if (view.state == DEVICE_ABSENT && s->is_refused) {
		view.state = DEVICE_FAILED;
		view.reason = "refused";
	}
	vt_copy_cut(ret->id, sizeof(ret->id), "printer");
	vt_copy_cut(ret->class, sizeof(ret->class), "Printer");
	if (s->entry) {
		vt_copy_cut(ret->model, sizeof(ret->model), s->entry->model);
		if (!vt_format(
			    ret->usb, sizeof(ret->usb), "%04x:%04x", s->entry->vid, s->entry->pid))
			VT_UNREACHABLE();
	}
	ret->state = view.state;
	ret->paper = view.paper;
	vt_copy_cut(ret->reason, sizeof(ret->reason), view.reason);
	vt_copy_cut(ret->advice, sizeof(ret->advice), advice_for(view.reason, view.state));
	printer_counters(machine, &ret->sheets, &ret->errors);
}

static void send_status(struct service *s, bool is_forced)
{
	struct device_status status;

	make_status(s, &status);
	if (!is_forced && memcmp(&status, &s->sent, sizeof(status)) == 0)
		return;
	if (status.state != s->sent.state || strcmp(status.reason, s->sent.reason) != 0)
		vt_log(VT_LOG_NOTICE, "printer %s %s: %s %s", status.usb, status.model,
			device_state_names[status.state], status.reason);
	s->sent = status;
	if (!s->conn)
		return;
	bus_make_unsolicited(s->message, BUS_COMMON_STATUS_CHANGED);
	s->message->payload.device_status = status;
	send_message(s);
}

/* ---- the card reader ---- */

static void send_reader_status(struct service *s, bool is_forced)
{
	struct device_status status;

	reader_status(s->reader, &status);
	if (!is_forced && memcmp(&status, &s->reader_sent, sizeof(status)) == 0)
		return;
	if (status.state != s->reader_sent.state ||
		strcmp(status.reason, s->reader_sent.reason) != 0)
		vt_log(VT_LOG_NOTICE, "card reader %s: %s %s", status.usb,
			device_state_names[status.state], status.reason);
	s->reader_sent = status;
	if (!s->conn)
		return;
	bus_make_unsolicited(s->message, BUS_COMMON_STATUS_CHANGED);
	s->message->payload.device_status = status;
	send_message(s);
}

static void on_reader_send(void *owner, const struct bus_message *msg)
{
	struct service *s = owner;
	struct vt_error error = {0};

	if (s->conn && bus_conn_send(s->conn, msg, &error))
		drop_core(s, error.msg);
	else if (s->conn)
		watch_conn(s);
}

static void on_reader_changed(void *owner)
{
	struct service *s = owner;

	if (s->reader) /* NULL: it is being made */
		pump(s);
}

/* ---- outcomes ---- */

static struct outcome *find_outcome(struct service *s, const char *job)
{
	for (size_t i = 0; i < SERVICE_MAX_OUTCOMES; i++)
		if (s->outcomes[i].result.job[0] && strcmp(s->outcomes[i].result.job, job) == 0)
			return &s->outcomes[i];
	return NULL;
}

static struct outcome *remember(struct service *s, const struct bus_header *header,
	const struct printer_print_result *result)
{
	struct outcome *outcome = find_outcome(s, result->job);

	if (!outcome) {
		outcome = &s->outcomes[s->next_outcome];
		s->next_outcome = (s->next_outcome + 1) % SERVICE_MAX_OUTCOMES;
	}
	*outcome = (struct outcome){.result = *result, .header = *header};
	outcome->header.name = BUS_PRINTER_PRINT_FORM;
	return outcome;
}

static void store_trace(struct service *s)
{
	struct printer_trace trace;
	struct vt_error error = {0};

	printer_get_trace(printer_port_machine(s->port), &trace);
	const struct printer_trace *old = &s->stored;
	if (!s->state_path[0] ||
		(trace.is_dirty == old->is_dirty && trace.has_counter == old->has_counter &&
			trace.counter == old->counter && strcmp(trace.job, old->job) == 0))
		return;
	if (trace_store(s->state_path, &trace, &error))
		vt_log(VT_LOG_WARNING, "%s", error.msg);
	s->stored = trace;
}

static void on_done(void *owner, const struct printer_print_result *result)
{
	struct service *s = owner;

	vt_log(result->outcome == OUTCOME_PRINTED ? VT_LOG_INFO : VT_LOG_WARNING, "sheet %s: %s %s",
		result->job, print_outcome_names[result->outcome], result->reason);
	s->current_job[0] = '\0';
	report(s, remember(s, &s->current, result));
}

/* Core learns it as a second completion of the command: its ledger goes from "in doubt" to the
 * truth (terminal/core/sheets.c). */
static void on_resolved(void *owner, const struct printer_print_result *result)
{
	struct service *s = owner;
	struct outcome *outcome = find_outcome(s, result->job);
	const struct bus_header header = outcome ? outcome->header : (struct bus_header){0};

	vt_log(VT_LOG_NOTICE, "sheet %s: resolved: %s %s", result->job,
		print_outcome_names[result->outcome], result->reason);
	report(s, remember(s, &header, result));
}

static void on_begun(void *owner)
{
	store_trace(owner);
}

/* ---- commands ---- */

static void free_waiting(struct waiting **waiting)
{
	vt_wipe(*waiting, sizeof(**waiting));
	free(*waiting);
	*waiting = NULL;
}

static struct waiting *take_waiting(struct service *s, size_t i)
{
	struct waiting *waiting = s->waiting[i];

	s->waiting_count--;
	memmove(&s->waiting[i], &s->waiting[i + 1], (s->waiting_count - i) * sizeof(s->waiting[0]));
	return waiting;
}

/* Core will not hear an answer to this command, but the job must not stay open. */
static void fail_waiting(struct service *s, struct waiting *waiting, const char *reason)
{
	struct printer_print_result result = {.outcome = OUTCOME_FAILED};

	memcpy(result.job, waiting->form.job, sizeof(result.job));
	vt_copy_cut(result.reason, sizeof(result.reason), reason);
	report(s, remember(s, &waiting->header, &result));
}

static void start(struct service *s, struct waiting *waiting)
{
	struct vt_error error = {0};
	struct sheet sheet;

	if (printer_get_state(printer_port_machine(s->port)) == PRINTER_ABSENT || !s->entry) {
		fail_waiting(s, waiting, "absent");
		return;
	}
	if (sheet_make(&waiting->form.receipt, &s->entry->printer, s->fonts, &sheet, &error)) {
		vt_log(VT_LOG_ERROR, "sheet %s: %s", waiting->form.job, error.msg);
		refuse(s, &waiting->header, BUS_INVALID_DATA, error.msg);
		return;
	}
	s->current = waiting->header;
	memcpy(s->current_job, waiting->form.job, sizeof(s->current_job));
	if (printer_port_print(s->port, waiting->form.job, &sheet))
		VT_UNREACHABLE(); /* pump() has asked printer_is_free() */
}

static void give_up_late(struct service *s, int64_t now_ms)
{
	for (size_t i = s->waiting_count; i-- > 0;) {
		if (s->waiting[i]->until_ms > now_ms)
			continue;
		struct waiting *waiting = take_waiting(s, i);
		refuse(s, &waiting->header, BUS_TIME_OUT, "printer was not ready in time");
		free_waiting(&waiting);
	}
}

static void arm(struct service *s)
{
	int64_t wake_ms = printer_port_wake_ms(s->port);

	for (size_t i = 0; i < s->waiting_count; i++)
		if (s->waiting[i]->until_ms < wake_ms)
			wake_ms = s->waiting[i]->until_ms;
	if (reader_wake_ms(s->reader) < wake_ms)
		wake_ms = reader_wake_ms(s->reader);
	if (wake_ms == INT64_MAX) {
		(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(s->wake_source, (uint64_t)wake_ms * 1000);
	(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_ONESHOT);
}

/* Hands the next sheet over when the printer is free; tells what has changed. */
static void pump(struct service *s)
{
	struct printer *machine = printer_port_machine(s->port);

	if (s->is_pumping)
		return;
	s->is_pumping = true;
	give_up_late(s, vt_clock_monotonic_ms());
	while (s->waiting_count > 0 && printer_is_free(machine)) {
		struct waiting *waiting = take_waiting(s, 0);
		start(s, waiting);
		free_waiting(&waiting);
	}
	s->is_pumping = false;
	send_status(s, false);
	send_reader_status(s, false);
	arm(s);
}

static void on_port_changed(void *owner)
{
	struct service *s = owner;

	store_trace(s);
	if (printer_port_key(s->port) == 0)
		try_attach(s);
	pump(s);
}

static void on_print_form(struct service *s, const struct bus_message *msg)
{
	const struct printer_print_form *form = &msg->payload.print_form;
	const struct bus_header *header = &msg->header;
	struct outcome *known = find_outcome(s, form->job);

	if (!vt_uuid_valid(form->job)) {
		refuse(s, header, BUS_INVALID_DATA, "job is no UUID");
		return;
	}
	if (known) {
		known->header = *header;
		report(s, known);
		return;
	}
	if (strcmp(s->current_job, form->job) == 0) {
		s->current = *header; /* its end answers whoever asked last */
		return;
	}
	for (size_t i = 0; i < s->waiting_count; i++)
		if (strcmp(s->waiting[i]->form.job, form->job) == 0) {
			s->waiting[i]->header = *header;
			return;
		}
	struct waiting *waiting =
		s->waiting_count < SERVICE_MAX_WAITING ? calloc(1, sizeof(*waiting)) : NULL;
	if (!waiting) {
		refuse(s, header, BUS_DEVICE_NOT_READY, "too many sheets are waiting");
		return;
	}
	waiting->header = *header;
	waiting->form = *form;
	waiting->until_ms =
		vt_clock_monotonic_ms() + (header->timeout_ms > 0 ? header->timeout_ms : WAIT_MS);
	s->waiting[s->waiting_count++] = waiting;
}

static void on_message(struct service *s)
{
	/* A copy: answers are made in s->message. */
	struct bus_message *msg = malloc(sizeof(*msg));

	if (!msg) {
		drop_core(s, "out of memory");
		return;
	}
	*msg = *s->message;
	bus_message_finish(s->message);
	if (msg->header.type != BUS_COMMAND)
		vt_log(VT_LOG_WARNING, "core sent no command: %s", bus_name_text(msg->header.name));
	else if (msg->header.name == BUS_PRINTER_PRINT_FORM)
		on_print_form(s, msg);
	else if (!reader_command(s->reader, msg))
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
	pump(s);
	return 0;
}

/* Sheets that were not begun will not be: core has told its citizen something else by the time it
 * is back. The one in work goes on. */
static void drop_core(struct service *s, const char *why)
{
	if (!s->conn)
		return;
	vt_log(VT_LOG_NOTICE, "core is gone: %s", why);
	sd_event_source_disable_unref(s->conn_source);
	s->conn_source = NULL;
	bus_conn_close(&s->conn);
	reader_core_gone(s->reader);
	while (s->waiting_count > 0) {
		struct waiting *waiting = take_waiting(s, 0);
		fail_waiting(s, waiting, "device");
		free_waiting(&waiting);
	}
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
	send_status(s, true);
	send_reader_status(s, true);
	if (s->conn)
		reader_greet(s->reader);
	for (size_t i = 0; i < SERVICE_MAX_OUTCOMES && s->conn; i++)
		if (s->outcomes[i].result.job[0] && !s->outcomes[i].is_reported)
			report(s, &s->outcomes[i]);
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
	printer_port_wake(s->port);
	reader_wake(s->reader);
	pump(s);
	return 0;
}

/* ---- devices ---- */

static void attach_later(struct service *s)
{
	(void)sd_event_source_set_time_relative(s->attach_source, ATTACH_AGAIN_MS * 1000);
	(void)sd_event_source_set_enabled(s->attach_source, SD_EVENT_ONESHOT);
}

static enum vt_code attach(struct service *s, const struct usb_device_info *info)
{
	const struct device_entry *entry =
		registry_find(s->registry, info->desc.vid, info->desc.pid);
	struct vt_error error = {0};
	struct sheet void_mark;

	VT_ASSERT(entry);
	enum vt_code code = sheet_make_void(&entry->printer, s->fonts, &void_mark, &error);
	const struct device_entry *before = s->entry;
	s->entry = entry; /* the port may call back at once */
	if (!code) {
		code = printer_port_attach(s->port, info, &entry->printer, &void_mark, &error);
		sheet_finish(&void_mark);
	}
	if (!code) {
		vt_log(VT_LOG_NOTICE, "printer %04x:%04x %s attached", entry->vid, entry->pid,
			entry->model);
		return VT_OK;
	}
	if (!s->is_refused && code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_ERROR, "printer %04x:%04x: %s", entry->vid, entry->pid, error.msg);
	if (before)
		s->entry = before;
	return code;
}

static void try_attach(struct service *s)
{
	bool is_refused = false, is_again = false;

	if (printer_port_key(s->port) != 0)
		return;
	for (size_t i = 0; i < s->candidate_count; i++) {
		const enum vt_code code = attach(s, &s->candidates[i]);
		if (!code) {
			is_refused = is_again = false;
			break;
		}
		/* Not found: unplugged, and the news of it is on its way. */
		is_refused = is_refused || code != VT_ERR_NOT_FOUND;
		is_again = true;
	}
	s->is_refused = is_refused;
	if (is_again)
		attach_later(s);
}

static int on_attach_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct service *s = userdata;

	(void)source, (void)usec;
	try_attach(s);
	pump(s);
	return 0;
}

static void tell_foreign(struct service *s, const struct usb_device_info *info)
{
	const uint32_t id = (uint32_t)info->desc.vid << 16 | info->desc.pid;

	for (size_t i = 0; i < s->foreign_count; i++)
		if (s->foreign[i] == id)
			return;
	if (s->foreign_count == MAX_FOREIGN)
		return;
	s->foreign[s->foreign_count++] = id;
	vt_log(VT_LOG_INFO, "usb %04x:%04x is not in the registry: ignored", info->desc.vid,
		info->desc.pid);
}

static void on_arrived(void *owner, const struct usb_device_info *info)
{
	struct service *s = owner;

	if (reader_arrived(s->reader, info))
		return;
	if (!registry_find(s->registry, info->desc.vid, info->desc.pid)) {
		tell_foreign(s, info);
		return;
	}
	if (s->candidate_count == MAX_CANDIDATES) {
		vt_log(VT_LOG_WARNING, "usb: too many printers, one is ignored");
		return;
	}
	s->candidates[s->candidate_count++] = *info;
	try_attach(s);
	pump(s);
}

static void on_left(void *owner, usb_key key)
{
	struct service *s = owner;

	if (reader_left(s->reader, key))
		return;
	for (size_t i = 0; i < s->candidate_count; i++)
		if (s->candidates[i].key == key) {
			s->candidates[i] = s->candidates[--s->candidate_count];
			break;
		}
	if (s->candidate_count == 0)
		s->is_refused = false;
	if (!printer_port_detach(s->port, key))
		pump(s);
}

static void on_refused(void *owner, usb_key key, const char *reason)
{
	(void)owner;
	vt_log(VT_LOG_WARNING, "usb %03" PRIu32 ":%03" PRIu32 " refused: %s", key >> 8, key & 0xff,
		reason);
}

static int64_t now_ms(void *owner)
{
	(void)owner;
	return vt_clock_monotonic_ms();
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

static enum vt_code load_files(
	struct service *s, const struct vt_config *config, struct vt_error *error)
{
	const char *registry = vt_config_require(config, "devices", "registry", error);
	const char *state = vt_config_get(config, "devices", "state", NULL);

	if (!registry)
		return error->code;
	s->registry = malloc(sizeof(*s->registry));
	if (!s->registry)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	enum vt_code code = registry_load(registry, s->registry, error);
	if (!code)
		code = load_fonts(s, config, error);
	if (!code && state &&
		!vt_format(s->state_path, sizeof(s->state_path), "%s/printer.trace", state))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "devices: state: path too long");
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

/* A process before this one died with a sheet under way: core hears "unknown" at once. */
static void take_trace(struct service *s)
{
	const struct bus_header header = {0};
	struct printer_print_result result = {.outcome = OUTCOME_UNKNOWN};
	struct printer_trace trace;
	struct vt_error error = {0};

	if (!s->state_path[0])
		return;
	const enum vt_code code = trace_load(s->state_path, &trace, &error);
	if (code == VT_ERR_NOT_FOUND)
		return;
	if (code)
		vt_log(VT_LOG_WARNING, "%s", error.msg);
	printer_set_trace(printer_port_machine(s->port), &trace);
	s->stored = trace;
	if (!trace.job[0])
		return;
	vt_log(VT_LOG_NOTICE, "sheet %s: unknown after a restart", trace.job);
	memcpy(result.job, trace.job, sizeof(result.job));
	vt_copy_cut(result.reason, sizeof(result.reason), "device");
	(void)remember(s, &header, &result);
}

static enum vt_code start_devices(struct service *s, struct vt_error *error)
{
	const struct printer_port_owner owner = {.owner = s,
		.now_ms = now_ms,
		.begun = on_begun,
		.done = on_done,
		.resolved = on_resolved,
		.changed = on_port_changed};
	const struct reader_owner reader_owner = {
		.owner = s, .now_ms = now_ms, .send = on_reader_send, .changed = on_reader_changed};
	const struct usb_watch watch = {
		.arrived = on_arrived, .left = on_left, .refused = on_refused, .owner = s};
	uint32_t salt;

	vt_random(&salt, sizeof(salt));
	enum vt_code code = usb_libusb_create(s->event, &s->usb, error);
	if (code)
		return code;
	s->port = printer_port_create(s->usb, &owner, salt);
	s->reader = reader_create(s->usb, &reader_owner);
	if (!s->port || !s->reader)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	take_trace(s);
	return s->usb->ops->watch(s->usb, &watch, error);
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
		code = start_devices(s, error);
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
	reader_destroy(&s->reader);
	printer_port_destroy(&s->port);
	usb_destroy(&s->usb);
	sd_event_source_disable_unref(s->conn_source);
	sd_event_source_disable_unref(s->reconnect_source);
	sd_event_source_disable_unref(s->wake_source);
	sd_event_source_disable_unref(s->attach_source);
	bus_conn_close(&s->conn);
	while (s->waiting_count > 0) {
		struct waiting *waiting = take_waiting(s, 0);
		free_waiting(&waiting);
	}
	text_fonts_close(&s->fonts);
	free(s->registry);
	free(s->message);
	free(s);
	*service = NULL;
}
