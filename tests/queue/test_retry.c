/* Waits: full jitter, caps, Retry-After. */

#include "tests/lib/cmocka_prelude.h"

#include "offline-queue/queue/retry.h"
#include "terminal/base/text.h"

static void backoff_spans_from_nothing_to_its_step(void **state)
{
	(void)state;
	assert_int_equal(retry_backoff_ms(0, 0), 0);
	assert_int_equal(retry_backoff_ms(0, UINT64_MAX), 2000);
	assert_int_equal(retry_backoff_ms(3, UINT64_MAX), 16000);
	assert_int_equal(retry_backoff_ms(8, UINT64_MAX), 512000);
	assert_int_equal(retry_backoff_ms(9, UINT64_MAX), RETRY_CAP_MS);
	assert_int_equal(retry_backoff_ms(4000000000u, UINT64_MAX), RETRY_CAP_MS);
	assert_int_equal(retry_backoff_ms(2, UINT64_C(1) << 63), 4000);
}

static void retry_after_is_honoured_up_to_an_hour_with_jitter(void **state)
{
	(void)state;
	assert_int_equal(retry_after_ms(5000, 0, 0), 5000);
	assert_int_equal(retry_after_ms(5000, 0, UINT64_MAX), 7000);
	assert_int_equal(retry_after_ms(INT64_MAX, 0, 0), RETRY_AFTER_CAP_MS);
	assert_int_equal(retry_after_ms(INT64_MAX, 99, UINT64_MAX), RETRY_MAX_WAIT_MS);
	assert_int_equal(retry_after_ms(-5, 0, 0), 0);
	assert_int_equal(retry_after_ms(INT64_MIN, 1, UINT64_MAX), 4000);
}

static void jitter_is_spread_evenly(void **state)
{
	(void)state;
	int bins[10] = {0};

	for (int i = 0; i < 100000; i++) {
		uint64_t random;
		vt_random(&random, sizeof(random));
		const int64_t wait = retry_backoff_ms(20, random);
		assert_in_range(wait, 0, RETRY_CAP_MS);
		bins[wait * 10 / (RETRY_CAP_MS + 1)]++;
	}
	/* 10,000 each; 600 is more than six standard deviations. */
	for (int i = 0; i < 10; i++)
		assert_in_range(bins[i], 9400, 10600);
}

static void the_first_contact_after_boot_is_spread_over_two_minutes(void **state)
{
	(void)state;
	assert_int_equal(retry_boot_ms(0), 0);
	assert_int_equal(retry_boot_ms(UINT64_MAX), 120000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff_spans_from_nothing_to_its_step),
		cmocka_unit_test(retry_after_is_honoured_up_to_an_hour_with_jitter),
		cmocka_unit_test(jitter_is_spread_evenly),
		cmocka_unit_test(the_first_contact_after_boot_is_spread_over_two_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
