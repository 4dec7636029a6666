#include "offline-queue/queue/journal.h"

#include <string.h>

#include "offline-queue/queue/internal.h"
#include "offline-queue/queue/journal_key.h"
#include "terminal/base/assert.h"
#include "terminal/base/text.h"

/* Facts, their chain and its checkpoints. The bytes that are hashed, all numbers big-endian:
 *
 *   hash of the row before, 32 (row 1: SHA-256 of "ventanilla journal 1\n" terminal "\n")
 *   version 1 | sequence 8 | at 8 | opening 8 | event 4 | first 8 | second 8
 *   subject: length 1 (0 or 16), bytes | word: length 1, bytes */

#define FORMAT_VERSION 1
#define ROW_BYTES_MAX  (1 + 8 + 8 + 8 + 4 + 8 + 8 + 1 + 16 + 1 + JOURNAL_WORD_SIZE)

const char *journal_event_text(int event)
{
	switch (event) {
#define X(name, value, text) \
	case value:          \
		return text;
		JOURNAL_EVENTS(X)
#undef X
	default:
		return "?";
	}
}

const char *journal_fault_text(enum journal_fault fault)
{
	static const char *const texts[] = {
#define X(name, text) [name] = (text),
		JOURNAL_FAULTS(X)
#undef X
	};

	return (size_t)fault < VT_ELEMENTS(texts) ? texts[fault] : "?";
}

/* ---- the chain ---- */

static uint8_t *put(uint8_t *p, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*p++ = (uint8_t)(value >> (8 * i));
	return p;
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t length)
{
	*p++ = (uint8_t)length;
	memcpy(p, bytes, length);
	return p + length;
}

enum vt_code journal_hash_row(struct queue *queue, const uint8_t before[JOURNAL_HASH_SIZE],
	const struct journal_row *row, uint8_t ret_hash[JOURNAL_HASH_SIZE])
{
	uint8_t bytes[ROW_BYTES_MAX], subject[16], *p = bytes;
	const bool has_subject = row->subject[0] != '\0';

	if (has_subject && !queue_uuid_parse(row->subject, subject))
		return queue_fail(queue, VT_ERR_INVALID, "journal: subject is no UUID");
	p = put(p, FORMAT_VERSION, 1);
	p = put(p, (uint64_t)row->sequence, 8);
	p = put(p, (uint64_t)row->at_unix_ms, 8);
	p = put(p, (uint64_t)row->opening, 8);
	p = put(p, (uint64_t)row->event, 4);
	p = put(p, (uint64_t)row->first, 8);
	p = put(p, (uint64_t)row->second, 8);
	p = put_bytes(p, subject, has_subject ? sizeof(subject) : 0);
	p = put_bytes(p, row->word, strlen(row->word));
	const enum vt_code code = journal_key_hash(queue->journal_key, before, JOURNAL_HASH_SIZE,
		bytes, (size_t)(p - bytes), ret_hash);
	return code == VT_OK ? VT_OK : queue_fail(queue, code, "journal: hash");
}

enum vt_code journal_first_hash(struct queue *queue, uint8_t ret_hash[JOURNAL_HASH_SIZE])
{
	static const char head[] = "ventanilla journal 1\n";
	char tail[QUEUE_TERMINAL_SIZE + 1];
	const bool fits = vt_format(tail, sizeof(tail), "%s\n", queue->terminal);

	VT_ASSERT(fits);
	const enum vt_code code = journal_key_hash(
		queue->journal_key, head, strlen(head), tail, strlen(tail), ret_hash);
	return code == VT_OK ? VT_OK : queue_fail(queue, code, "journal: hash");
}

enum vt_code journal_read_row(struct queue *queue, enum sql sql, struct journal_row *ret_row)
{
	struct journal_row row = {0};
	size_t length;
	const uint8_t *hash = queue_column_blob(queue, sql, 8, &length);
	const bool has_subject = !queue_column_is_null(queue, sql, 6);

