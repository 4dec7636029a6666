/* The card reader machine on a USB device: its effects become transfers of usb.h, their ends its
 * events. What it has to tell waits as notes until the loop calls us, so that no call of the owner
 * is answered from inside it. */

#include <stdlib.h>
#include <string.h>

#include "drivers/ccid/ccid.h"
#include "drivers/ccid/machine.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* 255 data rates of four bytes. */
#define CONTROL_BYTES 1020
#define CONTROL_MS    1000
/* Slots change: at most 8 slots in 2 bits each, and the type; whole packets. */
#define NOTIFY_BYTES 64
#define MAX_PENDING  12
#define MAX_NOTES    64

struct note {
	bool is_done;
	uint8_t slot;
	struct ccid_slot view;
	struct ccid_result result;
	struct vt_buf data; /* owned: wiped behind the call */
};

struct ccid_port {
	struct usb *usb; /* borrowed */
	struct ccid_port_owner owner;
	struct ccid_machine *machine;
	struct usb_handle *handle; /* NULL: none attached */
	usb_key key;
	struct usb_transfer out, in, notify, control, clear;
	uint8_t in_data[USB_MAX_TRANSFER], notify_data[NOTIFY_BYTES], control_data[CONTROL_BYTES];
	enum ccid_effect_type clear_effect;
	uint8_t in_endpoint, out_endpoint;
	bool is_gone; /* a transfer said so, or closed; the device goes when the step is over */
	bool is_running;
	struct ccid_event pending[MAX_PENDING];
	size_t pending_count;
	struct note notes[MAX_NOTES];
	size_t note_count;
};

static void run(struct ccid_port *port);

static void post(struct ccid_port *port, const struct ccid_event *event)
{
	VT_ASSERT(port->pending_count < MAX_PENDING);
	port->pending[port->pending_count++] = *event;
}

/* ---- ends of transfers ---- */

static void on_end(struct ccid_port *port, const struct usb_transfer *t, enum ccid_event_type type)
{
	post(port, &(struct ccid_event){.type = type,
			   .effect = (int)port->clear_effect,
			   .io = usb_io_of(t->status, &port->is_gone),
			   .count = t->actual,
			   .data = t->data});
	run(port);
}

static void on_out(struct usb_transfer *t, void *owner)
{
	on_end(owner, t, CCID_EV_SENT);
}

static void on_in(struct usb_transfer *t, void *owner)
{
	on_end(owner, t, CCID_EV_RECEIVED);
}

static void on_notify(struct usb_transfer *t, void *owner)
{
	on_end(owner, t, CCID_EV_NOTIFIED);
}

static void on_control(struct usb_transfer *t, void *owner)
{
	on_end(owner, t, CCID_EV_CONTROL_DONE);
}

static void on_clear(struct usb_transfer *t, void *owner)
{
	on_end(owner, t, CCID_EV_CLEARED);
}

/* ---- effects ---- */

/* A transfer that could not even begin ends like one that failed. */
static void check_start(struct ccid_port *port, enum vt_code code, enum ccid_event_type type)
{
	if (!code)
		return;
	if (code == VT_ERR_NOT_FOUND)
		port->is_gone = true;
	post(port, &(struct ccid_event){
			   .type = type, .effect = (int)port->clear_effect, .io = USB_IO_FAILED});
}

static void submit(struct ccid_port *port, struct usb_transfer *t, enum ccid_event_type end)
{
	check_start(port, port->usb->ops->submit(port->handle, t, NULL), end);
}

static void clear(struct ccid_port *port, enum ccid_effect_type effect)
{
	const struct usb_ops *ops = port->usb->ops;

	port->clear_effect = effect;
	port->clear.endpoint = effect == CCID_FX_CLEAR_IN ? port->in_endpoint : port->out_endpoint;
	check_start(port,
		effect == CCID_FX_RESET ? ops->reset(port->handle, &port->clear, NULL)
					: ops->clear_halt(port->handle, &port->clear, NULL),
		CCID_EV_CLEARED);
}

static void take_note(struct ccid_port *port, const struct ccid_effect *effect)
{
	VT_ASSERT(port->note_count < MAX_NOTES);
	struct note *note = &port->notes[port->note_count++];
	*note = (struct note){.is_done = effect->type == CCID_FX_DONE,
		.slot = effect->slot,
		.view = effect->view,
		.result = effect->result};
	if (note->is_done)
		ccid_machine_take(port->machine, effect->result.slot, &note->data);
}

