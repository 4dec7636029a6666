#include "tests/crash/crash_vfs.h"

#include <stdlib.h>
#include <string.h>

#include "tests/crash/internal.h"

/* Model of the disk
 *
 * A write is pending from xWrite to the next sync of its file; a cut applies any subset of the
 * sectors that are pending, in the order of the log. A file exists for certain after its first sync
 * (os_unix syncs the folder then, where SQLite asks for it); a deletion is certain at once, for
 * SQLite asks for the folder's sync and the store deletes nothing while it is open.
 *
 * Speed: the durable part lies in the files; a state is the durable part with some fragments on
 * top. Only the sectors that these touch are hashed anew and put back afterwards; the hash of a
 * state is the sum over its sectors, so that a sector is taken out and put in. */

enum { MAX_FRAGMENTS = 8192, ALL_SUBSETS = 10, DULL_DRAWS = 300 };

/* A pending piece: one sector's worth of a write, or a truncate, or a create. */
struct fragment {
	const struct crash_entry *entry;
	size_t from, length; /* of the entry's data */
};

struct sectors {
	uint64_t *durable, *now; /* hash of each sector, 0 for one of zeroes */
	uint32_t *stamp;	 /* of the state that touched it last */
	size_t allocated;
};

struct touched {
	int file;
	size_t sector;
};

struct enumeration {
	struct crash_log *log;
	const char *database;
	void (*judge)(const struct crash_state *state, void *context);
	void *context;
	struct crash_totals totals;
	int64_t limit; /* of distinct states up to the cut at hand */
	int marks;
	int file_count;
	int db, wal; /* index of the file, -1 = there is none */

	struct crash_image durable[CRASH_MAX_FILES];
	struct sectors sectors[CRASH_MAX_FILES];
	uint64_t sum_durable[CRASH_MAX_FILES], sum[CRASH_MAX_FILES];
	struct touched *touched;
	size_t touched_count, touched_allocated;
	uint32_t stamp;

	struct fragment fragments[MAX_FRAGMENTS];
	bool chosen[MAX_FRAGMENTS];
	size_t fragment_count;

	uint64_t *seen;
	size_t seen_mask;
};

/* ---- hashes ---- */

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
	return hash ^ hash >> 32;
}

static uint64_t hash_sector(int file, size_t sector, const char *data)
{
	static const char zeroes[CRASH_SECTOR];

	if (memcmp(data, zeroes, CRASH_SECTOR) == 0)
		return 0;
	return hash_bytes((uint64_t)file << 32 | sector, data, CRASH_SECTOR);
}

static void reserve_sectors(struct sectors *s, size_t count)
{
	if (count <= s->allocated)
		return;
	const size_t size = count * 2;
	s->durable = crash_must(realloc(s->durable, size * sizeof(*s->durable)));
	s->now = crash_must(realloc(s->now, size * sizeof(*s->now)));
	s->stamp = crash_must(realloc(s->stamp, size * sizeof(*s->stamp)));
	memset(s->durable + s->allocated, 0, (size - s->allocated) * sizeof(*s->durable));
	memset(s->now + s->allocated, 0, (size - s->allocated) * sizeof(*s->now));
	memset(s->stamp + s->allocated, 0, (size - s->allocated) * sizeof(*s->stamp));
	s->allocated = size;
}

static size_t sector_count(size_t size)
{
	return (size + CRASH_SECTOR - 1) / CRASH_SECTOR;
}

/* Copies a whole number of sectors, so that hashing never reads beyond the buffer. */
static void reserve_image(struct crash_image *image, size_t size)
{
	const size_t keep = image->size;
	const bool existed = image->exists;

	if (size <= image->allocated)
		return;
	const char zero = 0;
	image_write(image, size - 1, &zero, 1);
	image->size = keep;
	image->exists = existed;
}

static bool is_new(struct enumeration *e, uint64_t hash)
{
	size_t at = hash & e->seen_mask;

	if (hash == 0)
		hash = 1;
	while (e->seen[at] != 0) {
		if (e->seen[at] == hash)
			return false;
		at = (at + 1) & e->seen_mask;
	}
	e->seen[at] = hash;
	return true;
}

/* ---- the durable part ---- */

static void apply(
	struct crash_image *image, const struct crash_entry *entry, size_t from, size_t length)
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

static void add_fragments(struct enumeration *e, const struct crash_entry *entry)
{
	const size_t sector = (size_t)e->log->options.sector_bytes;
	size_t from = 0;

	do {
		const size_t room = sector - (entry->offset + from) % sector;
		const size_t length = entry->length - from < room ? entry->length - from : room;
		if (e->fragment_count == MAX_FRAGMENTS)
			abort();
		e->fragments[e->fragment_count++] =
			(struct fragment){.entry = entry, .from = from, .length = length};
		from += length;
	} while (from < entry->length);
}

