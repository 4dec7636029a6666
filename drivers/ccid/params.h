#ifndef VT_DRIVERS_CCID_PARAMS_H
#define VT_DRIVERS_CCID_PARAMS_H

/* What card and reader agree on after the ATR (ISO/IEC 7816-3 §9, CCID 1.1 §6.1.7; devices.md B.5):
 * protocol, speed, SetParameters and how long an answer may take. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/ccid/atr.h"
#include "drivers/ccid/descriptor.h"

/* Data rates of GET_DATA_RATES that are looked at; bNumDataRatesSupported is a byte. */
#define PARAMS_MAX_RATES    255
#define PARAMS_DEFAULT_FIDI 0x11
#define PARAMS_MAX_LENGTH   7

struct params_reader {
	const struct ccid_desc *desc; /* borrowed */
	size_t rate_count;	      /* 0: no table */
	const uint32_t *rates_bps;    /* borrowed */
	uint32_t max_rate_bps;	      /* limit of a quirk; 0: none */
	bool no_pps;		      /* a quirk */
};

struct params {
	uint8_t protocol; /* 0, 1 */
	uint8_t fi_di;	  /* of TA1 in specific mode, of PPS1 once agreed, else 11 */
	bool needs_pps;
	uint8_t pps[4]; /* PPSS, PPS0, PPS1 (if it has one), PCK */
	size_t pps_length;
};

/* Chooses. is_plain: no PPS again after one that failed: the protocol offered first, at the default
 * speed. False: the card offers no protocol that the reader and we have, or wants implicit
 * parameters. */
bool params_choose(const struct atr *atr, const struct params_reader *reader, bool is_plain,
	struct params *ret);
/* Judges the answer to the PPS; a shorter one without PPS1 keeps the default speed. */
bool params_take_pps(struct params *params, const uint8_t *data, size_t length);

/* Data of SetParameters: 5 bytes for T=0, 7 for T=1. Returns the length. */
size_t params_bytes(
	const struct params *params, const struct atr *atr, uint8_t ret_data[PARAMS_MAX_LENGTH]);

/* Information field size of the card: TA of T=1, 32 if absent. Never 0, at most 254. */
uint8_t params_ifsc(const struct atr *atr);
bool params_has_crc(const struct atr *atr);
/* Longest time for one exchange at these parameters, milliseconds. */
int64_t params_timeout_ms(
	const struct params *params, const struct atr *atr, const struct ccid_desc *desc);

#endif
