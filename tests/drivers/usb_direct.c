#include "tests/drivers/usb_direct.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"

#define MAX_FLIGHTS 16

enum kind { KIND_TRANSFER, KIND_CLEAR_HALT, KIND_RESET };

struct usb_handle {
	struct direct *usb;
	bool is_closed;
};

struct flight {
	struct usb_handle *handle;
	struct usb_transfer *t;
	enum kind kind;
	bool is_cancelled;
	int64_t timeout_at_ms;
	size_t taken;
};

struct direct {
	struct usb base;
	struct vdev *dev;
	int64_t now_ms;
	usb_key key;
	bool was_attached, is_watched, needs_arrival;
	struct usb_watch watch;
	struct flight flights[MAX_FLIGHTS];
	size_t flight_count;
	struct usb_handle handles[64]; /* of one test */
	size_t handle_count;
};

static struct direct *direct_of(struct usb *usb)
{
	return (struct direct *)usb;
}

static void fill_info(struct direct *d, struct usb_device_info *ret)
{
	uint8_t data[USB_MAX_DESCRIPTORS];
	struct vt_error error;

	memcpy(data, d->dev->desc.device, 18);
	memcpy(data + 18, d->dev->desc.config, d->dev->desc.config_length);
	ret->key = d->key;
	if (usb_desc_parse(data, 18 + d->dev->desc.config_length, &ret->desc, &error))
		abort();
}

static size_t list(struct usb *usb, struct usb_device_info *ret, size_t max)
{
	struct direct *d = direct_of(usb);

	if (max == 0 || !vdev_is_attached(d->dev))
		return 0;
	fill_info(d, ret);
	return 1;
}

static enum vt_code watch(struct usb *usb, const struct usb_watch *w, struct vt_error *error)
{
	struct direct *d = direct_of(usb);

	(void)error;
	d->watch = *w;
	d->is_watched = true;
	d->needs_arrival = vdev_is_attached(d->dev);
	return VT_OK;
}

static enum vt_code open_device(
	struct usb *usb, usb_key key, struct usb_handle **ret_handle, struct vt_error *error)
{
	struct direct *d = direct_of(usb);

	if (key != d->key || !vdev_is_attached(d->dev))
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "direct: gone");
	VT_ASSERT(d->handle_count < VT_ELEMENTS(d->handles));
	*ret_handle = &d->handles[d->handle_count++];
	(*ret_handle)->usb = d;
	return VT_OK;
}

static void remove_flight(struct direct *d, size_t i)
{
	d->flights[i].t->backend = NULL;
	memmove(&d->flights[i], &d->flights[i + 1],
		(d->flight_count - i - 1) * sizeof(d->flights[0]));
	d->flight_count--;
}

static void close_device(struct usb_handle *handle)
{
	struct direct *d = handle->usb;

	handle->is_closed = true;
	for (size_t i = d->flight_count; i-- > 0;)
		if (d->flights[i].handle == handle)
			remove_flight(d, i);
}

static enum vt_code claim(struct usb_handle *handle, uint8_t interface, struct vt_error *error)
{
	return vdev_has_interface(handle->usb->dev, interface)
		       ? VT_OK
		       : vt_fail(error, VT_ERR_NOT_FOUND, 0, "direct: no such interface");
}

static enum vt_code set_alternate(
	struct usb_handle *handle, uint8_t interface, uint8_t alternate, struct vt_error *error)
{
	return vdev_set_interface(handle->usb->dev, interface, alternate)
		       ? VT_OK
		       : vt_fail(error, VT_ERR_NOT_FOUND, 0, "direct: no such alternate");
}

static enum vt_code add(
	struct usb_handle *handle, struct usb_transfer *t, enum kind kind, struct vt_error *error)
{
	struct direct *d = handle->usb;

	VT_ASSERT(!handle->is_closed && !t->backend && t->done && d->flight_count < MAX_FLIGHTS);
	if (!vdev_is_attached(d->dev))
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "direct: gone");
	d->flights[d->flight_count++] = (struct flight){.handle = handle,
		.t = t,
		.kind = kind,
		.timeout_at_ms = t->timeout_ms ? d->now_ms + t->timeout_ms : INT64_MAX};
	t->backend = d;
	return VT_OK;
}

static enum vt_code submit(
	struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error)
{
	return add(handle, t, KIND_TRANSFER, error);
}

static enum vt_code clear_halt(
	struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error)
{
	return add(handle, t, KIND_CLEAR_HALT, error);
}

static enum vt_code reset(struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error)
{
	return add(handle, t, KIND_RESET, error);
}

static void cancel(struct usb_handle *handle, struct usb_transfer *t)
{
	struct direct *d = handle->usb;

	for (size_t i = 0; i < d->flight_count; i++)
		if (d->flights[i].t == t)
			d->flights[i].is_cancelled = true;
}

