/* Opening what power cuts, bad disks, other programs, other versions and people leave behind. */

#include "tests/lib/cmocka_prelude.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "tests/queue/fixture.h"

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_init(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fixture_finish(f);
	free(f);
	return 0;
}

static void open_with_rows(struct fixture *f, unsigned count)
{
	assert_int_equal(fixture_open(f), VT_OK);
	for (unsigned n = 1; n <= count; n++)
		assert_int_equal(fixture_append(f, n), VT_OK);
}

static bool has(struct fixture *f, unsigned n)
{
	char id[VT_UUID_SIZE];
	struct queue_record record;

	fixture_uuid('i', n, id);
	return queue_get(f->queue, id, &record) == VT_OK;
}

static bool exists(const struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	return access(path, F_OK) == 0;
}

static void overwrite(const char *path, off_t at, const char *bytes, size_t length)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, length, at), length);
	close(fd);
}

/* Changes the closed store as somebody with sqlite3(1) would. */
static void tamper(struct fixture *f, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s", error);
	sqlite3_close(db);
}

/* ---- key file ---- */

static void a_key_file_is_private_and_made_once(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct vt_error error;

	assert_int_equal(stat(f->key_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(queue_key_create(f->key_path, &error), VT_ERR_EXISTS);
	assert_int_equal(queue_key_create("/nonexistent/key", &error), VT_ERR_IO);
}

static void half_a_key_of_a_power_cut_is_not_taken_for_one(void **state)
{
	struct fixture *f = *state;
	char fresh[600];

	snprintf(fresh, sizeof(fresh), "%s.new", f->key_path);
	assert_int_equal(unlink(f->key_path), 0);
	const int fd = open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	assert_int_equal(queue_key_create(f->key_path, NULL), VT_OK);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(access(fresh, F_OK), -1);
}

static void a_store_opens_only_with_its_own_key(void **state)
{
	struct fixture *f = *state;

	open_with_rows(f, 1);
	queue_close(&f->queue);
	assert_int_equal(unlink(f->key_path), 0);
	assert_int_equal(fixture_open(f), VT_ERR_NOT_FOUND);
	assert_null(f->queue);
	assert_int_equal(queue_key_create(f->key_path, NULL), VT_OK);
	assert_int_equal(fixture_open(f), VT_ERR_UNTRUSTED);
	assert_false(f->report.quarantined);
	assert_true(exists(f, "queue.db"));
}

static void a_key_that_others_may_read_or_of_wrong_length_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(f->key_path, 0640), 0);
	assert_int_equal(fixture_open(f), VT_ERR_UNTRUSTED);
	assert_int_equal(chmod(f->key_path, 0600), 0);
	assert_int_equal(truncate(f->key_path, 31), 0);
	assert_int_equal(fixture_open(f), VT_ERR_UNTRUSTED);
	assert_int_equal(truncate(f->key_path, 33), 0);
	assert_int_equal(fixture_open(f), VT_ERR_UNTRUSTED);
}

static void a_store_belongs_to_one_terminal(void **state)
{
	struct fixture *f = *state;
	const struct queue_options other = {.terminal = "KIOSK-0002", .now_unix_ms = f->now};

	open_with_rows(f, 1);
	queue_close(&f->queue);
	assert_int_equal(queue_open(f->path, f->key_path, &other, &f->queue, &f->report, &f->error),
		VT_ERR_UNTRUSTED);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(has(f, 1));
}

/* ---- two cores ---- */

