#ifndef VT_SESSION_LOCKOUT_H
#define VT_SESSION_LOCKOUT_H

/* Wrong codes in a row make the next try wait (UI.md section 13, reliability.md K11): pure, the
 * caller keeps it over restarts.
 *
 *   wrong 1: nothing · 2: 5 s · 3: 15 s · 4: 60 s · 5: 15 min · then twice as long each, up to 24 h
 *
 * Not for ever: who can only knock must not be able to lock the technicians out for good. A try is
 * counted before it is judged, so that pulling the plug is no way around it. */

#include <stdbool.h>
#include <stdint.h>

struct lockout {
	int failures;	       /* in a row */
	int64_t until_unix_ms; /* no try before; 0 = now */
};

/* How long after so many failures. */
int64_t lockout_delay_ms(int failures);
/* Time left; 0 = a try is allowed. A clock that was set back makes nobody wait longer than the
 * delay of the last failure. */
int64_t lockout_left_ms(const struct lockout *lockout, int64_t now_unix_ms);
/* Counts a try as failed; a right code is told by lockout_clear() afterwards. */
void lockout_count(struct lockout *lockout, int64_t now_unix_ms);
void lockout_clear(struct lockout *lockout);

#endif
