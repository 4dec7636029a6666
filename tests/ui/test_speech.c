/* Somebody who does not see the screen: plug, keys and fingers go in, and all that is known of the
 * screen is what was said. Core's session machine and the shipped catalogue stand behind the app;
 * the clock is virtual, the voice is a list. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"
#include "terminal/session/session.h"
#include "tests/lib/cmocka_prelude.h"
#include "tests/ui/app_stage.h"
#include "tests/ui/screens_fixtures.h"
#include "ui/app.h"
#include "ui/speech/scan.h"

#define KEY "SABC560626MDFLRN01"
#define TXN "11111111-1111-4111-8111-111111111111"
#define ANSWER                                                                              \
	"{\"outcome\":\"one\",\"sessionId\":\"s1\",\"folio\":\"12345678\",\"count\":\"1\"," \
	"\"records\":[{\"curp\":\"" KEY "\",\"nombres\":\"CONCEPCION\",\"primerApellido\":" \
	"\"SALGADO\",\"segundoApellido\":\"BRISENO\",\"sexo\":\"M\",\"fechaNacimiento\":"   \
	"\"26/06/1956\",\"entidad\":\"DF\",\"status\":\"AN\"}]}"
#define MAX_HEARD 400

struct heard {
	struct speech_order order;
};

static struct app *app;
static struct app_time now;
static struct catalogue *catalogue;
static struct session *session;
static struct session_effects effects;
static struct screen_model model;
static struct heard *heard; /* since forget() */
static size_t heard_count;
static struct intent_act intent;
static bool was_intent, holds_back; /* holds_back: utterances do not end by themselves */

/* ---- the world ---- */

static int open_world(void **state)
{
	const struct profile small = app_stage_small();
	char catalog[512];
	struct vt_error error;

	(void)state;
	assert_true(
		vt_format(catalog, sizeof(catalog), "%s/assets/catalog", getenv("VT_SOURCE_DIR")));
	app_stage_open(&small, &app, &now);
	assert_int_equal(catalogue_load(catalog, &catalogue, &error), VT_OK);
	session = session_create(catalogue, "MX-TEST-1", &session_default_times);
	assert_non_null(session);
	heard = calloc(MAX_HEARD, sizeof(*heard));
	assert_non_null(heard);
	heard_count = 0;
	holds_back = was_intent = false;
	app_set_link(app, true, &now);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	app_destroy(&app);
	session_destroy(&session);
	catalogue_destroy(&catalogue);
	free(heard);
	return 0;
}

/* Draws, and lets the voice say what is asked, until nothing more comes. */
static void listen(void)
{
	const struct rect *rects;
	struct speech_order order;
	size_t count;

	(void)app_frame(app, &now, &rects, &count);
	while (app_take_order(app, &order)) {
		if (heard_count == MAX_HEARD)
			fail_msg("never stops talking");
		heard[heard_count++].order = order;
		/* The rule of all rules. */
		assert_false(order.personal && !order.headphones);
		if (order.kind == SPEECH_SAY && !holds_back)
			app_said(app, order.id, &now);
	}
	if (app_take_intent(app, &intent))
		was_intent = true;
}

static void forget(void)
{
	memset(heard, 0, heard_count * sizeof(*heard));
	heard_count = 0;
}

static const struct speech_order *find_order(enum speech_order_kind kind, const char *text)
{
	for (size_t i = 0; i < heard_count; i++)
		if (heard[i].order.kind == kind && (!text || !strcmp(heard[i].order.text, text)))
			return &heard[i].order;
	return NULL;
}

static bool was_said(const char *text)
{
	return find_order(SPEECH_SAY, text) != NULL;
}

static bool was_said_within(const char *part)
{
	for (size_t i = 0; i < heard_count; i++)
		if (heard[i].order.kind == SPEECH_SAY && strstr(heard[i].order.text, part))
			return true;
	return false;
}

static int earcons(enum earcon earcon)
{
	int count = 0;

	for (size_t i = 0; i < heard_count; i++)
		count += heard[i].order.kind == SPEECH_EARCON && heard[i].order.earcon == earcon;
	return count;
}

static void assert_said(const char *text)
{
	if (was_said(text))
		return;
	for (size_t i = 0; i < heard_count; i++)
		fprintf(stderr, "  %d %s\n", (int)heard[i].order.kind, heard[i].order.text);
	fail_msg("not said: %s", text);
}

