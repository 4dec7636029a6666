#ifndef VT_UI_TEST_HOOKS_H
#define VT_UI_TEST_HOOKS_H

/* What the requests of the test socket do. Only with VT_TEST_HOOKS. */

#include "ui/app.h"
#include "ui/presenter.h"
#include "ui/test_socket.h"

#define TEST_HOOKS_MAX_WAITING 16

/* A request that is answered later. */
struct test_waiting {
	unsigned client;
	bool rests;    /* "rest": at the end of this turn of the loop */
	int64_t after; /* else "tree": when a frame later than this one is presented */
};

struct test_hooks {
	struct test_socket *socket;
	struct app *app;
	struct presenter *presenter;
	int64_t fixed_unix_ms; /* -1 = the clock runs */
	int64_t still_ms; /* the monotonic clock stands here, but for advance_ms; -1 = it runs */
	int64_t advance_ms;
	struct test_waiting waiting[TEST_HOOKS_MAX_WAITING];
	size_t waiting_count;
	int log_fd; /* what is said, a JSON object a line; -1 = none */
};

/* Shifts time as the requests asked. */
void test_hooks_shift(const struct test_hooks *hooks, struct app_time *time);
/* Carries out and answers one request, and frees it. */
void test_hooks_take(
	struct test_hooks *hooks, struct test_request *request, const struct app_time *time);
/* Keeps a log of what is said in the file path: for the eyes of tests, and of those who have no
 * sound device. The texts are never kept in memory. VT_ERR_IO. */
VT_MUST_USE enum vt_code test_hooks_open_log(
	struct test_hooks *hooks, const char *path, struct vt_error *error);
void test_hooks_close_log(struct test_hooks *hooks);
/* An order went to the voice. */
void test_hooks_order(struct test_hooks *hooks, const struct speech_order *order);
/* A turn of the loop is over, all that was taken is drawn and presented: answers those who waited
 * for that. */
void test_hooks_turn(struct test_hooks *hooks);

#endif
