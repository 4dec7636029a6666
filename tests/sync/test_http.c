/* The HTTPS client against servers that behave and servers that do not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <systemd/sd-event.h>

#include "offline-queue/sync/http.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/base/timekeeper.h"
#include "tests/sync/server.h"
#include "tests/sync/support.h"

/* One client with its loop, and what came back last. */
struct rig {
	sd_event *event;
	struct http *http;
	struct http_client *client;
	int done;
	struct http_answer answer;
	char body[256];
};

static void rig_open(struct rig *rig, int port, const char *ca, const char *identity)
{
	char url[64], ca_file[64], cert[64], key[64];
	struct vt_error error = {0};

	*rig = (struct rig){0};
	assert_true(vt_format(url, sizeof(url), "https://localhost:%d", port));
	assert_true(vt_format(ca_file, sizeof(ca_file), "%s.pem", ca));
	assert_true(vt_format(cert, sizeof(cert), "%s.pem", identity));
	assert_true(vt_format(key, sizeof(key), "%s.key", identity));
	assert_true(sd_event_new(&rig->event) >= 0);
	assert_int_equal(http_create(rig->event, &rig->http, &error), VT_OK);
	const struct http_options options = {.url = url,
		.ca_file = support_path(ca_file),
		.cert_file = support_path(cert),
		.key_file = support_path(key)};
	if (http_client_create(rig->http, &options, &rig->client, &error))
		fail_msg("%s", error.msg);
}

static void rig_close(struct rig *rig)
{
	http_client_destroy(&rig->client);
	http_destroy(&rig->http);
	sd_event_unref(rig->event);
}

static void on_done(void *user, uint64_t request, const struct http_answer *answer)
{
	struct rig *rig = user;

	assert_true(request > 0);
	rig->done++;
	rig->answer = *answer;
	vt_copy_cut(rig->body, sizeof(rig->body), (const char *)answer->body);
}

static uint64_t start(struct rig *rig, const char *path, const char *body, int64_t timeout_ms)
{
	const struct http_request request = {.method = body ? "POST" : "GET",
		.path = path,
		.headers = {"Content-Type: text/plain"},
		.body = body,
		.body_length = body ? strlen(body) : 0,
		.timeout_ms = timeout_ms};
	struct vt_error error = {0};
	uint64_t id = 0;

	if (http_start(rig->client, &request, on_done, rig, &id, &error))
		fail_msg("%s", error.msg);
	return id;
}

static void await(struct rig *rig, int count)
{
	while (rig->done < count)
		assert_true(sd_event_run(rig->event, 20 * 1000000) > 0);
}

static enum outcome_transport ask(struct rig *rig, const char *path, const char *body)
{
	const int before = rig->done;

	(void)start(rig, path, body, 5000);
	await(rig, before + 1);
	return rig->answer.transport;
}

static const struct server_options good = {.identity = "agency-ec", .ca = "ca"};

static void answers_come_back_whole(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	assert_int_equal(ask(&rig, "/echo", "hola"), TRANSPORT_ANSWER);
	assert_int_equal(rig.answer.status, 200);
	assert_string_equal(rig.body, "hola");
	assert_string_equal(rig.answer.content_type, "text/xml");
	assert_false(rig.answer.replayed);
	assert_int_equal(ask(&rig, "/replayed", "x"), TRANSPORT_ANSWER);
	assert_true(rig.answer.replayed);
	assert_int_equal(ask(&rig, "/later", "x"), TRANSPORT_ANSWER);
	assert_int_equal(rig.answer.status, 503);
	assert_true(rig.answer.has_retry_after);
	assert_int_equal(rig.answer.retry_after_ms, 30000);
	assert_int_equal(ask(&rig, "/status/418", NULL), TRANSPORT_ANSWER);
	assert_int_equal(rig.answer.status, 418);
	assert_false(rig.answer.has_retry_after);
	/* One handshake for all of it. */
	assert_int_equal(http_connections(rig.http), 1);
	assert_int_equal(server_connections(server), 1);
	rig_close(&rig);
	server_stop(&server);
}

static void redirects_are_not_followed(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	assert_int_equal(ask(&rig, "/redirect", "x"), TRANSPORT_ANSWER);
	assert_int_equal(rig.answer.status, 302);
	assert_int_equal(server_requests(server), 1);
	rig_close(&rig);
	server_stop(&server);
}

