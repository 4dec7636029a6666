/* The printer's USB side, status, switches and life. */

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "tools/virtual-devices/printer-internal.h"

#define DLE 0x10

/* USB printer class 1.1, §4.2. */
#define REQ_GET_DEVICE_ID   0
#define REQ_GET_PORT_STATUS 1
#define REQ_SOFT_RESET	    2

#define PORT_PAPER_EMPTY 0x20
#define PORT_SELECTED	 0x10
#define PORT_NO_ERROR	 0x08

static const uint8_t device_template[18] = {18, 1, 0x00, 0x02, 0, 0, 0, 64,
	PRINTER_VENDOR_ID & 0xff, PRINTER_VENDOR_ID >> 8, PRINTER_PRODUCT_ID & 0xff,
	PRINTER_PRODUCT_ID >> 8, 0x00, 0x01, 1, 2, 3, 1};

static const uint8_t config_descriptor[32] = {
	9, 2, 32, 0, 1, 1, 0, 0xc0, 1,	   /* one configuration, self-powered */
	9, 4, 0, 0, 2, 7, 1, 2, 0,	   /* printer, two-way */
	7, 5, PRINTER_EP_OUT, 2, 64, 0, 0, /* bulk OUT */
	7, 5, PRINTER_EP_IN, 2, 64, 0, 0,  /* bulk IN */
};

/* --- status --- */

bool printer_has_error(const struct printer *p)
{
	return p->cutter_error || p->fatal || p->hot;
}

bool printer_is_offline(const struct printer *p)
{
	return p->cover_open || p->paper_rows == 0 || p->offline || printer_has_error(p);
}

uint8_t printer_paper_status(const struct printer *p)
{
	if (p->paper_rows == 0)
		return 0x0f;
	return mechanism_near_end(p) ? 0x03 : 0;
}

void printer_answer(struct printer *p, const void *data, size_t length)
{
	if (p->tx_length + length > sizeof(p->tx)) {
		vdev_note(&p->base, "answer lost: nobody reads");
		return;
	}
	memcpy(p->tx + p->tx_length, data, length);
	p->tx_length += length;
}

static uint8_t live_status(const struct printer *p, uint8_t n)
{
	uint8_t status = 0x12; /* bits 1 and 4 tell it from everything else on the pipe */

	switch (n) {
	case 1:
		status |= p->drawer_open ? 0 : 0x04;
		status |= printer_is_offline(p) ? 0x08 : 0;
		break;
	case 2:
		status |= p->cover_open ? 0x04 : 0;
		status |= p->paper_rows == 0 ? 0x20 : 0;
		status |= printer_has_error(p) ? 0x40 : 0;
		break;
	case 3:
		status |= p->cutter_error ? 0x08 : 0;
		status |= p->fatal ? 0x20 : 0;
		status |= p->hot ? 0x40 : 0;
		break;
	case 4:
		status |= mechanism_near_end(p) ? 0x0c : 0;
		status |= p->paper_rows == 0 ? 0x60 : 0;
		break;
	default:
		break;
	}
	return status;
}

static void automatic_status(const struct printer *p, uint8_t status[4])
{
	status[0] = 0x10;
	status[0] |= p->drawer_open ? 0 : 0x04;
	status[0] |= printer_is_offline(p) ? 0x08 : 0;
	status[0] |= p->cover_open ? 0x20 : 0;
	status[1] = 0;
	status[1] |= p->cutter_error ? 0x08 : 0;
	status[1] |= p->fatal ? 0x20 : 0;
	status[1] |= p->hot ? 0x40 : 0;
	status[2] = printer_paper_status(p);
	status[3] = 0;
}

