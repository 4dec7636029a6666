#include "terminal/bus/messages.h"

#include <string.h>

#include <jansson.h>

#include "terminal/base/text.h"

/* XFS4IoT's header version of a message: ours all are "1.0". */
#define HEADER_VERSION "1.0"

const char *const bus_type_names[BUS_TYPE_COUNT] = {
	[BUS_COMMAND] = "command",
	[BUS_ACKNOWLEDGE] = "acknowledge",
	[BUS_EVENT] = "event",
	[BUS_COMPLETION] = "completion",
	[BUS_UNSOLICITED] = "unsolicited",
};
const char *const bus_completion_code_names[BUS_COMPLETION_CODE_COUNT] = {
	[BUS_SUCCESS] = "success",
	[BUS_INVALID_DATA] = "invalidData",
	[BUS_COMMAND_ERROR_CODE] = "commandErrorCode",
	[BUS_DEVICE_NOT_READY] = "deviceNotReady",
	[BUS_HARDWARE_ERROR] = "hardwareError",
	[BUS_CANCELED] = "canceled",
	[BUS_TIME_OUT] = "timeOut",
	[BUS_UNSUPPORTED_COMMAND] = "unsupportedCommand",
	[BUS_NOT_FOUND] = "notFound",
	[BUS_NOT_PERMITTED] = "notPermitted",
	[BUS_INTERNAL_ERROR] = "internalError",
	[BUS_SEQUENCE_ERROR] = "sequenceError",
};
const char *const bus_role_names[ROLE_COUNT] = {
	[ROLE_UI] = "ui",
	[ROLE_DEVICES] = "devices",
	[ROLE_SYNC] = "sync",
	[ROLE_CTL] = "ctl",
};
const char *const intent_action_names[INTENT_ACTION_COUNT] = {
	[INTENT_START] = "start",
	[INTENT_OPEN] = "open",
	[INTENT_SUBMIT] = "submit",
	[INTENT_UNKNOWN_CURP] = "unknownCurp",
	[INTENT_CHANGE] = "change",
	[INTENT_CONFIRM] = "confirm",
	[INTENT_YES] = "yes",
	[INTENT_NO] = "no",
	[INTENT_PRINT] = "print",
	[INTENT_PRINTED_OK] = "printedOk",
	[INTENT_PRINTED_BAD] = "printedBad",
	[INTENT_BACK] = "back",
	[INTENT_CANCEL] = "cancel",
	[INTENT_EXTEND] = "extend",
	[INTENT_END] = "end",
	[INTENT_LANGUAGE] = "language",
	[INTENT_ACCESS] = "access",
	[INTENT_SETTING] = "setting",
	[INTENT_HELP] = "help",
	[INTENT_CLOSE] = "close",
	[INTENT_SIGN_IN] = "signIn",
	[INTENT_SCAN] = "scan",
	[INTENT_STAFF] = "staff",
	[INTENT_MONTH] = "month",
};
const char *const print_outcome_names[PRINT_OUTCOME_COUNT] = {
	[OUTCOME_PRINTED] = "printed",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_UNKNOWN] = "unknown",
};
const char *const test_outcome_names[TEST_OUTCOME_COUNT] = {
	[TEST_PASSED] = "passed", [TEST_FAILED] = "failed", [TEST_UNKNOWN] = "unknown"};
const char *const device_state_names[DEVICE_STATE_COUNT] = {
	[DEVICE_ABSENT] = "absent",
	[DEVICE_STARTING] = "starting",
	[DEVICE_READY] = "ready",
	[DEVICE_DEGRADED] = "degraded",
	[DEVICE_FAILED] = "failed",
};
const char *const paper_state_names[PAPER_STATE_COUNT] = {
	[PAPER_UNKNOWN] = "unknown",
	[PAPER_FULL] = "full",
	[PAPER_LOW] = "low",
	[PAPER_OUT] = "out",
};
const char *const paper_size_names[PAPER_SIZE_COUNT] = {
	[PAPER_ROLL] = "roll", [PAPER_LETTER] = "letter"};