/* Puts the durable part into the files, whatever they hold. */
static void restore_all(struct enumeration *e)
{
	for (int i = 0; i < e->file_count; i++) {
		struct sectors *s = &e->sectors[i];
		image_copy(&crash_files[i].image, &e->durable[i]);
		if (s->allocated > 0)
			memcpy(s->now, s->durable, s->allocated * sizeof(*s->now));
		e->sum[i] = e->sum_durable[i];
	}
	/* Files that a judge made. */
	for (int i = e->file_count; i < crash_file_count; i++) {
		image_truncate(&crash_files[i].image, 0);
		crash_files[i].image.exists = false;
	}
	e->touched_count = 0;
}

/* What is certain and what is pending after the first `end` entries. */
static void split(struct enumeration *e, size_t end)
{
	size_t synced[CRASH_MAX_FILES] = {0}; /* entries before this index are durable */
	const struct crash_log *log = e->log;

	for (int i = 0; i < e->file_count; i++)
		image_copy(&e->durable[i], &log->base[i]);
	for (size_t i = 0; i < end; i++) {
		const enum crash_entry_type type = log->entries[i].type;
		if (type == ENTRY_SYNC || type == ENTRY_DELETE)
			synced[log->entries[i].file] = i + 1;
	}
	e->fragment_count = 0;
	for (size_t i = 0; i < end; i++) {
		const struct crash_entry *entry = &log->entries[i];
		if (entry->type == ENTRY_SYNC || entry->type == ENTRY_ACK)
			continue;
		if (i < synced[entry->file])
			apply(&e->durable[entry->file], entry, 0, entry->length);
		else
			add_fragments(e, entry);
	}
	for (int i = 0; i < e->file_count; i++) {
		struct crash_image *image = &e->durable[i];
		const size_t sectors = sector_count(image->size);
		struct sectors *s = &e->sectors[i];
		reserve_sectors(s, sectors + 1);
		reserve_image(image, (sectors + 1) * CRASH_SECTOR);
		memset(s->durable, 0, s->allocated * sizeof(*s->durable));
		e->sum_durable[i] = 0;
		for (size_t k = 0; k < sectors; k++) {
			s->durable[k] = hash_sector(i, k, image->data + k * CRASH_SECTOR);
			e->sum_durable[i] += s->durable[k];
		}
	}
	restore_all(e);
}

/* ---- one state ---- */

static void touch(struct enumeration *e, int file, size_t from, size_t to)
{
	struct sectors *s = &e->sectors[file];

	reserve_sectors(s, sector_count(to) + 1);
	for (size_t k = from / CRASH_SECTOR; k < sector_count(to); k++) {
		if (s->stamp[k] == e->stamp)
			continue;
		s->stamp[k] = e->stamp;
		if (e->touched_count == e->touched_allocated) {
			e->touched_allocated = e->touched_allocated ? e->touched_allocated * 2 : 64;
			e->touched = crash_must(
				realloc(e->touched, e->touched_allocated * sizeof(*e->touched)));
		}
		e->touched[e->touched_count++] = (struct touched){.file = file, .sector = k};
	}
}

static void apply_chosen(struct enumeration *e)
{
	e->stamp++;
	e->touched_count = 0;
	for (size_t i = 0; i < e->fragment_count; i++) {
		const struct fragment *fragment = &e->fragments[i];
		const struct crash_entry *entry = fragment->entry;
		struct crash_image *image = &crash_files[entry->file].image;
		if (!e->chosen[i])
			continue;
		if (entry->type == ENTRY_WRITE) {
			const size_t from = entry->offset + fragment->from;
			touch(e, entry->file, from, from + fragment->length);
		} else if (entry->type == ENTRY_TRUNCATE && entry->offset < image->size) {
			touch(e, entry->file, entry->offset, image->size);
		}
		apply(image, entry, fragment->from, fragment->length);
	}
	for (int i = 0; i < e->file_count; i++) {
		struct crash_image *image = &crash_files[i].image;
		/* Bytes without a directory entry are gone. */
		if (!image->exists && image->size > 0) {
			touch(e, i, 0, image->size);
			image_truncate(image, 0);
		}
	}
	for (size_t i = 0; i < e->touched_count; i++) {
		const struct touched *t = &e->touched[i];
		struct crash_image *image = &crash_files[t->file].image;
		struct sectors *s = &e->sectors[t->file];
		reserve_image(image, (t->sector + 1) * CRASH_SECTOR);
		const uint64_t hash =
			hash_sector(t->file, t->sector, image->data + t->sector * CRASH_SECTOR);
		e->sum[t->file] += hash - s->now[t->sector];
		s->now[t->sector] = hash;
	}
}

