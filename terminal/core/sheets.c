/* Sheets: intent in the ledger → Printer.PrintForm → outcome in the ledger. A sheet counts as
 * printed only because the printer said so (devices.md D.5); silence is "unknown". */

#include <string.h>

#include "terminal/base/clock.h"
#include "terminal/base/log.h"
#include "terminal/base/text.h"
#include "terminal/core/core.h"

/* A whole sheet takes 5 to 10 s at 100 mm/s; twice that and a margin, then nobody knows. */
#define SHEET_MS 45000
/* A cold letter-size printer warms up for half a minute; drivers/ipp gives a job 90 s. */
#define LETTER_MS 120000
/* How long a device process that came back, or is gone, may take to report a sheet. */
#define REPORT_MS 5000

static const enum effect_outcome outcomes[PRINT_OUTCOME_COUNT] = {
	[OUTCOME_PRINTED] = EFFECT_DONE,
	[OUTCOME_FAILED] = EFFECT_NOT_DONE,
	[OUTCOME_UNKNOWN] = EFFECT_IN_DOUBT,
};

static void store_receipt_state(
	struct core *core, const struct sheet *sheet, enum print_outcome outcome)
{
	static const enum txn_print prints[PRINT_OUTCOME_COUNT] = {
		[OUTCOME_PRINTED] = TXN_PRINT_DONE,
		[OUTCOME_FAILED] = TXN_PRINT_FAILED,
		[OUTCOME_UNKNOWN] = TXN_PRINT_UNKNOWN,
	};
	struct queue_record record;
	struct txn_effects effects;
	const struct txn_event event = {.type = TXN_PRINT,
		.now_unix_ms = core_unix_ms(core),
		.sheet = sheet->kind,
		.print = prints[outcome]};

	if (queue_get(core->queue, sheet->transaction, &record) != VT_OK)
		return;
	const struct txn before = record.txn;
	if (txn_step(&record.txn, &event, &effects) == VT_OK && effects.changed)
		storage_judge(core,
			queue_store(core->queue, record.id, &before, &record.txn, NULL,
				event.now_unix_ms),
			"receipt state");
}

/* Writes the outcome and lets the session know after the commit. */
static void finish(struct core *core, enum print_outcome outcome, const char *reason)
{
	struct sheet *sheet = &core->sheet;

	vt_log(VT_LOG_INFO, "sheet %s: %s %s", sheet->job, print_outcome_names[outcome], reason);
	core_arm(core->sheet_timer, 0);
	if (storage_begin(core)) {
		storage_judge(core,
			queue_effect_finish(core->queue, sheet->job, outcomes[outcome], reason,
				core_unix_ms(core)),
			"print outcome");
		if (core->queue)
			store_receipt_state(core, sheet, outcome);
	}
	if (core->queue && queue_in_batch(core->queue)) {
		struct after *after = storage_after(core, AFTER_PRINTED, sheet->transaction);
		after->outcome = outcome;
		vt_copy_cut(after->reason, sizeof(after->reason), reason);
		vt_wipe(sheet, sizeof(*sheet));
		return;
	}
	/* Storage failed: the ledger keeps the sheet open, recovery will call it in doubt. */
	struct session_event event = {.type = SESSION_PRINTED};
	char transaction[VT_UUID_SIZE];
	memcpy(transaction, sheet->transaction, sizeof(transaction));
	event.u.printed.transaction = transaction;
	event.u.printed.outcome = outcome;
	event.u.printed.reason = reason;
	vt_wipe(sheet, sizeof(*sheet));
	citizen_feed(core, &event);
	sheet_next(core);
}

static enum txn_sheet kind_of(struct core *core, bool is_copy)
{
	struct queue_record record;

	if (is_copy)
		return TXN_SHEET_COPY;
	if (queue_get(core->queue, session_transaction(core->session), &record) == VT_OK &&
		(record.txn.state == TXN_ACCEPTED || record.txn.state == TXN_REJECTED))
		return TXN_SHEET_FINAL;
	return TXN_SHEET_PROVISIONAL;
}

static void refuse(struct core *core, const char *reason)
{
	struct session_event event = {.type = SESSION_PRINTED};

	event.u.printed.transaction = session_transaction(core->session);
	event.u.printed.outcome = OUTCOME_FAILED;
	event.u.printed.reason = reason;
	vt_wipe(&core->sheet, sizeof(core->sheet));
	citizen_feed(core, &event);
}

