#include "tests/crash/station.h"

#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "tests/crash/crash_vfs.h"

#define X(name, text) [name] = text,
const char *const station_defect_names[STATION_DEFECT_COUNT] = {STATION_DEFECTS(X)};
#undef X

#define ANSWER "{\"folio\":\"123456789\"}"

static void acknowledge(struct station *st)
{
	if (st->acknowledge)
		st->acknowledge(st);
}

static enum vt_code commit(struct station *st)
{
	const enum vt_code code = queue_commit(st->f.queue);

	if (code == VT_OK && st->committed)
		st->committed(st);
	return code;
}

/* Ends a batch in which everything so far answered code. */
static enum vt_code end_batch(struct station *st, enum vt_code code)
{
	if (code == VT_OK)
		return commit(st);
	queue_abort(st->f.queue);
	return code;
}

enum vt_code station_open(struct station *st)
{
	static const char *const pragmas[STATION_DEFECT_COUNT] = {
		[DEFECT_NORMAL] = "PRAGMA synchronous = NORMAL",
		[DEFECT_OFF] = "PRAGMA synchronous = OFF",
	};

	if (st->defect == DEFECT_LOG_THROWN_AWAY) {
		char wal[200];
		sqlite3_vfs *vfs = sqlite3_vfs_find("crash");
		snprintf(wal, sizeof(wal), "%s-wal", st->f.path);
		(void)vfs->xDelete(vfs, wal, 0);
	}
	const enum vt_code code = fixture_open(&st->f);
	if (code == VT_OK && pragmas[st->defect] &&
		sqlite3_exec(st->f.queue->db, pragmas[st->defect], NULL, NULL, NULL) != SQLITE_OK)
		return VT_ERR_IO;
	return code;
}

/* ---- the service ---- */

static unsigned number_of(const char *payload)
{
	unsigned n = 0;

	if (sscanf(payload, "{\"tramite\":%u}", &n) != 1 || n < 1 || n > STATION_TXNS)
		return 0;
	return n;
}

static int find_key(const struct world *world, const char *key)
{
	for (int i = 0; i < world->ledger_count; i++) {
		if (strcmp(world->ledger[i].key, key) == 0)
			return i;
	}
	return -1;
}

/* (terminal, key) is unique for ever; a repetition gets the first answer. */
static bool service_apply(struct world *world, const char *key, unsigned n)
{
	int i = find_key(world, key);

	if (i >= 0)
		return world->ledger[i].is_accepted;
	if (world->ledger_count == STATION_LEDGER)
		abort();
	i = world->ledger_count++;
	memcpy(world->ledger[i].key, key, VT_UUID_SIZE);
	world->ledger[i].txn = (uint8_t)n;
	world->ledger[i].is_accepted = n % 4 != 3; /* every fourth is refused */
	world->applied[n]++;
	return world->ledger[i].is_accepted;
}

/* ---- rows ---- */

static enum vt_code append(struct station *st, unsigned n, bool is_in_lane)
{
	struct fixture_row r;
	char payload[40];
	int64_t epoch, number;
	enum vt_code code = queue_next_sequence(st->f.queue, &epoch, &number);

	fixture_row(&st->f, n, &r);
	snprintf(payload, sizeof(payload), "{\"tramite\":%u}", n);
	r.row.payload = payload;
	r.row.lane = is_in_lane ? "dddddddd-0000-4000-8000-000000000000" : NULL;
	if (code == VT_OK)
		code = queue_append(st->f.queue, &r.row);
	if (code == VT_OK)
		code = queue_session_set(st->f.queue, r.id);
	return code;
}

enum vt_code station_enter(struct station *st, unsigned first, unsigned last)
{
	enum vt_code code = queue_begin(st->f.queue);

