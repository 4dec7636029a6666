#ifndef VT_BASE_CLOCK_H
#define VT_BASE_CLOCK_H

/* Time at the edge of a process. Step functions never call these: time arrives in their event. */

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: for waiting and ordering inside one process. */
int64_t vt_clock_monotonic_ms(void);
/* Milliseconds since 1970-01-01T00:00:00Z by the wall clock: for people and papers. */
int64_t vt_clock_unix_ms(void);
/* Nanoseconds of CLOCK_MONOTONIC, for benchmarks. */
int64_t vt_clock_monotonic_ns(void);

#endif
