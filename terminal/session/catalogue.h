#ifndef VT_SESSION_CATALOGUE_H
#define VT_SESSION_CATALOGUE_H

/* The service catalogue: services as data (ARCHITECTURE §5). One JSON file per service in
 * assets/catalog/, described by service.schema.json, read strictly: an unknown member, a duplicate
 * key, a missing text or a name that refers to nothing refuses the file, naming file and JSON path.
 *
 * A catalogue is built once and never changes; everything below is borrowed from it and lives until
 * catalogue_destroy(). Strings are never NULL unless it says so: "" = not given. Pure except for
 * catalogue_load() and catalogue_load_file(), which read files. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/attributes.h"
#include "terminal/base/buf.h"
#include "terminal/base/error.h"
#include "terminal/base/limits.h"
#include "terminal/bus/receipt.h"
#include "terminal/bus/screen.h"
#include "terminal/domain/date.h"

/* Maxima of one file; the schema says the same. */
#define CATALOGUE_MAX_FILE	 262144
#define CATALOGUE_MAX_SERVICES	 64
#define CATALOGUE_MAX_LANGS	 12
#define CATALOGUE_MAX_NOTES	 8
#define CATALOGUE_MAX_CONDITIONS 6
#define CATALOGUE_MAX_QUESTIONS	 VT_MAX_FIELDS
#define CATALOGUE_MAX_CHOICES	 SCREEN_MAX_ITEMS
#define CATALOGUE_MAX_WAYS	 4
#define CATALOGUE_MAX_PAYLOAD	 24
#define CATALOGUE_MAX_OUTCOMES	 12
#define CATALOGUE_MAX_ROWS	 16
#define CATALOGUE_MAX_STEPS	 6
#define CATALOGUE_MAX_DOCUMENTS	 12
#define CATALOGUE_MAX_LINES	 RECEIPT_MAX_LINES
#define CATALOGUE_MAX_FEES	 64
/* The language every text has. */
#define CATALOGUE_DEFAULT_LANG "es-MX"

/* ---- texts ---- */

struct catalogue_string {
	const char *lang; /* BCP 47: "es-MX", "en" */
	const char *text;
};

/* A text in one or more languages; count 0 = not given. es-MX is always among them otherwise. */
struct catalogue_text {
	size_t count;
	const struct catalogue_string *strings;
};

/* Text in lang, else in es-MX, else "". Never NULL. */
const char *catalogue_text(const struct catalogue_text *text, const char *lang);

/* ---- values: what the citizen typed and what the web service answered ---- */

/* Looks up a name: "field.curp", "answer.outcome", "folio" … (document.h has the list). NULL: there
 * is no such value now; "" counts as absent too. What it returns must stay valid until the next
 * call. */
struct document_values {
	const char *(*get)(void *ctx, const char *name);
	void *ctx;
};

/* ---- conditions ---- */

enum condition_kind {
	CONDITION_GIVEN,     /* the value is there and not empty */
	CONDITION_ABSENT,    /* it is not */
	CONDITION_IS,	     /* equals one of the texts */
	CONDITION_IS_NOT,    /* equals none of them (also when absent) */
	CONDITION_AGE_BELOW, /* value is a CURP or a DD/MM/AAAA: fewer completed years than number
			      */
	CONDITION_AGE_FROM,  /* at least number completed years */
	CONDITION_KIND_COUNT
};

struct catalogue_condition {
	enum condition_kind kind;
	const char *value; /* name for document_values.get: "field.fare", "answer.changed" */
	size_t text_count;
	const char *const *texts; /* IS, IS_NOT */
	int number;		  /* AGE_… */
};

/* All of them must hold; none = always. */
struct catalogue_conditions {
	size_t count;
	const struct catalogue_condition *all;
};

/* An age condition on a value that is absent or no date does not hold. */
bool catalogue_holds(const struct catalogue_conditions *conditions,
	const struct document_values *values, struct vt_date today);