	if (st->defect == DEFECT_SEND_FIRST) {
		char key[VT_UUID_SIZE];
		fixture_uuid('k', first, key);
		(void)service_apply(&st->world, key, first);
		acknowledge(st);
	}
	for (unsigned n = first; code == VT_OK && n <= last; n++) {
		code = append(st, n, first != last);
		if (code == VT_OK && st->defect == DEFECT_BURST_APART && n == first &&
			first != last) {
			code = commit(st);
			for (unsigned k = first; k <= last; k++)
				st->world.shown[k] = 1;
			acknowledge(st);
			if (code == VT_OK)
				code = queue_begin(st->f.queue);
		}
	}
	if (st->defect == DEFECT_REPLY_FIRST) {
		st->world.shown[first] = 1;
		acknowledge(st);
	}
	code = end_batch(st, code);
	if (code != VT_OK)
		return code;
	for (unsigned n = first; n <= last; n++)
		st->world.shown[n] = 1;
	acknowledge(st);
	return VT_OK;
}

/* Steps the row and stores it in the open batch. */
static enum vt_code step(struct station *st, struct queue_record *record, struct txn_event *event,
	const char *answer, struct txn_effects *ret_effects)
{
	const struct txn before = record->txn;

	event->now_unix_ms = st->f.now;
	event->service_success_unix_ms = record->service_success_unix_ms;
	event->service_poisoned = record->service_poisoned;
	const enum vt_code code = txn_step(&record->txn, event, ret_effects);
	if (code != VT_OK || !ret_effects->changed)
		return code;
	return queue_store(st->f.queue, record->id, &before, &record->txn, answer, st->f.now);
}

static enum vt_code step_alone(struct station *st, struct queue_record *record,
	struct txn_event *event, const char *answer, struct txn_effects *ret_effects)
{
	const enum vt_code code = queue_begin(st->f.queue);

	if (code != VT_OK)
		return code;
	return end_batch(st, step(st, record, event, answer, ret_effects));
}

static enum vt_code settle(
	struct station *st, struct queue_record *record, struct txn_event *event, unsigned n)
{
	struct txn_effects effects;
	const char *const answer = event->result == TXN_RESULT_ACCEPTED ? ANSWER : NULL;
	const bool is_apart = st->defect == DEFECT_ANSWER_APART && answer;
	enum vt_code code = step_alone(st, record, event, is_apart ? NULL : answer, &effects);

	if (code == VT_OK && is_apart) {
		code = queue_begin(st->f.queue);
		if (code == VT_OK)
			code = end_batch(st, queue_store(st->f.queue, record->id, &record->txn,
						     &record->txn, answer, st->f.now));
	}
	if (code != VT_OK)
		return code;
	if (effects.settled) {
		st->world.told[n] = (uint8_t)record->txn.state;
		acknowledge(st);
	}
	return VT_OK;
}

static enum vt_code deliver(
	struct station *st, struct queue_record *record, bool is_inquiry, enum fate fate)
{
	struct txn_event event = {.type = TXN_RESULT};
	char lease[VT_UUID_SIZE], key[VT_UUID_SIZE];
	struct vt_buf payload;

	vt_buf_init(&payload, VT_MAX_PAYLOAD);
	enum vt_code code = queue_payload(st->f.queue, record->id, &payload);
	const unsigned n = code == VT_OK ? number_of(vt_buf_text(&payload)) : 0;
	vt_buf_finish(&payload);
	if (n == 0)
		return code == VT_OK ? VT_ERR_CORRUPT : code;
	memcpy(lease, record->txn.lease, sizeof(lease));
	memcpy(key, record->key, sizeof(key));
	event.lease = lease;
	if (st->defect == DEFECT_KEY_AT_SEND && !is_inquiry)
		memcpy(key, lease, sizeof(key));
	if (st->defect == DEFECT_SETTLED_FIRST) {
		event.result = TXN_RESULT_ACCEPTED;
		code = settle(st, record, &event, n);
		if (code == VT_OK && fate != FATE_REQUEST_LOST) {
			(void)service_apply(&st->world, key, n);
			acknowledge(st);
		}
		return code;
	}
	if (fate == FATE_REQUEST_LOST) {
		event.result = TXN_RESULT_RETRY_AFTER;
		event.cause = TXN_CAUSE_NETWORK;
	} else if (is_inquiry) {
		const int i = find_key(&st->world, key);
		event.result = i < 0				 ? TXN_RESULT_NOT_KNOWN
			       : st->world.ledger[i].is_accepted ? TXN_RESULT_ACCEPTED
								 : TXN_RESULT_REJECTED;
	} else {
		event.result = service_apply(&st->world, key, n) ? TXN_RESULT_ACCEPTED
								 : TXN_RESULT_REJECTED;
		acknowledge(st);
	}
	if (event.result == TXN_RESULT_REJECTED)
		event.cause = TXN_CAUSE_BUSINESS;
	if (fate == FATE_SYNC_DIES)
		return VT_OK; /* the lease runs out */
	if (fate == FATE_ANSWER_LOST) {
		event.result = TXN_RESULT_UNKNOWN;
		event.cause = TXN_CAUSE_TIMEOUT;
	}
	if (st->defect == DEFECT_GIVE_UP && event.result == TXN_RESULT_UNKNOWN)
		event = (struct txn_event){.type = TXN_RESULT,
			.lease = lease,
			.result = TXN_RESULT_REJECTED,
			.cause = TXN_CAUSE_BUSINESS};
	return settle(st, record, &event, n);
}

