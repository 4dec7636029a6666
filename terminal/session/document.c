#include "terminal/session/document.h"

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/entities.h"
#include "terminal/domain/money.h"
#include "terminal/session/catalogue_internal.h"

/* Longest name or filter chain between braces. */
#define MAX_PLACEHOLDER 120
#define MAX_FILTERS	3
/* Longest value a filter works on; longer ones pass through it unchanged. */
#define MAX_FILTERED 200

enum filter {
	FILTER_UPPER,
	FILTER_SEX,
	FILTER_ENTITY,
	FILTER_ENTITY_NUMBER,
	FILTER_CHOICE,
	FILTER_DATE_LONG,
	FILTER_DATE,
	FILTER_MONEY,
	FILTER_GROUP4,
	FILTER_COUNT
};

static const char *const filter_names[FILTER_COUNT] = {
	[FILTER_UPPER] = "upper",
	[FILTER_SEX] = "sex",
	[FILTER_ENTITY] = "entity",
	[FILTER_ENTITY_NUMBER] = "entity-number",
	[FILTER_CHOICE] = "choice",
	[FILTER_DATE_LONG] = "date-long",
	[FILTER_DATE] = "date",
	[FILTER_MONEY] = "money",
	[FILTER_GROUP4] = "group4",
};

/* "{name|filter|filter}" taken apart. */
struct placeholder {
	char name[MAX_PLACEHOLDER];
	size_t filter_count;
	enum filter filters[MAX_FILTERS];
};

/* ---- templates ---- */

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

unsigned document_source_of(const struct catalogue_service *service, const char *name)
{
	static const char *const others[] = {
		"folio", "date", "time", "terminal", "service", "agency"};
	static const char *const of_fees[] = {"amount", "centavos", "fee.cadena"};

	if (starts_with(name, "field."))
		return service_question(service, name + strlen("field.")) ? SOURCE_FIELD : 0;
	if (starts_with(name, "answer."))
		return SOURCE_ANSWER;
	if (strcmp(name, "signed.text") == 0 || strcmp(name, "signed.cms") == 0)
		return SOURCE_SIGNED;
	for (size_t i = 0; i < VT_ELEMENTS(of_fees); i++) {
		if (strcmp(name, of_fees[i]) == 0)
			return SOURCE_FEE;
	}
	for (size_t i = 0; i < VT_ELEMENTS(others); i++) {
		if (strcmp(name, others[i]) == 0)
			return SOURCE_OTHER;
	}
	return 0;
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* Takes apart what stands between braces, length bytes at text. NULL if it is well-formed, else
 * what is wrong. */
static const char *parse_placeholder(const char *text, size_t length, struct placeholder *ret)
{
	const char *end = text + length;
	size_t used = 0;

	memset(ret, 0, sizeof(*ret));
	for (; text < end && *text != '|'; text++) {
		if (!is_name_character(*text) || used + 1 >= sizeof(ret->name))
			return "malformed name in braces";
		ret->name[used++] = *text;
	}
	if (used == 0)
		return "nothing in braces";
	while (text < end) {
		const char *filter = ++text;
		size_t found = FILTER_COUNT;
		while (text < end && *text != '|')
			text++;
		for (size_t i = 0; i < FILTER_COUNT; i++) {
			if (strlen(filter_names[i]) == (size_t)(text - filter) &&
				memcmp(filter_names[i], filter, (size_t)(text - filter)) == 0)
				found = i;
		}
		if (found == FILTER_COUNT || ret->filter_count == MAX_FILTERS)
			return found == FILTER_COUNT ? "unknown filter" : "too many filters";
		ret->filters[ret->filter_count++] = (enum filter)found;
	}
	return NULL;
}

/* Next piece of a template: a run of plain bytes, one brace written double, or a placeholder. */
enum piece_kind { PIECE_END, PIECE_PLAIN, PIECE_VALUE, PIECE_BAD };
struct piece {
	enum piece_kind kind;
	const char *text; /* PLAIN: bytes; BAD: what is wrong (a literal) */
	size_t length;
	struct placeholder placeholder;
};

static void next_piece(const char **text, struct piece *ret)
{
	const char *at = *text;

	*ret = (struct piece){.kind = PIECE_PLAIN, .text = at};
	if (!*at) {
		ret->kind = PIECE_END;
	} else if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
		ret->length = 1;
		*text = at + 2;
	} else if (*at == '{') {
		const char *close = strchr(at, '}');
		const char *wrong = "brace without its other half";
		if (close)
			wrong = parse_placeholder(
				at + 1, (size_t)(close - at - 1), &ret->placeholder);
		ret->kind = wrong ? PIECE_BAD : PIECE_VALUE;
		ret->text = wrong;
		*text = close ? close + 1 : at;
	} else if (*at == '}') {
		ret->kind = PIECE_BAD;
		ret->text = "brace without its other half";
	} else {
		ret->length = strcspn(at, "{}");
		*text = at + ret->length;
	}
}

