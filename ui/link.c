#include "ui/link.h"

#include <SDL.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"

/* Core starts within a second; its socket appears before that. */
#define RETRY_MS 250
/* Messages that may wait for the main thread. */
#define MAX_UNREAD 8

struct link {
	char path[108];
	unsigned first_event;
	int signal_fd;
	int wake_fd; /* main thread to link thread: something below changed */
	pthread_t thread;
	bool is_started;
	atomic_bool is_ending;
	atomic_bool wants_write;
	atomic_bool is_released; /* main has closed the connection */
	sem_t room;		 /* free places for LINK_MESSAGE */
	struct bus_conn *conn;	 /* the thread reads and polls it, main writes and closes it */
	bool is_up;		 /* main's view */
};

static void post(struct link *link, enum link_event event, void *data)
{
	SDL_Event e = {0};

	e.user.type = link->first_event + event;
	e.user.data1 = data;
	/* The queue holds 65,535 events and we post few; it fails only while SDL goes down. */
	SDL_PushEvent(&e);
}

static void wake(struct link *link)
{
	uint64_t one = 1;

	while (write(link->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void drain(int fd)
{
	uint64_t value;

	while (read(fd, &value, sizeof(value)) < 0 && errno == EINTR)
		;
}

static void take_signal(struct link *link)
{
	struct signalfd_siginfo info;

	if (read(link->signal_fd, &info, sizeof(info)) == sizeof(info))
		post(link, LINK_QUIT, NULL);
}

/* Waits for the connection (if any), a signal, a wake-up or the time-out. Returns what the
 * connection is ready for. */
static short wait_for(struct link *link, struct bus_conn *conn, int timeout_ms)
{
	struct pollfd fds[3] = {{.fd = link->wake_fd, .events = POLLIN},
		{.fd = link->signal_fd, .events = POLLIN}, {.fd = -1}};

	if (conn) {
		fds[2].fd = bus_conn_fd(conn);
		fds[2].events = POLLIN;
		if (atomic_load(&link->wants_write))
			fds[2].events |= POLLOUT;
	}
	if (poll(fds, 3, timeout_ms) < 0)
		return 0;
	if (fds[0].revents)
		drain(link->wake_fd);
	if (fds[1].revents)
		take_signal(link);
	return fds[2].revents;
}

/* Reads all there is. False when the connection is of no use any more. */
static bool read_all(struct link *link)
{
	for (;;) {
		struct vt_error error = {0};
		struct bus_message *msg = calloc(1, sizeof(*msg));
		if (!msg)
			return false;
		enum vt_code code = bus_conn_read(link->conn, msg, &error);
		if (code != VT_OK) {
			free(msg);
			if (code != VT_ERR_AGAIN && code != VT_ERR_CLOSED)
				vt_log(VT_LOG_ERROR, "core's message: %s", error.msg);
			return code == VT_ERR_AGAIN;
		}
		/* Main frees a place when it has used a message, and at the end. */
		while (sem_wait(&link->room) < 0 && errno == EINTR)
			;
		if (atomic_load(&link->is_ending)) {
			link_release(link, msg);
			return false;
		}
		post(link, LINK_MESSAGE, msg);
	}
}

/* From LINK_UP until the connection is gone and main has let it go. */
static void serve(struct link *link)
{
	bool is_alive = true;

	atomic_store(&link->is_released, false);
	atomic_store(&link->wants_write, false);
	post(link, LINK_UP, NULL);
	while (is_alive && !atomic_load(&link->is_ending)) {
		short ready = wait_for(link, link->conn, -1);
		if (ready & (POLLIN | POLLHUP | POLLERR))
			is_alive = read_all(link);
		if (ready & POLLOUT) {
			atomic_store(&link->wants_write, false);
			post(link, LINK_WRITABLE, NULL);
		}
	}
	post(link, LINK_DOWN, NULL);
	while (!atomic_load(&link->is_released) && !atomic_load(&link->is_ending))
		wait_for(link, NULL, -1);
}

static void *run(void *data)
{
	struct link *link = data;

	while (!atomic_load(&link->is_ending)) {
		struct vt_error error = {0};
		if (bus_connect(link->path, &link->conn, &error) == VT_OK)
			serve(link);
		else
			wait_for(link, NULL, RETRY_MS);
	}
	return NULL;
}

static void end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void link_block_signals(void)
{
	sigset_t signals;

	end_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

enum vt_code link_create(
	const char *path, unsigned first_event, struct link **ret_link, struct vt_error *error)
{
	VT_CLEANUP(link_destroy) struct link *link = calloc(1, sizeof(*link));
	sigset_t signals;

	if (!link)
		return vt_fail(error, VT_ERR_NOMEM, 0, "link");
	link->signal_fd = link->wake_fd = -1;
	link->first_event = first_event;
	sem_init(&link->room, 0, MAX_UNREAD);
	if (!vt_copy(link->path, sizeof(link->path), path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "link: socket path too long");
	end_signals(&signals);
	link->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	link->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->signal_fd < 0 || link->wake_fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "link: eventfd");
	int os = pthread_create(&link->thread, NULL, run, link);
	if (os != 0)
		return vt_fail(error, VT_ERR_NOMEM, os, "link: thread");
	link->is_started = true;
	*ret_link = vt_take_ptr(&link);
	return VT_OK;
}

void link_destroy(struct link **link)
{
	struct link *l = *link;

	if (!l)
		return;
	if (l->is_started) {
		atomic_store(&l->is_ending, true);
		sem_post(&l->room);
		wake(l);
		pthread_join(l->thread, NULL);
	}
	bus_conn_close(&l->conn);
	vt_closep(&l->signal_fd);
	vt_closep(&l->wake_fd);
	sem_destroy(&l->room);
	free(l);
	*link = NULL;
}

void link_up(struct link *link)
{
	struct vt_error error = {0};

	link->is_up = true;
	if (bus_conn_send_hello(link->conn, "ventanilla-ui", &error) != VT_OK)
		vt_log(VT_LOG_WARNING, "hello to core: %s", error.msg);
}

void link_down(struct link *link)
{
	link->is_up = false;
	bus_conn_close(&link->conn);
	atomic_store(&link->is_released, true);
	wake(link);
}

/* The thread watches for room in the socket while something waits. */
static void watch_writing(struct link *link)
{
	if (!bus_conn_wants_write(link->conn))
		return;
	atomic_store(&link->wants_write, true);
	wake(link);
}

void link_send(struct link *link, const struct bus_message *msg)
{
	struct vt_error error = {0};

	if (!link->is_up)
		return;
	enum vt_code code = bus_conn_send(link->conn, msg, &error);
	if (code == VT_OK)
		watch_writing(link);
	else if (code != VT_ERR_CLOSED) /* the reader sees that by itself */
		vt_log(VT_LOG_ERROR, "message to core: %s", error.msg);
	if (code == VT_ERR_BUSY) /* core does not read: start over */
		shutdown(bus_conn_fd(link->conn), SHUT_RDWR);
}

void link_flush(struct link *link)
{
	struct vt_error error = {0};

	if (!link->is_up)
		return;
	if (bus_conn_flush(link->conn, &error) == VT_OK)
		watch_writing(link);
}

void link_release(struct link *link, struct bus_message *msg)
{
	bus_message_finish(msg);
	free(msg);
	sem_post(&link->room);
}
