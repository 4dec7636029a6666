#include "drivers/registry.h"

#include <assert.h>
#include <string.h>

#include "drivers/profiles.h"
#include "drivers/tsv.h"
#include "terminal/base/attributes.h"
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

static_assert(VT_ELEMENTS(columns) == COL_COUNT, "a heading for each column");
static_assert(COL_COUNTER == COL_WIDTH + PROFILE_COLUMNS - 1, "a profile's columns in a row");

static const struct tsv table = {.name = "devices", .columns = columns, .column_count = COL_COUNT};

static bool parse_hex16(const char *text, uint16_t *ret)
{
	uint8_t bytes[2];

	if (strlen(text) != 4 || !vt_unhex(bytes, 2, text))
		return false;
	*ret = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return true;
}

/* A letter-size printer tells all this itself. */
static enum vt_code check_empty(const struct tsv_line *line, struct vt_error *error)
{
	for (size_t column = COL_WIDTH; column <= COL_COUNTER; column++)
		if (strcmp(line->cells[column], "-") != 0)
			return tsv_refuse(&table, line, column, error);
	return VT_OK;
}

static enum vt_code parse_entry(
	const struct tsv_line *line, struct device_entry *ret, struct vt_error *error)
{
	*ret = (struct device_entry){0};
	if (!parse_hex16(line->cells[COL_VID], &ret->vid))
		return tsv_refuse(&table, line, COL_VID, error);
	if (!parse_hex16(line->cells[COL_PID], &ret->pid))
		return tsv_refuse(&table, line, COL_PID, error);
	const bool is_ipp = strcmp(line->cells[COL_DRIVER], "ipp") == 0;
	if ((!is_ipp && strcmp(line->cells[COL_DRIVER], "escpos") != 0) ||
		!vt_copy(ret->driver, sizeof(ret->driver), line->cells[COL_DRIVER]))
		return tsv_refuse(&table, line, COL_DRIVER, error);
	if (strcmp(line->cells[COL_CLASS], "Printer") != 0 ||
		!vt_copy(ret->class, sizeof(ret->class), line->cells[COL_CLASS]))
		return tsv_refuse(&table, line, COL_CLASS, error);
	if (!line->cells[COL_MODEL][0] ||
		!vt_copy(ret->model, sizeof(ret->model), line->cells[COL_MODEL]))
		return tsv_refuse(&table, line, COL_MODEL, error);
	if (!vt_copy(ret->notes, sizeof(ret->notes), line->cells[COL_NOTES]))
		return tsv_refuse(&table, line, COL_NOTES, error);
	return is_ipp ? check_empty(line, error)
		      : profile_parse_cells(&table, line, COL_WIDTH, &ret->printer, error);
}

static enum vt_code add_line(void *owner, const struct tsv_line *line, struct vt_error *error)
{
	struct registry *registry = owner;
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

static struct tsv table_of(struct registry *registry)
{
	struct tsv tsv = table;

	tsv.row = add_line;
	tsv.owner = registry;
	return tsv;
}

enum vt_code registry_parse(
	const char *text, size_t length, struct registry *ret, struct vt_error *error)
{
	const struct tsv tsv = table_of(ret);

	ret->count = 0;
	enum vt_code code = tsv_parse(&tsv, text, length, error);
	if (code)
		ret->count = 0;
	return code;
}

enum vt_code registry_load(const char *path, struct registry *ret, struct vt_error *error)
{
	const struct tsv tsv = table_of(ret);

	ret->count = 0;
	enum vt_code code = tsv_load(&tsv, path, error);
	if (code)
		ret->count = 0;
	return code;
}

const struct device_entry *registry_find(
	const struct registry *registry, uint16_t vid, uint16_t pid)
{
	for (size_t i = 0; i < registry->count; i++)
		if (registry->entries[i].vid == vid && registry->entries[i].pid == pid)
			return &registry->entries[i];
	return NULL;
}
