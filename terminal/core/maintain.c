/* What a technician asks of a device:
 *
 *   ctl ── Device.Reset ─► Device.Reset ─► devices ─► its status ─► completion
 *       ── Device.Test ──► a printer: Printer.PrintForm of a test sheet ─► its outcome
 *                          others: Device.Test ─► what devices found
 *
 * A technician at the screen asks the same (technician.c) and gets a session event instead of a
 * completion. One at a time, and not while a citizen is served. A test sheet has no row in the
 * store and no print intent: nobody's transaction depends on it. Who asked waits as long as he
 * likes: when he hangs up, a late answer finds nobody. */

#include <string.h>
#include <time.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

#define ORDER_MS  20000
#define SHEET_MS  45000
#define LETTER_MS 120000

static void refuse(
	struct core *core, struct peer *peer, enum bus_completion_code code, const char *text)
{
	const struct bus_header request = core->rx->header;

	bus_make_completion(core->tx, &request, code, text);
	(void)peer_send(peer);
}

/* ---- the test sheet ---- */

static struct receipt_line *add(
	struct receipt *receipt, enum receipt_kind kind, const char *text, const char *value)
{
	struct receipt_line *line = &receipt->lines[receipt->line_count++];

	line->kind = kind;
	vt_copy_cut(line->text, sizeof(line->text), text);
	vt_copy_cut(line->value, sizeof(line->value), value);
	return line;
}

static void fill_sheet(
	const struct core *core, const struct device_status *device, struct receipt *receipt)
{
	const time_t now = (time_t)(core_unix_ms(core) / 1000);
	char when[32] = "", code[96];
	struct tm local;

	if (localtime_r(&now, &local))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	memset(receipt, 0, sizeof(*receipt));
	vt_copy_cut(receipt->lang, sizeof(receipt->lang), "es");
	add(receipt, RECEIPT_TITLE, "Hoja de prueba", "");
	add(receipt, RECEIPT_BIG, "PRUEBA · Sin validez", "");
	add(receipt, RECEIPT_RULE, "", "");
	add(receipt, RECEIPT_PAIR, "Terminal", core->terminal);
	add(receipt, RECEIPT_PAIR, "Fecha y hora", when);
	add(receipt, RECEIPT_PAIR, "Dispositivo", device->id);
	add(receipt, RECEIPT_PAIR, "Modelo", device->model);
	add(receipt, RECEIPT_PAIR, "USB", device->usb);
	add(receipt, RECEIPT_RULE, "", "");
	add(receipt, RECEIPT_TEXT, "ABCDEFGHIJKLMNÑOPQRSTUVWXYZ ÁÉÍÓÚÜ", "");
	add(receipt, RECEIPT_TEXT, "abcdefghijklmnñopqrstuvwxyz áéíóúü", "");
	add(receipt, RECEIPT_TEXT, "0123456789 $ % & / ( ) ¿ ? ¡ !", "")->bold = true;
	vt_copy_cut(code, sizeof(code), "PRUEBA");
	if (!vt_format(code, sizeof(code), "PRUEBA-%s", core->terminal))
		vt_copy_cut(code, sizeof(code), "PRUEBA");
	add(receipt, RECEIPT_QR, code, "");
	add(receipt, RECEIPT_BARCODE, code, "");
	add(receipt, RECEIPT_RULE, "", "");
	add(receipt, RECEIPT_TEXT, "PRUEBA · Sin validez", "")->centred = true;
}

/* ---- asking ---- */

static const struct device_status *find_device(const struct core *core, const char *id)
{
	for (size_t i = 0; i < core->device_list.count; i++)
		if (strcmp(core->device_list.devices[i].id, id) == 0)
			return &core->device_list.devices[i];
	return NULL;
}

static bool is_printer(const struct device_status *device)
{
	return strcmp(device->class, "Printer") == 0;
}

