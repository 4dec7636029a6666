/* Cards with the file structure of ISO/IEC 7816-15 (PKCS#15; devices.md C.3).
 *
 *   AID ─found──► ODF ─► each directory ─► TokenInfo ─► each certificate ─► listed
 *    └─not─► EF.DIR ─path─┘      (keys, certificates, PINs)
 *
 * Signing: MSE SET with the key's reference, PSO COMPUTE DIGITAL SIGNATURE. The card pads a
 * DigestInfo (RSA) or takes the digest (EC). Nothing is selected between VERIFY and PSO: selecting
 * a folder may end the login. */
#include <string.h>

#include "drivers/smartcard/smartcard_internal.h"
#include "drivers/smartcard/tlv.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

#define INS_SELECT 0xa4
#define INS_READ   0xb0
#define INS_MSE	   0x22
#define INS_PSO	   0x2a
#define P1_BY_ID   0x00
#define P1_BY_NAME 0x04
#define P1_BY_PATH 0x08
#define P2_NO_FCI  0x0c

enum step {
	STEP_AID,
	STEP_DIR,
	STEP_ODF,
	STEP_DIRECTORY,
	STEP_TOKEN,
	STEP_CERTIFICATE,
	STEP_PLACE
};
enum step_of_sign { SIGN_MSE, SIGN_PSO };
enum selecting { SELECT_AID, SELECT_PATH, SELECT_ID, SELECT_DONE };

static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x00, 0x63, 'P', 'K', 'C', 'S', '-', '1', '5'};
static const struct pkcs15_path dir_path = {.bytes = {0x3f, 0x00, 0x2f, 0x00}, .length = 4};
static const struct pkcs15_path odf_path = {.bytes = {0x50, 0x31}, .length = 2};
static const struct pkcs15_path token_path = {.bytes = {0x50, 0x32}, .length = 2};

static void file_done(struct smartcard *c, bool is_read);

/* ---- selecting and reading a file ---- */

static void send_select(struct smartcard *c, uint8_t p1, const uint8_t *data, size_t length)
{
	bool has_reply = p1 == P1_BY_NAME || c->pkcs15.wants_fci;
	struct apdu_command select = {.ins = INS_SELECT,
		.p1 = p1,
		.p2 = has_reply ? 0 : P2_NO_FCI,
		.data = data,
		.length = length,
		.expected = has_reply ? APDU_ALL : 0};

	smartcard_send(c, &select);
}

static bool is_absolute(const struct pkcs15_path *path)
{
	return path->length >= 2 && path->bytes[0] == 0x3f && path->bytes[1] == 0x00;
}

static void send_selecting(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;

	switch ((enum selecting)p15->selecting) {
	case SELECT_AID:
		send_select(c, P1_BY_NAME, aid, sizeof(aid));
		break;
	case SELECT_PATH:
		send_select(c, P1_BY_PATH, p15->target.bytes + 2, p15->target.length - 2);
		break;
	case SELECT_ID:
		send_select(c, P1_BY_ID, p15->target.bytes + p15->component, 2);
		break;
	case SELECT_DONE:
		VT_UNREACHABLE();
	}
}

/* Selects path and, unless selects_only, reads it; ends in file_done(). */
static void open_file(struct smartcard *c, const struct pkcs15_path *path, bool selects_only)
{
	struct pkcs15 *p15 = &c->pkcs15;

	p15->target = *path;
	p15->selects_only = selects_only;
	p15->wants_fci = false;
	p15->component = 0;
	vt_buf_finish(&p15->file);
	vt_buf_init(&p15->file, SMARTCARD_MAX_FILE);
	/* Relative to the application, whose path may be known. */
	if (!is_absolute(path) && p15->home.length > 0 &&
		p15->home.length + path->length <= MAX_PATH) {
		memcpy(p15->target.bytes, p15->home.bytes, p15->home.length);
		memcpy(p15->target.bytes + p15->home.length, path->bytes, path->length);
		p15->target.length = p15->home.length + path->length;
	}
	if (!is_absolute(&p15->target))
		p15->selecting = SELECT_AID;
	else
		p15->selecting = p15->target.length > 2 ? SELECT_PATH : SELECT_ID;
	send_selecting(c);
}

static void read_on(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;
	size_t at = p15->target.offset + p15->file.length;
	struct apdu_command read = {
		.ins = INS_READ, .p1 = (uint8_t)(at >> 8), .p2 = (uint8_t)at, .expected = APDU_ALL};

	p15->selecting = SELECT_DONE;
	/* Bit 8 of P1 would make it a short file id. */
	if (at > 0x7fff)
		file_done(c, false);
	else
		smartcard_send(c, &read);
}

static void selected(struct smartcard *c)
{
	if (c->pkcs15.selects_only)
		file_done(c, true);
	else
		read_on(c);
}

