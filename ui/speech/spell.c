#include "ui/speech/spell.h"

#include <stdbool.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "terminal/domain/date.h"
#include "ui/screens/locale.h"

#define BULLET	     0x2022
#define CURP_LENGTH  18
#define MAX_TOKEN    64 /* longer tokens are words of no pattern */
#define MAX_TOKENS   32 /* of one run of codes: a CURP in groups has 6 */
#define MIN_LONG_RUN 5	/* digits in a row that are a key and no quantity; a year has 4 */

/* A word of the text: no blanks in it, the mark behind it apart. */
struct token {
	const char *text;
	size_t length; /* bytes, without the mark */
	char mark;     /* '.', ',', ';', ':' behind it; 0 = none */
};

/* ---- characters ---- */

static const char *letter_name(uint32_t letter)
{
	/* TRANSLATORS: names of letters as one says them when spelling. */
	static const char *const names[26] = {N_("A (letter)"), N_("B (letter)"), N_("C (letter)"),
		N_("D (letter)"), N_("E (letter)"), N_("F (letter)"), N_("G (letter)"),
		N_("H (letter)"), N_("I (letter)"), N_("J (letter)"), N_("K (letter)"),
		N_("L (letter)"), N_("M (letter)"), N_("N (letter)"), N_("O (letter)"),
		N_("P (letter)"), N_("Q (letter)"), N_("R (letter)"), N_("S (letter)"),
		N_("T (letter)"), N_("U (letter)"), N_("V (letter)"), N_("W (letter)"),
		N_("X (letter)"), N_("Y (letter)"), N_("Z (letter)")};

	if (letter >= 'a' && letter <= 'z')
		letter -= 'a' - 'A';
	return letter >= 'A' && letter <= 'Z' ? _(names[letter - 'A']) : NULL;
}

static const char *mark_name(uint32_t mark)
{
	static const struct {
		uint32_t mark;
		const char *name;
	} rows[] = {
		{0xD1, N_("Ñ (letter)")}, {0xF1, N_("Ñ (letter)")}, {0xC1, N_("A with accent")},
		{0xE1, N_("A with accent")}, {0xC9, N_("E with accent")},
		{0xE9, N_("E with accent")}, {0xCD, N_("I with accent")},
		{0xED, N_("I with accent")}, {0xD3, N_("O with accent")},
		{0xF3, N_("O with accent")}, {0xDA, N_("U with accent")},
		{0xFA, N_("U with accent")}, {0xDC, N_("U with dots")}, {0xFC, N_("U with dots")},
		{0xC4, N_("A with dots")}, {0xCB, N_("E with dots")}, {0xCF, N_("I with dots")},
		{0xD6, N_("O with dots")}, {0x100, N_("A with macron")},
		{0x112, N_("E with macron")}, {0x12A, N_("I with macron")},
		{0x14C, N_("O with macron")}, {0x16A, N_("U with macron")},
		{0xA78B, N_("Saltillo")}, {0xA78C, N_("Saltillo")}, {0x197, N_("Barred I")},
		{0x268, N_("Barred I")}, {0x331, N_("Line below")}, {'\'', N_("Apostrophe")},
		{'-', N_("Hyphen")}, {'.', N_("Point")}, {'@', N_("At sign")},
		{'_', N_("Underscore")}, {'/', N_("Slash")}, {'&', N_("Ampersand")},
		{' ', N_("Space")}, {BULLET, N_("Asterisk")}, {'*', N_("Asterisk")}, /* a PIN's */
	};

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++)
		if (rows[i].mark == mark)
			return _(rows[i].name);
	return NULL;
}

void spell_character(struct vt_buf *out, uint32_t character)
{
	const char *name = letter_name(character);
	char plain[4];

	if (!name)
		name = mark_name(character);
	if (name)
		vt_buf_append_text(out, name);
	else
		vt_buf_append(out, plain, vt_utf8_encode(character, plain));
}

/* ---- kinds of tokens ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_in(const struct token *token)
{
	size_t count = 0;

	for (size_t i = 0; i < token->length; i++)
		count += is_digit(token->text[i]);
	return count;
}

static bool is_number(const struct token *token)
{
	return token->length > 0 && digits_in(token) == token->length;
}

/* Capitals without accents, digits, hyphens inside: a code, or a word in capitals. */
static bool is_code(const struct token *token)
{
	if (token->length == 0 || token->text[0] == '-' || token->text[token->length - 1] == '-')
		return false;
	for (size_t i = 0; i < token->length; i++) {
		char c = token->text[i];
		if (!is_digit(c) && !(c >= 'A' && c <= 'Z') && c != '-')
			return false;
	}
	return true;
}

static bool has_lengths(const struct token *run, size_t count, const size_t *lengths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (count != n || run[i].length != lengths[i])
			return false;
	return true;
}

