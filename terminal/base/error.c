#include "terminal/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *vt_code_text(enum vt_code code)
{
	switch (code) {
#define X(name, value, text) \
	case name:           \
		return text;
		VT_CODES(X)
#undef X
	}
	return "unknown error";
}

const char *vt_code_name(enum vt_code code)
{
	switch (code) {
#define X(name, value, text) \
	case name:           \
		return #name;
		VT_CODES(X)
#undef X
	}
	return "VT_ERR_?";
}

enum vt_code vt_fail(struct vt_error *error, enum vt_code code, int os, const char *fmt, ...)
{
	const int saved = errno;

	if (error) {
		va_list args;
		error->code = code;
		error->os = os;
		va_start(args, fmt);
		vsnprintf(error->msg, sizeof(error->msg), fmt, args);
		va_end(args);
	}
	errno = saved;
	return code;
}

enum vt_code vt_prefix(struct vt_error *error, enum vt_code code, const char *fmt, ...)
{
	if (!error)
		return code;
	char msg[sizeof(error->msg)];
	va_list args;
	va_start(args, fmt);
	int used = vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	if (used > 0 && (size_t)used < sizeof(msg))
		snprintf(msg + used, sizeof(msg) - (size_t)used, ": %s",
			error->msg[0] ? error->msg : vt_code_text(code));
	memcpy(error->msg, msg, sizeof(msg));
	error->code = code;
	return code;
}
