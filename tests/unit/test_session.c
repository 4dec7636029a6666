#include "tests/lib/cmocka_prelude.h"

#include <string.h>

#include "terminal/base/text.h"
#include "terminal/session/session.h"
#include "tests/unit/session_fixture.h"

#define KEY	  "SABC560626MDFLRN01"
#define KEY_WRONG "SABC560626MDFLRN09"
#define TXN	  "11111111-1111-4111-8111-111111111111"
#define FOLIO	  "SM01-0010-0010-ABCD"
#define ANSWER                                                                              \
	"{\"outcome\":\"one\",\"sessionId\":\"s1\",\"folio\":\"12345678\",\"count\":\"1\"," \
	"\"records\":[{\"curp\":\"" KEY "\",\"nombres\":\"CONCEPCION\",\"primerApellido\":" \
	"\"SALGADO\",\"segundoApellido\":\"BRISENO\",\"sexo\":\"M\",\"fechaNacimiento\":"   \
	"\"26/06/1956\",\"entidad\":\"DF\",\"status\":\"AN\"}]}"

static void commit(struct fixture *f)
{
	struct session_event event = {.type = SESSION_COMMITTED};

	event.u.committed.transaction = TXN;
	event.u.committed.folio = FOLIO;
	step(f, &event);
}

static void give_result(struct fixture *f, enum session_result result, const char *answer)
{
	struct session_event event = {.type = SESSION_RESULT};

	event.u.result.transaction = TXN;
	event.u.result.result = result;
	event.u.result.answer = answer;
	step(f, &event);
}

static void give_print(struct fixture *f, enum print_outcome outcome)
{
	struct session_event event = {.type = SESSION_PRINTED};

	event.u.printed.transaction = TXN;
	event.u.printed.outcome = outcome;
	event.u.printed.reason = "";
	step(f, &event);
}

static int setup(void **state)
{
	struct fixture *f = fixture_create("MX-TEST-1", (struct vt_date){2026, 11, 23});

	f->gives_consent = true;
	f->health = fixture_good_health;
	set_health(f);
	*state = f;
	return 0;
}

static void to_curp(struct fixture *f)
{
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_HOME);
	act(f, INTENT_OPEN, "curp", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
}

static void to_wait(struct fixture *f)
{
	to_curp(f);
	act(f, INTENT_SUBMIT, "", KEY);
	assert_true(f->fx.submit);
	commit(f);
	assert_int_equal(f->model.screen, SCREEN_WAIT);
}

static void to_done(struct fixture *f)
{
	to_wait(f);
	give_result(f, RESULT_ACCEPTED, ANSWER);
	assert_int_equal(f->model.screen, SCREEN_RESULTS);
	act(f, INTENT_YES, "", "");
	assert_int_equal(f->model.screen, SCREEN_DONE);
}

/* ---- the main job ---- */

