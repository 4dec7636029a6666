#ifndef VT_BUS_SCREEN_H
#define VT_BUS_SCREEN_H

/* The screen model: everything the ui needs to draw one screen, and nothing it has to know about a
 * service. Core builds it whole and sends it (Screen.Show); the ui answers with intents.
 *
 * Texts that come from the signed catalogue or the citizen arrive here in the session's language.
 * Texts of the ui itself live in locales/ and are chosen by the ids below ("problem", "error",
 * "reason" …), so that a missing translation falls back in one place. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/base/limits.h"
#include "terminal/bus/fields.h"
#include "terminal/bus/panel.h"

enum screen_kind {
	SCREEN_ATTRACT,	 /* waiting for a citizen; no session */
	SCREEN_LANGUAGE, /* items: one per language, id = code, label = endonym, detail = Spanish */
	SCREEN_HOME,	 /* items: features and cards; banners */
	SCREEN_INTRO,	 /* items: what you need / get / cost / time / privacy, kind note */
	SCREEN_QUESTION, /* one field; items are its choices where type is choice or entity */
	SCREEN_CURP,	 /* one field of type curp with the position-aware keyboard */
	SCREEN_WAIT,	 /* work in flight; expected_ms; can_cancel */
	SCREEN_RESULTS,	 /* items: rows to look at; asks "¿Es usted?" when asks_identity */
	SCREEN_REVIEW,	 /* items: rows with Cambiar (id = field name); total; consent */
	SCREEN_DONE,	 /* folio, qr, print progress, items = what next */
	SCREEN_PROBLEM,	 /* problem id, folio if one is safe */
	SCREEN_OUT_OF_SERVICE, /* reason id */
	SCREEN_ACCESS,	       /* accessibility settings */
	SCREEN_HELP,
	SCREEN_SCAN,	 /* hold a document under the scanner; expected_ms: so long it waits */
	SCREEN_CARD,	 /* outcome: "insert", "consent", "request" (items are the lines to sign),
			    "signed", "left" (forgotten) */
	SCREEN_PIN,	 /* PIN of a certificate card; never in a model, never of a payment card */
	SCREEN_SIGNING,	 /* card at work: outcome "reading" or "signing" */
	SCREEN_PLACE,	 /* an office: one field of type choice, items with detail and distance */
	SCREEN_CALENDAR, /* a day: items are all days of a month, id AAAA-MM-DD, taken =
			    unavailable; months */
	SCREEN_HOUR,	 /* items are hours, id = label = "09:30" */
	SCREEN_PAYMENT, /* total_centavos; items are the reader's steps, the current one selected */
	SCREEN_STAFF,	/* PIN of a technician: one number field, masked */
	SCREEN_MAINTENANCE, /* items: tabs, then rows: value = state, reason = ok, warn, error */
	SCREEN_SETUP,	    /* first start: step of steps; rows; outcome "not-connected" */
	SCREEN_MEASURE, /* density by a bank card; outcome "" measures, "keep" asks whether it is
			   kept: expected_ms until it goes back by itself */
	SCREEN_TOUCH,	/* crosses to touch; outcome "" the nine, "check" the tenth */
	SCREEN_KIND_COUNT
};
extern const char *const screen_kind_names[SCREEN_KIND_COUNT];

enum field_type {
	FIELD_TEXT,
	FIELD_NAME,   /* name keyboard; domain/names.h */
	FIELD_DATE,   /* value DD/MM/AAAA, three number fields */
	FIELD_CURP,   /* 18 boxes */
	FIELD_CHOICE, /* items; value = item id */
	FIELD_ENTITY, /* items = 32 entities and NE; value = CURP entity code */
	FIELD_NUMBER,
	FIELD_EMAIL,
	FIELD_TYPE_COUNT
};
extern const char *const field_type_names[FIELD_TYPE_COUNT];

