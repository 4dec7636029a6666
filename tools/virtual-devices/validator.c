#include "tools/virtual-devices/validator.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"

#define STX	   0x7f
#define MAX_DATA   255
#define MAX_EVENTS 32

enum {
	CMD_RESET = 0x01,
	CMD_SET_INHIBITS = 0x02,
	CMD_SETUP = 0x05,
	CMD_PROTOCOL = 0x06,
	CMD_POLL = 0x07,
	CMD_REJECT = 0x08,
	CMD_DISABLE = 0x09,
	CMD_ENABLE = 0x0a,
	CMD_SERIAL = 0x0c,
	CMD_SYNC = 0x11,
	CMD_LAST_REJECT = 0x17,
	CMD_HOLD = 0x18
};
enum { OK = 0xf0, UNKNOWN = 0xf2, WRONG_PARAMETERS = 0xf3, CANNOT = 0xf5, FAIL = 0xf8 };
enum {
	EV_RESET = 0xf1,
	EV_READ = 0xef,
	EV_CREDIT = 0xee,
	EV_REJECTING = 0xed,
	EV_REJECTED = 0xec,
	EV_STACKED = 0xeb,
	EV_UNSAFE_JAM = 0xe9,
	EV_DISABLED = 0xe8,
	EV_STACKER_FULL = 0xe7,
	EV_BOX_OUT = 0xe3,
	EV_BOX_IN = 0xe4,
	EV_STACKING = 0xcc
};

enum note { NOTE_NONE, NOTE_READING, NOTE_ESCROW, NOTE_STACKING };

static const uint16_t values[VALIDATOR_CHANNELS] = {20, 50, 100, 200, 500, 1000};

struct validator {
	struct vdev base;
	char serial[32];
	const char *strings[3];
	/* line */
	uint8_t rx[3 + MAX_DATA + 2]; /* SEQ, LEN, DATA, CRC without stuffing */
	size_t rx_length;
	bool in_frame, was_stx;
	uint8_t tx[2 * (4 + MAX_DATA + 2)], last[2 * (4 + MAX_DATA + 2)];
	size_t tx_length, tx_at, last_length;
	int last_seq; /* of the last command; -1: none since SYNC */
	/* machine */
	bool is_enabled, is_jammed, is_full;
	uint16_t open_channels;
	uint8_t protocol, reject_code;
	enum note note;
	uint8_t channel;
	int64_t escrow_until_ms;
	uint8_t events[2 * MAX_EVENTS];
	size_t event_length;
	unsigned stacked, rejected;
};

static const uint8_t device_descriptor[18] = {18, 1, 0x00, 0x02, 2, 0, 0, 64,
	VALIDATOR_VENDOR_ID & 0xff, VALIDATOR_VENDOR_ID >> 8, VALIDATOR_PRODUCT_ID & 0xff,
	VALIDATOR_PRODUCT_ID >> 8, 0x00, 0x01, 1, 2, 3, 1};

/* CDC 1.2, PSTN 1.2: abstract control model. */
static const uint8_t config_descriptor[67] = {9, 2, 67, 0, 2, 1, 0, 0xc0, 1, /* two interfaces */
	9, 4, 0, 0, 1, 2, 2, 0, 0, 5, 0x24, 0, 0x10, 0x01,		     /* header */
	5, 0x24, 1, 0, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1,		     /* call, ACM, union */
	7, 5, VALIDATOR_EP_NOTIFY, 3, 8, 0, 255,			     /* interrupt IN */
	9, 4, 1, 0, 2, 10, 0, 0, 0,					     /* data */
	7, 5, VALIDATOR_EP_OUT, 2, 64, 0, 0, 7, 5, VALIDATOR_EP_IN, 2, 64, 0, 0};

static struct validator *validator_of(struct vdev *dev)
{
	return (struct validator *)(void *)dev;
}

uint16_t validator_crc(const uint8_t *bytes, size_t length)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < length; i++) {
		crc = (uint16_t)(crc ^ bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x8005 : crc << 1);
	}
	return crc;
}

/* --- events --- */

static void event(struct validator *v, uint8_t code, int channel)
{
	if (v->event_length + 2 > sizeof(v->events)) {
		vdev_note(&v->base, "event lost: nobody polls");
		return;
	}
	v->events[v->event_length++] = code;
	if (channel >= 0)
		v->events[v->event_length++] = (uint8_t)channel;
}

static void give_back(struct validator *v, uint8_t code)
{
	v->note = NOTE_NONE;
	v->reject_code = code;
	v->rejected++;
	event(v, EV_REJECTING, -1);
	event(v, EV_REJECTED, -1);
	vdev_note(&v->base, "note of %u given back", values[v->channel - 1]);
}

