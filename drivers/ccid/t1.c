#include "drivers/ccid/t1.h"

#include <string.h>

#include "terminal/base/assert.h"

/* ISO 7816-3 §11.6.3: attempts at one block, attempts at synchronising. */
#define MAX_TRIES   3
#define MAX_RESYNCS 3
/* Time extensions in one command: a block waiting time is 100 ms or more, so these fill any limit
 * of ours; a card that asks without waiting must not keep us busy. */
#define MAX_EXTENSIONS 1000

enum {
	PCB_MORE = 0x20,
	PCB_R = 0x80,
	PCB_S = 0xc0,
	PCB_RESPONSE = 0x20,
	S_RESYNCH = 0xc0,
	S_IFS = 0xc1,
	S_ABORT = 0xc2,
	S_WTX = 0xc3,
	R_EDC = 1,
	R_OTHER = 2
};

/* ---- blocks ---- */

static uint8_t lrc(const uint8_t *data, size_t length)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum ^= data[i];
	return sum;
}

/* ISO/IEC 13239: polynomial 1021 reflected, start FFFF. High byte first on the wire, as hosts in
 * the field do it (devices.md B.6, to confirm). */
static uint16_t crc(const uint8_t *data, size_t length)
{
	uint16_t sum = 0xffff;

	for (size_t i = 0; i < length; i++) {
		sum ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)(sum & 1 ? sum >> 1 ^ 0x8408 : sum >> 1);
	}
	return sum;
}

static size_t edc_length(const struct t1 *t1)
{
	return t1->has_crc ? 2 : 1;
}

static bool edc_is_good(const struct t1 *t1, const uint8_t *block, size_t length)
{
	if (!t1->has_crc)
		return block[length] == lrc(block, length);
	const uint16_t sum = crc(block, length);
	return block[length] == sum >> 8 && block[length + 1] == (sum & 0xff);
}

static enum t1_verdict make_block(struct t1 *t1, uint8_t pcb, const uint8_t *data, size_t length)
{
	VT_ASSERT(length <= T1_MAX_DATA);
	t1->block[0] = 0;
	t1->block[1] = pcb;
	t1->block[2] = (uint8_t)length;
	if (length > 0)
		memcpy(t1->block + 3, data, length);
	t1->block_length = 3 + length;
	if (t1->has_crc) {
		const uint16_t sum = crc(t1->block, t1->block_length);
		t1->block[t1->block_length++] = (uint8_t)(sum >> 8);
		t1->block[t1->block_length++] = (uint8_t)sum;
	} else {
		t1->block[t1->block_length] = lrc(t1->block, t1->block_length);
		t1->block_length++;
	}
	t1->block_is_r = (pcb & 0xc0) == PCB_R;
	return T1_SEND;
}

static enum t1_verdict send_i(struct t1 *t1)
{
	const size_t left = t1->length - t1->sent;

	t1->chunk = left < t1->ifsc ? left : t1->ifsc;
	return make_block(t1, (uint8_t)(t1->ns << 6 | (t1->chunk < left ? PCB_MORE : 0)),
		t1->command + t1->sent, t1->chunk);
}

static enum t1_verdict send_r(struct t1 *t1, uint8_t error)
{
	return make_block(t1, (uint8_t)(PCB_R | t1->nr << 4 | error), NULL, 0);
}

/* ---- going wrong ---- */

static enum t1_verdict give_up(struct t1 *t1)
{
	t1->mode = T1_IDLE;
	return T1_FAILED;
}

static enum t1_verdict resynchronise(struct t1 *t1)
{
	if (t1->resyncs++ == MAX_RESYNCS)
		return give_up(t1);
	t1->mode = T1_RESYNCH;
	t1->tries = 0;
	return make_block(t1, S_RESYNCH, NULL, 0);
}

/* The last block goes out once more, the reason of which counts. */
static enum t1_verdict repeat_block(struct t1 *t1)
{
	if (++t1->tries <= MAX_TRIES)
		return T1_SEND;
	return t1->mode == T1_IFS || t1->mode == T1_RESYNCH ? give_up(t1) : resynchronise(t1);
}

