#include "offline-queue/queue/internal.h"

#include <string.h>

#include "terminal/base/text.h"

/* Rows: append, store, get, unseal, and the services they name. */

/* ---- services: a small dictionary kept in memory ---- */

enum vt_code queue_load_services(struct queue *queue)
{
	struct queue_service *service = queue->services;
	enum vt_code code;

	queue->service_count = 0;
	while ((code = queue_step(queue, SQL_SERVICES)) == VT_OK) {
		if (queue->service_count == QUEUE_MAX_SERVICES ||
			!queue_column_text(
				queue, SQL_SERVICES, 1, service->name, sizeof(service->name)) ||
			!queue_column_text(queue, SQL_SERVICES, 2, service->adapter,
				sizeof(service->adapter))) {
			queue_done(queue, SQL_SERVICES);
			return queue_fail(queue, VT_ERR_CORRUPT, "services are damaged");
		}
		service->id = queue_column_int(queue, SQL_SERVICES, 0);
		service->success_unix_ms = queue_column_int(queue, SQL_SERVICES, 3);
		service->poisoned = (int)queue_column_int(queue, SQL_SERVICES, 4);
		queue->service_count++;
		service++;
	}
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

struct queue_service *queue_service_by_id(struct queue *queue, int64_t id)
{
	for (size_t i = 0; i < queue->service_count; i++) {
		if (queue->services[i].id == id)
			return &queue->services[i];
	}
	return NULL;
}

static enum vt_code find_or_add_service(
	struct queue *queue, const char *name, const char *adapter, int64_t *ret_id)
{
	int64_t id = 0;

	for (size_t i = 0; i < queue->service_count; i++) {
		const struct queue_service *service = &queue->services[i];
		if (strcmp(service->name, name) == 0 && strcmp(service->adapter, adapter) == 0) {
			*ret_id = service->id;
			return VT_OK;
		}
		if (service->id > id)
			id = service->id;
	}
	if (queue->service_count == QUEUE_MAX_SERVICES)
		return queue_fail(queue, VT_ERR_LIMIT, "too many services");
	queue_bind_int(queue, SQL_SERVICE_ADD, 1, id + 1);
	queue_bind_text(queue, SQL_SERVICE_ADD, 2, name);
	queue_bind_text(queue, SQL_SERVICE_ADD, 3, adapter);
	const enum vt_code code = queue_run(queue, SQL_SERVICE_ADD);
	if (code != VT_OK)
		return code;
	struct queue_service *added = &queue->services[queue->service_count];
	*added = (struct queue_service){.id = id + 1};
	if (!vt_copy(added->name, sizeof(added->name), name) ||
		!vt_copy(added->adapter, sizeof(added->adapter), adapter))
		return queue_fail(queue, VT_ERR_INVALID, "service name too long");
	queue->service_count++;
	queue->services_changed = true;
	*ret_id = added->id;
	return VT_OK;
}

/* What a row's end says about its service. */
static enum vt_code note_service(
	struct queue *queue, int64_t id, const struct txn *after, int64_t now_unix_ms)
{
	struct queue_service *service = queue_service_by_id(queue, id);

