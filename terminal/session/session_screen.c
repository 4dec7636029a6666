/* The screen model and the paper of the session's present state. */

#include <stdio.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/domain/entities.h"
#include "terminal/domain/money.h"
#include "terminal/session/session_internal.h"

#define SET(member, text) vt_copy_cut((member), sizeof(member), (text))

static struct screen_item *add_item(
	struct screen_model *model, enum item_kind kind, const char *id, const char *label)
{
	/* The catalogue's own maxima are lower; a longer home is a second page of a later
	 * catalogue. */
	VT_ASSERT(model->item_count < SCREEN_MAX_ITEMS);
	struct screen_item *item = &model->items[model->item_count++];
	item->kind = kind;
	SET(item->id, id);
	SET(item->label, label);
	return item;
}

static void expand(const struct session *s, const char *template, char *text, size_t size)
{
	const struct document_values values = form_values(s);
	struct vt_error error;

	/* Too long for its place on the screen: left out, the paper has it whole. */
	if (document_expand(s->c.service, template, s->c.lang, &values, text, size, &error))
		text[0] = 0;
}

/* ---- attract, language, home ---- */

static void fill_languages(const struct session *s, struct screen_model *model)
{
	model->screen = SCREEN_LANGUAGE;
	model->can_back = true;
	for (size_t i = 0; i < s->language_count; i++) {
		const struct session_language *language = &s->languages[i];
		struct screen_item *item =
			add_item(model, ITEM_CHOICE, language->code, language->endonym);
		SET(item->detail, language->spanish);
		if (strcmp(language->code, s->c.lang) == 0)
			item->state = ITEM_SELECTED;
	}
}

/* What people call it, in their language and in Spanish. */
static void fill_keywords(
	const struct session *s, const struct catalogue_service *service, struct screen_item *item)
{
	const char *own = catalogue_text(&service->keywords, s->c.lang);
	const char *spanish = catalogue_text(&service->keywords, CATALOGUE_DEFAULT_LANG);

	if (own == spanish ||
		!vt_format(item->keywords, sizeof(item->keywords), "%s %s", own, spanish))
		SET(item->keywords, own);
}

static void add_service(const struct session *s, const struct catalogue_service *service,
	struct screen_model *model)
{
	struct screen_item *item = add_item(model, service->is_feature ? ITEM_FEATURE : ITEM_CARD,
		service->id, catalogue_text(&service->name, s->c.lang));

	SET(item->detail, catalogue_text(&service->detail, s->c.lang));
	SET(item->detail2, service->agency);
	SET(item->icon, service->icon);
	if (s->c.state == SESSION_HOME)
		fill_keywords(s, service, item);
	if (service->status == SERVICE_SOON) {
		item->state = ITEM_SOON;
		SET(item->reason, "soon");
	} else if (service->offline == OFFLINE_ONLINE_ONLY && session_is_offline(s, service)) {
		item->state = ITEM_UNAVAILABLE;
		SET(item->reason, "offline");
	} else if (session_lacks_paper(s, service)[0]) {
		item->state = ITEM_UNAVAILABLE;
		SET(item->reason, session_lacks_paper(s, service));
	}
}

/* "Entrar con mi e.firma" on a screen of the service, or of none. */
static void offer_sign_in(const struct session *s, const struct catalogue_service *service,
	struct screen_model *model)
{
	SET(model->holder, s->c.identity.holder);
	if (s->c.identity.is_proven || s->health.reader == READER_ABSENT)
		return;
	if (!service || service->identity == IDENTITY_OPTIONAL)
		model->sign_in = SIGN_IN_OFFERED;
	else if (service->identity == IDENTITY_REQUIRED)
		model->sign_in = SIGN_IN_REQUIRED;
}

