/* What time it is when the wall clock lies: steps of ten years, a dead battery, signed times. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "terminal/base/timekeeper.h"

#define YEAR (INT64_C(365) * 86400 * 1000)
#define NOW  (vt_build_unix_ms() + 30 * INT64_C(86400000))

static struct vt_timekeeper started(int64_t wall)
{
	struct vt_timekeeper keeper;

	vt_timekeeper_start(&keeper, wall, 1000);
	return keeper;
}

static void it_runs_by_the_monotonic_clock(void **state)
{
	(void)state;
	const struct vt_timekeeper keeper = started(NOW);

	assert_int_equal(vt_timekeeper_now(&keeper, 1000), NOW);
	assert_int_equal(vt_timekeeper_now(&keeper, 61000), NOW + 60000);
}

static void a_dead_battery_wakes_up_at_the_floor(void **state)
{
	(void)state;
	struct vt_timekeeper keeper = started(0);

	assert_int_equal(vt_timekeeper_now(&keeper, 1000), vt_build_unix_ms());
	/* What the store kept is later than the build, what it kept earlier is not. */
	vt_timekeeper_raise(&keeper, NOW, 2000);
	assert_int_equal(vt_timekeeper_now(&keeper, 2000), NOW);
	vt_timekeeper_raise(&keeper, NOW - YEAR, 3000);
	assert_int_equal(keeper.floor_unix_ms, NOW);
	/* A floor below the present moves nothing. */
	keeper = started(NOW + YEAR);
	vt_timekeeper_raise(&keeper, NOW, 2000);
	assert_int_equal(vt_timekeeper_now(&keeper, 2000), NOW + YEAR + 1000);
}

static void an_unconfirmed_time_follows_the_wall_clock_down_to_the_floor(void **state)
{
	(void)state;
	struct vt_timekeeper keeper = started(NOW);

	assert_int_equal(vt_timekeeper_watch(&keeper, NOW + 1000 + VT_TIME_STEP_MS, 2000), 0);
	assert_int_equal(vt_timekeeper_now(&keeper, 2000), NOW + 1000);
	assert_int_equal(vt_timekeeper_watch(&keeper, NOW + 10 * YEAR + 1000, 2000), 10 * YEAR);
	assert_int_equal(vt_timekeeper_now(&keeper, 2000), NOW + 10 * YEAR + 1000);
	assert_int_equal(vt_timekeeper_watch(&keeper, NOW, 2000), -10 * YEAR - 1000);
	assert_int_equal(vt_timekeeper_now(&keeper, 2000), NOW);
	assert_true(vt_timekeeper_watch(&keeper, NOW - 10 * YEAR, 2000) < 0);
	assert_int_equal(vt_timekeeper_now(&keeper, 2000), NOW);
}

static void a_signed_time_counts_and_steps_no_longer_do(void **state)
{
	(void)state;
	struct vt_timekeeper keeper = started(NOW + 10 * YEAR);

	assert_false(keeper.is_trusted);
	assert_int_equal(vt_timekeeper_learn(&keeper, NOW, 1000), -10 * YEAR);
	assert_true(keeper.is_trusted);
	assert_int_equal(vt_timekeeper_now(&keeper, 3000), NOW + 2000);
	for (int years = -10; years <= 10; years += 20) {
		assert_int_equal(vt_timekeeper_watch(&keeper, NOW + 2000 + years * YEAR, 3000),
			years * YEAR);
		assert_int_equal(vt_timekeeper_now(&keeper, 3000), NOW + 2000);
	}
	/* The way of an answer is no step: the time does not jump about. */
	assert_int_equal(vt_timekeeper_learn(&keeper, NOW + 500, 3000), 0);
	assert_int_equal(vt_timekeeper_now(&keeper, 3000), NOW + 2000);
}

static void an_old_answer_told_again_turns_nothing_back(void **state)
{
	(void)state;
	struct vt_timekeeper keeper = started(NOW);

	assert_int_equal(vt_timekeeper_learn(&keeper, vt_build_unix_ms() - 1, 1000), 0);
	assert_false(keeper.is_trusted);
	assert_int_equal(vt_timekeeper_learn(&keeper, NOW, 1000), 0);
	assert_int_equal(vt_timekeeper_learn(&keeper, NOW - YEAR, 1000), 0);
	assert_int_equal(vt_timekeeper_now(&keeper, 1000), NOW);
	assert_int_equal(keeper.floor_unix_ms, NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs_by_the_monotonic_clock),
		cmocka_unit_test(a_dead_battery_wakes_up_at_the_floor),
		cmocka_unit_test(an_unconfirmed_time_follows_the_wall_clock_down_to_the_floor),
		cmocka_unit_test(a_signed_time_counts_and_steps_no_longer_do),
		cmocka_unit_test(an_old_answer_told_again_turns_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
