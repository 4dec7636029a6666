#include "tools/agency/responder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define DAY_S	      (24 * 3600)
#define SERIAL_DIGITS 40 /* RFC 5280 §4.1.2.2: at most 20 octets */

const char *const responder_say_names[RESPONDER_SAY_COUNT] = {
	"index", "good", "revoked", "hold", "unknown"};
const char *const responder_fault_names[RESPONDER_FAULT_COUNT] = {"none", "stale", "future",
	"wrong-signer", "other", "try-later", "garbage", "error", "drop", "silent", "oversized"};

/* A line of index.txt. */
struct entry {
	char serial[SERIAL_DIGITS + 1]; /* upper-case hex */
	bool is_revoked;
	int reason;	/* OCSP_REVOKED_STATUS_… */
	time_t revoked; /* since when */
};

struct responder {
	X509 *ca, *responder;
	X509 *stranger; /* calls itself as the responder does, certified by nobody */
	EVP_PKEY *ca_key, *responder_key, *stranger_key;
	struct entry *entries;
	size_t count;
};

/* --- loading --- */

static FILE *open_in(const char *folder, const char *name, struct vt_error *error)
{
	char path[512];

	if (!vt_format(path, sizeof(path), "%s/%s", folder, name)) {
		(void)vt_fail(error, VT_ERR_LIMIT, 0, "path too long");
		return NULL;
	}
	FILE *file = fopen(path, "re");
	if (!file)
		(void)vt_fail(error, VT_ERR_NOT_FOUND, errno, "%s: %s", path, strerror(errno));
	return file;
}

static X509 *load_certificate(const char *folder, const char *name, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = open_in(folder, name, error);
	X509 *x509 = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file && !x509)
		(void)vt_fail(error, VT_ERR_PARSE, 0, "%s: no certificate", name);
	return x509;
}

static EVP_PKEY *load_key(const char *folder, const char *name, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = open_in(folder, name, error);
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (file && !key)
		(void)vt_fail(error, VT_ERR_PARSE, 0, "%s: no private key", name);
	return key;
}

/* "261129012056Z" or the same with a year of four digits. */
static bool parse_time(const char *text, time_t *ret)
{
	struct tm tm;
	ASN1_TIME *parsed = ASN1_TIME_new();
	bool good = parsed && ASN1_TIME_set_string(parsed, text) == 1 &&
		    ASN1_TIME_to_tm(parsed, &tm) == 1;

	ASN1_TIME_free(parsed);
	if (good)
		*ret = timegm(&tm);
	return good;
}

static int parse_reason(const char *text)
{
	static const char *const names[] = {"unspecified", "keyCompromise", "CACompromise",
		"affiliationChanged", "superseded", "cessationOfOperation", "certificateHold"};

	for (size_t i = 0; i < VT_ELEMENTS(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return OCSP_REVOKED_STATUS_NOSTATUS;
}

/* Status, end, revocation with reason, serial, … between tabs (openssl-ca(1)). */
static bool parse_line(char *line, struct entry *ret)
{
	char *fields[4], *at = line;

	for (size_t i = 0; i < VT_ELEMENTS(fields); i++) {
		char *tab = strchr(at, '\t');
		if (!tab)
			return false;
		*tab = '\0';
		fields[i] = at;
		at = tab + 1;
	}
	*ret = (struct entry){
		.is_revoked = strcmp(fields[0], "R") == 0, .reason = OCSP_REVOKED_STATUS_NOSTATUS};
	if (!vt_copy(ret->serial, sizeof(ret->serial), fields[3]) || ret->serial[0] == '\0' ||
		strspn(ret->serial, "0123456789ABCDEF") != strlen(ret->serial))
		return false;
	char *reason = strchr(fields[2], ',');
	if (reason) {
		*reason = '\0';
		ret->reason = parse_reason(reason + 1);
	}
	return !ret->is_revoked || parse_time(fields[2], &ret->revoked);
}

static enum vt_code load_index(struct responder *self, const char *folder, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = open_in(folder, "index.txt", error);
	char line[2048];

	if (!file)
		return VT_ERR_NOT_FOUND;
	self->entries = calloc(RESPONDER_MAX_CERTIFICATES, sizeof(*self->entries));
	if (!self->entries)
		return vt_fail(error, VT_ERR_NOMEM, 0, "index.txt");
	while (fgets(line, sizeof(line), file)) {
		if (self->count == RESPONDER_MAX_CERTIFICATES)
			return vt_fail(error, VT_ERR_LIMIT, 0, "index.txt: too many certificates");
		if (!parse_line(line, &self->entries[self->count++]))
			return vt_fail(error, VT_ERR_PARSE, 0, "index.txt:%zu: not of openssl ca",
				self->count);
	}
	return VT_OK;
}

/* A key of nobody's and a certificate that it signed itself in the responder's name. */
static bool make_stranger(struct responder *self)
{
	X509 *x509 = X509_new();

	self->stranger_key = EVP_EC_gen("P-256");
	self->stranger = x509;
	return x509 && self->stranger_key && X509_set_version(x509, 2) == 1 &&
	       ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
	       X509_set_subject_name(x509, X509_get_subject_name(self->responder)) == 1 &&
	       X509_set_issuer_name(x509, X509_get_subject_name(self->responder)) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x509), -DAY_S) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x509), 365L * DAY_S) != NULL &&
	       X509_set_pubkey(x509, self->stranger_key) == 1 &&
	       X509_sign(x509, self->stranger_key, EVP_sha256()) > 0;
}

