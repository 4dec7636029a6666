/* The slot of the letter-size printer. */

#include "drivers/lettering.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/ipp/port.h"
#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

/* A command without a time limit of its own waits so long for the printer. */
#define WAIT_MS 120000

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

struct lettering {
	struct device base;
	struct text_fonts *fonts; /* borrowed */
	struct ippu_port *port;
	const struct device_entry *entry; /* of the printer in use, or of the last one; or NULL */
	struct waiting *waiting[LETTERING_MAX_WAITING]; /* owned */
	size_t waiting_count;
	struct bus_header current; /* command of the document in work */
	char current_job[VT_UUID_SIZE];
	struct outcome outcomes[LETTERING_MAX_OUTCOMES];
	size_t next_outcome;
	bool is_pumping;
};

static struct lettering *of(struct device *device)
{
	return (struct lettering *)device;
}

static int64_t now_of(const struct lettering *s)
{
	return s->base.host->now_ms(s->base.host->owner);
}

static void refuse(struct lettering *s, const struct bus_header *request,
	enum bus_completion_code code, const char *text)
{
	s->base.host->refuse(s->base.host->owner, request, code, text);
}

/* ---- outcomes ---- */

static void report(struct lettering *s, struct outcome *outcome)
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

static struct outcome *find_outcome(struct lettering *s, const char *job)
{
	for (size_t i = 0; i < LETTERING_MAX_OUTCOMES; i++)
		if (s->outcomes[i].result.job[0] && strcmp(s->outcomes[i].result.job, job) == 0)
			return &s->outcomes[i];
	return NULL;
}

static struct outcome *remember(struct lettering *s, const struct bus_header *header,
	const struct printer_print_result *result)
{
	struct outcome *outcome = find_outcome(s, result->job);

	if (!outcome) {
		outcome = &s->outcomes[s->next_outcome];
		s->next_outcome = (s->next_outcome + 1) % LETTERING_MAX_OUTCOMES;
	}
	*outcome = (struct outcome){.result = *result, .header = *header};
	outcome->header.name = BUS_PRINTER_PRINT_FORM;
	return outcome;
}

static void on_done(void *owner, const struct printer_print_result *result)
{
	struct lettering *s = owner;

	vt_log(result->outcome == OUTCOME_PRINTED ? VT_LOG_INFO : VT_LOG_WARNING,
		"document %s: %s %s", result->job, print_outcome_names[result->outcome],
		result->reason);
	s->current_job[0] = '\0';
	report(s, remember(s, &s->current, result));
}

static void on_resolved(void *owner, const struct printer_print_result *result)
{
	struct lettering *s = owner;
	struct outcome *outcome = find_outcome(s, result->job);
	const struct bus_header header = outcome ? outcome->header : (struct bus_header){0};

	vt_log(VT_LOG_NOTICE, "document %s: resolved: %s %s", result->job,
		print_outcome_names[result->outcome], result->reason);
	report(s, remember(s, &header, result));
}

/* ---- commands ---- */

static void free_waiting(struct waiting **waiting)
{
	vt_wipe(*waiting, sizeof(**waiting));
	free(*waiting);
	*waiting = NULL;
}

static struct waiting *take_waiting(struct lettering *s, size_t i)
{
	struct waiting *waiting = s->waiting[i];

	s->waiting_count--;
	memmove(&s->waiting[i], &s->waiting[i + 1], (s->waiting_count - i) * sizeof(s->waiting[0]));
	return waiting;
}

static void fail_waiting(struct lettering *s, struct waiting *waiting, const char *reason)
{
	struct printer_print_result result = {.outcome = OUTCOME_FAILED};

	memcpy(result.job, waiting->form.job, sizeof(result.job));
	vt_copy_cut(result.reason, sizeof(result.reason), reason);
	report(s, remember(s, &waiting->header, &result));
}

static enum vt_code draw(struct lettering *s, const struct waiting *waiting,
	struct vt_buf *document, int *ret_pages, struct vt_error *error)
{
	struct pages pages;
	enum vt_code code = page_render(&waiting->form.receipt, s->fonts, &pages, error);

	if (code)
		return code;
	*ret_pages = (int)pages.count;
	code = pwg_encode(
		&pages, ippu_raster_type(ippu_port_machine(s->port)), "", document, error);
	page_finish(&pages);
	return code;
}

