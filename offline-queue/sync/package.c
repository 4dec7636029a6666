#include "offline-queue/sync/package.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "terminal/base/cleanup.h"

struct package {
	X509 *cert, *recipient;
	EVP_PKEY *key;
};

static void bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static void cms_freep(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static enum vt_code fail(struct vt_error *error, const char *what)
{
	ERR_clear_error();
	return vt_fail(error, VT_ERR_CRYPTO, 0, "export: %s", what);
}

static X509 *read_cert(const char *path)
{
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "re");

	return in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;
}

static EVP_PKEY *read_key(const char *path)
{
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "re");

	return in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;
}

void package_close(struct package **package)
{
	struct package *p = *package;

	if (!p)
		return;
	X509_free(p->cert);
	X509_free(p->recipient);
	EVP_PKEY_free(p->key);
	free(p);
	*package = NULL;
}

enum vt_code package_open(
	const struct vt_config *config, struct package **ret_package, struct vt_error *error)
{
	VT_CLEANUP(package_close) struct package *package = calloc(1, sizeof(*package));
	const char *cert = vt_config_require(config, "export", "sign_cert", error);
	const char *key = cert ? vt_config_require(config, "export", "sign_key", error) : NULL;
	const char *recipient =
		key ? vt_config_require(config, "export", "recipient", error) : NULL;

	if (!package)
		return vt_fail(error, VT_ERR_NOMEM, 0, "export: out of memory");
	if (!recipient)
		return VT_ERR_NOT_FOUND;
	package->cert = read_cert(cert);
	package->key = read_key(key);
	package->recipient = read_cert(recipient);
	if (!package->cert || !package->key || !package->recipient)
		return fail(error, "a certificate or key cannot be read");
	if (X509_check_private_key(package->cert, package->key) != 1)
		return fail(error, "sign_key does not belong to sign_cert");
	/* A certificate for signatures would not be opened by an agency that looks. */
	if (!(X509_get_key_usage(package->recipient) & KU_KEY_ENCIPHERMENT))
		return fail(error, "recipient is no certificate for sealing");
	*ret_package = vt_take_ptr(&package);
	return VT_OK;
}

/* Signed data in DER into a fresh BIO; NULL if it fails. */
static BIO *sign(const struct package *package, const char *text, size_t length)
{
	VT_CLEANUP(bio_freep) BIO *in = BIO_new_mem_buf(text, (int)length);
	VT_CLEANUP(bio_freep) BIO *out = BIO_new(BIO_s_secmem());
	VT_CLEANUP(cms_freep)
	CMS_ContentInfo *cms =
		in ? CMS_sign(package->cert, package->key, NULL, in, CMS_BINARY | CMS_NOSMIMECAP)
		   : NULL;

	return cms && out && i2d_CMS_bio(out, cms) == 1 ? vt_take_ptr(&out) : NULL;
}

static CMS_ContentInfo *seal(const struct package *package, BIO *in)
{
	VT_CLEANUP(cms_freep)
	CMS_ContentInfo *cms = CMS_encrypt(NULL, in, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *recipient =
		cms ? CMS_add1_recipient_cert(cms, package->recipient, CMS_KEY_PARAM) : NULL;
	EVP_PKEY_CTX *ctx = recipient ? CMS_RecipientInfo_get0_pkey_ctx(recipient) : NULL;

	if (!ctx || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) <= 0 ||
		CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		return NULL;
	return vt_take_ptr(&cms);
}

enum vt_code package_seal(struct package *package, const char *text, size_t length,
	struct vt_buf *out, struct vt_error *error)
{
	VT_CLEANUP(bio_freep) BIO *inner = sign(package, text, length);
	VT_CLEANUP(cms_freep) CMS_ContentInfo *cms = inner ? seal(package, inner) : NULL;
	unsigned char *der = NULL;
	const int der_length = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;

	if (der_length <= 0)
		return fail(error, inner ? "cannot seal" : "cannot sign");
	const size_t size = 4 * (((size_t)der_length + 2) / 3) + 1;
	char *base64 = malloc(size);
	if (base64) {
		(void)EVP_EncodeBlock((unsigned char *)base64, der, der_length);
		vt_buf_append_text(out, base64);
	}
	OPENSSL_free(der);
	free(base64);
	if (!base64)
		return vt_fail(error, VT_ERR_NOMEM, 0, "export: out of memory");
	return out->failed ? vt_fail(error, out->failed, 0, "export: part too large") : VT_OK;
}
