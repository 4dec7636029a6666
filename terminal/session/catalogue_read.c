/* First half of reading a service: members, types and limits, as in service.schema.json. What
 * refers to something else is looked at in catalogue_check.c, when all is there. */

#include "terminal/session/catalogue_internal.h"

#include <string.h>

#include <jansson.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/names.h"

/* Most characters of a text, and most bytes, so that it fits the screen and receipt models. The
 * schema counts characters; bytes are the loader's own, stricter look. */
struct text_limit {
	size_t chars, bytes;
};
static const struct text_limit short_text = {60, 95}; /* names, button labels */
static const struct text_limit agency_text = {90, 95};
static const struct text_limit label_text = {120, 127}; /* rows, notes, steps, choices */
static const struct text_limit title_text = {120, 199};
static const struct text_limit detail_text = {200, 255};
static const struct text_limit lead_text = {400, 599};
static const struct text_limit template_text = {500, 599}; /* a line of paper */
static const struct text_limit value_text = {150, 159};	   /* right side of a pair */

#define DEFAULT_PATIENCE_MS 8000
#define DEFAULT_EXPECTED_MS 3000

/* ---- what a name may look like ---- */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

/* ^[a-z][a-z0-9]*([-.][a-z0-9]+)*$, the dot only in ids of services. */
static bool is_slug_with(const char *text, const char *joints)
{
	bool joint = true;

	if (!is_lower(text[0]))
		return false;
	for (const char *c = text; *c; c++) {
		const bool is_joint = strchr(joints, *c);
		if (!is_joint && !is_lower(*c) && !is_digit(*c))
			return false;
		if (is_joint && joint)
			return false;
		joint = is_joint;
	}
	return !joint;
}

static bool is_slug(const char *text)
{
	return is_slug_with(text, "-");
}

static bool is_id(const char *text)
{
	return is_slug_with(text, "-.");
}

/* ^[A-Za-z][A-Za-z0-9]*$ */
static bool is_word(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!is_alnum(*c))
			return false;
	}
	return is_alnum(text[0]) && !is_digit(text[0]);
}

/* ^[A-Za-z0-9][A-Za-z0-9_-]*$ */
static bool is_value(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!is_alnum(*c) && *c != '_' && *c != '-')
			return false;
	}
	return is_alnum(text[0]);
}

/* ^[A-Z0-9][A-Z0-9-]*$ */
static bool is_homoclave(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!is_digit(*c) && !(*c >= 'A' && *c <= 'Z') && *c != '-')
			return false;
	}
	return text[0] != '-';
}

/* ^[a-z]{2,3}(-[A-Z]{2})?$ */
static bool is_lang(const char *text)
{
	size_t n = 0;

	while (is_lower(text[n]))
		n++;
	if (n < 2 || n > 3)
		return false;
	if (!text[n])
		return true;
	return text[n] == '-' && text[n + 1] >= 'A' && text[n + 1] <= 'Z' && text[n + 2] >= 'A' &&
	       text[n + 2] <= 'Z' && !text[n + 3];
}

/* ^[a-z]+(\.[A-Za-z0-9_-]+)*$, a name of document.h; its meaning is checked later. */
static bool is_value_name(const char *text)
{
	const char *c = text;

	while (is_lower(*c))
		c++;
	if (c == text)
		return false;
	while (*c == '.') {
		const char *part = ++c;
		while (is_alnum(*c) || *c == '_' || *c == '-')
			c++;
		if (c == part)
			return false;
	}
	return !*c;
}

/* ^[0-9]{14}$ */
static bool is_cadena(const char *text)
{
	return strlen(text) == 14 && strspn(text, "0123456789") == 14;
}

static bool is_any(const char *text)
{
	(void)text;
	return true;
}

/* ---- members ---- */

/* True if key is one of the words in known ("a b c"). */
static bool is_known(const char *known, const char *key)
{
	while (*known) {
		const size_t length = strcspn(known, " ");
		if (strlen(key) == length && memcmp(known, key, length) == 0)
			return true;
		known += length;
		known += *known ? 1 : 0;
	}
	return false;
}

/* jansson's iterator changes nothing but wants a pointer that is not const. */
static void *first_member(const json_t *json)
{
	return json_object_iter((json_t *)(uintptr_t)json);
}

static void *next_member(const json_t *json, void *iterator)
{
	return json_object_iter_next((json_t *)(uintptr_t)json, iterator);
}

