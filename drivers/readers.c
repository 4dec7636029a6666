#include "drivers/readers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/attributes.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

enum { COL_VID, COL_PID, COL_MODEL, COL_QUIRKS, COL_NOTES, COL_COUNT };
static const char heading[] = "vid\tpid\tmodel\tquirks\tnotes";

/* Slow readers: GetSlotStatus may take a second (devices.md B.8), twice that is waited. */
#define SLOW_MS	     2000
#define CLASS_READER 0x0b

static bool set_quirk(struct ccid_quirks *q, const char *word)
{
	int64_t rate;

	if (strcmp(word, "slow") == 0)
		q->status_ms = SLOW_MS;
	else if (strcmp(word, "no-pps") == 0)
		q->no_pps = true;
	else if (strcmp(word, "extended") == 0)
		q->is_extended = true;
	else if (strcmp(word, "short") == 0)
		q->is_short = true;
	else if (strcmp(word, "no-pin-pad") == 0)
		q->no_pin_pad = true;
	else if (strcmp(word, "pin-message") == 0)
		q->pin_message = true;
	else if (strcmp(word, "no-pin-message") == 0)
		q->no_pin_message = true;
	else if (strcmp(word, "swap-pin-lengths") == 0)
		q->swap_pin_lengths = true;
	else if (strcmp(word, "iso-mode") == 0)
		q->iso_mode_escape = true;
	else if (strncmp(word, "rate=", 5) == 0 &&
		 vt_parse_i64(word + 5, 1200, 10000000, &rate) == VT_OK)
		q->max_rate_bps = (uint32_t)rate;
	else
		return false;
	return true;
}

static bool parse_quirks(char *text, struct ccid_quirks *ret)
{
	char *word = text;

	if (strcmp(text, "-") == 0)
		return true;
	for (;;) {
		char *comma = strchr(word, ',');
		if (comma)
			*comma = '\0';
		if (!set_quirk(ret, word))
			return false;
		if (!comma)
			return true;
		word = comma + 1;
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

static bool split(char *line, char *cells[COL_COUNT])
{
	for (int i = 0; i < COL_COUNT; i++) {
		cells[i] = line;
		char *tab = strchr(line, '\t');
		if ((tab != NULL) != (i < COL_COUNT - 1))
			return false;
		if (tab) {
			*tab = '\0';
			line = tab + 1;
		}
	}
	return true;
}

static enum vt_code parse_line(char *line, int number, struct readers *ret, struct vt_error *error)
{
	struct reader_entry entry = {0};
	char *cells[COL_COUNT];

	if (!split(line, cells))
		return vt_fail(error, VT_ERR_PARSE, 0, "readers: line %d: %d columns expected",
			number, COL_COUNT);
	if (!parse_hex16(cells[COL_VID], &entry.vid) || !parse_hex16(cells[COL_PID], &entry.pid) ||
		cells[COL_MODEL][0] == '\0' ||
		!vt_copy(entry.model, sizeof(entry.model), cells[COL_MODEL]))
		return vt_fail(
			error, VT_ERR_PARSE, 0, "readers: line %d: bad vid, pid or model", number);
	if (!parse_quirks(cells[COL_QUIRKS], &entry.quirks))
		return vt_fail(error, VT_ERR_PARSE, 0, "readers: line %d: unknown quirk", number);
	if (readers_find(ret, entry.vid, entry.pid, 0))
		return vt_fail(error, VT_ERR_EXISTS, 0, "readers: line %d: %04x:%04x twice", number,
			entry.vid, entry.pid);
	if (ret->count == READERS_MAX)
		return vt_fail(error, VT_ERR_LIMIT, 0, "readers: too many");
	ret->entries[ret->count++] = entry;
	return VT_OK;
}

static enum vt_code parse_lines(char *text, struct readers *ret, struct vt_error *error)
{
	bool has_heading = false;
	int number = 0;

	for (char *line = text, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		number++;
		if (line[0] == '\0' || line[0] == '#')
			continue;
		enum vt_code code = VT_OK;
		if (has_heading)
			code = parse_line(line, number, ret, error);
		else if (strcmp(line, heading) != 0)
			code = vt_fail(error, VT_ERR_PARSE, 0, "readers: wrong heading");
		has_heading = true;
		if (code)
			return code;
	}
	return has_heading ? VT_OK : vt_fail(error, VT_ERR_PARSE, 0, "readers: no heading");
}

enum vt_code readers_parse(
	const char *text, size_t length, struct readers *ret, struct vt_error *error)
{
	ret->count = 0;
	if (length > READERS_MAX_FILE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "readers: too long");
	if (memchr(text, '\0', length) || !vt_utf8_valid(text, length))
		return vt_fail(error, VT_ERR_PARSE, 0, "readers: not text");
	VT_CLEANUP(vt_freep) char *copy = calloc(1, length + 1);
	if (!copy)
		return vt_fail(error, VT_ERR_NOMEM, 0, "readers: out of memory");
	memcpy(copy, text, length);
	const enum vt_code code = parse_lines(copy, ret, error);
	if (code)
		ret->count = 0;
	return code;
}

enum vt_code readers_load(const char *path, struct readers *ret, struct vt_error *error)
{
	VT_CLEANUP(vt_freep) char *text = malloc(READERS_MAX_FILE + 1);
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");

	ret->count = 0;
	if (!text)
		return vt_fail(error, VT_ERR_NOMEM, 0, "readers: out of memory");
	if (!file)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"readers: %s: %s", path, strerror(errno));
	const size_t length = fread(text, 1, READERS_MAX_FILE + 1, file);
	if (ferror(file))
		return vt_fail(error, VT_ERR_IO, errno, "readers: %s", path);
	return readers_parse(text, length, ret, error);
}

const struct reader_entry *readers_find(
	const struct readers *readers, uint16_t vid, uint16_t pid, uint8_t class)
{
	const struct reader_entry *any = NULL;

	for (size_t i = 0; i < readers->count; i++) {
		const struct reader_entry *entry = &readers->entries[i];
		if (entry->vid == vid && entry->pid == pid)
			return entry;
		if (entry->vid == 0 && entry->pid == 0)
			any = entry;
	}
	return class == CLASS_READER && readers->takes_unknown ? any : NULL;
}
