/* Second half of reading a service: what members mean together. Everything that refers to something
 * else is found here, at load, so that nothing can miss at the counter. */

#include "terminal/session/catalogue_internal.h"

#include <string.h>

#include "terminal/base/text.h"

/* Of a service whose request is signed: then every line fits a row of the screen, of 255 bytes, and
 * all of them VT_MAX_SIGNED_TEXT. */
#define SIGNED_MAX_LENGTH    60
#define SIGNED_MAX_QUESTIONS 8

/* What is looked at now, and which names it may use. */
struct scope {
	struct reader *r;
	const struct catalogue_service *service;
	unsigned allowed; /* bits of enum document_source */
	/* field.… must be one of the first question_count of these; NULL: any of the service */
	const struct catalogue_question *const *questions;
	size_t question_count;
};

static bool is_asked(const struct scope *scope, const char *name)
{
	if (!scope->questions)
		return true;
	for (size_t i = 0; i < scope->question_count; i++) {
		if (strcmp(scope->questions[i]->name, name) == 0)
			return true;
	}
	return false;
}

/* document_visit */
static void check_name(void *ctx, const char *name, enum document_source source)
{
	const struct scope *scope = ctx;

	if (!(scope->allowed & source))
		reader_fail(scope->r, VT_ERR_PARSE, "%.60s is not known here", name);
	else if (source == SOURCE_FEE && scope->service->fee_count == 0)
		reader_fail(scope->r, VT_ERR_PARSE, "%.60s without a fee table", name);
	else if (source == SOURCE_FIELD && !is_asked(scope, name + strlen("field.")))
		reader_fail(scope->r, VT_ERR_PARSE, "%.60s is not asked before", name);
}

static void check_template(struct scope *scope, const char *name, const char *text)
{
	struct vt_error error = {0};
	const size_t mark = reader_enter(scope->r, name);

	if (document_scan(scope->service, text, check_name, scope, &error) != VT_OK)
		reader_fail(scope->r, VT_ERR_PARSE, "%.100s", error.msg);
	reader_leave(scope->r, mark);
}

static void check_templates(
	struct scope *scope, const char *name, const struct catalogue_text *text)
{
	const size_t mark = reader_enter(scope->r, name);

	for (size_t i = 0; i < text->count; i++)
		check_template(scope, text->strings[i].lang, text->strings[i].text);
	reader_leave(scope->r, mark);
}

/* A text that is shown as it is: braces in it are a mistake. */
static void check_plain(struct reader *r, const char *name, const struct catalogue_text *text)
{
	const size_t mark = reader_enter(r, name);

	for (size_t i = 0; i < text->count; i++) {
		const size_t inner = reader_enter(r, text->strings[i].lang);
		if (strpbrk(text->strings[i].text, "{}"))
			reader_fail(r, VT_ERR_PARSE, "this text takes no placeholders");
		reader_leave(r, inner);
	}
	reader_leave(r, mark);
}

static bool has_date(const struct catalogue_service *service, const char *name)
{
	const struct catalogue_question *question =
		strncmp(name, "field.", 6) == 0 ? service_question(service, name + 6) : NULL;

	return question && (question->type == FIELD_CURP || question->type == FIELD_DATE);
}

static void check_conditions(
	struct scope *scope, const char *name, const struct catalogue_conditions *conditions)
{
	struct reader *r = scope->r;
	const size_t mark = reader_enter(r, name);

	for (size_t i = 0; i < conditions->count; i++) {
		const struct catalogue_condition *condition = &conditions->all[i];
		const bool is_age = condition->kind == CONDITION_AGE_BELOW ||
				    condition->kind == CONDITION_AGE_FROM;
		const unsigned source = document_source_of(scope->service, condition->value);
		if (!source)
			reader_fail(r, VT_ERR_PARSE, "%.60s is not known", condition->value);
		else
			check_name(scope, condition->value, (enum document_source)source);
		if (is_age && !has_date(scope->service, condition->value))
			reader_fail(r, VT_ERR_PARSE, "%.60s has no age", condition->value);
	}
	reader_leave(r, mark);
}

