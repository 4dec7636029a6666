#ifndef VT_QUEUE_INTERNAL_H
#define VT_QUEUE_INTERNAL_H

/* Inside of the store, shared by its files and by its tests only.
 *
 *            begin                 a change                    commit ok
 *   READY ───────────► OPEN ──────────────────► OPEN (dirty) ────────────► READY
 *     ▲                 │ abort, or an error that only spoils the batch      │
 *     └──── SPOILT ◄────┘ (VT_ERR_FULL, VT_ERR_NOMEM): commit refuses        │
 *                 any I/O error, corruption, or doubt in commit ─────────► FAILED
 *
 * FAILED is left by queue_close() alone. The members `now` and `then` of the ledger are what the
 * open batch made of it and what is on disk; after abort, now = then. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offline-queue/queue/journal.h"
#include "offline-queue/queue/queue.h"
#include "offline-queue/queue/seal.h"
#include "offline-queue/queue/sql.h"

struct sqlite3;
struct sqlite3_stmt;

/* Services that may have rows: the catalogue names 21. */
#define QUEUE_MAX_SERVICES 64
/* Adapters that may be held at once. */
#define QUEUE_MAX_HOLDS 16

/* The single row of table store: counters, numbers, the current session. */
struct ledger {
	int64_t epoch, opening;
	int64_t number;	  /* last number of a folio in this epoch */
	int64_t sequence; /* of the newest row */
	int64_t oldest;	  /* every row below is neither JOURNALED … INQUIRY */
	int64_t floor_ms; /* of the clock: queue_clock_floor() */
	int64_t session;  /* sequence of the current citizen's transaction, 0 = none */
	int64_t states[TXN_STATE_COUNT];
};

struct queue_service {
	int64_t id;
	char name[VT_MAX_ID], adapter[VT_MAX_ID];
	int64_t success_unix_ms;
	int poisoned;
};

/* Where the chain of the journal ends. */
struct journal_head {
	int64_t sequence; /* newest row, 0 = none */
	int64_t last_signed;
	uint8_t hash[JOURNAL_HASH_SIZE]; /* its, or the first one's predecessor */
};

struct journal_key;

struct queue_adapter_hold {
	char adapter[VT_MAX_ID];
	int64_t until_unix_ms;
};

struct queue {
	struct sqlite3 *db;
	struct sqlite3_stmt *statements[SQL_COUNT];
	struct sealer *sealer;
	char path[512];
	char vfs[32]; /* "" = default */
	char terminal[QUEUE_TERMINAL_SIZE];
	struct ledger now, then;
	struct journal_head journal_now, journal_then;
	struct journal_key *journal_key; /* hashes, and signs if there is a key file */
	struct queue_service services[QUEUE_MAX_SERVICES];
	size_t service_count;
	struct queue_adapter_hold holds[QUEUE_MAX_HOLDS];
	size_t hold_count;
	bool is_open; /* queue_open() succeeded */
	bool in_batch;
	bool bind_failed;      /* the next step answers VT_ERR_NOMEM */
	bool services_changed; /* in this batch: abort reads them again */
	enum vt_code spoilt;   /* VT_OK, or why this batch cannot be committed */
	bool is_failed;
	struct vt_error error;
};

/* ---- db.c: SQLite's answers in our words ---- */

/* Puts the failure of doing into queue->error and returns its code; marks the batch spoilt or the
 * queue FAILED as the drawing says. rc: SQLite's (extended) result. */
