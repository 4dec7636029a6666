#ifndef VT_BUS_MESSAGES_H
#define VT_BUS_MESSAGES_H

/* Every message between the processes of a terminal, in the form of XFS4IoT 2024-3 (ARCHITECTURE
 * §2):
 * {"header": {"type", "name", "requestId", "version", …}, "payload": {…}}.
 *
 * A command gets exactly one completion; events and unsolicited messages get none. Who may send
 * which is permit.h. Payload structs are plain values; personal data in them is wiped by
 * bus_message_finish(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/error.h"
#include "terminal/base/limits.h"
#include "terminal/bus/card.h"
#include "terminal/bus/fields.h"
#include "terminal/bus/receipt.h"
#include "terminal/bus/screen.h"

enum bus_type {
	BUS_COMMAND,
	BUS_ACKNOWLEDGE,
	BUS_EVENT,
	BUS_COMPLETION,
	BUS_UNSOLICITED,
	BUS_TYPE_COUNT
};
extern const char *const bus_type_names[BUS_TYPE_COUNT];

/* Completion codes of XFS4IoT that we use; BUS_SUCCESS is "success". */
enum bus_completion_code {
	BUS_SUCCESS,
	BUS_INVALID_DATA,
	BUS_COMMAND_ERROR_CODE,
	BUS_DEVICE_NOT_READY,
	BUS_HARDWARE_ERROR,
	BUS_CANCELED,
	BUS_TIME_OUT,
	BUS_UNSUPPORTED_COMMAND,
	BUS_NOT_FOUND,
	BUS_NOT_PERMITTED,
	BUS_INTERNAL_ERROR,
	BUS_SEQUENCE_ERROR, /* not now: something else is under way */
	BUS_COMPLETION_CODE_COUNT
};
extern const char *const bus_completion_code_names[BUS_COMPLETION_CODE_COUNT];

/* ---- Terminal.* ---- */

enum bus_role { ROLE_UI, ROLE_DEVICES, ROLE_SYNC, ROLE_CTL, ROLE_COUNT };
extern const char *const bus_role_names[ROLE_COUNT];

/* First message of every client (unsolicited): who speaks, for logs and Terminal.Status. */
struct terminal_hello {
	char program[32]; /* "ventanilla-ui" */
	char version[24];
	int64_t pid;
};

struct bus_empty {
	char unused;
};

/* Why nothing new is taken: what a person has to do differs. */
enum storage_problem {
	STORAGE_GOOD,
	STORAGE_IO,	   /* the disk failed */
	STORAGE_FULL,	   /* too little room for what is under way */
	STORAGE_READ_ONLY, /* mounted so, or remounted after an error */
	STORAGE_MISSING,   /* folder or file is gone while we had it */
	STORAGE_NEWER,	   /* written by a newer version of the program */
	STORAGE_KEY,	   /* key file or terminal id do not belong to it */
	STORAGE_PROBLEM_COUNT
};
extern const char *const storage_problem_names[STORAGE_PROBLEM_COUNT];

#define STATUS_MAX_SERVICES 8
/* What core believes of the services behind one adapter of sync. */
struct status_service {
	char adapter[VT_MAX_ID];
	bool online;
	char reason[48];  /* why it is not reached */
	char trouble[32]; /* cause that calls for a person: "answer", "lane", "server"; "" = none */
};

/* What technicians told and measured at the screen; "" and 0 = nothing yet, as terminal.conf says.
 */
struct status_place {
	char entity[3]; /* state, as in a CURP */
	char municipality[124], site[124];
	struct screen_panel panel;
};