static void carry_out(struct ccid_port *port, const struct ccid_effect *effect)
{
	switch (effect->type) {
	case CCID_FX_SEND:
		port->out.length = effect->length;
		/* usb.h only reads the data of OUT transfers. */
		memcpy(&port->out.data, &effect->data, sizeof(port->out.data));
		submit(port, &port->out, CCID_EV_SENT);
		break;
	case CCID_FX_RECEIVE:
		VT_ASSERT(effect->length <= sizeof(port->in_data));
		port->in.length = effect->length;
		submit(port, &port->in, CCID_EV_RECEIVED);
		break;
	case CCID_FX_CANCEL:
		if (port->out.backend)
			port->usb->ops->cancel(port->handle, &port->out);
		if (port->in.backend)
			port->usb->ops->cancel(port->handle, &port->in);
		break;
	case CCID_FX_NOTIFY:
		submit(port, &port->notify, CCID_EV_NOTIFIED);
		break;
	case CCID_FX_CONTROL:
		VT_ASSERT(effect->length <= sizeof(port->control_data));
		memcpy(port->control.setup, effect->setup, sizeof(effect->setup));
		port->control.length = effect->length;
		submit(port, &port->control, CCID_EV_CONTROL_DONE);
		break;
	case CCID_FX_CLEAR_OUT:
	case CCID_FX_CLEAR_IN:
	case CCID_FX_RESET:
		clear(port, effect->type);
		break;
	case CCID_FX_CLOSE:
		port->is_gone = true;
		break;
	case CCID_FX_SLOT:
	case CCID_FX_DONE:
		take_note(port, effect);
		break;
	}
}

static enum vt_code step(struct ccid_port *port, struct ccid_event *event)
{
	struct ccid_effects effects;

	event->now_ms = port->owner.now_ms(port->owner.owner);
	const enum vt_code code = ccid_machine_step(port->machine, event, &effects);
	for (size_t i = 0; i < effects.count; i++)
		carry_out(port, &effects.list[i]);
	return code;
}

static void close_device(struct ccid_port *port)
{
	port->usb->ops->close(port->handle);
	port->handle = NULL;
	port->key = 0;
	port->is_gone = false;
	port->pending_count = 0;
	/* Their memory is ours again. */
	port->out.backend = port->in.backend = NULL;
	vt_wipe(port->in_data, sizeof(port->in_data));
	if (step(port, &(struct ccid_event){.type = CCID_EV_DETACHED}))
		VT_UNREACHABLE(); /* only operations are refused */
}

/* Works off what has happened. */
static void work_off(struct ccid_port *port)
{
	port->is_running = true;
	while (port->pending_count > 0) {
		struct ccid_event event = port->pending[0];
		port->pending_count--;
		memmove(port->pending, port->pending + 1,
			port->pending_count * sizeof(port->pending[0]));
		if (event.io == USB_IO_FAILED && port->is_gone)
			break;
		if (step(port, &event))
			VT_UNREACHABLE();
	}
	if (port->is_gone && port->handle)
		close_device(port);
	port->is_running = false;
}

static void tell(struct ccid_port *port, struct note *note)
{
	if (note->is_done) {
		note->result.data = note->data.data;
		note->result.length = note->data.length;
		port->owner.done(port->owner.owner, &note->result);
	} else {
		port->owner.slot(port->owner.owner, note->slot, &note->view);
	}
	vt_buf_finish(&note->data);
}

/* From the loop only: then the owner hears, who may call us again. */
static void run(struct ccid_port *port)
{
	if (port->is_running)
		return;
	work_off(port);
	while (port->note_count > 0) {
		struct note note = port->notes[0];
		port->note_count--;
		memmove(port->notes, port->notes + 1, port->note_count * sizeof(port->notes[0]));
		tell(port, &note);
	}
	port->owner.changed(port->owner.owner);
}

/* From a call of the owner: what it brings about is told later. */
static enum vt_code call(struct ccid_port *port, struct ccid_event *event)
{
	const bool was_running = port->is_running;

	port->is_running = true;
	const enum vt_code code = step(port, event);
	port->is_running = was_running;
	if (!was_running)
		work_off(port);
	return code;
}

/* ---- outside ---- */

struct ccid_port *ccid_port_create(struct usb *usb, const struct ccid_port_owner *owner)
{
	struct ccid_port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->usb = usb;
	port->owner = *owner;
	port->machine = ccid_machine_create();
	if (!port->machine) {
		free(port);
		return NULL;
	}
	return port;
}

void ccid_port_destroy(struct ccid_port **port)
{
	struct ccid_port *p = *port;

	if (!p)
		return;
	if (p->handle)
		p->usb->ops->close(p->handle);
	ccid_machine_destroy(&p->machine);
	for (size_t i = 0; i < p->note_count; i++)
		vt_buf_finish(&p->notes[i].data);
	vt_wipe(p->in_data, sizeof(p->in_data));
	free(p);
	*port = NULL;
}

const struct usb_interface *ccid_port_interface(const struct usb_desc *desc, size_t nth)
{
	for (size_t i = 0; i < desc->interface_count; i++) {
		const struct usb_interface *interface = &desc->interfaces[i];
		/* Protocols 1 and 2 are tokens on control transfers (ICCD): not ours. */
		if (ccid_desc_is_reader(interface) && interface->protocol == 0 &&
			usb_desc_has_bulk_pair(interface) && nth-- == 0)
			return interface;
	}
	return NULL;
}

static struct usb_transfer make_transfer(struct ccid_port *port, uint8_t endpoint,
	enum usb_transfer_type type, uint8_t *data, size_t length, usb_done_fn *done)
{
	return (struct usb_transfer){.endpoint = endpoint,
		.type = type,
		.data = data,
		.length = length,
		.done = done,
		.owner = port};
}