const char *const paper_kind_names[PAPER_KIND_COUNT] = {
	[PAPER_PLAIN] = "plain", [PAPER_SECURITY] = "security"};
const char *const work_result_names[WORK_RESULT_COUNT] = {
	[WORK_ACCEPTED] = "accepted",
	[WORK_REJECTED] = "rejected",
	[WORK_RETRY_AFTER] = "retryAfter",
	[WORK_UNKNOWN] = "unknown",
	[WORK_NOT_KNOWN] = "notKnown",
};

const char *const queue_verdict_names[QUEUE_VERDICT_COUNT] = {
	[VERDICT_DONE] = "done",
	[VERDICT_IN_FLIGHT] = "inFlight",
	[VERDICT_IN_LANE] = "inLane",
	[VERDICT_SERVED] = "served",
	[VERDICT_IN_DOUBT] = "inDoubt",
	[VERDICT_SETTLED] = "settled",
};
const char *const reconcile_finding_names[RECONCILE_FINDING_COUNT] = {
	[FINDING_SAME] = "same",
	[FINDING_UNKNOWN_THERE] = "unknownThere",
	[FINDING_NOT_SETTLED_HERE] = "notSettledHere",
	[FINDING_DIFFERENT] = "different",
	[FINDING_UNANSWERED] = "unanswered",
	[FINDING_MOVING] = "moving",
	[FINDING_ONLY_THERE] = "onlyThere",
};

#define S struct terminal_hello
static const struct bus_field terminal_hello_fields[] = {
	REQ_TEXT(S, program, "program"),
	REQ_TEXT(S, version, "version"),
	REQ_I64(S, pid, "pid"),
};
#undef S
#define S struct bus_empty
/* The row keeps the table non-empty for the compiler; nothing may be sent under its name. */
static const struct bus_table empty_table = {.name = "empty", .struct_size = sizeof(S)};
#undef S
const char *const storage_problem_names[STORAGE_PROBLEM_COUNT] = {
	[STORAGE_GOOD] = "none",
	[STORAGE_IO] = "io",
	[STORAGE_FULL] = "full",
	[STORAGE_READ_ONLY] = "readOnly",
	[STORAGE_MISSING] = "missing",
	[STORAGE_NEWER] = "newer",
	[STORAGE_KEY] = "key",
};

#define S struct status_service
static const struct bus_field status_service_fields[] = {
	REQ_TEXT(S, adapter, "adapter"),
	REQ_BOOL(S, online, "online"),
	OPT_TEXT(S, reason, "reason"),
	OPT_TEXT(S, trouble, "trouble"),
};
static const struct bus_table status_service_table = BUS_TABLE(S, "service", status_service_fields);
#undef S
#define S struct status_place
static const struct bus_field status_place_fields[] = {
	OPT_TEXT(S, entity, "entity"),
	OPT_TEXT(S, municipality, "municipality"),
	OPT_TEXT(S, site, "site"),
	OPT_OBJECT(S, panel, "panel", screen_panel_table),
};
static const struct bus_table status_place_table =
	BUS_TABLE(struct status_place, "place", status_place_fields);
