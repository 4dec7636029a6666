#ifndef VT_DRIVERS_CCID_QUIRKS_H
#define VT_DRIVERS_CCID_QUIRKS_H

/* What differs between card readers beyond their descriptors: a row of assets/readers.tsv
 * (devices.md B.8). Plain data; all zero = an ordinary reader. */

#include <stdbool.h>
#include <stdint.h>

struct ccid_quirks {
	uint16_t status_ms;    /* slow to answer: least patience for GetSlotStatus; 0 = usual */
	uint32_t max_rate_bps; /* faster cards are not spoken to faster; 0 = no limit */
	bool no_pps;	       /* breaks after a PPS */
	bool is_extended;      /* chains as at extended APDU level, whatever it announces */
	bool is_short;	       /* announces extended APDUs, can do short ones only */
	bool no_pin_pad;       /* the claim of a PIN pad is false, or the pad leaks */
	bool pin_message;      /* bNumberMessage must be 1 */
	bool no_pin_message;   /* bNumberMessage must be 0 */
	bool swap_pin_lengths; /* takes the smallest and largest number of digits swapped */
	bool iso_mode_escape;  /* error BB at power on: Escape 1F 01 leads out of EMV mode */
};

#endif
