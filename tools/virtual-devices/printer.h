#ifndef VT_VDEV_PRINTER_H
#define VT_VDEV_PRINTER_H

/* An ESC/POS receipt printer, USB class 7/1/2: 80 mm with cutter, 04b8:0e15 "EPSON TM-T20II", or
 * one of the others in printer-models.c.
 *
 * Bytes enter a receive buffer of finite size; the interpreter takes them out at the speed of the
 * paper, so that a full buffer NAKs and a power cut hits the middle of a sheet. Interface 0, bulk
 * OUT 01, bulk IN 82, both 64 bytes.
 *
 * Switches (vdev_command) and those of vdev.h:
 *
 *   paper out|low|in|full|MM  roll empty, at near end (2 m left), new (50 m), MM millimetres left
 *   paper take                a person tears off what hangs out: a partial sheet, if not blank
 *   cover open|close · jam [clear] (also: cutter jam|clear) · offline on|off · drawer open|close
 *   fatal on|off              unrecoverable error (DLE EOT 3 bit 20)
 *   heat on|off               head too hot (DLE EOT 3 bit 40); goes on by itself afterwards
 *   mute on|off               answers nothing any more on bulk IN
 *   feed                      the feed button: one line
 */

#include "tools/virtual-devices/vdev.h"

#define PRINTER_VENDOR_ID   0x04b8
#define PRINTER_PRODUCT_ID  0x0e15
#define PRINTER_EP_OUT	    0x01
#define PRINTER_EP_IN	    0x82
#define PRINTER_WIDTH_PX    576
#define PRINTER_ROWS_PER_MM 8
#define PRINTER_NEAR_END_MM 2000
#define PRINTER_ROLL_MM	    50000
/* 200 mm/s, the TM-T20II's speed. */
#define PRINTER_ROWS_PER_S 1600
/* The blade is 14 mm behind the print head: a cut without a feed (GS V 0, 1) leaves the last 112
 * rows on the next sheet; GS V 65, 66 feed that far first, so each sheet begins with 14 blank
 * millimetres. */
#define PRINTER_CUTTER_ROWS 112
/* A cut takes this long at speed 1. */
#define PRINTER_CUT_MS 300

/* Which printer it plays. */
struct printer_look {
	const char *name; /* for printer_look() */
	uint16_t vendor, product;
	const char *manufacturer, *model; /* string descriptors */
	const char *device_id;		  /* IEEE 1284, without its length */
	int width_px;			  /* dots of the head, ≤ PRINTER_WIDTH_PX */
	int length_lie;			  /* the device id says so much too much */
	bool no_cutter, no_raster, no_process_id, no_qr;
};
/* NULL: the first, 80 mm with cutter. NULL if there is none of that name: tm-t20ii, tm-t88iv,
 * pos-58, th230, noname, laser, liar. */
const struct printer_look *printer_look(const char *name);

struct printer_options {
	const struct printer_look *look; /* NULL = printer_look(NULL) */
	const char *id;			 /* name for commands; NULL = "printer" */
	const char *serial; /* USB serial string, ≤ 31 characters; NULL = "VT000001" */
	bool instant;	    /* no time passes: every byte is interpreted as it arrives */
	/* Print speed in percent of the real one; 0 = 100. Ignored when instant. */
	unsigned speed_percent;
	size_t buffer_bytes; /* receive buffer; 0 = 4,096; at least 64 */
	int paper_mm;	     /* paper on the roll; 0 = PRINTER_ROLL_MM */
	uint32_t seed;	     /* for garbage faults; 0 = 1 */
	bool no_process_id;  /* an older model: ignores GS ( H */
	bool no_qr;	     /* an older model: ignores GS ( k */
};

/* A printer with power and cable in; options may be NULL (all defaults). NULL only for no memory.
 */
struct vdev *printer_create(const struct printer_options *options);

/* Bytes in the receive buffer that are not interpreted yet. */
size_t printer_buffered(const struct vdev *dev);
/* Rows of the sheet that is in the printer now. */
int printer_rows_hanging(const struct vdev *dev);
/* Commands that the interpreter did not know since creation (0 for a driver in good order). */
unsigned printer_unknown_commands(const struct vdev *dev);

#endif
