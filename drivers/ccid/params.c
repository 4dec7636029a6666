#include "drivers/ccid/params.h"

#include <string.h>

#define DEFAULT_TC2    0x0a
#define DEFAULT_TB     0x4d /* BWI 4, CWI 13 */
#define DEFAULT_IFSC   32
#define MIN_TIMEOUT_MS 3000
#define ODD_TIMEOUT_MS 60000
/* Slower steps of D for a card that is faster than the reader: TA1 down to 94. */
#define MAX_SLOW_TA1   0x97
#define MIN_SLOW_TA1   0x94
#define RATE_TOLERANCE 2

static uint32_t baud(uint8_t fi_di, const struct ccid_desc *desc)
{
	const uint32_t f = atr_f(fi_di);

	return f == 0 ? 0 : (uint32_t)((uint64_t)desc->default_clock_khz * 1000 * atr_d(fi_di) / f);
}

static bool rate_is_listed(const struct params_reader *reader, uint32_t bps)
{
	for (size_t i = 0; i < reader->rate_count; i++) {
		const uint32_t rate = reader->rates_bps[i];
		if (rate <= bps + RATE_TOLERANCE && bps <= rate + RATE_TOLERANCE)
			return true;
	}
	return reader->rate_count == 0;
}

static bool rate_is_possible(const struct params_reader *reader, uint8_t fi_di)
{
	const uint32_t bps = baud(fi_di, reader->desc);

	return bps > baud(PARAMS_DEFAULT_FIDI, reader->desc) &&
	       bps <= reader->desc->max_data_rate_bps &&
	       (reader->max_rate_bps == 0 || bps <= reader->max_rate_bps) &&
	       rate_is_listed(reader, bps);
}

/* The fastest that both can: TA1, or a slower D of the same family. 0: the default. */
static uint8_t choose_fi_di(const struct atr *atr, const struct params_reader *reader)
{
	if (atr->ta1 == ATR_NONE)
		return 0;
	if (rate_is_possible(reader, (uint8_t)atr->ta1))
		return (uint8_t)atr->ta1;
	if (atr->ta1 > MAX_SLOW_TA1)
		return 0;
	for (int16_t slow = (int16_t)(atr->ta1 - 1); slow >= MIN_SLOW_TA1; slow--)
		if (rate_is_possible(reader, (uint8_t)slow))
			return (uint8_t)slow;
	return 0;
}

static void make_pps(struct params *params, uint8_t fi_di)
{
	size_t length = 0;
	uint8_t check = 0;

	params->needs_pps = true;
	params->pps[length++] = 0xff;
	params->pps[length++] = (uint8_t)(params->protocol | (fi_di ? 0x10 : 0));
	if (fi_di)
		params->pps[length++] = fi_di;
	for (size_t i = 0; i < length; i++)
		check ^= params->pps[i];
	params->pps[length++] = check;
	params->pps_length = length;
}

static bool both_have(const struct atr *atr, const struct ccid_desc *desc, int protocol)
{
	return (atr->protocols >> protocol & 1) && (desc->protocols >> protocol & 1);
}

bool params_choose(const struct atr *atr, const struct params_reader *reader, bool is_plain,
	struct params *ret)
{
	const uint32_t features = reader->desc->features;

	*ret = (struct params){.fi_di = PARAMS_DEFAULT_FIDI};
	if (atr->ta2 != ATR_NONE) {
		/* Specific mode (§8.3, TA2): this protocol, at TA1; bit 10: implicit values. */
		ret->protocol = atr->ta2 & 0x0f;
		if (atr->ta1 != ATR_NONE)
			ret->fi_di = (uint8_t)atr->ta1;
		return (atr->ta2 & 0x10) == 0 && ret->protocol <= 1 &&
		       (reader->desc->protocols >> ret->protocol & 1);
	}
	ret->protocol = atr->first;
	if (atr->first > 1 || !both_have(atr, reader->desc, atr->first)) {
		ret->protocol = atr->first == 0 ? 1 : 0;
		if (is_plain || !both_have(atr, reader->desc, ret->protocol))
			return false;
	}
	if (is_plain || reader->no_pps || (features & (CCID_AUTO_NEGOTIATION | CCID_AUTO_PPS)))
		return true;
	const uint8_t fi_di = choose_fi_di(atr, reader);
	if (fi_di || ret->protocol != atr->first)
		make_pps(ret, fi_di);
	return true;
}

