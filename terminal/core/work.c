/* Transactions between the store and sync: append, lease, deliver, settle. Every decision is
 * txn_step()'s; here it meets time, randomness, the store and the socket. */

#include <string.h>

#include <jansson.h>

#include "offline-queue/queue/retry.h"
#include "terminal/base/assert.h"
#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"
#include "terminal/domain/folio.h"

/* A lease outlives the deadline that sync keeps by this much. */
#define LEASE_MARGIN_MS 10000
/* Patience of sync for one attempt; the citizen's own patience is the session's matter. */
#define ATTEMPT_MS 20000
/* Doubtful answers in a row that open the breaker, and how long it stays open: at first, and at the
 * most after more of them. Each probe costs two flushes, so days offline must not mean a probe
 * every half a minute; a line that is back says so (work_link) and closes the breaker at once. */
#define BREAKER_UNKNOWNS 5
#define BREAKER_MS	 30000
#define BREAKER_MAX_MS	 600000
/* A lane problem (certificate, clock) needs a person: asked again once a minute. */
#define LANE_MS 60000

static uint64_t random_u64(void)
{
	uint64_t value;

	vt_random(&value, sizeof(value));
	return value;
}

static struct adapter *find_adapter(struct core *core, const char *name)
{
	for (size_t i = 0; i < core->adapter_count; i++) {
		if (strcmp(core->adapters[i].name, name) == 0)
			return &core->adapters[i];
	}
	if (core->adapter_count == CORE_MAX_ADAPTERS)
		return NULL;
	struct adapter *adapter = &core->adapters[core->adapter_count++];
	*adapter = (struct adapter){.online = true};
	vt_copy_cut(adapter->name, sizeof(adapter->name), name);
	return adapter;
}

/* Full jitter above the shortest wait: thousands of terminals find the same service dead. */
static int64_t breaker_ms(int unknowns)
{
	int64_t longest = BREAKER_MS;

	for (int i = BREAKER_UNKNOWNS; i < unknowns && longest < BREAKER_MAX_MS; i++)
		longest *= 2;
	if (longest > BREAKER_MAX_MS)
		longest = BREAKER_MAX_MS;
	return BREAKER_MS + (int64_t)(random_u64() % (uint64_t)(longest - BREAKER_MS + 1));
}

/* ---- appending ---- */

static enum vt_code make_folio(struct core *core, char folio[VT_FOLIO_SIZE])
{
	uint8_t random[4];
	int64_t epoch, number;
	struct vt_error error = {0};

	enum vt_code code = queue_next_sequence(core->queue, &epoch, &number);
	if (code)
		return code;
	vt_random(random, sizeof(random));
	code = folio_make(
		core->folio_code, (uint32_t)epoch, (uint32_t)number, random, folio, &error);
	if (code)
		vt_log(VT_LOG_ERROR, "folio: %s", error.msg);
	return code;
}

/* Appends row, whose service, adapter, operation, lang, priority and payload are filled; its key,
 * too, where the citizen signed it. */
static enum vt_code append(
	struct core *core, struct queue_new *row, char id[VT_UUID_SIZE], char folio[VT_FOLIO_SIZE])
{
	char key[VT_UUID_SIZE];
	struct txn_effects effects;
	const int64_t now = core_unix_ms(core);
	const struct txn_event event = {
		.type = TXN_COMMIT, .now_unix_ms = now, .random = random_u64()};

	enum vt_code code = make_folio(core, folio);
	if (code)
		return code;
	vt_uuid_make(id);
	if (!row->key) {
		vt_uuid_make(key);
		row->key = key;
	}
	row->id = id;
	row->folio = folio;
	row->created_unix_ms = now;
	txn_init(&row->txn, TXN_CLASS_A);
	code = txn_step(&row->txn, &event, &effects);
	VT_ASSERT(code == VT_OK);
	return queue_append(core->queue, row);
}

