/* Reading one certificate: form, identity, key.
 *
 * libcrypto parses the DER; what it would let pass is refused here: bytes behind the end, DER that
 * it would write differently, versions below 3. Strings are taken as UTF-8 with control
 * characters, doubled attributes and overlong values refused, because they will stand on a screen.
 */
#include "terminal/certificate/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/certificate/certificate_internal.h"

const char *const certificate_kind_names[CERTIFICATE_KIND_COUNT] = {
	[CERTIFICATE_OTHER] = "other",
	[CERTIFICATE_EFIRMA] = "efirma",
	[CERTIFICATE_SEAL] = "csd",
};

static const struct {
	const char *word, *text_id, *reason;
} outcomes[CERTIFICATE_OUTCOME_COUNT] = {
#define X(name, word, text_id, reason) [name] = {word, text_id, reason},
	CERTIFICATE_OUTCOMES(X)
#undef X
};

const char *certificate_outcome_word(enum certificate_outcome outcome)
{
	return outcomes[outcome].word;
}

const char *certificate_outcome_text_id(enum certificate_outcome outcome)
{
	return outcomes[outcome].text_id;
}

const char *certificate_outcome_reason(enum certificate_outcome outcome)
{
	return outcomes[outcome].reason;
}

/* ---- reading ---- */

enum vt_code certificate_parse(const uint8_t *der, size_t length,
	struct certificate **ret_certificate, struct vt_error *error)
{
	const unsigned char *p = der;
	struct certificate *certificate;
	unsigned char *again = NULL;
	int again_length;
	X509 *x509;

	if (length == 0 || length > CERTIFICATE_MAX_DER)
		return vt_fail(error, VT_ERR_LIMIT, 0, "certificate: %zu bytes, at most %d", length,
			CERTIFICATE_MAX_DER);
	x509 = d2i_X509(NULL, &p, (long)length);
	if (!x509 || p != der + length || X509_get_version(x509) != X509_VERSION_3) {
		X509_free(x509);
		ERR_clear_error();
		return vt_fail(error, VT_ERR_PARSE, 0, "certificate: no DER of an X.509 v3");
	}
	/* The signed part is kept as it came; around it other writings would pass. */
	again_length = i2d_X509(x509, &again);
	if (again_length != (int)length || memcmp(again, der, length) != 0) {
		OPENSSL_free(again);
		X509_free(x509);
		ERR_clear_error();
		return vt_fail(error, VT_ERR_PARSE, 0, "certificate: not in DER");
	}
	OPENSSL_free(again);
	certificate = calloc(1, sizeof(*certificate));
	if (!certificate) {
		X509_free(x509);
		return vt_fail(error, VT_ERR_NOMEM, 0, "certificate");
	}
	certificate->x509 = x509;
	*ret_certificate = certificate;
	return VT_OK;
}

void certificate_destroy(struct certificate **certificate)
{
	if (!*certificate)
		return;
	X509_free((*certificate)->x509);
	free(*certificate);
	*certificate = NULL;
}

/* ---- identity ---- */

void certificate_identity_finish(struct certificate_identity *identity)
{
	vt_wipe(identity, sizeof(*identity));
}

/* Text that may stand on a screen: UTF-8 without control characters, none of the marks that turn
 * the writing direction, fits. */
static bool take_text(char *dst, size_t size, const unsigned char *text, size_t length)
{
	const char *p = dst;
	uint32_t cp;

	dst[0] = '\0';
	if (length >= size || memchr(text, 0, length) || !vt_utf8_valid(text, length))
		return false;
	memcpy(dst, text, length);
	dst[length] = '\0';
	while ((cp = vt_utf8_next(&p)) != 0)
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
			(cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069)) {
			vt_wipe(dst, size);
			return false;
		}
	return true;
}

/* The one value of an attribute of a name; "" if it is missing, there twice or no clean text. */
static void name_text(const X509_NAME *name, int nid, char *dst, size_t size)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	unsigned char *text = NULL;
	int length;

	dst[0] = '\0';
	if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return;
	length =
		ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (length >= 0)
		(void)take_text(dst, size, text, (size_t)length);
	else
		ERR_clear_error();
	OPENSSL_clear_free(text, length > 0 ? (size_t)length : 0);
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_digit(text[i]))
			return false;
	return true;
}

