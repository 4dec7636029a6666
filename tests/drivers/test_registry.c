/* assets/devices.tsv, USB descriptors and the trace file: what is read, what is refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/quarantine.h"
#include "drivers/readers.h"
#include "drivers/registry.h"
#include "drivers/trace.h"
#include "drivers/tsv.h"
#include "drivers/usb/desc.h"
#include "terminal/base/text.h"
#include "tests/lib/cmocka_prelude.h"

#define HEADING                                                                             \
	"vid\tpid\tdriver\tclass\tmodel\twidth_px\tdpi\traster\tcut\tfeed_lines\tcode_page" \
	"\tcolumns\tqr\tconfirm\tauto_status\tcutter_counter\tnotes\n"
#define GOOD                                                                                  \
	"04b8\t0e15\tescpos\tPrinter\tEpson TM-T20II\t576\t203\tyes\tpartial\t3\t19\t48\tyes" \
	"\tprocess-id\tyes\tyes\tnote\n"

#define READERS "vid\tpid\tmodel\tquirks\tnotes\n"

static struct registry registry;

static enum vt_code parse(const char *text, struct vt_error *error)
{
	return registry_parse(text, strlen(text), &registry, error);
}

static void the_shipped_table_is_good_and_knows_the_demo_printer(void **state)
{
	struct vt_error error;
	char path[512];

	(void)state;
	assert_true(
		vt_format(path, sizeof(path), "%s/assets/devices.tsv", getenv("VT_SOURCE_DIR")));
	if (registry_load(path, &registry, &error))
		fail_msg("%s", error.msg);
	const struct device_entry *entry = registry_find(&registry, 0x04b8, 0x0e15);
	assert_non_null(entry);
	assert_string_equal(entry->model, "Epson TM-T20II");
	assert_int_equal(entry->printer.width_px, 576);
	assert_int_equal(entry->printer.confirm, CONFIRM_PROCESS_ID);
	assert_null(registry_find(&registry, 0x0781, 0x5567));
}

static void refused(const char *text, enum vt_code code, const char *where)
{
	struct vt_error error = {0};

	assert_int_equal(parse(text, &error), code);
	if (!strstr(error.msg, where))
		fail_msg("\"%s\" does not name %s", error.msg, where);
	assert_int_equal(registry.count, 0);
}

/* GOOD with one cell replaced. */
static void bad_cell(const char *from, const char *to, const char *where)
{
	char text[1024] = HEADING;
	const char *at = strstr(GOOD, from);

	assert_non_null(at);
	const size_t used = strlen(text);
	snprintf(text + used, sizeof(text) - used, "%.*s%s%s", (int)(at - GOOD), GOOD, to,
		at + strlen(from));
	refused(text, VT_ERR_PARSE, where);
}

static void each_column_refuses_what_it_cannot_be(void **state)
{
	struct vt_error error;

	(void)state;
	assert_int_equal(parse("# comment\n\n" HEADING GOOD, &error), VT_OK);
	assert_int_equal(registry.count, 1);
	bad_cell("04b8", "4b8", "line 2: bad vid");
	bad_cell("04b8", "04bg", "bad vid");
	bad_cell("0e15", "0x0e15", "bad pid");
	bad_cell("escpos", "starprnt", "bad driver");
	bad_cell("Printer", "CardReader", "bad class");
	bad_cell("Epson TM-T20II", "", "bad model");
	bad_cell("576", "577", "bad width_px");
	bad_cell("576", "2048", "bad width_px");
	bad_cell("203", "72", "bad dpi");
	bad_cell("yes\tpartial", "ja\tpartial", "bad raster");
	bad_cell("partial", "half", "bad cut");
	bad_cell("\t19\t", "\t256\t", "bad code_page");
	bad_cell("\t48\t", "\t-1\t", "bad columns");
	bad_cell("process-id", "", "bad confirm");
	bad_cell("yes\tyes\tnote", "yes\t1\tnote", "bad cutter_counter");
	bad_cell("\tnote", "", "columns expected");
	bad_cell("\tnote", "\tnote\tmore", "columns expected");
}

static void a_broken_file_is_refused_as_a_whole(void **state)
{
	static const char nul[] = HEADING "04b8\0\n";
	char *large = malloc(TSV_MAX_FILE + 2);
	struct vt_error error;

	(void)state;
	refused("", VT_ERR_PARSE, "no heading");
	refused(GOOD, VT_ERR_PARSE, "wrong heading");
	refused(HEADING GOOD GOOD, VT_ERR_EXISTS, "04b8:0e15 twice");
	refused(HEADING "\xff\n", VT_ERR_PARSE, "not text");
	assert_int_equal(registry_parse(nul, sizeof(nul) - 1, &registry, &error), VT_ERR_PARSE);
	assert_non_null(large);
	memset(large, '#', TSV_MAX_FILE + 1);
	assert_int_equal(registry_parse(large, TSV_MAX_FILE + 1, &registry, &error), VT_ERR_LIMIT);
	assert_int_equal(registry_parse(large, 600, &registry, &error), VT_ERR_LIMIT);
	free(large);
	assert_int_equal(registry_load("/nonexistent", &registry, &error), VT_ERR_NOT_FOUND);
}

