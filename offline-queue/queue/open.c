#include "offline-queue/queue/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "offline-queue/queue/journal_key.h"
#include "terminal/base/assert.h"
#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

/* Opening, step by step; a crash between any two of them is repaired by the next opening.
 *
 *   1  a -wal without its database: an interrupted quarantine, finish it
 *   2  open, settings, lock                         busy → VT_ERR_BUSY
 *   3  empty file → create; other application → corrupt; newer version → VT_ERR_UNSUPPORTED;
 *      older version → migrate, each step one commit
 *   4  integrity check                              corrupt → quarantine, once, from 1
 *   5  key and terminal fit                         else VT_ERR_UNTRUSTED
 *   6  compare with the epoch note, count the opening in the store (commit), then in the note
 *
 * Store before note in step 6: so the note is never ahead of an honest store, and a store that is
 * behind the note is an old copy. */

/* Above this size only the small tables are checked at opening: a whole check reads every page, and
 * a terminal must be in service within seconds. Every sealed field is authenticated when read. */
#define FULL_CHECK_MAX_BYTES (64 * 1024 * 1024)

/* Pages of 1 KiB: an enqueue touches seven trees at one page each, so small pages write less. Per
 * enqueue of a 2 KiB payload, measured: 12.5 kB (1 KiB pages), 19.0 (2), 34.6 (4); on disk 2,302,
 * 2,390 and 4,199 bytes. A single commit takes as long, for the flush decides; batches of 16 are
 * about a fifth slower than with 2 KiB, which is the price. */
static const char settings[] =
	"PRAGMA locking_mode = EXCLUSIVE;" /* before WAL: no shared memory, nobody else */
	"PRAGMA page_size = 1024;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;" /* NORMAL lost acknowledged rows in 7 of 12 power cuts */
	"PRAGMA foreign_keys = ON;"
	"PRAGMA trusted_schema = OFF;"
	"PRAGMA cell_size_check = ON;"
	"PRAGMA secure_delete = ON;"
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA cache_size = -8192;" /* KiB, the most it ever takes: upper pages of all trees */
	"PRAGMA cache_spill = OFF;"  /* pages are written at commit or never */
	/* The -wal is reused, not grown nor cut: about 2 MB. Idle time checkpoints
	 * (queue_checkpoint()), this is the backstop. */
	"PRAGMA wal_autocheckpoint = 2000;";

static enum vt_code exec(struct queue *queue, const char *sql, const char *doing)
{
	const int rc = sqlite3_exec(queue->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? VT_OK : queue_fail_sqlite(queue, rc, doing);
}

/* First column of the first row as a number (or as text, if text is not NULL). */
static enum vt_code query(
	struct queue *queue, const char *sql, int64_t *ret, char *text, size_t size)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(queue->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		if (ret)
			*ret = sqlite3_column_int64(stmt, 0);
		const char *found = (const char *)sqlite3_column_text(stmt, 0);
		if (text)
			vt_copy_cut(text, size, found ? found : "");
	}
	sqlite3_finalize(stmt);
	if (rc == SQLITE_ROW)
		return VT_OK;
	if (rc == SQLITE_DONE)
		return queue_fail(queue, VT_ERR_CORRUPT, "nothing where a row must be");
	return queue_fail_sqlite(queue, rc, "query");
}

static enum vt_code open_database(struct queue *queue)
{
	int rc = sqlite3_open_v2(queue->path, &queue->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
		queue->vfs[0] ? queue->vfs : NULL);

