#include "terminal/session/lockout.h"

#include "terminal/base/attributes.h"

#define DAY_MS	     86400000
#define MAX_FAILURES 1000 /* more are not told apart */

int64_t lockout_delay_ms(int failures)
{
	static const int64_t delays[] = {0, 0, 5000, 15000, 60000, 900000};
	const int last = (int)VT_ELEMENTS(delays) - 1;
	int64_t delay;

	if (failures <= last)
		return delays[failures > 0 ? failures : 0];
	delay = delays[last];
	for (int i = last; i < failures && delay < DAY_MS; i++)
		delay *= 2;
	return delay < DAY_MS ? delay : DAY_MS;
}

int64_t lockout_left_ms(const struct lockout *lockout, int64_t now_unix_ms)
{
	const int64_t delay = lockout_delay_ms(lockout->failures);
	const int64_t left = lockout->until_unix_ms - now_unix_ms;

	return left <= 0 ? 0 : left < delay ? left : delay;
}

void lockout_count(struct lockout *lockout, int64_t now_unix_ms)
{
	if (lockout->failures < MAX_FAILURES)
		lockout->failures++;
	lockout->until_unix_ms = now_unix_ms + lockout_delay_ms(lockout->failures);
}

void lockout_clear(struct lockout *lockout)
{
	*lockout = (struct lockout){0};
}
