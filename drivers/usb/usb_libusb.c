/* libusb on sd-event.
 *
 * libusb's descriptors are watched by the loop; when one is ready, libusb_handle_events_timeout()
 * with no waiting time runs what has finished. Two calls of libusb wait for the device and have no
 * asynchronous form, clear halt and reset (usbfs waits up to 5 s for a dead device): each runs in a
 * short-lived thread that touches nothing but libusb and comes back through a pipe.
 *
 * Buffers of transfers in flight belong to us, not to the driver: usbfs may write into them until
 * the transfer is reaped, also after the driver has closed the device. */
#include "drivers/usb/usb_libusb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libusb.h>
#include <systemd/sd-event.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* libusb itself uses 2 or 3 descriptors and one for each open device. */
#define MAX_FDS 32
/* Plugs and unplugs between two turns of the loop; a storm beyond it is dropped with the device. */
#define MAX_NEWS 64
/* How long destroy waits for cancelled transfers: usbfs ends them within milliseconds. */
#define DRAIN_MS 1000

struct news {
	bool is_arrival;
	usb_key key;
};

struct backend {
	struct usb base; /* first */
	libusb_context *context;
	sd_event *event; /* borrowed */
	struct {
		int fd;
		sd_event_source *source;
	} fds[MAX_FDS];
	size_t fd_count;
	bool fds_failed;
	sd_event_source *timer; /* only where libusb has no timerfd */
	libusb_hotplug_callback_handle hotplug;
	bool has_hotplug;
	struct usb_watch watch;
	struct news news[MAX_NEWS];
	size_t news_count;
	sd_event_source *news_source;
	int job_pipe[2];
	sd_event_source *job_source;
	unsigned handle_count;	    /* not yet really closed */
	bool is_handling;	    /* inside libusb's event handling */
	struct usb_handle *closing; /* to be closed behind it */
};

/* A transfer on its way. */
struct flight {
	struct flight *next;
	struct usb_handle *handle;
	struct usb_transfer *t; /* NULL after close: nobody waits for it */
	struct libusb_transfer *transfer;
	uint8_t *buffer; /* owned */
};

struct usb_handle {
	struct backend *backend;
	libusb_device_handle *handle;
	struct flight *flights;
	unsigned job_count;
	bool is_closing;
	uint32_t claimed; /* bit = interface */
	struct usb_handle *next_closing;
	bool is_listed; /* in backend->closing */
};

enum job_type { JOB_CLEAR_HALT, JOB_RESET };

struct job {
	struct usb_handle *handle;
	struct usb_transfer *t; /* NULL after close */
	enum job_type type;
	uint8_t endpoint;
	int pipe; /* borrowed */
	int result;
	pthread_t thread;
};

static enum vt_code code_of(int result)
{
	switch (result) {
	case LIBUSB_SUCCESS:
		return VT_OK;
	case LIBUSB_ERROR_NO_DEVICE:
	case LIBUSB_ERROR_NOT_FOUND:
		return VT_ERR_NOT_FOUND;
	case LIBUSB_ERROR_ACCESS:
		return VT_ERR_DENIED;
	case LIBUSB_ERROR_BUSY:
		return VT_ERR_BUSY;
	case LIBUSB_ERROR_NO_MEM:
		return VT_ERR_NOMEM;
	case LIBUSB_ERROR_TIMEOUT:
		return VT_ERR_TIMEOUT;
	case LIBUSB_ERROR_NOT_SUPPORTED:
		return VT_ERR_UNSUPPORTED;
	default:
		return VT_ERR_IO;
	}
}

static enum vt_code fail(struct vt_error *error, int result, const char *what)
{
	return vt_fail(
		error, code_of(result), result, "usb: %s: %s", what, libusb_strerror(result));
}

static struct backend *backend_of(struct usb *usb)
{
	return (struct backend *)usb;
}

static usb_key key_of(libusb_device *device)
{
	return (usb_key)(libusb_get_bus_number(device) << 8 | libusb_get_device_address(device));
}

/* ---- descriptors from sysfs, before anything is opened (reliability.md §7) ---- */

