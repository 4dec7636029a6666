/* The audit journal: every fact in the batch of what it tells, every alteration named, a store of
 * version 1 brought along. */

#include "tests/lib/cmocka_prelude.h"

#include <errno.h>
#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "offline-queue/queue/journal_key.h"
#include "tests/queue/fixture.h"

/* Rows of the journal that is altered row by row; VT_LONG=1 takes the 1,000 of reliability.md §5.6.
 */
#define ROWS	  260
#define ROWS_LONG 1000

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_init(f);
	fixture_with_journal_key(f);
	*state = f;
	return fixture_open(f) == VT_OK ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fixture_finish(f);
	free(f);
	return 0;
}

static void VT_PRINTF(2, 3) exec(struct fixture *f, const char *format, ...)
{
	char sql[512], *message = NULL;
	va_list args;

	va_start(args, format);
	vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	if (sqlite3_exec(f->queue->db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
}

/* On the closed store, as somebody who holds the disk would. */
static void exec_closed(struct fixture *f, const char *sql)
{
	sqlite3 *db;

	queue_close(&f->queue);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(fixture_open(f), VT_OK);
}

static int64_t number(struct fixture *f, const char *sql)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(f->queue->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	const int64_t value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void add(struct fixture *f, enum journal_event event, const char *word)
{
	assert_int_equal(queue_journal_add(f->queue, &(struct journal_fact){.event = event,
							     .at_unix_ms = f->now++,
							     .first = 1,
							     .second = 2,
							     .word = word}),
		VT_OK);
}

/* Facts until the journal has so many rows, some with a subject. */
static void fill(struct fixture *f, int64_t rows)
{
	char id[VT_UUID_SIZE];

	assert_int_equal(queue_begin(f->queue), VT_OK);
	for (int64_t n = f->queue->journal_now.sequence; n < rows; n++) {
		fixture_uuid('i', (unsigned)n, id);
		const struct journal_fact fact = {.event = JOURNAL_STATE,
			.at_unix_ms = f->now++,
			.subject = n % 3 ? id : NULL,
			.first = n % 8,
			.second = n % 7,
			.word = "timeout"};
		assert_int_equal(queue_journal_add(f->queue, &fact), VT_OK);
	}
	assert_int_equal(queue_commit(f->queue), VT_OK);
}

/* The whole journal in pages of so many rows. */
static struct journal_verdict verify_by(struct fixture *f, int64_t page)
{
	struct journal_verdict sum = {0}, verdict = {.next = 1};

	while (verdict.next) {
		const int64_t from = verdict.next;
		assert_int_equal(queue_journal_verify(f->queue, from, page, &verdict), VT_OK);
		assert_true(verdict.rows <= page);
		sum.rows += verdict.rows;
		sum.checkpoints += verdict.checkpoints;
	}
	sum.broken = verdict.broken;
	sum.fault = verdict.fault;
	sum.last = verdict.last;
	sum.last_signed = verdict.last_signed;
	return sum;
}

static struct journal_verdict verify(struct fixture *f)
{
	return verify_by(f, 64);
}

static void assert_sound(struct fixture *f)
{
	const struct journal_verdict verdict = verify(f);

	if (verdict.fault != JOURNAL_SOUND)
		fail_msg("row %lld: %s", (long long)verdict.broken,
			journal_fault_text(verdict.fault));
	assert_int_equal(verdict.broken, 0);
	assert_int_equal(verdict.rows, verdict.last);
}

/* ---- what is written ---- */

static void each_change_stands_in_the_journal_with_its_cause(void **state)
{
	struct fixture *f = *state;
	struct journal_row rows[16];
	struct queue_effect effect = {
		.kind = EFFECT_PRINT, .detail = TXN_SHEET_FINAL, .begun_unix_ms = FIXTURE_NOW};
	char id[VT_UUID_SIZE];
	size_t count;
	int64_t next;
	static const struct {
		enum journal_event event;
		int64_t first, second;
		const char *word;
	} expected[] = {
		{JOURNAL_OPENED, 1, 1, "new"},
		{JOURNAL_APPENDED, 1, TXN_CLASS_A, "curp"},
		{JOURNAL_STATE, TXN_JOURNALED, TXN_LEASED, ""},
		{JOURNAL_STATE, TXN_LEASED, TXN_REJECTED, "business"},
		{JOURNAL_EFFECT_BEGUN, EFFECT_PRINT, TXN_SHEET_FINAL, ""},
		{JOURNAL_EFFECT_ENDED, EFFECT_PRINT, EFFECT_IN_DOUBT, "restart"},
		{JOURNAL_PRUNED, 1, 0, ""},
	};

	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_REJECTED, TXN_CAUSE_BUSINESS), VT_OK);
	fixture_uuid('j', 1, effect.job);
	fixture_uuid('i', 1, effect.transaction);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_effect_begin(f->queue, &effect), VT_OK);
	assert_int_equal(
		queue_effect_finish(f->queue, effect.job, EFFECT_IN_DOUBT, "restart", f->now),
		VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(queue_prune(f->queue, f->now + 5, &(struct queue_retention){.shred_ms = 1},
				 10, &count),
		VT_OK);
	assert_int_equal(queue_journal_list(f->queue, 0, 16, rows, &count, &next), VT_OK);
	assert_int_equal(count, VT_ELEMENTS(expected));
	assert_int_equal(next, 0);
	fixture_uuid('i', 1, id);
	for (size_t i = 0; i < count; i++) {
		const struct journal_row *row = &rows[count - 1 - i];
		assert_int_equal(row->sequence, (int64_t)i + 1);
		assert_int_equal(row->event, expected[i].event);
		assert_int_equal(row->first, expected[i].first);
		assert_int_equal(row->second, expected[i].second);
		assert_string_equal(row->word, expected[i].word);
		if (i >= 1 && i <= 3)
			assert_string_equal(row->subject, id);
	}
	assert_sound(f);
}

static void a_batch_that_is_aborted_or_refused_leaves_no_fact(void **state)
{
	struct fixture *f = *state;
	struct fixture_row r;

	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(verify(f).last, 2);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	add(f, JOURNAL_SESSION_BEGUN, NULL);
	queue_abort(f->queue);
	assert_int_equal(verify(f).last, 2);
	/* A refused row in a batch that goes on. */
	assert_int_equal(queue_begin(f->queue), VT_OK);
	fixture_row(f, 1, &r);
	assert_int_equal(queue_append(f->queue, &r.row), VT_ERR_EXISTS);
	add(f, JOURNAL_SESSION_ENDED, "attract");
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(verify(f).last, 3);
	assert_sound(f);
	/* And it goes on after a restart. */
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(verify(f).last, 4);
	assert_sound(f);
}

static void only_words_of_ours_get_in(void **state)
{
	struct fixture *f = *state;
	struct journal_row row;
	size_t count;
	int64_t next;
	static const char *const refused[] = {"XEXX010101HNEXXXA4", "Concepción", "a\nb", "señora",
		"a word that is longer than it may be"};

	for (size_t i = 0; i < VT_ELEMENTS(refused); i++) {
		assert_int_equal(queue_begin(f->queue), VT_OK);
		add(f, JOURNAL_TECHNICIAN, refused[i]);
		assert_int_equal(queue_commit(f->queue), VT_OK);
		assert_int_equal(queue_journal_list(f->queue, 0, 1, &row, &count, &next), VT_OK);
		assert_string_equal(row.word, "other");
	}
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(
		queue_journal_add(f->queue, &(struct journal_fact){.event = 0}), VT_ERR_INVALID);
	assert_int_equal(queue_journal_add(f->queue,
				 &(struct journal_fact){.event = JOURNAL_STATE, .subject = "x"}),
		VT_ERR_INVALID);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(
		queue_journal_add(f->queue, &(struct journal_fact){.event = JOURNAL_TECHNICIAN}),
		VT_ERR_STATE);
	assert_sound(f);
}

/* ---- checkpoints ---- */

static void a_checkpoint_comes_every_64_rows_and_when_asked_for(void **state)
{
	struct fixture *f = *state;

	fill(f, 200);
	assert_int_equal(number(f, "SELECT count(*) FROM checkpoint"), 3);
	assert_int_equal(number(f, "SELECT max(sequence) FROM checkpoint"), 192);
	assert_int_equal(queue_journal_unsigned(f->queue), 8);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_journal_sign(f->queue, f->now), VT_OK);
	assert_int_equal(queue_journal_sign(f->queue, f->now), VT_OK); /* nothing new: none */
	assert_int_equal(queue_commit(f->queue), VT_OK);
	const struct journal_verdict verdict = verify(f);
	assert_int_equal(verdict.fault, JOURNAL_SOUND);
	assert_int_equal(verdict.checkpoints, 4);
	assert_int_equal(verdict.last_signed, 200);
	for (int64_t page = 1; page <= 300; page += 13) {
		const struct journal_verdict same = verify_by(f, page);
		assert_int_equal(same.rows, 200);
		assert_int_equal(same.checkpoints, 4);
		assert_int_equal(same.fault, JOURNAL_SOUND);
	}
}

