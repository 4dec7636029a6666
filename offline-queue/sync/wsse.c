#include "offline-queue/sync/wsse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libxml/parser.h>
#include <libxml/valid.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/base64.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>

#include "offline-queue/sync/wsse_internal.h"
#include "offline-queue/sync/xml_internal.h"
#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* ---- libraries ---- */

static void ignore_xmlsec(const char *file, int line, const char *func, const char *object,
	const char *subject, int reason, const char *msg)
{
	(void)file, (void)line, (void)func, (void)object, (void)subject, (void)reason, (void)msg;
}

static void ignore_xml(void *user, xmlError *error)
{
	(void)user, (void)error;
}

enum vt_code wsse_start(struct vt_error *error)
{
	static bool started;

	if (started)
		return VT_OK;
	xmlInitParser();
	/* Their messages quote documents and go to stderr. */
	xmlSetStructuredErrorFunc(NULL, ignore_xml);
	if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1 || xmlSecOpenSSLInit() < 0)
		return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: xmlsec does not start");
	xmlSecErrorsSetCallback(ignore_xmlsec); /* xmlSecInit() sets its own */
	xmlSecIOCleanupCallbacks(); /* no reference leaves the document: not by file, not by net */
	xmlSecBase64SetDefaultLineSize(0);
	started = true;
	return VT_OK;
}

void *wsse_make_key(void *pkey)
{
	xmlSecKeyData *data = xmlSecOpenSSLEvpKeyAdopt(pkey);

	if (!data) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	xmlSecKey *key = xmlSecKeyCreate();
	if (!key || xmlSecKeySetValue(key, data) < 0) {
		xmlSecKeyDataDestroy(data);
		if (key)
			xmlSecKeyDestroy(key);
		return NULL;
	}
	return key;
}

bool wsse_key_is_strong(const void *pkey)
{
	char group[32];
	size_t length;

	if (EVP_PKEY_is_a(pkey, "RSA"))
		return EVP_PKEY_get_bits(pkey) >= 2048;
	if (!EVP_PKEY_is_a(pkey, "EC") ||
		!EVP_PKEY_get_group_name(pkey, group, sizeof(group), &length))
		return false;
	return strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0;
}

bool wsse_register_id(struct xml_doc *doc, struct xml_node *node, const char *value)
{
	xmlNode *element = (xmlNode *)(void *)node;
	xmlAttr *attribute = xmlHasNsProp(element, (const xmlChar *)"Id", (const xmlChar *)WSU_NS);

	return attribute &&
	       xmlAddID(NULL, xml_libxml_doc(doc), (const xmlChar *)value, attribute) != NULL;
}

/* ---- keys and trust ---- */

static void x509_freep(X509 **x509)
{
	X509_free(*x509);
}