static void a_citizen_gets_the_certificate_by_key(void **state)
{
	struct fixture *f = *state;
	struct session_submission submission;
	struct receipt receipt;
	struct vt_error error;

	to_curp(f);
	act(f, INTENT_SUBMIT, "", "sabc 560626 mdflrn 01");
	assert_true(f->fx.submit);
	assert_int_equal(session_submission(f->session, &submission, &error), VT_OK);
	assert_string_equal(submission.adapter, "renapo");
	assert_string_equal(submission.operation, "consultarPorCurp");
	assert_string_equal(submission.payload, "{\"curp\":\"" KEY "\"}");
	assert_true(submission.confirm);
	commit(f);
	give_result(f, RESULT_ACCEPTED, ANSWER);
	assert_true(f->model.asks_identity);
	assert_false(f->fx.print);
	act(f, INTENT_YES, "", "");
	assert_true(f->fx.print);
	assert_string_equal(f->model.folio, FOLIO);
	assert_int_equal(f->model.print, PRINT_BUSY);
	assert_int_equal(session_receipt(f->session, &receipt, &error), VT_OK);
	assert_false(receipt.copy);
	give_print(f, OUTCOME_PRINTED);
	assert_int_equal(f->model.print, PRINT_PRINTED);
	act(f, INTENT_END, "", "");
	assert_true(f->fx.ended);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void nothing_is_registered_before_it_is_on_disk(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	act(f, INTENT_SUBMIT, "", KEY);
	assert_string_equal(f->model.folio, "");
	assert_int_equal(f->model.screen, SCREEN_WAIT);
	act(f, INTENT_END, "", "");
	assert_false(f->fx.ended); /* the commit's word comes first */
	commit(f);
	assert_string_equal(f->model.folio, FOLIO);
}

static void a_refused_commit_is_a_problem_without_a_folio(void **state)
{
	struct fixture *f = *state;
	struct session_event refused = {.type = SESSION_REFUSED};

	to_curp(f);
	act(f, INTENT_SUBMIT, "", KEY);
	step(f, &refused);
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	assert_string_equal(f->model.problem, "storage");
	assert_string_equal(f->model.folio, "");
	assert_true(f->model.no_charge);
}

static void a_wrong_key_is_asked_again_with_what_was_typed(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	act(f, INTENT_SUBMIT, "", KEY_WRONG);
	assert_false(f->fx.submit);
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_string_equal(f->model.field.error, "curp.CHECK");
	assert_string_equal(f->model.field.value, KEY_WRONG);
	act(f, INTENT_SUBMIT, "", "");
	assert_string_equal(f->model.field.error, "required");
	act(f, INTENT_SUBMIT, "", KEY);
	assert_true(f->fx.submit);
}

static void a_late_or_doubled_touch_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct intent_act intent = {.action = INTENT_START};
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	to_curp(f);
	intent.screen = SCREEN_INTRO;
	intent.revision = f->model.revision - 1;
	step(f, &event);
	assert_false(f->fx.show);
	assert_int_equal(f->model.screen, SCREEN_CURP);
}

static void somebody_elses_result_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct session_event event = {.type = SESSION_RESULT};

	to_wait(f);
	event.u.result.transaction = "22222222-2222-4222-8222-222222222222";
	event.u.result.result = RESULT_ACCEPTED;
	event.u.result.answer = ANSWER;
	step(f, &event);
	assert_int_equal(f->model.screen, SCREEN_WAIT);
}

static void none_and_several_records_are_outcomes_not_errors(void **state)
{
	struct fixture *f = *state;

	to_wait(f);
	give_result(f, RESULT_ACCEPTED, "{\"outcome\":\"none\",\"folio\":\"123456789\"}");
	assert_int_equal(f->model.screen, SCREEN_DONE);
	assert_string_equal(f->model.outcome, "none");
	assert_true(f->fx.print);
	give_print(f, OUTCOME_PRINTED);
	act(f, INTENT_END, "", "");
	to_wait(f);
	give_result(f, RESULT_ACCEPTED,
		"{\"outcome\":\"several\",\"count\":\"2\",\"folio\":\"123456789\"}");
	assert_string_equal(f->model.outcome, "several");
}

static void data_that_are_not_mine_print_nothing(void **state)
{
	struct fixture *f = *state;

	to_wait(f);
	give_result(f, RESULT_ACCEPTED, ANSWER);
	act(f, INTENT_NO, "", "");
	assert_false(f->fx.print);
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	assert_string_equal(f->model.problem, "not-mine");
}

static void a_malformed_answer_is_a_problem_and_the_folio_stays(void **state)
{
	struct fixture *f = *state;

	to_wait(f);
	give_result(f, RESULT_ACCEPTED, "{\"outcome\":");
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	assert_string_equal(f->model.folio, FOLIO);
}

/* ---- offline ---- */

static void without_an_answer_the_receipt_is_provisional(void **state)
{
	struct fixture *f = *state;

	to_wait(f);
	wait_ms(f, 7900);
	assert_int_equal(f->model.screen, SCREEN_WAIT);
	wait_ms(f, 200);
	assert_int_equal(f->model.screen, SCREEN_DONE);
	assert_string_equal(f->model.outcome, "provisional");
	assert_true(f->fx.print);
	/* The answer that comes now is for the queue, not for a citizen who was told otherwise. */
	give_result(f, RESULT_ACCEPTED, ANSWER);
	assert_string_equal(f->model.outcome, "provisional");
}

static void without_a_line_nobody_waits_for_the_patience(void **state)
{
	struct fixture *f = *state;

	f->health.offline_count = 1;
	vt_copy_cut(f->health.offline[0], sizeof(f->health.offline[0]), "renapo");
	set_health(f);
	act(f, INTENT_START, "", "");
	assert_true(f->model.offline);
	act(f, INTENT_END, "", "");
	to_curp(f);
	act(f, INTENT_SUBMIT, "", KEY);
	commit(f);
	assert_int_equal(f->model.screen, SCREEN_DONE);
	assert_string_equal(f->model.outcome, "provisional");
}

