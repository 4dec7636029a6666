/* Signing in with a certificate card, step by step on a virtual clock. */

#include "tests/lib/cmocka_prelude.h"

#include <stdio.h>
#include <string.h>

#include "terminal/session/session.h"
#include "tests/unit/session_fixture.h"

#define KEY    "SABC560626MDFLRN01"
#define RFC    "SABC5606262A8"
#define HOLDER "CONCEPCIÓN SALGADO BRISEÑO"
#define PIN    "271828"

static void set_reader(struct fixture *f, enum session_reader reader)
{
	f->health.reader = reader;
	set_health(f);
}

static void card(struct fixture *f, bool is_in, bool is_readable)
{
	struct session_event event = {.type = SESSION_CARD};

	event.u.card.is_in = is_in;
	event.u.card.is_readable = is_readable;
	step(f, &event);
}

static const struct session_certificate good = {.problem = "",
	.holder = HOLDER,
	.rfc = RFC,
	.curp = KEY,
	.is_checked = true,
	.pin = {.tries_left = 3, .min_length = 6, .max_length = 8}};

static void identify(struct fixture *f, const struct session_certificate *certificate)
{
	struct session_event event = {.type = SESSION_IDENTITY, .u = {.certificate = certificate}};

	step(f, &event);
}

static void signed_as(struct fixture *f, enum sign_outcome outcome, int tries_left)
{
	struct session_event event = {.type = SESSION_SIGNED};

	event.u.sign.outcome = outcome;
	event.u.sign.tries_left = tries_left;
	step(f, &event);
}

static int setup(void **state)
{
	struct fixture *f = fixture_create("MX-TEST-1", (struct vt_date){2026, 11, 23});

	f->health = fixture_good_health;
	set_reader(f, READER_READY);
	*state = f;
	return 0;
}

static void shows(const struct fixture *f, enum screen_kind screen, const char *outcome)
{
	assert_int_equal(f->model.screen, screen);
	assert_string_equal(f->model.outcome, outcome);
}

