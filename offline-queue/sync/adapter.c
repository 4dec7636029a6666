#include "offline-queue/sync/adapter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "terminal/base/cleanup.h"
#include "terminal/base/text.h"

static const struct adapter_ops *const adapters[] = {
	&fees_ops,
	&renapo_ops,
};

const struct adapter_ops *adapter_at(size_t i)
{
	return i < VT_ELEMENTS(adapters) ? adapters[i] : NULL;
}

const struct adapter_ops *adapter_find(const char *name)
{
	for (size_t i = 0; i < VT_ELEMENTS(adapters); i++)
		if (strcmp(adapters[i]->name, name) == 0)
			return adapters[i];
	return NULL;
}

void adapter_request_init(struct adapter_request *request)
{
	*request = (struct adapter_request){.method = "POST"};
	vt_buf_init(&request->body, VT_MAX_HTTP_BODY);
}

void adapter_request_finish(struct adapter_request *request)
{
	vt_buf_finish(&request->body);
}

bool adapter_add_header(struct adapter_request *request, const char *name, const char *value)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return false;
	/* The last row stays empty: it ends the list. */
	for (size_t i = 0; i < HTTP_MAX_HEADERS - 1; i++)
		if (!request->headers[i][0])
			return vt_format(request->headers[i], sizeof(request->headers[i]), "%s: %s",
				name, value);
	return false;
}

static const struct bus_field ledger_fields[] = {
	REQ_I64(struct adapter_ledger, after, "after"),
	OPT_TEXT(struct adapter_ledger, checkpoint, "checkpoint"),
};
static const struct bus_table ledger_table =
	BUS_TABLE(struct adapter_ledger, ADAPTER_LEDGER, ledger_fields);

enum vt_code adapter_ledger_decode(
	const struct work_deliver *work, struct adapter_ledger *ret_ledger, struct vt_error *error)
{
	const enum vt_code code =
		bus_decode(&ledger_table, work->payload, strlen(work->payload), ret_ledger, error);

	if (code || ret_ledger->after < 0 ||
		ret_ledger->checkpoint[strspn(ret_ledger->checkpoint, "0123456789abcdef ")])
		return vt_fail(error, VT_ERR_INVALID, 0, "ledger: payload out of shape");
	return VT_OK;
}

static bool append_ledger(int64_t after, int64_t next, const struct adapter_ledger_row *rows,
	size_t count, struct vt_buf *out)
{
	int64_t last = after;

	vt_buf_printf(out, "{\"next\":%lld,\"rows\":[", (long long)next);
	for (size_t i = 0; i < count; i++) {
		const struct adapter_ledger_row *row = &rows[i];
		if (row->sequence <= last || row->at_unix_ms <= 0 || !vt_uuid_valid(row->key))
			return false;
		last = row->sequence;
		vt_buf_printf(out,
			"%s{\"sequence\":%lld,\"key\":\"%s\",\"state\":\"%s\",\"atUnixMs\":%lld}",
			i > 0 ? "," : "", (long long)row->sequence, row->key,
			row->is_applied ? "applied" : "rejected", (long long)row->at_unix_ms);
	}
	vt_buf_append_text(out, "]}");
	return (next == 0 || next == last) && !out->failed;
}

void adapter_ledger_read(int64_t after, int64_t next, const struct adapter_ledger_row *rows,
	size_t count, struct adapter_reading *reading)
{
	const bool is_good = append_ledger(after, next, rows, count, &reading->answer);

	reading->body = is_good ? BODY_APPLIED : BODY_INVALID;
	if (is_good)
		return;
	vt_buf_reset(&reading->answer);
	vt_copy_cut(reading->detail, sizeof(reading->detail), "ledger that cannot be true");
}

void adapter_reading_init(struct adapter_reading *reading)
{
	*reading = (struct adapter_reading){.body = BODY_NONE};
	vt_buf_init(&reading->answer, VT_MAX_PAYLOAD - 1);
}

void adapter_reading_finish(struct adapter_reading *reading)
{
	vt_buf_finish(&reading->answer);
}

enum vt_code adapter_read_secret(const char *path, char *dst, size_t size, struct vt_error *error)
{
	VT_CLEANUP(vt_fclosep) FILE *file = fopen(path, "re");

	dst[0] = '\0';
	if (!file)
		return vt_fail(error, VT_ERR_IO, errno, "%s: %s", path, strerror(errno));
	/* No stdio buffer: it would keep a copy. */
	(void)setvbuf(file, NULL, _IONBF, 0);
	if (!fgets(dst, (int)size, file))
		return vt_fail(error, VT_ERR_INVALID, 0, "%s: empty", path);
	const size_t length = strcspn(dst, "\r\n");
	if (!dst[length] && length == size - 1) {
		vt_wipe(dst, size);
		return vt_fail(error, VT_ERR_LIMIT, 0, "%s: too long", path);
	}
	dst[length] = '\0';
	return length ? VT_OK : vt_fail(error, VT_ERR_INVALID, 0, "%s: empty", path);
}