/* A CURP in its groups, as format_curp() writes it. */
static const size_t curp_groups[] = {4, 6, 1, 2, 3, 2};

/* Whether neighbouring tokens in capitals and digits are a folio, a key or a telephone number and
 * not words and quantities ("AV. 5 DE MAYO"). */
static bool is_spelled(const struct token *run, size_t count)
{
	size_t numbers = 0, with_digits = 0;
	bool has_key = false;

	for (size_t i = 0; i < count; i++) {
		size_t digits = digits_in(&run[i]);
		has_key |= digits > 0 && digits < run[i].length && run[i].length > 2;
		has_key |= digits == run[i].length && digits >= MIN_LONG_RUN;
		with_digits += digits > 0;
		numbers += is_number(&run[i]);
	}
	return has_lengths(run, count, curp_groups, VT_ELEMENTS(curp_groups)) ||
	       (has_key && 2 * with_digits > count) || (count > 1 && numbers == count);
}

/* ---- spelling ---- */

/* Characters of the next group of a token that has no groups of its own. */
static size_t group_length(const struct token *token, size_t at)
{
	size_t start = 0;

	if (token->length != CURP_LENGTH || digits_in(token) == token->length)
		return is_number(token) ? 3 : 4;
	for (size_t i = 0; i < VT_ELEMENTS(curp_groups); i++) {
		start += curp_groups[i];
		if (at < start)
			return start - at;
	}
	return 1;
}

/* Groups are parted by commas, which voices take as a short pause. */
static void spell_token(struct vt_buf *out, const struct token *token)
{
	const char *p = token->text, *end = token->text + token->length;
	bool has_groups = memchr(token->text, '-', token->length) || token->length <= 6;
	size_t left = has_groups ? SIZE_MAX : group_length(token, 0);
	bool is_first = true;

	while (p < end) {
		if (*p == '-' && p > token->text) {
			vt_buf_append_text(out, ", ");
			is_first = true;
			p++;
			continue;
		}
		if (left == 0) {
			vt_buf_append_text(out, ", ");
			left = group_length(token, (size_t)(p - token->text));
			is_first = true;
		}
		if (!is_first)
			vt_buf_append_byte(out, ' ');
		spell_character(out, vt_utf8_next(&p));
		is_first = false;
		left -= left != SIZE_MAX;
	}
}

static bool next_token(const char **p, struct token *ret)
{
	static const char blanks[] = " \t\n\r", marks[] = ".,;:";
	const char *start = *p + strspn(*p, blanks);
	size_t length = strcspn(start, blanks);

	if (length == 0)
		return false;
	*p = start + length;
	*ret = (struct token){.text = start, .length = length};
	if (length > 1 && strchr(marks, start[length - 1])) {
		ret->mark = start[length - 1];
		ret->length--;
	}
	return true;
}

void spell_characters(struct vt_buf *out, const char *text)
{
	struct token token;
	bool is_first = true;

	while (next_token(&text, &token)) {
		if (token.mark != 0) {
			token.length++;
			token.mark = 0;
		}
		if (!is_first)
			vt_buf_append_text(out, ", ");
		spell_token(out, &token);
		is_first = false;
	}
}

/* ---- patterns of one token ---- */

/* "4,120.50" after "$". */
static bool put_money(struct vt_buf *out, const struct token *token)
{
	char whole[MAX_TOKEN + 1], cents[3] = "00";
	size_t used = 0, i = 0;

	for (; i < token->length && (is_digit(token->text[i]) || token->text[i] == ','); i++)
		if (is_digit(token->text[i]) && used < MAX_TOKEN)
			whole[used++] = token->text[i];
	whole[used] = '\0';
	if (used == 0)
		return false;
	if (i < token->length) {
		if (token->length - i != 3 || token->text[i] != '.' ||
			!is_digit(token->text[i + 1]) || !is_digit(token->text[i + 2]))
			return false;
		memcpy(cents, token->text + i + 1, 2);
	}
	if (strcmp(cents, "00") == 0)
		vt_buf_printf(out, _("%s pesos"), whole);
	else
		vt_buf_printf(out, _("%s pesos and %s cents"), whole, cents);
	vt_wipe(whole, sizeof(whole));
	return true;
}

/* "13/03/1992", or "13 03 1992" as it stands in examples. */
static bool put_date(struct vt_buf *out, const struct token *token)
{
	char text[DATE_SIZE], words[DATE_LONG_SIZE];
	struct vt_date date;

	if (token->length != DATE_SIZE - 1)
		return false;
	memcpy(text, token->text, DATE_SIZE - 1);
	text[DATE_SIZE - 1] = '\0';
	for (char *p = text; *p; p++)
		*p = *p == ' ' ? '/' : *p;
	if (!date_parse_slash(text, &date))
		return false;
	date_format_long(date, locale_get(), words);
	vt_buf_append_text(out, words);
	vt_wipe(&date, sizeof(date));
	vt_wipe(text, sizeof(text));
	vt_wipe(words, sizeof(words));
	return true;
}