static void start(struct lettering *s, struct waiting *waiting)
{
	struct vt_error error = {0};
	struct vt_buf document;
	int pages = 0;

	if (ippu_get_state(ippu_port_machine(s->port)) == IPPU_ABSENT) {
		fail_waiting(s, waiting, "absent");
		return;
	}
	vt_buf_init(&document, PWG_MAX_BYTES);
	if (draw(s, waiting, &document, &pages, &error)) {
		vt_log(VT_LOG_ERROR, "document %s: %s", waiting->form.job, error.msg);
		vt_buf_finish(&document);
		refuse(s, &waiting->header, BUS_INVALID_DATA, error.msg);
		return;
	}
	s->current = waiting->header;
	memcpy(s->current_job, waiting->form.job, sizeof(s->current_job));
	if (ippu_port_print(s->port, waiting->form.job, waiting->form.paper, pages, &document))
		VT_UNREACHABLE(); /* pump() has asked ippu_is_free() */
}

static void give_up_late(struct lettering *s, int64_t now_ms)
{
	for (size_t i = s->waiting_count; i-- > 0;) {
		if (s->waiting[i]->until_ms > now_ms)
			continue;
		struct waiting *waiting = take_waiting(s, i);
		refuse(s, &waiting->header, BUS_TIME_OUT, "printer was not ready in time");
		free_waiting(&waiting);
	}
}

/* Hands the next document over when the printer is free. */
static void pump(struct lettering *s)
{
	if (s->is_pumping)
		return;
	s->is_pumping = true;
	give_up_late(s, now_of(s));
	while (s->waiting_count > 0 && ippu_is_free(ippu_port_machine(s->port))) {
		struct waiting *waiting = take_waiting(s, 0);
		start(s, waiting);
		free_waiting(&waiting);
	}
	s->is_pumping = false;
}

static void on_port_changed(void *owner)
{
	struct lettering *s = owner;

	pump(s);
	s->base.host->changed(s->base.host->owner, &s->base);
}

/* A job that was seen before: its first command lives on, only who waits for it changes. */
static bool is_repeated(
	struct lettering *s, const struct bus_header *header, const struct printer_print_form *form)
{
	struct outcome *known = find_outcome(s, form->job);

	if (known) {
		known->header = *header;
		report(s, known);
		return true;
	}
	if (strcmp(s->current_job, form->job) == 0) {
		s->current = *header;
		return true;
	}
	for (size_t i = 0; i < s->waiting_count; i++)
		if (strcmp(s->waiting[i]->form.job, form->job) == 0) {
			s->waiting[i]->header = *header;
			return true;
		}
	return false;
}

static void on_print_form(struct lettering *s, const struct bus_message *msg)
{
	const struct printer_print_form *form = &msg->payload.print_form;
	const struct bus_header *header = &msg->header;

	if (!vt_uuid_valid(form->job)) {
		refuse(s, header, BUS_INVALID_DATA, "job is no UUID");
		return;
	}
	if (is_repeated(s, header, form))
		return;
	struct waiting *waiting =
		s->waiting_count < LETTERING_MAX_WAITING ? calloc(1, sizeof(*waiting)) : NULL;
	if (!waiting) {
		refuse(s, header, BUS_DEVICE_NOT_READY, "too many documents are waiting");
		return;
	}
	waiting->header = *header;
	waiting->form = *form;
	waiting->until_ms = now_of(s) + (header->timeout_ms > 0 ? header->timeout_ms : WAIT_MS);
	s->waiting[s->waiting_count++] = waiting;
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
	on_print_form(of(device), msg);
	pump(of(device));
	return true;
}

static bool is_busy(const struct device *device)
{
	const struct lettering *s = (const struct lettering *)device;

	return s->current_job[0] || s->waiting_count > 0;
}

static void core_came(struct device *device)
{
	struct lettering *s = of(device);
	const struct device_host *host = device->host;

	for (size_t i = 0; i < LETTERING_MAX_OUTCOMES && host->is_connected(host->owner); i++)
		if (s->outcomes[i].result.job[0] && !s->outcomes[i].is_reported)
			report(s, &s->outcomes[i]);
}

/* Documents that were not begun will not be; the one in work goes on. */
static void core_went(struct device *device)
{
	struct lettering *s = of(device);

	while (s->waiting_count > 0) {
		struct waiting *waiting = take_waiting(s, 0);
		fail_waiting(s, waiting, "device");
		free_waiting(&waiting);
	}
}

static int64_t wake_ms(const struct device *device)
{
	const struct lettering *s = (const struct lettering *)device;
	int64_t wake = ippu_port_wake_ms(s->port);

	for (size_t i = 0; i < s->waiting_count; i++)
		if (s->waiting[i]->until_ms < wake)
			wake = s->waiting[i]->until_ms;
	return wake;
}

static void wake(struct device *device)
{
	ippu_port_wake(of(device)->port);
	pump(of(device));
}

static void destroy(struct device *device)
{
	struct lettering *s = of(device);

	ippu_port_destroy(&s->port);
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
	s->fonts = fonts;
	vt_random(&salt, sizeof(salt));
	s->port = ippu_port_create(host->usb, &owner, media, salt);
	if (!s->port) {
		free(s);
		return NULL;
	}
	return &s->base;
}
