/* Fault matrices (VT_LONG=1: every n; else of the allocations only each 61st while opening
 * and each third after it): the n-th
 * open, read, write, sync, truncate, delete, access, size, lock or allocation fails, once or from
 * then on, for every n of a whole life (opening and closing included). After each run the store is
 * opened again without faults and must show exactly what was acknowledged; then the rest of the
 * life is lived. */

#include "tests/lib/cmocka_prelude.h"

#include <sqlite3.h>

#include "tests/queue/fault_vfs.h"
#include "tests/queue/life.h"

static struct fixture fixture;
static char pictures[LIFE_STEPS + 1][LIFE_PICTURE]; /* [k]: after k steps */
static int runs;

static void expect_clean_open(struct fixture *f)
{
	if (fixture_open(f) != VT_OK)
		fail_msg("reopen: %s", f->error.msg);
	assert_false(f->report.quarantined);
	assert_false(f->report.rolled_back);
}

static int setup(void **state)
{
	struct fixture *f = &fixture;

	*state = f;
	fixture_init(f);
	f->vfs = "fault";
	fault_begin(NULL);
	for (int k = 0; k <= LIFE_STEPS; k++) {
		expect_clean_open(f);
		for (int step = 0; step < k; step++)
			assert_int_equal(life_step(f, step), VT_OK);
		assert_int_equal(life_picture(f, pictures[k]), VT_OK);
		queue_close(&f->queue);
		fixture_clear(f, false);
	}
	return 0;
}

static int teardown(void **state)
{
	fixture_finish(*state);
	return 0;
}

/* Lives until something fails; returns the steps acknowledged. */
static int live(struct fixture *f, enum vt_code *ret_code)
{
	int step = 0;

	*ret_code = fixture_open(f);
	while (*ret_code == VT_OK && step < LIFE_STEPS) {
		*ret_code = life_step(f, step);
		if (*ret_code == VT_OK)
			step++;
	}
	if (*ret_code == VT_ERR_IO || *ret_code == VT_ERR_FAILED) {
		/* In doubt: nothing but FAILED until reopened. */
		struct queue_counts counts;
		if (f->queue && queue_is_failed(f->queue)) {
			assert_int_equal(queue_counts(f->queue, &counts), VT_ERR_FAILED);
			assert_int_equal(queue_begin(f->queue), VT_ERR_FAILED);
			assert_int_equal(fixture_append(f, 77), VT_ERR_FAILED);
		}
	}
	return step;
}

static void judge(
	struct fixture *f, int acknowledged, enum vt_code code, bool is_failed, const char *what)
{
	char picture[LIFE_PICTURE];

	runs++;
	expect_clean_open(f);
	if (life_picture(f, picture) != VT_OK)
		fail_msg("%s: store is inconsistent", what);
	int reached = acknowledged;
	if (strcmp(picture, pictures[acknowledged]) != 0) {
		if (acknowledged == LIFE_STEPS ||
			!life_may_have_happened(acknowledged, is_failed) ||
			strcmp(picture, pictures[acknowledged + 1]) != 0)
			fail_msg("%s: after %d steps and %s:\n%s\nexpected\n%s", what, acknowledged,
				vt_code_name(code), picture, pictures[acknowledged]);
		reached++;
	}
	for (int step = reached; step < LIFE_STEPS; step++)
		assert_int_equal(life_step(f, step), VT_OK);
	assert_int_equal(life_picture(f, picture), VT_OK);
	assert_string_equal(picture, pictures[LIFE_STEPS]);
	queue_close(&f->queue);
	fixture_clear(f, false);
}

static void run_matrix(struct fixture *f, struct fault_plan plan)
{
	char what[64];
	int64_t n = 0;

	for (;; n++) {
		enum vt_code code;
		plan.at = n;
		fault_begin(&plan);
		snprintf(what, sizeof(what), "%s %lld%s%s", fault_kind_names[plan.kind],
			(long long)n, plan.stays ? " and later" : "", plan.half ? " half" : "");
		const int acknowledged = live(f, &code);
		const bool is_failed = f->queue && queue_is_failed(f->queue);
		queue_close(&f->queue);
		const bool fired = fault_plan.fired;
		fault_begin(NULL);
		judge(f, acknowledged, code, is_failed, what);
		if (!fired)
			break;
	}
	print_message("%s%s: %lld\n", fault_kind_names[plan.kind], plan.stays ? " and later" : "",
		(long long)n);
	assert_true(n > 0 || plan.kind == FAULT_TRUNCATE);
}

static void every_failing_call_leaves_what_was_acknowledged(void **state)
{
	for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
		run_matrix(*state, (struct fault_plan){.kind = (enum fault_kind)kind});
		run_matrix(
			*state, (struct fault_plan){.kind = (enum fault_kind)kind, .stays = true});
	}
}

