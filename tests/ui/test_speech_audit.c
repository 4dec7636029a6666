/* The audit of speech (UI.md §18) over every fixture in every shipped language: each node with a
 * role is said, in that language; what is a citizen's is marked; what is masked stays masked. A
 * screen that does not pass fails the build. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/screens_stage.h"
#include "ui/screens/locale.h"
#include "ui/speech/utter.h"

static struct stage stage;
static struct utterances screen_said, node_said;
static int problems, nodes_seen;
static const struct fixture *fixture;
static const char *language;

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

static void complain(const struct node *node, const char *what, const char *text)
{
	fprintf(stderr, "%s %s: %s %s: %s \"%s\"\n", fixture->name, language,
		node_role_names[node->spec.role], node->spec.id ? node->spec.id : "-", what, text);
	problems++;
}

static bool is_container(enum node_role role)
{
	return role == ROLE_NONE || role == ROLE_SCREEN || role == ROLE_BANNER ||
	       role == ROLE_NAVIGATION || role == ROLE_RADIOGROUP || role == ROLE_GROUP ||
	       role == ROLE_LIST || role == ROLE_TABLIST || role == ROLE_ALERTDIALOG;
}

/* A character of the values that the fixtures' citizens own. */
static bool has_digit_or_key(const char *text)
{
	return strpbrk(text, "0123456789") != NULL && strstr(text, "asteri") == NULL;
}

static bool is_heard_on_screen(const char *text)
{
	for (size_t i = 0; i < screen_said.count; i++)
		if (strcmp(utter_text(&screen_said, i), text) == 0)
			return true;
	return false;
}

/* Each text of a citizen's leaves as personal, whichever way it is said. */
static void check_personal(const struct node *node)
{
	for (size_t i = 0; i < node_said.count; i++) {
		const char *text = utter_text(&node_said, i);
		bool is_value = node->spec.value && *node->spec.value && node->spec.personal &&
				strcmp(text, node->spec.value) == 0;
		if (is_value && !node_said.list[i].personal)
			complain(node, "said to the room", text);
		if (fixture->masked && node->spec.role != ROLE_KEY && node_said.list[i].personal &&
			has_digit_or_key(text))
			complain(node, "unmasked", text);
	}
}

static void check_node(const struct node *node)
{
	utter_clear(&node_said);
	utter_node(stage.ui, node, true, &node_said);
	nodes_seen++;
	if (node_said.count == 0) {
		complain(node, "is not said", "");
		return;
	}
	for (size_t i = 0; i < node_said.count; i++) {
		const char *text = utter_text(&node_said, i), *lang = node_said.list[i].lang;
		if (!vt_utf8_valid(text, strlen(text)))
			complain(node, "is not UTF-8", text);
		/* What comes from the fixture in another language says so; what a language pack
		 * lacks is Spanish. */
		if (!node->spec.lang && strcmp(lang, language) != 0 &&
			!(locale_is_partial() && strcmp(lang, LOCALE_DEFAULT) == 0))
			complain(node, "is in another language", lang);
	}
	check_personal(node);
}

static void check_tree(const struct node *node)
{
	if (node->hidden)
		return;
	if (!is_container(node->spec.role))
		check_node(node);
	/* Any text of the contents that is a citizen's must have been marked on the screen. */
	if (node->spec.text && node->spec.personal && is_heard_on_screen(node->spec.text))
		for (size_t i = 0; i < screen_said.count; i++)
			if (strcmp(utter_text(&screen_said, i), node->spec.text) == 0 &&
				!screen_said.list[i].personal)
				complain(node, "said to the room", node->spec.text);
	for (const struct node *child = node->first_child; child; child = child->next)
		check_tree(child);
}

static bool has_kind(enum utter_kind kind)
{
	for (size_t i = 0; i < screen_said.count; i++)
		if (screen_said.list[i].kind == kind)
			return true;
	return false;
}

static void audit(const char *lang)
{
	language = lang;
	for (size_t f = 0; f < fixture_count; f++) {
		const struct node *top;

		fixture = &fixtures[f];
		stage_show(&stage, fixture, lang, NULL);
		language = ui_lang(stage.ui);
		utter_clear(&screen_said);
		utter_screen(stage.ui, &screen_said);
		top = ui_modal_root(stage.ui);
		if (!has_kind(UTTER_TITLE))
			complain(top, "screen without a spoken title", "");
		if (screen_said.is_cut)
			complain(top, "screen says more than fits", "");
		check_tree(top);
	}
}

static void every_node_is_said_in_every_shipped_language(void **state)
{
	static const char *const languages[] = {"es-MX", "en"};

	(void)state;
	problems = nodes_seen = 0;
	for (size_t i = 0; i < VT_ELEMENTS(languages); i++)
		audit(languages[i]);
	print_message("%d nodes said in %zu languages\n", nodes_seen, VT_ELEMENTS(languages));
	assert_true(nodes_seen > 1000);
	assert_int_equal(problems, 0);
}

/* The pseudo-locale shows what does not come from the catalogues: words without its brackets. */
static void no_word_of_speech_is_written_into_the_code(void **state)
{
	static const char *const ids[] = {"field", "primary", "choice-M", "consent"};
	static const char *const names[] = {
		"curp-error", "review-fee", "question-sex", "home", "question-optional"};
	int words = 0;

	(void)state;
	for (size_t f = 0; f < VT_ELEMENTS(names); f++) {
		stage_show(&stage, fixture_find(names[f]), "qps", NULL);
		for (size_t i = 0; i < VT_ELEMENTS(ids); i++) {
			const struct node *node = ui_find(stage.ui, ids[i]);
			if (!node)
				continue;
			utter_clear(&node_said);
			utter_node(stage.ui, node, false, &node_said);
			/* The first is the name, which may be the fixture's; a value is personal.
			 */
			for (size_t u = 1; u < node_said.count; u++) {
				const char *text = utter_text(&node_said, u);
				if (node_said.list[u].personal)
					continue;
				words++;
				if (strchr(text, '[') == NULL)
					fail_msg("%s %s: \"%s\"", names[f], ids[i], text);
			}
		}
	}
	assert_true(words >= 6);
}

/* The audit bites. */
static void a_control_without_a_name_is_found(void **state)
{
	struct ui *ui = stage.ui;

	(void)state;
	fixture = &fixtures[0];
	language = "es-MX";
	ui_begin(ui, "home", "es-MX");
	node_add(
		ui, &(struct node_spec){.role = ROLE_IMG, .id = "mute", .width = length_units(10)});
	assert_int_equal(ui_end(ui), VT_OK);
	problems = 0;
	check_tree(ui_root(ui));
	assert_int_equal(problems, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_is_said_in_every_shipped_language),
		cmocka_unit_test(no_word_of_speech_is_written_into_the_code),
		cmocka_unit_test(a_control_without_a_name_is_found),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
