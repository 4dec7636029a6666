#include "tests/unit/session_fixture.h"

#include "tests/lib/cmocka_prelude.h"

#include <stdlib.h>

#include "terminal/base/text.h"

const struct session_health fixture_good_health = {
	.storage_ok = true, .printer_ready = true, .printer_paper = true, .sync_connected = true};

struct fixture *fixture_create(const char *terminal, struct vt_date today)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vt_error error = {0};
	char dir[512];

	assert_non_null(f);
	assert_true(vt_format(dir, sizeof(dir), "%s/assets/catalog", getenv("VT_SOURCE_DIR")));
	if (catalogue_load(dir, &f->catalogue, &error) != VT_OK)
		fail_msg("%s", error.msg);
	f->session = session_create(f->catalogue, terminal, &session_default_times);
	assert_non_null(f->session);
	f->now_ms = 1000;
	f->today = today;
	return f;
}

int fixture_destroy(void **state)
{
	struct fixture *f = *state;

	session_destroy(&f->session);
	catalogue_destroy(&f->catalogue);
	free(f);
	return 0;
}

void step(struct fixture *f, struct session_event *event)
{
	event->now_ms = f->now_ms;
	event->today = f->today;
	event->minute = 642;
	assert_int_equal(session_step(f->session, event, &f->fx), VT_OK);
	session_model(f->session, &f->model);
}

void act(struct fixture *f, enum intent_action action, const char *item, const char *value)
{
	struct intent_act intent = {.screen = f->model.screen,
		.revision = f->model.revision,
		.action = action,
		.consent = f->gives_consent};
	struct session_event event = {.type = SESSION_INTENT, .u = {.intent = &intent}};

	vt_copy_cut(intent.item, sizeof(intent.item), item);
	vt_copy_cut(intent.value, sizeof(intent.value), value);
	step(f, &event);
	/* The pin of the effects is borrowed: judged while it still stands. */
	if (f->fx.sign && f->fx.pin)
		assert_string_equal(f->fx.pin, value);
}

void wait_ms(struct fixture *f, int64_t ms)
{
	struct session_event event = {.type = SESSION_TICK};

	f->now_ms += ms;
	step(f, &event);
}

void set_health(struct fixture *f)
{
	struct session_event event = {.type = SESSION_HEALTH, .u = {.health = &f->health}};

	step(f, &event);
}

void shows_problem(const struct fixture *f, const char *problem)
{
	assert_int_equal(f->model.screen, SCREEN_PROBLEM);
	assert_string_equal(f->model.problem, problem);
}
