#include "offline-queue/sync/wsse.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libxml/tree.h>
#include <libxml/valid.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/xmldsig.h>

#include "offline-queue/sync/wsse_internal.h"
#include "offline-queue/sync/xml_internal.h"
#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* The order of work: find the parts by their place in the envelope → read the whole Signature
 * element against a narrow grammar → match its references to the parts → time window → certificate
 * chain and name → only then cryptography, with the key of that certificate, by xmlsec.
 *
 * xmlsec resolves "#id" through libxml2's table of ids. Only the parts' own wsu:Id attributes are
 * entered there, after all ids of the document were seen to be different, so that what xmlsec
 * digests is what we found by place: signature wrapping has nothing to hold on to. */

struct parts {
	struct xml_node *body, *timestamp, *token, *signature;
	struct xml_node *message_id, *relates_to; /* NULL if absent */
};

/* A part that may be signed. */
struct target {
	struct xml_node *node;
	char id[WSSE_MAX_ID];
	bool signed_;
};

enum { T_BODY, T_TIMESTAMP, T_TOKEN, T_MESSAGE_ID, T_RELATES_TO, T_COUNT };

static enum vt_code untrusted(struct vt_error *error, const char *why)
{
	return vt_fail(error, VT_ERR_UNTRUSTED, 0, "wsse: %s", why);
}

/* ---- places ---- */

/* The only child {uri}name of parent into *ret_node (NULL if there is none); false if several. */
static bool at_most_one(const struct xml_node *parent, const char *uri, const char *name,
	struct xml_node **ret_node)
{
	*ret_node = xml_child(parent, uri, name);
	return !*ret_node || !xml_next(*ret_node, uri, name);
}

static enum vt_code find_parts(
	const struct xml_doc *doc, struct parts *parts, struct vt_error *error)
{
	struct xml_node *header = soap_header(doc);
	struct xml_node *security;

	parts->body = soap_body(doc);
	if (!parts->body)
		return untrusted(error, "not an envelope with one Body");
	if (!at_most_one(header, WSSE_NS, "Security", &security) || !security)
		return untrusted(error, "no or several Security headers");
	if (!at_most_one(security, WSU_NS, "Timestamp", &parts->timestamp) ||
		!at_most_one(security, WSSE_NS, "BinarySecurityToken", &parts->token) ||
		!at_most_one(security, DS_NS, "Signature", &parts->signature) ||
		!at_most_one(header, WSA_NS, "MessageID", &parts->message_id) ||
		!at_most_one(header, WSA_NS, "RelatesTo", &parts->relates_to))
		return untrusted(error, "an element that must be unique is not");
	if (!parts->timestamp || !parts->token || !parts->signature)
		return untrusted(error, "Timestamp, token or Signature missing");
	int children = 0;
	for (struct xml_node *n = xml_child(security, NULL, NULL); n; n = xml_next(n, NULL, NULL))
		children++;
	return children == 3 ? VT_OK : untrusted(error, "unknown element in the Security header");
}

/* ---- ids ---- */

static bool is_id_attribute(const xmlAttr *attribute)
{
	const char *name = (const char *)attribute->name;
	const char *uri = attribute->ns ? (const char *)attribute->ns->href : "";

	if (strcmp(uri, "") == 0)
		return strcmp(name, "Id") == 0 || strcmp(name, "ID") == 0;
	if (strcmp(uri, WSU_NS) == 0)
		return strcmp(name, "Id") == 0;
	return strcmp(uri, (const char *)XML_XML_NAMESPACE) == 0 && strcmp(name, "id") == 0;
}