static void a_second_process_is_told_busy_and_the_first_goes_on(void **state)
{
	struct fixture *f = *state;
	int status;

	open_with_rows(f, 1);
	const pid_t pid = fork();
	if (pid == 0) {
		struct fixture other = *f;
		other.queue = NULL;
		_exit(fixture_open(&other) == VT_ERR_BUSY && !other.report.quarantined ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(fixture_append(f, 2), VT_OK);
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(has(f, 1) && has(f, 2));
}

/* ---- versions ---- */

static void a_newer_store_is_left_alone(void **state)
{
	struct fixture *f = *state;

	open_with_rows(f, 1);
	queue_close(&f->queue);
	tamper(f, "PRAGMA user_version = 99");
	assert_int_equal(fixture_open(f), VT_ERR_UNSUPPORTED);
	assert_false(f->report.quarantined);
	assert_non_null(strstr(f->error.msg, "newer version"));
	tamper(f, "PRAGMA user_version = 4");
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(has(f, 1));
}

/* What version 3 wrote, with its rows: the table of counters was added behind them. */
static void a_store_of_version_3_gets_its_counters(void **state)
{
	struct fixture *f = *state;
	struct queue_counters row = {
		.device = "printer", .run = "11111111-1111-4111-8111-111111111111"};
	size_t count = 1;

	open_with_rows(f, 2);
	queue_close(&f->queue);
	tamper(f, "DROP TABLE counter; PRAGMA user_version = 3");
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.quarantined || f->report.created || f->report.rolled_back);
	assert_int_equal(f->report.schema_from, 3);
	assert_int_equal(f->report.schema_to, 4);
	assert_true(has(f, 1) && has(f, 2));
	assert_int_equal(queue_counters_get(f->queue, 1, &row, &count), VT_OK);
	assert_int_equal(count, 0);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_counters_put(f->queue, &row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
}

static void a_database_of_another_program_is_put_aside(void **state)
{
	struct fixture *f = *state;

	tamper(f, "CREATE TABLE t(a); PRAGMA application_id = 42; PRAGMA user_version = 1");
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.quarantined);
	assert_true(f->report.created);
	assert_true(exists(f, "queue.db.corrupt-1"));
}

/* ---- damage ---- */

static void a_corrupt_store_is_renamed_and_a_new_epoch_begins(void **state)
{
	struct fixture *f = *state;

	open_with_rows(f, 3);
	const int64_t epoch = f->report.epoch;
	queue_close(&f->queue);
	overwrite(f->path, 0, "garbage garbage garbage garbage!", 32);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.quarantined);
	assert_true(f->report.created);
	assert_true(f->report.epoch > epoch);
	assert_true(f->report.reason[0] != '\0');
	assert_true(exists(f, "queue.db.corrupt-1"));
	assert_false(has(f, 1));
	assert_int_equal(fixture_append(f, 1), VT_OK);
	/* Again: the first one is not overwritten. */
	const int64_t second = f->report.epoch;
	queue_close(&f->queue);
	overwrite(f->path, 0, "garbage garbage garbage garbage!", 32);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.epoch > second);
	assert_true(exists(f, "queue.db.corrupt-1") && exists(f, "queue.db.corrupt-2"));
}

static void damage_in_the_middle_is_found_at_opening(void **state)
{
	struct fixture *f = *state;
	static char rubbish[2048];

	memset(rubbish, 0xa5, sizeof(rubbish));
	open_with_rows(f, 20);
	queue_close(&f->queue);
	for (int page = 1; page < 12; page++)
		overwrite(f->path, page * 2048, rubbish, sizeof(rubbish));
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.quarantined);
}

static void the_write_ahead_log_goes_aside_with_its_database(void **state)
{
	struct fixture *f = *state;
	char from[128], to[128];

	/* A store that was killed: its last rows are in the -wal only. Header damage alone would be
	 * healed from there, so the log is damaged too. */
	open_with_rows(f, 1);
	snprintf(from, sizeof(from), "%s-wal", f->path);
	snprintf(to, sizeof(to), "%s/kept", f->folder);
	assert_int_equal(link(from, to), 0);
	queue_close(&f->queue);
	assert_int_equal(rename(to, from), 0);
	overwrite(from, 40, "rubbish", 7);
	overwrite(f->path, 0, "garbage garbage garbage garbage!", 32);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.quarantined);
	assert_true(exists(f, "queue.db.corrupt-1"));
	assert_true(exists(f, "queue.db.corrupt-1-wal"));
}

static void a_log_that_was_not_checkpointed_heals_its_database(void **state)
{
	struct fixture *f = *state;
	char from[128], to[128];

	open_with_rows(f, 1);
	snprintf(from, sizeof(from), "%s-wal", f->path);
	snprintf(to, sizeof(to), "%s/kept", f->folder);
	assert_int_equal(link(from, to), 0);
	queue_close(&f->queue);
	assert_int_equal(rename(to, from), 0);
	overwrite(f->path, 0, "garbage garbage garbage garbage!", 32);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.quarantined);
	assert_true(has(f, 1));
}

static void an_interrupted_quarantine_is_finished(void **state)
{
	struct fixture *f = *state;
	char from[128], to[128];

	open_with_rows(f, 1);
	snprintf(from, sizeof(from), "%s-wal", f->path);
	snprintf(to, sizeof(to), "%s/kept", f->folder);
	assert_int_equal(link(from, to), 0);
	queue_close(&f->queue);
	/* Cut after the database was renamed and before its log was. */
	assert_int_equal(rename(to, from), 0);
	snprintf(to, sizeof(to), "%s.corrupt-1", f->path);
	assert_int_equal(rename(f->path, to), 0);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.quarantined);
	assert_true(exists(f, "queue.db.corrupt-2-wal"));
	assert_true(f->report.epoch > 1);
}

static void tampered_rows_and_counters_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const edits[] = {
		"DROP TABLE effect",
		"DELETE FROM store",
		"UPDATE store SET sequence = 0",
		"PRAGMA ignore_check_constraints = 1; UPDATE txn SET state = 5",
		"DROP INDEX txn_out",
	};

	for (size_t i = 0; i < VT_ELEMENTS(edits); i++) {
		open_with_rows(f, 2);
		queue_close(&f->queue);
		tamper(f, edits[i]);
		assert_int_equal(fixture_open(f), VT_OK);
		if (!f->report.quarantined)
			fail_msg("not noticed: %s", edits[i]);
		queue_close(&f->queue);
		fixture_clear(f, false);
	}
}

