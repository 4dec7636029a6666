/* The HID readers of the device process on virtual readers, called directly (T0): readings, time,
 * cancel, every fault at every transfer, unplug at every transfer, and where a card's number may
 * be seen. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/barcode/wedge.h"
#include "drivers/hid_slot.h"
#include "terminal/base/text.h"
#include "terminal/bus/conn.h"
#include "tests/drivers/usb_direct.h"
#include "tests/lib/cmocka_prelude.h"
#include "tools/virtual-devices/hid-device.h"

/* A test number of the card schemes, and a card of nobody's industry. */
#define CANARY	"4111111111111111"
#define PAYMENT "swipe %B" CANARY "^CANARIO/PRUEBA^30121010000000000?;" CANARY "=30121010000000000?"
#define STAFF	"swipe %B9912345678^PRUEBA/EMPLEADA^30120000000?;9912345678=30120000000?"
#define CURP	"HEGG560427MVZRRL04"

#define HEADING "vid\tpid\tuse\tmodel\tnotes\n"
#define TWICE	HEADING "0c2e\t0206\tscanner\tA\t-\n0c2e\t0206\tstripe\tB\t-\n"

struct bench {
	int64_t now_ms;
	struct vdev *dev;
	struct usb *usb;
	struct hid_table table;
	struct device_host host;
	struct device *device;
	struct bus_message *msg;
	int64_t last_request;
	/* what was sent: how many completions, and the last of a reading */
	int done;
	enum bus_completion_code code;
	struct barcode_scanned scanned;
	struct stripe_swipe swipe;
	struct vt_buf wire; /* all messages as core reads them */
};

static int64_t now(void *owner)
{
	return ((struct bench *)owner)->now_ms;
}

static bool connected(void *owner)
{
	(void)owner;
	return true;
}

static struct bus_message *message(void *owner)
{
	return ((struct bench *)owner)->msg;
}

static void take(void *owner)
{
	struct bench *b = owner;
	struct vt_error error;

	assert_int_equal(bus_message_encode(b->msg, &b->wire, &error), VT_OK);
	if (b->msg->header.name == BUS_BARCODE_READ ||
		b->msg->header.name == BUS_CARD_READ_STRIPE) {
		b->done++;
		b->code = b->msg->header.completion;
		b->scanned = (struct barcode_scanned){0};
		b->swipe = (struct stripe_swipe){0};
		if (b->code == BUS_SUCCESS && b->msg->header.name == BUS_BARCODE_READ)
			b->scanned = b->msg->payload.barcode_scanned;
		else if (b->code == BUS_SUCCESS)
			b->swipe = b->msg->payload.stripe_swipe;
	}
	bus_message_finish(b->msg);
}

static void refuse(void *owner, const struct bus_header *request, enum bus_completion_code code,
	const char *text)
{
	struct bench *b = owner;

	bus_make_completion(b->msg, request, code, text);
	take(b);
}

static void changed(void *owner, struct device *device)
{
	(void)owner, (void)device;
}

static void arrived(void *owner, const struct usb_device_info *info)
{
	struct bench *b = owner;
	struct vt_error error = {0};

	/* A fault may hit the opening too: then it is tried at the next plug. */
	if (b->device->ops->takes(b->device, info))
		(void)b->device->ops->attach(b->device, info, &error);
}

static void left(void *owner, usb_key key)
{
	struct bench *b = owner;

	(void)b->device->ops->detach(b->device, key);
}

static void settle(struct bench *b)
{
	const struct device_ops *ops = b->device->ops;

	while (usb_direct_run(b->usb, b->now_ms))
		;
	if (ops->wake_ms(b->device) <= b->now_ms) {
		ops->wake(b->device);
		while (usb_direct_run(b->usb, b->now_ms))
			;
	}
}

/* Virtual time passes in steps of whoever wants to be woken. */
static void run(struct bench *b, int64_t ms)
{
	const int64_t end_ms = b->now_ms + ms;

	settle(b);
	while (b->now_ms < end_ms) {
		int64_t at_ms = usb_direct_wake_ms(b->usb);
		const int64_t own_ms = b->device->ops->wake_ms(b->device);
		if (own_ms < at_ms)
			at_ms = own_ms;
		if (at_ms <= b->now_ms)
			at_ms = b->now_ms + 1;
		b->now_ms = at_ms < end_ms ? at_ms : end_ms;
		settle(b);
	}
}

