/* A sheet of paper: intent → effect → outcome between core, the device process and the printer.
 *
 * Effect outcomes and receipt states are those of offline-queue/queue (queue.h, record.h), by name.
 * One transaction, one original, J print jobs. A commit is one atomic step, paper is another; core,
 * the device process (whose memory of jobs dies with it) and the power may fail between any two.
 *
 * Claims (safety): one_original; honest: DONE ⇒ the paper is out, NOT_DONE ⇒ it is not.
 * BUG=1 … 7: seeded bugs, marked below. */

#ifndef J
#define J 4
#endif
#ifndef CR
#define CR 2
#endif
#ifndef DV
#define DV 2
#endif
#ifndef PW
#define PW 1
#endif
#ifndef OUT
#define OUT 1 /* times that the paper is out */
#endif
#ifndef EARLY
#define EARLY 1
#endif
#ifndef BUG
#define BUG 0
#endif

mtype = { NO_EFFECT, EFFECT_OPEN, EFFECT_DONE, EFFECT_NOT_DONE, EFFECT_IN_DOUBT };
mtype = { RECEIPT_NONE, RECEIPT_FINAL, RECEIPT_UNKNOWN, RECEIPT_REPRINTED };
mtype = { M_NONE, M_RUNNING, M_PRINTED, M_FAILED }; /* the device process' memory of a job */

/* Durable: core's ledger. */
mtype effect[J] = NO_EFFECT;
bool is_copy[J]; /* marked COPIA */
mtype receipt = RECEIPT_NONE;

/* Memory of core and of the device process. */
bool core_up = true, devices_up = true;
bool to_print[J];
mtype memory[J] = M_NONE;

/* The world. */
bool printed[J];
byte originals, copies;

byte crashes = CR, device_crashes = DV, power_cuts = PW, paper_out = OUT, early = EARLY;

chan job = [J] of { byte };
chan report = [J] of { byte, mtype };

#define is_open(j) (effect[j] == EFFECT_OPEN)
#define any_open (effect[0] == EFFECT_OPEN || effect[1] == EFFECT_OPEN || \
	effect[2] == EFFECT_OPEN || effect[3] == EFFECT_OPEN)
#define has_paper (receipt == RECEIPT_FINAL || receipt == RECEIPT_REPRINTED)

/* store_receipt_state() of core/sheets.c, on_print() of session/txn.c. */
inline finish(j, outcome) {
	effect[j] = outcome;
	if
	:: outcome == EFFECT_DONE && is_copy[j] -> receipt = RECEIPT_REPRINTED
	:: outcome == EFFECT_DONE && !is_copy[j] && !has_paper -> receipt = RECEIPT_FINAL
	:: outcome == EFFECT_IN_DOUBT && !has_paper -> receipt = RECEIPT_UNKNOWN
	:: else -> skip
	fi
}

inline paper(j) {
	printed[j] = true;
	if
	:: is_copy[j] -> if :: copies < 3 -> copies++ :: else -> skip fi
	:: else -> originals++
	fi
}

active proctype core() {
	byte next, j;
	mtype m;

	do
	/* Intent: one sheet at a time; after any doubt only a sheet marked COPIA. */
	:: atomic { core_up && next < J && !any_open && !has_paper ->
		is_copy[next] = (receipt == RECEIPT_UNKNOWN && BUG != 7);
		if
		:: BUG == 1 -> paper(next) /* printed before the commit */
		:: else -> skip
		fi }
		if
		:: atomic { core_up && effect[next] == NO_EFFECT ->
			effect[next] = EFFECT_OPEN; to_print[next] = true;
			if
			:: BUG == 2 -> finish(next, EFFECT_DONE) /* the outcome before the effect */
			:: else -> skip
			fi;
			next++ }
		:: atomic { !core_up -> skip }
		fi
	:: atomic { core_up && next > 0 && to_print[next - 1] ->
		to_print[next - 1] = false;
		if
		:: BUG == 1 -> finish(next - 1, EFFECT_DONE)
		:: else -> job!(next - 1)
		fi }

	/* The device process reports, also jobs of a former connection. */
	:: atomic { core_up && report?[j,m] -> report?j,m;
		if
		:: is_open(j) -> finish(j, (m == M_PRINTED -> EFFECT_DONE : EFFECT_NOT_DONE))
		:: effect[j] == EFFECT_IN_DOUBT && m == M_PRINTED -> effect[j] = EFFECT_DONE
		:: effect[j] == EFFECT_IN_DOUBT && m == M_FAILED -> effect[j] = EFFECT_NOT_DONE
		:: else -> skip
		fi; j = 0; m = M_NONE }

	/* Silence: nobody knows. Early, or because nothing is under way any more. */
	:: atomic { core_up && next > 0 && is_open(next - 1) && !to_print[next - 1] &&
		(len(report) == 0) && (((len(job) == 0) && memory[next - 1] != M_RUNNING) || early > 0) ->
		if
		:: (len(job) == 0) && memory[next - 1] != M_RUNNING -> skip
		:: else -> early--
		fi;
		if
		:: BUG == 5 -> finish(next - 1, EFFECT_NOT_DONE) /* silence taken for failure */
		:: else -> finish(next - 1, EFFECT_IN_DOUBT)
		fi }
	od
}

