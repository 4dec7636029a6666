#include "offline-queue/queue/sql.h"

/* Design of the tables
 *
 * txn: one row per transaction, keyed by the order of appending, so that rows are appended at the
 * right edge of the tree. Small columns first, sealed blobs last: a payload lies in overflow pages,
 * so neither lists nor due scans touch it. The CHECKs repeat txn_check() of terminal/session/txn.c:
 * a state that the machine does not know cannot be written, whoever writes.
 *
 * Indexes cost one page each per enqueue, so only what an enqueue needs is a full index (id, folio:
 * no double); the others are partial and hold few rows: what waits (txn_due), what is outside
 * (txn_out), what has a lane, what is to be shredded or deleted.
 *
 * journal, checkpoint: the audit journal (journal.h). One page of one tree per batch, no index:
 * rows are found by their number alone. Facts outlive the rows they tell of, so the subject is the
 * transaction's id and no reference.
 *
 * counter: one row a device: its sums, and how much of them the device process told that is
 * running (counters.c).
 *
 * store: the single row with counters and the number of the next folio, written once per commit:
 * count(*) would walk the backlog. */

static const char migration_1[] =
	"CREATE TABLE store("
	"  one INTEGER PRIMARY KEY CHECK(one = 1),"
	"  terminal TEXT NOT NULL,"
	"  check_wrapped BLOB NOT NULL CHECK(length(check_wrapped) = 40),"
	"  check_sealed BLOB NOT NULL,"
	"  epoch INTEGER NOT NULL CHECK(epoch > 0),"
	"  opening INTEGER NOT NULL CHECK(opening >= 0),"
	"  number INTEGER NOT NULL CHECK(number BETWEEN 0 AND 1048575),"
	"  sequence INTEGER NOT NULL CHECK(sequence >= 0),"
	"  oldest INTEGER NOT NULL CHECK(oldest >= 0),"
	"  session INTEGER NOT NULL CHECK(session >= 0),"
	"  journaled INTEGER NOT NULL CHECK(journaled >= 0),"
	"  leased INTEGER NOT NULL CHECK(leased >= 0),"
	"  unknown INTEGER NOT NULL CHECK(unknown >= 0),"
	"  inquiry INTEGER NOT NULL CHECK(inquiry >= 0),"
	"  accepted INTEGER NOT NULL CHECK(accepted >= 0),"
	"  rejected INTEGER NOT NULL CHECK(rejected >= 0),"
	"  expired INTEGER NOT NULL CHECK(expired >= 0),"
	"  dead INTEGER NOT NULL CHECK(dead >= 0)"
	") STRICT;"
	"CREATE TABLE service("
	"  id INTEGER PRIMARY KEY,"
	"  name TEXT NOT NULL,"
	"  adapter TEXT NOT NULL,"
	"  success_ms INTEGER NOT NULL CHECK(success_ms >= 0),"
	"  poisoned INTEGER NOT NULL CHECK(poisoned >= 0),"
	"  UNIQUE(name, adapter)"
	") STRICT;"
	"CREATE TABLE txn("
	"  sequence INTEGER PRIMARY KEY,"
	"  id BLOB NOT NULL UNIQUE CHECK(length(id) = 16),"
	"  key BLOB NOT NULL CHECK(length(key) = 16),"
	"  folio TEXT NOT NULL UNIQUE CHECK(length(folio) BETWEEN 1 AND 19),"
	"  epoch INTEGER NOT NULL,"
	"  service INTEGER NOT NULL REFERENCES service(id),"
	"  operation TEXT NOT NULL,"
	"  lang TEXT NOT NULL,"
	"  lane BLOB CHECK(lane IS NULL OR length(lane) = 16),"
	"  priority INTEGER NOT NULL CHECK(priority BETWEEN 0 AND 3),"
	"  class INTEGER NOT NULL CHECK(class BETWEEN 0 AND 2),"
	"  state INTEGER NOT NULL CHECK(state BETWEEN 1 AND 8),"
	"  receipt INTEGER NOT NULL CHECK(receipt BETWEEN 0 AND 4),"
	"  cause INTEGER NOT NULL CHECK(cause BETWEEN 0 AND 16),"
	"  ever_leased INTEGER NOT NULL CHECK(ever_leased IN (0, 1)),"
	"  attempts INTEGER NOT NULL CHECK(attempts >= 0),"
	"  backoff INTEGER NOT NULL CHECK(backoff >= 0),"
	"  unknowns INTEGER NOT NULL CHECK(unknowns >= 0),"
	"  defects INTEGER NOT NULL CHECK(defects >= 0),"
	"  first_defect_ms INTEGER NOT NULL,"
	"  due_ms INTEGER NOT NULL,"
	"  lease BLOB CHECK(lease IS NULL OR length(lease) = 16),"
	"  created_ms INTEGER NOT NULL CHECK(created_ms > 0),"
	"  changed_ms INTEGER NOT NULL CHECK(changed_ms > 0),"
	"  expires_ms INTEGER NOT NULL CHECK(expires_ms >= 0),"
	"  wrapped BLOB CHECK(wrapped IS NULL OR length(wrapped) = 40),"
	"  payload BLOB,"
	"  answer BLOB,"
	"  CHECK((state IN (2, 4)) = (lease IS NOT NULL)),"
	"  CHECK((state IN (1, 2, 3, 4)) = (due_ms > 0)),"
	"  CHECK(state NOT IN (2, 3, 4, 5, 6) OR ever_leased = 1),"
	"  CHECK(state NOT IN (3, 4) OR class <> 2),"
	"  CHECK(state <> 7 OR cause = 14 OR (cause = 13 AND ever_leased = 0)),"
	"  CHECK(receipt <> 2 OR state IN (5, 6, 7)),"
	"  CHECK((defects > 0) = (first_defect_ms > 0)),"
	"  CHECK(state IN (5, 6, 7) OR (wrapped IS NOT NULL AND payload IS NOT NULL)),"
	"  CHECK(wrapped IS NOT NULL OR (payload IS NULL AND answer IS NULL))"
	") STRICT;"
	"CREATE INDEX txn_due ON txn(service, priority, due_ms) WHERE state IN (1, 3);"
	"CREATE INDEX txn_out ON txn(sequence) WHERE lease IS NOT NULL;"
	"CREATE INDEX txn_lane ON txn(lane, sequence)"
	"  WHERE lane IS NOT NULL AND state NOT IN (5, 6, 7);"
	"CREATE INDEX txn_shred ON txn(changed_ms)"
	"  WHERE state IN (5, 6, 7) AND wrapped IS NOT NULL;"
	"CREATE INDEX txn_delete ON txn(changed_ms)"
	"  WHERE state IN (5, 6, 7) AND wrapped IS NULL;"
	"CREATE TABLE effect("
	"  sequence INTEGER PRIMARY KEY,"
	"  job BLOB NOT NULL UNIQUE CHECK(length(job) = 16),"
	"  txn INTEGER REFERENCES txn(sequence),"
	"  kind INTEGER NOT NULL CHECK(kind BETWEEN 1 AND 3),"
	"  detail INTEGER NOT NULL,"
	"  outcome INTEGER NOT NULL CHECK(outcome BETWEEN 0 AND 3),"
	"  reason TEXT NOT NULL CHECK(length(reason) < 32),"
	"  begun_ms INTEGER NOT NULL CHECK(begun_ms > 0),"
	"  finished_ms INTEGER NOT NULL,"
	"  CHECK((outcome = 0) = (finished_ms = 0))"
	") STRICT;"
	"CREATE INDEX effect_open ON effect(sequence) WHERE outcome = 0;"
	"CREATE INDEX effect_txn ON effect(txn) WHERE txn IS NOT NULL;";

