/* Whom we believe, and whether a certificate comes from there and fits its use.
 *
 * libcrypto builds and checks the chain, with nothing but this store: roots are its trusted
 * certificates, the others are only ways to a root. Security level 2 (112 bits) for every signature
 * and key below the root. SAT's certificates carry no key identifiers, so issuers are found by name
 * and tried by signature (domain.md §6.1). */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/certificate/certificate.h"
#include "terminal/certificate/certificate_internal.h"

/* One file of the folder: a bundle of all of SAT's generations has about 15 KB. */
#define MAX_FILE (256 * 1024)
/* An authority's certificate; longer than a citizen's, as it may carry policies. */
#define MAX_AUTHORITY 8192
#define SECURITY_BITS 112
#define MAX_RSA_BITS  4096

struct authority {
	X509 *x509;	    /* owned */
	unsigned char *der; /* owned by OpenSSL's allocator */
	size_t length;
};

struct certificate_store {
	X509_STORE *roots;	 /* owned; its own references */
	STACK_OF(X509) * others; /* owned; borrows from list */
	size_t count;
	struct authority list[CERTIFICATE_MAX_AUTHORITIES];
};

/* ---- the store ---- */

struct certificate_store *certificate_store_create(void)
{
	struct certificate_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->roots = X509_STORE_new();
	store->others = sk_X509_new_null();
	if (!store->roots || !store->others)
		certificate_store_destroy(&store);
	return store;
}

void certificate_store_destroy(struct certificate_store **store)
{
	struct certificate_store *s = *store;

	if (!s)
		return;
	sk_X509_free(s->others);
	X509_STORE_free(s->roots);
	for (size_t i = 0; i < s->count; i++) {
		X509_free(s->list[i].x509);
		OPENSSL_free(s->list[i].der);
	}
	free(s);
	*store = NULL;
}

size_t certificate_store_count(const struct certificate_store *store)
{
	return store->count;
}

/* Takes x509 in any case. */
static enum vt_code add(struct certificate_store *store, X509 *x509, struct vt_error *error)
{
	struct authority authority = {.x509 = x509};
	int length;
	bool added;

	if (store->count == CERTIFICATE_MAX_AUTHORITIES) {
		X509_free(x509);
		return vt_fail(error, VT_ERR_LIMIT, 0, "authorities: more than %d",
			CERTIFICATE_MAX_AUTHORITIES);
	}
	if ((X509_get_extension_flags(x509) & EXFLAG_INVALID) || X509_check_ca(x509) == 0) {
		X509_free(x509);
		ERR_clear_error();
		return vt_fail(error, VT_ERR_UNTRUSTED, 0,
			"authorities: a certificate that is not an authority's");
	}
	length = i2d_X509(x509, &authority.der);
	if (length <= 0) {
		X509_free(x509);
		return vt_fail(error, VT_ERR_NOMEM, 0, "authorities");
	}
	authority.length = (size_t)length;
	if (X509_get_extension_flags(x509) & EXFLAG_SI)
		added = X509_STORE_add_cert(store->roots, x509) == 1;
	else
		added = sk_X509_push(store->others, x509) > 0;
	if (!added) {
		X509_free(x509);
		OPENSSL_free(authority.der);
		ERR_clear_error();
		return vt_fail(error, VT_ERR_NOMEM, 0, "authorities");
	}
	store->list[store->count++] = authority;
	return VT_OK;
}

enum vt_code certificate_store_add(
	struct certificate_store *store, const uint8_t *der, size_t length, struct vt_error *error)
{
	const unsigned char *p = der;
	X509 *x509 = length <= MAX_AUTHORITY ? d2i_X509(NULL, &p, (long)length) : NULL;

	if (!x509 || p != der + length) {
		X509_free(x509);
		ERR_clear_error();
		return vt_fail(error, VT_ERR_PARSE, 0, "authorities: no DER of a certificate");
	}
	return add(store, x509, error);
}

static enum vt_code add_pem(
	struct certificate_store *store, const char *data, size_t length, struct vt_error *error)
{
	BIO *bio = BIO_new_mem_buf(data, (int)length);
	enum vt_code code = VT_OK;
	size_t count = 0;
	X509 *x509;

