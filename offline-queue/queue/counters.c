#include "offline-queue/queue/internal.h"

#include <string.h>

#include "terminal/base/text.h"

/* What devices did in their life. A device process tells what it counted since it started, so
 * telling twice changes nothing; what it had told last is kept in the same row as the sum, so a
 * core that dies between neither loses nor doubles. */

bool queue_counters_take(
	struct queue_counters *counters, const char *run, const int64_t values[QUEUE_COUNTER_COUNT])
{
	const bool is_new = strcmp(counters->run, run) != 0;
	bool is_changed = is_new;

	if (is_new) {
		vt_copy_cut(counters->run, sizeof(counters->run), run);
		memset(counters->told, 0, sizeof(counters->told));
	}
	for (size_t i = 0; i < QUEUE_COUNTER_COUNT; i++) {
		/* Counters do not fall: a lower one is not believed. */
		const int64_t more = values[i] - counters->told[i];
		if (values[i] < 0 || values[i] > QUEUE_MAX_TOLD || more <= 0 ||
			counters->sums[i] > INT64_MAX - more)
			continue;
		counters->told[i] = values[i];
		counters->sums[i] += more;
		is_changed = true;
	}
	return is_changed;
}

enum vt_code queue_counters_put(struct queue *queue, const struct queue_counters *counters)
{
	uint8_t run[16];
	int index = 3;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (!queue_uuid_parse(counters->run, run) || counters->device[0] == '\0')
		return queue_fail(queue, VT_ERR_INVALID, "counters: a member is out of shape");
	queue_bind_text(queue, SQL_COUNTERS_PUT, 1, counters->device);
	queue_bind_blob(queue, SQL_COUNTERS_PUT, 2, run, sizeof(run));
	for (size_t i = 0; i < QUEUE_COUNTER_COUNT; i++)
		queue_bind_int(queue, SQL_COUNTERS_PUT, index++, counters->sums[i]);
	for (size_t i = 0; i < QUEUE_COUNTER_COUNT; i++)
		queue_bind_int(queue, SQL_COUNTERS_PUT, index++, counters->told[i]);
	return queue_run(queue, SQL_COUNTERS_PUT);
}

static enum vt_code read_counters(struct queue *queue, struct queue_counters *ret)
{
	struct queue_counters counters = {0};
	int column = 2;

	if (!queue_column_text(queue, SQL_COUNTERS, 0, counters.device, sizeof(counters.device)) ||
		!queue_column_uuid(queue, SQL_COUNTERS, 1, counters.run))
		return queue_ran_out_of_memory(queue)
			       ? queue_fail(queue, VT_ERR_NOMEM, "read counters")
			       : queue_fail(queue, VT_ERR_CORRUPT, "counters that cannot be true");
	for (size_t i = 0; i < QUEUE_COUNTER_COUNT; i++)
		counters.sums[i] = queue_column_int(queue, SQL_COUNTERS, column++);
	for (size_t i = 0; i < QUEUE_COUNTER_COUNT; i++)
		counters.told[i] = queue_column_int(queue, SQL_COUNTERS, column++);
	*ret = counters;
	return VT_OK;
}

enum vt_code queue_counters_get(
	struct queue *queue, size_t max, struct queue_counters *ret_counters, size_t *ret_count)
{
	enum vt_code code = queue_may_read(queue);
	size_t count = 0;

	while (code == VT_OK && count < max) {
		code = queue_step(queue, SQL_COUNTERS);
		if (code == VT_OK)
			code = read_counters(queue, &ret_counters[count++]);
	}
	queue_done(queue, SQL_COUNTERS);
	if (code != VT_OK && code != VT_ERR_NOT_FOUND)
		return code;
	*ret_count = code == VT_ERR_NOT_FOUND ? count : max;
	return VT_OK;
}