static void step(struct session_event *event)
{
	event->now_ms = now.now_ms;
	event->today = (struct vt_date){2026, 11, 23};
	event->minute = 642;
	assert_int_equal(session_step(session, event, &effects), VT_OK);
	if (!effects.show)
		return;
	session_model(session, &model);
	app_show(app, &model, &now);
	/* Long enough for the waiting screen to come and to go. */
	for (int i = 0; i < 2; i++) {
		now.now_ms += 600;
		now.unix_ms += 600;
		app_tick(app, &now);
		listen();
	}
}

/* Lets core answer what the person did. */
static void settle(void)
{
	listen();
	while (was_intent) {
		struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};
		was_intent = false;
		step(&event);
		listen();
	}
}

static void press(enum input_key key)
{
	now.now_ms += 100;
	now.unix_ms += 100;
	app_key(app, key, &now);
	settle();
}

static void begin(void)
{
	struct session_health health = {.storage_ok = true,
		.printer_ready = true,
		.printer_paper = true,
		.sync_connected = true};
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = &health}};

	step(&event);
	session_model(session, &model);
	app_show(app, &model, &now);
	listen();
	forget();
}

static void plug(bool is_in)
{
	app_set_headphones(app, is_in, &now);
	settle();
}

/* Shows a fixture as core would. */
static void show(const char *name, bool speech)
{
	fixture_find(name)->fill(&model, "es-MX");
	model.settings.speech = speech;
	app_show(app, &model, &now);
	settle();
	was_intent = false;
}

/* ---- a person who only hears ---- */

/* Presses key until a control with this name (or its beginning) was said. */
static void go_by_ear(enum input_key key, const char *name, bool whole)
{
	for (int i = 0; i < 90; i++) {
		forget();
		press(key);
		for (size_t h = 0; h < heard_count; h++) {
			const struct speech_order *o = &heard[h].order;
			if (o->kind == SPEECH_SAY && o->utter == UTTER_FOCUS &&
				(whole ? strcmp(o->text, name) == 0
				       : strncmp(o->text, name, strlen(name)) == 0))
				return;
		}
	}
	fail_msg("never heard of: %s", name);
}

static const char *letter_by_ear(char c)
{
	static const char *const names[26] = {"a", "be", "ce", "de", "e", "efe", "ge", "hache", "i",
		"jota", "ka", "ele", "eme", "ene", "o", "pe", "cu", "erre", "ese", "te", "u", "ve",
		"doble u", "equis", "i griega", "zeta"};
	static char digit[2];

	if (c >= 'A' && c <= 'Z')
		return names[c - 'A'];
	digit[0] = c;
	return digit;
}

static void a_blind_person_gets_the_curp_with_the_keypad(void **state)
{
	struct session_event committed = {.type = SESSION_COMMITTED},
			     result = {.type = SESSION_RESULT};

	(void)state;
	begin();
	plug(true);
	assert_said("Ventanilla Ciudadana");
	assert_said("Toque la pantalla para comenzar");
	forget();
	/* The next service is shown, not read out. */
	now.now_ms += 8000;
	now.unix_ms += 8000;
	app_tick(app, &now);
	settle();
	assert_null(find_order(SPEECH_SAY, NULL));
	press(INPUT_KEY_ENTER);
	assert_said("¿Qué trámite desea realizar?");
	/* Core knows now, and a ui that starts anew would go on speaking. */
	assert_true(model.settings.speech);
	if (!was_said_within("Obtener mi CURP"))
		go_by_ear(INPUT_KEY_NEXT, "Obtener mi CURP", false);
	press(INPUT_KEY_ENTER);
	assert_said("Este trámite es gratuito");
	assert_said("Comenzar");
	press(INPUT_KEY_ENTER);
	assert_said("Escriba su CURP");
	assert_said("vacío");
	for (const char *p = KEY; *p; p++) {
		go_by_ear(INPUT_KEY_NEXT, letter_by_ear(*p), true);
		forget();
		press(INPUT_KEY_ENTER);
		/* The echo. */
		assert_said(letter_by_ear(*p));
		assert_int_equal(earcons(EARCON_CLICK), 1);
	}
	assert_said("¿Son suyos la fecha de nacimiento y el sexo?");
	assert_said("26 de junio de 1956, Mujer, Ciudad de México");
	go_by_ear(INPUT_KEY_NEXT, "Continuar", true);
	forget();
	press(INPUT_KEY_ENTER);
	assert_true(effects.submit || model.screen == SCREEN_WAIT);
	committed.u.committed.transaction = TXN;
	committed.u.committed.folio = "SM01-0010-0010-ABCD";
	step(&committed);
	result.u.result.transaction = TXN;
	result.u.result.result = RESULT_ACCEPTED;
	result.u.result.answer = ANSWER;
	step(&result);
	settle();
	assert_int_equal(model.screen, SCREEN_RESULTS);
	assert_said("¿Son estos sus datos?");
	assert_said("ese a be ce, 5 6 0 6 2 6, eme, de efe, ele erre ene, 0 1");
	go_by_ear(INPUT_KEY_NEXT, "Sí, son mis datos", true);
	forget();
	press(INPUT_KEY_ENTER);
	assert_int_equal(model.screen, SCREEN_DONE);
	assert_said("Folio ese eme 0 1, 0 0 1 0, 0 0 1 0, a be ce de");
	assert_int_equal(earcons(EARCON_SUCCESS), 1);
	go_by_ear(INPUT_KEY_NEXT, "Listo", true);
	forget();
	press(INPUT_KEY_ENTER);
	assert_int_equal(model.screen, SCREEN_ATTRACT);
	assert_int_equal(earcons(EARCON_CLOSE), 1);
	assert_non_null(find_order(SPEECH_FORGET, NULL));
	/* The next person starts fresh, but hears as long as the plug is in. */
	assert_false(model.settings.speech);
	assert_said("Toque la pantalla para comenzar");
}

