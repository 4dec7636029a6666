/* The slot of the receipt printer. */

#include "drivers/printing.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/printer/printer_port.h"
#include "drivers/trace.h"
#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

/* A command without a time limit of its own waits so long for the printer. */
#define WAIT_MS 45000

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

struct printing {
	struct device base;
	char state_path[PATH_MAX]; /* "" = no trace */
	struct text_fonts *fonts;  /* borrowed */
	struct printer_port *port;
	/* The printer in use, or the last one: is_known. */
	bool is_known;
	uint16_t vid, pid;
	char model[64];
	struct printer_profile profile;
	bool is_listed;		     /* in devices.tsv; else it must say what it is */
	usb_key refused_key;	     /* it did, and is none of ours */
	struct printer_trace stored; /* what the file at state_path says */
	struct waiting *waiting[PRINTING_MAX_WAITING]; /* owned */
	size_t waiting_count;
	struct bus_header current; /* command of the sheet in work */
	char current_job[VT_UUID_SIZE];
	struct outcome outcomes[PRINTING_MAX_OUTCOMES];
	size_t next_outcome;
	bool is_pumping;
};

static void pump(struct printing *s);

static struct printing *printing_of(struct device *device)
{
	return (struct printing *)device;
}

static int64_t now_of(const struct printing *s)
{
	return s->base.host->now_ms(s->base.host->owner);
}

static void refuse(struct printing *s, const struct bus_header *request,
	enum bus_completion_code code, const char *text)
{
	s->base.host->refuse(s->base.host->owner, request, code, text);
}

static void report(struct printing *s, struct outcome *outcome)
{
	const struct device_host *host = s->base.host;

	if (!host->is_connected(host->owner))
		return;
	struct bus_message *message = host->message(host->owner);
	bus_make_completion(message, &outcome->header, BUS_SUCCESS, NULL);
	message->payload.print_result = outcome->result;
	outcome->is_reported = true;
	host->send(host->owner);
}

/* ---- outcomes ---- */

static struct outcome *find_outcome(struct printing *s, const char *job)
{
	for (size_t i = 0; i < PRINTING_MAX_OUTCOMES; i++)
		if (s->outcomes[i].result.job[0] && strcmp(s->outcomes[i].result.job, job) == 0)
			return &s->outcomes[i];
	return NULL;
}

static struct outcome *remember(struct printing *s, const struct bus_header *header,
	const struct printer_print_result *result)
{
	struct outcome *outcome = find_outcome(s, result->job);

	if (!outcome) {
		outcome = &s->outcomes[s->next_outcome];
		s->next_outcome = (s->next_outcome + 1) % PRINTING_MAX_OUTCOMES;
	}
	*outcome = (struct outcome){.result = *result, .header = *header};
	outcome->header.name = BUS_PRINTER_PRINT_FORM;
	return outcome;
}

static void store_trace(struct printing *s)
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
	struct printing *s = owner;

	vt_log(result->outcome == OUTCOME_PRINTED ? VT_LOG_INFO : VT_LOG_WARNING, "sheet %s: %s %s",
		result->job, print_outcome_names[result->outcome], result->reason);
	s->current_job[0] = '\0';
	report(s, remember(s, &s->current, result));
}

/* Core learns it as a second completion of the command: its ledger goes from "in doubt" to the
 * truth (terminal/core/sheets.c). */
