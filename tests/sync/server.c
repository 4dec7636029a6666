#include "tests/sync/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/ssl.h>

#include "terminal/base/text.h"
#include "tests/sync/support.h"

struct counters {
	volatile int requests, connections;
};

struct server {
	pid_t pid;
	int port, listener;
	struct counters *counters; /* shared with the children */
};

struct request {
	char method[8], path[256];
	char *body; /* NUL behind it; owned */
	size_t length;
};

/* ---- HTTP, as little as it takes ---- */

static bool read_request(SSL *ssl, struct request *request)
{
	static char head[65536];
	size_t used = 0;
	char *end = NULL;

	while (!end && used < sizeof(head) - 1) {
		const int got = SSL_read(ssl, head + used, (int)(sizeof(head) - 1 - used));
		if (got <= 0)
			return false;
		used += (size_t)got;
		head[used] = '\0';
		end = strstr(head, "\r\n\r\n");
	}
	if (!end || sscanf(head, "%7s %255s", request->method, request->path) != 2)
		return false;
	end += 4;
	const char *field = strcasestr(head, "\r\nContent-Length:");
	char digits[16] = "0";
	int64_t length = 0;
	if (field && sscanf(field + 17, " %15[0-9]", digits) != 1)
		return false;
	if (vt_parse_i64(digits, 0, 1 << 20, &length))
		return false;
	request->length = (size_t)length;
	request->body = calloc(1, request->length + 1);
	size_t have = used - (size_t)(end - head);
	memcpy(request->body, end, have < request->length ? have : request->length);
	while (have < request->length) {
		const int got = SSL_read(ssl, request->body + have, (int)(request->length - have));
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

static bool send_all(SSL *ssl, const char *data, size_t length)
{
	while (length > 0) {
		const int sent = SSL_write(ssl, data, (int)length);
		if (sent <= 0)
			return false;
		data += sent;
		length -= (size_t)sent;
	}
	return true;
}

static bool answer(SSL *ssl, const char *status, const char *headers, const char *body)
{
	char *text = NULL;
	const int length = asprintf(&text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status,
		strlen(body), headers, body);
	const bool good = length > 0 && send_all(ssl, text, (size_t)length);

	free(text);
	return good;
}

static bool answer_sheet(SSL *ssl, const struct request *request)
{
	json_t *asked = json_loads(request->body, 0, NULL);
	json_t *sheet = json_pack("{s:O, s:s, s:s, s:s, s:O, s:s}", "key",
		json_object_get(asked, "key"), "sheetId", "S-1", "claveReferencia", "024001408",
		"cadenaDependencia", "01030020000003", "amountCentavos",
		json_object_get(asked, "amountCentavos"), "validUntil", "2026-12-31");
	char *text = json_dumps(sheet, 0);
	const bool good = answer(
		ssl, "201 Created", "Content-Type: application/json\r\n", text ? text : "{}");

	free(text);
	json_decref(sheet);
	json_decref(asked);
	return good;
}

static bool answer_transaction(SSL *ssl, const char *key)
{
	char text[160];

	return vt_format(text, sizeof(text),
		       "{\"key\":\"%s\",\"state\":\"unknown\",\"result\":null,\"reason\":\"\"}",
		       key) &&
	       answer(ssl, "200 OK", "Content-Type: application/json\r\n", text);
}

static bool answer_big(SSL *ssl)
{
	static char block[65536];
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n";

	memset(block, 'x', sizeof(block));
	bool good = send_all(ssl, head, strlen(head));
	for (int i = 0; i < 32 && good; i++)
		good = send_all(ssl, block, sizeof(block));
	return good;
}

static void reset(int fd)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	_exit(0);
}

/* False ends the connection. */
static bool serve(SSL *ssl, int fd, const struct request *request)
{
	static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
	const char *path = request->path;
	char status[32];

	if (strcmp(request->method, "HEAD") == 0)
		return answer(ssl, "404 Not Found", "", "");
	if (strncmp(path, "/status/", 8) == 0)
		return vt_format(status, sizeof(status), "%.3s X", path + 8) &&
		       answer(ssl, status, "", "");
	if (strcmp(path, "/echo") == 0 || strcmp(path, "/once") == 0)
		return answer(
			ssl, "200 OK", "Content-Type: Text/XML; charset=x\r\n", request->body);
	if (strcmp(path, "/later") == 0)
		return answer(ssl, "503 Later", "Retry-After: 30\r\n", "");
	if (strcmp(path, "/replayed") == 0)
		return answer(ssl, "200 OK", "Idempotent-Replayed: true\r\n", "x");
	if (strcmp(path, "/redirect") == 0)
		return answer(ssl, "302 Found", "Location: /echo\r\n", "");
	if (strcmp(path, "/big") == 0)
		return answer_big(ssl);
	if (strcmp(path, "/fees/v1/sheets") == 0)
		return answer_sheet(ssl, request);
	if (strncmp(path, "/fees/v1/transactions/", 22) == 0)
		return answer_transaction(ssl, path + 22);
	if (strcmp(path, "/cut") == 0)
		(void)send_all(ssl, cut, strlen(cut));
	if (strcmp(path, "/garbage") == 0)
		(void)send_all(ssl, "%%% no http %%%\r\n\r\n", 19);
	if (strcmp(path, "/reset") == 0)
		reset(fd);
	if (strcmp(path, "/hang") == 0)
		pause();
	return false;
}

/* ---- processes ---- */

static void serve_connection(
	SSL_CTX *ctx, int fd, const struct server_options *options, struct counters *counters)
{
	SSL *ssl = SSL_new(ctx);
	const int one = 1;
	bool dies_next = false;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (options->hangs)
		pause();
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		__atomic_add_fetch(&counters->connections, 1, __ATOMIC_SEQ_CST);
		struct request request = {0};
		while (read_request(ssl, &request)) {
			if (request.length)
				__atomic_add_fetch(&counters->requests, 1, __ATOMIC_SEQ_CST);
			if (dies_next || !serve(ssl, fd, &request))
				break;
			dies_next = strcmp(request.path, "/once") == 0;
			free(request.body);
			request = (struct request){0};
		}
		free(request.body);
		(void)SSL_shutdown(ssl);
	} else {
		/* Closing with unread bytes would be a reset, which overtakes the alert. */
		char rest[4096];
		shutdown(fd, SHUT_WR);
		while (read(fd, rest, sizeof(rest)) > 0)
			;
	}
	SSL_free(ssl);
	close(fd);
}