bool work_submit(struct core *core)
{
	static struct session_submission submission; /* 16 KiB: not on the stack; wiped below */
	char id[VT_UUID_SIZE], folio[VT_FOLIO_SIZE];
	struct vt_error error = {0};

	/* In a batch of its own: if it cannot be stored, nothing else is lost with it. */
	storage_commit(core);
	if (!core->health.storage_ok || !storage_begin(core))
		return false;
	enum vt_code code = session_submission(core->session, &submission, &error);
	const struct catalogue_service *service =
		code == VT_OK ? catalogue_find(core->catalogue, submission.service) : NULL;
	if (code == VT_OK && !service)
		code = VT_ERR_NOT_FOUND;
	if (code == VT_OK) {
		struct queue_new row = {
			.lane = service->in_order && core->lane[0] ? core->lane : NULL,
			.priority = service->priority,
			.expires_unix_ms = service->expires_ms > 0
						   ? core_unix_ms(core) + service->expires_ms
						   : 0,
			.service = submission.service,
			.adapter = submission.adapter,
			.operation = submission.operation,
			.lang = submission.lang,
			.key = submission.key[0] ? submission.key : NULL,
			.payload = submission.payload,
		};
		code = append(core, &row, id, folio);
	}
	vt_wipe(&submission, sizeof(submission));
	if (code == VT_OK)
		code = queue_session_set(core->queue, id);
	if (code) {
		storage_abort(core);
		storage_judge(core, code, "append");
		return false;
	}
	struct after *after = storage_after(core, AFTER_COMMITTED, id);
	vt_copy_cut(after->folio, sizeof(after->folio), folio);
	return true;
}

/* ---- confirmation of an answer: RENAPO's getConfirm, a row of its own ---- */

static bool wants_confirm(const struct core *core, const struct queue_record *record)
{
	const struct catalogue_service *service = catalogue_find(core->catalogue, record->service);

	for (size_t i = 0; service && i < service->way_count; i++) {
		const struct catalogue_way *way = &service->ways[i];
		if (way->needs_confirm && strcmp(way->operation, record->operation) == 0)
			return true;
	}
	return false;
}

static enum vt_code append_confirm(
	struct core *core, const struct queue_record *record, const char *answer)
{
	char id[VT_UUID_SIZE], folio[VT_FOLIO_SIZE];
	struct vt_error error;
	json_t *json = bus_parse_json(answer, strlen(answer), &error);
	const char *session = json_string_value(json_object_get(json, "sessionId"));

	if (!session || !session[0]) {
		json_decref(json);
		return VT_OK; /* nothing to confirm */
	}
	json_t *payload = json_pack("{s:s, s:s}", "sessionId", session, "query", record->operation);
	char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	json_decref(json);
	json_decref(payload);
	if (!text)
		return VT_ERR_NOMEM;
	struct queue_new row = {
		.service = record->service,
		.adapter = record->adapter,
		.operation = "confirm",
		.lang = record->lang,
		.priority = 1,
		.payload = text,
	};
	enum vt_code code = append(core, &row, id, folio);
	vt_wipe(text, strlen(text));
	free(text);
	return code;
}

/* ---- stepping a stored row ---- */

static void apply_service_effects(
	struct core *core, const struct queue_record *record, const struct txn_effects *effects)
{
	struct adapter *adapter = find_adapter(core, record->adapter);
	const int64_t now = core_unix_ms(core);
	int64_t hold_until = -1;

	if (!adapter)
		return;
	if (effects->service_ok) {
		adapter->unknowns = 0;
		adapter->trouble = TXN_CAUSE_NONE;
		hold_until = 0;
	}
	if (effects->breaker && ++adapter->unknowns >= BREAKER_UNKNOWNS) {
		adapter->trouble = record->txn.cause;
		hold_until = now + breaker_ms(adapter->unknowns);
	}
	if (effects->stop_service)
		hold_until = now + LANE_MS;
	if (effects->alarm)
		adapter->trouble = record->txn.cause;
	if (hold_until >= 0)
		storage_judge(
			core, queue_hold(core->queue, record->adapter, hold_until), "hold adapter");
	if (effects->alarm)
		vt_log(VT_LOG_ERROR, "transaction %s needs attention: %s, %s", record->id,
			txn_state_names[record->txn.state], txn_cause_names[record->txn.cause]);
}

