#include "tools/agency/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

struct store {
	sqlite3 *db;
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS persons(curp TEXT PRIMARY KEY, first TEXT NOT NULL,"
	" second TEXT NOT NULL, names TEXT NOT NULL, sex TEXT NOT NULL, birth TEXT NOT NULL,"
	" entity TEXT NOT NULL, nationality TEXT NOT NULL, document TEXT NOT NULL,"
	" year TEXT NOT NULL, foja TEXT NOT NULL, tomo TEXT NOT NULL, libro TEXT NOT NULL,"
	" acta TEXT NOT NULL, crip TEXT NOT NULL, registry_entity TEXT NOT NULL,"
	" registry_municipality TEXT NOT NULL, foreigner TEXT NOT NULL, letter TEXT NOT NULL,"
	" status TEXT NOT NULL, is_latin1 TEXT NOT NULL, fold_first TEXT NOT NULL, fold_second "
	"TEXT NOT NULL,"
	" fold_names TEXT NOT NULL) STRICT;"
	"CREATE INDEX IF NOT EXISTS persons_by_data ON persons(fold_first, birth, fold_names);"
	"CREATE TABLE IF NOT EXISTS former_keys(curp TEXT PRIMARY KEY,"
	" current TEXT NOT NULL REFERENCES persons(curp)) STRICT;"
	"CREATE TABLE IF NOT EXISTS ledger(id INTEGER PRIMARY KEY, terminal TEXT NOT NULL,"
	" key TEXT NOT NULL, operation TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	" state TEXT NOT NULL CHECK (state IN ('applied', 'rejected')), status INTEGER NOT NULL,"
	" is_latin1 INTEGER NOT NULL, session TEXT UNIQUE, reason TEXT NOT NULL, answer BLOB NOT "
	"NULL, at_ms INTEGER NOT NULL,"
	" UNIQUE (terminal, key)) STRICT;"
	/* No uniqueness on purpose: see the header. */
	"CREATE TABLE IF NOT EXISTS effects(id INTEGER PRIMARY KEY, terminal TEXT NOT NULL,"
	" key TEXT NOT NULL, document TEXT NOT NULL) STRICT;"
	"CREATE INDEX IF NOT EXISTS effects_by_key ON effects(terminal, key);"
	"CREATE TABLE IF NOT EXISTS requests(terminal TEXT NOT NULL, key TEXT NOT NULL,"
	" text TEXT NOT NULL, cms TEXT NOT NULL, PRIMARY KEY (terminal, key)) STRICT;"
	"CREATE TABLE IF NOT EXISTS confirmations(session TEXT PRIMARY KEY"
	" REFERENCES ledger(session), at_ms INTEGER NOT NULL, times INTEGER NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS checkpoints(terminal TEXT NOT NULL, sequence INTEGER NOT NULL,"
	" hash TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (terminal, sequence, hash))"
	" STRICT;"
	"CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) "
	"STRICT;";

static enum vt_code fail(struct store *store, struct vt_error *error, const char *what)
{
	int rc = sqlite3_extended_errcode(store->db);
	enum vt_code code = (rc & 0xff) == SQLITE_FULL	       ? VT_ERR_FULL
			    : (rc & 0xff) == SQLITE_CONSTRAINT ? VT_ERR_EXISTS
							       : VT_ERR_IO;

	return vt_fail(error, code, rc, "store: %s: %s", what, sqlite3_errmsg(store->db));
}

static enum vt_code run(struct store *store, const char *sql, struct vt_error *error)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(store, error, "exec");
	return VT_OK;
}

static void statement_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
	*stmt = NULL;
}

/* Prepares sql and binds texts[0..count) to ?1, ?2 … */
static enum vt_code prepare(struct store *store, const char *sql, const char *const *texts,
	int count, sqlite3_stmt **ret_stmt, struct vt_error *error)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return fail(store, error, "prepare");
	for (int i = 0; i < count; i++) {
		if (sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_TRANSIENT) != SQLITE_OK) {
			sqlite3_finalize(stmt);
			return fail(store, error, "bind");
		}
	}
	*ret_stmt = stmt;
	return VT_OK;
}

/* Runs a statement that returns no row. */
static enum vt_code run_texts(struct store *store, const char *sql, const char *const *texts,
	int count, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	enum vt_code code = prepare(store, sql, texts, count, &stmt, error);

	if (code != VT_OK)
		return code;
	if (sqlite3_step(stmt) != SQLITE_DONE)
		return fail(store, error, "write");
	return VT_OK;
}