static SSL_CTX *make_context(const struct server_options *options)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char name[64];

	if (options->max_tls == 12)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (!vt_format(name, sizeof(name), "%s.pem", options->identity) ||
		SSL_CTX_use_certificate_chain_file(ctx, support_path(name)) != 1)
		abort();
	if (!vt_format(name, sizeof(name), "%s.key", options->identity) ||
		SSL_CTX_use_PrivateKey_file(ctx, support_path(name), SSL_FILETYPE_PEM) != 1)
		abort();
	if (options->ca) {
		if (!vt_format(name, sizeof(name), "%s.pem", options->ca) ||
			SSL_CTX_load_verify_locations(ctx, support_path(name), NULL) != 1)
			abort();
		/* Without it OpenSSL refuses to resume sessions of authenticated clients. */
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"vt", 2);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	return ctx;
}

static void run_server(
	int listener, const struct server_options *options, struct counters *counters)
{
	SSL_CTX *ctx = make_context(options);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		const int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			_exit(1);
		if (fork() == 0) {
			close(listener);
			serve_connection(ctx, fd, options, counters);
			_exit(0);
		}
		close(fd);
	}
}

struct server *server_start_at(const struct server_options *options, int port)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	const int one = 1;

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server->listener, (struct sockaddr *)&address, size) < 0 ||
		listen(server->listener, 64) < 0 ||
		getsockname(server->listener, (struct sockaddr *)&address, &size) < 0)
		abort();
	server->port = ntohs(address.sin_port);
	server->counters = mmap(NULL, sizeof(*server->counters), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	server->pid = fork();
	if (server->pid == 0)
		run_server(server->listener, options, server->counters);
	close(server->listener);
	return server;
}

struct server *server_start(const struct server_options *options)
{
	return server_start_at(options, 0);
}

void server_stop(struct server **server)
{
	struct server *s = *server;

	if (!s)
		return;
	/* Its children die with it (PDEATHSIG). */
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	munmap(s->counters, sizeof(*s->counters));
	free(s);
	*server = NULL;
}

int server_port(const struct server *server)
{
	return server->port;
}

int server_requests(const struct server *server)
{
	return __atomic_load_n(&server->counters->requests, __ATOMIC_SEQ_CST);
}

int server_connections(const struct server *server)
{
	return __atomic_load_n(&server->counters->connections, __ATOMIC_SEQ_CST);
}
