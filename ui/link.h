#ifndef VT_UI_LINK_H
#define VT_UI_LINK_H

/* The connection to core: a thread that connects, blocks on the socket and posts what it reads as
 *SDL events. Nothing else crosses between the threads (STYLE rule 33). It also turns SIGTERM and
 *SIGINT into a quit event, since it is the one that waits on descriptors.
 *
 *	link thread: connect ─► post LINK_UP ─► read ─► post LINK_MESSAGE … ─► post LINK_DOWN ─►
 *again main thread: link_up() takes the connection and sends; link_down() closes it, then the
 *	             thread goes on
 */

#include <stdbool.h>

#include "terminal/bus/conn.h"

enum link_event {
	LINK_UP,       /* call link_up() */
	LINK_MESSAGE,  /* data1: struct bus_message, to be given back with link_release() */
	LINK_WRITABLE, /* call link_flush() */
	LINK_DOWN,     /* call link_down() */
	LINK_QUIT,     /* a signal asks the process to end */
	LINK_EVENT_COUNT
};

struct link;

/* Blocks SIGTERM and SIGINT, which the link thread takes. Called first of all in main(), so that
 * every thread inherits it, those of SDL too. */
void link_block_signals(void);

/* Starts the thread. first_event is the SDL user event type of LINK_UP; the others follow. */
VT_MUST_USE enum vt_code link_create(
	const char *path, unsigned first_event, struct link **ret_link, struct vt_error *error);
/* Ends the thread and closes; accepts NULL. */
void link_destroy(struct link **link);

/* ---- main thread only ---- */
/* Says hello to core. */
void link_up(struct link *link);
/* Closes the connection and lets the thread try again. */
void link_down(struct link *link);
/* Sends; a failure shows as LINK_DOWN. Does nothing while there is no connection. */
void link_send(struct link *link, const struct bus_message *msg);
void link_flush(struct link *link);
/* Wipes and frees a message of LINK_MESSAGE. */
void link_release(struct link *link, struct bus_message *msg);

#endif
