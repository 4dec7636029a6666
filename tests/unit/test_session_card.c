/* Signing in with a certificate card, step by step on a virtual clock. */

#include "tests/lib/cmocka_prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "terminal/session/session.h"

#define KEY    "SABC560626MDFLRN01"
#define RFC    "SABC5606262A8"
#define HOLDER "CONCEPCIÓN SALGADO BRISEÑO"
#define PIN    "271828"

struct fixture {
	struct catalogue *catalogue;
	struct session *session;
	struct session_effects fx;
	struct screen_model model;
	struct session_health health;
	int64_t now_ms;
};

static void step(struct fixture *f, struct session_event *event)
{
	event->now_ms = f->now_ms;
	event->today = (struct vt_date){2026, 11, 23};
	event->minute = 642;
	assert_int_equal(session_step(f->session, event, &f->fx), VT_OK);
	session_model(f->session, &f->model);
}

static void set_reader(struct fixture *f, enum session_reader reader)
{
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = &f->health}};

	f->health.reader = reader;
	step(f, &event);
}

static void act(struct fixture *f, enum intent_action action, const char *item, const char *value)
{
	struct intent_act intent = {
		.screen = f->model.screen, .revision = f->model.revision, .action = action};
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	vt_copy_cut(intent.item, sizeof(intent.item), item);
	vt_copy_cut(intent.value, sizeof(intent.value), value);
	step(f, &event);
	/* The pin of the effects is borrowed: judged while it still stands. */
	if (f->fx.sign && f->fx.pin)
		assert_string_equal(f->fx.pin, value);
}

static void wait_ms(struct fixture *f, int64_t ms)
{
	struct session_event event = {.type = SESSION_TICK};

	f->now_ms += ms;
	step(f, &event);
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
	struct fixture *f = calloc(1, sizeof(*f));
	struct vt_error error = {0};
	char dir[512];

	snprintf(dir, sizeof(dir), "%s/assets/catalog", getenv("VT_SOURCE_DIR"));
	if (catalogue_load(dir, &f->catalogue, &error) != VT_OK) {
		fprintf(stderr, "%s\n", error.msg);
		return -1;
	}
	f->now_ms = 1000;
	f->session = session_create(f->catalogue, "MX-TEST-1", &session_default_times);
	f->health = (struct session_health){.storage_ok = true,
		.printer_ready = true,
		.printer_paper = true,
		.sync_connected = true};
	set_reader(f, READER_READY);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	session_destroy(&f->session);
	catalogue_destroy(&f->catalogue);
	free(f);
	return 0;
}

static void shows(const struct fixture *f, enum screen_kind screen, const char *outcome)
{
	assert_int_equal(f->model.screen, screen);
	assert_string_equal(f->model.outcome, outcome);
}

static void shows_problem(const struct fixture *f, const char *problem)
{
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	assert_string_equal(f->model.problem, problem);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
		TEST(without_a_reader_there_is_another_way),
		TEST(a_card_that_does_not_answer_is_told),
		TEST(the_pad_of_the_reader_takes_the_pin),
		TEST(idle_times_rest_while_the_card_works),
		TEST(an_idle_pin_screen_warns_and_ends),
		TEST(a_card_left_behind_is_reminded_of_without_a_word_about_its_owner),
		TEST(a_forgotten_card_signs_nobody_in),
		TEST(a_late_answer_finds_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