#undef S
#define S struct terminal_status
static const struct bus_field terminal_status_fields[] = {
	REQ_TEXT(S, terminal, "terminal"),
	REQ_TEXT(S, version, "version"),
	REQ_TEXT(S, session, "session"),
	REQ_TEXT(S, storage, "storage"),
	OPT_ENUM(S, problem, "problem", storage_problem_names),
	OPT_TEXT(S, detail, "detail"),
	OPT_TEXT(S, aside, "aside"),
	OPT_BOOL(S, rolled_back, "rolledBack"),
	REQ_BOOL(S, ui, "ui"),
	REQ_BOOL(S, devices, "devices"),
	REQ_BOOL(S, sync, "sync"),
	REQ_BOOL(S, online, "online"),
	REQ_TEXT(S, printer, "printer"),
	REQ_I64(S, queued, "queued"),
	REQ_I64(S, dead, "dead"),
	REQ_I64(S, oldest_ms, "oldestMs"),
	REQ_I64(S, sessions, "sessions"),
	REQ_I64(S, uptime_ms, "uptimeMs"),
	OPT_BOOL(S, clock_trusted, "clockTrusted"),
	OPT_I64(S, clock_off_ms, "clockOffMs"),
	OPT_LIST(S, services, service_count, "services", status_service_table),
	OPT_OBJECT(S, place, "place", status_place_table),
};
#undef S
#define S struct intent_act
static const struct bus_field intent_act_fields[] = {
	REQ_ENUM(S, screen, "screen", screen_kind_names),
	REQ_I64(S, revision, "revision"),
	REQ_ENUM(S, action, "action", intent_action_names),
	OPT_TEXT(S, item, "item"),
	OPT_TEXT(S, value, "value"),
	OPT_BOOL(S, consent, "consent"),
};
#undef S
#define S struct printer_print_form
static const struct bus_field print_form_fields[] = {
	REQ_TEXT(S, job, "job"),
	OPT_ENUM(S, size, "size", paper_size_names),
	OPT_ENUM(S, paper, "paper", paper_kind_names),
	REQ_OBJECT(S, receipt, "receipt", receipt_table),
};
#undef S
#define S struct printer_print_result
static const struct bus_field print_result_fields[] = {
	REQ_TEXT(S, job, "job"),
	REQ_ENUM(S, outcome, "outcome", print_outcome_names),
	OPT_TEXT(S, reason, "reason"),
};
#undef S
#define S struct printer_tray
static const struct bus_field printer_tray_fields[] = {
	REQ_TEXT(S, name, "name"),
	REQ_ENUM(S, paper, "paper", paper_kind_names),
	REQ_ENUM(S, level, "level", paper_state_names),
};
#undef S
static const struct bus_table printer_tray_table =
	BUS_TABLE(struct printer_tray, "tray", printer_tray_fields);
