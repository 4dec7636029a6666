/* ventanilla-ui: the touch screen. This file is the loop: SDL events and core's messages in, frames
 * and intents out. What they mean is app.c and screens/. */

#include <SDL.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/config.h"
#include "terminal/base/harden.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "ui/app.h"
#include "ui/link.h"
#include "ui/plug.h"
#include "ui/presenter.h"
#include "ui/speech/voice.h"
#ifdef VT_TEST_HOOKS
#include "ui/test_hooks.h"
#endif
#ifdef VT_ATSPI
#include "ui/atspi/atspi.h"
#endif

/* Where a driver cannot wait (KMSDRM), events are looked for this often (UI.md §16). */
#define POLL_MS 16

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(HAS_ASAN)
/* What libdbus keeps of a connection that SDL opened, for the life of the process; asked for by
 * LeakSanitizer. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libdbus-1.so\n";
}
#endif

struct arguments {
	const char *socket, *config;
#ifdef VT_TEST_HOOKS
	const char *test_socket, *speech_log;
#endif
};

/* SDL user events behind those of the link. */
enum { EVENT_SAID = LINK_EVENT_COUNT, EVENT_PLUG, EVENT_TEST, EVENT_ATSPI, EVENT_COUNT };

struct process {
	struct app *app;
	struct voice *voice; /* NULL: switched off in terminal.conf */
	struct plug *plug;   /* NULL: no node named */
	bool has_plug_key;   /* F12 is the plug: for a desk without one */
	bool is_plugged;     /* … and how it stands */
	struct presenter *presenter;
	struct link *link;
	char packs[PATH_MAX]; /* folder of the language packs, "" = none */
	unsigned first_event; /* of enum link_event; ours come after them */
	bool is_ending;
	bool has_lost_display;
	bool owes_completion; /* of the last Screen.Show, due with its first frame */
	struct bus_header show;
	struct bus_message *out; /* one, reused: a message is large */
#ifdef VT_TEST_HOOKS
	struct test_hooks hooks;
#endif
#ifdef VT_ATSPI
	struct atspi *atspi; /* NULL: not asked for */
#endif
};

static struct app_time time_now(const struct process *p)
{
	struct app_time time = {.now_ms = vt_clock_monotonic_ms(), .unix_ms = vt_clock_unix_ms()};
	time_t seconds = (time_t)(time.unix_ms / 1000);
	struct tm local;

#ifdef VT_TEST_HOOKS
	test_hooks_shift(&p->hooks, &time);
	seconds = (time_t)(time.unix_ms / 1000);
#else
	(void)p;
#endif
	if (localtime_r(&seconds, &local))
		time.utc_offset_min = (int)(local.tm_gmtoff / 60);
	return time;
}

/* ---- core ---- */

static void take_message(struct process *p, struct bus_message *msg, const struct app_time *time)
{
	if (msg->header.name == BUS_SCREEN_SHOW && msg->header.type == BUS_COMMAND) {
		/* A screen that is replaced before it was seen still gets its completion. */
		if (p->owes_completion) {
			bus_make_completion(p->out, &p->show, BUS_CANCELED, "replaced");
			link_send(p->link, p->out);
		}
		app_show(p->app, &msg->payload.screen_model, time);
		p->show = msg->header;
		p->owes_completion = true;
	} else if (msg->header.type == BUS_COMMAND) {
		bus_make_completion(
			p->out, &msg->header, BUS_UNSUPPORTED_COMMAND, "not for the ui");
		link_send(p->link, p->out);
	}
	link_release(p->link, msg);
}

static void send_to_core(struct process *p, const struct app_time *time)
{
	struct intent_act intent;

	if (app_take_intent(p->app, &intent)) {
		bus_make_unsolicited(p->out, BUS_INTENT_ACT);
		p->out->payload.intent_act = intent;
		link_send(p->link, p->out);
		bus_message_finish(p->out);
		vt_wipe(&intent, sizeof(intent));
	}
	if (app_take_activity(p->app, time)) {
		bus_make_unsolicited(p->out, BUS_INTENT_ACTIVITY);
		link_send(p->link, p->out);
	}
}

