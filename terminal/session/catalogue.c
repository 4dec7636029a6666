#include "terminal/session/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"
#include "terminal/domain/curp.h"
#include "terminal/session/catalogue_internal.h"

#define SCHEMA_FILE "service.schema.json"

const char *const service_archetype_names[ARCHETYPE_COUNT] = {
	[ARCHETYPE_ISSUE] = "issue",
	[ARCHETYPE_LOOKUP] = "lookup",
	[ARCHETYPE_APPOINTMENT] = "appointment",
	[ARCHETYPE_REPORT] = "report",
	[ARCHETYPE_APPLICATION] = "application",
	[ARCHETYPE_DIRECTORY] = "directory",
	[ARCHETYPE_PAYMENT] = "payment",
};
const char *const service_status_names[SERVICE_STATUS_COUNT] = {
	[SERVICE_AVAILABLE] = "available",
	[SERVICE_SOON] = "soon",
};
const char *const service_offline_names[OFFLINE_COUNT] = {
	[OFFLINE_LOCAL] = "local",
	[OFFLINE_QUEUE] = "queue",
	[OFFLINE_ONLINE_ONLY] = "online-only",
};
const char *const service_identity_names[IDENTITY_COUNT] = {
	[IDENTITY_NONE] = "none",
	[IDENTITY_OPTIONAL] = "optional",
	[IDENTITY_REQUIRED] = "required",
};
const char *const catalogue_claim_names[CLAIM_COUNT] = {
	[CLAIM_NONE] = "none",
	[CLAIM_CURP] = "curp",
	[CLAIM_RFC] = "rfc",
};
const char *const service_colour_names[COLOUR_COUNT] = {
	[COLOUR_ACTION] = "action",
	[COLOUR_OK] = "ok",
};
const char *const note_kind_names[NOTE_COUNT] = {
	[NOTE_NEEDS] = "needs",
	[NOTE_GET] = "get",
	[NOTE_COST] = "cost",
	[NOTE_TIME] = "time",
	[NOTE_OFFLINE] = "offline",
	[NOTE_PRIVACY] = "privacy",
};

struct catalogue {
	struct arena arena;
	size_t count;
	struct catalogue_service *services[CATALOGUE_MAX_SERVICES]; /* in the arena */
};

/* ---- memory ---- */

#define CHUNK_SIZE 32768
#define ALIGNMENT  16

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char data[];
};

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;

	VT_ASSERT(size > 0 && count < SIZE_MAX / 2 / size);
	const size_t need = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!chunk || chunk->size - chunk->used < need) {
		const size_t room = need > CHUNK_SIZE ? need : CHUNK_SIZE;
		chunk = calloc(1, sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->size = room;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	void *data = chunk->data + chunk->used;
	chunk->used += need;
	return data;
}

const char *arena_text(struct arena *arena, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = arena_alloc(arena, 1, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

void arena_finish(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;
		free(arena->chunks);
		arena->chunks = next;
	}
}

/* ---- the reader's place ---- */

void reader_fail(struct reader *r, enum vt_code code, const char *fmt, ...)
{
	char reason[120];
	va_list args;

	if (r->code)
		return;
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	/* Keys and values of a foreign file end on a technician's terminal. */
	for (char *c = reason; *c; c++)
		*c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
	for (char *c = r->path; *c; c++)
		*c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
	r->code = vt_fail(r->error, code, 0, "%s: %s: %s", r->file, r->path, reason);
}

size_t reader_enter(struct reader *r, const char *name)
{
	const size_t mark = strlen(r->path);

	snprintf(r->path + mark, sizeof(r->path) - mark, ".%s", name);
	return mark;
}

size_t reader_enter_index(struct reader *r, size_t index)
{
	const size_t mark = strlen(r->path);

	snprintf(r->path + mark, sizeof(r->path) - mark, "[%zu]", index);
	return mark;
}

void reader_leave(struct reader *r, size_t mark)
{
	r->path[mark] = 0;
}

/* ---- loading ---- */

static enum vt_code parse_service(struct catalogue *catalogue, const char *file, const char *json,
	size_t length, struct vt_error *error)
{
	struct reader r = {.arena = &catalogue->arena, .file = file, .path = "$", .error = error};
	json_error_t detail;

	if (length > CATALOGUE_MAX_FILE)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: larger than %d bytes", file,
			CATALOGUE_MAX_FILE);
	if (catalogue->count == CATALOGUE_MAX_SERVICES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: more than %d services", file,
			CATALOGUE_MAX_SERVICES);
	struct catalogue_service *service =
		arena_alloc(&catalogue->arena, 1, sizeof(struct catalogue_service));
	if (!service)
		return vt_fail(error, VT_ERR_NOMEM, 0, "%s: out of memory", file);
	json_t *root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &detail);
	if (!root)
		return vt_fail(error, VT_ERR_PARSE, 0, "%s:%d:%d: %s", file, detail.line,
			detail.column, detail.text);
	service_read(&r, root, service);
	json_decref(root);
	if (!r.code)
		service_check(&r, service);
	if (r.code)
		return r.code;
	catalogue->services[catalogue->count++] = service;
	return VT_OK;
}

