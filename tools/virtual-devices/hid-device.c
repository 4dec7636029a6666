#include "tools/virtual-devices/hid-device.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/hid-internal.h"

/* HID 1.11 §7.2. */
#define REQ_GET_DESCRIPTOR 0x06
#define REQ_GET_REPORT	   0x01
#define REQ_GET_IDLE	   0x02
#define REQ_GET_PROTOCOL   0x03
#define REQ_SET_REPORT	   0x09
#define REQ_SET_IDLE	   0x0a
#define REQ_SET_PROTOCOL   0x0b

#define DESC_HID    0x21
#define DESC_REPORT 0x22
/* Where the HID descriptor stands in ours. */
#define HID_DESC_AT 18

static struct hid_device *hid_of(struct vdev *dev)
{
	return (struct hid_device *)(void *)dev;
}

/* --- reports --- */

bool hid_send(struct hid_device *h, const uint8_t *report, size_t length)
{
	struct hid_report *r =
		h->waiting < HID_DEVICE_MAX_REPORTS ? malloc(sizeof(*r) + length) : NULL;

	if (!r) {
		vdev_note(&h->base, "report lost: nobody reads");
		return false;
	}
	r->next = NULL;
	r->length = length;
	r->at = 0;
	if (length > 0)
		memcpy(r->bytes, report, length);
	*h->last = r;
	h->last = &r->next;
	h->waiting++;
	return true;
}

static void drop_first(struct hid_device *h)
{
	struct hid_report *r = h->first;

	h->first = r->next;
	if (!h->first)
		h->last = &h->first;
	h->waiting--;
	vt_wipe(r->bytes, r->length);
	free(r);
}

static int op_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	struct hid_device *h = hid_of(dev);
	struct hid_report *r = h->first;

	if (endpoint != HID_DEVICE_EP_IN)
		return VDEV_STALL;
	if (!r || max == 0)
		return VDEV_NAK;
	size_t n = r->length - r->at < max ? r->length - r->at : max;
	memcpy(data, r->bytes + r->at, n);
	r->at += n;
	if (r->at == r->length) {
		h->sent++;
		drop_first(h);
	}
	return (int)n;
}

/* --- requests --- */

static int give(const struct vdev_setup *setup, uint8_t *data, const uint8_t *from, size_t length)
{
	size_t n = length < setup->length ? length : setup->length;

	memcpy(data, from, n);
	return (int)n;
}

static int give_report(struct hid_device *h, const struct vdev_setup *setup, uint8_t *data)
{
	static const uint8_t nothing[HID_MAX_REPORT];

	if (setup->value >> 8 == 3 && h->facts->feature_length > 0)
		return give(setup, data, h->feature, h->facts->feature_length);
	if (setup->value >> 8 != 1)
		return VDEV_STALL;
	/* Nothing is pressed, swiped or scanned at this moment. */
	return give(setup, data, nothing, h->facts->report_length);
}

static int take_report(struct hid_device *h, const struct vdev_setup *setup, const uint8_t *data)
{
	if (setup->value >> 8 == 3 && h->facts->feature_length > 0 &&
		setup->length <= h->facts->feature_length) {
		memset(h->feature, 0, sizeof(h->feature));
		memcpy(h->feature, data, setup->length);
		return setup->length;
	}
	if (setup->value >> 8 != 2 || !h->facts->boot_keyboard || setup->length != 1)
		return VDEV_STALL;
	h->leds = data[0];
	return 1;
}

static int class_in(struct hid_device *h, const struct vdev_setup *setup, uint8_t *data)
{
	switch (setup->request) {
	case REQ_GET_REPORT:
		return give_report(h, setup, data);
	case REQ_GET_IDLE:
		return give(setup, data, &h->idle, 1);
	case REQ_GET_PROTOCOL:
		return h->facts->boot_keyboard ? give(setup, data, &h->protocol, 1) : VDEV_STALL;
	default:
		return VDEV_STALL;
	}
}

static int class_out(struct hid_device *h, const struct vdev_setup *setup, const uint8_t *data)
{
	switch (setup->request) {
	case REQ_SET_REPORT:
		return take_report(h, setup, data);
	case REQ_SET_IDLE:
		h->idle = (uint8_t)(setup->value >> 8);
		return 0;
	case REQ_SET_PROTOCOL:
		if (!h->facts->boot_keyboard || setup->value > 1)
			return VDEV_STALL;
		h->protocol = (uint8_t)setup->value;
		return 0;
	default:
		return VDEV_STALL;
	}
}

