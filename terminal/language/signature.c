#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/language/pack_internal.h"

/* Signers are pinned by certificate: the trust file lists who may sign, no chain is built and
 * nothing that comes inside the signature is believed (fleet.md §5.4). Fails closed: no trust file,
 * no signer in it, no signer in the signature, any signer that is not ours → refused. */

/* May sign, now: digital signatures, marked for code signing, in its time. */
static bool may_sign(X509 *certificate, time_t now)
{
	uint32_t usage = X509_get_extended_key_usage(certificate);

	return X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE && usage != UINT32_MAX &&
	       usage & XKU_CODE_SIGN && X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}

static enum vt_code load_signers(
	const struct pack_trust *trust, STACK_OF(X509) * signers, struct vt_error *error)
{
	time_t now = (time_t)(trust->now_unix_ms / 1000);
	X509 *certificate;
	int count = 0;

	if (!trust->signers)
		return vt_fail(error, VT_ERR_UNTRUSTED, 0,
			"pack: this terminal trusts nobody to sign languages ([languages] "
			"signers)");
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(trust->signers, "re");
	if (!in)
		return vt_fail(
			error, VT_ERR_UNTRUSTED, errno, "pack: %s cannot be read", trust->signers);
	while ((certificate = PEM_read_X509(in, NULL, NULL, NULL)) != NULL) {
		if (++count > PACK_MAX_SIGNERS || !may_sign(certificate, now) ||
			sk_X509_push(signers, certificate) == 0)
			X509_free(certificate);
	}
	ERR_clear_error();
	if (sk_X509_num(signers) == 0)
		return vt_fail(error, VT_ERR_UNTRUSTED, 0,
			"pack: no certificate in %s may sign today", trust->signers);
	return VT_OK;
}

/* SHA-1 and older say nothing any more. */
static bool has_good_digests(CMS_ContentInfo *cms)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);

	for (int i = 0; i < sk_CMS_SignerInfo_num(infos); i++) {
		X509_ALGOR *digest = NULL;
		const ASN1_OBJECT *name = NULL;

		CMS_SignerInfo_get0_algs(
			sk_CMS_SignerInfo_value(infos, i), NULL, NULL, &digest, NULL);
		X509_ALGOR_get0(&name, NULL, NULL, digest);
		int nid = OBJ_obj2nid(name);
		if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
			return false;
	}
	return sk_CMS_SignerInfo_num(infos) > 0;
}

static enum vt_code verify(const struct vt_buf *manifest, CMS_ContentInfo *cms,
	STACK_OF(X509) * signers, struct vt_error *error)
{
	const unsigned flags = CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;
	BIO *content = BIO_new_mem_buf(manifest->data, (int)manifest->length);
	bool is_right;

	if (!content)
		return vt_fail(error, VT_ERR_NOMEM, 0, "pack");
	is_right = CMS_is_detached(cms) == 1 && has_good_digests(cms) &&
		   CMS_verify(cms, signers, NULL, content, NULL, flags) == 1;
	BIO_free(content);
	ERR_clear_error();
	if (is_right)
		return VT_OK;
	return vt_fail(error, VT_ERR_UNTRUSTED, 0,
		"pack: the signature is not of this manifest, or of nobody we trust");
}

enum vt_code pack_verify(const struct vt_buf *manifest, const struct vt_buf *signature,
	const struct pack_trust *trust, struct vt_error *error)
{
	const unsigned char *der = signature->data;
	STACK_OF(X509) *signers = sk_X509_new_null();
	CMS_ContentInfo *cms = NULL;
	enum vt_code code;

	if (!signers)
		return vt_fail(error, VT_ERR_NOMEM, 0, "pack");
	code = load_signers(trust, signers, error);
	if (code == VT_OK) {
		cms = signature->length > 0
			      ? d2i_CMS_ContentInfo(NULL, &der, (long)signature->length)
			      : NULL;
		if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
			code = vt_fail(error, VT_ERR_UNTRUSTED, 0,
				"pack: " PACK_SIGNATURE " is no CMS signature");
		else
			code = verify(manifest, cms, signers, error);
	}
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	sk_X509_pop_free(signers, X509_free);
	return code;
}
