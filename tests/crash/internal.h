#ifndef VT_TESTS_CRASH_INTERNAL_H
#define VT_TESTS_CRASH_INTERNAL_H

/* Shared by crash_vfs.c (the disk and its log) and crash_states.c (states after a cut). */

#include "tests/crash/crash_vfs.h"

enum { CRASH_MAX_FILES = 8, CRASH_SECTOR = 512 };

/* Bytes from size to allocated are zero. */
struct crash_image {
	char *data;
	size_t size, allocated;
	bool exists;
};

struct crash_file {
	char name[256];
	struct crash_image image;
};

enum crash_entry_type {
	ENTRY_WRITE,
	ENTRY_TRUNCATE,
	ENTRY_CREATE,
	ENTRY_DELETE,
	ENTRY_SYNC,
	ENTRY_ACK
};

struct crash_entry {
	enum crash_entry_type type;
	int file;
	size_t offset, length; /* TRUNCATE: offset = new size */
	char *data;
};

struct crash_log {
	struct crash_options options;
	uint64_t random;
	struct crash_image base[CRASH_MAX_FILES]; /* durable when recording began */
	struct crash_entry *entries;
	size_t count, allocated;
};

extern struct crash_file crash_files[CRASH_MAX_FILES];
extern int crash_file_count;
/* Somebody wrote through the VFS, or another enumeration did. */
extern bool crash_files_changed;

void *crash_must(void *p);
uint64_t crash_random(uint64_t *state);
void image_write(struct crash_image *image, size_t offset, const char *data, size_t length);
void image_truncate(struct crash_image *image, size_t size);
void image_copy(struct crash_image *to, const struct crash_image *from);
void image_free(struct crash_image *image);

/* Makes SQLite recover the database on the connection of the enumeration, which never writes.
 * false: it refuses. *ret_frames: valid frames of the -wal. */
bool crash_recover(const char *database, uint32_t *ret_frames);

#endif
