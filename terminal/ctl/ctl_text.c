/* Language, tables and JSON of the output. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"

static bool is_english;

void ctl_choose_language(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *value = NULL;

	for (size_t i = 0; i < VT_ELEMENTS(variables) && !value; i++) {
		value = getenv(variables[i]);
		if (value && !*value)
			value = NULL;
	}
	is_english = value && (strcmp(value, "C") == 0 || strncmp(value, "C.", 2) == 0 ||
				      strcmp(value, "POSIX") == 0 || strncmp(value, "en", 2) == 0);
}

const char *ctl_lang(void)
{
	return is_english ? "en" : "es-MX";
}

const char *ctl_say(struct ctl_text text)
{
	return is_english ? text.en : text.es;
}

void ctl_clean(char *dst, size_t size, const char *text)
{
	vt_copy_cut(dst, size, text);
	for (char *c = dst; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

void ctl_complain(struct ctl_text text, const char *detail)
{
	char clean[512];

	ctl_clean(clean, sizeof(clean), detail ? detail : "");
	fprintf(stderr, "ventanillactl: %s%s%s\n", ctl_say(text), detail ? ": " : "", clean);
}

/* ---- tables ---- */

void ctl_table_init(struct ctl_table *table, size_t columns, const struct ctl_text *headings)
{
	const char *cells[CTL_MAX_COLUMNS];

	VT_ASSERT(columns <= CTL_MAX_COLUMNS);
	*table = (struct ctl_table){.columns = columns};
	for (size_t i = 0; i < columns; i++)
		cells[i] = ctl_say(headings[i]);
	ctl_table_add(table, cells);
}

void ctl_table_add(struct ctl_table *table, const char *const *cells)
{
	const size_t used = table->rows * table->columns;

	if (table->failed)
		return;
	if (used + table->columns > table->room) {
		const size_t room = (table->room + table->columns) * 2;
		void *grown = realloc(table->cells, room * sizeof(*table->cells));
		if (!grown) {
			table->failed = true;
			return;
		}
		table->cells = grown;
		table->room = room;
	}
	for (size_t i = 0; i < table->columns; i++)
		ctl_clean(table->cells[used + i], CTL_CELL_SIZE, *cells[i] ? cells[i] : "-");
	table->rows++;
}

static void print_row(const struct ctl_table *table, size_t row, const size_t *widths)
{
	for (size_t i = 0; i < table->columns; i++) {
		const char *cell = table->cells[row * table->columns + i];
		const size_t length = vt_utf8_length(cell);
		fputs(cell, stdout);
		if (i + 1 < table->columns)
			printf("%*s", (int)(widths[i] - length + 2), "");
	}
	putchar('\n');
}

enum ctl_exit ctl_table_print(struct ctl_table *table)
{
	size_t widths[CTL_MAX_COLUMNS] = {0};
	const bool failed = table->failed;

	for (size_t row = 0; row < table->rows && !failed; row++) {
		for (size_t i = 0; i < table->columns; i++) {
			const size_t length =
				vt_utf8_length(table->cells[row * table->columns + i]);
			widths[i] = length > widths[i] ? length : widths[i];
		}
	}
	for (size_t row = 0; row < table->rows && !failed; row++)
		print_row(table, row, widths);
	free(table->cells);
	*table = (struct ctl_table){0};
	return failed ? CTL_FAILURE : CTL_OK;
}

void ctl_print_pair(struct ctl_text name, const char *value)
{
	static const size_t width = 24;
	const char *text = ctl_say(name);
	const size_t length = vt_utf8_length(text);
	char clean[512];

	ctl_clean(clean, sizeof(clean), *value ? value : "-");
	printf("%s:%*s%s\n", text, (int)(length < width ? width - length : 1), "", clean);
}

void ctl_format_age(int64_t ms, char ret_text[32])
{
	const long long s = ms / 1000;

	if (s >= 86400)
		snprintf(ret_text, 32, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(ret_text, 32, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(ret_text, 32, "%lld min", s / 60);
	else
		snprintf(ret_text, 32, "%lld s", s);
}

/* Minutes east of UTC of the machine's zone at that moment. */
static int zone_offset_minutes(int64_t unix_ms)
{
	const time_t seconds = (time_t)(unix_ms / 1000);
	struct tm local;

	return localtime_r(&seconds, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

void ctl_format_time(int64_t unix_ms, char ret_text[32])
{
	char day[DATE_SIZE];
	struct vt_date date;
	int minute;

	ret_text[0] = 0;
	if (unix_ms <= 0 || unix_ms > INT64_C(253370764800000)) /* beyond the year 9999 */
		return;
	date_from_unix_ms(unix_ms, zone_offset_minutes(unix_ms), &date, &minute);
	date_format_iso(date, day);
	snprintf(ret_text, 32, "%s %02d:%02d", day, minute / 60, minute % 60);
}

struct vt_date ctl_today(void)
{
	const int64_t now = vt_clock_unix_ms();
	struct vt_date date;
	int minute;

	date_from_unix_ms(now, zone_offset_minutes(now), &date, &minute);
	return date;
}

/* ---- JSON ---- */

void ctl_json_string(struct vt_buf *out, const char *text)
{
	vt_buf_append_byte(out, '"');
	while (*text) {
		const char *start = text;
		const uint32_t cp = vt_utf8_next(&text);
		if (cp == '"' || cp == '\\') {
			vt_buf_append_byte(out, '\\');
			vt_buf_append_byte(out, (uint8_t)cp);
		} else if (cp < 0x20 || cp == 0x7f || cp == 0xfffd) {
			vt_buf_printf(out, "\\u%04x", (unsigned)cp);
		} else {
			vt_buf_append(out, start, (size_t)(text - start));
		}
	}
	vt_buf_append_byte(out, '"');
}

void ctl_json_flush(struct vt_buf *out)
{
	if (out->failed)
		return;
	fputs(vt_buf_text(out), stdout);
	vt_buf_reset(out);
}

enum ctl_exit ctl_json_print(struct vt_buf *out)
{
	const bool failed = out->failed;

	if (failed)
		ctl_complain(
			CTL_TEXT("la respuesta es demasiado grande", "the answer is too large"),
			vt_code_text(out->failed));
	else
		puts(vt_buf_text(out));
	vt_buf_finish(out);
	return failed ? CTL_FAILURE : CTL_OK;
}