#define S struct device_status
static const struct bus_field device_status_fields[] = {
	REQ_TEXT(S, id, "id"),
	REQ_TEXT(S, class, "class"),
	OPT_TEXT(S, model, "model"),
	OPT_TEXT(S, usb, "usb"),
	REQ_ENUM(S, state, "state", device_state_names),
	OPT_ENUM(S, paper, "paper", paper_state_names),
	OPT_TEXT(S, reason, "reason"),
	OPT_TEXT(S, advice, "advice"),
	OPT_TEXT(S, run, "run"),
	OPT_I64(S, sheets, "sheets"),
	OPT_I64(S, cuts, "cuts"),
	OPT_I64(S, reads, "reads"),
	OPT_I64(S, errors, "errors"),
	OPT_I64(S, resets, "resets"),
	OPT_ENUM(S, size, "size", paper_size_names),
	OPT_LIST(S, trays, tray_count, "trays", printer_tray_table),
};
#undef S
#define S struct device_query
static const struct bus_field device_query_fields[] = {REQ_TEXT(S, device, "device")};
#undef S
#define S struct barcode_scanned
static const struct bus_field barcode_scanned_fields[] = {
	REQ_TEXT(S, device, "device"),
	OPT_TEXT(S, symbology, "symbology"),
	REQ_TEXT(S, text, "text"),
};
#undef S
#define S struct device_tested
static const struct bus_field device_tested_fields[] = {
	REQ_TEXT(S, device, "device"),
	REQ_ENUM(S, outcome, "outcome", test_outcome_names),
	OPT_TEXT(S, reason, "reason"),
	OPT_TEXT(S, detail, "detail"),
};
#undef S
#define S struct work_deliver
static const struct bus_field work_deliver_fields[] = {
	REQ_TEXT(S, lease, "lease"),
	REQ_TEXT(S, transaction, "transaction"),
	REQ_TEXT(S, key, "key"),
	REQ_TEXT(S, service, "service"),
	REQ_TEXT(S, adapter, "adapter"),
	REQ_TEXT(S, operation, "operation"),
	OPT_BOOL(S, inquiry, "inquiry"),
	OPT_INT(S, attempt, "attempt"),
	REQ_I64(S, deadline_ms, "deadlineMs"),
	OPT_I64(S, floor_unix_ms, "floorUnixMs"),
	OPT_I64(S, trusted_unix_ms, "trustedUnixMs"),
	REQ_TEXT(S, payload, "payload"),
};
#undef S
#define S struct work_result
static const struct bus_field work_result_fields[] = {
	REQ_TEXT(S, lease, "lease"),
	REQ_TEXT(S, transaction, "transaction"),
	REQ_ENUM(S, result, "result", work_result_names),
	OPT_TEXT(S, cause, "cause"),
	OPT_I64(S, retry_after_ms, "retryAfterMs"),
	OPT_BOOL(S, replayed, "replayed"),
	OPT_I64(S, signed_unix_ms, "signedUnixMs"),
	OPT_TEXT(S, detail, "detail"),
	OPT_TEXT(S, answer, "answer"),
};
#undef S
#define S struct work_link
static const struct bus_field work_link_fields[] = {
	REQ_TEXT(S, adapter, "adapter"),
	REQ_BOOL(S, online, "online"),
	OPT_TEXT(S, reason, "reason"),
};
#undef S
#define S struct queue_row
static const struct bus_field queue_row_fields[] = {
	REQ_TEXT(S, transaction, "transaction"),
	OPT_TEXT(S, folio, "folio"),
	REQ_TEXT(S, service, "service"),
	REQ_TEXT(S, state, "state"),
	REQ_TEXT(S, receipt, "receipt"),
	REQ_INT(S, attempts, "attempts"),
	OPT_TEXT(S, cause, "cause"),
	REQ_I64(S, created_unix_ms, "createdUnixMs"),
	OPT_I64(S, next_ms, "nextMs"),
	OPT_TEXT(S, note, "note"),
};
#undef S
#define S struct queue_query
static const struct bus_field queue_query_fields[] = {
	OPT_I64(S, cursor, "cursor"),
	OPT_BOOL(S, unsettled_only, "unsettledOnly"),
	OPT_TEXT(S, id, "id"),
};
#undef S
#define S struct queue_decision
static const struct bus_field queue_decision_fields[] = {
	REQ_TEXT(S, id, "id"),
	OPT_TEXT(S, reason, "reason"),
};
#undef S
#define S struct queue_decided
static const struct bus_field queue_decided_fields[] = {
	REQ_ENUM(S, verdict, "verdict", queue_verdict_names),
	REQ_TEXT(S, transaction, "transaction"),
	REQ_TEXT(S, folio, "folio"),
	REQ_TEXT(S, state, "state"),
};
#undef S
#define S struct export_query
static const struct bus_field export_query_fields[] = {OPT_I64(S, cursor, "cursor")};
#undef S
#define S struct export_part
static const struct bus_field export_part_fields[] = {
	OPT_I64(S, next, "next"),
	REQ_I64(S, count, "count"),
	OPT_I64(S, skipped, "skipped"),
	OPT_TEXT(S, sealed, "sealed"),
};
#undef S
#define S struct work_seal
static const struct bus_field work_seal_fields[] = {REQ_TEXT(S, content, "content")};
#undef S
#define S struct work_sealed
static const struct bus_field work_sealed_fields[] = {REQ_TEXT(S, sealed, "sealed")};
#undef S
#define S struct reconcile_query
static const struct bus_field reconcile_query_fields[] = {
	OPT_I64(S, cursor, "cursor"),
	OPT_I64(S, since_unix_ms, "sinceUnixMs"),
};
#undef S
#define S struct reconcile_row
static const struct bus_field reconcile_row_fields[] = {
	REQ_TEXT(S, transaction, "transaction"),
	OPT_TEXT(S, folio, "folio"),
	REQ_TEXT(S, service, "service"),
	REQ_TEXT(S, here, "here"),
	OPT_TEXT(S, there, "there"),
	REQ_ENUM(S, finding, "finding", reconcile_finding_names),
	REQ_I64(S, created_unix_ms, "createdUnixMs"),
	OPT_TEXT(S, key, "key"),
};
#undef S
#define S struct journal_query
static const struct bus_field journal_query_fields[] = {OPT_I64(S, cursor, "cursor")};
#undef S
#define S struct journal_entry
static const struct bus_field journal_entry_fields[] = {
	REQ_I64(S, sequence, "sequence"),
	OPT_I64(S, at_unix_ms, "atUnixMs"),
	OPT_I64(S, opening, "opening"),
	OPT_TEXT(S, event, "event"),
	OPT_I64(S, first, "first"),
	OPT_I64(S, second, "second"),
	OPT_TEXT(S, subject, "subject"),
	OPT_TEXT(S, word, "word"),
	OPT_TEXT(S, hash, "hash"),
	OPT_BOOL(S, is_signed, "signed"),
};
#undef S
#define S struct journal_proof
static const struct bus_field journal_proof_fields[] = {
	OPT_I64(S, next, "next"),
	REQ_I64(S, rows, "rows"),
	REQ_I64(S, checkpoints, "checkpoints"),
	OPT_I64(S, broken, "broken"),
	OPT_TEXT(S, fault, "fault"),
	REQ_I64(S, last, "last"),
	REQ_I64(S, last_signed, "lastSigned"),
	OPT_TEXT(S, public_key, "publicKey"),
};
#undef S
#define S struct journal_signed
static const struct bus_field journal_signed_fields[] = {
	REQ_I64(S, sequence, "sequence"),
	REQ_TEXT(S, text, "text"),
	REQ_TEXT(S, signature, "signature"),
	REQ_TEXT(S, public_key, "publicKey"),
};
#undef S

