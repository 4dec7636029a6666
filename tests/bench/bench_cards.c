/* APDU round trips over one virtual reader, by our driver or by pcscd and libccid; run by
 * tests/bench/bench_devices_hosts (performance.md, D1).
 *
 *   bench_cards ours|pcsc COUNT      prints microseconds: median, 99th percentile, mean */

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "drivers/ccid/ccid.h"
#include "drivers/usb/usb_libusb.h"
#include "terminal/base/clock.h"
#include "terminal/base/text.h"

#define MAX_COUNT 100000
/* Until the reader and its card are there. */
#define PATIENCE_MS 20000

/* SELECT of a file by the test card (tools/virtual-devices/card-test.c): no data, 9000. */
static const uint8_t apdu[] = {0x00, 0xa4, 0x00, 0x0c, 0x02, 0x2f, 0x00};

static double times_us[MAX_COUNT];
static size_t wanted, count;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_cards: %s\n", what);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print_times(void)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += times_us[i];
	qsort(times_us, count, sizeof(times_us[0]), compare);
	printf("%.2f %.2f %.2f\n", times_us[count / 2], times_us[count * 99 / 100],
		sum / (double)count);
}

/* ---- our driver ---- */

struct ours {
	sd_event *event;
	struct usb *usb;
	struct ccid_port *port;
	bool is_powering;
	double start_us;
};

static int64_t ours_now(void *owner)
{
	(void)owner;
	return vt_clock_monotonic_ms();
}

static void exchange(struct ours *o)
{
	o->start_us = now_us();
	if (ccid_port_exchange(o->port, 0, apdu, sizeof(apdu), 0))
		die("exchange refused");
}

static void on_slot(void *owner, uint8_t slot, const struct ccid_slot *view)
{
	struct ours *o = owner;

	if (slot != 0 || !view->is_present || o->is_powering)
		return;
	o->is_powering = true;
	if (ccid_port_power_on(o->port, 0))
		die("power on refused");
}

static void on_done(void *owner, const struct ccid_result *result)
{
	struct ours *o = owner;

	if (result->outcome != CCID_DONE)
		die(ccid_outcome_names[result->outcome]);
	if (result->operation == CCID_OP_EXCHANGE) {
		if (result->sw != 0x9000)
			die("not 9000");
		times_us[count++] = now_us() - o->start_us;
	}
	if (count == wanted)
		(void)sd_event_exit(o->event, 0);
	else
		exchange(o);
}

static void on_changed(void *owner)
{
	(void)owner;
}

static void on_arrived(void *owner, const struct usb_device_info *info)
{
	struct ours *o = owner;
	const struct usb_interface *interface = ccid_port_interface(&info->desc, 0);
	struct vt_error error;

	if (interface && ccid_port_key(o->port) == 0 &&
		ccid_port_attach(o->port, info, interface, NULL, &error))
		die(error.msg);
}

static void on_left(void *owner, usb_key key)
{
	(void)owner, (void)key;
	die("the reader went");
}

static void on_refused(void *owner, usb_key key, const char *reason)
{
	(void)owner, (void)key;
	die(reason);
}

static void run_ours(void)
{
	struct ours o = {0};
	const struct ccid_port_owner owner = {.owner = &o,
		.now_ms = ours_now,
		.slot = on_slot,
		.done = on_done,
		.changed = on_changed};
	const struct usb_watch watch = {
		.arrived = on_arrived, .left = on_left, .refused = on_refused, .owner = &o};
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;
	struct vt_error error;

	if (sd_event_default(&o.event) < 0 || usb_libusb_create(o.event, &o.usb, &error))
		die("no USB");
	o.port = ccid_port_create(o.usb, &owner);
	if (!o.port || o.usb->ops->watch(o.usb, &watch, &error))
		die("no reader");
	while (count < wanted) {
		const int64_t now_ms = vt_clock_monotonic_ms(), at_ms = ccid_port_wake_ms(o.port);
		if (count == 0 && now_ms > until_ms)
			die("no card in time");
		if (at_ms <= now_ms)
			ccid_port_wake(o.port);
		else if (sd_event_run(o.event, at_ms - now_ms < 100
						       ? (uint64_t)(at_ms - now_ms) * 1000
						       : 100000) < 0)
			die("event loop");
	}
	ccid_port_destroy(&o.port);
	usb_destroy(&o.usb);
	(void)sd_event_unref(o.event);
}

/* ---- pcscd ---- */