void sheet_start(struct core *core)
{
	struct sheet *sheet = &core->sheet;
	struct vt_error error = {0};

	/* The citizen before left while theirs is still in print: this one comes after it. */
	if (sheet->is_used) {
		core->sheet_waits = true;
		return;
	}
	if (!core->devices.conn) {
		refuse(core, "printer");
		return;
	}
	if (session_receipt(core->session, &sheet->receipt, &error) != VT_OK) {
		vt_log(VT_LOG_ERROR, "receipt: %s", error.msg);
		refuse(core, "device");
		return;
	}
	if (!storage_begin(core)) {
		refuse(core, "storage");
		return;
	}
	sheet->is_used = true;
	vt_uuid_make(sheet->job);
	vt_copy_cut(
		sheet->transaction, sizeof(sheet->transaction), session_transaction(core->session));
	sheet->kind = kind_of(core, sheet->receipt.copy);
	session_paper(core->session, &sheet->size, &sheet->paper);
	struct queue_effect effect = {.kind = EFFECT_PRINT,
		.detail = (int)sheet->kind,
		.begun_unix_ms = core_unix_ms(core)};
	memcpy(effect.job, sheet->job, sizeof(effect.job));
	memcpy(effect.transaction, sheet->transaction, sizeof(effect.transaction));
	const enum vt_code code = queue_effect_begin(core->queue, &effect);
	if (code) {
		storage_judge(core, code, "print intent");
		refuse(core, "storage");
		return;
	}
	(void)storage_after(core, AFTER_PRINT, sheet->transaction);
}

void sheet_next(struct core *core)
{
	if (!core->sheet_waits || core->sheet.is_used)
		return;
	core->sheet_waits = false;
	if (session_is_printing(core->session))
		sheet_start(core);
}

void sheet_send(struct core *core)
{
	struct sheet *sheet = &core->sheet;

	if (!sheet->is_used)
		return;
	if (!core->devices.conn) {
		finish(core, OUTCOME_FAILED, "printer");
		return;
	}
	const int64_t patience_ms = sheet->size == PAPER_LETTER ? LETTER_MS : SHEET_MS;
	bus_make_command(core->tx, core->devices.conn, BUS_PRINTER_PRINT_FORM);
	core->tx->header.timeout_ms = patience_ms;
	sheet->request_id = core->tx->header.request_id;
	memcpy(core->tx->payload.print_form.job, sheet->job, sizeof(sheet->job));
	core->tx->payload.print_form.size = sheet->size;
	core->tx->payload.print_form.paper = sheet->paper;
	core->tx->payload.print_form.receipt = sheet->receipt;
	vt_wipe(&sheet->receipt, sizeof(sheet->receipt));
	sheet->is_sent = true;
	core_arm(core->sheet_timer, vt_clock_monotonic_ms() + patience_ms + 2000);
	(void)peer_send(&core->devices);
}

/* A sheet that a restart of ours had called in doubt, or whose doubt the printer resolved. */
static void take_late_outcome(struct core *core, const struct printer_print_result *result)
{
	struct queue_effect effect;
	struct sheet sheet = {0};

	if (!storage_begin(core) || queue_effect_get(core->queue, result->job, &effect) != VT_OK)
		return;
	const enum vt_code code = queue_effect_finish(core->queue, result->job,
		outcomes[result->outcome], result->reason, core_unix_ms(core));
	if (code == VT_ERR_STATE)
		return; /* one of long ago, told again */
	if (code) {
		storage_judge(core, code, "late print outcome");
		return;
	}
	sheet.kind = (enum txn_sheet)effect.detail;
	memcpy(sheet.transaction, effect.transaction, sizeof(sheet.transaction));
	store_receipt_state(core, &sheet, result->outcome);
}

/* A device process reports jobs of a former connection too: the job tells, not the request. */
void sheet_result(struct core *core, const struct bus_message *msg)
{
	const struct printer_print_result *result = &msg->payload.print_result;
	const struct sheet *sheet = &core->sheet;

	if (msg->header.completion == BUS_SUCCESS) {
		if (sheet->is_used && strcmp(sheet->job, result->job) == 0)
			finish(core, result->outcome, result->reason);
		else
			take_late_outcome(core, result);
		return;
	}
	/* Refused before anything was sent to the printer. */
	if (sheet->is_used && sheet->is_sent && sheet->request_id == msg->header.request_id)
		finish(core, OUTCOME_FAILED, "device");
}

void sheet_devices_gone(struct core *core)
{
	if (core->sheet.is_used && core->sheet.is_sent)
		core_arm(core->sheet_timer, vt_clock_monotonic_ms() + REPORT_MS);
}

void sheet_timeout(struct core *core)
{
	if (core->sheet.is_used)
		finish(core, core->sheet.is_sent ? OUTCOME_UNKNOWN : OUTCOME_FAILED, "device");
}

void sheets_recover(struct core *core)
{
	struct queue_effect open[32];
	size_t count;

	do {
		if (!storage_begin(core) ||
			queue_effects_open(core->queue, VT_ELEMENTS(open), open, &count) != VT_OK)
			return;
		for (size_t i = 0; i < count && core->queue; i++) {
			struct sheet sheet = {.kind = (enum txn_sheet)open[i].detail};
			memcpy(sheet.transaction, open[i].transaction, sizeof(sheet.transaction));
			const enum vt_code code = queue_effect_finish(core->queue, open[i].job,
				EFFECT_IN_DOUBT, "restart", core_unix_ms(core));
			if (code) {
				storage_judge(core, code, "recover print");
				return;
			}
			vt_log(VT_LOG_NOTICE, "sheet %s: in doubt after a restart", open[i].job);
			store_receipt_state(core, &sheet, OUTCOME_UNKNOWN);
		}
	} while (count == VT_ELEMENTS(open));
}
