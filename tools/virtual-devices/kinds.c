#include "tools/virtual-devices/kinds.h"

#include <string.h>

#include "terminal/base/text.h"
#include "terminal/base/cleanup.h"
#include "tools/virtual-devices/ccid-reader.h"
#include "tools/virtual-devices/hid-device.h"
#include "tools/virtual-devices/ipp-printer.h"
#include "tools/virtual-devices/printer.h"
#include "tools/virtual-devices/validator.h"

const char kind_help[] =
	"         KIND is one of; each takes id=NAME, serial=TEXT, unplugged:\n"
	"           "
	"printer[:model=NAME,buffer=BYTES,paper=MM,speed=FACTOR,usblp,no-qr,no-process-id]\n"
	"           ccid[:level=tpdu|short|extended,protocols=0|1|both,slots=N,busy=N,no-notify,\n"
	"             message=BYTES,ifsd=N,pin=verify|modify|both,voltages=MASK,features=HEX,\n"
	"             usb=VID:PID,product=TEXT,vendor-class,descriptor-last,emv,zero-packets,\n"
	"             card=FILE]\n"
	"           stripe[:layout=pos|magtek|encrypted|keyboard] · scanner[:layout=pos|keyboard]\n"
	"           ipp[:page=MS,black,bridge=PORT]      letter size, IPP over USB\n"
	"           keyboard · keypad      all HID: usb=VID:PID,no-usbhid\n"
	"           validator              bill validator (SSP over CDC-ACM)\n";

/* Everything the options of any kind can set. */
struct wanted {
	struct printer_options printer;
	struct ccid_reader_options ccid;
	struct hid_device_options hid;
	struct ipp_printer_options ipp;
	const char *card;
	const char *driver;
	bool unplugged;
	char *id, *serial;
};

/* --- values --- */

static bool parse_number(const char *text, int64_t max, int64_t *ret)
{
	return text && vt_parse_i64(text, 0, max, ret) == VT_OK;
}

static bool parse_hex(const char *text, size_t digits, uint32_t *ret)
{
	char padded[9] = "00000000";
	uint8_t bytes[4];
	size_t n = text ? strlen(text) : 0;

	if (n == 0 || n > digits || n > 8)
		return false;
	memcpy(padded + 8 - n, text, n);
	if (!vt_unhex(bytes, sizeof(bytes), padded))
		return false;
	*ret = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
	return true;
}

static bool parse_usb_id(char *text, uint16_t *ret_vendor, uint16_t *ret_product)
{
	char *colon = text ? strchr(text, ':') : NULL;
	uint32_t vendor, product;

	if (!colon)
		return false;
	*colon = '\0';
	if (!parse_hex(text, 4, &vendor) || !parse_hex(colon + 1, 4, &product))
		return false;
	*ret_vendor = (uint16_t)vendor;
	*ret_product = (uint16_t)product;
	return true;
}

/* Index of value in the list that ends with NULL, or -1. */
static int choice(const char *value, const char *const *list)
{
	for (int i = 0; value && list[i]; i++) {
		if (strcmp(value, list[i]) == 0)
			return i;
	}
	return -1;
}

bool kind_parse_speed(const char *text, unsigned *ret_percent, bool *ret_instant)
{
	int64_t whole = 0, part = 0;
	char head[16];
	const char *dot = strchr(text, '.');

	if (strcmp(text, "instant") == 0) {
		*ret_instant = true;
		return true;
	}
	size_t length = dot ? (size_t)(dot - text) : strlen(text);
	if (length >= sizeof(head))
		return false;
	memcpy(head, text, length);
	head[length] = '\0';
	if (vt_parse_i64(head, 0, 1000, &whole) != VT_OK ||
		(dot && (strlen(dot) > 3 || vt_parse_i64(dot + 1, 0, 99, &part) != VT_OK)))
		return false;
	if (dot && strlen(dot) == 2)
		part *= 10;
	*ret_percent = (unsigned)(whole * 100 + part);
	*ret_instant = false;
	return *ret_percent > 0;
}

/* --- options of each kind --- */

