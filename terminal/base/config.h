#ifndef VT_BASE_CONFIG_H
#define VT_BASE_CONFIG_H

/* terminal.conf: one INI file for all processes of a terminal; each reads the sections it needs.
 * Sections and keys are case-sensitive. Secrets do not stand in it but in files it names. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/error.h"

struct vt_config;

/* Reads path (at most 64 KiB, 256 values). A malformed line, a duplicate key in a section or a too
 * long value is an error with the line number. VT_ERR_NOT_FOUND, VT_ERR_PARSE, VT_ERR_LIMIT,
 * VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code vt_config_load(
	const char *path, struct vt_config **ret_config, struct vt_error *error);
/* NULL allowed; *config becomes NULL. */
void vt_config_close(struct vt_config **config);

/* Value, or fallback (may be NULL) if absent. Borrowed until vt_config_close(). */
const char *vt_config_get(
	const struct vt_config *config, const char *section, const char *key, const char *fallback);
/* Value that must be there: NULL and an error naming section and key otherwise. */
const char *vt_config_require(const struct vt_config *config, const char *section, const char *key,
	struct vt_error *error);
/* Number within [min, max]; absent = fallback; anything else is an error naming the key. */
VT_MUST_USE enum vt_code vt_config_i64(const struct vt_config *config, const char *section,
	const char *key, int64_t fallback, int64_t min, int64_t max, int64_t *ret,
	struct vt_error *error);
/* true/false, yes/no, 1/0; absent = fallback. */
VT_MUST_USE enum vt_code vt_config_bool(const struct vt_config *config, const char *section,
	const char *key, bool fallback, bool *ret, struct vt_error *error);

#endif
