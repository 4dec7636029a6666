#ifndef VT_AGENCY_SERVER_H
#define VT_AGENCY_SERVER_H

/* The agency as a server: HTTP over TLS, one thread, one event loop.
 *
 *   request → who (TLS) → what (path, SOAPAction) → key (verified MessageID, Idempotency-Key)
 *           → fault ordered? → [wait] → running already? 409 → registry or fees: one COMMIT
 *           → answer, bent if ordered → log line
 */

#include <stdio.h>

#include "tools/agency/envelope.h"
#include "tools/agency/faults.h"
#include "tools/agency/registry.h"
#include "tools/agency/store.h"
#include "tools/agency/tls.h"

struct event_base;
struct server;

/* All borrowed and living longer than the server, but signers' content is only read. */
struct server_options {
	struct event_base *base;
	struct tls *tls;
	struct store *store;
	const struct wsse_trust *trust;
	struct envelope_signers signers;
	const struct registry_account *account;
	FILE *log;	   /* one line per request, no personal data */
	const char *today; /* YYYY-MM-DD for fees; NULL: the clock's, in Mexico City */
	int port;	   /* 0: a free one */
};

/* Listens on 127.0.0.1. */
VT_MUST_USE enum vt_code server_create(
	const struct server_options *options, struct server **ret_server, struct vt_error *error);
/* Cuts all connections. NULL allowed; *server becomes NULL. */
void server_destroy(struct server **server);

int server_port(const struct server *server);
/* The faults in force, to be changed by the control socket. */
struct faults *server_faults(struct server *server);
/* Stops listening and cuts every connection; the port stays ours. VT_ERR_STATE: is down. */
VT_MUST_USE enum vt_code server_down(struct server *server, struct vt_error *error);
/* Listens again on the same port. VT_ERR_STATE: is up. */
VT_MUST_USE enum vt_code server_up(struct server *server, struct vt_error *error);
/* Ends the waiting of every delayed request: their work is done now. */
void server_release(struct server *server);

#endif
