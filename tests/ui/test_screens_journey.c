#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/text.h"
#include "tests/ui/screens_stage.h"
#include "ui/screens/build.h"
#include "ui/toolkit/semantics.h"

/* A person at the screen, headless: taps at the centres of nodes found by role and name, and what
 * core would be told. */

static struct stage stage;

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

static void show(const char *fixture)
{
	stage_show(&stage, fixture_find(fixture), "es-MX", NULL);
}

static void assert_intent(enum intent_action action, const char *item, const char *value)
{
	assert_true(stage.answer.send);
	assert_int_equal(stage.answer.intent.action, action);
	assert_string_equal(stage.answer.intent.item, item);
	assert_string_equal(stage.answer.intent.value, value);
	assert_int_equal(stage.answer.intent.revision, 7);
	assert_int_equal(stage.answer.intent.screen, screen_get_model(stage.screen)->screen);
}

static const char *field_value(const char *id)
{
	const struct node *node = ui_find(stage.ui, id);

	assert_non_null(node);
	return node->spec.value;
}

static bool has_text(const char *text)
{
	struct vt_buf json;
	bool found;

	vt_buf_init(&json, 1 << 20);
	semantics_write(stage.ui, 7, &json);
	found = memmem(json.data, json.length, text, strlen(text)) != NULL;
	vt_buf_finish(&json);
	return found;
}

static bool is_disabled_key(const char *id)
{
	const struct node *node = ui_find(stage.ui, id);

	assert_non_null(node);
	return (node->spec.states & STATE_DISABLED) != 0;
}

/* ---- CURP ---- */

static void a_curp_is_typed_key_by_key_and_sent(void **state)
{
	(void)state;
	show("curp-empty");
	stage_type(&stage, "BEML920313HMCLNS09");
	assert_string_equal(field_value("field"), "BEML 920313 H MC LNS 09");
	assert_true(has_text("13 de marzo de 1992  ·  Hombre  ·  Estado de México"));
	assert_true(has_text("¿Son suyos la fecha de nacimiento y el sexo?"));
	assert_false(has_text("correcta"));
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Continuar"));
	assert_intent(INTENT_SUBMIT, "", "BEML920313HMCLNS09");
}

static void only_keys_that_can_follow_are_enabled(void **state)
{
	(void)state;
	show("curp-empty");
	/* Letters first; Ñ is there, but never in a CURP. */
	assert_true(is_disabled_key("key-1"));
	assert_true(is_disabled_key("key-Ñ"));
	assert_false(is_disabled_key("key-B"));
	stage_type(&stage, "B");
	assert_true(is_disabled_key("key-Q")); /* a vowel or X */
	assert_false(is_disabled_key("key-E"));
	stage_type(&stage, "EML921");
	assert_true(is_disabled_key("key-3")); /* no 13th month */
	assert_false(is_disabled_key("key-2"));
	stage_type(&stage, "1");
	assert_false(is_disabled_key("key-3"));
	stage_type(&stage, "3");
	assert_true(is_disabled_key("key-1")); /* no 31 November */
	/* A disabled key does nothing. */
	assert_false(stage_tap(&stage, "key-1"));
	assert_string_equal(field_value("field"), "BEML92113");
	stage_type(&stage, "0");
	assert_true(is_disabled_key("key-A")); /* H, M or X */
	assert_false(is_disabled_key("key-M"));
}

static void the_year_has_two_digits_until_the_century_is_known(void **state)
{
	(void)state;
	show("curp-typing");
	assert_true(has_text("12 de marzo de ’85  ·  Mujer  ·  Jalisco"));
	stage_type(&stage, "D0");
	assert_true(has_text("12 de marzo de 1985  ·  Mujer  ·  Jalisco"));
}