void printer_status_changed(struct printer *p)
{
	/* Which bits of which byte each bit of GS a watches. */
	static const uint8_t watched[4][3] = {
		{0x04, 0, 0}, {0x28, 0, 0}, {0, 0x68, 0}, {0, 0, 0x0f}};
	uint8_t status[4];
	bool due = p->asb_due;

	automatic_status(p, status);
	for (int bit = 0; bit < 4; bit++) {
		for (int i = 0; i < 3 && p->asb_mask & 1 << bit; i++)
			due |= ((status[i] ^ p->asb_last[i]) & watched[bit][i]) != 0;
	}
	p->asb_due = false;
	memcpy(p->asb_last, status, sizeof(status));
	if (due && p->asb_mask & 0x0f)
		printer_answer(p, status, sizeof(status));
}

/* --- real-time commands --- */

static void clear_buffers(struct printer *p)
{
	p->rx_head = p->rx_length = 0;
	mechanism_clear(p);
	p->esc.state = 0;
	p->esc.line_used = true;
	escpos_reset(&p->esc);
}

static void recover(struct printer *p, uint8_t n)
{
	if (!p->cutter_error || (n != 1 && n != 2))
		return;
	p->cutter_error = false;
	if (n == 2)
		clear_buffers(p);
	printer_status_changed(p);
}

/* DLE sequences act when they arrive, past any full or stopped buffer, and even inside the data of
 * another command: that is how the real ones behave. */
static void realtime_byte(struct printer *p, uint8_t byte)
{
	static const uint8_t clear[10] = {DLE, 0x14, 8, 1, 3, 20, 1, 6, 2, 8};
	uint8_t *r = p->realtime;

	if (p->realtime_length == 0 && byte != DLE)
		return;
	r[p->realtime_length++] = byte;
	size_t length = p->realtime_length;
	if (length == 2 && byte != 0x04 && byte != 0x05 && byte != 0x14) {
		p->realtime_length = byte == DLE ? 1 : 0;
		return;
	}
	if (length < 3)
		return;
	if (r[1] == 0x04) {
		uint8_t status = live_status(p, byte);
		if (byte >= 1 && byte <= 4)
			printer_answer(p, &status, 1);
	} else if (r[1] == 0x05) {
		recover(p, byte);
	} else if (r[2] == 1 && length < 5) {
		return;
	} else if (r[2] == 1) {
		vdev_note(&p->base, "drawer %d opened", r[3] == 1 ? 2 : 1);
		p->drawer_open = true;
		printer_status_changed(p);
	} else if (r[2] == 8 && length < sizeof(clear)) {
		return;
	} else if (r[2] == 8 && memcmp(r, clear, sizeof(clear)) == 0) {
		clear_buffers(p);
	}
	p->realtime_length = 0;
}

/* --- work --- */

static uint8_t take_byte(struct printer *p)
{
	uint8_t byte = p->rx[p->rx_head];

	p->rx_head = (p->rx_head + 1) % p->rx_size;
	p->rx_length--;
	return byte;
}

void printer_work(struct printer *p)
{
	if (p->options.instant)
		p->credit = INT64_MAX / 2;
	for (;;) {
		bool moved = mechanism_run(p);
		while (mechanism_idle(p) && !printer_is_offline(p) && p->rx_length > 0) {
			escpos_byte(p, take_byte(p));
			moved = true;
		}
		if (!moved)
			break;
	}
	if (mechanism_idle(p) && p->credit > 0)
		p->credit = 0;
}

static int op_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	struct printer *p = printer_of(dev);

	if (endpoint != PRINTER_EP_OUT)
		return VDEV_STALL;
	size_t room = p->rx_size - p->rx_length;
	if (room == 0)
		return VDEV_NAK;
	if (length > room)
		length = room;
	for (size_t i = 0; i < length; i++) {
		p->rx[(p->rx_head + p->rx_length) % p->rx_size] = data[i];
		p->rx_length++;
		realtime_byte(p, data[i]);
		/* Without time each byte is done before the next one comes, so that the pieces a
		 * host cuts its stream into never matter. */
		if (p->options.instant)
			printer_work(p);
	}
	printer_work(p);
	return (int)length;
}

