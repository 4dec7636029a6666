#ifndef VT_UI_SCREENS_LOCALE_H
#define VT_UI_SCREENS_LOCALE_H

/* The language of the ui's own texts: gettext catalogues behind one function (UI.md section 12).
 *
 * Message ids are short English sentences, written in the source inside _() or N_(). A string that
 * a language lacks is shown in Spanish. The language changes with each citizen, so the choice is
 * made through the LANGUAGE variable and setlocale, which works for any code on glibc 2.36. Not
 * thread-safe: main thread of ventanilla-ui only. */

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* What a language is called when the model names none, and what missing strings fall back to. */
#define LOCALE_DEFAULT "es-MX"

/* Where the compiled catalogues are: dir/LANG/LC_MESSAGES/ventanilla.mo. VT_ERR_NOT_FOUND if dir
 * has no Spanish catalogue: then the ui would show message ids. */
VT_MUST_USE enum vt_code locale_init(const char *dir, struct vt_error *error);

/* Switches to a BCP 47 code ("es-MX", "en"); NULL, "" or nonsense means LOCALE_DEFAULT. A code
 * without a catalogue shows Spanish. Cheap if the language is the same as before. */
void locale_use(const char *lang);

/* The code in use, never NULL; valid until the next locale_use(). */
const char *locale_get(void);

/* msgid in the language in use. Never NULL; valid until the next locale_use(). */
const char *locale_text(const char *msgid) __attribute__((format_arg(1)));
/* The same with a plural: n chooses the form. */
const char *locale_plural(const char *one, const char *many, unsigned long n)
	__attribute__((format_arg(1), format_arg(2)));

/* _() translates now; N_() only marks a string of a table for xgettext. */
#define _(msgid)  locale_text(msgid)
#define N_(msgid) msgid

#endif
