#ifndef VT_TESTS_QUEUE_FAULT_VFS_H
#define VT_TESTS_QUEUE_FAULT_VFS_H

/* A SQLite VFS named "fault" around the default one: counts calls and bytes, and makes the n-th
 * call of a kind fail, once or from then on. Also a counting, failing malloc for SQLite. */

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_OPEN,
	FAULT_READ,
	FAULT_WRITE,
	FAULT_SYNC,
	FAULT_TRUNCATE,
	FAULT_DELETE,
	FAULT_ACCESS,
	FAULT_SIZE,
	FAULT_LOCK,
	FAULT_KIND_COUNT
};
extern const char *const fault_kind_names[FAULT_KIND_COUNT];

struct fault_plan {
	enum fault_kind kind;
	int64_t at; /* 0-based call of the kind that fails; < 0: none */
	bool stays; /* and every later one of the kind */
	bool half;  /* FAULT_WRITE: the first half is written before it fails */
	int rc;	    /* 0: the I/O error of the kind; or SQLITE_FULL … */
	bool fired; /* set when it did */
};

struct fault_counts {
	int64_t calls[FAULT_KIND_COUNT];
	int64_t written_bytes;
};

extern struct fault_plan fault_plan;
extern struct fault_counts fault_counts;

/* Registers the VFS (once per program, before the first use of SQLite if malloc is wanted too). */
void fault_vfs_register(void);
/* Replaces SQLite's malloc; before anything else uses SQLite. */
void fault_malloc_install(void);
/* Allocation number at fails (0-based, from now); stays: all later ones too; at < 0: none. */
void fault_malloc_plan(int64_t at, bool stays);
bool fault_malloc_fired(void);
/* Allocations until the planned one. */
int64_t fault_malloc_left(void);

/* Counts from zero with plan (NULL: nothing fails). */
void fault_begin(const struct fault_plan *plan);

#endif
