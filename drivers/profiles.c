#include "drivers/profiles.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "terminal/base/attributes.h"
#include "terminal/base/text.h"

/* Column order is part of the format: the heading line must read exactly so. */
static const char *const columns[] = {"name", "mfg", "mdl", "width_px", "dpi", "raster", "cut",
	"feed_lines", "code_page", "columns", "qr", "confirm", "auto_status", "cutter_counter",
	"notes"};
enum { COL_NAME, COL_MFG, COL_MDL, COL_PROFILE, COL_NOTES = COL_PROFILE + PROFILE_COLUMNS };
static_assert(VT_ELEMENTS(columns) == COL_NOTES + 1, "a heading for each column");

static const struct tsv table = {
	.name = "printers", .columns = columns, .column_count = VT_ELEMENTS(columns)};

/* Of a profile. */
enum {
	CELL_WIDTH,
	CELL_DPI,
	CELL_RASTER,
	CELL_CUT,
	CELL_FEED,
	CELL_CODE_PAGE,
	CELL_COLUMNS,
	CELL_QR,
	CELL_CONFIRM,
	CELL_AUTO,
	CELL_COUNTER
};

static bool parse_flag(const char *text, bool *ret)
{
	static const char *const words[] = {"no", "yes"};
	size_t value;

	if (!tsv_word(text, words, VT_ELEMENTS(words), &value))
		return false;
	*ret = value == 1;
	return true;
}

enum vt_code profile_parse_cells(const struct tsv *tsv, const struct tsv_line *line, size_t first,
	struct printer_profile *ret, struct vt_error *error)
{
	static const char *const images[] = {"no", "yes", "graphics"};
	static const char *const cuts[] = {"none", "partial", "full"};
	static const char *const confirms[] = {"process-id", "gs-r"};
	static const struct {
		size_t cell;
		int64_t min, max;
	} numbers[] = {{CELL_WIDTH, 128, 1024}, {CELL_DPI, 180, 300}, {CELL_FEED, 0, 20},
		{CELL_CODE_PAGE, 0, 255}, {CELL_COLUMNS, 24, 80}};
	const char *const *cells = line->cells + first;
	int64_t values[VT_ELEMENTS(numbers)];
	size_t image, cut, confirm;

	for (size_t i = 0; i < VT_ELEMENTS(numbers); i++)
		if (vt_parse_i64(
			    cells[numbers[i].cell], numbers[i].min, numbers[i].max, &values[i]))
			return tsv_refuse(tsv, line, first + numbers[i].cell, error);
	if (values[0] % 8 != 0)
		return tsv_refuse(tsv, line, first + CELL_WIDTH, error);
	if (!tsv_word(cells[CELL_RASTER], images, VT_ELEMENTS(images), &image))
		return tsv_refuse(tsv, line, first + CELL_RASTER, error);
	if (!tsv_word(cells[CELL_CUT], cuts, VT_ELEMENTS(cuts), &cut))
		return tsv_refuse(tsv, line, first + CELL_CUT, error);
	if (!tsv_word(cells[CELL_CONFIRM], confirms, VT_ELEMENTS(confirms), &confirm))
		return tsv_refuse(tsv, line, first + CELL_CONFIRM, error);
	struct printer_profile profile = {
		.width_px = (uint16_t)values[0],
		.dpi = (uint16_t)values[1],
		.feed_lines = (uint8_t)values[2],
		.code_page = (uint8_t)values[3],
		.columns = (uint8_t)values[4],
		.image = (enum printer_image)image,
		.cut = (enum printer_cut)cut,
		.confirm = (enum printer_confirm)confirm,
	};
	if (!parse_flag(cells[CELL_QR], &profile.qr_native))
		return tsv_refuse(tsv, line, first + CELL_QR, error);
	if (!parse_flag(cells[CELL_AUTO], &profile.auto_status))
		return tsv_refuse(tsv, line, first + CELL_AUTO, error);
	if (!parse_flag(cells[CELL_COUNTER], &profile.cutter_counter))
		return tsv_refuse(tsv, line, first + CELL_COUNTER, error);
	*ret = profile;
	return VT_OK;
}

