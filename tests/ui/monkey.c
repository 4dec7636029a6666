/* A monkey at the screen: random touches, keys, switches, plugs, letters, silence and cable faults,
 * on every panel, in every look and language, with core's own session machine behind it and, by
 * turns, with screen models that nobody expects. After each step what must always hold is looked up
 * in the tree; usage() has the options, tools/monkey runs it under ASan. Also tools/soak: by how
 * much memory has grown after thousands of sessions, once every screen was seen.
 *
 * The clock is virtual and all choices come from the seed: a failure prints seed and step, and the
 * same seed fails there again. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/session/session.h"
#include "tests/ui/app_stage.h"
#include "tests/ui/screens_audit.h"
#include "tests/ui/screens_stage.h"
#include "ui/app.h"
#include "ui/toolkit/semantics.h"

#define TXN "11111111-1111-4111-8111-111111111111"
#define KEY "SABC560626MDFLRN01"
#define ANSWER                                                                              \
	"{\"outcome\":\"one\",\"sessionId\":\"s1\",\"folio\":\"12345678\",\"count\":\"1\"," \
	"\"records\":[{\"curp\":\"" KEY "\",\"nombres\":\"CONCEPCION\",\"primerApellido\":" \
	"\"SALGADO\",\"segundoApellido\":\"BRISENO\",\"sexo\":\"M\",\"fechaNacimiento\":"   \
	"\"26/06/1956\",\"entidad\":\"DF\",\"status\":\"AN\"}]}"
#define STEPS_PER_LIFE	1500 /* then another panel, another terminal */
#define STEPS_PER_VISIT 12   /* soak: then the citizen walks away */
#define MIN_TARGET_MM	12.7 /* UI.md §18 */
#define MAX_TARGETS	256
/* What the caches may hold at most: runs (UI.md §15.9, a byte a pixel) and shapes. */
#define MAX_CACHE_BYTES ((size_t)(8 + 4) << 20)

static const char *const defect_names[] = {
	"none", "outside", "small", "overlap", "focus", "dead-end"};
enum defect { DEFECT_NONE, OUTSIDE, SMALL, OVERLAP, FOCUS, DEAD_END };

static struct {
	uint64_t seed, random;
	int64_t step, intents, sessions, frames, shows;
	enum defect defect;
	bool has_model_turn; /* screen models instead of the session machine */
	int64_t wanted_steps, wanted_seconds;
	time_t started;
	int64_t wanted_sessions; /* soak: one life, many short sessions; 0 = monkey */
	const char *last;	 /* what was done last */
	struct app *app;
	struct app_time now;
	struct catalogue *catalogue;
	struct session *session;
	struct session_effects effects;
	struct screen_model model;
	int64_t revision;
	bool is_linked, was_in_session;
} m;

static void fail(const char *what, const char *id)
{
	fprintf(stderr, "monkey: seed %llu step %lld, after %s on %s: %s%s%s\n",
		(unsigned long long)m.seed, (long long)m.step, m.last,
		ui_root(app_ui(m.app)) ? ui_root(app_ui(m.app))->spec.name : "nothing", what,
		id[0] ? ": " : "", id);
	exit(1);
}

static int any(int below)
{
	/* splitmix64 */
	uint64_t z = m.random += 0x9E3779B97F4A7C15ull;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return (int)((z ^ z >> 31) >> 33) % below;
}

/* ---- what must always hold ---- */

static bool is_inside(const struct node *node, const struct node *ancestor)
{
	while (node && node != ancestor)
		node = node->parent;
	return node != NULL;
}

/* As drawn, or as a seeded defect would have it. */
static struct rect rect_of(const struct node *node, size_t index, const struct node *first)
{
	struct rect r = node->rect;

	if (m.defect == OUTSIDE && index == 0)
		r.x = -1;
	if (m.defect == SMALL && index == 0)
		r.h = 3;
	if (m.defect == OVERLAP && index == 1)
		r = first->rect;
	return r;
}

