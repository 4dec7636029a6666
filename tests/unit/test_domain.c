/* Dates, entities, names, money, folio and capture line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "terminal/base/text.h"
#include "terminal/domain/capture_line.h"
#include "terminal/domain/date.h"
#include "terminal/domain/entities.h"
#include "terminal/domain/folio.h"
#include "terminal/domain/money.h"
#include "terminal/domain/names.h"
#include "tests/unit/vectors.h"

/* ---- dates ---- */

static void only_real_days_are_valid(void **state)
{
	(void)state;
	assert_true(date_is_valid((struct vt_date){2000, 2, 29}));
	assert_true(date_is_valid((struct vt_date){2024, 2, 29}));
	assert_false(date_is_valid((struct vt_date){1900, 2, 29}));
	assert_false(date_is_valid((struct vt_date){2023, 2, 29}));
	assert_false(date_is_valid((struct vt_date){2023, 4, 31}));
	assert_false(date_is_valid((struct vt_date){2023, 0, 1}));
	assert_false(date_is_valid((struct vt_date){2023, 13, 1}));
	assert_false(date_is_valid((struct vt_date){2023, 1, 0}));
	assert_false(date_is_valid((struct vt_date){0, 1, 1}));
	assert_false(date_is_valid((struct vt_date){10000, 1, 1}));
}

static void dates_are_read_in_two_forms_and_no_other(void **state)
{
	static const char *const bad[] = {"", "1/1/2000", "31-12-2026", "31/12/26", "31/12/2026 ",
		" 31/12/2026", "31/02/2026", "aa/bb/cccc", "31/12/20261", "+1/12/2026",
		"00/01/2026"};
	struct vt_date date = {1, 1, 1};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_false(date_parse_slash(bad[i], &date));
	assert_false(date_parse_iso("31/12/2026", &date));
	assert_false(date_parse_iso("2026-12-32", &date));
	assert_false(date_parse_iso("2026-12-31T", &date));
	assert_int_equal(date.year, 1);
	assert_true(date_parse_slash("31/12/2026", &date));
	assert_int_equal(date_compare(date, (struct vt_date){2026, 12, 31}), 0);
	assert_true(date_parse_iso("2026-01-02", &date));
	assert_int_equal(date_compare(date, (struct vt_date){2026, 1, 2}), 0);
}

static void dates_are_written_for_people(void **state)
{
	const struct vt_date date = {1985, 3, 12};
	char text[DATE_LONG_SIZE];

	(void)state;
	date_format_long(date, "es-MX", text);
	assert_string_equal(text, "12 de marzo de 1985");
	date_format_long(date, "en", text);
	assert_string_equal(text, "12 March 1985");
	date_format_long(date, "en-US", text);
	assert_string_equal(text, "12 March 1985");
	date_format_long(date, "yua", text);
	assert_string_equal(text, "12 de marzo de 1985");
	date_format_month(date, "es-MX", text);
	assert_string_equal(text, "marzo de 1985");
	date_format_month(date, "en-US", text);
	assert_string_equal(text, "March 1985");
	date_format_slash(date, text);
	assert_string_equal(text, "12/03/1985");
	date_format_iso(date, text);
	assert_string_equal(text, "1985-03-12");
}

static void ages_count_completed_years(void **state)
{
	const struct vt_date birth = {1964, 2, 29};

	(void)state;
	assert_int_equal(date_age(birth, (struct vt_date){2024, 2, 28}), 59);
	assert_int_equal(date_age(birth, (struct vt_date){2024, 2, 29}), 60);
	assert_int_equal(date_age(birth, (struct vt_date){2023, 2, 28}), 58);
	assert_int_equal(date_age(birth, (struct vt_date){2023, 3, 1}), 59);
	assert_int_equal(date_age(birth, birth), 0);
	assert_true(date_age(birth, (struct vt_date){1963, 12, 31}) < 0);
}

/* The C library's calendar is the judge of every day it has. */
static void weekdays_are_those_of_the_c_library(void **state)
{
	const int64_t day_s = 86400;
	int64_t from = -INT64_C(62135596800), to = INT64_C(253402300799); /* years 1 to 9999 */

	(void)state;
	for (int64_t s = from; s <= to; s += day_s) {
		time_t when = (time_t)s;
		struct tm tm;

		assert_non_null(gmtime_r(&when, &tm));
		assert_int_equal(date_weekday((struct vt_date){
					 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday}),
			(tm.tm_wday + 6) % 7);
	}
}