enum vt_code queue_fail_sqlite(struct queue *queue, int rc, const char *doing);
/* What rc means; VT_OK for SQLITE_OK, ROW, DONE. */
enum vt_code queue_code_of(int rc);
enum vt_code queue_fail(struct queue *queue, enum vt_code code, const char *what);
/* VT_OK if the object may be used at all (reading) or a change may be made in the open batch. */
VT_MUST_USE enum vt_code queue_may_read(struct queue *queue);
VT_MUST_USE enum vt_code queue_may_write(struct queue *queue);
/* Runs a kept statement that returns no rows; resets and clears it. */
VT_MUST_USE enum vt_code queue_run(struct queue *queue, enum sql sql);
/* Next row: VT_OK, or VT_ERR_NOT_FOUND at the end (then, and after errors, it is reset). */
VT_MUST_USE enum vt_code queue_step(struct queue *queue, enum sql sql);
void queue_done(struct queue *queue, enum sql sql);
/* Binding: failures show as an error of the following step. */
void queue_bind_int(struct queue *queue, enum sql sql, int index, int64_t value);
void queue_bind_text(struct queue *queue, enum sql sql, int index, const char *text);
void queue_bind_blob(struct queue *queue, enum sql sql, int index, const void *data, size_t length);
int64_t queue_column_int(struct queue *queue, enum sql sql, int column);
bool queue_column_is_null(struct queue *queue, enum sql sql, int column);
/* Copies text of at most size - 1 bytes; false if it is NULL or longer. */
VT_MUST_USE bool queue_column_text(
	struct queue *queue, enum sql sql, int column, char *dst, size_t size);
/* Borrowed until the next step or reset; *ret_length = 0 and NULL for NULL. */
const uint8_t *queue_column_blob(struct queue *queue, enum sql sql, int column, size_t *ret_length);
/* Did the last column access fail for want of memory? */
bool queue_ran_out_of_memory(struct queue *queue);
/* 16-byte blob as UUID text. */
VT_MUST_USE bool queue_column_uuid(
	struct queue *queue, enum sql sql, int column, char ret_uuid[VT_UUID_SIZE]);
/* Text of 8-4-4-4-12 into 16 bytes. */
VT_MUST_USE bool queue_uuid_parse(const char *uuid, uint8_t ret_bytes[16]);

/* ---- rows.c ---- */

/* The row at which sql stands. VT_ERR_CORRUPT for what cannot be true. */
VT_MUST_USE enum vt_code queue_read_record(
	struct queue *queue, enum sql sql, struct queue_record *ret_record);
struct queue_service *queue_service_by_id(struct queue *queue, int64_t id);
/* Reads table service again. */
VT_MUST_USE enum vt_code queue_load_services(struct queue *queue);

/* ---- journal.c, journal_verify.c ---- */

/* Reads the end of the chain. */
VT_MUST_USE enum vt_code journal_load(struct queue *queue);
VT_MUST_USE enum vt_code journal_note_opening(
	struct queue *queue, const struct queue_report *report, int64_t now_unix_ms);
/* What queue_store() changed, if that is a fact: state, receipt. */
VT_MUST_USE enum vt_code journal_note_change(struct queue *queue, const char *id,
	const struct txn *before, const struct txn *after, int64_t now_unix_ms);
/* The row at which sql stands. VT_ERR_PARSE: it cannot be one that we wrote. */
VT_MUST_USE enum vt_code journal_read_row(
	struct queue *queue, enum sql sql, struct journal_row *ret_row);
/* hash(n) from hash(n-1) and row n; row->hash is not read. */
VT_MUST_USE enum vt_code journal_hash_row(struct queue *queue,
	const uint8_t before[JOURNAL_HASH_SIZE], const struct journal_row *row,
	uint8_t ret_hash[JOURNAL_HASH_SIZE]);
/* hash(0). */
VT_MUST_USE enum vt_code journal_first_hash(
	struct queue *queue, uint8_t ret_hash[JOURNAL_HASH_SIZE]);

/* ---- epoch.c: what survives the loss of the store ---- */

struct epoch_note {
	int64_t epoch, opening;
};
/* Reads path + ".epoch" through the VFS; zeroes if there is none or both slots are torn. */
VT_MUST_USE enum vt_code epoch_read(
	const struct queue *queue, struct epoch_note *ret_note, struct vt_error *error);
/* Writes the slot that the last write did not use, and syncs. */
VT_MUST_USE enum vt_code epoch_write(
	const struct queue *queue, const struct epoch_note *note, struct vt_error *error);

#endif
