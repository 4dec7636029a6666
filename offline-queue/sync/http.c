#include "offline-queue/sync/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <systemd/sd-event.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/base/timekeeper.h"

#define MAX_URL 1024

/* One exchange; its easy handle is kept for the next one of the client. */
struct exchange {
	uint64_t id; /* 0 = free */
	struct http_client *client;
	CURL *easy;		    /* owned, made at first use */
	struct curl_slist *headers; /* owned while in flight */
	struct vt_buf out;	    /* request body */
	size_t out_read;	    /* bytes of it handed to libcurl */
	struct vt_buf in;
	bool too_large;
	bool got_header; /* first byte of an answer seen */
	struct http_answer answer;
	char error_text[CURL_ERROR_SIZE];
	http_done done;
	void *user;
};

struct http_client {
	struct http *http;
	char url[MAX_URL], ca_file[256], cert_file[256], key_file[256];
	bool is_public;	     /* plain http */
	bool distrusts_kept; /* the last exchange broke: the next one opens a connection */
	struct exchange exchanges[HTTP_MAX_REQUESTS];
};

struct http {
	sd_event *event; /* borrowed */
	CURLM *multi;
	sd_event_source *timer;
	uint64_t next_id;
	int64_t connections;
	struct vt_timekeeper clock;
};

/* ---- the event loop ---- */

static void collect_finished(struct http *http);

static int on_socket_ready(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct http *http = user;
	int running, what = 0;

	(void)source;
	if (revents & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (revents & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (revents & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	(void)curl_multi_socket_action(http->multi, fd, what, &running);
	collect_finished(http);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct http *http = user;
	int running;

	(void)source, (void)usec;
	(void)curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect_finished(http);
	return 0;
}

/* libcurl wants to know about a socket: the event source hangs on it as its private pointer. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
	struct http *http = user;
	sd_event_source *source = socket_user;
	const uint32_t events =
		((what & CURL_POLL_IN) ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0U);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		(void)curl_multi_assign(http->multi, fd, NULL);
		return 0;
	}
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(http->event, &source, fd, events, on_socket_ready, http) < 0)
		return -1;
	return curl_multi_assign(http->multi, fd, source) == CURLM_OK ? 0 : -1;
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct http *http = user;

	(void)multi;
	if (timeout_ms < 0)
		return sd_event_source_set_enabled(http->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	if (sd_event_source_set_time_relative(http->timer, (uint64_t)timeout_ms * 1000) < 0 ||
		sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT) < 0)
		return -1;
	return 0;
}

enum vt_code http_create(struct sd_event *event, struct http **ret_http, struct vt_error *error)
{
	static bool started;

	if (!started && curl_global_init(CURL_GLOBAL_DEFAULT))
		return vt_fail(error, VT_ERR_NOMEM, 0, "http: libcurl does not start");
	started = true;
	VT_CLEANUP(http_destroy) struct http *http = calloc(1, sizeof(*http));
	if (!http || !(http->multi = curl_multi_init()))
		return vt_fail(error, VT_ERR_NOMEM, 0, "http: out of memory");
	http->event = event;
	vt_timekeeper_start(&http->clock, vt_clock_unix_ms(), vt_clock_monotonic_ms());
	/* Accuracy of 1 us: libcurl asks for "at once" several times in each request, and a
	 * millisecond of leisure each time cost nine tenths of the throughput. */
	if (sd_event_add_time_relative(event, &http->timer, CLOCK_MONOTONIC, 0, 1, on_timer, http) <
			0 ||
		sd_event_source_set_enabled(http->timer, SD_EVENT_OFF) < 0)
		return vt_fail(error, VT_ERR_IO, 0, "http: no timer");
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 4L);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 8L);
	*ret_http = vt_take_ptr(&http);
	return VT_OK;
}

void http_destroy(struct http **http)
{
	if (!*http)
		return;
	/* Closes the kept connections; their sockets are taken from the loop on the way. */
	curl_multi_cleanup((*http)->multi);
	sd_event_source_disable_unref((*http)->timer);
	free(*http);
	*http = NULL;
}

struct vt_timekeeper *http_clock(struct http *http)
{
	return &http->clock;
}

int64_t http_unix_ms(struct http *http)
{
	const int64_t now_ms = vt_clock_monotonic_ms();

	(void)vt_timekeeper_watch(&http->clock, vt_clock_unix_ms(), now_ms);
	return vt_timekeeper_now(&http->clock, now_ms);
}

