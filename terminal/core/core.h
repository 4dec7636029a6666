#ifndef VT_CORE_CORE_H
#define VT_CORE_CORE_H

/* The insides of ventanilla-core: the only writer of the database and the hub of the star.
 *
 *   ui.sock ─┐                          ┌─ citizen.c  session events and effects
 *   devices ─┤  peers.c ──► permits ──► ├─ work.c     leases, deliveries, results
 *   sync ────┤   (decode)               ├─ sheets.c   print effects
 *   ctl ─────┘                          ├─ scans.c    the citizen's document under the scanner
 *                                       ├─ answers.c  ventanillactl
 *                                       ├─ languages.c packs that were installed
 *                                       ├─ technician.c, place.c  who maintains it, at the screen
 *                                       └─ journal.c  core's facts for the audit journal
 *                        │ all write into one open batch of the store
 *                        ▼
 *              storage.c: when the sockets are read empty, commit once; only then run what waited
 *              (show, send, print): no reply precedes durability
 *
 * One thread, one sd-event loop; nothing blocks but the commit. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "offline-queue/queue/journal.h"
#include "offline-queue/queue/queue.h"
#include "terminal/base/config.h"
#include "terminal/base/passcode.h"
#include "terminal/base/secret.h"
#include "terminal/base/timekeeper.h"
#include "terminal/bus/conn.h"
#include "terminal/certificate/certificate.h"
#include "terminal/certificate/cms.h"
#include "terminal/session/lockout.h"
#include "terminal/session/session.h"
#include "terminal/session/txn.h"

/* Technicians' connections at once. */
#define CORE_MAX_CTL	   8
#define CORE_MAX_IN_FLIGHT 16
#define CORE_MAX_ADAPTERS  8
/* A failed store is opened again, a good one tidied up, each so often. */
#define STORAGE_CHECK_MS 10000
/* Actions that wait for one commit: each in-flight work and a few of the citizen's. */
#define CORE_MAX_AFTER (CORE_MAX_IN_FLIGHT * 2 + 8)

struct core;

struct peer {
	struct core *core;
	enum bus_role role;
	struct bus_conn *conn; /* NULL = nobody */
	uid_t uid;	       /* whose process it is */
	void *io;	       /* sd_event_source, owned */
};

/* What core believes of one adapter of sync. */
struct adapter {
	char name[VT_MAX_ID];
	bool online;
	char reason[48];	/* why it is not */
	int unknowns;		/* doubtful results in a row: circuit breaker */
	enum txn_cause trouble; /* what a technician should look at; NONE once it answers again */
};

/* Work that sync holds. */
struct in_flight {
	bool is_used;
	int64_t request_id;
	char lease[VT_UUID_SIZE];
	char transaction[VT_UUID_SIZE];
	char service[VT_MAX_ID];
	char adapter[VT_MAX_ID];
};

/* The one sheet in print. */
struct sheet {
	bool is_used;
	bool is_sent;
	int64_t request_id;
	char job[VT_UUID_SIZE];
	char transaction[VT_UUID_SIZE];
	enum txn_sheet kind;
	enum paper_size size;
	enum paper_kind paper;
	struct receipt receipt; /* wiped once it is sent */
};

enum after_kind {
	AFTER_COMMITTED, /* tell the session that its transaction is on disk */
	AFTER_DELIVER,	 /* send the leased work */
	AFTER_RESULT,	 /* tell the session how its transaction ended */
	AFTER_PRINT,	 /* send the sheet */
	AFTER_PRINTED,	 /* tell the session what became of the sheet */
};

struct after {
	enum after_kind kind;
	char transaction[VT_UUID_SIZE];
	char folio[VT_FOLIO_SIZE];
	bool inquiry;
	int attempt;
	enum session_result result;
	enum print_outcome outcome;
	char reason[32];
};

