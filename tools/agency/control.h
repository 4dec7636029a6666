#ifndef VT_AGENCY_CONTROL_H
#define VT_AGENCY_CONTROL_H

/* The control socket: a Unix stream, one command per line. Each command is answered by its data
 * lines, if it has any, and then "ok" or "error: WHY".
 *
 *   fault [PATH] KIND …   see faults.h
 *   down | up             stop and start listening, same port
 *   ledger                terminal, key, operation, times applied, confirmed (TSV)
 *   stats                 "name value" lines
 *   quit
 */

#include "tools/agency/server.h"

struct control;

/* Listens at path (an old socket there is replaced). server and store are borrowed. */
VT_MUST_USE enum vt_code control_create(struct event_base *base, const char *path,
	struct server *server, struct store *store, struct control **ret_control,
	struct vt_error *error);
/* Removes the socket. NULL allowed; *control becomes NULL. */
void control_destroy(struct control **control);

/* The other end: sends the words as one command, prints data on stdout, "error: …" on stderr.
 * Returns the exit status. Blocks until answered. */
int control_ask(const char *path, int count, char *const words[]);

#endif
