#ifndef SYNC_HTTP_H
#define SYNC_HTTP_H

/* HTTPS requests on the process's event loop: libcurl's multi interface with sd-event's sockets and
 * timers. One thread, nothing blocks (names are resolved in libcurl's own thread).
 *
 * TLS 1.3 or nothing; our client certificate; servers are believed through the pinned CA file of
 * their client only, never through the system's bundle. No redirects, proxies, cookies,
 * compression, environment or .netrc. Connections are kept and multiplexed (HTTP/2 where the server
 * has it). A request with a body is never sent twice by the library: a kept connection that turns
 * out dead counts as lost, because only core may decide to send again. */

#include <stdbool.h>
#include <stdint.h>

#include "offline-queue/sync/outcome.h"
#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

struct sd_event;
struct vt_timekeeper;
struct http;	    /* of the process */
struct http_client; /* of one service: base address and identities */

/* Requests in flight of one client; one more is refused with VT_ERR_BUSY. */
#define HTTP_MAX_REQUESTS 32
#define HTTP_MAX_HEADERS  8
/* Connecting (name, TCP, TLS) may take so long, or the request's time-out if that is less. */
#define HTTP_CONNECT_MS 5000

/* event: borrowed, outlives the result. VT_ERR_NOMEM, VT_ERR_IO. */
VT_MUST_USE enum vt_code http_create(
	struct sd_event *event, struct http **ret_http, struct vt_error *error);
/* Frees it after its clients. Accepts NULL; *http becomes NULL. */
void http_destroy(struct http **http);

/* What time it is for this process: for certificates, and for whoever signs or reads. Until
 * somebody has signed the time, a certificate that is out of its time by our clock is taken if it
 * was not over at the clock's floor already (reliability.md §2.4 asks for a certificate that began
 * after the build; that alone would shut out every one that is older than the program). Borrowed;
 * lives as long as http. */
struct vt_timekeeper *http_clock(struct http *http);
/* Our time after a look at the system's clock. */
int64_t http_unix_ms(struct http *http);

struct http_options {
	const char *url; /* "https://host[:port][/path]", no trailing slash */
	/* For what is public and signed by itself (OCSP, revocation lists): url is "http://…", the
	 * three files are NULL, nothing secret goes out. */
	bool is_public;
	const char *ca_file;   /* PEM, what the server's chain must end in */
	const char *cert_file; /* PEM, our certificate, may be followed by intermediates */
	const char *key_file;  /* PEM */
};

/* Copies options. The files are read at each new connection; here they are only looked for, so that
 * a wrong path is an error at start. VT_ERR_INVALID (not https), VT_ERR_IO, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code http_client_create(struct http *http, const struct http_options *options,
	struct http_client **ret_client, struct vt_error *error);
/* Ends its requests without calling back. Accepts NULL. */
void http_client_destroy(struct http_client **client);

struct http_request {
	const char *method;		       /* "POST", "GET", "HEAD" */
	const char *path;		       /* "/services/…", appended to the base address */
	const char *headers[HTTP_MAX_HEADERS]; /* "Name: value"; NULL ends */
	const void *body; /* borrowed until http_start() returns; NULL for none */
	size_t body_length;
	int64_t timeout_ms; /* > 0: everything together */
};

/* What came back. */
struct http_answer {
	enum outcome_transport transport;
	int status; /* 0 unless transport is TRANSPORT_ANSWER */
	bool has_retry_after;
	int64_t retry_after_ms;
	bool replayed;	       /* "Idempotent-Replayed: true" */
	char content_type[96]; /* lower case, without parameters */
	char why[128];	       /* transport failure in libcurl's words; no personal data in it */
	const uint8_t *body;   /* borrowed until the callback returns, NUL behind it; never NULL */
	size_t body_length;
};

/* Called once per started request from the event loop, never from inside http_start(). */
typedef void (*http_done)(void *user, uint64_t request, const struct http_answer *answer);

/* Starts a request. VT_ERR_BUSY, VT_ERR_NOMEM, VT_ERR_INVALID. *ret_request > 0. */
VT_MUST_USE enum vt_code http_start(struct http_client *client, const struct http_request *request,
	http_done done, void *user, uint64_t *ret_request, struct vt_error *error);
/* Ends it without a call back; unknown numbers are ignored. */
void http_cancel(struct http_client *client, uint64_t request);

/* Connections opened so far by all clients: for benchmarks and tests (one per session is the
 * aim). */
int64_t http_connections(const struct http *http);

#endif
