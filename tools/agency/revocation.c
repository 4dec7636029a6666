/* revocation: the authority of the demo cards as a server of OCSP answers and revocation lists,
 * over plain HTTP on 127.0.0.1. See README.md. */

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <openssl/evp.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/harden.h"
#include "terminal/base/text.h"
#include "tools/agency/responder.h"

#define OVERSIZED_BYTES (3 * 1024 * 1024)
#define ANSWER_MAX	(1024 * 1024)

enum path { PATH_OCSP, PATH_CRL, PATH_COUNT };
static const char *const path_names[PATH_COUNT] = {"ocsp", "crl"};

struct program {
	struct event_base *base;
	struct evhttp *http;
	struct evhttp_bound_socket *bound; /* NULL while down */
	struct evconnlistener *control;
	struct responder *responder;
	int port;
	enum responder_say say;
	enum responder_fault faults[PATH_COUNT];
	unsigned asked[PATH_COUNT];
	char control_path[108];
};

/* --- HTTP --- */

static void say_bytes(
	struct evhttp_request *request, int status, const char *type, const struct vt_buf *body)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(request);

	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
	evbuffer_add(out, body->data, body->length);
	evhttp_send_reply(request, status, NULL, NULL);
}

/* Faults that are not of the answer but of the way; true if one was carried out. */
static bool break_transport(struct evhttp_request *request, enum responder_fault fault)
{
	if (fault == RESPONDER_FAULT_SILENT)
		return true; /* the client gives up and closes: libevent frees the request then */
	if (fault == RESPONDER_FAULT_DROP) {
		struct evhttp_connection *connection = evhttp_request_get_connection(request);
		struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
		(void)shutdown(bufferevent_getfd(bev), SHUT_RDWR);
		return true;
	}
	if (fault == RESPONDER_FAULT_ERROR) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return true;
	}
	if (fault != RESPONDER_FAULT_OVERSIZED)
		return false;
	struct vt_buf body = {.max = OVERSIZED_BYTES};
	uint8_t *room = vt_buf_reserve(&body, OVERSIZED_BYTES);
	if (room) {
		memset(room, 0x30, OVERSIZED_BYTES);
		vt_buf_added(&body, OVERSIZED_BYTES);
	}
	say_bytes(request, HTTP_OK, "application/ocsp-response", &body);
	vt_buf_finish(&body);
	return true;
}

static void log_line(const struct program *program, enum path path)
{
	fprintf(stderr, "revocation: %s %s %s\n", path_names[path],
		responder_say_names[program->say], responder_fault_names[program->faults[path]]);
}

/* RFC 6960 appendix A: the request is the body of a POST, or base64 behind the path of a GET. */
static bool take_request(struct evhttp_request *request, struct vt_buf *ret)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t length = evbuffer_get_length(in);
	size_t decoded = 0;

	if (evhttp_request_get_command(request) == EVHTTP_REQ_POST) {
		if (length == 0 || length > RESPONDER_MAX_REQUEST)
			return false;
		vt_buf_append(ret, evbuffer_pullup(in, -1), length);
		return ret->failed == VT_OK;
	}
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
	char *text = evhttp_uridecode(path + strlen("/ocsp/"), 0, &decoded);
	if (!text)
		return false;
	bool good = decoded > 0 && decoded % 4 == 0 && decoded <= RESPONDER_MAX_REQUEST &&
		    strlen(text) == decoded;
	uint8_t *room = good ? vt_buf_reserve(ret, decoded) : NULL;
	int size = room ? EVP_DecodeBlock(room, (const uint8_t *)text, (int)decoded) : -1;
	if (size > 0) {
		/* EVP_DecodeBlock counts the padding as zero bytes. */
		size -= text[decoded - 1] == '=';
		size -= text[decoded - 2] == '=';
		vt_buf_added(ret, (size_t)size);
	}
	free(text);
	return size > 0;
}

static void on_ocsp(struct evhttp_request *request, struct program *program)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf question = {.max = RESPONDER_MAX_REQUEST};
	VT_CLEANUP(vt_buf_finish) struct vt_buf body = {.max = ANSWER_MAX};

	program->asked[PATH_OCSP]++;
	log_line(program, PATH_OCSP);
	if (break_transport(request, program->faults[PATH_OCSP]))
		return;
	if (!take_request(request, &question)) {
		evhttp_send_error(request, HTTP_BADREQUEST, NULL);
		return;
	}
	if (responder_answer(program->responder, program->say, program->faults[PATH_OCSP],
		    question.data, question.length, vt_clock_unix_ms(), &body) != VT_OK) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return;
	}
	say_bytes(request, HTTP_OK, "application/ocsp-response", &body);
}

