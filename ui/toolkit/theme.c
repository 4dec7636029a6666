#include "ui/toolkit/theme.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

const char *const theme_mode_names[THEME_PALETTE_COUNT] = {
	[THEME_LIGHT] = "light",
	[THEME_HIGH_DARK] = "high-dark",
	[THEME_HIGH_LIGHT] = "high-light",
	[THEME_LOW_GLARE] = "low-glare",
	[THEME_TECHNICIAN] = "technician",
};

enum token_kind { TOKEN_COLOR, TOKEN_SWITCH, TOKEN_WIDTH };

struct token {
	const char *name;
	enum token_kind kind;
	size_t offset; /* of its place in struct theme_palette */
};

static const struct token tokens[] = {
#define X(id, token) \
	{token, TOKEN_COLOR, offsetof(struct theme_palette, argb) + COLOR_##id * sizeof(uint32_t)},
	THEME_COLORS(X)
#undef X
#define X(member, token) {token, TOKEN_SWITCH, offsetof(struct theme_palette, member)},
		THEME_SWITCHES(X)
#undef X
#define X(member, token) {token, TOKEN_WIDTH, offsetof(struct theme_palette, member)},
			THEME_WIDTHS(X)
#undef X
};

/* "#RRGGBB" or "#RRGGBBAA" to 0xAARRGGBB. */
static bool parse_color(const char *text, uint32_t *ret)
{
	uint8_t bytes[4] = {0, 0, 0, 0xFF};
	size_t digits = strlen(text) - 1;

	if (text[0] != '#' || (digits != 6 && digits != 8))
		return false;
	if (!vt_unhex(bytes, digits / 2, text + 1))
		return false;
	*ret = (uint32_t)bytes[3] << 24 | (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 |
	       bytes[2];
	return true;
}

static bool parse_value(const struct token *token, const char *text, struct theme_palette *palette)
{
	char *place = (char *)palette + token->offset;
	uint32_t color;
	int64_t number;
	bool is_on = strcmp(text, "yes") == 0;
	int width;

	switch (token->kind) {
	case TOKEN_COLOR:
		if (!parse_color(text, &color))
			return false;
		memcpy(place, &color, sizeof(color));
		return true;
	case TOKEN_SWITCH:
		if (!is_on && strcmp(text, "no") != 0)
			return false;
		memcpy(place, &is_on, sizeof(is_on));
		return true;
	case TOKEN_WIDTH:
		if (vt_parse_i64(text, 0, 20, &number) != VT_OK)
			return false;
		width = (int)number;
		memcpy(place, &width, sizeof(width));
		return true;
	}
	return false;
}

static enum vt_code load_mode(
	const char *path, struct theme_palette *palette, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	bool seen[VT_ELEMENTS(tokens)] = {0};
	char line[160], name[64], value[64], rest[4];

	if (!file)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "theme: cannot read %s", path);
	memset(palette, 0, sizeof(*palette));
	for (int number = 1; fgets(line, sizeof(line), file); number++) {
		if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
			continue;
		int words = sscanf(line, "%63s %63s %3s", name, value, rest);
		size_t i = 0;
		while (i < VT_ELEMENTS(tokens) && strcmp(tokens[i].name, name) != 0)
			i++;
		if (words != 2 || i == VT_ELEMENTS(tokens) || seen[i] ||
			!parse_value(&tokens[i], value, palette))
			return vt_fail(error, VT_ERR_PARSE, 0,
				"theme: %s line %d: unknown, repeated or malformed", path, number);
		seen[i] = true;
	}
	for (size_t i = 0; i < VT_ELEMENTS(tokens); i++)
		if (!seen[i])
			return vt_fail(
				error, VT_ERR_PARSE, 0, "theme: %s lacks %s", path, tokens[i].name);
	return VT_OK;
}

enum vt_code theme_load(const char *folder, struct theme *ret_theme, struct vt_error *error)
{
	struct theme theme;
	char path[512];

	for (int mode = 0; mode < THEME_PALETTE_COUNT; mode++) {
		if (!vt_format(path, sizeof(path), "%s/%s.tokens", folder, theme_mode_names[mode]))
			return vt_fail(error, VT_ERR_LIMIT, 0, "theme: path too long");
		enum vt_code code = load_mode(path, &theme.modes[mode], error);
		if (code != VT_OK)
			return code;
	}
	*ret_theme = theme;
	return VT_OK;
}