static const char *check_filters(
	const struct catalogue_service *service, const struct placeholder *placeholder)
{
	for (size_t i = 0; i < placeholder->filter_count; i++) {
		if (placeholder->filters[i] != FILTER_CHOICE)
			continue;
		if (i > 0 || !starts_with(placeholder->name, "field."))
			return "filter choice must be the first of a field";
		const struct catalogue_question *question =
			service_question(service, placeholder->name + strlen("field."));
		if (!question || question->type != FIELD_CHOICE)
			return "filter choice belongs to questions of type choice";
	}
	return NULL;
}

enum vt_code document_scan(const struct catalogue_service *service, const char *text,
	document_visit visit, void *ctx, struct vt_error *error)
{
	struct piece piece;

	for (;;) {
		next_piece(&text, &piece);
		if (piece.kind == PIECE_END)
			return VT_OK;
		if (piece.kind == PIECE_BAD)
			return vt_fail(error, VT_ERR_PARSE, 0, "%s", piece.text);
		if (piece.kind == PIECE_PLAIN)
			continue;
		const unsigned source = document_source_of(service, piece.placeholder.name);
		if (!source)
			return vt_fail(error, VT_ERR_PARSE, 0, "{%.60s} is not known",
				piece.placeholder.name);
		const char *wrong = check_filters(service, &piece.placeholder);
		if (wrong)
			return vt_fail(error, VT_ERR_PARSE, 0, "{%.60s}: %s",
				piece.placeholder.name, wrong);
		if (visit)
			visit(ctx, piece.placeholder.name, (enum document_source)source);
	}
}

enum vt_code document_check(
	const struct catalogue_service *service, const char *text, struct vt_error *error)
{
	return document_scan(service, text, NULL, NULL, error);
}

/* ---- filters ---- */

static bool is_english(const char *lang)
{
	return strncmp(lang, "en", 2) == 0;
}

static void to_upper(char text[MAX_FILTERED])
{
	char upper[MAX_FILTERED + 4];
	const char *from = text;
	size_t used = 0;

	for (uint32_t cp; (cp = vt_utf8_next(&from)) && used < MAX_FILTERED;) {
		if ((cp >= 'a' && cp <= 'z') || (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7))
			cp -= 0x20; /* same length in UTF-8 within each range */
		used += vt_utf8_encode(cp, upper + used);
	}
	upper[used < MAX_FILTERED ? used : 0] = 0;
	vt_copy_cut(text, MAX_FILTERED, upper);
	vt_wipe(upper, sizeof(upper));
}

static void replace(char text[MAX_FILTERED], const char *by)
{
	vt_copy_cut(text, MAX_FILTERED, by);
}

static void sex_word(char text[MAX_FILTERED], const char *lang)
{
	const bool english = is_english(lang);

	if (strcmp(text, "H") == 0)
		replace(text, english ? "Male" : "Hombre");
	else if (strcmp(text, "M") == 0)
		replace(text, english ? "Female" : "Mujer");
	else if (strcmp(text, "X") == 0)
		replace(text, english ? "Non-binary" : "No binario");
}

static void entity_word(char text[MAX_FILTERED], const char *lang, bool as_number)
{
	const struct entity *entity = strlen(text) == 2 ? entity_by_code(text) : NULL;
	int64_t number;

	/* Acts name their entity by number, persons by code. */
	if (!entity && vt_parse_i64(text, 1, ENTITY_COUNT - 1, &number) == VT_OK)
		entity = entity_by_inegi((int)number);
	if (entity && !as_number)
		replace(text, entity_name(entity, lang));
	else if (entity && entity->inegi > 0)
		snprintf(text, MAX_FILTERED, "%02d", entity->inegi);
}

static void date_words(char text[MAX_FILTERED], const char *lang, bool is_long)
{
	struct vt_date date;

	if (!date_parse_iso(text, &date) && !date_parse_slash(text, &date))
		return;
	if (is_long)
		date_format_long(date, lang, text);
	else
		date_format_slash(date, text);
}

static void money_words(char text[MAX_FILTERED])
{
	int64_t centavos;

	if (vt_parse_i64(text, 0, INT64_MAX, &centavos) == VT_OK)
		money_format(centavos, text);
}

