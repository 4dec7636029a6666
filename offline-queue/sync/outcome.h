#ifndef SYNC_OUTCOME_H
#define SYNC_OUTCOME_H

/* From what sync saw to the one word that core acts on (reliability.md §2.2), pure and total: every
 * combination of transport, status and body has a result, and what is in doubt is WORK_UNKNOWN.
 *
 *   nothing sent ─────────────────────────────────────────────► retry-after  network
 *   TLS, certificate ─────────────────────────────────────────► retry-after  lane
 *   sent, no whole answer (time-out, reset, too large) ───────► unknown      timeout | lost |
 * answer answer ─► status that speaks for itself (3xx 401 403 408 409 425 429 503+) ─► as the table
 * says └► else the body as the adapter read it: applied ► accepted · refused ► rejected business ·
 * Fault Client ► rejected defect Fault Server ► unknown · security Fault ► retry-after lane ·
 * nothing ► by status
 *
 * An inquiry changes nothing at the receiver, but what it asks about may have happened: there
 * every failure is WORK_UNKNOWN, so that no resend goes out before an answer to the inquiry. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/bus/messages.h"

/* Retry-After beyond this is cut: one hour. */
#define OUTCOME_MAX_RETRY_MS (60 * 60 * 1000)

/* How the exchange ended, below HTTP. */
enum outcome_transport {
	TRANSPORT_ANSWER,   /* a whole HTTP answer */
	TRANSPORT_NOT_SENT, /* no name, no route, refused, ended before the request */
	TRANSPORT_TLS,	    /* certificate, pin or protocol version: ours or theirs */
	TRANSPORT_LOST,	    /* broken off after the first byte of the request */
	TRANSPORT_TIMEOUT,  /* the same, by the clock */
	TRANSPORT_TOO_LARGE /* answer longer than VT_MAX_HTTP_BODY */
};

/* What the adapter read in the body. */
enum outcome_body {
	BODY_NONE,	     /* nothing the adapter knows: status alone decides */
	BODY_APPLIED,	     /* valid, authentic, key right: done (for an inquiry: it was done) */
	BODY_REFUSED,	     /* typed refusal of the business */
	BODY_INVALID,	     /* does not parse, is not authentic, or speaks of another key */
	BODY_RUNNING,	     /* the original is still being worked on */
	BODY_NOT_KNOWN,	     /* inquiry: the receiver never saw the key */
	BODY_DEFECT,	     /* Fault Client / Sender that is no business: our mistake */
	BODY_SERVER_FAILED,  /* Fault Server / Receiver */
	BODY_SECURITY_FAILED /* Fault of wsse or wsu: clock or certificate */
};

struct outcome_seen {
	enum outcome_transport transport;
	int status; /* HTTP, 0 without an answer */
	bool has_retry_after;
	int64_t retry_after_ms;
	enum outcome_body body;
	bool inquiry;
};

struct outcome {
	enum work_result_kind result;
	const char *cause; /* one of the words below; never NULL */
	int64_t retry_after_ms;
	bool reached; /* the service answered at all: what link health is fed with */
};

/* Causes, as the queue knows them: "" · "business" · "defect" · "conflict" · "lane" · "network" ·
 * "timeout" · "server" · "running" · "later" · "answer" · "not-known". */

struct outcome outcome_decide(const struct outcome_seen *seen);

/* Value of a Retry-After field (RFC 9110 §10.2.3: seconds, or a date in the one form that may be
 * sent) as milliseconds from now, between 0 and OUTCOME_MAX_RETRY_MS. False if it is neither. */
VT_MUST_USE bool outcome_parse_retry_after(const char *value, int64_t now_unix_ms, int64_t *ret_ms);

#endif