/* Completion of Terminal.Status. */
struct terminal_status {
	char terminal[24];
	char version[24];
	char session[24]; /* state of the session machine, "attract" … */
	char storage[12]; /* "ok" | "failed" */
	enum storage_problem problem;
	char detail[200];	/* of the problem, for a technician */
	char aside[64];		/* newest corrupt store kept in the state folder, "" = none */
	bool rolled_back;	/* the store was older than the last one opened here */
	bool ui, devices, sync; /* process connected */
	bool online;		/* last word of sync about the services */
	char printer[24];	/* "ready" | "noPaper" | "absent" … */
	int64_t queued;		/* transactions not yet settled */
	int64_t dead;		/* waiting for a person */
	int64_t oldest_ms;	/* age of the oldest unsettled one */
	int64_t sessions;	/* since start */
	int64_t uptime_ms;
	bool clock_trusted;   /* a service signed the time in this run */
	int64_t clock_off_ms; /* system's clock minus the terminal's time */
	size_t service_count;
	struct status_service services[STATUS_MAX_SERVICES];
	struct status_place place;
};

/* ---- Intent.* : ui to core ---- */

enum intent_action {
	INTENT_START,	     /* attract touched; intro "Comenzar" */
	INTENT_OPEN,	     /* item: service card */
	INTENT_SUBMIT,	     /* field's value in value; item for a choice */
	INTENT_UNKNOWN_CURP, /* "No la conozco" */
	INTENT_CHANGE,	     /* item: row of the review */
	INTENT_CONFIRM,	     /* review accepted (consent = true where asked) */
	INTENT_YES,	     /* results: these are my data */
	INTENT_NO,
	INTENT_PRINT,	    /* print (again) */
	INTENT_PRINTED_OK,  /* answer to an unknown print: it came out */
	INTENT_PRINTED_BAD, /* it did not */
	INTENT_BACK,
	INTENT_CANCEL,
	INTENT_EXTEND,	 /* time-out dialogue: go on */
	INTENT_END,	 /* end the session and wipe */
	INTENT_LANGUAGE, /* item "" opens the screen, else a code */
	INTENT_ACCESS,	 /* opens the screen */
	INTENT_SETTING,	 /* item = name of the setting, value = number */
	INTENT_HELP,
	INTENT_CLOSE,	/* leaves language, access, help without a change */
	INTENT_SIGN_IN, /* "Entrar con mi e.firma", or again after a problem with the card */
	INTENT_SCAN,	/* SCREEN_CURP: value: what is typed so far; or again after a problem */
	INTENT_STAFF,	/* the technicians' hidden gesture (ui/staff_gesture.h) */
	INTENT_MONTH,	/* SCREEN_CALENDAR: item: another month, AAAA-MM */
	INTENT_ACTION_COUNT
};
extern const char *const intent_action_names[INTENT_ACTION_COUNT];

/* Intent.Act (unsolicited). Dropped if screen revision is not the current one. */
struct intent_act {
	enum screen_kind screen;
	int64_t revision;
	enum intent_action action;
	char item[VT_MAX_ID];
	char value[VT_MAX_VALUE]; /* personal */
	bool consent;
};

/* Intent.Activity (unsolicited): somebody touched; at most once a second. Payload empty. */

/* ---- Screen.* : core to ui ---- */
/* Screen.Show (command): payload struct screen_model. Completion (empty) when its first frame is
 * presented. */

/* ---- Printer.*, Common.* : core and devices ---- */

/* What a printer prints on, and what a document wants. */
enum paper_size { PAPER_ROLL, PAPER_LETTER, PAPER_SIZE_COUNT };
extern const char *const paper_size_names[PAPER_SIZE_COUNT];
/* PAPER_SECURITY: numbered or watermarked sheets of the agency, in a tray of their own. */
enum paper_kind { PAPER_PLAIN, PAPER_SECURITY, PAPER_KIND_COUNT };
extern const char *const paper_kind_names[PAPER_KIND_COUNT];

/* Printer.PrintForm (command): one document. job names the print effect in core's journal; the
 * printer is the one of that size. */
struct printer_print_form {
	char job[VT_UUID_SIZE];
	enum paper_size size;
	enum paper_kind paper; /* PAPER_LETTER: from which tray */
	struct receipt receipt;
};