/* Names within one list differ: name(i) < name(j) for all i, j. */
static void check_distinct(struct reader *r, const char *list, size_t count,
	const char *(*name)(const void *ctx, size_t i), const void *ctx)
{
	const size_t mark = reader_enter(r, list);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			if (strcmp(name(ctx, i), name(ctx, j)) == 0)
				reader_fail(
					r, VT_ERR_EXISTS, "\"%.40s\" is there twice", name(ctx, i));
		}
	}
	reader_leave(r, mark);
}

static const char *question_name(const void *ctx, size_t i)
{
	return ((const struct catalogue_service *)ctx)->questions[i].name;
}

static const char *choice_id(const void *ctx, size_t i)
{
	return ((const struct catalogue_question *)ctx)->choices[i].id;
}

static const char *way_id(const void *ctx, size_t i)
{
	return ((const struct catalogue_service *)ctx)->ways[i].id;
}

static const char *way_question_name(const void *ctx, size_t i)
{
	return ((const struct catalogue_way *)ctx)->questions[i]->name;
}

static const char *outcome_id(const void *ctx, size_t i)
{
	return ((const struct catalogue_service *)ctx)->outcomes[i].id;
}

static const char *document_id(const void *ctx, size_t i)
{
	return ((const struct catalogue_service *)ctx)->documents[i].id;
}

/* ---- questions and ways ---- */

static bool is_used(const struct catalogue_service *service, const struct catalogue_question *q)
{
	for (size_t w = 0; w < service->way_count; w++) {
		for (size_t i = 0; i < service->ways[w].question_count; i++) {
			if (service->ways[w].questions[i] == q)
				return true;
		}
	}
	return false;
}

static void check_question(struct reader *r, const struct catalogue_service *service,
	const struct catalogue_question *question)
{
	check_plain(r, "label", &question->label);
	check_plain(r, "hint", &question->hint);
	check_plain(r, "row", &question->row);
	check_distinct(r, "choices", question->choice_count, choice_id, question);
	if (!is_used(service, question))
		reader_fail(r, VT_ERR_PARSE, "no way asks this question");
	if (question->claim != CLAIM_NONE && service->identity == IDENTITY_NONE)
		reader_fail(r, VT_ERR_PARSE, "a claim needs $.identity");
	if (question->claim != CLAIM_NONE &&
		question->type != (question->claim == CLAIM_CURP ? FIELD_CURP : FIELD_TEXT))
		reader_fail(r, VT_ERR_PARSE, "claim curp belongs to type curp, rfc to text");
	if (question->shows_fee && strcmp(service->years_question, question->name) != 0)
		reader_fail(r, VT_ERR_PARSE, "shows_fee belongs to fees.years_question");
	for (size_t i = 0; i < question->choice_count; i++) {
		const size_t mark = reader_enter(r, "choices");
		const size_t inner = reader_enter_index(r, i);
		check_plain(r, "label", &question->choices[i].label);
		check_plain(r, "detail", &question->choices[i].detail);
		reader_leave(r, inner);
		reader_leave(r, mark);
	}
}

/* A condition of a question may look only at what this way asked before it. */
static void check_way_question(struct scope *scope, const struct catalogue_question *question)
{
	check_conditions(scope, "ask_when", &question->ask_when);
	for (size_t i = 0; i < question->choice_count; i++) {
		const size_t mark = reader_enter(scope->r, question->choices[i].id);
		check_conditions(scope, "offer_when", &question->choices[i].offer_when);
		reader_leave(scope->r, mark);
	}
}

static bool has_member(const struct catalogue_way *way, const char *text)
{
	for (size_t i = 0; i < way->member_count; i++) {
		if (strcmp(way->members[i].text, text) == 0)
			return true;
	}
	return false;
}