/* ---- questions ---- */

struct catalogue_choice {
	const char *id; /* the value of the answer */
	struct catalogue_text label, detail;
	struct catalogue_conditions offer_when;
};

/* What of the citizen's certificate answers a question. */
enum catalogue_claim { CLAIM_NONE, CLAIM_CURP, CLAIM_RFC, CLAIM_COUNT };
extern const char *const catalogue_claim_names[CLAIM_COUNT];

struct catalogue_question {
	const char *name; /* value name is "field." + name */
	enum field_type type;
	struct catalogue_text label; /* the question as a heading */
	struct catalogue_text hint;
	struct catalogue_text row; /* short form for the review and for papers: "Primer apellido" */
	bool optional;
	bool personal;		    /* masked, wiped, spoken only to headphones */
	int max_length;		    /* characters */
	enum catalogue_claim claim; /* filled in by a citizen who signed in with a card */
	bool shows_fee; /* choices are years of a fee: show the amount, hide those without one */
	struct catalogue_conditions ask_when;
	size_t choice_count;
	const struct catalogue_choice *choices;
};

/* ---- ways: how the citizen gets it ---- */

struct catalogue_member {
	const char *name; /* member of the adapter's payload */
	const char *text; /* template: "{field.curp}", "passport" */
};

struct catalogue_way {
	const char *id; /* "by-key" */
	size_t question_count;
	const struct catalogue_question *const *questions; /* in the order they are asked */
	const char *otherwise; /* id of the way behind "No la conozco", "" = none */
	bool has_review;       /* SCREEN_REVIEW before it is sent */
	const char *adapter, *operation;
	bool needs_confirm; /* RENAPO: getConfirm must follow every successful answer */
	size_t member_count;
	const struct catalogue_member *members;
};

/* ---- outcomes ---- */

struct catalogue_row {
	struct catalogue_text label;
	const char *value; /* template */
	struct catalogue_conditions when;
};

struct catalogue_line {
	enum receipt_kind kind;
	struct catalogue_text text; /* template */
	const char *value;	    /* RECEIPT_PAIR: template */
	bool bold, centred;
	struct catalogue_conditions when;
};

struct catalogue_document {
	const char *id;
	const char *lang; /* "" = the session's; else this paper is always in that language */
	/* On a letter-size sheet where there is a printer for it, else on the roll. A service that
	 * needs "sheet" or "security" has no such choice. */
	bool prefers_letter;
	size_t line_count;
	const struct catalogue_line *lines;
};

struct catalogue_outcome {
	const char *id;	  /* "one", "changed", "none", "several", "provisional" … */
	const char *show; /* screen_model.outcome: "accepted" "provisional" "none" "several" … */
	bool is_provisional; /* for work whose answer has not come; chosen by state, not by `when`
			      */
	struct catalogue_conditions when; /* on "answer.…": the first outcome that holds is it */
	struct catalogue_text title, lead;
	struct catalogue_text question; /* SCREEN_RESULTS asks it ("¿Son sus datos?"), "" = no */
	size_t row_count;
	const struct catalogue_row *rows; /* what the screen shows: label and value */
	size_t step_count;
	const struct catalogue_text *steps; /* "¿Qué sigue?" */
	const char *qr;			    /* template of the QR on SCREEN_DONE, "" = none */
	const struct catalogue_document *document; /* NULL = no paper */
};

/* ---- fees ---- */

struct catalogue_fee {
	struct vt_date from, to; /* both days included */
	int years;	       /* what the choice of the `shows_fee` question says; 0 = one price */
	int64_t full_centavos; /* published figures both: half is never computed */
	int64_t half_centavos; /* -1 = there is no half fare */
	const char *cadena;    /* cadena de la dependencia, 14 digits */
	struct catalogue_text note; /* restriction in words */
};

enum fare { FARE_FULL, FARE_HALF };

/* ---- service ---- */

