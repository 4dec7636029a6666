#include "tests/lib/cmocka_prelude.h"

#include "ui/staff_gesture.h"

static bool tap(struct staff_gesture *gesture, enum staff_zone zone, int64_t at_ms)
{
	assert_false(staff_gesture_down(gesture, 1, zone, at_ms));
	return staff_gesture_up(gesture, 1, zone, at_ms + 80);
}

static void hold(struct staff_gesture *gesture, int64_t ms)
{
	assert_false(staff_gesture_down(gesture, 1, STAFF_CLOCK, 0));
	assert_false(staff_gesture_up(gesture, 1, STAFF_CLOCK, ms));
}

static void five_seconds_and_two_taps_are_it(void **state)
{
	struct staff_gesture gesture = {0};

	(void)state;
	hold(&gesture, 5000);
	assert_false(tap(&gesture, STAFF_EMBLEM, 6000));
	assert_true(tap(&gesture, STAFF_EMBLEM, 6500));
	assert_false(tap(&gesture, STAFF_EMBLEM, 7000)); /* once */
	assert_false(tap(&gesture, STAFF_EMBLEM, 7500));
}

static void anything_less_is_nothing(void **state)
{
	struct staff_gesture gesture = {0};

	(void)state;
	hold(&gesture, 4999);
	assert_false(tap(&gesture, STAFF_EMBLEM, 6000));
	assert_false(tap(&gesture, STAFF_EMBLEM, 6500));
	hold(&gesture, 5000);
	assert_false(tap(&gesture, STAFF_EMBLEM, 5000 + STAFF_PAUSE_MS + 1));
	assert_false(tap(&gesture, STAFF_EMBLEM, 8600));
	hold(&gesture, 5000);
	assert_false(tap(&gesture, STAFF_EMBLEM, 5100));
	assert_false(tap(&gesture, STAFF_ELSEWHERE, 5300));
	assert_false(tap(&gesture, STAFF_EMBLEM, 5500));
	assert_false(tap(&gesture, STAFF_EMBLEM, 5700));
	/* Off the clock before the end. */
	assert_false(staff_gesture_down(&gesture, 1, STAFF_CLOCK, 0));
	assert_false(staff_gesture_up(&gesture, 1, STAFF_ELSEWHERE, 6000));
	assert_false(tap(&gesture, STAFF_EMBLEM, 6100));
	assert_false(tap(&gesture, STAFF_EMBLEM, 6300));
}

static void a_second_finger_begins_it_anew(void **state)
{
	struct staff_gesture gesture = {0};

	(void)state;
	assert_false(staff_gesture_down(&gesture, 1, STAFF_CLOCK, 0));
	assert_false(staff_gesture_down(&gesture, 2, STAFF_CLOCK, 100));
	assert_false(staff_gesture_up(&gesture, 1, STAFF_CLOCK, 6000));
	assert_false(tap(&gesture, STAFF_EMBLEM, 6100));
	assert_false(tap(&gesture, STAFF_EMBLEM, 6300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_seconds_and_two_taps_are_it),
		cmocka_unit_test(anything_less_is_nothing),
		cmocka_unit_test(a_second_finger_begins_it_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