/* What is signed is shown whole and belongs to who signs it. */
static void check_signed_way(struct reader *r, const struct catalogue_way *way)
{
	bool has_claim = false;

	if (!way->has_review)
		reader_fail(r, VT_ERR_PARSE, "$.signed needs a review");
	if (!has_member(way, "{signed.text}") || !has_member(way, "{signed.cms}"))
		reader_fail(r, VT_ERR_PARSE,
			"$.signed needs {signed.text} and {signed.cms} in the payload");
	if (way->question_count > SIGNED_MAX_QUESTIONS)
		reader_fail(
			r, VT_ERR_LIMIT, "$.signed: more than %d questions", SIGNED_MAX_QUESTIONS);
	for (size_t i = 0; i < way->question_count; i++) {
		const struct catalogue_question *question = way->questions[i];
		has_claim = has_claim ||
			    (question->claim == CLAIM_CURP && question->ask_when.count == 0);
		if (question->max_length > SIGNED_MAX_LENGTH)
			reader_fail(r, VT_ERR_LIMIT, "$.signed: %s: max_length above %d",
				question->name, SIGNED_MAX_LENGTH);
	}
	if (!has_claim)
		reader_fail(r, VT_ERR_PARSE, "$.signed needs a question with claim curp");
}

static void check_way(
	struct reader *r, const struct catalogue_service *service, const struct catalogue_way *way)
{
	struct scope scope = {
		.r = r, .service = service, .allowed = SOURCE_FIELD, .questions = way->questions};

	check_distinct(r, "questions", way->question_count, way_question_name, way);
	if (*way->otherwise &&
		(!service_way(service, way->otherwise) || strcmp(way->otherwise, way->id) == 0))
		reader_fail(r, VT_ERR_PARSE, "otherwise: no other way is called \"%.40s\"",
			way->otherwise);
	if (way->has_review && service->confirm.count == 0)
		reader_fail(r, VT_ERR_PARSE, "a review needs the text $.confirm");
	const size_t mark = reader_enter(r, "questions");
	for (size_t i = 0; i < way->question_count; i++) {
		const size_t inner = reader_enter_index(r, i);
		scope.question_count = i;
		check_way_question(&scope, way->questions[i]);
		reader_leave(r, inner);
	}
	reader_leave(r, mark);
	scope.question_count = way->question_count;
	scope.allowed = SOURCE_FIELD | SOURCE_FEE | SOURCE_OTHER |
			(service->is_signed ? (unsigned)SOURCE_SIGNED : 0u);
	const size_t payload_mark = reader_enter(r, "payload");
	for (size_t i = 0; i < way->member_count; i++)
		check_template(&scope, way->members[i].name, way->members[i].text);
	reader_leave(r, payload_mark);
	if (service->is_signed)
		check_signed_way(r, way);
}

/* ---- outcomes and documents ---- */

static void check_document(struct scope *scope, const struct catalogue_document *document)
{
	struct reader *r = scope->r;
	const size_t mark = reader_enter(r, "lines");

	for (size_t i = 0; i < document->line_count; i++) {
		const size_t inner = reader_enter_index(r, i);
		check_templates(scope, "text", &document->lines[i].text);
		check_template(scope, "value", document->lines[i].value);
		check_conditions(scope, "when", &document->lines[i].when);
		reader_leave(r, inner);
	}
	reader_leave(r, mark);
}