static void leaving_the_key_cancels_the_press(void **state)
{
	const struct node *key;
	struct input_result result;

	(void)state;
	show("curp-empty");
	key = ui_find(stage.ui, "key-B");
	(void)input_finger(stage.ui, 1, INPUT_DOWN, key->rect.x + 40, key->rect.y + 40, 10);
	(void)input_finger(stage.ui, 1, INPUT_MOTION, key->rect.x - 300, key->rect.y - 300, 20);
	result = input_finger(stage.ui, 1, INPUT_UP, key->rect.x - 300, key->rect.y - 300, 30);
	assert_false(result.acted);
	/* Not even when the finger comes back. */
	(void)input_finger(stage.ui, 1, INPUT_DOWN, key->rect.x + 40, key->rect.y + 40, 40);
	(void)input_finger(stage.ui, 1, INPUT_MOTION, key->rect.x - 300, key->rect.y, 50);
	(void)input_finger(stage.ui, 1, INPUT_MOTION, key->rect.x + 40, key->rect.y + 40, 60);
	result = input_finger(stage.ui, 1, INPUT_UP, key->rect.x + 40, key->rect.y + 40, 70);
	assert_false(result.acted);
	assert_string_equal(field_value("field"), "");
}

static void a_short_curp_is_explained_and_not_sent(void **state)
{
	(void)state;
	show("curp-typing");
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Continuar"));
	assert_false(stage.answer.send);
	assert_true(has_text("Hay un problema"));
	assert_true(has_text("La CURP no está completa. Tiene 18 letras y números."));
	assert_true((ui_find(stage.ui, "field")->spec.states & STATE_INVALID) != 0);
	/* What was typed stays, and typing on lifts the mark. */
	stage_type(&stage, "D");
	assert_true((ui_find(stage.ui, "field")->spec.states & STATE_INVALID) == 0);
	assert_string_equal(field_value("field"), "NUIG850312MJCXBD");
}

static void a_wrong_check_digit_is_marked_mended_and_sent(void **state)
{
	(void)state;
	show("curp-empty");
	stage_type(&stage, "BEML920313HMCLNS08");
	(void)stage_tap(&stage, "primary");
	assert_false(stage.answer.send);
	assert_true(has_text("El último carácter no corresponde con los demás."));
	assert_true(stage_tap_named(&stage, ROLE_KEY, "Borrar"));
	stage_type(&stage, "9");
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "", "BEML920313HMCLNS09");
}

static void a_service_is_found_by_its_word_and_opened(void **state)
{
	struct screen_model model;

	(void)state;
	show("home-full");
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Buscar un trámite"));
	assert_false(stage.answer.send); /* core need not know */
	assert_true(has_text("Escriba lo que necesita"));
	stage_type(&stage, "XY");
	assert_true(has_text("No encontramos un trámite con esa palabra"));
	assert_true(stage_tap_named(&stage, ROLE_KEY, "Borrar"));
	assert_true(stage_tap_named(&stage, ROLE_KEY, "Borrar"));
	stage_type(&stage, "CREDITO");
	assert_non_null(ui_find(stage.ui, "open-conacyt.beca"));
	assert_null(ui_find(stage.ui, "open-sre.becas"));
	/* A banner that comes meanwhile takes nothing away. */
	fixture_find("home-full")->fill(&model, "es-MX");
	model.no_paper = true;
	stage_show_model(&stage, &model);
	assert_string_equal(field_value("field"), "CREDITO");
	assert_true(stage_tap(&stage, "open-conacyt.beca"));
	assert_intent(INTENT_OPEN, "conacyt.beca", "");
	/* Somebody else's home has no word in it. */
	show("attract");
	show("home-full");
	assert_null(ui_find(stage.ui, "field"));
}

static void a_search_ends_where_it_began(void **state)
{
	(void)state;
	show("home-full");
	(void)stage_tap(&stage, "search");
	stage_type(&stage, "CITA");
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Ver todos los trámites"));
	assert_non_null(ui_find(stage.ui, "open-curp"));
	assert_null(ui_find(stage.ui, "field"));
}

static void no_la_conozco_leads_on_only_where_core_offers_it(void **state)
{
	struct screen_model model;

	(void)state;
	show("curp-empty");
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "No la conozco"));
	assert_intent(INTENT_UNKNOWN_CURP, "", "");
	fixture_find("curp-empty")->fill(&model, "es-MX");
	model.has_other_way = false;
	stage_show_model(&stage, &model);
	assert_null(ui_find(stage.ui, "unknown"));
}