static void on_resolved(void *owner, const struct printer_print_result *result)
{
	struct printing *s = owner;
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

static struct waiting *take_waiting(struct printing *s, size_t i)
{
	struct waiting *waiting = s->waiting[i];

	s->waiting_count--;
	memmove(&s->waiting[i], &s->waiting[i + 1], (s->waiting_count - i) * sizeof(s->waiting[0]));
	return waiting;
}

/* Core will not hear an answer to this command, but the job must not stay open. */
static void fail_waiting(struct printing *s, struct waiting *waiting, const char *reason)
{
	struct printer_print_result result = {.outcome = OUTCOME_FAILED};

	memcpy(result.job, waiting->form.job, sizeof(result.job));
	vt_copy_cut(result.reason, sizeof(result.reason), reason);
	report(s, remember(s, &waiting->header, &result));
}

static void start(struct printing *s, struct waiting *waiting)
{
	struct vt_error error = {0};
	struct sheet sheet;

	if (printer_get_state(printer_port_machine(s->port)) == PRINTER_ABSENT || !s->is_known) {
		fail_waiting(s, waiting, "absent");
		return;
	}
	if (sheet_make(&waiting->form.receipt, &s->profile, s->fonts, &sheet, &error)) {
		vt_log(VT_LOG_ERROR, "sheet %s: %s", waiting->form.job, error.msg);
		refuse(s, &waiting->header, BUS_INVALID_DATA, error.msg);
		return;
	}
	s->current = waiting->header;
	memcpy(s->current_job, waiting->form.job, sizeof(s->current_job));
	if (printer_port_print(s->port, waiting->form.job, &sheet))
		VT_UNREACHABLE(); /* pump() has asked printer_is_free() */
}

static void give_up_late(struct printing *s, int64_t now_ms)
{
	for (size_t i = s->waiting_count; i-- > 0;) {
		if (s->waiting[i]->until_ms > now_ms)
			continue;
		struct waiting *waiting = take_waiting(s, i);
		refuse(s, &waiting->header, BUS_TIME_OUT, "printer was not ready in time");
		free_waiting(&waiting);
	}
}

/* Hands the next sheet over when the printer is free. */
static void pump(struct printing *s)
{
	struct printer *machine = printer_port_machine(s->port);

	if (s->is_pumping || printer_port_is_identifying(s->port))
		return;
	s->is_pumping = true;
	give_up_late(s, now_of(s));
	while (s->waiting_count > 0 && printer_is_free(machine)) {
		struct waiting *waiting = take_waiting(s, 0);
		start(s, waiting);
		free_waiting(&waiting);
	}
	s->is_pumping = false;
}

static void on_port_changed(void *owner)
{
	struct printing *s = owner;

	store_trace(s);
	pump(s);
	s->base.host->changed(s->base.host->owner, &s->base);
}

static void on_print_form(struct printing *s, const struct bus_message *msg)
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
		s->waiting_count < PRINTING_MAX_WAITING ? calloc(1, sizeof(*waiting)) : NULL;
	if (!waiting) {
		refuse(s, header, BUS_DEVICE_NOT_READY, "too many sheets are waiting");
		return;
	}
	waiting->header = *header;
	waiting->form = *form;
	waiting->until_ms = now_of(s) + (header->timeout_ms > 0 ? header->timeout_ms : WAIT_MS);
	s->waiting[s->waiting_count++] = waiting;
}

/* A process before this one died with a sheet under way: core hears "unknown" at once. */
static void take_trace(struct printing *s)
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

/* ---- the slot ---- */

static const struct device_entry *find_entry(
	const struct device *device, const struct usb_device_info *info)
{
	return registry_find(device->host->registry, info->desc.vid, info->desc.pid);
}

/* A two-way printer that no table lists may say what it is; nothing else is touched. */
static bool may_be_asked(const struct device *device, const struct usb_device_info *info)
{
	const struct usb_interface *interface = printer_port_interface(&info->desc);

	return profiles_default(device->host->profiles) && interface->class == 7 &&
	       interface->protocol == 2 &&
	       ((const struct printing *)device)->refused_key != info->key;
}

static bool takes(const struct device *device, const struct usb_device_info *info)
{
	const struct device_entry *entry = find_entry(device, info);

	if (!printer_port_interface(&info->desc))
		return false;
	return entry ? strcmp(entry->driver, "escpos") == 0 : may_be_asked(device, info);
}

/* Its own word goes before the table's: one id may stand for a family of models. */
static bool on_identified(void *owner, const struct device_id *id, struct printer_profile *profile,
	struct sheet *void_mark)
{
	struct printing *s = owner;
	const struct profiles *profiles = s->base.host->profiles;
	const struct printer_model *model = id ? profiles_find(profiles, id) : NULL;
	struct vt_error error = {0};
	struct sheet other;

	if (!model && !s->is_listed && id && device_id_speaks(id, "ESC/POS"))
		model = profiles_default(profiles);
	if (!model && !s->is_listed) {
		vt_log(VT_LOG_NOTICE,
			"printer %04x:%04x: %s %s speaks no language of ours: refused", s->vid,
			s->pid, id ? id->manufacturer : "", id ? id->model : "nameless");
		s->refused_key = printer_port_key(s->port);
		return false;
	}
	if (!model)
		return true;
	if (sheet_make_void(&model->profile, s->fonts, &other, &error)) {
		vt_log(VT_LOG_ERROR, "printer: %s", error.msg);
		return s->is_listed;
	}
	sheet_finish(void_mark);
	*void_mark = other;
	*profile = s->profile = model->profile;
	vt_copy_cut(s->model, sizeof(s->model), model->name);
	vt_log(VT_LOG_INFO, "printer says %s %s: %s", id->manufacturer, id->model, model->name);
	return true;
}

static enum vt_code attach(
	struct device *device, const struct usb_device_info *info, struct vt_error *error)
{
	struct printing *s = printing_of(device);
	const struct device_entry *entry = find_entry(device, info);
	const struct printer_profile *profile =
		entry ? &entry->printer : &profiles_default(device->host->profiles)->profile;
	struct sheet void_mark;

