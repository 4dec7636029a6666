#include "terminal/base/timekeeper.h"

#include <stdlib.h>

int64_t vt_build_unix_ms(void)
{
	return (int64_t)VT_BUILD_UNIX_S * 1000;
}

static void set(struct vt_timekeeper *keeper, int64_t unix_ms, int64_t now_ms)
{
	keeper->base_unix_ms = unix_ms > keeper->floor_unix_ms ? unix_ms : keeper->floor_unix_ms;
	keeper->base_ms = now_ms;
}

void vt_timekeeper_start(struct vt_timekeeper *keeper, int64_t wall_unix_ms, int64_t now_ms)
{
	*keeper = (struct vt_timekeeper){.floor_unix_ms = vt_build_unix_ms()};
	set(keeper, wall_unix_ms, now_ms);
}

int64_t vt_timekeeper_now(const struct vt_timekeeper *keeper, int64_t now_ms)
{
	return keeper->base_unix_ms + (now_ms - keeper->base_ms);
}

void vt_timekeeper_raise(struct vt_timekeeper *keeper, int64_t floor_unix_ms, int64_t now_ms)
{
	if (floor_unix_ms <= keeper->floor_unix_ms)
		return;
	keeper->floor_unix_ms = floor_unix_ms;
	if (vt_timekeeper_now(keeper, now_ms) < floor_unix_ms)
		set(keeper, floor_unix_ms, now_ms);
}

int64_t vt_timekeeper_watch(struct vt_timekeeper *keeper, int64_t wall_unix_ms, int64_t now_ms)
{
	const int64_t ours = vt_timekeeper_now(keeper, now_ms);
	const int64_t off = wall_unix_ms - ours;

	if (llabs(off) <= VT_TIME_STEP_MS)
		return 0;
	if (!keeper->is_trusted && (wall_unix_ms >= keeper->floor_unix_ms))
		set(keeper, wall_unix_ms, now_ms);
	return off;
}

int64_t vt_timekeeper_learn(struct vt_timekeeper *keeper, int64_t signed_unix_ms, int64_t now_ms)
{
	const int64_t off = signed_unix_ms - vt_timekeeper_now(keeper, now_ms);

	if (signed_unix_ms < keeper->floor_unix_ms)
		return 0;
	keeper->floor_unix_ms = signed_unix_ms;
	keeper->is_trusted = true;
	if (llabs(off) <= VT_TIME_STEP_MS)
		return 0;
	set(keeper, signed_unix_ms, now_ms);
	return off;
}