enum print_outcome { OUTCOME_PRINTED, OUTCOME_FAILED, OUTCOME_UNKNOWN, PRINT_OUTCOME_COUNT };
extern const char *const print_outcome_names[PRINT_OUTCOME_COUNT];

/* Its completion. FAILED: nothing usable came out. UNKNOWN: cannot know (devices.md D.5). */
struct printer_print_result {
	char job[VT_UUID_SIZE];
	enum print_outcome outcome;
	char reason[32]; /* "", "paper", "cover", "cutter", "power", "absent", "device" */
};

enum device_state {
	DEVICE_ABSENT,
	DEVICE_STARTING,
	DEVICE_READY,
	DEVICE_DEGRADED, /* works, but wants care: paper near end */
	DEVICE_FAILED,
	DEVICE_STATE_COUNT
};
extern const char *const device_state_names[DEVICE_STATE_COUNT];

enum paper_state { PAPER_UNKNOWN, PAPER_FULL, PAPER_LOW, PAPER_OUT, PAPER_STATE_COUNT };
extern const char *const paper_state_names[PAPER_STATE_COUNT];

/* A tray of a letter-size printer. One that is there and empty is PAPER_OUT. */
struct printer_tray {
	char name[32];	       /* the printer's own: "tray-1" */
	enum paper_kind paper; /* trays with other media are not told */
	enum paper_state level;
};
#define PRINTER_MAX_TRAYS 8

/* Common.StatusChangedEvent (unsolicited, devices to core): one device; sent at each change and,
 * for every device, after connecting. */
struct device_status {
	char id[24];	/* stable name: "printer", "letter", "reader" … */
	char class[24]; /* "Printer", "CardReader" … (XFS4IoT interface) */
	char model[64]; /* from assets/devices.tsv */
	char usb[12];	/* "04b8:0e15" */
	enum device_state state;
	enum paper_state paper;
	char reason[32]; /* "", "paper", "cover", "cutter", "unplugged", "refused", "protocol" … */
	char advice[120]; /* English sentence for the technician */
	/* From devices: counted since that process started, which run (uuid text) names. To ctl: in
	 * the device's life (terminal/core/counters.c), run = "". reads: cards; resets: of its
	 * port, and by a technician. */
	char run[VT_UUID_SIZE];
	int64_t sheets, cuts, reads, errors, resets;
	enum paper_size size; /* of a printer */
	size_t tray_count;
	struct printer_tray trays[PRINTER_MAX_TRAYS];
};

/* ---- Work.* : core and sync ---- */

/* Work.Deliver (command): one leased piece of work. payload and answer are JSON text of the
 * adapter's own fields (offline-queue/sync/adapters). The same (terminal, key) goes out at each
 * attempt. */
struct work_deliver {
	char lease[VT_UUID_SIZE];
	char transaction[VT_UUID_SIZE];
	char key[VT_UUID_SIZE]; /* idempotency key */
	char service[VT_MAX_ID];
	char adapter[VT_MAX_ID];   /* "renapo", "fees" */
	char operation[VT_MAX_ID]; /* "consultarPorCurp", "confirm", "sheet" … */
	bool inquiry;		   /* ask what became of key; do nothing */
	int attempt;
	int64_t deadline_ms; /* patience for this attempt, relative */
	/* Core's time (terminal/base/timekeeper.h), for a sync that has not heard it yet. */
	int64_t floor_unix_ms;
	int64_t trusted_unix_ms; /* 0 = nobody has signed it in this run of core */
	char payload[VT_MAX_PAYLOAD];
};

enum work_result_kind {
	WORK_ACCEPTED,
	WORK_REJECTED,
	WORK_RETRY_AFTER,
	WORK_UNKNOWN,
	WORK_NOT_KNOWN,
	WORK_RESULT_COUNT
};
extern const char *const work_result_names[WORK_RESULT_COUNT];