static const struct bus_table terminal_hello_table =
	BUS_TABLE(struct terminal_hello, "payload", terminal_hello_fields);
static const struct bus_table terminal_status_table =
	BUS_TABLE(struct terminal_status, "payload", terminal_status_fields);
static const struct bus_table intent_act_table =
	BUS_TABLE(struct intent_act, "payload", intent_act_fields);
static const struct bus_table print_form_table =
	BUS_TABLE(struct printer_print_form, "payload", print_form_fields);
static const struct bus_table print_result_table =
	BUS_TABLE(struct printer_print_result, "payload", print_result_fields);
static const struct bus_table device_status_table =
	BUS_TABLE(struct device_status, "payload", device_status_fields);
static const struct bus_table device_query_table =
	BUS_TABLE(struct device_query, "payload", device_query_fields);
static const struct bus_table barcode_scanned_table =
	BUS_TABLE(struct barcode_scanned, "payload", barcode_scanned_fields);
static const struct bus_table device_tested_table =
	BUS_TABLE(struct device_tested, "payload", device_tested_fields);
static const struct bus_table work_deliver_table =
	BUS_TABLE(struct work_deliver, "payload", work_deliver_fields);
static const struct bus_table work_result_table =
	BUS_TABLE(struct work_result, "payload", work_result_fields);
static const struct bus_table work_link_table =
	BUS_TABLE(struct work_link, "payload", work_link_fields);
static const struct bus_table queue_row_table =
	BUS_TABLE(struct queue_row, "row", queue_row_fields);
static const struct bus_table queue_query_table =
	BUS_TABLE(struct queue_query, "payload", queue_query_fields);
static const struct bus_table queue_decision_table =
	BUS_TABLE(struct queue_decision, "payload", queue_decision_fields);
static const struct bus_table queue_decided_table =
	BUS_TABLE(struct queue_decided, "payload", queue_decided_fields);
static const struct bus_table export_query_table =
	BUS_TABLE(struct export_query, "payload", export_query_fields);
static const struct bus_table export_part_table =
	BUS_TABLE(struct export_part, "payload", export_part_fields);
static const struct bus_table work_seal_table =
	BUS_TABLE(struct work_seal, "payload", work_seal_fields);
