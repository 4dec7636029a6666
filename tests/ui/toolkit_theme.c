/* Theme files: the shipped ones load, damaged ones are refused by name. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/cmocka_prelude.h"
#include "terminal/base/text.h"
#include "ui/toolkit/icon_table.h"
#include "ui/toolkit/theme.h"

static const char *source(void)
{
	const char *path = getenv("VT_SOURCE_DIR");

	return path ? path : ".";
}

static void every_shipped_theme_loads(void **state)
{
	static const char *const names[] = {"reference", "neutral"};
	struct theme theme;
	struct vt_error error = {0};
	char path[512];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(names); i++) {
		assert_true(
			vt_format(path, sizeof(path), "%s/assets/theme/%s", source(), names[i]));
		if (theme_load(path, &theme, &error) != VT_OK)
			fail_msg("%s", error.msg);
		for (int mode = 0; mode < THEME_PALETTE_COUNT; mode++)
			for (int c = 1; c < COLOR_COUNT; c++)
				if (c != COLOR_SCRIM)
					assert_int_equal(theme.modes[mode].argb[c] >> 24, 0xFF);
		assert_int_equal(theme.modes[THEME_LIGHT].argb[COLOR_NONE], 0);
		assert_true(theme.modes[THEME_LIGHT].shadows);
		assert_false(theme.modes[THEME_HIGH_DARK].gradients);
		assert_int_equal(theme.modes[THEME_HIGH_DARK].argb[COLOR_BG], 0xFF000000);
		assert_int_equal(theme.modes[THEME_HIGH_DARK].argb[COLOR_TEXT], 0xFFFFFFFF);
	}
}

static char folder[] = "/tmp/vt-theme-XXXXXX";

static void write_mode(const char *name, const char *from, const char *drop, const char *add)
{
	char path[600], line[256];

	assert_true(vt_format(
		path, sizeof(path), "%s/assets/theme/reference/%s.tokens", source(), from));
	FILE *in = fopen(path, "r");
	assert_true(vt_format(path, sizeof(path), "%s/%s.tokens", folder, name));
	FILE *out = fopen(path, "w");
	assert_non_null(in);
	assert_non_null(out);
	while (fgets(line, sizeof(line), in))
		if (!drop || strncmp(line, drop, strlen(drop)) != 0)
			fputs(line, out);
	fputs(add, out);
	fclose(in);
	fclose(out);
}

/* Light mode with one token's line replaced; the error must name what is wrong. */
static void assert_refused(const char *drop, const char *add, const char *in_message)
{
	struct theme theme, before;
	struct vt_error error = {0};

	memset(&theme, 0x5A, sizeof(theme));
	before = theme;
	write_mode("light", "light", drop, add);
	assert_int_equal(theme_load(folder, &theme, &error), VT_ERR_PARSE);
	assert_non_null(strstr(error.msg, in_message));
	assert_memory_equal(&theme, &before, sizeof(theme));
}

static void damaged_themes_are_refused(void **state)
{
	struct theme theme;
	struct vt_error error;
	char path[600];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(theme_load(folder, &theme, &error), VT_ERR_NOT_FOUND);
	for (int mode = 0; mode < THEME_PALETTE_COUNT; mode++)
		write_mode(theme_mode_names[mode], theme_mode_names[mode], NULL, "");
	assert_int_equal(theme_load(folder, &theme, &error), VT_OK);
	assert_refused("focus-inner", "", "focus-inner");
	assert_refused("text2", "text2 #12345\n", "light.tokens");
	assert_refused("text2", "text2 123456\n", "light.tokens");
	assert_refused("text2", "text2 #GG3456\n", "light.tokens");
	assert_refused("text2", "text2 #123456 more\n", "light.tokens");
	assert_refused(NULL, "text2 #123456\n", "light.tokens"); /* twice */
	assert_refused(NULL, "invented #123456\n", "light.tokens");
	assert_refused("shadows", "shadows maybe\n", "light.tokens");
	assert_refused("border-card", "border-card 99\n", "light.tokens");
	assert_refused("border-card", "border-card -1\n", "light.tokens");
	for (int mode = 0; mode < THEME_PALETTE_COUNT; mode++) {
		assert_true(vt_format(
			path, sizeof(path), "%s/%s.tokens", folder, theme_mode_names[mode]));
		unlink(path);
	}
	rmdir(folder);
}

static void icons_are_found_by_name(void **state)
{
	(void)state;
	assert_non_null(icon_find("arrow-right"));
	assert_int_equal(icon_find("arrow-right")->bold, 0xE06C);
	assert_null(icon_find("no-such-icon"));
	assert_null(icon_find(""));
	for (size_t i = 1; i < icon_table_count; i++)
		assert_true(strcmp(icon_table[i - 1].name, icon_table[i].name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_theme_loads),
		cmocka_unit_test(damaged_themes_are_refused),
		cmocka_unit_test(icons_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
