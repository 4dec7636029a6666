#include "tools/agency/names.h"

#include <string.h>

#include "terminal/base/text.h"

/* Ñ inside this file, where one character is one byte. */
#define ENYE '~'

static const char *const particles[] = {"DA", "DAS", "DE", "DEL", "DER", "DI", "DIE", "DD", "EL",
	"LA", "LOS", "LAS", "LE", "LES", "MAC", "MC", "VAN", "VON", "Y"};
static const char *const passed_over[] = {"MARIA", "MA.", "MA", "JOSE", "J", "J."};

/* The 81 words of the Instructivo that must not open a key: there the 2nd letter becomes X. */
static const char words[] =
	"BACA BAKA BUEI BUEY CACA CACO CAGA CAGO CAKA CAKO COGE COGI COJA COJE COJI COJO COLA CULO "
	"FALO FETO GETA GUEI GUEY JETA JOTO KACA KACO KAGA KAGO KAKA KAKO KOGE KOGI KOJA KOJE KOJI "
	"KOJO KOLA KULO LILO LOCA LOCO LOKA LOKO MAME MAMO MEAR MEAS MEON MIAR MION MOCO MOKO MULA "
	"MULO NACA NACO PEDA PEDO PENE PIPI PITO POPO PUTA PUTO QULO RATA ROBA ROBE ROBO RUIN SENO "
	"TETA VACA VAGA VAGO VAKA VUEI VUEY WUEI WUEY ";

/* One code point, upper case and bare: an ASCII character, ENYE, 0 for a combining mark that only
 * decorates, U+0303 itself, or '?' for what no act holds. */
static uint32_t bare(uint32_t cp)
{
	static const char latin1_upper[] = "AAAAAA?CEEEEIIII?~OOOOO?OUUUUY??";

	if (cp >= 0xe0 && cp <= 0xff && cp != 0xf7)
		cp -= 0x20;
	if (cp >= 0xc0 && cp <= 0xdf)
		return (unsigned char)latin1_upper[cp - 0xc0];
	if (cp == 0x2018 || cp == 0x2019 || cp == 0xb4 || cp == '`')
		return '\'';
	if (cp == 0x0301 || cp == 0x0300 || cp == 0x0308 || cp == 0x0302)
		return 0;
	if (cp >= 'a' && cp <= 'z')
		return cp - 'a' + 'A';
	if (cp == '\t' || cp == 0xa0)
		return ' ';
	return cp < 0x80 && cp != ENYE ? cp : cp == 0x0303 ? cp : '?';
}

/* One byte per character; dst has at least NAMES_SIZE bytes. */
static enum vt_code fold_bytes(char dst[NAMES_SIZE], const char *text)
{
	size_t length = 0;

	for (uint32_t cp; (cp = vt_utf8_next(&text)) != 0;) {
		uint32_t c = bare(cp);

		if (c == 0x0303) {
			if (length > 0 && dst[length - 1] == 'N')
				dst[length - 1] = ENYE;
			continue;
		}
		if (c == 0 || (c == ' ' && (length == 0 || dst[length - 1] == ' ')))
			continue;
		if (length + 1 >= NAMES_SIZE) {
			dst[0] = '\0';
			return VT_ERR_LIMIT;
		}
		dst[length++] = (char)c;
	}
	while (length > 0 && dst[length - 1] == ' ')
		length--;
	dst[length] = '\0';
	return VT_OK;
}

enum vt_code names_fold(char *dst, size_t size, const char *text)
{
	char bytes[NAMES_SIZE];
	size_t length = 0;

	dst[0] = '\0';
	if (fold_bytes(bytes, text) != VT_OK)
		return VT_ERR_LIMIT;
	for (const char *p = bytes; *p != '\0'; p++) {
		const char one[2] = {*p, '\0'};
		const char *out = *p == ENYE ? "Ñ" : one;

		if (length + strlen(out) >= size) {
			dst[0] = '\0';
			return VT_ERR_LIMIT;
		}
		memcpy(dst + length, out, strlen(out) + 1);
		length += strlen(out);
	}
	return VT_OK;
}

/* Length of the word at p. */
static size_t word_length(const char *p)
{
	return strcspn(p, " ");
}

