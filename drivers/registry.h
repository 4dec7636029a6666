#ifndef VT_DRIVERS_REGISTRY_H
#define VT_DRIVERS_REGISTRY_H

/* assets/devices.tsv: which USB devices we drive, and what differs between them. Devices are data:
 * a new model is a line, not a branch. Whatever is not listed is never claimed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

#define REGISTRY_MAX_DEVICES 256

/* How a printer tells that it has worked off everything before a point in the data stream. */
enum printer_confirm {
	CONFIRM_PROCESS_ID, /* GS ( H: echoes four bytes of ours */
	CONFIRM_GS_R,	    /* GS r 1: one anonymous byte, asked three times (printer/README.md) */
};

enum printer_cut { CUT_NONE, CUT_PARTIAL, CUT_FULL };

/* How rows of dots get onto the paper. */
enum printer_image {
	IMAGE_NONE,	/* not at all: text mode */
	IMAGE_RASTER,	/* GS v 0 */
	IMAGE_GRAPHICS, /* GS 8 L, for what has no GS v 0 */
};

struct printer_profile {
	uint16_t width_px; /* printable dots, multiple of 8, 128 … 1024 */
	uint16_t dpi;	   /* 180 … 300 */
	enum printer_image image;
	enum printer_cut cut; /* CUT_NONE: tear bar, sheet is fed out instead */
	uint8_t feed_lines;   /* CUT_NONE: lines from head to tear bar, fed at the end */
	uint8_t code_page;    /* text mode: n of ESC t for CP858 (Spanish with €) */
	uint8_t columns;      /* text mode: characters of font A in a line */
	bool qr_native;	      /* text mode: GS ( k draws QR codes */
	enum printer_confirm confirm;
	bool auto_status;    /* GS a works */
	bool cutter_counter; /* GS g 2 tells the cuts in the printer's life: resolves unknowns */
};

struct device_entry {
	uint16_t vid, pid;
	char driver[16]; /* "escpos"; "ipp": letter size, tells everything else itself */
	char class[24];	 /* XFS4IoT interface: "Printer" */
	char model[64];
	struct printer_profile printer; /* "ipp": all zero */
	char notes[96];			/* source of the facts, "(to confirm)" */
};

struct registry {
	size_t count;
	struct device_entry entries[REGISTRY_MAX_DEVICES];
};

/* Parses the table: lines of tab-separated columns in the order of the heading line, "#" comments.
 * Refused with the line number: wrong number of columns, unknown word, a number where the driver
 * "ipp" wants "-", number out of range, a pair vid:pid twice, text too long. *ret is empty then. */
VT_MUST_USE enum vt_code registry_parse(
	const char *text, size_t length, struct registry *ret, struct vt_error *error);
VT_MUST_USE enum vt_code registry_load(
	const char *path, struct registry *ret, struct vt_error *error);
/* NULL if not listed. */
const struct device_entry *registry_find(
	const struct registry *registry, uint16_t vid, uint16_t pid);

#endif
