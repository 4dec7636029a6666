#include "drivers/hid_slot.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/barcode/wedge.h"
#include "drivers/msr/stripe.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

#define CLASS_HID 0x03
/* GET_DESCRIPTOR to an interface, and the type of what is asked (HID 1.11 §7.1.1). */
#define REQUEST_TYPE	    0x81
#define GET_DESCRIPTOR	    0x06
#define TYPE_REPORT	    0x22
#define DESCRIPTOR_MS	    2000
#define RETRY_FIRST_MS	    1000
#define RETRY_MAX_MS	    30000
#define READ_MS		    60000 /* a command without a time limit */
#define MAX_FAILED_IN_A_ROW 3	  /* reports; then the device rests */

enum phase { PHASE_NONE, PHASE_STARTING, PHASE_READY, PHASE_FAILED };

struct hid_slot {
	struct device base;
	const struct hid_table *table; /* borrowed */
	bool is_stripe;
	const struct hid_entry *entry; /* borrowed */
	struct usb_device_info info;
	struct usb_handle *handle; /* NULL: none attached */
	size_t interface;	   /* index in info.desc */
	enum phase phase;
	const char *reason; /* literal; "" = none */
	int64_t reads, errors;
	int64_t retry_ms; /* monotonic; INT64_MAX: none */
	int64_t retry_step_ms;
	int failed_in_a_row;
	struct hid_layout layout;
	struct usb_transfer control, input, clear;
	uint8_t descriptor[HID_MAX_DESCRIPTOR];
	uint8_t report[2 * HID_MAX_REPORT]; /* personal */
	/* decoding; personal */
	struct scan scan;
	struct wedge wedge;
	struct stripe stripe;
	/* the command in work; request_id 0 = none */
	struct bus_header request;
	int64_t until_ms;
	bool is_stale;	 /* what is half read began before the command */
	bool is_spoiled; /* a report of what is being read was lost: scan again */
	/* for the length of changed(): a reading has just ended */
	bool is_fresh, is_good;
};

static struct hid_slot *of(struct device *device)
{
	return (struct hid_slot *)device;
}

static const struct hid_slot *peek(const struct device *device)
{
	return (const struct hid_slot *)device;
}

static int64_t now_of(const struct hid_slot *slot)
{
	return slot->base.host->now_ms(slot->base.host->owner);
}

static const struct usb_ops *usb_of(const struct hid_slot *slot)
{
	return slot->base.host->usb->ops;
}

static void changed(struct hid_slot *slot)
{
	slot->base.host->changed(slot->base.host->owner, &slot->base);
}

/* ---- the command ---- */

static void refuse(struct hid_slot *slot, enum bus_completion_code code, const char *text)
{
	const struct bus_header request = slot->request;

	slot->request = (struct bus_header){0};
	if (request.request_id)
		slot->base.host->refuse(slot->base.host->owner, &request, code, text);
}

static struct bus_message *begin_answer(struct hid_slot *slot)
{
	struct bus_message *msg = slot->base.host->message(slot->base.host->owner);

	bus_make_completion(msg, &slot->request, BUS_SUCCESS, NULL);
	slot->request = (struct bus_header){0};
	return msg;
}

static void answer_scan(struct hid_slot *slot, const char *text, const char *symbology)
{
	if (!slot->request.request_id)
		return;
	struct barcode_scanned *scanned = &begin_answer(slot)->payload.barcode_scanned;
	vt_copy_cut(scanned->device, sizeof(scanned->device), slot->base.ops->id);
	vt_copy_cut(scanned->symbology, sizeof(scanned->symbology), symbology);
	vt_copy_cut(scanned->text, sizeof(scanned->text), text);
	slot->base.host->send(slot->base.host->owner);
}

/* Only what may be known: of a payment card nothing but that it was one. */
static void answer_swipe(struct hid_slot *slot, enum stripe_outcome outcome)
{
	const struct stripe_track *tracks = slot->stripe.tracks;

	if (!slot->request.request_id)
		return;
	struct stripe_swipe *swipe = &begin_answer(slot)->payload.stripe_swipe;
	vt_copy_cut(swipe->device, sizeof(swipe->device), slot->base.ops->id);
	swipe->outcome = outcome;
	for (size_t i = 0; i < 2 && outcome == STRIPE_OUTCOME_READ; i++) {
		if (tracks[i].verdict != TRACK_GOOD || swipe->account[0])
			continue;
		vt_copy_cut(swipe->account, sizeof(swipe->account), tracks[i].track.account);
		vt_copy_cut(swipe->name, sizeof(swipe->name), tracks[i].track.name);
		vt_copy_cut(swipe->expiry, sizeof(swipe->expiry), tracks[i].track.expiry);
	}
	slot->base.host->send(slot->base.host->owner);
}

