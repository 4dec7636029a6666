#include "terminal/bus/screen.h"

const char *const screen_kind_names[SCREEN_KIND_COUNT] = {
	[SCREEN_ATTRACT] = "attract",
	[SCREEN_LANGUAGE] = "language",
	[SCREEN_HOME] = "home",
	[SCREEN_INTRO] = "intro",
	[SCREEN_QUESTION] = "question",
	[SCREEN_CURP] = "curp",
	[SCREEN_WAIT] = "wait",
	[SCREEN_RESULTS] = "results",
	[SCREEN_REVIEW] = "review",
	[SCREEN_DONE] = "done",
	[SCREEN_PROBLEM] = "problem",
	[SCREEN_OUT_OF_SERVICE] = "out-of-service",
	[SCREEN_ACCESS] = "access",
	[SCREEN_HELP] = "help",
	[SCREEN_SCAN] = "scan",
	[SCREEN_CARD] = "card",
	[SCREEN_PIN] = "pin",
	[SCREEN_SIGNING] = "signing",
	[SCREEN_PLACE] = "place",
	[SCREEN_CALENDAR] = "calendar",
	[SCREEN_HOUR] = "hour",
	[SCREEN_PAYMENT] = "payment",
	[SCREEN_STAFF] = "staff",
	[SCREEN_MAINTENANCE] = "maintenance",
	[SCREEN_SETUP] = "setup",
	[SCREEN_MEASURE] = "measure",
	[SCREEN_TOUCH] = "touch",
};
const char *const field_type_names[FIELD_TYPE_COUNT] = {
	[FIELD_TEXT] = "text",
	[FIELD_NAME] = "name",
	[FIELD_DATE] = "date",
	[FIELD_CURP] = "curp",
	[FIELD_CHOICE] = "choice",
	[FIELD_ENTITY] = "entity",
	[FIELD_NUMBER] = "number",
	[FIELD_EMAIL] = "email",
};
const char *const item_kind_names[ITEM_KIND_COUNT] = {
	[ITEM_CARD] = "card",
	[ITEM_FEATURE] = "feature",
	[ITEM_CHOICE] = "choice",
	[ITEM_ROW] = "row",
	[ITEM_NOTE] = "note",
	[ITEM_STEP] = "step",
	[ITEM_TAB] = "tab",
};
const char *const item_state_names[ITEM_STATE_COUNT] = {
	[ITEM_AVAILABLE] = "available",
	[ITEM_UNAVAILABLE] = "unavailable",
	[ITEM_SOON] = "soon",
	[ITEM_SELECTED] = "selected",
};
const char *const print_state_names[PRINT_STATE_COUNT] = {
	[PRINT_NONE] = "none",
	[PRINT_BUSY] = "busy",
	[PRINT_PRINTED] = "printed",
	[PRINT_FAILED] = "failed",
	[PRINT_UNKNOWN] = "unknown",
};
const char *const sign_in_offer_names[SIGN_IN_OFFER_COUNT] = {
	[SIGN_IN_NONE] = "none",
	[SIGN_IN_OFFERED] = "offered",
	[SIGN_IN_REQUIRED] = "required",
};

const char *const scanner_place_names[SCANNER_PLACE_COUNT] = {
	[SCANNER_SOMEWHERE] = "somewhere",
	[SCANNER_BELOW] = "below",
	[SCANNER_LEFT] = "left",
	[SCANNER_RIGHT] = "right",
};

static const struct bus_field item_fields[] = {
	REQ_ENUM(struct screen_item, kind, "kind", item_kind_names),
	OPT_ENUM(struct screen_item, state, "state", item_state_names),
	OPT_TEXT(struct screen_item, id, "id"),
	OPT_TEXT(struct screen_item, label, "label"),
	OPT_TEXT(struct screen_item, detail, "detail"),
	OPT_TEXT(struct screen_item, detail2, "detail2"),
	OPT_TEXT(struct screen_item, keywords, "keywords"),
	OPT_TEXT(struct screen_item, value, "value"),
	OPT_TEXT(struct screen_item, icon, "icon"),
	OPT_TEXT(struct screen_item, reason, "reason"),
	OPT_BOOL(struct screen_item, changeable, "changeable"),
	OPT_BOOL(struct screen_item, certified, "certified"),
	OPT_BOOL(struct screen_item, personal, "personal"),
};
static const struct bus_table item_table = BUS_TABLE(struct screen_item, "item", item_fields);

static const struct bus_field field_fields[] = {
	REQ_ENUM(struct screen_field, type, "type", field_type_names),
	REQ_TEXT(struct screen_field, name, "name"),
	OPT_TEXT(struct screen_field, label, "label"),
	OPT_TEXT(struct screen_field, hint, "hint"),
	OPT_TEXT(struct screen_field, value, "value"),
	OPT_TEXT(struct screen_field, error, "error"),
	OPT_INT(struct screen_field, max_length, "maxLength"),
	OPT_INT(struct screen_field, min_length, "minLength"),
	OPT_BOOL(struct screen_field, optional, "optional"),
	OPT_BOOL(struct screen_field, certified, "certified"),
};
static const struct bus_table field_table = BUS_TABLE(struct screen_field, "field", field_fields);

