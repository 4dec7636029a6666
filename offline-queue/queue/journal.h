#ifndef VT_QUEUE_JOURNAL_H
#define VT_QUEUE_JOURNAL_H

/* The audit journal: what happened at this terminal, in an order that nobody can change unseen.
 *
 *   fact 1 ──hash──► fact 2 ──hash──► … ──hash──► fact n      hash(n) = SHA-256(hash(n-1) | row n)
 *                                       │
 *                              signed checkpoint: ECDSA P-256 over terminal, n, hash(n), time
 *
 * It lives in the store's database and each fact is written in the batch of what it tells: there is
 * no fact without its change and no change without its fact, and it costs no flush of its own. The
 * store itself writes what it knows (opened, appended, state and receipt, print intent and outcome,
 * pruned); core adds sessions, processes, failures and technicians' acts. A fact holds numbers, one
 * id and one word of ours: never personal data, which is why it may stay when the rest is shredded.
 *
 * What it shows: an edited, inserted, moved or missing row, a journal cut behind a checkpoint, and
 * a forged tail up to the next checkpoint. What it cannot show alone: rows and checkpoints cut off
 * together, or a journal rewritten by whoever holds the key file: for these a checkpoint must have
 * left the terminal (queue_journal_witness()). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offline-queue/queue/queue.h"

/* X(NAME, value, text). On disk: append, never renumber. The comment names first, second | word. */
#define JOURNAL_EVENTS(X)                                                                        \
	X(JOURNAL_OPENED, 1, "opened")			/* epoch, opening; subject: key id */    \
	X(JOURNAL_APPENDED, 2, "appended")		/* sequence, class | service */          \
	X(JOURNAL_STATE, 3, "state")			/* TXN_STATES before, after | cause */   \
	X(JOURNAL_RECEIPT, 4, "receipt")		/* RECEIPT_STATES before, after */       \
	X(JOURNAL_EFFECT_BEGUN, 5, "effect-begun")	/* enum effect_kind, detail */           \
	X(JOURNAL_EFFECT_ENDED, 6, "effect-ended")	/* kind, enum effect_outcome | reason */ \
	X(JOURNAL_PRUNED, 7, "pruned")			/* rows shredded, rows deleted */        \
	X(JOURNAL_SESSION_BEGUN, 8, "session-begun")	/* number since core's start */          \
	X(JOURNAL_SESSION_ENDED, 9, "session-ended")	/* number | state it ended in */         \
	X(JOURNAL_STORAGE_FAILED, 10, "storage-failed") /* written once it is good again */      \
	X(JOURNAL_STORAGE_GOOD, 11, "storage-good")                                              \
	X(JOURNAL_CONNECTED, 12, "connected")	/* | process */                                  \
	X(JOURNAL_GONE, 13, "gone")		/* | process */                                  \
	X(JOURNAL_TECHNICIAN, 14, "technician") /* uid of the caller | what was asked */         \
	X(JOURNAL_STARTED, 15, "started")	/* core is ready */                              \
	X(JOURNAL_STOPPED, 16, "stopped")	/* core ended in good order */                   \
	X(JOURNAL_CLOCK, 17, "clock")		/* seconds, 1 = trusted | what it did */         \
	X(JOURNAL_SIGN_IN, 18, "sign-in")	/* session, tries left or -1 | outcome */        \
	X(JOURNAL_CARD_LEFT, 19, "card-left")	/* session: nobody took it */

#define X(name, value, text) name = (value),
enum journal_event { JOURNAL_EVENTS(X) };
#undef X
#define JOURNAL_EVENT_MAX 19

#define JOURNAL_HASH_SIZE 32
#define JOURNAL_WORD_SIZE 32
/* A checkpoint is due after so many rows, whatever happens. */
#define JOURNAL_SIGN_ROWS 64
/* DER of an ECDSA P-256 signature. */
#define JOURNAL_SIGNATURE_MAX 80
#define JOURNAL_PEM_SIZE      256
/* What a checkpoint signs, as text of five lines (journal_key.c). */
#define JOURNAL_TEXT_SIZE 256

struct journal_fact {
	enum journal_event event;
	int64_t at_unix_ms;
	const char *subject; /* UUID text of a transaction or job, or NULL */
	int64_t first, second;
	const char *word; /* lower case, digits, '-', '.', '_', ' '; NULL = "". Anything else, or
			     longer than JOURNAL_WORD_SIZE - 1, is written as "other": names and
			     keys of people are upper case and so cannot get in by mistake */
};

