/* CURP: every vector of the reference data, what the check digit cannot see, live decoding, the
 * keyboard, and the root from a name with all its traps (domain.md §14, mistakes 1 and 2). */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "terminal/domain/curp.h"
#include "terminal/domain/curp_scan.h"
#include "tests/unit/vectors.h"

static const struct vt_date today = {2026, 11, 23};

static const char *judge(const char *typed)
{
	char key[CURP_SIZE];

	return curp_error_name(curp_normalise(typed, key) ? curp_check(key, today) : CURP_FORMAT);
}

static void every_valid_vector_is_valid(void **state)
{
	json_t *vectors = vectors_json("curp-vectors.json"), *vector;
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(vectors, "valid")) >= 9);
	json_array_foreach(json_object_get(vectors, "valid"), i, vector) assert_string_equal(
		judge(json_string_value(json_object_get(vector, "curp"))), "OK");
	json_decref(vectors);
}

static void every_invalid_vector_fails_with_its_reason(void **state)
{
	json_t *vectors = vectors_json("curp-vectors.json"), *vector;
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(vectors, "invalid")) >= 11);
	json_array_foreach(json_object_get(vectors, "invalid"), i, vector)
	{
		const char *reason = json_string_value(json_object_get(vector, "error"));
		/* Published as a generic key although its digit is wrong: allowed by name only
		 * where payroll is in scope, so CHECK here. */
		if (strcmp(reason, "CHECK-BUT-OFFICIAL") == 0)
			reason = "CHECK";
		assert_string_equal(
			judge(json_string_value(json_object_get(vector, "curp"))), reason);
	}
	json_decref(vectors);
}

static void the_first_error_in_order_is_told(void **state)
{
	(void)state;
	/* All wrong at once but the format; then one thing put right after the other. */
	assert_string_equal(judge("PEDO990230HCXLRL09"), "DATE");
	assert_string_equal(judge("PEDO990228HCXLRLA0"), "FUTURE");
	assert_string_equal(judge("PEDO990228HCXLRL09"), "STATE");
	assert_string_equal(judge("PEDO990228HDFLRL09"), "WORD");
	assert_string_equal(judge("PXDO990228HDFLRL09"), "CHECK");
}

static void every_position_has_its_class(void **state)
{
	static const char good[] = "SABC560626MDFLRN01";
	static const char wrong[] = "1B11AAAAAAZ11AAAÑA"; /* one per position; Ñ takes two bytes */

	(void)state;
	for (size_t i = 0; i < 18; i++) {
		char key[32];
		snprintf(key, sizeof(key), "%s", good);
		if (i == 16) {
			snprintf(key, sizeof(key), "%.16sÑ%s", good, good + 17);
			assert_string_equal(judge(key), "FORMAT");
			continue;
		}
		key[i] = i < 16 ? wrong[i] : 'A';
		assert_string_equal(judge(key), "FORMAT");
	}
	assert_string_equal(judge(""), "FORMAT");
	assert_string_equal(judge("SABC560626MDFLRN0"), "FORMAT");
	assert_string_equal(judge("SABC560626MDFLRN011"), "FORMAT");
}

static void typing_habits_are_normalised_away(void **state)
{
	char key[CURP_SIZE];

	(void)state;
	assert_true(curp_normalise(" sabc-560626 mdflrn\t01\r\n", key));
	assert_string_equal(key, "SABC560626MDFLRN01");
	assert_true(curp_normalise("SABC\xc2\xa0"
				   "560626\xe2\x80\x93MDFLRN01",
		key));
	assert_string_equal(key, "SABC560626MDFLRN01");
	assert_true(curp_normalise("sabc5", key)); /* a prefix */
	assert_string_equal(key, "SABC5");
}

static void what_is_no_key_is_not_normalised(void **state)
{
	static const char *const bad[] = {"SÑBC560626MDFLRN01", "SABC560626MDFLRN0_",
		"SABC560626MDFLRN0\xff", "SABC560626MDFLRN0１", "SABC560626MDFLRN01A", "ſABC"};
	char key[CURP_SIZE] = "x";

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		assert_false(curp_normalise(bad[i], key));
		assert_string_equal(key, "");
	}
}

