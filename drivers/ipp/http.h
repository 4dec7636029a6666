#ifndef VT_DRIVERS_IPP_HTTP_H
#define VT_DRIVERS_IPP_HTTP_H

/* Answers of a printer's HTTP/1.1 server (RFC 9112), as bytes come from a bulk pipe. Only what IPP
 * over USB needs: status 200, a body of known length or in chunks; everything else is refused. */

#include <stddef.h>
#include <stdint.h>

#include "terminal/base/buf.h"

/* A printer's attributes take 5 to 20 KiB. */
#define IPPU_MAX_BODY	 65536
#define IPPU_MAX_HEADERS 64
/* Header line, and an answer's "100 Continue" before it: so many at most. */
#define IPPU_MAX_LINE	 1024
#define IPPU_MAX_INTERIM 4

enum ippu_http_result {
	IPPU_HTTP_MORE, /* not at its end yet */
	IPPU_HTTP_DONE, /* body is whole */
	IPPU_HTTP_BAD	/* not HTTP, another status, too large, or bytes behind its end */
};

struct ippu_http {
	int state; /* private */
	char line[IPPU_MAX_LINE];
	size_t line_length, header_count, interim_count;
	size_t left; /* of the body or the chunk */
	bool has_length, is_chunked, has_status;
	int status; /* of the last status line, for the log */
	struct vt_buf body;
};

void ippu_http_init(struct ippu_http *http);
void ippu_http_finish(struct ippu_http *http);
/* For the next answer. */
void ippu_http_reset(struct ippu_http *http);
/* After DONE or BAD only reset. */
VT_MUST_USE enum ippu_http_result ippu_http_feed(
	struct ippu_http *http, const uint8_t *data, size_t length);

#endif
