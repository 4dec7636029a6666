#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "tests/ui/screens_stage.h"
#include "ui/screens/locale.h"
#include "ui/speech/spell.h"
#include "ui/speech/utter.h"

/* How things written are said, and what a node sounds like. */

static struct stage stage;
static struct utterances said;

static int open_stage(void **state)
{
	(void)state;
	stage_open(&stage, NULL, NULL);
	return 0;
}

static int close_stage(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static void assert_said(const char *written, const char *spoken)
{
	struct vt_buf out;

	vt_buf_init(&out, 4096);
	spell_text(&out, written);
	assert_string_equal(vt_buf_text(&out), spoken);
	vt_buf_finish(&out);
}

/* ---- spelling ---- */

static void money_is_said_as_an_amount(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_said("$ 4,120.00", "4120 pesos");
	assert_said("Total: $4,120.50.", "Total: 4120 pesos con 50 centavos.");
	assert_said("$ 1,234,567.00 MXN", "1234567 pesos MXN");
	/* No amount: left alone. */
	assert_said("$ 4.5", "$ 4.5");
	assert_said("$", "$");
	locale_use("en");
	assert_said("$ 4,120.50", "4120 pesos and 50 cents");
}

static void dates_are_said_in_words(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_said("13/03/1992", "13 de marzo de 1992");
	assert_said("Por ejemplo: 27 03 1985", "Por ejemplo: 27 de marzo de 1985");
	assert_said("31/02/1992", "31/02/1992"); /* does not exist */
	assert_said("En 2025.", "En 2025.");
	locale_use("en");
	assert_said("13/03/1992", "13 March 1992");
}

static void keys_and_folios_are_spelled_in_groups(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_said("0412-0A7K-7F3K-9QX2", "0 4 1 2, 0 a 7 ka, 7 efe 3 ka, 9 cu equis 2");
	assert_said("0412 0A7K 7F3K 9QX2", "0 4 1 2, 0 a 7 ka, 7 efe 3 ka, 9 cu equis 2");
	assert_said(
		"BEML920313HMCLNS09", "be e eme ele, 9 2 0 3 1 3, hache, eme ce, ele ene ese, 0 9");
	assert_said("BEML 920313 H MC LNS 09.",
		"be e eme ele, 9 2 0 3 1 3, hache, eme ce, ele ene ese, 0 9.");
	assert_said("504002123", "5 0 4, 0 0 2, 1 2 3");
	assert_said("55 1234 5678", "5 5, 1 2 3 4, 5 6 7 8");
	locale_use("en");
	assert_said("BEML920313HMCLNS09", "b e m l, 9 2 0 3 1 3, h, m c, l n s, 0 9");
}

static void words_in_capitals_stay_words(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_said("CURP", "CURP");
	assert_said("Cita en el SAT", "Cita en el SAT");
	assert_said("LUIS ENRIQUE MUÑOZ", "LUIS ENRIQUE MUÑOZ");
	assert_said("AV. 5 DE MAYO 17", "AV. 5 DE MAYO 17");
	assert_said("Paso 1 de 3", "Paso 1 de 3");
}

static void addresses_and_signs_are_named(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_said("ana@correo.mx", "ana Arroba correo Punto mx");
	assert_said("Mujer  ·  Jalisco", "Mujer, Jalisco");
	assert_said("Obtener | Paso 1", "Obtener, Paso 1");
}

static void what_is_masked_stays_masked(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_said("•", "asterisco");
	assert_said("••••••••", "8 asteriscos");
	assert_said("******", "6 asteriscos");
}

static void letters_have_names(void **state)
{
	static const struct {
		uint32_t letter;
		const char *es, *en;
	} rows[] = {{'N', "ene", "n"}, {'W', "doble u", "w"}, {0xD1, "eñe", "enye"},
		{'a', "a", "ay"}, {'Y', "i griega", "y"}, {0xC1, "a con acento", "a with accent"},
		{' ', "Espacio", "Space"}, {'7', "7", "7"}, {0x2022, "asterisco", "asterisk"}};
	struct vt_buf out;

	(void)state;
	vt_buf_init(&out, 64);
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		locale_use("es-MX");
		vt_buf_reset(&out);
		spell_character(&out, rows[i].letter);
		assert_string_equal(vt_buf_text(&out), rows[i].es);
		locale_use("en");
		vt_buf_reset(&out);
		spell_character(&out, rows[i].letter);
		assert_string_equal(vt_buf_text(&out), rows[i].en);
	}
	vt_buf_finish(&out);
}

