/* Power cuts: the product's own store lives random lives on the crash VFS; in every state that a
 * cut may leave it is reopened, recovers as core does, drains to a deduplicating service, and the
 * ledgers of both sides are compared. README.md says what is judged how often.
 *
 * usage: test_crash [--states N] [--seed N] [--life-states N] [--defect NAME|all]
 * Last line: "states N lost N doubled N corrupt N", or "defects caught N of N". Exit status 1 on a
 * violation, or if a defect was not caught. */

#include <time.h>

#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "tests/crash/crash_vfs.h"
#include "tests/crash/station.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* MAX_MARKS: acknowledgements and commits of a life; MEMO: contents whose verdict is known. */
enum { MAX_MARKS = 512, MAX_PICTURES = 256, MEMO = 1 << 15, LIFE_OPS = 26 };
/* Of the states whose content is known, one in so many is judged whole all the same; of the states
 * judged whole, in one in so many the power is cut again, with so many states each. */
enum { WHOLE_EVERY = 1000, SECOND_EVERY = 40, SECOND_STATES = 300 };
/* Wanted by the CI run (reliability.md G1). */
enum { STATES = IS_SANITIZED ? 15000 : 1000000, DEFECT_STATES = 3000, DEFECT_LIVES = 12 };

/* What the log's marks stand for: the world then, and the commits done by then. */
struct story {
	struct world worlds[MAX_MARKS];
	int commits[MAX_MARKS];
	int mark_count, commit_count;
	char pictures[MAX_PICTURES][PICTURE_SIZE]; /* after so many commits */
};

struct totals {
	int64_t states, told, whole, second, verdicts[VERDICT_COUNT];
	int lives;
	char first[256]; /* violation */
};

struct memo {
	uint64_t keys[MEMO];
	uint8_t verdicts[MEMO];
	size_t count;
};

struct run {
	struct station station; /* of the life; judges work on copies */
	struct story *story;
	struct totals *totals;
	int depth; /* 0 = life, 1 = second cut */
	struct memo *memo;
	int64_t *asked;
};

static struct story life_story, recovery_story;

static void die(const char *what, const struct station *st)
{
	fprintf(stderr, "crash: %s: %s\n", what,
		st->f.queue ? queue_error(st->f.queue)->msg : st->f.error.msg);
	exit(2);
}

/* ---- what is remembered at each mark ---- */

static void mark(struct station *st)
{
	struct story *story = st->context;

	crash_acknowledge();
	if (++story->mark_count == MAX_MARKS)
		die("life is too long", st);
	story->worlds[story->mark_count] = st->world;
	story->commits[story->mark_count] = story->commit_count;
}

static void after_commit(struct station *st)
{
	struct story *story = st->context;

	if (++story->commit_count == MAX_PICTURES)
		die("life is too long", st);
	if (station_picture(st, story->pictures[story->commit_count]) != VT_OK &&
		st->defect == DEFECT_NONE)
		die("picture", st);
	mark(st);
}

static void begin_story(struct story *story, const struct station *st)
{
	story->mark_count = story->commit_count = 0;
	story->worlds[0] = st->world;
	story->commits[0] = 0;
}

/* ---- judging one state ---- */

static enum verdict judge_picture(struct run *run, struct station *st, int marks, char *why)
{
	char picture[PICTURE_SIZE];
	const int commits = run->story->commits[marks];

	snprintf(why, 160, "rows are damaged");
	if (station_picture(st, picture) != VT_OK)
		return VERDICT_CORRUPT;
	for (int i = commits; i <= commits + 1 && i <= run->story->commit_count; i++) {
		if (strcmp(picture, run->story->pictures[i]) == 0)
			return VERDICT_GOOD;
	}
	snprintf(why, 160, "not what was committed");
	return VERDICT_LOST;
}

static enum verdict judge_open(struct run *run, struct station *st, int marks, char *why)
{
	sqlite3_stmt *stmt = NULL;