static int op_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	struct printer *p = printer_of(dev);

	if (endpoint != PRINTER_EP_IN)
		return VDEV_STALL;
	if (p->mute || p->tx_length == 0 || max == 0)
		return VDEV_NAK;
	size_t n = p->tx_length < max ? p->tx_length : max;
	memcpy(data, p->tx, n);
	p->tx_length -= n;
	memmove(p->tx, p->tx + n, p->tx_length);
	return (int)n;
}

static uint8_t port_status(const struct printer *p)
{
	uint8_t status = 0;

	if (p->paper_rows == 0)
		status |= PORT_PAPER_EMPTY;
	if (!printer_is_offline(p))
		status |= PORT_SELECTED;
	if (!printer_has_error(p) && !p->cover_open && p->paper_rows > 0)
		status |= PORT_NO_ERROR;
	return status;
}

static int give_device_id(const struct printer *p, uint8_t *data, size_t max)
{
	const struct printer_look *look = p->options.look;
	const size_t length = strlen(look->device_id) + 2;
	const size_t said = length + (size_t)look->length_lie;
	const uint8_t head[2] = {(uint8_t)(said >> 8), (uint8_t)said};

	for (size_t i = 0; i < length && i < max; i++)
		data[i] = i < 2 ? head[i] : (uint8_t)look->device_id[i - 2];
	return (int)(length < max ? length : max);
}

static int op_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	struct printer *p = printer_of(dev);

	if (setup->type == 0xa1 && setup->request == REQ_GET_DEVICE_ID)
		return setup->index >> 8 == 0 ? give_device_id(p, data, setup->length) : VDEV_STALL;
	if (setup->type == 0xa1 && setup->request == REQ_GET_PORT_STATUS && setup->index == 0) {
		if (setup->length > 0)
			data[0] = port_status(p);
		return setup->length > 0 ? 1 : 0;
	}
	/* 21 by the corrected standard, 23 by version 1.0 of it (hosts try both). */
	if ((setup->type == 0x21 || setup->type == 0x23) && setup->request == REQ_SOFT_RESET) {
		clear_buffers(p);
		p->tx_length = 0;
		p->realtime_length = 0;
		return 0;
	}
	return VDEV_STALL;
}

static void op_reset(struct vdev *dev)
{
	struct printer *p = printer_of(dev);

	p->tx_length = 0;
	p->realtime_length = 0;
}

/* The cable: what is in the receive buffer is printed all the same. */
static void op_plug(struct vdev *dev, bool in)
{
	(void)in;
	op_reset(dev);
}

static void op_power(struct vdev *dev, bool on)
{
	struct printer *p = printer_of(dev);

	if (!on)
		mechanism_tear(p, "power");
	clear_buffers(p);
	op_reset(dev);
	p->credit = 0;
	p->asb_mask = 0;
	p->asb_due = false;
	p->cutter_error = false;
}

static void op_tick(struct vdev *dev, int64_t now_ms)
{
	struct printer *p = printer_of(dev);
	int64_t passed_ms = now_ms - p->last_ms;

	p->last_ms = now_ms;
	/* Nobody is helped by a whole night of credit, and it must not overflow. */
	if (passed_ms > 60000)
		passed_ms = 60000;
	if (!mechanism_idle(p) && !printer_is_offline(p))
		p->credit += passed_ms * PRINTER_ROWS_PER_S * p->options.speed_percent / 100;
	printer_work(p);
}

static int64_t op_next_ms(const struct vdev *dev)
{
	const struct printer *p = (const struct printer *)(const void *)dev;

	if (printer_is_offline(p) || (mechanism_idle(p) && p->rx_length == 0))
		return INT64_MAX;
	return dev->now_ms + (p->options.speed_percent > 100 ? 2 : 10);
}

/* --- switches --- */

static bool on_off(const char *word, const char *on, const char *off, bool *ret)
{
	if (strcmp(word, on) == 0)
		*ret = true;
	else if (strcmp(word, off) == 0)
		*ret = false;
	else
		return false;
	return true;
}

