#include "tools/agency/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tools/agency/fees.h"

#define SERVICES_PATH	  "/WebServicesConsulta/services/"
#define SHEETS_PATH	  "/fees/v1/sheets"
#define LEDGER_PATH	  "/fees/v1/transactions"
#define TRANSACTIONS_PATH "/fees/v1/transactions/"
/* A signed request has about 5 KiB. */
#define REQUEST_MAX (256 * 1024)
/* Longer than the longest delay a terminal waits for, so that it is the one to give up. */
#define IDLE_S 120
/* One byte each: an answer of 6 KiB takes 10 minutes. */
#define DRIP_MS 100

enum kind {
	KIND_HEALTH,
	KIND_WSDL,
	KIND_SOAP,
	KIND_SHEETS,
	KIND_TRANSACTIONS,
	KIND_LEDGER,
	KIND_NONE
};

/* One request on its way, from its arrival to its answer. */
struct exchange {
	TAILQ_ENTRY(exchange) entry; /* in server->waiting while it is delayed or drips */
	struct server *server;
	struct evhttp_request *http; /* ours until answered; survives its connection */
	struct event *timer;
	enum kind kind;
	enum registry_operation operation; /* KIND_SOAP */
	bool is_delayed;		   /* waits for its work: the key is "in progress" */
	char terminal[TERMINAL_SIZE];
	char service[48];		 /* KIND_WSDL */
	char key[VT_UUID_SIZE];		 /* "" until one was understood */
	char asked[VT_UUID_SIZE];	 /* KIND_TRANSACTIONS: the path's last part */
	struct envelope_request request; /* KIND_SOAP */
	struct fault fault;
	struct reply reply;
	size_t dripped; /* bytes of the body sent so far */
	int64_t start_ms;
};

TAILQ_HEAD(exchanges, exchange);

struct server {
	struct server_options options;
	struct evhttp *http;
	struct evhttp_bound_socket *bound; /* NULL while down */
	int reserve; /* while down: holds the port, bound but not listening; else -1 */
	int port;
	struct faults faults;
	struct exchanges waiting;
};

/* Small things */

static void today_of(const struct server *server, char ret_today[11])
{
	/* Mexico City keeps UTC-6 all year since 2022. */
	const time_t local = (time_t)(vt_clock_unix_ms() / 1000) - 6 * 3600;
	struct tm tm;

	if (server->options.today) {
		vt_copy_cut(ret_today, 11, server->options.today);
		return;
	}
	VT_ASSERT(gmtime_r(&local, &tm) && strftime(ret_today, 11, "%Y-%m-%d", &tm) == 10);
}

