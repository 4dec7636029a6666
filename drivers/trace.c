#include "drivers/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* "UUID COUNTER\n", "UUID -\n" or "- -\n". Not synced: after a power cut the printer has forgotten
 * its buffer too. */
static enum vt_code write_file(const char *path, const char *text, struct vt_error *error)
{
	const size_t length = strlen(text);
	VT_CLEANUP(vt_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		return vt_fail(error, VT_ERR_IO, errno, "trace: %s: %s", path, strerror(errno));
	return VT_OK;
}

enum vt_code trace_store(
	const char *path, const struct printer_trace *trace, struct vt_error *error)
{
	char temporary[PATH_MAX], text[64], counter[16] = "-";

	if (!trace->is_dirty && !trace->job[0])
		return unlink(path) < 0 && errno != ENOENT
			       ? vt_fail(error, VT_ERR_IO, errno, "trace: %s: %s", path,
					 strerror(errno))
			       : VT_OK;
	if (!vt_format(temporary, sizeof(temporary), "%s.new", path) ||
		(trace->has_counter &&
			!vt_format(counter, sizeof(counter), "%u", trace->counter)) ||
		!vt_format(
			text, sizeof(text), "%s %s\n", trace->job[0] ? trace->job : "-", counter))
		return vt_fail(error, VT_ERR_LIMIT, 0, "trace: path too long");
	enum vt_code code = write_file(temporary, text, error);
	if (!code && rename(temporary, path) < 0)
		code = vt_fail(error, VT_ERR_IO, errno, "trace: %s: %s", path, strerror(errno));
	return code;
}

static bool parse(char *text, struct printer_trace *ret)
{
	int64_t counter;
	char *blank = strchr(text, ' ');

	text[strcspn(text, "\n")] = '\0';
	if (!blank)
		return false;
	*blank = '\0';
	if (strcmp(text, "-") != 0) {
		if (!vt_uuid_valid(text) || !vt_copy(ret->job, sizeof(ret->job), text))
			return false;
	}
	if (strcmp(blank + 1, "-") == 0)
		return true;
	if (vt_parse_i64(blank + 1, 0, UINT32_MAX, &counter))
		return false;
	ret->has_counter = true;
	ret->counter = (uint32_t)counter;
	return true;
}

enum vt_code trace_load(const char *path, struct printer_trace *ret, struct vt_error *error)
{
	char text[128];
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");

	*ret = (struct printer_trace){0};
	if (!file)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "trace: none");
	ret->is_dirty = true;
	if (fgets(text, sizeof(text), file) && parse(text, ret))
		return VT_OK;
	*ret = (struct printer_trace){.is_dirty = true};
	return vt_fail(error, VT_ERR_PARSE, 0, "trace: %s: not a trace", path);
}