static void a_seal_that_was_touched_or_moved_opens_nothing(void **state)
{
	struct fixture *f = *state;
	static const char *const edits[] = {
		/* another row's payload, with its key and without */
		"UPDATE txn SET payload = (SELECT payload FROM txn WHERE sequence = 2)"
		" WHERE sequence = 1",
		"UPDATE txn SET (payload, wrapped) = (SELECT payload, wrapped FROM txn"
		" WHERE sequence = 2) WHERE sequence = 1",
		"UPDATE txn SET payload = substr(payload, 1, 20) WHERE sequence = 1",
		/* the last byte is random: another one, whatever it was */
		"UPDATE txn SET payload = CAST(substr(payload, 1, length(payload) - 1) ||"
		" iif(substr(payload, -1) = x'00', x'01', x'00') AS BLOB) WHERE sequence = 1",
		"UPDATE txn SET wrapped = zeroblob(40) WHERE sequence = 1",
	};

	for (size_t i = 0; i < VT_ELEMENTS(edits); i++) {
		char id[VT_UUID_SIZE];
		struct vt_buf out;
		open_with_rows(f, 2);
		queue_close(&f->queue);
		tamper(f, edits[i]);
		assert_int_equal(fixture_open(f), VT_OK);
		vt_buf_init(&out, VT_MAX_PAYLOAD);
		fixture_uuid('i', 1, id);
		if (queue_payload(f->queue, id, &out) != VT_ERR_UNTRUSTED)
			fail_msg("opened: %s", edits[i]);
		assert_int_equal(out.length, 0);
		fixture_uuid('i', 2, id);
		assert_int_equal(queue_payload(f->queue, id, &out), VT_OK);
		vt_buf_finish(&out);
		queue_close(&f->queue);
		fixture_clear(f, false);
	}
}

static void an_answer_is_not_a_payload(void **state)
{
	struct fixture *f = *state;
	char id[VT_UUID_SIZE];
	struct vt_buf out;

	open_with_rows(f, 1);
	assert_int_equal(fixture_lease(f, 1), VT_OK);
	assert_int_equal(fixture_result(f, 1, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE), VT_OK);
	queue_close(&f->queue);
	tamper(f, "UPDATE txn SET (payload, answer) = (SELECT answer, payload FROM txn)");
	assert_int_equal(fixture_open(f), VT_OK);
	fixture_uuid('i', 1, id);
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	assert_int_equal(queue_payload(f->queue, id, &out), VT_ERR_UNTRUSTED);
	assert_int_equal(queue_answer(f->queue, id, &out), VT_ERR_UNTRUSTED);
	vt_buf_finish(&out);
}

/* ---- disks ---- */

static void a_missing_folder_or_a_folder_for_a_file_is_an_error_not_a_crash(void **state)
{
	struct fixture *f = *state;

	snprintf(f->path, sizeof(f->path), "%s/no/queue.db", f->folder);
	assert_int_equal(fixture_open(f), VT_ERR_IO);
	assert_non_null(strstr(f->error.msg, "queue"));
	snprintf(f->path, sizeof(f->path), "%s", f->folder);
	assert_int_equal(fixture_open(f), VT_ERR_IO);
	assert_false(f->report.quarantined);
}

static void a_read_only_store_is_an_error_and_stays_whole(void **state)
{
	struct fixture *f = *state;
	int status;

	open_with_rows(f, 1);
	queue_close(&f->queue);
	assert_int_equal(chmod(f->path, 0444), 0);
	assert_int_equal(chmod(f->folder, 0555), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		/* Root writes everywhere: be nobody, with the key. */
		if (geteuid() == 0 && (chown(f->key_path, 65534, 65534) < 0 || setgid(65534) < 0 ||
					      setuid(65534) < 0))
			_exit(2);
		_exit(fixture_open(f) == VT_ERR_IO && !f->report.quarantined ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chmod(f->folder, 0700), 0);
	assert_int_equal(chmod(f->path, 0600), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(has(f, 1));
}

/* ---- epochs ---- */

static void an_old_copy_put_back_is_noticed_and_takes_the_next_epoch(void **state)
{
	struct fixture *f = *state;
	int64_t epoch, number;

	open_with_rows(f, 1);
	assert_int_equal(f->report.epoch, 1);
	queue_close(&f->queue);

	static char bytes[1 << 20];
	FILE *in = fopen(f->path, "rb");
	assert_non_null(in);
	const size_t length = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.rolled_back);
	assert_int_equal(f->report.opening, 2);
	assert_int_equal(fixture_append(f, 2), VT_OK);
	queue_close(&f->queue);
	FILE *out = fopen(f->path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	fclose(out);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.rolled_back);
	assert_int_equal(f->report.epoch, 2);
	assert_int_equal(f->report.opening, 3);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_next_sequence(f->queue, &epoch, &number), VT_OK);
	assert_int_equal(epoch, 2);
	assert_int_equal(number, 1);
	queue_abort(f->queue);
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.rolled_back);
}