static void a_scanner_types_in_lower_case(void **state)
{
	(void)state;
	show("curp-empty");
	assert_true(screen_type(stage.screen, "b"));
	assert_true(screen_type(stage.screen, "E"));
	assert_false(screen_type(stage.screen, "7")); /* no digit there */
	assert_false(screen_type(stage.screen, "%"));
	assert_true(screen_type(stage.screen, "\b"));
	stage_repaint(&stage);
	assert_string_equal(field_value("field"), "B");
}

static bool edit(size_t start, size_t end, const char *text)
{
	bool is_taken = screen_edit(
		stage.screen, &(struct entry_change){.start = start, .end = end, .text = text});

	stage_repaint(&stage);
	return is_taken;
}

static void an_edit_writes_what_keys_would_or_nothing(void **state)
{
	(void)state;
	show("curp-empty");
	assert_true(edit(0, 0, "beml9203"));
	assert_true(edit(0, 4, "NUIG"));
	assert_true(edit(SIZE_MAX, SIZE_MAX, "12"));
	assert_string_equal(field_value("field"), "NUIG920312");
	assert_false(edit(0, 1, ""));	/* the digits would come too early */
	assert_false(edit(4, 2, "01")); /* backwards */
	assert_false(edit(10, 10, "H\b"));
	assert_false(edit(0, SIZE_MAX,
		"NUIG92031"
		"é"));
	assert_string_equal(field_value("field"), "NUIG920312");
	assert_true(edit(0, SIZE_MAX, ""));
	assert_string_equal(field_value("field"), "");
	/* Nobody writes a PIN or a choice like this. */
	show("pin-empty");
	assert_false(edit(0, 0, "1"));
	show("question-sex");
	assert_false(edit(0, SIZE_MAX, ""));
	show("home");
	assert_false(edit(0, 0, "A"));
}

/* ---- other questions ---- */

static void names_take_accents_and_one_blank(void **state)
{
	(void)state;
	show("question-optional"); /* the accent key is pressed already */
	assert_non_null(ui_find(stage.ui, "key-A"));
	stage_type(&stage, "A");
	stage_type(&stage, "ÑÜ B");
	(void)stage_tap(&stage, "key-space");
	(void)stage_tap(&stage, "key-space");
	(void)stage_tap(&stage, "key-accent");
	stage_type(&stage, "B"); /* no accent on a consonant */
	(void)stage_tap(&stage, "key-'");
	assert_string_equal(field_value("field"), "ÁÑÜ B B'");
	for (int i = 0; i < 7; i++)
		(void)stage_tap(&stage, "key-delete");
	assert_string_equal(field_value("field"), "Á");
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "", "Á");
}

static void an_optional_answer_may_be_empty_others_may_not(void **state)
{
	(void)state;
	show("question-optional");
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "", "");
	show("question-name-error");
	(void)stage_tap(&stage, "primary");
	assert_false(stage.answer.send);
	assert_true(has_text("Falta esta respuesta."));
}

static void a_date_moves_on_by_itself(void **state)
{
	struct screen_model model;

	(void)state;
	fixture_find("question-date")->fill(&model, "es-MX");
	model.field.value[0] = '\0';
	show("home");
	stage_show_model(&stage, &model);
	stage_type(&stage, "511");
	assert_string_equal(field_value("part-0"), "05");
	assert_string_equal(field_value("part-1"), "11");
	stage_type(&stage, "1985");
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "", "05/11/1985");
	/* A touched box starts anew. */
	assert_true(stage_tap_named(&stage, ROLE_TEXTBOX, "Día"));
	stage_type(&stage, "31");
	(void)stage_tap(&stage, "primary");
	assert_false(stage.answer.send);
	assert_true(has_text("Esa fecha no existe."));
	for (int i = 0; i < 4; i++)
		(void)stage_tap(&stage, "key-delete");
	assert_string_equal(field_value("part-0"), "");
}

