#ifndef VT_CERTIFICATE_CMS_H
#define VT_CERTIFICATE_CMS_H

/* A detached CMS signature (RFC 5652 SignedData) whose private key is on a card: the digest goes
 * out, the card's signature comes in.
 *
 *   cms_begin ──► cms_digest() ──► card ──► cms_finish ──► DER
 *
 * One signer, named by issuer and serial number, with its certificate. Signed attributes:
 * contentType (data), messageDigest, signingTime (RFC 5652 §11) and signingCertificateV2 (RFC
 * 5035), which binds the signature to this certificate. SHA-256; SHA-384 for a P-384 key. The
 * content is not in it and is taken byte for byte, as it is.
 *
 * No clock: the time is an argument. The content may be personal; what is kept of it is wiped. One
 * thread per object. */

#include "terminal/certificate/certificate.h"

/* 3 KiB of certificate, 512 bytes of signature, and a kilobyte for names and attributes. In base64
 * this is VT_MAX_CMS_TEXT. */
#define CMS_MAX_DER 4608

struct cms;

/* Begins a signature over content with the certificate's key, as of now_unix_ms. VT_ERR_UNSUPPORTED
 * (a key of another kind), VT_ERR_LIMIT (content above VT_MAX_SIGNED_TEXT), VT_ERR_CRYPTO,
 * VT_ERR_NOMEM. Keeps no reference to certificate or content. */
VT_MUST_USE enum vt_code cms_begin(const struct certificate *certificate, const void *content,
	size_t length, int64_t now_unix_ms, struct cms **ret_cms, struct vt_error *error);

/* What the card has to sign: the digest over the signed attributes, of that hash's length. */
enum certificate_hash cms_hash(const struct cms *cms);
const uint8_t *cms_digest(const struct cms *cms);

/* Puts the card's signature (RSA PKCS#1 v1.5, or ECDSA as DER) in, judges the whole as a receiver
 * would, and writes it. VT_ERR_UNTRUSTED: this key did not sign this; it may be tried again.
 * VT_ERR_LIMIT: longer than CMS_MAX_DER. ret_der is written only on success. */
VT_MUST_USE enum vt_code cms_finish(struct cms *cms, const uint8_t *signature, size_t length,
	uint8_t ret_der[CMS_MAX_DER], size_t *ret_length, struct vt_error *error);

/* NULL allowed; *cms = NULL. Wipes. Fits VT_CLEANUP. */
void cms_destroy(struct cms **cms);

#endif