static bool read_number(const char *dir, const char *name, int64_t *ret)
{
	char path[512], text[32];

	if (!vt_format(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", dir, name))
		return false;
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return vt_parse_i64(text, 0, 255, ret) == VT_OK;
}

static enum vt_code read_descriptors(const char *dir, struct usb_desc *ret, struct vt_error *error)
{
	uint8_t data[USB_MAX_DESCRIPTORS + 1];
	char path[512];

	if (!vt_format(path, sizeof(path), "/sys/bus/usb/devices/%s/descriptors", dir))
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: long name in sysfs");
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "rbe");
	if (!file)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "usb: no descriptors in sysfs");
	const size_t length = fread(data, 1, sizeof(data), file);
	return usb_desc_parse(data, length, ret, error);
}

static enum vt_code find_descriptors(usb_key key, struct usb_desc *ret, struct vt_error *error)
{
	enum vt_code code = vt_fail(error, VT_ERR_NOT_FOUND, 0, "usb: device not in sysfs");
	DIR *dir = opendir("/sys/bus/usb/devices");

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		int64_t bus, address;
		if (entry->d_name[0] == '.' || strchr(entry->d_name, ':'))
			continue;
		if (!read_number(entry->d_name, "busnum", &bus) ||
			!read_number(entry->d_name, "devnum", &address) ||
			(usb_key)(bus << 8 | address) != key)
			continue;
		code = read_descriptors(entry->d_name, ret, error);
		break;
	}
	if (dir)
		closedir(dir);
	return code;
}

/* ---- the loop ---- */

static void run_libusb(struct backend *b);
static void close_now(struct usb_handle *handle);

static int on_fd(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source, (void)fd, (void)revents;
	run_libusb(userdata);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	run_libusb(userdata);
	return 0;
}

static void arm_timer(struct backend *b)
{
	struct timeval wait;

	if (!b->timer)
		return;
	if (libusb_get_next_timeout(b->context, &wait) == 1) {
		(void)sd_event_source_set_time_relative(
			b->timer, (uint64_t)wait.tv_sec * 1000000 + (uint64_t)wait.tv_usec);
		(void)sd_event_source_set_enabled(b->timer, SD_EVENT_ONESHOT);
	}
}

/* libusb_close() takes a lock that libusb holds while it runs our functions (1.0.26,
 * open_devs_lock): handles are closed behind it. */
static void handle_events(struct backend *b, int timeout_ms)
{
	struct timeval wait = {0, timeout_ms * 1000};

	b->is_handling = true;
	(void)libusb_handle_events_timeout_completed(b->context, &wait, NULL);
	b->is_handling = false;
	while (b->closing) {
		struct usb_handle *handle = b->closing;
		b->closing = handle->next_closing;
		close_now(handle);
	}
}

static void run_libusb(struct backend *b)
{
	handle_events(b, 0);
	arm_timer(b);
}

static void LIBUSB_CALL add_fd(int fd, short events, void *userdata)
{
	struct backend *b = userdata;
	uint32_t mask = 0;

	if (events & POLLIN)
		mask |= EPOLLIN;
	if (events & POLLOUT)
		mask |= EPOLLOUT;
	if (b->fd_count == MAX_FDS) {
		b->fds_failed = true;
		return;
	}
	sd_event_source *source = NULL;
	if (sd_event_add_io(b->event, &source, fd, mask, on_fd, b) < 0) {
		b->fds_failed = true;
		return;
	}
	b->fds[b->fd_count].fd = fd;
	b->fds[b->fd_count++].source = source;
}

static void LIBUSB_CALL remove_fd(int fd, void *userdata)
{
	struct backend *b = userdata;

	for (size_t i = 0; i < b->fd_count; i++)
		if (b->fds[i].fd == fd) {
			sd_event_source_disable_unref(b->fds[i].source);
			b->fds[i] = b->fds[--b->fd_count];
			return;
		}
}

/* ---- hotplug ---- */

