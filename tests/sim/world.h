#ifndef VT_TESTS_SIM_WORLD_H
#define VT_TESTS_SIM_WORLD_H

/* A terminal in one process: the real core (session, transactions, store, sheets) between a robot
 * citizen, a simulated sync with its services, a simulated printer and a disk that fails or is full
 * at times, on a virtual clock with seeded randomness. Core is killed and restarted at any step.
 * The same seed replays the same run.
 */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/core/core.h"

#define WORLD_MAX_JOBS	   64
#define WORLD_MAX_LEDGER   200000
#define WORLD_LEDGER_SLOTS (1u << 19)

/* Work on its way through sync, a sheet through the printer, or a scan through the scanner. */
struct world_job {
	bool is_used;
	int64_t due_ms;
	int64_t generation;	 /* of core's life that asked; answers to a dead one are lost */
	struct bus_message *msg; /* owned: the command */
	bool will_answer;
};

/* What the simulated service remembers for ever. */
struct world_entry {
	char key[VT_UUID_SIZE];
	int applied;
	bool is_rejected;
	bool is_confirm;
};

struct world_paper {
	char transaction[VT_UUID_SIZE];
	int originals;
};

struct world {
	uint64_t seed, random;
	int64_t now_ms, unix_ms;
	struct core core;
	bool is_core_up;
	int64_t generation;
	const char *dir;
	struct catalogue *catalogue; /* owned; read only, so that every life of core shares it */
	struct screen_model model;   /* what the citizen sees */
	bool has_model;
	int64_t next_touch_ms;
	bool is_calm; /* no more faults: drain */
	bool is_online;
	int64_t next_weather_ms;
	bool is_paper_out;
	struct world_job work[WORLD_MAX_JOBS];
	struct world_job sheet;
	struct world_job scan;	  /* what the citizen holds under the scanner */
	int64_t offline_until_ms; /* no line before: days offline from the start */
	int64_t pause_ms;	  /* mean pause between two citizens; 0 = the next one waits */
	struct world_entry *ledger;
	size_t ledger_count;
	uint32_t *slots; /* hash of the key → index in ledger + 1; WORLD_LEDGER_SLOTS of them */
	struct world_paper *papers;
	size_t paper_count;
	char (*folios)[VT_FOLIO_SIZE]; /* every folio a citizen was shown */
	size_t folio_count;
	int64_t sessions, kills, steps, sheets;
};

/* Random number below n (> 0) from the seed; true with one chance in n. */
uint64_t world_below(struct world *w, uint64_t n);
bool world_chance(struct world *w, uint64_t n);

void world_start(struct world *w, uint64_t seed, const char *dir, const char *catalog);
void world_stop(struct world *w);
/* One event: a touch, an answer, a timer, the weather or a kill. Asserts what must hold after it.
 */
void world_step(struct world *w);
/* Faults end; runs until nothing is unsettled; then compares both sides' ledgers. */
void world_drain(struct world *w);

#endif