static enum vt_code read_file(
	const char *path, const char *file, struct vt_buf *buf, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *stream = fopen(path, "rbe");

	if (!stream)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", file, strerror(errno));
	for (;;) {
		uint8_t *room = vt_buf_reserve(buf, 4096);
		if (!room)
			return vt_fail(error, buf->failed, 0, "%s: larger than %d bytes", file,
				CATALOGUE_MAX_FILE);
		const size_t got = fread(room, 1, 4096, stream);
		vt_buf_added(buf, got);
		if (got < 4096)
			break;
	}
	if (ferror(stream))
		return vt_fail(error, VT_ERR_IO, errno, "%s: read: %s", file, strerror(errno));
	return VT_OK;
}

static enum vt_code load_into(struct catalogue *catalogue, const char *path, struct vt_error *error)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf buf;
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;

	vt_buf_init(&buf, CATALOGUE_MAX_FILE + 8192);
	enum vt_code code = read_file(path, file, &buf, error);
	if (code)
		return code;
	return parse_service(catalogue, file, vt_buf_text(&buf), buf.length, error);
}

/* Features first, then by order. */
static int compare_services(const void *a, const void *b)
{
	const struct catalogue_service *left = *(const struct catalogue_service *const *)a;
	const struct catalogue_service *right = *(const struct catalogue_service *const *)b;

	if (left->is_feature != right->is_feature)
		return left->is_feature ? -1 : 1;
	return (left->order > right->order) - (left->order < right->order);
}

static enum vt_code finish_load(struct catalogue *catalogue, struct vt_error *error)
{
	qsort(catalogue->services, catalogue->count, sizeof(catalogue->services[0]),
		compare_services);
	for (size_t i = 0; i < catalogue->count; i++) {
		for (size_t j = i + 1; j < catalogue->count; j++) {
			const struct catalogue_service *a = catalogue->services[i];
			const struct catalogue_service *b = catalogue->services[j];
			if (strcmp(a->id, b->id) == 0)
				return vt_fail(error, VT_ERR_EXISTS, 0,
					"catalogue: two services are called %s", a->id);
			if (a->order == b->order)
				return vt_fail(error, VT_ERR_EXISTS, 0,
					"catalogue: %s and %s have the same order", a->id, b->id);
		}
	}
	return VT_OK;
}

static bool is_service_file(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0 &&
	       entry->d_name[0] != '.' && strcmp(entry->d_name, SCHEMA_FILE) != 0;
}

static enum vt_code load_entry(struct catalogue *catalogue, const char *dir,
	const struct dirent *entry, struct vt_error *error)
{
	char path[4096];

	if (!vt_format(path, sizeof(path), "%s/%s", dir, entry->d_name))
		return vt_fail(error, VT_ERR_LIMIT, 0, "catalogue: path too long");
	enum vt_code code = load_into(catalogue, path, error);
	if (code)
		return code;
	const char *id = catalogue->services[catalogue->count - 1]->id;
	if (strncmp(entry->d_name, id, strlen(id)) != 0 ||
		strcmp(entry->d_name + strlen(id), ".json") != 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "%s: $.id: file must be called %s.json",
			entry->d_name, id);
	return VT_OK;
}