/* A comparison with the services' ledgers: one question outside at a time. */
struct reconcile {
	struct peer *peer; /* who asked; NULL = none runs */
	struct bus_header request;
	int64_t since_unix_ms;
	struct queue_record page[RECONCILE_PAGE];
	size_t page_count, index;
	int64_t asked; /* id of the question outside, 0 = none */
	/* Behind the last page of rows: the ledger of one adapter. */
	bool is_ledger;
	size_t adapter;
	int64_t after;
	char silent[CORE_MAX_ADAPTERS][VT_MAX_ID]; /* not asked again in this page */
	size_t silent_count;
	struct reconcile_list list;
};

/* A part of an export that sync seals. */
struct export_job {
	struct peer *peer; /* who asked; NULL = none runs */
	struct bus_header request;
	int64_t asked; /* id of Work.Seal */
	int64_t next, count, skipped;
};

/* The card reader of the citizens, and the one operation on its card (cards.c). */
struct card_desk {
	/* as devices told it last */
	bool is_in, is_readable;
	char device[DEVICE_ID_SIZE];
	int slot;
	char atr[CARD_ATR_SIZE];

	enum { CARD_IDLE, CARD_LISTING, CARD_CHECKING, CARD_SIGNING } phase;
	struct peer *peer;	   /* the technician who asked; NULL = the citizen's session */
	struct bus_header request; /* … and what */
	int64_t asked;		   /* request id at devices or sync */
	struct certificate_store *authorities; /* owned; NULL = none are configured */
	struct certificate *certificate;       /* owned; of the operation and of the sign-in */
	char text[CERTIFICATE_TEXT_SIZE];      /* … as it came, for Certificate.Check */
	char id[CARD_CERTIFICATE_ID_SIZE];
	struct card_pin pin;
	bool is_checked;
	struct card_show *show;	 /* owned: Card.Show while its certificates are asked after, or NULL
				  */
	struct vt_secret secret; /* PIN of Card.Sign while the card is listed; wiped */
	bool last_try;
	enum card_hash hash;
	char digest[CARD_DIGEST_SIZE];
	struct cms *cms; /* owned; of the request that is being signed, NULL = a sign-in */
};

/* A technician's Device.Reset or Device.Test (maintain.c). */
struct maintenance {
	bool is_used;
	struct peer *peer; /* who asked; NULL = the technician at the screen */
	struct bus_header request;
	int64_t asked; /* id of the command at devices */
	char device[24];
};

/* Counters of devices in their life, as far as they are known to this core (counters.c). */
struct counter_book {
	size_t count;
	struct queue_counters rows[STATUS_MAX_DEVICES];
	bool is_changed;  /* since the last commit */
	int64_t again_ms; /* no commit for their sake alone before */
};

/* Language packs (languages.c). */
struct languages {
	const char *store; /* folder, borrowed from the configuration; NULL = none */
	bool allow_unsigned;
	struct timespec seen; /* the store's time at the last look */
};

struct core {
	const struct vt_config *config;
	void *event; /* sd_event */
	char terminal[QUEUE_TERMINAL_SIZE];
	char folio_code[5];
	char run_dir[96], state_dir[96];
	char journal_key[128]; /* file that signs the audit journal; "" = unsigned */
	struct catalogue *catalogue;
	struct session *session;
	struct queue *queue;		  /* NULL while storage is failed */
	struct queue_retention retention; /* shred_ms 0 = the default */
	enum storage_problem problem;	  /* while health.storage_ok is false */
	char storage_detail[200], storage_aside[64];
	bool rolled_back;
	int64_t check_ms;     /* between two looks at the storage; 0 = STORAGE_CHECK_MS */
	uint64_t store_inode; /* of the file that was opened last; 0 = none yet */
	int64_t started_ms;
	int64_t sessions;
	char lane[VT_UUID_SIZE];	/* of the present citizen's session, "" = none */
	int64_t storage_failed_unix_ms; /* since when; 0 = it is good */
	struct vt_timekeeper clock;
	bool is_clock_wrong;	   /* the system's, against a trusted time */
	int64_t clock_off_ms;	   /* system's minus ours at the last look */
	int64_t prune_from_ms;	   /* monotonic: nothing is shredded before */
	int64_t journal_signed_ms; /* monotonic: last checkpoint by time */

