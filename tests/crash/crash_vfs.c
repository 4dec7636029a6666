#include "tests/crash/crash_vfs.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* Model of the disk
 *
 * A write is pending from xWrite to the next sync of its file; a cut applies any subset of the
 * sectors that are pending, in the order of the log. A file exists for certain after its first sync
 * (os_unix syncs the folder then, where SQLite asks for it); a deletion is certain at once, for
 * SQLite asks for the folder's sync and the store deletes nothing while it is open. */

enum { MAX_FILES = 8, MAX_FRAGMENTS = 4096, MAX_SEEN = 1 << 21 };

struct image {
	char *data;
	size_t size, allocated;
	bool exists;
};

struct memory_file {
	char name[256];
	struct image image;
	bool was_synced;
};

enum entry_type { ENTRY_WRITE, ENTRY_TRUNCATE, ENTRY_CREATE, ENTRY_DELETE, ENTRY_SYNC, ENTRY_ACK };

struct entry {
	enum entry_type type;
	int file;
	size_t offset, length; /* TRUNCATE: offset = new size; ACK: offset = step */
	char *data;
};

static struct memory_file files[MAX_FILES];
static int file_count;
static struct entry *entries;
static size_t entry_count, entries_allocated;
static bool is_recording;
static struct crash_options options;
static uint64_t random_state;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- images ---- */

static void image_write(struct image *image, size_t offset, const char *data, size_t length)
{
	if (offset + length > image->allocated) {
		const size_t size = (offset + length) * 2;
		image->data = must(realloc(image->data, size));
		memset(image->data + image->allocated, 0, size - image->allocated);
		image->allocated = size;
	}
	memcpy(image->data + offset, data, length);
	if (offset + length > image->size)
		image->size = offset + length;
	image->exists = true;
}

static void image_truncate(struct image *image, size_t size)
{
	if (size < image->size) {
		memset(image->data + size, 0, image->size - size);
		image->size = size;
	}
}

static void image_copy(struct image *to, const struct image *from)
{
	image_truncate(to, 0);
	if (from->size > 0)
		image_write(to, 0, from->data, from->size);
	to->exists = from->exists;
}

static void image_free(struct image *image)
{
	free(image->data);
	*image = (struct image){0};
}

/* ---- the log ---- */

static void record(enum entry_type type, int file, size_t offset, const char *data, size_t length)
{
	if (!is_recording)
		return;
	if (entry_count == entries_allocated) {
		entries_allocated = entries_allocated ? entries_allocated * 2 : 1024;
		entries = must(realloc(entries, entries_allocated * sizeof(*entries)));
	}
	struct entry *entry = &entries[entry_count++];
	*entry = (struct entry){.type = type, .file = file, .offset = offset, .length = length};
	if (length > 0) {
		entry->data = must(malloc(length));
		memcpy(entry->data, data, length);
	}
}

void crash_acknowledge(int step)
{
	record(ENTRY_ACK, 0, (size_t)step, NULL, 0);
}

void crash_finish(void)
{
	for (size_t i = 0; i < entry_count; i++)
		free(entries[i].data);
	free(entries);
	entries = NULL;
	entry_count = entries_allocated = 0;
	for (int i = 0; i < file_count; i++)
		image_free(&files[i].image);
	memset(files, 0, sizeof(files));
	file_count = 0;
}

void crash_begin(const struct crash_options *given)
{
	crash_finish();
	options = *given;
	random_state = options.seed * 2 + 1;
	is_recording = true;
}

void crash_end(void)
{
	is_recording = false;
}

/* ---- the VFS ---- */

struct handle {
	sqlite3_file base;
	int file;
};

static struct memory_file *file_of(sqlite3_file *file)
{
	return &files[((struct handle *)file)->file];
}

static int c_close(sqlite3_file *file)
{
	(void)file;
	return SQLITE_OK;
}

static int c_read(sqlite3_file *file, void *data, int length, sqlite3_int64 offset)
{
	const struct image *image = &file_of(file)->image;
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
	image_write(&file_of(file)->image, (size_t)offset, data, (size_t)length);
	return SQLITE_OK;
}

static int c_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	record(ENTRY_TRUNCATE, ((struct handle *)file)->file, (size_t)size, NULL, 0);
	image_truncate(&file_of(file)->image, (size_t)size);
	return SQLITE_OK;
}

static int c_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	record(ENTRY_SYNC, ((struct handle *)file)->file, 0, NULL, 0);
	return SQLITE_OK;
}

static int c_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)file_of(file)->image.size;
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