	if (!service)
		return queue_fail(queue, VT_ERR_CORRUPT, "a row of no service");
	if (after->state == TXN_ACCEPTED) {
		service->success_unix_ms = now_unix_ms;
		service->poisoned = 0;
	} else if (after->state == TXN_DEAD && after->cause == TXN_CAUSE_DEFECT) {
		service->poisoned++;
	} else {
		return VT_OK;
	}
	queue->services_changed = true;
	queue_bind_int(queue, SQL_SERVICE_UPDATE, 1, service->id);
	queue_bind_int(queue, SQL_SERVICE_UPDATE, 2, service->success_unix_ms);
	queue_bind_int(queue, SQL_SERVICE_UPDATE, 3, service->poisoned);
	return queue_run(queue, SQL_SERVICE_UPDATE);
}

/* ---- reading ---- */

static bool read_texts(struct queue *queue, enum sql sql, struct queue_record *record)
{
	return queue_column_uuid(queue, sql, COL_ID, record->id) &&
	       queue_column_uuid(queue, sql, COL_KEY, record->key) &&
	       queue_column_text(queue, sql, COL_FOLIO, record->folio, sizeof(record->folio)) &&
	       queue_column_text(
		       queue, sql, COL_OPERATION, record->operation, sizeof(record->operation)) &&
	       queue_column_text(queue, sql, COL_LANG, record->lang, sizeof(record->lang));
}

static bool read_service(struct queue *queue, enum sql sql, struct queue_record *record)
{
	const struct queue_service *service =
		queue_service_by_id(queue, queue_column_int(queue, sql, COL_SERVICE));

	if (!service)
		return false;
	memcpy(record->service, service->name, sizeof(record->service));
	memcpy(record->adapter, service->adapter, sizeof(record->adapter));
	record->service_success_unix_ms = service->success_unix_ms;
	record->service_poisoned = service->poisoned;
	return true;
}

static bool in_range(int64_t value, int64_t max)
{
	return value >= 0 && value <= max;
}

/* The CHECKs of the table hold what a sane SQLite wrote; this holds what a hand or a bit wrote. */
static bool read_txn(struct queue *queue, enum sql sql, struct txn *txn)
{
	int64_t v[COL_FIRST_DEFECT + 1];

	for (int i = COL_CLASS; i <= COL_FIRST_DEFECT; i++)
		v[i] = queue_column_int(queue, sql, i);
	if (!in_range(v[COL_CLASS], TXN_CLASS_COUNT - 1) || v[COL_STATE] < TXN_JOURNALED ||
		v[COL_STATE] >= TXN_STATE_COUNT ||
		!in_range(v[COL_RECEIPT], RECEIPT_STATE_COUNT - 1) ||
		!in_range(v[COL_CAUSE], TXN_CAUSE_COUNT - 1) || !in_range(v[COL_EVER_LEASED], 1) ||
		!in_range(v[COL_ATTEMPTS], INT32_MAX) || !in_range(v[COL_BACKOFF], INT32_MAX) ||
		!in_range(v[COL_UNKNOWNS], INT32_MAX) || !in_range(v[COL_DEFECTS], INT32_MAX) ||
		v[COL_FIRST_DEFECT] < 0)
		return false;
	*txn = (struct txn){.state = (enum txn_state)v[COL_STATE],
		.receipt = (enum receipt_state)v[COL_RECEIPT],
		.class = (enum txn_class)v[COL_CLASS],
		.cause = (enum txn_cause)v[COL_CAUSE],
		.ever_leased = v[COL_EVER_LEASED] == 1,
		.attempts = (int)v[COL_ATTEMPTS],
		.backoff = (int)v[COL_BACKOFF],
		.unknowns = (int)v[COL_UNKNOWNS],
		.defects = (int)v[COL_DEFECTS],
		.first_defect_unix_ms = v[COL_FIRST_DEFECT],
		.due_unix_ms = queue_column_int(queue, sql, COL_DUE)};
	const bool is_leased = txn->state == TXN_LEASED || txn->state == TXN_INQUIRY;
	const bool is_waiting = txn->state == TXN_JOURNALED || txn->state == TXN_UNKNOWN;
	if (is_leased != queue_column_uuid(queue, sql, COL_LEASE, txn->lease))
		return false;
	return (is_leased || is_waiting) == (txn->due_unix_ms > 0);
}

enum vt_code queue_read_record(struct queue *queue, enum sql sql, struct queue_record *ret_record)
{
	struct queue_record record = {0};