static void column(sqlite3_stmt *stmt, int i, char *dst, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);
	bool fits = vt_copy(dst, size, text != NULL ? text : "");

	VT_ASSERT(fits); /* we wrote it */
}

/* People */

static bool is_taken(void *context, const char *curp)
{
	struct store *store = context;
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	enum vt_code code = prepare(store,
		"SELECT 1 FROM persons WHERE curp = ?1 UNION ALL"
		" SELECT 1 FROM former_keys WHERE curp = ?1",
		&curp, 1, &stmt, NULL);

	return code == VT_OK && sqlite3_step(stmt) == SQLITE_ROW;
}

static enum vt_code add_person(void *context, const struct person *p)
{
	struct store *store = context;
	char first[NAMES_SIZE], second[NAMES_SIZE], names[NAMES_SIZE];

	if (names_fold(first, sizeof(first), p->first) != VT_OK ||
		names_fold(second, sizeof(second), p->second) != VT_OK ||
		names_fold(names, sizeof(names), p->names) != VT_OK)
		return VT_ERR_LIMIT;
	const char *const values[] = {p->curp, p->first, p->second, p->names, p->sex, p->birth,
		p->entity, p->nationality, p->document, p->year, p->foja, p->tomo, p->libro,
		p->acta, p->crip, p->registry_entity, p->registry_municipality, p->foreigner,
		p->letter, p->status, p->is_latin1, first, second, names};
	enum vt_code code = run_texts(store,
		"INSERT INTO persons VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
		values, (int)VT_ELEMENTS(values), NULL);

	if (code == VT_OK && p->former[0] != '\0') {
		code = run_texts(store, "INSERT INTO former_keys VALUES (?1, ?2)",
			(const char *const[]){p->former, p->curp}, 2, NULL);
	}
	return code;
}

static enum vt_code populate(struct store *store, uint64_t seed, struct vt_error *error)
{
	char want[40], have[40] = "";
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	bool fits = vt_format(want, sizeof(want), "2 %llu", (unsigned long long)seed);

	VT_ASSERT(fits); /* the 2: version of the generator */
	enum vt_code code = prepare(
		store, "SELECT value FROM meta WHERE name = 'population'", NULL, 0, &stmt, error);

	if (code != VT_OK)
		return code;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		column(stmt, 0, have, sizeof(have));
	statement_finalize(&stmt);
	if (strcmp(have, want) == 0)
		return VT_OK;
	code = run(store, "DELETE FROM former_keys; DELETE FROM persons", error);
	if (code == VT_OK && population_generate(seed, add_person, is_taken, store) != VT_OK)
		code = fail(store, error, "population");
	if (code == VT_OK) {
		code = run_texts(store, "INSERT OR REPLACE INTO meta VALUES ('population', ?1)",
			(const char *const[]){want}, 1, error);
	}
	return code;
}

static void read_person(sqlite3_stmt *stmt, struct person *p)
{
	memset(p, 0, sizeof(*p));
	column(stmt, 0, p->curp, sizeof(p->curp));
	column(stmt, 1, p->first, sizeof(p->first));
	column(stmt, 2, p->second, sizeof(p->second));
	column(stmt, 3, p->names, sizeof(p->names));
	column(stmt, 4, p->sex, sizeof(p->sex));
	column(stmt, 5, p->birth, sizeof(p->birth));
	column(stmt, 6, p->entity, sizeof(p->entity));
	column(stmt, 7, p->nationality, sizeof(p->nationality));
	column(stmt, 8, p->document, sizeof(p->document));
	column(stmt, 9, p->year, sizeof(p->year));
	column(stmt, 10, p->foja, sizeof(p->foja));
	column(stmt, 11, p->tomo, sizeof(p->tomo));
	column(stmt, 12, p->libro, sizeof(p->libro));
	column(stmt, 13, p->acta, sizeof(p->acta));
	column(stmt, 14, p->crip, sizeof(p->crip));
	column(stmt, 15, p->registry_entity, sizeof(p->registry_entity));
	column(stmt, 16, p->registry_municipality, sizeof(p->registry_municipality));
	column(stmt, 17, p->foreigner, sizeof(p->foreigner));
	column(stmt, 18, p->letter, sizeof(p->letter));
	column(stmt, 19, p->status, sizeof(p->status));
	column(stmt, 20, p->is_latin1, sizeof(p->is_latin1));
}

