#ifndef VT_QUEUE_RETRY_H
#define VT_QUEUE_RETRY_H

/* How long to wait before the next try: full jitter, honouring Retry-After. Pure: randomness is an
 * argument (from the kernel at the edge, never from time: mains return starts thousands of
 * terminals in one second). Why full jitter: reliability.md §2.5. */

#include <stdint.h>

/* First step of the exponential: 2 s · 2^k. */
#define RETRY_BASE_MS 2000
/* Where it stops growing: 10 minutes. */
#define RETRY_CAP_MS 600000
/* Longest Retry-After that we honour: 1 hour; a service that says "next week" is asked again. */
#define RETRY_AFTER_CAP_MS 3600000
/* No wait that this module gives is longer; the store clamps a due time beyond it (clock steps). */
#define RETRY_MAX_WAIT_MS (RETRY_AFTER_CAP_MS + RETRY_CAP_MS)
/* Span of the first contact after boot. */
#define RETRY_BOOT_MS 120000

/* U(0, min(600 s, 2 s · 2^k)), k = waits in a row before this one (any value). */
int64_t retry_backoff_ms(unsigned k, uint64_t random);
/* min(asked_ms, 1 h) plus the backoff of k as jitter; asked_ms ≤ 0: only the backoff. */
int64_t retry_after_ms(int64_t asked_ms, unsigned k, uint64_t random);
/* U(0, 120 s): first contact of a backlog after boot. */
int64_t retry_boot_ms(uint64_t random);

#endif
