#ifndef VT_DRIVERS_JOBS_H
#define VT_DRIVERS_JOBS_H

/* The print commands of one slot: they wait in line, one is in work, each gets one outcome and the
 * last outcomes are remembered (drivers/README.md, "What core may rely on").
 *
 *   jobs_take ─► waiting ── pump, is_free ─► start ─► jobs_begin … jobs_done ─► outcomes ─► core
 *                   └─ late: timeOut                                └ jobs_resolved: told again
 *
 * One thread; calls start() from jobs_pump() only. */

#include "drivers/device.h"
#include "terminal/bus/messages.h"

/* Commands that wait for any printer; one slot's own number may be smaller. */
#define JOBS_MAX_WAITING 4
/* Outcomes remembered: a repeated command with a job among them is answered, not printed again. */
#define JOBS_MAX_OUTCOMES 8

/* A command that waits. */
struct job {
	struct bus_header header;
	struct printer_print_form form; /* personal: wiped */
	int64_t until_ms;
};

/* What is different between the slots; constant. */
struct jobs_kind {
	const char *word;     /* "sheet", for the log */
	const char *too_many; /* refusal of one too many */
	size_t max_waiting;   /* ≤ JOBS_MAX_WAITING */
	int64_t wait_ms;      /* for the printer, where the command has no limit of its own */
	bool (*is_free)(void *owner); /* the printer can take one */
	/* Hands job to the printer with jobs_begin(), or ends it with jobs_fail() or jobs_refuse();
	 * job is freed behind the call. */
	void (*start)(void *owner, const struct job *job);
};

struct jobs_outcome {
	struct printer_print_result result; /* result.job "" = empty */
	struct bus_header header;	    /* of the command that asked last */
	bool is_reported;
};

/* Caller's memory; its members are this file's own. */
struct jobs {
	const struct jobs_kind *kind;	       /* borrowed */
	const struct device_host *host;	       /* borrowed */
	void *owner;			       /* borrowed */
	struct job *waiting[JOBS_MAX_WAITING]; /* owned */
	size_t waiting_count;
	struct bus_header current; /* command of the job in work */
	char current_job[VT_UUID_SIZE];
	struct jobs_outcome outcomes[JOBS_MAX_OUTCOMES];
	size_t next_outcome;
	bool is_pumping;
};

/* owner goes into kind's functions. */
void jobs_init(struct jobs *jobs, const struct jobs_kind *kind, const struct device_host *host,
	void *owner);
/* Wipes and frees what waits; nobody is told. */
void jobs_finish(struct jobs *jobs);

/* Printer.PrintForm: refused, answered from memory, or put in line; jobs_pump() goes on. */
void jobs_take(struct jobs *jobs, const struct bus_message *msg);
/* Ends what waited too long and hands the next one over while the printer is free. */
void jobs_pump(struct jobs *jobs);
/* From start(): job is in work now. */
void jobs_begin(struct jobs *jobs, const struct job *job);
/* From start(): job will not be printed, and why ("absent" …). */
void jobs_fail(struct jobs *jobs, const struct job *job, const char *reason);
/* From start(): the command itself is wrong. */
void jobs_refuse(struct jobs *jobs, const struct bus_header *request, enum bus_completion_code code,
	const char *text);
/* The job in work has ended. */
void jobs_done(struct jobs *jobs, const struct printer_print_result *result);
/* The printer could tell later how an unknown one ended: core learns it as a second completion of
 * the command, and its ledger goes from "in doubt" to the truth (terminal/core/sheets.c). */
void jobs_resolved(struct jobs *jobs, const struct printer_print_result *result);
/* Of a process before this one: told when core comes. */
void jobs_remember(struct jobs *jobs, const struct printer_print_result *result);

bool jobs_is_busy(const struct jobs *jobs);
/* As device_ops: outcomes that core has not heard; jobs that were not begun and will not be (core
 * has told its citizen something else by the time it is back; the one in work goes on). */
void jobs_core_came(struct jobs *jobs);
void jobs_core_went(struct jobs *jobs);
/* The earlier of wake_ms and the moment at which one has waited too long. */
int64_t jobs_wake_ms(const struct jobs *jobs, int64_t wake_ms);

#endif
