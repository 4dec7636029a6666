/* The directory files of a PKCS#15 card (ISO/IEC 7816-15 §8 and annex A). Every entry is a DER
 * value; one that is malformed or of another kind is skipped, so that one odd object does not hide
 * the others. Nothing here sends anything.
 *
 *   PKCS15Object ::= SEQUENCE { CommonObjectAttributes, ClassAttributes, [0] SubClass OPTIONAL,
 *                               [1] TypeAttributes }
 */
#include <string.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "drivers/smartcard/tlv.h"
#include "terminal/base/text.h"

#define DER_BOOLEAN    0x01
#define DER_INTEGER    0x02
#define DER_BITS       0x03
#define DER_OCTETS     0x04
#define DER_ENUMERATED 0x0a
#define DER_UTF8       0x0c
#define DER_SEQUENCE   0x30

/* CKM_RSA_PKCS and CKO's bit "compute-signature" of supportedOperations. */
#define MECHANISM_RSA_PKCS 1
#define OPERATION_SIGN	   0x40

/* A row of values inside one value. */
struct row {
	const uint8_t *p;
	size_t n, at;
};

struct value {
	uint32_t tag;
	const uint8_t *p;
	size_t n;
};

static bool next(struct row *row, struct value *ret)
{
	size_t value, length;

	if (tlv_walk(row->p, row->n, &row->at, &ret->tag, &value, &length) != 1)
		return false;
	ret->p = row->p + value;
	ret->n = length;
	return true;
}

static bool next_tag(struct row *row, uint32_t tag, struct value *ret)
{
	return next(row, ret) && ret->tag == tag;
}

static struct row inside(const struct value *value)
{
	return (struct row){.p = value->p, .n = value->n};
}

/* The first value with this tag among those of value. */
static bool find(const struct value *value, uint32_t tag, struct value *ret)
{
	struct row row = inside(value);

	while (next(&row, ret))
		if (ret->tag == tag)
			return true;
	return false;
}

/* A small unsigned number; false if it is negative or above max. */
static bool number(const struct value *value, size_t max, size_t *ret)
{
	size_t n = 0;

	if (value->n == 0 || value->n > 4 || (value->p[0] & 0x80))
		return false;
	for (size_t i = 0; i < value->n; i++)
		n = n << 8 | value->p[i];
	if (n > max)
		return false;
	*ret = n;
	return true;
}

/* Bit n of a BIT STRING, counted from its front; absent ones are 0. */
static bool bit(const struct value *value, size_t n)
{
	return value->n > 1 + n / 8 && (value->p[1 + n / 8] & (0x80 >> n % 8));
}

static bool copy_id(const struct value *value, uint8_t ret[MAX_ID], size_t *ret_length)
{
	if (value->n == 0 || value->n > MAX_ID)
		return false;
	memcpy(ret, value->p, value->n);
	*ret_length = value->n;
	return true;
}

/* Path ::= SEQUENCE { OCTET STRING, index INTEGER OPTIONAL, length [0] INTEGER OPTIONAL } */
static bool read_path(const struct value *sequence, struct pkcs15_path *ret)
{
	struct row row = inside(sequence);
	struct pkcs15_path path = {0};
	struct value value;

	if (!next_tag(&row, DER_OCTETS, &value) || value.n < 2 || value.n > MAX_PATH ||
		value.n % 2 != 0)
		return false;
	memcpy(path.bytes, value.p, value.n);
	path.length = value.n;
	while (next(&row, &value)) {
		if (value.tag == DER_INTEGER && !number(&value, SMARTCARD_MAX_FILE, &path.offset))
			return false;
		if (value.tag == 0x80 && !number(&value, SMARTCARD_MAX_FILE, &path.size))
			return false;
	}
	*ret = path;
	return true;
}

/* ---- EF.DIR, EF.ODF ---- */

bool pkcs15_parse_dir(const uint8_t *p, size_t n, struct pkcs15_path *ret_home)
{
	static const uint8_t aid[] = {
		0xa0, 0x00, 0x00, 0x00, 0x63, 'P', 'K', 'C', 'S', '-', '1', '5'};
	struct row row = {.p = p, .n = n};
	struct value template, name, path;

	while (next(&row, &template)) {
		if (template.tag != 0x61 || !find(&template, 0x4f, &name) || name.n < sizeof(aid) ||
			memcmp(name.p, aid, sizeof(aid)) != 0 || !find(&template, 0x51, &path))
			continue;
		if (path.n < 2 || path.n > 8 || path.n % 2 != 0 || path.p[0] != 0x3f ||
			path.p[1] != 0x00)
			continue;
		*ret_home = (struct pkcs15_path){.length = path.n};
		memcpy(ret_home->bytes, path.p, path.n);
		return true;
	}
	return false;
}