/* ---- descriptors ---- */

static const uint8_t printer[] = {18, 1, 0, 2, 0, 0, 0, 64, 0xb8, 0x04, 0x15, 0x0e, 0, 1, 1, 2, 3,
	1, 9, 2, 32, 0, 1, 1, 0, 0xc0, 1, 9, 4, 0, 0, 2, 7, 1, 2, 0, 7, 5, 0x01, 2, 64, 0, 0, 7, 5,
	0x82, 2, 64, 0, 0};

static void a_printer_is_understood(void **state)
{
	struct usb_desc desc;
	struct vt_error error;

	(void)state;
	assert_int_equal(usb_desc_parse(printer, sizeof(printer), &desc, &error), VT_OK);
	assert_int_equal(desc.vid, 0x04b8);
	assert_int_equal(desc.pid, 0x0e15);
	assert_int_equal(desc.interface_count, 1);
	assert_int_equal(desc.interfaces[0].class, 7);
	assert_int_equal(desc.interfaces[0].endpoint_count, 2);
	assert_int_equal(
		usb_desc_endpoint(&desc.interfaces[0], USB_TYPE_BULK, 0x80)->address, 0x82);
	assert_int_equal(usb_desc_endpoint(&desc.interfaces[0], USB_TYPE_BULK, 0)->address, 0x01);
	assert_null(usb_desc_endpoint(&desc.interfaces[0], USB_TYPE_INTERRUPT, 0x80));
}

static void every_truncation_is_refused(void **state)
{
	struct usb_desc desc, before;
	struct vt_error error;

	(void)state;
	memset(&desc, 0x5a, sizeof(desc));
	before = desc;
	for (size_t n = 0; n < sizeof(printer); n++) {
		assert_int_equal(usb_desc_parse(printer, n, &desc, &error), VT_ERR_PARSE);
		assert_memory_equal(&desc, &before, sizeof(desc));
	}
}

static void a_lying_descriptor_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = {{0, 17}, {1, 2}, {18, 8}, {19, 4}, {20, 33}, {20, 8}, {21, 1}, {27, 0}, {27, 1},
		{27, 8}, {27, 255}, {31, 9}, {36, 6}, {38, 0x82}, {38, 0x00}, {38, 0x71}, {40, 0},
		{43, 6}, {43, 8}};
	uint8_t data[sizeof(printer)];
	struct usb_desc desc;
	struct vt_error error;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(lies); i++) {
		memcpy(data, printer, sizeof(data));
		data[lies[i].at] = lies[i].value;
		const enum vt_code code = usb_desc_parse(data, sizeof(data), &desc, &error);
		if (code != VT_ERR_PARSE && code != VT_ERR_LIMIT)
			fail_msg("byte %zu = %u taken", lies[i].at, lies[i].value);
	}
}

/* ---- trace ---- */

