#include "drivers/ipp/port.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/ipp/http.h"
#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* A multiple of every packet size. */
#define IN_BYTES 8192
/* Neither a byte taken nor one given for so long: the printer hangs. It may stop taking while a
 * page is on its way through the fuser. */
#define PROGRESS_MS 15000
/* An exchange that goes on and on, byte by byte. */
#define EXCHANGE_MS 60000
/* Interfaces that have nothing to say may answer with empty packets. */
#define EMPTY_READ_MS  20
#define MAX_EMPTY      250
#define MAX_PENDING    4
#define MAX_NOTES      4
#define MAX_HEAD_BYTES 16384

enum phase {
	PHASE_QUIET,	/* nothing asked */
	PHASE_EXCHANGE, /* request and answer under way */
	PHASE_ENDING,	/* given up: transfers are being taken back, then the event goes out */
	PHASE_RESET	/* port reset in flight */
};

struct note {
	bool is_resolved;
	struct printer_print_result result;
};

struct ippu_port {
	struct usb *usb; /* borrowed */
	struct ippu_port_owner owner;
	struct ippu_machine *machine;
	struct usb_handle *handle; /* NULL: none attached */
	usb_key key;
	enum phase phase;
	struct usb_transfer out, in, reset;
	bool out_busy, in_busy, reset_busy, wants_reset;
	uint8_t in_data[IN_BYTES];
	/* the exchange */
	struct ippu_request request;
	struct vt_buf head; /* HTTP and IPP, before the document */
	size_t head_sent, document_sent, chunk;
	bool is_answered; /* the whole answer is there */
	bool is_protocol; /* it was nonsense */
	bool any_handed, all_handed;
	struct ippu_http http;
	int empty_count;
	int64_t progress_until_ms, exchange_until_ms, read_at_ms;
	struct vt_buf document; /* personal: wiped */
	/* towards the owner */
	bool is_gone, is_running;
	struct ippu_event pending[MAX_PENDING];
	struct ippu_answer answer; /* of the pending ANSWER */
	size_t pending_count;
	struct note notes[MAX_NOTES];
	size_t note_count;
};

static void run(struct ippu_port *port);

static void post(struct ippu_port *port, const struct ippu_event *event)
{
	VT_ASSERT(port->pending_count < MAX_PENDING);
	port->pending[port->pending_count++] = *event;
}

static int64_t now_of(const struct ippu_port *port)
{
	return port->owner.now_ms(port->owner.owner);
}

static void made_progress(struct ippu_port *port)
{
	port->progress_until_ms = now_of(port) + PROGRESS_MS;
}

/* ---- the end of an exchange ---- */

static void post_answer(struct ippu_port *port, const struct ippu_answer *answer)
{
	port->phase = PHASE_QUIET;
	post(port, &(struct ippu_event){.type = IPPU_EV_ANSWER,
			   .answer = answer,
			   .is_protocol = port->is_protocol,
			   .any_handed = port->any_handed,
			   .all_handed = port->all_handed});
}

/* Everything in flight has come back. */
static void end_if_still(struct ippu_port *port)
{
	if (port->out_busy || port->in_busy)
		return;
	if (port->phase == PHASE_ENDING && !port->wants_reset) {
		post_answer(port, NULL);
	} else if (port->wants_reset) {
		port->wants_reset = false;
		port->phase = PHASE_RESET;
		port->reset_busy = true;
		if (port->usb->ops->reset(port->handle, &port->reset, NULL)) {
			port->reset_busy = false;
			port->phase = PHASE_QUIET;
			post(port, &(struct ippu_event){.type = IPPU_EV_RESET});
		}
	}
}

static void take_back(struct ippu_port *port)
{
	if (port->out_busy)
		port->usb->ops->cancel(port->handle, &port->out);
	if (port->in_busy)
		port->usb->ops->cancel(port->handle, &port->in);
	end_if_still(port);
}

static void give_up(struct ippu_port *port, bool is_protocol)
{
	if (port->phase != PHASE_EXCHANGE)
		return;
	port->is_protocol = is_protocol;
	port->phase = PHASE_ENDING;
	take_back(port);
}