enum vt_code work_step(struct core *core, struct queue_record *record, struct txn_event *event,
	const char *answer, struct txn_effects *effects)
{
	const struct txn before = record->txn;

	event->now_unix_ms = core_unix_ms(core);
	event->random = random_u64();
	event->service_success_unix_ms = record->service_success_unix_ms;
	event->service_poisoned = record->service_poisoned;
	enum vt_code code = txn_step(&record->txn, event, effects);
	if (code)
		return code;
	if (effects->changed)
		code = queue_store(
			core->queue, record->id, &before, &record->txn, answer, event->now_unix_ms);
	if (code) {
		storage_judge(core, code, "store");
		return code;
	}
	if (before.state != record->txn.state)
		vt_log(VT_LOG_INFO, "transaction %s: %s -> %s %s", record->id,
			txn_state_names[before.state], txn_state_names[record->txn.state],
			txn_cause_names[record->txn.cause]);
	apply_service_effects(core, record, effects);
	return core->queue ? VT_OK : VT_ERR_FAILED;
}

/* Tells the session how record stands, once that is on disk. */
static void report(struct core *core, const struct queue_record *record)
{
	if (strcmp(record->id, session_transaction(core->session)) != 0)
		return;
	struct after *after = storage_after(core, AFTER_RESULT, record->id);
	after->result = record->txn.state == TXN_ACCEPTED ? RESULT_ACCEPTED
			: record->txn.state == TXN_REJECTED || record->txn.state == TXN_DEAD
				? RESULT_REJECTED
				: RESULT_PENDING;
}

/* ---- leasing ---- */

static bool is_service_busy(const struct core *core, const struct queue_record *record)
{
	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++) {
		const struct in_flight *work = &core->in_flight[i];
		if (work->is_used && (strcmp(work->service, record->service) == 0 ||
					     strcmp(work->transaction, record->id) == 0))
			return true;
	}
	return false;
}

static struct in_flight *free_slot(struct core *core)
{
	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++) {
		if (!core->in_flight[i].is_used)
			return &core->in_flight[i];
	}
	return NULL;
}

static void lease(struct core *core, struct queue_record *record)
{
	struct in_flight *work = free_slot(core);
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_LEASE, .lease_ms = ATTEMPT_MS + LEASE_MARGIN_MS};
	char id[VT_UUID_SIZE];

	if (!work || core->after_count + 4 > CORE_MAX_AFTER || is_service_busy(core, record))
		return;
	vt_uuid_make(id);
	event.lease = id;
	if (work_step(core, record, &event, NULL, &effects) != VT_OK)
		return;
	*work = (struct in_flight){.is_used = true};
	memcpy(work->lease, id, sizeof(work->lease));
	memcpy(work->transaction, record->id, sizeof(work->transaction));
	memcpy(work->service, record->service, sizeof(work->service));
	memcpy(work->adapter, record->adapter, sizeof(work->adapter));
	struct after *after = storage_after(core, AFTER_DELIVER, record->id);
	after->inquiry = effects.inquire;
	after->attempt = record->txn.attempts + 1;
}

/* Its time is over and nothing of it ever left: given up, if the time can be believed. */
static bool expire(struct core *core, struct queue_record *record)
{
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_EXPIRE};

	if (record->expires_unix_ms == 0 || record->txn.ever_leased || !core->clock.is_trusted ||
		core_unix_ms(core) < record->expires_unix_ms)
		return false;
	if (work_step(core, record, &event, NULL, &effects) != VT_OK)
		return false;
	vt_log(VT_LOG_WARNING, "transaction %s: its time was over before it could be sent",
		record->id);
	report(core, record);
	return true;
}

void work_forget(struct core *core, const char *transaction)
{
	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++) {
		struct in_flight *work = &core->in_flight[i];
		if (work->is_used && strcmp(work->transaction, transaction) == 0)
			work->is_used = false;
	}
}

static void end_lease(struct core *core, struct queue_record *record)
{
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_LEASE_EXPIRED};

	if (work_step(core, record, &event, NULL, &effects) == VT_OK)
		report(core, record);
	work_forget(core, record->id);
}

