#ifndef SYNC_ADAPTER_H
#define SYNC_ADAPTER_H

/* What a web service's adapter is: four functions between the JSON of core (struct work_deliver,
 * struct work_result) and the bytes of one agency. They neither wait nor send: request out, answer
 * in. A new service is one file in adapters/ and one line in adapter.c's table. */

#include <stdbool.h>
#include <stdint.h>

#include "offline-queue/sync/http.h"
#include "offline-queue/sync/outcome.h"
#include "terminal/base/buf.h"
#include "terminal/base/config.h"
#include "terminal/bus/messages.h"

/* The request to send; strings live in it. */
struct adapter_request {
	const char *method; /* "POST" or "GET" */
	char path[256];
	char headers[HTTP_MAX_HEADERS][128]; /* "Name: value", "" ends */
	struct vt_buf body;		     /* init by the caller; empty for GET */
};

/* What the adapter understood of an answer. */
struct adapter_reading {
	enum outcome_body body;
	bool replayed;
	int64_t signed_unix_ms; /* when the receiver signed it, 0 = not signed */
	char detail[160];	/* for technicians, no personal data */
	struct vt_buf answer;	/* JSON for core when applied or refused; init by the caller */
};

/* One configured adapter; each implementation has its own struct behind it. */
struct adapter;

struct adapter_ops {
	const char
		*name; /* struct work_deliver.adapter and "[adapter NAME]" in the configuration */
	/* Reads its own keys of section (account, signature); files are loaded here.
	 * VT_ERR_NOT_FOUND (a key is missing) and whatever loading returns. */
	enum vt_code (*open)(const struct vt_config *config, const char *section,
		struct adapter **ret_adapter, struct vt_error *error);
	void (*close)(struct adapter *adapter);
	/* Fills request for the work, or for the inquiry about its key. now_unix_ms: wall clock.
	 * VT_ERR_INVALID: operation or payload is not ours to send (a defect of core or the
	 * catalogue; never sent). error says what, without values. */
	enum vt_code (*build)(const struct adapter *adapter, const struct work_deliver *work,
		int64_t now_unix_ms, struct adapter_request *request, struct vt_error *error);
	enum vt_code (*build_inquiry)(const struct adapter *adapter,
		const struct work_deliver *work, int64_t now_unix_ms,
		struct adapter_request *request, struct vt_error *error);
	/* Reads what came back, whatever its status. Never fails: what cannot be understood is
	 * BODY_NONE or BODY_INVALID. */
	void (*read)(const struct adapter *adapter, const struct work_deliver *work,
		const struct http_answer *answer, int64_t now_unix_ms,
		struct adapter_reading *reading);
	void (*read_inquiry)(const struct adapter *adapter, const struct work_deliver *work,
		const struct http_answer *answer, int64_t now_unix_ms,
		struct adapter_reading *reading);
	/* When the receiver signed this answer to our message, whatever our clock says; false if it
	 * is not signed by the receiver, or before floor_unix_ms. NULL: its answers are not signed.
	 * A Fault counts as well. */
	bool (*read_time)(const struct adapter *adapter, const struct work_deliver *work,
		const struct http_answer *answer, int64_t floor_unix_ms, int64_t *ret_unix_ms);
};

extern const struct adapter_ops renapo_ops, fees_ops;

/* Every adapter also answers the operation ADAPTER_LEDGER: what the receiver decided for this
 * terminal, a page at a time. Payload {"after": N, "checkpoint": "SEQUENCE HASH" or ""} (of the
 * audit journal, for the receiver to keep); answer {"next": N or 0, "rows": [{"sequence", "key",
 * "state": "applied" | "rejected", "atUnixMs"}]}. */
#define ADAPTER_LEDGER	   "ledger"
#define ADAPTER_LEDGER_MAX 128 /* rows of a page that are believed */

struct adapter_ledger {
	int64_t after;
	char checkpoint[96]; /* "" or "SEQUENCE HASH" */
};
/* VT_ERR_INVALID: not such a payload. */
VT_MUST_USE enum vt_code adapter_ledger_decode(
	const struct work_deliver *work, struct adapter_ledger *ret_ledger, struct vt_error *error);
struct adapter_ledger_row {
	int64_t sequence, at_unix_ms;
	char key[VT_UUID_SIZE];
	bool is_applied;
};
/* Makes the reading of a page: applied, or invalid if a row cannot be true (key, order). */
void adapter_ledger_read(int64_t after, int64_t next, const struct adapter_ledger_row *rows,
	size_t count, struct adapter_reading *reading);

/* Ops by name; NULL if there is no such adapter. */
const struct adapter_ops *adapter_find(const char *name);
/* The i-th of all, NULL behind the last: to look for configured ones. */
const struct adapter_ops *adapter_at(size_t i);

void adapter_request_init(struct adapter_request *request);
void adapter_request_finish(struct adapter_request *request);
/* "Name: value" as the next header. False if it does not fit or holds a control character. */
VT_MUST_USE bool adapter_add_header(
	struct adapter_request *request, const char *name, const char *value);
void adapter_reading_init(struct adapter_reading *reading);
void adapter_reading_finish(struct adapter_reading *reading);

/* First line of a file that holds a secret, at most size - 1 bytes, into dst. VT_ERR_IO,
 * VT_ERR_LIMIT, VT_ERR_INVALID (empty). */
VT_MUST_USE enum vt_code adapter_read_secret(
	const char *path, char *dst, size_t size, struct vt_error *error);

#endif