static void a_choice_is_ticked_then_sent(void **state)
{
	struct screen_model model;

	(void)state;
	fixture_find("question-sex")->fill(&model, "es-MX");
	model.field.value[0] = '\0';
	show("home");
	stage_show_model(&stage, &model);
	(void)stage_tap(&stage, "primary");
	assert_false(stage.answer.send);
	assert_true(has_text("Elija una de las opciones para continuar."));
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "Mujer"));
	assert_false(stage.answer.send);
	assert_true((ui_find(stage.ui, "choice-M")->spec.states & STATE_CHECKED) != 0);
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "M", "M");
}

static void a_long_list_pages_and_keeps_the_choice(void **state)
{
	(void)state;
	show("question-entity");
	assert_null(ui_find(stage.ui, "choice-ZS"));
	for (int i = 0; i < 6 && ui_find(stage.ui, "choice-ZS") == NULL; i++)
		assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Ver más opciones"));
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "Zacatecas"));
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "ZS", "ZS");
}

/* ---- appointment ---- */

static void only_free_days_are_keys(void **state)
{
	struct screen_model model;
	int free_days = 0;

	(void)state;
	show("calendar");
	fixture_find("calendar")->fill(&model, "es-MX");
	for (size_t i = 0; i < model.item_count; i++) {
		bool is_free = model.items[i].state == ITEM_AVAILABLE;
		const struct node *day;
		char id[32];

		(void)snprintf(id, sizeof(id), "choice-%s", model.items[i].id);
		day = ui_find(stage.ui, id);
		assert_non_null(day);
		assert_int_equal(day->spec.role, is_free ? ROLE_RADIO : ROLE_NOTE);
		/* What has no action takes neither touches nor the focus. */
		assert_int_equal(day->spec.action != NULL, is_free);
		assert_int_equal(strstr(day->spec.name, "ocupado") == NULL, is_free);
		assert_int_equal(stage_tap(&stage, id), is_free);
		free_days += is_free ? 1 : 0;
	}
	assert_int_equal(free_days, 12);
	assert_true(has_text("Noviembre de 2025: 12 días con lugar"));
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "jueves 20 de noviembre de 2025"));
	assert_true(stage_tap(&stage, "primary"));
	assert_intent(INTENT_SUBMIT, "2025-11-20", "2025-11-20");
}

/* Shows another month as core would, which remembers an earlier answer. */
static void show_month(const char *fixture)
{
	struct screen_model model;

	fixture_find(fixture)->fill(&model, "es-MX");
	vt_copy_cut(model.field.value, sizeof(model.field.value), "2025-11-19");
	stage_show_model(&stage, &model);
}

static void months_are_turned_within_the_offered_range(void **state)
{
	(void)state;
	show("calendar");
	assert_non_null(stage_find(&stage, ROLE_BUTTON, "Primer mes"));
	assert_true((ui_find(stage.ui, "month-previous")->spec.states & STATE_DISABLED) != 0);
	assert_false(stage_tap(&stage, "month-previous"));
	assert_false(stage.answer.send);
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Mes siguiente: diciembre de 2025"));
	assert_intent(INTENT_MONTH, "2025-12", "");
	show_month("calendar-full");
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Mes anterior: noviembre de 2025"));
	assert_intent(INTENT_MONTH, "2025-11", "");
	show_month("calendar-last");
	assert_non_null(stage_find(&stage, ROLE_BUTTON, "Último mes"));
	assert_false(stage_tap(&stage, "month-next"));
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Mes anterior: julio de 2026"));
	assert_intent(INTENT_MONTH, "2026-07", "");
}

static void a_full_month_says_so_and_leads_to_the_next_places(void **state)
{
	(void)state;
	show("calendar-full");
	assert_true(has_text("No hay lugares en diciembre de 2025."));
	assert_true(has_text("Los siguientes lugares son en enero de 2026."));
	assert_null(stage_find(&stage, ROLE_BUTTON, "Continuar"));
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Ver enero de 2026"));
	assert_intent(INTENT_MONTH, "2026-01", "");
	show("calendar-none");
	assert_true(has_text("Tampoco los hay en los otros meses."));
	assert_null(ui_find(stage.ui, "primary"));
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Atrás"));
}

