/* The letter-size printer's driver on the virtual IPP printer, called directly (T0), and its fault
 * matrix: whatever happens at whatever transfer, the outcome is the truth. */

#include <cups/raster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ipp/port.h"
#include "terminal/base/text.h"
#include "tests/drivers/documents.h"
#include "tests/drivers/rig.h"
#include "tests/drivers/usb_direct.h"
#include "tests/lib/cmocka_prelude.h"
#include "tools/virtual-devices/ipp-printer.h"

#define MAX_SHEETS 16
/* A small page of noise: three transfers of 16 KiB. */
#define SMALL 190

static const char job_id[] = "00000000-0000-4000-8000-00000000000%d";

struct letter {
	int64_t now_ms;
	struct vdev *dev;
	struct usb *usb;
	struct ippu_port *port;
	size_t done_count, resolved_count;
	struct printer_print_result done, resolved;
	struct vdev_sheet *sheets[MAX_SHEETS];
	size_t sheet_count;
	int job_number;
};

static int64_t now_ms(void *owner)
{
	return ((struct letter *)owner)->now_ms;
}

static void on_done(void *owner, const struct printer_print_result *result)
{
	struct letter *l = owner;

	l->done_count++;
	l->done = *result;
}

static void on_resolved(void *owner, const struct printer_print_result *result)
{
	struct letter *l = owner;

	l->resolved_count++;
	l->resolved = *result;
}

static void on_changed(void *owner)
{
	(void)owner;
}

static void on_arrived(void *owner, const struct usb_device_info *info)
{
	struct letter *l = owner;

	/* A fault may hit the opening, too; the device process then tries again, this does not. */
	if (ippu_port_attach(l->port, info, NULL))
		fail_msg("not attached");
}

static void on_left(void *owner, usb_key key)
{
	(void)ippu_port_detach(((struct letter *)owner)->port, key);
}

static void take_sheets(struct letter *l)
{
	struct vdev_effect effect;

	while (vdev_take_effect(l->dev, &effect)) {
		if (effect.sheet && l->sheet_count < MAX_SHEETS) {
			l->sheets[l->sheet_count++] = effect.sheet;
			effect.sheet = NULL;
		}
		vdev_effect_finish(&effect);
	}
}

static void settle(struct letter *l)
{
	for (int i = 0; i < 10000; i++) {
		vdev_tick(l->dev, l->now_ms);
		bool did = usb_direct_run(l->usb, l->now_ms);
		if (ippu_port_wake_ms(l->port) <= l->now_ms) {
			ippu_port_wake(l->port);
			did = true;
		}
		take_sheets(l);
		if (!did)
			return;
	}
	fail_msg("busy loop");
}

static void run_for(struct letter *l, int64_t ms)
{
	const int64_t until_ms = l->now_ms + ms;

	settle(l);
	while (l->now_ms < until_ms) {
		const int64_t wakes[] = {ippu_port_wake_ms(l->port), usb_direct_wake_ms(l->usb),
			vdev_next_ms(l->dev)};
		int64_t next_ms = until_ms;
		for (size_t i = 0; i < VT_ELEMENTS(wakes); i++)
			if (wakes[i] < next_ms)
				next_ms = wakes[i];
		l->now_ms = next_ms > l->now_ms ? next_ms : l->now_ms + 1;
		settle(l);
	}
}

static void start(struct letter *l, const struct ipp_printer_options *options)
{
	static const struct ipp_printer_options plain = {0};
	static const struct ippu_media media = {.security = "security"};
	const struct usb_watch watch = {.arrived = on_arrived, .left = on_left, .owner = l};
	const struct ippu_port_owner owner = {.owner = l,
		.now_ms = now_ms,
		.done = on_done,
		.resolved = on_resolved,
		.changed = on_changed};

	*l = (struct letter){.now_ms = 1000};
	l->dev = ipp_printer_create(options ? options : &plain);
	assert_non_null(l->dev);
	l->usb = usb_direct_create(l->dev);
	l->port = ippu_port_create(l->usb, &owner, &media, 4711);
	assert_non_null(l->port);
	assert_int_equal(l->usb->ops->watch(l->usb, &watch, NULL), VT_OK);
	run_for(l, 10);
	assert_int_equal(ippu_get_state(ippu_port_machine(l->port)), IPPU_IDLE);
}

