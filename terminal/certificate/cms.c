/* Detached CMS over a card. libcrypto builds the structure with the public key alone (CMS_PARTIAL
 * signs nothing); the digest over the signed attributes is made here, as their DER SET OF
 * (RFC 5652 §5.4), because libcrypto makes it only where it signs itself. That the two agree is
 * proven each time: cms_finish() lets CMS_verify() judge the result. */
#include "terminal/certificate/cms.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/limits.h"
#include "terminal/base/text.h"
#include "terminal/certificate/certificate_internal.h"

/* contentType, messageDigest, signingTime, signingCertificateV2; one more would be a surprise. */
#define MAX_ATTRIBUTES 8

struct cms {
	CMS_ContentInfo *info;	/* owned */
	CMS_SignerInfo *signer; /* borrowed from info */
	enum certificate_hash hash;
	uint8_t digest[CERTIFICATE_MAX_DIGEST];
	size_t length;
	uint8_t content[VT_MAX_SIGNED_TEXT];
};

struct encoded {
	unsigned char *der; /* owned by OpenSSL's allocator */
	size_t length;
};

static void bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static void info_freep(CMS_ContentInfo **info)
{
	CMS_ContentInfo_free(*info);
}

static void time_freep(ASN1_TIME **time)
{
	ASN1_TIME_free(*time);
}

static void md_freep(EVP_MD_CTX **md)
{
	EVP_MD_CTX_free(*md);
}

static enum vt_code fail(struct vt_error *error, const char *what)
{
	ERR_clear_error();
	return vt_fail(error, VT_ERR_CRYPTO, 0, "cms: %s", what);
}

void cms_destroy(struct cms **cms)
{
	if (!*cms)
		return;
	CMS_ContentInfo_free((*cms)->info);
	vt_wipe(*cms, sizeof(**cms));
	free(*cms);
	*cms = NULL;
}

enum certificate_hash cms_hash(const struct cms *cms)
{
	return cms->hash;
}

const uint8_t *cms_digest(const struct cms *cms)
{
	return cms->digest;
}

/* ---- the signed attributes ---- */

static bool add_attributes(struct cms *cms, int64_t now_unix_ms)
{
	VT_CLEANUP(time_freep) ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(now_unix_ms / 1000));
	uint8_t digest[CERTIFICATE_MAX_DIGEST];

	return time && certificate_digest(cms->hash, cms->content, cms->length, digest) == VT_OK &&
	       CMS_signed_add1_attr_by_NID(cms->signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
		       OBJ_nid2obj(NID_pkcs7_data), -1) == 1 &&
	       CMS_signed_add1_attr_by_NID(cms->signer, NID_pkcs9_messageDigest,
		       V_ASN1_OCTET_STRING, digest,
		       (int)certificate_digest_length(cms->hash)) == 1 &&
	       CMS_signed_add1_attr_by_NID(
		       cms->signer, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) == 1;
}

/* X.690 §11.6: the elements of a SET OF in ascending order of their encodings. */
static int compare(const void *a, const void *b)
{
	const struct encoded *x = a, *y = b;
	const size_t shorter = x->length < y->length ? x->length : y->length;
	const int order = memcmp(x->der, y->der, shorter);

	return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

/* Tag and length of a SET of so many bytes; returns how many bytes that takes. */
static size_t set_header(size_t length, uint8_t header[4])
{
	header[0] = V_ASN1_SET | V_ASN1_CONSTRUCTED;
	if (length < 0x80) {
		header[1] = (uint8_t)length;
		return 2;
	}
	header[1] = 0x82;
	header[2] = (uint8_t)(length >> 8);
	header[3] = (uint8_t)length;
	if (length > 0xff)
		return 4;
	header[1] = 0x81;
	header[2] = (uint8_t)length;
	return 3;
}

static const EVP_MD *md_of(enum certificate_hash hash)
{
	return hash == CERTIFICATE_SHA384 ? EVP_sha384() : EVP_sha256();
}

static bool digest_set(struct cms *cms, const struct encoded *list, size_t count)
{
	VT_CLEANUP(md_freep) EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t header[4];
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += list[i].length;
	if (total > 0xffff)
		return false;
	bool good = md && EVP_DigestInit_ex(md, md_of(cms->hash), NULL) == 1 &&
		    EVP_DigestUpdate(md, header, set_header(total, header)) == 1;
	for (size_t i = 0; i < count; i++)
		good = good && EVP_DigestUpdate(md, list[i].der, list[i].length) == 1;
	return good && EVP_DigestFinal_ex(md, cms->digest, NULL) == 1;
}

static bool digest_attributes(struct cms *cms)
{
	const int count = CMS_signed_get_attr_count(cms->signer);
	struct encoded list[MAX_ATTRIBUTES] = {0};
	bool good = count > 0 && count <= MAX_ATTRIBUTES;
	size_t used = 0;

	for (int i = 0; good && i < count; i++) {
		const int length =
			i2d_X509_ATTRIBUTE(CMS_signed_get_attr(cms->signer, i), &list[i].der);
		good = length > 0;
		list[i].length = good ? (size_t)length : 0;
		used = (size_t)i + 1;
	}
	if (good)
		qsort(list, used, sizeof(list[0]), compare);
	good = good && digest_set(cms, list, used);
	for (size_t i = 0; i < used; i++)
		OPENSSL_free(list[i].der);
	return good;
}

/* ---- making it ---- */

/* P-384 is as strong as SHA-384 (SP 800-57); the others need no more than SHA-256. */
static enum certificate_hash hash_of(EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) > 256
		       ? CERTIFICATE_SHA384
		       : CERTIFICATE_SHA256;
}

