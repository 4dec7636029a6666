#ifndef VT_CERTIFICATE_CERTIFICATE_H
#define VT_CERTIFICATE_CERTIFICATE_H

/* A citizen's certificate: who it says it belongs to, what it may be used for, whether an authority
 * we trust issued it, whether a signature was made with its key. domain.md §6 (profile read from
 * SAT's published certificates), RFC 5280. Every byte of it is hostile until certificate_check()
 * says otherwise; show no name before.
 *
 * No clock, no network: the time is an argument, revocation is revocation.h. Folders are read only
 * by certificate_store_load(). One thread per object. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"

/* SAT's have about 1.5 KB; 3 KiB leave room for RSA 4096 and long names (as bus/card.h). */
#define CERTIFICATE_MAX_DER 3072
/* Certificates of authorities in the folder: SAT has about six generations. */
#define CERTIFICATE_MAX_AUTHORITIES 64
/* Intermediates between a citizen's certificate and a root. */
#define CERTIFICATE_MAX_DEPTH 3

enum certificate_hash {
	CERTIFICATE_SHA256,
	CERTIFICATE_SHA384,
	CERTIFICATE_SHA512,
	CERTIFICATE_HASH_COUNT
};
#define CERTIFICATE_MAX_DIGEST 64

enum certificate_kind {
	CERTIFICATE_OTHER,  /* neither: an institution's, a foreign card's, a server's */
	CERTIFICATE_EFIRMA, /* e.firma (FIEL): an RFC, no OU, the four key usages, clientAuth */
	CERTIFICATE_SEAL,   /* seal (CSD): an RFC, an OU, no clientAuth */
	CERTIFICATE_KIND_COUNT
};
/* "other", "efirma", "csd". */
extern const char *const certificate_kind_names[CERTIFICATE_KIND_COUNT];

/* Who and what, as the certificate says. Personal data: certificate_identity_finish() wipes. */
struct certificate_identity {
	enum certificate_kind kind;
	bool is_company;
	char holder[256];	     /* UTF-8: 2.5.4.41, else CN */
	char rfc[16];		     /* 12 (company) or 13 characters, UTF-8 (Ñ); "" = none */
	char curp[19];		     /* of the person; "" for a company or if there is none */
	char representative_rfc[16]; /* company: of who acts for it; "" else */
	char representative_curp[19];
	char serial[44];  /* SAT: the 20 digits; others: hex, upper case; cut after 20 octets */
	char issuer[128]; /* CN, else O */
	int64_t not_before_unix_ms, not_after_unix_ms;
	int key_bits; /* RSA modulus, or 256, 384 of a NIST curve */
	bool is_rsa;
};
void certificate_identity_finish(struct certificate_identity *identity);

/* X(NAME, "word", "text id", "English reason") in the order in which certificate_check() looks: the
 * first that applies is the answer. The text id names the problem's sentences on the screen. */
#define CERTIFICATE_OUTCOMES(X)                                                                  \
	X(CERTIFICATE_GOOD, "good", "", "good")                                                  \
	X(CERTIFICATE_MALFORMED, "malformed", "card-unreadable",                                 \
		"not a certificate that we can read")                                            \
	X(CERTIFICATE_WEAK, "weak", "card-weak",                                                 \
		"RSA below 2048 bits, another curve, or a broken hash")                          \
	X(CERTIFICATE_AUTHORITY, "authority", "card-purpose",                                    \
		"a certificate of an authority, not of a holder")                                \
	X(CERTIFICATE_IS_SEAL, "seal", "card-seal", "a seal certificate (CSD), not an e.firma")  \
	X(CERTIFICATE_NOT_EFIRMA, "notEfirma", "card-not-efirma", "not an e.firma")              \
	X(CERTIFICATE_PURPOSE, "purpose", "card-purpose", "its key usages do not allow signing") \
	X(CERTIFICATE_IDENTITY, "identity", "card-identity",                                     \
		"RFC or CURP in it are missing or malformed")                                    \
	X(CERTIFICATE_NOT_YET, "notYet", "card-not-yet", "not valid yet")                        \
	X(CERTIFICATE_EXPIRED, "expired", "card-expired", "expired")                             \
	X(CERTIFICATE_UNKNOWN_ISSUER, "unknownIssuer", "card-unknown-issuer",                    \
		"no authority of ours issued it")                                                \
	X(CERTIFICATE_BAD_CHAIN, "badChain", "card-bad-chain",                                   \
		"the chain to the authority does not verify")                                    \
	X(CERTIFICATE_REVOKED, "revoked", "card-revoked", "revoked by its issuer")               \
	X(CERTIFICATE_NOT_CHECKED, "notChecked", "card-not-checked",                             \
		"nobody could say whether it is revoked")

