#include "tests/sim/campaign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "terminal/base/assert.h"

/* Citizens of one terminal: enough for a backlog and some kills, few enough to replay quickly. */
#define SESSIONS_PER_TERMINAL 500
#define MAX_PROCESSES	      64

struct child {
	pid_t pid; /* 0 = free */
	int pipe;
	uint64_t seed;
	int64_t sessions;
};

static void start_child(struct child *child, const struct sim_order *order)
{
	int ends[2];

	if (pipe(ends) != 0)
		exit(1);
	fflush(stdout);
	child->pid = fork();
	if (child->pid < 0)
		exit(1);
	if (child->pid == 0) {
		const struct rlimit no_core = {0};
		struct sim_figures figures = {0};

		close(ends[0]);
		(void)setrlimit(RLIMIT_CORE, &no_core);
		sim_run(order, &figures);
		_exit(write(ends[1], &figures, sizeof(figures)) == sizeof(figures) ? 0 : 1);
	}
	close(ends[1]);
	child->pipe = ends[0];
	child->seed = order->seed;
	child->sessions = order->sessions;
}

static struct child *find_child(struct child *children, pid_t pid)
{
	for (size_t i = 0; i < MAX_PROCESSES; i++) {
		if (children[i].pid == pid)
			return &children[i];
	}
	VT_UNREACHABLE();
}

static void add(struct sim_figures *sum, const struct sim_figures *one)
{
	sum->events += one->events;
	sum->sessions += one->sessions;
	sum->transactions += one->transactions;
	sum->sheets += one->sheets;
	sum->kills += one->kills;
	sum->virtual_ms += one->virtual_ms;
}

/* Waits for one child. True if its terminal held. */
static bool collect(struct child *children, const struct sim_order *order, struct sim_figures *sum)
{
	struct sim_figures figures = {0};
	int status = 0;
	const pid_t pid = wait(&status);

	if (pid < 0)
		exit(1);
	struct child *child = find_child(children, pid);
	const bool told = read(child->pipe, &figures, sizeof(figures)) == sizeof(figures);
	const bool held = WIFEXITED(status) && WEXITSTATUS(status) == 0 && told;
	if (held)
		add(sum, &figures);
	else
		printf("violation: seed %llu; replay: terminal-sim --seed %llu --sessions %lld "
		       "--days-offline %lld --alone\n",
			(unsigned long long)child->seed, (unsigned long long)child->seed,
			(long long)child->sessions, (long long)order->days_offline);
	close(child->pipe);
	*child = (struct child){0};
	return held;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int sim_campaign(const struct sim_order *order, int64_t sessions)
{
	static struct child children[MAX_PROCESSES];
	struct sim_figures sum = {0};
	struct sim_order next = *order;
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	const int most = processors < 1		      ? 1
			 : processors > MAX_PROCESSES ? MAX_PROCESSES
						      : (int)processors;
	const double start = now_s();
	int64_t left = sessions, violations = 0;
	int running = 0;

	while (left > 0 || running > 0) {
		if (left > 0 && running < most) {
			next.sessions = left < SESSIONS_PER_TERMINAL ? left : SESSIONS_PER_TERMINAL;
			left -= next.sessions;
			start_child(find_child(children, 0), &next);
			next.seed++;
			running++;
			continue;
		}
		violations += !collect(children, order, &sum);
		running--;
	}
	const double minutes = (now_s() - start) / 60;
	printf("transactions %lld sheets %lld kills %lld virtual-days %.1f\n",
		(long long)sum.transactions, (long long)sum.sheets, (long long)sum.kills,
		(double)sum.virtual_ms / 86400000.0);
	printf("sessions %lld events %lld violations %lld per-minute %.0f\n",
		(long long)sum.sessions, (long long)sum.events, (long long)violations,
		(double)sum.sessions / minutes);
	return violations == 0 ? 0 : 1;
}
