#include "tools/virtual-devices/card.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define CLA_CHAIN	 0x10
#define INS_GET_RESPONSE 0xc0

/* --- APDUs --- */

/* The length fields behind the header, extended form: 00 hi lo. */
static bool parse_extended(struct card_command *c, const uint8_t *body, size_t length)
{
	size_t first = (size_t)body[1] << 8 | body[2];

	c->extended = true;
	if (length == 3) {
		c->le = first == 0 ? 65536 : (uint32_t)first;
		return true;
	}
	if (first == 0 || length < 3 + first)
		return false;
	c->data = body + 3;
	c->length = first;
	if (length == 3 + first)
		return true;
	if (length != 3 + first + 2)
		return false;
	c->le = (uint32_t)body[3 + first] << 8 | body[4 + first];
	if (c->le == 0)
		c->le = 65536;
	return true;
}

static bool parse_short(struct card_command *c, const uint8_t *body, size_t length)
{
	if (length == 1) {
		c->le = body[0] == 0 ? 256 : body[0];
		return true;
	}
	if (body[0] == 0 || length < 1U + body[0])
		return false;
	c->data = body + 1;
	c->length = body[0];
	if (length == 1U + body[0])
		return true;
	if (length != 2U + body[0])
		return false;
	c->le = body[length - 1] == 0 ? 256 : body[length - 1];
	return true;
}

bool card_parse_apdu(const uint8_t *apdu, size_t length, struct card_command *ret)
{
	struct card_command c = {.raw = apdu, .raw_length = length};

	if (length < 4 || length > CARD_MAX_APDU)
		return false;
	c.cla = apdu[0];
	c.ins = apdu[1];
	c.p1 = apdu[2];
	c.p2 = apdu[3];
	if (length > 4) {
		const uint8_t *body = apdu + 4;
		bool extended = body[0] == 0 && length >= 7;
		if (extended ? !parse_extended(&c, body, length - 4)
			     : !parse_short(&c, body, length - 4))
			return false;
	}
	*ret = c;
	return true;
}

void card_add(struct card_response *response, const void *data, size_t length)
{
	if (length > CARD_MAX_RESPONSE - response->length) {
		response->sw = CARD_SW_FAILED;
		return;
	}
	if (length > 0)
		memcpy(response->data + response->length, data, length);
	response->length += length;
}

/* --- life --- */

void card_init(struct card *base, const struct card_ops *ops)
{
	*base = (struct card){.ops = ops};
	vt_buf_init(&base->chain, ops->chain_max);
}

static void drop_rest(struct card *card)
{
	if (card->rest)
		vt_wipe(card->rest, card->rest_length);
	free(card->rest);
	card->rest = NULL;
	card->rest_length = card->rest_at = 0;
}

static void forget(struct card *card)
{
	drop_rest(card);
	vt_buf_reset(&card->chain);
}

void card_destroy(struct card **at)
{
	if (!at || !*at)
		return;
	struct card *card = *at;
	drop_rest(card);
	vt_buf_finish(&card->chain);
	if (card->response)
		vt_wipe(card->response, sizeof(*card->response));
	free(card->response);
	card->response = NULL;
	card->ops->destroy(card);
	*at = NULL;
}

size_t card_power_on(struct card *card, int protocol, uint8_t atr[CARD_MAX_ATR])
{
	forget(card);
	if (card->ops->reset)
		card->ops->reset(card);
	size_t length = card->ops->atr(card, protocol, atr);
	return length >= 2 && length <= CARD_MAX_ATR ? length : 0;
}

size_t card_make_atr(
	uint8_t atr[CARD_MAX_ATR], int protocol, const uint8_t *historical, size_t length)
{
	size_t n = 0;

	VT_ASSERT(length <= 15);
	atr[n++] = 0x3b;
	if (protocol == 0) {
		/* T=0 only: no TD1, so no TCK either. */
		atr[n++] = (uint8_t)(0x10 | length);
		atr[n++] = 0x11;
	} else {
		atr[n++] = (uint8_t)(0x90 | length);
		atr[n++] = 0x11;
		atr[n++] = protocol == 1 ? 0x81 : 0x80; /* TD1: the first offered; TD2 follows */
		atr[n++] = 0x31;			/* TD2: T=1, TA3 and TB3 follow */
		atr[n++] = 0xfe;			/* TA3: IFSC 254 */
		atr[n++] = 0x45;			/* TB3: BWI 4, CWI 5 */
	}
	if (length > 0)
		memcpy(atr + n, historical, length);
	n += length;
	if (protocol != 0) {
		uint8_t tck = 0;
		for (size_t i = 1; i < n; i++)
			tck ^= atr[i];
		atr[n++] = tck;
	}
	return n;
}

/* --- command and answer --- */

/* The answer's last bytes: SW behind what is in the response. */
static void finish_response(
	struct card_response *r, uint16_t sw, const uint8_t **ret_response, size_t *ret_length)
{
	r->data[r->length] = (uint8_t)(sw >> 8);
	r->data[r->length + 1] = (uint8_t)sw;
	*ret_response = r->data;
	*ret_length = r->length + 2;
}