static void check_target(const struct node *node, struct rect r)
{
	struct ui *ui = app_ui(m.app);
	const int least = profile_mm_to_px(ui_profile(ui), MIN_TARGET_MM);

	if (!rect_covers(&ui_root(ui)->rect, &r))
		fail("a control lies outside the screen", node->spec.id ? node->spec.id : "");
	/* A pixel is lost where millimetres are rounded. */
	if (r.w < least - 1 || r.h < least - 1)
		fail("a control is too small", node->spec.id ? node->spec.id : "");
}

static void check_targets(void)
{
	struct ui *ui = app_ui(m.app);
	const struct node *scope = audit_scope(ui), *targets[MAX_TARGETS];
	struct rect rects[MAX_TARGETS];
	size_t count = 0;
	bool can_act = false;

	for (const struct node *n = scope; n; n = audit_following(scope, n)) {
		if (!n->spec.action || n->hidden || count == MAX_TARGETS)
			continue;
		targets[count] = n;
		rects[count] = rect_of(n, count, targets[0]);
		check_target(n, rects[count]);
		can_act |= (n->spec.states & STATE_DISABLED) == 0;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			struct rect common = rect_intersect(rects[i], rects[j]);
			if (!rect_is_empty(&common) && !is_inside(targets[i], targets[j]) &&
				!is_inside(targets[j], targets[i]))
				fail("two controls in one place",
					targets[j]->spec.id ? targets[j]->spec.id : "");
		}
	if (m.defect == DEAD_END)
		can_act = false;
	/* Screens that go on by themselves: the terminal is working, waits for the card to be
	 * pulled, or serves nobody. */
	if (!can_act && m.is_linked && m.model.screen != SCREEN_WAIT &&
		m.model.screen != SCREEN_OUT_OF_SERVICE && m.model.print != PRINT_BUSY &&
		!(m.model.screen == SCREEN_CARD && m.model.card_in))
		fail("no way out", screen_kind_names[m.model.screen]);
}

static void check_focus(void)
{
	struct ui *ui = app_ui(m.app);
	const char *focus = m.defect == FOCUS ? "nowhere" : input_focus(ui);
	const struct node *node = focus[0] ? ui_find(ui, focus) : NULL;

	if (focus[0] && (!node || node->hidden))
		fail("the focus is on nothing", focus);
}

static void check_privacy(void)
{
	const struct ui_cache_sizes sizes = ui_cache_sizes(app_ui(m.app));

	if (sizes.text_bytes + sizes.shape_bytes > MAX_CACHE_BYTES)
		fail("the caches have grown beyond their limit", "");
	if (!m.has_model_turn && m.model.screen == SCREEN_ATTRACT && sizes.personal_runs > 0)
		fail("texts of a citizen outlive the session", "");
}

/* ---- core ---- */

static void show(void)
{
	m.model.revision = ++m.revision;
	m.shows++;
	app_show(m.app, &m.model, &m.now);
}

static void step_session(struct session_event *event)
{
	event->now_ms = m.now.now_ms;
	event->today = (struct vt_date){2026, 11, 23};
	event->minute = 642;
	if (session_step(m.session, event, &m.effects) != VT_OK)
		fail("the session machine refuses an event", "");
	m.sessions += m.effects.ended;
	if (!m.effects.show)
		return;
	session_model(m.session, &m.model);
	m.revision = m.model.revision;
	m.shows++;
	app_show(m.app, &m.model, &m.now);
}

static void send_health(void)
{
	struct session_health health = {.storage_ok = any(20) > 0,
		.printer_ready = any(4) > 0,
		.printer_paper = any(4) > 0,
		.sync_connected = any(4) > 0};
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = &health}};

	step_session(&event);
}

/* The world answers what core asked of it, sooner or later, in one way or another. */
static void answer_effects(void)
{
	static const char *const answers[] = {ANSWER, "", "{\"outcome\":\"none\",\"records\":[]}"};
	struct session_event event = {.type = SESSION_TICK};

	switch (any(6)) {
	case 0:
		event.type = any(5) ? SESSION_COMMITTED : SESSION_REFUSED;
		event.u.committed.transaction = TXN;
		event.u.committed.folio = "SM01-0010-0010-ABCD";
		if (m.model.screen != SCREEN_WAIT)
			return;
		break;
	case 1:
		event.type = SESSION_RESULT;
		event.u.result.transaction = TXN;
		event.u.result.result = (enum session_result)any(3);
		event.u.result.answer = answers[any(3)];
		break;
	case 2:
		event.type = SESSION_PRINTED;
		event.u.printed.transaction = TXN;
		event.u.printed.outcome = any(2)   ? OUTCOME_PRINTED
					  : any(2) ? OUTCOME_UNKNOWN
						   : OUTCOME_FAILED;
		event.u.printed.reason = any(2) ? "paper" : "";
		break;
	case 3:
		event.type = SESSION_ACTIVITY;
		break;
	default:
		break;
	}
	step_session(&event);
}