static void to_intro(struct fixture *f)
{
	act(f, INTENT_START, "", "");
	act(f, INTENT_OPEN, "curp", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	assert_int_equal(f->model.sign_in, SIGN_IN_OFFERED);
}

static void to_consent(struct fixture *f)
{
	to_intro(f);
	act(f, INTENT_SIGN_IN, "", "");
	shows(f, SCREEN_CARD, "insert");
	card(f, true, true);
	shows(f, SCREEN_SIGNING, "reading");
	assert_true(f->fx.read_card);
	identify(f, &good);
	shows(f, SCREEN_CARD, "consent");
}

static void to_pin(struct fixture *f)
{
	to_consent(f);
	act(f, INTENT_CONFIRM, "", "");
	shows(f, SCREEN_PIN, "");
}

static void to_signing(struct fixture *f)
{
	to_pin(f);
	act(f, INTENT_SUBMIT, "", PIN);
	shows(f, SCREEN_SIGNING, "signing");
	assert_true(f->fx.sign);
	assert_non_null(f->fx.pin);
}

/* Searches the whole model: nothing of the citizen may be in it. */
static bool model_has(const struct fixture *f, const char *text)
{
	return memmem(&f->model, sizeof(f->model), text, strlen(text)) != NULL;
}

static void the_citizen_reads_what_will_be_signed(void **state)
{
	struct fixture *f = *state;

	to_consent(f);
	assert_string_equal(f->model.lead, session_sign_text(f->session));
	assert_string_equal(f->model.lead,
		"Entro con mi e.firma en la terminal MX-TEST-1, el 23 de noviembre de 2026 a las "
		"10:42 horas, para el trámite «Obtener mi CURP».");
	assert_string_equal(f->model.items[0].value, HOLDER);
	assert_true(f->model.items[0].personal);
}

static void a_signature_fills_the_form(void **state)
{
	struct fixture *f = *state;

	to_signing(f);
	signed_as(f, SIGN_SIGNED, 3);
	shows(f, SCREEN_CARD, "signed");
	act(f, INTENT_CONFIRM, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_string_equal(f->model.field.value, KEY);
	assert_true(f->model.field.certified);
	assert_int_equal(f->model.sign_in, SIGN_IN_NONE);
	/* It stays the citizen's to change; then it is no longer the certificate's. */
	act(f, INTENT_SUBMIT, "", "HEGG560427MVZRRL04");
	assert_int_equal(f->model.screen, SCREEN_WAIT);
	assert_true(f->fx.submit);
}

static void an_identity_lasts_for_the_next_service_and_no_longer(void **state)
{
	struct fixture *f = *state;

	card(f, true, true);
	identify(f, &good);
	assert_null(strstr(f->model.lead, "trámite"));
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_SUBMIT, "", PIN);
	signed_as(f, SIGN_SIGNED, 3);
	act(f, INTENT_CONFIRM, "", "");
	assert_int_equal(f->model.screen, SCREEN_HOME);
	assert_string_equal(f->model.holder, HOLDER);
	act(f, INTENT_OPEN, "curp", "");
	act(f, INTENT_START, "", "");
	assert_string_equal(f->model.field.value, KEY);
	card(f, false, false);
	assert_int_equal(f->model.screen, SCREEN_CURP);
	act(f, INTENT_END, "", "");
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	assert_false(model_has(f, "SALGADO"));
	to_intro(f);
	act(f, INTENT_START, "", "");
	assert_string_equal(f->model.field.value, "");
}

static void nothing_is_believed_before_the_signature(void **state)
{
	struct fixture *f = *state;

	to_signing(f);
	assert_string_equal(f->model.holder, "");
	signed_as(f, SIGN_FAILED, -1);
	shows_problem(f, "card-failed");
	assert_false(model_has(f, "SALGADO"));
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	act(f, INTENT_START, "", "");
	assert_string_equal(f->model.field.value, "");
}

static void a_pin_is_in_no_model(void **state)
{
	struct fixture *f = *state;

	to_pin(f);
	act(f, INTENT_SUBMIT, "", PIN);
	assert_false(model_has(f, PIN));
	signed_as(f, SIGN_WRONG_PIN, 2);
	shows(f, SCREEN_PIN, "");
	assert_string_equal(f->model.field.error, "pin.wrong");
	assert_int_equal(f->model.tries_left, 2);
	assert_string_equal(f->model.field.value, "");
	assert_false(model_has(f, PIN));
}

static void a_pin_that_cannot_be_right_costs_no_try(void **state)
{
	static const struct {
		const char *pin, *error;
	} bad[] = {{"", "pin.required"}, {"12345", "pin.short"}, {"123456789", "pin.long"},
		{"12345a", "number"}};
	struct fixture *f = *state;

	to_pin(f);
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		act(f, INTENT_SUBMIT, "", bad[i].pin);
		assert_false(f->fx.sign);
		shows(f, SCREEN_PIN, "");
		assert_string_equal(f->model.field.error, bad[i].error);
	}
}

static void the_last_try_is_used_only_by_who_was_warned(void **state)
{
	struct fixture *f = *state;

	to_signing(f);
	assert_false(f->fx.last_try);
	signed_as(f, SIGN_LAST_TRY, 1);
	shows_problem(f, "card-last-try");
	assert_int_equal(f->model.tries_left, 1);
	act(f, INTENT_CONFIRM, "", "");
	shows(f, SCREEN_PIN, "");
	act(f, INTENT_SUBMIT, "", PIN);
	assert_true(f->fx.last_try);
	signed_as(f, SIGN_BLOCKED, 0);
	shows_problem(f, "card-blocked");
	assert_false(f->model.can_retry);
}

static void a_card_with_one_try_warns_before_the_pin(void **state)
{
	struct session_certificate one = good;
	struct fixture *f = *state;

	to_intro(f);
	act(f, INTENT_SIGN_IN, "", "");
	card(f, true, true);
	one.pin.tries_left = 1;
	identify(f, &one);
	act(f, INTENT_CONFIRM, "", "");
	shows_problem(f, "card-last-try");
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	assert_false(f->fx.sign);
}

