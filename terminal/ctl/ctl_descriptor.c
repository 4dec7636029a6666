/* ventanillactl device descriptor: what a USB device says it is, read from the bytes that sysfs
 * shows as `descriptors`. Needs neither core nor the device. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drivers/ccid/descriptor.h"
#include "drivers/usb/desc.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"

static const char *const transfer_names[] = {[USB_TYPE_CONTROL] = "control",
	[USB_TYPE_ISO] = "isochronous",
	[USB_TYPE_BULK] = "bulk",
	[USB_TYPE_INTERRUPT] = "interrupt"};

struct word {
	uint32_t bit;
	const char *text;
};

static const struct word protocols[] = {{0x01, "T=0"}, {0x02, "T=1"}};
static const struct word voltages[] = {{0x01, "5V"}, {0x02, "3V"}, {0x04, "1.8V"}};
static const struct word pin_support[] = {{0x01, "verify"}, {0x02, "modify"}};
static const struct word mechanical[] = {
	{0x01, "accept"}, {0x02, "eject"}, {0x04, "capture"}, {0x08, "lock"}};
static const struct word automatic[] = {{CCID_AUTO_PARAMETERS, "parameters"},
	{CCID_AUTO_ACTIVATION, "activation"}, {CCID_AUTO_VOLTAGE, "voltage"},
	{CCID_AUTO_CLOCK, "clock"}, {CCID_AUTO_BAUD_RATE, "baudRate"},
	{CCID_AUTO_NEGOTIATION, "negotiation"}, {CCID_AUTO_PPS, "PPS"},
	{CCID_CLOCK_STOP, "clockStop"}, {CCID_NAD, "NAD"}, {CCID_AUTO_IFSD, "IFSD"},
	{CCID_WAKE_UP, "wakeUp"}};

/* A reader's interface whose class descriptor was understood. */
struct reader {
	bool is_reader;
	struct ccid_desc desc;
};

struct described {
	struct usb_desc usb;
	struct reader readers[USB_MAX_INTERFACES]; /* beside usb.interfaces */
};

/* ---- reading ---- */

static enum vt_code read_file(
	const char *path, uint8_t *data, size_t size, size_t *ret_length, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");

	if (!file)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno, "%s",
			strerror(errno));
	*ret_length = fread(data, 1, size, file);
	if (ferror(file))
		return vt_fail(error, VT_ERR_IO, errno, "%s", strerror(errno));
	return VT_OK;
}

static enum vt_code describe(
	const uint8_t *data, size_t length, struct described *ret, struct vt_error *error)
{
	enum vt_code code = usb_desc_parse(data, length, &ret->usb, error);

	for (size_t i = 0; !code && i < ret->usb.interface_count; i++) {
		const struct usb_interface *interface = &ret->usb.interfaces[i];
		ret->readers[i].is_reader = ccid_desc_is_reader(interface);
		if (!ret->readers[i].is_reader)
			continue;
		if (interface->class_desc_length == 0)
			return vt_fail(error, VT_ERR_PARSE, 0,
				"ccid: interface %d has no class descriptor", interface->number);
		code = ccid_desc_parse(interface->class_desc, interface->class_desc_length,
			&ret->readers[i].desc, error);
	}
	return code;
}

/* ---- JSON ---- */

static void json_words(
	struct vt_buf *out, const char *name, uint32_t bits, const struct word *words, size_t count)
{
	const char *comma = "";

	vt_buf_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < count; i++)
		if (bits & words[i].bit) {
			vt_buf_printf(out, "%s\"%s\"", comma, words[i].text);
			comma = ",";
		}
	vt_buf_append_byte(out, ']');
}
#define JSON_WORDS(out, name, bits, words) \
	json_words((out), (name), (bits), (words), VT_ELEMENTS(words))

static void json_number(struct vt_buf *out, const char *name, uint32_t value)
{
	vt_buf_printf(out, ",\"%s\":%" PRIu32, name, value);
}

/* "1.10" of 0110. */
static void json_bcd(struct vt_buf *out, const char *name, uint16_t bcd)
{
	vt_buf_printf(out, ",\"%s\":\"%x.%02x\"", name, (unsigned)bcd >> 8, (unsigned)bcd & 0xff);
}