static void take_link_event(struct process *p, SDL_UserEvent *event, const struct app_time *time)
{
	switch ((enum link_event)(event->type - p->first_event)) {
	case LINK_UP:
		link_up(p->link);
		app_set_link(p->app, true, time);
		vt_log(VT_LOG_INFO, "core is there");
		break;
	case LINK_MESSAGE:
		take_message(p, event->data1, time);
		break;
	case LINK_WRITABLE:
		link_flush(p->link);
		break;
	case LINK_DOWN:
		link_down(p->link);
		app_set_link(p->app, false, time);
		p->owes_completion = false;
		vt_log(VT_LOG_WARNING, "core is away");
		break;
	case LINK_QUIT:
		p->is_ending = true;
		break;
	case LINK_EVENT_COUNT:
		break;
	}
}

/* ---- people ---- */

static void take_finger(
	struct process *p, const SDL_TouchFingerEvent *e, const struct app_time *time)
{
	enum input_phase phase = e->type == SDL_FINGERDOWN ? INPUT_DOWN
				 : e->type == SDL_FINGERUP ? INPUT_UP
							   : INPUT_MOTION;
	int x, y;

	presenter_map_finger(p->presenter, e->x, e->y, &x, &y);
	app_finger(p->app, e->fingerId, phase, x, y, time);
}

static void take_mouse(struct process *p, const SDL_Event *e, const struct app_time *time)
{
	int x, y;

	if (e->type == SDL_MOUSEMOTION) {
		if (e->motion.which == SDL_TOUCH_MOUSEID)
			return;
		presenter_map(p->presenter, e->motion.x, e->motion.y, &x, &y);
		app_finger(p->app, INPUT_MOUSE, INPUT_MOTION, x, y, time);
		return;
	}
	if (e->button.which == SDL_TOUCH_MOUSEID || e->button.button != SDL_BUTTON_LEFT)
		return;
	presenter_map(p->presenter, e->button.x, e->button.y, &x, &y);
	app_finger(p->app, INPUT_MOUSE, e->type == SDL_MOUSEBUTTONDOWN ? INPUT_DOWN : INPUT_UP, x,
		y, time);
}

/* Keys of an audio keypad for those who listen. True if it was one. */
static bool take_listen_key(struct process *p, SDL_Keycode key, const struct app_time *time)
{
	static const struct {
		SDL_Keycode key;
		enum app_listen what;
	} rows[] = {
		{SDLK_F2, LISTEN_REPEAT},
		{SDLK_F3, LISTEN_PAUSE},
		{SDLK_F4, LISTEN_WHERE},
		{SDLK_F5, LISTEN_SLOWER},
		{SDLK_F6, LISTEN_FASTER},
		{SDLK_F7, LISTEN_SOFTER},
		{SDLK_F8, LISTEN_LOUDER},
		{SDLK_VOLUMEDOWN, LISTEN_SOFTER},
		{SDLK_VOLUMEUP, LISTEN_LOUDER},
	};

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		if (rows[i].key != key)
			continue;
		app_listen(p->app, rows[i].what, time);
		return true;
	}
	if (key != SDLK_F12 || !p->has_plug_key)
		return false;
	p->is_plugged = !p->is_plugged;
	app_set_headphones(p->app, p->is_plugged, time);
	return true;
}