/* Its completion (reliability.md §2.2). WORK_NOT_KNOWN answers an inquiry only: the receiver never
 * saw the key, so the work may be sent (again) with the same key. */
struct work_result {
	char lease[VT_UUID_SIZE];
	char transaction[VT_UUID_SIZE];
	enum work_result_kind result;
	char cause[32];		     /* a word of TXN_CAUSES, offline-queue/queue/record.h */
	int64_t retry_after_ms;	     /* WORK_RETRY_AFTER: at least so long; 0 = own backoff */
	bool replayed;		     /* the receiver said it had this key already */
	int64_t signed_unix_ms;	     /* time that the receiver signed just now, 0 = none */
	char detail[160];	     /* for technicians, no personal data */
	char answer[VT_MAX_PAYLOAD]; /* JSON of the adapter's answer; personal */
};

/* Work.LinkEvent (unsolicited, sync to core): can the services of an adapter be reached? */
struct work_link {
	char adapter[VT_MAX_ID];
	bool online;
	char reason[48]; /* "tls", "connect", "certificate" … when not */
};

/* ---- ctl ---- */

#define STATUS_MAX_DEVICES 16
/* Completion of Device.List (command, empty payload). */
struct device_list {
	size_t count;
	struct device_status devices[STATUS_MAX_DEVICES];
};

/* Device.Reset, Device.Test (command of ctl to core, and of core to devices): for one device.
 * Device.Reset: a technician trusts it again (quarantine) and its driver starts anew; the
 * completion is its status afterwards. notFound: no such device; sequenceError: it is at work, or
 * a citizen is served; deviceNotReady: there is no device process. */
struct device_query {
	char device[24]; /* device_status.id */
};
enum test_outcome {
	TEST_PASSED,
	TEST_FAILED,
	TEST_UNKNOWN, /* a sheet of which the printer cannot say whether it came out */
	TEST_OUTCOME_COUNT
};
extern const char *const test_outcome_names[TEST_OUTCOME_COUNT];
/* Completion of Device.Test. */
struct device_tested {
	char device[24];
	enum test_outcome outcome;
	char reason[32];  /* as device_status.reason or printer_print_result.reason; "noCard" */
	char detail[120]; /* English sentence for the technician */
};

/* BarcodeReader.Read (command of core to devices, payload struct device_query, device "" = the only
 * scanner): the next code that is held under the scanner, within the header's time limit;
 * Common.Cancel ends it early. Its completion; deviceNotReady: no scanner, or it went meanwhile;
 * invalidData: what was scanned is no text of ours (scan.h); sequenceError: one is under way. */
#define BARCODE_TEXT_SIZE 4097
struct barcode_scanned {
	char device[24];
	char symbology[4];	      /* AIM: "]Q1"; "" = the scanner does not say */
	char text[BARCODE_TEXT_SIZE]; /* personal; printable UTF-8 */
};

/* Room for a person's reason: 160 bytes and NUL. */
#define DECISION_REASON_SIZE 161
/* One transaction for a technician: no personal data. */
struct queue_row {
	char transaction[VT_UUID_SIZE];
	char folio[VT_FOLIO_SIZE];
	char service[VT_MAX_ID];
	char state[16];	  /* "JOURNALED" … */
	char receipt[16]; /* "NONE" … */
	int attempts;
	char cause[32]; /* last cause */
	int64_t created_unix_ms;
	int64_t next_ms;		 /* until the next attempt, 0 = none planned */
	char note[DECISION_REASON_SIZE]; /* Queue.Show: why a person gave it up, while it is kept */
};

#define QUEUE_PAGE 100
/* Queue.List (command). Newest first; cursor = 0 or the answer's next. */
struct queue_query {
	int64_t cursor;
	bool unsettled_only;
	char id[VT_UUID_SIZE]; /* Queue.Show: transaction id or folio */
};
struct queue_list {
	int64_t next; /* 0 = end */
	size_t count;
	struct queue_row rows[QUEUE_PAGE];
};

