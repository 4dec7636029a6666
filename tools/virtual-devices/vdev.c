#include "tools/virtual-devices/vdev.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* USB 2.0, chapter 9. */
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

/* --- faults --- */

static const char *const fault_names[VDEV_FAULT_COUNT] = {
	[VDEV_FAULT_STALL] = "stall",
	[VDEV_FAULT_ERROR] = "error",
	[VDEV_FAULT_BABBLE] = "babble",
	[VDEV_FAULT_SHORT] = "short",
	[VDEV_FAULT_SPLIT] = "split",
	[VDEV_FAULT_ZERO] = "zero",
	[VDEV_FAULT_DELAY] = "delay",
	[VDEV_FAULT_LOST] = "lost",
	[VDEV_FAULT_REPEAT] = "repeat",
	[VDEV_FAULT_GARBAGE] = "garbage",
	[VDEV_FAULT_UNPLUG] = "unplug",
	[VDEV_FAULT_POWER] = "power",
	[VDEV_FAULT_SEQUENCE] = "sequence",
};

enum vt_code vdev_add_fault(struct vdev *dev, const struct vdev_fault *fault)
{
	if (dev->fault_count == VDEV_MAX_FAULTS)
		return VT_ERR_LIMIT;
	VT_ASSERT(fault->type < VDEV_FAULT_COUNT);
	dev->faults[dev->fault_count] = *fault;
	if (fault->at == 0)
		dev->faults[dev->fault_count].at = 1;
	dev->fault_count++;
	return VT_OK;
}

static void drop_held(struct vdev *dev)
{
	free(dev->held);
	dev->held = NULL;
	dev->held_length = 0;
	dev->held_endpoint = 0;
}

void vdev_clear_faults(struct vdev *dev)
{
	dev->fault_count = 0;
	dev->delay_until_ms = 0;
	drop_held(dev);
}

static bool counts(const struct vdev_fault *fault, enum vdev_event event)
{
	return fault->event == VDEV_EVENT_ANY || fault->event == event;
}

/* The fault that hits the coming transfer of this kind, or NULL. */
static struct vdev_fault *due_fault(struct vdev *dev, enum vdev_event event)
{
	for (size_t i = 0; i < dev->fault_count; i++) {
		if (counts(&dev->faults[i], event) && dev->faults[i].at == 1)
			return &dev->faults[i];
	}
	return NULL;
}

static void remove_fault(struct vdev *dev, struct vdev_fault *fault)
{
	size_t index = (size_t)(fault - dev->faults);

	memmove(fault, fault + 1, (dev->fault_count - index - 1) * sizeof(*fault));
	dev->fault_count--;
}

/* A transfer of this kind is over: the others come one nearer, the one that hit is used up. */
static void transfer_over(struct vdev *dev, enum vdev_event event, struct vdev_fault *hit)
{
	dev->transfers++;
	for (size_t i = 0; i < dev->fault_count; i++) {
		if (&dev->faults[i] != hit && counts(&dev->faults[i], event) &&
			dev->faults[i].at > 1)
			dev->faults[i].at--;
	}
	if (hit && hit->times > 0 && --hit->times == 0)
		remove_fault(dev, hit);
}

static bool is_delayed(const struct vdev *dev)
{
	return dev->delay_until_ms != 0 && dev->now_ms < dev->delay_until_ms;
}

/* Faults that end a transfer before the device hears of it. */
static bool blunt_fault(
	struct vdev *dev, const struct vdev_fault *fault, uint8_t endpoint, int *ret)
{
	switch (fault->type) {
	case VDEV_FAULT_STALL:
		if (endpoint != 0)
			dev->halted |= halt_bit(endpoint);
		*ret = VDEV_STALL;
		return true;
	case VDEV_FAULT_ERROR:
		*ret = VDEV_ERROR;
		return true;
	case VDEV_FAULT_BABBLE:
		*ret = endpoint != 0 && !(endpoint & 0x80) ? VDEV_ERROR : VDEV_BABBLE;
		return true;
	case VDEV_FAULT_UNPLUG:
	case VDEV_FAULT_POWER:
		*ret = VDEV_GONE;
		return true;
	case VDEV_FAULT_ZERO:
		*ret = 0;
		return endpoint & 0x80;
	case VDEV_FAULT_DELAY:
		dev->delay_until_ms = dev->now_ms + (int64_t)fault->amount;
		*ret = VDEV_NAK;
		return true;
	case VDEV_FAULT_SHORT:
	case VDEV_FAULT_SPLIT:
	case VDEV_FAULT_LOST:
	case VDEV_FAULT_REPEAT:
	case VDEV_FAULT_GARBAGE:
	case VDEV_FAULT_SEQUENCE:
	case VDEV_FAULT_COUNT:
		break;
	}
	return false;
}

