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
	const char *file, *text; /* into data */
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

static enum vt_code parse_line(
	struct clips *clips, char *line, size_t number, struct vt_error *error)
{
	char *tab = strchr(line, '\t');

	if (*line == '\0' || *line == '#')
		return VT_OK;
	if (clips->count == CLIPS_MAX)
		return vt_fail(error, VT_ERR_LIMIT, 0, "clips: over %d", CLIPS_MAX);
	if (!tab)
		return vt_fail(error, VT_ERR_PARSE, 0, "clips: line %zu has no tab", number);
	*tab = '\0';
	if (!is_file_name(line) || tab[1] == '\0' || strchr(tab + 1, '\t'))
		return vt_fail(
			error, VT_ERR_PARSE, 0, "clips: line %zu is no file and text", number);
	clips->rows[clips->count++] = (struct row){.file = line, .text = tab + 1};
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

const char *clips_find(const struct clips *clips, const char *text)
{
	for (size_t i = 0; clips && i < clips->count; i++)
		if (strcmp(clips->rows[i].text, text) == 0)
			return clips->rows[i].file;
	return NULL;
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