static void json_ccid_fields(struct vt_buf *out, const struct ccid_desc *d)
{
	json_bcd(out, "bcdCCID", d->bcd_ccid);
	json_number(out, "bMaxSlotIndex", d->max_slot_index);
	json_number(out, "bVoltageSupport", d->voltages);
	json_number(out, "dwProtocols", d->protocols);
	json_number(out, "dwDefaultClock", d->default_clock_khz);
	json_number(out, "dwMaximumClock", d->max_clock_khz);
	json_number(out, "bNumClockSupported", d->clock_count);
	json_number(out, "dwDataRate", d->data_rate_bps);
	json_number(out, "dwMaxDataRate", d->max_data_rate_bps);
	json_number(out, "bNumDataRatesSupported", d->data_rate_count);
	json_number(out, "dwMaxIFSD", d->max_ifsd);
	json_number(out, "dwSynchProtocols", d->synch_protocols);
	json_number(out, "dwMechanical", d->mechanical);
	json_number(out, "dwFeatures", d->features);
	json_number(out, "dwMaxCCIDMessageLength", d->max_message);
	json_number(out, "bClassGetResponse", d->class_get_response);
	json_number(out, "bClassEnvelope", d->class_envelope);
	json_number(out, "wLcdLayout", (uint32_t)d->lcd_lines << 8 | d->lcd_chars);
	json_number(out, "bPINSupport", d->pin_support);
	json_number(out, "bMaxCCIDBusySlots", d->max_busy_slots);
}

static void json_ccid(struct vt_buf *out, const struct ccid_desc *d)
{
	vt_buf_printf(out, ",\"ccid\":{\"bLength\":%u,\"bDescriptorType\":%u", d->length, d->type);
	json_ccid_fields(out, d);
	vt_buf_printf(out, ",\"exchangeLevel\":\"%s\",\"slots\":%d", ccid_exchange_names[d->level],
		d->max_slot_index + 1);
	JSON_WORDS(out, "protocols", d->protocols, protocols);
	JSON_WORDS(out, "voltages", d->voltages, voltages);
	JSON_WORDS(out, "pinSupport", d->pin_support, pin_support);
	JSON_WORDS(out, "automaticFeatures", d->features, automatic);
	JSON_WORDS(out, "mechanical", d->mechanical, mechanical);
	vt_buf_printf(
		out, ",\"lcd\":{\"lines\":%d,\"characters\":%d}}", d->lcd_lines, d->lcd_chars);
}

static void json_interface(
	struct vt_buf *out, const struct usb_interface *interface, const struct reader *reader)
{
	vt_buf_printf(out,
		"{\"number\":%d,\"alternate\":%d,\"class\":%d,\"subclass\":%d,\"protocol\":%d,"
		"\"endpoints\":[",
		interface->number, interface->alternate, interface->class, interface->subclass,
		interface->protocol);
	for (size_t i = 0; i < interface->endpoint_count; i++) {
		const struct usb_endpoint *e = &interface->endpoints[i];
		vt_buf_printf(out,
			"%s{\"address\":%d,\"direction\":\"%s\",\"type\":\"%s\",\"maxPacket\":%d,"
			"\"interval\":%d}",
			i > 0 ? "," : "", e->address, e->address & 0x80 ? "in" : "out",
			transfer_names[e->type], e->max_packet, e->interval);
	}
	vt_buf_append_byte(out, ']');
	if (reader->is_reader)
		json_ccid(out, &reader->desc);
	vt_buf_append_byte(out, '}');
}

static enum ctl_exit print_json(const struct described *d)
{
	struct vt_buf out;

	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_printf(&out,
		"{\"schema\":\"ventanilla.device.descriptor/1\",\"idVendor\":\"%04x\","
		"\"idProduct\":\"%04x\"",
		d->usb.vid, d->usb.pid);
	json_bcd(&out, "bcdUSB", d->usb.bcd_usb);
	json_bcd(&out, "bcdDevice", d->usb.bcd_device);
	vt_buf_printf(&out,
		",\"class\":%d,\"subclass\":%d,\"protocol\":%d,\"maxPacket0\":%d,"
		"\"configurations\":%d,\"configuration\":%d,\"selfPowered\":%s,\"maxPowerMa\":%d,"
		"\"interfaces\":[",
		d->usb.class, d->usb.subclass, d->usb.protocol, d->usb.max_packet0,
		d->usb.configuration_count, d->usb.configuration,
		d->usb.attributes & 0x40 ? "true" : "false", d->usb.max_power_ma);
	for (size_t i = 0; i < d->usb.interface_count; i++) {
		if (i > 0)
			vt_buf_append_byte(&out, ',');
		json_interface(&out, &d->usb.interfaces[i], &d->readers[i]);
	}
	vt_buf_append_text(&out, "]}");
	return ctl_json_print(&out);
}

