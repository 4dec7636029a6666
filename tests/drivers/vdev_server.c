/* The server for libumockdev-preload, spoken to byte by byte: an own small client answers its
 * memory requests, behaves badly, dies, and watches the node and the udev events. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal/base/text.h"

#define EP_OUT 0x01
#define EP_IN  0x82

struct world {
	char dir[32], root[48], control[48];
	pid_t server;
};

static char program[4096];

/* --- server --- */

static pid_t start(const char *root, const char *control, const char *device, int *ret_ready)
{
	int ready[2];
	char fd_text[16];

	assert_int_equal(pipe(ready), 0);
	snprintf(fd_text, sizeof(fd_text), "%d", ready[1]);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ready[0]);
		execl(program, program, "serve", "--root", root, "--control", control, "--ready-fd",
			fd_text, "--device", device, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	char line[8] = {0};
	*ret_ready = read(ready[0], line, 6) == 6 && strcmp(line, "ready\n") == 0;
	close(ready[0]);
	return pid;
}

static void begin(struct world *w, const char *device)
{
	int ready;

	snprintf(w->dir, sizeof(w->dir), "/tmp/vdev-server-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->root, sizeof(w->root), "%s/root", w->dir);
	snprintf(w->control, sizeof(w->control), "%s/control", w->dir);
	w->server = start(w->root, w->control, device, &ready);
	assert_true(ready);
}

static int finish(struct world *w)
{
	int status;

	kill(w->server, SIGTERM);
	assert_int_equal(waitpid(w->server, &status, 0), w->server);
	/* Everything it made is gone again. */
	assert_int_equal(access(w->root, F_OK), -1);
	assert_int_equal(access(w->control, F_OK), -1);
	assert_int_equal(rmdir(w->dir), 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* One command; true if the answer begins with ok. */
static bool command(const struct world *w, const char *line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char reply[4096];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(vt_copy(address.sun_path, sizeof(address.sun_path), w->control));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(send(fd, line, strlen(line), 0) > 0);
	ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
	assert_true(n > 0);
	reply[n] = '\0';
	close(fd);
	return strncmp(reply, "ok", 2) == 0;
}

/* --- a client --- */

static void node_path(char *dst, size_t size, const struct world *w, const char *prefix, int devnum)
{
	snprintf(dst, size, "%s%sdev/bus/usb/200/%03d", w->root, prefix, devnum);
}

static int open_client(const struct world *w, int devnum)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	node_path(address.sun_path, sizeof(address.sun_path), w, "/ioctl/", devnum);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	struct timeval limit = {.tv_sec = 10};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void *pointer(uint64_t address)
{
	void *p;

	memcpy(&p, &address, sizeof(p));
	return p;
}

/* One request as the preload makes it; returns the result, errno in *ret_errno. */
static int64_t request(int fd, uint64_t cmd, uint64_t arg1, uint64_t arg2, int *ret_errno)
{
	uint64_t m[3] = {cmd, arg1, arg2};

	assert_int_equal(send(fd, m, sizeof(m), MSG_NOSIGNAL), sizeof(m));
	for (;;) {
		/* By one recv() without MSG_WAITALL, as the preload does. */
		assert_int_equal(recv(fd, m, sizeof(m), 0), sizeof(m));
		if (m[0] == 5) {
			assert_true(m[2] > 0);
			assert_int_equal(send(fd, pointer(m[1]), m[2], MSG_NOSIGNAL), m[2]);
		} else if (m[0] == 6) {
			assert_int_equal(recv(fd, pointer(m[1]), m[2], MSG_WAITALL), m[2]);
		} else {
			assert_int_equal(m[0], 3);
			*ret_errno = (int)m[2];
			return (int64_t)m[1];
		}
	}
}

/* ioctl(): 0 or more, or the negative errno. */
static int64_t call(int fd, uint64_t number, const void *arg)
{
	int err;
	int64_t result = request(fd, 1, (uint32_t)number, (uint64_t)(uintptr_t)arg, &err);

	return result < 0 ? -err : result;
}

static void prepare(
	struct usbdevfs_urb *urb, uint8_t type, uint8_t endpoint, void *buffer, int length)
{
	memset(urb, 0, sizeof(*urb));
	urb->type = type;
	urb->endpoint = endpoint;
	urb->buffer = buffer;
	urb->buffer_length = length;
}

static void claim(int fd)
{
	unsigned itf = 0;

	assert_int_equal(call(fd, USBDEVFS_CLAIMINTERFACE, &itf), 0);
}

/* Waits on the node like libusb until something can be reaped. */
static void wait_ready(int node)
{
	struct pollfd p = {.fd = node, .events = POLLOUT};

	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_true(p.revents & POLLOUT);
}

static bool is_ready(int node)
{
	struct pollfd p = {.fd = node, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

static int open_node(const struct world *w, int devnum)
{
	char path[128];

	node_path(path, sizeof(path), w, "/", devnum);
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* Sends DLE EOT 1 and reads the answer: is everything well for a client that behaves? */
static void assert_served(const struct world *w, int devnum)
{
	int fd = open_client(w, devnum), node = open_node(w, devnum);
	uint8_t ask[3] = {0x10, 0x04, 1}, answer[64] = {0};
	struct usbdevfs_urb out, in, *done = NULL;

	assert_true(fd >= 0 && node >= 0);
	claim(fd);
	prepare(&out, USBDEVFS_URB_TYPE_BULK, EP_OUT, ask, 3);
	prepare(&in, USBDEVFS_URB_TYPE_BULK, EP_IN, answer, 64);
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &out), 0);
	wait_ready(node);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), 0);
	assert_ptr_equal(done, &out);
	assert_int_equal(out.status, 0);
	assert_int_equal(out.actual_length, 3);
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &in), 0);
	wait_ready(node);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), 0);
	assert_ptr_equal(done, &in);
	assert_int_equal(in.actual_length, 1);
	assert_int_equal(answer[0] & 0x93, 0x12);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), -EAGAIN);
	close(fd);
	close(node);
}

