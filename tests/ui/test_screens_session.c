#include "tests/lib/cmocka_prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "terminal/session/session.h"
#include "tests/ui/screens_audit.h"
#include "tests/ui/screens_stage.h"

/* Core's own session machine with the shipped catalogue behind the screens: a citizen taps, the
 * intents go to the machine, its models come back. Every screen on the way is audited in four
 * looks, so that a text of the catalogue that does not fit is found here. */

#define KEY "SABC560626MDFLRN01"
#define TXN "11111111-1111-4111-8111-111111111111"
#define CURP_ANSWER                                                                         \
	"{\"outcome\":\"one\",\"sessionId\":\"s1\",\"folio\":\"12345678\",\"count\":\"1\"," \
	"\"records\":[{\"curp\":\"" KEY "\",\"nombres\":\"CONCEPCION\",\"primerApellido\":" \
	"\"SALGADO\",\"segundoApellido\":\"BRISENO\",\"sexo\":\"M\",\"fechaNacimiento\":"   \
	"\"26/06/1956\",\"entidad\":\"DF\",\"status\":\"AN\"}]}"
#define NONE_ANSWER                                                                           \
	"{\"outcome\":\"none\",\"sessionId\":\"s1\",\"folio\":\"125465689\",\"count\":\"0\"," \
	"\"records\":[]}"
#define SHEET_ANSWER                                                                          \
	"{\"outcome\":\"sheet\",\"key\":\"k\",\"sheetId\":\"1\",\"claveReferencia\":"         \
	"\"504002123\","                                                                      \
	"\"cadenaDependencia\":\"00412030000123\",\"lineaCaptura\":\"0126ABCD123456789012\"," \
	"\"amountCentavos\":\"192500\",\"validUntil\":\"2026-12-31\"}"

static const struct look looks[] = {
	{"normal", 0, 0, false},
	{"large", 1, 0, false},
	{"extra", 2, 0, false},
	{"max", 3, 0, false},
	{"reach", 0, 0, true},
};

struct world {
	struct stage stage;
	struct catalogue *catalogue;
	struct session *session;
	struct session_effects effects;
	struct screen_model model;
	const char *lang;
	int errors, screens;
	const char *pictures; /* folder for a picture of each screen, NULL = none */
};

static void audit_here(struct world *w)
{
	struct screen_model model = w->model;
	char where[160];

	for (size_t l = 0; l < VT_ELEMENTS(looks); l++) {
		struct audit audit = {.where = where, .lowest_contrast = 21.0};

		(void)snprintf(where, sizeof(where), "%s %s %s %s %s",
			screen_kind_names[model.screen], model.service, model.field.name, w->lang,
			looks[l].name);
		model.settings.text_size = looks[l].text_size;
		model.settings.reach = looks[l].reach;
		stage_show_model(&w->stage, &model);
		audit_layout(&audit, w->stage.ui);
		audit_contrast(&audit, w->stage.ui);
		w->errors += audit_errors(&audit);
		if (w->pictures != NULL) {
			char path[400];
			struct vt_error error;

			(void)snprintf(path, sizeof(path), "%s/%s-%02d-%s-%s.png", w->pictures,
				w->lang, w->screens, screen_kind_names[model.screen],
				looks[l].name);
			assert_int_equal(
				canvas_write_png(ui_canvas(w->stage.ui), path, &error), VT_OK);
		}
	}
	stage_show_model(&w->stage, &w->model);
	w->screens++;
}

static void step(struct world *w, struct session_event *event)
{
	event->now_ms = 1000;
	event->today = (struct vt_date){2026, 11, 23};
	event->minute = 642;
	assert_int_equal(session_step(w->session, event, &w->effects), VT_OK);
	session_model(w->session, &w->model);
	/* Long enough for the waiting screen to appear and to go. */
	w->stage.env.since_show_ms = 1000;
	w->stage.env.now_unix_ms += 2000;
	audit_here(w);
}

/* Taps, and lets the machine answer. */
static void tap(struct world *w, const char *id)
{
	struct session_event event = {.type = SESSION_INTENT};

	if (!stage_tap(&w->stage, id))
		fail_msg("%s: cannot tap %s", screen_kind_names[w->model.screen], id);
	if (!w->stage.answer.send)
		return;
	event.u.intent = &w->stage.answer.intent;
	step(w, &event);
}

/* Pages until the node is there. */
static void tap_in_list(struct world *w, const char *id)
{
	for (int i = 0; i < 12 && ui_find(w->stage.ui, id) == NULL; i++)
		tap(w, "more");
	tap(w, id);
}

static void answer_question(struct world *w)
{
	const struct screen_field *field = &w->model.field;
	char id[64];

	switch (field->type) {
	case FIELD_CURP:
		stage_type(&w->stage, KEY);
		break;
	case FIELD_NAME:
		stage_type(&w->stage, "SALGADO BRISEÑO");
		break;
	case FIELD_DATE:
		stage_type(&w->stage, "26061956");
		break;
	case FIELD_CHOICE:
	case FIELD_ENTITY:
		(void)snprintf(
			id, sizeof(id), "choice-%s", w->model.items[w->model.item_count - 1].id);
		tap_in_list(w, id);
		break;
	case FIELD_TEXT:
	case FIELD_NUMBER:
	case FIELD_EMAIL:
	case FIELD_TYPE_COUNT:
		fail_msg("no answer for this type yet");
	}
	tap(w, "primary");
	assert_string_equal(w->model.field.error, "");
}

static void commit(struct world *w)
{
	struct session_event event = {.type = SESSION_COMMITTED};

	assert_true(w->effects.submit || w->model.screen == SCREEN_WAIT);
	event.u.committed.transaction = TXN;
	event.u.committed.folio = "SM01-0010-0010-ABCD";
	step(w, &event);
}