/* After the bookkeeping, because these switches change the device itself. */
static void vanish(struct vdev *dev, enum vdev_fault_type type)
{
	if (type == VDEV_FAULT_UNPLUG)
		vdev_plug(dev, false);
	else if (type == VDEV_FAULT_POWER)
		vdev_power(dev, false);
}

/* --- transfers --- */

bool vdev_is_attached(const struct vdev *dev)
{
	return dev->plugged && dev->powered;
}

static int device_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	int result;

	if (vdev_standard_request(dev, setup, data, &result))
		return result;
	if (!dev->ops->control)
		return VDEV_STALL;
	result = dev->ops->control(dev, setup, data);
	VT_ASSERT(result <= setup->length);
	return result;
}

static void scramble(struct vdev *dev, uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		data[i] = (uint8_t)vdev_random(dev);
}

int vdev_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	int result;

	if (!vdev_is_attached(dev))
		return VDEV_GONE;
	if (is_delayed(dev))
		return VDEV_NAK;
	struct vdev_fault *fault = due_fault(dev, VDEV_EVENT_CONTROL);
	if (fault && blunt_fault(dev, fault, 0, &result)) {
		enum vdev_fault_type type = fault->type;
		transfer_over(dev, VDEV_EVENT_CONTROL, fault);
		vanish(dev, type);
		return result;
	}
	result = device_control(dev, setup, data);
	if (fault && result > 0 && setup->type & 0x80) {
		if (fault->type == VDEV_FAULT_SHORT && (size_t)result > fault->amount)
			result = (int)fault->amount;
		else if (fault->type == VDEV_FAULT_GARBAGE)
			scramble(dev, data, (size_t)result);
		else if (fault->type == VDEV_FAULT_SEQUENCE)
			data[0]++;
	}
	transfer_over(dev, VDEV_EVENT_CONTROL, fault);
	return result;
}

static int device_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	if (length == 0)
		return 0;
	if (!dev->ops->out)
		return VDEV_STALL;
	int result = dev->ops->out(dev, endpoint, data, length);
	VT_ASSERT(result != 0 && (result < 0 || (size_t)result <= length));
	return result;
}

/* UNPLUG and POWER count bytes, over several transfers if need be, until `amount` are taken. */
static int out_until_gone(struct vdev *dev, struct vdev_fault *fault, uint8_t endpoint,
	const uint8_t *data, size_t length)
{
	size_t n = length < fault->amount ? length : fault->amount;
	int result = device_out(dev, endpoint, data, n);

	if (result > 0)
		fault->amount -= (size_t)result;
	if (fault->amount == 0) {
		enum vdev_fault_type type = fault->type;
		transfer_over(dev, VDEV_EVENT_OUT, fault);
		vanish(dev, type);
	}
	return result;
}

static int faulty_out(struct vdev *dev, struct vdev_fault *fault, uint8_t endpoint,
	const uint8_t *data, size_t length)
{
	int result = (int)length;

	if (fault->type == VDEV_FAULT_SHORT) {
		if (length > fault->amount && fault->amount > 0)
			return device_out(dev, endpoint, data, fault->amount);
		result = length > fault->amount ? VDEV_ERROR
						: device_out(dev, endpoint, data, length);
	} else if (fault->type == VDEV_FAULT_GARBAGE) {
		uint8_t *copy = malloc(length + 1);
		if (!copy)
			return VDEV_ERROR;
		memcpy(copy, data, length);
		if (length > 0)
			copy[vdev_random(dev) % length] ^= (uint8_t)(1U << vdev_random(dev) % 8);
		result = device_out(dev, endpoint, copy, length);
		free(copy);
	} else if (fault->type != VDEV_FAULT_LOST) {
		result = device_out(dev, endpoint, data, length);
	}
	if (result != VDEV_NAK && (result < 0 || (size_t)result == length))
		transfer_over(dev, VDEV_EVENT_OUT, fault);
	return result;
}