/* --- requests --- */

static void simple_requests_and_unknown_ones(void **state)
{
	struct world w;
	uint32_t capabilities = 0;
	struct usbdevfs_connectinfo info;
	struct usbdevfs_getdriver driver = {.interface = 0};
	struct usbdevfs_setinterface setting = {0, 0};
	unsigned value;

	(void)state;
	begin(&w, "printer:speed=instant");
	int fd = open_client(&w, 1);
	assert_int_equal(call(fd, USBDEVFS_GET_CAPABILITIES, &capabilities), 0);
	assert_int_equal(capabilities, 0x1d);
	assert_int_equal(call(fd, USBDEVFS_GET_SPEED, NULL), 2);
	assert_int_equal(call(fd, USBDEVFS_CONNECTINFO, &info), 0);
	assert_int_equal(info.devnum, 1);
	assert_int_equal(call(fd, USBDEVFS_GETDRIVER, &driver), -ENODATA);
	value = 3;
	assert_int_equal(call(fd, USBDEVFS_CLAIMINTERFACE, &value), -ENOENT);
	assert_int_equal(call(fd, USBDEVFS_RELEASEINTERFACE, &value), -EINVAL);
	assert_int_equal(call(fd, USBDEVFS_SETINTERFACE, &setting), 0);
	setting.altsetting = 1;
	assert_int_equal(call(fd, USBDEVFS_SETINTERFACE, &setting), -EINVAL);
	assert_int_equal(call(fd, USBDEVFS_GETDRIVER, &driver), 0);
	assert_string_equal(driver.driver, "usbfs");
	value = 1;
	assert_int_equal(call(fd, USBDEVFS_SETCONFIGURATION, &value), -EBUSY);
	value = 0x81;
	assert_int_equal(call(fd, USBDEVFS_CLEAR_HALT, &value), -ENOENT);
	value = EP_IN;
	assert_int_equal(call(fd, USBDEVFS_CLEAR_HALT, &value), 0);
	assert_int_equal(call(fd, USBDEVFS_RESET, NULL), 0);
	assert_int_equal(call(fd, 0x1234, NULL), -ENOTTY);
	close(fd);
	assert_int_equal(finish(&w), 0);
}

