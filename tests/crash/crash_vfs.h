#ifndef VT_TESTS_CRASH_VFS_H
#define VT_TESTS_CRASH_VFS_H

/* An in-memory SQLite VFS named "crash" that records every write, truncate, create, delete and
 * sync, and can put the files into any state that a power cut may leave (reliability.md §3.1).
 * One thread; the files are global, logs are objects: a recovery can be recorded on top of a state
 * of another log, which is how a second cut is made. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which flushes the drive answers without doing them; for seeded defects. */
enum crash_lie { CRASH_HONEST, CRASH_NO_SYNC, CRASH_NO_DATABASE_SYNC };

struct crash_options {
	int sector_bytes;	  /* 512 or 4096: unit of a torn write */
	bool powersafe_overwrite; /* a cut tears nothing beside what is written */
	enum crash_lie lie;
	uint64_t seed; /* of random subsets and of SQLite's randomness */
};

struct crash_log;

void crash_vfs_register(void);
/* Begins to record on the files as they are now: what they hold is durable. One at a time;
 * crash_end() stops. Own it: crash_log_free(). */
struct crash_log *crash_begin(const struct crash_options *options);
/* Writes a mark into the log that is recorded, if one is: the outside changed, or was told. */
void crash_acknowledge(void);
void crash_end(void);
void crash_log_free(struct crash_log *log);
/* All files are gone. */
void crash_forget_files(void);

/* One state of the disk, as the files are while judge runs. */
struct crash_state {
	int marks;     /* acknowledgements before the cut */
	uint64_t hash; /* of all bytes */
	/* Of what SQLite's own recovery makes of them: the pages of the database under the frames
	 * of the -wal up to the last whole commit, and the other files. Two states with the same
	 * content differ only in bytes that recovery throws away. 0 = could not be told (the
	 * database is not in WAL mode yet, or SQLite refuses it): look yourself. */
	uint64_t content;
};

struct crash_totals {
	int64_t states, distinct, content_told;
};

/* Has SQLite recover each distinct state of the files after a cut before or after each sync and
 * acknowledgement, and calls judge, which may open and write the files at will. Stops after limit
 * distinct states (spread over the cuts). database: path of the database. Not from inside of
 * judge with the same log; with another one, yes. Leaves the files in some state. */
void crash_enumerate(struct crash_log *log, const char *database, int64_t limit,
	void (*judge)(const struct crash_state *state, void *context), void *context,
	struct crash_totals *ret_totals);
/* From inside of judge: makes the files again as they were when it was called. */
void crash_restore_state(void);

#endif
