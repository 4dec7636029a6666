#ifndef VT_SESSION_SESSION_H
#define VT_SESSION_SESSION_H

/* One citizen at the terminal, from the touch on the attract screen to the wiped memory.
 *
 * A pure step function: time, ids and outcomes come in by events, what core must do comes out as
 * effects, what the screen shows is session_model(). No clock, socket, file or random source.
 *
 *                    START                 OPEN               START
 *   ┌────────► ATTRACT ────────────► HOME ──────────► INTRO ─────────► ASK ◄─────────┐
 *   │             ▲  ▲                ▲ ▲  BACK          │ BACK          │ SUBMIT ×n    │ CHANGE
 *   │ 60 s, END   │  └────────────────┼─┴────────────────┴──────────────┤              │
 *   │             │  END, time-out    │                                 ├─► REVIEW ────┤
 *   │          from anywhere          │ not me                          │     │ CONFIRM│
 *   │                                 │                                 ▼     ▼        │
 *   │                                 │             REFUSED         SUBMITTING         │
 *   │                                 │          ┌──────────────────────┤ COMMITTED    │
 *   │                                 │          ▼     rejected         ▼              │
 *   ├───────────────────────────── PROBLEM ◄──────────────────────── WAITING           │
 *   │                                 ▲    NO                  accepted │ patience over│
 *   │                                 └──────── RESULTS ◄───────────────┤ CANCEL       │
 *   │                                              │ YES                │              │
 *   └────────────────────────────────────────── DONE ◄──────────────────┘              │
 *
 *   any → CLOSED [session_health] when storage fails; CLOSED → ATTRACT when it is good again.
 *   ATTRACT, HOME, INTRO, ASK → SIGN_IN [a card, "Entrar con mi e.firma"] → back, or PROBLEM;
 *   session_card.c has its steps. ASK of a CURP → SCAN [the citizen's document] → ASK;
 *   session_scan.c has its steps. REVIEW → SIGN_IN [CONFIRM of a service whose requests are signed]
 *   → SUBMITTING once the card has signed, or back to REVIEW. Every end with the citizen's card in
 *   the reader → CARD_LEFT → ATTRACT when it is taken or 30 s are over.
 *
 *   ATTRACT, HOME, CLOSED → STAFF [hidden gesture] → MAINTENANCE [right code] → ATTRACT or CLOSED;
 *   session_staff.c has its steps. A citizen's session ends before STAFF.
 *
 * Overlays (LANGUAGE, ACCESS, HELP) and the time-out dialogue stand over a state and leave it as it
 * is. What may be trusted: from SUBMITTING on the answers do not change; a folio is set only after
 * COMMITTED arrived, so nothing is shown as registered before it is on disk. session_check()
 * asserts it. */

#include <stdbool.h>
#include <stdint.h>

#include "terminal/base/error.h"
#include "terminal/bus/messages.h"
#include "terminal/domain/date.h"
#include "terminal/session/catalogue.h"

enum session_state {
	SESSION_ATTRACT,
	SESSION_HOME,
	SESSION_INTRO,
	SESSION_ASK,  /* one question; which: question */
	SESSION_SCAN, /* … whose answer the scanner reads; which step: session_scan.c */
	SESSION_REVIEW,
	SESSION_SUBMITTING, /* core commits the transaction */
	SESSION_WAITING,    /* committed, the service has it */
	SESSION_RESULTS,    /* "are these your data?" */
	SESSION_DONE,
	SESSION_PROBLEM,
	SESSION_SIGN_IN,     /* with a certificate card; which step: session_card.c */
	SESSION_CARD_LEFT,   /* everything is wiped, but the card is still in the reader */
	SESSION_CLOSED,	     /* out of service */
	SESSION_STAFF,	     /* a technician's code is asked */
	SESSION_MAINTENANCE, /* … and was right */
	SESSION_STATE_COUNT
};
extern const char *const session_state_names[SESSION_STATE_COUNT];

enum session_overlay { OVERLAY_NONE, OVERLAY_LANGUAGE, OVERLAY_ACCESS, OVERLAY_HELP };

