#include "drivers/device_id.h"

#include <string.h>
#include <strings.h>

struct reader {
	const char *at, *end;
};

static char *field_of(struct device_id *id, const char *key, size_t length, size_t *ret_size)
{
	const struct {
		const char *name;
		char *field;
		size_t size;
	} names[] = {
		{"MFG", id->manufacturer, sizeof(id->manufacturer)},
		{"MANUFACTURER", id->manufacturer, sizeof(id->manufacturer)},
		{"MDL", id->model, sizeof(id->model)},
		{"MODEL", id->model, sizeof(id->model)},
		{"CMD", id->commands, sizeof(id->commands)},
		{"COMMAND SET", id->commands, sizeof(id->commands)},
		{"CLS", id->class, sizeof(id->class)},
		{"CLASS", id->class, sizeof(id->class)},
	};

	for (size_t i = 0; i < VT_ELEMENTS(names); i++)
		if (strlen(names[i].name) == length &&
			strncasecmp(names[i].name, key, length) == 0) {
			*ret_size = names[i].size;
			return names[i].field;
		}
	return NULL;
}

static void trim(const char **at, size_t *length)
{
	while (*length > 0 && **at == ' ') {
		(*at)++;
		(*length)--;
	}
	while (*length > 0 && (*at)[*length - 1] == ' ')
		(*length)--;
}

static enum vt_code take_pair(
	struct device_id *id, const char *pair, size_t length, struct vt_error *error)
{
	const char *colon = memchr(pair, ':', length);
	size_t size = 0;

	if (!colon)
		return vt_fail(error, VT_ERR_PARSE, 0, "device id: a pair without \":\"");
	const char *key = pair, *value = colon + 1;
	size_t key_length = (size_t)(colon - pair), value_length = length - key_length - 1;
	trim(&key, &key_length);
	trim(&value, &value_length);
	char *field = field_of(id, key, key_length, &size);
	if (!field || value_length == 0)
		return VT_OK;
	if (field[0])
		return vt_fail(
			error, VT_ERR_PARSE, 0, "device id: %.*s twice", (int)key_length, key);
	if (value_length >= size)
		return vt_fail(
			error, VT_ERR_LIMIT, 0, "device id: %.*s too long", (int)key_length, key);
	memcpy(field, value, value_length);
	return VT_OK;
}

static enum vt_code check_bytes(
	const uint8_t *bytes, size_t length, struct reader *ret, struct vt_error *error)
{
	if (length < 2 || length > DEVICE_ID_MAX)
		return vt_fail(error, VT_ERR_PARSE, 0, "device id: %zu bytes", length);
	const size_t claimed = (size_t)bytes[0] << 8 | bytes[1];
	if (claimed != length)
		return vt_fail(error, VT_ERR_PARSE, 0, "device id: says %zu bytes, has %zu",
			claimed, length);
	while (length > 2 && (bytes[length - 1] == '\0' || bytes[length - 1] == ' '))
		length--;
	for (size_t i = 2; i < length; i++)
		if (bytes[i] < 0x20 || bytes[i] > 0x7e)
			return vt_fail(error, VT_ERR_PARSE, 0, "device id: byte %02x", bytes[i]);
	*ret = (struct reader){(const char *)bytes + 2, (const char *)bytes + length};
	return VT_OK;
}

enum vt_code device_id_parse(
	const uint8_t *bytes, size_t length, struct device_id *ret, struct vt_error *error)
{
	struct device_id id = {0};
	struct reader reader = {0};
	enum vt_code code = check_bytes(bytes, length, &reader, error);

	while (!code && reader.at < reader.end) {
		const size_t left = (size_t)(reader.end - reader.at);
		const char *semicolon = memchr(reader.at, ';', left);
		if (!semicolon)
			return vt_fail(error, VT_ERR_PARSE, 0, "device id: no \";\" at the end");
		code = take_pair(&id, reader.at, (size_t)(semicolon - reader.at), error);
		reader.at = semicolon + 1;
	}
	if (!code && (!id.manufacturer[0] || !id.model[0]))
		code = vt_fail(error, VT_ERR_PARSE, 0, "device id: no manufacturer or model");
	if (!code)
		*ret = id;
	return code;
}

bool device_id_speaks(const struct device_id *id, const char *language)
{
	const size_t length = strlen(language);
	const char *at = id->commands;

	while (*at) {
		const size_t word = strcspn(at, ", ");
		if (word == length && strncasecmp(at, language, length) == 0)
			return true;
		at += word + strspn(at + word, ", ");
	}
	return false;
}