static void a_line_that_goes_while_waiting_ends_the_wait(void **state)
{
	struct fixture *f = *state;

	to_wait(f);
	f->health.sync_connected = false; /* sync alone is back within the patience */
	set_health(f);
	assert_int_equal(f->model.screen, SCREEN_WAIT);
	f->health.sync_connected = true;
	f->health.offline_count = 1;
	vt_copy_cut(f->health.offline[0], sizeof(f->health.offline[0]), "renapo");
	set_health(f);
	assert_int_equal(f->model.screen, SCREEN_DONE);
	assert_string_equal(f->model.outcome, "provisional");
}

/* ---- papers ---- */

static void without_paper_the_qr_stands_for_it(void **state)
{
	struct fixture *f = *state;

	f->health.printer_ready = false;
	f->health.printer_paper = false;
	set_health(f);
	to_done(f);
	assert_false(f->fx.print);
	assert_int_equal(f->model.print, PRINT_FAILED);
	assert_string_equal(f->model.print_reason, "paper");
	assert_true(f->model.qr[0] != 0);
	/* New paper: printed as the original, for nothing had come out. */
	f->health.printer_ready = f->health.printer_paper = true;
	set_health(f);
	act(f, INTENT_PRINT, "", "");
	assert_true(f->fx.print);
}

/* The catalogue with another word about what the service needs. */
static void change_needs(struct fixture *f, const char *id, unsigned needs)
{
	const struct catalogue_service *found = catalogue_find(f->catalogue, id);
	struct catalogue_service *service;

	memcpy(&service, &found, sizeof(service));
	service->needs |= needs;
}

static const struct screen_item *find_item(const struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->model.item_count; i++)
		if (strcmp(f->model.items[i].id, id) == 0)
			return &f->model.items[i];
	fail_msg("no %s on the screen", id);
	return &f->model.items[0];
}

static void missing_security_paper_takes_away_only_what_needs_it(void **state)
{
	struct fixture *f = *state;

	change_needs(f, "curp", NEED_SECURITY);
	f->health.letter_present = true;
	f->health.letter_ready[PAPER_PLAIN] = true;
	set_health(f);
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_HOME);
	assert_int_equal(find_item(f, "curp")->state, ITEM_UNAVAILABLE);
	assert_string_equal(find_item(f, "curp")->reason, "paper");
	assert_int_equal(find_item(f, "passport-fee")->state, ITEM_AVAILABLE);
	act(f, INTENT_OPEN, "curp", "");
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	act(f, INTENT_BACK, "", "");
	f->health.letter_present = f->health.letter_ready[PAPER_PLAIN] = false;
	set_health(f);
	assert_string_equal(find_item(f, "curp")->reason, "printer");
	f->health.letter_present = f->health.letter_ready[PAPER_SECURITY] = true;
	set_health(f);
	assert_int_equal(find_item(f, "curp")->state, ITEM_AVAILABLE);
}

static void paper_of(const struct fixture *f, enum paper_size size, enum paper_kind paper)
{
	enum paper_size is_size;
	enum paper_kind is_paper;

	session_paper(f->session, &is_size, &is_paper);
	assert_int_equal(is_size, size);
	assert_int_equal(is_paper, paper);
}

static void a_certificate_goes_to_the_letter_printer_when_it_is_ready(void **state)
{
	struct fixture *f = *state;

	f->health.letter_ready[PAPER_PLAIN] = true;
	f->health.printer_ready = false; /* the roll is not needed then */
	set_health(f);
	to_done(f);
	assert_true(f->fx.print);
	paper_of(f, PAPER_LETTER, PAPER_PLAIN);
	f->health.letter_ready[PAPER_PLAIN] = false;
	set_health(f);
	paper_of(f, PAPER_ROLL, PAPER_PLAIN);
	change_needs(f, "curp", NEED_SECURITY);
	paper_of(f, PAPER_LETTER, PAPER_SECURITY);
}