/* What a POLL moves on, behind the answer that told the state before. */
static void move_note(struct validator *v)
{
	switch (v->note) {
	case NOTE_READING:
		v->note = NOTE_ESCROW;
		v->escrow_until_ms = v->base.now_ms + VALIDATOR_ESCROW_MS;
		event(v, EV_READ, v->channel);
		break;
	case NOTE_ESCROW: /* polling is accepting */
		v->note = NOTE_STACKING;
		event(v, EV_STACKING, -1);
		break;
	case NOTE_STACKING:
		v->note = NOTE_NONE;
		v->stacked++;
		event(v, EV_CREDIT, v->channel);
		event(v, EV_STACKED, -1);
		break;
	case NOTE_NONE:
		break;
	}
}

/* --- commands --- */

static size_t setup(const struct validator *v, uint8_t *out)
{
	const uint8_t head[] = {
		OK, 0, '0', '3', '3', '3', 'M', 'X', 'N', 0, 0, 1, VALIDATOR_CHANNELS};
	size_t n = sizeof(head);

	memcpy(out, head, n);
	for (size_t i = 0; i < VALIDATOR_CHANNELS; i++)
		out[n++] = values[i] > 255 ? 0 : (uint8_t)values[i];
	for (size_t i = 0; i < VALIDATOR_CHANNELS; i++)
		out[n++] = 2; /* security */
	out[n++] = 0;
	out[n++] = 0;
	out[n++] = 100; /* real multiplier: centavos */
	out[n++] = v->protocol;
	for (size_t i = 0; v->protocol >= 6 && i < VALIDATOR_CHANNELS; i++, n += 3)
		memcpy(out + n, "MXN", 3);
	for (size_t i = 0; v->protocol >= 6 && i < VALIDATOR_CHANNELS; i++) {
		out[n++] = (uint8_t)values[i];
		out[n++] = (uint8_t)(values[i] >> 8);
		out[n++] = 0;
		out[n++] = 0;
	}
	return n;
}

static size_t poll_answer(struct validator *v, uint8_t *out)
{
	if (v->is_jammed)
		event(v, EV_UNSAFE_JAM, -1);
	else
		move_note(v);
	if (!v->is_enabled)
		event(v, EV_DISABLED, -1);
	if (v->is_full)
		event(v, EV_STACKER_FULL, -1);
	out[0] = OK;
	memcpy(out + 1, v->events, v->event_length);
	const size_t length = 1 + v->event_length;
	v->event_length = 0;
	return length;
}

static void start_over(struct validator *v)
{
	if (v->note == NOTE_READING || v->note == NOTE_ESCROW)
		give_back(v, 0);
	v->event_length = 0;
	v->is_enabled = false;
	v->open_channels = 0;
	v->protocol = 4;
	v->note = NOTE_NONE;
	event(v, EV_RESET, -1);
}

static size_t obey(struct validator *v, const uint8_t *data, size_t length, uint8_t *out)
{
	out[0] = OK;
	switch (data[0]) {
	case CMD_SYNC:
		return 1;
	case CMD_RESET:
		start_over(v);
		return 1;
	case CMD_POLL:
		return poll_answer(v, out);
	case CMD_ENABLE:
	case CMD_DISABLE:
		v->is_enabled = data[0] == CMD_ENABLE;
		return 1;
	case CMD_SET_INHIBITS:
		if (length < 2)
			out[0] = WRONG_PARAMETERS;
		else
			v->open_channels = (uint16_t)(data[1] | (length > 2 ? data[2] << 8 : 0));
		return 1;
	case CMD_PROTOCOL:
		if (length != 2)
			out[0] = WRONG_PARAMETERS;
		else if (data[1] < 4 || data[1] > 7)
			out[0] = FAIL;
		else
			v->protocol = data[1];
		return 1;
	case CMD_SETUP:
		return setup(v, out);
	case CMD_HOLD:
		if (v->note != NOTE_ESCROW)
			out[0] = CANNOT;
		v->escrow_until_ms = v->base.now_ms + VALIDATOR_ESCROW_MS;
		return 1;
	case CMD_REJECT:
		if (v->note != NOTE_ESCROW)
			out[0] = CANNOT;
		else
			give_back(v, 3); /* by the host */
		return 1;
	case CMD_SERIAL:
		memcpy(out + 1, (const uint8_t[]){0x00, 0x0b, 0x5e, 0x07}, 4);
		return 5;
	case CMD_LAST_REJECT:
		out[1] = v->reject_code;
		return 2;
	default:
		out[0] = UNKNOWN;
		return 1;
	}
}