static enum usb_status status_of(int result)
{
	switch (result) {
	case VDEV_STALL:
		return USB_STALL;
	case VDEV_GONE:
		return USB_NO_DEVICE;
	case VDEV_BABBLE:
		return USB_OVERFLOW;
	default:
		return result < 0 ? USB_ERROR : USB_COMPLETED;
	}
}

static void end_flight(struct direct *d, size_t i, enum usb_status status, size_t actual)
{
	struct usb_transfer *t = d->flights[i].t;

	remove_flight(d, i);
	t->status = status;
	t->actual = actual;
	t->done(t, t->owner);
}

static int try_control(struct direct *d, const struct usb_transfer *t)
{
	const struct vdev_setup setup = {.type = t->setup[0],
		.request = t->setup[1],
		.value = (uint16_t)(t->setup[2] | t->setup[3] << 8),
		.index = (uint16_t)(t->setup[4] | t->setup[5] << 8),
		.length = (uint16_t)t->length};

	return vdev_control(d->dev, &setup, t->data);
}

/* Returns true if the flight ended or moved. */
static bool try_flight(struct direct *d, size_t i)
{
	struct flight *f = &d->flights[i];
	struct usb_transfer *t = f->t;
	int result = 0;

	if (!vdev_is_attached(d->dev)) {
		end_flight(d, i, USB_NO_DEVICE, f->taken);
		return true;
	}
	if (f->is_cancelled || d->now_ms >= f->timeout_at_ms) {
		end_flight(d, i, f->is_cancelled ? USB_CANCELLED : USB_TIMED_OUT, f->taken);
		return true;
	}
	if (f->kind == KIND_CLEAR_HALT) {
		result = vdev_clear_halt(d->dev, t->endpoint) ? 0 : VDEV_ERROR;
		end_flight(d, i, status_of(result), 0);
		return true;
	}
	if (f->kind == KIND_RESET) {
		vdev_reset(d->dev);
		end_flight(d, i, USB_COMPLETED, 0);
		return true;
	}
	if (t->type == USB_TYPE_CONTROL) {
		result = try_control(d, t);
	} else if (t->endpoint & 0x80) {
		result = vdev_in(d->dev, t->endpoint, t->data, t->length);
	} else {
		/* As a host does: go on with the rest until all is taken. */
		result = vdev_out(d->dev, t->endpoint, t->data + f->taken, t->length - f->taken);
		if (result > 0) {
			f->taken += (size_t)result;
			if (f->taken < t->length)
				return true;
			result = (int)f->taken;
		}
	}
	if (result == VDEV_NAK)
		return false;
	end_flight(d, i, status_of(result), result >= 0 ? (size_t)result : f->taken);
	return true;
}

static bool announce(struct direct *d)
{
	const bool is_attached = vdev_is_attached(d->dev);
	struct usb_device_info info;

	if (!d->is_watched || (is_attached == d->was_attached && !d->needs_arrival))
		return false;
	if (d->was_attached && !is_attached) {
		d->was_attached = false;
		d->watch.left(d->watch.owner, d->key);
	} else if (is_attached) {
		if (!d->needs_arrival)
			d->key++;
		d->needs_arrival = false;
		d->was_attached = true;
		fill_info(d, &info);
		d->watch.arrived(d->watch.owner, &info);
	}
	return true;
}

bool usb_direct_run(struct usb *usb, int64_t now_ms)
{
	struct direct *d = direct_of(usb);
	bool any = false, moved;

	d->now_ms = now_ms;
	vdev_tick(d->dev, now_ms);
	do {
		moved = false;
		/* OUT before IN, in the order of submission; a NAK stops only its own. */
		for (size_t i = 0; i < d->flight_count; i++)
			if (try_flight(d, i)) {
				moved = true;
				break;
			}
		if (!moved)
			moved = announce(d);
		any |= moved;
	} while (moved);
	return any;
}

int64_t usb_direct_wake_ms(const struct usb *usb)
{
	const struct direct *d = (const struct direct *)usb;
	int64_t wake_ms = vdev_next_ms(d->dev);

	for (size_t i = 0; i < d->flight_count; i++)
		if (d->flights[i].timeout_at_ms < wake_ms)
			wake_ms = d->flights[i].timeout_at_ms;
	return wake_ms;
}

size_t usb_direct_in_flight(const struct usb *usb)
{
	return ((const struct direct *)usb)->flight_count;
}

static void destroy(struct usb *usb)
{
	free(usb);
}

struct usb *usb_direct_create(struct vdev *dev)
{
	static const struct usb_ops ops = {
		.list = list,
		.watch = watch,
		.open = open_device,
		.close = close_device,
		.claim = claim,
		.set_alternate = set_alternate,
		.submit = submit,
		.cancel = cancel,
		.clear_halt = clear_halt,
		.reset = reset,
		.destroy = destroy,
	};
	struct direct *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->base.ops = &ops;
	d->dev = dev;
	d->key = 200 << 8 | 1;
	return &d->base;
}
