#ifndef VT_QUEUE_QUEUE_H
#define VT_QUEUE_QUEUE_H

/* The durable store of transactions: what is committed here survives power cuts, and only what is
 * committed here may be shown, sent or printed.
 *
 * One SQLite database (WAL, synchronous=FULL), one writer (ventanilla-core), one thread. The store
 * decides nothing: terminal/session/txn.h decides, the store refuses what would be illegal.
 * Personal data (payload, answer) is sealed with AES-256-GCM under a random key per transaction,
 * which is wrapped by the terminal's key file; destroying the wrapped key makes them unreadable.
 *
 * Order of use in a loop turn: read all → step all → queue_begin, queue_append/queue_store …,
 * queue_commit → and only when that returned VT_OK reply, send, print.
 *
 * Errors of every function: VT_ERR_FAILED once an I/O error left disk and memory in doubt (only
 * queue_close() is useful then, and a new queue_open(), which recovers); VT_ERR_FULL no space,
 * nothing of the open batch was written; VT_ERR_CORRUPT a row or page that cannot be true;
 * VT_ERR_NOMEM; VT_ERR_INVALID for arguments out of shape. Outputs hold nothing after a failure.
 * queue_error() tells the story.
 *
 * Time: due times are wall-clock milliseconds, because monotonic time does not survive a restart.
 * A step of the clock cannot hurt: forward, rows are due early (a retry too soon; a lease that
 * ends early becomes an inquiry); backward, queue_due() treats a row that is due further ahead
 * than the longest wait there is (RETRY_MAX_WAIT_MS) as due now. Order is by sequence, never by
 * time, and nothing expires here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offline-queue/queue/record.h"
#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/base/limits.h"

struct queue;

/* Terminal id, bound into every seal. */
#define QUEUE_TERMINAL_SIZE 24
/* Language code "es", "en", "nah" … */
#define QUEUE_LANG_SIZE 12
/* Priorities 0 (first) … 3. */
#define QUEUE_PRIORITIES 4
/* Batch of queue_due(): more than services times one request in flight. */
#define QUEUE_DUE_MAX 64
/* A row that waits for another one is due "never" until that one is settled. */
#define QUEUE_NEVER INT64_MAX

/* ---- opening ---- */

struct queue_options {
	const char *terminal; /* 1 … QUEUE_TERMINAL_SIZE - 1 characters; must not change later */
	int64_t now_unix_ms;
	const char *vfs; /* name of a registered SQLite VFS; NULL = the default one (tests) */
	/* Key file that signs the audit journal (journal.h); NULL: no checkpoints are made. */
	const char *journal_key;
};

/* What opening found; for the log and the status screen. */
struct queue_report {
	bool created;	  /* there was no store */
	bool quarantined; /* there was a corrupt one; it was renamed, a new one begun: alarm */
	bool rolled_back; /* the store is older than the last one opened here: alarm, no money */
	char aside[256];  /* quarantined: new name of the corrupt database */
	char reason[160]; /* quarantined: why */
	int64_t epoch;	  /* of folios: next one for a new, quarantined or rolled back store */
	int64_t opening;  /* how often this terminal opened a store: the boot's number */
	int schema_from, schema_to; /* differ after a migration; from = 0 for a new store */
};

/* Makes the key file: 32 random bytes, mode 0600, fsynced with its directory. Leaves an existing
 * one alone: VT_ERR_EXISTS. */
VT_MUST_USE enum vt_code queue_key_create(const char *path, struct vt_error *error);

/* Opens, or makes, the store at path (its folder must exist) with the key file at key_path: checks
 * application id and version, migrates, checks integrity, takes an exclusive lock held until
 * queue_close(), and counts the opening. Beside the store lives path + ".epoch", which knows the
 * epoch and the opening even when the store is lost or an old copy was put back. Rows LEASED or
 * INQUIRY of a former life are left as they are: queue_outstanding() lists them. Blocks for the
 * time of a quick integrity check. VT_ERR_BUSY: another process has it open. VT_ERR_UNSUPPORTED:
 * written by a newer version, left alone. VT_ERR_UNTRUSTED: the key file does not belong to this
 * store, the journal's is no P-256 key, or the terminal id differs; left alone. VT_ERR_NOT_FOUND:
 * no key file. VT_ERR_IO: disk gone or read-only. A corrupt store is not an error but a report:
 * renamed aside with its -wal, and a new one is begun. On failure *ret_queue is NULL; *ret_report
 * is always written. Own it; queue_close(). */
