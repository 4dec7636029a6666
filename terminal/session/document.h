#ifndef VT_SESSION_DOCUMENT_H
#define VT_SESSION_DOCUMENT_H

/* Templates of the catalogue filled with values: papers, rows of a screen, payload members.
 *
 * A template is text with placeholders {name} or {name|filter|filter}. "{{" and "}}" are braces.
 * The names, all checked when the catalogue is loaded:
 *
 *   folio                our folio, "TTTT-EEES-SSSR-RRRC"
 *   date, time           of the transaction, local: "23/11/2026", "10:42"
 *   terminal             id of the terminal
 *   service, agency      name of the service and of the agency, in the language of the paper
 *   centavos             amount as digits
 *   amount               the same as "$ 4,120.00" (made here from centavos)
 *   fee.cadena           cadena de la dependencia of the fee that applies
 *   field.NAME           what the citizen answered to the question NAME of this service
 *   answer.A.B.0.C       member of the web service's answer; a number is an index of a list
 * *   signed.text          the words of the request that the citizen signed, line by line
 *   signed.cms           their detached signature (CMS), base64
 *
 * `service`, `agency` and `amount` are made here; every other name goes to values->get().
 *
 * Filters: upper · sex (H M X to a word) · entity (code to its name) · entity-number (code to two
 * digits) · choice (of a field: label of the choice) · date-long (DD/MM/AAAA or AAAA-MM-DD to
 * words) · date (AAAA-MM-DD to DD/MM/AAAA) · money (centavos) · group4 (digits in groups of four).
 * A filter leaves a value it does not understand as it is: a paper shows what was answered rather
 * than nothing. */

#include <stddef.h>

#include "terminal/base/attributes.h"
#include "terminal/base/error.h"
#include "terminal/bus/receipt.h"
#include "terminal/domain/date.h"
#include "terminal/session/catalogue.h"

/* Paper of an outcome. Lines whose conditions do not hold, and pairs whose value is empty, are left
 * out. A text that does not fit its line is VT_ERR_LIMIT, never cut; more than RECEIPT_MAX_LINES
 * too. VT_ERR_NOT_FOUND: the outcome has no document. *ret is written only on success, whole.
 * Personal data: wipe ret after use. */
VT_MUST_USE enum vt_code document_compose(const struct catalogue_service *service,
	const struct catalogue_outcome *outcome, const char *lang, struct vt_date today,
	const struct document_values *values, struct receipt *ret, struct vt_error *error);

/* One template into ret_text[size]. VT_ERR_LIMIT, and ret_text "", if it does not fit. */
VT_MUST_USE enum vt_code document_expand(const struct catalogue_service *service, const char *text,
	const char *lang, const struct document_values *values, char *ret_text, size_t size,
	struct vt_error *error);

/* Checks a template of that service: braces, names, filters. VT_ERR_PARSE with the reason. */
VT_MUST_USE enum vt_code document_check(
	const struct catalogue_service *service, const char *text, struct vt_error *error);

#endif
