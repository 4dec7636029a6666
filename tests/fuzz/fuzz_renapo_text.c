/* The XML text inside RENAPO's <return>, as each operation and as an inquiry's. */

#include <stdint.h>

#include "offline-queue/sync/adapters/renapo_answer.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct vt_buf text;

	vt_buf_init(&text, VT_MAX_HTTP_BODY);
	vt_buf_append(&text, data, length);
	for (int i = 0; i < 6; i++) {
		const enum renapo_operation operation = (enum renapo_operation)(i / 2);
		struct adapter_reading reading;
		adapter_reading_init(&reading);
		if (i % 2)
			renapo_read_transaction(operation, "8e03978e-40d5-43e8-bc93-6894a57f9324",
				"SABC560626MDFLRN01", &text, &reading);
		else
			renapo_read_answer(operation, "", &text, &reading);
		VT_ASSERT(reading.body != BODY_APPLIED || reading.answer.length > 0);
		adapter_reading_finish(&reading);
	}
	struct adapter_reading reading;
	adapter_reading_init(&reading);
	renapo_read_ledger(0, &text, &reading);
	VT_ASSERT((reading.body == BODY_APPLIED) == (reading.answer.length > 0));
	adapter_reading_finish(&reading);
	vt_buf_finish(&text);
	return 0;
}