static const sqlite3_io_methods methods = {1, c_close, c_read, c_write, c_truncate, c_sync, c_size,
	c_lock, c_lock, c_reserved, c_control, c_sector, c_traits, NULL, NULL, NULL, NULL, NULL,
	NULL};

static int find(const char *name)
{
	for (int i = 0; i < file_count; i++) {
		if (strcmp(files[i].name, name) == 0)
			return i;
	}
	return -1;
}

static int c_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct handle *handle = (struct handle *)file;

	(void)vfs;
	handle->base.pMethods = NULL;
	if (!name || strlen(name) >= sizeof(files[0].name))
		return SQLITE_CANTOPEN;
	int i = find(name);
	if (i < 0 || !files[i].image.exists) {
		if (!(flags & SQLITE_OPEN_CREATE))
			return SQLITE_CANTOPEN;
		if (i < 0) {
			if (file_count == MAX_FILES)
				return SQLITE_CANTOPEN;
			i = file_count++;
			memcpy(files[i].name, name, strlen(name) + 1);
		}
		files[i].image.exists = true;
		record(ENTRY_CREATE, i, 0, NULL, 0);
	}
	handle->file = i;
	handle->base.pMethods = &methods;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int c_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	const int i = find(name);

	(void)vfs;
	(void)sync;
	if (i < 0 || !files[i].image.exists)
		return SQLITE_IOERR_DELETE_NOENT;
	record(ENTRY_DELETE, i, 0, NULL, 0);
	image_truncate(&files[i].image, 0);
	files[i].image.exists = false;
	return SQLITE_OK;
}

static int c_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const int i = find(name);

	(void)vfs;
	(void)flags;
	*out = i >= 0 && files[i].image.exists;
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
		out[i] = (char)next_random();
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

void crash_vfs_register(void)
{
	static sqlite3_vfs vfs = {.iVersion = 1,
		.szOsFile = (int)sizeof(struct handle),
		.mxPathname = 250,
		.zName = "crash",
		.xOpen = c_open,
		.xDelete = c_delete,
		.xAccess = c_access,
		.xFullPathname = c_full_path,
		.xRandomness = c_randomness,
		.xSleep = c_sleep,
		.xCurrentTime = c_time};

	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
}

/* ---- states after a cut ---- */

/* A pending piece: one sector's worth of a write, or a truncate, or a create. */
struct fragment {
	const struct entry *entry;
	size_t from, length; /* of the entry's data */
};

static struct fragment fragments[MAX_FRAGMENTS];
static bool chosen[MAX_FRAGMENTS];
static size_t fragment_count;
static struct image durable[MAX_FILES];

static void add_fragments(const struct entry *entry)
{
	const size_t sector = (size_t)options.sector_bytes;
	size_t from = 0;

	do {
		const size_t room = sector - (entry->offset + from) % sector;
		const size_t length = entry->length - from < room ? entry->length - from : room;
		if (fragment_count == MAX_FRAGMENTS)
			abort();
		fragments[fragment_count++] =
			(struct fragment){.entry = entry, .from = from, .length = length};
		from += length;
	} while (from < entry->length);
}

static void apply(struct image *image, const struct entry *entry, size_t from, size_t length)
{
	switch (entry->type) {
	case ENTRY_WRITE:
		image_write(image, entry->offset + from, entry->data + from, length);
		break;
	case ENTRY_TRUNCATE:
		image_truncate(image, entry->offset);
		break;
	case ENTRY_CREATE:
		image->exists = true;
		break;
	case ENTRY_DELETE:
		image_truncate(image, 0);
		image->exists = false;
		break;
	case ENTRY_SYNC:
	case ENTRY_ACK:
		break;
	}
}