int64_t http_connections(const struct http *http)
{
	return http->connections;
}

/* ---- clients ---- */

enum vt_code http_client_create(struct http *http, const struct http_options *options,
	struct http_client **ret_client, struct vt_error *error)
{
	const char *const files[] = {options->ca_file, options->cert_file, options->key_file};
	const char *scheme = options->is_public ? "http://" : "https://";

	if (strncmp(options->url, scheme, strlen(scheme)) != 0)
		return vt_fail(
			error, VT_ERR_INVALID, 0, "http: %s is not %s…", options->url, scheme);
	for (size_t i = 0; i < VT_ELEMENTS(files) && !options->is_public; i++)
		if (access(files[i], R_OK) < 0)
			return vt_fail(
				error, VT_ERR_IO, errno, "http: %s: %s", files[i], strerror(errno));
	struct http_client *client = calloc(1, sizeof(*client));
	if (!client)
		return vt_fail(error, VT_ERR_NOMEM, 0, "http: out of memory");
	client->http = http;
	client->is_public = options->is_public;
	if (!vt_copy(client->url, sizeof(client->url), options->url) ||
		(!client->is_public &&
			(!vt_copy(client->ca_file, sizeof(client->ca_file), options->ca_file) ||
				!vt_copy(client->cert_file, sizeof(client->cert_file),
					options->cert_file) ||
				!vt_copy(client->key_file, sizeof(client->key_file),
					options->key_file)))) {
		free(client);
		return vt_fail(error, VT_ERR_LIMIT, 0, "http: address or path too long");
	}
	*ret_client = client;
	return VT_OK;
}

static void end_exchange(struct exchange *x)
{
	if (x->id)
		(void)curl_multi_remove_handle(x->client->http->multi, x->easy);
	curl_slist_free_all(x->headers);
	x->headers = NULL;
	vt_buf_finish(&x->out);
	vt_buf_finish(&x->in);
	x->id = 0;
}

void http_client_destroy(struct http_client **client)
{
	if (!*client)
		return;
	for (size_t i = 0; i < HTTP_MAX_REQUESTS; i++) {
		struct exchange *x = &(*client)->exchanges[i];
		end_exchange(x);
		curl_easy_cleanup(x->easy);
	}
	free(*client);
	*client = NULL;
}

/* ---- one exchange ---- */

static size_t on_read(char *data, size_t size, size_t count, void *user)
{
	struct exchange *x = user;
	const size_t left = x->out.length - x->out_read;
	const size_t length = left < size * count ? left : size * count;

	memcpy(data, x->out.data + x->out_read, length);
	x->out_read += length;
	return length;
}

/* Without this libcurl would send a body again by itself when a kept connection turns out dead. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
	(void)user, (void)offset, (void)origin;
	return CURL_SEEKFUNC_FAIL;
}

static size_t on_write(char *data, size_t size, size_t count, void *user)
{
	struct exchange *x = user;

	vt_buf_append(&x->in, data, size * count);
	if (!x->in.failed)
		return size * count;
	x->too_large = true;
	return 0;
}

/* The value behind "name:" in a header line, trimmed, into dst; false if it is another header. */
static bool read_header(
	const char *line, size_t length, const char *name, char *dst, size_t dst_size)
{
	const size_t n = strlen(name);

	if (length <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	line += n + 1;
	length -= n + 1;
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 && strchr(" \t\r\n", line[length - 1]))
		length--;
	return vt_format(dst, dst_size, "%.*s", (int)length, line);
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
	struct exchange *x = user;
	const size_t length = size * count;
	char value[96];

	x->got_header = true;
	if (read_header(line, length, "Retry-After", value, sizeof(value)))
		x->answer.has_retry_after = outcome_parse_retry_after(
			value, http_unix_ms(x->client->http), &x->answer.retry_after_ms);
	else if (read_header(line, length, "Idempotent-Replayed", value, sizeof(value)))
		x->answer.replayed = strcmp(value, "true") == 0;
	else if (read_header(line, length, "Content-Type", value, sizeof(value))) {
		value[strcspn(value, "; \t")] = '\0';
		for (char *p = value; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
		vt_copy_cut(x->answer.content_type, sizeof(x->answer.content_type), value);
	}
	return length;
}

/* Asked for each certificate that does not pass; only its time is forgiven, and only while nobody
 * has signed ours. */
static int on_certificate(int is_good, X509_STORE_CTX *ctx)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct http *http = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const int error = X509_STORE_CTX_get_error(ctx);
	time_t floor = (time_t)(http->clock.floor_unix_ms / 1000);

	if (is_good)
		return 1;
	if (http->clock.is_trusted ||
		(error != X509_V_ERR_CERT_NOT_YET_VALID && error != X509_V_ERR_CERT_HAS_EXPIRED))
		return 0;
	const X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	if (!cert || X509_cmp_time(X509_get0_notAfter(cert), &floor) <= 0)
		return 0;
	vt_log(VT_LOG_WARNING, "tls: a certificate is out of its time by a clock that nobody has "
			       "confirmed; it was valid when the clock was last known");
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static CURLcode on_ssl_context(CURL *easy, void *context, void *user)
{
	struct http *http = user;

	(void)easy;
	SSL_CTX_set_app_data(context, http);
	X509_VERIFY_PARAM_set_time(
		SSL_CTX_get0_param(context), (time_t)(http_unix_ms(http) / 1000));
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_certificate);
	return CURLE_OK;
}