static void vd(struct bench *b, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	if (vdev_command(b->dev, line, &reply))
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

static void start(struct bench *b, enum hid_type type, const char *use, const char *fault)
{
	const struct usb_watch watch = {.arrived = arrived, .left = left, .owner = b};
	char table[256];
	struct vt_error error;

	*b = (struct bench){.now_ms = 1000};
	assert_true(vt_format(table, sizeof(table),
		"vid\tpid\tuse\tmodel\tnotes\n0c2e\t0206\t%s\tReader\t-\n0801\t0002\t%s\tReader\t-"
		"\n",
		use, use));
	assert_int_equal(hid_table_parse(table, strlen(table), &b->table, &error), VT_OK);
	vt_buf_init(&b->wire, 65536);
	b->msg = calloc(1, sizeof(*b->msg));
	assert_non_null(b->msg);
	const bool is_stripe = strcmp(use, "stripe") == 0;
	b->dev = hid_device_create(&(struct hid_device_options){.type = type,
		.vendor_id = is_stripe ? 0x0801 : 0x0c2e,
		.product_id = is_stripe ? 0x0002 : 0x0206});
	assert_non_null(b->dev);
	if (fault)
		vd(b, fault);
	b->usb = usb_direct_create(b->dev);
	b->host = (struct device_host){.owner = b,
		.usb = b->usb,
		.now_ms = now,
		.is_connected = connected,
		.message = message,
		.send = take,
		.refuse = refuse,
		.changed = changed};
	b->device = is_stripe ? hid_slot_create_stripe(&b->host, &b->table)
			      : hid_slot_create_scanner(&b->host, &b->table);
	assert_non_null(b->device);
	assert_int_equal(b->usb->ops->watch(b->usb, &watch, NULL), VT_OK);
	run(b, 100);
}

static void stop(struct bench *b)
{
	b->device->ops->destroy(b->device);
	while (usb_direct_run(b->usb, b->now_ms))
		;
	usb_destroy(&b->usb);
	vdev_destroy(&b->dev);
	vt_buf_finish(&b->wire);
	free(b->msg);
}

static struct device_status status(struct bench *b)
{
	struct device_status status = {0};

	b->device->ops->status(b->device, &status);
	return status;
}

static void expect_state(struct bench *b, enum device_state state, const char *reason)
{
	const struct device_status it = status(b);

	assert_string_equal(device_state_names[it.state], device_state_names[state]);
	assert_string_equal(it.reason, reason);
}

static void ask(struct bench *b, enum bus_name name, int64_t timeout_ms)
{
	struct bus_message *msg = calloc(1, sizeof(*msg));

	assert_non_null(msg);
	msg->header = (struct bus_header){.type = BUS_COMMAND,
		.name = name,
		.request_id = ++b->last_request,
		.timeout_ms = timeout_ms};
	assert_true(b->device->ops->command(b->device, msg));
	free(msg);
	run(b, 0);
}

static bool cancel(struct bench *b, int64_t request_id)
{
	struct bus_message *msg = calloc(1, sizeof(*msg));

	assert_non_null(msg);
	msg->header = (struct bus_header){
		.type = BUS_COMMAND, .name = BUS_COMMON_CANCEL, .request_id = ++b->last_request};
	msg->payload.common_cancel.request_id = request_id;
	const bool is_known = b->device->ops->command(b->device, msg);
	free(msg);
	return is_known;
}

static void expect_code(struct bench *b, int done, enum bus_completion_code code)
{
	assert_int_equal(b->done, done);
	assert_string_equal(bus_completion_code_names[b->code], bus_completion_code_names[code]);
}

/* ---- */

static void a_scan_answers_the_command_that_waits(void **state)
{
	struct bench b;

	(void)state;
	start(&b, HID_SCANNER_POS, "scanner", NULL);
	expect_state(&b, DEVICE_READY, "");
	vd(&b, "scan nobody asked");
	run(&b, 500);
	assert_int_equal(b.done, 0);
	ask(&b, BUS_BARCODE_READ, 5000);
	assert_true(b.device->ops->is_busy(b.device));
	assert_int_equal(b.done, 0);
	vd(&b, "scan code128 " CURP);
	run(&b, 500);
	expect_code(&b, 1, BUS_SUCCESS);
	assert_string_equal(b.scanned.text, CURP);
	assert_string_equal(b.scanned.symbology, "]C0");
	assert_string_equal(b.scanned.device, "scanner");
	assert_false(b.device->ops->is_busy(b.device));
	stop(&b);
}

static void a_long_qr_is_joined_and_nonsense_refused(void **state)
{
	char line[700] = "scan ", *end = line + 5;
	struct bench b;

	(void)state;
	for (int i = 0; i < 600; i++)
		*end++ = (char)('A' + i % 26);
	*end = '\0';
	start(&b, HID_SCANNER_POS, "scanner", NULL);
	ask(&b, BUS_BARCODE_READ, 5000);
	vd(&b, line);
	run(&b, 2000);
	expect_code(&b, 1, BUS_SUCCESS);
	assert_string_equal(b.scanned.text, line + 5);
	ask(&b, BUS_BARCODE_READ, 5000);
	vd(&b, "scan a\\x01b");
	run(&b, 2000);
	expect_code(&b, 2, BUS_INVALID_DATA);
	stop(&b);
}

static void a_scanner_that_types_is_read_like_one_that_decodes(void **state)
{
	static const char text[] = "Ab9|~@/\\ {}\"x";
	char line[64];
	struct bench b;

	(void)state;
	start(&b, HID_SCANNER_KEYBOARD, "scanner-keyboard", NULL);
	expect_state(&b, DEVICE_READY, "");
	ask(&b, BUS_BARCODE_READ, 20000);
	vd(&b, "scan " CURP);
	run(&b, 5000);
	expect_code(&b, 1, BUS_SUCCESS);
	assert_string_equal(b.scanned.text, CURP);
	ask(&b, BUS_BARCODE_READ, 20000);
	assert_true(vt_format(line, sizeof(line), "scan Ab9|~@/\\\\ {}\"x"));
	vd(&b, line);
	run(&b, 5000);
	expect_code(&b, 2, BUS_SUCCESS);
	assert_true(strncmp(b.scanned.text, text, 7) == 0);
	stop(&b);
}

static void time_cancel_and_a_second_command_end_as_they_must(void **state)
{
	struct bench b;

	(void)state;
	start(&b, HID_SCANNER_POS, "scanner", NULL);
	ask(&b, BUS_BARCODE_READ, 3000);
	run(&b, 2900);
	assert_int_equal(b.done, 0);
	run(&b, 200);
	expect_code(&b, 1, BUS_TIME_OUT);
	ask(&b, BUS_BARCODE_READ, 3000);
	const int64_t first = b.last_request;
	ask(&b, BUS_BARCODE_READ, 3000);
	expect_code(&b, 2, BUS_SEQUENCE_ERROR);
	assert_false(cancel(&b, first + 77));
	assert_true(cancel(&b, first));
	expect_code(&b, 3, BUS_CANCELED);
	assert_false(cancel(&b, first));
	vd(&b, "unplug");
	run(&b, 100);
	expect_state(&b, DEVICE_ABSENT, "unplugged");
	ask(&b, BUS_BARCODE_READ, 3000);
	expect_code(&b, 4, BUS_DEVICE_NOT_READY);
	stop(&b);
}

static void an_unlike_device_is_told_and_not_used(void **state)
{
	struct bench b;

	(void)state;
	start(&b, HID_KEYBOARD, "scanner", NULL);
	expect_state(&b, DEVICE_FAILED, "unlike");
	ask(&b, BUS_BARCODE_READ, 1000);
	expect_code(&b, 1, BUS_DEVICE_NOT_READY);
	stop(&b);
}

/* One reading with a fault at its n-th transfer; then, plugged in anew, a good one. */
static void read_with_fault(const char *type, unsigned n, enum hid_type device)
{
	const bool is_stripe = device == HID_STRIPE_POS || device == HID_STRIPE_MAGTEK;
	const enum bus_name name = is_stripe ? BUS_CARD_READ_STRIPE : BUS_BARCODE_READ;
	const char *what = is_stripe ? STAFF : "scan " CURP;
	char fault[64];
	struct bench b;

	assert_true(vt_format(fault, sizeof(fault), "fault %s any at %u", type, n));
	start(&b, device,
		is_stripe			 ? "stripe"
		: device == HID_SCANNER_KEYBOARD ? "scanner-keyboard"
						 : "scanner",
		fault);
	run(&b, 5000);
	ask(&b, name, 20000);
	if (b.done == 0 && status(&b).state != DEVICE_ABSENT)
		vd(&b, what);
	run(&b, 25000);
	assert_int_equal(b.done, 1); /* one end, whatever happened */
	/* Wrong or lost bytes that no status tells of are for the key's check digit to find. */
	if (b.code == BUS_SUCCESS && !is_stripe && strcmp(type, "garbage") != 0 &&
		(device == HID_SCANNER_POS ||
			(strcmp(type, "lost") != 0 && strcmp(type, "sequence") != 0)))
		assert_string_equal(b.scanned.text, CURP);
	vd(&b, "unplug");
	run(&b, 100);
	vd(&b, "fault clear");
	vd(&b, "plug");
	run(&b, 5000);
	expect_state(&b, DEVICE_READY, "");
	ask(&b, name, 20000);
	vd(&b, what);
	run(&b, 25000);
	expect_code(&b, 2, BUS_SUCCESS);
	if (is_stripe)
		assert_string_equal(b.swipe.account, "9912345678");
	else
		assert_string_equal(b.scanned.text, CURP);
	stop(&b);
}

static void every_fault_at_every_transfer_ends_the_reading_once(void **state)
{
	static const char *const types[] = {"stall", "error", "babble", "short", "zero", "lost",
		"repeat", "garbage", "unplug", "sequence"};
	static const enum hid_type devices[] = {
		HID_SCANNER_POS, HID_SCANNER_KEYBOARD, HID_STRIPE_POS, HID_STRIPE_MAGTEK};

	(void)state;
	for (size_t d = 0; d < VT_ELEMENTS(devices); d++)
		for (size_t i = 0; i < VT_ELEMENTS(types); i++)
			for (unsigned n = 1; n <= 12; n++)
				read_with_fault(types[i], n, devices[d]);
}

static bool holds(const void *memory, size_t size, const char *what)
{
	return memmem(memory, size, what, strlen(what)) != NULL;
}

/* The slot is one block of memory; its size is what malloc gave at least. */
static void a_payment_card_leaves_neither_message_nor_memory(void **state)
{
	static const enum hid_type heads[] = {HID_STRIPE_POS, HID_STRIPE_MAGTEK};

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(heads); i++) {
		struct bench b;
		start(&b, heads[i], "stripe", NULL);
		expect_state(&b, DEVICE_READY, "");
		ask(&b, BUS_CARD_READ_STRIPE, 5000);
		vd(&b, STAFF);
		run(&b, 1000);
		expect_code(&b, 1, BUS_SUCCESS);
		assert_string_equal(stripe_outcome_names[b.swipe.outcome], "read");
		assert_string_equal(b.swipe.account, "9912345678");
		assert_string_equal(b.swipe.name, "PRUEBA/EMPLEADA");
		/* The search finds what is there … */
		assert_true(holds(vt_buf_text(&b.wire), b.wire.length, "9912345678"));
		ask(&b, BUS_CARD_READ_STRIPE, 5000);
		vd(&b, PAYMENT);
		run(&b, 1000);
		expect_code(&b, 2, BUS_SUCCESS);
		assert_string_equal(stripe_outcome_names[b.swipe.outcome], "payment");
		/* … and no number, nor its last digits, of the payment card. */
		assert_false(holds(vt_buf_text(&b.wire), b.wire.length, CANARY));
		assert_false(holds(vt_buf_text(&b.wire), b.wire.length, "CANARIO"));
		assert_false(holds(b.msg, sizeof(*b.msg), CANARY));
		assert_false(holds(b.device, hid_slot_size(), CANARY));
		assert_false(holds(b.device, hid_slot_size(), "CANARIO"));
		stop(&b);
	}
}