VT_MUST_USE enum vt_code queue_open(const char *path, const char *key_path,
	const struct queue_options *options, struct queue **ret_queue,
	struct queue_report *ret_report, struct vt_error *error);
/* Aborts an open batch, closes, wipes the key. *queue becomes NULL; accepts NULL inside. */
void queue_close(struct queue **queue);
/* The story of the last failure; never NULL, no personal data. */
const struct vt_error *queue_error(const struct queue *queue);
/* True once VT_ERR_FAILED is the only answer left. */
bool queue_is_failed(const struct queue *queue);

/* ---- batches ---- */

/* Begins a batch. VT_ERR_STATE: one is open already. Every function marked [batch] answers
 * VT_ERR_STATE outside of one; readers work in and outside. */
VT_MUST_USE enum vt_code queue_begin(struct queue *queue);
/* Makes the batch durable; returns VT_OK only then. A batch without changes costs no flush. After
 * a failure nothing of the batch is written, with one exception: after an I/O error (and
 * VT_ERR_FAILED from then on) only reopening tells. The batch is over either way.
 * VT_ERR_FULL: also when an earlier call of the batch answered so. */
VT_MUST_USE enum vt_code queue_commit(struct queue *queue);
/* Forgets the batch. Does nothing if none is open. */
void queue_abort(struct queue *queue);
bool queue_in_batch(const struct queue *queue);

/* ---- transactions ---- */

/* A new row. Text pointers are borrowed for the call. */
struct queue_new {
	const char *id, *key;			   /* UUID text; key never changes */
	const char *folio;			   /* 1 … VT_FOLIO_SIZE - 1 characters, unique */
	const char *service, *adapter, *operation; /* 1 … VT_MAX_ID - 1 */
	const char *lang;
	const char *lane; /* NULL, or UUID text: rows of a lane go out in the order of appending,
			     each when the one before is settled (session of the citizen) */
	int priority;
	int64_t created_unix_ms;
	int64_t expires_unix_ms; /* 0 = never; only core, with a trusted clock, acts on it */
	const char *payload;	 /* JSON text, 1 … VT_MAX_PAYLOAD - 1 bytes; sealed */
	struct txn txn;		 /* after TXN_COMMIT; ever_leased false */
};

/* What the store tells about a row; no personal data. */
struct queue_record {
	int64_t sequence; /* order of appending, ascending, never used twice */
	char id[VT_UUID_SIZE], key[VT_UUID_SIZE];
	char folio[VT_FOLIO_SIZE];
	char service[VT_MAX_ID], adapter[VT_MAX_ID], operation[VT_MAX_ID];
	char lang[QUEUE_LANG_SIZE];
	int priority;
	int64_t epoch; /* of its folio */
	int64_t created_unix_ms, changed_unix_ms, expires_unix_ms;
	int64_t service_success_unix_ms; /* last ACCEPTED of this service, 0 = never */
	int service_poisoned;		 /* DEAD by defect in a row, without an ACCEPTED between */
	bool has_payload, has_answer;	 /* false again after pruning */
	struct txn txn;			 /* due_unix_ms = QUEUE_NEVER: waits for its lane */
};

/* Last number of an epoch (4 characters of a folio); the next row begins the next epoch. */
#define QUEUE_MAX_NUMBER 1048575
/* Next number for a folio, 1, 2, …; with the epoch unique for ever. Taken only if the batch
 * commits, so that numbers of acknowledged rows have no gap. [batch] */
VT_MUST_USE enum vt_code queue_next_sequence(
	struct queue *queue, int64_t *ret_epoch, int64_t *ret_number);

/* Adds a row. VT_ERR_EXISTS: the id or folio is there already; VT_ERR_INVALID: a member is out of
 * shape. The batch goes on after these two. [batch] */
VT_MUST_USE enum vt_code queue_append(struct queue *queue, const struct queue_new *row);

/* Writes what txn_step() made of a row, if it still is as it was: the row's state and lease equal
 * before's. answer: JSON text to keep (sealed) or NULL for no change. VT_ERR_STATE: it is not as
 * before (somebody else won; nothing changed). VT_ERR_NOT_FOUND. Releases the next row of the lane
 * when this one is settled. [batch] */
VT_MUST_USE enum vt_code queue_store(struct queue *queue, const char *id, const struct txn *before,
	const struct txn *after, const char *answer, int64_t now_unix_ms);

