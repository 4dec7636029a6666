#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "terminal/domain/names.h"
#include "tests/ui/screens_fixtures.h"
#include "ui/screens/entry.h"
#include "ui/screens/format.h"
#include "ui/screens/keyboard.h"
#include "ui/screens/locale.h"
#include "ui/screens/texts.h"

static int open_locales(void **state)
{
	const char *build = getenv("VT_BUILD_DIR");
	char dir[400];
	struct vt_error error;

	(void)state;
	if (!vt_format(dir, sizeof(dir), "%s/locales", build != NULL ? build : "build"))
		return 1;
	return locale_init(dir, &error) == VT_OK ? 0 : 1;
}

/* ---- locale ---- */

static void a_language_is_used_and_left_again(void **state)
{
	(void)state;
	locale_use("en");
	assert_string_equal(_("Back"), "Back");
	assert_string_equal(locale_get(), "en");
	locale_use("es-MX");
	assert_string_equal(_("Back"), "Atrás");
	locale_use("en");
	assert_string_equal(_("Cancel"), "Cancel");
}

static void unknown_and_hostile_codes_show_spanish(void **state)
{
	static const char *const codes[] = {
		"yua", "xx-YY", "", "../../../etc", "en:de", "a-code-far-too-long-to-be-one", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		locale_use("en");
		locale_use(codes[i]);
		assert_string_equal(_("Back"), "Atrás");
	}
}

static void plurals_follow_the_number(void **state)
{
	(void)state;
	locale_use("es-MX");
	assert_string_equal(locale_plural("second", "seconds", 1), "segundo");
	assert_string_equal(locale_plural("second", "seconds", 28), "segundos");
}