static void on_select(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;
	uint16_t sw = c->exchange.sw;
	bool is_form = sw == 0x6a86 || sw == 0x6b00 || sw == 0x6a81 || sw == 0x6a80;

	if (sw == 0x9000) {
		if (p15->selecting == SELECT_AID && p15->target.length > 0) {
			p15->selecting = SELECT_ID;
		} else if (p15->selecting == SELECT_ID && p15->component + 2 < p15->target.length) {
			p15->component += 2;
		} else {
			selected(c);
			return;
		}
		send_selecting(c);
	} else if (is_form && p15->selecting == SELECT_PATH) {
		/* Not every card selects by path: one id after the other. */
		p15->selecting = SELECT_ID;
		send_selecting(c);
	} else if (is_form && p15->selecting == SELECT_ID && !p15->wants_fci) {
		p15->wants_fci = true;
		send_selecting(c);
	} else {
		file_done(c, false);
	}
}

static void on_read(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;
	const struct apdu_exchange *x = &c->exchange;
	bool is_end = x->sw == 0x6282 || x->reply_length < APDU_ALL;

	/* Reading on behind the end: a status word, or nothing. */
	if (x->sw != 0x9000 && x->sw != 0x6282) {
		file_done(c, p15->file.length > 0);
		return;
	}
	if (p15->file.length + x->reply_length > SMARTCARD_MAX_FILE) {
		file_done(c, false);
		return;
	}
	vt_buf_append(&p15->file, x->reply, x->reply_length);
	if (p15->file.failed)
		smartcard_end(c, SMARTCARD_NO_MEMORY);
	else if (is_end || (p15->target.size > 0 && p15->file.length >= p15->target.size))
		file_done(c, true);
	else
		read_on(c);
}

static void file_reply(struct smartcard *c)
{
	if (c->pkcs15.selecting == SELECT_DONE)
		on_read(c);
	else
		on_select(c);
}

/* ---- listing ---- */

static void list(struct smartcard *c)
{
	vt_buf_finish(&c->pkcs15.file);
	c->pkcs15 = (struct pkcs15){.step = STEP_AID};
	open_file(c, &(struct pkcs15_path){0}, true);
}

static const struct pkcs15_key *key_of(const struct pkcs15 *p15, const uint8_t *id, size_t length)
{
	for (size_t i = 0; i < p15->key_count; i++)
		if (p15->keys[i].id_length == length && memcmp(p15->keys[i].id, id, length) == 0)
			return &p15->keys[i];
	return NULL;
}

/* The PIN with the key's authId; without one, the only PIN. */
static const struct pkcs15_pin *pin_of(const struct pkcs15 *p15, const struct pkcs15_key *key)
{
	for (size_t i = 0; i < p15->pin_count; i++)
		if (p15->pins[i].auth_id_length == key->auth_id_length &&
			memcmp(p15->pins[i].auth_id, key->auth_id, key->auth_id_length) == 0)
			return &p15->pins[i];
	return NULL;
}

static void bind_key(
	struct smartcard *c, size_t index, const struct pkcs15_certificate *certificate)
{
	const struct pkcs15 *p15 = &c->pkcs15;
	const struct pkcs15_key *own = key_of(p15, certificate->id, certificate->id_length);
	const struct pkcs15_pin *pin = own ? pin_of(p15, own) : NULL;
	struct key *key = &c->keys[index];

	/* Without a PIN that we understand the key is none of ours to use. */
	key->exists = key->exists && own && own->signs && pin && own->is_ec == !key->is_rsa;
	c->certificates[index].can_sign = key->exists;
	c->certificates[index].needs_pin = true;
	if (!key->exists)
		return;
	key->reference = own->reference;
	key->pin = pin->format;
	key->place = pin->path;
	c->certificates[index].pin_each_time = own->each_time;
}

/* The certificate's DER: its own length counts, files may be longer. */
static void take_certificate(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;
	const struct pkcs15_certificate *certificate = &p15->certificates[p15->certificate];
	char id[2 * MAX_ID + 1];
	uint32_t tag;
	size_t value, length;
	int index;

	if (!tlv_read(p15->file.data, p15->file.length, &tag, &value, &length) || tag != 0x30)
		return;
	vt_hex(id, certificate->id, certificate->id_length);
	index = smartcard_add(c, id, certificate->label, strlen(certificate->label), p15->file.data,
		value + length);
	if (index >= 0)
		bind_key(c, (size_t)index, certificate);
}

static void take_directory(struct pkcs15 *p15)
{
	const uint8_t *p = p15->file.data;
	size_t n = p15->file.length;

	switch (p15->kinds[p15->directory]) {
	case 0xa0:
		pkcs15_parse_keys(p15, p, n);
		break;
	case 0xa4:
		pkcs15_parse_certificates(p15, p, n);
		break;
	case 0xa8:
		pkcs15_parse_pins(p15, p, n);
		break;
	default:
		break;
	}
}