	if (!read_texts(queue, sql, &record) || !read_service(queue, sql, &record) ||
		!read_txn(queue, sql, &record.txn)) {
		/* A text column that could not be fetched looks alike. */
		if (queue_ran_out_of_memory(queue))
			return queue_fail(queue, VT_ERR_NOMEM, "read row");
		return queue_fail(queue, VT_ERR_CORRUPT, "a row that cannot be true");
	}
	record.sequence = queue_column_int(queue, sql, COL_SEQUENCE);
	record.epoch = queue_column_int(queue, sql, COL_EPOCH);
	record.priority = (int)queue_column_int(queue, sql, COL_PRIORITY);
	record.created_unix_ms = queue_column_int(queue, sql, COL_CREATED);
	record.changed_unix_ms = queue_column_int(queue, sql, COL_CHANGED);
	record.expires_unix_ms = queue_column_int(queue, sql, COL_EXPIRES);
	record.has_payload = queue_column_int(queue, sql, COL_HAS_PAYLOAD) != 0;
	record.has_answer = queue_column_int(queue, sql, COL_HAS_ANSWER) != 0;
	*ret_record = record;
	return VT_OK;
}

enum vt_code queue_get(
	struct queue *queue, const char *id_or_folio, struct queue_record *ret_record)
{
	uint8_t id[16];
	enum sql sql = SQL_GET_FOLIO;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (!id_or_folio)
		return queue_fail(queue, VT_ERR_INVALID, "get: no id");
	if (queue_uuid_parse(id_or_folio, id)) {
		sql = SQL_GET_ID;
		queue_bind_blob(queue, sql, 1, id, sizeof(id));
	} else {
		queue_bind_text(queue, sql, 1, id_or_folio);
	}
	code = queue_step(queue, sql);
	if (code != VT_OK)
		return code;
	code = queue_read_record(queue, sql, ret_record);
	queue_done(queue, sql);
	return code;
}

/* ---- sealed columns ---- */

static enum vt_code unseal(
	struct queue *queue, const char *uuid, enum seal_column column, struct vt_buf *out)
{
	uint8_t id[16], key[SEAL_KEY_SIZE];
	size_t wrapped_length, length;
	enum vt_code code = queue_may_read(queue);

	vt_buf_reset(out);
	if (code != VT_OK)
		return code;
	if (!queue_uuid_parse(uuid, id))
		return queue_fail(queue, VT_ERR_INVALID, "unseal: no transaction id");
	queue_bind_blob(queue, SQL_SEALED, 1, id, sizeof(id));
	code = queue_step(queue, SQL_SEALED);
	if (code != VT_OK)
		return code;
	const uint8_t *wrapped = queue_column_blob(queue, SQL_SEALED, 0, &wrapped_length);
	const uint8_t *sealed =
		queue_column_blob(queue, SQL_SEALED, column == SEAL_PAYLOAD ? 1 : 2, &length);
	if (!wrapped || !sealed)
		code = queue_ran_out_of_memory(queue) ? VT_ERR_NOMEM : VT_ERR_NOT_FOUND;
	else if (wrapped_length != SEAL_WRAPPED_SIZE)
		code = queue_fail(queue, VT_ERR_UNTRUSTED, "unseal: damaged key");
	if (code == VT_OK) {
		code = sealer_unwrap(queue->sealer, wrapped, key);
		if (code == VT_OK)
			code = sealer_open(queue->sealer, key, id, column, sealed, length, out);
		vt_wipe(key, sizeof(key));
		if (code != VT_OK)
			queue_fail(queue, code, "unseal: the seal is broken");
	}
	queue_done(queue, SQL_SEALED);
	return code;
}

enum vt_code queue_payload(struct queue *queue, const char *id, struct vt_buf *out)
{
	return unseal(queue, id, SEAL_PAYLOAD, out);
}

enum vt_code queue_answer(struct queue *queue, const char *id, struct vt_buf *out)
{
	return unseal(queue, id, SEAL_ANSWER, out);
}

/* ---- append ---- */

static bool fits(const char *text, size_t size)
{
	if (!text)
		return false;
	const size_t length = strnlen(text, size);
	return length > 0 && length < size;
}

static bool new_is_well_formed(const struct queue_new *row)
{
	return fits(row->folio, VT_FOLIO_SIZE) && fits(row->service, VT_MAX_ID) &&
	       fits(row->adapter, VT_MAX_ID) && fits(row->operation, VT_MAX_ID) &&
	       fits(row->lang, QUEUE_LANG_SIZE) && fits(row->payload, VT_MAX_PAYLOAD) &&
	       !vt_uuid_valid(row->folio) && row->priority >= 0 &&
	       row->priority < QUEUE_PRIORITIES && row->created_unix_ms > 0 &&
	       row->expires_unix_ms >= 0 && row->txn.state == TXN_JOURNALED &&
	       row->txn.receipt == RECEIPT_NONE && !row->txn.ever_leased &&
	       row->txn.attempts == 0 && row->txn.lease[0] == '\0' && row->txn.due_unix_ms > 0;
}

static enum vt_code lane_is_busy(struct queue *queue, const uint8_t lane[16], bool *ret_busy)
{
	queue_bind_blob(queue, SQL_LANE_BUSY, 1, lane, 16);
	const enum vt_code code = queue_step(queue, SQL_LANE_BUSY);
	if (code == VT_OK)
		queue_done(queue, SQL_LANE_BUSY);
	*ret_busy = code == VT_OK;
	return code == VT_ERR_NOT_FOUND ? VT_OK : code;
}

struct bytes_of_new {
	uint8_t id[16], key[16], lane[16];
	uint8_t wrapped[SEAL_WRAPPED_SIZE];
	size_t length;
	uint8_t sealed[VT_MAX_PAYLOAD + SEAL_OVERHEAD];
};

static enum vt_code seal_new(
	struct queue *queue, const struct queue_new *row, struct bytes_of_new *bytes)
{
	uint8_t data_key[SEAL_KEY_SIZE];
	const size_t length = strlen(row->payload);
	enum vt_code code = sealer_new_key(queue->sealer, data_key, bytes->wrapped);

