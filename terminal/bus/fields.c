#include "terminal/bus/fields.h"

#include <string.h>

#include <jansson.h>

#include "terminal/base/assert.h"
#include "terminal/base/limits.h"
#include "terminal/base/text.h"

static void append_string(struct vt_buf *out, const char *text)
{
	vt_buf_append_byte(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\') {
			vt_buf_append_byte(out, '\\');
			vt_buf_append_byte(out, *p);
		} else if (*p < 0x20) {
			vt_buf_printf(out, "\\u%04x", *p);
		} else {
			vt_buf_append_byte(out, *p);
		}
	}
	vt_buf_append_byte(out, '"');
}

static bool is_zero(const struct bus_field *field, const char *base)
{
	const char *member = base + field->offset;
	int64_t i64;
	size_t count;
	int number;
	bool flag;

	switch (field->kind) {
	case BUS_TEXT:
		return member[0] == 0;
	case BUS_I64:
		memcpy(&i64, member, sizeof(i64));
		return i64 == 0;
	case BUS_INT:
	case BUS_ENUM:
		memcpy(&number, member, sizeof(number));
		return number == 0;
	case BUS_BOOL:
		memcpy(&flag, member, sizeof(flag));
		return !flag;
	case BUS_LIST:
		memcpy(&count, base + field->count_offset, sizeof(count));
		return count == 0;
	case BUS_OBJECT:
		for (size_t i = 0; i < field->table->count; i++) {
			if (!is_zero(&field->table->fields[i], member))
				return false;
		}
		return true;
	}
	VT_UNREACHABLE();
}

static enum vt_code encode_list(
	const struct bus_field *field, const char *base, struct vt_buf *out, struct vt_error *error)
{
	size_t count;

	memcpy(&count, base + field->count_offset, sizeof(count));
	VT_ASSERT(count <= field->max);
	vt_buf_append_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			vt_buf_append_byte(out, ',');
		enum vt_code code = bus_encode(
			field->table, base + field->offset + i * field->size, out, error);
		if (code)
			return code;
	}
	vt_buf_append_byte(out, ']');
	return VT_OK;
}

static enum vt_code encode_member(
	const struct bus_field *field, const char *base, struct vt_buf *out, struct vt_error *error)
{
	const char *member = base + field->offset;
	int64_t i64;
	int number;
	bool flag;

	switch (field->kind) {
	case BUS_TEXT:
		VT_ASSERT(memchr(member, 0, field->size));
		if (!vt_utf8_valid(member, strlen(member)))
			return vt_fail(error, VT_ERR_INVALID, 0, "%s: not UTF-8", field->name);
		append_string(out, member);
		return VT_OK;
	case BUS_I64:
		memcpy(&i64, member, sizeof(i64));
		vt_buf_printf(out, "%lld", (long long)i64);
		return VT_OK;
	case BUS_INT:
		memcpy(&number, member, sizeof(number));
		vt_buf_printf(out, "%d", number);
		return VT_OK;
	case BUS_BOOL:
		memcpy(&flag, member, sizeof(flag));
		vt_buf_append_text(out, flag ? "true" : "false");
		return VT_OK;
	case BUS_ENUM:
		memcpy(&number, member, sizeof(number));
		if (number < 0 || (size_t)number >= field->max || !field->enum_names[number])
			return vt_fail(error, VT_ERR_INVALID, 0, "%s: no such value", field->name);
		append_string(out, field->enum_names[number]);
		return VT_OK;
	case BUS_OBJECT:
		return bus_encode(field->table, member, out, error);
	case BUS_LIST:
		return encode_list(field, base, out, error);
	}
	VT_UNREACHABLE();
}

enum vt_code bus_encode(const struct bus_table *table, const void *object, struct vt_buf *out,
	struct vt_error *error)
{
	bool first = true;

	vt_buf_append_byte(out, '{');
	for (size_t i = 0; i < table->count; i++) {
		const struct bus_field *field = &table->fields[i];
		if (field->optional && is_zero(field, object))
			continue;
		if (!first)
			vt_buf_append_byte(out, ',');
		first = false;
		append_string(out, field->name);
		vt_buf_append_byte(out, ':');
		enum vt_code code = encode_member(field, object, out, error);
		if (code)
			return vt_prefix(error, code, "%s", table->name);
	}
	vt_buf_append_byte(out, '}');
	if (out->failed)
		return vt_fail(error, out->failed, 0, "%s: too large", table->name);
	return VT_OK;
}

static enum vt_code decode_object(
	const struct bus_table *table, const json_t *json, char *object, struct vt_error *error);

static enum vt_code wrong_type(const struct bus_field *field, struct vt_error *error)
{
	return vt_fail(error, VT_ERR_PARSE, 0, "%s: wrong type", field->name);
}

static enum vt_code decode_text(
	const struct bus_field *field, const json_t *json, char *member, struct vt_error *error)
{
	if (!json_is_string(json))
		return wrong_type(field, error);
	if (json_string_length(json) >= field->size)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: text too long", field->name);
	memcpy(member, json_string_value(json), json_string_length(json) + 1);
	return VT_OK;
}

