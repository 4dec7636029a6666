#ifndef VT_TESTS_SIM_CAMPAIGN_H
#define VT_TESTS_SIM_CAMPAIGN_H

/* Many simulated terminals, each in a process of its own, so that one that breaks an assertion is a
 * counted violation with its seed and the others go on. */

#include <stdint.h>

/* What is asked of one terminal. */
struct sim_order {
	uint64_t seed;
	int64_t steps;	      /* > 0: so many steps */
	int64_t sessions;     /* else until so many citizens came */
	int64_t days_offline; /* no line for so many days from the start; citizens spread over them
			       */
	const char *catalog;  /* borrowed */
};

/* What became of it. */
struct sim_figures {
	int64_t events, sessions, transactions, sheets, kills, virtual_ms;
};

/* Lives that terminal, drains it and compares the ledgers. Aborts on a violation. */
void sim_run(const struct sim_order *order, struct sim_figures *ret_figures);

/* Lives enough terminals for sessions citizens, one process per processor at a time, seeds from
 * order->seed on. Prints each violation with the command that replays it, and as last line
 * "sessions N events N violations N per-minute N". 0 if there was no violation. */
int sim_campaign(const struct sim_order *order, int64_t sessions);

#endif
