/* The files, in the DER of ISO 7816-15 §8 and annex A; PKCS #15 v1.1 §6 has the same with examples.
 *
 *   3F00 MF ── 2F00 EF.DIR: the application and its path
 *          └─ 5015 DF ── 5031 EF.ODF: where the following are
 *                     ├─ 5032 EF.TokenInfo
 *                     ├─ 4401 EF.AOD: the PIN · 4402 EF.PrKD: keys · 4403 EF.CD: certificates
 *                     └─ 4301 … certificates in DER
 */

#include "tools/virtual-devices/cards/pkcs15-internal.h"

#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "tools/virtual-devices/cards/tlv.h"

enum {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTETS = 0x04,
	DER_ENUMERATED = 0x0a,
	DER_UTF8 = 0x0c,
	DER_SEQUENCE = 0x30,
	DER_CONTEXT = 0x80,
	DER_CONSTRUCTED = 0xa0,
};

const uint8_t p15_aid[12] = {0xa0, 0x00, 0x00, 0x00, 0x63, 'P', 'K', 'C', 'S', '-', '1', '5'};

/* The only PIN; keys name it as what guards them. */
static const uint8_t auth_id[1] = {0x01};

static void put_text(struct vt_buf *buf, uint32_t tag, const char *text)
{
	tlv_put(buf, tag, text, strlen(text));
}

/* Smallest two's complement of a number that is not negative. */
static void put_integer(struct vt_buf *buf, uint32_t tag, unsigned value)
{
	uint8_t bytes[5];
	size_t at = sizeof(bytes);

	do {
		bytes[--at] = (uint8_t)value;
		value >>= 8;
	} while (value > 0);
	if (bytes[at] & 0x80)
		bytes[--at] = 0;
	tlv_put(buf, tag, bytes + at, sizeof(bytes) - at);
}

/* Named bits, bit 0 being the most significant; trailing zero bits are left out as DER wants. */
static void put_bits(struct vt_buf *buf, uint16_t bits)
{
	uint8_t bytes[3] = {0, (uint8_t)(bits >> 8), (uint8_t)bits};
	size_t length = bytes[2] ? 3 : 2;
	uint8_t last = bytes[length - 1];

	while (last && !(last & 1)) {
		bytes[0]++;
		last >>= 1;
	}
	tlv_put(buf, DER_BIT_STRING, bytes, length);
}

/* Path ::= SEQUENCE { path OCTET STRING }, absolute. */
static void put_path(struct vt_buf *buf, uint16_t id)
{
	const uint8_t path[] = {
		0x3f, 0x00, P15_DF >> 8, P15_DF & 0xff, (uint8_t)(id >> 8), (uint8_t)id};
	struct vt_buf inside;

	vt_buf_init(&inside, 64);
	tlv_put(&inside, DER_OCTETS, path, id == P15_DF ? 4 : 6);
	tlv_wrap(buf, DER_SEQUENCE, &inside);
	vt_buf_finish(&inside);
}

static struct vt_buf *add_file(struct p15_files *files, uint16_t id, uint16_t parent, bool is_df)
{
	VT_ASSERT(files->count < P15_MAX_FILES);
	struct p15_file *file = &files->file[files->count++];
	*file = (struct p15_file){.id = id, .parent = parent, .is_df = is_df};
	vt_buf_init(&file->content, P15_MAX_EF);
	return &file->content;
}

static const char *card_label(const struct image *image)
{
	return image->label[0] ? image->label : "Ventanilla PKCS#15";
}

static void build_dir(struct vt_buf *file, const struct image *image)
{
	struct vt_buf entry;

	vt_buf_init(&entry, 512);
	tlv_put(&entry, 0x4f, p15_aid, sizeof(p15_aid));
	put_text(&entry, 0x50, card_label(image));
	tlv_put(&entry, 0x51, (const uint8_t[]){0x3f, 0x00, P15_DF >> 8, P15_DF & 0xff}, 4);
	tlv_wrap(file, 0x61, &entry);
	vt_buf_finish(&entry);
}