static bool printer_option(struct wanted *w, const char *key, char *value)
{
	struct printer_options *o = &w->printer;
	int64_t n;

	if (strcmp(key, "buffer") == 0 && parse_number(value, 1 << 24, &n))
		o->buffer_bytes = (size_t)n;
	else if (strcmp(key, "paper") == 0 && parse_number(value, 1000000, &n))
		o->paper_mm = (int)n;
	else if (strcmp(key, "speed") == 0 && value)
		return kind_parse_speed(value, &o->speed_percent, &o->instant);
	else if (strcmp(key, "usblp") == 0 && !value)
		w->driver = "usblp";
	else if (strcmp(key, "model") == 0 && value)
		return (o->look = printer_look(value)) != NULL;
	else if (strcmp(key, "no-qr") == 0 && !value)
		o->no_qr = true;
	else if (strcmp(key, "no-process-id") == 0 && !value)
		o->no_process_id = true;
	else
		return false;
	return true;
}

static bool ccid_number(struct ccid_reader_options *o, const char *key, const char *value)
{
	int64_t n;

	if (strcmp(key, "slots") == 0 && parse_number(value, CCID_READER_MAX_SLOTS, &n))
		o->slots = (unsigned)n;
	else if (strcmp(key, "busy") == 0 && parse_number(value, CCID_READER_MAX_SLOTS, &n))
		o->busy_slots = (unsigned)n;
	else if (strcmp(key, "message") == 0 && parse_number(value, CCID_READER_MAX_MESSAGE, &n))
		o->max_message = (uint32_t)n;
	else if (strcmp(key, "ifsd") == 0 && parse_number(value, 254, &n))
		o->max_ifsd = (uint32_t)n;
	else if (strcmp(key, "voltages") == 0 && parse_number(value, 7, &n))
		o->voltages = (uint8_t)n;
	else
		return false;
	return true;
}

static bool ccid_flag(struct ccid_reader_options *o, const char *key)
{
	const struct {
		const char *name;
		bool *value;
	} flags[] = {{"no-notify", &o->no_notify}, {"vendor-class", &o->vendor_class},
		{"descriptor-last", &o->descriptor_last}, {"emv", &o->emv_mode},
		{"zero-packets", &o->zero_packets}};

	for (size_t i = 0; i < VT_ELEMENTS(flags); i++) {
		if (strcmp(flags[i].name, key) == 0) {
			*flags[i].value = true;
			return true;
		}
	}
	return false;
}

static bool ccid_option(struct wanted *w, const char *key, char *value)
{
	static const char *const levels[] = {"tpdu", "short", "extended", NULL};
	static const char *const protocols[] = {"0", "1", "both", NULL};
	static const char *const pins[] = {"verify", "modify", "both", NULL};
	struct ccid_reader_options *o = &w->ccid;
	int level = choice(value, levels), protocol = choice(value, protocols);
	int pin = choice(value, pins);

	if (!value)
		return ccid_flag(o, key);
	if (strcmp(key, "level") == 0 && level >= 0)
		o->level = (enum ccid_level)level;
	else if (strcmp(key, "protocols") == 0 && protocol >= 0)
		o->protocols = (unsigned)protocol + 1;
	else if (strcmp(key, "pin") == 0 && pin >= 0)
		o->pin_support = (uint8_t)(pin + 1);
	else if (strcmp(key, "features") == 0 && parse_hex(value, 8, &o->features))
		o->no_features = o->features == 0;
	else if (strcmp(key, "usb") == 0)
		return parse_usb_id(value, &o->vendor_id, &o->product_id);
	else if (strcmp(key, "product") == 0)
		o->product = value;
	else if (strcmp(key, "card") == 0)
		w->card = value;
	else
		return ccid_number(o, key, value);
	return true;
}

static bool hid_option(struct wanted *w, const char *key, char *value)
{
	struct hid_device_options *o = &w->hid;

	if (strcmp(key, "no-usbhid") == 0 && !value)
		w->driver = NULL;
	else if (strcmp(key, "usb") == 0)
		return parse_usb_id(value, &o->vendor_id, &o->product_id);
	else if (strcmp(key, "layout") == 0 && value)
		return hid_device_layout(o, value);
	else
		return false;
	return true;
}