/* Times in milliseconds (UI.md §7). One table, so that tests and the demo can shorten them. */
struct session_times {
	int64_t idle_home;     /* no personal data, to home: 60 s */
	int64_t idle_attract;  /* from home to attract: 60 s more */
	int64_t idle_personal; /* personal data on screen, until the warning: 120 s */
	int64_t warning;       /* the time-out dialogue: 45 s */
	int64_t done;	       /* confirmation and problem screens: 60 s until the warning */
	int64_t patience;      /* for services that state none: 8 s */
	int64_t card_left;     /* the reminder about a forgotten card: 30 s */
	int64_t card_busy;     /* reader, card and revocation at work, at the latest: 90 s */
	int64_t scan;	       /* until a code is under the scanner: 30 s */
	int64_t staff_code;    /* the technician's code, untouched: 60 s */
	int64_t staff_idle;    /* maintenance, until the warning: 10 min (UI.md §2) */
	int64_t panel_keep;    /* a new size or calibration, until it goes by itself: 15 s */
};
extern const struct session_times session_default_times;

enum session_reader { READER_ABSENT, READER_READY, READER_FAILED };

/* What core knows about the parts of the terminal. */
struct session_health {
	bool storage_ok;
	bool printer_ready; /* a receipt printer that can print now */
	bool printer_paper; /* false: no paper (printer_ready is false then too) */
	/* a letter-size printer that can print now on such paper */
	bool letter_ready[PAPER_KIND_COUNT];
	bool letter_present; /* there is one, able or not */
	bool sync_connected;
	enum session_reader reader; /* of chip cards */
	bool scanner_ready;
	enum scanner_place scanner_place;
	/* adapters that cannot be reached now, by name; at most 8 */
	size_t offline_count;
	char offline[8][VT_MAX_ID];
};

enum session_event_type {
	SESSION_TICK, /* time passed; send at effects.wake_ms */
	SESSION_INTENT,
	SESSION_ACTIVITY,
	SESSION_HEALTH,
	SESSION_COMMITTED, /* the submission is on disk */
	SESSION_REFUSED,   /* it could not be stored */
	SESSION_RESULT,	   /* the service's word about our transaction */
	SESSION_PRINTED,   /* outcome of the sheet in print */
	SESSION_RECOVERED, /* after a start: a transaction of the session that core's death ended */
	SESSION_CARD,	   /* a card came or went */
	SESSION_IDENTITY,  /* what the card's certificate says, and whether it may be believed */
	SESSION_PIN_ENTRY, /* a key on the reader's own pad */
	SESSION_SIGNED,	   /* outcome of the signature that was asked for */
	SESSION_SCANNED,   /* outcome of the scan that was asked for */
	SESSION_CODE_JUDGED, /* was it a technician's code? */
	SESSION_ORDERED,     /* outcome of a technician's test or reset */
	SESSION_RETRIED,     /* outcome of "try again" for a transaction */
};

/* The reason for which a terminal that was never activated serves nobody. */
#define SETUP_REASON "setup"

/* What the terminal's keepers have decided; core keeps it over restarts. */
struct session_duty {
	bool has_code;	 /* a technician's code is configured: else nobody gets in here */
	char reason[24]; /* why it was taken out of service, "" = it serves */
	char until[24];	 /* when it comes back: "today", "tomorrow", "unknown" */
	int step;	 /* of the first start, while reason is SETUP_REASON; else 0 */
};

/* Where this terminal stands, and its panel: a technician's words; core keeps them over restarts.
 * "" and zero: not told. */
struct session_place {
	struct screen_panel panel;
	char entity[3]; /* code of a CURP, never NE */
	char municipality[124], site[124];
};

/* A certificate as core has read and checked it. Texts are borrowed by the event. */
struct session_certificate {
	const char *problem; /* "" = good, else the id of the problem screen: "card-expired" … */
	const char *holder, *rfc, *curp; /* "" where the certificate has none */
	bool is_checked; /* the issuer was asked: not revoked. False: nobody could be asked */
	const char *key; /* fresh: idempotency key of a request that is signed with it */
	struct card_pin pin;
};

enum session_scan {
	SCAN_READ,
	SCAN_UNREADABLE, /* there was a code, but no text came out of it whole */
	SCAN_NOTHING,	 /* in time */
	SCAN_GONE,	 /* no scanner, or it went meanwhile */
};

enum session_result { RESULT_ACCEPTED, RESULT_REJECTED, RESULT_PENDING };

