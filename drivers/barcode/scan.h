#ifndef VT_DRIVERS_BARCODE_SCAN_H
#define VT_DRIVERS_BARCODE_SCAN_H

/* Reports of a HID point-of-sale scanner become one scanned text.
 *
 *   report ─► scan_report ─► SCAN_MORE … ─► SCAN_DONE: text, symbology
 *                         └► SCAN_REFUSED: too long, control characters, not UTF-8
 *
 * Source: HID Point of Sale Usage Tables 1.02 §4 (page 8C): FB–FD AIM symbology identifier, FE
 * decoded data, FF continued; byte count 3B of the generic desktop page. What is on a paper is
 * hostile input: nothing but printable UTF-8 leaves here. Pure; not thread-safe for one scan. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/hid/report.h"

/* Bytes of text: the largest PDF417 and more than a QR that anybody prints for us. */
#define SCAN_MAX 4096

enum scan_state { SCAN_MORE, SCAN_DONE, SCAN_REFUSED };

struct scan {
	char text[SCAN_MAX + 1]; /* personal */
	size_t length;
	char symbology[4];   /* AIM: "]Q1" QR, "]C0" Code 128, "" = the device does not say */
	bool is_over;	     /* the next report begins a new one */
	const char *refused; /* literal, English: why; of the last SCAN_REFUSED */
};

/* Does this device send decoded data as a scanner? */
bool scan_is_scanner(const struct hid_layout *layout);

/* Takes one input report. After SCAN_DONE text holds the whole scan, NUL-terminated, without the
 * CR, LF or TAB that scanners like to append, until the next call. After SCAN_REFUSED the text is
 * wiped. Reports that hold no decoded data are SCAN_MORE and change nothing. */
enum scan_state scan_report(
	struct scan *scan, const struct hid_layout *layout, const uint8_t *p, size_t n);

/* Wipes it. */
void scan_finish(struct scan *scan);

#endif