static bool ipp_option(struct wanted *w, const char *key, char *value)
{
	struct ipp_printer_options *o = &w->ipp;
	int64_t n;

	if (strcmp(key, "page") == 0 && parse_number(value, 600000, &n))
		o->page_ms = (unsigned)n;
	else if (strcmp(key, "bridge") == 0 && parse_number(value, 65535, &n) && n > 0)
		o->bridge_port = (unsigned)n;
	else if (strcmp(key, "black") == 0 && !value)
		o->black_only = true;
	else
		return false;
	return true;
}

/* --- creation --- */

static enum vt_code make_printer(struct wanted *w, struct kind_device *ret, struct vt_error *error)
{
	(void)error;
	w->printer.id = w->id;
	w->printer.serial = w->serial;
	ret->dev = printer_create(&w->printer);
	return ret->dev ? VT_OK : VT_ERR_NOMEM;
}

static enum vt_code make_ccid(struct wanted *w, struct kind_device *ret, struct vt_error *error)
{
	struct card *card = NULL;

	w->ccid.id = w->id;
	w->ccid.serial = w->serial;
	if (w->card) {
		enum vt_code code = card_open(w->card, &card, error);
		if (code != VT_OK)
			return code;
	}
	ret->dev = ccid_reader_create(&w->ccid);
	if (!ret->dev) {
		card_destroy(&card);
		return VT_ERR_NOMEM;
	}
	return card ? ccid_reader_insert(ret->dev, 0, card) : VT_OK;
}

static enum vt_code make_hid(struct wanted *w, struct kind_device *ret, struct vt_error *error)
{
	(void)error;
	w->hid.id = w->id;
	w->hid.serial = w->serial;
	ret->dev = hid_device_create(&w->hid);
	return ret->dev ? VT_OK : VT_ERR_NOMEM;
}

static enum vt_code make_ipp(struct wanted *w, struct kind_device *ret, struct vt_error *error)
{
	(void)error;
	w->ipp.id = w->id;
	w->ipp.serial = w->serial;
	ret->dev = ipp_printer_create(&w->ipp);
	return ret->dev ? VT_OK : VT_ERR_NOMEM;
}

static bool validator_option(struct wanted *w, const char *key, char *value)
{
	(void)w, (void)key, (void)value;
	return false;
}

static enum vt_code make_validator(
	struct wanted *w, struct kind_device *ret, struct vt_error *error)
{
	const struct validator_options options = {.id = w->id, .serial = w->serial};

	(void)error;
	ret->dev = validator_create(&options);
	return ret->dev ? VT_OK : VT_ERR_NOMEM;
}

static const struct kind {
	const char *name;
	bool (*option)(struct wanted *w, const char *key, char *value);
	enum vt_code (*make)(struct wanted *w, struct kind_device *ret, struct vt_error *error);
	const char *driver;
	enum hid_type hid;
} kinds[] = {
	{"printer", printer_option, make_printer, NULL, HID_KEYBOARD},
	{"ccid", ccid_option, make_ccid, NULL, HID_KEYBOARD},
	{"ipp", ipp_option, make_ipp, NULL, HID_KEYBOARD},
	{"stripe", hid_option, make_hid, "usbhid", HID_STRIPE_POS},
	{"scanner", hid_option, make_hid, "usbhid", HID_SCANNER_POS},
	{"keyboard", hid_option, make_hid, "usbhid", HID_KEYBOARD},
	{"keypad", hid_option, make_hid, "usbhid", HID_KEYPAD},
	{"validator", validator_option, make_validator, NULL, HID_KEYBOARD},
};

static const struct kind *find_kind(const char *text)
{
	size_t length = strcspn(text, ":");

	for (size_t i = 0; i < VT_ELEMENTS(kinds); i++) {
		if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, text, length) == 0)
			return &kinds[i];
	}
	return NULL;
}

bool kind_is_same(const char *a, const char *b)
{
	return find_kind(a) && find_kind(a) == find_kind(b);
}

