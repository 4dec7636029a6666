/* Counters of devices in their life: the device process tells what it counted since it started, the
 * store keeps the sums (offline-queue/queue/counters.c).
 *
 * A change rides with the next commit. Without one it is committed at the end of its own turn, but
 * at most once in COUNTERS_MS, so that a device that fails ten times a second does not wear the
 * disk; then storage_tick() takes it along. So what may be lost:
 *   devices killed              what it counted in the turn under way and had not told
 *   core killed                 nothing: devices tells again what it counted
 *   both at once, power cut     what was counted since the last commit, ten seconds at most
 *   store gone, devices killed  what that process counted while there was no store
 * Nothing is ever added twice: sum and what was told of it are one row. */

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Commits of counters alone are no closer. */
#define COUNTERS_MS 1000

static void values_of(const struct device_status *status, int64_t ret[QUEUE_COUNTER_COUNT])
{
	ret[QUEUE_COUNTER_SHEETS] = status->sheets;
	ret[QUEUE_COUNTER_CUTS] = status->cuts;
	ret[QUEUE_COUNTER_READS] = status->reads;
	ret[QUEUE_COUNTER_ERRORS] = status->errors;
	ret[QUEUE_COUNTER_RESETS] = status->resets;
}

static struct queue_counters *find(struct counter_book *book, const char *device)
{
	for (size_t i = 0; i < book->count; i++)
		if (strcmp(book->rows[i].device, device) == 0)
			return &book->rows[i];
	if (book->count == STATUS_MAX_DEVICES)
		return NULL;
	struct queue_counters *row = &book->rows[book->count++];
	*row = (struct queue_counters){0};
	vt_copy_cut(row->device, sizeof(row->device), device);
	return row;
}

static void show(const struct queue_counters *row, struct device_status *status)
{
	status->run[0] = '\0';
	status->sheets = row->sums[QUEUE_COUNTER_SHEETS];
	status->cuts = row->sums[QUEUE_COUNTER_CUTS];
	status->reads = row->sums[QUEUE_COUNTER_READS];
	status->errors = row->sums[QUEUE_COUNTER_ERRORS];
	status->resets = row->sums[QUEUE_COUNTER_RESETS];
}

void counters_take(struct core *core, struct device_status *status)
{
	struct counter_book *book = &core->counters;
	struct queue_counters *row = find(book, status->id);
	int64_t values[QUEUE_COUNTER_COUNT];

	if (!row || !vt_uuid_valid(status->run))
		return;
	values_of(status, values);
	if (queue_counters_take(row, status->run, values))
		book->is_changed = true;
	show(row, status);
	if (book->is_changed && vt_clock_monotonic_ms() >= book->again_ms)
		(void)storage_begin(core);
}

void counters_write(struct core *core)
{
	struct counter_book *book = &core->counters;
	enum vt_code code = VT_OK;

	if (!book->is_changed)
		return;
	for (size_t i = 0; code == VT_OK && i < book->count; i++)
		if (book->rows[i].run[0])
			code = queue_counters_put(core->queue, &book->rows[i]);
	storage_judge(core, code, "counters");
	book->again_ms = vt_clock_monotonic_ms() + COUNTERS_MS;
}

void counters_written(struct core *core)
{
	core->counters.is_changed = false;
}

void counters_tick(struct core *core)
{
	if (core->counters.is_changed)
		(void)storage_begin(core);
}

void counters_store_opened(struct core *core)
{
	struct counter_book was = core->counters, *book = &core->counters;

	*book = (struct counter_book){.is_changed = was.count > 0};
	storage_judge(core,
		queue_counters_get(core->queue, STATUS_MAX_DEVICES, book->rows, &book->count),
		"counters");
	for (size_t i = 0; i < was.count; i++) {
		struct queue_counters *row = find(book, was.rows[i].device);
		if (row && was.rows[i].run[0])
			(void)queue_counters_take(row, was.rows[i].run, was.rows[i].told);
	}
	for (size_t i = 0; i < core->device_list.count; i++) {
		struct queue_counters *row = find(book, core->device_list.devices[i].id);
		if (row && row->run[0])
			show(row, &core->device_list.devices[i]);
	}
}