int vdev_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	int result;

	if (!vdev_is_attached(dev))
		return VDEV_GONE;
	if (dev->halted & halt_bit(endpoint))
		return VDEV_STALL;
	if (is_delayed(dev))
		return VDEV_NAK;
	struct vdev_fault *fault = due_fault(dev, VDEV_EVENT_OUT);
	if (fault && fault->amount > 0 &&
		(fault->type == VDEV_FAULT_UNPLUG || fault->type == VDEV_FAULT_POWER))
		return out_until_gone(dev, fault, endpoint, data, length);
	if (fault && blunt_fault(dev, fault, endpoint, &result)) {
		enum vdev_fault_type type = fault->type;
		transfer_over(dev, VDEV_EVENT_OUT, fault);
		vanish(dev, type);
		return result;
	}
	if (fault)
		return faulty_out(dev, fault, endpoint, data, length);
	result = device_out(dev, endpoint, data, length);
	if (result == VDEV_STALL)
		dev->halted |= halt_bit(endpoint);
	if (result != VDEV_NAK && (result < 0 || (size_t)result == length))
		transfer_over(dev, VDEV_EVENT_OUT, NULL);
	return result;
}

static void hold(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	drop_held(dev);
	dev->held = malloc(length + 1);
	if (!dev->held)
		return;
	memcpy(dev->held, data, length);
	dev->held_length = length;
	dev->held_endpoint = endpoint;
}

static int give_held(struct vdev *dev, uint8_t *data, size_t max)
{
	size_t n = dev->held_length < max ? dev->held_length : max;

	memcpy(data, dev->held, n);
	drop_held(dev);
	return (int)n;
}

/* Alters the reply in data[result]; returns what the host gets. */
static int faulty_in(struct vdev *dev, const struct vdev_fault *fault, uint8_t endpoint,
	uint8_t *data, int result)
{
	size_t length = (size_t)result;

	switch (fault->type) {
	case VDEV_FAULT_SHORT:
		return length > fault->amount ? (int)fault->amount : result;
	case VDEV_FAULT_SPLIT:
		if (length <= fault->amount)
			return result;
		hold(dev, endpoint, data + fault->amount, length - fault->amount);
		return (int)fault->amount;
	case VDEV_FAULT_LOST:
		return VDEV_NAK;
	case VDEV_FAULT_REPEAT:
		hold(dev, endpoint, data, length);
		return result;
	case VDEV_FAULT_GARBAGE:
		scramble(dev, data, length);
		return result;
	case VDEV_FAULT_SEQUENCE:
		if (length > 0)
			data[0]++;
		return result;
	case VDEV_FAULT_STALL:
	case VDEV_FAULT_ERROR:
	case VDEV_FAULT_BABBLE:
	case VDEV_FAULT_ZERO:
	case VDEV_FAULT_DELAY:
	case VDEV_FAULT_UNPLUG:
	case VDEV_FAULT_POWER:
	case VDEV_FAULT_COUNT:
		break;
	}
	return result;
}

/* A host that asks for less than a packet and gets more has a babbling device: the bytes are lost,
 * as on a real bus. */
static int device_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	int type, packet = 0, result;
	uint8_t itf;

	if (!dev->ops->in)
		return VDEV_STALL;
	if (!vdev_find_endpoint(dev, endpoint, &type, &packet, &itf) || packet == 0 ||
		max % (size_t)packet == 0) {
		result = dev->ops->in(dev, endpoint, data, max);
		VT_ASSERT(result < 0 || (size_t)result <= max);
		return result;
	}
	size_t rounded = (max / (size_t)packet + 1) * (size_t)packet;
	uint8_t *room = malloc(rounded);
	if (!room)
		return VDEV_ERROR;
	result = dev->ops->in(dev, endpoint, room, rounded);
	if (result > 0 && (size_t)result > max)
		result = VDEV_BABBLE;
	else if (result > 0)
		memcpy(data, room, (size_t)result);
	free(room);
	return result;
}

int vdev_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	int result;

	if (!vdev_is_attached(dev))
		return VDEV_GONE;
	if (dev->halted & halt_bit(endpoint))
		return VDEV_STALL;
	if (is_delayed(dev))
		return VDEV_NAK;
	if (dev->held_endpoint == endpoint && dev->held)
		return give_held(dev, data, max);
	struct vdev_fault *fault = due_fault(dev, VDEV_EVENT_IN);
	if (fault && blunt_fault(dev, fault, endpoint, &result)) {
		enum vdev_fault_type type = fault->type;
		transfer_over(dev, VDEV_EVENT_IN, fault);
		vanish(dev, type);
		return result;
	}
	result = device_in(dev, endpoint, data, max);
	if (result == VDEV_NAK)
		return VDEV_NAK;
	if (result == VDEV_STALL)
		dev->halted |= halt_bit(endpoint);
	if (fault && result >= 0)
		result = faulty_in(dev, fault, endpoint, data, result);
	transfer_over(dev, VDEV_EVENT_IN, fault);
	return result;
}