/* A screen model out of order: any fixture in any look and language, the pseudo-locale's long texts
 * too. */
static void show_any_model(void)
{
	static const char *const languages[] = {"es-MX", "en", "qps"};

	fixtures[any((int)fixture_count)].fill(&m.model, languages[any(3)]);
	m.model.settings.text_size = any(TEXT_SIZE_COUNT);
	m.model.settings.contrast = any(4);
	m.model.settings.reach = any(3) == 0;
	m.model.settings.speech = any(3) == 0;
	m.model.settings.calm = any(2);
	show();
}

/* A core that comes back sends its screen again. */
static void set_link(bool is_up)
{
	m.is_linked = is_up;
	app_set_link(m.app, is_up, &m.now);
	if (is_up)
		app_show(m.app, &m.model, &m.now);
}

/* ---- the monkey ---- */

static void touch(int x, int y)
{
	const int64_t finger = any(8) ? INPUT_MOUSE : any(3);

	app_finger(m.app, finger, INPUT_DOWN, x, y, &m.now);
	if (any(6) == 0)
		app_finger(m.app, finger, INPUT_MOTION, x + any(200) - 100, y + any(200) - 100,
			&m.now);
	if (any(12) == 0)
		app_finger(m.app, finger + 1, INPUT_DOWN, y, x, &m.now);
	m.now.now_ms += any(20) ? 60 : any(6000);
	app_finger(m.app, finger, any(30) ? INPUT_UP : INPUT_CANCEL, x, y, &m.now);
}

/* Where a person would touch: in the middle of some control. */
static void touch_control(void)
{
	const struct node *scope = audit_scope(app_ui(m.app)), *found = NULL;
	int seen = 0;

	for (const struct node *n = scope; n; n = audit_following(scope, n))
		if (n->spec.action && !n->hidden && any(++seen) == 0)
			found = n;
	if (found)
		touch(found->rect.x + found->rect.w / 2, found->rect.y + found->rect.h / 2);
}

static void type_something(void)
{
	static const char *const letters[] = {"A", "Ñ", "0", "9", "\b", " ", "ꞌ", "@", "\xCC\x81",
		"\xE2\x80\xAE", "~", "S", "\x01", "M"};

	if (any(20) == 0)
		for (const char *p = KEY; *p; p++)
			app_type(m.app, (char[]){*p, 0}, &m.now);
	else
		app_type(m.app, letters[any((int)VT_ELEMENTS(letters))], &m.now);
}

static void do_something(void)
{
	const struct profile *profile = ui_profile(app_ui(m.app));
	const int what = any(100);

	if (what < 45) {
		m.last = "a touch on a control";
		touch_control();
	} else if (what < 58) {
		m.last = "a touch";
		touch(any(profile->width_px + 40) - 20, any(profile->height_px + 40) - 20);
	} else if (what < 72) {
		m.last = "a key";
		app_key(m.app, (enum input_key)any(7), &m.now);
	} else if (what < 82) {
		m.last = "typing";
		type_something();
	} else if (what < 85) {
		m.last = "a switch";
		(void)app_switch(m.app, any(4), &m.now);
	} else if (what < 87) {
		m.last = "the plug";
		app_set_headphones(m.app, any(2), &m.now);
	} else if (what < 89) {
		m.last = "a key of those who listen";
		app_listen(m.app, (enum app_listen)any(7), &m.now);
	} else if (what < 90) {
		m.last = "core going or coming";
		set_link(!m.is_linked);
	} else {
		m.last = "time";
		m.now.now_ms += any(10) ? any(3000) : any(70000);
	}
}