void work_pump(struct core *core)
{
	static struct queue_record due[QUEUE_DUE_MAX];
	size_t count = 0;
	int64_t next;
	const int64_t now = core_unix_ms(core);

	if (!core->queue || !core->sync.conn)
		return;
	const enum vt_code code = queue_due(core->queue, now, QUEUE_DUE_MAX, due, &count);
	if (code) {
		storage_judge(core, code, "due");
		count = 0;
	}
	for (size_t i = 0; i < count && core->queue; i++) {
		const bool is_outside =
			due[i].txn.state == TXN_LEASED || due[i].txn.state == TXN_INQUIRY;
		if (!is_outside && is_service_busy(core, &due[i]))
			continue;
		if (!storage_begin(core))
			return;
		if (is_outside)
			end_lease(core, &due[i]);
		else if (!expire(core, &due[i]))
			lease(core, &due[i]);
	}
	if (core->queue && queue_next_due(core->queue, now, &next) == VT_OK &&
		next != QUEUE_NEVER) {
		/* A service that is busy keeps its rows due: its result pumps again, so the timer
		 * need not fire at once for them. */
		const int64_t wait = next > now ? next - now : 1000;
		core_arm(core->work_timer, vt_clock_monotonic_ms() + wait);
	}
}

/* Somebody altered the row on disk: a person must see what it was. */
static void give_up_damaged(struct core *core, struct in_flight *work, struct queue_record *record)
{
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_DAMAGED};

	vt_log(VT_LOG_ERROR,
		"transaction %s: its payload was altered on disk and cannot be sent; keep a copy "
		"of the "
		"state folder and tell the office",
		record->id);
	if (storage_begin(core) && work_step(core, record, &event, NULL, &effects) == VT_OK)
		report(core, record);
	work->is_used = false;
}

void work_fill_time(const struct core *core, struct work_deliver *deliver)
{
	deliver->floor_unix_ms = core->clock.floor_unix_ms;
	deliver->trusted_unix_ms = core->clock.is_trusted ? core_unix_ms(core) : 0;
}

void work_deliver(struct core *core, const struct after *after)
{
	struct queue_record record;
	struct in_flight *work = NULL;
	VT_CLEANUP(vt_buf_finish) struct vt_buf payload;

	vt_buf_init(&payload, VT_MAX_PAYLOAD - 1);
	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++) {
		if (core->in_flight[i].is_used &&
			strcmp(core->in_flight[i].transaction, after->transaction) == 0)
			work = &core->in_flight[i];
	}
	/* Not sent (sync went meanwhile, or the row cannot be read): the lease runs out. */
	if (!work || !core->queue || !core->sync.conn)
		return;
	if (queue_get(core->queue, after->transaction, &record) != VT_OK)
		return;
	const enum vt_code code = queue_payload(core->queue, after->transaction, &payload);
	if (code == VT_ERR_UNTRUSTED) {
		give_up_damaged(core, work, &record);
		return;
	}
	if (code) {
		storage_judge(core, code, "unseal");
		return;
	}
	bus_make_command(core->tx, core->sync.conn, BUS_WORK_DELIVER);
	struct work_deliver *deliver = &core->tx->payload.work_deliver;
	core->tx->header.timeout_ms = ATTEMPT_MS;
	work->request_id = core->tx->header.request_id;
	memcpy(deliver->lease, work->lease, sizeof(deliver->lease));
	memcpy(deliver->transaction, record.id, sizeof(deliver->transaction));
	memcpy(deliver->key, record.key, sizeof(deliver->key));
	memcpy(deliver->service, record.service, sizeof(deliver->service));
	memcpy(deliver->adapter, record.adapter, sizeof(deliver->adapter));
	memcpy(deliver->operation, record.operation, sizeof(deliver->operation));
	deliver->inquiry = after->inquiry;
	deliver->attempt = after->attempt;
	deliver->deadline_ms = ATTEMPT_MS;
	work_fill_time(core, deliver);
	vt_copy_cut(deliver->payload, sizeof(deliver->payload), vt_buf_text(&payload));
	(void)peer_send(&core->sync);
}

/* ---- results ---- */

static const enum txn_result results[WORK_RESULT_COUNT] = {
	[WORK_ACCEPTED] = TXN_RESULT_ACCEPTED,
	[WORK_REJECTED] = TXN_RESULT_REJECTED,
	[WORK_RETRY_AFTER] = TXN_RESULT_RETRY_AFTER,
	[WORK_UNKNOWN] = TXN_RESULT_UNKNOWN,
	[WORK_NOT_KNOWN] = TXN_RESULT_NOT_KNOWN,
};

static void settle(
	struct core *core, const struct in_flight *work, const struct work_result *result)
{
	struct queue_record record;
	struct txn_effects effects;
	struct txn_event event = {
		.type = TXN_RESULT,
		.lease = work->lease,
		.result = results[result->result],
		.cause = txn_cause_from(result->cause),
		.retry_after_ms = result->retry_after_ms,
	};
	const bool has_answer = result->result == WORK_ACCEPTED && result->answer[0];