static uint16_t rest_word(const struct card *card)
{
	size_t left = card->rest_length - card->rest_at;

	return (uint16_t)(0x6100 | (left > 255 ? 0 : left));
}

/* Cuts the answer to max bytes; the rest waits. */
static uint16_t keep_rest(struct card *card, struct card_response *r, size_t max)
{
	drop_rest(card);
	card->rest_length = r->length - max;
	card->rest = malloc(card->rest_length);
	if (!card->rest) {
		card->rest_length = 0;
		r->length = 0;
		return CARD_SW_FAILED;
	}
	memcpy(card->rest, r->data + max, card->rest_length);
	card->rest_sw = r->sw;
	r->length = max;
	return rest_word(card);
}

static uint16_t give_rest(struct card *card, const struct card_command *c, struct card_response *r)
{
	size_t left = card->rest_length - card->rest_at;

	if (left == 0)
		return CARD_SW_CONDITIONS;
	size_t n = c->le == 0 || c->le > left ? left : c->le;
	if (n > 256 && !c->extended)
		n = 256;
	card_add(r, card->rest + card->rest_at, n);
	card->rest_at += n;
	if (card->rest_at < card->rest_length)
		return rest_word(card);
	uint16_t sw = card->rest_sw;
	drop_rest(card);
	return sw;
}

/* Joins the parts of a chain; true if *c is the whole command now, else *ret_sw is the answer. */
static bool join_chain(struct card *card, struct card_command *c, uint16_t *ret_sw)
{
	const uint8_t header[4] = {c->cla & (uint8_t)~CLA_CHAIN, c->ins, c->p1, c->p2};
	/* Proprietary classes (bit 80) have no such bit. */
	bool more = (c->cla & 0x80) == 0 && c->cla & CLA_CHAIN;
	bool open = card->chain.length > 0;

	if (open && memcmp(card->chain_header, header, sizeof(header)) != 0) {
		/* ISO/IEC 7816-4 §5.1.1.1: a chain that is not ended is dropped. */
		vt_buf_reset(&card->chain);
		open = false;
	}
	if (!more && !open)
		return true;
	if (card->ops->chain_max == 0) {
		*ret_sw = CARD_SW_NO_CHAINING;
		return false;
	}
	memcpy(card->chain_header, header, sizeof(header));
	vt_buf_append(&card->chain, c->data, c->length);
	if (card->chain.failed != VT_OK) {
		vt_buf_reset(&card->chain);
		*ret_sw = CARD_SW_WRONG_LENGTH;
		return false;
	}
	if (more) {
		*ret_sw = CARD_SW_OK;
		return false;
	}
	c->cla = header[0];
	c->data = card->chain.data;
	c->length = card->chain.length;
	return true;
}

static uint16_t run(
	struct card *card, struct card_command *c, struct card_response *r, bool le_known)
{
	uint16_t sw;

	if (c->ins == INS_GET_RESPONSE && (c->cla & 0x80) == 0 && card->rest)
		return give_rest(card, c, r);
	drop_rest(card);
	if (!join_chain(card, c, &sw))
		return sw;
	card->ops->apdu(card, c, r);
	vt_buf_reset(&card->chain);
	/* Without Le there is no room for data: at T=0 it waits for GET RESPONSE, at T=1 and APDU
	 * level too, because hosts differ in whether they ask for it. */
	size_t room = c->le;
	if (le_known && room == 0 && card->ops->data_without_le)
		room = 256;
	if (!le_known && c->length > 0)
		room = 0;
	if (r->length > room && r->length > 0)
		return keep_rest(card, r, room);
	return r->sw;
}

int64_t card_transmit(struct card *card, const uint8_t *apdu, size_t length, bool le_known,
	const uint8_t **ret_response, size_t *ret_length)
{
	static const uint8_t no_memory[2] = {CARD_SW_FAILED >> 8, CARD_SW_FAILED & 0xff};
	struct card_command c;

	card->commands++;
	if (!card->response)
		card->response = calloc(1, sizeof(*card->response));
	struct card_response *r = card->response;
	if (!r) {
		*ret_response = no_memory;
		*ret_length = sizeof(no_memory);
		return 0;
	}
	r->sw = CARD_SW_OK;
	r->delay_ms = 0;
	r->mute = false;
	r->length = 0;
	bool good = card_parse_apdu(apdu, length, &c);
	if (card->ops->raw) {
		if (!good)
			c = (struct card_command){.raw = apdu, .raw_length = length};
		card->ops->apdu(card, &c, r);
		finish_response(r, r->sw, ret_response, ret_length);
	} else {
		uint16_t sw = good ? run(card, &c, r, le_known) : CARD_SW_WRONG_LENGTH;
		finish_response(r, sw, ret_response, ret_length);
	}
	return r->mute ? -1 : (int64_t)r->delay_ms;
}