/* The audit journal. A store of version 1 begins its chain with the opening that migrated it. */
static const char migration_2[] =
	"CREATE TABLE journal("
	"  sequence INTEGER PRIMARY KEY,"
	"  at_ms INTEGER NOT NULL,"
	"  opening INTEGER NOT NULL,"
	"  event INTEGER NOT NULL CHECK(event > 0),"
	"  first INTEGER NOT NULL,"
	"  second INTEGER NOT NULL,"
	"  subject BLOB CHECK(subject IS NULL OR length(subject) = 16),"
	"  word TEXT NOT NULL CHECK(length(word) < 32),"
	"  hash BLOB NOT NULL CHECK(length(hash) = 32)"
	") STRICT;"
	"CREATE TABLE checkpoint("
	"  sequence INTEGER PRIMARY KEY," /* of the row in journal that it signs */
	"  at_ms INTEGER NOT NULL,"
	"  hash BLOB NOT NULL CHECK(length(hash) = 32),"
	"  signature BLOB NOT NULL CHECK(length(signature) BETWEEN 8 AND 80)"
	") STRICT;";

/* The clock's floor. */
static const char migration_3[] =
	"ALTER TABLE store ADD COLUMN floor_ms INTEGER NOT NULL DEFAULT 0 CHECK(floor_ms >= 0);";

