#ifndef SYNC_ADAPTERS_RENAPO_ANSWER_H
#define SYNC_ADAPTERS_RENAPO_ANSWER_H

/* The XML document that RENAPO puts as text into <return> (domain.md §3), and the JSON that core
 * gets for it. Pure: text in, reading out.
 *
 * One record: <CURPStruct statusOper="EXITOSO" SessionID="…" FolioConstancia="…"> with its fields;
 * the query by data: <CURPS …the same attributes…> with one CURPStruct per match. Refusals:
 * statusOper="NO EXITOSO" and TipoError 01 (not found: a business answer), 03 (malformed key: our
 * defect), any other number (refused).
 *
 * A signed request for a copy: <COPIA …the same attributes…/>; TipoError 04: its signature is not
 * accepted (refused for good).
 *
 * JSON, all values text, absent when empty:
 * {"outcome": "one" | "none" | "several" | "inactive" | "received" | "confirmed", "sessionId",
 * "folio", "changed": "true", "asked", "count", "records": [{"curp", "primerApellido", …}]} */

#include <stdbool.h>

#include "offline-queue/sync/adapter.h"

#define RENAPO_NS "http://services.wserv.ecurp.dgti.segob.gob.mx"
/* Records in one answer to core; "count" tells of all. */
#define RENAPO_MAX_RECORDS 10

enum renapo_operation { RENAPO_BY_CURP, RENAPO_BY_DATA, RENAPO_COPY, RENAPO_CONFIRM };

/* 18 upper-case letters and digits: the form, not the check digit. */
bool renapo_is_curp(const char *text);

/* Reads text, the content of <return> of a query or a confirmation. asked: the key asked for, "" if
 * none. Fills body, detail and answer. */
void renapo_read_answer(enum renapo_operation operation, const char *asked,
	const struct vt_buf *text, struct adapter_reading *reading);
/* The same for <return> of consultarTransaccion about key: <transaccion estado= clave=> with the
 * original document in it when APLICADA. */
void renapo_read_transaction(enum renapo_operation operation, const char *key, const char *asked,
	const struct vt_buf *text, struct adapter_reading *reading);

/* The same for <return> of consultarMovimientos behind `after`: <movimientos siguiente=> with
 * <movimiento secuencia= clave= estado= fecha=> in it. */
void renapo_read_ledger(int64_t after, const struct vt_buf *text, struct adapter_reading *reading);

#endif
