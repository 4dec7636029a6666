#ifndef VT_TESTS_QUEUE_FIXTURE_H
#define VT_TESTS_QUEUE_FIXTURE_H

/* A store in a folder of its own, and short ways to do to it what core does. Included by one test
 * program at a time; functions are static inline so that none needs all of them. */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offline-queue/queue/journal.h"
#include "offline-queue/queue/queue.h"
#include "terminal/base/text.h"
#include "terminal/session/txn.h"

#define FIXTURE_NOW	 INT64_C(1770000000000)
#define FIXTURE_TERMINAL "KIOSK-0001"

struct fixture {
	char folder[128], path[160], key_path[160];
	char journal_key_path[160]; /* "" = checkpoints are not signed */
	const char *vfs;
	struct queue *queue;
	struct queue_report report;
	struct vt_error error;
	int64_t now;
};

static inline void fixture_init_in(struct fixture *f, const char *where)
{
	*f = (struct fixture){.now = FIXTURE_NOW};
	snprintf(f->folder, sizeof(f->folder), "%s/vt-queue-XXXXXX", where);
	if (!mkdtemp(f->folder))
		abort();
	snprintf(f->path, sizeof(f->path), "%s/queue.db", f->folder);
	snprintf(f->key_path, sizeof(f->key_path), "%s/key", f->folder);
	if (queue_key_create(f->key_path, NULL) != VT_OK)
		abort();
}

/* In memory where possible: these tests ask what was called, not what a disk keeps. */
static inline void fixture_init(struct fixture *f)
{
	fixture_init_in(f, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

/* The journal's key beside the store's, as core has it. */
static inline void fixture_with_journal_key(struct fixture *f)
{
	snprintf(f->journal_key_path, sizeof(f->journal_key_path), "%s/journal.key", f->folder);
	if (queue_journal_key_create(f->journal_key_path, NULL) != VT_OK)
		abort();
}

static inline enum vt_code fixture_open(struct fixture *f)
{
	const struct queue_options options = {.terminal = FIXTURE_TERMINAL,
		.now_unix_ms = f->now,
		.vfs = f->vfs,
		.journal_key = f->journal_key_path[0] ? f->journal_key_path : NULL};

	return queue_open(f->path, f->key_path, &options, &f->queue, &f->report, &f->error);
}

/* Files of the folder, except the key. */
static inline void fixture_clear(struct fixture *f, bool with_key)
{
	DIR *dir = opendir(f->folder);
	char child[512];

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (entry->d_name[0] == '.' || (!with_key && strcmp(entry->d_name, "key") == 0))
			continue;
		snprintf(child, sizeof(child), "%s/%s", f->folder, entry->d_name);
		unlink(child);
	}
	if (dir)
		closedir(dir);
}

static inline void fixture_finish(struct fixture *f)
{
	queue_close(&f->queue);
	fixture_clear(f, true);
	rmdir(f->folder);
}

/* Ids that a number makes: the same in each run. */
static inline void fixture_uuid(char kind, unsigned n, char ret_uuid[VT_UUID_SIZE])
{
	snprintf(ret_uuid, VT_UUID_SIZE, "%08x-00%02x-4000-8000-%012x", n * 2654435761u,
		(unsigned)(unsigned char)kind, n);
}

struct fixture_row {
	char id[VT_UUID_SIZE], key[VT_UUID_SIZE], lane[VT_UUID_SIZE], folio[VT_FOLIO_SIZE];
	struct queue_new row;
};

#define FIXTURE_PAYLOAD "{\"curp\":\"XEXX010101HNEXXXA4\",\"operacion\":\"consulta\"}"

/* A well-formed row number n; the caller may change any member before appending. */
static inline void fixture_row(struct fixture *f, unsigned n, struct fixture_row *r)
{
	struct txn_effects effects;

	memset(r, 0, sizeof(*r));
	fixture_uuid('i', n, r->id);
	fixture_uuid('k', n, r->key);
	snprintf(r->folio, sizeof(r->folio), "T001-0010-%04u-ABCD", n % 10000);
	if (n >= 10000)
		snprintf(r->folio, sizeof(r->folio), "T-%08u", n);
	r->row = (struct queue_new){.id = r->id,
		.key = r->key,
		.folio = r->folio,
		.service = "curp",
		.adapter = "renapo",
		.operation = "consultarPorCurp",
		.lang = "es",
		.created_unix_ms = f->now,
		.payload = FIXTURE_PAYLOAD};
	txn_init(&r->row.txn, TXN_CLASS_A);
	if (txn_step(&r->row.txn, &(struct txn_event){.type = TXN_COMMIT, .now_unix_ms = f->now},
		    &effects) != VT_OK)
		abort();
}

/* One row in a batch of its own. */
static inline enum vt_code fixture_append(struct fixture *f, unsigned n)
{
	struct fixture_row r;
	int64_t epoch, number;
	enum vt_code code = queue_begin(f->queue);

	fixture_row(f, n, &r);
	if (code == VT_OK)
		code = queue_next_sequence(f->queue, &epoch, &number);
	if (code == VT_OK)
		code = queue_append(f->queue, &r.row);
	if (code == VT_OK)
		return queue_commit(f->queue);
	queue_abort(f->queue);
	return code;
}

/* Steps row n with event and commits what comes of it. */
static inline enum vt_code fixture_step(struct fixture *f, unsigned n,
	const struct txn_event *event, const char *answer, struct txn *ret_txn)
{
	char id[VT_UUID_SIZE];
	struct queue_record record;
	struct txn_effects effects;

	fixture_uuid('i', n, id);
	enum vt_code code = queue_get(f->queue, id, &record);
	if (code != VT_OK)
		return code;
	struct txn after = record.txn;
	code = txn_step(&after, event, &effects);
	if (code != VT_OK)
		return code;
	code = queue_begin(f->queue);
	if (code == VT_OK)
		code = queue_store(f->queue, id, &record.txn, &after, answer, event->now_unix_ms);
	if (code == VT_OK)
		code = queue_commit(f->queue);
	else
		queue_abort(f->queue);
	if (code == VT_OK && ret_txn)
		*ret_txn = after;
	return code;
}

static inline enum vt_code fixture_lease(struct fixture *f, unsigned n)
{
	char lease[VT_UUID_SIZE];

	fixture_uuid('l', n, lease);
	return fixture_step(f, n,
		&(struct txn_event){.type = TXN_LEASE,
			.now_unix_ms = f->now,
			.lease = lease,
			.lease_ms = 20000},
		NULL, NULL);
}

static inline enum vt_code fixture_result(
	struct fixture *f, unsigned n, enum txn_result result, enum txn_cause cause)
{
	char lease[VT_UUID_SIZE];

	fixture_uuid('l', n, lease);
	return fixture_step(f, n,
		&(struct txn_event){.type = TXN_RESULT,
			.now_unix_ms = f->now,
			.random = UINT64_MAX,
			.lease = lease,
			.result = result,
			.cause = cause},
		result == TXN_RESULT_ACCEPTED ? "{\"folio\":\"123456789\"}" : NULL, NULL);
}

#endif
