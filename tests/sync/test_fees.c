/* The fee service's adapter: what it sends, what it reads, and what it does not believe. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "offline-queue/sync/adapter.h"
#include "terminal/base/text.h"

#define KEY "8e03978e-40d5-43e8-bc93-6894a57f9324"
#define PAYLOAD                                                                               \
	"{\"product\":\"passport\",\"validityYears\":3,\"fare\":\"half\",\"amountCentavos\":" \
	"90000,\"curp\":\"SABC560626MDFLRN01\",\"name\":\"CONCEPCIÓN SALGADO\"}"
#define SHEET                                                                              \
	"{\"key\":\"" KEY "\",\"sheetId\":\"H-2026-1\",\"claveReferencia\":\"024001408\"," \
	"\"cadenaDependencia\":\"01030020000003\",\"lineaCaptura\":\"ABC123\","            \
	"\"amountCentavos\":90000,\"validUntil\":\"2026-12-31\",\"extra\":[1]}"

static struct work_deliver make_work(const char *payload)
{
	struct work_deliver work = {.key = KEY, .adapter = "fees", .operation = "sheet"};

	assert_true(vt_copy(work.payload, sizeof(work.payload), payload));
	return work;
}

static struct adapter *open_adapter(void)
{
	struct adapter *adapter = NULL;

	assert_int_equal(fees_ops.open(NULL, "adapter fees", &adapter, NULL), VT_OK);
	return adapter;
}

static enum vt_code build(const struct work_deliver *work, struct adapter_request *request)
{
	struct adapter *adapter = open_adapter();

	adapter_request_init(request);
	enum vt_code code = fees_ops.build(adapter, work, 0, request, NULL);
	fees_ops.close(adapter);
	return code;
}

static void a_sheet_is_asked_for_under_its_key(void **state)
{
	(void)state;
	const struct work_deliver work = make_work(PAYLOAD);
	struct adapter_request request;

	assert_int_equal(build(&work, &request), VT_OK);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.path, "/fees/v1/sheets");
	assert_string_equal(request.headers[2], "Idempotency-Key: \"" KEY "\"");
	json_t *body = json_loads(vt_buf_text(&request.body), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(body, "key")), KEY);
	assert_int_equal(json_integer_value(json_object_get(body, "amountCentavos")), 90000);
	assert_int_equal(json_integer_value(json_object_get(body, "validityYears")), 3);
	assert_string_equal(json_string_value(json_object_get(body, "name")), "CONCEPCIÓN SALGADO");
	assert_int_equal(json_object_size(body), 7);
	json_decref(body);
	adapter_request_finish(&request);
}

static void numbers_may_come_as_text(void **state)
{
	(void)state;
	const struct work_deliver work =
		make_work("{\"product\":\"passport\",\"validityYears\":\"10\",\"fare\":\"normal\","
			  "\"amountCentavos\":\"428000\"}");
	struct adapter_request request;

	assert_int_equal(build(&work, &request), VT_OK);
	json_t *body = json_loads(vt_buf_text(&request.body), 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(body, "amountCentavos")), 428000);
	assert_int_equal(json_integer_value(json_object_get(body, "validityYears")), 10);
	json_decref(body);
	adapter_request_finish(&request);
}

static void defective_work_is_never_built(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "[]", "{}", "{\"product\":\"p\",\"fare\":\"f\"}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":0}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":-1}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":900.5}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":\"900.00\"}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":10000001}",
		"{\"fare\":\"f\",\"amountCentavos\":900}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":900,\"x\":1}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":900,\"key\":\"otra\"}",
		"{\"product\":\"p\",\"fare\":\"f\",\"amountCentavos\":900,\"validityYears\":\"\"}"};
	struct adapter_request request;

	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		const struct work_deliver work = make_work(bad[i]);
		if (build(&work, &request) != VT_ERR_INVALID)
			fail_msg("row %zu was built", i);
		adapter_request_finish(&request);
	}
	struct work_deliver work = make_work(PAYLOAD);
	work.key[0] = '"';
	assert_int_equal(build(&work, &request), VT_ERR_INVALID);
	adapter_request_finish(&request);
	work = make_work(PAYLOAD);
	memcpy(work.operation, "pay", 4);
	assert_int_equal(build(&work, &request), VT_ERR_INVALID);
	adapter_request_finish(&request);
}

static json_t *read_for(const struct work_deliver work, bool inquiry, int status, const char *type,
	const char *body, struct adapter_reading *reading)
{
	struct http_answer answer = {.transport = TRANSPORT_ANSWER,
		.status = status,
		.replayed = true,
		.body = (const uint8_t *)body,
		.body_length = strlen(body)};
	struct adapter *adapter = open_adapter();

	assert_true(vt_copy(answer.content_type, sizeof(answer.content_type), type));
	adapter_reading_init(reading);
	(inquiry ? fees_ops.read_inquiry : fees_ops.read)(adapter, &work, &answer, 0, reading);
	fees_ops.close(adapter);
	json_t *json =
		reading->answer.length ? json_loads(vt_buf_text(&reading->answer), 0, NULL) : NULL;
	adapter_reading_finish(reading);
	return json;
}

static json_t *read_answer(bool inquiry, int status, const char *type, const char *body,
	struct adapter_reading *reading)
{
	return read_for(make_work(PAYLOAD), inquiry, status, type, body, reading);
}

#define JSON_TYPE    "application/json"
#define PROBLEM_TYPE "application/problem+json"

static void a_sheet_is_handed_on_as_text(void **state)
{
	(void)state;
	struct adapter_reading reading;
	json_t *json = read_answer(false, 201, JSON_TYPE, SHEET, &reading);

	assert_int_equal(reading.body, BODY_APPLIED);
	assert_true(reading.replayed);
	assert_string_equal(json_string_value(json_object_get(json, "outcome")), "sheet");
	assert_string_equal(json_string_value(json_object_get(json, "amountCentavos")), "90000");
	assert_string_equal(
		json_string_value(json_object_get(json, "claveReferencia")), "024001408");
	assert_string_equal(
		json_string_value(json_object_get(json, "cadenaDependencia")), "01030020000003");
	assert_string_equal(json_string_value(json_object_get(json, "lineaCaptura")), "ABC123");
	assert_string_equal(json_string_value(json_object_get(json, "sheetId")), "H-2026-1");
	assert_string_equal(json_string_value(json_object_get(json, "validUntil")), "2026-12-31");
	assert_null(json_object_get(json, "extra"));
	json_decref(json);
}

static void check_invalid(int status, const char *type, const char *body)
{
	struct adapter_reading reading;

	assert_null(read_answer(false, status, type, body, &reading));
	if (reading.body != BODY_INVALID)
		fail_msg("believed: %s", body);
}

/* SHEET with the value of a member replaced. */
static void check_changed(const char *from, const char *to)
{
	char body[512];
	const char *at = strstr(SHEET, from);

	assert_non_null(at);
	assert_true(vt_format(
		body, sizeof(body), "%.*s%s%s", (int)(at - SHEET), SHEET, to, at + strlen(from)));
	check_invalid(201, JSON_TYPE, body);
}

