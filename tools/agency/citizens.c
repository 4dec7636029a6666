#include "tools/agency/citizens.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "terminal/base/base64.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/limits.h"
#include "terminal/base/text.h"

/* Clocks of terminals may be ahead by so much. */
#define AHEAD_S 300
/* DER of a CMS with RSA 4096 and the largest certificate (terminal/certificate/cms.h). */
#define CMS_MAX 4608

struct citizens {
	X509_STORE *trust;	    /* owned */
	STACK_OF(X509_CRL) * lists; /* owned, with its elements */
};

static void bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static void cms_freep(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static void infos_freep(STACK_OF(X509_INFO) * *infos)
{
	sk_X509_INFO_pop_free(*infos, X509_INFO_free);
}

void citizens_free(struct citizens **citizens)
{
	if (!*citizens)
		return;
	X509_STORE_free((*citizens)->trust);
	sk_X509_CRL_pop_free((*citizens)->lists, X509_CRL_free);
	free(*citizens);
	*citizens = NULL;
}

/* Is the list signed by one of the authorities in the same file? */
static bool is_signed(X509_CRL *list, const STACK_OF(X509_INFO) * infos)
{
	for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
		X509 *x509 = sk_X509_INFO_value(infos, i)->x509;
		if (x509 && X509_CRL_verify(list, X509_get0_pubkey(x509)) == 1)
			return true;
	}
	return false;
}

static bool take(struct citizens *citizens, const STACK_OF(X509_INFO) * infos)
{
	int authorities = 0;

	for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
		X509_INFO *info = sk_X509_INFO_value(infos, i);
		if (info->x509) {
			authorities++;
			if (X509_check_ca(info->x509) == 0 ||
				X509_STORE_add_cert(citizens->trust, info->x509) != 1)
				return false;
		}
		if (!info->crl)
			continue;
		if (!is_signed(info->crl, infos) ||
			sk_X509_CRL_push(citizens->lists, info->crl) <= 0)
			return false;
		info->crl = NULL; /* ours now */
	}
	return authorities > 0;
}

enum vt_code citizens_load(const char *path, struct citizens **ret_citizens, struct vt_error *error)
{
	VT_CLEANUP(bio_freep) BIO *in = BIO_new_file(path, "r");
	VT_CLEANUP(infos_freep) STACK_OF(X509_INFO) *infos = NULL;
	VT_CLEANUP(citizens_free) struct citizens *citizens = calloc(1, sizeof(*citizens));

	if (!in)
		return vt_fail(error, VT_ERR_IO, 0, "citizens: %s cannot be read", path);
	infos = PEM_X509_INFO_read_bio(in, NULL, NULL, NULL);
	if (citizens) {
		citizens->trust = X509_STORE_new();
		citizens->lists = sk_X509_CRL_new_null();
	}
	if (!citizens || !citizens->trust || !citizens->lists)
		return vt_fail(error, VT_ERR_NOMEM, 0, "citizens: out of memory");
	if (!infos || !take(citizens, infos)) {
		ERR_clear_error();
		return vt_fail(error, VT_ERR_PARSE, 0,
			"citizens: %s: no authorities and their lists", path);
	}
	*ret_citizens = vt_take_ptr(&citizens);
	return VT_OK;
}

/* ---- the parts of the signature ---- */

/* The time that was signed; false: none, or another kind than RFC 5652 §11.3 knows. */
static bool signing_time(CMS_SignerInfo *signer, time_t *ret)
{
	const ASN1_OBJECT *name = OBJ_nid2obj(NID_pkcs9_signingTime);
	/* −3: exactly one attribute with exactly one value. */
	const ASN1_TIME *time = CMS_signed_get0_data_by_OBJ(signer, name, -3, V_ASN1_UTCTIME);
	struct tm tm;

	if (!time)
		time = CMS_signed_get0_data_by_OBJ(signer, name, -3, V_ASN1_GENERALIZEDTIME);
	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*ret = timegm(&tm);
	return true;
}

static bool has_strong_digest(CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *name = NULL;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&name, NULL, NULL, digest);
	const int nid = OBJ_obj2nid(name);
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

