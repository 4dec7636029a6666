#include "tests/queue/fault_vfs.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

const char *const fault_kind_names[FAULT_KIND_COUNT] = {
	"open", "read", "write", "sync", "truncate", "delete", "access", "size", "lock"};

struct fault_plan fault_plan = {.at = -1};
struct fault_counts fault_counts;

static sqlite3_vfs *inner;

struct fault_file {
	sqlite3_file base;
	sqlite3_file *file; /* the inner one, right behind this struct */
};

static const int default_rc[FAULT_KIND_COUNT] = {SQLITE_CANTOPEN, SQLITE_IOERR_READ,
	SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_DELETE,
	SQLITE_IOERR_ACCESS, SQLITE_IOERR_FSTAT, SQLITE_IOERR_LOCK};

void fault_begin(const struct fault_plan *plan)
{
	fault_plan = plan ? *plan : (struct fault_plan){.at = -1};
	fault_plan.fired = false;
	fault_counts = (struct fault_counts){0};
}

/* Counts the call; SQLITE_OK, or what it fails with. */
static int pass(enum fault_kind kind)
{
	const int64_t call = fault_counts.calls[kind]++;

	if (fault_plan.at < 0 || fault_plan.kind != kind || call < fault_plan.at ||
		(call > fault_plan.at && !fault_plan.stays))
		return SQLITE_OK;
	fault_plan.fired = true;
	return fault_plan.rc ? fault_plan.rc : default_rc[kind];
}

static sqlite3_file *inner_of(sqlite3_file *file)
{
	return ((struct fault_file *)file)->file;
}

static int f_close(sqlite3_file *file)
{
	return inner_of(file)->pMethods->xClose(inner_of(file));
}

static int f_read(sqlite3_file *file, void *data, int length, sqlite3_int64 offset)
{
	const int rc = pass(FAULT_READ);
	return rc ? rc : inner_of(file)->pMethods->xRead(inner_of(file), data, length, offset);
}

static int f_write(sqlite3_file *file, const void *data, int length, sqlite3_int64 offset)
{
	const int rc = pass(FAULT_WRITE);

	if (rc) {
		if (fault_plan.half)
			(void)inner_of(file)->pMethods->xWrite(
				inner_of(file), data, length / 2, offset);
		return rc;
	}
	fault_counts.written_bytes += length;
	return inner_of(file)->pMethods->xWrite(inner_of(file), data, length, offset);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	const int rc = pass(FAULT_TRUNCATE);
	return rc ? rc : inner_of(file)->pMethods->xTruncate(inner_of(file), size);
}

static int f_sync(sqlite3_file *file, int flags)
{
	const int rc = pass(FAULT_SYNC);
	return rc ? rc : inner_of(file)->pMethods->xSync(inner_of(file), flags);
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size)
{
	const int rc = pass(FAULT_SIZE);
	return rc ? rc : inner_of(file)->pMethods->xFileSize(inner_of(file), size);
}

static int f_lock(sqlite3_file *file, int level)
{
	const int rc = pass(FAULT_LOCK);
	return rc ? rc : inner_of(file)->pMethods->xLock(inner_of(file), level);
}

static int f_unlock(sqlite3_file *file, int level)
{
	return inner_of(file)->pMethods->xUnlock(inner_of(file), level);
}

static int f_reserved(sqlite3_file *file, int *out)
{
	return inner_of(file)->pMethods->xCheckReservedLock(inner_of(file), out);
}

static int f_control(sqlite3_file *file, int op, void *arg)
{
	return inner_of(file)->pMethods->xFileControl(inner_of(file), op, arg);
}

static int f_sector(sqlite3_file *file)
{
	return inner_of(file)->pMethods->xSectorSize(inner_of(file));
}

static int f_traits(sqlite3_file *file)
{
	return inner_of(file)->pMethods->xDeviceCharacteristics(inner_of(file));
}

/* Version 1: no shared memory. The store holds its database exclusively and must not need it. */
static const sqlite3_io_methods methods = {1, f_close, f_read, f_write, f_truncate, f_sync, f_size,
	f_lock, f_unlock, f_reserved, f_control, f_sector, f_traits, NULL, NULL, NULL, NULL, NULL,
	NULL};

static int f_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct fault_file *mine = (struct fault_file *)file;
	int rc = pass(FAULT_OPEN);

	(void)vfs;
	mine->base.pMethods = NULL;
	if (rc)
		return rc;
	mine->file = (sqlite3_file *)(void *)((char *)file + sizeof(*mine));
	rc = inner->xOpen(inner, name, mine->file, flags, out_flags);
	if (rc == SQLITE_OK)
		mine->base.pMethods = &methods;
	return rc;
}

static int f_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	const int rc = pass(FAULT_DELETE);

	(void)vfs;
	return rc ? rc : inner->xDelete(inner, name, sync);
}

static int f_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const int rc = pass(FAULT_ACCESS);

	(void)vfs;
	return rc ? rc : inner->xAccess(inner, name, flags, out);
}

static int f_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return inner->xFullPathname(inner, name, size, out);
}

static int f_random(sqlite3_vfs *vfs, int length, char *out)
{
	(void)vfs;
	return inner->xRandomness(inner, length, out);
}

static int f_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return inner->xSleep(inner, us);
}

static int f_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	return inner->xCurrentTime(inner, out);
}

static int f_last_error(sqlite3_vfs *vfs, int length, char *out)
{
	(void)vfs;
	return inner->xGetLastError(inner, length, out);
}

void fault_vfs_register(void)
{
	static sqlite3_vfs vfs = {.iVersion = 1, .mxPathname = 512, .zName = "fault"};

	inner = sqlite3_vfs_find(NULL);
	if (!inner)
		abort();
	vfs.szOsFile = (int)sizeof(struct fault_file) + inner->szOsFile;
	vfs.xOpen = f_open;
	vfs.xDelete = f_delete;
	vfs.xAccess = f_access;
	vfs.xFullPathname = f_full_path;
	vfs.xRandomness = f_random;
	vfs.xSleep = f_sleep;
	vfs.xCurrentTime = f_time;
	vfs.xGetLastError = f_last_error;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
}

/* ---- malloc ---- */

static sqlite3_mem_methods plain;
static int64_t countdown = -1;
static bool stays_empty, fired;

static bool allocation_fails(void)
{
	if (countdown < 0)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	fired = true;
	if (!stays_empty)
		countdown = -1;
	return true;
}

static void *m_malloc(int size)
{
	return allocation_fails() ? NULL : plain.xMalloc(size);
}

static void *m_realloc(void *old, int size)
{
	return allocation_fails() ? NULL : plain.xRealloc(old, size);
}

void fault_malloc_install(void)
{
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK)
		abort();
	sqlite3_mem_methods failing = plain;
	failing.xMalloc = m_malloc;
	failing.xRealloc = m_realloc;
	/* Lookaside memory would hide most small allocations. */
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK ||
		sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
		abort();
}

void fault_malloc_plan(int64_t at, bool stays)
{
	countdown = at;
	stays_empty = stays;
	fired = false;
}

bool fault_malloc_fired(void)
{
	return fired;
}

int64_t fault_malloc_left(void)
{
	return countdown;
}
