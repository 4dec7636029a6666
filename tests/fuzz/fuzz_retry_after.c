/* The value of Retry-After. */

#include <stdint.h>
#include <string.h>

#include "offline-queue/sync/outcome.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char value[128];
	int64_t ms = -1;

	if (length >= sizeof(value))
		return 0;
	memcpy(value, data, length);
	value[length] = '\0';
	if (outcome_parse_retry_after(value, 784111777000, &ms))
		VT_ASSERT(ms >= 0 && ms <= OUTCOME_MAX_RETRY_MS);
	else
		VT_ASSERT(ms == -1);
	return 0;
}
