#ifndef VT_CITIZEN_WORDS_H
#define VT_CITIZEN_WORDS_H

/* The journeys are told in Spanish; a citizen who chose English looks for these words instead. */

/* What stands on the screen for es in that language ("es-MX", "en"); es itself where both are the
 * same (names, keys, figures). */
const char *words_in(const char *lang, const char *es);

#endif
