#ifndef VT_DRIVERS_HID_SLOT_H
#define VT_DRIVERS_HID_SLOT_H

/* The HID readers as slots of the process: the scanner ("scanner", BarcodeReader.Read) and the
 * stripe reader ("stripe", CardReader.ReadRawData).
 *
 *   attach ─► claim ─► report descriptor ─► hid_layout ─► READY: reports, one after the other
 *                 ▲         │ not of this use: next interface        │ while a command waits
 *                 └─────────┘                                        ▼
 *                                       scan.h, wedge.h, stripe.h ─► completion
 *
 * What comes while nobody asked is decoded to keep step and wiped. A scan that had begun before the
 * command is not its answer. One command at a time. One thread; nothing blocks. */

#include "drivers/device.h"
#include "drivers/hid_table.h"

/* Borrow host and table. NULL: no memory. */
struct device *hid_slot_create_scanner(
	const struct device_host *host, const struct hid_table *table);
struct device *hid_slot_create_stripe(
	const struct device_host *host, const struct hid_table *table);
/* Bytes of such a device, for a test that looks for what must not be in it. */
size_t hid_slot_size(void);

#endif
