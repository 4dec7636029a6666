/* PIN policy: 9A, 9D and the retired keys 82 to 95 want the PIN once; 9E never; 9C at each use,
 * that is, with the VERIFY right in front of it (SP 800-73-4 part 1 table 5, "PIN Always"). `fresh`
 * is true only until the next command, whatever it is. */

#include "tools/virtual-devices/cards/piv.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "terminal/base/assert.h"
#include "tools/virtual-devices/cards/tlv.h"

enum {
	INS_VERIFY = 0x20,
	INS_CHANGE = 0x24,
	INS_UNBLOCK = 0x2c,
	INS_GENERATE = 0x47,
	INS_AUTHENTICATE = 0x87,
	INS_SELECT = 0xa4,
	INS_GET_DATA = 0xcb,
	INS_PUT_DATA = 0xdb,
};

enum { REF_PIN = 0x80, REF_PUK = 0x81 };

/* The full AID, its last two bytes being the version; part 1 §2.2 lets a host leave out the tail.
 */
static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};

#define MAX_OBJECTS (IMAGE_MAX_KEYS + 5)

struct object {
	uint32_t tag;
	struct vt_buf content; /* as GET DATA answers, with its tag 53 or 7E */
};

struct piv {
	struct applet applet;
	struct object objects[MAX_OBJECTS];
	size_t object_count;
	bool selected;
	bool fresh; /* VERIFY was the command before this one */
};

/* --- objects --- */

/* The content is taken: `content` is empty afterwards. */
static void add_object(struct piv *piv, uint32_t tag, uint32_t wrapper, struct vt_buf *content)
{
	VT_ASSERT(piv->object_count < MAX_OBJECTS);
	struct object *object = &piv->objects[piv->object_count++];
	object->tag = tag;
	vt_buf_init(&object->content, CARD_MAX_RESPONSE);
	tlv_wrap(&object->content, wrapper, content);
}

static uint32_t certificate_tag(uint8_t slot)
{
	switch (slot) {
	case 0x9a:
		return 0x5fc105;
	case 0x9c:
		return 0x5fc10a;
	case 0x9d:
		return 0x5fc10b;
	case 0x9e:
		return 0x5fc101;
	default:
		return 0x5fc10dU + (slot - 0x82U);
	}
}

/* DER as a gzip member (RFC 1952). */
static bool compress_certificate(const struct image_key *key, struct vt_buf *ret)
{
	z_stream stream = {0};

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		return false;
	uLong bound = deflateBound(&stream, (uLong)key->cert_length);
	stream.next_in = key->cert;
	stream.avail_in = (uInt)key->cert_length;
	stream.next_out = vt_buf_reserve(ret, bound);
	stream.avail_out = (uInt)bound;
	bool done = stream.next_out && deflate(&stream, Z_FINISH) == Z_STREAM_END;
	if (done)
		vt_buf_added(ret, stream.total_out);
	deflateEnd(&stream);
	return done;
}

/* Part 1 appendix A: 70 certificate, 71 CertInfo (01 = gzip), FE empty error detection code. */
static bool add_certificate(struct piv *piv, const struct image_key *key)
{
	struct vt_buf content, packed;
	bool done = true;

	vt_buf_init(&content, CARD_MAX_RESPONSE);
	vt_buf_init(&packed, CARD_MAX_RESPONSE);
	if (key->gzip)
		done = compress_certificate(key, &packed);
	if (key->gzip)
		tlv_put(&content, 0x70, packed.data, packed.length);
	else
		tlv_put(&content, 0x70, key->cert, key->cert_length);
	tlv_put(&content, 0x71, &(uint8_t){key->gzip ? 0x01 : 0x00}, 1);
	tlv_put(&content, 0xfe, NULL, 0);
	if (done)
		add_object(piv, certificate_tag(key->slot), 0x53, &content);
	vt_buf_finish(&packed);
	vt_buf_finish(&content);
	return done;
}

/* Cardholder unique identifier: FASC-N of nines as cards outside the US government have it, GUID,
 * expiry of the card = that of its first certificate, no signature. */