static void fill_home(const struct session *s, struct screen_model *model)
{
	const size_t count = catalogue_count(s->catalogue);
	bool is_offline = !s->health.sync_connected;

	model->screen = SCREEN_HOME;
	for (size_t i = 0; i < count && model->item_count < SCREEN_MAX_ITEMS; i++) {
		const struct catalogue_service *service = catalogue_at(s->catalogue, i);
		/* No published fee for today: hidden, never guessed. */
		if (service->status == SERVICE_AVAILABLE && !fee_known(service, s->today))
			continue;
		add_service(s, service, model);
		if (service->status == SERVICE_AVAILABLE && session_is_offline(s, service))
			is_offline = true;
	}
	model->offline = is_offline;
	model->no_paper = !s->health.printer_ready && !s->health.printer_paper;
	model->no_printer = !s->health.printer_ready && s->health.printer_paper;
	offer_sign_in(s, NULL, model);
}

static void fill_attract(const struct session *s, struct screen_model *model)
{
	fill_home(s, model);
	model->screen = SCREEN_ATTRACT;
}

/* ---- the service's screens ---- */

static void fill_service(const struct session *s, struct screen_model *model)
{
	const struct catalogue_service *service = s->c.service;

	if (!service)
		return;
	SET(model->service, service->id);
	SET(model->service_name, catalogue_text(&service->name, s->c.lang));
	SET(model->agency, catalogue_text(&service->agency_name, s->c.lang));
	SET(model->icon, service->icon);
	model->is_free = service->is_free;
	model->no_charge = true; /* no money is taken at this terminal yet */
}

static void fill_intro(const struct session *s, struct screen_model *model)
{
	const struct catalogue_service *service = s->c.service;

	model->screen = SCREEN_INTRO;
	model->can_back = true;
	SET(model->title, catalogue_text(&service->name, s->c.lang));
	SET(model->lead, catalogue_text(&service->detail, s->c.lang));
	offer_sign_in(s, service, model);
	for (size_t i = 0; i < service->note_count; i++) {
		const struct catalogue_note *note = &service->notes[i];
		struct screen_item *item =
			add_item(model, ITEM_NOTE, note_kind_names[note->kind], "");
		SET(item->detail, catalogue_text(&note->text, s->c.lang));
	}
}

static void fill_choices(const struct session *s, const struct catalogue_question *question,
	struct screen_model *model)
{
	const char *given = form_peek(s, question)->value;

	for (size_t i = 0; i < question->choice_count; i++) {
		const struct catalogue_choice *choice = &question->choices[i];
		if (!form_offers(s, question, choice))
			continue;
		struct screen_item *item = add_item(
			model, ITEM_CHOICE, choice->id, catalogue_text(&choice->label, s->c.lang));
		SET(item->detail, catalogue_text(&choice->detail, s->c.lang));
		if (strcmp(choice->id, given) == 0)
			item->state = ITEM_SELECTED;
		if (!question->shows_fee)
			continue;
		char amount[MONEY_SIZE];
		money_format(form_choice_centavos(s, choice), amount);
		SET(item->value, amount);
	}
}

static void fill_entities(const struct session *s, const struct catalogue_question *question,
	struct screen_model *model)
{
	const char *given = form_peek(s, question)->value;

	for (size_t i = 0; i < ENTITY_COUNT; i++) {
		const struct entity *entity = entity_at(i);
		struct screen_item *item =
			add_item(model, ITEM_CHOICE, entity->code, entity_name(entity, s->c.lang));
		if (strcmp(entity->code, given) == 0)
			item->state = ITEM_SELECTED;
	}
}