/* PKCS15Objects: A0 private keys, A4 certificates, A8 authentication objects. */
static void build_odf(struct vt_buf *file)
{
	static const struct {
		uint8_t tag;
		uint16_t id;
	} entries[] = {{0xa8, P15_AODF}, {0xa0, P15_PRKDF}, {0xa4, P15_CDF}};
	struct vt_buf path;

	vt_buf_init(&path, 64);
	for (size_t i = 0; i < VT_ELEMENTS(entries); i++) {
		put_path(&path, entries[i].id);
		tlv_wrap(file, entries[i].tag, &path);
	}
	vt_buf_finish(&path);
}

/* TokenInfo: version v1, serial, manufacturer, label, flags readonly + loginRequired +
 * prnGeneration (0x80, 0x40; we generate nothing). */
static void build_token(struct vt_buf *file, const struct image *image)
{
	struct vt_buf inside;

	vt_buf_init(&inside, 512);
	put_integer(&inside, DER_INTEGER, 0);
	tlv_put(&inside, DER_OCTETS, image->serial + 8, 8);
	put_text(&inside, DER_UTF8, "Ventanilla");
	put_text(&inside, DER_CONTEXT | 0, card_label(image));
	put_bits(&inside, 0xc000);
	tlv_wrap(file, DER_SEQUENCE, &inside);
	vt_buf_finish(&inside);
}

/* CommonObjectAttributes { label, flags, authId }; private objects are guarded by the PIN. */
static void put_common(struct vt_buf *buf, const char *label, bool is_private, bool each_time)
{
	struct vt_buf inside;

	vt_buf_init(&inside, 512);
	put_text(&inside, DER_UTF8, label);
	if (is_private) {
		put_bits(&inside, 0x8000);
		tlv_put(&inside, DER_OCTETS, auth_id, sizeof(auth_id));
	}
	/* userConsent: how often a key may be used after one VERIFY. */
	if (each_time)
		put_integer(&inside, DER_INTEGER, 1);
	tlv_wrap(buf, DER_SEQUENCE, &inside);
	vt_buf_finish(&inside);
}

/* The PIN: pwdFlags initialized (08) + needs-padding (04) + local is not set; type ascii-numeric,
 * lengths 4 to 8 stored in 8, reference, padding FF. */
static void build_aodf(struct vt_buf *file)
{
	struct vt_buf entry, part, attributes;

	vt_buf_init(&entry, 512);
	vt_buf_init(&part, 512);
	vt_buf_init(&attributes, 512);
	put_common(&entry, "PIN", false, false);
	tlv_put(&part, DER_OCTETS, auth_id, sizeof(auth_id));
	tlv_wrap(&entry, DER_SEQUENCE, &part);
	put_bits(&attributes, 0x0c00);
	put_integer(&attributes, DER_ENUMERATED, 1);
	put_integer(&attributes, DER_INTEGER, 4);
	put_integer(&attributes, DER_INTEGER, PIN_SIZE);
	put_integer(&attributes, DER_INTEGER, PIN_SIZE);
	put_integer(&attributes, DER_CONTEXT | 0, P15_PIN_REFERENCE);
	tlv_put(&attributes, DER_OCTETS, &(uint8_t){0xff}, 1);
	put_path(&attributes, P15_DF);
	tlv_wrap(&part, DER_SEQUENCE, &attributes);
	tlv_wrap(&entry, DER_CONSTRUCTED | 1, &part);
	tlv_wrap(file, DER_SEQUENCE, &entry);
	vt_buf_finish(&attributes);
	vt_buf_finish(&part);
	vt_buf_finish(&entry);
}

static const char *key_label(const struct image_key *key, char *room, size_t size)
{
	if (key->label[0])
		return key->label;
	return vt_format(room, size, "Key %d", key->slot) ? room : "Key";
}

