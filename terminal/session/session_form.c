/* Answers of the citizen: checking, order of the questions, and the values that templates name. */

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/curp.h"
#include "terminal/domain/names.h"
#include "terminal/session/session_internal.h"

static size_t index_of(const struct session *s, const struct catalogue_question *question)
{
	const size_t index = (size_t)(question - s->c.service->questions);

	VT_ASSERT(index < s->c.service->question_count);
	return index;
}

struct session_answer *form_answer(struct session *s, const struct catalogue_question *question)
{
	return &s->c.answers[index_of(s, question)];
}

const struct session_answer *form_peek(
	const struct session *s, const struct catalogue_question *question)
{
	return &s->c.answers[index_of(s, question)];
}

/* ---- checking one answer: the id of what is wrong, "" = right; value is normalised in place ----
 */

static const char *check_curp(const struct session *s, char *value)
{
	static const char *const ids[CURP_ERROR_COUNT] = {
		[CURP_OK] = "",
		[CURP_FORMAT] = "curp.FORMAT",
		[CURP_DATE] = "curp.DATE",
		[CURP_FUTURE] = "curp.FUTURE",
		[CURP_STATE] = "curp.STATE",
		[CURP_WORD] = "curp.WORD",
		[CURP_CHECK] = "curp.CHECK",
	};
	char key[CURP_SIZE];

	if (!curp_normalise(value, key))
		return ids[CURP_FORMAT];
	memcpy(value, key, sizeof(key));
	return ids[curp_check(key, s->today)];
}

static const char *check_name(const struct catalogue_question *question, char *value)
{
	char name[NAME_FULL_SIZE];
	size_t max = question->max_length > 0 ? (size_t)question->max_length : NAME_MAX_CHARS;

	if (max > NAME_FULL_MAX_CHARS)
		max = NAME_FULL_MAX_CHARS;
	switch (name_normalise(value, max, name, sizeof(name))) {
	case NAME_OK:
		memcpy(value, name, sizeof(name));
		return "";
	case NAME_TOO_LONG:
		return "name.long";
	case NAME_EMPTY:
	case NAME_ALPHABET:
	case NAME_ERROR_COUNT:
		break;
	}
	return "name";
}

static const char *check_date(const struct session *s, const char *value)
{
	struct vt_date date;

	if (!date_parse_slash(value, &date))
		return "date";
	/* Every date asked so far is a birth date; nobody is born before 1880 and at the terminal.
	 */
	if (date_compare(date, s->today) > 0)
		return "date.future";
	return date.year < 1880 ? "date" : "";
}

static const char *check_digits(const char *value)
{
	return value[strspn(value, "0123456789")] ? "number" : "";
}

static const char *check_email(const char *value)
{
	const char *at = strchr(value, '@');

	if (!at || at == value || at - value > 64 || !at[1] || strchr(at + 1, '@') ||
		strpbrk(value, " \t,;<>\""))
		return "email";
	return "";
}

