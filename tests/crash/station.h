#ifndef VT_TESTS_CRASH_STATION_H
#define VT_TESTS_CRASH_STATION_H

/* A terminal around the product's own store and transaction machine, and the world outside of it:
 * what the citizen read, what the service applied, which sheets came out. It does what core does
 * (terminal/core: work.c, sheets.c, storage.c), one commit before each outside effect, on virtual
 * time and without randomness; each change of the world is an acknowledgement in the log of the
 * disk. A seeded defect makes it careless in one place. */

#include "tests/queue/fixture.h"

enum { STATION_TXNS = 7, STATION_JOBS = 48, STATION_LEDGER = 48 };

/* X(NAME, text, what must be found) */
#define STATION_DEFECTS(X)                                                            \
	X(DEFECT_NONE, "none")                                                        \
	X(DEFECT_NORMAL, "synchronous=NORMAL")                                        \
	X(DEFECT_OFF, "synchronous=OFF")                                              \
	X(DEFECT_LYING_DISK, "disk answers flushes without doing them")               \
	X(DEFECT_CHECKPOINT_UNSYNCED, "checkpoint without flush of the database")     \
	X(DEFECT_LOG_THROWN_AWAY, "log left by a cut is thrown away")                 \
	X(DEFECT_REPLY_FIRST, "folio shown before the commit")                        \
	X(DEFECT_SEND_FIRST, "sent before the intent is committed")                   \
	X(DEFECT_KEY_AT_SEND, "key made at send time")                                \
	X(DEFECT_LEASE_FOR_EVER, "lease without expiry")                              \
	X(DEFECT_FIRST_LEASE_ONLY, "recovery handles the first lease only")           \
	X(DEFECT_SETTLED_FIRST, "settled before the answer")                          \
	X(DEFECT_ANSWER_APART, "outcome and answer in two commits")                   \
	X(DEFECT_GIVE_UP, "given up when the answer is lost")                         \
	X(DEFECT_PURGE, "unsettled rows purged")                                      \
	X(DEFECT_OUTCOME_FIRST, "print outcome recorded before the sheet")            \
	X(DEFECT_PRINT_FIRST, "sheet printed before its intent is committed")         \
	X(DEFECT_PRINT_ASSUMED_DONE, "open print assumed done at recovery")           \
	X(DEFECT_PRINT_ASSUMED_LOST, "open print assumed lost at recovery, repeated") \
	X(DEFECT_BURST_APART, "rows of one burst in several commits")

#define X(name, text) name,
enum station_defect { STATION_DEFECTS(X) STATION_DEFECT_COUNT };
#undef X
extern const char *const station_defect_names[STATION_DEFECT_COUNT];

/* Survives every cut. Transactions are numbers 1 … STATION_TXNS; their payload names the number,
 * so that a double is seen whatever key it bears. */
struct world {
	uint8_t shown[STATION_TXNS + 1];   /* the citizen read the folio */
	uint8_t told[STATION_TXNS + 1];	   /* final word that the citizen read: enum txn_state */
	uint8_t applied[STATION_TXNS + 1]; /* effects at the service: 1 is right */
	uint8_t sheets[STATION_TXNS + 1][TXN_SHEET_COUNT];
	int ledger_count, job_count;
	struct {
		char key[VT_UUID_SIZE];
		uint8_t txn;
		bool is_accepted;
	} ledger[STATION_LEDGER];
	char jobs[STATION_JOBS][VT_UUID_SIZE]; /* sheets that came out */
};

enum { PICTURE_SIZE = 2048 };

struct station {
	struct fixture f;
	struct world world;
	enum station_defect defect;
	bool device_remembers; /* the device process still knows its jobs after a cut */
	unsigned leases, jobs; /* made so far: the next ids */
	bool is_draining;
	/* Called after each change of the world and after each commit; NULL = nobody asks. */
	void (*acknowledge)(struct station *station);
	void (*committed)(struct station *station);
	void *context;
};

/* What happens to a message on its way. */
enum fate { FATE_ANSWERED, FATE_ANSWER_LOST, FATE_REQUEST_LOST, FATE_SYNC_DIES, FATE_COUNT };

VT_MUST_USE enum vt_code station_open(struct station *station);
/* Rows first … last in one commit (one lane if there are several); the folios are shown. */
VT_MUST_USE enum vt_code station_enter(struct station *station, unsigned first, unsigned last);
/* One round with the service for the first row that is due. VT_ERR_NOT_FOUND: none is. */
VT_MUST_USE enum vt_code station_send(struct station *station, enum fate fate);
/* A sheet for row n if it may have one now; is_paper_out: the printer says so and did nothing.
 * VT_ERR_NOT_FOUND: no sheet is wanted. */
VT_MUST_USE enum vt_code station_print(struct station *station, unsigned n, bool is_paper_out);
VT_MUST_USE enum vt_code station_prune(struct station *station);
/* What core does after opening: leases of a former life, effects without an outcome. */
VT_MUST_USE enum vt_code station_recover(struct station *station);
/* Sends and prints until nothing is left to do. VT_ERR_AGAIN: it does not end. */
VT_MUST_USE enum vt_code station_drain(struct station *station);
/* Everything that the store remembers of the transactions, as text; checks each row. */
VT_MUST_USE enum vt_code station_picture(struct station *station, char picture[PICTURE_SIZE]);

enum verdict { VERDICT_GOOD, VERDICT_LOST, VERDICT_DOUBLED, VERDICT_CORRUPT, VERDICT_COUNT };
/* Compares the ledgers of both sides after station_drain(); why has room for 160 characters. */
enum verdict station_compare(struct station *station, char *why);

#endif