static void the_table_refuses_what_it_cannot_mean(void **state)
{
	static const char *const bad[] = {"vid\tpid\n", HEADING "0c2e\t0206\tmouse\tA\t-\n",
		HEADING "0c2e\t206\tscanner\tA\t-\n", HEADING "0c2e\t0206\tscanner\t\t-\n",
		HEADING "0c2e\t0206\tscanner\tA\n", TWICE};
	struct hid_table table;
	struct vt_error error;
	char file[400];

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		assert_int_not_equal(
			hid_table_parse(bad[i], strlen(bad[i]), &table, &error), VT_OK);
		assert_int_equal(table.count, 0);
	}
	assert_true(vt_format(file, sizeof(file), "%s/assets/hid.tsv", getenv("VT_SOURCE_DIR")));
	assert_int_equal(hid_table_load(file, &table, &error), VT_OK);
	assert_int_equal(hid_table_find(&table, 0x2047, 0x09d0)->use, HID_USE_KEYPAD);
	assert_null(hid_table_find(&table, 0x046d, 0xc31c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_answers_the_command_that_waits),
		cmocka_unit_test(a_long_qr_is_joined_and_nonsense_refused),
		cmocka_unit_test(a_scanner_that_types_is_read_like_one_that_decodes),
		cmocka_unit_test(time_cancel_and_a_second_command_end_as_they_must),
		cmocka_unit_test(an_unlike_device_is_told_and_not_used),
		cmocka_unit_test(every_fault_at_every_transfer_ends_the_reading_once),
		cmocka_unit_test(a_payment_card_leaves_neither_message_nor_memory),
		cmocka_unit_test(the_table_refuses_what_it_cannot_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