	if (code == VT_OK)
		code = sealer_seal(queue->sealer, data_key, bytes->id, SEAL_PAYLOAD, row->payload,
			length, bytes->sealed);
	vt_wipe(data_key, sizeof(data_key));
	bytes->length = length + SEAL_OVERHEAD;
	return code == VT_OK ? VT_OK : queue_fail(queue, code, "seal");
}

static enum vt_code insert_new(struct queue *queue, const struct queue_new *row,
	const struct bytes_of_new *bytes, int64_t service, int64_t due_unix_ms)
{
	const enum sql sql = SQL_APPEND;

	queue_bind_int(queue, sql, 1, queue->now.sequence + 1);
	queue_bind_blob(queue, sql, 2, bytes->id, 16);
	queue_bind_blob(queue, sql, 3, bytes->key, 16);
	queue_bind_text(queue, sql, 4, row->folio);
	queue_bind_int(queue, sql, 5, queue->now.epoch);
	queue_bind_int(queue, sql, 6, service);
	queue_bind_text(queue, sql, 7, row->operation);
	queue_bind_text(queue, sql, 8, row->lang);
	if (row->lane)
		queue_bind_blob(queue, sql, 9, bytes->lane, 16);
	queue_bind_int(queue, sql, 10, row->priority);
	queue_bind_int(queue, sql, 11, row->txn.class);
	queue_bind_int(queue, sql, 12, row->txn.cause);
	queue_bind_int(queue, sql, 13, due_unix_ms);
	queue_bind_int(queue, sql, 14, row->created_unix_ms);
	queue_bind_int(queue, sql, 15, row->expires_unix_ms);
	queue_bind_blob(queue, sql, 16, bytes->wrapped, SEAL_WRAPPED_SIZE);
	queue_bind_blob(queue, sql, 17, bytes->sealed, bytes->length);
	return queue_run(queue, sql);
}

enum vt_code queue_append(struct queue *queue, const struct queue_new *row)
{
	struct bytes_of_new bytes;
	bool must_wait = false;
	int64_t service = 0;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (!new_is_well_formed(row) || !queue_uuid_parse(row->id, bytes.id) ||
		!queue_uuid_parse(row->key, bytes.key) ||
		(row->lane && !queue_uuid_parse(row->lane, bytes.lane)))
		return queue_fail(queue, VT_ERR_INVALID, "append: a member is out of shape");
	code = find_or_add_service(queue, row->service, row->adapter, &service);
	if (code == VT_OK && row->lane)
		code = lane_is_busy(queue, bytes.lane, &must_wait);
	if (code == VT_OK)
		code = seal_new(queue, row, &bytes);
	if (code == VT_OK)
		code = insert_new(
			queue, row, &bytes, service, must_wait ? TXN_HELD : row->txn.due_unix_ms);
	if (code != VT_OK)
		return code;
	queue->now.sequence++;
	queue->now.states[TXN_JOURNALED]++;
	return queue_journal_add(queue, &(struct journal_fact){.event = JOURNAL_APPENDED,
						.at_unix_ms = row->created_unix_ms,
						.subject = row->id,
						.first = queue->now.sequence,
						.second = row->txn.class,
						.word = row->service});
}

/* ---- store ---- */

/* What the row is before the change. */
struct old_row {
	int64_t sequence, service;
	int class;
	bool has_lane, is_shredded;
	uint8_t id[16], lane[16], wrapped[SEAL_WRAPPED_SIZE];
};

static enum vt_code read_old(
	struct queue *queue, const char *uuid, const struct txn *before, struct old_row *old)
{
	char lease[VT_UUID_SIZE] = "";
	size_t length;

