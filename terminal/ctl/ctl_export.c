/* queue export: a package for a stick. Core gives it part by part, sealed already; here it becomes
 * a file, whole or not at all. A line of the file is a part: CMS in base64. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"
#include "terminal/ctl/ctl.h"
#include "terminal/ctl/ctl_remote.h"

#define PATH_SIZE 512

struct package_file {
	int dir, fd;
	char name[96], temporary[104];
	int64_t count, skipped, parts;
};

static void file_finish(struct package_file *file)
{
	if (file->fd >= 0 && file->dir >= 0 && file->temporary[0])
		(void)unlinkat(file->dir, file->temporary, 0);
	vt_closep(&file->fd);
	vt_closep(&file->dir);
}

static enum ctl_exit complain_of_file(const char *name)
{
	char detail[PATH_SIZE];

	snprintf(detail, sizeof(detail), "%s: %s", name, strerror(errno));
	ctl_complain(
		CTL_TEXT("no se puede escribir el paquete", "cannot write the package"), detail);
	return CTL_FAILURE;
}

static enum ctl_exit file_open(const char *dir, const char *terminal, struct package_file *file)
{
	const time_t now = (time_t)(vt_clock_unix_ms() / 1000);
	char stamp[32];
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	snprintf(file->name, sizeof(file->name), "ventanilla-%s-%s.cms", terminal, stamp);
	snprintf(file->temporary, sizeof(file->temporary), ".%s", file->name);
	file->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dir < 0)
		return complain_of_file(dir);
	file->fd = openat(file->dir, file->temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return file->fd < 0 ? complain_of_file(dir) : CTL_OK;
}

static bool write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		const ssize_t written = write(fd, data, length);
		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			data += written;
			length -= (size_t)written;
		}
	}
	return true;
}

/* Sticks are pulled out: on the disk before it is said to be. Never over an older package. */
static enum ctl_exit file_close(struct package_file *file)
{
	if (fsync(file->fd) != 0 ||
		renameat2(file->dir, file->temporary, file->dir, file->name, RENAME_NOREPLACE) != 0)
		return complain_of_file(file->name);
	file->temporary[0] = '\0';
	return fsync(file->dir) != 0 ? complain_of_file(file->name) : CTL_OK;
}

static enum ctl_exit take_parts(struct remote *remote, struct package_file *file)
{
	const struct export_part *part = &remote->msg->payload.export_part;
	int64_t cursor = 0;

	do {
		bus_make_command(remote->msg, remote->conn, BUS_QUEUE_EXPORT);
		remote->msg->payload.export_query.cursor = cursor;
		const enum ctl_exit code = ask_core(remote);
		if (code)
			return code;
		file->count += part->count;
		file->skipped += part->skipped;
		file->parts += part->sealed[0] != '\0';
		if (part->sealed[0] && (!write_all(file->fd, part->sealed, strlen(part->sealed)) ||
					       !write_all(file->fd, "\n", 1)))
			return complain_of_file(file->name);
		if (part->next == cursor)
			break;
		cursor = part->next;
	} while (cursor != 0);
	return CTL_OK;
}

static enum ctl_exit print_result(
	const struct ctl_options *options, const struct package_file *file)
{
	char path[PATH_SIZE] = "";
	struct vt_buf out;

	if (file->count > 0 && !vt_format(path, sizeof(path), "%s/%s", options->to, file->name))
		vt_copy_cut(path, sizeof(path), file->name);
	if (!options->json) {
		char count[32], skipped[32];
		snprintf(count, sizeof(count), "%lld", (long long)file->count);
		snprintf(skipped, sizeof(skipped), "%lld", (long long)file->skipped);
		ctl_print_pair(CTL_TEXT("paquete", "package"), path);
		ctl_print_pair(CTL_TEXT("transacciones", "transactions"), count);
		ctl_print_pair(CTL_TEXT("en camino, no incluidas", "under way, left out"), skipped);
		return CTL_OK;
	}
	vt_buf_init(&out, CTL_MAX_JSON);
	vt_buf_append_text(&out, "{\"schema\":\"ventanilla.queue.export/1\",\"file\":");
	ctl_json_string(&out, path);
	vt_buf_printf(&out, ",\"transactions\":%lld,\"skipped\":%lld,\"parts\":%lld}",
		(long long)file->count, (long long)file->skipped, (long long)file->parts);
	return ctl_json_print(&out);
}

enum ctl_exit ctl_queue_export(const struct ctl_options *options)
{
	VT_CLEANUP(remote_finish) struct remote remote = {0};
	VT_CLEANUP(file_finish) struct package_file file = {.dir = -1, .fd = -1};

	if (!options->to || !options->to[0]) {
		ctl_complain(
			CTL_TEXT("falta --to: la carpeta", "--to is missing: the folder"), NULL);
		return CTL_USAGE;
	}
	enum ctl_exit code = remote_open(options, &remote);
	if (code)
		return code;
	bus_make_command(remote.msg, remote.conn, BUS_TERMINAL_STATUS);
	code = ask_core(&remote);
	/* The stick first: nothing is marked as carried if it cannot be written. */
	if (!code)
		code = file_open(options->to, remote.msg->payload.terminal_status.terminal, &file);
	if (!code)
		code = take_parts(&remote, &file);
	if (!code && file.count > 0)
		code = file_close(&file);
	return code ? code : print_result(options, &file);
}
