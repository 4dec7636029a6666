/* bench_queue [--dir DIR] [--million]: the queue's figures Q1–Q4 and Q6–Q9 of the goals, one JSON
 * object a line, each with a yardstick measured in the same run (interleaved rounds, medians).
 * DIR must lie on the disk that is meant (default /var/tmp; a tmpfs has no flush to measure). */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/clock.h"
#include "tests/queue/fault_vfs.h"
#include "tests/queue/fixture.h"

#define ROUNDS	7
#define COMMITS 300 /* per round and contender */
#define RECORD	2048
#define SAMPLES 400 /* for a p50 */

static char payload[2001];

static void die(const char *what)
{
	fprintf(stderr, "bench_queue: %s\n", what);
	exit(1);
}

static void check(enum vt_code code, const char *what)
{
	if (code != VT_OK) {
		fprintf(stderr, "bench_queue: %s: %s\n", what, vt_code_text(code));
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), by_value);
	return values[count / 2];
}

static void report(const char *id, const char *name, double value, const char *unit,
	const char *yardstick, double yardstick_value)
{
	printf("{\"id\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", "
	       "\"yardstick\": \"%s\", \"yardstick_value\": %.6g, \"ratio\": %.3f}\n",
		id, name, value, unit, yardstick, yardstick_value,
		yardstick_value > 0 ? value / yardstick_value : 0.0);
	fflush(stdout);
}

/* ---- the queue ---- */

static unsigned next_row = 1;

/* Rows in batches; returns rows per second. */
static double enqueue(struct fixture *f, unsigned rows, unsigned batch)
{
	struct fixture_row r;
	int64_t epoch, number;
	const int64_t start = vt_clock_monotonic_ns();

	for (unsigned i = 0; i < rows; i++) {
		if (i % batch == 0)
			check(queue_begin(f->queue), "begin");
		fixture_row(f, next_row++, &r);
		r.row.payload = payload;
		check(queue_next_sequence(f->queue, &epoch, &number), "sequence");
		check(queue_append(f->queue, &r.row), "append");
		if ((i + 1) % batch == 0 || i + 1 == rows)
			check(queue_commit(f->queue), "commit");
	}
	return rows * 1e9 / (double)(vt_clock_monotonic_ns() - start);
}

/* ---- the yardsticks: the same bytes, bare ---- */

static double bare(const struct fixture *f, bool is_preallocated)
{
	char path[256];
	static char block[RECORD];
	const int count = COMMITS;

	snprintf(path, sizeof(path), "%s/bare", f->folder);
	memcpy(block, payload, sizeof(payload) - 1);
	const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("bare file");
	if (is_preallocated) {
		for (int i = 0; i < count; i++) {
			if (pwrite(fd, block, RECORD, (off_t)i * RECORD) != RECORD)
				die("bare write");
		}
		fsync(fd);
	}
	const int64_t start = vt_clock_monotonic_ns();
	for (int i = 0; i < count; i++) {
		if (pwrite(fd, block, RECORD, (off_t)i * RECORD) != RECORD || fdatasync(fd) < 0)
			die("bare write");
	}
	const double rate = count * 1e9 / (double)(vt_clock_monotonic_ns() - start);
	close(fd);
	unlink(path);
	return rate;
}

static void rates(struct fixture *f)
{
	double growing[ROUNDS], fixed[ROUNDS], single[ROUNDS], grouped[ROUNDS];

	enqueue(f, COMMITS, 1); /* the -wal has its size */
	for (int i = 0; i < ROUNDS; i++) {
		growing[i] = bare(f, false);
		single[i] = enqueue(f, COMMITS, 1);
		fixed[i] = bare(f, true);
		grouped[i] = enqueue(f, COMMITS * 4, 16);
	}
	const double one = median(single, ROUNDS);
	report("Q1", "durable sealed enqueue of 2 KiB", one, "1/s", "write+fdatasync, growing file",
		median(growing, ROUNDS));
	report("Q2", "durable sealed enqueue of 2 KiB", one, "1/s",
		"write+fdatasync, preallocated file", median(fixed, ROUNDS));
	report("Q8", "enqueue in batches of 16", median(grouped, ROUNDS), "1/s", "batches of 1",
		one);
}

static void counters(struct fixture *f)
{
	const unsigned rows = 2000;
	struct stat st;

	fault_begin(NULL);
	enqueue(f, rows, 1);
	report("Q3", "flushes per enqueue", (double)fault_counts.calls[FAULT_SYNC] / rows,
		"flushes", "one", 1.0);
	report("Q4", "bytes written per enqueue of 2 KiB",
		(double)fault_counts.written_bytes / rows, "bytes", "record", RECORD);
	check(queue_checkpoint(f->queue), "checkpoint");
	if (stat(f->path, &st) < 0)
		die("stat");
	report("Q9", "bytes on disk per record of 2 KiB", (double)st.st_size / (next_row - 1),
		"bytes", "record", RECORD);
}

/* ---- with a backlog ---- */

struct p50 {
	double enqueue_us, claim_us, peek_us;
};

static double since_us(int64_t start)
{
	return (double)(vt_clock_monotonic_ns() - start) / 1e3;
}