inline core_dies() {
	core_up = false;
	for (i : 0 .. J - 1) { to_print[i] = false }
	do
	:: (len(job) > 0) -> job?_
	:: (len(report) > 0) -> report?_,_
	:: else -> break
	od;
	i = 0
}

active proctype failures() {
	byte i;

	do
	:: atomic { core_up && crashes > 0 -> crashes--; core_dies() }
	:: atomic { devices_up && device_crashes > 0 ->
		device_crashes--; devices_up = false;
		for (i : 0 .. J - 1) { memory[i] = M_NONE }
		i = 0 }
	:: atomic { power_cuts > 0 ->
		power_cuts--; core_dies(); devices_up = false;
		for (i : 0 .. J - 1) { memory[i] = M_NONE }
		i = 0 }
	:: atomic { !devices_up -> devices_up = true }
	/* sheets_recover(): every open effect is in doubt; then what the devices still know. */
	:: atomic { !core_up ->
		for (i : 0 .. J - 1) {
			if
			:: is_open(i) && BUG == 3 -> finish(i, EFFECT_DONE)
			:: is_open(i) && BUG == 4 -> finish(i, EFFECT_NOT_DONE)
			:: is_open(i) && BUG != 3 && BUG != 4 -> finish(i, EFFECT_IN_DOUBT)
			:: else -> skip
			fi;
			if
			:: devices_up && (memory[i] == M_PRINTED || memory[i] == M_FAILED) ->
				report!i,memory[i]
			:: else -> skip
			fi
		}
		i = 0; core_up = true }
	od
}

active proctype devices() {
	byte j;

	do
	:: atomic { devices_up && job?[j] -> job?j;
		if
		:: memory[j] == M_NONE -> memory[j] = M_RUNNING
		:: else -> skip
		fi; j = 0 }
	/* The paper comes out, then the counter is read; a crash may come between. */
	:: atomic { devices_up && memory[0] == M_RUNNING && !printed[0] -> j = 0; paper(j) }
	:: atomic { devices_up && memory[1] == M_RUNNING && !printed[1] -> j = 1; paper(j); j = 0 }
	:: atomic { devices_up && memory[2] == M_RUNNING && !printed[2] -> j = 2; paper(j); j = 0 }
	:: atomic { devices_up && memory[3] == M_RUNNING && !printed[3] -> j = 3; paper(j); j = 0 }
	:: atomic { devices_up && j == 0 ->
		do
		:: j < J && memory[j] == M_RUNNING && (printed[j] || paper_out > 0) -> break
		:: j < J && !(memory[j] == M_RUNNING && (printed[j] || paper_out > 0)) -> j++
		:: j >= J -> break
		od;
		if
		:: j < J && printed[j] -> memory[j] = M_PRINTED
		:: j < J && BUG == 6 && paper_out > 0 -> paper_out--; paper(j); memory[j] = M_FAILED
		:: j < J && BUG != 6 && !printed[j] -> paper_out--; memory[j] = M_FAILED
		:: else -> skip
		fi;
		if
		:: j < J && memory[j] != M_RUNNING && core_up -> report!j,memory[j]
		:: else -> skip
		fi;
		j = 0 }
	od
}

#define is_honest(j) ((effect[j] != EFFECT_DONE || printed[j]) && \
	(effect[j] != EFFECT_NOT_DONE || !printed[j]))

ltl one_original { [] (originals <= 1) }
ltl honest { [] (is_honest(0) && is_honest(1) && is_honest(2) && is_honest(3)) }
