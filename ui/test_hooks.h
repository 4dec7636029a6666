#ifndef VT_UI_TEST_HOOKS_H
#define VT_UI_TEST_HOOKS_H

/* What the requests of the test socket do. Only with VT_TEST_HOOKS. */

#include "ui/app.h"
#include "ui/presenter.h"
#include "ui/test_socket.h"

#define TEST_HOOKS_MAX_WAITING 16

struct test_hooks {
	struct test_socket *socket;
	struct app *app;
	struct presenter *presenter;
	int64_t fixed_unix_ms; /* -1 = the clock runs */
	int64_t advance_ms;
	struct {
		unsigned client;
		int64_t after;
	} waiting[TEST_HOOKS_MAX_WAITING]; /* for a later frame */
	size_t waiting_count;
};

/* Shifts time as the requests asked. */
void test_hooks_shift(const struct test_hooks *hooks, struct app_time *time);
/* Carries out and answers one request, and frees it. */
void test_hooks_take(
	struct test_hooks *hooks, struct test_request *request, const struct app_time *time);
/* A frame was presented: answers those who waited for it. */
void test_hooks_presented(struct test_hooks *hooks);

#endif