static int op_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	struct hid_device *h = hid_of(dev);

	if (setup->index != 0)
		return VDEV_STALL;
	if (setup->type == 0x81 && setup->request == REQ_GET_DESCRIPTOR) {
		if (setup->value >> 8 == DESC_REPORT)
			return give(setup, data, h->facts->report_descriptor,
				h->facts->report_descriptor_length);
		if (setup->value >> 8 == DESC_HID)
			return give(setup, data, h->config_descriptor + HID_DESC_AT, 9);
		return VDEV_STALL;
	}
	if (setup->type == 0xa1)
		return class_in(h, setup, data);
	return setup->type == 0x21 ? class_out(h, setup, data) : VDEV_STALL;
}

/* --- switches --- */

static enum vt_code command_report(struct hid_device *h, const char *hex, struct vt_buf *reply)
{
	uint8_t report[HID_MAX_REPORT];
	size_t n = strlen(hex) / 2;

	if (n == 0 || n > sizeof(report) || !vt_unhex(report, n, hex)) {
		vt_buf_printf(reply, "report: 1 to %d bytes in hex\n", HID_MAX_REPORT);
		return VT_ERR_INVALID;
	}
	return hid_send(h, report, n) ? VT_OK : VT_ERR_FULL;
}

static enum vt_code op_text(
	struct vdev *dev, const char *verb, const char *text, struct vt_buf *reply)
{
	struct hid_device *h = hid_of(dev);
	enum hid_type type = h->options.type;
	bool stripe = type <= HID_STRIPE_KEYBOARD;
	bool scanner = type == HID_SCANNER_POS || type == HID_SCANNER_KEYBOARD;
	bool known =
		(stripe && strcmp(verb, "swipe") == 0) || (scanner && strcmp(verb, "scan") == 0) ||
		(!stripe && !scanner && strcmp(verb, "key") == 0) || strcmp(verb, "report") == 0;

	if (!known)
		return VT_ERR_NOT_FOUND;
	if (!vdev_is_attached(dev)) {
		vt_buf_printf(reply, "%s is not plugged in; try: plug %s\n", dev->id, dev->id);
		return VT_ERR_STATE;
	}
	if (strcmp(verb, "report") == 0)
		return command_report(h, text, reply);
	if (stripe)
		return hid_swipe(h, text, reply);
	if (scanner)
		return hid_scan(h, text, reply);
	if (type == HID_KEYPAD)
		return hid_keypad_key(h, text, reply);
	return hid_type_text(h, text, strlen(text), true, reply);
}

static void op_status(const struct vdev *dev, struct vt_buf *reply)
{
	const struct hid_device *h = (const struct hid_device *)(const void *)dev;

	vt_buf_printf(reply, "reports: %llu\nreports_waiting: %zu\nleds: %02x\n",
		(unsigned long long)h->sent, h->waiting, h->leds);
}

/* --- life --- */

static void start_over(struct hid_device *h)
{
	while (h->first)
		drop_first(h);
	h->leds = h->idle = 0;
	h->protocol = 1;
}

static void op_reset(struct vdev *dev)
{
	start_over(hid_of(dev));
}

static void op_plug(struct vdev *dev, bool in)
{
	(void)in;
	start_over(hid_of(dev));
}

static void op_destroy(struct vdev *dev)
{
	start_over(hid_of(dev));
	free(dev);
}

static const char stripe_help[] = "swipe %B…?;…?+…? · swipe bad · report HEX\n";
static const char scanner_help[] =
	"scan [qr|code128|ean13|pdf417] TEXT (\\xNN for a byte) · report HEX\n";
static const char keyboard_help[] = "key TEXT ({Enter} {F4} {Ctrl+Alt+Delete} …) · report HEX\n";
static const char keypad_help[] =
	"key up|down|left|right|select|back|help|louder|softer · report HEX\n";

#define HID_OPS(kind, text_help)                                                       \
	{                                                                              \
		.name = kind, .help = text_help, .control = op_control, .in = op_in,   \
		.reset = op_reset, .power = op_plug, .plug = op_plug, .text = op_text, \
		.status = op_status, .destroy = op_destroy                             \
	}

