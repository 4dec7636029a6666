#include "offline-queue/sync/sync.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "offline-queue/sync/checker.h"
#include "offline-queue/sync/package.h"
#include "offline-queue/sync/service.h"
#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/base/timekeeper.h"
#include "terminal/bus/conn.h"

#define MAX_SERVICES	 8
#define RECONNECT_MIN_MS 100
#define RECONNECT_MAX_MS 2000
/* Messages taken in one go, so that core's flood does not keep timers waiting. */
#define READ_BURST 16

/* One delivery in flight. */
struct work {
	bool is_used;
	struct sync *sync;
	struct service *service;
	uint64_t request;
	int64_t started_ms;
	struct bus_header header;    /* of the command, for its completion */
	struct work_deliver deliver; /* personal: wiped when done */
};

struct sync {
	sd_event *event; /* borrowed */
	char socket_path[108];
	struct http *http;
	struct package *package; /* NULL: no [export] */
	struct checker *checker; /* NULL: [revocation] cannot be used */
	struct service *services[MAX_SERVICES];
	struct bus_conn *conn;	  /* NULL: core is away */
	sd_event_source *conn_io; /* watches conn */
	sd_event_source *reconnect;
	int64_t backoff_ms;
	struct work works[SYNC_MAX_WORKS];
	struct bus_message msg; /* the one being read or written; 64 KiB are no stack variable */
};

static void disconnect(struct sync *sync, const char *why);

/* ---- to core ---- */

static void send_message(struct sync *sync)
{
	struct vt_error error = {0};

	if (sync->conn && bus_conn_send(sync->conn, &sync->msg, &error))
		disconnect(sync, error.msg);
	else if (sync->conn && bus_conn_wants_write(sync->conn))
		(void)sd_event_source_set_io_events(sync->conn_io, EPOLLIN | EPOLLOUT);
	bus_message_finish(&sync->msg);
}

static void send_link(struct sync *sync, const struct service *service)
{
	if (!sync->conn || service_link(service) == LINK_UNKNOWN)
		return;
	bus_make_unsolicited(&sync->msg, BUS_WORK_LINK);
	struct work_link *link = &sync->msg.payload.work_link;
	link->online = service_link(service) == LINK_UP;
	vt_copy_cut(link->adapter, sizeof(link->adapter), service_name(service));
	vt_copy_cut(link->reason, sizeof(link->reason), service_reason(service));
	send_message(sync);
}

static void on_link_changed(void *user, struct service *service)
{
	if (service_link(service) == LINK_UP)
		vt_log(VT_LOG_NOTICE, "%s: reachable", service_name(service));
	else
		vt_log(VT_LOG_WARNING, "%s: not reachable: %s", service_name(service),
			service_reason(service));
	send_link(user, service);
}

/* The one completion of a command. reading may be NULL. */
static void complete(struct sync *sync, const struct bus_header *header,
	const struct work_deliver *deliver, const struct outcome *outcome,
	const struct adapter_reading *reading, const char *detail)
{
	const bool has_answer =
		reading && (outcome->result == WORK_ACCEPTED || outcome->result == WORK_REJECTED);

	bus_make_completion(&sync->msg, header, BUS_SUCCESS, NULL);
	struct work_result *result = &sync->msg.payload.work_result;
	VT_ASSERT(vt_copy(result->lease, sizeof(result->lease), deliver->lease));
	VT_ASSERT(vt_copy(result->transaction, sizeof(result->transaction), deliver->transaction));
	result->result = outcome->result;
	result->retry_after_ms = outcome->retry_after_ms;
	result->replayed = reading && reading->replayed;
	result->signed_unix_ms = reading ? reading->signed_unix_ms : 0;
	vt_copy_cut(result->cause, sizeof(result->cause), outcome->cause);
	vt_copy_cut(result->detail, sizeof(result->detail), detail);
	/* May quote the peer's TLS alert or certificate; a message that cannot be sent would cost
	 * the connection to core. */
	if (!vt_utf8_valid(result->detail, strlen(result->detail)))
		vt_copy_cut(result->detail, sizeof(result->detail), "detail is not text");
	if (has_answer)
		VT_ASSERT(vt_copy(
			result->answer, sizeof(result->answer), vt_buf_text(&reading->answer)));
	send_message(sync);
}

/* ---- work ---- */

static void free_work(struct work *work)
{
	vt_wipe(work, sizeof(*work));
}

