/* What does not depend on the machine: query plans, work done per statement, flushes and bytes per
 * enqueue, bytes on disk per row (performance.md §7: Q3, Q4, Q7, Q9). */

#include "tests/lib/cmocka_prelude.h"

#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "tests/queue/fault_vfs.h"
#include "tests/queue/fixture.h"

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_init(f);
	fixture_with_journal_key(f); /* costs are those of the product */
	f->vfs = "fault";
	fault_begin(NULL);
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

/* 2,000 bytes of text that does not compress, as JSON: a sealed record of 2 KiB. */
static char payload[2001];

static void make_payload(void)
{
	static uint8_t random[1000];

	vt_random(random, sizeof(random));
	vt_hex(payload, random, sizeof(random));
}

/* Rows first … last in batches of the given size. */
static void fill(struct fixture *f, unsigned first, unsigned last, unsigned batch)
{
	struct fixture_row r;
	int64_t epoch, number;

	for (unsigned n = first; n <= last; n++) {
		if ((n - first) % batch == 0)
			assert_int_equal(queue_begin(f->queue), VT_OK);
		fixture_row(f, n, &r);
		r.row.payload = payload;
		assert_int_equal(queue_next_sequence(f->queue, &epoch, &number), VT_OK);
		assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
		if ((n - first + 1) % batch == 0 || n == last)
			assert_int_equal(queue_commit(f->queue), VT_OK);
	}
}

/* ---- plans ---- */

/* What the plan must name; every other statement must just neither scan nor sort. */
static const struct {
	enum sql sql;
	const char *index;
} pinned[] = {
	{SQL_LANE_BUSY, "INDEX txn_lane (lane=?)"},
	{SQL_LANE_NEXT, "INDEX txn_lane (lane=?)"},
	{SQL_LANE_RELEASE, "INTEGER PRIMARY KEY"},
	{SQL_ROW, "INDEX sqlite_autoindex_txn_1 (id=?)"},
	{SQL_UPDATE, "INTEGER PRIMARY KEY"},
	{SQL_UPDATE_ANSWER, "INTEGER PRIMARY KEY"},
	{SQL_GET_ID, "INDEX sqlite_autoindex_txn_1 (id=?)"},
	{SQL_GET_FOLIO, "INDEX sqlite_autoindex_txn_2 (folio=?)"},
	{SQL_GET_SEQUENCE, "INTEGER PRIMARY KEY"},
	{SQL_SEALED, "INDEX sqlite_autoindex_txn_1 (id=?)"},
	{SQL_DUE, "INDEX txn_due (service=? AND priority=? AND due_ms<?)"},
	{SQL_DUE_CLAMPED, "INDEX txn_due (service=? AND priority=? AND due_ms>? AND due_ms<?)"},
	{SQL_DUE_NEXT, "INDEX txn_due (service=? AND priority=?)"},
	{SQL_OUTSTANDING, "INDEX txn_out (sequence>?)"},
	{SQL_HASTEN_FIND, "INDEX txn_due (service=? AND priority=? AND due_ms>? AND due_ms<?)"},
	{SQL_LIST, "INTEGER PRIMARY KEY (rowid<?)"},
	{SQL_OLDEST, "INTEGER PRIMARY KEY (rowid>?)"},
	{SQL_EFFECT_GET, "INDEX sqlite_autoindex_effect_1 (job=?)"},
	{SQL_EFFECT_FINISH, "INDEX sqlite_autoindex_effect_1 (job=?)"},
	{SQL_EFFECTS_OPEN, "INDEX effect_open (sequence>?)"},
	{SQL_SHRED_FIND, "INDEX txn_shred (changed_ms<?)"},
	{SQL_DELETE_FIND, "INDEX txn_delete (changed_ms<?)"},
	{SQL_DELETE_EFFECTS, "INDEX effect_txn (txn=?)"},
	{SQL_DELETE, "INTEGER PRIMARY KEY"},
	{SQL_JOURNAL_LIST, "INTEGER PRIMARY KEY (rowid<?)"},
	{SQL_JOURNAL_PAGE, "INTEGER PRIMARY KEY (rowid>?)"},
	{SQL_CHECKPOINT_BEFORE, "INTEGER PRIMARY KEY (rowid<?)"},
	{SQL_CHECKPOINTS, "INTEGER PRIMARY KEY (rowid>?)"},
};

static void plan_of(struct fixture *f, enum sql sql, char *ret_plan, size_t size)
{
	char text[2048];
	sqlite3_stmt *stmt;
	size_t used = 0;

	snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", queue_sql[sql]);
	assert_int_equal(sqlite3_prepare_v2(f->queue->db, text, -1, &stmt, NULL), SQLITE_OK);
	ret_plan[0] = '\0';
	while (sqlite3_step(stmt) == SQLITE_ROW)
		used += (size_t)snprintf(
			ret_plan + used, size - used, "%s; ", sqlite3_column_text(stmt, 3));
	sqlite3_finalize(stmt);
}

static void no_statement_scans_or_sorts(void **state)
{
	struct fixture *f = *state;
	char plan[1024];

	fill(f, 1, 50, 50);
	for (int sql = 0; sql < SQL_COUNT; sql++) {
		plan_of(f, (enum sql)sql, plan, sizeof(plan));
		if (strstr(plan, "SCAN") || strstr(plan, "TEMP B-TREE"))
			fail_msg("%s: %s", queue_sql_names[sql], plan);
	}
	for (size_t i = 0; i < VT_ELEMENTS(pinned); i++) {
		plan_of(f, pinned[i].sql, plan, sizeof(plan));
		if (!strstr(plan, pinned[i].index))
			fail_msg("%s: %s\ninstead of %s", queue_sql_names[pinned[i].sql], plan,
				pinned[i].index);
	}
}