struct session_event {
	enum session_event_type type;
	int64_t now_ms;	      /* monotonic */
	struct vt_date today; /* local date */
	int minute;	      /* local minute of the day, 0 … 1439 */
	union {
		const struct intent_act *intent;     /* SESSION_INTENT */
		const struct session_health *health; /* SESSION_HEALTH */
		struct {
			const char *transaction, *folio;
			const char *service; /* SESSION_RECOVERED only */
		} committed;		     /* SESSION_COMMITTED, SESSION_RECOVERED */
		struct {
			const char *transaction; /* results of other transactions are ignored */
			enum session_result result;
			const char *answer; /* JSON of the adapter, "" if none */
		} result;
		struct {
			const char *transaction; /* whose sheet; others are ignored */
			enum print_outcome outcome;
			const char *reason;
		} printed;
		struct {
			bool is_in, is_readable;
		} card;					       /* SESSION_CARD */
		const struct session_certificate *certificate; /* SESSION_IDENTITY */
		int digits;				       /* SESSION_PIN_ENTRY */
		struct {
			/* SIGN_SIGNED only after core verified the signature */
			enum sign_outcome outcome;
			int tries_left;
			const char *cms; /* of session_sign_request(), base64; NULL = none */
		} sign;			 /* SESSION_SIGNED */
		struct {
			enum session_scan outcome;
			const char *text; /* SCAN_READ: what is on the paper; personal */
		} scanned;		  /* SESSION_SCANNED */
		struct {
			bool is_right;
			int64_t wait_ms; /* wrong, or not tried: time until the next try */
		} code;			 /* SESSION_CODE_JUDGED */
		struct {
			const char *device;
			enum test_outcome outcome;
			const char *reason, *detail; /* English words for the technician */
		} ordered;			     /* SESSION_ORDERED */
		struct {
			const char *folio;
			enum queue_verdict verdict;
			bool is_failed; /* the store did not take it; verdict means nothing */
		} retried;		/* SESSION_RETRIED */
	} u;
};

/* What core has to do after a step. */
struct session_effects {
	bool show;	/* send session_model() to the ui */
	bool submit;	/* store session_submission(), then COMMITTED or REFUSED */
	bool print;	/* journal and print session_receipt(), then PRINTED */
	bool ended;	/* the citizen's data are wiped: core forgets, too */
	bool read_card; /* read and check the card's certificates, then IDENTITY */
	/* sign session_sign_request(), else session_sign_text(); then SIGNED */
	bool sign;
	/* with sign: what the citizen typed, borrowed from this step's intent, secret; NULL = the
	 * PIN is typed on the reader */
	const char *pin;
	bool last_try;	  /* with sign: the citizen wants to use the last try */
	bool cancel_card; /* nobody waits for IDENTITY or SIGNED any more */
	int64_t scan_ms;  /* > 0: read one code within this time, then SCANNED */
	bool cancel_scan; /* nobody waits for SCANNED any more */
	/* a technician's code to judge, borrowed from this step's intent, secret; then CODE_JUDGED
	 */
	const char *code;
	/* session_staff_device() is to be tested or reset, then ORDERED */
	bool test_device, reset_device;
	const char *retry;     /* folio to try again, borrowed from the session; then RETRIED */
	const char *staff_act; /* for the audit journal, static text */
	bool duty;	       /* session_duty() has changed: keep it */
	bool place;	       /* session_place() has changed: keep it */
	int64_t wake_ms;       /* monotonic time of the next SESSION_TICK; 0 = none needed */
};

/* What is to be delivered. Texts are borrowed from the session until its next step. */
struct session_submission {
	const char *service;
	const char *adapter, *operation;
	const char *lang;
	const char *key;	      /* of a signed request, which names it; "" = core makes one */
	char payload[VT_MAX_PAYLOAD]; /* JSON; personal: the caller wipes */
	bool confirm;		      /* the adapter wants a confirmation of each answer */
};

/* A language that citizens may choose. */
struct session_language {
	char code[12];		       /* BCP 47 */
	char endonym[48], spanish[48]; /* its own name, and the Spanish one */
};
/* Spanish and English, and those of packs (terminal/language/store.h). */
#define SESSION_MAX_LANGUAGES 16

struct session;

/* One session machine for the life of core. catalogue is borrowed; terminal is copied. NULL: no
 * memory. The memory is locked against core dumps and wiped at the end of each citizen. */
struct session *session_create(
	const struct catalogue *catalogue, const char *terminal, const struct session_times *times);
void session_destroy(struct session **session);

/* One step. effects is filled whole. VT_OK always, except VT_ERR_STATE for an event that makes no
 * sense in this state (nothing changed; core logs it). */
VT_MUST_USE enum vt_code session_step(
	struct session *s, const struct session_event *event, struct session_effects *effects);