static void log_outcome(
	const struct work *work, const struct http_answer *answer, const struct outcome *outcome)
{
	const struct work_deliver *deliver = &work->deliver;
	const bool is_good = outcome->result == WORK_ACCEPTED || outcome->result == WORK_NOT_KNOWN;

	vt_log(is_good ? VT_LOG_INFO : VT_LOG_WARNING,
		"transaction %s: %s %s%s, attempt %d: %s%s%s, HTTP %d, %" PRId64 " ms",
		deliver->transaction, deliver->adapter, deliver->operation,
		deliver->inquiry ? " (inquiry)" : "", deliver->attempt,
		work_result_names[outcome->result], outcome->cause[0] ? ": " : "", outcome->cause,
		answer->status, vt_clock_monotonic_ms() - work->started_ms);
}

static void on_answer(void *user, uint64_t request, const struct http_answer *answer)
{
	VT_CLEANUP(adapter_reading_finish) struct adapter_reading reading;
	struct work *work = user;

	VT_ASSERT(work->is_used && work->request == request);
	adapter_reading_init(&reading);
	const struct outcome outcome =
		service_read(work->service, &work->deliver, answer, &reading);
	log_outcome(work, answer, &outcome);
	/* service_read() may have sent a link event, that may have lost core and all work. */
	if (!work->is_used)
		return;
	complete(work->sync, &work->header, &work->deliver, &outcome, &reading, reading.detail);
	free_work(work);
}

static struct service *find_service(struct sync *sync, const char *name)
{
	for (size_t i = 0; i < MAX_SERVICES && sync->services[i]; i++)
		if (strcmp(service_name(sync->services[i]), name) == 0)
			return sync->services[i];
	return NULL;
}

/* Answers a command that never becomes a request. To an inquiry only "unknown" is true then. */
static void refuse(struct sync *sync, const struct bus_header *header,
	const struct work_deliver *deliver, struct outcome outcome, const char *detail)
{
	if (deliver->inquiry)
		outcome.result = WORK_UNKNOWN;
	vt_log(VT_LOG_WARNING, "transaction %s: not sent: %s: %s", deliver->transaction,
		outcome.cause, detail);
	complete(sync, header, deliver, &outcome, NULL, detail);
}

static void start_work(struct sync *sync, struct work *work)
{
	const struct work_deliver *deliver = &work->deliver;
	struct vt_error error = {0};
	const int64_t timeout_ms = deliver->deadline_ms > 0 ? deliver->deadline_ms
							    : service_patience_ms(work->service);

	enum vt_code code = service_start(
		work->service, deliver, timeout_ms, on_answer, work, &work->request, &error);
	if (!code)
		return;
	const struct outcome outcome =
		code == VT_ERR_INVALID ? (struct outcome){WORK_REJECTED, "defect", 0, false}
				       : (struct outcome){WORK_RETRY_AFTER, "later", 0, false};
	refuse(sync, &work->header, deliver, outcome, error.msg);
	free_work(work);
}

/* Core remembers what a former sync has learnt. */
static void take_time(struct sync *sync, const struct work_deliver *deliver)
{
	struct vt_timekeeper *clock = http_clock(sync->http);
	const int64_t now_ms = vt_clock_monotonic_ms();

	vt_timekeeper_raise(clock, deliver->floor_unix_ms, now_ms);
	if (!clock->is_trusted && deliver->trusted_unix_ms > 0)
		(void)vt_timekeeper_learn(clock, deliver->trusted_unix_ms, now_ms);
}

static void on_deliver(struct sync *sync)
{
	const struct work_deliver *deliver = &sync->msg.payload.work_deliver;
	take_time(sync, deliver);
	struct service *service = find_service(sync, deliver->adapter);
	struct work *work = NULL;

	for (size_t i = 0; i < SYNC_MAX_WORKS && !work; i++)
		if (!sync->works[i].is_used)
			work = &sync->works[i];
	if (!work) {
		/* complete() builds into sync->msg: what it needs is copied before. */
		struct work_deliver *copy = malloc(sizeof(*copy));
		VT_ASSERT(copy);
		memcpy(copy, deliver, sizeof(*copy));
		const struct bus_header header = sync->msg.header;
		refuse(sync, &header, copy, (struct outcome){WORK_RETRY_AFTER, "later", 0, false},
			"too much work in flight");
		vt_wipe(copy, sizeof(*copy));
		free(copy);
		return;
	}
	*work = (struct work){.is_used = true,
		.sync = sync,
		.service = service,
		.started_ms = vt_clock_monotonic_ms(),
		.header = sync->msg.header,
		.deliver = *deliver};
	bus_message_finish(&sync->msg);
	if (service && service_is_usable(service)) {
		start_work(sync, work);
		return;
	}
	refuse(sync, &work->header, &work->deliver,
		(struct outcome){WORK_RETRY_AFTER, "lane", 0, false},
		service ? "service badly configured" : "service not configured");
	free_work(work);
}

