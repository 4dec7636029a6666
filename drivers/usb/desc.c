#include "drivers/usb/desc.h"

enum {
	DESC_DEVICE = 1,
	DESC_CONFIGURATION = 2,
	DESC_INTERFACE = 4,
	DESC_ENDPOINT = 5,
	DEVICE_LENGTH = 18,
	CONFIGURATION_LENGTH = 9,
	INTERFACE_LENGTH = 9,
	ENDPOINT_LENGTH = 7,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static enum vt_code parse_interface(const uint8_t *p, struct usb_desc *desc, struct vt_error *error)
{
	if (p[0] < INTERFACE_LENGTH)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: short interface descriptor");
	if (desc->interface_count == USB_MAX_INTERFACES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: too many interfaces");
	if (p[4] > USB_MAX_ENDPOINTS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: too many endpoints");
	desc->interfaces[desc->interface_count++] = (struct usb_interface){
		.number = p[2],
		.alternate = p[3],
		.class = p[5],
		.subclass = p[6],
		.protocol = p[7],
	};
	return VT_OK;
}

static enum vt_code parse_endpoint(const uint8_t *p, struct usb_desc *desc, struct vt_error *error)
{
	if (p[0] < ENDPOINT_LENGTH)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: short endpoint descriptor");
	if (desc->interface_count == 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: endpoint before interface");
	struct usb_interface *interface = &desc->interfaces[desc->interface_count - 1];
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
	};
	return VT_OK;
}

static enum vt_code parse_configuration(
	const uint8_t *p, size_t length, struct usb_desc *desc, struct vt_error *error)
{
	if (length < CONFIGURATION_LENGTH || p[0] < CONFIGURATION_LENGTH ||
		p[1] != DESC_CONFIGURATION)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: no configuration descriptor");
	const size_t total = get16(p + 2);
	if (total < p[0] || total > length)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: wrong total length");
	desc->configuration = p[5];
	for (size_t at = p[0]; at < total; at += p[at]) {
		if (total - at < 2 || p[at] < 2 || p[at] > total - at)
			return vt_fail(error, VT_ERR_PARSE, 0, "usb: broken descriptor chain");
		enum vt_code code = VT_OK;
		if (p[at + 1] == DESC_INTERFACE)
			code = parse_interface(p + at, desc, error);
		else if (p[at + 1] == DESC_ENDPOINT)
			code = parse_endpoint(p + at, desc, error);
		if (code)
			return code;
	}
	return VT_OK;
}

enum vt_code usb_desc_parse(
	const uint8_t *data, size_t length, struct usb_desc *ret, struct vt_error *error)
{
	struct usb_desc desc = {0};

	if (length > USB_MAX_DESCRIPTORS)
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: descriptors too long");
	if (length < DEVICE_LENGTH || data[0] != DEVICE_LENGTH || data[1] != DESC_DEVICE)
		return vt_fail(error, VT_ERR_PARSE, 0, "usb: no device descriptor");
	desc.vid = get16(data + 8);
	desc.pid = get16(data + 10);
	desc.bcd_device = get16(data + 12);
	enum vt_code code =
		parse_configuration(data + DEVICE_LENGTH, length - DEVICE_LENGTH, &desc, error);
	if (code)
		return code;
	*ret = desc;
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