	while (bio && !code && (x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		code = add(store, x509, error);
		count++;
	}
	/* The end of the file is the one good reason to stop. */
	if (!code && (!bio || count == 0 ||
			     ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		code = vt_fail(error, VT_ERR_PARSE, 0, "authorities: malformed PEM");
	ERR_clear_error();
	BIO_free(bio);
	return code;
}

static enum vt_code add_file(
	struct certificate_store *store, const char *path, struct vt_error *error)
{
	FILE *file = fopen(path, "rbe");
	char *data = malloc(MAX_FILE + 1);
	enum vt_code code;
	size_t length;

	if (!file || !data) {
		code = vt_fail(error, data ? VT_ERR_IO : VT_ERR_NOMEM, errno, "authorities");
	} else {
		length = fread(data, 1, MAX_FILE + 1, file);
		data[length < MAX_FILE ? length : MAX_FILE] = '\0';
		if (ferror(file))
			code = vt_fail(error, VT_ERR_IO, errno, "authorities");
		else if (length > MAX_FILE)
			code = vt_fail(error, VT_ERR_LIMIT, 0, "authorities: file too long");
		else if (strstr(data, "-----BEGIN"))
			code = add_pem(store, data, length, error);
		else
			code = certificate_store_add(store, (const uint8_t *)data, length, error);
	}
	if (file)
		fclose(file);
	free(data);
	return code ? vt_prefix(error, code, "%s", path) : VT_OK;
}

static int is_wanted(const struct dirent *entry)
{
	static const char *const endings[] = {".pem", ".crt", ".cer", ".der"};
	const char *dot = strrchr(entry->d_name, '.');

	for (size_t i = 0; dot && i < VT_ELEMENTS(endings); i++)
		if (entry->d_name[0] != '.' && strcasecmp(dot, endings[i]) == 0)
			return 1;
	return 0;
}

enum vt_code certificate_store_load(
	const char *folder, struct certificate_store **ret_store, struct vt_error *error)
{
	struct certificate_store *store = certificate_store_create();
	enum vt_code code = VT_OK;
	struct dirent **names = NULL;
	char path[4096];
	int count;

	if (!store)
		return vt_fail(error, VT_ERR_NOMEM, 0, "authorities");
	count = scandir(folder, &names, is_wanted, alphasort);
	if (count < 0)
		code = vt_fail(error, VT_ERR_IO, errno, "authorities: %s", folder);
	for (int i = 0; i < count; i++) {
		if (!code && !vt_format(path, sizeof(path), "%s/%s", folder, names[i]->d_name))
			code = vt_fail(error, VT_ERR_LIMIT, 0, "authorities: path too long");
		if (!code)
			code = add_file(store, path, error);
		free(names[i]);
	}
	free(names);
	if (code)
		certificate_store_destroy(&store);
	else
		*ret_store = store;
	return code;
}

/* ---- judging ---- */

/* A chain from x509 to a root at a time. NULL: none, and *ret_why is OpenSSL's reason. The caller
 * frees the stack with its certificates. */
static STACK_OF(X509) * build_chain(const struct certificate_store *store, X509 *x509,
				int64_t now_unix_ms, int *ret_why, int *ret_depth)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = NULL;
	X509_VERIFY_PARAM *param;

	*ret_why = X509_V_ERR_OUT_OF_MEM;
	*ret_depth = 0;
	if (ctx && X509_STORE_CTX_init(ctx, store->roots, x509, store->others) == 1) {
		param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_time(param, (time_t)(now_unix_ms / 1000));
		X509_VERIFY_PARAM_set_depth(param, CERTIFICATE_MAX_DEPTH);
		X509_VERIFY_PARAM_set_auth_level(param, 2);
		if (X509_verify_cert(ctx) == 1) {
			chain = X509_STORE_CTX_get1_chain(ctx);
		} else {
			*ret_why = X509_STORE_CTX_get_error(ctx);
			*ret_depth = X509_STORE_CTX_get_error_depth(ctx);
		}
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return chain;
}

static bool is_weak(X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	int bits = 0;
	char group[32] = "";
	size_t length;

	if (!key || X509_get_signature_info(x509, NULL, NULL, &bits, NULL) != 1 ||
		bits < SECURITY_BITS)
		return true;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return EVP_PKEY_get_bits(key) < 2048 || EVP_PKEY_get_bits(key) > MAX_RSA_BITS;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
		EVP_PKEY_get_group_name(key, group, sizeof(group), &length) != 1)
		return true;
	return strcmp(group, "prime256v1") != 0 && strcmp(group, "secp384r1") != 0;
}

static enum certificate_outcome check_use(X509 *x509, enum certificate_use use)
{
	struct certificate_identity id;
	enum certificate_outcome outcome = CERTIFICATE_GOOD;
	struct certificate certificate = {.x509 = x509};
	uint32_t usage = X509_get_key_usage(x509);

	certificate_identity(&certificate, &id);
	switch (use) {
	case CERTIFICATE_USE_EFIRMA:
		if (id.kind == CERTIFICATE_SEAL)
			outcome = CERTIFICATE_IS_SEAL;
		else if (id.kind != CERTIFICATE_EFIRMA)
			outcome = CERTIFICATE_NOT_EFIRMA;
		else if (!id.holder[0] || (!id.is_company && !id.curp[0]))
			outcome = CERTIFICATE_IDENTITY;
		break;
	case CERTIFICATE_USE_SIGN:
		/* No key usage at all: everything is allowed (RFC 5280 §4.2.1.3). */
		if (X509_get_ext_by_NID(x509, NID_key_usage, -1) >= 0 &&
			!(usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
			outcome = CERTIFICATE_PURPOSE;
		break;
	}
	certificate_identity_finish(&id);
	return outcome;
}

static enum certificate_outcome check_time(X509 *x509, int64_t now_unix_ms)
{
	time_t now = (time_t)(now_unix_ms / 1000);

	if (X509_cmp_time(X509_get0_notBefore(x509), &now) >= 0)
		return CERTIFICATE_NOT_YET;
	/* 0: malformed */
	if (X509_cmp_time(X509_get0_notAfter(x509), &now) <= 0)
		return CERTIFICATE_EXPIRED;
	return CERTIFICATE_GOOD;
}

static enum certificate_outcome chain_outcome(int why, int depth)
{
	switch (why) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return CERTIFICATE_UNKNOWN_ISSUER;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		/* The name is one of ours, the key is not: another authority of that name. */
		return depth > 0 ? CERTIFICATE_BAD_CHAIN : CERTIFICATE_UNKNOWN_ISSUER;
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
		return depth > 0 ? CERTIFICATE_BAD_CHAIN : CERTIFICATE_WEAK;
	default:
		return CERTIFICATE_BAD_CHAIN;
	}
}

enum certificate_outcome certificate_check(const struct certificate *certificate,
	const struct certificate_store *store, enum certificate_use use, int64_t now_unix_ms)
{
	X509 *x509 = certificate->x509;
	STACK_OF(X509) * chain;
	enum certificate_outcome outcome;
	int why, depth;

	if (X509_get_extension_flags(x509) & (EXFLAG_INVALID | EXFLAG_CRITICAL))
		return CERTIFICATE_MALFORMED;
	if (is_weak(x509))
		return CERTIFICATE_WEAK;
	if ((X509_get_extension_flags(x509) & EXFLAG_CA) || X509_check_ca(x509) != 0)
		return CERTIFICATE_AUTHORITY;
	outcome = check_use(x509, use);
	if (outcome == CERTIFICATE_GOOD)
		outcome = check_time(x509, now_unix_ms);
	if (outcome != CERTIFICATE_GOOD)
		return outcome;
	if (!store || store->count == 0)
		return CERTIFICATE_UNKNOWN_ISSUER;
	chain = build_chain(store, x509, now_unix_ms, &why, &depth);
	if (!chain)
		return chain_outcome(why, depth);
	sk_X509_pop_free(chain, X509_free);
	return CERTIFICATE_GOOD;
}

size_t certificate_chain(const struct certificate *certificate,
	const struct certificate_store *store, int64_t now_unix_ms,
	struct certificate_der *ret_list, size_t max)
{
	STACK_OF(X509) * chain;
	size_t count = 0;
	int why, depth;

	if (!store || store->count == 0)
		return 0;
	chain = build_chain(store, certificate->x509, now_unix_ms, &why, &depth);
	/* 0 is the certificate itself. */
	for (int i = 1; i < sk_X509_num(chain) && count < max; i++)
		for (size_t j = 0; j < store->count; j++)
			if (X509_cmp(sk_X509_value(chain, i), store->list[j].x509) == 0) {
				ret_list[count++] = (struct certificate_der){
					store->list[j].der, store->list[j].length};
				break;
			}
	sk_X509_pop_free(chain, X509_free);
	return count;
}