static void tell(struct backend *b, const struct news *news)
{
	struct usb_device_info info = {.key = news->key};
	struct vt_error error = {0};

	if (!news->is_arrival) {
		b->watch.left(b->watch.owner, news->key);
	} else if (find_descriptors(news->key, &info.desc, &error) == VT_OK) {
		b->watch.arrived(b->watch.owner, &info);
	} else {
		b->watch.refused(b->watch.owner, news->key, error.msg);
	}
}

static int on_news(sd_event_source *source, void *userdata)
{
	struct backend *b = userdata;
	struct news news[MAX_NEWS];
	const size_t count = b->news_count;

	(void)source;
	memcpy(news, b->news, sizeof(news));
	b->news_count = 0;
	for (size_t i = 0; i < count; i++)
		tell(b, &news[i]);
	return 0;
}

static int LIBUSB_CALL on_hotplug(
	libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *userdata)
{
	struct backend *b = userdata;

	(void)context;
	if (b->news_count < MAX_NEWS)
		b->news[b->news_count++] =
			(struct news){.is_arrival = event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED,
				.key = key_of(device)};
	(void)sd_event_source_set_enabled(b->news_source, SD_EVENT_ONESHOT);
	return 0;
}

static enum vt_code watch(struct usb *usb, const struct usb_watch *watch, struct vt_error *error)
{
	struct backend *b = backend_of(usb);

	VT_ASSERT(!b->has_hotplug);
	b->watch = *watch;
	if (sd_event_add_defer(b->event, &b->news_source, on_news, b) < 0)
		return vt_fail(error, VT_ERR_NOMEM, 0, "usb: out of memory");
	(void)sd_event_source_set_enabled(b->news_source, SD_EVENT_OFF);
	const int result = libusb_hotplug_register_callback(b->context,
		LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
		LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
		LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, b, &b->hotplug);
	if (result)
		return fail(error, result, "hotplug");
	b->has_hotplug = true;
	return VT_OK;
}

static size_t list(struct usb *usb, struct usb_device_info *ret, size_t max)
{
	libusb_device **devices = NULL;
	const ssize_t count = libusb_get_device_list(backend_of(usb)->context, &devices);
	size_t used = 0;

	for (ssize_t i = 0; i < count && used < max; i++) {
		ret[used].key = key_of(devices[i]);
		if (find_descriptors(ret[used].key, &ret[used].desc, NULL) == VT_OK)
			used++;
	}
	if (devices)
		libusb_free_device_list(devices, 1);
	return used;
}

/* ---- handles ---- */

static enum vt_code open_device(
	struct usb *usb, usb_key key, struct usb_handle **ret_handle, struct vt_error *error)
{
	struct backend *b = backend_of(usb);
	libusb_device **devices = NULL;
	const ssize_t count = libusb_get_device_list(b->context, &devices);
	VT_CLEANUP(vt_freep) struct usb_handle *handle = calloc(1, sizeof(*handle));
	int result = LIBUSB_ERROR_NO_DEVICE;

	for (ssize_t i = 0; handle && i < count; i++)
		if (key_of(devices[i]) == key) {
			result = libusb_open(devices[i], &handle->handle);
			break;
		}
	if (devices)
		libusb_free_device_list(devices, 1);
	if (!handle)
		return vt_fail(error, VT_ERR_NOMEM, 0, "usb: out of memory");
	if (!result && b->fds_failed) {
		libusb_close(handle->handle);
		b->fds_failed = false;
		return vt_fail(error, VT_ERR_LIMIT, 0, "usb: too many devices");
	}
	if (result)
		return fail(error, result, "open");
	handle->backend = b;
	/* Not every platform can; then claim says busy. */
	(void)libusb_set_auto_detach_kernel_driver(handle->handle, 1);
	b->handle_count++;
	*ret_handle = vt_take_ptr(&handle);
	return VT_OK;
}

static void close_now(struct usb_handle *handle)
{
	for (int i = 0; i < 32; i++)
		if (handle->claimed & (uint32_t)1 << i)
			(void)libusb_release_interface(handle->handle, i);
	libusb_close(handle->handle);
	handle->backend->handle_count--;
	free(handle);
}