static void every_torn_write_leaves_what_was_acknowledged(void **state)
{
	run_matrix(*state, (struct fault_plan){.kind = FAULT_WRITE, .half = true});
	run_matrix(*state, (struct fault_plan){.kind = FAULT_WRITE, .half = true, .stays = true});
}

static void a_full_disk_writes_nothing_by_halves(void **state)
{
	run_matrix(*state, (struct fault_plan){.kind = FAULT_WRITE, .rc = SQLITE_FULL});
	run_matrix(
		*state, (struct fault_plan){.kind = FAULT_WRITE, .rc = SQLITE_FULL, .stays = true});
}

static void a_full_disk_refuses_new_rows_and_serves_old_ones(void **state)
{
	struct fixture *f = *state;
	struct queue_counts counts;

	fault_begin(NULL);
	expect_clean_open(f);
	assert_int_equal(fixture_append(f, 1), VT_OK);
	fault_begin(&(struct fault_plan){
		.kind = FAULT_WRITE, .at = 0, .stays = true, .rc = SQLITE_FULL});
	assert_int_equal(fixture_append(f, 2), VT_ERR_FULL);
	assert_false(queue_is_failed(f->queue));
	assert_int_equal(queue_counts(f->queue, &counts), VT_OK);
	assert_int_equal(counts.unsettled, 1);
	/* Space again: it goes on by itself. */
	fault_begin(NULL);
	assert_int_equal(fixture_append(f, 2), VT_OK);
	queue_close(&f->queue);
	expect_clean_open(f);
	assert_int_equal(queue_counts(f->queue, &counts), VT_OK);
	assert_int_equal(counts.unsettled, 2);
	queue_close(&f->queue);
	fixture_clear(f, false);
}

/* Preparing the statements allocates thousands of times and all alike. */
static int64_t allocations_of_opening(struct fixture *f)
{
	fault_begin(NULL);
	fault_malloc_plan(INT64_MAX, false);
	expect_clean_open(f);
	const int64_t count = INT64_MAX - fault_malloc_left();
	queue_close(&f->queue);
	fixture_clear(f, false);
	fault_malloc_plan(-1, false);
	return count;
}

static void a_batch_with_a_failed_part_is_not_committed(void **state)
{
	struct fixture *f = *state;
	struct fixture_row one, two;
	struct queue_counts counts;

	fault_begin(NULL);
	expect_clean_open(f);
	fixture_row(f, 1, &one);
	fixture_row(f, 2, &two);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_append(f->queue, &one.row), VT_OK);
	fault_malloc_plan(0, true);
	assert_int_equal(queue_append(f->queue, &two.row), VT_ERR_NOMEM);
	fault_malloc_plan(-1, false);
	/* Memory is back, but what of the batch was lost nobody knows. */
	assert_int_equal(queue_append(f->queue, &two.row), VT_ERR_NOMEM);
	assert_int_equal(queue_commit(f->queue), VT_ERR_NOMEM);
	assert_int_equal(queue_counts(f->queue, &counts), VT_OK);
	assert_int_equal(counts.unsettled, 0);
	assert_int_equal(fixture_append(f, 1), VT_OK);
	queue_close(&f->queue);
	fixture_clear(f, false);
}

static void memory_matrix(struct fixture *f, bool stays)
{
	char what[64];
	int64_t n = 0;
	const int64_t opening = allocations_of_opening(f);
	const bool is_long = getenv("VT_LONG") != NULL;

	for (;; n += is_long ? 1 : n < opening ? 61 : 3) {
		enum vt_code code;
		fault_begin(NULL);
		snprintf(what, sizeof(what), "allocation %lld%s", (long long)n,
			stays ? " and later" : "");
		fault_malloc_plan(n, stays);
		const int acknowledged = live(f, &code);
		const bool is_failed = f->queue && queue_is_failed(f->queue);
		queue_close(&f->queue);
		const bool fired = fault_malloc_fired();
		fault_malloc_plan(-1, false);
		judge(f, acknowledged, code, is_failed, what);
		if (!fired)
			break;
	}
	print_message("allocations%s: %lld\n", stays ? " and later" : "", (long long)n);
	assert_true(n > 100);
}

static void every_failing_allocation_leaves_what_was_acknowledged(void **state)
{
	memory_matrix(*state, false);
	memory_matrix(*state, true);
	print_message("runs in all: %d\n", runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failing_call_leaves_what_was_acknowledged),
		cmocka_unit_test(every_torn_write_leaves_what_was_acknowledged),
		cmocka_unit_test(a_full_disk_writes_nothing_by_halves),
		cmocka_unit_test(a_full_disk_refuses_new_rows_and_serves_old_ones),
		cmocka_unit_test(a_batch_with_a_failed_part_is_not_committed),
		cmocka_unit_test(every_failing_allocation_leaves_what_was_acknowledged),
	};

	fault_malloc_install();
	fault_vfs_register();
	return cmocka_run_group_tests(tests, setup, teardown);
}
