/* The store: one batch a loop turn, what waits for its commit, and what happens when it fails. */

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <systemd/sd-event.h>

#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Below this much free space nothing new is accepted: the -wal and the outcomes of what is under
 * way still need room (about 25 kB each, performance.md §1). */
#define FREE_SPACE_FLOOR_BYTES (16 * 1024 * 1024)
/* Work whose lease could not be stored is due again after so long. */
#define LEASE_AGAIN_MS 1000

void core_arm(void *timer, int64_t at_ms)
{
	if (at_ms == 0) {
		(void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(timer, (uint64_t)at_ms * 1000);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* What stands between the store and the next citizen, as far as the folder tells. */
static enum storage_problem look_at_disk(const struct core *core)
{
	struct statvfs st;

	if (statvfs(core->state_dir, &st) < 0)
		return STORAGE_MISSING;
	if (st.f_flag & ST_RDONLY)
		return STORAGE_READ_ONLY;
	return (uint64_t)st.f_bavail * st.f_frsize < FREE_SPACE_FLOOR_BYTES ? STORAGE_FULL
									    : STORAGE_GOOD;
}

static const char *advice_for(enum storage_problem problem)
{
	switch (problem) {
	case STORAGE_FULL:
		return "free space on the disk of state_dir; service goes on by itself";
	case STORAGE_READ_ONLY:
		return "check the disk and mount it writable; service goes on by itself";
	case STORAGE_MISSING:
		return "mount the disk of state_dir again; service goes on by itself";
	case STORAGE_NEWER:
		return "install the newer program again; the store is left as it is";
	case STORAGE_KEY:
		return "put back queue.key and journal.key of this store, or its state folder; "
		       "nothing is "
		       "overwritten";
	case STORAGE_IO:
		return "check the disk; the store is opened again every ten seconds";
	case STORAGE_GOOD:
	case STORAGE_PROBLEM_COUNT:
		break;
	}
	return "";
}

static enum storage_problem problem_of(enum vt_code code)
{
	if (code == VT_ERR_FULL)
		return STORAGE_FULL;
	if (code == VT_ERR_UNSUPPORTED)
		return STORAGE_NEWER;
	if (code == VT_ERR_UNTRUSTED)
		return STORAGE_KEY;
	return code == VT_ERR_NOT_FOUND ? STORAGE_MISSING : STORAGE_IO;
}

/* Tells the session, the log and the journal when the truth about storage changed. */
static void update_health(struct core *core)
{
	const bool is_open = core->queue && !queue_is_failed(core->queue);
	enum storage_problem problem = look_at_disk(core);

	/* A closed store has a reason of its own, unless the folder says more. */
	if (!is_open && problem == STORAGE_GOOD)
		problem = core->problem == STORAGE_GOOD ? STORAGE_IO : core->problem;
	if (problem == core->problem && (problem == STORAGE_GOOD) == core->health.storage_ok)
		return;
	core->problem = problem;
	core->health.storage_ok = problem == STORAGE_GOOD;
	if (problem != STORAGE_GOOD) {
		vt_log(VT_LOG_ERROR, "storage: %s: %s; %s", storage_problem_names[problem],
			is_open ? "the disk" : core->storage_detail, advice_for(problem));
		if (core->storage_failed_unix_ms == 0)
			core->storage_failed_unix_ms = core_unix_ms(core);
	} else {
		vt_log(VT_LOG_NOTICE, "storage is good");
		journal_note(core, (struct journal_fact){.event = JOURNAL_STORAGE_FAILED,
					   .at_unix_ms = core->storage_failed_unix_ms});
		journal_note(core, (struct journal_fact){.event = JOURNAL_STORAGE_GOOD});
		core->storage_failed_unix_ms = 0;
	}
	citizen_health(core);
}

/* Newest store that was put aside: it is kept in sight until somebody takes it away. */
static void look_for_aside(struct core *core)
{
	DIR *dir = opendir(core->state_dir);
	int64_t newest = 0, number;

	core->storage_aside[0] = '\0';
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		static const char prefix[] = "queue.db.corrupt-";
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
			vt_parse_i64(entry->d_name + strlen(prefix), 1, 9999, &number) == VT_OK &&
			number > newest) {
			newest = number;
			vt_copy_cut(
				core->storage_aside, sizeof(core->storage_aside), entry->d_name);
		}
	}
	if (dir)
		closedir(dir);
}

static void log_report(const struct core *core, const struct queue_report *report)
{
	if (report->quarantined)
		vt_log(VT_LOG_ERROR,
			"store was corrupt (%s) and is kept as %s: its transactions are in it; "
			"copy it "
			"for the office, delete nothing",
			report->reason, report->aside);
	if (report->rolled_back)
		vt_log(VT_LOG_ERROR,
			"store is older than the last one opened here: compare with the services "
			"(ventanillactl queue reconcile) before you trust it");
	vt_log(VT_LOG_NOTICE, "store open: epoch %lld, opening %lld, %s", (long long)report->epoch,
		(long long)report->opening, core->state_dir);
}

/* The inode of the store's file, 0 if there is none. */
static uint64_t find_store(const struct core *core, char *path, size_t size)
{
	struct stat st;

	if (!vt_format(path, size, "%s/queue.db", core->state_dir) || stat(path, &st) < 0)
		return 0;
	return (uint64_t)st.st_ino;
}

static enum vt_code open_store(
	struct core *core, struct queue_report *report, struct vt_error *error)
{
	char path[128], key[128];

	if (!vt_format(key, sizeof(key), "%s/queue.key", core->state_dir))
		return vt_fail(error, VT_ERR_LIMIT, 0, "state_dir: too long");
	/* A disk that came off leaves its mount point: no new store may begin there unnoticed. */
	if (find_store(core, path, sizeof(path)) == 0 && core->store_inode != 0)
		return vt_fail(error, VT_ERR_NOT_FOUND, 0, "store: %s is gone", path);
	enum vt_code code = queue_key_create(key, error);
	if (code != VT_OK && code != VT_ERR_EXISTS)
		return code;
	code = core->journal_key[0] ? queue_journal_key_create(core->journal_key, error) : VT_OK;
	if (code != VT_OK && code != VT_ERR_EXISTS)
		return code;
	const struct queue_options options = {.terminal = core->terminal,
		.now_unix_ms = core_unix_ms(core),
		.journal_key = core->journal_key[0] ? core->journal_key : NULL};
	code = queue_open(path, key, &options, &core->queue, report, error);
	if (code == VT_OK)
		core->store_inode = find_store(core, path, sizeof(path));
	return code;
}

enum vt_code storage_open(struct core *core, struct vt_error *error)
{
	struct queue_report report = {0};
	const enum vt_code code = open_store(core, &report, error);

	if (code) {
		/* Told once, not at each try. */
		if (strcmp(core->storage_detail, error->msg) != 0)
			vt_log(VT_LOG_ERROR, "storage: %s; %s", error->msg,
				advice_for(problem_of(code)));
		core->problem = problem_of(code);
		vt_copy_cut(core->storage_detail, sizeof(core->storage_detail), error->msg);
		return code;
	}
	core->storage_detail[0] = '\0';
	log_report(core, &report);
	look_for_aside(core);
	core->rolled_back = core->rolled_back || report.rolled_back;
	core_clock_store_opened(core);
	counters_store_opened(core);
	work_recover(core);
	sheets_recover(core);
	storage_commit(core);
	return VT_OK;
}

static void run_after(struct core *core, const struct after *after)
{
	struct session_event event = {0};
	VT_CLEANUP(vt_buf_finish) struct vt_buf answer;

	vt_buf_init(&answer, VT_MAX_PAYLOAD);
	switch (after->kind) {
	case AFTER_COMMITTED:
		event.type = SESSION_COMMITTED;
		event.u.committed.transaction = after->transaction;
		event.u.committed.folio = after->folio;
		citizen_feed(core, &event);
		return;
	case AFTER_DELIVER:
		work_deliver(core, after);
		return;
	case AFTER_RESULT:
		event.type = SESSION_RESULT;
		event.u.result.transaction = after->transaction;
		event.u.result.result = after->result;
		if (core->queue && after->result == RESULT_ACCEPTED &&
			queue_answer(core->queue, after->transaction, &answer) != VT_OK)
			vt_buf_reset(&answer);
		event.u.result.answer = vt_buf_text(&answer);
		citizen_feed(core, &event);
		return;
	case AFTER_PRINT:
		sheet_send(core);
		return;
	case AFTER_PRINTED:
		event.type = SESSION_PRINTED;
		event.u.printed.transaction = after->transaction;
		event.u.printed.outcome = after->outcome;
		event.u.printed.reason = after->reason;
		citizen_feed(core, &event);
		sheet_next(core);
		return;
	}
}

/* The batch is lost, and with it what was to follow its commit. */
static void fail_after(struct core *core, const struct after *after)
{
	struct session_event event = {.type = SESSION_REFUSED};

	switch (after->kind) {
	case AFTER_COMMITTED:
		citizen_feed(core, &event);
		return;
	case AFTER_DELIVER:
		work_forget(core, after->transaction);
		core_arm(core->work_timer, vt_clock_monotonic_ms() + LEASE_AGAIN_MS);
		return;
	case AFTER_RESULT: /* the lease runs out, then the service is asked */
		return;
	case AFTER_PRINT:
		sheet_timeout(core);
		return;
	case AFTER_PRINTED: /* the paper is as it is; the ledger calls it in doubt */
		run_after(core, after);
		return;
	}
}

static void lose_batch(struct core *core)
{
	struct after list[CORE_MAX_AFTER];
	const size_t count = core->after_count;

	memcpy(list, core->after, count * sizeof(list[0]));
	core->after_count = 0;
	for (size_t i = 0; i < count; i++)
		fail_after(core, &list[i]);
}

static void close_store(struct core *core)
{
	queue_close(&core->queue);
	lose_batch(core);
	core_arm(core->storage_timer, vt_clock_monotonic_ms() + 1000);
}

void storage_judge(struct core *core, enum vt_code code, const char *what)
{
	if (code == VT_OK)
		return;
	vt_log(VT_LOG_ERROR, "store: %s: %s (%s)", what, vt_code_text(code),
		core->queue ? queue_error(core->queue)->msg : "closed");
	if (core->queue && queue_is_failed(core->queue)) {
		vt_copy_cut(core->storage_detail, sizeof(core->storage_detail),
			queue_error(core->queue)->msg);
		close_store(core);
	}
	update_health(core);
}

bool storage_begin(struct core *core)
{
	if (!core->queue)
		return false;
	if (queue_in_batch(core->queue))
		return true;
	const enum vt_code code = queue_begin(core->queue);
	storage_judge(core, code, "begin");
	return code == VT_OK;
}

struct after *storage_after(struct core *core, enum after_kind kind, const char *transaction)
{
	VT_ASSERT(core->after_count < CORE_MAX_AFTER);
	struct after *after = &core->after[core->after_count++];
	*after = (struct after){.kind = kind};
	vt_copy_cut(after->transaction, sizeof(after->transaction), transaction);
	return after;
}

void storage_abort(struct core *core)
{
	if (core->queue)
		queue_abort(core->queue);
	lose_batch(core);
}

bool storage_commit(struct core *core)
{
	struct after list[CORE_MAX_AFTER];

	if (!core->queue || !queue_in_batch(core->queue))
		return core->queue != NULL;
	counters_write(core);
	if (!core->queue) /* closed by what that found */
		return false;
	const enum vt_code code = queue_commit(core->queue);
	if (code) {
		storage_judge(core, code, "commit");
		lose_batch(core);
		return false;
	}
	counters_written(core);
	const size_t count = core->after_count;
	memcpy(list, core->after, count * sizeof(list[0]));
	core->after_count = 0;
	for (size_t i = 0; i < count; i++)
		run_after(core, &list[i]);
	work_pump(core);
	return true;
}

/* Nobody is there and nothing is open: prune, and move committed pages out of the -wal. */
static void tidy_up(struct core *core)
{
	static const struct queue_retention by_default = {
		.shred_ms = 24 * 3600 * 1000LL, .delete_ms = 90 * 24 * 3600 * 1000LL};
	size_t pruned = 0;

	if (core_clock_may_prune(core))
		storage_judge(core,
			queue_prune(core->queue, core_unix_ms(core),
				core->retention.shred_ms ? &core->retention : &by_default, 64,
				&pruned),
			"prune");
	if (pruned > 0)
		vt_log(VT_LOG_INFO, "retention: %zu rows shredded or deleted", pruned);
	if (core->queue)
		storage_judge(core, queue_checkpoint(core->queue), "checkpoint");
}

/* What is written to a file without a name is lost: better closed, and opened where it is again. */
static void check_store_is_there(struct core *core)
{
	char path[128];

	if (!core->queue || find_store(core, path, sizeof(path)) == core->store_inode)
		return;
	vt_copy_cut(core->storage_detail, sizeof(core->storage_detail), "the store's file is gone");
	core->problem = STORAGE_MISSING;
	close_store(core);
}

/* Every ten seconds, and soon after a failure: reopen, look at the space, tidy up. */
void storage_tick(struct core *core)
{
	struct vt_error error = {0};

	core_clock_watch(core);
	check_store_is_there(core);
	/* It says by itself why not, once. */
	if (!core->queue && storage_open(core, &error) != VT_OK)
		vt_log(VT_LOG_DEBUG, "store: %s", error.msg);
	counters_tick(core);
	/* Committing may lease new work, which opens the next batch: then the next tick tidies. */
	storage_commit(core);
	if (core->queue && !session_is_open(core->session) && !queue_in_batch(core->queue))
		tidy_up(core);
	journal_tick(core);
	update_health(core);
	core_arm(core->storage_timer,
		vt_clock_monotonic_ms() + (core->check_ms ? core->check_ms : STORAGE_CHECK_MS));
}