/* Fills the model of the current screen. */
void session_model(const struct session *s, struct screen_model *model);
/* Fills what SUBMITTING asks core to store. VT_ERR_LIMIT: larger than a payload may be. */
VT_MUST_USE enum vt_code session_submission(
	const struct session *s, struct session_submission *submission, struct vt_error *error);
/* What the paper of the present outcome is printed on, as things are: a letter-size sheet if the
 * service needs one, or if its document is better on one and a printer can print it now. */
void session_paper(
	const struct session *session, enum paper_size *ret_size, enum paper_kind *ret_paper);
/* Composes the sheet in print. */
VT_MUST_USE enum vt_code session_receipt(
	const struct session *s, struct receipt *receipt, struct vt_error *error);

/* The words that the citizen read and agreed to sign, in the session's language. */
const char *session_sign_text(const struct session *s);
/* … or the request itself, as it is on the screen: lines of UTF-8, each ended by a line feed.
 * NULL: what is signed is a sign-in. */
const char *session_sign_request(const struct session *s);

enum session_state session_get_state(const struct session *s);
/* Id of the transaction on the screen, "" if none. */
const char *session_transaction(const struct session *s);
/* True while the session waits for SESSION_PRINTED. */
bool session_is_printing(const struct session *s);
/* True while a citizen uses the terminal. */
bool session_is_open(const struct session *s);
/* True while the technician's screens are shown. */
bool session_is_staff(const struct session *s);

/* The languages offered beside Spanish and English, from the next screen on. What exceeds
 * SESSION_MAX_LANGUAGES is left out. */
void session_set_languages(
	struct session *s, const struct session_language *languages, size_t count);
/* What was kept; before the first step. */
void session_set_duty(struct session *s, const struct session_duty *duty);
const struct session_duty *session_duty(const struct session *s);
/* The same for the place. It must be sound: true if every part may be believed. */
void session_set_place(struct session *s, const struct session_place *place);
const struct session_place *session_place(const struct session *s);
bool session_place_is_sound(const struct session_place *place);
/* Are state, municipality and site known? */
bool session_place_is_told(const struct session *s);
/* What the maintenance screen shows, for core, which knows the facts (terminal/core/technician.c).
 */
enum staff_view {
	STAFF_TABS,   /* tab says which */
	STAFF_DEVICE, /* one device */
	STAFF_REASON, /* out of service: why */
	STAFF_UNTIL,  /* … and until when */
	STAFF_SETUP,  /* first start: session_setup_step() */
	/* session_panel.c */
	STAFF_PLACE,   /* where it stands, and its panel */
	STAFF_FIELD,   /* one answer of that */
	STAFF_MEASURE, /* a bank card is laid on the screen */
	STAFF_KEEP,    /* … and does the new size stay? */
	STAFF_TOUCH,   /* nine crosses */
	STAFF_CHECK,   /* … and a tenth */
	STAFF_SOUND,   /* tones, left and right */
};
enum staff_tab {
	STAFF_DEVICES,
	STAFF_NETWORK,
	STAFF_QUEUE,
	STAFF_VERSION,
	STAFF_LOG,
	STAFF_TAB_COUNT
};
extern const char *const staff_tab_names[STAFF_TAB_COUNT];
/* Steps of the first start (UI.md section 13), counted from 1. */
enum setup_step {
	SETUP_TIME = 1,
	SETUP_NETWORK,
	SETUP_ENROLMENT,
	SETUP_PLACE,
	SETUP_DEVICES,
	SETUP_TOUCH,
	SETUP_TRIAL,
	SETUP_REPORT,
	SETUP_LAST = SETUP_REPORT
};
enum setup_step session_setup_step(const struct session *s);
enum staff_view session_staff_view(const struct session *s);
enum staff_tab session_staff_tab(const struct session *s);
/* Device of the page, or under test; "" = none. */
const char *session_staff_device(const struct session *s);
/* Last outcome of a device's test since the technician came; false: none. */
bool session_staff_tested(const struct session *s, const char *device, enum test_outcome *ret);
/* Adds the rows of what is no device of the device process: sound, touch screen and size of the
 * picture (these two not during the first start, which has steps of their own for them). */
void session_staff_add_own(const struct session *s, struct screen_model *model);
/* Adds the row that leads to STAFF_PLACE. */
void session_staff_add_place(const struct session *s, struct screen_model *model);
/* Devices to test in turn, "Test all": the caller tells their ids, 16 at most. */
void session_staff_devices(struct session *s, const struct device_list *list);
/* Asserts the invariants above; called after every step. */
void session_check(const struct session *s);

#endif
