/* A technician's orders: reset, test. */
#include "drivers/service-internal.h"

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* Between letting a device go and taking it again: its transfers end, its handle is closed. */
#define REST_MS 300
/* A technician's order without a time limit of its own. */
#define ORDER_MS 15000

/* Plugged in, but not yet what it will be. */
static bool is_settling(
	const struct service *s, const struct slot *slot, const struct device_status *status)
{
	const struct device *device = slot->device;

	if (status->state == DEVICE_STARTING)
		return true;
	for (size_t i = 0; device->ops->key(device) == 0 && i < s->candidate_count; i++)
		if (device->ops->takes(device, &s->candidates[i]) && !slots_quarantine_of(s, slot))
			return true;
	return false;
}

static enum device_verdict judge_test(
	const struct slot *slot, const struct device_status *status, struct device_tested *tested)
{
	const char *reason = status->reason, *step = status->advice;
	enum device_verdict verdict = DEVICE_TEST_FAILED;

	if (status->state == DEVICE_READY || status->state == DEVICE_DEGRADED)
		verdict = slot->device->ops->test
				  ? slot->device->ops->test(slot->device, &reason, &step)
				  : DEVICE_TEST_PASSED;
	vt_copy_cut(tested->device, sizeof(tested->device), slot->device->ops->id);
	vt_copy_cut(tested->reason, sizeof(tested->reason), reason);
	vt_copy_cut(tested->detail, sizeof(tested->detail), step);
	tested->outcome = verdict == DEVICE_TEST_PASSED ? TEST_PASSED : TEST_FAILED;
	return verdict;
}

/* Answers what a technician asked for, once it is known or its time is over. */
void orders_finish(struct service *s, struct slot *slot)
{
	const bool is_late = slot->order_until_ms <= vt_clock_monotonic_ms();
	struct device_tested tested = {0};
	struct device_status status;

	if (!slot->order.request_id || !s->conn)
		return;
	slots_make_status(s, slot, &status);
	if (!is_late && is_settling(s, slot, &status))
		return;
	if (slot->order.name == BUS_DEVICE_TEST &&
		judge_test(slot, &status, &tested) == DEVICE_TEST_RUNNING && !is_late)
		return;
	bus_make_completion(s->message, &slot->order, BUS_SUCCESS, NULL);
	if (slot->order.name == BUS_DEVICE_TEST)
		s->message->payload.device_tested = tested;
	else
		s->message->payload.device_status = status;
	slot->order = (struct bus_header){0};
	core_link_send(s);
}

/* The driver begins anew, and what was held against the device is forgotten. */
static void reset(struct service *s, struct slot *slot)
{
	const struct device_ops *ops = slot->device->ops;
	const usb_key key = ops->key(slot->device);

	vt_log(VT_LOG_NOTICE, "%s: reset by a technician", ops->id);
	for (size_t i = 0; i < s->candidate_count; i++)
		if (ops->takes(slot->device, &s->candidates[i]))
			quarantine_forgive(&s->quarantine, slots_id_of(&s->candidates[i].desc));
	slot->is_refused = false;
	slot->resets++;
	if (key == 0)
		return;
	slot->rest_until_ms = vt_clock_monotonic_ms() + REST_MS;
	(void)ops->detach(slot->device, key);
}

/* Device.Reset, Device.Test: answered by slots_refresh(), which follows each message. */
void orders_take(struct service *s, const struct bus_message *msg)
{
	const struct bus_header *header = &msg->header;
	struct slot *slot = NULL;

	for (size_t i = 0; i < s->slot_count; i++)
		if (strcmp(s->slots[i].device->ops->id, msg->payload.device_query.device) == 0)
			slot = &s->slots[i];
	if (!slot) {
		core_link_refuse(s, header, BUS_NOT_FOUND, "no such device");
		return;
	}
	if (slot->order.request_id || slot->device->ops->is_busy(slot->device)) {
		core_link_refuse(s, header, BUS_SEQUENCE_ERROR, "the device is at work");
		return;
	}
	if (header->name == BUS_DEVICE_RESET)
		reset(s, slot);
	slot->order = *header;
	slot->order_until_ms =
		vt_clock_monotonic_ms() + (header->timeout_ms > 0 ? header->timeout_ms : ORDER_MS);
}
