#ifndef VT_CITIZEN_WORLD_H
#define VT_CITIZEN_WORLD_H

/* The world around the scripted citizen: the switches of the agency and of the virtual printer, the
 * technician's view of the queue, files and memory of the run. Programs are started with a fixed
 * argument list, their output is read. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/buf.h"
#include "terminal/base/error.h"

struct world {
	const char *ctl, *ctl_socket;
	const char *agency, *agency_control;
	const char *devices, *devices_control;
	const char *paper; /* folder where the printer leaves its sheets */
	const char *run;   /* folder with NAME.pid of each part */
	const char *look;  /* paper-look, NULL = every sheet is complete */
	const char *fonts; /* for paper-look */
};

/* One transaction as ventanillactl shows it. */
struct world_txn {
	char transaction[40], folio[24], service[48], state[16], receipt[16];
};

/* "down", "up", "fault … delay 500": one command to the agency; false if it is refused. */
bool world_agency(const struct world *world, const char *command);
/* Output of the agency's "ledger" command. */
bool world_ledger(const struct world *world, struct vt_buf *out);
/* "paper out", "unplug printer" … to the virtual devices. */
bool world_devices(const struct world *world, const char *command);
/* The same, once the state that condition names has come ("waiting=pin"). */
bool world_devices_when(const struct world *world, const char *condition, const char *command);
/* ventanillactl says that this device is in that state. */
bool world_device_is(const struct world *world, const char *id, const char *state);
/* Newest transaction of that service (confirmations are rows of their own and skipped by skip =
 * their number). False if there is none or core does not answer. */
bool world_transaction(const struct world *world, const char *folio, struct world_txn *ret);
/* `ventanillactl status --json` contains text. */
bool world_status_has(const struct world *world, const char *text);
/* Whole sheets in the paper folder. */
int world_sheets(const struct world *world);
/* Those of them that a person would call complete. */
int world_complete_sheets(const struct world *world);
/* Process id of a part, 0 if unknown. */
int world_pid(const struct world *world, const char *name);
/* Number of places where text stands in the memory of process pid; -1 if it cannot be read, -2 if
 * it is AddressSanitizer's: terabytes of shadow, and freed blocks are kept on purpose. */
int world_memory_count(int pid, const char *text);

#endif