bool params_take_pps(struct params *params, const uint8_t *data, size_t length)
{
	if (length == params->pps_length && memcmp(data, params->pps, length) == 0) {
		if (length == 4)
			params->fi_di = params->pps[2];
		return true;
	}
	/* §9.3: the card may leave PPS1 out and so keep the default. */
	return length == 3 && params->pps_length == 4 && data[0] == 0xff &&
	       data[1] == params->protocol && (data[0] ^ data[1] ^ data[2]) == 0;
}

size_t params_bytes(
	const struct params *params, const struct atr *atr, uint8_t ret_data[PARAMS_MAX_LENGTH])
{
	const uint8_t inverse = atr->is_inverse ? 0x02 : 0;

	memset(ret_data, 0, PARAMS_MAX_LENGTH);
	ret_data[0] = params->fi_di;
	ret_data[2] = atr->tc1 == ATR_NONE ? 0 : (uint8_t)atr->tc1;
	if (params->protocol == 0) {
		ret_data[1] = inverse;
		ret_data[3] = atr->tc2 == ATR_NONE ? DEFAULT_TC2 : (uint8_t)atr->tc2;
		return 5;
	}
	ret_data[1] = (uint8_t)(0x10 | inverse | (params_has_crc(atr) ? 1 : 0));
	ret_data[3] = atr->t1_tb == ATR_NONE ? DEFAULT_TB : (uint8_t)atr->t1_tb;
	ret_data[5] = params_ifsc(atr);
	return 7;
}

uint8_t params_ifsc(const struct atr *atr)
{
	return atr->t1_ta == ATR_NONE ? DEFAULT_IFSC : (uint8_t)atr->t1_ta;
}

bool params_has_crc(const struct atr *atr)
{
	return atr->t1_tc != ATR_NONE && (atr->t1_tc & 1);
}

/* All in microseconds, so that no fraction of an etu is lost. */
static int64_t timeout_t0_us(const struct atr *atr, int64_t f, int64_t d, int64_t khz)
{
	const int64_t etu_us = f * 1000 / d / khz + 1;
	const int64_t tc1 = atr->tc1 == ATR_NONE || atr->tc1 == 0xff ? 0 : atr->tc1;
	const int64_t tc2 = atr->tc2 == ATR_NONE ? DEFAULT_TC2 : atr->tc2;
	const int64_t egt_us = etu_us * (12 + tc1);
	const int64_t wwt_us = 960 * tc2 * f * 1000 / khz;
	const int64_t command_us = 261 * egt_us + 6 * wwt_us;
	const int64_t answer_us = 5 * egt_us + 260 * wwt_us;

	return command_us > answer_us ? command_us : answer_us;
}

static int64_t timeout_t1_us(const struct atr *atr, int64_t f, int64_t d, int64_t khz)
{
	const uint8_t tb = atr->t1_tb == ATR_NONE ? DEFAULT_TB : (uint8_t)atr->t1_tb;
	const int64_t etu_us = f * 1000 / d / khz + 1;
	const int64_t tc1 = atr->tc1 == ATR_NONE || atr->tc1 == 0xff ? 0 : atr->tc1;
	const int64_t egt_us = etu_us * (12 + tc1);
	const int64_t bwt_us = 11 * etu_us + (INT64_C(1) << (tb >> 4)) * 960 * 372 * 1000 / khz;
	const int64_t cwt_us = (11 + (INT64_C(1) << (tb & 0x0f))) * etu_us;

	return 260 * egt_us + bwt_us + 260 * cwt_us + 1000000;
}

int64_t params_timeout_ms(
	const struct params *params, const struct atr *atr, const struct ccid_desc *desc)
{
	const int64_t f = atr_f(params->fi_di), d = atr_d(params->fi_di);
	const int64_t khz = desc->default_clock_khz;

	if (f == 0 || d == 0 || khz == 0)
		return ODD_TIMEOUT_MS;
	const int64_t us = params->protocol == 0 ? timeout_t0_us(atr, f, d, khz)
						 : timeout_t1_us(atr, f, d, khz);
	return us / 1000 < MIN_TIMEOUT_MS ? MIN_TIMEOUT_MS : us / 1000;
}
