#ifndef VT_CERTIFICATE_CERTIFICATE_INTERNAL_H
#define VT_CERTIFICATE_CERTIFICATE_INTERNAL_H

/* What the files of this folder share: the parsed certificate itself (libcrypto's type, which no
 * header for others may show). */

#include "terminal/certificate/certificate.h"

struct x509_st;
struct asn1_string_st;

struct certificate {
	struct x509_st *x509; /* owned */
};

/* An ASN.1 time, UTC or generalized; 0 if it is malformed. */
int64_t certificate_unix_ms(const struct asn1_string_st *time);

#endif