enum vt_code responder_load(const char *folder, struct responder **ret, struct vt_error *error)
{
	struct vt_error why = {.code = VT_ERR_CRYPTO, .msg = "no key could be made"};
	struct responder *self = calloc(1, sizeof(*self));

	*ret = NULL;
	if (!self)
		return vt_fail(error, VT_ERR_NOMEM, 0, "responder");
	bool good = (self->ca = load_certificate(folder, "ca.pem", &why)) != NULL &&
		    (self->ca_key = load_key(folder, "ca.key", &why)) != NULL &&
		    (self->responder = load_certificate(folder, "ocsp.pem", &why)) != NULL &&
		    (self->responder_key = load_key(folder, "ocsp.key", &why)) != NULL &&
		    load_index(self, folder, &why) == VT_OK && make_stranger(self);
	if (!good) {
		responder_destroy(&self);
		return vt_fail(error, why.code, why.os, "responder: %s", why.msg);
	}
	*ret = self;
	return VT_OK;
}

void responder_destroy(struct responder **responder)
{
	struct responder *self = *responder;

	if (!self)
		return;
	X509_free(self->ca);
	X509_free(self->responder);
	X509_free(self->stranger);
	EVP_PKEY_free(self->ca_key);
	EVP_PKEY_free(self->responder_key);
	EVP_PKEY_free(self->stranger_key);
	free(self->entries);
	free(self);
	*responder = NULL;
}

/* --- what is said --- */

static const struct entry *find(const struct responder *self, const ASN1_INTEGER *serial)
{
	const struct entry *found = NULL;
	BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
	char *text = number ? BN_bn2hex(number) : NULL;

	for (size_t i = 0; text && i < self->count && !found; i++)
		if (strcmp(self->entries[i].serial, text) == 0)
			found = &self->entries[i];
	OPENSSL_free(text);
	BN_free(number);
	return found;
}

/* The word about one certificate: an OCSP status, its reason and since when. */
static int judge(enum responder_say say, const struct entry *entry, time_t now, int *ret_reason,
	time_t *ret_since)
{
	*ret_reason = OCSP_REVOKED_STATUS_NOSTATUS;
	*ret_since = now - 7 * DAY_S;
	switch (say) {
	case RESPONDER_SAY_GOOD:
		return V_OCSP_CERTSTATUS_GOOD;
	case RESPONDER_SAY_REVOKED:
		*ret_reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE;
		return V_OCSP_CERTSTATUS_REVOKED;
	case RESPONDER_SAY_HOLD:
		*ret_reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD;
		return V_OCSP_CERTSTATUS_REVOKED;
	case RESPONDER_SAY_INDEX:
		if (!entry)
			return V_OCSP_CERTSTATUS_UNKNOWN;
		*ret_reason = entry->reason;
		*ret_since = entry->revoked;
		return entry->is_revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD;
	case RESPONDER_SAY_UNKNOWN:
	case RESPONDER_SAY_COUNT:
		break;
	}
	return V_OCSP_CERTSTATUS_UNKNOWN;
}

/* When an answer begins and ends. A minute is taken off, as clocks differ. */
static void times(enum responder_fault fault, time_t now, int holds_s, ASN1_TIME *ret_this,
	ASN1_TIME *ret_next)
{
	time_t begin = now - 60;

	if (fault == RESPONDER_FAULT_STALE)
		begin = now - DAY_S - holds_s;
	else if (fault == RESPONDER_FAULT_FUTURE)
		begin = now + DAY_S;
	ASN1_TIME_adj(ret_this, begin, 0, 0);
	ASN1_TIME_adj(ret_next, begin + holds_s, 0, 0);
}

/* --- OCSP --- */

