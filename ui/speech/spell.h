#ifndef VT_UI_SPEECH_SPELL_H
#define VT_UI_SPEECH_SPELL_H

/* What is written as it has to be said: money, dates, folios, keys, addresses, masked values. A
 * synthesiser reads "BEML920313HMCLNS09" as a word and "$ 4,120.00" as a sign and two numbers.
 *
 * Words come from locale_text(), in the language in use (locale_use()); numbers stay digits, since
 * each voice knows how its language counts. Pure; the text may be a citizen's: wipe out. */

#include "terminal/base/buf.h"

/* Appends text as it is to be said:
 *	$ 4,120.50               4120 pesos con 50 centavos
 *	13/03/1992               13 de marzo de 1992
 *	0A7K-7F3K, 504002123     character by character, in groups
 *	BEML920313HMCLNS09       the same, in the groups of a CURP
 *	ana@correo.mx            ana arroba correo punto mx
 *	••••••••                 8 asteriscos; never what is behind them
 * Everything else is left alone, blanks are joined. */
void spell_text(struct vt_buf *out, const char *text);
/* Appends text character by character, in its own groups or those above: for what looks like a
 * word and is none, as the first letters of a CURP. */
void spell_characters(struct vt_buf *out, const char *text);
/* Appends the name of a character: "ene", "doble u", "espacio"; a character without a name as it
 * is. */
void spell_character(struct vt_buf *out, uint32_t character);

#endif
