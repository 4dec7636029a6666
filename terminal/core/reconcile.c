/* Compares this terminal's ledger with the services': each transaction of a page is asked about by
 * its key, as after a doubt, and what differs is listed. Nothing is changed by it: what is to be
 * done about a difference is a person's decision.
 *
 *   Queue.Reconcile ─► page of rows ─► Work.Deliver (inquiry) ─► result ─► row read again ─► judged
 *                          ▲                                                     │ next row
 *                          └─────────────────────────────────────────────────────┘
 *
 * Behind the last page the services are asked for their ledgers (ledgers.c): what only they hold.
 */

#include <string.h>

#include <jansson.h>

#include "terminal/base/assert.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Patience for one question. */
#define QUESTION_MS 8000

enum there { THERE_ACCEPTED, THERE_REJECTED, THERE_UNKNOWN, THERE_RUNNING, THERE_SILENT };
static const char *const there_names[] = {
	[THERE_ACCEPTED] = "accepted",
	[THERE_REJECTED] = "rejected",
	[THERE_UNKNOWN] = "unknown",
	[THERE_RUNNING] = "running",
	[THERE_SILENT] = "",
};

/* ---- judging ---- */

static enum there read_there(const struct work_result *result)
{
	const enum txn_cause cause = txn_cause_from(result->cause);

	switch (result->result) {
	case WORK_ACCEPTED:
		return THERE_ACCEPTED;
	case WORK_REJECTED:
		/* A refusal of the question itself says nothing about its subject. */
		return cause == TXN_CAUSE_DEFECT || cause == TXN_CAUSE_CONFLICT ? THERE_SILENT
										: THERE_REJECTED;
	case WORK_NOT_KNOWN:
		return THERE_UNKNOWN;
	case WORK_UNKNOWN:
		return cause == TXN_CAUSE_RUNNING ? THERE_RUNNING : THERE_SILENT;
	case WORK_RETRY_AFTER:
	case WORK_RESULT_COUNT:
		break;
	}
	return THERE_SILENT;
}

/* Does the service tell the answer that is kept here? True also when none is kept (any more). */
static bool same_answer(struct core *core, const struct queue_record *record, const char *theirs)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf ours;
	struct vt_error error;

	vt_buf_init(&ours, VT_MAX_PAYLOAD);
	if (!record->has_answer || !theirs[0] ||
		queue_answer(core->queue, record->id, &ours) != VT_OK)
		return true;
	json_t *a = bus_parse_json(vt_buf_text(&ours), ours.length, &error);
	json_t *b = bus_parse_json(theirs, strlen(theirs), &error);
	const bool same = a && b && json_equal(a, b);
	json_decref(a);
	json_decref(b);
	return same;
}

static enum reconcile_finding judge(
	struct core *core, const struct queue_record *here, enum there there, const char *answer)
{
	if (there == THERE_SILENT)
		return FINDING_UNANSWERED;
	switch (here->txn.state) {
	case TXN_ACCEPTED:
		if (there == THERE_UNKNOWN)
			return FINDING_UNKNOWN_THERE;
		return there == THERE_ACCEPTED && same_answer(core, here, answer)
			       ? FINDING_SAME
			       : FINDING_DIFFERENT;
	case TXN_REJECTED:
		if (there == THERE_UNKNOWN)
			return FINDING_UNKNOWN_THERE;
		return there == THERE_REJECTED ? FINDING_SAME : FINDING_DIFFERENT;
	case TXN_EXPIRED: /* given up: nothing may have come of it */
		return there == THERE_ACCEPTED || there == THERE_RUNNING ? FINDING_DIFFERENT
									 : FINDING_SAME;
	case TXN_JOURNALED:
	case TXN_UNKNOWN:
	case TXN_DEAD:
		return there == THERE_ACCEPTED || there == THERE_REJECTED ? FINDING_NOT_SETTLED_HERE
									  : FINDING_SAME;
	case TXN_LEASED:
	case TXN_INQUIRY:
	case TXN_DRAFT:
		break;
	}
	return FINDING_MOVING;
}

