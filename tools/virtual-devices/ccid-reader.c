#include "tools/virtual-devices/ccid-reader.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/ccid-internal.h"

/* Class requests (CCID 1.1 §5.3). */
#define REQ_ABORT	1
#define REQ_FREQUENCIES 2
#define REQ_RATES	3

#define CLOCK_KHZ 4000
#define RATE	  10752 /* 4 MHz / 372 */

/* --- descriptors --- */

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value);
	put16(p + 2, value >> 16);
}

static uint32_t level_feature(enum ccid_level level)
{
	switch (level) {
	case CCID_LEVEL_SHORT_APDU:
		return 0x20000;
	case CCID_LEVEL_EXTENDED_APDU:
		return 0x40000;
	case CCID_LEVEL_TPDU:
		break;
	}
	return 0x10000;
}

/* CCID 1.1 §5.1. */
static void class_descriptor(const struct ccid_reader *r, uint8_t d[54])
{
	const struct ccid_reader_options *o = &r->options;

	memset(d, 0, 54);
	d[0] = 54;
	d[1] = 0x21;
	put16(d + 2, 0x0110);
	d[4] = (uint8_t)(o->slots - 1);
	d[5] = o->voltages;
	put32(d + 6, o->protocols);
	put32(d + 10, CLOCK_KHZ);
	put32(d + 14, CLOCK_KHZ);
	put32(d + 19, RATE);
	put32(d + 23, RATE * 32);
	put32(d + 28, o->max_ifsd);
	put32(d + 40, r->features);
	put32(d + 44, o->max_message);
	d[48] = d[49] = 0xff; /* GET RESPONSE and ENVELOPE echo the command's class */
	d[52] = o->pin_support;
	d[53] = (uint8_t)o->busy_slots;
}

static size_t append(uint8_t *config, size_t at, const uint8_t *d)
{
	memcpy(config + at, d, d[0]);
	return at + d[0];
}

static size_t make_config(struct ccid_reader *r)
{
	static const uint8_t ep_out[7] = {7, 5, CCID_READER_EP_OUT, 2, CCID_READER_PACKET, 0, 0};
	static const uint8_t ep_in[7] = {7, 5, CCID_READER_EP_IN, 2, CCID_READER_PACKET, 0, 0};
	static const uint8_t ep_notify[7] = {7, 5, CCID_READER_EP_NOTIFY, 3, 8, 0, 24};
	uint8_t header[9] = {9, 2, 0, 0, 1, 1, 0, 0x80, 50};
	uint8_t interface[9] = {9, 4, 0, 0, 3, 0x0b, 0, 0, 0};
	uint8_t class[54], *c = r->config_descriptor;
	size_t n = append(c, 0, header);

	class_descriptor(r, class);
	if (r->options.vendor_class)
		interface[5] = 0xff;
	if (r->options.no_notify)
		interface[4] = 2;
	n = append(c, n, interface);
	if (!r->options.descriptor_last)
		n = append(c, n, class);
	n = append(c, n, ep_out);
	n = append(c, n, ep_in);
	if (!r->options.no_notify)
		n = append(c, n, ep_notify);
	if (r->options.descriptor_last)
		n = append(c, n, class);
	put16(c + 2, (uint32_t)n);
	return n;
}

/* --- replies --- */

static struct ccid_lie *due_lie(struct ccid_reader *r)
{
	struct ccid_lie *due = NULL;

	for (size_t i = 0; i < r->lie_count; i++) {
		if (r->lies[i].at > 1)
			r->lies[i].at--;
		else if (!due)
			due = &r->lies[i];
	}
	return due;
}

static void lie_told(struct ccid_reader *r, struct ccid_lie *lie)
{
	size_t index = (size_t)(lie - r->lies);

	if (lie->times == 0 || --lie->times > 0)
		return;
	memmove(lie, lie + 1, (r->lie_count - index - 1) * sizeof(*lie));
	r->lie_count--;
}