static void stop(struct letter *l)
{
	take_sheets(l);
	ippu_port_destroy(&l->port);
	usb_destroy(&l->usb);
	for (size_t i = 0; i < l->sheet_count; i++) {
		struct vdev_effect effect = {.type = VDEV_EFFECT_SHEET, .sheet = l->sheets[i]};
		vdev_effect_finish(&effect);
	}
	vdev_destroy(&l->dev);
}

static void command(struct letter *l, const char *line)
{
	struct vt_buf reply;

	vt_buf_init(&reply, 4096);
	if (vdev_command(l->dev, line, &reply))
		fail_msg("%s: %s", line, vt_buf_text(&reply));
	vt_buf_finish(&reply);
}

static struct ippu_view view(const struct letter *l)
{
	struct ippu_view ret;

	ippu_view(ippu_port_machine(l->port), &ret);
	return ret;
}

/* ---- documents ---- */

static uint8_t noise(int x, int y)
{
	return (uint8_t)((uint32_t)(x * 7919 + y * 104729 + x * y * 31) * 2654435761u >> 24);
}

static ssize_t append(void *context, unsigned char *data, size_t length)
{
	vt_buf_append(context, data, length);
	return (ssize_t)length;
}

static void make_small(struct vt_buf *document)
{
	cups_page_header2_t header = {.cupsWidth = SMALL,
		.cupsHeight = SMALL,
		.cupsBitsPerColor = 8,
		.cupsBitsPerPixel = 8,
		.cupsBytesPerLine = SMALL,
		.cupsColorSpace = CUPS_CSPACE_SW,
		.cupsNumColors = 1,
		.HWResolution = {300, 300}};
	uint8_t line[SMALL];

	vt_buf_init(document, PWG_MAX_BYTES);
	cups_raster_t *raster = cupsRasterOpenIO(append, document, CUPS_RASTER_WRITE_PWG);
	assert_non_null(raster);
	assert_true(cupsRasterWriteHeader2(raster, &header));
	for (int y = 0; y < SMALL; y++) {
		for (int x = 0; x < SMALL; x++)
			line[x] = noise(x, y);
		assert_int_equal(cupsRasterWritePixels(raster, line, SMALL), SMALL);
	}
	cupsRasterClose(raster);
}

static bool is_small(const struct vdev_sheet *sheet)
{
	if (sheet->width_px != SMALL || sheet->row_count != SMALL)
		return false;
	for (int y = 0; y < SMALL; y++)
		for (int x = 0; x < SMALL; x++)
			if ((sheet->rows[(size_t)y * sheet->row_bytes + (size_t)x / 8] >>
					    (7 - x % 8) &
				    1) != (noise(x, y) < 128))
				return false;
	return true;
}

static size_t count_small(const struct letter *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->sheet_count; i++)
		count += is_small(l->sheets[i]);
	return count;
}

static void print_small(struct letter *l, enum paper_kind paper)
{
	struct vt_buf document;
	char job[VT_UUID_SIZE];

	l->job_number = l->job_number % 9 + 1;
	(void)snprintf(job, sizeof(job), job_id, l->job_number);
	make_small(&document);
	assert_int_equal(ippu_port_print(l->port, job, paper, 1, &document), VT_OK);
}

static void until_done(struct letter *l, size_t count)
{
	for (int i = 0; i < 3000 && l->done_count < count; i++)
		run_for(l, 100);
	assert_int_equal(l->done_count, count);
}

static void print_and_wait(struct letter *l, enum paper_kind paper)
{
	const size_t before = l->done_count;

	print_small(l, paper);
	until_done(l, before + 1);
}

/* ---- behaviour ---- */