static void born_today_is_valid_and_born_tomorrow_is_not(void **state)
{
	char key[CURP_SIZE] = "AAAA261123HDFLRLA0";

	(void)state;
	key[17] = curp_check_digit(key);
	assert_int_equal(curp_check(key, today), CURP_OK);
	assert_int_equal(curp_check(key, (struct vt_date){2026, 11, 22}), CURP_FUTURE);
	assert_int_equal(curp_check(key, (struct vt_date){2025, 12, 31}), CURP_FUTURE);
}

static void homonymy_zero_to_nine_is_the_last_century_and_letters_are_this_one(void **state)
{
	char key[CURP_SIZE] = "AAAA000229HDFLRL?0";

	(void)state;
	for (const char *c = "0123456789"; *c; c++) {
		key[16] = *c;
		assert_int_equal(curp_check(key, today), CURP_DATE); /* 1900 was no leap year */
	}
	for (const char *c = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *c; c++) {
		key[16] = *c;
		key[17] = curp_check_digit(key);
		assert_int_equal(curp_check(key, today), CURP_OK);
	}
}

/* domain.md §2.4: this is why birth date and sex are always shown back. */
static void the_check_digit_misses_tens_of_the_day_and_sex(void **state)
{
	(void)state;
	assert_string_equal(judge("SABC560616MDFLRN01"), "OK");
	assert_string_equal(judge("SABC560626HDFLRN01"), "OK");
}

static void every_other_last_digit_is_wrong(void **state)
{
	char key[CURP_SIZE] = "SABC560626MDFLRN0?";

	(void)state;
	for (char c = '0'; c <= '9'; c++) {
		key[17] = c;
		assert_int_equal(curp_check(key, today), c == '1' ? CURP_OK : CURP_CHECK);
	}
	assert_int_equal(curp_check_digit("SABC5606?6MDFLRN0"), 0);
}

static void the_list_of_words_is_the_published_one(void **state)
{
	char *list = vectors_read("inconvenient-words-curp.txt", NULL);
	size_t count = 0;

	(void)state;
	for (char *word = list; *word; word += 5, count++) {
		char key[CURP_SIZE];
		assert_int_equal(word[4], '\n');
		snprintf(key, sizeof(key), "%.4s560626MDFLRN00", word);
		key[17] = curp_check_digit(key);
		assert_int_equal(curp_check(key, today), CURP_WORD);
	}
	assert_int_equal(count, 81);
	free(list);
}

static void only_some_errors_point_at_characters(void **state)
{
	size_t first = 99, n = 99;

	(void)state;
	assert_false(curp_error_range(CURP_OK, &first, &n));
	assert_false(curp_error_range(CURP_FORMAT, &first, &n));
	assert_false(curp_error_range(CURP_WORD, &first, &n));
	assert_int_equal(first, 99);
	assert_true(curp_error_range(CURP_FUTURE, &first, &n));
	assert_int_equal(first, 4);
	assert_int_equal(n, 6);
	assert_true(curp_error_range(CURP_STATE, &first, &n));
	assert_int_equal(first, 11);
	assert_int_equal(n, 2);
	assert_true(curp_error_range(CURP_CHECK, &first, &n));
	assert_int_equal(first, 17);
}

/* ---- decoding ---- */

static void a_whole_key_tells_date_sex_and_entity(void **state)
{
	struct curp_facts facts;

	(void)state;
	assert_true(curp_decode("BEML920313HMCLNS09", &facts));
	assert_true(facts.has_century);
	assert_int_equal(date_compare(facts.birth, (struct vt_date){1992, 3, 13}), 0);
	assert_int_equal(facts.sex, 'H');
	assert_string_equal(facts.entity->name, "México");
	assert_true(curp_decode("TECJ000613XMSXBX06", &facts));
	assert_int_equal(facts.sex, 'X');
	assert_int_equal(facts.birth.year, 1900);
	assert_true(curp_decode("BOXW310820HNERXN09", &facts));
	assert_string_equal(facts.entity->code, "NE");
}

static void a_prefix_tells_what_is_there(void **state)
{
	struct curp_facts facts;

	(void)state;
	assert_true(curp_decode("PEGL850312", &facts));
	assert_false(facts.has_century);
	assert_int_equal(facts.birth.year, 85);
	assert_int_equal(facts.birth.month, 3);
	assert_int_equal(facts.birth.day, 12);
	assert_int_equal(facts.sex, 0);
	assert_null(facts.entity);
	assert_true(curp_decode("PEGL850312MJ", &facts));
	assert_int_equal(facts.sex, 'M');
	assert_null(facts.entity);
	assert_true(curp_decode("PEGL850312MJCRMS", &facts));
	assert_string_equal(facts.entity->name, "Jalisco");
	assert_false(facts.has_century);
	assert_true(curp_decode("PEGL850312MJCRMS0", &facts));
	assert_int_equal(facts.birth.year, 1985);
	assert_true(curp_decode("PEGL050312MJCRMSA", &facts));
	assert_int_equal(facts.birth.year, 2005);
}