/* Next element in document order below top. */
static xmlNode *walk(xmlNode *node, const xmlNode *top)
{
	do {
		if (node->type == XML_ELEMENT_NODE && node->children) {
			node = node->children;
			continue;
		}
		while (node != top && !node->next)
			node = node->parent;
		if (node == top)
			return NULL;
		node = node->next;
	} while (node->type != XML_ELEMENT_NODE);
	return node;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum vt_code check_ids_differ(const struct xml_doc *doc, struct vt_error *error)
{
	xmlNode *top = (xmlNode *)(void *)xml_root(doc);
	VT_CLEANUP(vt_freep) const char **ids = NULL;
	size_t count = 0, size = 0;

	for (xmlNode *node = top; node; node = walk(node, top)) {
		for (xmlAttr *a = node->properties; a; a = a->next) {
			if (!is_id_attribute(a) || !a->children || !a->children->content)
				continue;
			if (count == size) {
				size = size ? 2 * size : 32;
				const char **more = realloc(ids, size * sizeof(*ids));
				if (!more)
					return vt_fail(
						error, VT_ERR_NOMEM, 0, "wsse: out of memory");
				ids = more;
			}
			ids[count++] = (const char *)a->children->content;
		}
	}
	if (count > 1)
		qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < count; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			return untrusted(error, "two elements with one id");
	return VT_OK;
}

/* Letters, digits and "-_." only: nothing that could be XPointer. */
static bool is_plain_id(const char *id)
{
	if (!*id)
		return false;
	for (; *id; id++)
		if (!((*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') ||
			    (*id >= '0' && *id <= '9') || strchr("-_.", *id)))
			return false;
	return true;
}

static enum vt_code read_target(
	struct xml_node *node, struct target *target, struct vt_error *error)
{
	target->node = node;
	if (!node)
		return VT_OK;
	const enum vt_code code = xml_attribute(node, WSU_NS, "Id", target->id, sizeof(target->id));
	if (code == VT_ERR_NOT_FOUND)
		return VT_OK; /* cannot be signed; noticed by whoever needs it signed */
	return code || !is_plain_id(target->id) ? untrusted(error, "strange wsu:Id") : VT_OK;
}

/* ---- the grammar of ds:Signature ---- */

static bool is_allowed(const char *const *list, const char *uri)
{
	for (; *list; list++)
		if (strcmp(*list, uri) == 0)
			return true;
	return false;
}

static const char *const signature_methods[] = {DSIG_MORE "rsa-sha256", DSIG_MORE "rsa-sha384",
	DSIG_MORE "rsa-sha512", DSIG_MORE "ecdsa-sha256", DSIG_MORE "ecdsa-sha384",
	DSIG_MORE "ecdsa-sha512", NULL};
static const char *const digest_methods[] = {DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, NULL};
static const char *const c14n_methods[] = {EXC_C14N, NULL};

/* Takes *node, which must be {DS}name with nothing but an allowed Algorithm, and moves on. For
 * C14N an ec:InclusiveNamespaces child is allowed (Axis2 writes one): it only adds to the digest.
 */
static bool take_method(struct xml_node **node, const char *name, const char *const *allowed)
{
	char uri[96];

	if (!xml_is(*node, DS_NS, name) ||
		xml_attribute(*node, NULL, "Algorithm", uri, sizeof(uri)) ||
		!is_allowed(allowed, uri))
		return false;
	const struct xml_node *child = xml_child(*node, NULL, NULL);
	if (child && (allowed != c14n_methods || !xml_is(child, EXC_C14N, "InclusiveNamespaces") ||
			     xml_next(child, NULL, NULL)))
		return false;
	*node = xml_next(*node, NULL, NULL);
	return true;
}

static struct target *find_target(struct target *targets, const char *uri)
{
	if (uri[0] != '#' || !is_plain_id(uri + 1))
		return NULL;
	for (int i = 0; i < T_COUNT; i++)
		if (targets[i].node && strcmp(targets[i].id, uri + 1) == 0)
			return &targets[i];
	return NULL;
}

static enum vt_code read_reference(
	const struct xml_node *reference, struct target *targets, struct vt_error *error)
{
	char uri[WSSE_MAX_ID + 1];

	if (xml_attribute(reference, NULL, "URI", uri, sizeof(uri)))
		return untrusted(error, "reference without or with a strange URI");
	struct target *target = find_target(targets, uri);
	if (!target || target->signed_)
		return untrusted(error, "reference to something else than our parts");
	struct xml_node *node = xml_child(reference, NULL, NULL);
	if (!xml_is(node, DS_NS, "Transforms"))
		return untrusted(error, "reference without Transforms");
	struct xml_node *transform = xml_child(node, NULL, NULL);
	if (!take_method(&transform, "Transform", c14n_methods) || transform)
		return untrusted(error, "transform other than one exclusive C14N");
	node = xml_next(node, NULL, NULL);
	if (!take_method(&node, "DigestMethod", digest_methods))
		return untrusted(error, "digest method not allowed");
	if (!xml_is(node, DS_NS, "DigestValue") || xml_child(node, NULL, NULL) ||
		xml_next(node, NULL, NULL))
		return untrusted(error, "malformed reference");
	target->signed_ = true;
	return VT_OK;
}

static enum vt_code read_signed_info(
	const struct xml_node *info, struct target *targets, struct vt_error *error)
{
	struct xml_node *node = xml_child(info, NULL, NULL);
	int count = 0;

	if (!take_method(&node, "CanonicalizationMethod", c14n_methods))
		return untrusted(error, "canonicalisation not allowed");
	if (!take_method(&node, "SignatureMethod", signature_methods))
		return untrusted(error, "signature method not allowed");
	for (; node; node = xml_next(node, NULL, NULL)) {
		if (!xml_is(node, DS_NS, "Reference") || ++count > WSSE_MAX_REFERENCES)
			return untrusted(error, "too many references");
		enum vt_code code = read_reference(node, targets, error);
		if (code)
			return code;
	}
	return VT_OK;
}

/* KeyInfo names the token and nothing else: no KeyValue, no X509Data, no RetrievalMethod. */
static bool is_key_info(const struct xml_node *key_info, const char *token_id)
{
	const struct xml_node *str = xml_child(key_info, NULL, NULL);
	const struct xml_node *reference = xml_child(str, NULL, NULL);
	char uri[WSSE_MAX_ID + 1], type[160];

	if (!xml_is(key_info, DS_NS, "KeyInfo") ||
		!xml_is(str, WSSE_NS, "SecurityTokenReference") || xml_next(str, NULL, NULL) ||
		!xml_is(reference, WSSE_NS, "Reference") || xml_next(reference, NULL, NULL) ||
		xml_child(reference, NULL, NULL))
		return false;
	const enum vt_code code = xml_attribute(reference, NULL, "ValueType", type, sizeof(type));
	if (code != VT_ERR_NOT_FOUND && (code || strcmp(type, WSSE_X509_V3) != 0))
		return false;
	return !xml_attribute(reference, NULL, "URI", uri, sizeof(uri)) && uri[0] == '#' &&
	       token_id[0] && strcmp(uri + 1, token_id) == 0;
}

static enum vt_code read_signature(
	const struct parts *parts, struct target *targets, struct vt_error *error)
{
	struct xml_node *info = xml_child(parts->signature, NULL, NULL);
	struct xml_node *value = xml_next(info, NULL, NULL);
	struct xml_node *key_info = xml_next(value, NULL, NULL);

	if (!xml_is(info, DS_NS, "SignedInfo") || !xml_is(value, DS_NS, "SignatureValue") ||
		xml_child(value, NULL, NULL) || !key_info || xml_next(key_info, NULL, NULL))
		return untrusted(error, "malformed Signature");
	if (!is_key_info(key_info, targets[T_TOKEN].id))
		return untrusted(error, "KeyInfo is not a reference to the token");
	enum vt_code code = read_signed_info(info, targets, error);
	if (code)
		return code;
	if (!targets[T_BODY].signed_)
		return untrusted(error, "Body not signed");
	if (!targets[T_TIMESTAMP].signed_)
		return untrusted(error, "Timestamp not signed");
	if ((targets[T_MESSAGE_ID].node && !targets[T_MESSAGE_ID].signed_) ||
		(targets[T_RELATES_TO].node && !targets[T_RELATES_TO].signed_))
		return untrusted(error, "addressing header not signed");
	return VT_OK;
}

/* ---- time ---- */

static bool take_number(const char **p, int digits, int min, int max, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*ret = value;
	return value >= min && value <= max;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* xsd:dateTime in UTC: seconds with an optional fraction, "Z" or "+00:00". */
static bool parse_time(const char *text, int64_t *ret_unix_ms)
{
	struct tm tm = {0};
	int ms = 0;

	if (!take_number(&text, 4, 1970, 9999, &tm.tm_year) || !take_char(&text, '-') ||
		!take_number(&text, 2, 1, 12, &tm.tm_mon) || !take_char(&text, '-') ||
		!take_number(&text, 2, 1, 31, &tm.tm_mday) || !take_char(&text, 'T') ||
		!take_number(&text, 2, 0, 23, &tm.tm_hour) || !take_char(&text, ':') ||
		!take_number(&text, 2, 0, 59, &tm.tm_min) || !take_char(&text, ':') ||
		!take_number(&text, 2, 0, 60, &tm.tm_sec))
		return false;
	if (take_char(&text, '.')) {
		int scale = 100, digits = 0;
		for (; *text >= '0' && *text <= '9' && digits < 9; text++, digits++) {
			ms += (*text - '0') * scale;
			scale /= 10;
		}
		if (digits == 0)
			return false;
	}
	if (strcmp(text, "Z") != 0 && strcmp(text, "+00:00") != 0)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_unix_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return true;
}

static bool read_time(const struct xml_node *node, int64_t *ret_unix_ms)
{
	char text[48];

	return !xml_text(node, text, sizeof(text)) && parse_time(text, ret_unix_ms);
}

static enum vt_code check_time(const struct xml_node *timestamp, int64_t now_unix_ms,
	int64_t *ret_created, struct vt_error *error)
{
	struct xml_node *created, *expires;
	int64_t created_ms, expires_ms;

	if (!at_most_one(timestamp, WSU_NS, "Created", &created) ||
		!at_most_one(timestamp, WSU_NS, "Expires", &expires) ||
		!read_time(created, &created_ms))
		return untrusted(error, "malformed Timestamp");
	if (created_ms < now_unix_ms - WSSE_WINDOW_MS || created_ms > now_unix_ms + WSSE_WINDOW_MS)
		return vt_fail(error, VT_ERR_TIMEOUT, 0, "wsse: Timestamp is %lld s away",
			(long long)((created_ms - now_unix_ms) / 1000));
	if (expires) {
		if (!read_time(expires, &expires_ms) || expires_ms <= created_ms)
			return untrusted(error, "malformed Timestamp");
		if (expires_ms <= now_unix_ms)
			return vt_fail(error, VT_ERR_TIMEOUT, 0, "wsse: Timestamp expired");
	}
	*ret_created = created_ms;
	return VT_OK;
}

/* ---- the certificate ---- */

static void x509_freep(X509 **x509)
{
	X509_free(*x509);
}

/* Base64 text with line breaks and blanks allowed, into der. Returns the length, 0 if malformed. */
static size_t decode_base64(const char *text, uint8_t *der, size_t size)
{
	char packed[WSSE_MAX_CERT / 3 * 4 + 8];
	size_t n = 0;

	for (; *text; text++) {
		if (strchr(" \t\r\n", *text))
			continue;
		if (n + 1 >= sizeof(packed))
			return 0;
		packed[n++] = *text;
	}
	if (n == 0 || n % 4 != 0 || n / 4 * 3 > size)
		return 0;
	const int length = EVP_DecodeBlock(der, (const unsigned char *)packed, (int)n);
	if (length <= 0)
		return 0;
	/* EVP_DecodeBlock() counts the padding as zero bytes. */
	const size_t padding = (size_t)(packed[n - 1] == '=') + (size_t)(packed[n - 2] == '=');
	return (size_t)length - padding;
}

static X509 *read_token(const struct xml_node *token)
{
	uint8_t der[WSSE_MAX_CERT];
	char type[160];
	VT_CLEANUP(vt_buf_finish) struct vt_buf text;

	vt_buf_init(&text, sizeof(der) * 2);
	if (xml_attribute(token, NULL, "ValueType", type, sizeof(type)) ||
		strcmp(type, WSSE_X509_V3) != 0)
		return NULL;
	const enum vt_code code = xml_attribute(token, NULL, "EncodingType", type, sizeof(type));
	if (code != VT_ERR_NOT_FOUND && (code || strcmp(type, WSSE_BASE64) != 0))
		return NULL;
	if (xml_text_append(token, &text))
		return NULL;
	const size_t length = decode_base64(vt_buf_text(&text), der, sizeof(der));
	const unsigned char *p = der;
	X509 *cert = length > 0 ? d2i_X509(NULL, &p, (long)length) : NULL;
	if (cert && p != der + length) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

static bool chain_is_good(X509 *cert, const struct wsse_trust *trust, int64_t now_unix_ms)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = false;

	if (ctx && X509_STORE_CTX_init(ctx, trust->store, cert, NULL) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_time(param, (time_t)(now_unix_ms / 1000));
		X509_VERIFY_PARAM_set_auth_level(param, 2); /* no SHA-1, RSA ≥ 2048 */
		X509_VERIFY_PARAM_set_depth(param, 3);
		good = X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	return good;
}

static bool equals(const ASN1_STRING *string, const char *text)
{
	return ASN1_STRING_length(string) == (int)strlen(text) &&
	       memcmp(ASN1_STRING_get0_data(string), text, strlen(text)) == 0;
}

/* The subject's CN as UTF-8 into dst; false if it has none, several, or a strange one. */
static bool read_name(const X509 *cert, char *dst, size_t size)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;

	dst[0] = '\0';
	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	const int length = ASN1_STRING_to_UTF8(
		&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	const bool good = length > 0 && strlen((char *)text) == (size_t)length &&
			  vt_copy(dst, size, (char *)text);
	OPENSSL_free(text);
	return good;
}

static bool has_alternative_name(const X509 *cert, const char *expected)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS || name->type == GEN_URI)
			found = equals(name->d.ia5, expected);
	}
	GENERAL_NAMES_free(names);
	return found;
}

static enum vt_code check_certificate(X509 *cert, const struct wsse_trust *trust,
	int64_t now_unix_ms, struct wsse_verdict *verdict, struct vt_error *error)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!chain_is_good(cert, trust, now_unix_ms))
		return untrusted(error, "certificate does not lead to the configured CA");
	if (X509_check_ca(cert) == 1)
		return untrusted(error, "certificate of a CA, not of a signer");
	if (!(X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE))
		return untrusted(error, "certificate not meant for signatures");
	const bool named = read_name(cert, verdict->signer, sizeof(verdict->signer));
	if (trust->signer[0] && !(named && strcmp(verdict->signer, trust->signer) == 0) &&
		!has_alternative_name(cert, trust->signer))
		return untrusted(error, "signed by somebody else than expected");
	if (X509_digest(cert, EVP_sha256(), digest, &length) != 1 || length != 32)
		return vt_fail(error, VT_ERR_CRYPTO, 0, "wsse: digest of a certificate");
	vt_hex(verdict->fingerprint, digest, length);
	return VT_OK;
}