static enum vt_code command_paper(struct printer *p, const char *word, struct vt_buf *reply)
{
	int64_t mm;

	if (strcmp(word, "take") == 0) {
		mechanism_tear(p, "taken");
		return VT_OK;
	}
	if (strcmp(word, "out") == 0)
		mm = 0;
	else if (strcmp(word, "low") == 0)
		mm = PRINTER_NEAR_END_MM;
	else if (strcmp(word, "full") == 0 || strcmp(word, "in") == 0)
		mm = PRINTER_ROLL_MM;
	else if (vt_parse_i64(word, 0, 1000000, &mm) != VT_OK) {
		vt_buf_append_text(reply, "paper: out, low, in, full, take or millimetres\n");
		return VT_ERR_INVALID;
	}
	/* The roll is changed: what hung out of the old one is in somebody's hand. */
	if (mm == 0)
		mechanism_tear(p, "paper end");
	p->paper_rows = mm * PRINTER_ROWS_PER_MM;
	return VT_OK;
}

/* Switches of two positions: the bool they set. */
static bool *find_switch(struct printer *p, const char *name, const char **on, const char **off)
{
	const struct {
		const char *name, *on, *off;
		bool *value;
	} switches[] = {
		{"cover", "open", "close", &p->cover_open},
		{"cutter", "jam", "clear", &p->cutter_jammed},
		{"drawer", "open", "close", &p->drawer_open},
		{"offline", "on", "off", &p->offline},
		{"fatal", "on", "off", &p->fatal},
		{"heat", "on", "off", &p->hot},
		{"mute", "on", "off", &p->mute},
	};

	for (size_t i = 0; i < VT_ELEMENTS(switches); i++) {
		if (strcmp(switches[i].name, name) == 0) {
			*on = switches[i].on;
			*off = switches[i].off;
			return switches[i].value;
		}
	}
	return NULL;
}

static enum vt_code op_command(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct printer *p = printer_of(dev);
	enum vt_code code = VT_OK;
	const char *on = NULL, *off = NULL;
	bool *value = find_switch(p, words[0], &on, &off);

	if (strcmp(words[0], "jam") == 0 &&
		(count == 1 || (count == 2 && strcmp(words[1], "clear") == 0))) {
		p->cutter_jammed = count == 1;
	} else if (count == 1 && strcmp(words[0], "feed") == 0) {
		if (dev->powered && !printer_is_offline(p) && mechanism_idle(p))
			mechanism_feed(p, 30);
	} else if (count == 2 && strcmp(words[0], "paper") == 0) {
		code = command_paper(p, words[1], reply);
	} else if (value && count == 2) {
		if (!on_off(words[1], on, off, value))
			code = VT_ERR_INVALID;
	} else if (value) {
		code = VT_ERR_INVALID;
	} else {
		return VT_ERR_NOT_FOUND;
	}
	if (value && code != VT_OK)
		vt_buf_printf(reply, "%s: %s or %s\n", words[0], on, off);
	if (code == VT_OK && dev->powered) {
		printer_status_changed(p);
		printer_work(p);
	}
	return code;
}

static void op_status(const struct vdev *dev, struct vt_buf *reply)
{
	const struct printer *p = (const struct printer *)(const void *)dev;

	vt_buf_printf(reply, "paper_mm: %lld\npaper: %s\n",
		(long long)(p->paper_rows / PRINTER_ROWS_PER_MM),
		p->paper_rows == 0	? "out"
		: mechanism_near_end(p) ? "low"
					: "ok");
	vt_buf_printf(reply, "cover: %s\ncutter: %s\nonline: %s\nerror: %s\ndrawer: %s\n",
		p->cover_open ? "open" : "closed", p->cutter_jammed ? "jammed" : "clear",
		printer_is_offline(p) ? "no" : "yes",
		p->cutter_error ? "cutter"
		: p->fatal	? "fatal"
		: p->hot	? "heat"
				: "none",
		p->drawer_open ? "open" : "closed");
	vt_buf_printf(reply,
		"buffered: %zu\nrows_hanging: %d\nsheets: %u\ncuts: %u\nunknown_commands: %u\n",
		p->rx_length, printer_rows_hanging(dev), p->sheet_count, p->cut_count,
		p->esc.unknown);
}