enum vt_code catalogue_load(
	const char *dir, struct catalogue **ret_catalogue, struct vt_error *error)
{
	enum vt_code code = VT_OK;
	DIR *stream = opendir(dir);

	if (!stream)
		return vt_fail(error, VT_ERR_IO, errno, "catalogue: %s: %s", dir, strerror(errno));
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
	if (!catalogue)
		code = vt_fail(error, VT_ERR_NOMEM, 0, "catalogue: out of memory");
	while (!code) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry && errno)
			code = vt_fail(
				error, VT_ERR_IO, errno, "catalogue: %s: %s", dir, strerror(errno));
		if (!entry)
			break;
		if (is_service_file(entry))
			code = load_entry(catalogue, dir, entry, error);
	}
	closedir(stream);
	if (!code && catalogue->count == 0)
		code = vt_fail(error, VT_ERR_NOT_FOUND, 0, "catalogue: %s holds no service", dir);
	if (!code)
		code = finish_load(catalogue, error);
	if (code)
		catalogue_destroy(&catalogue);
	else
		*ret_catalogue = catalogue;
	return code;
}

enum vt_code catalogue_load_file(
	const char *path, struct catalogue **ret_catalogue, struct vt_error *error)
{
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

	if (!catalogue)
		return vt_fail(error, VT_ERR_NOMEM, 0, "catalogue: out of memory");
	enum vt_code code = load_into(catalogue, path, error);
	if (code)
		catalogue_destroy(&catalogue);
	else
		*ret_catalogue = catalogue;
	return code;
}

enum vt_code catalogue_parse(const char *file, const char *json, size_t length,
	struct catalogue **ret_catalogue, struct vt_error *error)
{
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

	if (!catalogue)
		return vt_fail(error, VT_ERR_NOMEM, 0, "catalogue: out of memory");
	enum vt_code code = parse_service(catalogue, file, json, length, error);
	if (code)
		catalogue_destroy(&catalogue);
	else
		*ret_catalogue = catalogue;
	return code;
}

void catalogue_destroy(struct catalogue **catalogue)
{
	if (!*catalogue)
		return;
	arena_finish(&(*catalogue)->arena);
	free(*catalogue);
	*catalogue = NULL;
}

/* ---- finding ---- */

size_t catalogue_count(const struct catalogue *catalogue)
{
	return catalogue->count;
}

const struct catalogue_service *catalogue_at(const struct catalogue *catalogue, size_t i)
{
	VT_ASSERT(i < catalogue->count);
	return catalogue->services[i];
}

const struct catalogue_service *catalogue_find(const struct catalogue *catalogue, const char *id)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		if (strcmp(catalogue->services[i]->id, id) == 0)
			return catalogue->services[i];
	}
	return NULL;
}

const char *catalogue_text(const struct catalogue_text *text, const char *lang)
{
	const char *fallback = "";

	for (size_t i = 0; i < text->count; i++) {
		if (strcmp(text->strings[i].lang, lang) == 0)
			return text->strings[i].text;
		if (strcmp(text->strings[i].lang, CATALOGUE_DEFAULT_LANG) == 0)
			fallback = text->strings[i].text;
	}
	return fallback;
}

const struct catalogue_way *service_way(const struct catalogue_service *service, const char *id)
{
	for (size_t i = 0; i < service->way_count; i++) {
		if (strcmp(service->ways[i].id, id) == 0)
			return &service->ways[i];
	}
	return NULL;
}

const struct catalogue_question *service_question(
	const struct catalogue_service *service, const char *name)
{
	for (size_t i = 0; i < service->question_count; i++) {
		if (strcmp(service->questions[i].name, name) == 0)
			return &service->questions[i];
	}
	return NULL;
}

