/* The slot of the receipt printer. */

#include "drivers/printing.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/jobs.h"
#include "drivers/printer/printer_port.h"
#include "drivers/trace.h"
#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* A command without a time limit of its own waits so long for the printer. */
#define WAIT_MS 45000

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
	struct jobs jobs;
};

static struct printing *printing_of(struct device *device)
{
	return (struct printing *)device;
}

/* ---- the sheet in work ---- */

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

	jobs_done(&s->jobs, result);
}

static void on_resolved(void *owner, const struct printer_print_result *result)
{
	struct printing *s = owner;

	jobs_resolved(&s->jobs, result);
}

static void on_begun(void *owner)
{
	store_trace(owner);
}

static bool is_free(void *owner)
{
	struct printing *s = owner;

	return !printer_port_is_identifying(s->port) &&
	       printer_is_free(printer_port_machine(s->port));
}

static void start(void *owner, const struct job *job)
{
	struct printing *s = owner;
	struct vt_error error = {0};
	struct sheet sheet;

	if (printer_get_state(printer_port_machine(s->port)) == PRINTER_ABSENT || !s->is_known) {
		jobs_fail(&s->jobs, job, "absent");
		return;
	}
	if (sheet_make(&job->form.receipt, &s->profile, s->fonts, &sheet, &error)) {
		vt_log(VT_LOG_ERROR, "sheet %s: %s", job->form.job, error.msg);
		jobs_refuse(&s->jobs, &job->header, BUS_INVALID_DATA, error.msg);
		return;
	}
	jobs_begin(&s->jobs, job);
	if (printer_port_print(s->port, job->form.job, &sheet))
		VT_UNREACHABLE(); /* jobs_pump() has asked is_free() */
}

static void on_port_changed(void *owner)
{
	struct printing *s = owner;

	store_trace(s);
	jobs_pump(&s->jobs);
	s->base.host->changed(s->base.host->owner, &s->base);
}

/* A process before this one died with a sheet under way: core hears "unknown" at once. */
static void take_trace(struct printing *s)
{
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
	jobs_remember(&s->jobs, &result);
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
	jobs_take(&printing_of(device)->jobs, msg);
	jobs_pump(&printing_of(device)->jobs);
	return true;
}

static bool is_busy(const struct device *device)
{
	return jobs_is_busy(&((const struct printing *)device)->jobs);
}

static void core_came(struct device *device)
{
	jobs_core_came(&printing_of(device)->jobs);
}

static void core_went(struct device *device)
{
	jobs_core_went(&printing_of(device)->jobs);
}

static int64_t wake_ms(const struct device *device)
{
	const struct printing *s = (const struct printing *)device;

	return jobs_wake_ms(&s->jobs, printer_port_wake_ms(s->port));
}

static void wake(struct device *device)
{
	printer_port_wake(printing_of(device)->port);
	jobs_pump(&printing_of(device)->jobs);
}

static void destroy(struct device *device)
{
	struct printing *s = printing_of(device);

	printer_port_destroy(&s->port);
	jobs_finish(&s->jobs);
	free(s);
}

static int64_t port_now_ms(void *owner)
{
	const struct device_host *host = ((struct printing *)owner)->base.host;

	return host->now_ms(host->owner);
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
	static const struct jobs_kind kind = {.word = "sheet",
		.too_many = "too many sheets are waiting",
		.max_waiting = PRINTING_MAX_WAITING,
		.wait_ms = WAIT_MS,
		.is_free = is_free,
		.start = start};
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
	jobs_init(&s->jobs, &kind, host, s);
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