/* ---- cryptography ---- */

static bool enter_ids(struct xml_doc *doc, const struct target *targets)
{
	for (int i = 0; i < T_COUNT; i++) {
		if (!targets[i].signed_)
			continue;
		if (!wsse_register_id(doc, targets[i].node, targets[i].id))
			return false;
		const xmlAttr *found =
			xmlGetID(xml_libxml_doc(doc), (const xmlChar *)targets[i].id);
		VT_ASSERT(found && (void *)found->parent == (void *)targets[i].node);
	}
	return true;
}

static enum vt_code run_verifier(struct xml_node *signature, X509 *cert, struct vt_error *error)
{
	EVP_PKEY *pkey = X509_get_pubkey(cert);
	xmlSecDSigCtx ctx;

	if (!pkey || !wsse_key_is_strong(pkey)) {
		EVP_PKEY_free(pkey);
		return untrusted(error, "weak or unknown kind of key");
	}
	xmlSecKey *key = wsse_make_key(pkey);
	if (!key || xmlSecDSigCtxInitialize(&ctx, NULL) < 0) {
		if (key)
			xmlSecKeyDestroy(key);
		return vt_fail(error, VT_ERR_NOMEM, 0, "wsse: out of memory");
	}
	ctx.signKey = key; /* so KeyInfo is never looked at by xmlsec */
	ctx.enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
	const int result = xmlSecDSigCtxVerify(&ctx, (xmlNode *)(void *)signature);
	const bool good =
		result >= 0 && ctx.status == xmlSecDSigStatusSucceeded && ctx.signKey == key;
	xmlSecDSigCtxFinalize(&ctx);
	return good ? VT_OK : untrusted(error, "signature does not match");
}