static void wall_time_becomes_the_local_day(void **state)
{
	struct vt_date date;
	int minute;

	(void)state;
	date_from_unix_ms(0, 0, &date, &minute);
	assert_int_equal(date_compare(date, (struct vt_date){1970, 1, 1}), 0);
	assert_int_equal(minute, 0);
	date_from_unix_ms(0, -360, &date, &minute);
	assert_int_equal(date_compare(date, (struct vt_date){1969, 12, 31}), 0);
	assert_int_equal(minute, 18 * 60);
	/* 2026-11-24T05:59:59.999Z is still the 23rd in Mexico City. */
	date_from_unix_ms(INT64_C(1795499999999), -360, &date, &minute);
	assert_int_equal(date_compare(date, (struct vt_date){2026, 11, 23}), 0);
	assert_int_equal(minute, 1439);
	date_from_unix_ms(INT64_C(951782400000), 0, &date, &minute);
	assert_int_equal(date_compare(date, (struct vt_date){2000, 2, 29}), 0);
	/* Every day of 400 years follows the one before. */
	struct vt_date last = {1969, 12, 31};
	for (int64_t day = 0; day < 146097; day++) {
		date_from_unix_ms(day * 86400000, 0, &date, &minute);
		if (last.day == date_days_in_month(last.year, last.month)) {
			assert_int_equal(date.day, 1);
			assert_int_equal(date.month, last.month % 12 + 1);
		} else {
			assert_int_equal(date.day, last.day + 1);
		}
		last = date;
	}
	assert_int_equal(last.year, 2369);
}

/* ---- entities ---- */

static void entities_are_the_published_list(void **state)
{
	char *csv = vectors_read("entities.csv", NULL), *line, *rest = csv;
	size_t i = 0;

	(void)state;
	(void)strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) && *line) {
		const struct entity *entity = entity_at(i++);
		int64_t number = 0;
		const char *inegi = strsep(&line, ",");
		if (*inegi)
			assert_int_equal(vt_parse_i64(inegi, 1, 32, &number), VT_OK);
		assert_int_equal(entity->inegi, number);
		const char *code = strsep(&line, ",");
		assert_string_equal(entity->code, code);
		(void)strsep(&line, ",");
		assert_string_equal(entity->name, line);
		assert_ptr_equal(entity_by_code(code), entity);
		assert_ptr_equal(entity_by_inegi((int)number), number ? entity : NULL);
	}
	assert_int_equal(i, ENTITY_COUNT);
	assert_null(entity_by_code("CX"));
	assert_null(entity_by_code("J"));
	assert_null(entity_by_code(""));
	assert_null(entity_by_inegi(39));
	assert_string_equal(entity_name(entity_by_code("NE"), "en"), "Born abroad");
	assert_string_equal(entity_name(entity_by_code("VZ"), "en"), "Veracruz");
	free(csv);
}

/* ---- names ---- */

static void names_are_normalised_as_the_registry_wants_them(void **state)
{
	static const char *const pairs[][2] = {
		{"  maría   del  carmen ", "MARÍA DEL CARMEN"},
		{"ñandú", "ÑANDÚ"},
		{"o’farril", "O'FARRIL"},
		{"díaz–couder", "DÍAZ-COUDER"},
		{"MARTINEZ DE LA O.", "MARTINEZ DE LA O."},
		{"s/ulaicka", "S/ULAICKA"},
		{"Enrique 8", "ENRIQUE 8"},
		{"güero", "GÜERO"},
		{"jose\xcc\x81 nun\xcc\x83o", "JOSÉ NUÑO"},
		{"āhuitl", "ĀHUITL"},
		{"ka\xea\x9e\x8cn", "KA'N"},
	};
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(pairs); i++) {
		assert_int_equal(
			name_normalise(pairs[i][0], NAME_MAX_CHARS, name, sizeof(name)), NAME_OK);
		assert_string_equal(name, pairs[i][1]);
		/* What is normalised stays as it is. */
		assert_int_equal(
			name_normalise(pairs[i][1], NAME_MAX_CHARS, name, sizeof(name)), NAME_OK);
		assert_string_equal(name, pairs[i][1]);
	}
}

