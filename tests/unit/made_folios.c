/* Prints folios and their raw parts for tests/unit/peer_domain.py: "FOLIO", COUNT lines. */

#include <stdio.h>

#include "terminal/base/assert.h"
#include "terminal/domain/folio.h"

int main(void)
{
	char folio[VT_FOLIO_SIZE];

	for (uint32_t i = 0; i < 3000; i++) {
		const uint32_t r = i * 2654435761u + 12345;
		const uint8_t random[4] = {
			(uint8_t)(r >> 24), (uint8_t)(r >> 16), (uint8_t)(r >> 8), (uint8_t)r};
		VT_ASSERT(folio_make("T7Z2", i * 10 % (FOLIO_MAX_EPOCH + 1), i * 349, random, folio,
				  NULL) == VT_OK);
		puts(folio);
	}
	return 0;
}
