#include "tools/agency/fees.h"

#include <jansson.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/text.h"

/* Passport fees in pesos as published by the foreign office (domain.md §8.1). The half fare is a
 * figure of its own: 1795 → 900. One year is for children under three only. */
static const struct fee {
	const char *year;
	int validity_years;
	int full_mxn;
	int half_mxn;
	const char *chain; /* cadena de la dependencia */
} fees[] = {
	{"2024", 3, 1655, 825, "01030020000003"},
	{"2024", 6, 2250, 1125, "01030020000006"},
	{"2024", 10, 3940, 1970, "01030020000010"},
	{"2025", 1, 885, 445, "01030020000001"},
	{"2025", 3, 1730, 855, "01030020000003"},
	{"2025", 6, 2350, 1175, "01030020000006"},
	{"2025", 10, 4120, 2060, "01030020000010"},
	{"2026", 1, 920, 460, "01030020000001"},
	{"2026", 3, 1795, 900, "01030020000003"},
	{"2026", 6, 2440, 1220, "01030020000006"},
	{"2026", 10, 4280, 2140, "01030020000010"},
};

static const char reference_key[] = "024001408"; /* clave de referencia, passports */

/* A sheet asked for; texts borrowed from the parsed body. */
struct order {
	const char *product;
	const char *fare;
	const char *curp;
	const char *name;
	const char *key;
	json_int_t validity_years;
	json_int_t amount_centavos;
};

