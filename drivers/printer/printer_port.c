#include "drivers/printer/printer_port.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"

/* Answers are a few bytes; a multiple of every packet size, so that nothing overflows. */
#define IN_BYTES 512
/* A printer answers class requests at once or never. */
#define CONTROL_MS 1000
/* A step makes at most so many transfers fail at once. */
#define MAX_PENDING 8
#define MAX_NOTES   16

enum class_request { GET_DEVICE_ID = 0, GET_PORT_STATUS = 1, SOFT_RESET = 2 };

struct note {
	bool is_resolved;
	struct printer_print_result result;
};

struct printer_port {
	struct usb *usb; /* borrowed */
	struct printer_port_owner owner;
	struct printer *machine;
	struct usb_handle *handle; /* NULL: none attached */
	usb_key key;
	uint8_t interface, alternate;
	/* Until the printer has said what it is. */
	bool is_identifying;
	struct printer_profile profile;
	struct sheet void_mark;
	struct usb_transfer identity;
	uint8_t identity_data[DEVICE_ID_MAX];
	struct usb_transfer out, in, control, clear_out, clear_in;
	uint8_t in_data[IN_BYTES], control_data[8];
	enum printer_effect_type control_effect, clear_effect;
	bool is_gone; /* a transfer said so; the device is closed when the step is over */
	bool is_running;
	struct printer_event pending[MAX_PENDING];
	size_t pending_count;
	struct note notes[MAX_NOTES];
	size_t note_count;
};

static void run(struct printer_port *port);

static void post(struct printer_port *port, const struct printer_event *event)
{
	VT_ASSERT(port->pending_count < MAX_PENDING);
	port->pending[port->pending_count++] = *event;
}

/* ---- ends of transfers ---- */

static void on_out(struct usb_transfer *t, void *owner)
{
	struct printer_port *port = owner;

	post(port, &(struct printer_event){.type = PRINTER_EV_SENT,
			   .io = usb_io_of(t->status, &port->is_gone),
			   .count = t->actual});
	run(port);
}

static void on_in(struct usb_transfer *t, void *owner)
{
	struct printer_port *port = owner;

	post(port, &(struct printer_event){.type = PRINTER_EV_RECEIVED,
			   .io = usb_io_of(t->status, &port->is_gone),
			   .count = t->actual,
			   .data = port->in_data});
	run(port);
}

static void on_control(struct usb_transfer *t, void *owner)
{
	struct printer_port *port = owner;

	post(port, &(struct printer_event){.type = PRINTER_EV_CONTROL_DONE,
			   .effect = (int)port->control_effect,
			   .io = usb_io_of(t->status, &port->is_gone),
			   .count = t->actual,
			   .data = port->control_data});
	run(port);
}

static void on_clear(struct usb_transfer *t, void *owner)
{
	struct printer_port *port = owner;
	const enum printer_effect_type effect =
		t == &port->clear_in ? PRINTER_FX_CLEAR_IN : port->clear_effect;

	post(port, &(struct printer_event){.type = PRINTER_EV_CLEARED,
			   .effect = (int)effect,
			   .io = usb_io_of(t->status, &port->is_gone)});
	run(port);
}

/* ---- effects ---- */

/* A transfer that could not even begin ends like one that failed. */
static void check_start(
	struct printer_port *port, enum vt_code code, const struct printer_event *end)
{
	if (!code)
		return;
	if (code == VT_ERR_NOT_FOUND)
		port->is_gone = true;
	post(port, end);
}

static void send(struct printer_port *port, const struct printer_effect *effect)
{
	port->out.length = effect->length;
	/* usb.h only reads the data of OUT transfers. */
	memcpy(&port->out.data, &effect->data, sizeof(port->out.data));
	check_start(port, port->usb->ops->submit(port->handle, &port->out, NULL),
		&(struct printer_event){.type = PRINTER_EV_SENT, .io = USB_IO_FAILED});
}

static void receive(struct printer_port *port)
{
	check_start(port, port->usb->ops->submit(port->handle, &port->in, NULL),
		&(struct printer_event){.type = PRINTER_EV_RECEIVED, .io = USB_IO_FAILED});
}

static void request(struct printer_port *port, enum printer_effect_type effect)
{
	port->control_effect = effect;
	if (effect == PRINTER_FX_PORT_STATUS)
		usb_setup(port->control.setup, 0xa1, GET_PORT_STATUS, 0, port->interface, 1);
	else
		usb_setup(port->control.setup, 0x21, SOFT_RESET, 0, port->interface, 0);
	port->control.length = effect == PRINTER_FX_PORT_STATUS ? 1 : 0;
	check_start(port, port->usb->ops->submit(port->handle, &port->control, NULL),
		&(struct printer_event){.type = PRINTER_EV_CONTROL_DONE,
			.effect = (int)effect,
			.io = USB_IO_FAILED});
}

