#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "offline-queue/sync/adapter.h"
#include "terminal/base/text.h"

/* The fee service: JSON over REST (domain.md §8.1, reliability.md §2.1). One sheet per key, for
 * ever; the same key again returns the same sheet with Idempotent-Replayed.
 *
 *   POST /fees/v1/sheets               Idempotency-Key: "<key>"
 *        {"product","validityYears","fare","amountCentavos","curp","name","key"}
 *   GET  /fees/v1/transactions/{key}   {"key","state","result","reason"}
 *   GET  /fees/v1/transactions?after=N
 * {"next","transactions":[{"sequence","key","state","atUnixMs"}]}
 *
 * Core gets {"outcome":"sheet","key","sheetId","claveReferencia","cadenaDependencia",
 * "lineaCaptura"?,"amountCentavos","validUntil"}, all text. A sheet for another key or amount than
 * asked is no answer at all. */

/* Largest fee that is believed: 100,000 pesos. */
#define MAX_AMOUNT 10000000

struct fees {
	char unused;
};

static enum vt_code fees_open(const struct vt_config *config, const char *section,
	struct adapter **ret_adapter, struct vt_error *error)
{
	struct fees *fees = calloc(1, sizeof(*fees));

	(void)config, (void)section; /* address and identities are the connection's */
	if (!fees)
		return vt_fail(error, VT_ERR_NOMEM, 0, "fees: out of memory");
	*ret_adapter = (struct adapter *)(void *)fees;
	return VT_OK;
}

static void fees_close(struct adapter *adapter)
{
	free(adapter);
}

/* ---- what core asks ---- */

static void json_freep(json_t **json)
{
	json_decref(*json);
}

/* A number, as a number or as text (the catalogue's fields are text). */
static bool get_number(const json_t *object, const char *name, int64_t max, int64_t *ret)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return *ret >= 0 && *ret <= max;
	}
	return json_is_string(value) && !vt_parse_i64(json_string_value(value), 0, max, ret);
}

static const char *get_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const struct {
	const char *name;
	bool required;
} asked_texts[] = {{"product", true}, {"fare", true}, {"curp", false}, {"name", false}};

static enum vt_code refuse(struct vt_error *error, const char *name)
{
	return vt_fail(error, VT_ERR_INVALID, 0, "fees: payload: %s", name);
}

static enum vt_code check_members(json_t *payload, struct vt_error *error)
{
	static const char *const known[] = {
		"product", "fare", "curp", "name", "validityYears", "amountCentavos", "key"};
	void *at = json_object_iter(payload);

	for (; at; at = json_object_iter_next(payload, at)) {
		bool found = false;
		for (size_t i = 0; i < VT_ELEMENTS(known) && !found; i++)
			found = strcmp(known[i], json_object_iter_key(at)) == 0;
		if (!found)
			return refuse(error, "unknown member");
	}
	return VT_OK;
}

/* The body of the request from core's payload. */
static enum vt_code make_body(
	json_t *payload, const char *key, json_t *body, int64_t *ret_amount, struct vt_error *error)
{
	int64_t years = 0, amount = 0;
	bool good = true;

	enum vt_code code = check_members(payload, error);
	if (code)
		return code;
	for (size_t i = 0; i < VT_ELEMENTS(asked_texts); i++) {
		const char *text = get_text(payload, asked_texts[i].name);
		if (asked_texts[i].required && !text[0])
			return refuse(error, asked_texts[i].name);
		if (text[0])
			good = good &&
			       !json_object_set_new(body, asked_texts[i].name, json_string(text));
	}
	if (json_object_get(payload, "validityYears")) {
		if (!get_number(payload, "validityYears", 100, &years))
			return refuse(error, "validityYears");
		good = good && !json_object_set_new(body, "validityYears", json_integer(years));
	}
	if (!get_number(payload, "amountCentavos", MAX_AMOUNT, &amount) || amount == 0)
		return refuse(error, "amountCentavos");
	const char *own_key = get_text(payload, "key");
	if (own_key[0] && strcmp(own_key, key) != 0)
		return refuse(error, "key");
	good = good && !json_object_set_new(body, "amountCentavos", json_integer(amount)) &&
	       !json_object_set_new(body, "key", json_string(key));
	*ret_amount = amount;
	return good ? VT_OK : vt_fail(error, VT_ERR_NOMEM, 0, "fees: out of memory");
}

