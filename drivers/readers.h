#ifndef VT_DRIVERS_READERS_H
#define VT_DRIVERS_READERS_H

/* assets/readers.tsv: which card readers we drive, and their quirks. Whatever is not listed is
 * never claimed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/ccid/quirks.h"
#include "terminal/base/error.h"

#define READERS_MAX	 256
#define READERS_MAX_FILE 65536

struct reader_entry {
	uint16_t vid, pid;
	char model[64];
	struct ccid_quirks quirks;
};

struct readers {
	/* Also card readers of class 0B without a line: set by the configuration, not by a parse */
	bool takes_unknown;
	size_t count;
	struct reader_entry entries[READERS_MAX];
};

/* Lines of tab-separated columns vid, pid, model, quirks, notes below a heading line; "#" comments.
 * quirks: "-" or words with commas (readers.c). Refused with the line number: wrong number of
 * columns, unknown quirk, a pair vid:pid twice. *ret is empty then. */
VT_MUST_USE enum vt_code readers_parse(
	const char *text, size_t length, struct readers *ret, struct vt_error *error);
VT_MUST_USE enum vt_code readers_load(
	const char *path, struct readers *ret, struct vt_error *error);
/* NULL if not listed. class: of the reader's interface; one of class 0B that has no line of its own
 * is found in the line 0000 0000, if the table has it and takes_unknown is set. */
const struct reader_entry *readers_find(
	const struct readers *readers, uint16_t vid, uint16_t pid, uint8_t class);

#endif
