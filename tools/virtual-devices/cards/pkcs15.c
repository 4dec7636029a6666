#include "tools/virtual-devices/cards/pkcs15.h"

#include <stdlib.h>
#include <string.h>

#include "tools/virtual-devices/cards/pkcs15-internal.h"
#include "tools/virtual-devices/cards/tlv.h"

enum {
	INS_VERIFY = 0x20,
	INS_MSE = 0x22,
	INS_CHANGE = 0x24,
	INS_PSO = 0x2a,
	INS_UNBLOCK = 0x2c,
	INS_SELECT = 0xa4,
	INS_READ = 0xb0,
};

/* OpenSC signs only with cards that it knows by driver; the free IsoApplet's commands are plain ISO
 * 7816-8. Whoever selects by its AID gets the same application, and the answer of that applet: its
 * interface is version 0.6, with extended lengths (01) and elliptic curves (04). */
static const uint8_t iso_applet_version[] = {0x00, 0x06, 0x05};
static const uint8_t iso_applet_aid[] = {
	0xf2, 0x76, 0xa2, 0x88, 0xbc, 0xfb, 0xa6, 0x9d, 0x34, 0xf3, 0x10, 0x01};

struct pkcs15 {
	struct applet applet;
	struct p15_files files;
	uint16_t df;		      /* current folder */
	const struct p15_file *ef;    /* current file, NULL = none; borrowed from files */
	const struct image_key *used; /* key of the security environment, NULL = none set */
	uint8_t algorithm;
	bool decipher; /* the environment is for PSO decipher, not for a signature */
};

/* --- files --- */

static const struct p15_file *find(const struct pkcs15 *card, uint16_t id, uint16_t parent)
{
	for (size_t i = 0; i < card->files.count; i++) {
		const struct p15_file *file = &card->files.file[i];
		if (file->id == id && file->parent == parent)
			return file;
	}
	return NULL;
}

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Follows ids from a folder; NULL if one of them is not there. */
static const struct p15_file *walk(
	const struct pkcs15 *card, uint16_t from, const uint8_t *path, size_t length)
{
	const struct p15_file *file = NULL;

	if (length == 0 || length % 2 != 0)
		return NULL;
	for (size_t i = 0; i < length; i += 2) {
		if (file && !file->is_df)
			return NULL;
		file = find(card, be16(path + i), file ? file->id : from);
		if (!file)
			return NULL;
	}
	return file;
}

/* By file id: the MF, a child, a sibling or the folder itself (ISO 7816-4 §11.1.1). */
static const struct p15_file *find_near(
	const struct pkcs15 *card, const uint8_t *data, size_t length)
{
	if (length == 0)
		return find(card, P15_MF, P15_MF);
	if (length != 2)
		return NULL;
	uint16_t id = be16(data);
	if (id == P15_MF)
		return find(card, P15_MF, P15_MF);
	const struct p15_file *file = find(card, id, card->df);
	return file ? file : find(card, id, P15_MF);
}

static bool names_iso_applet(const struct card_command *command)
{
	return command->p1 == 0x04 && command->length == sizeof(iso_applet_aid) &&
	       memcmp(command->data, iso_applet_aid, sizeof(iso_applet_aid)) == 0;
}

static const struct p15_file *find_name(
	const struct pkcs15 *card, const struct card_command *command)
{
	size_t length = command->length;
	bool is_p15 = length >= 5 && length <= sizeof(p15_aid) &&
		      memcmp(command->data, p15_aid, length) == 0;

	return is_p15 || names_iso_applet(command) ? find(card, P15_DF, P15_MF) : NULL;
}

/* File control information: 80 size, 82 descriptor, 83 id, 84 name, 8A life cycle (operational). */
static void describe(const struct p15_file *file, uint8_t tag, struct vt_buf *ret)
{
	size_t size = file->content.length;
	struct vt_buf inside;

	vt_buf_init(&inside, 256);
	if (!file->is_df)
		tlv_put(&inside, 0x80, (const uint8_t[]){(uint8_t)(size >> 8), (uint8_t)size}, 2);
	tlv_put(&inside, 0x82, &(uint8_t){file->is_df ? 0x38 : 0x01}, 1);
	tlv_put(&inside, 0x83, (const uint8_t[]){(uint8_t)(file->id >> 8), (uint8_t)file->id}, 2);
	if (file->id == P15_DF)
		tlv_put(&inside, 0x84, p15_aid, sizeof(p15_aid));
	tlv_put(&inside, 0x8a, &(uint8_t){0x05}, 1);
	tlv_wrap(ret, tag, &inside);
	vt_buf_finish(&inside);
}