static void reading_the_node_gives_the_descriptors(void **state)
{
	struct world w;
	uint8_t data[200] = {0};
	int err;

	(void)state;
	begin(&w, "printer");
	int fd = open_client(&w, 1);
	assert_int_equal(request(fd, 7, (uint64_t)(uintptr_t)data, 10, &err), 10);
	assert_int_equal(request(fd, 7, (uint64_t)(uintptr_t)(data + 10), 190, &err), 40);
	assert_int_equal(data[0], 18);
	assert_int_equal(data[8] | data[9] << 8, 0x04b8);
	assert_int_equal(data[18], 9);
	assert_int_equal(data[20], 32);
	assert_int_equal(request(fd, 7, (uint64_t)(uintptr_t)data, 10, &err), 0);
	assert_int_equal(request(fd, 8, (uint64_t)(uintptr_t)data, 10, &err), -1);
	assert_int_equal(err, EINVAL);
	close(fd);
	assert_int_equal(finish(&w), 0);
}

static void an_interface_has_one_owner_until_he_closes(void **state)
{
	struct world w;
	unsigned itf = 0;
	uint8_t byte = 'A';
	struct usbdevfs_urb urb;

	(void)state;
	begin(&w, "printer");
	int first = open_client(&w, 1), second = open_client(&w, 1);
	claim(first);
	claim(first);
	assert_int_equal(call(second, USBDEVFS_CLAIMINTERFACE, &itf), -EBUSY);
	prepare(&urb, USBDEVFS_URB_TYPE_BULK, EP_OUT, &byte, 1);
	assert_int_equal(call(second, USBDEVFS_SUBMITURB, &urb), -EBUSY);
	close(first);
	/* The server sees the end of the first at its own pace. */
	for (int i = 0; i < 1000 && call(second, USBDEVFS_CLAIMINTERFACE, &itf) != 0; i++)
		poll(NULL, 0, 1);
	assert_int_equal(call(second, USBDEVFS_CLAIMINTERFACE, &itf), 0);
	close(second);
	assert_int_equal(finish(&w), 0);
}

static void the_kernels_driver_must_be_detached_first(void **state)
{
	struct world w;
	unsigned itf = 0;
	struct usbdevfs_getdriver driver = {.interface = 0};
	struct usbdevfs_ioctl command_block = {.ifno = 0, .ioctl_code = (int)USBDEVFS_DISCONNECT};

	(void)state;
	begin(&w, "printer:usblp");
	int fd = open_client(&w, 1);
	assert_int_equal(call(fd, USBDEVFS_GETDRIVER, &driver), 0);
	assert_string_equal(driver.driver, "usblp");
	assert_int_equal(call(fd, USBDEVFS_CLAIMINTERFACE, &itf), -EBUSY);
	assert_int_equal(call(fd, USBDEVFS_IOCTL, &command_block), 0);
	assert_int_equal(call(fd, USBDEVFS_IOCTL, &command_block), -ENODATA);
	claim(fd);
	command_block.ioctl_code = (int)USBDEVFS_CONNECT;
	assert_int_equal(call(fd, USBDEVFS_IOCTL, &command_block), -EBUSY);
	assert_int_equal(call(fd, USBDEVFS_RELEASEINTERFACE, &itf), 0);
	assert_int_equal(call(fd, USBDEVFS_IOCTL, &command_block), 1);
	struct usbdevfs_disconnect_claim dc = {.interface = 0,
		.flags = USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER,
		.driver = "usblp"};
	assert_int_equal(call(fd, USBDEVFS_DISCONNECT_CLAIM, &dc), -EBUSY);
	dc.flags = USBDEVFS_DISCONNECT_CLAIM_IF_DRIVER;
	assert_int_equal(call(fd, USBDEVFS_DISCONNECT_CLAIM, &dc), 0);
	close(fd);
	assert_int_equal(finish(&w), 0);
}