bool pkcs15_parse_odf(struct pkcs15 *p15, const uint8_t *p, size_t n)
{
	struct row row = {.p = p, .n = n};
	struct value entry, sequence;

	p15->directory_count = 0;
	while (next(&row, &entry) && p15->directory_count < MAX_DIRECTORIES) {
		if ((entry.tag != 0xa0 && entry.tag != 0xa4 && entry.tag != 0xa8) ||
			!find(&entry, DER_SEQUENCE, &sequence) ||
			!read_path(&sequence, &p15->directories[p15->directory_count]))
			continue;
		p15->kinds[p15->directory_count++] = (uint8_t)entry.tag;
	}
	return p15->directory_count > 0;
}

/* ---- objects ---- */

/* The four parts of an entry. */
struct object {
	struct value common, class, type; /* type: inside of [1] */
};

static bool read_object(const struct value *entry, struct object *ret)
{
	struct row row = inside(entry);
	struct value value;

	if (!next_tag(&row, DER_SEQUENCE, &ret->common) ||
		!next_tag(&row, DER_SEQUENCE, &ret->class))
		return false;
	while (next(&row, &value))
		if (value.tag == 0xa1)
			return find(&value, DER_SEQUENCE, &ret->type);
	return false;
}

/* CommonObjectAttributes ::= SEQUENCE { label Label OPTIONAL, flags BIT STRING OPTIONAL,
 * authId OCTET STRING OPTIONAL, userConsent INTEGER (1..) OPTIONAL, … } */
static void read_label(const struct object *object, char *ret, size_t size)
{
	struct value value;
	char text[256];

	ret[0] = '\0';
	if (!find(&object->common, DER_UTF8, &value) || value.n >= sizeof(text) ||
		!vt_utf8_valid(value.p, value.n) || memchr(value.p, 0, value.n))
		return;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	vt_copy_cut(ret, size, text);
}

void pkcs15_parse_certificates(struct pkcs15 *p15, const uint8_t *p, size_t n)
{
	struct row row = {.p = p, .n = n};
	struct value entry, id, path;
	struct object object;

	/* X.509 is the plain SEQUENCE among the choices of CertificateType. */
	while (p15->certificate_count < MAX_KEYS && next(&row, &entry)) {
		struct pkcs15_certificate certificate = {0};

		if (entry.tag != DER_SEQUENCE || !read_object(&entry, &object) ||
			!find(&object.class, DER_OCTETS, &id) ||
			!copy_id(&id, certificate.id, &certificate.id_length) ||
			!find(&object.type, DER_SEQUENCE, &path) ||
			!read_path(&path, &certificate.path))
			continue;
		read_label(&object, certificate.label, sizeof(certificate.label));
		p15->certificates[p15->certificate_count++] = certificate;
	}
}

/* CommonKeyAttributes ::= SEQUENCE { iD, usage BIT STRING, native BOOLEAN OPTIONAL, accessFlags BIT
 * STRING OPTIONAL, keyReference INTEGER OPTIONAL, … } */
static bool read_key_class(const struct value *class, struct pkcs15_key *ret)
{
	struct row row = inside(class);
	struct value id, usage, value;
	size_t reference = 0;

	if (!next_tag(&row, DER_OCTETS, &id) || !copy_id(&id, ret->id, &ret->id_length) ||
		!next_tag(&row, DER_BITS, &usage))
		return false;
	/* 2 sign, 9 nonRepudiation */
	ret->signs = bit(&usage, 2) || bit(&usage, 9);
	while (next(&row, &value))
		if (value.tag == DER_INTEGER && !number(&value, 255, &reference))
			return false;
	ret->reference = (uint8_t)reference;
	return true;
}

