#ifndef VT_BASE_ASSERT_H
#define VT_BASE_ASSERT_H

/* Assertions that stay on in release builds: a broken invariant ends the process, which its
 * supervisor starts again; recovery is proven, running on with broken state is not. */

#include "terminal/base/attributes.h"

VT_NORETURN void vt_assert_failed(const char *expression, const char *file, int line);

#define VT_ASSERT(expression) \
	((expression) ? (void)0 : vt_assert_failed(#expression, __FILE__, __LINE__))
/* A branch that no input can reach. */
#define VT_UNREACHABLE() vt_assert_failed("unreachable", __FILE__, __LINE__)

#endif