static void the_leap_day_of_2000_tells_the_century_by_itself(void **state)
{
	struct curp_facts facts;

	(void)state;
	assert_true(curp_decode("AAAA000229", &facts));
	assert_true(facts.has_century);
	assert_int_equal(facts.birth.year, 2000);
	assert_false(curp_decode("AAAA000229HDFLRL0", &facts));
}

static void what_cannot_be_is_not_decoded(void **state)
{
	static const char *const bad[] = {"", "AAAA99010", "AAAA990230", "AAAA991301", "AAAA99010A",
		"AAAA990101Z", "AAAA990101HZZ", "AAAA990101HDFARL05", "AAAA990101HDFLRL033"};
	struct curp_facts facts = {.sex = '?'};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_false(curp_decode(bad[i], &facts));
	assert_int_equal(facts.sex, '?');
}

/* ---- keyboard ---- */

static void allows(const char *prefix, const char *expected)
{
	char set[40];

	assert_int_equal(curp_allowed(prefix, set), strlen(expected));
	assert_string_equal(set, expected);
}

static void the_keyboard_follows_the_position(void **state)
{
	(void)state;
	allows("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	allows("P", "AEIOUX");
	allows("PE", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	allows("PEGL", "0123456789");
	allows("PEGL8", "0123456789");
	allows("PEGL85", "01");
	allows("PEGL850", "123456789");
	allows("PEGL851", "012");
	allows("PEGL8502", "012");
	allows("PEGL8504", "0123");
	allows("PEGL85040", "123456789");
	allows("PEGL85043", "0");
	allows("PEGL85033", "01");
	allows("PEGL85022", "012345678");  /* no leap year in either century */
	allows("PEGL84022", "0123456789"); /* 1984, 2084 */
	allows("PEGL00022", "0123456789"); /* 2000 was, 1900 was not */
	allows("PEGL850312", "HMX");
	allows("PEGL850312H", "ABCDGHJMNOPQSTVYZ");
	allows("PEGL850312HN", "ELT");
	allows("PEGL850312HC", "CHLMS");
	allows("PEGL850312HJC", "BCDFGHJKLMNPQRSTVWXYZ");
	allows("PEGL850312HJCBB", "BCDFGHJKLMNPQRSTVWXYZ");
	allows("PEGL850312HJCBBB", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	allows("PEGL000229HJCBBB", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	allows("PEGL850312HJCBBB0", "0123456789");
	allows("PEGL850312HJCBBB00", "");
}

static void every_valid_key_can_be_typed(void **state)
{
	json_t *vectors = vectors_json("curp-vectors.json"), *vector;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "valid"), i, vector)
	{
		const char *key = json_string_value(json_object_get(vector, "curp"));
		for (size_t n = 0; n < 18; n++) {
			char prefix[CURP_SIZE], set[40];
			snprintf(prefix, sizeof(prefix), "%.*s", (int)n, key);
			assert_true(curp_allowed(prefix, set) > 0);
			assert_non_null(strchr(set, key[n]));
		}
	}
	json_decref(vectors);
}

static void whatever_is_typed_by_the_keyboard_has_a_good_format_and_date(void **state)
{
	uint32_t seed = 20261123;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char key[CURP_SIZE] = "", set[40];
		for (size_t n = 0; n < 18; n++) {
			const size_t count = curp_allowed(key, set);
			assert_true(count > 0);
			seed = seed * 1664525 + 1013904223;
			key[n] = set[(seed >> 16) % count];
			key[n + 1] = 0;
		}
		const enum curp_error error = curp_check(key, (struct vt_date){2099, 12, 31});
		assert_true(error == CURP_OK || error == CURP_WORD || error == CURP_CHECK);
	}
}

static void the_keyboard_never_goes_dead_behind_an_error(void **state)
{
	(void)state;
	allows("PEGL9902", "012");
	allows("PEGL990230", "HMX");
	allows("1111", "0123456789");
	allows("PEGL850312HK", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	allows("PEGL850312HKZ", "BCDFGHJKLMNPQRSTVWXYZ");
}

/* ---- root ---- */

static void root_is(const char *names, const char *first, const char *second, const char *expected)
{
	const struct curp_person person = {.first_surname = first,
		.second_surname = second,
		.names = names,
		.birth = {1956, 6, 26},
		.sex = 'M',
		.entity = "DF"};
	char root[CURP_ROOT_SIZE], letters[16];
	struct vt_error error;

	if (curp_root(&person, root, &error) != VT_OK)
		fail_msg("%s %s: %s", names, first, error.msg);
	snprintf(letters, sizeof(letters), "%.4s/%.3s", root, root + 13);
	assert_string_equal(letters, expected);
	assert_memory_equal(root + 4, "560626MDF", 9);
	assert_int_equal(strlen(root), 16);
}

static void every_official_example_gives_its_letters(void **state)
{
	json_t *vectors = vectors_json("curp-vectors.json"), *vector;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "instructivo_examples"), i, vector)
	{
		const struct curp_person person = {
			.first_surname = json_string_value(json_object_get(vector, "ap1")),
			.second_surname = json_string_value(json_object_get(vector, "ap2")),
			.names = json_string_value(json_object_get(vector, "nombre")),
			.birth = {2001, 1, 31},
			.sex = 'X',
			.entity = "NE"};
		const char *head = json_string_value(json_object_get(vector, "pos1_4"));
		const char *tail = json_string_value(json_object_get(vector, "pos14_16"));
		char root[CURP_ROOT_SIZE];
		assert_int_equal(curp_root(&person, root, NULL), VT_OK);
		assert_memory_equal(root + 4, "010131XNE", 9);
		if (head)
			assert_memory_equal(root, head, 4);
		if (tail)
			assert_memory_equal(root + 13, tail, 3);
	}
	assert_int_equal(i, 13);
	json_decref(vectors);
}