enum service_archetype {
	ARCHETYPE_ISSUE,
	ARCHETYPE_LOOKUP,
	ARCHETYPE_APPOINTMENT,
	ARCHETYPE_REPORT,
	ARCHETYPE_APPLICATION,
	ARCHETYPE_DIRECTORY,
	ARCHETYPE_PAYMENT,
	ARCHETYPE_COUNT
};
extern const char *const service_archetype_names[ARCHETYPE_COUNT];

enum service_status { SERVICE_AVAILABLE, SERVICE_SOON, SERVICE_STATUS_COUNT };
extern const char *const service_status_names[SERVICE_STATUS_COUNT];

enum service_offline {
	OFFLINE_LOCAL,	     /* the terminal answers by itself */
	OFFLINE_QUEUE,	     /* accepted, delivered later, provisional receipt */
	OFFLINE_ONLINE_ONLY, /* not available without a connection */
	OFFLINE_COUNT
};
extern const char *const service_offline_names[OFFLINE_COUNT];

/* Signing in with a certificate card (e.firma). */
enum service_identity { IDENTITY_NONE, IDENTITY_OPTIONAL, IDENTITY_REQUIRED, IDENTITY_COUNT };
extern const char *const service_identity_names[IDENTITY_COUNT];

enum service_colour { COLOUR_ACTION, COLOUR_OK, COLOUR_COUNT };
extern const char *const service_colour_names[COLOUR_COUNT];

/* Bits of catalogue_service.needs. */
enum service_need {
	NEED_NETWORK = 1 << 0,
	NEED_RECEIPT = 1 << 1, /* receipt printer; its lack hides nothing a QR can replace */
	NEED_SHEET = 1 << 2,   /* letter-size printer */
	NEED_SMARTCARD = 1 << 3,
	NEED_PAYMENT = 1 << 4,	/* cash or card device */
	NEED_SECURITY = 1 << 5, /* letter-size printer with security paper in a tray */
};

enum note_kind {
	NOTE_NEEDS,
	NOTE_GET,
	NOTE_COST,
	NOTE_TIME,
	NOTE_OFFLINE,
	NOTE_PRIVACY,
	NOTE_COUNT
};
extern const char *const note_kind_names[NOTE_COUNT];

struct catalogue_note {
	enum note_kind kind;
	struct catalogue_text text;
};

struct catalogue_service {
	const char *id; /* file name without ".json" */
	int version;
	const char *homoclave;
	const char *agency; /* as on the card: "RENAPO" */
	struct catalogue_text name, detail, agency_name, keywords;
	const char *icon; /* Phosphor name */
	enum service_archetype archetype;
	enum service_status status;
	bool is_feature; /* one of the two large cards */
	enum service_colour
		colour; /* of a feature: COLOUR_OK is shown as a mark, COLOUR_ACTION fills */
	int order;	/* on home, ascending, unique */
	bool is_free;
	unsigned needs; /* bits of enum service_need */
	enum service_offline offline;
	enum service_identity identity;
	/* A certificate whose revocation could not be asked about is good enough (domain.md §6.3):
	 * nothing that the citizen signs hangs on it. */
	bool takes_unchecked;
	/* The request itself is signed on the citizen's card before it is stored: what
	 * SCREEN_REVIEW showed, as {signed.text} and {signed.cms} of the payload. Needs
	 * IDENTITY_REQUIRED. */
	bool is_signed;
	/* How its transactions go out. */
	bool in_order;	    /* each waits for the one before it of the same citizen's session */
	int priority;	    /* 0 (first) … 3 */
	int64_t expires_ms; /* never sent so long after it was confirmed: given up; 0 = never */
	/* The rest is empty while status is SERVICE_SOON. */
	int64_t patience_ms; /* then the provisional receipt where offline is OFFLINE_QUEUE */
	int64_t expected_ms; /* usual duration, shown while waiting */
	size_t note_count;
	const struct catalogue_note *notes;
	struct catalogue_text wait;    /* status line of SCREEN_WAIT */
	struct catalogue_text consent; /* box of SCREEN_REVIEW, count 0 = none */
	struct catalogue_text confirm; /* primary button of SCREEN_REVIEW */
	size_t question_count;
	const struct catalogue_question *questions;
	size_t way_count;
	const struct catalogue_way *ways; /* the first is where it starts */
	size_t outcome_count;
	const struct catalogue_outcome *outcomes;
	size_t document_count;
	const struct catalogue_document *documents;
	size_t fee_count;
	const struct catalogue_fee *fees;
	const char *fare_question;  /* name of the question whose answer is "full" or "half", "" */
	const char *years_question; /* name of the `shows_fee` question, "" */
};

