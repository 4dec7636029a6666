#ifndef VT_CARDS_KEY_H
#define VT_CARDS_KEY_H

/* A private key of a card and what it can do (libcrypto inside). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

enum key_type { KEY_RSA, KEY_EC_P256, KEY_EC_P384 };

struct key;

/* Reads a private key: PEM or DER, PKCS#8 (also encrypted, then with password) or traditional.
 * VT_ERR_PARSE: not a key, or not with this password. VT_ERR_UNSUPPORTED: other than RSA of 1024 to
 * 4096 bits, P-256, P-384. */
VT_MUST_USE enum vt_code key_parse(const uint8_t *data, size_t length, const char *password,
	struct key **ret, struct vt_error *error);
/* Wipes; NULL allowed; *key becomes NULL. */
void key_destroy(struct key **key);

enum key_type key_type(const struct key *key);
/* Bits of the modulus or of the field. */
unsigned key_bits(const struct key *key);
/* True if cert (DER) carries the public half. */
bool key_fits(const struct key *key, const uint8_t *cert, size_t length);

/* Appends a result to ret. False, and ret unchanged, if the input is not acceptable. */

/* RSA private operation on a block as long as the modulus (the host padded it). */
VT_MUST_USE bool key_rsa_raw(
	const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret);
/* RSA signature: the card pads a DigestInfo as PKCS#1 v1.5 does, at most modulus - 11 bytes. */
VT_MUST_USE bool key_rsa_pkcs1(
	const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret);
/* ECDSA over a hash of 20 to 64 bytes: DER { r, s }. */
VT_MUST_USE bool key_ecdsa(
	const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret);
/* ECDH with an uncompressed point: the x coordinate. */
VT_MUST_USE bool key_ecdh(
	const struct key *key, const uint8_t *in, size_t length, struct vt_buf *ret);

/* Certificate to DER: PEM or DER in. VT_ERR_PARSE: no certificate. */
VT_MUST_USE enum vt_code cert_parse(
	const uint8_t *data, size_t length, struct vt_buf *ret, struct vt_error *error);
/* Appends the subject as DER Name, the issuer as DER Name, the serial as DER INTEGER, and the end
 * of validity as YYYYMMDD (8 characters and NUL) of a certificate in DER; NULL where not wanted. */
VT_MUST_USE bool cert_facts(const uint8_t *der, size_t length, struct vt_buf *ret_subject,
	struct vt_buf *ret_issuer, struct vt_buf *ret_serial, char ret_end[9]);

#endif