/* winscard.h's types and values, so that the bench builds without it. */
typedef long scard_result;
typedef unsigned long scard_dword;
struct scard_pci {
	scard_dword protocol, length;
};
#define SCOPE_SYSTEM  2
#define SHARE_SHARED  2
#define PROTOCOL_ANY  3
#define PROTOCOL_T1   2
#define LEAVE_CARD    0
#define STATE_PRESENT 0x20

static void *symbol(void *library, const char *name)
{
	void *found = dlsym(library, name);

	if (!found)
		die(name);
	return found;
}

struct scard_state {
	const char *reader;
	void *user;
	scard_dword current, event, atr_length;
	uint8_t atr[33];
};
typedef scard_result list_fn(long, const char *, char *, scard_dword *);
typedef scard_result change_fn(long, scard_dword, struct scard_state *, scard_dword);

/* pcscd finds the reader and powers the card in its own time: waits for both. The first reader's
 * name goes to readers. */
static void wait_for_card(
	long context, list_fn *list, change_fn *change, char *readers, scard_dword size)
{
	const int64_t until_ms = vt_clock_monotonic_ms() + PATIENCE_MS;
	struct scard_state state = {.reader = "\\\\?PnP?\\Notification"};
	scard_dword length = size;

	while (list(context, NULL, readers, &length) != 0 || !readers[0]) {
		const int64_t left_ms = until_ms - vt_clock_monotonic_ms();
		if (left_ms <= 0 || change(context, (scard_dword)left_ms, &state, 1) != 0)
			die("no reader at pcscd");
		length = size;
	}
	state = (struct scard_state){.reader = readers};
	while ((state.event & STATE_PRESENT) == 0) {
		const int64_t left_ms = until_ms - vt_clock_monotonic_ms();
		if (left_ms <= 0 || change(context, (scard_dword)left_ms, &state, 1) != 0)
			die("no card at pcscd");
		state.current = state.event;
	}
}

static void run_pcsc(void)
{
	void *lib = dlopen("libpcsclite.so.1", RTLD_NOW);
	scard_result (*establish)(scard_dword, const void *, const void *, long *);
	list_fn *list;
	change_fn *change;
	scard_result (*connect)(
		long, const char *, scard_dword, scard_dword, long *, scard_dword *);
	scard_result (*transmit)(long, const struct scard_pci *, const uint8_t *, scard_dword,
		struct scard_pci *, uint8_t *, scard_dword *);
	scard_result (*disconnect)(long, scard_dword);
	char readers[1024];
	scard_dword protocol = 0;
	long context = 0, card = 0;
	scard_result result;

	if (!lib)
		die("no libpcsclite");
	*(void **)&establish = symbol(lib, "SCardEstablishContext");
	*(void **)&list = symbol(lib, "SCardListReaders");
	*(void **)&change = symbol(lib, "SCardGetStatusChange");
	*(void **)&connect = symbol(lib, "SCardConnect");
	*(void **)&transmit = symbol(lib, "SCardTransmit");
	*(void **)&disconnect = symbol(lib, "SCardDisconnect");
	if (establish(SCOPE_SYSTEM, NULL, NULL, &context) != 0)
		die("no pcscd");
	wait_for_card(context, list, change, readers, sizeof(readers));
	if (connect(context, readers, SHARE_SHARED, PROTOCOL_ANY, &card, &protocol) != 0)
		die("the card cannot be had");
	while (count < wanted) {
		const struct scard_pci pci = {protocol == PROTOCOL_T1 ? 2 : 1, sizeof(pci)};
		uint8_t answer[258];
		scard_dword answer_length = sizeof(answer);
		const double start_us = now_us();
		result = transmit(card, &pci, apdu, sizeof(apdu), NULL, answer, &answer_length);
		if (result != 0 || answer_length != 2 || answer[0] != 0x90 || answer[1] != 0x00)
			die("not 9000");
		times_us[count++] = now_us() - start_us;
	}
	(void)disconnect(card, LEAVE_CARD);
	(void)dlclose(lib);
}

int main(int argc, char **argv)
{
	int64_t number = 0;

	if (argc != 3 || vt_parse_i64(argv[2], 1, MAX_COUNT, &number))
		die("usage: bench_cards ours|pcsc COUNT");
	wanted = (size_t)number;
	if (strcmp(argv[1], "ours") == 0)
		run_ours();
	else
		run_pcsc();
	print_times();
	return 0;
}