const struct catalogue_choice *question_choice(
	const struct catalogue_question *question, const char *id)
{
	for (size_t i = 0; i < question->choice_count; i++) {
		if (strcmp(question->choices[i].id, id) == 0)
			return &question->choices[i];
	}
	return NULL;
}

const struct catalogue_outcome *service_outcome(const struct catalogue_service *service,
	const struct document_values *values, struct vt_date today)
{
	for (size_t i = 0; i < service->outcome_count; i++) {
		const struct catalogue_outcome *outcome = &service->outcomes[i];
		if (!outcome->is_provisional && catalogue_holds(&outcome->when, values, today))
			return outcome;
	}
	return NULL;
}

const struct catalogue_outcome *service_outcome_by_id(
	const struct catalogue_service *service, const char *id)
{
	for (size_t i = 0; i < service->outcome_count; i++) {
		if (strcmp(service->outcomes[i].id, id) == 0)
			return &service->outcomes[i];
	}
	return NULL;
}

const struct catalogue_outcome *service_provisional(const struct catalogue_service *service)
{
	for (size_t i = 0; i < service->outcome_count; i++) {
		if (service->outcomes[i].is_provisional)
			return &service->outcomes[i];
	}
	return NULL;
}

const struct catalogue_document *service_document(
	const struct catalogue_service *service, const char *id)
{
	for (size_t i = 0; i < service->document_count; i++) {
		if (strcmp(service->documents[i].id, id) == 0)
			return &service->documents[i];
	}
	return NULL;
}

/* ---- conditions ---- */

/* Completed years of a CURP or of a DD/MM/AAAA; -1 if value is neither. */
static int age_of(const char *value, struct vt_date today)
{
	struct curp_facts facts;
	struct vt_date birth;

	if (date_parse_slash(value, &birth))
		return date_age(birth, today);
	if (curp_decode(value, &facts) && facts.has_century)
		return date_age(facts.birth, today);
	return -1;
}

static bool holds(const struct catalogue_condition *condition, const struct document_values *values,
	struct vt_date today)
{
	const char *found = values->get(values->ctx, condition->value);
	const char *value = found ? found : "";
	bool is_one = false;

	for (size_t i = 0; i < condition->text_count; i++)
		is_one = is_one || strcmp(condition->texts[i], value) == 0;
	switch (condition->kind) {
	case CONDITION_GIVEN:
		return *value;
	case CONDITION_ABSENT:
		return !*value;
	case CONDITION_IS:
		return is_one;
	case CONDITION_IS_NOT:
		return !is_one;
	case CONDITION_AGE_BELOW: {
		const int age = age_of(value, today);
		return age >= 0 && age < condition->number;
	}
	case CONDITION_AGE_FROM:
		return age_of(value, today) >= condition->number;
	case CONDITION_KIND_COUNT:
		break;
	}
	VT_UNREACHABLE();
}

bool catalogue_holds(const struct catalogue_conditions *conditions,
	const struct document_values *values, struct vt_date today)
{
	for (size_t i = 0; i < conditions->count; i++) {
		if (!holds(&conditions->all[i], values, today))
			return false;
	}
	return true;
}

/* ---- fees ---- */

static bool is_in_force(const struct catalogue_fee *fee, struct vt_date date)
{
	return date_compare(fee->from, date) <= 0 && date_compare(date, fee->to) <= 0;
}

const struct catalogue_fee *fee_find(
	const struct catalogue_service *service, struct vt_date date, int years, enum fare fare)
{
	for (size_t i = 0; i < service->fee_count; i++) {
		const struct catalogue_fee *fee = &service->fees[i];
		if (fee->years == years && is_in_force(fee, date) && fee_centavos(fee, fare) >= 0)
			return fee;
	}
	return NULL;
}

int64_t fee_centavos(const struct catalogue_fee *fee, enum fare fare)
{
	return fare == FARE_HALF ? fee->half_centavos : fee->full_centavos;
}

bool fee_known(const struct catalogue_service *service, struct vt_date date)
{
	for (size_t i = 0; i < service->fee_count; i++) {
		if (is_in_force(&service->fees[i], date))
			return true;
	}
	return service->fee_count == 0;
}
