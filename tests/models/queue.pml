/* The queue and its delivery: N transactions between core, sync and the service.
 *
 * States are those of terminal/session/txn.h; tools/model compares the names
 * with the code. Durable and volatile are apart: a commit is one atomic step, each effect
 * outside is another, and every part may die between any two steps. A request may be late (arrive
 * after its lease ran out), be overtaken by the inquiry, or be lost, and so may its answer.
 *
 * Bounds: N transactions; CR, SY, SC crashes of core, sync, service; LOSS lost messages; EARLY
 * leases and patiences that end while the work is under way. With CLASS_C the last transaction's
 * service knows no keys and cannot be asked.
 *
 * Claims: once, shown_is_kept, truth (safety); live (liveness under weak fairness: pan -a -f).
 * BUG=1 … 8: seeded bugs, marked below; each violates a claim (tools/model says which). */

#ifndef N
#define N 2
#endif
#ifndef CR
#define CR 1
#endif
#ifndef SY
#define SY 1
#endif
#ifndef SC
#define SC 1
#endif
#ifndef LOSS
#define LOSS 1
#endif
#ifndef EARLY
#define EARLY 1
#endif
#ifndef BUG
#define BUG 0
#endif
#ifdef CLASS_C
#define is_c(t) (t == N - 1)
#else
#define is_c(t) false
#endif

mtype = { DRAFT, JOURNALED, LEASED, UNKNOWN, INQUIRY, ACCEPTED, REJECTED, EXPIRED, DEAD };
mtype = { R_NONE, R_ACCEPTED, R_REJECTED, R_RETRY_AFTER, R_UNKNOWN, R_NOT_KNOWN };

/* Durable: core's store. */
mtype state[N] = DRAFT;
byte lease[N]; /* id of the last lease */
bool ever_leased[N];

/* Core's memory. */
bool core_up = true;
bool to_show[N], to_send[N], to_tell[N];

/* Sync's memory. */
bool sync_busy[N];
byte sync_lease[N];

/* The world. */
bool shown[N];		    /* the citizen read the folio */
mtype told[N] = DRAFT;	    /* the final word that the citizen read */
byte applied[N];	    /* effects at the service */
mtype verdict[N] = R_NONE;  /* the service's word */
bool ledger[N];		    /* the service knows the key */
byte ledger_key[N];

byte crashes = CR, sync_crashes = SY, service_crashes = SC, losses = LOSS, early = EARLY;

chan work[N] = [1] of { byte, bool, byte };  /* lease, inquiry, key */
chan delivery[N] = [2] of { byte, byte };    /* lease, key */
chan inquiry[N] = [1] of { byte, byte };
chan answer[N] = [2] of { byte, mtype };
chan result[N] = [2] of { byte, mtype };

#define is_leased(t) (state[t] == LEASED || state[t] == INQUIRY)
#define is_final(t) (state[t] == ACCEPTED || state[t] == REJECTED || state[t] == EXPIRED || \
	state[t] == DEAD)
#define is_quiet(t) ((len(work[t]) == 0) && !sync_busy[t] && (len(result[t]) == 0))
#define key_of(t) (BUG == 1 -> lease[t] : 1)

/* doubt() of txn.c: it may have taken effect. */
inline doubt(t) {
	if
	:: BUG == 5 -> state[t] = JOURNALED	     /* sent again without asking */
	:: BUG == 6 -> state[t] = REJECTED	     /* given up */
	:: else ->
		if
		:: is_c(t) -> state[t] = DEAD	     /* LEASED → DEAD */
		:: else -> state[t] = UNKNOWN	     /* LEASED, INQUIRY → UNKNOWN */
		fi
	fi
}