static void add_chuid(struct piv *piv)
{
	static const uint8_t fascn[25] = {0xd4, 0xe7, 0x39, 0xda, 0x73, 0x9c, 0xed, 0x39, 0xce,
		0x73, 0x9d, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0xc8, 0x42, 0x10,
		0xc3, 0xeb};
	const struct image *image = piv->applet.image;
	char expiry[9] = "20301231";
	struct vt_buf content;

	if (image->key_count > 0 && image->keys[0].cert)
		(void)!cert_facts(
			image->keys[0].cert, image->keys[0].cert_length, NULL, NULL, NULL, expiry);
	vt_buf_init(&content, CARD_MAX_RESPONSE);
	tlv_put(&content, 0x30, fascn, sizeof(fascn));
	tlv_put(&content, 0x34, image->serial, sizeof(image->serial));
	tlv_put(&content, 0x35, expiry, 8);
	tlv_put(&content, 0x3e, NULL, 0);
	tlv_put(&content, 0xfe, NULL, 0);
	add_object(piv, 0x5fc102, 0x53, &content);
	vt_buf_finish(&content);
}

/* Card capability container: only its identifier and the data model say anything. */
static void add_ccc(struct piv *piv)
{
	static const uint8_t empty[] = {0xf3, 0xf4, 0xf6, 0xf7, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe};
	uint8_t identifier[21] = {0xa0, 0x00, 0x00, 0x01, 0x16, 0xff, 0x02};
	struct vt_buf content;

	memcpy(identifier + 7, piv->applet.image->serial, 14);
	vt_buf_init(&content, CARD_MAX_RESPONSE);
	tlv_put(&content, 0xf0, identifier, sizeof(identifier));
	tlv_put(&content, 0xf1, &(uint8_t){0x21}, 1);
	tlv_put(&content, 0xf2, &(uint8_t){0x21}, 1);
	tlv_put(&content, 0xf5, &(uint8_t){0x10}, 1);
	for (size_t i = 0; i < sizeof(empty); i++)
		tlv_put(&content, empty[i], NULL, 0);
	add_object(piv, 0x5fc107, 0x53, &content);
	vt_buf_finish(&content);
}

/* Discovery object: the PIV PIN (40), and it is the primary one (00). Not inside a tag 53. */
static void add_discovery(struct piv *piv)
{
	struct vt_buf content;

	vt_buf_init(&content, CARD_MAX_RESPONSE);
	tlv_put(&content, 0x4f, aid, sizeof(aid));
	tlv_put(&content, 0x5f2f, (const uint8_t[]){0x40, 0x00}, 2);
	add_object(piv, 0x7e, 0x7e, &content);
	vt_buf_finish(&content);
}

/* Key history: how many retired keys have their certificate on the card. */
static void add_history(struct piv *piv)
{
	struct vt_buf content;
	uint8_t retired = 0;

	for (size_t i = 0; i < piv->applet.image->key_count; i++)
		retired = (uint8_t)(retired + (piv->applet.image->keys[i].slot < 0x9a));
	vt_buf_init(&content, CARD_MAX_RESPONSE);
	tlv_put(&content, 0xc1, &retired, 1);
	tlv_put(&content, 0xc2, &(uint8_t){0}, 1);
	tlv_put(&content, 0xf3, NULL, 0);
	tlv_put(&content, 0xfe, NULL, 0);
	add_object(piv, 0x5fc10c, 0x53, &content);
	vt_buf_finish(&content);
}

static bool add_objects(struct piv *piv)
{
	add_ccc(piv);
	add_chuid(piv);
	add_history(piv);
	if (piv->applet.image->discovery)
		add_discovery(piv);
	for (size_t i = 0; i < piv->applet.image->key_count; i++)
		if (piv->applet.image->keys[i].cert &&
			!add_certificate(piv, &piv->applet.image->keys[i]))
			return false;
	for (size_t i = 0; i < piv->object_count; i++)
		if (piv->objects[i].content.failed != VT_OK)
			return false;
	return true;
}

/* --- commands --- */