/* Work.Seal: what core wants to give to a stick. */
static void on_seal(struct sync *sync)
{
	const struct bus_header header = sync->msg.header;
	const char *content = sync->msg.payload.work_seal.content;
	VT_CLEANUP(vt_buf_finish) struct vt_buf sealed;
	struct vt_error error = {0};
	enum vt_code code = VT_ERR_UNSUPPORTED;

	vt_buf_init(&sealed, EXPORT_SEALED_SIZE - 1);
	if (sync->package)
		code = package_seal(sync->package, content, strlen(content), &sealed, &error);
	else
		code = vt_fail(&error, code, 0, "no [export] in the configuration");
	bus_message_finish(&sync->msg);
	bus_make_completion(&sync->msg, &header,
		!code			     ? BUS_SUCCESS
		: code == VT_ERR_UNSUPPORTED ? BUS_UNSUPPORTED_COMMAND
					     : BUS_INTERNAL_ERROR,
		code ? error.msg : NULL);
	if (!code)
		VT_ASSERT(vt_copy(sync->msg.payload.work_sealed.sealed, EXPORT_SEALED_SIZE,
			vt_buf_text(&sealed)));
	send_message(sync);
}

/* Certificate.Check */
static void on_checked(
	void *user, const struct bus_header *header, const struct certificate_checked *result)
{
	struct sync *sync = user;

	vt_log(VT_LOG_INFO, "certificate: %s%s%s%s%s", check_status_names[result->status],
		result->source[0] ? " by " : "", result->source, result->detail[0] ? ": " : "",
		result->detail);
	bus_make_completion(&sync->msg, header, BUS_SUCCESS, NULL);
	sync->msg.payload.certificate_checked = *result;
	send_message(sync);
}

static void on_check(struct sync *sync)
{
	const struct bus_header header = sync->msg.header;
	struct certificate_check *check = malloc(sizeof(*check));

	/* The answer may be built into sync->msg before checker_start() returns. */
	VT_ASSERT(check);
	*check = sync->msg.payload.certificate_check;
	bus_message_finish(&sync->msg);
	if (sync->checker) {
		checker_start(sync->checker, &header, check);
	} else {
		bus_make_completion(&sync->msg, &header, BUS_SUCCESS, NULL);
		sync->msg.payload.certificate_checked.status = CHECK_UNAVAILABLE;
		vt_copy_cut(sync->msg.payload.certificate_checked.detail,
			sizeof(sync->msg.payload.certificate_checked.detail),
			"[revocation] cannot be used");
		send_message(sync);
	}
	vt_wipe(check, sizeof(*check));
	free(check);
}

static void on_message(struct sync *sync)
{
	const struct bus_header header = sync->msg.header;

	if (header.name == BUS_WORK_DELIVER && header.type == BUS_COMMAND) {
		on_deliver(sync);
		return;
	}
	if (header.name == BUS_WORK_SEAL && header.type == BUS_COMMAND) {
		on_seal(sync);
		return;
	}
	if (header.name == BUS_CERTIFICATE_CHECK && header.type == BUS_COMMAND) {
		on_check(sync);
		return;
	}
	bus_message_finish(&sync->msg);
	if (header.type != BUS_COMMAND)
		return;
	bus_make_completion(
		&sync->msg, &header, BUS_UNSUPPORTED_COMMAND, "sync delivers work, no more");
	send_message(sync);
}

/* ---- the connection ---- */

static void cancel_works(struct sync *sync)
{
	for (size_t i = 0; i < SYNC_MAX_WORKS; i++) {
		struct work *work = &sync->works[i];
		if (!work->is_used)
			continue;
		if (work->request)
			service_cancel(work->service, work->request);
		free_work(work);
	}
}

static void plan_reconnect(struct sync *sync)
{
	if (sd_event_source_set_time_relative(sync->reconnect, (uint64_t)sync->backoff_ms * 1000) >=
		0)
		(void)sd_event_source_set_enabled(sync->reconnect, SD_EVENT_ONESHOT);
	sync->backoff_ms *= 2;
	if (sync->backoff_ms > RECONNECT_MAX_MS)
		sync->backoff_ms = RECONNECT_MAX_MS;
}

static void disconnect(struct sync *sync, const char *why)
{
	vt_log(VT_LOG_NOTICE, "core is gone: %s", why);
	sync->conn_io = sd_event_source_disable_unref(sync->conn_io);
	bus_conn_close(&sync->conn);
	cancel_works(sync);
	if (sync->checker)
		checker_cancel(sync->checker);
	plan_reconnect(sync);
}

