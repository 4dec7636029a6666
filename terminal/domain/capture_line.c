#include "terminal/domain/capture_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define SUFFIX_LENGTH  8 /* FFFF I C DV */
#define MAX_CONDENSED  9999
#define DAYS_PER_YEAR  372 /* 12 months of 31 */
#define DAYS_PER_MONTH 31
#define CHECKED_TAIL   2 /* DV itself */

const char *capture_error_name(enum capture_error error)
{
	switch (error) {
	case CAPTURE_OK:
		return "OK";
	case CAPTURE_FORMAT:
		return "FORMAT";
	case CAPTURE_DV:
		return "DV";
	case CAPTURE_AMOUNT:
		return "AMOUNT";
	case CAPTURE_EXPIRED:
		return "EXPIRED";
	case CAPTURE_ERROR_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Value of a character of the reference, -1 if it has none. */
static int character_value(enum capture_letters letters, char c)
{
	/* Index = letter - 'A'. */
	static const char phone_pad[] = "22233344455566677788899900";
	static const char nines[] = "12345678912345678923456789";

	if (is_digit(c))
		return c - '0';
	if (c < 'A' || c > 'Z')
		return -1;
	return (letters == CAPTURE_PHONE_PAD ? phone_pad : nines)[c - 'A'] - '0';
}

/* May be negative or above MAX_CONDENSED. */
static int condense_date(int base_year, struct vt_date date)
{
	return (date.year - base_year) * DAYS_PER_YEAR + (date.month - 1) * DAYS_PER_MONTH +
	       (date.day - 1);
}

static int condense_amount(int64_t centavos)
{
	static const int weights[] = {7, 3, 1};
	int sum = 0;

	for (size_t i = 0; centavos > 0; i++, centavos /= 10)
		sum = (sum + (int)(centavos % 10) * weights[i % VT_ELEMENTS(weights)]) % 10;
	return sum;
}

/* DV over length characters of text, all of which have a value. */
static int check_number(enum capture_letters letters, const char *text, size_t length)
{
	static const int weights[] = {11, 13, 17, 19, 23};
	int sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += character_value(letters, text[length - 1 - i]) *
		       weights[i % VT_ELEMENTS(weights)];
	return sum % 97 + 1;
}

/* Length of text if all of it has a value, else 0. */
static size_t valued_length(enum capture_letters letters, const char *text, size_t max)
{
	const size_t length = strnlen(text, max + 1);

	for (size_t i = 0; i < length; i++) {
		if (character_value(letters, text[i]) < 0)
			return 0;
	}
	return length <= max ? length : 0;
}

enum vt_code capture_line_make(const struct capture_rule *rule, const char *reference,
	int64_t amount_centavos, struct vt_date due, char ret_line[CAPTURE_LINE_SIZE],
	struct vt_error *error)
{
	char line[CAPTURE_LINE_SIZE];

	ret_line[0] = 0;
	if (valued_length(rule->letters, reference, CAPTURE_MAX_REFERENCE) == 0)
		return vt_fail(error, VT_ERR_INVALID, 0,
			"capture line: reference must be 1 to %d of 0-9 A-Z",
			CAPTURE_MAX_REFERENCE);
	if (amount_centavos < 0 || !date_is_valid(due) || !is_digit(rule->constant))
		return vt_fail(error, VT_ERR_INVALID, 0,
			"capture line: amount, date or constant is wrong");
	const int condensed = condense_date(rule->base_year, due);
	if (condensed < 0 || condensed > MAX_CONDENSED)
		return vt_fail(error, VT_ERR_LIMIT, 0,
			"capture line: day beyond what base year %d can carry", rule->base_year);
	const bool fits = vt_format(line, sizeof(line), "%s%04d%d%c", reference, condensed,
		condense_amount(amount_centavos), rule->constant);
	VT_ASSERT(fits);
	snprintf(ret_line, CAPTURE_LINE_SIZE, "%s%02d", line,
		check_number(rule->letters, line, strlen(line)));
	return VT_OK;
}

enum capture_error capture_line_check(const struct capture_rule *rule, const char *line,
	int64_t amount_centavos, struct vt_date today)
{
	const size_t length = valued_length(rule->letters, line, CAPTURE_LINE_SIZE - 1);

	VT_ASSERT(amount_centavos >= 0 && date_is_valid(today));
	if (length <= SUFFIX_LENGTH)
		return CAPTURE_FORMAT;
	const char *suffix = line + length - SUFFIX_LENGTH;
	int condensed = 0;
	for (size_t i = 0; i < SUFFIX_LENGTH; i++) {
		if (!is_digit(suffix[i]))
			return CAPTURE_FORMAT;
		if (i < 4)
			condensed = condensed * 10 + (suffix[i] - '0');
	}
	if ((suffix[6] - '0') * 10 + (suffix[7] - '0') !=
		check_number(rule->letters, line, length - CHECKED_TAIL))
		return CAPTURE_DV;
	if (suffix[4] - '0' != condense_amount(amount_centavos))
		return CAPTURE_AMOUNT;
	if (condense_date(rule->base_year, today) > condensed)
		return CAPTURE_EXPIRED;
	return CAPTURE_OK;
}

struct vt_date capture_line_last_day(int base_year)
{
	const int in_year = MAX_CONDENSED % DAYS_PER_YEAR;

	return (struct vt_date){
		.year = base_year + MAX_CONDENSED / DAYS_PER_YEAR,
		.month = in_year / DAYS_PER_MONTH + 1,
		.day = in_year % DAYS_PER_MONTH + 1,
	};
}

char capture_algorithm_00(const char *digits)
{
	const size_t length = strlen(digits);
	int sum = 0;

	for (size_t i = 0; i < length; i++) {
		if (!is_digit(digits[length - 1 - i]))
			return 0;
		const int product = (digits[length - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
		sum = (sum + product / 10 + product % 10) % 10;
	}
	if (length == 0)
		return 0;
	return (char)('0' + (10 - sum) % 10);
}
