/* Slots: which device is taken, judged and told; what is armed. */
#include "drivers/service-internal.h"

#include <inttypes.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "drivers/hid_table.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* Another program may hold a device for a moment (a queue of CUPS, usblp while it loads). */
#define ATTACH_AGAIN_MS 2000

uint32_t slots_id_of(const struct usb_desc *desc)
{
	return (uint32_t)desc->vid << 16 | desc->pid;
}

/* Why a device of this kind that is plugged in is left alone; NULL: none is. */
const char *slots_quarantine_of(const struct service *s, const struct slot *slot)
{
	for (size_t i = 0; i < s->candidate_count; i++) {
		const struct usb_device_info *info = &s->candidates[i];
		const char *reason = quarantine_reason(
			&s->quarantine, slots_id_of(&info->desc), vt_clock_monotonic_ms());
		if (reason && slot->device->ops->takes(slot->device, info))
			return reason;
	}
	return NULL;
}

void slots_make_status(const struct service *s, const struct slot *slot, struct device_status *ret)
{
	const struct device_ops *ops = slot->device->ops;
	const char *reason = slots_quarantine_of(s, slot);

	memset(ret, 0, sizeof(*ret)); /* compared as a whole */
	ops->status(slot->device, ret);
	memcpy(ret->run, s->run, sizeof(ret->run));
	ret->resets += slot->resets;
	if (ret->state == DEVICE_ABSENT && slot->rest_until_ms > vt_clock_monotonic_ms()) {
		ret->state = DEVICE_STARTING;
		ret->reason[0] = '\0';
	} else if (ret->state == DEVICE_ABSENT && (slot->is_refused || reason)) {
		ret->state = DEVICE_FAILED;
		vt_copy_cut(ret->reason, sizeof(ret->reason), reason ? reason : "refused");
	} else if (ret->state == DEVICE_ABSENT && !slot->is_expected && !slot->was_here) {
		vt_copy_cut(ret->reason, sizeof(ret->reason), "notInstalled");
	}
	vt_copy_cut(ret->id, sizeof(ret->id), ops->id);
	vt_copy_cut(ret->class, sizeof(ret->class), ops->class);
	vt_copy_cut(ret->advice, sizeof(ret->advice), device_advice(ret->reason, ret->state));
}

void slots_send_status(struct service *s, struct slot *slot, bool is_forced)
{
	struct device_status status;

	slots_make_status(s, slot, &status);
	if (!is_forced && memcmp(&status, &slot->sent, sizeof(status)) == 0)
		return;
	if (status.state != slot->sent.state || strcmp(status.reason, slot->sent.reason) != 0)
		vt_log(VT_LOG_NOTICE, "%s %s %s: %s %s", status.id, status.usb, status.model,
			device_state_names[status.state], status.reason);
	slot->sent = status;
	if (!s->conn)
		return;
	bus_make_unsolicited(s->message, BUS_COMMON_STATUS_CHANGED);
	s->message->payload.device_status = status;
	core_link_send(s);
}

static void attach_later(struct service *s)
{
	(void)sd_event_source_set_time_relative(s->attach_source, ATTACH_AGAIN_MS * 1000);
	(void)sd_event_source_set_enabled(s->attach_source, SD_EVENT_ONESHOT);
}

static enum vt_code attach(struct service *s, struct slot *slot, const struct usb_device_info *info)
{
	const struct device_ops *ops = slot->device->ops;
	struct vt_error error = {0};

	(void)s;
	const enum vt_code code = ops->attach(slot->device, info, &error);
	if (!code)
		vt_log(VT_LOG_NOTICE, "%s %04x:%04x attached", ops->id, info->desc.vid,
			info->desc.pid);
	else if (!slot->is_refused && code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_ERROR, "%s %04x:%04x: %s", ops->id, info->desc.vid, info->desc.pid,
			error.msg);
	return code;
}

static void try_attach(struct service *s, struct slot *slot)
{
	bool is_refused = false, is_again = false;

	if (slot->device->ops->key(slot->device) != 0 ||
		slot->rest_until_ms > vt_clock_monotonic_ms())
		return;
	for (size_t i = 0; i < s->candidate_count; i++) {
		const struct usb_device_info *info = &s->candidates[i];
		if (!slot->device->ops->takes(slot->device, info) ||
			quarantine_reason(
				&s->quarantine, slots_id_of(&info->desc), vt_clock_monotonic_ms()))
			continue;
		const enum vt_code code = attach(s, slot, info);
		if (!code) {
			slot->was_here = true;
			is_refused = is_again = false;
			break;
		}
		/* Not found: unplugged, and the news of it is on its way. */
		is_refused = is_refused || code != VT_ERR_NOT_FOUND;
		is_again = true;
	}
	slot->is_refused = is_refused;
	if (is_again)
		attach_later(s);
}

