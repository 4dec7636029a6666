#include "drivers/ipp/http.h"

#include <string.h>
#include <strings.h>

#include "terminal/base/text.h"

enum state {
	STATE_STATUS,
	STATE_HEADER,
	STATE_BODY,
	STATE_CHUNK_SIZE,
	STATE_CHUNK_DATA,
	STATE_CHUNK_END,
	STATE_TRAILER,
	STATE_DONE,
	STATE_BAD
};

void ippu_http_init(struct ippu_http *http)
{
	*http = (struct ippu_http){0};
	vt_buf_init(&http->body, IPPU_MAX_BODY);
}

void ippu_http_finish(struct ippu_http *http)
{
	vt_buf_finish(&http->body);
}

void ippu_http_reset(struct ippu_http *http)
{
	struct vt_buf body = http->body;

	vt_buf_reset(&body);
	*http = (struct ippu_http){.body = body};
}

/* "HTTP/1.1 200 OK" */
static bool take_status(struct ippu_http *http)
{
	const char *line = http->line;

	if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
		line[8] != ' ' || strspn(line + 9, "0123456789") != 3 ||
		(line[12] != ' ' && line[12] != '\0'))
		return false;
	http->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	http->state = STATE_HEADER;
	return http->status == 200 ||
	       (http->status == 100 && http->interim_count++ < IPPU_MAX_INTERIM);
}

static bool take_field(struct ippu_http *http)
{
	char *colon = strchr(http->line, ':');
	int64_t length;

	if (!colon || colon == http->line || ++http->header_count > IPPU_MAX_HEADERS)
		return false;
	*colon = '\0';
	const char *value = colon + 1 + strspn(colon + 1, " \t");
	if (strcasecmp(http->line, "content-length") == 0) {
		/* Twice, or beside chunks: nobody knows where the answer ends (RFC 9112 §6.3). */
		if (http->has_length || http->is_chunked ||
			vt_parse_i64(value, 0, IPPU_MAX_BODY, &length))
			return false;
		http->has_length = true;
		http->left = (size_t)length;
	} else if (strcasecmp(http->line, "transfer-encoding") == 0) {
		if (http->has_length || http->is_chunked || strcasecmp(value, "chunked") != 0)
			return false;
		http->is_chunked = true;
	}
	return true;
}

static bool end_headers(struct ippu_http *http)
{
	if (http->status == 100) {
		http->state = STATE_STATUS;
		return !http->has_length && !http->is_chunked;
	}
	if (!http->has_length && !http->is_chunked)
		return false; /* ends with the connection, which USB has none of */
	http->state = http->is_chunked ? STATE_CHUNK_SIZE
		      : http->left > 0 ? STATE_BODY
				       : STATE_DONE;
	return true;
}

static bool take_chunk_size(struct ippu_http *http)
{
	const size_t digits = strspn(http->line, "0123456789abcdefABCDEF");
	size_t size = 0;

	if (digits == 0 || digits > 5 || (http->line[digits] && http->line[digits] != ';'))
		return false;
	for (size_t i = 0; i < digits; i++) {
		const char c = http->line[i];
		size = size * 16 + (size_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	if (size > IPPU_MAX_BODY - http->body.length)
		return false;
	http->left = size;
	http->state = size > 0 ? STATE_CHUNK_DATA : STATE_TRAILER;
	return true;
}

static bool take_line(struct ippu_http *http)
{
	const bool is_empty = http->line[0] == '\0';

	switch ((enum state)http->state) {
	case STATE_STATUS:
		return take_status(http);
	case STATE_HEADER:
		return is_empty ? end_headers(http) : take_field(http);
	case STATE_CHUNK_SIZE:
		return take_chunk_size(http);
	case STATE_CHUNK_END:
		http->state = STATE_CHUNK_SIZE;
		return is_empty;
	case STATE_TRAILER:
		if (is_empty)
			http->state = STATE_DONE;
		return is_empty || ++http->header_count <= IPPU_MAX_HEADERS;
	case STATE_BODY:
	case STATE_CHUNK_DATA:
	case STATE_DONE:
	case STATE_BAD:
		break;
	}
	return false;
}

static bool take_line_byte(struct ippu_http *http, uint8_t byte)
{
	if (byte == '\n') {
		if (http->line_length > 0 && http->line[http->line_length - 1] == '\r')
			http->line_length--;
		http->line[http->line_length] = '\0';
		http->line_length = 0;
		return take_line(http);
	}
	if (byte == '\0' || http->line_length + 1 >= sizeof(http->line))
		return false;
	http->line[http->line_length++] = (char)byte;
	return true;
}

static size_t take_body(struct ippu_http *http, const uint8_t *data, size_t length)
{
	const size_t n = length < http->left ? length : http->left;

	vt_buf_append(&http->body, data, n);
	http->left -= n;
	if (http->body.failed)
		http->state = STATE_BAD;
	else if (http->left == 0)
		http->state = http->is_chunked ? STATE_CHUNK_END : STATE_DONE;
	return n;
}

enum ippu_http_result ippu_http_feed(struct ippu_http *http, const uint8_t *data, size_t length)
{
	for (size_t at = 0; at < length;) {
		if (http->state == STATE_BODY || http->state == STATE_CHUNK_DATA) {
			at += take_body(http, data + at, length - at);
		} else if (http->state >= STATE_DONE || !take_line_byte(http, data[at])) {
			http->state = STATE_BAD;
			break;
		} else {
			at++;
		}
	}
	return http->state == STATE_DONE  ? IPPU_HTTP_DONE
	       : http->state == STATE_BAD ? IPPU_HTTP_BAD
					  : IPPU_HTTP_MORE;
}
