#include "terminal/domain/curp.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/names.h"

/* Positions from 0. */
#define AT_DATE	      4
#define AT_SEX	      10
#define AT_ENTITY     11
#define AT_CONSONANTS 13
#define AT_CENTURY    16
#define AT_CHECK      17
/* From here on a prefix has its whole date. */
#define DATE_END 10

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char second_letters[] = "AEIOUX";
static const char vowels[] = "AEIOU";
static const char consonants[] = "BCDFGHJKLMNPQRSTVWXYZ";
static const char digits[] = "0123456789";
static const char alphanumerics[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char sexes[] = "HMX";

/* Annex of the Instructivo: the 2nd letter becomes X. Not the list of the RFC, which has 41 words
 * and alters the 4th. Sorted for bsearch. */
static const char words[][5] = {
	"BACA",
	"BAKA",
	"BUEI",
	"BUEY",
	"CACA",
	"CACO",
	"CAGA",
	"CAGO",
	"CAKA",
	"CAKO",
	"COGE",
	"COGI",
	"COJA",
	"COJE",
	"COJI",
	"COJO",
	"COLA",
	"CULO",
	"FALO",
	"FETO",
	"GETA",
	"GUEI",
	"GUEY",
	"JETA",
	"JOTO",
	"KACA",
	"KACO",
	"KAGA",
	"KAGO",
	"KAKA",
	"KAKO",
	"KOGE",
	"KOGI",
	"KOJA",
	"KOJE",
	"KOJI",
	"KOJO",
	"KOLA",
	"KULO",
	"LILO",
	"LOCA",
	"LOCO",
	"LOKA",
	"LOKO",
	"MAME",
	"MAMO",
	"MEAR",
	"MEAS",
	"MEON",
	"MIAR",
	"MION",
	"MOCO",
	"MOKO",
	"MULA",
	"MULO",
	"NACA",
	"NACO",
	"PEDA",
	"PEDO",
	"PENE",
	"PIPI",
	"PITO",
	"POPO",
	"PUTA",
	"PUTO",
	"QULO",
	"RATA",
	"ROBA",
	"ROBE",
	"ROBO",
	"RUIN",
	"SENO",
	"TETA",
	"VACA",
	"VAGA",
	"VAGO",
	"VAKA",
	"VUEI",
	"VUEY",
	"WUEI",
	"WUEY",
};

const char *curp_error_name(enum curp_error error)
{
	switch (error) {
	case CURP_OK:
		return "OK";
	case CURP_FORMAT:
		return "FORMAT";
	case CURP_DATE:
		return "DATE";
	case CURP_FUTURE:
		return "FUTURE";
	case CURP_STATE:
		return "STATE";
	case CURP_WORD:
		return "WORD";
	case CURP_CHECK:
		return "CHECK";
	case CURP_ERROR_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

/* ---- normalising ---- */

/* Blanks and hyphens that people and scanners put between groups. */
static bool is_separator(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == '-' || cp == 0xa0 || cp == 0xad ||
	       (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212;
}

bool curp_normalise(const char *typed, char ret_key[CURP_SIZE])
{
	size_t count = 0;

	for (uint32_t cp; (cp = vt_utf8_next(&typed));) {
		if (is_separator(cp))
			continue;
		if (cp >= 'a' && cp <= 'z')
			cp -= 'a' - 'A';
		/* Ñ included: it never occurs in a key. */
		if (cp > 'Z' || !strchr(alphanumerics, (int)cp) || count == CURP_LENGTH) {
			ret_key[0] = 0;
			return false;
		}
		ret_key[count++] = (char)cp;
	}
	ret_key[count] = 0;
	return true;
}

/* ---- checking ---- */

/* Characters that FORMAT allows at a position. */
static const char *class_at(size_t position)
{
	if (position == 1)
		return second_letters;
	if (position < AT_DATE)
		return letters;
	if (position < AT_SEX)
		return digits;
	if (position == AT_SEX)
		return sexes;
	if (position < AT_CONSONANTS)
		return letters;
	if (position < AT_CENTURY)
		return consonants;
	return position == AT_CENTURY ? alphanumerics : digits;
}

static bool is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

/* Number of leading characters of key that fit their position. */
static size_t well_formed_length(const char *key)
{
	size_t length = 0;

	while (length < CURP_LENGTH && is_in(class_at(length), key[length]))
		length++;
	return length;
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + (text[1] - '0');
}

/* Date of a well-formed key of at least ten characters in that century (1900 or 2000). */
static struct vt_date date_in_century(const char *key, int century)
{
	return (struct vt_date){
		.year = century + two_digits(key + AT_DATE),
		.month = two_digits(key + AT_DATE + 2),
		.day = two_digits(key + AT_DATE + 4),
	};
}

static int century_of(char homonymy)
{
	return is_in(digits, homonymy) ? 1900 : 2000;
}

static int compare_word(const void *key, const void *word)
{
	return strncmp(key, word, 4);
}

static bool is_inconvenient(const char *key)
{
	return bsearch(key, words, VT_ELEMENTS(words), sizeof(words[0]), compare_word);
}

char curp_check_digit(const char *key)
{
	int sum = 0;

	for (size_t i = 0; i < CURP_LENGTH - 1; i++) {
		if (!is_in(alphanumerics, key[i]))
			return 0;
		int value = (int)(strchr(alphanumerics, key[i]) - alphanumerics);
		if (key[i] > 'N')
			value++; /* Ñ stands between N and O in the alphabet of the digit */
		sum += value * (int)(CURP_LENGTH - i);
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

enum curp_error curp_check(const char *key, struct vt_date today)
{
	if (well_formed_length(key) != CURP_LENGTH || key[CURP_LENGTH])
		return CURP_FORMAT;
	const struct vt_date birth = date_in_century(key, century_of(key[AT_CENTURY]));
	if (!date_is_valid(birth))
		return CURP_DATE;
	if (date_compare(birth, today) > 0)
		return CURP_FUTURE;
	if (!entity_by_code(key + AT_ENTITY))
		return CURP_STATE;
	if (is_inconvenient(key))
		return CURP_WORD;
	return key[AT_CHECK] == curp_check_digit(key) ? CURP_OK : CURP_CHECK;
}

bool curp_error_range(enum curp_error error, size_t *ret_first, size_t *ret_count)
{
	switch (error) {
	case CURP_DATE:
	case CURP_FUTURE:
		*ret_first = AT_DATE;
		*ret_count = AT_SEX - AT_DATE;
		return true;
	case CURP_STATE:
		*ret_first = AT_ENTITY;
		*ret_count = AT_CONSONANTS - AT_ENTITY;
		return true;
	case CURP_CHECK:
		*ret_first = AT_CHECK;
		*ret_count = 1;
		return true;
	case CURP_OK:
	case CURP_FORMAT:
	case CURP_WORD:
	case CURP_ERROR_COUNT:
		break;
	}
	return false;
}

/* ---- decoding ---- */

bool curp_decode(const char *prefix, struct curp_facts *ret)
{
	const size_t length = strnlen(prefix, CURP_LENGTH + 1);
	struct curp_facts facts = {0};

	if (length < DATE_END || well_formed_length(prefix) != length)
		return false;
	const struct vt_date in_1900 = date_in_century(prefix, 1900);
	const struct vt_date in_2000 = date_in_century(prefix, 2000);
	if (length > AT_CENTURY) {
		facts.birth = century_of(prefix[AT_CENTURY]) == 1900 ? in_1900 : in_2000;
		facts.has_century = true;
	} else if (date_is_valid(in_1900) != date_is_valid(in_2000)) {
		facts.birth = date_is_valid(in_1900) ? in_1900 : in_2000;
		facts.has_century = true;
	} else {
		facts.birth = in_1900;
	}
	if (!date_is_valid(facts.birth))
		return false;
	if (!facts.has_century)
		facts.birth.year -= 1900;
	if (length > AT_SEX)
		facts.sex = prefix[AT_SEX];
	if (length > AT_ENTITY + 1) {
		facts.entity = entity_by_code(prefix + AT_ENTITY);
		if (!facts.entity)
			return false;
	}
	*ret = facts;
	return true;
}

/* ---- the keyboard ---- */

/* True if some day of the year yy in either century begins with the given digits MMDD (count of
 * them, 1 … 4). Tried out day by day: simpler to trust than rules for tens and units. */
static bool some_day_begins(int yy, const char *mmdd, size_t count)
{
	for (int month = 1; month <= 12; month++) {
		const int days_1900 = date_days_in_month(1900 + yy, month);
		const int days_2000 = date_days_in_month(2000 + yy, month);
		const int days = days_1900 > days_2000 ? days_1900 : days_2000;
		for (int day = 1; day <= days; day++) {
			const char text[] = {(char)('0' + month / 10), (char)('0' + month % 10),
				(char)('0' + day / 10), (char)('0' + day % 10)};
			if (memcmp(text, mmdd, count) == 0)
				return true;
		}
	}
	return false;
}

static bool some_entity_begins(const char *code, size_t count)
{
	for (size_t i = 0; i < ENTITY_COUNT; i++) {
		if (strncmp(entity_at(i)->code, code, count) == 0)
			return true;
	}
	return false;
}

/* prefix is well-formed; candidate is in the class of its position. */
static bool may_follow(const char *prefix, size_t length, char candidate)
{
	char next[CURP_SIZE] = {0};

	memcpy(next, prefix, length);
	next[length] = candidate;
	if (length >= AT_DATE + 2 && length < AT_SEX)
		return some_day_begins(
			two_digits(next + AT_DATE), next + AT_DATE + 2, length - AT_DATE - 1);
	if (length >= AT_ENTITY && length < AT_CONSONANTS)
		return some_entity_begins(next + AT_ENTITY, length - AT_ENTITY + 1);
	if (length == AT_CENTURY)
		return date_is_valid(date_in_century(next, century_of(candidate)));
	return true;
}

size_t curp_allowed(const char *prefix, char ret_set[40])
{
	const size_t length = strnlen(prefix, CURP_SIZE);
	const char *class = length < CURP_LENGTH ? class_at(length) : "";
	size_t count = 0;

	if (well_formed_length(prefix) == length) {
		for (const char *c = class; *c; c++) {
			if (may_follow(prefix, length, *c))
				ret_set[count++] = *c;
		}
	}
	/* Behind an error the class alone is offered: the keyboard never goes dead, the error is
	 * explained when the key is complete. */
	if (count == 0) {
		count = strlen(class);
		memcpy(ret_set, class, count);
	}
	ret_set[count] = 0;
	return count;
}

/* ---- the root ---- */

struct word {
	const char *text; /* borrowed from the folded name */
	size_t length;
};

#define MAX_WORDS ((NAME_MAX_CHARS + 1) / 2)

static size_t split_words(const char *name, struct word words_of_name[MAX_WORDS])
{
	size_t count = 0;

	while (*name) {
		const size_t length = strcspn(name, " ");
		VT_ASSERT(length > 0 && count < MAX_WORDS); /* normalised: single blanks */
		words_of_name[count++] = (struct word){.text = name, .length = length};
		name += length;
		name += *name == ' ' ? 1 : 0;
	}
	return count;
}

static bool is_one_of(struct word word, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == word.length && memcmp(list[i], word.text, word.length) == 0)
			return true;
	}
	return false;
}

/* Index of the first word from `first` on that is no particle; the last word always counts, so that
 * a surname which is only a particle stays. */
static size_t skip_particles(const struct word *list, size_t count, size_t first)
{
	static const char *const particles[] = {"DA", "DAS", "DE", "DEL", "DER", "DI", "DIE", "DD",
		"EL", "LA", "LOS", "LAS", "LE", "LES", "MAC", "MC", "VAN", "VON", "Y"};

	while (first + 1 < count && is_one_of(list[first], particles, VT_ELEMENTS(particles)))
		first++;
	return first;
}

static struct word surname_word(const char *surname)
{
	struct word list[MAX_WORDS];
	const size_t count = split_words(surname, list);

	return count > 0 ? list[skip_particles(list, count, 0)] : (struct word){.text = ""};
}

static struct word given_word(const char *names)
{
	static const char *const skipped[] = {"MARIA", "MA.", "MA", "JOSE", "J", "J."};
	struct word list[MAX_WORDS];
	const size_t count = split_words(names, list);

	VT_ASSERT(count > 0);
	size_t i = skip_particles(list, count, 0);
	if (i + 1 < count && is_one_of(list[i], skipped, VT_ELEMENTS(skipped)))
		i = skip_particles(list, count, i + 1);
	return list[i];
}

/* Ñ (two bytes) and everything that is no letter give X. */
static char initial(struct word word)
{
	return word.length > 0 && is_in(letters, word.text[0]) ? word.text[0] : 'X';
}

/* First character of set from the second letter on; X if there is none or something else than a
 * letter stands before it. Ñ is skipped among vowels and is an X among consonants. */
static char first_inner(struct word word, const char *set)
{
	/* Ñ as first letter takes two bytes: its second is not the second letter. */
	size_t i = word.length > 0 && (unsigned char)word.text[0] >= 0x80 ? 2 : 1;

	for (; i < word.length; i++) {
		if ((unsigned char)word.text[i] >= 0x80) {
			if (set == consonants)
				return 'X';
			i++;
		} else if (!is_in(letters, word.text[i])) {
			return 'X';
		} else if (is_in(set, word.text[i])) {
			return word.text[i];
		}
	}
	return 'X';
}

/* Normalised and folded name; text may be NULL or blank if optional. */
static enum vt_code fold(const char *text, bool optional, const char *what,
	char ret_folded[NAME_SIZE], struct vt_error *error)
{
	char name[NAME_SIZE];

	ret_folded[0] = 0;
	const enum name_error bad =
		name_normalise(text ? text : "", NAME_MAX_CHARS, name, sizeof(name));
	if (bad == NAME_EMPTY && optional && (!text || strspn(text, " ") == strlen(text)))
		return VT_OK;
	if (bad)
		return vt_fail(error, VT_ERR_INVALID, 0, "%s: %s", what, name_error_name(bad));
	name_fold(name, ret_folded, NAME_SIZE);
	vt_wipe(name, sizeof(name));
	return VT_OK;
}

static void build_root(const struct curp_person *person, const char *first, const char *second,
	const char *names, char ret_root[CURP_ROOT_SIZE])
{
	const struct word first_word = surname_word(first), second_word = surname_word(second);
	const struct word name_word = given_word(names);
	const int numbers[] = {person->birth.year % 100, person->birth.month, person->birth.day};

	ret_root[0] = initial(first_word);
	ret_root[1] = first_inner(first_word, vowels);
	ret_root[2] = initial(second_word);
	ret_root[3] = initial(name_word);
	if (is_inconvenient(ret_root))
		ret_root[1] = 'X';
	for (size_t i = 0; i < VT_ELEMENTS(numbers); i++) {
		ret_root[AT_DATE + 2 * i] = (char)('0' + numbers[i] / 10);
		ret_root[AT_DATE + 2 * i + 1] = (char)('0' + numbers[i] % 10);
	}
	ret_root[AT_SEX] = person->sex;
	memcpy(ret_root + AT_ENTITY, person->entity, 2);
	ret_root[AT_CONSONANTS] = first_inner(first_word, consonants);
	ret_root[AT_CONSONANTS + 1] = first_inner(second_word, consonants);
	ret_root[AT_CONSONANTS + 2] = first_inner(name_word, consonants);
	ret_root[CURP_ROOT_LENGTH] = 0;
}

enum vt_code curp_root(
	const struct curp_person *person, char ret_root[CURP_ROOT_SIZE], struct vt_error *error)
{
	char first[NAME_SIZE], second[NAME_SIZE], names[NAME_SIZE];

	ret_root[0] = 0;
	enum vt_code code = fold(person->first_surname, false, "first surname", first, error);
	if (!code)
		code = fold(person->second_surname, true, "second surname", second, error);
	if (!code)
		code = fold(person->names, false, "names", names, error);
	if (!code && !date_is_valid(person->birth))
		code = vt_fail(error, VT_ERR_INVALID, 0, "birth: no such day");
	if (!code && !is_in(sexes, person->sex))
		code = vt_fail(error, VT_ERR_INVALID, 0, "sex: H, M or X expected");
	if (!code && (!person->entity || strnlen(person->entity, 3) != 2 ||
			     !entity_by_code(person->entity)))
		code = vt_fail(error, VT_ERR_INVALID, 0, "entity: unknown code");
	if (!code)
		build_root(person, first, second, names, ret_root);
	vt_wipe(first, sizeof(first));
	vt_wipe(second, sizeof(second));
	vt_wipe(names, sizeof(names));
	return code;
}