static void every_refused_certificate_has_its_screen(void **state)
{
	static const char *const problems[] = {"card-none", "card-seal", "card-expired",
		"card-not-yet", "card-revoked", "card-unknown-issuer", "card-weak"};
	struct fixture *f = *state;

	for (size_t i = 0; i < VT_ELEMENTS(problems); i++) {
		struct session_certificate refused = good;

		to_intro(f);
		act(f, INTENT_SIGN_IN, "", "");
		card(f, true, true);
		refused.problem = problems[i];
		identify(f, &refused);
		shows_problem(f, problems[i]);
		assert_false(f->model.can_retry);
		assert_true(f->model.card_in);
		/* No name before chain and revocation are checked. */
		assert_false(model_has(f, "SALGADO"));
		card(f, false, false);
		act(f, INTENT_END, "", "");
	}
}

static void a_blocked_card_is_not_asked_for_a_pin(void **state)
{
	struct session_certificate blocked = good;
	struct fixture *f = *state;

	to_intro(f);
	act(f, INTENT_SIGN_IN, "", "");
	card(f, true, true);
	blocked.pin.tries_left = 0;
	identify(f, &blocked);
	shows_problem(f, "card-blocked");
}

static void an_unchecked_certificate_serves_only_where_the_service_says_so(void **state)
{
	struct session_certificate unchecked = good;
	struct fixture *f = *state;

	unchecked.is_checked = false;
	/* Home: no service to say so. */
	act(f, INTENT_START, "", "");
	act(f, INTENT_SIGN_IN, "", "");
	card(f, true, true);
	identify(f, &unchecked);
	shows_problem(f, "card-not-checked");
	assert_true(f->model.can_retry);
	card(f, false, false);
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.screen, SCREEN_HOME);
	/* curp.json: the key is public, it takes it. */
	act(f, INTENT_OPEN, "curp", "");
	act(f, INTENT_SIGN_IN, "", "");
	card(f, true, true);
	identify(f, &unchecked);
	shows(f, SCREEN_CARD, "consent");
}

static void a_card_that_goes_ends_the_step(void **state)
{
	struct fixture *f = *state;

	to_consent(f);
	card(f, false, false);
	shows_problem(f, "card-removed");
	assert_true(f->model.can_retry);
	/* Put in again: it goes on by itself. */
	card(f, true, true);
	shows(f, SCREEN_SIGNING, "reading");
	identify(f, &good);
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_SUBMIT, "", PIN);
	card(f, false, false);
	shows_problem(f, "card-removed");
	assert_true(f->fx.cancel_card);
	/* The word of the reader comes too late to change anything. */
	signed_as(f, SIGN_SIGNED, 3);
	shows_problem(f, "card-removed");
}

/* ---- a request that is signed ---- */

#define REQUEST_KEY "018f2c5e-7a4b-4c3d-9e21-5b7f60a1d2c3"

/* Signed in, the form complete. */
static void to_review(struct fixture *f)
{
	act(f, INTENT_START, "", "");
	act(f, INTENT_OPEN, "curp-certified", "");
	assert_int_equal(f->model.sign_in, SIGN_IN_REQUIRED);
	act(f, INTENT_START, "", "");
	card(f, true, true);
	identify(f, &good);
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_SUBMIT, "", PIN);
	signed_as(f, SIGN_SIGNED, 3);
	act(f, INTENT_CONFIRM, "", "");
	assert_string_equal(f->model.field.value, KEY);
	act(f, INTENT_SUBMIT, "", KEY);
	act(f, INTENT_SUBMIT, "2", "");
	assert_int_equal(f->model.screen, SCREEN_REVIEW);
}

static void identify_for_request(struct fixture *f, const char *key)
{
	struct session_certificate certificate = good;

	certificate.key = key;
	identify(f, &certificate);
}

static void to_request(struct fixture *f)
{
	to_review(f);
	act(f, INTENT_CONFIRM, "", "");
	shows(f, SCREEN_SIGNING, "reading");
	assert_true(f->fx.read_card);
	assert_false(f->fx.submit);
	identify_for_request(f, REQUEST_KEY);
	shows(f, SCREEN_CARD, "request");
}

static void request_signed(struct fixture *f, const char *cms)
{
	struct session_event event = {.type = SESSION_SIGNED};

	event.u.sign.outcome = SIGN_SIGNED;
	event.u.sign.tries_left = 3;
	event.u.sign.cms = cms;
	step(f, &event);
}

