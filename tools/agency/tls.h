#ifndef VT_AGENCY_TLS_H
#define VT_AGENCY_TLS_H

/* TLS 1.3 with client certificates, and the list of open connections (so that "down" can cut them:
 * evhttp keeps no list of its own). */

#include "terminal/base/error.h"
#include "tools/agency/store.h"

struct bufferevent;
struct event_base;
struct tls;

/* Certificate and key of the server, CA of the clients; all PEM files. */
VT_MUST_USE enum vt_code tls_create(const char *cert_file, const char *key_file,
	const char *ca_file, struct tls **ret_tls, struct vt_error *error);
/* After the last connection is gone. NULL allowed; *tls becomes NULL. */
void tls_destroy(struct tls **tls);

/* A new server-side connection without a socket yet, for evhttp_set_bevcb(). NULL: no memory. */
struct bufferevent *tls_accept(struct tls *tls, struct event_base *base);
/* Common name of the peer's verified certificate; false if it has none or a strange one. */
VT_MUST_USE bool tls_peer(struct bufferevent *connection, char ret_name[TERMINAL_SIZE]);
/* Shuts every open connection's socket down. */
void tls_cut_all(struct tls *tls);

#endif
