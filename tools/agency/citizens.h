#ifndef VT_AGENCY_CITIZENS_H
#define VT_AGENCY_CITIZENS_H

/* Requests that citizens sign on their card: the judge of text and detached CMS, written for itself
 * (libcrypto's CMS_verify and the rules below), not with the terminal's code that makes them.
 *
 * Good is: one signer with its certificate inside, contentType, messageDigest, signingTime and
 * signingCertificateV2 signed, SHA-256 or better, a chain to the given authorities at the signing
 * time, a usage for signatures, not on their list, the CURP of the request in the certificate, and
 * a text that names this CURP and this key, so that a signature serves one request only. The
 * signing time is the terminal's word; it may be days ago, never ahead of us. */

#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

struct citizens;

/* Reads a PEM file: authorities that certify citizens, and their revocation lists (each signed by
 * one of them). VT_ERR_IO, VT_ERR_PARSE, VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code citizens_load(
	const char *path, struct citizens **ret_citizens, struct vt_error *error);
/* NULL allowed; *citizens becomes NULL. */
void citizens_free(struct citizens **citizens);

struct citizens_request {
	const char *curp, *key; /* of the message that brought it */
	const char *text, *cms; /* base64 both */
	int64_t now_unix_ms;
};
/* NULL: good. Else why not, as the agency's answer says it (Spanish, ASCII, fit for XML). citizens
 * may be NULL: nobody is believed. */
const char *citizens_judge(struct citizens *citizens, const struct citizens_request *request);

#endif