/* Answers whoever asked: with a completion, or at the screen. tested holds for both orders there.
 */
static void tell(struct core *core, enum bus_completion_code code, const char *text,
	const struct device_tested *tested, const struct device_status *status)
{
	struct maintenance *order = &core->maintenance;
	struct peer *peer = order->peer;

	order->is_used = false;
	order->peer = NULL;
	if (!peer) {
		technician_ordered(core, order->device, code, text, tested);
		return;
	}
	bus_make_completion(core->tx, &order->request, code, code ? text : NULL);
	if (code == BUS_SUCCESS && order->request.name == BUS_DEVICE_TEST)
		core->tx->payload.device_tested = *tested;
	else if (code == BUS_SUCCESS)
		core->tx->payload.device_status = *status;
	(void)peer_send(peer);
}

static void note(struct core *core, const char *what, const char *device)
{
	char fact[JOURNAL_WORD_SIZE];

	if (!vt_format(fact, sizeof(fact), "%s %s", what, device))
		vt_copy_cut(fact, sizeof(fact), what);
	if (core->maintenance.peer)
		journal_note_technician(core->maintenance.peer, fact, NULL);
	else
		journal_note_screen(core, fact, NULL);
}

static void send_order(struct core *core, const struct device_status *device)
{
	struct maintenance *order = &core->maintenance;

	if (order->request.name == BUS_DEVICE_TEST && is_printer(device)) {
		bus_make_command(core->tx, core->devices.conn, BUS_PRINTER_PRINT_FORM);
		core->tx->header.timeout_ms = device->size == PAPER_LETTER ? LETTER_MS : SHEET_MS;
		vt_uuid_make(core->tx->payload.print_form.job);
		core->tx->payload.print_form.size = device->size;
		fill_sheet(core, device, &core->tx->payload.print_form.receipt);
	} else {
		bus_make_command(core->tx, core->devices.conn, order->request.name);
		core->tx->header.timeout_ms = ORDER_MS;
		memcpy(core->tx->payload.device_query.device, order->device, sizeof(order->device));
	}
	order->asked = core->tx->header.request_id;
	(void)peer_send(&core->devices); /* if it is gone, maintenance_devices_gone() tells so */
}

/* Why an order cannot be given now; BUS_SUCCESS: it can. */
static enum bus_completion_code judge(
	const struct core *core, const struct device_status *device, const char **ret_text)
{
	if (!core->devices.conn) {
		*ret_text = "the device process is not there";
		return BUS_DEVICE_NOT_READY;
	}
	if (!device) {
		*ret_text = "no such device";
		return BUS_NOT_FOUND;
	}
	if (core->maintenance.is_used || core->sheet.is_used || session_is_open(core->session)) {
		*ret_text = "a citizen is served, or a device is being tested";
		return BUS_SEQUENCE_ERROR;
	}
	return BUS_SUCCESS;
}

static void give_order(struct core *core, struct peer *peer, const struct bus_header *request,
	const struct device_status *device)
{
	struct maintenance *order = &core->maintenance;

	order->is_used = true;
	order->peer = peer;
	order->request = *request;
	memcpy(order->device, device->id, sizeof(order->device));
	note(core, request->name == BUS_DEVICE_RESET ? "device reset" : "device test", device->id);
	send_order(core, device);
}

void answer_maintenance(struct core *core, struct peer *peer)
{
	const struct bus_header request = core->rx->header;
	const struct device_status *device =
		find_device(core, core->rx->payload.device_query.device);
	const char *text;
	const enum bus_completion_code code = judge(core, device, &text);

	if (code)
		refuse(core, peer, code, text);
	else
		give_order(core, peer, &request, device);
}

enum bus_completion_code maintenance_order(
	struct core *core, const char *id, bool is_test, const char **ret_text)
{
	const struct bus_header request = {.name = is_test ? BUS_DEVICE_TEST : BUS_DEVICE_RESET};
	const struct device_status *device = find_device(core, id);
	const enum bus_completion_code code = judge(core, device, ret_text);