static CURLcode set_up_tls(const struct http_client *client, CURL *easy)
{
	CURLcode code = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);

	/* Debian's libcurl would look into /etc/ssl/certs besides. */
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSLCERT, client->cert_file);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSLKEY, client->key_file);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client->http);
	return code;
}

static CURLcode set_up(struct exchange *x, const struct http_request *request, const char *url)
{
	CURL *easy = x->easy;
	const bool has_body = request->body != NULL;
	const int64_t connect_ms =
		request->timeout_ms < HTTP_CONNECT_MS ? request->timeout_ms : HTTP_CONNECT_MS;

	curl_easy_reset(easy);
	CURLcode code = x->client->is_public ? CURLE_OK : set_up_tls(x->client, easy);
	if (code || (code = curl_easy_setopt(easy, CURLOPT_URL, url)))
		return code;
	if ((code = curl_easy_setopt(
		     easy, CURLOPT_PROTOCOLS_STR, x->client->is_public ? "http" : "https")))
		return code;
	/* None of these can fail: numbers and pointers. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, x->client->distrusts_kept ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error_text);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	if (strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (has_body) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(
			easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, x);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, x);
	}
	return CURLE_OK;
}

static bool add_header(struct exchange *x, const char *header)
{
	struct curl_slist *list = curl_slist_append(x->headers, header);

	if (list)
		x->headers = list;
	return list != NULL;
}

static enum vt_code fill_exchange(struct exchange *x, const struct http_request *request)
{
	char url[2 * MAX_URL];

	if (!x->easy && !(x->easy = curl_easy_init()))
		return VT_ERR_NOMEM;
	if (!vt_format(url, sizeof(url), "%s%s", x->client->url, request->path))
		return VT_ERR_INVALID;
	vt_buf_init(&x->out, VT_MAX_HTTP_BODY);
	vt_buf_init(&x->in, VT_MAX_HTTP_BODY);
	x->out_read = 0;
	x->too_large = x->got_header = false;
	x->answer = (struct http_answer){0};
	x->error_text[0] = '\0';
	if (request->body)
		vt_buf_append(&x->out, request->body, request->body_length);
	if (x->out.failed)
		return x->out.failed;
	/* "Expect: 100-continue" would cost a round trip for large bodies. */
	if (!add_header(x, "Expect:") || !add_header(x, "User-Agent: ventanilla"))
		return VT_ERR_NOMEM;
	for (int i = 0; i < HTTP_MAX_HEADERS && request->headers[i]; i++)
		if (!add_header(x, request->headers[i]))
			return VT_ERR_NOMEM;
	return set_up(x, request, url) ? VT_ERR_INVALID : VT_OK;
}

enum vt_code http_start(struct http_client *client, const struct http_request *request,
	http_done done, void *user, uint64_t *ret_request, struct vt_error *error)
{
	struct exchange *x = NULL;

	VT_ASSERT(request->timeout_ms > 0 && done);
	for (size_t i = 0; i < HTTP_MAX_REQUESTS && !x; i++)
		if (client->exchanges[i].id == 0)
			x = &client->exchanges[i];
	if (!x)
		return vt_fail(error, VT_ERR_BUSY, 0, "http: too many requests in flight");
	x->client = client;
	x->done = done;
	x->user = user;
	enum vt_code code = fill_exchange(x, request);
	if (!code && curl_multi_add_handle(client->http->multi, x->easy) != CURLM_OK)
		code = VT_ERR_NOMEM;
	if (code) {
		end_exchange(x);
		return vt_fail(
			error, code, 0, "http: request cannot be made: %s", vt_code_text(code));
	}
	x->id = ++client->http->next_id;
	*ret_request = x->id;
	return VT_OK;
}

