/* A hostile card's T=1 blocks: the first byte chooses what is asked, then each block has a byte of
 * length before it. */

#include "drivers/ccid/t1.h"
#include "terminal/base/assert.h"

#define MAX_RESPONSE 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void check(const struct t1 *t1, const struct vt_buf *response)
{
	VT_ASSERT(t1->ns <= 1 && t1->nr <= 1 && t1->ifsc > 0 && t1->ifsc <= t1->max_data);
	VT_ASSERT(t1->block_length >= 4 && t1->block_length <= T1_MAX_BLOCK);
	VT_ASSERT(t1->sent + (t1->mode == T1_SENDING ? t1->chunk : 0) <= t1->length);
	VT_ASSERT(response->length <= MAX_RESPONSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const uint8_t command[600] = {0x80, 0x10};
	struct vt_buf response;
	struct t1 t1;

	if (length < 1)
		return 0;
	vt_buf_init(&response, MAX_RESPONSE);
	t1_init(&t1, data[0] & 1 ? 254 : 32, 32, data[0] & 2 ? 50 : 254, data[0] & 4);
	if (data[0] & 8)
		t1_begin_ifs(&t1, 254);
	else
		t1_begin(&t1, command, data[0] & 16 ? 600 : 5, data[0] & 32, &response);
	for (size_t at = 1; at < length;) {
		size_t count = data[at++];
		count = count < length - at ? count : length - at;
		const enum t1_verdict verdict = t1_receive(&t1, data + at, count);
		at += count;
		if (verdict != T1_SEND)
			break;
		check(&t1, &response);
	}
	vt_buf_finish(&response);
	return 0;
}