static bool is_half_read(const struct hid_slot *slot)
{
	return (slot->scan.length > 0 && !slot->scan.is_over) ||
	       (!slot->wedge.is_over && (slot->wedge.length > 0 || slot->wedge.is_bad));
}

static void forget_reading(struct hid_slot *slot)
{
	scan_finish(&slot->scan);
	wedge_finish(&slot->wedge);
	stripe_finish(&slot->stripe);
	vt_wipe(slot->report, sizeof(slot->report));
}

static void take_read(struct hid_slot *slot, const struct bus_message *msg)
{
	const struct bus_header *header = &msg->header;
	const struct device_host *host = slot->base.host;

	if (slot->request.request_id) {
		host->refuse(host->owner, header, BUS_SEQUENCE_ERROR, "a reading is under way");
		return;
	}
	if (slot->phase != PHASE_READY) {
		host->refuse(host->owner, header, BUS_DEVICE_NOT_READY, "no such reader is ready");
		return;
	}
	slot->request = *header;
	slot->until_ms = now_of(slot) + (header->timeout_ms > 0 ? header->timeout_ms : READ_MS);
	slot->is_stale = slot->is_stale || is_half_read(slot);
	changed(slot);
}

static bool command(struct device *device, const struct bus_message *msg)
{
	struct hid_slot *slot = of(device);
	const char *wanted = msg->payload.device_query.device;

	if (msg->header.name == BUS_COMMON_CANCEL) {
		if (slot->request.request_id == 0 ||
			msg->payload.common_cancel.request_id != slot->request.request_id)
			return false;
		device->host->refuse(device->host->owner, &msg->header, BUS_SUCCESS, NULL);
		refuse(slot, BUS_CANCELED, "cancelled");
		return true;
	}
	if (msg->header.name != (slot->is_stripe ? BUS_CARD_READ_STRIPE : BUS_BARCODE_READ) ||
		(wanted[0] && strcmp(wanted, device->ops->id) != 0))
		return false;
	take_read(slot, msg);
	return true;
}

/* ---- reports ---- */

static enum scan_state decode_scan(struct hid_slot *slot, size_t n)
{
	return slot->entry->use == HID_USE_WEDGE
		       ? wedge_report(&slot->wedge, &slot->layout, slot->report, n)
		       : scan_report(&slot->scan, &slot->layout, slot->report, n);
}

static void take_scan(struct hid_slot *slot, size_t n)
{
	const bool is_wedge = slot->entry->use == HID_USE_WEDGE;

	/* One letter a report: a missing one would not be noticed. */
	if (is_wedge && n < slot->layout.longest_input)
		slot->is_spoiled = true;
	const enum scan_state state = decode_scan(slot, n);
	if (state == SCAN_MORE)
		return;
	slot->is_fresh = true;
	slot->is_good = state == SCAN_DONE;
	slot->reads += slot->is_good;
	if (!slot->is_stale && !slot->is_spoiled && state == SCAN_DONE)
		answer_scan(slot, is_wedge ? slot->wedge.text : slot->scan.text,
			is_wedge ? "" : slot->scan.symbology);
	else if (!slot->is_stale)
		refuse(slot, BUS_INVALID_DATA, "what was scanned is no text");
	slot->is_stale = slot->is_spoiled = false;
	vt_wipe(slot->scan.text, sizeof(slot->scan.text));
	vt_wipe(slot->wedge.text, sizeof(slot->wedge.text));
}

static void take_swipe(struct hid_slot *slot, size_t n)
{
	static const enum stripe_outcome outcomes[] = {
		[STRIPE_GOOD] = STRIPE_OUTCOME_READ,
		[STRIPE_UNREADABLE] = STRIPE_OUTCOME_UNREADABLE,
		[STRIPE_ENCRYPTED] = STRIPE_OUTCOME_ENCRYPTED,
		[STRIPE_PAYMENT] = STRIPE_OUTCOME_PAYMENT,
	};

	stripe_read(&slot->layout, slot->report, n, &slot->stripe);
	if (slot->stripe.kind != STRIPE_NONE) {
		slot->is_fresh = true;
		slot->is_good = slot->stripe.kind != STRIPE_UNREADABLE;
		slot->reads += slot->is_good;
		answer_swipe(slot, outcomes[slot->stripe.kind]);
	}
	stripe_finish(&slot->stripe);
}

