#ifndef VT_UI_TOOLKIT_THEME_H
#define VT_UI_TOOLKIT_THEME_H

/* Colours and shapes of a theme, by token. Code names tokens, never colours (UI.md §5).
 *
 * A theme is a folder assets/theme/<name>/ with one file for each contrast: light, high-dark,
 * high-light and low-glare.tokens, and technician.tokens for their screens. A line is `token
 * value`, '#' in the first column starts a comment; colours are #RRGGBB or #RRGGBBAA, switches yes
 * or no, widths numbers of units. Every token must be there exactly once; a missing or unknown one
 * refuses the theme. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/error.h"

/* X(COLOR_ id, "token in the file") */
#define THEME_COLORS(X)                                                          \
	X(BG, "bg")                                                              \
	X(SURFACE, "surface")                                                    \
	X(SURFACE2, "surface2")                                                  \
	X(TEXT, "text")                                                          \
	X(TEXT2, "text2")	  /* not on SURFACE2 */                          \
	X(BRAND_TOP, "brand-top") /* gradient of the header */                   \
	X(BRAND_BOTTOM, "brand-bottom")                                          \
	X(ON_BRAND, "on-brand")                                                  \
	X(ON_BRAND2, "on-brand2") /* second lines, step text */                  \
	X(EMBLEM, "emblem")                                                      \
	X(GOLD, "gold") /* lines and shapes, never text */                       \
	X(GOLD_LIGHT, "gold-light")                                              \
	X(ACTION, "action")                                                      \
	X(ACTION_BOTTOM, "action-bottom")                                        \
	X(ON_ACTION, "on-action")                                                \
	X(TINT, "tint")                                                          \
	X(ACTION_TEXT, "action-text") /* words of outlined and tinted buttons */ \
	X(ICON, "icon")		      /* icons beside text */                    \
	X(OK, "ok")                                                              \
	X(OK_BOTTOM, "ok-bottom")                                                \
	X(OK_BG, "ok-bg")                                                        \
	X(ON_OK, "on-ok")                                                        \
	X(WARN, "warn")                                                          \
	X(WARN_BG, "warn-bg")                                                    \
	X(ERROR, "error")                                                        \
	X(ERROR_BG, "error-bg")                                                  \
	X(INFO, "info")                                                          \
	X(INFO_BG, "info-bg")                                                    \
	X(CONTROL, "control") /* edge of what can be operated */                 \
	X(LINE, "line")	      /* hairlines, decoration only */                   \
	X(FOCUS_OUTER, "focus-outer")                                            \
	X(FOCUS_INNER, "focus-inner")                                            \
	X(DISABLED, "disabled") /* keyboard keys only */                         \
	X(DISABLED_BG, "disabled-bg")                                            \
	X(SCRIM, "scrim")                                                        \
	X(SHADOW, "shadow") /* alpha is set by the level */

/* X(member, "token"): yes/no */
#define THEME_SWITCHES(X)                                               \
	X(gradients, "gradients") /* second colour of a fill is used */ \
	X(shadows, "shadows")                                           \
	X(decoration, "decoration") /* stepped frets, gold line */
/* X(member, "token"): units */
#define THEME_WIDTHS(X)                                            \
	X(border_card, "border-card")	    /* cards and panels */ \
	X(border_control, "border-control") /* secondary buttons, input boxes */

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
	THEME_MODE_COUNT, /* what people choose from; behind it what a screen has by itself */
	THEME_TECHNICIAN = THEME_MODE_COUNT,
	THEME_PALETTE_COUNT
};
extern const char *const theme_mode_names[THEME_PALETTE_COUNT];

struct theme_palette {
	uint32_t argb[COLOR_COUNT]; /* 0xAARRGGBB, straight alpha; [COLOR_NONE] = 0 */
#define X(member, token) bool member;
	THEME_SWITCHES(X)
#undef X
#define X(member, token) int member;
	THEME_WIDTHS(X)
#undef X
};

struct theme {
	struct theme_palette modes[THEME_PALETTE_COUNT];
};

/* Reads the five files of folder. VT_ERR_NOT_FOUND, VT_ERR_PARSE with file and token in error;
 * *ret_theme is untouched on failure. */
VT_MUST_USE enum vt_code theme_load(
	const char *folder, struct theme *ret_theme, struct vt_error *error);

#endif
