/* Draws fixtures into PNG files, to be looked at.
 * usage: screens_draw DIR [LANG [SIZE [CONTRAST [REACH [THEME]]]]] -- [FIXTURE …] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ui/screens_stage.h"

int main(int argc, char **argv)
{
	const char *lang = "es-MX", *theme = NULL;
	struct look look = {.name = ""};
	struct stage stage;
	int first = 1;

	while (first < argc && strcmp(argv[first], "--") != 0)
		first++;
	if (first < 2) {
		fprintf(stderr, "usage: screens_draw DIR [LANG [SIZE [CONTRAST [REACH [THEME]]]]] "
				"-- [FIXTURE ...]\n");
		return 2;
	}
	if (first > 2)
		lang = argv[2];
	if (first > 3)
		look.text_size = argv[3][0] - '0';
	if (first > 4)
		look.contrast = argv[4][0] - '0';
	if (first > 5)
		look.reach = argv[5][0] == '1';
	if (first > 6)
		theme = argv[6];
	stage_open(&stage, theme, NULL);
	for (size_t i = 0; i < fixture_count; i++) {
		bool wanted = first + 1 >= argc;
		struct vt_error error;
		char path[512];

		for (int a = first + 1; a < argc; a++)
			wanted = wanted || strcmp(argv[a], fixtures[i].name) == 0;
		if (!wanted)
			continue;
		stage_show(&stage, &fixtures[i], lang, &look);
		(void)snprintf(path, sizeof(path), "%s/%s.png", argv[1], fixtures[i].name);
		if (canvas_write_png(ui_canvas(stage.ui), path, &error) != VT_OK) {
			fprintf(stderr, "%s\n", error.msg);
			return 1;
		}
	}
	stage_close(&stage);
	return 0;
}
