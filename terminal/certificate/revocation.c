/* OCSP answers and revocation lists, judged; the policy is the table in the header.
 *
 * Nothing is believed before its signature: an answer or list is either the issuer's (or its
 * responder's) and about the certificate asked for, or it is unavailable. Times are compared only
 * with the given now; libcrypto's own clock is overruled where it would look at it. */
#include "terminal/certificate/revocation.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"
#include "terminal/certificate/certificate_internal.h"

const char *const revocation_status_names[REVOCATION_STATUS_COUNT] = {
	[REVOCATION_GOOD] = "good",
	[REVOCATION_REVOKED] = "revoked",
	[REVOCATION_UNKNOWN] = "unknown",
	[REVOCATION_UNAVAILABLE] = "unavailable",
};

struct revocation_list {
	X509_CRL *crl; /* owned */
	int64_t this_update_unix_ms, next_update_unix_ms;
};

static void unavailable(struct revocation_answer *answer, const char *source, const char *why)
{
	*answer = (struct revocation_answer){.status = REVOCATION_UNAVAILABLE, .source = source};
	vt_copy_cut(answer->why, sizeof(answer->why), why);
}

/* SHA-256 and better, under RSA or ECDSA. */
static bool is_strong(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;
	int md = NID_undef;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	return OBJ_find_sigid_algs(OBJ_obj2nid(object), &md, NULL) == 1 &&
	       (md == NID_sha256 || md == NID_sha384 || md == NID_sha512);
}

/* ---- OCSP ---- */

/* The certificate's name in OCSP. SHA-1 is what every responder knows (RFC 5019 §2.1.1); it names,
 * it does not protect. */
static OCSP_CERTID *certificate_id(
	const struct certificate *certificate, const struct certificate *issuer)
{
	return OCSP_cert_to_id(EVP_sha1(), certificate->x509, issuer->x509);
}

enum vt_code revocation_ocsp_request(const struct certificate *certificate,
	const struct certificate *issuer, struct vt_buf *request, struct vt_error *error)
{
	OCSP_REQUEST *ocsp = OCSP_REQUEST_new();
	OCSP_CERTID *id = certificate_id(certificate, issuer);
	unsigned char *der = NULL;
	int length = 0;

	if (ocsp && id && OCSP_request_add0_id(ocsp, id)) {
		id = NULL;
		length = i2d_OCSP_REQUEST(ocsp, &der);
	}
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(ocsp);
	ERR_clear_error();
	if (length <= 0)
		return vt_fail(error, VT_ERR_CRYPTO, 0, "revocation: no request");
	vt_buf_append(request, der, (size_t)length);
	OPENSSL_free(der);
	return request->failed ? vt_fail(error, request->failed, 0, "revocation: request") : VT_OK;
}

/* Was it signed by the issuer, or by a responder that the issuer made for this? */
static bool is_of_issuer(OCSP_BASICRESP *basic, X509 *issuer, int64_t now_unix_ms)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *issuers = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	bool good = false;

	if (store && issuers && X509_STORE_add_cert(store, issuer) == 1 &&
		sk_X509_push(issuers, issuer) > 0) {
		param = X509_STORE_get0_param(store);
		X509_VERIFY_PARAM_set_time(param, (time_t)(now_unix_ms / 1000));
		X509_VERIFY_PARAM_set_auth_level(param, 2);
		/* The issuer is believed, whether it is a root or not. */
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		good = is_strong(OCSP_resp_get0_tbs_sigalg(basic)) &&
		       OCSP_basic_verify(basic, issuers, store, OCSP_TRUSTOTHER) == 1;
	}
	sk_X509_free(issuers);
	X509_STORE_free(store);
	ERR_clear_error();
	return good;
}

static void judge_times(struct revocation_answer *answer, int64_t now_unix_ms)
{
	int64_t end = answer->next_update_unix_ms
			      ? answer->next_update_unix_ms
			      : answer->this_update_unix_ms + REVOCATION_OCSP_AGE_MS;

	if (answer->this_update_unix_ms == 0 ||
		answer->this_update_unix_ms > now_unix_ms + REVOCATION_SKEW_MS)
		unavailable(answer, "ocsp", "answer from the future");
	else if (answer->status != REVOCATION_REVOKED && end < now_unix_ms)
		unavailable(answer, "ocsp", "answer too old");
	else
		answer->is_fresh = answer->status == REVOCATION_GOOD;
}