	if (station_open(st) != VT_OK)
		return snprintf(why, 160, "open: %.120s", st->f.error.msg), VERDICT_CORRUPT;
	if (st->f.report.quarantined || st->f.report.rolled_back)
		return snprintf(why, 160, "%s",
			       st->f.report.quarantined ? "quarantined" : "rolled back"),
		       VERDICT_CORRUPT;
	bool is_good = sqlite3_prepare_v2(st->f.queue->db, "PRAGMA integrity_check(1)", -1, &stmt,
			       NULL) == SQLITE_OK &&
		       sqlite3_step(stmt) == SQLITE_ROW &&
		       strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	sqlite3_finalize(stmt);
	if (!is_good)
		return snprintf(why, 160, "integrity check"), VERDICT_CORRUPT;
	return run->depth == 0 ? judge_picture(run, st, marks, why) : VERDICT_GOOD;
}

/* Recovers, drains, compares. */
static enum verdict judge_ledgers(struct station *st, char *why)
{
	enum vt_code code = station_recover(st);

	if (code == VT_OK)
		code = station_drain(st);
	if (code == VT_ERR_AGAIN)
		return snprintf(why, 160, "does not come to an end"), VERDICT_LOST;
	if (code != VT_OK)
		return snprintf(why, 160, "recovery: %s: %.100s", vt_code_text(code),
			       queue_error(st->f.queue)->msg),
		       VERDICT_CORRUPT;
	return station_compare(st, why);
}

static struct station awake(const struct run *run, int marks)
{
	struct station st = run->station;

	st.f.queue = NULL;
	st.world = run->story->worlds[marks];
	st.acknowledge = NULL;
	st.committed = NULL;
	/* Ids of a later life. */
	st.leases += 1000;
	st.jobs += 1000;
	return st;
}

static void count_verdict(struct run *run, enum verdict verdict, int marks, const char *why)
{
	struct totals *totals = run->totals;

	totals->verdicts[verdict]++;
	if (verdict != VERDICT_GOOD && totals->first[0] == '\0')
		snprintf(totals->first, sizeof(totals->first), "life %d, cut after mark %d%s: %s",
			totals->lives, marks, run->depth > 0 ? " and again in recovery" : "", why);
}

static enum verdict judge_whole(struct run *run, int marks, char *why)
{
	struct station st = awake(run, marks);
	enum verdict verdict = judge_open(run, &st, marks, why);

	if (verdict == VERDICT_GOOD)
		verdict = judge_ledgers(&st, why);
	queue_close(&st.f.queue);
	run->totals->whole++;
	return verdict;
}

static void judge(const struct crash_state *state, void *context);

/* The power fails again while the store reopens, recovers and drains. */
static void cut_again(struct run *run, const struct crash_options *options, int marks)
{
	static struct memo memo;
	struct run second = *run;
	struct crash_totals totals = {0};

	second.depth = 1;
	second.station = awake(run, marks);
	second.story = &recovery_story;
	second.memo = &memo;
	memset(&memo, 0, sizeof(memo));
	struct station *st = &second.station;
	begin_story(&recovery_story, st);
	struct crash_log *log = crash_begin(options);
	enum vt_code code = station_open(st);
	st->context = &recovery_story;
	st->acknowledge = mark;
	st->committed = mark;
	if (code == VT_OK)
		code = station_recover(st);
	if (code == VT_OK)
		code = station_drain(st);
	crash_end();
	queue_close(&st->f.queue);
	if (code == VT_OK)
		crash_enumerate(log, st->f.path, SECOND_STATES, judge, &second, &totals);
	crash_log_free(log);
	run->totals->second += totals.distinct;
}

static size_t find_memo(const struct memo *memo, uint64_t content)
{
	size_t at = content % MEMO;

	while (memo->keys[at] != 0 && memo->keys[at] != content)
		at = (at + 1) % MEMO;
	return at;
}

