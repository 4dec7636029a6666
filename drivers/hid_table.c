#include "drivers/hid_table.h"

#include <string.h>

#include "drivers/tsv.h"
#include "terminal/base/attributes.h"
#include "terminal/base/text.h"

enum { COL_VID, COL_PID, COL_USE, COL_MODEL, COL_NOTES, COL_COUNT };
static const char *const columns[COL_COUNT] = {"vid", "pid", "use", "model", "notes"};
static const char *const use_names[HID_USE_COUNT] = {
	[HID_USE_SCANNER] = "scanner",
	[HID_USE_WEDGE] = "scanner-keyboard",
	[HID_USE_STRIPE] = "stripe",
	[HID_USE_KEYPAD] = "keypad",
};

static enum vt_code take_row(void *owner, const struct tsv_line *line, struct vt_error *error);

static struct tsv table_of(struct hid_table *table)
{
	return (struct tsv){.name = "hid",
		.columns = columns,
		.column_count = COL_COUNT,
		.row = take_row,
		.owner = table};
}

static bool parse_hex16(const char *text, uint16_t *ret)
{
	uint8_t bytes[2];

	if (strlen(text) != 4 || !vt_unhex(bytes, 2, text))
		return false;
	*ret = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return true;
}

static enum vt_code take_row(void *owner, const struct tsv_line *line, struct vt_error *error)
{
	struct hid_table *table = owner;
	const struct tsv tsv = table_of(table);
	struct hid_entry entry = {0};
	size_t use;

	if (!parse_hex16(line->cells[COL_VID], &entry.vid))
		return tsv_refuse(&tsv, line, COL_VID, error);
	if (!parse_hex16(line->cells[COL_PID], &entry.pid))
		return tsv_refuse(&tsv, line, COL_PID, error);
	if (!tsv_word(line->cells[COL_USE], use_names, HID_USE_COUNT, &use))
		return tsv_refuse(&tsv, line, COL_USE, error);
	if (line->cells[COL_MODEL][0] == '\0' ||
		!vt_copy(entry.model, sizeof(entry.model), line->cells[COL_MODEL]))
		return tsv_refuse(&tsv, line, COL_MODEL, error);
	if (hid_table_find(table, entry.vid, entry.pid))
		return vt_fail(error, VT_ERR_EXISTS, 0, "hid: line %d: %04x:%04x twice",
			line->number, entry.vid, entry.pid);
	if (table->count == HID_TABLE_MAX)
		return vt_fail(error, VT_ERR_LIMIT, 0, "hid: too many");
	entry.use = (enum hid_use)use;
	table->entries[table->count++] = entry;
	return VT_OK;
}

enum vt_code hid_table_parse(
	const char *text, size_t length, struct hid_table *ret, struct vt_error *error)
{
	const struct tsv tsv = table_of(ret);

	ret->count = 0;
	const enum vt_code code = tsv_parse(&tsv, text, length, error);
	if (code)
		ret->count = 0;
	return code;
}

enum vt_code hid_table_load(const char *path, struct hid_table *ret, struct vt_error *error)
{
	const struct tsv tsv = table_of(ret);

	ret->count = 0;
	const enum vt_code code = tsv_load(&tsv, path, error);
	if (code)
		ret->count = 0;
	return code;
}

const struct hid_entry *hid_table_find(const struct hid_table *table, uint16_t vid, uint16_t pid)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->entries[i].vid == vid && table->entries[i].pid == pid)
			return &table->entries[i];
	return NULL;
}
