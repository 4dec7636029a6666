#ifndef VT_AGENCY_REPLY_H
#define VT_AGENCY_REPLY_H

/* An answer before it meets the network (and the faults): status, a few headers, the body, and the
 * word for the log. */

#include <stdbool.h>

#include "terminal/base/buf.h"
#include "tools/agency/store.h"

struct reply {
	int status;
	const char *content_type; /* literal */
	bool is_replayed;	  /* the original answer again: Idempotent-Replayed: true */
	int retry_after_s;	  /* < 0: no such header */
	char operation[24];	  /* for the log */
	char key[VT_UUID_SIZE];	  /* for the log, "" if none was understood */
	char result[40];	  /* for the log, never personal data */
	struct vt_buf body;	  /* owned */
};

void reply_init(struct reply *reply);
void reply_finish(struct reply *reply);

/* RFC 9457: type urn:ventanilla:problem:CODE, title, status, code. Replaces what was there. */
void reply_problem(struct reply *reply, int status, const char *code, const char *title);

/* SHA-256 of operation, a line feed and payload, in hex. */
void fingerprint(
	const char *operation, const void *payload, size_t length, char ret_hex[FINGERPRINT_SIZE]);

#endif