/* Alters a reply; false if it is lost altogether. bytes[] has room for the padding. */
static bool apply_lie(struct ccid_reply *reply, const struct ccid_lie *lie)
{
	uint8_t *b = reply->bytes;

	switch (lie->kind) {
	case LIE_LENGTH:
		put32(b + 1, lie->value);
		break;
	case LIE_SLOT:
		b[5] = (uint8_t)lie->value;
		break;
	case LIE_SEQ:
		b[6] = (uint8_t)(b[6] + lie->value);
		break;
	case LIE_STATUS:
		b[7] = (uint8_t)lie->value;
		break;
	case LIE_ERROR:
		b[8] = (uint8_t)lie->value;
		break;
	case LIE_TYPE:
		b[0] = (uint8_t)lie->value;
		break;
	case LIE_CUT:
		if (reply->length > lie->value)
			reply->length = lie->value;
		break;
	case LIE_PAD:
		memset(b + reply->length, 0xa5, lie->value);
		reply->length += lie->value;
		break;
	case LIE_ZERO:
		reply->zero_first = true;
		break;
	case LIE_SPLIT:
		if (lie->value < reply->length)
			reply->split = lie->value;
		break;
	case LIE_LOST:
		return false;
	case LIE_TWICE:
	case LIE_COUNT:
		break;
	}
	return true;
}

static void enqueue(struct ccid_reader *r, struct ccid_reply *reply)
{
	*r->last = reply;
	r->last = &reply->next;
	r->reply_count++;
}

static void queue_twice(struct ccid_reader *r, const struct ccid_reply *reply)
{
	struct ccid_reply *copy = malloc(sizeof(*copy) + reply->length);

	if (!copy)
		return;
	memcpy(copy, reply, sizeof(*copy));
	memcpy(copy->bytes, reply->bytes, reply->length);
	copy->next = NULL;
	enqueue(r, copy);
}

void ccid_reply(struct ccid_reader *r, uint8_t type, uint8_t slot, uint8_t seq, uint8_t status,
	uint8_t error, uint8_t special, const uint8_t *data, size_t length)
{
	struct ccid_lie *lie = due_lie(r);
	size_t pad = lie && lie->kind == LIE_PAD ? lie->value : 0;
	struct ccid_reply *reply = calloc(1, sizeof(*reply) + CCID_HEADER + length + pad);

	/* Nobody reads: a reader has no endless memory either. */
	if (!reply || r->reply_count == CCID_MAX_REPLIES) {
		free(reply);
		vdev_note(&r->base, "reply lost: nobody reads");
		return;
	}
	uint8_t *b = reply->bytes;
	reply->length = CCID_HEADER + length;
	b[0] = type;
	put32(b + 1, (uint32_t)length);
	b[5] = slot;
	b[6] = seq;
	b[7] = status;
	if (slot < r->options.slots)
		b[7] |= !r->slots[slot].card ? 2 : r->slots[slot].active ? 0 : 1;
	else
		b[7] |= 2;
	b[8] = error;
	b[9] = special;
	if (length > 0)
		memcpy(b + CCID_HEADER, data, length);
	reply->zero_last = r->options.zero_packets && reply->length % CCID_READER_PACKET == 0;
	if (lie) {
		bool twice = lie->kind == LIE_TWICE;
		bool kept = apply_lie(reply, lie);
		lie_told(r, lie);
		if (!kept) {
			free(reply);
			return;
		}
		if (twice)
			queue_twice(r, reply);
	}
	enqueue(r, reply);
}

static void drop_replies(struct ccid_reader *r)
{
	while (r->first) {
		struct ccid_reply *reply = r->first;
		r->first = reply->next;
		free(reply);
	}
	r->last = &r->first;
	r->reply_count = 0;
}

static void drop_first(struct ccid_reader *r)
{
	struct ccid_reply *reply = r->first;

	r->first = reply->next;
	if (!r->first)
		r->last = &r->first;
	r->reply_count--;
	free(reply);
}

/* One transfer: the next message, or as much of it as fits. */
static int give_reply(struct ccid_reader *r, uint8_t *data, size_t max)
{
	struct ccid_reply *reply = r->first;

	if (!reply)
		return VDEV_NAK;
	if (reply->zero_first) {
		reply->zero_first = false;
		return 0;
	}
	size_t n = reply->length - reply->at;
	if (reply->split > reply->at && n > reply->split - reply->at)
		n = reply->split - reply->at;
	if (n > max)
		n = max;
	memcpy(data, reply->bytes + reply->at, n);
	reply->at += n;
	if (reply->at == reply->length) {
		if (reply->zero_last && n > 0)
			return (int)n; /* the empty packet is still due */
		drop_first(r);
	}
	return (int)n;
}