/* ---- life ---- */

/* The device rests, its reading is over; the next try comes by wake(). */
static void fail(struct hid_slot *slot, const char *reason)
{
	slot->phase = PHASE_FAILED;
	slot->reason = reason;
	slot->errors++;
	slot->retry_ms = now_of(slot) + slot->retry_step_ms;
	slot->retry_step_ms =
		slot->retry_step_ms * 2 < RETRY_MAX_MS ? slot->retry_step_ms * 2 : RETRY_MAX_MS;
	forget_reading(slot);
	refuse(slot, BUS_DEVICE_NOT_READY, "the reader failed");
}

static void listen(struct hid_slot *slot)
{
	if (usb_of(slot)->submit(slot->handle, &slot->input, NULL))
		fail(slot, "transfer");
}

static void on_clear(struct usb_transfer *t, void *owner)
{
	struct hid_slot *slot = owner;

	if (t->status == USB_COMPLETED)
		listen(slot);
	else
		fail(slot, "transfer");
	changed(slot);
}

/* A report that failed: a stall is cleared, a glitch is forgiven, not too often. */
static void recover(struct hid_slot *slot, enum usb_status status)
{
	slot->errors++;
	/* The rest of a code whose beginning is lost is no code. */
	if (slot->entry->use == HID_USE_WEDGE || is_half_read(slot))
		slot->is_spoiled = true;
	forget_reading(slot);
	if (status == USB_NO_DEVICE || ++slot->failed_in_a_row > MAX_FAILED_IN_A_ROW) {
		fail(slot, status == USB_NO_DEVICE ? "unplugged" : "transfer");
		return;
	}
	slot->clear.endpoint = slot->input.endpoint;
	if (status != USB_STALL)
		listen(slot);
	else if (usb_of(slot)->clear_halt(slot->handle, &slot->clear, NULL))
		fail(slot, "transfer");
}

static void on_input(struct usb_transfer *t, void *owner)
{
	struct hid_slot *slot = owner;

	if (t->status == USB_COMPLETED) {
		slot->failed_in_a_row = 0;
		slot->retry_step_ms = RETRY_FIRST_MS;
		if (slot->is_stripe)
			take_swipe(slot, t->actual);
		else
			take_scan(slot, t->actual);
		vt_wipe(slot->report, sizeof(slot->report));
		listen(slot);
	} else {
		recover(slot, t->status);
	}
	changed(slot);
	slot->is_fresh = false;
}

static bool is_ours(const struct hid_slot *slot)
{
	switch (slot->entry->use) {
	case HID_USE_SCANNER:
		return scan_is_scanner(&slot->layout);
	case HID_USE_WEDGE:
		return wedge_is_keyboard(&slot->layout);
	case HID_USE_STRIPE:
		return stripe_is_reader(&slot->layout);
	case HID_USE_KEYPAD:
	case HID_USE_COUNT:
		break;
	}
	return false;
}

static void begin_listening(struct hid_slot *slot)
{
	const struct usb_endpoint *endpoint = usb_desc_endpoint(
		&slot->info.desc.interfaces[slot->interface], USB_TYPE_INTERRUPT, 0x80);
	const size_t packet = endpoint->max_packet;
	/* Whole packets, so that a short one ends a report and none is too long for the buffer. */
	const size_t length = (slot->layout.longest_input + packet - 1) / packet * packet;

	if (slot->layout.longest_input == 0 || length > sizeof(slot->report)) {
		fail(slot, "protocol");
		return;
	}
	slot->input = (struct usb_transfer){.endpoint = endpoint->address,
		.type = USB_TYPE_INTERRUPT,
		.data = slot->report,
		.length = length,
		.done = on_input,
		.owner = slot};
	slot->phase = PHASE_READY;
	slot->reason = "";
	slot->retry_ms = INT64_MAX;
	listen(slot);
}

/* Alternate settings of a HID interface bring no other reports: the one that holds after
 * SET_CONFIGURATION is taken. */
