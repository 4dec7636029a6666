#include "drivers/registry.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* Column order is part of the format: the heading line must read exactly so. */
static const char *const columns[] = {"vid", "pid", "driver", "class", "model", "width_px", "dpi",
	"raster", "cut", "feed_lines", "code_page", "columns", "qr", "confirm", "auto_status",
	"cutter_counter", "notes"};
enum {
	COL_VID,
	COL_PID,
	COL_DRIVER,
	COL_CLASS,
	COL_MODEL,
	COL_WIDTH,
	COL_DPI,
	COL_RASTER,
	COL_CUT,
	COL_FEED,
	COL_CODE_PAGE,
	COL_COLUMNS,
	COL_QR,
	COL_CONFIRM,
	COL_AUTO,
	COL_COUNTER,
	COL_NOTES,
	COL_COUNT
};

struct line {
	int number;
	char text[512];
	const char *cells[COL_COUNT]; /* into text */
};

static enum vt_code refuse(const struct line *line, int column, struct vt_error *error)
{
	return vt_fail(
		error, VT_ERR_PARSE, 0, "devices: line %d: bad %s", line->number, columns[column]);
}

/* Splits text at tabs into exactly COL_COUNT cells. */
static bool split(struct line *line)
{
	size_t count = 0;
	char *cell = line->text;

	for (;;) {
		char *tab = strchr(cell, '\t');
		if (count == COL_COUNT)
			return false;
		line->cells[count++] = cell;
		if (!tab)
			return count == COL_COUNT;
		*tab = '\0';
		cell = tab + 1;
	}
}

static bool parse_hex16(const char *text, uint16_t *ret)
{
	uint8_t bytes[2];

	if (strlen(text) != 4 || !vt_unhex(bytes, 2, text))
		return false;
	*ret = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return true;
}

static bool parse_word(const char *text, const char *const *words, size_t count, size_t *ret)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static bool parse_flag(const char *text, bool *ret)
{
	static const char *const words[] = {"no", "yes"};
	size_t value;

	if (!parse_word(text, words, VT_ELEMENTS(words), &value))
		return false;
	*ret = value == 1;
	return true;
}

static enum vt_code parse_number(const struct line *line, int column, int64_t min, int64_t max,
	int64_t *ret, struct vt_error *error)
{
	return vt_parse_i64(line->cells[column], min, max, ret) ? refuse(line, column, error)
								: VT_OK;
}

static enum vt_code parse_profile(
	const struct line *line, struct printer_profile *ret, struct vt_error *error)
{
	static const char *const cuts[] = {"none", "partial", "full"};
	static const char *const confirms[] = {"process-id", "gs-r"};
	const struct {
		int column;
		int64_t min, max;
	} numbers[] = {{COL_WIDTH, 128, 1024}, {COL_DPI, 180, 300}, {COL_FEED, 0, 20},
		{COL_CODE_PAGE, 0, 255}, {COL_COLUMNS, 24, 80}};
	int64_t values[VT_ELEMENTS(numbers)];
	size_t cut, confirm;

	for (size_t i = 0; i < VT_ELEMENTS(numbers); i++) {
		enum vt_code code = parse_number(
			line, numbers[i].column, numbers[i].min, numbers[i].max, &values[i], error);
		if (code)
			return code;
	}
	if (values[0] % 8 != 0)
		return refuse(line, COL_WIDTH, error);
	if (!parse_word(line->cells[COL_CUT], cuts, VT_ELEMENTS(cuts), &cut))
		return refuse(line, COL_CUT, error);
	if (!parse_word(line->cells[COL_CONFIRM], confirms, VT_ELEMENTS(confirms), &confirm))
		return refuse(line, COL_CONFIRM, error);
	*ret = (struct printer_profile){
		.width_px = (uint16_t)values[0],
		.dpi = (uint16_t)values[1],
		.feed_lines = (uint8_t)values[2],
		.code_page = (uint8_t)values[3],
		.columns = (uint8_t)values[4],
		.cut = (enum printer_cut)cut,
		.confirm = (enum printer_confirm)confirm,
	};
	if (!parse_flag(line->cells[COL_RASTER], &ret->raster))
		return refuse(line, COL_RASTER, error);
	if (!parse_flag(line->cells[COL_QR], &ret->qr_native))
		return refuse(line, COL_QR, error);
	if (!parse_flag(line->cells[COL_AUTO], &ret->auto_status))
		return refuse(line, COL_AUTO, error);
	if (!parse_flag(line->cells[COL_COUNTER], &ret->cutter_counter))
		return refuse(line, COL_COUNTER, error);
	return VT_OK;
}