static void note(struct reconcile *reconcile, const struct queue_record *record, enum there there,
	enum reconcile_finding finding)
{
	reconcile->list.compared += finding != FINDING_UNANSWERED && finding != FINDING_MOVING;
	reconcile->index++;
	if (finding == FINDING_SAME)
		return;
	VT_ASSERT(reconcile->list.count < RECONCILE_PAGE);
	struct reconcile_row *row = &reconcile->list.rows[reconcile->list.count++];
	memcpy(row->transaction, record->id, sizeof(row->transaction));
	memcpy(row->folio, record->folio, sizeof(row->folio));
	memcpy(row->service, record->service, sizeof(row->service));
	vt_copy_cut(row->here, sizeof(row->here), txn_state_names[record->txn.state]);
	vt_copy_cut(row->there, sizeof(row->there), there_names[there]);
	row->finding = finding;
	row->created_unix_ms = record->created_unix_ms;
}

/* ---- asking ---- */

static bool is_silent(const struct reconcile *reconcile, const char *adapter)
{
	for (size_t i = 0; i < reconcile->silent_count; i++) {
		if (strcmp(reconcile->silent[i], adapter) == 0)
			return true;
	}
	return false;
}

/* False if it cannot be asked about. */
static bool ask(struct core *core, const struct queue_record *record)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf payload;
	struct reconcile *reconcile = &core->reconcile;

	vt_buf_init(&payload, VT_MAX_PAYLOAD - 1);
	/* A shredded row is asked about by its key alone. */
	const enum vt_code code = queue_payload(core->queue, record->id, &payload);
	if (code != VT_OK && code != VT_ERR_NOT_FOUND) {
		storage_judge(core, code, "unseal");
		return false;
	}
	bus_make_command(core->tx, core->sync.conn, BUS_WORK_DELIVER);
	core->tx->header.timeout_ms = QUESTION_MS;
	reconcile->asked = core->tx->header.request_id;
	struct work_deliver *deliver = &core->tx->payload.work_deliver;
	vt_uuid_make(deliver->lease);
	memcpy(deliver->transaction, record->id, sizeof(deliver->transaction));
	memcpy(deliver->key, record->key, sizeof(deliver->key));
	memcpy(deliver->service, record->service, sizeof(deliver->service));
	memcpy(deliver->adapter, record->adapter, sizeof(deliver->adapter));
	memcpy(deliver->operation, record->operation, sizeof(deliver->operation));
	deliver->inquiry = true;
	deliver->deadline_ms = QUESTION_MS;
	work_fill_time(core, deliver);
	vt_copy_cut(deliver->payload, sizeof(deliver->payload),
		code == VT_OK ? vt_buf_text(&payload) : "");
	(void)peer_send(&core->sync); /* if it fails, reconcile_sync_gone() was here already */
	return true;
}

void reconcile_finish(struct core *core)
{
	struct peer *peer = core->reconcile.peer;

	bus_make_completion(core->tx, &core->reconcile.request, BUS_SUCCESS, NULL);
	core->tx->payload.reconcile_list = core->reconcile.list;
	core->reconcile.peer = NULL;
	(void)peer_send(peer);
}

/* Goes on until a question is outside or the page is done. */
static void advance(struct core *core)
{
	struct reconcile *reconcile = &core->reconcile;

	while (reconcile->index < reconcile->page_count) {
		const struct queue_record *record = &reconcile->page[reconcile->index];
		if (record->created_unix_ms < reconcile->since_unix_ms)
			reconcile->index++;
		else if (record->txn.state == TXN_LEASED || record->txn.state == TXN_INQUIRY)
			note(reconcile, record, THERE_SILENT, FINDING_MOVING);
		else if (core->queue && core->sync.conn && !is_silent(reconcile, record->adapter) &&
			 ask(core, record))
			return;
		else
			note(reconcile, record, THERE_SILENT, FINDING_UNANSWERED);
	}
	reconcile_finish(core);
}