/* A device that keeps breaking its protocol is let go. */
static void judge(struct service *s, struct slot *slot)
{
	const struct device_ops *ops = slot->device->ops;
	const usb_key key = ops->key(slot->device);
	struct device_status status = {0};

	ops->status(slot->device, &status);
	for (size_t i = 0; key != 0 && i < s->candidate_count; i++)
		if (s->candidates[i].key == key &&
			quarantine_judge(&s->quarantine, slots_id_of(&s->candidates[i].desc),
				status.state == DEVICE_FAILED &&
					strcmp(status.reason, "protocol") == 0,
				vt_clock_monotonic_ms())) {
			vt_log(VT_LOG_ERROR, "%s: in quarantine", ops->id);
			(void)ops->detach(slot->device, key);
			return;
		}
}

static void arm(struct service *s)
{
	int64_t wake_ms = quarantine_wake_ms(&s->quarantine, vt_clock_monotonic_ms());

	for (size_t i = 0; i < s->slot_count; i++) {
		const struct device *device = s->slots[i].device;
		const int64_t own_ms = device->ops->wake_ms(device);
		if (own_ms < wake_ms)
			wake_ms = own_ms;
		if (s->slots[i].order.request_id && s->slots[i].order_until_ms < wake_ms)
			wake_ms = s->slots[i].order_until_ms;
		if (s->slots[i].rest_until_ms > vt_clock_monotonic_ms() &&
			s->slots[i].rest_until_ms < wake_ms)
			wake_ms = s->slots[i].rest_until_ms;
	}
	if (wake_ms == INT64_MAX) {
		(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(s->wake_source, (uint64_t)wake_ms * 1000);
	(void)sd_event_source_set_enabled(s->wake_source, SD_EVENT_ONESHOT);
}

/* Brings everything to what it should be by now: attached, judged, told, armed. */
void slots_refresh(struct service *s)
{
	if (s->is_refreshing)
		return;
	s->is_refreshing = true;
	for (size_t i = 0; i < s->slot_count; i++) {
		judge(s, &s->slots[i]);
		try_attach(s, &s->slots[i]);
		slots_send_status(s, &s->slots[i], false);
		orders_finish(s, &s->slots[i]);
	}
	s->is_refreshing = false;
	arm(s);
}

int slots_on_attach_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	slots_refresh(userdata);
	return 0;
}

int slots_on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct service *s = userdata;

	(void)source, (void)usec;
	for (size_t i = 0; i < s->slot_count; i++) {
		struct device *device = s->slots[i].device;
		if (device->ops->wake_ms(device) <= vt_clock_monotonic_ms())
			device->ops->wake(device);
	}
	slots_refresh(s);
	return 0;
}

/* Boot keyboard: HID 1.11 §4.2, §4.3. */
static bool is_keyboard(const struct usb_desc *desc)
{
	for (size_t i = 0; i < desc->interface_count; i++)
		if (desc->interfaces[i].class == 3 && desc->interfaces[i].subclass == 1 &&
			desc->interfaces[i].protocol == 1)
			return true;
	return false;
}

static void tell_foreign(struct service *s, const struct usb_device_info *info)
{
	const uint32_t id = slots_id_of(&info->desc);

	if (hid_table_find(s->hid_table, info->desc.vid, info->desc.pid))
		return; /* a keypad: the ui's */
	for (size_t i = 0; i < s->foreign_count; i++)
		if (s->foreign[i] == id)
			return;
	if (s->foreign_count == MAX_FOREIGN)
		return;
	s->foreign[s->foreign_count++] = id;
	if (is_keyboard(&info->desc))
		vt_log(VT_LOG_WARNING, "usb %04x:%04x is a keyboard that is not listed: refused",
			info->desc.vid, info->desc.pid);
	else
		vt_log(VT_LOG_NOTICE, "usb %04x:%04x is not in the registry: refused",
			info->desc.vid, info->desc.pid);
}

void slots_on_arrived(void *owner, const struct usb_device_info *info)
{
	struct service *s = owner;
	bool is_taken = false;

	for (size_t i = 0; i < s->slot_count; i++)
		is_taken = is_taken || s->slots[i].device->ops->takes(s->slots[i].device, info);
	if (!is_taken) {
		tell_foreign(s, info);
		return;
	}
	if (s->candidate_count == MAX_CANDIDATES) {
		vt_log(VT_LOG_WARNING, "usb: too many devices, one is ignored");
		return;
	}
	quarantine_arrived(&s->quarantine, slots_id_of(&info->desc), vt_clock_monotonic_ms());
	s->candidates[s->candidate_count++] = *info;
	slots_refresh(s);
}

void slots_on_left(void *owner, usb_key key)
{
	struct service *s = owner;

	for (size_t i = 0; i < s->candidate_count; i++)
		if (s->candidates[i].key == key) {
			s->candidates[i] = s->candidates[--s->candidate_count];
			break;
		}
	for (size_t i = 0; i < s->slot_count; i++)
		(void)s->slots[i].device->ops->detach(s->slots[i].device, key);
	slots_refresh(s);
}

void slots_on_refused(void *owner, usb_key key, const char *reason)
{
	(void)owner;
	vt_log(VT_LOG_WARNING, "usb %03" PRIu32 ":%03" PRIu32 " refused: %s", key >> 8, key & 0xff,
		reason);
}
