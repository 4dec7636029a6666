#ifndef VT_BUS_RECEIPT_H
#define VT_BUS_RECEIPT_H

/* The receipt model: what a paper says, without a word about the printer. Core composes it from the
 * catalogue's document template; the device process renders it for the attached printer. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/limits.h"
#include "terminal/bus/fields.h"

enum receipt_kind {
	RECEIPT_TITLE,	 /* large, bold, centred */
	RECEIPT_TEXT,	 /* wrapped paragraph, left unless centred */
	RECEIPT_PAIR,	 /* text left, value right; on two lines when they do not fit */
	RECEIPT_BIG,	 /* one emphasised line, centred: folio, key, amount */
	RECEIPT_RULE,	 /* horizontal line */
	RECEIPT_SPACE,	 /* an empty line */
	RECEIPT_QR,	 /* text = content, level M */
	RECEIPT_BARCODE, /* text = content of a Code 128, shown below in plain text */
	RECEIPT_KIND_COUNT
};
extern const char *const receipt_kind_names[RECEIPT_KIND_COUNT];

struct receipt_line {
	enum receipt_kind kind;
	char text[600];
	char value[160];
	bool bold;
	bool centred;
};

#define RECEIPT_MAX_LINES 48

/* One sheet; the printer cuts after the last line. */
struct receipt {
	char lang[12]; /* language of the texts, for fonts and speech */
	bool copy;     /* a reprint: marked "COPIA" on top by the renderer */
	size_t line_count;
	struct receipt_line lines[RECEIPT_MAX_LINES];
};

extern const struct bus_table receipt_table;

#endif
