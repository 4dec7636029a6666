#ifndef VT_AGENCY_RESPONDER_H
#define VT_AGENCY_RESPONDER_H

/* What an authority says about its certificates: OCSP answers (RFC 6960) and revocation lists (RFC
 * 5280 §5), made fresh for each question from the authority's index.txt (openssl ca), and bent if
 * ordered. Time is an argument; no socket and, after loading, no file. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"

/* A request about one certificate has about 100 bytes, with a nonce and ten certificates 1 KiB. */
#define RESPONDER_MAX_REQUEST	8192
#define RESPONDER_MAX_QUESTIONS 16
/* Certificates of one index. */
#define RESPONDER_MAX_CERTIFICATES 4096
/* How long an answer and a list hold. */
#define RESPONDER_ANSWER_S (10 * 60)
#define RESPONDER_LIST_S   (24 * 3600)

/* What is said of every certificate. */
enum responder_say {
	RESPONDER_SAY_INDEX, /* what index.txt says; who is not in it is unknown */
	RESPONDER_SAY_GOOD,
	RESPONDER_SAY_REVOKED, /* key compromise, a week ago */
	RESPONDER_SAY_HOLD,    /* on hold since a week */
	RESPONDER_SAY_UNKNOWN, /* a list has nobody then */
	RESPONDER_SAY_COUNT
};

/* What is wrong with the answer itself. */
enum responder_fault {
	RESPONDER_FAULT_NONE,
	RESPONDER_FAULT_STALE,	      /* its time ended a day ago */
	RESPONDER_FAULT_FUTURE,	      /* its time begins tomorrow */
	RESPONDER_FAULT_WRONG_SIGNER, /* signed by a key that the authority has not certified */
	RESPONDER_FAULT_OTHER,	   /* OCSP: about another serial number; CRL: of another issuer */
	RESPONDER_FAULT_TRY_LATER, /* OCSP: tryLater (3) without an answer; CRL: as garbage */
	RESPONDER_FAULT_GARBAGE,   /* bytes that are no DER */
	/* The transport's, carried out by the program: */
	RESPONDER_FAULT_ERROR,	   /* HTTP 500 */
	RESPONDER_FAULT_DROP,	   /* the connection is closed without an answer */
	RESPONDER_FAULT_SILENT,	   /* no answer, the connection stays */
	RESPONDER_FAULT_OVERSIZED, /* 3 MiB */
	RESPONDER_FAULT_COUNT
};

/* "index", "good" …; "none", "stale" …, in the order above. */
extern const char *const responder_say_names[RESPONDER_SAY_COUNT];
extern const char *const responder_fault_names[RESPONDER_FAULT_COUNT];

struct responder;

/* Reads ca.pem, ca.key, ocsp.pem, ocsp.key and index.txt of folder, as tools/demo-cards makes them.
 * VT_ERR_NOT_FOUND, VT_ERR_PARSE, VT_ERR_LIMIT, VT_ERR_CRYPTO, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code responder_load(
	const char *folder, struct responder **ret, struct vt_error *error);
/* NULL inside allowed. */
void responder_destroy(struct responder **responder);

/* Appends a whole OCSPResponse for a request in DER. A malformed one gets malformedRequest (1), one
 * about another authority's certificate "unknown". VT_ERR_CRYPTO, VT_ERR_NOMEM: nothing appended.
 */
VT_MUST_USE enum vt_code responder_answer(const struct responder *responder, enum responder_say say,
	enum responder_fault fault, const uint8_t *request, size_t length, int64_t now_unix_ms,
	struct vt_buf *ret);

/* Appends a list in DER. As above. */
VT_MUST_USE enum vt_code responder_list(const struct responder *responder, enum responder_say say,
	enum responder_fault fault, int64_t now_unix_ms, struct vt_buf *ret);

#endif
