/* A person's decisions about a transaction: try it again, give it up. The machine (txn.h) says what
 * may be decided when; what it refuses is told as a verdict that a person can act on. */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* Member of the sealed answer of a row that was given up: why. Kept as long as an answer is. */
#define REASON_MEMBER "discarded"

static bool is_clean(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			return false;
	}
	return text[0] != '\0';
}

/* {"discarded": reason}, to be freed; NULL: no memory. */
static char *make_note(const char *reason)
{
	json_t *json = json_pack("{s:s}", REASON_MEMBER, reason);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

void decide_note(struct core *core, const struct queue_record *record, char *note, size_t size)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf answer;
	struct vt_error error;

	note[0] = '\0';
	vt_buf_init(&answer, VT_MAX_PAYLOAD);
	if (record->txn.cause != TXN_CAUSE_DISCARDED || !record->has_answer ||
		queue_answer(core->queue, record->id, &answer) != VT_OK)
		return;
	json_t *json = bus_parse_json(vt_buf_text(&answer), answer.length, &error);
	const char *reason = json_string_value(json_object_get(json, REASON_MEMBER));
	vt_copy_cut(note, size, reason ? reason : "");
	json_decref(json);
}

/* Why txn_step() did not want to. */
static enum queue_verdict explain(const struct queue_record *record)
{
	switch (record->txn.state) {
	case TXN_LEASED:
	case TXN_INQUIRY:
		return VERDICT_IN_FLIGHT;
	case TXN_ACCEPTED:
	case TXN_REJECTED:
	case TXN_EXPIRED:
		return VERDICT_SETTLED;
	case TXN_DRAFT:
	case TXN_JOURNALED:
	case TXN_UNKNOWN:
	case TXN_DEAD:
		break;
	}
	return record->txn.due_unix_ms == TXN_HELD ? VERDICT_IN_LANE : VERDICT_IN_DOUBT;
}

/* Steps and commits; peer NULL = the technician at the screen. *ret_verdict is written on VT_OK. */
static enum vt_code decide(struct core *core, const struct peer *peer, struct queue_record *record,
	enum txn_event_type type, const char *reason, enum queue_verdict *ret_verdict)
{
	struct txn_event event = {.type = type};
	struct txn_effects effects;
	char *note = NULL;

	/* The session waits for this very transaction and would wait for ever. */
	if (strcmp(record->id, session_transaction(core->session)) == 0) {
		*ret_verdict = VERDICT_SERVED;
		return VT_OK;
	}
	if (type == TXN_DISCARD) {
		note = make_note(reason);
		if (!note)
			return VT_ERR_NOMEM;
	}
	const enum vt_code code = work_step(core, record, &event, note, &effects);
	free(note);
	*ret_verdict = code == VT_ERR_STATE ? explain(record) : VERDICT_DONE;
	if (code == VT_ERR_STATE)
		return VT_OK;
	if (code)
		return code;
	if (peer)
		journal_note_technician(
			peer, type == TXN_DISCARD ? "queue discard" : "queue retry", record->id);
	else
		journal_note_screen(core, "queue retry", record->id);
	return storage_commit(core) ? VT_OK : VT_ERR_FAILED;
}

static void refuse(struct peer *peer, const struct bus_header *request,
	enum bus_completion_code completion, const char *why)
{
	bus_make_completion(peer->core->tx, request, completion, why);
	(void)peer_send(peer);
}

static void log_decision(
	const struct queue_record *record, enum txn_event_type type, const char *reason)
{
	if (type == TXN_DISCARD)
		vt_log(VT_LOG_NOTICE, "transaction %s: given up by a person: %s", record->id,
			reason);
	else
		vt_log(VT_LOG_NOTICE, "transaction %s: tried again by a person", record->id);
}

void answer_decision(struct core *core, struct peer *peer)
{
	const struct bus_header request = core->rx->header;
	const struct queue_decision decision = core->rx->payload.queue_decision;
	const enum txn_event_type type =
		request.name == BUS_QUEUE_DISCARD ? TXN_DISCARD : TXN_RETRY;
	enum queue_verdict verdict;
	struct queue_record record;

	if (type == TXN_DISCARD && !is_clean(decision.reason)) {
		refuse(peer, &request, BUS_INVALID_DATA, "a reason is needed, one line of text");
		return;
	}
	/* What waits is not to fail with a decision. */
	(void)storage_commit(core);
	if (!storage_begin(core)) {
		refuse(peer, &request, BUS_INTERNAL_ERROR, "storage failed");
		return;
	}
	enum vt_code code = queue_get(core->queue, decision.id, &record);
	if (code == VT_OK)
		code = decide(core, peer, &record, type, decision.reason, &verdict);
	if (code) {
		refuse(peer, &request,
			code == VT_ERR_NOT_FOUND ? BUS_NOT_FOUND : BUS_INTERNAL_ERROR,
			vt_code_text(code));
		return;
	}
	if (verdict == VERDICT_DONE)
		log_decision(&record, type, decision.reason);
	bus_make_completion(core->tx, &request, BUS_SUCCESS, NULL);
	struct queue_decided *decided = &core->tx->payload.queue_decided;
	decided->verdict = verdict;
	memcpy(decided->transaction, record.id, sizeof(decided->transaction));
	memcpy(decided->folio, record.folio, sizeof(decided->folio));
	vt_copy_cut(decided->state, sizeof(decided->state), txn_state_names[record.txn.state]);
	(void)peer_send(peer);
}

enum vt_code decide_retry(struct core *core, const char *folio, enum queue_verdict *ret_verdict)
{
	struct queue_record record;

	(void)storage_commit(core);
	if (!storage_begin(core))
		return VT_ERR_FAILED;
	enum vt_code code = queue_get(core->queue, folio, &record);
	if (code == VT_OK)
		code = decide(core, NULL, &record, TXN_RETRY, NULL, ret_verdict);
	if (code == VT_OK && *ret_verdict == VERDICT_DONE)
		log_decision(&record, TXN_RETRY, NULL);
	return code;
}
