#include "tools/citizen/finger.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"

/* For an answer, or for a ui that is started again. */
#define PATIENCE_MS 10000

struct fingers {
	char path[108];
	int fd; /* -1 = not connected */
};

struct fingers *fingers_create(const char *path)
{
	struct fingers *fingers = calloc(1, sizeof(*fingers));

	if (!fingers || !vt_copy(fingers->path, sizeof(fingers->path), path)) {
		free(fingers);
		return NULL;
	}
	fingers->fd = -1;
	return fingers;
}

void fingers_destroy(struct fingers **fingers)
{
	if (!*fingers)
		return;
	vt_closep(&(*fingers)->fd);
	free(*fingers);
	*fingers = NULL;
}

static bool connect_once(struct fingers *fingers)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	VT_CLEANUP(vt_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !vt_copy(address.sun_path, sizeof(address.sun_path), fingers->path) ||
		connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return false;
	fingers->fd = vt_take_fd(&fd);
	return true;
}

/* Sends the line and reads the answer's; false: the ui has gone, or says no. */
static bool ask(struct fingers *fingers, const char *line, int64_t deadline)
{
	char answer[256];
	size_t used = 0;

	if (send(fingers->fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return false;
	while (used == 0 || answer[used - 1] != '\n') {
		struct pollfd wait = {.fd = fingers->fd, .events = POLLIN};
		const int64_t left = deadline - vt_clock_monotonic_ms();
		if (left <= 0 || used == sizeof(answer) || poll(&wait, 1, (int)left) <= 0)
			return false;
		const ssize_t got = read(fingers->fd, answer + used, sizeof(answer) - used);
		if (got <= 0)
			return false;
		used += (size_t)got;
	}
	return used > 10 && strncmp(answer, "{\"ok\":true}", 11) == 0;
}

enum vt_code fingers_do(struct fingers *fingers, int number, enum finger_phase phase, int x, int y,
	struct vt_error *error)
{
	static const char *const phases[] = {"down", "motion", "up"};
	const int64_t deadline = vt_clock_monotonic_ms() + PATIENCE_MS;
	char line[96];

	snprintf(line, sizeof(line), "{\"finger\":[%d,\"%s\",%d,%d]}\n", number, phases[phase], x,
		y);
	for (;;) {
		if ((fingers->fd >= 0 || connect_once(fingers)) && ask(fingers, line, deadline))
			return VT_OK;
		vt_closep(&fingers->fd);
		fingers->fd = -1;
		if (vt_clock_monotonic_ms() > deadline)
			return vt_fail(error, VT_ERR_CLOSED, errno, "the ui takes no finger");
		(void)poll(NULL, 0, 20);
	}
}
