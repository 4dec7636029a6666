/* Power cuts: the product's own store lives a whole life (tests/queue/life.h) on the crash VFS; in
 * every state that a cut may leave, opening must show exactly what was acknowledged, or one step
 * more. Then the same with seeded defects, each of which must be found.
 *
 * VT_STATES=N: distinct states per configuration (default 700); VT_SEED=N: other random subsets. */

#include "tests/lib/cmocka_prelude.h"

#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "tests/crash/crash_vfs.h"
#include "tests/queue/life.h"

enum defect {
	DEFECT_NONE,
	DEFECT_NORMAL,	      /* synchronous=NORMAL */
	DEFECT_OFF,	      /* synchronous=OFF */
	DEFECT_REPLY_FIRST,   /* the citizen is told before the commit */
	DEFECT_TWO_COMMITS,   /* outcome first, answer in a commit of its own */
	DEFECT_PURGE,	      /* pruning does not ask whether a row is settled */
	DEFECT_HALF_RECOVERY, /* a log left by a cut is thrown away */
	DEFECT_COUNT
};

static const char *const defect_names[DEFECT_COUNT] = {"none", "synchronous=NORMAL",
	"synchronous=OFF", "reply before commit", "outcome and answer apart", "unsettled purged",
	"log thrown away"};

static struct fixture fixture;
static char pictures[LIFE_STEPS + 1][LIFE_PICTURE];

