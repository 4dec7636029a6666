/* A core that only speaks with ventanillactl, for tests/unit/ctl.py:
 *   fake_core SOCKET MODE
 * MODE: normal, empty, denied, silent, close, garbage, other; for device reset and test also
 * failed, unswiped (there is a stripe reader), unknown, busy, absent (no device process); for card
 * sign also the outcome's word. Prints "ready" when it listens and ends when stdin closes. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "terminal/base/assert.h"
#include "terminal/base/base64.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"

#define ROWS 250 /* more than two pages */

static const char *mode;

static void fill_status(struct terminal_status *status)
{
	vt_copy_cut(status->terminal, sizeof(status->terminal), "T001");
	vt_copy_cut(status->version, sizeof(status->version), "0.1.0");
	vt_copy_cut(status->session, sizeof(status->session), "attract");
	vt_copy_cut(status->storage, sizeof(status->storage), "ok");
	vt_copy_cut(status->printer, sizeof(status->printer), "ready");
	status->ui = status->devices = status->online = true;
	status->queued = 3;
	status->oldest_ms = 7500000;
	status->sessions = 12;
	status->uptime_ms = 90061000;
	if (strcmp(mode, "placed") != 0)
		return;
	vt_copy_cut(status->place.entity, sizeof(status->place.entity), "OC");
	vt_copy_cut(status->place.municipality, sizeof(status->place.municipality), "Oaxaca");
	vt_copy_cut(status->place.site, sizeof(status->place.site), "Mercado\x1b[31m");
	status->place.panel = (struct screen_panel){.px_per_m = 4053,
		.bottom_mm = 900,
		.touch = {.xx = 1000000, .yy = 1000000, .error_um = 740}};
}

static void fill_devices(struct device_list *list)
{
	struct device_status *device = &list->devices[0];

	list->count = 2;
	vt_copy_cut(device->id, sizeof(device->id), "printer");
	vt_copy_cut(device->class, sizeof(device->class), "Printer");
	vt_copy_cut(device->model, sizeof(device->model), "Demo 80 mm\x1b[31m");
	vt_copy_cut(device->usb, sizeof(device->usb), "04b8:0e15");
	vt_copy_cut(device->advice, sizeof(device->advice), "Load a new roll of paper.");
	device->state = DEVICE_DEGRADED;
	device->paper = PAPER_LOW;
	device->sheets = 41;
	device->cuts = 43;
	device->resets = 2;
	vt_copy_cut(list->devices[1].id, sizeof(list->devices[1].id), "reader");
	vt_copy_cut(list->devices[1].class, sizeof(list->devices[1].class), "CardReader");
}

static void fill_row(struct queue_row *row, int number)
{
	snprintf(row->transaction, sizeof(row->transaction), "00000000-0000-4000-8000-%012d",
		number);
	snprintf(row->folio, sizeof(row->folio), "T001-0010-%04d-AAAA", number);
	vt_copy_cut(row->service, sizeof(row->service), "curp");
	vt_copy_cut(row->state, sizeof(row->state), "JOURNALED");
	vt_copy_cut(row->receipt, sizeof(row->receipt), "PROVISIONAL");
	vt_copy_cut(row->cause, sizeof(row->cause), "timeout");
	row->attempts = 2;
	row->created_unix_ms = 1795400000000;
	row->next_ms = 61000;
}

static void fill_queue(const struct queue_query query, struct queue_list *list)
{
	const int total = query.unsettled_only ? 5 : ROWS;

	for (int i = (int)query.cursor; i < total && list->count < QUEUE_PAGE; i++)
		fill_row(&list->rows[list->count++], i);
	const int64_t next = query.cursor + (int64_t)list->count;
	list->next = next < total ? next : 0;
}

static void fill_test(struct device_tested *tested, const char *device)
{
	vt_copy_cut(tested->device, sizeof(tested->device), device);
	if (strcmp(mode, "failed") == 0) {
		tested->outcome = TEST_FAILED;
		vt_copy_cut(tested->reason, sizeof(tested->reason), "paper");
		vt_copy_cut(tested->detail, sizeof(tested->detail), "Load a new roll of paper.");
	} else if (strcmp(mode, "unswiped") == 0) {
		tested->outcome = TEST_FAILED;
		vt_copy_cut(tested->reason, sizeof(tested->reason), "noSwipe");
		vt_copy_cut(tested->detail, sizeof(tested->detail),
			"Swipe a card that is no payment card.");
	} else if (strcmp(mode, "unknown") == 0) {
		tested->outcome = TEST_UNKNOWN;
	}
}

/* Device.Reset, Device.Test: core's refusals. */
static enum bus_completion_code judge_order(const char *device)
{
	if (strcmp(mode, "busy") == 0)
		return BUS_SEQUENCE_ERROR;
	if (strcmp(mode, "absent") == 0)
		return BUS_DEVICE_NOT_READY;
	return strcmp(device, strcmp(mode, "unswiped") == 0 ? "stripe" : "printer") == 0
		       ? BUS_SUCCESS
		       : BUS_NOT_FOUND;
}