/* Counters of devices. */
static const char migration_4[] =
	"CREATE TABLE counter("
	"  device TEXT PRIMARY KEY CHECK(length(device) BETWEEN 1 AND 23),"
	"  run BLOB NOT NULL CHECK(length(run) = 16),"
	"  sheets INTEGER NOT NULL,"
	"  cuts INTEGER NOT NULL,"
	"  reads INTEGER NOT NULL,"
	"  errors INTEGER NOT NULL,"
	"  resets INTEGER NOT NULL,"
	"  told_sheets INTEGER NOT NULL CHECK(told_sheets BETWEEN 0 AND sheets),"
	"  told_cuts INTEGER NOT NULL CHECK(told_cuts BETWEEN 0 AND cuts),"
	"  told_reads INTEGER NOT NULL CHECK(told_reads BETWEEN 0 AND reads),"
	"  told_errors INTEGER NOT NULL CHECK(told_errors BETWEEN 0 AND errors),"
	"  told_resets INTEGER NOT NULL CHECK(told_resets BETWEEN 0 AND resets)"
	") STRICT, WITHOUT ROWID;";

const char *const queue_migrations[QUEUE_SCHEMA_VERSION] = {
	migration_1, migration_2, migration_3, migration_4};

#define RECORD                                                                               \
	"SELECT sequence, id, key, folio, epoch, service, operation, lang, priority, class," \
	" state, receipt, cause, ever_leased, attempts, backoff, unknowns, defects,"         \
	" first_defect_ms, due_ms, lease, created_ms, changed_ms, expires_ms,"               \
	" payload IS NOT NULL, answer IS NOT NULL FROM txn "

#define EFFECT                                                                   \
	"SELECT e.job, t.id, e.kind, e.detail, e.outcome, e.reason, e.begun_ms," \
	" e.finished_ms FROM effect e "
#define ITS_TXN "LEFT JOIN txn t ON t.sequence = e.txn "

#define JOURNAL                                                                       \
	"SELECT sequence, at_ms, opening, event, first, second, subject, word, hash," \
	" EXISTS(SELECT 1 FROM checkpoint c WHERE c.sequence = j.sequence) FROM journal j "

