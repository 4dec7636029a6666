/* virtual-card: one card file without a reader of ours: for pcscd's vpcd driver, for scripts, to
 * look at. */

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/card.h"
#include "tools/virtual-devices/cards/chat.h"

static const char usage_text[] =
	"usage: virtual-card vpcd --port N [--host IPV4] [--protocol 0|1] [--wait SECONDS] FILE\n"
	"         puts the card into a reader of vsmartcard's vpcd driver (pcscd) and stays "
	"there;\n"
	"         writes \"ready\" when it is in, ends when the reader goes\n"
	"       virtual-card chat [--protocol 0|1] FILE <SCRIPT\n"
	"         \"> 00 A4 04 00\" sends a command, \"< 61 ?? * 90 00\" is the answer it must "
	"give,\n"
	"         \"! reset\" resets; exit 1 and the line at the first that differs\n"
	"       virtual-card send [--protocol 0|1] FILE APDU...\n"
	"         prints the answers\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

static int complain(const struct vt_error *error)
{
	fprintf(stderr, "virtual-card: %s\n", error->msg);
	return 1;
}

/* --- vpcd --- */

/* One-byte messages of the reader; the others are 0 off, 1 on, 2 reset. */
#define VPCD_ATR 4

static enum vt_code receive_all(int fd, uint8_t *data, size_t length)
{
	static const int on = 1;

	for (size_t at = 0; at < length;) {
		ssize_t n = recv(fd, data + at, length - at, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return VT_ERR_CLOSED;
		at += (size_t)n;
	}
	/* The driver writes length and payload in two segments: without this each waits for a
	 * delayed acknowledgement of 40 ms. The kernel clears the switch by itself, hence each
	 * time. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	return VT_OK;
}

static enum vt_code send_message(int fd, const uint8_t *data, size_t length)
{
	uint8_t message[2 + 65535];

	if (length > 65535)
		return VT_ERR_LIMIT;
	message[0] = (uint8_t)(length >> 8);
	message[1] = (uint8_t)length;
	memcpy(message + 2, data, length);
	for (size_t at = 0; at < length + 2;) {
		ssize_t n = send(fd, message + at, length + 2 - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return VT_ERR_CLOSED;
		at += (size_t)n;
	}
	return VT_OK;
}

struct vpcd {
	int fd;
	struct card *card; /* borrowed */
	int protocol;
	uint8_t atr[CARD_MAX_ATR]; /* of the last power-on: the reader asks for it again and again
				    */
	size_t atr_length;
};

/* One message of the reader and what it wants for an answer. */
static enum vt_code serve_message(struct vpcd *v)
{
	uint8_t head[2], message[65535];
	const uint8_t *answer;
	size_t answer_length;

	enum vt_code code = receive_all(v->fd, head, sizeof(head));
	if (code != VT_OK)
		return code;
	size_t length = (size_t)head[0] << 8 | head[1];
	code = receive_all(v->fd, message, length);
	if (code != VT_OK || length == 0)
		return code;
	if (length == 1 && message[0] == VPCD_ATR)
		return send_message(v->fd, v->atr, v->atr_length);
	if (length == 1) {
		/* Off, on and reset have no answer; all of them reset the card. */
		v->atr_length = card_power_on(v->card, v->protocol, v->atr);
		return VT_OK;
	}
	/* With T=0 in the ATR a host sends TPDUs, where Le is not known. */
	int64_t delay =
		card_transmit(v->card, message, length, v->protocol == 1, &answer, &answer_length);
	vt_wipe(message, length);
	/* vpcd knows no time extension: a silent card closes the connection, a slow one is quick.
	 */
	return delay < 0 ? VT_ERR_CLOSED : send_message(v->fd, answer, answer_length);
}

static enum vt_code connect_reader(
	const char *host, int port, int64_t wait_ms, int *ret_fd, struct vt_error *error)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int64_t until_ms = vt_clock_monotonic_ms() + wait_ms;
	static const int on = 1;

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		return vt_fail(error, VT_ERR_INVALID, 0, "--host: an IPv4 address");
	for (;;) {
		VT_CLEANUP(vt_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)&address,
				       sizeof(address)) == 0) {
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			*ret_fd = vt_take_fd(&fd);
			return VT_OK;
		}
		if (vt_clock_monotonic_ms() >= until_ms)
			return vt_fail(error, VT_ERR_NETWORK, errno, "%s:%d: %s", host, port,
				strerror(errno));
		/* The other side is a driver that pcscd is about to load: nothing tells us when. */
		(void)poll(NULL, 0, 20);
	}
}

