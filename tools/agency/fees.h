#ifndef VT_AGENCY_FEES_H
#define VT_AGENCY_FEES_H

/* The fee service, JSON over REST: payment sheets ("hoja de ayuda" e5cinco) and the inquiry.
 *
 *   POST /fees/v1/sheets                 Idempotency-Key: "UUID"
 *   GET  /fees/v1/transactions/UUID
 *   GET  /fees/v1/transactions?after=N&checkpoint=SEQUENCE-HASH
 */

#include "tools/agency/reply.h"
#include "tools/agency/store.h"

/* Reads the structured-field string of Idempotency-Key (RFC 8941 §3.3.3: quoted). False, and empty,
 * for NULL or anything but a quoted lower-case UUID. */
VT_MUST_USE bool fees_key(const char *header, char ret_key[VT_UUID_SIZE]);

/* Issues a sheet, once: commits, then fills reply. body is the request as it came. today is
 * YYYY-MM-DD. The reply is always filled; nothing is applied unless it says so. */
void fees_issue(struct store *store, const char *terminal, const char *key_header, const void *body,
	size_t length, const char *today, int64_t now_unix_ms, struct reply *reply);

/* What became of key. is_running: its original is being worked on. */
void fees_inquire(struct store *store, const char *terminal, const char *key, bool is_running,
	struct reply *reply);

/* What was decided for this terminal, a page behind `after` of the query; its checkpoint is kept.
 */
void fees_list(struct store *store, const char *terminal, const char *query, int64_t now_unix_ms,
	struct reply *reply);

#endif