struct journal_row {
	int64_t sequence, at_unix_ms, opening;
	enum journal_event event;
	int64_t first, second;
	char subject[VT_UUID_SIZE]; /* "" = none */
	char word[JOURNAL_WORD_SIZE];
	uint8_t hash[JOURNAL_HASH_SIZE];
	bool is_signed; /* a checkpoint stands here */
};

/* "opened", …; "?" for an unknown number. */
const char *journal_event_text(int event);

/* Adds a fact to the open batch. VT_ERR_INVALID: no such event, or subject is no UUID. Every
 * JOURNAL_SIGN_ROWS rows a checkpoint goes into the same batch. [batch] */
VT_MUST_USE enum vt_code queue_journal_add(struct queue *queue, const struct journal_fact *fact);
/* A checkpoint over the newest row, if there is none and the store was opened with a key: at the
 * end of a session, and every ten minutes. [batch] */
VT_MUST_USE enum vt_code queue_journal_sign(struct queue *queue, int64_t now_unix_ms);
/* Rows behind the last checkpoint. */
int64_t queue_journal_unsigned(const struct queue *queue);

/* One page of rows, newest first: those with sequence < cursor (0 = from the newest). *ret_next is
 * the next cursor, 0 at the end. */
VT_MUST_USE enum vt_code queue_journal_list(struct queue *queue, int64_t cursor, size_t max,
	struct journal_row *ret_rows, size_t *ret_count, int64_t *ret_next);

/* X(NAME, text): what can be wrong with a row. */
#define JOURNAL_FAULTS(X)                                                                      \
	X(JOURNAL_SOUND, "")                                                                   \
	X(JOURNAL_MISSING, "missing")	    /* the row is not there */                         \
	X(JOURNAL_ALTERED, "altered")	    /* it does not fit its hash */                     \
	X(JOURNAL_CHECKPOINT, "checkpoint") /* the checkpoint here tells another hash */       \
	X(JOURNAL_SIGNATURE, "signature")   /* the checkpoint here is not signed by our key */ \
	X(JOURNAL_UNSIGNED, "unsigned")	    /* a checkpoint is overdue here */                 \
	X(JOURNAL_TRUNCATED, "truncated")   /* a checkpoint, or our memory, knows more rows */

#define X(name, text) name,
enum journal_fault { JOURNAL_FAULTS(X) };
#undef X
const char *journal_fault_text(enum journal_fault fault);

/* Of one page; rows and checkpoints count what was found sound. */
struct journal_verdict {
	int64_t next; /* row to go on with, 0 = the end or a fault */
	int64_t rows, checkpoints;
	int64_t broken; /* first row that is not sound, 0 = none */
	enum journal_fault fault;
	int64_t last, last_signed; /* newest row, and newest with a checkpoint; 0 = none */
};

/* Verifies up to max rows from row `from` (1 = the first) on: each against the hash of the row
 * before it, so that pages from 1 to the end prove the whole. Cost is that of the page. Never
 * changes anything. VT_ERR_INVALID: from or max below 1. */
VT_MUST_USE enum vt_code queue_journal_verify(
	struct queue *queue, int64_t from, int64_t max, struct journal_verdict *ret_verdict);

/* A checkpoint as a witness elsewhere keeps it. */
struct journal_witness {
	int64_t sequence, at_unix_ms;
	uint8_t hash[JOURNAL_HASH_SIZE];
	char text[JOURNAL_TEXT_SIZE]; /* what is signed: openssl dgst -sha256 -verify takes it */
	uint8_t signature[JOURNAL_SIGNATURE_MAX];
	size_t signature_length;
};
/* The newest checkpoint. VT_ERR_NOT_FOUND: there is none. */
VT_MUST_USE enum vt_code queue_journal_witness(
	struct queue *queue, struct journal_witness *ret_witness);

/* Public key as PEM. VT_ERR_NOT_FOUND: the store was opened without a key. */
VT_MUST_USE enum vt_code queue_journal_key(
	struct queue *queue, char ret_pem[JOURNAL_PEM_SIZE], uint8_t ret_id[16]);

/* Makes the signing key: EC P-256, PEM, mode 0600, whole or not at all. Leaves an existing one
 * alone: VT_ERR_EXISTS. */
VT_MUST_USE enum vt_code queue_journal_key_create(const char *path, struct vt_error *error);

#endif