/* True if json is an object without members beyond those in known. */
static bool is_object(struct reader *r, const json_t *json, const char *known)
{
	if (!r->code && !json_is_object(json))
		reader_fail(r, VT_ERR_PARSE, "not an object");
	for (void *i = first_member(json); i && !r->code; i = next_member(json, i)) {
		const char *key = json_object_iter_key(i);
		if (is_known(known, key))
			continue;
		const size_t mark = reader_enter(r, key);
		reader_fail(r, VT_ERR_PARSE, "unknown member");
		reader_leave(r, mark);
	}
	return !r->code;
}

/* Member of an object, or NULL; a required one that is missing is a failure. */
static const json_t *member(
	struct reader *r, const json_t *json, const char *name, bool is_required)
{
	const json_t *value = r->code ? NULL : json_object_get(json, name);

	if (!value && is_required)
		reader_fail(r, VT_ERR_PARSE, "%s is missing", name);
	return value;
}

/* A string that is not empty, fits, holds no control characters and passes the test. */
static const char *string_value(
	struct reader *r, const json_t *json, struct text_limit limit, bool (*test)(const char *))
{
	const char *text = json_is_string(json) ? json_string_value(json) : NULL;

	if (r->code)
		return "";
	if (!text) {
		reader_fail(r, VT_ERR_PARSE, "not a string");
		return "";
	}
	if (!*text)
		reader_fail(r, VT_ERR_PARSE, "empty text");
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			reader_fail(r, VT_ERR_PARSE, "control character in text");
	}
	if (vt_utf8_length(text) > limit.chars)
		reader_fail(r, VT_ERR_LIMIT, "longer than %zu characters", limit.chars);
	else if (strlen(text) > limit.bytes)
		reader_fail(r, VT_ERR_LIMIT, "longer than %zu bytes", limit.bytes);
	else if (!test(text))
		reader_fail(r, VT_ERR_PARSE, "malformed: %.40s", text);
	const char *copy = r->code ? NULL : arena_text(r->arena, text);
	if (!r->code && !copy)
		reader_fail(r, VT_ERR_NOMEM, "out of memory");
	return copy ? copy : "";
}

static const char *string_member(struct reader *r, const json_t *json, const char *name,
	bool is_required, size_t max_chars, bool (*test)(const char *))
{
	const json_t *value = member(r, json, name, is_required);

	if (!value)
		return "";
	const size_t mark = reader_enter(r, name);
	const char *text = string_value(
		r, value, (struct text_limit){.chars = max_chars, .bytes = max_chars * 2}, test);
	reader_leave(r, mark);
	return text;
}

static bool bool_member(struct reader *r, const json_t *json, const char *name)
{
	const json_t *value = member(r, json, name, false);

	if (value && !json_is_boolean(value)) {
		const size_t mark = reader_enter(r, name);
		reader_fail(r, VT_ERR_PARSE, "not true or false");
		reader_leave(r, mark);
	}
	return json_is_true(value);
}

/* Instead of the value of an absent member: the member must be there. */
#define REQUIRED INT64_MIN

/* Absent: the number `absent`. */
static int64_t number_member(struct reader *r, const json_t *json, const char *name, int64_t min,
	int64_t max, int64_t absent)
{
	const json_t *value = member(r, json, name, absent == REQUIRED);

	if (!value)
		return absent == REQUIRED ? min : absent;
	const size_t mark = reader_enter(r, name);
	const int64_t number = json_is_integer(value) ? json_integer_value(value) : min;
	if (!json_is_integer(value))
		reader_fail(r, VT_ERR_PARSE, "not a whole number");
	else if (number < min || number > max)
		reader_fail(r, VT_ERR_LIMIT, "not within %lld and %lld", (long long)min,
			(long long)max);
	reader_leave(r, mark);
	return r->code ? min : number;
}

/* Index of the member's string in names; 0 if it is absent and not required. */
static int enum_member(struct reader *r, const json_t *json, const char *name, bool is_required,
	const char *const names[], size_t count)
{
	const json_t *value = member(r, json, name, is_required);
	const char *text = json_is_string(value) ? json_string_value(value) : "";

	if (!value)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], text) == 0)
			return (int)i;
	}
	const size_t mark = reader_enter(r, name);
	if (json_is_string(value))
		reader_fail(r, VT_ERR_PARSE, "unknown value \"%.40s\"", text);
	else
		reader_fail(r, VT_ERR_PARSE, "not a string");
	reader_leave(r, mark);
	return 0;
}