/* Form only: three or four letters (Ñ and & too: two bytes and one in UTF-8), a date of six digits,
 * three of homoclave. The check digit is not asked for: SAT's own test RFCs fail it
 * (certs/README.md). letters: 3 company, 4 person. Stored as UTF-8. */
static bool rfc_form(const char *text, size_t *ret_letters)
{
	size_t letters = 0;

	for (; letters < 4; letters++) {
		if (is_upper(*text) || *text == '&')
			text++;
		else if (memcmp(text, "\303\221", text[0] ? 2 : 1) == 0)
			text += 2;
		else
			break;
	}
	if (letters < 3 || strnlen(text, 10) != 9 || !all_digits(text, 6))
		return false;
	for (size_t i = 6; i < 9; i++)
		if (!is_upper(text[i]) && !is_digit(text[i]))
			return false;
	*ret_letters = letters;
	return true;
}

static bool curp_form(const char *text)
{
	static const char form[] = "AAAA999999AAAAAAX9";

	if (strnlen(text, sizeof(form)) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'A'	 ? !is_upper(text[i])
			: form[i] == '9' ? !is_digit(text[i])
					 : !is_upper(text[i]) && !is_digit(text[i]))
			return false;
	return true;
}

/* "A / B" into A and B, blanks around them dropped; B "" if there is no slash. */
static void split_pair(char *text, const char **ret_first, const char **ret_second)
{
	char *slash = strchr(text, '/'), *end;

	*ret_second = "";
	if (slash) {
		*slash = '\0';
		slash++;
		while (*slash == ' ')
			slash++;
		*ret_second = slash;
		for (end = slash + strlen(slash); end > slash && end[-1] == ' ';)
			*--end = '\0';
	}
	while (*text == ' ')
		text++;
	for (end = text + strlen(text); end > text && end[-1] == ' ';)
		*--end = '\0';
	*ret_first = text;
}

/* "" if it does not fit. */
static void keep(char *dst, size_t size, const char *text)
{
	if (!vt_copy(dst, size, text))
		dst[0] = '\0';
}

static void read_keys(const X509_NAME *subject, struct certificate_identity *id)
{
	char rfcs[64], curps[64];
	const char *rfc, *rfc_of_representative, *curp, *curp_of_representative;
	size_t letters = 0;

	name_text(subject, NID_x500UniqueIdentifier, rfcs, sizeof(rfcs));
	name_text(subject, NID_serialNumber, curps, sizeof(curps));
	split_pair(rfcs, &rfc, &rfc_of_representative);
	split_pair(curps, &curp, &curp_of_representative);
	if (rfc_form(rfc, &letters) && vt_copy(id->rfc, sizeof(id->rfc), rfc))
		id->is_company = letters == 3;
	if (id->is_company) {
		if (rfc_form(rfc_of_representative, &letters) && letters == 4)
			keep(id->representative_rfc, sizeof(id->representative_rfc),
				rfc_of_representative);
		if (curp_form(curp_of_representative))
			keep(id->representative_curp, sizeof(id->representative_curp),
				curp_of_representative);
	} else if (curp_form(curp) && !curp_of_representative[0]) {
		keep(id->curp, sizeof(id->curp), curp);
	}
	vt_wipe(rfcs, sizeof(rfcs));
	vt_wipe(curps, sizeof(curps));
}

/* SAT writes 20 ASCII digits as the bytes of the number (domain.md §6.1). */
static void read_serial(const X509 *x509, char *dst, size_t size)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);
	size_t length = (size_t)ASN1_STRING_length(serial);
	static const char hex[] = "0123456789ABCDEF";

	dst[0] = '\0';
	if (length == 20 && all_digits((const char *)bytes, length)) {
		memcpy(dst, bytes, length);
		dst[length] = '\0';
		return;
	}
	for (size_t i = 0; i < length && i < 20 && 2 * i + 3 <= size; i++) {
		dst[2 * i] = hex[bytes[i] >> 4];
		dst[2 * i + 1] = hex[bytes[i] & 15];
		dst[2 * i + 2] = '\0';
	}
}

int64_t certificate_unix_ms(const ASN1_TIME *time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	int64_t ms = 0;

	if (epoch && ASN1_TIME_diff(&days, &seconds, epoch, time))
		ms = ((int64_t)days * 86400 + seconds) * 1000;
	else
		ERR_clear_error();
	ASN1_TIME_free(epoch);
	return ms;
}