static void take_what_comes_out(void)
{
	struct intent_act intent;
	struct speech_order order;
	const struct rect *rects;
	size_t count;

	app_tick(m.app, &m.now);
	m.frames += app_frame(m.app, &m.now, &rects, &count);
	while (app_take_order(m.app, &order)) {
		if (order.personal && !order.headphones)
			fail("something personal is said aloud", "");
		if (order.kind == SPEECH_SAY)
			app_said(m.app, order.id, &m.now);
	}
	(void)app_take_activity(m.app, &m.now);
	if (!app_take_intent(m.app, &intent))
		return;
	m.intents++;
	if (!m.is_linked)
		fail("an intent without core", "");
	if (intent.revision != app_revision(m.app))
		fail("an intent for another screen", "");
	if (!m.has_model_turn) {
		struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};
		step_session(&event);
	}
	vt_wipe(&intent, sizeof(intent));
}

/* Soak: the citizen walks away, and nobody says that he is still there. */
static void walk_away(void)
{
	struct session_event tick = {.type = SESSION_TICK};

	for (int i = 0; i < 4 && m.model.screen != SCREEN_ATTRACT; i++) {
		m.now.now_ms += 200000;
		step_session(&tick);
		take_what_comes_out();
	}
}

static void step(void)
{
	m.step++;
	m.now.now_ms += 40;
	m.now.unix_ms = APP_STAGE_UNIX_MS + m.now.now_ms;
	do_something();
	take_what_comes_out();
	if (m.has_model_turn && (any(25) == 0 || m.step % STEPS_PER_LIFE == 1))
		show_any_model();
	else if (!m.has_model_turn && any(40) == 0)
		send_health();
	else if (!m.has_model_turn && any(4) == 0)
		answer_effects();
	if (!m.is_linked && any(3) == 0)
		set_link(true);
	take_what_comes_out();
	if (m.wanted_sessions > 0 && m.step % STEPS_PER_VISIT == 0)
		walk_away();
	if (!ui_root(app_ui(m.app)))
		fail("no picture", "");
	check_targets();
	check_focus();
	check_privacy();
}

/* ---- a terminal's life ---- */

static void begin_life(const char *source)
{
	/* The panels on which every screen fits in every look (README.md). */
	static const char *const names[] = {"17in-wide", "21in", "21in-wide", "27in", "32in"};
	const struct profile *panel =
		&panel_find(names[m.wanted_sessions > 0 ? 1 : any(5)])->profile;
	char catalog[512];
	struct vt_error error = {.msg = "VT_SOURCE_DIR: too long"};

	app_stage_open(panel, &m.app, &m.now);
	if (!vt_format(catalog, sizeof(catalog), "%s/assets/catalog", source) ||
		catalogue_load(catalog, &m.catalogue, &error) != VT_OK) {
		fprintf(stderr, "monkey: %s\n", error.msg);
		exit(2);
	}
	m.session = session_create(m.catalogue, "MX-TEST-1", &session_default_times);
	m.last = "the start";
	m.is_linked = true;
	m.has_model_turn = m.wanted_sessions == 0 && any(2);
	app_set_link(m.app, true, &m.now);
	if (m.has_model_turn) {
		show_any_model();
		return;
	}
	send_health();
	session_model(m.session, &m.model);
	app_show(m.app, &m.model, &m.now);
}

