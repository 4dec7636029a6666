#include "drivers/ccid/pieces.h"

#include "drivers/ccid/ccid.h"
#include "terminal/base/assert.h"

enum {
	CLA_CHAIN = 0x10,
	CLA_PROPRIETARY = 0x80,
	INS_GET_RESPONSE = 0xc0,
	SW1_MORE = 0x61,
	SW1_WRONG_LE = 0x6c,
	MAX_SHORT_LE = 256
};

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* Le of 0 means all. */
static uint32_t short_le(uint8_t byte)
{
	return byte == 0 ? MAX_SHORT_LE : byte;
}

static bool parse_extended(struct pieces *job, const uint8_t *p, size_t length)
{
	const size_t n = get16(p + 5);

	if (length == 7) {
		job->le = n == 0 ? 65536 : (uint32_t)n;
		return true;
	}
	if (n == 0 || (length != 7 + n && length != 9 + n))
		return false;
	job->data_at = 7;
	job->data_length = n;
	if (length == 9 + n) {
		const size_t le = get16(p + 7 + n);
		job->le = le == 0 ? 65536 : (uint32_t)le;
	}
	return true;
}

/* The cases 1, 2S … 4E of ISO 7816-3 §12.1.3. */
static bool parse(struct pieces *job)
{
	const uint8_t *p = job->command.data;
	const size_t length = job->command.length;

	if (length == 4)
		return true;
	if (length == 5) {
		job->le = short_le(p[4]);
		return true;
	}
	if (p[4] == 0)
		return length >= 7 && parse_extended(job, p, length);
	if (length != (size_t)5 + p[4] && length != (size_t)6 + p[4])
		return false;
	job->data_at = 5;
	job->data_length = p[4];
	if (length == (size_t)6 + p[4])
		job->le = short_le(p[length - 1]);
	return true;
}

static bool is_short(const struct pieces *job)
{
	return job->data_length <= job->max_data && job->le <= MAX_SHORT_LE;
}

/* The next part of the command. */
static void make_piece(struct pieces *job)
{
	const uint8_t *p = job->command.data;
	const size_t left = job->data_length - job->sent;
	const size_t part = left < job->max_data ? left : job->max_data;
	const bool is_last = part == left;
	const bool is_t0 = job->carrier == CARRY_TPDU0;

	vt_buf_reset(&job->piece);
	job->was_corrected = false;
	if (job->carrier == CARRY_EXTENDED || (!is_t0 && is_short(job))) {
		vt_buf_append(&job->piece, p, job->command.length);
		job->sent = job->data_length;
		return;
	}
	vt_buf_append_byte(&job->piece, (uint8_t)(p[0] | (is_last ? 0 : CLA_CHAIN)));
	vt_buf_append(&job->piece, p + 1, 3);
	if (part > 0) {
		vt_buf_append_byte(&job->piece, (uint8_t)part);
		vt_buf_append(&job->piece, p + job->data_at + job->sent, part);
	}
	job->sent += part;
	/* T=0 has no Le beside data: the card says 61xx instead. */
	if (is_last && job->le > 0 && (part == 0 || !is_t0))
		vt_buf_append_byte(&job->piece, job->le >= MAX_SHORT_LE ? 0 : (uint8_t)job->le);
	else if (is_t0 && part == 0)
		vt_buf_append_byte(&job->piece, 0); /* case 1: P3 */
}

static void make_get_response(struct pieces *job, uint8_t le)
{
	/* An interindustry command (ISO 7816-4 §11.7): behind one of a proprietary class with 00.
	 */
	const uint8_t cla = job->command.data[0];

	vt_buf_reset(&job->piece);
	vt_buf_append_byte(&job->piece, cla & CLA_PROPRIETARY ? 0 : (uint8_t)(cla & ~CLA_CHAIN));
	vt_buf_append_byte(&job->piece, INS_GET_RESPONSE);
	vt_buf_append_byte(&job->piece, 0);
	vt_buf_append_byte(&job->piece, 0);
	vt_buf_append_byte(&job->piece, le);
	job->was_corrected = false;
	job->is_fetching = true;
}

/* Sets the last byte of the piece, where the Le of a short command stands; false: it has none. */
static bool correct_le(struct pieces *job, uint8_t le)
{
	struct vt_buf *piece = &job->piece;

	if (job->was_corrected)
		return false;
	job->was_corrected = true;
	if (piece->length == 5) {
		piece->data[4] = le;
		return true;
	}
	if (job->carrier == CARRY_TPDU0 || job->le == 0)
		return false;
	if (piece->data[4] == 0 && piece->length >= 7) {
		/* Extended: two bytes, the high one 0 unless all 256 are meant. */
		piece->data[piece->length - 2] = le == 0 ? 1 : 0;
		piece->data[piece->length - 1] = le;
		return true;
	}
	piece->data[piece->length - 1] = le;
	return true;
}

enum vt_code pieces_begin(struct pieces *job, enum pieces_carrier carrier, size_t max_data,
	const uint8_t *command, size_t length)
{
	VT_ASSERT(max_data > 0 && max_data <= 255);
	*job = (struct pieces){.carrier = carrier, .max_data = max_data};
	vt_buf_init(&job->command, CCID_MAX_APDU);
	vt_buf_init(&job->piece, CCID_MAX_APDU);
	vt_buf_init(&job->response, CCID_MAX_RESPONSE);
	if (length < 4 || length > CCID_MAX_APDU)
		return VT_ERR_INVALID;
	vt_buf_append(&job->command, command, length);
	if (job->command.failed)
		return job->command.failed;
	if (!parse(job))
		return VT_ERR_INVALID;
	make_piece(job);
	return job->piece.failed;
}

void pieces_finish(struct pieces *job)
{
	vt_buf_finish(&job->command);
	vt_buf_finish(&job->piece);
	vt_buf_finish(&job->response);
}

static enum pieces_verdict go_on(struct pieces *job)
{
	return job->piece.failed || job->response.failed ? PIECES_FAILED : PIECES_SEND;
}

enum pieces_verdict pieces_take(struct pieces *job, const uint8_t *data, size_t length)
{
	if (length < 2)
		return PIECES_FAILED;
	const uint8_t sw1 = data[length - 2], sw2 = data[length - 1];
	const size_t data_length = length - 2;

	if (sw1 == SW1_WRONG_LE && data_length == 0 && correct_le(job, sw2))
		return go_on(job);
	const bool is_part = !job->is_fetching && job->sent < job->data_length;
	if (is_part && sw1 == 0x90 && sw2 == 0) {
		make_piece(job);
		return go_on(job);
	}
	vt_buf_append(&job->response, data, data_length);
	if (sw1 == SW1_MORE && !is_part) {
		/* Each GET RESPONSE must bring something, or it could go on for ever. */
		if (job->is_fetching && data_length == 0)
			return PIECES_FAILED;
		make_get_response(job, sw2);
		return go_on(job);
	}
	vt_buf_append(&job->response, data + data_length, 2);
	return job->response.failed ? PIECES_FAILED : PIECES_DONE;
}

bool pieces_may_repeat(const uint8_t *command, size_t length)
{
	/* ISO 7816-4 table 4: VERIFY, MANAGE SECURITY… 21, CHANGE and RESET of reference data,
	 * EXTERNAL and GENERAL AUTHENTICATE, PERFORM SECURITY OPERATION. */
	static const uint8_t once[] = {0x20, 0x21, 0x24, 0x25, 0x2c, 0x2d, 0x82, 0x86, 0x87, 0x2a};

	for (size_t i = 0; i < sizeof(once); i++)
		if (length > 1 && command[1] == once[i])
			return false;
	return true;
}