static void another_key_does_not_pass_for_ours(void **state)
{
	struct fixture *f = *state;

	fill(f, 70);
	queue_close(&f->queue);
	unlink(f->journal_key_path);
	assert_int_equal(queue_journal_key_create(f->journal_key_path, NULL), VT_OK);
	assert_int_equal(fixture_open(f), VT_OK);
	const struct journal_verdict verdict = verify(f);
	assert_int_equal(verdict.fault, JOURNAL_SIGNATURE);
	assert_int_equal(verdict.broken, 64);
}

static void the_key_file_is_private_and_whole(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct vt_error error = {0};
	char pem[JOURNAL_PEM_SIZE];
	uint8_t id[16];

	assert_int_equal(stat(f->journal_key_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(queue_journal_key_create(f->journal_key_path, &error), VT_ERR_EXISTS);
	assert_int_equal(queue_journal_key(f->queue, pem, id), VT_OK);
	assert_non_null(strstr(pem, "-----BEGIN PUBLIC KEY-----"));
	assert_null(strstr(pem, "PRIVATE"));
	queue_close(&f->queue);
	assert_int_equal(chmod(f->journal_key_path, 0640), 0);
	assert_int_equal(fixture_open(f), VT_ERR_UNTRUSTED);
	assert_int_equal(chmod(f->journal_key_path, 0600), 0);
	assert_int_equal(truncate(f->journal_key_path, 40), 0);
	assert_int_equal(fixture_open(f), VT_ERR_UNTRUSTED);
	assert_null(f->queue);
	unlink(f->journal_key_path);
	assert_int_equal(fixture_open(f), VT_ERR_NOT_FOUND);
	/* A cut while it was made leaves the spare name only: making it again heals. */
	char spare[200];
	snprintf(spare, sizeof(spare), "%s.new", f->journal_key_path);
	FILE *half = fopen(spare, "w");
	assert_non_null(half);
	fputs("-----BEGIN", half);
	fclose(half);
	assert_int_equal(queue_journal_key_create(f->journal_key_path, &error), VT_OK);
	assert_int_not_equal(access(spare, F_OK), 0);
	assert_int_equal(fixture_open(f), VT_OK);
}

/* ---- alterations ---- */

static int64_t checkpoint_from(struct fixture *f, int64_t row)
{
	char sql[96];

	snprintf(sql, sizeof(sql),
		"SELECT coalesce(min(sequence), 0) FROM checkpoint"
		" WHERE sequence >= %lld",
		(long long)row);
	return number(f, sql);
}

/* What a careful forger does: hashes of the rows first … last made anew. */
static void rechain(struct fixture *f, int64_t first, int64_t last)
{
	struct journal_row row;
	uint8_t before[JOURNAL_HASH_SIZE], hash[JOURNAL_HASH_SIZE];
	char hex[2 * JOURNAL_HASH_SIZE + 1];

	assert_int_equal(journal_first_hash(f->queue, before), VT_OK);
	for (int64_t n = first > 1 ? first - 1 : first; n <= last; n++) {
		queue_bind_int(f->queue, SQL_JOURNAL_PAGE, 1, n);
		queue_bind_int(f->queue, SQL_JOURNAL_PAGE, 2, 1);
		assert_int_equal(queue_step(f->queue, SQL_JOURNAL_PAGE), VT_OK);
		assert_int_equal(journal_read_row(f->queue, SQL_JOURNAL_PAGE, &row), VT_OK);
		queue_done(f->queue, SQL_JOURNAL_PAGE);
		if (n < first) {
			memcpy(before, row.hash, sizeof(before));
			continue;
		}
		assert_int_equal(journal_hash_row(f->queue, before, &row, hash), VT_OK);
		vt_hex(hex, hash, sizeof(hash));
		exec(f, "UPDATE journal SET hash = X'%s' WHERE sequence = %lld", hex, (long long)n);
		memcpy(before, hash, sizeof(before));
	}
}

static const char *const edits[] = {
	"UPDATE journal SET at_ms = at_ms - 1",
	"UPDATE journal SET opening = opening + 1",
	"UPDATE journal SET event = event + 1",
	"UPDATE journal SET first = first + 1",
	"UPDATE journal SET second = -second - 1",
	"UPDATE journal SET word = word || '.'",
	"UPDATE journal SET subject = CASE WHEN subject IS NULL THEN zeroblob(16) END",
	"UPDATE journal SET hash = zeroblob(32)",
	"DELETE FROM journal",
};

static void every_edit_of_every_row_is_named(void **state)
{
	struct fixture *f = *state;
	const int64_t rows = getenv("VT_LONG") ? ROWS_LONG : ROWS;

	fill(f, rows);
	assert_sound(f);
	for (int64_t n = 1; n <= rows; n++) {
		for (size_t i = 0; i < VT_ELEMENTS(edits); i++) {
			exec(f, "BEGIN");
			exec(f, "%s WHERE sequence = %lld", edits[i], (long long)n);
			const struct journal_verdict verdict = verify(f);
			/* The last row may be missing at the end. */
			if (verdict.fault == JOURNAL_SOUND || verdict.broken != n)
				fail_msg("%s (%lld): %s at %lld", edits[i], (long long)n,
					journal_fault_text(verdict.fault),
					(long long)verdict.broken);
			exec(f, "ROLLBACK");
		}
	}
	assert_sound(f);
}

static void a_forger_who_mends_the_hashes_stumbles_over_the_next_checkpoint(void **state)
{
	struct fixture *f = *state;

	fill(f, 200);
	for (int64_t n = 1; n <= 192; n += 7) {
		/* One hash mended: the row after it, or a checkpoint, shows it. */
		exec(f, "BEGIN");
		exec(f, "%s WHERE sequence = %lld", edits[3], (long long)n);
		rechain(f, n, n);
		struct journal_verdict verdict = verify(f);
		assert_int_equal(verdict.broken, checkpoint_from(f, n) == n ? n : n + 1);
		/* All of them. */
		rechain(f, n, 200);
		verdict = verify(f);
		assert_int_equal(verdict.fault, JOURNAL_CHECKPOINT);
		assert_int_equal(verdict.broken, checkpoint_from(f, n));
		/* And the checkpoints' hashes, which he cannot sign. */
		exec(f, "UPDATE checkpoint SET hash = (SELECT hash FROM journal j WHERE"
			" j.sequence = checkpoint.sequence)");
		verdict = verify(f);
		assert_int_equal(verdict.fault, JOURNAL_SIGNATURE);
		assert_int_equal(verdict.broken, checkpoint_from(f, n));
		/* And without them. */
		const int64_t before = n > 64 ? (n - 1) / 64 * 64 : 0;
		exec(f, "DELETE FROM checkpoint WHERE sequence >= %lld", (long long)n);
		verdict = verify(f);
		assert_int_equal(verdict.fault, JOURNAL_UNSIGNED);
		assert_int_equal(verdict.broken, before + 64);
		exec(f, "ROLLBACK");
	}
	exec(f, "BEGIN");
	exec(f, "UPDATE checkpoint SET at_ms = at_ms + 1 WHERE sequence = 128");
	assert_int_equal(verify(f).fault, JOURNAL_SIGNATURE);
	assert_int_equal(verify(f).broken, 128);
	exec(f, "ROLLBACK");
	assert_sound(f);
}

static void a_journal_that_was_cut_off_is_named_and_the_store_goes_on(void **state)
{
	struct fixture *f = *state;

	fill(f, 150);
	exec_closed(f, "DELETE FROM journal WHERE sequence > 100");
	/* 128 has a checkpoint: its number is not used again. */
	struct journal_verdict verdict = verify(f);
	assert_int_equal(verdict.fault, JOURNAL_MISSING);
	assert_int_equal(verdict.broken, 101);
	assert_int_equal(verdict.last, 129);
	assert_int_equal(fixture_append(f, 1), VT_OK);
	exec_closed(f, "DELETE FROM journal");
	verdict = verify(f);
	assert_int_equal(verdict.broken, 1);
	assert_int_equal(fixture_append(f, 2), VT_OK);
	for (unsigned n = 3; n < 80; n++)
		assert_int_equal(fixture_append(f, n), VT_OK);
	assert_int_equal(verify(f).broken, 1);
}

static void a_hand_on_the_newest_row_does_not_stop_the_store(void **state)
{
	struct fixture *f = *state;

	fill(f, 20);
	exec_closed(f, "UPDATE journal SET word = char(10) WHERE sequence = 20");
	assert_int_equal(fixture_append(f, 1), VT_OK);
	assert_int_equal(verify(f).broken, 20);
	assert_int_equal(verify(f).fault, JOURNAL_ALTERED);
}

static void it_is_bound_to_its_terminal(void **state)
{
	struct fixture *f = *state;
	char name[QUEUE_TERMINAL_SIZE];

	fill(f, 10);
	vt_copy_cut(name, sizeof(name), f->queue->terminal);
	vt_copy_cut(f->queue->terminal, sizeof(f->queue->terminal), "KIOSK-0002");
	assert_int_equal(verify(f).broken, 1);
	vt_copy_cut(f->queue->terminal, sizeof(f->queue->terminal), name);
	assert_sound(f);
}

/* ---- version 1 ---- */

static const uint8_t key_of_version_1[] = {0x5c, 0x3c, 0x7b, 0x43, 0xe6, 0xc0, 0xf4, 0xdc, 0x9b,
	0xe4, 0xf5, 0x16, 0x36, 0x24, 0xaf, 0x46, 0xcd, 0x57, 0x15, 0xdf, 0xa4, 0xf0, 0xab, 0xec,
	0x28, 0xe0, 0xdc, 0x5d, 0xcf, 0x55, 0x6f, 0x1f};

static void make_store_of_version_1(struct fixture *f)
{
	char path[512];
	static char sql[32768];
	sqlite3 *db;

	queue_close(&f->queue);
	fixture_clear(f, false);
	fixture_with_journal_key(f);
	FILE *key = fopen(f->key_path, "w");
	assert_non_null(key);
	assert_int_equal(fwrite(key_of_version_1, 1, sizeof(key_of_version_1), key), 32);
	fclose(key);
	const char *source = getenv("VT_SOURCE_DIR");
	snprintf(path, sizeof(path), "%s/tests/queue/data/store-v1.sql", source ? source : ".");
	FILE *dump = fopen(path, "r");
	assert_non_null(dump);
	sql[fread(sql, 1, sizeof(sql) - 1, dump)] = '\0';
	fclose(dump);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_store_of_version_1_comes_along_whole(void **state)
{
	struct fixture *f = *state;
	struct queue_record records[8];
	struct queue_effect effect;
	struct journal_row row;
	struct vt_buf out;
	size_t count;
	int64_t next;
	static const enum txn_state states[] = {
		TXN_ACCEPTED, TXN_REJECTED, TXN_UNKNOWN, TXN_LEASED, TXN_JOURNALED, TXN_JOURNALED};

	make_store_of_version_1(f);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.quarantined || f->report.created || f->report.rolled_back);
	assert_int_equal(f->report.schema_from, 1);
	assert_int_equal(f->report.schema_to, QUEUE_SCHEMA_VERSION);
	assert_int_equal(queue_list(f->queue, 0, false, 8, records, &count, &next), VT_OK);
	assert_int_equal(count, 6);
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	for (size_t i = 0; i < count; i++) {
		const struct queue_record *record = &records[count - 1 - i];
		assert_int_equal(record->txn.state, states[i]);
		assert_true(txn_check(&record->txn));
		assert_int_equal(queue_payload(f->queue, record->id, &out), VT_OK);
		assert_string_equal(vt_buf_text(&out), FIXTURE_PAYLOAD);
	}
	assert_int_equal(queue_answer(f->queue, records[5].id, &out), VT_OK);
	vt_buf_finish(&out);
	assert_int_equal(queue_effects_open(f->queue, 1, &effect, &count), VT_OK);
	assert_int_equal(count, 1);
	assert_int_equal(queue_session_get(f->queue, &records[7]), VT_OK);
	assert_string_equal(records[7].folio, "T001-0010-0006-ABCD");
	/* The chain begins here, and what came before is not claimed. */
	assert_int_equal(queue_journal_list(f->queue, 0, 1, &row, &count, &next), VT_OK);
	assert_int_equal(row.sequence, 1);
	assert_int_equal(row.event, JOURNAL_OPENED);
	assert_int_equal(row.second, 2);
	assert_string_equal(row.word, "migrated");
	assert_int_equal(fixture_result(f, 4, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	assert_sound(f);
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(f->report.schema_from, QUEUE_SCHEMA_VERSION);
	assert_sound(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(each_change_stands_in_the_journal_with_its_cause),
		T(a_batch_that_is_aborted_or_refused_leaves_no_fact),
		T(only_words_of_ours_get_in),
		T(a_checkpoint_comes_every_64_rows_and_when_asked_for),
		T(another_key_does_not_pass_for_ours),
		T(the_key_file_is_private_and_whole),
		T(every_edit_of_every_row_is_named),
		T(a_forger_who_mends_the_hashes_stumbles_over_the_next_checkpoint),
		T(a_journal_that_was_cut_off_is_named_and_the_store_goes_on),
		T(a_hand_on_the_newest_row_does_not_stop_the_store),
		T(it_is_bound_to_its_terminal),
		T(a_store_of_version_1_comes_along_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
