#include "ui/speech/clips.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "ui/speech/wav.h"

struct row {
	const char *text; /* into data; stars stand for what varies */
	bool has_star;
	size_t count;
	const char *files[CLIPS_MAX_PIECES]; /* into data; "*" = the next varying part */
};
struct clips {
	char *data; /* owned; lines and tabs are NUL */
	size_t count;
	struct row rows[CLIPS_MAX];
};

/* A name in the pack's own folder, never a path. */
static bool is_file_name(const char *name)
{
	if (*name == '\0' || *name == '.' || strlen(name) > 64)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	return true;
}

/* Splits the names at their blanks. */
static bool parse_files(struct row *row, char *files)
{
	while (row->count < CLIPS_MAX_PIECES) {
		char *end = strchr(files, ' ');

		if (end)
			*end = '\0';
		if (strcmp(files, "*") != 0 && !is_file_name(files))
			return false;
		row->files[row->count++] = files;
		if (!end)
			return true;
		files = end + 1;
	}
	return false;
}

/* As many stars in the text as among the names, never two together: between them nobody could tell
 * where the first part ends. A text of stars alone would be every text. */
static bool are_stars_right(struct row *row)
{
	size_t stars = 0, names = 0;

	for (const char *p = row->text; *p; p++)
		if (*p == '*' && p[1] == '*')
			return false;
		else
			stars += *p == '*';
	for (size_t i = 0; i < row->count; i++)
		names += *row->files[i] != '*';
	row->has_star = stars > 0;
	return row->count - names == stars && names > 0 && strcmp(row->text, "*") != 0;
}

static enum vt_code parse_line(
	struct clips *clips, char *line, size_t number, struct vt_error *error)
{
	char *tab = strchr(line, '\t');
	struct row row = {0};

	if (*line == '\0' || *line == '#')
		return VT_OK;
	if (clips->count == CLIPS_MAX)
		return vt_fail(error, VT_ERR_LIMIT, 0, "clips: over %d", CLIPS_MAX);
	if (!tab)
		return vt_fail(error, VT_ERR_PARSE, 0, "clips: line %zu has no tab", number);
	*tab = '\0';
	row.text = tab + 1;
	if (!parse_files(&row, line) || *row.text == '\0' || strchr(row.text, '\t'))
		return vt_fail(
			error, VT_ERR_PARSE, 0, "clips: line %zu is no file and text", number);
	if (!are_stars_right(&row))
		return vt_fail(error, VT_ERR_PARSE, 0,
			"clips: line %zu: names and text differ in what varies", number);
	clips->rows[clips->count++] = row;
	return VT_OK;
}

enum vt_code clips_parse(
	const char *data, size_t length, struct clips **ret, struct vt_error *error)
{
	VT_CLEANUP(clips_destroy) struct clips *clips = calloc(1, sizeof(*clips));
	size_t number = 1;

	if (length > CLIPS_MAX_BYTES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "clips: table too long");
	if (memchr(data, '\0', length) || !vt_utf8_valid(data, length))
		return vt_fail(error, VT_ERR_PARSE, 0, "clips: not UTF-8");
	if (clips)
		clips->data = strndup(data, length);
	if (!clips || !clips->data)
		return vt_fail(error, VT_ERR_NOMEM, 0, "clips");
	for (char *line = clips->data; line; number++) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		enum vt_code code = parse_line(clips, line, number, error);
		if (code != VT_OK)
			return code;
		line = end ? end + 1 : NULL;
	}
	*ret = vt_take_ptr(&clips);
	return VT_OK;
}

void clips_destroy(struct clips **clips)
{
	if (!*clips)
		return;
	free((*clips)->data);
	free(*clips);
	*clips = NULL;
}

/* Ends of the varying parts: what stands between them must be found in this order, the last of it
 * at the very end. False if the text is another one. */
static bool match_stars(const struct row *row, const char *text, struct clip_match *ret)
{
	struct clip_piece parts[CLIPS_MAX_PIECES];
	const char *pattern = row->text, *star;
	size_t count = 0, used = 0;

	for (; (star = strchr(pattern, '*')) != NULL; pattern = star + 1) {
		size_t length = (size_t)(star - pattern), next;
		const char *end = NULL;

		if (strncmp(text, pattern, length) != 0)
			return false;
		text += length;
		next = strcspn(star + 1, "*");
		if (next == 0 || star[1 + next] == '\0') {
			if (strlen(text) > next)
				end = text + strlen(text) - next;
		} else {
			/* At least a character varies. */
			for (end = *text ? text + 1 : NULL;
				end && *end && strncmp(end, star + 1, next) != 0;)
				end++;
		}
		if (!end || (*end == '\0' && next > 0))
			return false;
		parts[count++] = (struct clip_piece){.text = text, .length = (size_t)(end - text)};
		text = end;
	}
	if (strcmp(text, pattern) != 0)
		return false;
	for (size_t i = 0; i < row->count; i++)
		ret->pieces[i] = *row->files[i] == '*' ? parts[used++]
						       : (struct clip_piece){.file = row->files[i]};
	ret->count = row->count;
	return true;
}

bool clips_find(const struct clips *clips, const char *text, struct clip_match *ret)
{
	*ret = (struct clip_match){0};
	for (size_t i = 0; clips && i < clips->count; i++) {
		const struct row *row = &clips->rows[i];

		if (row->has_star || strcmp(row->text, text) != 0)
			continue;
		for (size_t f = 0; f < row->count; f++)
			ret->pieces[f] = (struct clip_piece){.file = row->files[f]};
		ret->count = row->count;
		return true;
	}
	for (size_t i = 0; clips && i < clips->count; i++)
		if (clips->rows[i].has_star && match_stars(&clips->rows[i], text, ret))
			return true;
	return false;
}

static enum vt_code read_file(
	const char *path, size_t max, struct vt_buf *ret, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "rbe");
	char part[4096];
	size_t length;

	if (!in)
		return vt_fail(error, errno == ENOENT ? VT_ERR_NOT_FOUND : VT_ERR_IO, errno,
			"clips: %s", path);
	vt_buf_init(ret, max);
	while ((length = fread(part, 1, sizeof(part), in)) > 0)
		vt_buf_append(ret, part, length);
	return ret->failed ? vt_fail(error, ret->failed, 0, "clips: %s", path) : VT_OK;
}

/* A language code becomes part of a path. */
static bool clip_path(
	char *path, size_t size, const char *folder, const char *lang, const char *file)
{
	return is_file_name(lang) && is_file_name(file) &&
	       vt_format(path, size, "%s/%s/%s", folder, lang, file);
}

struct clips *clips_load(const char *folder, const char *lang)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf data = {0};
	struct clips *clips = NULL;
	struct vt_error error;
	char path[512];

	if (!clip_path(path, sizeof(path), folder, lang, "clips.tsv"))
		return NULL;
	enum vt_code code = read_file(path, CLIPS_MAX_BYTES, &data, &error);
	if (code == VT_OK)
		code = clips_parse(vt_buf_text(&data), data.length, &clips, &error);
	if (code != VT_OK && code != VT_ERR_NOT_FOUND)
		vt_log(VT_LOG_WARNING, "speech: %s", error.msg);
	return clips;
}

enum vt_code clips_read(const char *folder, const char *lang, const char *file, struct vt_buf *ret,
	struct vt_error *error)
{
	char path[512];

	if (!clip_path(path, sizeof(path), folder, lang, file))
		return vt_fail(error, VT_ERR_INVALID, 0, "clips: no such name");
	return read_file(path, WAV_MAX_BYTES + 4096, ret, error);
}
