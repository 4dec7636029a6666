/* The USB side of the letter-size printer. */

#include "tools/virtual-devices/ipp-printer.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"

/* USB printer class 1.1, §4.2. */
#define REQ_GET_DEVICE_ID   0
#define REQ_GET_PORT_STATUS 1
#define REQ_SOFT_RESET	    2

static const uint8_t device_descriptor[18] = {18, 1, 0x00, 0x02, 0, 0, 0, 64,
	IPP_PRINTER_VENDOR_ID & 0xff, IPP_PRINTER_VENDOR_ID >> 8, IPP_PRINTER_PRODUCT_ID & 0xff,
	IPP_PRINTER_PRODUCT_ID >> 8, 0x00, 0x01, 1, 2, 3, 1};

/* clang-format off */
static const uint8_t config_descriptor[55] = {
	9, 2, 55, 0, 2, 1, 0, 0xc0, 1,
	9, 4, 0, 0, 2, 7, 1, 4, 0,		/* IPP over USB */
	7, 5, IPP_PRINTER_EP_OUT, 2, 0, 2, 0,	/* bulk, 512 bytes */
	7, 5, IPP_PRINTER_EP_IN, 2, 0, 2, 0,
	9, 4, 1, 0, 2, 7, 1, 4, 0,
	7, 5, IPP_PRINTER_EP_OUT + 1, 2, 0, 2, 0,
	7, 5, IPP_PRINTER_EP_IN + 1, 2, 0, 2, 0,
};
/* clang-format on */

static const char device_id[] =
	"MFG:Ventanilla;MDL:IPP Virtual;CMD:PWGRaster;CLS:PRINTER;DES:IPP Virtual;";

struct ipp_printer {
	struct vdev base;
	struct ipp_back *back; /* owned */
	char serial[32];
	const char *strings[3];
};

static struct ipp_printer *of(struct vdev *dev)
{
	return (struct ipp_printer *)(void *)dev;
}

static void hang_up(struct ipp_printer *p)
{
	for (int link = 0; link < IPP_PRINTER_LINKS; link++)
		p->back->hang_up(p->back, link);
}

static int op_control(struct vdev *dev, const struct vdev_setup *setup, uint8_t *data)
{
	const size_t text = sizeof(device_id) - 1, all = text + 2;

	if (setup->type == 0xa1 && setup->request == REQ_GET_DEVICE_ID) {
		const size_t n = setup->length < all ? setup->length : all;
		const uint8_t head[2] = {(uint8_t)(all >> 8), (uint8_t)all};
		for (size_t i = 0; i < n; i++)
			data[i] = i < 2 ? head[i] : (uint8_t)device_id[i - 2];
		return (int)n;
	}
	if (setup->type == 0xa1 && setup->request == REQ_GET_PORT_STATUS && setup->length >= 1) {
		data[0] = 0x18;
		return 1;
	}
	if (setup->type == 0x21 && setup->request == REQ_SOFT_RESET && setup->length == 0) {
		hang_up(of(dev));
		return 0;
	}
	return VDEV_STALL;
}

static int op_out(struct vdev *dev, uint8_t endpoint, const uint8_t *data, size_t length)
{
	struct ipp_back *back = of(dev)->back;

	if (length == 0)
		return 0;
	const int n = back->write(back, (endpoint & 0x0f) - IPP_PRINTER_EP_OUT, data, length);
	return n == -1 ? VDEV_NAK : n < 0 ? VDEV_STALL : n;
}

static int op_in(struct vdev *dev, uint8_t endpoint, uint8_t *data, size_t max)
{
	struct ipp_back *back = of(dev)->back;
	const int n = back->read(back, (endpoint & 0x0f) - IPP_PRINTER_EP_OUT, data, max);

	return n < 0 ? VDEV_NAK : n;
}

static void op_reset(struct vdev *dev)
{
	hang_up(of(dev));
}

static bool op_set_interface(struct vdev *dev, uint8_t itf, uint8_t alt)
{
	if (itf >= IPP_PRINTER_LINKS || alt != 0)
		return false;
	of(dev)->back->hang_up(of(dev)->back, itf);
	return true;
}

static void op_power(struct vdev *dev, bool on)
{
	hang_up(of(dev));
	if (of(dev)->back->power)
		of(dev)->back->power(of(dev)->back, on);
}

static void op_plug(struct vdev *dev, bool in)
{
	(void)in;
	hang_up(of(dev));
}

static void op_tick(struct vdev *dev, int64_t now_ms)
{
	of(dev)->back->tick(of(dev)->back, now_ms);
}

static int64_t op_next_ms(const struct vdev *dev)
{
	const struct ipp_printer *p = (const struct ipp_printer *)(const void *)dev;

	return p->back->next_ms(p->back);
}

static enum vt_code op_command(
	struct vdev *dev, size_t count, const char *const *words, struct vt_buf *reply)
{
	struct ipp_back *back = of(dev)->back;

	return back->command ? back->command(back, count, words, reply) : VT_ERR_NOT_FOUND;
}

static void op_status(const struct vdev *dev, struct vt_buf *reply)
{
	const struct ipp_printer *p = (const struct ipp_printer *)(const void *)dev;

	if (p->back->status)
		p->back->status(p->back, reply);
}

static void op_destroy(struct vdev *dev)
{
	struct ipp_printer *p = of(dev);

	if (p->back)
		p->back->destroy(p->back);
	free(p);
}

struct vdev *ipp_printer_create(const struct ipp_printer_options *options)
{
	static const struct vdev_ops ops = {.name = "ipp",
		.help = "tray main|security full|low|out\ncover open|close\njam [clear]\n"
			"toner full|low|out\nmute on|off\nabort on|off\nforget\n",
		.control = op_control,
		.out = op_out,
		.in = op_in,
		.reset = op_reset,
		.set_interface = op_set_interface,
		.power = op_power,
		.plug = op_plug,
		.tick = op_tick,
		.next_ms = op_next_ms,
		.command = op_command,
		.status = op_status,
		.destroy = op_destroy};
	struct ipp_printer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	vt_copy_cut(p->serial, sizeof(p->serial), options->serial ? options->serial : "VT000002");
	vt_copy_cut(p->base.id, sizeof(p->base.id), options->id ? options->id : "ipp");
	p->strings[0] = "Ventanilla";
	p->strings[1] = "IPP Virtual";
	p->strings[2] = p->serial;
	p->base.ops = &ops;
	p->base.desc = (struct vdev_descriptors){.device = device_descriptor,
		.config = config_descriptor,
		.config_length = sizeof(config_descriptor),
		.strings = p->strings,
		.string_count = VT_ELEMENTS(p->strings),
		.speed = VDEV_SPEED_HIGH};
	p->base.seed = options->seed != 0 ? options->seed : 1;
	p->base.plugged = p->base.powered = true;
	p->base.configuration = 1;
	p->back = options->bridge_port > 0 ? ipp_bridge_create(options->bridge_port)
					   : ipp_engine_create(&p->base, options);
	if (!p->back) {
		free(p);
		return NULL;
	}
	return &p->base;
}