static void in_groups(char text[MAX_FILTERED])
{
	char grouped[MAX_FILTERED + MAX_FILTERED / 4 + 2];
	size_t used = 0;

	for (size_t i = 0; text[i]; i++) {
		if (i > 0 && i % 4 == 0)
			grouped[used++] = ' ';
		grouped[used++] = text[i];
	}
	grouped[used] = 0;
	if (used < MAX_FILTERED)
		replace(text, grouped);
}

static void choice_label(const struct catalogue_service *service, const char *name,
	const char *lang, char text[MAX_FILTERED])
{
	const struct catalogue_question *question =
		service_question(service, name + strlen("field."));
	const struct catalogue_choice *choice = question ? question_choice(question, text) : NULL;

	if (choice)
		replace(text, catalogue_text(&choice->label, lang));
}

static void apply_filter(const struct catalogue_service *service, const char *name,
	const char *lang, enum filter filter, char text[MAX_FILTERED])
{
	switch (filter) {
	case FILTER_UPPER:
		to_upper(text);
		return;
	case FILTER_SEX:
		sex_word(text, lang);
		return;
	case FILTER_ENTITY:
		entity_word(text, lang, false);
		return;
	case FILTER_ENTITY_NUMBER:
		entity_word(text, lang, true);
		return;
	case FILTER_CHOICE:
		choice_label(service, name, lang, text);
		return;
	case FILTER_DATE_LONG:
		date_words(text, lang, true);
		return;
	case FILTER_DATE:
		date_words(text, lang, false);
		return;
	case FILTER_MONEY:
		money_words(text);
		return;
	case FILTER_GROUP4:
		in_groups(text);
		return;
	case FILTER_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

/* ---- expanding ---- */

struct expansion {
	const struct catalogue_service *service;
	const char *lang;
	const struct document_values *values;
	bool for_paper; /* control characters of foreign values become blanks */
	struct vt_buf out;
};

/* C0, DEL and C1 out of values: a printer or a screen gets printable characters only. */
static void append_printable(struct vt_buf *out, const char *value)
{
	while (*value) {
		const char *start = value;
		const uint32_t cp = vt_utf8_next(&value);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffd)
			vt_buf_append_byte(out, ' ');
		else
			vt_buf_append(out, start, (size_t)(value - start));
	}
}

static void append_value(struct expansion *e, const char *value)
{
	if (e->for_paper)
		append_printable(&e->out, value);
	else
		vt_buf_append_text(&e->out, value);
}

static void append_placeholder(struct expansion *e, const struct placeholder *placeholder)
{
	const char *name = placeholder->name, *value;
	char text[MAX_FILTERED];

	if (strcmp(name, "service") == 0) {
		value = catalogue_text(&e->service->name, e->lang);
	} else if (strcmp(name, "agency") == 0) {
		value = catalogue_text(&e->service->agency_name, e->lang);
		value = *value ? value : e->service->agency;
	} else {
		const char *asked = strcmp(name, "amount") == 0 ? "centavos" : name;
		value = e->values->get(e->values->ctx, asked);
	}
	if (!value)
		return;
	if (!vt_copy(text, sizeof(text), value)) {
		append_value(e, value);
		return;
	}
	if (strcmp(name, "amount") == 0)
		money_words(text);
	for (size_t i = 0; i < placeholder->filter_count; i++)
		apply_filter(e->service, name, e->lang, placeholder->filters[i], text);
	append_value(e, text);
	vt_wipe(text, sizeof(text));
}

/* Appends text with its placeholders filled; a malformed one (refused at load) ends it. */
static void expand(struct expansion *e, const char *text)
{
	struct piece piece;

	for (;;) {
		next_piece(&text, &piece);
		if (piece.kind == PIECE_END || piece.kind == PIECE_BAD)
			return;
		if (piece.kind == PIECE_PLAIN)
			vt_buf_append(&e->out, piece.text, piece.length);
		else
			append_placeholder(e, &piece.placeholder);
	}
}

enum vt_code document_expand(const struct catalogue_service *service, const char *text,
	const char *lang, const struct document_values *values, char *ret_text, size_t size,
	struct vt_error *error)
{
	struct expansion e = {
		.service = service, .lang = lang, .values = values, .for_paper = true};

	vt_buf_init(&e.out, size);
	expand(&e, text);
	enum vt_code code = e.out.failed;
	if (!code && !vt_copy(ret_text, size, vt_buf_text(&e.out)))
		code = VT_ERR_LIMIT;
	vt_buf_finish(&e.out);
	if (code) {
		ret_text[0] = 0;
		return vt_fail(error, code, 0, "document: a filled text is longer than %zu bytes",
			size - 1);
	}
	return VT_OK;
}

/* ---- papers ---- */

/* Code 128 has ASCII only. */
static bool is_ascii(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text >= 0x7f)
			return false;
	}
	return true;
}

