#include "tests/crash/crash_vfs.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/crash/internal.h"

/* The product opens the VFS "crash" and keeps its -wal index in its own memory (exclusive locking).
 * The enumeration keeps one connection open through "crash-read", whose -wal index is our memory:
 * zeroing it is the power-up, and SQLite's next read recovers the -wal from the files. */

struct crash_file crash_files[CRASH_MAX_FILES];
int crash_file_count;
bool crash_files_changed;

static struct crash_log *recording;
static struct crash_options options;
static uint64_t random_state = 1;

enum { SHM_REGIONS = 4, SHM_REGION_BYTES = 32768 };
static char shm[SHM_REGIONS][SHM_REGION_BYTES];
static sqlite3 *reader;
static sqlite3_stmt *reader_stmt;

uint64_t crash_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void *crash_must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- images ---- */

static void reserve(struct crash_image *image, size_t size)
{
	if (size <= image->allocated)
		return;
	const size_t wanted = size * 2;
	image->data = crash_must(realloc(image->data, wanted));
	memset(image->data + image->allocated, 0, wanted - image->allocated);
	image->allocated = wanted;
}

void image_write(struct crash_image *image, size_t offset, const char *data, size_t length)
{
	reserve(image, offset + length);
	memcpy(image->data + offset, data, length);
	if (offset + length > image->size)
		image->size = offset + length;
	image->exists = true;
}

void image_truncate(struct crash_image *image, size_t size)
{
	if (size < image->size) {
		memset(image->data + size, 0, image->size - size);
		image->size = size;
	}
}

void image_copy(struct crash_image *to, const struct crash_image *from)
{
	image_truncate(to, from->size);
	reserve(to, from->size);
	if (from->size > 0)
		memcpy(to->data, from->data, from->size);
	to->size = from->size;
	to->exists = from->exists;
}

void image_free(struct crash_image *image)
{
	free(image->data);
	*image = (struct crash_image){0};
}

/* ---- the log ---- */

static void record(
	enum crash_entry_type type, int file, size_t offset, const char *data, size_t length)
{
	struct crash_log *log = recording;

	if (!log)
		return;
	if (log->count == log->allocated) {
		log->allocated = log->allocated ? log->allocated * 2 : 256;
		log->entries =
			crash_must(realloc(log->entries, log->allocated * sizeof(*log->entries)));
	}
	struct crash_entry *entry = &log->entries[log->count++];
	*entry = (struct crash_entry){
		.type = type, .file = file, .offset = offset, .length = length};
	if (length > 0) {
		entry->data = crash_must(malloc(length));
		memcpy(entry->data, data, length);
	}
}

void crash_acknowledge(void)
{
	record(ENTRY_ACK, 0, 0, NULL, 0);
}

struct crash_log *crash_begin(const struct crash_options *given)
{
	struct crash_log *log = crash_must(calloc(1, sizeof(*log)));

	options = *given;
	log->options = *given;
	log->random = given->seed * 2 + 1;
	random_state = given->seed * 2 + 1;
	for (int i = 0; i < crash_file_count; i++)
		image_copy(&log->base[i], &crash_files[i].image);
	recording = log;
	return log;
}

void crash_end(void)
{
	recording = NULL;
}

void crash_log_free(struct crash_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->entries[i].data);
	free(log->entries);
	for (int i = 0; i < CRASH_MAX_FILES; i++)
		image_free(&log->base[i]);
	free(log);
}

void crash_forget_files(void)
{
	sqlite3_finalize(reader_stmt);
	sqlite3_close(reader);
	reader_stmt = NULL;
	reader = NULL;
	for (int i = 0; i < crash_file_count; i++)
		image_free(&crash_files[i].image);
	memset(crash_files, 0, sizeof(crash_files));
	crash_file_count = 0;
}

/* ---- the VFS ---- */

struct handle {
	sqlite3_file base;
	int file;
};

static struct crash_image *image_of(sqlite3_file *file)
{
	return &crash_files[((struct handle *)file)->file].image;
}

static int c_close(sqlite3_file *file)
{
	(void)file;
	return SQLITE_OK;
}

static int c_read(sqlite3_file *file, void *data, int length, sqlite3_int64 offset)
{
	const struct crash_image *image = image_of(file);
	const size_t from = (size_t)offset, want = (size_t)length;
	const size_t have = from >= image->size		? 0
			    : image->size - from < want ? image->size - from
							: want;

	if (have > 0)
		memcpy(data, image->data + from, have);
	memset((char *)data + have, 0, want - have);
	return have == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int c_write(sqlite3_file *file, const void *data, int length, sqlite3_int64 offset)
{
	record(ENTRY_WRITE, ((struct handle *)file)->file, (size_t)offset, data, (size_t)length);
	crash_files_changed = true;
	image_write(image_of(file), (size_t)offset, data, (size_t)length);
	return SQLITE_OK;
}

static int c_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	crash_files_changed = true;
	record(ENTRY_TRUNCATE, ((struct handle *)file)->file, (size_t)size, NULL, 0);
	image_truncate(image_of(file), (size_t)size);
	return SQLITE_OK;
}

static int c_sync(sqlite3_file *file, int flags)
{
	const int i = ((struct handle *)file)->file;

	(void)flags;
	/* The database is the file that is opened first. */
	if (options.lie == CRASH_NO_SYNC || (options.lie == CRASH_NO_DATABASE_SYNC && i == 0))
		return SQLITE_OK;
	record(ENTRY_SYNC, i, 0, NULL, 0);
	return SQLITE_OK;
}