/* The same question with the next serial number: an answer about somebody else. */
static OCSP_CERTID *other_id(OCSP_CERTID *id)
{
	OCSP_CERTID *other = OCSP_CERTID_dup(id);
	ASN1_INTEGER *serial = NULL;
	BIGNUM *number = NULL;

	if (other && OCSP_id_get0_info(NULL, NULL, NULL, &serial, other) == 1)
		number = ASN1_INTEGER_to_BN(serial, NULL);
	if (!number || !BN_add_word(number, 1) || !BN_to_ASN1_INTEGER(number, serial)) {
		OCSP_CERTID_free(other);
		other = NULL;
	}
	BN_free(number);
	return other;
}

/* True if the question is about a certificate of ours. */
static bool is_ours(const struct responder *self, OCSP_CERTID *id)
{
	ASN1_OBJECT *hash = NULL;

	if (OCSP_id_get0_info(NULL, &hash, NULL, NULL, id) != 1)
		return false;
	const EVP_MD *md = EVP_get_digestbyobj(hash);
	OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, NULL, self->ca) : NULL;
	bool same = ours && OCSP_id_issuer_cmp(ours, id) == 0;

	OCSP_CERTID_free(ours);
	return same;
}

static bool add_status(const struct responder *self, enum responder_say say,
	enum responder_fault fault, time_t now, OCSP_CERTID *id, OCSP_BASICRESP *basic)
{
	ASN1_INTEGER *serial = NULL;
	int reason;
	time_t since;

	OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
	int status = is_ours(self, id) ? judge(say, find(self, serial), now, &reason, &since)
				       : judge(RESPONDER_SAY_UNKNOWN, NULL, now, &reason, &since);
	OCSP_CERTID *about = fault == RESPONDER_FAULT_OTHER ? other_id(id) : OCSP_CERTID_dup(id);
	ASN1_TIME *this_update = ASN1_TIME_new(), *next_update = ASN1_TIME_new();
	ASN1_TIME *revoked = ASN1_TIME_adj(NULL, since, 0, 0);
	bool good = about && this_update && next_update && revoked;
	if (good) {
		times(fault, now, RESPONDER_ANSWER_S, this_update, next_update);
		good = OCSP_basic_add1_status(basic, about, status, reason, revoked, this_update,
			       next_update) != NULL;
	}
	ASN1_TIME_free(revoked);
	ASN1_TIME_free(next_update);
	ASN1_TIME_free(this_update);
	OCSP_CERTID_free(about);
	return good;
}

static bool sign_answer(
	const struct responder *self, enum responder_fault fault, OCSP_BASICRESP *basic)
{
	if (fault == RESPONDER_FAULT_WRONG_SIGNER)
		return OCSP_basic_sign(basic, self->stranger, self->stranger_key, EVP_sha256(),
			       NULL, 0) == 1;
	return OCSP_basic_sign(
		       basic, self->responder, self->responder_key, EVP_sha256(), NULL, 0) == 1;
}

static OCSP_BASICRESP *make_answer(const struct responder *self, enum responder_say say,
	enum responder_fault fault, time_t now, OCSP_REQUEST *request)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	int count = OCSP_request_onereq_count(request);
	bool good = basic && count > 0 && count <= RESPONDER_MAX_QUESTIONS;

	for (int i = 0; good && i < count; i++)
		good = add_status(self, say, fault, now,
			OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i)), basic);
	/* 2: the request has no nonce, then neither has the answer. */
	if (good)
		good = OCSP_copy_nonce(basic, request) > 0;
	if (good && sign_answer(self, fault, basic))
		return basic;
	OCSP_BASICRESP_free(basic);
	return NULL;
}

static enum vt_code put_response(int status, OCSP_BASICRESP *basic, struct vt_buf *ret)
{
	OCSP_RESPONSE *response = OCSP_response_create(status, basic);
	uint8_t *der = NULL;
	int size = response ? i2d_OCSP_RESPONSE(response, &der) : -1;

	if (size > 0)
		vt_buf_append(ret, der, (size_t)size);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	if (size <= 0)
		return VT_ERR_CRYPTO;
	return ret->failed;
}

static const char garbage[] = "\x30\x82\x01\x00this is no DER";

enum vt_code responder_answer(const struct responder *self, enum responder_say say,
	enum responder_fault fault, const uint8_t *request, size_t length, int64_t now_unix_ms,
	struct vt_buf *ret)
{
	const uint8_t *at = request;
	OCSP_REQUEST *parsed = NULL;