static void control_transfers_both_ways(void **state)
{
	struct world w;
	uint8_t data[256];
	struct usbdevfs_ctrltransfer t = {.bRequestType = 0xa1,
		.bRequest = 0,
		.wLength = sizeof(data),
		.timeout = 1000,
		.data = data};
	uint8_t setup[8 + 18] = {0x80, 6, 0, 1, 0, 0, 18, 0};
	struct usbdevfs_urb urb, *done = NULL;

	(void)state;
	begin(&w, "printer");
	int fd = open_client(&w, 1), node = open_node(&w, 1);
	int64_t n = call(fd, USBDEVFS_CONTROL, &t);
	assert_int_equal(n, data[0] << 8 | data[1]);
	assert_memory_equal(data + 2, "MFG:EPSON;", 10);
	t.bRequest = 77;
	assert_int_equal(call(fd, USBDEVFS_CONTROL, &t), -EPIPE);
	prepare(&urb, USBDEVFS_URB_TYPE_CONTROL, 0, setup, sizeof(setup));
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), 0);
	wait_ready(node);
	assert_int_equal(call(fd, USBDEVFS_REAPURB, &done), 0);
	assert_int_equal(urb.status, 0);
	assert_int_equal(urb.actual_length, 18);
	assert_int_equal(setup[8], 18);
	assert_int_equal(setup[8 + 10] | setup[8 + 11] << 8, 0x0e15);
	/* wLength larger than the buffer. */
	setup[6] = 19;
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -EINVAL);
	/* A device that says NAK: the call ends by its own time-out. */
	assert_true(command(&w, "fault delay control ms 60000"));
	t.bRequest = 1;
	t.wLength = 1;
	t.timeout = 50;
	assert_int_equal(call(fd, USBDEVFS_CONTROL, &t), -ETIMEDOUT);
	assert_true(command(&w, "fault clear"));
	assert_true(command(&w, "fault delay control ms 30"));
	t.timeout = 5000;
	assert_int_equal(call(fd, USBDEVFS_CONTROL, &t), 1);
	close(fd);
	close(node);
	assert_int_equal(finish(&w), 0);
}

static void what_a_full_printer_took_is_counted_when_the_host_gives_up(void **state)
{
	struct world w;
	uint8_t data[300];
	struct usbdevfs_urb urb, *done = NULL;

	(void)state;
	begin(&w, "printer:buffer=100");
	assert_true(command(&w, "cover open"));
	int fd = open_client(&w, 1), node = open_node(&w, 1);
	memset(data, 'A', sizeof(data));
	claim(fd);
	prepare(&urb, USBDEVFS_URB_TYPE_BULK, EP_OUT, data, sizeof(data));
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), -EAGAIN);
	assert_false(is_ready(node));
	assert_int_equal(call(fd, USBDEVFS_DISCARDURB, &urb), 0);
	wait_ready(node);
	assert_int_equal(call(fd, USBDEVFS_DISCARDURB, &urb), -EINVAL);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), 0);
	assert_int_equal(urb.status, -ENOENT);
	assert_int_equal(urb.actual_length, 100);
	assert_false(is_ready(node));
	close(fd);
	close(node);
	assert_int_equal(finish(&w), 0);
}