/* Claim: what core does to take a row up: find it, step it, commit the lease, unseal. */
static double claim(struct fixture *f)
{
	static struct queue_record records[QUEUE_DUE_MAX];
	struct txn_effects effects;
	struct vt_buf out;
	size_t count;
	static unsigned lease;
	char id[VT_UUID_SIZE];
	const int64_t start = vt_clock_monotonic_ns();

	vt_buf_init(&out, VT_MAX_PAYLOAD);
	check(queue_due(f->queue, f->now, 1, records, &count), "due");
	if (count != 1)
		die("nothing due");
	struct txn after = records[0].txn;
	fixture_uuid('b', ++lease, id);
	check(txn_step(&after,
		      &(struct txn_event){.type = TXN_LEASE,
			      .now_unix_ms = f->now,
			      .lease = id,
			      .lease_ms = 20000},
		      &effects),
		"step");
	check(queue_begin(f->queue), "begin");
	check(queue_store(f->queue, records[0].id, &records[0].txn, &after, NULL, f->now), "store");
	check(queue_commit(f->queue), "commit");
	check(queue_payload(f->queue, records[0].id, &out), "payload");
	vt_buf_finish(&out);
	const double taken = since_us(start);
	/* Given back by an answer, so that leases do not pile up. */
	check(queue_begin(f->queue), "begin");
	struct txn done = after;
	check(txn_step(&done,
		      &(struct txn_event){.type = TXN_RESULT,
			      .now_unix_ms = f->now,
			      .lease = id,
			      .result = TXN_RESULT_ACCEPTED},
		      &effects),
		"step");
	check(queue_store(f->queue, records[0].id, &after, &done, "{}", f->now), "store");
	check(queue_commit(f->queue), "commit");
	return taken;
}

static struct p50 at_backlog(struct fixture *f, unsigned rows)
{
	static double enqueues[SAMPLES], claims[SAMPLES], peeks[SAMPLES];
	struct queue_counts counts;

	check(queue_counts(f->queue, &counts), "counts");
	if (counts.unsettled < rows)
		enqueue(f, rows - (unsigned)counts.unsettled, 500);
	check(queue_checkpoint(f->queue), "checkpoint");
	sync(); /* what the bulk load left to write would be measured instead */
	for (int i = 0; i < SAMPLES; i++) {
		int64_t when;
		int64_t start = vt_clock_monotonic_ns();
		enqueue(f, 1, 1);
		enqueues[i] = since_us(start);
		claims[i] = claim(f);
		start = vt_clock_monotonic_ns();
		check(queue_next_due(f->queue, f->now - 1, &when), "next due");
		peeks[i] = since_us(start);
	}
	return (struct p50){.enqueue_us = median(enqueues, SAMPLES),
		.claim_us = median(claims, SAMPLES),
		.peek_us = median(peeks, SAMPLES)};
}

static void backlog(struct fixture *f, bool with_million)
{
	static const unsigned sizes[] = {100000, 1000000};
	static const char *const names[] = {"1e5", "1e6"};
	const struct p50 base = at_backlog(f, 1000);
	char name[80];

	for (int i = 0; i < (with_million ? 2 : 1); i++) {
		const struct p50 p50 = at_backlog(f, sizes[i]);
		snprintf(name, sizeof(name), "enqueue p50 at a backlog of %s", names[i]);
		report("Q6", name, p50.enqueue_us, "us", "at 1e3", base.enqueue_us);
		snprintf(name, sizeof(name), "claim p50 at a backlog of %s", names[i]);
		report("Q6", name, p50.claim_us, "us", "at 1e3", base.claim_us);
		snprintf(name, sizeof(name), "next due p50 at a backlog of %s", names[i]);
		report("Q7", name, p50.peek_us, "us", "at 1e3", base.peek_us);
		queue_close(&f->queue);
		const int64_t start = vt_clock_monotonic_ns();
		check(fixture_open(f), "reopen");
		snprintf(name, sizeof(name), "opening with a backlog of %s", names[i]);
		report("open", name, since_us(start) / 1e3, "ms", "goal", 3000.0);
	}
}

/* A store of its own for each figure family, so that none inherits another's backlog. */
static void with_store(
	const char *where, const char *vfs, void (*measure)(struct fixture *, bool), bool flag)
{
	struct fixture f;

	fixture_init_in(&f, where);
	f.vfs = vfs;
	next_row = 1;
	check(fixture_open(&f), "open");
	measure(&f, flag);
	fixture_finish(&f);
}

static void rates_of(struct fixture *f, bool flag)
{
	(void)flag;
	rates(f);
}

static void counters_of(struct fixture *f, bool flag)
{
	(void)flag;
	counters(f);
}

int main(int argc, char **argv)
{
	const char *where = "/var/tmp";
	bool with_million = false;
	uint8_t random[1000];

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc && strlen(argv[i + 1]) < 90) {
			where = argv[++i];
		} else if (strcmp(argv[i], "--million") == 0) {
			with_million = true;
		} else {
			fprintf(stderr, "usage: bench_queue [--dir DIR] [--million]\n");
			return 2;
		}
	}
	vt_random(random, sizeof(random));
	vt_hex(payload, random, sizeof(random));
	fault_vfs_register();
	with_store(where, NULL, rates_of, false);
	with_store(where, "fault", counters_of, false);
	with_store(where, NULL, backlog, with_million);
	return 0;
}
