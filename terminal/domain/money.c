#include "terminal/domain/money.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"

void money_format(int64_t centavos, char ret_text[MONEY_SIZE])
{
	/* Unsigned: INT64_MIN has no positive twin. */
	const uint64_t amount = centavos < 0 ? 0 - (uint64_t)centavos : (uint64_t)centavos;
	char digits[24];
	size_t used = 0;

	const int length =
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)(amount / 100));
	VT_ASSERT(length > 0 && (size_t)length < sizeof(digits));
	if (centavos < 0)
		ret_text[used++] = '-';
	ret_text[used++] = '$';
	ret_text[used++] = ' ';
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			ret_text[used++] = ',';
		ret_text[used++] = digits[i];
	}
	snprintf(ret_text + used, MONEY_SIZE - used, ".%02u", (unsigned)(amount % 100));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Commas after the first one to three digits and then after every three, or none at all. */
static bool has_good_commas(const char *text)
{
	size_t group = 0;
	bool any = false;

	for (; is_digit(*text) || *text == ','; text++) {
		if (*text != ',') {
			group++;
			continue;
		}
		if (group == 0 || group > 3 || (any && group != 3))
			return false;
		any = true;
		group = 0;
	}
	return !any || group == 3;
}

enum vt_code money_parse(const char *text, int64_t max_centavos, int64_t *ret_centavos)
{
	uint64_t centavos = 0;
	size_t digits = 0;
	int decimals = -1; /* -1 = before the point */

	VT_ASSERT(max_centavos >= 0);
	while (*text == ' ')
		text++;
	if (*text == '$')
		text++;
	while (*text == ' ')
		text++;
	if (!has_good_commas(text))
		return VT_ERR_PARSE;
	for (; is_digit(*text) || *text == ',' || *text == '.'; text++) {
		if (*text == ',' && decimals >= 0)
			return VT_ERR_PARSE;
		if (*text == ',')
			continue;
		if (*text == '.') {
			if (decimals >= 0 || digits == 0)
				return VT_ERR_PARSE;
			decimals = 0;
			continue;
		}
		if (decimals == 2 || digits == 18)
			return decimals == 2 ? VT_ERR_PARSE : VT_ERR_LIMIT;
		digits++;
		centavos = centavos * 10 + (uint64_t)(*text - '0');
		decimals += decimals >= 0 ? 1 : 0;
	}
	while (*text == ' ')
		text++;
	if (*text || digits == 0 || decimals == 0)
		return VT_ERR_PARSE;
	for (int i = decimals < 0 ? 0 : decimals; i < 2; i++) {
		if (centavos > UINT64_MAX / 10)
			return VT_ERR_LIMIT;
		centavos *= 10;
	}
	if (centavos > (uint64_t)max_centavos)
		return VT_ERR_LIMIT;
	*ret_centavos = (int64_t)centavos;
	return VT_OK;
}
