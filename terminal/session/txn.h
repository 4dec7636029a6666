#ifndef VT_SESSION_TXN_H
#define VT_SESSION_TXN_H

/* The transaction machine: what becomes of one citizen's request on its way to a web service.
 *
 * Pure (STYLE rule 30): no clock, file, socket, SQL or random source. Time, randomness and ids
 * arrive in the event; what is to be done comes out in the effects. The caller (core) commits the
 * changed struct through offline-queue/queue and only then carries the effects out.
 *
 *                commit           lease                    accepted
 *      DRAFT ───────────► JOURNALED ───────► LEASED ──────────────────────► ACCEPTED
 *                          ▲  │ ▲ ▲            │ │                              ▲
 *                          │  │ │ └────────────┘ │ rejected, business           │
 *                          │  │ │  retry-after   ├───────────────► REJECTED     │
 *                          │  │ │  first defects │                    ▲         │
 *              not-known   │  │ │        unknown │ lease ran out      │         │
 *            (same key)    │  │ │                ▼        lease       │ rejected│ applied
 *                          │  │ │             UNKNOWN ───────────► INQUIRY ─────┘
 *                          │  │ │                ▲   no answer, running │ │
 *                          │  │ │                └───────────────────────┘ │
 *                          └──│─│──────────────────────────────────────────┘
 *                     expire, │ │ retry        proven defect, conflict, class C in doubt
 *                     discard │ └──────── DEAD ◄──────── (LEASED, INQUIRY, UNKNOWN)
 *                             ▼           │ discard
 *                          EXPIRED ◄──────┘
 *
 * FROM → TO                          [event, function in txn.c]
 *   DRAFT → JOURNALED                [COMMIT, on_commit]
 *   JOURNALED → LEASED               [LEASE, on_lease]
 *   JOURNALED → JOURNALED            [RETRY: due now, on_retry]
 *   JOURNALED → EXPIRED              [EXPIRE, DISCARD, only if never leased, on_expire, on_discard]
 *   LEASED → ACCEPTED | REJECTED | JOURNALED | UNKNOWN | DEAD   [RESULT, on_delivery_result]
 *   LEASED → UNKNOWN (class C: DEAD) [LEASE_EXPIRED, on_lease_expired]
 *   UNKNOWN → INQUIRY                [LEASE, on_lease]
 *   UNKNOWN → UNKNOWN                [RETRY: due now, on_retry]
 *   INQUIRY → ACCEPTED | REJECTED | JOURNALED | UNKNOWN | DEAD  [RESULT, on_inquiry_result]
 *   INQUIRY → UNKNOWN                [LEASE_EXPIRED, on_lease_expired]
 *   LEASED, INQUIRY → DEAD           [DAMAGED: the record cannot be read any more, on_damaged]
 *   DEAD → UNKNOWN | JOURNALED       [RETRY: inquiry first where one exists, on_retry]
 *   DEAD → EXPIRED                   [DISCARD, a person's decision with a reason, on_discard]
 * Receipt, beside it                 [PRINT, on_print]
 *   NONE → PROVISIONAL → FINAL;  NONE → FINAL;  any print in doubt: NONE, PROVISIONAL → UNKNOWN
 *   UNKNOWN → PROVISIONAL | FINAL    a person or the printer's counter says that it came out
 *   every state → REPRINTED          a sheet marked COPIA came out
 *
 * What may be trusted:
 *   JOURNALED   nothing of this transaction is outside, or the receiver said so
 *   LEASED      a delivery is outside until due_unix_ms; UNKNOWN: one may have taken effect
 *   INQUIRY     a question is outside; a delivery may have taken effect
 *   ACCEPTED, REJECTED   the receiver's word, final; EXPIRED, DEAD: nothing will go out by itself
 */

#include <stdbool.h>
#include <stdint.h>

#include "offline-queue/queue/record.h"
#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

extern const char *const txn_state_names[TXN_STATE_COUNT];
extern const char *const receipt_state_names[RECEIPT_STATE_COUNT];
extern const char *const txn_class_names[TXN_CLASS_COUNT];
extern const char *const txn_cause_names[TXN_CAUSE_COUNT];

/* What sync's cause word means here; an unknown word is TXN_CAUSE_OTHER, "" is TXN_CAUSE_NONE. */
enum txn_cause txn_cause_from(const char *text);

/* A defect (400, 404 …) is the record's own fault only after so many the same way, over so long,
 * unless another record of the service succeeded meanwhile (reliability.md §2.3). */
#define TXN_DEFECTS_TO_DIE 3
#define TXN_DEFECT_SPAN_MS 3600000
/* So many verdicts in a row without a success are the service's fault: a gateway that answers 404
 * for an afternoon must not send a backlog to DEAD. */
