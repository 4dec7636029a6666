#include "terminal/language/mo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

#define MAGIC	    0x950412deu
#define MAGIC_OTHER 0xde120495u
#define HEADER_SIZE 28
#define MAX_FORMS   2

struct message {
	const char *id, *many;	      /* into data; many NULL: no plural */
	const char *forms[MAX_FORMS]; /* [1] NULL: one for all numbers */
};

struct mo {
	uint8_t *data; /* owned, NUL behind it */
	size_t length;
	bool is_swapped;
	const char *header; /* into data; "" = none */
	size_t forms;	    /* of a plural, by the header */
	size_t count;
	struct message messages[]; /* by id */
};

/* ---- printf directives ---- */

/* Finds the next one: *start at its '%', its length; 0 = no more. "%%" is one as well. */
static size_t next_directive(const char **start)
{
	const char *p = strchr(*start, '%'), *end;

	if (!p)
		return 0;
	end = p + 1;
	end += strspn(end, "-+ #0'");
	end += strspn(end, "0123456789.*$");
	end += strspn(end, "hlLqjzt");
	*start = p;
	return (size_t)(end - p) + (*end != '\0' ? 1 : 0);
}

bool mo_same_directives(const char *a, const char *b)
{
	for (;;) {
		size_t length = next_directive(&a);

		if (length != next_directive(&b))
			return false;
		if (length == 0)
			return true;
		if (memcmp(a, b, length) != 0 || memchr(a, '$', length) || memchr(a, '*', length))
			return false;
		a += length;
		b += length;
	}
}

/* ---- reading ---- */

static uint32_t word_at(const struct mo *mo, size_t offset)
{
	uint32_t word;

	memcpy(&word, mo->data + offset, sizeof(word));
	return mo->is_swapped ? __builtin_bswap32(word) : word;
}

/* String number index of the table at offset table, with its NUL inside the file. */
static const char *string_at(const struct mo *mo, size_t table, size_t index, size_t *ret_length)
{
	size_t length = word_at(mo, table + index * 8), offset = word_at(mo, table + index * 8 + 4);

	if (offset >= mo->length || length >= mo->length - offset ||
		mo->data[offset + length] != '\0')
		return NULL;
	*ret_length = length;
	return (const char *)mo->data + offset;
}

/* Text people read, or its id: UTF-8 and no control characters but line breaks. */
static bool is_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n')
			return false;
	return vt_utf8_valid(text, length);
}

static enum vt_code read_header(struct mo *mo, const char *text, struct vt_error *error)
{
	if (!is_text(text, strlen(text)) || !strstr(text, "charset=UTF-8"))
		return vt_fail(error, VT_ERR_PARSE, 0, "texts: the catalogue is not in UTF-8");
	mo->header = text;
	mo->forms = 0;
	if (!strstr(text, "Plural-Forms:"))
		return VT_OK;
	if (strstr(text, "nplurals=1; plural=0;"))
		mo->forms = 1;
	else if (strstr(text, "nplurals=2; plural=(n != 1);"))
		mo->forms = 2;
	else
		return vt_fail(error, VT_ERR_UNSUPPORTED, 0,
			"texts: plural forms are neither one for all nor one and many");
	return VT_OK;
}

/* The forms of a plural stand one behind the other, a NUL between them; so do both ids. */
static enum vt_code read_message(struct mo *mo, const char *id, size_t id_length, const char *text,
	size_t text_length, struct vt_error *error)
{
	struct message *message = &mo->messages[mo->count];
	size_t singular = strlen(id), count = 0, wanted = singular < id_length ? mo->forms : 1;
	const char *many = id + (singular < id_length ? singular + 1 : 0), *form = text;

	*message = (struct message){.id = id, .many = singular < id_length ? many : NULL};
	if (singular < id_length && singular + 1 + strlen(many) != id_length)
		return vt_fail(error, VT_ERR_PARSE, 0, "texts: three ids in one: %.60s", id);
	while (count < wanted && form <= text + text_length) {
		size_t length = strlen(form);

		if (!is_text(form, length))
			return vt_fail(error, VT_ERR_PARSE, 0, "texts: no text for: %.60s", id);
		/* A singular may leave its number out, in no other way may directives differ. */
		if (length > 0 && !mo_same_directives(form, many) && !mo_same_directives(form, id))
			return vt_fail(
				error, VT_ERR_PARSE, 0, "texts: other directives than: %.60s", id);
		message->forms[count++] = form;
		form += length + 1;
	}
	if (count != wanted || wanted == 0 || form != text + text_length + 1)
		return vt_fail(error, VT_ERR_PARSE, 0, "texts: wrong number of forms: %.60s", id);
	/* An empty translation is none. */
	if (message->forms[0][0] != '\0')
		mo->count++;
	return VT_OK;
}

static enum vt_code read_all(
	struct mo *mo, size_t count, size_t ids, size_t texts, struct vt_error *error)
{
	const char *before = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t id_length = 0, text_length = 0;
		const char *id = string_at(mo, ids, i, &id_length);
		const char *text = string_at(mo, texts, i, &text_length);

		if (!id || !text)
			return vt_fail(error, VT_ERR_PARSE, 0,
				"texts: string %zu is outside of the file", i);
		if (!is_text(id, strlen(id)))
			return vt_fail(error, VT_ERR_PARSE, 0, "texts: id %zu is no text", i);
		/* Sorted and each once: they are searched by halves. */
		if (before && strcmp(before, id) >= 0)
			return vt_fail(error, VT_ERR_PARSE, 0, "texts: ids are not in order");
		before = id;
		enum vt_code code = i == 0 && id_length == 0 ? read_header(mo, text, error)
							     : read_message(mo, id, id_length, text,
								       text_length, error);
		if (code != VT_OK)
			return code;
	}
	return VT_OK;
}