/* ---- on and off ---- */

static void nothing_is_said_until_somebody_asks(void **state)
{
	(void)state;
	begin();
	press(INPUT_KEY_ENTER);
	press(INPUT_KEY_NEXT);
	assert_null(find_order(SPEECH_SAY, NULL));
}

static void pulling_the_plug_is_silence_at_once(void **state)
{
	(void)state;
	begin();
	plug(true);
	press(INPUT_KEY_ENTER);
	assert_true(model.settings.speech);
	holds_back = true;
	press(INPUT_KEY_NEXT);
	forget();
	plug(false);
	assert_int_equal(heard[0].order.kind, SPEECH_STOP);
	assert_null(find_order(SPEECH_SAY, NULL));
	assert_false(model.settings.speech); /* core was told */
	press(INPUT_KEY_NEXT);
	assert_null(find_order(SPEECH_SAY, NULL));
}

static void escuchar_speaks_to_the_room_without_personal_data(void **state)
{
	(void)state;
	show("results", true);
	assert_said("¿Son estos sus datos?");
	assert_said("Nombre");
	assert_false(was_said("LUIS ENRIQUE BELTRÁN MENDOZA"));
	assert_said("Son datos personales. Conecte audífonos para oírlos.");
	forget();
	plug(true);
	app_listen(app, LISTEN_REPEAT, &now);
	listen();
	assert_said("LUIS ENRIQUE BELTRÁN MENDOZA");
	/* Speech was there before the plug: it goes on without it. */
	plug(false);
	forget();
	app_listen(app, LISTEN_REPEAT, &now);
	listen();
	assert_said("Nombre");
	assert_false(was_said("LUIS ENRIQUE BELTRÁN MENDOZA"));
}

static void typing_to_the_room_is_asterisks(void **state)
{
	(void)state;
	show("curp-empty", true);
	forget();
	app_type(app, "B", &now);
	listen();
	assert_said("asterisco");
	assert_false(was_said("be"));
	/* The way to a key would tell the key. */
	forget();
	for (int i = 0; i < 30; i++)
		press(INPUT_KEY_NEXT);
	assert_false(was_said("ge") || was_said("e") || was_said("jota"));
	plug(true);
	forget();
	app_type(app, "E", &now);
	listen();
	assert_said("e");
}

static void the_dock_switches_speech_on_and_off(void **state)
{
	const struct node *node;

	(void)state;
	begin();
	press(INPUT_KEY_ENTER);
	node = ui_find(app_ui(app), "dock-listen");
	assert_non_null(node);
	int x = node->rect.x + 5, y = node->rect.y + 5;
	app_finger(app, 1, INPUT_DOWN, x, y, &now);
	app_finger(app, 1, INPUT_UP, x, y, &now);
	settle();
	assert_true(model.settings.speech);
	assert_said("¿Qué trámite desea realizar?");
	/* Now a finger explores: the second tap acts. */
	for (int i = 0; i < 2; i++) {
		app_finger(app, 1, INPUT_DOWN, x, y, &now);
		app_finger(app, 1, INPUT_UP, x, y, &now);
		settle();
		assert_int_equal(model.settings.speech, i == 0);
	}
}

