/* Stands in front of terminal/base/random.c in ventanilla-core-test: with VT_SEED in the
 * environment ids, folios and waiting times of a scripted run are the same each time. Without it,
 * and in every other program, randomness is the kernel's. Never restart a seeded core on its old
 * store: it would draw the same ids again. */

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

static uint64_t state;

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static bool is_seeded(void)
{
	static int known;
	int64_t seed = 0;

	if (known == 0) {
		const char *text = getenv("VT_SEED");
		known = text && vt_parse_i64(text, 0, INT64_MAX, &seed) == VT_OK ? 1 : -1;
		state = (uint64_t)seed;
	}
	return known == 1;
}

void vt_random(void *data, size_t length)
{
	unsigned char *p = data;

	if (!is_seeded()) {
		VT_ASSERT(getrandom(data, length, 0) == (ssize_t)length);
		return;
	}
	for (size_t i = 0; i < length; i++)
		p[i] = (unsigned char)next();
}