static uint16_t do_select(
	struct pkcs15 *card, const struct card_command *command, struct vt_buf *ret)
{
	static const uint8_t mf[] = {0x3f, 0x00};
	const struct p15_file *file = NULL;
	const uint8_t *data = command->data;
	size_t length = command->length;

	if ((command->p2 & 0xf3) != 0x00 || (command->p2 & 0x0c) == 0x08)
		return CARD_SW_WRONG_P1P2;
	switch (command->p1) {
	case 0x00:
		file = find_near(card, data, length);
		break;
	case 0x01: /* a folder below, 02: a file below */
	case 0x02:
		file = walk(card, card->df, data, length == 2 ? length : 0);
		file = file && file->is_df == (command->p1 == 0x01) ? file : NULL;
		break;
	case 0x03:
		file = find(card, P15_MF, P15_MF);
		break;
	case 0x04:
		file = find_name(card, command);
		break;
	case 0x08: /* a path from the MF, which may name the MF; 09: from the current folder */
		if (length >= 2 && memcmp(data, mf, 2) == 0) {
			file = length == 2 ? find(card, P15_MF, P15_MF) : NULL;
			data += 2;
			length -= 2;
		}
		file = file ? file : walk(card, P15_MF, data, length);
		break;
	case 0x09:
		file = walk(card, card->df, data, length);
		break;
	default:
		return CARD_SW_WRONG_P1P2;
	}
	if (!file)
		return CARD_SW_FILE_NOT_FOUND;
	card->df = file->is_df ? file->id : file->parent;
	card->ef = file->is_df ? NULL : file;
	if (file->id == P15_MF)
		card->applet.image->pin.verified = false;
	if (names_iso_applet(command))
		vt_buf_append(ret, iso_applet_version, sizeof(iso_applet_version));
	else if ((command->p2 & 0x0c) != 0x0c)
		describe(file, (command->p2 & 0x0c) == 0x04 ? 0x62 : 0x6f, ret);
	return CARD_SW_OK;
}

static uint16_t do_read(struct pkcs15 *card, const struct card_command *command, struct vt_buf *ret)
{
	size_t offset = (size_t)command->p1 << 8 | command->p2;

	/* P1 with bit 80 names a short file id: none of ours has one. */
	if (command->p1 & 0x80)
		return CARD_SW_FILE_NOT_FOUND;
	if (!card->ef)
		return CARD_SW_NO_CURRENT_EF;
	if (command->length > 0 || command->le == 0)
		return CARD_SW_WRONG_LENGTH;
	if (offset > card->ef->content.length)
		return CARD_SW_WRONG_OFFSET;
	size_t left = card->ef->content.length - offset;
	size_t count = command->le < left ? command->le : left;
	if (count > 0)
		vt_buf_append(ret, card->ef->content.data + offset, count);
	/* Le 00 means "up to 256", so fewer is no surprise. */
	return count < command->le && command->le != 256 && command->le != 65536
		       ? CARD_SW_END_OF_FILE
		       : CARD_SW_OK;
}

/* --- PIN, keys --- */

static uint16_t do_pin(struct pkcs15 *card, const struct card_command *command)
{
	struct pin *pin = &card->applet.image->pin;

	if (command->p1 != 0x00)
		return CARD_SW_WRONG_P1P2;
	if (command->p2 != P15_PIN_REFERENCE)
		return CARD_SW_REFERENCE_NOT_FOUND;
	if (command->ins == INS_CHANGE)
		return pin_change(pin, command->data, command->length);
	if (command->ins == INS_UNBLOCK)
		return pin_unblock(pin, &card->applet.image->puk, command->data, command->length);
	return pin_verify(pin, command->data, command->length);
}

/* SET for computation: P1 41, P2 B6 digital signature or B8 confidentiality. 80 algorithm, 84 key.
 */
