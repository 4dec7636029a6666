#ifndef VT_DRIVERS_BARCODE_WEDGE_H
#define VT_DRIVERS_BARCODE_WEDGE_H

/* A scanner that types: reports of a HID keyboard become one scanned text, ended by Enter or Tab.
 * The layout is the scanner's, not the system's: US (HID Usage Tables 1.12 §10). What is typed is
 * as hostile as what is decoded: printable ASCII only, at most SCAN_MAX. Pure. */

#include "drivers/barcode/scan.h"

/* Keys down at once that are told apart; a boot keyboard has six. */
#define WEDGE_KEYS 16

struct wedge {
	uint8_t down[WEDGE_KEYS];
	size_t down_count;
	char text[SCAN_MAX + 1]; /* personal */
	size_t length;
	bool is_over, is_bad; /* is_bad: refused when Enter comes */
};

/* Does this device send keys? */
bool wedge_is_keyboard(const struct hid_layout *layout);
/* As scan_report(). A key that is no character of a code, or one with Ctrl, Alt or GUI, makes the
 * scan SCAN_REFUSED at its end. */
enum scan_state wedge_report(
	struct wedge *wedge, const struct hid_layout *layout, const uint8_t *p, size_t n);
/* Wipes it. */
void wedge_finish(struct wedge *wedge);

#endif
