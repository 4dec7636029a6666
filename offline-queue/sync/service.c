#include "offline-queue/sync/service.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/base/timekeeper.h"

/* A probe may take so long. */
#define PROBE_TIMEOUT_MS 5000
#define PROBE_MS	 15000
/* While reachable and idle: so that the citizen reads "no connection" before, not after, typing. */
#define PROBE_UP_MS 60000
/* ARCHITECTURE §4: the citizen waits 8 s at most. */
#define PATIENCE_MS 8000

struct service {
	const struct adapter_ops *ops;
	struct adapter *adapter;    /* owned; NULL if unusable */
	struct http_client *client; /* owned; NULL if unusable */
	struct http *http;	    /* borrowed: the clock */
	sd_event_source *timer;	    /* owned: next probe */
	int64_t patience_ms, probe_ms, probe_up_ms;
	char probe_path[128];
	enum link_state link;
	char reason[48];
	uint64_t probe; /* request in flight, 0 = none */
	service_changed changed;
	void *user;
};

const char *service_name(const struct service *service)
{
	return service->ops->name;
}

bool service_is_usable(const struct service *service)
{
	return service->client != NULL;
}

enum link_state service_link(const struct service *service)
{
	return service->link;
}

const char *service_reason(const struct service *service)
{
	return service->reason;
}

int64_t service_patience_ms(const struct service *service)
{
	return service->patience_ms;
}

/* ---- link ---- */

static void set_link(struct service *service, enum link_state link, const char *reason)
{
	const bool is_same = service->link == link && strcmp(service->reason, reason) == 0;

	service->link = link;
	vt_copy_cut(service->reason, sizeof(service->reason), reason);
	if (!is_same)
		service->changed(service->user, service);
}

/* Spread over the second half of the delay: mains return starts thousands of terminals at once. */
static void plan_probe(struct service *service, int64_t delay_ms)
{
	uint32_t random;

	vt_random(&random, sizeof(random));
	delay_ms = delay_ms / 2 + delay_ms * (int64_t)(random >> 16) / 2 / 65536;
	if (sd_event_source_set_time_relative(service->timer, (uint64_t)delay_ms * 1000) >= 0)
		(void)sd_event_source_set_enabled(service->timer, SD_EVENT_ONESHOT);
}

static const char *reason_of(enum outcome_transport transport)
{
	switch (transport) {
	case TRANSPORT_ANSWER:
	case TRANSPORT_TOO_LARGE:
		return "";
	case TRANSPORT_NOT_SENT:
		return "connect";
	case TRANSPORT_TLS:
		return "certificate";
	case TRANSPORT_LOST:
		return "lost";
	case TRANSPORT_TIMEOUT:
		return "timeout";
	}
	VT_UNREACHABLE();
}

/* Feeds the state with how an exchange ended. A probe's word is final, also when it timed out. */
static void note(struct service *service, enum outcome_transport transport, bool is_probe)
{
	const char *reason = reason_of(transport);

	if (!reason[0]) {
		set_link(service, LINK_UP, "");
		/* Counted from the last answer: a busy service is never probed. */
		if (service->probe_up_ms > 0)
			plan_probe(service, service->probe_up_ms);
		return;
	}
	if (is_probe || transport == TRANSPORT_NOT_SENT || transport == TRANSPORT_TLS) {
		set_link(service, LINK_DOWN, reason);
		plan_probe(service, service->probe_ms);
	} else if (!service->probe) {
		plan_probe(service, 0);
	}
}

static void on_probe_done(void *user, uint64_t request, const struct http_answer *answer)
{
	struct service *service = user;

	VT_ASSERT(request == service->probe);
	service->probe = 0;
	note(service, answer->transport, true);
}

static int on_probe_due(sd_event_source *source, uint64_t usec, void *user)
{
	struct service *service = user;
	const struct http_request request = {
		.method = "HEAD", .path = service->probe_path, .timeout_ms = PROBE_TIMEOUT_MS};

	(void)source, (void)usec;
	if (!service->probe && http_start(service->client, &request, on_probe_done, service,
				       &service->probe, NULL))
		plan_probe(service, service->probe_ms);
	return 0;
}

/* ---- life ---- */