/* Application property template (part 2 table 3). */
static uint16_t do_select(struct piv *piv, const struct card_command *command, struct vt_buf *ret)
{
	const char *label = piv->applet.image->label[0] ? piv->applet.image->label : "PIV";
	struct vt_buf content, authority;

	if (command->p1 != 0x04 || (command->p2 != 0x00 && command->p2 != 0x0c))
		return CARD_SW_WRONG_P1P2;
	if (command->length < 5 || command->length > sizeof(aid) ||
		memcmp(command->data, aid, command->length) != 0)
		return CARD_SW_FILE_NOT_FOUND;
	piv->selected = true;
	/* Also selecting it again ends what was verified (part 2 §3.1.1 leaves that to the card).
	 */
	piv->applet.image->pin.verified = false;
	if (command->p2 == 0x0c)
		return CARD_SW_OK;
	vt_buf_init(&content, CARD_MAX_RESPONSE);
	vt_buf_init(&authority, CARD_MAX_RESPONSE);
	tlv_put(&content, 0x4f, aid + 5, sizeof(aid) - 5);
	tlv_put(&authority, 0x4f, aid, 5);
	tlv_wrap(&content, 0x79, &authority);
	tlv_put(&content, 0x50, label, strlen(label));
	tlv_wrap(ret, 0x61, &content);
	vt_buf_finish(&authority);
	vt_buf_finish(&content);
	return CARD_SW_OK;
}

/* Fingerprints, printed information, face and iris: only behind the PIN, and we have none. */
static bool needs_pin(uint32_t tag)
{
	return tag == 0x5fc103 || tag == 0x5fc108 || tag == 0x5fc109 || tag == 0x5fc121;
}

static uint16_t do_get_data(struct piv *piv, const struct card_command *command, struct vt_buf *ret)
{
	struct tlv list;
	uint32_t tag = 0;

	if (command->p1 != 0x3f || command->p2 != 0xff)
		return CARD_SW_WRONG_P1P2;
	if (!tlv_find(command->data, command->length, 0x5c, &list) || list.length < 1 ||
		list.length > 3)
		return CARD_SW_WRONG_DATA;
	for (size_t i = 0; i < list.length; i++)
		tag = tag << 8 | list.value[i];
	if (needs_pin(tag) && !piv->applet.image->pin.verified)
		return CARD_SW_SECURITY_STATUS;
	for (size_t i = 0; i < piv->object_count; i++) {
		const struct vt_buf *content = &piv->objects[i].content;
		if (piv->objects[i].tag != tag)
			continue;
		vt_buf_append(ret, content->data, content->length);
		return CARD_SW_OK;
	}
	return CARD_SW_FILE_NOT_FOUND;
}

static uint16_t do_pin(struct piv *piv, const struct card_command *command)
{
	struct pin *pin = &piv->applet.image->pin, *puk = &piv->applet.image->puk;
	bool is_puk = command->p2 == REF_PUK && command->ins == INS_CHANGE;

	/* P1 FF of VERIFY logs out (part 2 §3.2.1). */
	if (command->ins == INS_VERIFY && command->p1 == 0xff && command->p2 == REF_PIN) {
		if (command->length != 0)
			return CARD_SW_WRONG_DATA;
		pin->verified = false;
		return CARD_SW_OK;
	}
	if (command->p1 != 0x00)
		return CARD_SW_WRONG_P1P2;
	if (command->p2 != REF_PIN && !is_puk)
		return CARD_SW_REFERENCE_NOT_FOUND;
	if (command->ins == INS_CHANGE)
		return pin_change(is_puk ? puk : pin, command->data, command->length);
	if (command->ins == INS_UNBLOCK)
		return pin_unblock(pin, puk, command->data, command->length);
	uint16_t sw = pin_verify(pin, command->data, command->length);
	piv->fresh = sw == CARD_SW_OK && command->length > 0;
	return sw;
}

static uint8_t algorithm_of(const struct key *key)
{
	if (key_type(key) == KEY_EC_P256)
		return 0x11;
	if (key_type(key) == KEY_EC_P384)
		return 0x14;
	switch (key_bits(key)) {
	case 1024:
		return 0x06;
	case 3072:
		return 0x05;
	case 4096:
		return 0x16;
	default:
		return 0x07;
	}
}