const char *const queue_sql[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_STORE_UPDATE] =
		"UPDATE store SET epoch = ?1, opening = ?2, number = ?3, sequence = ?4,"
		" oldest = ?5, session = ?6, floor_ms = ?7, journaled = ?8, leased = ?9,"
		" unknown = ?10, inquiry = ?11, accepted = ?12, rejected = ?13,"
		" expired = ?14, dead = ?15 WHERE one = 1",
	[SQL_SERVICES] = "SELECT id, name, adapter, success_ms, poisoned FROM service"
			 " WHERE id > 0 ORDER BY id",
	[SQL_SERVICE_ADD] = "INSERT INTO service VALUES(?1, ?2, ?3, 0, 0)",
	[SQL_SERVICE_UPDATE] = "UPDATE service SET success_ms = ?2, poisoned = ?3 WHERE id = ?1",
	[SQL_APPEND] = "INSERT INTO txn(sequence, id, key, folio, epoch, service, operation, lang,"
		       " lane, priority, class, state, receipt, cause, ever_leased, attempts,"
		       " backoff, unknowns, defects, first_defect_ms, due_ms, created_ms,"
		       " changed_ms, expires_ms, wrapped, payload) VALUES(?1, ?2, ?3, ?4, ?5, ?6,"
		       " ?7, ?8, ?9, ?10, ?11, 1, 0, ?12, 0, 0, 0, 0, 0, 0, ?13, ?14, ?14, ?15,"
		       " ?16, ?17)",
	[SQL_LANE_BUSY] = "SELECT 1 FROM txn WHERE lane = ?1 AND state NOT IN (5, 6, 7) LIMIT 1",
	[SQL_LANE_NEXT] = "SELECT sequence FROM txn WHERE lane = ?1 AND state NOT IN (5, 6, 7)"
			  " ORDER BY sequence LIMIT 1",
	[SQL_LANE_RELEASE] = "UPDATE txn SET due_ms = ?2, changed_ms = ?2 WHERE sequence = ?1"
			     " AND state = 1 AND due_ms = 9223372036854775807",
	[SQL_ROW] = "SELECT sequence, state, lease, service, lane, class, wrapped FROM txn"
		    " WHERE id = ?1",
	[SQL_UPDATE] = "UPDATE txn SET state = ?2, receipt = ?3, cause = ?4, ever_leased = ?5,"
		       " attempts = ?6, backoff = ?7, unknowns = ?8, defects = ?9,"
		       " first_defect_ms = ?10, due_ms = coalesce(?11, due_ms), lease = ?12,"
		       " changed_ms = ?13 WHERE sequence = ?1",
	[SQL_UPDATE_ANSWER] = "UPDATE txn SET answer = ?2 WHERE sequence = ?1",
	[SQL_GET_ID] = RECORD "WHERE id = ?1",
	[SQL_GET_FOLIO] = RECORD "WHERE folio = ?1",
	[SQL_GET_SEQUENCE] = RECORD "WHERE sequence = ?1",
	[SQL_SEALED] = "SELECT wrapped, payload, answer FROM txn WHERE id = ?1",
	[SQL_DUE] = RECORD "WHERE service = ?1 AND priority = ?2 AND state IN (1, 3)"
			   " AND due_ms <= ?3 ORDER BY due_ms LIMIT ?4",
	[SQL_DUE_CLAMPED] = RECORD "WHERE service = ?1 AND priority = ?2 AND state IN (1, 3)"
				   " AND due_ms > ?3 AND due_ms < 9223372036854775807"
				   " ORDER BY due_ms LIMIT ?4",
	[SQL_DUE_NEXT] = "SELECT due_ms FROM txn WHERE service = ?1 AND priority = ?2"
			 " AND state IN (1, 3) ORDER BY due_ms LIMIT 1",
	[SQL_OUTSTANDING] = "SELECT sequence, id, key, folio, epoch, service, operation, lang,"
			    " priority, class, state, receipt, cause, ever_leased, attempts,"
			    " backoff, unknowns, defects, first_defect_ms, due_ms, lease,"
			    " created_ms, changed_ms, expires_ms, payload IS NOT NULL,"
			    " answer IS NOT NULL FROM txn INDEXED BY txn_out"
			    " WHERE lease IS NOT NULL AND sequence > ?1 ORDER BY sequence LIMIT ?2",
	[SQL_HASTEN_FIND] = "SELECT sequence FROM txn WHERE service = ?1 AND priority = ?2"
			    " AND state IN (1, 3) AND due_ms > ?3"
			    " AND due_ms < 9223372036854775807 ORDER BY due_ms LIMIT ?4",
	[SQL_HASTEN] = "UPDATE txn SET due_ms = ?2, changed_ms = ?2 WHERE sequence = ?1",
	[SQL_LIST] = RECORD "WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2",
	[SQL_OLDEST] = "SELECT sequence, state, created_ms FROM txn WHERE sequence >= ?1"
		       " ORDER BY sequence LIMIT 256",
	[SQL_KEYS] = "SELECT sequence, key FROM txn WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
	[SQL_EFFECT_BEGIN] = "INSERT INTO effect(job, txn, kind, detail, outcome, reason, begun_ms,"
			     " finished_ms) VALUES(?1, ?2, ?3, ?4, 0, '', ?5, 0)",
	[SQL_EFFECT_GET] = EFFECT ITS_TXN "WHERE e.job = ?1",
	[SQL_EFFECT_FINISH] = "UPDATE effect SET outcome = ?2, reason = ?3, finished_ms = ?4"
			      " WHERE job = ?1",
	[SQL_EFFECTS_OPEN] =
		EFFECT "INDEXED BY effect_open " ITS_TXN "WHERE e.outcome = 0 AND e.sequence > 0"
		       " ORDER BY e.sequence LIMIT ?1",
	[SQL_COUNTERS] = "SELECT * FROM counter WHERE device > '' ORDER BY device",
	[SQL_COUNTERS_PUT] = "INSERT OR REPLACE INTO counter"
			     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_SHRED_FIND] = "SELECT sequence FROM txn WHERE state IN (5, 6, 7)"
			   " AND wrapped IS NOT NULL AND changed_ms <= ?1"
			   " ORDER BY changed_ms LIMIT ?2",
	[SQL_SHRED] = "UPDATE txn SET wrapped = NULL, payload = NULL, answer = NULL"
		      " WHERE sequence = ?1",
	[SQL_DELETE_FIND] = "SELECT sequence, state FROM txn WHERE state IN (5, 6, 7)"
			    " AND wrapped IS NULL AND changed_ms <= ?1"
			    " ORDER BY changed_ms LIMIT ?2",
	[SQL_DELETE_EFFECTS] = "DELETE FROM effect WHERE txn = ?1",
	[SQL_DELETE] = "DELETE FROM txn WHERE sequence = ?1",
	[SQL_JOURNAL_ADD] = "INSERT INTO journal VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_JOURNAL_LIST] = JOURNAL "WHERE j.sequence < ?1 ORDER BY j.sequence DESC LIMIT ?2",
	[SQL_JOURNAL_PAGE] = JOURNAL "WHERE j.sequence >= ?1 ORDER BY j.sequence LIMIT ?2",
	[SQL_CHECKPOINT_ADD] = "INSERT INTO checkpoint VALUES(?1, ?2, ?3, ?4)",
	[SQL_CHECKPOINT_BEFORE] = "SELECT sequence FROM checkpoint WHERE sequence < ?1"
				  " ORDER BY sequence DESC LIMIT 1",
	[SQL_CHECKPOINTS] = "SELECT sequence, at_ms, hash, signature FROM checkpoint"
			    " WHERE sequence >= ?1 ORDER BY sequence",
};