static void what_is_no_name_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *typed;
		enum name_error error;
	} cases[] = {
		{"", NAME_EMPTY},
		{"   ", NAME_EMPTY},
		{"-.'", NAME_EMPTY},
		{"123", NAME_EMPTY},
		{"A_B", NAME_ALPHABET},
		{"A\nB", NAME_ALPHABET},
		{"<b>", NAME_ALPHABET},
		{"straße", NAME_ALPHABET},
		{"Иван", NAME_ALPHABET},
		{"A\xff", NAME_ALPHABET},
		{"A\xcc\x88\xcc\x81", NAME_ALPHABET},
		{"\xcc\x81", NAME_ALPHABET},
		{"ABCDEFGHIJ ABCDEFGHIJ ABCDEFGHIJ ABCDEFGHIJ ABCDEFG", NAME_TOO_LONG},
	};
	char name[NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		assert_string_equal(name_error_name(name_normalise(
					    cases[i].typed, NAME_MAX_CHARS, name, sizeof(name))),
			name_error_name(cases[i].error));
		assert_string_equal(name, "");
	}
}

static void fifty_characters_fit_and_count_as_letters_not_bytes(void **state)
{
	char typed[2 * 51 + 1] = "", name[NAME_SIZE];

	(void)state;
	for (int i = 0; i < 50; i++)
		memcpy(typed + strlen(typed), "Ñ", 3);
	assert_int_equal(name_normalise(typed, 50, name, sizeof(name)), NAME_OK);
	assert_string_equal(name, typed);
	memcpy(typed + strlen(typed), "Ñ", 3);
	assert_int_equal(name_normalise(typed, 50, name, sizeof(name)), NAME_TOO_LONG);
}

static void folding_drops_accents_and_keeps_enye(void **state)
{
	char folded[NAME_SIZE];

	(void)state;
	name_fold("ÁÉÍÓÚÜÑ Ç'Ý-Ā.", folded, sizeof(folded));
	assert_string_equal(folded, "AEIOUUÑ C'Y-A.");
	name_fold("A\xff", folded, sizeof(folded));
	assert_string_equal(folded, "A?");
}

/* ---- money ---- */

static void money_is_written_with_thousands_and_centavos(void **state)
{
	static const struct {
		int64_t centavos;
		const char *text;
	} cases[] = {{0, "$ 0.00"}, {5, "$ 0.05"}, {412000, "$ 4,120.00"}, {100000, "$ 1,000.00"},
		{99999, "$ 999.99"}, {123456789012, "$ 1,234,567,890.12"}, {-5, "-$ 0.05"},
		{INT64_MIN, "-$ 92,233,720,368,547,758.08"},
		{INT64_MAX, "$ 92,233,720,368,547,758.07"}};
	char text[MONEY_SIZE];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		money_format(cases[i].centavos, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void money_is_read_exactly_or_not_at_all(void **state)
{
	static const char *const bad[] = {"", "$", "-5", "1.234", "1,23", "12,34,567", ",123", "1.",
		".5", "1 000", "1,000,", "1.2.3", "abc", "5x", "1.,5", "1e3"};
	int64_t centavos = -1;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++)
		assert_int_equal(money_parse(bad[i], INT64_MAX, &centavos), VT_ERR_PARSE);
	assert_int_equal(centavos, -1);
	assert_int_equal(money_parse("$ 4,120.00", 1000000, &centavos), VT_OK);
	assert_int_equal(centavos, 412000);
	assert_int_equal(money_parse("4120.5", 1000000, &centavos), VT_OK);
	assert_int_equal(centavos, 412050);
	assert_int_equal(money_parse("0", 1000000, &centavos), VT_OK);
	assert_int_equal(centavos, 0);
	assert_int_equal(money_parse("10000.01", 1000000, &centavos), VT_ERR_LIMIT);
	assert_int_equal(money_parse("99999999999999999999", INT64_MAX, &centavos), VT_ERR_LIMIT);
	assert_int_equal(centavos, 0);
}

/* ---- folio ---- */

static void a_folio_is_four_groups_that_check(void **state)
{
	static const uint8_t random[4] = {0x12, 0x34, 0x56, 0x78};
	char folio[VT_FOLIO_SIZE], parsed[VT_FOLIO_SIZE];

	(void)state;
	assert_int_equal(folio_make("T001", 1, 2, random, folio, NULL), VT_OK);
	assert_int_equal(strlen(folio), 19);
	assert_memory_equal(folio, "T001-0010-002", 13);
	assert_int_equal(folio_parse(folio, parsed), FOLIO_OK);
	assert_string_equal(parsed, folio);
}

static void no_made_folio_has_an_ambiguous_character(void **state)
{
	char folio[VT_FOLIO_SIZE], parsed[VT_FOLIO_SIZE];

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		const uint32_t r = i * 2654435761u;
		const uint8_t random[4] = {
			(uint8_t)(r >> 24), (uint8_t)(r >> 16), (uint8_t)(r >> 8), (uint8_t)r};
		assert_int_equal(folio_make("ZZ99", i % 32768, i * 52, random, folio, NULL), VT_OK);
		assert_null(strpbrk(folio, "ILOU"));
		assert_int_equal(folio_parse(folio, parsed), FOLIO_OK);
	}
}