/* The first row that is due, with time put forward while draining. */
static enum vt_code find_due(struct station *st, struct queue_record *ret_record)
{
	struct queue_record due[STATION_TXNS];
	size_t count = 0;
	int64_t next = 0;

	enum vt_code code = queue_due(st->f.queue, st->f.now, STATION_TXNS, due, &count);
	if (code == VT_OK && count == 0) {
		code = queue_next_due(st->f.queue, st->f.now, &next);
		if (code != VT_OK)
			return code;
		if (next == QUEUE_NEVER)
			return VT_ERR_NOT_FOUND;
		if (next > st->f.now)
			st->f.now = next;
		code = queue_due(st->f.queue, st->f.now, STATION_TXNS, due, &count);
	}
	for (size_t i = 0; code == VT_OK && i < count; i++) {
		const bool is_out =
			due[i].txn.state == TXN_LEASED || due[i].txn.state == TXN_INQUIRY;
		if (is_out && st->defect == DEFECT_LEASE_FOR_EVER)
			continue;
		*ret_record = due[i];
		return VT_OK;
	}
	return code == VT_OK ? VT_ERR_NOT_FOUND : code;
}

enum vt_code station_send(struct station *st, enum fate fate)
{
	struct queue_record record;
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_LEASE, .lease_ms = 30000};
	char lease[VT_UUID_SIZE];

	enum vt_code code = find_due(st, &record);
	if (code != VT_OK)
		return code;
	if (record.txn.state == TXN_LEASED || record.txn.state == TXN_INQUIRY) {
		event.type = TXN_LEASE_EXPIRED;
		return step_alone(st, &record, &event, NULL, &effects);
	}
	fixture_uuid(st->is_draining ? 'L' : 'l', ++st->leases, lease);
	event.lease = lease;
	code = step_alone(st, &record, &event, NULL, &effects);
	if (code != VT_OK)
		return code;
	return deliver(st, &record, effects.inquire, fate);
}

/* ---- sheets ---- */

static enum vt_code finish_sheet(struct station *st, const struct queue_effect *sheet,
	enum effect_outcome outcome, const char *reason)
{
	struct queue_record record;
	struct txn_effects effects;
	struct txn_event event = {.type = TXN_PRINT,
		.sheet = (enum txn_sheet)sheet->detail,
		.print = outcome == EFFECT_DONE	      ? TXN_PRINT_DONE
			 : outcome == EFFECT_NOT_DONE ? TXN_PRINT_FAILED
						      : TXN_PRINT_UNKNOWN};

	enum vt_code code =
		queue_effect_finish(st->f.queue, sheet->job, outcome, reason, st->f.now);
	if (code == VT_OK)
		code = queue_get(st->f.queue, sheet->transaction, &record);
	if (code == VT_OK)
		code = step(st, &record, &event, NULL, &effects);
	return code;
}