/* RDR_to_PC_NotifySlotChange: two bits a slot, present and changed. */
static int give_notify(struct ccid_reader *r, uint8_t *data, size_t max)
{
	uint8_t message[3] = {0x50, 0, 0};
	size_t length = 1 + (r->options.slots + 3) / 4;
	bool changed = false;

	for (unsigned i = 0; i < r->options.slots; i++) {
		uint8_t bits =
			(uint8_t)((r->slots[i].card ? 1 : 0) | (r->slots[i].changed ? 2 : 0));
		message[1 + i / 4] |= (uint8_t)(bits << i % 4 * 2);
		changed |= r->slots[i].changed;
	}
	if (!changed)
		return VDEV_NAK;
	for (unsigned i = 0; i < r->options.slots; i++)
		r->slots[i].changed = false;
	if (length > max)
		length = max;
	memcpy(data, message, length);
	return (int)length;
}

/* --- pipes --- */

static size_t message_length(const struct ccid_reader *r)
{
	const uint8_t *b = r->in.data;

	return CCID_HEADER +
	       ((size_t)b[1] | (size_t)b[2] << 8 | (size_t)b[3] << 16 | (size_t)b[4] << 24);
}

/* Answers a message of wrong dwLength by its header; what it announced is passed over. */
static void refuse_message(struct ccid_reader *r)
{
	const uint8_t *b = r->in.data;

	ccid_reply(r, b[0] == PC_XFR_BLOCK ? RDR_DATA_BLOCK : RDR_SLOT_STATUS, b[5], b[6],
		CCID_STATUS_FAILED, CCID_ERROR_LENGTH, 0, NULL, 0);
	r->skip = message_length(r) - r->in.length;
	vt_buf_reset(&r->in);
}

/* Some of the bytes into the message; returns how many were used. */
static size_t take_bytes(struct ccid_reader *r, const uint8_t *data, size_t length)
{
	if (r->skip > 0) {
		size_t n = length < r->skip ? length : r->skip;
		r->skip -= n;
		return n;
	}
	size_t want = r->in.length < CCID_HEADER ? CCID_HEADER : message_length(r);
	size_t n = want - r->in.length < length ? want - r->in.length : length;
	vt_buf_append(&r->in, data, n);
	if (r->in.length < CCID_HEADER)
		return n;
	want = message_length(r);
	if (want > r->options.max_message) {
		refuse_message(r);
	} else if (r->in.length == want) {
		r->messages++;
		ccid_message(r, r->in.data, want);
		vt_buf_reset(&r->in);
	}
	return n;
}

static int op_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	struct ccid_reader *r = ccid_of(dev);

	if (endpoint != CCID_READER_EP_OUT)
		return VDEV_STALL;
	for (size_t at = 0; at < length;)
		at += take_bytes(r, data + at, length - at);
	/* A short packet ends the transfer, and with it a message that is not whole. */
	if (length % CCID_READER_PACKET != 0) {
		if (r->in.length >= CCID_HEADER)
			refuse_message(r);
		vt_buf_reset(&r->in);
		r->skip = 0;
	}
	return (int)length;
}

static int op_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	struct ccid_reader *r = ccid_of(dev);

	if (endpoint == CCID_READER_EP_NOTIFY && !r->options.no_notify)
		return max > 0 ? give_notify(r, data, max) : VDEV_NAK;
	if (endpoint != CCID_READER_EP_IN)
		return VDEV_STALL;
	return max > 0 ? give_reply(r, data, max) : VDEV_NAK;
}

static int give_numbers(
	const struct vdev_setup *setup, uint8_t *data, const uint32_t *numbers, size_t count)
{
	uint8_t bytes[64];
	size_t n = 4 * count;

	for (size_t i = 0; i < count; i++)
		put32(bytes + 4 * i, numbers[i]);
	if (n > setup->length)
		n = setup->length;
	memcpy(data, bytes, n);
	return (int)n;
}

