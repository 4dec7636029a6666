#include "ui/test_hooks.h"

#include <SDL.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/bus/fields.h"
#include "ui/toolkit/semantics.h"

#define MAX_ANSWER ((size_t)4 * 1024 * 1024)

void test_hooks_shift(const struct test_hooks *hooks, struct app_time *time)
{
	time->now_ms = (hooks->still_ms >= 0 ? hooks->still_ms : time->now_ms) + hooks->advance_ms;
	time->unix_ms = hooks->fixed_unix_ms >= 0 ? hooks->fixed_unix_ms
						  : time->unix_ms + hooks->advance_ms;
}

static void answer_text(struct test_hooks *hooks, unsigned client, const char *text)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, MAX_ANSWER);
	vt_buf_append_text(&out, text);
	test_socket_answer(hooks->socket, client, &out);
}

static void answer_tree(struct test_hooks *hooks, unsigned client)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct ui *ui = app_ui(hooks->app);
	const struct node *root = ui_root(ui);

	vt_buf_init(&out, MAX_ANSWER);
	vt_buf_printf(&out,
		"{\"frame\":%lld,\"kind\":\"%s\",\"touched\":%s,"
		"\"missed\":%lld,\"pressed\":\"%s\",",
		(long long)app_frame_number(hooks->app), root ? root->spec.name : "",
		input_is_down(ui) ? "true" : "false", (long long)input_missed(ui),
		input_pressed(ui));
	semantics_write_members(ui, app_revision(hooks->app), &out);
	vt_buf_append_byte(&out, '}');
	test_socket_answer(hooks->socket, client, &out);
}

/* Answered by test_hooks_turn(). */
static const char *wait(struct test_hooks *hooks, struct test_waiting waiting)
{
	if (hooks->waiting_count == TEST_HOOKS_MAX_WAITING)
		return "{\"error\":\"too many wait\"}";
	hooks->waiting[hooks->waiting_count++] = waiting;
	return NULL;
}

static const char *get_tree(struct test_hooks *hooks, unsigned client, const json_t *root)
{
	const json_t *after = json_object_get(root, "after");

	if (after && app_frame_number(hooks->app) <= json_integer_value(after))
		return wait(hooks, (struct test_waiting){
					   .client = client, .after = json_integer_value(after)});
	answer_tree(hooks, client);
	return NULL;
}

static const char *get_png(struct test_hooks *hooks, const json_t *root)
{
	const char *path = json_string_value(json_object_get(root, "path"));
	struct vt_error error;

	if (!path || canvas_write_png(ui_canvas(app_ui(hooks->app)), path, &error) != VT_OK)
		return "{\"error\":\"not written\"}";
	return "{\"ok\":true}";
}

static void get_caches(struct test_hooks *hooks, unsigned client)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct ui_cache_sizes s = ui_cache_sizes(app_ui(hooks->app));

	vt_buf_init(&out, MAX_ANSWER);
	vt_buf_printf(&out,
		"{\"text_bytes\":%zu,\"text_runs\":%zu,\"personal_runs\":%zu,\"fonts\":%zu,"
		"\"shape_bytes\":%zu,\"nodes\":%zu,\"arena_bytes\":%zu,\"frames\":%lld,"
		"\"presents\":%ld,\"presenter\":\"%s\"}",
		s.text_bytes, s.text_runs, s.personal_runs, s.fonts, s.shape_bytes, s.node_count,
		s.arena_bytes, (long long)app_frame_number(hooks->app),
		presenter_count(hooks->presenter), presenter_name(hooks->presenter));
	test_socket_answer(hooks->socket, client, &out);
}

/* An SDL finger event; x and y are divided by the size of what they are measured on. */
static const char *push_finger(const json_t *finger, double offset, int width, int height)
{
	const char *phase = json_string_value(json_array_get(finger, 1));
	SDL_Event e = {0};

	if (json_array_size(finger) != 4 || !phase)
		return "{\"error\":\"finger is [id, phase, x, y]\"}";
	e.type = strcmp(phase, "down") == 0	? SDL_FINGERDOWN
		 : strcmp(phase, "up") == 0	? SDL_FINGERUP
		 : strcmp(phase, "motion") == 0 ? SDL_FINGERMOTION
						: 0;
	if (e.type == 0)
		return "{\"error\":\"phase is down, up or motion\"}";
	e.tfinger.touchId = 1;
	e.tfinger.fingerId = json_integer_value(json_array_get(finger, 0));
	e.tfinger.x =
		(float)((json_number_value(json_array_get(finger, 2)) + offset) / (double)width);
	e.tfinger.y =
		(float)((json_number_value(json_array_get(finger, 3)) + offset) / (double)height);
	SDL_PushEvent(&e);
	return "{\"ok\":true}";
}

static const char *push_key(struct test_hooks *hooks, const char *name, const struct app_time *time)
{
	static const char *const names[] = {
		"next", "previous", "enter", "escape", "help", "down", "up"};

	for (size_t i = 0; name && i < VT_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		app_key(hooks->app, (enum input_key)i, time);
		return "{\"ok\":true}";
	}
	return "{\"error\":\"no such key\"}";
}

static const char *type_text(
	struct test_hooks *hooks, const char *text, const struct app_time *time)
{
	char one[5];

	for (const char *p = text; p && *p;) {
		size_t length = vt_utf8_encode(vt_utf8_next(&p), one);
		one[length] = '\0';
		app_type(hooks->app, one, time);
	}
	return "{\"ok\":true}";
}

static const char *ask_listen(
	struct test_hooks *hooks, const char *name, const struct app_time *time)
{
	static const char *const names[] = {
		"repeat", "pause", "where", "faster", "slower", "louder", "softer"};

