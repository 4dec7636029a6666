#include "terminal/bus/card.h"

const char *const card_application_names[CARD_APPLICATION_COUNT] = {
	[CARD_NO_APPLICATION] = "none",
	[CARD_PIV] = "piv",
	[CARD_PKCS15] = "pkcs15",
	[CARD_CAC] = "cac",
};
const char *const stripe_outcome_names[STRIPE_OUTCOME_COUNT] = {
	[STRIPE_OUTCOME_READ] = "read",
	[STRIPE_OUTCOME_UNREADABLE] = "unreadable",
	[STRIPE_OUTCOME_ENCRYPTED] = "encrypted",
	[STRIPE_OUTCOME_PAYMENT] = "payment",
};
const char *const card_hash_names[CARD_HASH_COUNT] = {
	[CARD_SHA256] = "sha256",
	[CARD_SHA384] = "sha384",
	[CARD_SHA512] = "sha512",
};
const char *const sign_outcome_names[SIGN_OUTCOME_COUNT] = {
	[SIGN_SIGNED] = "signed",
	[SIGN_WRONG_PIN] = "wrongPin",
	[SIGN_PIN_FORM] = "pinForm",
	[SIGN_LAST_TRY] = "lastTry",
	[SIGN_BLOCKED] = "blocked",
	[SIGN_REMOVED] = "removed",
	[SIGN_CANCELED] = "canceled",
	[SIGN_TIMED_OUT] = "timedOut",
	[SIGN_REFUSED] = "refused",
	[SIGN_FAILED] = "failed",
};
const char *const pin_entry_names[PIN_ENTRY_COUNT] = {
	[PIN_ENTRY_WAITING] = "waiting",
	[PIN_ENTRY_DIGIT] = "digit",
	[PIN_ENTRY_DONE] = "done",
};
const char *const card_revocation_status_names[CARD_REVOCATION_STATUS_COUNT] = {
	[CARD_REVOCATION_NOT_ASKED] = "notAsked",
	[CARD_REVOCATION_GOOD] = "good",
	[CARD_REVOCATION_REVOKED] = "revoked",
	[CARD_REVOCATION_UNKNOWN] = "unknown",
};
const char *const check_status_names[CHECK_STATUS_COUNT] = {
	[CHECK_GOOD] = "good",
	[CHECK_REVOKED] = "revoked",
	[CHECK_UNKNOWN] = "unknown",
	[CHECK_UNAVAILABLE] = "unavailable",
};

#define S struct card_inserted
static const struct bus_field card_inserted_fields[] = {
	REQ_TEXT(S, device, "device"),
	OPT_INT(S, slot, "slot"),
	OPT_TEXT(S, atr, "atr"),
	REQ_BOOL(S, readable, "readable"),
};
#undef S
#define S struct card_removed
static const struct bus_field card_removed_fields[] = {
	REQ_TEXT(S, device, "device"),
	OPT_INT(S, slot, "slot"),
};
#undef S
#define S struct stripe_swipe
static const struct bus_field stripe_swipe_fields[] = {
	REQ_TEXT(S, device, "device"),
	REQ_ENUM(S, outcome, "outcome", stripe_outcome_names),
	OPT_TEXT(S, account, "account"),
	OPT_TEXT(S, name, "name"),
	OPT_TEXT(S, expiry, "expiry"),
};
#undef S
#define S struct certificate_query
static const struct bus_field certificate_query_fields[] = {OPT_TEXT(S, device, "device")};
#undef S
#define S struct card_pin
static const struct bus_field card_pin_fields[] = {
	OPT_BOOL(S, pad, "pad"),
	REQ_INT(S, tries_left, "triesLeft"),
	OPT_INT(S, min_length, "minLength"),
	OPT_INT(S, max_length, "maxLength"),
};
#undef S
#define S struct card_certificate
static const struct bus_field card_certificate_fields[] = {
	REQ_TEXT(S, id, "id"),
	OPT_TEXT(S, label, "label"),
	REQ_TEXT(S, certificate, "certificate"),
	REQ_BOOL(S, can_sign, "canSign"),
};
#undef S
static const struct bus_table card_pin_table = BUS_TABLE(struct card_pin, "pin", card_pin_fields);
static const struct bus_table card_certificate_table =
	BUS_TABLE(struct card_certificate, "certificate", card_certificate_fields);
