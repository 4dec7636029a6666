/* A letter-size printer that answers anything: HTTP in pieces of any size, then IPP. The first byte
 * chooses question and pieces. */

#include <stdlib.h>
#include <string.h>

#include "drivers/ipp/http.h"
#include "drivers/ipp/message.h"
#include "terminal/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void decode(unsigned choice, const uint8_t *data, size_t length)
{
	struct ippu_request request = {
		.ask = (enum ippu_ask)(choice % (IPPU_ASK_VALIDATE + 1)), .id = 1};
	struct ippu_answer answer;

	memcpy(request.job, "00000000-0000-4000-8000-000000000001", sizeof(request.job));
	if (ippu_answer_decode(&request, data, length, &answer, NULL))
		return;
	VT_ASSERT(answer.tray_count <= IPPU_MAX_TRAYS);
	VT_ASSERT(memchr(answer.reason, '\0', sizeof(answer.reason)));
	for (size_t i = 0; i < answer.tray_count; i++)
		VT_ASSERT(memchr(answer.trays[i].source, '\0', sizeof(answer.trays[i].source)));
	VT_ASSERT(answer.job_state == IPPU_JOB_UNSEEN || answer.job_id > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	enum ippu_http_result result = IPPU_HTTP_MORE;
	struct ippu_http http;

	if (length < 1)
		return 0;
	const unsigned choice = data[0];
	const size_t piece = choice / 8 + 1;
	decode(choice, data + 1, length - 1); /* without HTTP around it */
	ippu_http_init(&http);
	for (size_t at = 1; at < length && result == IPPU_HTTP_MORE; at += piece)
		result =
			ippu_http_feed(&http, data + at, length - at < piece ? length - at : piece);
	VT_ASSERT(http.body.length <= IPPU_MAX_BODY);
	if (result == IPPU_HTTP_DONE)
		decode(choice, http.body.data, http.body.length);
	ippu_http_finish(&http);
	return 0;
}