static void printer_print(struct station *st, const struct queue_effect *sheet, unsigned n)
{
	struct world *world = &st->world;

	if (world->job_count == STATION_JOBS)
		abort();
	memcpy(world->jobs[world->job_count++], sheet->job, VT_UUID_SIZE);
	world->sheets[n][sheet->detail]++;
	acknowledge(st);
}

/* Which sheet the row may have now; false: none. */
static bool wanted_sheet(const struct queue_record *record, enum txn_sheet *ret_sheet)
{
	const bool is_final =
		record->txn.state == TXN_ACCEPTED || record->txn.state == TXN_REJECTED;

	if (record->txn.receipt == RECEIPT_FINAL || record->txn.receipt == RECEIPT_REPRINTED ||
		(record->txn.receipt == RECEIPT_PROVISIONAL && !is_final))
		return false;
	*ret_sheet = record->txn.receipt == RECEIPT_UNKNOWN ? TXN_SHEET_COPY
		     : is_final				    ? TXN_SHEET_FINAL
							    : TXN_SHEET_PROVISIONAL;
	return true;
}

enum vt_code station_print(struct station *st, unsigned n, bool is_paper_out)
{
	struct queue_effect sheet = {.kind = EFFECT_PRINT, .begun_unix_ms = st->f.now};
	struct queue_record record;
	enum txn_sheet kind;

	fixture_uuid('i', n, sheet.transaction);
	enum vt_code code = queue_get(st->f.queue, sheet.transaction, &record);
	if (code != VT_OK)
		return code;
	if (!wanted_sheet(&record, &kind))
		return VT_ERR_NOT_FOUND;
	sheet.detail = (int)kind;
	fixture_uuid(st->is_draining ? 'J' : 'j', ++st->jobs, sheet.job);
	if (st->defect == DEFECT_PRINT_FIRST && !is_paper_out)
		printer_print(st, &sheet, n);
	code = queue_begin(st->f.queue);
	if (code == VT_OK)
		code = queue_effect_begin(st->f.queue, &sheet);
	if (code == VT_OK && st->defect == DEFECT_OUTCOME_FIRST)
		code = finish_sheet(st, &sheet, EFFECT_DONE, "hope");
	code = end_batch(st, code);
	if (code != VT_OK)
		return code;
	if (st->defect != DEFECT_PRINT_FIRST && !is_paper_out)
		printer_print(st, &sheet, n);
	if (st->defect == DEFECT_OUTCOME_FIRST)
		return VT_OK;
	code = queue_begin(st->f.queue);
	if (code == VT_OK)
		code = finish_sheet(st, &sheet, is_paper_out ? EFFECT_NOT_DONE : EFFECT_DONE,
			is_paper_out ? "paper" : "counter");
	return end_batch(st, code);
}

/* ---- housekeeping, recovery ---- */

enum vt_code station_prune(struct station *st)
{
	size_t count;

	if (st->defect == DEFECT_PURGE &&
		sqlite3_exec(st->f.queue->db,
			"DELETE FROM txn WHERE sequence = (SELECT min(sequence) FROM txn"
			" WHERE state = 1 AND sequence NOT IN (SELECT txn FROM effect))",
			NULL, NULL, NULL) != SQLITE_OK)
		return VT_ERR_IO;
	/* Everything that is settled. */
	const enum vt_code code = queue_prune(
		st->f.queue, st->f.now + 5, &(struct queue_retention){.shred_ms = 1}, 10, &count);
	if (code == VT_OK && st->committed)
		st->committed(st);
	return code;
}

static enum vt_code recover_leases(struct station *st)
{
	struct queue_record records[STATION_TXNS];
	struct txn_effects effects;
	size_t count;

	enum vt_code code = queue_outstanding(st->f.queue, 0, STATION_TXNS, records, &count);
	if (st->defect == DEFECT_LEASE_FOR_EVER)
		return code;
	if (st->defect == DEFECT_FIRST_LEASE_ONLY && count > 1) {
		/* … and believes that no lease is left. */
		count = 1;
		st->defect = DEFECT_LEASE_FOR_EVER;
	}
	for (size_t i = 0; code == VT_OK && i < count; i++) {
		struct txn_event event = {.type = TXN_LEASE_EXPIRED};
		code = step(st, &records[i], &event, NULL, &effects);
	}
	return code;
}

