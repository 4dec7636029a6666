#ifndef VT_UI_SCREENS_LOCALE_H
#define VT_UI_SCREENS_LOCALE_H

/* The language of the ui's own texts: gettext catalogues behind one function (UI.md section 12).
 *
 * Catalogues of the build are gettext's; those of language packs come from outside and are read by
 * terminal/language/mo.h. A pack has what people could vouch for and no more: the rest is Spanish,
 * string by string, and locale_lang_of() says which language a text on the screen is in.
 *
 * Message ids are short English sentences, written in the source inside _() or N_(). A string that
 * a language lacks is shown in Spanish. The language changes with each citizen, so the choice is
 * made through the LANGUAGE variable and setlocale, which works for any code on glibc 2.36. Not
 * thread-safe: main thread of ventanilla-ui only. */

#include <stdbool.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* What a language is called when the model names none, and what missing strings fall back to. */
#define LOCALE_DEFAULT "es-MX"

/* Where the compiled catalogues are: dir/LANG/LC_MESSAGES/ventanilla.mo. VT_ERR_NOT_FOUND if dir
 * has no Spanish catalogue: then the ui would show message ids. */
VT_MUST_USE enum vt_code locale_init(const char *dir, struct vt_error *error);

/* Where language packs are: packs/LANG/ventanilla.mo; NULL = none. Borrowed. */
void locale_set_packs(const char *packs);

/* Switches to a BCP 47 code ("es-MX", "en"); NULL, "" or nonsense means LOCALE_DEFAULT. A code
 * without a catalogue shows Spanish. Cheap if the language is the same as before. */
void locale_use(const char *lang);

/* The code in use, never NULL; valid until the next locale_use(). */
const char *locale_get(void);

/* Is the language in use a pack's, so that parts of a screen may be Spanish? */
bool locale_is_partial(void);
/* Characters that the language needs and the keyboards lack, between blanks, as its pack says:
 * "ꞌ Ā Ē"; "" = none. Valid until the next locale_use(). */
const char *locale_keys(void);
/* Language of a text that is on the screen, as a pack knows it: the language in use if the pack
 * says that text, else LOCALE_DEFAULT. Without a pack always the language in use. */
const char *locale_lang_of(const char *text);
/* The Spanish of a text that a pack says, for voices that cannot speak its language: NULL if the
 * text is not of the pack, or made of several parts. Valid until the next locale_use(). */
const char *locale_spanish_of(const char *text);

/* msgid in the language in use. Never NULL; valid until the next locale_use(). */
const char *locale_text(const char *msgid) __attribute__((format_arg(1)));
/* The same with a plural: n chooses the form. */
const char *locale_plural(const char *one, const char *many, unsigned long n)
	__attribute__((format_arg(1), format_arg(2)));

/* _() translates now; N_() only marks a string of a table for xgettext. */
#define _(msgid)  locale_text(msgid)
#define N_(msgid) msgid

#endif