static void check_outcome(struct reader *r, const struct catalogue_service *service,
	const struct catalogue_outcome *outcome)
{
	struct scope scope = {.r = r, .service = service, .allowed = SOURCE_FIELD | SOURCE_ANSWER};

	if (outcome->is_provisional && outcome->when.count > 0)
		reader_fail(r, VT_ERR_PARSE, "a provisional outcome has no when");
	check_conditions(&scope, "when", &outcome->when);
	check_plain(r, "title", &outcome->title);
	check_plain(r, "lead", &outcome->lead);
	check_plain(r, "question", &outcome->question);
	/* No answer has come when work is queued. */
	scope.allowed = SOURCE_FIELD | SOURCE_FEE | SOURCE_OTHER |
			(outcome->is_provisional ? 0u : (unsigned)SOURCE_ANSWER);
	check_template(&scope, "qr", outcome->qr);
	for (size_t i = 0; i < outcome->step_count; i++) {
		const size_t mark = reader_enter(r, "steps");
		const size_t inner = reader_enter_index(r, i);
		check_plain(r, "", &outcome->steps[i]);
		reader_leave(r, inner);
		reader_leave(r, mark);
	}
	for (size_t i = 0; i < outcome->row_count; i++) {
		const size_t mark = reader_enter(r, "rows");
		const size_t inner = reader_enter_index(r, i);
		check_plain(r, "label", &outcome->rows[i].label);
		check_template(&scope, "value", outcome->rows[i].value);
		check_conditions(&scope, "when", &outcome->rows[i].when);
		reader_leave(r, inner);
		reader_leave(r, mark);
	}
	if (outcome->document) {
		const size_t mark = reader_enter(r, "document");
		check_document(&scope, outcome->document);
		reader_leave(r, mark);
	}
}

static void check_outcomes(struct reader *r, const struct catalogue_service *service)
{
	size_t provisional = 0;

	for (size_t i = 0; i < service->outcome_count; i++) {
		const size_t mark = reader_enter_index(r, i);
		check_outcome(r, service, &service->outcomes[i]);
		provisional += service->outcomes[i].is_provisional ? 1 : 0;
		reader_leave(r, mark);
	}
	if (provisional != (service->offline == OFFLINE_QUEUE ? 1u : 0u))
		reader_fail(r, VT_ERR_PARSE,
			"exactly one provisional outcome belongs to the offline rule queue");
	if (service->outcome_count == provisional)
		reader_fail(r, VT_ERR_PARSE, "no outcome for an answer");
}

/* Documents that no outcome prints are a forgotten reference. */
static void check_documents(struct reader *r, const struct catalogue_service *service)
{
	for (size_t d = 0; d < service->document_count; d++) {
		bool used = false;
		for (size_t i = 0; i < service->outcome_count; i++)
			used = used || service->outcomes[i].document == &service->documents[d];
		const size_t mark = reader_enter_index(r, d);
		if (!used)
			reader_fail(r, VT_ERR_PARSE, "no outcome prints it");
		reader_leave(r, mark);
	}
}

/* ---- fees ---- */

static bool overlap(const struct catalogue_fee *a, const struct catalogue_fee *b)
{
	return a->years == b->years && date_compare(a->from, b->to) <= 0 &&
	       date_compare(b->from, a->to) <= 0;
}

static void check_fee_rows(struct reader *r, const struct catalogue_service *service)
{
	const struct catalogue_question *question =
		service_question(service, service->years_question);

	for (size_t i = 0; i < service->fee_count; i++) {
		const struct catalogue_fee *fee = &service->fees[i];
		const size_t mark = reader_enter_index(r, i);
		char years[12];
		if (date_compare(fee->from, fee->to) > 0)
			reader_fail(r, VT_ERR_PARSE, "ends before it begins");
		if (fee->half_centavos > fee->full_centavos)
			reader_fail(r, VT_ERR_PARSE, "half is more than full");
		for (size_t j = 0; j < i; j++) {
			if (overlap(fee, &service->fees[j]))
				reader_fail(r, VT_ERR_EXISTS, "overlaps with rows[%zu]", j);
		}
		if (vt_format(years, sizeof(years), "%d", fee->years) && question &&
			!question_choice(question, years))
			reader_fail(r, VT_ERR_PARSE, "years is no choice of %s", question->name);
		check_plain(r, "note", &fee->note);
		reader_leave(r, mark);
	}
}

/* The question of that name with its choices, or a failure; NULL if name is "". */
static const struct catalogue_question *fee_question(
	struct reader *r, const struct catalogue_service *service, const char *name)
{
	const struct catalogue_question *question = service_question(service, name);

