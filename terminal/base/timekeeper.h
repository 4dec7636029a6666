#ifndef VT_BASE_TIMEKEEPER_H
#define VT_BASE_TIMEKEEPER_H

/* What time it is when the wall clock may lie: a kiosk without battery wakes up in 1970, a clock
 * may be stepped by years, and people and papers need the date all the same (reliability.md §2.4).
 *
 *   start: wall clock, not below the floor ──► a signed answer ──► trusted: runs on by the
 * monotonic │ steps of the wall clock are followed                clock, steps are only reported
 *
 * Floor: it is not earlier than that, whatever a clock says: the build, and the last time that a
 * service signed. Pure; the caller brings both clocks and keeps the floor over a restart. */

#include <stdbool.h>
#include <stdint.h>

/* A difference up to this is no step: time that an answer was on its way. */
#define VT_TIME_STEP_MS 5000

struct vt_timekeeper {
	int64_t floor_unix_ms;
	int64_t base_unix_ms, base_ms; /* wall time of a monotonic moment */
	bool is_trusted;	       /* a signed answer has set it since the process began */
};

/* The day on which this program was built: never later than the true time. */
int64_t vt_build_unix_ms(void);

void vt_timekeeper_start(struct vt_timekeeper *keeper, int64_t wall_unix_ms, int64_t now_ms);
/* Milliseconds since 1970 at the monotonic moment now_ms. */
int64_t vt_timekeeper_now(const struct vt_timekeeper *keeper, int64_t now_ms);
/* It is not earlier than floor_unix_ms; lower ones are ignored. */
void vt_timekeeper_raise(struct vt_timekeeper *keeper, int64_t floor_unix_ms, int64_t now_ms);
/* Looks at the wall clock. Returns how far it is from ours, 0 within VT_TIME_STEP_MS; while
 * untrusted, ours has followed it then (down to the floor). */
int64_t vt_timekeeper_watch(struct vt_timekeeper *keeper, int64_t wall_unix_ms, int64_t now_ms);
/* A service signed that it was signed_unix_ms just now. Returns how far ours moved, 0 within
 * VT_TIME_STEP_MS. Ignored below the floor: an old answer told again. */
int64_t vt_timekeeper_learn(struct vt_timekeeper *keeper, int64_t signed_unix_ms, int64_t now_ms);

#endif