/* ---- acts of the person ---- */

static void every_act_ends_what_is_being_said(void **state)
{
	(void)state;
	begin();
	holds_back = true;
	plug(true);
	press(INPUT_KEY_ENTER);
	forget();
	press(INPUT_KEY_NEXT);
	assert_int_equal(heard[0].order.kind, SPEECH_STOP);
	assert_int_equal(heard[1].order.kind, SPEECH_SAY);
	/* The end of what was stopped is nobody's. */
	forget();
	app_said(app, heard[1].order.id - 1, &now);
	listen();
	assert_int_equal(heard_count, 0);
}

static void it_can_be_repeated_paused_and_asked_where_one_is(void **state)
{
	(void)state;
	show("intro-curp", true);
	holds_back = true;
	press(INPUT_KEY_NEXT);
	forget();
	app_listen(app, LISTEN_PAUSE, &now);
	listen();
	assert_non_null(find_order(SPEECH_PAUSE, NULL));
	app_said(app, heard[0].order.id, &now);
	listen();
	assert_null(find_order(SPEECH_SAY, NULL));
	app_listen(app, LISTEN_PAUSE, &now);
	listen();
	assert_non_null(find_order(SPEECH_RESUME, NULL));
	holds_back = false;
	forget();
	app_listen(app, LISTEN_WHERE, &now);
	listen();
	assert_said("Obtener mi CURP");
	assert_said("botón");
	assert_false(was_said("Este trámite es gratuito"));
	forget();
	app_listen(app, LISTEN_REPEAT, &now);
	listen();
	assert_int_equal(heard_count, 3); /* title, name, role */
	assert_said("Obtener mi CURP");
}

static void rate_and_volume_are_asked_of_core_step_by_step(void **state)
{
	(void)state;
	begin();
	plug(true);
	press(INPUT_KEY_ENTER);
	for (int i = 0; i < 10; i++) {
		app_listen(app, LISTEN_FASTER, &now);
		settle();
		app_listen(app, LISTEN_SOFTER, &now);
		settle();
	}
	assert_int_equal(model.settings.rate, SPEECH_RATE_STEPS);
	assert_int_equal(model.settings.volume, 1);
	forget();
	press(INPUT_KEY_NEXT);
	const struct speech_order *said = find_order(SPEECH_SAY, NULL);
	assert_true(said && said->rate == SPEECH_RATE_STEPS && said->volume == 1);
}

static void a_finger_explores_and_lifting_does_nothing(void **state)
{
	const struct node *first, *other;

	(void)state;
	show("question-sex", true);
	first = ui_find(app_ui(app), "choice-M");
	other = ui_find(app_ui(app), "choice-H");
	int x1 = first->rect.x + 40, y1 = first->rect.y + 20;
	int x2 = other->rect.x + 40, y2 = other->rect.y + 20;
	press(INPUT_KEY_NEXT);
	forget();
	app_finger(app, 1, INPUT_DOWN, x2, y2, &now);
	listen();
	assert_said("Hombre");
	app_finger(app, 1, INPUT_MOTION, x1, y1, &now);
	listen();
	assert_said("Mujer");
	app_finger(app, 1, INPUT_UP, x1, y1, &now);
	listen();
	assert_false(ui_find(app_ui(app), "choice-M")->spec.states & STATE_CHECKED);
	forget();
	app_finger(app, 1, INPUT_DOWN, x1 + 5, y1, &now);
	app_finger(app, 1, INPUT_UP, x1 + 5, y1, &now);
	listen();
	assert_true(ui_find(app_ui(app), "choice-M")->spec.states & STATE_CHECKED);
	assert_said("elegida");
}

