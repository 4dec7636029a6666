#include "drivers/usb/desc.h"

#include <stdbool.h>
#include <string.h>

enum {
	DESC_DEVICE = 1,
	DESC_CONFIGURATION = 2,
	DESC_INTERFACE = 4,
	DESC_ENDPOINT = 5,
	DESC_CLASS = 0x21,
	DESC_VENDOR = 0xff,
	DEVICE_LENGTH = 18,
	CONFIGURATION_LENGTH = 9,
	INTERFACE_LENGTH = 9,
	ENDPOINT_LENGTH = 7,
	CCID_LENGTH = 54,
	CLASS_READER = 0x0b,
	CLASS_VENDOR = 0xff,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

struct parser {
	struct usb_desc ret;
	size_t expected_endpoints; /* bNumEndpoints of the interface being read */
};

static struct usb_interface *current(struct parser *parser)
{
	return parser->ret.interface_count > 0
		       ? &parser->ret.interfaces[parser->ret.interface_count - 1]
		       : NULL;
}

/* An interface ends: does it have what it announced? */
static enum vt_code check_endpoint_count(struct parser *parser, struct vt_error *error)
{
	const struct usb_interface *interface = current(parser);

	if (interface && interface->endpoint_count != parser->expected_endpoints)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"usb: interface %d announces %zu endpoints and has %zu", interface->number,
			parser->expected_endpoints, interface->endpoint_count);
	return VT_OK;
}