static void a_vanished_store_is_noticed(void **state)
{
	struct fixture *f = *state;

	open_with_rows(f, 1);
	queue_close(&f->queue);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_true(f->report.created && f->report.rolled_back);
	assert_int_equal(f->report.epoch, 2);
}

static void a_lost_or_torn_epoch_note_is_written_again(void **state)
{
	struct fixture *f = *state;
	char note[128];

	snprintf(note, sizeof(note), "%s.epoch", f->path);
	open_with_rows(f, 1);
	queue_close(&f->queue);
	assert_int_equal(unlink(note), 0);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.rolled_back);
	assert_int_equal(f->report.opening, 2);
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK); /* both slots are used now */
	assert_int_equal(f->report.opening, 3);
	queue_close(&f->queue);
	/* The write of the next opening is torn: the slot before it still counts. */
	overwrite(note, 3, "#", 1);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.rolled_back);
	assert_int_equal(f->report.opening, 4);
	queue_close(&f->queue);
	overwrite(note, 0, "epoch 99999999999999999999 opening 7", 36);
	overwrite(note, 4096, "epoch -1 opening x", 18);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(f->report.opening, 5);
	assert_int_equal(f->report.epoch, 1);
}

static void the_numbers_of_an_epoch_run_out_into_the_next(void **state)
{
	struct fixture *f = *state;
	int64_t epoch, number;

	assert_int_equal(fixture_open(f), VT_OK);
	queue_close(&f->queue);
	tamper(f, "UPDATE store SET number = 1048574");
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_next_sequence(f->queue, &epoch, &number), VT_OK);
	assert_int_equal(epoch, 1);
	assert_int_equal(number, QUEUE_MAX_NUMBER);
	assert_int_equal(queue_next_sequence(f->queue, &epoch, &number), VT_OK);
	assert_int_equal(epoch, 2);
	assert_int_equal(number, 1);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	queue_close(&f->queue);
	assert_int_equal(fixture_open(f), VT_OK);
	assert_int_equal(f->report.epoch, 2);
	assert_false(f->report.rolled_back);
}

static void options_out_of_shape_are_refused(void **state)
{
	struct fixture *f = *state;
	struct queue_options options = {.terminal = "", .now_unix_ms = f->now};

	assert_int_equal(queue_open(f->path, f->key_path, &options, &f->queue, &f->report, NULL),
		VT_ERR_INVALID);
	options.terminal = "a terminal id that is far too long";
	assert_int_equal(queue_open(f->path, f->key_path, &options, &f->queue, &f->report, NULL),
		VT_ERR_INVALID);
	options.terminal = FIXTURE_TERMINAL;
	options.vfs = "no-such-vfs";
	assert_int_not_equal(
		queue_open(f->path, f->key_path, &options, &f->queue, &f->report, NULL), VT_OK);
	assert_null(f->queue);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_key_file_is_private_and_made_once),
		T(half_a_key_of_a_power_cut_is_not_taken_for_one),
		T(a_store_opens_only_with_its_own_key),
		T(a_key_that_others_may_read_or_of_wrong_length_is_refused),
		T(a_store_belongs_to_one_terminal),
		T(a_second_process_is_told_busy_and_the_first_goes_on),
		T(a_newer_store_is_left_alone),
		T(a_store_of_version_3_gets_its_counters),
		T(a_database_of_another_program_is_put_aside),
		T(a_corrupt_store_is_renamed_and_a_new_epoch_begins),
		T(damage_in_the_middle_is_found_at_opening),
		T(the_write_ahead_log_goes_aside_with_its_database),
		T(a_log_that_was_not_checkpointed_heals_its_database),
		T(an_interrupted_quarantine_is_finished),
		T(tampered_rows_and_counters_are_refused),
		T(a_seal_that_was_touched_or_moved_opens_nothing),
		T(an_answer_is_not_a_payload),
		T(a_missing_folder_or_a_folder_for_a_file_is_an_error_not_a_crash),
		T(a_read_only_store_is_an_error_and_stays_whole),
		T(an_old_copy_put_back_is_noticed_and_takes_the_next_epoch),
		T(a_vanished_store_is_noticed),
		T(a_lost_or_torn_epoch_note_is_written_again),
		T(the_numbers_of_an_epoch_run_out_into_the_next),
		T(options_out_of_shape_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