static void particles_are_skipped_but_never_the_whole_surname(void **state)
{
	(void)state;
	root_is("ANA", "DE LA O", "LOPEZ", "OXLA/XPN");
	root_is("ANA", "MARTINEZ DE LA O.", "LOPEZ", "MALA/RPN");
	root_is("ANA", "LE", "LOPEZ", "LELA/XPN");
	root_is("ANA", "VAN", "LOPEZ", "VALA/NPN");
	root_is("ANA", "LOS", "LOS", "LOLA/SSN");
	root_is("ANA", "DE LA", "LOPEZ", "LALA/XPN");
	root_is("ANA", "VAN DEN BERG", "LOPEZ", "DELA/NPN");
	root_is("ANA", "DU PONT", "SAN JUAN", "DUSA/XNN");
	root_is("ANA", "MC GREGOR", "MAC DONALD", "GEDA/RNN");
	root_is("ANA", "MONTES DE OCA", "PONCE DE LEON", "MOPA/NNN");
	root_is("ANA", "Y", "DD", "YXDA/XDN");
}

static void common_first_names_give_way_to_the_second(void **state)
{
	(void)state;
	root_is("MARIA JOSE", "PEREZ", "LOPEZ", "PELJ/RPS");
	root_is("JOSE MARIA", "PEREZ", "LOPEZ", "PELM/RPR");
	root_is("MARIA", "PEREZ", "LOPEZ", "PELM/RPR");
	root_is("MARIA Y", "PEREZ", "LOPEZ", "PELY/RPX");
	root_is("MA. DE LOS ANGELES", "PEREZ", "LOPEZ", "PELA/RPN");
	root_is("MA GUADALUPE", "PEREZ", "LOPEZ", "PELG/RPD");
	root_is("J. JESUS", "PEREZ", "LOPEZ", "PELJ/RPS");
	root_is("J ISABEL", "PEREZ", "LOPEZ", "PELI/RPS");
	root_is("M. LUISA", "PEREZ", "LOPEZ", "PELM/RPX");
	root_is("M LUISA", "PEREZ", "LOPEZ", "PELM/RPX");
	root_is("JUAN JOSE", "PEREZ", "LOPEZ", "PELJ/RPN");
	root_is("JOSE DE JESUS", "PEREZ", "LOPEZ", "PELJ/RPS");
	root_is("DEL CARMEN", "PEREZ", "LOPEZ", "PELC/RPR");
	root_is("MARIA 8", "PEREZ", "LOPEZ", "PELX/RPX");
	root_is("JUAN PABLO II", "PEREZ", "LOPEZ", "PELJ/RPN");
	root_is("ENRIQUE 8", "PEREZ", "LOPEZ", "PELE/RPN");
}