static void a_day_of_another_month_is_not_sent(void **state)
{
	(void)state;
	show("calendar");
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "viernes 21 de noviembre de 2025"));
	show_month("calendar-last");
	(void)stage_tap(&stage, "primary");
	assert_false(stage.answer.send);
	assert_true(has_text("Elija una de las opciones para continuar."));
	/* Back in its month, what core knew is offered again. */
	show_month("calendar");
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_SUBMIT, "2025-11-19", "2025-11-19");
}

/* Core is trusted, its ids are checked all the same: no such day is drawn. */
static void days_and_months_that_are_none_are_left_out(void **state)
{
	struct screen_model model;

	(void)state;
	show("calendar");
	fixture_find("calendar")->fill(&model, "es-MX");
	vt_copy_cut(model.items[29].id, sizeof(model.items[29].id), "2025-11-31");
	vt_copy_cut(model.items[28].id, sizeof(model.items[28].id), "a day");
	vt_copy_cut(model.months.next, sizeof(model.months.next), "2025-13");
	stage_show_model(&stage, &model);
	assert_null(ui_find(stage.ui, "choice-2025-11-31"));
	assert_null(ui_find(stage.ui, "choice-a day"));
	assert_non_null(ui_find(stage.ui, "choice-2025-11-28"));
	assert_false(stage_tap(&stage, "month-next"));
}

/* ---- review, done, settings ---- */

static void consent_is_empty_at_first_and_wanted(void **state)
{
	(void)state;
	show("review-fee");
	assert_true((ui_find(stage.ui, "consent")->spec.states & STATE_CHECKED) == 0);
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Imprimir hoja de pago"));
	assert_false(stage.answer.send);
	assert_true(has_text("Marque la casilla"));
	(void)stage_tap(&stage, "consent");
	assert_false(has_text("Marque la casilla"));
	(void)stage_tap(&stage, "primary");
	assert_intent(INTENT_CONFIRM, "", "");
	assert_true(stage.answer.intent.consent);
}

static void each_row_is_changed_by_its_own_name(void **state)
{
	(void)state;
	show("review-fee");
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Cambiar CURP"));
	assert_intent(INTENT_CHANGE, "curp", "");
	assert_null(ui_find(stage.ui, "change-agency"));
}

static void plain_buttons_say_what_core_knows(void **state)
{
	static const struct {
		const char *fixture, *id;
		enum intent_action action;
		const char *item;
	} rows[] = {
		{"attract", "start", INTENT_START, ""},
		{"home", "open-curp", INTENT_OPEN, "curp"},
		{"home", "dock-language", INTENT_LANGUAGE, ""},
		{"home", "dock-access", INTENT_ACCESS, ""},
		{"home", "dock-help", INTENT_HELP, ""},
		{"intro-curp", "primary", INTENT_START, ""},
		{"intro-curp", "back", INTENT_BACK, ""},
		{"curp-empty", "dock-end", INTENT_END, ""},
		{"wait", "second", INTENT_CANCEL, ""},
		{"results", "primary", INTENT_YES, ""},
		{"results", "second", INTENT_NO, ""},
		{"done-unknown", "printed-ok", INTENT_PRINTED_OK, ""},
		{"done-unknown", "printed-bad", INTENT_PRINTED_BAD, ""},
		{"done-failed", "second", INTENT_PRINT, ""},
		{"done-printed", "primary", INTENT_END, ""},
		{"problem-service", "primary", INTENT_CLOSE, ""},
		{"access", "primary", INTENT_CLOSE, ""},
		{"access", "second", INTENT_LANGUAGE, ""},
		{"help", "back", INTENT_CLOSE, ""},
		{"language", "back", INTENT_CLOSE, ""},
		{"timeout", "extend", INTENT_EXTEND, ""},
		{"timeout", "end", INTENT_END, ""},
	};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		show(rows[i].fixture);
		if (!stage_tap(&stage, rows[i].id))
			fail_msg("%s: %s did not act", rows[i].fixture, rows[i].id);
		assert_intent(rows[i].action, rows[i].item, "");
	}
}