	int listeners[ROLE_COUNT];
	uid_t users[ROLE_COUNT]; /* who may take a role; not asked for ROLE_CTL */
	struct peer ui, devices, sync, ctl[CORE_MAX_CTL];
	struct bus_message *rx, *tx; /* reused; wiped after use */

	struct session_health health;
	struct languages languages;
	struct device_list device_list;
	struct counter_book counters;
	struct adapter adapters[CORE_MAX_ADAPTERS];
	size_t adapter_count;

	struct in_flight in_flight[CORE_MAX_IN_FLIGHT];
	struct sheet sheet;
	bool sheet_waits; /* the present citizen's, behind the one in print */
	struct after after[CORE_MAX_AFTER];
	size_t after_count;

	struct reconcile reconcile;
	struct export_job export_job;
	struct card_desk cards;
	int64_t scan_asked; /* request id of BarcodeReader.Read; 0 = nobody scans */
	struct maintenance maintenance;
	struct passcode code; /* of the technicians; session_duty() says whether there is one */
	struct lockout lockout;

	void *card_timer; /* sd_event_source: the operation on a card, at the latest */
	void *session_timer, *work_timer, *sheet_timer, *storage_timer; /* sd_event_source */
};

/* ---- peers.c ---- */
/* Listens. Besides core's own user, a role may be taken by the user that [users] names for it.
 * VT_ERR_NOT_FOUND: there is no such user. */
VT_MUST_USE enum vt_code peers_open(struct core *core, struct vt_error *error);
void peers_close(struct core *core);
/* Sends core->tx; closes the peer on failure. False if it is not connected (any more). */
bool peer_send(struct peer *peer);

/* ---- storage.c: the store, its batches and what waits for them ---- */
VT_MUST_USE enum vt_code storage_open(struct core *core, struct vt_error *error);
/* Opens a batch if none is; false if storage is failed. */
bool storage_begin(struct core *core);
/* Commits the open batch, if any, and runs what waited for it. False if it is lost. */
bool storage_commit(struct core *core);
/* Forgets the batch; who waited for it learns that it is lost. */
void storage_abort(struct core *core);
/* Something to run after the commit; the caller fills it. */
struct after *storage_after(struct core *core, enum after_kind kind, const char *transaction);
/* Says that the store answered with code: decides whether storage is failed. */
void storage_judge(struct core *core, enum vt_code code, const char *what);
/* Periodic care: reopen after a failure, free space, retention. Rearms storage_timer. */
void storage_tick(struct core *core);
/* (Re)arms a one-shot timer at a monotonic time in ms; at_ms 0 switches it off. */
void core_arm(void *timer, int64_t at_ms);

/* ---- citizen.c ---- */
/* Fills time into event, steps the session and carries the effects out. */
void citizen_feed(struct core *core, struct session_event *event);
void citizen_health(struct core *core);
/* Sends the present screen to the ui. */
void citizen_show(struct core *core);
void citizen_recover(struct core *core);

/* ---- languages.c ---- */
VT_MUST_USE enum vt_code languages_open(struct core *core, struct vt_error *error);
/* Offers what is installed now, if that has changed since the last look. */
void languages_look(struct core *core);

/* ---- work.c ---- */
/* Stores what the session submits; true if it waits in the batch for the commit. */
bool work_submit(struct core *core);
/* Leases what is due to a free sync. */
void work_pump(struct core *core);
void work_deliver(struct core *core, const struct after *after);
/* Core's time, for sync. */
void work_fill_time(const struct core *core, struct work_deliver *deliver);
void work_result(struct core *core, const struct bus_message *msg);
void work_link(struct core *core, const struct work_link *link);
void work_sync_up(struct core *core);
void work_sync_gone(struct core *core);
/* The lease of transaction was not stored: it was never given, the row is due as before. */
void work_forget(struct core *core, const char *transaction);
/* Steps record->txn with event (time and randomness are added) and stores it in the open batch.
 * VT_ERR_STATE, VT_ERR_NOT_FOUND: the event is stale, nothing changed. After any other failure the
 * store may be closed. */
VT_MUST_USE enum vt_code work_step(struct core *core, struct queue_record *record,
	struct txn_event *event, const char *answer, struct txn_effects *effects);
