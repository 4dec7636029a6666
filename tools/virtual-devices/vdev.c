#include "tools/virtual-devices/vdev.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"

/* --- faults --- */

static uint32_t halt_bit(uint8_t endpoint)
{
	return 1U << ((endpoint & 15) + (endpoint & 0x80 ? 16 : 0));
}

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
