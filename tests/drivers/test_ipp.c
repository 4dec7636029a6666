/* Answers of a printer: what is read out of them, and what is refused. */

#include <string.h>

#include "drivers/ipp/http.h"
#include "drivers/ipp/message.h"
#include "tests/lib/cmocka_prelude.h"

/* ---- HTTP ---- */

static enum ippu_http_result feed(struct ippu_http *http, const char *text, size_t piece)
{
	const size_t length = strlen(text);
	enum ippu_http_result result = IPPU_HTTP_MORE;

	for (size_t at = 0; at < length && result == IPPU_HTTP_MORE; at += piece)
		result = ippu_http_feed(http, (const uint8_t *)text + at,
			length - at < piece ? length - at : piece);
	return result;
}

static void answers_of_both_kinds_are_read_in_any_pieces(void **state)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		"chunked\r\n\r\n2\r\nhe\r\n3;x=1\r\nllo\r\n0\r\n"
		"Trailer: 1\r\n\r\n",
	};
	struct ippu_http http;

	(void)state;
	ippu_http_init(&http);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t piece = 1; piece < 80; piece++) {
			ippu_http_reset(&http);
			assert_int_equal(feed(&http, texts[i], piece), IPPU_HTTP_DONE);
			assert_string_equal(vt_buf_text(&http.body), "hello");
		}
	ippu_http_finish(&http);
}

static void what_is_no_plain_answer_is_refused(void **state)
{
	static const char *const texts[] = {
		"SIP/2.0 200 OK\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 426 Upgrade Required\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n", /* its end would be the connection's */
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", /* a byte behind its end */
		"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000000\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
	};
	struct ippu_http http;

	(void)state;
	ippu_http_init(&http);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ippu_http_reset(&http);
		if (feed(&http, texts[i], 1000) != IPPU_HTTP_BAD)
			fail_msg("taken: %s", texts[i]);
	}
	ippu_http_finish(&http);
}

static void endless_lines_headers_and_interims_are_refused(void **state)
{
	static const char *const parts[] = {"a", "a: b\r\n", "HTTP/1.1 100 Continue\r\n\r\n"};
	struct ippu_http http;

	(void)state;
	ippu_http_init(&http);
	for (size_t i = 0; i < 3; i++) {
		enum ippu_http_result result = IPPU_HTTP_MORE;
		size_t count = 0;
		ippu_http_reset(&http);
		if (i < 2)
			result = feed(&http, "HTTP/1.1 200 OK\r\n", 100);
		for (; result == IPPU_HTTP_MORE && count < 5000; count++)
			result = feed(&http, parts[i], 100);
		assert_int_equal(result, IPPU_HTTP_BAD);
		assert_true(count <= IPPU_MAX_LINE);
	}
	ippu_http_finish(&http);
}

/* ---- IPP ---- */

struct message {
	uint8_t data[4096];
	size_t length;
};

static void add(struct message *m, uint8_t tag, const char *name, const char *value, size_t length)
{
	const size_t name_length = strlen(name);

	m->data[m->length++] = tag;
	m->data[m->length++] = 0;
	m->data[m->length++] = (uint8_t)name_length;
	memcpy(m->data + m->length, name, name_length);
	m->length += name_length;
	m->data[m->length++] = (uint8_t)(length >> 8);
	m->data[m->length++] = (uint8_t)length;
	memcpy(m->data + m->length, value, length);
	m->length += length;
}

static void begin(struct message *m)
{
	static const uint8_t head[] = {2, 0, 0, 0, 0, 0, 0, 7, 1};

	memcpy(m->data, head, sizeof(head));
	m->length = sizeof(head);
	add(m, 0x47, "attributes-charset", "utf-8", 5);
	add(m, 0x48, "attributes-natural-language", "en", 2);
}

static enum vt_code decode(
	const struct message *m, enum ippu_ask ask, int job_id, struct ippu_answer *ret)
{
	struct ippu_request request = {.ask = ask, .id = 7, .job_id = job_id};
	struct vt_error error;

	memcpy(request.job, "00000000-0000-4000-8000-000000000001", sizeof(request.job));
	return ippu_answer_decode(&request, m->data, m->length, ret, &error);
}

static void add_job(struct message *m, char id, const char *name, char job_state)
{
	m->data[m->length++] = 2;
	add(m, 0x21, "job-id", (char[]){0, 0, 0, id}, 4);
	add(m, 0x42, "job-name", name, strlen(name));
	add(m, 0x23, "job-state", (char[]){0, 0, 0, job_state}, 4);
}

