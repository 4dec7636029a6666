#ifndef VT_VDEV_VALIDATOR_H
#define VT_VDEV_VALIDATOR_H

/* A bill validator that speaks SSP without encryption over CDC-ACM: 191c:4104 "BNK NV9 USB". One
 * note in escrow at a time; polling is accepting, HOLD keeps it there, REJECT or ten seconds
 * without HOLD give it back. Facts: devices.md F.1; Innovative Technology's SSP manual GA138.
 *
 *   ┌─ note insert ─► reading (EF 0) ─► escrow (EF n) ─ POLL ─► CC … EE n, EB   credit
 *   │                                        │  HOLD: stays
 *   │                                        └─ REJECT, 10 s ─► ED, EC          given back
 *   └─ channel inhibited, disabled, unknown value: given back
 *
 * Switches (vdev_command): note insert VALUE (20, 50, 100, 200, 500, 1000) · note jam · note clear
 * · cashbox full|empty|out|in */

#include "tools/virtual-devices/vdev.h"

#define VALIDATOR_VENDOR_ID  0x191c
#define VALIDATOR_PRODUCT_ID 0x4104
#define VALIDATOR_EP_NOTIFY  0x81
#define VALIDATOR_EP_OUT     0x02
#define VALIDATOR_EP_IN	     0x83
#define VALIDATOR_CHANNELS   6
/* A note in escrow that nobody holds goes back. */
#define VALIDATOR_ESCROW_MS 10000

struct validator_options {
	const char *id;	    /* NULL = "validator" */
	const char *serial; /* ≤ 31 characters; NULL = "VT000007" */
};

/* With power and cable in; NULL only for no memory. */
struct vdev *validator_create(const struct validator_options *options);

/* SSP's CRC-16 (8005, start FFFF, not reflected) over length bytes. */
uint16_t validator_crc(const uint8_t *bytes, size_t length);

#endif