/* ---- screens ---- */

static void show(const char *fixture, const char *lang)
{
	stage_show(&stage, fixture_find(fixture), lang, NULL);
	utter_clear(&said);
}

static const struct utterance *find(const char *text)
{
	for (size_t i = 0; i < said.count; i++)
		if (strcmp(utter_text(&said, i), text) == 0)
			return &said.list[i];
	return NULL;
}

/* The utterance, which must be there. */
static struct utterance the(const char *text)
{
	const struct utterance *found = find(text);

	if (!found)
		fail_msg("not said: %s", text);
	return found ? *found : (struct utterance){0};
}

static void assert_order(const char *first, const char *second)
{
	assert_non_null(find(first));
	assert_non_null(find(second));
	assert_true(find(first) < find(second));
}

static void a_screen_says_title_hint_error_contents(void **state)
{
	(void)state;
	show("curp-error", "es-MX");
	utter_screen(stage.ui, &said);
	assert_int_equal(the("Escriba su CURP").kind, UTTER_TITLE);
	assert_int_equal(the("Hay un problema").kind, UTTER_ERROR);
	assert_order("Escriba su CURP", "Obtener mi CURP, Paso 1 de 2");
	assert_order("Obtener mi CURP, Paso 1 de 2", "Hay un problema");
	assert_order("Hay un problema", "¿Son suyos la fecha de nacimiento y el sexo?");
	/* The brand, the clock, the keyboard and the dock are not read out. */
	assert_null(find("Ventanilla Ciudadana"));
	assert_null(find("10:42"));
	assert_null(find("Ayuda"));
}

static void a_dialogue_hides_the_screen_behind_it(void **state)
{
	(void)state;
	show("timeout", "es-MX");
	utter_screen(stage.ui, &said);
	assert_int_equal(the("¿Sigue ahí?").kind, UTTER_TITLE);
	assert_non_null(find("28 segundos"));
	assert_null(find("Revise sus respuestas"));
	assert_string_equal(utter_first_focus(stage.ui)->spec.id, "extend");
}

static void only_what_is_a_citizens_is_personal(void **state)
{
	(void)state;
	show("results", "es-MX");
	utter_screen(stage.ui, &said);
	assert_true(the("LUIS ENRIQUE BELTRÁN MENDOZA").personal);
	assert_true(the("13 de marzo de 1992").personal);
	assert_false(the("Nombre").personal);
	assert_false(the("¿Son estos sus datos?").personal);
}

static void a_control_says_name_role_value_and_state(void **state)
{
	(void)state;
	show("question-sex", "es-MX");
	(void)stage_tap(&stage, "choice-M");
	utter_node(stage.ui, ui_find(stage.ui, "choice-M"), false, &said);
	assert_string_equal(utter_text(&said, 0), "Mujer");
	assert_string_equal(utter_text(&said, 1), "opción");
	assert_string_equal(utter_text(&said, 2), "elegida");
	show("curp-error", "es-MX");
	utter_node(stage.ui, ui_find(stage.ui, "field"), false, &said);
	assert_true(the("be e eme ele, 9 2 0 3 1 3, hache, eme ce, ele ene ese, 0 8").personal);
	assert_non_null(find("por corregir"));
	show("curp-masked", "es-MX");
	utter_node(stage.ui, ui_find(stage.ui, "field"), false, &said);
	assert_non_null(find("8 asteriscos"));
	assert_null(find("be e eme ele, 9 2 0 3 1 3, hache, eme ce, ele ene ese, 0 8"));
}

static void another_language_is_marked(void **state)
{
	(void)state;
	show("language", "en");
	utter_node(stage.ui,
		ui_find(stage.ui, "language-es-MX") ? ui_find(stage.ui, "language-es-MX")
						    : utter_first_focus(stage.ui),
		false, &said);
	assert_string_equal(said.list[0].lang, "es-MX");
	assert_string_equal(said.list[1].lang, "en");
	assert_string_equal(utter_text(&said, 1), "option");
}

/* ---- echo ---- */

static void assert_echo(const char *before, const char *after, const char *spoken)
{
	const struct node *box = ui_find(stage.ui, "field");

	utter_clear(&said);
	utter_echo(box, before, after, "es-MX", &said);
	if (!spoken) {
		assert_int_equal(said.count, 0);
		return;
	}
	assert_int_equal(said.count, 1);
	assert_string_equal(utter_text(&said, 0), spoken);
	assert_int_equal(said.list[0].kind, UTTER_ECHO);
}

