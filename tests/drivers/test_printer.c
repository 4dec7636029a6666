/* The printer machine on the virtual printer (T0): what it says about a sheet must be true. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/drivers/rig.h"
#include "tests/lib/cmocka_prelude.h"

static void render(const struct rig *rig, const struct receipt *receipt, struct bitmap *ret)
{
	struct vt_error error;

	if (render_receipt(receipt, &rig->profile, rig->fonts, ret, &error))
		fail_msg("%s", error.msg);
	(void)escpos_guard(ret->bits, ret->rows * ret->width_bytes);
}

static void print_and_wait(struct rig *rig)
{
	struct receipt receipt;

	rig_receipt(&receipt);
	rig_print(rig, &receipt);
	rig_run_done(rig);
}

static void a_sheet_is_printed_cut_and_confirmed(void **state)
{
	struct receipt receipt;
	struct bitmap bitmap;
	struct rig rig;

	(void)state;
	rig_start(&rig, NULL, NULL);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	assert_int_equal(rig_view(&rig).paper, PAPER_FULL);
	print_and_wait(&rig);
	assert_int_equal(rig.done_count, 1);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	assert_string_equal(rig.done.reason, "");
	rig_receipt(&receipt);
	render(&rig, &receipt, &bitmap);
	assert_int_equal(rig.sheet_count, 1);
	assert_true(rig_sheet_is(rig.sheets[0], &bitmap));
	assert_int_equal(printer_unknown_commands(rig.dev), 0);
	render_finish(&bitmap);
	rig_stop(&rig);
}

static void nothing_is_printed_twice_on_a_slow_printer_with_a_small_buffer(void **state)
{
	const struct printer_options slow = {.buffer_bytes = 128, .speed_percent = 30};
	struct receipt receipt;
	struct bitmap bitmap;
	struct rig rig;

	(void)state;
	rig_start(&rig, &slow, NULL);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	rig_receipt(&receipt);
	render(&rig, &receipt, &bitmap);
	assert_int_equal(rig_count_whole(&rig, &bitmap), 1);
	assert_int_equal(rig.sheet_count, 1);
	render_finish(&bitmap);
	rig_stop(&rig);
}

static void a_printer_without_process_id_is_asked_by_gs_r(void **state)
{
	const struct printer_options old = {.instant = true, .no_process_id = true};
	struct printer_profile profile = rig_profile;
	struct rig rig;

	(void)state;
	profile.confirm = CONFIRM_GS_R;
	profile.cutter_counter = false;
	profile.auto_status = false;
	rig_start(&rig, &old, &profile);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	assert_int_equal(rig.sheet_count, 1);
	rig_stop(&rig);
}

static void a_wrong_profile_never_says_printed(void **state)
{
	const struct printer_options old = {.instant = true, .no_process_id = true};
	struct rig rig;

	(void)state;
	rig_start(&rig, &old, NULL);
	assert_int_equal(rig_view(&rig).state, DEVICE_FAILED);
	assert_string_equal(rig_view(&rig).reason, "protocol");
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_FAILED);
	assert_int_equal(rig.sheet_count, 0);
	rig_stop(&rig);
}

static void text_mode_prints_what_raster_cannot(void **state)
{
	struct printer_profile profile = rig_profile;
	struct rig rig;

	(void)state;
	profile.image = IMAGE_NONE;
	rig_start(&rig, NULL, &profile);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	assert_int_equal(rig.sheet_count, 1);
	assert_int_equal(printer_unknown_commands(rig.dev), 0);
	rig_stop(&rig);
}

/* ---- switches before a sheet ---- */

static void refuses_before_the_first_byte(const char *off, const char *reason, const char *on)
{
	struct rig rig;

	rig_start(&rig, NULL, NULL);
	rig_command(&rig, off);
	rig_run(&rig, 2000);
	assert_int_equal(rig_view(&rig).state, DEVICE_FAILED);
	assert_string_equal(rig_view(&rig).reason, reason);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_FAILED);
	assert_string_equal(rig.done.reason, reason);
	assert_int_equal(printer_rows_hanging(rig.dev), 0);
	rig_command(&rig, on);
	rig_run(&rig, 12000);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	assert_int_equal(rig.sheet_count, 1);
	rig_stop(&rig);
}

