#ifndef VT_TESTS_CMOCKA_PRELUDE_H
#define VT_TESTS_CMOCKA_PRELUDE_H

/* What cmocka.h wants before it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