static enum vt_code decode_number(
	const struct bus_field *field, const json_t *json, char *member, struct vt_error *error)
{
	if (!json_is_integer(json))
		return wrong_type(field, error);
	const int64_t value = json_integer_value(json);
	if (field->kind == BUS_I64) {
		memcpy(member, &value, sizeof(value));
		return VT_OK;
	}
	if (value < INT32_MIN || value > INT32_MAX)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: number out of range", field->name);
	const int number = (int)value;
	memcpy(member, &number, sizeof(number));
	return VT_OK;
}

static enum vt_code decode_enum(
	const struct bus_field *field, const json_t *json, char *member, struct vt_error *error)
{
	if (!json_is_string(json))
		return wrong_type(field, error);
	for (size_t i = 0; i < field->max; i++) {
		if (!field->enum_names[i] ||
			strcmp(field->enum_names[i], json_string_value(json)) != 0)
			continue;
		const int number = (int)i;
		memcpy(member, &number, sizeof(number));
		return VT_OK;
	}
	return vt_fail(error, VT_ERR_PARSE, 0, "%s: unknown value", field->name);
}

static enum vt_code decode_list(
	const struct bus_field *field, const json_t *json, char *base, struct vt_error *error)
{
	if (!json_is_array(json))
		return wrong_type(field, error);
	const size_t count = json_array_size(json);
	if (count > field->max)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: list too long", field->name);
	for (size_t i = 0; i < count; i++) {
		enum vt_code code = decode_object(field->table, json_array_get(json, i),
			base + field->offset + i * field->size, error);
		if (code)
			return vt_prefix(error, code, "%s", field->name);
	}
	memcpy(base + field->count_offset, &count, sizeof(count));
	return VT_OK;
}

static enum vt_code decode_member(
	const struct bus_field *field, const json_t *json, char *base, struct vt_error *error)
{
	char *member = base + field->offset;

	switch (field->kind) {
	case BUS_TEXT:
		return decode_text(field, json, member, error);
	case BUS_I64:
	case BUS_INT:
		return decode_number(field, json, member, error);
	case BUS_BOOL: {
		if (!json_is_boolean(json))
			return wrong_type(field, error);
		const bool flag = json_is_true(json);
		memcpy(member, &flag, sizeof(flag));
		return VT_OK;
	}
	case BUS_ENUM:
		return decode_enum(field, json, member, error);
	case BUS_OBJECT:
		return decode_object(field->table, json, member, error);
	case BUS_LIST:
		return decode_list(field, json, base, error);
	}
	VT_UNREACHABLE();
}

static enum vt_code decode_object(
	const struct bus_table *table, const json_t *json, char *object, struct vt_error *error)
{
	size_t used = 0;

	if (!json_is_object(json))
		return vt_fail(error, VT_ERR_PARSE, 0, "%s: not an object", table->name);
	for (size_t i = 0; i < table->count; i++) {
		const struct bus_field *field = &table->fields[i];
		const json_t *value = json_object_get(json, field->name);
		if (!value && field->optional)
			continue;
		if (!value)
			return vt_fail(error, VT_ERR_PARSE, 0, "%s: %s is missing", table->name,
				field->name);
		enum vt_code code = decode_member(field, value, object, error);
		if (code)
			return vt_prefix(error, code, "%s", table->name);
		used++;
	}
	if (used != json_object_size(json))
		return vt_fail(error, VT_ERR_PARSE, 0, "%s: unknown member", table->name);
	return VT_OK;
}

enum vt_code bus_decode_value(
	const struct bus_table *table, const void *json, void *object, struct vt_error *error)
{
	memset(object, 0, table->struct_size);
	enum vt_code code = decode_object(table, json, object, error);
	if (code)
		vt_wipe(object, table->struct_size);
	return code;
}

/* jansson has its own recursion limit of 2048; ours is far lower and checked before it parses. */
static bool too_deep(const char *json, size_t length)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < length; i++) {
		if (in_string) {
			if (json[i] == '\\')
				i++;
			else if (json[i] == '"')
				in_string = false;
		} else if (json[i] == '"') {
			in_string = true;
		} else if (json[i] == '{' || json[i] == '[') {
			if (++depth > VT_MAX_JSON_DEPTH)
				return true;
		} else if ((json[i] == '}' || json[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

void *bus_parse_json(const char *json, size_t length, struct vt_error *error)
{
	json_error_t detail;

	if (too_deep(json, length)) {
		(void)vt_fail(error, VT_ERR_LIMIT, 0, "JSON nested too deeply");
		return NULL;
	}
	/* jansson's own text may quote the input: only the position is told. */
	json_t *value = json_loadb(json, length, JSON_REJECT_DUPLICATES, &detail);
	if (!value) {
		(void)vt_fail(error, VT_ERR_PARSE, 0, "malformed JSON at byte %d", detail.position);
		return NULL;
	}
	if (!json_is_object(value)) {
		json_decref(value);
		(void)vt_fail(error, VT_ERR_PARSE, 0, "JSON is not an object");
		return NULL;
	}
	return value;
}

enum vt_code bus_decode(const struct bus_table *table, const char *json, size_t length,
	void *object, struct vt_error *error)
{
	struct vt_error own = {0};

	if (!error)
		error = &own;
	memset(object, 0, table->struct_size);
	json_t *value = bus_parse_json(json, length, error);
	if (!value)
		return vt_prefix(error, error->code, "%s", table->name);
	enum vt_code code = bus_decode_value(table, value, object, error);
	json_decref(value);
	return code;
}
