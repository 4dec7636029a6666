#include "drivers/tsv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

enum vt_code tsv_refuse(
	const struct tsv *tsv, const struct tsv_line *line, size_t column, struct vt_error *error)
{
	return vt_fail(error, VT_ERR_PARSE, 0, "%s: line %d: bad %s", tsv->name, line->number,
		tsv->columns[column]);
}

bool tsv_word(const char *text, const char *const *words, size_t count, size_t *ret_index)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

/* Splits text at tabs into exactly column_count cells. */
static bool split(const struct tsv *tsv, struct tsv_line *line)
{
	size_t count = 0;
	char *cell = line->text;

	for (;;) {
		char *tab = strchr(cell, '\t');
		if (count == tsv->column_count)
			return false;
		line->cells[count++] = cell;
		if (!tab)
			return count == tsv->column_count;
		*tab = '\0';
		cell = tab + 1;
	}
}

static bool is_heading(const struct tsv *tsv, const struct tsv_line *line)
{
	for (size_t i = 0; i < tsv->column_count; i++)
		if (strcmp(line->cells[i], tsv->columns[i]) != 0)
			return false;
	return true;
}

static enum vt_code take_line(
	const struct tsv *tsv, struct tsv_line *line, bool *seen_heading, struct vt_error *error)
{
	if (!split(tsv, line))
		return vt_fail(error, VT_ERR_PARSE, 0, "%s: line %d: %zu columns expected",
			tsv->name, line->number, tsv->column_count);
	if (*seen_heading)
		return tsv->row(tsv->owner, line, error);
	*seen_heading = is_heading(tsv, line);
	return *seen_heading ? VT_OK
			     : vt_fail(error, VT_ERR_PARSE, 0, "%s: line %d: wrong heading",
				       tsv->name, line->number);
}

enum vt_code tsv_parse(
	const struct tsv *tsv, const char *text, size_t length, struct vt_error *error)
{
	bool seen_heading = false;
	struct tsv_line line = {0};

	VT_ASSERT(tsv->column_count > 0 && tsv->column_count <= TSV_MAX_COLUMNS);
	if (length > TSV_MAX_FILE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: file too long", tsv->name);
	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		const size_t size = end ? (size_t)(end - text) - at : length - at;
		line.number++;
		if (size >= sizeof(line.text))
			return vt_fail(error, VT_ERR_LIMIT, 0, "%s: line %d: too long", tsv->name,
				line.number);
		if (memchr(text + at, '\0', size) || !vt_utf8_valid(text + at, size))
			return vt_fail(error, VT_ERR_PARSE, 0, "%s: line %d: not text", tsv->name,
				line.number);
		memcpy(line.text, text + at, size);
		line.text[size] = '\0';
		at += size + 1;
		if (size == 0 || line.text[0] == '#')
			continue;
		enum vt_code code = take_line(tsv, &line, &seen_heading, error);
		if (code)
			return code;
	}
	return seen_heading ? VT_OK : vt_fail(error, VT_ERR_PARSE, 0, "%s: no heading", tsv->name);
}

enum vt_code tsv_load(const struct tsv *tsv, const char *path, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");

	if (!file)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "%s: %s: %s", tsv->name, path,
			strerror(errno));
	VT_CLEANUP(vt_freep) char *text = malloc(TSV_MAX_FILE + 1);
	if (!text)
		return vt_fail(error, VT_ERR_NOMEM, 0, "%s: out of memory", tsv->name);
	const size_t length = fread(text, 1, TSV_MAX_FILE + 1, file);
	if (ferror(file))
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s: read failed", tsv->name, path);
	return tsv_parse(tsv, text, length, error);
}
