#ifndef VT_TESTS_DRIVERS_RIG_H
#define VT_TESTS_DRIVERS_RIG_H

/* A printer port, the direct USB backend and the virtual printer under one virtual clock. */

#include "drivers/printer/printer_port.h"
#include "drivers/printer/text.h"
#include "tests/drivers/usb_direct.h"
#include "tools/virtual-devices/printer.h"

#define RIG_MAX_SHEETS 16

struct rig {
	int64_t now_ms;
	struct vdev *dev;
	struct usb *usb;
	struct printer_port *port;
	struct printer_profile profile;
	struct text_fonts *fonts; /* borrowed from rig_fonts() */
	/* what the port said */
	struct printer_trace trace; /* as of the last sheet's first byte */
	size_t done_count, resolved_count, arrivals;
	struct printer_print_result done, resolved; /* the last ones */
	/* what came out */
	struct vdev_sheet *sheets[RIG_MAX_SHEETS];
	size_t sheet_count;
	unsigned out_count, in_count; /* transfers of the driver, for fault matrices */
};

/* TM-T20II as in assets/devices.tsv. */
extern const struct printer_profile rig_profile;

/* Fonts of assets/fonts, loaded once. */
struct text_fonts *rig_fonts(void);
/* options NULL: instant. The printer is attached and idle afterwards. */
void rig_start(struct rig *rig, const struct printer_options *options,
	const struct printer_profile *profile);
void rig_stop(struct rig *rig);
/* A vdev switch or fault; fails the test if refused. */
void rig_command(struct rig *rig, const char *line);
/* Hands a sheet over; fails the test if busy. */
void rig_print(struct rig *rig, const struct receipt *receipt);
/* Until at most so much virtual time has passed. */
void rig_run(struct rig *rig, int64_t ms);
/* Until a sheet is done or 120 s have passed. */
void rig_run_done(struct rig *rig);
/* Until the machine is idle, absent or broken and everything is quiet, or 120 s have passed. */
void rig_run_idle(struct rig *rig);
struct printer_view rig_view(const struct rig *rig);
/* Does this sheet end with exactly these rows (above the blank margin of the cut)? */
bool rig_sheet_is(const struct vdev_sheet *sheet, const struct bitmap *bitmap);
/* Whole sheets among sheets[from …] that are the receipt. */
size_t rig_count_whole(const struct rig *rig, const struct bitmap *bitmap);

/* A receipt with everything in it, and a short one of two bands. */
void rig_receipt(struct receipt *ret);
void rig_small_receipt(struct receipt *ret);

#endif