/* ---- for people ---- */

static void text_words(
	char *text, size_t size, uint32_t bits, const struct word *words, size_t count)
{
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const size_t used = strlen(text);
		if (bits & words[i].bit)
			(void)snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "",
				words[i].text);
	}
}
#define TEXT_WORDS(text, bits, words) \
	text_words((text), sizeof(text), (bits), (words), VT_ELEMENTS(words))

static void print_reader(const struct ccid_desc *d)
{
	char text[160];

	ctl_print_pair(CTL_TEXT("  nivel", "  exchange level"), ccid_exchange_names[d->level]);
	(void)snprintf(text, sizeof(text), "%d", d->max_slot_index + 1);
	ctl_print_pair(CTL_TEXT("  ranuras", "  slots"), text);
	TEXT_WORDS(text, d->protocols, protocols);
	ctl_print_pair(CTL_TEXT("  protocolos", "  protocols"), text);
	TEXT_WORDS(text, d->voltages, voltages);
	ctl_print_pair(CTL_TEXT("  voltajes", "  voltages"), text);
	TEXT_WORDS(text, d->pin_support, pin_support);
	ctl_print_pair(CTL_TEXT("  teclado para NIP", "  PIN pad"), text);
	TEXT_WORDS(text, d->features, automatic);
	ctl_print_pair(CTL_TEXT("  automático", "  automatic"), text);
	(void)snprintf(text, sizeof(text), "%" PRIu32, d->max_message);
	ctl_print_pair(CTL_TEXT("  mensaje máximo", "  largest message"), text);
}

static void print_text(const struct described *d)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "%04x:%04x %x.%02x", d->usb.vid, d->usb.pid,
		(unsigned)d->usb.bcd_device >> 8, (unsigned)d->usb.bcd_device & 0xff);
	ctl_print_pair(CTL_TEXT("dispositivo", "device"), text);
	for (size_t i = 0; i < d->usb.interface_count; i++) {
		const struct usb_interface *interface = &d->usb.interfaces[i];
		size_t used;
		(void)snprintf(text, sizeof(text), "%d.%d %02x/%02x/%02x", interface->number,
			interface->alternate, interface->class, interface->subclass,
			interface->protocol);
		for (size_t e = 0; e < interface->endpoint_count; e++) {
			used = strlen(text);
			(void)snprintf(text + used, sizeof(text) - used, " %02x:%s:%d",
				interface->endpoints[e].address,
				transfer_names[interface->endpoints[e].type],
				interface->endpoints[e].max_packet);
		}
		ctl_print_pair(CTL_TEXT("interfaz", "interface"), text);
		if (d->readers[i].is_reader)
			print_reader(&d->readers[i].desc);
	}
}

static enum ctl_exit refuse(const struct ctl_options *options, const struct vt_error *error)
{
	struct vt_buf out;

	ctl_complain(error->code == VT_ERR_NOT_FOUND || error->code == VT_ERR_IO
			     ? CTL_TEXT("no se puede leer", "cannot be read")
			     : CTL_TEXT("descriptor rechazado", "descriptor refused"),
		error->msg);
	if (options->json) {
		vt_buf_init(&out, CTL_MAX_JSON);
		vt_buf_printf(&out,
			"{\"schema\":\"ventanilla.device.descriptor/1\",\"code\":\"%s\",\"error\":",
			vt_code_name(error->code));
		ctl_json_string(&out, error->msg);
		vt_buf_append_byte(&out, '}');
		(void)ctl_json_print(&out);
	}
	return error->code == VT_ERR_NOT_FOUND ? CTL_NOT_FOUND : CTL_FAILURE;
}

enum ctl_exit ctl_device_descriptor(const struct ctl_options *options)
{
	uint8_t data[USB_MAX_DESCRIPTORS + 1]; /* one more: too long is seen */
	struct described described = {0};
	struct vt_error error = {0};
	size_t length = 0;

	enum vt_code code = read_file(options->args[0], data, sizeof(data), &length, &error);
	if (!code)
		code = describe(data, length, &described, &error);
	if (code)
		return refuse(options, &error);
	if (options->json)
		return print_json(&described);
	print_text(&described);
	return CTL_OK;
}