static void no_paper_fails_before_the_first_byte_and_recovers(void **state)
{
	(void)state;
	refuses_before_the_first_byte("paper out", "paper", "paper full");
}

static void an_open_cover_fails_before_the_first_byte_and_recovers(void **state)
{
	(void)state;
	refuses_before_the_first_byte("cover open", "cover", "cover close");
}

static void a_fatal_error_fails_before_the_first_byte_and_recovers(void **state)
{
	(void)state;
	refuses_before_the_first_byte("fatal on", "device", "fatal off");
}

static void heat_fails_before_the_first_byte_and_recovers(void **state)
{
	(void)state;
	refuses_before_the_first_byte("heat on", "device", "heat off");
}

static void an_offline_printer_fails_before_the_first_byte_and_recovers(void **state)
{
	(void)state;
	refuses_before_the_first_byte("offline on", "device", "offline off");
}

static void near_end_prints_and_is_reported(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, NULL, NULL);
	rig_command(&rig, "paper low");
	rig_run(&rig, 6000);
	assert_int_equal(rig_view(&rig).state, DEVICE_DEGRADED);
	assert_int_equal(rig_view(&rig).paper, PAPER_LOW);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	rig_stop(&rig);
}

/* ---- switches in the middle of a sheet ---- */

static void paper_end_in_the_middle_fails_and_leaves_nothing_to_the_next(void **state)
{
	const struct printer_options options = {.paper_mm = 40, .speed_percent = 100};
	struct receipt receipt;
	struct bitmap bitmap;
	struct rig rig;

	(void)state;
	rig_start(&rig, &options, NULL);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_FAILED);
	assert_string_equal(rig.done.reason, "paper");
	rig_run(&rig, 5000);
	assert_int_equal(rig_view(&rig).state, DEVICE_FAILED);
	assert_int_equal(rig_view(&rig).paper, PAPER_OUT);
	rig_command(&rig, "paper full");
	rig_run(&rig, 5000);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	rig_receipt(&receipt);
	render(&rig, &receipt, &bitmap);
	assert_int_equal(rig_count_whole(&rig, &bitmap), 1);
	assert_true(rig_sheet_is(rig.sheets[rig.sheet_count - 1], &bitmap));
	render_finish(&bitmap);
	rig_stop(&rig);
}

static void a_cover_opened_in_the_middle_fails_and_the_rest_is_spoilt(void **state)
{
	const struct printer_options options = {.speed_percent = 100};
	struct receipt receipt;
	struct bitmap bitmap;
	struct rig rig;

	(void)state;
	rig_start(&rig, &options, NULL);
	rig_receipt(&receipt);
	render(&rig, &receipt, &bitmap);
	rig_print(&rig, &receipt);
	rig_run(&rig, 300);
	assert_true(printer_rows_hanging(rig.dev) > 0);
	rig_command(&rig, "cover open");
	rig_run_done(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_FAILED);
	assert_string_equal(rig.done.reason, "cover");
	rig_command(&rig, "cover close");
	rig_run(&rig, 10000);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	/* What hung out was spoilt and cut off by itself. */
	assert_int_equal(rig.sheet_count, 1);
	assert_false(rig_sheet_is(rig.sheets[0], &bitmap));
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	assert_int_equal(rig.sheet_count, 2);
	assert_true(rig_sheet_is(rig.sheets[1], &bitmap));
	render_finish(&bitmap);
	rig_stop(&rig);
}

static void a_jammed_cutter_is_never_printed(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, NULL, NULL);
	rig_command(&rig, "cutter jam");
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_UNKNOWN);
	assert_string_equal(rig.done.reason, "cutter");
	rig_run(&rig, 3000);
	assert_int_equal(rig_view(&rig).state, DEVICE_FAILED);
	assert_string_equal(rig_view(&rig).reason, "cutter");
	rig_command(&rig, "cutter clear");
	rig_run(&rig, 20000);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	/* The counter says that it was not cut; what hung out is spoilt now. */
	assert_int_equal(rig.resolved_count, 1);
	assert_int_equal(rig.resolved.outcome, OUTCOME_FAILED);
	rig_stop(&rig);
}

