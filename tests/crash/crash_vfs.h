#ifndef VT_TESTS_CRASH_VFS_H
#define VT_TESTS_CRASH_VFS_H

/* An in-memory SQLite VFS named "crash" that records every write, truncate, create, delete and
 * sync, and can put the files into any state that a power cut may leave (reliability.md §3.1). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crash_options {
	int sector_bytes;	  /* 512 or 4096: unit of a torn write */
	bool powersafe_overwrite; /* a cut tears nothing beside what is written */
	uint64_t seed;		  /* of random subsets and of SQLite's randomness */
	int random_subsets;	  /* per cut, beside the systematic ones */
};

void crash_vfs_register(void);
/* Forgets all files and the log, begins to record. */
void crash_begin(const struct crash_options *options);
/* Writes a mark into the log: the outside was told that step is done. */
void crash_acknowledge(int step);
/* Stops recording. */
void crash_end(void);

struct crash_totals {
	int64_t states, distinct;
};
/* Calls judge for each distinct state of the files after a cut before or after each sync and
 * acknowledgement; the files are then in that state, open at will. acknowledged = steps told
 * before the cut. Stops after limit distinct states (spread over the cuts). */
void crash_enumerate(int64_t limit, void (*judge)(int acknowledged, void *context), void *context,
	struct crash_totals *ret_totals);
/* Forgets the recording. */
void crash_finish(void);

#endif