static void every_wrong_character_and_swap_is_found(void **state)
{
	static const char all[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	static const uint8_t random[4] = {9, 8, 7, 6};
	char folio[VT_FOLIO_SIZE], wrong[VT_FOLIO_SIZE], parsed[VT_FOLIO_SIZE];

	(void)state;
	assert_int_equal(folio_make("A7K2", 300, 98765, random, folio, NULL), VT_OK);
	for (size_t i = 0; i < 19; i++) {
		for (const char *c = all; folio[i] != '-' && *c; c++) {
			memcpy(wrong, folio, sizeof(wrong));
			wrong[i] = *c;
			assert_int_equal(folio_parse(wrong, parsed),
				*c == folio[i] ? FOLIO_OK : FOLIO_CHECK);
		}
		if (i < 18 && folio[i] != '-' && folio[i + 1] != '-' && folio[i] != folio[i + 1]) {
			memcpy(wrong, folio, sizeof(wrong));
			wrong[i] = folio[i + 1];
			wrong[i + 1] = folio[i];
			assert_int_equal(folio_parse(wrong, parsed), FOLIO_CHECK);
			assert_string_equal(parsed, "");
		}
	}
}

static void a_folio_is_read_as_people_type_it(void **state)
{
	static const uint8_t random[4] = {0};
	char folio[VT_FOLIO_SIZE], typed[64] = " ", parsed[VT_FOLIO_SIZE];
	size_t n = 1;

	(void)state;
	assert_int_equal(folio_make("D110", 0, 1, random, folio, NULL), VT_OK);
	for (size_t i = 0; folio[i]; i++) {
		if (folio[i] == '-')
			continue;
		typed[n] = folio[i] == '0' ? 'o' : folio[i] == '1' ? 'l' : (char)(folio[i] | 0x20);
		n++;
	}
	typed[n] = 0;
	assert_int_equal(folio_parse(typed, parsed), FOLIO_OK);
	assert_string_equal(parsed, folio);
	assert_int_equal(folio_parse("", parsed), FOLIO_LENGTH);
	assert_int_equal(folio_parse("1234-5678-9012-345", parsed), FOLIO_LENGTH);
	assert_int_equal(folio_parse("1234-5678-9012-34567", parsed), FOLIO_LENGTH);
	assert_int_equal(folio_parse("1234-5678-9012-345_", parsed), FOLIO_ALPHABET);
	assert_int_equal(folio_parse("Ñ234-5678-9012-3456", parsed), FOLIO_ALPHABET);
}

static void a_folio_beyond_its_room_is_refused_not_wrapped(void **state)
{
	static const uint8_t random[4] = {1, 2, 3, 4};
	char folio[VT_FOLIO_SIZE] = "x";
	struct vt_error error;

	(void)state;
	assert_int_equal(folio_make("T001", 32768, 0, random, folio, &error), VT_ERR_LIMIT);
	assert_int_equal(folio_make("T001", 0, 1048576, random, folio, &error), VT_ERR_LIMIT);
	assert_int_equal(folio_make("TOO1", 0, 0, random, folio, &error), VT_ERR_INVALID);
	assert_int_equal(folio_make("T01", 0, 0, random, folio, &error), VT_ERR_INVALID);
	assert_int_equal(folio_make("T0001", 0, 0, random, folio, &error), VT_ERR_INVALID);
	assert_int_equal(folio_make("t001", 0, 0, random, folio, &error), VT_ERR_INVALID);
	assert_string_equal(folio, "");
	assert_int_equal(folio_make("T001", 32767, 1048575, random, folio, &error), VT_OK);
}

static void the_check_character_is_that_of_the_standard(void **state)
{
	(void)state;
	/* ISO/IEC 7064:2003 example of MOD 37,36: A12425GABC1234002M. */
	assert_int_equal(folio_check_character("A12425GABC1234002", 17), 'M');
	assert_int_equal(folio_check_character("a", 1), 0);
	assert_int_equal(folio_check_character("\0", 1), 0);
}

/* ---- capture line ---- */

static struct capture_rule rule_of(json_t *vector)
{
	return (struct capture_rule){
		.base_year = (int)json_integer_value(json_object_get(vector, "base_year")),
		.constant = json_string_value(json_object_get(vector, "constant"))[0],
		.letters = CAPTURE_PHONE_PAD};
}

static void every_capture_line_vector_comes_out(void **state)
{
	json_t *vectors = vectors_json("linea-captura-vectors.json"), *vector;
	char line[CAPTURE_LINE_SIZE];
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "vectors"), i, vector)
	{
		const struct capture_rule rule = rule_of(vector);
		const int64_t cents = json_integer_value(json_object_get(vector, "cents"));
		struct vt_date due;
		assert_true(
			date_parse_iso(json_string_value(json_object_get(vector, "date")), &due));
		assert_int_equal(
			capture_line_make(&rule, json_string_value(json_object_get(vector, "ref")),
				cents, due, line, NULL),
			VT_OK);
		assert_string_equal(line, json_string_value(json_object_get(vector, "line")));
		assert_int_equal(capture_line_check(&rule, line, cents, due), CAPTURE_OK);
	}
	assert_int_equal(i, 5);
	json_decref(vectors);
}

