#include "tests/unit/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

const char *vectors_path(const char *name)
{
	static char path[1024];
	const char *root = getenv("VT_SOURCE_DIR");

	assert_non_null(root); /* set by ctest */
	snprintf(path, sizeof(path), "%s/tests/unit/data/%s", root, name);
	return path;
}

char *vectors_read(const char *name, size_t *ret_length)
{
	FILE *file = fopen(vectors_path(name), "rb");
	char *data = calloc(1, 1 << 18);

	assert_non_null(file);
	assert_non_null(data);
	const size_t length = fread(data, 1, (1 << 18) - 1, file);
	assert_true(feof(file));
	fclose(file);
	if (ret_length)
		*ret_length = length;
	return data;
}

void *vectors_json(const char *name)
{
	json_error_t error;
	json_t *json = json_load_file(vectors_path(name), JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s:%d: %s", name, error.line, error.text);
	return json;
}
