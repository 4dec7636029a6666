#ifndef VT_BASE_LOG_H
#define VT_BASE_LOG_H

/* Log lines for technicians: one line on stderr, "<level>process: text", in the form the journal
 * understands (sd-daemon(3)). Never personal data: values of citizens are struct vt_secret. */

#include "terminal/base/attributes.h"

enum vt_log_level {
	VT_LOG_ERROR = 3,
	VT_LOG_WARNING = 4,
	VT_LOG_NOTICE = 5,
	VT_LOG_INFO = 6,
	VT_LOG_DEBUG = 7
};

/* Name of the process in each line (a literal) and the highest level written. */
void vt_log_init(const char *process, enum vt_log_level max_level);
/* Writes one line; control characters are replaced by '?'. Lines are cut at 1,000 bytes. */
void vt_log(enum vt_log_level level, const char *fmt, ...) VT_PRINTF(2, 3);

#endif
