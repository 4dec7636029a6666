#include "drivers/msr/track.h"

#include <stdint.h>
#include <string.h>

#include "terminal/base/text.h"

/* What differs between the tracks. */
static const struct shape {
	const char *start;
	char low, high; /* characters; the code of c is c - low */
	size_t max;	/* with sentinels, without LRC */
} shapes[] = {
	{"%", 0x20, 0x5f, 79},
	{";", 0x30, 0x3f, 40},
	{";+!", 0x20, 0x3f, 107},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* XOR of the codes from the start to the end sentinel (ISO/IEC 7811-2: even parity per bit). */
static char lrc_of(const struct shape *shape, const char *text, size_t length)
{
	unsigned sum = 0;

	for (size_t i = 0; i < length; i++)
		sum ^= (unsigned)(text[i] - shape->low);
	return (char)(sum + (unsigned)shape->low);
}

static enum track_verdict check_shape(
	const struct shape *shape, const char *text, size_t length, size_t *ret_length)
{
	const char *end;

	if (length == 0)
		return TRACK_EMPTY;
	if (length > shape->max + 1)
		return TRACK_TOO_LONG;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < shape->low || text[i] > shape->high)
			return i == 0 ? TRACK_SENTINEL : TRACK_CHARACTER;
	}
	end = memchr(text, '?', length);
	if (!strchr(shape->start, text[0]) || !end || end - text + 2 < (ptrdiff_t)length)
		return TRACK_SENTINEL;
	*ret_length = (size_t)(end - text) + 1;
	if (*ret_length > shape->max)
		return TRACK_TOO_LONG;
	if (length > *ret_length && end[1] != lrc_of(shape, text, *ret_length))
		return TRACK_LRC;
	return TRACK_GOOD;
}

/* Digits up to stop into out; where stop stands, or NULL. */
static const char *take_digits(const char *p, char stop, char *out, size_t room)
{
	size_t n = 0;

	for (; is_digit(*p); p++) {
		if (n + 1 == room)
			return NULL;
		out[n++] = *p;
	}
	return *p == stop && n > 0 ? p : NULL;
}

/* YYMM and the service code, each of which may be a field separator instead. */
static void take_dates(const char *p, struct track *ret)
{
	for (int i = 0; i < 4; i++) {
		if (!is_digit(p[i]))
			return;
	}
	memcpy(ret->expiry, p, 4);
	if (is_digit(p[4]) && is_digit(p[5]) && is_digit(p[6]))
		memcpy(ret->service_code, p + 4, 3);
}

static bool read_first(const char *p, struct track *ret)
{
	if (p[1] != 'B')
		return true; /* other formats than B are their issuer's own */
	p = take_digits(p + 2, '^', ret->account, sizeof(ret->account));
	if (!p)
		return false;
	const char *name = p + 1, *end = strchr(name, '^');
	if (!end || (size_t)(end - name) >= sizeof(ret->name))
		return false;
	memcpy(ret->name, name, (size_t)(end - name));
	take_dates(end + 1, ret);
	return true;
}

static bool read_second(const char *p, struct track *ret)
{
	p = take_digits(p + 1, '=', ret->account, sizeof(ret->account));
	if (!p)
		return false;
	take_dates(p + 1, ret);
	return true;
}

enum track_verdict track_read(int number, const char *text, size_t length, struct track *ret)
{
	char copy[TRACK_MAX + 1 + 8] = ""; /* room to look seven characters ahead */
	bool good = true;

	memset(ret, 0, sizeof(*ret));
	if (number < 1 || number > 3)
		return TRACK_FORM;
	size_t inside = 0;
	const enum track_verdict verdict = check_shape(&shapes[number - 1], text, length, &inside);
	if (verdict != TRACK_GOOD)
		return verdict;
	memcpy(copy, text, inside);
	if (number == 1)
		good = read_first(copy, ret);
	else if (number == 2)
		good = read_second(copy, ret);
	vt_wipe(copy, sizeof(copy));
	if (!good)
		vt_wipe(ret, sizeof(*ret));
	return good ? TRACK_GOOD : TRACK_FORM;
}

static bool luhn(const char *digits, size_t length)
{
	unsigned sum = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned)(digits[length - 1 - i] - '0');
		if (i % 2 == 1)
			digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
		sum += digit;
	}
	return sum % 10 == 0;
}

bool track_is_payment(const char *account)
{
	const size_t length = strlen(account);

	if (length < 12 || length > TRACK_ACCOUNT_MAX || strspn(account, "0123456789") != length)
		return false;
	const bool pays = (account[0] >= '3' && account[0] <= '6') ||
			  (strncmp(account, "2221", 4) >= 0 && strncmp(account, "2720", 4) <= 0);
	return pays && luhn(account, length);
}

void track_mask(const char *account, char ret[TRACK_ACCOUNT_MAX + 1])
{
	const size_t length = strnlen(account, TRACK_ACCOUNT_MAX);
	const size_t head = length < 13 ? 0 : 6, tail = length < 13 ? 2 : 4;

	for (size_t i = 0; i < length; i++)
		ret[i] = i < head || i + tail >= length ? account[i] : '*';
	ret[length] = '\0';
}
