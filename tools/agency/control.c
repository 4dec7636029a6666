#include "tools/agency/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "terminal/base/cleanup.h"

/* A line is a few words; what does not end within this is no command. */
#define LINE_MAX_BYTES 512
#define ANSWER_MAX     ((size_t)16 * 1024 * 1024)

struct client {
	TAILQ_ENTRY(client) entry;
	struct control *control;
	struct bufferevent *bev;
};

struct control {
	struct event_base *base;
	struct server *server;
	struct store *store;
	struct evconnlistener *listener;
	TAILQ_HEAD(clients, client) clients;
	char path[108];
};

static void client_free(struct client *client)
{
	TAILQ_REMOVE(&client->control->clients, client, entry);
	bufferevent_free(client->bev);
	free(client);
}

static enum vt_code obey(
	struct control *control, const char *line, struct vt_buf *out, struct vt_error *error)
{
	if (strncmp(line, "fault ", 6) == 0)
		return faults_order(server_faults(control->server), line + 6, error);
	if (strcmp(line, "down") == 0)
		return server_down(control->server, error);
	if (strcmp(line, "up") == 0)
		return server_up(control->server, error);
	if (strcmp(line, "release") == 0) {
		server_release(control->server);
		return VT_OK;
	}
	if (strcmp(line, "ledger") == 0)
		return store_print_ledger(control->store, out, error);
	if (strcmp(line, "checkpoints") == 0)
		return store_print_checkpoints(control->store, out, error);
	if (strcmp(line, "stats") == 0)
		return store_print_stats(control->store, out, error);
	if (strcmp(line, "quit") == 0) {
		event_base_loopbreak(control->base);
		return VT_OK;
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "no such command");
}

static void answer(struct client *client, const char *line)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf out;
	struct vt_error error = {0};

	vt_buf_init(&out, ANSWER_MAX);
	const enum vt_code code = obey(client->control, line, &out, &error);
	if (code || out.failed) {
		vt_buf_reset(&out);
		vt_buf_printf(&out, "error: %s\n", code ? error.msg : "answer too long");
	} else {
		vt_buf_append_text(&out, "ok\n");
	}
	bufferevent_write(client->bev, out.data, out.length);
	/* "quit" leaves the loop: what is written must be out by then. */
	bufferevent_flush(client->bev, EV_WRITE, BEV_FLUSH);
}

static void on_read(struct bufferevent *bev, void *user)
{
	struct client *client = user;
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		answer(client, line);
		free(line);
	}
	if (evbuffer_get_length(in) > LINE_MAX_BYTES)
		client_free(client);
}

static void on_event(struct bufferevent *bev, short what, void *user)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		client_free(user);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
	int length, void *user)
{
	struct control *control = user;
	struct client *client = calloc(1, sizeof(*client));
	struct bufferevent *bev = bufferevent_socket_new(control->base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)listener, (void)address, (void)length;
	if (!client || !bev) {
		if (bev)
			bufferevent_free(bev);
		free(client);
		return;
	}
	client->control = control;
	client->bev = bev;
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	bufferevent_setcb(bev, on_read, NULL, on_event, client);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static enum vt_code make_address(
	const char *path, struct sockaddr_un *ret_address, struct vt_error *error)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret_address->sun_path))
		return vt_fail(error, VT_ERR_LIMIT, 0, "control: path too long for a socket");
	memcpy(ret_address->sun_path, path, strlen(path) + 1);
	return VT_OK;
}

enum vt_code control_create(struct event_base *base, const char *path, struct server *server,
	struct store *store, struct control **ret_control, struct vt_error *error)
{
	struct sockaddr_un address;
	struct stat status;
	enum vt_code code = make_address(path, &address, error);

	if (code)
		return code;
	VT_CLEANUP(control_destroy) struct control *control = calloc(1, sizeof(*control));
	if (!control)
		return vt_fail(error, VT_ERR_NOMEM, 0, "control: out of memory");
	control->base = base;
	control->server = server;
	control->store = store;
	TAILQ_INIT(&control->clients);
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(path); /* of an agency that was killed; bind says if it stays */
	control->listener = evconnlistener_new_bind(base, on_accept, control,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 8, (struct sockaddr *)&address,
		(int)sizeof(address));
	if (!control->listener)
		return vt_fail(error, VT_ERR_IO, errno, "control: %s: %s", path, strerror(errno));
	memcpy(control->path, address.sun_path, sizeof(control->path));
	*ret_control = control;
	control = NULL;
	return VT_OK;
}

void control_destroy(struct control **control)
{
	struct client *client;

	if (!*control)
		return;
	while ((client = TAILQ_FIRST(&(*control)->clients)) != NULL)
		client_free(client);
	if ((*control)->listener) {
		evconnlistener_free((*control)->listener);
		(void)unlink((*control)->path);
	}
	free(*control);
	*control = NULL;
}

/* The other end */

static int complain(const struct vt_error *error)
{
	fprintf(stderr, "agency control: %s\n", error->msg);
	return 2;
}

/* Prints lines until the one that ends the answer. */
static int read_answer(FILE *in)
{
	char line[1024];

	while (fgets(line, sizeof(line), in)) {
		if (strcmp(line, "ok\n") == 0)
			return 0;
		if (strncmp(line, "error: ", 7) == 0) {
			fputs(line, stderr);
			return 1;
		}
		fputs(line, stdout);
	}
	fprintf(stderr, "agency control: the agency went away\n");
	return 2;
}

int control_ask(const char *path, int count, char *const words[])
{
	VT_CLEANUP(vt_fclosep) FILE *stream = NULL;
	VT_CLEANUP(vt_closep) int fd = -1;
	struct sockaddr_un address;
	struct vt_error error = {0};

	if (make_address(path, &address, &error))
		return complain(&error);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)vt_fail(&error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
		return complain(&error);
	}
	stream = fdopen(fd, "r+");
	if (!stream) {
		(void)vt_fail(&error, VT_ERR_NOMEM, errno, "out of memory");
		return complain(&error);
	}
	fd = -1;
	for (int i = 0; i < count; i++)
		fprintf(stream, "%s%s", i > 0 ? " " : "", words[i]);
	fputc('\n', stream);
	fflush(stream);
	return read_answer(stream);
}