static bool device_printed(const struct station *st, const char *job)
{
	for (int i = 0; i < st->world.job_count; i++) {
		if (strcmp(st->world.jobs[i], job) == 0)
			return true;
	}
	return false;
}

static enum vt_code recover_sheets(struct station *st)
{
	struct queue_effect open[8];
	size_t count;

	enum vt_code code = queue_effects_open(st->f.queue, 8, open, &count);
	for (size_t i = 0; code == VT_OK && i < count; i++) {
		enum effect_outcome outcome = EFFECT_IN_DOUBT;
		if (st->device_remembers)
			outcome = device_printed(st, open[i].job) ? EFFECT_DONE : EFFECT_NOT_DONE;
		if (st->defect == DEFECT_PRINT_ASSUMED_DONE)
			outcome = EFFECT_DONE;
		if (st->defect == DEFECT_PRINT_ASSUMED_LOST)
			outcome = EFFECT_NOT_DONE;
		code = finish_sheet(st, &open[i], outcome, "restart");
	}
	return code;
}

enum vt_code station_recover(struct station *st)
{
	enum vt_code code = queue_begin(st->f.queue);

	if (code == VT_OK)
		code = recover_leases(st);
	if (code == VT_OK)
		code = recover_sheets(st);
	return end_batch(st, code);
}

enum vt_code station_drain(struct station *st)
{
	enum { ENOUGH = 200 };
	int rounds = 0;
	enum vt_code code = VT_OK;

	st->is_draining = true;
	while (code == VT_OK && rounds++ < ENOUGH)
		code = station_send(st, FATE_ANSWERED);
	if (code != VT_ERR_NOT_FOUND)
		return code == VT_OK ? VT_ERR_AGAIN : code;
	for (unsigned n = 1; n <= STATION_TXNS; n++) {
		code = station_print(st, n, false);
		if (code != VT_OK && code != VT_ERR_NOT_FOUND)
			return code;
	}
	return VT_OK;
}

/* ---- looking ---- */

enum vt_code station_picture(struct station *st, char picture[PICTURE_SIZE])
{
	struct queue_record records[STATION_TXNS + 1];
	struct queue_effect effects[8];
	struct queue_counts counts;
	int64_t next, states[TXN_STATE_COUNT] = {0};
	size_t count = 0, effect_count = 0;
	int used = 0;

	picture[0] = '\0';
	enum vt_code code =
		queue_list(st->f.queue, 0, false, STATION_TXNS + 1, records, &count, &next);
	for (size_t i = 0; code == VT_OK && i < count; i++) {
		const struct queue_record *r = &records[i];
		struct vt_buf text;
		vt_buf_init(&text, VT_MAX_PAYLOAD);
		if (!txn_check(&r->txn))
			code = VT_ERR_CORRUPT;
		states[r->txn.state]++;
		if (code == VT_OK && r->has_payload)
			code = queue_payload(st->f.queue, r->id, &text);
		if (code == VT_OK && r->has_payload &&
			number_of(vt_buf_text(&text)) != (unsigned)r->sequence)
			code = VT_ERR_CORRUPT;
		if (code == VT_OK && r->has_answer)
			code = queue_answer(st->f.queue, r->id, &text);
		if (code == VT_OK && r->has_answer && strcmp(vt_buf_text(&text), ANSWER) != 0)
			code = VT_ERR_CORRUPT;
		vt_buf_finish(&text);
		used += snprintf(picture + used, PICTURE_SIZE - (size_t)used,
			"%d %.8s %.8s %s %d %d %d due %lld lease %.8s %d%d%d\n", (int)r->sequence,
			r->id, r->key, r->folio, (int)r->txn.state, (int)r->txn.receipt,
			r->txn.attempts, (long long)r->txn.due_unix_ms, r->txn.lease,
			r->has_payload, r->has_answer, (int)r->txn.cause);
		if (used >= PICTURE_SIZE)
			return VT_ERR_LIMIT;
	}
	if (code == VT_OK)
		code = queue_counts(st->f.queue, &counts);
	if (code == VT_OK &&
		memcmp(&states[1], &counts.states[1], sizeof(states) - sizeof(states[0])) != 0)
		code = VT_ERR_CORRUPT;
	if (code == VT_OK)
		code = queue_effects_open(st->f.queue, 8, effects, &effect_count);
	if (code == VT_OK)
		snprintf(picture + used, PICTURE_SIZE - (size_t)used, "effects open %zu\n",
			effect_count);
	return code;
}

