/* CAC cards (GSC-IS 2.1) as libcacard speaks them (devices.md C.4). Each certificate has an applet
 * of its own, A0 00 00 00 79 01 0n, with a buffer of tags and lengths and one of values; RSA only,
 * the host pads, the block goes to the card in pieces. */
#include <string.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "drivers/smartcard/tlv.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define INS_SELECT 0xa4
#define INS_READ   0x52
#define INS_SIGN   0x42
#define P1_MORE	   0x80
/* Bytes of one piece, read or signed. */
#define PIECE	    240
#define TYPE_TAGS   1
#define TYPE_VALUES 2
#define MAX_APPLETS 10
#define NOT_READING 0

static void select_applet(struct smartcard *c, uint8_t applet)
{
	const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x00, 0x79, 0x01, applet};
	struct apdu_command select = {.ins = INS_SELECT,
		.p1 = 4,
		.data = aid,
		.length = sizeof(aid),
		.expected = APDU_ALL};

	c->cac.applet = applet;
	c->cac.type = NOT_READING;
	smartcard_send(c, &select);
}

static void list(struct smartcard *c)
{
	c->cac.cla = 0;
	select_applet(c, 0);
}

static struct vt_buf *buffer_of(struct cac *cac)
{
	return cac->type == TYPE_TAGS ? &cac->tags : &cac->values;
}

/* The next piece of the buffer that is read; the first two bytes are its length. */
static void read_piece(struct smartcard *c)
{
	struct cac *cac = &c->cac;
	size_t left = cac->at == 0 ? 2 : cac->size - (cac->at - 2);
	uint8_t data[2] = {cac->type, (uint8_t)(left < PIECE ? left : PIECE)};
	struct apdu_command read = {.cla = cac->cla,
		.ins = INS_READ,
		.p1 = (uint8_t)(cac->at >> 8),
		.p2 = (uint8_t)cac->at,
		.data = data,
		.length = sizeof(data),
		.expected = APDU_ALL};

	smartcard_send(c, &read);
}

static void start_reading(struct smartcard *c, uint8_t type)
{
	c->cac.type = type;
	c->cac.size = c->cac.at = 0;
	vt_buf_finish(buffer_of(&c->cac));
	vt_buf_init(buffer_of(&c->cac), SMARTCARD_MAX_FILE);
	read_piece(c);
}

static void next_applet(struct smartcard *c)
{
	if (c->cac.applet + 1 < MAX_APPLETS)
		select_applet(c, (uint8_t)(c->cac.applet + 1));
	else
		smartcard_listed(c);
}

/* Both buffers are whole. */
static void take_certificate(struct smartcard *c)
{
	const struct vt_buf *tags = &c->cac.tags, *values = &c->cac.values;
	uint8_t der[CERTIFICATE_DER_SIZE];
	char id[] = "cac1";
	size_t at, size, info, info_size, length = 0;
	int index;

	if (!tags->data || !values->data ||
		!tlv_simple_seek(tags->data, tags->length, values->length, 0x70, &at, &size))
		return;
	if (tlv_simple_seek(tags->data, tags->length, values->length, 0x71, &info, &info_size) &&
		info_size > 0 && (values->data[info] & 0x03) == 1) {
		if (!block_inflate(values->data + at, size, der, sizeof(der), &length))
			return;
	} else if (size <= sizeof(der)) {
		memcpy(der, values->data + at, size);
		length = size;
	}
	id[3] = (char)('0' + c->cac.applet);
	index = smartcard_add(c, id, "", 0, der, length);
	if (index < 0)
		return;
	c->keys[index].exists = c->keys[index].exists && c->keys[index].is_rsa;
	c->keys[index].reference = c->cac.applet;
	/* libcacard's PIN is any password of eight bytes. */
	c->keys[index].pin = (struct pin_format){
		.min = 4, .max = 8, .block = 8, .padding = 0xff, .any_character = true};
	c->certificates[index].can_sign = c->keys[index].exists;
	c->certificates[index].needs_pin = true;
}

static void on_piece(struct smartcard *c)
{
	struct cac *cac = &c->cac;
	const struct apdu_exchange *x = &c->exchange;
	size_t asked = cac->at == 0 ? 2 : cac->size - (cac->at - 2);

	if (asked > PIECE)
		asked = PIECE;
	/* GSC-IS cards want their own class, libcacard takes either. */
	if ((x->sw == 0x6e00 || x->sw == 0x6d00) && cac->cla == 0 && cac->at == 0) {
		cac->cla = 0x80;
		read_piece(c);
		return;
	}
	if (x->sw != 0x9000 || x->reply_length != asked) {
		next_applet(c); /* this one has nothing for us */
		return;
	}
	if (cac->at == 0) {
		cac->size = (size_t)(x->reply[0] | x->reply[1] << 8);
		cac->at = 2;
		if (cac->size > SMARTCARD_MAX_FILE) {
			next_applet(c);
			return;
		}
	} else {
		vt_buf_append(buffer_of(cac), x->reply, asked);
		cac->at += asked;
	}
	if (buffer_of(cac)->failed) {
		smartcard_end(c, SMARTCARD_NO_MEMORY);
	} else if (cac->at - 2 < cac->size) {
		read_piece(c);
	} else if (cac->type == TYPE_TAGS) {
		start_reading(c, TYPE_VALUES);
	} else {
		take_certificate(c);
		next_applet(c);
	}
}

static void list_reply(struct smartcard *c)
{
	if (c->cac.type != NOT_READING) {
		on_piece(c);
	} else if (c->exchange.sw == 0x9000) {
		start_reading(c, TYPE_TAGS);
	} else if (c->cac.applet == 0) {
		smartcard_not_here(c);
	} else {
		/* Applets are numbered without gaps. */
		smartcard_listed(c);
	}
}

/* ---- signing ---- */

static void send_block(struct smartcard *c)
{
	struct cac *cac = &c->cac;
	size_t left = cac->block_length - cac->at;
	struct apdu_command sign = {.cla = cac->cla,
		.ins = INS_SIGN,
		.p1 = left > PIECE ? P1_MORE : 0,
		.data = cac->block + cac->at,
		.length = left > PIECE ? PIECE : left,
		.expected = left > PIECE ? 0 : APDU_ALL};

	cac->at += sign.length;
	smartcard_send(c, &sign);
}

static void sign(struct smartcard *c)
{
	const struct key *key = &c->keys[c->index];

	c->cac.block_length = key->bits / 8;
	if (!block_pkcs1(c->hash, c->digest, c->digest_length, c->cac.block, c->cac.block_length)) {
		smartcard_end(c, SMARTCARD_UNSUPPORTED);
		return;
	}
	c->cac.at = 0;
	select_applet(c, key->reference);
}

static void sign_reply(struct smartcard *c)
{
	const struct apdu_exchange *x = &c->exchange;

	if (x->sw != 0x9000)
		smartcard_end(c, smartcard_refusal(x->sw));
	else if (c->cac.at < c->cac.block_length)
		send_block(c);
	else
		smartcard_signed(c, x->reply, x->reply_length);
}

static void reply(struct smartcard *c)
{
	if (c->phase == PHASE_SIGN)
		sign_reply(c);
	else
		list_reply(c);
}

const struct application cac_application = {
	.id = CARD_CAC, .list = list, .sign = sign, .reply = reply};
