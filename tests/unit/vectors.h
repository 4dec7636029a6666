#ifndef VT_TESTS_UNIT_VECTORS_H
#define VT_TESTS_UNIT_VECTORS_H

/* Files of tests/unit/data for the unit tests; every failure to read one fails the test. */

#include <stddef.h>

/* Whole file tests/unit/data/NAME, NUL-terminated; free() it. */
char *vectors_read(const char *name, size_t *ret_length);
/* The same as a json_t * (jansson); json_decref() it. */
void *vectors_json(const char *name);
/* Absolute path of tests/unit/data/NAME, valid until the next call. */
const char *vectors_path(const char *name);

#endif
