/* PIV (NIST SP 800-73-4 parts 1 and 2; devices.md C.2). Certificates of the four keys; RSA is
 * padded here, the card computes on a whole block; ECDSA takes the digest. */
#include <string.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "drivers/smartcard/tlv.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define INS_SELECT  0xa4
#define INS_GET	    0xcb
#define INS_GENERAL 0x87

/* Nine bytes suffice: the version behind them differs. */
static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00};

/* In the order of listing: the signature key first. 9E answers without a PIN, so that a found card
 * could sign in: it may be used by its id, but is never called the holder's. 9D decrypts. */
static const struct {
	const char *id, *label;
	uint8_t tag[3];
	uint8_t key;
	bool can_sign, each_time, no_pin;
} objects[] = {
	{"9c", "PIV 9C", {0x5f, 0xc1, 0x0a}, 0x9c, true, true, false},
	{"9a", "PIV 9A", {0x5f, 0xc1, 0x05}, 0x9a, true, false, false},
	{"9e", "PIV 9E", {0x5f, 0xc1, 0x01}, 0x9e, false, false, true},
	{"9d", "PIV 9D", {0x5f, 0xc1, 0x0b}, 0x9d, false, false, false},
};

#define STEP_SELECT    100
#define STEP_DISCOVERY 101

static void select_application(struct smartcard *c)
{
	struct apdu_command select = {.ins = INS_SELECT,
		.p1 = 4,
		.data = aid,
		.length = sizeof(aid),
		.expected = APDU_ALL};

	c->piv.object = STEP_SELECT;
	smartcard_send(c, &select);
}

static void get_data(struct smartcard *c, const uint8_t *tag, size_t length)
{
	uint8_t data[5] = {0x5c, (uint8_t)length};
	struct apdu_command get = {.ins = INS_GET,
		.p1 = 0x3f,
		.p2 = 0xff,
		.data = data,
		.length = 2 + length,
		.expected = APDU_ALL};

	VT_ASSERT(length <= 3);
	memcpy(data + 2, tag, length);
	smartcard_send(c, &get);
}

static void next_object(struct smartcard *c)
{
	if (c->piv.object < VT_ELEMENTS(objects))
		get_data(c, objects[c->piv.object].tag, 3);
	else
		smartcard_listed(c);
}

uint8_t piv_pin_reference(const uint8_t *reply, size_t length)
{
	size_t at, size, policy, policy_size;

	if (tlv_seek(reply, length, 0x7e, &at, &size) &&
		tlv_seek(reply + at, size, 0x5f2f, &policy, &policy_size) && policy_size == 2 &&
		(reply[at + policy] & 0x20) && reply[at + policy + 1] == 0x20)
		return 0x00;
	return 0x80;
}

bool piv_read_certificate(
	const uint8_t *reply, size_t length, uint8_t ret[CERTIFICATE_DER_SIZE], size_t *ret_length)
{
	size_t at, size, der, der_size, info, info_size;
	bool is_packed = false;

	if (!tlv_seek(reply, length, 0x53, &at, &size) ||
		!tlv_seek(reply + at, size, 0x70, &der, &der_size) || der_size == 0)
		return false;
	/* Bit 01; old cards 80 (devices.md C.2). */
	if (tlv_seek(reply + at, size, 0x71, &info, &info_size) && info_size > 0)
		is_packed = (reply[at + info] & 0x81) != 0;
	if (is_packed)
		return block_inflate(
			reply + at + der, der_size, ret, CERTIFICATE_DER_SIZE, ret_length);
	if (der_size > CERTIFICATE_DER_SIZE)
		return false;
	memcpy(ret, reply + at + der, der_size);
	*ret_length = der_size;
	return true;
}

