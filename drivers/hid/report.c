/* The item parser of HID 1.11 §6.2.2: a little stack machine whose state is copied by main items.
 */

#include "drivers/hid/report.h"

#include <string.h>

#define MAX_USAGES 64 /* local usages between two main items */
#define MAX_STACK  4  /* push */

/* Item types and tags (HID 1.11 §6.2.2.2): upper six bits of the prefix. */
enum item {
	MAIN_INPUT = 0x80,
	MAIN_OUTPUT = 0x90,
	MAIN_FEATURE = 0xb0,
	MAIN_COLLECTION = 0xa0,
	MAIN_END = 0xc0,
	GLOBAL_PAGE = 0x04,
	GLOBAL_MINIMUM = 0x14,
	GLOBAL_MAXIMUM = 0x24,
	GLOBAL_SIZE = 0x74,
	GLOBAL_ID = 0x84,
	GLOBAL_COUNT = 0x94,
	GLOBAL_PUSH = 0xa4,
	GLOBAL_POP = 0xb4,
	LOCAL_USAGE = 0x08,
	LOCAL_USAGE_MINIMUM = 0x18,
	LOCAL_USAGE_MAXIMUM = 0x28,
};
#define ITEM_LONG      0xfe
#define COLLECTION_APP 1
#define FLAG_CONSTANT  0x01
#define FLAG_VARIABLE  0x02

struct global {
	uint32_t page, size, count, id;
	int32_t minimum;
	bool has_page;
};

struct parser {
	struct hid_layout *out;
	const char *reason;
	struct global global, stack[MAX_STACK];
	size_t stack_count;
	uint32_t usages[MAX_USAGES]; /* with their page */
	size_t usage_count;
	uint32_t range_first, range_last;
	bool has_first, has_last;
	size_t depth;
	size_t application_depth; /* 0 = outside */
	uint32_t application;
	uint32_t bits[HID_KIND_COUNT][256]; /* used so far, by report id; id byte included */
};

static bool refuse(struct parser *parser, const char *reason)
{
	parser->reason = reason;
	return false;
}

static uint32_t unsigned_of(const uint8_t *p, size_t n)
{
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint32_t)p[i] << (8 * i);
	return value;
}

static int32_t signed_of(const uint8_t *p, size_t n)
{
	const uint32_t value = unsigned_of(p, n);

	if (n == 1)
		return (int8_t)value;
	if (n == 2)
		return (int16_t)value;
	return (int32_t)value;
}

/* A usage of one or two bytes takes the page of this moment, one of four brings its own. */
static uint32_t usage_of(const struct parser *parser, const uint8_t *p, size_t n)
{
	const uint32_t value = unsigned_of(p, n);

	return n == 4 ? value : HID_USAGE(parser->global.page & 0xffff, value);
}

static void forget_locals(struct parser *parser)
{
	parser->usage_count = 0;
	parser->has_first = parser->has_last = false;
}

static bool add_field(struct parser *parser, const struct hid_field *field)
{
	if (parser->out->count == HID_MAX_FIELDS)
		return refuse(parser, "too many fields");
	parser->out->fields[parser->out->count++] = *field;
	return true;
}

/* An array, or variables with a range of usages: one field. */
static bool add_range(struct parser *parser, struct hid_field *field)
{
	field->usage = parser->has_first ? parser->range_first : parser->usages[0];
	field->usage_last = parser->has_last	      ? parser->range_last
			    : parser->usage_count > 0 ? parser->usages[parser->usage_count - 1]
						      : field->usage;
	if (field->usage_last < field->usage)
		return refuse(parser, "usage range runs backwards");
	return add_field(parser, field);
}

/* Variables with a list of usages: one field a usage, the last one takes what is left (§6.2.2.8).
 */
static bool add_listed(struct parser *parser, struct hid_field field)
{
	uint32_t left = field.count;

	for (size_t i = 0; i < parser->usage_count && left > 0; i++) {
		field.usage = field.usage_last = parser->usages[i];
		field.count = i + 1 == parser->usage_count ? (uint16_t)left : 1;
		if (!add_field(parser, &field))
			return false;
		field.bit += (uint32_t)field.size * field.count;
		left -= field.count;
	}
	return true;
}