	if (!hash || length != JOURNAL_HASH_SIZE ||
		(has_subject && !queue_column_uuid(queue, sql, 6, row.subject)) ||
		!queue_column_text(queue, sql, 7, row.word, sizeof(row.word))) {
		if (queue_ran_out_of_memory(queue))
			return queue_fail(queue, VT_ERR_NOMEM, "read journal");
		return VT_ERR_PARSE; /* the reader names the row */
	}
	/* Blobs are borrowed until the next column is converted. */
	hash = queue_column_blob(queue, sql, 8, &length);
	memcpy(row.hash, hash, sizeof(row.hash));
	row.sequence = queue_column_int(queue, sql, 0);
	row.at_unix_ms = queue_column_int(queue, sql, 1);
	row.opening = queue_column_int(queue, sql, 2);
	row.event = (enum journal_event)queue_column_int(queue, sql, 3);
	row.first = queue_column_int(queue, sql, 4);
	row.second = queue_column_int(queue, sql, 5);
	row.is_signed = queue_column_int(queue, sql, 9) != 0;
	*ret_row = row;
	return VT_OK;
}

/* A journal that somebody altered does not stop the store, which holds people's transactions: the
 * chain goes on behind the damage, and verifying names it. */
enum vt_code journal_load(struct queue *queue)
{
	struct journal_head head = {0};
	struct journal_row row;

	queue_bind_int(queue, SQL_JOURNAL_LIST, 1, INT64_MAX);
	queue_bind_int(queue, SQL_JOURNAL_LIST, 2, 1);
	enum vt_code code = queue_step(queue, SQL_JOURNAL_LIST);
	if (code == VT_ERR_NOT_FOUND) {
		code = journal_first_hash(queue, head.hash);
	} else if (code == VT_OK) {
		head.sequence = queue_column_int(queue, SQL_JOURNAL_LIST, 0);
		code = journal_read_row(queue, SQL_JOURNAL_LIST, &row);
		queue_done(queue, SQL_JOURNAL_LIST);
		if (code == VT_OK)
			memcpy(head.hash, row.hash, sizeof(head.hash));
		else if (code == VT_ERR_PARSE)
			code = VT_OK;
	}
	if (code != VT_OK)
		return code;
	queue_bind_int(queue, SQL_CHECKPOINT_BEFORE, 1, INT64_MAX);
	code = queue_step(queue, SQL_CHECKPOINT_BEFORE);
	if (code == VT_OK) {
		head.last_signed = queue_column_int(queue, SQL_CHECKPOINT_BEFORE, 0);
		queue_done(queue, SQL_CHECKPOINT_BEFORE);
	} else if (code != VT_ERR_NOT_FOUND) {
		return code;
	}
	/* Rows behind a checkpoint were cut off: their numbers are not used again. */
	if (head.sequence < head.last_signed)
		head.sequence = head.last_signed;
	queue->journal_now = queue->journal_then = head;
	return VT_OK;
}

/* ---- adding ---- */

enum vt_code journal_note_opening(
	struct queue *queue, const struct queue_report *report, int64_t now_unix_ms)
{
	char hex[33], key[VT_UUID_SIZE];

	vt_hex(hex, journal_key_id(queue->journal_key), 16);
	const bool fits = vt_format(key, sizeof(key), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		hex + 12, hex + 16, hex + 20);
	VT_ASSERT(fits);
	return queue_journal_add(
		queue, &(struct journal_fact){.event = JOURNAL_OPENED,
			       .at_unix_ms = now_unix_ms,
			       .subject = journal_key_signs(queue->journal_key) ? key : NULL,
			       .first = queue->now.epoch,
			       .second = queue->now.opening,
			       .word = report->quarantined			  ? "quarantined"
				       : report->created			  ? "new"
				       : report->rolled_back			  ? "rolled-back"
				       : report->schema_from != report->schema_to ? "migrated"
										  : ""});
}

/* Words of the numbers that are on disk. */
static const char *cause_word(enum txn_cause cause)
{
	static const char *const words[TXN_CAUSE_COUNT] = {
#define X(name, value, text) [value] = (text),
		TXN_CAUSES(X)
#undef X
	};

	return (unsigned)cause < TXN_CAUSE_COUNT ? words[cause] : "other";
}

enum vt_code journal_note_change(struct queue *queue, const char *id, const struct txn *before,
	const struct txn *after, int64_t now_unix_ms)
{
	struct journal_fact fact = {.at_unix_ms = now_unix_ms, .subject = id};
	enum vt_code code = VT_OK;

	if (before->state != after->state) {
		fact.event = JOURNAL_STATE;
		fact.first = before->state;
		fact.second = after->state;
		fact.word = cause_word(after->cause);
		code = queue_journal_add(queue, &fact);
	}
	if (code == VT_OK && before->receipt != after->receipt) {
		fact.event = JOURNAL_RECEIPT;
		fact.first = before->receipt;
		fact.second = after->receipt;
		fact.word = NULL;
		code = queue_journal_add(queue, &fact);
	}
	return code;
}