static void close_if_idle(struct usb_handle *handle)
{
	struct backend *b = handle->backend;

	if (!handle->is_closing || handle->flights || handle->job_count > 0 || handle->is_listed)
		return;
	if (!b->is_handling) {
		close_now(handle);
		return;
	}
	handle->is_listed = true;
	handle->next_closing = b->closing;
	b->closing = handle;
}

static void close_device(struct usb_handle *handle)
{
	handle->is_closing = true;
	for (struct flight *flight = handle->flights; flight; flight = flight->next) {
		if (flight->t)
			flight->t->backend = NULL;
		flight->t = NULL;
		(void)libusb_cancel_transfer(flight->transfer);
	}
	close_if_idle(handle);
}

static enum vt_code claim(struct usb_handle *handle, uint8_t interface, struct vt_error *error)
{
	if (interface >= 32)
		return vt_fail(error, VT_ERR_INVALID, 0, "usb: interface number");
	const int result = libusb_claim_interface(handle->handle, interface);
	if (result)
		return fail(error, result, "claim");
	handle->claimed |= (uint32_t)1 << interface;
	return VT_OK;
}

static enum vt_code set_alternate(
	struct usb_handle *handle, uint8_t interface, uint8_t alternate, struct vt_error *error)
{
	const int result = libusb_set_interface_alt_setting(handle->handle, interface, alternate);

	return result ? fail(error, result, "alternate setting") : VT_OK;
}

/* ---- transfers ---- */

static enum usb_status status_of(enum libusb_transfer_status status)
{
	switch (status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return USB_COMPLETED;
	case LIBUSB_TRANSFER_TIMED_OUT:
		return USB_TIMED_OUT;
	case LIBUSB_TRANSFER_CANCELLED:
		return USB_CANCELLED;
	case LIBUSB_TRANSFER_STALL:
		return USB_STALL;
	case LIBUSB_TRANSFER_NO_DEVICE:
		return USB_NO_DEVICE;
	case LIBUSB_TRANSFER_OVERFLOW:
		return USB_OVERFLOW;
	case LIBUSB_TRANSFER_ERROR:
		break;
	}
	return USB_ERROR;
}

static void flight_free(struct flight *flight, size_t size)
{
	vt_wipe(flight->buffer, size);
	free(flight->buffer);
	libusb_free_transfer(flight->transfer);
	free(flight);
}

static void LIBUSB_CALL on_flight_end(struct libusb_transfer *transfer)
{
	struct flight *flight = transfer->user_data;
	struct usb_handle *handle = flight->handle;
	struct usb_transfer *t = flight->t;
	const bool is_control = transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL;

	for (struct flight **at = &handle->flights; *at; at = &(*at)->next)
		if (*at == flight) {
			*at = flight->next;
			break;
		}
	if (t) {
		t->backend = NULL;
		t->status = status_of(transfer->status);
		t->actual = transfer->actual_length > 0 ? (size_t)transfer->actual_length : 0;
		if (t->actual > t->length)
			t->actual = t->length;
		if ((is_control ? t->setup[0] : t->endpoint) & 0x80)
			memcpy(t->data, flight->buffer + (is_control ? 8 : 0), t->actual);
	}
	flight_free(flight, (size_t)transfer->length);
	if (t)
		t->done(t, t->owner);
	else
		close_if_idle(handle);
}

static void fill(struct flight *flight, struct usb_transfer *t)
{
	libusb_device_handle *handle = flight->handle->handle;
	struct libusb_transfer *transfer = flight->transfer;
	const int length = (int)t->length;

	switch (t->type) {
	case USB_TYPE_CONTROL:
		memcpy(flight->buffer, t->setup, 8);
		if (!(t->setup[0] & 0x80))
			memcpy(flight->buffer + 8, t->data, t->length);
		libusb_fill_control_transfer(
			transfer, handle, flight->buffer, on_flight_end, flight, t->timeout_ms);
		transfer->length = length + 8;
		break;
	case USB_TYPE_BULK:
	case USB_TYPE_INTERRUPT:
		if (!(t->endpoint & 0x80))
			memcpy(flight->buffer, t->data, t->length);
		libusb_fill_bulk_transfer(transfer, handle, t->endpoint, flight->buffer, length,
			on_flight_end, flight, t->timeout_ms);
		if (t->type == USB_TYPE_INTERRUPT)
			transfer->type = LIBUSB_TRANSFER_TYPE_INTERRUPT;
		break;
	case USB_TYPE_ISO:
		VT_UNREACHABLE();
	}
}

