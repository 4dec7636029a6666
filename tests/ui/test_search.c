#include "tests/lib/cmocka_prelude.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "ui/screens/search.h"

static struct screen_item items[4];

static void set(size_t i, const char *label, const char *agency, const char *keywords)
{
	vt_copy_cut(items[i].label, sizeof(items[i].label), label);
	vt_copy_cut(items[i].detail2, sizeof(items[i].detail2), agency);
	vt_copy_cut(items[i].keywords, sizeof(items[i].keywords), keywords);
}

static int setup(void **state)
{
	(void)state;
	set(0, "Copia certificada de acta", "Registro Civil", "nacimiento matrimonio");
	set(1, "Becas crédito", "SECIHTI", "posgrado conacyt");
	set(2, "Cita en el SAT", "SAT", "impuestos rfc módulo");
	set(3, "Capacitación", "STPS", "beca desempleo jóvenes");
	return 0;
}

static void expect(const char *query, const char *found)
{
	size_t index[SCREEN_MAX_ITEMS], count = search_find(items, 4, query, index);
	char text[16] = "";

	for (size_t i = 0; i < count; i++)
		text[i] = (char)('0' + index[i]);
	if (strcmp(text, found) != 0)
		fail_msg("\"%s\" finds \"%s\" instead of \"%s\"", query, text, found);
}

static void accents_and_case_do_not_matter(void **state)
{
	char text[64];

	(void)state;
	search_fold(text, sizeof(text), "  ÁÉÍÓÚ üñÇ—Ǝ Ōā ɨ̱ niꞌ́a ");
	assert_string_equal(text, "aeiou unc oa i nia");
	search_fold(text, 5, "áéíóúáéíóú");
	assert_string_equal(text, "aeio");
	search_fold(text, sizeof(text), "ÀÿſĿŁıĸĴŊŒŠŦŲŴŸŽ");
	assert_string_equal(text, "aysllikjnostuwyz");
	expect("CREDITO", "1");
	expect("crédito", "1");
	expect("Modulo", "2");
}

static void what_is_named_so_comes_before_what_is_called_so(void **state)
{
	(void)state;
	expect("beca", "13");
	expect("bec", "13");
	expect("acta", "0");
	expect("acta de nacimiento", "0");
	expect("registro", "0");
	expect("sat", "2");
}

static void all_words_count_and_small_ones_do_not(void **state)
{
	(void)state;
	expect("cita sat", "2");
	expect("cita imss", "");
	expect("una cita para el rfc", "2");
	expect("de", "03"); /* somebody is still writing */
	expect("", "");
	expect("¿?", "");
	expect("eca", ""); /* the beginning of a word, not its middle */
}

/* Each service of the shipped catalogue that has a synonym is found by it is proved by
 * tests/unit/test_session.c; here that whatever is typed does no harm. */
static void nothing_that_is_typed_does_harm(void **state)
{
	unsigned seed = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char query[48];
		size_t index[SCREEN_MAX_ITEMS], length = (seed >> 9) % (sizeof(query) - 1);

		for (size_t k = 0; k < length; k++) {
			seed = seed * 1103515245u + 12345u;
			query[k] = (char)(1 + (seed >> 16) % 255);
		}
		query[length] = '\0';
		seed = seed * 1103515245u + 12345u;
		assert_true(search_find(items, 4, query, index) <= 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accents_and_case_do_not_matter),
		cmocka_unit_test(what_is_named_so_comes_before_what_is_called_so),
		cmocka_unit_test(all_words_count_and_small_ones_do_not),
		cmocka_unit_test(nothing_that_is_typed_does_harm),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
