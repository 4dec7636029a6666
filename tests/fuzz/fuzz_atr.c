/* A hostile card's answer to reset, and what is decided from it. */

#include "drivers/ccid/params.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const struct ccid_desc desc = {.protocols = 3,
		.default_clock_khz = 4000,
		.max_data_rate_bps = 344086,
		.features = CCID_AUTO_CLOCK | CCID_AUTO_BAUD_RATE};
	const struct params_reader reader = {.desc = &desc};
	struct params params;
	struct atr atr;
	uint8_t bytes[PARAMS_MAX_LENGTH];

	if (atr_parse(data, length, &atr) != ATR_GOOD)
		return 0;
	VT_ASSERT(atr.protocols != 0 && atr.first < 15);
	VT_ASSERT((size_t)atr.historical_at + atr.historical_length <= length);
	VT_ASSERT(params_ifsc(&atr) > 0 && params_ifsc(&atr) <= 254);
	for (int is_plain = 0; is_plain < 2; is_plain++) {
		if (!params_choose(&atr, &reader, is_plain, &params))
			continue;
		VT_ASSERT(params.protocol <= 1 && params.pps_length <= sizeof(params.pps));
		const size_t count = params_bytes(&params, &atr, bytes);
		VT_ASSERT(count == 5 || count == 7);
		VT_ASSERT(params_timeout_ms(&params, &atr, &desc) >= 3000);
	}
	return 0;
}
