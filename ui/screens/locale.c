#include "ui/screens/locale.h"

#include <ctype.h>
#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/text.h"

#define DOMAIN "ventanilla"

static char current[12] = "";

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

void locale_use(const char *lang)
{
	char list[32];

	if (lang == NULL || !is_plain(lang))
		lang = LOCALE_DEFAULT;
	if (strcmp(lang, current) == 0)
		return;
	vt_copy_cut(current, sizeof(current), lang);
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
	/* gettext("") is the catalogue's header. */
	return *msgid != '\0' ? dgettext(DOMAIN, msgid) : "";
}

const char *locale_plural(const char *one, const char *many, unsigned long n)
{
	return dngettext(DOMAIN, one, many, n);
}
