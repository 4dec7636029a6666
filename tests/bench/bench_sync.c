/* bench_sync: the sync client's figures S1–S4 of the goals, one JSON object a line, each with a
 * yardstick measured in the same run (interleaved rounds, medians). Everything is on loopback; the
 * server is tests/sync/server.c with a client certificate demanded, TLS 1.3. */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <systemd/sd-event.h>

#include "offline-queue/sync/http.h"
#include "offline-queue/sync/wsse.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "tests/sync/server.h"
#include "tests/sync/support.h"

#define ROUNDS	   7
#define SIGNATURES 100	/* per round and contender */
#define REQUESTS   1000 /* per round and contender */
#define CONNECTS   10	/* per round and contender */
#define BODY_BYTES 2048

static void check(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "bench_sync: %s\n", what);
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

static void report(const char *id, const char *name, double value, const char *unit,
	const char *yardstick, double yardstick_value)
{
	printf("{\"id\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", "
	       "\"yardstick\": \"%s\", \"yardstick_value\": %.6g, \"ratio\": %.3f}\n",
		id, name, value, unit, yardstick, yardstick_value,
		yardstick_value > 0 ? value / yardstick_value : 0.0);
	fflush(stdout);
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- S4: envelopes ---- */

/* What RENAPO's query by key looks like, about 3.5 KB when signed. */
static struct xml_doc *make_envelope(void)
{
	struct xml_doc *doc = soap_create("urn:uuid:8e03978e-40d5-43e8-bc93-6894a57f9324", NULL);
	struct xml_node *data = xml_add(xml_add(soap_body(doc), "urn:s", "ser", "consultarPorCurp"),
		"urn:x", "xsd", "datos");

	(void)xml_add_same(data, "cveCurp", "SABC560626MDFLRN01");
	(void)xml_add_same(data, "cveEntidadEmisora", "09");
	(void)xml_add_same(data, "direccionIp", "127.0.0.1");
	(void)xml_add_same(data, "password", "0123456789abcdef0123456789abcdef");
	(void)xml_add_same(data, "tipoTransaccion", "1");
	(void)xml_add_same(data, "usuario", "ventanilla");
	return doc;
}

static void sign(const struct wsse_identity *identity, struct vt_buf *out)
{
	VT_CLEANUP(xml_free) struct xml_doc *doc = make_envelope();

	vt_buf_reset(out);
	check(doc && !wsse_sign(doc, identity, vt_clock_unix_ms(), NULL) &&
			!xml_serialize(doc, out, NULL),
		"signing");
}

static void verify(const struct wsse_trust *trust, const struct vt_buf *text)
{
	VT_CLEANUP(xml_free) struct xml_doc *doc = NULL;
	struct wsse_verdict verdict;

	check(!xml_parse(text->data, text->length, &doc, NULL) &&
			!wsse_verify(doc, trust, vt_clock_unix_ms(), &verdict, NULL),
		"verifying");
}

static EVP_PKEY *read_key(const char *name)
{
	FILE *file = fopen(support_path(name), "re");
	EVP_PKEY *pkey = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	check(pkey != NULL, name);
	fclose(file);
	return pkey;
}

static void bare_sign(EVP_PKEY *pkey, const struct vt_buf *text, uint8_t *sig, size_t *length)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	*length = 512;
	check(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
			EVP_DigestSign(ctx, sig, length, text->data, text->length) == 1,
		"bare signature");
	EVP_MD_CTX_free(ctx);
}

static void bare_verify(
	EVP_PKEY *pkey, const struct vt_buf *text, const uint8_t *sig, size_t length)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	check(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
			EVP_DigestVerify(ctx, sig, length, text->data, text->length) == 1,
		"bare verification");
	EVP_MD_CTX_free(ctx);
}