static void each_of_the_three_checks_refuses(void **state)
{
	const struct capture_rule rule = {1988, '2', CAPTURE_PHONE_PAD};
	const struct vt_date last = {1997, 5, 23}, after = {1997, 5, 24};
	static const char line[] = "06759111970034946226";

	(void)state;
	assert_int_equal(capture_line_check(&rule, line, 425650, last), CAPTURE_OK);
	assert_int_equal(
		capture_line_check(&rule, "06759111970034946227", 425650, last), CAPTURE_DV);
	assert_int_equal(capture_line_check(&rule, line, 425651, last), CAPTURE_AMOUNT);
	assert_int_equal(capture_line_check(&rule, line, 425650, after), CAPTURE_EXPIRED);
	assert_int_equal(capture_line_check(&rule, "12345678", 425650, last), CAPTURE_FORMAT);
	assert_int_equal(capture_line_check(&rule, "", 425650, last), CAPTURE_FORMAT);
	assert_int_equal(
		capture_line_check(&rule, "0675911197003494622a", 425650, last), CAPTURE_FORMAT);
	assert_int_equal(
		capture_line_check(&rule, "067591119700A4946226", 425650, last), CAPTURE_FORMAT);
	assert_string_equal(capture_error_name(CAPTURE_EXPIRED), "EXPIRED");
}

static void a_line_past_the_last_day_cannot_be_issued(void **state)
{
	json_t *vectors = vectors_json("linea-captura-vectors.json"), *day;
	const char *base;

	(void)state;
	json_object_foreach(json_object_get(vectors, "last_day"), base, day)
	{
		struct capture_rule rule = {0, '2', CAPTURE_PHONE_PAD};
		char line[CAPTURE_LINE_SIZE];
		struct vt_date last;
		int64_t year;
		assert_int_equal(vt_parse_i64(base, 1900, 2100, &year), VT_OK);
		rule.base_year = (int)year;
		assert_true(date_parse_iso(json_string_value(day), &last));
		assert_int_equal(date_compare(capture_line_last_day(rule.base_year), last), 0);
		assert_int_equal(capture_line_make(&rule, "1", 1, last, line, NULL), VT_OK);
		assert_memory_equal(line, "19999", 5);
		last.day++;
		assert_int_equal(capture_line_make(&rule, "1", 1, last, line, NULL), VT_ERR_LIMIT);
		assert_string_equal(line, "");
		last = (struct vt_date){rule.base_year - 1, 12, 31};
		assert_int_equal(capture_line_make(&rule, "1", 1, last, line, NULL), VT_ERR_LIMIT);
	}
	json_decref(vectors);
}