static bool find_interface(struct hid_slot *slot, size_t from)
{
	const struct usb_desc *desc = &slot->info.desc;

	for (size_t i = from; i < desc->interface_count; i++)
		if (desc->interfaces[i].class == CLASS_HID && desc->interfaces[i].alternate == 0 &&
			desc->interfaces[i].class_desc_length >= 9 &&
			usb_desc_endpoint(&desc->interfaces[i], USB_TYPE_INTERRUPT, 0x80)) {
			slot->interface = i;
			return true;
		}
	return false;
}

static void ask_descriptor(struct hid_slot *slot);

static void on_descriptor(struct usb_transfer *t, void *owner)
{
	struct hid_slot *slot = owner;
	const uint8_t number = slot->info.desc.interfaces[slot->interface].number;
	const char *why = "";

	if (t->status != USB_COMPLETED)
		fail(slot, t->status == USB_TIMED_OUT ? "silent" : "transfer");
	else if (!hid_parse(slot->descriptor, t->actual, &slot->layout, &why))
		fail(slot, "protocol");
	else if (is_ours(slot))
		begin_listening(slot);
	else if (!find_interface(slot, slot->interface + 1))
		fail(slot, "unlike");
	else if (slot->info.desc.interfaces[slot->interface].number != number &&
		 usb_of(slot)->claim(
			 slot->handle, slot->info.desc.interfaces[slot->interface].number, NULL))
		fail(slot, "refused");
	else
		ask_descriptor(slot);
	changed(slot);
}

/* wDescriptorLength of the HID descriptor is a claim: what comes is parsed, what is longer cut off.
 */
static void ask_descriptor(struct hid_slot *slot)
{
	const struct usb_interface *interface = &slot->info.desc.interfaces[slot->interface];
	uint16_t length = (uint16_t)(interface->class_desc[7] | interface->class_desc[8] << 8);

	if (length == 0 || length > HID_MAX_DESCRIPTOR) {
		fail(slot, "protocol");
		return;
	}
	slot->phase = PHASE_STARTING;
	slot->retry_ms = INT64_MAX;
	slot->control = (struct usb_transfer){.type = USB_TYPE_CONTROL,
		.data = slot->descriptor,
		.length = length,
		.timeout_ms = DESCRIPTOR_MS,
		.done = on_descriptor,
		.owner = slot};
	usb_setup(slot->control.setup, REQUEST_TYPE, GET_DESCRIPTOR, TYPE_REPORT << 8,
		interface->number, length);
	if (usb_of(slot)->submit(slot->handle, &slot->control, NULL))
		fail(slot, "transfer");
}

static bool takes(const struct device *device, const struct usb_device_info *info)
{
	const struct hid_slot *slot = peek(device);
	const struct hid_entry *entry = hid_table_find(slot->table, info->desc.vid, info->desc.pid);

	return entry && entry->use != HID_USE_KEYPAD &&
	       (entry->use == HID_USE_STRIPE) == slot->is_stripe;
}

static enum vt_code attach(
	struct device *device, const struct usb_device_info *info, struct vt_error *error)
{
	struct hid_slot *slot = of(device);
	struct usb_handle *handle;

	VT_ASSERT(!slot->handle);
	slot->info = *info;
	if (!find_interface(slot, 0))
		return vt_fail(error, VT_ERR_PARSE, 0, "hid: no interface with reports");
	const enum vt_code code = usb_take(device->host->usb, info->key,
		&info->desc.interfaces[slot->interface], &handle, error);
	if (code)
		return code;
	slot->handle = handle;
	slot->entry = hid_table_find(slot->table, info->desc.vid, info->desc.pid);
	slot->reason = "";
	slot->failed_in_a_row = 0;
	slot->is_stale = slot->is_spoiled = false;
	slot->retry_step_ms = RETRY_FIRST_MS;
	slot->clear = (struct usb_transfer){.done = on_clear, .owner = slot};
	ask_descriptor(slot);
	return VT_OK;
}

static bool detach(struct device *device, usb_key key)
{
	struct hid_slot *slot = of(device);

	if (!slot->handle || slot->info.key != key)
		return false;
	usb_of(slot)->close(slot->handle);
	slot->handle = NULL;
	slot->phase = PHASE_NONE;
	slot->retry_ms = INT64_MAX;
	forget_reading(slot);
	refuse(slot, BUS_DEVICE_NOT_READY, "the reader is gone");
	return true;
}