enum vt_code mo_parse(const void *data, size_t length, struct mo **ret, struct vt_error *error)
{
	VT_CLEANUP(mo_destroy) struct mo *mo = NULL;
	uint32_t words[HEADER_SIZE / 4];
	bool is_swapped;

	if (length > MO_MAX_BYTES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "texts: over %zu bytes", MO_MAX_BYTES);
	if (length < HEADER_SIZE)
		return vt_fail(error, VT_ERR_PARSE, 0, "texts: no compiled catalogue");
	memcpy(words, data, sizeof(words));
	is_swapped = words[0] == MAGIC_OTHER;
	for (size_t i = 0; is_swapped && i < VT_ELEMENTS(words); i++)
		words[i] = __builtin_bswap32(words[i]);
	if (words[0] != MAGIC || words[1] >> 16 != 0)
		return vt_fail(error, VT_ERR_PARSE, 0, "texts: no compiled catalogue");
	size_t count = words[2], ids = words[3], texts = words[4];
	if (count > MO_MAX_MESSAGES)
		return vt_fail(error, VT_ERR_LIMIT, 0, "texts: over %d messages", MO_MAX_MESSAGES);
	if (ids > length || count * 8 > length - ids || texts > length ||
		count * 8 > length - texts)
		return vt_fail(error, VT_ERR_PARSE, 0, "texts: tables are outside of the file");
	mo = calloc(1, sizeof(*mo) + count * sizeof(mo->messages[0]));
	if (mo)
		mo->data = malloc(length + 1);
	if (!mo || !mo->data)
		return vt_fail(error, VT_ERR_NOMEM, 0, "texts");
	memcpy(mo->data, data, length);
	mo->data[length] = '\0';
	mo->length = length;
	mo->is_swapped = is_swapped;
	mo->header = "";
	enum vt_code code = read_all(mo, count, ids, texts, error);
	if (code == VT_OK)
		*ret = vt_take_ptr(&mo);
	return code;
}

void mo_destroy(struct mo **mo)
{
	if (!*mo)
		return;
	free((*mo)->data);
	free(*mo);
	*mo = NULL;
}

/* ---- asking ---- */

bool mo_header(const struct mo *mo, const char *name, char *ret, size_t size)
{
	size_t length = strlen(name);

	ret[0] = '\0';
	for (const char *line = mo ? mo->header : NULL; line; line = strchr(line, '\n')) {
		line += *line == '\n' ? 1 : 0;
		if (strncmp(line, name, length) != 0 || strncmp(line + length, ": ", 2) != 0)
			continue;
		line += length + 2;
		return vt_format(ret, size, "%.*s", (int)strcspn(line, "\n"), line);
	}
	return false;
}

size_t mo_count(const struct mo *mo)
{
	return mo ? mo->count : 0;
}

void mo_at(const struct mo *mo, size_t index, const char **ret_id, const char **ret_text)
{
	VT_ASSERT(index < mo->count);
	*ret_id = mo->messages[index].id;
	*ret_text = mo->messages[index].forms[0];
}

static const struct message *find(const struct mo *mo, const char *id)
{
	size_t low = 0, high = mo ? mo->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(mo->messages[middle].id, id);

		if (order == 0)
			return &mo->messages[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *mo_text(const struct mo *mo, const char *id)
{
	const struct message *message = find(mo, id);

	/* The forms of a plural have directives of either id: not what this caller knows. */
	return message && !message->many ? message->forms[0] : NULL;
}

const char *mo_plural(const struct mo *mo, const char *one, const char *many, unsigned long n)
{
	const struct message *message = find(mo, one);

	if (!message || !message->many || strcmp(message->many, many) != 0)
		return NULL;
	return n != 1 && message->forms[1] && message->forms[1][0] != '\0' ? message->forms[1]
									   : message->forms[0];
}

/* Is text what printf made of form? Each directive stands for at least one character. The earliest
 * place of each fixed part is as good as any later one: no going back, so time is bounded. */
static bool is_made_of(const char *form, const char *text)
{
	const char *mark = form;
	size_t length = next_directive(&mark),
	       fixed = length ? (size_t)(mark - form) : strlen(form);

	if (strncmp(form, text, fixed) != 0)
		return false;
	text += fixed;
	if (length == 0)
		return *text == '\0';
	for (;;) {
		form = mark = mark + length;
		length = next_directive(&mark);
		if (*text == '\0')
			return false;
		text++;
		if (length == 0) {
			size_t end = strlen(form), left = strlen(text);

			return left >= end && strcmp(text + left - end, form) == 0;
		}
		fixed = (size_t)(mark - form);
		text = memmem(text, strlen(text), form, fixed);
		if (!text)
			return false;
		text += fixed;
	}
}

/* "%s" or "%d: %s" could be anything. */
static bool says_something(const char *form)
{
	size_t length, fixed = strlen(form);

	for (const char *mark = form; (length = next_directive(&mark)) != 0; mark += length)
		fixed -= length;
	return fixed >= 3;
}

const char *mo_find(const struct mo *mo, const char *text)
{
	for (size_t i = 0; mo && i < mo->count; i++)
		for (size_t f = 0; f < MAX_FORMS && mo->messages[i].forms[f]; f++) {
			const char *form = mo->messages[i].forms[f];

			if (strcmp(form, text) == 0 || (strchr(form, '%') && says_something(form) &&
							       is_made_of(form, text)))
				return mo->messages[i].id;
		}
	return NULL;
}
