/* The store's file as the disk may hand it back: any bytes are opened, set aside or refused, read
 * row by row and verified; never a crash, never a row that is not what its seal says. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offline-queue/queue/journal.h"
#include "offline-queue/queue/queue.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 32

static char folder[64], path[96], key_path[96];

static void remove_all(void)
{
	static const char *const names[] = {
		"queue.db", "queue.db-wal", "queue.db-shm", "queue.db.epoch"};
	char file[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "%s/%s", folder, names[i]);
		unlink(file);
	}
}

static void clean_up(void)
{
	remove_all();
	unlink(key_path);
	rmdir(folder);
}

/* The key of the corpus: 32 bytes "0123…". */
static void make_folder(void)
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	static const char key[] = "0123456789abcdef0123456789abcdef";

	snprintf(folder, sizeof(folder), "%s/vt-fuzz-XXXXXX", where);
	VT_ASSERT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/queue.db", folder);
	snprintf(key_path, sizeof(key_path), "%s/key", folder);
	const int fd = open(key_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	VT_ASSERT(fd >= 0 && write(fd, key, 32) == 32);
	close(fd);
	atexit(clean_up);
}

/* Any word of ours will do: that the data is bad is one of them. */
static void is_answer(enum vt_code code)
{
	VT_ASSERT(vt_code_text(code)[0]);
}

static void read_rows(struct queue *queue)
{
	static struct queue_record rows[ROWS];
	struct queue_effect effects[8];
	struct queue_counts counts;
	struct vt_buf out;
	size_t count = 0;
	int64_t next = 0;

	vt_buf_init(&out, VT_MAX_PAYLOAD);
	if (queue_list(queue, 0, false, ROWS, rows, &count, &next) != VT_OK)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		VT_ASSERT(memchr(rows[i].id, 0, sizeof(rows[i].id)));
		VT_ASSERT(memchr(rows[i].folio, 0, sizeof(rows[i].folio)));
		is_answer(queue_payload(queue, rows[i].id, &out));
		is_answer(queue_answer(queue, rows[i].id, &out));
	}
	is_answer(queue_due(queue, 1770000000000, ROWS, rows, &count));
	is_answer(queue_outstanding(queue, 0, ROWS, rows, &count));
	is_answer(queue_effects_open(queue, 8, effects, &count));
	is_answer(queue_counts(queue, &counts));
	vt_buf_finish(&out);
}

static void remove_aside(const struct queue_report *report)
{
	char wal[300];

	if (!report->quarantined)
		return;
	unlink(report->aside);
	snprintf(wal, sizeof(wal), "%s-wal", report->aside);
	unlink(wal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct queue_options options = {
		.terminal = "KIOSK-0001", .now_unix_ms = 1770000000000};
	struct queue *queue = NULL;
	struct queue_report report;
	struct vt_error error = {0};

	if (!folder[0])
		make_folder();
	remove_all();
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	VT_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	const enum vt_code code = queue_open(path, key_path, &options, &queue, &report, &error);
	VT_ASSERT((code == VT_OK) == (queue != NULL));
	if (code)
		VT_ASSERT(error.msg[0]);
	else
		read_rows(queue);
	queue_close(&queue);
	remove_aside(&report);
	return 0;
}
