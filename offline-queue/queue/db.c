#include "offline-queue/queue/internal.h"

#include <string.h>

#include <sqlite3.h>

#include "terminal/base/assert.h"
#include "terminal/base/text.h"

enum vt_code queue_code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return VT_OK;
	case SQLITE_NOMEM:
		return VT_ERR_NOMEM;
	case SQLITE_FULL:
		return VT_ERR_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return VT_ERR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return VT_ERR_BUSY;
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_NOMEM ? VT_ERR_NOMEM : VT_ERR_IO;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY
			       ? VT_ERR_EXISTS
			       : VT_ERR_INVALID;
	case SQLITE_TOOBIG:
		return VT_ERR_LIMIT;
	default: /* CANTOPEN, READONLY, PERM, AUTH, PROTOCOL …: the disk is not as it was */
		return VT_ERR_IO;
	}
}

enum vt_code queue_fail(struct queue *queue, enum vt_code code, const char *what)
{
	return vt_fail(&queue->error, code, 0, "queue: %s", what);
}

enum vt_code queue_fail_sqlite(struct queue *queue, int rc, const char *doing)
{
	const enum vt_code code = queue_code_of(rc);

	VT_ASSERT(code != VT_OK);
	/* sqlite3_errmsg() could quote a value of a constraint: only names and numbers here. */
	vt_fail(&queue->error, code, rc, "queue: %s: %s (%d)", doing, sqlite3_errstr(rc), rc);
	if (code == VT_ERR_FULL || code == VT_ERR_NOMEM) {
		if (queue->in_batch)
			queue->spoilt = code;
	} else if (code == VT_ERR_IO || code == VT_ERR_CORRUPT || code == VT_ERR_BUSY) {
		queue->is_failed = true;
	}
	return code;
}

enum vt_code queue_may_read(struct queue *queue)
{
	return queue->is_failed ? VT_ERR_FAILED : VT_OK;
}

enum vt_code queue_may_write(struct queue *queue)
{
	if (queue->is_failed)
		return VT_ERR_FAILED;
	if (!queue->in_batch)
		return queue_fail(queue, VT_ERR_STATE, "no batch is open");
	return queue->spoilt;
}

void queue_done(struct queue *queue, enum sql sql)
{
	sqlite3_reset(queue->statements[sql]);
	sqlite3_clear_bindings(queue->statements[sql]);
}

/* A bind fails only out of memory (or for a blob beyond every limit); the next step says so instead
 * of running with NULL there. Memory is the caller's until queue_done(). */
static void note_bind(struct queue *queue, int rc)
{
	VT_ASSERT(rc == SQLITE_OK || rc == SQLITE_NOMEM);
	if (rc != SQLITE_OK)
		queue->bind_failed = true;
}

/* What the next step of a statement answers; SQLITE_OK: it may run. */
static int take_bind_failure(struct queue *queue)
{
	const bool failed = queue->bind_failed;

	queue->bind_failed = false;
	return failed ? SQLITE_NOMEM : SQLITE_OK;
}

enum vt_code queue_step(struct queue *queue, enum sql sql)
{
	int rc = take_bind_failure(queue);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(queue->statements[sql]);
	if (rc == SQLITE_ROW)
		return VT_OK;
	queue_done(queue, sql);
	if (rc == SQLITE_DONE)
		return VT_ERR_NOT_FOUND;
	return queue_fail_sqlite(queue, rc, queue_sql_names[sql]);
}

enum vt_code queue_run(struct queue *queue, enum sql sql)
{
	int rc = take_bind_failure(queue);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(queue->statements[sql]);
	queue_done(queue, sql);
	VT_ASSERT(rc != SQLITE_ROW);
	if (rc == SQLITE_DONE)
		return VT_OK;
	return queue_fail_sqlite(queue, rc, queue_sql_names[sql]);
}

void queue_bind_int(struct queue *queue, enum sql sql, int index, int64_t value)
{
	note_bind(queue, sqlite3_bind_int64(queue->statements[sql], index, value));
}

void queue_bind_text(struct queue *queue, enum sql sql, int index, const char *text)
{
	note_bind(queue, sqlite3_bind_text(queue->statements[sql], index, text, -1, SQLITE_STATIC));
}

void queue_bind_blob(struct queue *queue, enum sql sql, int index, const void *data, size_t length)
{
	note_bind(queue,
		sqlite3_bind_blob(queue->statements[sql], index, data, (int)length, SQLITE_STATIC));
}

int64_t queue_column_int(struct queue *queue, enum sql sql, int column)
{
	return sqlite3_column_int64(queue->statements[sql], column);
}

bool queue_column_is_null(struct queue *queue, enum sql sql, int column)
{
	return sqlite3_column_type(queue->statements[sql], column) == SQLITE_NULL;
}

bool queue_column_text(struct queue *queue, enum sql sql, int column, char *dst, size_t size)
{
	const unsigned char *text = sqlite3_column_text(queue->statements[sql], column);

	return vt_copy(dst, size, (const char *)text);
}

const uint8_t *queue_column_blob(struct queue *queue, enum sql sql, int column, size_t *ret_length)
{
	const uint8_t *blob = sqlite3_column_blob(queue->statements[sql], column);

	*ret_length = blob ? (size_t)sqlite3_column_bytes(queue->statements[sql], column) : 0;
	return blob;
}

bool queue_ran_out_of_memory(struct queue *queue)
{
	return (sqlite3_errcode(queue->db) & 0xff) == SQLITE_NOMEM;
}

static void uuid_format(const uint8_t bytes[16], char ret_uuid[VT_UUID_SIZE])
{
	char hex[33];

	vt_hex(hex, bytes, 16);
	const bool fits = vt_format(ret_uuid, VT_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
		hex + 8, hex + 12, hex + 16, hex + 20);
	VT_ASSERT(fits);
}

bool queue_column_uuid(struct queue *queue, enum sql sql, int column, char ret_uuid[VT_UUID_SIZE])
{
	size_t length;
	const uint8_t *blob = queue_column_blob(queue, sql, column, &length);

	ret_uuid[0] = '\0';
	if (length != 16)
		return false;
	uuid_format(blob, ret_uuid);
	return true;
}

bool queue_uuid_parse(const char *uuid, uint8_t ret_bytes[16])
{
	char hex[33];
	size_t used = 0;

	if (!uuid || !vt_uuid_valid(uuid))
		return false;
	for (const char *p = uuid; *p; p++) {
		if (*p != '-')
			hex[used++] = *p;
	}
	hex[used] = '\0';
	return vt_unhex(ret_bytes, 16, hex);
}