static void pkey_freep(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static char *encode_token(const X509 *cert)
{
	unsigned char *der = NULL;
	const int length = i2d_X509(cert, &der);
	char *token = NULL;

	if (length > 0 && length <= WSSE_MAX_CERT) {
		token = malloc((size_t)length * 2 + 8);
		if (token)
			(void)EVP_EncodeBlock((unsigned char *)token, der, length);
	}
	OPENSSL_free(der);
	return token;
}

/* No pass phrase is ever asked for on a terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	(void)buf, (void)size, (void)rwflag, (void)user;
	return -1;
}

static enum vt_code read_pair(const char *cert_file, const char *key_file, X509 **ret_cert,
	EVP_PKEY **ret_pkey, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *cert_in = fopen(cert_file, "re");
	if (!cert_in)
		return vt_fail(error, VT_ERR_IO, errno, "wsse: certificate %s: %s", cert_file,
			strerror(errno));
	VT_CLEANUP(vt_fclosep) FILE *key_in = fopen(key_file, "re");
	if (!key_in)
		return vt_fail(
			error, VT_ERR_IO, errno, "wsse: key %s: %s", key_file, strerror(errno));
	VT_CLEANUP(x509_freep) X509 *cert = PEM_read_X509(cert_in, NULL, no_passphrase, NULL);
	VT_CLEANUP(pkey_freep)
	EVP_PKEY *pkey = PEM_read_PrivateKey(key_in, NULL, no_passphrase, NULL);
	ERR_clear_error();
	if (!cert || !pkey)
		return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: %s is not PEM",
			cert ? key_file : cert_file);
	if (X509_check_private_key(cert, pkey) != 1) {
		ERR_clear_error();
		return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: %s does not belong to %s", key_file,
			cert_file);
	}
	if (!wsse_key_is_strong(pkey))
		return vt_fail(error, VT_ERR_CRYPTO, 0,
			"wsse: %s: RSA below 2048 bits or an unknown kind of key", key_file);
	*ret_cert = vt_take_ptr(&cert);
	*ret_pkey = vt_take_ptr(&pkey);
	return VT_OK;
}

enum vt_code wsse_identity_load(const char *cert_file, const char *key_file,
	struct wsse_identity **ret_identity, struct vt_error *error)
{
	VT_CLEANUP(x509_freep) X509 *cert = NULL;
	VT_CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;

	enum vt_code code = wsse_start(error);
	if (!code)
		code = read_pair(cert_file, key_file, &cert, &pkey, error);
	if (code)
		return code;
	VT_CLEANUP(wsse_identity_free)
	struct wsse_identity *identity = calloc(1, sizeof(*identity));
	if (!identity)
		return vt_fail(error, VT_ERR_NOMEM, 0, "wsse: out of memory");
	identity->method =
		EVP_PKEY_is_a(pkey, "RSA") ? DSIG_MORE "rsa-sha256" : DSIG_MORE "ecdsa-sha256";
	identity->token = encode_token(cert);
	identity->key = wsse_make_key(vt_take_ptr(&pkey));
	if (!identity->token || !identity->key)
		return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: %s cannot be used", cert_file);
	*ret_identity = vt_take_ptr(&identity);
	return VT_OK;
}

void wsse_identity_free(struct wsse_identity **identity)
{
	if (!*identity)
		return;
	if ((*identity)->key)
		xmlSecKeyDestroy((*identity)->key);
	free((*identity)->token);
	free(*identity);
	*identity = NULL;
}

enum vt_code wsse_trust_load(const char *ca_file, const char *signer, struct wsse_trust **ret_trust,
	struct vt_error *error)
{
	VT_CLEANUP(wsse_trust_free) struct wsse_trust *trust = NULL;

	enum vt_code code = wsse_start(error);
	if (code)
		return code;
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(ca_file, "re");
	if (!in)
		return vt_fail(
			error, VT_ERR_IO, errno, "wsse: CA file %s: %s", ca_file, strerror(errno));
	trust = calloc(1, sizeof(*trust));
	if (!trust || !(trust->store = X509_STORE_new()))
		return vt_fail(error, VT_ERR_NOMEM, 0, "wsse: out of memory");
	if (signer && !vt_copy(trust->signer, sizeof(trust->signer), signer))
		return vt_fail(error, VT_ERR_LIMIT, 0, "wsse: name of the signer too long");
	int count = 0;
	for (X509 *ca; (ca = PEM_read_X509(in, NULL, no_passphrase, NULL)) != NULL; count++) {
		const int added = X509_STORE_add_cert(trust->store, ca);
		X509_free(ca);
		if (added != 1)
			return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: CA file %s", ca_file);
	}
	/* The loop ends with "no start line" at the end of the file, or with real damage. */
	const bool damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (count == 0 || damaged)
		return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: CA file %s is not PEM", ca_file);
	*ret_trust = vt_take_ptr(&trust);
	return VT_OK;
}

void wsse_trust_free(struct wsse_trust **trust)
{
	if (*trust) {
		X509_STORE_free((*trust)->store);
		free(*trust);
		*trust = NULL;
	}
}

/* ---- signing ---- */

/* One signed element: where it is, and the id that the Reference names. */
struct part {
	struct xml_node *node;
	char id[48];
};

static void make_id(const char *prefix, char id[static 48])
{
	char uuid[VT_UUID_SIZE];

	vt_uuid_make(uuid);
	VT_ASSERT(vt_format(id, 48, "%s-%s", prefix, uuid));
}

static void add_time(struct xml_node *parent, const char *name, int64_t unix_ms)
{
	const time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;
	char text[48];

	VT_ASSERT(unix_ms >= 0 && gmtime_r(&seconds, &tm));
	VT_ASSERT(vt_format(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		(int)(unix_ms % 1000)));
	(void)xml_add_same(parent, name, text);
}

static struct xml_node *add_method(struct xml_node *parent, const char *name, const char *uri)
{
	struct xml_node *node = xml_add_same(parent, name, NULL);

	xml_set_attribute(node, NULL, NULL, "Algorithm", uri);
	return node;
}

static void add_reference(struct xml_node *info, const char *id)
{
	struct xml_node *reference = xml_add_same(info, "Reference", NULL);
	char uri[64];

	VT_ASSERT(vt_format(uri, sizeof(uri), "#%s", id));
	xml_set_attribute(reference, NULL, NULL, "URI", uri);
	(void)add_method(xml_add_same(reference, "Transforms", NULL), "Transform", EXC_C14N);
	(void)add_method(reference, "DigestMethod", DIGEST_SHA256);
	(void)xml_add_same(reference, "DigestValue", NULL);
}

