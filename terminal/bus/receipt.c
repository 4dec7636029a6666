#include "terminal/bus/receipt.h"

const char *const receipt_kind_names[RECEIPT_KIND_COUNT] = {
	[RECEIPT_TITLE] = "title",
	[RECEIPT_TEXT] = "text",
	[RECEIPT_PAIR] = "pair",
	[RECEIPT_BIG] = "big",
	[RECEIPT_RULE] = "rule",
	[RECEIPT_SPACE] = "space",
	[RECEIPT_QR] = "qr",
	[RECEIPT_BARCODE] = "barcode",
};

static const struct bus_field line_fields[] = {
	REQ_ENUM(struct receipt_line, kind, "kind", receipt_kind_names),
	OPT_TEXT(struct receipt_line, text, "text"),
	OPT_TEXT(struct receipt_line, value, "value"),
	OPT_BOOL(struct receipt_line, bold, "bold"),
	OPT_BOOL(struct receipt_line, centred, "centred"),
};
static const struct bus_table line_table = BUS_TABLE(struct receipt_line, "line", line_fields);

static const struct bus_field receipt_fields[] = {
	REQ_TEXT(struct receipt, lang, "lang"),
	OPT_BOOL(struct receipt, copy, "copy"),
	OPT_LIST(struct receipt, lines, line_count, "lines", line_table),
};
const struct bus_table receipt_table = BUS_TABLE(struct receipt, "receipt", receipt_fields);
