#include "drivers/quarantine.h"

#include <string.h>

/* The entry of id; made if is_new, in the place of the one that is heard of least. */
static struct quarantine_entry *find(struct quarantine *q, uint32_t id, bool is_new)
{
	struct quarantine_entry *oldest = &q->entries[0];

	for (size_t i = 0; i < QUARANTINE_MAX; i++) {
		struct quarantine_entry *e = &q->entries[i];
		if (e->id == id)
			return e;
		if (e->id == 0 || (oldest->id != 0 && e->until_ms < oldest->until_ms))
			oldest = e->id == 0 && oldest->id == 0 ? oldest : e;
	}
	if (!is_new)
		return NULL;
	memset(oldest, 0, sizeof(*oldest));
	oldest->id = id;
	return oldest;
}

static void lock_up(struct quarantine_entry *e, const char *reason, int64_t now_ms)
{
	e->until_ms = now_ms + QUARANTINE_MS;
	e->reason = reason;
	e->lying_since_ms = 0;
	memset(e->plugs_ms, 0, sizeof(e->plugs_ms));
}

void quarantine_arrived(struct quarantine *q, uint32_t id, int64_t now_ms)
{
	struct quarantine_entry *e = find(q, id, true);
	const int64_t first_ms = e->plugs_ms[e->next_plug];

	e->plugs_ms[e->next_plug] = now_ms;
	e->next_plug = (e->next_plug + 1) % QUARANTINE_PLUGS;
	if (first_ms != 0 && now_ms - first_ms < QUARANTINE_WITHIN_MS)
		lock_up(e, "flapping", now_ms);
}

bool quarantine_judge(struct quarantine *q, uint32_t id, bool is_lying, int64_t now_ms)
{
	struct quarantine_entry *e = find(q, id, is_lying);

	if (!e)
		return false;
	if (!is_lying) {
		e->lying_since_ms = 0;
		return false;
	}
	if (e->lying_since_ms == 0)
		e->lying_since_ms = now_ms;
	if (now_ms - e->lying_since_ms < QUARANTINE_LYING_MS)
		return false;
	lock_up(e, "lying", now_ms);
	return true;
}

const char *quarantine_reason(const struct quarantine *q, uint32_t id, int64_t now_ms)
{
	for (size_t i = 0; i < QUARANTINE_MAX; i++)
		if (q->entries[i].id == id && now_ms < q->entries[i].until_ms)
			return q->entries[i].reason;
	return NULL;
}

void quarantine_forgive(struct quarantine *q, uint32_t id)
{
	struct quarantine_entry *e = find(q, id, false);

	if (e)
		memset(e, 0, sizeof(*e));
}

int64_t quarantine_wake_ms(const struct quarantine *q, int64_t now_ms)
{
	int64_t wake_ms = INT64_MAX;

	for (size_t i = 0; i < QUARANTINE_MAX; i++) {
		const struct quarantine_entry *e = &q->entries[i];
		int64_t at_ms = e->until_ms;
		if (e->id != 0 && e->lying_since_ms != 0)
			at_ms = e->lying_since_ms + QUARANTINE_LYING_MS;
		if (e->id != 0 && at_ms > now_ms && at_ms < wake_ms)
			wake_ms = at_ms;
	}
	return wake_ms;
}