enum item_kind {
	ITEM_CARD,    /* home card; agency in detail2 */
	ITEM_FEATURE, /* large coloured card, at most two */
	ITEM_CHOICE,  /* radio card */
	ITEM_ROW,     /* label, value; on SCREEN_REVIEW with Cambiar if changeable */
	ITEM_NOTE,    /* a line of text with an icon: needs, cost, time, privacy */
	ITEM_STEP,    /* numbered "what next" line */
	ITEM_TAB,     /* SCREEN_MAINTENANCE */
	ITEM_KIND_COUNT
};
extern const char *const item_kind_names[ITEM_KIND_COUNT];

enum item_state { ITEM_AVAILABLE, ITEM_UNAVAILABLE, ITEM_SOON, ITEM_SELECTED, ITEM_STATE_COUNT };
extern const char *const item_state_names[ITEM_STATE_COUNT];

struct screen_item {
	enum item_kind kind;
	enum item_state state;
	char id[VT_MAX_ID]; /* what an intent names */
	char label[128];    /* main text */
	char detail[256];   /* second text, may be empty */
	char detail2[64];   /* small third text: the agency on a card */
	char keywords[256]; /* SCREEN_HOME: other words for it, for the search; never shown */
	char value[256];    /* right-hand or large value of a row */
	char icon[32];	    /* icon name of assets/icons, "" = none */
	char reason[32];    /* why unavailable: "offline", "paper", "printer", "soon" … */
	bool changeable;    /* row has "Cambiar" */
	bool certified;	    /* the value comes from the citizen's certificate */
	bool personal; /* citizen's data: masked after 20 s, spoken only to headphones, wiped */
};

struct screen_field {
	enum field_type type;
	char name[VT_MAX_ID];
	char label[200]; /* the question */
	char hint[256];
	char value[VT_MAX_VALUE]; /* what core knows already: offered again, never asked twice */
	char error[32]; /* id of what is wrong, "" = nothing: "required", "curp.CHECK", "date" … */
	int max_length; /* characters */
	int min_length; /* SCREEN_PIN */
	bool optional;
	bool certified; /* the value comes from the citizen's certificate */
};

enum print_state {
	PRINT_NONE,
	PRINT_BUSY,
	PRINT_PRINTED, /* the printer said so */
	PRINT_FAILED,  /* nothing usable came out; reason in print_reason */
	PRINT_UNKNOWN, /* cannot know: the citizen is asked */
	PRINT_STATE_COUNT
};
extern const char *const print_state_names[PRINT_STATE_COUNT];

/* "Entrar con mi e.firma": not here, a button, or nothing goes without it. */
enum sign_in_offer { SIGN_IN_NONE, SIGN_IN_OFFERED, SIGN_IN_REQUIRED, SIGN_IN_OFFER_COUNT };
extern const char *const sign_in_offer_names[SIGN_IN_OFFER_COUNT];

/* Where the scanner is, seen from who stands in front. */
enum scanner_place {
	SCANNER_SOMEWHERE, /* not configured */
	SCANNER_BELOW,	   /* the screen */
	SCANNER_LEFT,
	SCANNER_RIGHT,
	SCANNER_PLACE_COUNT
};
extern const char *const scanner_place_names[SCANNER_PLACE_COUNT];

/* Settings of this citizen's session; core keeps them so that a new ui shows the same. */
struct screen_settings {
	int text_size; /* 0 normal, 1 large, 2 extra large, 3 maximum */
	int contrast;  /* 0 normal, 1 high dark, 2 high light, 3 low glare */
	bool reach;    /* everything in the lower part */
	bool speech;
	bool calm;     /* no motion */
	int keys;      /* 0 normal, 1 deaf to double taps, 2 slow too */
	int more_time; /* 0 = ×1, else factor of the idle times */
	int rate;      /* of speech: 0 = default, 1 … 7 = 50 … 200 % */
	int volume;    /* 0 = default, 1 … 8, 6 dB a step */
	bool blank;    /* the panel is dark while speech is on */
	int switches;  /* 0 none, 1 two switches, 2 one switch and automatic scanning */
	int scan;      /* speed of automatic scanning: 0 = default, 1 slowest … 5 */
};

