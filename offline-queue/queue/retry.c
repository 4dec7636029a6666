#include "offline-queue/queue/retry.h"

/* Uniform in [0, span_ms]; span_ms < 2^32, so the bias of the multiplication is below 2^-31. */
static int64_t uniform_ms(int64_t span_ms, uint64_t random)
{
	const uint64_t high = random >> 32;

	return (int64_t)((high * ((uint64_t)span_ms + 1)) >> 32);
}

static int64_t span_of(unsigned k)
{
	/* 2 s · 2^9 = 1024 s is already above the cap: no shift ever overflows. */
	if (k >= 9)
		return RETRY_CAP_MS;
	const int64_t span_ms = (int64_t)RETRY_BASE_MS << k;
	return span_ms < RETRY_CAP_MS ? span_ms : RETRY_CAP_MS;
}

int64_t retry_backoff_ms(unsigned k, uint64_t random)
{
	return uniform_ms(span_of(k), random);
}

int64_t retry_after_ms(int64_t asked_ms, unsigned k, uint64_t random)
{
	if (asked_ms < 0)
		asked_ms = 0;
	if (asked_ms > RETRY_AFTER_CAP_MS)
		asked_ms = RETRY_AFTER_CAP_MS;
	return asked_ms + retry_backoff_ms(k, random);
}

int64_t retry_boot_ms(uint64_t random)
{
	return uniform_ms(RETRY_BOOT_MS, random);
}