/* Queue.Retry, Queue.Discard (command): a person's decision about one transaction. */
struct queue_decision {
	char id[VT_UUID_SIZE];		   /* transaction id or folio */
	char reason[DECISION_REASON_SIZE]; /* Discard: why; kept and logged: no personal data */
};
enum queue_verdict {
	VERDICT_DONE,	   /* durable */
	VERDICT_IN_FLIGHT, /* a delivery or question is outside: later */
	VERDICT_IN_LANE,   /* waits for the transaction before it: later */
	VERDICT_SERVED,	   /* the citizen stands in front of the terminal: later */
	VERDICT_IN_DOUBT,  /* may have taken effect: cannot be given up, it will be asked about */
	VERDICT_SETTLED,   /* is over: nothing to decide */
	QUEUE_VERDICT_COUNT
};
extern const char *const queue_verdict_names[QUEUE_VERDICT_COUNT];
/* Its completion; state is the one afterwards. */
struct queue_decided {
	enum queue_verdict verdict;
	char transaction[VT_UUID_SIZE];
	char folio[VT_FOLIO_SIZE];
	char state[16];
};

/* Queue.Reconcile (command): asks the services what became of a page of transactions. Changes
 * nothing. One at a time in a terminal. */
struct reconcile_query {
	int64_t cursor; /* 0 = from the newest, or the answer's next, which may be negative */
	int64_t since_unix_ms;
};
enum reconcile_finding {
	FINDING_SAME,
	FINDING_UNKNOWN_THERE,	  /* settled here, the service never saw the key */
	FINDING_NOT_SETTLED_HERE, /* settled there, not here */
	FINDING_DIFFERENT,	  /* both settled, not alike */
	FINDING_UNANSWERED,	  /* the service could not be asked */
	FINDING_MOVING,		  /* under way at this very moment: no finding */
	FINDING_ONLY_THERE,	  /* the service holds a key that this store does not know */
	RECONCILE_FINDING_COUNT
};
extern const char *const reconcile_finding_names[RECONCILE_FINDING_COUNT];
struct reconcile_row {
	char transaction[VT_UUID_SIZE];
	char folio[VT_FOLIO_SIZE];
	char service[VT_MAX_ID];
	char here[16];	/* state */
	char there[16]; /* "accepted", "rejected", "unknown", "running", "" */
	enum reconcile_finding finding;
	int64_t created_unix_ms; /* ONLY_THERE: when the service decided */
	char key[VT_UUID_SIZE];	 /* ONLY_THERE: all that is known of it */
};
/* Small: a page is asked one by one, and a service may take its time over each. */
#define RECONCILE_PAGE 16
/* Its completion: rows whose finding is not FINDING_SAME. */
struct reconcile_list {
	int64_t next; /* 0 = end */
	int64_t compared;
	size_t count;
	struct reconcile_row rows[RECONCILE_PAGE];
};

/* Queue.Export (command): one part of the undelivered transactions, sealed for the agency, for a
 * stick (reliability of delivery without a network). Parts are independent of each other. */
struct export_query {
	int64_t cursor; /* 0 = from the newest, or the answer's next */
};
/* Room of a part: JSON text of transactions before, CMS in base64 after sealing. A part is closed
 * at 12 KiB; the last transaction may bring a whole payload more. */
#define EXPORT_CONTENT_SIZE 30720
#define EXPORT_SEALED_SIZE  49152
struct export_part {
	int64_t next; /* 0 = end */
	int64_t count;
	int64_t skipped; /* undelivered, but not for a stick: under way, in a lane */
	char sealed[EXPORT_SEALED_SIZE]; /* "" if count is 0 */
};

/* Work.Seal (command, core to sync): sign and encrypt, [export] of the configuration. */
struct work_seal {
	char content[EXPORT_CONTENT_SIZE]; /* personal */
};
struct work_sealed {
	char sealed[EXPORT_SEALED_SIZE];
};