static int c_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)image_of(file)->size;
	return SQLITE_OK;
}

static int c_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int c_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int c_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int c_sector(sqlite3_file *file)
{
	(void)file;
	return options.sector_bytes;
}

static int c_traits(sqlite3_file *file)
{
	(void)file;
	return options.powersafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

static int c_shm_map(
	sqlite3_file *file, int region, int size, int extend, void volatile **ret_memory)
{
	(void)file;
	(void)extend;
	if (region >= SHM_REGIONS || size > SHM_REGION_BYTES)
		return SQLITE_NOMEM;
	*ret_memory = shm[region];
	return SQLITE_OK;
}

static int c_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	(void)file;
	(void)offset;
	(void)n;
	(void)flags;
	return SQLITE_OK;
}

static void c_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static int c_shm_unmap(sqlite3_file *file, int delete)
{
	(void)file;
	(void)delete;
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {1, c_close, c_read, c_write, c_truncate, c_sync, c_size,
	c_lock, c_lock, c_reserved, c_control, c_sector, c_traits, NULL, NULL, NULL, NULL, NULL,
	NULL};
static const sqlite3_io_methods read_methods = {2, c_close, c_read, c_write, c_truncate, c_sync,
	c_size, c_lock, c_lock, c_reserved, c_control, c_sector, c_traits, c_shm_map, c_shm_lock,
	c_shm_barrier, c_shm_unmap, NULL, NULL};

static int find(const char *name)
{
	for (int i = 0; i < crash_file_count; i++) {
		if (strcmp(crash_files[i].name, name) == 0)
			return i;
	}
	return -1;
}

static int c_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct handle *handle = (struct handle *)file;

	handle->base.pMethods = NULL;
	if (!name || strlen(name) >= sizeof(crash_files[0].name))
		return SQLITE_CANTOPEN;
	int i = find(name);
	if (i < 0 || !crash_files[i].image.exists) {
		if (!(flags & SQLITE_OPEN_CREATE))
			return SQLITE_CANTOPEN;
		if (i < 0) {
			if (crash_file_count == CRASH_MAX_FILES)
				return SQLITE_CANTOPEN;
			i = crash_file_count++;
			memcpy(crash_files[i].name, name, strlen(name) + 1);
		}
		crash_files[i].image.exists = true;
		crash_files_changed = true;
		record(ENTRY_CREATE, i, 0, NULL, 0);
	}
	handle->file = i;
	handle->base.pMethods = vfs->pAppData;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int c_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	const int i = find(name);

	(void)vfs;
	(void)sync;
	if (i < 0 || !crash_files[i].image.exists)
		return SQLITE_IOERR_DELETE_NOENT;
	crash_files_changed = true;
	record(ENTRY_DELETE, i, 0, NULL, 0);
	image_truncate(&crash_files[i].image, 0);
	crash_files[i].image.exists = false;
	return SQLITE_OK;
}

static int c_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const int i = find(name);

	(void)vfs;
	(void)flags;
	*out = i >= 0 && crash_files[i].image.exists;
	return SQLITE_OK;
}

static int c_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", name);
	return SQLITE_OK;
}

static int c_randomness(sqlite3_vfs *vfs, int length, char *out)
{
	(void)vfs;
	for (int i = 0; i < length; i++)
		out[i] = (char)crash_random(&random_state);
	return length;
}

static int c_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int c_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	*out = 2461058.5; /* a fixed day of 2026 */
	return SQLITE_OK;
}

static void register_one(sqlite3_vfs *vfs, const char *name, const sqlite3_io_methods *io)
{
	*vfs = (sqlite3_vfs){.iVersion = 1,
		.szOsFile = (int)sizeof(struct handle),
		.mxPathname = 250,
		.zName = name,
		.xOpen = c_open,
		.xDelete = c_delete,
		.xAccess = c_access,
		.xFullPathname = c_full_path,
		.xRandomness = c_randomness,
		.xSleep = c_sleep,
		.xCurrentTime = c_time};
	memcpy(&vfs->pAppData, &io, sizeof(io));
	if (sqlite3_vfs_register(vfs, 0) != SQLITE_OK)
		abort();
}

void crash_vfs_register(void)
{
	static sqlite3_vfs product, enumeration;

	register_one(&product, "crash", &methods);
	register_one(&enumeration, "crash-read", &read_methods);
}

/* ---- SQLite's recovery alone ---- */

bool crash_recover(const char *database, uint32_t *ret_frames)
{
	/* struct WalIndexHdr of SQLite's wal.c, a stable part of the file format (walformat.html
	 * §2.1): mxFrame is the fifth word. */
	enum { MX_FRAME_OFFSET = 16 };

	memset(shm[0], 0, 256);
	if (!reader) {
		if (sqlite3_open_v2(database, &reader, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    "crash-read") != SQLITE_OK)
			abort();
		sqlite3_db_config(reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	if (!reader_stmt && sqlite3_prepare_v3(reader, "PRAGMA user_version", -1,
				    SQLITE_PREPARE_PERSISTENT, &reader_stmt, NULL) != SQLITE_OK) {
		sqlite3_close(reader);
		reader = NULL;
		return false;
	}
	const int rc = sqlite3_step(reader_stmt);
	sqlite3_reset(reader_stmt);
	if (rc != SQLITE_ROW) {
		sqlite3_finalize(reader_stmt);
		sqlite3_close(reader);
		reader_stmt = NULL;
		reader = NULL;
		return false;
	}
	memcpy(ret_frames, shm[0] + MX_FRAME_OFFSET, sizeof(*ret_frames));
	return true;
}
