/* sim [--seed N] [--steps N] [--runs N]: simulated terminals; a failing seed is printed and
 * replays. */

#include <ftw.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "tests/sim/world.h"

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

static void run_once(uint64_t seed, int64_t steps, const char *catalog)
{
	static struct world w;
	/* In memory where there is such a place: core is killed here, not the machine. */
	char dir[] = "/dev/shm/vt-sim-XXXXXX", other[] = "/tmp/vt-sim-XXXXXX", *made = mkdtemp(dir);

	if (!made)
		made = mkdtemp(other);
	if (!made)
		exit(1);
	/* Before anything can fail: the seed that replays it. */
	printf("seed %llu: ", (unsigned long long)seed);
	fflush(stdout);
	world_start(&w, seed, made, catalog);
	for (int64_t i = 0; i < steps; i++)
		world_step(&w);
	world_drain(&w);
	printf("%lld steps, %lld sessions, %zu transactions, %lld sheets, %lld kills, %.1f days\n",
		(long long)w.steps, (long long)w.sessions, w.ledger_count, (long long)w.sheets,
		(long long)w.kills, (double)w.now_ms / 86400000.0);
	world_stop(&w);
	nftw(made, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"steps", required_argument, NULL, 'n'}, {"runs", required_argument, NULL, 'r'},
		{"verbose", no_argument, NULL, 'v'}, {0}};
	int64_t seed = 1, steps = 20000, runs = 4;
	enum vt_log_level level = VT_LOG_ERROR;
	char catalog[512];
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			seed = number(optarg);
			break;
		case 'n':
			steps = number(optarg);
			break;
		case 'r':
			runs = number(optarg);
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
	vt_log_init("sim", level);
	for (int64_t i = 0; i < runs; i++)
		run_once((uint64_t)(seed + i), steps, catalog);
	return 0;
}