static void a_certificate_is_printed_as_it_was_drawn(void **state)
{
	struct receipt *receipt = calloc(1, sizeof(*receipt));
	struct vt_buf document;
	struct pages pages;
	struct letter l;

	(void)state;
	assert_non_null(receipt);
	assert_true(document_of("certificate", receipt));
	assert_int_equal(page_render(receipt, rig_fonts(), &pages, NULL), VT_OK);
	for (int black = 0; black < 2; black++) {
		start(&l, &(struct ipp_printer_options){.black_only = black});
		vt_buf_init(&document, PWG_MAX_BYTES);
		const enum pwg_type type = ippu_raster_type(ippu_port_machine(l.port));
		assert_int_equal(type, black ? PWG_BLACK_1 : PWG_SGRAY_8);
		assert_int_equal(pwg_encode(&pages, type, "stationery", &document, NULL), VT_OK);
		assert_int_equal(ippu_port_print(l.port, "00000000-0000-4000-8000-000000000001",
					 PAPER_PLAIN, 1, &document),
			VT_OK);
		until_done(&l, 1);
		assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
		assert_int_equal(l.sheet_count, 1);
		const struct vdev_sheet *sheet = l.sheets[0];
		assert_int_equal(sheet->width_px, PAGE_WIDTH);
		assert_int_equal(sheet->row_count, PAGE_HEIGHT);
		for (size_t y = 0; y < PAGE_HEIGHT; y++)
			for (size_t x = 0; x < PAGE_WIDTH; x++)
				if ((sheet->rows[y * sheet->row_bytes + x / 8] >> (7 - x % 8) &
					    1) != (pages.list[0].pixels[y * PAGE_WIDTH + x] > 127))
					fail_msg("dot %zu, %zu", x, y);
		stop(&l);
	}
	page_finish(&pages);
	free(receipt);
}

static void security_paper_comes_from_its_tray_and_lacks_alone(void **state)
{
	struct letter l;

	(void)state;
	start(&l, NULL);
	print_and_wait(&l, PAPER_SECURITY);
	assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
	assert_string_equal(l.sheets[0]->reason, "security");
	command(&l, "tray security out");
	run_for(&l, 6000);
	const struct ippu_view shown = view(&l);
	assert_int_equal(shown.state, DEVICE_READY);
	assert_int_equal(shown.tray_count, 2);
	assert_int_equal(shown.trays[1].paper, PAPER_SECURITY);
	assert_int_equal(shown.trays[1].level, PAPER_OUT);
	assert_int_equal(shown.trays[0].level, PAPER_FULL);
	print_and_wait(&l, PAPER_SECURITY);
	assert_int_equal(l.done.outcome, OUTCOME_FAILED);
	assert_string_equal(l.done.reason, "paper");
	print_and_wait(&l, PAPER_PLAIN);
	assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
	assert_string_equal(l.sheets[1]->reason, "main");
	assert_int_equal(l.sheet_count, 2);
	stop(&l);
}

static void what_stops_the_printer_fails_before_the_first_byte(void **state)
{
	static const struct {
		const char *on, *off, *reason;
	} stops[] = {{"cover open", "cover close", "cover"}, {"jam", "jam clear", "jam"},
		{"toner out", "toner full", "supply"},
		{"tray main out", "tray main full", "paper"}};
	struct letter l;

	(void)state;
	start(&l, NULL);
	for (size_t i = 0; i < VT_ELEMENTS(stops); i++) {
		command(&l, stops[i].on);
		print_and_wait(&l, PAPER_PLAIN);
		assert_int_equal(l.done.outcome, OUTCOME_FAILED);
		assert_string_equal(l.done.reason, stops[i].reason);
		assert_int_equal(l.sheet_count, i);
		assert_int_not_equal(view(&l).state, DEVICE_READY);
		command(&l, stops[i].off);
		print_and_wait(&l, PAPER_PLAIN);
		assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
		assert_int_equal(view(&l).state, DEVICE_READY);
	}
	stop(&l);
}

static void low_toner_and_a_low_tray_are_told_and_print(void **state)
{
	struct letter l;

	(void)state;
	start(&l, NULL);
	command(&l, "toner low");
	run_for(&l, 6000);
	assert_int_equal(view(&l).state, DEVICE_DEGRADED);
	assert_string_equal(view(&l).reason, "supplyLow");
	command(&l, "toner full");
	command(&l, "tray main low");
	run_for(&l, 6000);
	assert_int_equal(view(&l).state, DEVICE_DEGRADED);
	assert_int_equal(view(&l).paper, PAPER_LOW);
	print_and_wait(&l, PAPER_PLAIN);
	assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
	stop(&l);
}