static void on_crl(struct evhttp_request *request, struct program *program)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf body = {.max = ANSWER_MAX};

	program->asked[PATH_CRL]++;
	log_line(program, PATH_CRL);
	if (break_transport(request, program->faults[PATH_CRL]))
		return;
	if (responder_list(program->responder, program->say, program->faults[PATH_CRL],
		    vt_clock_unix_ms(), &body) != VT_OK) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return;
	}
	say_bytes(request, HTTP_OK, "application/pkix-crl", &body);
}

static void on_request(struct evhttp_request *request, void *user)
{
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
	bool is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;

	if (path && (is_post ? strcmp(path, "/ocsp") == 0 : strncmp(path, "/ocsp/", 6) == 0))
		on_ocsp(request, user);
	else if (path && !is_post && strcmp(path, "/crl") == 0)
		on_crl(request, user);
	else
		evhttp_send_error(request, HTTP_NOTFOUND, NULL);
}

/* --- listening --- */

static enum vt_code go_up(struct program *program, struct vt_error *error)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	if (program->bound)
		return vt_fail(error, VT_ERR_STATE, 0, "is up");
	program->bound = evhttp_bind_socket_with_handle(
		program->http, "127.0.0.1", (ev_uint16_t)program->port);
	if (!program->bound)
		return vt_fail(
			error, VT_ERR_IO, errno, "port %d: %s", program->port, strerror(errno));
	if (getsockname(evhttp_bound_socket_get_fd(program->bound),
		    (struct sockaddr *)(void *)&address, &size) == 0)
		program->port = ntohs(address.sin_port);
	return VT_OK;
}

static enum vt_code go_down(struct program *program, struct vt_error *error)
{
	if (!program->bound)
		return vt_fail(error, VT_ERR_STATE, 0, "is down");
	evhttp_del_accept_socket(program->http, program->bound);
	program->bound = NULL;
	return VT_OK;
}

/* --- control --- */

static bool find_word(const char *const *names, int count, const char *word, int *ret)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], word) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

/* "fault KIND" for both, "fault ocsp KIND", "fault crl KIND". */
static enum vt_code order_fault(struct program *program, const char *words, struct vt_error *error)
{
	int path = -1, fault;
	const char *blank = strchr(words, ' ');
	char first[16];

	if (blank) {
		if (!vt_format(first, sizeof(first), "%.*s", (int)(blank - words), words) ||
			!find_word(path_names, PATH_COUNT, first, &path))
			return vt_fail(error, VT_ERR_PARSE, 0, "fault [ocsp|crl] KIND");
		words = blank + 1;
	}
	if (!find_word(responder_fault_names, RESPONDER_FAULT_COUNT, words, &fault))
		return vt_fail(error, VT_ERR_PARSE, 0, "no such fault");
	for (int i = 0; i < PATH_COUNT; i++)
		if (path < 0 || path == i)
			program->faults[i] = (enum responder_fault)fault;
	return VT_OK;
}

static enum vt_code obey(
	struct program *program, const char *line, struct vt_buf *out, struct vt_error *error)
{
	int say;

	if (strncmp(line, "say ", 4) == 0) {
		if (!find_word(responder_say_names, RESPONDER_SAY_COUNT, line + 4, &say))
			return vt_fail(
				error, VT_ERR_PARSE, 0, "say index|good|revoked|hold|unknown");
		program->say = (enum responder_say)say;
		return VT_OK;
	}
	if (strncmp(line, "fault ", 6) == 0)
		return order_fault(program, line + 6, error);
	if (strcmp(line, "down") == 0)
		return go_down(program, error);
	if (strcmp(line, "up") == 0)
		return go_up(program, error);
	if (strcmp(line, "stats") == 0) {
		vt_buf_printf(out, "ocsp %u\ncrl %u\n", program->asked[PATH_OCSP],
			program->asked[PATH_CRL]);
		return VT_OK;
	}
	if (strcmp(line, "quit") == 0) {
		/* A moment later, so that the answer goes out. */
		event_base_loopexit(program->base, &(struct timeval){.tv_usec = 20000});
		return VT_OK;
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "no such command");
}

static void on_line(struct bufferevent *bev, void *user)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		struct vt_buf out = {.max = 4096};
		struct vt_error error = {0};
		if (obey(user, line, &out, &error) == VT_OK)
			vt_buf_append_text(&out, "ok\n");
		else
			vt_buf_printf(&out, "error: %s\n", error.msg);
		bufferevent_write(bev, out.data, out.length);
		vt_buf_finish(&out);
		free(line);
	}
	if (evbuffer_get_length(in) > 512)
		bufferevent_free(bev);
}

static void on_control_event(struct bufferevent *bev, short what, void *user)
{
	(void)user;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		bufferevent_free(bev);
}

