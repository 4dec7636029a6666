/* What tools/agency reads from outside besides XML (which is vt::wsse's): orders for faults, names,
 * and the orders of the fee service with their Idempotency-Key, down to the ledger (in memory);
 * packages from a stick after seal and signature.
 *
 *   "F…"  an order for faults       "N…"  a name: folded twice is folded once, and makes a key
 *   "P…"  the text of an export package: what it applied once is replayed the second time
 *   else  first line the header, the rest the body; the same again must be answered the same */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/assert.h"
#include "tools/agency/faults.h"
#include "tools/agency/fees.h"
#include "tools/agency/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_faults(const char *text)
{
	struct faults faults = {0};
	struct vt_error error = {0};
	const enum vt_code code = faults_order(&faults, text, &error);

	VT_ASSERT(faults.count <= 1);
	if (code)
		VT_ASSERT(error.msg[0] && faults.count == 0);
}

static void try_name(const char *text)
{
	char once[NAMES_SIZE], twice[NAMES_SIZE], curp[CURP_SIZE];

	if (names_fold(once, sizeof(once), text))
		return;
	VT_ASSERT(names_fold(twice, sizeof(twice), once) == VT_OK && strcmp(once, twice) == 0);
	const struct names_parts parts = {.first = text,
		.second = text,
		.names = text,
		.birth = "1956-06-26",
		.sex = 'M',
		.entity = "DF"};
	if (names_make_curp(&parts, 0, curp) == VT_OK)
		VT_ASSERT(names_curp_has_structure(curp));
}

static void post(struct store *store, const char *text, struct reply *reply)
{
	const char *end = strchr(text, '\n');
	char header[80] = "";

	if (end && (size_t)(end - text) < sizeof(header))
		memcpy(header, text, (size_t)(end - text));
	const char *body = end ? end + 1 : text;
	reply_init(reply);
	fees_issue(store, "kiosk-0001", header, body, strlen(body), "2026-06-15", 0, reply);
}

static struct store *the_store(void)
{
	static struct store *store;

	if (!store)
		VT_ASSERT(store_open(":memory:", 42, &store, NULL) == VT_OK);
	return store;
}

static void try_package(const char *text, size_t length)
{
	static const struct registry_account account = {.user = "demo", .password = "demo"};
	const struct ingest_options options = {
		.store = the_store(), .account = &account, .today = "2026-06-15"};
	struct ingest_report first = {0}, second = {0};
	struct vt_error error = {0};

	const enum vt_code code = ingest_text(&options, "kiosk-0001", text, length, &first, &error);
	VT_ASSERT(code == ingest_text(&options, "kiosk-0001", text, length, &second, &error));
	if (code) {
		VT_ASSERT(error.msg[0] && first.parts == 0);
		return;
	}
	VT_ASSERT(second.applied == 0 && second.failed == first.failed);
}

static void try_order(const char *text)
{
	struct store *store = the_store();
	struct reply first, second;

	post(store, text, &first);
	post(store, text, &second);
	VT_ASSERT(first.status != 500 && second.status != 500);
	VT_ASSERT(second.status == (first.status == 201 ? 200 : first.status));
	VT_ASSERT(first.body.length == second.body.length &&
		  memcmp(first.body.data, second.body.data, first.body.length) == 0);
	reply_finish(&first);
	reply_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (text[0] == 'F')
		try_faults(text + 1);
	else if (text[0] == 'N')
		try_name(text + 1);
	else if (text[0] == 'P')
		try_package(text + 1, size - 1);
	else
		try_order(text);
	free(text);
	return 0;
}
