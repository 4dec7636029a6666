/* The fee service's answers. First byte: 0 to an order, 1 to an inquiry, 2 a problem, 3 a ledger.
 */

#include <stdint.h>
#include <string.h>

#include "offline-queue/sync/adapter.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const struct work_deliver work = {.key = "8e03978e-40d5-43e8-bc93-6894a57f9324",
		.operation = "sheet",
		.payload = "{\"product\":\"passport\",\"fare\":\"half\",\"amountCentavos\":90000}"};
	static const struct work_deliver ledger = {
		.operation = ADAPTER_LEDGER, .payload = "{\"after\":0}"};
	static struct adapter *adapter;
	struct adapter_reading reading;

	if (length == 0)
		return 0;
	if (!adapter)
		VT_ASSERT(fees_ops.open(NULL, "", &adapter, NULL) == VT_OK);
	const struct http_answer answer = {.transport = TRANSPORT_ANSWER,
		.status = data[0] == 2 ? 412 : 200,
		.content_type = "application/json",
		.body = data + 1,
		.body_length = length - 1};
	struct http_answer problem = answer;
	memcpy(problem.content_type, "application/problem+json", 25);
	adapter_reading_init(&reading);
	(data[0] == 1 ? fees_ops.read_inquiry : fees_ops.read)(adapter,
		data[0] == 3 ? &ledger : &work, data[0] == 2 ? &problem : &answer, 0, &reading);
	VT_ASSERT((reading.body == BODY_APPLIED) == (reading.answer.length > 0));
	adapter_reading_finish(&reading);
	return 0;
}