static void prepare(struct ccid_port *port, const struct usb_interface *interface)
{
	const struct usb_endpoint *notify = usb_desc_endpoint(interface, USB_TYPE_INTERRUPT, 0x80);

	port->out_endpoint = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x00)->address;
	port->in_endpoint = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x80)->address;
	port->out = make_transfer(port, port->out_endpoint, USB_TYPE_BULK, NULL, 0, on_out);
	port->in = make_transfer(port, port->in_endpoint, USB_TYPE_BULK, port->in_data, 0, on_in);
	port->control = make_transfer(port, 0, USB_TYPE_CONTROL, port->control_data, 0, on_control);
	port->control.timeout_ms = CONTROL_MS;
	port->clear = make_transfer(port, 0, USB_TYPE_CONTROL, NULL, 0, on_clear);
	if (notify) {
		size_t length = notify->max_packet;
		length = length < NOTIFY_BYTES ? length : NOTIFY_BYTES;
		port->notify = make_transfer(port, notify->address, USB_TYPE_INTERRUPT,
			port->notify_data, length, on_notify);
	}
}

static enum vt_code set_machine(struct ccid_port *port, const struct usb_interface *interface,
	const struct ccid_quirks *quirks, struct vt_error *error)
{
	struct ccid_machine_setup setup = {.interface = interface->number};

	setup.max_packet = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x80)->max_packet;
	setup.has_notify = usb_desc_endpoint(interface, USB_TYPE_INTERRUPT, 0x80) != NULL;
	if (quirks)
		setup.quirks = *quirks;
	enum vt_code code = ccid_desc_parse(
		interface->class_desc, interface->class_desc_length, &setup.desc, error);
	return code ? code : ccid_machine_set(port->machine, &setup, error);
}

enum vt_code ccid_port_attach(struct ccid_port *port, const struct usb_device_info *info,
	const struct usb_interface *interface, const struct ccid_quirks *quirks,
	struct vt_error *error)
{
	if (port->handle)
		return vt_fail(error, VT_ERR_STATE, 0, "ccid: another one is attached");
	enum vt_code code = set_machine(port, interface, quirks, error);
	if (!code)
		code = usb_take(port->usb, info->key, interface, &port->handle, error);
	if (code)
		return code;
	port->key = info->key;
	prepare(port, interface);
	return call(port, &(struct ccid_event){.type = CCID_EV_ATTACHED});
}

bool ccid_port_detach(struct ccid_port *port, usb_key key)
{
	if (!port->handle || port->key != key)
		return false;
	port->is_gone = true;
	if (!port->is_running)
		work_off(port);
	return true;
}

void ccid_port_close(struct ccid_port *port)
{
	if (port->handle && call(port, &(struct ccid_event){.type = CCID_EV_CLOSE}))
		VT_UNREACHABLE();
}

usb_key ccid_port_key(const struct ccid_port *port)
{
	return port->key;
}

void ccid_port_view(const struct ccid_port *port, struct ccid_view *ret)
{
	ccid_machine_view(port->machine, ret);
}

enum vt_code ccid_port_slot(const struct ccid_port *port, uint8_t slot, struct ccid_slot *ret)
{
	return ccid_machine_slot(port->machine, slot, ret) ? VT_OK : VT_ERR_INVALID;
}

enum vt_code ccid_port_power_on(struct ccid_port *port, uint8_t slot)
{
	return call(port, &(struct ccid_event){.type = CCID_EV_POWER_ON, .slot = slot});
}

enum vt_code ccid_port_power_off(struct ccid_port *port, uint8_t slot)
{
	return call(port, &(struct ccid_event){.type = CCID_EV_POWER_OFF, .slot = slot});
}

enum vt_code ccid_port_exchange(struct ccid_port *port, uint8_t slot, const uint8_t *apdu,
	size_t length, int64_t timeout_ms)
{
	return call(port, &(struct ccid_event){.type = CCID_EV_EXCHANGE,
				  .slot = slot,
				  .data = apdu,
				  .count = length,
				  .timeout_ms = timeout_ms});
}

enum vt_code ccid_port_verify_pin(
	struct ccid_port *port, uint8_t slot, const struct ccid_pin_entry *entry)
{
	return call(
		port, &(struct ccid_event){.type = CCID_EV_VERIFY_PIN, .slot = slot, .pin = entry});
}

void ccid_port_cancel(struct ccid_port *port, uint8_t slot)
{
	if (call(port, &(struct ccid_event){.type = CCID_EV_CANCEL, .slot = slot}))
		VT_UNREACHABLE();
}

int64_t ccid_port_wake_ms(const struct ccid_port *port)
{
	if (port->note_count > 0)
		return 0;
	return ccid_machine_wake_ms(port->machine);
}

void ccid_port_wake(struct ccid_port *port)
{
	/* Each step fires one timer; several may have come. */
	for (int i = 0; i < 16 && ccid_port_wake_ms(port) <= port->owner.now_ms(port->owner.owner);
		i++) {
		post(port, &(struct ccid_event){.type = CCID_EV_TIME});
		run(port);
	}
}
