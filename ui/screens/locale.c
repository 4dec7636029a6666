#include "ui/screens/locale.h"

#include <ctype.h>
#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/buf.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/language/mo.h"

#define DOMAIN "ventanilla"

static char current[12] = "";
static const char *packs; /* borrowed; NULL = none */
static struct mo *pack;	  /* of the language in use; NULL = it has none */

enum vt_code locale_init(const char *dir, struct vt_error *error)
{
	char path[512];

	if (!vt_format(path, sizeof(path), "%s/es_MX/LC_MESSAGES/" DOMAIN ".mo", dir))
		return vt_fail(error, VT_ERR_LIMIT, 0, "locale: folder name too long");
	if (access(path, R_OK) != 0)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "locale: no catalogue at %s", path);
	if (bindtextdomain(DOMAIN, dir) == NULL || bind_textdomain_codeset(DOMAIN, "UTF-8") == NULL)
		return vt_fail(error, VT_ERR_NOMEM, 0, "locale: bindtextdomain");
	current[0] = '\0';
	locale_use(LOCALE_DEFAULT);
	return VT_OK;
}

/* Letters, digits and hyphens only: the code becomes part of a file name inside gettext. */
static bool is_plain(const char *lang)
{
	if (*lang == '\0' || strlen(lang) >= sizeof(current))
		return false;
	for (const char *p = lang; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return false;
	return true;
}

void locale_set_packs(const char *folder)
{
	packs = folder;
	current[0] = '\0';
	locale_use(LOCALE_DEFAULT);
}

/* Reads the pack of a language that the build lacks. Core has checked who made it; here only form
 * and limits count, so that a bad file costs its language and nothing else. */
static void load_pack(const char *lang)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf data = {0};
	struct vt_error error = {0};
	char path[512];
	uint8_t *room;
	size_t length;

	mo_destroy(&pack);
	if (!packs || !vt_format(path, sizeof(path), "%s/%s/ventanilla.mo", packs, lang))
		return;
	VT_CLEANUP(vt_fclosep) FILE *in = fopen(path, "rbe");
	vt_buf_init(&data, MO_MAX_BYTES + 4096);
	while (in && (room = vt_buf_reserve(&data, 4096)) != NULL &&
		(length = fread(room, 1, 4096, in)) > 0)
		vt_buf_added(&data, length);
	if (in && mo_parse(vt_buf_text(&data), data.length, &pack, &error) != VT_OK)
		vt_log(VT_LOG_ERROR, "language %s: %s", lang, error.msg);
}

void locale_use(const char *lang)
{
	char list[32];

	if (lang == NULL || !is_plain(lang))
		lang = LOCALE_DEFAULT;
	if (strcmp(lang, current) == 0)
		return;
	vt_copy_cut(current, sizeof(current), lang);
	load_pack(current);
	/* glibc walks this list for each single string, so Spanish steps in string by string. */
	(void)snprintf(list, sizeof(list), "%s:es_MX", current);
	for (char *p = list; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	(void)setenv("LANGUAGE", list, 1);
	/* With the locale "C" or "POSIX" gettext ignores LANGUAGE; C.UTF-8 is always installed. The
	 * call also makes gettext forget what it has looked up. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		(void)setlocale(LC_ALL, "C.utf8");
	/* Numbers are formatted by our own code; keep printf's decimal point. */
	(void)setlocale(LC_NUMERIC, "C");
}

const char *locale_get(void)
{
	return current[0] != '\0' ? current : LOCALE_DEFAULT;
}

const char *locale_text(const char *msgid)
{
	const char *text = mo_text(pack, msgid);

	/* gettext("") is the catalogue's header. */
	return text ? text : *msgid != '\0' ? dgettext(DOMAIN, msgid) : "";
}

const char *locale_plural(const char *one, const char *many, unsigned long n)
{
	const char *text = mo_plural(pack, one, many, n);

	return text ? text : dngettext(DOMAIN, one, many, n);
}

const char *locale_keys(void)
{
	static char keys[128];

	(void)mo_header(pack, "X-Keys", keys, sizeof(keys));
	return keys;
}

bool locale_is_partial(void)
{
	return pack != NULL;
}

const char *locale_lang_of(const char *text)
{
	return !pack || mo_find(pack, text) ? locale_get() : LOCALE_DEFAULT;
}

const char *locale_spanish_of(const char *text)
{
	const char *id = mo_find(pack, text), *whole = id ? mo_text(pack, id) : NULL;

	/* What printf filled in is lost. */
	if (!whole || strcmp(whole, text) != 0 || strchr(id, '%'))
		return NULL;
	return dgettext(DOMAIN, id);
}
