#include "ui/test_socket.h"

#include <SDL.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define MAX_CLIENTS 16
#define MAX_LINE    4096

struct client {
	unsigned id; /* never used twice */
	int fd;	     /* -1 = free */
	size_t used;
	char input[MAX_LINE];
};

struct test_socket {
	char path[108];
	unsigned event, next_id;
	int listen_fd, wake_fd;
	atomic_bool is_ending;
	bool is_started;
	pthread_t thread;
	pthread_mutex_t lock; /* of clients: main answers, the thread opens and closes */
	struct client clients[MAX_CLIENTS];
};

static void close_client(struct test_socket *s, struct client *client)
{
	pthread_mutex_lock(&s->lock);
	vt_closep(&client->fd);
	client->fd = -1;
	client->used = 0;
	pthread_mutex_unlock(&s->lock);
}

static void accept_client(struct test_socket *s)
{
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < MAX_CLIENTS && fd >= 0; i++) {
		if (s->clients[i].fd >= 0)
			continue;
		s->clients[i].fd = vt_take_fd(&fd);
		s->clients[i].id = ++s->next_id;
		s->clients[i].used = 0;
	}
	pthread_mutex_unlock(&s->lock);
	vt_closep(&fd);
}

static void post_line(struct test_socket *s, unsigned client, const char *line, size_t length)
{
	struct test_request *request = malloc(sizeof(*request) + length + 1);
	SDL_Event e = {0};

	if (!request)
		return;
	request->client = client;
	request->length = length;
	memcpy(request->line, line, length);
	request->line[length] = '\0';
	e.user.type = s->event;
	e.user.data1 = request;
	if (SDL_PushEvent(&e) < 1)
		free(request);
}

static void read_client(struct test_socket *s, struct client *client)
{
	ssize_t got = recv(
		client->fd, client->input + client->used, MAX_LINE - client->used, MSG_DONTWAIT);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		close_client(s, client);
		return;
	}
	client->used += (size_t)got;
	while ((end = memchr(client->input, '\n', client->used))) {
		size_t length = (size_t)(end - client->input);
		post_line(s, client->id, client->input, length);
		client->used -= length + 1;
		memmove(client->input, end + 1, client->used);
	}
	if (client->used == MAX_LINE)
		close_client(s, client);
}

static void *run(void *data)
{
	struct test_socket *s = data;

	while (!atomic_load(&s->is_ending)) {
		struct pollfd fds[2 + MAX_CLIENTS] = {{.fd = s->wake_fd, .events = POLLIN},
			{.fd = s->listen_fd, .events = POLLIN}};
		for (int i = 0; i < MAX_CLIENTS; i++)
			fds[2 + i] = (struct pollfd){.fd = s->clients[i].fd, .events = POLLIN};
		if (poll(fds, VT_ELEMENTS(fds), -1) < 0)
			continue;
		for (int i = 0; i < MAX_CLIENTS; i++)
			if (fds[2 + i].revents && s->clients[i].fd >= 0)
				read_client(s, &s->clients[i]);
		if (fds[1].revents)
			accept_client(s);
	}
	return NULL;
}

enum vt_code test_socket_create(
	const char *path, unsigned event, struct test_socket **ret, struct vt_error *error)
{
	VT_CLEANUP(test_socket_destroy) struct test_socket *s = calloc(1, sizeof(*s));
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!s)
		return vt_fail(error, VT_ERR_NOMEM, 0, "test socket");
	pthread_mutex_init(&s->lock, NULL);
	s->event = event;
	s->listen_fd = s->wake_fd = -1;
	for (int i = 0; i < MAX_CLIENTS; i++)
		s->clients[i].fd = -1;
	if (!vt_copy(address.sun_path, sizeof(address.sun_path), path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "test socket: path too long");
	unlink(path);
	s->wake_fd = eventfd(0, EFD_CLOEXEC);
	s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->wake_fd < 0 || s->listen_fd < 0 ||
		bind(s->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(s->listen_fd, MAX_CLIENTS) < 0)
		return vt_fail(error, VT_ERR_IO, errno, "test socket: %s", path);
	vt_copy_cut(s->path, sizeof(s->path), path);
	int os = pthread_create(&s->thread, NULL, run, s);
	if (os != 0)
		return vt_fail(error, VT_ERR_NOMEM, os, "test socket: thread");
	s->is_started = true;
	*ret = vt_take_ptr(&s);
	return VT_OK;
}

void test_socket_destroy(struct test_socket **socket_)
{
	struct test_socket *s = *socket_;
	uint64_t one = 1;

	if (!s)
		return;
	if (s->is_started) {
		atomic_store(&s->is_ending, true);
		while (write(s->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(s->thread, NULL);
		unlink(s->path);
	}
	for (int i = 0; i < MAX_CLIENTS; i++)
		vt_closep(&s->clients[i].fd);
	vt_closep(&s->listen_fd);
	vt_closep(&s->wake_fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*socket_ = NULL;
}

static void send_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return;
		data += sent;
		length -= (size_t)sent;
	}
}

void test_socket_answer(struct test_socket *s, unsigned client, const struct vt_buf *answer)
{
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < MAX_CLIENTS; i++) {
		if (s->clients[i].fd < 0 || s->clients[i].id != client)
			continue;
		send_all(s->clients[i].fd, vt_buf_text(answer), answer->length);
		send_all(s->clients[i].fd, "\n", 1);
	}
	pthread_mutex_unlock(&s->lock);
}