static void judge_basic(OCSP_BASICRESP *basic, const struct certificate *certificate,
	const struct certificate *issuer, int64_t now_unix_ms, struct revocation_answer *answer)
{
	OCSP_CERTID *id = certificate_id(certificate, issuer);
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	int status = -1, reason;
	bool is_there;

	if (!is_of_issuer(basic, issuer->x509, now_unix_ms)) {
		OCSP_CERTID_free(id);
		unavailable(answer, "ocsp", "not signed by the issuer or its responder");
		return;
	}
	is_there = id && OCSP_resp_find_status(basic, id, &status, &reason, NULL, &this_update,
				 &next_update) == 1;
	OCSP_CERTID_free(id);
	if (!is_there || !this_update) {
		unavailable(answer, "ocsp", "about another certificate");
		return;
	}
	*answer = (struct revocation_answer){.source = "ocsp",
		.status = status == V_OCSP_CERTSTATUS_GOOD	? REVOCATION_GOOD
			  : status == V_OCSP_CERTSTATUS_REVOKED ? REVOCATION_REVOKED
								: REVOCATION_UNKNOWN,
		.this_update_unix_ms = certificate_unix_ms(this_update),
		.next_update_unix_ms = next_update ? certificate_unix_ms(next_update) : 0};
	if (answer->status == REVOCATION_UNKNOWN)
		vt_copy_cut(answer->why, sizeof(answer->why), "the responder does not know it");
	judge_times(answer, now_unix_ms);
}

void revocation_ocsp_judge(const struct certificate *certificate, const struct certificate *issuer,
	const uint8_t *der, size_t length, int64_t now_unix_ms,
	struct revocation_answer *ret_answer)
{
	const unsigned char *p = der;
	OCSP_RESPONSE *response = NULL;
	OCSP_BASICRESP *basic = NULL;
	int status;

	if (length > 0 && length <= REVOCATION_MAX_OCSP)
		response = d2i_OCSP_RESPONSE(NULL, &p, (long)length);
	if (!response || p != der + length) {
		unavailable(ret_answer, "ocsp", "malformed answer");
	} else if ((status = OCSP_response_status(response)) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		unavailable(ret_answer, "ocsp", OCSP_response_status_str(status));
	} else if (!(basic = OCSP_response_get1_basic(response))) {
		unavailable(ret_answer, "ocsp", "malformed answer");
	} else {
		judge_basic(basic, certificate, issuer, now_unix_ms, ret_answer);
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
}

/* ---- lists ---- */

static X509_CRL *read_crl(const uint8_t *data, size_t length)
{
	static const char begin[] = "-----BEGIN";
	const unsigned char *p = data;
	X509_CRL *crl = NULL;
	BIO *bio;

	if (length > sizeof(begin) && memcmp(data, begin, sizeof(begin) - 1) == 0) {
		bio = BIO_new_mem_buf(data, (int)length);
		if (bio)
			crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
		BIO_free(bio);
		return crl;
	}
	crl = d2i_X509_CRL(NULL, &p, (long)length);
	if (crl && p != data + length) {
		X509_CRL_free(crl);
		crl = NULL;
	}
	return crl;
}

/* Does it list all that the issuer has revoked? No deltas, no parts, nothing critical that we do
 * not know (RFC 5280 §5.2). */
static bool is_whole(const X509_CRL *crl)
{
	ISSUING_DIST_POINT *scope;
	bool is_part;
	int critical = 0;

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		const X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(crl, i)));

		if (nid == NID_delta_crl || (X509_EXTENSION_get_critical(extension) &&
						    nid != NID_issuing_distribution_point))
			return false;
	}
	scope = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
	if (!scope)
		return critical == -1; /* none at all; else malformed or twice */
	is_part = scope->onlyCA > 0 || scope->onlyattr > 0 || scope->indirectCRL > 0 ||
		  scope->onlysomereasons;
	ISSUING_DIST_POINT_free(scope);
	return !is_part;
}

static bool may_sign_lists(X509 *issuer)
{
	return X509_get_ext_by_NID(issuer, NID_key_usage, -1) < 0 ||
	       (X509_get_key_usage(issuer) & KU_CRL_SIGN);
}

static const char *why_not(X509_CRL *crl, X509 *issuer)
{
	const X509_ALGOR *algorithm;
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	X509_CRL_get0_signature(crl, NULL, &algorithm);
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
		return "list of another issuer";
	if (!key || !may_sign_lists(issuer) || !is_strong(algorithm) ||
		X509_CRL_verify(crl, key) != 1)
		return "list not signed by the issuer";
	if (!is_whole(crl))
		return "list covers only a part";
	return NULL;
}