static void a_palm_keeps_no_finger_from_exploring(void **state)
{
	const struct node *woman, *man;

	(void)state;
	show("question-sex", true);
	woman = ui_find(app_ui(app), "choice-M");
	man = ui_find(app_ui(app), "choice-H");
	int x1 = woman->rect.x + 40, y1 = woman->rect.y + 20;
	int x2 = man->rect.x + 40, y2 = man->rect.y + 20;
	press(INPUT_KEY_NEXT);
	forget();
	/* On bare ground, then on a control: that is for a second somebody who explores. */
	app_finger(app, 1, INPUT_DOWN, 2, 2, &now);
	app_finger(app, 2, INPUT_DOWN, x1, y1, &now);
	listen();
	assert_said("Mujer");
	forget();
	app_finger(app, 3, INPUT_DOWN, x2, y2, &now);
	app_finger(app, 3, INPUT_UP, x2, y2, &now);
	listen();
	assert_null(find_order(SPEECH_SAY, NULL));
	now.now_ms += INPUT_REST_MS;
	/* What only the palm has found is not acted upon. */
	app_finger(app, 4, INPUT_DOWN, x1, y1, &now);
	app_finger(app, 4, INPUT_UP, x1, y1, &now);
	listen();
	assert_false(ui_find(app_ui(app), "choice-M")->spec.states & STATE_CHECKED);
	app_finger(app, 2, INPUT_MOTION, x2, y2, &now);
	app_finger(app, 5, INPUT_DOWN, x1, y1, &now);
	app_finger(app, 5, INPUT_UP, x1, y1, &now);
	listen();
	assert_true(ui_find(app_ui(app), "choice-M")->spec.states & STATE_CHECKED);
	app_finger(app, 2, INPUT_UP, x2, y2, &now);
	app_finger(app, 1, INPUT_UP, 2, 2, &now);
	listen();
	assert_true(ui_find(app_ui(app), "choice-M")->spec.states & STATE_CHECKED);
}

/* ---- errors, time, darkness ---- */

static void a_mistake_sounds_and_is_explained(void **state)
{
	(void)state;
	show("curp-typing", true);
	forget();
	go_by_ear(INPUT_KEY_NEXT, "Continuar", true);
	forget();
	press(INPUT_KEY_ENTER);
	assert_int_equal(earcons(EARCON_ERROR), 1);
	assert_said("Hay un problema");
	assert_said("La CURP no está completa. Tiene 18 letras y números.");
	assert_said("por corregir");
}

static void pass_seconds(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		now.now_ms += 1000;
		now.unix_ms += 1000;
		app_tick(app, &now);
		listen();
	}
}

/* Shows a month of the calendar as core would. */
static void show_month(const char *fixture, const char *lang)
{
	fixture_find(fixture)->fill(&model, lang);
	model.settings.speech = true;
	app_show(app, &model, &now);
	settle();
}

static void other_months_are_asked_for_and_told(void **state)
{
	static const struct {
		const char *lang, *title, *month, *day, *on, *full, *later, *see;
	} words[] = {
		{"es-MX", "Elija un día", "Noviembre de 2025: 12 días con lugar",
			"jueves 13 de noviembre de 2025", "Mes siguiente: diciembre de 2025",
			"No hay lugares en diciembre de 2025.",
			"Los siguientes lugares son en enero de 2026.", "Ver enero de 2026"},
		{"en", "Choose a day", "November 2025: 12 days with places",
			"Thursday 13 November 2025", "Next month: December 2025",
			"There are no places in December 2025.",
			"The next places are in January 2026.", "See January 2026"},
	};

	(void)state;
	begin();
	for (size_t i = 0; i < VT_ELEMENTS(words); i++) {
		show("home", true);
		forget();
		show_month("calendar", words[i].lang);
		assert_said(words[i].title);
		assert_said(words[i].month);
		/* Where one lands: the first free day; taken ones are not read out. */
		assert_said(words[i].day);
		assert_false(was_said_within(i == 0 ? "ocupado" : "taken"));
		go_by_ear(INPUT_KEY_PREVIOUS, words[i].on, true);
		press(INPUT_KEY_ENTER);
		assert_int_equal(intent.action, INTENT_MONTH);
		assert_string_equal(intent.item, "2025-12");
		forget();
		show_month("calendar-full", words[i].lang);
		assert_said(words[i].full);
		assert_said(words[i].later);
		go_by_ear(INPUT_KEY_NEXT, words[i].see, true);
		press(INPUT_KEY_ENTER);
		assert_string_equal(intent.item, "2026-01");
	}
}