static enum vt_code submit(
	struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error)
{
	VT_ASSERT(!t->backend && t->length <= USB_MAX_TRANSFER && t->done && !handle->is_closing);
	VT_ASSERT(t->type != USB_TYPE_CONTROL ||
		  (size_t)(t->setup[6] | t->setup[7] << 8) == t->length);
	struct flight *flight = calloc(1, sizeof(*flight));
	if (flight) {
		flight->buffer = calloc(1, t->length + 8);
		flight->transfer = libusb_alloc_transfer(0);
	}
	if (!flight || !flight->buffer || !flight->transfer) {
		if (flight) {
			free(flight->buffer);
			libusb_free_transfer(flight->transfer);
		}
		free(flight);
		return vt_fail(error, VT_ERR_NOMEM, 0, "usb: out of memory");
	}
	flight->handle = handle;
	flight->t = t;
	fill(flight, t);
	const int result = libusb_submit_transfer(flight->transfer);
	if (result) {
		flight_free(flight, t->length + 8);
		return fail(error, result, "submit");
	}
	flight->next = handle->flights;
	handle->flights = flight;
	t->backend = flight;
	arm_timer(handle->backend);
	return VT_OK;
}

static void cancel(struct usb_handle *handle, struct usb_transfer *t)
{
	for (struct flight *flight = handle->flights; flight; flight = flight->next)
		if (flight->t == t)
			(void)libusb_cancel_transfer(flight->transfer);
}

/* ---- what libusb does only waiting ---- */

static void *run_job(void *argument)
{
	struct job *job = argument;
	ssize_t written;

	job->result = job->type == JOB_RESET
			      ? libusb_reset_device(job->handle->handle)
			      : libusb_clear_halt(job->handle->handle, job->endpoint);
	do
		written = write(job->pipe, &job, sizeof(job));
	while (written < 0 && errno == EINTR);
	return NULL;
}

static void finish_job(struct job *job)
{
	struct usb_handle *handle = job->handle;
	struct usb_transfer *t = job->t;

	(void)pthread_join(job->thread, NULL);
	handle->job_count--;
	if (t && !handle->is_closing) {
		const enum vt_code code = code_of(job->result);
		t->backend = NULL;
		t->actual = 0;
		t->status = code == VT_OK	       ? USB_COMPLETED
			    : code == VT_ERR_NOT_FOUND ? USB_NO_DEVICE
						       : USB_ERROR;
		free(job);
		t->done(t, t->owner);
		return;
	}
	free(job);
	close_if_idle(handle);
}

static int on_job(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct job *job;

	(void)source, (void)revents, (void)userdata;
	/* A pointer is written in one piece (PIPE_BUF). */
	if (read(fd, &job, sizeof(job)) == (ssize_t)sizeof(job))
		finish_job(job);
	return 0;
}

static enum vt_code start_job(struct usb_handle *handle, struct usb_transfer *t, enum job_type type,
	struct vt_error *error)
{
	sigset_t all, old;
	struct job *job = calloc(1, sizeof(*job));