static enum vt_code parse_interface(const uint8_t *p, struct parser *parser, struct vt_error *error)
{
	if (p[0] < INTERFACE_LENGTH)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: short interface descriptor");
	if (parser->ret.interface_count == USB_MAX_INTERFACES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: too many interfaces");
	if (p[4] > USB_MAX_ENDPOINTS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: too many endpoints");
	enum vt_code code = check_endpoint_count(parser, error);
	if (code)
		return code;
	parser->expected_endpoints = p[4];
	parser->ret.interfaces[parser->ret.interface_count++] = (struct usb_interface){
		.number = p[2],
		.alternate = p[3],
		.class = p[5],
		.subclass = p[6],
		.protocol = p[7],
	};
	return VT_OK;
}

static enum vt_code parse_endpoint(const uint8_t *p, struct parser *parser, struct vt_error *error)
{
	struct usb_interface *interface = current(parser);

	if (p[0] < ENDPOINT_LENGTH)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: short endpoint descriptor");
	if (!interface)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: endpoint before interface");
	if (interface->endpoint_count == USB_MAX_ENDPOINTS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: too many endpoints");
	/* Bits 4 … 6 of the address are reserved, endpoint 0 is never described. */
	const uint16_t max_packet = get16(p + 4) & 0x7ff;
	if ((p[2] & 0x70) != 0 || (p[2] & 0x0f) == 0 || max_packet == 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: impossible endpoint");
	for (size_t i = 0; i < interface->endpoint_count; i++)
		if (interface->endpoints[i].address == p[2])
			return vt_fail(error, VT_ERR_PARSE, 0, "usb: endpoint twice");
	/* Endpoint descriptors: 0 control, 1 iso, 2 bulk, 3 interrupt (devices.md A.3). */
	interface->endpoints[interface->endpoint_count++] = (struct usb_endpoint){
		.address = p[2],
		.type = (enum usb_transfer_type)(p[3] & 3),
		.max_packet = max_packet,
		.interval = p[6],
	};
	return VT_OK;
}

static void keep_class_desc(const uint8_t *p, struct usb_interface *interface)
{
	const bool is_reader = interface->class == CLASS_READER || interface->class == CLASS_VENDOR;
	const bool is_class =
		p[1] == DESC_CLASS || (is_reader && p[1] == DESC_VENDOR && p[0] == CCID_LENGTH);
	/* A reader's own one counts more than another that stands before it. */
	const bool is_better =
		interface->class_desc_length == 0 ||
		(is_reader && interface->class_desc_length != CCID_LENGTH && p[0] == CCID_LENGTH);

	if (!is_class || !is_better || p[0] > USB_MAX_CLASS_DESC)
		return;
	memcpy(interface->class_desc, p, p[0]);
	interface->class_desc_length = p[0];
}

static enum vt_code parse_one(const uint8_t *p, struct parser *parser, struct vt_error *error)
{
	if (p[1] == DESC_INTERFACE)
		return parse_interface(p, parser, error);
	if (p[1] == DESC_ENDPOINT)
		return parse_endpoint(p, parser, error);
	if (p[1] == DESC_DEVICE || p[1] == DESC_CONFIGURATION)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: misplaced descriptor");
	if (current(parser))
		keep_class_desc(p, current(parser));
	return VT_OK;
}

/* Length of the configuration at p, 0 if it is none. */
static size_t configuration_length(const uint8_t *p, size_t length, struct vt_error *error)
{
	if (length < CONFIGURATION_LENGTH || p[0] < CONFIGURATION_LENGTH ||
		p[1] != DESC_CONFIGURATION) {
		(void)vt_fail(error, VT_ERR_PARSE, 0, "usb: no configuration descriptor");
		return 0;
	}
	const size_t total = get16(p + 2);
	if (total < p[0] || total > length) {
		(void)vt_fail(error, VT_ERR_PARSE, 0, "usb: wrong total length");
		return 0;
	}
	return total;
}

static enum vt_code parse_configuration(
	const uint8_t *p, size_t total, struct parser *parser, struct vt_error *error)
{
	parser->ret.configuration = p[5];
	parser->ret.attributes = p[7];
	parser->ret.max_power_ma = (uint16_t)(p[8] * 2);
	for (size_t at = p[0]; at < total; at += p[at]) {
		if (total - at < 2 || p[at] < 2 || p[at] > total - at)
			return vt_fail(error, VT_ERR_PARSE, 0, "usb: broken descriptor chain");
		enum vt_code code = parse_one(p + at, parser, error);
		if (code)
			return code;
	}
	return check_endpoint_count(parser, error);
}

/* All configurations must be there, one behind the other and nothing else; the first is kept. */
static enum vt_code parse_configurations(
	const uint8_t *p, size_t length, struct parser *parser, struct vt_error *error)
{
	if (parser->ret.configuration_count == 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: no configuration");
	for (int i = 0; i < parser->ret.configuration_count; i++) {
		const size_t total = configuration_length(p, length, error);
		if (total == 0)
			return VT_ERR_PARSE;
		enum vt_code code = i == 0 ? parse_configuration(p, total, parser, error) : VT_OK;
		if (code)
			return code;
		p += total;
		length -= total;
	}
	if (length > 0)
		return vt_fail(
			error, VT_ERR_PARSE, 0, "usb: %zu bytes behind the descriptors", length);
	return VT_OK;
}

enum vt_code usb_desc_parse(
	const uint8_t *data, size_t length, struct usb_desc *ret, struct vt_error *error)
{
	struct parser parser = {0};

	if (length > USB_MAX_DESCRIPTORS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: descriptors too long");
	if (length < DEVICE_LENGTH || data[0] != DEVICE_LENGTH || data[1] != DESC_DEVICE)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: no device descriptor");
	parser.ret.bcd_usb = get16(data + 2);
	parser.ret.class = data[4];
	parser.ret.subclass = data[5];
	parser.ret.protocol = data[6];
	parser.ret.max_packet0 = data[7];
	parser.ret.vid = get16(data + 8);
	parser.ret.pid = get16(data + 10);
	parser.ret.bcd_device = get16(data + 12);
	parser.ret.configuration_count = data[17];
	enum vt_code code =
		parse_configurations(data + DEVICE_LENGTH, length - DEVICE_LENGTH, &parser, error);
	if (code)
		return code;
	*ret = parser.ret;
	return VT_OK;
}

const struct usb_endpoint *usb_desc_endpoint(
	const struct usb_interface *interface, enum usb_transfer_type type, uint8_t direction)
{
	for (size_t i = 0; i < interface->endpoint_count; i++) {
		const struct usb_endpoint *endpoint = &interface->endpoints[i];
		if (endpoint->type == type && (endpoint->address & 0x80) == direction)
			return endpoint;
	}
	return NULL;
}

bool usb_desc_has_bulk_pair(const struct usb_interface *interface)
{
	return usb_desc_endpoint(interface, USB_TYPE_BULK, 0x00) &&
	       usb_desc_endpoint(interface, USB_TYPE_BULK, 0x80);
}