/* SCREEN_CALENDAR: one month is on the screen, for another the ui asks with INTENT_MONTH. All are
 * AAAA-MM. */
struct screen_months {
	char shown[8];	   /* whose days the items are; "" = there are no others */
	char previous[8];  /* one may turn to it; "" = shown is the first that is offered */
	char next[8];	   /* "" = shown is the last */
	char next_free[8]; /* shown has no free day: the next month that has one, "" = none has */
};

#define SCREEN_MAX_ITEMS 40

struct screen_model {
	enum screen_kind screen;
	int64_t revision; /* grows by one with each Screen.Show; an intent names it */
	char lang[12];	  /* BCP 47 code of the session's language: "es-MX", "en" */
	char service[VT_MAX_ID];
	char service_name[128]; /* for the line above the title */
	char agency[96];
	char icon[32];
	char title[200]; /* "" = the ui's own title of this screen */
	char lead[600];
	int step, steps; /* "Paso 1 de 3"; 0 = none */
	bool has_field;
	struct screen_field field;
	size_t item_count;
	struct screen_item items[SCREEN_MAX_ITEMS];
	bool offline;	 /* banner: no connection, one may go on */
	bool no_paper;	 /* banner: printer without paper, QR instead */
	bool no_printer; /* banner: printer absent or failed, QR instead */
	bool can_back;
	bool can_cancel;    /* SCREEN_WAIT */
	bool asks_identity; /* SCREEN_RESULTS: "Sí, soy yo" / "No son mis datos" */
	bool needs_consent; /* SCREEN_REVIEW: consent box, empty at first */
	bool has_other_way; /* SCREEN_CURP: \"No la conozco\" leads on; else the button is not there
			     */
	enum scanner_place scanner_place; /* SCREEN_SCAN */
	bool can_scan; /* SCREEN_CURP: a scanner is ready for the citizen's document */
	struct screen_months months;
	int64_t total_centavos; /* SCREEN_REVIEW: > 0 shows the total */
	bool is_free;		/* "TRÁMITE GRATUITO" */
	char primary[96]; /* label of the primary button from the catalogue, "" = the ui's own */
	char outcome[24]; /* SCREEN_DONE: "accepted", "provisional", "none", "several"; SCREEN_CURP:
			     "scanned"; SCREEN_PROBLEM: "request" = Back leads to one that is not
			     signed yet */
	char folio[VT_FOLIO_SIZE];
	char qr[600]; /* text of the QR on SCREEN_DONE, "" = none */
	enum print_state print;
	char print_reason[32]; /* a row of text_print_ids, ui/screens/texts.c */
	char problem[32];      /* SCREEN_PROBLEM, SCREEN_OUT_OF_SERVICE: id of the text */
	bool no_charge;	       /* "No se ha hecho ningún cobro" holds */
	int64_t expected_ms;   /* SCREEN_WAIT: usual duration */
	int64_t warning_ms; /* > 0: the time-out dialogue stands over the screen, so much is left */
	enum sign_in_offer sign_in; /* SCREEN_HOME, INTRO, CURP */
	char holder[128];	    /* whom the certificate names, once proven; personal */
	bool pad;		    /* SCREEN_PIN: it is typed on the reader's own keys */
	int pin_digits;		    /* … so many until now */
	int tries_left;		    /* SCREEN_PIN, card-last-try: 0 = not told */
	bool can_retry;		    /* SCREEN_PROBLEM of a card or a scan: "Intentar de nuevo" */
	bool card_in;	   /* "No retire su tarjeta"; SCREEN_DONE: "Ya puede retirar su tarjeta" */
	bool personal;	   /* personal data may be on this screen */
	char terminal[24]; /* terminal id, small print */
	struct screen_settings settings;
	struct screen_panel panel; /* in force from this screen on */
};

extern const struct bus_table screen_panel_table;
extern const struct bus_table screen_model_table;

#endif