static bool main_field(struct parser *parser, enum hid_kind kind, uint32_t flags)
{
	const struct global *global = &parser->global;

	if (global->size < 1 || global->size > 32 || global->count > HID_MAX_REPORT * 8)
		return refuse(parser, "size or count out of range");
	uint32_t *bits = &parser->bits[kind][global->id];
	if (*bits == 0 && global->id > 0)
		*bits = 8;
	const uint32_t first = *bits;
	*bits += global->size * global->count;
	if (*bits > HID_MAX_REPORT * 8)
		return refuse(parser, "report too long");
	const uint32_t bytes = (*bits + 7) / 8;
	if (kind == HID_INPUT && bytes > parser->out->longest_input)
		parser->out->longest_input = (uint16_t)bytes;
	const bool is_named = parser->usage_count > 0 || parser->has_first;
	if (flags & FLAG_CONSTANT || global->count == 0 || !is_named)
		return true; /* padding, or nothing anybody could ask for */
	struct hid_field field = {.kind = kind,
		.report_id = (uint8_t)global->id,
		.is_array = !(flags & FLAG_VARIABLE),
		.bit = first,
		.size = (uint16_t)global->size,
		.count = (uint16_t)global->count,
		.minimum = global->minimum,
		.application = parser->application};
	if (field.is_array || parser->has_first)
		return add_range(parser, &field);
	return add_listed(parser, field);
}

static bool open_collection(struct parser *parser, uint32_t type)
{
	if (++parser->depth > HID_MAX_COLLECTION)
		return refuse(parser, "collections too deep");
	if (type == COLLECTION_APP && parser->application_depth == 0) {
		parser->application_depth = parser->depth;
		parser->application = parser->usage_count > 0 ? parser->usages[0] : 0;
		if (parser->out->application == 0)
			parser->out->application = parser->application;
	}
	return true;
}

static bool close_collection(struct parser *parser)
{
	if (parser->depth == 0)
		return refuse(parser, "a collection ends that did not begin");
	if (parser->depth-- == parser->application_depth)
		parser->application_depth = parser->application = 0;
	return true;
}

static bool main_item(struct parser *parser, uint8_t tag, uint32_t value)
{
	bool good = true;

	if (tag == MAIN_COLLECTION)
		good = open_collection(parser, value);
	else if (tag == MAIN_END)
		good = close_collection(parser);
	else if (tag == MAIN_INPUT)
		good = main_field(parser, HID_INPUT, value);
	else if (tag == MAIN_OUTPUT)
		good = main_field(parser, HID_OUTPUT, value);
	else if (tag == MAIN_FEATURE)
		good = main_field(parser, HID_FEATURE, value);
	forget_locals(parser);
	return good;
}

static bool push(struct parser *parser)
{
	if (parser->stack_count == MAX_STACK)
		return refuse(parser, "push too deep");
	parser->stack[parser->stack_count++] = parser->global;
	return true;
}

static bool pop(struct parser *parser)
{
	if (parser->stack_count == 0)
		return refuse(parser, "pop without push");
	parser->global = parser->stack[--parser->stack_count];
	return true;
}

static bool global_item(struct parser *parser, uint8_t tag, const uint8_t *p, size_t n)
{
	struct global *global = &parser->global;
	const uint32_t value = unsigned_of(p, n);

	if (tag == GLOBAL_PAGE) {
		global->page = value & 0xffff;
		global->has_page = true;
	} else if (tag == GLOBAL_MINIMUM) {
		global->minimum = signed_of(p, n);
	} else if (tag == GLOBAL_SIZE) {
		global->size = value;
	} else if (tag == GLOBAL_COUNT) {
		global->count = value;
	} else if (tag == GLOBAL_ID) {
		if (value < 1 || value > 255)
			return refuse(parser, "report id out of range");
		global->id = value;
		parser->out->has_ids = true;
	} else if (tag == GLOBAL_PUSH) {
		return push(parser);
	} else if (tag == GLOBAL_POP) {
		return pop(parser);
	}
	return true;
}