/* Journal.Show, Journal.Verify (command): the audit journal (offline-queue/queue/journal.h). */
struct journal_query {
	int64_t cursor; /* Show: rows before it, 0 = from the newest. Verify: row to begin with, 0 =
			   the first */
};
#define JOURNAL_PAGE 100
struct journal_entry {
	int64_t sequence, at_unix_ms, opening;
	char event[24]; /* "opened" … */
	int64_t first, second;
	char subject[VT_UUID_SIZE], word[32];
	char hash[65]; /* hex */
	bool is_signed;
};
struct journal_page {
	int64_t next; /* 0 = end */
	size_t count;
	struct journal_entry rows[JOURNAL_PAGE];
};
/* Completion of Journal.Verify: pages from 1 to the end prove the whole. */
struct journal_proof {
	int64_t next;		   /* 0 = the end, or a fault */
	int64_t rows, checkpoints; /* found sound in this page */
	int64_t broken;		   /* first row that is not, 0 = none */
	char fault[16];		   /* what is wrong with it: "missing", "altered" … */
	int64_t last, last_signed;
	char public_key[256]; /* PEM; "" = the journal is not signed here */
};
/* Completion of Journal.Checkpoint (command, empty payload): everything up to now is signed; text
 * and signature are for a witness elsewhere. */
struct journal_signed {
	int64_t sequence;
	char text[256];	     /* what is signed */
	char signature[161]; /* hex of DER */
	char public_key[256];
};

/* ---- the message ---- */

/* X(ID, "Name", payload of command/unsolicited, payload of completion) */
#define BUS_MESSAGES(X)                                                                     \
	X(TERMINAL_HELLO, "Terminal.Hello", terminal_hello, empty)                          \
	X(TERMINAL_STATUS, "Terminal.Status", empty, terminal_status)                       \
	X(SCREEN_SHOW, "Screen.Show", screen_model, empty)                                  \
	X(INTENT_ACT, "Intent.Act", intent_act, empty)                                      \
	X(INTENT_ACTIVITY, "Intent.Activity", empty, empty)                                 \
	X(PRINTER_PRINT_FORM, "Printer.PrintForm", print_form, print_result)                \
	X(COMMON_STATUS_CHANGED, "Common.StatusChangedEvent", device_status, empty)         \
	X(WORK_DELIVER, "Work.Deliver", work_deliver, work_result)                          \
	X(WORK_LINK, "Work.LinkEvent", work_link, empty)                                    \
	X(DEVICE_LIST, "Device.List", empty, device_list)                                   \
	X(DEVICE_RESET, "Device.Reset", device_query, device_status)                        \
	X(DEVICE_TEST, "Device.Test", device_query, device_tested)                          \
	X(QUEUE_LIST, "Queue.List", queue_query, queue_list)                                \
	X(QUEUE_SHOW, "Queue.Show", queue_query, queue_list)                                \
	X(QUEUE_RETRY, "Queue.Retry", queue_decision, queue_decided)                        \
	X(QUEUE_DISCARD, "Queue.Discard", queue_decision, queue_decided)                    \
	X(QUEUE_EXPORT, "Queue.Export", export_query, export_part)                          \
	X(WORK_SEAL, "Work.Seal", work_seal, work_sealed)                                   \
	X(QUEUE_RECONCILE, "Queue.Reconcile", reconcile_query, reconcile_list)              \
	X(CARD_INSERTED, "CardReader.MediaInsertedEvent", card_inserted, empty)             \
	X(CARD_REMOVED, "CardReader.MediaRemovedEvent", card_removed, empty)                \
	X(CARD_READ_STRIPE, "CardReader.ReadRawData", device_query, stripe_swipe)           \
	X(BARCODE_READ, "BarcodeReader.Read", device_query, barcode_scanned)                \
	X(CERTIFICATE_LIST, "Certificate.List", certificate_query, certificate_list)        \
	X(CERTIFICATE_SIGN, "Certificate.Sign", certificate_sign, certificate_signed)       \
	X(CERTIFICATE_PIN_ENTRY, "Certificate.PinEntryEvent", certificate_pin_entry, empty) \
	X(COMMON_CANCEL, "Common.Cancel", common_cancel, empty)                             \
	X(CERTIFICATE_CHECK, "Certificate.Check", certificate_check, certificate_checked)   \
	X(CARD_SHOW, "Card.Show", certificate_query, card_facts)                            \
	X(CARD_SIGN, "Card.Sign", certificate_sign, certificate_signed)                     \
	X(JOURNAL_SHOW, "Journal.Show", journal_query, journal_page)                        \
	X(JOURNAL_VERIFY, "Journal.Verify", journal_query, journal_proof)                   \
	X(JOURNAL_CHECKPOINT, "Journal.Checkpoint", empty, journal_signed)