static enum vt_code parse_entry(
	const struct line *line, struct device_entry *ret, struct vt_error *error)
{
	*ret = (struct device_entry){0};
	if (!parse_hex16(line->cells[COL_VID], &ret->vid))
		return refuse(line, COL_VID, error);
	if (!parse_hex16(line->cells[COL_PID], &ret->pid))
		return refuse(line, COL_PID, error);
	/* The one driver there is; the next one widens this check and the profile union. */
	if (strcmp(line->cells[COL_DRIVER], "escpos") != 0 ||
		!vt_copy(ret->driver, sizeof(ret->driver), line->cells[COL_DRIVER]))
		return refuse(line, COL_DRIVER, error);
	if (strcmp(line->cells[COL_CLASS], "Printer") != 0 ||
		!vt_copy(ret->class, sizeof(ret->class), line->cells[COL_CLASS]))
		return refuse(line, COL_CLASS, error);
	if (!line->cells[COL_MODEL][0] ||
		!vt_copy(ret->model, sizeof(ret->model), line->cells[COL_MODEL]))
		return refuse(line, COL_MODEL, error);
	if (!vt_copy(ret->notes, sizeof(ret->notes), line->cells[COL_NOTES]))
		return refuse(line, COL_NOTES, error);
	return parse_profile(line, &ret->printer, error);
}

static bool is_heading(const struct line *line)
{
	for (size_t i = 0; i < COL_COUNT; i++)
		if (strcmp(line->cells[i], columns[i]) != 0)
			return false;
	return true;
}

static enum vt_code add_line(
	struct line *line, bool *seen_heading, struct registry *registry, struct vt_error *error)
{
	if (!split(line))
		return vt_fail(error, VT_ERR_PARSE, 0, "devices: line %d: %d columns expected",
			line->number, (int)COL_COUNT);
	if (!*seen_heading) {
		*seen_heading = is_heading(line);
		return *seen_heading ? VT_OK
				     : vt_fail(error, VT_ERR_PARSE, 0,
					       "devices: line %d: wrong heading", line->number);
	}
	struct device_entry entry;
	enum vt_code code = parse_entry(line, &entry, error);
	if (code)
		return code;
	if (registry_find(registry, entry.vid, entry.pid))
		return vt_fail(error, VT_ERR_EXISTS, 0, "devices: line %d: %04x:%04x twice",
			line->number, entry.vid, entry.pid);
	if (registry->count == REGISTRY_MAX_DEVICES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "devices: too many lines");
	registry->entries[registry->count++] = entry;
	return VT_OK;
}

static enum vt_code parse_lines(
	const char *text, size_t length, struct registry *registry, struct vt_error *error)
{
	bool seen_heading = false;
	struct line line = {0};

	static_assert(VT_ELEMENTS(columns) == COL_COUNT, "a heading for each column");
	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		const size_t size = end ? (size_t)(end - text) - at : length - at;
		line.number++;
		if (size >= sizeof(line.text))
			return vt_fail(
				error, VT_ERR_LIMIT, 0, "devices: line %d: too long", line.number);
		if (memchr(text + at, '\0', size) || !vt_utf8_valid(text + at, size))
			return vt_fail(
				error, VT_ERR_PARSE, 0, "devices: line %d: not text", line.number);
		memcpy(line.text, text + at, size);
		line.text[size] = '\0';
		at += size + 1;
		if (size == 0 || line.text[0] == '#')
			continue;
		enum vt_code code = add_line(&line, &seen_heading, registry, error);
		if (code)
			return code;
	}
	return seen_heading ? VT_OK : vt_fail(error, VT_ERR_PARSE, 0, "devices: no heading");
}

enum vt_code registry_parse(
	const char *text, size_t length, struct registry *ret, struct vt_error *error)
{
	ret->count = 0;
	enum vt_code code = length > REGISTRY_MAX_FILE
				    ? vt_fail(error, VT_ERR_LIMIT, 0, "devices: file too long")
				    : parse_lines(text, length, ret, error);
	if (code)
		ret->count = 0;
	return code;
}

enum vt_code registry_load(const char *path, struct registry *ret, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");

	ret->count = 0;
	if (!file)
		return vt_fail(
			error, VT_ERR_NOT_FOUND, errno, "devices: %s: %s", path, strerror(errno));
	VT_CLEANUP(vt_freep) char *text = malloc(REGISTRY_MAX_FILE + 1);
	if (!text)
		return vt_fail(error, VT_ERR_NOMEM, 0, "devices: out of memory");
	const size_t length = fread(text, 1, REGISTRY_MAX_FILE + 1, file);
	if (ferror(file))
		return vt_fail(error, VT_ERR_IO, errno, "devices: %s: read failed", path);
	return registry_parse(text, length, ret, error);
}

const struct device_entry *registry_find(
	const struct registry *registry, uint16_t vid, uint16_t pid)
{
	for (size_t i = 0; i < registry->count; i++)
		if (registry->entries[i].vid == vid && registry->entries[i].pid == pid)
			return &registry->entries[i];
	return NULL;
}