void pkcs15_parse_keys(struct pkcs15 *p15, const uint8_t *p, size_t n)
{
	struct row row = {.p = p, .n = n};
	struct value entry, value;
	struct object object;

	/* An RSA key is the plain SEQUENCE, an EC key [0]. */
	while (p15->key_count < MAX_KEYS && next(&row, &entry)) {
		struct pkcs15_key key = {.is_ec = entry.tag == 0xa0};
		size_t uses;

		if ((entry.tag != DER_SEQUENCE && entry.tag != 0xa0) ||
			!read_object(&entry, &object) || !read_key_class(&object.class, &key))
			continue;
		if (find(&object.common, DER_OCTETS, &value))
			(void)copy_id(&value, key.auth_id, &key.auth_id_length);
		key.each_time = find(&object.common, DER_INTEGER, &value) &&
				number(&value, 1, &uses) && uses == 1;
		p15->keys[p15->key_count++] = key;
	}
}

/* PwdFlags: 4 initialized, 5 needs-padding, 6 unblockingPin, 7 soPin. PwdType: 0 bcd,
 * 1 ascii-numeric, 2 utf8, 3 half-nibble-bcd, 4 iso9564-1. */
static bool read_pin(const struct value *type, struct pkcs15_pin *ret)
{
	struct row row = inside(type);
	struct value flags, value;
	size_t kind, min, stored, max, reference = 0;
	bool is_padded;

	if (!next_tag(&row, DER_BITS, &flags) || bit(&flags, 6) || bit(&flags, 7) ||
		!next_tag(&row, DER_ENUMERATED, &value) || !number(&value, 2, &kind) ||
		!next_tag(&row, DER_INTEGER, &value) || !number(&value, 32, &min) ||
		!next_tag(&row, DER_INTEGER, &value) ||
		!number(&value, SMARTCARD_MAX_PIN_BLOCK, &stored))
		return false;
	is_padded = bit(&flags, 5);
	max = kind == 0 ? 2 * stored : stored;
	ret->format.padding = 0xff;
	while (next(&row, &value)) {
		size_t told;

		if (value.tag == DER_INTEGER && number(&value, max, &told))
			max = told;
		else if (value.tag == 0x80 && !number(&value, 255, &reference))
			return false;
		else if (value.tag == DER_OCTETS && value.n == 1)
			ret->format.padding = value.p[0];
		else if (value.tag == DER_SEQUENCE)
			(void)read_path(&value, &ret->path);
	}
	/* What a pad of 16 digits and our own can do. */
	if (max > 16)
		max = 16;
	if (min < 1 || min > max)
		return false;
	ret->format.min = (uint8_t)min;
	ret->format.max = (uint8_t)max;
	ret->format.block = is_padded ? (uint8_t)stored : 0;
	ret->format.reference = (uint8_t)reference;
	ret->format.is_bcd = kind == 0;
	ret->format.any_character = kind == 2;
	return true;
}

void pkcs15_parse_pins(struct pkcs15 *p15, const uint8_t *p, size_t n)
{
	struct row row = {.p = p, .n = n};
	struct value entry, id;
	struct object object;

	while (p15->pin_count < MAX_PINS && next(&row, &entry)) {
		struct pkcs15_pin pin = {0};

		if (entry.tag != DER_SEQUENCE || !read_object(&entry, &object) ||
			!find(&object.class, DER_OCTETS, &id) ||
			!copy_id(&id, pin.auth_id, &pin.auth_id_length) ||
			!read_pin(&object.type, &pin))
			continue;
		p15->pins[p15->pin_count++] = pin;
	}
}

/* supportedAlgorithms [2] of TokenInfo: SEQUENCE OF SEQUENCE { reference, algorithm, parameters,
 * supportedOperations BIT STRING, objId OPTIONAL, algRef INTEGER OPTIONAL } */
void pkcs15_parse_token(struct pkcs15 *p15, const uint8_t *p, size_t n)
{
	struct value whole = {.p = p, .n = n}, token, list, value;
	struct row rows;
	struct value algorithm;

	if (!find(&whole, DER_SEQUENCE, &token) || !find(&token, 0xa2, &list))
		return;
	rows = inside(&list);
	while (next(&rows, &algorithm)) {
		struct row row = inside(&algorithm);
		size_t mechanism, reference;
		bool signs = false;

		if (!next_tag(&row, DER_INTEGER, &value) || !next_tag(&row, DER_INTEGER, &value) ||
			!number(&value, 0x7fffffff, &mechanism) || mechanism != MECHANISM_RSA_PKCS)
			continue;
		while (next(&row, &value)) {
			if (value.tag == DER_BITS)
				signs = value.n > 1 && (value.p[1] & OPERATION_SIGN);
			else if (value.tag == DER_INTEGER && signs &&
				 number(&value, 255, &reference) && reference > 0)
				p15->rsa_algorithm = (uint8_t)reference;
		}
	}
}