static void a_mute_printer_is_broken_and_comes_back(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, NULL, NULL);
	rig_command(&rig, "mute on");
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_FAILED);
	assert_string_equal(rig.done.reason, "device");
	assert_int_equal(rig_view(&rig).state, DEVICE_FAILED);
	assert_int_equal(rig.sheet_count, 0);
	rig_command(&rig, "mute off");
	rig_run(&rig, 60000);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	rig_stop(&rig);
}

static void a_printer_that_stays_silent_behind_the_cut_is_unknown(void **state)
{
	const struct printer_options options = {.speed_percent = 100};
	struct printer_profile profile = rig_profile;
	struct receipt receipt;
	struct rig rig;

	(void)state;
	profile.cutter_counter = false;
	rig_start(&rig, &options, &profile);
	rig_receipt(&receipt);
	rig_print(&rig, &receipt);
	while (printer_get_state(printer_port_machine(rig.port)) != PRINTER_CUTTING)
		rig_run(&rig, 1);
	rig_command(&rig, "mute on");
	rig_run_done(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_UNKNOWN);
	rig_stop(&rig);
}

/* ---- hotplug ---- */

static void an_unplugged_printer_is_absent_and_ready_again_by_itself(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, NULL, NULL);
	rig_command(&rig, "unplug");
	rig_run(&rig, 100);
	assert_int_equal(rig_view(&rig).state, DEVICE_ABSENT);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_FAILED);
	assert_string_equal(rig.done.reason, "absent");
	rig_command(&rig, "plug");
	rig_run_idle(&rig);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	rig_stop(&rig);
}