/* Request out, answer in: both whole. */
static void finish_if_whole(struct ippu_port *port)
{
	struct vt_error error = {0};

	if (port->phase != PHASE_EXCHANGE || !port->is_answered || port->out_busy)
		return;
	if (ippu_answer_decode(&port->request, port->http.body.data, port->http.body.length,
		    &port->answer, &error)) {
		vt_log(VT_LOG_WARNING, "letter: %s", error.msg);
		give_up(port, true);
		return;
	}
	post_answer(port, &port->answer);
}

/* ---- transfers ---- */

static void send_next(struct ippu_port *port)
{
	const size_t head_left = port->head.length - port->head_sent;
	const bool is_head = head_left > 0;
	const size_t document_left = port->request.document_length - port->document_sent;
	const size_t left = is_head ? head_left : document_left;

	if (left == 0) {
		finish_if_whole(port);
		return;
	}
	port->chunk = left < USB_MAX_TRANSFER ? left : USB_MAX_TRANSFER;
	port->out.data = is_head ? port->head.data + port->head_sent
				 : port->document.data + port->document_sent;
	port->out.length = port->chunk;
	port->any_handed = port->any_handed || !is_head;
	port->all_handed = !is_head && port->chunk == document_left;
	port->out_busy = true;
	const enum vt_code code = port->usb->ops->submit(port->handle, &port->out, NULL);
	if (code) {
		port->out_busy = false;
		port->is_gone = port->is_gone || code == VT_ERR_NOT_FOUND;
		give_up(port, false);
	}
}

static void read_next(struct ippu_port *port)
{
	port->read_at_ms = INT64_MAX;
	port->in_busy = true;
	const enum vt_code code = port->usb->ops->submit(port->handle, &port->in, NULL);
	if (code) {
		port->in_busy = false;
		port->is_gone = port->is_gone || code == VT_ERR_NOT_FOUND;
		give_up(port, false);
	}
}

static void on_out(struct usb_transfer *t, void *owner)
{
	struct ippu_port *port = owner;
	const bool is_head = port->head_sent < port->head.length;

	port->out_busy = false;
	port->is_gone = port->is_gone || t->status == USB_NO_DEVICE;
	if (port->phase != PHASE_EXCHANGE) {
		end_if_still(port);
	} else if (t->status != USB_COMPLETED || t->actual > port->chunk) {
		give_up(port, false);
	} else {
		*(is_head ? &port->head_sent : &port->document_sent) += t->actual;
		if (t->actual > 0)
			made_progress(port);
		send_next(port);
	}
	run(port);
}

static void take_bytes(struct ippu_port *port, size_t length)
{
	if (length == 0) {
		if (++port->empty_count > MAX_EMPTY)
			give_up(port, true);
		else
			port->read_at_ms = now_of(port) + EMPTY_READ_MS;
		return;
	}
	made_progress(port);
	switch (ippu_http_feed(&port->http, port->in_data, length)) {
	case IPPU_HTTP_MORE:
		read_next(port);
		break;
	case IPPU_HTTP_DONE:
		port->is_answered = true;
		finish_if_whole(port);
		break;
	case IPPU_HTTP_BAD:
		vt_log(VT_LOG_WARNING, "letter: no HTTP answer we know, status %d",
			port->http.status);
		give_up(port, true);
		break;
	}
}

static void on_in(struct usb_transfer *t, void *owner)
{
	struct ippu_port *port = owner;

	port->in_busy = false;
	port->is_gone = port->is_gone || t->status == USB_NO_DEVICE;
	if (port->phase != PHASE_EXCHANGE)
		end_if_still(port);
	else if (t->status != USB_COMPLETED)
		give_up(port, t->status == USB_OVERFLOW);
	else
		take_bytes(port, t->actual);
	run(port);
}

static void on_reset(struct usb_transfer *t, void *owner)
{
	struct ippu_port *port = owner;

	port->reset_busy = false;
	port->phase = PHASE_QUIET;
	port->is_gone = port->is_gone || t->status == USB_NO_DEVICE;
	post(port,
		&(struct ippu_event){.type = IPPU_EV_RESET, .is_good = t->status == USB_COMPLETED});
	run(port);
}

