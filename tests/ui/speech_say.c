/* Prints what a person who listens hears on the screens of the fixtures: kind, language, whether it
 * is personal, text.
 *
 * usage: speech_say [LANG [FIXTURE …]] */

#include <stdio.h>
#include <stdlib.h>

#include "tests/ui/screens_stage.h"
#include "ui/speech/utter.h"

static struct stage stage;
static struct utterances said;

static void print(const struct fixture *fixture, const char *lang)
{
	const struct node *first;

	stage_show(&stage, fixture, lang, NULL);
	utter_clear(&said);
	utter_screen(stage.ui, &said);
	first = utter_first_focus(stage.ui);
	if (first != NULL)
		utter_node(stage.ui, first, false, &said);
	printf("%s\n", fixture->name);
	for (size_t i = 0; i < said.count; i++)
		printf("  %-7s %-5s %s %s\n", utter_kind_names[said.list[i].kind],
			said.list[i].lang, said.list[i].personal ? "*" : " ", utter_text(&said, i));
}

int main(int argc, char **argv)
{
	const char *lang = argc > 1 ? argv[1] : "es-MX";

	stage_open(&stage, NULL, NULL);
	for (int i = 2; i < argc; i++) {
		const struct fixture *fixture = fixture_find(argv[i]);

		if (fixture == NULL) {
			fprintf(stderr, "speech_say: no fixture %s\n", argv[i]);
			return 2;
		}
		print(fixture, lang);
	}
	for (size_t i = 0; argc <= 2 && i < fixture_count; i++)
		print(&fixtures[i], lang);
	stage_close(&stage);
	return 0;
}
