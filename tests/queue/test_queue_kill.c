/* kill -9 of a real process under load, at seeded random moments: it appends, leases and settles
 * rows and acknowledges each commit over a pipe; after the kill every acknowledged fact is in the
 * store, no row is there twice, and at most the one commit in flight is there unacknowledged. The
 * page cache survives a kill: this tests recovery, power cuts test durability. */

#include "tests/lib/cmocka_prelude.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/queue/fixture.h"

#define CYCLES 60

/* What the child says after a commit: row n reached the stage. */
struct ack {
	unsigned n;
	enum { APPENDED = 1, LEASED, ACCEPTED } stage;
};

static void say(int fd, unsigned n, int stage)
{
	const struct ack ack = {.n = n, .stage = (unsigned char)stage};

	if (write(fd, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
		_exit(3);
}

/* Never returns: lives until it is killed. */
static void child(struct fixture *f, unsigned first, int fd)
{
	if (fixture_open(f) != VT_OK)
		_exit(2);
	for (unsigned n = first;; n++) {
		if (fixture_append(f, n) != VT_OK)
			_exit(4);
		say(fd, n, APPENDED);
		if (fixture_lease(f, n) != VT_OK)
			_exit(5);
		say(fd, n, LEASED);
		if (n % 3 && fixture_result(f, n, TXN_RESULT_ACCEPTED, TXN_CAUSE_NONE) != VT_OK)
			_exit(6);
		if (n % 3)
			say(fd, n, ACCEPTED);
		if (n % 16 == 0 && queue_checkpoint(f->queue) != VT_OK)
			_exit(7);
	}
}

static unsigned stages[200000]; /* last acknowledged stage of each row */

static unsigned take_acks(int fd, unsigned newest)
{
	struct ack ack;

	while (read(fd, &ack, sizeof(ack)) == (ssize_t)sizeof(ack)) {
		assert_true(ack.n < VT_ELEMENTS(stages));
		stages[ack.n] = ack.stage;
		if (ack.n > newest)
			newest = ack.n;
	}
	return newest;
}

static unsigned stage_of(enum txn_state state)
{
	if (state == TXN_JOURNALED)
		return APPENDED;
	if (state == TXN_LEASED)
		return LEASED;
	assert_int_equal(state, TXN_ACCEPTED);
	return ACCEPTED;
}

/* Every row of the store against the acknowledgements; returns the first free number. */
static unsigned judge(struct fixture *f, unsigned first, unsigned newest)
{
	unsigned ahead = 0;
	struct queue_record record;
	char id[VT_UUID_SIZE];
	struct vt_buf out;

	assert_int_equal(fixture_open(f), VT_OK);
	assert_false(f->report.quarantined || f->report.rolled_back);
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	for (unsigned n = first; n <= newest + 1; n++) {
		fixture_uuid('i', n, id);
		const enum vt_code code = queue_get(f->queue, id, &record);
		if (code == VT_ERR_NOT_FOUND) {
			assert_int_equal(stages[n], 0);
			continue;
		}
		assert_int_equal(code, VT_OK);
		assert_true(txn_check(&record.txn));
		assert_int_equal(record.sequence, n); /* in order, none twice, no gap */
		const unsigned stage = stage_of(record.txn.state);
		assert_in_range(stage, stages[n], stages[n] + 1);
		ahead += stage - stages[n];
		stages[n] = stage;
		assert_int_equal(queue_payload(f->queue, id, &out), VT_OK);
		assert_string_equal(vt_buf_text(&out), FIXTURE_PAYLOAD);
	}
	assert_in_range(ahead, 0, 1);
	vt_buf_finish(&out);
	struct queue_counts counts;
	assert_int_equal(queue_counts(f->queue, &counts), VT_OK);
	int64_t total = 0;
	for (int i = 0; i < TXN_STATE_COUNT; i++)
		total += counts.states[i];
	fixture_uuid('i', newest + 1, id);
	const unsigned next = queue_get(f->queue, id, &record) == VT_OK ? newest + 2 : newest + 1;
	assert_int_equal(total, next - 1);
	queue_close(&f->queue);
	return next;
}

static void nothing_acknowledged_is_lost_or_doubled_by_kill_9(void **state)
{
	struct fixture f;
	unsigned next = 1;
	const char *const given = getenv("VT_SEED");
	unsigned seed = given ? (unsigned)strlen(given) * 7919u : 20260117u;

	(void)state;
	print_message("seed %u\n", seed);
	fixture_init(&f);
	for (int cycle = 0; cycle < CYCLES; cycle++) {
		int fds[2], status;
		struct ack ack;
		assert_int_equal(pipe(fds), 0);
		const pid_t pid = fork();
		if (pid == 0) {
			close(fds[0]);
			child(&f, next, fds[1]);
		}
		close(fds[1]);
		/* Wait for the first sign of life, then strike at a random moment. */
		if (read(fds[0], &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
			fail_msg("the child could not start");
		stages[ack.n] = ack.stage;
		seed = seed * 1103515245u + 12345u;
		const struct timespec moment = {.tv_nsec = (long)(seed >> 8) % 12000000};
		(void)ppoll(NULL, 0, &moment, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		const unsigned newest = take_acks(fds[0], ack.n);
		close(fds[0]);
		next = judge(&f, 1, newest);
	}
	print_message("%d kills, %u rows\n", CYCLES, next - 1);
	fixture_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost_or_doubled_by_kill_9),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