#define S struct certificate_list
static const struct bus_field certificate_list_fields[] = {
	REQ_ENUM(S, application, "application", card_application_names),
	REQ_OBJECT(S, pin, "pin", card_pin_table),
	OPT_LIST(S, certificates, count, "certificates", card_certificate_table),
};
#undef S
#define S struct certificate_sign
static const struct bus_field certificate_sign_fields[] = {
	OPT_TEXT(S, device, "device"),
	OPT_TEXT(S, certificate, "certificate"),
	OPT_TEXT(S, pin, "pin"),
	OPT_BOOL(S, last_try, "lastTry"),
	REQ_ENUM(S, hash, "hash", card_hash_names),
	REQ_TEXT(S, digest, "digest"),
};
#undef S
#define S struct certificate_signed
static const struct bus_field certificate_signed_fields[] = {
	REQ_ENUM(S, outcome, "outcome", sign_outcome_names),
	REQ_INT(S, tries_left, "triesLeft"),
	OPT_TEXT(S, signature, "signature"),
};
#undef S
#define S struct certificate_pin_entry
static const struct bus_field certificate_pin_entry_fields[] = {
	REQ_ENUM(S, entry, "entry", pin_entry_names),
	OPT_INT(S, digits, "digits"),
};
#undef S
#define S struct common_cancel
static const struct bus_field common_cancel_fields[] = {REQ_I64(S, request_id, "requestId")};
#undef S
#define S struct certificate_issuer
static const struct bus_field certificate_issuer_fields[] = {
	REQ_TEXT(S, certificate, "certificate"),
};
#undef S
static const struct bus_table certificate_issuer_table =
	BUS_TABLE(struct certificate_issuer, "issuer", certificate_issuer_fields);
#define S struct certificate_check
static const struct bus_field certificate_check_fields[] = {
	REQ_TEXT(S, certificate, "certificate"),
	OPT_LIST(S, issuers, issuer_count, "issuers", certificate_issuer_table),
};
#undef S
#define S struct certificate_checked
static const struct bus_field certificate_checked_fields[] = {
	REQ_ENUM(S, status, "status", check_status_names),
	OPT_TEXT(S, source, "source"),
	OPT_I64(S, this_update_unix_ms, "thisUpdateUnixMs"),
	OPT_I64(S, next_update_unix_ms, "nextUpdateUnixMs"),
	OPT_TEXT(S, detail, "detail"),
};
#undef S
#define S struct card_revocation
static const struct bus_field card_revocation_fields[] = {
	REQ_ENUM(S, status, "status", card_revocation_status_names),
	OPT_TEXT(S, source, "source"),
	OPT_I64(S, this_update_unix_ms, "thisUpdateUnixMs"),
	OPT_I64(S, next_update_unix_ms, "nextUpdateUnixMs"),
	OPT_TEXT(S, detail, "detail"),
};
#undef S
static const struct bus_table card_revocation_table =
	BUS_TABLE(struct card_revocation, "revocation", card_revocation_fields);
#define S struct card_identity
static const struct bus_field card_identity_fields[] = {
	REQ_TEXT(S, id, "id"),
	OPT_TEXT(S, label, "label"),
	OPT_TEXT(S, holder, "holder"),
	OPT_TEXT(S, rfc, "rfc"),
	OPT_TEXT(S, curp, "curp"),
	OPT_TEXT(S, serial, "serial"),
	REQ_TEXT(S, purpose, "purpose"),
	OPT_I64(S, not_before_unix_ms, "notBeforeUnixMs"),
	OPT_I64(S, not_after_unix_ms, "notAfterUnixMs"),
	REQ_BOOL(S, can_sign, "canSign"),
	REQ_TEXT(S, status, "status"),
	REQ_OBJECT(S, revocation, "revocation", card_revocation_table),
};
#undef S
static const struct bus_table card_identity_table =
	BUS_TABLE(struct card_identity, "certificate", card_identity_fields);
#define S struct card_facts
static const struct bus_field card_facts_fields[] = {
	REQ_TEXT(S, device, "device"),
	OPT_TEXT(S, atr, "atr"),
	REQ_ENUM(S, application, "application", card_application_names),
	REQ_OBJECT(S, pin, "pin", card_pin_table),
	OPT_LIST(S, certificates, count, "certificates", card_identity_table),
};
#undef S

const struct bus_table card_inserted_table =
	BUS_TABLE(struct card_inserted, "payload", card_inserted_fields);
const struct bus_table stripe_swipe_table =
	BUS_TABLE(struct stripe_swipe, "payload", stripe_swipe_fields);
const struct bus_table card_removed_table =
	BUS_TABLE(struct card_removed, "payload", card_removed_fields);
const struct bus_table certificate_query_table =
	BUS_TABLE(struct certificate_query, "payload", certificate_query_fields);
const struct bus_table certificate_list_table =
	BUS_TABLE(struct certificate_list, "payload", certificate_list_fields);
const struct bus_table certificate_sign_table =
	BUS_TABLE(struct certificate_sign, "payload", certificate_sign_fields);
const struct bus_table certificate_signed_table =
	BUS_TABLE(struct certificate_signed, "payload", certificate_signed_fields);
const struct bus_table certificate_pin_entry_table =
	BUS_TABLE(struct certificate_pin_entry, "payload", certificate_pin_entry_fields);
const struct bus_table common_cancel_table =
	BUS_TABLE(struct common_cancel, "payload", common_cancel_fields);
const struct bus_table certificate_check_table =
	BUS_TABLE(struct certificate_check, "payload", certificate_check_fields);
const struct bus_table certificate_checked_table =
	BUS_TABLE(struct certificate_checked, "payload", certificate_checked_fields);
const struct bus_table card_facts_table =
	BUS_TABLE(struct card_facts, "payload", card_facts_fields);