static void log_line(const struct exchange *x, const char *result)
{
	const time_t now = (time_t)(vt_clock_unix_ms() / 1000);
	struct tm tm;
	char at[24];

	VT_ASSERT(gmtime_r(&now, &tm) && strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
	fprintf(x->server->options.log, "%s %s %s %s %s %d %lldms", at,
		x->terminal[0] ? x->terminal : "-",
		x->reply.operation[0] ? x->reply.operation : "-", x->key[0] ? x->key : "-", result,
		x->reply.status, (long long)(vt_clock_monotonic_ms() - x->start_ms));
	if (x->fault.kind != FAULT_NONE)
		fprintf(x->server->options.log, " fault=%s", fault_kind_text(x->fault.kind));
	fputc('\n', x->server->options.log);
	fflush(x->server->options.log);
}

static void exchange_free(struct exchange *x)
{
	if (x->timer)
		event_free(x->timer);
	vt_wipe(&x->request, sizeof(x->request));
	reply_finish(&x->reply);
	free(x);
}

static void wait_for(struct exchange *x, int ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

	if (event_add(x->timer, &tv) != 0)
		VT_UNREACHABLE(); /* only a full kernel of timers; a test tool may die */
}

/* Answering */

static const char *phrase(int status)
{
	static const struct {
		int status;
		const char *text;
	} phrases[] = {{200, "OK"}, {201, "Created"}, {400, "Bad Request"}, {401, "Unauthorized"},
		{403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{409, "Conflict"}, {412, "Precondition Failed"}, {415, "Unsupported Media Type"},
		{422, "Unprocessable Content"}, {429, "Too Many Requests"},
		{500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
		{504, "Gateway Timeout"}};

	for (size_t i = 0; i < VT_ELEMENTS(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].text;
	return "Status";
}

static void add_headers(struct exchange *x)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(x->http);
	char seconds[16];

	evhttp_add_header(headers, "Content-Type", x->reply.content_type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	if (x->reply.is_replayed)
		evhttp_add_header(headers, "Idempotent-Replayed", "true");
	if (x->reply.retry_after_s >= 0 &&
		vt_format(seconds, sizeof(seconds), "%d", x->reply.retry_after_s))
		evhttp_add_header(headers, "Retry-After", seconds);
}

/* Closes without an answer. evhttp lets go of the request by itself once it cannot write. */
static void drop(struct exchange *x)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(x->http);

	if (connection) {
		struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
		(void)shutdown(bufferevent_getfd(bev), SHUT_RDWR);
	}
	evhttp_send_reply(x->http, 500, "Dropped", NULL);
	log_line(x, x->fault.kind == FAULT_DROP_AFTER ? x->reply.result : "dropped");
	exchange_free(x);
}

static void drip(struct exchange *x)
{
	struct evbuffer *one = evbuffer_new();
	const bool is_gone = !evhttp_request_get_connection(x->http);

	VT_ASSERT(one);
	if (!is_gone && x->dripped < x->reply.body.length) {
		evbuffer_add(one, x->reply.body.data + x->dripped++, 1);
		evhttp_send_reply_chunk(x->http, one);
		evbuffer_free(one);
		wait_for(x, DRIP_MS);
		return;
	}
	evbuffer_free(one);
	evhttp_send_reply_end(x->http);
	TAILQ_REMOVE(&x->server->waiting, x, entry);
	log_line(x, is_gone ? "gave-up" : x->reply.result);
	exchange_free(x);
}

static void bend_body(struct exchange *x)
{
	struct vt_buf *body = &x->reply.body;

	if (x->fault.kind == FAULT_MALFORMED)
		body->length /= 2;
	while (x->fault.kind == FAULT_OVERSIZED && body->length < 3 * VT_MAX_HTTP_BODY)
		vt_buf_append_text(
			body, "                                                        ");
}

static void answer(struct exchange *x)
{
	if (x->fault.kind == FAULT_DROP_AFTER) {
		drop(x);
		return;
	}
	bend_body(x);
	add_headers(x);
	if (x->fault.kind == FAULT_SLOW_DRIP) {
		evhttp_send_reply_start(x->http, x->reply.status, phrase(x->reply.status));
		TAILQ_INSERT_TAIL(&x->server->waiting, x, entry);
		drip(x);
		return;
	}
	struct evbuffer *body = evbuffer_new();
	VT_ASSERT(body);
	if (evhttp_request_get_command(x->http) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, x->reply.body.data, x->reply.body.length);
	evhttp_send_reply(x->http, x->reply.status, phrase(x->reply.status), body);
	evbuffer_free(body);
	log_line(x, x->reply.result);
	exchange_free(x);
}

static void plain(struct exchange *x, int status, const char *result, const char *text)
{
	x->reply.status = status;
	x->reply.content_type = "text/plain; charset=utf-8";
	vt_copy_cut(x->reply.result, sizeof(x->reply.result), result);
	vt_buf_reset(&x->reply.body);
	vt_buf_append_text(&x->reply.body, text);
}

/* Working */

/* True if another request of this terminal with this key waits for its work. */
static bool is_running(const struct exchange *x, const char *key)
{
	const struct exchange *other;

	TAILQ_FOREACH(other, &x->server->waiting, entry)
	if (other != x && other->is_delayed && strcmp(other->key, key) == 0 &&
		strcmp(other->terminal, x->terminal) == 0)
		return true;
	return false;
}

static void seal(struct exchange *x, const struct registry_answer *result)
{
	struct vt_error error = {0};

	x->reply.status = result->status;
	x->reply.content_type = "text/xml; charset=utf-8";
	x->reply.is_replayed = result->is_replayed;
	vt_copy_cut(x->reply.result, sizeof(x->reply.result), result->result);
	if (envelope_seal(result, x->operation, x->request.relates_to, &x->server->options.signers,
		    x->fault.kind, vt_clock_unix_ms(), &x->reply.body, &error))
		plain(x, 500, "internal", "The answer could not be signed\n");
}

static void work_soap(struct exchange *x)
{
	struct registry_answer result;
	const bool asks = x->operation == REGISTRY_INQUIRE;
	const char *key = asks ? registry_field(&x->request.fields, "clave") : x->key;
	const bool running = is_running(x, key);
	const struct registry_call call = {
		.operation = x->operation,
		.terminal = x->terminal,
		.key = x->key,
		.fields = &x->request.fields,
		.is_running = running,
		.now_unix_ms = vt_clock_unix_ms(),
	};

	registry_answer_init(&result);
	if (running && !asks)
		registry_fault(&result, 409, "soap:Server.EnProceso",
			"La solicitud original sigue en proceso");
	else
		registry_call(x->server->options.store, x->server->options.account, &call, &result);
	seal(x, &result);
	registry_answer_finish(&result);
}

static void work_sheets(struct exchange *x)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(x->http);
	const char *header =
		evhttp_find_header(evhttp_request_get_input_headers(x->http), "Idempotency-Key");
	const size_t length = evbuffer_get_length(in);
	const void *body = length ? (const void *)evbuffer_pullup(in, -1) : "";
	char today[11];

	today_of(x->server, today);
	if (x->key[0] && is_running(x, x->key)) {
		reply_problem(&x->reply, 409, "in-progress", "The original is being worked on");
		return;
	}
	fees_issue(x->server->options.store, x->terminal, header, body, length, today,
		vt_clock_unix_ms(), &x->reply);
}

static void work_wsdl(struct exchange *x)
{
	char base[64];

	plain(x, 200, "ok", "");
	x->reply.content_type = "text/xml; charset=utf-8";
	if (!vt_format(base, sizeof(base), "https://localhost:%d", x->server->port) ||
		!envelope_wsdl(x->service, base, &x->reply.body))
		plain(x, 404, "not-found", "No such service\n");
}

static void work(struct exchange *x)
{
	switch (x->kind) {
	case KIND_HEALTH:
		plain(x, 200, "ok", "{\"status\":\"ok\"}");
		x->reply.content_type = "application/json";
		break;
	case KIND_WSDL:
		work_wsdl(x);
		break;
	case KIND_SOAP:
		work_soap(x);
		break;
	case KIND_SHEETS:
		work_sheets(x);
		break;
	case KIND_LEDGER:
		fees_list(x->server->options.store, x->terminal,
			evhttp_uri_get_query(evhttp_request_get_evhttp_uri(x->http)),
			vt_clock_unix_ms(), &x->reply);
		break;
	case KIND_TRANSACTIONS:
		fees_inquire(x->server->options.store, x->terminal, x->asked,
			is_running(x, x->asked), &x->reply);
		break;
	case KIND_NONE:
		break;
	}
	answer(x);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct exchange *x = user;

	(void)fd, (void)what;
	if (!x->is_delayed) {
		drip(x);
		return;
	}
	x->is_delayed = false;
	TAILQ_REMOVE(&x->server->waiting, x, entry);
	work(x);
}

/* Arriving */

static const char *starts_with(const char *text, const char *prefix)
{
	const size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* SOAPAction with or without its quotes. */
static void read_action(struct evhttp_request *http, char *dst, size_t size)
{
	const char *header =
		evhttp_find_header(evhttp_request_get_input_headers(http), "SOAPAction");
	size_t length;

	if (!header || !vt_copy(dst, size, header))
		dst[0] = '\0';
	length = strlen(dst);
	if (length >= 2 && dst[0] == '"' && dst[length - 1] == '"') {
		memmove(dst, dst + 1, length - 2);
		dst[length - 2] = '\0';
	}
}

static bool find_operation(
	const char *service, const char *action, enum registry_operation *ret_operation)
{
	for (int i = 0; i < REGISTRY_OPERATION_MAX; i++) {
		const struct registry_wire *wire = registry_wire((enum registry_operation)i);
		const bool here =
			strcmp(wire->path, service) == 0 ||
			(i == REGISTRY_CONFIRM &&
				(strcmp(service, "ConsultaPorCurpService") == 0 ||
					strcmp(service, "ConsultaCurpDetalleService") == 0));

		if (here && strcmp(wire->soap_action, action) == 0) {
			*ret_operation = (enum registry_operation)i;
			return true;
		}
	}
	return false;
}

static void set_operation(struct exchange *x, const char *name)
{
	vt_copy_cut(x->reply.operation, sizeof(x->reply.operation), name);
}

static void classify_soap(struct exchange *x, const char *service, const char *action)
{
	if (find_operation(service, action, &x->operation)) {
		x->kind = KIND_SOAP;
		set_operation(x, registry_wire(x->operation)->element);
	} else {
		plain(x, 404, "not-found", "No such service, or no such SOAPAction there\n");
	}
}

static void classify(struct exchange *x, const char *path, const char *query, const char *action)
{
	const enum evhttp_cmd_type method = evhttp_request_get_command(x->http);
	const bool reads = method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD;
	const char *rest;

	x->kind = KIND_NONE;
	plain(x, 404, "not-found", "Not found\n");
	/* "/": where a terminal looks whether anybody is there. */
	if ((strcmp(path, "/health") == 0 || strcmp(path, "/") == 0) && reads) {
		x->kind = KIND_HEALTH;
		set_operation(x, "health");
	} else if ((rest = starts_with(path, SERVICES_PATH)) != NULL) {
		if (method == EVHTTP_REQ_POST)
			classify_soap(x, rest, action);
		else if (reads && query && strcmp(query, "wsdl") == 0 &&
			 vt_copy(x->service, sizeof(x->service), rest))
			x->kind = KIND_WSDL;
		set_operation(x, x->kind == KIND_WSDL ? "wsdl" : x->reply.operation);
	} else if (strcmp(path, SHEETS_PATH) == 0 && method == EVHTTP_REQ_POST) {
		x->kind = KIND_SHEETS;
		set_operation(x, "sheets");
	} else if (strcmp(path, LEDGER_PATH) == 0 && reads) {
		x->kind = KIND_LEDGER;
		set_operation(x, "transactions");
	} else if ((rest = starts_with(path, TRANSACTIONS_PATH)) != NULL && reads &&
		   vt_uuid_valid(rest) && vt_copy(x->asked, sizeof(x->asked), rest)) {
		x->kind = KIND_TRANSACTIONS;
		set_operation(x, "transactions");
		vt_copy_cut(x->key, sizeof(x->key), x->asked);
	} else if (rest) {
		reply_problem(&x->reply, 400, "key-malformed", "GET with a lower-case UUID");
	} else if (strcmp(path, SHEETS_PATH) == 0 || strcmp(path, "/health") == 0) {
		plain(x, 405, "method", "Method not allowed\n");
	}
}

/* Opens the envelope. False: the Fault is already in the reply. */
static bool open_soap(struct exchange *x)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(x->http);
	const size_t length = evbuffer_get_length(in);
	const void *body = length ? (const void *)evbuffer_pullup(in, -1) : "";
	struct registry_answer result;
	struct vt_error error = {0};

	registry_answer_init(&result);
	const enum vt_code code = envelope_open(body, length, x->operation, x->terminal,
		x->server->options.trust, vt_clock_unix_ms(), &x->request, &result, &error);
	if (code)
		seal(x, &result);
	else
		vt_copy_cut(x->key, sizeof(x->key), x->request.key);
	registry_answer_finish(&result);
	return !code;
}

/* What must be known before any work: whose key it is. False: answered with the refusal. */
static bool prepare(struct exchange *x)
{
	if (x->kind == KIND_NONE)
		return false;
	if (x->kind == KIND_SOAP)
		return open_soap(x);
	if (x->kind == KIND_SHEETS &&
		!fees_key(evhttp_find_header(
				  evhttp_request_get_input_headers(x->http), "Idempotency-Key"),
			x->key))
		x->key[0] = '\0'; /* fees_issue() says why not */
	return true;
}

/* A fault instead of the work. False: go on. */
static bool fault_instead(struct exchange *x)
{
	switch (x->fault.kind) {
	case FAULT_DROP_BEFORE:
		drop(x);
		return true;
	case FAULT_STATUS:
		plain(x, x->fault.status, "fault", "Ordered by the test\n");
		x->reply.retry_after_s = x->fault.retry_after_s;
		answer(x);
		return true;
	case FAULT_DELAY:
		x->is_delayed = true;
		TAILQ_INSERT_TAIL(&x->server->waiting, x, entry);
		wait_for(x, x->fault.delay_ms);
		return true;
	case FAULT_NONE:
	case FAULT_DROP_AFTER:
	case FAULT_MALFORMED:
	case FAULT_OVERSIZED:
	case FAULT_EXPIRED:
	case FAULT_BAD_SIGNATURE:
	case FAULT_UNSIGNED:
	case FAULT_WRONG_CA:
	case FAULT_WRAPPED:
	case FAULT_LATIN1:
	case FAULT_SLOW_DRIP:
	case FAULT_KIND_MAX:
		break;
	}
	return false;
}

static void take_fault(struct exchange *x, const char *path, const char *action)
{
	char text[400];
	const struct fault_target target = {
		.text = text,
		.is_soap = x->kind == KIND_SOAP,
		.is_probe = x->kind == KIND_HEALTH || x->kind == KIND_WSDL,
	};

	if (vt_format(text, sizeof(text), "%s %s", path, action))
		x->fault = faults_take(&x->server->faults, &target);
}

static void on_request(struct evhttp_request *http, void *user)
{
	struct server *server = user;
	struct exchange *x = calloc(1, sizeof(*x));
	struct evhttp_connection *connection = evhttp_request_get_connection(http);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	char action[64];

	VT_ASSERT(x);
	x->server = server;
	x->http = http;
	x->start_ms = vt_clock_monotonic_ms();
	reply_init(&x->reply);
	x->timer = evtimer_new(server->options.base, on_timer, x);
	VT_ASSERT(x->timer);
	read_action(http, action, sizeof(action));
	if (!tls_peer(evhttp_connection_get_bufferevent(connection), x->terminal)) {
		plain(x, 403, "no-name", "The certificate names no terminal\n");
		answer(x);
		return;
	}
	classify(x, path ? path : "", uri ? evhttp_uri_get_query(uri) : NULL, action);
	if (x->kind != KIND_NONE)
		plain(x, 500, "", ""); /* the refusal is off the table */
	if (!prepare(x)) {
		answer(x);
		return;
	}
	take_fault(x, path, action);
	if (!fault_instead(x))
		work(x);
}

/* Listening */

static int bound_socket(int port, int *ret_port, struct vt_error *error)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	socklen_t length = sizeof(address);
	VT_CLEANUP(vt_closep)
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0 ||
		/* Inherited by the accepted ones: an answer is two TLS records, and the second must
		 * not wait 40 ms for the client's delayed acknowledgement of the first. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) != 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
		(void)vt_fail(
			error, VT_ERR_NETWORK, errno, "server: port %d: %s", port, strerror(errno));
		return -1;
	}
	*ret_port = ntohs(address.sin_port);
	return vt_take_fd(&fd);
}

static enum vt_code listen_on(struct server *server, int fd, struct vt_error *error)
{
	if (listen(fd, 64) != 0)
		return vt_fail(error, VT_ERR_NETWORK, errno, "server: listen: %s", strerror(errno));
	server->bound = evhttp_accept_socket_with_handle(server->http, fd);
	return server->bound ? VT_OK : vt_fail(error, VT_ERR_NOMEM, 0, "server: listen");
}

enum vt_code server_down(struct server *server, struct vt_error *error)
{
	if (!server->bound)
		return vt_fail(error, VT_ERR_STATE, 0, "server: is down");
	evhttp_del_accept_socket(server->http, server->bound);
	server->bound = NULL;
	tls_cut_all(server->options.tls);
	/* Bound but not listening: connecting is refused, and nobody else gets the port. */
	server->reserve = bound_socket(server->port, &server->port, error);
	return server->reserve >= 0 ? VT_OK : VT_ERR_NETWORK;
}

enum vt_code server_up(struct server *server, struct vt_error *error)
{
	if (server->bound)
		return vt_fail(error, VT_ERR_STATE, 0, "server: is up");
	if (server->reserve < 0)
		server->reserve = bound_socket(server->port, &server->port, error);
	if (server->reserve < 0)
		return VT_ERR_NETWORK;
	const enum vt_code code = listen_on(server, server->reserve, error);
	if (!code)
		server->reserve = -1; /* evhttp's now */
	return code;
}

static struct bufferevent *on_accept(struct event_base *base, void *user)
{
	const struct server *server = user;

	return tls_accept(server->options.tls, base);
}

enum vt_code server_create(
	const struct server_options *options, struct server **ret_server, struct vt_error *error)
{
	VT_CLEANUP(server_destroy) struct server *server = calloc(1, sizeof(*server));
	enum vt_code code;

	if (!server)
		return vt_fail(error, VT_ERR_NOMEM, 0, "server: out of memory");
	server->options = *options;
	server->reserve = -1;
	TAILQ_INIT(&server->waiting);
	server->http = evhttp_new(options->base);
	if (!server->http)
		return vt_fail(error, VT_ERR_NOMEM, 0, "server: out of memory");
	evhttp_set_bevcb(server->http, on_accept, server);
	evhttp_set_gencb(server->http, on_request, server);
	evhttp_set_allowed_methods(
		server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
	evhttp_set_max_headers_size(server->http, 16 * 1024);
	evhttp_set_max_body_size(server->http, REQUEST_MAX);
	evhttp_set_timeout(server->http, IDLE_S);
	server->reserve = bound_socket(options->port, &server->port, error);
	if (server->reserve < 0)
		return VT_ERR_NETWORK;
	code = server_up(server, error);
	if (code)
		return code;
	*ret_server = server;
	server = NULL;
	return VT_OK;
}

void server_destroy(struct server **server)
{
	struct exchange *x;

	if (!*server)
		return;
	while ((x = TAILQ_FIRST(&(*server)->waiting)) != NULL) {
		/* Frees a request whose connection is gone; the others go with evhttp_free(). */
		if (!evhttp_request_get_connection(x->http))
			evhttp_request_free(x->http);
		TAILQ_REMOVE(&(*server)->waiting, x, entry);
		exchange_free(x);
	}
	if ((*server)->http)
		evhttp_free((*server)->http);
	vt_closep(&(*server)->reserve);
	free(*server);
	*server = NULL;
}

void server_release(struct server *server)
{
	struct exchange *x;

	TAILQ_FOREACH(x, &server->waiting, entry)
	if (x->is_delayed)
		event_active(x->timer, EV_TIMEOUT, 0);
}

int server_port(const struct server *server)
{
	return server->port;
}

struct faults *server_faults(struct server *server)
{
	return &server->faults;
}