#define TXN_POISONED_TO_STOP 3
/* Answers that could not be trusted (cause "answer") before a technician is called. */
#define TXN_UNKNOWNS_TO_ALARM 3
/* How long sync may hold a lease at most; core usually gives the service's patience plus a margin.
 */
#define TXN_LEASE_MAX_MS 300000

enum txn_event_type {
	TXN_COMMIT,	   /* the citizen confirmed */
	TXN_LEASE,	   /* sync is free, due has come */
	TXN_RESULT,	   /* sync answered */
	TXN_LEASE_EXPIRED, /* sync did not, or is gone, or core was restarted */
	TXN_EXPIRE,	   /* the service's time limit is over (trusted clock only) */
	TXN_DISCARD,	   /* a person gives it up */
	TXN_RETRY,	   /* a person wants it now */
	TXN_PRINT,	   /* a print effect got its outcome */
	TXN_DAMAGED,	   /* payload's seal is broken: nothing could be sent under this lease */
	TXN_EVENT_COUNT
};

/* Same order as enum work_result_kind of the bus, which core translates one to one. Answering an
 * inquiry: ACCEPTED = applied, REJECTED = rejected, UNKNOWN with cause "running" = in progress,
 * NOT_KNOWN = the receiver never saw the key, UNKNOWN otherwise and RETRY_AFTER = no answer. */
enum txn_result {
	TXN_RESULT_ACCEPTED,
	TXN_RESULT_REJECTED,
	TXN_RESULT_RETRY_AFTER,
	TXN_RESULT_UNKNOWN,
	TXN_RESULT_NOT_KNOWN,
	TXN_RESULT_COUNT
};

enum txn_sheet { TXN_SHEET_PROVISIONAL, TXN_SHEET_FINAL, TXN_SHEET_COPY, TXN_SHEET_COUNT };
/* Same order as enum print_outcome of the bus. */
enum txn_print { TXN_PRINT_DONE, TXN_PRINT_FAILED, TXN_PRINT_UNKNOWN, TXN_PRINT_COUNT };

struct txn_event {
	enum txn_event_type type;
	int64_t now_unix_ms;
	uint64_t random;   /* from vt_random(), fresh per event: jitter */
	const char *lease; /* LEASE: id of the new lease; RESULT: the lease it answers; UUID text */
	int64_t lease_ms;  /* LEASE: 1 … TXN_LEASE_MAX_MS */
	enum txn_result result; /* RESULT */
	enum txn_cause cause;	/* RESULT */
	int64_t retry_after_ms; /* RESULT with RETRY_AFTER: at least so long, 0 = own backoff */
	/* RESULT: when another record of this service was last accepted (struct queue_record
	 * tells), 0 = never */
	int64_t service_success_unix_ms;
	int service_poisoned; /* RESULT: verdicts "poison" in a row of this service, likewise */
	enum txn_sheet sheet; /* PRINT */
	enum txn_print print; /* PRINT */
};

/* What the caller carries out, all of it after the commit. */
struct txn_effects {
	bool changed; /* *txn differs: queue_append() or queue_store() it, then commit */
	bool deliver; /* send Work.Deliver under txn->lease */
	bool inquire; /* same with inquiry = true */
	bool settled; /* ACCEPTED or REJECTED was reached now: tell the citizen if still there */
	bool dead;    /* DEAD was reached now */
	bool alarm;   /* a technician should look (log once, status screen) */
	bool stop_service; /* cause "lane": hold the service's adapter, the record is not at fault
			    */
	bool breaker;	   /* counts against the service's circuit breaker */
	bool service_ok;   /* the service answered properly: closes the breaker */
};

/* A draft of the given class. */
void txn_init(struct txn *txn, enum txn_class class);

/* One step. txn must satisfy txn_check() and does so afterwards. *ret_effects is always written.
 * VT_ERR_STATE: the event does not fit the state (nothing changed): a programming error for COMMIT
 * and LEASE, a refusal to report for DISCARD and RETRY, to be ignored for LEASE_EXPIRED.
 * VT_ERR_NOT_FOUND: a RESULT for a lease that is not (no longer) held: drop it.
 * VT_ERR_AGAIN: LEASE before due, or of a row that waits for its lane.
 * VT_ERR_INVALID: malformed event. */
VT_MUST_USE enum vt_code txn_step(
	struct txn *txn, const struct txn_event *event, struct txn_effects *ret_effects);

/* True if no rule above is broken. Use on rows read from disk (VT_ERR_CORRUPT for you if false). */
VT_MUST_USE bool txn_check(const struct txn *txn);

/* Nothing will change it by itself any more: ACCEPTED, REJECTED, EXPIRED. */
bool txn_is_settled(enum txn_state state);

#endif