proctype core(byte t) {
	byte l;
	mtype r;

	do
	/* DRAFT → JOURNALED, and only after the commit the folio. */
	:: atomic { core_up && state[t] == DRAFT && !(BUG == 2 && !shown[t]) ->
		state[t] = JOURNALED; to_show[t] = !shown[t] }
	:: atomic { core_up && BUG == 2 && state[t] == DRAFT && !shown[t] -> shown[t] = true }
	:: atomic { core_up && to_show[t] -> to_show[t] = false; shown[t] = true }

	/* JOURNALED → LEASED, UNKNOWN → INQUIRY; the work goes out after the commit. */
	:: atomic { core_up && (state[t] == JOURNALED || state[t] == UNKNOWN) ->
		lease[t]++; ever_leased[t] = true; to_send[t] = true;
		if
		:: BUG == 3 && state[t] == JOURNALED -> state[t] = ACCEPTED /* before the answer */
		:: BUG != 3 && state[t] == JOURNALED -> state[t] = LEASED
		:: state[t] == UNKNOWN -> state[t] = INQUIRY
		fi }
	:: atomic { core_up && to_send[t] && (len(work[t]) < 1) ->
		to_send[t] = false; work[t]!lease[t],(state[t] == INQUIRY),key_of(t) }

	/* RESULT: LEASED → …, INQUIRY → …; the answer to another lease finds nobody. */
	:: atomic { core_up && result[t]?[l,r] -> result[t]?l,r;
		if
		:: !is_leased(t) || l != lease[t] -> skip
		:: else ->
			if
			:: r == R_ACCEPTED -> state[t] = ACCEPTED; to_tell[t] = true
			:: r == R_REJECTED -> state[t] = REJECTED; to_tell[t] = true
			:: r == R_RETRY_AFTER && state[t] == LEASED -> state[t] = JOURNALED
			:: r == R_NOT_KNOWN && state[t] == INQUIRY -> state[t] = JOURNALED
			:: else -> doubt(t)
			fi
		fi; l = 0; r = R_NONE }
	:: atomic { core_up && to_tell[t] -> to_tell[t] = false; told[t] = state[t] }

	/* LEASE_EXPIRED: nobody will answer any more, or it only seems so. */
	:: atomic { core_up && BUG != 4 && is_leased(t) && !to_send[t] && is_quiet(t) -> doubt(t) }
	:: atomic { core_up && BUG != 4 && is_leased(t) && !to_send[t] && early > 0 ->
		early--; doubt(t) }

	/* JOURNALED → EXPIRED, only what never left the terminal. */
	:: atomic { core_up && t == 0 && state[t] == JOURNALED &&
		(!ever_leased[t] || BUG == 8) -> state[t] = EXPIRED; to_tell[t] = true }
	od
}

/* Core dies; the next one recovers in one commit: LEASED, INQUIRY → UNKNOWN, folios shown again. */
proctype core_power() {
	byte i;

	do
	:: atomic { core_up && crashes > 0 ->
		crashes--; core_up = false;
		for (i : 0 .. N - 1) {
			to_show[i] = false; to_send[i] = false; to_tell[i] = false;
			do
			:: (len(work[i]) > 0) -> work[i]?_,_,_
			:: (len(result[i]) > 0) -> result[i]?_,_
			:: else -> break
			od
		}
		i = 0 }
	:: atomic { !core_up ->
		for (i : 0 .. N - 1) {
			if
			:: is_leased(i) && BUG != 4 -> doubt(i)
			:: else -> skip
			fi;
			to_show[i] = (state[i] != DRAFT && !shown[i]);
		}
		i = 0; core_up = true }
	od
}