	if (rc != SQLITE_OK)
		return queue_fail_sqlite(queue, rc, "open");
	/* What cannot be opened, or failed, is left as it lies: closing would delete a -wal that it
	 * cannot read, and that is all there may be to salvage. */
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(queue->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(queue->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(queue->db, SQLITE_LIMIT_LENGTH, 1 << 20);
	enum vt_code code = exec(queue, settings, "settings");
	if (code != VT_OK)
		return code;
	char mode[16] = "";
	code = query(queue, "PRAGMA journal_mode", NULL, mode, sizeof(mode));
	if (code == VT_OK && strcmp(mode, "wal") != 0)
		return queue_fail(queue, VT_ERR_UNSUPPORTED, "no write-ahead log on this disk");
	return code;
}

/* ---- creation and migration ---- */

static enum vt_code insert_store_row(struct queue *queue)
{
	uint8_t key[SEAL_KEY_SIZE], wrapped[SEAL_WRAPPED_SIZE];
	uint8_t sealed[QUEUE_TERMINAL_SIZE + SEAL_OVERHEAD];
	const uint8_t zero_id[16] = {0};
	const size_t length = strlen(queue->terminal);
	sqlite3_stmt *stmt = NULL;
	enum vt_code code = sealer_new_key(queue->sealer, key, wrapped);

	if (code == VT_OK)
		code = sealer_seal(
			queue->sealer, key, zero_id, SEAL_CHECK, queue->terminal, length, sealed);
	vt_wipe(key, sizeof(key));
	if (code != VT_OK)
		return queue_fail(queue, code, "seal the key check");
	int rc = sqlite3_prepare_v2(queue->db,
		"INSERT INTO store VALUES(1, ?1, ?2, ?3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
		-1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, queue->terminal, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(stmt, 2, wrapped, sizeof(wrapped), SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(
			stmt, 3, sealed, (int)(length + SEAL_OVERHEAD), SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? VT_OK : queue_fail_sqlite(queue, rc, "create");
}

static enum vt_code migrate_step(struct queue *queue, int from)
{
	char stamp[96];
	enum vt_code code = exec(queue, "BEGIN IMMEDIATE", "migrate");

	if (code != VT_OK)
		return code;
	code = exec(queue, queue_migrations[from], "migrate");
	if (code == VT_OK && from == 0)
		code = insert_store_row(queue);
	if (code == VT_OK && vt_format(stamp, sizeof(stamp),
				     "PRAGMA application_id = %d; PRAGMA user_version = %d",
				     QUEUE_APPLICATION_ID, from + 1))
		code = exec(queue, stamp, "migrate");
	if (code == VT_OK)
		code = exec(queue, "COMMIT", "migrate");
	if (code != VT_OK)
		sqlite3_exec(queue->db, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

static enum vt_code bring_to_version(struct queue *queue, struct queue_report *report)
{
	int64_t application = 0, version = 0, objects = 0;
	enum vt_code code = query(queue, "PRAGMA application_id", &application, NULL, 0);

	if (code == VT_OK)
		code = query(queue, "PRAGMA user_version", &version, NULL, 0);
	if (code == VT_OK)
		code = query(queue, "SELECT count(*) FROM sqlite_schema", &objects, NULL, 0);
	if (code != VT_OK)
		return code;
	report->created = application == 0 && version == 0 && objects == 0;
	if (!report->created && application != QUEUE_APPLICATION_ID)
		return queue_fail(queue, VT_ERR_CORRUPT, "not a store of this program");
	if (version > QUEUE_SCHEMA_VERSION)
		return vt_fail(&queue->error, VT_ERR_UNSUPPORTED, 0,
			"queue: written by a newer version (%lld, this one knows %d)",
			(long long)version, QUEUE_SCHEMA_VERSION);
	if (version < 0 || (version == 0 && !report->created))
		return queue_fail(queue, VT_ERR_CORRUPT, "version number is damaged");
	report->schema_from = (int)version;
	report->schema_to = QUEUE_SCHEMA_VERSION;
	for (int from = (int)version; from < QUEUE_SCHEMA_VERSION; from++) {
		code = migrate_step(queue, from);
		if (code != VT_OK)
			return code;
	}
	return VT_OK;
}

/* ---- checks ---- */

static enum vt_code check_integrity(struct queue *queue)
{
	static const char *const small[] = {"PRAGMA quick_check('store')",
		"PRAGMA quick_check('service')", "PRAGMA quick_check('sqlite_schema')"};
	static const char *const whole[] = {"PRAGMA quick_check(1)"};
	int64_t pages = 0, page_size = 0;
	char verdict[120] = "";
	enum vt_code code = query(queue, "PRAGMA page_count", &pages, NULL, 0);

	if (code == VT_OK)
		code = query(queue, "PRAGMA page_size", &page_size, NULL, 0);
	const bool is_small = pages * page_size <= FULL_CHECK_MAX_BYTES;
	const char *const *checks = is_small ? whole : small;
	const size_t count = is_small ? VT_ELEMENTS(whole) : VT_ELEMENTS(small);
	for (size_t i = 0; code == VT_OK && i < count; i++) {
		code = query(queue, checks[i], NULL, verdict, sizeof(verdict));
		/* The verdict names pages and columns, never values. */
		if (code == VT_OK && strcmp(verdict, "ok") != 0)
			return vt_fail(&queue->error, VT_ERR_CORRUPT, 0, "queue: %.100s", verdict);
	}
	return code;
}

static enum vt_code check_key(struct queue *queue, sqlite3_stmt *row)
{
	uint8_t key[SEAL_KEY_SIZE];
	const uint8_t zero_id[16] = {0};
	struct vt_buf text;
	const void *wrapped = sqlite3_column_blob(row, 1);
	const void *sealed = sqlite3_column_blob(row, 2);
	const int length = sqlite3_column_bytes(row, 2);
	const char *terminal = (const char *)sqlite3_column_text(row, 0);

	if (!wrapped || !sealed || !terminal || sqlite3_column_bytes(row, 1) != SEAL_WRAPPED_SIZE)
		return queue_fail(queue, VT_ERR_CORRUPT, "store row is damaged");
	if (strcmp(terminal, queue->terminal) != 0)
		return queue_fail(queue, VT_ERR_UNTRUSTED, "belongs to another terminal");
	vt_buf_init(&text, QUEUE_TERMINAL_SIZE);
	enum vt_code code = sealer_unwrap(queue->sealer, wrapped, key);
	if (code == VT_OK)
		code = sealer_open(
			queue->sealer, key, zero_id, SEAL_CHECK, sealed, (size_t)length, &text);
	vt_wipe(key, sizeof(key));
	vt_buf_finish(&text);
	return code == VT_OK ? VT_OK : queue_fail(queue, code, "the key file is not this store's");
}

static enum vt_code load_store(struct queue *queue)
{
	sqlite3_stmt *row = NULL;
	struct ledger *then = &queue->then;
	int rc = sqlite3_prepare_v2(queue->db,
		"SELECT terminal, check_wrapped, check_sealed, epoch, opening, number, sequence,"
		" oldest, session, journaled, leased, unknown, inquiry, accepted, rejected, "
		"expired,"
		" dead, (SELECT coalesce(max(sequence), 0) FROM txn), floor_ms FROM store"
		" WHERE one = 1",
		-1, &row, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(row);
	if (rc != SQLITE_ROW) {
		sqlite3_finalize(row);
		if (rc == SQLITE_DONE)
			return queue_fail(queue, VT_ERR_CORRUPT, "store row is missing");
		return queue_fail_sqlite(queue, rc, "load");
	}
	enum vt_code code = check_key(queue, row);
	then->epoch = sqlite3_column_int64(row, 3);
	then->opening = sqlite3_column_int64(row, 4);
	then->number = sqlite3_column_int64(row, 5);
	then->sequence = sqlite3_column_int64(row, 6);
	then->oldest = sqlite3_column_int64(row, 7);
	then->session = sqlite3_column_int64(row, 8);
	then->floor_ms = sqlite3_column_int64(row, 18);
	for (int i = TXN_JOURNALED; i < TXN_STATE_COUNT; i++)
		then->states[i] = sqlite3_column_int64(row, 9 + i - TXN_JOURNALED);
	if (code == VT_OK && sqlite3_column_int64(row, 17) > then->sequence)
		code = queue_fail(queue, VT_ERR_CORRUPT, "rows beyond the last number");
	sqlite3_finalize(row);
	queue->now = *then;
	return code;
}

static enum vt_code prepare_statements(struct queue *queue)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		const int rc = sqlite3_prepare_v3(queue->db, queue_sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &queue->statements[i], NULL);
		if (rc != SQLITE_OK) {
			/* SQLITE_ERROR: a table or column is missing. */
			if ((rc & 0xff) == SQLITE_ERROR)
				return queue_fail(queue, VT_ERR_CORRUPT, "schema is damaged");
			return queue_fail_sqlite(queue, rc, "prepare");
		}
	}
	return VT_OK;
}

/* ---- the epoch note ---- */

static enum vt_code count_opening(
	struct queue *queue, struct queue_report *report, int64_t now_unix_ms)
{
	struct epoch_note note;
	enum vt_code code = epoch_read(queue, &note, &queue->error);

	if (code != VT_OK)
		return code;
	report->rolled_back = note.opening > queue->then.opening && !report->quarantined;
	code = queue_begin(queue);
	if (code != VT_OK)
		return code;
	if (note.opening > queue->then.opening) {
		/* Another store's number, or an old copy: folios of this epoch may exist. */
		queue->now.epoch =
			(note.epoch > queue->then.epoch ? note.epoch : queue->then.epoch) + 1;
		queue->now.number = 0;
		queue->now.opening = note.opening;
	} else if (note.epoch > queue->then.epoch) {
		/* A cut between note and commit when the numbers of an epoch had run out. */
		queue->now.epoch = note.epoch;
		queue->now.number = 0;
	}
	queue->now.opening++;
	code = journal_note_opening(queue, report, now_unix_ms);
	if (code == VT_OK)
		code = queue_commit(queue);
	if (code != VT_OK) {
		queue_abort(queue);
		return code;
	}
	note = (struct epoch_note){.epoch = queue->then.epoch, .opening = queue->then.opening};
	report->epoch = note.epoch;
	report->opening = note.opening;
	return epoch_write(queue, &note, &queue->error);
}

/* ---- quarantine ---- */

static void close_database(struct queue *queue)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(queue->statements[i]);
		queue->statements[i] = NULL;
	}
	sqlite3_close_v2(queue->db);
	queue->db = NULL;
	queue->in_batch = false;
	queue->is_failed = false;
	queue->spoilt = VT_OK;
}

static enum vt_code sync_folder(struct queue *queue)
{
	char copy[sizeof(queue->path)];
	const bool fits = vt_copy(copy, sizeof(copy), queue->path);
	VT_ASSERT(fits);
	VT_CLEANUP(vt_closep) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return vt_fail(&queue->error, VT_ERR_IO, errno, "queue: quarantine: sync folder");
	return VT_OK;
}

/* Renames path + suffix to aside + suffix; a missing file is fine, *ret_moved tells. */
static enum vt_code move_aside(
	struct queue *queue, const char *aside, const char *suffix, bool *ret_moved)
{
	char from[600], to[600];

	*ret_moved = false;
	if (!vt_format(from, sizeof(from), "%s%s", queue->path, suffix) ||
		!vt_format(to, sizeof(to), "%s%s", aside, suffix))
		return queue_fail(queue, VT_ERR_LIMIT, "quarantine: path too long");
	if (rename(from, to) < 0) {
		if (errno == ENOENT)
			return VT_OK;
		return vt_fail(&queue->error, VT_ERR_IO, errno, "queue: quarantine: rename: %s",
			strerror(errno));
	}
	*ret_moved = true;
	return VT_OK;
}

/* A name that nothing has yet: path.corrupt-N. Never deletes, never overwrites. */
static enum vt_code find_aside_name(struct queue *queue, char *ret_aside, size_t size)
{
	for (int i = 1; i < 10000; i++) {
		char wal[600];

		if (!vt_format(ret_aside, size, "%s.corrupt-%d", queue->path, i) ||
			!vt_format(wal, sizeof(wal), "%s-wal", ret_aside))
			break;
		if (access(ret_aside, F_OK) < 0 && access(wal, F_OK) < 0)
			return VT_OK;
	}
	return queue_fail(queue, VT_ERR_LIMIT, "quarantine: no free name");
}

/* Database first: were the -wal first, a cut between would leave a database that looks whole and
 * lacks its last commits. A -wal left alone is found by the next opening (step 1). */
static enum vt_code quarantine(struct queue *queue, struct queue_report *report)
{
	bool moved_db, moved_wal;

	report->quarantined = true;
	if (report->reason[0] == '\0')
		vt_copy_cut(report->reason, sizeof(report->reason), queue->error.msg);
	enum vt_code code = find_aside_name(queue, report->aside, sizeof(report->aside));
	if (code == VT_OK)
		code = move_aside(queue, report->aside, "", &moved_db);
	if (code == VT_OK)
		code = sync_folder(queue);
	if (code == VT_OK)
		code = move_aside(queue, report->aside, "-wal", &moved_wal);
	if (code == VT_OK)
		code = sync_folder(queue);
	return code;
}

static enum vt_code finish_old_quarantine(struct queue *queue, struct queue_report *report)
{
	char wal[600];

	if (!vt_format(wal, sizeof(wal), "%s-wal", queue->path))
		return queue_fail(queue, VT_ERR_LIMIT, "path too long");
	if (queue->vfs[0] || access(queue->path, F_OK) == 0 || access(wal, F_OK) < 0)
		return VT_OK;
	queue_fail(queue, VT_ERR_CORRUPT, "a write-ahead log without its database");
	return quarantine(queue, report);
}

/* ---- the public part ---- */

static enum vt_code try_open(struct queue *queue, struct queue_report *report, int64_t now_unix_ms)
{
	enum vt_code code = open_database(queue);

	if (code == VT_OK)
		code = bring_to_version(queue, report);
	if (code == VT_OK && !report->created)
		code = check_integrity(queue);
	if (code == VT_OK)
		code = load_store(queue);
	if (code == VT_OK)
		code = prepare_statements(queue);
	if (code == VT_OK)
		code = queue_load_services(queue);
	if (code == VT_OK)
		code = journal_load(queue);
	if (code == VT_OK)
		code = count_opening(queue, report, now_unix_ms);
	return code;
}

static enum vt_code take_options(struct queue *queue, const char *path, const char *key_path,
	const struct queue_options *options)
{
	uint8_t key[SEAL_KEY_SIZE];

	if (!options->terminal || options->terminal[0] == '\0' ||
		!vt_copy(queue->terminal, sizeof(queue->terminal), options->terminal) ||
		!vt_copy(queue->path, sizeof(queue->path), path) || path[0] == '\0' ||
		(options->vfs && !vt_copy(queue->vfs, sizeof(queue->vfs), options->vfs)))
		return queue_fail(queue, VT_ERR_INVALID, "path, terminal or VFS name out of shape");
	const enum vt_code code = seal_key_read(key_path, key, &queue->error);
	if (code != VT_OK)
		return vt_prefix(&queue->error, code, "queue");
	queue->sealer = sealer_create(key, queue->terminal);
	vt_wipe(key, sizeof(key));
	if (!queue->sealer)
		return queue_fail(queue, VT_ERR_NOMEM, "no cipher");
	return journal_key_open(options->journal_key, &queue->journal_key, &queue->error);
}

enum vt_code queue_open(const char *path, const char *key_path, const struct queue_options *options,
	struct queue **ret_queue, struct queue_report *ret_report, struct vt_error *error)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	*ret_queue = NULL;
	*ret_report = (struct queue_report){0};
	if (!queue)
		return vt_fail(error, VT_ERR_NOMEM, 0, "queue: out of memory");
	enum vt_code code = take_options(queue, path, key_path, options);
	if (code == VT_OK)
		code = finish_old_quarantine(queue, ret_report);
	if (code == VT_OK)
		code = try_open(queue, ret_report, options->now_unix_ms);
	if (code == VT_ERR_CORRUPT) {
		close_database(queue);
		code = quarantine(queue, ret_report);
		if (code == VT_OK)
			code = try_open(queue, ret_report, options->now_unix_ms);
	}
	if (code != VT_OK) {
		if (error)
			*error = queue->error;
		queue_close(&queue);
		return code;
	}
	queue->is_open = true;
	*ret_queue = queue;
	return VT_OK;
}

void queue_close(struct queue **queue)
{
	if (!*queue)
		return;
	queue_abort(*queue);
	if ((*queue)->is_open && !(*queue)->is_failed)
		sqlite3_db_config((*queue)->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	close_database(*queue);
	sealer_destroy(&(*queue)->sealer);
	journal_key_close(&(*queue)->journal_key);
	free(*queue);
	*queue = NULL;
}