/* What came is no valid block, or not the one that could come. */
static enum t1_verdict answer_invalid(struct t1 *t1, uint8_t error)
{
	if (t1->mode == T1_ABORTED)
		return give_up(t1);
	if (t1->mode == T1_IFS || t1->mode == T1_RESYNCH || t1->block_is_r)
		return repeat_block(t1);
	if (++t1->tries > MAX_TRIES)
		return resynchronise(t1);
	return send_r(t1, error);
}

/* ---- what came ---- */

static enum t1_verdict take_i(struct t1 *t1, const uint8_t *block)
{
	const uint8_t pcb = block[1];

	if (t1->mode != T1_SENDING && t1->mode != T1_RECEIVING)
		return answer_invalid(t1, R_OTHER);
	if ((pcb >> 6 & 1) != t1->nr || block[2] > t1->ifsd)
		return answer_invalid(t1, R_OTHER);
	if (t1->mode == T1_SENDING) {
		/* The card may answer the last block of a command only. */
		if (t1->sent + t1->chunk < t1->length)
			return answer_invalid(t1, R_OTHER);
		t1->ns ^= 1;
		t1->mode = T1_RECEIVING;
	}
	t1->nr ^= 1;
	t1->tries = 0;
	vt_buf_append(t1->response, block + 3, block[2]);
	if (t1->response->failed)
		return give_up(t1);
	if (pcb & PCB_MORE)
		return send_r(t1, 0);
	t1->mode = T1_IDLE;
	return T1_DONE;
}

static enum t1_verdict take_r(struct t1 *t1, const uint8_t *block)
{
	const uint8_t pcb = block[1], n = pcb >> 4 & 1;

	if (block[2] != 0 || (pcb & PCB_MORE))
		return answer_invalid(t1, R_OTHER);
	if (t1->mode == T1_RECEIVING) {
		/* Our R was lost: say again which block we want. */
		if (++t1->tries > MAX_TRIES)
			return resynchronise(t1);
		return send_r(t1, 0);
	}
	if (t1->mode != T1_SENDING)
		return answer_invalid(t1, R_OTHER);
	if (n == t1->ns) {
		if (++t1->tries > MAX_TRIES)
			return resynchronise(t1);
		return send_i(t1);
	}
	/* It has arrived. */
	if (t1->sent + t1->chunk == t1->length)
		return answer_invalid(t1, R_OTHER);
	t1->sent += t1->chunk;
	t1->ns ^= 1;
	t1->tries = 0;
	return send_i(t1);
}

static enum t1_verdict take_s_response(struct t1 *t1, const uint8_t *block)
{
	if (t1->mode == T1_IFS && block[1] == (S_IFS | PCB_RESPONSE) && block[2] == 1 &&
		block[3] == t1->block[3]) {
		t1->ifsd = block[3];
		t1->mode = T1_IDLE;
		return T1_DONE;
	}
	if (t1->mode != T1_RESYNCH || block[1] != (S_RESYNCH | PCB_RESPONSE) || block[2] != 0)
		return answer_invalid(t1, R_OTHER);
	const bool was_whole = t1->sent + t1->chunk == t1->length;
	t1->ns = t1->nr = 0;
	t1->response->length = t1->response_start;
	if (was_whole && !t1->may_repeat)
		return give_up(t1); /* the card may have run it */
	t1->mode = T1_SENDING;
	t1->sent = 0;
	t1->tries = 0;
	return send_i(t1);
}

static enum t1_verdict take_s_request(struct t1 *t1, const uint8_t *block)
{
	const uint8_t pcb = block[1], value = block[2] == 1 ? block[3] : 0;

