#ifndef VT_DRIVERS_TSV_H
#define VT_DRIVERS_TSV_H

/* Tables of assets as tab-separated text: "#" comments, a heading line that must read exactly so,
 * then rows of as many cells. Refused with the line number: another heading or number of cells, a
 * line or file that is too long, bytes that are no text. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/error.h"

#define TSV_MAX_COLUMNS 20
/* Bytes of a file, of a line with its NUL. */
#define TSV_MAX_FILE 65536
#define TSV_MAX_LINE 512

struct tsv_line {
	int number;
	char text[TSV_MAX_LINE];
	const char *cells[TSV_MAX_COLUMNS]; /* into text */
};

struct tsv {
	const char *name;	    /* for errors: "devices" */
	const char *const *columns; /* heading */
	size_t column_count;
	/* One row. */
	enum vt_code (*row)(void *owner, const struct tsv_line *line, struct vt_error *error);
	void *owner;
};

/* Calls row for each row until one fails. VT_ERR_PARSE, VT_ERR_LIMIT, or what row answered. */
VT_MUST_USE enum vt_code tsv_parse(
	const struct tsv *tsv, const char *text, size_t length, struct vt_error *error);
/* Also VT_ERR_NOT_FOUND, VT_ERR_IO, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code tsv_load(const struct tsv *tsv, const char *path, struct vt_error *error);
/* VT_ERR_PARSE with line and column. */
enum vt_code tsv_refuse(
	const struct tsv *tsv, const struct tsv_line *line, size_t column, struct vt_error *error);
/* Index of text among words; false if it is none of them. */
VT_MUST_USE bool tsv_word(
	const char *text, const char *const *words, size_t count, size_t *ret_index);

#endif