/* After (re)opening the store: leases of a former life end. */
void work_recover(struct core *core);

/* ---- sheets.c ---- */
void sheet_start(struct core *core);
void sheet_send(struct core *core);
/* Starts the sheet that waited for the printer, if its citizen is still there. */
void sheet_next(struct core *core);
void sheet_result(struct core *core, const struct bus_message *msg);
void sheet_devices_gone(struct core *core);
void sheet_timeout(struct core *core);
void sheets_recover(struct core *core);

/* ---- answers.c ---- */
void answer_ctl(struct core *core, struct peer *peer);
void devices_status(struct core *core, const struct device_status *status);

/* ---- counters.c ---- */
/* Adds what devices told to the device's life and puts the sums into status. */
void counters_take(struct core *core, struct device_status *status);
/* In an open batch that is about to be committed, and after its commit. */
void counters_write(struct core *core);
void counters_written(struct core *core);
/* What nothing took along yet opens a batch. */
void counters_tick(struct core *core);
void counters_store_opened(struct core *core);

/* ---- ledgers.c ---- */
/* Cursor of the first page of services' ledgers; 0 if there is no service to ask. */
int64_t ledgers_first(const struct core *core);
/* Where the audit journal stands, "SEQUENCE HASH", for a witness; "" if it is not signed. */
void ledgers_checkpoint(struct core *core, char *text, size_t size);
/* Asks for the page that cursor < 0 names, or finishes at once if that cannot be. */
void ledgers_ask(struct core *core, int64_t cursor);
/* The answer; NULL: there will be none. */
void ledgers_take(struct core *core, const struct work_result *result);

/* ---- reconcile.c ---- */
/* Sends the list to who asked. */
void reconcile_finish(struct core *core);
/* Queue.Reconcile: asks about a page of rows and answers when all are judged. */
void answer_reconcile(struct core *core, struct peer *peer);
/* True if msg is the answer to its question. */
bool reconcile_result(struct core *core, const struct bus_message *msg);
void reconcile_sync_gone(struct core *core);
void reconcile_peer_gone(struct core *core, const struct peer *peer);

/* ---- export.c ---- */
/* Queue.Export: what is undelivered, sealed by sync; from then on it may take effect by another
 * way than ours, so it is asked about before it is ever sent. */
void answer_export(struct core *core, struct peer *peer);
void export_sealed(struct core *core, const struct bus_message *msg);
void export_sync_gone(struct core *core);
void export_peer_gone(struct core *core, const struct peer *peer);

/* ---- clock.c ---- */
/* Before anything else asks for the time. */
void core_clock_start(struct core *core);
/* Milliseconds since 1970 as core believes; steady, whatever the system's clock does, once a
 * service has signed the time. */
int64_t core_unix_ms(const struct core *core);
/* Takes the floor that the store kept. */
void core_clock_store_opened(struct core *core);
/* Looks at the system's clock; now and then. */
void core_clock_watch(struct core *core);
/* A service signed that it is so late. True if core's time moved by it: what waits may be due. */
bool core_clock_learn(struct core *core, int64_t signed_unix_ms);
/* False for a while after a leap that nobody vouches for. */
bool core_clock_may_prune(const struct core *core);

/* ---- cards.c ---- */
/* Reads the authorities of [card]. A folder that is wrong is an error: a terminal that believes
 * nobody would only say so to citizens. */
VT_MUST_USE enum vt_code cards_open(struct core *core, struct vt_error *error);
void cards_close(struct core *core);
void cards_inserted(struct core *core, const struct card_inserted *inserted);
void cards_removed(struct core *core, const struct card_removed *removed);
/* Effects of the session: see struct session_effects. pin is borrowed. */
void cards_read(struct core *core);
void cards_sign(struct core *core, const char *pin, bool last_try);
void cards_cancel(struct core *core);
/* Nobody's certificate is kept beyond the session. */
void cards_forget(struct core *core);
/* Completions of devices and sync. */
void cards_listed(struct core *core, const struct bus_message *msg);
void cards_checked(struct core *core, const struct bus_message *msg);
void cards_signed(struct core *core, const struct bus_message *msg);
void cards_pin_entry(struct core *core, const struct bus_message *msg);
void cards_timeout(struct core *core);
void cards_devices_gone(struct core *core);
void cards_sync_gone(struct core *core);
void cards_peer_gone(struct core *core, const struct peer *peer);
/* Card.Show, Card.Sign of a technician. */
void answer_card(struct core *core, struct peer *peer);