/* The answer to the question outside; result NULL: there will be none. */
static void take(struct core *core, const struct work_result *result)
{
	struct reconcile *reconcile = &core->reconcile;
	const struct queue_record *asked = &reconcile->page[reconcile->index];
	const enum there there = result ? read_there(result) : THERE_SILENT;
	struct queue_record now = *asked;

	reconcile->asked = 0;
	/* A service that does not answer is not waited for again and again. */
	if (there == THERE_SILENT && reconcile->silent_count < CORE_MAX_ADAPTERS &&
		!(result && txn_cause_from(result->cause) == TXN_CAUSE_ANSWER))
		memcpy(reconcile->silent[reconcile->silent_count++], asked->adapter, VT_MAX_ID);
	/* It may have gone on meanwhile: then the two words are of different moments. */
	if (core->queue && queue_get(core->queue, asked->id, &now) == VT_OK &&
		now.txn.state != asked->txn.state)
		note(reconcile, &now, there, FINDING_MOVING);
	else
		note(reconcile, asked, there,
			core->queue ? judge(core, asked, there, result ? result->answer : "")
				    : FINDING_UNANSWERED);
	advance(core);
}

/* ---- from outside ---- */

void answer_reconcile(struct core *core, struct peer *peer)
{
	struct reconcile *reconcile = &core->reconcile;
	const struct bus_header request = core->rx->header;
	const struct reconcile_query query = core->rx->payload.reconcile_query;

	if (reconcile->peer || !core->queue) {
		bus_make_completion(core->tx, &request,
			core->queue ? BUS_SEQUENCE_ERROR : BUS_INTERNAL_ERROR,
			core->queue ? "a comparison is under way" : "storage failed");
		(void)peer_send(peer);
		return;
	}
	*reconcile = (struct reconcile){.request = request, .since_unix_ms = query.since_unix_ms};
	if (query.cursor < 0) {
		reconcile->peer = peer;
		ledgers_ask(core, query.cursor);
		return;
	}
	const enum vt_code code = queue_list(core->queue, query.cursor, false, RECONCILE_PAGE,
		reconcile->page, &reconcile->page_count, &reconcile->list.next);
	if (code) {
		bus_make_completion(core->tx, &request, BUS_INTERNAL_ERROR, vt_code_text(code));
		(void)peer_send(peer);
		return;
	}
	if (reconcile->list.next == 0)
		reconcile->list.next = ledgers_first(core);
	reconcile->peer = peer;
	if (query.cursor == 0)
		journal_note_technician(peer, "queue reconcile", NULL);
	advance(core);
}

bool reconcile_result(struct core *core, const struct bus_message *msg)
{
	struct reconcile *reconcile = &core->reconcile;

	if (!reconcile->asked || reconcile->asked != msg->header.request_id)
		return false;
	const struct work_result *result =
		msg->header.completion == BUS_SUCCESS ? &msg->payload.work_result : NULL;
	if (!reconcile->peer)
		reconcile->asked = 0;
	else if (reconcile->is_ledger)
		ledgers_take(core, result);
	else
		take(core, result);
	return true;
}

void reconcile_sync_gone(struct core *core)
{
	if (core->reconcile.peer && core->reconcile.asked && core->reconcile.is_ledger)
		ledgers_take(core, NULL);
	else if (core->reconcile.peer && core->reconcile.asked)
		take(core, NULL);
	core->reconcile.asked = 0;
}

/* A question that is outside stays known by its id until it is answered. */
void reconcile_peer_gone(struct core *core, const struct peer *peer)
{
	if (core->reconcile.peer == peer)
		core->reconcile.peer = NULL;
}