static int on_core_ready(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct sync *sync = user;
	struct vt_error error = {0};
	enum vt_code code = VT_OK;

	(void)source, (void)fd;
	if (revents & EPOLLOUT)
		code = bus_conn_flush(sync->conn, &error);
	if (!code && !bus_conn_wants_write(sync->conn))
		(void)sd_event_source_set_io_events(sync->conn_io, EPOLLIN);
	for (int i = 0; i < READ_BURST && !code && sync->conn; i++) {
		code = bus_conn_read(sync->conn, &sync->msg, &error);
		if (!code)
			on_message(sync);
	}
	if (code && code != VT_ERR_AGAIN && sync->conn)
		disconnect(sync, error.msg);
	return 0;
}

static void connect_core(struct sync *sync)
{
	struct vt_error error = {0};

	if (bus_connect(sync->socket_path, &sync->conn, &error)) {
		vt_log(VT_LOG_DEBUG, "%s", error.msg);
		plan_reconnect(sync);
		return;
	}
	if (sd_event_add_io(sync->event, &sync->conn_io, bus_conn_fd(sync->conn), EPOLLIN,
		    on_core_ready, sync) < 0) {
		disconnect(sync, "no event source");
		return;
	}
	if (bus_conn_send_hello(sync->conn, "ventanilla-sync", &error)) {
		disconnect(sync, error.msg);
		return;
	}
	sync->backoff_ms = RECONNECT_MIN_MS;
	vt_log(VT_LOG_INFO, "connected to core");
	for (size_t i = 0; i < MAX_SERVICES && sync->services[i]; i++)
		send_link(sync, sync->services[i]);
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *user)
{
	(void)source, (void)usec;
	connect_core(user);
	return 0;
}

/* ---- life ---- */

/* Every adapter that has a section, that is, an address. */
static enum vt_code open_services(
	struct sync *sync, const struct vt_config *config, struct vt_error *error)
{
	const struct adapter_ops *ops;
	size_t count = 0;

	for (size_t i = 0; (ops = adapter_at(i)) != NULL && count < MAX_SERVICES; i++) {
		struct vt_error reason = {0};
		char section[64];
		VT_ASSERT(vt_format(section, sizeof(section), "adapter %s", ops->name));
		if (!vt_config_get(config, section, "url", NULL))
			continue;
		struct service *service = service_create(
			sync->http, sync->event, ops, config, on_link_changed, sync, &reason);
		if (!service)
			return vt_fail(error, VT_ERR_NOMEM, 0, "sync: out of memory");
		if (!service_is_usable(service))
			vt_log(VT_LOG_ERROR, "%s: cannot be used: %s", ops->name, reason.msg);
		sync->services[count++] = service;
	}
	if (count == 0)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "sync: no [adapter …] with a url");
	return VT_OK;
}

enum vt_code sync_create(struct sd_event *event, const char *socket_path,
	const struct vt_config *config, struct sync **ret_sync, struct vt_error *error)
{
	struct sync *sync = calloc(1, sizeof(*sync));

	if (!sync)
		return vt_fail(error, VT_ERR_NOMEM, 0, "sync: out of memory");
	struct vt_error reason = {0};
	sync->event = event;
	sync->backoff_ms = RECONNECT_MIN_MS;
	enum vt_code code = VT_OK;
	if (!vt_copy(sync->socket_path, sizeof(sync->socket_path), socket_path))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "sync: socket path too long");
	if (!code)
		code = http_create(event, &sync->http, error);
	if (!code)
		code = open_services(sync, config, error);
	if (!code && package_open(config, &sync->package, &reason) &&
		reason.code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_ERROR, "export: cannot be used: %s", reason.msg);
	if (!code && checker_create(sync->http, config, on_checked, sync, &sync->checker, &reason))
		vt_log(VT_LOG_ERROR, "%s", reason.msg);
	if (!code && sd_event_add_time_relative(event, &sync->reconnect, CLOCK_MONOTONIC, 0, 10000,
			     on_reconnect, sync) < 0)
		code = vt_fail(error, VT_ERR_IO, 0, "sync: no timer");
	if (code) {
		sync_destroy(&sync);
		return code;
	}
	*ret_sync = sync;
	return VT_OK;
}

void sync_destroy(struct sync **sync)
{
	struct sync *s = *sync;

	if (!s)
		return;
	cancel_works(s);
	sd_event_source_disable_unref(s->conn_io);
	bus_conn_close(&s->conn);
	sd_event_source_disable_unref(s->reconnect);
	for (size_t i = 0; i < MAX_SERVICES; i++)
		service_destroy(&s->services[i]);
	package_close(&s->package);
	checker_destroy(&s->checker);
	http_destroy(&s->http);
	bus_message_finish(&s->msg);
	free(s);
	*sync = NULL;
}