static void a_sheet_in_doubt_is_asked_about_and_reprinted_as_copy(void **state)
{
	struct fixture *f = *state;
	struct receipt receipt;
	struct vt_error error;

	to_done(f);
	give_print(f, OUTCOME_UNKNOWN);
	assert_int_equal(f->model.print, PRINT_UNKNOWN);
	act(f, INTENT_PRINTED_BAD, "", "");
	assert_true(f->fx.print);
	assert_int_equal(session_receipt(f->session, &receipt, &error), VT_OK);
	assert_true(receipt.copy);
	give_print(f, OUTCOME_PRINTED);
	assert_int_equal(f->model.print, PRINT_PRINTED);
}

static void a_copy_that_had_to_wait_for_the_printer_is_still_a_copy(void **state)
{
	struct fixture *f = *state;
	struct receipt receipt;
	struct vt_error error;

	to_done(f);
	give_print(f, OUTCOME_UNKNOWN);
	f->health.printer_ready = false; /* just being started again */
	set_health(f);
	act(f, INTENT_PRINTED_BAD, "", "");
	assert_false(f->fx.print);
	assert_int_equal(f->model.print, PRINT_FAILED);
	f->health.printer_ready = true;
	set_health(f);
	act(f, INTENT_PRINT, "", "");
	assert_true(f->fx.print);
	assert_int_equal(session_receipt(f->session, &receipt, &error), VT_OK);
	assert_true(receipt.copy);
}

static void the_sheet_of_the_citizen_before_is_not_ours(void **state)
{
	struct fixture *f = *state;
	struct session_event event = {.type = SESSION_PRINTED};

	to_done(f);
	event.u.printed.transaction = "22222222-2222-4222-8222-222222222222";
	event.u.printed.outcome = OUTCOME_PRINTED;
	event.u.printed.reason = "";
	step(f, &event);
	assert_int_equal(f->model.print, PRINT_BUSY);
	give_print(f, OUTCOME_PRINTED);
	assert_int_equal(f->model.print, PRINT_PRINTED);
}

static void sheets_of_one_citizen_are_limited(void **state)
{
	struct fixture *f = *state;
	int sheets = 1;

	to_done(f);
	for (int i = 0; i < 20; i++) {
		give_print(f, OUTCOME_PRINTED);
		act(f, INTENT_PRINT, "", "");
		sheets += f->fx.print ? 1 : 0;
		if (!f->fx.print)
			break;
	}
	assert_int_equal(sheets, 4);
	assert_string_equal(f->model.print_reason, "limit");
}

/* ---- time ---- */

static void an_idle_introduction_goes_home_and_then_to_attract(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_START, "", "");
	act(f, INTENT_OPEN, "curp", "");
	assert_true(f->fx.wake_ms == f->now_ms + 60000);
	wait_ms(f, 60000);
	assert_int_equal(f->model.screen, SCREEN_HOME);
	wait_ms(f, 60000);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	assert_true(f->fx.ended);
}

static void personal_data_are_warned_about_and_then_wiped(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	wait_ms(f, 119999);
	assert_int_equal(f->model.warning_ms, 0);
	wait_ms(f, 1);
	assert_int_equal(f->model.warning_ms, 45000);
	for (int i = 0; i < 12; i++) { /* extensions have no limit */
		act(f, INTENT_EXTEND, "", "");
		assert_int_equal(f->model.warning_ms, 0);
		wait_ms(f, 120000);
		assert_int_equal(f->model.warning_ms, 45000);
	}
	/* Under the dialogue nothing else reacts. */
	act(f, INTENT_SUBMIT, "", KEY);
	assert_false(f->fx.submit);
	wait_ms(f, 45000);
	assert_true(f->fx.ended);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void each_choice_of_time_lengthens_every_idle_time(void **state)
{
	static const struct {
		const char *choice;
		int factor;
	} times[] = {{"0", 1}, {"1", 1}, {"2", 2}, {"4", 4}, {"10", 10}};
	struct fixture *f = *state;

	for (size_t i = 0; i < VT_ELEMENTS(times); i++) {
		const int factor = times[i].factor;

		act(f, INTENT_START, "", "");
		act(f, INTENT_SETTING, "moreTime", times[i].choice);
		act(f, INTENT_SETTING, "moreTime", "11"); /* there are no such times */
		act(f, INTENT_SETTING, "moreTime", "3");
		assert_true(f->fx.wake_ms == f->now_ms + 60000 * factor);
		act(f, INTENT_OPEN, "curp", "");
		assert_true(f->fx.wake_ms == f->now_ms + 60000 * factor);
		act(f, INTENT_START, "", "");
		wait_ms(f, 120000 * factor - 1);
		assert_int_equal(f->model.warning_ms, 0);
		wait_ms(f, 1);
		assert_int_equal(f->model.warning_ms, 45000 * factor);
		act(f, INTENT_EXTEND, "", "");
		wait_ms(f, 120000 * factor);
		assert_int_equal(f->model.warning_ms, 45000 * factor);
		wait_ms(f, 45000 * factor - 1);
		assert_int_equal(f->model.screen, SCREEN_CURP);
		wait_ms(f, 1);
		assert_int_equal(f->model.screen, SCREEN_ATTRACT);
		assert_int_equal(f->model.settings.more_time, 0);
	}
}

static void more_time_and_large_text_lengthen_the_idle_time(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_START, "", "");
	act(f, INTENT_ACCESS, "", "");
	act(f, INTENT_SETTING, "moreTime", "10");
	act(f, INTENT_SETTING, "textSize", "2");
	act(f, INTENT_CLOSE, "", "");
	assert_int_equal(f->model.settings.text_size, 2);
	assert_true(f->fx.wake_ms == f->now_ms + 60000 * 10 * 2);
	act(f, INTENT_END, "", "");
	assert_int_equal(f->model.settings.text_size, 0); /* each person starts fresh */
}