/* ---- scans.c ---- */
/* Effects of the session: see struct session_effects. */
void scan_start(struct core *core, int64_t within_ms);
void scan_cancel(struct core *core);
/* Completion of BarcodeReader.Read. */
void scan_done(struct core *core, const struct bus_message *msg);
void scan_devices_gone(struct core *core);

/* ---- maintain.c ---- */
/* Device.Reset, Device.Test of a technician: passed on to devices, one at a time. */
void answer_maintenance(struct core *core, struct peer *peer);
/* The same for the technician at the screen: technician_ordered() tells the outcome. Else why it
 * cannot be, with a text. */
VT_MUST_USE enum bus_completion_code maintenance_order(
	struct core *core, const char *id, bool is_test, const char **ret_text);
/* A completion of devices; true if it answers what a technician asked. */
bool maintenance_done(struct core *core, const struct bus_message *msg);
void maintenance_devices_gone(struct core *core);
void maintenance_peer_gone(struct core *core, const struct peer *peer);

/* ---- journal.c ---- */
/* Adds a fact of core's own to the open batch (opens one if none is); its time is now unless it has
 * one. While the store is closed facts are lost, which the pair storage-failed, storage-good around
 * them says. */
void journal_note(struct core *core, struct journal_fact fact);
/* What a technician has done, with the uid of the caller; subject: a transaction or NULL. */
void journal_note_technician(const struct peer *peer, const char *what, const char *subject);
/* The same of the technician at the screen, whom only the code has named: uid -1. */
void journal_note_screen(struct core *core, const char *what, const char *subject);
/* A checkpoint over everything up to now, in the open batch. */
void journal_sign(struct core *core);
/* A checkpoint each ten minutes, if there is something to sign. */
void journal_tick(struct core *core);
/* Journal.Show, Journal.Verify, Journal.Checkpoint. */
void answer_journal(struct core *core, struct peer *peer);

/* ---- decide.c ---- */
/* Queue.Retry, Queue.Discard: answered once the decision is durable. */
void answer_decision(struct core *core, struct peer *peer);
/* "Try again" of the technician at the screen, by folio. *ret_verdict is written on VT_OK. */
VT_MUST_USE enum vt_code decide_retry(
	struct core *core, const char *folio, enum queue_verdict *ret_verdict);
/* Why a person gave record up; "" if nobody did, or the reason is no longer kept. */
void decide_note(struct core *core, const struct queue_record *record, char *note, size_t size);

/* ---- technician.c: the technician at the screen ---- */
/* Reads [technician] and what was kept of the last run. VT_ERR_PARSE, VT_ERR_LIMIT: the code's line
 * is malformed. */
VT_MUST_USE enum vt_code technician_open(struct core *core, struct vt_error *error);
/* Effects of the session: see struct session_effects. _keep() before the screen shows them. */
void technician_keep(struct core *core, const struct session_effects *effects);
void technician_carry_out(struct core *core, const struct session_effects *effects);
/* Outcome of maintenance_order(); tested NULL: there was none, text says why. */
void technician_ordered(struct core *core, const char *device, enum bus_completion_code code,
	const char *text, const struct device_tested *tested);
/* Writes state_dir/name whole or not at all; false: it is not kept, and the log says why. */
bool technician_write(const struct core *core, const char *name, const char *text);
/* Completes the model of the maintenance screen with the facts. */
void technician_fill(struct core *core, struct screen_model *model);

/* ---- place.c: where the terminal stands, its panel ---- */
/* What was kept of it, for the session. */
void place_open(struct core *core);
/* Keeps it if a step has changed it: before the screen shows it. */
void place_keep(const struct core *core, const struct session_effects *effects);

#endif