static bool word_in(const char *p, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word_length(p) == strlen(list[i]) && strncmp(p, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

/* The next word, or NULL behind the last. */
static const char *next_word(const char *p)
{
	p += word_length(p);
	return *p == ' ' ? p + 1 : NULL;
}

/* The word that counts: leading particles passed over as long as something follows them. */
static const char *after_particles(const char *p)
{
	const char *next;

	while (word_in(p, particles, VT_ELEMENTS(particles)) && (next = next_word(p)) != NULL)
		p = next;
	return p;
}

static const char *counting_surname(const char *surname)
{
	return after_particles(surname);
}

static const char *counting_name(const char *names)
{
	const char *word = after_particles(names);
	const char *next = next_word(word);

	if (next != NULL && word_in(word, passed_over, VT_ELEMENTS(passed_over))) {
		const char *second = after_particles(next);

		/* "MARIA Y": the particle is all there is, so it counts. */
		return second;
	}
	return word;
}

static bool is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_vowel(char c)
{
	return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

static char initial(const char *word)
{
	return is_letter(*word) ? *word : 'X';
}

static char inner_vowel(const char *word)
{
	for (size_t i = 1; i < word_length(word); i++) {
		if (is_vowel(word[i]))
			return word[i];
		if (!is_letter(word[i]) && word[i] != ENYE)
			return 'X';
	}
	return 'X';
}

static char inner_consonant(const char *word)
{
	for (size_t i = 1; i < word_length(word); i++)
		if (!is_vowel(word[i]))
			return is_letter(word[i]) ? word[i] : 'X';
	return 'X';
}

static bool is_inconvenient(const char root[4])
{
	for (const char *p = words; *p != '\0'; p += 5)
		if (memcmp(p, root, 4) == 0)
			return true;
	return false;
}

static char check_digit(const char *first_17)
{
	/* Position in "0-9 A-N Ñ O-Z": letters behind Ñ stand one higher. */
	unsigned sum = 0;

	for (unsigned i = 0; i < 17; i++) {
		char c = first_17[i];
		unsigned value = c >= '0' && c <= '9'
					 ? (unsigned)(c - '0')
					 : (unsigned)(c - 'A') + 10 + (c > 'N' ? 1 : 0);

		sum += value * (18 - i);
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

enum vt_code names_make_curp(
	const struct names_parts *parts, unsigned order, char ret_curp[CURP_SIZE])
{
	char first[NAMES_SIZE], second[NAMES_SIZE], names[NAMES_SIZE];
	char key[CURP_SIZE] = {0};
	bool is_new_century = strncmp(parts->birth, "20", 2) == 0;

	if (fold_bytes(first, parts->first) != VT_OK ||
		fold_bytes(second, parts->second) != VT_OK ||
		fold_bytes(names, parts->names) != VT_OK || first[0] == '\0' || names[0] == '\0' ||
		strlen(parts->birth) != 10 || strlen(parts->entity) != 2)
		return VT_ERR_INVALID;
	if (order >= (is_new_century ? 26U : 10U))
		return VT_ERR_LIMIT;
	const char *surname_1 = counting_surname(first);
	const char *surname_2 = counting_surname(second);
	const char *name = counting_name(names);

	key[0] = initial(surname_1);
	key[1] = inner_vowel(surname_1);
	key[2] = initial(surname_2);
	key[3] = initial(name);
	if (is_inconvenient(key))
		key[1] = 'X';
	memcpy(key + 4, parts->birth + 2, 2);
	memcpy(key + 6, parts->birth + 5, 2);
	memcpy(key + 8, parts->birth + 8, 2);
	key[10] = parts->sex;
	memcpy(key + 11, parts->entity, 2);
	key[13] = inner_consonant(surname_1);
	key[14] = inner_consonant(surname_2);
	key[15] = inner_consonant(name);
	key[16] = (char)((is_new_century ? 'A' : '0') + (int)order);
	key[17] = check_digit(key);
	memcpy(ret_curp, key, CURP_SIZE);
	return VT_OK;
}

bool names_curp_has_structure(const char *curp)
{
	/* L letter, V vowel or X, D digit, S sex, C consonant, H homonymy. */
	static const char form[] = "LVLLDDDDDDSLLCCCHD";

	if (strlen(curp) != CURP_SIZE - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		char c = curp[i];
		bool is_digit = c >= '0' && c <= '9';
		bool ok = false;

		switch (form[i]) {
		case 'L':
			ok = is_letter(c);
			break;
		case 'V':
			ok = is_vowel(c) || c == 'X';
			break;
		case 'D':
			ok = is_digit;
			break;
		case 'S':
			ok = c == 'H' || c == 'M' || c == 'X';
			break;
		case 'C':
			ok = is_letter(c) && !is_vowel(c);
			break;
		case 'H':
			ok = is_letter(c) || is_digit;
			break;
		}
		if (!ok)
			return false;
	}
	return check_digit(curp) == curp[17];
}