static void broken_answers_are_lost_not_sent_again(void **state)
{
	(void)state;
	static const char *const paths[] = {"/close", "/reset", "/cut", "/garbage"};
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	for (size_t i = 0; i < VT_ELEMENTS(paths); i++) {
		const enum outcome_transport transport = ask(&rig, paths[i], "x");
		if (transport != TRANSPORT_LOST)
			fail_msg("%s: %d %s", paths[i], transport, rig.answer.why);
		assert_int_equal(rig.answer.status, 0);
		assert_int_equal(server_requests(server), (int)i + 1);
	}
	rig_close(&rig);
	server_stop(&server);
}

/* libcurl would send the body again on a fresh connection when a kept one dies. */
static void a_dead_kept_connection_does_not_double_the_request(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	assert_int_equal(ask(&rig, "/once", "x"), TRANSPORT_ANSWER);
	assert_int_equal(ask(&rig, "/echo", "y"), TRANSPORT_LOST);
	assert_int_equal(server_requests(server), 2);
	assert_int_equal(ask(&rig, "/echo", "z"), TRANSPORT_ANSWER);
	assert_int_equal(server_requests(server), 3);
	rig_close(&rig);
	server_stop(&server);
}

static void too_large_bodies_are_cut_off(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	assert_int_equal(ask(&rig, "/big", "x"), TRANSPORT_TOO_LARGE);
	rig_close(&rig);
	server_stop(&server);
}

static void time_outs_tell_whether_anything_was_sent(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	(void)start(&rig, "/hang", "x", 300);
	await(&rig, 1);
	assert_int_equal(rig.answer.transport, TRANSPORT_TIMEOUT);
	rig_close(&rig);
	server_stop(&server);

	const struct server_options mute = {.identity = "agency-ec", .hangs = true};
	server = server_start(&mute);
	rig_open(&rig, server_port(server), "ca", "terminal");
	(void)start(&rig, "/echo", "x", 300);
	await(&rig, 1);
	assert_int_equal(rig.answer.transport, TRANSPORT_NOT_SENT);
	rig_close(&rig);
	server_stop(&server);
}

static void nobody_there_is_not_sent(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	const int port = server_port(server);
	struct rig rig;

	server_stop(&server);
	rig_open(&rig, port, "ca", "terminal");
	assert_int_equal(ask(&rig, "/echo", "x"), TRANSPORT_NOT_SENT);
	assert_true(rig.answer.why[0]);
	rig_close(&rig);
}

static void check_tls(const struct server_options *options, const char *ca, const char *identity)
{
	struct server *server = server_start(options);
	struct rig rig;

	rig_open(&rig, server_port(server), ca, identity);
	const enum outcome_transport transport = ask(&rig, "/echo", "secreto");
	/* A reset may overtake the server's alert: then it is lost, the careful reading. */
	if (transport != TRANSPORT_TLS)
		fail_msg("%s %s: %d %s", options->identity, identity, transport, rig.answer.why);
	assert_int_equal(server_requests(server), 0);
	rig_close(&rig);
	server_stop(&server);
}

static void tls_is_mutual_pinned_and_1_3(void **state)
{
	(void)state;
	const struct server_options impostor = {.identity = "impostor", .ca = "ca"};
	const struct server_options expired = {.identity = "expired", .ca = "ca"};
	const struct server_options other = {.identity = "other", .ca = "ca"};
	const struct server_options old = {.identity = "agency-ec", .ca = "ca", .max_tls = 12};
	const struct server_options strict = {.identity = "agency-ec", .ca = "rogue"};

	check_tls(&impostor, "ca", "terminal"); /* another CA of the same name */
	check_tls(&expired, "ca", "terminal");
	check_tls(&other, "ca", "terminal"); /* another host's certificate */
	check_tls(&old, "ca", "terminal");
	check_tls(&good, "rogue", "terminal");
	check_tls(&strict, "ca", "terminal"); /* it does not like ours */
	check_tls(&good, "ca", "impostor");
	check_tls(&good, "ca", "expired");
}

/* ca's certificate ended in 2020, names no host: what is said about its time is in the reason. */
static void ask_expired(struct rig *rig, const struct server *server, int64_t floor_unix_ms)
{
	rig_open(rig, server_port(server), "ca", "terminal");
	http_clock(rig->http)->floor_unix_ms = floor_unix_ms;
	assert_int_equal(ask(rig, "/echo", "secreto"), TRANSPORT_TLS);
}