static void fill_question(const struct session *s, struct screen_model *model)
{
	const struct catalogue_question *question = s->c.way->questions[s->c.question];
	const struct session_answer *answer = form_peek(s, question);
	struct screen_field *field = &model->field;

	model->screen = question->type == FIELD_CURP ? SCREEN_CURP : SCREEN_QUESTION;
	model->can_back = true;
	for (size_t i = form_next(s, 0); i < s->c.way->question_count; i = form_next(s, i + 1)) {
		model->steps++;
		if (i == s->c.question)
			model->step = model->steps;
	}
	model->has_field = true;
	field->type = question->type;
	SET(field->name, question->name);
	SET(field->label, catalogue_text(&question->label, s->c.lang));
	SET(field->hint, catalogue_text(&question->hint, s->c.lang));
	SET(field->value, answer->value);
	SET(field->error, answer->error);
	SET(model->title, field->label);
	field->max_length = question->max_length;
	field->optional = question->optional;
	field->certified = card_answered(s, question);
	if (question->claim != CLAIM_NONE)
		offer_sign_in(s, s->c.service, model);
	model->can_scan = scan_is_offered(s);
	if (answer->scanned)
		SET(model->outcome, "scanned");
	model->has_other_way = s->c.way->otherwise[0] != 0;
	if (question->type == FIELD_CHOICE)
		fill_choices(s, question, model);
	else if (question->type == FIELD_ENTITY)
		fill_entities(s, question, model);
}

static void fill_review(const struct session *s, struct screen_model *model)
{
	const struct catalogue_service *service = s->c.service;

	model->screen = SCREEN_REVIEW;
	model->can_back = true;
	for (size_t i = form_next(s, 0); i < s->c.way->question_count; i = form_next(s, i + 1)) {
		const struct catalogue_question *question = s->c.way->questions[i];
		struct screen_item *item = add_item(
			model, ITEM_ROW, question->name, catalogue_text(&question->row, s->c.lang));
		form_display(s, question, item->value, sizeof(item->value));
		item->changeable = true;
		item->personal = question->personal;
		item->certified = card_answered(s, question);
	}
	model->total_centavos = form_centavos(s);
	model->needs_consent = service->consent.count > 0;
	SET(model->lead, catalogue_text(&service->consent, s->c.lang));
	SET(model->primary, catalogue_text(&service->confirm, s->c.lang));
}

static void fill_wait(const struct session *s, struct screen_model *model)
{
	model->screen = SCREEN_WAIT;
	SET(model->title, catalogue_text(&s->c.service->wait, s->c.lang));
	model->expected_ms = s->c.service->expected_ms;
	SET(model->folio, s->c.folio);
}

static void fill_rows(const struct session *s, struct screen_model *model)
{
	const struct catalogue_outcome *outcome = s->c.outcome;
	const struct document_values values = form_values(s);

	for (size_t i = 0; i < outcome->row_count; i++) {
		const struct catalogue_row *row = &outcome->rows[i];
		char value[sizeof(model->items[0].value)];
		if (!catalogue_holds(&row->when, &values, s->today))
			continue;
		expand(s, row->value, value, sizeof(value));
		if (!value[0])
			continue;
		struct screen_item *item =
			add_item(model, ITEM_ROW, "", catalogue_text(&row->label, s->c.lang));
		snprintf(item->id, sizeof(item->id), "row%zu", i);
		SET(item->value, value);
		item->personal = true;
	}
}

static void fill_results(const struct session *s, struct screen_model *model)
{
	const struct catalogue_outcome *outcome = s->c.outcome;

	model->screen = SCREEN_RESULTS;
	model->asks_identity = true;
	expand(s, catalogue_text(&outcome->question, s->c.lang), model->title,
		sizeof(model->title));
	fill_rows(s, model);
}

static void fill_done(const struct session *s, struct screen_model *model)
{
	const struct catalogue_outcome *outcome = s->c.outcome;

	model->screen = SCREEN_DONE;
	SET(model->outcome, outcome->show);
	SET(model->folio, s->c.folio);
	expand(s, catalogue_text(&outcome->title, s->c.lang), model->title, sizeof(model->title));
	expand(s, catalogue_text(&outcome->lead, s->c.lang), model->lead, sizeof(model->lead));
	expand(s, outcome->qr, model->qr, sizeof(model->qr));
	fill_rows(s, model);
	for (size_t i = 0; i < outcome->step_count; i++) {
		struct screen_item *item = add_item(model, ITEM_STEP, "", "");
		snprintf(item->id, sizeof(item->id), "step%zu", i);
		expand(s, catalogue_text(&outcome->steps[i], s->c.lang), item->label,
			sizeof(item->label));
	}
	model->print = s->c.print;
	SET(model->print_reason, s->c.print_reason);
	model->card_in = s->card_in && s->c.request.key[0];
}