/* The unsigned ds:Signature element, last in security. */
static struct xml_node *add_signature(struct xml_node *security, const struct part *parts,
	size_t count, const char *method, const char *token_id)
{
	struct xml_node *signature = xml_add(security, DS_NS, "ds", "Signature");
	struct xml_node *info = xml_add_same(signature, "SignedInfo", NULL);
	char uri[64];

	(void)add_method(info, "CanonicalizationMethod", EXC_C14N);
	(void)add_method(info, "SignatureMethod", method);
	for (size_t i = 0; i < count; i++)
		add_reference(info, parts[i].id);
	(void)xml_add_same(signature, "SignatureValue", NULL);
	struct xml_node *key_info = xml_add_same(signature, "KeyInfo", NULL);
	struct xml_node *reference =
		xml_add(xml_add(key_info, WSSE_NS, "wsse", "SecurityTokenReference"), WSSE_NS,
			"wsse", "Reference");
	VT_ASSERT(vt_format(uri, sizeof(uri), "#%s", token_id));
	xml_set_attribute(reference, NULL, NULL, "URI", uri);
	xml_set_attribute(reference, NULL, NULL, "ValueType", WSSE_X509_V3);
	return signature;
}

static struct xml_node *add_security(struct xml_doc *doc)
{
	struct xml_node *header = soap_header(doc);

	if (!header) {
		header = xml_add(xml_root(doc), SOAP_NS, "soap", "Header");
		xml_move_first(xml_root(doc), header);
	}
	struct xml_node *security = xml_add(header, WSSE_NS, "wsse", "Security");
	xml_move_first(header, security);
	xml_set_attribute(security, SOAP_NS, "soap", "mustUnderstand", "1");
	return security;
}

static void add_token(struct xml_node *security, const struct wsse_identity *identity, char *id)
{
	struct xml_node *token = xml_add(security, WSSE_NS, "wsse", "BinarySecurityToken");

	make_id("x509", id);
	xml_set_attribute(token, WSU_NS, "wsu", "Id", id);
	xml_set_attribute(token, NULL, NULL, "EncodingType", WSSE_BASE64);
	xml_set_attribute(token, NULL, NULL, "ValueType", WSSE_X509_V3);
	xml_add_text(token, identity->token);
}

/* Timestamp, Body and one addressing id; returns how many. */
static size_t collect_parts(struct xml_doc *doc, struct xml_node *timestamp, struct part *parts)
{
	struct xml_node *header = soap_header(doc);
	struct xml_node *address = xml_child(header, WSA_NS, "MessageID");
	size_t count = 0;

	if (!address)
		address = xml_child(header, WSA_NS, "RelatesTo");
	parts[count++].node = timestamp;
	parts[count++].node = soap_body(doc);
	if (address)
		parts[count++].node = address;
	for (size_t i = 0; i < count; i++) {
		make_id("id", parts[i].id);
		xml_set_attribute(parts[i].node, WSU_NS, "wsu", "Id", parts[i].id);
	}
	return count;
}

static enum vt_code run_signer(
	struct xml_node *signature, const struct wsse_identity *identity, struct vt_error *error)
{
	xmlSecDSigCtx ctx;

	if (xmlSecDSigCtxInitialize(&ctx, NULL) < 0)
		return vt_fail(error, VT_ERR_NOMEM, 0, "wsse: out of memory");
	ctx.signKey = identity->key; /* lent: taken back before the context frees it */
	const int result = xmlSecDSigCtxSign(&ctx, (xmlNode *)(void *)signature);
	const bool good = result >= 0 && ctx.status == xmlSecDSigStatusSucceeded;
	ctx.signKey = NULL;
	xmlSecDSigCtxFinalize(&ctx);
	ERR_clear_error();
	return good ? VT_OK : vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: signing failed");
}

enum vt_code wsse_sign(struct xml_doc *doc, const struct wsse_identity *identity,
	int64_t now_unix_ms, struct vt_error *error)
{
	struct part parts[WSSE_MAX_REFERENCES] = {0};
	char token_id[48];

	VT_ASSERT(identity);
	if (!soap_body(doc) || xml_child(soap_header(doc), WSSE_NS, "Security"))
		return vt_fail(error, VT_ERR_INVALID, 0, "wsse: not an unsigned envelope");
	xml_declare(xml_root(doc), WSU_NS, "wsu");
	struct xml_node *security = add_security(doc);
	struct xml_node *timestamp = xml_add(security, WSU_NS, "wsu", "Timestamp");
	add_time(timestamp, "Created", now_unix_ms);
	add_time(timestamp, "Expires", now_unix_ms + WSSE_WINDOW_MS);
	add_token(security, identity, token_id);
	const size_t count = collect_parts(doc, timestamp, parts);
	struct xml_node *signature =
		add_signature(security, parts, count, identity->method, token_id);
	if (xml_failed(doc))
		return vt_fail(error, xml_failed(doc), 0, "wsse: the envelope could not be built");
	for (size_t i = 0; i < count; i++)
		if (!wsse_register_id(doc, parts[i].node, parts[i].id))
			return vt_fail(error, VT_ERR_NOMEM, 0, "wsse: out of memory");
	return run_signer(signature, identity, error);
}