static void speech_and_switches_are_settings_of_one_person(void **state)
{
	struct fixture *f = *state;

	act(f, INTENT_START, "", "");
	act(f, INTENT_SETTING, "speech", "1");
	act(f, INTENT_SETTING, "rate", "7");
	act(f, INTENT_SETTING, "volume", "8");
	act(f, INTENT_SETTING, "blank", "1");
	assert_true(f->model.settings.speech && f->model.settings.blank);
	assert_int_equal(f->model.settings.rate, 7);
	assert_int_equal(f->model.settings.volume, 8);
	assert_true(f->fx.wake_ms == f->now_ms + 60000 * 2);
	act(f, INTENT_SETTING, "rate", "8");
	act(f, INTENT_SETTING, "switches", "3");
	assert_int_equal(f->model.settings.rate, 7);
	assert_int_equal(f->model.settings.switches, 0);
	act(f, INTENT_SETTING, "speech", "0");
	act(f, INTENT_SETTING, "switches", "2");
	act(f, INTENT_SETTING, "scan", "5");
	act(f, INTENT_SETTING, "keys", "2");
	act(f, INTENT_SETTING, "keys", "3");
	assert_int_equal(f->model.settings.keys, 2);
	assert_true(f->fx.wake_ms == f->now_ms + 60000 * 2);
	act(f, INTENT_END, "", "");
	assert_false(f->model.settings.blank);
	assert_int_equal(f->model.settings.rate + f->model.settings.volume +
				 f->model.settings.switches + f->model.settings.scan +
				 f->model.settings.keys,
		0);
}