static void sheets_that_are_not_ours_are_not_believed(void **state)
{
	(void)state;
	check_changed("8e03978e", "8e03978f");
	check_changed("90000", "90001");
	check_changed("90000", "180000");
	check_changed("90000", "900.0");
	check_changed("90000", "\"90000\"");
	check_changed("\"024001408\"", "\"02400140\"");
	check_changed("\"024001408\"", "\"02400140X\"");
	check_changed("\"024001408\"", "24001408");
	check_changed("01030020000003", "0103002000000");
	check_changed("H-2026-1", "");
	check_changed("H-2026-1", "<b>");
	check_changed("ABC123", "ABC 123");
	check_changed("2026-12-31", "cuando sea");
	check_changed("\"amountCentavos\"", "\"amountCentavos\":1,\"amountCentavos\"");
	check_invalid(200, JSON_TYPE, "");
	check_invalid(200, JSON_TYPE, "null");
	check_invalid(200, JSON_TYPE, SHEET " x");
	check_invalid(200, "text/html", SHEET);
	check_invalid(200, PROBLEM_TYPE, SHEET);
}

static enum outcome_body read_problem(int status, const char *body)
{
	struct adapter_reading reading;

	assert_null(read_answer(false, status, PROBLEM_TYPE, body, &reading));
	assert_null(strstr(reading.detail, "SALGADO"));
	return reading.body;
}

