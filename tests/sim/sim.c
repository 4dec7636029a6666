/* terminal-sim: simulated terminals; a failing seed is printed and replays.
 *   --sessions N [--days-offline N] [--seed N]  a campaign: many terminals, N citizens in all
 *   … --alone                                   that one terminal here, to replay a violation
 *   --steps N --runs N [--seed N]               terminals by number of events
 *   --verbose                                   with core's log */

#include <ftw.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tests/sim/campaign.h"
#include "tests/sim/world.h"

#define DAY_MS 86400000LL

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int64_t number(const char *text)
{
	int64_t value = 0;

	if (vt_parse_i64(text, 0, INT64_MAX, &value) != VT_OK) {
		fprintf(stderr, "sim: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

void sim_run(const struct sim_order *order, struct sim_figures *ret_figures)
{
	static struct world w;
	/* In memory where there is such a place: core is killed here, not the machine. */
	char dir[] = "/dev/shm/vt-sim-XXXXXX", other[] = "/tmp/vt-sim-XXXXXX", *made = mkdtemp(dir);

	if (!made)
		made = mkdtemp(other);
	if (!made)
		exit(1);
	world_start(&w, order->seed, made, order->catalog);
	if (order->days_offline > 0) {
		w.is_online = false;
		w.offline_until_ms = w.now_ms + order->days_offline * DAY_MS;
		w.pause_ms = order->days_offline * DAY_MS /
			     (order->sessions > 0 ? order->sessions : 500);
	}
	while (order->steps > 0 ? w.steps < order->steps : w.sessions < order->sessions)
		world_step(&w);
	world_drain(&w);
	*ret_figures = (struct sim_figures){.events = w.steps,
		.sessions = w.sessions,
		.transactions = (int64_t)w.ledger_count,
		.sheets = w.sheets,
		.kills = w.kills,
		.virtual_ms = w.now_ms};
	world_stop(&w);
	nftw(made, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void run_alone(const struct sim_order *order)
{
	struct sim_figures f;

	/* Before anything can fail: the seed that replays it. */
	printf("seed %llu: ", (unsigned long long)order->seed);
	fflush(stdout);
	sim_run(order, &f);
	printf("%lld steps, %lld sessions, %lld transactions, %lld sheets, %lld kills, %.1f days\n",
		(long long)f.events, (long long)f.sessions, (long long)f.transactions,
		(long long)f.sheets, (long long)f.kills, (double)f.virtual_ms / (double)DAY_MS);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"steps", required_argument, NULL, 'n'}, {"runs", required_argument, NULL, 'r'},
		{"sessions", required_argument, NULL, 'c'},
		{"days-offline", required_argument, NULL, 'd'}, {"alone", no_argument, NULL, 'a'},
		{"verbose", no_argument, NULL, 'v'}, {0}};
	struct sim_order order = {.seed = 1};
	int64_t runs = 4;
	bool is_alone = false;
	/* Nothing: the disk fails on purpose, all the time. */
	enum vt_log_level level = (enum vt_log_level)0;
	char catalog[512];
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			order.seed = (uint64_t)number(optarg);
			break;
		case 'n':
			order.steps = number(optarg);
			break;
		case 'r':
			runs = number(optarg);
			break;
		case 'c':
			order.sessions = number(optarg);
			break;
		case 'd':
			order.days_offline = number(optarg);
			break;
		case 'a':
			is_alone = true;
			break;
		case 'v':
			level = VT_LOG_DEBUG;
			break;
		default:
			return 2;
		}
	}
	const char *source = getenv("VT_SOURCE_DIR");
	snprintf(catalog, sizeof(catalog), "%s/assets/catalog", source ? source : ".");
	order.catalog = catalog;
	vt_log_init("sim", level);
	/* Large blocks come and go at each event: giving them back to the kernel would cost half
	 * the time. */
	(void)mallopt(M_MMAP_THRESHOLD, 64 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
	if (order.sessions > 0 && !is_alone)
		return sim_campaign(&order, order.sessions);
	if (order.sessions > 0) {
		run_alone(&order);
		return 0;
	}
	if (order.steps == 0)
		order.steps = 20000;
	for (int64_t i = 0; i < runs; i++, order.seed++)
		run_alone(&order);
	return 0;
}