enum vt_code revocation_list_parse(const struct certificate *issuer, const uint8_t *data,
	size_t length, struct revocation_list **ret_list, struct vt_error *error)
{
	struct revocation_list *list;
	const char *why;
	X509_CRL *crl;

	if (length == 0 || length > REVOCATION_MAX_CRL)
		return vt_fail(error, VT_ERR_LIMIT, 0, "revocation: list of %zu bytes", length);
	crl = read_crl(data, length);
	if (!crl) {
		ERR_clear_error();
		return vt_fail(error, VT_ERR_PARSE, 0, "revocation: malformed list");
	}
	why = why_not(crl, issuer->x509);
	ERR_clear_error();
	if (why) {
		X509_CRL_free(crl);
		return vt_fail(error, VT_ERR_UNTRUSTED, 0, "revocation: %s", why);
	}
	list = calloc(1, sizeof(*list));
	if (!list) {
		X509_CRL_free(crl);
		return vt_fail(error, VT_ERR_NOMEM, 0, "revocation: list");
	}
	list->crl = crl;
	list->this_update_unix_ms = certificate_unix_ms(X509_CRL_get0_lastUpdate(crl));
	if (X509_CRL_get0_nextUpdate(crl))
		list->next_update_unix_ms = certificate_unix_ms(X509_CRL_get0_nextUpdate(crl));
	*ret_list = list;
	return VT_OK;
}

void revocation_list_destroy(struct revocation_list **list)
{
	if (!*list)
		return;
	X509_CRL_free((*list)->crl);
	free(*list);
	*list = NULL;
}

int64_t revocation_list_next_update(const struct revocation_list *list)
{
	return list->next_update_unix_ms;
}

int64_t revocation_list_this_update(const struct revocation_list *list)
{
	return list->this_update_unix_ms;
}

void revocation_list_judge(const struct revocation_list *list,
	const struct certificate *certificate, int64_t now_unix_ms, int64_t grace_ms,
	struct revocation_answer *ret_answer)
{
	X509_REVOKED *entry = NULL;
	int found;

	VT_ASSERT(grace_ms >= 0);
	if (X509_NAME_cmp(
		    X509_CRL_get_issuer(list->crl), X509_get_issuer_name(certificate->x509)) != 0) {
		unavailable(ret_answer, "crl", "list of another issuer");
		return;
	}
	if (list->this_update_unix_ms > now_unix_ms + REVOCATION_SKEW_MS) {
		unavailable(ret_answer, "crl", "list from the future");
		return;
	}
	/* 1 listed, 2 listed as removed from an earlier one */
	found = X509_CRL_get0_by_cert(list->crl, &entry, certificate->x509);
	ERR_clear_error();
	*ret_answer = (struct revocation_answer){.source = "crl",
		.status = found == 1 ? REVOCATION_REVOKED : REVOCATION_GOOD,
		.is_fresh = found != 1 && now_unix_ms <= list->next_update_unix_ms,
		.this_update_unix_ms = list->this_update_unix_ms,
		.next_update_unix_ms = list->next_update_unix_ms};
	if (found != 1 && (list->next_update_unix_ms == 0 ||
				  now_unix_ms - grace_ms > list->next_update_unix_ms))
		unavailable(ret_answer, "crl", "list too old");
}

/* ---- the policy ---- */

void revocation_decide(const struct revocation_answer *ocsp, const struct revocation_answer *crl,
	struct revocation_answer *ret_answer)
{
	const struct revocation_answer *chosen = ocsp ? ocsp : crl;

	if (crl && crl->status == REVOCATION_REVOKED)
		chosen = crl;
	if (ocsp && ocsp->status == REVOCATION_REVOKED)
		chosen = ocsp;
	else if (chosen && chosen->status != REVOCATION_REVOKED && crl &&
		 crl->status == REVOCATION_GOOD && (!ocsp || ocsp->status != REVOCATION_GOOD))
		chosen = crl;
	if (chosen)
		*ret_answer = *chosen;
	else
		unavailable(ret_answer, "", "neither an answer nor a list");
}

enum certificate_outcome revocation_outcome(enum revocation_status status)
{
	switch (status) {
	case REVOCATION_GOOD:
		return CERTIFICATE_GOOD;
	case REVOCATION_REVOKED:
		return CERTIFICATE_REVOKED;
	case REVOCATION_UNKNOWN:
	case REVOCATION_UNAVAILABLE:
	case REVOCATION_STATUS_COUNT:
		break;
	}
	return CERTIFICATE_NOT_CHECKED;
}