/* --- state --- */

static void forget_bus_state(struct vdev *dev)
{
	dev->configuration = dev->desc.config_length > 5 ? dev->desc.config[5] : 1;
	memset(dev->alt, 0, sizeof(dev->alt));
	dev->halted = 0;
	drop_held(dev);
}

void vdev_reset(struct vdev *dev)
{
	forget_bus_state(dev);
	if (dev->ops->reset)
		dev->ops->reset(dev);
}

void vdev_plug(struct vdev *dev, bool in)
{
	if (dev->plugged == in)
		return;
	dev->plugged = in;
	forget_bus_state(dev);
	if (dev->ops->plug)
		dev->ops->plug(dev, in);
}

void vdev_power(struct vdev *dev, bool on)
{
	if (dev->powered == on)
		return;
	dev->powered = on;
	forget_bus_state(dev);
	if (dev->ops->power)
		dev->ops->power(dev, on);
}

void vdev_tick(struct vdev *dev, int64_t now_ms)
{
	VT_ASSERT(now_ms >= dev->now_ms);
	dev->now_ms = now_ms;
	if (dev->delay_until_ms != 0 && now_ms >= dev->delay_until_ms)
		dev->delay_until_ms = 0;
	if (dev->powered && dev->ops->tick)
		dev->ops->tick(dev, now_ms);
}

int64_t vdev_next_ms(const struct vdev *dev)
{
	int64_t next = INT64_MAX;

	if (dev->powered && dev->ops->next_ms)
		next = dev->ops->next_ms(dev);
	if (dev->delay_until_ms != 0 && dev->delay_until_ms < next)
		next = dev->delay_until_ms;
	return next;
}

void vdev_destroy(struct vdev **dev)
{
	if (!dev || !*dev)
		return;
	for (struct vdev_effect effect; vdev_take_effect(*dev, &effect);)
		vdev_effect_finish(&effect);
	drop_held(*dev);
	(*dev)->ops->destroy(*dev);
	*dev = NULL;
}

uint32_t vdev_random(struct vdev *dev)
{
	uint32_t x = dev->seed != 0 ? dev->seed : 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	dev->seed = x;
	return x;
}

/* --- effects --- */

bool vdev_effect_room(const struct vdev *dev)
{
	return dev->effect_count < VDEV_MAX_EFFECTS - VDEV_EFFECT_RESERVE;
}

bool vdev_add_effect(struct vdev *dev, const struct vdev_effect *effect)
{
	if (dev->effect_count == VDEV_MAX_EFFECTS)
		return false;
	dev->effects[dev->effect_count++] = *effect;
	return true;
}

void vdev_note(struct vdev *dev, const char *fmt, ...)
{
	struct vdev_effect effect = {.type = VDEV_EFFECT_NOTE};
	va_list args;

	va_start(args, fmt);
	vsnprintf(effect.note, sizeof(effect.note), fmt, args);
	va_end(args);
	if (vdev_effect_room(dev))
		dev->effects[dev->effect_count++] = effect;
}

bool vdev_take_effect(struct vdev *dev, struct vdev_effect *ret)
{
	if (dev->effect_count == 0)
		return false;
	*ret = dev->effects[0];
	dev->effect_count--;
	memmove(dev->effects, dev->effects + 1, dev->effect_count * sizeof(dev->effects[0]));
	return true;
}

void vdev_effect_finish(struct vdev_effect *effect)
{
	if (effect->sheet)
		free(effect->sheet->rows);
	free(effect->sheet);
	effect->sheet = NULL;
}

/* --- commands in words --- */

#define MAX_WORDS 12

static bool number(const char *text, int64_t max, int64_t *ret)
{
	return text && vt_parse_i64(text, 0, max, ret) == VT_OK;
}

static bool event_from_name(const char *name, enum vdev_event *ret)
{
	static const char *const names[] = {"any", "control", "out", "in"};

	for (size_t i = 0; i < VT_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum vdev_event)i;
			return true;
		}
	}
	return false;
}

