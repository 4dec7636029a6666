/* A session file (tools/virtual-devices/session.h), the texts of its devices included. Lines that
 * open other files are left out: this target opens only its own. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/virtual-devices/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char path[40];
	struct vt_error error = {0};
	unsigned lines = 0;

	/* Feeding paper for minutes is the printer's own target. */
	if (length > 4096 || memmem(data, length, "card", 4))
		return 0;
	int fd = memfd_create("session", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	enum vt_code code = session_replay(path, &lines, &error);
	if (code != VT_OK && !error.msg[0]) {
		fprintf(stderr, "refused without a reason\n");
		abort();
	}
	close(fd);
	return 0;
}
