#include "tools/virtual-devices/cards/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "terminal/base/text.h"

struct key {
	EVP_PKEY *pkey; /* owned */
	enum key_type type;
};

static int give_password(char *buf, int size, int for_writing, void *user)
{
	const char *password = user;

	(void)for_writing;
	size_t length = password ? strlen(password) : 0;
	if (length > (size_t)size)
		return -1;
	if (length > 0)
		memcpy(buf, password, length);
	return (int)length;
}

static EVP_PKEY *read_key(const uint8_t *data, size_t length, const char *password)
{
	EVP_PKEY *pkey = NULL;
	char *user = NULL;
	BIO *bio = BIO_new_mem_buf(data, (int)length);

	if (!bio)
		return NULL;
	if (password)
		user = strdup(password);
	if (length > 0 && data[0] != 0x30)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, give_password, user);
	else if (password)
		pkey = d2i_PKCS8PrivateKey_bio(bio, NULL, give_password, user);
	else
		pkey = d2i_PrivateKey_bio(bio, NULL);
	if (user)
		OPENSSL_cleanse(user, strlen(user));
	free(user);
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static bool find_type(EVP_PKEY *pkey, enum key_type *ret)
{
	char group[32] = "";
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		*ret = KEY_RSA;
		return bits >= 1024 && bits <= 4096 && bits % 8 == 0;
	}
	if (!EVP_PKEY_is_a(pkey, "EC") ||
		!EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL))
		return false;
	*ret = strcmp(group, "secp384r1") == 0 ? KEY_EC_P384 : KEY_EC_P256;
	return strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0;
}

enum vt_code key_parse(const uint8_t *data, size_t length, const char *password, struct key **ret,
	struct vt_error *error)
{
	enum key_type type = KEY_RSA;

	if (length > 65536)
		return vt_fail(error, VT_ERR_LIMIT, 0, "key: too long");
	EVP_PKEY *pkey = read_key(data, length, password);
	if (!pkey)
		return vt_fail(error, VT_ERR_PARSE, 0, "key: no private key, or another password");
	if (!find_type(pkey, &type)) {
		EVP_PKEY_free(pkey);
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
			"key: RSA of 1024 to 4096 bits, P-256 or P-384 wanted");
	}
	struct key *key = calloc(1, sizeof(*key));
	if (!key) {
		EVP_PKEY_free(pkey);
		return vt_fail(error, VT_ERR_NOMEM, 0, "key");
	}
	*key = (struct key){.pkey = pkey, .type = type};
	*ret = key;
	return VT_OK;
}

void key_destroy(struct key **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

enum key_type key_type(const struct key *key)
{
	return key->type;
}

unsigned key_bits(const struct key *key)
{
	return (unsigned)EVP_PKEY_get_bits(key->pkey);
}

bool key_fits(const struct key *key, const uint8_t *cert, size_t length)
{
	const uint8_t *at = cert;
	X509 *x509 = d2i_X509(NULL, &at, (long)length);
	bool fits = x509 && X509_check_private_key(x509, key->pkey) == 1;

	X509_free(x509);
	ERR_clear_error();
	return fits;
}

static bool sign(
	const struct key *key, int padding, const uint8_t *in, size_t length, struct vt_buf *ret)
{
	size_t size = (size_t)EVP_PKEY_get_size(key->pkey);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	uint8_t *out = vt_buf_reserve(ret, size);
	bool done = out && ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		    (key->type != KEY_RSA || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1) &&
		    EVP_PKEY_sign(ctx, out, &size, in, length) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (done)
		vt_buf_added(ret, size);
	return done;
}

bool key_rsa_raw(const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret)
{
	return key->type == KEY_RSA && length == key_bits(key) / 8 &&
	       sign(key, RSA_NO_PADDING, in, length, ret);
}

bool key_rsa_pkcs1(const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret)
{
	return key->type == KEY_RSA && length > 0 && length + 11 <= key_bits(key) / 8 &&
	       sign(key, RSA_PKCS1_PADDING, in, length, ret);
}

bool key_ecdsa(const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret)
{
	return key->type != KEY_RSA && length >= 20 && length <= 64 &&
	       sign(key, 0, in, length, ret);
}

bool key_ecdh(const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret)
{
	size_t size = key_bits(key) / 8;
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t *out = vt_buf_reserve(ret, size);

	/* set1_encoded refuses points that are not on the curve. */
	bool done = key->type != KEY_RSA && length == 1 + 2 * size && in[0] == 0x04 && out &&
		    peer && EVP_PKEY_copy_parameters(peer, key->pkey) == 1 &&
		    EVP_PKEY_set1_encoded_public_key(peer, in, length) == 1 &&
		    (ctx = EVP_PKEY_CTX_new(key->pkey, NULL)) != NULL &&
		    EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, out, &size) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	ERR_clear_error();
	if (done)
		vt_buf_added(ret, size);
	return done;
}

/* --- certificates --- */

enum vt_code cert_parse(
	const uint8_t *data, size_t length, struct vt_buf *ret, struct vt_error *error)
{
	uint8_t *der = NULL;
	X509 *x509 = NULL;

	if (length > 65536)
		return vt_fail(error, VT_ERR_LIMIT, 0, "certificate: too long");
	BIO *bio = BIO_new_mem_buf(data, (int)length);
	if (bio && length > 0 && data[0] == 0x30)
		x509 = d2i_X509_bio(bio, NULL);
	else if (bio)
		x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	int size = x509 ? i2d_X509(x509, &der) : -1;
	X509_free(x509);
	ERR_clear_error();
	if (size <= 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "certificate: neither PEM nor DER");
	vt_buf_append(ret, der, (size_t)size);
	OPENSSL_free(der);
	return VT_OK;
}

bool cert_facts(const uint8_t *der, size_t length, struct vt_buf *ret_subject,
	struct vt_buf *ret_issuer, struct vt_buf *ret_serial, char ret_end[9])
{
	const uint8_t *at = der;
	uint8_t *out = NULL;
	struct tm end;
	X509 *x509 = d2i_X509(NULL, &at, (long)length);

	if (!x509 || ASN1_TIME_to_tm(X509_get0_notAfter(x509), &end) != 1) {
		X509_free(x509);
		return false;
	}
	int size = i2d_X509_NAME(X509_get_subject_name(x509), &out);
	if (size > 0 && ret_subject)
		vt_buf_append(ret_subject, out, (size_t)size);
	OPENSSL_free(out);
	out = NULL;
	size = i2d_X509_NAME(X509_get_issuer_name(x509), &out);
	if (size > 0 && ret_issuer)
		vt_buf_append(ret_issuer, out, (size_t)size);
	OPENSSL_free(out);
	out = NULL;
	size = i2d_ASN1_INTEGER(X509_get0_serialNumber(x509), &out);
	if (size > 0 && ret_serial)
		vt_buf_append(ret_serial, out, (size_t)size);
	OPENSSL_free(out);
	X509_free(x509);
	return !ret_end || vt_format(ret_end, 9, "%04d%02d%02d", (end.tm_year + 1900) % 10000,
				   end.tm_mon + 1, end.tm_mday);
}