static void a_jam_in_the_middle_is_taken_back_and_failed(void **state)
{
	struct letter l;

	(void)state;
	start(&l, &(struct ipp_printer_options){.page_ms = 3000});
	print_small(&l, PAPER_PLAIN);
	run_for(&l, 1000);
	command(&l, "jam");
	until_done(&l, 1);
	assert_int_equal(l.done.outcome, OUTCOME_FAILED);
	assert_string_equal(l.done.reason, "jam");
	command(&l, "jam clear");
	run_for(&l, 20000);
	assert_int_equal(l.sheet_count, 0); /* the job was cancelled: nothing comes out later */
	print_and_wait(&l, PAPER_PLAIN);
	assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
	stop(&l);
}

static void paper_put_in_while_it_waits_prints(void **state)
{
	struct letter l;

	(void)state;
	start(&l, &(struct ipp_printer_options){.page_ms = 3000});
	print_small(&l, PAPER_PLAIN);
	run_for(&l, 1000);
	command(&l, "tray main out");
	run_for(&l, 8000);
	assert_int_equal(l.done_count, 0);
	command(&l, "tray main full");
	until_done(&l, 1);
	assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
	stop(&l);
}

static void a_job_the_printer_gives_up_is_failed(void **state)
{
	struct letter l;

	(void)state;
	start(&l, NULL);
	command(&l, "abort on");
	print_and_wait(&l, PAPER_PLAIN);
	assert_int_equal(l.done.outcome, OUTCOME_FAILED);
	assert_int_equal(l.sheet_count, 0);
	stop(&l);
}

static void a_printer_that_falls_silent_is_unknown_and_broken(void **state)
{
	struct letter l;

	(void)state;
	start(&l, &(struct ipp_printer_options){.page_ms = 3000});
	print_small(&l, PAPER_PLAIN);
	run_for(&l, 1000);
	command(&l, "mute on");
	until_done(&l, 1);
	assert_int_equal(l.done.outcome, OUTCOME_UNKNOWN);
	run_for(&l, 20000);
	assert_int_equal(view(&l).state, DEVICE_FAILED);
	command(&l, "mute off");
	run_for(&l, 60000);
	assert_int_equal(l.resolved_count, 1);
	assert_int_equal(l.resolved.outcome, OUTCOME_PRINTED);
	assert_int_equal(l.sheet_count, 1);
	assert_int_equal(view(&l).state, DEVICE_READY);
	stop(&l);
}