static void undo(struct enumeration *e)
{
	for (size_t i = 0; i < e->touched_count; i++) {
		const struct touched *t = &e->touched[i];
		struct crash_image *image = &crash_files[t->file].image;
		const struct crash_image *durable = &e->durable[t->file];
		const size_t at = t->sector * CRASH_SECTOR;
		if (at + CRASH_SECTOR <= durable->allocated)
			memcpy(image->data + at, durable->data + at, CRASH_SECTOR);
		else
			memset(image->data + at, 0, CRASH_SECTOR);
		e->sectors[t->file].now[t->sector] = e->sectors[t->file].durable[t->sector];
	}
	for (int i = 0; i < e->file_count; i++) {
		crash_files[i].image.size = e->durable[i].size;
		crash_files[i].image.exists = e->durable[i].exists;
		e->sum[i] = e->sum_durable[i];
	}
	e->touched_count = 0;
}

static uint64_t hash_state(const struct enumeration *e)
{
	uint64_t hash = (uint64_t)e->marks + 17;

	for (int i = 0; i < e->file_count; i++) {
		const struct crash_image *image = &crash_files[i].image;
		const uint64_t parts[] = {image->size, image->exists, e->sum[i]};
		hash = hash_bytes(hash, parts, sizeof(parts));
	}
	return hash;
}

