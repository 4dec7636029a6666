#ifndef VT_BASE_DAEMON_H
#define VT_BASE_DAEMON_H

/* The command line and start that devices and sync share: processes with one socket to core, one
 * event loop and one section of terminal.conf. */

#include "terminal/base/attributes.h"
#include "terminal/base/config.h"
#include "terminal/base/error.h"

/* A process as vt_daemon_main() sees it. */
struct vt_daemon {
	const char *name;   /* "ventanilla-sync" */
	const char *socket; /* word for usage: core's socket for whom */
	const char *config; /* word for usage: what it reads of terminal.conf */
	/* Builds the process on the event loop (sd_event *) from the arguments; *ret_self is what
	 * destroy() gets. On failure nothing stays behind. config is valid until destroy(). */
	enum vt_code (*create)(void *event, const char *socket_path, const struct vt_config *config,
		void **ret_self, struct vt_error *error);
	/* NULL inside allowed. */
	void (*destroy)(void **self);
};

/* NAME --socket PATH --config FILE [--verbose]: hardens the process, reads the configuration,
 * builds daemon, tells the supervisor, runs the loop until SIGTERM or SIGINT. Returns the status
 * for main(): 0, 1 after a failure (logged), 2 after wrong usage (told on stderr). */
VT_MUST_USE int vt_daemon_main(const struct vt_daemon *daemon, int argc, char **argv);

#endif