/* Fills *line; false if the paper has no such line now. */
static enum vt_code compose_line(const struct catalogue_service *service,
	const struct catalogue_line *from, const char *lang, const struct document_values *values,
	struct receipt_line *line, bool *ret_keep, struct vt_error *error)
{
	const bool is_blank = from->kind == RECEIPT_RULE || from->kind == RECEIPT_SPACE;

	memset(line, 0, sizeof(*line));
	*ret_keep = is_blank;
	line->kind = from->kind;
	line->bold = from->bold;
	line->centred = from->centred;
	enum vt_code code = document_expand(service, catalogue_text(&from->text, lang), lang,
		values, line->text, sizeof(line->text), error);
	if (!code)
		code = document_expand(service, from->value, lang, values, line->value,
			sizeof(line->value), error);
	if (code)
		return code;
	if (from->kind == RECEIPT_BARCODE && !is_ascii(line->text))
		return vt_fail(error, VT_ERR_INVALID, 0, "document: bar code is not ASCII");
	if (!is_blank)
		*ret_keep = from->kind == RECEIPT_PAIR ? line->value[0] : line->text[0];
	return VT_OK;
}

enum vt_code document_compose(const struct catalogue_service *service,
	const struct catalogue_outcome *outcome, const char *lang, struct vt_date today,
	const struct document_values *values, struct receipt *ret, struct vt_error *error)
{
	const struct catalogue_document *document = outcome->document;

	if (!document)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "document: %s of %s has none",
			outcome->id, service->id);
	const char *paper_lang = *document->lang ? document->lang : lang;
	memset(ret, 0, sizeof(*ret));
	enum vt_code code = VT_OK;
	if (!vt_copy(ret->lang, sizeof(ret->lang), paper_lang))
		code = vt_fail(error, VT_ERR_INVALID, 0, "document: language code too long");
	for (size_t i = 0; i < document->line_count && !code; i++) {
		bool keep = false;
		if (!catalogue_holds(&document->lines[i].when, values, today))
			continue;
		/* The loader allows no more lines than a receipt holds. */
		VT_ASSERT(ret->line_count < RECEIPT_MAX_LINES);
		code = compose_line(service, &document->lines[i], paper_lang, values,
			&ret->lines[ret->line_count], &keep, error);
		ret->line_count += keep ? 1 : 0;
	}
	if (!code && ret->line_count < RECEIPT_MAX_LINES)
		vt_wipe(&ret->lines[ret->line_count], sizeof(ret->lines[0]));
	if (code) {
		vt_wipe(ret, sizeof(*ret));
		return vt_prefix(error, code, "%s", document->id);
	}
	return VT_OK;
}

/* ---- payloads ---- */

static void append_json_string(struct vt_buf *out, const char *text)
{
	vt_buf_append_byte(out, '"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\') {
			vt_buf_append_byte(out, '\\');
			vt_buf_append_byte(out, *c);
		} else if (*c < 0x20) {
			vt_buf_printf(out, "\\u%04x", *c);
		} else {
			vt_buf_append_byte(out, *c);
		}
	}
	vt_buf_append_byte(out, '"');
}

enum vt_code way_payload(const struct catalogue_service *service, const struct catalogue_way *way,
	const struct document_values *values, struct vt_buf *out, struct vt_error *error)
{
	struct expansion e = {.service = service, .lang = CATALOGUE_DEFAULT_LANG, .values = values};

	vt_buf_init(&e.out, VT_MAX_PAYLOAD);
	vt_buf_append_byte(out, '{');
	for (size_t i = 0; i < way->member_count && !e.out.failed; i++) {
		vt_buf_reset(&e.out);
		expand(&e, way->members[i].text);
		if (i > 0)
			vt_buf_append_byte(out, ',');
		append_json_string(out, way->members[i].name);
		vt_buf_append_byte(out, ':');
		append_json_string(out, vt_buf_text(&e.out));
	}
	vt_buf_append_byte(out, '}');
	const enum vt_code code = e.out.failed ? e.out.failed : out->failed;
	vt_buf_finish(&e.out);
	return code ? vt_fail(error, code, 0, "%s: payload too large", way->id) : VT_OK;
}