static uint32_t big_endian(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* struct crash_state says what this is. File formats: fileformat.html §1.3 and §4. */
static uint64_t hash_content(struct enumeration *e)
{
	enum { WAL_HEADER = 32, FRAME_HEADER = 24, MAX_PAGES = 4096 };
	static uint8_t covered[MAX_PAGES];
	uint64_t hash = (uint64_t)e->marks + 29;
	uint32_t frames;

	if (e->db < 0 || e->wal < 0)
		return 0;
	const struct crash_image *db = &crash_files[e->db].image;
	const struct crash_image *wal = &crash_files[e->wal].image;
	if (db->size < 1024 || memcmp(db->data, "SQLite format 3", 16) != 0 || db->data[18] != 2)
		return 0;
	const size_t page =
		(size_t)(((uint8_t)db->data[16] << 8) | (uint8_t)db->data[17]); /* never 65536 */
	if (!wal->exists || page < CRASH_SECTOR || db->size % page != 0 ||
		db->size / page >= MAX_PAGES)
		return 0;
	if (!crash_recover(e->database, &frames))
		return 0;
	const size_t wal_used = frames == 0 ? 0 : WAL_HEADER + frames * (FRAME_HEADER + page);
	if (wal_used > wal->size)
		return 0;
	uint64_t sum = e->sum[e->db];
	memset(covered, 0, db->size / page + 1);
	for (uint32_t i = 0; i < frames; i++) {
		const char *frame = wal->data + WAL_HEADER + i * (FRAME_HEADER + page);
		const uint32_t number = big_endian(frame);
		if (number == 0 || number > db->size / page || covered[number])
			continue;
		covered[number] = 1;
		for (size_t k = 0; k < page / CRASH_SECTOR; k++)
			sum -= e->sectors[e->db].now[(number - 1) * (page / CRASH_SECTOR) + k];
	}
	const uint64_t parts[] = {db->size, sum, frames};
	hash = hash_bytes(hash, parts, sizeof(parts));
	if (wal_used > 0)
		hash = hash_bytes(hash, wal->data, wal_used);
	for (int i = 0; i < e->file_count; i++) {
		const uint64_t other[] = {crash_files[i].image.exists, e->sum[i]};
		if (i != e->db && i != e->wal)
			hash = hash_bytes(hash, other, sizeof(other));
	}
	return hash ? hash : 1;
}

/* The enumeration that runs, the innermost one. */
static struct enumeration *current;

void crash_restore_state(void)
{
	restore_all(current);
	apply_chosen(current);
}

/* Puts the chosen subset onto the disk and has it judged. True if it is a new state. */
static bool try_subset(struct enumeration *e)
{
	if (e->totals.distinct >= e->limit)
		return false;
	apply_chosen(e);
	e->totals.states++;
	struct crash_state state = {.marks = e->marks, .hash = hash_state(e)};
	if (!is_new(e, state.hash)) {
		undo(e);
		return false;
	}
	e->totals.distinct++;
	state.content = hash_content(e);
	e->totals.content_told += state.content != 0;
	crash_files_changed = false;
	e->judge(&state, e->context);
	if (crash_files_changed)
		restore_all(e);
	else
		undo(e);
	return true;
}

/* ---- subsets ---- */

static void choose_all(struct enumeration *e, bool value)
{
	for (size_t i = 0; i < e->fragment_count; i++)
		e->chosen[i] = value;
}

static void every_subset(struct enumeration *e)
{
	for (unsigned set = 1; set < (1u << e->fragment_count); set++) {
		for (size_t i = 0; i < e->fragment_count; i++)
			e->chosen[i] = set >> i & 1;
		(void)try_subset(e);
	}
}

static void systematic_subsets(struct enumeration *e)
{
	for (size_t i = 0; i < e->fragment_count; i++) {
		choose_all(e, true);
		e->chosen[i] = false; /* each one missing */
		(void)try_subset(e);
		for (size_t k = 0; k < e->fragment_count; k++)
			e->chosen[k] = k <= i; /* prefixes */
		(void)try_subset(e);
		for (size_t k = 0; k < e->fragment_count; k++)
			e->chosen[k] = k >= i; /* suffixes */
		(void)try_subset(e);
		choose_all(e, false);
		e->chosen[i] = true; /* each one alone */
		(void)try_subset(e);
	}
}

/* Dense, sparse and even subsets, and prefixes with a ragged end, until nothing new comes. */
static void random_subsets(struct enumeration *e)
{
	int dull = 0;

	while (dull < DULL_DRAWS && e->totals.distinct < e->limit) {
		const uint64_t draw = crash_random(&e->log->random);
		const unsigned density = 1 + (unsigned)(draw % 15);
		const size_t whole =
			draw >> 8 & 1 ? (size_t)(draw >> 16) % (e->fragment_count + 1) : 0;
		for (size_t k = 0; k < e->fragment_count; k += 16) {
			uint64_t bits = crash_random(&e->log->random);
			for (size_t i = k; i < k + 16 && i < e->fragment_count; i++, bits >>= 4)
				e->chosen[i] = i < whole || bits % 16 < density;
		}
		dull = try_subset(e) ? 0 : dull + 1;
	}
}

static void enumerate_cut(struct enumeration *e)
{
	choose_all(e, false);
	(void)try_subset(e);
	choose_all(e, true);
	(void)try_subset(e);
	if (e->fragment_count <= ALL_SUBSETS) {
		every_subset(e);
		return;
	}
	systematic_subsets(e);
	random_subsets(e);
}

static bool is_cut(const struct crash_log *log, size_t end)
{
	const enum crash_entry_type before = end > 0 ? log->entries[end - 1].type : ENTRY_SYNC;
	const enum crash_entry_type after = end < log->count ? log->entries[end].type : ENTRY_SYNC;

	return before == ENTRY_SYNC || before == ENTRY_ACK || after == ENTRY_SYNC ||
	       after == ENTRY_ACK;
}

static int find_file(const char *name, const char *suffix)
{
	const size_t length = strlen(name);

	for (int i = 0; i < crash_file_count; i++) {
		if (strncmp(crash_files[i].name, name, length) == 0 &&
			strcmp(crash_files[i].name + length, suffix) == 0)
			return i;
	}
	return -1;
}

void crash_enumerate(struct crash_log *log, const char *database, int64_t limit,
	void (*judge)(const struct crash_state *state, void *context), void *context,
	struct crash_totals *ret_totals)
{
	struct enumeration *e = crash_must(calloc(1, sizeof(*e)));
	struct enumeration *const outer = current;
	int64_t cuts = 0, done = 0;
	size_t table = 1024;

	while (table < (size_t)limit * 2)
		table *= 2;
	current = e;
	e->log = log;
	e->database = database;
	e->judge = judge;
	e->context = context;
	e->file_count = crash_file_count;
	e->db = find_file(database, "");
	e->wal = find_file(database, "-wal");
	e->seen = crash_must(calloc(table, sizeof(*e->seen)));
	e->seen_mask = table - 1;
	for (size_t end = 0; end <= log->count; end++)
		cuts += is_cut(log, end);
	for (size_t end = 0; end <= log->count; end++) {
		if (end > 0 && log->entries[end - 1].type == ENTRY_ACK)
			e->marks++;
		if (!is_cut(log, end))
			continue;
		done++;
		e->limit = limit * done / cuts;
		split(e, end);
		enumerate_cut(e);
	}
	*ret_totals = e->totals;
	crash_files_changed = true;
	for (int i = 0; i < CRASH_MAX_FILES; i++) {
		image_free(&e->durable[i]);
		free(e->sectors[i].durable);
		free(e->sectors[i].now);
		free(e->sectors[i].stamp);
	}
	free(e->touched);
	free(e->seen);
	free(e);
	current = outer;
}
