#ifndef TESTS_SYNC_SERVER_H
#define TESTS_SYNC_SERVER_H

/* A small blocking TLS server in a child process, one child per connection: what a misbehaving
 * service does, by the path that is asked for. Identities are the files of support_path().
 *
 *   /status/NNN        that status, no body           /echo       200 and the request's body
 *   /close             reads the request, closes      /reset      the same with a TCP reset
 *   /hang              reads it, never answers        /big        2 MiB of body
 *   /cut               half of the promised body      /garbage    bytes that are no HTTP
 *   /once              200, and the connection is dead before the next request is answered
 *   /later             503, Retry-After: 30           /replayed   200, Idempotent-Replayed: true
 *   /redirect          302 to /echo                   HEAD *      404
 *   /fees/v1/sheets    a good sheet for the body      /fees/v1/transactions/KEY   state unknown
 */

#include <stdbool.h>

struct server_options {
	const char *identity; /* "agency-ec": certificate and key */
	const char *ca; /* "ca": what the client's certificate must lead to; NULL: none asked */
	int max_tls;	/* 0 = any, else 12 for TLS 1.2 at most */
	bool hangs;	/* accepts TCP, never speaks TLS */
};

struct server;

/* Listens on a free port of 127.0.0.1 and serves until server_stop(). */
struct server *server_start(const struct server_options *options);
/* The same on a port that was in use before. */
struct server *server_start_at(const struct server_options *options, int port);
void server_stop(struct server **server);
int server_port(const struct server *server);
/* Requests with a body and connections seen so far. */
int server_requests(const struct server *server);
int server_connections(const struct server *server);

#endif
