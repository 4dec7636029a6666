#include "terminal/domain/folio.h"

#include <string.h>

#include "terminal/base/assert.h"

/* 5 bits a character, without I L O U. */
static const char made[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/* Of the check: value = index. */
static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

#define MODULUS	     36
#define PLAIN_LENGTH 16 /* without hyphens */

char folio_check_character(const char *text, size_t length)
{
	unsigned p = MODULUS;

	for (size_t i = 0; i < length; i++) {
		const char *found = text[i] ? strchr(all, text[i]) : NULL;
		if (!found)
			return 0;
		const unsigned s = (p + (unsigned)(found - all)) % MODULUS;
		p = (s == 0 ? MODULUS : s) * 2 % (MODULUS + 1);
	}
	return all[(MODULUS + 1 - p) % MODULUS];
}

/* Big-endian, 5 bits a character. */
static void put_number(char *dst, size_t count, uint32_t value)
{
	for (size_t i = count; i-- > 0; value >>= 5)
		dst[i] = made[value & 31];
}

static void put_hyphens(const char plain[PLAIN_LENGTH], char ret_folio[VT_FOLIO_SIZE])
{
	for (size_t group = 0; group < 4; group++) {
		memcpy(ret_folio + group * 5, plain + group * 4, 4);
		ret_folio[group * 5 + 4] = group < 3 ? '-' : 0;
	}
}

enum vt_code folio_make(const char *terminal, uint32_t epoch, uint32_t sequence,
	const uint8_t random[4], char ret_folio[VT_FOLIO_SIZE], struct vt_error *error)
{
	char plain[PLAIN_LENGTH];
	char check;

	ret_folio[0] = 0;
	if (strspn(terminal, made) != FOLIO_TERMINAL_LENGTH || terminal[FOLIO_TERMINAL_LENGTH])
		return vt_fail(error, VT_ERR_INVALID, 0,
			"folio: terminal code must be 4 of 0-9 A-Z without I L O U");
	if (epoch > FOLIO_MAX_EPOCH || sequence > FOLIO_MAX_SEQUENCE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "folio: %s is used up",
			epoch > FOLIO_MAX_EPOCH ? "boot epoch" : "sequence");
	memcpy(plain, terminal, 4);
	put_number(plain + 4, 3, epoch);
	put_number(plain + 7, 4, sequence);
	uint32_t draw = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 |
			(uint32_t)random[2] << 8 | random[3];
	/* Different last characters have different check characters (the code finds every single
	 * error), and only 4 of 36 are ambiguous: the fifth draw at the latest is good. */
	do {
		put_number(plain + 11, 4, draw++);
		check = folio_check_character(plain, PLAIN_LENGTH - 1);
	} while (!strchr(made, check));
	plain[PLAIN_LENGTH - 1] = check;
	put_hyphens(plain, ret_folio);
	return VT_OK;
}

static bool passes(const char plain[PLAIN_LENGTH])
{
	return folio_check_character(plain, PLAIN_LENGTH - 1) == plain[PLAIN_LENGTH - 1];
}

enum folio_error folio_parse(const char *typed, char ret_folio[VT_FOLIO_SIZE])
{
	char plain[PLAIN_LENGTH];
	size_t count = 0;

	ret_folio[0] = 0;
	for (; *typed; typed++) {
		char c = *typed;
		if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - ('a' - 'A'));
		if (!strchr(all, c))
			return FOLIO_ALPHABET;
		if (count < PLAIN_LENGTH)
			plain[count] = c;
		count++;
	}
	if (count != PLAIN_LENGTH)
		return FOLIO_LENGTH;
	if (!passes(plain)) {
		for (size_t i = 0; i < PLAIN_LENGTH; i++) {
			if (plain[i] == 'O')
				plain[i] = '0';
			else if (plain[i] == 'I' || plain[i] == 'L')
				plain[i] = '1';
		}
		if (!passes(plain))
			return FOLIO_CHECK;
	}
	put_hyphens(plain, ret_folio);
	return FOLIO_OK;
}