enum vt_code store_person_by_key(
	struct store *store, const char *curp, struct person *ret_person, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	enum vt_code code = prepare(store,
		"SELECT * FROM persons WHERE curp ="
		" coalesce((SELECT current FROM former_keys WHERE curp = ?1), ?1)",
		&curp, 1, &stmt, error);

	if (code != VT_OK)
		return code;
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		read_person(stmt, ret_person);
		return VT_OK;
	case SQLITE_DONE:
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "store: no such key");
	default:
		return fail(store, error, "person");
	}
}

enum vt_code store_persons_by_data(struct store *store, const struct store_query *query, size_t max,
	struct person *ret_persons, size_t *ret_count, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	const char *const texts[] = {
		query->first, query->names, query->birth, query->second, query->sex, query->entity};
	size_t count = 0;
	int rc = SQLITE_DONE;
	enum vt_code code = prepare(store,
		"SELECT * FROM persons WHERE fold_first = ?1 AND fold_names = ?2 AND birth = ?3"
		" AND (?4 = '' OR fold_second = ?4) AND (?5 = '' OR sex = ?5)"
		" AND (?6 = '' OR entity = ?6) ORDER BY curp",
		texts, (int)VT_ELEMENTS(texts), &stmt, error);

	if (code != VT_OK)
		return code;
	while (count < max && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		read_person(stmt, &ret_persons[count++]);
	if (count < max && rc != SQLITE_DONE)
		return fail(store, error, "persons");
	*ret_count = count;
	return VT_OK;
}

/* Ledger */

void store_row_finish(struct store_row *row)
{
	vt_buf_finish(&row->answer);
}

static const char *state_text(enum store_state state)
{
	return state == STORE_APPLIED ? "applied" : "rejected";
}

enum vt_code store_find(struct store *store, const char *terminal, const char *key,
	struct store_row *ret_row, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	char state[16];
	enum vt_code code = prepare(store,
		"SELECT operation, fingerprint, state, status, session, reason, answer, is_latin1"
		" FROM ledger WHERE terminal = ?1 AND key = ?2",
		(const char *const[]){terminal, key}, 2, &stmt, error);

	if (code != VT_OK)
		return code;
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		break;
	case SQLITE_DONE:
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "store: key not known");
	default:
		return fail(store, error, "find");
	}
	memset(ret_row, 0, sizeof(*ret_row));
	column(stmt, 0, ret_row->operation, sizeof(ret_row->operation));
	column(stmt, 1, ret_row->fingerprint, sizeof(ret_row->fingerprint));
	column(stmt, 2, state, sizeof(state));
	ret_row->state = strcmp(state, "applied") == 0 ? STORE_APPLIED : STORE_REJECTED;
	ret_row->status = sqlite3_column_int(stmt, 3);
	column(stmt, 4, ret_row->session, sizeof(ret_row->session));
	column(stmt, 5, ret_row->reason, sizeof(ret_row->reason));
	ret_row->is_latin1 = sqlite3_column_int(stmt, 7) != 0;
	vt_buf_init(&ret_row->answer, VT_MAX_HTTP_BODY);
	vt_buf_append(&ret_row->answer, sqlite3_column_blob(stmt, 6),
		(size_t)sqlite3_column_bytes(stmt, 6));
	if (ret_row->answer.failed != VT_OK) {
		code = ret_row->answer.failed;
		store_row_finish(ret_row);
		return vt_fail(error, code, 0, "store: answer");
	}
	return VT_OK;
}

enum vt_code store_decide(struct store *store, const char *terminal, const char *key,
	const struct store_row *row, int64_t now_unix_ms, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	const char *const texts[] = {terminal, key, row->operation, row->fingerprint,
		state_text(row->state), row->session, row->reason};
	enum vt_code code = prepare(store,
		"INSERT INTO ledger(terminal, key, operation, fingerprint, state, session, reason,"
		" status, answer, at_ms, is_latin1) VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, ''), ?7,"
		" ?8, ?9, ?10, ?11)",
		texts, (int)VT_ELEMENTS(texts), &stmt, error);

	if (code != VT_OK)
		return code;
	if (sqlite3_bind_int(stmt, 8, row->status) != SQLITE_OK ||
		sqlite3_bind_blob(stmt, 9, vt_buf_text(&row->answer), (int)row->answer.length,
			SQLITE_TRANSIENT) != SQLITE_OK ||
		sqlite3_bind_int64(stmt, 10, now_unix_ms) != SQLITE_OK ||
		sqlite3_bind_int(stmt, 11, row->is_latin1 ? 1 : 0) != SQLITE_OK ||
		sqlite3_step(stmt) != SQLITE_DONE)
		return fail(store, error, "decide");
	return VT_OK;
}