static void take_key(struct process *p, const SDL_KeyboardEvent *e, const struct app_time *time)
{
	bool has_shift = (e->keysym.mod & KMOD_SHIFT) != 0;
	SDL_Keycode key = e->keysym.sym;
	char text[2] = {0};

	/* Chords are nobody's business here; a key that is held acts once. */
	if (e->repeat || e->keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI))
		return;
	if (app_switch(p->app, key, time) || take_listen_key(p, key, time))
		return;
	switch (key) {
	case SDLK_TAB:
		app_key(p->app, has_shift ? INPUT_KEY_PREVIOUS : INPUT_KEY_NEXT, time);
		return;
	case SDLK_RIGHT:
		app_key(p->app, INPUT_KEY_NEXT, time);
		return;
	case SDLK_LEFT:
		app_key(p->app, INPUT_KEY_PREVIOUS, time);
		return;
	case SDLK_DOWN:
		app_key(p->app, INPUT_KEY_DOWN, time);
		return;
	case SDLK_UP:
		app_key(p->app, INPUT_KEY_UP, time);
		return;
	case SDLK_RETURN:
	case SDLK_KP_ENTER:
		app_key(p->app, INPUT_KEY_ENTER, time);
		return;
	case SDLK_ESCAPE:
		app_key(p->app, INPUT_KEY_ESCAPE, time);
		return;
	case SDLK_F1:
		app_key(p->app, INPUT_KEY_HELP, time);
		return;
	case SDLK_BACKSPACE:
		app_type(p->app, "\b", time);
		return;
	default:
		break;
	}
	/* Scanners that act as keyboards send plain ASCII; letters arrive as lower case key codes.
	 */
	if (key < 0x20 || key > 0x7E)
		return;
	text[0] = (char)(has_shift && key >= 'a' && key <= 'z' ? key - 'a' + 'A' : key);
	app_type(p->app, text, time);
}

static void take_window(struct process *p, const SDL_WindowEvent *e)
{
	if (e->event == SDL_WINDOWEVENT_EXPOSED || e->event == SDL_WINDOWEVENT_SIZE_CHANGED)
		presenter_expose(p->presenter, app_canvas(p->app));
	else if (e->event == SDL_WINDOWEVENT_MINIMIZED || e->event == SDL_WINDOWEVENT_HIDDEN ||
		 e->event == SDL_WINDOWEVENT_FOCUS_LOST)
		presenter_come_back(p->presenter);
}

static void take_own_event(struct process *p, SDL_UserEvent *e, const struct app_time *time)
{
	int64_t id = (int64_t)(intptr_t)e->data1;

	if (e->type == p->first_event + EVENT_SAID && e->code != 0)
		app_said(p->app, id, time);
	else if (e->type == p->first_event + EVENT_SAID)
		app_skip(p->app, id);
	else if (e->type == p->first_event + EVENT_PLUG)
		app_set_headphones(p->app, e->code != 0, time);
#ifdef VT_TEST_HOOKS
	else if (e->type == p->first_event + EVENT_TEST)
		test_hooks_take(&p->hooks, e->data1, time);
#endif
#ifdef VT_ATSPI
	else if (e->type == p->first_event + EVENT_ATSPI)
		atspi_serve(p->atspi, time);
#endif
}

/* What the machine of speech wants done: after each round, so that a touch stops speech before its
 * own picture is drawn. */
static void give_orders(struct process *p)
{
	struct speech_order order;

	while (app_take_order(p->app, &order)) {
#ifdef VT_TEST_HOOKS
		test_hooks_order(&p->hooks, &order);
#endif
		if (p->voice)
			voice_order(p->voice, &order);
		/* Without a voice what is said counts as heard. */
		else if (order.kind == SPEECH_SAY)
			app_skip(p->app, order.id);
		vt_wipe(&order, sizeof(order));
	}
}

static void take_event(struct process *p, SDL_Event *e)
{
	struct app_time time = time_now(p);

	if (e->type >= p->first_event && e->type < p->first_event + LINK_EVENT_COUNT) {
		take_link_event(p, &e->user, &time);
		return;
	}
	/* A closed window (Alt+F4, a close button) asks for nothing: who may end the ui sends a
	 * signal, LINK_QUIT. SDL_QUIT is left for a Wayland compositor that has gone: without a
	 * panel the ui ends, to be started again with the next one. */
	switch (e->type) {
	case SDL_QUIT:
		p->has_lost_display = p->is_ending = true;
		break;
	case SDL_FINGERDOWN:
	case SDL_FINGERUP:
	case SDL_FINGERMOTION:
		take_finger(p, &e->tfinger, &time);
		break;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
	case SDL_MOUSEMOTION:
		take_mouse(p, e, &time);
		break;
	case SDL_KEYDOWN:
		take_key(p, &e->key, &time);
		break;
	case SDL_WINDOWEVENT:
		take_window(p, &e->window);
		break;
	case SDL_RENDER_TARGETS_RESET:
	case SDL_RENDER_DEVICE_RESET:
		presenter_expose(p->presenter, app_canvas(p->app));
		break;
	default:
		take_own_event(p, &e->user, &time);
		break;
	}
}