static void an_unplug_behind_the_document_is_unknown_and_resolved(void **state)
{
	struct letter l;

	(void)state;
	start(&l, &(struct ipp_printer_options){.page_ms = 3000});
	print_small(&l, PAPER_PLAIN);
	run_for(&l, 1000);
	command(&l, "unplug");
	run_for(&l, 100);
	assert_int_equal(l.done.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(view(&l).state, DEVICE_ABSENT);
	run_for(&l, 5000);
	command(&l, "plug");
	run_for(&l, 2000);
	assert_int_equal(l.resolved_count, 1);
	assert_int_equal(l.resolved.outcome, OUTCOME_PRINTED);
	assert_int_equal(l.sheet_count, 1);
	stop(&l);
}

static void a_job_that_the_printer_forgot_stays_unknown(void **state)
{
	struct letter l;

	(void)state;
	start(&l, &(struct ipp_printer_options){.page_ms = 3000});
	print_small(&l, PAPER_PLAIN);
	run_for(&l, 1000);
	command(&l, "power off");
	run_for(&l, 5000);
	command(&l, "power on");
	run_for(&l, 5000);
	assert_int_equal(l.done_count, 1);
	assert_int_equal(l.done.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(l.resolved_count, 0);
	print_and_wait(&l, PAPER_PLAIN);
	assert_int_equal(l.done.outcome, OUTCOME_PRINTED);
	stop(&l);
}

/* ---- the matrix ---- */

struct fault {
	const char *type, *event, *more;
	/* Bytes that no host can see change or vanish (the bus has a CRC). */
	bool is_invisible;
};

/* False when the fault was never reached. */
static bool run_fault(const struct fault *fault, unsigned n, unsigned page_ms)
{
	struct letter l;
	char line[128];

	start(&l, &(struct ipp_printer_options){.page_ms = page_ms});
	(void)snprintf(line, sizeof(line), "fault %s %s at %u %s", fault->type, fault->event, n,
		fault->more);
	command(&l, line);
	print_small(&l, PAPER_PLAIN);
	for (int i = 0; i < 3000 && l.done_count == 0; i++)
		run_for(&l, 100);
	const bool is_hit = l.dev->fault_count == 0;
	vdev_clear_faults(l.dev);
	if (l.done_count != 1)
		fail_msg("%s: hangs", line);
	run_for(&l, 20000);
	if (!vdev_is_attached(l.dev)) {
		command(&l, "power on");
		command(&l, "plug");
	}
	run_for(&l, 90000);
	const size_t whole = count_small(&l), some = l.sheet_count;
	const struct printer_print_result *last = l.resolved_count > 0 ? &l.resolved : &l.done;
	if (l.done_count != 1 || l.resolved_count > 1)
		fail_msg("%s: told %zu times", line, l.done_count + l.resolved_count);
	if (last->outcome == OUTCOME_PRINTED && (fault->is_invisible ? some != 1 : whole != 1))
		fail_msg("%s: printed, but %zu sheets", line, whole);
	if (last->outcome == OUTCOME_FAILED && whole != 0)
		fail_msg("%s: failed, but %zu sheets", line, whole);
	if (some > 1)
		fail_msg("%s: %zu sheets", line, some);
	if (view(&l).state != DEVICE_READY)
		fail_msg("%s: not ready again: %s", line, view(&l).reason);
	const size_t before = l.sheet_count;
	print_and_wait(&l, PAPER_PLAIN);
	if (l.done.outcome != OUTCOME_PRINTED || l.sheet_count != before + 1 ||
		!is_small(l.sheets[before]))
		fail_msg("%s: next sheet: %s", line, print_outcome_names[l.done.outcome]);
	stop(&l);
	return is_hit;
}

/* clang-format off */
static const struct fault faults[] = {
	{"unplug", "out", "bytes 0", false}, {"unplug", "out", "bytes 700", false},
	{"unplug", "in", "", false}, {"power", "out", "bytes 5", false}, {"power", "in", "", false},
	{"stall", "out", "", false}, {"stall", "in", "", false}, {"error", "out", "", false},
	{"error", "in", "", false}, {"babble", "in", "", false}, {"short", "out", "bytes 3", false},
	{"short", "in", "bytes 1", false}, {"split", "in", "bytes 1", false},
	{"zero", "in", "", false}, {"lost", "in", "", false}, {"repeat", "in", "", false},
	{"garbage", "in", "", false}, {"sequence", "in", "", false},
	{"delay", "any", "ms 700", false}, {"delay", "any", "ms 20000", false},
	{"lost", "out", "", true}, {"garbage", "out", "", true},
};
/* clang-format on */

static void no_fault_at_any_transfer_makes_the_driver_lie_or_hang(void **state)
{
	unsigned cells = 0;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(faults); i++)
		for (unsigned n = 1; run_fault(&faults[i], n, 0); n++, cells++)
			assert_true(n < 200);
	for (size_t i = 0; i < VT_ELEMENTS(faults); i += 2)
		for (unsigned n = 1; run_fault(&faults[i], n, 900); n++, cells++)
			assert_true(n < 200);
	print_message("%u faults\n", cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_printed_as_it_was_drawn),
		cmocka_unit_test(security_paper_comes_from_its_tray_and_lacks_alone),
		cmocka_unit_test(what_stops_the_printer_fails_before_the_first_byte),
		cmocka_unit_test(low_toner_and_a_low_tray_are_told_and_print),
		cmocka_unit_test(a_jam_in_the_middle_is_taken_back_and_failed),
		cmocka_unit_test(paper_put_in_while_it_waits_prints),
		cmocka_unit_test(a_job_the_printer_gives_up_is_failed),
		cmocka_unit_test(a_printer_that_falls_silent_is_unknown_and_broken),
		cmocka_unit_test(an_unplug_behind_the_document_is_unknown_and_resolved),
		cmocka_unit_test(a_job_that_the_printer_forgot_stays_unknown),
		cmocka_unit_test(no_fault_at_any_transfer_makes_the_driver_lie_or_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