enum vt_code store_effect(struct store *store, const char *terminal, const char *key,
	const char *document, struct vt_error *error)
{
	return run_texts(store, "INSERT INTO effects(terminal, key, document) VALUES (?1, ?2, ?3)",
		(const char *const[]){terminal, key, document}, 3, error);
}

enum vt_code store_request(struct store *store, const char *terminal, const char *key,
	const char *text, const char *cms, struct vt_error *error)
{
	return run_texts(store, "INSERT INTO requests VALUES (?1, ?2, ?3, ?4)",
		(const char *const[]){terminal, key, text, cms}, 4, error);
}

enum vt_code store_next(struct store *store, const char *counter, int64_t first, int64_t *ret,
	struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	enum vt_code code = prepare(store,
		"INSERT INTO counters VALUES (?1, ?2)"
		" ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
		&counter, 1, &stmt, error);

	if (code != VT_OK)
		return code;
	if (sqlite3_bind_int64(stmt, 2, first) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW)
		return fail(store, error, "counter");
	int64_t value = sqlite3_column_int64(stmt, 0);

	if (sqlite3_step(stmt) != SQLITE_DONE)
		return fail(store, error, "counter");
	*ret = value;
	return VT_OK;
}

enum vt_code store_confirm(struct store *store, const char *terminal, const char *session,
	int64_t now_unix_ms, bool *ret_is_first, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	enum vt_code code = prepare(store,
		"INSERT INTO confirmations SELECT session, ?3, 1 FROM ledger"
		" WHERE terminal = ?1 AND session = ?2"
		" ON CONFLICT (session) DO UPDATE SET times = times + 1 RETURNING times",
		(const char *const[]){terminal, session}, 2, &stmt, error);

	if (code)
		return code;
	if (sqlite3_bind_int64(stmt, 3, now_unix_ms) != SQLITE_OK)
		return fail(store, error, "confirm");
	const int rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "store: no such session");
	if (rc != SQLITE_ROW)
		return fail(store, error, "confirm");
	const bool is_first = sqlite3_column_int(stmt, 0) == 1;
	if (sqlite3_step(stmt) != SQLITE_DONE)
		return fail(store, error, "confirm");
	*ret_is_first = is_first;
	return VT_OK;
}

/* Prints all rows of sql: columns joined by separator. */
static enum vt_code print_rows(struct store *store, const char *sql, char separator,
	struct vt_buf *out, struct vt_error *error)
{
	VT_CLEANUP(statement_finalize) sqlite3_stmt *stmt = NULL;
	enum vt_code code = prepare(store, sql, NULL, 0, &stmt, error);
	int rc;

	if (code != VT_OK)
		return code;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			if (i > 0)
				vt_buf_append_byte(out, (uint8_t)separator);
			vt_buf_append_text(out, (const char *)sqlite3_column_text(stmt, i));
		}
		vt_buf_append_text(out, "\n");
	}
	return rc == SQLITE_DONE ? VT_OK : fail(store, error, "print");
}

enum vt_code store_list(struct store *store, const char *terminal, bool sheets, int64_t after,
	size_t max, struct store_entry *ret_entries, size_t *ret_count, struct vt_error *error)
{
	sqlite3_stmt *stmt = NULL;
	size_t count = 0;
	int rc = sqlite3_prepare_v2(store->db,
		"SELECT id, key, state = 'applied', at_ms FROM ledger WHERE terminal = ?1"
		" AND (operation = 'sheets') = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
		-1, &stmt, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, terminal, -1, SQLITE_STATIC);
		sqlite3_bind_int(stmt, 2, sheets);
		sqlite3_bind_int64(stmt, 3, after);
		sqlite3_bind_int64(stmt, 4, (sqlite3_int64)max);
	}
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_ROW)
			break;
		struct store_entry *entry = &ret_entries[count++];
		entry->sequence = sqlite3_column_int64(stmt, 0);
		vt_copy_cut(
			entry->key, sizeof(entry->key), (const char *)sqlite3_column_text(stmt, 1));
		entry->state = sqlite3_column_int(stmt, 2) ? STORE_APPLIED : STORE_REJECTED;
		entry->at_unix_ms = sqlite3_column_int64(stmt, 3);
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return fail(store, error, "list");
	*ret_count = count;
	return VT_OK;
}