static json_t *parse_payload(const struct work_deliver *work, struct vt_error *error)
{
	return bus_parse_json(work->payload, strlen(work->payload), error);
}

static enum vt_code dump(const json_t *json, struct vt_buf *out)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (!text)
		return VT_ERR_NOMEM;
	vt_buf_append_text(out, text);
	vt_wipe(text, strlen(text));
	free(text);
	return out->failed;
}

/* A page of the receiver's ledger; the connection says whose. */
static enum vt_code build_ledger(
	const struct work_deliver *work, struct adapter_request *request, struct vt_error *error)
{
	struct adapter_ledger ledger;
	const enum vt_code code = adapter_ledger_decode(work, &ledger, error);

	if (code)
		return code;
	for (char *c = ledger.checkpoint; *c; c++)
		*c = *c == ' ' ? '-' : *c;
	request->method = "GET";
	if (!vt_format(request->path, sizeof(request->path),
		    "/fees/v1/transactions?after=%" PRId64 "%s%s", ledger.after,
		    ledger.checkpoint[0] ? "&checkpoint=" : "", ledger.checkpoint) ||
		!adapter_add_header(
			request, "Accept", "application/json, application/problem+json"))
		return vt_fail(error, VT_ERR_LIMIT, 0, "fees: request too long");
	return VT_OK;
}

static enum vt_code fees_build(const struct adapter *adapter, const struct work_deliver *work,
	int64_t now_unix_ms, struct adapter_request *request, struct vt_error *error)
{
	VT_CLEANUP(json_freep) json_t *payload = NULL;
	VT_CLEANUP(json_freep) json_t *body = NULL;
	char quoted[VT_UUID_SIZE + 2];
	int64_t amount;

	(void)adapter, (void)now_unix_ms;
	if (strcmp(work->operation, ADAPTER_LEDGER) == 0)
		return build_ledger(work, request, error);
	if (strcmp(work->operation, "sheet") != 0)
		return vt_fail(error, VT_ERR_INVALID, 0, "fees: no such operation");
	if (!vt_uuid_valid(work->key) || !vt_format(quoted, sizeof(quoted), "\"%s\"", work->key))
		return vt_fail(error, VT_ERR_INVALID, 0, "fees: key is not a UUID");
	payload = parse_payload(work, error);
	if (!payload)
		return vt_prefix(error, VT_ERR_INVALID, "fees");
	body = json_object();
	if (!body)
		return vt_fail(error, VT_ERR_NOMEM, 0, "fees: out of memory");
	enum vt_code code = make_body(payload, work->key, body, &amount, error);
	if (!code && (!vt_copy(request->path, sizeof(request->path), "/fees/v1/sheets") ||
			     !adapter_add_header(request, "Content-Type", "application/json") ||
			     !adapter_add_header(request, "Accept",
				     "application/json, application/problem+json") ||
			     !adapter_add_header(request, "Idempotency-Key", quoted)))
		code = VT_ERR_LIMIT;
	return code ? code : dump(body, &request->body);
}

static enum vt_code fees_build_inquiry(const struct adapter *adapter,
	const struct work_deliver *work, int64_t now_unix_ms, struct adapter_request *request,
	struct vt_error *error)
{
	(void)adapter, (void)now_unix_ms;
	if (!vt_uuid_valid(work->key))
		return vt_fail(error, VT_ERR_INVALID, 0, "fees: key is not a UUID");
	request->method = "GET";
	if (!vt_format(
		    request->path, sizeof(request->path), "/fees/v1/transactions/%s", work->key) ||
		!adapter_add_header(
			request, "Accept", "application/json, application/problem+json"))
		return vt_fail(error, VT_ERR_LIMIT, 0, "fees: request too long");
	return VT_OK;
}