	if (*name && (!question || question->type != FIELD_CHOICE))
		reader_fail(
			r, VT_ERR_PARSE, "no question of type choice is called \"%.40s\"", name);
	return question && question->type == FIELD_CHOICE ? question : NULL;
}

static void check_fees(struct reader *r, const struct catalogue_service *service)
{
	const struct catalogue_question *fare = fee_question(r, service, service->fare_question);
	const struct catalogue_question *years = fee_question(r, service, service->years_question);

	if (service->fee_count > 0 && service->is_free)
		reader_fail(r, VT_ERR_PARSE, "a free service has no fees");
	if (fare && (fare->choice_count != 2 || !question_choice(fare, "full") ||
			    !question_choice(fare, "half")))
		reader_fail(r, VT_ERR_PARSE, "%s must offer full and half", fare->name);
	if (years && !years->shows_fee)
		reader_fail(r, VT_ERR_PARSE, "%s must have shows_fee", years->name);
	const size_t mark = reader_enter(r, "rows");
	check_fee_rows(r, service);
	reader_leave(r, mark);
}

/* ---- the service ---- */

static bool has_note(const struct catalogue_service *service, enum note_kind kind)
{
	for (size_t i = 0; i < service->note_count; i++) {
		if (service->notes[i].kind == kind)
			return true;
	}
	return false;
}

static void check_card(struct reader *r, const struct catalogue_service *service)
{
	check_plain(r, "name", &service->name);
	check_plain(r, "detail", &service->detail);
	check_plain(r, "agency_name", &service->agency_name);
	check_plain(r, "keywords", &service->keywords);
	check_plain(r, "wait", &service->wait);
	check_plain(r, "consent", &service->consent);
	check_plain(r, "confirm", &service->confirm);
	for (size_t i = 0; i < service->note_count; i++)
		check_plain(r, "notes", &service->notes[i].text);
	if (service->identity == IDENTITY_REQUIRED && !(service->needs & NEED_SMARTCARD))
		reader_fail(r, VT_ERR_PARSE, "identity required without the need smartcard");
	if (service->is_signed && service->identity != IDENTITY_REQUIRED)
		reader_fail(r, VT_ERR_PARSE, "signed without identity required");
	if (service->takes_unchecked && service->identity == IDENTITY_NONE)
		reader_fail(r, VT_ERR_PARSE, "takes_unchecked needs $.identity");
	/* The law asks for the notice before data are taken (LGPDPPSO, UI.md §2). */
	if (service->status == SERVICE_AVAILABLE && !has_note(service, NOTE_PRIVACY))
		reader_fail(r, VT_ERR_PARSE, "a note of kind privacy is missing");
}

void service_check(struct reader *r, const struct catalogue_service *service)
{
	size_t mark;

	check_card(r, service);
	if (service->status == SERVICE_SOON)
		return;
	check_distinct(r, "questions", service->question_count, question_name, service);
	check_distinct(r, "ways", service->way_count, way_id, service);
	check_distinct(r, "outcomes", service->outcome_count, outcome_id, service);
	check_distinct(r, "documents", service->document_count, document_id, service);
	mark = reader_enter(r, "questions");
	for (size_t i = 0; i < service->question_count; i++) {
		const size_t inner = reader_enter_index(r, i);
		check_question(r, service, &service->questions[i]);
		reader_leave(r, inner);
	}
	reader_leave(r, mark);
	mark = reader_enter(r, "ways");
	for (size_t i = 0; i < service->way_count; i++) {
		const size_t inner = reader_enter_index(r, i);
		check_way(r, service, &service->ways[i]);
		reader_leave(r, inner);
	}
	reader_leave(r, mark);
	mark = reader_enter(r, "outcomes");
	check_outcomes(r, service);
	reader_leave(r, mark);
	mark = reader_enter(r, "documents");
	check_documents(r, service);
	reader_leave(r, mark);
	mark = reader_enter(r, "fees");
	check_fees(r, service);
	reader_leave(r, mark);
}