	for (size_t i = 0; name && i < VT_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		app_listen(hooks->app, (enum app_listen)i, time);
		return "{\"ok\":true}";
	}
	return "{\"error\":\"nothing to listen to\"}";
}

static const char *take(
	struct test_hooks *hooks, unsigned client, const json_t *root, const struct app_time *time)
{
	const char *get = json_string_value(json_object_get(root, "get"));
	const char *set = json_string_value(json_object_get(root, "set"));

	if (get && strcmp(get, "tree") == 0)
		return get_tree(hooks, client, root);
	if (get && strcmp(get, "rest") == 0)
		return wait(hooks, (struct test_waiting){.client = client, .rests = true});
	if (get && strcmp(get, "png") == 0)
		return get_png(hooks, root);
	if (get && strcmp(get, "caches") == 0) {
		get_caches(hooks, client);
		return NULL;
	}
	if (set && strcmp(set, "clock") == 0) {
		hooks->fixed_unix_ms = json_integer_value(json_object_get(root, "unix_ms"));
		return "{\"ok\":true}";
	}
	if (set && strcmp(set, "time") == 0) {
		bool stands = json_is_true(json_object_get(root, "stands"));

		hooks->still_ms = stands ? time->now_ms - hooks->advance_ms : -1;
		return "{\"ok\":true}";
	}
	if (json_object_get(root, "advance_ms")) {
		hooks->advance_ms += json_integer_value(json_object_get(root, "advance_ms"));
		return "{\"ok\":true}";
	}
	/* The middle of a pixel; the window has the size of the frame. */
	if (json_object_get(root, "finger"))
		return push_finger(json_object_get(root, "finger"), 0.5,
			ui_canvas(app_ui(hooks->app))->width,
			ui_canvas(app_ui(hooks->app))->height);
	if (json_object_get(root, "touch"))
		return push_finger(json_object_get(root, "touch"), 0, 1, 1);
	if (json_object_get(root, "key"))
		return push_key(hooks, json_string_value(json_object_get(root, "key")), time);
	if (json_object_get(root, "listen"))
		return ask_listen(hooks, json_string_value(json_object_get(root, "listen")), time);
	if (json_object_get(root, "switch"))
		return app_switch(hooks->app,
			       (int)json_integer_value(json_object_get(root, "switch")), time)
			       ? "{\"ok\":true}"
			       : "{\"ok\":false}";
	if (json_object_get(root, "headphones")) {
		app_set_headphones(
			hooks->app, json_is_true(json_object_get(root, "headphones")), time);
		return "{\"ok\":true}";
	}
	if (json_object_get(root, "type"))
		return type_text(hooks, json_string_value(json_object_get(root, "type")), time);
	return "{\"error\":\"unknown request\"}";
}

void test_hooks_take(
	struct test_hooks *hooks, struct test_request *request, const struct app_time *time)
{
	struct vt_error error;
	json_t *root = bus_parse_json(request->line, request->length, &error);
	const char *answer = root ? take(hooks, request->client, root, time)
				  : "{\"error\":\"not one JSON object\"}";

	if (answer)
		answer_text(hooks, request->client, answer);
	json_decref(root);
	free(request);
}

void test_hooks_turn(struct test_hooks *hooks)
{
	size_t kept = 0;

	for (size_t i = 0; i < hooks->waiting_count; i++) {
		const struct test_waiting *w = &hooks->waiting[i];

		if (w->rests)
			answer_text(hooks, w->client, "{\"ok\":true}");
		else if (app_frame_number(hooks->app) > w->after)
			answer_tree(hooks, w->client);
		else
			hooks->waiting[kept++] = *w;
	}
	hooks->waiting_count = kept;
}

/* ---- what is said ---- */

enum vt_code test_hooks_open_log(struct test_hooks *hooks, const char *path, struct vt_error *error)
{
	hooks->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return hooks->log_fd < 0 ? vt_fail(error, VT_ERR_IO, errno, "speech log: %s", path) : VT_OK;
}

void test_hooks_close_log(struct test_hooks *hooks)
{
	vt_closep(&hooks->log_fd);
	hooks->log_fd = -1;
}

void test_hooks_order(struct test_hooks *hooks, const struct speech_order *order)
{
	static const char *const kinds[] = {[SPEECH_SAY] = "say",
		[SPEECH_STOP] = "stop",
		[SPEECH_PAUSE] = "pause",
		[SPEECH_RESUME] = "resume",
		[SPEECH_EARCON] = "earcon",
		[SPEECH_TONE] = "tone",
		[SPEECH_FORGET] = "forget"};
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;

	vt_buf_init(&out, MAX_ANSWER);
	if (hooks->log_fd < 0)
		return;
	vt_buf_printf(&out, "{\"order\":\"%s\",\"output\":\"%s\"", kinds[order->kind],
		order->headphones ? "headphones" : "speaker");
	if (order->kind == SPEECH_EARCON)
		vt_buf_printf(&out, ",\"earcon\":\"%s\"", earcon_names[order->earcon]);
	if (order->kind == SPEECH_TONE)
		vt_buf_printf(&out, ",\"side\":%d", order->side);
	if (order->kind == SPEECH_SAY) {
		vt_buf_printf(&out,
			",\"kind\":\"%s\",\"personal\":%s,\"lang\":\"%s\",\"rate\":%d,"
			"\"volume\":%d,\"text\":",
			utter_kind_names[order->utter], order->personal ? "true" : "false",
			order->lang, order->rate, order->volume);
		semantics_write_text(&out, order->text);
	}
	vt_buf_append_text(&out, "}\n");
	(void)!write(hooks->log_fd, out.data, out.length);
}