const char *const queue_sql_names[SQL_COUNT] = {
	[SQL_BEGIN] = "begin",
	[SQL_COMMIT] = "commit",
	[SQL_ROLLBACK] = "rollback",
	[SQL_STORE_UPDATE] = "store update",
	[SQL_SERVICES] = "services",
	[SQL_SERVICE_ADD] = "service add",
	[SQL_SERVICE_UPDATE] = "service update",
	[SQL_APPEND] = "append",
	[SQL_LANE_BUSY] = "lane busy",
	[SQL_LANE_NEXT] = "lane next",
	[SQL_LANE_RELEASE] = "lane release",
	[SQL_ROW] = "row",
	[SQL_UPDATE] = "update",
	[SQL_UPDATE_ANSWER] = "update answer",
	[SQL_GET_ID] = "get id",
	[SQL_GET_FOLIO] = "get folio",
	[SQL_GET_SEQUENCE] = "get sequence",
	[SQL_SEALED] = "sealed",
	[SQL_DUE] = "due",
	[SQL_DUE_CLAMPED] = "due clamped",
	[SQL_DUE_NEXT] = "due next",
	[SQL_OUTSTANDING] = "outstanding",
	[SQL_HASTEN_FIND] = "hasten find",
	[SQL_HASTEN] = "hasten",
	[SQL_LIST] = "list",
	[SQL_OLDEST] = "oldest",
	[SQL_KEYS] = "keys",
	[SQL_EFFECT_BEGIN] = "effect begin",
	[SQL_EFFECT_GET] = "effect get",
	[SQL_EFFECT_FINISH] = "effect finish",
	[SQL_EFFECTS_OPEN] = "effects open",
	[SQL_COUNTERS] = "counters",
	[SQL_COUNTERS_PUT] = "counters put",
	[SQL_SHRED_FIND] = "shred find",
	[SQL_SHRED] = "shred",
	[SQL_DELETE_FIND] = "delete find",
	[SQL_DELETE_EFFECTS] = "delete effects",
	[SQL_DELETE] = "delete",
	[SQL_JOURNAL_ADD] = "journal add",
	[SQL_JOURNAL_LIST] = "journal list",
	[SQL_JOURNAL_PAGE] = "journal page",
	[SQL_CHECKPOINT_ADD] = "checkpoint add",
	[SQL_CHECKPOINT_BEFORE] = "checkpoint before",
	[SQL_CHECKPOINTS] = "checkpoints",
};
