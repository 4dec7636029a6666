/* In a file of its own, so that a simulation can put its seeded source in its place. */

#include <sys/random.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

void vt_random(void *data, size_t length)
{
	unsigned char *p = data;

	while (length > 0) {
		const ssize_t got = getrandom(p, length, 0);
		VT_ASSERT(got > 0);
		p += got;
		length -= (size_t)got;
	}
}