static bool any_option(const struct kind *kind, struct wanted *w, char *key, char *value)
{
	if (strcmp(key, "id") == 0 && value && *value)
		w->id = value;
	else if (strcmp(key, "serial") == 0 && value)
		w->serial = value;
	else if (strcmp(key, "unplugged") == 0 && !value)
		w->unplugged = true;
	else
		return kind->option(w, key, value);
	return true;
}

enum vt_code kind_create(const char *text, int index, const struct kind_defaults *defaults,
	struct kind_device *ret, struct vt_error *error)
{
	const struct kind *kind = find_kind(text);
	struct wanted w = {.printer = {.speed_percent = defaults->speed_percent,
				   .instant = defaults->instant,
				   .seed = defaults->seed},
		.ccid = {.seed = defaults->seed},
		.ipp = {.seed = defaults->seed, .page_ms = defaults->instant ? 0 : 4000}};
	char copy[1000], id[32];
	char *save = NULL;

	if (!kind)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0,
			"--device: no kind \"%.*s\"; there are printer, ccid, ipp, stripe, "
			"scanner, "
			"keyboard, keypad, validator",
			(int)strcspn(text, ":"), text);
	if (!vt_copy(copy, sizeof(copy), text) ||
		!(index > 1 ? vt_format(id, sizeof(id), "%s%d", kind->name, index)
			    : vt_copy(id, sizeof(id), kind->name)))
		return vt_fail(error, VT_ERR_LIMIT, 0, "--device: too long");
	w.id = id;
	w.hid = (struct hid_device_options){.type = kind->hid, .seed = defaults->seed};
	w.driver = kind->driver;
	char *options = strchr(copy, ':');
	for (char *key = options ? strtok_r(options + 1, ",", &save) : NULL; key;
		key = strtok_r(NULL, ",", &save)) {
		char *value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		if (!any_option(kind, &w, key, value))
			return vt_fail(error, VT_ERR_INVALID, 0, "--device: option \"%s\"", key);
	}
	struct kind_device made = {.driver = w.driver};
	enum vt_code code = kind->make(&w, &made, error);
	if (code != VT_OK) {
		vdev_destroy(&made.dev);
		return code == VT_ERR_NOMEM ? vt_fail(error, code, 0, "%s", kind->name) : code;
	}
	made.dev->plugged = !w.unplugged;
	*ret = made;
	return VT_OK;
}

/* --- commands --- */

/* "FILE [slot N]" of "card insert"; the device itself opens no files. */
static enum vt_code insert_card(struct vdev *dev, const char *words, struct vt_buf *reply)
{
	VT_CLEANUP(card_destroy) struct card *card = NULL;
	struct vt_error error = {0};
	char path[4096];
	int64_t number = 0;

	if (!vt_copy(path, sizeof(path), words))
		return VT_ERR_LIMIT;
	char *option = strstr(path, " slot ");
	if (option) {
		*option = '\0';
		if (vt_parse_i64(option + 6, 0, CCID_READER_MAX_SLOTS, &number) != VT_OK) {
			vt_buf_append_text(reply, "card insert FILE [slot N]\n");
			return VT_ERR_INVALID;
		}
	}
	enum vt_code code = card_open(path, &card, &error);
	if (code != VT_OK) {
		vt_buf_printf(reply, "%s\n", error.msg);
		return code;
	}
	code = ccid_reader_insert(dev, (unsigned)number, card);
	if (code == VT_OK)
		card = NULL;
	else
		vt_buf_printf(reply, "%s: %s %d\n", dev->id,
			code == VT_ERR_EXISTS ? "there is a card already in slot" : "no slot",
			(int)number);
	return code;
}

enum vt_code kind_command(struct vdev *dev, const char *line, struct vt_buf *reply)
{
	static const char insert[] = "card insert ";

	if (ccid_reader_is(dev) && strncmp(line, insert, sizeof(insert) - 1) == 0)
		return insert_card(dev, line + sizeof(insert) - 1, reply);
	return vdev_command(dev, line, reply);
}
