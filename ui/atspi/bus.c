/* The connection: session bus, address, accessibility bus, registry; and the thread that waits. */

#include <SDL.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "ui/atspi/inside.h"

/* Messages answered before fingers and frames have their turn again. */
#define MAX_MESSAGES 64
#define REGISTRY     "org.a11y.atspi.Registry"

/* ---- waiting ---- */

static void wake(struct atspi *a)
{
	const uint64_t one = 1;

	while (write(a->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void drain(int fd)
{
	uint64_t value;

	while (read(fd, &value, sizeof(value)) < 0 && errno == EINTR)
		;
}

/* Tells main once that the bus is ready, and waits again when main has armed it again. */
static void *run(void *data)
{
	struct atspi *a = data;

	while (!atomic_load(&a->is_ending)) {
		struct pollfd fds[2] = {{.fd = a->wake_fd, .events = POLLIN},
			{.fd = atomic_load(&a->fd), .events = (short)atomic_load(&a->poll_events)}};
		int ready = poll(fds, 2, fds[1].fd < 0 ? -1 : atomic_load(&a->timeout_ms));
		if (ready < 0)
			continue;
		if (fds[0].revents)
			drain(a->wake_fd);
		if (fds[1].fd < 0 || (ready > 0 && !fds[1].revents))
			continue;
		SDL_Event e = {0};
		atomic_store(&a->fd, -1);
		e.user.type = a->event;
		SDL_PushEvent(&e);
	}
	return NULL;
}

void atspi_arm(struct atspi *a)
{
	sd_bus *bus = a->bus ? a->bus : a->session;
	uint64_t until_us = UINT64_MAX;
	int64_t left_ms = -1;

	if (!bus)
		return;
	if (sd_bus_get_timeout(bus, &until_us) > 0 && until_us != UINT64_MAX) {
		left_ms = (int64_t)(until_us / 1000) - vt_clock_monotonic_ms() + 1;
		left_ms = until_us == 0 || left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : left_ms;
	}
	atomic_store(&a->poll_events, sd_bus_get_events(bus));
	atomic_store(&a->timeout_ms, (int)left_ms);
	atomic_store(&a->fd, sd_bus_get_fd(bus));
	wake(a);
}

/* ---- the way to the registry ---- */

static sd_bus *close_bus(sd_bus *bus)
{
	sd_bus_close(bus);
	return sd_bus_unref(bus);
}

static void give_up(struct atspi *a, const char *why)
{
	vt_log(VT_LOG_WARNING, "no accessibility bus: %s; the screen goes on without", why);
	a->session = close_bus(a->session);
	a->bus = close_bus(a->bus);
	a->is_registered = false;
}

static int take_address(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct atspi *a = data;
	const sd_bus_error *failure = sd_bus_message_get_error(m);
	const char *address = "";

	(void)error;
	if (failure || sd_bus_message_read(m, "s", &address) < 0 || *address == '\0' ||
		!vt_copy(a->address, sizeof(a->address), address))
		give_up(a, failure && failure->message ? failure->message : "no address");
	return 0;
}

static int take_desktop(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct atspi *a = data;
	const sd_bus_error *failure = sd_bus_message_get_error(m);
	const char *name, *path;

	(void)error;
	if (failure || sd_bus_message_read(m, "(so)", &name, &path) < 0 ||
		!vt_copy(a->desktop, sizeof(a->desktop), name) ||
		!vt_copy(a->desktop_path, sizeof(a->desktop_path), path)) {
		give_up(a, failure && failure->message ? failure->message : "not registered");
		return 0;
	}
	a->is_registered = true;
	vt_log(VT_LOG_INFO, "on the accessibility bus");
	return 0;
}

/* Asks the session's bus where the other one is. */
static int ask_address(struct atspi *a)
{
	sd_bus *bus = NULL;
	int r = sd_bus_open_user(&bus);

	if (r < 0)
		return r;
	a->session = bus;
	return sd_bus_call_method_async(bus, NULL, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus",
		"GetAddress", take_address, a, NULL);
}

static int open_bus(struct atspi *a)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r < 0)
		return r;
	a->bus = bus;
	r = sd_bus_set_address(bus, a->address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	/* A bus of one person's session: who is on it may ask; else each question would be held up
	 * by one to the bus about who asks. */
	if (r >= 0)
		r = sd_bus_set_trusted(bus, 1);
	if (r >= 0)
		r = objects_export(a);
	if (r >= 0)
		r = sd_bus_start(bus);
	return r;
}

static int embed(struct atspi *a)
{
	const char *name;
	int r = sd_bus_get_unique_name(a->bus, &name);

	a->is_calling = true;
	if (r < 0)
		return r;
	if (!vt_copy(a->name, sizeof(a->name), name))
		return -ENAMETOOLONG;
	return sd_bus_call_method_async(a->bus, NULL, REGISTRY, VIEW_ROOT, "org.a11y.atspi.Socket",
		"Embed", take_desktop, a, "(so)", a->name, VIEW_ROOT);
}

/* The next step, if the one before is done. */
static int go_on(struct atspi *a)
{
	if (a->session && a->address[0] != '\0') {
		a->session = close_bus(a->session);
		return open_bus(a);
	}
	if (a->bus && !a->is_calling && sd_bus_is_ready(a->bus) > 0)
		return embed(a);
	return 0;
}

/* ---- for main ---- */

void atspi_look(struct atspi *a)
{
	a->view.ui = app_ui(a->app);
	a->view.is_private = app_has_headphones(a->app);
}

void atspi_serve(struct atspi *a, const struct app_time *time)
{
	int r = 1;

	if (!a)
		return;
	a->time = time;
	atspi_look(a);
	/* Questions are about the tree as it is: once an answer has changed something the next
	 * one waits for the frame (atspi_presented). */
	for (int i = 0; i < MAX_MESSAGES && r > 0 && !app_is_dirty(a->app); i++) {
		sd_bus *bus = a->bus ? a->bus : a->session;
		if (!bus)
			return;
		/* An answer may end the connection it came by. */
		sd_bus_ref(bus);
		r = sd_bus_process(bus, NULL);
		sd_bus_unref(bus);
		if (r >= 0) {
			int next = go_on(a);
			r = next < 0 ? next : r;
		}
	}
	a->time = NULL;
	if (r < 0)
		give_up(a, strerror(-r));
	if (!app_is_dirty(a->app))
		atspi_arm(a);
}

enum vt_code atspi_create(struct app *app, const struct presenter *presenter, unsigned event,
	struct atspi **ret, struct vt_error *error)
{
	VT_CLEANUP(atspi_destroy) struct atspi *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return vt_fail(error, VT_ERR_NOMEM, 0, "accessibility bus");
	a->app = app;
	a->presenter = presenter;
	a->event = event;
	a->id = -1;
	atomic_store(&a->fd, -1);
	atspi_look(a);
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->wake_fd < 0)
		return vt_fail(error, VT_ERR_IO, errno, "accessibility bus: eventfd");
	r = ask_address(a);
	if (r < 0)
		give_up(a, strerror(-r));
	int os = pthread_create(&a->thread, NULL, run, a);
	if (os != 0)
		return vt_fail(error, VT_ERR_NOMEM, os, "accessibility bus: thread");
	a->has_thread = true;
	atspi_arm(a);
	*ret = vt_take_ptr(&a);
	return VT_OK;
}

void atspi_destroy(struct atspi **atspi)
{
	struct atspi *a = *atspi;

	if (!a)
		return;
	if (a->has_thread) {
		atomic_store(&a->is_ending, true);
		wake(a);
		pthread_join(a->thread, NULL);
	}
	a->session = close_bus(a->session);
	a->bus = close_bus(a->bus);
	vt_closep(&a->wake_fd);
	vt_wipe(a, sizeof(*a));
	free(a);
	*atspi = NULL;
}