static void malformed_arguments_make_no_line(void **state)
{
	const struct vt_date due = {2026, 12, 31};
	struct capture_rule rule = {2013, '2', CAPTURE_PHONE_PAD};
	char line[CAPTURE_LINE_SIZE];

	(void)state;
	assert_int_equal(capture_line_make(&rule, "", 1, due, line, NULL), VT_ERR_INVALID);
	assert_int_equal(capture_line_make(&rule, "a", 1, due, line, NULL), VT_ERR_INVALID);
	assert_int_equal(
		capture_line_make(&rule, "1234567890123456789012345678901", 1, due, line, NULL),
		VT_ERR_INVALID);
	assert_int_equal(capture_line_make(&rule, "1", -1, due, line, NULL), VT_ERR_INVALID);
	rule.constant = 'x';
	assert_int_equal(capture_line_make(&rule, "1", 1, due, line, NULL), VT_ERR_INVALID);
}

static void the_two_letter_maps_differ(void **state)
{
	const struct vt_date due = {2030, 2, 28};
	const struct capture_rule pad = {2013, '2', CAPTURE_PHONE_PAD},
				  nines = {2013, '2', CAPTURE_NINES};
	char a[CAPTURE_LINE_SIZE], b[CAPTURE_LINE_SIZE];

	(void)state;
	/* ABC = 222 by the pad, 123 by the nines: same sum but for its weights. */
	assert_int_equal(capture_line_make(&pad, "ABC123", 100, due, a, NULL), VT_OK);
	assert_int_equal(capture_line_make(&nines, "ABC123", 100, due, b, NULL), VT_OK);
	assert_string_not_equal(a, b);
	/* By hand: 123 123 6382 1 2 from the right times 11 13 17 19 23 … */
	assert_int_equal(capture_line_make(&nines, "123123", 100, due, a, NULL), VT_OK);
	assert_string_equal(a + 6, b + 6);
	assert_int_equal(capture_line_make(&nines, "JKLSTU", 100, due, a, NULL), VT_OK);
	assert_int_equal(capture_line_make(&nines, "123234", 100, due, b, NULL), VT_OK);
	assert_string_equal(a + 6, b + 6);
}

static void algorithm_00_gives_the_published_digit(void **state)
{
	(void)state;
	assert_int_equal(capture_algorithm_00("18000359700002387"), '1');
	assert_int_equal(capture_algorithm_00(""), 0);
	assert_int_equal(capture_algorithm_00("12a"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_real_days_are_valid),
		cmocka_unit_test(dates_are_read_in_two_forms_and_no_other),
		cmocka_unit_test(dates_are_written_for_people),
		cmocka_unit_test(ages_count_completed_years),
		cmocka_unit_test(weekdays_are_those_of_the_c_library),
		cmocka_unit_test(wall_time_becomes_the_local_day),
		cmocka_unit_test(entities_are_the_published_list),
		cmocka_unit_test(names_are_normalised_as_the_registry_wants_them),
		cmocka_unit_test(what_is_no_name_is_refused_with_its_reason),
		cmocka_unit_test(fifty_characters_fit_and_count_as_letters_not_bytes),
		cmocka_unit_test(folding_drops_accents_and_keeps_enye),
		cmocka_unit_test(money_is_written_with_thousands_and_centavos),
		cmocka_unit_test(money_is_read_exactly_or_not_at_all),
		cmocka_unit_test(a_folio_is_four_groups_that_check),
		cmocka_unit_test(no_made_folio_has_an_ambiguous_character),
		cmocka_unit_test(every_wrong_character_and_swap_is_found),
		cmocka_unit_test(a_folio_is_read_as_people_type_it),
		cmocka_unit_test(a_folio_beyond_its_room_is_refused_not_wrapped),
		cmocka_unit_test(the_check_character_is_that_of_the_standard),
		cmocka_unit_test(every_capture_line_vector_comes_out),
		cmocka_unit_test(each_of_the_three_checks_refuses),
		cmocka_unit_test(a_line_past_the_last_day_cannot_be_issued),
		cmocka_unit_test(malformed_arguments_make_no_line),
		cmocka_unit_test(the_two_letter_maps_differ),
		cmocka_unit_test(algorithm_00_gives_the_published_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