static void on_control(struct evconnlistener *listener, evutil_socket_t fd,
	struct sockaddr *address, int length, void *user)
{
	struct program *program = user;
	struct bufferevent *bev = bufferevent_socket_new(program->base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)listener, (void)address, (void)length;
	if (!bev)
		return;
	bufferevent_setcb(bev, on_line, NULL, on_control_event, program);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static enum vt_code open_control(struct program *program, const char *path, struct vt_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;

	if (!vt_copy(address.sun_path, sizeof(address.sun_path), path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "control: path too long for a socket");
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(path);
	program->control = evconnlistener_new_bind(program->base, on_control, program,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 8,
		(struct sockaddr *)(void *)&address, (int)sizeof(address));
	if (!program->control)
		return vt_fail(error, VT_ERR_IO, errno, "control: %s: %s", path, strerror(errno));
	memcpy(program->control_path, address.sun_path, sizeof(program->control_path));
	return VT_OK;
}

/* --- main --- */

static void on_signal(evutil_socket_t number, short what, void *user)
{
	(void)number, (void)what;
	event_base_loopbreak(user);
}

static enum vt_code start(
	struct program *program, const char *ca, const char *control, struct vt_error *error)
{
	program->base = event_base_new();
	program->http = program->base ? evhttp_new(program->base) : NULL;
	if (!program->http)
		return vt_fail(error, VT_ERR_NOMEM, 0, "out of memory");
	evhttp_set_allowed_methods(program->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
	evhttp_set_max_body_size(program->http, RESPONDER_MAX_REQUEST);
	evhttp_set_max_headers_size(program->http, 2 * RESPONDER_MAX_REQUEST);
	evhttp_set_gencb(program->http, on_request, program);
	enum vt_code code = responder_load(ca, &program->responder, error);
	if (code == VT_OK && control)
		code = open_control(program, control, error);
	if (code == VT_OK)
		code = go_up(program, error);
	return code;
}

static void finish(struct program *program)
{
	if (program->control) {
		evconnlistener_free(program->control);
		(void)unlink(program->control_path);
	}
	if (program->http)
		evhttp_free(program->http);
	responder_destroy(&program->responder);
	if (program->base)
		event_base_free(program->base);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: revocation --ca DIR [--port N] [--port-file FILE] [--control PATH]\n"
		"         DIR: ca of tools/demo-cards; writes \"port N\" when it is ready, N to "
		"FILE\n"
		"       agency control PATH COMMAND   (say, fault, up, down, stats, quit)\n");
	return 2;
}

/* N appears as a whole, or not at all. */
static enum vt_code write_port(const char *path, int port, struct vt_error *error)
{
	char temporary[512];

	if (!vt_format(temporary, sizeof(temporary), "%s.new", path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "--port-file: path too long");
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(temporary, "we");
	if (!file || fprintf(file, "%d\n", port) < 0 || fflush(file) != 0 ||
		rename(temporary, path) != 0)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	return VT_OK;
}

int main(int argc, char *argv[])
{
	static const struct option names[] = {{"ca", required_argument, NULL, 'a'},
		{"port", required_argument, NULL, 'p'}, {"control", required_argument, NULL, 'c'},
		{"port-file", required_argument, NULL, 'f'}, {0}};
	const char *ca = NULL, *control = NULL, *port_file = NULL;
	struct program program = {0};
	struct vt_error error = {0};
	int64_t port = 0;
	bool good = true;

	for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (c == 'a')
			ca = optarg;
		else if (c == 'c')
			control = optarg;
		else if (c == 'f')
			port_file = optarg;
		else
			good &= c == 'p' && vt_parse_i64(optarg, 0, 65535, &port) == VT_OK;
	}
	if (!good || !ca || optind != argc)
		return usage();
	vt_harden_process();
	program.port = (int)port;
	enum vt_code code = start(&program, ca, control, &error);
	if (code == VT_OK && port_file)
		code = write_port(port_file, program.port, &error);
	struct event *on_term = NULL, *on_int = NULL;
	if (code == VT_OK) {
		on_term = evsignal_new(program.base, SIGTERM, on_signal, program.base);
		on_int = evsignal_new(program.base, SIGINT, on_signal, program.base);
		if (on_term && on_int && evsignal_add(on_term, NULL) == 0 &&
			evsignal_add(on_int, NULL) == 0) {
			printf("port %d\n", program.port);
			fflush(stdout);
			event_base_dispatch(program.base);
		}
	} else {
		fprintf(stderr, "revocation: %s\n", error.msg);
	}
	if (on_term)
		event_free(on_term);
	if (on_int)
		event_free(on_int);
	finish(&program);
	return code == VT_OK ? 0 : 1;
}