	if (!storage_begin(core) || queue_get(core->queue, work->transaction, &record) != VT_OK)
		return;
	enum vt_code code =
		work_step(core, &record, &event, has_answer ? result->answer : NULL, &effects);
	if (code)
		return;
	if (record.txn.state == TXN_ACCEPTED && has_answer && wants_confirm(core, &record))
		storage_judge(core, append_confirm(core, &record, result->answer), "confirm");
	if (result->detail[0] && result->result != WORK_ACCEPTED)
		vt_log(VT_LOG_WARNING, "transaction %s: %s", record.id, result->detail);
	report(core, &record);
}

/* The result first: what it settles was leased by the old time. What waits for a clock need wait no
 * longer then. */
static void learn_time(struct core *core, int64_t signed_unix_ms)
{
	if (!core_clock_learn(core, signed_unix_ms))
		return;
	for (size_t i = 0; i < core->adapter_count && core->queue; i++)
		storage_judge(core, queue_hold(core->queue, core->adapters[i].name, 0), "release");
}

void work_result(struct core *core, const struct bus_message *msg)
{
	struct work_result failed = {.result = WORK_UNKNOWN};
	const struct work_result *result = &msg->payload.work_result;

	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++) {
		struct in_flight *work = &core->in_flight[i];
		if (!work->is_used || work->request_id != msg->header.request_id)
			continue;
		/* A completion with an error code: sync could not say; nothing may be assumed. */
		if (msg->header.completion != BUS_SUCCESS) {
			vt_copy_cut(failed.cause, sizeof(failed.cause), "other");
			vt_copy_cut(failed.detail, sizeof(failed.detail), msg->header.error);
			result = &failed;
		}
		const int64_t signed_unix_ms = result->signed_unix_ms;
		settle(core, work, result);
		work->is_used = false;
		learn_time(core, signed_unix_ms);
		return;
	}
	if (!reconcile_result(core, msg))
		vt_log(VT_LOG_WARNING, "sync: a result that nobody waits for");
}

void work_link(struct core *core, const struct work_link *link)
{
	struct adapter *adapter = find_adapter(core, link->adapter);
	size_t count = 0;

	if (!adapter)
		return;
	if (adapter->online != link->online)
		vt_log(VT_LOG_NOTICE, "%s is %s %s", link->adapter,
			link->online ? "online" : "offline", link->reason);
	adapter->online = link->online;
	vt_copy_cut(adapter->reason, sizeof(adapter->reason), link->reason);
	if (core->queue && link->online) {
		storage_judge(core, queue_hold(core->queue, link->adapter, 0), "release adapter");
		/* Who waited out a backoff goes now: the reason to wait is gone. */
		if (storage_begin(core))
			storage_judge(core,
				queue_hasten(core->queue, link->adapter, core_unix_ms(core),
					QUEUE_DUE_MAX, &count),
				"hasten");
	}
	citizen_health(core);
	work_pump(core);
}

void work_sync_up(struct core *core)
{
	core->adapter_count = 0;
	citizen_health(core);
	work_pump(core);
}

/* Whatever sync held may have left the terminal: it is asked about first. */
void work_sync_gone(struct core *core)
{
	for (size_t i = 0; i < CORE_MAX_IN_FLIGHT; i++) {
		struct queue_record record;
		if (!core->in_flight[i].is_used)
			continue;
		if (storage_begin(core) &&
			queue_get(core->queue, core->in_flight[i].transaction, &record) == VT_OK)
			end_lease(core, &record);
		core->in_flight[i].is_used = false;
	}
	reconcile_sync_gone(core);
	export_sync_gone(core);
	citizen_health(core);
}

void work_recover(struct core *core)
{
	static struct queue_record open[QUEUE_DUE_MAX];
	int64_t after = 0;
	size_t count;

	do {
		if (!storage_begin(core) ||
			queue_outstanding(core->queue, after, QUEUE_DUE_MAX, open, &count) != VT_OK)
			return;
		for (size_t i = 0; i < count && core->queue; i++) {
			after = open[i].sequence;
			end_lease(core, &open[i]);
		}
		core->after_count = 0; /* no session waits for these */
	} while (count == QUEUE_DUE_MAX);
}