static bool has_client_auth(X509 *x509)
{
	/* Asks for the extension itself: OpenSSL answers "everything" where there is none. */
	return X509_get_ext_by_NID(x509, NID_ext_key_usage, -1) >= 0 &&
	       (X509_get_extended_key_usage(x509) & XKU_SSL_CLIENT);
}

/* domain.md §6.1: no OU and the four key usages and clientAuth; a seal has an OU and no usage for
 * clients. Without an RFC it is neither. */
static enum certificate_kind kind_of(X509 *x509, const struct certificate_identity *id)
{
	static const uint32_t four =
		KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT;
	bool has_ou = X509_NAME_get_index_by_NID(
			      X509_get_subject_name(x509), NID_organizationalUnitName, -1) >= 0;

	if (!id->rfc[0])
		return CERTIFICATE_OTHER;
	if (!has_ou && X509_get_ext_by_NID(x509, NID_key_usage, -1) >= 0 &&
		(X509_get_key_usage(x509) & four) == four && has_client_auth(x509))
		return CERTIFICATE_EFIRMA;
	return has_ou && !has_client_auth(x509) ? CERTIFICATE_SEAL : CERTIFICATE_OTHER;
}

void certificate_identity(
	const struct certificate *certificate, struct certificate_identity *ret_identity)
{
	X509 *x509 = certificate->x509;
	const X509_NAME *subject = X509_get_subject_name(x509);
	const X509_NAME *issuer = X509_get_issuer_name(x509);
	EVP_PKEY *key = X509_get0_pubkey(x509);
	struct certificate_identity *id = ret_identity;

	*id = (struct certificate_identity){0};
	name_text(subject, NID_name, id->holder, sizeof(id->holder));
	if (!id->holder[0])
		name_text(subject, NID_commonName, id->holder, sizeof(id->holder));
	name_text(issuer, NID_commonName, id->issuer, sizeof(id->issuer));
	if (!id->issuer[0])
		name_text(issuer, NID_organizationName, id->issuer, sizeof(id->issuer));
	read_keys(subject, id);
	read_serial(x509, id->serial, sizeof(id->serial));
	id->not_before_unix_ms = certificate_unix_ms(X509_get0_notBefore(x509));
	id->not_after_unix_ms = certificate_unix_ms(X509_get0_notAfter(x509));
	if (key) {
		id->is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
		id->key_bits = EVP_PKEY_get_bits(key);
	}
	id->kind = kind_of(x509, id);
	ERR_clear_error();
}

/* ---- signatures ---- */

static const EVP_MD *md_of(enum certificate_hash hash)
{
	switch (hash) {
	case CERTIFICATE_SHA256:
		return EVP_sha256();
	case CERTIFICATE_SHA384:
		return EVP_sha384();
	case CERTIFICATE_SHA512:
		return EVP_sha512();
	case CERTIFICATE_HASH_COUNT:
		break;
	}
	return NULL;
}

size_t certificate_digest_length(enum certificate_hash hash)
{
	static const size_t lengths[CERTIFICATE_HASH_COUNT] = {
		[CERTIFICATE_SHA256] = 32, [CERTIFICATE_SHA384] = 48, [CERTIFICATE_SHA512] = 64};

	VT_ASSERT(hash < CERTIFICATE_HASH_COUNT);
	return lengths[hash];
}

enum vt_code certificate_digest(enum certificate_hash hash, const void *data, size_t length,
	uint8_t ret_digest[CERTIFICATE_MAX_DIGEST])
{
	unsigned int used = 0;

	if (EVP_Digest(data, length, ret_digest, &used, md_of(hash), NULL) == 1)
		return VT_OK;
	ERR_clear_error();
	return VT_ERR_CRYPTO;
}

enum vt_code certificate_verify(const struct certificate *certificate, enum certificate_hash hash,
	const uint8_t *digest, size_t digest_length, const uint8_t *signature,
	size_t signature_length)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	int kind = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
	EVP_PKEY_CTX *ctx;
	bool good;

	if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC)
		return VT_ERR_UNSUPPORTED;
	if (digest_length != certificate_digest_length(hash))
		return VT_ERR_UNTRUSTED;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	       (kind != EVP_PKEY_RSA ||
		       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
	       EVP_PKEY_CTX_set_signature_md(ctx, md_of(hash)) == 1 &&
	       EVP_PKEY_verify(ctx, signature, signature_length, digest, digest_length) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return good ? VT_OK : VT_ERR_UNTRUSTED;
}
