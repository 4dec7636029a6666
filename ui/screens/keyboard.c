#include "ui/screens/keyboard.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "terminal/domain/names.h"

/* clang-format off */
#define C(text) {KEY_CHAR, text, 1}
#define ROW10(a, b, c, d, e, f, g, h, i, j) \
	{10, {C(a), C(b), C(c), C(d), C(e), C(f), C(g), C(h), C(i), C(j)}}
#define DIGITS ROW10("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")
#define ROW_Q  ROW10("Q", "W", "E", "R", "T", "Y", "U", "I", "O", "P")
#define ROW_A  ROW10("A", "S", "D", "F", "G", "H", "J", "K", "L", "Ñ")
#define ROW_Z \
	{8, {C("Z"), C("X"), C("C"), C("V"), C("B"), C("N"), C("M"), {KEY_DELETE, NULL, 3}}}
/* The marks that stand in names (domain.md section 9: . - / ' and blanks). */
#define ROW_MARKS \
	{7, {{KEY_ACCENT, NULL, 1}, C("Ü"), C("'"), C("-"), C("."), C("/"), {KEY_SPACE, " ", 4}}}
/* & stands in the RFC of companies. */
#define ROW_TEXT_MARKS \
	{7, {{KEY_ACCENT, NULL, 1}, C("Ü"), C("'"), C("-"), C("."), C("&"), {KEY_SPACE, " ", 4}}}

static const struct keyboard layouts[KEYBOARD_LAYOUT_COUNT] = {
	[KEYBOARD_CURP] = {10, 4, {DIGITS, ROW_Q, ROW_A, ROW_Z}},
	[KEYBOARD_NAME] = {10, 4, {ROW_Q, ROW_A, ROW_Z, ROW_MARKS}},
	[KEYBOARD_TEXT] = {10, 5, {DIGITS, ROW_Q, ROW_A, ROW_Z, ROW_TEXT_MARKS}},
	[KEYBOARD_EMAIL] = {10, 5, {
		DIGITS,
		ROW10("q", "w", "e", "r", "t", "y", "u", "i", "o", "p"),
		ROW10("a", "s", "d", "f", "g", "h", "j", "k", "l", "@"),
		{9, {C("z"), C("x"), C("c"), C("v"), C("b"), C("n"), C("m"), C("_"),
			{KEY_DELETE, NULL, 2}}},
		{5, {C("."), C("-"),
			{KEY_CHAR, "gmail", 3}, {KEY_CHAR, "hotmail", 3}, {KEY_CHAR, ".com", 2}}},
	}},
	[KEYBOARD_NUMBER] = {3, 4, {
		{3, {C("1"), C("2"), C("3")}},
		{3, {C("4"), C("5"), C("6")}},
		{3, {C("7"), C("8"), C("9")}},
		{3, {{KEY_CLEAR, NULL, 1}, C("0"), {KEY_DELETE, NULL, 1}}},
	}},
	/* The functions at the side: 00 needs the place left of 0. */
	[KEYBOARD_AMOUNT] = {4, 4, {
		{4, {C("1"), C("2"), C("3"), {KEY_DELETE, NULL, 1}}},
		{4, {C("4"), C("5"), C("6"), {KEY_CLEAR, NULL, 1}}},
		{3, {C("7"), C("8"), C("9")}},
		{2, {C("00"), C("0")}},
	}},
};

/* For switches. A key costs as many presses as lines and keys before it, and two: the letters that
 * names have most stand in the corner where the mark begins, diagonal by diagonal (A EO RNS ILMC
 * DGTUH PBJVF ZYQÑ XK W), in the same place on each layout. Digits stand behind them in pairs:
 * where only digits can follow they are what is left of each line. The three CURPs of UI.md section
 * 10 are 238 presses here and 333 on the plain keyboard. */