static void bench_envelopes(const char *identity_name, const char *key_name, const char *kind)
{
	VT_CLEANUP(wsse_identity_free)
	struct wsse_identity *identity = support_identity(identity_name);
	VT_CLEANUP(wsse_trust_free) struct wsse_trust *trust = support_trust("ca", "agency.test");
	VT_CLEANUP(vt_buf_finish) struct vt_buf text;
	EVP_PKEY *pkey = read_key(key_name);
	double ours[ROUNDS], bare[ROUNDS], check_ours[ROUNDS], check_bare[ROUNDS];
	uint8_t sig[512];
	size_t length = 0;
	char name[64], yardstick[64];

	vt_buf_init(&text, 65536);
	sign(identity, &text);
	for (int r = 0; r < ROUNDS; r++) {
		double start = cpu_us();
		for (int i = 0; i < SIGNATURES; i++)
			bare_sign(pkey, &text, sig, &length);
		bare[r] = (cpu_us() - start) / SIGNATURES;
		start = cpu_us();
		for (int i = 0; i < SIGNATURES; i++)
			bare_verify(pkey, &text, sig, length);
		check_bare[r] = (cpu_us() - start) / SIGNATURES;
		start = cpu_us();
		for (int i = 0; i < SIGNATURES; i++)
			sign(identity, &text);
		ours[r] = (cpu_us() - start) / SIGNATURES;
		start = cpu_us();
		for (int i = 0; i < SIGNATURES; i++)
			verify(trust, &text);
		check_ours[r] = (cpu_us() - start) / SIGNATURES;
	}
	check(vt_format(name, sizeof(name), "envelope built, signed, serialised, %s", kind) &&
			vt_format(yardstick, sizeof(yardstick), "bare %s signature of it", kind),
		"name");
	report("S4", name, median(ours), "us CPU", yardstick, median(bare));
	check(vt_format(name, sizeof(name), "envelope parsed, chain and signature verified, %s",
		      kind) &&
			vt_format(yardstick, sizeof(yardstick), "bare %s verification", kind),
		"name");
	report("S4v", name, median(check_ours), "us CPU", yardstick, median(check_bare));
	EVP_PKEY_free(pkey);
}

/* ---- S1, S2: requests on one connection ---- */

struct session {
	sd_event *event;
	struct http *http;
	struct http_client *client;
	int done;
	int64_t failed;
};

static void on_done(void *user, uint64_t request, const struct http_answer *answer)
{
	struct session *session = user;

	(void)request;
	session->done++;
	session->failed += answer->status != 200;
}

static char body[BODY_BYTES + 1];

static void ours_requests(struct session *session, int count, int side_by_side)
{
	const struct http_request request = {.method = "POST",
		.path = "/echo",
		.headers = {"Content-Type: text/xml"},
		.body = body,
		.body_length = BODY_BYTES,
		.timeout_ms = 30000};
	int started = 0;
	uint64_t id;

	session->done = 0;
	while (session->done < count) {
		while (started < count && started - session->done < side_by_side) {
			check(!http_start(session->client, &request, on_done, session, &id, NULL),
				"http_start");
			started++;
		}
		check(sd_event_run(session->event, UINT64_MAX) > 0, "event loop");
	}
	check(session->failed == 0, "a request failed");
}

static SSL *bare_connect(int port)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	check(SSL_CTX_use_certificate_chain_file(ctx, support_path("terminal.pem")) == 1 &&
			SSL_CTX_use_PrivateKey_file(
				ctx, support_path("terminal.key"), SSL_FILETYPE_PEM) == 1 &&
			SSL_CTX_load_verify_locations(ctx, support_path("ca.pem"), NULL) == 1,
		"bare client");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	check(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	SSL *ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(ssl, fd);
	check(SSL_connect(ssl) == 1, "bare handshake");
	return ssl;
}

/* The least a client can do: one write, reads until the body is there, no event loop, no parser. */
static void bare_requests(SSL *ssl, int count)
{
	static char request[BODY_BYTES + 256], answer[BODY_BYTES + 512];
	const int length = snprintf(request, sizeof(request),
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
		"Content-Length: %d\r\n\r\n%s",
		BODY_BYTES, body);

	for (int i = 0; i < count; i++) {
		size_t got = 0;
		check(SSL_write(ssl, request, length) == length, "bare write");
		for (const char *end = NULL;
			!end || got < (size_t)(end - answer) + 4 + BODY_BYTES;) {
			const int n = SSL_read(ssl, answer + got, (int)(sizeof(answer) - 1 - got));
			check(n > 0, "bare read");
			got += (size_t)n;
			answer[got] = '\0';
			end = strstr(answer, "\r\n\r\n");
		}
	}
}

static void session_open(struct session *session, int port)
{
	char url[64];
	struct vt_error error = {0};

	*session = (struct session){0};
	check(vt_format(url, sizeof(url), "https://localhost:%d", port) &&
			sd_event_new(&session->event) >= 0 &&
			!http_create(session->event, &session->http, &error),
		"http");
	const struct http_options options = {.url = url,
		.ca_file = support_path("ca.pem"),
		.cert_file = support_path("terminal.pem"),
		.key_file = support_path("terminal.key")};
	check(!http_client_create(session->http, &options, &session->client, &error), error.msg);
}