enum bus_name {
#define X(id, name, out, back) BUS_##id,
	BUS_MESSAGES(X)
#undef X
		BUS_NAME_COUNT
};

struct bus_header {
	enum bus_type type;
	enum bus_name name;
	int64_t request_id; /* of a command and everything that answers it; 0 for unsolicited */
	int64_t timeout_ms; /* command: 0 = none */
	enum bus_completion_code completion; /* completion only */
	char error[160]; /* completion with an error: English, no personal data */
};

struct bus_message {
	struct bus_header header;
	union {
		struct bus_empty empty;
		struct terminal_hello terminal_hello;
		struct terminal_status terminal_status;
		struct screen_model screen_model;
		struct intent_act intent_act;
		struct printer_print_form print_form;
		struct printer_print_result print_result;
		struct device_status device_status;
		struct work_deliver work_deliver;
		struct work_result work_result;
		struct work_link work_link;
		struct device_list device_list;
		struct device_query device_query;
		struct device_tested device_tested;
		struct queue_query queue_query;
		struct queue_list queue_list;
		struct queue_decision queue_decision;
		struct queue_decided queue_decided;
		struct export_query export_query;
		struct export_part export_part;
		struct work_seal work_seal;
		struct work_sealed work_sealed;
		struct reconcile_query reconcile_query;
		struct reconcile_list reconcile_list;
		struct card_inserted card_inserted;
		struct card_removed card_removed;
		struct stripe_swipe stripe_swipe;
		struct barcode_scanned barcode_scanned;
		struct certificate_query certificate_query;
		struct certificate_list certificate_list;
		struct certificate_sign certificate_sign;
		struct certificate_signed certificate_signed;
		struct certificate_pin_entry certificate_pin_entry;
		struct common_cancel common_cancel;
		struct certificate_check certificate_check;
		struct certificate_checked certificate_checked;
		struct card_facts card_facts;
		struct journal_query journal_query;
		struct journal_page journal_page;
		struct journal_proof journal_proof;
		struct journal_signed journal_signed;
	} payload; /* which one: header.name and header.type */
};

/* Table of the payload of such a message; NULL for names or types that do not exist. Completions
 * with an error code carry no payload. */
const struct bus_table *bus_payload_table(enum bus_name name, enum bus_type type);
/* "Screen.Show". */
const char *bus_name_text(enum bus_name name);

/* Appends the JSON text of msg to out. */
VT_MUST_USE enum vt_code bus_message_encode(
	const struct bus_message *msg, struct vt_buf *out, struct vt_error *error);
/* Fills msg from untrusted text. On failure msg is all zero. error names the member, never a value.
 */
VT_MUST_USE enum vt_code bus_message_decode(
	const char *json, size_t length, struct bus_message *msg, struct vt_error *error);
/* Wipes the whole message. */
void bus_message_finish(struct bus_message *msg);

#endif