static void next_directory(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;

	if (p15->directory < p15->directory_count) {
		p15->step = STEP_DIRECTORY;
		open_file(c, &p15->directories[p15->directory], false);
	} else {
		p15->step = STEP_TOKEN;
		open_file(c, &token_path, false);
	}
}

static void next_certificate(struct smartcard *c)
{
	struct pkcs15 *p15 = &c->pkcs15;

	if (p15->certificate < p15->certificate_count) {
		p15->step = STEP_CERTIFICATE;
		open_file(c, &p15->certificates[p15->certificate].path, false);
	} else {
		smartcard_listed(c);
	}
}

static void open_odf(struct smartcard *c)
{
	c->pkcs15.step = STEP_ODF;
	open_file(c, &odf_path, false);
}

static void file_done(struct smartcard *c, bool is_read)
{
	struct pkcs15 *p15 = &c->pkcs15;
	bool has_data = is_read && p15->file.length > 0;

	switch ((enum step)p15->step) {
	case STEP_AID:
		if (is_read) {
			open_odf(c);
		} else {
			p15->step = STEP_DIR;
			open_file(c, &dir_path, false);
		}
		break;
	case STEP_DIR:
		if (has_data && pkcs15_parse_dir(p15->file.data, p15->file.length, &p15->home))
			open_odf(c);
		else
			smartcard_not_here(c);
		break;
	case STEP_ODF:
		if (has_data && pkcs15_parse_odf(p15, p15->file.data, p15->file.length))
			next_directory(c);
		else
			smartcard_not_here(c);
		break;
	case STEP_DIRECTORY:
		if (has_data)
			take_directory(p15);
		p15->directory++;
		next_directory(c);
		break;
	case STEP_TOKEN:
		if (has_data)
			pkcs15_parse_token(p15, p15->file.data, p15->file.length);
		next_certificate(c);
		break;
	case STEP_CERTIFICATE:
		if (has_data)
			take_certificate(c);
		p15->certificate++;
		next_certificate(c);
		break;
	case STEP_PLACE:
		smartcard_placed(c);
		break;
	}
}

static void place(struct smartcard *c)
{
	c->pkcs15.step = STEP_PLACE;
	open_file(c, &c->keys[c->index].place, true);
}

/* ---- signing ---- */

static void sign(struct smartcard *c)
{
	const struct key *key = &c->keys[c->index];
	uint8_t data[6] = {0x84, 0x01, key->reference};
	struct apdu_command mse = {
		.ins = INS_MSE, .p1 = 0x41, .p2 = 0xb6, .data = data, .length = 3};

	if (key->is_rsa && c->pkcs15.rsa_algorithm) {
		data[3] = 0x80;
		data[4] = 0x01;
		data[5] = c->pkcs15.rsa_algorithm;
		mse.length = 6;
	}
	c->pkcs15.step = SIGN_MSE;
	smartcard_send(c, &mse);
}

static void send_pso(struct smartcard *c)
{
	const struct key *key = &c->keys[c->index];
	uint8_t data[96];
	struct apdu_command pso = {
		.ins = INS_PSO, .p1 = 0x9e, .p2 = 0x9a, .data = data, .expected = APDU_ALL};

	if (key->is_rsa) {
		pso.length = block_digest_info(c->hash, c->digest, c->digest_length, data);
	} else {
		pso.length = key->bits / 8;
		block_ecdsa(c->digest, c->digest_length, data, pso.length);
	}
	c->pkcs15.step = SIGN_PSO;
	smartcard_send(c, &pso);
}

static void sign_reply(struct smartcard *c)
{
	const struct apdu_exchange *x = &c->exchange;
	const struct key *key = &c->keys[c->index];
	uint8_t der[112];
	size_t size = key->bits / 8, length;

	if (x->sw != 0x9000) {
		smartcard_end(c, smartcard_refusal(x->sw));
	} else if (c->pkcs15.step == SIGN_MSE) {
		send_pso(c);
	} else if (!key->is_rsa && x->reply_length == 2 * size) {
		/* Most cards give r and s as they are, some the DER of both. */
		length = block_ecdsa_der(x->reply, size, der, sizeof(der));
		smartcard_signed(c, der, length);
	} else {
		smartcard_signed(c, x->reply, x->reply_length);
	}
}

static void reply(struct smartcard *c)
{
	if (c->phase == PHASE_SIGN)
		sign_reply(c);
	else
		file_reply(c);
}

const struct application pkcs15_application = {
	.id = CARD_PKCS15, .list = list, .place = place, .sign = sign, .reply = reply};