static const struct bus_table work_sealed_table =
	BUS_TABLE(struct work_sealed, "payload", work_sealed_fields);
static const struct bus_table reconcile_query_table =
	BUS_TABLE(struct reconcile_query, "payload", reconcile_query_fields);
static const struct bus_table reconcile_row_table =
	BUS_TABLE(struct reconcile_row, "row", reconcile_row_fields);
static const struct bus_table journal_query_table =
	BUS_TABLE(struct journal_query, "payload", journal_query_fields);
static const struct bus_table journal_entry_table =
	BUS_TABLE(struct journal_entry, "row", journal_entry_fields);
static const struct bus_table journal_proof_table =
	BUS_TABLE(struct journal_proof, "payload", journal_proof_fields);
static const struct bus_table journal_signed_table =
	BUS_TABLE(struct journal_signed, "payload", journal_signed_fields);

static const struct bus_field device_list_fields[] = {
	OPT_LIST(struct device_list, devices, count, "devices", device_status_table),
};
static const struct bus_table device_list_table =
	BUS_TABLE(struct device_list, "payload", device_list_fields);
static const struct bus_field queue_list_fields[] = {
	OPT_I64(struct queue_list, next, "next"),
	OPT_LIST(struct queue_list, rows, count, "rows", queue_row_table),
};
static const struct bus_table queue_list_table =
	BUS_TABLE(struct queue_list, "payload", queue_list_fields);
static const struct bus_field reconcile_list_fields[] = {
	OPT_I64(struct reconcile_list, next, "next"),
	REQ_I64(struct reconcile_list, compared, "compared"),
	OPT_LIST(struct reconcile_list, rows, count, "rows", reconcile_row_table),
};
static const struct bus_table reconcile_list_table =
	BUS_TABLE(struct reconcile_list, "payload", reconcile_list_fields);
static const struct bus_field journal_page_fields[] = {
	OPT_I64(struct journal_page, next, "next"),
	OPT_LIST(struct journal_page, rows, count, "rows", journal_entry_table),
};
static const struct bus_table journal_page_table =
	BUS_TABLE(struct journal_page, "payload", journal_page_fields);