static void no_idle_time_runs_while_the_sheet_is_in_print(void **state)
{
	struct fixture *f = *state;

	to_done(f);
	assert_int_equal(f->fx.wake_ms, 0);
	wait_ms(f, 3600000);
	assert_int_equal(f->model.screen, SCREEN_DONE);
	give_print(f, OUTCOME_PRINTED);
	wait_ms(f, 60000);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void a_copy_in_print_stops_the_time_on_every_overlay(void **state)
{
	static const enum intent_action overlays[] = {INTENT_HELP, INTENT_ACCESS, INTENT_LANGUAGE};
	struct fixture *f = *state;

	to_done(f);
	give_print(f, OUTCOME_PRINTED);
	act(f, INTENT_PRINT, "", "");
	assert_int_equal(f->fx.wake_ms, 0);
	for (size_t i = 0; i < VT_ELEMENTS(overlays); i++) {
		act(f, overlays[i], "", "");
		assert_int_equal(f->fx.wake_ms, 0);
		wait_ms(f, 3600000);
		assert_false(f->fx.ended);
		act(f, INTENT_CLOSE, "", "");
	}
	/* A sheet in doubt waits for an answer as any screen does. */
	give_print(f, OUTCOME_UNKNOWN);
	assert_int_equal(f->model.print, PRINT_UNKNOWN);
	assert_true(f->fx.wake_ms > 0);
	wait_ms(f, 60000);
	assert_true(f->fx.ended);
}

static void leaving_while_waiting_still_gives_the_folio(void **state)
{
	struct fixture *f = *state;

	to_wait(f);
	act(f, INTENT_END, "", "");
	assert_int_equal(f->model.screen, SCREEN_DONE);
	assert_string_equal(f->model.outcome, "provisional");
	assert_string_equal(f->model.folio, FOLIO);
}

/* ---- forms ---- */

static void answer_by_data(struct fixture *f)
{
	act(f, INTENT_UNKNOWN_CURP, "", "");
	assert_int_equal(f->model.screen, SCREEN_QUESTION);
	while (f->model.screen == SCREEN_QUESTION) {
		switch (f->model.field.type) {
		case FIELD_NAME:
			act(f, INTENT_SUBMIT, "", "salgado");
			break;
		case FIELD_DATE:
			act(f, INTENT_SUBMIT, "", "26/06/1956");
			break;
		case FIELD_CHOICE:
			act(f, INTENT_SUBMIT, "M", "");
			break;
		case FIELD_ENTITY:
			act(f, INTENT_SUBMIT, "DF", "");
			break;
		case FIELD_TEXT:
		case FIELD_CURP:
		case FIELD_NUMBER:
		case FIELD_EMAIL:
		case FIELD_TYPE_COUNT:
			fail();
		}
		assert_string_equal(f->model.field.error, "");
	}
}

static void a_search_by_data_is_reviewed_and_changed_before_it_is_sent(void **state)
{
	struct fixture *f = *state;
	struct session_submission submission;
	struct vt_error error;

	to_curp(f);
	assert_true(f->model.has_other_way);
	answer_by_data(f);
	assert_int_equal(f->model.screen, SCREEN_REVIEW);
	assert_true(f->model.item_count >= 6);
	act(f, INTENT_CHANGE, f->model.items[0].id, "");
	assert_int_equal(f->model.screen, SCREEN_QUESTION);
	assert_string_equal(f->model.field.value, "SALGADO");
	act(f, INTENT_SUBMIT, "", "BRISEÑO");
	assert_int_equal(f->model.screen, SCREEN_REVIEW);
	assert_string_equal(f->model.items[0].value, "BRISEÑO");
	act(f, INTENT_CONFIRM, "", "");
	assert_true(f->fx.submit);
	assert_int_equal(session_submission(f->session, &submission, &error), VT_OK);
	assert_string_equal(submission.operation, "consultarCurpDetalle");
	assert_non_null(strstr(submission.payload, "\"fechaNacimiento\":\"26/06/1956\""));
}

static void going_back_keeps_every_answer(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	answer_by_data(f);
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_QUESTION);
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_QUESTION);
	for (int i = 0; i < 8 && f->model.screen == SCREEN_QUESTION; i++)
		act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
	act(f, INTENT_BACK, "", "");
	assert_int_equal(f->model.screen, SCREEN_INTRO);
}

