/* Descriptors and the standard requests of USB 2.0, chapter 9, the same for every device. */

#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/vdev.h"

#define REQ_GET_STATUS	      0
#define REQ_CLEAR_FEATURE     1
#define REQ_SET_FEATURE	      3
#define REQ_SET_ADDRESS	      5
#define REQ_GET_DESCRIPTOR    6
#define REQ_GET_CONFIGURATION 8
#define REQ_SET_CONFIGURATION 9
#define REQ_GET_INTERFACE     10
#define REQ_SET_INTERFACE     11

#define DESC_DEVICE	   1
#define DESC_CONFIGURATION 2
#define DESC_STRING	   3
#define DESC_INTERFACE	   4
#define DESC_ENDPOINT	   5

/* --- descriptors --- */

/* Walks the configuration blob; returns false at its end or where it is malformed. */
static bool next_descriptor(const struct vdev *dev, size_t *offset, const uint8_t **ret)
{
	const uint8_t *config = dev->desc.config;
	size_t length = dev->desc.config_length;

	if (*offset + 2 > length || config[*offset] < 2 || *offset + config[*offset] > length)
		return false;
	*ret = config + *offset;
	*offset += config[*offset];
	return true;
}

static bool has_alternate(const struct vdev *dev, uint8_t itf, uint8_t alt)
{
	const uint8_t *d;

	for (size_t offset = 0; next_descriptor(dev, &offset, &d);) {
		if (d[1] == DESC_INTERFACE && d[0] >= 9 && d[2] == itf && d[3] == alt)
			return true;
	}
	return false;
}

bool vdev_has_interface(const struct vdev *dev, uint8_t itf)
{
	return itf < VDEV_MAX_INTERFACES && has_alternate(dev, itf, 0);
}

bool vdev_find_endpoint(const struct vdev *dev, uint8_t endpoint, int *ret_type,
	int *ret_packet_size, uint8_t *ret_itf)
{
	const uint8_t *d;
	uint8_t itf = 0;
	bool current = false;

	for (size_t offset = 0; next_descriptor(dev, &offset, &d);) {
		if (d[1] == DESC_INTERFACE && d[0] >= 9) {
			itf = d[2];
			current = itf < VDEV_MAX_INTERFACES && dev->alt[itf] == d[3];
		} else if (d[1] == DESC_ENDPOINT && d[0] >= 7 && current && d[2] == endpoint) {
			*ret_type = d[3] & 3;
			*ret_packet_size = d[4] | (d[5] & 7) << 8;
			*ret_itf = itf;
			return true;
		}
	}
	return false;
}

/* Copies at most setup->length bytes of a descriptor. */
static int give(const struct vdev_setup *setup, uint8_t *data, const uint8_t *from, size_t length)
{
	size_t n = length < setup->length ? length : setup->length;

	memcpy(data, from, n);
	return (int)n;
}

static int give_string(const struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	static const uint8_t languages[4] = {4, DESC_STRING, 0x09, 0x04};
	uint8_t desc[254] = {0, DESC_STRING};
	size_t length = 2;
	size_t index = setup->value & 0xff;

	if (index == 0)
		return give(setup, data, languages, sizeof(languages));
	if (index > dev->desc.string_count || !dev->desc.strings[index - 1])
		return VDEV_STALL;
	const char *text = dev->desc.strings[index - 1];
	for (uint32_t cp; (cp = vt_utf8_next(&text)) && length + 4 <= sizeof(desc);) {
		if (cp >= 0x10000) {
			uint32_t high = 0xd800 + ((cp - 0x10000) >> 10);
			desc[length++] = (uint8_t)high;
			desc[length++] = (uint8_t)(high >> 8);
			cp = 0xdc00 + ((cp - 0x10000) & 0x3ff);
		}
		desc[length++] = (uint8_t)cp;
		desc[length++] = (uint8_t)(cp >> 8);
	}
	desc[0] = (uint8_t)length;
	return give(setup, data, desc, length);
}

static int give_descriptor(const struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	switch (setup->value >> 8) {
	case DESC_DEVICE:
		return give(setup, data, dev->desc.device, 18);
	case DESC_CONFIGURATION:
		if ((setup->value & 0xff) != 0)
			return VDEV_STALL;
		return give(setup, data, dev->desc.config, dev->desc.config_length);
	case DESC_STRING:
		return give_string(dev, setup, data);
	default:
		return VDEV_STALL;
	}
}