static void problems_are_sorted(void **state)
{
	(void)state;
	assert_int_equal(
		read_problem(412, "{\"type\":\"urn:ventanilla:problem:amount-not-current\","
				  "\"detail\":\"SALGADO\"}"),
		BODY_REFUSED);
	assert_int_equal(
		read_problem(422, "{\"type\":\"https://x/idempotency-key-reused\"}"), BODY_NONE);
	assert_int_equal(
		read_problem(400, "{\"type\":\"about:blank\",\"title\":\"SALGADO\"}"), BODY_NONE);
	assert_int_equal(read_problem(400, "{\"type\":\"SALGADO BRISEÑO\"}"), BODY_NONE);
	assert_int_equal(read_problem(500, "no es json"), BODY_NONE);
	assert_int_equal(read_problem(500, ""), BODY_NONE);
}

static enum outcome_body inquire(const char *state, const char *result)
{
	struct adapter_reading reading;
	char body[1024];

	assert_true(vt_format(body, sizeof(body),
		"{\"key\":\"" KEY "\",\"state\":\"%s\",\"result\":%s,\"reason\":\"no-funds\"}",
		state, result));
	json_t *json = read_answer(true, 200, JSON_TYPE, body, &reading);
	assert_true((json != NULL) == (reading.body == BODY_APPLIED));
	json_decref(json);
	if (reading.body == BODY_REFUSED)
		assert_string_equal(reading.detail, "no-funds");
	return reading.body;
}

static void inquiries_are_read(void **state)
{
	(void)state;
	struct adapter *adapter = open_adapter();
	const struct work_deliver work = make_work(PAYLOAD);
	struct adapter_request request;
	struct adapter_reading reading;

	adapter_request_init(&request);
	assert_int_equal(fees_ops.build_inquiry(adapter, &work, 0, &request, NULL), VT_OK);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.path, "/fees/v1/transactions/" KEY);
	assert_int_equal(request.body.length, 0);
	adapter_request_finish(&request);
	fees_ops.close(adapter);

	assert_int_equal(inquire("unknown", "null"), BODY_NOT_KNOWN);
	assert_int_equal(inquire("in-progress", "null"), BODY_RUNNING);
	assert_int_equal(inquire("rejected", "null"), BODY_REFUSED);
	assert_int_equal(inquire("applied", SHEET), BODY_APPLIED);
	assert_int_equal(inquire("applied", "null"), BODY_INVALID);
	assert_int_equal(inquire("applied", "{}"), BODY_INVALID);
	assert_int_equal(inquire("maybe", "null"), BODY_INVALID);
	assert_null(read_answer(
		true, 200, JSON_TYPE, "{\"key\":\"otra\",\"state\":\"unknown\"}", &reading));
	assert_int_equal(reading.body, BODY_INVALID);
	assert_null(read_answer(true, 404, PROBLEM_TYPE, "{}", &reading));
	assert_int_equal(reading.body, BODY_NONE);
}

#define ROW(n, key, state) \
	"{\"sequence\":" n ",\"key\":\"" key "\",\"state\":\"" state "\",\"atUnixMs\":5}"
#define LEDGER(next, rows) "{\"next\":" next ",\"transactions\":[" rows "]}"