enum vt_code cms_begin(const struct certificate *certificate, const void *content, size_t length,
	int64_t now_unix_ms, struct cms **ret_cms, struct vt_error *error)
{
	static const unsigned int flags =
		CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES;
	EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	const int kind = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
	VT_CLEANUP(cms_destroy) struct cms *cms = NULL;

	if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC)
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0, "cms: neither RSA nor ECDSA");
	if (length > VT_MAX_SIGNED_TEXT)
		return vt_fail(error, VT_ERR_LIMIT, 0, "cms: content too long");
	cms = calloc(1, sizeof(*cms));
	if (!cms)
		return vt_fail(error, VT_ERR_NOMEM, 0, "cms: out of memory");
	memcpy(cms->content, content, length);
	cms->length = length;
	cms->hash = hash_of(key);
	cms->info = CMS_sign(NULL, NULL, NULL, NULL, flags);
	/* The public key stands for the private one: nothing is signed here. */
	cms->signer = cms->info ? CMS_add1_signer(cms->info, certificate->x509, key,
					  md_of(cms->hash), flags)
				: NULL;
	if (!cms->signer || !add_attributes(cms, now_unix_ms) || !digest_attributes(cms))
		return fail(error, "the structure cannot be built");
	*ret_cms = vt_take_ptr(&cms);
	return VT_OK;
}

/* As a receiver does it, from the bytes, but for the chain, which certificate_check() has judged.
 */
static bool is_good(const struct cms *cms, const uint8_t *der, size_t length)
{
	VT_CLEANUP(bio_freep) BIO *content = BIO_new_mem_buf(cms->content, (int)cms->length);
	VT_CLEANUP(info_freep)
	CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &der, (long)length);

	return info && content &&
	       CMS_verify(info, NULL, NULL, content, NULL,
		       CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
}

enum vt_code cms_finish(struct cms *cms, const uint8_t *signature, size_t length,
	uint8_t ret_der[CMS_MAX_DER], size_t *ret_length, struct vt_error *error)
{
	unsigned char *der = NULL;
	enum vt_code code = VT_OK;

	if (length == 0 || length > CMS_MAX_DER ||
		ASN1_STRING_set(
			CMS_SignerInfo_get0_signature(cms->signer), signature, (int)length) != 1)
		return fail(error, "no signature");
	const int size = i2d_CMS_ContentInfo(cms->info, &der);
	if (size <= 0)
		return fail(error, "cannot be written");
	if (size > CMS_MAX_DER)
		code = vt_fail(error, VT_ERR_LIMIT, 0, "cms: longer than %d bytes", CMS_MAX_DER);
	else if (!is_good(cms, der, (size_t)size))
		code = vt_fail(error, VT_ERR_UNTRUSTED, 0, "cms: the signature is not the card's");
	ERR_clear_error();
	if (!code) {
		memcpy(ret_der, der, (size_t)size);
		*ret_length = (size_t)size;
	}
	OPENSSL_free(der);
	return code;
}