static void fill_problem(const struct session *s, struct screen_model *model)
{
	model->screen = SCREEN_PROBLEM;
	model->can_back = true;
	model->no_charge = true;
	SET(model->problem, s->c.problem);
	SET(model->folio, s->c.folio);
	model->can_retry = card_can_retry(s);
	if (card_is_request(s))
		SET(model->outcome, "request");
	model->card_in = card_is_problem(s) && s->card_in;
}

/* ---- scanning ---- */

static void fill_scan(const struct session *s, struct screen_model *model)
{
	model->can_back = true;
	model->no_charge = true;
	if (scan_is_busy(s)) {
		model->screen = SCREEN_SCAN;
		model->expected_ms = s->c.scan.wait_ms;
		model->scanner_place = s->health.scanner_place;
		return;
	}
	model->screen = SCREEN_PROBLEM;
	SET(model->problem, s->c.problem);
	model->can_retry = s->health.scanner_ready;
}

/* ---- signing in with a card ---- */

/* What the certificate says, in words of the ui: the ids are its labels. */
static void fill_certificate(
	const char *holder, const char *rfc, const char *curp, struct screen_model *model)
{
	const struct {
		const char *id, *value;
	} rows[] = {{"holder", holder}, {"curp", curp}, {"rfc", rfc}};

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		if (!rows[i].value[0])
			continue;
		struct screen_item *item = add_item(model, ITEM_ROW, rows[i].id, "");
		SET(item->value, rows[i].value);
		item->personal = true;
		item->certified = true;
	}
}

static void fill_pin(const struct session *s, struct screen_model *model)
{
	const struct sign_in *sign = &s->c.sign;

	model->screen = SCREEN_PIN;
	model->can_back = true;
	model->pad = sign->pin.pad;
	model->pin_digits = sign->digits;
	model->tries_left = sign->pin.tries_left > 0 ? sign->pin.tries_left : 0;
	SET(model->outcome, sign->step == STEP_PAD ? "typing" : "");
	model->has_field = true;
	model->field.type = FIELD_NUMBER;
	SET(model->field.name, "pin");
	SET(model->field.error, sign->error);
	model->field.min_length = sign->pin.min_length;
	model->field.max_length = sign->pin.max_length > 0 ? sign->pin.max_length : 8;
}

static void fill_sign_in(const struct session *s, struct screen_model *model)
{
	const struct sign_in *sign = &s->c.sign;

	model->screen = SCREEN_CARD;
	model->no_charge = true;
	model->card_in = s->card_in;
	switch (sign->step) {
	case STEP_INSERT:
		SET(model->outcome, s->card_stale ? "stale" : "insert");
		model->can_back = true;
		return;
	case STEP_READING:
	case STEP_SIGNING:
		model->screen = SCREEN_SIGNING;
		SET(model->outcome, sign->step == STEP_READING ? "reading" : "signing");
		model->can_cancel = sign->step == STEP_READING;
		return;
	case STEP_CONSENT:
		if (sign->is_request) {
			request_model(s, model);
			return;
		}
		SET(model->outcome, "consent");
		SET(model->lead, sign->text);
		fill_certificate(sign->holder, sign->rfc, sign->curp, model);
		model->can_back = true;
		return;
	case STEP_LAST:
		model->screen = SCREEN_PROBLEM;
		SET(model->problem, "card-last-try");
		model->tries_left = 1;
		model->can_back = true;
		return;
	case STEP_PIN:
	case STEP_PAD:
		fill_pin(s, model);
		return;
	case STEP_DONE:
		SET(model->outcome, "signed");
		fill_certificate(
			s->c.identity.holder, s->c.identity.rfc, s->c.identity.curp, model);
		return;
	}
	VT_UNREACHABLE();
}