static void take_object(struct smartcard *c)
{
	size_t object = c->piv.object, length;
	uint8_t der[CERTIFICATE_DER_SIZE];
	struct smartcard_certificate *own;
	struct key *key;
	int index;

	/* One broken or missing certificate does not take the others with it. */
	if (c->exchange.sw != 0x9000 ||
		!piv_read_certificate(c->exchange.reply, c->exchange.reply_length, der, &length))
		return;
	index = smartcard_add(c, objects[object].id, objects[object].label,
		strlen(objects[object].label), der, length);
	if (index < 0)
		return;
	own = &c->certificates[index];
	key = &c->keys[index];
	/* Of the sizes that SP 800-78 and its successors name. */
	key->exists = key->exists && objects[object].key != 0x9d &&
		      (!key->is_rsa || key->bits % 1024 == 0);
	key->reference = objects[object].key;
	key->no_pin = objects[object].no_pin;
	key->pin = (struct pin_format){
		.reference = c->piv.pin_reference, .min = 6, .max = 8, .block = 8, .padding = 0xff};
	own->can_sign = key->exists && objects[object].can_sign;
	own->needs_pin = !objects[object].no_pin;
	own->pin_each_time = objects[object].each_time;
}

static void list_reply(struct smartcard *c)
{
	static const uint8_t discovery[] = {0x7e};
	const struct apdu_exchange *x = &c->exchange;

	if (c->piv.object == STEP_SELECT) {
		if (x->sw != 0x9000) {
			smartcard_not_here(c);
			return;
		}
		c->piv.object = STEP_DISCOVERY;
		get_data(c, discovery, sizeof(discovery));
		return;
	}
	if (c->piv.object == STEP_DISCOVERY) {
		c->piv.object = 0;
		c->piv.pin_reference =
			x->sw == 0x9000 ? piv_pin_reference(x->reply, x->reply_length) : 0x80;
	} else {
		take_object(c);
		c->piv.object++;
	}
	next_object(c);
}

/* ---- signing ---- */

/* SP 800-78-4 table 6-2, and 3072 and 4096 of its successor. */
static uint8_t algorithm_of(const struct key *key)
{
	if (!key->is_rsa)
		return key->bits == 256 ? 0x11 : 0x14;
	return key->bits == 2048 ? 0x07 : key->bits == 3072 ? 0x05 : 0x16;
}

static size_t put_head(uint8_t *p, uint8_t tag, size_t length)
{
	size_t at = 0;

	p[at++] = tag;
	if (length >= 256) {
		p[at++] = 0x82;
		p[at++] = (uint8_t)(length >> 8);
	} else if (length >= 128) {
		p[at++] = 0x81;
	}
	p[at++] = (uint8_t)length;
	return at;
}

static void sign(struct smartcard *c)
{
	const struct key *key = &c->keys[c->index];
	size_t size = key->bits / 8, at, inner;
	uint8_t data[APDU_MAX_DATA], head[4];
	struct apdu_command general = {.ins = INS_GENERAL,
		.p1 = algorithm_of(key),
		.p2 = key->reference,
		.data = data,
		.expected = APDU_ALL};

	inner = 2 + put_head(head, 0x81, size) + size;
	at = put_head(data, 0x7c, inner);
	data[at++] = 0x82;
	data[at++] = 0;
	at += put_head(data + at, 0x81, size);
	if (!key->is_rsa) {
		block_ecdsa(c->digest, c->digest_length, data + at, size);
	} else if (!block_pkcs1(c->hash, c->digest, c->digest_length, data + at, size)) {
		smartcard_end(c, SMARTCARD_UNSUPPORTED);
		return;
	}
	general.length = at + size;
	smartcard_send(c, &general);
}

static void sign_reply(struct smartcard *c)
{
	const struct apdu_exchange *x = &c->exchange;
	size_t at, size, value, length;

	if (x->sw != 0x9000)
		smartcard_end(c, smartcard_refusal(x->sw));
	else if (!tlv_seek(x->reply, x->reply_length, 0x7c, &at, &size) ||
		 !tlv_seek(x->reply + at, size, 0x82, &value, &length))
		smartcard_end(c, SMARTCARD_MALFORMED);
	else
		smartcard_signed(c, x->reply + at + value, length);
}

static void reply(struct smartcard *c)
{
	if (c->phase == PHASE_SIGN)
		sign_reply(c);
	else
		list_reply(c);
}

const struct application piv_application = {
	.id = CARD_PIV, .list = select_application, .sign = sign, .reply = reply};