/* Only words of ours: see journal.h. */
static void copy_word(char dst[JOURNAL_WORD_SIZE], const char *word)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._ ";

	if (!word)
		word = "";
	if (word[strspn(word, allowed)] != '\0' || !vt_copy(dst, JOURNAL_WORD_SIZE, word))
		vt_copy_cut(dst, JOURNAL_WORD_SIZE, "other");
}

static enum vt_code insert(struct queue *queue, const struct journal_row *row)
{
	uint8_t subject[16];
	const enum sql sql = SQL_JOURNAL_ADD;

	queue_bind_int(queue, sql, 1, row->sequence);
	queue_bind_int(queue, sql, 2, row->at_unix_ms);
	queue_bind_int(queue, sql, 3, row->opening);
	queue_bind_int(queue, sql, 4, row->event);
	queue_bind_int(queue, sql, 5, row->first);
	queue_bind_int(queue, sql, 6, row->second);
	if (row->subject[0] != '\0' && queue_uuid_parse(row->subject, subject))
		queue_bind_blob(queue, sql, 7, subject, sizeof(subject));
	queue_bind_text(queue, sql, 8, row->word);
	queue_bind_blob(queue, sql, 9, row->hash, sizeof(row->hash));
	return queue_run(queue, sql);
}

static enum vt_code add(struct queue *queue, const struct journal_fact *fact)
{
	struct journal_row row = {.sequence = queue->journal_now.sequence + 1,
		.at_unix_ms = fact->at_unix_ms,
		.opening = queue->now.opening,
		.event = fact->event,
		.first = fact->first,
		.second = fact->second};

	if (fact->subject && !vt_copy(row.subject, sizeof(row.subject), fact->subject))
		return queue_fail(queue, VT_ERR_INVALID, "journal: subject is no UUID");
	copy_word(row.word, fact->word);
	enum vt_code code = journal_hash_row(queue, queue->journal_now.hash, &row, row.hash);
	if (code == VT_OK)
		code = insert(queue, &row);
	if (code != VT_OK)
		return code;
	queue->journal_now.sequence = row.sequence;
	memcpy(queue->journal_now.hash, row.hash, sizeof(row.hash));
	if (queue_journal_unsigned(queue) >= JOURNAL_SIGN_ROWS)
		code = queue_journal_sign(queue, fact->at_unix_ms);
	return code;
}

enum vt_code queue_journal_add(struct queue *queue, const struct journal_fact *fact)
{
	uint8_t subject[16];
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (fact->event < 1 || fact->event > JOURNAL_EVENT_MAX ||
		(fact->subject && !queue_uuid_parse(fact->subject, subject)))
		return queue_fail(queue, VT_ERR_INVALID, "journal: a member is out of shape");
	code = add(queue, fact);
	/* What a fact tells stands in the batch already: neither may go without the other. */
	if (code != VT_OK && queue->spoilt == VT_OK)
		queue->spoilt = code;
	return code;
}

int64_t queue_journal_unsigned(const struct queue *queue)
{
	return queue->journal_now.sequence - queue->journal_now.last_signed;
}

enum vt_code queue_journal_sign(struct queue *queue, int64_t now_unix_ms)
{
	struct journal_checkpoint checkpoint = {.terminal = queue->terminal,
		.sequence = queue->journal_now.sequence,
		.at_unix_ms = now_unix_ms};
	uint8_t signature[JOURNAL_SIGNATURE_MAX];
	size_t length = 0;
	enum vt_code code = queue_may_write(queue);