static void signs_and_foreign_letters_give_x_where_they_fall_on_a_position(void **state)
{
	(void)state;
	root_is("ANA", "D/AMICO", "O'FARRIL", "DXOA/XXN");
	root_is("ANA", "D’Amico", "O´Farril", "DXOA/XXN");
	root_is("ANA", "S/ULAICKA", "DIAZ-COUDER", "SXDA/XZN");
	root_is("ANA", "DIAZ-COUDER", "LOPEZ", "DILA/ZPN");
	root_is("ANA", "ARGÜELLO", "MUÑOZ", "AUMA/RXN");
	root_is("ÑOÑO", "ÑANDO", "ÑU", "XAXX/NXX");
	root_is("ÑANA", "IBAÑEZ", "OÑATE", "IAOX/BXN");
	root_is("Íñigo", "Águila", "Ñáñez", "AUXI/GXX");
	root_is("ANA", "8VA", "LOPEZ", "XALA/VPN");
	root_is("ANA", "ICH", "LOPEZ", "IXLA/CPN");
	root_is("ANA", "CRR", "LOPEZ", "CXLA/RPN");
}

static void an_inconvenient_word_has_its_second_letter_altered(void **state)
{
	(void)state;
	root_is("OFELIA", "PEDRERO", "DOMINGUEZ", "PXDO/DMF");
	root_is("ANA", "CAMPOS", "CRUZ", "CXCA/MRN");
	root_is("OLGA", "LUNA", "CRUZ", "LUCO/NRL"); /* not on the list */
}

static void accents_may_come_combined(void **state)
{
	(void)state;
	root_is("CONCEPCIO\xcc\x81N", "SALGADO", "BRISEN\xcc\x83O", "SABC/LRN");
	root_is("CONCEPCIÓN", "SALGADO", "BRISEÑO", "SABC/LRN");
}

static void one_surname_only_is_the_first(void **state)
{
	(void)state;
	root_is("LUIS", "PEREZ", "", "PEXL/RXS");
	root_is("LUIS", "PEREZ", NULL, "PEXL/RXS");
	root_is("LUIS", "PEREZ", "  ", "PEXL/RXS");
}

static void a_root_with_a_wrong_member_is_refused(void **state)
{
	const struct curp_person good = {.first_surname = "PEREZ",
		.names = "LUIS",
		.birth = {1999, 2, 28},
		.sex = 'H',
		.entity = "DF"};
	char root[CURP_ROOT_SIZE];
	struct vt_error error;

	(void)state;
	assert_int_equal(curp_root(&good, root, NULL), VT_OK);
	assert_string_equal(root, "PEXL990228HDFRXS");
#define REFUSED(member, value, text)                                             \
	do {                                                                     \
		struct curp_person bad = good;                                   \
		bad.member = (value);                                            \
		assert_int_equal(curp_root(&bad, root, &error), VT_ERR_INVALID); \
		assert_string_equal(root, "");                                   \
		assert_memory_equal(error.msg, (text), strlen(text));            \
	} while (0)
	REFUSED(first_surname, "", "first surname");
	REFUSED(first_surname, NULL, "first surname");
	REFUSED(second_surname, "P@REZ", "second surname");
	REFUSED(second_surname, ".", "second surname");
	REFUSED(names, "123", "names");
	REFUSED(birth.day, 29, "birth");
	REFUSED(birth.month, 0, "birth");
	REFUSED(sex, 'F', "sex");
	REFUSED(sex, 0, "sex");
	REFUSED(entity, "CX", "entity");
	REFUSED(entity, "DFX", "entity");
	REFUSED(entity, NULL, "entity");
#undef REFUSED
}

static void the_specimen_of_the_instructivo_comes_out_whole(void **state)
{
	const struct curp_person person = {.first_surname = "Salgado",
		.second_surname = "Briseño",
		.names = "Concepción",
		.birth = {1956, 6, 26},
		.sex = 'M',
		.entity = "DF"};
	char root[CURP_ROOT_SIZE];

	(void)state;
	assert_int_equal(curp_root(&person, root, NULL), VT_OK);
	assert_string_equal(root, "SABC560626MDFLRN");
}

