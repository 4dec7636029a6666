#ifndef VT_SESSION_CATALOGUE_INTERNAL_H
#define VT_SESSION_CATALOGUE_INTERNAL_H

/* Between the files of the catalogue: memory, the strict JSON reader, and the two halves of reading
 * a service (members here, meaning there). Not for anybody else. */

#include "terminal/session/catalogue.h"

/* ---- memory: everything of one catalogue, freed at once ---- */

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks; /* owned list */
};

/* Zeroed memory, aligned for anything; NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
/* Copy of text; NULL: no memory. */
const char *arena_text(struct arena *arena, const char *text);
void arena_finish(struct arena *arena);

/* ---- reading ---- */

/* Where the reader is, and the first thing that was wrong. After a failure every function of the
 * reader does nothing and gives an empty value, so that callers look once, at the end. */
struct reader {
	struct arena *arena;
	const char *file;
	char path[160]; /* "$.questions[2].type" */
	enum vt_code code;
	struct vt_error *error;
};

/* Notes the first failure: "file: path: reason". */
void reader_fail(struct reader *r, enum vt_code code, const char *fmt, ...) VT_PRINTF(3, 4);
/* Goes into ".name" or "[index]" of the path; give the result to reader_leave(). */
size_t reader_enter(struct reader *r, const char *name);
size_t reader_enter_index(struct reader *r, size_t index);
void reader_leave(struct reader *r, size_t mark);

/* json_t * of a service file, already parsed, to service (zeroed). Members, types, limits. */
void service_read(struct reader *r, const void *json, struct catalogue_service *service);
/* What JSON cannot say: references, order of questions, templates, fee periods. */
void service_check(struct reader *r, const struct catalogue_service *service);

/* One document id to its document while outcomes are read; NULL if unknown. */
const struct catalogue_document *service_document(
	const struct catalogue_service *service, const char *id);

/* A name of document.h, "field.curp". Notes in flags which kinds of name were met (document.c). */
enum document_source {
	SOURCE_FIELD = 1 << 0,	/* field.… */
	SOURCE_ANSWER = 1 << 1, /* answer.… */
	SOURCE_FEE = 1 << 2,	/* amount, centavos, fee.cadena */
	SOURCE_OTHER = 1 << 3,
	SOURCE_SIGNED = 1 << 4, /* signed.text, signed.cms */
};

/* Called for every placeholder of a checked template. */
typedef void (*document_visit)(void *ctx, const char *name, enum document_source source);

/* As document_check(), calling visit (may be NULL) for each placeholder. */
VT_MUST_USE enum vt_code document_scan(const struct catalogue_service *service, const char *text,
	document_visit visit, void *ctx, struct vt_error *error);

/* What kind of name it is; 0 if document.h and the service know no such name. */
unsigned document_source_of(const struct catalogue_service *service, const char *name);

#endif