static void fill_card_left(struct screen_model *model)
{
	model->screen = SCREEN_CARD;
	SET(model->outcome, "left");
	model->card_in = true;
}

static void fill_closed(const struct session *s, struct screen_model *model)
{
	model->screen = SCREEN_OUT_OF_SERVICE;
	SET(model->problem, s->health.storage_ok ? "maintenance" : "storage");
	if (s->health.storage_ok)
		SET(model->outcome, s->duty.until);
}

static void fill_state(const struct session *s, struct screen_model *model)
{
	switch (s->c.state) {
	case SESSION_ATTRACT:
		fill_attract(s, model);
		return;
	case SESSION_HOME:
		fill_home(s, model);
		return;
	case SESSION_INTRO:
		fill_intro(s, model);
		return;
	case SESSION_ASK:
		fill_question(s, model);
		return;
	case SESSION_SCAN:
		fill_scan(s, model);
		return;
	case SESSION_REVIEW:
		fill_review(s, model);
		return;
	case SESSION_SUBMITTING:
	case SESSION_WAITING:
		fill_wait(s, model);
		return;
	case SESSION_RESULTS:
		fill_results(s, model);
		return;
	case SESSION_DONE:
		fill_done(s, model);
		return;
	case SESSION_PROBLEM:
		fill_problem(s, model);
		return;
	case SESSION_SIGN_IN:
		fill_sign_in(s, model);
		return;
	case SESSION_CARD_LEFT:
		fill_card_left(model);
		return;
	case SESSION_CLOSED:
		fill_closed(s, model);
		return;
	case SESSION_STAFF:
	case SESSION_MAINTENANCE:
		staff_model(s, model);
		return;
	case SESSION_STATE_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

void session_model(const struct session *s, struct screen_model *model)
{
	memset(model, 0, sizeof(*model));
	model->revision = s->revision;
	SET(model->lang, s->c.lang);
	SET(model->terminal, s->terminal);
	model->settings = s->c.settings;
	model->panel = panel_in_force(s);
	model->personal = session_is_personal(s);
	if (s->c.warning_until_ms > 0)
		model->warning_ms = s->c.warning_until_ms - s->now_ms;
	switch (s->c.overlay) {
	case OVERLAY_LANGUAGE:
		fill_languages(s, model);
		return;
	case OVERLAY_ACCESS:
		model->screen = SCREEN_ACCESS;
		model->can_back = true;
		return;
	case OVERLAY_HELP:
		model->screen = SCREEN_HELP;
		model->can_back = true;
		return;
	case OVERLAY_NONE:
		break;
	}
	fill_service(s, model);
	fill_state(s, model);
}

/* ---- what core asks for ---- */

enum vt_code session_submission(
	const struct session *s, struct session_submission *submission, struct vt_error *error)
{
	const struct document_values values = form_values(s);
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;

	VT_ASSERT(s->c.state == SESSION_SUBMITTING);
	*submission = (struct session_submission){
		.service = s->c.service->id,
		.adapter = s->c.way->adapter,
		.operation = s->c.way->operation,
		.lang = s->c.lang,
		.key = s->c.request.key,
		.confirm = s->c.way->needs_confirm,
	};
	vt_buf_init(&buf, sizeof(submission->payload) - 1);
	enum vt_code code = way_payload(s->c.service, s->c.way, &values, &buf, error);
	if (code)
		return code;
	SET(submission->payload, vt_buf_text(&buf));
	return VT_OK;
}

enum vt_code session_receipt(
	const struct session *s, struct receipt *receipt, struct vt_error *error)
{
	const struct document_values values = form_values(s);

	VT_ASSERT(s->c.outcome && s->c.outcome->document);
	enum vt_code code = document_compose(
		s->c.service, s->c.outcome, s->c.lang, s->today, &values, receipt, error);
	if (code == VT_OK)
		receipt->copy = s->c.print_copy;
	return code;
}
