/* The audit journal as core uses it: its own facts, checkpoints by time, and what technicians ask.
 * The store writes what it knows itself (offline-queue/queue/journal.h). */

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* A cut-off tail is seen from the last checkpoint that left the terminal on: not older than this.
 */
#define SIGN_MS 600000
/* Rows judged by one command: about 5 ms, so that the screen does not wait. */
#define VERIFY_ROWS 1024

void journal_note(struct core *core, struct journal_fact fact)
{
	if (fact.at_unix_ms == 0)
		fact.at_unix_ms = core_unix_ms(core);
	if (storage_begin(core))
		storage_judge(core, queue_journal_add(core->queue, &fact), "journal");
}

void journal_note_technician(const struct peer *peer, const char *what, const char *subject)
{
	journal_note(peer->core, (struct journal_fact){.event = JOURNAL_TECHNICIAN,
					 .subject = subject,
					 .first = (int64_t)peer->uid,
					 .word = what});
}

void journal_note_screen(struct core *core, const char *what, const char *subject)
{
	journal_note(core, (struct journal_fact){.event = JOURNAL_TECHNICIAN,
				   .subject = subject,
				   .first = -1,
				   .word = what});
}

void journal_sign(struct core *core)
{
	if (storage_begin(core))
		storage_judge(
			core, queue_journal_sign(core->queue, core_unix_ms(core)), "checkpoint");
	core->journal_signed_ms = vt_clock_monotonic_ms();
}

void journal_tick(struct core *core)
{
	if (core->queue && core->journal_key[0] && queue_journal_unsigned(core->queue) > 0 &&
		vt_clock_monotonic_ms() - core->journal_signed_ms >= SIGN_MS)
		journal_sign(core);
}

/* ---- for technicians ---- */

static enum vt_code fill_page(struct core *core, int64_t cursor, struct journal_page *page)
{
	static struct journal_row rows[JOURNAL_PAGE];
	const enum vt_code code = queue_journal_list(
		core->queue, cursor, JOURNAL_PAGE, rows, &page->count, &page->next);

	for (size_t i = 0; code == VT_OK && i < page->count; i++) {
		struct journal_entry *entry = &page->rows[i];
		entry->sequence = rows[i].sequence;
		entry->at_unix_ms = rows[i].at_unix_ms;
		entry->opening = rows[i].opening;
		entry->first = rows[i].first;
		entry->second = rows[i].second;
		entry->is_signed = rows[i].is_signed;
		vt_copy_cut(
			entry->event, sizeof(entry->event), journal_event_text((int)rows[i].event));
		memcpy(entry->subject, rows[i].subject, sizeof(entry->subject));
		/* Somebody may have written into the file what is no text. */
		if (vt_utf8_valid(rows[i].word, strlen(rows[i].word)))
			memcpy(entry->word, rows[i].word, sizeof(entry->word));
		vt_hex(entry->hash, rows[i].hash, sizeof(rows[i].hash));
	}
	return code;
}

static void fill_key(struct core *core, char *pem, size_t size)
{
	char text[JOURNAL_PEM_SIZE];
	uint8_t id[16];

	vt_copy_cut(pem, size, queue_journal_key(core->queue, text, id) == VT_OK ? text : "");
}

static enum vt_code fill_proof(struct core *core, int64_t from, struct journal_proof *proof)
{
	struct journal_verdict verdict;
	const enum vt_code code =
		queue_journal_verify(core->queue, from > 0 ? from : 1, VERIFY_ROWS, &verdict);

	if (code)
		return code;
	proof->next = verdict.next;
	proof->rows = verdict.rows;
	proof->checkpoints = verdict.checkpoints;
	proof->broken = verdict.broken;
	proof->last = verdict.last;
	proof->last_signed = verdict.last_signed;
	vt_copy_cut(proof->fault, sizeof(proof->fault), journal_fault_text(verdict.fault));
	fill_key(core, proof->public_key, sizeof(proof->public_key));
	if (verdict.broken > 0)
		vt_log(VT_LOG_ERROR,
			"audit journal is damaged: row %lld: %s; keep a copy of the state folder "
			"and "
			"tell the office",
			(long long)verdict.broken, proof->fault);
	return VT_OK;
}

static enum vt_code fill_signed(struct core *core, struct journal_signed *out)
{
	struct journal_witness witness;
	const enum vt_code code = queue_journal_witness(core->queue, &witness);

	if (code)
		return code;
	out->sequence = witness.sequence;
	vt_copy_cut(out->text, sizeof(out->text), witness.text);
	vt_hex(out->signature, witness.signature, witness.signature_length);
	fill_key(core, out->public_key, sizeof(out->public_key));
	return VT_OK;
}

/* The fact, then the checkpoint that covers it. */
static bool sign_now(struct peer *peer)
{
	(void)storage_commit(peer->core);
	journal_note_technician(peer, "journal checkpoint", NULL);
	journal_sign(peer->core);
	return storage_commit(peer->core);
}

void answer_journal(struct core *core, struct peer *peer)
{
	const struct bus_header request = core->rx->header;
	const int64_t cursor = core->rx->payload.journal_query.cursor;
	enum vt_code code = VT_OK;

	if (request.name == BUS_JOURNAL_CHECKPOINT && core->queue && !sign_now(peer))
		code = VT_ERR_FAILED;
	bus_make_completion(core->tx, &request, BUS_SUCCESS, NULL);
	if (!core->queue || code)
		code = VT_ERR_FAILED;
	else if (cursor < 0)
		code = VT_ERR_INVALID;
	else if (request.name == BUS_JOURNAL_SHOW)
		code = fill_page(core, cursor, &core->tx->payload.journal_page);
	else if (request.name == BUS_JOURNAL_VERIFY)
		code = fill_proof(core, cursor, &core->tx->payload.journal_proof);
	else
		code = fill_signed(core, &core->tx->payload.journal_signed);
	if (code)
		bus_make_completion(core->tx, &request,
			code == VT_ERR_NOT_FOUND ? BUS_NOT_FOUND
			: code == VT_ERR_INVALID ? BUS_INVALID_DATA
						 : BUS_INTERNAL_ERROR,
			core->queue ? vt_code_text(code) : "storage failed");
	(void)peer_send(peer);
}