static int op_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	static const uint32_t clocks[] = {CLOCK_KHZ};
	static const uint32_t rates[] = {RATE, RATE * 2, RATE * 4, RATE * 8, RATE * 16, RATE * 32};
	struct ccid_reader *r = ccid_of(dev);

	if (setup->index != 0)
		return VDEV_STALL;
	if (setup->type == 0x21 && setup->request == REQ_ABORT && setup->length == 0) {
		ccid_abort_control(r, (uint8_t)setup->value, (uint8_t)(setup->value >> 8));
		return 0;
	}
	if (setup->type == 0xa1 && setup->request == REQ_FREQUENCIES)
		return give_numbers(setup, data, clocks, VT_ELEMENTS(clocks));
	if (setup->type == 0xa1 && setup->request == REQ_RATES)
		return give_numbers(setup, data, rates, VT_ELEMENTS(rates));
	return VDEV_STALL;
}

/* --- cards --- */

bool ccid_reader_is(const struct vdev *dev)
{
	return dev->ops->control == op_control;
}

/* Power off and nothing half-done left. */
static void clear_slot(struct ccid_slot *s)
{
	s->active = false;
	s->wait = WAIT_NONE;
	s->pulled = false;
	s->abort_control = s->abort_bulk = false;
	s->protocol = 0;
	s->answer_at = 0;
	vt_buf_reset(&s->command);
	vt_buf_reset(&s->answer);
	vt_wipe(s->pin_block, sizeof(s->pin_block));
	card_link_finish(&s->link);
}

void ccid_slot_lost(struct ccid_reader *r, unsigned index)
{
	struct ccid_slot *s = &r->slots[index];
	bool busy = s->wait != WAIT_NONE;

	s->active = false;
	if (busy)
		ccid_fail(r, index, CCID_ERROR_MUTE);
	clear_slot(s);
}

enum vt_code ccid_reader_insert(struct vdev *dev, unsigned slot, struct card *card)
{
	struct ccid_reader *r = ccid_of(dev);

	if (slot >= r->options.slots)
		return VT_ERR_LIMIT;
	if (r->slots[slot].card)
		return VT_ERR_EXISTS;
	r->slots[slot].card = card;
	r->slots[slot].changed = true;
	r->slots[slot].mute = false;
	r->slots[slot].voltage = 0;
	r->slots[slot].remove_after = -1;
	return VT_OK;
}

void ccid_remove(struct ccid_reader *r, unsigned index, struct card **ret_card)
{
	struct ccid_slot *s = &r->slots[index];

	*ret_card = s->card;
	if (!s->card)
		return;
	s->card = NULL;
	s->changed = true;
	ccid_slot_lost(r, index);
	s->link.faults = (struct card_link_faults){0};
}

struct card *ccid_reader_remove(struct vdev *dev, unsigned slot)
{
	struct card *card = NULL;

	if (slot < ccid_of(dev)->options.slots)
		ccid_remove(ccid_of(dev), slot, &card);
	return card;
}

struct card *ccid_reader_card(struct vdev *dev, unsigned slot)
{
	return slot < ccid_of(dev)->options.slots ? ccid_of(dev)->slots[slot].card : NULL;
}

/* --- life --- */

/* After a reset or a new cable: no card has power, every card is news. */
static void start_over(struct ccid_reader *r)
{
	drop_replies(r);
	vt_buf_reset(&r->in);
	r->skip = 0;
	r->emv_mode = r->options.emv_mode;
	for (unsigned i = 0; i < r->options.slots; i++) {
		clear_slot(&r->slots[i]);
		r->slots[i].changed = r->slots[i].card != NULL;
	}
}

static void op_reset(struct vdev *dev)
{
	start_over(ccid_of(dev));
}

static void op_plug(struct vdev *dev, bool in)
{
	(void)in;
	start_over(ccid_of(dev));
}

static void op_tick(struct vdev *dev, int64_t now_ms)
{
	(void)now_ms;
	ccid_tick(ccid_of(dev));
}

static int64_t op_next_ms(const struct vdev *dev)
{
	return ccid_next_ms((const struct ccid_reader *)(const void *)dev);
}

static void op_destroy(struct vdev *dev)
{
	struct ccid_reader *r = ccid_of(dev);

	drop_replies(r);
	vt_buf_finish(&r->in);
	for (unsigned i = 0; i < r->options.slots; i++) {
		struct ccid_slot *s = &r->slots[i];
		clear_slot(s);
		vt_buf_finish(&s->command);
		vt_buf_finish(&s->answer);
		card_destroy(&s->card);
	}
	free(r);
}