/* "ana@correo.mx": the marks by name, the words between them as words. */
static bool put_address(struct vt_buf *out, const struct token *token)
{
	const char *p = token->text, *end = token->text + token->length;

	if (!memchr(token->text, '@', token->length))
		return false;
	while (p < end) {
		const char *name;
		uint32_t c = vt_utf8_next(&p);
		char plain[4];

		if (c < 0x80 && strchr("@._-", (int)c) && (name = mark_name(c)) != NULL)
			vt_buf_printf(out, " %s ", name);
		else
			vt_buf_append(out, plain, vt_utf8_encode(c, plain));
	}
	return true;
}

static bool put_masked(struct vt_buf *out, const struct token *token)
{
	const char *p = token->text, *end = token->text + token->length;
	size_t count = 0;

	for (; p < end; count++) {
		const uint32_t mark = vt_utf8_next(&p);

		if (mark != BULLET && mark != '*')
			return false;
	}
	if (count == 1)
		vt_buf_append_text(out, _("Asterisk"));
	else
		vt_buf_printf(out, locale_plural("%zu asterisk", "%zu asterisks", count), count);
	return true;
}

static void put_plain(struct vt_buf *out, const struct token *token)
{
	/* Signs between parts of a line are pauses. */
	static const char *const pauses[] = {"|", "·", "—", "–", "/"};

	for (size_t i = 0; i < VT_ELEMENTS(pauses); i++) {
		if (token->length != strlen(pauses[i]) ||
			memcmp(token->text, pauses[i], token->length) != 0)
			continue;
		/* The pause belongs to the word before it. */
		if (out->length > 0 && out->data[out->length - 1] == ' ')
			out->data[out->length - 1] = ',';
		return;
	}
	vt_buf_append(out, token->text, token->length);
}

static void put_token(struct vt_buf *out, const struct token *token)
{
	if (token->length > MAX_TOKEN ||
		(!put_masked(out, token) && !put_date(out, token) && !put_address(out, token)))
		put_plain(out, token);
	if (token->mark != 0)
		vt_buf_append_byte(out, (uint8_t)token->mark);
}

/* Tokens of a run of codes from *p on, *p untouched; a mark ends the run. */
static size_t code_run(const char *p, struct token run[MAX_TOKENS])
{
	size_t count = 0;

	while (count < MAX_TOKENS && next_token(&p, &run[count]) && is_code(&run[count]))
		if (run[count++].mark != 0)
			break;
	return count;
}

static void put_run(struct vt_buf *out, const struct token *run, size_t count)
{
	static const size_t date[] = {2, 2, 4};
	struct token whole = {.text = run[0].text};

	if (has_lengths(run, count, date, VT_ELEMENTS(date))) {
		whole.length = (size_t)(run[2].text - run[0].text) + run[2].length;
		if (put_date(out, &whole)) {
			if (run[2].mark != 0)
				vt_buf_append_byte(out, (uint8_t)run[2].mark);
			return;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			vt_buf_append_text(out, ", ");
		spell_token(out, &run[i]);
		if (run[i].mark != 0)
			vt_buf_append_byte(out, (uint8_t)run[i].mark);
	}
}

/* "$ 4,120.00" or "$4,120.00" at *p; moves *p behind it. */
static bool take_money(struct vt_buf *out, const char **p)
{
	struct token amount = {0};
	const char *at = *p;

	if (!next_token(&at, &amount) || amount.text[0] != '$')
		return false;
	if (amount.length > 1) {
		amount.text++;
		amount.length--;
	} else if (amount.mark != 0 || !next_token(&at, &amount)) {
		return false;
	}
	if (!put_money(out, &amount))
		return false;
	if (amount.mark != 0)
		vt_buf_append_byte(out, (uint8_t)amount.mark);
	*p = at;
	return true;
}

void spell_text(struct vt_buf *out, const char *text)
{
	struct token run[MAX_TOKENS], token;

	for (bool is_first = true;; is_first = false) {
		size_t count = code_run(text, run);
		const char *p = text;

		if (!next_token(&p, &token))
			return;
		if (!is_first)
			vt_buf_append_byte(out, ' ');
		if (count > 0 && is_spelled(run, count)) {
			put_run(out, run, count);
			text = run[count - 1].text + run[count - 1].length;
			text += run[count - 1].mark != 0;
		} else if (count > 0 && is_spelled(run, 1)) {
			put_run(out, run, 1);
			text = p;
		} else if (!take_money(out, &text)) {
			put_token(out, &token);
			text = p;
		}
	}
}