static void typing_is_echoed_by_the_names_of_letters(void **state)
{
	(void)state;
	show("curp-empty", "es-MX");
	assert_echo("", "B", "be");
	assert_true(said.list[0].personal);
	assert_echo("BEML", "BEML 9", "9");
	/* The last character brings the blanks of the groups with it. */
	assert_echo("BEML920313HMCLNS0", "BEML 920313 H MC LNS 09", "9");
	assert_echo("BEM", "BE", "borrado");
	assert_false(said.list[0].personal);
	assert_echo("BEM", "BEM", NULL);
	show("question-name", "es-MX");
	assert_echo("MU", "MUÑ", "eñe");
	assert_echo("MUÑ", "MUÑ ", "Espacio");
	assert_echo("A", "Á", "a con acento");
}

/* The pack of maya has a handful of words: all else is Spanish, said by the Spanish voice. */
static void what_a_pack_lacks_is_spanish_and_said_so(void **state)
{
	char packs[512];

	(void)state;
	assert_true(vt_format(packs, sizeof(packs), "%s/locales/packs", getenv("VT_BUILD_DIR")));
	locale_set_packs(packs);
	stage_show(&stage, fixture_find("curp-empty"), "yua", NULL);
	assert_true(locale_is_partial());
	assert_string_equal(locale_text("Help"), "Áantaj");
	assert_string_equal(locale_text("Back"), "Atrás");
	assert_string_equal(
		locale_plural("%d second left", "%d seconds left", 2), "Quedan %d segundos");
	assert_string_equal(locale_lang_of("Áantaj"), "yua");
	assert_string_equal(locale_lang_of("Atrás"), "es-MX");
	assert_string_equal(locale_spanish_of("Áantaj"), "Ayuda");
	assert_null(locale_spanish_of("Atrás"));
	utter_clear(&said);
	utter_screen(stage.ui, &said);
	assert_non_null(find("Algunas partes están en español."));
	assert_string_equal(find("Algunas partes están en español.")->lang, "es-MX");
	utter_clear(&said);
	utter_node(stage.ui, ui_find(stage.ui, stage_find(&stage, ROLE_BUTTON, "Áantaj")), true,
		&said);
	assert_string_equal(find("Áantaj")->lang, "yua");
	assert_string_equal(find("botón")->lang, "es-MX");
	/* A whole language has no such note. */
	stage_show(&stage, fixture_find("curp-empty"), "en", NULL);
	assert_false(locale_is_partial());
	utter_clear(&said);
	utter_screen(stage.ui, &said);
	assert_null(find("Some parts are in Spanish."));
	/* A file that is none costs the language, nothing else. */
	assert_true(vt_format(packs, sizeof(packs), "%s/nowhere", getenv("VT_BUILD_DIR")));
	locale_set_packs(packs);
	locale_use("yua");
	assert_false(locale_is_partial());
	assert_string_equal(locale_text("Help"), "Ayuda");
	locale_set_packs(NULL);
}

static void the_list_is_bounded_and_wiped(void **state)
{
	static const char secret[] = "BEML920313HMCLNS09";
	char text[1024];

	(void)state;
	utter_clear(&said);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 400; i++)
		utter_add(&said, UTTER_TEXT, true, "es-MX", text);
	assert_true(said.is_cut);
	assert_true(said.used <= sizeof(said.text));
	utter_clear(&said);
	utter_add(&said, UTTER_TEXT, true, "es-MX", secret);
	assert_false(said.is_cut);
	utter_clear(&said);
	assert_null(memmem(&said, sizeof(said), secret, strlen(secret)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(money_is_said_as_an_amount),
		cmocka_unit_test(dates_are_said_in_words),
		cmocka_unit_test(keys_and_folios_are_spelled_in_groups),
		cmocka_unit_test(words_in_capitals_stay_words),
		cmocka_unit_test(addresses_and_signs_are_named),
		cmocka_unit_test(what_is_masked_stays_masked),
		cmocka_unit_test(letters_have_names),
		cmocka_unit_test(a_screen_says_title_hint_error_contents),
		cmocka_unit_test(a_dialogue_hides_the_screen_behind_it),
		cmocka_unit_test(only_what_is_a_citizens_is_personal),
		cmocka_unit_test(a_control_says_name_role_value_and_state),
		cmocka_unit_test(another_language_is_marked),
		cmocka_unit_test(typing_is_echoed_by_the_names_of_letters),
		cmocka_unit_test(what_a_pack_lacks_is_spanish_and_said_so),
		cmocka_unit_test(the_list_is_bounded_and_wiped),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
