/* Secrecy at rest: a canary citizen in payload and answer is not in any file of the store in clear,
 * at any time; after pruning even the sealed bytes and the wrapped key are gone from database and
 * -wal, so that the key file helps nobody. */

#include "tests/lib/cmocka_prelude.h"

#include <sqlite3.h>

#include "offline-queue/queue/internal.h"
#include "tests/queue/fixture.h"

#define CANARY_CURP "CANX800101HDFNRY09"
#define CANARY_NAME "Canario Ñandú de Prueba"

/* Occurrences of bytes in all files of the folder except the key. */
static int find(const struct fixture *f, const void *bytes, size_t length)
{
	static char content[8 << 20];
	char path[512];
	int found = 0;
	DIR *dir = opendir(f->folder);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "key") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", f->folder, entry->d_name);
		FILE *file = fopen(path, "rb");
		assert_non_null(file);
		const size_t size = fread(content, 1, sizeof(content), file);
		assert_true(size < sizeof(content));
		fclose(file);
		const char *at = content;
		while ((at = memmem(at, size - (size_t)(at - content), bytes, length))) {
			found++;
			at++;
		}
	}
	closedir(dir);
	return found;
}

static int find_canary(const struct fixture *f)
{
	static const char utf16[] = "C\0A\0N\0X\0008\0000\0000\0001\0";

	return find(f, CANARY_CURP, strlen(CANARY_CURP)) +
	       find(f, CANARY_NAME, strlen(CANARY_NAME)) + find(f, utf16, sizeof(utf16) - 1);
}

static void append_canary(struct fixture *f, unsigned n)
{
	struct fixture_row r;

	fixture_row(f, n, &r);
	r.row.payload = "{\"curp\":\"" CANARY_CURP "\",\"nombre\":\"" CANARY_NAME "\"}";
	assert_int_equal(queue_begin(f->queue), VT_OK);
	assert_int_equal(queue_append(f->queue, &r.row), VT_OK);
	assert_int_equal(queue_commit(f->queue), VT_OK);
}

static void settle_with_canary(struct fixture *f, unsigned n)
{
	char lease[VT_UUID_SIZE];

	assert_int_equal(fixture_lease(f, n), VT_OK);
	fixture_uuid('l', n, lease);
	assert_int_equal(
		fixture_step(f, n,
			&(struct txn_event){.type = TXN_RESULT,
				.now_unix_ms = f->now,
				.lease = lease,
				.result = TXN_RESULT_ACCEPTED},
			"{\"nombre\":\"" CANARY_NAME "\",\"curp\":\"" CANARY_CURP "\"}", NULL),
		VT_OK);
}

struct blobs {
	uint8_t wrapped[40], payload[64], answer[64];
};

/* What lies in the store for row n, to be looked for later. Asked on the store's own connection,
 * for closing would cut the -wal, in which old pages are to be looked for. */
static struct blobs peek(struct fixture *f, unsigned n)
{
	struct blobs blobs;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(f->queue->db,
				 "SELECT wrapped, payload, answer FROM txn WHERE sequence = ?", -1,
				 &stmt, NULL),
		SQLITE_OK);
	sqlite3_bind_int(stmt, 1, (int)n);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(stmt, 0), 40);
	assert_true(sqlite3_column_bytes(stmt, 1) >= 64 && sqlite3_column_bytes(stmt, 2) >= 64);
	memcpy(blobs.wrapped, sqlite3_column_blob(stmt, 0), 40);
	memcpy(blobs.payload, sqlite3_column_blob(stmt, 1), 64);
	memcpy(blobs.answer, sqlite3_column_blob(stmt, 2), 64);
	sqlite3_finalize(stmt);
	return blobs;
}

static int find_blobs(const struct fixture *f, const struct blobs *blobs)
{
	return find(f, blobs->wrapped, sizeof(blobs->wrapped)) + find(f, blobs->payload + 12, 32) +
	       find(f, blobs->answer + 12, 32);
}

static void a_canary_is_never_on_disk_and_after_pruning_not_even_sealed(void **state)
{
	struct fixture f;
	size_t count;

	(void)state;
	fixture_init(&f);
	assert_int_equal(fixture_open(&f), VT_OK);
	for (unsigned n = 1; n <= 60; n++)
		append_canary(&f, n);
	assert_int_equal(find_canary(&f), 0);
	for (unsigned n = 1; n <= 50; n++) {
		settle_with_canary(&f, n);
		if (n % 10 == 0)
			assert_int_equal(queue_checkpoint(f.queue), VT_OK);
	}
	assert_int_equal(find_canary(&f), 0);
	struct blobs blobs[50];
	for (unsigned n = 1; n <= 50; n++) {
		blobs[n - 1] = peek(&f, n);
		assert_true(find_blobs(&f, &blobs[n - 1]) >= 3); /* the search does find */
	}
	assert_int_equal(queue_prune(f.queue, f.now + 10, &(struct queue_retention){.shred_ms = 10},
				 100, &count),
		VT_OK);
	assert_int_equal(count, 50);
	/* While it is open, and after. */
	for (unsigned n = 1; n <= 50; n++)
		assert_int_equal(find_blobs(&f, &blobs[n - 1]), 0);
	queue_close(&f.queue);
	for (unsigned n = 1; n <= 50; n++)
		assert_int_equal(find_blobs(&f, &blobs[n - 1]), 0);
	/* Who is still waiting is still there. */
	char id[VT_UUID_SIZE];
	struct vt_buf out;
	assert_int_equal(fixture_open(&f), VT_OK);
	vt_buf_init(&out, VT_MAX_PAYLOAD);
	fixture_uuid('i', 60, id);
	assert_int_equal(queue_payload(f.queue, id, &out), VT_OK);
	assert_non_null(strstr(vt_buf_text(&out), CANARY_CURP));
	vt_buf_finish(&out);
	fixture_finish(&f);
}

static void a_deleted_row_leaves_nothing(void **state)
{
	struct fixture f;
	size_t count;

	(void)state;
	fixture_init(&f);
	assert_int_equal(fixture_open(&f), VT_OK);
	append_canary(&f, 1);
	settle_with_canary(&f, 1);
	const struct blobs blobs = peek(&f, 1);
	assert_int_equal(
		queue_prune(f.queue, f.now + 10,
			&(struct queue_retention){.shred_ms = 1, .delete_ms = 2}, 100, &count),
		VT_OK);
	assert_int_equal(count, 2); /* shredded and deleted in one commit */
	assert_int_equal(find_blobs(&f, &blobs), 0);
	assert_int_equal(find(&f, "T001-0010-0001-ABCD", 19), 0);
	fixture_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_canary_is_never_on_disk_and_after_pruning_not_even_sealed),
		cmocka_unit_test(a_deleted_row_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