/* ---- answers ---- */

static void set_body(struct adapter_reading *reading, enum outcome_body body, const char *detail)
{
	reading->body = body;
	vt_copy_cut(reading->detail, sizeof(reading->detail), detail);
}

static bool is_digits(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789") == length;
}

static bool is_token(const char *text, const char *more, size_t max)
{
	const size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
			    (text[i] >= '0' && text[i] <= '9') || strchr(more, text[i])))
			return false;
	return length > 0 && length <= max;
}

/* The amount that was asked for; 0 if the payload cannot say. */
static int64_t asked_amount(const struct work_deliver *work)
{
	VT_CLEANUP(json_freep) json_t *payload = parse_payload(work, NULL);
	int64_t amount = 0;

	return payload && get_number(payload, "amountCentavos", MAX_AMOUNT, &amount) ? amount : 0;
}

static bool put(json_t *object, const char *name, const char *value)
{
	return !value[0] || json_object_set_new(object, name, json_string(value)) == 0;
}

/* What is wrong with a sheet, NULL if nothing. */
static const char *check_sheet(const json_t *sheet, const struct work_deliver *work)
{
	const json_t *amount = json_object_get(sheet, "amountCentavos");
	const char *line = get_text(sheet, "lineaCaptura");

	if (strcmp(get_text(sheet, "key"), work->key) != 0)
		return "sheet for another key";
	/* An inquiry about a row whose payload was shredded cannot know the amount. */
	if (!json_is_integer(amount) ||
		(work->payload[0] && json_integer_value(amount) != asked_amount(work)))
		return "sheet for another amount";
	if (!is_token(get_text(sheet, "sheetId"), "-_.", 64) ||
		!is_digits(get_text(sheet, "claveReferencia"), 9) ||
		!is_digits(get_text(sheet, "cadenaDependencia"), 14) ||
		(line[0] && !is_token(line, "", 40)) ||
		!is_token(get_text(sheet, "validUntil"), "-/", 10))
		return "sheet with a malformed value";
	return NULL;
}

static void read_sheet(
	const json_t *sheet, const struct work_deliver *work, struct adapter_reading *reading)
{
	static const char *const copied[] = {"key", "sheetId", "claveReferencia",
		"cadenaDependencia", "lineaCaptura", "validUntil"};
	const char *wrong = check_sheet(sheet, work);
	char amount[24];

	if (wrong) {
		set_body(reading, BODY_INVALID, wrong);
		return;
	}
	VT_CLEANUP(json_freep) json_t *answer = json_object();
	bool good =
		answer && put(answer, "outcome", "sheet") &&
		vt_format(amount, sizeof(amount), "%" PRId64,
			(int64_t)json_integer_value(json_object_get(sheet, "amountCentavos"))) &&
		put(answer, "amountCentavos", amount);
	for (size_t i = 0; i < VT_ELEMENTS(copied); i++)
		good = good && put(answer, copied[i], get_text(sheet, copied[i]));
	if (good && !dump(answer, &reading->answer))
		set_body(reading, BODY_APPLIED, "");
	else
		set_body(reading, BODY_INVALID, "answer too large");
}

/* RFC 9457. The type's last segment is its name; detail and title may quote data and stay out. */
static void read_problem(const json_t *problem, int status, struct adapter_reading *reading)
{
	const char *type = get_text(problem, "type");
	const char *name = type;
	char detail[64];

	for (const char *p = type; *p; p++)
		if (strchr("/:#", *p))
			name = p + 1;
	if (is_token(name, "-_.", 40) && vt_format(detail, sizeof(detail), "problem %s", name))
		set_body(reading, BODY_NONE, detail);
	/* The service's own status for "decided against the order"; every other status has a
	 * meaning of its own in the table of outcomes. */
	if (status == 412)
		reading->body = BODY_REFUSED;
}