static void judge(const struct crash_state *state, void *context)
{
	struct run *run = context;
	char why[200] = "";
	struct memo *memo = run->memo;
	const bool has_memo = state->content != 0 && memo->count < MEMO / 2;
	const size_t at = has_memo ? find_memo(memo, state->content) : 0;
	const bool is_known = has_memo && memo->keys[at] != 0;

	if (is_known && ++*run->asked % WHOLE_EVERY != 0) {
		count_verdict(run, (enum verdict)memo->verdicts[at], state->marks, "");
		return;
	}
	const enum verdict verdict = judge_whole(run, state->marks, why);
	count_verdict(run, verdict, state->marks, why);
	/* A careless terminal may judge by bytes that recovery throws away. */
	if (is_known && verdict != (enum verdict)memo->verdicts[at] &&
		run->station.defect == DEFECT_NONE) {
		fprintf(stderr, "crash: two states of one content, two verdicts: %s\n", why);
		exit(2);
	}
	if (has_memo && !is_known) {
		memo->keys[at] = state->content;
		memo->verdicts[at] = (uint8_t)verdict;
		memo->count++;
	}
}

/* ---- a life ---- */

static enum vt_code reopen(struct station *st)
{
	queue_close(&st->f.queue);
	const enum vt_code code = station_open(st);
	return code == VT_OK ? station_recover(st) : code;
}

static uint64_t draw(uint64_t *random, uint64_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (*random >> 11) % below;
}

static enum vt_code live_once(struct station *st, uint64_t *random, unsigned *entered)
{
	const uint64_t op = draw(random, 20);

	if (*entered == 0 || (op < 4 && *entered < STATION_TXNS)) {
		const unsigned first = *entered + 1;
		unsigned last = first + (unsigned)draw(random, 3);
		if (last > STATION_TXNS)
			last = STATION_TXNS;
		*entered = last;
		return station_enter(st, first, last);
	}
	if (op < 12)
		return station_send(st, (enum fate)draw(random, FATE_COUNT));
	if (op < 16)
		return station_print(
			st, 1 + (unsigned)draw(random, *entered), draw(random, 5) == 0);
	if (op < 18)
		return queue_checkpoint(st->f.queue);
	if (op < 19)
		return station_prune(st);
	return reopen(st);
}

static void live(struct run *run, uint64_t seed)
{
	struct station *st = &run->station;
	uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	unsigned entered = 0;

	begin_story(run->story, st);
	st->context = run->story;
	if (station_open(st) != VT_OK || station_picture(st, run->story->pictures[0]) != VT_OK)
		die("open", st);
	st->acknowledge = mark;
	st->committed = after_commit;
	mark(st);
	for (int i = 0; i < LIFE_OPS; i++) {
		const enum vt_code code = live_once(st, &random, &entered);
		/* A careless terminal may run into refusals of its store. */
		if (code != VT_OK && code != VT_ERR_NOT_FOUND && st->defect == DEFECT_NONE)
			die("life", st);
		if (queue_in_batch(st->f.queue))
			queue_abort(st->f.queue);
	}
	queue_close(&st->f.queue);
}

struct cutter {
	struct run *run;
	const struct crash_options *options;
	int64_t first_judged;
};

/* Judges, and cuts a second time in some of the states whose content was not seen before. */
static void judge_and_cut(const struct crash_state *state, void *context)
{
	struct cutter *cutter = context;
	struct run *run = cutter->run;
	const size_t known = run->memo->count;

	judge(state, run);
	if (run->memo->count == known || ++cutter->first_judged % SECOND_EVERY != 0)
		return;
	crash_restore_state();
	cut_again(run, cutter->options, state->marks);
}

static void live_and_judge(
	enum station_defect defect, uint64_t seed, int64_t limit, struct totals *totals)
{
	static struct memo memo;
	static int64_t asked;
	struct run run = {.story = &life_story, .totals = totals, .memo = &memo, .asked = &asked};
	const struct crash_options options = {.sector_bytes = seed % 2 ? 512 : 4096,
		.powersafe_overwrite = seed / 2 % 2 == 0,
		.lie = defect == DEFECT_LYING_DISK	      ? CRASH_NO_SYNC
		       : defect == DEFECT_CHECKPOINT_UNSYNCED ? CRASH_NO_DATABASE_SYNC
							      : CRASH_HONEST,
		.seed = seed};
	struct cutter cutter = {.run = &run, .options = &options};
	struct crash_totals states;