static int main_vpcd(struct card *card, const char *host, int port, int protocol, int64_t wait_ms)
{
	VT_CLEANUP(vt_closep) int fd = -1;
	struct vt_error error = {0};

	if (connect_reader(host, port, wait_ms, &fd, &error) != VT_OK)
		return complain(&error);
	struct vpcd v = {.fd = fd, .card = card, .protocol = protocol};
	v.atr_length = card_power_on(card, protocol, v.atr);
	puts("ready");
	fflush(stdout);
	while (serve_message(&v) == VT_OK)
		;
	return 0;
}

/* --- chat, send --- */

static int main_chat(struct card *card, int protocol)
{
	struct vt_error error = {0};
	struct vt_buf text = {.max = CHAT_MAX_SCRIPT};
	size_t count = 0, n;
	int status = 0;

	do {
		uint8_t *room = vt_buf_reserve(&text, 4096);
		n = room ? fread(room, 1, 4096, stdin) : 0;
		if (n > 0)
			vt_buf_added(&text, n);
	} while (n > 0);
	if (text.failed != VT_OK ||
		chat_run(card, protocol, vt_buf_text(&text), &count, &error) != VT_OK)
		status = complain(&error);
	else
		printf("%zu answers as written\n", count);
	vt_buf_finish(&text);
	return status;
}

static int main_send(struct card *card, int protocol, int count, char **apdus)
{
	uint8_t atr[CARD_MAX_ATR], apdu[CHAT_MAX_BYTES];
	const uint8_t *answer;
	size_t length;

	(void)card_power_on(card, protocol, atr);
	for (int i = 0; i < count; i++) {
		if (!chat_hex(apdus[i], apdu, sizeof(apdu), &length)) {
			fprintf(stderr, "virtual-card: not hex: %s\n", apdus[i]);
			return 1;
		}
		(void)card_transmit(card, apdu, length, protocol != 0, &answer, &length);
		for (size_t k = 0; k < length; k++)
			printf("%02X%s", answer[k], k + 1 < length ? " " : "\n");
	}
	return 0;
}

/* --- main --- */

enum { OPT_PORT = 1, OPT_HOST, OPT_PROTOCOL, OPT_WAIT };

static const struct option options[] = {{"port", required_argument, NULL, OPT_PORT},
	{"host", required_argument, NULL, OPT_HOST},
	{"protocol", required_argument, NULL, OPT_PROTOCOL},
	{"wait", required_argument, NULL, OPT_WAIT}, {NULL, 0, NULL, 0}};

int main(int argc, char **argv)
{
	VT_CLEANUP(card_destroy) struct card *card = NULL;
	const char *host = "127.0.0.1";
	int64_t port = 0, protocol = -1, wait_s = 0;
	struct vt_error error = {0};
	bool good = true;

	vt_log_init("virtual-card", VT_LOG_NOTICE);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (argc < 3)
		return usage();
	const char *verb = argv[1];
	optind = 2;
	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option == OPT_HOST)
			host = optarg;
		else if (option == OPT_PORT)
			good &= vt_parse_i64(optarg, 1, 65535, &port) == VT_OK;
		else if (option == OPT_PROTOCOL)
			good &= vt_parse_i64(optarg, 0, 1, &protocol) == VT_OK;
		else if (option == OPT_WAIT)
			good &= vt_parse_i64(optarg, 0, 3600, &wait_s) == VT_OK;
		else
			good = false;
	}
	if (!good || optind >= argc)
		return usage();
	if (card_open(argv[optind], &card, &error) != VT_OK)
		return complain(&error);
	if (strcmp(verb, "vpcd") == 0 && port > 0 && optind + 1 == argc)
		return main_vpcd(card, host, (int)port, (int)protocol, wait_s * 1000);
	if (strcmp(verb, "chat") == 0 && optind + 1 == argc)
		return main_chat(card, (int)protocol);
	if (strcmp(verb, "send") == 0)
		return main_send(card, (int)protocol, argc - optind - 1, argv + optind + 1);
	return usage();
}