	if (code != VT_OK)
		return code;
	if (!journal_key_signs(queue->journal_key) || queue_journal_unsigned(queue) <= 0)
		return VT_OK;
	memcpy(checkpoint.hash, queue->journal_now.hash, sizeof(checkpoint.hash));
	code = journal_key_sign(queue->journal_key, &checkpoint, signature, &length);
	if (code != VT_OK) {
		queue->spoilt = code;
		return queue_fail(queue, code, "journal: sign");
	}
	queue_bind_int(queue, SQL_CHECKPOINT_ADD, 1, checkpoint.sequence);
	queue_bind_int(queue, SQL_CHECKPOINT_ADD, 2, checkpoint.at_unix_ms);
	queue_bind_blob(queue, SQL_CHECKPOINT_ADD, 3, checkpoint.hash, sizeof(checkpoint.hash));
	queue_bind_blob(queue, SQL_CHECKPOINT_ADD, 4, signature, length);
	code = queue_run(queue, SQL_CHECKPOINT_ADD);
	if (code == VT_OK)
		queue->journal_now.last_signed = checkpoint.sequence;
	else if (queue->spoilt == VT_OK)
		queue->spoilt = code;
	return code;
}

/* ---- for people ---- */

enum vt_code queue_journal_list(struct queue *queue, int64_t cursor, size_t max,
	struct journal_row *ret_rows, size_t *ret_count, int64_t *ret_next)
{
	size_t count = 0;
	int64_t last = 0;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	if (max < 1 || cursor < 0)
		return queue_fail(queue, VT_ERR_INVALID, "journal list: out of shape");
	queue_bind_int(queue, SQL_JOURNAL_LIST, 1, cursor > 0 ? cursor : INT64_MAX);
	queue_bind_int(queue, SQL_JOURNAL_LIST, 2, (int64_t)max);
	while ((code = queue_step(queue, SQL_JOURNAL_LIST)) == VT_OK) {
		VT_ASSERT(count < max);
		last = queue_column_int(queue, SQL_JOURNAL_LIST, 0);
		code = journal_read_row(queue, SQL_JOURNAL_LIST, &ret_rows[count]);
		if (code == VT_ERR_PARSE) /* listed by its number; verifying names the fault */
			ret_rows[count] = (struct journal_row){.sequence = last};
		else if (code != VT_OK)
			break;
		count++;
	}
	if (code != VT_ERR_NOT_FOUND) {
		queue_done(queue, SQL_JOURNAL_LIST);
		return code;
	}
	*ret_count = count;
	*ret_next = count == max && last > 1 ? last : 0;
	return VT_OK;
}

enum vt_code queue_journal_witness(struct queue *queue, struct journal_witness *ret_witness)
{
	struct journal_witness witness = {.sequence = queue->journal_now.last_signed};
	struct journal_checkpoint checkpoint = {
		.terminal = queue->terminal, .sequence = witness.sequence};
	size_t hash_length, length;
	enum vt_code code = queue_may_read(queue);

	if (code != VT_OK)
		return code;
	queue_bind_int(queue, SQL_CHECKPOINTS, 1, witness.sequence);
	code = witness.sequence > 0 ? queue_step(queue, SQL_CHECKPOINTS) : VT_ERR_NOT_FOUND;
	if (code != VT_OK)
		return code;
	witness.at_unix_ms = checkpoint.at_unix_ms = queue_column_int(queue, SQL_CHECKPOINTS, 1);
	const uint8_t *hash = queue_column_blob(queue, SQL_CHECKPOINTS, 2, &hash_length);
	const bool has_hash = hash && hash_length == sizeof(checkpoint.hash);
	if (has_hash)
		memcpy(checkpoint.hash, hash, sizeof(checkpoint.hash));
	memcpy(witness.hash, checkpoint.hash, sizeof(witness.hash));
	const uint8_t *signature = queue_column_blob(queue, SQL_CHECKPOINTS, 3, &length);
	const bool has_signature = signature && length <= sizeof(witness.signature);
	if (has_signature)
		memcpy(witness.signature, signature, length);
	witness.signature_length = length;
	queue_done(queue, SQL_CHECKPOINTS);
	if (!has_hash || !has_signature ||
		!journal_key_text(&checkpoint, witness.text, sizeof(witness.text)))
		return queue_fail(queue, VT_ERR_PARSE, "journal: the checkpoint is damaged");
	*ret_witness = witness;
	return VT_OK;
}

enum vt_code queue_journal_key(
	struct queue *queue, char ret_pem[JOURNAL_PEM_SIZE], uint8_t ret_id[16])
{
	const enum vt_code code = journal_key_pem(queue->journal_key, ret_pem);

	if (code != VT_OK)
		return queue_fail(queue, code, "journal: no key");
	memcpy(ret_id, journal_key_id(queue->journal_key), 16);
	return VT_OK;
}