static void the_warning_is_heard_at_45_20_and_10(void **state)
{
	(void)state;
	show("review-curp", true);
	forget();
	model.revision++;
	model.warning_ms = 90000; /* doubled, as core does for those who listen */
	app_show(app, &model, &now);
	listen();
	assert_int_equal(earcons(EARCON_CHIME), 1);
	assert_said("¿Sigue ahí?");
	assert_said("90 segundos");
	assert_said("Sí, necesito más tiempo");
	forget();
	pass_seconds(44);
	assert_int_equal(earcons(EARCON_CHIME), 0);
	pass_seconds(1);
	assert_int_equal(earcons(EARCON_CHIME), 1);
	assert_said("Quedan 45 segundos");
	pass_seconds(25);
	assert_said("Quedan 20 segundos");
	pass_seconds(10);
	assert_said("Quedan 10 segundos");
	assert_int_equal(earcons(EARCON_CHIME), 3);
	/* Being told is no sign of life. */
	(void)app_take_activity(app, &now);
	pass_seconds(2);
	assert_false(app_take_activity(app, &now));
}

/* Core's clock and the ui's: the dialogue stands over the question, is said, and goes with one key,
 * as often as one wants. */
static void the_warning_is_seen_and_heard_and_put_off_without_limit(void **state)
{
	(void)state;
	begin();
	plug(true);
	forget();
	press(INPUT_KEY_ENTER);
	if (!was_said_within("Obtener mi CURP"))
		go_by_ear(INPUT_KEY_NEXT, "Obtener mi CURP", false);
	press(INPUT_KEY_ENTER);
	press(INPUT_KEY_ENTER);
	assert_int_equal(model.screen, SCREEN_CURP);
	for (int i = 0; i < 12; i++) {
		struct session_event tick = {.type = SESSION_TICK};

		forget();
		assert_null(ui_find(app_ui(app), "extend"));
		now.now_ms += 240000; /* doubled for who listens */
		now.unix_ms += 240000;
		step(&tick);
		assert_int_equal(model.warning_ms, 90000);
		assert_non_null(ui_find(app_ui(app), "extend"));
		assert_int_equal(ui_modal_root(app_ui(app))->spec.role, ROLE_ALERTDIALOG);
		assert_int_equal(earcons(EARCON_CHIME), 1);
		assert_said("¿Sigue ahí?");
		assert_said("Sí, necesito más tiempo");
		press(INPUT_KEY_ENTER);
		assert_int_equal(model.warning_ms, 0);
	}
}

static void the_chime_sounds_for_those_who_do_not_listen(void **state)
{
	(void)state;
	show("review-curp", false);
	forget();
	model.revision++;
	model.warning_ms = 45000;
	app_show(app, &model, &now);
	listen();
	pass_seconds(36);
	assert_int_equal(earcons(EARCON_CHIME), 3);
	assert_null(find_order(SPEECH_SAY, NULL));
}

static void whoever_listens_is_there(void **state)
{
	(void)state;
	show("intro-curp", true);
	(void)app_take_activity(app, &now);
	holds_back = true;
	app_listen(app, LISTEN_REPEAT, &now);
	listen();
	now.now_ms += 30000;
	(void)app_take_activity(app, &now);
	now.now_ms += 30000;
	assert_false(app_take_activity(app, &now));
	app_said(app, heard[heard_count - 1].order.id, &now);
	assert_true(app_take_activity(app, &now));
}

static void the_panel_goes_dark_on_request_and_light_at_the_end(void **state)
{
	(void)state;
	show("home", true);
	assert_ptr_equal(app_canvas(app), ui_canvas(app_ui(app)));
	model.settings.blank = true;
	model.revision++;
	app_show(app, &model, &now);
	listen();
	assert_ptr_not_equal(app_canvas(app), ui_canvas(app_ui(app)));
	for (int i = 0; i < app_canvas(app)->width * app_canvas(app)->height; i++)
		assert_int_equal(app_canvas(app)->pixels[i] & 0xFFFFFF, 0);
	/* Still there for those who ask: the tree is alive. */
	forget();
	press(INPUT_KEY_NEXT);
	assert_non_null(find_order(SPEECH_SAY, NULL));
	show("attract", false);
	assert_ptr_equal(app_canvas(app), ui_canvas(app_ui(app)));
}

/* ---- switches ---- */

#define SWITCH_MOVE   ' '
#define SWITCH_SELECT '\r'

static int switch_presses;