static void session_close(struct session *session)
{
	http_client_destroy(&session->client);
	http_destroy(&session->http);
	sd_event_unref(session->event);
}

static void bench_requests(int port)
{
	double ours[ROUNDS], bare[ROUNDS], cpu[ROUNDS];
	struct session session;
	SSL *ssl = bare_connect(port);

	session_open(&session, port);
	ours_requests(&session, 10, 1);
	for (int r = 0; r < ROUNDS; r++) {
		int64_t start = vt_clock_monotonic_ns();
		bare_requests(ssl, REQUESTS);
		bare[r] = REQUESTS * 1e9 / (double)(vt_clock_monotonic_ns() - start);
		const double before = cpu_us();
		start = vt_clock_monotonic_ns();
		ours_requests(&session, REQUESTS, 1);
		ours[r] = REQUESTS * 1e9 / (double)(vt_clock_monotonic_ns() - start);
		cpu[r] = (cpu_us() - before) / REQUESTS;
	}
	report("S1", "requests on one mTLS connection, 2 KiB, one at a time", median(ours), "1/s",
		"bare OpenSSL client, same server", median(bare));
	report("S1c", "the same, client CPU", median(cpu), "us/request",
		"one request of the bare client, wall", 1e6 / median(bare));
	report("S2", "handshakes of that session", (double)http_connections(session.http), "count",
		"aim", 1);
	session_close(&session);
	const int fd = SSL_get_fd(ssl);
	SSL_free(ssl);
	close(fd);
}

/* ---- S3: a new handle with its CA file ---- */

static size_t ignore(char *data, size_t size, size_t count, void *user)
{
	(void)data, (void)user;
	return size * count;
}

/* CPU of a fresh curl handle, its handshake and one request, with this CA file. */
static double connect_cpu(int port, const char *ca_name)
{
	char url[64], ca_file[256];

	check(vt_format(url, sizeof(url), "https://localhost:%d/status/200", port) &&
			vt_copy(ca_file, sizeof(ca_file), support_path(ca_name)),
		"paths");
	const double start = cpu_us();
	for (int i = 0; i < CONNECTS; i++) {
		CURL *easy = curl_easy_init();
		curl_easy_setopt(easy, CURLOPT_URL, url);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(easy, CURLOPT_SSLCERT, support_path("terminal.pem"));
		curl_easy_setopt(easy, CURLOPT_SSLKEY, support_path("terminal.key"));
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
		check(curl_easy_perform(easy) == CURLE_OK, "fresh handle");
		curl_easy_cleanup(easy);
	}
	return (cpu_us() - start) / CONNECTS;
}

static void copy_file(FILE *out, const char *path)
{
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "re");
	char block[4096];

	for (size_t n; in && (n = fread(block, 1, sizeof(block), in)) > 0;)
		check(fwrite(block, 1, n, out) == n, "bundle");
}

static void bench_handles(int port)
{
	static const char system_bundle[] = "/etc/ssl/certs/ca-certificates.crt";
	const bool is_real = access(system_bundle, R_OK) == 0;
	FILE *bundle = fopen(support_path("bundle.pem"), "we");
	double pinned[ROUNDS], full[ROUNDS];

	check(bundle != NULL, "bundle");
	copy_file(bundle, support_path("ca.pem"));
	if (is_real)
		copy_file(bundle, system_bundle);
	for (int i = 0; !is_real && i < 140; i++)
		copy_file(bundle, support_path("rogue.pem"));
	fclose(bundle);
	for (int r = 0; r < ROUNDS; r++) {
		pinned[r] = connect_cpu(port, "ca.pem");
		full[r] = connect_cpu(port, "bundle.pem");
	}
	report("S3", "new handle, handshake, one request: pinned CA", median(pinned), "us CPU",
		is_real ? "the same with the system's bundle" : "the same with 140 CAs",
		median(full));
}

int main(void)
{
	const struct server_options options = {.identity = "agency-ec", .ca = "ca"};

	check(support_start(NULL) == 0, "identities");
	memset(body, 'x', BODY_BYTES);
	bench_envelopes("agency-ec", "agency-ec.key", "EC P-256");
	bench_envelopes("agency", "agency.key", "RSA 2048");
	struct server *server = server_start(&options);
	bench_requests(server_port(server));
	bench_handles(server_port(server));
	server_stop(&server);
	return support_stop(NULL);
}