/* ---- the loop ---- */

/* Sleeps until an event or the time-out (−1 = none). Where SDL cannot sleep it would look every
 * millisecond; every 16 are enough. */
static bool wait_event(const struct process *p, SDL_Event *e, int timeout_ms)
{
	if (presenter_can_wait(p->presenter))
		return timeout_ms < 0 ? SDL_WaitEvent(e) : SDL_WaitEventTimeout(e, timeout_ms);
	for (;;) {
		if (SDL_PollEvent(e))
			return true;
		if (timeout_ms == 0)
			return false;
		int nap = timeout_ms < 0 || timeout_ms > POLL_MS ? POLL_MS : timeout_ms;
		SDL_Delay((Uint32)nap);
		timeout_ms -= timeout_ms < 0 ? 0 : nap;
	}
}

static int timeout_until(int64_t deadline, int64_t now_ms)
{
	if (deadline < 0)
		return -1;
	int64_t left = deadline > now_ms ? deadline - now_ms : 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

static void present(struct process *p)
{
	struct app_time time = time_now(p);
	const struct rect *rects;
	size_t count;

	if (!app_frame(p->app, &time, &rects, &count))
		return;
	/* Before core's first screen there is nothing to show: what stands on the panel stays, and
	 * the first screen is there a frame earlier. */
	if (presenter_count(p->presenter) > 0 || !app_is_empty(p->app))
		presenter_present(p->presenter, app_canvas(p->app), rects, count);
	if (p->owes_completion) {
		bus_make_completion(p->out, &p->show, BUS_SUCCESS, NULL);
		link_send(p->link, p->out);
		p->owes_completion = false;
	}
#ifdef VT_ATSPI
	if (p->atspi)
		atspi_presented(p->atspi);
#endif
}

static void run(struct process *p)
{
	while (!p->is_ending) {
		struct app_time time = time_now(p);
		SDL_Event e;
		if (wait_event(p, &e, timeout_until(app_deadline(p->app, &time), time.now_ms))) {
			take_event(p, &e);
			while (!p->is_ending && SDL_PollEvent(&e))
				take_event(p, &e);
		}
		time = time_now(p);
		app_tick(p->app, &time);
		give_orders(p);
		send_to_core(p, &time);
		present(p);
		give_orders(p);
#ifdef VT_TEST_HOOKS
		test_hooks_turn(&p->hooks);
#endif
	}
}

/* ---- start ---- */

static enum vt_code parse_arguments(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"config", required_argument, NULL, 'c'},
#ifdef VT_TEST_HOOKS
		{"test-socket", required_argument, NULL, 't'},
		{"speech-log", required_argument, NULL, 'l'},
#endif
		{0},
	};
	struct arguments arguments = {0};

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 's')
			arguments.socket = optarg;
		else if (c == 'c')
			arguments.config = optarg;
#ifdef VT_TEST_HOOKS
		else if (c == 't')
			arguments.test_socket = optarg;
		else if (c == 'l')
			arguments.speech_log = optarg;
#endif
		else
			return VT_ERR_INVALID;
	}
	if (!arguments.socket || !arguments.config || optind != argc)
		return VT_ERR_INVALID;
	*ret = arguments;
	return VT_OK;
}