/* {"es-MX": "…", "en": "…"} */
static struct catalogue_text text_value(
	struct reader *r, const json_t *json, struct text_limit limit)
{
	size_t count = 0;

	if (!r->code && !json_is_object(json))
		reader_fail(r, VT_ERR_PARSE, "not an object of texts per language");
	if (!r->code && !json_object_get(json, CATALOGUE_DEFAULT_LANG))
		reader_fail(r, VT_ERR_PARSE, "%s is missing", CATALOGUE_DEFAULT_LANG);
	if (!r->code && json_object_size(json) > CATALOGUE_MAX_LANGS)
		reader_fail(r, VT_ERR_LIMIT, "more than %d languages", CATALOGUE_MAX_LANGS);
	if (r->code)
		return (struct catalogue_text){0};
	struct catalogue_string *strings =
		arena_alloc(r->arena, json_object_size(json), sizeof(*strings));
	if (!strings) {
		reader_fail(r, VT_ERR_NOMEM, "out of memory");
		return (struct catalogue_text){0};
	}
	for (void *i = first_member(json); i && !r->code; i = next_member(json, i)) {
		const char *lang = json_object_iter_key(i);
		const size_t mark = reader_enter(r, lang);
		if (!is_lang(lang))
			reader_fail(r, VT_ERR_PARSE, "not a language code");
		const char *copy = arena_text(r->arena, lang);
		if (!copy)
			reader_fail(r, VT_ERR_NOMEM, "out of memory");
		strings[count++] = (struct catalogue_string){
			.lang = copy ? copy : "",
			.text = string_value(r, json_object_iter_value(i), limit, is_any),
		};
		reader_leave(r, mark);
	}
	return (struct catalogue_text){.count = count, .strings = strings};
}

static struct catalogue_text text_member(struct reader *r, const json_t *json, const char *name,
	bool is_required, struct text_limit limit)
{
	const json_t *value = member(r, json, name, is_required);

	if (!value)
		return (struct catalogue_text){0};
	const size_t mark = reader_enter(r, name);
	const struct catalogue_text text = text_value(r, value, limit);
	reader_leave(r, mark);
	return text;
}

/* Array with min … max elements; *ret_items: room for them, zeroed. NULL and count 0 if absent (an
 * absent list is allowed where min is 0). */
static const json_t *list_member(struct reader *r, const json_t *json, const char *name, size_t min,
	size_t max, size_t item_size, void *ret_items, size_t *ret_count)
{
	const json_t *value = member(r, json, name, min > 0);
	void *items = NULL;

	*ret_count = 0;
	memcpy(ret_items, &items, sizeof(items));
	if (!value)
		return NULL;
	const size_t mark = reader_enter(r, name);
	const size_t count = json_array_size(value);
	if (!json_is_array(value))
		reader_fail(r, VT_ERR_PARSE, "not a list");
	else if (count < min || count > max)
		reader_fail(r, VT_ERR_LIMIT, "%zu to %zu elements expected", min, max);
	else if (count > 0 && !(items = arena_alloc(r->arena, count, item_size)))
		reader_fail(r, VT_ERR_NOMEM, "out of memory");
	reader_leave(r, mark);
	if (r->code)
		return NULL;
	memcpy(ret_items, &items, sizeof(items));
	*ret_count = count;
	return value;
}

/* Runs statement for each element `item`, number `i`, with the path kept right. */
#define READ_EACH(r, list, name, count, statement)                           \
	do {                                                                 \
		const size_t list_mark = reader_enter((r), (name));          \
		for (size_t i = 0; i < (count) && !(r)->code; i++) {         \
			const json_t *item = json_array_get((list), i);      \
			const size_t item_mark = reader_enter_index((r), i); \
			statement;                                           \
			reader_leave((r), item_mark);                        \
		}                                                            \
		reader_leave((r), list_mark);                                \
	} while (0)

/* ---- conditions ---- */

/* Texts of "is": one string or a list of strings. */
static void read_texts(struct reader *r, const json_t *json, const char *name,
	struct catalogue_condition *condition)
{
	static const struct text_limit limit = {60, 120};
	const json_t *value = json_object_get(json, name);
	const char **texts = NULL;