static enum vt_code open_client(struct service *service, struct http *http, const char *section,
	const struct vt_config *config, struct vt_error *error)
{
	static const char *const names[] = {"url", "ca", "cert", "key"};
	const char *values[VT_ELEMENTS(names)];

	for (size_t i = 0; i < VT_ELEMENTS(names); i++) {
		values[i] = vt_config_require(config, section, names[i], error);
		if (!values[i])
			return VT_ERR_NOT_FOUND;
	}
	const struct http_options options = {.url = values[0],
		.ca_file = values[1],
		.cert_file = values[2],
		.key_file = values[3]};
	enum vt_code code = vt_config_i64(config, section, "patience_ms", PATIENCE_MS, 100, 600000,
		&service->patience_ms, error);
	if (!code)
		code = vt_config_i64(config, "sync", "probe_ms", PROBE_MS, 10, 3600000,
			&service->probe_ms, error);
	if (!code)
		code = vt_config_i64(config, "sync", "probe_up_ms", PROBE_UP_MS, 0, 3600000,
			&service->probe_up_ms, error);
	const char *probe_path = vt_config_get(config, section, "probe_path", "/health");
	if (!code && !vt_copy(service->probe_path, sizeof(service->probe_path), probe_path))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "[%s] probe_path: too long", section);
	if (!code)
		code = service->ops->open(config, section, &service->adapter, error);
	if (!code)
		code = http_client_create(http, &options, &service->client, error);
	return code;
}

struct service *service_create(struct http *http, struct sd_event *event,
	const struct adapter_ops *ops, const struct vt_config *config, service_changed changed,
	void *user, struct vt_error *error)
{
	struct service *service = calloc(1, sizeof(*service));
	char section[64];

	if (!service)
		return NULL;
	*service = (struct service){.ops = ops, .http = http, .changed = changed, .user = user};
	VT_ASSERT(vt_format(section, sizeof(section), "adapter %s", ops->name));
	if (sd_event_add_time_relative(
		    event, &service->timer, CLOCK_MONOTONIC, 0, 10000, on_probe_due, service) < 0) {
		free(service);
		return NULL;
	}
	if (open_client(service, http, section, config, error)) {
		(void)sd_event_source_set_enabled(service->timer, SD_EVENT_OFF);
		service->link = LINK_DOWN;
		vt_copy_cut(service->reason, sizeof(service->reason), "configuration");
	}
	return service;
}

void service_destroy(struct service **service)
{
	struct service *s = *service;

	if (!s)
		return;
	http_client_destroy(&s->client);
	if (s->adapter)
		s->ops->close(s->adapter);
	sd_event_source_disable_unref(s->timer);
	free(s);
	*service = NULL;
}

/* ---- work ---- */

enum vt_code service_start(struct service *service, const struct work_deliver *work,
	int64_t timeout_ms, http_done done, void *user, uint64_t *ret_request,
	struct vt_error *error)
{
	VT_CLEANUP(adapter_request_finish) struct adapter_request request;

	VT_ASSERT(service_is_usable(service));
	adapter_request_init(&request);
	enum vt_code code = (work->inquiry ? service->ops->build_inquiry : service->ops->build)(
		service->adapter, work, http_unix_ms(service->http), &request, error);
	if (code)
		return code;
	struct http_request http = {.method = request.method,
		.path = request.path,
		.body = request.body.length ? request.body.data : NULL,
		.body_length = request.body.length,
		.timeout_ms = timeout_ms};
	for (size_t i = 0; i < HTTP_MAX_HEADERS && request.headers[i][0]; i++)
		http.headers[i] = request.headers[i];
	return http_start(service->client, &http, done, user, ret_request, error);
}

void service_cancel(struct service *service, uint64_t request)
{
	if (service->client)
		http_cancel(service->client, request);
}

/* A signed answer to our own message tells the time to who does not know it, a Fault that complains
 * about ours above all. */
static void learn_time(struct service *service, const struct work_deliver *work,
	const struct http_answer *answer, struct adapter_reading *reading)
{
	struct vt_timekeeper *clock = http_clock(service->http);
	int64_t signed_unix_ms;

	if (clock->is_trusted || !service->ops->read_time ||
		!service->ops->read_time(
			service->adapter, work, answer, clock->floor_unix_ms, &signed_unix_ms))
		return;
	reading->signed_unix_ms = signed_unix_ms;
	const int64_t moved = vt_timekeeper_learn(clock, signed_unix_ms, vt_clock_monotonic_ms());
	if (moved != 0)
		vt_log(VT_LOG_WARNING, "clock: set by a signed answer of %s, %lld s",
			service_name(service), (long long)(moved / 1000));
}

struct outcome service_read(struct service *service, const struct work_deliver *work,
	const struct http_answer *answer, struct adapter_reading *reading)
{
	if (answer->transport == TRANSPORT_ANSWER) {
		learn_time(service, work, answer, reading);
		(work->inquiry ? service->ops->read_inquiry : service->ops->read)(
			service->adapter, work, answer, http_unix_ms(service->http), reading);
	} else
		vt_copy_cut(reading->detail, sizeof(reading->detail), answer->why);
	const struct outcome_seen seen = {.transport = answer->transport,
		.status = answer->status,
		.has_retry_after = answer->has_retry_after,
		.retry_after_ms = answer->retry_after_ms,
		.body = reading->body,
		.inquiry = work->inquiry};
	note(service, answer->transport, false);
	return outcome_decide(&seen);
}