	VT_ASSERT(!t->backend && t->done && !handle->is_closing);
	if (!job)
		return vt_fail(error, VT_ERR_NOMEM, 0, "usb: out of memory");
	*job = (struct job){.handle = handle,
		.t = t,
		.type = type,
		.endpoint = t->endpoint,
		.pipe = handle->backend->job_pipe[1]};
	/* Signals belong to the loop's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	const int failed = pthread_create(&job->thread, NULL, run_job, job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed) {
		free(job);
		return vt_fail(error, VT_ERR_NOMEM, failed, "usb: no thread");
	}
	handle->job_count++;
	t->backend = job;
	return VT_OK;
}

static enum vt_code clear_halt(
	struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error)
{
	return start_job(handle, t, JOB_CLEAR_HALT, error);
}

static enum vt_code reset(struct usb_handle *handle, struct usb_transfer *t, struct vt_error *error)
{
	return start_job(handle, t, JOB_RESET, error);
}

/* ---- create, destroy ---- */

static void drain(struct backend *b)
{
	for (int waited = 0; b->handle_count > 0 && waited < DRAIN_MS; waited += 10) {
		struct pollfd ready = {.fd = b->job_pipe[0], .events = POLLIN};
		handle_events(b, 10);
		if (poll(&ready, 1, 0) == 1)
			(void)on_job(NULL, b->job_pipe[0], 0, b);
	}
}

static void destroy(struct usb *usb)
{
	struct backend *b = backend_of(usb);

	if (b->has_hotplug)
		libusb_hotplug_deregister_callback(b->context, b->hotplug);
	sd_event_source_disable_unref(b->news_source);
	if (b->context) {
		drain(b);
		libusb_set_pollfd_notifiers(b->context, NULL, NULL, NULL);
	}
	while (b->fd_count > 0)
		sd_event_source_disable_unref(b->fds[--b->fd_count].source);
	sd_event_source_disable_unref(b->timer);
	sd_event_source_disable_unref(b->job_source);
	/* A handle still busy now belongs to a device that hangs in the kernel: libusb_exit() would
	 * free what its thread uses; the process ends anyway. */
	if (b->context && b->handle_count == 0)
		libusb_exit(b->context);
	if (b->handle_count == 0) {
		vt_closep(&b->job_pipe[0]);
		vt_closep(&b->job_pipe[1]);
		free(b);
	}
}

static enum vt_code watch_fds(struct backend *b, struct vt_error *error)
{
	const struct libusb_pollfd **fds = libusb_get_pollfds(b->context);

	if (!fds)
		return vt_fail(error, VT_ERR_NOMEM, 0, "usb: out of memory");
	for (size_t i = 0; fds[i]; i++)
		add_fd(fds[i]->fd, fds[i]->events, b);
	libusb_free_pollfds(fds);
	libusb_set_pollfd_notifiers(b->context, add_fd, remove_fd, b);
	if (!libusb_pollfds_handle_timeouts(b->context) &&
		sd_event_add_time_relative(
			b->event, &b->timer, CLOCK_MONOTONIC, 0, 0, on_timer, b) < 0)
		b->fds_failed = true;
	return b->fds_failed ? vt_fail(error, VT_ERR_IO, 0, "usb: cannot watch libusb") : VT_OK;
}

enum vt_code usb_libusb_create(struct sd_event *event, struct usb **ret_usb, struct vt_error *error)
{
	static const struct usb_ops ops = {
		.list = list,
		.watch = watch,
		.open = open_device,
		.close = close_device,
		.claim = claim,
		.set_alternate = set_alternate,
		.submit = submit,
		.cancel = cancel,
		.clear_halt = clear_halt,
		.reset = reset,
		.destroy = destroy,
	};
	struct backend *b = calloc(1, sizeof(*b));

	if (!b)
		return vt_fail(error, VT_ERR_NOMEM, 0, "usb: out of memory");
	b->base.ops = &ops;
	b->event = event;
	b->job_pipe[0] = b->job_pipe[1] = -1;
	enum vt_code code = VT_OK;
	const int result = libusb_init(&b->context);
	if (result) {
		b->context = NULL;
		code = fail(error, result, "init");
	} else if (pipe2(b->job_pipe, O_CLOEXEC) < 0 ||
		   sd_event_add_io(event, &b->job_source, b->job_pipe[0], EPOLLIN, on_job, b) < 0) {
		code = vt_fail(error, VT_ERR_IO, errno, "usb: pipe: %s", strerror(errno));
	} else {
		code = watch_fds(b, error);
	}
	if (code) {
		destroy(&b->base);
		return code;
	}
	*ret_usb = &b->base;
	return VT_OK;
}