static void large_transfers_arrive_whole(void **state)
{
	struct world w;
	const int length = 300000;
	uint8_t *data = calloc(1, (size_t)length);
	struct usbdevfs_urb urb, *done = NULL;

	(void)state;
	assert_non_null(data);
	begin(&w, "printer:speed=instant");
	int fd = open_client(&w, 1), node = open_node(&w, 1);
	claim(fd);
	/* ESC @ over and over: interpreted, nothing printed. */
	for (int i = 0; i + 1 < length; i += 2)
		memcpy(data + i, "\x1b@", 2);
	prepare(&urb, USBDEVFS_URB_TYPE_BULK, EP_OUT, data, length);
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), 0);
	wait_ready(node);
	assert_int_equal(call(fd, USBDEVFS_REAPURB, &done), 0);
	assert_int_equal(urb.actual_length, length);
	assert_true(command(&w, "wait unknown_commands=0"));
	urb.buffer_length = 2 * 1024 * 1024;
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -EINVAL);
	urb.buffer_length = -1;
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -EINVAL);
	urb.buffer_length = 1;
	urb.endpoint = 0x05;
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -ENOENT);
	urb.endpoint = EP_OUT;
	urb.type = USBDEVFS_URB_TYPE_ISO;
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -EINVAL);
	free(data);
	close(fd);
	close(node);
	assert_int_equal(finish(&w), 0);
}

/* --- plug and unplug --- */