static void press_switch(int code)
{
	switch_presses++;
	now.now_ms += 100;
	now.unix_ms += 100;
	assert_true(app_switch(app, code, &now));
	settle();
}

/* What a person sees: whether the ring is around this control. */
static bool is_marked(const char *id)
{
	const struct node *node = ui_find(app_ui(app), id);
	struct rect mark = app_mark(app);

	return node && rect_covers(&mark, &node->rect);
}

/* Moves the ring around the control and selects, until the control itself was selected. */
static void scan_to(const char *id)
{
	for (int presses = 0; presses < 80; presses++) {
		struct rect mark = app_mark(app);
		const struct node *node = ui_find(app_ui(app), id);

		if (!node)
			fail_msg("not on the screen: %s", id);
		if (!is_marked(id)) {
			press_switch(SWITCH_MOVE);
			continue;
		}
		bool is_it = node && memcmp(&mark, &node->rect, sizeof(mark)) == 0;
		press_switch(SWITCH_SELECT);
		if (is_it)
			return;
	}
	fail_msg("not reached: %s", id);
}

static void calibrate(void)
{
	assert_non_null(ui_find(app_ui(app), "calibrate-move"));
	press_switch(SWITCH_MOVE);
	assert_non_null(ui_find(app_ui(app), "calibrate-select"));
	/* The same one again is no second switch. */
	press_switch(SWITCH_MOVE);
	assert_non_null(ui_find(app_ui(app), "calibrate-select"));
	press_switch(SWITCH_SELECT);
	assert_null(ui_find(app_ui(app), "calibrate-select"));
}

static void ask_for_switches(const char *kind)
{
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	memset(&intent, 0, sizeof(intent));
	intent.screen = model.screen;
	intent.revision = model.revision;
	intent.action = INTENT_SETTING;
	assert_true(vt_copy(intent.item, sizeof(intent.item), "switches"));
	assert_true(vt_copy(intent.value, sizeof(intent.value), kind));
	step(&event);
	settle();
}

static void two_switches_get_the_curp(void **state)
{
	struct session_event committed = {.type = SESSION_COMMITTED},
			     result = {.type = SESSION_RESULT};
	char id[16];

	(void)state;
	begin();
	press(INPUT_KEY_ENTER);
	ask_for_switches("1");
	calibrate();
	/* Any other key is none of theirs. */
	assert_false(app_switch(app, 'x', &now));
	scan_to("open-curp");
	assert_int_equal(model.screen, SCREEN_INTRO);
	scan_to("primary");
	assert_int_equal(model.screen, SCREEN_CURP);
	switch_presses = 0;
	for (const char *p = KEY; *p; p++) {
		(void)snprintf(id, sizeof(id), "key-%c", *p);
		scan_to(id);
	}
	/* The way to the keyboard, and less than half of the letters on each line. */
	assert_true(switch_presses <= 76);
	scan_to("primary");
	committed.u.committed.transaction = TXN;
	committed.u.committed.folio = "SM01-0010-0010-ABCD";
	step(&committed);
	result.u.result.transaction = TXN;
	result.u.result.result = RESULT_ACCEPTED;
	result.u.result.answer = ANSWER;
	step(&result);
	settle();
	assert_int_equal(model.screen, SCREEN_RESULTS);
	scan_to("primary");
	assert_int_equal(model.screen, SCREEN_DONE);
	scan_to("dock-end");
	assert_int_equal(model.screen, SCREEN_ATTRACT);
	/* The next person is asked anew. */
	assert_false(app_switch(app, SWITCH_MOVE, &now));
}

/* Presses of a citizen who types the key with two switches on the keyboard that fingers have. */
static int presses_on_the_plain_keyboard(const char *key)
{
	struct scan scan = {0};
	int presses = 0;
	char text[2] = "", id[16];

	show("home", false);
	show("curp-empty", false);
	for (; *key; key++) {
		const struct node *node = NULL;

		(void)snprintf(id, sizeof(id), "key-%c", *key);
		text[0] = *key;
		for (int i = 0; !node && i < 200; i++, presses++) {
			struct rect mark = scan_mark(&scan, app_ui(app));
			const struct node *wanted = ui_find(app_ui(app), id);

			assert_non_null(wanted);
			if (rect_covers(&mark, &wanted->rect))
				node = scan_select(&scan, app_ui(app));
			else
				scan_move(&scan, app_ui(app));
		}
		assert_non_null(node);
		assert_string_equal(node->spec.id, id);
		app_type(app, text, &now);
		listen();
	}
	return presses;
}