/* ---- loading ---- */

struct catalogue;

/* Every *.json in dir but service.schema.json. On failure *ret_catalogue is untouched and error
 * tells file, JSON path and reason: "curp.json: $.questions[2].type: unknown value". VT_ERR_IO,
 * VT_ERR_PARSE, VT_ERR_LIMIT, VT_ERR_EXISTS (two services with one id or order), VT_ERR_NOT_FOUND
 * (no service at all), VT_ERR_NOMEM. */
VT_MUST_USE enum vt_code catalogue_load(
	const char *dir, struct catalogue **ret_catalogue, struct vt_error *error);
/* One file as a catalogue of one service, for lint. Its name need not fit the id yet. */
VT_MUST_USE enum vt_code catalogue_load_file(
	const char *path, struct catalogue **ret_catalogue, struct vt_error *error);
/* The same from memory; file is the name for errors, "curp.json". */
VT_MUST_USE enum vt_code catalogue_parse(const char *file, const char *json, size_t length,
	struct catalogue **ret_catalogue, struct vt_error *error);
/* Accepts NULL; *catalogue becomes NULL. */
void catalogue_destroy(struct catalogue **catalogue);

/* Services in the order of home: features first, then by `order`. */
size_t catalogue_count(const struct catalogue *catalogue);
const struct catalogue_service *catalogue_at(const struct catalogue *catalogue, size_t i);
/* NULL if there is none. */
const struct catalogue_service *catalogue_find(const struct catalogue *catalogue, const char *id);

/* ---- finding things in a service; NULL if there is none ---- */

const struct catalogue_way *service_way(const struct catalogue_service *service, const char *id);
const struct catalogue_question *service_question(
	const struct catalogue_service *service, const char *name);
const struct catalogue_choice *question_choice(
	const struct catalogue_question *question, const char *id);
/* First outcome, not provisional, whose conditions hold for the answer in values. */
const struct catalogue_outcome *service_outcome(const struct catalogue_service *service,
	const struct document_values *values, struct vt_date today);
const struct catalogue_outcome *service_outcome_by_id(
	const struct catalogue_service *service, const char *id);
/* The outcome for work that is queued. */
const struct catalogue_outcome *service_provisional(const struct catalogue_service *service);

/* Row of the table for that day, those years, and a published amount of that fare; NULL: the table
 * says nothing for today, so the fee is hidden, never guessed. */
const struct catalogue_fee *fee_find(
	const struct catalogue_service *service, struct vt_date date, int years, enum fare fare);
int64_t fee_centavos(const struct catalogue_fee *fee, enum fare fare);
/* True if the service has no fee table, or one with a row for that day. */
bool fee_known(const struct catalogue_service *service, struct vt_date date);

/* JSON object of the way's payload, every value a string, for Work.Deliver. A placeholder without
 * a value gives "". VT_ERR_LIMIT and VT_ERR_NOMEM from out. */
VT_MUST_USE enum vt_code way_payload(const struct catalogue_service *service,
	const struct catalogue_way *way, const struct document_values *values, struct vt_buf *out,
	struct vt_error *error);

#endif