static void json_free(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

static void text_free(char **text)
{
	free(*text);
	*text = NULL;
}

bool fees_key(const char *header, char ret_key[VT_UUID_SIZE])
{
	ret_key[0] = '\0';
	if (header == NULL || strlen(header) != VT_UUID_SIZE + 1 || header[0] != '"' ||
		header[VT_UUID_SIZE] != '"')
		return false;
	memcpy(ret_key, header + 1, VT_UUID_SIZE - 1);
	ret_key[VT_UUID_SIZE - 1] = '\0';
	if (!vt_uuid_valid(ret_key)) {
		ret_key[0] = '\0';
		return false;
	}
	return true;
}

static bool read_order(json_t *body, struct order *order)
{
	/* "!": nothing else in the object. */
	return json_unpack(body, "{s:s, s:I, s:s, s:I, s:s, s:s, s:s !}", "product",
		       &order->product, "validityYears", &order->validity_years, "fare",
		       &order->fare, "amountCentavos", &order->amount_centavos, "curp",
		       &order->curp, "name", &order->name, "key", &order->key) == 0;
}

static const struct fee *find_fee(const char *today, json_int_t validity_years)
{
	for (size_t i = 0; i < VT_ELEMENTS(fees); i++)
		if (strncmp(fees[i].year, today, 4) == 0 &&
			fees[i].validity_years == validity_years)
			return &fees[i];
	return NULL;
}

/* Under three years old today, by the birth date in the key. */
static bool is_under_three(const char *curp, const char *today)
{
	char third_birthday[11];
	int64_t year;
	bool is_new_century = curp[16] >= 'A';

	if (vt_parse_i64((char[]){curp[4], curp[5], '\0'}, 0, 99, &year) != VT_OK ||
		!vt_format(third_birthday, sizeof(third_birthday), "%04d-%.2s-%.2s",
			(int)year + (is_new_century ? 2003 : 1903), curp + 6, curp + 8))
		return false;
	return strcmp(today, third_birthday) < 0;
}

/* Why the order is refused, or NULL: then *ret_fee is what it costs. The words are the last part of
 * the problem's type, which the terminal's adapter knows as refusals of the business. */
static const char *refusal(const struct order *order, const char *today, const struct fee **ret_fee)
{
	if (strcmp(order->product, "passport") != 0)
		return "product-not-available";
	const struct fee *fee = find_fee(today, order->validity_years);

	if (fee == NULL)
		return "product-not-available";
	bool is_half = strcmp(order->fare, "half") == 0;

	if (!is_half && strcmp(order->fare, "full") != 0)
		return "fare-not-applicable";
	if (fee->validity_years == 1 && !is_under_three(order->curp, today))
		return "not-entitled";
	if (order->amount_centavos != (is_half ? fee->half_mxn : fee->full_mxn) * (json_int_t)100)
		return "fee-changed";
	*ret_fee = fee;
	return NULL;
}

static void refuse(struct reply *reply, const char *code)
{
	/* 412: decided against by the business. Every other status has a meaning of its own in the
	 * terminal's table of outcomes (reliability.md §2.2). */
	reply_problem(reply, 412, code, "The sheet is refused");
}

static void replay(struct reply *reply, const struct store_row *row)
{
	if (row->state == STORE_REJECTED) {
		refuse(reply, row->reason);
	} else {
		reply->status = 200;
		reply->content_type = "application/json";
		vt_copy_cut(reply->result, sizeof(reply->result), "replayed");
		vt_buf_reset(&reply->body);
		vt_buf_append(&reply->body, row->answer.data, row->answer.length);
	}
	reply->is_replayed = true;
}

static enum vt_code issue(struct store *store, const char *terminal, const char *key,
	const struct order *order, const struct fee *fee, const char *today, struct store_row *row,
	struct vt_error *error)
{
	int64_t number;
	char sheet[24];
	enum vt_code code = store_next(store, "sheets", 1, &number, error);

	if (code != VT_OK)
		return code;
	if (!vt_format(sheet, sizeof(sheet), "HA%.4s-%08lld", today, (long long)number))
		return vt_fail(error, VT_ERR_LIMIT, 0, "fees: sheet number");
	vt_buf_printf(&row->answer,
		"{\"key\":\"%s\",\"sheetId\":\"%s\",\"claveReferencia\":\"%s\","
		"\"cadenaDependencia\":\"%s\",\"amountCentavos\":%lld,\"validUntil\":\"%.4s-12-"
		"31\"}",
		key, sheet, reference_key, fee->chain, (long long)order->amount_centavos, today);
	return store_effect(store, terminal, key, sheet, error);
}

/* Inside a transaction: replays, refuses or issues; the row is written in all but the first case.
 */
static enum vt_code decide(struct store *store, const char *terminal, const char *key,
	const struct order *order, const char *print, const char *today, int64_t now_unix_ms,
	struct reply *reply, struct vt_error *error)
{
	VT_CLEANUP(store_row_finish) struct store_row row = {0};
	const struct fee *fee = NULL;
	enum vt_code code = store_find(store, terminal, key, &row, error);

	if (code == VT_OK) {
		if (strcmp(row.fingerprint, print) == 0)
			replay(reply, &row);
		else
			reply_problem(reply, 422, "key-reused", "Another order had this key");
		return VT_OK;
	}
	if (code != VT_ERR_NOT_FOUND)
		return code;
	const char *why = refusal(order, today, &fee);

	vt_copy_cut(row.operation, sizeof(row.operation), "sheets");
	vt_copy_cut(row.fingerprint, sizeof(row.fingerprint), print);
	vt_buf_init(&row.answer, VT_MAX_HTTP_BODY);
	if (why != NULL) {
		row.state = STORE_REJECTED;
		vt_copy_cut(row.reason, sizeof(row.reason), why);
		refuse(reply, why);
		row.status = reply->status;
	} else {
		row.state = STORE_APPLIED;
		row.status = reply->status = 201;
		code = issue(store, terminal, key, order, fee, today, &row, error);
		if (code != VT_OK)
			return code;
		reply->content_type = "application/json";
		vt_copy_cut(reply->result, sizeof(reply->result), "applied");
		vt_buf_append(&reply->body, row.answer.data, row.answer.length);
	}
	return store_decide(store, terminal, key, &row, now_unix_ms, error);
}

void fees_issue(struct store *store, const char *terminal, const char *key_header, const void *body,
	size_t length, const char *today, int64_t now_unix_ms, struct reply *reply)
{
	struct order order;
	struct vt_error error = {0};
	char key[VT_UUID_SIZE], print[FINGERPRINT_SIZE];

	vt_copy_cut(reply->operation, sizeof(reply->operation), "sheets");
	if (!fees_key(key_header, key)) {
		reply_problem(reply, 400, key_header == NULL ? "key-missing" : "key-malformed",
			"Idempotency-Key must be a quoted UUID");
		return;
	}
	memcpy(reply->key, key, sizeof(key));
	VT_CLEANUP(json_free) json_t *json = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);

	if (json == NULL || !read_order(json, &order) || order.name[0] == '\0') {
		reply_problem(
			reply, 400, "body-malformed", "The order is not what the API describes");
		return;
	}
	if (strcmp(order.key, key) != 0) {
		reply_problem(reply, 400, "key-mismatch", "Header and body name different keys");
		return;
	}
	if (!names_curp_has_structure(order.curp)) {
		reply_problem(reply, 400, "curp-malformed", "The key has no valid structure");
		return;
	}
	VT_CLEANUP(text_free) char *canonical = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	if (canonical == NULL) {
		reply_problem(reply, 500, "internal", "Out of memory");
		return;
	}
	fingerprint("sheets", canonical, strlen(canonical), print);

	enum vt_code code = store_begin(store, &error);

	if (code == VT_OK) {
		code = decide(
			store, terminal, key, &order, print, today, now_unix_ms, reply, &error);
	}
	if (code == VT_OK)
		code = store_commit(store, &error);
	if (code != VT_OK) {
		store_abort(store);
		reply_problem(reply, 500, "internal", "The ledger cannot be written");
	}
}

