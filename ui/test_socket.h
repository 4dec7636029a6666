#ifndef VT_UI_TEST_SOCKET_H
#define VT_UI_TEST_SOCKET_H

/* The test socket of ventanilla-ui-test: tests read what is on the screen and push what a person
 * would do. Compiled only with VT_TEST_HOOKS; tests/ui proves that ventanilla-ui has nothing of it.
 *
 * Unix stream socket, one JSON object a line, answered by one line:
 *	{"get":"tree"}             {"frame":N,"kind":"home","screen":…,"tree":[…]} as last presented
 *	{"get":"tree","after":N}   the same, as soon as a frame later than N is presented
 *	{"get":"rest"}             {"ok":true} once all that was taken so far is on the screen
 *	{"get":"png","path":P}     {"ok":true} once the last presented frame is written to P
 *	{"get":"caches"}           sizes of the caches, number of presents
 *	{"set":"clock","unix_ms":T} stops the wall clock at T; -1 lets it run again
 *	{"set":"time","stands":true|false}  stops the monotonic clock, lets it run again
 *	{"advance_ms":N}           all times of the ui are N later from now on
 *	{"finger":[id,"down|up|motion",x,y]}  an SDL finger event at pixel x, y of the frame
 *	{"touch":[id,"down|up|motion",u,v]}   the same as the panel's driver has it: 0 … 1 of the
 *	                           window's width and height
 *	{"key":"next|previous|enter|escape|help|down|up"}
 *	{"headphones":true|false}  the plug goes in or out
 *	{"switch":N}               input N of a switch; ok is false if it is none of the person's
 *	{"listen":"repeat|pause|where|faster|slower|louder|softer"}
 *	{"type":"text"}            as from a scanner, character by character
 * Anything else is answered {"error":"…"}. */

#include <stddef.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "terminal/base/error.h"

struct test_socket;

/* A request, for the main thread (data1 of the SDL user event), to be freed with free(). */
struct test_request {
	unsigned client; /* to answer to */
	size_t length;
	char line[]; /* length bytes and NUL */
};

/* Listens at path and posts requests as SDL events of this type. */
VT_MUST_USE enum vt_code test_socket_create(
	const char *path, unsigned event, struct test_socket **ret, struct vt_error *error);
/* Accepts NULL. */
void test_socket_destroy(struct test_socket **socket);
/* Sends an answer and '\n'; nothing happens if the client has gone. */
void test_socket_answer(struct test_socket *socket, unsigned client, const struct vt_buf *answer);

#endif