static const struct key *find_key(const struct piv *piv, uint8_t slot)
{
	for (size_t i = 0; i < piv->applet.image->key_count; i++)
		if (piv->applet.image->keys[i].slot == slot)
			return piv->applet.image->keys[i].key;
	return NULL;
}

static bool use_key(const struct key *key, const uint8_t *data, size_t length, struct vt_buf *ret)
{
	struct tlv template, challenge, exponent, response;

	if (!tlv_find(data, length, 0x7c, &template) ||
		!tlv_find(template.value, template.length, 0x82, &response) || response.length != 0)
		return false;
	bool agrees = tlv_find(template.value, template.length, 0x85, &exponent);
	bool signs = tlv_find(template.value, template.length, 0x81, &challenge);
	if (agrees == signs)
		return false;
	if (agrees)
		return key_ecdh(key, exponent.value, exponent.length, ret);
	if (key_type(key) == KEY_RSA)
		return key_rsa_raw(key, challenge.value, challenge.length, ret);
	return key_ecdsa(key, challenge.value, challenge.length, ret);
}

static uint16_t do_authenticate(
	struct piv *piv, const struct card_command *command, bool fresh, struct vt_buf *ret)
{
	const struct key *key = find_key(piv, command->p2);
	struct vt_buf result, answer;
	uint16_t sw = CARD_SW_WRONG_DATA;

	/* Part 2 §3.2.4: 6A86 for an algorithm or key reference that is not there. */
	if (!key || command->p1 != algorithm_of(key))
		return CARD_SW_WRONG_P1P2;
	if (command->p2 != 0x9e && !piv->applet.image->pin.verified)
		return CARD_SW_SECURITY_STATUS;
	if (command->p2 == 0x9c && !fresh)
		return CARD_SW_SECURITY_STATUS;
	vt_buf_init(&result, APPLET_MAX_CHAIN);
	vt_buf_init(&answer, APPLET_MAX_CHAIN);
	if (use_key(key, command->data, command->length, &result)) {
		tlv_wrap(&answer, 0x82, &result);
		tlv_wrap(ret, 0x7c, &answer);
		sw = CARD_SW_OK;
	}
	vt_buf_finish(&answer);
	vt_buf_finish(&result);
	return sw;
}

static uint16_t command_piv(
	struct applet *applet, const struct card_command *command, struct vt_buf *ret)
{
	struct piv *piv = (struct piv *)(void *)applet;
	bool fresh = piv->fresh;

	piv->fresh = false;
	if (command->ins == INS_SELECT)
		return do_select(piv, command, ret);
	if (!piv->selected)
		return CARD_SW_INS;
	switch (command->ins) {
	case INS_GET_DATA:
		return do_get_data(piv, command, ret);
	case INS_VERIFY:
	case INS_CHANGE:
	case INS_UNBLOCK:
		return do_pin(piv, command);
	case INS_AUTHENTICATE:
		return do_authenticate(piv, command, fresh, ret);
	case INS_GENERATE:
	case INS_PUT_DATA:
		return CARD_SW_SECURITY_STATUS;
	default:
		return CARD_SW_INS;
	}
}

static void reset_piv(struct applet *applet)
{
	struct piv *piv = (struct piv *)(void *)applet;

	piv->selected = false;
	piv->fresh = false;
}

static void finish_piv(struct applet *applet)
{
	struct piv *piv = (struct piv *)(void *)applet;

	for (size_t i = 0; i < piv->object_count; i++)
		vt_buf_finish(&piv->objects[i].content);
}

enum vt_code piv_create(struct image *image, struct card **ret_card)
{
	static const struct applet_ops ops = {"piv", reset_piv, command_piv, finish_piv};
	struct piv *piv = calloc(1, sizeof(*piv));

	if (!piv) {
		image_destroy(&image);
		return VT_ERR_NOMEM;
	}
	applet_init(&piv->applet, &ops, image);
	struct card *card = &piv->applet.base;
	if (!add_objects(piv)) {
		card_destroy(&card);
		return VT_ERR_LIMIT;
	}
	*ret_card = card;
	return VT_OK;
}