	if (code == BUS_SUCCESS)
		give_order(core, NULL, &request, device);
	return code;
}

/* ---- answers ---- */

/* What came of a test, for the audit journal. */
static void note_test(struct core *core, const struct device_tested *tested)
{
	char fact[JOURNAL_WORD_SIZE];

	vt_log(VT_LOG_NOTICE, "device %s: test %s %s", tested->device,
		test_outcome_names[tested->outcome], tested->reason);
	if (vt_format(fact, sizeof(fact), "test %s", tested->device))
		note(core, fact, test_outcome_names[tested->outcome]);
}

static void take_print(const struct core *core, const struct printer_print_result *result,
	struct device_tested *tested)
{
	static const struct {
		enum test_outcome outcome;
		const char *detail;
	} ends[PRINT_OUTCOME_COUNT] = {
		[OUTCOME_PRINTED] = {TEST_PASSED,
			"Look at the sheet: lines complete, both codes readable, edges clean."},
		[OUTCOME_FAILED] = {TEST_FAILED, "Nothing usable was printed."},
		[OUTCOME_UNKNOWN] = {TEST_UNKNOWN,
			"The printer did not say whether the sheet came out: look at it."},
	};
	const struct device_status *device = find_device(core, core->maintenance.device);

	tested->outcome = ends[result->outcome].outcome;
	memcpy(tested->reason, result->reason, sizeof(tested->reason));
	vt_copy_cut(tested->detail, sizeof(tested->detail),
		result->outcome == OUTCOME_FAILED && device && device->advice[0]
			? device->advice
			: ends[result->outcome].detail);
}

/* A reset has come out well if the device works now. */
static void take_reset(const struct device_status *status, struct device_tested *tested)
{
	const bool is_good = status->state == DEVICE_READY || status->state == DEVICE_DEGRADED;

	tested->outcome = is_good			   ? TEST_PASSED
			  : status->state == DEVICE_FAILED ? TEST_FAILED
							   : TEST_UNKNOWN;
	memcpy(tested->reason, status->reason, sizeof(tested->reason));
	memcpy(tested->detail, status->advice, sizeof(tested->detail));
}

bool maintenance_done(struct core *core, const struct bus_message *msg)
{
	const struct maintenance *order = &core->maintenance;
	const bool is_test = order->request.name == BUS_DEVICE_TEST;
	enum bus_completion_code code = msg->header.completion;
	struct device_tested tested = {0};

	if (!order->is_used || msg->header.request_id != order->asked)
		return false;
	if (is_test && msg->header.name == BUS_DEVICE_TEST && code == BUS_SUCCESS) {
		tested = msg->payload.device_tested;
	} else if (is_test && msg->header.name == BUS_PRINTER_PRINT_FORM) {
		/* Refused: the printer was not ready in time, nothing was sent to it. */
		const struct printer_print_result refused = {
			.outcome = OUTCOME_FAILED, .reason = "device"};
		take_print(core, code ? &refused : &msg->payload.print_result, &tested);
		code = BUS_SUCCESS;
	}
	memcpy(tested.device, order->device, sizeof(tested.device));
	if (code == BUS_SUCCESS && is_test)
		note_test(core, &tested);
	if (code == BUS_SUCCESS && !is_test)
		take_reset(&msg->payload.device_status, &tested);
	tell(core, code, msg->header.error, &tested, is_test ? NULL : &msg->payload.device_status);
	return true;
}

void maintenance_devices_gone(struct core *core)
{
	if (core->maintenance.is_used)
		tell(core, BUS_DEVICE_NOT_READY, "the device process is gone", NULL, NULL);
}

void maintenance_peer_gone(struct core *core, const struct peer *peer)
{
	if (core->maintenance.peer == peer)
		core->maintenance = (struct maintenance){0};
}