/* What is certain and what is pending after the first `end` entries. */
static void split(size_t end)
{
	size_t synced[MAX_FILES] = {0}; /* entries before this index are durable */

	for (int i = 0; i < MAX_FILES; i++) {
		image_truncate(&durable[i], 0);
		durable[i].exists = false;
	}
	for (size_t i = 0; i < end; i++) {
		if (entries[i].type == ENTRY_SYNC || entries[i].type == ENTRY_DELETE)
			synced[entries[i].file] = i + 1;
	}
	fragment_count = 0;
	for (size_t i = 0; i < end; i++) {
		const struct entry *entry = &entries[i];
		if (entry->type == ENTRY_SYNC || entry->type == ENTRY_ACK)
			continue;
		if (i < synced[entry->file])
			apply(&durable[entry->file], entry, 0, entry->length);
		else
			add_fragments(entry);
	}
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *p = data;

	for (; length >= 8; length -= 8, p += 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	for (; length > 0; length--, p++)
		hash = (hash ^ *p) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t *seen;

static bool is_new(uint64_t hash)
{
	size_t at = hash % MAX_SEEN;

	if (hash == 0)
		hash = 1;
	while (seen[at] != 0) {
		if (seen[at] == hash)
			return false;
		at = (at + 1) % MAX_SEEN;
	}
	seen[at] = hash;
	return true;
}

struct enumeration {
	int64_t limit; /* of distinct states for the cut at hand */
	int acknowledged;
	void (*judge)(int acknowledged, void *context);
	void *context;
	struct crash_totals totals;
};

/* Puts the chosen subset onto the disk and has it judged, if it is a new state. */
static void try_subset(struct enumeration *e)
{
	uint64_t hash = (uint64_t)e->acknowledged + 17;

	if (e->totals.distinct >= e->limit)
		return;
	for (int i = 0; i < file_count; i++)
		image_copy(&files[i].image, &durable[i]);
	for (size_t i = 0; i < fragment_count; i++) {
		const struct fragment *fragment = &fragments[i];
		if (chosen[i])
			apply(&files[fragment->entry->file].image, fragment->entry, fragment->from,
				fragment->length);
	}
	for (int i = 0; i < file_count; i++) {
		struct image *image = &files[i].image;
		/* Bytes without a directory entry are gone. */
		if (!image->exists)
			image_truncate(image, 0);
		hash = hash_bytes(hash, &image->size, sizeof(image->size));
		hash = hash_bytes(hash + (image->exists ? 3 : 5), image->data, image->size);
	}
	e->totals.states++;
	if (!is_new(hash))
		return;
	e->totals.distinct++;
	e->judge(e->acknowledged, e->context);
}

static void choose_all(bool value)
{
	for (size_t i = 0; i < fragment_count; i++)
		chosen[i] = value;
}

static void enumerate_cut(struct enumeration *e)
{
	choose_all(false);
	try_subset(e);
	choose_all(true);
	try_subset(e);
	if (fragment_count <= 8) {
		for (unsigned set = 1; set < (1u << fragment_count); set++) {
			for (size_t i = 0; i < fragment_count; i++)
				chosen[i] = set >> i & 1;
			try_subset(e);
		}
		return;
	}
	for (int i = 0; i < options.random_subsets; i++) {
		/* Dense, sparse and even subsets. */
		const unsigned density = 1 + (unsigned)(next_random() % 15);
		for (size_t k = 0; k < fragment_count; k++)
			chosen[k] = next_random() % 16 < density;
		try_subset(e);
	}
	for (size_t i = 0; i < fragment_count; i++) { /* each one missing */
		choose_all(true);
		chosen[i] = false;
		try_subset(e);
	}
	for (size_t i = 0; i < fragment_count; i++) { /* prefixes and suffixes, each one alone */
		for (size_t k = 0; k < fragment_count; k++)
			chosen[k] = k <= i;
		try_subset(e);
		for (size_t k = 0; k < fragment_count; k++)
			chosen[k] = k >= i;
		try_subset(e);
		choose_all(false);
		chosen[i] = true;
		try_subset(e);
	}
}

static bool is_cut(size_t end)
{
	const enum entry_type before = end > 0 ? entries[end - 1].type : ENTRY_SYNC;
	const enum entry_type after = end < entry_count ? entries[end].type : ENTRY_SYNC;

	return before == ENTRY_SYNC || before == ENTRY_ACK || after == ENTRY_SYNC ||
	       after == ENTRY_ACK;
}

void crash_enumerate(int64_t limit, void (*judge)(int acknowledged, void *context), void *context,
	struct crash_totals *ret_totals)
{
	struct enumeration e = {.judge = judge, .context = context};
	int64_t cuts = 0, done = 0;

	seen = must(calloc(MAX_SEEN, sizeof(*seen)));
	for (size_t end = 0; end <= entry_count; end++)
		cuts += is_cut(end);
	for (size_t end = 0; end <= entry_count; end++) {
		if (end > 0 && entries[end - 1].type == ENTRY_ACK)
			e.acknowledged = (int)entries[end - 1].offset + 1;
		if (!is_cut(end))
			continue;
		done++;
		e.limit = limit * done / cuts;
		split(end);
		enumerate_cut(&e);
	}
	free(seen);
	seen = NULL;
	for (int i = 0; i < MAX_FILES; i++)
		image_free(&durable[i]);
	*ret_totals = e.totals;
}