static void fill_card(struct card_facts *facts)
{
	struct card_identity *its = facts->certificates;

	vt_copy_cut(facts->device, sizeof(facts->device), "reader");
	vt_copy_cut(facts->atr, sizeof(facts->atr), "3b80");
	facts->application = CARD_PIV;
	facts->pin = (struct card_pin){.pad = true, .tries_left = 2};
	facts->count = CARD_REVOCATION_STATUS_COUNT;
	for (int i = 0; i < CARD_REVOCATION_STATUS_COUNT; i++, its++) {
		vt_copy_cut(its->id, sizeof(its->id), "9c");
		vt_copy_cut(its->holder, sizeof(its->holder), "CONCEPCIÓN\x1b[31m");
		vt_copy_cut(its->rfc, sizeof(its->rfc), "SABC5606262A8");
		vt_copy_cut(its->purpose, sizeof(its->purpose), "efirma");
		vt_copy_cut(its->status, sizeof(its->status), i == 0 ? "card-expired" : "good");
		its->revocation.status = (enum card_revocation_status)i;
		its->can_sign = true;
	}
	vt_copy_cut(facts->certificates[1].revocation.source, 12, "ocsp");
	facts->certificates[1].revocation.this_update_unix_ms = 1795400000000;
	vt_copy_cut(facts->certificates[3].revocation.detail, 96, "sync is not connected");
}

/* The signature is the digest that came, so that the test sees what was hashed. */
static void fill_signed(struct certificate_signed *result, const struct certificate_sign *sign)
{
	uint8_t digest[32];

	result->tries_left = 2;
	for (int i = 0; i < SIGN_OUTCOME_COUNT; i++) {
		if (strcmp(mode, sign_outcome_names[i]) == 0)
			result->outcome = (enum sign_outcome)i;
	}
	if (strcmp(sign->pin, "73914628") != 0)
		result->outcome = SIGN_WRONG_PIN;
	if (result->outcome == SIGN_SIGNED && vt_unhex(digest, sizeof(digest), sign->digest))
		VT_ASSERT(vt_base64_encode(result->signature, sizeof(result->signature), digest,
				  sizeof(digest)) == VT_OK);
}

static void answer(struct bus_conn *conn, struct bus_message *msg)
{
	const struct bus_header request = msg->header;
	const struct queue_query query = msg->payload.queue_query;
	const struct device_query device = msg->payload.device_query;
	const struct certificate_sign sign = msg->payload.certificate_sign;
	enum bus_completion_code code = BUS_SUCCESS;
	struct device_list list = {0};
	struct vt_error error;

	if (strcmp(mode, "denied") == 0)
		code = BUS_NOT_PERMITTED;
	else if (request.name == BUS_QUEUE_SHOW && strncmp(query.id, "T001-0010-0007-", 15) != 0)
		code = BUS_NOT_FOUND;
	else if (request.name == BUS_DEVICE_RESET || request.name == BUS_DEVICE_TEST)
		code = judge_order(device.device);
	else if (request.name == BUS_CARD_SHOW || request.name == BUS_CARD_SIGN)
		code = judge_order("printer");
	fill_devices(&list);
	bus_make_completion(msg, &request, code, code ? "reason of core" : NULL);
	if (strcmp(mode, "other") == 0)
		msg->header.name = BUS_SCREEN_SHOW;
	else if (strcmp(mode, "empty") == 0 || code)
		; /* lists without elements */
	else if (request.name == BUS_TERMINAL_STATUS)
		fill_status(&msg->payload.terminal_status);
	else if (request.name == BUS_DEVICE_LIST)
		msg->payload.device_list = list;
	else if (request.name == BUS_DEVICE_RESET)
		msg->payload.device_status = list.devices[0];
	else if (request.name == BUS_DEVICE_TEST)
		fill_test(&msg->payload.device_tested, device.device);
	else if (request.name == BUS_CARD_SHOW)
		fill_card(&msg->payload.card_facts);
	else if (request.name == BUS_CARD_SIGN)
		fill_signed(&msg->payload.certificate_signed, &sign);
	else if (request.name == BUS_QUEUE_LIST)
		fill_queue(query, &msg->payload.queue_list);
	else if (request.name == BUS_QUEUE_SHOW)
		fill_row(&msg->payload.queue_list.rows[msg->payload.queue_list.count++], 7);
	if (strcmp(mode, "garbage") == 0)
		VT_ASSERT(send(bus_conn_fd(conn), "{\"header\":1}", 12, MSG_NOSIGNAL) == 12);
	else
		VT_ASSERT(bus_conn_send(conn, msg, &error) == VT_OK);
}

/* One client at a time: that is how ventanillactl comes. */
static bool serve(struct bus_conn *conn, struct bus_message *msg)
{
	const enum vt_code code = bus_conn_read(conn, msg, NULL);

	if (code == VT_ERR_AGAIN)
		return true;
	if (code || strcmp(mode, "close") == 0)
		return false;
	if (msg->header.type == BUS_COMMAND && strcmp(mode, "silent") != 0)
		answer(conn, msg);
	return true;
}

int main(int argc, char **argv)
{
	struct bus_message *msg = malloc(sizeof(*msg));
	struct bus_conn *conn = NULL;
	struct vt_error error;
	int listener;

	VT_ASSERT(argc == 3 && msg);
	mode = argv[2];
	VT_ASSERT(bus_listen(argv[1], &listener, &error) == VT_OK);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = conn ? bus_conn_fd(conn) : listener, .events = POLLIN}};
		VT_ASSERT(poll(fds, 2, -1) > 0);
		if (fds[0].revents)
			break;
		if (!conn)
			VT_ASSERT(bus_accept(listener, &conn, NULL, NULL, &error) == VT_OK);
		else if (!serve(conn, msg))
			bus_conn_close(&conn);
	}
	bus_conn_close(&conn);
	close(listener);
	free(msg);
	return 0;
}
