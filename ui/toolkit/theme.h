#ifndef VT_UI_TOOLKIT_THEME_H
#define VT_UI_TOOLKIT_THEME_H

/* Colours and shapes of a theme, by token. Code names tokens, never colours (UI.md §5).
 *
 * A theme is one INI file, assets/theme/<name>/theme.ini, with one section per contrast mode:
 * [light] [high-dark] [high-light] [low-glare] [technician]. Each section has every token of
 * THEME_COLORS as `token = #RRGGBB` or `#RRGGBBAA`, and every switch of THEME_SWITCHES as a number.
 * A missing or unknown token refuses the file. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/error.h"

/* X(COLOR_ id, "token in the file") */
#define THEME_COLORS(X)                                      \
	X(BG, "bg")                                          \
	X(SURFACE, "surface")                                \
	X(SURFACE2, "surface2")                              \
	X(TEXT, "text")                                      \
	X(TEXT2, "text2")                                    \
	X(BRAND_TOP, "brand-top")                            \
	X(BRAND_BOTTOM, "brand-bottom")                      \
	X(ON_BRAND, "on-brand")                              \
	X(ON_BRAND2, "on-brand2")                            \
	X(BRAND_PILL, "brand-pill")                          \
	X(BRAND_LINE, "brand-line")                          \
	X(GOLD, "gold")                                      \
	X(GOLD_LIGHT, "gold-light")                          \
	X(ACTION, "action")                                  \
	X(ACTION_BOTTOM, "action-bottom")                    \
	X(ON_ACTION, "on-action")                            \
	X(ACTION_TEXT, "action-text")                        \
	X(TINT, "tint")                                      \
	X(OK, "ok")                                          \
	X(OK_BOTTOM, "ok-bottom")                            \
	X(OK_BG, "ok-bg")                                    \
	X(OK_TRACK, "ok-track")                              \
	X(ON_OK, "on-ok")                                    \
	X(WARN, "warn")                                      \
	X(WARN_BG, "warn-bg")                                \
	X(ERROR, "error")                                    \
	X(ERROR_BG, "error-bg")                              \
	X(INFO, "info")                                      \
	X(INFO_BG, "info-bg")                                \
	X(BORDER, "border")                                  \
	X(LINE, "line")                                      \
	X(FOCUS_OUTER, "focus-outer")                        \
	X(FOCUS_INNER, "focus-inner")                        \
	X(DISABLED, "disabled")                              \
	X(DISABLED_BG, "disabled-bg")                        \
	X(SCRIM, "scrim")                                    \
	X(SHADOW, "shadow")                                  \
	X(PRESSED, "pressed") /* laid over a pressed node */ \
	X(KEY, "key")                                        \
	X(KEYBOARD, "keyboard")                              \
	X(RING_TRACK, "ring-track")

/* X(member, "switch in the file", meaning) */
#define THEME_SWITCHES(X)                                                                       \
	X(shadows, "shadows")			/* 1: draw shadows */                           \
	X(gradients, "gradients")		/* 1: second colour of fills is used */         \
	X(decoration, "decoration")		/* 1: stepped fret and other decoration */      \
	X(card_border, "card-border")		/* units: border of cards and panels */         \
	X(control_border, "control-border")	/* units: border of secondary buttons, boxes */ \
	X(focus_width, "focus-width")		/* units of each of the two rings */            \
	X(duotone_permille, "duotone-permille") /* strength of an icon's back layer, 0 … 1000 */

enum color {
	COLOR_NONE, /* not drawn */
#define X(id, token) COLOR_##id,
	THEME_COLORS(X)
#undef X
		COLOR_COUNT
};

enum theme_mode {
	THEME_LIGHT,
	THEME_HIGH_DARK,
	THEME_HIGH_LIGHT,
	THEME_LOW_GLARE,
	THEME_TECHNICIAN,
	THEME_MODE_COUNT
};
extern const char *const theme_mode_names[THEME_MODE_COUNT];

struct theme_palette {
	uint32_t argb[COLOR_COUNT]; /* 0xAARRGGBB, straight alpha; [COLOR_NONE] = 0 */
#define X(member, token) int member;
	THEME_SWITCHES(X)
#undef X
};

struct theme {
	char name[32];
	struct theme_palette modes[THEME_MODE_COUNT];
};

/* Reads a theme file. VT_ERR_NOT_FOUND, VT_ERR_PARSE with section and token in error; *ret_theme is
 * untouched on failure. */
VT_MUST_USE enum vt_code theme_load(
	const char *path, struct theme *ret_theme, struct vt_error *error);

#endif