/* The words behind "fault TYPE". */
static bool parse_fault(
	struct vdev_fault *fault, size_t count, const char *const *words, struct vt_buf *reply)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value;
		if (event_from_name(words[i], &fault->event))
			continue;
		if (i + 1 == count || !number(words[i + 1], 1000000000, &value)) {
			vt_buf_printf(reply, "fault: %s: a number is missing\n", words[i]);
			return false;
		}
		if (strcmp(words[i], "at") == 0 && value > 0) {
			fault->at = (unsigned)value;
		} else if (strcmp(words[i], "times") == 0) {
			fault->times = (unsigned)value;
		} else if (strcmp(words[i], "bytes") == 0 || strcmp(words[i], "ms") == 0) {
			fault->amount = (size_t)value;
		} else {
			vt_buf_printf(reply, "fault: %s: unknown word\n", words[i]);
			return false;
		}
		i++;
	}
	return true;
}

static enum vt_code command_fault(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct vdev_fault fault = {.type = VDEV_FAULT_COUNT, .at = 1, .times = 1};

	if (count == 1 && strcmp(words[0], "clear") == 0) {
		vdev_clear_faults(dev);
		return VT_OK;
	}
	for (int i = 0; i < VDEV_FAULT_COUNT && count > 0; i++) {
		if (strcmp(words[0], fault_names[i]) == 0)
			fault.type = (enum vdev_fault_type)i;
	}
	if (fault.type == VDEV_FAULT_COUNT) {
		vt_buf_append_text(reply, "fault: one of: clear");
		for (int i = 0; i < VDEV_FAULT_COUNT; i++)
			vt_buf_printf(reply, " %s", fault_names[i]);
		vt_buf_append_byte(reply, '\n');
		return VT_ERR_INVALID;
	}
	if (!parse_fault(&fault, count - 1, words + 1, reply))
		return VT_ERR_INVALID;
	enum vt_code code = vdev_add_fault(dev, &fault);
	if (code != VT_OK)
		vt_buf_append_text(reply, "fault: too many; try: fault clear\n");
	return code;
}

static void give_state(const struct vdev *dev, struct vt_buf *reply)
{
	vt_buf_printf(reply, "device: %s\nkind: %s\nplugged: %s\npower: %s\ntransfers: %llu\n",
		dev->id, dev->ops->name, dev->plugged ? "yes" : "no", dev->powered ? "on" : "off",
		(unsigned long long)dev->transfers);
	for (size_t i = 0; i < dev->fault_count; i++) {
		static const char *const events[] = {"any", "control", "out", "in"};
		const struct vdev_fault *f = &dev->faults[i];
		vt_buf_printf(reply, "fault: %s %s at %u times %u amount %zu\n",
			fault_names[f->type], events[f->event], f->at, f->times, f->amount);
	}
	if (dev->ops->status)
		dev->ops->status(dev, reply);
}

/* Splits line in place of copy; returns the number of words, or MAX_WORDS + 1 for too many. */
static size_t split_words(char *copy, const char **words)
{
	size_t count = 0;
	char *save = NULL;

	for (char *word = strtok_r(copy, " \t\r\n", &save); word;
		word = strtok_r(NULL, " \t\r\n", &save)) {
		if (count == MAX_WORDS)
			return MAX_WORDS + 1;
		words[count++] = word;
	}
	return count;
}

enum vt_code vdev_command(struct vdev *dev, const char *line, struct vt_buf *reply)
{
	char copy[200];
	const char *words[MAX_WORDS];

	if (!vt_copy(copy, sizeof(copy), line)) {
		vt_buf_append_text(reply, "command too long\n");
		return VT_ERR_LIMIT;
	}
	size_t count = split_words(copy, words);
	if (count == 0 || count > MAX_WORDS) {
		vt_buf_append_text(reply, count == 0 ? "no command\n" : "too many words\n");
		return VT_ERR_INVALID;
	}
	bool alone = count == 1;
	bool pair = count == 2;
	if (alone && strcmp(words[0], "plug") == 0)
		vdev_plug(dev, true);
	else if (alone && strcmp(words[0], "unplug") == 0)
		vdev_plug(dev, false);
	else if (pair && strcmp(words[0], "power") == 0 && strcmp(words[1], "on") == 0)
		vdev_power(dev, true);
	else if (pair && strcmp(words[0], "power") == 0 && strcmp(words[1], "off") == 0)
		vdev_power(dev, false);
	else if (alone && strcmp(words[0], "status") == 0)
		give_state(dev, reply);
	else if (strcmp(words[0], "fault") == 0)
		return command_fault(dev, count - 1, words + 1, reply);
	else {
		enum vt_code code = dev->ops->command ? dev->ops->command(dev, count, words, reply)
						      : VT_ERR_NOT_FOUND;
		if (code == VT_ERR_NOT_FOUND)
			vt_buf_printf(reply, "%s: no such switch: %s\n", dev->ops->name, line);
		return code;
	}
	return VT_OK;
}
