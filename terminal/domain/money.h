#ifndef VT_DOMAIN_MONEY_H
#define VT_DOMAIN_MONEY_H

/* Amounts in Mexican pesos: integer centavos inside, "$ 4,120.00" for people. */

#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"

/* Holds every int64_t: "-$ 92,233,720,368,547,758.08". */
#define MONEY_SIZE 32

/* "$ 4,120.00", "-$ 0.05". */
void money_format(int64_t centavos, char ret_text[MONEY_SIZE]);

/* "4120", "4120.5", "4,120.50", with or without "$" and blanks around, never negative, at most two
 * decimals; commas only where thousands stand. VT_ERR_PARSE, or VT_ERR_LIMIT above max_centavos;
 * *ret untouched then. */
VT_MUST_USE enum vt_code money_parse(const char *text, int64_t max_centavos, int64_t *ret_centavos);

#endif