/* The screen's rows, put together again, are what is signed: byte for byte. */
static void shows_what_is_signed(const struct fixture *f)
{
	char text[VT_MAX_SIGNED_TEXT];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s\n", f->model.lead);

	for (size_t i = 0; i < f->model.item_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s: %s\n",
			f->model.items[i].label, f->model.items[i].value);
	assert_string_equal(text, session_sign_request(f->session));
}

static void a_request_is_read_whole_before_it_is_signed(void **state)
{
	struct fixture *f = *state;

	to_request(f);
	shows_what_is_signed(f);
	assert_string_equal(session_sign_request(f->session),
		"Pido lo siguiente y lo firmo con mi e.firma.\n"
		"Trámite: Copia certificada de mi CURP\n"
		"Dependencia: Registro Nacional de Población\n"
		"CURP: " KEY "\n"
		"Copias: Dos copias\n"
		"Firma: " HOLDER "\n"
		"RFC: " RFC "\n"
		"Terminal: MX-TEST-1\n"
		"Fecha y hora: 23 de noviembre de 2026, 10:42\n"
		"Número de solicitud: " REQUEST_KEY "\n");
	/* Whoever changes the language signs what is read then. */
	act(f, INTENT_LANGUAGE, "en", "");
	shows_what_is_signed(f);
	assert_non_null(strstr(session_sign_request(f->session), "Copies: Two copies\n"));
	assert_non_null(strstr(session_sign_request(f->session), "Request number: " REQUEST_KEY));
}

static void a_signed_request_is_stored_with_its_key_and_signature(void **state)
{
	static struct session_submission submission;
	struct fixture *f = *state;
	struct vt_error error;

	to_request(f);
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_SUBMIT, "", PIN);
	assert_true(f->fx.sign);
	assert_non_null(session_sign_request(f->session));
	request_signed(f, "Q01T");
	assert_true(f->fx.submit);
	assert_int_equal(session_get_state(f->session), SESSION_SUBMITTING);
	/* Nothing is promised before it is on disk. */
	assert_string_equal(f->model.folio, "");
	assert_int_equal(session_submission(f->session, &submission, &error), VT_OK);
	assert_string_equal(submission.key, REQUEST_KEY);
	assert_string_equal(submission.operation, "solicitarCopia");
	assert_non_null(strstr(submission.payload, "\"firma\":\"Q01T\""));
	assert_non_null(strstr(submission.payload, "\\u000aCopias: Dos copias\\u000a"));
	struct session_event committed = {.type = SESSION_COMMITTED};
	committed.u.committed.transaction = "t";
	committed.u.committed.folio = "AB01-0010-0000-0000";
	step(f, &committed);
	assert_int_equal(f->model.screen, SCREEN_WAIT);
	assert_string_equal(f->model.folio, "AB01-0010-0000-0000");
	/* The next service's submission has nothing of it. */
	act(f, INTENT_END, "", "");
	card(f, false, false);
	act(f, INTENT_END, "", "");
	card(f, false, false);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	assert_null(session_sign_request(f->session));
	assert_false(model_has(f, "SALGADO"));
}

static void without_the_whole_signature_nothing_is_stored(void **state)
{
	static char too_long[VT_MAX_CMS_TEXT + 1];
	static const char *const bad[] = {NULL, "", too_long};
	struct fixture *f = *state;

	memset(too_long, 'A', sizeof(too_long) - 1);
	to_request(f);
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		act(f, INTENT_CONFIRM, "", "");
		act(f, INTENT_SUBMIT, "", PIN);
		request_signed(f, bad[i]);
		shows_problem(f, "card-failed");
		assert_false(f->fx.submit);
		assert_true(f->model.can_retry);
		act(f, INTENT_SIGN_IN, "", "");
		identify_for_request(f, REQUEST_KEY);
	}
	/* … nor without a key of its own. */
	act(f, INTENT_BACK, "", "");
	act(f, INTENT_CONFIRM, "", "");
	identify_for_request(f, "");
	shows_problem(f, "card-failed");
}