static void bad_answers_name_their_own_error(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	act(f, INTENT_UNKNOWN_CURP, "", "");
	act(f, INTENT_SUBMIT, "", "A_B");
	assert_string_equal(f->model.field.error, "name");
	act(f, INTENT_SUBMIT, "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_string_equal(f->model.field.error, "name.long");
	act(f, INTENT_SUBMIT, "", "");
	assert_string_equal(f->model.field.error, "required");
}

static void a_language_is_changed_without_losing_an_answer(void **state)
{
	struct fixture *f = *state;

	to_curp(f);
	act(f, INTENT_SUBMIT, "", KEY_WRONG);
	act(f, INTENT_LANGUAGE, "", "");
	assert_int_equal(f->model.screen, SCREEN_LANGUAGE);
	act(f, INTENT_LANGUAGE, "en", "");
	assert_int_equal(f->model.screen, SCREEN_CURP);
	assert_string_equal(f->model.lang, "en");
	assert_string_equal(f->model.field.value, KEY_WRONG);
	act(f, INTENT_LANGUAGE, "xx", "");
	assert_string_equal(f->model.lang, "en");
}

/* ---- fees ---- */

/* Answers passport-fee's questions; reason "" = full fare. The longest validity offered is taken.
 */
static void to_fee_review(struct fixture *f, const char *reason)
{
	act(f, INTENT_START, "", "");
	act(f, INTENT_OPEN, "passport-fee", "");
	act(f, INTENT_START, "", "");
	while (f->model.screen == SCREEN_QUESTION || f->model.screen == SCREEN_CURP) {
		const char *item =
			f->model.item_count > 0 ? f->model.items[f->model.item_count - 1].id : "";
		if (strcmp(f->model.field.name, "fare") == 0)
			item = reason[0] ? "half" : "full";
		else if (strcmp(f->model.field.name, "half-reason") == 0)
			item = reason;
		if (f->model.field.type == FIELD_CURP)
			act(f, INTENT_SUBMIT, "", KEY);
		else if (f->model.field.type == FIELD_NAME)
			act(f, INTENT_SUBMIT, "", "CONCEPCION SALGADO");
		else
			act(f, INTENT_SUBMIT, item, "");
		assert_string_equal(f->model.field.error, "");
	}
	assert_int_equal(f->model.screen, SCREEN_REVIEW);
}

/* Published figures of 2026 (passport-fees.csv); half is never computed. */
static void the_fee_comes_from_the_table_of_the_day(void **state)
{
	static const struct {
		const char *reason;
		int64_t centavos;
	} rows[] = {{"", 428000}, {"age-60", 214000}, {"farm-canada", 122000}};
	struct fixture *f = *state;

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		to_fee_review(f, rows[i].reason);
		assert_int_equal(f->model.total_centavos, rows[i].centavos);
		assert_true(f->model.needs_consent);
		act(f, INTENT_END, "", "");
	}
}

/* Who pays half sees half, also while choosing. */
static void the_choice_of_years_shows_what_will_be_paid(void **state)
{
	struct fixture *f = *state;

	to_fee_review(f, "age-60");
	act(f, INTENT_CHANGE, "validity", "");
	assert_string_equal(f->model.field.name, "validity");
	assert_string_equal(f->model.items[f->model.item_count - 1].value, "$ 2,140.00");
	act(f, INTENT_END, "", "");
}

static void without_consent_nothing_is_sent(void **state)
{
	struct fixture *f = *state;
	struct intent_act intent = {.screen = SCREEN_REVIEW, .action = INTENT_CONFIRM};
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	to_fee_review(f, "");
	intent.revision = f->model.revision;
	step(f, &event);
	assert_false(f->fx.submit);
	act(f, INTENT_CONFIRM, "", "");
	assert_true(f->fx.submit);
}

static void without_a_fee_table_for_today_the_service_is_hidden(void **state)
{
	struct fixture *f = *state;

	f->today.year = 2031;
	act(f, INTENT_START, "", "");
	for (size_t i = 0; i < f->model.item_count; i++)
		assert_string_not_equal(f->model.items[i].id, "passport-fee");
	act(f, INTENT_OPEN, "passport-fee", "");
	assert_int_equal(f->model.screen, SCREEN_HOME);
}

static void a_service_that_is_not_built_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	size_t soon = 0;

	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.item_count, 22);
	for (size_t i = 0; i < f->model.item_count; i++) {
		if (f->model.items[i].state != ITEM_SOON)
			continue;
		soon++;
		act(f, INTENT_OPEN, f->model.items[i].id, "");
		assert_int_equal(f->model.screen, SCREEN_HOME);
	}
	assert_int_equal(soon, 19);
}

static void services_are_found_by_their_synonyms_at_home_only(void **state)
{
	struct fixture *f = *state;
	bool is_found = false;

	for (size_t i = 0; i < f->model.item_count; i++)
		assert_string_equal(f->model.items[i].keywords, "");
	act(f, INTENT_START, "", "");
	for (size_t i = 0; i < f->model.item_count; i++)
		is_found = is_found || (strcmp(f->model.items[i].id, "curp") == 0 &&
					       strstr(f->model.items[i].keywords, "renapo"));
	assert_true(is_found);
	/* In another language by its words and by the Spanish ones. */
	act(f, INTENT_LANGUAGE, "en", "");
	for (size_t i = 0; i < f->model.item_count; i++) {
		if (strcmp(f->model.items[i].id, "curp") != 0)
			continue;
		assert_non_null(strstr(f->model.items[i].keywords, "registry"));
		assert_non_null(strstr(f->model.items[i].keywords, "clave"));
	}
}

/* ---- the terminal's health ---- */

