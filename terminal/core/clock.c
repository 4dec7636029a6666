/* Core's idea of the time (terminal/base/timekeeper.h): everything in core that asks for the date
 * asks here. Waiting is done by the monotonic clock alone. */

#include <inttypes.h>
#include <stdlib.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/core/core.h"

/* A trusted time and the wall clock may differ by so much before a technician hears of it. */
#define WRONG_MS 60000
/* After a leap of the clock nothing is shredded for so long, unless a service signs the time: what
 * is destroyed by mistake is gone. A terminal that was off for longer than a leap waits as well. */
#define LEAP_MS	 (7 * 86400 * INT64_C(1000))
#define PAUSE_MS (86400 * INT64_C(1000))
/* A signed time that is further ahead of a clock that looks sound counts for this run only: one
 * receiver's wrong clock must not push the floor of a terminal into the future for ever. */
#define KEEP_MS (86400 * INT64_C(1000))

void core_clock_start(struct core *core)
{
	vt_timekeeper_start(&core->clock, vt_clock_unix_ms(), vt_clock_monotonic_ms());
}

int64_t core_unix_ms(const struct core *core)
{
	return vt_timekeeper_now(&core->clock, vt_clock_monotonic_ms());
}

static void note_leap(struct core *core, int64_t off_ms, const char *word)
{
	journal_note(core, (struct journal_fact){.event = JOURNAL_CLOCK,
				   .first = off_ms / 1000,
				   .second = core->clock.is_trusted,
				   .word = word});
}

/* The row before the one that opening wrote: when this terminal last wrote anything. */
static int64_t last_written(struct core *core)
{
	struct journal_row rows[2];
	size_t count;
	int64_t next;

	return queue_journal_list(core->queue, 0, 2, rows, &count, &next) == VT_OK && count == 2
		       ? rows[1].at_unix_ms
		       : 0;
}

void core_clock_store_opened(struct core *core)
{
	const int64_t now_ms = vt_clock_monotonic_ms();
	const int64_t wall = vt_clock_unix_ms();

	vt_timekeeper_raise(&core->clock, queue_clock_floor(core->queue), now_ms);
	const int64_t last = last_written(core), now = core_unix_ms(core);
	if (last > 0 && now - last > LEAP_MS)
		core->prune_from_ms = now_ms + PAUSE_MS;
	if (wall < core->clock.floor_unix_ms) {
		vt_log(VT_LOG_ERROR,
			"clock: the system's is %" PRId64
			" s before what is known to be past; the date "
			"is uncertain until a service signs the time; check the clock's battery",
			(core->clock.floor_unix_ms - wall) / 1000);
		note_leap(core, wall - core->clock.floor_unix_ms, "below floor");
	}
}

void core_clock_watch(struct core *core)
{
	const int64_t now_ms = vt_clock_monotonic_ms();
	const int64_t off = vt_timekeeper_watch(&core->clock, vt_clock_unix_ms(), now_ms);
	const bool is_wrong = llabs(off) > WRONG_MS;

	if (!core->clock.is_trusted) {
		/* Followed, unless it fell below the floor. */
		if (is_wrong && vt_clock_unix_ms() >= core->clock.floor_unix_ms) {
			vt_log(VT_LOG_WARNING, "clock: stepped by %" PRId64 " s, not trusted yet",
				off / 1000);
			note_leap(core, off, "stepped");
			core->prune_from_ms = now_ms + PAUSE_MS;
		}
	} else if (is_wrong != core->is_clock_wrong) {
		vt_log(is_wrong ? VT_LOG_ERROR : VT_LOG_NOTICE,
			"clock: the system's is %" PRId64 " s %s", off / 1000,
			is_wrong ? "off; the signed time of the services is used; check its source"
				 : "off, which is good again");
		note_leap(core, off, is_wrong ? "system wrong" : "system right");
	}
	core->is_clock_wrong = core->clock.is_trusted && is_wrong;
	core->clock_off_ms = off;
}

bool core_clock_learn(struct core *core, int64_t signed_unix_ms)
{
	const int64_t wall = vt_clock_unix_ms(), floor = core->clock.floor_unix_ms;
	const bool was_trusted = core->clock.is_trusted;

	if (signed_unix_ms <= floor)
		return false;
	const int64_t moved =
		vt_timekeeper_learn(&core->clock, signed_unix_ms, vt_clock_monotonic_ms());
	if ((signed_unix_ms <= wall + KEEP_MS || wall < floor) && storage_begin(core))
		queue_clock_raise(core->queue, signed_unix_ms);
	if (!was_trusted || moved != 0)
		note_leap(core, moved, "signed");
	if (moved != 0)
		vt_log(VT_LOG_WARNING, "clock: set by a signed answer, %" PRId64 " s",
			moved / 1000);
	return moved != 0;
}

bool core_clock_may_prune(const struct core *core)
{
	return core->clock.is_trusted || vt_clock_monotonic_ms() >= core->prune_from_ms;
}
