#ifndef VT_LANGUAGE_PACK_INTERNAL_H
#define VT_LANGUAGE_PACK_INTERNAL_H

/* What pack.c, signature.c and store.c share. */

#include "terminal/base/buf.h"
#include "terminal/language/pack.h"

/* Reads a plain file of the folder whole into ret. VT_ERR_NOT_FOUND, VT_ERR_IO, VT_ERR_LIMIT,
 * VT_ERR_PARSE: no plain file. */
VT_MUST_USE enum vt_code pack_read(const char *folder, const char *name, size_t max,
	struct vt_buf *ret, struct vt_error *error);

/* Is signature a detached CMS signature of the manifest by somebody in the trust file? Every signer
 * in it must be: what cannot be judged is refused. VT_ERR_UNTRUSTED with the reason. */
VT_MUST_USE enum vt_code pack_verify(const struct vt_buf *manifest, const struct vt_buf *signature,
	const struct pack_trust *trust, struct vt_error *error);

#endif
