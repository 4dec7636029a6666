#ifndef VT_LANGUAGE_MO_H
#define VT_LANGUAGE_MO_H

/* Messages of a language pack: a compiled gettext catalogue (.mo, GNU gettext manual §10.3,
 * revision 0, either byte order), read whole and with bounds.
 *
 * gettext itself reads the catalogues of the build. It trusts its files, and the ui hands messages
 * to printf: what comes from outside is read here instead, and a message whose printf directives
 * are not those of its id refuses the whole file. Plural forms: "nplurals=1; plural=0;" or
 * "nplurals=2; plural=(n != 1);" only. Pure; one thread per object. */

#include <stdbool.h>
#include <stddef.h>

#include "terminal/base/error.h"

/* Four times what Spanish needs today. */
#define MO_MAX_BYTES	((size_t)512 * 1024)
#define MO_MAX_MESSAGES 4096

struct mo;

/* Reads length bytes; *ret keeps a copy. VT_ERR_PARSE: not such a file, not UTF-8, other
 * directives; VT_ERR_LIMIT; VT_ERR_UNSUPPORTED: another plural rule; VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code mo_parse(
	const void *data, size_t length, struct mo **ret, struct vt_error *error);
/* Accepts NULL. */
void mo_destroy(struct mo **mo);

/* Value of a line "name: value" of the catalogue's header; false, and ret empty, if there is none
 * or it does not fit. */
bool mo_header(const struct mo *mo, const char *name, char *ret, size_t size);
/* Messages that are translated. */
size_t mo_count(const struct mo *mo);
/* Message by its place; *ret_id of a plural is its singular. Borrowed from mo. */
void mo_at(const struct mo *mo, size_t index, const char **ret_id, const char **ret_text);
/* Translation of id; NULL if there is none, or if it is a plural. mo may be NULL. Borrowed from
 * mo. */
const char *mo_text(const struct mo *mo, const char *id);
/* The form of n of the message with these two ids. */
const char *mo_plural(const struct mo *mo, const char *one, const char *many, unsigned long n);
/* Id of the message that text is, where directives stand for anything; NULL if none says that. */
const char *mo_find(const struct mo *mo, const char *text);

/* Do both have the same printf directives in the same order? %1$s and * are never the same. */
bool mo_same_directives(const char *a, const char *b);

#endif
