#ifndef VT_QUEUE_SQL_H
#define VT_QUEUE_SQL_H

/* Every statement that the store ever runs after opening, prepared once and kept, and the
 * migrations. The plan of each statement is pinned by a test: no scan, no temporary b-tree. */

#include <stddef.h>

enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_STORE_UPDATE,
	SQL_SERVICES,
	SQL_SERVICE_ADD,
	SQL_SERVICE_UPDATE,
	SQL_APPEND,
	SQL_LANE_BUSY,
	SQL_LANE_NEXT,
	SQL_LANE_RELEASE,
	SQL_ROW, /* what queue_store() must know of a row */
	SQL_UPDATE,
	SQL_UPDATE_ANSWER,
	SQL_GET_ID,
	SQL_GET_FOLIO,
	SQL_GET_SEQUENCE,
	SQL_SEALED, /* wrapped key, payload, answer */
	SQL_DUE,
	SQL_DUE_CLAMPED,
	SQL_DUE_NEXT,
	SQL_OUTSTANDING,
	SQL_HASTEN_FIND,
	SQL_HASTEN,
	SQL_LIST,
	SQL_OLDEST,
	SQL_KEYS,
	SQL_EFFECT_BEGIN,
	SQL_EFFECT_GET,
	SQL_EFFECT_FINISH,
	SQL_EFFECTS_OPEN,
	SQL_COUNTERS,
	SQL_COUNTERS_PUT,
	SQL_SHRED_FIND,
	SQL_SHRED,
	SQL_DELETE_FIND,
	SQL_DELETE_EFFECTS,
	SQL_DELETE,
	SQL_JOURNAL_ADD,
	SQL_JOURNAL_LIST, /* newest first */
	SQL_JOURNAL_PAGE, /* oldest first */
	SQL_CHECKPOINT_ADD,
	SQL_CHECKPOINT_BEFORE,
	SQL_CHECKPOINTS,
	SQL_COUNT
};

extern const char *const queue_sql[SQL_COUNT];
/* "append", "due" …: for error messages. */
extern const char *const queue_sql_names[SQL_COUNT];

/* "VTNQ": application_id of our databases. */
#define QUEUE_APPLICATION_ID 0x56544e51
/* Version that this code writes = number of migrations. */
#define QUEUE_SCHEMA_VERSION 4
/* [n]: from version n to n + 1. Never edit one that was released. */
extern const char *const queue_migrations[QUEUE_SCHEMA_VERSION];

/* Columns of SQL_GET_…, SQL_DUE…, SQL_LIST, SQL_OUTSTANDING, in order. */
enum record_column {
	COL_SEQUENCE,
	COL_ID,
	COL_KEY,
	COL_FOLIO,
	COL_EPOCH,
	COL_SERVICE,
	COL_OPERATION,
	COL_LANG,
	COL_PRIORITY,
	COL_CLASS,
	COL_STATE,
	COL_RECEIPT,
	COL_CAUSE,
	COL_EVER_LEASED,
	COL_ATTEMPTS,
	COL_BACKOFF,
	COL_UNKNOWNS,
	COL_DEFECTS,
	COL_FIRST_DEFECT,
	COL_DUE,
	COL_LEASE,
	COL_CREATED,
	COL_CHANGED,
	COL_EXPIRES,
	COL_HAS_PAYLOAD,
	COL_HAS_ANSWER
};

#endif