static void a_trace_is_read_back_as_written(void **state)
{
	struct printer_trace trace = {.is_dirty = true, .has_counter = true, .counter = 4711};
	struct printer_trace back;
	char dir[] = "/tmp/vtt-XXXXXX", path[64];
	struct vt_error error;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(vt_format(path, sizeof(path), "%s/printer.trace", dir));
	assert_int_equal(trace_load(path, &back, &error), VT_ERR_NOT_FOUND);
	assert_false(back.is_dirty);
	assert_true(vt_copy(trace.job, sizeof(trace.job), "00000000-0000-4000-8000-000000000001"));
	assert_int_equal(trace_store(path, &trace, &error), VT_OK);
	assert_int_equal(trace_load(path, &back, &error), VT_OK);
	assert_true(back.is_dirty && back.has_counter);
	assert_int_equal(back.counter, 4711);
	assert_string_equal(back.job, trace.job);
	/* A torn or foreign file is read with care: something may hang in the printer. */
	assert_int_equal(truncate(path, 20), 0);
	assert_int_equal(trace_load(path, &back, &error), VT_ERR_PARSE);
	assert_true(back.is_dirty);
	assert_string_equal(back.job, "");
	trace = (struct printer_trace){0};
	assert_int_equal(trace_store(path, &trace, &error), VT_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(trace_store(path, &trace, &error), VT_OK);
	trace.is_dirty = true;
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(trace_store(path, &trace, &error), VT_ERR_IO);
}

/* ---- card readers ---- */

static struct readers readers;

static void the_shipped_readers_are_good(void **state)
{
	char path[512];
	struct vt_error error;

	(void)state;
	assert_true(
		vt_format(path, sizeof(path), "%s/assets/readers.tsv", getenv("VT_SOURCE_DIR")));
	if (readers_load(path, &readers, &error))
		fail_msg("%s", error.msg);
	const struct reader_entry *shipped = readers_find(&readers, 0x0e0f, 0x0004, 0x0b);
	assert_string_equal(shipped->model, "Virtual CCID reader");
	assert_true(readers_find(&readers, 0x0d46, 0x3010, 0x0b)->quirks.is_short);
	assert_true(readers_find(&readers, 0x08e6, 0x4433, 0x0b)->quirks.iso_mode_escape);
	assert_int_equal(readers_find(&readers, 0x058f, 0x9540, 0x0b)->quirks.max_rate_bps, 200000);
	/* Whatever is not listed is refused, unless the terminal says otherwise; then any other of
	 * the class, but nothing of class FF. */
	assert_null(readers_find(&readers, 0x1234, 0x5678, 0x0b));
	readers.takes_unknown = true;
	assert_non_null(readers_find(&readers, 0x1234, 0x5678, 0x0b));
	assert_null(readers_find(&readers, 0x1234, 0x5678, 0xff));
	readers.takes_unknown = false;
}

static void a_broken_table_of_readers_is_refused(void **state)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {{"", "no heading"}, {"vid\tpid\n", "wrong heading"},
		{READERS "08e6\t4433\tA\t-\n", "line 2: 5 columns"},
		{READERS "08e6\t4433\tA\tshort,quick\tn\n", "line 2: unknown quirk"},
		{READERS "08e6\t4433\tA\trate=12\tn\n", "unknown quirk"},
		{READERS "08e6\t4433\tA\t\tn\n", "unknown quirk"},
		{READERS "08e\t4433\tA\t-\tn\n", "bad vid"},
		{READERS "08e6\t4433\t\t-\tn\n", "bad vid, pid or model"},
		{READERS "08e6\t4433\tA\t-\tn\n08e6\t4433\tB\t-\tn\n", "line 3: 08e6:4433 twice"},
		{READERS "\xff\n", "not text"}};
	struct vt_error error;

	(void)state;
	for (size_t i = 0; i < VT_ELEMENTS(bad); i++) {
		assert_int_not_equal(
			readers_parse(bad[i].text, strlen(bad[i].text), &readers, &error), VT_OK);
		if (!strstr(error.msg, bad[i].reason))
			fail_msg("%s, not %s", error.msg, bad[i].reason);
		assert_int_equal(readers.count, 0);
	}
}

/* ---- quarantine ---- */

static void who_comes_and_goes_is_left_alone_for_a_while(void **state)
{
	struct quarantine q = {0};
	int64_t now_ms = 1000;

	(void)state;
	/* A person who tries it five times in a minute, and one who does it all day. */
	for (int i = 0; i < 100; i++, now_ms += 11000)
		quarantine_arrived(&q, 7, now_ms);
	assert_null(quarantine_reason(&q, 7, now_ms));
	for (int i = 0; i < QUARANTINE_PLUGS + 1; i++, now_ms += 1000)
		quarantine_arrived(&q, 7, now_ms);
	assert_string_equal(quarantine_reason(&q, 7, now_ms), "flapping");
	assert_null(quarantine_reason(&q, 8, now_ms));
	assert_in_range(quarantine_wake_ms(&q, now_ms), now_ms + 1, now_ms + QUARANTINE_MS);
	assert_null(quarantine_reason(&q, 7, now_ms + QUARANTINE_MS));
	quarantine_forgive(&q, 7);
	assert_null(quarantine_reason(&q, 7, now_ms));
}

static void who_keeps_lying_is_let_go(void **state)
{
	struct quarantine q = {0};

	(void)state;
	assert_false(quarantine_judge(&q, 7, true, 1000));
	assert_false(quarantine_judge(&q, 7, true, QUARANTINE_LYING_MS));
	assert_false(quarantine_judge(&q, 7, false, QUARANTINE_LYING_MS + 500));
	assert_false(quarantine_judge(&q, 7, true, QUARANTINE_LYING_MS + 1000));
	assert_true(quarantine_judge(&q, 7, true, 2 * QUARANTINE_LYING_MS + 1000));
	assert_string_equal(quarantine_reason(&q, 7, 2 * QUARANTINE_LYING_MS + 1001), "lying");
	/* More devices than places: the table stays whole. */
	for (uint32_t id = 100; id < 100 + 3 * QUARANTINE_MAX; id++)
		quarantine_arrived(&q, id, 2 * QUARANTINE_LYING_MS + 2000);
	assert_string_equal(quarantine_reason(&q, 7, 2 * QUARANTINE_LYING_MS + 2001), "lying");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_table_is_good_and_knows_the_demo_printer),
		cmocka_unit_test(each_column_refuses_what_it_cannot_be),
		cmocka_unit_test(a_broken_file_is_refused_as_a_whole),
		cmocka_unit_test(a_printer_is_understood),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_lying_descriptor_is_refused),
		cmocka_unit_test(a_trace_is_read_back_as_written),
		cmocka_unit_test(the_shipped_readers_are_good),
		cmocka_unit_test(a_broken_table_of_readers_is_refused),
		cmocka_unit_test(who_comes_and_goes_is_left_alone_for_a_while),
		cmocka_unit_test(who_keeps_lying_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