static enum vt_code read_addresses(
	const struct parts *parts, struct wsse_verdict *verdict, struct vt_error *error)
{
	if ((parts->message_id && xml_text(parts->message_id, verdict->message_id,
					  sizeof(verdict->message_id))) ||
		(parts->relates_to && xml_text(parts->relates_to, verdict->relates_to,
					      sizeof(verdict->relates_to))))
		return untrusted(error, "strange addressing header");
	return VT_OK;
}

/* Our time, or (by_its_time) the message's own, not below the floor that is given instead. */
static enum vt_code choose_time(const struct xml_node *timestamp, bool by_its_time,
	int64_t *now_unix_ms, struct vt_error *error)
{
	struct xml_node *created;
	int64_t created_ms;

	if (!by_its_time)
		return VT_OK;
	if (!at_most_one(timestamp, WSU_NS, "Created", &created) ||
		!read_time(created, &created_ms))
		return untrusted(error, "malformed Timestamp");
	if (created_ms < *now_unix_ms)
		return vt_fail(error, VT_ERR_TIMEOUT, 0, "wsse: Timestamp is of the past");
	*now_unix_ms = created_ms;
	return VT_OK;
}

static enum vt_code verify(struct xml_doc *doc, const struct wsse_trust *trust, int64_t now_unix_ms,
	bool by_its_time, struct wsse_verdict *verdict, struct vt_error *error)
{
	struct target targets[T_COUNT] = {0};
	struct parts parts = {0};

	enum vt_code code = find_parts(doc, &parts, error);
	if (!code)
		code = check_ids_differ(doc, error);
	struct xml_node *const nodes[T_COUNT] = {[T_BODY] = parts.body,
		[T_TIMESTAMP] = parts.timestamp,
		[T_TOKEN] = parts.token,
		[T_MESSAGE_ID] = parts.message_id,
		[T_RELATES_TO] = parts.relates_to};
	for (int i = 0; i < T_COUNT && !code; i++)
		code = read_target(nodes[i], &targets[i], error);
	if (!code)
		code = read_signature(&parts, targets, error);
	if (!code)
		code = choose_time(parts.timestamp, by_its_time, &now_unix_ms, error);
	if (!code)
		code = check_time(parts.timestamp, now_unix_ms, &verdict->created_unix_ms, error);
	if (code)
		return code;
	VT_CLEANUP(x509_freep) X509 *cert = read_token(parts.token);
	if (!cert)
		return untrusted(error, "malformed token");
	code = check_certificate(cert, trust, now_unix_ms, verdict, error);
	if (!code && !enter_ids(doc, targets))
		code = untrusted(error, "an id is already taken");
	if (!code)
		code = run_verifier(parts.signature, cert, error);
	if (!code)
		code = read_addresses(&parts, verdict, error);
	verdict->body = parts.body;
	return code;
}

enum vt_code wsse_verify(struct xml_doc *doc, const struct wsse_trust *trust, int64_t now_unix_ms,
	struct wsse_verdict *ret_verdict, struct vt_error *error)
{
	VT_ASSERT(doc && trust && ret_verdict);
	*ret_verdict = (struct wsse_verdict){0};
	enum vt_code code = verify(doc, trust, now_unix_ms, false, ret_verdict, error);
	if (code)
		*ret_verdict = (struct wsse_verdict){0};
	ERR_clear_error();
	return code;
}

enum vt_code wsse_verify_by_its_time(struct xml_doc *doc, const struct wsse_trust *trust,
	int64_t floor_unix_ms, struct wsse_verdict *ret_verdict, struct vt_error *error)
{
	VT_ASSERT(doc && trust && ret_verdict);
	*ret_verdict = (struct wsse_verdict){0};
	enum vt_code code = verify(doc, trust, floor_unix_ms, true, ret_verdict, error);
	if (code)
		*ret_verdict = (struct wsse_verdict){0};
	ERR_clear_error();
	return code;
}