static void exec(struct fixture *f, const char *sql)
{
	assert_int_equal(sqlite3_exec(f->queue->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Step 4 of the life as somebody careless would write it. */
static void settle_in_two_commits(struct fixture *f)
{
	char id[VT_UUID_SIZE], lease[VT_UUID_SIZE];
	struct queue_record record;
	struct txn_effects effects;

	fixture_uuid('i', 1, id);
	fixture_uuid('l', 1, lease);
	assert_int_equal(queue_get(f->queue, id, &record), VT_OK);
	struct txn after = record.txn;
	const struct txn_event event = {.type = TXN_RESULT,
		.now_unix_ms = f->now,
		.random = UINT64_MAX,
		.lease = lease,
		.result = TXN_RESULT_ACCEPTED};
	assert_int_equal(txn_step(&after, &event, &effects), VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_store(f->queue, id, &record.txn, &after, NULL, f->now), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(
		queue_store(f->queue, id, &after, &after, "{\"folio\":\"123456789\"}", f->now),
		VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
}

static void live(struct fixture *f, enum defect defect)
{
	assert_int_equal(fixture_open(f), VT_OK);
	if (defect == DEFECT_NORMAL)
		exec(f, "PRAGMA synchronous = NORMAL");
	if (defect == DEFECT_OFF)
		exec(f, "PRAGMA synchronous = OFF");
	for (int step = 0; step < LIFE_STEPS; step++) {
		if (defect == DEFECT_REPLY_FIRST)
			crash_acknowledge(step);
		if (defect == DEFECT_TWO_COMMITS && step == 4)
			settle_in_two_commits(f);
		else
			assert_int_equal(life_step(f, step), VT_OK);
		if (defect == DEFECT_PURGE && step == 9) {
			exec(f, "DELETE FROM txn WHERE changed_ms <= 1770000000000"
				" AND sequence = 5");
		}
		if (defect != DEFECT_REPLY_FIRST)
			crash_acknowledge(step);
	}
}

struct verdict {
	struct fixture *f;
	enum defect defect;
	int64_t bad;
	char first[256];
};

static void judge(int acknowledged, void *context)
{
	struct verdict *v = context;
	struct fixture *f = v->f;
	char picture[LIFE_PICTURE] = "";
	const char *what = NULL;

	if (v->defect == DEFECT_HALF_RECOVERY) {
		char wal[200];
		snprintf(wal, sizeof(wal), "%s-wal", f->path);
		sqlite3_vfs *vfs = sqlite3_vfs_find("crash");
		(void)vfs->xDelete(vfs, wal, 0);
	}
	if (fixture_open(f) != VT_OK)
		what = f->error.msg;
	else if (f->report.quarantined || f->report.rolled_back)
		what = "quarantined or rolled back";
	else if (life_picture(f, picture) != VT_OK)
		what = "inconsistent";
	else if (strcmp(picture, pictures[acknowledged]) != 0 &&
		 (acknowledged == LIFE_STEPS || strcmp(picture, pictures[acknowledged + 1]) != 0))
		what = "not what was acknowledged";
	/* Without the close of a healthy store: the next state is put in place anyway. */
	queue_close(&f->queue);
	if (!what)
		return;
	if (v->bad++ == 0)
		snprintf(v->first, sizeof(v->first), "after %d steps: %.180s", acknowledged, what);
}

static int64_t states_wanted(void)
{
	int64_t states = 700;
	const char *const given = getenv("VT_STATES");

	if (given && vt_parse_i64(given, 1, 1000000, &states) != VT_OK)
		fail_msg("VT_STATES is no number");
	return states;
}

static int64_t run(enum defect defect, struct crash_options options)
{
	struct verdict v = {.f = &fixture, .defect = defect};
	struct crash_totals totals;
	int64_t seed = 20260117;
	const char *const given = getenv("VT_SEED");

	if (given && vt_parse_i64(given, 1, INT32_MAX, &seed) != VT_OK)
		fail_msg("VT_SEED is no number");
	options.seed = (uint64_t)seed;
	/* About 70 cuts; most of what more states ask for are other random subsets. */
	options.random_subsets = (int)(60 + states_wanted() / 20);
	crash_begin(&options);
	live(&fixture, defect);
	crash_end();
	queue_close(&fixture.queue);
	crash_enumerate(states_wanted(), judge, &v, &totals);
	crash_finish();
	print_message("%s, sector %d%s: states %lld distinct %lld bad %lld%s%s\n",
		defect_names[defect], options.sector_bytes,
		options.powersafe_overwrite ? ", powersafe" : "", (long long)totals.states,
		(long long)totals.distinct, (long long)v.bad, v.bad ? ", first " : "", v.first);
	return v.bad;
}

static int setup(void **state)
{
	(void)state;
	fixture_init(&fixture);
	fixture.vfs = "crash";
	for (int k = 0; k <= LIFE_STEPS; k++) {
		crash_begin(&(struct crash_options){.sector_bytes = 512});
		crash_end();
		if (fixture_open(&fixture) != VT_OK)
			return -1;
		for (int step = 0; step < k; step++) {
			if (life_step(&fixture, step) != VT_OK)
				return -1;
		}
		if (life_picture(&fixture, pictures[k]) != VT_OK)
			return -1;
		queue_close(&fixture.queue);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	crash_finish();
	fixture_finish(&fixture);
	return 0;
}

static void no_power_cut_loses_doubles_or_corrupts(void **state)
{
	(void)state;
	static const int sectors[] = {512, 4096};

	for (size_t i = 0; i < VT_ELEMENTS(sectors); i++) {
		for (int powersafe = 0; powersafe < 2; powersafe++) {
			const struct crash_options options = {
				.sector_bytes = sectors[i], .powersafe_overwrite = powersafe == 1};
			assert_int_equal(run(DEFECT_NONE, options), 0);
		}
	}
}

static void every_seeded_defect_is_found(void **state)
{
	(void)state;
	int found = 0;

	for (int defect = DEFECT_NONE + 1; defect < DEFECT_COUNT; defect++) {
		found += run((enum defect)defect, (struct crash_options){.sector_bytes = 512,
							  .powersafe_overwrite = true}) > 0;
	}
	print_message("defects caught %d of %d\n", found, DEFECT_COUNT - 1);
	assert_int_equal(found, DEFECT_COUNT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_power_cut_loses_doubles_or_corrupts),
		cmocka_unit_test(every_seeded_defect_is_found),
	};

	crash_vfs_register();
	return cmocka_run_group_tests(tests, setup, teardown);
}