/* Row by transaction id or by folio. VT_ERR_NOT_FOUND. */
VT_MUST_USE enum vt_code queue_get(
	struct queue *queue, const char *id_or_folio, struct queue_record *ret_record);

/* Unseals into out (initialised by the caller, emptied first; finish it soon: it wipes).
 * VT_ERR_NOT_FOUND: no row, or pruned, or no answer yet. VT_ERR_UNTRUSTED: the seal is broken:
 * alarm, never an empty field. */
VT_MUST_USE enum vt_code queue_payload(struct queue *queue, const char *id, struct vt_buf *out);
VT_MUST_USE enum vt_code queue_answer(struct queue *queue, const char *id, struct vt_buf *out);

/* Up to max (≤ QUEUE_DUE_MAX) rows that want attention now, by priority, then due time:
 * JOURNALED (deliver), UNKNOWN (inquire), LEASED and INQUIRY whose lease ran out. Services of held
 * adapters are left out, except for leases that ran out. Cost does not grow with the backlog. */
VT_MUST_USE enum vt_code queue_due(struct queue *queue, int64_t now_unix_ms, size_t max,
	struct queue_record *ret_records, size_t *ret_count);
/* When queue_due() next has something: wall time, 0 = now or earlier, QUEUE_NEVER = nothing. */
VT_MUST_USE enum vt_code queue_next_due(
	struct queue *queue, int64_t now_unix_ms, int64_t *ret_due_unix_ms);
/* Up to max rows LEASED or INQUIRY with sequence > after, ascending: at start all of them are to
 * be stepped with TXN_LEASE_EXPIRED, for whoever held the lease is gone. */
VT_MUST_USE enum vt_code queue_outstanding(struct queue *queue, int64_t after, size_t max,
	struct queue_record *ret_records, size_t *ret_count);

/* Holds (or, with until_unix_ms = 0, releases) the rows of an adapter until then (QUEUE_NEVER:
 * until told otherwise): link down, breaker open, lane problem. Not stored: it is a fact of now.
 * VT_ERR_LIMIT: too many adapters. */
VT_MUST_USE enum vt_code queue_hold(
	struct queue *queue, const char *adapter, int64_t until_unix_ms);
/* The link came back: makes up to max rows of the adapter that wait out a backoff due now.
 * *ret_count tells how many. [batch] */
VT_MUST_USE enum vt_code queue_hasten(struct queue *queue, const char *adapter, int64_t now_unix_ms,
	size_t max, size_t *ret_count);

/* ---- for people ---- */

/* One page of rows, newest first: those with sequence < cursor (0 = from the newest). *ret_next is
 * the next cursor, 0 at the end; with unsettled_only a page may hold fewer rows than max before
 * the end, for each call looks at a bounded number of rows. */
VT_MUST_USE enum vt_code queue_list(struct queue *queue, int64_t cursor, bool unsettled_only,
	size_t max, struct queue_record *ret_records, size_t *ret_count, int64_t *ret_next);

/* Which of up to QUEUE_KEYS_MAX idempotency keys (UUID text) belong to a row here: for the
 * comparison with a service's ledger. There is no index over keys, for an enqueue would pay for it:
 * each call walks all rows, about a microsecond each. VT_ERR_INVALID: one is no UUID. */
#define QUEUE_KEYS_MAX 128
VT_MUST_USE enum vt_code queue_keys_known(
	struct queue *queue, char (*keys)[VT_UUID_SIZE], size_t count, bool *ret_known);

struct queue_counts {
	int64_t states[TXN_STATE_COUNT]; /* rows by state; kept, not counted */
	int64_t unsettled;		 /* JOURNALED … INQUIRY */
	int64_t dead;
	int64_t oldest_unix_ms; /* created, oldest unsettled row (DEAD not among them); 0 = none */
};
VT_MUST_USE enum vt_code queue_counts(struct queue *queue, struct queue_counts *ret_counts);

/* ---- the session that a crash of core interrupts ---- */

/* Remembers which transaction the citizen in front of the terminal is being served with, so that
 * its folio can be shown again after a restart of core; NULL forgets. [batch] */
VT_MUST_USE enum vt_code queue_session_set(struct queue *queue, const char *id);
/* VT_ERR_NOT_FOUND: none. */
VT_MUST_USE enum vt_code queue_session_get(struct queue *queue, struct queue_record *ret_record);

/* ---- the clock's floor ---- */

/* The latest time that somebody trustworthy has told (0 = nobody yet): a clock below it is wrong.
 * Survives a restart. */