/* ---- effects ---- */

static void exchange(struct ippu_port *port, const struct ippu_request *request)
{
	VT_ASSERT(port->phase == PHASE_QUIET && !port->out_busy && !port->in_busy);
	port->request = *request;
	port->head_sent = port->document_sent = 0;
	port->is_answered = port->is_protocol = port->any_handed = port->all_handed = false;
	port->empty_count = 0;
	vt_buf_reset(&port->head);
	ippu_http_reset(&port->http);
	port->phase = PHASE_EXCHANGE;
	port->exchange_until_ms = now_of(port) + EXCHANGE_MS;
	made_progress(port);
	if (ippu_request_encode(request, &port->head, NULL)) {
		give_up(port, false);
		return;
	}
	read_next(port);
	if (port->phase == PHASE_EXCHANGE)
		send_next(port);
}

static void carry_out(struct ippu_port *port, const struct ippu_effect *effect)
{
	switch (effect->type) {
	case IPPU_FX_EXCHANGE:
		exchange(port, &effect->request);
		break;
	case IPPU_FX_RESET:
		port->wants_reset = true;
		take_back(port);
		break;
	case IPPU_FX_BEGUN:
		break;
	case IPPU_FX_DONE:
	case IPPU_FX_RESOLVED:
		VT_ASSERT(port->note_count < MAX_NOTES);
		port->notes[port->note_count++] = (struct note){
			.is_resolved = effect->type == IPPU_FX_RESOLVED, .result = effect->result};
		break;
	}
}

static enum vt_code step(struct ippu_port *port, struct ippu_event *event)
{
	struct ippu_effects effects;

	event->now_ms = now_of(port);
	const enum vt_code code = ippu_step(port->machine, event, &effects);
	for (size_t i = 0; i < effects.count; i++)
		carry_out(port, &effects.list[i]);
	return code;
}

static void close_device(struct ippu_port *port)
{
	port->usb->ops->close(port->handle);
	port->handle = NULL;
	port->key = 0;
	port->is_gone = port->out_busy = port->in_busy = port->reset_busy = port->wants_reset =
		false;
	port->phase = PHASE_QUIET;
	port->read_at_ms = INT64_MAX;
	port->pending_count = 0;
	if (step(port, &(struct ippu_event){.type = IPPU_EV_DETACHED,
			       .any_handed = port->any_handed,
			       .all_handed = port->all_handed}))
		VT_UNREACHABLE(); /* only a print is ever refused */
}

static void tell(struct ippu_port *port)
{
	while (port->note_count > 0) {
		const struct note note = port->notes[0];
		port->note_count--;
		memmove(port->notes, port->notes + 1, port->note_count * sizeof(port->notes[0]));
		if (!note.is_resolved)
			vt_buf_finish(&port->document);
		(note.is_resolved ? port->owner.resolved : port->owner.done)(
			port->owner.owner, &note.result);
	}
}

/* Works off what has happened, then tells the owner, who may call us again. */
static void run(struct ippu_port *port)
{
	if (port->is_running)
		return;
	port->is_running = true;
	while (port->pending_count > 0) {
		struct ippu_event event = port->pending[0];
		port->pending_count--;
		memmove(port->pending, port->pending + 1,
			port->pending_count * sizeof(port->pending[0]));
		/* A whole answer counts, also of a device that is gone since. */
		if (port->is_gone && !event.answer)
			break;
		if (step(port, &event))
			VT_UNREACHABLE();
	}
	if (port->is_gone && port->handle)
		close_device(port);
	port->is_running = false;
	tell(port);
	port->owner.changed(port->owner.owner);
}

/* ---- outside ---- */

struct ippu_port *ippu_port_create(struct usb *usb, const struct ippu_port_owner *owner,
	const struct ippu_media *media, uint32_t salt)
{
	struct ippu_port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->usb = usb;
	port->owner = *owner;
	port->read_at_ms = INT64_MAX;
	vt_buf_init(&port->head, MAX_HEAD_BYTES);
	ippu_http_init(&port->http);
	port->machine = ippu_create(media, salt);
	if (!port->machine) {
		free(port);
		return NULL;
	}
	return port;
}