/* A catalogue with the single message "Back": the smallest .mo file there is. */
static void write_partial_catalogue(const char *path)
{
	static const char header[] = "Content-Type: text/plain; charset=UTF-8\n";
	const char *texts[4] = {"", "Back", header, "Ka'a suut"};
	uint32_t head[7] = {0x950412de, 0, 2, 28, 44, 0, 60}, table[8], at = 60;
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	for (size_t i = 0; i < 4; i++) {
		table[2 * i] = (uint32_t)strlen(texts[i]);
		table[2 * i + 1] = at;
		at += table[2 * i] + 1;
	}
	assert_int_equal(fwrite(head, sizeof(head), 1, file), 1);
	assert_int_equal(fwrite(table, sizeof(table), 1, file), 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(fwrite(texts[i], strlen(texts[i]) + 1, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void spanish_steps_in_string_by_string(void **state)
{
	char dir[] = "/tmp/vt-locale-XXXXXX", path[200], target[500];
	const char *build = getenv("VT_BUILD_DIR");
	struct vt_error error;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(vt_format(path, sizeof(path), "%s/yua", dir));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(vt_format(path, sizeof(path), "%s/yua/LC_MESSAGES", dir));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(vt_format(path, sizeof(path), "%s/yua/LC_MESSAGES/ventanilla.mo", dir));
	write_partial_catalogue(path);
	assert_true(vt_format(target, sizeof(target), "%s/locales/es_MX",
		build != NULL && build[0] == '/' ? build : "/nonexistent"));
	assert_true(vt_format(path, sizeof(path), "%s/es_MX", dir));
	assert_int_equal(symlink(target, path), 0);
	if (build != NULL && build[0] == '/') {
		assert_int_equal(locale_init(dir, &error), VT_OK);
		locale_use("yua");
		assert_string_equal(_("Back"), "Ka'a suut");
		assert_string_equal(_("Cancel"), "Cancelar");
	}
	assert_int_equal(unlink(path), 0);
	assert_true(vt_format(path, sizeof(path), "%s/yua/LC_MESSAGES/ventanilla.mo", dir));
	assert_int_equal(unlink(path), 0);
	assert_true(vt_format(path, sizeof(path), "%s/yua/LC_MESSAGES", dir));
	assert_int_equal(rmdir(path), 0);
	assert_true(vt_format(path, sizeof(path), "%s/yua", dir));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(open_locales(NULL), 0);
}

static void a_folder_without_catalogues_is_refused(void **state)
{
	struct vt_error error;

	(void)state;
	assert_int_equal(locale_init("/nonexistent", &error), VT_ERR_NOT_FOUND);
	assert_non_null(strstr(error.msg, "/nonexistent"));
}

/* ---- texts by id ---- */

static void every_problem_says_its_three_parts(void **state)
{
	static const char *const languages[] = {"es-MX", "en"};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		locale_use(languages[l]);
		for (size_t i = 0; text_problem_ids[i] != NULL; i++) {
			struct text_problem problem, general;

			text_problem("no-such-problem", &general);
			text_problem(text_problem_ids[i], &problem);
			assert_string_not_equal(problem.title, general.title);
			assert_true(strlen(problem.what) > 10);
			assert_true(strlen(problem.means) > 10);
			assert_true(strlen(problem.now) > 10);
			assert_string_not_equal(problem.what, problem.means);
			/* No codes in the heading, no exclamation marks. */
			assert_null(strpbrk(problem.title, "0123456789!"));
		}
	}
}

static void every_id_has_words_of_its_own(void **state)
{
	(void)state;
	locale_use("es-MX");
	for (size_t i = 0; text_error_ids[i] != NULL; i++)
		assert_string_not_equal(text_error(text_error_ids[i]), text_error("no-such-error"));
	for (size_t i = 0; text_reason_ids[i] != NULL; i++)
		assert_string_not_equal(text_reason(text_reason_ids[i], ITEM_UNAVAILABLE),
			text_reason("no-such-reason", ITEM_UNAVAILABLE));
	for (size_t i = 0; text_print_ids[i] != NULL; i++)
		assert_string_not_equal(
			text_print_reason(text_print_ids[i]), text_print_reason("no-such"));
	assert_string_equal(text_reason("offline", ITEM_SOON), "Próximamente");
}

static void a_model_without_a_title_gets_one(void **state)
{
	struct screen_model model;

	(void)state;
	locale_use("es-MX");
	for (int kind = 0; kind < SCREEN_KIND_COUNT; kind++) {
		memset(&model, 0, sizeof(model));
		model.screen = (enum screen_kind)kind;
		vt_copy_cut(model.service_name, sizeof(model.service_name), "Trámite");
		vt_copy_cut(model.field.label, sizeof(model.field.label), "¿Nombre?");
		assert_true(text_title(&model)[0] != '\0');
		vt_copy_cut(model.title, sizeof(model.title), "Título");
		assert_string_equal(text_title(&model), "Título");
	}
}

/* ---- formats ---- */

static void numbers_and_times_read_as_people_write_them(void **state)
{
	char text[80];

	(void)state;
	locale_use("es-MX");
	format_clock(text, sizeof(text), FIXTURE_NOW_UNIX_MS, FIXTURE_UTC_OFFSET);
	assert_string_equal(text, "10:42");
	format_day(text, sizeof(text), FIXTURE_NOW_UNIX_MS, FIXTURE_UTC_OFFSET);
	assert_string_equal(text, "mar 14 oct");
	format_day(text, sizeof(text), 951782400000, 0); /* 29 February 2000, a Tuesday */
	assert_string_equal(text, "mar 29 feb");
	format_curp(text, sizeof(text), "BEML920313HMCLNS09");
	assert_string_equal(text, "BEML 920313 H MC LNS 09");
	format_curp(text, sizeof(text), "BEML92");
	assert_string_equal(text, "BEML92");
	format_folio(text, sizeof(text), "04120A7K7F3K9QX2");
	assert_string_equal(text, "0412 0A7K 7F3K 9QX2");
	format_folio(text, sizeof(text), "0412-0A7K-7F3K-9QX2");
	assert_string_equal(text, "0412-0A7K-7F3K-9QX2");
	format_expected(text, sizeof(text), 6000);
	assert_string_equal(text, "Suele tardar menos de 10 segundos.");
	format_expected(text, sizeof(text), 0);
	assert_string_equal(text, "Puede tardar un momento.");
}

static void a_mask_does_not_tell_the_length(void **state)
{
	char one[64], other[64];

	(void)state;
	format_masked(one, sizeof(one), "LI");
	format_masked(other, sizeof(other), "MARÍA GUADALUPE NÚÑEZ IBÁÑEZ");
	assert_string_equal(one, other);
	format_masked(one, sizeof(one), "");
	assert_string_equal(one, "");
}

/* ---- keyboards and entries ---- */

static int column_of(enum keyboard_layout layout, const char *text)
{
	const struct keyboard *keyboard = keyboard_get(layout);

	for (size_t r = 0; r < keyboard->row_count; r++) {
		int column = 0;

		for (size_t k = 0; k < keyboard->rows[r].count; k++) {
			const struct keyboard_key *key = &keyboard->rows[r].keys[k];

			if (key->text != NULL && strcmp(key->text, text) == 0)
				return column;
			column += key->columns;
		}
	}
	return -1;
}

static void letters_never_move_between_layouts(void **state)
{
	(void)state;
	for (char c = 'A'; c <= 'Z'; c++) {
		char text[2] = {c, '\0'};
		int column = column_of(KEYBOARD_CURP, text);

		assert_true(column >= 0);
		assert_int_equal(column_of(KEYBOARD_NAME, text), column);
		assert_int_equal(column_of(KEYBOARD_TEXT, text), column);
	}
	assert_int_equal(column_of(KEYBOARD_NAME, "Ñ"), column_of(KEYBOARD_CURP, "Ñ"));
}

static void each_row_fills_its_grid_and_each_key_has_one_id(void **state)
{
	(void)state;
	for (int l = 0; l < KEYBOARD_LAYOUT_COUNT; l++) {
		const struct keyboard *keyboard = keyboard_get((enum keyboard_layout)l);

		for (size_t r = 0; r < keyboard->row_count; r++) {
			int columns = 0;

			for (size_t k = 0; k < keyboard->rows[r].count; k++) {
				const struct keyboard_key *key = &keyboard->rows[r].keys[k];

				columns += key->columns;
				assert_ptr_equal(keyboard_find((enum keyboard_layout)l,
							 keyboard_key_id(key)),
					key);
			}
			/* 0 stands under 8, the 00 beside it, nothing on the other side. */
			if (l == KEYBOARD_AMOUNT)
				assert_true(columns <= keyboard->columns);
			else
				assert_int_equal(columns, keyboard->columns);
		}
	}
}

/* Both have the same keys, each once; on the one for switches a row fills its grid too. */
static void the_keyboard_for_switches_has_every_key(void **state)
{
	(void)state;
	for (int l = 0; l < KEYBOARD_LAYOUT_COUNT; l++) {
		const struct keyboard *plain = keyboard_get((enum keyboard_layout)l);
		const struct keyboard *scan = keyboard_get_scan((enum keyboard_layout)l);
		size_t counts[2] = {0, 0};

		for (size_t r = 0; r < plain->row_count; r++)
			counts[0] += plain->rows[r].count;
		for (size_t r = 0; r < scan->row_count; r++) {
			int columns = 0;

			for (size_t k = 0; k < scan->rows[r].count; k++) {
				columns += scan->rows[r].keys[k].columns;
				assert_non_null(keyboard_find((enum keyboard_layout)l,
					keyboard_key_id(&scan->rows[r].keys[k])));
			}
			counts[1] += scan->rows[r].count;
			if (l != KEYBOARD_AMOUNT)
				assert_int_equal(columns, scan->columns);
		}
		assert_int_equal(counts[0], counts[1]);
		assert_true(keyboard_is_pad((enum keyboard_layout)l) == (plain == scan));
	}
	/* Letters never move here either. */
	for (size_t r = 0; r < 5; r++)
		for (size_t k = 0; k < (r < 4 ? 6 : 3); k++) {
			const char *text = keyboard_get_scan(KEYBOARD_CURP)->rows[r].keys[k].text;

			assert_string_equal(
				keyboard_get_scan(KEYBOARD_NAME)->rows[r].keys[k].text, text);
			assert_string_equal(
				keyboard_get_scan(KEYBOARD_TEXT)->rows[r].keys[k].text, text);
		}
}

static void a_language_adds_its_row_above_and_moves_no_letter(void **state)
{
	const struct keyboard *plain = keyboard_get(KEYBOARD_NAME);
	int column = column_of(KEYBOARD_NAME, "M");
	(void)state;

	assert_null(keyboard_find(KEYBOARD_NAME, "ꞌ"));
	/* Ü is there already; what exceeds ten is left out. */
	keyboard_set_language_row("ꞌ Ü  Ā ɨ a̱ 5 6 7 8 9 Ē Ī");
	const struct keyboard *keyboard = keyboard_get(KEYBOARD_NAME);
	assert_int_equal(keyboard->row_count, plain->row_count + 1);
	assert_string_equal(keyboard->rows[0].keys[0].text, "ꞌ");
	assert_string_equal(keyboard->rows[0].keys[1].text, "Ā");
	/* No registered name has these: the check of names would refuse them. */
	assert_null(keyboard_find(KEYBOARD_NAME, "ɨ"));
	assert_null(keyboard_find(KEYBOARD_NAME, "a̱"));
	assert_non_null(keyboard_find(KEYBOARD_TEXT, "ɨ"));
	assert_int_equal(keyboard->rows[0].count, 7);
	assert_null(keyboard_find(KEYBOARD_NAME, "Ē"));
	assert_int_equal(column_of(KEYBOARD_NAME, "M"), column);
	assert_memory_equal(&keyboard->rows[1], &plain->rows[0], sizeof(plain->rows[0]));
	/* Digits are on the keyboard of texts. */
	assert_int_equal(keyboard_get(KEYBOARD_TEXT)->rows[0].count, 4);
	assert_null(keyboard_find(KEYBOARD_CURP, "ꞌ"));
	assert_null(keyboard_find(KEYBOARD_EMAIL, "ꞌ"));
	/* For switches it is the last row, with every letter of it. */
	keyboard = keyboard_get_scan(KEYBOARD_NAME);
	assert_int_equal(keyboard->row_count, 6);
	assert_string_equal(keyboard->rows[0].keys[0].text, "A");
	assert_int_equal(keyboard->rows[5].count, 7);
	assert_int_equal(keyboard->columns, 8);
	keyboard_set_language_row("");
	assert_null(keyboard_find(KEYBOARD_NAME, "ꞌ"));
	assert_ptr_equal(keyboard_get(KEYBOARD_NAME), plain);
}

/* Keyboard, check and message agree: whatever can be typed into a name is taken as one. */
static void every_key_of_names_is_taken_by_the_registry(void **state)
{
	static const char *const languages[] = {"es-MX", "en", "nah", "yua"};
	size_t checked = 0;

	(void)state;
	for (size_t l = 0; l < VT_ELEMENTS(languages); l++) {
		locale_use(languages[l]);
		keyboard_set_language_row(locale_keys());
		const struct keyboard *keyboard = keyboard_get(KEYBOARD_NAME);
		for (size_t r = 0; r < keyboard->row_count; r++)
			for (size_t k = 0; k < keyboard->rows[r].count; k++) {
				const struct keyboard_key *key = &keyboard->rows[r].keys[k];
				char name[32], normal[NAME_SIZE];

				if (key->kind != KEY_CHAR)
					continue;
				assert_true(vt_format(name, sizeof(name), "A%sA", key->text));
				assert_int_equal(name_normalise(name, NAME_MAX_CHARS, normal,
							 sizeof(normal)),
					NAME_OK);
				checked++;
			}
	}
	assert_true(checked > 4 * 30);
	locale_use("es-MX");
	keyboard_set_language_row("");
}

static void digits_stand_in_telephone_order_with_00_for_amounts_alone(void **state)
{
	struct screen_field field = {.type = FIELD_NUMBER, .max_length = 5};
	struct entry entry = {0};
	char value[VT_MAX_VALUE];
	(void)state;

	for (int l = KEYBOARD_NUMBER; l <= KEYBOARD_AMOUNT; l++)
		for (char c = '1'; c <= '9'; c++) {
			char text[2] = {c, '\0'};
			const struct keyboard *keyboard = keyboard_get((enum keyboard_layout)l);

			assert_string_equal(
				keyboard->rows[(c - '1') / 3].keys[(c - '1') % 3].text, text);
		}
	assert_int_equal(column_of(KEYBOARD_AMOUNT, "0"), column_of(KEYBOARD_AMOUNT, "8"));
	assert_null(keyboard_find(KEYBOARD_NUMBER, "00"));
	entry_init(&entry, &field);
	(void)entry_press(&entry, keyboard_find(KEYBOARD_AMOUNT, "4"));
	(void)entry_press(&entry, keyboard_find(KEYBOARD_AMOUNT, "00"));
	(void)entry_press(&entry, keyboard_find(KEYBOARD_AMOUNT, "5"));
	/* Both or none: half of the key would be another amount. */
	assert_false(entry_press(&entry, keyboard_find(KEYBOARD_AMOUNT, "00")));
	entry_value(&entry, value);
	assert_string_equal(value, "4005");
	entry_finish(&entry);
}

static void press(struct entry *entry, const char *id)
{
	enum keyboard_layout layout;

	assert_true(entry_layout(entry, &layout));
	assert_non_null(keyboard_find(layout, id));
	(void)entry_press(entry, keyboard_find(layout, id));
}

static void a_text_takes_the_rfc_of_a_company_and_a_name_does_not(void **state)
{
	struct screen_field field = {.type = FIELD_TEXT, .max_length = 12};
	struct entry entry = {0};
	char value[VT_MAX_VALUE];

	(void)state;
	entry_init(&entry, &field);
	press(&entry, "D");
	press(&entry, "&");
	press(&entry, "Ñ");
	press(&entry, "9");
	entry_value(&entry, value);
	assert_string_equal(value, "D&Ñ9");
	assert_null(keyboard_find(KEYBOARD_NAME, "&"));
	assert_null(keyboard_find(KEYBOARD_CURP, "&"));
}

static void an_entry_stops_at_its_length_in_letters(void **state)
{
	struct screen_field field = {.type = FIELD_NAME, .max_length = 3};
	struct entry entry = {0};
	char value[VT_MAX_VALUE];

	(void)state;
	entry_init(&entry, &field);
	press(&entry, "Ñ");
	press(&entry, "Ü");
	press(&entry, "accent");
	press(&entry, "A");
	press(&entry, "B");
	entry_value(&entry, value);
	assert_string_equal(value, "ÑÜÁ");
	assert_false(entry_allows(&entry, keyboard_find(KEYBOARD_NAME, "space")));
	assert_true(entry_allows(&entry, keyboard_find(KEYBOARD_NAME, "delete")));
	entry_finish(&entry);
}

static void a_value_from_core_is_offered_again(void **state)
{
	struct screen_field curp = {.type = FIELD_CURP, .value = " beml-920313 hmclns09"};
	struct screen_field date = {.type = FIELD_DATE, .value = "13/03/1992"};
	struct screen_field broken = {.type = FIELD_DATE, .value = "99/99/9999"};
	struct entry entry = {0};
	char value[VT_MAX_VALUE];

	(void)state;
	entry_init(&entry, &curp);
	assert_string_equal(entry.text, "BEML920313HMCLNS09");
	entry_init(&entry, &date);
	entry_value(&entry, value);
	assert_string_equal(value, "13/03/1992");
	entry_init(&entry, &broken);
	entry_value(&entry, value);
	assert_string_equal(value, "");
	entry_finish(&entry);
}

static void local_checks_name_what_is_wrong(void **state)
{
	static const struct {
		enum field_type type;
		const char *text, *error;
	} rows[] = {
		{FIELD_CURP, "BEML920313HMCLNS09", ""},
		{FIELD_CURP, "BEML920313HMCLNS08", "curp.CHECK"},
		{FIELD_CURP, "BEML92", "curp.SHORT"},
		{FIELD_CURP, "", "required"},
		{FIELD_NAME, "", "required"},
		{FIELD_NAME, "   ", "required"},
		{FIELD_CHOICE, "", "choice"},
		{FIELD_ENTITY, "", "choice"},
		{FIELD_EMAIL, "luis@correo.mx", ""},
		{FIELD_EMAIL, "luis@correo", "email"},
		{FIELD_EMAIL, "@correo.mx", "email"},
		{FIELD_EMAIL, "luis@@correo.mx", "email"},
		{FIELD_EMAIL, "luis@correo.", "email"},
	};
	const struct vt_date today = {2025, 10, 14};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct entry entry = {.type = rows[i].type, .max_length = 50};

		vt_copy_cut(entry.text, sizeof(entry.text), rows[i].text);
		assert_string_equal(entry_error(&entry, today), rows[i].error);
		entry.optional = true;
		if (rows[i].text[0] == '\0')
			assert_string_equal(entry_error(&entry, today), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_language_is_used_and_left_again),
		cmocka_unit_test(unknown_and_hostile_codes_show_spanish),
		cmocka_unit_test(plurals_follow_the_number),
		cmocka_unit_test(spanish_steps_in_string_by_string),
		cmocka_unit_test(a_folder_without_catalogues_is_refused),
		cmocka_unit_test(every_problem_says_its_three_parts),
		cmocka_unit_test(every_id_has_words_of_its_own),
		cmocka_unit_test(a_model_without_a_title_gets_one),
		cmocka_unit_test(numbers_and_times_read_as_people_write_them),
		cmocka_unit_test(a_mask_does_not_tell_the_length),
		cmocka_unit_test(letters_never_move_between_layouts),
		cmocka_unit_test(each_row_fills_its_grid_and_each_key_has_one_id),
		cmocka_unit_test(the_keyboard_for_switches_has_every_key),
		cmocka_unit_test(a_language_adds_its_row_above_and_moves_no_letter),
		cmocka_unit_test(every_key_of_names_is_taken_by_the_registry),
		cmocka_unit_test(digits_stand_in_telephone_order_with_00_for_amounts_alone),
		cmocka_unit_test(a_text_takes_the_rfc_of_a_company_and_a_name_does_not),
		cmocka_unit_test(an_entry_stops_at_its_length_in_letters),
		cmocka_unit_test(a_value_from_core_is_offered_again),
		cmocka_unit_test(local_checks_name_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, open_locales, NULL);
}