static const struct vdev_ops stripe_ops = HID_OPS("stripe", stripe_help);
static const struct vdev_ops scanner_ops = HID_OPS("scanner", scanner_help);
static const struct vdev_ops keyboard_ops = HID_OPS("keyboard", keyboard_help);
static const struct vdev_ops keypad_ops = HID_OPS("keypad", keypad_help);

static const struct vdev_ops *ops_of(enum hid_type type)
{
	switch (type) {
	case HID_STRIPE_POS:
	case HID_STRIPE_MAGTEK:
	case HID_STRIPE_ENCRYPTED:
	case HID_STRIPE_KEYBOARD:
		return &stripe_ops;
	case HID_SCANNER_POS:
	case HID_SCANNER_KEYBOARD:
		return &scanner_ops;
	case HID_KEYPAD:
		return &keypad_ops;
	case HID_KEYBOARD:
		break;
	}
	return &keyboard_ops;
}

bool hid_device_layout(struct hid_device_options *options, const char *name)
{
	bool scanner = options->type == HID_SCANNER_POS || options->type == HID_SCANNER_KEYBOARD;

	if (options->type == HID_KEYBOARD || options->type == HID_KEYPAD)
		return false;
	if (strcmp(name, "pos") == 0)
		options->type = scanner ? HID_SCANNER_POS : HID_STRIPE_POS;
	else if (strcmp(name, "keyboard") == 0)
		options->type = scanner ? HID_SCANNER_KEYBOARD : HID_STRIPE_KEYBOARD;
	else if (strcmp(name, "magtek") == 0 && !scanner)
		options->type = HID_STRIPE_MAGTEK;
	else if (strcmp(name, "encrypted") == 0 && !scanner)
		options->type = HID_STRIPE_ENCRYPTED;
	else
		return false;
	return true;
}

static void make_descriptors(struct hid_device *h)
{
	const struct hid_facts *f = h->facts;
	uint16_t vendor = h->options.vendor_id, product = h->options.product_id;

	if (vendor == 0 && product == 0) {
		vendor = f->vendor_id;
		product = f->product_id;
	}
	const uint8_t device[18] = {18, 1, 0x00, 0x02, 0, 0, 0, 64, (uint8_t)vendor,
		(uint8_t)(vendor >> 8), (uint8_t)product, (uint8_t)(product >> 8), 0x00, 0x01, 1, 2,
		3, 1};
	const uint8_t config[34] = {9, 2, 34, 0, 1, 1, 0, 0x80, 50,	 /* bus power */
		9, 4, 0, 0, 1, 3, f->boot_keyboard, f->boot_keyboard, 0, /* HID */
		9, DESC_HID, 0x11, 0x01, 0, 1, DESC_REPORT,		 /* version 1.11 */
		(uint8_t)f->report_descriptor_length, 0, 7, 5, HID_DEVICE_EP_IN, 3, /* interrupt */
		f->packet, 0, 4};

	memcpy(h->device_descriptor, device, sizeof(device));
	memcpy(h->config_descriptor, config, sizeof(config));
}

struct vdev *hid_device_create(const struct hid_device_options *options)
{
	struct hid_device *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->options = *options;
	h->facts = hid_facts(options->type);
	make_descriptors(h);
	vt_copy_cut(h->serial, sizeof(h->serial), options->serial ? options->serial : "VT000003");
	vt_copy_cut(h->base.id, sizeof(h->base.id), options->id ? options->id : h->facts->id);
	h->base.seed = options->seed != 0 ? options->seed : 1;
	/* The texts are the caller's; ours are copied above. */
	h->options.id = h->options.serial = NULL;
	h->strings[0] = "Ventanilla";
	h->strings[1] = h->facts->product;
	h->strings[2] = h->serial;
	h->base.ops = ops_of(options->type);
	h->base.desc = (struct vdev_descriptors){
		.device = h->device_descriptor,
		.config = h->config_descriptor,
		.config_length = sizeof(h->config_descriptor),
		.strings = h->strings,
		.string_count = VT_ELEMENTS(h->strings),
		.speed = VDEV_SPEED_FULL,
	};
	h->base.plugged = h->base.powered = true;
	h->base.configuration = 1;
	h->last = &h->first;
	start_over(h);
	return &h->base;
}