	if (fault == RESPONDER_FAULT_GARBAGE) {
		vt_buf_append(ret, garbage, sizeof(garbage) - 1);
		return ret->failed;
	}
	if (fault == RESPONDER_FAULT_TRY_LATER)
		return put_response(OCSP_RESPONSE_STATUS_TRYLATER, NULL, ret);
	if (length <= RESPONDER_MAX_REQUEST)
		parsed = d2i_OCSP_REQUEST(NULL, &at, (long)length);
	int count = parsed && at == request + length ? OCSP_request_onereq_count(parsed) : 0;
	if (count < 1 || count > RESPONDER_MAX_QUESTIONS) {
		OCSP_REQUEST_free(parsed);
		ERR_clear_error();
		return put_response(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL, ret);
	}
	OCSP_BASICRESP *basic = make_answer(self, say, fault, (time_t)(now_unix_ms / 1000), parsed);
	OCSP_REQUEST_free(parsed);
	enum vt_code code =
		basic ? put_response(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic, ret) : VT_ERR_CRYPTO;
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	return code;
}

/* --- lists --- */

static bool add_reason(X509_REVOKED *entry, int reason)
{
	if (reason == OCSP_REVOKED_STATUS_NOSTATUS)
		return true;
	ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
	bool good = value && ASN1_ENUMERATED_set(value, reason) == 1 &&
		    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1;

	ASN1_ENUMERATED_free(value);
	return good;
}

static bool add_revoked(X509_CRL *crl, const struct entry *entry, int reason, time_t since)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *date = ASN1_TIME_adj(NULL, since, 0, 0);
	BIGNUM *number = NULL;
	ASN1_INTEGER *serial = NULL;
	bool good = BN_hex2bn(&number, entry->serial) > 0 &&
		    (serial = BN_to_ASN1_INTEGER(number, NULL)) != NULL && revoked && date &&
		    X509_REVOKED_set_serialNumber(revoked, serial) == 1 &&
		    X509_REVOKED_set_revocationDate(revoked, date) == 1 &&
		    add_reason(revoked, reason) && X509_CRL_add0_revoked(crl, revoked) == 1;

	if (!good)
		X509_REVOKED_free(revoked);
	ASN1_INTEGER_free(serial);
	BN_free(number);
	ASN1_TIME_free(date);
	return good;
}

static bool fill_list(
	const struct responder *self, enum responder_say say, time_t now, X509_CRL *crl)
{
	for (size_t i = 0; i < self->count; i++) {
		int reason;
		time_t since;
		int status = judge(say, &self->entries[i], now, &reason, &since);
		if (status == V_OCSP_CERTSTATUS_REVOKED &&
			!add_revoked(crl, &self->entries[i], reason, since))
			return false;
	}
	return X509_CRL_sort(crl) == 1;
}

/* RFC 5280 §5.2.3: a number that grows: the minutes since 1970. */
static bool add_number(X509_CRL *crl, time_t now)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	bool good = number && ASN1_INTEGER_set_int64(number, now / 60) == 1 &&
		    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;

	ASN1_INTEGER_free(number);
	return good;
}

enum vt_code responder_list(const struct responder *self, enum responder_say say,
	enum responder_fault fault, int64_t now_unix_ms, struct vt_buf *ret)
{
	time_t now = (time_t)(now_unix_ms / 1000);
	const X509 *issuer = fault == RESPONDER_FAULT_OTHER ? self->stranger : self->ca;
	bool forged = fault == RESPONDER_FAULT_OTHER || fault == RESPONDER_FAULT_WRONG_SIGNER;
	uint8_t *der = NULL;

	if (fault == RESPONDER_FAULT_GARBAGE || fault == RESPONDER_FAULT_TRY_LATER) {
		vt_buf_append(ret, garbage, sizeof(garbage) - 1);
		return ret->failed;
	}
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *this_update = ASN1_TIME_new(), *next_update = ASN1_TIME_new();
	bool good = crl && this_update && next_update;
	if (good) {
		times(fault, now, RESPONDER_LIST_S, this_update, next_update);
		good = X509_CRL_set_version(crl, 1) == 1 &&
		       X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
		       X509_CRL_set1_lastUpdate(crl, this_update) == 1 &&
		       X509_CRL_set1_nextUpdate(crl, next_update) == 1 && add_number(crl, now) &&
		       fill_list(self, say, now, crl) &&
		       X509_CRL_sign(
			       crl, forged ? self->stranger_key : self->ca_key, EVP_sha256()) > 0;
	}
	int size = good ? i2d_X509_CRL(crl, &der) : -1;
	if (size > 0)
		vt_buf_append(ret, der, (size_t)size);
	OPENSSL_free(der);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	X509_CRL_free(crl);
	ERR_clear_error();
	return size > 0 ? ret->failed : VT_ERR_CRYPTO;
}
