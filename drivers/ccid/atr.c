#include "drivers/ccid/atr.h"

enum {
	TS_DIRECT = 0x3b,
	TS_INVERSE = 0x3f,
	HAS_TA = 0x10,
	HAS_TB = 0x20,
	HAS_TC = 0x40,
	HAS_TD = 0x80
};

struct cursor {
	const uint8_t *data;
	size_t length, at;
	uint8_t is_short;
};

static uint8_t next(struct cursor *c)
{
	if (c->at >= c->length) {
		c->is_short = 1;
		return 0;
	}
	return c->data[c->at++];
}

/* TAi, TBi, TCi; i counts from 1, protocol is the one the TD before them names. */
static void read_group(struct cursor *c, uint8_t y, int i, uint8_t protocol, struct atr *atr)
{
	const int is_t1 = i > 2 && protocol == 1;

	if (y & HAS_TA) {
		const uint8_t ta = next(c);
		if (i == 1)
			atr->ta1 = ta;
		else if (i == 2)
			atr->ta2 = ta;
		else if (is_t1 && atr->t1_ta == ATR_NONE)
			atr->t1_ta = ta;
	}
	if (y & HAS_TB) {
		const uint8_t tb = next(c);
		if (is_t1 && atr->t1_tb == ATR_NONE)
			atr->t1_tb = tb;
	}
	if (y & HAS_TC) {
		const uint8_t tc = next(c);
		if (i == 1)
			atr->tc1 = tc;
		else if (i == 2)
			atr->tc2 = tc;
		else if (is_t1 && atr->t1_tc == ATR_NONE)
			atr->t1_tc = tc;
	}
}

static void read_interface(struct cursor *c, uint8_t y, struct atr *atr, uint8_t *ret_has_check)
{
	uint8_t protocol = 0;

	*ret_has_check = 0;
	/* Each round but the last takes a TD: the length of the data ends the loop. */
	for (int i = 1; y != 0 && !c->is_short; i++) {
		read_group(c, y, i, protocol, atr);
		if (!(y & HAS_TD))
			break;
		const uint8_t td = next(c);
		if (c->is_short)
			break;
		protocol = td & 0x0f;
		y = td & 0xf0;
		if (i == 1)
			atr->first = protocol;
		/* T=15 names global bytes, not a protocol. */
		if (protocol != 15)
			atr->protocols |= (uint16_t)(1u << protocol);
		if (protocol != 0)
			*ret_has_check = 1;
	}
}

static enum atr_verdict check_values(const struct atr *atr)
{
	if (atr->first == 15)
		return ATR_BAD_VALUE; /* §8.2.3: T=15 is not in TD1 */
	if (atr->t1_ta == 0 || atr->t1_ta == 0xff)
		return ATR_BAD_VALUE; /* §11.4.2: IFSC 1 … 254 */
	if (atr->t1_tb != ATR_NONE && (atr->t1_tb >> 4) > 9)
		return ATR_BAD_VALUE; /* §11.4.3: BWI 0 … 9 */
	return ATR_GOOD;
}

enum atr_verdict atr_parse(const uint8_t *data, size_t length, struct atr *ret)
{
	struct cursor c = {.data = data, .length = length};
	uint8_t has_check, check = 0;

	*ret = (struct atr){.ta1 = ATR_NONE,
		.tc1 = ATR_NONE,
		.ta2 = ATR_NONE,
		.tc2 = ATR_NONE,
		.t1_ta = ATR_NONE,
		.t1_tb = ATR_NONE,
		.t1_tc = ATR_NONE};
	if (length > ATR_MAX_LENGTH)
		return ATR_LONG;
	if (length < 2)
		return ATR_SHORT;
	const uint8_t ts = next(&c);
	if (ts != TS_DIRECT && ts != TS_INVERSE)
		return ATR_BAD_TS;
	ret->is_inverse = ts == TS_INVERSE;
	const uint8_t t0 = next(&c);
	read_interface(&c, t0 & 0xf0, ret, &has_check);
	if (ret->protocols == 0)
		ret->protocols = 1; /* without TD1 it is T=0 (§8.2.3) */
	ret->historical_at = (uint8_t)c.at;
	ret->historical_length = t0 & 0x0f;
	const size_t end = c.at + ret->historical_length + has_check;
	if (c.is_short || end > length)
		return ATR_SHORT;
	if (end < length)
		return ATR_LONG;
	for (size_t i = 1; has_check && i < length; i++)
		check ^= data[i];
	if (check != 0)
		return ATR_BAD_CHECK;
	return check_values(ret);
}

uint16_t atr_f(uint8_t fi_di)
{
	static const uint16_t f[16] = {
		372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0};

	return f[fi_di >> 4];
}

uint8_t atr_d(uint8_t fi_di)
{
	static const uint8_t d[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0};

	return d[fi_di & 0x0f];
}
