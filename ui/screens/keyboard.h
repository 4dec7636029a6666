#ifndef VT_UI_SCREENS_KEYBOARD_H
#define VT_UI_SCREENS_KEYBOARD_H

/* On-screen keyboards as data: rows of keys on a grid of ten columns, so that a letter stands in
 * the same place on every layout that has it (UI.md section 10: keys never move between modes). */

#include <stdbool.h>
#include <stddef.h>

enum keyboard_layout {
	KEYBOARD_CURP,	 /* digits and A-Z, Ñ; which are enabled depends on the position */
	KEYBOARD_NAME,	 /* A-Z, Ñ, accents, Ü, apostrophe, hyphen, point, slash, space */
	KEYBOARD_TEXT,	 /* the same with digits and &, without slash */
	KEYBOARD_EMAIL,	 /* lower case, digits, @ . - _ and endings of common domains */
	KEYBOARD_NUMBER, /* telephone order */
	KEYBOARD_AMOUNT, /* the same with 00, digits in the same places */
	KEYBOARD_LAYOUT_COUNT
};

enum keyboard_kind {
	KEY_CHAR,   /* text is typed as it stands */
	KEY_ACCENT, /* the next vowel gets an accent */
	KEY_SPACE,
	KEY_DELETE,
	KEY_CLEAR
};

struct keyboard_key {
	enum keyboard_kind kind;
	const char *text; /* UTF-8: what is typed, or NULL */
	int columns;	  /* width on the grid of ten (three or four on pads) */
};

#define KEYBOARD_MAX_ROWS 6
#define KEYBOARD_MAX_KEYS 10

struct keyboard {
	int columns; /* of the grid */
	size_t row_count;
	struct {
		size_t count;
		struct keyboard_key keys[KEYBOARD_MAX_KEYS];
	} rows[KEYBOARD_MAX_ROWS];
};

/* The row that a language adds to the keyboards of names and texts, above all others, so that no
 * letter moves (for switches below them): characters between blanks, "ꞌ Ā Ē"; "" = none. What the
 * layout has already, and what exceeds a row, is left out. Main thread. */
void keyboard_set_language_row(const char *characters);

/* Are its keys digits, large and in telephone order? */
bool keyboard_is_pad(enum keyboard_layout layout);

/* The layout; never NULL. */
const struct keyboard *keyboard_get(enum keyboard_layout layout);

/* The same keys for somebody who scans with switches (UI.md section 10, "scan": group, row, key):
 * those that are wanted most come first, whatever stands where on the other one. Never NULL. */
const struct keyboard *keyboard_get_scan(enum keyboard_layout layout);

/* Id of a key, unique on its layout: its text, or "accent", "space", "delete", "clear". */
const char *keyboard_key_id(const struct keyboard_key *key);
/* The key with that id; NULL if the layout has none. */
const struct keyboard_key *keyboard_find(enum keyboard_layout layout, const char *id);

/* The key that writes a character of a physical keyboard: its own or, where the layout has only
 * capitals, that of the capital. NULL if the layout cannot write it. */
const struct keyboard_key *keyboard_find_typed(enum keyboard_layout layout, const char *text);

/* Á for A and so on for the five vowels, either case; NULL for any other text. */
const char *keyboard_accented(const char *vowel);

#endif
