/* The card reader as a slot of the process: which readers are ours is a table, the rest is
 * reader.c. */

#include <stdlib.h>

#include "drivers/ccid/ccid.h"
#include "drivers/reader.h"
#include "terminal/base/assert.h"

struct reader_slot {
	struct device base;
	const struct readers *readers; /* borrowed */
	struct reader *reader;
};

static struct reader *reader_of(const struct device *device)
{
	return ((const struct reader_slot *)device)->reader;
}

static const struct reader_entry *find(
	const struct device *device, const struct usb_device_info *info)
{
	const struct usb_interface *interface = ccid_port_interface(&info->desc, 0);

	if (!interface)
		return NULL;
	return readers_find(((const struct reader_slot *)device)->readers, info->desc.vid,
		info->desc.pid, interface->class);
}

static bool takes(const struct device *device, const struct usb_device_info *info)
{
	return find(device, info) != NULL;
}

static enum vt_code attach(
	struct device *device, const struct usb_device_info *info, struct vt_error *error)
{
	const struct reader_entry *entry = find(device, info);

	VT_ASSERT(entry);
	return reader_attach(reader_of(device), info, entry, error);
}

static bool detach(struct device *device, usb_key key)
{
	return reader_detach(reader_of(device), key);
}

static usb_key key_of(const struct device *device)
{
	return reader_key(reader_of(device));
}

static void status(const struct device *device, struct device_status *ret)
{
	reader_status(reader_of(device), ret);
}

static bool command(struct device *device, const struct bus_message *msg)
{
	return reader_command(reader_of(device), msg);
}

static bool is_busy(const struct device *device)
{
	return reader_is_busy(reader_of(device));
}

static enum device_verdict test(
	const struct device *device, const char **ret_reason, const char **ret_step)
{
	return reader_test(reader_of(device), ret_reason, ret_step);
}

static void core_came(struct device *device)
{
	reader_greet(reader_of(device));
}

static void core_went(struct device *device)
{
	reader_core_gone(reader_of(device));
}

static int64_t wake_ms(const struct device *device)
{
	return reader_wake_ms(reader_of(device));
}

static void wake(struct device *device)
{
	reader_wake(reader_of(device));
}

static void destroy(struct device *device)
{
	struct reader_slot *slot = (struct reader_slot *)device;

	reader_destroy(&slot->reader);
	free(slot);
}

/* ---- what the reader wants of the process ---- */

static int64_t on_now(void *owner)
{
	const struct reader_slot *slot = owner;

	return slot->base.host->now_ms(slot->base.host->owner);
}

static void on_send(void *owner, const struct bus_message *msg)
{
	const struct reader_slot *slot = owner;

	slot->base.host->send_copy(slot->base.host->owner, msg);
}

static void on_changed(void *owner)
{
	struct reader_slot *slot = owner;

	slot->base.host->changed(slot->base.host->owner, &slot->base);
}

struct device *reader_slot_create(const struct device_host *host, const struct readers *readers)
{
	static const struct device_ops ops = {.id = "reader",
		.class = "CardReader",
		.takes = takes,
		.attach = attach,
		.detach = detach,
		.key = key_of,
		.status = status,
		.command = command,
		.is_busy = is_busy,
		.test = test,
		.core_came = core_came,
		.core_went = core_went,
		.wake_ms = wake_ms,
		.wake = wake,
		.destroy = destroy};
	struct reader_slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	const struct reader_owner owner = {
		.owner = slot, .now_ms = on_now, .send = on_send, .changed = on_changed};
	slot->base = (struct device){.ops = &ops, .host = host};
	slot->readers = readers;
	slot->reader = reader_create(host->usb, &owner);
	if (!slot->reader) {
		free(slot);
		return NULL;
	}
	return &slot->base;
}