/* --- frames --- */

static void stuffed(struct validator *v, uint8_t byte)
{
	v->tx[v->tx_length++] = byte;
	if (byte == STX)
		v->tx[v->tx_length++] = byte;
}

static void answer(struct validator *v, uint8_t seq, const uint8_t *data, size_t length)
{
	uint8_t body[2 + MAX_DATA];

	body[0] = seq;
	body[1] = (uint8_t)length;
	memcpy(body + 2, data, length);
	const uint16_t crc = validator_crc(body, length + 2);
	v->tx_length = v->tx_at = 0;
	v->tx[v->tx_length++] = STX;
	for (size_t i = 0; i < length + 2; i++)
		stuffed(v, body[i]);
	stuffed(v, (uint8_t)crc);
	stuffed(v, (uint8_t)(crc >> 8));
	memcpy(v->last, v->tx, v->tx_length);
	v->last_length = v->tx_length;
}

static void take_frame(struct validator *v)
{
	uint8_t out[MAX_DATA] = {0};
	const size_t length = v->rx[1];
	const uint16_t crc = (uint16_t)(v->rx[length + 2] | v->rx[length + 3] << 8);

	/* A broken frame is not answered: the host asks again. Address 0 is ours. */
	if (length == 0 || crc != validator_crc(v->rx, length + 2) || (v->rx[0] & 0x7f) != 0)
		return;
	if (v->rx[2] == CMD_SYNC) {
		v->last_seq = -1;
	} else if (v->last_seq == v->rx[0]) {
		/* The same again: the answer was lost; nothing happens twice. */
		memcpy(v->tx, v->last, v->last_length);
		v->tx_length = v->last_length;
		v->tx_at = 0;
		return;
	} else {
		v->last_seq = v->rx[0];
	}
	answer(v, v->rx[0], out, obey(v, v->rx + 2, length, out));
}

static void take_data(struct validator *v, uint8_t byte)
{
	v->rx[v->rx_length++] = byte;
	if (v->rx_length < 2 || v->rx_length < (size_t)v->rx[1] + 4)
		return;
	v->in_frame = false;
	take_frame(v);
}

/* 7F once begins a frame, twice is a 7F in it. */
static void take_byte(struct validator *v, uint8_t byte)
{
	if (!v->in_frame) {
		v->in_frame = byte == STX;
		v->rx_length = 0;
		v->was_stx = false;
	} else if (v->was_stx) {
		v->was_stx = false;
		if (byte != STX)
			v->rx_length = 0; /* a new frame began */
		take_data(v, byte);
	} else if (byte == STX) {
		v->was_stx = true;
	} else {
		take_data(v, byte);
	}
}

/* --- USB --- */

static int op_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	if (endpoint != VALIDATOR_EP_OUT)
		return VDEV_STALL;
	for (size_t i = 0; i < length; i++)
		take_byte(validator_of(dev), data[i]);
	return (int)length;
}

static int op_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	struct validator *v = validator_of(dev);

	if (endpoint == VALIDATOR_EP_NOTIFY)
		return VDEV_NAK;
	if (endpoint != VALIDATOR_EP_IN)
		return VDEV_STALL;
	if (v->tx_at == v->tx_length || max == 0)
		return VDEV_NAK;
	const size_t left = v->tx_length - v->tx_at, n = left < max ? left : max;
	memcpy(data, v->tx + v->tx_at, n);
	v->tx_at += n;
	return (int)n;
}

/* SET_LINE_CODING, GET_LINE_CODING, SET_CONTROL_LINE_STATE: 9600 8N2, whatever is asked. */
static int op_control(struct vdev *dev, const struct vdev_setup *setup_bytes, uint8_t *data)
{
	static const uint8_t coding[7] = {0x80, 0x25, 0, 0, 2, 0, 8};

	(void)dev;
	if (setup_bytes->type == 0x21 &&
		(setup_bytes->request == 0x20 || setup_bytes->request == 0x22))
		return setup_bytes->length;
	if (setup_bytes->type != 0xa1 || setup_bytes->request != 0x21)
		return VDEV_STALL;
	const size_t n =
		setup_bytes->length < sizeof(coding) ? setup_bytes->length : sizeof(coding);
	memcpy(data, coding, n);
	return (int)n;
}

static void op_power(struct vdev *dev, bool on)
{
	struct validator *v = validator_of(dev);

	v->in_frame = false;
	v->tx_length = v->tx_at = 0;
	v->last_seq = -1;
	if (on)
		start_over(v);
}