int64_t queue_clock_floor(const struct queue *queue);
/* Raises it; lower times are ignored. [batch] */
void queue_clock_raise(struct queue *queue, int64_t unix_ms);

/* ---- effects ledger: intent → effect → outcome ---- */

enum effect_kind { EFFECT_PRINT = 1, EFFECT_CASH = 2, EFFECT_CARD = 3 };
enum effect_outcome { EFFECT_OPEN = 0, EFFECT_DONE = 1, EFFECT_NOT_DONE = 2, EFFECT_IN_DOUBT = 3 };

struct queue_effect {
	char job[VT_UUID_SIZE];		/* names the effect at the device */
	char transaction[VT_UUID_SIZE]; /* "" = belongs to none (test sheet) */
	enum effect_kind kind;
	int detail; /* of the kind: for prints the sheet (enum txn_sheet) */
	enum effect_outcome outcome;
	char reason[32];
	int64_t begun_unix_ms, finished_unix_ms;
};

/* Records the intent; the effect may begin after the commit. VT_ERR_EXISTS: job is used;
 * VT_ERR_NOT_FOUND: no such transaction. Only job, transaction, kind, detail and begun_unix_ms are
 * read. [batch] */
VT_MUST_USE enum vt_code queue_effect_begin(struct queue *queue, const struct queue_effect *effect);
/* Records the outcome (not EFFECT_OPEN). VT_ERR_STATE: it has one already and it was not
 * EFFECT_IN_DOUBT; VT_ERR_NOT_FOUND. reason at most 31 characters. [batch] */
VT_MUST_USE enum vt_code queue_effect_finish(struct queue *queue, const char *job,
	enum effect_outcome outcome, const char *reason, int64_t now_unix_ms);
VT_MUST_USE enum vt_code queue_effect_get(
	struct queue *queue, const char *job, struct queue_effect *ret_effect);
/* Up to max effects without an outcome, oldest first: recovery resolves each by asking, never by
 * assuming. */
VT_MUST_USE enum vt_code queue_effects_open(
	struct queue *queue, size_t max, struct queue_effect *ret_effects, size_t *ret_count);

/* ---- what devices did in their life ---- */

enum queue_counter {
	QUEUE_COUNTER_SHEETS,
	QUEUE_COUNTER_CUTS,
	QUEUE_COUNTER_READS,
	QUEUE_COUNTER_ERRORS,
	QUEUE_COUNTER_RESETS,
	QUEUE_COUNTER_COUNT
};
/* More cannot be counted in the life of a process: a device process that tells more lies. */
#define QUEUE_MAX_TOLD 1000000000

struct queue_counters {
	char device[24];	/* device_status.id */
	char run[VT_UUID_SIZE]; /* of the device process that told last; "" = nobody yet */
	int64_t sums[QUEUE_COUNTER_COUNT];
	int64_t told[QUEUE_COUNTER_COUNT]; /* of sums: by this run */
};
/* values: what the device process run (UUID text) counted since it started. What it had told
 * before is not added again; a value that falls or is out of range is ignored. True: counters
 * changed. */
bool queue_counters_take(struct queue_counters *counters, const char *run,
	const int64_t values[QUEUE_COUNTER_COUNT]);
/* Writes the row of its device. [batch] */
VT_MUST_USE enum vt_code queue_counters_put(
	struct queue *queue, const struct queue_counters *counters);
/* Up to max rows, by device. */
VT_MUST_USE enum vt_code queue_counters_get(
	struct queue *queue, size_t max, struct queue_counters *ret_counters, size_t *ret_count);

/* ---- housekeeping (never inside a batch: VT_ERR_STATE) ---- */

struct queue_retention {
	int64_t shred_ms;  /* settled so long ago: wrapped key, payload and answer destroyed */
	int64_t delete_ms; /* settled so long ago: row and its effects deleted; 0 = never */
};
/* Destroys what its time is over for, at most max rows, in one commit followed by a truncating
 * checkpoint, so that neither database nor -wal holds old pages. DEAD and unsettled rows are never
 * touched. *ret_count: rows changed; call again while it equals max. */
VT_MUST_USE enum vt_code queue_prune(struct queue *queue, int64_t now_unix_ms,
	const struct queue_retention *retention, size_t max, size_t *ret_count);
/* Moves committed pages from the -wal into the database; call when idle. Never needed for
 * durability. */
VT_MUST_USE enum vt_code queue_checkpoint(struct queue *queue);

#endif