enum certificate_outcome {
#define X(name, word, text_id, reason) name,
	CERTIFICATE_OUTCOMES(X)
#undef X
		CERTIFICATE_OUTCOME_COUNT
};
/* "good", "expired" …: for JSON and logs; never NULL. */
const char *certificate_outcome_word(enum certificate_outcome outcome);
/* "card-expired" …, "" for good; never NULL. */
const char *certificate_outcome_text_id(enum certificate_outcome outcome);
/* For technicians, English; never NULL. */
const char *certificate_outcome_reason(enum certificate_outcome outcome);

struct certificate;

/* Reads one DER certificate: exactly length bytes, at most CERTIFICATE_MAX_DER. VT_ERR_PARSE with a
 * reason, VT_ERR_LIMIT, VT_ERR_NOMEM. Keeps no reference to der. */
VT_MUST_USE enum vt_code certificate_parse(const uint8_t *der, size_t length,
	struct certificate **ret_certificate, struct vt_error *error);
/* NULL allowed; *certificate = NULL. Fits VT_CLEANUP. */
void certificate_destroy(struct certificate **certificate);

/* What it says of itself, believed or not. Fields that are malformed (an RFC of wrong form, control
 * characters, no UTF-8) are "". */
void certificate_identity(
	const struct certificate *certificate, struct certificate_identity *ret_identity);

/* Length of a hash's digest in bytes: 32, 48, 64. */
size_t certificate_digest_length(enum certificate_hash hash);
/* Digest of data: what a card is given to sign. VT_ERR_CRYPTO. */
VT_MUST_USE enum vt_code certificate_digest(enum certificate_hash hash, const void *data,
	size_t length, uint8_t ret_digest[CERTIFICATE_MAX_DIGEST]);
/* Was digest signed with this certificate's key? RSA PKCS#1 v1.5 or ECDSA with a DER {r,s}. VT_OK,
 * or VT_ERR_UNTRUSTED: no; VT_ERR_UNSUPPORTED: a key of another kind. Says nothing about who holds
 * it. */
VT_MUST_USE enum vt_code certificate_verify(const struct certificate *certificate,
	enum certificate_hash hash, const uint8_t *digest, size_t digest_length,
	const uint8_t *signature, size_t signature_length);

/* The authorities that this terminal believes. */
struct certificate_store;

/* Reads every file *.pem, *.crt, *.cer, *.der of a folder (PEM with one or more certificates, or
 * DER); self-issued ones are roots, others intermediates (believed only below a root). A file that
 * is none is an error, not skipped: a mistyped trust store must not look complete. An empty folder
 * is an empty store: nothing is good then. VT_ERR_IO, VT_ERR_PARSE, VT_ERR_LIMIT, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code certificate_store_load(
	const char *folder, struct certificate_store **ret_store, struct vt_error *error);
/* Empty, for certificate_store_add(). NULL: no memory. */
struct certificate_store *certificate_store_create(void);
/* DER of one authority. VT_ERR_PARSE, VT_ERR_LIMIT, VT_ERR_UNTRUSTED (not marked as authority). */
VT_MUST_USE enum vt_code certificate_store_add(
	struct certificate_store *store, const uint8_t *der, size_t length, struct vt_error *error);
size_t certificate_store_count(const struct certificate_store *store);
void certificate_store_destroy(struct certificate_store **store);

/* What the certificate is wanted for. */
enum certificate_use {
	CERTIFICATE_USE_EFIRMA, /* sign in or sign as the e.firma's holder: identity is asked for */
	CERTIFICATE_USE_SIGN	/* any certificate with digitalSignature or nonRepudiation */
};

/* Everything but revocation, at a given time. store may be NULL (as an empty one). */
enum certificate_outcome certificate_check(const struct certificate *certificate,
	const struct certificate_store *store, enum certificate_use use, int64_t now_unix_ms);

/* DER of the certificates between this one and the root, nearest first, the root last, as checked
 * by certificate_check(): for Certificate.Check's issuers. Pointers are borrowed from the store.
 * Returns how many (0: no chain), at most max. */
struct certificate_der {
	const uint8_t *data;
	size_t length;
};
size_t certificate_chain(const struct certificate *certificate,
	const struct certificate_store *store, int64_t now_unix_ms,
	struct certificate_der *ret_list, size_t max);

#endif