	if (t1->mode != T1_SENDING && t1->mode != T1_RECEIVING)
		return answer_invalid(t1, R_OTHER);
	switch (pcb) {
	case S_IFS:
		if (value == 0 || value > T1_MAX_DATA)
			return answer_invalid(t1, R_OTHER);
		t1->ifsc = value < t1->max_data ? value : t1->max_data;
		return make_block(t1, S_IFS | PCB_RESPONSE, &value, 1);
	case S_WTX:
		if (value == 0)
			return answer_invalid(t1, R_OTHER);
		if (++t1->extensions > MAX_EXTENSIONS)
			return give_up(t1);
		t1->wtx = value;
		return make_block(t1, S_WTX | PCB_RESPONSE, &value, 1);
	case S_ABORT:
		if (block[2] != 0)
			return answer_invalid(t1, R_OTHER);
		t1->mode = T1_ABORTED;
		return make_block(t1, S_ABORT | PCB_RESPONSE, NULL, 0);
	default:
		return answer_invalid(t1, R_OTHER);
	}
}

enum t1_verdict t1_receive(struct t1 *t1, const uint8_t *data, size_t length)
{
	VT_ASSERT(t1->mode != T1_IDLE);
	t1->wtx = 0;
	if (length < 3 + edc_length(t1) || data[2] == 0xff ||
		(size_t)3 + data[2] + edc_length(t1) > length)
		return answer_invalid(t1, length == 0 ? R_EDC : R_OTHER);
	if (!edc_is_good(t1, data, (size_t)3 + data[2]))
		return answer_invalid(t1, R_EDC);
	if (data[0] != 0)
		return answer_invalid(t1, R_OTHER);
	if (t1->mode == T1_ABORTED)
		return give_up(t1);
	if ((data[1] & 0x80) == 0)
		return take_i(t1, data);
	if ((data[1] & 0xc0) == PCB_R)
		return take_r(t1, data);
	return data[1] & PCB_RESPONSE ? take_s_response(t1, data) : take_s_request(t1, data);
}

/* ---- beginning ---- */

void t1_init(struct t1 *t1, uint8_t ifsc, uint8_t ifsd, uint8_t max_data, bool has_crc)
{
	VT_ASSERT(ifsc > 0 && ifsc <= T1_MAX_DATA && ifsd > 0 && ifsd <= T1_MAX_DATA);
	VT_ASSERT(max_data > 0 && max_data <= T1_MAX_DATA);
	*t1 = (struct t1){.ifsc = ifsc < max_data ? ifsc : max_data,
		.ifsd = ifsd,
		.max_data = max_data,
		.has_crc = has_crc};
}

void t1_begin_ifs(struct t1 *t1, uint8_t ifsd)
{
	VT_ASSERT(ifsd > 0 && ifsd <= T1_MAX_DATA);
	t1->mode = T1_IFS;
	t1->tries = 0;
	t1->wtx = 0;
	(void)make_block(t1, S_IFS, &ifsd, 1); /* always T1_SEND */
}

void t1_begin(struct t1 *t1, const uint8_t *command, size_t length, bool may_repeat,
	struct vt_buf *response)
{
	VT_ASSERT(length > 0);
	t1->mode = T1_SENDING;
	t1->command = command;
	t1->length = length;
	t1->sent = 0;
	t1->may_repeat = may_repeat;
	t1->response = response;
	t1->response_start = response->length;
	t1->tries = t1->resyncs = t1->extensions = 0;
	t1->wtx = 0;
	(void)send_i(t1); /* always T1_SEND */
}

/* ---- secure PIN entry ---- */

void t1_prologue(const struct t1 *t1, uint8_t ret_prologue[3])
{
	ret_prologue[0] = 0;
	ret_prologue[1] = (uint8_t)(t1->ns << 6);
	ret_prologue[2] = 0;
}

bool t1_take_secure(struct t1 *t1, const uint8_t *data, size_t length, struct vt_buf *response)
{
	if (length < 3 + edc_length(t1) || data[2] == 0xff ||
		(size_t)3 + data[2] + edc_length(t1) > length || data[0] != 0 ||
		(data[1] & 0x80) != 0 || (data[1] & PCB_MORE) || ((data[1] >> 6) & 1) != t1->nr ||
		!edc_is_good(t1, data, (size_t)3 + data[2]))
		return false;
	t1->ns ^= 1;
	t1->nr ^= 1;
	vt_buf_append(response, data + 3, data[2]);
	return !response->failed;
}