enum vt_code store_witness(struct store *store, const char *terminal, const char *checkpoint,
	int64_t now_unix_ms, struct vt_error *error)
{
	sqlite3_stmt *stmt = NULL;
	char number[20], hash[65];
	int64_t sequence;

	if (sscanf(checkpoint, "%19[0-9] %64[0-9a-f]", number, hash) != 2 || strlen(hash) != 64 ||
		vt_parse_i64(number, 1, INT64_MAX, &sequence) != VT_OK)
		return VT_OK;
	int rc = sqlite3_prepare_v2(store->db,
		"INSERT OR IGNORE INTO checkpoints VALUES(?1, ?2, ?3, ?4)", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, terminal, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 2, sequence);
		sqlite3_bind_text(stmt, 3, hash, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 4, now_unix_ms);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? VT_OK : fail(store, error, "witness");
}

enum vt_code store_print_checkpoints(
	struct store *store, struct vt_buf *out, struct vt_error *error)
{
	return print_rows(store,
		"SELECT 'ventanilla journal checkpoint 1' || char(10) || 'terminal ' || terminal ||"
		" char(10) || 'sequence ' || sequence || char(10) || 'hash ' || hash"
		" FROM checkpoints ORDER BY rowid",
		'\t', out, error);
}

enum vt_code store_print_ledger(struct store *store, struct vt_buf *out, struct vt_error *error)
{
	return print_rows(store,
		"SELECT l.terminal, l.key, l.operation,"
		" (SELECT count(*) FROM effects e WHERE e.terminal = l.terminal AND e.key = l.key),"
		" CASE WHEN l.session IS NULL THEN '-' ELSE"
		"  EXISTS (SELECT 1 FROM confirmations c WHERE c.session = l.session) END"
		" FROM ledger l ORDER BY l.id",
		'\t', out, error);
}

enum vt_code store_print_requests(struct store *store, struct vt_buf *out, struct vt_error *error)
{
	return print_rows(store, "SELECT terminal, key, text, cms FROM requests ORDER BY rowid",
		'\t', out, error);
}

enum vt_code store_print_stats(struct store *store, struct vt_buf *out, struct vt_error *error)
{
	return print_rows(store,
		"SELECT 'persons', count(*) FROM persons UNION ALL"
		" SELECT 'former_keys', count(*) FROM former_keys UNION ALL"
		" SELECT 'applied', count(*) FROM ledger WHERE state = 'applied' UNION ALL"
		" SELECT 'rejected', count(*) FROM ledger WHERE state = 'rejected' UNION ALL"
		" SELECT 'effects', count(*) FROM effects UNION ALL"
		" SELECT 'confirmed', count(*) FROM confirmations UNION ALL"
		" SELECT * FROM (SELECT 'status_' || status, count(*) FROM persons"
		"  GROUP BY status ORDER BY status)",
		' ', out, error);
}

/* Transactions and life */

enum vt_code store_begin(struct store *store, struct vt_error *error)
{
	return run(store, "BEGIN IMMEDIATE", error);
}

enum vt_code store_commit(struct store *store, struct vt_error *error)
{
	return run(store, "COMMIT", error);
}

void store_abort(struct store *store)
{
	if (sqlite3_get_autocommit(store->db) == 0) {
		/* A rollback that fails leaves nothing committed either. */
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	}
}

void store_close(struct store **store)
{
	if (*store != NULL) {
		sqlite3_close((*store)->db);
		free(*store);
		*store = NULL;
	}
}

static enum vt_code set_up(struct store *store, uint64_t seed, struct vt_error *error)
{
	enum vt_code code;

	sqlite3_busy_timeout(store->db, 5000);
	code = run(store,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		"PRAGMA trusted_schema = OFF",
		error);
	if (code == VT_OK)
		code = store_begin(store, error);
	if (code == VT_OK)
		code = run(store, schema, error);
	if (code == VT_OK)
		code = populate(store, seed, error);
	if (code == VT_OK)
		code = store_commit(store, error);
	store_abort(store);
	return code;
}

enum vt_code store_open(
	const char *path, uint64_t seed, struct store **ret_store, struct vt_error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	enum vt_code code;

	if (store == NULL)
		return vt_fail(error, VT_ERR_NOMEM, 0, "store: open");
	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
		SQLITE_OK)
		code = fail(store, error, "open");
	else
		code = set_up(store, seed, error);
	if (code != VT_OK) {
		store_close(&store);
		return code;
	}
	*ret_store = store;
	return VT_OK;
}