static long rss_kib(void)
{
	long pages = 0, resident = 0;
	VT_CLEANUP(vt_fclosep) FILE *file = fopen("/proc/self/statm", "re");

	if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
		return -1;
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Soak: every screen once, in every text size and language, so that what is kept for good is kept
 * now. */
static long warm_up(void)
{
	static const char *const languages[] = {"es-MX", "en"};

	for (size_t i = 0; i < fixture_count; i++)
		for (int size = 0; size < TEXT_SIZE_COUNT; size++)
			for (size_t lang = 0; lang < VT_ELEMENTS(languages); lang++) {
				fixtures[i].fill(&m.model, languages[lang]);
				m.model.settings.text_size = size;
				show();
				take_what_comes_out();
			}
	m.model.settings.speech = m.model.settings.blank =
		true; /* darkness has a frame of its own */
	show();
	take_what_comes_out();
	session_model(m.session, &m.model);
	app_show(m.app, &m.model, &m.now);
	take_what_comes_out();
	return rss_kib();
}

static void print_memory(void)
{
	const struct ui_cache_sizes sizes = ui_cache_sizes(app_ui(m.app));

	printf("soak: %lld sessions, %lld screens, RSS %ld KiB, caches %zu KiB, %zu fonts\n",
		(long long)m.sessions, (long long)m.shows, rss_kib(),
		(sizes.text_bytes + sizes.shape_bytes) / 1024, sizes.fonts);
	(void)fflush(stdout);
}

static void end_life(void)
{
	app_destroy(&m.app);
	session_destroy(&m.session);
	catalogue_destroy(&m.catalogue);
}

/* ---- options ---- */

/* 1 = done. */
static double progress(void)
{
	if (m.wanted_sessions > 0)
		return (double)m.sessions / (double)m.wanted_sessions;
	if (m.wanted_seconds > 0)
		return (double)(time(NULL) - m.started) / (double)m.wanted_seconds;
	return (double)m.step / (double)m.wanted_steps;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: ui_monkey [--seed N] [--steps N | --seconds N] [--defect NAME] "
		"[--rss-kib N]\n"
		"  --rss-kib N  fails if the process grew by more after the first tenth, or "
		"with --sessions after every screen was seen once\n  "
		"defects:");
	for (size_t i = 1; i < VT_ELEMENTS(defect_names); i++)
		fprintf(stderr, " %s", defect_names[i]);
	fprintf(stderr, "\n  exit status: 0 nothing found, 1 found, 2 usage\n");
	exit(2);
}

static int64_t number(const char *text)
{
	int64_t value;

	if (vt_parse_i64(text, 0, INT64_MAX / 2, &value) != VT_OK)
		usage();
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"steps", required_argument, NULL, 'n'}, {"seconds", required_argument, NULL, 't'},
		{"sessions", required_argument, NULL, 'e'},
		{"defect", required_argument, NULL, 'd'}, {"rss-kib", required_argument, NULL, 'r'},
		{0}};
	const char *source = getenv("VT_SOURCE_DIR");
	int64_t limit_kib = 0;
	long warm_kib = 0, end_kib = 0;
	int tenths = 0;

	m.seed = 1;
	m.wanted_steps = 2000;
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 's')
			m.seed = (uint64_t)number(optarg);
		else if (c == 'n')
			m.wanted_steps = number(optarg);
		else if (c == 't')
			m.wanted_seconds = number(optarg);
		else if (c == 'e')
			m.wanted_sessions = number(optarg);
		else if (c == 'r')
			limit_kib = number(optarg);
		else if (c == 'd') {
			for (size_t i = 0; i < VT_ELEMENTS(defect_names); i++)
				if (strcmp(optarg, defect_names[i]) == 0)
					m.defect = (enum defect)i;
			if (m.defect == DEFECT_NONE)
				usage();
		} else
			usage();
	}
	m.random = m.seed;
	m.started = time(NULL);
	while (progress() < 1.0) {
		begin_life(source ? source : ".");
		/* A soak is one life: what it keeps must show. */
		if (m.wanted_sessions > 0) {
			warm_kib = warm_up();
			print_memory();
		}
		for (int i = 0; (i < STEPS_PER_LIFE || m.wanted_sessions > 0) && progress() < 1.0;
			i++) {
			step();
			if (m.wanted_sessions > 0 && progress() * 10 >= tenths + 1) {
				tenths = (int)(progress() * 10);
				print_memory();
			}
		}
		if (warm_kib == 0 && progress() >= 0.1)
			warm_kib = rss_kib();
		end_kib = rss_kib();
		end_life();
	}
	printf("monkey: seed %llu, %lld steps, %lld intents, %lld sessions ended, %lld frames, RSS "
	       "%ld KiB, %ld after %s\n",
		(unsigned long long)m.seed, (long long)m.step, (long long)m.intents,
		(long long)m.sessions, (long long)m.frames, end_kib, warm_kib,
		m.wanted_sessions > 0 ? "every screen once" : "the first tenth");
	if (limit_kib > 0 && end_kib - warm_kib > limit_kib) {
		fprintf(stderr, "monkey: RSS grew by %ld KiB\n", end_kib - warm_kib);
		return 1;
	}
	return 0;
}