/* --- standard requests --- */

static uint32_t halt_bit(uint8_t endpoint)
{
	return 1U << ((endpoint & 15) + (endpoint & 0x80 ? 16 : 0));
}

static int give_status(const struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	uint8_t status[2] = {0, 0};

	if ((setup->type & 0x1f) == 2 && dev->halted & halt_bit((uint8_t)setup->index))
		status[0] = 1;
	if ((setup->type & 0x1f) == 0 && dev->desc.config_length > 7)
		status[0] = dev->desc.config[7] >> 6 & 1; /* self-powered, as the descriptor says */
	return give(setup, data, status, sizeof(status));
}

static int change_feature(struct vdev *dev, const struct vdev_setup *setup)
{
	uint8_t endpoint = (uint8_t)setup->index;
	int type, packet;
	uint8_t itf;

	if ((setup->type & 0x1f) != 2 || setup->value != 0)
		return 0; /* remote wake-up, test modes: accepted and without effect */
	if ((endpoint & 0x7f) != 0 && !vdev_find_endpoint(dev, endpoint, &type, &packet, &itf))
		return VDEV_STALL;
	if (setup->request == REQ_CLEAR_FEATURE)
		dev->halted &= ~halt_bit(endpoint);
	else
		dev->halted |= halt_bit(endpoint);
	return 0;
}

static int give_byte(const struct vdev_setup *setup, uint8_t *data, uint8_t byte)
{
	return give(setup, data, &byte, 1);
}

static bool configuration_exists(const struct vdev *dev, uint16_t value)
{
	return value == 0 || (dev->desc.config_length > 5 && value == dev->desc.config[5]);
}

static int standard_out(struct vdev *dev, const struct vdev_setup *setup)
{
	switch (setup->request) {
	case REQ_CLEAR_FEATURE:
	case REQ_SET_FEATURE:
		return change_feature(dev, setup);
	case REQ_SET_ADDRESS:
		return 0;
	case REQ_SET_CONFIGURATION:
		if (!configuration_exists(dev, setup->value))
			return VDEV_STALL;
		dev->configuration = (uint8_t)setup->value;
		dev->halted = 0;
		return 0;
	case REQ_SET_INTERFACE:
		if (setup->index > 0xff || setup->value > 0xff)
			return VDEV_STALL;
		return vdev_set_interface(dev, (uint8_t)setup->index, (uint8_t)setup->value)
			       ? 0
			       : VDEV_STALL;
	default:
		return VDEV_STALL;
	}
}

static int standard_in(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	switch (setup->request) {
	case REQ_GET_STATUS:
		return give_status(dev, setup, data);
	case REQ_GET_DESCRIPTOR:
		return give_descriptor(dev, setup, data);
	case REQ_GET_CONFIGURATION:
		return give_byte(setup, data, dev->configuration);
	case REQ_GET_INTERFACE:
		if (setup->index > 0xff || !vdev_has_interface(dev, (uint8_t)setup->index))
			return VDEV_STALL;
		return give_byte(setup, data, dev->alt[setup->index]);
	default:
		return VDEV_STALL;
	}
}

bool vdev_standard_request(
	struct vdev *dev, const struct vdev_setup *setup, uint8_t *data, int *ret_result)
{
	if ((setup->type & 0x60) != 0)
		return false;
	/* HID and CCID descriptors are read by a standard request to the interface. */
	if (setup->request == REQ_GET_DESCRIPTOR && (setup->type & 0x1f) == 1)
		return false;
	*ret_result = setup->type & 0x80 ? standard_in(dev, setup, data) : standard_out(dev, setup);
	return true;
}

bool vdev_set_interface(struct vdev *dev, uint8_t itf, uint8_t alt)
{
	if (itf >= VDEV_MAX_INTERFACES || !has_alternate(dev, itf, alt))
		return false;
	if (dev->ops->set_interface && !dev->ops->set_interface(dev, itf, alt))
		return false;
	dev->alt[itf] = alt;
	return true;
}

bool vdev_clear_halt(struct vdev *dev, uint8_t endpoint)
{
	int type, packet;
	uint8_t itf;

	if (!vdev_find_endpoint(dev, endpoint, &type, &packet, &itf))
		return false;
	dev->halted &= ~halt_bit(endpoint);
	return true;
}