static void op_tick(struct vdev *dev, int64_t now_ms)
{
	struct validator *v = validator_of(dev);

	if (v->note == NOTE_ESCROW && now_ms >= v->escrow_until_ms)
		give_back(v, 4); /* nobody held it */
}

static int64_t op_next_ms(const struct vdev *dev)
{
	const struct validator *v = (const struct validator *)(const void *)dev;

	return v->note == NOTE_ESCROW ? v->escrow_until_ms : INT64_MAX;
}

/* --- switches --- */

static enum vt_code insert(struct validator *v, const char *word, struct vt_buf *reply)
{
	int64_t value = 0;
	uint8_t channel = 0;

	if (vt_parse_i64(word, 1, 100000, &value) == VT_OK)
		for (uint8_t i = 0; i < VALIDATOR_CHANNELS; i++)
			if (values[i] == value)
				channel = (uint8_t)(i + 1);
	if (channel == 0) {
		vt_buf_append_text(reply, "note insert: 20, 50, 100, 200, 500 or 1000\n");
		return VT_ERR_INVALID;
	}
	if (v->note != NOTE_NONE || v->is_jammed) {
		vt_buf_append_text(reply, "note insert: the way is not free\n");
		return VT_ERR_STATE;
	}
	v->channel = channel;
	if (!v->is_enabled || v->is_full || !(v->open_channels >> (v->channel - 1) & 1)) {
		vt_buf_append_text(reply, "given back: the validator takes no such note now\n");
		give_back(v, 6);
		return VT_OK;
	}
	v->note = NOTE_READING;
	event(v, EV_READ, 0);
	return VT_OK;
}

static enum vt_code op_command(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct validator *v = validator_of(dev);

	if (count == 3 && strcmp(words[0], "note") == 0 && strcmp(words[1], "insert") == 0)
		return insert(v, words[2], reply);
	if (count == 2 && strcmp(words[0], "note") == 0 &&
		(strcmp(words[1], "jam") == 0 || strcmp(words[1], "clear") == 0)) {
		v->is_jammed = words[1][0] == 'j';
		return VT_OK;
	}
	if (count != 2 || strcmp(words[0], "cashbox") != 0)
		return VT_ERR_NOT_FOUND;
	if (strcmp(words[1], "out") == 0 || strcmp(words[1], "in") == 0)
		event(v, words[1][0] == 'o' ? EV_BOX_OUT : EV_BOX_IN, -1);
	else if (strcmp(words[1], "full") == 0 || strcmp(words[1], "empty") == 0)
		v->is_full = words[1][0] == 'f';
	else
		return VT_ERR_NOT_FOUND;
	return VT_OK;
}

static void op_status(const struct vdev *dev, struct vt_buf *reply)
{
	static const char *const names[] = {"none", "reading", "escrow", "stacking"};
	const struct validator *v = (const struct validator *)(const void *)dev;

	vt_buf_printf(reply, "enabled: %s\nnote: %s\nstacked: %u\nrejected: %u\n",
		v->is_enabled ? "yes" : "no", names[v->note], v->stacked, v->rejected);
}

static void op_destroy(struct vdev *dev)
{
	free(dev);
}

static const struct vdev_ops validator_ops = {.name = "validator",
	.help = "note insert VALUE · note jam|clear · cashbox full|empty|out|in\n",
	.control = op_control,
	.out = op_out,
	.in = op_in,
	.power = op_power,
	.tick = op_tick,
	.next_ms = op_next_ms,
	.command = op_command,
	.status = op_status,
	.destroy = op_destroy};

struct vdev *validator_create(const struct validator_options *options)
{
	struct validator *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	vt_copy_cut(v->serial, sizeof(v->serial),
		options && options->serial ? options->serial : "VT000007");
	vt_copy_cut(
		v->base.id, sizeof(v->base.id), options && options->id ? options->id : "validator");
	v->strings[0] = "INNOVATIVE TECHNOLOGY";
	v->strings[1] = "NV9 USB";
	v->strings[2] = v->serial;
	v->base.ops = &validator_ops;
	v->base.desc = (struct vdev_descriptors){.device = device_descriptor,
		.config = config_descriptor,
		.config_length = sizeof(config_descriptor),
		.strings = v->strings,
		.string_count = VT_ELEMENTS(v->strings),
		.speed = VDEV_SPEED_FULL};
	v->base.plugged = v->base.powered = true;
	v->base.configuration = 1;
	v->base.seed = 1;
	v->last_seq = -1;
	start_over(v);
	return &v->base;
}