	if (json_is_array(value)) {
		value = list_member(r, json, name, 1, CATALOGUE_MAX_CHOICES, sizeof(*texts), &texts,
			&condition->text_count);
		READ_EACH(r, value, name, condition->text_count,
			texts[i] = string_value(r, item, limit, is_any));
	} else if (!r->code) {
		texts = arena_alloc(r->arena, 1, sizeof(*texts));
		if (!texts) {
			reader_fail(r, VT_ERR_NOMEM, "out of memory");
			return;
		}
		condition->text_count = 1;
		const size_t mark = reader_enter(r, name);
		texts[0] = string_value(r, value, limit, is_any);
		reader_leave(r, mark);
	}
	condition->texts = texts;
}

static void read_condition(
	struct reader *r, const json_t *json, struct catalogue_condition *condition)
{
	static const char *const kinds[CONDITION_KIND_COUNT] = {
		[CONDITION_GIVEN] = "given",
		[CONDITION_IS] = "is",
		[CONDITION_IS_NOT] = "is_not",
		[CONDITION_AGE_BELOW] = "age_below",
		[CONDITION_AGE_FROM] = "age_from",
	};

	condition->kind = CONDITION_GIVEN;
	condition->value = "";
	if (json_is_string(json)) {
		condition->value =
			string_value(r, json, (struct text_limit){60, 60}, is_value_name);
		return;
	}
	if (!is_object(r, json, "value given is is_not age_below age_from"))
		return;
	condition->value = string_member(r, json, "value", true, 60, is_value_name);
	if (json_object_size(json) != 2)
		reader_fail(r, VT_ERR_PARSE, "value and one test expected");
	for (size_t i = 0; i < CONDITION_KIND_COUNT && !r->code; i++) {
		if (!kinds[i] || !json_object_get(json, kinds[i]))
			continue;
		condition->kind = (enum condition_kind)i;
		if (i == CONDITION_GIVEN)
			condition->kind =
				bool_member(r, json, "given") ? CONDITION_GIVEN : CONDITION_ABSENT;
		else if (i == CONDITION_IS || i == CONDITION_IS_NOT)
			read_texts(r, json, kinds[i], condition);
		else
			condition->number = (int)number_member(r, json, kinds[i], 1, 120, REQUIRED);
	}
}

/* One condition, or a list of them that must all hold. */
static struct catalogue_conditions conditions_member(
	struct reader *r, const json_t *json, const char *name)
{
	struct catalogue_conditions conditions = {0};
	struct catalogue_condition *all = NULL;
	const json_t *value = member(r, json, name, false);

	if (!value)
		return conditions;
	if (json_is_array(value)) {
		value = list_member(r, json, name, 1, CATALOGUE_MAX_CONDITIONS, sizeof(*all), &all,
			&conditions.count);
		READ_EACH(r, value, name, conditions.count, read_condition(r, item, &all[i]));
	} else {
		all = arena_alloc(r->arena, 1, sizeof(*all));
		if (!all) {
			reader_fail(r, VT_ERR_NOMEM, "out of memory");
			return conditions;
		}
		conditions.count = 1;
		const size_t mark = reader_enter(r, name);
		read_condition(r, value, all);
		reader_leave(r, mark);
	}
	conditions.all = all;
	return conditions;
}

/* ---- questions ---- */

static void read_choice(struct reader *r, const json_t *json, struct catalogue_choice *choice)
{
	if (!is_object(r, json, "id label detail offer_when"))
		return;
	choice->id = string_member(r, json, "id", true, VT_MAX_ID - 1, is_value);
	choice->label = text_member(r, json, "label", true, label_text);
	choice->detail = text_member(r, json, "detail", false, detail_text);
	choice->offer_when = conditions_member(r, json, "offer_when");
}