void fees_inquire(struct store *store, const char *terminal, const char *key, bool is_running,
	struct reply *reply)
{
	VT_CLEANUP(store_row_finish) struct store_row row = {0};
	struct vt_error error = {0};

	vt_copy_cut(reply->operation, sizeof(reply->operation), "transactions");
	if (!vt_uuid_valid(key)) {
		reply_problem(reply, 400, "key-malformed", "The key must be a UUID");
		return;
	}
	vt_copy_cut(reply->key, sizeof(reply->key), key);
	enum vt_code code = store_find(store, terminal, key, &row, &error);

	if (code != VT_OK && code != VT_ERR_NOT_FOUND) {
		reply_problem(reply, 500, "internal", "The ledger cannot be read");
		return;
	}
	bool is_known = code == VT_OK && strcmp(row.operation, "sheets") == 0;
	const char *state = is_known	 ? (row.state == STORE_APPLIED ? "applied" : "rejected")
			    : is_running ? "in-progress"
					 : "unknown";

	reply->status = 200;
	reply->content_type = "application/json";
	vt_copy_cut(reply->result, sizeof(reply->result), state);
	vt_buf_printf(&reply->body, "{\"key\":\"%s\",\"state\":\"%s\",\"result\":", key, state);
	vt_buf_append_text(&reply->body,
		is_known && row.state == STORE_APPLIED ? vt_buf_text(&row.answer) : "null");
	if (is_known && row.state == STORE_REJECTED)
		vt_buf_printf(&reply->body, ",\"reason\":\"%s\"}", row.reason);
	else
		vt_buf_append_text(&reply->body, ",\"reason\":null}");
}

/* Decisions in one answer. */
#define LEDGER_PAGE 100

void fees_list(struct store *store, const char *terminal, const char *query, int64_t now_unix_ms,
	struct reply *reply)
{
	struct store_entry entries[LEDGER_PAGE];
	struct vt_error error = {0};
	char number[20] = "", sequence[20] = "", hash[65] = "", checkpoint[96] = "";
	int64_t after;
	size_t count = 0;

	vt_copy_cut(reply->operation, sizeof(reply->operation), "transactions");
	const int read = sscanf(query ? query : "",
		"after=%19[0-9]&checkpoint=%19[0-9]-%64[0-9a-f]", number, sequence, hash);
	if (read < 1 || vt_parse_i64(number, 0, INT64_MAX, &after) != VT_OK) {
		reply_problem(reply, 400, "query-malformed", "GET …?after=NUMBER");
		return;
	}
	if (read == 3 && !vt_format(checkpoint, sizeof(checkpoint), "%s %s", sequence, hash))
		checkpoint[0] = '\0';
	if (store_witness(store, terminal, checkpoint, now_unix_ms, &error) ||
		store_list(store, terminal, true, after, LEDGER_PAGE, entries, &count, &error)) {
		reply_problem(reply, 500, "internal", "The ledger cannot be read");
		return;
	}
	reply->status = 200;
	reply->content_type = "application/json";
	vt_copy_cut(reply->result, sizeof(reply->result), "listed");
	vt_buf_printf(&reply->body, "{\"next\":%lld,\"transactions\":[",
		count == LEDGER_PAGE ? (long long)entries[count - 1].sequence : 0LL);
	for (size_t i = 0; i < count; i++)
		vt_buf_printf(&reply->body,
			"%s{\"sequence\":%lld,\"key\":\"%s\",\"state\":\"%s\",\"atUnixMs\":%lld}",
			i > 0 ? "," : "", (long long)entries[i].sequence, entries[i].key,
			entries[i].state == STORE_APPLIED ? "applied" : "rejected",
			(long long)entries[i].at_unix_ms);
	vt_buf_append_text(&reply->body, "]}");
}