#define SCAN_1 C("A"), C("E"), C("R"), C("I"), C("D"), C("P")
#define SCAN_2 C("O"), C("N"), C("L"), C("G"), C("B"), C("Z")
#define SCAN_3 C("S"), C("M"), C("T"), C("J"), C("Y"), C("X")
#define SCAN_4 C("C"), C("U"), C("V"), C("Q"), C("K"), C("W")
#define SCAN_5 C("H"), C("F"), C("Ñ")
static const struct keyboard scan_layouts[KEYBOARD_LAYOUT_COUNT] = {
	[KEYBOARD_CURP] = {8, 5, {
		{8, {SCAN_1, C("0"), C("1")}},
		{8, {SCAN_2, C("2"), C("3")}},
		{8, {SCAN_3, C("4"), C("5")}},
		{8, {SCAN_4, C("6"), C("7")}},
		{6, {SCAN_5, C("8"), C("9"), {KEY_DELETE, NULL, 3}}},
	}},
	[KEYBOARD_NAME] = {8, 5, {
		{8, {SCAN_1, {KEY_ACCENT, NULL, 1}, C("Ü")}},
		{8, {SCAN_2, C("'"), C("-")}},
		{8, {SCAN_3, C("."), C("/")}},
		{7, {SCAN_4, {KEY_DELETE, NULL, 2}}},
		{4, {SCAN_5, {KEY_SPACE, " ", 5}}},
	}},
	[KEYBOARD_TEXT] = {10, 5, {
		{10, {SCAN_1, C("0"), C("1"), {KEY_ACCENT, NULL, 1}, C("Ü")}},
		{10, {SCAN_2, C("2"), C("3"), C("'"), C("-")}},
		{10, {SCAN_3, C("4"), C("5"), C("."), C("&")}},
		{9, {SCAN_4, C("6"), C("7"), {KEY_DELETE, NULL, 2}}},
		{6, {SCAN_5, C("8"), C("9"), {KEY_SPACE, " ", 5}}},
	}},
	[KEYBOARD_EMAIL] = {10, 5, {
		ROW10("a", "e", "r", "i", "d", "p", "0", "1", "@", "."),
		ROW10("o", "n", "l", "g", "b", "z", "2", "3", "-", "_"),
		{9, {C("s"), C("m"), C("t"), C("j"), C("y"), C("x"), C("4"), C("5"),
			{KEY_CHAR, ".com", 2}}},
		{9, {C("c"), C("u"), C("v"), C("q"), C("k"), C("w"), C("6"), C("7"),
			{KEY_DELETE, NULL, 2}}},
		{6, {C("h"), C("f"), C("8"), C("9"), {KEY_CHAR, "gmail", 3},
			{KEY_CHAR, "hotmail", 3}}},
	}},
};
/* clang-format on */

/* Keyboards with the row of the language in use; row_count 0: it has none. */
static struct keyboard with_row[KEYBOARD_LAYOUT_COUNT], scan_with_row[KEYBOARD_LAYOUT_COUNT];
static char row_texts[KEYBOARD_MAX_KEYS][8];
static char row_set[128]; /* what made them */

bool keyboard_is_pad(enum keyboard_layout layout)
{
	return layout == KEYBOARD_NUMBER || layout == KEYBOARD_AMOUNT;
}

static bool has_text(const struct keyboard *keyboard, const char *text)
{
	for (size_t r = 0; r < keyboard->row_count; r++)
		for (size_t k = 0; k < keyboard->rows[r].count; k++)
			if (keyboard->rows[r].keys[k].text &&
				strcmp(keyboard->rows[r].keys[k].text, text) == 0)
				return true;
	return false;
}

/* Would the registry take it in a name? A key must not lead to an answer that is refused: ɨ and a̱
 * are letters of languages, but of no registered name (domain.md section 2.2). */
static bool is_of_names(const char *text)
{
	char name[16], normal[NAME_SIZE];

	return vt_format(name, sizeof(name), "A%s", text) &&
	       name_normalise(name, NAME_MAX_CHARS, normal, sizeof(normal)) == NAME_OK;
}

/* The keyboard with a row more before the row at: those of the language that it lacks. */
static void add_row(const struct keyboard *plain, bool is_for_names, size_t count, size_t at,
	struct keyboard *ret_keyboard)
{
	struct keyboard keyboard = {.columns = plain->columns};
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (!has_text(plain, row_texts[i]) && (!is_for_names || is_of_names(row_texts[i])))
			keyboard.rows[at].keys[used++] =
				(struct keyboard_key){KEY_CHAR, row_texts[i], 1};
	keyboard.rows[at].count = used;
	if ((int)used > keyboard.columns)
		keyboard.columns = (int)used;
	for (size_t r = 0; r < plain->row_count; r++)
		keyboard.rows[r + (r >= at)] = plain->rows[r];
	keyboard.row_count = used > 0 ? plain->row_count + 1 : 0;
	*ret_keyboard = keyboard;
}

