#ifndef VT_QUEUE_RECORD_H
#define VT_QUEUE_RECORD_H

/* What the store keeps of a transaction and the transaction machine decides: one text for both.
 *
 * Pure header without code behind it. terminal/session/txn.h builds its machine on it and the
 * store its CHECK constraints; neither depends on the other. Values are on disk: append, never
 * renumber. Text is what logs, JSON and technicians see. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/limits.h"

/* X(NAME, value, text) */
#define TXN_STATES(X)                                                                   \
	X(TXN_DRAFT, 0, "DRAFT")	 /* in memory only: nothing is promised */      \
	X(TXN_JOURNALED, 1, "JOURNALED") /* committed; nothing of it is outside now */  \
	X(TXN_LEASED, 2, "LEASED")	 /* sync holds a delivery */                    \
	X(TXN_UNKNOWN, 3, "UNKNOWN")	 /* may have taken effect: ask first */         \
	X(TXN_INQUIRY, 4, "INQUIRY")	 /* sync holds the question */                  \
	X(TXN_ACCEPTED, 5, "ACCEPTED")	 /* the service applied it */                   \
	X(TXN_REJECTED, 6, "REJECTED")	 /* the service decided against it */           \
	X(TXN_EXPIRED, 7, "EXPIRED")	 /* given up: never sent, or a person's word */ \
	X(TXN_DEAD, 8, "DEAD")		 /* needs a person */

/* What paper the citizen holds. */
#define RECEIPT_STATES(X)                                                         \
	X(RECEIPT_NONE, 0, "NONE")                                                \
	X(RECEIPT_PROVISIONAL, 1, "PROVISIONAL") /* folio and QR, outcome open */ \
	X(RECEIPT_FINAL, 2, "FINAL")                                              \
	X(RECEIPT_UNKNOWN, 3, "UNKNOWN")     /* a print ended in doubt */         \
	X(RECEIPT_REPRINTED, 4, "REPRINTED") /* a sheet marked COPIA came out */

/* What the receiver offers against doubles (reliability.md §2.1). */
#define TXN_CLASSES(X)                                                  \
	X(TXN_CLASS_A, 0, "A") /* idempotency key and inquiry by key */ \
	X(TXN_CLASS_B, 1, "B") /* a natural key and a query for it */   \
	X(TXN_CLASS_C, 2, "C") /* neither: takes no money, doubt goes DEAD */

/* Why the last step ended as it did: the "cause" of Work.Deliver's completion, and our own. */
#define TXN_CAUSES(X)                                                                            \
	X(TXN_CAUSE_NONE, 0, "")                                                                 \
	X(TXN_CAUSE_BUSINESS, 1, "business") /* typed refusal of the service */                  \
	X(TXN_CAUSE_NETWORK, 2, "network")   /* not sent: no name, no route, refused */          \
	X(TXN_CAUSE_LATER, 3, "later")	     /* 429, 503 with Retry-After: not done */           \
	X(TXN_CAUSE_LANE, 4, "lane")	     /* 401, 403, 3xx, TLS, security Fault */            \
	X(TXN_CAUSE_TIMEOUT, 5, "timeout")   /* no or broken answer after the first byte */      \
	X(TXN_CAUSE_SERVER, 6, "server")     /* 408, 425, 5xx, Fault Server */                   \
	X(TXN_CAUSE_ANSWER, 7, "answer")     /* 2xx, but unparsable, wrong key, bad signature */ \
	X(TXN_CAUSE_RUNNING, 8, "running")   /* 409: the original is still at work */            \
	X(TXN_CAUSE_CONFLICT, 9, "conflict") /* 422: same key, other body: our defect */         \
	X(TXN_CAUSE_DEFECT, 10, "defect")    /* 400 404 405 410 413 415, Fault Client */         \
	X(TXN_CAUSE_LEASE, 11, "lease")	     /* the lease ran out */                             \
	X(TXN_CAUSE_NOT_KNOWN, 12, "not-known") /* inquiry: the receiver never saw the key */    \
	X(TXN_CAUSE_EXPIRED, 13, "expired")	/* its time was over before it was ever sent */  \
	X(TXN_CAUSE_DISCARDED, 14, "discarded") /* a person's decision */                        \
	X(TXN_CAUSE_RETRIED, 15, "retried")	/* a person's decision */                        \
	X(TXN_CAUSE_OTHER, 16, "other")		/* a word of a newer sync */

#define X(name, value, text) name = (value),
enum txn_state { TXN_STATES(X) };
enum receipt_state { RECEIPT_STATES(X) };
enum txn_class { TXN_CLASSES(X) };
enum txn_cause { TXN_CAUSES(X) };
#undef X
/* Not enumerators, so that a switch need not name them; txn.c holds them to the lists. */
#define TXN_STATE_COUNT	    9
#define RECEIPT_STATE_COUNT 5
#define TXN_CLASS_COUNT	    3
#define TXN_CAUSE_COUNT	    17

/* A due time that never comes by itself: the row waits for the one before it in its lane. */
#define TXN_HELD INT64_MAX

/* One transaction as the machine sees it; every member is stored with the row. Plain data: a draft
 * comes from txn_init(), a stored one from struct queue_record; txn_check() tells if it is legal.
 */
struct txn {
	enum txn_state state;
	enum receipt_state receipt;
	enum txn_class class;
	enum txn_cause cause;	      /* of the last change */
	bool ever_leased;	      /* something of it may have left the terminal once */
	int attempts;		      /* deliveries and inquiries that the receiver may have seen */
	int backoff;		      /* waits in a row: k of retry.h */
	int unknowns;		      /* doubtful results in a row */
	int defects;		      /* results "defect" in a row, 0 = none */
	int64_t first_defect_unix_ms; /* of these; 0 = none */
	/* JOURNALED, UNKNOWN: not before then (TXN_HELD: when its lane is free); LEASED, INQUIRY:
	 * the lease ends then; else 0. Wall time, because it must survive a restart; queue.h says
	 * what a clock step does to it. */
	int64_t due_unix_ms;
	char lease[VT_UUID_SIZE]; /* LEASED, INQUIRY: its id; else "" */
};

#endif
