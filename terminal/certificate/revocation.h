#ifndef VT_CERTIFICATE_REVOCATION_H
#define VT_CERTIFICATE_REVOCATION_H

/* Has its issuer revoked a certificate? OCSP (RFC 6960) and CRLs (RFC 5280 §5) as pure functions:
 * bytes, issuer and time in, an answer out. Who fetches is offline-queue/sync.
 *
 * The policy, stated once (revocation_decide()):
 *
 *   what there is                                       status        fresh   may sign
 *   OCSP good, within thisUpdate … nextUpdate           good          yes     yes
 *   else a CRL within nextUpdate, not listed            good          yes     yes
 *   else a CRL not older than nextUpdate + grace        good          no      yes, said "not fresh"
 *   OCSP or any CRL at hand says revoked, however old   revoked       -       never
 *   OCSP unknown, and no CRL as above                   unknown       -       no
 *   nothing usable                                      unavailable   -       no
 *
 * A certificate on hold counts as revoked. The grace is the terminal's configuration; the default
 * is 24 h: a day without network stops nobody, a lost certificate works no longer than that. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/certificate/certificate.h"

/* An answer is one certificate's: 16 KiB leave room for the responder's own certificates. */
#define REVOCATION_MAX_OCSP 16384
/* SAT's lists are not public; RFC 5280 lists of 500,000 entries have about 20 MB, more is refused.
 */
#define REVOCATION_MAX_CRL  (32 * 1024 * 1024)
#define REVOCATION_GRACE_MS (INT64_C(24) * 3600 * 1000)
/* Clocks differ: so much may thisUpdate lie ahead. */
#define REVOCATION_SKEW_MS (INT64_C(5) * 60 * 1000)
/* An OCSP answer without nextUpdate is fresh for so long. */
#define REVOCATION_OCSP_AGE_MS (INT64_C(3600) * 1000)

enum revocation_status {
	REVOCATION_GOOD,
	REVOCATION_REVOKED,
	REVOCATION_UNKNOWN,	/* the responder does not know it */
	REVOCATION_UNAVAILABLE, /* nothing usable: see why */
	REVOCATION_STATUS_COUNT
};
/* "good", "revoked", "unknown", "unavailable". */
extern const char *const revocation_status_names[REVOCATION_STATUS_COUNT];

struct revocation_answer {
	enum revocation_status status;
	bool is_fresh;		     /* good: the source is within its own nextUpdate */
	const char *source;	     /* "ocsp", "crl", "" */
	int64_t this_update_unix_ms; /* 0 = none */
	int64_t next_update_unix_ms; /* 0 = not told */
	char why[96];		     /* unavailable, unknown: what was wrong; no personal data */
};

/* Question for an OCSP responder about a certificate that issuer has issued: DER for the body of a
 * POST (application/ocsp-request), without nonce as most responders serve prepared answers; the age
 * is limited instead. VT_ERR_CRYPTO, VT_ERR_NOMEM, VT_ERR_LIMIT. */
VT_MUST_USE enum vt_code revocation_ocsp_request(const struct certificate *certificate,
	const struct certificate *issuer, struct vt_buf *request, struct vt_error *error);

/* Judges an OCSP answer: it must be about this certificate, signed by the issuer or by a responder
 * that the issuer has certified for it (id-kp-OCSPSigning), within its time. Never good otherwise.
 */
void revocation_ocsp_judge(const struct certificate *certificate, const struct certificate *issuer,
	const uint8_t *der, size_t length, int64_t now_unix_ms,
	struct revocation_answer *ret_answer);

/* A list: read once, asked often. */
struct revocation_list;
/* Reads a CRL (DER, or PEM) of issuer and checks its signature. VT_ERR_PARSE, VT_ERR_LIMIT,
 * VT_ERR_UNTRUSTED (not this issuer's, bad signature, unknown critical extension, partial scope),
 * VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code revocation_list_parse(const struct certificate *issuer,
	const uint8_t *data, size_t length, struct revocation_list **ret_list,
	struct vt_error *error);
void revocation_list_destroy(struct revocation_list **list);
/* 0: not told. */
int64_t revocation_list_next_update(const struct revocation_list *list);
int64_t revocation_list_this_update(const struct revocation_list *list);
/* certificate must be of the list's issuer, else unavailable. */
void revocation_list_judge(const struct revocation_list *list,
	const struct certificate *certificate, int64_t now_unix_ms, int64_t grace_ms,
	struct revocation_answer *ret_answer);

/* The table above. Either may be NULL. */
void revocation_decide(const struct revocation_answer *ocsp, const struct revocation_answer *crl,
	struct revocation_answer *ret_answer);

/* What certificate_check() would add: GOOD, REVOKED or NOT_CHECKED. */
enum certificate_outcome revocation_outcome(enum revocation_status status);

#endif