	memset(&memo, 0, sizeof(memo));
	fixture_init(&run.station.f);
	run.station.f.vfs = "crash";
	run.station.defect = defect;
	run.station.device_remembers = seed / 4 % 2 == 0;
	crash_forget_files();
	totals->lives++;
	struct crash_log *log = crash_begin(&options);
	live(&run, seed);
	crash_end();
	crash_enumerate(log, run.station.f.path, limit, judge_and_cut, &cutter, &states);
	crash_log_free(log);
	totals->states += states.distinct;
	totals->told += states.content_told;
	fixture_finish(&run.station.f);
}

/* ---- the command ---- */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t bad_states(const struct totals *totals)
{
	return totals->verdicts[VERDICT_LOST] + totals->verdicts[VERDICT_DOUBLED] +
	       totals->verdicts[VERDICT_CORRUPT];
}

static void print_totals(const struct totals *totals, double seconds)
{
	printf("lives %d, recovered by SQLite alone %lld, judged whole %lld, second cuts %lld\n",
		totals->lives, (long long)totals->told, (long long)totals->whole,
		(long long)totals->second);
	printf("%.0f states/s of one core (%.1f s)\n", (double)totals->states / seconds, seconds);
	if (totals->first[0])
		printf("first: %s\n", totals->first);
	printf("states %lld lost %lld doubled %lld corrupt %lld\n", (long long)totals->states,
		(long long)totals->verdicts[VERDICT_LOST],
		(long long)totals->verdicts[VERDICT_DOUBLED],
		(long long)totals->verdicts[VERDICT_CORRUPT]);
}

static int run_honest(int64_t wanted, int64_t life_states, int64_t seed)
{
	struct totals totals = {0};
	const double start = cpu_seconds();

	while (totals.states < wanted) {
		const int64_t left = wanted - totals.states;
		live_and_judge(DEFECT_NONE, (uint64_t)seed++,
			left < life_states ? left + left / 8 + 1 : life_states, &totals);
	}
	print_totals(&totals, cpu_seconds() - start);
	return bad_states(&totals) > 0;
}

static bool is_caught(enum station_defect defect, int64_t seed)
{
	struct totals totals = {0};

	for (int i = 0; i < DEFECT_LIVES && bad_states(&totals) == 0; i++)
		live_and_judge(defect, (uint64_t)(seed + i), DEFECT_STATES, &totals);
	printf("%-48s %s after %lld states: lost %lld doubled %lld corrupt %lld; %s\n",
		station_defect_names[defect], bad_states(&totals) > 0 ? "caught" : "NOT CAUGHT",
		(long long)totals.states, (long long)totals.verdicts[VERDICT_LOST],
		(long long)totals.verdicts[VERDICT_DOUBLED],
		(long long)totals.verdicts[VERDICT_CORRUPT], totals.first);
	return bad_states(&totals) > 0;
}

static int run_defects(const char *name, int64_t seed)
{
	int caught = 0, of = 0;

	for (int i = DEFECT_NONE + 1; i < STATION_DEFECT_COUNT; i++) {
		if (strcmp(name, "all") != 0 && strcmp(name, station_defect_names[i]) != 0)
			continue;
		of++;
		caught += is_caught((enum station_defect)i, seed);
	}
	printf("defects caught %d of %d\n", caught, of);
	return caught < of || of == 0;
}

int main(int argc, char **argv)
{
	int64_t states = STATES, life_states = 40000, seed = 20260117;
	const char *arg_defect = NULL;

	for (int i = 1; i < argc; i++) {
		int64_t *number = strcmp(argv[i], "--states") == 0	  ? &states
				  : strcmp(argv[i], "--life-states") == 0 ? &life_states
				  : strcmp(argv[i], "--seed") == 0	  ? &seed
									  : NULL;
		const char *value = i + 1 < argc ? argv[++i] : "";
		if (!number && strcmp(argv[i - 1], "--defect") == 0) {
			arg_defect = value;
		} else if (!number || vt_parse_i64(value, 1, INT64_C(1) << 40, number) != VT_OK) {
			fprintf(stderr, "usage: test_crash [--states N] [--seed N]"
					" [--life-states N] [--defect NAME|all]\n");
			return 2;
		}
	}
	/* One thread, and nobody reads the statistics. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	crash_vfs_register();
	const int status =
		arg_defect ? run_defects(arg_defect, seed) : run_honest(states, life_states, seed);
	crash_forget_files();
	return status;
}