static void what_cannot_work_now_is_shown_and_does_nothing(void **state)
{
	(void)state;
	show("home");
	assert_non_null(ui_find(stage.ui, "open-sat.cita"));
	assert_false(stage_tap(&stage, "open-sat.cita"));
	assert_true(has_text("Próximamente"));
	show("home-degraded");
	assert_false(stage_tap(&stage, "open-sat.cita"));
	assert_true(has_text("No disponible ahora: sin conexión"));
	assert_true(has_text("Sin conexión: puede continuar"));
	assert_true(has_text("Impresora sin papel"));
}

static void settings_and_language_are_told_by_name(void **state)
{
	/* UI.md section 2: ×1 to ×10. */
	static const struct {
		const char *name, *value;
	} times[] = {{"Tiempo para contestar: Normal", "0"},
		{"Tiempo para contestar: El doble", "2"},
		{"Tiempo para contestar: Cuatro veces", "4"},
		{"Tiempo para contestar: Diez veces", "10"}};

	(void)state;
	show("access");
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "Tamaño de letra: Muy grande"));
	assert_intent(INTENT_SETTING, "textSize", "2");
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "Contraste: Poco brillo"));
	assert_intent(INTENT_SETTING, "contrast", "3");
	assert_true(stage_tap_named(&stage, ROLE_RADIO, "Altura de los botones: Parte baja"));
	assert_intent(INTENT_SETTING, "reach", "1");
	for (size_t i = 0; i < VT_ELEMENTS(times); i++) {
		show("access");
		for (int page = 0; page < 6 && !stage_find(&stage, ROLE_RADIO, times[i].name);
			page++)
			(void)stage_tap(&stage, "more");
		assert_true(stage_tap_named(&stage, ROLE_RADIO, times[i].name));
		assert_intent(INTENT_SETTING, "moreTime", times[i].value);
	}
	show("language");
	assert_true(stage_tap(&stage, "language-en"));
	assert_false(stage.answer.send);
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Continuar"));
	assert_intent(INTENT_LANGUAGE, "en", "");
}

/* ---- time ---- */

static void the_warning_counts_down_and_keeps_what_was_typed(void **state)
{
	struct screen_model model;
	int x, y;

	(void)state;
	show("curp-empty");
	stage_type(&stage, "BEML");
	fixture_find("curp-empty")->fill(&model, "es-MX");
	model.warning_ms = 45000;
	model.revision = 8;
	const struct node *key = ui_find(stage.ui, "key-9");
	x = key->rect.x + 40;
	y = key->rect.y + 40;
	stage_show_model(&stage, &model);
	stage.env.since_show_ms = 16500;
	stage_repaint(&stage);
	assert_non_null(stage_find(&stage, ROLE_TIMER, "29 segundos"));
	assert_int_equal(screen_next_change_ms(stage.screen, &stage.env), 500);
	assert_true(has_text("No se ha hecho ningún cobro."));
	/* Nothing behind the dialogue can be touched. */
	(void)input_finger(stage.ui, 1, INPUT_DOWN, x, y, 10);
	assert_false(input_finger(stage.ui, 1, INPUT_UP, x, y, 20).acted);
	model.warning_ms = 0;
	model.revision = 9;
	stage_show_model(&stage, &model);
	assert_string_equal(field_value("field"), "BEML");
}

static void another_question_starts_empty(void **state)
{
	struct screen_model model;

	(void)state;
	show("curp-empty");
	stage_type(&stage, "BEML");
	fixture_find("question-optional")->fill(&model, "es-MX");
	stage_show_model(&stage, &model);
	assert_string_equal(field_value("field"), "");
	fixture_find("curp-empty")->fill(&model, "es-MX");
	stage_show_model(&stage, &model);
	assert_string_equal(field_value("field"), "");
}

/* The words of the slide, which are texts of no node with a name. */
static bool slide_says(const char *label)
{
	const struct node *slide = ui_find(stage.ui, "slide");
	const struct node *words = slide ? slide->first_child->next->first_child : NULL;

	return words && strcmp(words->spec.text, label) == 0;
}