static void an_unconfirmed_clock_forgives_only_what_was_not_over_before(void **state)
{
	(void)state;
	const int64_t in_2019 = INT64_C(1559347200000), day = 86400000;
	const struct server_options options = {.identity = "expired", .ca = "ca"};
	struct server *server = server_start(&options);
	struct rig rig;

	ask_expired(&rig, server, vt_build_unix_ms());
	assert_non_null(strstr(rig.answer.why, "expired"));
	rig_close(&rig);
	ask_expired(&rig, server, in_2019);
	assert_null(strstr(rig.answer.why, "expired"));
	rig_close(&rig);
	server_stop(&server);

	/* Once the time is signed, it counts, whatever the system's clock says. */
	server = server_start(&good);
	rig_open(&rig, server_port(server), "ca", "terminal");
	assert_int_equal(ask(&rig, "/echo", "x"), TRANSPORT_ANSWER);
	rig_close(&rig);
	rig_open(&rig, server_port(server), "ca", "terminal");
	(void)vt_timekeeper_learn(
		http_clock(rig.http), vt_clock_unix_ms() + 36500 * day, vt_clock_monotonic_ms());
	assert_int_equal(ask(&rig, "/echo", "x"), TRANSPORT_TLS);
	assert_non_null(strstr(rig.answer.why, "expired"));
	rig_close(&rig);
	server_stop(&server);
}

static void environment_proxies_are_ignored(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	rig_open(&rig, server_port(server), "ca", "terminal");
	assert_int_equal(ask(&rig, "/echo", "x"), TRANSPORT_ANSWER);
	rig_close(&rig);
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	server_stop(&server);
}

static void cancelled_requests_do_not_call_back(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	struct rig rig;

	rig_open(&rig, server_port(server), "ca", "terminal");
	const uint64_t id = start(&rig, "/hang", "x", 10000);
	(void)sd_event_run(rig.event, 100000);
	http_cancel(rig.client, id);
	http_cancel(rig.client, id);
	http_cancel(rig.client, 0);
	assert_int_equal(ask(&rig, "/echo", "y"), TRANSPORT_ANSWER);
	assert_int_equal(rig.done, 1);
	(void)start(&rig, "/hang", "x", 10000); /* in flight when all is torn down */
	(void)sd_event_run(rig.event, 100000);
	rig_close(&rig);
	assert_int_equal(rig.done, 1);
	server_stop(&server);
}

static void many_requests_run_side_by_side_and_too_many_are_refused(void **state)
{
	(void)state;
	struct server *server = server_start(&good);
	const struct http_request request = {.method = "POST",
		.path = "/echo",
		.body = "x",
		.body_length = 1,
		.timeout_ms = 20000};
	struct rig rig;
	uint64_t id;

	rig_open(&rig, server_port(server), "ca", "terminal");
	for (int i = 0; i < HTTP_MAX_REQUESTS; i++)
		(void)start(&rig, "/echo", "x", 20000);
	assert_int_equal(http_start(rig.client, &request, on_done, &rig, &id, NULL), VT_ERR_BUSY);
	await(&rig, HTTP_MAX_REQUESTS);
	assert_int_equal(server_requests(server), HTTP_MAX_REQUESTS);
	assert_int_equal(rig.answer.status, 200);
	rig_close(&rig);
	server_stop(&server);
}

static void only_https_and_existing_files_are_taken(void **state)
{
	(void)state;
	struct http_options options = {.url = "http://localhost",
		.ca_file = support_path("ca.pem"),
		.cert_file = support_path("terminal.pem"),
		.key_file = support_path("terminal.key")};
	struct http_client *client = NULL;
	struct rig rig;

	rig_open(&rig, 1, "ca", "terminal");
	assert_int_equal(http_client_create(rig.http, &options, &client, NULL), VT_ERR_INVALID);
	options.url = "https://localhost";
	options.ca_file = support_path("none.pem");
	assert_int_equal(http_client_create(rig.http, &options, &client, NULL), VT_ERR_IO);
	assert_null(client);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_back_whole),
		cmocka_unit_test(redirects_are_not_followed),
		cmocka_unit_test(broken_answers_are_lost_not_sent_again),
		cmocka_unit_test(a_dead_kept_connection_does_not_double_the_request),
		cmocka_unit_test(too_large_bodies_are_cut_off),
		cmocka_unit_test(time_outs_tell_whether_anything_was_sent),
		cmocka_unit_test(nobody_there_is_not_sent),
		cmocka_unit_test(tls_is_mutual_pinned_and_1_3),
		cmocka_unit_test(an_unconfirmed_clock_forgives_only_what_was_not_over_before),
		cmocka_unit_test(environment_proxies_are_ignored),
		cmocka_unit_test(cancelled_requests_do_not_call_back),
		cmocka_unit_test(many_requests_run_side_by_side_and_too_many_are_refused),
		cmocka_unit_test(only_https_and_existing_files_are_taken),
	};

	return cmocka_run_group_tests(tests, support_start, support_stop);
}
