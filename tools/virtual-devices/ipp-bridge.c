/* Bulk pipes as TCP connections to a printer on this machine that is not ours: what a host says to
 * the virtual printer, ippeveprinter hears byte for byte. The one back end with sockets inside; all
 * of them are non-blocking, and looked at as often as the device is asked. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/virtual-devices/ipp-printer.h"

/* While a link is open: what the printer says is seen so late. */
#define LOOK_MS 3

struct bridge {
	struct ipp_back base;
	unsigned port;
	int64_t now_ms;
	int fds[IPP_PRINTER_LINKS]; /* -1: not connected */
};

static struct bridge *of(struct ipp_back *back)
{
	return (struct bridge *)back;
}

/* Loopback answers at once; the socket becomes non-blocking behind it. */
static int open_link(const struct bridge *bridge)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)bridge->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static void hang_up(struct ipp_back *back, int link)
{
	struct bridge *bridge = of(back);

	if (bridge->fds[link] >= 0)
		(void)close(bridge->fds[link]);
	bridge->fds[link] = -1;
}

static int write_link(struct ipp_back *back, int link, const uint8_t *data, size_t length)
{
	struct bridge *bridge = of(back);

	if (bridge->fds[link] < 0)
		bridge->fds[link] = open_link(bridge);
	if (bridge->fds[link] < 0)
		return -2;
	const ssize_t n = send(bridge->fds[link], data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN)
		return -1;
	hang_up(back, link);
	return -2;
}

static int read_link(struct ipp_back *back, int link, uint8_t *data, size_t max)
{
	struct bridge *bridge = of(back);

	if (bridge->fds[link] < 0)
		return -1;
	const ssize_t n = recv(bridge->fds[link], data, max, MSG_DONTWAIT);
	if (n > 0)
		return (int)n;
	if (n == 0 || errno != EAGAIN)
		hang_up(back, link); /* the next request opens a new one */
	return -1;
}

static void tick(struct ipp_back *back, int64_t now_ms)
{
	of(back)->now_ms = now_ms;
}

static int64_t next_ms(const struct ipp_back *back)
{
	const struct bridge *bridge = (const struct bridge *)(const void *)back;

	for (int link = 0; link < IPP_PRINTER_LINKS; link++)
		if (bridge->fds[link] >= 0)
			return bridge->now_ms + LOOK_MS;
	return INT64_MAX;
}

static void destroy(struct ipp_back *back)
{
	for (int link = 0; link < IPP_PRINTER_LINKS; link++)
		hang_up(back, link);
	free(back);
}

struct ipp_back *ipp_bridge_create(unsigned port)
{
	struct bridge *bridge = calloc(1, sizeof(*bridge));

	if (!bridge)
		return NULL;
	bridge->base = (struct ipp_back){.write = write_link,
		.read = read_link,
		.hang_up = hang_up,
		.tick = tick,
		.next_ms = next_ms,
		.destroy = destroy};
	bridge->port = port;
	for (int link = 0; link < IPP_PRINTER_LINKS; link++)
		bridge->fds[link] = -1;
	return &bridge->base;
}
