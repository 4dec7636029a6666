/* The slot of the letter-size printer. */

#include "drivers/lettering.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/ipp/port.h"
#include "drivers/jobs.h"
#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* A command without a time limit of its own waits so long for the printer. */
#define WAIT_MS 120000

struct lettering {
	struct device base;
	struct text_fonts *fonts; /* borrowed */
	struct ippu_port *port;
	const struct device_entry *entry; /* of the printer in use, or of the last one; or NULL */
	struct jobs jobs;
};

static struct lettering *of(struct device *device)
{
	return (struct lettering *)device;
}

/* ---- the document in work ---- */

static void on_done(void *owner, const struct printer_print_result *result)
{
	struct lettering *s = owner;

	jobs_done(&s->jobs, result);
}

static void on_resolved(void *owner, const struct printer_print_result *result)
{
	struct lettering *s = owner;

	jobs_resolved(&s->jobs, result);
}

static bool is_free(void *owner)
{
	struct lettering *s = owner;

	return ippu_is_free(ippu_port_machine(s->port));
}

static enum vt_code draw(struct lettering *s, const struct job *job, struct vt_buf *document,
	int *ret_pages, struct vt_error *error)
{
	struct pages pages;
	enum vt_code code = page_render(&job->form.receipt, s->fonts, &pages, error);

	if (code)
		return code;
	*ret_pages = (int)pages.count;
	code = pwg_encode(
		&pages, ippu_raster_type(ippu_port_machine(s->port)), "", document, error);
	page_finish(&pages);
	return code;
}

static void start(void *owner, const struct job *job)
{
	struct lettering *s = owner;
	struct vt_error error = {0};
	struct vt_buf document;
	int pages = 0;

	if (ippu_get_state(ippu_port_machine(s->port)) == IPPU_ABSENT) {
		jobs_fail(&s->jobs, job, "absent");
		return;
	}
	vt_buf_init(&document, PWG_MAX_BYTES);
	if (draw(s, job, &document, &pages, &error)) {
		vt_log(VT_LOG_ERROR, "document %s: %s", job->form.job, error.msg);
		vt_buf_finish(&document);
		jobs_refuse(&s->jobs, &job->header, BUS_INVALID_DATA, error.msg);
		return;
	}
	jobs_begin(&s->jobs, job);
	if (ippu_port_print(s->port, job->form.job, job->form.paper, pages, &document))
		VT_UNREACHABLE(); /* jobs_pump() has asked is_free() */
}

static void on_port_changed(void *owner)
{
	struct lettering *s = owner;

	jobs_pump(&s->jobs);
	s->base.host->changed(s->base.host->owner, &s->base);
}

/* ---- the slot ---- */

static const struct device_entry *entry_of(
	const struct device *device, const struct usb_device_info *info)
{
	const struct device_entry *entry =
		registry_find(device->host->registry, info->desc.vid, info->desc.pid);

	return entry && strcmp(entry->driver, "ipp") == 0 ? entry : NULL;
}

static bool takes(const struct device *device, const struct usb_device_info *info)
{
	return entry_of(device, info) && ippu_port_interface(&info->desc);
}

static enum vt_code attach(
	struct device *device, const struct usb_device_info *info, struct vt_error *error)
{
	struct lettering *s = of(device);
	const struct device_entry *before = s->entry;

	s->entry = entry_of(device, info); /* the port may call back at once */
	const enum vt_code code = ippu_port_attach(s->port, info, error);
	if (code && before)
		s->entry = before;
	return code;
}

static bool detach(struct device *device, usb_key key)
{
	return ippu_port_detach(of(device)->port, key);
}

static usb_key key_of(const struct device *device)
{
	return ippu_port_key(((const struct lettering *)device)->port);
}

static void status(const struct device *device, struct device_status *ret)
{
	const struct lettering *s = (const struct lettering *)device;
	struct ippu_counters counters;
	struct ippu_view view;

	ippu_view(ippu_port_machine(s->port), &view);
	ippu_counters(ippu_port_machine(s->port), &counters);
	if (s->entry) {
		vt_copy_cut(ret->model, sizeof(ret->model), s->entry->model);
		if (!vt_format(
			    ret->usb, sizeof(ret->usb), "%04x:%04x", s->entry->vid, s->entry->pid))
			VT_UNREACHABLE();
	}
	ret->size = PAPER_LETTER;
	ret->state = view.state;
	ret->paper = view.paper;
	vt_copy_cut(ret->reason, sizeof(ret->reason), view.reason);
	ret->tray_count = view.tray_count;
	memcpy(ret->trays, view.trays, view.tray_count * sizeof(view.trays[0]));
	ret->sheets = counters.sheets;
	ret->errors = counters.errors;
	ret->resets = counters.resets;
}

static bool command(struct device *device, const struct bus_message *msg)
{
	if (msg->header.name != BUS_PRINTER_PRINT_FORM ||
		msg->payload.print_form.size != PAPER_LETTER)
		return false;
	jobs_take(&of(device)->jobs, msg);
	jobs_pump(&of(device)->jobs);
	return true;
}

static bool is_busy(const struct device *device)
{
	return jobs_is_busy(&((const struct lettering *)device)->jobs);
}

static void core_came(struct device *device)
{
	jobs_core_came(&of(device)->jobs);
}

static void core_went(struct device *device)
{
	jobs_core_went(&of(device)->jobs);
}

static int64_t wake_ms(const struct device *device)
{
	const struct lettering *s = (const struct lettering *)device;

	return jobs_wake_ms(&s->jobs, ippu_port_wake_ms(s->port));
}

static void wake(struct device *device)
{
	ippu_port_wake(of(device)->port);
	jobs_pump(&of(device)->jobs);
}

static void destroy(struct device *device)
{
	struct lettering *s = of(device);

	ippu_port_destroy(&s->port);
	jobs_finish(&s->jobs);
	free(s);
}

static int64_t port_now_ms(void *owner)
{
	const struct device_host *host = ((struct lettering *)owner)->base.host;

	return host->now_ms(host->owner);
}

struct device *lettering_create(
	const struct device_host *host, struct text_fonts *fonts, const struct ippu_media *media)
{
	static const struct device_ops ops = {.id = "letter",
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
	static const struct jobs_kind kind = {.word = "document",
		.too_many = "too many documents are waiting",
		.max_waiting = LETTERING_MAX_WAITING,
		.wait_ms = WAIT_MS,
		.is_free = is_free,
		.start = start};
	struct lettering *s = calloc(1, sizeof(*s));
	uint32_t salt;

	if (!s)
		return NULL;
	const struct ippu_port_owner owner = {.owner = s,
		.now_ms = port_now_ms,
		.done = on_done,
		.resolved = on_resolved,
		.changed = on_port_changed};
	s->base = (struct device){.ops = &ops, .host = host};
	jobs_init(&s->jobs, &kind, host, s);
	s->fonts = fonts;
	vt_random(&salt, sizeof(salt));
	s->port = ippu_port_create(host->usb, &owner, media, salt);
	if (!s->port) {
		free(s);
		return NULL;
	}
	return &s->base;
}