static const struct vdev_ops reader_ops = {
	.name = "ccid",
	.help = "card insert FILE|remove [after N]|mute on|off|voltage 5|3|1.8|any [slot N] · card "
		"WORDS (its own)\n"
		"pin enter DIGITS [NEW [NEW]]|cancel|timeout|form · extend N|endless|off\n"
		"lie length|slot|seq|status|error|type|cut|pad|split N, zero, lost, twice [at N] "
		"[times N] · lie clear\n"
		"t1 edc|seq|nad|refuse|lost|wtx|abort|ifs N [slot N]\n",
	.control = op_control,
	.out = op_out,
	.in = op_in,
	.reset = op_reset,
	.plug = op_plug,
	.power = op_plug,
	.tick = op_tick,
	.next_ms = op_next_ms,
	.command = ccid_command,
	.status = ccid_status,
	.destroy = op_destroy,
};

static void apply_options(struct ccid_reader *r, const struct ccid_reader_options *options)
{
	struct ccid_reader_options *o = &r->options;

	if (options)
		*o = *options;
	if (o->vendor_id == 0 && o->product_id == 0) {
		o->vendor_id = CCID_READER_VENDOR_ID;
		o->product_id = CCID_READER_PRODUCT_ID;
	}
	if (o->protocols == 0)
		o->protocols = 3;
	if (o->slots == 0 || o->slots > CCID_READER_MAX_SLOTS)
		o->slots = o->slots == 0 ? 1 : CCID_READER_MAX_SLOTS;
	if (o->busy_slots == 0)
		o->busy_slots = 1;
	if (o->max_message < 64 || o->max_message > CCID_READER_MAX_MESSAGE)
		o->max_message = o->max_message < 64 ? 271 : CCID_READER_MAX_MESSAGE;
	if (o->max_ifsd == 0 || o->max_ifsd > 254)
		o->max_ifsd = 254;
	if (o->voltages == 0)
		o->voltages = 7;
	if (o->features == 0 && !o->no_features)
		o->features = o->level == CCID_LEVEL_TPDU ? 0x230 : 0x4ba;
	r->features = (o->features & 0xfff0ffffU) | level_feature(o->level);
	vt_copy_cut(r->serial, sizeof(r->serial), o->serial ? o->serial : "VT000002");
	vt_copy_cut(r->product, sizeof(r->product), o->product ? o->product : "Virtual CCID");
	vt_copy_cut(r->base.id, sizeof(r->base.id), o->id ? o->id : "reader");
	r->base.seed = o->seed != 0 ? o->seed : 1;
	/* The texts are the caller's; ours are copied above. */
	o->id = o->serial = o->product = NULL;
}

struct vdev *ccid_reader_create(const struct ccid_reader_options *options)
{
	struct ccid_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	apply_options(r, options);
	const uint8_t device[18] = {18, 1, 0x00, 0x02, 0, 0, 0, 64, (uint8_t)r->options.vendor_id,
		(uint8_t)(r->options.vendor_id >> 8), (uint8_t)r->options.product_id,
		(uint8_t)(r->options.product_id >> 8), 0x00, 0x01, 1, 2, 3, 1};
	memcpy(r->device_descriptor, device, sizeof(device));
	r->strings[0] = "Ventanilla";
	r->strings[1] = r->product;
	r->strings[2] = r->serial;
	r->base.ops = &reader_ops;
	r->base.desc = (struct vdev_descriptors){
		.device = r->device_descriptor,
		.config = r->config_descriptor,
		.config_length = make_config(r),
		.strings = r->strings,
		.string_count = VT_ELEMENTS(r->strings),
		.speed = VDEV_SPEED_FULL,
	};
	r->base.plugged = r->base.powered = true;
	r->base.configuration = 1;
	r->last = &r->first;
	vt_buf_init(&r->in, CCID_READER_MAX_MESSAGE);
	for (unsigned i = 0; i < r->options.slots; i++) {
		vt_buf_init(&r->slots[i].command, CARD_MAX_APDU);
		vt_buf_init(&r->slots[i].answer, CARD_MAX_RESPONSE + 2);
		r->slots[i].remove_after = -1;
	}
	start_over(r);
	return &r->base;
}
