#include "ui/plug.h"

#include <SDL.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"

#define RETRY_MS 10000

struct plug {
	char *path;
	unsigned event;
	int end_fd; /* readable: the thread has to end */
	pthread_t thread;
	bool has_thread, is_in, was_reported;
};

int plug_state(unsigned type, unsigned code, int value)
{
	return type == EV_SW && code == SW_HEADPHONE_INSERT ? value != 0 : -1;
}

static void tell(struct plug *plug, bool is_in)
{
	SDL_Event event = {0};

	if (is_in == plug->is_in)
		return;
	plug->is_in = is_in;
	event.type = plug->event;
	event.user.code = is_in;
	(void)SDL_PushEvent(&event);
}

/* How the plug stands now: no event tells of what was so before the node was opened. */
static void ask(struct plug *plug, int fd)
{
	unsigned char switches[(SW_MAX + 8) / 8] = {0};

	if (ioctl(fd, EVIOCGSW(sizeof(switches)), switches) >= 0)
		tell(plug, switches[SW_HEADPHONE_INSERT / 8] >> SW_HEADPHONE_INSERT % 8 & 1);
}

/* Reads until the node goes; false if the thread has to end. */
static bool listen(struct plug *plug, int fd)
{
	struct pollfd fds[2] = {
		{.fd = fd, .events = POLLIN}, {.fd = plug->end_fd, .events = POLLIN}};
	struct input_event events[16];

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents != 0)
			return false;
		ssize_t length = read(fd, events, sizeof(events));
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (length <= 0)
			return true;
		for (size_t i = 0; i < (size_t)length / sizeof(events[0]); i++) {
			int state = plug_state(events[i].type, events[i].code, events[i].value);
			if (state >= 0)
				tell(plug, state != 0);
		}
	}
}

static void *run(void *context)
{
	struct plug *plug = context;
	struct pollfd end = {.fd = plug->end_fd, .events = POLLIN};

	for (;;) {
		VT_CLEANUP(vt_closep)
		int fd = open(plug->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (fd >= 0) {
			plug->was_reported = false;
			ask(plug, fd);
			if (!listen(plug, fd))
				return NULL;
			tell(plug, false);
		} else if (!plug->was_reported) {
			plug->was_reported = true;
			vt_log(VT_LOG_WARNING, "headphones: %s: %s", plug->path, strerror(errno));
		}
		if (poll(&end, 1, RETRY_MS) > 0)
			return NULL;
	}
}

enum vt_code plug_create(
	const char *path, unsigned event, struct plug **ret, struct vt_error *error)
{
	VT_CLEANUP(plug_destroy) struct plug *plug = calloc(1, sizeof(*plug));

	if (!plug)
		return vt_fail(error, VT_ERR_NOMEM, 0, "headphones");
	plug->event = event;
	plug->path = strdup(path);
	plug->end_fd = eventfd(0, EFD_CLOEXEC);
	if (!plug->path || plug->end_fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "headphones");
	int failure = pthread_create(&plug->thread, NULL, run, plug);
	if (failure != 0)
		return vt_fail(error, VT_ERR_IO, failure, "headphones: thread");
	plug->has_thread = true;
	*ret = vt_take_ptr(&plug);
	return VT_OK;
}

void plug_destroy(struct plug **plug)
{
	const uint64_t one = 1;

	if (!*plug)
		return;
	if ((*plug)->has_thread) {
		(void)!write((*plug)->end_fd, &one, sizeof(one));
		pthread_join((*plug)->thread, NULL);
	}
	if ((*plug)->end_fd > 0)
		close((*plug)->end_fd);
	free((*plug)->path);
	free(*plug);
	*plug = NULL;
}