	if (!queue_uuid_parse(uuid, old->id))
		return queue_fail(queue, VT_ERR_INVALID, "store: no transaction id");
	queue_bind_blob(queue, SQL_ROW, 1, old->id, sizeof(old->id));
	enum vt_code code = queue_step(queue, SQL_ROW);
	if (code != VT_OK)
		return code;
	old->sequence = queue_column_int(queue, SQL_ROW, 0);
	if (!queue_column_uuid(queue, SQL_ROW, 2, lease))
		lease[0] = '\0';
	old->service = queue_column_int(queue, SQL_ROW, 3);
	const uint8_t *lane = queue_column_blob(queue, SQL_ROW, 4, &length);
	old->has_lane = length == sizeof(old->lane);
	if (old->has_lane)
		memcpy(old->lane, lane, sizeof(old->lane));
	old->class = (int)queue_column_int(queue, SQL_ROW, 5);
	const uint8_t *wrapped = queue_column_blob(queue, SQL_ROW, 6, &length);
	old->is_shredded = length != SEAL_WRAPPED_SIZE;
	if (!old->is_shredded)
		memcpy(old->wrapped, wrapped, sizeof(old->wrapped));
	if (queue_column_int(queue, SQL_ROW, 1) != (int64_t)before->state ||
		strcmp(lease, before->lease) != 0 || old->class != (int)before->class)
		code = queue_fail(queue, VT_ERR_STATE, "store: the row is not as it was");
	queue_done(queue, SQL_ROW);
	return code;
}

static enum vt_code write_txn(struct queue *queue, const struct old_row *old,
	const struct txn *before, const struct txn *after, int64_t now_unix_ms)
{
	uint8_t lease[16];
	const enum sql sql = SQL_UPDATE;

	queue_bind_int(queue, sql, 1, old->sequence);
	queue_bind_int(queue, sql, 2, after->state);
	queue_bind_int(queue, sql, 3, after->receipt);
	queue_bind_int(queue, sql, 4, after->cause);
	queue_bind_int(queue, sql, 5, after->ever_leased);
	queue_bind_int(queue, sql, 6, after->attempts);
	queue_bind_int(queue, sql, 7, after->backoff);
	queue_bind_int(queue, sql, 8, after->unknowns);
	queue_bind_int(queue, sql, 9, after->defects);
	queue_bind_int(queue, sql, 10, after->first_defect_unix_ms);
	/* Unchanged stays out: the store itself may have let the row out of its lane since. */
	if (after->due_unix_ms != before->due_unix_ms)
		queue_bind_int(queue, sql, 11, after->due_unix_ms);
	if (after->lease[0] != '\0') {
		if (!queue_uuid_parse(after->lease, lease)) {
			queue_done(queue, sql);
			return queue_fail(queue, VT_ERR_INVALID, "store: lease is no UUID");
		}
		queue_bind_blob(queue, sql, 12, lease, sizeof(lease));
	}
	queue_bind_int(queue, sql, 13, now_unix_ms);
	return queue_run(queue, sql);
}

static enum vt_code write_answer(struct queue *queue, const struct old_row *old, const char *answer)
{
	uint8_t key[SEAL_KEY_SIZE], sealed[VT_MAX_PAYLOAD + SEAL_OVERHEAD];
	const size_t length = strlen(answer);

