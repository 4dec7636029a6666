/* What is undelivered, for a stick: read and marked here, signed and sealed by sync (which holds
 * the keys), written by ventanillactl (which may write where the stick is). One part at a time; the
 * sealed text is all that leaves core.
 *
 * From the commit on a part may take effect without us. So each of its rows becomes UNKNOWN before
 * the part is sealed, as if a delivery had gone out without an answer: when the network is back it
 * is asked about first, and nobody can give it up meanwhile. */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* A part is closed at this size; EXPORT_CONTENT_SIZE leaves room for one more payload. */
#define PART_BYTES (12 * 1024)
#define LEASE_MS   1000

static void refuse(struct peer *peer, const struct bus_header *request,
	enum bus_completion_code completion, const char *why)
{
	bus_make_completion(peer->core->tx, request, completion, why);
	(void)peer_send(peer);
}

/* One transaction as JSON text, to be freed; NULL: no memory or not to be read. */
static char *describe(struct core *core, const struct queue_record *record)
{
	VT_CLEANUP(vt_buf_finish) struct vt_buf payload;
	struct vt_error error;
	char *text = NULL;

	vt_buf_init(&payload, VT_MAX_PAYLOAD - 1);
	const enum vt_code code = queue_payload(core->queue, record->id, &payload);
	if (code) {
		storage_judge(core, code, "unseal");
		return NULL;
	}
	json_t *fields = bus_parse_json(vt_buf_text(&payload), payload.length, &error);
	json_t *json =
		fields ? json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "key", record->key, "folio",
				 record->folio, "service", record->service, "adapter",
				 record->adapter, "operation", record->operation, "payload", fields)
		       : NULL;
	if (json)
		text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	json_decref(fields);
	return text;
}

static bool is_for_a_stick(const struct queue_record *record)
{
	return (record->txn.state == TXN_JOURNALED || record->txn.state == TXN_UNKNOWN) &&
	       record->txn.due_unix_ms != TXN_HELD && record->txn.class == TXN_CLASS_A;
}

/* JOURNALED to UNKNOWN by the machine's own steps, in the open batch. */
static enum vt_code mark(struct core *core, struct queue_record *record)
{
	struct txn_effects effects;
	char lease[VT_UUID_SIZE];

	if (record->txn.state == TXN_UNKNOWN)
		return VT_OK;
	vt_uuid_make(lease);
	struct txn_event events[] = {{.type = TXN_RETRY},
		{.type = TXN_LEASE, .lease = lease, .lease_ms = LEASE_MS},
		{.type = TXN_LEASE_EXPIRED}};
	for (size_t i = 0; i < VT_ELEMENTS(events); i++) {
		const enum vt_code code = work_step(core, record, &events[i], NULL, &effects);
		if (code)
			return code;
	}
	return VT_OK;
}

/* Adds rows from cursor on until the part is full. */
static enum vt_code fill(struct core *core, int64_t cursor, struct vt_buf *out)
{
	static struct queue_record page[RECONCILE_PAGE];
	struct export_job *job = &core->export_job;
	size_t count;

	enum vt_code code =
		queue_list(core->queue, cursor, true, RECONCILE_PAGE, page, &count, &job->next);
	for (size_t i = 0; !code && i < count; i++) {
		/* Undelivered rows that nobody may carry: DEAD ones want a person first. */
		if (!is_for_a_stick(&page[i])) {
			job->skipped += page[i].txn.state != TXN_DEAD;
			continue;
		}
		if (out->length > PART_BYTES) {
			job->next = page[i].sequence + 1;
			break;
		}
		char *text = describe(core, &page[i]);
		if (!text)
			return VT_ERR_FAILED;
		vt_buf_append_text(out, job->count > 0 ? "," : "");
		vt_buf_append_text(out, text);
		vt_wipe(text, strlen(text));
		free(text);
		code = mark(core, &page[i]);
		job->count++;
	}
	return code ? code : out->failed;
}

static void finish(struct core *core, const char *sealed)
{
	struct export_job *job = &core->export_job;
	struct peer *peer = job->peer;

	bus_make_completion(core->tx, &job->request, BUS_SUCCESS, NULL);
	struct export_part *part = &core->tx->payload.export_part;
	part->next = job->next;
	part->count = job->count;
	part->skipped = job->skipped;
	vt_copy_cut(part->sealed, sizeof(part->sealed), sealed);
	job->peer = NULL;
	(void)peer_send(peer);
}

void answer_export(struct core *core, struct peer *peer)
{
	const struct bus_header request = core->rx->header;
	const int64_t cursor = core->rx->payload.export_query.cursor;
	struct export_job *job = &core->export_job;
	VT_CLEANUP(vt_buf_finish) struct vt_buf content;
	char checkpoint[96];

	vt_buf_init(&content, EXPORT_CONTENT_SIZE - 1);
	if (job->peer || !core->sync.conn) {
		refuse(peer, &request, BUS_SEQUENCE_ERROR,
			job->peer ? "an export is under way" : "sync, which seals, is not there");
		return;
	}
	(void)storage_commit(core);
	if (!storage_begin(core)) {
		refuse(peer, &request, BUS_INTERNAL_ERROR, "storage failed");
		return;
	}
	*job = (struct export_job){.request = request};
	ledgers_checkpoint(core, checkpoint, sizeof(checkpoint));
	vt_buf_printf(&content,
		"{\"format\":\"ventanilla.export/1\",\"terminal\":\"%s\",\"checkpoint\":\"%s\","
		"\"transactions\":[",
		core->terminal, checkpoint);
	enum vt_code code = fill(core, cursor, &content);
	vt_buf_append_text(&content, "]}");
	if (!code)
		code = content.failed;
	if (!code && job->count > 0)
		journal_note_technician(peer, "queue export", NULL);
	if (code)
		storage_abort(core);
	else if (!storage_commit(core))
		code = VT_ERR_FAILED;
	if (code || !core->sync.conn) {
		refuse(peer, &request, BUS_INTERNAL_ERROR, vt_code_text(code));
		return;
	}
	job->peer = peer;
	if (job->count == 0) {
		finish(core, "");
		return;
	}
	vt_log(VT_LOG_NOTICE, "export: %lld transactions", (long long)job->count);
	bus_make_command(core->tx, core->sync.conn, BUS_WORK_SEAL);
	job->asked = core->tx->header.request_id;
	vt_copy_cut(
		core->tx->payload.work_seal.content, EXPORT_CONTENT_SIZE, vt_buf_text(&content));
	(void)peer_send(&core->sync);
}

void export_sealed(struct core *core, const struct bus_message *msg)
{
	struct export_job *job = &core->export_job;
	struct peer *peer = job->peer;

	if (!peer || job->asked != msg->header.request_id)
		return;
	if (msg->header.completion == BUS_SUCCESS) {
		finish(core, msg->payload.work_sealed.sealed);
		return;
	}
	job->peer = NULL;
	refuse(peer, &job->request, msg->header.completion, msg->header.error);
}

void export_sync_gone(struct core *core)
{
	struct export_job *job = &core->export_job;
	struct peer *peer = job->peer;

	job->peer = NULL;
	if (peer)
		refuse(peer, &job->request, BUS_SEQUENCE_ERROR, "sync, which seals, went");
}

void export_peer_gone(struct core *core, const struct peer *peer)
{
	if (core->export_job.peer == peer)
		core->export_job.peer = NULL;
}
