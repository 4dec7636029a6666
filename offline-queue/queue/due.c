#include "offline-queue/queue/internal.h"

#include <stdlib.h>
#include <string.h>

#include "offline-queue/queue/retry.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* What is to be done next, and the lists for people. Every question is one or two seeks per service
 * and priority in the partial index txn_due(service, priority, due_ms): the size of the backlog
 * does not matter, and a held service costs nothing. */

static struct queue_adapter_hold *find_hold(struct queue *queue, const char *adapter)
{
	for (size_t i = 0; i < queue->hold_count; i++) {
		if (strcmp(queue->holds[i].adapter, adapter) == 0)
			return &queue->holds[i];
	}
	return NULL;
}

/* Until when the adapter is held as seen from now, 0 if it is not. A hold that ends further ahead
 * than any wait was set before the clock went back. */
static int64_t held_until(struct queue *queue, const char *adapter, int64_t now_unix_ms)
{
	const struct queue_adapter_hold *hold = find_hold(queue, adapter);

	if (!hold || hold->until_unix_ms <= now_unix_ms)
		return 0;
	if (hold->until_unix_ms != QUEUE_NEVER &&
		hold->until_unix_ms - now_unix_ms > RETRY_MAX_WAIT_MS)
		return 0;
	return hold->until_unix_ms;
}

enum vt_code queue_hold(struct queue *queue, const char *adapter, int64_t until_unix_ms)
{
	struct queue_adapter_hold *hold;
	const enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (!adapter || strnlen(adapter, VT_MAX_ID) >= VT_MAX_ID || until_unix_ms < 0)
		return queue_fail(queue, VT_ERR_INVALID, "hold: out of shape");
	hold = find_hold(queue, adapter);
	if (until_unix_ms == 0) {
		if (hold)
			*hold = queue->holds[--queue->hold_count];
		return VT_OK;
	}
	if (!hold) {
		if (queue->hold_count == QUEUE_MAX_HOLDS)
			return queue_fail(queue, VT_ERR_LIMIT, "hold: too many adapters");
		hold = &queue->holds[queue->hold_count++];
		vt_copy_cut(hold->adapter, sizeof(hold->adapter), adapter);
	}
	hold->until_unix_ms = until_unix_ms;
	return VT_OK;
}

/* ---- due ---- */

struct collector {
	struct queue_record *records;
	size_t count, max;
};

/* Appends the rows of a bound statement. */
static enum vt_code collect(struct queue *queue, enum sql sql, struct collector *into)
{
	enum vt_code code;

	while ((code = queue_step(queue, sql)) == VT_OK) {
		VT_ASSERT(into->count < into->max);
		code = queue_read_record(queue, sql, &into->records[into->count]);
		if (code != VT_OK) {
			queue_done(queue, sql);
			return code;
		}
		into->count++;
	}
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

static enum vt_code collect_waiting(struct queue *queue, enum sql sql, int64_t service,
	int priority, int64_t bound_ms, size_t limit, struct collector *into)
{
	if (limit > into->max - into->count)
		limit = into->max - into->count;
	if (limit == 0)
		return VT_OK;
	queue_bind_int(queue, sql, 1, service);
	queue_bind_int(queue, sql, 2, priority);
	queue_bind_int(queue, sql, 3, bound_ms);
	queue_bind_int(queue, sql, 4, (int64_t)limit);
	return collect(queue, sql, into);
}

/* Leases that ran out; there are never more leases than services with one request in flight. */
static enum vt_code collect_expired(
	struct queue *queue, int64_t now_unix_ms, struct collector *into)
{
	struct collector leases = *into;
	size_t kept = into->count;