static void result(struct world *w, enum session_result kind, const char *answer)
{
	struct session_event event = {.type = SESSION_RESULT};

	event.u.result.transaction = TXN;
	event.u.result.result = kind;
	event.u.result.answer = answer;
	step(w, &event);
}

static void printed(struct world *w, enum print_outcome outcome, const char *reason)
{
	struct session_event event = {.type = SESSION_PRINTED};

	event.u.printed.transaction = TXN;
	event.u.printed.outcome = outcome;
	event.u.printed.reason = reason;
	step(w, &event);
}

static void begin(struct world *w, const char *lang)
{
	struct session_health health = {.storage_ok = true,
		.printer_ready = true,
		.printer_paper = true,
		.sync_connected = true};
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = &health}};
	char dir[400];
	struct vt_error error;

	memset(w, 0, sizeof(*w));
	w->lang = lang;
	w->pictures = getenv("VT_SCREENS_OUT");
	stage_open(&w->stage, NULL, NULL);
	assert_true(vt_format(dir, sizeof(dir), "%s/assets/catalog", getenv("VT_SOURCE_DIR")));
	assert_int_equal(catalogue_load(dir, &w->catalogue, &error), VT_OK);
	w->session = session_create(w->catalogue, "MX-TEST-1", &session_default_times);
	assert_non_null(w->session);
	step(w, &event);
	tap(w, "start");
	if (strcmp(lang, "en") == 0) {
		tap(w, "dock-language");
		tap(w, "language-en");
		tap(w, "primary");
	}
	assert_int_equal(w->model.screen, SCREEN_HOME);
}

static void end(struct world *w)
{
	session_destroy(&w->session);
	catalogue_destroy(&w->catalogue);
	stage_close(&w->stage);
	if (w->errors != 0)
		fail_msg("%d findings on %d screens", w->errors, w->screens);
}

static void open_service(struct world *w, const char *id)
{
	char node[64];

	(void)snprintf(node, sizeof(node), "open-%s", id);
	tap(w, node);
	assert_int_equal(w->model.screen, SCREEN_INTRO);
	tap(w, "primary");
}

static void curp_by_key(struct world *w)
{
	open_service(w, "curp");
	answer_question(w);
	commit(w);
	result(w, RESULT_ACCEPTED, CURP_ANSWER);
	assert_int_equal(w->model.screen, SCREEN_RESULTS);
	tap(w, "primary");
	assert_int_equal(w->model.screen, SCREEN_DONE);
	printed(w, OUTCOME_UNKNOWN, "");
	tap(w, "printed-ok");
	assert_int_equal(w->model.print, PRINT_PRINTED);
	tap(w, "primary");
	assert_int_equal(w->model.screen, SCREEN_ATTRACT);
}

static void curp_by_data(struct world *w)
{
	open_service(w, "curp");
	tap(w, "unknown");
	while (w->model.screen == SCREEN_QUESTION)
		answer_question(w);
	assert_int_equal(w->model.screen, SCREEN_REVIEW);
	if (w->model.needs_consent)
		tap(w, "consent");
	tap(w, "primary");
	commit(w);
	result(w, RESULT_ACCEPTED, NONE_ANSWER);
	assert_int_equal(w->model.screen, SCREEN_DONE);
	printed(w, OUTCOME_FAILED, "paper");
	tap(w, "second");
	assert_true(w->effects.print);
}

static void passport_fee(struct world *w)
{
	open_service(w, "passport-fee");
	while (w->model.screen == SCREEN_QUESTION || w->model.screen == SCREEN_CURP)
		answer_question(w);
	assert_int_equal(w->model.screen, SCREEN_REVIEW);
	assert_true(w->model.needs_consent);
	tap(w, "primary"); /* explains the empty box */
	tap(w, "consent");
	tap(w, "primary");
	commit(w);
	result(w, RESULT_ACCEPTED, SHEET_ANSWER);
	assert_int_equal(w->model.screen, SCREEN_DONE);
	printed(w, OUTCOME_PRINTED, "");
}

static void rejected(struct world *w)
{
	open_service(w, "curp");
	answer_question(w);
	commit(w);
	result(w, RESULT_REJECTED, "");
	assert_int_equal(w->model.screen, SCREEN_PROBLEM);
	tap(w, "primary");
	assert_int_equal(w->model.screen, SCREEN_HOME);
	tap(w, "dock-help");
	tap(w, "back");
	tap(w, "dock-access");
	tap(w, "textSize-1");
	assert_int_equal(w->model.settings.text_size, 1);
	tap(w, "primary");
	assert_int_equal(w->model.screen, SCREEN_HOME);
}

static void run(void (*journey)(struct world *w))
{
	static const char *const languages[] = {"es-MX", "en"};

	for (size_t i = 0; i < VT_ELEMENTS(languages); i++) {
		struct world w;

		begin(&w, languages[i]);
		journey(&w);
		end(&w);
	}
}

static void a_curp_by_key_goes_from_attract_to_attract(void **state)
{
	(void)state;
	run(curp_by_key);
}

static void a_curp_by_data_ends_without_registration(void **state)
{
	(void)state;
	run(curp_by_data);
}

static void a_passport_sheet_is_made_with_the_reduced_fare(void **state)
{
	(void)state;
	run(passport_fee);
}

static void a_refusal_and_the_dock_lead_back_home(void **state)
{
	(void)state;
	run(rejected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_curp_by_key_goes_from_attract_to_attract),
		cmocka_unit_test(a_curp_by_data_ends_without_registration),
		cmocka_unit_test(a_passport_sheet_is_made_with_the_reduced_fare),
		cmocka_unit_test(a_refusal_and_the_dock_lead_back_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