static void an_unplug_ends_everything_and_a_plug_has_a_new_number(void **state)
{
	struct world w;
	uint8_t data[64], setup[26] = {0x80, 6, 0, 1, 0, 0, 18, 0};
	struct usbdevfs_urb urb, *done = NULL;
	char path[128];

	(void)state;
	begin(&w, "printer");
	int fd = open_client(&w, 1), node = open_node(&w, 1);
	claim(fd);
	prepare(&urb, USBDEVFS_URB_TYPE_BULK, EP_IN, data, sizeof(data));
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), 0);
	assert_false(is_ready(node));
	assert_true(command(&w, "unplug printer"));
	wait_ready(node);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), 0);
	assert_int_equal(urb.status, -ESHUTDOWN);
	assert_int_equal(call(fd, USBDEVFS_REAPURBNDELAY, &done), -ENODEV);
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	prepare(&urb, USBDEVFS_URB_TYPE_CONTROL, 0, setup, sizeof(setup));
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	assert_int_equal(open_client(&w, 1), -1);
	assert_int_equal(open_node(&w, 1), -1);
	snprintf(path, sizeof(path), "%s/sys/bus/usb/devices/1-1", w.root);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(command(&w, "plug printer"));
	assert_int_equal(access(path, F_OK), 0);
	assert_served(&w, 2);
	/* The old file is still an old file. */
	assert_int_equal(call(fd, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	close(fd);
	close(node);
	assert_int_equal(finish(&w), 0);
}

static uint32_t big(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The value of a property, or NULL. */
static const char *property(const uint8_t *datagram, ssize_t length, const char *key)
{
	for (const char *at = (const char *)datagram + 40; at < (const char *)datagram + length;
		at += strlen(at) + 1) {
		if (strncmp(at, key, strlen(key)) == 0 && at[strlen(key)] == '=')
			return at + strlen(key) + 1;
	}
	return NULL;
}

static void udev_monitors_hear_of_device_and_interface(void **state)
{
	struct world w;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint8_t datagram[4097];

	(void)state;
	begin(&w, "printer");
	int monitor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/event7", w.root);
	assert_int_equal(bind(monitor, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(command(&w, "unplug"));
	assert_true(command(&w, "plug"));
	static const char *const actions[] = {"remove", "remove", "add", "add"};
	static const char *const types[] = {
		"usb_interface", "usb_device", "usb_device", "usb_interface"};
	for (int i = 0; i < 4; i++) {
		memset(datagram, 0, sizeof(datagram));
		ssize_t n = recv(monitor, datagram, sizeof(datagram) - 1, MSG_DONTWAIT);
		assert_true(n > 40);
		assert_string_equal(datagram, "libudev");
		assert_int_equal(big(datagram + 8), 0xfeedcafe);
		assert_int_equal(big(datagram + 24), 0x0577c5e5);
		assert_int_equal(big(datagram + 28),
			strcmp(types[i], "usb_device") == 0 ? 0x27f8f50c : 0xb1024765);
		assert_string_equal(property(datagram, n, "ACTION"), actions[i]);
		assert_string_equal(property(datagram, n, "DEVTYPE"), types[i]);
		if (strcmp(types[i], "usb_device") == 0)
			assert_string_equal(property(datagram, n, "DEVNAME"),
				i < 2 ? "/dev/bus/usb/200/001" : "/dev/bus/usb/200/002");
	}
	/* A monitor that died is forgotten. */
	close(monitor);
	assert_true(command(&w, "unplug"));
	assert_int_equal(access(address.sun_path, F_OK), -1);
	assert_int_equal(finish(&w), 0);
}

static void power_is_a_plug_too(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "printer");
	assert_true(command(&w, "power off"));
	assert_int_equal(open_client(&w, 1), -1);
	assert_true(command(&w, "printer power on"));
	assert_served(&w, 2);
	assert_int_equal(finish(&w), 0);
}

/* --- bad clients --- */

static void nonsense_closes_only_its_own_connection(void **state)
{
	struct world w;
	uint64_t unknown[3] = {99, 1, 2}, result[3] = {4, 5, 6};
	uint8_t noise[4096];
	char byte;

	(void)state;
	begin(&w, "printer");
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 131 + 7);
	int fd = open_client(&w, 1);
	assert_int_equal(send(fd, unknown, sizeof(unknown), 0), sizeof(unknown));
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	fd = open_client(&w, 1);
	send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	fd = open_client(&w, 1);
	send(fd, result, sizeof(result), MSG_NOSIGNAL);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	assert_served(&w, 1);
	assert_int_equal(finish(&w), 0);
}

static void clients_may_die_at_any_byte(void **state)
{
	struct world w;
	uint8_t data[64] = "AAAA";
	struct usbdevfs_urb urb;

	(void)state;
	begin(&w, "printer:speed=instant");
	/* A submit is 24 bytes, then 56 of the URB, then the data: die after each. */
	for (size_t n = 0; n <= 24 + sizeof(urb) + 4; n += 3) {
		int fd = open_client(&w, 1);
		uint64_t m[3] = {1, (uint32_t)USBDEVFS_SUBMITURB, (uint64_t)(uintptr_t)&urb};
		uint8_t stream[24 + sizeof(urb) + 4];
		prepare(&urb, USBDEVFS_URB_TYPE_BULK, EP_OUT, data, 4);
		memcpy(stream, m, 24);
		memcpy(stream + 24, &urb, sizeof(urb));
		memcpy(stream + 24 + sizeof(urb), data, 4);
		size_t length = n < sizeof(stream) ? n : sizeof(stream);
		if (length > 0)
			assert_int_equal(send(fd, stream, length, MSG_NOSIGNAL), length);
		close(fd);
	}
	assert_served(&w, 1);
	assert_int_equal(finish(&w), 0);
}

static void a_client_that_hangs_keeps_nobody_waiting(void **state)
{
	struct world w;
	uint64_t m[3] = {1, (uint32_t)USBDEVFS_CLAIMINTERFACE, 0};

	(void)state;
	begin(&w, "printer");
	/* It asks, is asked for its memory, and says nothing more. */
	int hung = open_client(&w, 1);
	assert_int_equal(send(hung, m, sizeof(m), 0), sizeof(m));
	assert_served(&w, 1);
	assert_true(command(&w, "unplug"));
	assert_true(command(&w, "plug"));
	assert_served(&w, 2);
	close(hung);
	assert_int_equal(finish(&w), 0);
}

static void too_many_urbs_are_refused(void **state)
{
	struct world w;
	/* The struct ends in a flexible array, so an array of it is one of bytes. */
	static _Alignas(8) uint8_t urbs[300][sizeof(struct usbdevfs_urb)];
	static uint8_t data[64];
	int accepted = 0;
	int64_t result = 0;

	(void)state;
	begin(&w, "printer");
	int fd = open_client(&w, 1);
	claim(fd);
	for (int i = 0; i < 300 && result == 0; i++) {
		prepare(pointer((uint64_t)(uintptr_t)urbs[i]), USBDEVFS_URB_TYPE_BULK, EP_IN, data,
			sizeof(data));
		result = call(fd, USBDEVFS_SUBMITURB, urbs[i]);
		accepted += result == 0;
	}
	assert_int_equal(result, -ENOMEM);
	assert_int_equal(accepted, 256);
	close(fd);
	assert_served(&w, 1);
	assert_int_equal(finish(&w), 0);
}

static void strange_commands_are_refused(void **state)
{
	struct world w;
	char line[300];

	(void)state;
	begin(&w, "printer");
	assert_false(command(&w, "dance"));
	assert_false(command(&w, "unplug nobody"));
	assert_false(command(&w, "wait"));
	assert_false(command(&w, "wait sheets"));
	assert_false(command(&w, "wait sheets>=1 0"));
	assert_false(command(&w, "wait sheets>=1 20"));
	assert_false(command(&w, "wait nothing=1 20"));
	assert_true(command(&w, "wait online=yes"));
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_false(command(&w, line));
	assert_true(command(&w, "devices"));
	assert_int_equal(finish(&w), 0);
}

/* --- roots --- */

static void a_root_in_use_or_not_ours_is_refused(void **state)
{
	struct world w;
	char other[64], file[80];
	int ready, status;

	(void)state;
	begin(&w, "printer");
	snprintf(other, sizeof(other), "%s/control2", w.dir);
	pid_t pid = start(w.root, other, "printer", &ready);
	assert_false(ready);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_served(&w, 1);
	/* Somebody's files. */
	char foreign[64];
	snprintf(foreign, sizeof(foreign), "%s/foreign", w.dir);
	assert_int_equal(mkdir(foreign, 0700), 0);
	snprintf(file, sizeof(file), "%s/precious", foreign);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	pid = start(foreign, other, "printer", &ready);
	assert_false(ready);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(access(file, F_OK), 0);
	unlink(file);
	rmdir(foreign);
	assert_int_equal(finish(&w), 0);
}

static void what_a_killed_server_left_is_taken_over(void **state)
{
	struct world w;
	int ready, status;

	(void)state;
	begin(&w, "printer");
	kill(w.server, SIGKILL);
	assert_int_equal(waitpid(w.server, &status, 0), w.server);
	w.server = start(w.root, w.control, "printer", &ready);
	assert_true(ready);
	assert_served(&w, 1);
	/* It did not make the folder, so it does not remove it. */
	kill(w.server, SIGTERM);
	assert_int_equal(waitpid(w.server, &status, 0), w.server);
	assert_int_equal(rmdir(w.root), 0);
	assert_int_equal(rmdir(w.dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_requests_and_unknown_ones),
		cmocka_unit_test(reading_the_node_gives_the_descriptors),
		cmocka_unit_test(an_interface_has_one_owner_until_he_closes),
		cmocka_unit_test(the_kernels_driver_must_be_detached_first),
		cmocka_unit_test(control_transfers_both_ways),
		cmocka_unit_test(what_a_full_printer_took_is_counted_when_the_host_gives_up),
		cmocka_unit_test(large_transfers_arrive_whole),
		cmocka_unit_test(an_unplug_ends_everything_and_a_plug_has_a_new_number),
		cmocka_unit_test(udev_monitors_hear_of_device_and_interface),
		cmocka_unit_test(power_is_a_plug_too),
		cmocka_unit_test(nonsense_closes_only_its_own_connection),
		cmocka_unit_test(clients_may_die_at_any_byte),
		cmocka_unit_test(a_client_that_hangs_keeps_nobody_waiting),
		cmocka_unit_test(too_many_urbs_are_refused),
		cmocka_unit_test(strange_commands_are_refused),
		cmocka_unit_test(a_root_in_use_or_not_ours_is_refused),
		cmocka_unit_test(what_a_killed_server_left_is_taken_over),
	};
	const char *build = getenv("VT_BUILD_DIR");

	snprintf(program, sizeof(program), "%s/bin/virtual-devices", build ? build : "build");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