static void a_key_is_taken_out_of_a_scan(void **state)
{
	static const struct {
		const char *text;
		enum curp_scan result;
	} cases[] = {
		{"SABC560626MDFLRN01", CURP_SCAN_GOOD},
		{"SABC560626MDFLRN01||SALGADO|BRISENO|CONCEPCION|MUJER|26/06/1956|DF|09|",
			CURP_SCAN_GOOD},
		{"sabc560626mdflrn01 SABC560626MDFLRN01", CURP_SCAN_GOOD},
		{"SABC560626MDFLRN09|SABC560626MDFLRN01", CURP_SCAN_GOOD},
		{"SABC560626MDFLRN01|SABC560626MDFLRN09", CURP_SCAN_GOOD},
		{"SABC560626MDFLRN01|BEML920313HMCLNS09", CURP_SCAN_SEVERAL},
		{"SABC560626MDFLRN01|BEML920313HMCLNS09|SABC560626MDFLRN01", CURP_SCAN_SEVERAL},
		{"SABC560626MDFLRN01|BEML920313HMCLNS09|SABC560626MDFLRN09", CURP_SCAN_SEVERAL},
		{"SABC560626MDFLRN09", CURP_SCAN_WRONG},
		{"SABC561326MDFLRN01", CURP_SCAN_WRONG}, /* month 13 */
		{"XSABC560626MDFLRN01", CURP_SCAN_NONE}, /* part of a longer word */
		{"SABC560626MDFLRN01\xc3\x91", CURP_SCAN_NONE},
		{"IDMEX1234567890123", CURP_SCAN_NONE}, /* 18 letters, no key */
		{"https://example.mx/?q=%27;DROP", CURP_SCAN_NONE},
		{"", CURP_SCAN_NONE},
	};
	char key[CURP_SIZE];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		assert_int_equal(curp_from_scan(cases[i].text, today, key), cases[i].result);
		assert_string_equal(
			key, cases[i].result == CURP_SCAN_GOOD ? "SABC560626MDFLRN01" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_taken_out_of_a_scan),
		cmocka_unit_test(every_valid_vector_is_valid),
		cmocka_unit_test(every_invalid_vector_fails_with_its_reason),
		cmocka_unit_test(the_first_error_in_order_is_told),
		cmocka_unit_test(every_position_has_its_class),
		cmocka_unit_test(typing_habits_are_normalised_away),
		cmocka_unit_test(what_is_no_key_is_not_normalised),
		cmocka_unit_test(born_today_is_valid_and_born_tomorrow_is_not),
		cmocka_unit_test(
			homonymy_zero_to_nine_is_the_last_century_and_letters_are_this_one),
		cmocka_unit_test(the_check_digit_misses_tens_of_the_day_and_sex),
		cmocka_unit_test(every_other_last_digit_is_wrong),
		cmocka_unit_test(the_list_of_words_is_the_published_one),
		cmocka_unit_test(only_some_errors_point_at_characters),
		cmocka_unit_test(a_whole_key_tells_date_sex_and_entity),
		cmocka_unit_test(a_prefix_tells_what_is_there),
		cmocka_unit_test(the_leap_day_of_2000_tells_the_century_by_itself),
		cmocka_unit_test(what_cannot_be_is_not_decoded),
		cmocka_unit_test(the_keyboard_follows_the_position),
		cmocka_unit_test(every_valid_key_can_be_typed),
		cmocka_unit_test(whatever_is_typed_by_the_keyboard_has_a_good_format_and_date),
		cmocka_unit_test(the_keyboard_never_goes_dead_behind_an_error),
		cmocka_unit_test(every_official_example_gives_its_letters),
		cmocka_unit_test(particles_are_skipped_but_never_the_whole_surname),
		cmocka_unit_test(common_first_names_give_way_to_the_second),
		cmocka_unit_test(signs_and_foreign_letters_give_x_where_they_fall_on_a_position),
		cmocka_unit_test(an_inconvenient_word_has_its_second_letter_altered),
		cmocka_unit_test(accents_may_come_combined),
		cmocka_unit_test(one_surname_only_is_the_first),
		cmocka_unit_test(a_root_with_a_wrong_member_is_refused),
		cmocka_unit_test(the_specimen_of_the_instructivo_comes_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