/* Back at the review, and every answer is still there. */
static void shows_the_form(const struct fixture *f)
{
	assert_int_equal(f->model.screen, SCREEN_REVIEW);
	assert_string_equal(f->model.items[0].value, KEY);
	assert_string_equal(f->model.items[1].value, "Dos copias");
}

static void every_failure_has_its_screen_and_keeps_the_form(void **state)
{
	static const struct {
		enum sign_outcome outcome;
		const char *problem;
	} rows[] = {{SIGN_BLOCKED, "card-blocked"}, {SIGN_REMOVED, "card-removed"},
		{SIGN_TIMED_OUT, "card-timeout"}, {SIGN_REFUSED, "card-refused"},
		{SIGN_FAILED, "card-failed"}};
	struct fixture *f = *state;

	to_request(f);
	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		act(f, INTENT_CONFIRM, "", "");
		act(f, INTENT_SUBMIT, "", PIN);
		signed_as(f, SIGN_WRONG_PIN, 2);
		shows(f, SCREEN_PIN, "");
		act(f, INTENT_SUBMIT, "", PIN);
		signed_as(f, rows[i].outcome, -1);
		shows_problem(f, rows[i].problem);
		assert_string_equal(f->model.outcome, "request");
		/* "Close" is no way to lose it. */
		act(f, i % 2 ? INTENT_CLOSE : INTENT_BACK, "", "");
		shows_the_form(f);
		act(f, INTENT_CONFIRM, "", "");
		identify_for_request(f, REQUEST_KEY);
	}
	act(f, INTENT_BACK, "", "");
	shows_the_form(f);
}

static void a_refused_certificate_keeps_the_form(void **state)
{
	static const char *const problems[] = {"card-expired", "card-revoked", "card-none"};
	struct fixture *f = *state;

	to_review(f);
	for (size_t i = 0; i < VT_ELEMENTS(problems); i++) {
		struct session_certificate refused = good;

		refused.problem = problems[i];
		act(f, INTENT_CONFIRM, "", "");
		identify(f, &refused);
		shows_problem(f, problems[i]);
		act(f, INTENT_BACK, "", "");
		shows_the_form(f);
	}
}

static void only_the_person_of_the_form_signs(void **state)
{
	struct session_certificate other = good;
	struct fixture *f = *state;

	other.key = REQUEST_KEY;
	other.curp = "HEGG560427MVZRRL04";
	to_review(f);
	act(f, INTENT_CONFIRM, "", "");
	identify(f, &other);
	shows_problem(f, "card-other-person");
	assert_true(f->model.can_retry);
	/* The right card goes in: it goes on by itself. */
	card(f, false, false);
	shows_problem(f, "card-other-person");
	card(f, true, true);
	shows(f, SCREEN_SIGNING, "reading");
	identify_for_request(f, REQUEST_KEY);
	shows(f, SCREEN_CARD, "request");
	act(f, INTENT_BACK, "", "");
	/* A company's certificate of the same person, and a form about somebody else. */
	other.curp = KEY;
	other.rfc = "TLN9901014AA";
	act(f, INTENT_CONFIRM, "", "");
	identify(f, &other);
	shows_problem(f, "card-other-person");
	act(f, INTENT_BACK, "", "");
	act(f, INTENT_CHANGE, "curp", "");
	act(f, INTENT_SUBMIT, "", "HEGG560427MVZRRL04");
	assert_int_equal(f->model.screen, SCREEN_REVIEW);
	act(f, INTENT_CONFIRM, "", "");
	identify_for_request(f, REQUEST_KEY);
	shows_problem(f, "card-other-person");
}

static void a_card_taken_out_of_a_request_goes_on_where_it_was(void **state)
{
	struct fixture *f = *state;

	to_request(f);
	act(f, INTENT_CONFIRM, "", "");
	card(f, false, false);
	shows_problem(f, "card-removed");
	card(f, true, true);
	identify_for_request(f, REQUEST_KEY);
	shows(f, SCREEN_CARD, "request");
	shows_what_is_signed(f);
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_SUBMIT, "", PIN);
	/* A signature that comes after the card was taken is nobody's. */
	card(f, false, false);
	request_signed(f, "Q01T");
	shows_problem(f, "card-removed");
	assert_false(f->fx.submit);
}