	queue_bind_int(queue, SQL_OUTSTANDING, 1, 0);
	queue_bind_int(queue, SQL_OUTSTANDING, 2, (int64_t)(into->max - into->count));
	const enum vt_code code = collect(queue, SQL_OUTSTANDING, &leases);
	if (code != VT_OK)
		return code;
	for (size_t i = into->count; i < leases.count; i++) {
		const int64_t due = leases.records[i].txn.due_unix_ms;
		if (due <= now_unix_ms || due - now_unix_ms > RETRY_MAX_WAIT_MS)
			leases.records[kept++] = leases.records[i];
	}
	into->count = kept;
	return VT_OK;
}

static int by_priority_and_due(const void *a, const void *b)
{
	const struct queue_record *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority - y->priority;
	if (x->txn.due_unix_ms != y->txn.due_unix_ms)
		return x->txn.due_unix_ms < y->txn.due_unix_ms ? -1 : 1;
	return x->sequence < y->sequence ? -1 : 1;
}

enum vt_code queue_due(struct queue *queue, int64_t now_unix_ms, size_t max,
	struct queue_record *ret_records, size_t *ret_count)
{
	struct collector into = {.records = ret_records, .max = max};
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (max < 1 || max > QUEUE_DUE_MAX || now_unix_ms <= 0)
		return queue_fail(queue, VT_ERR_INVALID, "due: out of shape");
	code = collect_expired(queue, now_unix_ms, &into);
	/* Each service gets its share first, so that the backlog of one does not hide the others.
	 */
	const size_t share = 1 + (max - 1) / (queue->service_count + 1);
	for (int priority = 0; priority < QUEUE_PRIORITIES; priority++) {
		for (size_t i = 0; code == VT_OK && i < queue->service_count; i++) {
			const struct queue_service *service = &queue->services[i];
			if (held_until(queue, service->adapter, now_unix_ms) != 0)
				continue;
			code = collect_waiting(
				queue, SQL_DUE, service->id, priority, now_unix_ms, share, &into);
			if (code == VT_OK)
				code = collect_waiting(queue, SQL_DUE_CLAMPED, service->id,
					priority, now_unix_ms + RETRY_MAX_WAIT_MS, share, &into);
		}
	}
	if (code != VT_OK)
		return code;
	qsort(into.records, into.count, sizeof(into.records[0]), by_priority_and_due);
	*ret_count = into.count;
	return VT_OK;
}

/* Earliest due time of the waiting rows of a service and priority, QUEUE_NEVER if there are none.
 */
static enum vt_code next_of(struct queue *queue, int64_t service, int priority, int64_t *ret_due)
{
	queue_bind_int(queue, SQL_DUE_NEXT, 1, service);
	queue_bind_int(queue, SQL_DUE_NEXT, 2, priority);
	const enum vt_code code = queue_step(queue, SQL_DUE_NEXT);
	*ret_due = QUEUE_NEVER;
	if (code == VT_ERR_NOT_FOUND)
		return VT_OK;
	if (code != VT_OK)
		return code;
	*ret_due = queue_column_int(queue, SQL_DUE_NEXT, 0);
	queue_done(queue, SQL_DUE_NEXT);
	return VT_OK;
}

static enum vt_code next_lease_end(struct queue *queue, int64_t *ret_due)
{
	enum vt_code code;