void keyboard_set_language_row(const char *characters)
{
	static const enum keyboard_layout letters[] = {KEYBOARD_NAME, KEYBOARD_TEXT};
	size_t count = 0, length;

	if (strcmp(characters, row_set) == 0)
		return;
	memset(with_row, 0, sizeof(with_row));
	memset(scan_with_row, 0, sizeof(scan_with_row));
	vt_copy_cut(row_set, sizeof(row_set), characters);
	for (const char *p = row_set; *p != '\0' && count < KEYBOARD_MAX_KEYS; p += length) {
		p += strspn(p, " ");
		length = strcspn(p, " ");
		if (length > 0 && length < sizeof(row_texts[0])) {
			memcpy(row_texts[count], p, length);
			row_texts[count++][length] = '\0';
		}
	}
	if (count == 0)
		return;
	for (size_t i = 0; i < VT_ELEMENTS(letters); i++) {
		const struct keyboard *scan = &scan_layouts[letters[i]];
		bool is_for_names = letters[i] == KEYBOARD_NAME;

		add_row(&layouts[letters[i]], is_for_names, count, 0, &with_row[letters[i]]);
		/* Rare letters are the last that the mark comes to. */
		add_row(scan, is_for_names, count, scan->row_count, &scan_with_row[letters[i]]);
	}
}

const struct keyboard *keyboard_get(enum keyboard_layout layout)
{
	VT_ASSERT(layout < KEYBOARD_LAYOUT_COUNT);
	return with_row[layout].row_count > 0 ? &with_row[layout] : &layouts[layout];
}

const struct keyboard *keyboard_get_scan(enum keyboard_layout layout)
{
	VT_ASSERT(layout < KEYBOARD_LAYOUT_COUNT);
	if (scan_with_row[layout].row_count > 0)
		return &scan_with_row[layout];
	/* A pad is small enough as it is. */
	return scan_layouts[layout].row_count > 0 ? &scan_layouts[layout] : keyboard_get(layout);
}

const char *keyboard_key_id(const struct keyboard_key *key)
{
	switch (key->kind) {
	case KEY_CHAR:
		return key->text;
	case KEY_ACCENT:
		return "accent";
	case KEY_SPACE:
		return "space";
	case KEY_DELETE:
		return "delete";
	case KEY_CLEAR:
		return "clear";
	}
	return "";
}

const struct keyboard_key *keyboard_find(enum keyboard_layout layout, const char *id)
{
	const struct keyboard *keyboard = keyboard_get(layout);

	for (size_t r = 0; r < keyboard->row_count; r++) {
		for (size_t k = 0; k < keyboard->rows[r].count; k++) {
			const struct keyboard_key *key = &keyboard->rows[r].keys[k];

			if (strcmp(keyboard_key_id(key), id) == 0 ||
				(key->kind == KEY_SPACE && strcmp(id, " ") == 0))
				return key;
		}
	}
	return NULL;
}

const struct keyboard_key *keyboard_find_typed(enum keyboard_layout layout, const char *text)
{
	const struct keyboard_key *key = keyboard_find(layout, text);
	const char upper[2] = {(char)(text[0] - 'a' + 'A'), '\0'};

	if (key == NULL && text[0] >= 'a' && text[0] <= 'z' && text[1] == '\0')
		key = keyboard_find(layout, upper);
	return key;
}

const char *keyboard_accented(const char *vowel)
{
	static const char *const pairs[][2] = {{"A", "Á"}, {"E", "É"}, {"I", "Í"}, {"O", "Ó"},
		{"U", "Ú"}, {"a", "á"}, {"e", "é"}, {"i", "í"}, {"o", "ó"}, {"u", "ú"}};

	for (size_t i = 0; i < VT_ELEMENTS(pairs); i++)
		if (strcmp(vowel, pairs[i][0]) == 0)
			return pairs[i][1];
	return NULL;
}