/* --- life --- */

static void op_destroy(struct vdev *dev)
{
	struct printer *p = printer_of(dev);

	escpos_finish(&p->esc);
	mechanism_finish(p);
	free(p->rx);
	free(p);
}

static const struct vdev_ops printer_ops = {
	.name = "printer",
	.help = "paper out|low|in|full|take|MM · cover open|close · jam [clear] · cutter "
		"jam|clear\n"
		"offline|fatal|heat|mute on|off · drawer open|close · feed\n",
	.control = op_control,
	.out = op_out,
	.in = op_in,
	.reset = op_reset,
	.power = op_power,
	.plug = op_plug,
	.tick = op_tick,
	.next_ms = op_next_ms,
	.command = op_command,
	.status = op_status,
	.destroy = op_destroy,
};

static void apply_options(struct printer *p, const struct printer_options *options)
{
	if (options)
		p->options = *options;
	if (!p->options.look)
		p->options.look = printer_look(NULL);
	const struct printer_look *look = p->options.look;
	p->options.no_qr |= look->no_qr;
	p->options.no_process_id |= look->no_process_id;
	memcpy(p->device, device_template, sizeof(p->device));
	p->device[8] = (uint8_t)look->vendor;
	p->device[9] = (uint8_t)(look->vendor >> 8);
	p->device[10] = (uint8_t)look->product;
	p->device[11] = (uint8_t)(look->product >> 8);
	if (p->options.speed_percent == 0)
		p->options.speed_percent = 100;
	p->rx_size = p->options.buffer_bytes == 0 ? 4096 : p->options.buffer_bytes;
	if (p->rx_size < 64)
		p->rx_size = 64;
	p->paper_rows = (int64_t)PRINTER_ROWS_PER_MM *
			(p->options.paper_mm > 0 ? p->options.paper_mm : PRINTER_ROLL_MM);
	p->base.seed = p->options.seed != 0 ? p->options.seed : 1;
	vt_copy_cut(
		p->serial, sizeof(p->serial), p->options.serial ? p->options.serial : "VT000001");
	vt_copy_cut(p->base.id, sizeof(p->base.id), p->options.id ? p->options.id : "printer");
	/* The texts are the caller's; ours are copied above. */
	p->options.id = NULL;
	p->options.serial = NULL;
}

struct vdev *printer_create(const struct printer_options *options)
{
	struct printer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	apply_options(p, options);
	p->strings[0] = p->options.look->manufacturer;
	p->strings[1] = p->options.look->model;
	p->strings[2] = p->serial;
	p->base.ops = &printer_ops;
	p->base.desc = (struct vdev_descriptors){
		.device = p->device,
		.config = config_descriptor,
		.config_length = sizeof(config_descriptor),
		.strings = p->strings,
		.string_count = VT_ELEMENTS(p->strings),
		.speed = VDEV_SPEED_FULL,
	};
	p->base.plugged = p->base.powered = true;
	p->base.configuration = 1;
	escpos_init(&p->esc, p->options.look->width_px);
	p->rx = malloc(p->rx_size);
	if (!p->rx || mechanism_init(p) != VT_OK) {
		op_destroy(&p->base);
		return NULL;
	}
	return &p->base;
}

size_t printer_buffered(const struct vdev *dev)
{
	return ((const struct printer *)(const void *)dev)->rx_length;
}

int printer_rows_hanging(const struct vdev *dev)
{
	return ((const struct printer *)(const void *)dev)->sheet_rows - PRINTER_CUTTER_ROWS;
}

unsigned printer_unknown_commands(const struct vdev *dev)
{
	return ((const struct printer *)(const void *)dev)->esc.unknown;
}