static void three_services_take_turns_while_nobody_is_here(void **state)
{
	static const char *const turns[] = {
		"Obtener mi CURP", "Pagar pasaporte", "Cita en el SAT", "Obtener mi CURP"};
	struct screen_model model;

	(void)state;
	show("attract");
	fixture_find("attract")->fill(&model, "es-MX");
	for (size_t i = 2; i < 6; i++)
		model.items[i].state = ITEM_AVAILABLE;
	stage_show_model(&stage, &model);
	for (int i = 0; i < (int)VT_ELEMENTS(turns); i++) {
		stage.env.since_show_ms = 8000 * i + 3000;
		stage_repaint(&stage);
		assert_true(slide_says(turns[i]));
		assert_int_equal(screen_next_change_ms(stage.screen, &stage.env), 5000);
	}
	/* With less motion the first one stays; what cannot be begun is not praised. */
	model.settings.calm = true;
	stage_show_model(&stage, &model);
	assert_true(slide_says(turns[0]));
	assert_int_equal(screen_next_change_ms(stage.screen, &stage.env), -1);
	model.settings.calm = false;
	model.items[0].state = ITEM_UNAVAILABLE;
	for (size_t i = 2; i < model.item_count; i++)
		model.items[i].state = ITEM_SOON;
	stage_show_model(&stage, &model);
	assert_true(slide_says(turns[1]));
	assert_int_equal(screen_next_change_ms(stage.screen, &stage.env), -1);
	model.items[1].state = ITEM_SOON;
	stage_show_model(&stage, &model);
	assert_null(ui_find(stage.ui, "slide"));
}

static void waiting_is_shown_late_and_kept_a_moment(void **state)
{
	struct screen_model model;

	(void)state;
	show("curp-complete");
	fixture_find("wait")->fill(&model, "es-MX");
	stage.env.since_show_ms = 0;
	stage_show_model(&stage, &model);
	assert_non_null(ui_find(stage.ui, "field"));
	/* Core has moved on: what is still drawn is dead. */
	(void)stage_tap(&stage, "primary");
	assert_false(stage.answer.send);
	assert_int_equal(screen_next_change_ms(stage.screen, &stage.env), 300);
	stage.env.since_show_ms = 300;
	stage_repaint(&stage);
	assert_non_null(ui_find(stage.ui, "progress"));
	fixture_find("results")->fill(&model, "es-MX");
	stage.env.since_show_ms = 0;
	stage.env.now_unix_ms += 200;
	stage_show_model(&stage, &model);
	assert_non_null(ui_find(stage.ui, "progress"));
	assert_int_equal(screen_next_change_ms(stage.screen, &stage.env), 300);
	stage.env.now_unix_ms += 300;
	stage_repaint(&stage);
	assert_non_null(ui_find(stage.ui, "rows"));
	/* A clock that jumps back holds nothing. */
	stage.env.now_unix_ms = FIXTURE_NOW_UNIX_MS;
}

static void a_fast_answer_never_flashes_the_waiting_screen(void **state)
{
	struct screen_model model;

	(void)state;
	show("curp-complete");
	fixture_find("wait")->fill(&model, "es-MX");
	stage.env.since_show_ms = 0;
	stage_show_model(&stage, &model);
	stage.env.since_show_ms = 250;
	fixture_find("results")->fill(&model, "es-MX");
	stage_show_model(&stage, &model);
	assert_non_null(ui_find(stage.ui, "rows"));
}

static void an_ended_session_is_never_held_back(void **state)
{
	struct screen_model model;

	(void)state;
	show("wait");
	fixture_find("attract")->fill(&model, "es-MX");
	stage_show_model(&stage, &model);
	assert_non_null(ui_find(stage.ui, "start"));
}

static void a_long_wait_says_so(void **state)
{
	(void)state;
	show("wait");
	assert_true(has_text("Suele tardar menos de 10 segundos."));
	stage.env.since_show_ms = 10000;
	stage_repaint(&stage);
	assert_true(has_text("Está tardando más de lo normal"));
}

/* ---- privacy ---- */

