#include "terminal/domain/names.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define COMBINING_FIRST 0x300
#define COMBINING_LAST	0x36f
#define COMBINING_TILDE 0x303

const char *name_error_name(enum name_error error)
{
	switch (error) {
	case NAME_OK:
		return "OK";
	case NAME_EMPTY:
		return "EMPTY";
	case NAME_TOO_LONG:
		return "TOO_LONG";
	case NAME_ALPHABET:
		return "ALPHABET";
	case NAME_ERROR_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

/* Base letter of the accented capitals of Latin-1 and of the vowels with macron (long vowels of
 * Nahuatl names), 0 for what is no letter of a registered name (× Æ Ø Ð Þ ß). Ñ stands for itself:
 * it is a letter, not an accent. */
static char base_letter(uint32_t cp)
{
	static const char bases[] = "AAAAAA\0CEEEEIIII\0\0OOOOO\0\0UUUUY\0\0";

	switch (cp) {
	case 0x100:
		return 'A';
	case 0x112:
		return 'E';
	case 0x12a:
		return 'I';
	case 0x14c:
		return 'O';
	case 0x16a:
		return 'U';
	default:
		return cp >= 0xc0 && cp <= 0xdf ? bases[cp - 0xc0] : 0;
	}
}

/* Letter plus combining accent to the one code point that means the same; 0 if there is none. */
static uint32_t join_accent(char letter, uint32_t accent)
{
	static const struct {
		uint32_t accent;
		char letters[8];
		uint32_t joined[8];
	} table[] = {
		{0x300, "AEIOU", {0xc0, 0xc8, 0xcc, 0xd2, 0xd9}},
		{0x301, "AEIOUY", {0xc1, 0xc9, 0xcd, 0xd3, 0xda, 0xdd}},
		{0x302, "AEIOU", {0xc2, 0xca, 0xce, 0xd4, 0xdb}},
		{COMBINING_TILDE, "ANO", {0xc3, 0xd1, 0xd5}},
		{0x304, "AEIOU", {0x100, 0x112, 0x12a, 0x14c, 0x16a}},
		{0x308, "AEIOU", {0xc4, 0xcb, 0xcf, 0xd6, 0xdc}},
		{0x327, "C", {0xc7}},
	};

	for (size_t i = 0; i < VT_ELEMENTS(table); i++) {
		const char *found = letter ? strchr(table[i].letters, letter) : NULL;
		if (table[i].accent == accent && found)
			return table[i].joined[found - table[i].letters];
	}
	return 0;
}

/* One typed code point to the one that is stored; 0 if no name has it. */
static uint32_t canonical(uint32_t cp)
{
	if (cp >= 'a' && cp <= 'z')
		return cp - ('a' - 'A');
	if ((cp >= 'A' && cp <= 'Z') || (cp >= '0' && cp <= '9'))
		return cp;
	switch (cp) {
	case ' ':
	case '\t':
	case 0xa0: /* no-break space */
		return ' ';
	case '.':
	case '-':
	case '/':
	case '\'':
		return cp;
	case 0x2018: /* ‘ ’ ʼ ꞌ Ꞌ ´ `: what keyboards and scanners offer for an apostrophe */
	case 0x2019:
	case 0x2bc:
	case 0xa78b:
	case 0xa78c:
	case 0xb4:
	case '`':
		return '\'';
	case 0x2010: /* ‐ ‑ – */
	case 0x2011:
	case 0x2013:
		return '-';
	default:
		break;
	}
	if (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7)
		cp -= 0x20; /* small to capital within Latin-1 */
	else if (cp > 0x100 && base_letter(cp - 1))
		cp -= 1; /* and of the macrons */
	return cp == 0xd1 || base_letter(cp) ? cp : 0;
}

struct name_writer {
	uint32_t cps[NAME_FULL_MAX_CHARS];
	size_t count, max;
	bool blank_waits; /* between words: written with the next character */
	bool has_letter;
	enum name_error error;
};

static void put(struct name_writer *w, uint32_t cp)
{
	const size_t blanks = w->blank_waits && w->count > 0 ? 1 : 0;

	if (w->count + blanks + 1 > w->max) {
		w->error = NAME_TOO_LONG;
		return;
	}
	if (blanks)
		w->cps[w->count++] = ' ';
	w->blank_waits = false;
	w->cps[w->count++] = cp;
	if ((cp >= 'A' && cp <= 'Z') || cp >= 0xc0)
		w->has_letter = true;
}

static void put_accent(struct name_writer *w, uint32_t accent)
{
	const uint32_t last = w->count > 0 && !w->blank_waits ? w->cps[w->count - 1] : 0;
	const uint32_t joined = last < 0x80 ? join_accent((char)last, accent) : 0;

	if (joined)
		w->cps[w->count - 1] = joined;
	else
		w->error = NAME_ALPHABET;
}

enum name_error name_normalise(const char *typed, size_t max_chars, char *ret_name, size_t size)
{
	struct name_writer w = {.max = max_chars};
	size_t used = 0;

	VT_ASSERT(max_chars > 0 && max_chars <= NAME_FULL_MAX_CHARS && size > 2 * max_chars);
	ret_name[0] = 0;
	for (uint32_t cp; !w.error && (cp = vt_utf8_next(&typed));) {
		const uint32_t plain = canonical(cp);
		if (cp >= COMBINING_FIRST && cp <= COMBINING_LAST)
			put_accent(&w, cp);
		else if (!plain)
			w.error = NAME_ALPHABET;
		else if (plain == ' ')
			w.blank_waits = true;
		else
			put(&w, plain);
	}
	if (!w.error && !w.has_letter)
		w.error = NAME_EMPTY;
	for (size_t i = 0; !w.error && i < w.count; i++)
		used += vt_utf8_encode(w.cps[i], ret_name + used);
	ret_name[used] = 0;
	const enum name_error error = w.error;
	vt_wipe(&w, sizeof(w));
	return error;
}

void name_fold(const char *name, char *ret_folded, size_t size)
{
	size_t used = 0;

	VT_ASSERT(size > strlen(name));
	for (uint32_t cp; (cp = vt_utf8_next(&name));) {
		const char base = cp == 0xd1 ? 0 : base_letter(cp);
		/* What is written never exceeds what was read: a malformed byte would grow. */
		if (cp == 0xfffd)
			cp = '?';
		used += vt_utf8_encode(base ? (uint32_t)base : cp, ret_folded + used);
	}
	ret_folded[used] = 0;
}