/* ---- work per statement ---- */

static int64_t take_steps(struct fixture *f, enum sql sql)
{
	return sqlite3_stmt_status(f->queue->statements[sql], SQLITE_STMTSTATUS_VM_STEP, 1);
}

struct work {
	int64_t append, due, next, counts;
};

/* Steps of SQLite's machine for one of each, with the backlog as it is. */
static struct work measure(struct fixture *f, unsigned n)
{
	static struct queue_record records[8];
	struct queue_counts counts;
	size_t count;
	int64_t when;
	struct work work = {0};

	for (int sql = 0; sql < SQL_COUNT; sql++)
		take_steps(f, (enum sql)sql);
	fill(f, n, n, 1);
	work.append = take_steps(f, SQL_APPEND) + take_steps(f, SQL_STORE_UPDATE);
	assert_int_equal(queue_due(f->queue, f->now, 8, records, &count), VT_OK);
	work.due = take_steps(f, SQL_DUE) + take_steps(f, SQL_DUE_CLAMPED) +
		   take_steps(f, SQL_OUTSTANDING);
	assert_int_equal(queue_next_due(f->queue, f->now, &when), VT_OK);
	work.next = take_steps(f, SQL_DUE_NEXT);
	assert_int_equal(queue_counts(f->queue, &counts), VT_OK);
	assert_int_equal(queue_counts(f->queue, &counts), VT_OK);
	work.counts = take_steps(f, SQL_OLDEST);
	return work;
}

static void work_does_not_grow_with_the_backlog(void **state)
{
	struct fixture *f = *state;

	fill(f, 1, 1000, 100);
	const struct work few = measure(f, 1001);
	fill(f, 1002, 20000, 500);
	const struct work many = measure(f, 20001);
	print_message("steps: append %lld %lld, due %lld %lld, next %lld %lld, counts %lld %lld\n",
		(long long)few.append, (long long)many.append, (long long)few.due,
		(long long)many.due, (long long)few.next, (long long)many.next,
		(long long)few.counts, (long long)many.counts);
	assert_int_equal(few.append, many.append);
	assert_int_equal(few.due, many.due);
	assert_int_equal(few.next, many.next);
	assert_int_equal(few.counts, many.counts);
	for (int sql = 0; sql < SQL_COUNT; sql++) {
		sqlite3_stmt *stmt = f->queue->statements[sql];
		assert_int_equal(sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0), 0);
		assert_int_equal(sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_SORT, 0), 0);
		assert_int_equal(sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_AUTOINDEX, 0), 0);
	}
}

/* ---- flushes and bytes ---- */

static void an_enqueue_costs_one_flush_and_few_bytes(void **state)
{
	struct fixture *f = *state;
	const int rows = 1000;

	fill(f, 1, 200, 1); /* the -wal has its size */
	fault_begin(NULL);
	fill(f, 201, 200 + (unsigned)rows, 1);
	const double flushes = (double)fault_counts.calls[FAULT_SYNC] / rows;
	const double bytes = (double)fault_counts.written_bytes / rows;
	print_message("Q3 %.3f flushes, Q4 %.0f bytes, %.1f writes per enqueue\n", flushes, bytes,
		(double)fault_counts.calls[FAULT_WRITE] / rows);
	assert_true(flushes >= 1.0); /* fewer would not be durable */
	assert_true(flushes <= 1.05);
	assert_true(bytes <= 17000.0);
}

static void a_batch_costs_one_flush(void **state)
{
	struct fixture *f = *state;

	fill(f, 1, 16, 16);
	fault_begin(NULL);
	fill(f, 17, 32, 16);
	assert_int_equal(fault_counts.calls[FAULT_SYNC], 1);
	fault_begin(NULL);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(fault_counts.calls[FAULT_SYNC], 0);
	assert_int_equal(fault_counts.calls[FAULT_WRITE], 0);
}

static void a_row_takes_little_more_than_its_payload_on_disk(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	const int rows = 4000;

	fill(f, 1, (unsigned)rows, 100);
	queue_close(&f->queue);
	assert_int_equal(stat(f->path, &st), 0);
	const double bytes = (double)st.st_size / rows;
	print_message("Q9 %.0f bytes per row\n", bytes);
	assert_true(bytes <= 2400.0);
}

static void memory_does_not_grow_with_the_backlog(void **state)
{
	struct fixture *f = *state;

	fill(f, 1, 2000, 100);
	const int64_t few = sqlite3_memory_used();
	fill(f, 2001, 20000, 100);
	const int64_t many = sqlite3_memory_used();
	print_message("memory %lld then %lld\n", (long long)few, (long long)many);
	/* The page cache fills to its 8 MiB and stays there. */
	assert_true(many < (12 << 20));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(no_statement_scans_or_sorts),
		T(work_does_not_grow_with_the_backlog),
		T(an_enqueue_costs_one_flush_and_few_bytes),
		T(a_batch_costs_one_flush),
		T(a_row_takes_little_more_than_its_payload_on_disk),
		T(memory_does_not_grow_with_the_backlog),
	};

	make_payload();
	fault_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