static enum vt_code read_profile(
	const struct vt_config *config, struct profile *profile, struct vt_error *error)
{
	struct profile reference = profile_reference();
	const char *density = vt_config_get(config, "ui", "px_per_mm", NULL);
	int64_t values[4] = {reference.width_px, reference.height_px, reference.viewing_mm,
		reference.screen_bottom_mm};
	static const struct {
		const char *key;
		int64_t min, max;
	} rows[] = {
		{"width", 320, 8192},
		{"height", 320, 8192},
		{"viewing_mm", 200, 2000},
		{"screen_bottom_mm", 0, 2000},
	};

	for (size_t i = 0; i < VT_ELEMENTS(rows); i++) {
		enum vt_code code = vt_config_i64(config, "ui", rows[i].key, values[i], rows[i].min,
			rows[i].max, &values[i], error);
		if (code != VT_OK)
			return code;
	}
	*profile = (struct profile){(int)values[0], (int)values[1], reference.px_per_mm,
		(int)values[2], (int)values[3]};
	if (density) {
		char *end;
		profile->px_per_mm = strtod(density, &end);
		if (*end || !(profile->px_per_mm >= 1.5 && profile->px_per_mm <= 12))
			return vt_fail(error, VT_ERR_PARSE, 0, "[ui] px_per_mm: not 1.5 to 12");
	}
	return VT_OK;
}

static enum vt_code read_presenter(const struct vt_config *config, const struct profile *profile,
	struct presenter_options *ret, struct vt_error *error)
{
	const char *kind = vt_config_get(config, "ui", "presenter", "auto");
	struct presenter_options options = {
		.width_px = profile->width_px, .height_px = profile->height_px};
	int64_t rotate = 0;
	enum vt_code code =
		vt_config_bool(config, "ui", "fullscreen", false, &options.fullscreen, error);

	if (code == VT_OK)
		code = vt_config_i64(config, "ui", "rotate", 0, 0, 270, &rotate, error);
	if (code != VT_OK)
		return code;
	if (rotate % 90 != 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "[ui] rotate: not 0, 90, 180 or 270");
	options.rotate = (int)rotate;
	if (strcmp(kind, "surface") == 0)
		options.kind = PRESENTER_SURFACE;
	else if (strcmp(kind, "texture") == 0)
		options.kind = PRESENTER_TEXTURE;
	else if (strcmp(kind, "auto") != 0)
		return vt_fail(
			error, VT_ERR_PARSE, 0, "[ui] presenter: not auto, surface, texture");
	*ret = options;
	return VT_OK;
}

/* Voice and plug, as terminal.conf has them. */
static enum vt_code start_speech(struct process *p, const struct vt_config *config,
	const char *assets, struct vt_error *error)
{
	const char *node = vt_config_get(config, "ui", "headphone_input", NULL);
	char sounds[PATH_MAX];
	struct voice_options options = {
		.program = vt_config_get(config, "ui", "espeak", "espeak-ng"),
		.packs = vt_config_get(config, "languages", "store", NULL),
		.clips = vt_config_get(config, "ui", "clips", NULL),
		.speaker = vt_config_get(config, "ui", "audio_speaker", NULL),
		.headphones = vt_config_get(config, "ui", "audio_headphones", NULL),
		.event = p->first_event + EVENT_SAID};
	bool has_voice;
	enum vt_code code = vt_config_bool(config, "ui", "speech", true, &has_voice, error);

	if (code == VT_OK)
		code = vt_config_bool(config, "ui", "plug_key", false, &p->has_plug_key, error);
	if (code == VT_OK && !vt_format(sounds, sizeof(sounds), "%s/sounds", assets))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "[ui] assets: too long");
	options.sounds = sounds;
	if (code == VT_OK && has_voice)
		code = voice_create(&options, &p->voice, error);
	if (code == VT_OK && node)
		code = plug_create(node, p->first_event + EVENT_PLUG, &p->plug, error);
	return code;
}

#ifdef VT_ATSPI
static enum vt_code start_atspi(
	struct process *p, const struct vt_config *config, struct vt_error *error)
{
	bool is_wanted;
	enum vt_code code = vt_config_bool(config, "ui", "atspi", false, &is_wanted, error);

	if (code != VT_OK || !is_wanted)
		return code;
	return atspi_create(p->app, p->presenter, p->first_event + EVENT_ATSPI, &p->atspi, error);
}
#endif