static const struct {
	const char *name;
	const struct bus_table *out, *back;
} messages[BUS_NAME_COUNT] = {
#define X(id, text, out_table, back_table) \
	[BUS_##id] = {(text), &out_table##_table, &back_table##_table},
	BUS_MESSAGES(X)
#undef X
};

const struct bus_table *bus_payload_table(enum bus_name name, enum bus_type type)
{
	if ((int)name < 0 || name >= BUS_NAME_COUNT)
		return NULL;
	switch (type) {
	case BUS_COMMAND:
	case BUS_EVENT:
	case BUS_UNSOLICITED:
		return messages[name].out;
	case BUS_COMPLETION:
		return messages[name].back;
	case BUS_ACKNOWLEDGE:
		return &empty_table;
	case BUS_TYPE_COUNT:
		break;
	}
	return NULL;
}

const char *bus_name_text(enum bus_name name)
{
	return (int)name >= 0 && name < BUS_NAME_COUNT ? messages[name].name : "?";
}

/* The header as it stands on the wire: names as text. */
struct wire_header {
	enum bus_type type;
	char name[48];
	char version[8];
	int64_t request_id;
	int64_t timeout_ms;
	enum bus_completion_code completion;
	char error[160];
};

static const struct bus_field wire_header_fields[] = {
	REQ_ENUM(struct wire_header, type, "type", bus_type_names),
	REQ_TEXT(struct wire_header, name, "name"),
	REQ_TEXT(struct wire_header, version, "version"),
	OPT_I64(struct wire_header, request_id, "requestId"),
	OPT_I64(struct wire_header, timeout_ms, "timeout"),
	OPT_ENUM(struct wire_header, completion, "completionCode", bus_completion_code_names),
	OPT_TEXT(struct wire_header, error, "errorDescription"),
};
static const struct bus_table wire_header_table =
	BUS_TABLE(struct wire_header, "header", wire_header_fields);

static bool has_payload(const struct bus_header *header)
{
	return !(header->type == BUS_COMPLETION && header->completion != BUS_SUCCESS);
}

enum vt_code bus_message_encode(
	const struct bus_message *msg, struct vt_buf *out, struct vt_error *error)
{
	const struct bus_table *table = bus_payload_table(msg->header.name, msg->header.type);
	struct wire_header header = {
		.type = msg->header.type,
		.version = HEADER_VERSION,
		.request_id = msg->header.request_id,
		.timeout_ms = msg->header.timeout_ms,
		.completion = msg->header.completion,
	};

	if (!table)
		return vt_fail(error, VT_ERR_INVALID, 0, "message: no such name or type");
	if (!vt_copy(header.name, sizeof(header.name), bus_name_text(msg->header.name)) ||
		!vt_copy(header.error, sizeof(header.error), msg->header.error))
		return vt_fail(error, VT_ERR_LIMIT, 0, "message: header too long");
	vt_buf_append_text(out, "{\"header\":");
	enum vt_code code = bus_encode(&wire_header_table, &header, out, error);
	if (code)
		return code;
	vt_buf_append_text(out, ",\"payload\":");
	if (has_payload(&msg->header))
		code = bus_encode(table, &msg->payload, out, error);
	else
		vt_buf_append_text(out, "{}");
	if (code)
		return vt_prefix(error, code, "%s", bus_name_text(msg->header.name));
	vt_buf_append_byte(out, '}');
	return out->failed ? vt_fail(error, out->failed, 0, "message: too large") : VT_OK;
}

static enum vt_code decode_header(
	const json_t *json, struct bus_header *header, struct vt_error *error)
{
	struct wire_header wire;
	enum vt_code code = bus_decode_value(&wire_header_table, json, &wire, error);

	if (code)
		return code;
	if (strcmp(wire.version, HEADER_VERSION) != 0)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "header: unknown version");
	for (int i = 0; i < BUS_NAME_COUNT; i++) {
		if (strcmp(messages[i].name, wire.name) != 0)
			continue;
		*header = (struct bus_header){
			.type = wire.type,
			.name = (enum bus_name)i,
			.request_id = wire.request_id,
			.timeout_ms = wire.timeout_ms,
			.completion = wire.completion,
		};
		memcpy(header->error, wire.error, sizeof(header->error));
		return VT_OK;
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "header: unknown name");
}

static enum vt_code decode_message(
	const json_t *root, struct bus_message *msg, struct vt_error *error)
{
	const json_t *header = json_object_get(root, "header");
	const json_t *payload = json_object_get(root, "payload");

	if (!header || !payload || json_object_size(root) != 2)
		return vt_fail(error, VT_ERR_PARSE, 0, "message: header and payload expected");
	enum vt_code code = decode_header(header, &msg->header, error);
	if (code)
		return code;
	const struct bus_table *table =
		has_payload(&msg->header) ? bus_payload_table(msg->header.name, msg->header.type)
					  : &empty_table;
	if (!table)
		return vt_fail(error, VT_ERR_PARSE, 0, "message: no such type");
	code = bus_decode_value(table, payload, &msg->payload, error);
	return code ? vt_prefix(error, code, "%s", bus_name_text(msg->header.name)) : VT_OK;
}

enum vt_code bus_message_decode(
	const char *json, size_t length, struct bus_message *msg, struct vt_error *error)
{
	struct vt_error own = {0};

	if (!error)
		error = &own;
	memset(msg, 0, sizeof(*msg));
	if (length > VT_MAX_MESSAGE)
		return vt_fail(
			error, VT_ERR_LIMIT, 0, "message: larger than %d bytes", VT_MAX_MESSAGE);
	json_t *root = bus_parse_json(json, length, error);
	if (!root)
		return error->code;
	enum vt_code code = decode_message(root, msg, error);
	json_decref(root);
	if (code)
		bus_message_finish(msg);
	return code;
}

void bus_message_finish(struct bus_message *msg)
{
	vt_wipe(msg, sizeof(*msg));
}