static void clear(struct printer_port *port, enum printer_effect_type effect)
{
	struct usb_transfer *t = effect == PRINTER_FX_CLEAR_IN ? &port->clear_in : &port->clear_out;

	if (effect != PRINTER_FX_CLEAR_IN)
		port->clear_effect = effect;
	check_start(port,
		effect == PRINTER_FX_USB_RESET ? port->usb->ops->reset(port->handle, t, NULL)
					       : port->usb->ops->clear_halt(port->handle, t, NULL),
		&(struct printer_event){
			.type = PRINTER_EV_CLEARED, .effect = (int)effect, .io = USB_IO_FAILED});
}

static void take_note(struct printer_port *port, const struct printer_effect *effect)
{
	VT_ASSERT(port->note_count < MAX_NOTES);
	port->notes[port->note_count++] = (struct note){
		.is_resolved = effect->type == PRINTER_FX_RESOLVED, .result = effect->result};
}

static void carry_out(struct printer_port *port, const struct printer_effect *effect)
{
	switch (effect->type) {
	case PRINTER_FX_SEND:
		send(port, effect);
		break;
	case PRINTER_FX_CANCEL_SEND:
		port->usb->ops->cancel(port->handle, &port->out);
		break;
	case PRINTER_FX_RECEIVE:
		receive(port);
		break;
	case PRINTER_FX_PORT_STATUS:
	case PRINTER_FX_SOFT_RESET:
		request(port, effect->type);
		break;
	case PRINTER_FX_CLEAR_OUT:
	case PRINTER_FX_CLEAR_IN:
	case PRINTER_FX_USB_RESET:
		clear(port, effect->type);
		break;
	case PRINTER_FX_BEGUN:
		port->owner.begun(port->owner.owner);
		break;
	case PRINTER_FX_DONE:
	case PRINTER_FX_RESOLVED:
		take_note(port, effect);
		break;
	case PRINTER_FX_STATUS:
		break;
	}
}

static enum vt_code step(struct printer_port *port, struct printer_event *event)
{
	struct printer_effects effects;

	event->now_ms = port->owner.now_ms(port->owner.owner);
	enum vt_code code = printer_step(port->machine, event, &effects);
	for (size_t i = 0; i < effects.count; i++)
		carry_out(port, &effects.list[i]);
	return code;
}

static void close_device(struct printer_port *port)
{
	port->usb->ops->close(port->handle);
	port->handle = NULL;
	port->key = 0;
	port->is_gone = false;
	port->is_identifying = false;
	sheet_finish(&port->void_mark);
	port->pending_count = 0;
	if (step(port, &(struct printer_event){.type = PRINTER_EV_DETACHED}))
		VT_UNREACHABLE(); /* only a print is ever refused */
}

/* Works off what has happened, then tells the owner, who may call us again. */
static void run(struct printer_port *port)
{
	if (port->is_running)
		return;
	port->is_running = true;
	while (port->pending_count > 0) {
		/* What a device said before it went still counts: its answer may be the proof. */
		struct printer_event event = port->pending[0];
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
	while (port->note_count > 0) {
		const struct note note = port->notes[0];
		port->note_count--;
		memmove(port->notes, port->notes + 1, port->note_count * sizeof(port->notes[0]));
		(note.is_resolved ? port->owner.resolved : port->owner.done)(
			port->owner.owner, &note.result);
	}
	port->owner.changed(port->owner.owner);
}

/* ---- what is it? ---- */

static void begin_work(struct printer_port *port)
{
	port->is_identifying = false;
	printer_set_model(port->machine, &port->profile, &port->void_mark);
	post(port, &(struct printer_event){.type = PRINTER_EV_ATTACHED});
	run(port);
}

static void on_identity(struct usb_transfer *t, void *owner)
{
	struct printer_port *port = owner;
	struct vt_error error = {0};
	struct device_id id;
	bool is_known = false;

	(void)usb_io_of(t->status, &port->is_gone);
	if (port->is_gone) {
		run(port);
		return;
	}
	if (t->status == USB_COMPLETED) {
		is_known = device_id_parse(t->data, t->actual, &id, &error) == VT_OK;
		if (!is_known)
			vt_log(VT_LOG_WARNING, "printer: %s", error.msg);
	}
	if (port->owner.identified(
		    port->owner.owner, is_known ? &id : NULL, &port->profile, &port->void_mark)) {
		begin_work(port);
		return;
	}
	port->is_gone = true;
	run(port);
}

/* GET_DEVICE_ID of the printer class: first configuration, this interface. */
static void identify(struct printer_port *port)
{
	port->identity = (struct usb_transfer){.type = USB_TYPE_CONTROL,
		.data = port->identity_data,
		.length = sizeof(port->identity_data),
		.timeout_ms = CONTROL_MS,
		.done = on_identity,
		.owner = port};
	usb_setup(port->identity.setup, 0xa1, GET_DEVICE_ID, 0,
		(uint16_t)(port->interface << 8 | port->alternate), sizeof(port->identity_data));
	port->is_identifying = true;
	const enum vt_code code = port->usb->ops->submit(port->handle, &port->identity, NULL);
	if (!code)
		return;
	port->identity.status = code == VT_ERR_NOT_FOUND ? USB_NO_DEVICE : USB_ERROR;
	on_identity(&port->identity, port);
}

/* ---- outside ---- */

struct printer_port *printer_port_create(
	struct usb *usb, const struct printer_port_owner *owner, uint32_t salt)
{
	struct printer_port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->usb = usb;
	port->owner = *owner;
	port->machine = printer_machine_create(salt);
	if (!port->machine) {
		free(port);
		return NULL;
	}
	return port;
}

void printer_port_destroy(struct printer_port **port)
{
	struct printer_port *p = *port;

	if (!p)
		return;
	if (p->handle)
		p->usb->ops->close(p->handle);
	sheet_finish(&p->void_mark);
	printer_machine_destroy(&p->machine);
	free(p);
	*port = NULL;
}

const struct usb_interface *printer_port_interface(const struct usb_desc *desc)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < desc->interface_count; i++) {
			const struct usb_interface *interface = &desc->interfaces[i];
			const bool is_class = interface->class == 7 && interface->subclass == 1 &&
					      interface->protocol <= 2;
			if (usb_desc_has_bulk_pair(interface) &&
				(pass == 0 ? is_class : interface->class == 0xff))
				return interface;
		}
	return NULL;
}