static usb_key key_of(const struct device *device)
{
	return peek(device)->handle ? peek(device)->info.key : 0;
}

static void status(const struct device *device, struct device_status *ret)
{
	static const enum device_state states[] = {
		[PHASE_NONE] = DEVICE_ABSENT,
		[PHASE_STARTING] = DEVICE_STARTING,
		[PHASE_READY] = DEVICE_READY,
		[PHASE_FAILED] = DEVICE_FAILED,
	};
	const struct hid_slot *slot = peek(device);

	ret->state = states[slot->phase];
	/* Reports fail now and then: it works, but its cable wants care. */
	if (slot->phase == PHASE_READY && slot->failed_in_a_row > 0)
		ret->state = DEVICE_DEGRADED;
	vt_copy_cut(ret->reason, sizeof(ret->reason),
		slot->phase == PHASE_NONE	? "unplugged"
		: ret->state == DEVICE_DEGRADED ? "transfer"
						: slot->reason);
	ret->reads = slot->reads;
	ret->errors = slot->errors;
	if (!slot->handle)
		return;
	vt_copy_cut(ret->model, sizeof(ret->model), slot->entry->model);
	if (!vt_format(ret->usb, sizeof(ret->usb), "%04x:%04x", slot->info.desc.vid,
		    slot->info.desc.pid))
		VT_UNREACHABLE(); /* nine characters */
}

static bool is_busy(const struct device *device)
{
	return peek(device)->request.request_id != 0;
}

static void core_came(struct device *device)
{
	(void)device;
}

static void core_went(struct device *device)
{
	of(device)->request = (struct bus_header){0};
}

static int64_t wake_ms(const struct device *device)
{
	const struct hid_slot *slot = peek(device);
	const int64_t until_ms = slot->request.request_id ? slot->until_ms : INT64_MAX;

	return until_ms < slot->retry_ms ? until_ms : slot->retry_ms;
}

static void wake(struct device *device)
{
	struct hid_slot *slot = of(device);

	if (slot->request.request_id && slot->until_ms <= now_of(slot))
		refuse(slot, BUS_TIME_OUT, "nothing was read");
	if (slot->retry_ms > now_of(slot))
		return;
	slot->retry_ms = INT64_MAX;
	if (slot->handle)
		ask_descriptor(slot);
}

static enum device_verdict test(
	const struct device *device, const char **ret_reason, const char **ret_step)
{
	const struct hid_slot *slot = peek(device);

	if (slot->is_fresh && slot->is_good) {
		*ret_reason = "";
		*ret_step = slot->is_stripe ? "A stripe was read." : "A code was read.";
		return DEVICE_TEST_PASSED;
	}
	*ret_reason = slot->is_stripe ? "noSwipe" : "noScan";
	*ret_step = slot->is_stripe ? "Swipe a card that is no payment card."
				    : "Hold any printed code under the scanner.";
	return DEVICE_TEST_RUNNING;
}

static void destroy(struct device *device)
{
	struct hid_slot *slot = of(device);

	if (slot->handle)
		usb_of(slot)->close(slot->handle);
	vt_wipe(slot, sizeof(*slot));
	free(slot);
}

#define SLOT_OPS                                                                                \
	.takes = takes, .attach = attach, .detach = detach, .key = key_of, .status = status,    \
	.command = command, .is_busy = is_busy, .core_came = core_came, .core_went = core_went, \
	.wake_ms = wake_ms, .wake = wake, .test = test, .destroy = destroy

static struct device *create(const struct device_ops *ops, const struct device_host *host,
	const struct hid_table *table, bool is_stripe)
{
	struct hid_slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	slot->base = (struct device){.ops = ops, .host = host};
	slot->table = table;
	slot->is_stripe = is_stripe;
	slot->reason = "";
	slot->retry_ms = INT64_MAX;
	return &slot->base;
}

struct device *hid_slot_create_scanner(
	const struct device_host *host, const struct hid_table *table)
{
	static const struct device_ops ops = {.id = "scanner", .class = "BarcodeReader", SLOT_OPS};

	return create(&ops, host, table, false);
}

struct device *hid_slot_create_stripe(const struct device_host *host, const struct hid_table *table)
{
	static const struct device_ops ops = {.id = "stripe", .class = "CardReader", SLOT_OPS};

	return create(&ops, host, table, true);
}

size_t hid_slot_size(void)
{
	return sizeof(struct hid_slot);
}