static enum vt_code start(
	struct process *p, const struct arguments *arguments, struct vt_error *error)
{
	VT_CLEANUP(vt_config_close) struct vt_config *config = NULL;
	struct app_options app = {0};
	struct presenter_options presenter;
	const char *store;
	enum vt_code code = vt_config_load(arguments->config, &config, error);

	if (code == VT_OK)
		code = read_profile(config, &app.ui.profile, error);
	if (code == VT_OK)
		code = read_presenter(config, &app.ui.profile, &presenter, error);
	if (code != VT_OK)
		return code;
	app.ui.assets = vt_config_get(config, "ui", "assets", VT_ASSETS_DIR);
	app.ui.theme = vt_config_get(config, "ui", "theme", "reference");
	app.locales = vt_config_get(config, "ui", "locales", VT_LOCALES_DIR);
	store = vt_config_get(config, "languages", "store", NULL);
	if (store && !vt_copy(p->packs, sizeof(p->packs), store))
		return vt_fail(error, VT_ERR_LIMIT, 0, "[languages] store: too long");
	app.packs = store ? p->packs : NULL;
	p->out = calloc(1, sizeof(*p->out));
	if (!p->out)
		return vt_fail(error, VT_ERR_NOMEM, 0, "ui");
	code = presenter_create(&presenter, &p->presenter, error);
	if (code != VT_OK)
		return code;
	p->first_event = SDL_RegisterEvents(EVENT_COUNT);
	struct app_time time = time_now(p);
	code = app_create(&app, &time, &p->app, error);
#ifdef VT_TEST_HOOKS
	p->hooks.app = p->app;
	p->hooks.presenter = p->presenter;
	if (code == VT_OK && arguments->speech_log)
		code = test_hooks_open_log(&p->hooks, arguments->speech_log, error);
	if (code == VT_OK && arguments->test_socket)
		code = test_socket_create(arguments->test_socket, p->first_event + EVENT_TEST,
			&p->hooks.socket, error);
#endif
	if (code == VT_OK)
		code = start_speech(p, config, app.ui.assets, error);
#ifdef VT_ATSPI
	if (code == VT_OK)
		code = start_atspi(p, config, error);
#endif
	if (code == VT_OK)
		code = link_create(arguments->socket, p->first_event, &p->link, error);
	return code;
}

static void finish(struct process *p)
{
	link_destroy(&p->link);
	plug_destroy(&p->plug);
	voice_destroy(&p->voice);
#ifdef VT_TEST_HOOKS
	test_socket_destroy(&p->hooks.socket);
	test_hooks_close_log(&p->hooks);
#endif
#ifdef VT_ATSPI
	atspi_destroy(&p->atspi);
#endif
	app_destroy(&p->app);
	presenter_destroy(&p->presenter);
	if (p->out)
		bus_message_finish(p->out);
	free(p->out);
	SDL_Quit();
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct process p = {0};
	struct vt_error error = {0};

	link_block_signals();
	vt_harden_process();
	vt_log_init("ventanilla-ui", VT_LOG_INFO);
#ifdef VT_TEST_HOOKS
	p.hooks.fixed_unix_ms = -1;
	p.hooks.still_ms = -1;
	p.hooks.log_fd = -1;
	/* Tests search this process's memory for what should be gone. */
	prctl(PR_SET_DUMPABLE, 1);
#endif
	if (parse_arguments(argc, argv, &arguments) != VT_OK) {
		fprintf(stderr, "usage: ventanilla-ui --socket PATH --config FILE\n");
		return 2;
	}
	if (start(&p, &arguments, &error) != VT_OK) {
		vt_log(VT_LOG_ERROR, "%s", error.msg);
		finish(&p);
		return 1;
	}
	vt_log(VT_LOG_NOTICE, "started, %s presenter on %s", presenter_name(p.presenter),
		SDL_GetCurrentVideoDriver());
	run(&p);
	if (p.has_lost_display)
		vt_log(VT_LOG_ERROR, "the display has gone");
	finish(&p);
	return p.has_lost_display ? 1 : 0;
}
