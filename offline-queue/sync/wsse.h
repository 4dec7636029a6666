#ifndef SYNC_WSSE_H
#define SYNC_WSSE_H

/* WS-Security X.509 signatures of SOAP 1.1 envelopes, the same functions for client and server
 * (domain.md §7).
 *
 *   wsse:Security mustUnderstand=1        first header
 *     wsu:Timestamp                       Created, Expires = +5 min, ms and Z
 *     wsse:BinarySecurityToken            our certificate, DER, base64
 *     ds:Signature                        exc-c14n; RSA-SHA256 or ECDSA-SHA256 by the key's type;
 *       Reference → Timestamp             one transform each, SHA-256
 *       Reference → Body
 *       Reference → wsa:MessageID, or else wsa:RelatesTo, if the header has one
 *       KeyInfo → SecurityTokenReference → the token
 *
 * What the verifier guarantees: the Body it returns is the very node whose digest was checked, and
 * so are the addressing ids. References are resolved against the nodes that we found by their place
 * in the envelope, never by searching for an id. */

#include <stdint.h>

#include "offline-queue/sync/soap.h"
#include "offline-queue/sync/xml.h"
#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Life of our Timestamp, and the most that a peer's clock may differ from ours (§7.2). */
#define WSSE_WINDOW_MS (5 * 60 * 1000)

struct wsse_identity; /* a certificate and its private key */
struct wsse_trust;    /* the CAs whose holders may sign, and which signer is expected */

/* Loads a PEM certificate and the PEM private key that belongs to it (unencrypted, RSA of 2048 bits
 * or more, or EC P-256/P-384). VT_ERR_IO, VT_ERR_CRYPTO (not PEM, not a pair, weak key). */
VT_MUST_USE enum vt_code wsse_identity_load(const char *cert_file, const char *key_file,
	struct wsse_identity **ret_identity, struct vt_error *error);
/* Accepts NULL in *identity; sets it to NULL. Fits VT_CLEANUP. */
void wsse_identity_free(struct wsse_identity **identity);

/* Loads the PEM file of CAs: self-signed roots, and intermediates if the peers' certificates need
 * them. signer: the only subject CN or SAN (dNSName or URI) accepted; NULL: whoever holds a
 * certificate of these CAs (a server, which then looks at wsse_verdict.signer). */
VT_MUST_USE enum vt_code wsse_trust_load(const char *ca_file, const char *signer,
	struct wsse_trust **ret_trust, struct vt_error *error);
void wsse_trust_free(struct wsse_trust **trust);

/* Adds the header and signs. doc is a finished envelope: change nothing in it afterwards, and
 * serialise with xml_serialize(). now_unix_ms: wall clock. On failure doc may carry a partial
 * header: throw it away. VT_ERR_INVALID (not an envelope, already has a Security header),
 * VT_ERR_CRYPTO, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code wsse_sign(struct xml_doc *doc, const struct wsse_identity *identity,
	int64_t now_unix_ms, struct vt_error *error);

/* What a valid signature says. */
struct wsse_verdict {
	struct xml_node *body;	       /* borrowed from doc: the signed Body */
	char message_id[SOAP_ID_SIZE]; /* signed wsa:MessageID, "" if none */
	char relates_to[SOAP_ID_SIZE]; /* signed wsa:RelatesTo, "" if none */
	char signer[128];	       /* subject CN, "" if it has none */
	char fingerprint[65];	       /* SHA-256 of the certificate, hex */
	int64_t created_unix_ms;       /* by the signer's clock */
};

/* Verifies doc at the time now_unix_ms. VT_OK: *ret_verdict is filled. VT_ERR_UNTRUSTED: any rule
 * of domain.md §7.2 is broken, error says which; VT_ERR_TIMEOUT: the signature itself was not
 * looked at because the Timestamp is outside the window (a clock problem, answered by
 * wsu:MessageExpired); VT_ERR_NOMEM, VT_ERR_CRYPTO. *ret_verdict is all zero after a failure. An
 * addressing header that is present but not signed is VT_ERR_UNTRUSTED. */
VT_MUST_USE enum vt_code wsse_verify(struct xml_doc *doc, const struct wsse_trust *trust,
	int64_t now_unix_ms, struct wsse_verdict *ret_verdict, struct vt_error *error);

/* For who does not know what time it is: the same, at the time that the Timestamp itself gives,
 * certificate included. Says that the signer made this message then, not that it is fresh: what
 * binds it to now is the caller's own fresh id in relates_to. VT_ERR_TIMEOUT: before
 * floor_unix_ms, a time that is known to be over. */
VT_MUST_USE enum vt_code wsse_verify_by_its_time(struct xml_doc *doc,
	const struct wsse_trust *trust, int64_t floor_unix_ms, struct wsse_verdict *ret_verdict,
	struct vt_error *error);

#endif