static enum verdict compare_row(struct station *st, unsigned n, char *why)
{
	const struct world *world = &st->world;
	struct queue_record record;
	char id[VT_UUID_SIZE], key[VT_UUID_SIZE];

	fixture_uuid('i', n, id);
	fixture_uuid('k', n, key);
	const enum vt_code code = queue_get(st->f.queue, id, &record);
	snprintf(why, 160, "row %u: ", n);
	why += strlen(why);
	if (world->applied[n] > 1)
		return snprintf(why, 100, "applied %d times", world->applied[n]), VERDICT_DOUBLED;
	if (world->sheets[n][TXN_SHEET_FINAL] > 1 || world->sheets[n][TXN_SHEET_PROVISIONAL] > 1)
		return snprintf(why, 100, "two original sheets"), VERDICT_DOUBLED;
	if (code == VT_ERR_NOT_FOUND) {
		if (world->shown[n])
			return snprintf(why, 100, "shown and not stored"), VERDICT_LOST;
		if (world->applied[n])
			return snprintf(why, 100, "applied and not stored"), VERDICT_LOST;
		return VERDICT_GOOD;
	}
	if (code != VT_OK || strcmp(record.key, key) != 0)
		return snprintf(why, 100, "unreadable, or its key changed"), VERDICT_CORRUPT;
	if (!txn_is_settled(record.txn.state) || world->applied[n] == 0)
		return snprintf(why, 100, "%s at the end, applied %d times",
			       txn_state_names[record.txn.state], world->applied[n]),
		       VERDICT_LOST;
	const int i = find_key(world, key);
	if (i < 0 || (record.txn.state == TXN_ACCEPTED) != world->ledger[i].is_accepted)
		return snprintf(why, 100, "the service decided otherwise"), VERDICT_CORRUPT;
	if (world->told[n] && world->told[n] != record.txn.state)
		return snprintf(why, 100, "the citizen was told otherwise"), VERDICT_CORRUPT;
	if (record.has_payload && record.txn.state == TXN_ACCEPTED && !record.has_answer)
		return snprintf(why, 100, "accepted without its answer"), VERDICT_LOST;
	return VERDICT_GOOD;
}

static enum verdict compare_sheets(struct station *st, char *why)
{
	enum verdict verdict = VERDICT_GOOD;
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
		st->f.queue->db, "SELECT job, outcome FROM effect", -1, &stmt, NULL);

	while (rc == SQLITE_OK && verdict == VERDICT_GOOD && sqlite3_step(stmt) == SQLITE_ROW) {
		char job[VT_UUID_SIZE];
		const int outcome = sqlite3_column_int(stmt, 1);
		vt_uuid_format(sqlite3_column_blob(stmt, 0), job);
		snprintf(why, 160, "sheet %s: outcome %d", job, outcome);
		if (outcome == EFFECT_DONE && !device_printed(st, job))
			verdict = VERDICT_LOST;
		if (outcome == EFFECT_NOT_DONE && device_printed(st, job))
			verdict = VERDICT_DOUBLED; /* the next one is a second original */
		if (outcome == EFFECT_OPEN)
			verdict = VERDICT_LOST;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_OK ? verdict : VERDICT_CORRUPT;
}

enum verdict station_compare(struct station *st, char *why)
{
	for (unsigned n = 1; n <= STATION_TXNS; n++) {
		const enum verdict verdict = compare_row(st, n, why);
		if (verdict != VERDICT_GOOD)
			return verdict;
	}
	return compare_sheets(st, why);
}
