/* The semantic tree as its readers get it (UI.md §18), judged by jansson. */

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/toolkit_trees.h"
#include "ui/toolkit/input.h"
#include "ui/toolkit/semantics.h"
#include "ui/toolkit/widget.h"

static json_t *dump(struct ui *ui)
{
	struct vt_buf out;
	json_error_t error;

	vt_buf_init(&out, 1 << 22);
	semantics_write(ui, 7, &out);
	json_t *root = json_loads(vt_buf_text(&out), JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s at %d", error.text, error.position);
	vt_buf_finish(&out);
	return root;
}

static const char *text_of(const json_t *node, const char *member)
{
	const char *text = json_string_value(json_object_get(node, member));

	assert_non_null(text);
	return text;
}

static json_t *find(json_t *list, const char *role, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *node = json_array_get(list, i);
		if (strcmp(text_of(node, "role"), role) == 0 &&
			strcmp(text_of(node, "name"), name) == 0)
			return node;
		json_t *inside = find(json_object_get(node, "children"), role, name);
		if (inside)
			return inside;
	}
	return NULL;
}

static int number(const json_t *list, size_t index)
{
	return (int)json_integer_value(json_array_get(list, index));
}

static void each_node_says_what_it_is_where_and_how_large(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	trees_home(ui, &(struct trees_home){0});
	json_t *root = dump(ui);
	assert_int_equal(number(json_object_get(root, "screen"), 0), 1080);
	assert_int_equal(number(json_object_get(root, "screen"), 1), 1920);
	assert_int_equal(json_integer_value(json_object_get(root, "revision")), 7);
	json_t *tree = json_object_get(root, "tree");
	assert_string_equal(text_of(json_array_get(tree, 0), "role"), "screen");
	json_t *f1 = find(tree, "button", "Obtener mi CURP Consulta e impresión. Gratuito.");
	assert_non_null(f1);
	assert_string_equal(text_of(f1, "id"), "f1");
	assert_string_equal(text_of(f1, "action"), "open");
	assert_string_equal(text_of(f1, "lang"), "es-MX");
	assert_string_equal(text_of(f1, "fg"), "#FFFFFF");
	assert_int_equal(json_integer_value(json_object_get(f1, "px")), 28);
	assert_int_equal(json_integer_value(json_object_get(f1, "lines")), 2);
	assert_true(json_is_false(json_object_get(f1, "clipped")));
	assert_int_equal(json_array_size(json_object_get(f1, "texts")), 2);
	assert_int_equal(number(json_object_get(f1, "rect"), 0), 48);
	/* The heading is a node, in the banner. */
	json_t *banner = find(tree, "banner", "Ventanilla Ciudadana");
	assert_non_null(find(
		json_object_get(banner, "children"), "heading", "¿Qué trámite desea realizar?"));
	/* Reading the tree does not use it up. */
	for (int i = 0; i < 100; i++)
		json_decref(dump(ui));
	assert_string_equal(semantics_name(ui, ui_find(ui, "go")), "Continuar");
	assert_string_equal(semantics_name(ui, ui_find(ui, "c0")), "SAT Cita en el SAT");
	/* A text of no role is a note. */
	assert_non_null(find(tree, "note", "10:42"));
	json_decref(root);
	ui_destroy(&ui);
}

static void hidden_pages_are_not_listed(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	trees_home(ui, &(struct trees_home){.has_banner = true});
	json_t *root = dump(ui);
	assert_non_null(find(json_object_get(root, "tree"), "button", "SAT Cita en el SAT"));
	assert_null(find(json_object_get(root, "tree"), "button", "SAT Constancia de estudios"));
	json_decref(root);
	ui_destroy(&ui);
}

static void behind_a_dialogue_nothing_is_listed(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	trees_home(ui, &(struct trees_home){.has_dialog = true});
	json_t *root = dump(ui);
	json_t *tree = json_object_get(root, "tree");
	assert_int_equal(json_array_size(tree), 1);
	assert_non_null(find(tree, "alertdialog", "¿Sigue ahí?"));
	assert_non_null(find(tree, "button", "Sí, necesito más tiempo"));
	assert_null(find(tree, "button", "Continuar"));
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json_array_get(tree, 0), "states"), 0)),
		"modal");
	json_decref(root);
	ui_destroy(&ui);
}

static void states_values_and_focus_are_told(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	trees_curp(ui, "NU");
	input_set_focus(ui, "curp", true);
	json_t *root = dump(ui);
	json_t *tree = json_object_get(root, "tree");
	assert_string_equal(text_of(root, "focused"), "curp");
	json_t *box = find(tree, "textbox", "CURP");
	assert_string_equal(text_of(box, "value"), "NU");
	assert_int_equal(json_array_size(json_object_get(box, "texts")), 2);
	json_t *key = find(tree, "key", "1");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(key, "states"), 0)), "disabled");
	json_decref(root);
	ui_destroy(&ui);
}

static void hostile_text_stays_text(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	ui_begin(ui, "t", "");
	widget_text(ui, TYPE_BODY, COLOR_TEXT, "\"},{\"role\":\"button\\\x01\n");
	ui_end(ui);
	json_t *root = dump(ui);
	assert_null(find(json_object_get(root, "tree"), "button", ""));
	assert_non_null(
		find(json_object_get(root, "tree"), "note", "\"},{\"role\":\"button\\\x01 "));
	json_decref(root);
	ui_destroy(&ui);
}

static void any_tree_is_well_formed(void **state)
{
	struct ui *ui = trees_ui(profile_reference());

	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		trees_random(ui, seed, 80);
		json_decref(dump(ui));
	}
	ui_destroy(&ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_node_says_what_it_is_where_and_how_large),
		cmocka_unit_test(hidden_pages_are_not_listed),
		cmocka_unit_test(behind_a_dialogue_nothing_is_listed),
		cmocka_unit_test(states_values_and_focus_are_told),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(any_tree_is_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