void ippu_port_destroy(struct ippu_port **port)
{
	struct ippu_port *p = *port;

	if (!p)
		return;
	if (p->handle)
		p->usb->ops->close(p->handle);
	ippu_destroy(&p->machine);
	ippu_http_finish(&p->http);
	vt_buf_finish(&p->head);
	vt_buf_finish(&p->document);
	free(p);
	*port = NULL;
}

const struct usb_interface *ippu_port_interface(const struct usb_desc *desc)
{
	for (size_t i = 0; i < desc->interface_count; i++) {
		const struct usb_interface *interface = &desc->interfaces[i];
		if (interface->class == 7 && interface->subclass == 1 && interface->protocol == 4 &&
			usb_desc_has_bulk_pair(interface))
			return interface;
	}
	return NULL;
}

enum vt_code ippu_port_attach(
	struct ippu_port *port, const struct usb_device_info *info, struct vt_error *error)
{
	const struct usb_interface *interface = ippu_port_interface(&info->desc);

	if (port->handle)
		return vt_fail(error, VT_ERR_STATE, 0, "letter: another one is attached");
	if (!interface)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "letter: no IPP interface");
	const enum vt_code code = usb_take(port->usb, info->key, interface, &port->handle, error);
	if (code)
		return code;
	const uint8_t out = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x00)->address;
	port->key = info->key;
	port->out = (struct usb_transfer){
		.endpoint = out, .type = USB_TYPE_BULK, .done = on_out, .owner = port};
	port->in = (struct usb_transfer){
		.endpoint = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x80)->address,
		.type = USB_TYPE_BULK,
		.data = port->in_data,
		.length = sizeof(port->in_data),
		.done = on_in,
		.owner = port};
	port->reset = (struct usb_transfer){.endpoint = out, .done = on_reset, .owner = port};
	post(port, &(struct ippu_event){.type = IPPU_EV_ATTACHED});
	run(port);
	return VT_OK;
}

bool ippu_port_detach(struct ippu_port *port, usb_key key)
{
	if (!port->handle || port->key != key)
		return false;
	port->is_gone = true;
	run(port);
	return true;
}

usb_key ippu_port_key(const struct ippu_port *port)
{
	return port->key;
}

enum vt_code ippu_port_print(struct ippu_port *port, const char *job, enum paper_kind paper,
	int page_count, struct vt_buf *document)
{
	struct ippu_event event = {.type = IPPU_EV_PRINT,
		.job = job,
		.paper = paper,
		.page_count = page_count,
		.document_length = document->length};

	if (!ippu_is_free(port->machine))
		return VT_ERR_BUSY;
	VT_ASSERT(!port->is_running);
	vt_buf_finish(&port->document);
	port->document = *document;
	*document = (struct vt_buf){0};
	port->is_running = true;
	const enum vt_code code = step(port, &event);
	port->is_running = false;
	run(port);
	return code;
}

int64_t ippu_port_wake_ms(const struct ippu_port *port)
{
	int64_t wake_ms = ippu_wake_ms(port->machine);

	if (port->phase != PHASE_EXCHANGE)
		return wake_ms;
	const int64_t times[] = {
		port->progress_until_ms, port->exchange_until_ms, port->read_at_ms};
	for (size_t i = 0; i < VT_ELEMENTS(times); i++)
		if (times[i] < wake_ms)
			wake_ms = times[i];
	return wake_ms;
}

void ippu_port_wake(struct ippu_port *port)
{
	const int64_t now_ms = now_of(port);

	if (port->phase == PHASE_EXCHANGE &&
		(now_ms >= port->progress_until_ms || now_ms >= port->exchange_until_ms))
		give_up(port, false);
	else if (port->phase == PHASE_EXCHANGE && now_ms >= port->read_at_ms)
		read_next(port);
	if (ippu_wake_ms(port->machine) <= now_ms)
		post(port, &(struct ippu_event){.type = IPPU_EV_TIME});
	run(port);
}

struct ippu_machine *ippu_port_machine(struct ippu_port *port)
{
	return port->machine;
}