static void an_unplug_behind_the_cut_is_unknown_and_resolved_as_printed(void **state)
{
	const struct printer_options options = {.speed_percent = 100};
	struct receipt receipt;
	struct rig rig;

	(void)state;
	rig_start(&rig, &options, NULL);
	rig_receipt(&receipt);
	rig_print(&rig, &receipt);
	while (printer_get_state(printer_port_machine(rig.port)) != PRINTER_CUTTING)
		rig_run(&rig, 1);
	rig_run(&rig, 5);
	rig_command(&rig, "unplug");
	rig_run(&rig, 2000);
	assert_int_equal(rig.done.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(rig.sheet_count, 1);
	rig_command(&rig, "plug");
	rig_run(&rig, 3000);
	assert_int_equal(rig.resolved_count, 1);
	assert_int_equal(rig.resolved.outcome, OUTCOME_PRINTED);
	assert_int_equal(rig.sheet_count, 1); /* and nothing was spoilt */
	rig_stop(&rig);
}

static void the_rest_of_a_dead_process_is_spoilt_first(void **state)
{
	struct receipt receipt;
	struct bitmap bitmap;
	struct rig rig;
	const uint8_t band[] = {0x1d, 0x76, 0x30, 0, 72, 0, 0, 1, 0xff, 0xff};

	(void)state;
	rig_start(&rig, NULL, NULL);
	/* Another process died in the middle of a band: the printer waits for its data. */
	assert_int_equal(vdev_out(rig.dev, PRINTER_EP_OUT, band, sizeof(band)), sizeof(band));
	rig_command(&rig, "unplug");
	rig_run(&rig, 10);
	rig_command(&rig, "plug");
	rig_run(&rig, 10000);
	assert_int_equal(rig_view(&rig).state, DEVICE_READY);
	print_and_wait(&rig);
	assert_int_equal(rig.done.outcome, OUTCOME_PRINTED);
	rig_receipt(&receipt);
	render(&rig, &receipt, &bitmap);
	assert_true(rig_sheet_is(rig.sheets[rig.sheet_count - 1], &bitmap));
	render_finish(&bitmap);
	rig_stop(&rig);
}

/* ---- the matrix ---- */

struct fault {
	const char *type;
	const char *event; /* "out", "in", "control" */
	const char *more;  /* "bytes 3" */
	/* Bytes that no host can see change or vanish (the bus has a CRC): then "printed" still
	 * means a cut, but not these rows. */
	bool is_invisible;
};

static size_t count_cut(const struct rig *rig)
{
	size_t count = 0;

	for (size_t i = 0; i < rig->sheet_count; i++)
		count += !rig->sheets[i]->partial;
	return count;
}

/* One run with a fault at the n-th transfer after the sheet was handed over; returns false when
 * the fault was never reached. */
static bool run_fault(const struct printer_options *options, const struct printer_profile *profile,
	const struct fault *fault, unsigned n, const struct bitmap *bitmap)
{
	struct receipt receipt;
	struct rig rig;
	char line[128];

	rig_start(&rig, options, profile);
	snprintf(line, sizeof(line), "fault %s %s at %u %s", fault->type, fault->event, n,
		fault->more);
	rig_command(&rig, line);
	rig_small_receipt(&receipt);
	rig_print(&rig, &receipt);
	rig_run_done(&rig);
	const bool is_hit = rig.dev->fault_count == 0;
	vdev_clear_faults(rig.dev);
	if (rig.done_count != 1)
		fail_msg("%s: hangs", line);
	/* Whatever the printer still does by itself, it does before the cable comes back. */
	rig_run(&rig, 20000);
	if (!vdev_is_attached(rig.dev)) {
		rig_command(&rig, "power on");
		rig_command(&rig, "plug");
	}
	rig_run(&rig, 90000);
	const size_t whole = rig_count_whole(&rig, bitmap);
	if (fault->is_invisible ? rig.done.outcome == OUTCOME_PRINTED && count_cut(&rig) == 0
				: rig.done.outcome == OUTCOME_PRINTED && whole != 1)
		fail_msg("%s: printed, but %zu sheets", line, whole);
	if (rig.done.outcome == OUTCOME_FAILED && whole != 0)
		fail_msg("%s: failed, but %zu sheets", line, whole);
	if (rig.resolved_count > 0 && rig.resolved.outcome == OUTCOME_PRINTED && whole != 1)
		fail_msg("%s: resolved as printed, but %zu sheets", line, whole);
	if (rig.resolved_count > 0 && rig.resolved.outcome == OUTCOME_FAILED && whole != 0)
		fail_msg("%s: resolved as failed, but %zu sheets", line, whole);
	if (whole > 1)
		fail_msg("%s: %zu whole sheets", line, whole);
	/* And the printer is used again, for a clean sheet. */
	if (rig_view(&rig).state != DEVICE_READY)
		fail_msg("%s: not ready again: %s", line, rig_view(&rig).reason);
	rig_print(&rig, &receipt);
	rig_run_done(&rig);
	if (rig.done.outcome != OUTCOME_PRINTED)
		fail_msg("%s: next sheet: %s", line, print_outcome_names[rig.done.outcome]);
	if (!rig_sheet_is(rig.sheets[rig.sheet_count - 1], bitmap))
		fail_msg("%s: next sheet is not clean", line);
	if (rig_count_whole(&rig, bitmap) != whole + 1)
		fail_msg("%s: next sheet counted wrongly", line);
	rig_stop(&rig);
	return is_hit;
}

static void run_matrix(const struct printer_options *options, const struct printer_profile *profile,
	const struct fault *faults, size_t count)
{
	struct receipt receipt;
	struct bitmap bitmap;
	struct rig rig;
	unsigned cells = 0;

	rig_start(&rig, NULL, profile);
	rig_small_receipt(&receipt);
	render(&rig, &receipt, &bitmap);
	rig_stop(&rig);
	for (size_t i = 0; i < count; i++)
		for (unsigned n = 1; run_fault(options, profile, &faults[i], n, &bitmap);
			n++, cells++)
			assert_true(n < 500);
	print_message("%u faults\n", cells);
	render_finish(&bitmap);
}

/* clang-format off */
static const struct fault faults[] = {
	{"unplug", "out", "bytes 0", false}, {"unplug", "out", "bytes 1", false},
	{"unplug", "out", "bytes 7", false}, {"unplug", "out", "bytes 30", false},
	{"unplug", "in", "", false}, {"power", "out", "bytes 5", false}, {"power", "in", "", false},
	{"stall", "out", "", false}, {"stall", "in", "", false}, {"error", "out", "", false},
	{"error", "in", "", false}, {"babble", "in", "", false}, {"short", "out", "bytes 3", false},
	{"short", "in", "bytes 1", false}, {"split", "in", "bytes 1", false},
	{"zero", "in", "", false}, {"lost", "in", "", false}, {"repeat", "in", "", false},
	{"garbage", "in", "", false}, {"sequence", "in", "", false}, {"delay", "out", "ms 700", false},
	{"delay", "in", "ms 700", false}, {"delay", "any", "ms 9000", false},
	{"lost", "out", "", true}, {"garbage", "out", "", true},
};
/* clang-format on */

static void no_fault_at_any_transfer_makes_the_driver_lie_or_hang(void **state)
{
	const struct printer_options instant = {.instant = true};

	(void)state;
	run_matrix(&instant, NULL, faults, sizeof(faults) / sizeof(faults[0]));
}

static void no_fault_at_any_transfer_of_a_slow_printer_makes_the_driver_lie(void **state)
{
	const struct printer_options slow = {.speed_percent = 100, .buffer_bytes = 2048};

	(void)state;
	run_matrix(&slow, NULL, faults, sizeof(faults) / sizeof(faults[0]));
}

static void no_fault_makes_the_driver_of_an_old_printer_lie(void **state)
{
	const struct printer_options old = {.instant = true, .no_process_id = true};
	struct printer_profile profile = rig_profile;

	(void)state;
	profile.confirm = CONFIRM_GS_R;
	profile.cutter_counter = false;
	profile.auto_status = false;
	/* Without counter a flipped bit in the cut itself cannot be seen. */
	run_matrix(&old, &profile, faults, sizeof(faults) / sizeof(faults[0]) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sheet_is_printed_cut_and_confirmed),
		cmocka_unit_test(nothing_is_printed_twice_on_a_slow_printer_with_a_small_buffer),
		cmocka_unit_test(a_printer_without_process_id_is_asked_by_gs_r),
		cmocka_unit_test(a_wrong_profile_never_says_printed),
		cmocka_unit_test(text_mode_prints_what_raster_cannot),
		cmocka_unit_test(no_paper_fails_before_the_first_byte_and_recovers),
		cmocka_unit_test(an_open_cover_fails_before_the_first_byte_and_recovers),
		cmocka_unit_test(a_fatal_error_fails_before_the_first_byte_and_recovers),
		cmocka_unit_test(heat_fails_before_the_first_byte_and_recovers),
		cmocka_unit_test(an_offline_printer_fails_before_the_first_byte_and_recovers),
		cmocka_unit_test(near_end_prints_and_is_reported),
		cmocka_unit_test(paper_end_in_the_middle_fails_and_leaves_nothing_to_the_next),
		cmocka_unit_test(a_cover_opened_in_the_middle_fails_and_the_rest_is_spoilt),
		cmocka_unit_test(a_jammed_cutter_is_never_printed),
		cmocka_unit_test(a_mute_printer_is_broken_and_comes_back),
		cmocka_unit_test(a_printer_that_stays_silent_behind_the_cut_is_unknown),
		cmocka_unit_test(an_unplugged_printer_is_absent_and_ready_again_by_itself),
		cmocka_unit_test(an_unplug_behind_the_cut_is_unknown_and_resolved_as_printed),
		cmocka_unit_test(the_rest_of_a_dead_process_is_spoilt_first),
		cmocka_unit_test(no_fault_at_any_transfer_makes_the_driver_lie_or_hang),
		cmocka_unit_test(no_fault_at_any_transfer_of_a_slow_printer_makes_the_driver_lie),
		cmocka_unit_test(no_fault_makes_the_driver_of_an_old_printer_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