	*ret_due = QUEUE_NEVER;
	queue_bind_int(queue, SQL_OUTSTANDING, 1, 0);
	queue_bind_int(queue, SQL_OUTSTANDING, 2, QUEUE_DUE_MAX);
	while ((code = queue_step(queue, SQL_OUTSTANDING)) == VT_OK) {
		const int64_t due = queue_column_int(queue, SQL_OUTSTANDING, COL_DUE);
		if (due < *ret_due)
			*ret_due = due;
	}
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

/* A due time as seen from now: past, or too far ahead to be true, is now. */
static int64_t seen_from(int64_t due_unix_ms, int64_t now_unix_ms)
{
	if (due_unix_ms == QUEUE_NEVER)
		return QUEUE_NEVER;
	if (due_unix_ms <= now_unix_ms || due_unix_ms - now_unix_ms > RETRY_MAX_WAIT_MS)
		return 0;
	return due_unix_ms;
}

enum vt_code queue_next_due(struct queue *queue, int64_t now_unix_ms, int64_t *ret_due_unix_ms)
{
	int64_t due = QUEUE_NEVER, earliest = QUEUE_NEVER;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (queue->now.states[TXN_LEASED] + queue->now.states[TXN_INQUIRY] > 0) {
		code = next_lease_end(queue, &due);
		earliest = seen_from(due, now_unix_ms);
	}
	for (size_t i = 0; code == VT_OK && i < queue->service_count; i++) {
		const struct queue_service *service = &queue->services[i];
		const int64_t until = held_until(queue, service->adapter, now_unix_ms);
		for (int priority = 0; code == VT_OK && earliest > 0 && priority < QUEUE_PRIORITIES;
			priority++) {
			code = next_of(queue, service->id, priority, &due);
			due = seen_from(due, now_unix_ms);
			if (due < until)
				due = until;
			if (due < earliest)
				earliest = due;
		}
	}
	if (code == VT_OK)
		*ret_due_unix_ms = earliest;
	return code;
}

enum vt_code queue_outstanding(struct queue *queue, int64_t after, size_t max,
	struct queue_record *ret_records, size_t *ret_count)
{
	struct collector into = {.records = ret_records, .max = max};
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	queue_bind_int(queue, SQL_OUTSTANDING, 1, after);
	queue_bind_int(queue, SQL_OUTSTANDING, 2, (int64_t)max);
	code = collect(queue, SQL_OUTSTANDING, &into);
	if (code == VT_OK)
		*ret_count = into.count;
	return code;
}

/* ---- hasten ---- */

#define HASTEN_MAX 256

static enum vt_code hasten_service(struct queue *queue, int64_t service, int priority,
	int64_t now_unix_ms, size_t max, size_t *count)
{
	int64_t found[HASTEN_MAX];
	size_t used = 0;
	enum vt_code code;

	if (max > HASTEN_MAX)
		max = HASTEN_MAX;
	queue_bind_int(queue, SQL_HASTEN_FIND, 1, service);
	queue_bind_int(queue, SQL_HASTEN_FIND, 2, priority);
	queue_bind_int(queue, SQL_HASTEN_FIND, 3, now_unix_ms);
	queue_bind_int(queue, SQL_HASTEN_FIND, 4, (int64_t)max);
	while ((code = queue_step(queue, SQL_HASTEN_FIND)) == VT_OK)
		found[used++] = queue_column_int(queue, SQL_HASTEN_FIND, 0);
	if (code == VT_ERR_NOT_FOUND)
		code = VT_OK;
	for (size_t i = 0; code == VT_OK && i < used; i++) {
		queue_bind_int(queue, SQL_HASTEN, 1, found[i]);
		queue_bind_int(queue, SQL_HASTEN, 2, now_unix_ms);
		code = queue_run(queue, SQL_HASTEN);
	}
	*count += used;
	return code;
}

enum vt_code queue_hasten(struct queue *queue, const char *adapter, int64_t now_unix_ms, size_t max,
	size_t *ret_count)
{
	size_t count = 0;
	enum vt_code code = queue_may_write(queue);

	if (code == VT_OK && (!adapter || now_unix_ms <= 0))
		code = queue_fail(queue, VT_ERR_INVALID, "hasten: out of shape");
	for (int priority = 0; priority < QUEUE_PRIORITIES; priority++) {
		for (size_t i = 0; code == VT_OK && i < queue->service_count && count < max; i++) {
			if (strcmp(queue->services[i].adapter, adapter) == 0)
				code = hasten_service(queue, queue->services[i].id, priority,
					now_unix_ms, max - count, &count);
		}
	}
	if (code == VT_OK)
		*ret_count = count;
	return code;
}

/* ---- keys ---- */

/* Rows read before the statement is let go of. */
#define KEYS_STEP 10000

struct asked_key {
	uint8_t bytes[16];
	size_t index;
};

static int by_bytes(const void *a, const void *b)
{
	const struct asked_key *x = a, *y = b;

	return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

/* One stretch of rows behind *sequence; *sequence = 0 at the end. */
static enum vt_code walk_keys(struct queue *queue, const struct asked_key *asked, size_t count,
	int64_t *sequence, bool *known)
{
	int64_t last = 0;
	size_t rows = 0;
	enum vt_code code;

	queue_bind_int(queue, SQL_KEYS, 1, *sequence);
	queue_bind_int(queue, SQL_KEYS, 2, KEYS_STEP);
	while ((code = queue_step(queue, SQL_KEYS)) == VT_OK) {
		struct asked_key key;
		size_t length;
		const uint8_t *bytes = queue_column_blob(queue, SQL_KEYS, 1, &length);
		last = queue_column_int(queue, SQL_KEYS, 0);
		rows++;
		if (length != sizeof(key.bytes))
			continue;
		memcpy(key.bytes, bytes, sizeof(key.bytes));
		const struct asked_key *found =
			bsearch(&key, asked, count, sizeof(asked[0]), by_bytes);
		if (found)
			known[found->index] = true;
	}
	*sequence = rows == KEYS_STEP ? last : 0;
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

enum vt_code queue_keys_known(
	struct queue *queue, char (*keys)[VT_UUID_SIZE], size_t count, bool *ret_known)
{
	struct asked_key asked[QUEUE_KEYS_MAX];
	bool known[QUEUE_KEYS_MAX] = {0};
	int64_t sequence = 0;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	for (size_t i = 0; i < count; i++) {
		if (count > QUEUE_KEYS_MAX || !queue_uuid_parse(keys[i], asked[i].bytes))
			return queue_fail(queue, VT_ERR_INVALID, "keys: out of shape");
		asked[i].index = i;
	}
	qsort(asked, count, sizeof(asked[0]), by_bytes);
	do {
		code = walk_keys(queue, asked, count, &sequence, known);
	} while (code == VT_OK && sequence != 0);
	if (code == VT_OK)
		memcpy(ret_known, known, count * sizeof(known[0]));
	return code;
}

/* ---- list ---- */

/* Rows looked at for one page of unsettled ones. */
#define LIST_LOOK 1000

enum vt_code queue_list(struct queue *queue, int64_t cursor, bool unsettled_only, size_t max,
	struct queue_record *ret_records, size_t *ret_count, int64_t *ret_next)
{
	size_t count = 0, looked = 0;
	int64_t last = 0;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (max < 1 || cursor < 0)
		return queue_fail(queue, VT_ERR_INVALID, "list: out of shape");
	const size_t limit = unsettled_only ? LIST_LOOK : max;
	queue_bind_int(queue, SQL_LIST, 1, cursor > 0 ? cursor : INT64_MAX);
	queue_bind_int(queue, SQL_LIST, 2, (int64_t)limit);
	while (count < max && (code = queue_step(queue, SQL_LIST)) == VT_OK) {
		struct queue_record *record = &ret_records[count];
		code = queue_read_record(queue, SQL_LIST, record);
		if (code != VT_OK)
			break;
		last = record->sequence;
		looked++;
		if (!unsettled_only ||
			(record->txn.state != TXN_ACCEPTED && record->txn.state != TXN_REJECTED &&
				record->txn.state != TXN_EXPIRED))
			count++;
	}
	if (code != VT_ERR_NOT_FOUND)
		queue_done(queue, SQL_LIST);
	if (code != VT_OK && code != VT_ERR_NOT_FOUND)
		return code;
	*ret_count = count;
	/* Row 1 is the oldest there ever was. */
	*ret_next = (count == max || looked == limit) && last > 1 ? last : 0;
	return VT_OK;
}