static int default_length(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
	case FIELD_EMAIL:
		return 200;
	case FIELD_NAME:
		return NAME_MAX_CHARS;
	case FIELD_DATE:
		return 10;
	case FIELD_CURP:
		return 18;
	case FIELD_CHOICE:
		return VT_MAX_ID - 1;
	case FIELD_ENTITY:
		return 2;
	case FIELD_NUMBER:
		return 12;
	case FIELD_TYPE_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

static void read_question(struct reader *r, const json_t *json, struct catalogue_question *question)
{
	struct catalogue_choice *choices;

	if (!is_object(r, json,
		    "name type label hint row optional personal claim max_length shows_fee "
		    "ask_when choices"))
		return;
	question->name = string_member(r, json, "name", true, VT_MAX_ID - 1, is_slug);
	question->type = (enum field_type)enum_member(
		r, json, "type", true, field_type_names, FIELD_TYPE_COUNT);
	question->label = text_member(r, json, "label", true, title_text);
	question->hint = text_member(r, json, "hint", false, detail_text);
	question->row = text_member(r, json, "row", true, short_text);
	question->optional = bool_member(r, json, "optional");
	question->personal = bool_member(r, json, "personal");
	question->claim = (enum catalogue_claim)enum_member(
		r, json, "claim", false, catalogue_claim_names, CLAIM_COUNT);
	question->max_length =
		(int)number_member(r, json, "max_length", 1, 200, default_length(question->type));
	question->shows_fee = bool_member(r, json, "shows_fee");
	question->ask_when = conditions_member(r, json, "ask_when");
	const json_t *list = list_member(r, json, "choices", question->type == FIELD_CHOICE ? 1 : 0,
		CATALOGUE_MAX_CHOICES, sizeof(*choices), &choices, &question->choice_count);
	question->choices = choices;
	if (list && question->type != FIELD_CHOICE)
		reader_fail(r, VT_ERR_PARSE, "choices belong to the type choice");
	READ_EACH(r, list, "choices", question->choice_count, read_choice(r, item, &choices[i]));
}

/* ---- ways ---- */

static void read_payload(struct reader *r, const json_t *json, struct catalogue_way *way)
{
	const json_t *payload = member(r, json, "payload", true);
	const size_t mark = reader_enter(r, "payload");
	const size_t count = json_object_size(payload);
	struct catalogue_member *members = NULL;

	if (!r->code && !json_is_object(payload))
		reader_fail(r, VT_ERR_PARSE, "not an object");
	if (!r->code && (count < 1 || count > CATALOGUE_MAX_PAYLOAD))
		reader_fail(r, VT_ERR_LIMIT, "1 to %d members expected", CATALOGUE_MAX_PAYLOAD);
	if (!r->code && !(members = arena_alloc(r->arena, count, sizeof(*members))))
		reader_fail(r, VT_ERR_NOMEM, "out of memory");
	way->members = members;
	for (void *i = first_member(payload); i && !r->code; i = next_member(payload, i)) {
		const char *name = json_object_iter_key(i);
		const size_t name_mark = reader_enter(r, name);
		if (!is_word(name) || strlen(name) >= VT_MAX_ID)
			reader_fail(r, VT_ERR_PARSE, "malformed name");
		const char *copy = arena_text(r->arena, name);
		if (!copy)
			reader_fail(r, VT_ERR_NOMEM, "out of memory");
		members[way->member_count++] = (struct catalogue_member){
			.name = copy ? copy : "",
			.text = string_value(r, json_object_iter_value(i), template_text, is_any),
		};
		reader_leave(r, name_mark);
	}
	reader_leave(r, mark);
}

static void read_way_question(struct reader *r, const json_t *json,
	const struct catalogue_service *service, const struct catalogue_question **ret)
{
	const char *name =
		string_value(r, json, (struct text_limit){VT_MAX_ID - 1, VT_MAX_ID - 1}, is_slug);

	*ret = service_question(service, name);
	if (!*ret)
		reader_fail(r, VT_ERR_PARSE, "no question is called \"%.40s\"", name);
}

static void read_way(struct reader *r, const json_t *json, const struct catalogue_service *service,
	struct catalogue_way *way)
{
	const struct catalogue_question **questions;

	if (!is_object(r, json, "id questions otherwise review adapter operation confirm payload"))
		return;
	way->id = string_member(r, json, "id", true, VT_MAX_ID - 1, is_slug);
	way->otherwise = string_member(r, json, "otherwise", false, VT_MAX_ID - 1, is_slug);
	way->has_review = bool_member(r, json, "review");
	way->adapter = string_member(r, json, "adapter", true, VT_MAX_ID - 1, is_slug);
	way->operation = string_member(r, json, "operation", true, VT_MAX_ID - 1, is_word);
	way->needs_confirm = bool_member(r, json, "confirm");
	const json_t *list = list_member(r, json, "questions", 1, CATALOGUE_MAX_QUESTIONS,
		sizeof(const struct catalogue_question *), &questions, &way->question_count);
	way->questions = questions;
	READ_EACH(r, list, "questions", way->question_count,
		read_way_question(r, item, service, &questions[i]));
	read_payload(r, json, way);
}

/* ---- documents ---- */

/* {"es-MX": …} or, for what is the same in every language, a plain string. */
static struct catalogue_text line_text(struct reader *r, const json_t *json)
{
	const json_t *value = member(r, json, "text", false);
	struct catalogue_string *only;

	if (!json_is_string(value))
		return text_member(r, json, "text", false, template_text);
	const size_t mark = reader_enter(r, "text");
	const char *text = string_value(r, value, template_text, is_any);
	only = r->code ? NULL : arena_alloc(r->arena, 1, sizeof(*only));
	if (!r->code && !only)
		reader_fail(r, VT_ERR_NOMEM, "out of memory");
	reader_leave(r, mark);
	if (!only)
		return (struct catalogue_text){0};
	*only = (struct catalogue_string){.lang = CATALOGUE_DEFAULT_LANG, .text = text};
	return (struct catalogue_text){.count = 1, .strings = only};
}

static void read_line(struct reader *r, const json_t *json, struct catalogue_line *line)
{
	if (!is_object(r, json, "kind text value bold centred when"))
		return;
	line->kind = (enum receipt_kind)enum_member(
		r, json, "kind", true, receipt_kind_names, RECEIPT_KIND_COUNT);
	line->text = line_text(r, json);
	line->value = "";
	if (json_object_get(json, "value")) {
		const size_t mark = reader_enter(r, "value");
		line->value = string_value(r, json_object_get(json, "value"), value_text, is_any);
		reader_leave(r, mark);
	}
	line->bold = bool_member(r, json, "bold");
	line->centred = bool_member(r, json, "centred");
	line->when = conditions_member(r, json, "when");
	const bool is_empty = line->kind == RECEIPT_RULE || line->kind == RECEIPT_SPACE;
	if (is_empty != (line->text.count == 0))
		reader_fail(
			r, VT_ERR_PARSE, is_empty ? "this kind has no text" : "text is missing");
	if ((line->kind == RECEIPT_PAIR) != (line->value[0] != 0))
		reader_fail(r, VT_ERR_PARSE, "value belongs to pairs, and they need one");
}

static void read_document(struct reader *r, const json_t *json, struct catalogue_document *document)
{
	struct catalogue_line *lines;

	if (!is_object(r, json, "id lang letter lines"))
		return;
	document->id = string_member(r, json, "id", true, VT_MAX_ID - 1, is_slug);
	document->lang = string_member(r, json, "lang", false, 6, is_lang);
	document->prefers_letter = bool_member(r, json, "letter");
	const json_t *list = list_member(r, json, "lines", 1, CATALOGUE_MAX_LINES, sizeof(*lines),
		&lines, &document->line_count);
	document->lines = lines;
	READ_EACH(r, list, "lines", document->line_count, read_line(r, item, &lines[i]));
}

/* ---- outcomes ---- */

static void read_row(struct reader *r, const json_t *json, struct catalogue_row *row)
{
	if (!is_object(r, json, "label value when"))
		return;
	row->label = text_member(r, json, "label", true, short_text);
	row->value = string_member(r, json, "value", true, 200, is_any);
	row->when = conditions_member(r, json, "when");
}

static void read_outcome(struct reader *r, const json_t *json,
	const struct catalogue_service *service, struct catalogue_outcome *outcome)
{
	struct catalogue_row *rows;
	struct catalogue_text *steps;

	if (!is_object(
		    r, json, "id show provisional when title lead question rows steps qr document"))
		return;
	outcome->id = string_member(r, json, "id", true, VT_MAX_ID - 1, is_slug);
	outcome->show = string_member(r, json, "show", true, 23, is_slug);
	outcome->is_provisional = bool_member(r, json, "provisional");
	outcome->when = conditions_member(r, json, "when");
	outcome->title = text_member(r, json, "title", true, title_text);
	outcome->lead = text_member(r, json, "lead", true, lead_text);
	outcome->question = text_member(r, json, "question", false, title_text);
	const json_t *list = list_member(
		r, json, "rows", 0, CATALOGUE_MAX_ROWS, sizeof(*rows), &rows, &outcome->row_count);
	outcome->rows = rows;
	READ_EACH(r, list, "rows", outcome->row_count, read_row(r, item, &rows[i]));
	list = list_member(r, json, "steps", 0, CATALOGUE_MAX_STEPS, sizeof(*steps), &steps,
		&outcome->step_count);
	outcome->steps = steps;
	READ_EACH(
		r, list, "steps", outcome->step_count, steps[i] = text_value(r, item, label_text));
	outcome->qr = string_member(r, json, "qr", false, 290, is_any);
	const char *document = string_member(r, json, "document", false, VT_MAX_ID - 1, is_slug);
	outcome->document = *document ? service_document(service, document) : NULL;
	if (*document && !outcome->document)
		reader_fail(r, VT_ERR_PARSE, "no document is called \"%.40s\"", document);
}

/* ---- fees ---- */

static struct vt_date date_member(struct reader *r, const json_t *json, const char *name)
{
	const char *text = string_member(r, json, name, true, 10, is_any);
	struct vt_date date = {1, 1, 1};

	if (!r->code && !date_parse_iso(text, &date)) {
		const size_t mark = reader_enter(r, name);
		reader_fail(r, VT_ERR_PARSE, "no day AAAA-MM-DD");
		reader_leave(r, mark);
	}
	return date;
}

static void read_fee(struct reader *r, const json_t *json, struct catalogue_fee *fee)
{
	/* One thousand million pesos: beyond is a typing error, and sums stay far from overflow. */
	static const int64_t max_centavos = INT64_C(100000000000);

	if (!is_object(
		    r, json, "valid_from valid_to years full_centavos half_centavos cadena note"))
		return;
	fee->from = date_member(r, json, "valid_from");
	fee->to = date_member(r, json, "valid_to");
	fee->years = (int)number_member(r, json, "years", 0, 99, 0);
	fee->full_centavos = number_member(r, json, "full_centavos", 1, max_centavos, REQUIRED);
	fee->half_centavos = number_member(r, json, "half_centavos", 1, max_centavos, -1);
	fee->cadena = string_member(r, json, "cadena", false, 14, is_cadena);
	fee->note = text_member(r, json, "note", false, detail_text);
}

static void read_fees(struct reader *r, const json_t *json, struct catalogue_service *service)
{
	const json_t *fees = member(r, json, "fees", false);
	struct catalogue_fee *rows;

	service->fare_question = "";
	service->years_question = "";
	if (!fees)
		return;
	const size_t mark = reader_enter(r, "fees");
	if (is_object(r, fees, "fare_question years_question rows")) {
		service->fare_question =
			string_member(r, fees, "fare_question", false, VT_MAX_ID - 1, is_slug);
		service->years_question =
			string_member(r, fees, "years_question", false, VT_MAX_ID - 1, is_slug);
		const json_t *list = list_member(r, fees, "rows", 1, CATALOGUE_MAX_FEES,
			sizeof(*rows), &rows, &service->fee_count);
		service->fees = rows;
		READ_EACH(r, list, "rows", service->fee_count, read_fee(r, item, &rows[i]));
	}
	reader_leave(r, mark);
}

/* ---- the service ---- */

static unsigned read_needs(struct reader *r, const json_t *json)
{
	static const char *const names[] = {
		"network", "receipt", "sheet", "smartcard", "payment", "security"};
	const char **items;
	size_t count;
	unsigned needs = 0;

	const json_t *list = list_member(
		r, json, "needs", 0, VT_ELEMENTS(names), sizeof(*items), &items, &count);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		unsigned bit = 0;
		for (size_t n = 0; text && n < VT_ELEMENTS(names); n++) {
			if (strcmp(names[n], text) == 0)
				bit = 1u << n;
		}
		const size_t mark = reader_enter(r, "needs");
		const size_t inner = reader_enter_index(r, i);
		if (!bit)
			reader_fail(r, VT_ERR_PARSE, "unknown need");
		else if (needs & bit)
			reader_fail(r, VT_ERR_PARSE, "named twice");
		reader_leave(r, inner);
		reader_leave(r, mark);
		needs |= bit;
	}
	return needs;
}