static void a_ledger_is_believed_whole_or_not_at_all(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum outcome_body body;
	} cases[] = {
		{LEDGER("0", ""), BODY_APPLIED},
		{LEDGER("0", ROW("3", KEY, "applied") "," ROW("9", KEY, "rejected")), BODY_APPLIED},
		{LEDGER("9", ROW("3", KEY, "applied") "," ROW("9", KEY, "applied")), BODY_APPLIED},
		{LEDGER("8", ROW("9", KEY, "applied")), BODY_INVALID}, /* would skip or loop */
		{LEDGER("0", ROW("9", KEY, "applied") "," ROW("9", KEY, "applied")), BODY_INVALID},
		{LEDGER("0", ROW("2", KEY, "applied")), BODY_INVALID}, /* of the page before */
		{LEDGER("0", ROW("3", "x", "applied")), BODY_INVALID},
		{LEDGER("0", ROW("3", KEY, "maybe")), BODY_INVALID},
		{LEDGER("-1", ""), BODY_INVALID},
		{"{\"next\":0}", BODY_INVALID},
	};
	struct work_deliver work = make_work("{\"after\":2,\"checkpoint\":\"7 00ff\"}");
	struct adapter *adapter = open_adapter();
	struct adapter_request request;
	struct adapter_reading reading;

	vt_copy_cut(work.operation, sizeof(work.operation), ADAPTER_LEDGER);
	adapter_request_init(&request);
	assert_int_equal(fees_ops.build(adapter, &work, 0, &request, NULL), VT_OK);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.path, "/fees/v1/transactions?after=2&checkpoint=7-00ff");
	adapter_request_finish(&request);
	fees_ops.close(adapter);
	for (size_t i = 0; i < VT_ELEMENTS(cases); i++) {
		json_decref(read_for(work, false, 200, JSON_TYPE, cases[i].text, &reading));
		if (reading.body != cases[i].body)
			fail_msg("%s: %d", cases[i].text, reading.body);
	}
	vt_copy_cut(work.payload, sizeof(work.payload), "{\"after\":1,\"checkpoint\":\"&x=1\"}");
	adapter = open_adapter();
	adapter_request_init(&request);
	assert_int_equal(fees_ops.build(adapter, &work, 0, &request, NULL), VT_ERR_INVALID);
	adapter_request_finish(&request);
	fees_ops.close(adapter);
}

static void a_shredded_order_is_asked_about_by_its_key_alone(void **state)
{
	(void)state;
	static const char applied[] =
		"{\"key\":\"" KEY "\",\"state\":\"applied\",\"result\":" SHEET "}";
	struct adapter_reading reading;
	json_t *json = read_for(make_work(""), true, 200, JSON_TYPE, applied, &reading);

	assert_int_equal(reading.body, BODY_APPLIED);
	assert_string_equal(json_string_value(json_object_get(json, "amountCentavos")), "90000");
	json_decref(json);
	/* With an order, another amount is no answer to it. */
	assert_null(read_for(
		make_work("{\"amountCentavos\":1}"), true, 200, JSON_TYPE, applied, &reading));
	assert_int_equal(reading.body, BODY_INVALID);
}

static void adapters_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(adapter_find("fees"), &fees_ops);
	assert_ptr_equal(adapter_find("renapo"), &renapo_ops);
	assert_null(adapter_find("otro"));
	assert_non_null(adapter_at(0));
	assert_null(adapter_at(2));
}

static void headers_take_no_line_breaks(void **state)
{
	(void)state;
	struct adapter_request request;

	adapter_request_init(&request);
	assert_false(adapter_add_header(&request, "X", "a\r\nY: b"));
	assert_true(adapter_add_header(&request, "X", "a"));
	assert_string_equal(request.headers[0], "X: a");
	adapter_request_finish(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sheet_is_asked_for_under_its_key),
		cmocka_unit_test(numbers_may_come_as_text),
		cmocka_unit_test(defective_work_is_never_built),
		cmocka_unit_test(a_sheet_is_handed_on_as_text),
		cmocka_unit_test(sheets_that_are_not_ours_are_not_believed),
		cmocka_unit_test(problems_are_sorted),
		cmocka_unit_test(inquiries_are_read),
		cmocka_unit_test(a_ledger_is_believed_whole_or_not_at_all),
		cmocka_unit_test(a_shredded_order_is_asked_about_by_its_key_alone),
		cmocka_unit_test(adapters_are_found_by_name),
		cmocka_unit_test(headers_take_no_line_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