proctype sync(byte t) {
	byte l, key;
	bool is_inquiry;
	mtype r;

	do
	:: atomic { !sync_busy[t] && work[t]?[l,is_inquiry,key] && (len(delivery[t]) < 2) &&
		(len(inquiry[t]) < 1) ->
		work[t]?l,is_inquiry,key; sync_busy[t] = true; sync_lease[t] = l;
		if
		:: is_inquiry -> inquiry[t]!l,key
		:: !is_inquiry -> delivery[t]!l,key
		:: losses > 0 -> losses--;	/* no route: nothing left the terminal */
			sync_busy[t] = false;
			if
			:: (len(result[t]) < 2) -> result[t]!l,R_RETRY_AFTER
			:: (len(result[t]) == 2) -> skip
			fi
		fi; l = 0; key = 0; is_inquiry = false }
	:: atomic { answer[t]?[l,r] && (len(result[t]) < 2) -> answer[t]?l,r;
		if
		:: sync_busy[t] && l == sync_lease[t] -> sync_busy[t] = false; result[t]!l,r
		:: else -> skip /* late: nobody waits for it */
		fi; l = 0; r = R_NONE }
	/* Out of patience. */
	:: atomic { sync_busy[t] && (len(result[t]) < 2) && (len(answer[t]) == 0) &&
		(early > 0 || ((len(delivery[t]) == 0) && (len(inquiry[t]) == 0))) ->
		if
		:: (len(delivery[t]) == 0) && (len(inquiry[t]) == 0) -> skip
		:: else -> early--
		fi;
		sync_busy[t] = false; result[t]!sync_lease[t],R_UNKNOWN }
	:: atomic { sync_busy[t] && sync_crashes > 0 -> sync_crashes--; sync_busy[t] = false }
	od
}

inline reply(t) {
	if
	:: (len(answer[t]) < 2) -> answer[t]!l,r
	:: losses > 0 -> losses--
	:: service_crashes > 0 -> service_crashes--
	fi
}

/* Effect and key are one commit of the service; it may die before it answers. */
proctype service(byte t) {
	byte l, key;
	mtype r;

	do
	:: atomic { delivery[t]?[l,key] && (len(answer[t]) < 2) -> delivery[t]?l,key;
		if
		:: !is_c(t) && ledger[t] && ledger_key[t] == key -> skip
		:: else ->
			if
			:: verdict[t] != R_REJECTED -> verdict[t] = R_ACCEPTED; applied[t]++
			:: verdict[t] != R_ACCEPTED -> verdict[t] = R_REJECTED
			fi;
			if
			:: BUG == 7 && service_crashes > 0 -> skip /* effect and key apart */
			:: else -> ledger[t] = true; ledger_key[t] = key
			fi
		fi;
		r = verdict[t]; reply(t); l = 0; key = 0; r = R_NONE }
	:: atomic { losses > 0 && delivery[t]?[l,key] -> losses--; delivery[t]?l,key; l = 0; key = 0 }
	:: atomic { inquiry[t]?[l,key] && (len(answer[t]) < 2) -> inquiry[t]?l,key;
		r = (ledger[t] && ledger_key[t] == key -> verdict[t] : R_NOT_KNOWN);
		reply(t); l = 0; key = 0; r = R_NONE }
	:: atomic { losses > 0 && inquiry[t]?[l,key] -> losses--; inquiry[t]?l,key; l = 0; key = 0 }
	od
}

init {
	byte i;

	atomic {
		for (i : 0 .. N - 1) {
			run core(i); run sync(i); run service(i);
		}
		run core_power();
		i = 0
	}
}

#if N == 1
#define every(p) (p(0))
#elif N == 2
#define every(p) (p(0) && p(1))
#else
#define every(p) (p(0) && p(1) && p(2))
#endif
#define is_once(t) (applied[t] <= 1)
#define is_kept(t) (!shown[t] || state[t] != DRAFT)
#define is_true(t) ((state[t] != ACCEPTED || (verdict[t] == R_ACCEPTED && applied[t] == 1)) && \
	(state[t] != REJECTED || verdict[t] == R_REJECTED) && \
	(state[t] != EXPIRED || verdict[t] == R_NONE) && (told[t] == DRAFT || told[t] == state[t]))

ltl once { [] every(is_once) }
ltl shown_is_kept { [] every(is_kept) }
ltl truth { [] every(is_true) }
ltl live { <> every(is_final) }