static void prepare(struct printer_port *port, const struct usb_interface *interface)
{
	const uint8_t out = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x00)->address;
	const uint8_t in = usb_desc_endpoint(interface, USB_TYPE_BULK, 0x80)->address;

	port->interface = interface->number;
	port->alternate = interface->alternate;
	port->out = (struct usb_transfer){
		.endpoint = out, .type = USB_TYPE_BULK, .done = on_out, .owner = port};
	port->in = (struct usb_transfer){.endpoint = in,
		.type = USB_TYPE_BULK,
		.data = port->in_data,
		.length = sizeof(port->in_data),
		.done = on_in,
		.owner = port};
	port->control = (struct usb_transfer){.type = USB_TYPE_CONTROL,
		.data = port->control_data,
		.timeout_ms = CONTROL_MS,
		.done = on_control,
		.owner = port};
	port->clear_out = (struct usb_transfer){.endpoint = out, .done = on_clear, .owner = port};
	port->clear_in = (struct usb_transfer){.endpoint = in, .done = on_clear, .owner = port};
}

enum vt_code printer_port_attach(struct printer_port *port, const struct usb_device_info *info,
	const struct printer_profile *profile, struct sheet *void_mark, struct vt_error *error)
{
	const struct usb_interface *interface = printer_port_interface(&info->desc);

	if (port->handle)
		return vt_fail(error, VT_ERR_STATE, 0, "printer: another one is attached");
	if (!interface)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "printer: no printer interface");
	const enum vt_code code = usb_take(port->usb, info->key, interface, &port->handle, error);
	if (code)
		return code;
	port->key = info->key;
	prepare(port, interface);
	port->profile = *profile;
	port->void_mark = *void_mark;
	*void_mark = (struct sheet){0};
	if (port->owner.identified)
		identify(port);
	else
		begin_work(port);
	return VT_OK;
}

bool printer_port_detach(struct printer_port *port, usb_key key)
{
	if (!port->handle || port->key != key)
		return false;
	port->is_gone = true;
	run(port);
	return true;
}

bool printer_port_is_identifying(const struct printer_port *port)
{
	return port->is_identifying;
}

usb_key printer_port_key(const struct printer_port *port)
{
	return port->key;
}

enum vt_code printer_port_print(struct printer_port *port, const char *job, struct sheet *sheet)
{
	struct printer_event event = {.type = PRINTER_EV_PRINT, .job = job, .sheet = sheet};

	VT_ASSERT(!port->is_running);
	port->is_running = true;
	enum vt_code code = step(port, &event);
	port->is_running = false;
	run(port);
	return code;
}

int64_t printer_port_wake_ms(const struct printer_port *port)
{
	return printer_wake_ms(port->machine);
}

void printer_port_wake(struct printer_port *port)
{
	/* Each step fires one timer; several may have come. */
	for (int i = 0;
		i < 16 && printer_port_wake_ms(port) <= port->owner.now_ms(port->owner.owner);
		i++) {
		post(port, &(struct printer_event){.type = PRINTER_EV_TIME});
		run(port);
	}
}

struct printer *printer_port_machine(struct printer_port *port)
{
	return port->machine;
}
