#ifndef VT_BASE_ATTRIBUTES_H
#define VT_BASE_ATTRIBUTES_H

/* Compiler attributes and tiny helpers every file may use. */

#include <stddef.h>

#define VT_MUST_USE	     __attribute__((warn_unused_result))
#define VT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define VT_NORETURN	     __attribute__((noreturn))
/* Runs fn(&variable) when the variable goes out of scope. */
#define VT_CLEANUP(fn)	   __attribute__((cleanup(fn)))
#define VT_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

#endif