static void read_note(struct reader *r, const json_t *json, struct catalogue_note *note)
{
	if (!is_object(r, json, "kind text"))
		return;
	note->kind =
		(enum note_kind)enum_member(r, json, "kind", true, note_kind_names, NOTE_COUNT);
	note->text = text_member(r, json, "text", true, label_text);
}

static void read_card(struct reader *r, const json_t *json, struct catalogue_service *service)
{
	service->id = string_member(r, json, "id", true, VT_MAX_ID - 1, is_id);
	service->version = (int)number_member(r, json, "version", 1, 1000000, REQUIRED);
	service->homoclave = string_member(r, json, "homoclave", false, 39, is_homoclave);
	service->agency = string_member(r, json, "agency", true, 30, is_any);
	service->agency_name = text_member(r, json, "agency_name", false, agency_text);
	service->name = text_member(r, json, "name", true, short_text);
	service->detail = text_member(r, json, "detail", true, detail_text);
	service->keywords = text_member(r, json, "keywords", false, lead_text);
	service->icon = string_member(r, json, "icon", true, 31, is_slug);
	service->archetype = (enum service_archetype)enum_member(
		r, json, "archetype", true, service_archetype_names, ARCHETYPE_COUNT);
	service->status = (enum service_status)enum_member(
		r, json, "status", true, service_status_names, SERVICE_STATUS_COUNT);
	service->is_feature = !r->code && json_object_get(json, "feature");
	service->colour = (enum service_colour)enum_member(
		r, json, "feature", false, service_colour_names, COLOUR_COUNT);
	service->order = (int)number_member(r, json, "order", 1, 10000, REQUIRED);
	service->is_free = bool_member(r, json, "free");
	service->needs = read_needs(r, json);
	service->offline = (enum service_offline)enum_member(
		r, json, "offline", true, service_offline_names, OFFLINE_COUNT);
	service->identity = (enum service_identity)enum_member(
		r, json, "identity", false, service_identity_names, IDENTITY_COUNT);
	service->takes_unchecked = bool_member(r, json, "takes_unchecked");
	service->is_signed = bool_member(r, json, "signed");
	service->in_order = bool_member(r, json, "in_order");
	service->priority = (int)number_member(r, json, "priority", 0, 3, 0);
	service->expires_ms =
		number_member(r, json, "expires_minutes", 0, 366 * 24 * 60, 0) * 60000;
}