static const struct bus_field settings_fields[] = {
	OPT_INT(struct screen_settings, text_size, "textSize"),
	OPT_INT(struct screen_settings, contrast, "contrast"),
	OPT_BOOL(struct screen_settings, reach, "reach"),
	OPT_BOOL(struct screen_settings, speech, "speech"),
	OPT_BOOL(struct screen_settings, calm, "calm"),
	OPT_INT(struct screen_settings, keys, "keys"),
	OPT_INT(struct screen_settings, more_time, "moreTime"),
	OPT_INT(struct screen_settings, rate, "rate"),
	OPT_INT(struct screen_settings, volume, "volume"),
	OPT_BOOL(struct screen_settings, blank, "blank"),
	OPT_INT(struct screen_settings, switches, "switches"),
	OPT_INT(struct screen_settings, scan, "scan"),
};
static const struct bus_table settings_table =
	BUS_TABLE(struct screen_settings, "settings", settings_fields);

static const struct bus_field touch_fields[] = {
	OPT_INT(struct panel_touch, xx, "xx"),
	OPT_INT(struct panel_touch, xy, "xy"),
	OPT_INT(struct panel_touch, x0, "x0"),
	OPT_INT(struct panel_touch, yx, "yx"),
	OPT_INT(struct panel_touch, yy, "yy"),
	OPT_INT(struct panel_touch, y0, "y0"),
	OPT_INT(struct panel_touch, error_um, "errorUm"),
};
static const struct bus_table touch_table = BUS_TABLE(struct panel_touch, "touch", touch_fields);

static const struct bus_field panel_fields[] = {
	OPT_INT(struct screen_panel, px_per_m, "pxPerM"),
	OPT_INT(struct screen_panel, bottom_mm, "bottomMm"),
	OPT_OBJECT(struct screen_panel, touch, "touch", touch_table),
};
const struct bus_table screen_panel_table = BUS_TABLE(struct screen_panel, "panel", panel_fields);

static const struct bus_field months_fields[] = {
	OPT_TEXT(struct screen_months, shown, "shown"),
	OPT_TEXT(struct screen_months, previous, "previous"),
	OPT_TEXT(struct screen_months, next, "next"),
	OPT_TEXT(struct screen_months, next_free, "nextFree"),
};
static const struct bus_table months_table =
	BUS_TABLE(struct screen_months, "months", months_fields);

static const struct bus_field model_fields[] = {
	REQ_ENUM(struct screen_model, screen, "screen", screen_kind_names),
	REQ_I64(struct screen_model, revision, "revision"),
	REQ_TEXT(struct screen_model, lang, "lang"),
	OPT_TEXT(struct screen_model, service, "service"),
	OPT_TEXT(struct screen_model, service_name, "serviceName"),
	OPT_TEXT(struct screen_model, agency, "agency"),
	OPT_TEXT(struct screen_model, icon, "icon"),
	OPT_TEXT(struct screen_model, title, "title"),
	OPT_TEXT(struct screen_model, lead, "lead"),
	OPT_INT(struct screen_model, step, "step"),
	OPT_INT(struct screen_model, steps, "steps"),
	OPT_BOOL(struct screen_model, has_field, "hasField"),
	OPT_OBJECT(struct screen_model, field, "field", field_table),
	OPT_LIST(struct screen_model, items, item_count, "items", item_table),
	OPT_BOOL(struct screen_model, offline, "offline"),
	OPT_BOOL(struct screen_model, no_paper, "noPaper"),
	OPT_BOOL(struct screen_model, no_printer, "noPrinter"),
	OPT_BOOL(struct screen_model, can_back, "canBack"),
	OPT_BOOL(struct screen_model, can_cancel, "canCancel"),
	OPT_BOOL(struct screen_model, asks_identity, "asksIdentity"),
	OPT_BOOL(struct screen_model, needs_consent, "needsConsent"),
	OPT_BOOL(struct screen_model, has_other_way, "hasOtherWay"),
	OPT_ENUM(struct screen_model, scanner_place, "scannerPlace", scanner_place_names),
	OPT_BOOL(struct screen_model, can_scan, "canScan"),
	OPT_OBJECT(struct screen_model, months, "months", months_table),
	OPT_I64(struct screen_model, total_centavos, "totalCentavos"),
	OPT_BOOL(struct screen_model, is_free, "isFree"),
	OPT_TEXT(struct screen_model, primary, "primary"),
	OPT_TEXT(struct screen_model, outcome, "outcome"),
	OPT_TEXT(struct screen_model, folio, "folio"),
	OPT_TEXT(struct screen_model, qr, "qr"),
	OPT_ENUM(struct screen_model, print, "print", print_state_names),
	OPT_TEXT(struct screen_model, print_reason, "printReason"),
	OPT_TEXT(struct screen_model, problem, "problem"),
	OPT_BOOL(struct screen_model, no_charge, "noCharge"),
	OPT_I64(struct screen_model, expected_ms, "expectedMs"),
	OPT_I64(struct screen_model, warning_ms, "warningMs"),
	OPT_ENUM(struct screen_model, sign_in, "signIn", sign_in_offer_names),
	OPT_TEXT(struct screen_model, holder, "holder"),
	OPT_BOOL(struct screen_model, pad, "pad"),
	OPT_INT(struct screen_model, pin_digits, "pinDigits"),
	OPT_INT(struct screen_model, tries_left, "triesLeft"),
	OPT_BOOL(struct screen_model, can_retry, "canRetry"),
	OPT_BOOL(struct screen_model, card_in, "cardIn"),
	OPT_BOOL(struct screen_model, personal, "personal"),
	OPT_TEXT(struct screen_model, terminal, "terminal"),
	OPT_OBJECT(struct screen_model, settings, "settings", settings_table),
	OPT_OBJECT(struct screen_model, panel, "panel", screen_panel_table),
};
const struct bus_table screen_model_table = BUS_TABLE(struct screen_model, "model", model_fields);
