#include "terminal/base/harden.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "terminal/base/text.h"

void vt_harden_process(void)
{
	const struct rlimit none = {0, 0};

	umask(0077);
	(void)setrlimit(RLIMIT_CORE, &none);
	/* No ptrace by equals, no core through a pipe handler: memory holds citizens' data. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
}

#define STACK_BYTES 65536

__attribute__((noinline)) void vt_wipe_stack(void)
{
	char room[STACK_BYTES];

	vt_wipe(room, sizeof(room));
}