/* The JSON object of an answer; NULL with reading filled. Problems are read here. */
static json_t *open_answer(const struct http_answer *answer, struct adapter_reading *reading)
{
	const bool is_2xx = answer->status >= 200 && answer->status <= 299;
	struct vt_error error = {0};

	if (is_2xx && strcmp(answer->content_type, "application/json") != 0) {
		set_body(reading, BODY_INVALID, "answer is not JSON");
		return NULL;
	}
	if (!is_2xx && strcmp(answer->content_type, "application/problem+json") != 0)
		return NULL;
	json_t *json = bus_parse_json((const char *)answer->body, answer->body_length, &error);
	if (!json)
		set_body(reading, is_2xx ? BODY_INVALID : BODY_NONE, error.msg);
	if (json && !is_2xx) {
		read_problem(json, answer->status, reading);
		json_decref(json);
		json = NULL;
	}
	return json;
}

static void read_ledger(
	const json_t *json, const struct work_deliver *work, struct adapter_reading *reading)
{
	struct adapter_ledger_row rows[ADAPTER_LEDGER_MAX] = {0};
	struct adapter_ledger asked = {0};
	const json_t *list = json_object_get(json, "transactions");
	const size_t count = json_array_size(list);
	int64_t next = 0;

	if (!json_is_array(list) || count > VT_ELEMENTS(rows) ||
		!get_number(json, "next", INT64_MAX, &next) ||
		adapter_ledger_decode(work, &asked, NULL)) {
		set_body(reading, BODY_INVALID, "not a ledger");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		const char *state = get_text(item, "state");
		rows[i].is_applied = strcmp(state, "applied") == 0;
		if (!get_number(item, "sequence", INT64_MAX, &rows[i].sequence) ||
			!get_number(item, "atUnixMs", INT64_MAX, &rows[i].at_unix_ms) ||
			!vt_copy(rows[i].key, sizeof(rows[i].key), get_text(item, "key")) ||
			(!rows[i].is_applied && strcmp(state, "rejected") != 0)) {
			set_body(reading, BODY_INVALID, "not a ledger");
			return;
		}
	}
	adapter_ledger_read(asked.after, next, rows, count, reading);
}

static void fees_read(const struct adapter *adapter, const struct work_deliver *work,
	const struct http_answer *answer, int64_t now_unix_ms, struct adapter_reading *reading)
{
	VT_CLEANUP(json_freep) json_t *json = open_answer(answer, reading);

	(void)adapter, (void)now_unix_ms;
	if (!json)
		return;
	reading->replayed = answer->replayed;
	if (strcmp(work->operation, ADAPTER_LEDGER) == 0)
		read_ledger(json, work, reading);
	else
		read_sheet(json, work, reading);
}

static void fees_read_inquiry(const struct adapter *adapter, const struct work_deliver *work,
	const struct http_answer *answer, int64_t now_unix_ms, struct adapter_reading *reading)
{
	VT_CLEANUP(json_freep) json_t *json = open_answer(answer, reading);

	(void)adapter, (void)now_unix_ms;
	if (!json)
		return;
	const char *state = get_text(json, "state");
	const char *reason = get_text(json, "reason");
	if (strcmp(get_text(json, "key"), work->key) != 0)
		set_body(reading, BODY_INVALID, "answer about another key");
	else if (strcmp(state, "unknown") == 0)
		set_body(reading, BODY_NOT_KNOWN, "");
	else if (strcmp(state, "in-progress") == 0)
		set_body(reading, BODY_RUNNING, "");
	else if (strcmp(state, "rejected") == 0)
		set_body(reading, BODY_REFUSED,
			is_token(reason, "-_.", 60) ? reason : "rejected by the receiver");
	else if (strcmp(state, "applied") == 0)
		read_sheet(json_object_get(json, "result"), work, reading);
	else
		set_body(reading, BODY_INVALID, "transaction in an unknown state");
}

const struct adapter_ops fees_ops = {
	.name = "fees",
	.open = fees_open,
	.close = fees_close,
	.build = fees_build,
	.build_inquiry = fees_build_inquiry,
	.read = fees_read,
	.read_inquiry = fees_read_inquiry,
};
