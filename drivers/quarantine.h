#ifndef VT_DRIVERS_QUARANTINE_H
#define VT_DRIVERS_QUARANTINE_H

/* Devices that are left alone for a while: those that come and go all the time, and those that keep
 * breaking their protocol. Pure: time comes in. A device is its vendor and product. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many arrivals within so long are a loose cable or an attack, not a person. */
#define QUARANTINE_PLUGS     6
#define QUARANTINE_WITHIN_MS 60000
/* Failed with broken protocol for so long without a good moment. */
#define QUARANTINE_LYING_MS 120000
/* Then it is not opened for this time. */
#define QUARANTINE_MS  600000
#define QUARANTINE_MAX 16

struct quarantine_entry {
	uint32_t id; /* vid << 16 | pid; 0 = free */
	int64_t plugs_ms[QUARANTINE_PLUGS];
	size_t next_plug;
	int64_t lying_since_ms; /* 0 = not */
	int64_t until_ms;	/* 0 = not in quarantine */
	const char *reason;	/* "flapping", "lying" */
};

struct quarantine {
	struct quarantine_entry entries[QUARANTINE_MAX];
};

/* It was plugged in. */
void quarantine_arrived(struct quarantine *q, uint32_t id, int64_t now_ms);
/* It is attached, and failed with a broken protocol (is_lying) or not; true: it just went into
 * quarantine, let it go. */
bool quarantine_judge(struct quarantine *q, uint32_t id, bool is_lying, int64_t now_ms);
/* NULL: it may be used; else "flapping" or "lying". */
const char *quarantine_reason(const struct quarantine *q, uint32_t id, int64_t now_ms);
/* A technician trusts it again. */
void quarantine_forgive(struct quarantine *q, uint32_t id);
/* When the next one is released or judged; INT64_MAX: none. */
int64_t quarantine_wake_ms(const struct quarantine *q, int64_t now_ms);

#endif