static void an_unsigned_request_is_not_lost_without_a_warning(void **state)
{
	struct fixture *f = *state;

	to_request(f);
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_SUBMIT, "", PIN);
	signed_as(f, SIGN_BLOCKED, 0);
	wait_ms(f, session_default_times.idle_personal);
	assert_true(f->model.warning_ms > 0);
	act(f, INTENT_EXTEND, "", "");
	act(f, INTENT_BACK, "", "");
	shows_the_form(f);
}

static void without_a_reader_there_is_another_way(void **state)
{
	struct fixture *f = *state;

	to_intro(f);
	set_reader(f, READER_FAILED);
	act(f, INTENT_SIGN_IN, "", "");
	shows_problem(f, "card-reader");
	act(f, INTENT_BACK, "", "");
	set_reader(f, READER_ABSENT);
	act(f, INTENT_SIGN_IN, "", "");
	shows_problem(f, "card-no-reader");
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	assert_int_equal(f->model.sign_in, SIGN_IN_NONE);
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
}

static void a_card_that_does_not_answer_is_told(void **state)
{
	struct fixture *f = *state;

	card(f, true, false);
	shows_problem(f, "card-unreadable");
	assert_true(f->model.can_retry);
	card(f, false, false);
	card(f, true, true);
	shows(f, SCREEN_SIGNING, "reading");
}

static void the_pad_of_the_reader_takes_the_pin(void **state)
{
	struct session_certificate with_pad = good;
	struct session_event key = {.type = SESSION_PIN_ENTRY, .u = {.digits = 4}};
	static const struct {
		enum sign_outcome outcome;
		const char *error;
	} again[] = {{SIGN_WRONG_PIN, "pin.wrong"}, {SIGN_PIN_FORM, "pin.form"},
		{SIGN_CANCELED, "pin.canceled"}}; /* by the pad's own key */
	struct fixture *f = *state;

	to_intro(f);
	act(f, INTENT_SIGN_IN, "", "");
	card(f, true, true);
	with_pad.pin.pad = true;
	identify(f, &with_pad);
	act(f, INTENT_CONFIRM, "", "");
	shows(f, SCREEN_PIN, "typing");
	assert_true(f->model.pad);
	assert_true(f->fx.sign);
	assert_null(f->fx.pin);
	step(f, &key);
	assert_int_equal(f->model.pin_digits, 4);
	act(f, INTENT_BACK, "", "");
	assert_true(f->fx.cancel_card);
	shows(f, SCREEN_PIN, "typing");
	signed_as(f, SIGN_CANCELED, 3);
	shows(f, SCREEN_CARD, "consent");
	act(f, INTENT_CONFIRM, "", "");
	for (size_t i = 0; i < VT_ELEMENTS(again); i++) {
		signed_as(f, again[i].outcome, 2);
		shows(f, SCREEN_PIN, "");
		assert_true(f->model.pad);
		assert_int_equal(f->model.tries_left, 2);
		assert_string_equal(f->model.field.error, again[i].error);
		act(f, INTENT_SUBMIT, "", "");
		shows(f, SCREEN_PIN, "typing");
		assert_string_equal(f->model.field.error, "");
	}
	assert_true(f->fx.sign);
	assert_null(f->fx.pin);
}

static void idle_times_rest_while_the_card_works(void **state)
{
	struct fixture *f = *state;

	to_signing(f);
	wait_ms(f, 89000);
	shows(f, SCREEN_SIGNING, "signing");
	assert_int_equal(f->model.warning_ms, 0);
	wait_ms(f, 1000);
	shows_problem(f, "card-timeout");
	assert_true(f->fx.cancel_card);
	signed_as(f, SIGN_SIGNED, 3);
	shows_problem(f, "card-timeout");
}