static uint16_t do_mse(struct pkcs15 *card, const struct card_command *command)
{
	struct tlv algorithm, reference;

	if ((command->p1 != 0x41 && command->p1 != 0xc1) ||
		(command->p2 != 0xb6 && command->p2 != 0xb8))
		return CARD_SW_WRONG_P1P2;
	card->used = NULL;
	if (!tlv_find(command->data, command->length, 0x84, &reference) || reference.length != 1)
		return CARD_SW_WRONG_DATA;
	for (size_t i = 0; i < card->applet.image->key_count; i++)
		if (card->applet.image->keys[i].slot == reference.value[0] &&
			card->applet.image->keys[i].key)
			card->used = &card->applet.image->keys[i];
	if (!card->used)
		return CARD_SW_REFERENCE_NOT_FOUND;
	bool is_rsa = key_type(card->used->key) == KEY_RSA;
	card->algorithm = is_rsa ? P15_ALG_PKCS1 : P15_ALG_ECDSA;
	card->decipher = command->p2 == 0xb8;
	if (!tlv_find(command->data, command->length, 0x80, &algorithm))
		return CARD_SW_OK;
	card->algorithm = algorithm.length == 1 ? algorithm.value[0] : 0;
	if (is_rsa ? card->algorithm == P15_ALG_PKCS1 || card->algorithm == P15_ALG_RAW
		   : card->algorithm == P15_ALG_ECDSA && !card->decipher)
		return CARD_SW_OK;
	card->used = NULL;
	return CARD_SW_WRONG_DATA;
}

static bool use_key(
	const struct pkcs15 *card, const uint8_t *data, size_t length, struct vt_buf *ret)
{
	const struct key *key = card->used->key;

	if (card->algorithm == P15_ALG_ECDSA)
		return key_ecdsa(key, data, length, ret);
	/* Decipherment is raw: the host takes the padding off. */
	if (card->algorithm == P15_ALG_RAW || card->decipher)
		return key_rsa_raw(key, data, length, ret);
	return key_rsa_pkcs1(key, data, length, ret);
}

/* 9E 9A: compute a digital signature; 80 86: decipher, the data begins with the padding indicator.
 */
static uint16_t do_pso(struct pkcs15 *card, const struct card_command *command, struct vt_buf *ret)
{
	const uint8_t *data = command->data;
	size_t length = command->length;
	bool signs = command->p1 == 0x9e && command->p2 == 0x9a;
	bool deciphers = command->p1 == 0x80 && command->p2 == 0x86;

	if (!signs && !deciphers)
		return CARD_SW_WRONG_P1P2;
	if (!card->used || card->decipher != deciphers)
		return CARD_SW_CONDITIONS;
	if (!card->applet.image->pin.verified)
		return CARD_SW_SECURITY_STATUS;
	if (deciphers) {
		if (length == 0 || data[0] != 0x00)
			return CARD_SW_WRONG_DATA;
		data++;
		length--;
	}
	if (card->used->always)
		card->applet.image->pin.verified = false;
	return use_key(card, data, length, ret) ? CARD_SW_OK : CARD_SW_WRONG_DATA;
}

/* --- the applet --- */

static uint16_t command_pkcs15(
	struct applet *applet, const struct card_command *command, struct vt_buf *ret)
{
	struct pkcs15 *card = (struct pkcs15 *)(void *)applet;

	switch (command->ins) {
	case INS_SELECT:
		return do_select(card, command, ret);
	case INS_READ:
		return do_read(card, command, ret);
	case INS_VERIFY:
	case INS_CHANGE:
	case INS_UNBLOCK:
		return do_pin(card, command);
	case INS_MSE:
		return do_mse(card, command);
	case INS_PSO:
		return do_pso(card, command, ret);
	default:
		return CARD_SW_INS;
	}
}

static void reset_pkcs15(struct applet *applet)
{
	struct pkcs15 *card = (struct pkcs15 *)(void *)applet;

	card->df = P15_MF;
	card->ef = NULL;
	card->used = NULL;
}

static void finish_pkcs15(struct applet *applet)
{
	struct pkcs15 *card = (struct pkcs15 *)(void *)applet;

	p15_free(&card->files);
}

enum vt_code pkcs15_create(struct image *image, struct card **ret_card)
{
	static const struct applet_ops ops = {"p15", reset_pkcs15, command_pkcs15, finish_pkcs15};
	struct pkcs15 *self = calloc(1, sizeof(*self));

	if (!self) {
		image_destroy(&image);
		return VT_ERR_NOMEM;
	}
	applet_init(&self->applet, &ops, image);
	self->df = P15_MF;
	struct card *card = &self->applet.base;
	if (!p15_build(&self->files, image)) {
		card_destroy(&card);
		return VT_ERR_LIMIT;
	}
	*ret_card = card;
	return VT_OK;
}
