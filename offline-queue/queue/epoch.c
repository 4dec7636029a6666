#include "offline-queue/queue/internal.h"

#include <string.h>

#include <sqlite3.h>

#include "terminal/base/text.h"

/* The note beside the store: two slots of 64 bytes at 0 and 4096 (never in one sector), written in
 * turn, so that a torn write leaves the other one. It goes through SQLite's VFS, not through
 * open(2), so that the fault and crash tests see it too. A slot is text:
 *   "ventanilla epoch E opening N sum XXXXXXXXXXXXXXXX\n", zero-padded. */

#define SLOT_SIZE     64
#define SLOT_DISTANCE 4096

struct note_file {
	sqlite3_file *file;
	bool is_open;
};

/* FNV-1a: finds a torn slot; nobody attacks this file who could not replace it whole. */
static uint64_t checksum(const char *text)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	for (; *text; text++)
		sum = (sum ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return sum;
}

static bool format_slot(const struct epoch_note *note, char slot[SLOT_SIZE])
{
	char text[SLOT_SIZE];

	memset(slot, 0, SLOT_SIZE);
	return vt_format(text, sizeof(text), "epoch %lld opening %lld", (long long)note->epoch,
		       (long long)note->opening) &&
	       vt_format(slot, SLOT_SIZE, "%s %016llx\n", text, (unsigned long long)checksum(text));
}

static bool parse_number(const char **p, const char *word, int64_t *ret)
{
	char digits[24];
	size_t used = 0;
	const size_t length = strlen(word);

	if (strncmp(*p, word, length) != 0)
		return false;
	*p += length;
	while (**p >= '0' && **p <= '9' && used + 1 < sizeof(digits))
		digits[used++] = *(*p)++;
	digits[used] = '\0';
	return vt_parse_i64(digits, 1, INT64_MAX - 1, ret) == VT_OK;
}

static bool parse_slot(const char slot[SLOT_SIZE], struct epoch_note *ret_note)
{
	char copy[SLOT_SIZE + 1], again[SLOT_SIZE];
	struct epoch_note note = {0};
	const char *p = copy;

	memcpy(copy, slot, SLOT_SIZE);
	copy[SLOT_SIZE] = '\0';
	if (!parse_number(&p, "epoch ", &note.epoch) ||
		!parse_number(&p, " opening ", &note.opening))
		return false;
	if (!format_slot(&note, again) || memcmp(slot, again, SLOT_SIZE) != 0)
		return false;
	*ret_note = note;
	return true;
}

static enum vt_code open_note(const struct queue *queue, char *path, size_t path_size,
	struct note_file *ret_file, struct vt_error *error)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(queue->vfs[0] ? queue->vfs : NULL);

	if (!vfs || !vt_format(path, path_size, "%s.epoch", queue->path))
		return vt_fail(error, VT_ERR_INVALID, 0, "queue: epoch: no such VFS, or long path");
	ret_file->file = sqlite3_malloc64((sqlite3_uint64)vfs->szOsFile);
	if (!ret_file->file)
		return vt_fail(error, VT_ERR_NOMEM, 0, "queue: epoch: out of memory");
	memset(ret_file->file, 0, (size_t)vfs->szOsFile);
	/* SUPER_JOURNAL: the type whose first sync also syncs the folder. */
	const int rc = vfs->xOpen(vfs, path, ret_file->file,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL, NULL);
	ret_file->is_open = ret_file->file->pMethods != NULL;
	if (rc != SQLITE_OK)
		return vt_fail(
			error, queue_code_of(rc), rc, "queue: epoch: open: %s", sqlite3_errstr(rc));
	return VT_OK;
}

static void close_note(struct note_file *file)
{
	if (file->is_open)
		file->file->pMethods->xClose(file->file);
	sqlite3_free(file->file);
}

/* Both slots; *ret_last is the index of the newer one, -1 if none is whole. */
static enum vt_code read_slots(
	sqlite3_file *file, struct epoch_note *ret_note, int *ret_last, struct vt_error *error)
{
	*ret_note = (struct epoch_note){0};
	*ret_last = -1;
	for (int i = 0; i < 2; i++) {
		char slot[SLOT_SIZE] = {0};
		struct epoch_note note;
		const int rc = file->pMethods->xRead(
			file, slot, SLOT_SIZE, (sqlite3_int64)i * SLOT_DISTANCE);

		if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
			return vt_fail(error, queue_code_of(rc), rc, "queue: epoch: read: %s",
				sqlite3_errstr(rc));
		if (!parse_slot(slot, &note))
			continue;
		if (*ret_last < 0 || note.opening > ret_note->opening ||
			(note.opening == ret_note->opening && note.epoch > ret_note->epoch)) {
			*ret_note = note;
			*ret_last = i;
		}
	}
	return VT_OK;
}

enum vt_code epoch_read(
	const struct queue *queue, struct epoch_note *ret_note, struct vt_error *error)
{
	char path[600];
	struct note_file file = {0};
	int last;
	enum vt_code code = open_note(queue, path, sizeof(path), &file, error);

	*ret_note = (struct epoch_note){0};
	if (code == VT_OK)
		code = read_slots(file.file, ret_note, &last, error);
	close_note(&file);
	return code;
}

enum vt_code epoch_write(
	const struct queue *queue, const struct epoch_note *note, struct vt_error *error)
{
	char path[600], slot[SLOT_SIZE];
	struct note_file file = {0};
	struct epoch_note old;
	int last = -1, rc = SQLITE_OK;
	enum vt_code code = open_note(queue, path, sizeof(path), &file, error);

	if (code == VT_OK)
		code = read_slots(file.file, &old, &last, error);
	if (code == VT_OK && !format_slot(note, slot))
		code = vt_fail(error, VT_ERR_LIMIT, 0, "queue: epoch: number too large");
	if (code == VT_OK) {
		const sqlite3_io_methods *io = file.file->pMethods;
		rc = io->xWrite(file.file, slot, SLOT_SIZE, last == 0 ? SLOT_DISTANCE : 0);
		if (rc == SQLITE_OK)
			rc = io->xSync(file.file, SQLITE_SYNC_NORMAL);
	}
	close_note(&file);
	if (rc != SQLITE_OK)
		return vt_fail(error, queue_code_of(rc), rc, "queue: epoch: write: %s",
			sqlite3_errstr(rc));
	return code;
}
