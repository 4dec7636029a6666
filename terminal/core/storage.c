/* The store: one batch a loop turn, what waits for its commit, and what happens when it fails. */

#include <string.h>
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

int64_t core_unix_ms(void)
{
	return vt_clock_unix_ms();
}

void core_arm(void *timer, int64_t at_ms)
{
	if (at_ms == 0) {
		(void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(timer, (uint64_t)at_ms * 1000);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static bool has_space(const struct core *core)
{
	struct statvfs st;

	if (statvfs(core->state_dir, &st) < 0)
		return false;
	return (uint64_t)st.f_bavail * st.f_frsize >= FREE_SPACE_FLOOR_BYTES;
}

/* Tells the session when the truth about storage changed. */
static void update_health(struct core *core)
{
	const bool ok = core->queue && !queue_is_failed(core->queue) && has_space(core);

	if (ok == core->health.storage_ok)
		return;
	core->health.storage_ok = ok;
	if (!ok) {
		core->storage_failed_unix_ms = core_unix_ms();
	} else {
		journal_note(core, (struct journal_fact){.event = JOURNAL_STORAGE_FAILED,
					   .at_unix_ms = core->storage_failed_unix_ms});
		journal_note(core, (struct journal_fact){.event = JOURNAL_STORAGE_GOOD});
		core->storage_failed_unix_ms = 0;
	}
	vt_log(ok ? VT_LOG_NOTICE : VT_LOG_ERROR, "storage %s",
		ok					       ? "is good"
		: core->queue && !queue_is_failed(core->queue) ? "is full"
							       : "failed");
	citizen_health(core);
}

enum vt_code storage_open(struct core *core, struct vt_error *error)
{
	char path[128], key[128];
	struct queue_report report;

	if (!vt_format(path, sizeof(path), "%s/queue.db", core->state_dir) ||
		!vt_format(key, sizeof(key), "%s/queue.key", core->state_dir))
		return vt_fail(error, VT_ERR_LIMIT, 0, "state_dir: too long");
	enum vt_code code = queue_key_create(key, error);
	if (code != VT_OK && code != VT_ERR_EXISTS)
		return code;
	code = core->journal_key[0] ? queue_journal_key_create(core->journal_key, error) : VT_OK;
	if (code != VT_OK && code != VT_ERR_EXISTS)
		return code;
	const struct queue_options options = {.terminal = core->terminal,
		.now_unix_ms = core_unix_ms(),
		.journal_key = core->journal_key[0] ? core->journal_key : NULL};
	code = queue_open(path, key, &options, &core->queue, &report, error);
	if (code)
		return code;
	if (report.quarantined)
		vt_log(VT_LOG_ERROR, "store was corrupt (%s) and is kept as %s", report.reason,
			report.aside);
	if (report.rolled_back)
		vt_log(VT_LOG_ERROR, "store is older than the last one opened here");
	vt_log(VT_LOG_NOTICE, "store open: epoch %lld, opening %lld", (long long)report.epoch,
		(long long)report.opening);
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

void storage_judge(struct core *core, enum vt_code code, const char *what)
{
	if (code == VT_OK)
		return;
	vt_log(VT_LOG_ERROR, "store: %s: %s (%s)", what, vt_code_text(code),
		core->queue ? queue_error(core->queue)->msg : "closed");
	if (core->queue && queue_is_failed(core->queue)) {
		queue_close(&core->queue);
		lose_batch(core);
		core_arm(core->storage_timer, vt_clock_monotonic_ms() + 1000);
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
	const enum vt_code code = queue_commit(core->queue);
	if (code) {
		storage_judge(core, code, "commit");
		lose_batch(core);
		return false;
	}
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
	static const struct queue_retention retention = {
		.shred_ms = 24 * 3600 * 1000LL, .delete_ms = 90 * 24 * 3600 * 1000LL};
	size_t pruned;

	storage_judge(
		core, queue_prune(core->queue, core_unix_ms(), &retention, 64, &pruned), "prune");
	if (core->queue)
		storage_judge(core, queue_checkpoint(core->queue), "checkpoint");
}

/* Every ten seconds, and soon after a failure: reopen, look at the space, tidy up. */
void storage_tick(struct core *core)
{
	struct vt_error error = {0};

	if (!core->queue && storage_open(core, &error) != VT_OK)
		vt_log(VT_LOG_ERROR, "store: %s", error.msg);
	/* Committing may lease new work, which opens the next batch: then the next tick tidies. */
	storage_commit(core);
	if (core->queue && !session_is_open(core->session) && !queue_in_batch(core->queue))
		tidy_up(core);
	journal_tick(core);
	update_health(core);
	core_arm(core->storage_timer, vt_clock_monotonic_ms() + 10000);
}