	enum vt_code code = sheet_make_void(profile, s->fonts, &void_mark, error);
	if (code)
		return code;
	/* The port may call back at once. */
	s->is_known = true;
	s->is_listed = entry != NULL;
	s->vid = info->desc.vid;
	s->pid = info->desc.pid;
	s->profile = *profile;
	vt_copy_cut(s->model, sizeof(s->model), entry ? entry->model : "");
	code = printer_port_attach(s->port, info, profile, &void_mark, error);
	sheet_finish(&void_mark);
	return code;
}

static bool detach(struct device *device, usb_key key)
{
	return printer_port_detach(printing_of(device)->port, key);
}

static usb_key key_of(const struct device *device)
{
	return printer_port_key(((const struct printing *)device)->port);
}

static void status(const struct device *device, struct device_status *ret)
{
	const struct printing *s = (const struct printing *)device;
	struct printer *machine = printer_port_machine(s->port);
	struct printer_counters counters;
	struct printer_view view;

	printer_view(machine, &view);
	if (s->is_known) {
		vt_copy_cut(ret->model, sizeof(ret->model), s->model);
		if (!vt_format(ret->usb, sizeof(ret->usb), "%04x:%04x", s->vid, s->pid))
			VT_UNREACHABLE();
	}
	if (printer_port_is_identifying(s->port)) {
		view.state = DEVICE_STARTING;
		view.reason = "";
	}
	ret->state = view.state;
	ret->paper = view.paper;
	vt_copy_cut(ret->reason, sizeof(ret->reason), view.reason);
	printer_counters(machine, &counters);
	ret->sheets = counters.sheets;
	ret->cuts = counters.cuts;
	ret->errors = counters.errors;
	ret->resets = counters.resets;
}

static bool command(struct device *device, const struct bus_message *msg)
{
	if (msg->header.name != BUS_PRINTER_PRINT_FORM ||
		msg->payload.print_form.size != PAPER_ROLL)
		return false;
	on_print_form(printing_of(device), msg);
	pump(printing_of(device));
	return true;
}

static bool is_busy(const struct device *device)
{
	const struct printing *s = (const struct printing *)device;

	return s->current_job[0] || s->waiting_count > 0;
}

static void core_came(struct device *device)
{
	struct printing *s = printing_of(device);
	const struct device_host *host = device->host;

	for (size_t i = 0; i < PRINTING_MAX_OUTCOMES && host->is_connected(host->owner); i++)
		if (s->outcomes[i].result.job[0] && !s->outcomes[i].is_reported)
			report(s, &s->outcomes[i]);
}

/* Sheets that were not begun will not be: core has told its citizen something else by the time it
 * is back. The one in work goes on. */
static void core_went(struct device *device)
{
	struct printing *s = printing_of(device);

	while (s->waiting_count > 0) {
		struct waiting *waiting = take_waiting(s, 0);
		fail_waiting(s, waiting, "device");
		free_waiting(&waiting);
	}
}

static int64_t wake_ms(const struct device *device)
{
	const struct printing *s = (const struct printing *)device;
	int64_t wake = printer_port_wake_ms(s->port);

	for (size_t i = 0; i < s->waiting_count; i++)
		if (s->waiting[i]->until_ms < wake)
			wake = s->waiting[i]->until_ms;
	return wake;
}

static void wake(struct device *device)
{
	printer_port_wake(printing_of(device)->port);
	pump(printing_of(device));
}

static void destroy(struct device *device)
{
	struct printing *s = printing_of(device);

	printer_port_destroy(&s->port);
	while (s->waiting_count > 0) {
		struct waiting *waiting = take_waiting(s, 0);
		free_waiting(&waiting);
	}
	free(s);
}

static int64_t port_now_ms(void *owner)
{
	return now_of(owner);
}

struct device *printing_create(
	const struct device_host *host, struct text_fonts *fonts, const char *state_path)
{
	static const struct device_ops ops = {.id = "printer",
		.class = "Printer",
		.takes = takes,
		.attach = attach,
		.detach = detach,
		.key = key_of,
		.status = status,
		.command = command,
		.is_busy = is_busy,
		.core_came = core_came,
		.core_went = core_went,
		.wake_ms = wake_ms,
		.wake = wake,
		.destroy = destroy};
	struct printing *s = calloc(1, sizeof(*s));
	uint32_t salt;

	if (!s)
		return NULL;
	const struct printer_port_owner owner = {.owner = s,
		.now_ms = port_now_ms,
		.begun = on_begun,
		.done = on_done,
		.resolved = on_resolved,
		.identified = on_identified,
		.changed = on_port_changed};
	s->base = (struct device){.ops = &ops, .host = host};
	s->fonts = fonts;
	vt_copy_cut(s->state_path, sizeof(s->state_path), state_path);
	vt_random(&salt, sizeof(salt));
	s->port = printer_port_create(host->usb, &owner, salt);
	if (!s->port) {
		free(s);
		return NULL;
	}
	take_trace(s);
	return &s->base;
}