/* What a device answers takes as long as it takes; what the citizen has to do counts anew. */
static void the_time_begins_again_when_the_card_is_done(void **state)
{
	struct fixture *f = *state;

	to_pin(f);
	wait_ms(f, 119000);
	act(f, INTENT_SUBMIT, "", PIN);
	shows(f, SCREEN_SIGNING, "signing");
	wait_ms(f, 89000);
	assert_int_equal(f->model.warning_ms, 0);
	signed_as(f, SIGN_SIGNED, 3);
	shows(f, SCREEN_CARD, "signed");
	wait_ms(f, 119999);
	assert_int_equal(f->model.warning_ms, 0);
	wait_ms(f, 1);
	assert_int_equal(f->model.warning_ms, 45000);
}

static void an_idle_pin_screen_warns_and_ends(void **state)
{
	struct fixture *f = *state;

	to_pin(f);
	wait_ms(f, 120000);
	assert_true(f->model.warning_ms > 0);
	wait_ms(f, 45000);
	shows(f, SCREEN_CARD, "left");
	assert_true(f->fx.ended);
}

static void a_card_left_behind_is_reminded_of_without_a_word_about_its_owner(void **state)
{
	struct fixture *f = *state;

	to_signing(f);
	signed_as(f, SIGN_SIGNED, 3);
	act(f, INTENT_CONFIRM, "", "");
	act(f, INTENT_END, "", "");
	shows(f, SCREEN_CARD, "left");
	assert_true(f->fx.ended);
	assert_false(model_has(f, "SALGADO"));
	assert_false(model_has(f, KEY));
	wait_ms(f, 29000);
	shows(f, SCREEN_CARD, "left");
	card(f, false, false);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void a_forgotten_card_signs_nobody_in(void **state)
{
	struct fixture *f = *state;

	to_consent(f);
	act(f, INTENT_END, "", "");
	wait_ms(f, 30000);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	to_intro(f);
	act(f, INTENT_SIGN_IN, "", "");
	shows(f, SCREEN_CARD, "stale");
	assert_false(f->fx.read_card);
	card(f, false, false);
	shows(f, SCREEN_CARD, "insert");
	card(f, true, true);
	assert_true(f->fx.read_card);
}

static void a_late_answer_finds_nobody(void **state)
{
	struct fixture *f = *state;

	to_intro(f);
	act(f, INTENT_SIGN_IN, "", "");
	card(f, true, true);
	act(f, INTENT_CANCEL, "", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	assert_true(f->fx.cancel_card);
	identify(f, &good);
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	assert_false(model_has(f, "SALGADO"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_destroy)
	const struct CMUnitTest tests[] = {
		TEST(the_citizen_reads_what_will_be_signed),
		TEST(a_signature_fills_the_form),
		TEST(an_identity_lasts_for_the_next_service_and_no_longer),
		TEST(nothing_is_believed_before_the_signature),
		TEST(a_pin_is_in_no_model),
		TEST(a_pin_that_cannot_be_right_costs_no_try),
		TEST(the_last_try_is_used_only_by_who_was_warned),
		TEST(a_card_with_one_try_warns_before_the_pin),
		TEST(every_refused_certificate_has_its_screen),
		TEST(a_blocked_card_is_not_asked_for_a_pin),
		TEST(an_unchecked_certificate_serves_only_where_the_service_says_so),
		TEST(a_card_that_goes_ends_the_step),
		TEST(a_request_is_read_whole_before_it_is_signed),
		TEST(a_signed_request_is_stored_with_its_key_and_signature),
		TEST(without_the_whole_signature_nothing_is_stored),
		TEST(every_failure_has_its_screen_and_keeps_the_form),
		TEST(a_refused_certificate_keeps_the_form),
		TEST(only_the_person_of_the_form_signs),
		TEST(a_card_taken_out_of_a_request_goes_on_where_it_was),
		TEST(an_unsigned_request_is_not_lost_without_a_warning),
		TEST(without_a_reader_there_is_another_way),
		TEST(a_card_that_does_not_answer_is_told),
		TEST(the_pad_of_the_reader_takes_the_pin),
		TEST(idle_times_rest_while_the_card_works),
		TEST(the_time_begins_again_when_the_card_is_done),
		TEST(an_idle_pin_screen_warns_and_ends),
		TEST(a_card_left_behind_is_reminded_of_without_a_word_about_its_owner),
		TEST(a_forgotten_card_signs_nobody_in),
		TEST(a_late_answer_finds_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