/* CommonKeyAttributes: id, usage sign (20) + signRecover (10) + nonRepudiation (0040), for RSA also
 * decrypt (40); native; access sensitive, never extractable …; reference. */
static void put_key(struct vt_buf *file, const struct image_key *key)
{
	bool is_rsa = key_type(key->key) == KEY_RSA;
	struct vt_buf entry, part, value;
	char room[16];

	vt_buf_init(&entry, 1024);
	vt_buf_init(&part, 1024);
	vt_buf_init(&value, 1024);
	put_common(&entry, key_label(key, room, sizeof(room)), true, key->always);
	tlv_put(&part, DER_OCTETS, &key->slot, 1);
	put_bits(&part, is_rsa ? 0x7040 : 0x2040);
	put_bits(&part, 0xb800);
	put_integer(&part, DER_INTEGER, key->slot);
	tlv_wrap(&entry, DER_SEQUENCE, &part);
	put_path(&value, P15_DF);
	/* RSA: modulusLength. EC: where the standard has an optional KeyInfo, OpenSC writes and
	 * reads the size of the field. */
	put_integer(&value, DER_INTEGER, key_bits(key->key));
	tlv_wrap(&part, DER_SEQUENCE, &value);
	tlv_wrap(&entry, DER_CONSTRUCTED | 1, &part);
	/* PrivateKeyType: an RSA key is a plain SEQUENCE, an EC key has the tag [0]. */
	tlv_wrap(file, is_rsa ? DER_SEQUENCE : DER_CONSTRUCTED | 0, &entry);
	vt_buf_finish(&value);
	vt_buf_finish(&part);
	vt_buf_finish(&entry);
}

static void put_certificate(struct vt_buf *file, const struct image_key *key)
{
	struct vt_buf entry, part, value;
	char room[16];

	vt_buf_init(&entry, 1024);
	vt_buf_init(&part, 1024);
	vt_buf_init(&value, 1024);
	put_common(&entry, key_label(key, room, sizeof(room)), false, false);
	tlv_put(&part, DER_OCTETS, &key->slot, 1);
	tlv_wrap(&entry, DER_SEQUENCE, &part);
	put_path(&value, (uint16_t)(P15_CERT + key->slot));
	tlv_wrap(&part, DER_SEQUENCE, &value);
	tlv_wrap(&entry, DER_CONSTRUCTED | 1, &part);
	tlv_wrap(file, DER_SEQUENCE, &entry);
	vt_buf_finish(&value);
	vt_buf_finish(&part);
	vt_buf_finish(&entry);
}

bool p15_build(struct p15_files *files, const struct image *image)
{
	add_file(files, P15_MF, P15_MF, true);
	add_file(files, P15_DF, P15_MF, true);
	build_dir(add_file(files, P15_DIR, P15_MF, false), image);
	build_odf(add_file(files, P15_ODF, P15_DF, false));
	build_token(add_file(files, P15_TOKEN, P15_DF, false), image);
	build_aodf(add_file(files, P15_AODF, P15_DF, false));
	struct vt_buf *keys = add_file(files, P15_PRKDF, P15_DF, false);
	struct vt_buf *certificates = add_file(files, P15_CDF, P15_DF, false);
	for (size_t i = 0; i < image->key_count; i++) {
		const struct image_key *key = &image->keys[i];
		if (key->key)
			put_key(keys, key);
		if (!key->cert)
			continue;
		put_certificate(certificates, key);
		vt_buf_append(add_file(files, (uint16_t)(P15_CERT + key->slot), P15_DF, false),
			key->cert, key->cert_length);
	}
	for (size_t i = 0; i < files->count; i++)
		if (files->file[i].content.failed != VT_OK)
			return false;
	return true;
}

void p15_free(struct p15_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		vt_buf_finish(&files->file[i].content);
	files->count = 0;
}