static bool is_default(const struct printer_model *model)
{
	return strcmp(model->manufacturer, "*") == 0 && strcmp(model->model, "*") == 0;
}

static enum vt_code add_line(void *owner, const struct tsv_line *line, struct vt_error *error)
{
	struct profiles *profiles = owner;
	struct printer_model model = {0};

	if (profiles->count > 0 && is_default(&profiles->models[profiles->count - 1]))
		return vt_fail(error, VT_ERR_PARSE, 0,
			"printers: line %d: behind the one for all others", line->number);
	if (!line->cells[COL_NAME][0] ||
		!vt_copy(model.name, sizeof(model.name), line->cells[COL_NAME]))
		return tsv_refuse(&table, line, COL_NAME, error);
	if (!line->cells[COL_MFG][0] ||
		!vt_copy(model.manufacturer, sizeof(model.manufacturer), line->cells[COL_MFG]))
		return tsv_refuse(&table, line, COL_MFG, error);
	if (!line->cells[COL_MDL][0] ||
		!vt_copy(model.model, sizeof(model.model), line->cells[COL_MDL]))
		return tsv_refuse(&table, line, COL_MDL, error);
	/* A star alone on one side would take printers that nobody looked at. */
	if (!is_default(&model) && (model.manufacturer[0] == '*' || model.model[0] == '*'))
		return tsv_refuse(&table, line, COL_MDL, error);
	for (size_t i = 0; i < profiles->count; i++)
		if (strcasecmp(profiles->models[i].manufacturer, model.manufacturer) == 0 &&
			strcasecmp(profiles->models[i].model, model.model) == 0)
			return vt_fail(error, VT_ERR_EXISTS, 0, "printers: line %d: %s %s twice",
				line->number, model.manufacturer, model.model);
	enum vt_code code = profile_parse_cells(&table, line, COL_PROFILE, &model.profile, error);
	if (code)
		return code;
	if (profiles->count == PROFILES_MAX)
		return vt_fail(error, VT_ERR_LIMIT, 0, "printers: too many lines");
	profiles->models[profiles->count++] = model;
	return VT_OK;
}

static enum vt_code end(struct profiles *ret, enum vt_code code, struct vt_error *error)
{
	if (!code && !profiles_default(ret))
		code = vt_fail(error, VT_ERR_PARSE, 0, "printers: no last line for all others");
	if (code)
		ret->count = 0;
	return code;
}

enum vt_code profiles_parse(
	const char *text, size_t length, struct profiles *ret, struct vt_error *error)
{
	struct tsv tsv = table;

	tsv.row = add_line;
	tsv.owner = ret;
	ret->count = 0;
	return end(ret, tsv_parse(&tsv, text, length, error), error);
}

enum vt_code profiles_load(const char *path, struct profiles *ret, struct vt_error *error)
{
	struct tsv tsv = table;

	tsv.row = add_line;
	tsv.owner = ret;
	ret->count = 0;
	return end(ret, tsv_load(&tsv, path, error), error);
}

static bool fits(const char *pattern, const char *text)
{
	const size_t length = strlen(pattern);

	if (length > 1 && pattern[length - 1] == '*')
		return strncasecmp(pattern, text, length - 1) == 0;
	return strcasecmp(pattern, text) == 0;
}

const struct printer_model *profiles_find(
	const struct profiles *profiles, const struct device_id *id)
{
	for (size_t i = 0; i + 1 < profiles->count; i++)
		if (strcasecmp(profiles->models[i].manufacturer, id->manufacturer) == 0 &&
			fits(profiles->models[i].model, id->model))
			return &profiles->models[i];
	return NULL;
}

const struct printer_model *profiles_default(const struct profiles *profiles)
{
	const struct printer_model *last =
		profiles->count > 0 ? &profiles->models[profiles->count - 1] : NULL;

	return last && is_default(last) ? last : NULL;
}
