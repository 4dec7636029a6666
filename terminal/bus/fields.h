#ifndef VT_BUS_FIELDS_H
#define VT_BUS_FIELDS_H

/* Plain structs to strict JSON and back, driven by a table of fields.
 *
 * A message or model is a transparent struct written by hand; beside it stands one X-macro of flat
 * rows that becomes its `const struct bus_table`. One encoder and one decoder serve all. Decoding
 * is strict: unknown member, missing required member, wrong type, text too long, number out of
 * range, list too long or invalid UTF-8 refuse the whole object. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "terminal/base/error.h"

enum bus_kind {
	BUS_TEXT,   /* char[size], NUL-terminated */
	BUS_I64,    /* int64_t */
	BUS_INT,    /* int, encoded as a number */
	BUS_BOOL,   /* bool */
	BUS_ENUM,   /* int-sized enum, encoded as its name */
	BUS_OBJECT, /* nested struct with its own table */
	BUS_LIST,   /* array[max] of nested structs, its length in a size_t beside it */
};

struct bus_table;

struct bus_field {
	const char *name; /* member name in JSON, lowerCamelCase */
	enum bus_kind kind;
	bool optional;	     /* absent = all zero; zero values of optional fields are not written */
	size_t offset;	     /* in the struct */
	size_t size;	     /* BUS_TEXT: bytes of the array; BUS_LIST: bytes of one element */
	size_t max;	     /* BUS_LIST: most elements; BUS_ENUM: number of names */
	size_t count_offset; /* BUS_LIST: offset of the size_t length */
	const struct bus_table *table; /* BUS_OBJECT, BUS_LIST */
	const char *const *enum_names; /* BUS_ENUM: [value] = name */
};

struct bus_table {
	const char *name; /* for error texts: "Screen.Show" */
	const struct bus_field *fields;
	size_t count;
	size_t struct_size;
};

/* Rows of a table, to be used inside `static const struct bus_field x_fields[] = { … }` with
 * S = the struct. REQ_… must be present; OPT_… may be absent and then are zero. */
#define BUS_MEMBER_SIZE(S, m) sizeof(((S *)0)->m)
#define BUS_ROW(json, k, opt, S, m) \
	.name = (json), .kind = (k), .optional = (opt), .offset = offsetof(S, m)
#define REQ_TEXT(S, m, json)                                                        \
	{                                                                           \
		BUS_ROW(json, BUS_TEXT, false, S, m), .size = BUS_MEMBER_SIZE(S, m) \
	}
#define OPT_TEXT(S, m, json)                                                       \
	{                                                                          \
		BUS_ROW(json, BUS_TEXT, true, S, m), .size = BUS_MEMBER_SIZE(S, m) \
	}
#define REQ_I64(S, m, json)                         \
	{                                           \
		BUS_ROW(json, BUS_I64, false, S, m) \
	}
#define OPT_I64(S, m, json)                        \
	{                                          \
		BUS_ROW(json, BUS_I64, true, S, m) \
	}
#define REQ_INT(S, m, json)                         \
	{                                           \
		BUS_ROW(json, BUS_INT, false, S, m) \
	}
#define OPT_INT(S, m, json)                        \
	{                                          \
		BUS_ROW(json, BUS_INT, true, S, m) \
	}
#define REQ_BOOL(S, m, json)                         \
	{                                            \
		BUS_ROW(json, BUS_BOOL, false, S, m) \
	}
#define OPT_BOOL(S, m, json)                        \
	{                                           \
		BUS_ROW(json, BUS_BOOL, true, S, m) \
	}
#define REQ_ENUM(S, m, json, names)                                              \
	{                                                                        \
		BUS_ROW(json, BUS_ENUM, false, S, m), .max = VT_ELEMENTS(names), \
						      .enum_names = (names)      \
	}
#define OPT_ENUM(S, m, json, names)                                             \
	{                                                                       \
		BUS_ROW(json, BUS_ENUM, true, S, m), .max = VT_ELEMENTS(names), \
						     .enum_names = (names)      \
	}
#define REQ_OBJECT(S, m, json, t)                                     \
	{                                                             \
		BUS_ROW(json, BUS_OBJECT, false, S, m), .table = &(t) \
	}
#define OPT_OBJECT(S, m, json, t)                                    \
	{                                                            \
		BUS_ROW(json, BUS_OBJECT, true, S, m), .table = &(t) \
	}
#define OPT_LIST(S, m, count_member, json, t)                                            \
	{                                                                                \
		BUS_ROW(json, BUS_LIST, true, S, m),                                     \
			.size = sizeof(((S *)0)->m[0]), .max = VT_ELEMENTS(((S *)0)->m), \
			.count_offset = offsetof(S, count_member), .table = &(t)         \
	}
#define BUS_TABLE(S, json_name, rows)                                              \
	{                                                                          \
		.name = (json_name), .fields = (rows), .count = VT_ELEMENTS(rows), \
		.struct_size = sizeof(S)                                           \
	}

/* Appends the JSON object of *object to out (compact, members in table order).
 * Errors: VT_ERR_INVALID for an enum value without name or text that is not UTF-8 (a defect of the
 * caller), VT_ERR_LIMIT and VT_ERR_NOMEM from out. */
VT_MUST_USE enum vt_code bus_encode(const struct bus_table *table, const void *object,
	struct vt_buf *out, struct vt_error *error);

/* Fills *object (table->struct_size bytes, zeroed first) from JSON text of length bytes. On failure
 * *object is zero and error says which member, never its value. VT_ERR_PARSE, VT_ERR_LIMIT,
 * VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code bus_decode(const struct bus_table *table, const char *json, size_t length,
	void *object, struct vt_error *error);

/* The same from a jansson value (json_t *), for callers that parsed a larger document already.
 * The parameter is void * so that no third-party type stands in this header. */
VT_MUST_USE enum vt_code bus_decode_value(
	const struct bus_table *table, const void *json, void *object, struct vt_error *error);
/* Strict parse of untrusted JSON: an object, no duplicate keys, depth ≤ VT_MAX_JSON_DEPTH, no NUL
 * inside strings, no trailing bytes. Returns a json_t * the caller releases with json_decref(), or
 * NULL with error filled. */
void *bus_parse_json(const char *json, size_t length, struct vt_error *error);

#endif