static void read_body(struct reader *r, const json_t *json, struct catalogue_service *service)
{
	static const char *const body[] = {
		"notes", "questions", "ways", "outcomes", "documents", "fees"};
	const size_t needed = service->status == SERVICE_AVAILABLE ? 1 : 0;
	struct catalogue_note *notes;
	struct catalogue_question *questions;
	struct catalogue_document *documents;
	struct catalogue_way *ways;
	struct catalogue_outcome *outcomes;

	for (size_t i = 0; i < VT_ELEMENTS(body) && service->status == SERVICE_SOON; i++) {
		if (json_object_get(json, body[i]))
			reader_fail(r, VT_ERR_PARSE, "a service that is soon has no %s", body[i]);
	}
	service->patience_ms =
		number_member(r, json, "patience_ms", 1000, 30000, DEFAULT_PATIENCE_MS);
	service->expected_ms =
		number_member(r, json, "expected_ms", 100, 30000, DEFAULT_EXPECTED_MS);
	const json_t *list = list_member(r, json, "notes", needed, CATALOGUE_MAX_NOTES,
		sizeof(*notes), &notes, &service->note_count);
	service->notes = notes;
	READ_EACH(r, list, "notes", service->note_count, read_note(r, item, &notes[i]));
	service->wait = text_member(r, json, "wait", needed, label_text);
	service->consent = text_member(r, json, "consent", false, detail_text);
	service->confirm = text_member(r, json, "confirm", false, short_text);
	list = list_member(r, json, "questions", needed, CATALOGUE_MAX_QUESTIONS,
		sizeof(*questions), &questions, &service->question_count);
	service->questions = questions;
	READ_EACH(r, list, "questions", service->question_count,
		read_question(r, item, &questions[i]));
	list = list_member(r, json, "documents", 0, CATALOGUE_MAX_DOCUMENTS, sizeof(*documents),
		&documents, &service->document_count);
	service->documents = documents;
	READ_EACH(r, list, "documents", service->document_count,
		read_document(r, item, &documents[i]));
	list = list_member(r, json, "ways", needed, CATALOGUE_MAX_WAYS, sizeof(*ways), &ways,
		&service->way_count);
	service->ways = ways;
	READ_EACH(r, list, "ways", service->way_count, read_way(r, item, service, &ways[i]));
	list = list_member(r, json, "outcomes", needed, CATALOGUE_MAX_OUTCOMES, sizeof(*outcomes),
		&outcomes, &service->outcome_count);
	service->outcomes = outcomes;
	READ_EACH(r, list, "outcomes", service->outcome_count,
		read_outcome(r, item, service, &outcomes[i]));
	read_fees(r, json, service);
}

void service_read(struct reader *r, const void *json, struct catalogue_service *service)
{
	if (!is_object(r, json,
		    "$schema id version homoclave agency agency_name name detail keywords icon "
		    "archetype status feature order free needs offline identity takes_unchecked "
		    "signed in_order priority expires_minutes "
		    "patience_ms expected_ms "
		    "notes wait consent confirm questions ways outcomes documents fees"))
		return;
	(void)string_member(r, json, "$schema", false, 200, is_any);
	read_card(r, json, service);
	read_body(r, json, service);
}