/* The only signer; NULL if there are others, or the content is inside, or DER goes on behind it. */
static CMS_SignerInfo *only_signer(const char *text, CMS_ContentInfo **ret_cms)
{
	uint8_t der[CMS_MAX];
	const unsigned char *p = der;
	size_t length;

	if (vt_base64_decode(der, sizeof(der), text, &length))
		return NULL;
	*ret_cms = d2i_CMS_ContentInfo(NULL, &p, (long)length);
	if (!*ret_cms || p != der + length ||
		OBJ_obj2nid(CMS_get0_type(*ret_cms)) != NID_pkcs7_signed ||
		OBJ_obj2nid(CMS_get0_eContentType(*ret_cms)) != NID_pkcs7_data ||
		CMS_is_detached(*ret_cms) != 1)
		return NULL;
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(*ret_cms);
	return sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : NULL;
}

/* ---- whose it is ---- */

static bool names_curp(const X509 *x509, const char *curp)
{
	char text[64];
	const X509_NAME *subject = X509_get_subject_name(x509);

	return X509_NAME_get_index_by_NID(subject, NID_serialNumber, -1) >= 0 &&
	       X509_NAME_get_text_by_NID(subject, NID_serialNumber, text, sizeof(text)) > 0 &&
	       strcmp(text, curp) == 0;
}

static bool may_sign(X509 *x509)
{
	return X509_get_ext_by_NID(x509, NID_key_usage, -1) >= 0 && X509_check_ca(x509) == 0 &&
	       (X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

static bool is_revoked(const struct citizens *citizens, X509 *x509)
{
	X509_REVOKED *entry = NULL;

	for (int i = 0; i < sk_X509_CRL_num(citizens->lists); i++) {
		X509_CRL *list = sk_X509_CRL_value(citizens->lists, i);
		if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(x509)) == 0 &&
			X509_CRL_get0_by_cert(list, &entry, x509) == 1)
			return true;
	}
	return false;
}

/* A line "label: value" of the text, whatever the label's language. */
static bool has_line(const char *text, const char *value)
{
	char end[80];

	return vt_format(end, sizeof(end), ": %s\n", value) && strstr(text, end) != NULL;
}

static const char *judge_text(
	const struct citizens_request *request, const char *text, size_t length)
{
	if (strlen(text) != length || !vt_utf8_valid(text, length))
		return "La solicitud no es un texto";
	if (!has_line(text, request->key))
		return "La solicitud firmada es otra";
	return has_line(text, request->curp) ? NULL : "La solicitud firmada nombra otra CURP";
}

static const char *judge_signer(const struct citizens *citizens, CMS_ContentInfo *cms,
	const struct citizens_request *request)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	X509 *x509 = signers ? sk_X509_value(signers, 0) : NULL;
	const char *why = NULL;

	if (!x509 || !may_sign(x509))
		why = "El certificado no sirve para firmar";
	else if (is_revoked(citizens, x509))
		why = "El certificado esta revocado";
	else if (!names_curp(x509, request->curp))
		why = "El certificado es de otra persona";
	sk_X509_free(signers);
	return why;
}

static const char *judge_signature(
	struct citizens *citizens, CMS_ContentInfo *cms, time_t at, const char *text, size_t length)
{
	VT_CLEANUP(bio_freep) BIO *content = BIO_new_mem_buf(text, (int)length);
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(citizens->trust);

	X509_VERIFY_PARAM_set_time(param, at);
	X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits */
	/* The use is judged by may_sign(); libcrypto's default is mail. */
	if (X509_STORE_set_purpose(citizens->trust, X509_PURPOSE_ANY) != 1 || !content ||
		CMS_verify(cms, NULL, citizens->trust, content, NULL, CMS_BINARY | CMS_CADES) != 1)
		return "La firma no es valida";
	return NULL;
}

const char *citizens_judge(struct citizens *citizens, const struct citizens_request *request)
{
	VT_CLEANUP(cms_freep) CMS_ContentInfo *cms = NULL;
	char text[VT_MAX_SIGNED_TEXT + 1];
	size_t length;
	time_t at;

	if (!citizens)
		return "Aqui no se aceptan firmas de ciudadanos";
	if (vt_base64_decode(text, sizeof(text) - 1, request->text, &length))
		return "La solicitud no es un texto";
	text[length] = '\0';
	const char *why = judge_text(request, text, length);
	CMS_SignerInfo *signer = why ? NULL : only_signer(request->cms, &cms);
	if (!why && (!signer || !has_strong_digest(signer) || !signing_time(signer, &at)))
		why = "La firma no tiene la forma acordada";
	if (!why && at > request->now_unix_ms / 1000 + AHEAD_S)
		why = "La firma es del futuro";
	if (!why)
		why = judge_signature(citizens, cms, at, text, length);
	if (!why)
		why = judge_signer(citizens, cms, request);
	ERR_clear_error();
	vt_wipe(text, sizeof(text));
	return why;
}