void http_cancel(struct http_client *client, uint64_t request)
{
	for (size_t i = 0; i < HTTP_MAX_REQUESTS; i++)
		if (request && client->exchanges[i].id == request)
			end_exchange(&client->exchanges[i]);
}

/* ---- how it ended ---- */

/* In TLS 1.3 the server judges our certificate after we began to send: its refusal comes as an
 * alert in place of an answer. Whoever alerts so has processed nothing. */
static bool is_certificate_alert(const char *text)
{
	static const char *const alerts[] = {"alert certificate required", "alert bad certificate",
		"alert unknown ca", "alert certificate expired", "alert certificate revoked",
		"alert certificate unknown", "alert access denied", "alert unsupported certificate",
		"alert handshake failure"};

	for (size_t i = 0; i < VT_ELEMENTS(alerts); i++)
		if (strstr(text, alerts[i]))
			return true;
	return false;
}

static enum outcome_transport classify_failure(struct exchange *x, CURLcode code)
{
	curl_off_t pretransfer_us = 0, appconnect_us = 0;

	/* libcurl's codes: numbers of a foreign enum, most of which cannot happen here. */
	if (x->too_large)
		return TRANSPORT_TOO_LARGE;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
		code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CIPHER ||
		code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_CLIENTCERT)
		return TRANSPORT_TLS;
	/* A handshake that OpenSSL ended says "error:…"; one that the network ended does not. */
	if (code == CURLE_SSL_CONNECT_ERROR && strstr(x->error_text, "error:") &&
		!strstr(x->error_text, "unexpected eof"))
		return TRANSPORT_TLS;
	if (!x->got_header && is_certificate_alert(x->error_text))
		return TRANSPORT_TLS;
	(void)curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us);
	(void)curl_easy_getinfo(x->easy, CURLINFO_APPCONNECT_TIME_T, &appconnect_us);
	if (pretransfer_us == 0 && x->out_read == 0 && !x->got_header) {
		/* A server that hangs up between the handshake and our first byte has refused our
		 * certificate, and its reset overtook the alert. */
		const bool hung_up = appconnect_us > 0 && code != CURLE_OPERATION_TIMEDOUT;
		if (hung_up)
			vt_copy_cut(x->error_text, sizeof(x->error_text),
				"hung up after the handshake (our certificate refused?)");
		return hung_up ? TRANSPORT_TLS : TRANSPORT_NOT_SENT;
	}
	return code == CURLE_OPERATION_TIMEDOUT ? TRANSPORT_TIMEOUT : TRANSPORT_LOST;
}

static void finish_exchange(struct exchange *x, CURLcode code)
{
	long status = 0, connects = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects);
	x->client->http->connections += connects;
	if (code == CURLE_OK) {
		x->answer.transport = TRANSPORT_ANSWER;
		(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		x->answer.status = (int)status;
		x->client->distrusts_kept = false;
	} else {
		/* libcurl 7.88 may keep a connection whose request could not be written. */
		x->client->distrusts_kept = true;
		x->answer.transport = classify_failure(x, code);
		vt_copy_cut(x->answer.why, sizeof(x->answer.why),
			x->error_text[0] ? x->error_text : curl_easy_strerror(code));
	}
	vt_buf_append(&x->in, "", 0);
	x->answer.body = (const uint8_t *)vt_buf_text(&x->in);
	x->answer.body_length = x->in.length;

	/* Free for the next request before the owner hears of it: the answer moves to the stack.
	 */
	struct vt_buf body = x->in;
	const struct http_answer answer = x->answer;
	const uint64_t id = x->id;
	const http_done done = x->done;
	void *user = x->user;
	x->in = (struct vt_buf){0};
	end_exchange(x);
	done(user, id, &answer);
	vt_buf_finish(&body);
}

static void collect_finished(struct http *http)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {
		char *private = NULL;
		if (msg->msg != CURLMSG_DONE)
			continue;
		const CURLcode result = msg->data.result;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		VT_ASSERT(private);
		finish_exchange((struct exchange *)(void *)private, result);
	}
}