static void our_job_is_found_among_others(void **state)
{
	struct ippu_answer answer;
	struct message m;

	(void)state;
	begin(&m);
	add_job(&m, 4, "somebody else's", 9);
	add_job(&m, 5, "00000000-0000-4000-8000-000000000001", 8);
	add_job(&m, 6, "00000000-0000-4000-8000-000000000002", 9);
	m.data[m.length++] = 3;
	assert_int_equal(decode(&m, IPPU_ASK_ENDED, 0, &answer), VT_OK);
	assert_int_equal(answer.job_id, 5);
	assert_int_equal(answer.job_state, IPPU_JOB_ABORTED);
	assert_int_equal(decode(&m, IPPU_ASK_JOB, 6, &answer), VT_OK);
	assert_int_equal(answer.job_state, IPPU_JOB_COMPLETED);
	assert_int_equal(decode(&m, IPPU_ASK_JOB, 9, &answer), VT_OK);
	assert_int_equal(answer.job_state, IPPU_JOB_UNSEEN);
}

static void reasons_become_our_words(void **state)
{
	static const struct {
		const char *told, *word;
		bool is_supply_low;
	} rows[] = {{"none", "", false}, {"media-empty-error", "paper", false},
		{"media-jam", "jam", false}, {"door-open-report", "cover", false},
		{"toner-empty-warning", "supply", false}, {"toner-low-report", "", true},
		{"media-jamboree", "", false}, {"marker-supply-low", "", true},
		{"paused", "paused", false}};
	struct ippu_answer answer;
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&m);
		m.data[m.length++] = 4;
		add(&m, 0x44, "printer-state-reasons", rows[i].told, strlen(rows[i].told));
		m.data[m.length++] = 3;
		assert_int_equal(decode(&m, IPPU_ASK_PRINTER, 0, &answer), VT_OK);
		assert_string_equal(answer.reason, rows[i].word);
		assert_int_equal(answer.is_supply_low, rows[i].is_supply_low);
	}
}

static void every_cut_and_every_changed_byte_is_survived(void **state)
{
	struct ippu_answer answer;
	struct message m;

	(void)state;
	begin(&m);
	add_job(&m, 5, "00000000-0000-4000-8000-000000000001", 9);
	m.data[m.length++] = 3;
	const size_t whole = m.length;
	for (m.length = 0; m.length < whole; m.length++)
		assert_int_not_equal(decode(&m, IPPU_ASK_ENDED, 0, &answer), VT_OK);
	for (size_t at = 0; at < whole; at++)
		for (int bit = 0; bit < 8; bit++) {
			m.data[at] ^= (uint8_t)(1 << bit);
			(void)!decode(&m, IPPU_ASK_ENDED, 0, &answer);
			m.data[at] ^= (uint8_t)(1 << bit);
		}
	m.data[m.length++] = 0; /* a byte behind the end */
	assert_int_equal(decode(&m, IPPU_ASK_ENDED, 0, &answer), VT_ERR_PARSE);
	m.length--;
	m.data[7] = 8; /* the answer to another request */
	assert_int_equal(decode(&m, IPPU_ASK_ENDED, 0, &answer), VT_ERR_PARSE);
}

static void deep_collections_and_stray_ends_never_reach_libcups(void **state)
{
	struct ippu_answer answer;
	struct message m;

	(void)state;
	begin(&m);
	m.data[m.length++] = 4;
	add(&m, 0x34, "media-col-ready", "", 0);
	for (int i = 0; i < 100; i++) {
		add(&m, 0x4a, "", "media-size", 10);
		add(&m, 0x34, "", "", 0);
	}
	for (int i = 0; i < 101; i++)
		add(&m, 0x37, "", "", 0);
	m.data[m.length++] = 3;
	assert_int_equal(decode(&m, IPPU_ASK_PRINTER, 0, &answer), VT_ERR_LIMIT);
	begin(&m);
	add(&m, 0x37, "", "", 0);
	m.data[m.length++] = 3;
	assert_int_equal(decode(&m, IPPU_ASK_PRINTER, 0, &answer), VT_ERR_PARSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_both_kinds_are_read_in_any_pieces),
		cmocka_unit_test(what_is_no_plain_answer_is_refused),
		cmocka_unit_test(endless_lines_headers_and_interims_are_refused),
		cmocka_unit_test(our_job_is_found_among_others),
		cmocka_unit_test(reasons_become_our_words),
		cmocka_unit_test(every_cut_and_every_changed_byte_is_survived),
		cmocka_unit_test(deep_collections_and_stray_ends_never_reach_libcups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
