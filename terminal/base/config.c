#include "terminal/base/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define MAX_FILE_BYTES 65536
#define MAX_VALUES     256

struct value {
	char section[48];
	char key[48];
	char text[256];
};

struct vt_config {
	size_t count;
	bool too_many;
	struct value values[MAX_VALUES];
};

static const struct value *find(
	const struct vt_config *config, const char *section, const char *key)
{
	for (size_t i = 0; i < config->count; i++) {
		if (strcmp(config->values[i].section, section) == 0 &&
			strcmp(config->values[i].key, key) == 0)
			return &config->values[i];
	}
	return NULL;
}

/* inih's handler: 0 makes inih report the line as bad. */
static int take_value(void *user, const char *section, const char *key, const char *text)
{
	struct vt_config *config = user;

	if (config->count == MAX_VALUES) {
		config->too_many = true;
		return 0;
	}
	struct value *value = &config->values[config->count];
	if (!vt_copy(value->section, sizeof(value->section), section) ||
		!vt_copy(value->key, sizeof(value->key), key) ||
		!vt_copy(value->text, sizeof(value->text), text) || find(config, section, key))
		return 0;
	config->count++;
	return 1;
}

enum vt_code vt_config_load(const char *path, struct vt_config **ret_config, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");
	struct stat st;

	if (!file || fstat(fileno(file), &st) < 0)
		return vt_fail(error, VT_ERR_NOT_FOUND, errno, "%s: %s", path, strerror(errno));
	if (st.st_size > MAX_FILE_BYTES)
		return vt_fail(
			error, VT_ERR_LIMIT, 0, "%s: larger than %d bytes", path, MAX_FILE_BYTES);
	VT_CLEANUP(vt_freep) struct vt_config *config = calloc(1, sizeof(*config));
	if (!config)
		return vt_fail(error, VT_ERR_NOMEM, 0, "config: out of memory");
	const int line = ini_parse_file(file, take_value, config);
	if (config->too_many)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: more than %d values", path, MAX_VALUES);
	if (line != 0)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"%s: line %d: malformed, too long or given twice", path, line);
	*ret_config = vt_take_ptr(&config);
	return VT_OK;
}

void vt_config_close(struct vt_config **config)
{
	free(*config);
	*config = NULL;
}

const char *vt_config_get(
	const struct vt_config *config, const char *section, const char *key, const char *fallback)
{
	const struct value *value = find(config, section, key);

	return value ? value->text : fallback;
}

const char *vt_config_require(const struct vt_config *config, const char *section, const char *key,
	struct vt_error *error)
{
	const struct value *value = find(config, section, key);

	if (value && value->text[0])
		return value->text;
	(void)vt_fail(
		error, VT_ERR_NOT_FOUND, 0, "terminal.conf: [%s] %s is missing", section, key);
	return NULL;
}

enum vt_code vt_config_i64(const struct vt_config *config, const char *section, const char *key,
	int64_t fallback, int64_t min, int64_t max, int64_t *ret, struct vt_error *error)
{
	const struct value *value = find(config, section, key);

	if (!value) {
		*ret = fallback;
		return VT_OK;
	}
	if (vt_parse_i64(value->text, min, max, ret) != VT_OK)
		return vt_fail(error, VT_ERR_PARSE, 0,
			"terminal.conf: [%s] %s must be a number from %lld to %lld", section, key,
			(long long)min, (long long)max);
	return VT_OK;
}

enum vt_code vt_config_bool(const struct vt_config *config, const char *section, const char *key,
	bool fallback, bool *ret, struct vt_error *error)
{
	static const char *const yes[] = {"true", "yes", "1"}, *const no[] = {"false", "no", "0"};
	const struct value *value = find(config, section, key);

	if (!value) {
		*ret = fallback;
		return VT_OK;
	}
	for (size_t i = 0; i < VT_ELEMENTS(yes); i++) {
		if (strcmp(value->text, yes[i]) == 0 || strcmp(value->text, no[i]) == 0) {
			*ret = strcmp(value->text, yes[i]) == 0;
			return VT_OK;
		}
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "terminal.conf: [%s] %s must be true or false",
		section, key);
}
