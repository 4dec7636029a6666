#ifndef VT_BASE_SECRET_H
#define VT_BASE_SECRET_H

/* A personal or secret text value. It does not fit "%s" (it is a struct), is never logged, and is
 * wiped when finished. Copying the struct copies the value: the copy must be finished too. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/attributes.h"
#include "terminal/base/limits.h"

struct vt_secret {
	char value[VT_MAX_VALUE]; /* NUL-terminated UTF-8 */
};

/* Takes text; false, and empty, if it is longer than VT_MAX_VALUE - 1 bytes. */
VT_MUST_USE bool vt_secret_set(struct vt_secret *secret, const char *text);
/* Wipes. Safe on a zeroed or finished struct. Fits VT_CLEANUP. */
void vt_secret_finish(struct vt_secret *secret);
/* The value, to be used and not kept. */
const char *vt_secret_get(const struct vt_secret *secret);

#endif