static void the_mask_hides_every_personal_value(void **state)
{
	(void)state;
	show("results-masked");
	assert_false(has_text("BEML920313HMCLNS09"));
	assert_false(has_text("BELTRÁN"));
	assert_true(stage_tap_named(&stage, ROLE_BUTTON, "Mostrar mis datos"));
	assert_true(stage.answer.unmask);
	assert_false(stage.answer.send);
	show("curp-masked");
	assert_false(has_text("BEML"));
	assert_false(has_text("1992"));
}

static void nothing_of_a_person_stays_in_the_screen(void **state)
{
	struct screen_model model;

	(void)state;
	show("curp-empty");
	stage_type(&stage, "BEML920313HMCLNS09");
	assert_non_null(memmem(stage.screen, sizeof(*stage.screen), "BEML920313", 10));
	fixture_find("attract")->fill(&model, "es-MX");
	stage_show_model(&stage, &model);
	ui_forget_personal(stage.ui);
	assert_null(memmem(stage.screen, sizeof(*stage.screen), "BEML920313", 10));
	assert_int_equal(ui_cache_sizes(stage.ui).personal_runs, 0);
}

static void without_core_the_model_is_not_shown(void **state)
{
	(void)state;
	show("restarting");
	assert_true(has_text("Estamos restableciendo la terminal"));
	assert_false(has_text("Obtener mi CURP"));
	assert_null(ui_find(stage.ui, "dock"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_curp_is_typed_key_by_key_and_sent),
		cmocka_unit_test(only_keys_that_can_follow_are_enabled),
		cmocka_unit_test(the_year_has_two_digits_until_the_century_is_known),
		cmocka_unit_test(leaving_the_key_cancels_the_press),
		cmocka_unit_test(a_short_curp_is_explained_and_not_sent),
		cmocka_unit_test(a_wrong_check_digit_is_marked_mended_and_sent),
		cmocka_unit_test(a_service_is_found_by_its_word_and_opened),
		cmocka_unit_test(a_search_ends_where_it_began),
		cmocka_unit_test(no_la_conozco_leads_on_only_where_core_offers_it),
		cmocka_unit_test(a_scanner_types_in_lower_case),
		cmocka_unit_test(an_edit_writes_what_keys_would_or_nothing),
		cmocka_unit_test(names_take_accents_and_one_blank),
		cmocka_unit_test(an_optional_answer_may_be_empty_others_may_not),
		cmocka_unit_test(a_date_moves_on_by_itself),
		cmocka_unit_test(a_choice_is_ticked_then_sent),
		cmocka_unit_test(a_long_list_pages_and_keeps_the_choice),
		cmocka_unit_test(only_free_days_are_keys),
		cmocka_unit_test(months_are_turned_within_the_offered_range),
		cmocka_unit_test(a_full_month_says_so_and_leads_to_the_next_places),
		cmocka_unit_test(a_day_of_another_month_is_not_sent),
		cmocka_unit_test(days_and_months_that_are_none_are_left_out),
		cmocka_unit_test(consent_is_empty_at_first_and_wanted),
		cmocka_unit_test(each_row_is_changed_by_its_own_name),
		cmocka_unit_test(plain_buttons_say_what_core_knows),
		cmocka_unit_test(what_cannot_work_now_is_shown_and_does_nothing),
		cmocka_unit_test(settings_and_language_are_told_by_name),
		cmocka_unit_test(the_warning_counts_down_and_keeps_what_was_typed),
		cmocka_unit_test(another_question_starts_empty),
		cmocka_unit_test(waiting_is_shown_late_and_kept_a_moment),
		cmocka_unit_test(a_fast_answer_never_flashes_the_waiting_screen),
		cmocka_unit_test(an_ended_session_is_never_held_back),
		cmocka_unit_test(a_long_wait_says_so),
		cmocka_unit_test(the_mask_hides_every_personal_value),
		cmocka_unit_test(nothing_of_a_person_stays_in_the_screen),
		cmocka_unit_test(without_core_the_model_is_not_shown),
		cmocka_unit_test(three_services_take_turns_while_nobody_is_here),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
