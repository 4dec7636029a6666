#ifndef SYNC_PACKAGE_H
#define SYNC_PACKAGE_H

/* Packages for a stick: CMS (RFC 5652), signed by the terminal inside, sealed for the agency
 * outside (AES-256-GCM, RSA-OAEP), in base64. What is written on a stick says nothing to its
 * finder, and whoever opens it knows which terminal wrote it. */

#include "terminal/base/buf.h"
#include "terminal/base/config.h"
#include "terminal/base/error.h"

struct package;

/* [export] sign_cert, sign_key: the terminal's signing identity; recipient: the agency's
 * certificate for sealing. VT_ERR_NOT_FOUND: no such section. Own it; package_close(). */
VT_MUST_USE enum vt_code package_open(
	const struct vt_config *config, struct package **ret_package, struct vt_error *error);
void package_close(struct package **package);
/* Appends the sealed text. VT_ERR_CRYPTO, VT_ERR_LIMIT. */
VT_MUST_USE enum vt_code package_seal(struct package *package, const char *text, size_t length,
	struct vt_buf *out, struct vt_error *error);

#endif