static const char *check_value(
	const struct session *s, const struct catalogue_question *question, char *value)
{
	switch (question->type) {
	case FIELD_CURP:
		return check_curp(s, value);
	case FIELD_NAME:
		return check_name(question, value);
	case FIELD_DATE:
		return check_date(s, value);
	case FIELD_CHOICE: {
		const struct catalogue_choice *choice = question_choice(question, value);
		return choice && form_offers(s, question, choice) ? "" : "choice";
	}
	case FIELD_ENTITY:
		return strlen(value) == 2 && entity_by_code(value) ? "" : "choice";
	case FIELD_NUMBER:
		return check_digits(value);
	case FIELD_EMAIL:
		return check_email(value);
	case FIELD_TEXT:
		return "";
	case FIELD_TYPE_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

bool form_take(struct session *s, const struct catalogue_question *question, const char *typed)
{
	struct session_answer *answer = form_answer(s, question);
	const char *error = "";

	if (!vt_copy(answer->value, sizeof(answer->value), typed))
		error = "long";
	else if (!typed[0] && !question->optional)
		error = "required";
	else if (typed[0] && question->max_length > 0 &&
		 vt_utf8_length(typed) > 2 * (size_t)question->max_length)
		error = "long"; /* generous: normalising may shorten */
	else if (typed[0])
		error = check_value(s, question, answer->value);
	vt_copy_cut(answer->error, sizeof(answer->error), error);
	answer->given = !error[0];
	answer->scanned = false;
	return answer->given;
}

/* ---- order of the questions ---- */

bool form_asked(const struct session *s, const struct catalogue_question *question)
{
	const struct document_values values = form_values(s);

	return catalogue_holds(&question->ask_when, &values, s->today);
}

size_t form_next(const struct session *s, size_t index)
{
	while (index < s->c.way->question_count && !form_asked(s, s->c.way->questions[index]))
		index++;
	return index;
}

size_t form_previous(const struct session *s, size_t index)
{
	while (index-- > 0) {
		if (form_asked(s, s->c.way->questions[index]))
			return index;
	}
	return SIZE_MAX;
}

size_t form_first_open(const struct session *s)
{
	size_t index = form_next(s, 0);

	while (index < s->c.way->question_count) {
		const struct catalogue_question *question = s->c.way->questions[index];
		const struct session_answer *answer = form_peek(s, question);
		if (!answer->given)
			return index;
		/* An earlier answer may have been changed since: what was offered may be no more.
		 */
		if (question->type == FIELD_CHOICE && answer->value[0]) {
			const struct catalogue_choice *choice =
				question_choice(question, answer->value);
			if (!choice || !form_offers(s, question, choice))
				return index;
		}
		index = form_next(s, index + 1);
	}
	return index;
}

/* ---- fees ---- */

/* Years of a choice id ("10", or "10-years"); 0 = none. */
static int years_of(const char *text)
{
	int years = 0;

	while (*text >= '0' && *text <= '9' && years < 1000)
		years = years * 10 + (*text++ - '0');
	return years;
}

static const char *answer_by_name(const struct session *s, const char *name)
{
	const struct catalogue_question *question =
		s->c.service && name[0] ? service_question(s->c.service, name) : NULL;
	const struct session_answer *answer = question ? form_peek(s, question) : NULL;

	return answer && answer->given ? answer->value : NULL;
}

static enum fare chosen_fare(const struct session *s)
{
	const char *fare = answer_by_name(s, s->c.service->fare_question);

	return fare && strcmp(fare, "half") == 0 ? FARE_HALF : FARE_FULL;
}

bool form_offers(const struct session *s, const struct catalogue_question *question,
	const struct catalogue_choice *choice)
{
	const struct document_values values = form_values(s);

	if (!catalogue_holds(&choice->offer_when, &values, s->today))
		return false;
	return !question->shows_fee || form_choice_centavos(s, choice) > 0;
}

int64_t form_choice_centavos(const struct session *s, const struct catalogue_choice *choice)
{
	const enum fare fare = chosen_fare(s);
	const struct catalogue_fee *fee =
		fee_find(s->c.service, s->today, years_of(choice->id), fare);

	return fee ? fee_centavos(fee, fare) : 0;
}

const struct catalogue_fee *form_fee(const struct session *s)
{
	const struct catalogue_service *service = s->c.service;

	if (!service || service->fee_count == 0)
		return NULL;
	const char *years = answer_by_name(s, service->years_question);
	if (service->years_question[0] && !years)
		return NULL;
	return fee_find(service, s->today, years ? years_of(years) : 0, chosen_fare(s));
}

int64_t form_centavos(const struct session *s)
{
	const struct catalogue_fee *fee = form_fee(s);

	return fee ? fee_centavos(fee, chosen_fare(s)) : 0;
}

/* ---- values ---- */

/* Member of the service's answer by a path "records.0.curp". */
static const char *answer_member(const struct session *s, const char *path)
{
	const json_t *node = s->c.answer;
	char name[VT_MAX_ID];

	while (node && *path) {
		const size_t length = strcspn(path, ".");
		if (length >= sizeof(name))
			return NULL;
		memcpy(name, path, length);
		name[length] = 0;
		path += length + (path[length] == '.' ? 1 : 0);
		if (json_is_array(node)) {
			int64_t index;
			if (vt_parse_i64(name, 0, 1000, &index) != VT_OK)
				return NULL;
			node = json_array_get(node, (size_t)index);
		} else {
			node = json_object_get(node, name);
		}
	}
	return node ? json_string_value(node) : NULL;
}

static const char *values_get(void *ctx, const char *name)
{
	struct citizen *c = &((struct session *)ctx)->c;
	const struct session *s = ctx;

	if (strncmp(name, "field.", 6) == 0)
		return answer_by_name(s, name + 6);
	if (strncmp(name, "answer.", 7) == 0)
		return answer_member(s, name + 7);
	if (strcmp(name, "signed.text") == 0)
		return c->request.text;
	if (strcmp(name, "signed.cms") == 0)
		return c->request.cms;
	if (strcmp(name, "folio") == 0)
		return c->folio;
	if (strcmp(name, "terminal") == 0)
		return s->terminal;
	if (strcmp(name, "fee.cadena") == 0) {
		const struct catalogue_fee *fee = form_fee(s);
		return fee ? fee->cadena : NULL;
	}
	if (strcmp(name, "centavos") == 0) {
		const int64_t centavos = form_centavos(s);
		if (centavos == 0)
			return NULL;
		snprintf(c->scratch, sizeof(c->scratch), "%lld", (long long)centavos);
		return c->scratch;
	}
	/* Before the commit the paper's date is today: only the review can ask then. */
	const bool committed = c->folio[0] != 0;
	if (strcmp(name, "date") == 0) {
		date_format_slash(committed ? c->date : s->today, c->scratch);
		return c->scratch;
	}
	if (strcmp(name, "time") == 0) {
		const int minute = committed ? c->minute : s->minute;
		snprintf(c->scratch, sizeof(c->scratch), "%02d:%02d", minute / 60, minute % 60);
		return c->scratch;
	}
	return NULL;
}

struct document_values form_values(const struct session *s)
{
	void *ctx;

	/* The lookup writes only the scratch member, which is not part of the session's state. */
	memcpy(&ctx, &s, sizeof(ctx));
	return (struct document_values){.get = values_get, .ctx = ctx};
}

void form_display(
	const struct session *s, const struct catalogue_question *question, char *text, size_t size)
{
	const char *value = form_peek(s, question)->value;
	struct vt_date date;

	switch (question->type) {
	case FIELD_CHOICE: {
		const struct catalogue_choice *choice = question_choice(question, value);
		vt_copy_cut(text, size, choice ? catalogue_text(&choice->label, s->c.lang) : "");
		return;
	}
	case FIELD_ENTITY: {
		const struct entity *entity = value[0] ? entity_by_code(value) : NULL;
		vt_copy_cut(text, size, entity ? entity_name(entity, s->c.lang) : "");
		return;
	}
	case FIELD_DATE:
		if (date_parse_slash(value, &date)) {
			char words[DATE_LONG_SIZE];
			date_format_long(date, s->c.lang, words);
			vt_copy_cut(text, size, words);
			return;
		}
		break;
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_CURP:
	case FIELD_NUMBER:
	case FIELD_EMAIL:
	case FIELD_TYPE_COUNT:
		break;
	}
	vt_copy_cut(text, size, value);
}