static void failed_storage_closes_the_terminal_and_good_storage_opens_it(void **state)
{
	struct fixture *f = *state;

	f->health.storage_ok = false;
	set_health(f);
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	act(f, INTENT_START, "", "");
	assert_int_equal(f->model.screen, SCREEN_OUT_OF_SERVICE);
	f->health.storage_ok = true;
	set_health(f);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
}

static void a_touch_that_crosses_a_change_of_health_counts(void **state)
{
	struct fixture *f = *state;
	struct intent_act intent = {
		.screen = f->model.screen, .revision = f->model.revision, .action = INTENT_START};
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	f->health.sync_connected = !f->health.sync_connected;
	set_health(f);
	assert_int_not_equal(f->model.revision, intent.revision);
	step(f, &event);
	assert_int_equal(f->model.screen, SCREEN_HOME);
	/* The same touch again answers the attract screen, which is gone. */
	intent.action = INTENT_END;
	step(f, &event);
	assert_int_equal(f->model.screen, SCREEN_HOME);
}

static void after_a_restart_the_folio_is_shown_once_more(void **state)
{
	struct fixture *f = *state;
	struct session_event event = {.type = SESSION_RECOVERED};

	event.u.committed.transaction = TXN;
	event.u.committed.folio = FOLIO;
	event.u.committed.service = "curp";
	step(f, &event);
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	assert_string_equal(f->model.problem, "core-lost");
	assert_string_equal(f->model.folio, FOLIO);
	wait_ms(f, 60000);
	assert_int_equal(f->model.screen, SCREEN_ATTRACT);
	assert_string_equal(f->model.folio, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_citizen_gets_the_certificate_by_key),
		TEST(nothing_is_registered_before_it_is_on_disk),
		TEST(a_refused_commit_is_a_problem_without_a_folio),
		TEST(a_wrong_key_is_asked_again_with_what_was_typed),
		TEST(a_late_or_doubled_touch_is_dropped),
		TEST(services_are_found_by_their_synonyms_at_home_only),
		TEST(a_touch_that_crosses_a_change_of_health_counts),
		TEST(somebody_elses_result_changes_nothing),
		TEST(none_and_several_records_are_outcomes_not_errors),
		TEST(data_that_are_not_mine_print_nothing),
		TEST(a_malformed_answer_is_a_problem_and_the_folio_stays),
		TEST(without_an_answer_the_receipt_is_provisional),
		TEST(without_a_line_nobody_waits_for_the_patience),
		TEST(a_line_that_goes_while_waiting_ends_the_wait),
		TEST(without_paper_the_qr_stands_for_it),
		TEST(missing_security_paper_takes_away_only_what_needs_it),
		TEST(a_certificate_goes_to_the_letter_printer_when_it_is_ready),
		TEST(a_sheet_in_doubt_is_asked_about_and_reprinted_as_copy),
		TEST(a_copy_that_had_to_wait_for_the_printer_is_still_a_copy),
		TEST(the_sheet_of_the_citizen_before_is_not_ours),
		TEST(sheets_of_one_citizen_are_limited),
		TEST(an_idle_introduction_goes_home_and_then_to_attract),
		TEST(personal_data_are_warned_about_and_then_wiped),
		TEST(each_choice_of_time_lengthens_every_idle_time),
		TEST(more_time_and_large_text_lengthen_the_idle_time),
		TEST(speech_and_switches_are_settings_of_one_person),
		TEST(no_idle_time_runs_while_the_sheet_is_in_print),
		TEST(a_copy_in_print_stops_the_time_on_every_overlay),
		TEST(leaving_while_waiting_still_gives_the_folio),
		TEST(a_search_by_data_is_reviewed_and_changed_before_it_is_sent),
		TEST(going_back_keeps_every_answer),
		TEST(bad_answers_name_their_own_error),
		TEST(a_language_is_changed_without_losing_an_answer),
		TEST(the_fee_comes_from_the_table_of_the_day),
		TEST(the_choice_of_years_shows_what_will_be_paid),
		TEST(without_consent_nothing_is_sent),
		TEST(without_a_fee_table_for_today_the_service_is_hidden),
		TEST(a_service_that_is_not_built_cannot_be_opened),
		TEST(failed_storage_closes_the_terminal_and_good_storage_opens_it),
		TEST(after_a_restart_the_folio_is_shown_once_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