static void the_keyboard_for_switches_spares_presses(void **state)
{
	static const char *const keys[] = {
		"BEML920313HMCLNS09", "HEGG560427MVZRRL04", "SABC560626MDFLRN01"};
	int plain = 0, scan = 0;
	char id[16];

	(void)state;
	for (size_t k = 0; k < VT_ELEMENTS(keys); k++) {
		plain += presses_on_the_plain_keyboard(keys[k]);
		show("home", false);
		show("curp-empty", false);
		model.settings.switches = 1;
		model.revision++;
		app_show(app, &model, &now);
		settle();
		calibrate();
		switch_presses = 0;
		for (const char *p = keys[k]; *p; p++) {
			(void)snprintf(id, sizeof(id), "key-%c", *p);
			scan_to(id);
		}
		scan += switch_presses;
	}
	print_message(
		"switches: %d presses for three CURPs, %d on the plain keyboard\n", scan, plain);
	assert_true(scan * 10 < plain * 8);
}

static void one_switch_waits_for_the_mark(void **state)
{
	struct rect before;

	(void)state;
	begin();
	press(INPUT_KEY_ENTER);
	ask_for_switches("2");
	assert_non_null(ui_find(app_ui(app), "calibrate-select"));
	press_switch(SWITCH_SELECT);
	before = app_mark(app);
	/* Medium speed: a second and a half. */
	now.now_ms += 1400;
	app_tick(app, &now);
	listen();
	struct rect after = app_mark(app);
	assert_memory_equal(&before, &after, sizeof(before));
	now.now_ms += 101;
	app_tick(app, &now);
	listen();
	after = app_mark(app);
	assert_memory_not_equal(&before, &after, sizeof(before));
	/* Moving by itself is no sign of life. */
	(void)app_take_activity(app, &now);
	for (int i = 0; i < 5; i++) {
		now.now_ms += 1500;
		app_tick(app, &now);
		listen();
	}
	assert_false(app_take_activity(app, &now));
}

static double luminance(uint32_t argb)
{
	double sum = 0;
	const double weights[3] = {0.2126, 0.7152, 0.0722};

	for (int i = 0; i < 3; i++) {
		double c = (double)(argb >> (16 - 8 * i) & 0xFF) / 255;
		sum += weights[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* The two colours of the ring differ enough from each other: one of them from any ground. */
static void the_ring_stands_out_in_every_contrast(void **state)
{
	(void)state;
	begin();
	for (int mode = 0; mode < THEME_MODE_COUNT; mode++) {
		const struct ui_settings settings = {.mode = (enum theme_mode)mode};
		ui_set_settings(app_ui(app), &settings);
		const struct theme_palette *palette = ui_palette(app_ui(app));
		double a = luminance(palette->argb[COLOR_FOCUS_INNER]),
		       b = luminance(palette->argb[COLOR_FOCUS_OUTER]);
		double ratio = a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
		assert_true(ratio >= 3.0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_blind_person_gets_the_curp_with_the_keypad),
		TEST(nothing_is_said_until_somebody_asks),
		TEST(pulling_the_plug_is_silence_at_once),
		TEST(escuchar_speaks_to_the_room_without_personal_data),
		TEST(typing_to_the_room_is_asterisks),
		TEST(the_dock_switches_speech_on_and_off),
		TEST(every_act_ends_what_is_being_said),
		TEST(it_can_be_repeated_paused_and_asked_where_one_is),
		TEST(rate_and_volume_are_asked_of_core_step_by_step),
		TEST(a_finger_explores_and_lifting_does_nothing),
		TEST(a_palm_keeps_no_finger_from_exploring),
		TEST(a_mistake_sounds_and_is_explained),
		TEST(other_months_are_asked_for_and_told),
		TEST(the_warning_is_seen_and_heard_and_put_off_without_limit),
		TEST(the_warning_is_heard_at_45_20_and_10),
		TEST(the_chime_sounds_for_those_who_do_not_listen),
		TEST(whoever_listens_is_there),
		TEST(the_panel_goes_dark_on_request_and_light_at_the_end),
		TEST(two_switches_get_the_curp),
		TEST(the_keyboard_for_switches_spares_presses),
		TEST(one_switch_waits_for_the_mark),
		TEST(the_ring_stands_out_in_every_contrast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