static bool local_item(struct parser *parser, uint8_t tag, const uint8_t *p, size_t n)
{
	if (n < 4 && !parser->global.has_page)
		return refuse(parser, "usage without a page");
	if (tag == LOCAL_USAGE) {
		if (parser->usage_count == MAX_USAGES)
			return refuse(parser, "too many usages");
		parser->usages[parser->usage_count++] = usage_of(parser, p, n);
	} else if (tag == LOCAL_USAGE_MINIMUM) {
		parser->range_first = usage_of(parser, p, n);
		parser->has_first = true;
	} else if (tag == LOCAL_USAGE_MAXIMUM) {
		parser->range_last = usage_of(parser, p, n);
		parser->has_last = true;
	}
	return true; /* designators, strings, delimiters: not ours */
}

static bool item(struct parser *parser, uint8_t prefix, const uint8_t *p, size_t n)
{
	const uint8_t tag = prefix & 0xfc;

	if ((prefix & 0x0c) == 0x00)
		return main_item(parser, tag, unsigned_of(p, n));
	if ((prefix & 0x0c) == 0x04)
		return global_item(parser, tag, p, n);
	if ((prefix & 0x0c) == 0x08)
		return local_item(parser, tag, p, n);
	return refuse(parser, "reserved item");
}

static bool walk(struct parser *parser, const uint8_t *p, size_t n)
{
	static const uint8_t sizes[] = {0, 1, 2, 4};

	for (size_t at = 0; at < n;) {
		const uint8_t prefix = p[at++];
		size_t size = sizes[prefix & 3];
		if (prefix == ITEM_LONG) { /* no long item is defined: its bytes are passed over */
			if (n - at < 2)
				return refuse(parser, "item cut off");
			size = (size_t)p[at] + 2;
		}
		if (size > n - at)
			return refuse(parser, "item cut off");
		if (prefix != ITEM_LONG && !item(parser, prefix, p + at, size))
			return false;
		at += size;
	}
	if (parser->depth > 0)
		return refuse(parser, "collection not closed");
	if (parser->out->application == 0)
		return refuse(parser, "no application collection");
	return true;
}

bool hid_parse(const uint8_t *p, size_t n, struct hid_layout *ret, const char **ret_reason)
{
	struct parser parser = {.out = ret};

	memset(ret, 0, sizeof(*ret));
	*ret_reason = "";
	if (n == 0 || n > HID_MAX_DESCRIPTOR)
		refuse(&parser, n == 0 ? "empty" : "descriptor too long");
	else if (walk(&parser, p, n) && ret->has_ids && ret->count > 0) {
		/* Once there are ids, every report has one. */
		for (size_t i = 0; i < ret->count; i++) {
			if (ret->fields[i].report_id == 0)
				refuse(&parser, "field without a report id");
		}
	}
	if (!parser.reason)
		return true;
	*ret_reason = parser.reason;
	memset(ret, 0, sizeof(*ret));
	return false;
}

const struct hid_field *hid_find(const struct hid_layout *layout, uint32_t usage)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct hid_field *field = &layout->fields[i];
		if (field->kind == HID_INPUT && usage >= field->usage && usage <= field->usage_last)
			return field;
	}
	return NULL;
}

bool hid_field_is_in(
	const struct hid_layout *layout, const struct hid_field *field, const uint8_t *p, size_t n)
{
	if (layout->has_ids && (n == 0 || p[0] != field->report_id))
		return false;
	return (uint64_t)field->bit + (uint64_t)field->size * field->count <= (uint64_t)n * 8;
}

uint32_t hid_value(const struct hid_field *field, const uint8_t *p, size_t n, size_t i)
{
	const uint64_t first = (uint64_t)field->bit + (uint64_t)field->size * i;
	uint32_t value = 0;

	if (i >= field->count || first + field->size > (uint64_t)n * 8)
		return 0;
	for (unsigned k = 0; k < field->size; k++) {
		const uint64_t at = first + k;
		if (p[at / 8] & 1u << at % 8)
			value |= 1u << k;
	}
	return value;
}

const uint8_t *hid_bytes(const struct hid_field *field, const uint8_t *p, size_t n, size_t *ret_n)
{
	*ret_n = 0;
	if (field->size != 8 || field->bit % 8 != 0 || field->is_array ||
		(uint64_t)field->bit / 8 + field->count > n)
		return NULL;
	*ret_n = field->count;
	return p + field->bit / 8;
}