	if (old->is_shredded)
		return queue_fail(queue, VT_ERR_STATE, "store: the row was shredded");
	enum vt_code code = sealer_unwrap(queue->sealer, old->wrapped, key);
	if (code == VT_OK)
		code = sealer_seal(
			queue->sealer, key, old->id, SEAL_ANSWER, answer, length, sealed);
	vt_wipe(key, sizeof(key));
	if (code != VT_OK)
		return queue_fail(queue, code, "store: seal the answer");
	queue_bind_int(queue, SQL_UPDATE_ANSWER, 1, old->sequence);
	queue_bind_blob(queue, SQL_UPDATE_ANSWER, 2, sealed, length + SEAL_OVERHEAD);
	return queue_run(queue, SQL_UPDATE_ANSWER);
}

static bool is_settled(enum txn_state state)
{
	return state == TXN_ACCEPTED || state == TXN_REJECTED || state == TXN_EXPIRED;
}

/* The next row of the lane may go. A dead one keeps the lane closed: the next may depend on it. */
static enum vt_code release_lane(struct queue *queue, const uint8_t lane[16], int64_t now_unix_ms)
{
	queue_bind_blob(queue, SQL_LANE_NEXT, 1, lane, 16);
	const enum vt_code code = queue_step(queue, SQL_LANE_NEXT);
	if (code == VT_ERR_NOT_FOUND)
		return VT_OK;
	if (code != VT_OK)
		return code;
	const int64_t next = queue_column_int(queue, SQL_LANE_NEXT, 0);
	queue_done(queue, SQL_LANE_NEXT);
	queue_bind_int(queue, SQL_LANE_RELEASE, 1, next);
	queue_bind_int(queue, SQL_LANE_RELEASE, 2, now_unix_ms);
	return queue_run(queue, SQL_LANE_RELEASE);
}

static enum vt_code count_change(
	struct queue *queue, const struct old_row *old, enum txn_state before, enum txn_state after)
{
	queue->now.states[after]++;
	if (--queue->now.states[before] < 0)
		return queue_fail(queue, VT_ERR_CORRUPT, "counters do not fit the rows");
	if (before == TXN_DEAD && old->sequence < queue->now.oldest)
		queue->now.oldest = old->sequence;
	return VT_OK;
}

enum vt_code queue_store(struct queue *queue, const char *id, const struct txn *before,
	const struct txn *after, const char *answer, int64_t now_unix_ms)
{
	struct old_row old;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (now_unix_ms <= 0 || after->state == TXN_DRAFT || before->class != after->class ||
		(answer && !fits(answer, VT_MAX_PAYLOAD)))
		return queue_fail(queue, VT_ERR_INVALID, "store: a member is out of shape");
	code = read_old(queue, id, before, &old);
	if (code == VT_OK && answer && old.is_shredded)
		code = queue_fail(queue, VT_ERR_STATE, "store: the row was shredded");
	if (code != VT_OK)
		return code;
	code = write_txn(queue, &old, before, after, now_unix_ms);
	if (code == VT_ERR_INVALID) /* a CHECK: nothing was changed by it */
		return code;
	if (code == VT_OK && answer)
		code = write_answer(queue, &old, answer);
	if (code == VT_OK && before->state != after->state) {
		code = count_change(queue, &old, before->state, after->state);
		if (code == VT_OK)
			code = note_service(queue, old.service, after, now_unix_ms);
		if (code == VT_OK && old.has_lane && is_settled(after->state))
			code = release_lane(queue, old.lane, now_unix_ms);
	}
	if (code == VT_OK)
		code = journal_note_change(queue, id, before, after, now_unix_ms);
	/* From here on a failure leaves the row half-changed in this batch: nothing of it may be
	 * committed. */
	if (code != VT_OK && queue->spoilt == VT_OK)
		queue->spoilt = code;
	return code;
}
